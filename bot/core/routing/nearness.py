"""How near a message is to examples of what people say, by words: slips, shorthand and fillers make no difference.

The examples are data, `[[kind]]` rows of a TOML file: `key`, `examples`, and in `but` what only looks like them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import edits, nearest, plain_letters, read_table, real_words, stop_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

__all__ = ["BUT", "Near", "Nearness", "read_nearness"]

LONGEST = 24
"""Words of a message that can be near an example; what is longer says more than any of them."""

LIGHT, FILLER = 0.35, 0.08
"""What a stop word that no example has weighs, and a filler, beside 1 for a word that says something else."""

UNSAID = 0.5
"""What a word weighs that neither an example has nor, as far as is known, anybody says."""

_SHORTEST_SLIP, _LONG = 4, 7
"""Letters from which a word may be misspelt: in one place, or a long one in two."""

_LIKE = 0.7
"""Share of letters from which a word of the examples is looked at as the one that was misspelt."""

BUT = "!"
"""Before the key of what only looks like a kind."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True, slots=True)
class Near:
    """The kind of the example nearest to a text, and how near it is, 0..1.

    `margin` is how much nearer it is than any example of another kind, or than what only looks like one; `rest` are the
    words of the text, fillers apart, that the example lacks, `strange` those that no example of the kind has.
    """

    key: str
    score: float
    margin: float
    example: str
    rest: tuple[str, ...]
    strange: tuple[str, ...]


class Nearness:
    """Finds the kind of example that a text is nearest to."""

    def __init__(
        self,
        examples: Mapping[str, Iterable[str]],
        but: Mapping[str, Iterable[str]] | None = None,
        written: Mapping[str, str] | None = None,
        fillers: Collection[str] = (),
    ) -> None:
        """Take examples by key, texts that only look like those of a key, what typed forms are said as, and fillers."""
        self._written = dict(written or {})
        self._signs = {typed: said for typed, said in self._written.items() if not typed.isalnum()}
        self._fillers = frozenset(fillers)
        self._stop = stop_words("commonest", "function", "filler", "sound", "contraction")
        self.examples = tuple((key, text) for key, texts in examples.items() for text in texts)
        rows = [*self.examples]
        rows += [(BUT + key, text) for key, texts in (but or {}).items() for text in texts]
        self._rows = tuple((key, text, frozenset(self._plain(text))) for key, text in rows)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, (_, _, words) in enumerate(self._rows):
            for word in words:
                self._holding[word].append(number)
        self._exact = {words - self._fillers or words: key for key, _, words in self._rows if not key.startswith(BUT)}
        self._vocabulary = sorted(word for word in self._holding if len(word) >= _SHORTEST_SLIP)
        self._most = math.log(2 * len(self._rows) + 1)
        self._own: dict[str, set[str]] = defaultdict(set)
        for key, _, words in self._rows:
            self._own[key] |= words
        self._weights = {word: self._weigh(word, len(held)) for word, held in self._holding.items()}
        self._totals = [sum(self._weights[word] for word in words) for _, _, words in self._rows]

    def near(
        self,
        text: str,
        fits: Callable[[str, str], bool] = lambda _key, _example: True,
        is_word: Callable[[str], bool] | None = None,
    ) -> Near | None:
        """Return the kind whose example is nearest to a text; None for one without words, or with too many.

        Only what fits counts, told by key (`but` + the key for what only looks like a kind) and words; what `is_word`
        is no slip, and other words that no example has tell less.
        """
        typed = _WORD.findall(text[: LONGEST * 40])
        words = dict.fromkeys(self._words(text, is_word)) if len(typed) <= LONGEST else {}
        if not words or len(words) > LONGEST:
            return None
        total = sum(self._weight(word, is_word) for word in words)
        shared: dict[int, float] = defaultdict(float)
        for word in words:
            for number in self._holding.get(word, ()):
                shared[number] += self._weights[word]
        best: dict[str, tuple[float, int]] = {}
        for number, weight in shared.items():
            found = 2 * weight / (total + self._totals[number]), -number
            key, example, _ = self._rows[number]
            if found > best.get(key, (0.0, -len(self._rows))) and fits(key, example):
                best[key] = found
        kinds = [key for key in best if not key.startswith(BUT)]
        if not kinds:
            return None
        key = max(kinds, key=lambda kind: best[kind])
        score, number = best[key][0], -best[key][1]
        other = max((found[0] for kind, found in best.items() if kind != key), default=0.0)
        _, example, has = self._rows[number]
        rest = tuple(word for word in words if word not in has and word not in self._fillers)
        return Near(
            key, score, score - other, example, rest, tuple(word for word in rest if word not in self._own[key])
        )

    def same(self, text: str) -> str | None:
        """Return the kind that has an example of just these words, fillers apart; no slips are forgiven."""
        typed = self._plain(text[: LONGEST * 40])
        return self._exact.get(frozenset(typed) - self._fillers or frozenset(typed))

    def words(self, text: str) -> list[str]:
        """Return the words of a text that tell something, as they are written out."""
        return [word for word in self._plain(text[: LONGEST * 40]) if word not in self._fillers]

    def _words(self, text: str, is_word: Callable[[str], bool] | None) -> list[str]:
        """Return the words of a text as the examples write them."""
        return [self._holding_word(word, is_word) for word in self._plain(text)]

    def _plain(self, text: str) -> list[str]:
        """Return the words of a text in plain letters, shorthand written out, letters drawn out written once."""
        shown = unicodedata.normalize("NFKC", text).translate({0x2019: "'", 0x2018: "'"}).casefold()
        for typed, said in self._signs.items():
            shown = shown.replace(typed, said)
        found = (plain_letters(_DRAWN_OUT.sub(r"\1", word)).replace("'", "") for word in _WORD.findall(shown))
        return [part for word in found for part in self._written.get(word, word).split()]

    def _holding_word(self, word: str, is_word: Callable[[str], bool] | None) -> str:
        """Return the word of the examples that a word is a slip of, or the word itself."""
        if word in self._holding or len(word) < _SHORTEST_SLIP or word in real_words() or word in self._stop:
            return word
        if is_word and is_word(word):
            return word
        slips = 1 if len(word) < _LONG else 2
        for likely in nearest(word, self._vocabulary, _LIKE, 3):
            if likely[0] == word[0] and edits(word, likely) <= slips:
                return likely
        return word

    def _weight(self, word: str, is_word: Callable[[str], bool] | None) -> float:
        """Return how much a word of a text tells."""
        if word in self._weights:
            return self._weights[word]
        weight = self._weigh(word, 0)
        return weight if is_word is None or is_word(word) else min(UNSAID, weight)

    def _weigh(self, word: str, held: int) -> float:
        """Return how much a word tells that so many examples have; a word that none has, and says much, the most."""
        if word in self._fillers:
            return FILLER
        if not held and word in self._stop:
            return LIGHT
        return max(FILLER, math.log((len(self._rows) + 0.5) / (held + 0.5)) / self._most)


@lru_cache(maxsize=4)
def read_nearness(package: str, name: str) -> Nearness:
    """Return the nearness to the `[[kind]]` rows of a TOML file beside a package's code.

    Its table `written` has what typed forms are said as, `fillers` the words that tell nothing there.
    """
    table = read_table(package, name)
    return Nearness(
        {row["key"]: row["examples"] for row in table["kind"]},
        {row["key"]: row["but"] for row in table["kind"]},
        table.get("written"),
        table.get("fillers", "").split(),
    )
