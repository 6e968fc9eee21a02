"""The edition reads back what it writes, proves what it changed, and says where it is wrong."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import Corpus, open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.edition import Cut, Edition, Meta, parse_time, read_edition, write_edition
from bot.corpus.episode import sentence_times
from bot.corpus.errata import HEADER, mend, read_errata
from bot.corpus.transcript import Block, Chapter, Person, Said, Section
from bot.errors import TranscriptError
from bot.settings import ROOT
from tests.conftest import RunBot

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = ROOT / "content" / "lex-fridman" / "383-mark-zuckerberg"

_names = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=12)
_words = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=9), min_size=1, max_size=6
)


@st.composite
def _editions(draw: st.DrawFn) -> Edition:
    """Draw an edition as the importer could write it: every sentence stamped, so that none can run into the next."""
    chapters = tuple(
        Chapter(" ".join(draw(_words)).replace("#", "n"), float(10 * number))
        for number in range(draw(st.integers(0, 3)))
    )
    blocks: list[Block] = []
    for number in range(max(1, len(chapters))):
        for _ in range(draw(st.integers(1, 3))):
            section = draw(st.sampled_from(Section))
            sponsor = draw(_names) if section is Section.AD else None
            said = tuple(
                Said(f"A{' '.join(draw(_words))}.", float(len(blocks))) for _ in range(draw(st.integers(1, 3)))
            )
            blocks.append(Block(said, draw(_names), number if chapters else None, section, sponsor))
    meta = Meta(
        title=" ".join(draw(_words)),
        number=draw(st.integers(0, 999)),
        published=draw(st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1))),
        duration=float(draw(st.integers(60, 99999))),
        people=tuple(Person(name, "host") for name in draw(st.sets(_names, max_size=3))),
        cuts=(Cut("video", "abc"), Cut("audio", None, 310.0, 28.0)),
    )
    return Edition(meta, chapters, tuple(blocks), ())


@given(_editions())
def test_an_edition_reads_back_as_it_was_written(edition: Edition) -> None:
    again = read_edition(write_edition(edition), "edition.md")

    assert again.meta == edition.meta
    assert [chapter.start for chapter in again.chapters] == [chapter.start for chapter in edition.chapters]
    assert [token for block in again.blocks for said in block.said for token in said.text.split()] == [
        token for block in edition.blocks for said in block.said for token in said.text.split()
    ]
    assert [(b.speaker, b.chapter, b.section, b.sponsor) for b in again.blocks] == [
        (b.speaker, b.chapter, b.section, b.sponsor) for b in edition.blocks
    ]


@given(st.text())
def test_any_text_is_an_edition_or_one_error_with_its_place(text: str) -> None:
    problem = ""
    try:
        edition = read_edition(text, "edition.md")
    except TranscriptError as error:
        problem = str(error)

    assert problem.startswith("edition.md") if problem else len(edition.lines) == len(edition.blocks) > 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"edition\.md:1: the edition is empty"),
        ("---\ntitle: x\n---\n", r"edition\.md:4: the edition is empty"),
        ("---\ntitle: [\n---\nWords.", r"edition\.md:\d: the front matter isn't valid YAML"),
        ("---\ntitel: x\n---\nWords.", "there is no `titel` in the front matter. Use title"),
        ("---\nnumber: many\n---\nWords.", "`number: many` can't be read: it needs a whole number"),
        ("---\npublished: soon\n---\nWords.", "it needs a date like 2023-06-08"),
        ("## 1:99 Late\n\nWords.", r"edition\.md:1: “1:99” isn't a time"),
        (
            "## 5:00 A\n\nWords.\n\n## 4:00 B\n\nMore.",
            r"edition\.md:5: this chapter starts at 4:00, before the one above",
        ),
        ("### Advert\n\nWords.", r"edition\.md:1: a section is `### Introduction`"),
        ("#### Deep\n\nWords.", r"edition\.md:1: a heading is `## Chapter`"),
    ],
)
def test_what_is_not_well_formed_is_said_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(TranscriptError, match=sentence):
        read_edition(text, "edition.md")


@pytest.mark.parametrize(
    ("text", "seconds"), [("4:10", 250), ("1:57:37", 7057), ("0:01.5", 1.5), ("1:60", None), ("soon", None), ("", None)]
)
def test_times_are_read_as_on_a_player(text: str, seconds: float | None) -> None:
    assert parse_time(text) == seconds


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5), st.text("xyz ", max_size=4)), max_size=5))
def test_every_character_of_a_mended_text_leads_back_to_its_source(cuts: list[tuple[int, int, str]]) -> None:
    source = "abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGHIJKLMNOP"
    rows, at = [HEADER], 0
    for begin, length, right in sorted(cuts):
        if begin >= at:
            at = begin + length
            rows.append(f"1:{begin + 1}\t{source[begin:at]}\t{right}\twhy")
    mended = mend(source, read_errata("\n".join(rows), "errata.tsv", source))

    for offset, character in enumerate(mended.text):
        begin, end = mended.source_begin(offset), mended.source_end(offset + 1)
        assert 0 <= begin < end <= len(source)
        inside = any(erratum.begin <= begin < erratum.end for erratum in mended.errata)
        assert inside or source[begin:end] == character


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1:1\tguite\tquite", "3 columns; there must be 4"),
        ("x\tguite\tquite\tg for q", "“x” isn't a line:column"),
        ("9:1\tguite\tquite\tg for q", "“9:1” isn't a line:column"),
        ("1:1\tguite\tquite\tg for q", "the source has “It is guite” at 1:1, not “guite”"),
        ("1:7\tguite\tquite\t", "has no reason in the fourth column"),
        ("1:7\tguite\tquite\tg for q\n1:8\tuite\tuiet\ty", "begins before the one in line 2 ends"),
    ],
)
def test_an_erratum_that_does_not_fit_is_said_with_its_line(row: str, sentence: str) -> None:
    with pytest.raises(TranscriptError, match=sentence):
        read_errata(f"{HEADER}\n{row}", "errata.tsv", "It is guite")


def test_times_are_interpolated_by_words_between_chapters_and_ads_take_none() -> None:
    blocks = (
        Block((Said("One two three four."), Said("Five six.")), None, 0),
        Block((Said("Buy this now please."),), None, 0, Section.AD),
        Block((Said("Seven eight."),), None, 0),
        Block((Said("Nine ten."), Said("Eleven twelve.")), None, 1),
    )
    times = sentence_times(blocks, (Chapter("A", 0.0), Chapter("B", 80.0)), 100.0)

    assert times == [(0.0, True), (40.0, True), (None, False), (60.0, True), (80.0, True), (90.0, True)]


def test_exact_times_stay_exact_and_gaps_between_them_are_filled() -> None:
    blocks = (Block((Said("One two.", 5.0), Said("Three four."), Said("Five six.", 9.0)), None, None),)

    assert sentence_times(blocks, (), None) == [(5.0, False), (7.0, True), (9.0, False)]


def test_without_any_known_time_there_is_none() -> None:
    assert sentence_times((Block((Said("One."),)),), (), None) == [(None, False)]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1000)), max_size=8), st.one_of(st.none(), st.floats(0, 2000)))
def test_times_in_order_give_times_in_order(starts: list[float | None], duration: float | None) -> None:
    known = iter(sorted(start for start in starts if start is not None))
    said = tuple(Said("Some words here.", None if start is None else next(known)) for start in starts)
    times = [start for start, _ in sentence_times((Block(said),) if said else (), (), duration) if start is not None]

    assert times == sorted(times)


def test_the_shipped_edition_is_its_source_with_the_declared_errata_and_nothing_else() -> None:
    for checked in check_corpus(ROOT / "content"):
        assert checked.problems == ()
        assert any("exactly the edition's" in fact for fact in checked.facts)


def test_every_sentence_of_the_shipped_episode_knows_speaker_chapter_section_and_place_in_the_source(
    corpus: Corpus,
) -> None:
    episode = corpus.episodes[0]
    source = (SHIPPED / "source.txt").read_text("utf-8")
    at = 0
    for number in range(len(episode.sentences)):
        passage = episode.passage(number, number)
        citation, place = passage.citation(), passage.source()
        assert citation.speaker in {"Lex Fridman", "Mark Zuckerberg"}
        assert citation.chapter
        assert (citation.start is None) == (passage.section is Section.AD)
        assert place is not None
        ((begin, end),) = place.spans
        assert at <= begin < end <= len(source)
        at = begin


def test_the_links_of_the_shipped_episode_open_at_the_published_chapters(corpus: Corpus) -> None:
    episode = corpus.episodes[0]
    starts = {chapter.title: chapter.start for chapter in episode.chapters}

    assert len(starts) == 19
    assert starts["Meta Quest 3"] == 7057
    first = next(n for n, s in enumerate(episode.sentences) if episode.paragraphs[s.paragraph].chapter == 11)
    assert episode.passage(first, first).citation().url == "https://www.youtube.com/watch?v=Ff4fRgnuFgQ&t=7057s"


def _episode(folder: Path, source: str, edition: str, errata: str | None = None) -> Path:
    episode = folder / "show" / "1-first"
    episode.mkdir(parents=True)
    (folder / "show" / "show.toml").write_text('title = "T"\nrights = "R"\n', "utf-8")
    (episode / "source.txt").write_text(source, "utf-8")
    (episode / "edition.md").write_text(edition, "utf-8")
    if errata is not None:
        (episode / "errata.tsv").write_text(errata, "utf-8")
    return folder


def test_an_undeclared_change_is_found_with_the_line_to_mend_and_the_place_in_the_source(tmp_path: Path) -> None:
    folder = _episode(tmp_path, "It is guite hot.\n\nYes.", "**Ada:** It is quite hot.\n\n**Bob:** Yes.\n")

    (checked,) = check_corpus(folder)

    assert len(checked.problems) == 1
    assert "edition.md:1: the edition says “quite”, the source (at 1:7) “guite”" in checked.problems[0]


def test_a_declared_change_is_proven_and_quotes_still_lead_to_the_source(tmp_path: Path) -> None:
    folder = _episode(
        tmp_path,
        "It is guite hot.\n\nYes.",
        "**Ada:** It is quite hot.\n\n**Bob:** Yes.\n",
        f"{HEADER}\n1:7\tguite\tquite\tg for q\n",
    )

    (checked,) = check_corpus(folder)
    passage = open_corpus(folder).episodes[0].passage(0, 1)
    place = passage.source()

    assert checked.problems == ()
    assert passage.text == "It is quite hot.\nYes."
    assert place is not None
    assert place.spans == ((0, 22),)
    assert passage.turns == ((0, "Ada"), (17, "Bob"))


@pytest.mark.parametrize(
    ("edition", "words"),
    [
        ("**Ada:** It is hot.", "at 1:12) “Yes.”"),
        ("**Ada:** It is hot. Yes. No.", "says “No.”"),
        ("**Ada:** It was hot. Yes.", "“was”"),
    ],
)
def test_lost_added_and_changed_words_are_all_found(tmp_path: Path, edition: str, words: str) -> None:
    (checked,) = check_corpus(_episode(tmp_path, "It is hot. Yes.", edition))

    assert words in checked.problems[0]


def test_an_edition_with_undeclared_changes_is_still_served_but_cites_no_source_file(tmp_path: Path) -> None:
    episode = open_corpus(_episode(tmp_path, "It is guite hot.", "**Ada:** It is quite hot.")).episodes[0]

    assert episode.passage(0, 0).source() is None
    assert episode.passage(0, 0).text == "It is quite hot."


def test_a_speaker_missing_from_the_front_matter_is_named(tmp_path: Path) -> None:
    front = "---\nspeakers:\n  Ada: host\n---\n"
    (checked,) = check_corpus(_episode(tmp_path, "Hi. Yes.", f"{front}**Ada:** Hi.\n\n**Boob:** Yes."))

    assert "edition.md:7: “Boob” isn't among the speakers" in checked.problems[0]


def test_check_prints_a_report_and_ends_with_0_or_1(command_line: RunBot, tmp_path: Path) -> None:
    good = command_line("check")
    bad = command_line("check", VERBATIM_CONTENT_DIR=str(_episode(tmp_path, "It is guite hot.", "It is quite hot.")))
    diff = command_line("check", "--diff")

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "28,118 words" in good.stdout
    assert "edition.md:1: the edition says “quite”" in bad.stdout
    assert "[-Numeri-]{+Numerai+}" in diff.stdout
