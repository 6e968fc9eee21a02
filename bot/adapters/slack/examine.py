"""What Slack says of the bot: whether its tokens are good and of one app, its scopes, and what channels allow."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, TypeVar

from bot.adapters.slack.api import Api, trouble, web_client
from bot.adapters.slack.inbound import NAME
from bot.adapters.slack.manifest import missing_scopes
from bot.adapters.slack.naming import Naming
from bot.adapters.slack.post import Poster
from bot.adapters.slack.send import Sender
from bot.adapters.slack.socket_mode import app_token_refusal
from bot.adapters.slack.workspaces import Installs, Workspace, Workspaces, vault
from bot.contract import Examined, Failure, Finding, Later, Refused, State, Unclear, find_lacks
from bot.intake import Intake
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from bot.contract import Channel
    from bot.intake import Store
    from bot.settings import Settings

__all__ = ["examine", "missing_setting"]

LOOK_SECONDS: Final = 8.0
"""How long Slack has for each answer, and for all about the channels."""

MOST_WORKSPACES: Final = 20
"""Installations whose tokens are tried."""

T = TypeVar("T")

_APP_ID: Final = re.compile(r"xapp-\d-([A-Z0-9]+)-")
"""The app's id in its app-level token."""


def missing_setting(settings: Settings, *, several: bool, listens: bool) -> str:
    """Return what an operator reads when a setting is missing, "" when none is; `several` workspaces need no token."""
    if not settings.slack_bot_token and not several:
        return say("slack.no-bot-token")
    if listens and settings.slack_mode == "socket" and not settings.slack_app_token:
        return say("slack.no-app-token", mend=say("slack.create-app-token"))
    if listens and settings.slack_mode == "http" and not settings.slack_signing_secret:
        return say("slack.no-signing-secret")
    return ""


async def examine(settings: Settings, store: Store | None, channels: Sequence[Channel]) -> Examined:
    """Ask Slack who the tokens are; see `Platform.examine`."""
    api = Api(settings.slack_api_base_url)
    several = settings.slack_mode == "http" and settings.slack_client_id and settings.slack_client_secret
    intake = Intake(NAME, store, settings.slack_bot_token or settings.slack_client_secret)
    installs = Installs(intake, vault(settings.slack_client_secret)) if several and store is not None else None
    workspaces = Workspaces(api, settings.slack_bot_token, installs)
    listens = ("web" if settings.slack_mode == "http" else "gateway") in settings.verbatim_roles
    findings: list[Finding] = []
    if missing := missing_setting(settings, several=bool(several), listens=listens):
        findings.append(Finding(f"{NAME}-settings", State.WRONG, say("slack.setting-missing"), missing))
    try:
        own = await _ask(workspaces.identify())
        if isinstance(own, Later | Unclear):
            away = Finding(NAME, State.WRONG, say("slack.could-not-reach", error=own.why), say("slack.check-network"))
            return Examined((*findings, away))
        if own is not None:
            findings += _of_bot_token(own)
        known = own if isinstance(own, Workspace) else None
        if listens and settings.slack_mode == "socket" and settings.slack_app_token:
            findings.append(await _of_app_token(settings, api, known))
        if installs is not None:
            findings.append(await _of_installations(installs, api))
        if channels and not isinstance(own, Refused):
            sender = Sender(api, settings.slack_response_hosts, local=False, naming=Naming())
            check = Poster(api, workspaces, sender).check
            findings += await find_lacks(NAME, check, channels, LOOK_SECONDS)
        invite = say("slack.invite", bot=known.bot_name) if known else ""
        return Examined(tuple(findings), await api.clock_ahead(), invite)
    finally:
        await api.close()


async def _ask(answering: Awaitable[T]) -> T | Unclear:
    """Wait for an answer a few seconds; the SDK's own waiting after a 429 is a part of them."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await answering
    except TimeoutError:
        return Unclear(say("slack.no-answer", seconds=LOOK_SECONDS))


def _of_bot_token(own: Workspace | Refused) -> Iterator[Finding]:
    """Yield whose the bot token is, and the scopes that the workspace has not granted."""
    part = f"{NAME}-bot-token"
    if isinstance(own, Refused):
        yield Finding(part, State.WRONG, say("slack.bot-token-refused"), own.why)
        return
    workspace = own.name or say("slack.the-workspace")
    if not own.bot_id:
        yield Finding(part, State.WRONG, say("slack.not-a-bots"), say("slack.token-not_allowed_token_type"))
        return
    where = "in-all" if own.org_wide else "in"
    yield Finding(part, State.WELL, say(f"slack.known-{where}", bot=own.bot_name, workspace=workspace))
    lacking = missing_scopes(own.scopes) if own.scopes else ()
    if lacking:
        found = say("slack.scopes-lack", workspace=workspace, scopes=listed(lacking))
        yield Finding(f"{NAME}-scopes", State.WRONG, found, say("slack.scopes-add", scopes=listed(lacking)))
    elif own.scopes:
        yield Finding(f"{NAME}-scopes", State.WELL, say("slack.scopes-well"))


async def _of_app_token(settings: Settings, api: Api, own: Workspace | None) -> Finding:
    """Ask for a socket, which nobody opens, and whether the app is the bot's."""
    part = f"{NAME}-app-token"
    web = web_client(settings.slack_api_base_url)
    answer = await trouble(web.apps_connections_open(app_token=settings.slack_app_token), seconds=LOOK_SECONDS)
    if isinstance(answer, Refused):
        return Finding(part, State.WRONG, say("slack.app-token-not-good"), app_token_refusal(answer.why))
    if isinstance(answer, Later | Unclear):
        found = say("slack.could-not-reach", error=answer.why)
        return Finding(part, State.WRONG, found, say("slack.check-network"))
    told = _APP_ID.match(settings.slack_app_token)
    if told and own and own.bot_id:
        bot = await trouble(api.reader(own.token).bots_info(bot=own.bot_id), seconds=LOOK_SECONDS)
        app = "" if isinstance(bot, Failure) else (bot.get("bot") or {}).get("app_id") or ""
        if app and app != told[1]:
            return Finding(part, State.WRONG, say("slack.two-apps"), say("slack.one-app", app=app))
    return Finding(part, State.WELL, say("slack.app-token-well"))


async def _of_installations(installs: Installs, api: Api) -> Finding:
    """Try the tokens of the workspaces that installed the app."""
    part = f"{NAME}-workspaces"
    known = await installs.all()
    refused = [
        workspace.name or workspace.team
        for workspace in known[:MOST_WORKSPACES]
        if isinstance(await _ask(trouble(api.reader(workspace.token).auth_test())), Refused)
    ]
    if refused:
        found = say("slack.workspaces-refused", workspaces=listed(refused))
        return Finding(part, State.NOTE, found, say("slack.workspaces-install"))
    return Finding(part, State.WELL, say("slack.workspaces-well", count=len(known)))
