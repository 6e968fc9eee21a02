"""Columns are the rows that were put into them; a compiled episode is the episode, or counts as none."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus import Corpus, Section, Show
from bot.corpus.cache import pack, unpack
from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.model import Paragraph, Paragraphs, Sentence, Sentences, TokenMap

if TYPE_CHECKING:
    from pathlib import Path

OFFSETS = st.integers(0, 2**32 - 1)
NUMBERS = st.integers(0, 2**31 - 1)
NAMES = st.none() | st.text(max_size=5)
SENTENCES = st.builds(
    Sentence, OFFSETS, OFFSETS, OFFSETS, st.none() | st.floats(0, 1e6, allow_nan=False), st.booleans()
)
PARAGRAPHS = st.builds(Paragraph, NUMBERS, NUMBERS, NAMES, st.none() | NUMBERS, st.sampled_from(Section), NAMES)


@given(st.lists(SENTENCES, max_size=20))
def test_sentences_in_columns_are_the_sentences_that_were_put_in(rows: list[Sentence]) -> None:
    table = Sentences.of(rows)

    assert list(table) == rows
    assert table[1:-1] == tuple(rows[1:-1])
    assert [table[-number] for number in range(1, len(rows) + 1)] == rows[::-1]
    ordered = Sentences.of(sorted(rows, key=lambda row: row.begin))
    assert all(bisect_left(ordered, row.begin, key=lambda one: one.begin) <= ordered.index(row) for row in rows)


@given(st.lists(PARAGRAPHS, max_size=20))
def test_paragraphs_in_columns_are_the_paragraphs_that_were_put_in(rows: list[Paragraph]) -> None:
    table = Paragraphs.of(rows)

    assert list(table) == rows
    assert table[2:] == tuple(rows[2:])
    with pytest.raises(IndexError):
        table[len(rows)]


@given(st.text() | st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1)).map(" ".join))
def test_tokens_are_where_the_white_space_is_not(text: str) -> None:
    tokens = TokenMap(text)

    spans = list(zip(tokens.begins, tokens.ends, strict=True))
    assert spans == [match.span() for match in re.finditer(r"\S+", text)]


EDITION = (
    "---\ntitle: Über\nnumber: 7\npublished: 2023-06-08\nduration: 1:00:00\nspeakers:\n  Ada: host\n  Bob:\n"
    "cuts:\n  video: {id: xyz, later: 12}\n---\n\n## 0:00 Start\n\n**Ada:** Bonjour, “été”. \U0001f600 Yes!\n\n"
    "### Ad: Shop\n\n**Bob:** [10:00] Buy it. Now.\n\n### Outro\n\nBye.\n"
)


def test_a_compiled_episode_is_the_episode(tmp_path: Path, corpus: Corpus) -> None:
    path = tmp_path / "show" / "7-x" / "edition.md"
    path.parent.mkdir(parents=True)
    path.write_text(EDITION, "utf-8")
    show = Show("show", "T", "R")
    for episode in (build_episode(show, EpisodeFiles.of(tmp_path / "show" / "7-x")), corpus.episode(0)):
        for settled in (True, False):
            found = unpack(pack(episode, settled=settled), episode.show)

            assert found is not None
            same, mark = found
            assert mark is settled
            for name in ("id", "title", "text", "digest", "chapters", "meta", "code", "label"):
                assert getattr(same, name) == getattr(episode, name)
            assert list(same.sentences) == list(episode.sentences)
            assert list(same.paragraphs) == list(episode.paragraphs)
            assert same.tokens.path == episode.tokens.path
            for name in ("begins", "ends", "source_begins", "source_ends"):
                assert list(getattr(same.tokens, name)) == list(getattr(episode.tokens, name))
            assert [same.passage(n, n).id for n in range(5)] == [episode.passage(n, n).id for n in range(5)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.none() | st.integers(0, 255))
def test_a_compiled_episode_with_any_byte_changed_or_missing_counts_as_none(
    corpus: Corpus, where: float, byte: int | None
) -> None:
    episode = corpus.episode(0)
    data = pack(episode, settled=True)
    place = math.floor(where * len(data))
    harmed = data[:place] if byte is None else data[:place] + bytes([byte]) + data[place + 1 :]

    assert harmed == data or unpack(harmed, episode.show) is None
