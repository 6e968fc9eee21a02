"""How a process tells how it is: alive, ready, what it counted; to whoever knocks, and without what anybody typed."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Connection, Outcome, Request
from bot.core import Answered, Core
from bot.errors import OperatorError, StoreError
from bot.health import REQUESTS, Meters, Vitals, Watchdog, server
from bot.health.exposition import exposition
from bot.health.server import served
from bot.intake import TURNED_AWAY, Intake, Turns, make_turns
from bot.port import Patience
from bot.settings import ROOT, Settings
from bot.store import STATES, Store, open_store
from tests.local_discord import LocalDiscord
from tests.local_slack import LocalSlack
from tests.platform import Platform
from tests.test_discord import serving as discord_serving
from tests.test_platforms import Bot
from tests.test_slack import no_proxies
from tests.test_slack import serving as slack_serving
from tests.test_slack_door import exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

__all__ = ["no_proxies"]

ROOM, MEMBER = Channel("console", "general"), Author("member")
TYPED = "plover xyzzy canary"
"""What nobody says in the transcript, and no line of the log may repeat."""


@dataclass(frozen=True)
class Shown:
    corpus: Corpus
    search: Searcher


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.fixture
def vitals(corpus: Corpus, search: Searcher, store: Store) -> Vitals:
    meters = Meters((command.name for command in COMMANDS), ("discord", "slack", "console"))
    adapters = {"discord": Platform(platform="discord"), "slack": Platform()}
    return Vitals(meters, Watchdog(), Shown(corpus, search), store, adapters, make_turns())


def get(path: str, method: str = "GET", *more: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *more, "", ""]).encode()


def status_of(answer: bytes) -> int:
    return int(answer.split()[1])


def told_of(answer: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return told


@asynccontextmanager
async def listening(vitals: Vitals) -> AsyncIterator[int]:
    """Serve health until the block ends; gives the port."""
    said: list[str] = []
    async with served(vitals, ("127.0.0.1", 0), said.append):
        yield int(said[0].split(":")[2])


async def samples(port: int) -> dict[tuple[str, ...], float]:
    """Return every sample at /metrics by its name and the values of its labels, in the order of the labels' names."""
    body = (await exchange(port, get("/metrics"))).partition(b"\r\n\r\n")[2].decode()
    families = text_string_to_metric_families(body)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


async def test_a_process_is_alive_and_ready_and_says_how_it_stands_to_each_platform(vitals: Vitals) -> None:
    async with listening(vitals) as port:
        alive, ready = await exchange(port, get("/livez")), await exchange(port, get("/readyz"))

    assert (status_of(alive), told_of(alive)) == (200, {"alive": True, "lag": 0.0})
    assert status_of(ready) == 200
    assert told_of(ready) == {
        "ready": True,
        "episodes": 1,
        "meaning": None,
        "database": "answers",
        "platforms": {"discord": "connected", "slack": "connected"},
    }


async def test_an_outage_of_a_platform_is_told_and_the_process_stays_alive_and_ready_for_the_other(
    vitals: Vitals,
) -> None:
    away = vitals.adapters["discord"]
    assert isinstance(away, Platform)
    away.connected = Connection.AWAY
    async with listening(vitals) as port:
        alive, ready = await exchange(port, get("/livez")), await exchange(port, get("/readyz"))
        counted = await samples(port)

    assert (status_of(alive), status_of(ready)) == (200, 200)
    assert told_of(ready)["platforms"] == {"discord": "away", "slack": "connected"}
    assert counted["verbatim_platform", "away", "discord"] == 1
    assert counted["verbatim_platform", "connected", "discord"] == 0
    assert counted["verbatim_platform", "connected", "slack"] == 1


@pytest.mark.parametrize("connection", [Connection.STANDS_BY, Connection.POSTS, Connection.AWAY])
async def test_a_replica_that_stands_by_is_ready_and_one_that_reaches_nobody_is_not(
    vitals: Vitals, connection: Connection
) -> None:
    vitals.adapters = {"discord": Platform(platform="discord", connected=connection)}
    alive, _ = vitals.alive()
    ready, told = await vitals.ready()

    assert alive
    assert ready is (connection is not Connection.AWAY)
    assert told["platforms"] == {"discord": connection.value}


async def test_a_loop_that_does_not_beat_is_not_alive(vitals: Vitals) -> None:
    vitals.watchdog.held.lag = 11.0
    async with listening(vitals) as port:
        alive = await exchange(port, get("/livez"))

    assert (status_of(alive), told_of(alive)) == (503, {"alive": False, "lag": 11.0})


async def test_a_process_whose_database_cannot_be_written_is_not_ready_and_alive(
    vitals: Vitals, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_key: str, _value: str) -> None:
        message = "the disk is full"
        raise StoreError(message)

    monkeypatch.setattr(store.kv, "put", full)
    async with listening(vitals) as port:
        alive, ready = await exchange(port, get("/livez")), await exchange(port, get("/readyz"))
        counted = await samples(port)

    assert (status_of(alive), status_of(ready)) == (200, 503)
    assert told_of(ready)["database"] == "silent"
    assert counted["verbatim_database_answers",] == 0


async def test_a_database_that_hangs_is_told_silent_and_asked_once_however_many_knock(
    vitals: Vitals, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, gate = [], asyncio.Event()

    async def hangs(key: str, _value: str) -> None:
        asked.append(key)
        await gate.wait()

    monkeypatch.setattr(store.kv, "put", hangs)
    monkeypatch.setattr("bot.health.vitals._STORE_SECONDS", 0.05)
    async with listening(vitals) as port:
        knocks = await asyncio.gather(*(exchange(port, get("/readyz")) for _ in range(20)))
        gate.set()
        await asyncio.sleep(0)
        assert status_of(await exchange(port, get("/readyz"))) == 200

    assert {status_of(each) for each in knocks} == {503}
    assert len(asked) == 1


async def test_without_a_database_on_purpose_a_process_is_ready_and_tells_nothing_of_posts(vitals: Vitals) -> None:
    vitals.store = None
    ready, told = await vitals.ready()
    text = exposition(vitals, await vitals.database(), await vitals.posts()).decode()

    assert (ready, told["database"]) == (True, "off")
    assert "verbatim_posts" not in text
    assert "verbatim_database_answers" not in text


async def test_answers_are_counted_by_command_platform_and_outcome_and_by_what_they_took(
    vitals: Vitals, corpus: Corpus, search: Searcher
) -> None:
    core = Core(corpus, search, COMMANDS, heard=vitals.meters.answered)
    for line in ("/help", "/help", f"/{TYPED}", "/quote people who train need to not have pride"):
        await core.answer(Request(ROOM, MEMBER, text=line))
    async with listening(vitals) as port:
        counted = await samples(port)

    assert counted["verbatim_requests_total", "help", "found", "console"] == 2
    assert counted["verbatim_requests_total", "quote", "found", "console"] == 1
    assert counted["verbatim_requests_total", "other", "error", "console"] == 1
    assert counted["verbatim_answer_seconds_count", "help"] == 2
    assert counted["verbatim_answer_seconds_bucket", "help", "+Inf"] == 2
    assert counted["verbatim_answer_seconds_sum", "help"] > 0
    assert counted["verbatim_episodes",] == 1
    assert counted["process_resident_memory_bytes",] > 0


@given(st.lists(st.tuples(st.text(), st.text(), st.sampled_from(Outcome), st.floats(0, 1e6)), max_size=20))
def test_whatever_is_answered_labels_are_of_a_set_that_is_known_before(
    answers: list[tuple[str, str, Outcome, float]],
) -> None:
    meters = Meters(("quote",), ("discord",))
    for command, platform, outcome, seconds in answers:
        meters.answered(Answered(command, platform, outcome, seconds))
        meters.polled(command)

    assert {labels[0] for labels in meters.requests} <= {"quote", "share", "other"}
    assert {labels[1] for labels in meters.requests} <= {"discord", "other"}
    assert sum(meters.requests.values()) == len(answers)
    assert sum(sum(each.counts) for each in meters.seconds.values()) == len(answers)
    assert sum(meters.polls.values()) == len(answers)


async def test_whoever_is_turned_away_is_counted_by_the_reason(vitals: Vitals) -> None:
    turns = vitals.turns = Turns(1, 0)
    intake = Intake("slack", None, turns=turns)
    gate = asyncio.Event()

    async def never() -> Any:
        await gate.wait()

    first = asyncio.create_task(intake.answer(never, None, "a"))
    await asyncio.sleep(0)
    await intake.answer(never, None, "b")
    while not intake.refusal(ROOM, "c"):
        pass
    async with listening(vitals) as port:
        counted = await samples(port)
    gate.set()
    await first

    assert counted["verbatim_in_work",] == 1
    assert counted["verbatim_turned_away_total", "queue-full"] == 1
    assert counted["verbatim_turned_away_total", "asked-too-often"] == 1
    assert {name[1] for name in counted if name[0] == "verbatim_turned_away_total"} == set(TURNED_AWAY)
    assert set(turns.turned_away) <= set(TURNED_AWAY)


async def test_posts_are_told_by_state_with_none_of_a_state_as_zero(vitals: Vitals) -> None:
    async with listening(vitals) as port:
        counted = await samples(port)

    posts = {name[1]: value for name, value in counted.items() if name[0] == "verbatim_posts"}
    assert posts == dict.fromkeys((*STATES, "waiting"), 0)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/"), 404),
        (get("/metrics/"), 404),
        (get("/livez", "HEAD"), 405),
        (get("/livez", "POST", "Content-Length: 0"), 405),
        (get("/livez", "GET", "Content-Length: 5") + b"words", 413),
        (get("/livez", "GET", "Transfer-Encoding: chunked") + b"5\r\nwords\r\n0\r\n\r\n", 413),
        (b"nonsense\r\n\r\n", 400),
    ],
)
async def test_strangers_read_and_do_nothing_else(vitals: Vitals, request_: bytes, status: int) -> None:
    async with listening(vitals) as port:
        answer = await exchange(port, request_)

    assert status_of(answer) == status


async def test_half_a_request_is_given_up_and_connections_are_bounded(
    vitals: Vitals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", Patience(head=0.2, most=4))
    async with listening(vitals) as port:
        half = await asyncio.gather(*(exchange(port, b"GET /livez HT") for _ in range(8)))
        assert status_of(await exchange(port, get("/livez"))) == 200

    assert sorted(each[:12] for each in half) == [b""] * 4 + [b"HTTP/1.1 408"] * 4


async def test_a_port_in_use_is_said_with_the_fix_and_ends_nothing(vitals: Vitals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said: list[str] = []
        port = taken.getsockname()[1]
        async with served(vitals, ("127.0.0.1", port), said.append):
            pass

    (sentence,) = said
    assert f"127.0.0.1:{port} can't be had (" in sentence
    assert "Set VERBATIM_HEALTH to another address, or to off." in sentence


async def test_off_listens_nowhere_and_says_nothing(vitals: Vitals) -> None:
    said: list[str] = []
    async with served(vitals, None, said.append):
        assert said == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("127.0.0.1:8081", ("127.0.0.1", 8081)), ("[::1]:0", ("::1", 0)), ("localhost:9", ("localhost", 9)),
        ("10.0.0.1:65535", ("10.0.0.1", 65535)), ("off", None), ("OFF", None),
    ],
)  # fmt: skip
def test_the_setting_is_a_host_and_a_port_or_off(text: str, where: tuple[str, int] | None) -> None:
    assert Settings.read({"VERBATIM_HEALTH": text}).verbatim_health == where


@pytest.mark.parametrize(
    "text",
    ["8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "http://127.0.0.1:1", "on", "[::1", "a:b@c:1"],
)
def test_any_other_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OperatorError, match=r"VERBATIM_HEALTH is where to listen, such as 127\.0\.0\.1:8081, or off"):
        Settings.read({"VERBATIM_HEALTH": text})


async def test_discord_is_connected_with_its_gateway_and_away_without(core: Core) -> None:
    async with LocalDiscord() as local:
        async with discord_serving(local, core) as bot:
            assert bot.connection() is Connection.CONNECTED
            await local.gateway.drop()
            async with asyncio.timeout(30):
                while bot.connection() is Connection.CONNECTED:  # noqa: ASYNC110 - nobody tells; it is resumed at once
                    await asyncio.sleep(0)
            assert bot.connection() is Connection.AWAY
            assert await local.settle(lambda: bot.connection() is Connection.CONNECTED, seconds=30)
        assert bot.connection() is Connection.AWAY


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_slack_is_connected_by_its_socket_or_once_it_listens(core: Core, mode: Any) -> None:
    async with LocalSlack(mode=mode) as local, slack_serving(local, core, None) as adapter:
        assert adapter.connection() is Connection.CONNECTED
        adapter.stop()
        assert adapter.connection() is Connection.AWAY, "nothing new is sent to a process that ends"


_SELECTED = re.compile(r"\b((?:verbatim|process)_\w+)(?:\{([^{}]*)\})?")
_LABEL = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')


def expressions() -> list[str]:
    """Return what the alerts and the dashboard ask Prometheus."""
    alerts = yaml.safe_load((ROOT / "deploy/prometheus-alerts.yaml").read_text("utf-8"))
    board = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text("utf-8"))
    asked = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*asked, *(each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query")]


async def test_alerts_and_the_dashboard_ask_for_metrics_labels_and_values_that_there_are(vitals: Vitals) -> None:
    for outcome in Outcome:
        vitals.meters.answered(Answered("quote", "discord", outcome, 0.1))
    text = exposition(vitals, await vitals.database(), await vitals.posts()).decode()
    known: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = known.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)

    asked = [found.groups() for each in expressions() for found in _SELECTED.finditer(each)]
    assert len(asked) > 20
    for name, chosen in asked:
        assert name in known, name
        for label, how, value in _LABEL.findall(chosen or ""):
            assert label == "job" or label in known[name], (name, label)
            wanted = set(value.split("|")) if how == "=~" else {value}
            assert label == "job" or wanted <= known[name][label], (name, label, value)
    told = {name for name in known if name.startswith("verbatim_")}
    unseen = told - {name for name, _ in asked}
    assert unseen <= {
        "verbatim_answer_seconds_count", "verbatim_answer_seconds_sum", "verbatim_loop_longest_lag_seconds",
        "verbatim_loop_longest_step_seconds",
    }  # fmt: skip


def test_each_alert_says_what_is_the_matter_and_has_a_name_of_its_own() -> None:
    alerts = yaml.safe_load((ROOT / "deploy/prometheus-alerts.yaml").read_text("utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] in {"page", "ticket"} for rule in rules)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def probed(port: int) -> subprocess.CompletedProcess[str]:
    """Ask as a container does."""
    command = [sys.executable, "-m", "bot.health"]
    environ = {"PATH": "", "VERBATIM_HEALTH": f"127.0.0.1:{port}"}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


async def test_a_process_on_both_platforms_tells_how_it_is_and_writes_nothing_that_was_typed(tmp_path: Path) -> None:
    port = free_port()
    async with LocalDiscord() as discord, LocalSlack() as slack:
        environ = slack.environ() | {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE_URL": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "VERBATIM_HEALTH": f"127.0.0.1:{port}",
            "VERBATIM_LOG": "json",
        }
        alice = discord.world.alice
        async with Bot(tmp_path, environ) as bot:
            await slack.connected(seconds=90)
            assert await discord.settle(lambda: discord.commands[0] and discord.gateway.ready, seconds=90)
            await discord.slash("quote", {"words": TYPED}, user=alice)
            await (await slack.command("/verify", TYPED, "U0ADA")).settle()
            await (await slack.command("/quote", "people who train need to not have pride", "U0ADA")).settle()
            alive, ready = await exchange(port, get("/livez")), await exchange(port, get("/readyz"))
            metrics = await exchange(port, get("/metrics"))
            well = await asyncio.to_thread(probed, port)
            status, told = await bot.end()
        ill = await asyncio.to_thread(probed, port)

    assert (status, status_of(alive), status_of(ready)) == (0, 200, 200)
    assert told_of(ready)["platforms"] == {"discord": "connected", "slack": "connected"}
    lines = [json.loads(line) for line in told.splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    answered = [line for line in lines if line["logger"] == REQUESTS.name]
    assert {(line["command"], line["platform"]) for line in answered} == {
        ("quote", "discord"), ("verify", "slack"), ("quote", "slack"),
    }  # fmt: skip
    assert all(line["milliseconds"] > 0 and line["reference"] == "" for line in answered)
    assert b'verbatim_requests_total{command="verify",outcome="none",platform="slack"} 1.0' in metrics
    everything = told + (alive + ready + metrics).decode()
    kept = {"canary", "xyzzy", "U0ADA", str(alice.id), "alice", discord.token, *filter(secret, environ.values())}
    assert not [each for each in kept if each in everything]
    assert (well.returncode, ill.returncode) == (0, 1)


def secret(value: str) -> bool:
    return value.startswith(("xoxb", "xapp"))


def test_a_container_that_is_told_to_tell_nothing_is_well() -> None:
    command = [sys.executable, "-m", "bot.health"]
    for given_, status in (("off", 0), ("nonsense", 2)):
        environ = {"PATH": "", "VERBATIM_HEALTH": given_}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert (done.returncode, "VERBATIM_HEALTH" in done.stderr) == (status, True)


def test_a_line_an_answer_is_written_where_the_log_is_json_alone(caplog: pytest.LogCaptureFixture) -> None:
    meters = Meters(("quote",), ("discord",))
    meters.answered(Answered("quote", "discord", Outcome.FOUND, 0.0123))
    assert caplog.records == []
    with caplog.at_level(logging.INFO, REQUESTS.name):
        meters.answered(Answered(TYPED, "discord", Outcome.ERROR, 0.0123, "ab12cd"))

    (record,) = caplog.records
    assert record.fields == {  # type: ignore[attr-defined]  # what we put there
        "command": "other",
        "platform": "discord",
        "outcome": "error",
        "milliseconds": 12.3,
        "reference": "ab12cd",
    }
