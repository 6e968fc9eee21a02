"""Asking a language model over any OpenAI-compatible API, and reading what it says as a list of texts or nothing."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST_REPLY", "Api", "UnsaidError", "UnusableError", "read_list"]

LARGEST_REPLY = 64 * 1024
"""Bytes of a reply that are read; ten ids and what an API puts around them are under 2 kB."""

_FENCED = re.compile(r"```(?:json)?(.*)```", re.DOTALL)


class UnusableError(Exception):
    """Why there is no reply to use; its text has nothing of the address, what was sent, what was said, or the key."""


class UnsaidError(UnusableError):
    """Why there is no reply at all, or none of the API: another call may fare better."""


class Api:
    """One model behind an address; safe to share between tasks and threads.

    Each call opens its own connection: calls are seldom, and nothing is left to close.
    """

    def __init__(self, base: str, model: str, key: str = "") -> None:
        """Take the address that `/chat/completions` is put behind, the model's name there, and a key if wanted."""
        self.model = model
        self._address = base.rstrip("/") + "/chat/completions"
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})

    async def ask(self, order: str, data: Mapping[str, object], until: float) -> str:
        """Return what the model says to an order and to what it is about, which is sent as data.

        Raises UnsaidError when nothing is said until that moment (`time.monotonic`).
        """
        import aiohttp  # noqa: PLC0415 - 0.2 s that a start without a language model spares

        seconds = until - time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await self._reply(order, data)
        except TimeoutError:
            reason = f"no reply within {max(0.0, seconds):.1f} s"
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            reason = type(error).__name__
        raise UnsaidError(reason)

    async def _reply(self, order: str, data: Mapping[str, object]) -> str:
        """Return what the model says, however long that takes."""
        import aiohttp  # noqa: PLC0415

        messages = [{"role": "system", "content": order}, {"role": "user", "content": json.dumps(data)}]
        # Neither temperature nor a limit of tokens: some models refuse the one, some the other.
        body = {"model": self.model, "messages": messages, "stream": False}
        async with (
            # What is not decompressed cannot grow beyond LARGEST_REPLY.
            aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(self._address, json=body, headers=self._headers, allow_redirects=False) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                reason = f"HTTP status {response.status}"
                raise UnsaidError(reason)
            try:
                await response.content.readexactly(LARGEST_REPLY + 1)
            except asyncio.IncompleteReadError as whole:
                return _message(whole.partial)
        reason = f"the reply has over {LARGEST_REPLY:,} bytes"
        raise UnsaidError(reason)


def read_list(said: str) -> tuple[str, ...]:
    """Return the texts of a JSON array, each once, with a code fence around it or without; UnusableError otherwise."""
    fenced = _FENCED.fullmatch(said.strip())
    try:
        listed = json.loads(fenced[1] if fenced else said)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        reason = "the model did not say a list of texts"
        raise UnusableError(reason)
    return tuple(dict.fromkeys(listed))


def _message(body: bytes) -> str:
    """Return the message in a reply of the API."""
    try:
        message = json.loads(body)["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        message = None
    if not isinstance(message, str):
        reason = "the reply is not a chat completion"
        raise UnsaidError(reason)
    return message
