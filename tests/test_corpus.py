"""The transcript is kept to the byte, laid out in sentences, and refused with file, line and reason when it is bad."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import Corpus, open_corpus
from bot.corpus.formats import plain
from bot.corpus.formats.transcript_file import TranscriptFile
from bot.corpus.words import fold, sentence_spans, word_forms, words
from bot.errors import TranscriptError
from bot.settings import ROOT
from tests.conftest import mended_slice

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "content" / "lex-fridman" / "383-mark-zuckerberg" / "source.txt"


def test_the_shipped_source_is_what_was_supplied_byte_for_byte() -> None:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()

    assert digest == "f1cea6da47717eb1044e5cdcbb5d6804c22e9ef1e1167a2712c16b6a57a3524a"


def test_every_sentence_is_in_the_source_at_the_place_it_names(corpus: Corpus) -> None:
    episode = corpus.episodes[0]

    for number in range(len(episode.sentences)):
        passage = episode.passage(number, number)
        place = passage.source()
        assert place is not None
        assert mended_slice(place) == passage.text.split()


def test_every_passage_is_found_again_by_its_id(corpus: Corpus) -> None:
    episode = corpus.episodes[0]

    for first in range(len(episode.sentences)):
        for last in range(first, min(first + 3, len(episode.sentences))):
            passage = episode.passage(first, last)
            assert passage == corpus.passage(passage.id)


@given(st.text(max_size=30))
def test_an_id_that_is_none_finds_nothing_and_breaks_nothing(name: str) -> None:
    assert open_shipped().passage(name.replace("-", "")) is None
    assert open_shipped().passage(f"thphm-{name}") is None or name


_shipped: list[Corpus] = []


def open_shipped() -> Corpus:
    if not _shipped:
        _shipped.append(open_corpus(ROOT / "content"))
    return _shipped[0]


@given(st.text())
def test_sentences_lie_in_order_and_leave_out_only_white_space(text: str) -> None:
    at, left = 0, ""
    for begin, end in sentence_spans(text):
        assert at <= begin < end <= len(text)
        left += text[at:begin]
        at = end

    assert not (left + text[at:]).strip()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He met Dr. Smith. They talked.", ["He met Dr. Smith.", "They talked."]),
        ("It costs $3.50 now. Really?", ["It costs $3.50 now.", "Really?"]),
        ("J. R. Tolkien wrote. I did. Yes.", ["J. R. Tolkien wrote.", "I did.", "Yes."]),
        ('He said "stop." Then left.', ['He said "stop."', "Then left."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert sentences == [text[begin:end] for begin, end in sentence_spans(text)]


@given(st.text())
def test_words_are_slices_of_the_text(text: str) -> None:
    for word in words(text):
        assert word.begin < word.end <= len(text)
        assert word.form


@given(st.one_of(st.text(), st.text("aZ’ʼ'_-é½ﬁ ")))
def test_words_are_compared_in_one_form_whatever_is_around_them(text: str) -> None:
    forms = [unicodedata.normalize("NFKC", text[word.begin : word.end]).casefold() for word in words(text)]

    assert word_forms(text) == [form.replace("’", "'").replace("ʼ", "'") for form in forms]
    assert [fold(text[word.begin : word.end]) for word in words(text)] == word_forms(text)


@given(st.text())
def test_a_plain_reader_keeps_every_token_in_order(text: str) -> None:
    assert text.split() == [
        token for segment in plain.read(TranscriptFile("a.txt", text)).segments for token in segment.text.split()
    ]


def test_a_paragraph_that_stops_inside_a_sentence_goes_on_in_the_next() -> None:
    segments = plain.read(TranscriptFile("a.txt", "We build a\n\ntight group. Yes.\n\nNew one.")).segments

    assert [segment.text for segment in segments] == ["We build a\ntight group. Yes.", "New one."]


def _show(folder: Path, source: bytes | None = b"Words were said.", show: str = 'title = "T"\nrights = "R"\n') -> Path:
    episode = folder / "show" / "1-first"
    episode.mkdir(parents=True)
    (folder / "show" / "show.toml").write_text(show, encoding="utf-8")
    if source is not None:
        (episode / "source.txt").write_bytes(source)
    return folder


def test_an_episode_dropped_in_as_a_file_is_named_by_its_folder(tmp_path: Path) -> None:
    episode = open_corpus(_show(tmp_path)).episodes[0]

    assert (episode.label, episode.title, episode.number) == ("T #1", "First", 1)


@pytest.mark.parametrize(
    ("source", "show", "sentence"),
    [
        (b"", None, r"source\.txt:1: the transcript is empty"),
        (b" \n\n ", None, r"source\.txt:1: the transcript is empty"),
        (b"good\nbad \xff byte", None, r"source\.txt:2: byte 0xff isn't UTF-8"),
        (None, None, r"has neither a source\.txt"),
        (b"Words.", "title = 3", r"show\.toml: `title` is missing"),
        (b"Words.", 'title = "T"', r"show\.toml: `rights` is missing"),
        (b"Words.", "title = [", r"show\.toml: not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_line_and_reason(
    tmp_path: Path, source: bytes | None, show: str | None, sentence: str
) -> None:
    folder = _show(tmp_path, source, show or 'title = "T"\nrights = "R"\n')

    with pytest.raises(TranscriptError, match=sentence):
        open_corpus(folder)


def test_a_missing_or_empty_content_folder_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="VERBATIM_CONTENT_DIR"):
        open_corpus(tmp_path / "nowhere")
    with pytest.raises(TranscriptError, match="no episode here"):
        open_corpus(tmp_path)
