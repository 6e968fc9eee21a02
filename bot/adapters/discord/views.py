"""Drawn components as views of discord.py, which is what its sending and editing methods take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.adapters.discord.limits import LONGEST_INPUT, LONGEST_INPUT_LABEL, LONGEST_MODAL_TITLE
from bot.adapters.discord.markup import cut
from bot.adapters.discord.render import ACTION_ROW, CONTAINER, SEPARATOR, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELD", "as_modal", "as_view", "custom_ids"]

FIELD = "text"
"""The custom id of the text input of a modal."""


def as_view(components: list[dict[str, Any]]) -> ui.LayoutView:
    """Return drawn components as a view that the library does not keep: presses come by their custom id alone."""
    view = ui.LayoutView(timeout=None)
    for component in components:
        view.add_item(_item(component))
    view.stop()
    return view


def as_modal(custom_id: str, title: str, label: str, *, most: int = LONGEST_INPUT) -> ui.Modal:
    """Return a modal with one text field; the library does not keep it either."""
    modal = ui.Modal(title=cut(title, LONGEST_MODAL_TITLE), custom_id=custom_id)
    field: ui.TextInput[Any] = ui.TextInput(
        custom_id=FIELD, style=discord.TextStyle.paragraph, required=True, max_length=most
    )
    modal.add_item(ui.Label(text=cut(label, LONGEST_INPUT_LABEL), component=field))
    modal.stop()
    return modal


def custom_ids(components: object) -> Iterator[str]:
    """Yield the custom ids of a message's components as discord.py parsed them, nested ones too."""
    for component in components if isinstance(components, (list, tuple)) else ():
        custom_id = getattr(component, "custom_id", None)
        if isinstance(custom_id, str):
            yield custom_id
        yield from custom_ids(getattr(component, "children", ()))


def _item(component: dict[str, Any]) -> ui.Item[Any]:
    """Return one drawn component as the library's own."""
    kind = component["type"]
    if kind == CONTAINER:
        return ui.Container(*map(_item, component["components"]))
    if kind == ACTION_ROW:
        return ui.ActionRow(*map(_item, component["components"]))
    if kind == TEXT:
        return ui.TextDisplay(component["content"])
    if kind == SEPARATOR:
        return ui.Separator()
    return ui.Button(
        style=discord.ButtonStyle(component["style"]),
        label=component["label"],
        url=component.get("url"),
        custom_id=component.get("custom_id"),
    )
