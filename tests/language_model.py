"""A server that speaks the API of a language model on this machine, and says what a test wants."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable

__all__ = ["Model", "served"]


@dataclass
class Model:
    """A server that speaks the API: what it says to ids, to a question, to a passage, and what it was asked."""

    say: Callable[[list[str]], str] = json.dumps
    words: str = "[]"
    questions: Callable[[str], str] = lambda _: "[]"
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: asyncio.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        if self.wait:
            await self.wait.wait()
        if self.body is not None or self.status != 200:
            return web.Response(body=self.body, status=self.status, headers=self.headers)
        data = json.loads(asked["messages"][1]["content"])
        said = self.words
        if "passages" in data:
            said = self.say([passage["id"] for passage in data["passages"]])
        elif "passage" in data:
            said = self.questions(data["passage"])
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": said}}]})


@asynccontextmanager
async def served(model: Model) -> AsyncIterator[str]:
    """Serve a model on a port of its own and give its address."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        if model.wait:
            model.wait.set()
        await runner.cleanup()
