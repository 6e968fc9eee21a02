"""The one set of listeners, for Socket Mode and HTTP alike: acknowledge, then go on in tasks of our own.

Bolt runs its listeners as tasks nobody holds, so they only hand over. Events are recorded before they are acknowledged;
commands, buttons and views, which Slack never sends twice, are acknowledged first.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slack_bolt
from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.adapters.slack.api import quiet_logger, web_client
from bot.adapters.slack.inbound import (
    Inquiry,
    Way,
    installed_by,
    read_action,
    read_event,
    read_setup,
    read_shortcut,
    read_slash,
    read_team,
    read_view,
)
from bot.adapters.slack.views import (
    ASK,
    QUESTION,
    SETUP,
    ask_view,
    message_menu,
    prompted_lines,
    prompts,
    setup_view,
    waiting_view,
)
from bot.contract import Use, find_zone, parse_line
from bot.errors import UserError
from bot.intake import Taken, busy, to_member
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_bolt.context.async_context import AsyncBoltContext
    from slack_bolt.request.async_request import AsyncBoltRequest

    from bot.adapters.slack.answer import Answers
    from bot.adapters.slack.inbound import Team
    from bot.adapters.slack.workspaces import Workspace
    from bot.commands import Command
    from bot.contract import Reply
    from bot.settings import Settings

__all__ = ["Listeners"]

_log = logging.getLogger(__name__)

_BOLT = Path(slack_bolt.__file__).parent
_ANY = re.compile(r".*", re.DOTALL)
_LINK = "link:"
_ACK_SECONDS = 0.7
_SAME_SECONDS = 600
"""Two events tell of one removal; within so long they get one log line."""

_ANSWER_SECONDS = 2.6
"""From a delivery's arrival to its acknowledgement at the latest, where its answer decides on that; Slack waits 3 s."""

KIND = "event"
"""The inbox's word for mentions and direct messages."""

_UNAVAILABLE = 503
_ASKED = "verbatim_asked"
_AGAIN = "verbatim_again"


class Listeners:
    """What the app listens to."""

    def __init__(self, settings: Settings, answers: Answers) -> None:
        self._settings = settings
        self._answers = answers
        self._intake = answers.intake
        self._inbox = answers.intake.inbox
        self._work = answers.intake.work
        self._workspaces = answers.workspaces
        self._core = answers.core
        self._prompts = prompts(answers.core.commands)
        self._prompted = prompted_lines(answers.core.commands, answers.core.lines)
        self._menus = {command.name for command in self._core.commands if message_menu(command)}

    def app(self) -> AsyncApp:
        """Return a Bolt app with the listeners; it connects to nothing by itself.

        Authorization is left to the tasks, so that no look-up stands before an acknowledgement.
        """
        app = AsyncApp(
            name="verbatim",
            logger=quiet_logger("bolt"),
            signing_secret=self._settings.slack_signing_secret,
            client=web_client(self._settings.slack_api_base_url),
            authorize=_authorize,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.error(_broken)
        app.middleware(self._record)
        app.event(_ANY)(self._event)
        app.command(_ANY)(self._slash)
        app.action(_ANY)(self._action)
        app.shortcut(_ANY)(self._shortcut)
        app.view(_ANY)(self._view)
        return app

    async def _record(
        self,
        request: AsyncBoltRequest,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next_: Callable[[], Awaitable[None]],
    ) -> BoltResponse | None:
        """Record a question before it is acknowledged; acknowledge at once what was recorded before.

        A question that the store cannot record is answered first, and acknowledged when its answer is shown in time;
        otherwise it stays unacknowledged, so that Slack sends it again within a minute and after five.
        """
        question = read_event(body) if body.get("type") == "event_callback" else None
        if question is not None:
            line = self._prompted.get(question.line.casefold(), question.line)
            question = dataclasses.replace(question, line=self._answers.naming.read(line))
            began = time.monotonic()
            again = self._inbox.owes(question.id) or request.headers.get("x-slack-retry-num", ["0"])[0] not in {"", "0"}
            if not again and self._is_refused(question):
                return BoltResponse(status=200, body="")
            again = again or question.edited  # the message may have been answered before its edit
            taken = await self._inbox.take(question.id, KIND, question.as_json(), question.marks)
            if taken is Taken.UNSURE:
                left = _ANSWER_SECONDS - (time.monotonic() - began)
                settled = await self._answers.settles(question, left, again=again)
                return BoltResponse(status=200 if settled else _UNAVAILABLE, body="")
            if taken is Taken.KNOWN:
                return BoltResponse(status=200, body="")
            context[_ASKED], context[_AGAIN] = question, again
        await next_()
        return None

    def _is_refused(self, question: Inquiry) -> bool:
        """Count a question that came for the first time; tell a member who asks too often, and record nothing of it."""
        if any(map(self._inbox.knows, (question.id, *question.marks))):
            return False
        refusal = self._answers.refusal(question)
        if refusal is None:
            return False
        for name in (question.id, *question.marks):
            self._inbox.is_new(name)
        self._answers.refuse(question, refusal)
        return True

    async def _event(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        question = context.get(_ASKED)
        if isinstance(question, Inquiry):
            self._answers.begin(question, again=bool(context.get(_AGAIN)))
            return
        event = body.get("event")
        if isinstance(event, dict):
            self._work.start(self._tell(body, event))  # where all is full a Home tab or a suggestion is left out

    async def _tell(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Do what events ask for that are no questions."""
        kind, place = event.get("type"), read_team(body)
        if kind == "app_home_opened" and event.get("tab") == "messages":
            await self._suggest(place, str(event.get("channel") or ""), "")
        elif kind == "app_home_opened" and event.get("user"):
            await self._answers.home(place, str(event["user"]))
        elif kind == "assistant_thread_started":
            thread = event.get("assistant_thread")
            if isinstance(thread, dict):
                await self._suggest(place, str(thread.get("channel_id") or ""), str(thread.get("thread_ts") or ""))
        elif kind == "app_uninstalled" or (kind == "tokens_revoked" and _bot_revoked(event)):
            await self._gone(installed_by(body), str(kind))

    async def _suggest(self, place: Team, channel: str, thread: str) -> None:
        workspace = await self._workspaces.of(*place)
        if workspace is not None and channel:
            await self._answers.surfaces.prompts(workspace, channel, thread, self._prompts)

    async def _gone(self, name: str, why: str) -> None:
        """Schedule the data of a workspace for deletion, or of all that an organisation's installation served."""
        if not name:
            _log.warning("%s came without a workspace; nothing is done", why)
            return
        for team in await self._workspaces.served_by(name):
            if self._inbox.is_new(f"gone:{team}:{time.time() // _SAME_SECONDS}"):
                _log.warning("workspace %s: %s; what is kept of it is scheduled for deletion", team, why)
            await self._intake.tenant_left(team)
        await self._workspaces.forget(name)

    async def _slash(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        question = read_slash(body, self._settings.slack_command_prefix)
        if question is None or not self._is_new(question):
            await ack()
        elif refusal := self._answers.refusal(question):
            await ack(text=refusal.text, response_type="ephemeral")
        else:
            await ack()
            self._answers.begin(question)

    async def _action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        question = read_action(body)
        command = self._lacking(question)
        if question is not None and command is not None and command.free is not None:
            view = ask_view(question.line, command.free.about.description)
            if self._is_new(question):
                self._start(self._open(body, lambda *_: _made(view)), body)
        elif question is not None and question.way is Way.HOME:
            self._start(self._in_window(body, question), body)
        elif question is not None:
            self._begin(question)
        elif _action_id(body) == SETUP:
            if self._inbox.is_new(f"setup:{body.get('trigger_id')}"):
                self._start(self._open(body, self._setup), body)
        elif not _is_link(body):
            self._start(self._notice(body, to_member(say("slack.stale", help=self._core.lines.to(Use.HELP)))), body)

    def _lacking(self, question: Inquiry | None) -> Command | None:
        """Return the command of a button whose words a modal is to ask for; none stands over another."""
        if question is None or question.way is Way.MODAL:
            return None
        line = parse_line(question.line)
        return next(
            (known for known in self._core.commands if known.name == line.name and known.lacks_words(line)), None
        )

    async def _notice(self, body: Mapping[str, Any], reply: Reply) -> None:
        """Say something to whoever pressed or chose what cannot be answered, replacing nothing."""
        question = read_action({**body, "actions": [{"action_id": "line:0", "value": self._core.lines.to(Use.HELP)}]})
        workspace = await self._workspaces.of(question.team, question.enterprise) if question else None
        if question is not None and workspace is not None:
            await self._answers.deliver(workspace, question, reply)

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if body.get("type") == "message_action":
            name = str(body.get("callback_id"))
            question = read_shortcut(body, name) if name in self._menus else None
            if question is None:
                wordless = to_member(say("slack.wordless", claim=self._core.lines.to(Use.CLAIM)))
                self._start(self._notice(body, wordless), body)
            self._begin(question)
        elif body.get("callback_id") == ASK and self._inbox.is_new(f"{body.get('trigger_id')}:{body.get('action_ts')}"):
            self._start(self._open(body, self._question), body)

    async def _question(self, _workspace: Workspace, _user: str, _team: str) -> dict[str, Any]:
        return ask_view()

    async def _setup(self, workspace: Workspace, user: str, team: str) -> dict[str, Any]:
        return setup_view(await self._answers.people.zone(workspace, user, team))

    async def _open(
        self, body: Mapping[str, Any], make: Callable[[Workspace, str, str], Awaitable[dict[str, Any]]]
    ) -> None:
        """Open the modal that `make` returns, or say that Slack did not."""
        place = read_team(body)
        workspace = await self._workspaces.of(*place)
        given = body.get("user")
        user = str(given.get("id") or "") if isinstance(given, dict) else ""
        if workspace is None or not user:
            return
        view = await make(workspace, user, place[0])
        if await self._answers.surfaces.open(workspace, str(body.get("trigger_id") or ""), view) is None:
            await self._answers.sender.say(workspace, to_member(say("slack.not-opened")), user)

    async def _in_window(self, body: Mapping[str, Any], question: Inquiry) -> None:
        """Answer a press in the Home tab in a modal; without one, in the member's messages with the bot."""
        workspace = await self._workspaces.of(question.team, question.enterprise)
        if workspace is None or not self._inbox.is_new(f"window:{question.id}"):
            return
        view = await self._answers.surfaces.open(workspace, str(body.get("trigger_id") or ""), waiting_view())
        self._begin(dataclasses.replace(question, way=Way.MODAL, view=view) if view else question)

    async def _view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view")
        setup = isinstance(view, dict) and view.get("callback_id") == SETUP
        question = read_setup(body, self._core.lines) if setup else read_view(body)
        wrong = _wrong_setup(question) if setup else _wrong_question(question)
        if question is None or wrong:
            await ack(response_action="errors", errors=wrong)
            return
        is_new = self._is_new(question)
        refusal = self._answers.refusal(question) if is_new else None
        if refusal is not None:
            await ack(response_action="errors", errors={"channel" if setup else QUESTION: refusal.text})
            return
        await ack(response_action="update", view=waiting_view())
        if is_new:  # Slack has surely shown the waiting modal by then, which would otherwise come over the answer
            read = dataclasses.replace(question, line=self._answers.naming.read(question.line))
            self._answers.begin(read, after=_ACK_SECONDS)

    def _is_new(self, question: Inquiry) -> bool:
        """Say whether an inquiry has an asker and was not sent before."""
        return bool(question.user) and self._inbox.is_new(question.id)

    def _begin(self, question: Inquiry | None) -> None:
        """Answer an inquiry unless the same request was sent before or its member asks too often."""
        if question is None or not self._is_new(question):
            return
        refusal = self._answers.refusal(question)
        if refusal is None:
            self._answers.begin(question)
        else:
            self._answers.refuse(question, refusal)

    def _start(self, work: Coroutine[Any, Any, None], body: Mapping[str, Any]) -> None:
        """Run in a task what a press or a shortcut asks for; where there is no room, say so."""
        if not self._work.start(work):
            self._work.start(self._notice(body, busy()), instead=True)


async def _made(view: dict[str, Any]) -> dict[str, Any]:
    return view


async def _broken(error: Exception) -> None:
    """Say what broke and where, without what it was about; Bolt's own logger would print that too.

    Where Bolt itself stumbles, a name in the payload is no text; `Dispatch` says so once.
    """
    frames = traceback.extract_tb(error.__traceback__)
    path = Path(frames[-1].filename) if frames else Path("nowhere")
    level = logging.INFO if path.is_relative_to(_BOLT) else logging.ERROR
    line = frames[-1].lineno if frames else 0
    _log.log(level, "a delivery from Slack broke: %s at %s:%s", type(error).__name__, path.name, line)


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Let every delivery through to the listeners, which know the workspaces."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="")


def _bot_revoked(event: Mapping[str, Any]) -> bool:
    """Say whether the bot's token is among the revoked ones; members' own are none of ours."""
    tokens = event.get("tokens")
    return not isinstance(tokens, dict) or bool(tokens.get("bot"))


def _wrong_question(question: Inquiry | None) -> dict[str, str]:
    """Return what is wrong with a sent question, by its block."""
    return {} if question else {QUESTION: say("slack.write-question")}


def _wrong_setup(question: Inquiry | None) -> dict[str, str]:
    """Return what is wrong with a sent setup, by its block."""
    if question is None:
        return {"channel": say("slack.choose-channel")}
    try:
        find_zone(dict(parse_line(question.line).options).get("zone", ""))
    except UserError as error:
        return {"zone": str(error)}
    return {}


def _action_id(body: Mapping[str, Any]) -> str:
    """Return which element was used, "" when none is named."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    return str(action.get("action_id") or "") if isinstance(action, dict) else ""


def _is_link(body: Mapping[str, Any]) -> bool:
    """Say whether a press only opened a link, which Slack tells us about all the same."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    return _action_id(body).startswith(_LINK) or (isinstance(action, dict) and bool(action.get("url")))
