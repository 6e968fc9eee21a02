"""Misspelt words of a claim: which word was meant, and what is a word of its own."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language.likeness import edits, same_words
from bot.language.tokens import Token, is_negation, word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["alike", "is_slip", "look_alike", "real_words", "respell"]

_SHORTEST, _SHORT, _LONG_STEM, _LONG = 3, 4, 6, 8
_ENDINGS = word_set(
    "s es d ed r er ers rs ing ings st est ly y n en ns ies ied ier al or ors e ity ful less ness able ible "
    "ion ions t th ts nt nts nce nces ment ments ance ence ee ees ive ic ist ism"
) | {""}
_STEM_END = re.compile(r"(?:ings?|ers?|e?d|e?s|ly|ions?|men|man)$")
_SOUND = str.maketrans({"c": "k", "q": "k", "z": "s", "y": "i"})


@lru_cache(maxsize=1)
def real_words() -> frozenset[str]:
    """Return common English words: never read as misspelt."""
    lines = resources.files("bot.language").joinpath("real_words.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def is_slip(said: str, claimed: str, known: Callable[[str], bool]) -> bool:
    """Say whether `claimed` is a misspelling of the word `said`, and not a word of its own."""
    return alike(said, claimed) and claimed not in real_words() and not known(claimed)


@lru_cache(maxsize=4096)
def alike(said: str, claimed: str) -> bool:
    """Say whether two words differ as a typist's slips do: swapped, doubled or dropped letters, one letter, a vowel."""
    if not (said.isalpha() and claimed.isalpha()) or min(len(said), len(claimed)) < _SHORTEST or said == claimed:
        return False
    swaps = _swaps(said, claimed)
    if swaps:
        return swaps <= (1 if len(said) <= _LONG_STEM else 2)
    if min(len(said), len(claimed)) < _SHORT or said[0].translate(_SOUND) != claimed[0].translate(_SOUND):
        return False
    shorter, longer = sorted((said, claimed), key=len)
    one_letter = edits(said, claimed) == 1 and not (longer[:-1] == shorter and longer[-1] in _ENDINGS)
    return one_letter or _undouble(said) == _undouble(claimed) or _misheard_vowel(said, claimed)


def _misheard_vowel(said: str, claimed: str) -> bool:
    """Say whether two long words differ inside by a vowel, or a letter too many or too few."""
    if said[-1] != claimed[-1] or _are_inflections(said, claimed) or len(_STEM_END.sub("", said)) < _LONG_STEM:
        return False
    apart = edits(said, claimed)
    if _skeleton(said) == _skeleton(claimed):
        return apart <= (1 if len(said) < _LONG else 2)
    return apart == 1 and len(said) > _LONG_STEM and len(said) != len(claimed)


def look_alike(one: str, other: str) -> bool:
    """Say whether two words are as near as those that autocorrection or the ear takes for one another."""
    if one[:1] == "#" == other[:1]:
        return True
    longer = max(len(one), len(other))
    return longer >= _SHORTEST and abs(len(one) - len(other)) <= longer // 3 and edits(one, other) <= longer // 3


def _swaps(one: str, other: str) -> int:
    """Return how many pairs of neighbouring letters are swapped, 0 when that is not the only difference."""
    if len(one) != len(other):
        return 0
    count = at = 0
    while at < len(one):
        if one[at] == other[at]:
            at += 1
        elif one[at : at + 2] == other[at : at + 2][::-1]:
            count, at = count + 1, at + 2
        else:
            return 0
    return count


def _are_inflections(one: str, other: str) -> bool:
    """Say whether the words are forms of one stem: builds, builders."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return any({one[cut:], other[cut:]} <= _ENDINGS for cut in range(same, max(1, same - 3), -1))


def _undouble(word: str) -> str:
    """Write doubled letters once."""
    return re.sub(r"(.)\1+", r"\1", word)


def _skeleton(word: str) -> str:
    """Return the consonants as they sound."""
    return _undouble(re.sub("[aeiou]", "", word.replace("ph", "f").replace("ck", "k").translate(_SOUND)))


_SOUND_ALIKE = {
    "your": ("you", "are"),
    "its": ("it", "is"),
    "were": ("we", "are"),
    "whose": ("who", "is"),
    "their": ("they", "are"),
    "theirs": ("there", "is"),
    "well": ("we", "will"),
    "ill": ("i", "will"),
    "id": ("i", "would"),
    "lets": ("let", "us"),
}
_SECONDS = {"#2th": "second", "second": "#2th"}
"""A second may be a part of a minute, so the word is no number by itself; 2nd is."""

_READINGS = {"is": "has", "has": "is", "would": "had", "had": "would"}
_PARTICIPLES = frozenset({"been", "better", "had", "got"})
_NEVER_JOINED = frozenset({"a", "in", "un", "no", "be", "i", "al", "any", "every", "may", "on", "over", "under", "out"})


class _Heard:
    """The words that were said near a claim: which there are, and which stand side by side."""

    def __init__(self, rows: Sequence[Sequence[Token]]) -> None:
        self._rows = rows
        self.forms: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        for row in rows:
            forms = [token.form for token in row]
            self.forms.update(forms)
            self.pairs.update(pairwise(forms))

    @cached_property
    def compounds(self) -> dict[str, tuple[str, str]]:
        """Two neighbouring words by what they make when they are written as one."""
        return {
            one.surface + other.surface: (one.form, other.form)
            for row in self._rows
            for one, other in pairwise(row)
            if "#" not in one.form + other.form
        }

    def beside(self, before: str, form: str, after: str) -> int:
        """Return how many of its neighbours a word was said beside."""
        return ((before, form) in self.pairs) + ((form, after) in self.pairs)


def respell(asked: Sequence[Token], rows: Sequence[Sequence[Token]], known: Callable[[str], bool]) -> tuple[Token, ...]:
    """Return a claim's tokens with the forms of the said words that misspelt, joined and split ones stand for.

    `surface` stays as it was claimed, so that a respelt word never counts as written alike.
    """
    heard = _Heard(rows)
    meant = _corrections(asked, heard, known)
    spelt: list[Token] = []
    at = 0
    while at < len(asked):
        token = asked[at]
        before = spelt[-1].form if spelt else ""
        after = asked[at + 1].form if at + 1 < len(asked) else ""
        two = _two(token, before, after, heard, known)
        one = _one(asked, at, heard)
        if two:
            spelt.append(token._replace(form=two[0]))
            spelt.append(Token(token.end, token.end, two[1], "", word=token.word))
        elif one:
            spelt.append(Token(token.begin, asked[at + 1].end, one, token.surface + " ", word=token.word))
            at += 1
        elif reading := _other_reading(before, token, after, heard):
            spelt.append(token._replace(form=reading))
        elif f"{token.form}_dollar" in heard.forms and token.form not in heard.forms:
            spelt.append(token._replace(form=f"{token.form}_dollar"))
        elif (second := _SECONDS.get(token.form)) in heard.forms and token.form not in heard.forms:
            spelt.append(token._replace(form=second or token.form))
        elif token.form in meant:
            best = max(meant[token.form], key=lambda option: (heard.beside(before, option, after), option))
            spelt.append(token._replace(form=best))
        else:
            spelt.append(token)
        at += 1
    return tuple(spelt)


def _other_reading(before: str, token: Token, after: str, heard: _Heard) -> str:
    """Return what an opened 's or 'd stands for when it was said otherwise before been, got and the like, or ''."""
    other = _READINGS.get(token.form, "")
    return (
        other
        if after in _PARTICIPLES and heard.beside(before, token.form, after) < heard.beside(before, other, after)
        else ""
    )


def _corrections(asked: Sequence[Token], heard: _Heard, known: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return for each misspelt word what it may stand for."""
    strange = sorted({token.form for token in asked if token.form not in heard.forms and token.form.isalpha()})
    if not strange:
        return {}
    vocabulary = sorted(heard.forms)
    meant: dict[str, list[str]] = {}
    for word, options in zip(strange, same_words(strange, vocabulary), strict=True):
        if len(word) == _SHORTEST:
            options = {form: 1.0 for form in vocabulary if len(form) == _SHORTEST}  # noqa: PLW2901
        fitting = [form for form in options if is_slip(form, word, known)]
        if fitting:
            meant[word] = fitting
    return meant


def _two(token: Token, before: str, after: str, heard: _Heard, known: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return the two said words that were claimed as one, if any: your for you're, pullups for pull ups."""
    alike = _SOUND_ALIKE.get(token.form)
    if alike and token.surface == token.form and not heard.beside(before, token.form, after):
        fits = (alike[1], after) in heard.pairs or (not after and (before, alike[0]) in heard.pairs)
        return alike if fits and alike in heard.pairs else None
    if token.form in heard.forms or token.form != token.surface:
        return None
    parts = heard.compounds.get(token.surface)
    if parts and parts[0] not in _NEVER_JOINED and not is_negation(parts[1]):
        return parts
    if len(token.form) > _LONG_STEM and token.form.endswith("s"):
        for form in sorted(heard.forms):
            if form[:1] == token.form[:1] and (form, "is") in heard.pairs and is_slip(form + "s", token.form, known):
                return form, "is"
    return None


def _one(asked: Sequence[Token], at: int, heard: _Heard) -> str | None:
    """Return the said word that was claimed as two from a place on, if any: data sets for datasets, you're for your."""
    if at + 1 == len(asked):
        return None
    one, other = asked[at], asked[at + 1]
    if (one.form, other.form) in heard.pairs or "#" in one.form + other.form or is_negation(other.form):
        return None
    if one.word == other.word:
        before = asked[at - 1].form if at else ""
        after = asked[at + 2].form if at + 2 < len(asked) else ""
        for word, alike in _SOUND_ALIKE.items():
            if alike == (one.form, other.form) and heard.beside(before, word, after):
                return word
        return None
    joined = one.form + other.form
    return joined if joined in heard.forms and one.form not in _NEVER_JOINED else None
