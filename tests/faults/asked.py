"""What members ask, through locks and kills: F19 and F20. Each question is answered once, or its asker has a word.

A question that was acknowledged by a process killed before it wrote it down is counted apart; see what remains.

A question is a command, a mention or a message on either platform, with words of its own by which its answers are
counted. What the bot never acknowledged, the platform itself tells its member.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.adapters.slack.inbound import read_slash
from bot.contract import Channel
from bot.store import ChannelSettings, open_store
from bot.store.tables import inbox, kv
from tests.databases import standstill
from tests.faults.cases import Row, Stage
from tests.faults.yard import make_schema
from tests.local_discord.limits import walk

if TYPE_CHECKING:
    from tests.faults.engines import Engine
    from tests.faults.yard import Yard
    from tests.local_discord.interactions import Interaction
    from tests.local_slack.exchange import Delivery, Exchange

SETTLED_SECONDS = 100.0
START_SECONDS = 30.0
LEASE_OVER = 8.0
"""Longer than the lease of a question at the pace of `tests.faults.worker`, and a look for what was left."""

ROOM = "C0GENERAL"
POINTS = ("before-write", "after-accept")
"""Where a process is killed on purpose: before an answer goes out, or with it shown and not recorded."""

KILLS = 60
EVERY = 0.4
"""Seconds between two questions: on each platform they are one member's, who may ask three a second."""

NONCES = 180.0
"""How long Discord knows a nonce (seconds): the pace of what is left is not that of daily posts."""


@dataclass
class Questions:
    """Members who ask, and what each of their questions came to."""

    yard: Yard
    seed: int
    slash: dict[str, Exchange] = field(default_factory=dict)
    events: dict[str, Delivery] = field(default_factory=dict)
    pressed: dict[str, Interaction] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _count: int = 0

    async def ask(self, every: float) -> None:
        """Ask one question after the other, on both platforms, until cancelled."""
        dice = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        while True:
            self._count += 1
            words = f"w{self._count:05d}"
            name = dice.choice(("wait", "say", "whisper"))
            kind = dice.choice((self._slack, self._mention, self._discord, self._message))
            self._tasks.append(asyncio.create_task(kind(name, words)))
            await asyncio.sleep(every * dice.uniform(0.5, 1.5))

    async def _slack(self, name: str, words: str) -> None:
        self.slash[words] = await self.yard.slack.command(f"/{name}", words)

    async def _mention(self, name: str, words: str) -> None:
        shown = "say" if name == "whisper" else name
        self.events[words] = await self.yard.slack.mention(ROOM, f"/{shown} {words}", wait=False)

    async def _discord(self, name: str, words: str) -> None:
        with contextlib.suppress(ValueError):  # the commands are not synced yet
            self.pressed[words] = await self.yard.discord.slash(name, {"words": words}, seconds=0.1)

    async def _message(self, name: str, words: str) -> None:
        shown = "say" if name == "whisper" else name
        said = await self.yard.discord.say(f"/{shown} {words}", mention_bot=True)
        self.messages[words] = said["id"]

    async def end(self) -> None:
        """Let Slack deliver again what was never acknowledged, and wait for every answer under way."""
        await asyncio.gather(*self._tasks)
        for delivery in self.events.values():
            if not delivery.acknowledged:
                await delivery.again()
        await asyncio.sleep(LEASE_OVER)
        ends = time.monotonic() + SETTLED_SECONDS
        while await asyncio.to_thread(self._open) and time.monotonic() < ends:  # noqa: ASYNC110 - as in the yard
            await asyncio.sleep(0.2)
        await asyncio.sleep(1.0)

    def _open(self) -> int:
        waiting = sa.select(sa.func.count()).select_from(inbox).where(sa.not_(inbox.c.done))
        with self.yard.engine.begin() as db:
            return int(db.scalar(waiting) or 0)

    def judge(self, row: Row) -> None:
        """Count what each question came to into a row."""
        unheard, unwritten, written = 0, 0, self._written()
        for words, (heard, answers, told) in self._outcomes().items():
            row.posts += 1
            row.left += answers > 1
            row.raw += answers > 1
            row.held += bool(told and not answers)
            if heard and not answers and not told and not self._names(words) & written:
                unwritten += 1
            elif heard and not answers and not told:
                row.lost += 1
                row.problems.append(f"{words} ({self._kind(words)}) was acknowledged and its asker never had a word")
            if answers > 1:
                row.problems.append(f"{words} ({self._kind(words)}) was answered {answers} times")
            unheard += not heard and not answers
        both = sum(1 for _, answers, told in self._outcomes().values() if answers and told)
        row.note = f"{unheard} never acknowledged, {unwritten} killed before it was written, {both} both"

    def _names(self, words: str) -> set[str]:
        """Return the names that the inbox may know a question by."""
        if words in self.slash:
            read = read_slash(self.slash[words].payload, "")
            return {read.id} if read else set()
        if words in self.events:
            return {self.events[words].event_id}
        return {f"interaction:{self.pressed[words].id}"} if words in self.pressed else {self.messages[words]}

    def _written(self) -> set[str]:
        with self.yard.engine.begin() as db:
            return set(db.scalars(sa.select(inbox.c.delivery_id)))

    def _kind(self, words: str) -> str:
        if words in self.slash:
            return "Slack command"
        return "mention" if words in self.events else "Discord command" if words in self.pressed else "message"

    def _outcomes(self) -> dict[str, tuple[bool, int, int]]:
        """Return, by its words, whether a question was acknowledged, how many answers stand, and how many lines."""
        slack, discord = self.yard.slack, self.yard.discord
        place = slack.world.channels[ROOM]
        on_slack = [each.text for each in (*slack.posts(ROOM), *place.ephemerals)]
        on_discord = [_text(each) for each in discord.of_bot()]
        found: dict[str, tuple[bool, int, int]] = {}
        for words, exchange in self.slash.items():
            answers = _count(on_slack, words)
            hooked = [each["text"] for each in (exchange.hook.payloads if exchange.hook else [])]
            found[words] = (exchange.ack is not None, answers, len(hooked) - _count(hooked, words))
        for words, delivery in self.events.items():
            found[words] = (delivery.acknowledged, _count(on_slack, words), 0)
        for words, pressed in self.pressed.items():
            shown = [_text(each) for each in (pressed.message, *pressed.followups) if each]
            answers = _count(shown, words)
            lines = sum(bool(text) and words not in text for text in shown)
            found[words] = (bool(pressed.type), answers, lines)
        for words in self.messages:
            found[words] = (True, _count(on_discord, words), 0)
        return found


def _text(message: dict[str, Any]) -> str:
    return "\n".join(part["content"] for _, part in walk(message.get("components") or []) if "content" in part)


def _count(texts: list[str], words: str) -> int:
    return sum(words in text for text in texts)


async def _begin(yard: Yard, **order: Any) -> None:
    """Start one replica that serves both platforms, in a channel that the bot is set up in."""
    await asyncio.to_thread(make_schema, yard.database)
    store = await asyncio.to_thread(open_store, yard.database)
    general = yard.discord.world.general
    place = Channel("discord", str(general.id), str(yard.discord.world.guild.id))
    await store.channels.save(ChannelSettings(place), "1", "test", time.time())
    store.close()
    yard.start(1, serves=True, **order)
    await yard.until(lambda: yard.discord.commands[0] and yard.discord.gateway.ready, START_SECONDS, "Discord")
    await yard.until(yard.slack.sockets.usable, START_SECONDS, "Slack")
    await yard.until(lambda: _is_heard(yard), START_SECONDS, "the note of what is heard")


def _is_heard(yard: Yard) -> bool:
    with yard.engine.begin() as db:
        return db.scalar(sa.select(kv.c.key).where(kv.c.key.startswith("discord-alive:"))) is not None


async def locked(stage: Stage, engine: Engine, seconds: float) -> Row:
    """Keep every writer waiting while members ask, then let another process look for what was left."""
    row = Row("F19", f"locked {seconds:g} s while members ask; {engine}", runs=1)
    async with stage.yard(engine, nonces=NONCES) as yard:
        await _begin(yard)
        questions = Questions(yard, stage.seed)
        asking = asyncio.create_task(questions.ask(EVERY))
        await asyncio.sleep(2.0)
        with standstill(yard.database):
            await asyncio.sleep(seconds)
        await asyncio.sleep(2.0)
        asking.cancel()
        await asyncio.wait({asking})
        await questions.end()
        yard.replicas[0].kill()
        await asyncio.sleep(LEASE_OVER)
        await questions.end()
        questions.judge(row)
    return row


async def killed(stage: Stage, engine: Engine, point: str, kills: int) -> Row:
    """Kill the process again and again while members ask: at a point of its answers, or at any moment."""
    row = Row("F20", f"killed {kills} ×, {point or 'at any moment'}, while members ask; {engine}", runs=1)
    dice = random.Random(stage.seed)  # noqa: S311 - as above
    async with stage.yard(engine, nonces=NONCES) as yard:
        await _begin(yard, point=point, times=kills, share=0.3)
        questions = Questions(yard, stage.seed)
        asking = asyncio.create_task(questions.ask(EVERY))
        if point:
            with contextlib.suppress(TimeoutError):
                await yard.until(lambda: yard.happened(point) >= kills, 6.0 * kills + 10, "the kills")
            row.problems += [f"killed {yard.happened(point)} times"] if yard.happened(point) < kills else []
        else:
            for _ in range(kills):
                await asyncio.sleep(dice.uniform(0.5, 3.0))
                yard.replicas[0].kill()
        asking.cancel()
        await asyncio.wait({asking})
        await yard.rest()
        await questions.end()
        questions.judge(row)
    return row


async def f19(stage: Stage) -> list[Row]:
    """Lock the database for half a minute."""
    return [await locked(stage, engine, 30.0) for engine in stage.engine]


async def f20(stage: Stage) -> list[Row]:
    """Kill the process 60 times."""
    rows = []
    for engine in stage.engine:
        rows.append(await killed(stage, engine, "", KILLS // 2))
        rows += [await killed(stage, engine, point, KILLS // 2 // len(POINTS)) for point in POINTS]
    return rows
