"""What crosses the boundary between a platform and the core: a Request in, a Reply out.

Text is carried as styled spans, never as Markdown: transcripts contain `*`, `<` and `@everyone`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.policy.texts import say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = [
    "Author",
    "Button",
    "Card",
    "Channel",
    "Citation",
    "Outcome",
    "Quote",
    "Reference",
    "Reply",
    "Request",
    "Role",
    "Source",
    "Span",
    "Style",
    "card_text",
    "clock",
    "episode_label",
    "headline",
    "plain",
    "shorten",
    "sourced",
]

_SIGNS = "✓≠⧉⇄◐✗☀★…"
"""What a verdict, the quote of the day or an announcement begins with."""

_ENDS = '.?!…”"'
"""What a sentence ends with."""

MOST_MARKED = 0.8
"""Share of what is shown from which a mark would tell nothing."""

_OPEN = ",;:-\u2013\u2014"
"""What stands where a sentence goes on."""

LONGEST_NAME = 60
"""Characters that a source line shows of a chapter's or an episode's title."""


class Style(StrEnum):
    """How a run of text is meant; each adapter decides how that looks. A claim is what was not said so."""

    PLAIN = "plain"
    MARK = "mark"
    CLAIM = "claim"
    STRONG = "strong"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; `url` is what it links to, where a platform can make words a link."""

    text: str
    style: Style = Style.PLAIN
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a request came from or a reply goes: a platform, its tenant (guild, workspace) and its channel.

    `tenant` is "" where a direct message belongs to none (Discord), `thread` outside a thread.
    """

    platform: str
    id: str
    tenant: str = ""
    thread: str = ""

    @property
    def home(self) -> Channel:
        """The channel itself, for one of its threads."""
        return dataclasses.replace(self, thread="")


@dataclass(frozen=True, slots=True)
class Author:
    """The member who asks; `admin` is what the platform says of them, checked again in `Core.answer`.

    `tenant` is the one that alone knows the id as theirs; "" where a platform's ids mean the same everywhere.
    """

    id: str
    admin: bool = False
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The message that a request replies to, or whose thread it stands in.

    `message` is its id on the platform; `own` says that the bot wrote it, `answers` is then the `Request.id` it was
    for, and `lines` are those of its buttons, in their order. `text` are its words, "" where the platform withholds
    them or it has none.
    """

    message: str
    own: bool = False
    text: str = ""
    lines: tuple[str, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing a member asked.

    Either `command` with `args` (a platform that knows the command's options) or `text` (a typed line or a mention).
    `reference` is the message it replies to. `now` is the moment of asking (UTC) where a script sets it; None means the
    clock of the core. `id` is the platform's of what was asked, where a message of the bot says which one it answers;
    `private` says that the asker alone will see the answer, whatever it is, `slash` that `text` is a slash command.
    `about` is the id of the message whose words are asked about, "" where they are typed. A `share` is no question: it
    is the `Reply.share` of the answer to show to everyone, and `posts` says whether the bot may post there, as far as
    the platform tells.
    """

    channel: Channel
    author: Author
    text: str = ""
    command: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    locale: str = "en"
    now: dt.datetime | None = None
    reference: Reference | None = None
    id: str = ""
    private: bool = False
    slash: bool = False
    about: str = ""
    share: str = ""
    posts: bool = True

    @property
    def by_command(self) -> bool:
        """Whether it is a slash command, and no message to the bot."""
        return self.command is not None or self.slash

    @property
    def length(self) -> int:
        """Characters of all that was typed or given."""
        given = (*self.args, *self.args.values())
        return len(self.text) + len(self.command or "") + sum(map(len, given))


def episode_label(show: str, title: str, number: int | None, season: int | None) -> str:
    """Return an episode in a few words: show and number, of a later season with that, or show and title.

    In a later season the numbers of the first may come again. A title that begins with the show's name is enough.
    """
    if number is None:
        return title if title.casefold().startswith(show.casefold()) else f"{show}: {title}"
    return f"{show} S{season} #{number}" if season is not None and season > 1 else f"{show} #{number}"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote comes from.

    `start` is in seconds in the cut that `url` opens, `position` the share of the episode before the quote (0..1);
    `approximate` says that the time is interpolated; `note` says what a reader must know, such as that it is an ad.
    Parts the edition does not know are None.
    """

    show: str
    episode: str
    position: float
    number: int | None = None
    chapter: str | None = None
    speaker: str | None = None
    start: float | None = None
    approximate: bool = False
    url: str | None = None
    note: str | None = None
    season: int | None = None

    def line(self) -> str:
        """Return the source on one line, as under a quote: speaker · chapter · time · episode."""
        return self._line(self.note, self.speaker, self._chapter, self.time, self.label)

    def short_line(self, speaker: str | None) -> str:
        """Return who and when, as behind a quote on one line; what a reader must know of the words first."""
        return self._line(self.note, speaker, self.time)

    def place(self) -> tuple[Span, ...]:
        """Return the source line without who speaks as styled runs, in which the time is the link."""
        return self._linked(self._line(self.note, self._chapter), self.label)

    def moment(self, speaker: str | None) -> tuple[Span, ...]:
        """Return the short line as styled runs, in which the time is the link."""
        return self._linked(self._line(self.note, speaker), "")

    @property
    def _chapter(self) -> str:
        return shorten(self.chapter or "", LONGEST_NAME)

    @staticmethod
    def _line(*parts: str | None) -> str:
        return " · ".join(part for part in parts if part)

    def _linked(self, before: str, after: str) -> tuple[Span, ...]:
        """Return the time as a link between what stands before and after it."""
        first = (Span(f"{before} · "),) if before else ()
        last = (Span(f" · {after}"),) if after else ()
        return (*first, Span(self.time, url=self.url), *last)

    @property
    def time(self) -> str:
        """When it is said, as a player shows it, or how far into the episode."""
        if self.start is None:
            return say("citation.position", share=self.position)
        return f"{'≈ ' if self.approximate else ''}{clock(self.start)}"

    @property
    def label(self) -> str:
        """The episode in a few words: show and number, or show and title; a long title is shortened."""
        return episode_label(self.show, shorten(self.episode, LONGEST_NAME), self.number, self.season)


@dataclass(frozen=True, slots=True)
class Source:
    """The characters of a transcript file behind a quote: `spans` are [start, end) offsets in the decoded file."""

    path: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words somebody said, exactly; it cannot be made without its citation.

    `marked` are [start, end) offsets in `text`; `turns` are (offset, name) where each speaker begins, empty when one
    person says all of it; `source` is None for an episode that has no plain source file.
    """

    id: str
    text: str
    citation: Citation
    source: Source | None
    marked: tuple[tuple[int, int], ...] = ()
    score: float | None = None
    verdict: str | None = None
    turns: tuple[tuple[int, str], ...] = ()

    def spans(self) -> tuple[Span, ...]:
        """Return the words as styled runs, the marked ones in `Style.MARK`."""
        return self._between(0, len(self.text), self.marked)

    def turns_spans(self, part: tuple[int, int] | None = None) -> tuple[tuple[str | None, tuple[Span, ...]], ...]:
        """Return the words of a part, or all, turn by turn: who speaks and the styled runs.

        Who speaks is None where one person says all of it. The line break that parts a turn from the next is left out;
        an ellipsis stands where a sentence is cut.
        """
        begin, end = part or (0, len(self.text))
        edges, marked = [offset for offset, _ in self.turns[1:]] + [len(self.text)], self._marks(begin, end)
        turns = [
            (name, max(first, begin), min(last, end))
            for (_, name), first, last in zip(self.turns or ((0, ""),), [0, *edges], edges, strict=False)
            if max(first, begin) < min(last, end)
        ]
        before, after = self._cuts(begin, end)
        runs = [
            self._between(first, first + len(self.text[first:last].rstrip("\n")), marked) for _, first, last in turns
        ]
        names = [name if len(turns) > 1 else None for name, _, _ in turns]
        if not runs:
            return ((None, ()),)
        runs[0] = (*([Span("…")] if before else []), *runs[0])
        runs[-1] = (*runs[-1], *([Span("…")] if after else []))
        return tuple(zip(names, runs, strict=True))

    def line_spans(self, begin: int, end: int) -> tuple[Span, ...]:
        """Return text[begin:end] on one line as styled runs, with an ellipsis where a sentence is cut."""
        before, after = self._cuts(begin, end)
        runs = self._between(begin, end, self._marks(begin, end))
        runs = tuple(dataclasses.replace(span, text=span.text.replace("\n", " ")) for span in runs)
        return (*([Span("…")] if before else []), *runs, *([Span("…")] if after else []))

    def voice(self, at: int) -> str | None:
        """Return who says the word at an offset."""
        return next((name for offset, name in reversed(self.turns) if offset <= at), self.citation.speaker)

    def _cuts(self, begin: int, end: int) -> tuple[bool, bool]:
        """Say whether a part begins, and ends, within a sentence."""
        before, inside, after = self.text[:begin].rstrip(), self.text[begin:end].rstrip(), self.text[end:].strip()
        goes_on = inside[-1:] in tuple(_OPEN) or (bool(after) and inside[-1:] not in tuple(_ENDS))
        return bool(before) and before[-1] not in _ENDS, goes_on

    def _marks(self, begin: int, end: int) -> tuple[tuple[int, int], ...]:
        """Return what is marked in a part; nothing where that is nearly all of it, which tells nothing."""
        inside = tuple(
            (max(first, begin), min(last, end)) for first, last in self.marked if first < end and begin < last
        )
        covered = sum(last - first for first, last in inside)
        return inside if covered < MOST_MARKED * (end - begin) else ()

    def _between(self, begin: int, end: int, marked: tuple[tuple[int, int], ...]) -> tuple[Span, ...]:
        """Return text[begin:end] as styled runs, what is marked in `Style.MARK`."""
        runs: list[Span] = []
        at = begin
        for first, last in marked:
            mark_begin, mark_end = max(first, begin), min(last, end)
            if mark_begin >= mark_end:
                continue
            if at < mark_begin:
                runs.append(Span(self.text[at:mark_begin]))
            runs.append(Span(self.text[mark_begin:mark_end], Style.MARK))
            at = mark_end
        if at < end:
            runs.append(Span(self.text[at:end]))
        return tuple(runs)


class Role(StrEnum):
    """What a card is in its reply."""

    MATCH = "match"
    RUNNER_UP = "runner-up"
    NEAREST = "nearest"
    SUMMARY = "summary"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Button:
    """An action under a reply: pressing it sends `line` as if the member had typed it, or opens `url`.

    With `field` pressing opens a field of that label first; what is typed there are the free words of `line`. Where a
    platform has no fields, it says how to type the line.
    """

    label: str
    line: str = ""
    url: str | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One block of a reply: a quote with its source, or information.

    Every role but INFO has a quote, and so a citation. `score`, in 0..1, is of what an INFO card tells of. Of the quote
    a member sees `part`, [start, end) offsets in its text, or all of it; `line` are the offsets of what stands for it
    where it takes one line. Where either cuts a sentence stands an ellipsis. Without `named` the line does not say who
    speaks: it is who spoke on the line before.
    """

    role: Role
    title: str = ""
    body: tuple[Span, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    quote: Quote | None = None
    score: float | None = None
    line: tuple[int, int] | None = None
    part: tuple[int, int] | None = None
    named: bool = True

    @property
    def voice(self) -> str | None:
        """Who is named behind a quote on one line."""
        return self.quote.voice(self.line[0]) if self.quote and self.line and self.named else None

    def __post_init__(self) -> None:
        """Refuse a quoting role without a quote."""
        if self.role is not Role.INFO and self.quote is None:
            message = f"a {self.role} card needs a quote with its citation"
            raise ValueError(message)


class Outcome(StrEnum):
    """How an answer ended; scripts and exit statuses read it."""

    FOUND = "found"
    NEAREST = "nearest"
    NONE = "none"
    DECLINED = "declined"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a leading sentence, cards, actions.

    `aside` is said last and small, such as how a message was read; `private` asks the platform to show the reply to the
    asker alone; `share` is the key by which they may show it to everyone (24 characters of 0-9 and a-f), "" for what
    everyone sees anyway, or nobody else is to see.
    """

    lead: str
    outcome: Outcome
    command: str = ""
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()
    private: bool = False
    aside: str = ""
    share: str = ""

    @property
    def text(self) -> str:
        """The whole answer as plain text: what notifications and screen readers get."""
        parts = [self.lead] if self.lead else []
        parts.extend(card_text(card) for card in self.cards)
        parts.append(self.aside)
        return "\n\n".join(part for part in parts if part)


def card_text(card: Card) -> str:
    """Return one card as plain text: title, quote, source with its link, body, fields."""
    quote, lines = card.quote, []
    if quote and card.line:
        title = f"{card.title} " if card.title else ""
        said = plain(quote.line_spans(*card.line))
        source = quote.citation.short_line(card.voice)
        lines.append(f"{title}“{said}” — {sourced(quote.citation, source)}")
    else:
        lines += [card.title] if card.title else []
        if quote:
            turns = quote.turns_spans(card.part)
            words = "\n".join(f"{name}: {plain(spans).strip()}" if name else plain(spans) for name, spans in turns)
            lines += [f"“{words}”", f"— {sourced(quote.citation, quote.citation.line())}"]
    if card.body:
        lines.append(_with_links(card.body))
    lines.extend(f"{name}: {value}" for name, value in card.fields)
    return "\n".join(lines)


def sourced(citation: Citation, line: str) -> str:
    """Return a source line with the link that opens there, if there is one."""
    return f"{line} · {citation.url}" if citation.url else line


def _with_links(spans: tuple[Span, ...]) -> str:
    """Return the words of styled runs, an address behind those that are a link."""
    return "".join(f"{span.text} {span.url}" if span.url and span.url != span.text else span.text for span in spans)


def shorten(text: str, most: int) -> str:
    """Return at most `most` characters of a text, cut between words with an ellipsis where it is longer."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    return f"{kept.rsplit(' ', 1)[0].rstrip(' ,;:.-|')}…"


def headline(text: str, *, whole: bool = False) -> tuple[Span, ...]:
    """Return a lead or a title, the first words of each line that begins with a verdict's sign strong.

    With `whole` a text without a sign is all strong.
    """
    if whole and text[:1] not in _SIGNS:
        return (Span(text, Style.STRONG),)
    spans: list[Span] = []
    rest: list[str] = []
    for line in text.splitlines(keepends=True):
        if line[0] in _SIGNS:
            verdict, stop, said = line.partition(".")
            spans += [Span("".join(rest)), Span(verdict + stop, Style.STRONG)]
            rest = [said]
        else:
            rest.append(line)
    return (*spans, Span("".join(rest)))


def plain(spans: tuple[Span, ...]) -> str:
    """Return the words of styled runs without their styles."""
    return "".join(span.text for span in spans)


def clock(seconds: float) -> str:
    """Return a time as a player shows it: 4:10, 1:57:37."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
