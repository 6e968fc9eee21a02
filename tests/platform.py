"""A platform with state, for tests of delivery: channels with messages, and faults that are told in advance."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.contract import Blind, Connection, Found, Later, Post, Posted, Refused, Seen, Sent, Unclear

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.contract import Channel


@dataclass
class Platform:
    """Messages by channel id. `faults` are used up one a send: "lost" stores the message and loses the answer."""

    platform: str = "slack"
    resend_within: float = 0.0
    faults: list[str | Posted] = field(default_factory=list)
    blind: str = ""
    ahead: float | None = None
    sends: int = 0
    looks: int = 0
    messages: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    told: list[str] = field(default_factory=list)
    before_send: Callable[[], object] | None = None
    deaf: int = 0
    """How often telling an admin fails."""
    threads: dict[str, str] = field(default_factory=dict)
    """The sentence under each message that has a thread."""
    thread_tries: list[tuple[str, bool]] = field(default_factory=list)
    """The message of each try to open a thread, and whether it was said to be another."""
    thread_faults: list[Posted] = field(default_factory=list)
    """How the next tries to open a thread end."""
    connected: Connection = Connection.CONNECTED
    remembers_keys: bool = False
    """Whether a second send of a key gives the first message, as Discord does for some minutes."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    def stop(self) -> None:
        self.told.append("stop")

    def connection(self) -> Connection:
        return self.connected

    async def check(self, channel: Channel) -> str:
        return "" if channel.id != "closed" else "I can't post there: invite me first."

    async def post(self, channel: Channel, post: Post) -> Posted:
        self.sends += 1
        if self.before_send:
            self.before_send()
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, (Later, Refused, Unclear, Sent)):
            return fault
        if fault == "raise":
            raise ConnectionResetError
        if fault == "hang":
            await asyncio.sleep(60)
        sent = self.messages[channel.id]
        standing = [ref for ref, key, _ in sent if key == post.key] if self.remembers_keys else []
        ref = standing[0] if standing else f"{channel.id}:{self.sends}"
        if not standing:
            sent.append((ref, post.key, post.reply.text))
        if fault == "lost":
            return Unclear("the answer was lost")
        return Sent(ref, dt.datetime.now(dt.UTC))

    async def find(self, channel: Channel, post: Post) -> Seen:
        self.looks += 1
        if self.blind:
            return Blind(self.blind)
        return Found(tuple(ref for ref, key, _ in self.messages[channel.id] if key == post.key))

    async def open_thread(self, channel: Channel, post: Post, ref: str, *, again: bool) -> Posted:
        del channel
        self.thread_tries.append((ref, again))
        fault = self.thread_faults.pop(0) if self.thread_faults else None
        if fault is not None:
            return fault
        self.threads[ref] = post.prompt
        return Sent(ref)

    async def link(self, channel: Channel, ref: str) -> str:
        return f"https://chat.example/{channel.id}/{ref}"

    async def delete(self, channel: Channel, ref: str) -> bool:
        before = len(self.messages[channel.id])
        self.messages[channel.id] = [message for message in self.messages[channel.id] if message[0] != ref]
        return len(self.messages[channel.id]) < before

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:
        if self.deaf:
            self.deaf -= 1
            return False
        self.told.append(f"{member}@{channel.id}: {sentence}")
        return True

    async def clock_ahead(self) -> float | None:
        return self.ahead
