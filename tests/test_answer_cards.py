"""Cards hold the answer: no question without its reply, no announcement alone, no introduction in an answer's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.corpus import open_corpus
from bot.corpus.importing import Importer
from bot.search.ask.answers import Band, answer
from bot.search.ask.features import ANNOUNCED, ASKED, find_candidates
from bot.search.ask.question import read
from bot.search.index.words import open_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search.index.words import WordIndex

    Show = Callable[[str], tuple[Corpus, WordIndex]]

SMALL_TALK = "\n\n".join(
    f"{'Ines' if number % 2 else 'Otto'}: We walked along the canal for the {word} time and said nothing of note."
    for number, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
    )
)


@pytest.fixture
def show(tmp_path: Path) -> Show:
    def made(talk: str) -> tuple[Corpus, WordIndex]:
        (tmp_path / "talk-1.txt").write_text(f"{SMALL_TALK}\n\n{talk}\n\n{SMALL_TALK}\n", "utf-8")
        content = tmp_path / "content"
        for _ in Importer(content, "talk", force=False, say=lambda _: None).run(str(tmp_path / "talk-1.txt"), None):
            pass
        corpus = open_corpus(content)
        return corpus, open_index(corpus, None, pytest.fail)

    return made


@pytest.mark.parametrize(
    ("talk", "question", "reply"),
    [
        (
            (
                "Ines: So how did you get rid of the beetles in the granary?\n\n"
                "Otto: Cold. We opened every hatch in January."
            ),
            "how did they get rid of the beetles in the granary",
            "We opened every hatch in January.",
        ),
        (
            (
                "Ines: What is the hardest part of tuning a carillon?\n\nOtto: Yeah.\n\n"
                "Otto: The low notes, they drift in summer."
            ),
            "what is the hardest part of tuning a carillon",
            "The low notes, they drift in summer.",
        ),
    ],
)
def test_a_card_with_a_question_has_the_reply_to_it(show: Show, talk: str, question: str, reply: str) -> None:
    corpus, index = show(talk)

    hit = answer(corpus, index, None, question, 1).hits[0]

    begin, end = hit.sentence
    assert reply in hit.passage.text
    assert not hit.passage.text[begin:end].endswith("?")


def test_a_card_with_an_announcement_has_what_it_announces(show: Show) -> None:
    corpus, index = show(
        "Otto: There are two ways to patch a clinker hull. You rivet a strap over the crack. "
        "Or you scarf in a new plank."
    )

    hit = answer(corpus, index, None, "what are the ways to patch a clinker hull", 1).hits[0]

    assert "You rivet a strap over the crack. Or you scarf in a new plank." in hit.passage.text


def test_what_asks_or_announces_gives_its_chance_to_what_follows(show: Show) -> None:
    corpus, index = show(
        "Ines: How many goats did you keep?\n\nOtto: Here's how it was with the goats. We kept eleven goats."
    )
    question = read(corpus, index, "how many goats did they keep")

    found = find_candidates(corpus, index, None, question)

    assert found is not None
    texts = {corpus.episode(n).passage(s, s).text: share for (n, s), share in found.leading.items()}
    assert texts == {"How many goats did you keep?": ASKED, "Here's how it was with the goats.": ANNOUNCED}


def test_a_number_counts_beside_what_is_counted_and_not_beside_anything_else(show: Show) -> None:
    corpus, index = show("Otto: We kept eleven goats. The goats ate for three days.")
    question = read(corpus, index, "how many goats did they keep")

    found = find_candidates(corpus, index, None, question)

    assert found is not None
    counted = {
        corpus.episode(n).passage(s, s).text: value
        for (n, s), value in zip(found.places, found.features["counted"], strict=True)
    }
    assert counted["We kept eleven goats."] == 1
    assert counted["The goats ate for three days."] == 0


@pytest.mark.parametrize(
    "question",
    ["what do you think about goats?", "do you like goats", "what's your favourite goat", "your take on goats?"],
)
def test_who_asks_what_the_bot_thinks_is_not_shown_somebodys_view_as_the_answer(show: Show, question: str) -> None:
    corpus, index = show("Otto: Goats are the best animals there are, I think about goats every day of the week.")

    assert answer(corpus, index, None, question, 1).band is not Band.ANSWERS


def test_nothing_stands_as_the_answer_about_a_name_that_is_said_nowhere(show: Show) -> None:
    corpus, index = show("Otto: The goats eat thistles in the morning, and in the morning the goats eat nettles too.")

    assert (
        answer(corpus, index, None, "Do the goats of Kirkwall eat thistles in the morning?", 1).band is not Band.ANSWERS
    )
