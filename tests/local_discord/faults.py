"""What can go wrong between a client and Discord, on order or at random from a seed."""

from __future__ import annotations

import fnmatch
import random
import re
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.local_discord.world import Json

Kind = Literal[
    "401", "403", "404", "500", "502", "503", "504",
    "429", "429-global", "429-shared", "cloudflare-403", "cloudflare-429", "page",
    "reset", "accepted-reset", "accepted-close", "accepted-500", "accepted-503", "accepted-stall", "delay",
]  # fmt: skip
"""How a request fails.

A number is that answer instead of the work; `page` is a 200 with a page that is not Discord's. `reset` cuts the
connection before the work; `accepted-…` does the work and then loses its answer: reset (RST), close (FIN), a 5xx, or a
stall of `seconds` that ends in a reset. `delay` waits `seconds`, then works and answers.
"""
KINDS: tuple[str, ...] = get_args(Kind)

_CLOUDFLARE = "<!DOCTYPE html><html><head><title>Access denied | discord.com used Cloudflare</title></head></html>"
_UNAUTHORIZED: Json = {"message": "401: Unauthorized", "code": 0}
_MISSING_ACCESS: Json = {"message": "Missing Access", "code": 50001}
_NOT_FOUND: Json = {"message": "404: Not Found", "code": 0}


@dataclass
class Fault:
    """A rule: requests whose "METHOD /path" fits the pattern (with * for anything) fail so, that many times.

    `retry_after` is in seconds and may be a fraction; `seconds` is how long a delay or a stall takes.
    """

    pattern: str
    kind: Kind
    times: int = 1
    retry_after: float = 0.2
    seconds: float = 5.0
    hits: int = field(default=0, init=False)

    def fits(self, line: str) -> bool:
        return self.hits < self.times and fnmatch.fnmatchcase(line, self.pattern)


class Faults:
    """The rules in force, and the share of message creates and history reads that fail at random."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.share = 0.0
        self.slow = 0.4
        self.stall = 2.0
        self.dealt: dict[str, int] = {}
        self._random = random.Random(0)  # noqa: S311 - a reproducible sequence of faults, not a secret

    def at_random(self, share: float, seed: int) -> None:
        """Let that share (0 to 1) of message creates and history reads fail; the same seed deals the same faults."""
        self.share = share
        self._random = random.Random(seed)  # noqa: S311 - as above

    def draw(self, line: str) -> Fault | None:
        """Return the fault a request meets, None when it is served well."""
        for rule in self.rules:
            if rule.fits(line):
                rule.hits += 1
                return self._count(rule)
        create = re.fullmatch(r"POST /channels/\d+/messages", line)
        read = re.fullmatch(r"GET /channels/\d+/messages", line)
        if not (create or read) or self._random.random() >= self.share:
            return None
        before: Sequence[Kind] = ("reset", "500", "503", "429", "delay")
        after: Sequence[Kind] = ("accepted-reset", "accepted-close", "accepted-500", "accepted-503", "accepted-stall")
        kind = self._random.choice((*before, *after) if create else before)
        return self._count(Fault(line, kind, seconds=self.slow if kind == "delay" else self.stall))

    def _count(self, fault: Fault) -> Fault:
        self.dealt[fault.kind] = self.dealt.get(fault.kind, 0) + 1
        return fault


def refusal(fault: Fault) -> web.Response | None:
    """Return the answer a fault gives instead of the work, None when the work is done or the connection is cut."""
    kind = fault.kind
    if kind == "page":
        return web.Response(text=_CLOUDFLARE, content_type="text/html")
    if kind.startswith("cloudflare-"):
        headers = {"Retry-After": str(max(1, round(fault.retry_after)))} if kind.endswith("429") else {}
        return web.Response(
            status=int(kind.removeprefix("cloudflare-")), text=_CLOUDFLARE, content_type="text/html", headers=headers
        )
    if kind.startswith("429"):
        return limited(fault.retry_after, {"429": "user", "429-global": "global", "429-shared": "shared"}[kind])
    if not kind.isdigit():
        return None
    known = {"401": _UNAUTHORIZED, "403": _MISSING_ACCESS, "404": _NOT_FOUND}
    body = known.get(kind) or {"message": f"{kind}: Server Error", "code": 0}
    return answer(int(kind), body)


def limited(retry_after: float, scope: str) -> web.Response:
    """Return a 429 as Discord writes it (topics/rate-limits); the header counts whole seconds, the body does not."""
    whole = scope == "global"
    body: Json = {"message": "You are being rate limited.", "retry_after": retry_after, "global": whole}
    headers = {"Retry-After": str(max(1, -int(-retry_after // 1))), "X-RateLimit-Scope": scope}
    if whole:
        headers["X-RateLimit-Global"] = "true"
    else:
        headers |= {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": f"{retry_after:.3f}",
            "X-RateLimit-Bucket": "local",
        }
    return answer(429, body, headers)


def answer(status: int, body: object = None, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON answer with exactly the headers discord.py decides by; no body for None."""
    given = {"Via": "1.1 google"} | (headers or {})
    if body is None:
        return web.Response(status=status, headers=given)
    text = web.json_response(body).body
    assert isinstance(text, bytes)
    return web.Response(status=status, body=text, headers=given | {"Content-Type": "application/json"})


def cut(request: web.Request, *, reset: bool = True) -> None:
    """Cut a request's connection without an answer: by RST, or by a plain end."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        plain = transport.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
