"""No file, however made, gets more out of a reader than values or one sentence, or costs more than its size."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import time
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

import bot.corpus
from bot.corpus.edition import Edition, Meta, read_edition, write_edition
from bot.corpus.files import reading
from bot.corpus.formats import READERS, read_transcript
from bot.corpus.formats.stamps import LATEST
from bot.corpus.formats.transcript_file import decode
from bot.corpus.join import blocks
from bot.corpus.names import LONGEST_PERSON, LONGEST_TITLE, MOST_PEOPLE
from bot.corpus.transcript import Transcript
from bot.errors import TranscriptError
from bot.policy.texts import say
from tests.hostile_files import NESTS, SEEDS, SHAPES, built, changed, nested, shaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus

STEADY = partial(
    settings,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""The same files in every run."""

UNFORESEEN = say("corpus.unforeseen", error="").partition("(")[0]
A_KILOBYTE = 0.05
"""Seconds of processor that a kilobyte may cost, ten times what it does, after so many to begin with."""

BEGIN = 1.0
NAMES = ("a", "a.md", "a.json")


def doors() -> dict[str, Callable[..., Any]]:
    """Return every function of the corpus that reads what a file holds."""
    modules = [
        importlib.import_module(found.name) for found in pkgutil.walk_packages(bot.corpus.__path__, "bot.corpus.")
    ]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("read_")
        and inspect.isfunction(value)
        and next(iter(inspect.signature(value).parameters)) in {"data", "text"}
        and len(inspect.signature(value).parameters) > 1
        and name != "read_yaml"
    }


def fed(read: Callable[..., Any], corpus: Corpus) -> Callable[[bytes, str], Any]:
    """Return a reader as one of bytes and a name."""
    parameters = list(inspect.signature(read).parameters)
    given = {
        "source": "It computes.\nIt does not think.",
        "episode": corpus.episode(0),
        "address": "https://feeds.example.org/a/feed.xml",
    }
    rest = [given[name] for name in parameters[2:]]
    if parameters[0] == "text":
        return lambda data, name: read(data.decode("utf-8", "replace"), name, *rest)
    return lambda data, name: read(data, name, *rest)


def gauged(read: Callable[[bytes, str], Any], data: bytes, name: str) -> Any:
    """Return what a reader makes of a file, None when it refuses it in a sentence; time and size stay in bounds."""
    began = time.thread_time()
    found, told, reason = None, "", ""
    try:
        found = read(data, name)
    except TranscriptError as error:
        told, reason = str(error), error.reason
    assert UNFORESEEN not in reason, data[:300]
    assert told.isprintable() or not told
    assert len(told) < 1_500
    assert time.thread_time() - began < BEGIN + A_KILOBYTE * len(data) / 1_000
    if isinstance(found, Transcript):
        bounded(found, len(data))
    return found


def bounded(transcript: Transcript, size: int) -> None:
    """Check that a transcript has no more words than its file, times that are times, and names that can be shown."""
    segments = transcript.segments
    assert sum(len(segment.text) for segment in segments) <= 2 * size + 100
    assert sum(len(chapter.title) for chapter in transcript.chapters) <= 2 * size + 100
    assert len(transcript.oddities) <= 21
    assert all(len(oddity) < 1_000 and "\n" not in oddity for oddity in transcript.oddities)
    times = [time for segment in segments for time in (segment.start, segment.end) if time is not None]
    assert all(math.isfinite(time) and 0 <= time <= LATEST for time in times)
    assert all(s.start is None or s.end is None or s.start <= s.end for s in segments)
    speakers = {segment.speaker for segment in segments if segment.speaker is not None}
    stated = transcript.stated
    people = {person.name for person in stated.people}
    assert all(0 < len(name) <= LONGEST_PERSON and name == " ".join(name.split()) for name in speakers | people)
    assert len(stated.people) <= MOST_PEOPLE
    assert all(
        0 < len(title) <= LONGEST_TITLE for title in [*(c.title for c in transcript.chapters), stated.title or "-"]
    )


def opened_again(transcript: Transcript) -> None:
    """Check that what is imported can be opened, with the same words by the same people at times that rise."""
    made = blocks(transcript.segments)
    meta = Meta(transcript.stated.title, language=transcript.stated.language, people=transcript.stated.people)
    again = read_edition(write_edition(Edition(meta, (), made, ())), "edition.md")

    assert [s for b in again.blocks for s in " ".join(said.text for said in b.said).split()] == [
        s for b in made for s in " ".join(said.text for said in b.said).split()
    ]
    assert [block.speaker for block in again.blocks] == [block.speaker for block in made]
    assert again.meta == meta
    known = [said.start for block in again.blocks for said in block.said if said.start is not None]
    assert all(before <= after for before, after in pairwise(known))


def test_every_reader_of_the_corpus_is_a_door() -> None:
    found = doors()

    assert {"read_transcript", "read_feed", "read_chapters", "read_edition", "read_errata"} <= set(found)
    assert [name for name, read in found.items() if not hasattr(read, "__wrapped__")] == []


@pytest.mark.parametrize("name", sorted(doors()))
@given(data=changed())
@STEADY(max_examples=40)
def test_a_file_that_was_changed_is_read_or_refused(corpus: Corpus, name: str, data: bytes) -> None:
    for called in NAMES[:1] if name != "read_transcript" else NAMES:
        found = gauged(fed(doors()[name], corpus), data, called)
        if isinstance(found, Transcript):
            opened_again(found)


@given(data=built)
@STEADY(max_examples=100)
def test_a_file_of_right_parts_and_wrong_values_is_read_or_refused(corpus: Corpus, data: bytes) -> None:
    for read in doors().values():
        found = gauged(fed(read, corpus), data, "a.md")
        if isinstance(found, Transcript):
            opened_again(found)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(data=changed())
@STEADY(max_examples=25)
def test_a_reader_that_knows_a_file_reads_or_refuses_it(reader: Any, data: bytes) -> None:
    def asked(data: bytes, name: str) -> None:
        with reading(name):
            file = decode(data, name)
            if reader.sniff(file):
                reader.read(file)

    gauged(asked, data, "a")


@pytest.mark.parametrize("nest", NESTS, ids=lambda nest: ascii(nest[0]))
def test_what_stands_inside_itself_five_thousand_times_is_read_or_refused(
    corpus: Corpus, nest: tuple[str, str]
) -> None:
    readers = [fed(read, corpus) for read in doors().values()]
    for number, seed in enumerate(SEEDS[:54:3]):
        data = nested(seed[:2_000], (number + len(nest[0])) % 5 / 4, nest, (5_000, 99)[number % 2])
        for read in readers:
            gauged(read, data, "a.md")


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_size_of_a_file_and_not_with_its_square(corpus: Corpus, shape: str) -> None:
    few, many = shaped(shape, 1_000), shaped(shape, 8_000)
    for name, read in doors().items():
        seconds = []
        for data in (few, many):
            began = time.thread_time()
            with suppress(TranscriptError):
                fed(read, corpus)(data, "a.md")
            seconds.append(time.thread_time() - began)
        assert seconds[1] < 8 * 3 * seconds[0] + 0.3, (name, seconds)


def test_a_transcript_of_any_format_is_told_from_another_by_what_it_holds(tmp_path: Path) -> None:
    for seed in SEEDS:
        with suppress(TranscriptError):
            bounded(read_transcript(seed, str(tmp_path)), len(seed))
