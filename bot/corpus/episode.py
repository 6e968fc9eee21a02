"""From the files of an episode's folder to an Episode: words laid out, timed, and mapped to their source."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.corpus.adverts import mark_adverts
from bot.corpus.draft import draft
from bot.corpus.edition import Edition, read_edition
from bot.corpus.errata import mend, read_errata
from bot.corpus.files import is_there, read_bytes, read_text, reading
from bot.corpus.formats import read_transcript
from bot.corpus.model import Episode, Paragraph, Paragraphs, Sentence, Sentences, Show, TokenMap
from bot.corpus.naming import read_name
from bot.corpus.transcript import Person, Section
from bot.corpus.withdrawn import withhold
from bot.corpus.words import TOKEN
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.corpus.errata import Mended
    from bot.corpus.transcript import Block, Chapter
    from bot.corpus.withdrawn import Withdrawal

__all__ = [
    "EDITION",
    "ERRATA",
    "EpisodeFiles",
    "build_episode",
    "edition_of",
    "mend_source",
    "sentence_times",
    "source_words",
]

EDITION, ERRATA = "edition.md", "errata.tsv"


@dataclass(frozen=True, slots=True)
class EpisodeFiles:
    """What lies in an episode's folder: the transcript as it came (`source.*`), the edition, the errata."""

    folder: Path
    source: Path | None
    edition: Path | None
    errata: Path | None

    @classmethod
    def of(cls, folder: Path) -> EpisodeFiles:
        """Look into a folder; raises TranscriptError when there is nothing to quote, or two sources."""
        with reading(str(folder)):
            sources = sorted(path for path in folder.iterdir() if path.name.startswith("source."))
        edition, errata = folder / EDITION, folder / ERRATA
        if len(sources) > 1:
            names = ", ".join(path.name for path in sources)
            raise TranscriptError(str(folder), say("corpus.two-transcripts", names=names))
        if not sources and not is_there(edition):
            raise TranscriptError(str(folder), say("corpus.no-transcript"))
        return cls(
            folder,
            sources[0] if sources else None,
            edition if is_there(edition) else None,
            errata if is_there(errata) else None,
        )

    @property
    def shown(self) -> str:
        """The path of the source as told in citations: from the content folder on."""
        return "/".join((self.source or self.folder).parts[-4:])


def edition_of(files: EpisodeFiles) -> Edition:
    """Return the edition of an episode, made from the transcript as it came when nobody has written one."""
    show = files.folder.parent.name.replace("-", " ")
    named = read_name(files.folder.name, {show})
    if files.edition:
        edition = read_edition(read_text(files.edition).replace("\r\n", "\n"), str(files.edition))
        meta = edition.meta
    else:
        assert files.source is not None  # noqa: S101 - EpisodeFiles.of saw to it
        transcript = read_transcript(read_bytes(files.source), str(files.source))
        edition = draft(transcript, transcript.stated, named, {show}).edition
        meta = edition.meta
    number = named.number if meta.number is None else meta.number
    known = replace(
        meta,
        # What only tells the number is no title.
        title=meta.title or named.title or (_folder_title(files) if number is None else None),
        number=number,
        season=named.season if meta.season is None else meta.season,
        published=meta.published or named.published,
    )
    return replace(edition, meta=known)


def _folder_title(files: EpisodeFiles) -> str:
    return files.folder.name.replace("-", " ").replace("_", " ").title()


def build_episode(
    show: Show, files: EpisodeFiles, withdrawn: Sequence[Withdrawal] = (), *, as_marked: bool = False
) -> Episode:
    """Read an episode's files and lay its words out, without those that are withdrawn.

    Where no edition marks its sections, what sounds like an ad is told from the conversation; `as_marked` leaves that.

    Raises SpanError for a withdrawal of which it is not clear what it means, and TranscriptError for files that cannot
    be used, whatever is in them.
    """
    with reading(str(files.folder)):
        edition = _with_people(edition_of(files), show.people)
        episode = _build(show, files, edition, withdrawn)
        return episode if as_marked or edition.sectioned else mark_adverts(episode)


def _build(show: Show, files: EpisodeFiles, edition: Edition, withdrawn: Sequence[Withdrawal]) -> Episode:
    times = iter(sentence_times(edition.blocks, edition.chapters, edition.meta.duration))
    paragraphs: list[Paragraph] = []
    sentences: list[Sentence] = []
    pieces: list[str] = []
    at = 0
    for index, block in enumerate(edition.blocks):
        begin = at
        for said in block.said:
            start, approximate = next(times)
            text = " ".join(said.text.split())
            sentences.append(Sentence(at, at + len(text), index, start, approximate))
            pieces.append(text)
            at += len(text) + 1
        paragraphs.append(Paragraph(begin, at - 1, block.speaker, block.chapter, block.section, block.sponsor))
    ends = {paragraph.end for paragraph in paragraphs}
    text = "".join(
        piece + ("\n" if sentence.end in ends else " ") for piece, sentence in zip(pieces, sentences, strict=True)
    ).rstrip()
    episode = Episode(
        show,
        files.folder.name,
        edition.meta.title or _folder_title(files),
        text,
        Paragraphs.of(paragraphs),
        Sentences.of(sentences),
        _token_map(text, files),
        _digest(text, sentences, paragraphs),
        edition.chapters,
        edition.meta,
    )
    return withhold(episode, withdrawn) if withdrawn else episode


def _with_people(edition: Edition, names: Mapping[str, str]) -> Edition:
    """Return an edition in which everybody has the one name that the show's file gives them."""
    if not names:
        return edition
    blocks = tuple(replace(block, speaker=names.get(block.speaker or "", block.speaker)) for block in edition.blocks)
    roles: dict[str, str] = {}
    for person in edition.meta.people:
        name = names.get(person.name, person.name)
        roles[name] = roles.get(name) or person.role
    people = tuple(Person(name, role) for name, role in roles.items())
    return replace(edition, blocks=blocks, meta=replace(edition.meta, people=people))


def _digest(text: str, sentences: Sequence[Sentence], paragraphs: Sequence[Paragraph]) -> str:
    """Return a name for the words, where sentences begin, and who says them: what an index or vectors are made of."""
    begins = [sentence.begin for sentence in sentences]
    spoken = [(paragraph.begin, paragraph.speaker) for paragraph in paragraphs]
    return hashlib.blake2s(repr((text, begins, spoken)).encode()).hexdigest()


def source_words(files: EpisodeFiles) -> str:
    """Return the words of the transcript as it came: a plain text as it is, else each segment on a line."""
    assert files.source is not None  # noqa: S101 - callers ask only for episodes that have one
    transcript = read_transcript(read_bytes(files.source), str(files.source))
    words = "\n".join(segment.text for segment in transcript.segments)
    text = _plain(files)
    return text if text is not None and text.split() == words.split() else words


def _plain(files: EpisodeFiles) -> str | None:
    """Return the text of a plain `source.txt`, in which characters are counted; None for another file.

    One in another encoding than UTF-8 counts as another file where an edition says how it is read, else it is refused.
    """
    if files.source is None or files.source.suffix != ".txt":
        return None
    try:
        return read_bytes(files.source).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None if files.edition else read_text(files.source)


def mend_source(files: EpisodeFiles, source: str) -> Mended:
    """Return the source's words with the declared errata applied."""
    declared = read_errata(read_text(files.errata), str(files.errata), source) if files.errata else ()
    return mend(source, declared)


def _token_map(text: str, files: EpisodeFiles) -> TokenMap:
    """Map each token of the episode to its characters in a plain `source.txt`, if there is one that it follows from.

    An edition that differs from its source in undeclared words is served without the map; `check` says where.
    """
    source = _plain(files)
    if source is not None:
        words = source_words(files)
        if words == source:
            mended = mend_source(files, source)
            if text.split() == mended.text.split():
                there = [match.span() for match in TOKEN.finditer(mended.text)]
                begins = array("I", [mended.source_begin(begin) for begin, _ in there])
                ends = array("I", [mended.source_end(end) for _, end in there])
                return TokenMap(text, files.shown, (begins, ends))
    return TokenMap(text)


_WORDS_A_SECOND = 2.8
"""Speech of podcasts, for what follows the last known time; Lex Fridman Podcast #383 has 2.8."""


def sentence_times(
    blocks: Sequence[Block], chapters: Sequence[Chapter], duration: float | None
) -> list[tuple[float | None, bool]]:
    """Return for every sentence of all blocks its start in seconds (or None) and whether that is interpolated.

    Known are the starts the format gives, the first sentence of each chapter with a time, and the episode's end. Ad
    reads of an edition without exact times are spliced in and take no time of the cut that the times belong to, so
    their sentences get none.
    """
    exact = any(said.start is not None for block in blocks for said in block.said)
    starts: list[float | None] = []
    positions: list[int] = []
    anchors: list[tuple[int, float]] = []
    chapter: int | None = None
    position = 0
    for block in blocks:
        spliced = block.section is Section.AD and not exact
        for said in block.said:
            known = said.start
            if block.chapter != chapter and block.chapter is not None:
                known = chapters[block.chapter].start if known is None else known
                chapter = block.chapter
            if known is not None and (not anchors or known >= anchors[-1][1]):
                anchors.append((position, known))
            starts.append(said.start)
            positions.append(-1 if spliced else position)
            position += 0 if spliced else len(said.text.split())
    if anchors:
        end = duration if duration is not None else anchors[-1][1] + (position - anchors[-1][0]) / _WORDS_A_SECOND
        anchors.append((position, max(end, anchors[-1][1])))
    return _interpolate(starts, positions, anchors)


def _interpolate(
    starts: Sequence[float | None], positions: Sequence[int], anchors: Sequence[tuple[int, float]]
) -> list[tuple[float | None, bool]]:
    """Put an interpolated start where none is known; positions and anchors are counted in words."""
    filled: list[tuple[float | None, bool]] = []
    spans = iter(pairwise(anchors))
    span = next(spans, None)
    for start, position in zip(starts, positions, strict=True):
        while span and position >= span[1][0] and (following := next(spans, None)):
            span = following
        if start is not None or span is None or position < span[0][0]:
            filled.append((start, False))
            continue
        (first, begin), (last, end) = span
        share = (position - first) / (last - first) if last > first else 0.0
        filled.append((begin + (end - begin) * min(1.0, share), True))
    return filled
