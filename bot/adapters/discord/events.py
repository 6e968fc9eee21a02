"""Events and frames that the library cannot read, for which it would end every connection; its long log entries."""

from __future__ import annotations

import logging
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.adapters.discord.wire import why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["guard_events"]

_log = logging.getLogger(__name__)

_NO_SENSE = 4000
"""The code to close with; after 1000 Discord forgets a session (events/gateway)."""

_MOMENTOUS = frozenset({"INTERACTION_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE"})
_ID_BITS = 63
"""Bits of the ids of what is answered, at most: each tells its moment, and one that is longer has none."""

_NEEDED = (
    "id", "application_id", "type", "token", "version", "data", "guild_id", "channel_id", "member", "user", "locale",
    "context", "attachment_size_limit",
)  # fmt: skip
"""What an answer to an interaction needs of it."""


def guard_events(client: discord.Client) -> None:
    """Make a client pass over an event it cannot read, with one log line, and read on.

    discord.py takes fields for granted that Discord may leave out, such as the position of an uncached channel, and an
    error while reading ends every shard (discord/shard.py). An interaction is read with what is there, so that whoever
    asked is answered; a server that throws the bot out during an outage is heard of too. The library's word of a lost
    connection becomes one line, and a frame that is no event at all is passed over, for every client of this process.
    """
    discord.shard.DiscordWebSocket = _Patient  # type: ignore[misc]  # the library has no door to it
    for name in ("discord.client", "discord.shard"):
        logging.getLogger(name).addFilter(_one_line)
    parsers = client._connection.parsers  # noqa: SLF001 - the library has no door to them
    for event, parse in tuple(parsers.items()):
        parsers[event] = _guard(event, parse)
    leave = parsers["GUILD_DELETE"]

    def left(data: Any) -> None:
        known = isinstance(data, dict) and str(data.get("id", "")).isdecimal()
        if known and client.get_guild(int(data["id"])) is None:  # the library tells of cached ones alone
            event = "guild_away" if data.get("unavailable") else "guild_remove"
            client.dispatch(event, discord.Object(int(data["id"])))
        leave(data)

    parsers["GUILD_DELETE"] = left


class _Patient(DiscordWebSocket):
    """A connection that passes over a frame it cannot read; where it cannot go on without it, it begins anew."""

    async def received_message(self, msg: Any, /) -> None:
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, discord.DiscordException, aiohttp.ClientError, OSError):
            raise
        except Exception as error:
            _log.warning("a frame of the gateway could not be read and was passed over (%s)", type(error).__name__)
            if self.session_id is None or isinstance(error, zlib.error):
                await self.close(code=_NO_SENSE)
                raise ReconnectWebSocket(self.shard_id, resume=False) from None


def _guard(event: str, parse: Callable[[Any], Any]) -> Callable[[Any], None]:
    def read(data: Any) -> None:
        for form in _forms(event, data):
            try:
                if event in _MOMENTOUS and int(form["id"]) >> _ID_BITS:
                    trouble = OverflowError.__name__
                    continue
                parse(form)
            except Exception as error:
                trouble = type(error).__name__
            else:
                return
        _log.warning("an event %s could not be read and was passed over (%s)", event, trouble)

    return read


def _forms(event: str, data: Any) -> Iterator[Any]:
    """Yield what an event tells as it came, then with less and less; an interaction at last as who asked what."""
    if event == "INTERACTION_CREATE" and isinstance(data, dict):
        channel = data.get("channel")
        bare = {"id": channel.get("id") if isinstance(channel, dict) else data.get("channel_id")}
        whole = {"version": 1, "attachment_size_limit": 0, **data, "channel": channel or bare}
        yield whole
        yield whole | {"channel": bare}
        yield {name: whole[name] for name in _NEEDED if name in whole} | {"channel": bare}
    elif event.startswith("MESSAGE_") and isinstance(data, dict) and not isinstance(data.get("content", ""), str):
        yield data | {"content": ""}
    else:
        yield data


def _one_line(record: logging.LogRecord) -> bool:
    """Write an error of the connection into the line that tells of the next try, in place of a traceback."""
    if record.exc_info and record.exc_info[1] and str(record.msg).startswith(("Attempting a reconnect", "Failed to")):
        record.msg, record.args = f"{record.getMessage()} ({why(record.exc_info[1])})", None
        record.exc_info = record.exc_text = None
    return True
