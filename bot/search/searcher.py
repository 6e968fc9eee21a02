"""The searcher: one object that holds corpus, index and models and answers off the event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from bot.corpus import words
from bot.errors import UserError
from bot.policy.texts import say
from bot.search.ask import LONGEST_QUESTION, Band, answer
from bot.search.episodes import episodes_on
from bot.search.index.phrases import hollow_words
from bot.search.index.words import open_index
from bot.search.quote import Hit, rank
from bot.search.said import find_run, find_said, known_runs
from bot.search.scope import EVERYWHERE, narrow
from bot.search.verify import Judgement, Names, Verdict, bare, is_by, join, judge, read_claim, stands_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bot.corpus import Corpus, Passage
    from bot.search.ask import Answered
    from bot.search.background import Background
    from bot.search.episodes import OnSubject
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import WordIndex
    from bot.search.model import LanguageModel
    from bot.search.scope import Scope
    from bot.search.topic import Part, TopicFound
    from bot.search.verify import Quoted

__all__ = ["Searcher", "open_searcher"]

MOST_NAMES = 50_000
"""Names of topics whose words are remembered."""

MOST_WAITING = 64
"""Searches that may wait for the one worker; at 20 ms each the last one waits just over a second."""

SAID_AMONG = 20
"""Stretches that have the very words of a claim, and sentences from each way of searching words, that are looked at."""

REGIONS = 8
"""Sentences from each way of searching words that a claim is compared with."""

SAID_BY = 20
"""Sentences of one person from each way of searching words that a claim is compared with."""

OFTEN = 3
"""Sentences that say a word which is offered as a topic, at least."""

CHOSEN_FROM = 10
"""Passages that a language model may choose from."""

LOADING_SECONDS, LOOK_SECONDS = 1.5, 0.02
"""How long a question waits for models that are being loaded, and between looks; then words alone answer it."""

_LOADED_WITHIN = 60.0
"""Seconds that models take to load at the most; without them words alone are searched."""

_SAID = frozenset({Verdict.EXACT, Verdict.CLOSE, Verdict.OMITTED, Verdict.OTHER_SPEAKER, Verdict.UNATTRIBUTED})
"""Verdicts on words that stand in the transcript, whoever says them."""

_Found = TypeVar("_Found")

Load: TypeAlias = "Callable[[Callable[[], bool]], Embeddings | None]"
"""How to load the models: given what says whether to stop, returns them, or None when they cannot be had."""

_log = logging.getLogger(__name__)


class Searcher:
    """Answers searches over one corpus; safe to share between tasks.

    It answers from words at once; `prepare` begins to load the models beside that, and from then on meaning counts too.
    Until `prepare` has gathered the names of topics (0.2 s an episode) there are none: nothing waits for them.
    """

    def __init__(
        self,
        corpus: Corpus,
        index: WordIndex,
        load: Load | None = None,
        model: LanguageModel | None = None,
        background: Background | None = None,
    ) -> None:
        """Take a corpus, the index made from it, and how to load the models (None: search by words only).

        `model` may propose words to search for, and choose and order the passages of an answer; without it they stay as
        they were found. `background` works out what is not known yet, once `prepare` has loaded the models.
        """
        self._corpus = corpus
        self._model = model
        self._index = index
        self._load = load
        self._background = background
        self._loaded: Embeddings | None = None
        self._workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
        self._waiting = 0
        self._topics: tuple[str, ...] | None = None
        self._loader: threading.Thread | None = None
        self._stopping = threading.Event()
        self._opened = threading.Event()
        self._follows = False
        self.wait_first: Callable[[], object] = lambda: None
        """What the worker waits for before each search."""

    def take_over(self, before: Searcher) -> None:
        """Go on from the searcher of the library as it was; called once, before anything is searched.

        Its models are not loaded again (when it is loading them, this waits a moment), and its names of topics are
        offered until `prepare` has gathered this library's.
        """
        if before._loader is not None:
            before._opened.wait(_LOADED_WITHIN)
        self._follows, self.wait_first, self._topics = True, before.wait_first, before._topics
        loaded = before._loaded
        if loaded is not None:
            self._load = lambda _: loaded.over(self._corpus.entries)
            self.load()
        self._load = None

    def prepare(self) -> None:
        """Begin to `warm` in a thread of its own, once; lines do not wait for it, questions a moment."""
        if self._loader is None:
            self._loader = threading.Thread(target=self._prepare, name="models", daemon=True)
            self._loader.start()

    def _prepare(self) -> None:
        """Warm, and have what was loaded never looked through for garbage: that would hold the event loop.

        A library that follows another may be followed in its turn: what is left of it is found by looking.
        """
        self.warm()
        if not self._follows:
            gc.freeze()
        if self._background is not None and self._loaded is not None:
            try:
                self._background.run(self._loaded, self._stopping.is_set)
            except Exception:
                _log.exception("what is not known yet cannot be worked out; answers count meaning where it is known")

    @property
    def _embeddings(self) -> Embeddings | None:
        """The models and what is known; None while nothing is, and answers come from words only."""
        return self._loaded if self._loaded is not None and self._loaded.known else None

    @property
    def known(self) -> int | None:
        """For how many episodes meaning is known; None when answers come from words only."""
        return None if self._loaded is None else len(self._loaded.known)

    @property
    def is_loading(self) -> bool:
        """Whether the models are being loaded beside what is searched."""
        return self._loader is not None and self._loader.is_alive() and not self._opened.is_set()

    @property
    def share_read(self) -> float:
        """How much of the meaning that is to be worked out is known, 0 to 1, with the episode that is worked on."""
        if self._loaded is None or self._background is None:
            return 0.0
        return self._background.share(self._loaded.known)

    def warm(self) -> None:
        """Load the models and gather the names of topics, in the calling thread, as a server does before it serves."""
        from bot.search.topic import topic_names, warm  # noqa: PLC0415 - NumPy; a line's words need none

        try:
            self.load()
            self._opened.set()
            self._topics = topic_names(self._corpus)
            warm(self._corpus, self._index, self._embeddings)
        except Exception:
            _log.exception("the names of topics cannot be gathered; none are offered")

    def load(self) -> None:
        """Load the models in the calling thread; afterwards every answer counts meaning, if it can be had.

        When loading fails it is logged, and answers go on coming from words.
        """
        if self._load is None:
            return
        try:
            self._loaded = self._load(self._stopping.is_set)
            if self._loaded is not None and self._model is not None and "questions" in self._model.uses:
                self._loaded.take_proposed(self._model.name)
        except Exception:
            _log.exception("the language models cannot be used; answers come from words only")

    async def find(self, line: str, limit: int, scope: Scope = EVERYWHERE) -> list[Hit]:
        """Return up to `limit` passages for a half-remembered line, best first."""
        return await self.run(lambda: self.find_now(line, limit, scope))

    def find_now(self, line: str, limit: int, scope: Scope = EVERYWHERE) -> list[Hit]:
        """Do the work of `find` in the calling thread (benchmarks and scripts)."""
        hits = rank(self._corpus, self._index, line, limit, self._embeddings, scope)
        _place(hit.passage for hit in hits)
        return hits

    async def answer(
        self, question: str, limit: int, scope: Scope = EVERYWHERE, *, may_ask_model: bool = False, waits: bool = True
    ) -> Answered:
        """Return up to `limit` passages that may answer a question, best first, and how sure that is.

        One that does not `wait` for models that are being loaded is answered from words.

        With `may_ask_model` the language model, if there is one, may propose words to search for where that is not
        sure, and choose from the passages of a question that is not declined.
        """
        if waits:
            await self.models_loaded()
        model = self._model if may_ask_model else None
        most = max(limit, CHOSEN_FROM) if model else limit
        found = await self._answer(question, most, scope)
        if model:
            asked, until = question[:LONGEST_QUESTION], model.until()
            if found.band is not Band.ANSWERS and (wordings := await model.words(asked, until)):
                wider = await self._answer(question, most, scope, wordings)
                if Band.CLOSEST in {found.band, wider.band} and wider.hits:
                    found = dataclasses.replace(wider, band=Band.CLOSEST)
            if found.band is not Band.DECLINED:
                by_id = {hit.passage.id: hit for hit in found.hits}
                ids = await model.choose(asked, {name: hit.passage.text for name, hit in by_id.items()}, until)
                found = dataclasses.replace(found, hits=tuple(by_id[name] for name in ids) or found.hits)
        return dataclasses.replace(found, hits=found.hits[:limit])

    async def _answer(self, question: str, limit: int, scope: Scope, wordings: Sequence[str] = ()) -> Answered:
        """Answer from what is here, off the event loop."""

        def work() -> Answered:
            found = answer(self._corpus, self._index, self._embeddings, question, limit, scope, wordings)
            _place(hit.passage for hit in found.hits)
            return found

        return await self.run(work)

    async def topic(self, name: str, scope: Scope = EVERYWHERE, page: int = 1) -> TopicFound | None:
        """Return what is said on a topic, or None when it is not discussed; pages count from 1."""
        from bot.search.topic import find_topic  # noqa: PLC0415 - as in `warm`

        await self.models_loaded()

        def work() -> TopicFound | None:
            found = find_topic(self._corpus, self._index, self._embeddings, name, scope=scope, page=page)
            _place(found.passages if found else ())
            return found

        return await self.run(work)

    async def summary(self, number: int) -> tuple[Part, ...]:
        """Return the chapters of the episode with that number, each with a sentence of it that says most."""
        from bot.search.topic import summarise  # noqa: PLC0415 - as in `warm`

        def work() -> tuple[Part, ...]:
            found = summarise(self._corpus, self._index, number)
            _place(part.key for part in found if part.key is not None)
            return found

        return await self.run(work)

    async def episodes_on(self, subject: str, limit: int, scope: Scope = EVERYWHERE) -> list[OnSubject]:
        """Return up to `limit` episodes that speak of a subject, the one that speaks most of it first."""
        among = range(len(self._corpus.entries)) if scope.episodes is None else scope.episodes

        def work() -> list[OnSubject]:
            part = narrow(self._corpus, self._index, scope)
            found = episodes_on(self._corpus, part, self._embeddings, subject, among, limit)
            _place(each.evidence for each in found)
            return found

        await self.models_loaded()
        return await self.run(work)

    async def near_topics(self, name: str) -> tuple[str, ...]:
        """Return the names of topics nearest to one that is not discussed."""
        from bot.search.topic import near_topics  # noqa: PLC0415 - as in `warm`

        return await self.run(lambda: near_topics(self._corpus, self._index, self._embeddings, name))

    async def topic_in(self, text: str) -> str:
        """Return the topic that a text names: the longest name, else its word that is said most; "" without any."""
        return await self.run(lambda: self._topic_in(text))

    def _topic_in(self, text: str) -> str:
        """Return what may be a topic in a text."""
        said, hollow = _forms(text), hollow_words()
        names = [name for name in self.topic_names() if _name_forms(name) in said]
        times = {
            text[word.begin : word.end]: min(map(self._index.count, self._index.stems(word.form)), default=0)
            for word in words(text)
            if word.form.isalpha() and word.form not in hollow
        }
        often = [word for word, count in times.items() if count >= OFTEN]
        return max(names, key=len, default="") or max(often, key=times.__getitem__, default="")

    def topic_names(self) -> tuple[str, ...]:
        """Return the names of topics, for completion and for telling topics from questions.

        While `prepare` is gathering them there are none; without it they are gathered here.
        """
        if self._topics is None and self._loader is None:
            from bot.search.topic import topic_names  # noqa: PLC0415 - as in `warm`

            self._topics = topic_names(self._corpus)
        return self._topics or ()

    async def verify(self, claim: str, speaker: str | None = None, scope: Scope = EVERYWHERE) -> Judgement:
        """Return what is true of a claimed quote, as far as the scope's episodes go."""
        return await self.run(lambda: self.verify_now(claim, speaker, scope))

    def verify_now(self, claim: str, speaker: str | None = None, scope: Scope = EVERYWHERE) -> Judgement:
        """Do the work of `verify` in the calling thread."""
        whole = bare(claim)
        typed = self._judge_words(whole, speaker, scope)
        if typed.verdict is Verdict.EXACT:  # nothing around it is talk
            _place(typed.passages)
            return typed
        quotes = read_claim(claim, self._names.knows)
        judged = [
            typed
            if quoted.text == whole and not quoted.beside and (speaker or not quoted.speaker)
            else self._judge_quoted(quoted, speaker or quoted.speaker, scope)
            for quoted in quotes
        ]
        if not judged:
            return Judgement(Verdict.NOT_FOUND, unasked=True, too_little=True)
        judgement = join(judged)
        if typed.verdict in _SAID and judgement.verdict not in _SAID:
            judgement = typed
        if judgement.verdict is not Verdict.NOT_FOUND or judgement.too_little:
            _place(judgement.passages)
            return judgement
        quoted = quotes[judged.index(judgement)]
        hits = self.find_now(quoted.text, 1, scope)
        nearest, marked = tuple(hit.passage for hit in hits), tuple(hit.marked for hit in hits)
        who, printed = speaker or quoted.speaker, self._corpus.source_text
        shown = judge(quoted.text, nearest, speaker=who, printed=printed)
        if shown.verdict is not Verdict.NOT_FOUND:  # a set phrase is one only beside others that have it
            places = [*nearest, *self._near(quoted.text, REGIONS, scope)]
            shown = judge(quoted.text, places, speaker=who, printed=printed)
        if shown.verdict is not Verdict.NOT_FOUND:
            return shown
        return dataclasses.replace(judgement, passages=nearest, marked=marked, claim=quoted.text)

    @cached_property
    def _names(self) -> Names:
        """The people who speak, by any of their names."""
        return Names(self._corpus.speakers)

    def _judge_quoted(self, quoted: Quoted, who: str | None, scope: Scope) -> Judgement:
        """Judge a quote; a word before it that may be a name is one where it is said as one, or nobody is named."""
        if who or not quoted.perhaps:
            return self._judge(quoted, who, scope)
        named = dataclasses.replace(quoted, beside="")
        if self._is_said_as_name(quoted.perhaps):
            return self._judge(named, quoted.perhaps, scope)
        plain = self._judge(quoted, None, scope)
        if quoted.perhaps[:1].isupper() and plain.verdict is not Verdict.NOT_FOUND:
            by_name = self._judge(named, quoted.perhaps, scope)
            return by_name if by_name.by is None else plain
        return plain

    def _is_said_as_name(self, word: str) -> bool:
        """Say whether the conversations have a word inside a sentence, and only with a capital letter."""
        name = word.capitalize()
        said = [passage.text for passage in self._near(word, SAID_AMONG, EVERYWHERE)]
        inside = any(f"{before}{name}" in text for text in said for before in (" ", "\u201c", '"'))
        return inside and not any(f" {name.casefold()}" in text for text in said)

    def _judge(self, quoted: Quoted, who: str | None, scope: Scope) -> Judgement:
        """Judge a quote by itself; with what stands beside it where the transcript has that there too."""
        judged = self._judge_words(quoted.text, who, scope)
        if not quoted.beside:
            return judged
        if judged.verdict in _SAID and not stands_beside(quoted.beside, judged):
            return judged
        whole = self._judge_words(quoted.whole, who, scope)
        return whole if whole.verdict in _SAID or judged.verdict in _SAID else judged

    def _judge_words(self, said: str, who: str | None, scope: Scope) -> Judgement:
        """Judge words that somebody is said to have said.

        By the places that have its very words; by those near it too when that does not confirm it.
        """
        printed = self._corpus.source_text
        index = narrow(self._corpus, self._index, scope)
        found = find_said(self._corpus, index, said, SAID_AMONG)
        places = [passage for number, passage in found if scope.admits(number, passage)]
        judgement = judge(said, places, speaker=who, printed=printed)
        if judgement.verdict is Verdict.EXACT or judgement.too_little:
            return judgement
        near = [*places, *self._between_slips(index, said, scope), *self._near(said, REGIONS, scope)]
        judgement = judge(said, near, speaker=who, printed=printed)
        if who and judgement.verdict in {Verdict.OTHER_SPEAKER, Verdict.UNATTRIBUTED}:
            own = judge(said, self._said_by(who, said, scope), speaker=who, printed=printed)
            judgement = own if own.verdict in {Verdict.EXACT, Verdict.CLOSE} else judgement
        return judgement

    def _between_slips(self, index: WordIndex, said: str, scope: Scope) -> list[Passage]:
        """Return a scope's sentences, by its part of the index, that have a line's words in a row between its slips."""
        found = [each for run in known_runs(index, said) for each in find_run(self._corpus, index, run, REGIONS)]
        return [passage for number, passage in found if scope.admits(number, passage)]

    def _near(self, said: str, limit: int, scope: Scope) -> list[Passage]:
        """Return up to 3 x `limit` sentences in a scope that share words or letters with a line."""
        found = narrow(self._corpus, self._index, scope).candidates(said, limit)
        return [self._corpus.episode(number).passage(sentence, sentence) for number, sentence in found]

    def _said_by(self, who: str, said: str, scope: Scope) -> list[Passage]:
        """Return the sentences of people of that name that have a line or are near it: a line may be said by many."""
        near: dict[Passage, None] = {}
        for name in filter(lambda name: is_by((name,), who), self._corpus.speakers):
            own = dataclasses.replace(scope, speaker=name)
            found = find_said(self._corpus, narrow(self._corpus, self._index, own), said, SAID_AMONG)
            near.update((passage, None) for _, passage in found if name in passage.speakers)
            near.update(dict.fromkeys(self._near(said, SAID_BY, own)))
        return list(near)

    def weight(self, line: str) -> float | None:
        """Return how telling the words of a line are together (their summed rarity), or None when it has no words."""
        stems = self._index.stems(line)
        return sum(map(self._index.rarity, dict.fromkeys(stems))) if stems else None

    def meaning(self, line: str) -> NDArray[np.float32] | None:
        """Return the vector of a line, of length 1; None while there are no models.

        Takes some milliseconds, unless the line was just looked for.
        """
        return None if self._loaded is None else self._loaded.vector(" ".join(line.split()))

    def alike(self, line: str, text: str) -> tuple[tuple[int, int], ...]:
        """Return the [begin, end) of a text's words that a line has too, without regard to their endings."""
        stems = set(self._index.stems(line))
        said = words(text)
        return tuple((word.begin, word.end) for word in said if not stems.isdisjoint(self._index.stems(word.form)))

    def says_word(self, word: str) -> bool:
        """Say whether the conversations have a word, in any of its forms."""
        return any(map(self._index.count, self._index.stems(word)))

    def says(self, run: str) -> bool:
        """Say whether the conversations have these words one after another, among the sentences nearest to them.

        Takes some milliseconds, so it is asked only when something hangs on it.
        """
        wanted = _forms(run)
        if any(wanted in _forms(said.text) for _, said in find_said(self._corpus, self._index, run, SAID_AMONG)):
            return True
        for number, sentence in self._index.candidates(run, SAID_AMONG) if wanted.strip() else ():
            episode = self._corpus.episode(number)
            after = min(sentence + 1, len(episode.sentences) - 1)
            if wanted in _forms(episode.passage(sentence, after).text):
                return True
        return False

    async def models_loaded(self) -> None:
        """Wait a moment for models that are being loaded: a process is ready a second before they are."""
        until = time.monotonic() + LOADING_SECONDS
        while self.is_loading:
            if time.monotonic() > until:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def run(self, work: Callable[[], _Found]) -> _Found:
        """Run work in the worker thread, off the event loop; raise UserError when too much waits already."""
        if self._waiting >= MOST_WAITING:
            raise UserError(say("search.busy"))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, self._work, work)
        finally:
            self._waiting -= 1

    def _work(self, work: Callable[[], _Found]) -> _Found:
        self.wait_first()
        with self._background.paused() if self._background is not None else nullcontext():
            return work()

    def rest(self) -> None:
        """Let what works in the background end, within about a second; searches are answered on."""
        self._stopping.set()
        if self._loader is not None:
            self._loader.join(timeout=30)

    def close(self) -> None:
        """Let the threads end: the worker after the search it is in, the loader within about a second.

        A process that ended while the models' own threads begin would abort.
        """
        self._stopping.set()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self.rest()


def _place(passages: Iterable[Passage]) -> None:
    """Work out where passages stand in their sources: here, and not on the event loop where they are laid out."""
    for passage in passages:
        passage.source()


def _forms(text: str) -> str:
    """Return the words of a text as compared, with a space around each."""
    return f" {' '.join(word.form for word in words(text))} "


_name_forms = lru_cache(maxsize=MOST_NAMES)(_forms)
"""The same for the name of a topic: all are gone through for each claim that is not found."""


def open_searcher(  # noqa: PLR0913, PLR0917 - the parts of a searcher, and what hears of the index
    corpus: Corpus,
    folder: Path | None,
    notice: Callable[[str], None],
    load: Load | None = None,
    model: LanguageModel | None = None,
    background: Background | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> Searcher:
    """Open the index of a corpus (building it when needed) and return a searcher.

    See `open_index` for `notice` and `progress`.
    """
    return Searcher(corpus, open_index(corpus, folder, notice, progress), load, model, background)
