"""A bot that serves takes in new, changed and withdrawn episodes without being started again."""

from __future__ import annotations

import ast
import asyncio
import gc
import logging
import shutil
import threading
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core, Library
from bot.corpus import AllWithdrawnError, Corpus, open_corpus, state_of, without_withdrawn
from bot.corpus.withdrawn import WITHDRAWN
from bot.renewal import Opener, Renewal
from bot.search import Searcher, open_embeddings, open_searcher
from bot.serve import Parts, Server
from bot.settings import ROOT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHOWS = ROOT / "tests" / "shows" / "content"
THROW, SALT = "the-long-throw", "salt-and-small-change"
NEW = "A lighthouse keeper counts herring by moonlight and never tells the harbour master."
LINE = "lighthouse keeper counts herring by moonlight"


class Bot:
    """A core whose library is renewed when a test says so."""

    def __init__(self, content: Path, data: Path | None, *, meaning: bool = False) -> None:
        self.content = content
        self.told: list[str] = []
        self.opener = Opener(content, data, self.told.append)
        corpus = self.opener.corpus()
        load = (lambda _: open_embeddings(corpus, None, self.told.append)) if meaning else None
        search = open_searcher(corpus, data / "index" if data else None, self.told.append, load)
        if meaning:
            search.prepare()
        self.core = Core(corpus, search, COMMANDS)
        self.present: tuple[Corpus, Searcher] = (corpus, search)
        self.renewal = Renewal(self.opener, corpus, search, self._replace, period=0.05)
        self.renewal.look()  # what the files were like when they were opened

    def _replace(self, corpus: Corpus, search: Searcher) -> Library:
        before = self.core.replace(corpus, search)
        self.present = (corpus, search)
        return before

    def add(self, name: str, words: str = NEW, show: str = THROW) -> Path:
        """Add an episode as a text."""
        folder = self.content / show / name
        folder.mkdir()
        (folder / "source.txt").write_text(f"{words}\n", "utf-8")
        return folder

    def withdraw(self, episode: str, more: str = "", show: str = THROW) -> None:
        (self.content / show / WITHDRAWN).write_text(f'[[withdrawn]]\nepisode = "{episode}"\n{more}\n', "utf-8")

    async def renew(self) -> bool:
        return await asyncio.to_thread(self.renewal.look)

    async def ask(self, line: str) -> Reply:
        return await self.core.answer(Request(Channel("test", "room"), Author("member"), text=line))

    def close(self) -> None:
        self.renewal.close()
        self.present[1].close()


@contextmanager
def serving(tmp_path: Path, *, data: bool = True, meaning: bool = False) -> Iterator[Bot]:
    """Serve a copy of the invented shows."""
    content = tmp_path / "content"
    shutil.copytree(SHOWS, content)
    bot = Bot(content, tmp_path / "data" if data else None, meaning=meaning)
    try:
        yield bot
    finally:
        bot.close()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with serving(tmp_path) as bot:
        yield bot


def shown(reply: Reply) -> list[str]:
    return [card.quote.text for card in reply.cards if card.quote]


def episodes(bot: Bot) -> int:
    return len(bot.present[0].entries)


@pytest.mark.parametrize("data", [True, False])
async def test_a_new_episode_is_found_after_a_look_and_what_was_shown_before_still_opens(
    tmp_path: Path, *, data: bool
) -> None:
    with serving(tmp_path, data=data) as bot:
        before = await bot.ask("/quote the throw that nobody saw")
        quote = before.cards[0].quote
        assert quote is not None
        assert NEW not in shown(await bot.ask(f"/quote {LINE}"))
        assert (await bot.ask("/about")).text.count("Episodes: 4") == 2
        held = bot.present[0].episode(0)
        bot.add("episode-45")
        assert await bot.renew()

        assert shown(await bot.ask(f"/quote {LINE}")) == [NEW]
        assert "Episodes: 5" in (await bot.ask("/about")).text
        opened = await bot.ask(f"/show {quote.id}")
        assert opened.cards[0].quote is not None
        assert quote.text in opened.cards[0].quote.text
        assert bot.present[0].episode(0) is held, "an unchanged episode was read again"
        assert bot.told[-1] == "I read the content folder anew: 1 episode is new."


async def test_nothing_is_opened_when_nothing_changed(bot: Bot) -> None:
    before = bot.present
    assert not await bot.renew()
    (bot.content / THROW / ".importing-x").mkdir()
    assert not await bot.renew()
    assert bot.present == before


async def test_a_changed_episode_says_what_it_says_now_and_its_untouched_passages_keep_their_ids(bot: Bot) -> None:
    folder = bot.add("episode-45", f"{NEW} The kettle was already cold.")
    await bot.renew()
    (found,) = (await bot.ask(f"/quote {LINE}")).cards
    assert found.quote is not None
    (folder / "source.txt").write_text(f"{NEW} The kettle was still warm.\n", "utf-8")
    assert await bot.renew()

    assert "still warm" in "".join(shown(await bot.ask("/quote the kettle was still warm")))
    assert "already cold" not in "".join(shown(await bot.ask("/quote the kettle was already cold")))
    assert shown(await bot.ask(f"/show {found.quote.id}"))
    assert bot.told[-1] == "I read the content folder anew: 1 changed."


async def test_a_withdrawn_episode_is_gone_after_a_look_and_its_ids_are_declined(bot: Bot) -> None:
    bot.add("episode-45")
    await bot.renew()
    (card,) = (await bot.ask(f"/quote {LINE}")).cards
    assert card.quote is not None
    bot.withdraw("episode-45", 'why = "the guest asked"')
    assert await bot.renew()

    assert NEW not in str(await bot.ask(f"/quote {LINE}"))
    assert (await bot.ask(f"/show {card.quote.id}")).outcome is Outcome.DECLINED
    assert bot.told[-1] == "I read the content folder anew: 1 is gone."


async def test_a_withdrawn_sentence_is_gone_after_a_look(bot: Bot) -> None:
    bot.add("episode-45", f"The kettle was already cold. {NEW}")
    await bot.renew()
    bot.withdraw("episode-45", 'words = "counts herring by moonlight"')
    assert await bot.renew()

    assert "herring" not in str(shown(await bot.ask(f"/quote {LINE}")))
    assert shown(await bot.ask("/quote the kettle was already cold"))


async def test_a_broken_folder_leaves_what_is_served_and_is_told_of_once(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    folder = bot.add("episode-45")
    (folder / "source.vtt").write_text("WEBVTT\n", "utf-8")
    before = bot.present
    assert not await bot.renew()
    (folder / "note.txt").write_text("another file", "utf-8")
    assert not await bot.renew()

    assert bot.present == before
    (said,) = [record.getMessage() for record in caplog.records]
    assert "two transcripts here (source.txt, source.vtt). Keep one, as source.*." in said
    assert said.endswith("Until that is mended I answer from what I read before.")
    (folder / "source.vtt").unlink()
    assert await bot.renew()
    assert shown(await bot.ask(f"/quote {LINE}")) == [NEW]


async def test_what_is_withdrawn_is_gone_although_the_folder_is_broken_otherwise(bot: Bot) -> None:
    bot.add("episode-45")
    bot.add("episode-46", "The kettle was already cold.")
    await bot.renew()
    (card,) = (await bot.ask(f"/quote {LINE}")).cards
    assert card.quote is not None
    (bot.content / SALT / "show.toml").write_text("half", "utf-8")
    bot.withdraw("episode-45")
    assert await bot.renew()

    assert (await bot.ask(f"/show {card.quote.id}")).outcome is Outcome.DECLINED
    assert NEW not in str(await bot.ask(f"/quote {LINE}"))
    assert shown(await bot.ask("/quote the kettle was already cold"))


async def test_when_everything_is_withdrawn_nothing_is_served_any_more(bot: Bot) -> None:
    for show in (THROW, SALT):
        path = bot.content / show / "show.toml"
        path.write_text(f"withdrawn = true\n{path.read_text('utf-8')}", "utf-8")
    with pytest.raises(AllWithdrawnError, match="everything here is withdrawn"):
        await asyncio.wait_for(bot.renewal.run(), 30)
    with pytest.raises(AllWithdrawnError):
        without_withdrawn(bot.present[0])


async def test_a_request_ends_with_the_library_it_began_with(bot: Bot) -> None:
    began, go_on = threading.Event(), threading.Event()
    before = bot.present

    def wait() -> None:
        began.set()
        go_on.wait(30)

    before[1].wait_first = wait
    asked = asyncio.create_task(bot.ask(f"/quote {LINE}"))
    await asyncio.to_thread(began.wait, 30)
    before[1].wait_first = lambda: None
    bot.add("episode-45")
    renewing = asyncio.create_task(bot.renew())
    await _until(lambda: bot.present is not before)
    bot.present[1].wait_first = lambda: None
    assert shown(await bot.ask(f"/quote {LINE}")) == [NEW]
    go_on.set()
    old = await asked
    assert await renewing
    assert NEW not in shown(old)
    assert old.outcome is not Outcome.ERROR
    with pytest.raises(RuntimeError):
        await before[1].find(LINE, 1)  # it was closed after its last request


async def test_requests_beside_renewals_are_each_answered_from_one_library(bot: Bot) -> None:
    line = "/quote a lighthouse keeper counts"
    known = [f"A lighthouse keeper counts boat number {number} and goes to bed." for number in range(6)]
    bot.add("episode-50", known[0])
    await bot.renew()
    over = asyncio.Event()
    replies: list[Reply] = []

    async def keep_asking() -> None:
        while not over.is_set():
            replies.append(await bot.ask(line))

    asking = [asyncio.create_task(keep_asking()) for _ in range(4)]
    for number in range(1, 6):
        shutil.rmtree(bot.content / THROW / f"episode-5{number - 1}")
        bot.add(f"episode-5{number}", known[number])
        assert await bot.renew()
    over.set()
    await asyncio.gather(*asking)
    assert len(replies) > 5
    for reply in replies:
        assert reply.outcome is Outcome.FOUND
        assert len({text for text in shown(reply) if text in known}) == 1


async def test_models_are_loaded_once_and_meaning_counts_before_and_after(tmp_path: Path) -> None:
    with serving(tmp_path, meaning=True) as bot:
        before = bot.present[1]
        await _until(lambda: before.known is not None)
        loaded = before._loaded  # noqa: SLF001 - the models are no part of an answer
        assert loaded is not None
        bot.add("episode-45")
        await bot.renew()
        after = bot.present[1]._loaded  # noqa: SLF001 - as above
        assert after is not None
        assert after is not loaded
        assert (after.dense, after.late) == (loaded.dense, loaded.late)
        assert after.shelf.entries == bot.present[0].entries


async def test_vectors_in_memory_go_along_with_their_episodes(shows: Corpus, tmp_path: Path) -> None:
    embeddings = open_embeddings(shows, None, pytest.fail)
    assert embeddings is not None
    from bot.search.index.vectors import build_vectors  # noqa: PLC0415 - NumPy, for this test alone

    made = build_vectors(shows.episode(1), embeddings.dense, embeddings.late)
    assert made is not None
    embeddings.shelf.keep(1, made)
    content = tmp_path / "content"
    shutil.copytree(SHOWS, content)
    shutil.rmtree(content / SALT / shows.entries[0].id)
    fewer = open_corpus(content)
    assert embeddings.over(fewer.entries).known == {0}


async def test_a_library_that_was_replaced_leaves_memory_at_once(bot: Bot) -> None:
    await bot.ask(f"/quote {LINE}")
    await bot.ask("/ask how do I boil an egg")
    await bot.ask("/topic soup")
    await bot.ask("/daily")
    bot.add("episode-45")
    corpus, search = bot.present
    gone = [weakref.ref(each) for each in (corpus, search, search._index)]  # noqa: SLF001 - it holds the files
    del corpus, search
    gc.disable()  # nothing waits for garbage to be looked for, which would hold the event loop
    try:
        await bot.renew()
        assert [ref() for ref in gone] == [None] * 3
    finally:
        gc.enable()


def test_what_is_remembered_of_a_library_is_let_go_with_it() -> None:
    """Each cache of a function of a corpus, an index or vectors would hold these as long as the process lives."""
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and "lru_cache" in "".join(map(ast.unparse, node.decorator_list)):
                taken = {ast.unparse(each.annotation) for each in node.args.args if each.annotation}
                assert taken.isdisjoint({"Corpus", "WordIndex", "Embeddings", "Searcher"}), f"{path}:{node.lineno}"


async def test_the_thread_takes_in_what_changed_by_itself_and_at_once_when_it_is_told(bot: Bot) -> None:
    running = asyncio.create_task(bot.renewal.run())
    bot.add("episode-45")
    bot.renewal.now()
    await _until(lambda: episodes(bot) == 9)
    bot.add("episode-46", "The kettle was already cold.")
    await _until(lambda: episodes(bot) == 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.to_thread(bot.renewal.close)


async def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


def test_the_state_of_a_folder_is_another_after_any_change_of_a_file(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(SHOWS, content)
    states = [state_of(content)]
    path = content / THROW / "episode-41" / "highlights.tsv"
    path.write_text("one", "utf-8")
    states.append(state_of(content))
    path.write_text("other", "utf-8")
    states.append(state_of(content))
    path.rename(path.with_name("keypassages.tsv"))
    states.append(state_of(content))
    shutil.rmtree(content / SALT)
    states.append(state_of(content))
    assert len(set(states)) == len(states)
    assert state_of(content) == states[-1]
    assert state_of(tmp_path / "nowhere")


async def test_a_server_answers_from_the_renewed_library(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(SHOWS, content)
    opener = Opener(content, None, lambda _: None)
    corpus = opener.corpus()
    parts = Parts(Settings.read({}), corpus, open_searcher(corpus, None, pytest.fail), None, opener=opener)
    server = Server(parts)
    assert server.renewal is not None
    server.renewal.look()
    folder = content / THROW / "episode-45"
    folder.mkdir()
    (folder / "source.txt").write_text(f"{NEW}\n", "utf-8")
    assert await asyncio.to_thread(server.renewal.look)
    assert len(parts.corpus.entries) == len(corpus.entries) + 1
    asked = Request(Channel("test", "room"), Author("member"), text=f"/quote {LINE}")
    assert shown(await server._core.answer(asked)) == [NEW]  # noqa: SLF001 - its wiring
    parts.search.close()
