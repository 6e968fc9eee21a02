"""What is the claim? A quote is judged as if it stood alone, whatever stands around it in a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.core import Core
from bot.language import Row, only_words, read_rows
from bot.policy.texts import say
from bot.search import Searcher, open_searcher
from bot.search.verify import Names, Quoted, asks_for_check, read_claim
from tests.test_who_said_it import ask, write_library

if TYPE_CHECKING:
    from collections.abc import Iterator

TALK = """**Ada Quill:** A lighthouse keeper counts the ships that never come. Rule one: never trust a calm sea.

**Ben Marsh:** My neighbour painted the harbour wall grey, because the council [laughs] would not pay 350 pounds for a
colour. I realised then that an AI had written the résumé of the mayor. Salt & vinegar is the taste of seven thirty in
the morning.

**Ada Quill:** The foghorn will not wake the gulls, and the bell only wakes the cook. I tried the second door at three
point five miles from town, and I will come back if the weather holds.

**Ben Marsh:** The cook called it "a very long way to go" and "no place for a cat" and we all agreed on that.
We know nothing.
"""

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


def test_a_full_stop_in_a_name_parts_no_line() -> None:
    quotes = read_claim(f"Erik St. Martin: {LINE}", Names(["Erik St. Martin"]).knows)

    assert [(each.speaker, each.text) for each in quotes] == [("Erik St. Martin", LINE)]


def test_of_two_people_named_beside_a_quote_none_is_taken() -> None:
    (quoted,) = read_claim(f"Ada and Ben at the harbour, so funny: “{LINE}”", NAMES.knows)

    assert (quoted.text, quoted.speaker) == (LINE, None)


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


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Core, Searcher]]:
    corpus = write_library(tmp_path_factory.mktemp("claims"), {"harbour-talk": TALK})
    opened = open_searcher(corpus, None, lambda _: None)
    yield Core(corpus, opened, COMMANDS), opened
    opened.close()


@pytest.mark.parametrize(
    ("verdict", "claim"),
    [
        # other spellings of the same words
        ("close", "My neighbor painted the harbor wall gray"),
        ("close", "I realized then that an A.I. had written the resume of the mayor"),
        ("close", "salt and vinegar is the taste of 7:30 in the morning"),
        ("close", "the council would not pay £350 for a color"),
        ("close", "I tried the 2nd door at 3.5 miles from town"),
        ("exact", "my neigh\u00adbour painted the har\u200bbour wall grey"),
        ("exact", "the re\u0301sume\u0301 of the mayor"),
        # other words
        ("altered", "my neighbour painted the harbour wall grey, because the council would not pay 340 pounds"),
        ("altered", "I tried the 3rd door at 3.5 miles from town"),
        # fillers that the show lacks
        ("close", "you know, my neighbour painted the harbour wall grey"),
        ("close", "I mean, I tried the second door"),
        ("exact", "um, my neighbour painted the harbour wall grey"),
        # stage directions that the transcript has
        ("exact", "because the council would not pay 350 pounds"),
        # marked omissions
        ("omitted", "My neighbour painted … grey, because the council would not pay"),
        ("omitted", "my neighbour painted the harbour wall [...] the council would not pay 350 pounds"),
        ("omitted", "Ada: I tried the second door... and I will come back"),
        ("altered", "a lighthouse keeper counts the ships... never trust a calm sea"),
        ("altered", "I tried the second door... and I will come back the weather holds"),
        ("altered", "the foghorn will … wake the gulls"),
        ("altered", "the foghorn will … and the bell only wakes the cook"),
        ("altered", "the foghorn will not wake the gulls, and the bell … wakes the cook"),
        ("altered", "the council would … pay 350 pounds for a colour"),
        ("exact", "my neighbour … painted the harbour wall…"),
        ("other-speaker", "Ada: my neighbour painted … grey, because the council would not pay"),
        # what stands before a colon and was said, or was not
        ("exact", "Rule one: never trust a calm sea"),
        ("altered", "Rule two: never trust a calm sea"),
        ("exact", "Wow: never trust a calm sea"),
        # what a line itself has in quotation marks
        ("exact", "The cook called it “a very long way to go” and “no place for a cat” and we all agreed on that"),
        ("altered", "The cook called it “a very long way to go” and “no place for a dog” and we all agreed on that"),
        ("exact", "Unpopular opinion but “the foghorn will not wake the gulls” is the best line of this show"),
        # remarks that were said, or were not
        ("exact", "I realised then that an AI had written the résumé of the mayor\nLove it, so true"),
        ("altered", "the cook called it no place for a cat and we all agreed on that\nWe knew."),
        # several lines
        ("exact", "Ada: never trust a calm sea\nBen: my neighbour painted the harbour wall grey"),
        ("other-speaker", "Ben: never trust a calm sea\nBen: my neighbour painted the harbour wall grey"),
        ("altered", "Ada: never trust a calm sea\nBen: my neighbour painted the garden wall grey"),
    ],
)
def test_a_claim_is_judged_by_its_words(library: tuple[Core, Searcher], verdict: str, claim: str) -> None:
    assert library[1].verify_now(claim).verdict == verdict


async def test_each_line_of_a_dialogue_is_shown_with_its_own_source(library: tuple[Core, Searcher]) -> None:
    reply = await ask(
        library[0], "/verify Ada: never trust a calm sea\nBen: my neighbour painted the harbour wall grey"
    )

    assert [card.quote.citation.speaker for card in reply.cards if card.quote] == ["Ada Quill", "Ben Marsh"]


async def test_what_was_left_out_is_shown_and_a_filler_is_named(library: tuple[Core, Searcher]) -> None:
    omitted = await ask(library[0], "/verify my neighbour painted … wall grey, because the council")
    filled = await ask(library[0], "/verify you know, my neighbour painted the harbour wall grey")

    assert omitted.cards[0].title == "… Said with a part left out."
    assert "the harbour" in str(omitted.cards[1].body)
    assert filled.cards[0].title == "✓ Close. Only a filler such as “you know” is added."


@pytest.mark.parametrize("message", ["is this real?", "did he actually say this?", "/verify source?"])
async def test_a_question_with_nothing_to_check_is_told_how(library: tuple[Core, Searcher], message: str) -> None:
    reply = await ask(library[0], message)

    assert reply.lead in {say("detail.check"), say("verify.nothing")}
    assert not reply.cards


async def test_emoji_times_and_pings_change_no_answer(library: tuple[Core, Searcher]) -> None:
    plain = await ask(library[0], "what did he say about the harbour wall")
    dressed = await ask(library[0], "@here what did he say about the harbour wall <:nod:123> <t:1618953630:R> :fire:")

    assert (dressed.outcome, dressed.cards) == (plain.outcome, plain.cards)


async def test_a_quoted_line_with_a_question_under_it_is_checked(library: tuple[Core, Searcher]) -> None:
    reply = await ask(library[0], "> never trust a calm sea\ndid she say this?")

    assert [card.quote.verdict for card in reply.cards if card.quote] == ["exact"]
