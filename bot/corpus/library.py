"""The corpus: the list of everything that can be quoted, and the episodes themselves when they are asked for."""

from __future__ import annotations

import math
import os
import re
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from hashlib import blake2s
from itertools import groupby
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from bot.contract import episode_label
from bot.corpus.cache import EpisodeCache, read_meta, signature, write_meta
from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.errata import read_errata
from bot.corpus.files import door, is_folder, is_there, read_text, read_toml
from bot.corpus.links import cut_of, link_of
from bot.corpus.model import Episode, Passage, Show, episode_code, episode_name, is_position
from bot.corpus.names import LONGEST_ADDRESS, LONGEST_PERSON, LONGEST_TITLE, one_line, person
from bot.corpus.voices import names_somebody
from bot.corpus.withdrawn import WITHDRAWN, AllWithdrawnError, SpanError, refuse_misnamed, withdrawn_of
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.contract import Quote
    from bot.corpus.edition import Meta
    from bot.corpus.errata import Erratum
    from bot.corpus.withdrawn import Withdrawal

__all__ = [
    "MOST_MEMORY",
    "Corpus",
    "EpisodeEntry",
    "Loader",
    "episode_folders",
    "open_corpus",
    "read_show",
    "without_withdrawn",
]

MOST_MEMORY = 64 * 1024 * 1024
"""Bytes of episodes held at once when they can be loaded again; about 800 of 10,000 words."""


@lru_cache(maxsize=8)
def _source_text(path: Path, _changed: int) -> str:
    """Return a source file's text, read once for when it changed; a claim is compared with several places of a few."""
    return read_text(path)


@dataclass(frozen=True, slots=True)
class EpisodeEntry:
    """What is known of an episode without loading it; `words` and `sentences` are counts, `speakers` who is heard.

    `chapters` are their titles; `lasts` is when its last sentence begins, in seconds, None where no time is known.
    """

    show: Show
    id: str
    title: str
    number: int | None
    digest: str
    words: int
    sentences: int
    code: str
    speakers: tuple[str, ...]
    chapters: tuple[str, ...]
    lasts: float | None
    meta: Meta

    @property
    def label(self) -> str:
        """The episode in a few words."""
        return episode_label(self.show.title, self.title, self.meta.number, self.meta.season)

    @property
    def name(self) -> str:
        """The episode with its title."""
        return episode_name(self.show, self.title, self.meta)

    @property
    def short(self) -> str:
        """What names the episode within its show: its number, with a later season's, or else its folder."""
        label = self.label.removeprefix(self.show.title).strip()
        return self.id if self.number is None else label.removeprefix("#")

    @classmethod
    def of(cls, episode: Episode) -> EpisodeEntry:
        """Describe a loaded episode."""
        said = dict.fromkeys(episode.paragraphs.speakers)
        labels = (episode.paragraphs.names[number] for number in said if number >= 0)
        speakers = tuple(filter(names_somebody, labels))
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
            tuple(chapter.title for chapter in episode.chapters),
            next((start for start in reversed(episode.sentences.starts) if not math.isnan(start)), None),
            episode.meta,
        )


class Corpus:
    """Every episode that can be quoted, in order of show and folder name.

    The list of them is in memory; the episodes themselves are loaded when they are asked for, and only so many are
    held. As long as anyone holds an episode, asking for it again gives the same object. Safe to share between threads.
    `withdrawn` are the codes of the episodes that are not here because they are withdrawn.
    """

    def __init__(
        self, folder: Path, entries: tuple[EpisodeEntry, ...], loader: Loader, withdrawn: frozenset[str] = frozenset()
    ) -> None:
        self.folder = folder
        self.entries = entries
        self.loader = loader
        self.withdrawn = withdrawn
        self._by_code: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self._by_code.setdefault(entry.code, []).append(number)
        self._numbers = {(entry.show.id, entry.id): number for number, entry in enumerate(entries)}

    @property
    def episodes(self) -> _Episodes:
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
        """Everyone who speaks and is named, each once."""
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

    def find(self, show: str, episode: str) -> int | None:
        """Return the place in `entries` of the episode in those folders, or None."""
        return self._numbers.get((show, episode))

    def episode_at(self, address: str) -> int | None:
        """Return the place in `entries` of the episode whose recording or page an address opens, or None."""
        cut = cut_of(address)
        return self._by_cut.get((cut.name, cut.id)) if cut else None

    @cached_property
    def _by_cut(self) -> dict[tuple[str, str | None], int]:
        """The episodes by the recordings that their links open."""
        found: dict[tuple[str, str | None], int] = {}
        for number, entry in enumerate(self.entries):
            links = (link_of(cut, 0.0, entry.show.links.get(cut.name)) for cut in entry.meta.cuts)
            for cut in filter(None, (cut_of(link) for link in links if link)):
                found.setdefault((cut.name, cut.id), number)
        return found

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
        return code in self.withdrawn and is_position(position)

    def source_text(self, passage: Passage) -> str:
        """Return a passage as its source has it, before the declared mendings; its own words without such a source."""
        source, path = passage.source(), self._files(passage).source
        if source is None or path is None:
            return passage.text
        text = _source_text(path, path.stat().st_mtime_ns)
        return " ".join(text[begin:end] for begin, end in source.spans)

    def errata(self, passage: Passage) -> tuple[Erratum, ...]:
        """Return the mendings inside a passage, read from the episode's folder; none without a plain source."""
        place, files = passage.source(), self._files(passage)
        if place is None or files.source is None or files.errata is None:
            return ()
        declared = read_errata(read_text(files.errata), str(files.errata), read_text(files.source))
        return tuple(e for e in declared if any(begin < e.end and e.begin < end for begin, end in place.spans))

    def has(self, quote: Quote) -> bool:
        """Say whether a quote is the very words that its id and its source point to."""
        passage = self.passage(quote.id)
        return passage is not None and passage.text == quote.text and passage.source() == quote.source

    def withholds(self, show: str, episode: str) -> bool:
        """Say whether the episode in those folders is not here because it is withdrawn."""
        return self.find(show, episode) is None and episode_code(show, episode) in self.withdrawn

    def _files(self, passage: Passage) -> EpisodeFiles:
        return EpisodeFiles.of(self.folder / passage.episode.show.id / passage.episode.id)


class _Episodes:
    """The episodes of a corpus in order; each is loaded when it is looked at."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return len(self._corpus.entries)

    def __iter__(self) -> Iterator[Episode]:
        return (self._corpus.episode(number) for number in range(len(self)))

    def __getitem__(self, number: int) -> Episode:
        return self._corpus.episode(number)


class Loader:
    """Loads episodes from the data folder and holds the latest, about `most` bytes; without one it holds all."""

    def __init__(self, folder: Path, cache: EpisodeCache | None, most: int = MOST_MEMORY) -> None:
        self.folder = folder
        self.cache = cache
        self.names: dict[tuple[str, str], str] = {}
        self.withdrawn: dict[tuple[str, str], tuple[Withdrawal, ...]] = {}
        self.unsettled: set[tuple[str, str]] = set()
        """Episodes whose files may change again without their name telling."""
        self._most = most
        self._size = 0
        self._held: OrderedDict[tuple[str, str], Episode] = OrderedDict()
        self._alive: WeakValueDictionary[tuple[str, str], Episode] = WeakValueDictionary()
        self._lock = threading.Lock()

    def __len__(self) -> int:
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
            if self.cache is not None:
                self.cache.save(name, episode, settled=settled)
        except OSError:
            self.cache = None
            raise
        finally:
            self._hold(key, episode)

    def take(self, key: tuple[str, str], other: Loader) -> None:
        """Hold what another loader holds of an episode, if it does: both have it from the same files."""
        with other._lock:
            episode = other._held.get(key)
        if episode is not None:
            self._hold(key, episode)

    def _read(self, entry: EpisodeEntry, key: tuple[str, str]) -> Episode:
        """Load an episode from the data folder, or else from its own files if they still say the same."""
        found = self.cache.load(self.names[key], entry.show) if self.cache else None
        if found is not None and found[0].digest == entry.digest:
            return found[0]
        folder = self.folder / entry.show.id / entry.id
        episode = build_episode(entry.show, EpisodeFiles.of(folder), self.withdrawn.get(key, ()))
        if self.cache is not None:
            self.cache.drop(self.names[key])
        if episode.digest != entry.digest:
            raise TranscriptError(str(folder), say("corpus.changed"))
        return episode

    def _hold(self, key: tuple[str, str], episode: Episode) -> None:
        """Hold an episode, and let go of those not asked for the longest when it gets too much."""
        self._alive[key] = self._held[key] = episode
        self._size += _size(episode)
        while self.cache is not None and self._size > self._most and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._size -= _size(dropped)


def _size(episode: Episode) -> int:
    return sys.getsizeof(episode.text) + 21 * len(episode.sentences) + 24 * len(episode.paragraphs) + 8_192


_SHOW_KEYS = ("title", "rights", "url", "links", "people", "withdrawn", "why", "feed")

_LONGEST_RIGHTS = 1_000
_WEB = re.compile(r"https?://")

_MANY = 20
"""More episodes than this to read take a while, so it is said how far it is."""


def open_corpus(
    folder: Path,
    data: Path | None = None,
    notice: Callable[[str], None] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
    *,
    before: Corpus | None = None,
) -> Corpus:
    """Open every show in a content folder; only episodes that are new or changed are read.

    A show is a folder with a `show.toml`; an episode is a folder inside it. What was read is kept in the data folder
    `data`, or in memory only without one; `notice` is told when it cannot be kept. `before` is the corpus as it was
    opened from the folder before, of which what is unchanged is taken over. `progress` gets a sentence, how many are
    read and of how many, now and then while there are many; without it `notice` gets the sentence. Raises
    TranscriptError for the first file that cannot be used: a bot that silently lacks an episode would say "not found"
    of what was said. What is withdrawn is left out; of an unclear withdrawal `notice` gets the sentence, and all that
    it could mean is left out.
    """
    notice = notice or (lambda _: None)
    return _Opening(folder, data, notice, progress or (lambda sentence, *_: notice(sentence)), before).run()


def without_withdrawn(corpus: Corpus) -> Corpus:
    """Return a corpus without the episodes of which anything more is withdrawn by now; the same one where nothing is.

    For a folder that cannot be opened as a whole: of each show whose files can be read, what is withdrawn is left out.
    """
    gone: set[int] = set()
    for show in corpus.shows:
        folder = corpus.folder / show.id
        try:
            known = read_show(folder)
            withdrawn = withdrawn_of(known, folder, (path.name for path in folder.iterdir() if path.is_dir()))
        except (TranscriptError, OSError):
            continue
        for number, entry in enumerate(corpus.entries):
            if entry.show.id == show.id:
                left_out = {each.span for each in corpus.loader.withdrawn.get((show.id, entry.id), ())}
                spans = {each.span for each in withdrawn.spans.get(entry.id, ())}
                if entry.id in withdrawn.whole or spans - left_out:
                    gone.add(number)
    if not gone:
        return corpus
    kept = tuple(entry for number, entry in enumerate(corpus.entries) if number not in gone)
    if not kept:
        raise AllWithdrawnError(str(corpus.folder), say("corpus.all-withdrawn"))
    return Corpus(corpus.folder, kept, corpus.loader, corpus.withdrawn | {corpus.entries[n].code for n in gone})


@dataclass(frozen=True, slots=True)
class _Place:
    """An episode's folder as found, with the name of its files as they are and whether it can be relied on later.

    `withdrawn` are the spans that are withdrawn of it.
    """

    show: Show
    folder: Path
    name: str
    settled: bool
    withdrawn: tuple[Withdrawal, ...] = ()


class _Opening:
    """The steps of opening a content folder."""

    def __init__(
        self,
        folder: Path,
        data: Path | None,
        say: Callable[[str], None],
        progress: Callable[[str, int, int], object],
        before: Corpus | None,
    ) -> None:
        self._folder = folder
        self._before = before
        self._say = say
        self._progress = progress
        cache = None
        try:
            cache = EpisodeCache(data / "episodes", folder) if data else None
        except OSError as error:
            self._say_not_kept(error)
        self._loader = Loader(folder, cache)
        self._entries: dict[str, EpisodeEntry] = {}
        self._gone: set[str] = set()
        self._parted = False

    def run(self) -> Corpus:
        """Open what is listed, read what is not, keep the list for the next time."""
        places = list(self._places())
        cache = self._loader.cache
        rows = cache.rows() if cache else []
        if self._before is not None:
            self._take_over(self._before, places)
        self._take(rows, places)
        missing = [place for place in places if place.name not in self._entries]
        self._read(missing)
        places = [place for place in places if place.name in self._entries]
        if self._loader.cache is not None and (missing or len(rows) != len(places)):
            self._keep(self._loader.cache, places)
        if not places:
            if self._gone:
                raise AllWithdrawnError(str(self._folder), say("corpus.all-withdrawn"))
            raise TranscriptError(str(self._folder), say("corpus.no-episode"))
        entries = tuple(self._entries[place.name] for place in places)
        return Corpus(self._folder, entries, self._loader, frozenset(self._gone))

    def _places(self) -> Iterator[_Place]:
        """Yield every episode that is not withdrawn; note the codes of the others."""
        for show, found in groupby(episode_folders(self._folder), key=lambda each: each[0]):
            folders = {path.name: path for _, path in found}
            withdrawn = withdrawn_of(show, self._folder / show.id, folders)
            for problem in withdrawn.problems:
                self._say(say("corpus.show-hidden", problem=problem, show=show.title))
            self._gone.update(episode_code(show.id, name) for name in withdrawn.whole)
            self._parted = self._parted or bool(withdrawn.whole or withdrawn.spans)
            for name, path in folders.items():
                if name not in withdrawn.whole:
                    spans = withdrawn.spans.get(name, ())
                    self._loader.withdrawn[show.id, name] = spans
                    yield _Place(show, path, *signature(path, spans, show.people), spans)

    def _take_over(self, before: Corpus, places: list[_Place]) -> None:
        """Take from the corpus before what is still so."""
        loader = before.loader
        for place in places:
            key = place.show.id, place.folder.name
            number = before.find(*key)
            same = loader.names.get(key) == place.name and place.settled and key not in loader.unsettled
            if number is not None and same and before.entries[number].show == place.show:
                self._entries[place.name] = before.entries[number]
                self._loader.take(key, loader)

    def _take(self, rows: list[dict[str, Any]], places: list[_Place]) -> None:
        """Take from the list what is still so."""
        cache = self._loader.cache
        here = cache.names() if cache else set()
        listed = {row["name"]: row for row in rows if row["name"] in here}
        for place in places:
            self._loader.names[place.show.id, place.folder.name] = place.name
            if not place.settled:
                self._loader.unsettled.add((place.show.id, place.folder.name))
            row = listed.get(place.name)
            if row is not None and place.name not in self._entries:
                values = {name: value for name, value in row.items() if name != "name"}
                values |= {"speakers": tuple(values["speakers"]), "chapters": tuple(values["chapters"])}
                values["meta"] = read_meta(values["meta"])
                code = episode_code(place.show.id, place.folder.name)
                self._entries[place.name] = EpisodeEntry(place.show, place.folder.name, code=code, **values)

    def _read(self, places: list[_Place]) -> None:
        """Read episodes; each is kept as soon as it is read, so nothing is lost when this is interrupted."""
        said = time.monotonic()
        for number, place in enumerate(places):
            if len(places) > _MANY and time.monotonic() - said >= 1:
                said = time.monotonic()
                self._progress(say("corpus.reading", number=number, count=len(places)), number, len(places))
            cache = self._loader.cache
            found = cache.load(place.name, place.show) if cache and place.settled else None
            if found is not None and found[1]:
                self._entries[place.name] = EpisodeEntry.of(found[0])
                continue
            try:
                episode = build_episode(place.show, EpisodeFiles.of(place.folder), place.withdrawn)
            except SpanError as error:
                self._say(say("corpus.episode-hidden", error=error, show=place.show.id, episode=place.folder.name))
                self._gone.add(episode_code(place.show.id, place.folder.name))
                continue
            self._entries[place.name] = EpisodeEntry.of(episode)
            try:
                self._loader.give(place.name, episode, settled=place.settled)
            except OSError as error:
                self._say_not_kept(error)

    def _keep(self, cache: EpisodeCache, places: list[_Place]) -> None:
        """Write the list, and clear away what is on it no more."""
        rows = []
        for place in places:
            entry = self._entries[place.name]
            names = ("title", "number", "digest", "words", "sentences", "speakers", "chapters", "lasts")
            row = {name: getattr(entry, name) for name in names}
            if place.settled:
                rows.append({"name": place.name, **row, "meta": write_meta(entry.meta)})
        try:
            cache.save_rows(rows)
        except OSError as error:
            self._say_not_kept(error)
        # Withdrawn words leave the disk too, even if a bot that has not been started again still needs the file.
        cache.sweep((place.name for place in places), aside=not self._parted)

    def _say_not_kept(self, error: OSError) -> None:
        self._say(say("corpus.no-cache", error=error.strerror))


def episode_folders(folder: Path) -> Iterator[tuple[Show, Path]]:
    """Yield each episode's folder with its show, in order of their names, also those that are withdrawn."""
    try:
        children = sorted(folder.iterdir())
        shows = [child for child in children if is_there(child / "show.toml")]
    except OSError as error:
        raise TranscriptError(str(folder), say("corpus.no-content", error=error.strerror)) from error
    refuse_misnamed(folder, (child.name for child in children if child.is_file()))
    for child in shows:
        show = read_show(child)
        try:
            with os.scandir(child) as found:
                items = [(item.name, is_folder(item)) for item in found]
        except OSError as error:
            raise TranscriptError(str(child), say("corpus.no-show", error=error.strerror)) from error
        refuse_misnamed(child, (name for name, deeper in items if not deeper), WITHDRAWN)
        names = sorted(name for name, deeper in items if deeper and not name.startswith("."))
        for name in (child.name, *names):
            if name != one_line(name) or "\ufffd" in name:
                raise TranscriptError(str(child / name), say("corpus.folder-name"))
        for name in names:
            yield show, child / name


@door
def read_show(folder: Path) -> Show:
    """Read a show's `show.toml`."""
    path = folder / "show.toml"
    _, table = read_toml(path, lambda error: say("corpus.no-toml", error=error))
    for key in ("title", "rights"):
        if not isinstance(table.get(key), str) or not one_line(table[key]):
            raise TranscriptError(str(path), say("corpus.missing", key=key))
    links, url = table.get("links", {}), table.get("url")
    if url is not None and not isinstance(url, str):
        raise TranscriptError(str(path), say("corpus.url"))
    title, rights = one_line(table["title"]), one_line(table["rights"])
    addresses = [url or "", *(links.values() if isinstance(links, dict) else ())]
    for name, texts, most in (
        ("title", [title], LONGEST_TITLE),
        ("rights", [rights], _LONGEST_RIGHTS),
        ("url", addresses, LONGEST_ADDRESS),
    ):
        longest = max(len(text) for text in texts if isinstance(text, str))
        if longest > most:
            raise TranscriptError(str(path), say("corpus.long", key=name, count=longest, most=most))
    if not isinstance(links, dict) or not all(isinstance(link, str) for link in links.values()):
        raise TranscriptError(str(path), say("corpus.links"))
    withdrawn, why = table.get("withdrawn", False), table.get("why", "")
    unknown = [key for key in (*table, *links) if key not in _SHOW_KEYS or (key == "withdrawn" and key in links)]
    meant = get_close_matches("withdrawn", unknown, 1)
    if meant or not isinstance(withdrawn, bool) or not isinstance(why, str):
        raise TranscriptError(str(path), say("corpus.withdraw-show"))
    people = table.get("people", {})
    if not isinstance(people, dict) or not all(
        isinstance(name, str) and 0 < len(name) <= LONGEST_PERSON for name in people.values()
    ):
        raise TranscriptError(str(path), say("corpus.people"))
    names = {person(one): person(other) for one, other in people.items()}
    feed = table.get("feed", "")
    if not isinstance(feed, str) or (feed and not _WEB.match(feed)) or len(feed) > LONGEST_ADDRESS:
        raise TranscriptError(str(path), say("corpus.feed"))
    return Show(folder.name, title, rights, url, links, withdrawn, why, names, feed)
