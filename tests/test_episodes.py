"""What the library knows: episodes by number, title, person and subject; dates, lengths, people, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request, Role
from bot.core import Core
from bot.corpus import Corpus, open_corpus
from bot.search import episodes_named, newest_first, open_searcher, people_of, scope_of
from bot.search.index.phrases import phrases_of
from tests.test_highlights import write_show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Ask

EDITIONS = {
    "1-tides": (
        "title: Tides\npublished: 2024-01-05\nduration: '1:02:03'\nspeakers:\n  Ada Quill: host\n  Ben Marsh: guest",
        "Today it is all about tides. The moon pulls the water, and the tides follow it round the world.",
    ),
    "2-knots": (
        """title: Knots
published: 2024-03-01
speakers:
  Ada Quill: host
  Cleo Varn: guest
cuts:
  page:
    id: https://harbour.example.org/knots""",
        "A good knot holds and lets go. I tie the bowline with one hand, and my tides table hangs beside it.",
    ),
    "3-bread": (
        "title: Bread at sea\nspeakers:\n  Ada Quill: co-host\n  Ben Marsh:",
        "Nothing rises on a ship. We baked flat bread over coals for a month and nobody complained.",
    ),
}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "harbour").mkdir()
    (folder / "harbour" / "show.toml").write_text('title = "Harbour"\nrights = "Invented."\n', "utf-8")
    for name, (front, text) in EDITIONS.items():
        (folder / "harbour" / name).mkdir()
        title = front.splitlines()[0].removeprefix("title: ")
        edition = f"---\n{front}\n---\n\n## 0:00 {title} begins\n\n**Ada Quill:** {text}\n"
        (folder / "harbour" / name / "edition.md").write_text(edition, "utf-8")
    return open_corpus(folder, folder / "data")


@pytest.fixture(scope="module")
def core(harbour: Corpus) -> Iterator[Core]:
    searcher = open_searcher(harbour, None, lambda _: None)
    yield Core(harbour, searcher, COMMANDS)
    searcher.close()


async def ask(core: Core, line: str) -> Reply:
    return await core.answer(Request(Channel("test", "room"), Author("member"), text=line))


async def test_a_page_that_opens_at_no_time_is_linked_once_and_not_beside_each_chapter(core: Core) -> None:
    reply = await ask(core, "/episodes 2")

    assert "https://harbour.example.org/knots" not in reply.text
    assert [button.url for button in reply.buttons if button.url] == ["https://harbour.example.org/knots"]


def test_what_an_episode_states_is_known_without_reading_it_again(harbour: Corpus) -> None:
    again = open_corpus(harbour.folder, harbour.folder / "data")

    assert again.entries == harbour.entries
    assert again.entries[0].meta.people[1].role == "guest"
    assert again.entries[2].chapters == ("Bread at sea begins",)


def test_the_newest_comes_first_by_date_then_by_number(harbour: Corpus, shows: Corpus) -> None:
    assert newest_first(harbour, range(3)) == [1, 0, 2]
    assert [shows.entries[n].number for n in newest_first(shows, range(8))] == [4, 44, 43, 42, 41, 3, 2, 1]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("2", (1,)), ("#2", (1,)), ("Episode 2", (1,)), ("ep. #2", (1,)), ("2-knots", (1,)), ("knots", (1,)),
        ("sea bread", (2,)), ("latest", (1,)), ("the most recent episode", (1,)), ("first episode", (2,)),
        ("longest episode", (0,)), ("2024", (1, 0)), ("harbour", (1, 0, 2)), ("latest episode of Harbour", (1,)),
        ("the latest of pier", ()), ("Cleo", (1,)),
        ("cleo varn", (1,)), ("varn", (1,)), ("Ben Marsh", (0, 2)), ("ada", (1, 0, 2)),
        ("99", ()), ("rockets", ()), ("", ()), ("latest tides", ()), ("9" * 400, ()),
    ],
)  # fmt: skip
def test_words_name_episodes_by_number_title_person_or_age(
    harbour: Corpus, words: str, numbers: tuple[int, ...]
) -> None:
    assert episodes_named(harbour, words, range(3)).numbers == numbers


def test_a_first_name_that_the_transcript_uses_is_the_person_that_is_stated(tmp_path: Path) -> None:
    write_show(tmp_path, "quay", {"1-a": "Nobody speaks here but the wind and the gulls."})
    edition = (
        "---\ntitle: A\nspeakers:\n  Ben Marsh: guest\n---\n\n**Ben:** The wind speaks here.\n\n**Ada:** It does.\n"
    )
    (tmp_path / "quay/1-a/edition.md").write_text(edition, "utf-8")
    (tmp_path / "quay/1-a/source.txt").unlink()
    (entry,) = open_corpus(tmp_path).entries

    assert [(person.name, person.role) for person in people_of(entry)] == [("Ben Marsh", "guest"), ("Ada", "")]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("/episodes", ("I know 3 episodes of Harbour, from 5 January 2024 to 1 March 2024.",
                       "The host of Harbour is Ada Quill.",
                       "5 January 2024 · 1:02:03 · Ada Quill (host), Ben Marsh (guest)")),
        ("how many episodes do you know?", ("I know 3 episodes",)),
        ("who hosts the show?", ("The host of Harbour is Ada Quill.",)),
        ("who is the guest of 2?", ("Cleo Varn (guest)",)),
        ("latest episode", ("Harbour #2: Knots",)),
        ("when was episode 1 released?", ("5 January 2024",)),
        ("how long is episode 1", ("Harbour #1 is 1:02:03 long.",)),
        ("episodes with Ben Marsh", ("2 episodes with Ben Marsh.", "Harbour #1: Tides", "Harbour #3: Bread at sea")),
        ("which episode is about tides?", ("most about it first", "Harbour #1: Tides", "Today it is all about tides.")),
        ("when was the episode about tides published?", ("5 January 2024", "Today it is all about tides.")),
        ("how long is the episode called Tides?", ("1:02:03",)),
        ("how many episodes of Harbour are there?", ("I know 3 episodes",)),
        ("who hosts Harbour?", ("The host of Harbour is Ada Quill.",)),
        ("which episodes came out in 2024?", ("I know 2 episodes from 2024.",)),
        ("/episodes flat bread", ("1 episode speaks of “flat bread”:", "We baked flat bread over coals")),
        ("/episodes about Cleo", ("No episode I know speaks of “Cleo”.",)),
        ("is there an episode about rockets?", ("No episode I know speaks of “rockets”.",)),
    ],
)  # fmt: skip
async def test_questions_about_the_library_are_answered_from_it(core: Core, line: str, parts: tuple[str, ...]) -> None:
    reply = await ask(core, line)

    assert reply.command == "episodes"
    assert [part for part in parts if part not in reply.text] == [], reply.text
    assert "words" not in reply.text
    assert "sentences" not in reply.text


async def test_each_episode_on_a_subject_stands_with_one_sentence_that_is_verbatim(
    ask_shows: Ask, shows: Corpus
) -> None:
    reply = await ask_shows("which episode is about the exchange rate?")

    assert reply.cards[0].title.startswith("The Long Throw #42")
    assert all(card.role is Role.SUMMARY for card in reply.cards)
    for card in reply.cards:
        passage = shows.passage(card.quote.id) if card.quote else None
        assert passage is not None
        assert passage.first == passage.last
        assert "exchange rate" in passage.text.casefold()
    assert [button.line for button in reply.buttons][:1] == ["/episodes episode-42"]


async def test_a_question_about_content_is_not_taken_for_one_about_the_library(ask_shows: Ask) -> None:
    for line in ("how long does an egg take", "who was on the pitch", "what is the last thing he said about the knee"):
        assert (await ask_shows(line)).command in {"ask", "quote"}, line


async def test_a_number_that_two_shows_have_names_both(tmp_path: Path) -> None:
    for show in ("quay", "pier"):
        write_show(tmp_path, show, {"7-wind": f"The wind on the {show} never asks who is listening to it."})
    corpus = open_corpus(tmp_path)
    searcher = open_searcher(corpus, None, lambda _: None)
    core = Core(corpus, searcher, COMMANDS)

    assert (await ask(core, "/episodes 7")).text.startswith("“7” may be 2 episodes.")
    assert "Pier" in (await ask(core, "/episodes 7 show:pier")).text
    assert (await ask(core, "/episodes 8")).outcome is Outcome.ERROR
    searcher.close()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("/episodes kno", "/episodes Knots"),
        ("/episodes varn", "/episodes Cleo Varn"),
        ("/episodes sea", "/episodes Bread at sea"),
        ("/quote x chapter:sea", '/quote x chapter:"Bread at sea begins"'),
        ("/quote x chapter:beg", '/quote x chapter:"Knots begins"'),
    ],
)
def test_completion_knows_titles_people_and_the_chapters_of_all_episodes(core: Core, typed: str, line: str) -> None:
    assert line in core.complete(Request(Channel("test", "room"), Author("member"), text=typed))


def test_a_chapter_narrows_a_search_in_a_library_of_any_size(harbour: Corpus) -> None:
    assert scope_of(harbour, chapter="knots").episodes == frozenset({1})


def test_neither_marks_of_a_transcript_nor_fillers_are_topics(tmp_path: Path) -> None:
    said = (
        "[fail sound] Wait a sec, the bowline knot slipped. *trumpet flourish* A bowline knot slips. (canned laughter)"
    )
    write_show(tmp_path, "quay", {"1-a": "\n\n".join([said] * 4)})
    names = phrases_of(open_corpus(tmp_path).episode(0))

    assert "bowline knot" in {name.casefold() for name in names}
    marked = {"fail sound", "trumpet flourish", "canned laughter", "wait a sec"}
    assert marked.isdisjoint(name.casefold() for name in names)
