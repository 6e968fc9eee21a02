"""Passages cut around the sentences that most likely answer a question."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.index.words import Place

__all__ = ["Extract", "extracts"]

MOST_SENTENCES, MOST_CHARACTERS = 6, 700
"""A passage as long as this stands alone and is still read in a chat (with 5 sentences 2 points less at rank 1)."""

FEW_SENTENCES, FEW_CHARACTERS = 3, 1_200
"""So few sentences may be longer; sentences in this show have 85 characters, some have 800."""

ANCHORS = 40
"""How many of the likeliest sentences a passage is cut around."""

FOLLOWING, FOLLOWED = (0.5, 0.3, 0.2), 6
"""How what a leading sentence gives is shared among the first that follow, and within how many sentences they must."""

SLACK, LED_SLACK = 0.03, 0.15
"""Share of the chance that a passage gives up to reach further on, and to begin with what leads to the answer.

An answer goes on behind where it begins, and is not understood without its question.
"""

CLOSE_BY = 2
"""Passages with fewer sentences between them are neighbours; of three neighbours only two are shown."""


class Extract(NamedTuple):
    """A passage of the episode with that number, its likeliest sentence, the chance in it.

    `led` says that it has what leads to a sentence that may answer.
    """

    number: int
    passage: Passage
    sentence: int
    mass: float
    led: bool


def extracts(
    corpus: Corpus,
    chances: dict[Place, float],
    admitted: frozenset[Place],
    limit: int,
    leading: Mapping[Place, float],
) -> list[Extract]:
    """Extract up to `limit` passages around the likeliest sentences, likeliest first.

    No two share a sentence, no three are neighbours, and each keeps to one chapter and one kind of speech. Of the
    chance of a sentence that leads to an answer, a share goes to what follows it.
    """
    chances = _lead_on(corpus, chances, leading)
    anchors = sorted(admitted, key=lambda place: (-chances[place], place))[:ANCHORS]
    cuts = {place: cut for place in anchors if (cut := _cut(corpus, place, chances, leading, ()))}
    chosen: list[Extract] = []
    while cuts and len(chosen) < limit:
        taken = cuts.pop(_best(cuts))
        if any(_close(taken.passage, other.passage, 0) for other in chosen):
            continue
        if _crowds(taken.passage, [cut.passage for cut in chosen]):
            continue
        chosen.append(taken)
        for place in [place for place, cut in cuts.items() if _close(cut.passage, taken.passage, 0)]:
            del cuts[place]
            if again := _cut(corpus, place, chances, leading, [cut.passage for cut in chosen]):
                cuts[place] = again
    return chosen


def _best(cuts: Mapping[Place, Extract]) -> Place:
    """Return the sentence whose passage holds most chance.

    Of those that share sentences with it and hold about as much, it is the one that reaches furthest on.
    """
    best = min(cuts, key=lambda place: (-cuts[place].mass, place))
    most = cuts[best]
    alike = (
        place
        for place, cut in cuts.items()
        if cut.mass >= (1 - SLACK) * most.mass and _close(cut.passage, most.passage, 0)
    )
    return max(alike, key=lambda place: (cuts[place].led, cuts[place].passage.last, cuts[place].mass, place))


def _lead_on(corpus: Corpus, chances: dict[Place, float], leading: Mapping[Place, float]) -> dict[Place, float]:
    """Return the chances with a share of that of each leading sentence given to the first after it that are not."""
    given = dict(chances)
    for (number, at), led in leading.items():
        last = min(len(corpus.episode(number).sentences), at + 1 + FOLLOWED)
        following = [place for place in ((number, after) for after in range(at + 1, last)) if place not in leading]
        for place, part in zip(following, FOLLOWING, strict=False):
            moved = part * led * chances[number, at]
            given[place] = given.get(place, 0.0) + moved
            given[number, at] -= moved
    return given


def _cut(
    corpus: Corpus,
    place: Place,
    chances: dict[Place, float],
    leading: Mapping[Place, float],
    taken: Sequence[Passage],
) -> Extract | None:
    """Return the passage around a sentence that holds the most chance, apart from those taken.

    Of passages that hold about as much it is one with what leads to the sentence, and that reaches furthest on.
    """
    number, at = place
    episode = corpus.episode(number)
    first, last = _room(episode, at, [passage for passage in taken if passage.episode is episode])
    if not first <= at <= last:
        return None
    sums = [0.0, *accumulate(chances.get((number, sentence), 0.0) for sentence in range(first, last + 1))]

    def mass(begin: int, end: int) -> float:
        return sums[end + 1 - first] - sums[begin - first]

    lead = max((sentence for sentence in range(first, at) if (number, sentence) in leading), default=-1)
    lengths = list(_lengths(episode, first, at, last))
    best = max(mass(*length) for length in lengths)
    has_led, end, begin = max(
        (begin <= lead, end, -begin)
        for begin, end in lengths
        if mass(begin, end) >= (1 - (LED_SLACK if begin <= lead else SLACK)) * best
    )
    begin = -begin
    likeliest = max(range(begin, end + 1), key=lambda sentence: (chances.get((number, sentence), 0.0), -sentence))
    return Extract(number, episode.passage(begin, end), likeliest, mass(begin, end), has_led)


def _room(episode: Episode, at: int, taken: Sequence[Passage]) -> tuple[int, int]:
    """Return the first and last sentence a passage around a sentence may reach: one chapter, one kind of speech."""
    runs = _runs(episode)

    def free(sentence: int) -> bool:
        whole = episode.is_whole(min(at, sentence), max(at, sentence))
        same = runs[sentence] == runs[at]
        return same and whole and not any(passage.first <= sentence <= passage.last for passage in taken)

    first, last = at, at
    if not free(at):
        return at + 1, at
    while first > max(0, at - MOST_SENTENCES + 1) and free(first - 1):
        first -= 1
    while last < min(len(episode.sentences) - 1, at + MOST_SENTENCES - 1) and free(last + 1):
        last += 1
    return first, last


@lru_cache(maxsize=256)
def _runs(episode: Episode) -> tuple[int, ...]:
    """Return for each sentence the number of its run of one chapter, one kind of speech and one sponsor."""
    kinds = [(paragraph.chapter, paragraph.section, paragraph.sponsor) for paragraph in episode.paragraphs]
    runs = [0, *accumulate(one != other for one, other in pairwise(kinds))]
    return tuple(runs[paragraph] for paragraph in episode.sentences.paragraphs)


def _lengths(episode: Episode, first: int, at: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield each run of sentences around one that is not too long."""
    begins, ends = episode.sentences.begins, episode.sentences.ends
    for begin in range(first, at + 1):
        for end in range(at, min(last, begin + MOST_SENTENCES - 1) + 1):
            count, length = end - begin + 1, ends[end] - begins[begin]
            few = count <= FEW_SENTENCES and length <= FEW_CHARACTERS
            if count == 1 or few or length <= MOST_CHARACTERS:
                yield begin, end


def _crowds(passage: Passage, chosen: Sequence[Passage]) -> bool:
    """Say whether a passage would be the third of neighbours."""
    near = [other for other in chosen if _close(passage, other)]
    return len(near) > 1 or any(_close(other, third) for other in near for third in chosen if third is not other)


def _close(one: Passage, other: Passage, apart: int = CLOSE_BY) -> bool:
    """Say whether two passages share a sentence or have fewer than so many between them."""
    return one.episode is other.episode and max(one.first - other.last, other.first - one.last) <= apart
