"""Working out what sentences mean beside a bot that serves, in a process of its own.

A process and not a thread: one that yields to everything else must not hold the interpreter's lock when it is not let
on. It has the lowest priority and one thread, pauses while the bot searches, and ends when the bot does, however that
ends: they hold the two ends of a pipe. What it made stays, episode by episode.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
from itertools import count
from typing import TYPE_CHECKING

from bot.policy.texts import say
from bot.search.episodes import newest_first
from bot.search.meaning import progress, texts_of, wanted, work_out
from bot.search.model import ask_ahead
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings
    from bot.search.model import LanguageModel

__all__ = ["GO", "WAIT", "Background"]

BEAT_SECONDS, LOOK_EVERY = 0.2, 10
"""Between two looks at the process; how many until one for what was worked out, here or by another process."""

AGAIN_SECONDS = 60.0
"""Until it begins again after it was killed or failed."""

TOLD_EVERY = 100
"""Episodes after which the operator is told how far it is."""

WAIT, GO = b"w", b"g"
"""What the process reads: a search has begun, or ended."""

_STOP_SECONDS, _HELD_SECONDS = 5.0, 0.02
_LOWER = 0x4000 if sys.platform == "win32" else 0
"""`BELOW_NORMAL_PRIORITY_CLASS`, where there is no `nice`."""

_log = logging.getLogger(__name__)


class Background:
    """What works out the meaning of a library's `most` newest episodes (0: all) while the bot serves."""

    def __init__(
        self,
        corpus: Corpus,
        folder: Path | None,
        notice: Callable[[str], None],
        most: int = 0,
        model: LanguageModel | None = None,
    ) -> None:
        """Take the corpus and the data folder (None: it is worked out in this process, and kept in memory).

        Where `model` may propose questions of passages it is then asked for them, from this process: that is waiting.
        """
        self._model = model
        self._searching = False
        self._texts = 0
        self._corpus = corpus
        self._folder = folder
        self._notice = notice
        self._most = most
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, embeddings: Embeddings, stopped: Callable[[], bool]) -> None:
        """Work out what is missing, and take it in as it comes, until all is known or `stopped` says so."""
        self._work_out(embeddings, stopped)
        if stopped():
            return

        def held() -> bool:
            while self._searching and not stopped():
                time.sleep(_HELD_SECONDS)
            return stopped()

        ask_ahead(self._corpus, self._model, embeddings, self._notice, held, self._most)

    def share(self, known: frozenset[int]) -> float:
        """Return how much is worked out, 0 to 1, where so many episodes are known and one is being read."""
        newest = newest_first(self._corpus, wanted(self._corpus, self._most))
        sentences = [self._corpus.entries[number].sentences for number in newest]
        done = sum(count for number, count in zip(newest, sentences, strict=True) if number in known)
        underway = next((self._corpus.entries[number].sentences for number in newest if number not in known), 0)
        read = min(self._texts / max(texts_of(underway), 1), 1.0) * underway
        return (done + read) / max(sum(sentences), 1)

    def _work_out(self, embeddings: Embeddings, stopped: Callable[[], bool]) -> None:
        """Work out what is not known of meaning."""
        missing = wanted(self._corpus, self._most) - embeddings.known
        if not missing:
            return
        self._notice(f"{progress(self._corpus, len(embeddings.known))} {say('search.being-worked-out')}")
        if self._folder is None:
            work_out(self._corpus, embeddings.shelf, lambda _: embeddings.grow(), stopped, threads=1, most=self._most)
            embeddings.grow()
        else:
            self._follow(embeddings, stopped)
        if not stopped():
            self._notice(progress(self._corpus, len(embeddings.known)))

    def _follow(self, embeddings: Embeddings, stopped: Callable[[], bool]) -> None:
        """Keep a process at it, and take in what it or another made."""
        told, again = len(embeddings.known), 0.0
        try:
            for beat in count():
                if stopped() or not wanted(self._corpus, self._most) - embeddings.known:
                    return
                if self._process is None and time.monotonic() >= again:
                    self._process = self._start()
                time.sleep(BEAT_SECONDS)
                self._hear()
                ended = self._process is not None and self._process.poll() is not None
                if ended or beat % LOOK_EVERY == 0:
                    embeddings.grow()
                if len(embeddings.known) >= told + TOLD_EVERY:
                    told = len(embeddings.known)
                    self._notice(progress(self._corpus, told))
                if ended:
                    if self._end() == 0:
                        return
                    again = time.monotonic() + AGAIN_SECONDS
        finally:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process; its errors are kept for the log."""
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        one = {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        command = [
            sys.executable,
            "-m",
            "bot.search.beside",
            str(self._corpus.folder),
            str(self._folder),
            str(self._most),
        ]
        process = subprocess.Popen(  # noqa: S603 - this project's own code, with its own folders
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if sys.platform == "win32" else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | one,
            creationflags=_LOWER,
        )
        if process.stdin is not None and sys.platform != "win32":
            os.set_blocking(process.stdin.fileno(), False)  # a search never waits for it
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
        return process

    def _hear(self) -> None:
        """Take note of how many texts of its episode the process has read."""
        if self._process is not None and self._process.stdout is not None:
            with contextlib.suppress(BlockingIOError):
                told = os.read(self._process.stdout.fileno(), 65_536).split()
                self._texts = int(told[-1]) if told else self._texts

    def _end(self) -> int | None:
        """Let the process end, and return how it did; None when there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        running = process.poll() is None
        try:
            _, errors = process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
        if process.returncode and not running:
            reason = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
            _log.warning(
                "working out what sentences mean ended early (%d) and begins again: %s", process.returncode, reason
            )
        return process.returncode

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Hold the process back while something is searched."""
        self._searching = True
        self._tell(WAIT)
        try:
            yield
        finally:
            self._tell(GO)
            self._searching = False

    def _tell(self, word: bytes) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it ended, or does not listen
                os.write(process.stdin.fileno(), word)
