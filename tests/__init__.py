"""Tests: sentences that fail when a promise breaks."""
