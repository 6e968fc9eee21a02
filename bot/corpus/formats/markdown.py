"""Markdown reduced to the words it shows."""

from __future__ import annotations

import re

from bot.corpus.formats.entities import unescape
from bot.corpus.formats.stage import is_direction

__all__ = ["heading", "is_item_with_link", "is_link_line", "is_list_of_links", "is_only_links", "words_of"]

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"\n]*\")?\)")
_MARKER = re.compile(r"^[ \t]{0,12}(?:>[ \t]?){0,4}(?:[-*+][ \t]+)?", re.MULTILINE)
_NUMBERED = re.compile(r"\d{1,3}\.[ \t]+")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]+)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+)\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_\n]+)_(?!\w)")
_CODE = re.compile(r"`([^`\n]+)`")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!<>~|-])")
_LINK_ALONE = re.compile(
    r"(?:[-*+][ \t]{1,4})?(?:[^.?!:\[\]()\n]{1,40}:[ \t]{1,4})?\[[^\[\]\n]{1,200}\]\([^()\s]{1,500}\)"
)
_LINK_LINE = re.compile(r"(?:[^.?!:\n]{0,120}:[ \t]+)?<?https?://\S+")


def heading(line: str) -> tuple[int, str] | None:
    """Return a heading's depth and words, or None for any other line."""
    match = _HEADING.match(line)
    return (len(match[1]), words_of(match[2].rstrip("# \t"))) if match else None


def is_link_line(text: str) -> bool:
    """Say whether a paragraph is only a name and an address, which nobody said."""
    return bool(_LINK_LINE.fullmatch(text.strip()))


def is_list_of_links(text: str) -> bool:
    """Say whether each line of a paragraph is a link of Markdown and nothing else, or an item of a list with one."""
    lines = [line.strip() for line in text.strip().split("\n")]
    return ("](" in text or "]http" in text) and all(
        is_item_with_link(line) or _LINK_ALONE.fullmatch(line) for line in lines
    )


def is_item_with_link(line: str) -> bool:
    """Say whether a line is an item of a list with a link to somewhere else."""
    return line.startswith(("- ", "* ", "+ ")) and ("](http" in line or "]http" in line)


def is_only_links(text: str) -> bool:
    """Say whether a text is links of Markdown with nothing but signs between them, as an author's profiles are."""
    return "](" in text and not any(map(str.isalnum, _LINK.sub("", text)))


def words_of(text: str) -> str:
    """Return a paragraph without the marks of quotations, lists, links, emphasis, code and escapes.

    A number at the beginning of a line goes only when every line has one: a wrapped line may begin with a year.
    """
    text = _MARKER.sub("", text)
    if text[:1].isdigit() and all(_NUMBERED.match(line) for line in text.split("\n")):
        text = "\n".join(_NUMBERED.sub("", line, count=1) for line in text.split("\n"))
    if "](" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(_stressed, _STRONG.sub(r"\2", text))
    if "`" in text:
        text = _CODE.sub(r"\1", text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return unescape(text).strip()


def _stressed(match: re.Match[str]) -> str:
    """Return what stands between signs of emphasis; what somebody does keeps them, and is no word."""
    words: str = match[1] or match[2]
    return f"*{words}*" if is_direction(f"*{words}*") else words
