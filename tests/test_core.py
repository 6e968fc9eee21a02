"""The core answers everything, privately when it cannot, and lets no unverified quote out."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Annotated

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS, Context, Param, command
from bot.contract import Author, Card, Channel, Outcome, Quote, Reply, Request, Role
from bot.core import Core
from bot.corpus import Corpus
from bot.search import Searcher
from bot.store import open_store
from bot.store.database import LONGEST_WAIT
from tests.conftest import Ask
from tests.databases import empty_database

_ROOM = Channel("test", "room")
_MEMBER = Author("member")


@command("Break", private=False)
async def broken(ctx: Context) -> Reply:
    message = f"a bug in {ctx.request.author.id}"
    raise RuntimeError(message)


@command("Only for admins", admin=True)
async def secret(ctx: Context) -> Reply:
    return Reply(f"hello {ctx.request.author.id}", Outcome.FOUND)


@command("Quote with one word changed")
async def forged(ctx: Context, change: Annotated[str, Param("What to forge")]) -> Reply:
    passage = ctx.corpus.episodes[0].passage(10, 10)
    true = Quote(passage.id, passage.text, passage.citation(), passage.source())
    false = {
        "text": dataclasses.replace(true, text=passage.text + " Not."),
        "source": dataclasses.replace(true, source=None),
        "id": dataclasses.replace(true, id="zzzzz-1"),
    }[change]
    return Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, quote=false), Card(Role.MATCH, quote=true)))


@pytest.fixture
def trial(corpus: Corpus, search: Searcher) -> Core:
    return Core(corpus, search, (broken, secret, forged))


@pytest.mark.parametrize("change", ["text", "source", "id"])
async def test_a_quote_that_is_not_what_its_source_says_is_dropped_and_logged(
    trial: Core, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await trial.answer(Request(_ROOM, _MEMBER, command="forged", args={"change": change}))

    assert len(reply.cards) == 1
    assert "dropped a quote" in caplog.text


async def test_a_bug_becomes_a_reference_for_the_member_and_a_log_line_for_the_operator(
    trial: Core, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        reply = await trial.answer(Request(_ROOM, _MEMBER, text="/broken"))

    reference = reply.text.rsplit(" ", 1)[-1].rstrip(".")
    assert (reply.outcome, reply.private) == (Outcome.ERROR, True)
    assert reference in caplog.text
    assert "a bug in" not in reply.text + caplog.text, "what an error says may be what a member typed"
    assert "in broken" in caplog.text
    assert caplog.text.strip().endswith("RuntimeError")


async def test_an_admins_command_is_refused_to_members_on_every_platform(trial: Core) -> None:
    refused = await trial.answer(Request(_ROOM, _MEMBER, text="/secret"))
    allowed = await trial.answer(Request(_ROOM, Author("boss", admin=True), text="/secret"))

    assert (refused.outcome, refused.private) == (Outcome.ERROR, True)
    assert allowed.text == "hello boss"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/quote", "What do you remember of the line?"),
        ("/ask", "What would you like to ask?"),
        ("/quote the", "Add two or three more words"),
        ("/quote 😀🎉", "There are no words in that."),
        ("/quote " + "pride " * 2000, "characters; I can take 2,000"),
        ("/qoute pride", "Did you mean /quote?"),
        ("/xyzzy", "Type /help"),
        ("/about dou:show", "/about has no option “dou:”. It takes no options."),
        ("/quote pride speeker:lex chapter:nowhere", "I left out “speeker:lex”. Did you mean speaker:lex?"),
        ("/about me", "/about takes no words"),
        ("/show nonsense", "I don't have a passage “nonsense”"),
        ("/show thphm-3n5g91 context:99", "is a number from 0 to 10"),
        ("/help nonsense", "I don't have a command /nonsense"),
        ("/episodes page:two", "takes a whole number"),
    ],
)
async def test_what_cannot_be_done_is_said_privately_with_what_to_do(ask: Ask, line: str, sentence: str) -> None:
    reply = await ask(line)

    assert (reply.outcome, reply.private) == (Outcome.ERROR, True)
    assert sentence in reply.text


@pytest.mark.parametrize("line", ["/quote שלום עולם מה שלומך", "/quote qqxzzkj wvvbnq", "/quote これは何ですか"])
async def test_words_nobody_said_are_not_found(ask: Ask, line: str) -> None:
    reply = await ask(line)

    assert reply.outcome in {Outcome.NONE, Outcome.NEAREST}
    assert all(card.role is Role.NEAREST for card in reply.cards)
    assert "can't find" in reply.lead


async def test_control_characters_in_a_line_change_nothing(ask: Ask) -> None:
    clean, dirty = await ask("/quote not have pride"), await ask("/quote \x1b[31mnot\x00 have\u202e pride\x07")

    assert [card.quote and card.quote.id for card in clean.cards] == [
        card.quote and card.quote.id for card in dirty.cards
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=200))
async def test_any_text_at_all_gets_an_answer(ask: Ask, text: str) -> None:
    for line in (text, f"/quote {text}", f"/show {text}"):
        assert (await ask(line)).text


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("/qu", ["/quote "]),
        ("/help ep", ["/help episodes"]),
        ("/show thphm-3n5g91 co", ["/show thphm-3n5g91 context:"]),
        ("/quote pride speaker:Lex", ['/quote pride speaker:"Lex Fridman"']),
        ('/quote pride speaker:"Lex F', ['/quote pride speaker:"Lex Fridman"']),
        ("/vo", []),
        ("pride", []),
        ("/nonsense x", []),
    ],
)
def test_unfinished_lines_are_completed_from_the_declarations(core: Core, typed: str, lines: list[str]) -> None:
    assert lines == core.complete(Request(_ROOM, _MEMBER, text=typed))


async def test_a_database_that_says_nothing_keeps_no_member_waiting(
    corpus: Corpus, search: Searcher, postgresql: str
) -> None:
    url = empty_database(postgresql)
    store = open_store(url)
    other = sa.create_engine(url)
    core = Core(corpus, search, COMMANDS, store=store)
    asked = Request(Channel("slack", "C1", "T1"), Author("U1"), text="/quote remote work")
    with other.connect() as held:
        held.exec_driver_sql("LOCK TABLE channels, conversations IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(LONGEST_WAIT):
            assert (await core.answer(asked)).outcome is Outcome.FOUND
    other.dispose()
    store.close()


async def test_an_option_in_a_free_message_narrows_what_the_message_is_read_as(ask: Ask) -> None:
    typed = await ask("people who train need to not have pride speaker:zuck")
    asked = await ask("chapter:faith what did he quote from Dostoevsky, beauty will save the world")

    assert typed.command == "quote"
    assert {card.quote.citation.speaker for card in typed.cards if card.quote} == {"Mark Zuckerberg"}
    assert {card.quote.citation.chapter for card in asked.cards if card.quote} <= {"Faith"}
    assert asked.command == "quote"


async def test_what_no_reading_of_a_message_has_as_an_option_stays_words(ask: Ask) -> None:
    reply = await ask("what did he say about note:this page:2 chapter:faith")

    assert reply.outcome is not Outcome.ERROR


@pytest.mark.parametrize(
    "typed",
    ["/quote not have pride chapterr:jiu", "not have pride chapterr:jiu", "/quote chap:jiu need to not have pride"],
)
async def test_a_word_that_looks_like_an_option_and_is_none_gets_a_hint(ask: Ask, typed: str) -> None:
    reply = await ask(typed)

    assert "Did you mean chapter:jiu?" in reply.text
    assert reply.outcome is Outcome.FOUND


async def test_an_option_of_other_commands_alone_is_left_out_with_a_hint(ask: Ask) -> None:
    assert (
        "I left out “chapter:faith”: /ask takes speaker:, episode: or show:."
        in (await ask("/ask chapter:faith why does he train")).text
    )


@pytest.mark.parametrize(
    "typed", ["/quote he said: not have pride", "/quote “chapterr:x” pride", "/quote pride at 1:32"]
)
async def test_words_with_a_colon_get_no_hint(ask: Ask, typed: str) -> None:
    assert "Did you mean" not in (await ask(typed)).text


@pytest.mark.parametrize(
    ("command", "option", "typed", "value"),
    [
        ("quote", "speaker", "zuckerb", "Mark Zuckerberg"),
        ("quote", "speaker", "zukcerberg", "Mark Zuckerberg"),
        ("ask", "speaker", "freidm", "Lex Fridman"),
        ("quote", "episode", "future zuck", "383"),
        ("quote", "episode", "whatsap", "383"),
        ("quote", "chapter", "competition jiu", "Jiu-jitsu competition"),
        ("topic", "name", "jiu jitus", "Jiu-jitsu competition"),
    ],
)
async def test_a_value_is_found_by_any_of_its_words_and_with_a_slip(
    core: Core, command: str, option: str, typed: str, value: str
) -> None:
    found = await core.suggest(Request(_ROOM, _MEMBER, command=command, text=typed), option)

    assert found[0].value == value


async def test_an_episode_is_shown_with_its_number_and_title_and_chosen_by_its_number(core: Core) -> None:
    [found] = await core.suggest(Request(_ROOM, _MEMBER, command="quote"), "episode")

    assert (found.value, found.label[:20]) == ("383", "#383 Mark Zuckerberg")


async def test_nothing_is_suggested_for_what_is_no_option(core: Core) -> None:
    assert await core.suggest(Request(_ROOM, _MEMBER, command="quote", text="x"), "nonsense") == []
    assert await core.suggest(Request(_ROOM, _MEMBER, command="nonsense", text="x"), "episode") == []
