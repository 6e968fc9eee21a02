"""Shows to fit and to measure on besides the shipped one: libraries, and what is asked of each with what answers it.

The two invented shows come with the project. Real shows and meetings are read from `../shared/shows` where it is
there, and kept as imported under `data/measured`; of their words nothing is kept here: a sentence that answers goes by
a digest.
The meetings of QMSum are three shows, one for each of the projects they were held for, every meeting an episode.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from benchmarks.sets import gold_sentences, is_kept_aside, load_set
from bot.corpus import open_corpus, words
from bot.corpus.importing import Importer
from bot.search import Scope, load_embeddings
from bot.search.index.words import open_index
from bot.search.scope import EVERYWHERE
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Embeddings
    from bot.search.index.words import Place, WordIndex

__all__ = [
    "MEETINGS",
    "SHOWS",
    "Asked",
    "Library",
    "digest",
    "fresh_rows",
    "meeting_topics",
    "open_library",
    "places_of",
]

SHARED = ROOT.parent / "shared" / "shows"
KEPT = ROOT / "data" / "measured"
INVENTED = ("salt-and-small-change", "the-long-throw")
REAL = ("gotime", "brainscience", "founderstalk", "chaincode")
MEETINGS = {"committee": ("covid", "education"), "academic": ("B",), "product": ("ES", "IS", "TS")}
"""The meetings of QMSum by the project they were held for, and how the names of its files begin."""

MOST_MEETINGS = 16
"""Meetings of a project that are read, by name; the rest tell little more and take long to work out."""

MOST_LEFT_OUT = 200
"""Words of a meeting that the import may leave out in one place."""

SHOWS = ("shipped", *INVENTED, *REAL, *MEETINGS)

_SPACED = re.compile(r" (?=[,.?!;:]|n't\b|'(?:s|re|ve|ll|d|m)\b)")
_MARK = re.compile(r"\{[a-z]{1,20}\} ?")


@dataclass(frozen=True, slots=True)
class Library:
    """A show's corpus, its index, its vectors (None: words only)."""

    name: str
    corpus: Corpus
    index: WordIndex
    embeddings: Embeddings | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a library: the sentences that answer it, none when nothing does, and where it is asked."""

    show: str
    kind: str
    query: str
    gold: frozenset[Place]
    scope: Scope = EVERYWHERE


def digest(sentence: str) -> str:
    """Return what a sentence of a show goes by where its words are not kept: of its words as compared."""
    return hashlib.sha256(" ".join(word.form for word in words(sentence)).encode()).hexdigest()[:16]


@lru_cache(maxsize=16)
def open_library(name: str, *, models: bool = True) -> Library | None:
    """Open a show of SHOWS, importing it first when it was not yet; None when it is not on this machine."""
    content, data = _content(name)
    if content is None:
        return None
    corpus = open_corpus(content, data)
    embeddings = load_embeddings(corpus, data / "vectors", print) if models else None
    return Library(name, corpus, open_index(corpus, data / "index", print), embeddings)


def questions_of(show: str, part: str) -> Iterator[Asked]:
    """Yield the questions on a show with the sentences that answer, none when nothing does.

    `part` is "fit", what may be tuned on, or "measure", what may not: the third of the older sets that is kept aside
    and the unseen half of the fresh ones.
    """
    library = open_library(show, models=False)
    if library is None:
        return
    aside = part == "measure"
    for name in ("questions", "unanswerable"):
        older = load_set(f"{name}.jsonl") if show == "shipped" else ()
        for row in older:
            if is_kept_aside(row) == aside:
                yield Asked(show, row["kind"], row["query"], frozenset(gold_sentences(library.corpus, row)))
        for row in fresh_rows(name, show, unseen=aside) + ([] if aside else fresh_rows(name, show, of="shows")):
            yield Asked(show, row["kind"], row["query"], places_of(library, row.get("gold", ())))
    if not aside:
        yield from _of_invented(library) if show in INVENTED else ()
        yield from _of_meetings(library) if show in MEETINGS else ()


def _of_invented(library: Library) -> Iterator[Asked]:
    """Yield the questions of `tests/sets/other_shows.jsonl` on an invented show."""
    for row in load_set("other_shows.jsonl"):
        if row["show"] == library.name:
            yield Asked(library.name, row["kind"], row["query"], _places_with(library, row["gold"]))


def _places_with(library: Library, texts: Sequence[str]) -> frozenset[Place]:
    """Return the sentences that have one of some texts, or are inside one."""
    numbered = enumerate(map(library.corpus.episode, range(len(library.corpus.entries))))
    said = ((n, s, episode.passage(s, s).text) for n, episode in numbered for s in range(len(episode.sentences)))
    return frozenset((n, s) for n, s, own in said if any(text in own or own in text for text in texts))


def fresh_rows(name: str, show: str, *, unseen: bool = False, of: str = "fresh") -> list[dict[str, Any]]:
    """Return the rows on a show of `tests/sets/fresh_NAME.jsonl`: those to develop on, or those unseen until measured.

    They were written by readers of the transcripts who knew neither the code nor the older sets, as were those of
    `shows_NAME.jsonl` (`of` is "shows"), which are all to develop on.
    """
    rows = map(json.loads, (ROOT / f"tests/sets/{of}_{name}.jsonl").read_text("utf-8").splitlines())
    return [row for row in rows if row["show"] == show and row.get("unseen", False) == unseen]


def places_of(library: Library, gold: Iterable[Sequence[str]]) -> frozenset[Place]:
    """Return the sentences that pairs of an episode's folder and a sentence's digest mean; raises KeyError for none."""
    table = _digests(library)
    return frozenset(place for episode, sentence in gold for place in table[episode, sentence])


@lru_cache(maxsize=16)
def _digests(library: Library) -> dict[tuple[str, str], list[Place]]:
    """Return for each episode's folder and digest of a sentence the places it stands at."""
    found: dict[tuple[str, str], list[Place]] = {}
    for number, entry in enumerate(library.corpus.entries):
        episode = library.corpus.episode(number)
        for sentence in range(len(episode.sentences)):
            text = episode.passage(sentence, sentence).text
            found.setdefault((entry.id, digest(text)), []).append((number, sentence))
    return found


def _content(name: str) -> tuple[Path | None, Path]:
    """Return the content folder of a show, None when there is none, and its data folder."""
    if name == "shipped":
        return ROOT / "content", ROOT / "data"
    data = KEPT / name / "data"
    content = KEPT / name / "content"
    if content.is_dir():
        return content, data
    if name in INVENTED:
        content.mkdir(parents=True)
        (content / name).symlink_to(ROOT / "tests/shows/content" / name, target_is_directory=True)
        return content, data
    source = KEPT / name / "raw" if name in MEETINGS else SHARED / name
    if not SHARED.is_dir():
        return None, data
    for path in _meetings(name) if name in MEETINGS else ():
        source.mkdir(parents=True, exist_ok=True)
        turns = _turns(json.loads(path.read_text("utf-8")))
        text = "\n\n".join(f"{speaker}: {said}" for speaker, said in turns)
        (source / f"{path.stem}.txt").write_text(text + "\n", "utf-8")
    for _ in Importer(content, name, force=False, say=lambda _: None).run(str(source), None):
        pass
    return content, data


def _meetings(name: str) -> list[Path]:
    """Return the files of a project's meetings that are read."""
    found = [path for part in ("train", "val") for path in sorted((SHARED / "qmsum" / part).iterdir())]
    return [path for path in found if path.name.startswith(MEETINGS[name])][:MOST_MEETINGS]


def _turns(meeting: dict[str, Any]) -> list[tuple[str, str]]:
    """Return who says what in a meeting, without the marks of its transcribers."""
    said = ((turn["speaker"], _MARK.sub("", turn["content"])) for turn in meeting["meeting_transcripts"])
    return [(speaker, " ".join(_SPACED.sub("", text).split())) for speaker, text in said]


def _of_meetings(library: Library) -> Iterator[Asked]:
    """Yield the questions of QMSum on the meetings of a project, each asked of its meeting; no summaries."""
    for asked in _ranged(library, "specific_query_list", "query"):
        if not asked.query.casefold().startswith("summarize"):
            yield asked


def meeting_topics(library: Library) -> Iterator[Asked]:
    """Yield the topics of QMSum on the meetings of a project, each with what is said while it is the topic."""
    return _ranged(library, "topic_list", "topic")


def _ranged(library: Library, listed: str, kind: str) -> Iterator[Asked]:
    """Yield what QMSum lists of each meeting of a project, with the sentences of the turns that it names."""
    for path in _meetings(library.name):
        number = library.corpus.find(library.name, path.stem.casefold().replace("_", "-"))
        if number is None:
            continue
        meeting = json.loads(path.read_text("utf-8"))
        owners = _owners(library.corpus, number, _turns(meeting))
        for row in meeting[listed]:
            spans = [(int(first), int(last)) for first, last in row["relevant_text_span"]]
            gold = frozenset((number, s) for s, turn in enumerate(owners) if any(a <= turn <= b for a, b in spans))
            if gold:
                yield Asked(library.name, kind, row[kind], gold, Scope(episodes=frozenset({number})))


def _owners(corpus: Corpus, number: int, turns: Iterable[tuple[str, str]]) -> list[int]:
    """Return for each sentence of an episode the number of the turn it is of."""
    said = [(word.form, turn) for turn, (_, text) in enumerate(turns) for word in words(text)]
    forms = [form for form, _ in said]
    episode, at, owners = corpus.episode(number), 0, []
    for sentence in range(len(episode.sentences)):
        own = [word.form for word in words(episode.passage(sentence, sentence).text)]
        steps = range(at, at + MOST_LEFT_OUT)
        at = next((step for step in steps if forms[step : step + len(own)] == own), at)
        owners.append(said[min(at, len(said) - 1)][1])
        at += len(own)
    return owners
