"""Verbatim: a podcast's own words, with a source, in Discord, Slack and a terminal."""
