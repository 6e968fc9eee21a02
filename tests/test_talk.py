"""What is said to the bot and asks the transcripts nothing: a line, a fact, a quote; never a search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Outcome, Use
from bot.core.routing import Known, read_message, without_talk
from bot.core.routing.kinds import intent_of
from bot.language import read_table
from bot.policy.texts import say
from tests.conftest import Ask

LONGEST_TALK, LONGEST_FACT = 160, 600

NOTHING = Known((), lambda line: float(len(line.split())), says_word=lambda _: True)
USES = {command.use for command in COMMANDS}


@pytest.fixture(autouse=True)
def _afresh(request: pytest.FixtureRequest) -> None:
    """Let no test go on from what another asked of the core they share."""
    if "core" in request.fixturenames:
        request.getfixturevalue("core").begin_afresh()


@pytest.mark.parametrize(
    "text",
    [
        "hi", "HEYYY", "good morning all", "thanks!!", "thx a lot man", "ty", "lol", "good bot", "you suck", "stop",
        "wrong channel sorry", "bye", "how are you?", "sorry", "ok", "no", "?", "<@123>",
        "\U0001f44d", ":smile: <:nod:123>",
        "", "hello gophers", "morning!! coffee first tho", "lol ok", "thanks, that helped!", "@Verbatim#1234 thanks",
    ],
)  # fmt: skip
async def test_talk_is_answered_with_one_short_line(ask: Ask, text: str) -> None:
    reply = await ask(text)

    assert (reply.command, reply.outcome) == ("talk", Outcome.FOUND)
    assert 0 < len(reply.text) <= LONGEST_TALK
    assert "\n" not in reply.text
    assert not reply.cards
    assert not reply.buttons


@pytest.mark.parametrize(
    "key", [row["key"] for row in read_table("bot.core.routing", "kinds.toml")["kind"] if row["key"] != "moment"]
)
async def test_every_kind_of_message_has_an_answer(ask: Ask, key: str) -> None:
    intent = intent_of(key)
    assert intent.use in USES
    if intent.use is Use.TALK:
        assert (await ask(f"/talk {intent.words}")).outcome in {Outcome.FOUND, Outcome.DECLINED}


@pytest.mark.parametrize(
    "text", ["my dog died this morning", "i got the job!!", "i want to die", "i don't want to be here anymore"]
)
async def test_good_and_bad_news_get_a_kind_word_and_no_quote(ask: Ask, text: str) -> None:
    reply = await ask(text)

    assert (reply.command, reply.cards) == ("talk", ())
    assert ("crisis line" in reply.text) is text.startswith(("i want to", "i don't"))


@pytest.mark.parametrize(
    "text",
    ["who made you?", "are you an AI", "what languages do you speak", "can I trust you", "how do I check a quote"],
)
async def test_a_question_about_the_bot_is_answered_in_short(ask: Ask, text: str) -> None:
    reply = await ask(text)

    assert (reply.command, reply.outcome, reply.cards) == ("talk", Outcome.FOUND, ())
    assert len(reply.text) <= LONGEST_FACT


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help", "help"),
        ("what can you do?", "help"),
        ("what do you keep about me", "privacy"),
        ("delete my data", "privacy"),
        ("quote of the day", "highlight"),
        ("random quote", "highlight"),
        ("list episodes", "episodes"),
        ("topics", "episodes"),
        ("ask why does he train", "ask"),
        ("episodes 383", "episodes"),
    ],
)
async def test_a_command_typed_as_words_does_what_it_says(ask: Ask, text: str, command: str) -> None:
    assert (await ask(text)).command == command


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("who's the guest", "Mark Zuckerberg (guest)"),
        ("who is the host?", "Lex Fridman"),
        ("when did this come out", "8 June 2023"),
        ("how long is it", "2:41:00"),
        ("how long is episode 383", "2:41:00"),
        ("chapters", "Censorship"),
        ("what is this episode about", "Mark Zuckerberg (guest)"),
        ("which episode is this", "#383"),
        ("latest episode", "#383"),
        ("who is the guest and how long is it", "2:41:00"),
        ("can you tell me when this came out", "8 June 2023"),
        ("how many episodes do you know", "1 episode"),
    ],
)
async def test_a_fact_of_the_library_comes_first_and_short(ask: Ask, text: str, told: str) -> None:
    reply = await ask(text)

    assert (reply.command, reply.outcome) == ("episodes", Outcome.FOUND)
    assert told in reply.text
    assert len(reply.text) <= LONGEST_FACT
    assert all(card.quote is None for card in reply.cards)


async def test_times_of_chapters_and_the_episode_are_links(ask: Ask) -> None:
    chapters, link = await ask("chapters"), await ask("link?")
    spans = [span for reply in (chapters, link) for card in reply.cards for span in card.body if span.url]

    assert "https://www.youtube.com/watch?v=Ff4fRgnuFgQ&t=28s" in {span.url for span in spans}
    assert not any("://" in span.text for span in spans)


async def test_a_summary_is_asked_of_the_topics(ask: Ask) -> None:
    assert (await ask("tldr")).command == "topic"


@pytest.mark.parametrize("text", ["a quote by zuck", "got any good zuck quotes?", "something zuckerberg said"])
async def test_a_quote_by_somebody_is_theirs(ask: Ask, text: str) -> None:
    reply = await ask(text)
    quotes = [card.quote for card in reply.cards if card.quote]

    assert (reply.command, reply.outcome) == ("highlight", Outcome.FOUND)
    assert [quote.citation.speaker for quote in quotes] == ["Mark Zuckerberg"]


async def test_a_quote_about_something_is_one_sentence_on_it(ask: Ask) -> None:
    reply = await ask("give me a good quote about hiring")
    quotes = [card.quote for card in reply.cards if card.quote]

    assert (reply.command, reply.outcome) == ("highlight", Outcome.FOUND)
    assert len(quotes) == 1
    assert len(quotes[0].text) <= 500


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("hi, what does he think of managers", "what does he think of managers"),
        ("hi what does he think of managers", "what does he think of managers"),
        ("thanks! and what about hiring", "and what about hiring"),
        ("lol ok. who said so", "who said so"),
        ("hey Verbatim, what did he say?", "what did he say?"),
        ("verbatim what did he say?", "what did he say?"),
        ("what did he say? thanks!", "what did he say?"),
        ("what did he say lol", "what did he say"),
        ("what is up with the mask?", "what is up with the mask?"),
        ("did he say that it is dead", "did he say that it is dead"),
        ("“hello, my friend”", "“hello, my friend”"),
        ("hello, thanks!", ""),
    ],
)
def test_talk_before_and_behind_a_question_is_no_part_of_it(text: str, rest: str) -> None:
    assert without_talk(text) == rest


async def test_here_beside_a_question_is_answered_and_pings_nobody(ask: Ask) -> None:
    reply = await ask("@here how big is llama?")

    assert reply.command == "ask"
    assert "@here" not in reply.text
    assert reply.lead != say("refusal.pings")
    assert (await ask("ping @here please")).lead == say("refusal.pings")


def test_a_member_in_a_sentence_is_meant_by_name() -> None:
    assert read_message("<@U0|verbatim> what did <@U1|ada> say?", NOTHING).words == "what did ada say?"


def test_a_greeting_whose_words_name_a_topic_is_a_greeting_and_praise_is_the_topic() -> None:
    known = Known(("Fire", "Hello"), lambda _: 9.0, says_word=lambda _: True)

    assert read_message("hello", known).use is Use.TALK
    assert read_message("fire", known).use is Use.TOPIC


@given(st.text(max_size=4_000))
def test_any_text_is_read_as_something(text: str) -> None:
    assert read_message(text, NOTHING).use in USES


@pytest.mark.parametrize(
    "piece", ["hi ", "thanks, ", "ok! ", "1:32:00 ", "the la le ", "quote about ", "\u2764\ufe0f ", "<@1|a> "]
)
def test_four_thousand_characters_of_anything_are_read(piece: str) -> None:
    assert read_message((piece * 4_000)[:4_000], NOTHING).use in USES


FACTS = ("about", "people", "host", "date", "length", "chapters", "link", "which", "latest", "before", "after")


@pytest.mark.parametrize("fact", FACTS)
async def test_a_fact_is_never_told_without_a_word(ask: Ask, ask_shows: Ask, fact: str) -> None:
    names = ("", "383", "latest", "Lex Fridman", "Lex Fridman Podcast", "soup", "nothing of that name")
    others = ("", "41", "Salt and Small Change", "The Long Throw", "salt-and-small-change", "refereeing")
    replies = [await ask(f"/episodes {name} fact:{fact}") for name in names]
    replies += [await ask_shows(f"/episodes {name} fact:{fact}") for name in others]

    assert all(reply.text.strip() for reply in replies)
    assert all(reply.outcome is not Outcome.ERROR or "episode" in reply.text for reply in replies)


async def test_a_chapter_beside_another_is_named(ask: Ask) -> None:
    assert "After Hiring comes Meta Quest 3." in (await ask("which chapter comes after hiring?")).text
    assert "Before Faith comes Embodied AGI." in (await ask("what comes before the faith chapter")).text
    assert "Faith is the last chapter." in (await ask("what is after the faith chapter?")).text


@pytest.mark.parametrize(
    ("text", "says"), [("a quote about hiring", "hir"), ("quote about open source by zuck", "open source")]
)
async def test_a_quote_about_something_says_it(ask: Ask, text: str, says: str) -> None:
    (quote,) = [card.quote for card in (await ask(text)).cards if card.quote]

    assert says in quote.text.casefold()


async def test_a_quote_about_what_nobody_speaks_of_is_declined(ask: Ask) -> None:
    reply = await ask("a quote about underwater basket weaving")

    assert (reply.outcome, reply.lead) == (Outcome.NONE, say("highlight.none-about", about="underwater basket weaving"))
