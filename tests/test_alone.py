from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import Corpus, Passage, open_corpus
from bot.language import read_rows
from bot.search.alone import MOST_AFTER, MOST_BEFORE, find_lean, leans, loose_ends, stand_alone
from bot.search.excerpt import LONGEST_LINE, cut_line

if TYPE_CHECKING:
    from pathlib import Path

RULES = read_rows("bot.search", "alone.toml")
TALK = """**Ines:** The old bridge was closed in May. It had cracks. They found them by chance.

**Tom:** Who found the cracks in the bridge?

**Ines:** Two painters. They were sent to clean the lamps.

**Tom:** I like painters. Which is why I became one.

**Ines:** Yeah. A bridge needs one coat of paint a year.

**Tom:** Is that a lot?

**Ines:** No. It is about a ton of paint, so,

**Tom:** A coat of paint weighs little.

**Ines:** painted twice, that is.
"""


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder: Path = tmp_path_factory.mktemp("bridge")
    (folder / "show" / "one").mkdir(parents=True)
    (folder / "show" / "show.toml").write_text('title = "Bridges"\nrights = "Ours."\n', "utf-8")
    (folder / "show" / "one" / "edition.md").write_text(f"---\ntitle: One\n---\n\n## Work\n\n{TALK}", "utf-8")
    return open_corpus(folder)


def _around(corpus: Corpus, words: str, limit: int = 400) -> Passage:
    """Return the passage that stands alone around the first sentence with some words."""
    episode = corpus.episode(0)
    texts = (episode.passage(number, number).text for number in range(len(episode.sentences)))
    at = next(number for number, text in enumerate(texts) if words in text)
    return stand_alone(episode, at, at, limit)


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.key)
def test_each_rule_tells_its_examples_and_no_rule_what_only_looks_like_them(row: object) -> None:
    assert isinstance(row, type(RULES[0]))
    if row.key == "loose":
        assert all(map(loose_ends, row.examples))
        assert not any(map(loose_ends, row.but))
    else:
        assert all(row.pattern.match(said) and find_lean(said) for said in row.examples)
        assert [said for said in row.but if find_lean(said)] == []


def test_a_sentence_that_names_what_it_speaks_of_stays_alone(bridge: Corpus) -> None:
    assert _around(bridge, "The old bridge").text == "The old bridge was closed in May."
    assert _around(bridge, "A bridge needs").text == "A bridge needs one coat of paint a year."


def test_a_pronoun_brings_the_sentences_before_it_up_to_the_name(bridge: Corpus) -> None:
    assert (
        _around(bridge, "They found").text
        == "The old bridge was closed in May. It had cracks. They found them by chance."
    )


def test_a_short_answer_brings_the_question_and_nothing_before_it(bridge: Corpus) -> None:
    assert _around(bridge, "Two painters").text == "Who found the cracks in the bridge?\nTwo painters."
    assert _around(bridge, "They were sent").text.startswith("Who found the cracks in the bridge?")


def test_a_question_brings_its_answer_and_a_bare_one_what_follows_it(bridge: Corpus) -> None:
    assert _around(bridge, "Is that a lot").text == "Is that a lot?\nNo. It is about a ton of paint, so,"


def test_a_sentence_in_small_letters_is_the_end_of_another_where_sentences_have_capitals(bridge: Corpus) -> None:
    episode = bridge.episode(0)
    texts = [episode.passage(number, number).text for number in range(len(episode.sentences))]

    assert leans(episode, texts.index("painted twice, that is."))
    assert not leans(episode, texts.index("A coat of paint weighs little."))


def test_nobody_elses_words_are_added_but_a_question(bridge: Corpus) -> None:
    assert _around(bridge, "A coat of paint weighs").speakers == ("Tom",)
    assert _around(bridge, "I like painters").speakers == ("Tom",)
    assert _around(bridge, "Which is why").text == "I like painters. Which is why I became one."


def test_no_more_is_added_than_there_is_room_for(bridge: Corpus) -> None:
    assert _around(bridge, "They found", limit=40).text == "They found them by chance."


@pytest.mark.parametrize("limit", [1, 200, 600])
def test_whatever_the_sentence_it_stands_in_the_passage_within_the_limit(
    shows: Corpus, corpus: Corpus, limit: int
) -> None:
    for library in (shows, corpus):
        for number in range(len(library.entries)):
            episode = library.episode(number)
            for at in range(0, len(episode.sentences), 3):
                found = stand_alone(episode, at, at, limit)
                assert at - MOST_BEFORE <= found.first <= at <= found.last <= at + MOST_AFTER
                assert found.text in episode.text
                assert found.first == found.last or len(found.text) <= limit


def test_many_sentences_that_lean_stand_on_firmer_ground_with_what_is_added(shows: Corpus, corpus: Corpus) -> None:
    for library in (shows, corpus):
        episode = library.episode(0)
        leaning = [at for at in range(len(episode.sentences)) if leans(episode, at)]
        assert len(leaning) < len(episode.sentences) / 2
        firm = [at for at in leaning if not leans(episode, stand_alone(episode, at, at, 600).first)]
        assert len(firm) > len(leaning) / 3


BAKERS = (
    "People who bake every day of the week know that no flour is quite like another, that every single one of the bags "
    "drinks more in winter than in spring, and they wait."
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("And, you know, a short line.", "a short line."),
        ("So", "So"),
        (BAKERS, BAKERS.partition(", that")[0]),
        ("One line.\nAnother line.", "One line."),
        ("word " * 60, " ".join(["word"] * 22)),
    ],
)
def test_a_line_leaves_out_what_leads_into_it_and_ends_where_a_clause_does(text: str, line: str) -> None:
    begin, end = cut_line(text)

    assert text[begin:end] == line


@given(st.text(alphabet="ab ,.;\nAndso—", max_size=400), st.integers(0, 50), st.integers(20, 140))
def test_a_line_is_never_longer_than_asked_and_never_empty(text: str, begin: int, longest: int) -> None:
    if not text[begin:].strip():
        return
    first, last = cut_line(text, begin, longest=longest)

    assert begin <= first < last <= len(text)
    assert last - first <= longest
    assert "\n" not in text[first:last]


def test_a_line_has_at_most_what_fits_a_line(corpus: Corpus) -> None:
    for text in corpus.episode(0).text.splitlines():
        begin, end = cut_line(text)
        assert 0 < end - begin <= LONGEST_LINE
