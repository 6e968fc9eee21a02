"""Entities of HTML as the characters they stand for."""

from __future__ import annotations

import html
import re

__all__ = ["unescape"]

# No character has so many digits, and Python refuses to read thousands of them.
_ENDLESS = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")


def unescape(text: str) -> str:
    """Return a text with its entities resolved."""
    return html.unescape(_ENDLESS.sub("\ufffd", text)) if "&" in text else text
