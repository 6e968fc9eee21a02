"""Who is said to have said it: names written beside a claim, and whether a speaker goes by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.corpus import fold, names_somebody
from bot.language import same_words, weight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["all_go_by", "bare", "is_by", "split_speaker"]

_QUOTES = "\"'“”‘’„«»`*_"
_HEADINGS = frozenset({"quote", "claim", "question", "answer", "note", "edit", "fact", "q", "speaker"})
_LEAST_NAME, _LEAST_LETTERS = 0.6, 4
_SIGNED, _INITIAL = "-\u2013\u2014~(", 3
_NAME = r"[^\W\d_][\w.'’-]{0,39}(?: [^\W_][\w.'’-]{0,39})"
_BEFORE = re.compile(rf"[\"“>*\s]*(?P<name>{_NAME}{{0,2}})\s*:+\s+(?=\S)")
_AFTER = re.compile(
    rf"(?:\s[-\u2013—~]+\s*|(?<![-\u2013—~\s])(?>[-\u2013—~\s]*?\n[-\u2013—~\s]*+)|(?<=[\"”’])\s*[-\u2013—~]+\s*|\s\()(?P<name>{_NAME}{{0,3}})\)?\s*$"
)
_LETTERS = re.compile(r"[^\W\d_]+")


def split_speaker(claim: str) -> tuple[str, str | None]:
    """Return the claimed words without quotation marks, and who is said to have said them when that is written by them.

    It is read from `Zuckerberg: …`, `… — Mark Zuckerberg` and `“…” - zuck`; besides, headings and labels that name
    nobody (`Quote: …`, `Speaker 2: …`) are taken off.
    """
    text = claim.strip()
    while before := _BEFORE.match(text):
        heads = fold(before["name"]) in _HEADINGS or not names_somebody(before["name"])
        if not heads and _is_name(before["name"]):
            return bare(text[before.end() :]), before["name"]
        if not heads:
            break
        text = text[before.end() :]
    after = _AFTER.search(text)
    if after and after.start() and not names_somebody(after["name"]):
        return bare(text[: after.start()]), None
    if after and after.start() and _is_name(after["name"]) and not _is_sentence(after):
        quoted = text[: after.start()].rstrip()[-1:] in _QUOTES
        if quoted or all(part[:1].isupper() for part in after["name"].split()):
            return bare(text[: after.start()]), after["name"]
    return bare(text), None


def bare(text: str) -> str:
    """Take off quotation marks and white space around a claim."""
    return text.strip().lstrip(">").strip(_QUOTES + " \t\r\n")


def all_go_by(speakers: Iterable[str], name: str | None) -> bool:
    """Say whether each of some speakers may be who a name means: Mark, zuck, Zuckerburg; no name means anybody."""
    parts = _LETTERS.findall(fold(name or ""))
    return not parts or all(_goes_by(_LETTERS.findall(fold(speaker)), parts) for speaker in speakers)


def is_by(voices: Collection[str | None], name: str | None) -> bool | None:
    """Say whether words of these voices are those of a person; None when the transcript names one of them nowhere."""
    if not name:
        return True
    named = [voice for voice in voices if voice and names_somebody(voice)]
    if not all_go_by(named, name):
        return False
    return True if len(named) == len(voices) else None


def _goes_by(full: list[str], parts: list[str]) -> bool:
    """Say whether each given part of a name is, begins or nearly is one of a speaker's."""
    return all(
        any(name.startswith(part) for name in full) or (len(part) >= _LEAST_LETTERS and any(same_words([part], full)))
        for part in parts
    )


def _is_sentence(after: re.Match[str]) -> bool:
    """Say whether what stands on a line of its own is a short sentence (Okay.), no signature; an initial has a dot."""
    signed = any(sign in after[0] for sign in _SIGNED)
    return not signed and after["name"].endswith(".") and len(after["name"].split()[-1]) > _INITIAL


def _is_name(text: str) -> bool:
    """Say whether words may be somebody's name."""
    parts = text.split()
    if fold(text) in _HEADINGS or any(weight(fold(part)) <= _LEAST_NAME for part in parts):
        return False
    return len(parts) == 1 or all(part[:1].isupper() for part in parts)
