"""The word index: which sentences could be meant, from files in the data folder (tantivy).

One document a sentence, with three fields: its words, its letters in threes (typo-proof), and the words of it and its
neighbours (for quotes that run over). Every few sentences a document also has the words of a stretch with their
positions: there runs of words are looked up, across the ends of sentences. All episodes share one index. An episode in
it has an ordinal that never changes and is never given to another; a changed episode is taken out and put in anew under
the next.
"""

from __future__ import annotations

import hashlib
import math
import os
import threading
import time
import weakref
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

import tantivy

from bot.policy.texts import say
from bot.search.index.generations import Generations, Held, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.corpus import Corpus, Episode

    Progress: TypeAlias = Callable[[str, int, int], object]
    """Hears of a long build: a sentence, how many episodes are in the index, and of how many."""

__all__ = ["LONGEST_RUN", "SHORTEST_RUN", "Place", "Span", "WordIndex", "count_indexed", "end_of_stretch", "open_index"]

Place: TypeAlias = tuple[int, int]
"""A sentence: the number of its episode in the corpus, and its own in the episode."""

Span: TypeAlias = tuple[int, int, int]
"""Sentences: the number of their episode in the corpus, the first and the last."""

_LAYOUT = "4"
"""Part of every index's name; raise it when the schema or an analyzer changes."""

SENTENCE_BITS = 24
"""A place is the episode's ordinal and, in its lowest bits, the sentence; the largest file has ten million of them."""

_HEAP = 64 * 1024 * 1024
"""Bytes a writing thread fills before it puts them into a file."""

_MOST_THREADS = 2
_MANY = 20
"""More episodes than this to index take a while: several threads write, and it is said how far it is."""

_MOST_DEAD = 0.25
"""When more documents than this share were taken out, everything is indexed anew: they still count in frequencies."""

_STRETCH, _OVERLAP = 16, 160
"""Sentences of a stretch, and characters of what follows that it also has, so that a run lies in one stretch whole.

The longer the stretch the smaller the index, and the longer a stretch is read for the place of a run in it.
"""

SHORTEST_RUN, LONGEST_RUN = 3, 16
"""Stems of a run that is looked up, at least; and at most: the first of a longer one say where the rest can be."""

_FARTHEST = _STRETCH + _OVERLAP // 2
"""Sentences from the first of a stretch to its last, at most: one has two characters at least."""

_OWN_STATISTICS = 30_000
"""Sentences up to which a part of the index counts words by itself; a larger one takes the counts of everything."""

MOST_READ = 500_000
"""Entries of the index that a search by letters or neighbours reads; of a longer text the rarest terms are looked for.

Reached from a hundred episodes on: beyond it the commonest terms cost most and tell least. Words are few and are
searched without it (at 2,000 episodes with it three typed lines in a hundred were lost).
"""

_LATEST = 16
"""Searches whose results are remembered."""

_LONGEST_TOKEN = 40
_SELF = 1.3
"""What BM25 gives a term that stands once in a sentence of average length, as a share of its rarity; about."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What every document of a part matches: its sentences, and the stretches that have some of them."""

    sentences: tantivy.Query
    stretches: tantivy.Query


class _Analyzer:
    """An analyzer of tantivy that several threads may use.

    It refuses one while another is in it, which happens where memory is collected in the midst of a call.
    """

    def __init__(self, analyzer: tantivy.TextAnalyzer) -> None:
        self._analyzer = analyzer
        self._lock = threading.Lock()

    def analyze(self, text: str) -> list[str]:
        """Return the terms of a text."""
        with self._lock:
            return self._analyzer.analyze(text)


class WordIndex:
    """An opened index, or a part of one; `size` says how many sentences it has."""

    def __init__(self, index: tantivy.Index, numbers: Mapping[int, int], part: _Part | None = None) -> None:
        """Take an index whose documents are committed, the number in the corpus of each ordinal in it, and the part."""
        self.numbers = numbers
        self._words, self._grams = _register_analyzers(index)
        self._index, self._schema = index, index.schema
        self._searcher = index.searcher()
        self._part = part
        self._all = int(self._searcher.num_docs)
        self.size = self._matches(part.sentences) if part else self._all
        # By a proxy: an index that its own cache held would keep its files open until garbage is looked for.
        self._latest = lru_cache(_LATEST)(partial(WordIndex._top, weakref.proxy(self)))
        self._counts: dict[tuple[str, str], int] | None = {} if part and self.size <= _OWN_STATISTICS else None

    def part(self, episodes: Collection[int] | None, speaker: str | None, spans: Sequence[Span] | None) -> WordIndex:
        """Return the part of the index that has only sentences of these episodes, of that speaker, in these spans.

        None stands for anything. It finds what it has as if it were an index by itself; statistics are its own while it
        has up to 30,000 sentences, beyond that those of everything are as good.
        """
        ordinals = {number: ordinal for ordinal, number in self.numbers.items()}
        sentences: list[tantivy.Query] = []
        stretches: list[tantivy.Query] = []
        if episodes is not None:
            terms = [ordinals[number] for number in sorted(episodes)]
            among = tantivy.Query.term_set_query(self._schema, "episode", terms)
            sentences.append(among)
            stretches.append(among)
        if speaker is not None:
            sentences.append(tantivy.Query.term_query(self._schema, "voices", _code(speaker), "basic"))
            stretches.append(tantivy.Query.term_query(self._schema, "voices", _code(speaker, stretch=True), "basic"))
        if spans is not None:
            own = [(ordinals[number] << SENTENCE_BITS, first, last) for number, first, last in spans]
            sentences.append(self._among((base | first, base | last) for base, first, last in own))
            stretches.append(self._among((base | max(0, first - _FARTHEST), base | last) for base, first, last in own))
        part = (tantivy.Query.const_score_query(_all_of(each), 0.0) for each in (sentences, stretches))
        return WordIndex(self._index, self.numbers, _Part(*part))

    @property
    def _counted(self) -> int:
        """How many sentences statistics are of."""
        return self._all if self._counts is None else self.size

    def _matches(self, query: tantivy.Query) -> int:
        """Return how many documents a query matches."""
        return int(self._searcher.search(query, 1).count)  # type: ignore[attr-defined] # the stubs lack it

    def _among(self, ranges: Iterable[tuple[int, int]]) -> tantivy.Query:
        """Return the query for documents whose place is in one of these ranges, both ends included."""
        kind = tantivy.FieldType.Unsigned
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.range_query(self._schema, "place", kind, begin, end))
                for begin, end in ranges
            ]
        )

    def _count(self, field: str, term: str) -> int:
        """Return how many sentences have a term in a field, of those that statistics are of."""
        if self._part is None or self._counts is None:
            return self._searcher.doc_freq(field, term)
        if (field, term) not in self._counts:
            own = tantivy.Query.term_query(self._schema, field, term, "basic")
            self._counts[field, term] = self._matches(_all_of((own, self._part.sentences)))
        return self._counts[field, term]

    def stems(self, text: str) -> list[str]:
        """Return the words of a text in the form they are indexed in."""
        return self._words.analyze(text)

    def count(self, stem: str) -> int:
        """Return how many sentences have a stem."""
        return self._count("words", stem)

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency of a stem: 0 when it is in every sentence, more the rarer it is."""
        return math.log(1 + self._counted / (1 + self.count(stem)))

    def mean_rarity(self, stems: Sequence[str]) -> float:
        """Return what finding a word is worth, by its stems (a hyphen parts two); 0 without any."""
        return sum(map(self.rarity, stems)) / len(stems) if stems else 0.0

    def candidates(self, text: str, limit: int) -> list[Place]:
        """Return up to 3 x `limit` sentences that share words or letters with a text, best first within each way."""
        found: dict[Place, None] = {}
        for field in ("words", "grams", "near"):
            found.update(dict.fromkeys(place for _, place in self.top(field, text, limit)))
        return list(found)

    def top(self, field: str, text: str, limit: int) -> list[tuple[float, Place]]:
        """Return the best sentences by BM25 over one field (words, grams, near), each with its score; see `MOST_READ`.

        The latest are remembered: one message is looked for in several ways.
        """
        return list(self._latest(field, text, limit))

    def _top(self, field: str, text: str, limit: int) -> Sequence[tuple[float, Place]]:
        """Search for `top`."""
        terms = self._terms(field, text)
        if not terms:
            return []
        clauses = [(tantivy.Occur.Should, self._term(field, term)) for term in terms]
        query = tantivy.Query.boolean_query(clauses)
        if self._part:
            query = _all_of((query, self._part.sentences))
        hits = self._searcher.search(query, limit, count=False).hits
        return self._scored(hits)

    def stretches(self, run: Sequence[str], limit: int) -> list[Place]:
        """Return where up to `limit` stretches begin that have these stems one after another; at least three."""
        if len(run) < SHORTEST_RUN:
            return []
        phrase = tantivy.Query.phrase_query(self._schema, "run", list(run[:LONGEST_RUN]))
        query = _all_of((phrase, self._part.stretches)) if self._part else phrase
        hits = self._searcher.search(query, limit, count=False).hits
        return [place for _, place in self._scored(hits)]

    def tally(self, stems: Sequence[str]) -> dict[int, int]:
        """Return for each episode in how many sentences all of these stems are said, there or in the ones beside it.

        Episodes without any are left out; counted in the index, so it takes a millisecond at any size.
        """
        if not stems:
            return {}
        said = [tantivy.Query.term_query(self._schema, "near", stem, "basic") for stem in dict.fromkeys(stems)]
        query = _all_of((*said, self._part.sentences) if self._part else said)
        wanted = {"by": {"histogram": {"field": "place", "interval": float(1 << SENTENCE_BITS), "min_doc_count": 1}}}
        buckets: list[dict[str, float]] = self._searcher.aggregate(query, wanted)["by"]["buckets"]
        counts = {int(bucket["key"]) >> SENTENCE_BITS: int(bucket["doc_count"]) for bucket in buckets}
        return {self.numbers[ordinal]: count for ordinal, count in counts.items() if ordinal in self.numbers}

    def _term(self, field: str, term: str) -> tantivy.Query:
        """Return the query for a term, weighed by how rare it is in this part."""
        query = tantivy.Query.term_query(self._schema, field, term, "freq")
        if self._counts is None:
            return query
        everywhere = _idf(self._searcher.doc_freq(field, term), self._all)
        return tantivy.Query.boost_query(query, _idf(self._count(field, term), self._counted) / everywhere)

    def _scored(self, hits: Sequence[tuple[float, tantivy.DocAddress]]) -> list[tuple[float, Place]]:
        """Return the score and the place of each document that was found."""
        places = self._searcher.fast_field_values("place", [address for _, address in hits])
        found = (divmod(int(place or 0), 1 << SENTENCE_BITS) for place in places)
        return [
            (score, (self.numbers[ordinal], sentence))
            for (score, _), (ordinal, sentence) in zip(hits, found, strict=True)
            if ordinal in self.numbers
        ]

    def self_score(self, field: str, text: str) -> float:
        """Return about what a sentence that is just this text would score; what `top` gives is a share of it."""
        return _SELF * sum(_idf(self._count(field, term), self._counted) for term in self._terms(field, text))

    def _terms(self, field: str, text: str) -> list[str]:
        """Return the different terms of a text in a field, but for the commonest when many sentences have them."""
        analyzer = self._grams if field == "grams" else self._words
        terms = list(dict.fromkeys(analyzer.analyze(text)))
        if field == "words" or self._counts is not None:
            return terms
        counts = {term: self._searcher.doc_freq(field, term) for term in terms}
        read = dict(zip(sorted(terms, key=counts.__getitem__), accumulate(sorted(counts.values())), strict=True))
        return [term for term in terms if read[term] <= MOST_READ] or terms[:1]


def _all_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return the query for what all of these find."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _idf(count: int, total: int) -> float:
    """Return what BM25 makes of a term that so many documents have."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


@lru_cache(maxsize=4096)
def _code(speaker: str, *, stretch: bool = False) -> int:
    """Return the number that a speaker goes by in the index, in a sentence or a stretch."""
    named = f"{'stretch' if stretch else 'sentence'} {speaker}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2s(named, digest_size=8).digest())


def open_index(
    corpus: Corpus, folder: Path | None, notice: Callable[[str], None], progress: Progress | None = None
) -> WordIndex:
    """Open the index of a corpus, first bringing it up to date: only new and changed episodes are indexed.

    `folder` is where indexes live, or None for memory only. `notice` gets a sentence for the operator when something
    had to be done differently (a damaged index rebuilt, an unwritable folder replaced by memory, another process
    waited for); `progress` hears how far a long build is, without it `notice` does.
    """
    progress = progress or (lambda sentence, *_: notice(sentence))
    if folder is None:
        return _in_memory(corpus, progress)
    generations = _generations(corpus, folder)
    opened = _open(corpus, generations)
    if opened is not None:
        return opened
    try:
        with generations.alone(lambda: notice(say("search.waiting"))):
            opened = _open(corpus, generations)
            return opened if opened is not None else _bring_up_to_date(corpus, generations, notice, progress)
    except (OSError, ValueError) as error:
        notice(say("search.in-memory", folder=folder, error=error))
        return _in_memory(corpus, progress)


def count_indexed(corpus: Corpus, folder: Path) -> int | None:
    """Return how many episodes of a corpus the index in a folder holds as they are now; None when it is damaged."""
    generations = _generations(corpus, folder)
    place = generations.current()
    if place is None:
        return 0
    manifest = generations.manifest(place) if _is_readable(place) else None
    return len(_numbers(corpus, manifest.episodes)) if manifest is not None else None


def _generations(corpus: Corpus, folder: Path) -> Generations:
    library = hashlib.blake2s(str(corpus.folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Generations(folder, library, _LAYOUT)


def _open(corpus: Corpus, generations: Generations) -> WordIndex | None:
    """Open the index if it is whole and holds just this corpus."""
    place = generations.current()
    manifest = generations.manifest(place) if place else None
    if place is None or manifest is None or len(manifest.episodes) != len(corpus.entries):
        return None
    numbers = _numbers(corpus, manifest.episodes)
    if len(numbers) != len(corpus.entries):
        return None
    try:
        return WordIndex(tantivy.Index.open(str(place)), numbers)
    except (OSError, ValueError):
        return None  # another process replaced it meanwhile


def _numbers(corpus: Corpus, held: Iterable[Held]) -> dict[int, int]:
    """Return for the ordinals of an index the episodes' places in a corpus; without those that are not as they were."""
    numbers = {}
    for episode in held:
        number = corpus.find(episode.show, episode.episode)
        if number is not None and corpus.entries[number].digest == episode.digest:
            numbers[episode.ordinal] = number
    return numbers


def _bring_up_to_date(
    corpus: Corpus, generations: Generations, notice: Callable[[str], None], progress: Progress
) -> WordIndex:
    """Make the next generation: the one before with changed episodes replaced, or a new one."""
    before = generations.current()
    manifest = generations.manifest(before) if before and _is_readable(before) else None
    if before is not None and manifest is None:
        notice(say("search.damaged", folder=before))
    kept: list[Held] = []
    gone: list[Held] = []
    if manifest is not None:
        numbers = _numbers(corpus, manifest.episodes)
        for held in manifest.episodes:
            (kept if held.ordinal in numbers else gone).append(held)
    dead = (manifest.dead if manifest else 0) + sum(held.documents for held in gone)
    if dead > _MOST_DEAD * sum(entry.sentences for entry in corpus.entries):
        kept, gone, dead, manifest = [], [], 0, None
    following = manifest.following if manifest else 0
    there = {(held.show, held.episode) for held in kept}
    new = [number for number, entry in enumerate(corpus.entries) if (entry.show.id, entry.id) not in there]
    added = [_describe(corpus, number, following + index) for index, number in enumerate(new)]
    with generations.following(before if manifest else None) as place:
        index = tantivy.Index.open(str(place)) if manifest else tantivy.Index(_schema(), path=str(place))
        _write(corpus, index, [held.ordinal for held in gone], list(zip(added, new, strict=True)), progress)
        del index
        generations.switch(place, Manifest((*kept, *added), following + len(added), dead))
        return WordIndex(tantivy.Index.open(str(place)), _numbers(corpus, (*kept, *added)))


def _is_readable(place: Path) -> bool:
    """Say whether tantivy can open what lies in a folder."""
    try:
        tantivy.Index.open(str(place))
    except (OSError, ValueError):
        return False
    return True


def _describe(corpus: Corpus, number: int, ordinal: int) -> Held:
    """Say what an index holds of an episode."""
    entry = corpus.entries[number]
    return Held(ordinal, entry.show.id, entry.id, entry.digest, entry.sentences)


def _in_memory(corpus: Corpus, progress: Progress) -> WordIndex:
    """Build an index that nobody keeps."""
    index = tantivy.Index(_schema())
    everything = [(_describe(corpus, number, number), number) for number in range(len(corpus.entries))]
    _write(corpus, index, [], everything, progress)
    return WordIndex(index, {number: number for _, number in everything})


def _schema() -> tantivy.Schema:
    """Return what a document has; `episode` is the ordinal, by which an episode is filtered and taken out.

    `voices` has who speaks in a sentence, and in a stretch that begins with it.
    """
    return (
        tantivy.SchemaBuilder()
        .add_text_field("words", tokenizer_name="words", index_option="freq")
        .add_text_field("grams", tokenizer_name="grams", index_option="freq")
        .add_text_field("near", tokenizer_name="words", index_option="freq")
        .add_text_field("run", tokenizer_name="words", index_option="position")
        .add_unsigned_field("place", fast=True)
        .add_unsigned_field("episode", indexed=True)
        .add_unsigned_field("voices", indexed=True)
        .build()
    )


def _write(
    corpus: Corpus,
    index: tantivy.Index,
    gone: list[int],
    new: list[tuple[Held, int]],
    progress: Progress,
) -> None:
    """Take episodes out of an index by their ordinals, and put others in."""
    _register_analyzers(index)
    threads = min(_MOST_THREADS, os.cpu_count() or 1) if len(new) > _MANY else 1
    writer = index.writer(_HEAP * threads, threads)
    for ordinal in gone:
        writer.delete_documents_by_term("episode", ordinal)
    said = time.monotonic()
    for done, (held, number) in enumerate(new):
        if len(new) > _MANY and time.monotonic() - said >= 1:
            said = time.monotonic()
            progress(say("search.building", done=done, count=len(new)), done, len(new))
        for document in _documents(corpus.episode(number), held.ordinal):
            writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def _documents(episode: Episode, ordinal: int) -> Iterator[tantivy.Document]:
    """Yield a document for each sentence."""
    text, begins, ends = episode.text, episode.sentences.begins, episode.sentences.ends
    last = len(begins) - 1
    spoken = [episode.paragraphs.speakers[number] for number in episode.sentences.paragraphs]
    names = episode.paragraphs.names
    for sentence in range(last + 1):
        said = text[begins[sentence] : ends[sentence]]
        document = tantivy.Document()
        document.add_text("words", said)
        document.add_text("grams", said)
        document.add_text("near", text[begins[max(0, sentence - 1)] : ends[min(last, sentence + 1)]])
        if spoken[sentence] >= 0:
            document.add_unsigned("voices", _code(names[spoken[sentence]]))
        if sentence % _STRETCH == 0:
            end = end_of_stretch(episode, sentence)
            document.add_text("run", text[begins[sentence] : end])
            for voice in {number for number in spoken[sentence : bisect_left(begins, end)] if number >= 0}:
                document.add_unsigned("voices", _code(names[voice], stretch=True))
        document.add_unsigned("place", ordinal << SENTENCE_BITS | sentence)
        document.add_unsigned("episode", ordinal)
        yield document


def end_of_stretch(episode: Episode, first: int) -> int:
    """Return the offset in an episode's text at which the stretch ends that begins with a sentence."""
    ends = episode.sentences.ends
    end = episode.text.find(" ", ends[min(first + _STRETCH, len(ends)) - 1] + _OVERLAP)
    return end if end >= 0 else len(episode.text)


def _register_analyzers(index: tantivy.Index) -> tuple[_Analyzer, _Analyzer]:
    """Tell an index what its terms are, and return that: English stems, and every three neighbouring characters.

    Both are in lower case without accents.
    """
    words = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TOKEN))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
    grams = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(3, 3))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )
    index.register_tokenizer("words", words)
    index.register_tokenizer("grams", grams)
    return _Analyzer(words), _Analyzer(grams)
