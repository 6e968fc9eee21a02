"""What Discord says of the bot: whether its token is good, what the portal has switched on, what channels allow."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import discord

from bot.adapters.discord.inbound import NAME
from bot.adapters.discord.post import Poster
from bot.adapters.discord.ready import invite_link
from bot.adapters.discord.sessions import PatientClient
from bot.adapters.discord.wire import TROUBLE, Breaker, aim, why
from bot.contract import Examined, Finding, State, find_lacks
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.contract import Channel
    from bot.settings import Settings

__all__ = ["examine"]

LOOK_SECONDS = 8.0
"""How long Discord has to say who the bot is, and again to say all about its channels."""

_UNAUTHORIZED = 401


async def examine(settings: Settings, _store: object, channels: Sequence[Channel]) -> Examined:
    """Log in without the gateway, look, and leave; see `Platform.examine`."""
    aim(settings)
    breaker = Breaker()
    client = PatientClient(
        intents=discord.Intents(guilds=True),  # without this one the library warns
        shard_count=1,
        max_ratelimit_timeout=30.0,
        http_trace=breaker.trace(),
        proxy=settings.discord_proxy or None,
    )
    client.breaker = breaker
    library = logging.getLogger("discord.client")
    level = library.level
    library.setLevel(logging.ERROR)  # it warns of the address that is a finding here
    try:
        trouble = await _log_in(client, settings.discord_token)
        if trouble is not None:
            return Examined((trouble,), breaker.clock.ahead)
        places = await find_lacks(NAME, Poster(client).check, channels, LOOK_SECONDS)
        link = say("discord.invite-open", link=invite_link(client.application_id or 0))
        return Examined((*_of_application(client), *places), breaker.clock.ahead, link)
    finally:
        library.setLevel(level)
        await client.close()


async def _log_in(client: PatientClient, token: str) -> Finding | None:
    """Log in for requests; return what keeps the bot from it."""
    part = f"{NAME}-token"
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await client.login(token)
    except TimeoutError:
        return Finding(NAME, State.WRONG, say("discord.too-late", seconds=LOOK_SECONDS), say("discord.check-network"))
    except TROUBLE as error:
        refused = isinstance(error, discord.LoginFailure)
        if refused or (isinstance(error, discord.HTTPException) and error.status == _UNAUTHORIZED):
            return Finding(part, State.WRONG, say("discord.refused-token"), say("discord.reset-token"))
        found = say("discord.could-not-reach", error=why(error))
        return Finding(NAME, State.WRONG, found, say("discord.check-network"))
    return None


def _of_application(client: PatientClient) -> Iterator[Finding]:
    """Yield what the portal's pages have switched on; what Discord leaves out of its answer is not told."""
    about = client.application
    if about is None:
        return
    servers = say("discord.servers", count=about.approximate_guild_count)
    yield Finding(f"{NAME}-token", State.WELL, say("discord.known-as", user=client.user, servers=servers))
    flags = about.flags
    privileged = {
        "presence": flags.gateway_presence or flags.gateway_presence_limited,
        "members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        "content": flags.gateway_message_content or flags.gateway_message_content_limited,
    }
    on = [say(f"discord.intent-{name}") for name, is_on in privileged.items() if is_on]
    if on:
        found = say("discord.intents-on", intents=listed(on))
        yield Finding(f"{NAME}-intents", State.NOTE, found, say("discord.intents-off", intents=listed(on)))
    else:
        yield Finding(f"{NAME}-intents", State.WELL, say("discord.no-intents"))
    wrong = {
        "endpoint": bool(about.interactions_endpoint_url),
        "code-grant": about.bot_require_code_grant,
        "guild-install": about.guild_integration_config is None and about.user_integration_config is not None,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            part = f"{NAME}-portal"
            yield Finding(part, State.WRONG, say(f"discord.portal-is-{name}"), say(f"discord.mend-{name}"))
    if not any(wrong.values()):
        yield Finding(f"{NAME}-portal", State.WELL, say("discord.portal-well"))
    if not about.bot_public:
        yield Finding(f"{NAME}-portal", State.NOTE, say("discord.not-public"), say("discord.make-public"))
