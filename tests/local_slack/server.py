"""The local Slack on its loopback port: Web API, response addresses and the websocket, with faults in between."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from tests.local_slack.api import FORM_ONLY, Api, Refusal
from tests.local_slack.exchange import Changes
from tests.local_slack.faults import KINDS, SLACK_FAILURES, Fault, Faults
from tests.local_slack.signing import Requests
from tests.local_slack.sockets import Sockets
from tests.local_slack.world import Message, Sent, Team, View, Violation, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JSON_FIELDS: Final = ("blocks", "attachments", "metadata", "view", "prompts")
LARGEST_BODY: Final = 4 * 1024 * 1024


class Server:
    """The platform's side: start it, look at what the bot did, make it fail."""

    def __init__(self, port: int = 0) -> None:
        """Take a port; 0 finds a free one."""
        self.world = World()
        self.api = Api(self.world)
        self.changes = Changes()
        self.sockets = Sockets(self.api, self.changes)
        self.faults = Faults()
        self.http = Requests(self.api.signing_secret)
        self.port = port
        self.response_hosts = "127.0.0.1"
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Future[object]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/api/{method}", self._serve_api)
        app.router.add_post("/hooks/{token}", self._serve_hook)
        app.router.add_get("/link/", self.sockets.connect)
        self.add_routes(app)
        app.on_response_prepare.append(self._stamp)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, max_line_size=LARGEST_BODY)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.api.link = f"ws://127.0.0.1:{self.port}/link/"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything that is open."""
        self._closing.set()
        await self.http.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_routes(self, app: web.Application) -> None:
        """Add routes of one's own before it listens."""

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_base(self) -> str:
        """The Web API's base address, with a slash at its end."""
        return f"{self.address}/api/"

    @property
    def team(self) -> Team:
        """The first workspace."""
        return self.world.team

    @property
    def bot_token(self) -> str:
        """The first workspace's bot token."""
        return self.team.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token for Socket Mode."""
        return self.api.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that requests to the bot are signed with."""
        return self.api.signing_secret

    @property
    def requests(self) -> list[Sent]:
        """Every request of the bot, oldest first."""
        return self.world.requests

    @property
    def violations(self) -> list[Violation]:
        """Everything the bot sent that Slack refuses, or that harms a reader."""
        return self.world.violations

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment that points the bot's process here."""
        return {
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_API_BASE_URL": self.api_base,
            "SLACK_RESPONSE_HOSTS": self.response_hosts,
            "SLACK_PING_INTERVAL": "1",
            **more,
        }

    def messages(self, channel: str) -> list[Message]:
        """Return a channel's messages, members' and the bot's, oldest first."""
        return self.world.messages(channel)

    def posts(self, channel: str) -> list[Message]:
        """Return the bot's messages of a channel, oldest first."""
        return self.world.posts(channel)

    def ephemerals(self, channel: str, user: str) -> list[Message]:
        """Return what only that user sees in a channel, oldest first."""
        return self.world.ephemerals(channel, user)

    def calls(self, method: str) -> list[Sent]:
        """Return the bot's requests with one method, oldest first."""
        return self.world.calls(method)

    def views(self, user: str) -> list[View]:
        """Return the modals a user was shown, oldest first."""
        homes = self.world.homes.values()
        return [view for view in self.world.views.values() if view.user == user and view not in homes]

    def home(self, user: str) -> View | None:
        """Return a user's home tab."""
        return self.world.homes.get(user)

    def fail(self, method: str, kind: str, times: int = 1, **how: Any) -> Fault:
        """Let the next requests of a method fail; see Fault for the kinds and for `accepted`, `channel`, `seconds`."""
        fault = Fault(method, kind, times, **how)
        self.faults.asked.append(fault)
        return fault

    async def until(self, is_so: Callable[[], object], seconds: float = 10.0, what: str = "it") -> None:
        """Wait until a condition holds; AssertionError when it does not in time."""
        await self.changes.until(is_so, seconds, what)

    async def connected(self, sockets: int = 1, seconds: float = 10.0) -> None:
        """Wait until so many sockets are open."""
        await self.until(lambda: len(self.sockets.usable()) >= sockets, seconds, f"{sockets} open sockets")

    def later(self, work: Awaitable[object]) -> None:
        """Do something beside what goes on; it ends with the platform."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stamp(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self.world.now(), usegmt=True)

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            token, payload = await _read(request, method)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_json"})
        sent = Sent(method, payload, token, self.world.now(), self._team_name(token))
        self.world.requests.append(sent)

        def work() -> web.Response:
            try:
                sent.answer = self.api.call(method, token, payload)
            except Refusal as refusal:
                sent.answer = refusal.body()
                if refusal.error == "ratelimited":
                    return _slow_down(int(refusal.more["retry_after"]))
            return web.json_response(sent.answer, headers=self._scopes(token))

        channel = str(payload.get("channel", ""))
        response = await self._answer(request, sent, self.faults.next(method, channel), work)
        sent.status = response.status
        self.changes.happened()
        return response

    async def _serve_hook(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        try:
            payload = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        sent = Sent("response_url", payload, token, self.world.now())
        self.world.requests.append(sent)

        def work() -> web.Response:
            try:
                self.api.respond(token, payload)
            except Refusal as refusal:
                sent.answer = refusal.body()
                gone = refusal.error in {"expired_url", "used_url"}
                return web.json_response(sent.answer, status=404 if gone else 400)
            sent.answer = {"ok": True}
            return web.Response(text="ok")

        response = await self._answer(request, sent, self.faults.next("response_url", ""), work)
        sent.status = response.status
        self.changes.happened()
        return response

    async def _answer(  # noqa: PLR0911 - one way out for each way to fail
        self, request: web.Request, sent: Sent, fault: Fault | None, work: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Do the work and answer, or fail as the fault says."""
        if fault is None:
            return work()
        sent.fault = f"{fault.kind}{' after the work' if fault.accepted else ''}"
        if fault.accepted:
            work()
            self.changes.happened()
        match fault.kind:
            case "429":
                sent.answer = {"ok": False, "error": "ratelimited"}
                return _slow_down(fault.retry_after)
            case "500" | "502" | "503":
                return web.Response(status=int(fault.kind), text="<html>Server error</html>", content_type="text/html")
            case "html":
                return web.Response(text="<html><title>Slack is down</title></html>", content_type="text/html")
            case "reset":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            case "stall" | "delay":
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), fault.seconds)
                return web.Response(status=504) if fault.kind == "stall" else work()
        assert fault.kind not in KINDS
        if fault.kind in SLACK_FAILURES or not fault.accepted:
            sent.answer = {"ok": False, "error": fault.kind}
        return web.json_response({"ok": False, "error": fault.kind}, headers=self._scopes(sent.token))

    def _team_name(self, token: str) -> str:
        return next((team.id for team in self.world.teams.values() if team.bot_token == token), "")

    def _scopes(self, token: str) -> dict[str, str]:
        team = next((team for team in self.world.teams.values() if team.bot_token == token), None)
        return {"x-oauth-scopes": ",".join(sorted(team.scopes))} if team is not None else {}


def _slow_down(seconds: int) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


async def _read(request: web.Request, method: str) -> tuple[str, dict[str, Any]]:
    """Return the token and the payload of a request, from wherever Slack reads them; ValueError for bad JSON."""
    payload: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        given = json.loads(text) if text else {}
        if not isinstance(given, dict):
            raise ValueError
        payload |= {} if method in FORM_ONLY else given
    elif request.can_read_body:
        payload |= {name: str(value) for name, value in (await request.post()).items()}
    for name in JSON_FIELDS:
        if isinstance(payload.get(name), str):
            payload[name] = json.loads(payload[name])
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Basic ") and method == "oauth.v2.access":
        client, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        payload |= {"client_id": client, "client_secret": secret}
    token = authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else ""
    return token or str(payload.pop("token", "")), payload
