"""Finding: better than the naive loop, from an index that is whole or rebuilt."""

from __future__ import annotations

import ast
import gc
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from bot.language import named_speaker
from bot.search import FOUND, Hit, Searcher, open_searcher
from bot.search.index.words import open_index
from bot.search.quote.query import read_line
from bot.settings import ROOT
from tests.conftest import mended_slice

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Corpus

SET = [json.loads(line) for line in (ROOT / "tests/sets/quotes_small.jsonl").read_text("utf-8").splitlines()]
TEXT = (ROOT / "content/lex-fridman/383-mark-zuckerberg/source.txt").read_text("utf-8")


def _is_gold(spans: tuple[tuple[int, int], ...], row: dict[str, Any]) -> bool:
    """Say whether a span overlaps a meant one by over 0.3 of the shorter."""
    for gold in row["gold"]:
        begin = TEXT.index(gold)
        end = begin + len(gold)
        if any(min(b, end) - max(a, begin) > 0.3 * min(b - a, end - begin) for a, b in spans):
            return True
    return False


def _spans(hit: Hit) -> tuple[tuple[int, int], ...]:
    source = hit.passage.source()
    assert source is not None
    return source.spans


def test_half_remembered_lines_are_found_far_more_often_than_by_comparing_every_sentence(
    corpus: Corpus, search: Searcher
) -> None:
    episode = corpus.episodes[0]
    sentences = [episode.passage(number, number) for number in range(len(episode.sentences))]
    texts = [sentence.text for sentence in sentences]
    ours = naive = 0
    for row in SET:
        hits = search.find_now(row["query"], 3)
        ours += bool(hits) and _is_gold(_spans(hits[0]), row)
        _, _, best = process.extract(row["query"], texts, scorer=fuzz.WRatio, limit=1)[0]
        source = sentences[best].source()
        naive += source is not None and _is_gold(source.spans, row)

    assert ours >= 0.9 * len(SET)
    assert ours >= naive + 0.2 * len(SET)


@pytest.mark.parametrize("row", SET, ids=lambda row: row["query"][:40])
def test_every_passage_found_is_a_slice_of_the_transcript_with_its_marks_inside(
    search: Searcher, row: dict[str, Any]
) -> None:
    for hit in search.find_now(row["query"], 3):
        place = hit.passage.source()
        assert place is not None
        assert mended_slice(place) == hit.passage.text.split()
        assert 0 <= hit.score <= 1
        at = 0
        for mark_begin, mark_end in hit.marked:
            assert at <= mark_begin < mark_end <= len(hit.passage.text)
            at = mark_end


@pytest.mark.parametrize("row", SET, ids=lambda row: row["query"][:40])
def test_no_passage_is_less_sure_than_the_one_after_it(search: Searcher, row: dict[str, Any]) -> None:
    scores = [hit.score for hit in search.find_now(row["query"], 6)]

    assert scores == sorted(scores, reverse=True)


def test_passages_found_do_not_overlap(search: Searcher) -> None:
    hits = search.find_now("people who train need to not have pride", 6)

    sentences = [number for hit in hits for number in range(hit.passage.first, hit.passage.last + 1)]
    assert len(sentences) == len(set(sentences))


def test_nonsense_scores_below_what_counts_as_found(search: Searcher) -> None:
    assert all(hit.score < FOUND for hit in search.find_now("purple giraffes dance upon the frozen cathedral", 3))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zuck: lol the bit about the kimono", "the kimono"),
        ("the part where he says not have pride", "not have pride"),
        ("what did lex say about love", "love"),
        ("“not have pride” lmao", "not have pride"),
        ("the bit where lex says they're hiring 🔥", "they're hiring"),
        ("u can make hard decisions n push", "you can make hard decisions and push"),
        ("the thing that stresses me out", "stresses me out"),
        ("lol", "lol"),
        ("", ""),
    ],
)
def test_talk_around_a_remembered_line_is_taken_off(typed: str, meant: str) -> None:
    assert meant == read_line(typed, ("Lex Fridman", "Mark Zuckerberg")).words


@pytest.mark.parametrize(
    ("typed", "speaker"),
    [
        ("zuck: not have pride", "Mark Zuckerberg"),
        ("when lex asked about love", "Lex Fridman"),
        ("Mark Zuckerberg on pride", "Mark Zuckerberg"),
        ("not have pride", None),
    ],
)
def test_whom_a_line_names_is_a_hint_about_who_speaks(typed: str, speaker: str | None) -> None:
    assert speaker == read_line(typed, ("Lex Fridman", "Mark Zuckerberg")).speaker


@given(st.text(max_size=300))
def test_any_text_can_be_read_as_a_remembered_line(text: str) -> None:
    read = read_line(text, ("Lex Fridman", "Mark Zuckerberg"))

    assert read.words or not any(character.isalnum() for character in text)


@pytest.mark.parametrize(
    ("name", "speaker"), [("lex", "Lex Fridman"), ("ZUCK", "Mark Zuckerberg"), ("Fridman", "Lex Fridman"), ("Z", None)]
)
def test_a_speaker_is_known_by_first_name_last_name_and_nickname(name: str, speaker: str | None) -> None:
    assert speaker == named_speaker(name, ("Lex Fridman", "Mark Zuckerberg"))


def test_an_index_is_built_once_and_opened_after_that(corpus: Corpus, tmp_path: Path) -> None:
    notices: list[str] = []
    open_searcher(corpus, tmp_path, notices.append).close()
    (place,) = (path for path in tmp_path.iterdir() if path.is_dir())
    stamps = {path.name: path.stat().st_mtime_ns for path in place.iterdir() if not path.name.endswith(".lock")}

    open_searcher(corpus, tmp_path, notices.append).close()

    assert notices == []
    assert stamps == {path.name: path.stat().st_mtime_ns for path in place.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize("harm", ["cut", "changed", "missing", "no manifest"])
def test_a_damaged_index_is_built_again_and_that_is_said(corpus: Corpus, tmp_path: Path, harm: str) -> None:
    notices: list[str] = []
    open_searcher(corpus, tmp_path, notices.append).close()
    (place,) = (path for path in tmp_path.iterdir() if path.is_dir())
    victim = next(place.glob("*.idx"))
    if harm in {"cut", "changed"}:
        # In another file's place: what still has the old one mapped would end with the process.
        harmed = tmp_path / "harmed"
        harmed.write_bytes(victim.read_bytes()[:100] if harm == "cut" else victim.read_bytes()[::-1])
        harmed.replace(victim)
    elif harm == "missing":
        victim.unlink()
    else:
        (place / "manifest.json").unlink()

    searcher = open_searcher(corpus, tmp_path, notices.append)

    assert len(notices) == 1
    assert "was damaged" in notices[0]
    assert searcher.find_now("people who train need to not have pride", 1)[0].score > FOUND
    searcher.close()


def test_a_folder_that_cannot_be_written_leaves_the_index_in_memory_and_says_so(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    notices: list[str] = []

    searcher = open_searcher(corpus, tmp_path / "file" / "index", notices.append)

    assert "stays in memory" in notices[0]
    assert searcher.find_now("people who train need to not have pride", 1)[0].score > FOUND
    searcher.close()


class _Left:
    """Garbage whose end takes a while: then another thread may go on in the midst of an allocation."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(300):
            pass


def test_several_threads_read_the_words_of_a_text_while_garbage_is_collected(corpus: Corpus, tmp_path: Path) -> None:
    index = open_index(corpus, tmp_path, lambda _: None)
    text = "people who train need to not have pride " * 20

    def read(_: int) -> list[str]:
        _Left()
        return index.stems(text)

    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(3)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(read, range(2_000)))
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)

    assert all(stems == found[0] for stems in found)


def test_search_and_its_four_algorithms_are_entered_by_their_doors() -> None:
    wrong = []
    for path in (ROOT / "bot").rglob("*.py"):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.search."):
                room = ".".join((node.module or "").split(".")[:3])
                inside = node.module != room and room.split(".")[2] in {"quote", "verify", "ask", "topic"}
                if not own.startswith(room if inside else "bot.search"):
                    wrong.append(f"{own} imports from {node.module}")

    assert wrong == []
