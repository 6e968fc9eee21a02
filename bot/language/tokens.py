"""Words as facts: contractions opened, numbers read, fillers and stutters told apart from what was meant."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from bot.corpus import fold
from bot.language.shorthand import ENDINGS, shorthand
from bot.language.stop import stop_words
from bot.language.variants import one_spelling

__all__ = ["Gap", "Token", "is_content", "is_negation", "plain_letters", "tokens", "weight", "word_set"]


_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})


@lru_cache(maxsize=4096)
def plain_letters(form: str) -> str:
    """Return a word in lower case without the accents of its Latin letters; others keep theirs."""
    if form.isascii():
        return form
    kept: list[str] = []
    for character in form.translate(_STROKES):
        apart = unicodedata.normalize("NFD", character)
        kept.append(apart[0] if apart[0].isascii() else character)
    return "".join(kept)


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


_TOKEN = re.compile(
    r"\\?(?P<number>\d{1,2}:\d{2}(?![\d:])|[$€£]\d+(?:\.\d+)?m(?:n|m)?(?![^\W_])|[$€£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|[$€£]?\d+(?:\.\d+)?(?:%|(?:st|nd|rd|th|k|bn|b)(?![^\W_]))?)"
    r"(?![^\W_])"
    r"|(?P<initials>(?<![^\W_])[^\W\d_](?:\.[^\W\d_]){1,8}(?![^\W_]))"
    r"|(?P<sign>&)"
    r"|(?P<letter>[\u3040-\u30ff\u3400-\u9fff])"
    r"|(?P<word>[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’ʼ`\u00b4][^\W_]+)*)",
    re.IGNORECASE,
)
_CONTRACTIONS = {
    whole: tuple(part.split(":") for part in parts.split())
    for whole, parts in {
        "cannot": "can:can not:not",
        "can't": "can:can not:t",
        "won't": "will:wo not:nt",
        "shan't": "shall:sha not:nt",
        "ain't": "is:ai not:nt",
        "let's": "let:let us:s",
        "gonna": "going:gon to:na",
        "wanna": "want:wan to:na",
        "gotta": "got:got to:ta",
        "dunno": "do:du not:n know:no",
        "y'all": "you:y all:all",
    }.items()
}
_ONES = {
    word: number
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        )
    )
}
_TENS = {word: 10 * number for number, word in enumerate(
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {word: number for number, word in enumerate(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1)}  # fmt: skip
_SUFFIXES = {"k": 10**3, "m": 10**6, "mn": 10**6, "mm": 10**6, "b": 10**9, "bn": 10**9}
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "%": "percent"}
_UNITS = {"dollar": "dollar", "dollars": "dollar", "bucks": "dollar", "euro": "euro", "euros": "euro",
          "pound": "pound", "pounds": "pound", "quid": "pound", "percent": "percent"}  # fmt: skip
_NEGATIONS = word_set("not no never nothing nobody none neither nor without hardly barely")
# Said twice these say more: very very, no no.
_EMPHASIS = _NEGATIONS | word_set("very really so many much more most far way too long again yes over")
_KNOW_BEFORE = word_set("do did does to if not never what how that who as let would will can could i we they")
_KNOW_AFTER = word_set("that what how why who where when whether if about it him her them me")
_MEAN_BEFORE = word_set("what which do did not if that how because")
_BREAK = re.compile(r"[^\w\s.,;:?!…—\u2013'’ʼ`\u00b4\-/%$€£&+\\]|\n|\.\.")
_LONGEST_STUTTER = 4
_LONG_WORD = 10


class Gap(IntEnum):
    """What parts a word from the one before it."""

    SPACE = 0
    STOP = 1
    BREAK = 2


class Token(NamedTuple):
    """One comparable word, text[begin:end]; a contraction gives two, a spelled-out number one.

    `form` is what comparisons use (numbers begin with `#`); `surface` is how it is written, apart from case and
    punctuation; `free` words (fillers, stutters) may be left out; `word` numbers the written word it belongs to;
    `gap` says what stands before it: a space, a stop, or a break such as an emoji.
    """

    begin: int
    end: int
    form: str
    surface: str
    free: bool = False
    word: int = 0
    gap: Gap = Gap.SPACE


def tokens(text: str) -> tuple[Token, ...]:
    """Return the comparable words of a text, in order."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "number":
            begin = match.start("number")
            found.append(_digits(match.group("number"), begin))
        elif match.lastgroup == "letter":
            found.append(Token(match.start(), match.end(), fold(match.group()), match.group()))
        elif match.lastgroup == "sign":
            found.append(Token(match.start(), match.end(), "and", "&", word=found[-1].word + 1 if found else 1))
        elif match.lastgroup == "initials":
            written = fold(match.group())
            letters = written.replace(".", "")
            found.append(Token(match.start(), match.end(), letters, written, word=found[-1].word + 1 if found else 1))
        else:
            begin, word = match.start(), found[-1].word + 1 if found else 1
            found.extend(
                Token(begin + first, begin + last, form, surface, word=word)
                for first, last, form, surface in _open(match.group())
            )
    joined = _numbers(found, text)
    ends = [0, *(token.end for token in joined)]
    gaps = [_gap(text[end : token.begin]) for token, end in zip(joined, ends, strict=False)]
    return tuple(
        token._replace(free=free, gap=gap) if free or gap else token
        for token, free, gap in zip(joined, _free(joined, text), gaps, strict=True)
    )


@lru_cache(maxsize=4096)
def weight(form: str) -> float:
    """Return what a word tells: little for function words, more the longer a content word is."""
    if form in _function_words():
        return 0.3
    if form == "#1" or form in stop_words("light", "plain"):
        return 0.6
    return 1.3 if form.startswith("#") else 0.8 + 0.5 * min(1.0, len(form) / _LONG_WORD)


def is_content(form: str) -> bool:
    """Say whether a word means something by itself."""
    return form != "#1" and form not in _function_words()


def _function_words() -> frozenset[str]:
    """Return words that mean nothing by themselves."""
    return stop_words("commonest", "function", "filler", "sound")


def is_negation(form: str) -> bool:
    """Say whether a word turns a sentence into its opposite."""
    return form in _NEGATIONS


def _gap(between: str) -> Gap:
    """Say what the characters between two words are."""
    if between in {"", " ", "-"}:
        return Gap.SPACE
    if _BREAK.search(between):
        return Gap.BREAK
    return Gap.STOP if any(character in ".,;:?!…—\u2013" for character in between) else Gap.SPACE


def _digits(raw: str, begin: int) -> Token:
    """Read a number written in digits, with its sign or ending."""
    text = raw.casefold()
    unit = next((name for sign, name in _SIGNS.items() if sign in text), "")
    bare = text.strip("$€£%").replace(",", "").replace(":", "")
    number = re.match(r"[\d.]+", bare)
    value = _plain(number.group() if number else "0")
    ending = bare.lstrip("0123456789.")
    if ending in _SUFFIXES:
        value, ending = _plain(str(float(value) * _SUFFIXES[ending])), ""
    form = f"#{value}{'th' if ending else ''}{'_' + unit if unit else ''}"
    return Token(begin, begin + len(raw), form, text.replace(",", ""))


def _plain(number: str) -> str:
    """Write a number one way: 4.50 as 4.5, 3.0 as 3, 007 as 7."""
    whole, _, rest = number.partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{rest}" if rest else "")


@lru_cache(maxsize=16_384)
def _open(raw: str) -> tuple[tuple[int, int, str, str], ...]:
    """Return a written word as one token, or several when it is a contraction: [begin, end) in it, form, surface."""
    form = fold(raw).replace("`", "'").replace("\u00b4", "'")
    form = shorthand("bare").get(form, form)
    parts = _CONTRACTIONS.get(form)
    if parts:
        at, opened = 0, []
        for meant, written in parts:
            end = len(raw) if (meant, written) == tuple(parts[-1]) else at + len(written)
            opened.append((at, end, meant, written))
            at = end
        return tuple(opened)
    for ending, meant in ENDINGS.items():
        if form.endswith(ending) and len(form) > len(ending):
            stem = form[: -len(ending)]
            cut = max(1, len(raw) - len(ending) + (0 if "'" in fold(raw) else 1))
            return (0, cut, stem, stem), (cut, len(raw), meant, ending.replace("'", ""))
    surface = form.replace("'", "")
    plain = one_spelling(plain_letters(surface))
    return ((0, len(raw), shorthand("typed").get(plain, plain), surface),)


def _numbers(found: list[Token], text: str) -> list[Token]:
    """Join the words of each number into one token, number the written words anew."""
    joined: list[Token] = []
    at = 0
    while at < len(found):
        token, end = _read_number(found, at, text)
        same = at > 0 and found[at].word > 0 and found[at].word == found[at - 1].word
        number = joined[-1].word + (0 if same else 1) if joined else 0
        joined.append(token if token.word == number else token._replace(word=number))
        at = end
    return joined


def _read_number(found: list[Token], at: int, text: str) -> tuple[Token, int]:
    """Read the number that begins at a token; returns the token to use and the place after it."""
    if not _begins_number(found[at].form):
        return found[at], at + 1
    number = _Number()
    end = at
    while end < len(found) and (end == at or text[found[end - 1].end : found[end].begin].strip() in {"", "-"}):
        follows = found[end + 1].form if end + 1 < len(found) else ""
        if number.ordinal or not number.take(found[end].form, follows):
            break
        end += 1
    if end == at:
        return found[at], at + 1
    unit = number.unit
    alone = end - at == 1 and found[at].form.startswith("#")
    if end < len(found) and found[end].form in _UNITS and not number.ordinal:
        unit = _UNITS[found[end].form]
        end += 1
    elif [token.form for token in found[end : end + 2]] == ["per", "cent"]:
        unit = _UNITS["percent"]
        end += 2
    elif alone:
        return found[at], end
    parts = found[at:end]
    value = _plain(f"{number.total + number.group:.4f}")
    form = f"#{value}{'th' if number.ordinal else ''}{'_' + unit if unit else ''}"
    return Token(parts[0].begin, parts[-1].end, form, " ".join(part.surface for part in parts)), end


def _begins_number(form: str) -> bool:
    """Say whether a number can begin with a word."""
    return form == "a" or form in _ONES or form in _TENS or form in _ORDINALS or form.startswith("#")


class _Number:
    """A number that is being read word by word."""

    def __init__(self) -> None:
        self.total = self.group = 0.0
        self.last = self.unit = ""
        self.ordinal = False
        self.place = 1.0

    def take(self, form: str, follows: str) -> bool:
        """Add a word; False when it does not belong to the number. `follows` is the word after it."""
        if form == "a" and not self.last and follows in _SCALES:
            self.group, self.last = 1.0, "ones"
            return True
        if form == "and":
            return self.last in _SCALES and (follows in _ONES or follows in _TENS)
        if form == "point" or (self.last in {"point", "decimals"} and form in _ONES):
            return self._take_decimal(form, follows)
        if form.startswith("#"):
            return self._take_digits(form)
        if form in _SCALES:
            return self._take_scale(form)
        return self._take_word(form)

    def _take_decimal(self, form: str, follows: str) -> bool:
        """Take the point, or a digit behind it: three point one four."""
        if form == "point":
            fits = self.last in {"ones", "units", "tens"} and _ONES.get(follows, 10) < 10  # noqa: PLR2004 - a digit
            self.last = "point" if fits else self.last
            return fits
        self.place /= 10
        self.group, self.last = self.group + _ONES[form] * self.place, "decimals"
        return True

    def _take_digits(self, form: str) -> bool:
        """Take a number written in digits, which only begins one: 65 billion, $3 million."""
        if self.last:
            return False
        value, _, self.unit = form[1:].partition("_")
        self.ordinal = value.endswith("th")
        self.group, self.last = float(value.removesuffix("th")), "digits"
        return True

    def _take_scale(self, form: str) -> bool:
        """Take hundred, thousand, million."""
        if not self.last:
            return False
        if form == "hundred":
            self.group *= 100
        else:
            self.total, self.group = self.total + self.group * _SCALES[form], 0.0
        self.last = form
        return True

    def _take_word(self, form: str) -> bool:
        """Take seven, seventeen, seventy; also as in years and prices: nineteen eighty, four ninety nine."""
        if form in _TENS and self.last != "digits":
            self.group = self.group * 100 + _TENS[form] if self.last in {"ones", "tens"} else self.group + _TENS[form]
            self.last = "tens"
            return True
        if form in _ORDINALS and form != "second" and self.last in {"", "tens", *_SCALES}:
            self.group += _ORDINALS[form]
            self.ordinal = True
            return True
        value = _ONES.get(form)
        fits = self.last in {"", *_SCALES} or (self.last == "tens" and value is not None and 0 < value < _ONES["ten"])
        if value is None or not fits:
            return False
        self.group += value
        self.last = "units" if self.last == "tens" else "ones"
        return True


def _free(found: list[Token], text: str) -> list[bool]:
    """Say of each token whether it may be left out: a filler, or the first saying of what is said twice."""
    sounds = stop_words("sound")
    free = [
        token.form in sounds or (token.form == "like" and _is_filler(found, at, text)) for at, token in enumerate(found)
    ]
    for at, token in enumerate(found[:-1]):
        if token.form == "you" and found[at + 1].form == "know":
            free[at] = free[at + 1] = _is_phrase(found, at, text, _KNOW_BEFORE, _KNOW_AFTER)
        elif token.form == "i" and found[at + 1].form == "mean":
            free[at] = free[at + 1] = _is_phrase(found, at, text, _MEAN_BEFORE, _KNOW_AFTER - {"it"})
    meant = [at for at in range(len(found)) if not free[at]]
    forms = [found[at].form for at in meant]
    for length in range(_LONGEST_STUTTER, 0, -1):
        for at in range(len(forms) - 2 * length + 1):
            if forms[at] != forms[at + length]:
                continue
            first = forms[at : at + length]
            if first == forms[at + length : at + 2 * length] and not _insists(first):
                for place in meant[at : at + length]:
                    free[place] = True
    return free


def _insists(forms: list[str]) -> bool:
    """Say whether saying these words twice says more: very very, no no, one one."""
    return len(forms) == 1 and (forms[0] in _EMPHASIS or forms[0].startswith("#"))


def _is_filler(found: list[Token], at: int, text: str) -> bool:
    """Say whether a "like" means nothing."""
    before = text[found[at - 1].end : found[at].begin] if at else ""
    after = text[found[at].end : found[at].end + 1]
    return at > 0 and (
        ("," in before and after == ",") or (found[at - 1].form in {"is", "and", "but", "so"} and after != ",")
    )


def _is_phrase(found: list[Token], at: int, text: str, before: frozenset[str], after: frozenset[str]) -> bool:
    """Say whether "you know" or "I mean" at a place is a filler."""
    lead = at == 0 or bool(set(text[found[at - 1].end : found[at].begin]) & set(",.?!…;:"))
    if at and not lead and found[at - 1].form in before:
        return False
    tail = text[found[at + 1].end : found[at + 2].begin] if at + 2 < len(found) else ","
    return "," in tail or (at + 2 < len(found) and found[at + 2].form not in after)
