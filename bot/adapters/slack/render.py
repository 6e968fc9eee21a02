"""Drawing a Reply as a Slack message; pure.

Words of transcripts and people go into rich-text and plain-text elements only, where Slack reads no marks. The
top-level `text` is the whole answer once more for screen readers and notifications, in the order verdict, speaker,
quote, source, with &, < and > escaped; for the eye the speaker stands in the line under the quote. No message can go
over a limit: runs are split, quotes shortened and cards left out until it fits, and it says so.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from bot.adapters.slack import limits
from bot.contract import Button, Card, Citation, Quote, Reply, Role, Span, Style, card_text, headline, plain, sourced
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Block", "blocks_of", "escape", "message", "plain_block"]

Block = dict[str, Any]
"""A block or an element of Block Kit, as JSON."""

MOST_BUTTONS = 5
"""Buttons of a message: one row at the width of a window."""

_CUT = "…"
_LEAST = 200
"""Characters of a quote below which a card is left out rather than shortened."""

_ROOM = 12_800
"""Characters we fill of `limits.ALL_CHARACTERS`, measured over the blocks' JSON without its brackets."""

_ASIDE = 600
_CITED = 150
_BUTTONS_ROOM = 6_000
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TORN_ENTITY = re.compile(r"&[a-z]{0,3}\Z")
_WEB = re.compile(r"https?://[^\s<>\"]+\Z")


def message(reply: Reply, *, share: bool = False, cited: bool = True) -> dict[str, Any]:
    """Return `text`, `blocks` and what keeps Slack from unfurling and reading marks.

    `share` adds *Share* to a reply that has a key for it, for replies only the asker sees; `cited` draws Slack's
    citation elements, which a workspace may not know yet.
    """
    return {
        "text": _text(reply),
        "blocks": blocks_of(reply, share=share, cited=cited),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def blocks_of(reply: Reply, *, share: bool = False, cited: bool = True, most: int = limits.BLOCKS) -> list[Block]:
    """Return a reply as at most `most` blocks of at most `limits.ALL_CHARACTERS` characters."""
    last = [
        *([_context(_cut(reply.aside, _ASIDE))] if _clean(reply.aside).strip() else []),
        *_actions(reply, share=share),
    ]
    notice = _context(say("slack.left-out"))
    room = _ROOM - _size([*last, notice])
    places = most - len(last) - 1
    shown: list[Block] = []
    full = False
    for piece in _pieces(reply, cited=cited):
        fitting = _fit(piece, room - _size(shown), places - len(shown))
        full = full or fitting is not piece
        shown += fitting
    return [*shown, *([notice] if full else []), *last] or [plain_block(say("slack.nothing"))]


def escape(text: str) -> str:
    """Return text in which Slack finds no mention, no channel and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_block(text: str) -> Block:
    """Return a section of plain words."""
    return {"type": "section", "text": _plain(_cut(_clean(text), limits.RUN) or _CUT)}


def _text(reply: Reply) -> str:
    """Return the whole answer as escaped plain text, its links at the end."""
    shown = {card.quote.citation.url for card in reply.cards if card.quote}
    links = [
        f"{button.label}: {button.url}" for button in reply.buttons if _is_link(button) and button.url not in shown
    ]
    parts = [reply.lead, *map(_read_aloud, reply.cards), reply.aside, "\n".join(links)]
    whole = escape(_clean("\n\n".join(part for part in parts if part)).strip()) or _CUT
    if len(whole) <= limits.TEXT:
        return whole
    return _TORN_ENTITY.sub("", whole[: limits.TEXT - 1]) + _CUT


def _read_aloud(card: Card) -> str:
    """Return a card as it is read aloud: title, speaker, quote, source, body, fields."""
    if card.quote is None:
        return card_text(card)
    if card.line:
        title, voice = (f"{card.title} " if card.title else ""), (f"{card.voice}: " if card.voice else "")
        said, when = plain(card.quote.line_spans(*card.line)), card.quote.citation.short_line(None)
        line = f"{title}{voice}“{said}” — {sourced(card.quote.citation, when)}"
        return "\n".join(filter(None, (line, _beside(card))))
    lines = [card.title] if card.title else []
    source = dataclasses.replace(card.quote.citation, speaker=None)
    for name, spans in card.quote.turns_spans(card.part):
        who = name or card.quote.citation.speaker
        lines.append(f"{who}: “{plain(spans).strip()}”" if who else f"“{plain(spans).strip()}”")
    lines.append(f"— {sourced(source, source.line())}")
    return "\n".join(filter(None, (*lines, _beside(card))))


def _beside(card: Card) -> str:
    """Return what a card says beside its title and its quote, such as how a claim differs."""
    return card_text(dataclasses.replace(card, role=Role.INFO, title="", quote=None, line=None))


def _pieces(reply: Reply, *, cited: bool) -> Iterator[list[Block]]:
    """Yield the blocks that belong together: the lead, then each card."""
    if _clean(reply.lead).strip():
        yield [_rich([_section(_spans(headline(_clean(reply.lead).strip())))])]
    for number, card in enumerate(reply.cards, 1):
        blocks = _card(card, number, cited=cited)
        if blocks:
            yield blocks


def _card(card: Card, number: int, *, cited: bool) -> list[Block]:
    """Return the blocks of one card: title and quote, source, body and fields."""
    parts: list[Block] = []
    index = number if cited else 0
    if card.quote and card.line:
        title = (Span(f"{card.title} ", Style.STRONG),) if card.title else ()
        said = _spans((*title, Span("“"), *card.quote.line_spans(*card.line), Span("” — ")))
        moment = card.quote.citation.moment(card.voice)
        return [_rich([_section([*said, *_source(card.quote.citation, moment, index)])])]
    if _clean(card.title).strip():
        parts.append(_section(_spans(headline(_clean(card.title).strip(), whole=True))))
    if card.quote:
        parts.append({"type": "rich_text_quote", "elements": _quote_runs(card.quote, card.part)})
        who = card.quote.citation.speaker
        name = (Span(who, Style.STRONG), Span(" · ")) if who else ()
        parts.append(_section(_source(card.quote.citation, (*name, *card.quote.citation.place()), index)))
    blocks = [_rich(parts)] if parts else []
    told = [
        *([_section(_spans(card.body))] if _clean("".join(span.text for span in card.body)).strip() else []),
        *(
            _section([*_runs(f"{name}: ", bold=True), *_runs(value)])
            for name, value in card.fields
            if _clean(name + value).strip()
        ),
    ]
    return [*blocks, *([_rich(told)] if told else [])]


def _quote_runs(quote: Quote, part: tuple[int, int] | None) -> list[Block]:
    """Return a quote's words turn by turn, the marked ones bold."""
    elements: list[Block] = []
    for name, spans in quote.turns_spans(part):
        if elements:
            elements += _runs("\n")
        if name:
            elements += _runs(f"{name}: ", italic=True)
        elements += _spans(spans)
    return elements or _runs(_CUT)


def _source(citation: Citation, spans: Sequence[Span], index: int) -> list[Block]:
    """Return a source line; with an index its link is Slack's citation element (reference/block-kit)."""
    elements: list[Block] = []
    for span in spans:
        if index and span.url and _web(span.url):
            label = _cut(_clean(citation.label), _CITED).strip() or _CUT
            show = _cut(_clean(citation.show), _CITED).strip() or _CUT
            details = {"citation_type": "web", "display_name": show, "title": label}
            text = _clean(span.text).strip() or _CUT
            elements.append({"type": "citation", "url": span.url, "text": text, "index": index, "details": details})
        else:
            elements += _spans((span,))
    return elements


def _spans(spans: Sequence[Span]) -> list[Block]:
    """Return styled runs: what was said otherwise than claimed is bold, what was claimed is struck."""
    elements: list[Block] = []
    for span in spans:
        if span.url and _web(span.url) and _clean(span.text).strip():
            elements.append({"type": "link", "url": span.url, "text": _cut(_clean(span.text), limits.RUN)})
            continue
        elements += _runs(
            span.text,
            bold=span.style in {Style.STRONG, Style.MARK},
            strike=span.style is Style.CLAIM,
            code=span.style is Style.CODE,
        )
    return elements


def _actions(reply: Reply, *, share: bool) -> list[Block]:
    """Return the one row of buttons; what is too long for a button is left out, never cut into something else."""
    buttons: list[Block] = []
    for number, button in enumerate(reply.buttons):
        face = {"type": "button", "text": _plain(_cut(_clean(button.label), limits.LABEL) or _CUT)}
        if _is_link(button):
            buttons.append(face | {"action_id": f"link:{number}", "url": button.url})
        elif button.line and not button.url and len(button.line) <= limits.VALUE:
            buttons.append(face | {"action_id": f"line:{number}", "value": button.line})
    if share and 0 < len(reply.share) <= limits.VALUE:
        face = {"type": "button", "text": _plain(say("buttons.share"))}
        buttons.append(face | {"action_id": "share:0", "value": reply.share})
    kept: list[Block] = []
    for made in _row(buttons):
        if _size([*kept, made]) <= _BUTTONS_ROOM:
            kept.append(made)
    return [{"type": "actions", "elements": kept}] if kept else []


def _row(buttons: list[Block]) -> list[Block]:
    """Return the buttons of the one row, the last of them, which is *Share*, in any case."""
    return buttons if len(buttons) <= MOST_BUTTONS else [*buttons[: MOST_BUTTONS - 1], buttons[-1]]


def _fit(piece: list[Block], room: int, places: int) -> list[Block]:
    """Return a piece as it is, with its longest words shortened, or nothing when too little would be left."""
    if len(piece) > places:
        return []
    if _size(piece) <= room:
        return piece
    keep = room
    while keep >= _LEAST:
        shorter = [_shorten(block, keep) for block in piece]
        if _size(shorter) <= room:
            return shorter
        keep = keep * 2 // 3
    return []


def _shorten(block: Block, keep: int) -> Block:
    """Return a rich text block with at most `keep` characters of words; other blocks as they are."""
    if block["type"] != "rich_text":
        return block
    left = keep
    parts = []
    for part in block["elements"]:
        elements = []
        for element in part["elements"]:
            if element["type"] != "text":
                elements.append(element)
            elif left > 0:
                text = _cut(element["text"], left)
                elements.append(element | {"text": text})
                left = left - len(text) if text == element["text"] else 0
        if elements:
            parts.append(part | {"elements": elements})
    return block | {"elements": parts}


def _runs(text: str, **style: bool) -> list[Block]:
    """Return words as rich-text elements of one style, none of them empty or too long."""
    text = _clean(text)
    chosen = {name: True for name, on in style.items() if on}
    look = {"style": chosen} if chosen else {}
    return [{"type": "text", "text": text[at : at + limits.RUN]} | look for at in range(0, len(text), limits.RUN)]


def _rich(parts: list[Block]) -> Block:
    return {"type": "rich_text", "elements": parts}


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text)]}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _is_link(button: Button) -> bool:
    return bool(button.url) and _web(button.url or "")


def _web(url: str) -> bool:
    return len(url) <= limits.ADDRESS and _WEB.match(url) is not None


def _cut(text: str, most: int) -> str:
    """Return text of at most `most` characters, an ellipsis where the rest is missing."""
    return text if len(text) <= most else text[: most - 1] + _CUT


def _clean(text: str) -> str:
    """Return text without characters that control a screen or turn the direction of text."""
    return _UNSAFE.sub(" ", text)


def _size(blocks: list[Block]) -> int:
    """Return a generous measure of blocks: the characters of their JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))
