"""Key passages: the points of an episode a listener would name, picked by hand, as they stand in the edition.

`keypassages.tsv` in an episode's folder has a point a line: the chapter it belongs to, the point in a few words, who
makes it, and the exact words, parted by tabs. Whole sentences around the words are what is shown.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus.files import read_text
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus.model import Episode, Passage

__all__ = ["HEADER", "KEYPASSAGES", "KeyPassage", "key_passages", "read_key_passages"]

KEYPASSAGES = "keypassages.tsv"
"""Name of the file in an episode's folder."""

HEADER = "chapter\tpoint\tspeaker\twords"
"""First line of the file; `chapter` and `speaker` stay empty in an episode that has none."""

_COLUMNS = 4

_SHOWN = 60
"""Characters of words that an error repeats."""


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
    return read_key_passages(read_text(path), str(path), episode) if path.is_file() else ()


def read_key_passages(text: str, path: str, episode: Episode) -> tuple[KeyPassage, ...]:
    """Read the file's text, in the conversation's order; raises TranscriptError for the first line that is wrong.

    In an episode of which a part is withdrawn, lines with words or a chapter that it lacks are left out instead.
    """
    lines = text.splitlines()
    if not lines or lines[0] != HEADER:
        raise TranscriptError(path, say("table.header", header=HEADER), 1)
    flat = episode.text.replace("\n", " ")
    rows = [_read(row, number, path, flat, episode) for number, row in enumerate(lines[1:], 2) if row.strip()]
    counted: Counter[str] = Counter()
    ranked = []
    for key in filter(None, rows):
        ranked.append(dataclasses.replace(key, rank=counted[key.chapter]))
        counted[key.chapter] += 1
    return tuple(sorted(ranked, key=lambda key: key.passage.first))


def _read(row: str, number: int, path: str, flat: str, episode: Episode) -> KeyPassage | None:
    """Read one line, None when it is left out; `flat` is the episode's text with a space for each line break."""
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != _COLUMNS:
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
    wanted = " ".join(words.split())
    found = []
    at = flat.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if flat[at - 1 : at].strip() == "" == flat[end : end + 1].strip():
            found.append(episode.passage(bisect_right(begins, at) - 1, bisect_left(ends, end)))
        at = flat.find(wanted, at + 1)
    return found


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else words[:_SHOWN].rsplit(None, 1)[0] + " …"
