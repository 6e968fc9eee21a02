"""What crosses the boundary between a platform and the core: a Request in, a Reply out.

Text is carried as styled spans, never as Markdown: transcripts contain `*`, `<` and `@everyone`.
"""

from __future__ import annotations

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
    "clock",
    "episode_label",
    "headline",
    "plain",
]

_SIGNS = "✓≠⧉⇄◐✗☀…"
"""What a verdict or the quote of the day begins with."""


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
    `private` says that the asker alone will see the answer, whatever it is.
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

    @property
    def length(self) -> int:
        """Characters of all that was typed or given."""
        given = (*self.args, *self.args.values())
        return len(self.text) + len(self.command or "") + sum(map(len, given))


def episode_label(show: str, title: str, number: int | None, season: int | None) -> str:
    """Return an episode in a few words: show and number, of a later season with that, or show and title.

    In a later season the numbers of the first may come again.
    """
    if number is None:
        return f"{show}: {title}"
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
        if self.start is None:
            time = say("citation.position", share=self.position)
        else:
            time = f"{'≈ ' if self.approximate else ''}{clock(self.start)}"
        return " · ".join(part for part in (self.note, self.speaker, self.chapter, time, self.label) if part)

    @property
    def label(self) -> str:
        """The episode in a few words: show and number, or show and title."""
        return episode_label(self.show, self.episode, self.number, self.season)


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
        return self._between(0, len(self.text))

    def turns_spans(self) -> tuple[tuple[str | None, tuple[Span, ...]], ...]:
        """Return the words turn by turn: who speaks (None when one person says all of it) and the styled runs.

        The line break that parts a turn from the next is left out.
        """
        if not self.turns:
            return ((None, self.spans()),)
        edges = [offset for offset, _ in self.turns[1:]] + [len(self.text)]
        begins = [0, *edges]
        return tuple(
            (name, self._between(begin, begin + len(self.text[begin:end].rstrip("\n"))))
            for (_, name), begin, end in zip(self.turns, begins, edges, strict=False)
        )

    def _between(self, begin: int, end: int) -> tuple[Span, ...]:
        """Return text[begin:end] as styled runs."""
        runs: list[Span] = []
        at = begin
        for first, last in self.marked:
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

    Every role but INFO has a quote, and so a citation. `score`, in 0..1, is of what an INFO card tells of. `line` are
    the [start, end) offsets of the part of the quote's text that stands for it where it takes one line: the rest is cut
    with an ellipsis. None shows the whole quote.
    """

    role: Role
    title: str = ""
    body: tuple[Span, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    quote: Quote | None = None
    score: float | None = None
    line: tuple[int, int] | None = None

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
    asker alone; `share` is the line that shows its first quote to everyone, "" where there is none to share.
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
    """Return one card as plain text: title, quote, source, body, fields."""
    lines = [card.title] if card.title else []
    if card.quote:
        turns = card.quote.turns_spans()
        said = [f"{name}: {plain(spans).strip()}" if name else plain(spans) for name, spans in turns]
        lines.append(f"“{chr(10).join(said)}”")
        lines.append(f"— {card.quote.citation.line()} · {card.quote.id}")
    if card.body:
        lines.append(plain(card.body))
    lines.extend(f"{name}: {value}" for name, value in card.fields)
    return "\n".join(lines)


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
