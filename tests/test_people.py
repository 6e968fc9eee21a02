"""Who is who: names that a file states and names in its text are joined if it can be nobody else, or asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.people import Doubt, join_people, same_person, with_names
from bot.corpus.transcript import Person, Segment

ADA, GRACE = Person("Ada Lovelace", "guest"), Person("Grace Hopper", "host")


@pytest.mark.parametrize(
    ("stated", "label", "name"),
    [
        ("Ada Lovelace", "Ada", "Ada Lovelace"),
        ("Ada Lovelace", "Lovelace", "Ada Lovelace"),
        ("Ada Lovelace", "AL", "Ada Lovelace"),
        ("Ada Lovelace", "ADA LOVELACE", "Ada Lovelace"),
        ("Ada K. Lovelace, Ph.D", "Ada Lovelace", "Ada K. Lovelace, Ph.D"),
        ("Ada Lovelace (countess)", "countess", "Ada Lovelace"),
        ('Ada "Enchantress" Lovelace', "Enchantress", "Ada Lovelace"),
        ("Zoë Ng", "Zoe", "Zoë Ng"),
        ("Ada", "Ada Lovelace", "Ada Lovelace"),
    ],
)
def test_a_part_of_a_name_is_the_person_who_is_stated(stated: str, label: str, name: str) -> None:
    joined = join_people([Person(stated, "guest"), GRACE], [label, "Grace Hopper"])

    assert joined.names.get(label, label) == name
    assert Person(name, "guest") in joined.people
    assert len(joined.people) == 2
    assert joined.doubts == ()


def test_a_label_that_tells_a_part_is_the_only_person_stated_in_it() -> None:
    joined = join_people([ADA, GRACE], ["Host", "GUEST", "Bo"])

    assert joined.names == {"Host": "Grace Hopper", "GUEST": "Ada Lovelace"}
    assert [person.name for person in joined.people] == ["Ada Lovelace", "Grace Hopper", "Bo"]


@pytest.mark.parametrize(
    ("stated", "labels"),
    [([GRACE, Person("Bo Li", "host")], ["Host"]), ([GRACE], ["Host", "Grace"]), ([Person("Bo Li")], ["Host"])],
)
def test_a_part_that_two_have_or_beside_the_name_of_who_has_it_says_nobody(
    stated: list[Person], labels: list[str]
) -> None:
    assert "Host" not in join_people(stated, labels).names


def test_everybody_who_speaks_is_among_the_people_and_so_is_everybody_who_is_stated() -> None:
    joined = join_people([ADA, GRACE], ["Bo", "Ada", "Cy", "Speaker 2"])

    assert [person.name for person in joined.people] == ["Ada Lovelace", "Grace Hopper", "Bo", "Cy"]


def test_a_name_that_may_mean_two_people_is_left_as_it_is_and_asked_about() -> None:
    joined = join_people([Person("Ada Lovelace"), Person("Ada Byron")], ["Ada", "Ada Byron"])

    assert joined.names == {}
    assert joined.doubts == (Doubt("Ada", ("Ada Lovelace", "Ada Byron")),)


def test_a_first_name_beside_the_full_name_in_one_text_may_be_somebody_else() -> None:
    joined = join_people([ADA], ["Ada Lovelace", "Ada"])

    assert joined.names == {}
    assert joined.doubts == (Doubt("Ada", ("Ada Lovelace",)),)


def test_a_first_and_a_last_name_in_one_text_are_two_voices_of_which_only_one_can_be_stated() -> None:
    joined = join_people([ADA], ["Ada", "Lovelace"])

    assert joined.names == {}
    assert [doubt.name for doubt in joined.doubts] == ["Ada", "Lovelace"]


def test_one_name_in_small_and_in_large_letters_is_one_person() -> None:
    assert join_people([ADA], ["ADA LOVELACE", "Ada Lovelace"]).names == {"ADA LOVELACE": "Ada Lovelace"}
    assert set(join_people([ADA], ["ADA", "Ada"]).names.values()) == {"Ada Lovelace"}


def test_the_only_one_who_is_stated_and_silent_may_be_the_only_one_who_is_not_stated() -> None:
    joined = join_people([ADA, GRACE], ["Grace", "countess"])

    assert joined.names == {"Grace": "Grace Hopper"}
    assert joined.doubts == (Doubt("countess", ("Ada Lovelace",)),)


def test_voices_without_a_name_are_nobody_who_is_stated() -> None:
    joined = join_people([ADA], ["Speaker 1", "Unknown"])

    assert (joined.names, joined.doubts, joined.people) == ({}, (), (ADA,))


def test_one_person_under_two_names_in_a_show_is_asked_about_once() -> None:
    assert same_person(["Ada", "Ada Lovelace", "Grace Hopper", "Speaker 1"]) == [Doubt("Ada", ("Ada Lovelace",))]
    assert same_person(["BO EK", "Bo Ek"]) == [Doubt("BO EK", ("Bo Ek",))]
    assert same_person(["Ada", "Ada Lovelace", "Ada Byron"]) == []


@given(st.lists(st.text(max_size=12), max_size=6), st.lists(st.text(min_size=1, max_size=12), max_size=6))
def test_words_stay_with_one_voice_whatever_it_is_called(stated: list[str], labels: list[str]) -> None:
    joined = join_people([Person(name) for name in stated], labels)
    segments = [Segment("It computes.", None, None, label) for label in labels]
    named = with_names(segments, joined.names)

    assert [segment.text for segment in named] == [segment.text for segment in segments]
    assert all(after.speaker for after in named)
