"""The local Slack steered over HTTP, for a test whose bot is a process that it kills."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.local_slack.members import LocalSlack
from tests.local_slack.world import Message, User

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.local_slack.exchange import Delivery, Exchange


TUNABLE = {
    "ack_seconds",
    "answer_acks",
    "answer_pings",
    "burst",
    "per_minute",
    "refuse",
    "retry_at_once",
    "seconds_a_message",
    "skew",
}
"""What the control may set."""


LOOK_SECONDS = 0.05
"""How often a burst is looked at: every look at it costs the platform time, which must not be what is measured."""


class ControlledSlack(LocalSlack):
    """A local Slack with `POST /_control/NAME`, whose messages and tokens outlive it in a file."""

    def __init__(self, state: Path, port: int = 0) -> None:
        """Take the file; what stands in it is where this one goes on."""
        super().__init__(port)
        self.state = state
        self._controls: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "address": self._control_address,
            "burst": self._control_burst,
            "command": self._control_command,
            "deliveries": self._control_deliveries,
            "dm": self._control_dm,
            "drop": self._control_drop,
            "ephemerals": self._control_ephemerals,
            "event": self._control_event,
            "fail": self._control_fail,
            "install": self._control_install,
            "mention": self._control_mention,
            "messages": self._control_messages,
            "mode": self._control_mode,
            "populate": self._control_populate,
            "redeliver": self._control_redeliver,
            "requests": self._control_requests,
            "save": self._control_save,
            "tune": self._control_tune,
            "violations": self._control_violations,
        }
        if state.exists():
            self._load(json.loads(state.read_text("utf-8")))

    def add_routes(self, app: web.Application) -> None:
        """Add the control's address."""
        app.router.add_post("/_control/{name}", self._serve_control)

    def save(self) -> None:
        """Write where it listens, its tokens and its messages; the file is whole or the old one."""
        state = self._address() | {
            "messages": [asdict(message) for room in self.world.channels.values() for message in room.messages],
        }
        fresh = self.state.with_suffix(".new")
        fresh.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        fresh.replace(self.state)

    def _address(self) -> dict[str, Any]:
        return {
            "address": self.address,
            "api_base": self.api_base,
            "bot_token": self.bot_token,
            "app_token": self.app_token,
            "signing_secret": self.signing_secret,
            "client_id": self.api.client_id,
            "client_secret": self.api.client_secret,
            "environ": self.environ(),
        }

    def _load(self, state: dict[str, Any]) -> None:
        self.team.bot_token = state["bot_token"]
        self.api.app_token = state["app_token"]
        self.api.signing_secret = self.http.secret = state["signing_secret"]
        for fields in state["messages"]:
            if fields["channel"] in self.world.channels:
                self.world.channels[fields["channel"]].messages.append(Message(**fields))

    async def _serve_control(self, request: web.Request) -> web.Response:
        control = self._controls.get(request.match_info["name"])
        if control is None:
            return web.json_response({"error": f"the controls are {', '.join(self._controls)}"}, status=404)
        text = await request.text()
        try:
            return web.json_response(await control(json.loads(text) if text else {}))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    async def _control_address(self, _: dict[str, Any]) -> dict[str, Any]:
        return self._address() | {"sockets": len(self.sockets.usable()), "opened": self.sockets.opened}

    async def _control_command(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take name, text, user, channel, and `settle`: seconds to wait for a reply."""
        settle = given.pop("settle", 0.0)
        exchange = await self.command(given.pop("name"), **given)
        if settle:
            await exchange.settle(seconds=settle)
        return _told(exchange)

    async def _control_populate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take how many `teams` to add, T0P0 and on, and how many `members` each workspace gets, U0M0 and on.

        The ids of people and channels of a workspace that is added end with P and its number.
        """
        for number in range(given["teams"]):
            self.world.add_team(f"T0P{number}", f"Place {number}")
        for team in self.world.teams.values():
            tail = "" if team is self.team else team.id.removeprefix("T0")
            for number in range(given["members"]):
                user = User(f"U0M{number}{tail}", f"member{number}", team.id)
                self.world.users[user.id] = user
                self.world.channels[f"C0GENERAL{tail}"].members.add(user.id)
        return {"teams": list(self.world.teams)}

    async def _control_install(self, given: dict[str, Any]) -> dict[str, Any]:
        """Install the app in every workspace, from the page of the bot whose `address` is given."""
        page, back = (f"{given['address']}/slack/{name}" for name in ("install", "oauth_redirect"))
        answers = [await self.install(page, team, back) for team in self.world.teams.values()]
        return {"statuses": [answer.status for answer in answers]}

    async def _control_burst(self, given: dict[str, Any]) -> dict[str, Any]:
        """Let many use a command at one moment: `asked` has name, text, user and channel of each.

        Returns, in that order, how long each waited and what it read, once all are answered, or nothing more came for
        `quiet` seconds.
        """
        self.requests.clear()
        asked = await asyncio.gather(*(self.command(**each) for each in given["asked"]))
        left, until = len(asked), time.monotonic() + given["quiet"]
        while left and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            now = sum(one.answered_in is None for one in asked)
            until = until if now == left else time.monotonic() + given["quiet"]
            left = now
        return {"asked": [_waited(one) for one in asked]}

    async def _control_mention(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take channel, text, user, thread_ts, twice, wait."""
        return _sent(await self.mention(**given))

    async def _control_dm(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take user, text, thread_ts, wait."""
        return _sent(await self.dm(**given))

    async def _control_tune(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take what to set.

        seconds_a_message, burst, per_minute, skew, ack_seconds, retry_at_once, answer_pings, answer_acks, refuse.
        """
        for name, value in given.items():
            assert name in TUNABLE, f"{name} is none of {sorted(TUNABLE)}"
            place = next(place for place in (self, self.api, self.sockets, self.world) if hasattr(place, name))
            setattr(place, name, value)
        return given

    async def _control_event(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take event, and event_id for a duplicate."""
        return _sent(await self.event(given["event"], given.get("event_id"), wait=given.get("wait", True)))

    async def _control_redeliver(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take event_id; without one, every event that is not acknowledged."""
        wanted = given.get("event_id")
        chosen = [one for one in self.deliveries if (one.event_id == wanted if wanted else not one.acknowledged)]
        for delivery in chosen:
            await delivery.again()
        return {"deliveries": [_sent(delivery) for delivery in chosen]}

    async def _control_deliveries(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"deliveries": [_sent(delivery) for delivery in self.deliveries]}

    async def _control_fail(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take method, kind, times and a fault's other fields, or share and seed for the mix."""
        if "share" in given:
            self.faults.mix(given["share"], given.get("seed", 0))
            return {"share": self.faults.share}
        return asdict(self.fail(**given))

    async def _control_drop(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"dropped": await self.sockets.drop(given.get("number"))}

    async def _control_mode(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take mode, and url for http."""
        self.mode, self.bot_url = given["mode"], given.get("url", "")
        return {"mode": self.mode}

    async def _control_messages(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take channel; without one, all of them."""
        rooms = [given["channel"]] if "channel" in given else list(self.world.channels)
        return {"messages": [asdict(message) for room in rooms for message in self.messages(room)]}

    async def _control_ephemerals(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"messages": [asdict(one) for one in self.ephemerals(given["channel"], given["user"])]}

    async def _control_requests(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take method; without one, all of them. Tokens are left out."""
        wanted = given.get("method")
        chosen = [sent for sent in self.requests if wanted in {None, sent.method}]
        return {"requests": [asdict(sent) | {"token": ""} for sent in chosen]}

    async def _control_violations(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"violations": [asdict(violation) for violation in self.violations]}

    async def _control_save(self, _: dict[str, Any]) -> dict[str, Any]:
        self.save()
        return {"saved": str(self.state)}


def _told(exchange: Exchange) -> dict[str, Any]:
    return {"ack": asdict(exchange.ack) if exchange.ack else None, "replies": exchange.replies}


def _sent(delivery: Delivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "ts": delivery.ts,
        "acknowledged": delivery.acknowledged,
        "tries": [asdict(one) for one in delivery.tries],
    }


def _waited(exchange: Exchange) -> dict[str, Any]:
    """Return how long a member waited, in seconds or None, and what was read."""
    good = exchange.ack is not None and exchange.ack.good
    return {
        "acknowledged_in": exchange.ack.seconds if exchange.ack is not None and good else None,
        "answered_in": exchange.answered_in,
        "text": "\n".join(str(reply.get("text", "")) for reply in exchange.replies),
    }
