"""The Web API methods: what each needs, does and answers. Pure of transport: payloads in, answers out."""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tests.local_slack.limits import (
    MESSAGE_TEXT,
    UPDATE_BYTES,
    block_problems,
    markup_notes,
    too_long,
    unknown,
    view_problems,
)
from tests.local_slack.world import Channel, Message, Team, View, Violation, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 30 * 60
TRIGGER_SECONDS: Final = 3.0
MINUTE: Final = 60.0

FORM_ONLY: Final = frozenset(
    {
        "bots.info",
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.members",
        "conversations.replies",
        "oauth.v2.access",
        "team.info",
        "users.info",
    }
)
"""Methods that do not read a JSON body (Slack's archived OpenAPI description, `consumes`)."""

SCOPES: Final[Mapping[str, str]] = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.open": "im:write",
    "users.info": "users:read",
    "bots.info": "users:read",
    "team.info": "team:read",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
}
CHANNEL_SCOPES: Final[Mapping[str, str]] = {
    "conversations.history": "history",
    "conversations.replies": "history",
    "conversations.info": "read",
    "conversations.members": "read",
}


class Refusal(Exception):  # noqa: N818 - Slack's word for it is an error; here it is an answer
    """An `ok: false` answer."""

    def __init__(self, error: str, *reasons: str, **more: Any) -> None:
        """Take Slack's name of the error, and sentences that say where."""
        super().__init__(error, *reasons)
        self.error = error
        self.reasons = list(reasons)
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.reasons:
            body["errors"] = self.reasons
            body["response_metadata"] = {"messages": [f"[ERROR] {reason}" for reason in self.reasons]}
        return body


def refuse(error: str, *reasons: str, **more: Any) -> NoReturn:
    """Answer `ok: false`."""
    raise Refusal(error, *reasons, **more)


@dataclass
class Hook:
    """One response_url: where it came from, how often and until when it may be used."""

    token: str
    channel: str
    user: str
    team: str
    born: float
    source: Message | None = None
    thread_ts: str = ""
    uses: int = 0
    payloads: list[dict[str, Any]] = field(default_factory=list)
    used: float | None = None
    """When it was first used, by the monotonic clock."""


class Api:
    """The methods over one world."""

    def __init__(self, world: World) -> None:
        """Take the state that the methods read and change."""
        self.world = world
        self.app_token = f"xapp-local-{secrets.token_hex(8)}"
        self.client_id = "1000.2000"
        self.client_secret = secrets.token_hex(16)
        self.signing_secret = secrets.token_hex(16)
        self.link = ""
        """Where sockets are opened; the server knows."""
        self.codes: dict[str, str] = {}
        self.triggers: dict[str, tuple[float, str]] = {}
        self.hooks: dict[str, Hook] = {}
        self.tickets: set[str] = set()
        self.socket_mode = True
        self.seconds_a_message = 0.0
        """Least time between two posts in one channel; 0 is no limit. Slack documents 1."""
        self.burst = 1
        self.per_minute: dict[str, int] = {}
        """How many calls of a method a workspace may make in a minute, such as 50 for chat.update."""
        self.unknown_kinds: set[str] = set()
        """Blocks and elements that the workspace does not know yet, such as `citation`; they are refused."""
        self.posted: Callable[[Message], None] = lambda _: None
        self._paces: dict[str, deque[float]] = {}
        self._methods: dict[str, Callable[[Team, dict[str, Any]], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "auth.revoke": self._auth_revoke,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._channel_info,
            "conversations.open": self._open_im,
            "conversations.members": self._members,
            "users.info": self._user_info,
            "team.info": self._team_info,
            "bots.info": self._bot_info,
            "views.open": self._view_open,
            "views.push": self._view_open,
            "views.update": self._view_update,
            "views.publish": self._view_publish,
            "assistant.threads.setSuggestedPrompts": self._prompts,
            "assistant.threads.setStatus": self._status,
            "assistant.threads.setTitle": self._status,
        }

    def call(self, method: str, token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Do one method's work and return its answer; raises Refusal.

        A Refusal for what a payload holds is kept as a violation.
        """
        if method == "api.test":
            return {"ok": True, "args": payload}
        if method == "apps.connections.open":
            return self._connection(token)
        if method == "oauth.v2.access":
            return self._access(payload)
        team = self.team_of(token)
        work = self._methods.get(method)
        if work is None:
            self.note(method, "no such method", "unknown_method")
            refuse("unknown_method", req_method=method)
        needed = SCOPES.get(method, "")
        if method in CHANNEL_SCOPES and payload.get("channel") in self.world.channels:
            needed = f"{self.world.channels[payload['channel']].scope}:{CHANNEL_SCOPES[method]}"
        if needed and needed not in team.scopes:
            refuse("missing_scope", needed=needed, provided=",".join(sorted(team.scopes)))
        self._tier(method, team)
        try:
            return {"ok": True, **work(team, {"method": method, **payload})}
        except Refusal as refusal:
            for reason in refusal.reasons or [refusal.error]:
                self.note(method, reason, refusal.error)
            raise

    def team_of(self, token: str) -> Team:
        """Return the workspace of a bot token; raises Refusal."""
        if not token:
            refuse("not_authed")
        if token == self.app_token:
            refuse("not_allowed_token_type")
        for team in self.world.teams.values():
            if token == team.bot_token:
                if team.refused:
                    refuse(team.refused)
                return team
        refuse("invalid_auth")

    def note(self, where: str, what: str, error: str = "") -> None:
        """Keep something the bot should not have sent."""
        self.world.violations.append(Violation(where, what, error))

    def trigger(self, user: str) -> str:
        """Return a new trigger_id: for one view, within three seconds."""
        trigger = f"{len(self.triggers) + 1}.{secrets.token_hex(6)}"
        self.triggers[trigger] = (time.monotonic(), user)
        return trigger

    def hook(self, channel: str, user: str, team: str, source: Message | None = None, thread_ts: str = "") -> Hook:
        """Return a new response_url's record."""
        hook = Hook(secrets.token_hex(12), channel, user, team, time.monotonic(), source, thread_ts)
        self.hooks[hook.token] = hook
        return hook

    def respond(self, token: str, payload: dict[str, Any]) -> None:
        """Take one post to a response_url; raises Refusal."""
        hook = self.hooks.get(token)
        if hook is None:
            self.note("response_url", "no such address", "expired_url")
            refuse("expired_url")
        if time.monotonic() - hook.born > RESPONSE_URL_SECONDS:
            self.note("response_url", "older than 30 minutes", "expired_url")
            refuse("expired_url")
        if hook.uses >= RESPONSE_URL_USES:
            self.note("response_url", "used more than five times", "used_url")
            refuse("used_url")
        hook.uses += 1
        hook.used = hook.used or time.monotonic()
        hook.payloads.append(payload)
        if payload.get("delete_original"):
            self._forget(hook)
            return
        self._check("response_url", payload)
        self.show(hook, payload)

    def show(self, hook: Hook, payload: dict[str, Any]) -> None:
        """Put a reply where members see it: instead of its source, in the channel, or for its reader only."""
        if payload.get("replace_original") and hook.source is not None:
            self._overwrite(hook.source, payload)
            return
        team = self.world.teams[hook.team]
        message = self._message(team, hook.channel, payload)
        message.thread_ts = str(payload.get("thread_ts") or "")
        channel = self.world.channels[hook.channel]
        if payload.get("response_type") == "in_channel":
            channel.messages.append(message)
        else:
            message.visible_to = hook.user
            channel.ephemerals.append(message)

    def place(self, where: str, payload: Mapping[str, Any]) -> None:
        """Check a message's payload that came by another way, such as an acknowledgement; keep what is wrong."""
        try:
            self._check(where, payload)
        except Refusal as refusal:
            for reason in refusal.reasons or [refusal.error]:
                self.note(where, reason, refusal.error)

    def new_view(self, user: str, team: str, content: dict[str, Any]) -> View:
        """Return a view that a member now sees, with ids for the blocks that have none."""
        shown = content | {"blocks": self._with_ids(content.get("blocks") or [])}
        view = View(self.world.new_id("V"), user, team, shown, secrets.token_hex(4))
        self.world.views[view.id] = view
        return view

    def replace_view(self, view: View, content: dict[str, Any]) -> None:
        """Give a view new content."""
        view.content = content | {"blocks": self._with_ids(content.get("blocks") or [])}
        view.hash = secrets.token_hex(4)

    def check_view(self, content: object) -> dict[str, Any]:
        """Return a view's content; raises Refusal for what Slack refuses."""
        problems = view_problems(content) + unknown(content, self.unknown_kinds, "view")
        if problems or not isinstance(content, dict):
            refuse("invalid_arguments", *problems)
        for note in markup_notes(content):
            self.note("view", note)
        return content

    def _connection(self, token: str) -> dict[str, Any]:
        if token != self.app_token:
            known = any(token == team.bot_token for team in self.world.teams.values())
            refuse("not_allowed_token_type" if known else "invalid_auth" if token else "not_authed")
        if not self.socket_mode:
            refuse("forbidden")
        ticket = secrets.token_hex(12)
        self.tickets.add(ticket)
        return {"ok": True, "url": f"{self.link}?ticket={ticket}&app_id=A0LOCAL"}

    def _access(self, payload: dict[str, Any]) -> dict[str, Any]:
        given = (payload.get("client_id"), payload.get("client_secret"))
        if given[0] != self.client_id:
            refuse("invalid_client_id")
        if given[1] != self.client_secret:
            refuse("bad_client_secret")
        team_id = self.codes.pop(str(payload.get("code")), None)
        if team_id is None:
            refuse("invalid_code")
        team = self.world.teams[team_id]
        return {
            "ok": True,
            "app_id": "A0LOCAL",
            "authed_user": {"id": f"U0ADMIN{team.bot_user.removeprefix('U0BOT')}"},
            "scope": ",".join(sorted(team.scopes)),
            "token_type": "bot",
            "access_token": team.bot_token,
            "bot_user_id": team.bot_user,
            "team": {"id": team.id, "name": team.name},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _auth_test(self, team: Team, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": f"https://{team.domain}.slack.com/",
            "team": team.name,
            "user": "verbatim",
            "team_id": team.id,
            "user_id": team.bot_user,
            "bot_id": team.bot_id,
            "is_enterprise_install": False,
            **({"enterprise_id": team.enterprise} if team.enterprise else {}),
        }

    def _auth_revoke(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        if str(payload.get("test", "")).lower() not in {"1", "true"}:
            team.refused = "token_revoked"
            return {"revoked": True}
        return {"revoked": False}

    def _post_message(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(team, payload)
        self._check("chat.postMessage", payload)
        self._pace(channel.id)
        message = self._message(team, channel.id, payload)
        self._thread(message, channel, payload)
        channel.messages.append(message)
        self.posted(message)
        return {"channel": channel.id, "ts": message.ts, "message": message.shape(metadata=True)}

    def _post_ephemeral(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(team, payload)
        self._check("chat.postEphemeral", payload)
        user = str(payload.get("user", ""))
        if user not in channel.members:
            refuse("user_not_in_channel")
        message = self._message(team, channel.id, payload)
        message.visible_to = user
        message.thread_ts = str(payload.get("thread_ts") or "")
        channel.ephemerals.append(message)
        return {"message_ts": message.ts}

    def _update(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel, message = self._own(team, payload, "cant_update_message")
        self._check("chat.update", payload)
        size = len((payload.get("text") or "").encode())
        if size > UPDATE_BYTES:
            refuse("msg_too_long", f"text: {size} bytes; {UPDATE_BYTES} are allowed in chat.update")
        self._overwrite(message, payload)
        return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.shape(metadata=True)}

    def _delete(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel, message = self._own(team, payload, "cant_delete_message")
        channel.messages.remove(message)
        channel.gone.append(message.ts)
        return {"channel": channel.id, "ts": message.ts}

    def _permalink(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel = self._seen(team, payload)
        message = channel.message(str(payload.get("message_ts", "")))
        if message is None:
            refuse("message_not_found")
        path = f"https://{team.domain}.slack.example/archives/{channel.id}/p{message.ts.replace('.', '')}"
        thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts not in {"", message.ts} else ""
        return {"channel": channel.id, "permalink": f"{path}{thread}"}

    def _history(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel = self._readable(team, payload)
        shown = [message for message in channel.messages if not message.thread_ts or message.thread_ts == message.ts]
        return self._page(list(reversed(shown)), payload) | {"pin_count": 0}

    def _replies(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        channel = self._readable(team, payload)
        root = str(payload.get("ts", ""))
        if channel.message(root) is None:
            refuse("thread_not_found")
        thread = [message for message in channel.messages if root in {message.ts, message.thread_ts}]
        return self._page(thread, payload, kept=root)

    def _channel_info(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        return {"channel": self._seen(team, payload).shape(team.bot_user)}

    def _open_im(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        user = str(payload.get("users", ""))
        if not user:
            refuse("users_list_not_supplied")
        if user not in self.world.users or self.world.users[user].deleted:
            refuse("user_not_found")
        return {"channel": self.world.im(user).shape(team.bot_user) | {"id": self.world.im(user).id}}

    def _members(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        members = sorted(self._seen(team, payload).members)
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def _user_info(self, _: Team, payload: dict[str, Any]) -> dict[str, Any]:
        user = self.world.users.get(str(payload.get("user", "")))
        if user is None:
            refuse("user_not_found")
        return {"user": user.shape()}

    def _team_info(self, team: Team, _: dict[str, Any]) -> dict[str, Any]:
        return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}

    def _bot_info(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("bot", team.bot_id) != team.bot_id:
            refuse("bot_not_found")
        return {"bot": {"id": team.bot_id, "app_id": "A0LOCAL", "user_id": team.bot_user, "name": "verbatim"}}

    def _view_open(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        trigger = str(payload.get("trigger_id", ""))
        born, user = self.triggers.get(trigger, (None, ""))
        if born is None:
            refuse("invalid_trigger_id")
        if not user:
            refuse("exchanged_trigger_id")
        if time.monotonic() - born > TRIGGER_SECONDS:
            refuse("expired_trigger_id")
        content = self.check_view(payload.get("view"))
        if content["type"] != "modal":
            refuse("invalid_arguments", "view/type: only a modal can be opened")
        self.triggers[trigger] = (born, "")
        return {"view": self.new_view(user, team.id, content).shape()}

    def _view_update(self, _: Team, payload: dict[str, Any]) -> dict[str, Any]:
        view = self.world.views.get(str(payload.get("view_id", "")))
        external = payload.get("external_id")
        if view is None and external:
            shown = self.world.views.values()
            view = next((one for one in shown if one.content.get("external_id") == external), None)
        if view is None or view.closed:
            refuse("not_found")
        if payload.get("hash") not in {None, view.hash}:
            refuse("hash_conflict")
        self.replace_view(view, self.check_view(payload.get("view")))
        return {"view": view.shape()}

    def _view_publish(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        user = str(payload.get("user_id", ""))
        if user not in self.world.users:
            refuse("invalid_arguments", "user_id: no such user")
        content = self.check_view(payload.get("view"))
        if content["type"] != "home":
            refuse("invalid_arguments", "view/type: only a home tab can be published")
        home = self.world.homes.get(user)
        if home is not None and payload.get("hash") not in {None, home.hash}:
            refuse("hash_conflict")
        if home is None:
            self.world.homes[user] = home = self.new_view(user, team.id, content)
        else:
            self.replace_view(home, content)
        return {"view": home.shape()}

    def _prompts(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        self._seen(team, {"channel": payload.get("channel_id"), "method": payload["method"]})
        prompts = payload.get("prompts")
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
            refuse("invalid_arguments", "prompts: between one and four")
        if not all(isinstance(prompt, dict) and set(prompt) == {"title", "message"} for prompt in prompts):
            refuse("invalid_arguments", "prompts: each has a title and a message")
        self.world.prompts.append(payload)
        return {}

    def _status(self, team: Team, payload: dict[str, Any]) -> dict[str, Any]:
        self._seen(team, {"channel": payload.get("channel_id"), "method": payload["method"]})
        if not payload.get("thread_ts"):
            refuse("invalid_arguments", "thread_ts: missing")
        self.world.statuses.append(payload)
        return {}

    def _seen(self, team: Team, payload: dict[str, Any]) -> Channel:
        """Return a channel that the bot can see: public, or one it is in."""
        channel = self.world.channels.get(str(payload.get("channel", "")))
        hidden = channel is not None and (channel.private or channel.im_with) and team.bot_user not in channel.members
        if channel is None or hidden or channel.team != team.id:
            refuse("channel_not_found")
        return channel

    def _readable(self, team: Team, payload: dict[str, Any]) -> Channel:
        channel = self._seen(team, payload)
        if team.bot_user not in channel.members:
            refuse("not_in_channel")
        return channel

    def _writable(self, team: Team, payload: dict[str, Any]) -> Channel:
        name = str(payload.get("channel", ""))
        if name in self.world.users:
            payload["channel"] = self.world.im(name).id
        channel = self._seen(team, payload)
        if channel.archived:
            refuse("is_archived")
        if team.bot_user not in channel.members:
            refuse("not_in_channel")
        return channel

    def _own(self, team: Team, payload: dict[str, Any], refusal: str) -> tuple[Channel, Message]:
        channel = self._seen(team, payload)
        message = channel.message(str(payload.get("ts", "")))
        if message is None:
            refuse("message_not_found")
        if message.bot_id != team.bot_id:
            refuse(refusal)
        return channel, message

    def _check(self, where: str, payload: Mapping[str, Any]) -> None:
        """Refuse what Slack refuses in a message; note what would harm a reader."""
        text, blocks = payload.get("text") or "", payload.get("blocks") or []
        if not text and not blocks and not payload.get("attachments"):
            refuse("no_text")
        if not isinstance(text, str):
            refuse("invalid_arguments", "text: not a text")
        if len(text) > MESSAGE_TEXT:
            reason = f"text: {len(text)} characters; {MESSAGE_TEXT} are allowed"
            refuse("msg_too_long", reason)
        problems = block_problems(blocks) + unknown(blocks, self.unknown_kinds)
        if problems:
            refuse("invalid_blocks", *problems)
        if too_long(blocks):
            refuse("msg_blocks_too_long")
        metadata = payload.get("metadata")
        if metadata is not None and not (
            isinstance(metadata, dict)
            and isinstance(metadata.get("event_type"), str)
            and isinstance(metadata.get("event_payload"), dict)
        ):
            refuse("invalid_metadata_format")
        if blocks and not text:
            self.note(where, "blocks without a top-level text: screen readers and notifications have nothing to read")
        for note in markup_notes(payload):
            self.note(where, note)

    def _pace(self, channel: str) -> None:
        """Refuse a post that comes too soon after the last ones of its channel."""
        if not self.seconds_a_message:
            return
        posts = self._paces.setdefault(channel, deque(maxlen=self.burst))
        now = time.monotonic()
        if len(posts) == self.burst and now - posts[0] < self.seconds_a_message * self.burst:
            refuse("ratelimited", retry_after=max(1, round(self.seconds_a_message)))
        posts.append(now)

    def _tier(self, method: str, team: Team) -> None:
        """Refuse a call beyond its method's number a minute."""
        limit = self.per_minute.get(method)
        if limit is None:
            return
        calls = self._paces.setdefault(f"{team.id} {method}", deque(maxlen=limit))
        now = time.monotonic()
        if len(calls) == limit and now - calls[0] < MINUTE:
            refuse("ratelimited", retry_after=max(1, round(MINUTE - now + calls[0])))
        calls.append(now)

    def _message(self, team: Team, channel: str, payload: dict[str, Any]) -> Message:
        sent = {key: value for key, value in payload.items() if key != "method"}
        return Message(
            channel,
            self.world.ts(),
            team.bot_user,
            str(payload.get("text") or ""),
            self._with_ids(payload.get("blocks") or []),
            bot_id=team.bot_id,
            team=team.id,
            metadata=payload.get("metadata") or {},
            attachments=payload.get("attachments") or [],
            payload=sent,
        )

    def _thread(self, message: Message, channel: Channel, payload: dict[str, Any]) -> None:
        root = str(payload.get("thread_ts") or "")
        if not root:
            return
        parent = channel.message(root)
        if parent is None:
            refuse("thread_not_found")
        parent.thread_ts = parent.ts
        message.thread_ts = root

    def _overwrite(self, message: Message, payload: dict[str, Any]) -> None:
        """Edit a message; a text without blocks takes the old blocks away, as chat.update does."""
        message.text = str(payload.get("text") or "")
        message.blocks = self._with_ids(payload.get("blocks") or [])
        message.metadata = payload.get("metadata") or message.metadata
        message.payload = {key: value for key, value in payload.items() if key != "method"}
        message.edited = True

    def _forget(self, hook: Hook) -> None:
        if hook.source is None:
            return
        channel = self.world.channels[hook.channel]
        for place in (channel.messages, channel.ephemerals):
            if hook.source in place:
                place.remove(hook.source)

    def _with_ids(self, blocks: list[Any]) -> list[dict[str, Any]]:
        """Return the blocks with an id each, as Slack gives them."""
        named: list[dict[str, Any]] = json.loads(json.dumps(blocks))
        for block in named:
            block.setdefault("block_id", secrets.token_hex(3))
            for element in [*(block.get("elements") or []), block.get("accessory"), block.get("element")]:
                if isinstance(element, dict) and block["type"] != "rich_text" and element.get("type") != "image":
                    if element.get("type") in {"plain_text", "mrkdwn"}:
                        continue
                    element.setdefault("action_id", secrets.token_hex(3))
        return named

    def _page(self, found: list[Message], payload: dict[str, Any], kept: str = "") -> dict[str, Any]:
        """Return one page: between oldest and latest, from the cursor, at most `limit`; `kept` is always in it."""
        oldest, latest = (self._moment(payload, name) for name in ("oldest", "latest"))
        inclusive = _truth(payload.get("inclusive"))

        def inside(message: Message) -> bool:
            if message.ts == kept:
                return True
            if inclusive and message.ts in {payload.get("oldest"), payload.get("latest")}:
                return True
            return (oldest is None or float(message.ts) > oldest) and (latest is None or float(message.ts) < latest)

        inner = [message for message in found if inside(message)]
        cursor = str(payload.get("cursor") or "")
        if cursor and not cursor.removeprefix("next:").isdigit():
            refuse("invalid_cursor")
        start = int(cursor.removeprefix("next:") or 0)
        try:
            limit = min(int(payload.get("limit") or 100), 999)
        except ValueError:
            refuse("invalid_limit")
        metadata = _truth(payload.get("include_all_metadata"))
        more = start + limit < len(inner)
        replies = {message.thread_ts for message in self.world.channels[str(payload["channel"])].messages}
        answer = []
        for message in inner[start : start + limit]:
            shape = message.shape(metadata=metadata)
            if message.ts in replies:
                thread = [one for one in self.world.channels[message.channel].messages if one.thread_ts == message.ts]
                shape |= {"thread_ts": message.ts, "reply_count": len(thread) - (message in thread)}
            answer.append(shape)
        body: dict[str, Any] = {"messages": answer, "has_more": more}
        return body | {"response_metadata": {"next_cursor": f"next:{start + limit}" if more else ""}}

    def _moment(self, payload: dict[str, Any], name: str) -> float | None:
        value = payload.get(name)
        if value in {None, ""}:
            return None
        try:
            return float(str(value))
        except ValueError:
            refuse(f"invalid_ts_{name}")


def _truth(value: object) -> bool:
    return str(value).lower() in {"1", "true"}
