"""A library of any size: read once, kept compiled and indexed, brought up to date by what changed and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.corpus import Corpus, open_corpus
from bot.corpus.library import Loader
from bot.corpus.model import episode_code
from bot.errors import TranscriptError
from bot.search.index.generations import Generations
from bot.search.index.words import WordIndex, open_index
from bot.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["apple", "brick", "candle", "dragon", "engine", "forest", "garden", "hammer", "island", "jungle"]


def _write(content: Path, episodes: dict[str, str]) -> Path:
    """Make a show's episodes just these; files are a minute old, so that their times can be relied on."""
    show = content / "show"
    show.mkdir(parents=True, exist_ok=True)
    (show / "show.toml").write_text('title = "T"\nrights = "R"\n', "utf-8")
    for folder in show.iterdir():
        if folder.is_dir() and folder.name not in episodes:
            shutil.rmtree(folder)
    for name, text in episodes.items():
        path = show / name / "edition.md"
        path.parent.mkdir(exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            _age(path)
    return content


_ages = count()


def _age(path: Path, seconds: int = 60) -> None:
    """Date a file back, each time to another moment."""
    moment = path.stat().st_mtime - seconds - next(_ages)
    os.utime(path, (moment, moment))


def _swap_unseen(path: Path, old: str, new: str) -> None:
    """Change a file so that neither its size nor its time tells."""
    status = path.stat()
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size


def _said(corpus: Corpus) -> list[str]:
    return [episode.text for episode in corpus.episodes]


def _compiled(data: Path) -> list[Path]:
    return [path for path in data.rglob("episodes/*/*") if not path.suffix]


EDITION = (
    "---\ntitle: Über\nnumber: 7\npublished: 2023-06-08\nduration: 1:00:00\nspeakers:\n  Ada: host\n  Bob:\n"
    "cuts:\n  video: {id: xyz, later: 12}\n---\n\n## 0:00 Start\n\n**Ada:** Bonjour, “été”. \U0001f600 Yes!\n\n"
    "### Ad: Shop\n\n**Bob:** [10:00] Buy it. Now.\n\n### Outro\n\nBye.\n"
)


def test_only_a_changed_episode_is_read_again(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Old words.", "2-b": "Old words."})
    open_corpus(content, tmp_path / "data")
    _swap_unseen(content / "show" / "1-a" / "edition.md", "Old", "New")
    _swap_unseen(content / "show" / "2-b" / "edition.md", "Old", "New")
    _age(content / "show" / "2-b" / "edition.md")

    assert _said(open_corpus(content, tmp_path / "data")) == ["Old words.", "New words."]


def test_a_file_changed_a_moment_ago_is_read_again_even_when_its_time_does_not_tell(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Old words."})
    path = content / "show" / "1-a" / "edition.md"
    os.utime(path)
    open_corpus(content, tmp_path / "data")
    _swap_unseen(path, "Old", "New")

    assert _said(open_corpus(content, tmp_path / "data")) == ["New words."]


def test_what_a_show_says_of_itself_is_read_at_every_start(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Words."})
    open_corpus(content, tmp_path / "data")
    (content / "show" / "show.toml").write_text('title = "Other"\nrights = "R"\n', "utf-8")

    corpus = open_corpus(content, tmp_path / "data")

    assert corpus.episode(0).label == corpus.entries[0].label == corpus.label == "Other #1"


@pytest.mark.parametrize("harm", ["cut", "changed", "missing", "empty"])
@pytest.mark.parametrize("victim", ["episode", "list"])
def test_a_damaged_compiled_file_is_made_again(tmp_path: Path, harm: str, victim: str) -> None:
    content = _write(tmp_path / "content", {"1-a": "Some words.", "2-b": "More words."})
    open_corpus(content, tmp_path / "data")
    for path in [*tmp_path.rglob("list.json")] if victim == "list" else _compiled(tmp_path / "data"):
        data = path.read_bytes()
        path.write_bytes({"cut": data[:-3], "changed": data[::-1]}.get(harm, b""))
        if harm == "missing":
            path.unlink()

    for _ in range(2):
        corpus = open_corpus(content, tmp_path / "data")
        assert _said(corpus) == ["Some words.", "More words."]
        assert [entry.words for entry in corpus.entries] == [2, 2]
    assert len(_compiled(tmp_path / "data")) == 2


def test_what_was_read_before_an_episode_that_cannot_be_is_kept(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Some words.", "2-b": "---\nnope\n---\n"})

    with pytest.raises(TranscriptError, match="2-b"):
        open_corpus(content, tmp_path / "data")

    assert len(_compiled(tmp_path / "data")) == 1


def test_a_library_of_which_memory_holds_a_part_is_whole(tmp_path: Path) -> None:
    texts = {f"{number}-x": f"Episode {number} has words." for number in range(10, 40)}
    content = _write(tmp_path / "content", texts)
    known = open_corpus(content, tmp_path / "data")
    loader = Loader(content, known.loader.cache, most=50_000)
    loader.names = known.loader.names
    corpus = Corpus(content, known.entries, loader)
    first = corpus.episode(0)

    assert _said(corpus) == list(texts.values())
    assert len(loader) < 10
    assert corpus.episode(0) is first
    assert corpus.passage(first.passage(0, 0).id) == first.passage(0, 0)


def test_entries_tell_of_episodes_without_loading_them(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"7-x": EDITION, "9-y": "**Cy:** One two. Three."})
    open_corpus(content, tmp_path / "data")
    corpus = open_corpus(content, tmp_path / "data")

    assert [(e.title, e.words, e.sentences, e.speakers) for e in corpus.entries] == [
        ("Über", 8, 5, ("Ada", "Bob")),
        ("Y", 3, 2, ("Cy",)),
    ]
    assert len(corpus.loader) == 0
    assert (corpus.speakers, corpus.find("show", "9-y"), corpus.find("show", "y")) == (("Ada", "Bob", "Cy"), 1, None)
    assert corpus.episode(1).passage(0, 0).text == "One two."
    for entry, episode in zip(corpus.entries, corpus.episodes, strict=True):
        assert (entry.id, entry.code, entry.label, entry.digest) == (
            episode.id,
            episode.code,
            episode.label,
            episode.digest,
        )


def test_a_data_folder_that_cannot_be_written_leaves_everything_in_memory_and_that_is_said(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Some words."})
    (tmp_path / "file").touch()
    notices: list[str] = []

    corpus = open_corpus(content, tmp_path / "file" / "data", notices.append)

    assert _said(corpus) == ["Some words."]
    assert "I can't write to the data folder" in notices[0]


def test_a_bot_goes_on_quoting_what_it_was_started_with_when_another_reads_a_newer_edition(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Old words.", "2-b": "Gone soon."})
    open_corpus(content, tmp_path / "data")
    running = open_corpus(content, tmp_path / "data")
    newer = open_corpus(_write(content, {"1-a": "New words."}), tmp_path / "data")

    assert _said(newer) == ["New words."]
    assert _said(running) == ["Old words.", "Gone soon."]


def test_compiled_files_that_nobody_needs_are_removed_in_time(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Some words.", "2-b": "More words."})
    open_corpus(content, tmp_path / "data")
    open_corpus(_write(content, {"1-a": "Some words."}), tmp_path / "data")
    (aside,) = (tmp_path / "data").rglob("*.old")
    _age(aside, 30 * 24 * 3600)
    open_corpus(_write(content, {"1-a": "Changed words."}), tmp_path / "data")

    assert not aside.exists()


def test_words_that_changed_under_a_running_bot_and_were_kept_nowhere_are_refused(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Old words."})
    open_corpus(content, tmp_path / "data")
    running = open_corpus(content, tmp_path / "data")
    shutil.rmtree(tmp_path / "data")
    _write(content, {"1-a": "New words."})

    with pytest.raises(TranscriptError, match="has changed since it was opened"):
        running.episode(0)


def test_two_episodes_that_share_a_code_each_find_their_own_passages(tmp_path: Path) -> None:
    codes: dict[str, str] = {}
    for number in count():
        name = f"{number}-x"
        other = codes.setdefault(episode_code("show", name), name)
        if other != name:
            break
    texts = {other: "One. Two words. Three.", name: "Four and some. Five of them here. Six."}
    corpus = open_corpus(_write(tmp_path, texts))

    for episode in corpus.episodes:
        for sentence in range(3):
            passage = episode.passage(sentence, sentence)
            assert corpus.passage(passage.id) == passage


def _open(content: Path, data: Path, notices: list[str] | None = None) -> tuple[Corpus, WordIndex]:
    corpus = open_corpus(content, data)
    return corpus, open_index(corpus, data / "index", (notices if notices is not None else []).append)


def _found(index: WordIndex, word: str) -> set[tuple[int, int]]:
    return set(index.candidates(word, 1000))


def _places(corpus: Corpus, word: str) -> set[tuple[int, int]]:
    """Return the sentences that have a word."""
    everything = ((n, at) for n, entry in enumerate(corpus.entries) for at in range(entry.sentences))
    return {(number, at) for number, at in everything if word in corpus.episode(number).passage(at, at).text}


TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda words: " ".join(f"{w}." for w in words))
LIBRARIES = st.dictionaries(st.sampled_from(["1-a", "2-b", "3-c", "4-d", "5-e"]), TEXTS, min_size=1)


@settings(max_examples=15, deadline=None)
@given(st.lists(LIBRARIES, min_size=1, max_size=4))
def test_an_index_brought_up_to_date_finds_what_a_new_one_finds(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    for state in states:
        notices: list[str] = []
        corpus, index = _open(_write(folder / "content", state), folder / "data", notices)
        fresh = open_index(corpus, None, notices.append)

        assert notices == []
        for word in WORDS:
            assert _found(index, word) == _found(fresh, word)
            assert _found(index, word) >= _places(corpus, word)
    assert len([path for path in (folder / "data" / "index").iterdir() if path.is_dir()]) == 1


def _held(data: Path) -> dict[str, int]:
    """Return the ordinal of each episode in the index."""
    (pointer,) = (data / "index").glob("*.current")
    _, layout, library = pointer.stem.split("-")
    generations = Generations(data / "index", library, layout)
    place = generations.current()
    assert place is not None
    manifest = generations.manifest(place)
    assert manifest is not None
    return {held.episode: held.ordinal for held in manifest.episodes}


def test_only_changed_episodes_are_indexed_again(tmp_path: Path) -> None:
    texts = {f"{number}-x": f"Number {number}. {' and '.join(WORDS)}." for number in range(1, 9)}
    _open(_write(tmp_path / "content", texts), tmp_path / "data")
    before = _held(tmp_path / "data")

    corpus, index = _open(_write(tmp_path / "content", texts | {"3-x": "Marmalade."}), tmp_path / "data")

    after = _held(tmp_path / "data")
    assert {name for name in texts if before[name] != after[name]} == {"3-x"}
    assert after["3-x"] not in before.values()
    assert [corpus.entries[number].id for number, _ in index.candidates("marmalade", 5)] == ["3-x"]


def test_an_index_is_made_anew_when_much_of_it_was_taken_out(tmp_path: Path) -> None:
    _open(_write(tmp_path / "content", {"1-a": "Apple.", "2-b": "Brick."}), tmp_path / "data")
    _, index = _open(_write(tmp_path / "content", {"1-a": "Candle.", "2-b": "Brick."}), tmp_path / "data")

    assert sorted(_held(tmp_path / "data").values()) == [0, 1]
    assert _found(index, "apple") == set()
    assert index.rarity("appl") > index.rarity("candl")


def test_a_generation_that_nobody_was_pointed_to_is_neither_opened_nor_kept(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Apple."})
    _open(content, tmp_path / "data")
    (whole,) = [path for path in (tmp_path / "data" / "index").iterdir() if path.is_dir()]
    half = whole.with_name(whole.name[:-6] + "000009")
    half.mkdir()
    (half / "meta.json").write_text("{", "utf-8")

    _, index = _open(content, tmp_path / "data")
    assert _found(index, "apple") == {(0, 0)}
    _open(_write(content, {"1-a": "Brick."}), tmp_path / "data")

    assert not half.exists()


def test_a_process_that_searches_keeps_its_index_while_another_replaces_it(tmp_path: Path) -> None:
    _, running = _open(_write(tmp_path / "content", {"1-a": "Apple.", "2-b": "Brick."}), tmp_path / "data")
    _, newer = _open(_write(tmp_path / "content", {"1-a": "Candle.", "2-b": "Brick."}), tmp_path / "data")

    assert (_found(running, "apple"), _found(newer, "apple")) == ({(0, 0)}, set())


def test_one_process_builds_at_a_time_and_the_other_waits_and_opens_what_was_built(tmp_path: Path) -> None:
    content = _write(tmp_path / "content", {"1-a": "Apple."})
    _open(content, tmp_path / "data")
    ((_, layout, library),) = [p.stem.split("-") for p in (tmp_path / "data" / "index").glob("*.lock")]
    generations = Generations(tmp_path / "data" / "index", library, layout)
    _write(content, {"1-a": "Brick."})
    waiting = threading.Event()
    opened: list[WordIndex] = []

    def other() -> None:
        corpus = open_corpus(content, tmp_path / "data")
        opened.append(open_index(corpus, tmp_path / "data" / "index", lambda _: waiting.set()))

    with generations.alone(lambda: None):
        thread = threading.Thread(target=other)
        thread.start()
        assert waiting.wait(30)
        assert not opened
    thread.join(30)

    assert _found(opened[0], "brick") == {(0, 0)}


def test_processes_that_start_together_on_an_empty_data_folder_all_answer(tmp_path: Path) -> None:
    texts = {f"{number}-x": f"Number {number}. {' and '.join(WORDS)}." for number in range(1, 40)}
    content = _write(tmp_path / "content", texts | {"40-x": "Marmalade is here."})
    script = (
        "import sys; from pathlib import Path; from bot.corpus import open_corpus; "
        "from bot.search.index.words import open_index; data = Path(sys.argv[2]); "
        "corpus = open_corpus(Path(sys.argv[1]), data); index = open_index(corpus, data / 'index', lambda _: None); "
        "print([corpus.entries[number].id for number, _ in index.candidates('marmalade', 1)][0])"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(content), str(tmp_path / "data")]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]

    assert [process.communicate(timeout=180)[0].decode().strip() for process in started] == ["40-x"] * 4
    assert all(begin != end for begin, end in pairwise(sorted(_held(tmp_path / "data").values())))
