"""Which episode it is: numbers, seasons, dates and titles as people write them, and nothing else taken for them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.naming import (
    Named,
    numbered_prefixes,
    read_name,
    read_number,
    read_title,
    recurring,
    without_kind,
    words_for,
)

DAY = dt.date(2021, 5, 4)
SHOWS = ("Engine Hour", "engine hour")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Engine Hour #42: 42: Why they stop", Named("Why they stop", 42)),
        ("Show #42: 42: Why they stop", Named("Why they stop", 42)),
        ("Episode 42 - Why they stop", Named("Why they stop", 42)),
        ("Ep. 42: Why they stop", Named("Why they stop", 42)),
        ("Folge 42 – Warum sie stehen", Named("Warum sie stehen", 42)),
        ("#42 Why they stop", Named("Why they stop", 42)),
        ("No. 42: Why they stop", Named("Why they stop", 42)),
        ("42: Why they stop", Named("Why they stop", 42)),
        ("Engine Hour 42: Why they stop", Named("Why they stop", 42)),
        ("Engine Hour: Why they stop", Named("Why they stop")),
        ("EngineHour 42: Why they stop", Named("Why they stop", 42)),
        ("Why they stop | Engine Hour", Named("Why they stop")),
        ("Why they stop (Engine Hour #42)", Named("Why they stop", 42)),
        ("Why they stop - Ep. 42", Named("Why they stop", 42)),
        ("S02E03: Why they stop", Named("Why they stop", 3, 2)),
        ("2x03 Why they stop", Named("Why they stop", 3, 2)),
        ("Season 2, Episode 3 — Why they stop", Named("Why they stop", 3, 2)),
        ("2021-05-04: Why they stop", Named("Why they stop", None, None, DAY)),
        ("20210504 Why they stop", Named("Why they stop", None, None, DAY)),
        ("Engine Hour #42", Named("Engine Hour #42", 42)),
    ],
)
def test_a_title_is_told_without_its_show_number_and_date(title: str, named: Named) -> None:
    assert read_title(title, SHOWS) == named


@pytest.mark.parametrize(
    "title",
    [
        "1984: the year",
        "24-hour engines",
        "100 ways to stop",
        "No 5 ways",
        "Area 51 - the truth",
        "Engine Hourly",
        "Part 2 of 3",
    ],
)
def test_a_number_that_belongs_to_a_title_stays_in_it(title: str) -> None:
    assert read_title(title, SHOWS) == Named(title)


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Kiln Room #42: 42: Ash and apples", Named("Ash and apples", 42)),
        ("Kiln Room 42 - #42 Ash and apples", Named("Ash and apples", 42)),
        ("Kiln Room Ep. 42: Episode 42 - Ash and apples", Named("Ash and apples", 42)),
        ("Area 51: 51 ways to stop", Named("Area 51: 51 ways to stop")),
        ("Kiln Room #42: 43: Ash", Named("Kiln Room #42: 43: Ash")),
    ],
)
def test_a_number_that_stands_twice_ends_the_name_of_a_show_that_nobody_knows(title: str, named: Named) -> None:
    assert read_title(title) == named


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["Kiln Room #42: Ash", "Kiln Room Episode 43: Clay", "Kiln Room | Fire"], {"Kiln Room"}),
        (["Ash | Kiln Room", "Clay – Kiln Room #4", "Fire (Kiln Room Ep. 5)", "A bird"], {"Kiln Room"}),
        (["Episode 1: Ash", "Episode 2: Clay", "Episode 3: Fire"], set()),
        (["Ash: one", "Ash: two", "Clay: one", "Fire"], set()),
        (["Ash and apples", "Ash and pears", "Ash and plums"], set()),
    ],
)
def test_what_many_titles_have_before_or_behind_a_joint_is_no_part_of_them(titles: list[str], names: set[str]) -> None:
    assert recurring(titles) == names


def test_a_number_other_than_the_one_that_is_known_stays_in_the_title() -> None:
    assert read_title("Ep. 42: the answer", SHOWS, 43) == Named("Ep. 42: the answer")


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("12-first-guest", Named("First Guest", 12)),
        ("012_first_guest", Named("First Guest", 12)),
        ("ep12", Named("", 12)),
        ("s02e03", Named("", 3, 2)),
        ("season-2-ep-3", Named("", 3, 2)),
        ("engine-hour-126", Named("", 126)),
        ("enginehour126", Named("Enginehour126")),
        ("enginehour-126", Named("", 126)),
        ("2021-05-04-first-guest", Named("First Guest", None, None, DAY)),
        ("20210504", Named("", None, None, DAY)),
        ("Why they stop [Ab3-_9xYz01]", Named("Why they stop", video="Ab3-_9xYz01")),
        ("Why they stop [transcripts]", Named("Why They Stop [Transcripts]")),
        ("the-engine-2", Named("The Engine 2")),
        ("1984", Named("1984")),
    ],
)
def test_a_file_or_folder_tells_which_episode_it_is(name: str, named: Named) -> None:
    assert read_name(name, SHOWS) == named


def test_the_words_before_the_numbers_of_many_files_are_the_shows() -> None:
    assert numbered_prefixes(["eh-talk-7", "eh-talk-12", "eh-talk-130", "extra"]) == {"eh talk"}
    assert numbered_prefixes(["the-engine-2", "the-oil", "the-gas"]) == frozenset()
    assert numbered_prefixes(["talk-20210504", "talk-20210511", "talk-20210518"]) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7", (None, 7)),
        ("#7", (None, 7)),
        ("Episode 7", (None, 7)),
        ("S02E07", (2, 7)),
        ("2021", (None, 2021)),
        ("2021-05-04", (None, None)),
        ("20210504", (None, None)),
        ("seven", (None, None)),
        ("7b", (None, None)),
    ],
)
def test_a_date_is_no_number(text: str, found: tuple[int | None, int | None]) -> None:
    assert read_number(text) == found


@pytest.mark.parametrize(
    ("name", "left"), [("transcript", ""), ("7-transcript.en", "7"), ("ada.vtt", "ada"), ("index", ""), ("Ada", "Ada")]
)
def test_what_a_file_is_called_for_what_it_is_names_no_episode(name: str, left: str) -> None:
    assert without_kind(name) == left


@pytest.mark.parametrize("use", ["episode", "abbreviated", "season", "kinds", "beside"])
def test_words_of_the_data_are_in_small_letters(use: str) -> None:
    assert all(word == word.casefold() for word in words_for(use))


@given(st.text(max_size=80) | st.from_regex(r"[Ss#Ee0-9x:. ()–-]{0,30}", fullmatch=True))
def test_any_title_keeps_some_words_and_gives_a_number_that_can_be_written(text: str) -> None:
    for named in (read_title(text, SHOWS), read_name(text, SHOWS)):
        assert named.number is None or 0 <= named.number < 10**5
        assert named.season is None or 0 <= named.season < 10**5
    assert bool(read_title(text).title) == bool(text.strip())
    assert all(word in text for word in read_title(text).title.split())
