"""Names of topics: phrases that speakers use again and again, and labels and titles that mean what somebody asks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import Section, words
from bot.corpus.keypassages import key_passages

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode
    from bot.search.index.embeddings import Meaning, View

__all__ = ["COMMON", "Meant", "labels_meant", "meant_by", "phrases_of"]

_PHRASE_TIMES = 3
_PHRASE_LENGTHS = (2, 3)
_SHORTEST_END = 3

MOST_LABELLED = 16
"""Episodes of a library up to which the labels of key passages help to find answers: their vectors are kept."""

_BESIDE_KEY = 2
"""Sentences beside a key passage that its label still tells of, less with each."""

COMMON = frozenset(
    "a able about actually ago all already also am amount an and any are around as at back basically be "  # noqa: SIM905
    "because been before being best better big bit bunch but by can can't could day days design did didn't "
    "different do does doesn't doing don't down end even every fair feel feels few first for from get getting "
    "give go goes going gonna good got great had happen happened hard has have he he's her here him his how i "
    "i'd i'll i'm i've if important in interesting into is isn't it it's its just keep kind know last less let "
    "let's life like little long look lot lots love made make makes many maybe me mean more most much "
    "my need new next no not now number of off oh okay on one or other our out over own part people person "
    "place point pretty probably problem put question quite really reason rest right said same say see sense "
    "set she she's should side so some something sort start still stuff such sure take talk tell than that "
    "that's the their them then there there's these they they're thing things think thinking this those though "
    "thought through time times to today too try trying two uh um understand up us use used using very want "
    "was wasn't way ways we we'll we're we've well were what what's whatever when where whether which while "
    "who whole why will with without won't work world would yeah year years yes you you'd you're you've your".split()
)
"""Words that begin and end no phrase."""


def phrases_of(episode: Episode) -> dict[str, int]:
    """Return phrases of two or three words said several times in the conversation, each in its most usual spelling."""
    times: Counter[tuple[str, ...]] = Counter()
    spelled: dict[tuple[str, ...], Counter[str]] = {}
    hollow = COMMON | {word.form for name in _names(episode) for word in words(name)}
    for number, paragraph in enumerate(episode.sentences.paragraphs):
        if episode.paragraphs[paragraph].section is not Section.CONVERSATION:
            continue
        text = episode.passage(number, number).text
        found = words(text)
        for length in _PHRASE_LENGTHS:
            for run in zip(*(found[step:] for step in range(length)), strict=False):
                forms = tuple(word.form for word in run)
                said = text[run[0].begin : run[-1].end]
                ends = (forms[0], forms[-1])
                if all(
                    len(form) >= _SHORTEST_END and form not in hollow and not form.isdecimal() for form in ends
                ) and _is_apart(text, said, run[0].begin):
                    times[forms] += 1
                    spelled.setdefault(forms, Counter())[said] += 1
    often = {forms: count for forms, count in times.items() if count >= _PHRASE_TIMES}
    whole = {f for f, c in often.items() if not any(_inside_of(f, longer) and often[longer] >= c for longer in often)}
    return {spelled[forms].most_common(1)[0][0]: often[forms] for forms in whole}


def _names(episode: Episode) -> set[str]:
    """Return who speaks or takes part: their names are said all over, and are no topics of two words."""
    spoken = {paragraph.speaker for paragraph in episode.paragraphs if paragraph.speaker}
    return spoken | {person.name for person in episode.meta.people}


def _is_apart(text: str, said: str, begin: int) -> bool:
    """Say whether a run of words is whole: no comma in it, no hyphen at its ends."""
    return "," not in said and "-" not in {text[begin - 1 : begin], text[begin + len(said) : begin + len(said) + 1]}


def _inside_of(short: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    return len(short) < len(longer) and short in {longer[:-1], longer[1:]}


@dataclass(frozen=True, slots=True)
class Meant:
    """How near the names in an episode are to a topic in meaning, standardised: each label's, each chapter title's.

    `label` and `title` are the likeness of the nearest ones, 0..1.
    """

    labels: NDArray[np.float64]
    titles: NDArray[np.float64]
    label: float
    title: float


def meant_by(
    corpus: Corpus, meaning: Meaning | None, numbers: Sequence[int], wordings: Sequence[str]
) -> list[Meant | None]:
    """Return how near the names in some episodes are to any of a topic's wordings in meaning; None without models."""
    if meaning is None or not wordings:
        return [None] * len(numbers)
    import numpy as np  # noqa: PLC0415 - only once a topic is asked for, not when the bot is imported

    from bot.search.index.embeddings import standard  # noqa: PLC0415 - it imports NumPy

    wanted = meaning.dense.passages(wordings)
    found = [_named(corpus, meaning, number) for number in numbers]
    near = [(vectors @ wanted.T).max(1).astype(float) for vectors, _ in found]
    labels = standard(np.concatenate([own[:count] for own, (_, count) in zip(near, found, strict=True)]))
    titles = standard(np.concatenate([own[count:] for own, (_, count) in zip(near, found, strict=True)]))
    meant: list[Meant | None] = []
    for own, (_, count) in zip(near, found, strict=True):
        label, title = (float(names.max(initial=0.0)) for names in (own[:count], own[count:]))
        meant.append(Meant(labels[:count], titles[: len(own) - count], label, title))
        labels, titles = labels[count:], titles[len(own) - count :]
    return meant


def labels_meant(corpus: Corpus, view: View, numbers: Sequence[int]) -> dict[int, NDArray[np.float64]]:
    """Return for each sentence of some episodes how near the label of the key passage it is in, or beside, is.

    In deviations above the mean of all labels of these episodes, 0 below; episodes without labels are left out, and so
    are all in a library of more than MOST_LABELLED.
    """
    import numpy as np  # noqa: PLC0415 - as in `meant_by`

    if len(corpus.entries) > MOST_LABELLED:
        return {}
    labels = {}
    for number in numbers:
        vectors, count = _named(corpus, view.meaning, number)
        if count:
            labels[number] = vectors[:count] @ view.vector
    everything = np.concatenate([*labels.values(), np.zeros(0)])
    found = {}
    for number, likeness in labels.items():
        near = np.maximum(0.0, (likeness - everything.mean()) / (everything.std() + 1e-6))
        sentences, keys, fades = _beside_keys(corpus, number)
        column = np.zeros(len(corpus.episode(number).sentences))
        np.maximum.at(column, sentences, fades * near[keys])
        found[number] = column
    return found


@lru_cache(maxsize=MOST_LABELLED)
def _beside_keys(corpus: Corpus, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each pair of a sentence and a key passage it is in or beside, and what its label counts there."""
    import numpy as np  # noqa: PLC0415 - as in `meant_by`

    episode = corpus.episode(number)
    pairs = [
        (sentence, key, float(np.exp(-max(passage.first - sentence, sentence - passage.last, 0))))
        for key, passage in enumerate(each.passage for each in key_passages(corpus.folder, episode))
        for sentence in range(passage.first - _BESIDE_KEY, passage.last + _BESIDE_KEY + 1)
        if 0 <= sentence < len(episode.sentences)
    ]
    sentences, keys, fades = zip(*pairs, strict=True)
    return np.array(sentences), np.array(keys), np.array(fades)


@lru_cache(maxsize=MOST_LABELLED)
def _named(corpus: Corpus, meaning: Meaning, number: int) -> tuple[NDArray[np.float32], int]:
    """Return the vectors of an episode's labels, then of its chapters' titles, and how many are labels.

    Made once, at 1,000 names a second; an episode with neither has none.
    """
    episode = corpus.episode(number)
    labels = [key.point for key in key_passages(corpus.folder, episode)]
    titles = [chapter.title for chapter in episode.chapters]
    return meaning.dense.passages([*labels, *titles]), len(labels)
