"""`import`: from a transcript file, folders of them or a feed's address to edition folders a person can correct."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.corpus.draft import draft, stated_by
from bot.corpus.edition import read_edition, write_edition
from bot.corpus.episode import EDITION
from bot.corpus.fetch import fetch
from bot.corpus.files import LONGEST_FILE, is_there, read_bytes, reading
from bot.corpus.finding import ending, find_transcripts, titles_of
from bot.corpus.formats import ENDINGS, Feed, FeedItem, read_chapters, read_feed, read_transcript
from bot.corpus.library import read_show
from bot.corpus.names import LONGEST_TITLE, tidy, web_address
from bot.corpus.naming import Named, numbered_prefixes, read_name, recurring, without_kind
from bot.corpus.seen import Memory
from bot.corpus.summary import Decision, Facts, Topic, decisions_of, report, summary
from bot.corpus.transcript import Stated
from bot.errors import OperatorError, TranscriptError
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.corpus.fetch import Fetched
    from bot.corpus.finding import Found
    from bot.corpus.formats import TranscriptLink
    from bot.corpus.model import Show
    from bot.corpus.transcript import Chapter, Transcript

__all__ = [
    "EDITION",
    "Feed",
    "FeedItem",
    "Imported",
    "Importer",
    "Kept",
    "Memory",
    "Place",
    "TakenError",
    "read_feed",
    "refuse_name",
    "slug",
    "told_of",
]

_KINDS = ("json", "vtt", "srt", "subrip", "html", "plain", "txt")
_UNKNOWN = 2 * _KINDS.index("html") - 1
"""The rank of a transcript of which nobody says what it is: after those that have times for certain."""

_TIMED = frozenset({"json", "vtt", "srt", "subrip"})
_MOST_LINKS = 6
"""Transcripts of one episode of a feed that are looked at."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
"""What Windows takes for a device, whatever its ending."""


class TakenError(OperatorError):
    """An episode's folder is there already, made of another transcript, and may hold corrections."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one transcript: where it was written, and what was understood, line by line."""

    folder: Path
    lines: tuple[str, ...]
    facts: Facts
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """An episode that was here already, made of the same transcript, and is left as it is."""

    folder: Path
    lines: tuple[str, ...] = ()


def told_of(result: Imported | Kept) -> str:
    """Return what became of a transcript as lines of a terminal: its folder, and what was understood."""
    return "\n".join((str(result.folder), *(f"  {line}" for line in result.lines)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where an episode is to be written, and what is known of it beside its transcript.

    `again` says that the same may have been imported before, and then is left as it is; `names` are what the titles and
    names of the same import have in common, which is no part of them.
    """

    folder: str
    named: Named
    again: bool = True
    stated: Stated = field(default=Stated())
    chapters: tuple[Chapter, ...] = ()
    told: tuple[str, ...] = ()
    feed: Feed | None = None
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Read:
    """A transcript that was read: its bytes as they came, the ending under which it reads so, where it came from."""

    data: bytes
    ending: str
    transcript: Transcript
    source: str

    @property
    def worth(self) -> tuple[bool, bool]:
        """What it knows beside the words: times, and who speaks."""
        segments = self.transcript.segments
        timed = sum(segment.start is not None for segment in segments)
        return timed * 2 > len(segments), any(segment.speaker for segment in segments)


def refuse_name(name: str) -> None:
    """Raise OperatorError for what cannot be the name of a show's or an episode's folder."""
    if not _NAME.fullmatch(name) or _DEVICE.fullmatch(name):
        raise OperatorError(say("import.no-folder-name", name=name))


def slug(name: str) -> str:
    """Return a folder name for an operator's file name: a-z, 0-9 and hyphens, never empty, no device of Windows."""
    found = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:80].strip("-") or "episode"
    return f"episode-{found}" if _DEVICE.fullmatch(found) else found


def _read(data: bytes, name: str) -> _Read:
    """Read a transcript under the ending that its source file will have, so that `check` reads the same."""
    suffix = ending(name) or ".txt"
    try:
        return _Read(data, suffix, read_transcript(data, f"source{suffix}"), name)
    except TranscriptError as error:
        raise TranscriptError(name, error.reason, error.line) from error


@dataclass(frozen=True)
class Importer:
    """Writes editions into one show of a content folder.

    `say` gets a line for each step of long work. An edition that is already there is never replaced without `force`,
    unless `replaces` says so of its folder; without `twins`, no transcript is imported that another episode has too.
    """

    content: Path
    show: str
    force: bool
    say: Callable[[str], None]
    get: Callable[..., Fetched] = fetch
    replaces: Callable[[Path], bool] = lambda _: False
    twins: bool = True
    _taken: dict[str, str] = field(default_factory=dict, init=False)
    """The folder names that this run has used, and for what."""

    def run(self, target: str, episode: str | None) -> Iterator[Imported | Kept | OperatorError]:
        """Import a file, a folder or an https address; yields what became of each transcript, also a refusal."""
        for name in (self.show, episode):
            if name is not None:
                refuse_name(name)
        if "://" in target:
            yield from self._address(target, episode)
        elif os.path.isdir(target):  # noqa: PTH112 - what cannot be a name is no folder, where Path would raise
            yield from self._folder(target)
        else:
            with reading(target):
                path = Path(target)
                yield from self._data(read_bytes(path), path.name, self._place_of(path.stem, episode))

    def _place_of(self, stem: str, episode: str | None) -> Place:
        """Return the place of a single transcript by its file's name, or by the name that the operator gives it."""
        named = read_name(without_kind(stem) or stem, self._names)
        return Place(episode or slug(stem), read_name(episode, self._names) if episode else named, again=False)

    def summary(self, results: Sequence[Imported | Kept | OperatorError]) -> Iterator[str]:
        """Yield the last lines of an import: what was found in all, and what a person has to decide."""
        made = [result for result in results if isinstance(result, Imported)]
        known = self._known.people if self._known else {}
        decisions = [decision for result in made for decision in result.decisions]
        yield from summary([each.facts for each in made], decisions, known, self._toml)
        kept = sum(isinstance(result, Kept) for result in results)
        if kept:
            yield say("import.kept-count", count=kept)
        if refused := len(results) - len(made) - kept:
            yield say("import.refused-count", count=refused)

    @property
    def _toml(self) -> Path:
        return self.content / self.show / "show.toml"

    @cached_property
    def _known(self) -> Show | None:
        """The show as its file has it, None for a new one."""
        return read_show(self._toml.parent) if is_there(self._toml) else None

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the show, which are no part of a title."""
        return frozenset({self.show.replace("-", " "), *([self._known.title] if self._known else [])})

    def _address(self, target: str, episode: str | None) -> Iterator[Imported | Kept | OperatorError]:
        """Import a transcript or a feed from the web; a feed that has not changed since is not read again."""
        memory = Memory.of(self.content / self.show)
        fetched = self._get(target, memory)
        if fetched.unchanged:
            self.say(say("import.feed-unchanged"))
            yield from (Kept(self.content / self.show / name) for name in memory.rows[target]["episodes"])
            return
        name = _file_of(fetched.url) or "transcript"
        done: list[str] = []
        whole = True
        with reading(name):
            place = self._place_of(PurePosixPath(name).stem, episode)
            for result in self._data(fetched.data, name, place, fetched.url, memory):
                if isinstance(result, OperatorError):
                    whole = False
                else:
                    done.append(result.folder.name)
                yield result
        if whole:
            memory.keep(target, fetched, done)
        memory.save()

    def _get(self, url: str, memory: Memory) -> Fetched:
        """Fetch an address, or learn that it is as it was."""
        seen = None if self.force else memory.seen(url)
        return self.get(url, seen) if seen else self.get(url)

    def _folder(self, target: str) -> Iterator[Imported | Kept | OperatorError]:
        """Import the episodes of a folder and of those below it."""
        with reading(target):
            found, beside, unread = find_transcripts(Path(target))
        yield from unread
        if not found:
            raise OperatorError(say("import.no-transcript", path=target, kinds=", ".join(sorted(ENDINGS))))
        if beside:
            left = [tidy(str(path.relative_to(target)), LONGEST_TITLE) for path in beside[:10]]
            self.say(say("import.beside", names=listed(left)))
        numbered = numbered_prefixes(each.name for each in found)
        names = numbered | recurring(titles_of(found))
        for number, each in enumerate(found, 1):
            self.say(f"[{number}/{len(found)}] {tidy(each.paths[0].name, LONGEST_TITLE)}")
            name = read_name(each.name, self._names | numbered)
            place = Place(self._take(slug(each.name), str(each.paths[0])), name, names=names)
            try:  # one bad file does not stop the others
                with reading(each.paths[0].name):
                    yield from self._found(each, Path(target), place)
            except OperatorError as error:
                yield error

    def _found(self, found: Found, root: Path, place: Place) -> Iterator[Imported | Kept | OperatorError]:
        """Import one episode of a folder: the best of its transcripts, with the chapters that lie beside it."""
        for path in found.paths:
            _refuse_way_out(path, root)
        if len(found.paths) == 1:
            (path,) = found.paths
            yield from self._data(read_bytes(path), path.name, place)
            return
        read: list[_Read] = []
        chapters: tuple[Chapter, ...] = ()
        failures: list[OperatorError] = []
        for path in found.paths:
            data = read_bytes(path)
            try:
                read.append(_read(data, path.name))
            except TranscriptError as error:
                try:
                    chapters = chapters or read_chapters(data, path.name)
                except TranscriptError:
                    failures.append(error)
        if not read:
            raise failures[0]
        best = max(read, key=lambda each: each.worth)
        told = [
            say("import.unread", name=Path(error.path).name, reason=error.reason)
            for error in failures
            if isinstance(error, TranscriptError)
        ]
        others = [each.source for each in read if each is not best]
        if others:
            told.append(say("import.best-of", name=best.source, others=listed(others)))
        yield self._write(best, replace(place, chapters=chapters, told=tuple(told)))

    def _take(self, name: str, source: str) -> str:
        """Return a folder name that nothing else of this run has; the same ones each time, in the same order."""
        free, number = name, 1
        while self._taken.get(free, source) != source:
            number += 1
            free = f"{name[:74]}-{number}"
        self._taken[free] = source
        return free

    def _data(
        self, data: bytes, name: str, place: Place, address: str = "", memory: Memory | None = None
    ) -> Iterator[Imported | Kept | OperatorError]:
        """Import what a file holds: a transcript, or a feed with links to transcripts."""
        try:
            read = _read(data, name)
        except TranscriptError as first:
            try:
                feed = read_feed(data, name, address)
            except TranscriptError as second:
                raise first if second.reason == say("format.no-feed") else second from None
            yield from self._feed(feed, name, memory or Memory(self.content / self.show))
            return
        yield self._write(read, place)

    def _feed(self, feed: Feed, name: str, memory: Memory) -> Iterator[Imported | Kept | OperatorError]:
        """Import every item of a feed that links to a transcript; the oldest has the first choice of a folder name."""
        linked = self.places(feed)
        if not linked:
            raise TranscriptError(name, say("import.no-linked", count=len(feed.items)))
        for count, (item, place) in enumerate(linked, 1):
            self.say(f"[{count}/{len(linked)}] {item.stated.title or ''}")
            try:
                yield self.item(item, feed, place, memory)
            except OperatorError as error:
                yield error

    def places(self, feed: Feed, known: Mapping[str, str] | None = None) -> list[tuple[FeedItem, Place]]:
        """Return every item of a feed that links to a transcript, in order, each with a folder that no other has.

        The oldest has the first choice. `known` are the folders that items have already, by their keys.
        """
        known = known or {}
        self._taken.update((folder, key) for key, folder in known.items())
        names = recurring(item.stated.title or "" for item in feed.items)
        linked = [(position, item) for position, item in enumerate(feed.items, 1) if item.transcripts]
        found = [
            (item, known.get(item.key) or self._take(_folder_of(item, position), item.key))
            for position, item in reversed(linked)
        ]
        return [(item, Place(folder, Named(), feed=feed, names=names)) for item, folder in reversed(found)]

    def item(self, item: FeedItem, feed: Feed, place: Place, memory: Memory) -> Imported | Kept:
        """Import one item of a feed: the best of its transcripts, its chapters, its people; raises OperatorError."""
        with reading(item.stated.title or "transcript"):
            return self._item(item, feed, place, memory)

    def _item(self, item: FeedItem, feed: Feed, place: Place, memory: Memory) -> Imported | Kept:
        links = sorted(item.transcripts, key=lambda link: _preference(link, feed.language))[:_MOST_LINKS]
        for link in links:
            if (
                memory.episode(link.url)
                and memory.seen(link.url)
                and not self.force
                and self._get(link.url, memory).unchanged
            ):
                return Kept(
                    self.content / self.show / (memory.episode(link.url) or place.folder), (say("import.kept"),)
                )
        read, fetched, link, told = self._best(links, feed.language)
        chapters = item.chapters
        if item.chapters_url and not chapters:
            try:
                chapters = read_chapters(self.get(item.chapters_url).data, item.chapters_url)
            except OperatorError as error:
                told.append(say("import.unread", name="chapters", reason=error))
        if _preference(link, feed.language)[0]:
            told.append(say("import.foreign", found=link.language, wanted=feed.language))
        stated = stated_by(item.stated, Stated(language=link.language))
        done = self._write(read, replace(place, stated=stated, chapters=chapters, told=tuple(told)))
        memory.keep(link.url, fetched, [done.folder.name])
        return done

    def _best(
        self, links: Sequence[TranscriptLink], language: str | None
    ) -> tuple[_Read, Fetched, TranscriptLink, list[str]]:
        """Return the best transcript behind some links, which come in order of what they promise.

        One that names speakers and has times is taken at once; after one with times nothing is asked for that promises
        none. A link that leads nowhere is told of, unless it is the only one.
        """
        found: list[tuple[_Read, Fetched, TranscriptLink]] = []
        failures: list[OperatorError] = []
        for link in links:
            if found and (found[-1][0].worth == (True, True) or (found[-1][0].worth[0] and not _may_be_timed(link))):
                break
            if found and _preference(link, language)[0] > _preference(found[0][2], language)[0]:
                break
            try:
                fetched = self.get(link.url)
                found.append((_read(fetched.data, _file_of(fetched.url) or "transcript"), fetched, link))
            except OperatorError as error:
                failures.append(_relative(error, link))
        if not found:
            raise failures[0]
        best = max(
            found, key=lambda each: (not _is_foreign(each[0].transcript.stated.language, language), each[0].worth)
        )
        return *best, [say("import.unread", name="transcript", reason=error) for error in failures]

    def _write(self, read: _Read, place: Place) -> Imported | Kept:
        """Write one episode's folder, all of it or nothing."""
        transcript = replace(read.transcript, chapters=place.chapters) if place.chapters else read.transcript
        shows = self._names | place.names | ({place.feed.title} if place.feed else frozenset())
        last = Stated(language=place.feed.language) if place.feed else Stated()
        made = draft(transcript, stated_by(place.stated, transcript.stated, last), place.named, shows)
        edition = write_edition(made.edition)
        folder = self.content / self.show / place.folder
        if len(edition.encode()) > LONGEST_FILE:
            raise OperatorError(say("import.too-long", path=folder / EDITION, most=LONGEST_FILE // 1_048_576))
        read_edition(edition, str(folder / EDITION))  # what is written can be opened
        if place.again and self._is_kept(folder, read):
            return Kept(folder, (say("import.kept"),))
        self._refuse(folder, edition)
        twin = self._twin(folder, read.data)
        if twin and not self.twins:
            raise TranscriptError(read.source, twin)
        unfinished: Path | None = None
        try:
            new_show = self.make_show(place.feed, read.transcript.stated.show, place.names)
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=".importing-", dir=folder.parent))
            (unfinished / f"source{read.ending}").write_bytes(read.data)
            (unfinished / EDITION).write_bytes(edition.encode())
            unfinished.chmod(0o755)
            _put(unfinished, folder)
            self._sources.setdefault(len(read.data), []).append(folder / f"source{read.ending}")
        except OSError as error:
            raise OperatorError(say("import.cannot-write", path=folder, error=error.strerror)) from error
        finally:
            if unfinished is not None:
                shutil.rmtree(unfinished, ignore_errors=True)
        told = (*place.told, twin) if twin else place.told
        oddities = tuple(say("import.odd", oddity=oddity) for oddity in (*told, *transcript.oddities))
        decisions = (*new_show, *decisions_of(made, edition, folder / EDITION))
        return Imported(folder, (*report(made), *oddities), Facts.of(made), decisions)

    def _is_kept(self, folder: Path, read: _Read) -> bool:
        """Say whether an episode is here already, made of the same bytes; its edition may hold corrections."""
        source = folder / f"source{read.ending}"
        return not self.force and is_there(source) and is_there(folder / EDITION) and read_bytes(source) == read.data

    def _refuse(self, folder: Path, edition: str) -> None:
        path = folder / EDITION
        same = is_there(path) and read_bytes(path) == edition.encode()
        if is_there(folder) and not (self.force or same or self.replaces(folder)):
            raise TakenError(say("import.exists", path=folder))

    @cached_property
    def _sources(self) -> dict[int, list[Path]]:
        """The transcripts of the show's episodes as they came, by their sizes."""
        found: dict[int, list[Path]] = {}
        for path in (self.content / self.show).glob("*/source.*"):
            found.setdefault(path.stat().st_size, []).append(path)
        return found

    def _twin(self, folder: Path, data: bytes) -> str:
        """Return what to say of a transcript that another episode of the show has too, "" where none has."""
        for path in self._sources.get(len(data), ()):
            if path.parent != folder and is_there(path) and read_bytes(path) == data:
                return say("import.twice", name=path.parent.name)
        return ""

    def make_show(
        self, feed: Feed | None, stated: str | None = None, names: frozenset[str] = frozenset()
    ) -> tuple[Decision, ...]:
        """Write a `show.toml` for a new show; return what is to be decided about it.

        Its title is what the feed or the file states, else the name of the folder, parted as in the names of its files.
        """
        if is_there(self._toml):
            return ()
        self._toml.parent.mkdir(parents=True, exist_ok=True)
        own = slug(self.show).replace("-", "")
        parted = next((name for name in sorted(names) if slug(name).replace("-", "") == own), None)
        name = parted or self.show.replace("-", " ")
        told = (feed.title if feed else "") or stated or (name.title() if name.islower() else name)
        title = json.dumps(tidy(told, LONGEST_TITLE), ensure_ascii=False)
        lines = [f"title = {title}", f'rights = "{say("import.rights")}"']
        if feed and feed.page and (page := web_address(feed.page)):
            lines.append(f"url = {json.dumps(page)}")
        self._toml.write_text("\n".join(lines) + "\n", "utf-8")
        return (Decision(Topic.RIGHTS, say("import.new-show", path=self._toml)),)


def _put(unfinished: Path, folder: Path) -> None:
    """Put a whole folder in its place; what stood there is out of sight for as short as can be."""
    if not folder.exists():
        unfinished.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(prefix=".replaced-", dir=folder.parent))
    replaced = folder.rename(aside / folder.name)
    try:
        unfinished.rename(folder)
    except OSError:
        replaced.rename(folder)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _refuse_way_out(path: Path, root: Path) -> None:
    """Raise TranscriptError for a link that leads out of its folder, to a file that nobody meant to publish."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(root)):
        raise TranscriptError(path.name, say("import.way-out"))


def _folder_of(item: FeedItem, position: int) -> str:
    """Return a folder name for an item of a feed: its number, with its season, or the letters of its title."""
    stated = item.stated
    if stated.number is not None:
        season = f"season-{stated.season}-" if stated.season is not None else ""
        return f"{season}episode-{stated.number}"
    return slug(stated.title) if stated.title else f"item-{position}"


def _relative(error: OperatorError, link: TranscriptLink) -> OperatorError:
    """Return what to say of an address that could not be fetched: a relative one has a reason of its own."""
    return error if "://" in link.url else TranscriptError(link.url, say("import.relative"))


def _preference(link: TranscriptLink, language: str | None) -> tuple[int, int, int]:
    """Order transcript links: the show's language, then formats that know times, then those that know speakers.

    A type counts before the ending of an address; one that says nothing may be anything, also captions.
    """
    kind = _kind(link)
    rank = 2 * _KINDS.index(kind) if kind else _UNKNOWN
    return int(_is_foreign(link.language, language)), 0 if link.captions else 1, rank


def _is_foreign(found: str | None, wanted: str | None) -> bool:
    """Say whether two codes are of different languages; en and en-GB are of one, and what is not told is of any."""
    own, other = ((code or "").casefold().replace("_", "-").partition("-")[0] for code in (found, wanted))
    return bool(own and other and own != other)


def _kind(link: TranscriptLink) -> str | None:
    """Return the kind of a transcript by its type, or else by its address; None where both say nothing."""
    for told in (link.type.casefold(), _file_of(link.url).casefold()):
        found = next((kind for kind in _KINDS if kind in told), None)
        if found:
            return found
    return None


def _file_of(url: str) -> str:
    """Return the name of the file that an address leads to; "" where it has none."""
    try:
        return PurePosixPath(urlsplit(url).path).name
    except ValueError:
        return ""


def _may_be_timed(link: TranscriptLink) -> bool:
    """Say whether a transcript may have times, by what its link says."""
    kind = _kind(link)
    return kind is None or kind in _TIMED
