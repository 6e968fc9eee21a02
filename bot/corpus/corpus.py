"""The corpus: the list of everything that can be quoted, and the episodes themselves when they are asked for."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2s
from typing import TYPE_CHECKING, overload
from weakref import WeakValueDictionary

from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.errata import read_errata
from bot.corpus.files import read_text
from bot.corpus.model import Episode, Passage, Show, episode_label, is_position
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus.cache import Store
    from bot.corpus.errata import Erratum
    from bot.corpus.withdrawn import Withdrawal

__all__ = ["MOST_MEMORY", "Corpus", "EpisodeEntry", "Loader"]

MOST_MEMORY = 64 * 1024 * 1024
"""Bytes of episodes held at once when they can be loaded again; about 800 of 10,000 words."""


@lru_cache(maxsize=8)
def _source_text(path: Path) -> str:
    """Return a source file's text; a claim is compared with several places of a few episodes."""
    return read_text(path)


@dataclass(frozen=True, slots=True)
class EpisodeEntry:
    """What is known of an episode without loading it; `words` and `sentences` are counts."""

    show: Show
    id: str
    title: str
    number: int | None
    digest: str
    words: int
    sentences: int
    code: str
    speakers: tuple[str, ...]

    @property
    def label(self) -> str:
        """The episode in a few words."""
        return episode_label(self.show, self.title, self.number)

    @classmethod
    def of(cls, episode: Episode) -> EpisodeEntry:
        """Describe a loaded episode."""
        said = dict.fromkeys(episode.paragraphs.speakers)
        speakers = tuple(episode.paragraphs.names[number] for number in said if number >= 0)
        words, sentences = len(episode.text.split()), len(episode.sentences)
        return cls(
            episode.show,
            episode.id,
            episode.title,
            episode.number,
            episode.digest,
            words,
            sentences,
            episode.code,
            speakers,
        )


class Corpus:
    """Every episode that can be quoted, in order of show and folder name.

    The list of them is in memory; the episodes themselves are loaded when they are asked for, and only so many are
    held. As long as anyone holds an episode, asking for it again gives the same object. Safe to share between threads.
    """

    def __init__(
        self, folder: Path, entries: tuple[EpisodeEntry, ...], loader: Loader, withdrawn: frozenset[str] = frozenset()
    ) -> None:
        """Take the content folder, the list of its episodes, what loads one of them, and codes of withdrawn ones."""
        self.folder = folder
        self.entries = entries
        self.loader = loader
        self._withdrawn = withdrawn
        self._by_code: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self._by_code.setdefault(entry.code, []).append(number)
        self._numbers = {(entry.show.id, entry.id): number for number, entry in enumerate(entries)}

    @property
    def episodes(self) -> Sequence[Episode]:
        """The episodes in order; each is loaded when it is looked at."""
        return _Episodes(self)

    @cached_property
    def shows(self) -> tuple[Show, ...]:
        """The shows that have an episode, each once."""
        return tuple({entry.show.id: entry.show for entry in self.entries}.values())

    @property
    def label(self) -> str:
        """What can be searched here, in a few words."""
        return self.entries[0].label if len(self.entries) == 1 else say("citation.episodes", count=len(self.entries))

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Everyone who speaks, each once."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.speakers))

    @cached_property
    def digest(self) -> str:
        """A name for exactly these words in exactly these places."""
        total = blake2s()
        for entry in self.entries:
            total.update(f"{entry.show.id}/{entry.id} {entry.digest}\n".encode())
        return total.hexdigest()

    def episode(self, number: int) -> Episode:
        """Return the episode with that place in `entries`.

        Raises TranscriptError when it is no longer in memory, nor in the data folder, and its files have changed.
        """
        return self.loader.load(self.entries[number])

    def text(self, number: int, first: int, last: int) -> str:
        """Return the words of sentences first..last (both included) of an episode, cut to what it has."""
        return self.episode(number).passage(first, last).text

    def find(self, show: str, episode: str) -> int | None:
        """Return the place in `entries` of the episode in those folders, or None."""
        return self._numbers.get((show, episode))

    def passage(self, quote_id: str) -> Passage | None:
        """Return the passage with that id, or None when no episode here has it.

        Among thousands of episodes two can share a code; then the one whose sentences begin and end there is meant.
        """
        code, _, position = quote_id.strip().casefold().partition("-")
        numbers = self._by_code.get(code, ())
        found = [passage for number in numbers if (passage := self.episode(number).passage_at(position))]
        if len(found) > 1:
            found.sort(key=lambda passage: passage.id != f"{code}-{position}")
        return found[0] if found else None

    def is_withdrawn(self, quote_id: str) -> bool:
        """Say whether an id is that of a passage which is not here because it, or a part of it, is withdrawn."""
        code, _, position = quote_id.strip().casefold().partition("-")
        if self.passage(quote_id) is not None:
            return False
        if any(self.episode(number).is_withdrawn(position) for number in self._by_code.get(code, ())):
            return True
        return code in self._withdrawn and is_position(position)

    def printed(self, passage: Passage) -> str:
        """Return a passage as its source has it, before the declared mendings; its own words without such a source."""
        source, episode = passage.source(), passage.episode
        path = EpisodeFiles.of(self.folder / episode.show.id / episode.id).source
        if source is None or path is None:
            return passage.text
        text = _source_text(path)
        return " ".join(text[begin:end] for begin, end in source.spans)

    def errata(self, passage: Passage) -> tuple[Erratum, ...]:
        """Return the mendings inside a passage, read from the episode's folder; none without a plain source."""
        place = passage.source()
        files = EpisodeFiles.of(self.folder / passage.episode.show.id / passage.episode.id)
        if place is None or files.source is None or files.errata is None:
            return ()
        declared = read_errata(read_text(files.errata), str(files.errata), read_text(files.source))
        return tuple(e for e in declared if any(begin < e.end and e.begin < end for begin, end in place.spans))


class _Episodes(Sequence[Episode]):
    """The episodes of a corpus as a sequence."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return len(self._corpus.entries)

    @overload
    def __getitem__(self, index: int) -> Episode: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Episode]: ...
    def __getitem__(self, index: int | slice) -> Episode | Sequence[Episode]:
        if isinstance(index, slice):
            return [self._corpus.episode(number) for number in range(len(self))[index]]
        return self._corpus.episode(index)


class Loader:
    """Loads episodes from the data folder and holds the latest; without a data folder it holds all it was given."""

    def __init__(self, folder: Path, store: Store | None, most: int = MOST_MEMORY) -> None:
        """Take the content folder, where compiled episodes are kept and how many bytes of them to hold."""
        self.folder = folder
        self.store = store
        self.names: dict[tuple[str, str], str] = {}
        self.withdrawn: dict[tuple[str, str], tuple[Withdrawal, ...]] = {}
        self._most = most
        self._size = 0
        self._held: OrderedDict[tuple[str, str], Episode] = OrderedDict()
        self._alive: WeakValueDictionary[tuple[str, str], Episode] = WeakValueDictionary()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """How many episodes are held."""
        return len(self._held)

    def load(self, entry: EpisodeEntry) -> Episode:
        """Return the episode of an entry."""
        key = entry.show.id, entry.id
        with self._lock:
            episode = self._alive.get(key)
            if episode is None:
                episode = self._read(entry, key)
                self._hold(key, episode)
            elif key in self._held:
                self._held.move_to_end(key)
            else:
                self._hold(key, episode)
            return episode

    def give(self, name: str, episode: Episode, *, settled: bool) -> None:
        """Take an episode that was just read, to be kept under a name; raises OSError when it cannot be kept."""
        key = episode.show.id, episode.id
        self.names[key] = name
        try:
            if self.store is not None:
                self.store.save(name, episode, settled=settled)
        except OSError:
            self.store = None
            raise
        finally:
            self._hold(key, episode)

    def _read(self, entry: EpisodeEntry, key: tuple[str, str]) -> Episode:
        """Load an episode from the data folder, or else from its own files if they still say the same."""
        found = self.store.load(self.names[key], entry.show) if self.store else None
        if found is not None and found[0].digest == entry.digest:
            return found[0]
        folder = self.folder / entry.show.id / entry.id
        episode = build_episode(entry.show, EpisodeFiles.of(folder), self.withdrawn.get(key, ()))
        if self.store is not None:
            self.store.drop(self.names[key])
        if episode.digest != entry.digest:
            raise TranscriptError(str(folder), say("corpus.changed"))
        return episode

    def _hold(self, key: tuple[str, str], episode: Episode) -> None:
        """Hold an episode, and let go of those not asked for the longest when it gets too much."""
        self._alive[key] = self._held[key] = episode
        self._size += _size(episode)
        while self.store is not None and self._size > self._most and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._size -= _size(dropped)


def _size(episode: Episode) -> int:
    """Return about how many bytes an episode takes."""
    return sys.getsizeof(episode.text) + 21 * len(episode.sentences) + 24 * len(episode.paragraphs) + 8_192
