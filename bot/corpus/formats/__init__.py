"""Transcript formats: one reader a file."""
