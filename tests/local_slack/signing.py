"""HTTP mode: requests to the bot's own address, signed as Slack signs them, or wrongly on purpose."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp

from tests.local_slack.exchange import Ack

if TYPE_CHECKING:
    from collections.abc import Mapping

STALE_SECONDS: Final = 6 * 60
OVERSIZE: Final = 2 * 1024 * 1024

WRONG: Final = ("bad", "missing", "stale", "future", "non_ascii", "non_numeric", "tampered", "garbled", "oversize")
"""Every way to sign or send wrongly that `Requests.send` knows; `replayed` besides sends the last good one again."""


@dataclass(frozen=True)
class Answer:
    """What the bot answered over HTTP."""

    status: int
    text: str
    headers: Mapping[str, str]
    seconds: float

    def ack(self) -> Ack:
        """Return it as an acknowledgement."""
        body: Any = None
        if self.text:
            try:
                body = json.loads(self.text)
            except ValueError:
                body = {"text": self.text}
        return Ack(body or None, self.seconds, self.status, retry=self.headers.get("X-Slack-No-Retry") != "1")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's v0 signature of a request body."""
    base = b":".join((b"v0", timestamp.encode(), body))
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Requests:
    """The sender to one address."""

    def __init__(self, secret: str, url: str = "") -> None:
        """Take the signing secret; the address may come later."""
        self.secret = secret
        self.url = url
        self._session: aiohttp.ClientSession | None = None
        self._last: tuple[bytes, dict[str, str]] | None = None

    async def send(
        self,
        body: bytes,
        content_type: str,
        *,
        wrong: str = "",
        retry: tuple[int, str] | None = None,
        seconds: float = 3.0,
    ) -> Answer | None:
        """Send a body, signed; None when no answer came in time. `wrong` names what to do wrong."""
        at = int(time.time()) + {"stale": -STALE_SECONDS, "future": STALE_SECONDS}.get(wrong, 0)
        stamp = "yesterday" if wrong == "non_numeric" else str(at)
        if wrong == "garbled":
            body = b"\xff\xfe{]payload=%zz"
        if wrong == "oversize":
            body = body + b" " * OVERSIZE
        signed = signature("another secret" if wrong == "bad" else self.secret, stamp, body)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": "v0=ærlig" if wrong == "non_ascii" else signed,
        }
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        if wrong == "missing":
            del headers["X-Slack-Signature"]
        if wrong == "tampered":
            body = body + b" "
        if not wrong:
            self._last = body, headers
        return await self._post(body, headers, seconds)

    async def replay(self, seconds: float = 3.0) -> Answer | None:
        """Send the last good request again, byte for byte."""
        assert self._last is not None, "nothing was sent yet"
        return await self._post(*self._last, seconds)

    async def deliver(
        self, kind: str, payload: dict[str, Any], retry: tuple[int, str] | None, seconds: float
    ) -> Ack | None:
        """Send an event, command or interaction in its own encoding."""
        answer = await self.send(*encoded(kind, payload), retry=retry, seconds=seconds)
        return answer.ack() if answer else None

    async def verify_url(
        self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    ) -> Answer | None:
        """Ask the address whether it is the bot's, as Slack does when an admin enters it."""
        body = json.dumps({"token": "verification", "challenge": challenge, "type": "url_verification"})
        return await self.send(body.encode(), "application/json")

    async def get(self, url: str, cookies: str = "") -> Answer:
        """Open a page of the bot's as a browser does, without following where it leads."""
        headers = {"Cookie": cookies} if cookies else {}
        began = time.monotonic()
        async with self._open().get(url, headers=headers, allow_redirects=False) as answer:
            return Answer(answer.status, await answer.text(), dict(answer.headers), time.monotonic() - began)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, body: bytes, headers: dict[str, str], seconds: float) -> Answer | None:
        began = time.monotonic()
        try:
            limit = aiohttp.ClientTimeout(total=seconds)
            async with self._open().post(self.url, data=io.BytesIO(body), headers=headers, timeout=limit) as answer:
                text = await answer.text()
                return Answer(answer.status, text, dict(answer.headers), time.monotonic() - began)
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Slack sends what comes, however much is on its way.
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(
                trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), connector=connector
            )
        return self._session


def encoded(kind: str, payload: dict[str, Any]) -> tuple[bytes, str]:
    """Return a body and its content type as Slack encodes that kind."""
    form = "application/x-www-form-urlencoded"
    if kind == "slash_commands":
        return urlencode(payload).encode(), form
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return json.dumps(payload).encode(), "application/json"
