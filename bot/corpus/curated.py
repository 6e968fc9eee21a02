"""What people picked from an episode by hand, in tables in its folder, by the exact words of the edition.

`highlights.tsv` has the quotes of the day, best first: who says it, a question to talk about, the words, parted by
tabs. A span is whole sentences of one speaker in the conversation, 60 to 400 characters.

`keypassages.tsv` has the points a listener would name: the chapter, the point in a few words, who makes it, the words.
Whole sentences around the words are what is shown.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus.files import door, is_there, read_text, rows_of
from bot.corpus.transcript import Section
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.corpus.model import Episode, Passage

__all__ = [
    "HIGHLIGHTS",
    "HIGHLIGHTS_HEADER",
    "KEYPASSAGES",
    "KEYPASSAGES_HEADER",
    "LONGEST_HIGHLIGHT",
    "LONGEST_PROMPT",
    "SHORTEST_HIGHLIGHT",
    "CuratedHighlight",
    "KeyPassage",
    "curated_highlights",
    "key_passages",
    "read_highlights",
    "read_key_passages",
]

HIGHLIGHTS = "highlights.tsv"
"""Name of the file in an episode's folder."""

HIGHLIGHTS_HEADER = "speaker\tprompt\twords"
"""First line of the file; `speaker` stays empty in an episode that names nobody, `prompt` may."""

SHORTEST_HIGHLIGHT, LONGEST_HIGHLIGHT = 60, 400
"""Characters of a highlight: less says little, more is not read in passing."""

LONGEST_PROMPT = 100

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
    return read_highlights(read_text(path), str(path), episode) if is_there(path) else ()


@door
def read_highlights(text: str, path: str, episode: Episode) -> tuple[CuratedHighlight, ...]:
    """Read the file's text in its order; raises TranscriptError for the first line that is wrong.

    In an episode of which a part is withdrawn, lines with words that it lacks are left out instead.
    """
    flat = episode.text.replace("\n", " ")
    found: list[CuratedHighlight] = []
    taken: dict[int, int] = {}
    for number, row in rows_of(text, path, HIGHLIGHTS_HEADER):
        highlight = _highlight(row, number, path, flat, episode)
        if highlight is None:
            continue
        sentences = range(highlight.passage.first, highlight.passage.last + 1)
        earlier = next((taken[sentence] for sentence in sentences if sentence in taken), None)
        if earlier is not None:
            raise TranscriptError(path, say("curated.overlap", line=earlier), number)
        taken.update(dict.fromkeys(sentences, number))
        found.append(highlight)
    return tuple(found)


def _highlight(row: str, number: int, path: str, flat: str, episode: Episode) -> CuratedHighlight | None:
    """Read one line, None when it is left out; `flat` is the episode's text with a space for each line break."""
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != HIGHLIGHTS_HEADER.count("\t") + 1:
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
    if not SHORTEST_HIGHLIGHT <= length <= LONGEST_HIGHLIGHT:
        raise TranscriptError(
            path, say("curated.length", count=length, least=SHORTEST_HIGHLIGHT, most=LONGEST_HIGHLIGHT), number
        )
    spoken = {Section.CONVERSATION, Section.PROMOTION}  # who picked it heard no ad
    section = next((p.section for p in passage.paragraphs if p.section not in spoken), None)
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
    for at, end in _occurrences(words, flat):
        first, last = bisect_left(begins, at), bisect_right(ends, end) - 1
        if first < len(begins) and begins[first] == at and first <= last and ends[last] == end:
            return episode.passage(first, last)
    return None


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else words[:_SHOWN].rsplit(None, 1)[0] + " …"


KEYPASSAGES = "keypassages.tsv"
"""Name of the file in an episode's folder."""

KEYPASSAGES_HEADER = "chapter\tpoint\tspeaker\twords"
"""First line of the file; `chapter` and `speaker` stay empty in an episode that has none."""


@dataclass(frozen=True, slots=True)
class KeyPassage:
    """One point: the title of its chapter ("" without chapters), a short label, and the sentences that make it.

    A point can stand a little before or after the published beginning of its chapter; `chapter` says where it belongs.
    """

    chapter: str
    point: str
    passage: Passage
    rank: int = 0
    """Its place among its chapter's in the file, from 0: what a listener would name first stands first."""


def key_passages(content: Path, episode: Episode) -> tuple[KeyPassage, ...]:
    """Return the key passages of an episode of a content folder, none when nobody has picked any."""
    path = content / episode.show.id / episode.id / KEYPASSAGES
    return _read_once(read_text(path), str(path), episode) if is_there(path) else ()


@lru_cache(maxsize=16)
def _read_once(text: str, path: str, episode: Episode) -> tuple[KeyPassage, ...]:
    """Read the file's text, once: five rooms ask for what is in it, and it takes 20 ms."""
    return read_key_passages(text, path, episode)


@door
def read_key_passages(text: str, path: str, episode: Episode) -> tuple[KeyPassage, ...]:
    """Read the file's text, in the conversation's order; raises TranscriptError for the first line that is wrong.

    In an episode of which a part is withdrawn, lines with words or a chapter that it lacks are left out instead.
    """
    flat = episode.text.replace("\n", " ")
    rows = [_key_passage(row, number, path, flat, episode) for number, row in rows_of(text, path, KEYPASSAGES_HEADER)]
    counted: Counter[str] = Counter()
    ranked = []
    for key in filter(None, rows):
        ranked.append(dataclasses.replace(key, rank=counted[key.chapter]))
        counted[key.chapter] += 1
    return tuple(sorted(ranked, key=lambda key: key.passage.first))


def _key_passage(row: str, number: int, path: str, flat: str, episode: Episode) -> KeyPassage | None:
    """Read one line, None when it is left out; `flat` is the episode's text with a space for each line break."""
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != KEYPASSAGES_HEADER.count("\t") + 1:
        raise TranscriptError(path, say("keypoints.columns", count=len(cells)), number)
    chapter, point, speaker, words = cells
    if not point or not words:
        raise TranscriptError(path, say("keypoints.empty"), number)
    titles = [known.title for known in episode.chapters]
    places = _places(words, flat, episode)
    if episode.withdrawn and (not places or chapter not in titles):
        return None
    if chapter not in titles and (chapter or titles):
        known = ", ".join(titles) or say("keypoints.no-chapters")
        raise TranscriptError(path, say("keypoints.no-chapter", chapter=chapter, known=known), number)
    if not places:
        raise TranscriptError(path, say("keypoints.not-there", words=_short(words)), number)
    own = [place for place in places if place.chapter is not None and place.chapter.title == chapter]
    passage = (own or places)[0]
    if speaker and speaker not in passage.speakers:
        said = passage.speaker or say("curated.nobody-by-name")
        raise TranscriptError(path, say("curated.said-by", words=_short(words), said=said, speaker=speaker), number)
    return KeyPassage(chapter, point, passage)


def _places(words: str, flat: str, episode: Episode) -> list[Passage]:
    """Return the sentences around each place where an edition has just these words; paragraphs do not part them."""
    begins, ends = episode.sentences.begins, episode.sentences.ends
    return [
        episode.passage(bisect_right(begins, at) - 1, bisect_left(ends, end))
        for at, end in _occurrences(" ".join(words.split()), flat)
        if flat[at - 1 : at].strip() == "" == flat[end : end + 1].strip()
    ]


def _occurrences(words: str, flat: str) -> Iterator[tuple[int, int]]:
    """Yield [begin, end) of each place where a text has these words."""
    at = flat.find(words) if words else -1
    while at >= 0:
        yield at, at + len(words)
        at = flat.find(words, at + 1)
