"""Answering a question with what was said."""
