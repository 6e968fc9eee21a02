"""The process beside a bot: `python -m bot.search.beside CONTENT DATA MOST`, as `Background` starts it.

It works out what is missing of the MOST newest episodes (0: all). Its standard input tells it to wait and to go on, and
that the bot has ended; to its standard output it writes now and then how many texts of its episode it has read.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from bot.corpus import open_corpus
from bot.search.background import GO
from bot.search.index.vectors import Shelf
from bot.search.meaning import work_out

__all__ = ["main"]

_PAUSE_SECONDS = 5.0
"""The longest pause; the next search asks for another."""

_TELL_SECONDS = 0.5

_LOWEST = 19


def main() -> None:
    """Work out what is missing, until that is done or the bot ends."""
    if hasattr(os, "nice"):
        os.nice(_LOWEST)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the bot's, which then lets this end
    content, folder, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    may_go, ended = threading.Event(), threading.Event()
    may_go.set()

    def listen() -> None:
        while said := os.read(sys.stdin.fileno(), 64):
            if said.endswith(GO):
                may_go.set()
            else:
                may_go.clear()
        ended.set()
        may_go.set()

    read = 0
    told = time.monotonic()

    def begin(_: str) -> None:
        nonlocal read
        read = 0

    def stopped() -> bool:
        nonlocal read, told
        read += 1
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            with suppress(OSError):  # the bot has ended, or listens late
                os.write(sys.stdout.fileno(), b"%d\n" % read)
        may_go.wait(_PAUSE_SECONDS)
        return ended.is_set()

    threading.Thread(target=listen, daemon=True).start()
    corpus = open_corpus(content, folder, lambda _: None)
    work_out(corpus, Shelf(folder / "vectors", corpus.entries), begin, stopped, threads=1, most=most)


if __name__ == "__main__":
    main()
