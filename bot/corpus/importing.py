"""`import`: from a transcript file, a folder of them or a feed's address to edition folders a person can correct."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.contract import clock
from bot.corpus.edition import Edition, Meta, read_edition, write_edition
from bot.corpus.episode import EDITION
from bot.corpus.fetch import fetch
from bot.corpus.files import LONGEST_FILE, is_there, read_bytes, reading
from bot.corpus.formats import ENDINGS, read_chapters, read_feed, read_transcript
from bot.corpus.join import blocks
from bot.corpus.names import LONGEST_TITLE, tidy
from bot.errors import OperatorError, TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.corpus.fetch import Fetched
    from bot.corpus.formats import FeedItem, TranscriptLink
    from bot.corpus.transcript import Block, Chapter, Transcript

__all__ = ["Imported", "Importer", "slug"]

MOST_NAMES = 10
"""Speakers named when an import is told of: a line's worth."""

_PREFERRED = ("json", "vtt", "srt", "html", "plain")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
"""What Windows takes for a device, whatever its ending."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one transcript: where it was written, and what was understood, line by line."""

    folder: Path
    lines: tuple[str, ...]


def slug(name: str) -> str:
    """Return a folder name for an operator's file name: a-z, 0-9 and hyphens, never empty, no device of Windows."""
    found = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:80].strip("-") or "episode"
    return f"episode-{found}" if _DEVICE.fullmatch(found) else found


@dataclass(frozen=True, slots=True)
class Importer:
    """Writes editions into one show of a content folder.

    `say` gets a line for each step of long work. An edition that is already there is never replaced without `force`.
    """

    content: Path
    show: str
    force: bool
    say: Callable[[str], None]
    get: Callable[[str], Fetched] = fetch

    def run(self, target: str, episode: str | None) -> Iterator[Imported | OperatorError]:
        """Import a file, a folder or an https address; yields what became of each transcript, also a refusal."""
        for name in (self.show, episode):
            if name is not None and (not _NAME.fullmatch(name) or _DEVICE.fullmatch(name)):
                raise OperatorError(say("import.no-folder-name", name=name))
        if "://" in target:
            fetched = self.get(target)
            name = PurePosixPath(urlsplit(fetched.url).path).name or "transcript"
            with reading(name):
                yield from self._data(fetched.data, name, episode)
        elif os.path.isdir(target):  # noqa: PTH112 - what cannot be a name is no folder, where Path would raise
            with reading(target):
                paths = [path for path in sorted(Path(target).iterdir()) if path.suffix in ENDINGS]
            if not paths:
                raise OperatorError(say("import.no-transcript", path=target, kinds=", ".join(sorted(ENDINGS))))
            for number, path in enumerate(paths, 1):
                self.say(f"[{number}/{len(paths)}] {tidy(path.name, LONGEST_TITLE)}")
                try:  # one bad file does not stop the others
                    with reading(path.name):
                        _refuse_way_out(path)
                        yield from self._data(read_bytes(path), path.name, None)
                except OperatorError as error:
                    yield error
        else:
            with reading(target):
                yield from self._data(read_bytes(Path(target)), Path(target).name, episode)

    def _data(self, data: bytes, name: str, episode: str | None) -> Iterator[Imported | OperatorError]:
        """Import what a file holds: a transcript, or a feed with links to transcripts."""
        try:
            transcript = read_transcript(data, name)
        except TranscriptError as first:
            try:
                items = read_feed(data, name)
            except TranscriptError as second:
                raise first if second.reason == say("format.no-feed") else second from None
            yield from self._feed(items, name)
            return
        yield self._write(data, Path(name).suffix, transcript, episode or slug(Path(name).stem), Meta())

    def _feed(self, items: Sequence[FeedItem], name: str) -> Iterator[Imported | OperatorError]:
        """Import every item of a feed that links to a transcript."""
        linked = [(position, item) for position, item in enumerate(items, 1) if item.transcripts]
        if not linked:
            raise TranscriptError(name, say("import.no-linked", count=len(items)))
        for count, (position, item) in enumerate(linked, 1):
            self.say(f"[{count}/{len(linked)}] {item.title}")
            try:
                with reading(name):
                    found = self._item(item, position)
                yield found
            except OperatorError as error:
                yield error

    def _item(self, item: FeedItem, position: int) -> Imported:
        """Import one item of a feed: the best of its transcripts, its chapters, its people."""
        link = min(item.transcripts, key=_preference)
        fetched = self.get(link.url)
        suffix = PurePosixPath(urlsplit(fetched.url).path).suffix
        transcript = read_transcript(fetched.data, link.url)
        chapters = item.chapters
        if item.chapters_url and not chapters:
            chapters = read_chapters(self.get(item.chapters_url).data, item.chapters_url)
        if chapters:
            transcript = replace(transcript, chapters=chapters)
        meta = Meta(
            title=item.title,
            number=item.number,
            published=_date(item.published),
            language=link.language,
            duration=item.duration,
            people=item.people,
        )
        # Folder names come from numbers only: nothing a feed says becomes a path.
        folder = f"episode-{item.number}" if item.number is not None else f"item-{position}"
        return self._write(fetched.data, suffix, transcript, folder, meta)

    def _write(self, data: bytes, suffix: str, transcript: Transcript, episode: str, meta: Meta) -> Imported:
        """Write one episode's folder: all of it or nothing."""
        placed, chapters, lost = _in_chapters(transcript)
        ends = [segment.end for segment in transcript.segments if segment.end is not None]
        known = Meta(
            title=meta.title or transcript.stated.title,
            number=meta.number,
            published=meta.published or _date(transcript.stated.published),
            language=meta.language or transcript.stated.language,
            duration=max(ends) if ends else meta.duration,
            people=meta.people or transcript.stated.people,
        )
        edition = write_edition(Edition(known, chapters, placed, ()))
        folder = self.content / self.show / episode
        if len(edition.encode()) > LONGEST_FILE:
            raise OperatorError(say("import.too-long", path=folder / EDITION, most=LONGEST_FILE // 1_048_576))
        read_edition(edition, str(folder / EDITION))  # what is written can be opened
        self._refuse(folder, edition)
        safe = suffix if suffix in ENDINGS else ".txt"
        unfinished: Path | None = None
        try:
            new_show = self._show()
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=".importing-", dir=folder.parent))
            (unfinished / f"source{safe}").write_bytes(data)
            (unfinished / EDITION).write_bytes(edition.encode())
            if folder.exists():
                shutil.rmtree(folder)
            unfinished.chmod(0o755)
            unfinished.rename(folder)
        except OSError as error:
            raise OperatorError(say("import.cannot-write", path=folder, error=error.strerror)) from error
        finally:
            if unfinished is not None:
                shutil.rmtree(unfinished, ignore_errors=True)
        oddities = (*transcript.oddities, *lost, *new_show)
        return Imported(
            folder, (*_report(placed, chapters, known), *(say("import.odd", oddity=oddity) for oddity in oddities))
        )

    def _refuse(self, folder: Path, edition: str) -> None:
        path = folder / EDITION
        if is_there(folder) and not self.force and not (is_there(path) and read_bytes(path) == edition.encode()):
            raise OperatorError(say("import.exists", path=folder))

    def _show(self) -> tuple[str, ...]:
        """Write a `show.toml` for a new show; return what to tell about it."""
        path = self.content / self.show / "show.toml"
        if is_there(path):
            return ()
        path.parent.mkdir(parents=True, exist_ok=True)
        title = json.dumps(self.show.replace("-", " ").title())
        rights = say("import.rights")
        path.write_text(f'title = {title}\nrights = "{rights}"\n', "utf-8")
        return (say("import.new-show", path=path),)


def _refuse_way_out(path: Path) -> None:
    """Raise TranscriptError for a link that leads out of its folder, to a file that nobody meant to publish."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(path.parent)):
        raise TranscriptError(path.name, say("import.way-out"))


def _preference(link: TranscriptLink) -> int:
    """Order transcript links by how much their format knows: times and speakers first."""
    told = f"{link.type} {link.url.partition('?')[0]}".casefold()
    return next((rank for rank, word in enumerate(_PREFERRED) if word in told), len(_PREFERRED))


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _in_chapters(transcript: Transcript) -> tuple[tuple[Block, ...], tuple[Chapter, ...], tuple[str, ...]]:
    """Return the paragraphs in their chapters, the chapters placed, and what to tell of the others."""
    headed = [chapter for chapter in transcript.chapters if chapter.segment is not None]
    if not headed or len(headed) < len(transcript.chapters):
        return _with_chapters(blocks(transcript.segments), transcript.chapters)
    headed = _rising(headed)
    edges = [0, *(chapter.segment or 0 for chapter in headed), len(transcript.segments)]
    placed = [
        replace(block, chapter=number - 1 if number else None)
        for number, (begin, end) in enumerate(pairwise(edges))
        for block in blocks(transcript.segments[begin:end])
    ]
    return tuple(placed), tuple(headed), ()


def _rising(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Return chapters without the times that go back, which an edition cannot have."""
    risen: list[Chapter] = []
    latest = 0.0
    for chapter in chapters:
        kept = chapter if chapter.start is None or chapter.start >= latest else replace(chapter, start=None)
        latest = kept.start or latest
        risen.append(kept)
    return risen


def _with_chapters(
    joined: tuple[Block, ...], chapters: Sequence[Chapter]
) -> tuple[tuple[Block, ...], tuple[Chapter, ...], tuple[str, ...]]:
    """Put each chapter at the first sentence that begins at or after its start.

    Returns the blocks with their chapters, the chapters placed, and what to tell of the others.
    """
    timed = sorted((chapter for chapter in chapters if chapter.start is not None), key=lambda c: c.start or 0.0)
    if not any(said.start is not None for block in joined for said in block.said):
        timed = []
    placed: list[Block] = []
    used: list[Chapter] = []
    following = 0
    for block in joined:
        begun = 0
        for index, said in enumerate(block.said):
            if said.start is None or following == len(timed) or said.start < (timed[following].start or 0.0):
                continue
            if index > begun:
                placed.append(replace(block, said=block.said[begun:index], chapter=len(used) - 1 if used else None))
            begun = index
            while following < len(timed) and said.start >= (timed[following].start or 0.0):
                following += 1
            used.append(timed[following - 1])
        placed.append(replace(block, said=block.said[begun:], chapter=len(used) - 1 if used else None))
    lost = len(chapters) - len(used)
    told = (say("import.lost-chapters", lost=lost, count=len(chapters), edition=EDITION),) if lost else ()
    return tuple(placed), tuple(used), told


def _report(placed: Sequence[Block], chapters: Sequence[Chapter], meta: Meta) -> Iterator[str]:
    """Yield what a person should look at: length, times, speakers, chapters."""
    said = [sentence for block in placed for sentence in block.said]
    yield say("import.words", words=sum(len(sentence.text.split()) for sentence in said), sentences=len(said))
    starts = [sentence.start for sentence in said if sentence.start is not None]
    yield say("import.times", first=clock(starts[0]), last=clock(starts[-1])) if starts else say("import.no-times")
    names = list(dict.fromkeys(block.speaker for block in placed if block.speaker))
    shown = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown = say("import.more-speakers", names=shown, count=len(names) - MOST_NAMES)
    unnamed = sum(block.speaker is None for block in placed)
    if not names:
        yield say("import.no-speakers")
    elif unnamed:
        yield say("import.some-unnamed", names=shown, count=unnamed)
    else:
        yield say("import.speakers", names=shown)
    if chapters:
        yield say("import.chapters", count=len(chapters))
    if meta.title:
        yield say("import.title", title=meta.title)
