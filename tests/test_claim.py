"""What is the claim? A quote is judged as if it stood alone, whatever stands around it in a message."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import Row, only_words, read_rows
from bot.search.verify import Names, Quoted, asks_for_check, read_claim

NAMES = Names(["Ada Quill", "Ben van der Marsh", "Dr. Inés O'Hara"])
LINE = "a lighthouse keeper counts the ships that never come"
CLAIM_ROWS = read_rows("bot.search.verify", "claim.toml", re.IGNORECASE)
UNSAID_ROWS = read_rows("bot.language", "unsaid.toml", re.IGNORECASE)

BARE = (
    "{}",
    "“{}”",
    "> {}",
    "> {}\nthis is so true",
    "lol {}",
    "omg, {} :fire:",
    "{} https://example.org/a?t=3",
    "{} [laughs]",
    "{} <:nod:123> <t:1618953630:R>",
    "{} #harbour #wisdom",
    "Wow: {}",
    "Fact check please: {}",
    "is this line legit: {}",
    "source? “{}”",
    "“{}” real?",
    "{} did he say this?",
    "{}, is that true?",
    "look what I found: “{}”",
    "@here {}",
    "Quote of the day: {}",
    "Is this real?\n{}",
    "{}\n\nsource?",
    "{} (12:30)",
    "[0:12] {}",
    "*sighs* {}",
    "{} — Harbour Talk #12",
    "What a line!\n“{}”\nLove it.",
    "Speaker 2: {}",
    "<@123> “{}”",
    "Is it true that {}?",
)
BY_ADA = (
    "Ada: {}",
    "ada: {}",
    "Ada Quill: {}",
    "{} - ada",
    "{} — Ada Quill",
    "“{}” — Ada Quill, Harbour Talk #12",
    "{} ~ada quill",
    "“{}” - Ada Quill, keeper of the light",
    "{} — Ada Quill (2023)",
    "{} (Ada Quill, 2023)",
    "{}\nAda Quill",
    "{} by Ada Quill",
    "{}\n(said by Ada)",
    "Ada Quill said “{}”",
    "Ada Quill said that {}",
    "did Ada really say {}",
    "@adaquill: {}",
    "According to Ada Quill, {}",
    "“{}”, said Ada",
    "“{}” - Ada once said",
    "Ada Quill (2023): {}",
    "Ada Quill, keeper of the light: {}",
    "Ms. Quill: {}",
    "> {}\n— Ada Quill",
    "ok so Ada said this lol\n> {}",
    "host Ada Quill: {}",
    "“{}” – quill",
    "Ada Quill: “{}” source?",
)


@pytest.mark.parametrize("row", [*CLAIM_ROWS], ids=[row.key for row in CLAIM_ROWS])
def test_a_pattern_matches_its_examples_and_not_what_only_looks_like_them(row: Row) -> None:
    assert [text for text in row.examples if not row.pattern.search(text)] == []
    assert row.but


@pytest.mark.parametrize("row", UNSAID_ROWS, ids=[row.key for row in UNSAID_ROWS])
def test_what_platforms_write_is_left_out_and_words_are_not(row: Row) -> None:
    for example in row.examples:
        assert "example" not in only_words(f"so {example} calm").replace("the clip", "")
        assert only_words(f"so {example} calm") in {"so calm", "so the clip calm"}
    assert [text for text in row.but if only_words(text) != text] == []


@pytest.mark.parametrize("message", BARE)
def test_what_stands_around_a_quote_is_no_part_of_it(message: str) -> None:
    (quoted,) = read_claim(message.format(LINE), NAMES.knows)

    assert (quoted.text.rstrip("?"), quoted.speaker) == (LINE, None)


@pytest.mark.parametrize("message", BY_ADA)
def test_who_is_named_beside_a_quote_is_read_in_every_form(message: str) -> None:
    (quoted,) = read_claim(message.format(LINE), NAMES.knows)

    assert quoted.text == LINE
    assert quoted.speaker
    assert "ada" in quoted.speaker.casefold() or "quill" in quoted.speaker.casefold()


@pytest.mark.parametrize(
    "name", ["Ben", "marsh", "van der Marsh", "Ben Marsh", "Ines", "O’Hara", "Dr O'Hara", "inés ohara"]
)
def test_somebody_is_known_by_any_part_of_the_name(name: str) -> None:
    assert NAMES.knows(name)


@pytest.mark.parametrize("name", ["Wow", "lol", "", "Tom Kreel", "be", "Benedict"])
def test_nobody_is_known_by_other_words(name: str) -> None:
    assert not NAMES.knows(name)


def test_lines_of_a_dialogue_are_judged_one_by_one() -> None:
    quotes = read_claim(f"Ada: {LINE}\n[0:15] Ben: never trust a calm sea\nand never a dry rope", NAMES.knows)

    assert [(each.text, each.speaker) for each in quotes] == [
        (LINE, "Ada"),
        ("never trust a calm sea and never a dry rope", "Ben"),
    ]


def test_two_quotes_of_a_message_each_have_their_speaker() -> None:
    quotes = read_claim(f"Ada Quill said “{LINE}” and Ben Marsh said “never trust a calm sea”", NAMES.knows)

    assert [(each.text, each.speaker) for each in quotes] == [
        (LINE, "Ada Quill"),
        ("never trust a calm sea", "Ben Marsh"),
    ]


@pytest.mark.parametrize(
    "claim",
    [
        "he thinks the sea is calm before breakfast",
        "my dad said never trust a calm sea",
        "the one thing - open water",
        "12:30 is when we met",
        "he called it the “tight little crew” and left the harbour for good that night",
        "we (and I mean all of us) left",
    ],
)
def test_what_may_be_said_is_not_taken_off(claim: str) -> None:
    assert [each.text for each in read_claim(claim, NAMES.knows)] == [claim]


def test_what_stood_before_a_colon_is_kept_aside_in_case_it_was_said() -> None:
    assert read_claim("Rule two: never trust a calm sea", NAMES.knows) == (
        Quoted("never trust a calm sea", None, "Rule two", "Rule two: never trust a calm sea"),
    )


@pytest.mark.parametrize(
    ("message", "asks"),
    [
        (f"> {LINE}\ndid he say this?", True),
        (f"source? “{LINE}”", True),
        (f"is this line legit: {LINE}", True),
        ("is this real?", True),
        ("did he actually say this?", True),
        (LINE, False),
        ("what did he say about the source of the river", False),
        ("is the sea real or does it only look so", False),
    ],
)
def test_a_message_that_asks_whether_it_was_said_is_known(message: str, asks: bool) -> None:  # noqa: FBT001
    assert asks_for_check(message) is asks


@pytest.mark.parametrize(
    "message", ["is this real?", "did he actually say this?", "source?", "<@123> fact check please"]
)
def test_a_question_alone_has_nothing_to_check(message: str) -> None:
    assert read_claim(message, NAMES.knows) == ()


@given(st.text(max_size=300) | st.lists(st.sampled_from(list("\n>“”\"':.—- ()[]#*aB1")), max_size=300).map("".join))
def test_every_message_has_a_reading(message: str) -> None:
    asks_for_check(message)
    for quoted in read_claim(message, NAMES.knows):
        assert quoted.text
