"""Drawn components as views of discord.py, which is what its sending and editing methods take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.adapters.discord.limits import LONGEST_INPUT, LONGEST_INPUT_LABEL, LONGEST_MODAL_TITLE
from bot.adapters.discord.markup import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELD", "as_modal", "as_view", "custom_ids"]

FIELD = "text"
"""The custom id of the text input of a modal."""


class _Drawn(ui.LayoutView):
    """A drawn message as the library sends one: it has no items, because presses come by their custom ids alone."""

    def __init__(self, components: list[dict[str, Any]]) -> None:
        super().__init__(timeout=None)
        self._drawn = components
        self.stop()

    def to_components(self) -> list[dict[str, Any]]:
        return self._drawn

    def has_components_v2(self) -> bool:
        return True


def as_view(components: list[dict[str, Any]]) -> ui.LayoutView:
    """Return drawn components as a view that the library sends as they are and does not keep."""
    return _Drawn(components)


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
