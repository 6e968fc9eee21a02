"""Reading what Slack sends: a payload in, what a member asked and where, out; pure, and total over any JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.contract import LONGEST_MESSAGE, Line, Reference, Use, format_line, parse_line

if TYPE_CHECKING:
    from bot.contract import Lines

__all__ = [
    "NAME",
    "Inquiry",
    "Team",
    "Way",
    "inquiry_from",
    "installed_by",
    "read_action",
    "read_event",
    "read_parent",
    "read_setup",
    "read_shortcut",
    "read_slash",
    "read_team",
    "read_text",
    "read_view",
]

EDITED_WITHIN = 3600.0
"""Seconds after which an edit makes no message a question any more: nobody waits for an answer to it."""

NAME = "slack"
"""What `Channel.platform` says of its channels."""


Team = tuple[str, str]
"""The ids of a workspace and of the organisation it belongs to, "" where there is none."""


class Way(StrEnum):
    """How a member asked, and so where the answer goes."""

    SLASH = "slash"
    MENTION = "mention"
    DIRECT = "direct"
    BUTTON = "button"
    OWN_BUTTON = "own-button"
    SHARE = "share"
    SHORTCUT = "shortcut"
    MODAL = "modal"
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One thing a member asked: `line` as typed, or `command` with `line` as its free words.

    `overlong` is the length (characters) of a text that is longer than is read, and so is not in `line`; else 0.
    `enterprise` is the organisation of an Enterprise workspace; `home_team` the asker's own workspace or organisation;
    `thread` is the thread the answer belongs to, "" outside one; `asked_in` the thread the question stood in; `view` is
    a modal's id; `id` names the request for answering it once; `edited` says that an edit made it a question. `about`
    is the timestamp of the message whose menu was used. What is to be shared is named by `line`.
    """

    way: Way
    id: str
    team: str
    channel: str
    user: str
    line: str
    command: str = ""
    thread: str = ""
    asked_in: str = ""
    ts: str = ""
    reply_url: str = ""
    view: str = ""
    home_team: str = ""
    enterprise: str = ""
    overlong: int = 0
    edited: bool = False
    about: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The ids under which this message may also arrive: a mention comes once more as a message."""
        return (f"{self.channel}:{self.ts}",) if self.ts else ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON for the inbox."""
        return dataclasses.asdict(self)


def inquiry_from(kept: Mapping[str, Any]) -> Inquiry | None:
    """Return what `Inquiry.as_json` gave; None for anything else."""
    names = {field.name for field in dataclasses.fields(Inquiry)}
    try:
        return Inquiry(**{name: value for name, value in kept.items() if name in names} | {"way": Way(kept["way"])})
    except (KeyError, TypeError, ValueError):
        return None


_LINK = re.compile(r"<((?:https?://|mailto:)[^|<>]*+)(?:\|([^<>]*+))?>")
_PERSON = re.compile(r"<@([UW]\w*+)(?:\|([^<>]*+))?>")
_GROUP = re.compile(r"<!(?:subteam\^\w++(?:\|@?([^<>]*+))?|(\w++)[^<>]*+)>")
_FIRST_MENTION = re.compile(r"\A\s*<@[UW]\w*(?:\|[^<>]*)?>")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_text(text: str) -> str:
    """Return text as its writer typed it: links and people as their words, entities as characters.

    Channels stay as `<#C123|name>`, which the grammar's channel options read.
    """
    text = _LINK.sub(lambda found: found[2] or found[1], text)
    text = _PERSON.sub(lambda found: f"@{found[2]}" if found[2] else "", text)
    text = _GROUP.sub(lambda found: f"@{found[1] or found[2] or ''}", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _SURROGATE.sub("\ufffd", text).strip()


def _door(*texts: str) -> int:
    """Return the length of texts that are together longer than is read, 0 for others."""
    length = sum(map(len, texts))
    return length if length > LONGEST_MESSAGE else 0


def read_slash(body: Mapping[str, Any], prefix: str) -> Inquiry | None:
    """Read a slash command; its name loses the workspace's prefix."""
    name = _str(body, "command").removeprefix("/").removeprefix(prefix)
    if not name or not _str(body, "user_id"):
        return None
    text = _str(body, "text")
    overlong = _door(name, text)
    return Inquiry(
        Way.SLASH,
        id=_id(body, name, text),
        team=_str(body, "team_id"),
        channel=_str(body, "channel_id"),
        user=_str(body, "user_id"),
        line="" if overlong else f"/{name} {read_text(text)}".strip(),
        overlong=overlong,
        reply_url=_str(body, "response_url"),
        home_team=_str(body, "team_id"),
        enterprise=_str(body, "enterprise_id"),
    )


def read_event(body: Mapping[str, Any]) -> Inquiry | None:
    """Read an event a member's question stands in: a mention or a direct message; None for every other event.

    Messages of bots, hidden ones, and channel messages that do not mention the bot are none; an edited message is one
    where the edit added the mention.
    """
    event = _changed(_map(body, "event"), _own_user(body))
    kind = _str(event, "type")
    channel, user, ts = _str(event, "channel"), _str(event, "user"), _str(event, "ts")
    if kind not in {"app_mention", "message"} or not (channel and user and ts and _str(body, "event_id")):
        return None
    own = _own_user(body)
    by_bot = event.get("bot_id") or event.get("bot_profile") or user in {own, "USLACKBOT"}
    edited = bool(event.get("edited"))
    if by_bot or event.get("hidden") or (edited and not _may_be_asked(event)):
        return None
    if _str(event, "subtype") not in {"", "thread_broadcast", "file_share"}:
        return None
    text = _str(event, "text")
    direct = _str(event, "channel_type") in {"im", "app_home"} or (kind == "message" and channel.startswith("D"))
    mentioned = _mention(own)
    if not direct and kind == "message" and not (own and mentioned.search(text)):
        return None
    overlong = _door(text)
    words = "" if overlong else read_text(mentioned.sub(" ", text))
    if direct and not words and not overlong:
        return None
    thread = _str(event, "thread_ts")
    team, enterprise = read_team(body)
    return Inquiry(
        Way.DIRECT if direct else Way.MENTION,
        id=_str(body, "event_id"),
        team=team,
        channel=channel,
        user=user,
        line=words,
        overlong=overlong,
        thread=thread or ("" if direct else ts),
        asked_in=thread,
        ts=ts,
        home_team=_str(event, "user_team") or _str(event, "team") or team,
        enterprise=enterprise,
        edited=edited,
    )


def _mention(own: str) -> re.Pattern[str]:
    """Return what finds a mention of the bot; where nobody says who that is, one that a text begins with."""
    return re.compile(rf"<@{re.escape(own)}(?:\|[^<>]*)?>") if own else _FIRST_MENTION


def _changed(event: Mapping[str, Any], own: str) -> Mapping[str, Any]:
    """Return the message that an edit tells of as an event of its own, if the edit added a mention of the bot."""
    now, before = _map(event, "message"), _map(event, "previous_message")
    found = _mention(own).search
    if _str(event, "subtype") != "message_changed" or not own or not found(_str(now, "text")):
        return event
    if found(_str(before, "text")) or _str(event, "channel_type") in {"im", "app_home"}:
        return event
    place = {name: event[name] for name in ("channel", "channel_type", "event_ts") if name in event}
    return {**now, **place, "type": "app_mention", "edited": now.get("edited") or True}


def _may_be_asked(event: Mapping[str, Any]) -> bool:
    """Say whether an edit may have made a message a question: it is a mention, and somebody still waits for an answer.

    Slack tells of a mention once more when its message is edited: that one was answered before, as the inbox knows.
    """
    try:
        age = float(_str(event, "event_ts") or _str(event, "ts")) - float(_str(event, "ts"))
    except ValueError:
        return False
    return _str(event, "type") == "app_mention" and age <= EDITED_WITHIN


def read_parent(message: Mapping[str, Any], thread: str, bot_user: str, bot_id: str) -> Reference:
    """Return the message that a thread hangs under: what it says, or for one of the bot's own what its buttons do."""
    own = bool((bot_user and message.get("user") == bot_user) or (bot_id and message.get("bot_id") == bot_id))
    if not own:
        return Reference(thread, text=_unquote(read_text(_said(message)[:LONGEST_MESSAGE])))
    elements = (
        element
        for block in _maps(message.get("blocks"))
        if block.get("type") == "actions"
        for element in _maps(block.get("elements"))
    )
    lines = tuple(_str(each, "value") for each in elements if _str(each, "action_id").startswith("line:"))
    return Reference(thread, own=True, lines=tuple(filter(None, lines)))


def read_action(body: Mapping[str, Any]) -> Inquiry | None:
    """Read a pressed button; None for links, and for buttons of messages from before a change that dropped them."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    kind, _, _ = _str(action, "action_id").partition(":")
    value = _str(action, "value")
    if kind not in {"line", "share"} or not value:
        return None
    container, view = _map(body, "container"), _map(body, "view")
    channel = _str(_map(body, "channel"), "id") or _str(container, "channel_id")
    thread = _str(container, "thread_ts") or _str(_map(body, "message"), "thread_ts")
    if _str(view, "type") == "modal":
        way = Way.MODAL
    elif view:
        way = Way.HOME
    elif kind == "share":
        way = Way.SHARE
    else:
        way = Way.OWN_BUTTON if container.get("is_ephemeral") else Way.BUTTON
    overlong = _door(value)
    return Inquiry(
        way,
        id=_id(body, _str(action, "action_ts"), value),
        channel=channel,
        line="" if overlong else value,
        overlong=overlong,
        thread=thread,
        asked_in=thread,
        view=_str(view, "id") if way is Way.MODAL else "",
        edited=False,
        **_member(body),
    )


def read_shortcut(body: Mapping[str, Any], command: str) -> Inquiry | None:
    """Read the shortcut on a message: what it says is the words of `command`; None when it says nothing."""
    message = _map(body, "message")
    text = _said(message)
    overlong = _door(text)
    words = "" if overlong else _unquote(read_text(text))
    if not words and not overlong:
        return None
    thread = _str(message, "thread_ts")
    return Inquiry(
        Way.SHORTCUT,
        id=_id(body, _str(body, "action_ts"), text),
        channel=_str(_map(body, "channel"), "id"),
        line=words,
        overlong=overlong,
        command=command,
        thread=thread,
        asked_in=thread,
        edited=False,
        about=_str(message, "ts"),
        **_member(body),
    )


def read_view(body: Mapping[str, Any]) -> Inquiry | None:
    """Read a sent modal: the first text that a member wrote in it, as the words of the line it was opened for."""
    line = parse_line(_str(_map(body, "view"), "private_metadata"))
    for inputs in _map(_map(_map(body, "view"), "state"), "values").values():
        for given in inputs.values() if isinstance(inputs, Mapping) else ():
            words = _str(given, "value") if isinstance(given, Mapping) else ""
            if words.strip():
                whole = format_line(Line(line.name, words.strip(), line.options)) if line.name else words
                return _from_modal(body, whole)
    return None


def read_setup(body: Mapping[str, Any], lines: Lines) -> Inquiry | None:
    """Read the sent modal for a channel's daily quote as the line that sets it; None when it names no channel."""
    values = _map(_map(_map(body, "view"), "state"), "values")
    given = {name: _choice(_map(_map(values, name), name)).strip() for name in ("channel", "time", "zone", "days")}
    if _door(*given.values()):
        return _from_modal(body, "".join(given.values()))
    return _from_modal(body, lines.to(Use.SETTINGS, "daily on", **given)) if given["channel"] else None


def _from_modal(body: Mapping[str, Any], line: str) -> Inquiry:
    view = _map(body, "view")
    overlong = _door(line)
    return Inquiry(
        Way.MODAL,
        id=f"{_str(view, 'id')}:{_str(view, 'hash')}",
        channel="",
        line="" if overlong else _SURROGATE.sub("\ufffd", line.strip()),
        overlong=overlong,
        view=_str(view, "id"),
        edited=False,
        **_member(body) | {"reply_url": ""},
    )


def _member(body: Mapping[str, Any]) -> dict[str, str]:
    """Return who pressed, chose or sent something, where, and the address for its answer."""
    (team, enterprise), user = read_team(body), _map(body, "user")
    return {
        "team": team,
        "enterprise": enterprise,
        "user": _str(user, "id"),
        "home_team": _str(user, "team_id") or team,
        "reply_url": _str(body, "response_url"),
    }


def _choice(given: Mapping[str, Any]) -> str:
    """Return what was typed or picked in an element."""
    picked = _str(given, "selected_conversation") or _str(given, "selected_time")
    return _str(given, "value") or picked or _str(_map(given, "selected_option"), "value")


def _id(body: Mapping[str, Any], *more: str) -> str:
    """Return a name for a request that Slack never sends twice: the same for a replay, another for any other."""
    parts = (_str(body, "trigger_id"), _str(body, "response_url"), *more)
    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def read_team(body: Mapping[str, Any]) -> Team:
    """Return the workspace that a delivery concerns and its organisation.

    An event of a channel shared with another organisation may name theirs, and ours among its authorizations. One
    installation for a whole organisation leaves the workspace of a button or modal out
    (docs.slack.dev, reference of apps for organisations); then the view or the message has it, or at last its member.
    """
    view, team, user = _map(body, "view"), _map(body, "team"), _map(body, "user")
    ours = _authorization(body)
    given = {} if ours.get("is_enterprise_install") is True else ours
    names = (
        _str(view, "app_installed_team_id"),
        _str(given, "team_id"),
        _str(team, "id"),
        _str(body, "team_id"),
        _str(_map(body, "message"), "team"),
        _str(view, "team_id"),
        _str(user, "team_id"),
    )
    organisations = (
        _str(ours, "enterprise_id"),
        _str(_map(body, "enterprise"), "id"),
        _str(team, "enterprise_id"),
        _str(body, "enterprise_id"),
    )
    return next(filter(None, names), ""), next(filter(None, organisations), "")


def installed_by(body: Mapping[str, Any]) -> str:
    """Return who installed the app that a delivery is for: a workspace, or the organisation for all of its own."""
    team, enterprise = read_team(body)
    whole = _authorization(body).get("is_enterprise_install") is True or body.get("is_enterprise_install") is True
    return (enterprise if whole else "") or team or enterprise


def _own_user(body: Mapping[str, Any]) -> str:
    """Return the bot's user id as the delivery names it, "" when it does not."""
    ours = _authorization(body)
    return _str(ours, "user_id") if ours.get("is_bot", True) else ""


def _authorization(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one installation that an event names."""
    given = body.get("authorizations")
    first = given[0] if isinstance(given, list) and given else {}
    return first if isinstance(first, Mapping) else {}


def _said(message: Mapping[str, Any]) -> str:
    """Return the words of somebody's message: what it forwards, what it says, or what an app put under it.

    A forwarded message is an attachment of the one that brings it, whose own words are talk about it.
    """
    attached = _maps(message.get("attachments"))
    forwarded = (_str(each, "text") for each in attached if each.get("is_share") is True)
    others = (_str(each, "text") for each in attached)
    return next((text for text in (*forwarded, _str(message, "text"), *others) if text.strip()), "")


def _unquote(text: str) -> str:
    """Return a message without the marks of a quotation: `>` before lines, quotation marks around it."""
    bare = "\n".join(line.removeprefix(">").strip() for line in text.splitlines()).strip()
    return bare.strip('“”„"*_~`').strip()


def _map(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _maps(given: object) -> list[Mapping[str, Any]]:
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def _str(body: Mapping[str, Any], key: str) -> str:
    found = body.get(key)
    return found if isinstance(found, str) else ""
