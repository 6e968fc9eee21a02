"""Train how messages are recognised by what they mean: writes `bot/core/routing/recognition.npz`, prints its figures.

    python -m benchmarks.train_reading            train, write, measure
    python -m benchmarks.train_reading --measure  measure: each writer's messages by a model that has not seen them

Trained on the examples of `kinds.toml`, on the messages of `tests/sets/messages.jsonl`, by writers who knew no code of
the bot, and on questions and lines of the other sets and sentences of all shows, which ask the transcripts; it needs
`../shared/shows`. A
message is its vector, as a search sees it, and its signs: words and how they stand; a softmax is linear in both. Ten
minutes.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from benchmarks.fitting import fit_kinds
from benchmarks.sets import is_kept_aside, load_set
from benchmarks.shows import SHOWS, open_library
from bot.core.routing import read_nearness
from bot.core.routing.recognition import ASKED, signs_of
from bot.language import only_words, read_table
from bot.search.index.models import Dense, weights_folder
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.fitting import Kinds
    from bot.corpus import Corpus

    Array = NDArray[np.float64]

SET = "messages.jsonl"
MODEL = Path("bot/core/routing/recognition.npz")
RIDGE, STEPS, SCALE, SIGNS = 1e-6, 150, 4.0, 3.0
OFTEN, TOLD = 4, 2
"""Messages that have a sign which counts, and how many of them ask the transcripts nothing."""

LINES, LEAST, MOST = 200, 6, 20
"""Sentences of each show that are lines, and words of one."""

SEVERAL = 3
"""Messages that have a word which is said to bots."""

OF_SHOWS = {ASKED, "quote.about", "quote.by", "fact.in-episode"}
"""Kinds of messages that name what a show speaks of."""

ENOUGH = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Chances from which a message may be held to ask nothing, for which it is printed what comes of that."""


class Row(NamedTuple):
    """A message, its kind, and who wrote it: "" for what is always trained on."""

    text: str
    kind: str
    writer: str = ""
    unseen: bool = False


def rows() -> Iterator[Row]:
    """Yield everything there is to train on, and what is kept from that."""
    for kind in read_table("bot.core.routing", "kinds.toml")["kind"]:
        yield from (Row(text, kind["key"]) for text in kind["examples"])
        yield from (Row(text, ASKED) for text in kind["but"])
    for name in ("questions", "unanswerable", "quotes", "quotes_small"):
        yield from (Row(row["query"], ASKED, unseen=is_kept_aside(row)) for row in load_set(f"{name}.jsonl"))
    for name in ("questions", "unanswerable", "lines"):
        for of in ("fresh", "shows"):
            found = load_set(f"{of}_{name}.jsonl")
            yield from (Row(row["query"], ASKED, unseen=of == "fresh" or row["show"] == "gotime") for row in found)
    for show in SHOWS:
        library = open_library(show, models=False)
        yield from (Row(text, ASKED) for text in _lines(library.corpus)) if library else ()
    for row in load_set(SET):
        yield Row(row["text"], row["kind"], row["writer"], row.get("unseen", False))


def _lines(corpus: Corpus) -> list[str]:
    """Return sentences of a show, as somebody types a line: from all over it."""
    episodes = map(corpus.episode, range(len(corpus.entries)))
    said = [episode.passage(n, n).text for episode in episodes for n in range(len(episode.sentences))]
    long = [text for text in said if LEAST <= len(text.split()) <= MOST]
    return long[:: max(1, len(long) // LINES)][:LINES]


def vectors(texts: Sequence[str]) -> Array:
    """Return a row a text, as a search sees it."""
    dense = Dense(cast("Path", weights_folder()))
    spoken = [" ".join(only_words(text).split()) or text for text in texts]
    return SCALE * np.stack([dense.query(text) for text in spoken]).astype(np.float64)


class Reader(NamedTuple):
    """A model of kinds and the signs that it counts; its first weights are the vector's."""

    signs: list[str]
    model: Kinds

    @classmethod
    def fit(cls, seen: Sequence[tuple[Row, Array]]) -> Reader:
        """Fit the kinds of some messages."""
        signs = _signs([row for row, _ in seen])
        return cls(signs, fit_kinds(_inputs(seen, signs), [row.kind for row, _ in seen], RIDGE, STEPS))

    def shares(self, tried: Sequence[tuple[Row, Array]]) -> Array:
        """Return the chance of each kind for each message."""
        return self.model.shares(_inputs(tried, self.signs))


def _signs(seen: Sequence[Row]) -> list[str]:
    """Return the signs that count."""
    every = Counter(sign for row in seen for sign in signs_of(row.text))
    told = Counter(sign for row in seen if row.kind != ASKED for sign in signs_of(row.text))
    return sorted(sign for sign, count in told.items() if count >= TOLD and every[sign] >= OFTEN)


def _inputs(known: Sequence[tuple[Row, Array]], signs: Sequence[str]) -> Array:
    """Return a row a message: its vector, then its signs."""
    places = {sign: number for number, sign in enumerate(signs)}
    by_sign = np.zeros((len(known), len(signs)))
    for number, (row, _) in enumerate(known):
        found = [places[sign] for sign in signs_of(row.text) if sign in places]
        by_sign[number, found] = SIGNS / np.sqrt(max(len(found), 1))
    return np.hstack([np.stack([vector for _, vector in known]), by_sign])


def outcome(reader: Reader, tried: Sequence[tuple[Row, Array]]) -> list[str]:
    """Return for each chance of ENOUGH how many messages of each room are taken for that room's."""
    shares = reader.shares(tried)
    asked = reader.model.kinds.index(ASKED)
    told = [kind for kind in reader.model.kinds if kind != ASKED]
    best = np.delete(shares, asked, 1).argmax(1)
    lines = []
    for enough in ENOUGH:
        right: dict[str, list[bool]] = defaultdict(list)
        for (row, _), each, number in zip(tried, shares, best, strict=True):
            found = told[number] if 1 - each[asked] >= enough else ASKED
            right[_room(row.kind)].append(_room(found) == _room(row.kind))
        share = ", ".join(f"{room} {sum(each)}/{len(each)} {sum(each) / len(each):.3f}" for room, each in right.items())
        lines.append(f"  {enough:.2f}: {share}")
    return lines


def vocabulary(seen: Sequence[Row]) -> list[str]:
    """Return the words that several messages have which name nothing that a show speaks of."""
    near = read_nearness("bot.core.routing", "kinds.toml")
    counts = Counter(word for row in seen if row.kind not in OF_SHOWS for word in set(near.words(row.text)))
    return sorted(word for word, count in counts.items() if count >= SEVERAL)


def _room(kind: str) -> str:
    return kind.split(".", maxsplit=1)[0]


def main(given: Collection[str]) -> None:
    """Train and measure."""
    everything = list(rows())
    known = list(zip(everything, vectors([row.text for row in everything]), strict=True))
    seen = [each for each in known if not each[0].unseen]
    print(Counter(_room(row.kind) for row, _ in seen))
    for writer in sorted({row.writer for row, _ in seen} - {""}) if "--measure" in given else ():
        others = Reader.fit([each for each in seen if each[0].writer != writer])
        print(f"writer {writer}, by what others wrote:")
        print("\n".join(outcome(others, [each for each in seen if each[0].writer == writer])))
    reader = Reader.fit(seen)
    print("unseen:")
    print("\n".join(outcome(reader, [each for each in known if each[0].unseen])))
    if "--measure" not in given:
        model = reader.model
        size = known[0][1].size
        np.savez_compressed(
            ROOT / MODEL,
            keys=np.array(model.kinds),
            weights=(SCALE * model.weights[:size]).astype(np.float16),
            signs=np.array(reader.signs),
            by_sign=(SIGNS * model.weights[size:]).astype(np.float16),
            constants=model.constants.astype(np.float32),
            vocabulary=np.array(vocabulary([row for row, _ in seen])),
        )
        print(f"wrote {MODEL}")


if __name__ == "__main__":
    main(sys.argv[1:])
