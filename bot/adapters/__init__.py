"""Platforms: each translates events into Requests and draws Replies; none knows another."""
