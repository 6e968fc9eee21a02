"""Stage directions, as data: `stage.toml`. What is heard and not said is left out and told of; gaps stay."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.transcript import Segment

__all__ = ["is_direction", "without_stages"]

# One pattern a mark: a pattern that begins with one sign is found faster than one that begins with several.
_MARKED = {
    "[": re.compile(r"\[([^\[\]]{1,60})\]"),
    "(": re.compile(r"\(([^()]{1,40})\)"),
    "*": re.compile(r"\*(?<![\w*]\*)([^*\n]{1,40})\*(?![\w*])"),
}
_MUSIC = re.compile(r"[♪♫♩♬]{1,9}(?:([^♪♫♩♬\n]{1,60})[♪♫♩♬]{1,9})?")
_GONE = "\x00"
"""Stands where a direction was; no text has this character of its own."""

_ONLY = re.compile(r"\[[^\[\]]{1,60}\]|\([^().?!]{1,40}\)|[♪♫♩♬]+")
_NOTES = "♪♫♩♬"
_NAMED = 4
"""The most words of a note that names who does it, or what is heard."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+){0,3}")
_HAS_WORD = re.compile(r"\w")


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    table = tomllib.loads(resources.files("bot.corpus.formats").joinpath("stage.toml").read_text("utf-8"))
    return {key: frozenset(table[key].split()) for key in ("acts", "sounds", "beside", "endings", "articles", "gaps")}


def is_direction(note: str) -> bool:
    """Say whether a note, with the marks around it, is of sounds or acts and what goes with them, and nothing else."""
    plain = note.strip()
    spoken = _WORD.findall(plain)
    words = {word.casefold() for word in spoken}
    acts, sounds, beside = _words()["acts"], _words()["sounds"], _words()["beside"]
    if plain[:1] == "*":
        return bool(words & acts) and words <= acts | beside
    if words & acts:
        named = len(spoken) <= _NAMED
        return all(word.casefold() in acts | sounds | beside or (named and word.istitle()) for word in spoken)
    if not spoken or spoken[0].casefold() in _words()["articles"]:
        return False
    heard = plain[:1] == "[" and len(spoken) <= _NAMED and spoken[-1].casefold() in _words()["endings"]
    return heard or (bool(words & sounds) and words <= sounds | beside)


def without_stages(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Leave out segments that are nothing but notes, and directions inside others; returns what to tell of them."""
    left: list[Segment] = []
    found: list[str] = []
    gaps: list[str] = []
    for segment in segments:
        text = segment.text
        if not _may_have_notes(text):
            left.append(segment)
        elif _is_only_notes(text):
            found.append(text)
        else:
            kept = _without(text, found, gaps)
            if kept:
                left.append(segment if kept == text else replace(segment, text=kept))
    told = [say("format.stages", count=len(found), example=_shown(found))] if found else []
    if gaps:
        told.append(say("format.gaps", count=len(gaps), example=_shown(gaps)))
    return left, told


def _may_have_notes(text: str) -> bool:
    if "[" in text or "(" in text or "*" in text:
        return True
    return not text.isascii() and ("♪" in text or "♫" in text or "♩" in text or "♬" in text)


def _shown(notes: Sequence[str]) -> str:
    return " ".join(notes[0][:60].split())


def _is_only_notes(text: str) -> bool:
    """Say whether a text has no word outside brackets and notes of music."""
    return text.lstrip()[:1] in "[(♪♫♩♬" and not _HAS_WORD.search(_ONLY.sub(" ", text))


def _without(text: str, found: list[str], gaps: list[str]) -> str:
    """Return a text without its directions and signs of music; notes them, and what nobody could make out."""

    def seen(match: re.Match[str]) -> str:
        note, words = match.group(), match[1] or ""
        if is_direction(note) or not words:
            found.append(note)
            return _GONE
        if note[0] in _NOTES:
            return note.translate(dict.fromkeys(map(ord, _NOTES)))
        if note[0] != "*" and not _words()["gaps"].isdisjoint(_WORD.findall(words.casefold())):
            gaps.append(note)
        return note

    kept = text
    for mark, pattern in _MARKED.items():
        kept = pattern.sub(seen, kept) if mark in kept else kept
    kept = kept if kept.isascii() else _MUSIC.sub(seen, kept)
    if kept == text:
        return text
    *before, last = kept.split(_GONE)
    lines = "".join([*(part.rstrip(" \t\xa0") for part in before), last]).split("\n")
    return "\n".join(line for each in lines if (line := each.strip()))
