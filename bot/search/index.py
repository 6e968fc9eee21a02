"""The word index: which sentences could be meant, from files in the data folder (tantivy).

One document a sentence, with three fields: its words, its letters in threes (typo-proof), and the words of it and its
neighbours (for quotes that run over). An index is named by the digest of the corpus, built beside its final name and
moved there whole, and proven by a checksum before it is opened.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.corpus import Corpus

__all__ = ["WordIndex", "open_index"]

_LAYOUT = "1"
"""Part of every index's name; raise it when the schema or an analyzer changes."""

_SENTENCE_BITS = 20
_HEAP = 64 * 1024 * 1024
_MANIFEST = "manifest.json"
_LONGEST_TOKEN = 40


class WordIndex:
    """An opened index; positions are (episode number in the corpus, sentence number)."""

    def __init__(self, index: tantivy.Index) -> None:
        """Take an index whose documents are committed."""
        index.register_tokenizer("words", _words_analyzer())
        index.register_tokenizer("grams", _grams_analyzer())
        self._schema = index.schema
        self._searcher = index.searcher()
        self._words = _words_analyzer()
        self._grams = _grams_analyzer()

    def stems(self, text: str) -> list[str]:
        """Return the words of a text in the form they are indexed in."""
        return self._words.analyze(text)

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency of a stem: 0 when it is in every sentence, more the rarer it is."""
        total = self._searcher.num_docs
        return math.log(1 + total / (1 + self._searcher.doc_freq("words", stem)))

    def candidates(self, text: str, limit: int) -> list[tuple[int, int]]:
        """Return up to 3 x `limit` sentences that share words or letters with a text, best first within each way."""
        found: dict[tuple[int, int], None] = {}
        stems = list(dict.fromkeys(self._words.analyze(text)))
        grams = list(dict.fromkeys(self._grams.analyze(text)))
        for field, terms in (("words", stems), ("grams", grams), ("near", stems)):
            if terms:
                found.update(dict.fromkeys(self._top(field, terms, limit)))
        return list(found)

    def _top(self, field: str, terms: list[str], limit: int) -> list[tuple[int, int]]:
        """Return the best sentences by BM25 over one field."""
        option = "freq"
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, term, option)) for term in terms
        ]
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), limit, count=False).hits
        places = self._searcher.fast_field_values("place", [address for _, address in hits])
        return [divmod(int(place or 0), 1 << _SENTENCE_BITS) for place in places]


def open_index(corpus: Corpus, folder: Path | None, notice: Callable[[str], None]) -> WordIndex:
    """Open the index of this corpus, building it first when it is missing, damaged or cannot be kept.

    `folder` is where indexes live, or None for memory only. `notice` gets a sentence for the operator when something
    had to be done differently: a damaged index rebuilt, an unwritable folder replaced by memory.
    """
    if folder is None:
        return WordIndex(_fill(corpus, None))
    place = folder / f"words-{_LAYOUT}-{corpus.digest[:20]}"
    if place.exists():
        if _is_whole(place):
            return WordIndex(tantivy.Index.open(str(place)))
        notice(f"The index in {place} was damaged; it has been built again.")
        shutil.rmtree(place, ignore_errors=True)
    try:
        _build(corpus, place)
    except (OSError, ValueError) as error:
        notice(
            f"The data folder {folder} cannot be written ({error}); the index is kept in memory. Set VERBATIM_DATA_DIR."
        )
        return WordIndex(_fill(corpus, None))
    return WordIndex(tantivy.Index.open(str(place)))


def _build(corpus: Corpus, place: Path) -> None:
    """Build the index beside its name, then move it there; another process may have been faster, which is as good."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
    try:
        _fill(corpus, unfinished)
        (unfinished / _MANIFEST).write_text(json.dumps(_checksums(unfinished)), encoding="utf-8")
        try:
            unfinished.rename(place)
        except OSError:
            if not _is_whole(place):
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _fill(corpus: Corpus, folder: Path | None) -> tantivy.Index:
    """Index every sentence, in a folder or in memory."""
    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("words", tokenizer_name="words", index_option="freq")
        .add_text_field("grams", tokenizer_name="grams", index_option="freq")
        .add_text_field("near", tokenizer_name="words", index_option="freq")
        .add_unsigned_field("place", fast=True)
        .build()
    )
    index = tantivy.Index(schema, path=str(folder) if folder else None)
    index.register_tokenizer("words", _words_analyzer())
    index.register_tokenizer("grams", _grams_analyzer())
    writer = index.writer(_HEAP, 1)
    for number, episode in enumerate(corpus.episodes):
        for sentence in range(len(episode.sentences)):
            text = episode.passage(sentence, sentence).text
            document = tantivy.Document()
            document.add_text("words", text)
            document.add_text("grams", text)
            document.add_text("near", episode.passage(sentence - 1, sentence + 1).text)
            document.add_unsigned("place", number << _SENTENCE_BITS | sentence)
            writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _checksums(folder: Path) -> dict[str, int]:
    """Return a checksum for each file of an index; its lock files are not part of it."""
    return {
        path.name: zlib.crc32(path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.name != _MANIFEST and not path.name.endswith(".lock")
    }


def _is_whole(place: Path) -> bool:
    """Say whether every file of an index is there and unchanged."""
    try:
        manifest = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest == _checksums(place)) and os.access(place, os.R_OK)
    except (OSError, ValueError):
        return False


def _words_analyzer() -> tantivy.TextAnalyzer:
    """Words in lower case without accents, reduced to English stems."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TOKEN))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def _grams_analyzer() -> tantivy.TextAnalyzer:
    """Every three neighbouring characters, in lower case without accents."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(3, 3))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )
