"""Events that the library cannot read: it would end the whole connection for one of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import discord

__all__ = ["guard_events"]

_log = logging.getLogger(__name__)


def guard_events(client: discord.Client) -> None:
    """Make a client pass over an event it cannot read, with one log line, and read on.

    discord.py takes fields for granted that Discord may leave out, such as the position of an uncached channel, and an
    error while reading ends every shard (discord/shard.py). An interaction is read with what is there, so that whoever
    asked is answered.
    """
    parsers = client._connection.parsers  # noqa: SLF001 - the library has no door to them
    for event, parse in tuple(parsers.items()):
        parsers[event] = _guarded(event, parse)


def _guarded(event: str, parse: Callable[[Any], Any]) -> Callable[[Any], None]:
    def read(data: Any) -> None:
        asks = event == "INTERACTION_CREATE" and isinstance(data, dict)
        if asks:
            data.setdefault("attachment_size_limit", 0)
            data.setdefault("channel", {"id": data.get("channel_id")})
        try:
            parse(data)
        except Exception as error:
            if asks and "type" in (data.get("channel") or {}):
                data["channel"] = {"id": data["channel"].get("id")}
                read(data)
                return
            _log.warning("an event %s could not be read and was passed over (%s)", event, type(error).__name__)

    return read
