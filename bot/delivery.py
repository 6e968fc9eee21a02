"""Posting what is due: each channel once a local date."""
