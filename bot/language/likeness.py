"""How alike lines, words and names are (RapidFuzz)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "edits",
    "join_marks",
    "letters_alike",
    "nearest",
    "pair_words",
    "place_letters",
    "ratio",
    "same_words",
    "words_begun",
]

SAME_WORD = 0.75
"""Two words at least this alike (share of letters in common, Indel) count as one word with a typo."""


def edits(one: str, other: str) -> int:
    """Return how many letters are added, dropped, replaced, or swapped with their neighbour (optimal alignment)."""
    return OSA.distance(one, other)


def ratio(one: str, other: str) -> float:
    """Return the share of letters that two names have in common, in order, 0..1."""
    return Indel.normalized_similarity(one, other)


def nearest(name: str, known: Iterable[str], least: float, limit: int = 1) -> list[str]:
    """Return up to `limit` of the known names whose `ratio` to a name is at least `least`, nearest first."""
    found = process.extract(name, list(known), scorer=Indel.normalized_similarity, limit=limit)
    return [likely for likely, score, _ in found if score >= least]


def letters_alike(query: str, text: str) -> float:
    """Return how well the shorter text fits somewhere into the longer, letter by letter, 0..1."""
    return fuzz.partial_ratio(query, text) / 100


def place_letters(query: str, text: str, least: float) -> tuple[float, int, int] | None:
    """Return how well a query fits into a text letter by letter, `least`..1, and where: [begin, end) in the text.

    Unlike `letters_alike` a text that is shorter than the query cannot have all of it. None when it fits worse.
    """
    if len(text) <= len(query):
        alike = ratio(query, text)
        return (alike, 0, len(text)) if alike >= least else None
    placed = fuzz.partial_ratio_alignment(query, text, score_cutoff=100 * least)
    return (placed.score / 100, placed.dest_start, placed.dest_end) if placed else None


def same_words(query: Sequence[str], vocabulary: Sequence[str]) -> list[dict[str, float]]:
    """For each query word return the vocabulary's words it may stand for, with their likeness (SAME_WORD..1)."""
    return [
        {
            word: score
            for word, score, _ in process.extract(
                wanted, vocabulary, scorer=Indel.normalized_similarity, score_cutoff=SAME_WORD, limit=None
            )
        }
        for wanted in query
    ]


def words_begun(typed: Sequence[str], names: Sequence[str], limit: int) -> list[int]:
    """Return the numbers of the names that have all the words typed, each with a slip at most, nearest first.

    Of each word no more than what is typed of it has to be alike.
    """
    vocabulary = {word for name in names for word in name.split()}
    best: dict[int, float] = {}
    for number, wanted in enumerate(typed):
        begun = {word: word[: len(wanted)] for word in vocabulary}
        alike = {
            word: score
            for _, score, word in process.extract(
                wanted, begun, scorer=Indel.normalized_similarity, score_cutoff=SAME_WORD, limit=None
            )
        }
        among = range(len(names)) if number == 0 else best
        scores = {place: max((alike.get(word, 0.0) for word in names[place].split()), default=0.0) for place in among}
        best = {place: best.get(place, 0.0) + score for place, score in scores.items() if score}
    return sorted(best, key=lambda place: (-best[place], place))[:limit]


def pair_words(
    query: Sequence[str], passage: Sequence[str], alike: Sequence[dict[str, float]]
) -> list[tuple[int, int]]:
    """Pair the words of a query with equal or nearly equal ones of a passage, in order (longest common subsequence).

    Returns (query word, passage word) numbers, both rising.
    """
    named = [_repair(word, options, passage) for word, options in zip(query, alike, strict=True)]
    pairs: list[tuple[int, int]] = []
    for block in Indel.opcodes(named, list(passage)):
        if block.tag == "equal":
            width = block.src_end - block.src_start
            pairs.extend((block.src_start + step, block.dest_start + step) for step in range(width))
    return pairs


def join_marks(text: str, marks: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join marks in a text, [begin, end) in order, with nothing but spaces and punctuation between them."""
    joined: list[tuple[int, int]] = []
    for begin, end in marks:
        if joined and not any(character.isalnum() for character in text[joined[-1][1] : begin]):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return tuple(joined)


def _repair(word: str, options: dict[str, float], passage: Sequence[str]) -> str:
    """Return the passage's word that a query word stands for, or the word itself."""
    here = [option for option in options if option in passage]
    return max(here, key=lambda option: options[option]) if here else word
