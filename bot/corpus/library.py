"""Reading a content folder: shows, their episodes and what is wrong with them."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.files import read_text
from bot.corpus.model import Episode, Passage, Show
from bot.errors import TranscriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Corpus", "episode_folders", "open_corpus", "read_episode", "read_show"]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every episode that can be quoted, in order of show and folder name."""

    episodes: tuple[Episode, ...]

    @property
    def shows(self) -> tuple[Show, ...]:
        """The shows that have an episode, each once."""
        return tuple({episode.show.id: episode.show for episode in self.episodes}.values())

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
    episodes = tuple(read_episode(show, child) for show, child in episode_folders(folder))
    if not episodes:
        reason = "no episode found here. It needs <show>/show.toml and a transcript in <show>/<episode>/."
        raise TranscriptError(str(folder), reason)
    return Corpus(episodes)


def episode_folders(folder: Path) -> Iterator[tuple[Show, Path]]:
    """Yield each episode's folder with its show, in order of their names; one episode is read at a time."""
    try:
        shows = [child for child in sorted(folder.iterdir()) if (child / "show.toml").is_file()]
    except OSError as error:
        reason = f"the content folder cannot be read ({error.strerror}). Set VERBATIM_CONTENT_DIR to a folder of shows."
        raise TranscriptError(str(folder), reason) from error
    for child in shows:
        show = read_show(child)
        for episode in sorted(child.iterdir()):
            if episode.is_dir() and not episode.name.startswith("."):
                yield show, episode


def read_show(folder: Path) -> Show:
    """Read a show's `show.toml`."""
    path = folder / "show.toml"
    try:
        table = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TranscriptError(str(path), f"not valid TOML: {error}.") from error
    for key in ("title", "rights"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            reason = f'`{key}` is missing. Add a line like {key} = "…".'
            raise TranscriptError(str(path), reason)
    links = table.get("links", {})
    if not isinstance(links, dict) or not all(isinstance(link, str) for link in links.values()):
        reason = '`links` gives an address for each cut, like video = "https://…{id}…{seconds}".'
        raise TranscriptError(str(path), reason)
    return Show(folder.name, table["title"], table["rights"], table.get("url"), links)


def read_episode(show: Show, folder: Path) -> Episode:
    """Read one episode folder: its edition, or its transcript as it came."""
    return build_episode(show, EpisodeFiles.of(folder))
