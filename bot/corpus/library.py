"""Reading a content folder: shows, their episodes and what is wrong with them."""

from __future__ import annotations

import os
import time
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bot.corpus.cache import Store, signature
from bot.corpus.corpus import Corpus, EpisodeEntry, Loader
from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.files import read_text
from bot.corpus.model import Episode, Show, episode_code
from bot.corpus.withdrawn import WITHDRAWN, SpanError, refuse_misnamed, withdrawn_of
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.corpus.withdrawn import Withdrawal

__all__ = ["Corpus", "EpisodeEntry", "episode_folders", "open_corpus", "read_episode", "read_show"]

_SHOW_KEYS = ("title", "rights", "url", "links", "withdrawn", "why")

_MANY = 20
"""More episodes than this to read take a while, so it is said how far it is."""


def open_corpus(folder: Path, data: Path | None = None, notice: Callable[[str], None] | None = None) -> Corpus:
    """Open every show in a content folder; only episodes that are new or changed are read.

    A show is a folder with a `show.toml`; an episode is a folder inside it. What was read is kept in the data folder
    `data`, or in memory only without one. `notice` gets a sentence now and then while many are read, and when they
    cannot be kept. Raises TranscriptError for the first file that cannot be used: a bot that silently lacks an
    episode would say "not found" of what was said. What is withdrawn is left out; of an unclear withdrawal `notice`
    gets the sentence, and all that it could mean is left out.
    """
    return _Opening(folder, data, notice or (lambda _: None)).run()


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

    def __init__(self, folder: Path, data: Path | None, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        store = None
        try:
            store = Store(data / "episodes", folder) if data else None
        except OSError as error:
            self._unkept(error)
        self._loader = Loader(folder, store)
        self._entries: dict[str, EpisodeEntry] = {}
        self._gone: set[str] = set()
        self._parted = False

    def run(self) -> Corpus:
        """Open what is listed, read what is not, keep the list for the next time."""
        places = list(self._places())
        store = self._loader.store
        rows = store.listed() if store else []
        self._take(rows, places)
        missing = [place for place in places if place.name not in self._entries]
        self._read(missing)
        places = [place for place in places if place.name in self._entries]
        if self._loader.store is not None and (missing or len(rows) != len(places)):
            self._keep(self._loader.store, places)
        if not places:
            reason = say("corpus.all-withdrawn") if self._gone else say("corpus.no-episode")
            raise TranscriptError(str(self._folder), reason)
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
                    yield _Place(show, path, *signature(path, spans), spans)

    def _take(self, rows: list[dict[str, Any]], places: list[_Place]) -> None:
        """Take from the list what is still so."""
        store = self._loader.store
        here = store.names() if store else set()
        listed = {row["name"]: row for row in rows if row["name"] in here}
        for place in places:
            self._loader.names[place.show.id, place.folder.name] = place.name
            row = listed.get(place.name)
            if row is not None:
                values = {name: value for name, value in row.items() if name != "name"}
                values["speakers"] = tuple(values["speakers"])
                code = episode_code(place.show.id, place.folder.name)
                self._entries[place.name] = EpisodeEntry(place.show, place.folder.name, code=code, **values)

    def _read(self, places: list[_Place]) -> None:
        """Read episodes; each is kept as soon as it is read, so nothing is lost when this is interrupted."""
        said = time.monotonic()
        for number, place in enumerate(places):
            if len(places) > _MANY and time.monotonic() - said >= 1:
                said = time.monotonic()
                self._say(say("corpus.reading", number=number, count=len(places)))
            store = self._loader.store
            found = store.load(place.name, place.show) if store and place.settled else None
            if found is not None and found[1]:
                self._entries[place.name] = EpisodeEntry.of(found[0])
                continue
            try:
                episode = read_episode(place.show, place.folder, place.withdrawn)
            except SpanError as error:
                self._say(say("corpus.episode-hidden", error=error, show=place.show.id, episode=place.folder.name))
                self._gone.add(episode_code(place.show.id, place.folder.name))
                continue
            self._entries[place.name] = EpisodeEntry.of(episode)
            try:
                self._loader.give(place.name, episode, settled=place.settled)
            except OSError as error:
                self._unkept(error)

    def _keep(self, store: Store, places: list[_Place]) -> None:
        """Write the list, and clear away what is on it no more."""
        rows = []
        for place in places:
            entry = self._entries[place.name]
            row = {name: getattr(entry, name) for name in ("title", "number", "digest", "words", "sentences")}
            if place.settled:
                rows.append({"name": place.name, **row, "speakers": entry.speakers})
        try:
            store.list(rows)
        except OSError as error:
            self._unkept(error)
        # Withdrawn words leave the disk too, even if a bot that has not been started again still needs the file.
        store.sweep((place.name for place in places), aside=not self._parted)

    def _unkept(self, error: OSError) -> None:
        self._say(say("corpus.no-cache", error=error.strerror))


def episode_folders(folder: Path) -> Iterator[tuple[Show, Path]]:
    """Yield each episode's folder with its show, in order of their names, also those that are withdrawn."""
    try:
        children = sorted(folder.iterdir())
        shows = [child for child in children if (child / "show.toml").is_file()]
    except OSError as error:
        raise TranscriptError(str(folder), say("corpus.no-content", error=error.strerror)) from error
    refuse_misnamed(folder, (child.name for child in children if child.is_file()))
    for child in shows:
        show = read_show(child)
        try:
            with os.scandir(child) as found:
                items = [(item.name, item.is_dir()) for item in found]
        except OSError as error:
            raise TranscriptError(str(child), say("corpus.no-show", error=error.strerror)) from error
        refuse_misnamed(child, (name for name, is_folder in items if not is_folder), WITHDRAWN)
        names = sorted(name for name, is_folder in items if is_folder and not name.startswith("."))
        for name in names:
            yield show, child / name


def read_show(folder: Path) -> Show:
    """Read a show's `show.toml`."""
    path = folder / "show.toml"
    try:
        table = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TranscriptError(str(path), say("corpus.no-toml", error=error)) from error
    for key in ("title", "rights"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise TranscriptError(str(path), say("corpus.missing", key=key))
    links = table.get("links", {})
    if not isinstance(links, dict) or not all(isinstance(link, str) for link in links.values()):
        raise TranscriptError(str(path), say("corpus.links"))
    withdrawn, why = table.get("withdrawn", False), table.get("why", "")
    unknown = [key for key in (*table, *links) if key not in _SHOW_KEYS or (key == "withdrawn" and key in links)]
    meant = get_close_matches("withdrawn", unknown, 1)
    if meant or not isinstance(withdrawn, bool) or not isinstance(why, str):
        raise TranscriptError(str(path), say("corpus.withdraw-show"))
    return Show(folder.name, table["title"], table["rights"], table.get("url"), links, withdrawn, why)


def read_episode(show: Show, folder: Path, withdrawn: Sequence[Withdrawal] = ()) -> Episode:
    """Read one episode folder, its edition or its transcript as it came, without what is withdrawn of it."""
    return build_episode(show, EpisodeFiles.of(folder), withdrawn)
