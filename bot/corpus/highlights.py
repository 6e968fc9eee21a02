"""The curated list: spans of an episode that somebody picked by hand as quotes of the day, best first.

`highlights.tsv` in an episode's folder has a span a line: who says it, a question to talk about, and the exact words
of the edition, parted by tabs. A span is whole sentences of one speaker in the conversation, 60 to 400 characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus.files import read_text
from bot.corpus.transcript import Section
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus.model import Episode, Passage

__all__ = [
    "HEADER",
    "HIGHLIGHTS",
    "LONGEST",
    "LONGEST_PROMPT",
    "SHORTEST",
    "CuratedHighlight",
    "curated_highlights",
    "read_highlights",
]

HIGHLIGHTS = "highlights.tsv"
"""Name of the file in an episode's folder."""

HEADER = "speaker\tprompt\twords"
"""First line of the file; `speaker` stays empty in an episode that names nobody, `prompt` may."""

SHORTEST, LONGEST = 60, 400
"""Characters of a highlight: less says little, more is not read in passing."""

LONGEST_PROMPT = 100

_COLUMNS = 3

_SHOWN = 60
"""Characters of words that an error repeats."""


@dataclass(frozen=True, slots=True)
class CuratedHighlight:
    """One picked span and the question under it ("" without one)."""

    passage: Passage
    prompt: str


def curated_highlights(content: Path, episode: Episode) -> tuple[CuratedHighlight, ...]:
    """Return the curated list of an episode of a content folder, best first; empty when nobody has picked any."""
    path = content / episode.show.id / episode.id / HIGHLIGHTS
    return read_highlights(read_text(path), str(path), episode) if path.is_file() else ()


def read_highlights(text: str, path: str, episode: Episode) -> tuple[CuratedHighlight, ...]:
    """Read the file's text in its order; raises TranscriptError for the first line that is wrong.

    In an episode of which a part is withdrawn, lines with words that it lacks are left out instead.
    """
    lines = text.splitlines()
    if not lines or lines[0] != HEADER:
        raise TranscriptError(path, say("table.header", header=HEADER), 1)
    flat = episode.text.replace("\n", " ")
    found: list[CuratedHighlight] = []
    taken: dict[int, int] = {}
    for number, row in enumerate(lines[1:], 2):
        if not row.strip():
            continue
        highlight = _read(row, number, path, flat, episode)
        if highlight is None:
            continue
        sentences = range(highlight.passage.first, highlight.passage.last + 1)
        earlier = next((taken[sentence] for sentence in sentences if sentence in taken), None)
        if earlier is not None:
            raise TranscriptError(path, say("curated.overlap", line=earlier), number)
        taken.update(dict.fromkeys(sentences, number))
        found.append(highlight)
    return tuple(found)


def _read(row: str, number: int, path: str, flat: str, episode: Episode) -> CuratedHighlight | None:
    """Read one line, None when it is left out; `flat` is the episode's text with a space for each line break."""
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != _COLUMNS:
        raise TranscriptError(path, say("curated.columns", count=len(cells)), number)
    speaker, prompt, words = cells[0], cells[1], " ".join(cells[2].split())
    if len(prompt) > LONGEST_PROMPT:
        raise TranscriptError(path, say("curated.long-prompt", count=len(prompt), most=LONGEST_PROMPT), number)
    passage = _place(words, flat, episode)
    if passage is None and episode.withdrawn:
        return None
    if passage is None:
        raise TranscriptError(path, say("curated.not-whole", words=_short(words)), number)
    length = passage.end - passage.begin
    if not SHORTEST <= length <= LONGEST:
        raise TranscriptError(path, say("curated.length", count=length, least=SHORTEST, most=LONGEST), number)
    section = next((p.section for p in passage.paragraphs if p.section is not Section.CONVERSATION), None)
    if section is not None:
        raise TranscriptError(path, say("curated.section", words=_short(words), section=section), number)
    if len({p.speaker for p in passage.paragraphs}) > 1 or passage.speakers != ((speaker,) if speaker else ()):
        said = passage.speaker or say("curated.nobody-by-name")
        not_by = speaker or say("curated.nobody")
        raise TranscriptError(path, say("curated.said-by", words=_short(words), said=said, speaker=not_by), number)
    return CuratedHighlight(passage, prompt)


def _place(words: str, flat: str, episode: Episode) -> Passage | None:
    """Return the first whole sentences that are just these words."""
    begins, ends = episode.sentences.begins, episode.sentences.ends
    at = flat.find(words) if words else -1
    while at >= 0:
        first, last = bisect_left(begins, at), bisect_right(ends, at + len(words)) - 1
        if first < len(begins) and begins[first] == at and first <= last and ends[last] == at + len(words):
            return episode.passage(first, last)
        at = flat.find(words, at + 1)
    return None


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else words[:_SHOWN].rsplit(None, 1)[0] + " …"
