"""Reading a content folder: shows, their episodes and what is wrong with them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus.formats.plain import read_plain
from bot.corpus.model import Episode, Paragraph, Passage, Segment, Sentence, Show, TokenMap
from bot.corpus.words import sentence_spans
from bot.errors import TranscriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Corpus", "open_corpus"]

LONGEST_FILE = 20 * 1024 * 1024
"""Bytes of one transcript file; a three-hour word-level JSON is under 3 MB."""

_TOKEN = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")
_FOLDER = re.compile(r"(?:(?P<number>\d+)[-_ ]+)?(?P<title>.+)")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every episode that can be quoted, in order of show and folder name."""

    episodes: tuple[Episode, ...]

    @property
    def shows(self) -> tuple[Show, ...]:
        """The shows that have an episode, each once."""
        return tuple(dict.fromkeys(episode.show for episode in self.episodes))

    @property
    def digest(self) -> str:
        """A name for exactly these words in exactly these places."""
        total = hashlib.blake2s()
        for episode in self.episodes:
            total.update(f"{episode.show.id}/{episode.id} {episode.digest}\n".encode())
        return total.hexdigest()

    def passage(self, quote_id: str) -> Passage | None:
        """Return the passage with that id, or None when no episode here has it."""
        code, _, position = quote_id.strip().casefold().partition("-")
        for episode in self.episodes:
            if episode.code == code:
                return episode.passage_at(position)
        return None


def open_corpus(folder: Path) -> Corpus:
    """Read every show in a content folder.

    A show is a folder with a `show.toml`; an episode is a folder inside it. Raises TranscriptError for the first
    file that cannot be used: a bot that silently lacks an episode would say "not found" of what was said.
    """
    try:
        shows = [child for child in sorted(folder.iterdir()) if (child / "show.toml").is_file()]
    except OSError as error:
        reason = f"the content folder cannot be read ({error.strerror}). Set VERBATIM_CONTENT_DIR to a folder of shows."
        raise TranscriptError(str(folder), reason) from error
    episodes = tuple(episode for show in shows for episode in _read_show(show))
    if not episodes:
        reason = "no episode found here. It needs <show>/show.toml and <show>/<episode>/source.txt."
        raise TranscriptError(str(folder), reason)
    return Corpus(episodes)


def _read_show(folder: Path) -> Iterator[Episode]:
    """Yield the episodes of one show folder, ordered by folder name."""
    path = folder / "show.toml"
    try:
        table = tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TranscriptError(str(path), f"not valid TOML: {error}.") from error
    for key in ("title", "rights"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            reason = f'`{key}` is missing. Add a line like {key} = "…".'
            raise TranscriptError(str(path), reason)
    show = Show(folder.name, table["title"], table["rights"], table.get("url"))
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.name.startswith("."):
            yield _read_episode(show, child)


def _read_episode(show: Show, folder: Path) -> Episode:
    """Read one episode folder: for now its plain `source.txt`, named by the folder."""
    path = folder / "source.txt"
    if not path.is_file():
        raise TranscriptError(str(folder), "this episode folder has no source.txt. Add one, or remove the folder.")
    source = _read_text(path)
    segments = read_plain(source)
    if not segments:
        raise TranscriptError(
            str(path), "the transcript is empty. Put the words in it, or remove the episode folder.", 1
        )
    return _episode(show, folder.name, segments, "/".join(path.parts[-4:]), source)


def _episode(show: Show, name: str, segments: list[Segment], path: str, source: str) -> Episode:
    """Lay the segments out as paragraphs and sentences, and map each token to its place in the source."""
    paragraphs: list[Paragraph] = []
    sentences: list[Sentence] = []
    at = 0
    pieces = [_SPACE.sub(" ", segment.text).strip() for segment in segments]
    for index, (segment, piece) in enumerate(zip(segments, pieces, strict=True)):
        paragraphs.append(Paragraph(at, at + len(piece), segment.speaker))
        sentences.extend(Sentence(at + begin, at + end, index) for begin, end in sentence_spans(piece))
        at += len(piece) + 1
    text = "\n".join(pieces)
    here, there = list(_TOKEN.finditer(text)), list(_TOKEN.finditer(source))
    tokens = TokenMap(
        path,
        array("I", (match.start() for match in here)),
        array("I", (match.end() for match in here)),
        array("I", (match.start() for match in there)),
        array("I", (match.end() for match in there)),
    )
    digest = hashlib.blake2s(text.encode()).hexdigest()
    named = _FOLDER.fullmatch(name)
    return Episode(
        show,
        name,
        title=(named["title"] if named else name).replace("-", " ").replace("_", " ").title(),
        text=text,
        paragraphs=tuple(paragraphs),
        sentences=tuple(sentences),
        tokens=tokens,
        has_source=True,
        digest=digest,
        number=int(named["number"]) if named and named["number"] else None,
    )


def _read_text(path: Path) -> str:
    """Return a file's text, decoded as UTF-8 with or without a byte-order mark, newlines kept as they are."""
    try:
        size = path.stat().st_size
        if size > LONGEST_FILE:
            reason = (
                f"the file has {size / 1_048_576:.1f} MiB; the most is {LONGEST_FILE // 1_048_576}. Split the episode."
            )
            raise TranscriptError(str(path), reason)
        data = path.read_bytes()
    except OSError as error:
        raise TranscriptError(
            str(path), f"cannot be read ({error.strerror}). Check that it exists and its permissions."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"byte {data[error.start]:#04x} is not UTF-8 text. Save the file as UTF-8."
        raise TranscriptError(str(path), reason, line) from error
