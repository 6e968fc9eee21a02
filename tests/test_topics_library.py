"""Topics over a library: every episode counts, the answer names and offers them, no word is mended in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Request
from bot.core import Core
from bot.corpus import Corpus, open_corpus
from bot.search import load_embeddings, open_searcher
from bot.search.index.words import open_index
from bot.search.topic import find_topic, near_topics, topic_names
from bot.search.topic.names import Topic
from bot.search.topic.topics import MOST_EXAMINED, MOST_WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.contract import Reply
    from bot.search.index.words import WordIndex
    from tests.conftest import Ask

EPISODES = 24
KITES = {3: 2, 7: 6, 11: 1, 15: 1, 18: 9, 20: 1, 23: 1}
"""Episodes in which kites are talked about, and how often."""

FLOWN = "A kite climbs when the line is taut."
TALK = (
    "The ferry left before noon.", "Nobody had counted the lanterns.", "We painted the shed a dull green.",
    "Her uncle repairs clocks in the cellar.", "Rain fell on the orchard all week.", "The choir sang without a piano.",
    "They sold pears by the roadside.", "A goat had eaten the timetable.", "The mayor lost the key to the well.",
    "Two surveyors argued about the fence.", "The baker closes early in winter.", "It took an hour to find the map.",
)  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Open a library of more episodes than are all weighed, each with a chapter of its own name."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "attic").mkdir()
    (folder / "attic" / "show.toml").write_text('title = "Attic Talk"\nrights = "Ours."\n', "utf-8")
    for number in range(1, EPISODES + 1):
        place = folder / "attic" / f"part-{number}"
        place.mkdir()
        said = [TALK[(number * 5 + step * 7) % len(TALK)] for step in range(40)]
        for times in range(KITES.get(number, 0)):
            said.insert(4 * times + 2, FLOWN)
        lines = "\n".join(f"**Ines:** {sentence}\n" for sentence in said)
        head = f"---\ntitle: The attic, part {number}\nnumber: {number}\nspeakers:\n- Ines\n---\n\n"
        (place / "edition.md").write_text(f"{head}## Loft {number} and its beams\n\n{lines}", "utf-8")
        (place / "source.txt").write_text(" ".join(said), "utf-8")
    return open_corpus(folder)


@pytest.fixture(scope="module")
def words(library: Corpus) -> WordIndex:
    return open_index(library, None, lambda _: None)


@pytest.fixture(scope="module")
def attic(library: Corpus) -> Iterator[Core]:
    searcher = open_searcher(library, None, lambda _: None)
    searcher.warm()
    yield Core(library, searcher, COMMANDS)
    searcher.close()


async def _said(core: Core, line: str) -> Reply:
    return await core.answer(Request(Channel("test", "room"), Author("member"), text=line))


def test_every_episode_of_a_library_is_a_candidate(library: Corpus, words: WordIndex) -> None:
    assert len(library.entries) > MOST_WHOLE > MOST_EXAMINED

    found = find_topic(library, words, None, "kite")

    assert found is not None
    assert {library.entries[each.number].number for each in found.episodes} == set(KITES)
    assert [library.entries[each.number].number for each in found.episodes[:2]] == [18, 7]
    assert all("kite" in passage.text for passage in found.passages)


async def test_the_answer_names_the_episodes_and_offers_each(attic: Core) -> None:
    reply = await _said(attic, "/topic kite")

    assert reply.outcome is Outcome.FOUND
    assert reply.lead == "Kite comes up in 7 episodes, most in #18 and #7."
    offered = [button for button in reply.buttons if button.label.startswith("In #")]
    assert offered[0].label == "In #18"
    inside = await _said(attic, offered[0].line)
    assert inside.outcome is Outcome.FOUND
    assert {card.quote.citation.episode for card in inside.cards if card.quote} == {"The attic, part 18"}


def test_names_are_known_of_every_episode(library: Corpus, attic: Core) -> None:
    assert {f"Loft {number} and its beams" for number in range(1, EPISODES + 1)} <= set(topic_names(library))
    found = attic.complete(Request(Channel("test", "room"), Author("member"), text="/topic Loft 24"))
    assert "/topic Loft 24 and its beams" in found
    found = attic.complete(Request(Channel("test", "room"), Author("member"), text="/topic The attic, part 9"))
    assert "/topic The attic, part 9" in found


async def test_a_word_read_as_another_is_told(attic: Core) -> None:
    reply = await _said(attic, "/topic lantrens")

    assert reply.lead.startswith("I read “lantrens” as “lanterns”. ")
    assert "lanterns" in reply.text


async def test_a_word_that_may_be_two_others_is_told_and_the_other_is_offered(tmp_path: Path) -> None:
    folder = tmp_path / "show" / "one"
    folder.mkdir(parents=True)
    (folder.parent / "show.toml").write_text('title = "Show"\nrights = "Ours."\n', "utf-8")
    talk = ["The brindlesook was mended by noon.", "A brindlesoak is a rare bird.", *TALK]
    (folder / "source.txt").write_text(" ".join(talk), "utf-8")
    corpus = open_corpus(tmp_path)
    searcher = open_searcher(corpus, None, lambda _: None)

    reply = await _said(Core(corpus, searcher, COMMANDS), "/topic brindlesok")

    assert reply.lead.startswith("I don't know “brindlesok”, so I read it as “brindleso")
    read = {"brindlesook", "brindlesoak"} & set(reply.lead.replace("“", " ").replace("”", " ").split())
    (other,) = {"brindlesook", "brindlesoak"} - read
    assert f"/topic {other}" in {button.line for button in reply.buttons}
    searcher.close()


def test_two_words_that_are_one_here_are_also_read_as_one(library: Corpus, words: WordIndex) -> None:
    assert "time table" in Topic.read(library, words, "time table").wordings
    assert "timetable" in Topic.read(library, words, "time table").wordings


def test_the_beginning_of_a_word_is_completed(library: Corpus, words: WordIndex) -> None:
    assert Topic.read(library, words, "surveyo").name == "surveyors"


def test_a_chapter_is_opened_for_its_whole_name_and_not_for_a_word_of_it(library: Corpus, words: WordIndex) -> None:
    whole = find_topic(library, words, None, "Loft 9 and its beams")
    part = find_topic(library, words, None, "the painted beams")

    assert whole is not None
    assert whole.title == "Loft 9 and its beams"
    assert part is None or part.title == "the painted beams"


def test_words_are_counted_in_each_episode_as_they_are_said(library: Corpus, words: WordIndex) -> None:
    counts = words.tally(words.stems("kite"))

    assert {library.entries[number].number for number in counts} == set(KITES)
    for number, count in counts.items():
        said = library.episode(number).text.count("kite")
        assert said <= count <= 3 * said
    assert words.tally([]) == {}
    assert words.part({0, 1, 2}, None, None).tally(words.stems("kite")).keys() == {2}


def test_meaning_finds_episodes_in_a_library_too(library: Corpus, words: WordIndex) -> None:
    meaning = load_embeddings(library, None, lambda _: None)

    found = find_topic(library, words, meaning, "things that fly in the wind")

    assert found is not None
    assert any("kite" in passage.text for passage in found.passages)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_name_has_passages_of_the_corpus_or_none(library: Corpus, words: WordIndex, name: str) -> None:
    found = find_topic(library, words, None, name)

    if found is None:
        assert len(near_topics(library, words, None, name)) <= 3
    else:
        assert found.passages
        assert all(passage.text in passage.episode.text for passage in found.passages)


async def test_nobody_is_told_that_a_subject_is_not_discussed(ask: Ask) -> None:
    for name in ("Neuralink", "submarine warfare", "🔥", "zzzz"):
        reply = await ask(f"/topic {name}")
        assert "discussed" not in reply.text
        assert reply.outcome is not Outcome.FOUND
