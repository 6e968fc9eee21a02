"""What members of the local Slack do, delivered to the bot by socket or by signed request alike."""

from __future__ import annotations

import re
import secrets
from html import unescape
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.local_slack.exchange import Ack, Delivery, Exchange, Try
from tests.local_slack.limits import view_problems
from tests.local_slack.server import Server
from tests.local_slack.world import Message, Team, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.local_slack.signing import Answer

Found = tuple[dict[str, Any], dict[str, Any]]
"""A block and one of its elements."""

MOST_WAITING: Final = 1_000
"""Events kept while no socket is open; the oldest go first."""

FIELD_OF: Final = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "rich_text_input": "rich_text_value",
}
"""Which key of the state holds an element's value."""


def escaped(text: str) -> str:
    """Return what a member typed as Slack sends it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class LocalSlack(Server):
    """A workspace with people in it; `mode` says whether it reaches the bot by socket or by HTTP."""

    def __init__(self, port: int = 0, mode: Literal["socket", "http"] = "socket", bot_url: str = "") -> None:
        """Take a port (0 finds a free one), the mode, and the bot's address for HTTP (it may be set later)."""
        super().__init__(port)
        self.mode = mode
        self.http.url = bot_url
        self.ack_seconds = 3.0
        self.retry_at_once = True
        self.echo = True
        """Whether the bot gets message events for its own messages in a DM, as with message.im it does."""
        self.deliveries: list[Delivery] = []
        self._queue: list[Delivery] = []
        self.sockets.on_open = lambda: self.later(self._send_waiting())
        self.api.posted = self._echo

    @property
    def bot_url(self) -> str:
        """Where signed requests go."""
        return self.http.url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.http.url = url

    async def command(
        self,
        name: str,
        text: str = "",
        user: str = "U0ADA",
        channel: str = "C0GENERAL",
        *,
        raw: bool = False,
        **fields: str,
    ) -> Exchange:
        """Type a slash command and wait for its acknowledgement; `raw` sends the text as given, not escaped."""
        team = self._team(user, channel)
        room = self.world.channels[channel]
        hook = self.api.hook(channel, user, team.id)
        payload = {
            "token": "verification",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": "directmessage" if room.im_with else "privategroup" if room.private else room.name,
            "user_id": user,
            "user_name": self.world.users[user].name,
            "command": name,
            "text": text if raw else escaped(text),
            "api_app_id": "A0LOCAL",
            "is_enterprise_install": "false",
            "response_url": f"{self.address}/hooks/{hook.token}",
            "trigger_id": self.api.trigger(user),
            **fields,
        }
        exchange = await self._exchange("slash_commands", payload, hook)
        self._show_ack(exchange, "command's acknowledgement")
        return exchange

    async def mention(  # noqa: PLR0913 - each is one way a mention can differ
        self,
        channel: str,
        text: str,
        user: str = "U0ADA",
        thread_ts: str | None = None,
        *,
        twice: bool = False,
        raw: bool = False,
        wait: bool = True,
    ) -> Delivery:
        """Mention the bot in a channel.

        `twice` also sends the message event of the same message, under its own event id, as for an app that
        subscribes to both.
        """
        team = self._team(user, channel)
        words = f"<@{team.bot_user}> {text if raw else escaped(text)}"
        message = self.say(channel, words, user, thread_ts)
        event = self._message_event(message)
        plain = {key: value for key, value in event.items() if key not in {"channel_type", "type"}}
        delivery = await self.event({"type": "app_mention", **plain}, team=team, wait=wait)
        if twice:
            await self.event(event, team=team, wait=wait)
        return delivery

    async def edit(self, message: Message, text: str, *, mention: bool = False, changed: bool = False) -> Delivery:
        """Change the words of a member's message; with a `mention` the bot is told.

        Slack sends the mention again as an event of its own; `changed` sends what it tells of an edit instead.
        """
        team = self._team(message.user, message.channel)
        before = self._message_event(message)
        message.text = f"<@{team.bot_user}> {escaped(text)}" if mention else escaped(text)
        message.edited = True
        now = self._message_event(message) | {"edited": {"user": message.user, "ts": self.world.ts()}}
        if not changed:
            plain = {key: value for key, value in now.items() if key not in {"channel_type", "type"}}
            return await self.event({"type": "app_mention", **plain, "event_ts": self.world.ts()}, team=team)
        inside = {"message": now, "previous_message": before, "subtype": "message_changed", "hidden": True}
        place = {"channel": message.channel, "channel_type": "channel", "ts": self.world.ts()}
        return await self.event({"type": "message", **place, **inside}, team=team)

    async def dm(
        self, user: str, text: str, thread_ts: str | None = None, *, raw: bool = False, wait: bool = True
    ) -> Delivery:
        """Write to the bot directly."""
        channel = self.world.im(user)
        message = self.say(channel.id, text if raw else escaped(text), user, thread_ts)
        return await self.event(self._message_event(message), team=self.world.teams[channel.team], wait=wait)

    def say(self, channel: str, text: str, user: str = "U0BEN", thread_ts: str | None = None) -> Message:
        """Let a member write something that the bot is not told of."""
        room = self.world.channels[channel]
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        blocks = [{"type": "rich_text", "block_id": "said", "elements": [section]}]
        message = Message(channel, self.world.ts(), user, text, blocks, team=room.team, thread_ts=thread_ts or "")
        if thread_ts and (root := room.message(thread_ts)) is not None:
            root.thread_ts = root.ts
        room.messages.append(message)
        return message

    async def message_shortcut(self, callback_id: str, message: Message, user: str = "U0ADA") -> Exchange:
        """Choose a shortcut in a message's menu."""
        room = self.world.channels[message.channel]
        team = self._team(user, message.channel)
        hook = self.api.hook(message.channel, user, team.id)
        payload = self._who(user, team) | {
            "type": "message_action",
            "action_ts": self.world.ts(),
            "callback_id": callback_id,
            "trigger_id": self.api.trigger(user),
            "response_url": f"{self.address}/hooks/{hook.token}",
            "message_ts": message.ts,
            "message": message.shape(),
            "channel": {"id": room.id, "name": room.name or "directmessage"},
        }
        return await self._exchange("interactive", payload, hook)

    async def global_shortcut(self, callback_id: str, user: str = "U0ADA") -> Exchange:
        """Choose a shortcut in the lightning menu."""
        team = self._team(user)
        payload = self._who(user, team) | {
            "type": "shortcut",
            "action_ts": self.world.ts(),
            "callback_id": callback_id,
            "trigger_id": self.api.trigger(user),
        }
        return await self._exchange("interactive", payload, None)

    async def press(
        self,
        where: Message | View,
        action_id: str = "",
        user: str = "U0ADA",
        *,
        label: str = "",
        chosen: str | list[str] | None = None,
    ) -> Exchange:
        """Press a button, or choose `chosen` in a menu, found by its action_id (or its start) or its label."""
        blocks = where.blocks if isinstance(where, Message) else where.content["blocks"]
        block, element = self._element(blocks, action_id, label)
        team = self._team(user, where.channel if isinstance(where, Message) else "")
        action: dict[str, Any] = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self.world.ts(),
            **{key: element[key] for key in ("text", "value", "url", "style") if key in element},
        }
        if element["type"] != "button":
            action.pop("value", None)
            action |= _choice(element, chosen)
        return await self.act(where, action, user, team)

    async def act(
        self, where: Message | View, action: dict[str, Any], user: str = "U0ADA", team: Team | None = None
    ) -> Exchange:
        """Send any block action, such as one of an old message whose button the bot no longer knows."""
        team = team or self._team(user, where.channel if isinstance(where, Message) else "")
        payload = self._who(user, team) | {"type": "block_actions", "trigger_id": self.api.trigger(user)}
        hook = None
        if isinstance(where, Message):
            room = self.world.channels[where.channel]
            hook = self.api.hook(where.channel, user, team.id, where, where.thread_ts)
            container: dict[str, Any] = {
                "type": "message",
                "message_ts": where.ts,
                "channel_id": where.channel,
                "is_ephemeral": bool(where.visible_to),
            }
            container |= {"thread_ts": where.thread_ts} if where.thread_ts else {}
            payload |= {
                "container": container,
                "channel": {"id": where.channel, "name": room.name or "directmessage"},
                "state": {"values": {}},
                "response_url": f"{self.address}/hooks/{hook.token}",
            }
            # Slack does not say what an ephemeral message held.
            payload |= {} if where.visible_to else {"message": where.shape()}
        else:
            payload |= {"container": {"type": "view", "view_id": where.id}, "view": where.shape()}
        payload["actions"] = [action]
        return await self._exchange("interactive", payload, hook)

    async def submit_view(
        self, view: View, values: Mapping[str, Any] | None = None, user: str | None = None
    ) -> Exchange:
        """Fill in a modal by action_id and send it; what is not given stays as the view began."""
        user = user or view.user
        team = self._team(user)
        state: dict[str, dict[str, Any]] = {}
        given = dict(values or {})
        for block, element in _elements(view.content["blocks"]):
            if block["type"] != "input":
                continue
            value = given.pop(element["action_id"], _initial(element))
            key = FIELD_OF.get(element["type"], "value")
            chosen = _choice(element, value)[key] if key.startswith("selected_option") and value else value
            state[block["block_id"]] = {element["action_id"]: {"type": element["type"], key: chosen}}
        assert not given, f"the view has no inputs {sorted(given)}"
        shape = view.shape() | {"state": {"values": state}}
        payload = self._who(user, team) | {"type": "view_submission", "trigger_id": self.api.trigger(user)}
        exchange = await self._exchange("interactive", payload | {"view": shape, "response_urls": []}, None)
        exchange.view = view
        self._after_submission(exchange, view, user, team)
        return exchange

    async def close_view(self, view: View, user: str | None = None) -> Exchange | None:
        """Close a modal; the bot hears of it only when the view asks for that."""
        view.closed = True
        if not view.content.get("notify_on_close"):
            return None
        user = user or view.user
        payload = self._who(user, self._team(user)) | {"type": "view_closed", "view": view.shape(), "is_cleared": False}
        return await self._exchange("interactive", payload, None)

    async def open_home(self, user: str = "U0ADA", tab: str = "home", *, wait: bool = True) -> Delivery:
        """Open the app's home, or its messages tab, which is how an agent's conversation opens."""
        home = self.home(user)
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.world.im(user).id,
            "tab": tab,
            "event_ts": self.world.ts(),
        }
        event |= {"view": home.shape()} if home is not None and tab == "home" else {}
        return await self.event(event, team=self._team(user), wait=wait)

    async def assistant_thread(self, user: str = "U0ADA", channel: str = "C0GENERAL") -> Delivery:
        """Open a thread in the older assistant view, looking at a channel."""
        room = self.world.im(user)
        thread = {
            "user_id": user,
            "channel_id": room.id,
            "thread_ts": self.say(room.id, "New chat", user).ts,
            "context": {"channel_id": channel, "team_id": room.team, "enterprise_id": None},
        }
        event = {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": self.world.ts()}
        return await self.event(event, team=self.world.teams[room.team])

    async def uninstall(self, team: Team | None = None) -> Delivery:
        """Remove the app from a workspace: its token stops working and the bot is told."""
        team = team or self.team
        team.refused = "account_inactive"
        await self.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot_user]}}, team=team)
        return await self.event({"type": "app_uninstalled"}, team=team)

    async def revoke_tokens(self, team: Team | None = None) -> Delivery:
        """Revoke a workspace's bot token and tell the bot."""
        team = team or self.team
        team.refused = "token_revoked"
        return await self.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot_user]}}, team=team)

    async def install(self, page: str, team: Team, redirect_uri: str = "") -> Answer:
        """Install the app in a workspace from the bot's install page, as an admin does who agrees to everything.

        Returns what the bot answers when the admin comes back to `redirect_uri` (or the one the page names).
        """
        began = await self.http.get(page)
        found = re.search(r"https://[^\"'\s]*/oauth/v2/authorize\?[^\"'\s]*", began.headers.get("Location", began.text))
        assert found is not None, f"the install page leads nowhere: {began.status} {began.text[:200]}"
        asked = dict(parse_qsl(urlsplit(unescape(found.group())).query))
        assert asked["client_id"] == self.api.client_id
        team.scopes, team.refused = set(asked["scope"].split(",")), ""
        code = secrets.token_hex(8)
        self.api.codes[code] = team.id
        back = redirect_uri or asked["redirect_uri"]
        answer = urlencode({"code": code, "state": asked.get("state", "")})
        return await self.http.get(f"{back}?{answer}", began.headers.get("Set-Cookie", "").partition(";")[0])

    async def event(
        self,
        event: dict[str, Any],
        event_id: str | None = None,
        *,
        team: Team | None = None,
        wait: bool = True,
        everywhere: bool = False,
    ) -> Delivery:
        """Send any event; the same `event_id` twice is a duplicate. `everywhere` sends it over every socket at once.

        Waits for the acknowledgement, and delivers once more at once when there is none in time.
        """
        team = team or self.team
        event_id = event_id or self.world.new_id("Ev")
        event.setdefault("event_ts", self.world.ts())
        body = {
            "token": "verification",
            "team_id": team.id,
            "context_team_id": team.id,
            "api_app_id": "A0LOCAL",
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self.world.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team.id,
                    "user_id": team.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": self._is_shared(event),
            "event_context": f"4-{event_id}",
        }
        delivery = Delivery(event_id, body, self._again)
        self.deliveries.append(delivery)
        work = self._send_everywhere(delivery) if everywhere else self._first(delivery)
        if wait:
            await work
        else:
            self.later(work)
        return delivery

    async def _first(self, delivery: Delivery) -> None:
        await self._try(delivery, "")
        if delivery.acknowledged or delivery.waiting or not self.retry_at_once:
            return
        ack = delivery.tries[-1].ack
        if ack is None or ack.retry:
            await self._again(delivery, "timeout" if ack is None else "http_error")

    async def _again(self, delivery: Delivery, reason: str) -> None:
        await self._try(delivery, reason)

    async def _try(self, delivery: Delivery, reason: str) -> None:
        if self.mode == "socket" and not self.sockets.usable():
            delivery.waiting = True
            self._queue.append(delivery)
            del self._queue[:-MOST_WAITING]
            return
        one = Try(self.world.now(), len(delivery.tries), reason)
        delivery.tries.append(one)
        one.ack = await self._send("events_api", delivery.body, one.number, reason)
        self.changes.happened()

    async def _send_everywhere(self, delivery: Delivery) -> None:
        for socket in self.sockets.usable():
            one = Try(self.world.now(), 0, "")
            delivery.tries.append(one)
            self.later(self._over(socket.number, delivery, one))
        await self.until(lambda: all(one.ack is not None for one in delivery.tries), self.ack_seconds, "every ack")

    async def _over(self, number: int, delivery: Delivery, one: Try) -> None:
        socket = next(socket for socket in self.sockets.open if socket.number == number)
        one.ack = await self.sockets.send_over(socket, "events_api", delivery.body, seconds=self.ack_seconds)
        self.changes.happened()

    async def _send_waiting(self) -> None:
        waiting, self._queue = self._queue, []
        for delivery in waiting:
            delivery.waiting = False
            await self._first(delivery)

    async def _send(self, kind: str, payload: dict[str, Any], number: int = 0, reason: str = "") -> Ack | None:
        if self.mode == "http":
            retry = (number, reason) if number else None
            return await self.http.deliver(kind, payload, retry, self.ack_seconds)
        return await self.sockets.send(kind, payload, (number, reason), self.ack_seconds)

    async def _exchange(self, kind: str, payload: dict[str, Any], hook: Any) -> Exchange:
        exchange = Exchange(payload, hook, self.until, first_request=len(self.requests))
        exchange.ack = await self._send(kind, payload)
        return exchange

    def _show_ack(self, exchange: Exchange, where: str) -> None:
        """Show what came with the acknowledgement, as Slack does with its text and blocks."""
        body = exchange.ack.body if exchange.ack else None
        if isinstance(body, dict) and exchange.hook is not None and {"text", "blocks"} & set(body):
            self.api.place(where, body)
            self.api.show(exchange.hook, body)

    def _after_submission(self, exchange: Exchange, view: View, user: str, team: Team) -> None:
        """Do what the acknowledgement of a submission asks for."""
        if exchange.ack is None or not exchange.ack.good:
            return
        body: dict[str, Any] = exchange.ack.body if isinstance(exchange.ack.body, dict) else {}
        action = body.get("response_action", "clear")
        if action in {"update", "push"} and (problems := view_problems(body.get("view"))):
            for problem in problems:
                self.api.note("view_submission", problem, "invalid_arguments")
            return
        match action:
            case "errors":
                exchange.errors = dict(body["errors"])
                for block_id in set(exchange.errors) - {block.get("block_id") for block in view.content["blocks"]}:
                    self.api.note("view_submission", f"an error for a block that is not there: {block_id}")
            case "update":
                self.api.replace_view(view, body["view"])
            case "push":
                exchange.view = self.api.new_view(user, team.id, body["view"])
            case _:
                view.closed = True

    def _echo(self, message: Message) -> None:
        room = self.world.channels[message.channel]
        if self.echo and room.im_with:
            event = message.shape() | {"channel": room.id, "channel_type": "im"}
            self.later(self._echoed(event, self.world.teams[room.team]))

    async def _echoed(self, event: dict[str, Any], team: Team) -> None:
        if self.mode == "http" or self.sockets.usable():
            await self.event(event, team=team)

    def _message_event(self, message: Message) -> dict[str, Any]:
        room = self.world.channels[message.channel]
        kind = "im" if room.im_with else "group" if room.private else "channel"
        event = message.shape() | {"channel": room.id, "channel_type": kind, "event_ts": message.ts}
        if message.thread_ts and (root := room.message(message.thread_ts)) is not None:
            event["parent_user_id"] = root.user
        return event

    def _is_shared(self, event: dict[str, Any]) -> bool:
        room = self.world.channels.get(str(event.get("channel", "")))
        return room is not None and room.shared

    def _team(self, user: str, channel: str = "") -> Team:
        if channel:
            return self.world.team_of(channel)
        return self.world.teams.get(self.world.users[user].team, self.team)

    def _who(self, user: str, team: Team) -> dict[str, Any]:
        person = self.world.users[user]
        return {
            "user": {"id": user, "username": person.name, "name": person.name, "team_id": person.team},
            "api_app_id": "A0LOCAL",
            "token": "verification",
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _element(self, blocks: list[dict[str, Any]], action_id: str, label: str) -> Found:
        found = list(_elements(blocks))
        for block, element in found:
            exact = bool(action_id) and element.get("action_id") == action_id
            if exact or (label and element.get("text", {}).get("text") == label):
                return block, element
        for block, element in found:
            if action_id and str(element.get("action_id", "")).startswith(action_id):
                return block, element
        there = [(element.get("action_id"), element.get("text", {}).get("text")) for _, element in found]
        message = f"nothing to press by {action_id or label!r}; there are {there}"
        raise AssertionError(message)


def _elements(blocks: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield every element a member can use, with its block."""
    for block in blocks:
        if block["type"] in {"actions", "context_actions"}:
            yield from ((block, element) for element in block["elements"])
        for name in ("accessory", "element"):
            if isinstance(block.get(name), dict) and block[name]["type"] != "image":
                yield block, block[name]


def _choice(element: dict[str, Any], chosen: object) -> dict[str, Any]:
    """Return what a chosen value looks like in a payload."""
    key = FIELD_OF.get(element["type"], "value")
    if not key.startswith("selected_option"):
        return {key: chosen}
    options = {option["value"]: option for option in element.get("options", [])}
    if key == "selected_options":
        values = chosen if isinstance(chosen, list) else [chosen] if chosen else []
        return {key: [options[str(value)] for value in values]}
    return {key: options[str(chosen)] if chosen is not None else None}


def _initial(element: dict[str, Any]) -> Any:
    """Return the value an input starts with."""
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    starts = (key for key in element if key.startswith("initial_"))
    return next((element[key] for key in starts), None)
