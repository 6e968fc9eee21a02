"""Where an episode talks about a topic, and which sentences of it make the points.

Every sentence gets EVIDENCE of how much a listener would point to it for the topic: relevance by words and meaning,
smoothed over what is said before and after (an answer follows its question), words of the topic close by, hand-picked
key passages and their labels, and how much it says by itself. WEIGHTS come from `python -m benchmarks.topics --train`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import Section
from bot.search.index.embeddings import standard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Episode, Passage
    from bot.corpus.keypassages import KeyPassage
    from bot.search.index.embeddings import Meaning
    from bot.search.index.phrases import Meant
    from bot.search.index.words import WordIndex

__all__ = [
    "EVIDENCE", "Ground", "around", "by_speaker", "evidence", "gains_of", "inside",
    "pick", "relevance_of", "shared", "trimmed", "within",
]  # fmt: skip

EVIDENCE = (
    "around", "before it", "after it", "words near", "label", "label meant", "title meant", "chapter", "long",
    "very short", "rare words", "key", "question",
)  # fmt: skip
"""Columns of the evidence, in the order of WEIGHTS; the rows are sentences."""

WEIGHTS = (0.37, 0.456, 0.009, 0.041, 0.186, 0.338, 0.288, 0.152, 0.78, -0.542, 0.222, 1.801, -0.071)
BIAS = -8.714
"""Fitted to the topics that are not kept aside."""

SEARCHED = 600
"""Sentences that searching words gives a score; the others have none."""

COMPARED = 200
"""Sentences that are compared token by token; enough for every place that words or meaning hint at."""

LENGTH = 4
"""Sentences of a passage, at most."""

MAIN = 9
"""Key passages of a chapter that are its main points: a little more than a summary's passages can touch."""

_LESSER = 0.4
"""What a chapter's other key passages count beside its main ones."""

WORDS = 120
"""Words of a passage, at most, unless one sentence alone has more: a minute of speech."""

_ASIDE = 0.4
"""What a sentence of an introduction, an ad or an outro is worth against one of the conversation."""

_NOTHING = 0.1
"""What filler is worth less than: “Yeah.” says nothing on any topic."""

_FADES = 60
"""Sentences over which a chapter's beginning counts for more: it is named after what it begins with."""

_FLOOR = 0.15
"""Passages worth less than this share of the best one are not shown on any page."""

_BESIDE, _BESIDE_WORTH = 4, 0.6
"""Sentences beside a chosen passage that count for less, and what the next one is still worth."""

_LONG, _SHORT, _TAIL = 18, 5, 10
_DANGLING = re.compile(
    r"(?:that|it|this|and|but|so|yeah|which|because|they|those|these|or|he|she|right|well|um|uh|no|yes)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:I|I['’](?:m|ve|d)|me|my|myself)\b")
"""Words by which people speak of themselves; two in a sentence are enough."""

_FILLER = re.compile(
    r"(?:(?:yeah|yes|no|right|sure|okay|ok|um|uh|absolutely|exactly|well|oh|wow|thank you|thanks|i mean)\W*)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What does not depend on the topic: an episode's sentences by number, and what is known of them."""

    episode: Episode
    number: int
    keys: tuple[KeyPassage, ...]
    chapters: NDArray[np.int64]
    stems: tuple[frozenset[str], ...]
    fixed: NDArray[np.float64]
    worth: NDArray[np.float64]
    dangling: NDArray[np.float64]
    counts: NDArray[np.int64]
    own: NDArray[np.float64]
    nearest: NDArray[np.int64]
    apart: NDArray[np.float64]

    @classmethod
    def of(cls, episode: Episode, number: int, keys: tuple[KeyPassage, ...], index: WordIndex) -> Ground:
        """Look at every sentence of an episode once."""
        texts = [episode.passage(s, s).text for s in range(len(episode.sentences))]
        paragraphs = [episode.paragraphs[p] for p in episode.sentences.paragraphs]
        stems = tuple(frozenset(index.stems(text)) for text in texts)
        counts = np.array([len(text.split()) for text in texts])
        rare = np.array([np.mean(sorted(map(index.rarity, own))[-5:]) if own else 0.0 for own in stems])
        nearest, apart = _nearest(len(texts), [key.passage for key in keys])
        columns = (
            np.minimum(1, counts / _LONG),
            counts < _SHORT,
            rare,
            (apart == 0) & bool(keys),
            np.array([text.rstrip("\"”'’)").endswith("?") for text in texts]),
        )
        chapters = np.array([-1 if p.chapter is None else p.chapter for p in paragraphs])
        talk = np.array([p.section is Section.CONVERSATION for p in paragraphs])
        filler = np.array([bool(_FILLER.fullmatch(text)) for text in texts])
        return cls(
            episode, number, keys, chapters, stems, np.stack(columns, 1).astype(float),
            np.where(talk, 1, _ASIDE) * np.where(filler, _NOTHING / 2, 1),
            np.array([bool(_DANGLING.match(text)) for text in texts]).astype(float), counts,
            np.array([min(1.0, len(_OWN.findall(text)) / 2) for text in texts]), nearest, apart,
        )  # fmt: skip


def _nearest(count: int, passages: Sequence[Passage]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each sentence the nearest key passage and how many sentences away it is."""
    if not passages:
        return np.zeros(count, np.int64), np.full(count, 1e6)
    at = np.arange(count)[:, None]
    first = np.array([passage.first for passage in passages])
    last = np.array([passage.last for passage in passages])
    away = np.maximum(np.maximum(first - at, at - last), 0)
    return away.argmin(1), away.min(1).astype(float)


def relevance_of(
    grounds: Sequence[Ground], wording: str, index: WordIndex, meaning: Meaning | None
) -> list[NDArray[np.float64]]:
    """Return for each episode how relevant its sentences are to a wording, standardised over all of them."""
    places = {ground.number: at for at, ground in enumerate(grounds)}
    counts = [len(ground.stems) for ground in grounds]
    starts = np.concatenate([[0], np.cumsum(counts)])
    columns = []
    for field in ("near", "words"):
        column = np.zeros(starts[-1])
        for score, (episode, sentence) in index.top(field, wording, SEARCHED):
            if episode in places:
                column[starts[places[episode]] + sentence] = score
        columns.append(standard(column))
    if meaning is not None:
        columns += _by_meaning(grounds, wording, meaning, columns[0] + columns[1])
    total = standard(np.sum(columns, 0))
    return [total[begin:end] for begin, end in pairwise(starts)]


def _by_meaning(
    grounds: Sequence[Ground], wording: str, meaning: Meaning, words: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Return likeness of sentences with their neighbours, alone, and token by token."""
    view = meaning.view(wording)
    vectors = [meaning.episodes[ground.number] for ground in grounds]
    wide = np.concatenate([np.asarray(v.windows, np.float32) @ view.vector for v in vectors]).astype(float)
    alone = np.concatenate([np.asarray(v.sentences, np.float32) @ view.vector for v in vectors]).astype(float)
    flat = [(ground.number, sentence) for ground in grounds for sentence in range(len(ground.stems))]
    hinted = np.argsort(-(standard(wide) + standard(alone) + words))[:COMPARED]
    seen = [likeness[3] for likeness in view.similarities([flat[place] for place in hinted])]
    token = np.full(len(flat), min(seen, default=0.0))
    token[hinted] = seen
    return [standard(wide), 0.7 * standard(alone), standard(token)]


def spread(values: NDArray[np.float64], before: float, after: float) -> NDArray[np.float64]:
    """Return for each sentence the mean of the values around it: those before it fade over `before` sentences."""
    offsets = np.arange(-int(3 * after), int(3 * before) + 1)
    fades = np.exp(-np.abs(offsets) / np.where(offsets > 0, before, after))
    total, weight = np.zeros(len(values)), np.zeros(len(values))
    for offset, fade in zip(offsets.tolist(), fades.tolist(), strict=True):
        low, high = max(0, offset), min(len(values), len(values) + offset)
        if low < high:
            total[low:high] += fade * values[low - offset : high - offset]
            weight[low:high] += fade
    return total / weight


def around(relevance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how relevant the sentences around each one are."""
    return spread(relevance, 5, 5)


def covered(ground: Ground, wanted: Iterable[str], index: WordIndex, width: int) -> NDArray[np.float64]:
    """Return the share of some stems' rarity that is within `width` sentences of each sentence."""
    stems = list(dict.fromkeys(wanted))
    total = sum(map(index.rarity, stems))
    found = np.zeros(len(ground.stems))
    for stem in stems if total else ():
        here = np.array([stem in own for own in ground.stems], float)
        there = np.convolve(here, np.ones(2 * width + 1), "same")[: len(here)] > 0
        found += there * index.rarity(stem) / total
    return found


def within(ground: Ground, wanted: Sequence[str], index: WordIndex, width: int) -> float:
    """Return the largest share of some stems' rarity that is said, or written on a label, around one sentence."""
    stems = list(dict.fromkeys(wanted))
    total = sum(map(index.rarity, stems))
    if not total:
        return 0.0
    titles = [set(index.stems(chapter.title)) for chapter in ground.episode.chapters]
    labels = [set(index.stems(key.point)) for key in ground.keys]
    found = np.zeros(len(ground.stems))
    for stem in stems:
        titled = np.array([stem in title for title in titles] + [False])[ground.chapters]
        labelled = np.array([stem in label for label in labels] or [False])[ground.nearest] & (ground.apart <= width)
        said = covered(ground, [stem], index, width) > 0
        found += (said | titled | labelled) * index.rarity(stem) / total
    return float((found * (ground.worth > _NOTHING)).max(initial=0.0))


def evidence(
    ground: Ground,
    relevance: NDArray[np.float64],
    wordings: Sequence[Sequence[str]],
    index: WordIndex,
    meant: Meant | None = None,
) -> NDArray[np.float64]:
    """Return the columns of EVIDENCE for an episode: `wordings` are the stems of each way to say the topic."""
    near = np.max([covered(ground, stems, index, 0) for stems in wordings], 0)
    labels = np.array(
        [max(shared(stems, index.stems(key.point), index) for stems in wordings) for key in ground.keys] or [0.0]
    )
    label = 3 * labels[ground.nearest] * np.exp(-ground.apart / 4)
    label_meant, title_meant = np.zeros(len(relevance)), np.zeros(len(relevance))
    if meant is not None and len(meant.labels):
        label_meant = meant.labels[ground.nearest] * np.exp(-ground.apart / 4)
    if meant is not None and len(meant.titles):
        title_meant = np.append(meant.titles, 0.0)[ground.chapters]
    chapter = np.zeros(len(relevance))
    for number in np.unique(ground.chapters):
        own = ground.chapters == number
        chapter[own] = np.sort(relevance[own])[-5:].mean()
    columns = (
        standard(around(relevance)),
        standard(spread(relevance, 15, 1)),
        standard(spread(relevance, 1, 4)),
        standard(spread(near**3, 10, 4)),
        label,
        label_meant,
        title_meant,
        chapter,
    )
    return np.hstack([np.stack(columns, 1), ground.fixed])


def shared(stems: Sequence[str], others: Iterable[str], index: WordIndex) -> float:
    """Return the share of some stems' rarity that others have too."""
    total = sum(map(index.rarity, dict.fromkeys(stems)))
    return sum(index.rarity(stem) for stem in set(stems) & set(others)) / total if total else 0.0


def worth(ground: Ground, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance of each sentence to be one that a listener points to."""
    chance = 1 / (1 + np.exp(-(rows @ np.array(WEIGHTS) + BIAS)))
    return np.asarray(chance * ground.worth)


def gains_of(
    grounds: Sequence[Ground],
    relevance: Sequence[NDArray[np.float64]],
    wordings: Sequence[Sequence[str]],
    index: WordIndex,
    meant: Sequence[Meant | None],
) -> list[NDArray[np.float64]]:
    """Return what showing each sentence is worth: its chance, more in a chapter that says much about the topic."""
    chances = [
        worth(ground, evidence(ground, own, wordings, index, names))
        for ground, own, names in zip(grounds, relevance, meant, strict=True)
    ]
    edge = sorted(np.concatenate(chances))[-15:][0]
    total = sum(float(chance[chance >= edge].sum()) for chance in chances)
    gains = []
    for ground, chance in zip(grounds, chances, strict=True):
        share = np.zeros(len(chance))
        for number in np.unique(ground.chapters):
            own = ground.chapters == number
            share[own] = chance[own & (chance >= edge)].sum() / total
        gains.append(chance * (0.1 + share))
    return gains


def inside(ground: Ground, gain: NDArray[np.float64], chapter: str, *, whole: bool) -> NDArray[np.float64]:
    """Return what sentences are worth for a topic that is a chapter: only its own, its key passages first.

    A chapter is named after what it begins with, so when the topic has the whole title, its beginning counts for more.
    """
    titles = [each.title for each in ground.episode.chapters]
    own = ground.chapters == titles.index(chapter) if chapter in titles else np.zeros(len(gain), bool)
    keys = np.zeros(len(gain))
    for key in ground.keys:
        if key.chapter == chapter:
            span = slice(key.passage.first, key.passage.last + 1)
            keys[span] = np.maximum(keys[span], 1.0 if key.rank < MAIN else _LESSER)
    own = own | (keys > 0)
    if not own.any():
        return np.zeros(len(gain))
    odds = np.log(np.maximum(gain, 1e-9))
    level = (odds - odds[own].mean()) / max(1e-6, float(odds[own].std()))
    early = np.exp(-(np.arange(len(gain)) - int(np.flatnonzero(own)[0])) / _FADES) if whole else 1.0
    value = np.maximum(0.05, 1 + level + 1.5 * keys - 0.3 * ground.fixed[:, -1]) * early * np.minimum(1, ground.worth)
    return np.where(own, value, 0.0)


def by_speaker(ground: Ground, speaker: str) -> NDArray[np.float64]:
    """Return what sentences are worth for a speaker as the topic: points that person makes, first about themselves.

    They come from all over: away from the best place of each chapter they count for less.
    """
    said = np.array([speaker == ground.episode.paragraphs[p].speaker for p in ground.episode.sentences.paragraphs])
    value = worth(ground, np.hstack([np.zeros((len(said), len(EVIDENCE) - ground.fixed.shape[1])), ground.fixed]))
    value *= (1 + 4 * ground.fixed[:, 3]) * (1 + 2 * ground.own)
    value = np.where(said & (ground.fixed[:, -1] == 0), value, 0.0)
    wide = np.convolve(value, np.ones(2 * _BESIDE + 1), "same")[: len(value)]
    at = np.arange(len(value))
    for number in np.unique(ground.chapters):
        here = ground.chapters == number
        best = int(np.where(here, wide, -1.0).argmax())
        value[here & (np.abs(at - best) > _BESIDE)] *= 0.5
    return value


def pick(gains: Sequence[NDArray[np.float64]], grounds: Sequence[Ground], most: int) -> list[tuple[int, int, int]]:
    """Return up to `most` passages (episode's place, first and last sentence), best first, that share no sentence.

    What is next to a chosen passage counts for less, so the choice spreads over the region.
    """
    left = [gain.copy() for gain in gains]
    chosen: list[tuple[int, int, int]] = []
    floor = 0.0
    for _ in range(most):
        best = max(
            ((*_best(gain, ground), at) for at, (gain, ground) in enumerate(zip(left, grounds, strict=True))),
            default=None,
        )
        if best is None or best[0] <= 0 or best[0] < floor:
            break
        floor = max(floor, _FLOOR * best[0])
        _, first, last, at = best
        gain = left[at]
        chosen.append((at, first, last))
        for away in range(1, _BESIDE + 1):
            for sentence in (first - away, last + away):
                if 0 <= sentence < len(gain) and gain[sentence] > 0:
                    gain[sentence] *= _BESIDE_WORTH ** (1 - (away - 1) / _BESIDE)
        gain[first : last + 1] = -1e6
    return chosen


def _best(gain: NDArray[np.float64], ground: Ground) -> tuple[float, int, int]:
    """Return the best run of up to LENGTH sentences with its value; one that begins with “That …” is worth less."""
    found = (-1.0, 0, 0)
    for length in range(1, min(LENGTH, len(gain)) + 1):
        totals = np.convolve(gain, np.ones(length), "valid") * (1 - 0.1 * ground.dangling[: len(gain) - length + 1])
        if length > 1:
            totals[np.convolve(ground.counts, np.ones(length), "valid") > WORDS] = -1.0
        first = int(totals.argmax())
        found = max(found, (float(totals[first]), first, first + length - 1))
    return found


def trimmed(passage: Passage) -> Passage:
    """Return a passage without filler, or the tail of somebody's interrupted sentence, at its edges."""
    first, last = passage.first, passage.last
    while first < last and _says_nothing(passage.episode, first):
        first += 1
    while first < last and _says_nothing(passage.episode, last):
        last -= 1
    return passage.episode.passage(first, last)


def _says_nothing(episode: Episode, sentence: int) -> bool:
    text = episode.passage(sentence, sentence).text
    return _FILLER.fullmatch(text) is not None or (text[:1].islower() and len(text.split()) < _TAIL)
