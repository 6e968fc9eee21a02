"""The HTTP port as a stranger finds it: refused by the head, for a while, few at once, and hardly noticed."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.slack import limits
from bot.adapters.slack.adapter import Slack
from bot.adapters.slack.web import WebServer
from bot.intake import Intake
from bot.port import Patience, door
from bot.settings import Settings
from tests.local_slack import LocalSlack
from tests.local_slack.signing import signature
from tests.test_slack import no_proxies, serving, store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.core import Core
    from bot.intake import Turns
    from bot.store import Store

__all__ = ["no_proxies", "store"]

SHORT = Patience(head=0.3, body=0.5, answer=5.0, idle=0.4)
SECRET = "a signing secret"  # noqa: S105 - of this test
BOMB = gzip.compress(b" " * 50_000_000)


def turns() -> Turns:
    return Intake("slack", None).turns


@contextlib.asynccontextmanager
async def listening(core: Core, patience: Patience = SHORT) -> AsyncIterator[int]:
    """Give the port of a real server that is told how long to wait."""
    async with LocalSlack(mode="http") as local:
        adapter = Slack(Settings.read(local.environ(SLACK_SIGNING_SECRET=SECRET)), core, None)
        server = WebServer(adapter.app, SECRET, None, turns(), patience=patience)
        try:
            yield await server.open("127.0.0.1", 0)
        finally:
            await server.close()
            await adapter.close()


def asked(body: bytes = b"", head: str = "", line: str = "POST /slack/events HTTP/1.1") -> bytes:
    """Return a request, its length given unless the head says how it is sent."""
    lines = [line, "Host: bot.example.org", *([head] if head else [])]
    if "ransfer-Encoding" not in head and "ontent-Length" not in head:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def signed(body: bytes, secret: str = SECRET) -> str:
    """Return the two headers of a signed request."""
    stamp = str(int(time.time()))
    return f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature(secret, stamp, body)}"


def challenge(text: str = "challenge-7", head: str = "") -> bytes:
    """Return a signed request that is answered with its own words."""
    body = json.dumps({"token": "x", "challenge": text, "type": "url_verification"}).encode()
    return asked(body, "\r\n".join(filter(None, (signed(body), "Content-Type: application/json", head))))


async def exchange(port: int, *parts: bytes) -> bytes:
    """Send parts, and return everything that comes until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
        while piece := await reader.read(65_536):
            answer += piece
    writer.close()
    return answer


async def is_served(port: int) -> bool:
    """Say whether Slack gets through."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(challenge())
    answer = await reader.readuntil(b"challenge-7")
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


FORGED = "X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0=" + "0" * 64


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (lambda: asked(b"x" * 10), 401),
        (lambda: asked(b"", "Content-Length: 100"), 401),
        (lambda: asked(b"", "X-Slack-Signature: v0=" + "0" * 64 + "\r\nContent-Length: 100"), 401),
        (lambda: asked(b"", FORGED.format(now=1) + "\r\nContent-Length: 100"), 401),
        (lambda: asked(b"", FORGED.format(now="9" * 400) + "\r\nContent-Length: 100"), 401),
        (lambda: asked(b"", signed(b"").replace("v0=", "v1=") + "\r\nContent-Length: 100"), 401),
        (lambda: asked(b"x", signed(b"y")), 401),
        (lambda: asked(b"not gzip", signed(b"not gzip") + "\r\nContent-Encoding: gzip"), 415),
        (lambda: asked(BOMB, "Content-Encoding: gzip"), 415),
        (lambda: asked(BOMB, signed(BOMB) + "\r\ncontent-encoding: GZIP"), 415),
        (lambda: asked(b"x", signed(b"x") + "\r\nContent-Encoding: deflate, br"), 415),
        (lambda: asked(b"x", signed(b"x") + "\r\nContent-Encoding: identity"), 415),
        (lambda: asked(b"", signed(b"") + "\r\nContent-Length: 1048577"), 413),
        (lambda: asked(b"", signed(b"") + "\r\nContent-Length: 99999999999999"), 413),
        (lambda: asked(b"", signed(b"") + "\r\nContent-Length: -1"), 400),
        (lambda: asked(b"", signed(b"") + "\r\nContent-Length: 1\r\nContent-Length: 2"), 400),
        (lambda: asked(b"0\r\n\r\n", signed(b"") + "\r\nTransfer-Encoding: chunked\r\nContent-Length: 5"), 400),
        (lambda: asked(b"", signed(b"") + "\r\nTransfer-Encoding: gzip, chunked"), 501),
        (lambda: asked(b"", signed(b"") + "\r\nTransfer-Encoding: gzip"), 400),
        (lambda: asked(b"zz\r\n", signed(b"") + "\r\nTransfer-Encoding: chunked"), 400),
        (lambda: asked(b"", signed(b"") + "\r\nExpect: a miracle\r\nContent-Length: 5"), 417),
        (lambda: asked(b"", line="GET /wp-login.php HTTP/1.1"), 404),
        (lambda: asked(b"", line="GET /slack/install HTTP/1.1"), 404),
        (lambda: asked(b"", line="POST //slack/events/.. HTTP/1.1"), 404),
        (lambda: asked(b"", line="GET /slack/events HTTP/1.1"), 405),
        (lambda: asked(b"", line="BREW /slack/events HTTP/1.1"), 400),
        (lambda: asked(b"", line="DELETE /healthz HTTP/1.1"), 405),
        (lambda: asked(b"", line="CONNECT example.org:443 HTTP/1.1"), 404),
        (lambda: asked(b"", "Connection: Upgrade\r\nUpgrade: websocket", line="GET /slack/events HTTP/1.1"), 405),
        (lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (lambda: b"GET / HTTP/9.9\r\n\r\n", 400),
        (lambda: asked(b"", "a: " + "b" * 20_000), 400),
        (lambda: asked(b"", "a: b\r\n" * 500 + "c: d"), 400),
        (lambda: asked(b"", line="GET /" + "x" * 20_000 + " HTTP/1.1"), 400),
    ],
)
async def test_what_is_not_slacks_is_refused_with_a_number_and_the_connection_closed(
    core: Core, request_: Callable[[], bytes], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(core, Patience()) as port:
        caplog.clear()
        for _ in range(3):
            answer = await exchange(port, request_())
            assert int(answer.split()[1]) == status
        assert [record for record in caplog.records if record.name != "asyncio"] == []
        assert await is_served(port)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "request_",
    [
        challenge,
        lambda: challenge(head="Expect: 100-continue"),
        lambda: challenge(head="Connection: keep-alive"),
        lambda: challenge().replace(b"HTTP/1.1", b"HTTP/1.0"),
        lambda: challenge().replace(b"POST /", b"POST http://bot.example.org/"),
    ],
)
async def test_what_is_signed_is_answered_however_it_comes(core: Core, request_: Callable[[], bytes]) -> None:
    async with listening(core) as port:
        head, body = request_().split(b"\r\n\r\n")
        answer = await exchange(port, head + b"\r\n\r\n", body)
        assert b" 200 OK" in answer
        assert b"challenge-7" in answer
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
        if b"HTTP/1.0" not in head:
            answer = await exchange(port, head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
            assert b"challenge-7" in answer


async def trickle(port: int, first: bytes, more: bytes) -> bytes:
    """Send a beginning, then a little again and again, until the other side has enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)

    async def go_on() -> None:
        with contextlib.suppress(ConnectionError):
            while more:
                writer.write(more)
                await writer.drain()
                await asyncio.sleep(0.02)

    going = asyncio.create_task(go_on())
    answer = b""
    try:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                answer += piece
    finally:
        going.cancel()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return answer


async def closed(held: list[asyncio.Task[bytes]], count: int) -> None:
    """Wait until so many connections are closed."""
    for ended in itertools.islice(asyncio.as_completed(held), count):
        await ended


@contextlib.asynccontextmanager
async def strangers(port: int, *beginnings: bytes) -> AsyncIterator[list[asyncio.Task[bytes]]]:
    """Hold a connection for each beginning of a request, until the block ends; a task ends when its one is closed."""
    held = [asyncio.create_task(trickle(port, first, b"")) for first in beginnings]
    try:
        yield held
    finally:
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (lambda: b"", b""),
        (lambda: b"", b"\r\n"),
        (lambda: b"POST /slack/events HT", b""),
        (lambda: b"POST /slack/events HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
        (lambda: asked(b"", FORGED.format(now=int(time.time())) + "\r\nContent-Length: 100000"), b""),
        (lambda: asked(b"", FORGED.format(now=int(time.time())) + "\r\nContent-Length: 100000"), b"x"),
        (lambda: asked(b"", FORGED.format(now=int(time.time())) + "\r\nTransfer-Encoding: chunked"), b"1\r\nx\r\n"),
        (lambda: asked(b"1", FORGED.format(now=int(time.time())) + "\r\nTransfer-Encoding: chunked"), b"0"),
        (lambda: asked(b"", FORGED.format(now=int(time.time())) + "\r\nTransfer-Encoding: chunked"), b"1;" + b"a" * 9),
        (lambda: asked(b"", "Content-Length: 100000"), b"x"),
        (challenge, b""),
    ],
)
async def test_a_connection_that_takes_its_time_is_closed(core: Core, first: Callable[[], bytes], more: bytes) -> None:
    async with listening(core) as port:
        await trickle(port, first(), more)
        assert await is_served(port)


async def test_three_hundred_half_requests_are_gone_after_a_while_and_slack_gets_in_meanwhile(core: Core) -> None:
    async with listening(core, Patience(head=2.0, body=3.0)) as port:
        half = [asyncio.create_task(trickle(port, b"POST /slack/events HTTP/1.1\r\n", b"")) for _ in range(300)]
        assert await is_served(port)
        await asyncio.gather(*half)


async def test_slack_gets_in_while_strangers_hold_every_connection(core: Core) -> None:
    async with listening(core, Patience(most=20)) as port, strangers(port, *[b"POST /slack/ev"] * 60) as held:
        await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
        assert await is_served(port)
        await closed(held, 40)
        assert await is_served(port)


async def test_a_signed_request_under_way_is_not_cut_off_by_strangers(core: Core) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    class Slow:
        async def async_dispatch(self, request: Any) -> Any:
            begun.set()
            await go.wait()
            return await adapter.app.async_dispatch(request)

    async with LocalSlack(mode="http") as local:
        adapter = Slack(Settings.read(local.environ(SLACK_SIGNING_SECRET=SECRET)), core, None)
        app: Any = Slow()
        server = WebServer(app, SECRET, None, turns(), patience=Patience(most=5))
        port = await server.open("127.0.0.1", 0)
        served = asyncio.create_task(is_served(port))
        await begun.wait()
        async with strangers(port, *[b"POST /slack/ev"] * 30) as held:
            await closed(held, 26)
            go.set()
            assert await served
        await server.close()


async def test_a_stranger_is_answered_once_however_many_requests_come_together(core: Core) -> None:
    async with listening(core) as port:
        answer = await exchange(port, asked(line="GET /healthz HTTP/1.1") * 5_000)
        assert answer.count(b"HTTP/1.") <= 1
        answer = await exchange(port, challenge() * 3 + asked(b"") + challenge() * 3)
        assert answer.count(b"challenge-7") == 3
        assert answer.count(b"401 Unauthorized") == 1


async def test_a_bodys_bytes_are_bounded_however_it_is_cut(core: Core) -> None:
    head = asked(b"", FORGED.format(now=int(time.time())) + "\r\nTransfer-Encoding: chunked")
    async with listening(core, Patience()) as port:
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        assert b"413" in (await exchange(port, head, *[piece] * 17))[:20]
        await exchange(port, head, *[b"1\r\nx\r\n" * 10_000] * 40)
        await exchange(port, head + b"1;", *[b"a" * 65_536] * 40)
        assert await is_served(port)


async def test_bodies_of_strangers_are_held_up_to_a_bound_and_the_largest_goes_first(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_HELD", 1_000_000)
    head = asked(b"", FORGED.format(now=int(time.time())) + f"\r\nContent-Length: {limits.REQUEST_BYTES}")
    large = [head + b"x" * 600_000] * 4
    async with listening(core, Patience()) as port, strangers(port, head + b"x", *large) as held:
        await closed(held, 1)
        assert not held[0].done()
        assert await is_served(port)


async def test_no_bomb_is_unpacked_and_no_step_is_long(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0.0
    run = asyncio.Handle._run  # noqa: SLF001 - each step of the loop

    def timed(handle: asyncio.Handle) -> None:
        nonlocal longest
        began = time.thread_time()
        run(handle)
        longest = max(longest, time.thread_time() - began)

    head = asked(b"", FORGED.format(now=int(time.time())) + "\r\nTransfer-Encoding: chunked")
    async with listening(core, Patience()) as port:
        assert await is_served(port)
        monkeypatch.setattr(asyncio.Handle, "_run", timed)
        for encoding in ("gzip", "deflate"):
            body = asked(BOMB, f"{FORGED.format(now=int(time.time()))}\r\nContent-Encoding: {encoding}")
            await asyncio.gather(*(exchange(port, body) for _ in range(4)))
        await exchange(port, head + b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n")
        await exchange(port, b"GET /healthz HTTP/1.1\r\n\r\n" * 20_000)
        monkeypatch.undo()
    assert longest < 0.05


async def test_a_strangers_request_costs_little_and_the_log_has_one_line_for_all(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    junk = [asked(b"x" * 20), asked(line="GET /x HTTP/1.1"), b"\x16\x03\x01\r\n\r\n", asked(b"x", signed(b"y"))]

    def send(port: int, times: int) -> None:
        import socket  # noqa: PLC0415 - blocking, so that only the server's work is in the loop's thread

        for number in range(times):
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(junk[number % len(junk)])
                while stranger.recv(65_536):
                    pass

    async with listening(core) as port:
        await asyncio.to_thread(send, port, 40)
        began = time.thread_time()
        await asyncio.to_thread(send, port, 400)
        cost = (time.thread_time() - began) / 400
        caplog.clear()
    (line,) = [message for message in caplog.messages if "turned away" in message]
    assert "401: 220" in line
    assert "404: 110" in line
    assert cost < 0.004


# slack_sdk 3.47 signs oauth.v2.access with a class that aiohttp 3.14 warns of.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
@pytest.mark.parametrize("page", ["install", "oauth_redirect"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "error=%3Cscript%3Ealert(1)%3C/script%3E",
        "state=&code=",
        "state=a.b.c&code=%00%ff",
        "state=%C3%A6.%C3%A6&code=x",
        "team=" + "T" * 7_000,
        "&".join(["code=a"] * 1_000),
        "&" * 7_000,
        "code[]=%E0%A0&state[0]=x&%00=%00",
    ],
)
async def test_no_query_makes_the_pages_of_installing_break_or_write_into_the_log(
    core: Core, store: Store, page: str, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with LocalSlack(mode="http") as local:
        given = {
            "SLACK_CLIENT_ID": local.api.client_id,
            "SLACK_CLIENT_SECRET": local.api.client_secret,
            "SLACK_BOT_TOKEN": "",
        }
        async with serving(local, core, store, **given):
            caplog.clear()
            port = int(local.bot_url.split(":")[2].split("/")[0])
            answer = await exchange(port, asked(line=f"GET /slack/{page}?{query} HTTP/1.1"))
            assert 200 <= int(answer.split()[1]) < 500
            assert b"<script>" not in answer
            state = "x"
            for header in (await exchange(port, asked(line="GET /slack/install HTTP/1.1"))).split(b"\r\n"):
                if header.startswith(b"Set-Cookie: "):
                    state = header.split(b"=", 1)[1].split(b";")[0].decode()
            cookie = f"Cookie: slack-app-oauth-state={state}"
            answer = await exchange(
                port, asked(b"", cookie, f"GET /slack/oauth_redirect?state={state}&code=x HTTP/1.1")
            )
            assert int(answer.split()[1]) in {200, 401}
        assert [message for message in caplog.messages if "turned away" not in message] == []


async def test_few_install_at_the_same_time_and_one_whom_slack_keeps_waiting_is_told_so(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.web._INSTALL_SECONDS", 0.5)

    class Flow:
        install_path, redirect_uri_path = "/slack/install", "/slack/oauth_redirect"

        async def handle_installation(self, _request: Any) -> Any:
            await asyncio.Event().wait()

        async def handle_callback(self, _request: Any) -> Any:
            raise ConnectionResetError

    async with LocalSlack(mode="http") as local:
        adapter = Slack(Settings.read(local.environ(SLACK_SIGNING_SECRET=SECRET)), core, None)
        flow: Any = Flow()
        server = WebServer(adapter.app, SECRET, flow, turns(), patience=Patience())
        port = await server.open("127.0.0.1", 0)
        request = asked(line="GET /slack/install HTTP/1.1")
        answers = await asyncio.gather(*(exchange(port, request) for _ in range(10)))
        assert sorted(answer.split()[1] for answer in answers) == [b"502"] * 4 + [b"503"] * 6
        assert b" 502 " in await exchange(port, asked(line="GET /slack/oauth_redirect HTTP/1.1"))
        assert await is_served(port)
        await server.close()
