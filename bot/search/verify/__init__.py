"""Judging a claimed quote against what was said."""
