"""What members see beside messages: the Home tab, the modal for a question, and what it answers; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack import limits
from bot.adapters.slack.render import blocks_of, plain_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.slack.render import Block
    from bot.command import Command
    from bot.message import Reply
    from bot.store import ChannelSettings

__all__ = ["ASK", "answer_view", "ask_view", "home_view", "members_commands", "waiting_view"]

ASK: Final = "ask"
"""The callback id of the global shortcut and of its modal."""

_LONGEST_QUESTION: Final = 2_000
_MOST_CHANNELS: Final = 20
_HIGHLIGHT_BLOCKS: Final = 12
_MOST_COMMANDS: Final = 20


def members_commands(commands: Sequence[Command]) -> list[Command]:
    """Return the commands people on Slack use: all but those for whoever runs the bot and has a terminal."""
    return [command for command in commands if not command.hidden]


def ask_view() -> dict[str, Any]:
    """Return the modal that takes a question."""
    entry = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": _LONGEST_QUESTION}
    label = _plain("A question, a line you half remember, or a quote to check")
    return _modal([{"type": "input", "block_id": "question", "label": label, "element": entry}]) | {
        "submit": _plain("Ask")
    }


def waiting_view() -> dict[str, Any]:
    """Return the modal while the answer is looked for."""
    return _modal([plain_block("Looking…")])


def answer_view(reply: Reply, *, cited: bool) -> dict[str, Any]:
    """Return the modal with an answer."""
    return _modal(blocks_of(reply, cited=cited))


def home_view(
    commands: Sequence[Command],
    prefix: str,
    highlight: Reply | None,
    channels: Sequence[ChannelSettings] | None,
    *,
    admin: bool,
) -> dict[str, Any]:
    """Return the Home tab: the day's highlight, what the bot can do, and the channels' daily quotes.

    `channels` are the configured ones, None when there is no database; setting them up is shown to admins.
    """
    blocks: list[Block] = []
    if highlight is not None:
        blocks += [_header("Quote of the day"), *blocks_of(highlight, cited=False, most=_HIGHLIGHT_BLOCKS)]
    shown = [command for command in members_commands(commands) if not command.admin or admin][:_MOST_COMMANDS]
    blocks += [
        _header("What I can do"),
        plain_block(
            "I find what was said, in the show's own words, with its source. Mention me, write to me, or type:"
        ),
        _list(
            [
                [_code(command.usage.replace("/", f"/{prefix}", 1)), _words(f"  {command.description}")]
                for command in shown
            ]
        ),
    ]
    if channels is not None:
        blocks += [_header("Daily quotes"), *_daily(channels, prefix, admin=admin)]
    return {"type": "home", "blocks": blocks[: limits.VIEW_BLOCKS]}


def _daily(channels: Sequence[ChannelSettings], prefix: str, *, admin: bool) -> list[Block]:
    """Return the channels with a daily quote, and to an admin how to set one up."""
    rows = [
        [{"type": "channel", "channel_id": kept.channel.id}, _words(f"  {_state(kept)}")]
        for kept in channels[:_MOST_CHANNELS]
        if kept.channel.id[:1] in {"C", "G"}
    ]
    blocks = [_list(rows)] if rows else [plain_block("No channel gets a daily quote yet.")]
    if admin:
        line = f"/{prefix}settings daily on channel:#general time:09:00 zone:Europe/Berlin"
        blocks.append(_rich({"type": "rich_text_section", "elements": [_code(line), _words("  turns one on.")]}))
    return blocks


def _state(kept: ChannelSettings) -> str:
    if kept.disabled:
        return f"switched off: {kept.disabled}"
    if not kept.daily:
        return "off"
    return f"{'paused, ' if kept.paused else ''}{kept.time} {kept.zone}"


def _modal(blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain("Ask Verbatim"),
        "close": _plain("Close"),
        "blocks": blocks,
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": _plain(text)}


def _list(rows: list[list[Block]]) -> Block:
    items = [{"type": "rich_text_section", "elements": row} for row in rows]
    return _rich({"type": "rich_text_list", "style": "bullet", "elements": items})


def _rich(part: Block) -> Block:
    return {"type": "rich_text", "elements": [part]}


def _words(text: str) -> Block:
    return {"type": "text", "text": text}


def _code(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"code": True}}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
