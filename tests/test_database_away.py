"""A database that cannot be used is named in one sentence; one that goes away while serving costs no answer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.errors import OperatorError
from bot.store import open_store
from bot.store.migrate import HEAD
from tests.conftest import RunBot
from tests.databases import empty_database
from tests.local_slack import LocalSlack
from tests.test_delivery import DAY, DUE, Desk, highlights
from tests.test_slack import LINE, no_proxies, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.core import Core
    from bot.corpus import Corpus
    from bot.highlights import Highlights

__all__ = ["highlights", "no_proxies"]

OTHERS = ["CREATE TABLE songs(title TEXT)", "INSERT INTO songs VALUES ('Jerusalem')"]
COUNTED = ["CREATE TABLE alembic_version(version_num TEXT)", "INSERT INTO alembic_version VALUES ('{}')"]
NAMED_ALIKE = ["CREATE TABLE channels(frequency TEXT)"]


def run(url: str, *statements: str) -> None:
    """Do in a database what another program does, or a careless hand."""
    parsed = sa.make_url(url)
    driver = parsed if parsed.drivername.startswith("sqlite") else parsed.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(driver, poolclass=sa.NullPool)
    with engine.begin() as db:
        for statement in statements:
            db.exec_driver_sql(statement)
    engine.dispose()


@contextlib.contextmanager
def away(url: str, server: str) -> Iterator[None]:
    """Take a PostgreSQL database away inside the block: every connection is cut, and none is let in."""
    name = sa.make_url(url).database
    allow = f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS '
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - our name
    run(server, f"{allow}false", cut)
    try:
        yield
    finally:
        run(server, f"{allow}true")


@pytest.mark.parametrize(
    "statements",
    [
        OTHERS,
        [*OTHERS, *(line.format("ae1027a6acf0") for line in COUNTED)],
        [*OTHERS, *(line.format(HEAD) for line in COUNTED)],
        [*OTHERS, *(line.format("0001") for line in COUNTED)],
        NAMED_ALIKE,
    ],
    ids=["its tables", "its schema", "counted like ours", "counted like our first", "named like ours"],
)
def test_another_programs_file_is_refused_and_left_as_it_was(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "songs.db"
    run(f"sqlite:///{path}", *statements)
    before = path.read_bytes()

    with pytest.raises(OperatorError, match="another program"):
        open_store(f"sqlite:///{path}")

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statements",
    [[line.format("ae1027a6acf0") for line in COUNTED], [line.format(HEAD) for line in COUNTED], NAMED_ALIKE],
    ids=["its schema", "counted like ours", "named like ours"],
)
def test_another_programs_postgresql_is_refused(postgresql: str, statements: list[str]) -> None:
    url = empty_database(postgresql)
    run(url, *statements)

    with pytest.raises(OperatorError, match="another program"):
        open_store(url)


def test_a_postgresql_database_may_have_other_programs_tables_beside_ours(postgresql: str) -> None:
    url = empty_database(postgresql)
    run(url, *OTHERS)

    open_store(url).close()


@pytest.mark.parametrize("statement", ["DROP TABLE votes", "ALTER TABLE channels DROP COLUMN zone"])
def test_a_database_that_lacks_a_part_of_its_schema_is_refused(database_url: str, statement: str) -> None:
    open_store(database_url).close()
    run(database_url, statement)

    with pytest.raises(OperatorError, match=r"lacks a part of it .* restore FILE"):
        open_store(database_url)


def _damaged(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    path.write_bytes(path.read_bytes()[:4096] + b"\x07" * 8192)


def _later(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    run(f"sqlite:///{path}", "UPDATE alembic_version SET version_num = '9999'")


def _foreign(path: Path) -> None:
    run(f"sqlite:///{path}", *OTHERS)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_damaged, "is damaged"),
        (_later, "has schema 9999"),
        (_foreign, "belongs to another program"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to(path.parent / "nowhere" / "v.db"), "I can't open the database"),
    ],
    ids=["damaged", "of a later version", "another program's", "a folder", "leads nowhere"],
)
def test_a_database_that_cannot_be_used_is_one_sentence_to_who_needs_it_and_no_hindrance_to_who_asks(
    command_line: RunBot, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "verbatim.db")
    here = {"VERBATIM_DATA_DIR": str(tmp_path)}
    url = {"VERBATIM_DATABASE_URL": f"sqlite:///{tmp_path}/verbatim.db", "DISCORD_TOKEN": "a.b.c"}

    posting = command_line("deliver", **here)
    serving_ = command_line(**here, **url)
    asking = command_line("--once", f"/quote {LINE}", **here)

    for done in (posting, serving_):
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr.splitlines()[-1]
        assert "Trying again" not in done.stderr
    assert asking.returncode == 0
    assert LINE in asking.stdout
    assert said in asking.stderr
    assert not [done for done in (posting, serving_, asking) if "Traceback" in done.stderr]


def test_a_database_that_nothing_may_be_written_into_is_named(tmp_path: Path) -> None:
    path = tmp_path / "verbatim.db"
    open_store(f"sqlite:///{path}").close()

    with pytest.raises(OperatorError, match="I can't write to the database"):
        open_store(f"sqlite:///file:{path}?mode=ro&uri=true")


def test_a_postgresql_server_that_only_reads_is_named(postgresql: str) -> None:
    url = empty_database(postgresql)
    open_store(url).close()
    run(postgresql, f'ALTER DATABASE "{sa.make_url(url).database}" SET default_transaction_read_only = on')

    with pytest.raises(OperatorError, match="I can't write to the database"):
        open_store(url)


async def test_while_postgresql_is_gone_members_are_answered_once_and_nothing_comes_twice_when_it_is_back(
    postgresql: str, core: Core
) -> None:
    url = empty_database(postgresql)
    store = open_store(url)
    async with LocalSlack() as local, serving(local, core, store, 60.0, (0.05, 0.1)):
        await (await local.command("/quote", LINE)).settle()
        with away(url, postgresql):
            asked = [await local.command("/quote", LINE) for _ in range(3)]
            mention = await local.mention("C0GENERAL", f"/quote {LINE}")
            for exchange in asked:
                assert exchange.ack is not None
                assert LINE in (await exchange.settle(seconds=30))["text"]
            await local.until(lambda: local.posts("C0GENERAL"), 30)
            await mention.again()
        await mention.again()
        after = [await (await local.command("/quote", LINE)).settle(seconds=30) for _ in range(3)]
    store.close()

    assert all(LINE in reply["text"] for reply in after)
    assert [len(exchange.replies) for exchange in asked] == [1, 1, 1]
    assert len([post for post in local.posts("C0GENERAL") if LINE in post.text]) == 1 + 3 + 1 + 3


async def test_posts_that_fall_due_while_postgresql_is_gone_are_sent_once_when_it_is_back(
    postgresql: str, corpus: Corpus, highlights: Highlights
) -> None:
    url = empty_database(postgresql)
    store = open_store(url)
    desk = Desk(store, corpus, highlights)
    await desk.daily_on()
    await desk.until(DUE - 60, 3600)
    with away(url, postgresql):
        await desk.until(DUE + 60, 20)
        assert desk.platform.messages["C1"] == []
    await desk.until(DUE + 300)
    [(_, _, first)] = desk.platform.messages["C1"]
    await desk.until(DUE + DAY + 60, 3600)
    store.close()

    assert first.startswith("☀ Quote of the day")
    assert len(desk.platform.messages["C1"]) == 2
