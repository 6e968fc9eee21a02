"""The history checker: what the platforms show and were asked, held against the ledger."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.adapters.discord.render import render
from bot.adapters.slack.render import message as slack_message
from bot.contract import thaw
from bot.store.tables import channels, posts
from tests.local_discord.limits import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.faults.yard import Yard

SAME_INSTANT = 0.05
"""Seconds by which two clocks reads of one machine may be told apart from an order."""

LOOKS = 2
"""Readings of a channel that must find nothing before a doubtful post is sent again."""

_OK, _NO_CONTENT, _BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 200, 204, 400, 429, 500


@dataclass
class Verdict:
    """What a run came to.

    `lost` posts stand nowhere though the ledger does not hold them; `raw` copies were ever made beyond one a post,
    `left` of them stand; `problems` are sentences, one for each rule that was broken; `notes` say what the ledger
    gives as reason for a post that is not sent.
    """

    posts: int = 0
    sent: int = 0
    held: int = 0
    lost: int = 0
    raw: int = 0
    raw_discord: int = 0
    left: int = 0
    states: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Try:
    """One request to send: when, with which key, and whether it was surely not done."""

    at: float
    key: str
    refused: bool
    retry_after: float = 0.0


def judge(
    yard: Yard,
    *,
    naive: bool = False,
    frozen: bool = False,
    restored: bool = False,
    resent: frozenset[str] = frozenset(),
) -> Verdict:
    """Hold everything against the ledger.

    `frozen` workers may write to Slack after others took over;
    a `restored` ledger need not know what was written since;
    `resent` channels were put back by hand.
    """
    verdict = Verdict(posts=len(yard.on_discord) + len(yard.on_slack))
    rows = _rows(yard, verdict)
    for row in rows.values():
        verdict.states[row["state"]] = verdict.states.get(row["state"], 0) + 1
    verdict.sent, verdict.held = verdict.states.get("sent", 0), verdict.states.get("held", 0)
    tries, looks = _requests(yard)
    for place, (standing, made) in _standing(yard).items():
        verdict.raw += max(0, made - 1)
        verdict.raw_discord += max(0, made - 1) if place[0] == "discord" else 0
        verdict.left += max(0, len(standing) - 1)
        found = rows.get(place)
        if found is None or not made:
            _count_missing(verdict, place, found)
        elif found["state"] != "sent":
            verdict.notes.append(f"{place}: {_told(found)}")
        if naive or found is None:
            continue
        problems = [*_ledger(found, standing, made)]
        if found["payload"] is not None or not restored:
            problems += _content(place[0], found, standing)
        if not restored:
            problems += _unwritten(found, tries[place])
        if place[1] not in resent:
            problems += _blind(yard, place[0], tries[place], looks[place], frozen=frozen)
        verdict.problems += [f"{place}: {problem}" for problem in problems]
    if not naive:
        verdict.problems += [*yard.discord.violations, *_impatient(tries)]
        # Two sweepers may delete the same copy; the second is told that it is gone.
        asked = [one for one in yard.slack.violations if (one.where, one.error) != ("chat.delete", "message_not_found")]
        verdict.problems += [f"Slack: {one.where}: {one.what} {one.error}" for one in asked]
    return verdict


def _rows(yard: Yard, verdict: Verdict) -> dict[tuple[str, str], dict[str, Any]]:
    """Return each channel's post; one of a later date that is not simply waiting is a problem."""
    joined = sa.select(posts, channels.c.platform, channels.c.ref).join(channels).order_by(posts.c.local_date)
    with yard.engine.begin() as db:
        found = [dict(row) for row in db.execute(joined).mappings()]
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in found:
        place = (row["platform"], row["ref"])
        if rows.setdefault(place, row) is not row and row["state"] != "pending":
            verdict.problems.append(f"{place}: {row['local_date']}, not due yet, is {row['state']}: {row['reason']}")
    return rows


def _count_missing(verdict: Verdict, place: tuple[str, str], row: Mapping[str, Any] | None) -> None:
    """Count a post that stands nowhere, unless the ledger says so and why."""
    if row is not None and row["state"] in {"held", "failed", "skipped"}:
        verdict.notes.append(f"{place}: {_told(row)}")
        return
    verdict.lost += 1
    said = f"the ledger says {_told(row)}" if row is not None else "the ledger has no row"
    verdict.problems.append(f"{place}: nothing was posted; {said}")


def _told(row: Mapping[str, Any]) -> str:
    """Return what the ledger says of a post that is not sent."""
    return f"{row['state']} after {row['attempts']} tries: {row['reason'] or 'no reason'}"


def _standing(yard: Yard) -> dict[tuple[str, str], tuple[list[Any], int]]:
    """Return, for each channel, the bot's messages that stand, and how many it ever made."""
    found: dict[tuple[str, str], tuple[list[Any], int]] = {}
    deleted: dict[str, int] = defaultdict(int, yard.deleted)
    for seen in yard.discord.asked_for("DELETE /channels/*/messages/*"):
        deleted[seen.path.split("/")[2]] += seen.status == _NO_CONTENT
    for place in yard.on_discord:
        standing = yard.discord.of_bot(place)
        found["discord", str(place.id)] = (standing, len(standing) + deleted[str(place.id)])
    for room in yard.on_slack:
        shown = yard.slack.posts(room.id)
        found["slack", room.id] = (shown, len(shown) + len(room.gone))
    return found


def _requests(
    yard: Yard,
) -> tuple[dict[tuple[str, str], list[Try]], dict[tuple[str, str], list[float]]]:
    """Return, for each channel, every try to post in it and every reading of its history that was answered."""
    tries: dict[tuple[str, str], list[Try]] = defaultdict(list)
    looks: dict[tuple[str, str], list[float]] = defaultdict(list)
    for seen in yard.discord.requests:
        parts = seen.path.split("/")
        if len(parts) != 4 or parts[1] != "channels" or parts[3] != "messages":
            continue
        where = ("discord", parts[2])
        if seen.method == "GET" and seen.status == _OK:
            looks[where].append(seen.at)
        elif seen.method == "POST":
            body = seen.body if isinstance(seen.body, dict) else {}
            key = str(body.get("nonce")) if body.get("enforce_nonce") else ""
            tries[where].append(Try(seen.at, key, _BAD_REQUEST <= seen.status < _SERVER_ERROR))
    for sent in yard.slack.requests:
        where = ("slack", str(sent.payload.get("channel", "")))
        if sent.method == "conversations.history" and sent.status == _OK and sent.answer.get("ok"):
            looks[where].append(sent.at)
        elif sent.method == "chat.postMessage":
            key = str(((sent.payload.get("metadata") or {}).get("event_payload") or {}).get("key", ""))
            wait = 1.0 if sent.status == _TOO_MANY and not sent.answer.get("past") else 0.0
            tries[where].append(Try(sent.at, key, sent.status == _TOO_MANY, wait))
    return tries, looks


def _content(platform: str, row: Mapping[str, Any], standing: Sequence[Any]) -> Iterable[str]:
    """Say which messages are not, word for word and button for button, what the ledger froze."""
    if row["payload"] is None:
        return [f"{len(standing)} messages stand that the ledger has no words for"] if standing else []
    reply = thaw(row["payload"])
    if platform == "discord":
        wanted: Any = _drawn(render(reply, key=row["key"]))
        given: list[Any] = [_drawn(one["components"]) for one in standing]
        return ["a message is not the ledger's" for one in given if one != wanted]
    drawn = [slack_message(reply, cited=cited)["blocks"] for cited in (True, False)]
    return ["a message is not the ledger's" for one in standing if one.payload.get("blocks") not in drawn]


def _drawn(components: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    kept = ("content", "custom_id", "url", "label")
    return [
        tuple(part.get(name) for name in kept)
        for _, part in walk(list(components))
        if any(part.get(name) for name in kept)
    ]


def _ledger(row: Mapping[str, Any], standing: Sequence[Any], made: int) -> Iterable[str]:
    """Say where the ledger and the channel disagree."""
    refs = [one["id"] if isinstance(one, dict) else one.ts for one in standing]
    if row["state"] == "sent" and row["message_ref"] and standing and row["message_ref"] not in refs:
        yield f"the ledger names {row['message_ref']}, {refs} stand"
    if row["state"] == "sent" and not made:
        yield "sent, says the ledger, and nothing was ever posted"
    if row["state"] in {"failed", "skipped"} and standing:
        yield f"{row['state']}, says the ledger, and {refs} stand"


def _blind(yard: Yard, platform: str, tries: Sequence[Try], looks: Sequence[float], *, frozen: bool) -> Iterable[str]:
    """Say which tries were repeated without a key the platform knows and without looking first."""
    timing = yard.pace.timing
    safe = yard.pace.resend_within + timing.send_within + 1.0
    for earlier, later in itertools.pairwise(tries):
        if earlier.refused:
            continue
        seen = sum(earlier.at < look < later.at for look in looks)
        if platform == "discord":
            if not later.key or later.key != earlier.key:
                yield "a second send carried another nonce, or did not enforce it"
            if later.at - tries[0].at > safe and seen < LOOKS and not frozen:
                yield f"sent again {later.at - tries[0].at:.1f} s after the first try, having looked {seen} times"
        elif seen < LOOKS and not frozen:
            yield f"sent again {later.at - earlier.at:.1f} s after a doubtful try, having looked {seen} times"


def _unwritten(row: Mapping[str, Any], tries: Sequence[Try]) -> Iterable[str]:
    """Say which sends had no written intent."""
    first = row["first_try_at"]
    for one in tries:
        if first is None:
            yield "was sent, and the ledger knows of no try"
        elif one.at < first - SAME_INSTANT:
            yield f"was sent {first - one.at:.2f} s before its intent was written"


def _impatient(tries: Mapping[tuple[str, str], Sequence[Try]]) -> Iterable[str]:
    """Say which channels of Slack were posted in before the time its 429 named (Discord keeps watch itself)."""
    for where, made in tries.items():
        for earlier, later in itertools.pairwise(made):
            if earlier.retry_after and later.at - earlier.at < earlier.retry_after - SAME_INSTANT:
                yield f"{where}: asked again {later.at - earlier.at:.2f} s after a 429 for {earlier.retry_after:g} s"
