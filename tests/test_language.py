"""Words as data: stop words, shorthand, spelling, likeness."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import open_corpus
from bot.language import edits, nearest, place_letters, ratio, real_words, shorthand, stop_words, tokens
from bot.search.expansion import question_words
from bot.search.index.phrases import phrases_of
from bot.settings import ROOT
from tests.conftest import printed_by

LANGUAGE = ROOT / "bot/language"
DATA = [
    *("bot/language/stop.toml", "bot/language/shorthand.toml", "bot/language/real_words.txt"),
    *("bot/highlights/lexicon.toml", "bot/highlights/phrases.toml", "bot/policy/rules.toml"),
    *("bot/corpus/formats/labels.toml", "bot/core/routing/intents.toml", "bot/core/routing/kinds.toml"),
]
TIERS: dict[str, str] = tomllib.loads((LANGUAGE / "stop.toml").read_text("utf-8"))
SHORTHAND: dict[str, dict[str, str]] = tomllib.loads((LANGUAGE / "shorthand.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", DATA)
def test_a_file_of_words_says_where_it_comes_from(name: str) -> None:
    head = (ROOT / name).read_text("utf-8").split("\n\n")[0]

    assert head.startswith("#")
    assert "by hand" in head or "Made by `python -m benchmarks." in head


def test_an_english_stop_word_stands_in_one_tier_once() -> None:
    listed = [word for words in TIERS.values() for word in words.split()]

    assert len(listed) == len(set(listed))
    assert stop_words(*TIERS) == {*listed}


def test_what_a_list_leaves_out_is_a_union_of_tiers() -> None:
    assert stop_words("light", "plain") == stop_words("light") | stop_words("plain")
    assert stop_words() == frozenset()


def test_what_a_show_is_about_is_no_stop_word_of_a_question() -> None:
    subjects = "world cup final goal offside money price budget egg soup recipe weather time people rule first two"

    assert question_words() & set(subjects.split()) == set()


def test_phrases_of_a_show_nobody_tuned_for_end_in_no_hollow_word() -> None:
    shows = open_corpus(ROOT / "tests/shows/content")
    phrases = {phrase for number in range(len(shows.entries)) for phrase in phrases_of(shows.episode(number))}

    assert phrases
    assert {"world cup", "world cup final", "cook rice"} <= {phrase.casefold() for phrase in phrases}


def test_a_form_of_shorthand_stands_once() -> None:
    forms = [
        form
        for name, table in SHORTHAND.items()
        for form in (table["words"].split() if name in {"silent", "bare"} else table)
    ]

    assert len(forms) == len(set(forms))


@pytest.mark.parametrize(
    ("form", "said"),
    [("dont", "don't"), ("im", "i'm"), ("theyre", "they're"), ("couldve", "could've"), ("whos", "who's"), ("u", "you"),
     ("gonna", "going to"), ("lol", ""), ("ppl", "people")],
)  # fmt: skip
def test_shorthand_is_read_as_it_is_said(form: str, said: str) -> None:
    assert shorthand("typed", "slurred", "bare", "silent")[form] == said


def test_a_claim_typed_short_has_the_words_that_were_said() -> None:
    assert [t.form for t in tokens("ppl dont know abt u")] == [t.form for t in tokens("people don't know about you")]


def test_real_words_are_written_once_and_in_order() -> None:
    lines = (LANGUAGE / "real_words.txt").read_text("utf-8").splitlines()
    listed = [word for line in lines if not line.startswith("#") for word in line.split()]

    assert listed == sorted(set(listed))
    assert real_words() == set(listed)
    assert all(word.isalpha() and word == word.casefold() for word in listed)


@pytest.mark.parametrize(
    ("one", "other", "apart"), [("angel", "angle", 1), ("house", "houses", 1), ("cat", "cut", 1), ("abcd", "badc", 2)]
)
def test_neighbouring_letters_swapped_are_one_slip(one: str, other: str, apart: int) -> None:
    assert edits(one, other) == apart


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_the_same_both_ways(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert ratio(one, other) == ratio(other, one)


@given(st.text(min_size=1, max_size=20), st.text(max_size=40), st.floats(0.1, 1))
def test_a_line_is_placed_inside_a_text_or_not_at_all(line: str, text: str, least: float) -> None:
    placed = place_letters(line, text, least)

    assert placed is None or (least <= placed[0] <= 1 and 0 <= placed[1] <= placed[2] <= len(text))
    assert place_letters(line, f"{text} {line}.", 1.0) is not None


@pytest.mark.parametrize(
    ("name", "least", "found"),
    [("qoute", 0.5, ["quote"]), ("lexx", 0.4, []), ("topcs", 0.5, ["topic"]), ("episode", 0.5, ["episodes"]),
     ("zzz", 0.5, [])],
)  # fmt: skip
def test_the_nearest_name_is_found_by_its_letters(name: str, least: float, found: list[str]) -> None:
    assert nearest(name, ["quote", "topic", "episodes", "help"], least) == found


def test_what_is_meant_does_not_depend_on_the_order_of_sets() -> None:
    script = (
        "from bot.language import respell, tokens; "
        "said = tokens('the chocolate is good and the chocolat is bad'); "
        "print(*(token.form for token in respell(tokens('the chocolatess good'), [said], lambda _: False)))"
    )

    assert printed_by(script, "0123") == {"the chocolat is good\n"}
