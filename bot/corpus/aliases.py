"""Aliases: other names for what a conversation says, in a file that people who do not program can extend.

`aliases.toml` in a show's folder has a line a name: `BJJ = ["jiu-jitsu"]`. Left is what members type, right are the
words of the conversations that it stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.corpus.files import door, is_there, read_toml
from bot.corpus.words import words
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.corpus.library import Corpus

__all__ = ["ALIASES", "NO_ALIASES", "Aliases", "aliases_of", "read_aliases"]

ALIASES = "aliases.toml"
"""Name of the file in a show's folder."""

LONGEST = 60
"""Characters of a name or of a wording; both are a few words."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """What names stand for: `wordings` gives for each name, as written in the file, the words of the conversation."""

    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _by_words: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def of(cls, wordings: Mapping[str, tuple[str, ...]]) -> Aliases:
        """Make the table from names and their wordings."""
        return cls(wordings, {_forms(name): name for name in wordings})

    def within(self, text: str) -> dict[str, tuple[str, ...]]:
        """Return the names that a text contains, in its order, with what they stand for; the longest name counts.

        Case, accents of typography and a plural s do not matter.
        """
        forms = _forms(text)
        longest = max(map(len, self._by_words), default=0)
        found: dict[str, tuple[str, ...]] = {}
        at = 0
        while at < len(forms):
            step = 1
            for length in range(min(longest, len(forms) - at), 0, -1):
                name = self._name(forms[at : at + length])
                if name is not None:
                    found[name] = self.wordings[name]
                    step = length
                    break
            at += step
        return found

    def join(self, other: Aliases) -> Aliases:
        """Return both tables in one; a name in both has the wordings of both."""
        both = dict(self.wordings)
        for name, wordings in other.wordings.items():
            both[name] = tuple(dict.fromkeys((*both.get(name, ()), *wordings)))
        return Aliases.of(both)

    def _name(self, forms: tuple[str, ...]) -> str | None:
        """Return the name with these words, the last one with or without its plural s."""
        if forms in self._by_words:
            return self._by_words[forms]
        last = forms[-1].removesuffix("'s")
        options = (last, last.removesuffix("s"), last + "s")
        return next((self._by_words[key] for o in options if (key := (*forms[:-1], o)) in self._by_words), None)


NO_ALIASES = Aliases()


def _forms(text: str) -> tuple[str, ...]:
    return tuple(word.form for word in words(text))


def aliases_of(corpus: Corpus) -> Aliases:
    """Return the aliases of all shows of a corpus together; raises TranscriptError for a file that is wrong."""
    found = NO_ALIASES
    for show in corpus.shows:
        path = corpus.folder / show.id / ALIASES
        if is_there(path):
            found = found.join(read_aliases(path))
    return found


@door
def read_aliases(path: Path) -> Aliases:
    """Read one file; raises TranscriptError with what is wrong and how it should look."""
    text, table = read_toml(path, lambda error: say("aliases.not-a-row", error=error))
    wordings: dict[str, tuple[str, ...]] = {}
    seen: dict[tuple[str, ...], str] = {}
    for name, value in table.items():
        _refuse(path, text, name, value)
        before = seen.setdefault(_forms(name), name)
        if before != name:
            raise TranscriptError(str(path), say("aliases.twice", name=name, before=before), _line(text, name))
        wordings[name] = tuple(" ".join(wording.split()) for wording in value)
    return Aliases.of(wordings)


def _refuse(path: Path, text: str, name: str, value: object) -> None:
    good = isinstance(value, list) and value and all(isinstance(v, str) and _forms(v) for v in value)
    if not good:
        shown = f'"{name}"' if not re.fullmatch(r"[A-Za-z0-9_-]+", name) else name
        raise TranscriptError(str(path), say("aliases.empty", name=name, shown=shown), _line(text, name))
    texts = [name, *(str(wording) for wording in value)] if isinstance(value, list) else [name]
    if not _forms(name) or max(map(len, texts)) > LONGEST:
        raise TranscriptError(
            str(path), say("aliases.bad-name", name=name[:LONGEST], longest=LONGEST), _line(text, name)
        )


def _line(text: str, name: str) -> int | None:
    """Return the number of the line that begins with a name."""
    rows = enumerate(text.splitlines(), 1)
    return next((number for number, row in rows if row.lstrip().lstrip("\"'").startswith(name)), None)
