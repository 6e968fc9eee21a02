"""Replies as plain data, so that a post that was begun is sent again with the very same words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from bot.contract.message import Button, Card, Citation, Outcome, Quote, Reply, Role, Source, Span, Style

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["freeze", "thaw"]


def freeze(reply: Reply) -> dict[str, Any]:
    """Return a reply as data that JSON can carry."""
    frozen: dict[str, Any] = dataclasses.asdict(reply)
    return frozen


def thaw(data: Mapping[str, Any]) -> Reply:
    """Return the reply that `freeze` made data of; KeyError or TypeError for anything else."""
    cards = tuple(_card(card) for card in data["cards"])
    buttons = tuple(Button(**button) for button in data["buttons"])
    return Reply(**{**data, "outcome": Outcome(data["outcome"]), "cards": cards, "buttons": buttons})


def _card(data: Mapping[str, Any]) -> Card:
    body = tuple(Span(**{**span, "style": Style(span["style"])}) for span in data["body"])
    fields = tuple((name, value) for name, value in data["fields"])
    quote = _quote(data["quote"]) if data["quote"] else None
    line, part = (tuple(data[name]) if data.get(name) else None for name in ("line", "part"))
    parts = {"role": Role(data["role"]), "body": body, "fields": fields, "quote": quote, "line": line, "part": part}
    return Card(**{**data, **parts})


def _quote(data: Mapping[str, Any]) -> Quote:
    source = data["source"]
    parts = {
        "citation": Citation(**data["citation"]),
        "source": Source(source["path"], _pairs(source["spans"])) if source else None,
        "marked": _pairs(data["marked"]),
        "turns": tuple((offset, name) for offset, name in data["turns"]),
    }
    return Quote(**{**data, **parts})


def _pairs(spans: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((begin, end) for begin, end in spans)
