"""Talking to the bot: an interactive prompt, or lines from a pipe."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from bot.adapters.console.draw import in_colour, in_plain
from bot.adapters.console.files import Files
from bot.contract import Author, Button, Channel, Connection, Found, Outcome, Reply, Request, Sent
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from pathlib import Path

    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document

    from bot.contract import Post, Posted, Seen
    from bot.core import Core

__all__ = ["CHANNEL", "Console", "Screen", "wants_colour"]

CHANNEL = Channel("console", "general")
_OWNER = Author("you", admin=True)
"""Whoever can start the process can do everything; the console's user is its admin."""

_LEAVES = frozenset({"exit", "quit", "/exit", "/quit"})
"""What people type at a prompt to leave it, beside Ctrl-D and Ctrl-C."""

LONGEST_LINE = 1024 * 1024
"""Characters read of one piped line; the rest of a longer line is dropped, and the core says it was too long."""


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether to use colour: a terminal that can, and no NO_COLOR (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Screen:
    """What a person at a prompt is told."""

    lead: str
    """What stands there at once."""

    examples: Callable[[], Awaitable[str]]
    """What takes a moment, and is written above the prompt unless the person was faster."""

    progress: Callable[[], str]
    """A line that stands below the prompt until it is ""."""


class Console:
    """The terminal as a platform: its one channel is #general; with a folder, each text file in it is a channel too."""

    platform = CHANNEL.platform
    resend_within = 0.0

    def __init__(
        self,
        core: Core,
        history: Path | None,
        out: TextIO | None = None,
        folder: Path | None = None,
        screen: Screen | None = None,
    ) -> None:
        """Take the core, a file for the history of typed lines (None: forget them), where to write, and a folder.

        `screen` is what a person at a prompt is told.
        """
        self._core = core
        self._history = history
        self._given = out
        self._files = Files(folder)
        self._screen = screen
        self._colour = wants_colour(self._out, os.environ)
        self._buttons: tuple[Button, ...] = ()
        self._shown: list[str] = []

    @property
    def _out(self) -> TextIO:
        """Where to write; looked up each time, because a prompt stands in for the terminal while it is open."""
        return self._given or sys.stdout

    async def run(self) -> None:
        """Answer lines until the input ends."""
        lines = self._prompt_lines() if sys.stdin.isatty() and self._out.isatty() else _pipe_lines(sys.stdin)
        async for line in lines:
            if line.strip():
                await self.say(line)

    async def say(self, line: str) -> Reply:
        """Answer one line, or the number of an action shown under the last answer."""
        pressed = line.strip()
        if pressed.isdecimal() and 0 < int(pressed[:3]) <= len(self._buttons):
            button = self._buttons[int(pressed[:3]) - 1]
            line = button.line
            if button.field:
                hint = Reply(say("console.field", field=button.field, line=line), Outcome.NONE)
                await self._show(hint)
                return hint
        reply = await self._core.answer(Request(CHANNEL, _OWNER, text=line))
        await self._show(reply)
        return reply

    def stop(self) -> None:
        """Do nothing: a terminal ends with its input."""

    def connection(self) -> Connection:
        """Return that whoever types is heard."""
        return Connection.CONNECTED

    async def check(self, channel: Channel) -> str:
        """Return "" for #general and for a file's channel, else which channels there are."""
        names = [CHANNEL.id, *self._files.names()]
        if channel.id in names:
            return ""
        return say("console.no-channel", channel=channel.id, known=", ".join(f"#{name}" for name in names))

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Write a post to the terminal, or at the end of its channel's file."""
        if channel.id != CHANNEL.id:
            return await asyncio.to_thread(self._files.post, channel.id, post)
        await self._show(post.reply)
        self._shown.append(post.key)
        return Sent(post.key)

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Say whether a post stands in its file, or was written to this terminal by this process."""
        if channel.id != CHANNEL.id:
            return await asyncio.to_thread(self._files.find, channel.id, post.key)
        return Found(tuple(key for key in self._shown if key == post.key))

    async def open_thread(self, channel: Channel, post: Post, ref: str, *, again: bool) -> Posted:  # noqa: ARG002
        """Open nothing: a terminal and a file have no threads."""
        return Sent(ref)

    async def link(self, channel: Channel, ref: str) -> str:  # noqa: ARG002
        """Return "": what stands in a terminal or a file has no address."""
        return ""

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Take nothing back: what was written to a terminal stays."""
        return not (channel or ref)

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:
        """Write a sentence for the admin to the terminal."""
        told = say("console.for", member=member or say("console.admin"), channel=channel.id, sentence=sentence)
        self._out.write(f"{told}\n\n")
        self._out.flush()
        return True

    async def clock_ahead(self) -> float | None:
        """Return None: the terminal has this machine's clock."""
        return None

    async def _show(self, reply: Reply) -> None:
        """Write a reply; its actions can then be typed by number."""
        self._buttons = tuple(button for button in reply.buttons if button.line)
        # A line costs 0.1 ms in colour: a long reply is drawn beside the event loop.
        self._out.write(await asyncio.to_thread(self._draw, reply))
        self._out.flush()

    def _draw(self, reply: Reply) -> str:
        """Return a reply as it is written."""
        if not self._colour:
            return f"{in_plain(reply)}\n\n"
        from rich.console import Console as Terminal  # noqa: PLC0415 - 60 ms of import that a pipe never needs

        terminal = Terminal(file=self._out, highlight=False)
        with terminal.capture() as drawn:
            terminal.print(in_colour(reply), end="\n\n")
        return drawn.get()

    async def _prompt_lines(self) -> AsyncIterator[str]:
        """Yield lines typed at a prompt with history and completion, until Ctrl-D; Ctrl-C clears, then leaves."""
        from prompt_toolkit import PromptSession  # noqa: PLC0415 - 0.2 s of import only a person at a prompt needs
        from prompt_toolkit.completion import Completer, Completion  # noqa: PLC0415
        from prompt_toolkit.history import FileHistory, InMemoryHistory  # noqa: PLC0415
        from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

        core = self._core

        class Commands(Completer):
            """Completes commands and their arguments from the declarations."""

            def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
                typed = document.text_before_cursor
                for line in core.complete(Request(CHANNEL, _OWNER, text=typed)):
                    yield Completion(line, start_position=-len(typed), display=line.split(" ")[-1] or line)

        history = FileHistory(str(self._history)) if self._history else InMemoryHistory()
        session: PromptSession[str] = PromptSession(
            history=history, completer=Commands(), complete_while_typing=False, complete_in_thread=True
        )
        if self._screen is not None:
            self._out.write(f"{self._screen.lead}\n\n")
            _show_below(session, self._screen.progress)
        showing = asyncio.create_task(self._show_examples())
        try:
            while True:
                with patch_stdout(raw=True):  # what comes meanwhile is written above the prompt
                    typed = await session.prompt_async("› ")
                showing.cancel()
                if typed.strip().casefold() in _LEAVES:
                    return
                yield typed
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            showing.cancel()

    async def _show_examples(self) -> None:
        """Write what one can type."""
        text = await self._screen.examples() if self._screen is not None else ""
        if text:
            self._out.write(f"{text}\n\n")
            self._out.flush()


def _show_below(session: PromptSession[str], progress: Callable[[], str]) -> None:
    """Show how far something is in a line below the prompt, until it is done."""

    def line() -> str:
        said = progress()
        if not said:
            session.bottom_toolbar = None
            session.refresh_interval = 0
        return said

    if progress():
        session.bottom_toolbar = line
        session.refresh_interval = 0.5


async def _pipe_lines(stream: TextIO) -> AsyncIterator[str]:
    """Yield lines of a stream in order, each read when the one before is answered."""
    while line := await asyncio.to_thread(stream.readline, LONGEST_LINE):
        yield line
        while line and not line.endswith("\n") and len(line) >= LONGEST_LINE:
            line = await asyncio.to_thread(stream.readline, LONGEST_LINE)
