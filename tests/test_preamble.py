"""What stands at the top of a text is stated, not said: lines of facts, TOML, a title above them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.formats import read_transcript
from bot.corpus.transcript import Person, Transcript
from bot.errors import TranscriptError

TALK = "Ada: We met the bird.\n\nBo: Which bird was it?\n\nAda: A crow.\n\nBo: I see.\n"
SAID = [
    ("Ada Ek", "We met the bird."),
    ("Bo Li", "Which bird was it?"),
    ("Ada Ek", "A crow."),
    ("Bo Li", "I see."),
]
TOP = {
    "Title": "Ash and apples",
    "Date": "November 2nd, 2023",
    "Episode": "42",
    "Guest": "Ada Ek",
    "Host": "Bo Li",
    "Show": "Kiln Room",
    "Duration": "1:02:03",
    "URL": "https://kiln.example/42",
}


def read(text: str, name: str = "a.txt") -> Transcript:
    return read_transcript(text.encode(), name)


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in transcript.segments]


@given(
    st.permutations(sorted(TOP)),
    st.sampled_from(["{}: {}", "**{}:** {}", "- **{}**: {}", "* {}: {}"]),
    st.sampled_from(["\n", "\n\n"]),
)
def test_lines_of_facts_above_the_words_are_stated_in_any_order_and_form(
    keys: list[str], form: str, joint: str
) -> None:
    lines = [form.format(key, TOP[key]) for key in keys]
    found = read(joint.join(lines) + f"\n\n{TALK}", "a.md")

    assert said(found) == SAID
    stated = found.stated
    assert (stated.title, stated.show, stated.number, stated.duration) == ("Ash and apples", "Kiln Room", 42, 3723.0)
    assert (stated.published, stated.page) == ("November 2nd, 2023", "https://kiln.example/42")
    assert stated.people == (Person("Bo Li", "host"), Person("Ada Ek", "guest"))


@pytest.mark.parametrize("rule", ["", "---", "* * *", "=========="])
def test_a_rule_below_the_facts_is_no_word(rule: str) -> None:
    top = "\n".join(f"{key}: {value}" for key, value in TOP.items())

    assert said(read(f"{top}\n{rule}\n{TALK}")) == SAID


@pytest.mark.parametrize(
    ("line", "published", "duration"),
    [
        ("*Published 2023-11-02*", "2023-11-02", None),
        ("Released on Thursday, November 2, 2023", "Thursday, November 2, 2023", None),
        ("2 November 2023", "2 November 2023", None),
        ("**Length:** 1:02:03", None, 3723.0),
        ("Recorded on 2 May 2021", None, None),
        ("_Transcribed by Cy Do_", None, None),
    ],
)
def test_one_line_that_states_something_between_title_and_words_is_not_said(
    line: str, published: str | None, duration: float | None
) -> None:
    for top in (f"# Ash and apples\n\n{line}\n\n", f"Ash and apples\n{line}\n\n"):
        found = read(top + "We fired the kiln. It was hot.\n", "a.md")

        assert said(found) == [(None, "We fired the kiln. It was hot.")]
        assert (found.stated.title, found.stated.published, found.stated.duration) == (
            "Ash and apples",
            published,
            duration,
        )


def test_a_line_of_which_nothing_is_kept_is_told_of() -> None:
    found = read(f"Title: Ash and apples\nDate: 2023-11-02\nWeather: rain\nTopics: ash, clay\n\n{TALK}")

    assert [text for _, text in said(found)] == [text for _, text in SAID]
    assert found.oddities[0] == "I left out 2 lines above the words that nobody says, first: “Weather: rain”."


@pytest.mark.parametrize(
    "talk",
    [
        "Host: Welcome to the show.\nGuest: Thank you.\nHost: How are you?\nGuest: Fine.\n",
        "Host: Welcome\n\nGuest: Thanks\n\nHost: How are you?\n\nGuest: Fine.\n",
        "Title: Ash\nDate: 2023-11-02\nAda: Hi there\nBo: Hi.\nAda: A crow.\nBo: No.\n",
        "Note: the kiln was cold.\n\nWe fired it again.\n",
    ],
)
def test_a_conversation_is_no_list_of_facts(talk: str) -> None:
    spoken = [line for line in talk.splitlines() if line and not line.startswith(("Title", "Date"))]

    assert len(said(read(talk))) == len(spoken)


def test_front_matter_between_plus_signs_is_read_as_toml() -> None:
    top = '+++\ntitle = "Ash and apples"\ndate = 2023-11-02\nepisode = 42\n[extra]\nguests = ["Ada Ek"]\n+++\n\n'
    found = read(top + TALK, "a.md")

    assert [text for _, text in said(found)] == [text for _, text in SAID]
    assert (found.stated.title, found.stated.published, found.stated.number) == ("Ash and apples", "2023-11-02", 42)
    assert found.stated.people[0] == Person("Ada Ek", "guest")


def test_broken_toml_at_the_top_is_refused_with_its_line() -> None:
    with pytest.raises(TranscriptError) as refused:
        read('+++\ntitle = "Ash\n+++\n\nWe fired the kiln.\n', "a.md")

    assert refused.value.line == 2


@given(st.text(max_size=300))
def test_whatever_stands_at_the_top_gives_a_transcript_or_one_error(text: str) -> None:
    for top in (f"+++\n{text}\n+++\n", text, f"Title: {text}\nDate: 2023-11-02\n\n"):
        try:
            read(f"{top}\n\nWe fired the kiln.\n", "a.md")
        except TranscriptError:
            continue


@pytest.mark.parametrize(
    "top",
    [
        "KILN ROOM\nEpisode 42: Ash and apples\nDate: 2 November 2023\nSpeakers: Ada Ek (host), Bo Li (guest)\n",
        "Title: Ash\nSpeakers:\n- Ada Ek (host)\n- Bo Li (guest)\nDate: 2 November 2023\n",
        "# KILN ROOM\n\n**Episode:** 42 | **Date:** 2 November 2023 | **Hosted by:** Ada Ek\n\nFeaturing: Bo Li\n",
    ],
)
def test_a_number_in_a_key_a_list_below_one_and_several_facts_on_one_line_are_read(top: str) -> None:
    found = read(f"{top}\n{TALK}", "a.md")

    assert said(found) == SAID
    assert found.stated.published == "2 November 2023"
    assert set(found.stated.people) == {Person("Ada Ek", "host"), Person("Bo Li", "guest")}
