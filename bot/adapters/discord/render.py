"""Drawing a Reply for Discord as Components V2; pure, and never over a limit.

A V2 message has no content of its own: notifications and screen readers read its text displays in order, so they come
as verdict, speaker, quote, source, the speaker named once. Custom ids carry a mark and a command line, so a button
works after a restart and on any replica: `v:` runs the line; `h:`, a post's key and `:` run it too and mark the message
as that post, which is how `Discord.find` knows it again; `s:` has the key of the answer that it shows to everyone.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from bot.adapters.discord.limits import (
    LONGEST_CUSTOM_ID,
    LONGEST_LABEL,
    LONGEST_MESSAGE,
    LONGEST_URL,
    MOST_BUTTONS_IN_ROW,
    units,
)
from bot.adapters.discord.markup import block, cut, fit, markdown
from bot.contract import Button, Card, Outcome, Quote, Reply, Role, Span, Style, headline
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ACTION_ROW", "BUTTON", "CONTAINER", "PRESSED", "SEPARATOR", "TEXT", "post_key", "render"]

ACTION_ROW, BUTTON, TEXT, SEPARATOR, CONTAINER = 1, 2, 10, 14, 17
"""Types of components: components/reference."""

LINK, SECONDARY = 5, 2
"""Styles of buttons: components/reference."""

PRESSED = re.compile(r"(?:v:|h:(?P<key>[0-9a-f]{24}):)(?P<line>/.+)|s:(?P<share>[0-9a-f]{24})", re.DOTALL)
"""A custom id of ours: a mark with a command line, or with the key of an answer to share."""

FOUND, ALTERED, NOT_FOUND = 0x3BA55D, 0xD9902F, 0x8A8F98
"""Colours of the container's edge, all of them to be told apart on a dark and on a light ground by their lightness too:
what was found stands there, what was said otherwise, what was not found."""

MOST_CARDS = 10
MOST_BUTTONS = MOST_BUTTONS_IN_ROW
"""Cards and buttons of one message: with container, row, separators, lead and small lines at most 29 components."""

_OTHERWISE = frozenset({"altered", "stitched", "other-speaker", "unattributed"})
"""Verdicts on words that were said, and not as claimed."""

LEAD_SHARE, ASIDE_SHARE, TITLE_SHARE, SOURCE_SHARE = 1_200, 400, 400, 600
"""Characters of Markdown that each of these may take of a message; the quotes get what is left."""

LEAST_CARD = 200
"""A card that would get fewer characters of Markdown than this is left out, and the message says so."""

_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render(reply: Reply, *, share: bool = False, key: str = "") -> list[dict[str, Any]]:
    """Return the components of the message that shows a reply.

    `share` adds a button that shows the reply to everyone; `key` puts a post's key into the message.
    """
    left = LONGEST_MESSAGE - units(f"-# {say('discord.left-out')}")
    parts: list[dict[str, Any]] = []
    lead = fit(headline(reply.lead), LEAD_SHARE) if reply.lead.strip() else ""
    aside = _small(reply.aside, ASIDE_SHARE)
    left -= units(lead) + units(aside)
    left_out = len(reply.cards) > MOST_CARDS
    cards: list[str] = []
    in_line: list[bool] = []
    belongs: list[bool] = []
    for card in reply.cards[:MOST_CARDS]:
        drawn = _card(card, left) if left >= LEAST_CARD else ""
        if drawn.strip():
            cards.append(drawn)
            in_line.append(card.line is not None)
            belongs.append(card.role is Role.INFO and not card.title)
            left -= units(drawn)
        else:
            left_out = True
    if lead.strip():
        parts.append(_text(lead))
    for number, drawn in enumerate(cards):
        if number and not (in_line[number] and in_line[number - 1]) and not belongs[number]:
            parts.append({"type": SEPARATOR})
        parts.append(_text(drawn))
    if left_out:
        parts.append(_text(f"-# {say('discord.left-out')}"))
    if aside:
        parts.append(_text(aside))
    if not parts:
        parts.append(_text(say("discord.nothing")))
    buttons = _buttons(reply, share=share, key=key)
    if buttons:
        parts.append({"type": ACTION_ROW, "components": buttons})
    accent = _accent(reply)
    return [{"type": CONTAINER, "components": parts} | ({} if accent is None else {"accent_color": accent})]


def _accent(reply: Reply) -> int | None:
    """Return the colour of how an answer ended; what looks nothing up has none."""
    if reply.outcome in {Outcome.NEAREST, Outcome.NONE, Outcome.DECLINED}:
        return NOT_FOUND
    verdicts = [card.quote.verdict for card in reply.cards if card.quote]
    if reply.outcome is not Outcome.FOUND or not verdicts:
        return None
    return ALTERED if verdicts[0] in _OTHERWISE else FOUND


def post_key(custom_id: str) -> str:
    """Return the post's key in a button's custom id, or ""."""
    pressed = PRESSED.fullmatch(custom_id)
    return (pressed["key"] or "") if pressed else ""


def _card(card: Card, most: int) -> str:
    """Return one card as Markdown of at most `most` characters: title, speaker, quote, source, body, fields."""
    if card.quote and card.line:
        return _line(card, card.quote, card.line, most)
    head = [fit(headline(card.title, whole=True), TITLE_SHARE)] if card.title.strip() else []
    lines = [line for line in head if line]
    foot: list[str] = []
    if card.quote:
        foot.append(_source(card.quote))
        name = card.quote.citation.speaker
        turns = card.quote.turns_spans(card.part)
        if name and turns[0][0] is None:
            lines.append(fit((Span(" ".join(name.split()), Style.STRONG),), TITLE_SHARE))
    room = most - sum(units(line) + 1 for line in (*lines, *foot))
    if card.quote:
        said = _quote(turns, room)
        if not said:
            return ""
        lines += [said, *foot]
        room -= units(said) + 1
    if card.body and room > LEAST_CARD:
        body = fit(card.body, room - 1)
        lines.append(body)
        room -= units(body) + 1
    for name, value in card.fields:
        if room <= LEAST_CARD:
            break
        field = fit((Span(f"{name}:", Style.STRONG), Span(f" {value}")), room - 1)
        lines.append(field)
        room -= units(field) + 1
    return "\n".join(line for line in lines if line)


def _line(card: Card, quote: Quote, line: tuple[int, int], most: int) -> str:
    """Return a quote on one line, who and when behind it; in a verdict who speaks stands before, as read aloud."""
    voice = card.voice if quote.verdict else None
    who = quote.citation.moment(None if voice else card.voice)
    before = (Span(card.title, Style.STRONG), Span(" ")) if card.title.strip() else ()
    named = (Span(f"{voice}:", Style.STRONG), Span(" ")) if voice else ()
    spans = (*before, *named, Span("“"), *quote.line_spans(*line), Span("” — "), *who)
    return fit(tuple(dataclasses.replace(span, text=span.text.replace("\n", " ")) for span in spans), most)


def _quote(turns: Iterable[tuple[str | None, tuple[Span, ...]]], most: int) -> str:
    """Return the words as a block quote of at most `most` characters; who speaks before each turn, if several do."""
    drawn: list[str] = []
    for name, spans in turns:
        named = (Span(f"{name}:", Style.STRONG), Span(" "), *spans) if name else spans
        whole = block(markdown(named))
        if units(whole) > most:
            whole = _fit_block(named, most)
            if whole:
                drawn.append(whole)
            break
        drawn.append(whole)
        most -= units(whole) + 1
    return "\n".join(drawn)


def _fit_block(spans: tuple[Span, ...], most: int) -> str:
    """Return styled runs as a block quote cut to `most` characters, or "" where not even a few words fit."""
    room = most
    while room > LEAST_CARD // 2:
        fitted = fit(spans, room)
        whole = block(fitted) if fitted else ""
        if units(whole) <= most:
            return whole
        room -= units(whole) - most
    return ""


def _source(quote: Quote) -> str:
    """Return the small line under a quote: chapter · time, a link · episode; who speaks stands above the words."""
    runs = quote.citation.place()
    icon = tuple(dataclasses.replace(run, text=f"▶ {run.text}") if run.url else run for run in runs)
    return (
        f"-# {fit(tuple(dataclasses.replace(run, text=run.text.replace(chr(10), ' ')) for run in icon), SOURCE_SHARE)}"
    )


def _small(text: str, most: int) -> str:
    """Return a text as small lines of at most `most` characters of Markdown."""
    text = " ".join(text.split())
    return f"-# {fitted}" if text and (fitted := fit((Span(text),), most - 3)) else ""


def _text(markdown: str) -> dict[str, Any]:
    return {"type": TEXT, "content": markdown}


def _buttons(reply: Reply, *, share: bool, key: str) -> list[dict[str, Any]]:
    """Return the buttons that Discord accepts, each custom id once."""
    shared = [_button_of(f"s:{reply.share}", say("discord.share"))] if share and reply.share else []
    buttons = [*_key_buttons(reply, key), *shared] if key else [*map(_button, reply.buttons), *shared]
    kept = _unique(button for button in buttons if button)
    return kept if len(kept) <= MOST_BUTTONS else [*kept[: MOST_BUTTONS - 1], kept[-1]]


def _key_buttons(reply: Reply, key: str) -> list[dict[str, Any] | None]:
    """Return the buttons of a post: its key stands in the first custom id with room for it, or in one more button."""
    drawn: list[dict[str, Any] | None] = []
    marked = False
    for button in reply.buttons:
        keyed = None if marked or not button.line else _button_of(f"h:{key}:{button.line}", button.label)
        marked = marked or keyed is not None
        drawn.append(keyed or _button(button))
    if not marked:
        drawn.insert(0, _button_of(f"h:{key}:/{reply.command}", say("discord.context")))
    return drawn


def _button(button: Button) -> dict[str, Any] | None:
    """Return a button as a component, or None where Discord would refuse it."""
    if button.url is None:
        return _button_of(f"v:{button.line}", button.label)
    if not re.fullmatch(r"https?://[^\s\x00-\x20]+", button.url) or units(button.url) > LONGEST_URL:
        return None
    return {"type": BUTTON, "style": LINK, "label": _label(button.label, say("discord.open")), "url": button.url}


def _button_of(custom_id: str, label: str) -> dict[str, Any] | None:
    """Return a button that sends its custom id, or None where that is too long or no line of ours."""
    if units(custom_id) > LONGEST_CUSTOM_ID or not PRESSED.fullmatch(custom_id) or _UNSHOWABLE.search(custom_id):
        return None
    return {"type": BUTTON, "style": SECONDARY, "label": _label(label, say("discord.go-on")), "custom_id": custom_id}


def _label(label: str, otherwise: str) -> str:
    return cut(_UNSHOWABLE.sub(" ", label).strip(), LONGEST_LABEL) or otherwise


def _unique(buttons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the buttons without those whose custom id stands before: Discord refuses a second one."""
    kept: dict[object, dict[str, Any]] = {}
    for number, button in enumerate(buttons):
        kept.setdefault(button.get("custom_id", number), button)
    return list(kept.values())
