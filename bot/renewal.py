"""Taking in what changed in the content folder while the bot serves: what is new is answered from without a restart.

A thread looks at the folder's files every few seconds. When one of them changed, the corpus is opened anew beside the
one that is served, then its index, with the models that are loaded already; then all of it takes the place of the other
at once. What cannot be opened takes nobody's place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus import AllWithdrawnError, open_corpus, state_of, without_withdrawn
from bot.errors import OperatorError
from bot.policy.texts import listed, say
from bot.search import Background, forget, open_searcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.core import Library
    from bot.corpus import Corpus
    from bot.search import LanguageModel, Searcher

__all__ = ["Opener", "Renewal"]

_log = logging.getLogger(__name__)

PERIOD = 20.0
"""Seconds between two looks; one takes 0.1 s for 2,000 episodes."""

_SHARE = 200
"""How many times as long as a look took it is until the next, at least: half a hundredth of a core."""

RETRY = 300.0
"""Seconds until a folder that could not be opened is tried again although no file changed: a disk may be back."""

SETTLED = 2.0
"""Seconds that a file has to be finished in, from when a look finds it."""

PATIENCE = 30.0
"""Seconds to wait for requests that began with the library before; its search is closed after the last in any case."""

_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Opener:
    """How a library is opened: its content folder, the data folder (None: in memory), and what hears of it.

    Meaning is worked out of the `most` newest episodes (0: all); `model` is the language model, if one is set.
    """

    content: Path
    data: Path | None
    notice: Callable[[str], None]
    most: int = 0
    model: LanguageModel | None = None

    def corpus(self, before: Corpus | None = None) -> Corpus:
        """Open the content folder; see `open_corpus`."""
        return open_corpus(self.content, self.data, self.notice, before=before)

    def background(self, corpus: Corpus) -> Background:
        """Return what works out the meaning of a corpus beside serving."""
        return Background(corpus, self.data, self.notice, self.most, self.model)

    def search(self, corpus: Corpus, before: Searcher) -> Searcher:
        """Open the index of a corpus that follows another."""
        index = self.data / "index" if self.data else None
        search = open_searcher(corpus, index, self.notice, None, self.model, self.background(corpus))
        search.take_over(before)
        return search


class Renewal:
    """Keeps what is served like the content folder; `replace` puts a library in the place of the one before."""

    def __init__(
        self,
        opener: Opener,
        corpus: Corpus,
        search: Searcher,
        replace: Callable[[Corpus, Searcher], Library],
        *,
        period: float = PERIOD,
    ) -> None:
        self._opener = opener
        self._corpus = corpus
        self._search = search
        self._replace = replace
        self._period = period
        self._state: str | None = None
        self._said = ""
        self._again = 0.0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    async def run(self) -> None:
        """Look until cancelled; AllWithdrawnError when nothing is left to answer from."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def end(error: AllWithdrawnError) -> None:
            if not ended.done():
                ended.set_exception(error)

        def work() -> None:
            try:
                self._keep_looking()
            except AllWithdrawnError as error:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(end, error)

        self._thread = threading.Thread(target=work, name="renewal", daemon=True)
        self._thread.start()
        try:
            await ended
        finally:
            self.stop()

    def now(self) -> None:
        """Look at once: whoever calls has finished a change. May be called from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopping.set()
        self._wake.set()

    def close(self) -> None:
        """Stop, and wait a moment for what is being opened."""
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout=_END_SECONDS)

    def _keep_looking(self) -> None:
        """Look until stopped."""
        wait = self._period
        while not self._stopping.is_set():
            called = self._wake.wait(wait)
            self._wake.clear()
            if self._stopping.is_set():
                return
            begun = time.thread_time()
            changed = self._has_changed()
            wait = max(self._period, _SHARE * (time.thread_time() - begun))
            if changed and not called:
                self._stopping.wait(min(SETTLED, self._period))
            if changed:
                self.look()

    def _has_changed(self) -> bool:
        return self._state is None or self._is_due() or state_of(self._opener.content) != self._state

    def _is_due(self) -> bool:
        """Say whether what went wrong is to be tried again."""
        return bool(self._said) and time.monotonic() >= self._again

    def look(self) -> bool:
        """Open the folder anew if it is not as it was, and answer from that; say whether anything is another now.

        AllWithdrawnError when everything is withdrawn. Whatever else goes wrong is logged, once, and leaves what is
        served as it is, but for what is withdrawn by now.
        """
        with self._lock:
            first, state = self._state is None, state_of(self._opener.content)
            if (state == self._state and not self._is_due()) or self._stopping.is_set():
                return False
            self._state = state
            try:
                corpus = self._open()
                # At the first look it is not known what the files were like when they were opened.
                if corpus is not self._corpus and not (first and _is_same(corpus, self._corpus)):
                    self._take(corpus)
                    return True
            except AllWithdrawnError:
                raise
            except Exception as error:  # whatever it is, what is served goes on
                self._warn(say("renewal.failed", error=f"{type(error).__name__}: {error}"))
            return False

    def _open(self) -> Corpus:
        """Return the folder's corpus; where it cannot be opened the present one, without what is withdrawn by now."""
        try:
            corpus = self._opener.corpus(self._corpus)
        except AllWithdrawnError:
            raise
        except OperatorError as error:
            self._warn(say("renewal.kept", error=error))
            return without_withdrawn(self._corpus)
        self._said = ""
        return corpus

    def _take(self, corpus: Corpus) -> None:
        """Answer from a corpus from now on."""
        search = self._opener.search(corpus, self._search)
        if self._stopping.is_set():
            search.close()
            return
        told = _changes(self._corpus, corpus)
        before = self._replace(corpus, search)
        self._corpus, self._search = corpus, search
        before.replaced(PATIENCE)
        forget()
        search.prepare()
        if told:
            self._opener.notice(say("renewal.renewed", changes=listed(told)))

    def _warn(self, sentence: str) -> None:
        """Log what is wrong, once as long as it is that."""
        if sentence != self._said:
            _log.warning("%s", sentence)
        self._said, self._again = sentence, time.monotonic() + RETRY


def _is_same(one: Corpus, other: Corpus) -> bool:
    """Say whether two corpora have the same episodes, and the same withdrawn."""
    return one.entries == other.entries and one.withdrawn == other.withdrawn


def _changes(before: Corpus, after: Corpus) -> list[str]:
    """Return in words how many episodes came, changed and went."""
    old, new = ({(entry.show.id, entry.id): entry for entry in each.entries} for each in (before, after))
    counts = {
        "new": len(new.keys() - old.keys()),
        "changed": sum(old[key] != entry for key, entry in new.items() if key in old),
        "gone": len(old.keys() - new.keys()),
    }
    return [say(f"renewal.count-{name}", count=count) for name, count in counts.items() if count]
