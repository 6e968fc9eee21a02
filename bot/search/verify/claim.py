"""What is the claim? The quoted words of a message, and who is said to have said them, without what stands around."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from bot.corpus import fold, is_direction, names_somebody
from bot.language import only_words, read_rows, read_table, stop_words
from bot.search.verify.speakers import bare, looks_like_a_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.language import Row

__all__ = ["Quoted", "asks_for_check", "read_claim"]

_FEWEST = 3
"""Words that a quote keeps, whatever is taken for talk."""

_LONG_QUOTE = 5
"""Words in quotation marks that are what a message is about, even with twice as many around them."""

_MOST_PEELED = 8
_LONGEST_HEAD, _LONGEST_TAIL, _MOST_TAILS = 8, 14, 4
"""Words before a colon and in a signature at most, and places where a signature may begin."""

_MOST_QUOTED = 6
_LONGEST_READ = 6_000

_HEADINGS = frozenset({"quote", "claim", "question", "answer", "note", "edit", "fact", "q", "a", "speaker"})
_MARKED = re.compile(r"\[[^\[\]\n]{1,60}\]|\([^()\n]{1,40}\)|(?<![\w*])\*[^*\n]{1,40}\*(?![\w*])")
_CLOCK = re.compile(r"[\[(]?(?<![\d:.])\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?![\d:])[\])]?")
_TAG = re.compile(r"(?<!\w)#[^\W\d_]\w{0,60}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+){0,3}")
_HEAD = re.compile(r"(?P<head>[^:\n]{1,120}?)\s?:{1,3}\s+(?=\S)")
_NAME_HEAD = re.compile(r"(?P<name>[^,(\n]{1,60}?)(?:,? ?[(\[][^()\[\]]{1,60}[)\]]|, .{1,60})?$")
_JOINT = re.compile(
    r" [-\u2013\u2014~]{1,3} ?|[ \n]\(|\n[-\u2013\u2014~]{0,3} ?|(?<=[\"”’»*_.!?)])[-\u2013\u2014~]{1,3} ?| (?=by [^ ])"
)
_DETAIL = re.compile(r"[,(\[|#;]| [-\u2013\u2014] | (?:in|on|at|from|via|ep|episode|during|to) |\d")
_PLACE = re.compile(
    r"#\d{1,5}|\b(?:episode|ep)\.? ?#?\d{1,5}|\b\d{1,2}:\d{2}|(?<!\d)(?:19|20)\d{2}(?!\d)", re.IGNORECASE
)
_OPEN, _CLOSE = '"“„«', '"”“»'
_SINGLE = re.compile(r"(?<!\w)['‘]((?:[^'‘\"“”\n]|(?<=\w)'(?=\w)){12,600})['’](?!\w)")
_SENTENCE = re.compile(r"(?<!\.)[.?!][\"”’)]{0,2} |\n")
_TURN = re.compile(r"[.?!…\"”] (?P<name>[^\W\d_][\w.'’-]{0,39}(?: [^\W\d_][\w.'’-]{0,39}){0,2}): ")
_LEADS_IN = re.compile(r"(?:[:,]|\b(?:said|says|say|like|that|this|goes|quote|claims?|claimed))\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is claimed to have been said, without quotation marks, and by whom, as typed.

    `beside` was taken for talk: what stood before a colon and names nobody, remarks. Where the transcript has it beside
    the quote it is part of the claim, and `whole` is the claim with it. `perhaps` is a single word of it, before a
    colon, that may be the name of somebody who does not speak.
    """

    text: str
    speaker: str | None = None
    beside: str = ""
    whole: str = ""
    perhaps: str = ""


def asks_for_check(message: str) -> bool:
    """Say whether a message asks, beside a quote or alone, if something was said (source? did she say this?)."""
    text = only_words(message[:_LONGEST_READ])
    lines = [line.lstrip("> ") for line in text.splitlines()]
    if any(_is_check(line) for line in lines) or (_row("check-behind").search(text) and not _is_check(text)):
        return True
    head = _HEAD.match(text)
    if head and _is_check(head["head"]):
        return True
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    spans = list(_quotations(text))
    pieces = [text[: ends[0]], text[ends[-1] :]] if ends else []
    pieces += [text[: spans[0][0]], text[spans[-1][1] :]] if spans else []
    return any(_is_check(piece) for piece in pieces)


def read_claim(message: str, knows: Callable[[str], bool]) -> tuple[Quoted, ...]:
    """Return the quotes of a message, mostly one; several where lines are labelled or quoted one by one.

    `knows` says whether the corpus has a speaker who goes by a name. A message that only asks for a check has none.
    """
    text = only_words(message[:_LONGEST_READ]).strip()
    text = _MARKED.sub(lambda note: " " if is_direction(note[0]) or _is_clock(note[0]) else note[0], text)
    text = "\n".join(line for each in text.splitlines() if (line := " ".join(each.split())))
    if _is_check(text):
        return ()
    reader = _Reader(knows)
    settled = (replace(each, text=bare(each.text), whole=bare(each.whole)) for each in reader.read(text))
    return tuple(islice((each for each in settled if each.text), _MOST_QUOTED))


class _Reader:
    """Reads messages with the names that a corpus knows."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows

    def read(self, text: str) -> list[Quoted]:
        """Return the quotes of a message."""
        lines = text.splitlines()
        inside = [line.lstrip("> ") for line in lines if line.startswith(">")]
        beside = [line for line in lines if not line.startswith(">")]
        if inside and any(line.startswith(">>> ") for line in lines):
            begin = next(number for number, line in enumerate(lines) if line.startswith(">>> "))
            inside, beside = [line.lstrip("> ") for line in lines[begin:]], lines[:begin]
        if inside and _count(" ".join(inside)) >= _FEWEST:
            found = self._lines(inside)
            who = next((name for line in beside if (name := self._named_in(line))), None)
            return [each if each.speaker else replace(each, speaker=who) for each in found]
        return self._lines([line.lstrip("> ") for line in lines])

    def _lines(self, lines: list[str]) -> list[Quoted]:
        """Return the quotes of lines: a dialogue's one by one, else one, or those in quotation marks."""
        turns = [part for line in lines for part in self._turns(line)]
        lines, remarks = self._without_talk(turns)
        labels = [self._label(line) for line in lines]
        if sum(label is not None for label in labels) > 1 and labels and labels[0]:
            found: list[Quoted] = []
            for line, label in zip(lines, labels, strict=True):
                if label:
                    found.append(label)
                elif found:
                    found[-1] = replace(found[-1], text=f"{found[-1].text} {line}")
            return [each for each in found if _count(each.text) >= _FEWEST] or found
        text = "\n".join(lines)
        quotes = self._marked(text) or [self._peel(text)]
        who = next((name for line in remarks if (name := self._named_in(line))), None)
        said = " ".join(line for line in remarks if not _is_check(line))
        if said:
            quotes = [replace(each, beside=f"{each.beside} {said}".strip(), whole="\n".join(turns)) for each in quotes]
        return [each if each.speaker else replace(each, speaker=who) for each in quotes]

    def _turns(self, line: str) -> list[str]:
        """Part a line where somebody else goes on in it, by a known name behind the end of a sentence and a colon."""
        head = _HEAD.match(line)
        first = head.end() if head and self._knows(head["head"].strip(" *_")) else 0  # a name may have a full stop
        cuts = [turn.start("name") for turn in _TURN.finditer(line, max(0, first - 2)) if self._knows(turn["name"])]
        return [line[begin:end].strip() for begin, end in pairwise([0, *cuts, len(line)])]

    def _without_talk(self, lines: list[str]) -> tuple[list[str], list[str]]:
        """Return lines without those before and after the quote that only talk about it, and these."""
        begin, end = 0, len(lines)
        while end - begin > 1 and self._is_talk(lines[end - 1]):
            end -= 1
        while end - begin > 1 and self._is_talk(lines[begin]):
            begin += 1
        return lines[begin:end], [*lines[:begin], *lines[end:]]

    def _label(self, line: str) -> Quoted | None:
        """Read a line of a dialogue: who says it, perhaps a time, a colon, words."""
        plain = _CLOCK.sub("", line, count=2).strip(" *_")
        head = _HEAD.match(plain)
        if not head:
            return None
        name = head["head"].strip(" *_")
        if fold(name) not in _HEADINGS and not names_somebody(name):
            return Quoted(plain[head.end() :].lstrip(" *_"))
        return Quoted(plain[head.end() :].lstrip(" *_"), name) if self._is_name(name) else None

    def _marked(self, text: str) -> list[Quoted]:
        """Return what stands in quotation marks, when that is what is claimed, with who is named beside it."""
        spans = [span for span in _quotations(text) if _count(text[span[0] : span[1]]) >= _FEWEST]
        if not spans:
            return []
        bounds = [0, *(edge for span in spans for edge in span), len(text)]
        around = [text[begin:end].strip() for begin, end in zip(bounds[::2], bounds[1::2], strict=True)]
        inside = sum(_count(text[begin:end]) for begin, end in spans)
        outside = sum(_count(part) for part in around)
        clear = all(not part or self._named_in(part) or self._is_talk(part) for part in around)
        many = inside >= outside or (inside >= _LONG_QUOTE and 2 * inside >= outside)
        if not (clear or many or _LEADS_IN.search(around[0])):
            return []
        beside, whole = ("", "") if clear else (" ".join(around), text)
        found = []
        for number, (begin, end) in enumerate(spans):
            before, after = around[number], around[number + 1]
            follows = number + 1 == len(spans) or bool(_JOINT.match(f" {after}"))
            who = (self._named_in(after) if follows else None) or self._named_in(before)
            found.append(Quoted(text[begin + 1 : end - 1], who, beside, whole))
        return found

    def _peel(self, text: str) -> Quoted:
        """Take off one by one what stands before and behind a quote, while words of it are left."""
        quoted = Quoted(text, whole=text)
        for _ in range(_MOST_PEELED):
            less = self._peel_once(quoted)
            if less is None or _count(less.text) < min(_FEWEST, _count(quoted.text)):
                break
            quoted = less
        return quoted

    def _peel_once(self, quoted: Quoted) -> Quoted | None:
        """Return a quote with the outermost thing that is no part of it taken off; None when there is none."""
        text = quoted.text
        stripped = text.strip(" \n\t>*_")
        named = None if quoted.speaker else self._known_beside(stripped)
        if named:
            return self._with_speaker(quoted, named)
        for less, remark in self._without_ends(stripped):
            if _count(less) < min(_FEWEST, _count(stripped)):
                continue
            whole = quoted.whole if quoted.beside or remark else less
            return replace(quoted, text=less, beside=f"{quoted.beside} {remark}".strip(), whole=whole)
        if not quoted.speaker and (found := self._signed(stripped) or self._introduced(stripped)):
            return self._with_speaker(quoted, found)
        return self._without_head(quoted, stripped)

    def _without_head(self, quoted: Quoted, text: str) -> Quoted | None:
        """Return a quote without what stands before a colon: a heading, a name, or talk; None without one."""
        head = _HEAD.match(text)
        if not head or _count(head["head"]) > _LONGEST_HEAD:
            return None
        name, rest = head["head"].strip(' *_"“'), text[head.end() :]
        if fold(name) in _HEADINGS or not names_somebody(name) or _is_check(name):
            return replace(quoted, text=rest, whole=quoted.whole if quoted.beside else rest)
        who = _NAME_HEAD.match(name)
        if who and not quoted.speaker and self._is_name(who["name"]):
            return self._with_speaker(quoted, Quoted(rest, who["name"]))
        perhaps = name if looks_like_a_name(name) and _count(name) == 1 and not self._is_talk(name) else ""
        return replace(quoted, text=rest, beside=f"{name} {quoted.beside}".strip(), perhaps=perhaps or quoted.perhaps)

    def _known_beside(self, text: str) -> Quoted | None:
        """Read a quote and somebody the corpus knows: the label before it, the signature behind it."""
        head = _HEAD.match(text)
        who = _NAME_HEAD.match(head["head"].strip(' *_"“')) if head else None
        if head and who and self._knows(who["name"]):
            return Quoted(text[head.end() :], who["name"])
        found = self._signed(text)
        return found if found and found.speaker and self._knows(found.speaker) else None

    @staticmethod
    def _with_speaker(quoted: Quoted, found: Quoted) -> Quoted:
        """Return a quote with who is said to have said it, and without that name."""
        whole = quoted.whole if quoted.beside else found.text
        return replace(quoted, text=found.text, speaker=found.speaker, whole=whole)

    def _without_ends(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield a text without its first or last tag, time, remark or question about it, and what may be part of it."""
        for pattern in (_TAG, _CLOCK):
            found = list(pattern.finditer(text))
            if found and found[-1].end() == len(text) and (pattern is _TAG or text[-1] in "])"):
                yield text[: found[-1].start()], ""
            if found and not found[0].start() and (pattern is _TAG or text[0] in "[("):
                yield text[found[0].end() :].lstrip(" -\u2013\u2014:"), ""
        behind = _row("check-behind").search(text)
        if behind and behind.start():
            yield text[: behind.start()], ""
        before = _row("talk-before").match(text)
        if before:
            yield text[before.end() :], before[0]
        ends = [match.end() for match in _SENTENCE.finditer(text)]
        if ends and self._is_talk(text[ends[-1] :]):
            yield text[: ends[-1]].rstrip(), text[ends[-1] :]
        if ends and self._is_talk(text[: ends[0]]):
            yield text[ends[0] :], text[: ends[0]]

    def _signed(self, text: str) -> Quoted | None:
        """Read who is named behind a quote: — Ada Quill, Harbour Talk #12; (Ada Quill, 2023); by Ada."""
        for joint in list(_JOINT.finditer(text))[-_MOST_TAILS:]:
            before, tail = text[: joint.start()], text[joint.end() :]
            closed = "(" not in joint[0] or tail.find(")") == len(tail.rstrip(" .!?*_")) - 1
            if not before.strip() or not closed or len(tail.split()) > _LONGEST_TAIL:
                continue
            who = self._signature(tail, joint[0], quoted=before.rstrip()[-1:] in _CLOSE + "’'")
            if who is not None:
                return Quoted(before.rstrip(), who or None)
        behind = _row("said-behind").search(text)
        name = (behind["name"] or behind["first"]) if behind and behind.start() else None
        return Quoted(text[: behind.start()], name) if behind and name and self._is_name(name) else None

    def _signature(self, tail: str, joint: str, *, quoted: bool) -> str | None:
        """Return the name in what stands behind a joint; "" when it only says where, None when it is no signature."""
        whole = tail.strip(" \n)]*_").removeprefix("said ").removeprefix("by ").strip()
        detail = _DETAIL.search(whole, 1)
        name = (whole[: detail.start()] if detail else whole).strip(" .:*_)")
        signed = any(sign in joint for sign in "-\u2013\u2014~(")
        if name and (fold(name) in _HEADINGS or not names_somebody(name)):
            return "" if signed else None
        known = bool(name) and self._knows(name)
        if known and not whole.endswith(("?", "!")):
            return name
        if not signed and "\n" not in joint:
            return None
        capital = bool(name) and all(
            part[:1].isupper() or part.casefold() in _words("particles") for part in name.split()
        )
        sentence = not signed and whole.endswith(".") and len(whole.split()[-1]) > _FEWEST
        if capital and not sentence and not self._is_talk(name) and looks_like_a_name(name, _words("particles")):
            return "" if _PLACE.search(whole) and not detail else name
        if quoted and name and looks_like_a_name(name, _words("particles")) and len(name.split()) == 1:
            return name
        return "" if signed and _PLACE.search(whole) else None

    def _introduced(self, text: str) -> Quoted | None:
        """Read who is named before a quote, as in “Ada Quill once said that” or “according to Ada”."""
        for key in ("said-before", "by-before"):
            found = _row(key).match(text)
            if not found:
                continue
            name = found["name"].removeprefix("@")
            plain = found["mark"] == " "
            # “She says, …” may itself be said; with a colon or “that” it is about who did.
            person = fold(name) in {"he", "she", "they", "somebody", "someone", "you"}
            if person and (":" in found["mark"] or found["mark"] == " that "):
                return Quoted(text[found.end() :])
            single = ":" in found["mark"] and name[:1].isupper() and looks_like_a_name(name) and not self._is_talk(name)
            if self._knows(name) or (not plain and self._is_name(name)) or single:
                return Quoted(text[found.end() :], name)
        return None

    def _named_in(self, part: str) -> str | None:
        """Return who is named in what stands beside a quote in quotation marks, or on a line beside it."""
        plain = part.strip(" \n")
        if not plain:
            return None
        found = self._introduced(f"{plain.rstrip(' :,')}: x") or self._signed(f"x {plain.lstrip('.,?! ')}")
        if found and found.speaker:
            return found.speaker
        head = _NAME_HEAD.match(plain.strip(' :-\u2013\u2014~*_"“”()'))
        if head and self._is_name(head["name"]):
            return head["name"]
        words = _WORD.findall(plain)
        named = dict.fromkeys(word for word in words if word[:1].isupper() and self._knows(word))
        name = " ".join(named)
        return name if name and self._knows(name) else None

    def _is_name(self, text: str) -> bool:
        """Say whether words are somebody's name: the corpus knows it, or it is a full name, or a title and a name."""
        return bool(text) and (self._knows(text) or self._is_full_name(text))

    def _is_full_name(self, text: str) -> bool:
        """Say whether words look like a first and a last name, or a title and a name, and are no talk."""
        parts = text.split()
        capital = all(part[:1].isupper() or part.casefold() in _words("particles") for part in parts)
        return len(parts) > 1 and capital and not self._is_talk(text) and looks_like_a_name(text, _words("particles"))

    def _is_talk(self, text: str) -> bool:
        """Say whether a line, a sentence or what is before a colon only talks about a quote."""
        if _is_check(text):
            return True
        found = [fold(word) for word in _WORD.findall(text)]
        telling = [
            word
            for word in found
            if not word.isdigit() and not (word in _holding() or word.endswith(("'s", "'t", "'re", "'ve")))
        ]
        about = [word in _words("talk") for word in telling]
        named = all(talk or self._knows(word) for talk, word in zip(about, telling, strict=True))
        return named and (any(about) if telling else len(found) < _FEWEST)


def _quotations(text: str) -> Iterator[tuple[int, int]]:
    """Yield [begin, end) of what stands in quotation marks, the marks within; the outermost of nested ones."""
    begin = -1
    for at, character in enumerate(text):
        if begin < 0:
            begin = at if character in _OPEN and not text[at - 1 : at].isalnum() else -1
            continue
        closes = character in _CLOSE and (character != '"' or text[begin] == '"') and at > begin + 1
        if closes and not text[at + 1 : at + 2].isalnum():
            yield begin, at + 1
            begin = -1
    if '"' not in text and "“" not in text:
        yield from ((found.start(), found.end()) for found in _SINGLE.finditer(text))


def _is_clock(note: str) -> bool:
    return bool(_CLOCK.fullmatch(note))


def _is_check(text: str) -> bool:
    """Say whether a text does nothing but ask for a check."""
    return bool(_row("check").match(text.strip(' \n:-\u2013\u2014()*_>"“”')))


def _count(text: str) -> int:
    return len(text.split())


@lru_cache(maxsize=8)
def _row(key: str) -> re.Pattern[str]:
    return next(row.pattern for row in _rows() if row.key == key)


@lru_cache(maxsize=1)
def _rows() -> tuple[Row, ...]:
    return read_rows("bot.search.verify", "claim.toml", re.IGNORECASE)


@lru_cache(maxsize=4)
def _words(key: str) -> frozenset[str]:
    words: str = read_table("bot.search.verify", "claim.toml")[key]
    return frozenset(words.split())


def _holding() -> frozenset[str]:
    """Return words that only hold a sentence together."""
    return stop_words("commonest", "function", "contraction", "filler", "sound", "light", "plain", "reporting")
