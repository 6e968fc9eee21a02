"""What a free message is read as, and what is known of the library while it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bot.language import nearest, speaker_in, ways_to_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.contract import Use
    from bot.core.routing.recognition import Recognised

__all__ = ["Intent", "Known", "join_words"]

SAME_NAME = 0.84
"""Share of letters in order (`bot.language.ratio`) from which a name is the known one with a slip."""

_LONGEST_TOPIC = 4
_LONGEST_NAME = 40

_MOST_NAMES = 50_000
"""Names whose words are remembered: topics, speakers and episodes of a library are gone through with each question."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message is read as, its free words and options, and what else it could be meant as.

    `asked` are the words for the other readings, where they differ; `who` is who is said to have said a claim, as
    typed. With `needs_episode` it is about the episode that is being talked of, or the latest. A `guess` may be wrong.
    """

    use: Use
    words: str
    others: tuple[Use, ...] = ()
    asked: str = ""
    who: str = ""
    options: tuple[tuple[str, str], ...] = ()
    needs_episode: bool = False
    guess: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of the library while a message is read.

    `topics` are names as members type them, `shows` the titles and folders of shows, `titles` those of episodes,
    `speakers` everybody who speaks; `weigh` tells how telling words are together (`Searcher.weight`) and returns None
    for text without words; `says_word` tells whether the shows say a word, `says` whether they say words in just that
    order. `episode_at` returns the name of the episode that a link in a text opens, `recognised` what a message is by
    what it means, None where nothing knows meaning.
    """

    topics: Collection[str]
    weigh: Callable[[str], float | None]
    shows: Collection[str] = ()
    titles: Collection[str] = ()
    speakers: Collection[str] = ()
    says_word: Callable[[str], bool] = lambda _: True
    says: Callable[[str], bool] = lambda _: False
    episode_at: Callable[[str], str | None] = lambda _: None
    recognised: Callable[[str], Recognised | None] = lambda _: None

    @cached_property
    def longest_topic(self) -> int:
        """How many words the name of a topic may have; labels that are sentences are not typed as topics."""
        short = (len(name.split()) for name in self.topics if len(name) <= _LONGEST_NAME)
        return max(_LONGEST_TOPIC, max(short, default=0))

    def title_in(self, text: str) -> str:
        """Return the title of an episode that a text has whole, the longest of several, "" where it has none."""
        told = text.casefold()
        return max((title for title in self._long_titles if title.casefold() in told), key=len, default="")

    @cached_property
    def _long_titles(self) -> tuple[str, ...]:
        return tuple(title for title in self.titles if len(title.split()) > 1)

    def is_topic(self, name: str) -> bool:
        """Say whether a name is that of a known topic, give or take a slip."""
        wanted = join_words(name)
        if not wanted or len(wanted.split()) > self.longest_topic:
            return False
        return wanted in self._topic_names or bool(nearest(wanted, self._topic_names, SAME_NAME))

    @cached_property
    def _topic_names(self) -> frozenset[str]:
        return frozenset(map(join_words, self.topics))

    @cached_property
    def _ways_to_name(self) -> dict[str, str]:
        return ways_to_name(self.speakers)

    @cached_property
    def show_names(self) -> tuple[str, ...]:
        """The names of shows in lower case, with and without “the”, the longest first."""
        names = {name.casefold() for name in self.shows}
        return tuple(sorted(names | {name.removeprefix("the ") for name in names}, key=len, reverse=True))

    def speaker_in(self, text: str) -> str | None:
        """Return the first person who speaks that a text names, in full."""
        return speaker_in(text, self._ways_to_name)

    def tells(self, word: str) -> bool:
        """Say whether a word may be asked about: the shows say it, or somebody who speaks is called so."""
        return word in self._ways_to_name or self.says_word(word)


@lru_cache(maxsize=_MOST_NAMES)
def join_words(name: str) -> str:
    """Return the words of a name in lower case, one space between them: “Jiu-jitsu” is typed “jiu jitsu” too."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))
