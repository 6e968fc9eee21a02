"""Everything of a server goes when it goes, and everything that names a member when they ask for that."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.contract import Author, Channel, Outcome, Request
from bot.core import Core
from bot.intake import ChannelSettings, Intake
from bot.policy.texts import say
from bot.store.store import KEPT_AFTER_REMOVAL
from bot.store.tables import metadata
from tests.local_discord import LocalDiscord
from tests.local_slack import LocalSlack
from tests.test_discord import local
from tests.test_discord import serving as discord_serving
from tests.test_slack import no_proxies
from tests.test_slack import serving as slack_serving

if TYPE_CHECKING:
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["local", "no_proxies"]

NOBODYS = {"shard_leases"}
"""Tables of which no row is anybody's: which process holds a shard. A new table belongs here, or has an owner."""

MINE, OTHER = "tenant-mine", "tenant-other"
ME, YOU = "member-me", "member-you"


def a_row(table: sa.Table, tenant: str, member: str) -> dict[str, Any]:
    """Return a row of a table that is of a tenant and names a member, wherever its columns let it."""
    known: dict[str, Any] = {
        "platform": "slack",
        "tenant": tenant,
        "member": member,
        "key": f"slack-org:{tenant}" if table.name == "notes" else f"key-{tenant}"[:24],
        "delivery_id": f"told:{tenant}:C1:{member}",
        "kind": "told",
        "payload": {"team": tenant, "user": member} if table.name == "inbox" else {},
        "state": "sent",
        "mark": "pinned",
        "value": 1,
        "id": 1 if tenant == MINE else 2,
        "channel_id": 1 if tenant == MINE else 2,
    }
    row = {}
    for column in table.columns:
        if column.name in known:
            row[column.name] = known[column.name]
        elif not column.nullable and column.server_default is None:
            row[column.name] = {sa.Boolean: False, sa.Double: 1.0, sa.Integer: 1}.get(type(column.type), "x")
    if table.name == "notes":
        row["value"] = "x"
    return row


def filled(store: Store) -> None:
    """Put a row of two tenants and two members into every table."""
    with store._db.engine.begin() as db:  # noqa: SLF001 - the schema itself
        for table in metadata.sorted_tables:
            for tenant, member in ((MINE, ME), (OTHER, YOU)):
                if table.name not in NOBODYS:
                    db.execute(table.insert().values(a_row(table, tenant, member)))


def cells(store: Store) -> dict[str, str]:
    """Return all that stands in each table."""
    with store._db.engine.begin() as db:  # noqa: SLF001 - as above
        names = set(sa.inspect(db).get_table_names()) - {"alembic_version"}
        assert names == set(metadata.tables)
        return {
            name: json.dumps([[str(cell) for cell in row] for row in db.execute(sa.select(metadata.tables[name]))])
            for name in names
        }


async def test_no_row_of_a_server_outlives_the_week_after_it_left_and_others_keep_theirs(store: Store) -> None:
    filled(store)
    before = {name: len(json.loads(rows)) for name, rows in cells(store).items()}
    assert {name for name, count in before.items() if count != 2} == NOBODYS
    await Intake("slack", store).tenant_left(MINE)
    now = await store.now()
    await store.tidy(now + KEPT_AFTER_REMOVAL - 60)
    assert {name for name, rows in cells(store).items() if MINE in rows} >= {"channels", "votes", "audit", "notes"}
    await store.tidy(now + KEPT_AFTER_REMOVAL + 60)
    after = cells(store)
    assert [name for name, rows in after.items() if MINE in rows] == []
    kept = {
        name: len(json.loads(rows)) for name, rows in after.items() if name not in NOBODYS | {"inbox", "conversations"}
    }
    assert kept == dict.fromkeys(kept, 1)


async def test_a_server_that_came_back_keeps_everything(store: Store) -> None:
    filled(store)
    intake = Intake("slack", store)
    await intake.tenant_left(MINE)
    await intake.tenant_is_back(MINE)
    await store.tidy(await store.now() + 2 * KEPT_AFTER_REMOVAL)
    assert MINE in cells(store)["channels"]


async def test_no_row_names_a_member_who_asked_for_deletion_and_others_keep_theirs(store: Store) -> None:
    filled(store)
    gone = await store.forget_member(Channel("slack", "D1", ""), Author(ME))
    assert (gone.votes, gone.changes, gone.arrivals, gone.answers) == (1, 1, 1, 1)
    after = cells(store)
    assert [name for name, rows in after.items() if ME in rows] == []
    assert {name for name, rows in after.items() if YOU in rows} == {"votes", "audit", "inbox", "conversations"}
    assert await store.forget_member(Channel("slack", "D1", ""), Author(ME)) == type(gone)(0, 0, 0, 0)


async def test_where_ids_are_a_workspaces_own_the_same_id_elsewhere_is_somebody_else(store: Store) -> None:
    here, there = Channel("slack", "C1", MINE), Channel("slack", "C1", OTHER)
    for place in (here, there):
        await store.votes.cast(place, Author(ME, tenant=place.tenant), "p-1", 1, 1.0)
    assert (await store.forget_member(here, Author(ME, tenant=MINE))).votes == 1
    assert await store.votes.totals(there) == {"p-1": 1}


async def test_who_last_set_a_channel_is_whoever_is_still_named(store: Store) -> None:
    place = Channel("discord", "C1", MINE)
    saved = await store.channels.save(ChannelSettings(place), YOU, "first", 1.0)
    assert saved
    await store.channels.save(saved, ME, "second", 2.0)
    await store.forget_member(place, Author(ME))
    assert await store.channels.last_admin(place) == YOU


async def ask(core: Core, place: Channel, line: str, *, admin: bool = False) -> Any:
    return await core.answer(Request(place, Author(ME, admin=admin), text=line))


async def test_deletion_in_a_direct_message_reaches_every_server_and_the_question_asked_there(
    corpus: Corpus, search: Searcher, store: Store
) -> None:
    from bot.commands import COMMANDS  # noqa: PLC0415 - its own core

    core = Core(corpus, search, COMMANDS, store=store)
    direct = Channel("discord", "D1")
    for tenant in (MINE, OTHER):
        await store.votes.cast(Channel("discord", "C1", tenant), Author(ME), f"p-{tenant}", 1, 1.0)
    await store.votes.cast(Channel("discord", "C1", MINE), Author(YOU), "p-1", 1, 1.0)
    await ask(core, direct, "/ask what is open source")
    assert "2 votes of yours" in (await ask(core, direct, "/privacy")).lead
    assert (await ask(core, direct, "/privacy delete")).lead.startswith("Deleted: 2 votes, ")
    assert "open source" not in cells(store)["conversations"]
    assert [name for name, rows in cells(store).items() if ME in rows] == []
    assert (await ask(core, direct, "more")).text == say("detail.lost")
    assert await store.votes.totals(Channel("discord", "C1", MINE)) == {"p-1": 1}


async def test_an_admin_deletes_all_of_the_server_after_being_asked_once_more_and_nobody_else_can(
    corpus: Corpus, search: Searcher, store: Store
) -> None:
    from bot.commands import COMMANDS  # noqa: PLC0415 - its own core

    core = Core(corpus, search, COMMANDS, store=store)
    filled(store)
    place = Channel("slack", "C1", MINE)
    for line in ("/privacy delete server", "/privacy delete server now"):
        assert (await ask(core, place, line)).outcome is Outcome.ERROR
        assert (await ask(core, Channel("discord", "D1"), line, admin=True)).outcome is Outcome.ERROR
    asked = await ask(core, place, "/privacy delete server", admin=True)
    assert MINE in cells(store)["channels"]
    assert (await ask(core, place, asked.buttons[0].line, admin=True)).outcome is Outcome.FOUND
    after = cells(store)
    assert [name for name, rows in after.items() if MINE in rows] == ["notes"]
    assert {name for name, rows in after.items() if OTHER in rows} >= {"channels", "votes", "audit", "inbox"}


async def eventually(store: Store, note: str) -> str:
    while not (found := await store.kv.get(note)):  # noqa: ASYNC110 - the store's, not the loop's
        await asyncio.sleep(0.02)
    return found


async def test_discord_servers_left_while_no_process_ran_are_noted_and_those_away_are_not(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    guild = local.world.guild
    gone = Channel("discord", "1", "123456789")
    here = Channel("discord", str(local.world.general.id), str(guild.id))
    for place in (gone, here):
        await store.channels.save(ChannelSettings(place, daily=True), "1", "on", 0)
    async with discord_serving(local, core, store):
        await eventually(store, f"discord-gone:{gone.tenant}")
    assert not await store.kv.get(f"discord-gone:{here.tenant}")
    await store.tidy(await store.now() + KEPT_AFTER_REMOVAL + 60)
    assert (await store.channels.get(gone)).id is None
    assert (await store.channels.get(here)).daily


async def test_what_discord_does_not_say_of_a_server_is_no_removal(
    local: LocalDiscord, core: Core, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    broken, gone = Channel("discord", "1", "123456788"), Channel("discord", "1", "123456789")
    for place in (broken, gone):
        await store.channels.save(ChannelSettings(place, daily=True), "1", "on", 0)
    fault = local.fail("GET /guilds/*", "cloudflare-403", times=10)
    ready = asyncio.Event()
    async with discord_serving(local, core, store, lambda _: ready.set()):
        await ready.wait()
        while fault.hits < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
        await local.settle(quiet=0.5)
    assert not await store.kv.containing("discord-gone:")
    assert "scheduled for deletion" not in caplog.text


# slack_sdk 3.47 signs oauth.v2.access with a class that aiohttp 3.14 warns of.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_slack_workspaces_that_removed_the_app_while_no_process_ran_are_noted_and_others_are_not(
    core: Core, store: Store
) -> None:
    async with LocalSlack(mode="http") as local:
        other = local.world.add_team("T0OTHER", "Other")
        given = {
            "SLACK_CLIENT_ID": local.api.client_id,
            "SLACK_CLIENT_SECRET": local.api.client_secret,
            "SLACK_BOT_TOKEN": "",
        }
        async with slack_serving(local, core, store, **given):
            page = local.bot_url.replace("/slack/events", "/slack/install")
            back = local.bot_url.replace("/slack/events", "/slack/oauth_redirect")
            for team in (local.team, other):
                assert (await local.install(page, team, back)).status == 200
        local.fail("auth.test", "account_inactive")
        async with slack_serving(local, core, store, **given):
            while not (gone := list(await store.kv.containing("slack-gone:"))):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        assert len(gone) == 1
