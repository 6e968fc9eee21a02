"""Measurements behind the figures in the README; each module prints a table."""
