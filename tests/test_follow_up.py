"""Short messages after an answer: which answer they go on from, and what they ask of it."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import Author, Channel, Line, Outcome, Reference, Reply, Request, Use, parse_line
from bot.core import Core
from bot.core.conversation import KEPT, MOST_KEPT, Conversations, Exchange, read_buttons
from bot.core.follow_up import Following, follow_up, read_following
from bot.language import read_rows, read_table
from bot.policy.texts import say
from bot.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus, Passage
    from bot.search import Searcher

TABLE = read_table("bot.core", "follow_ups.toml")
NAMES = ("Ada Quill", "Ben Marsh")
SPEAKERS = ("Lex Fridman", "Mark Zuckerberg")
A, B, C, D = "thphm-3n5gkv", "thphm-78hgch", "thphm-7uq0dt", "thphm-3n5g91"
BEFORE = Exchange(
    "/ask is he for remote work episode:383", "/ask is he for remote work", (A, B), D, (f"/show {A} {B} {C} at:2",)
)
THAT = Reference("17", own=True)
LINE = "/quote people who train need to not have pride"


@pytest.fixture(autouse=True)
def _afresh(request: pytest.FixtureRequest) -> None:
    """Let no test go on from what another asked of the core they share."""
    if "core" in request.fixturenames:
        request.getfixturevalue("core").begin_afresh()


def followed(text: str, before: Exchange | None, reference: Reference | None) -> Line | None:
    following = read_following(text, SPEAKERS)
    return follow_up(following, before, reference, COMMAND_LINES) if following else None


@pytest.mark.parametrize(
    ("key", "text"), [(row["key"], text) for row in TABLE["kind"] for text in row["examples"]], ids=str
)
def test_each_example_asks_for_its_kind(key: str, text: str) -> None:
    assert read_following(text, NAMES) == Following(key)


@pytest.mark.parametrize(("key", "text"), [(row["key"], text) for row in TABLE["kind"] for text in row["but"]], ids=str)
def test_what_only_looks_like_a_kind_is_none_of_it(key: str, text: str) -> None:
    assert read_following(text, NAMES) != Following(key)


@pytest.mark.parametrize("text", ["is this real?", "did she really say this", "you sure about this?", "is this legit"])
def test_what_is_pointed_at_is_to_be_checked(text: str) -> None:
    assert read_following(text, NAMES) == Following("check")


def test_each_example_of_a_rule_is_matched_and_no_other() -> None:
    import re  # noqa: PLC0415 - one flag

    for row in read_rows("bot.core", "follow_ups.toml", re.IGNORECASE):
        for text in row.examples:
            assert row.pattern.match(text), (row.key, text)
            assert read_following(text, NAMES), (row.key, text)
        for text in row.but:
            assert not row.pattern.match(text), (row.key, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("more", Line("show", f"{A} {B} {C}", (("at", "3"),))),
        ("ok next one pls", Line("show", f"{A} {B} {C}", (("at", "3"),))),
        ("previous", Line("detail", A, (("do", "first"),))),
        ("more context", Line("show", A, (("context", "2"),))),
        ("who said that?", Line("detail", D, (("do", "who"),))),
        ("wehn was that", Line("detail", D, (("do", "when"),))),
        ("source??", Line("detail", f"{A} {B}", (("do", "source"),))),
        ("shorter", Line("show", D)),
        ("in full", Line("show", f"{A} {B}")),
        ("only lex", Line("ask", "is he for remote work", (("episode", "383"), ("speaker", "Lex Fridman")))),
        ("and Lex?", Line("ask", "is he for remote work", (("episode", "383"), ("speaker", "Lex Fridman")))),
        ("what about hiring?", Line("ask", "what did they say about hiring", (("episode", "383"),))),
        ("and hiring?", Line("ask", "what did they say about hiring", (("episode", "383"),))),
        ("are you sure?", Line("detail", A, (("do", "sure"),))),
        ("is this real?", Line("detail", "", (("do", "check"),))),
        ("did lex say that?", Line("detail", A, (("do", "who"),))),
        ("Lex Fridman", None),
        ("people who train need to not have pride", None),
        ("what did he say about more context in schools", None),
        ("", None),
    ],
)
def test_a_short_message_goes_on_from_an_answer(text: str, line: Line | None) -> None:
    assert followed(text, BEFORE, None) == line


@pytest.mark.parametrize(
    ("before", "text", "line"),
    [
        (
            Exchange("/topic hiring", "/topic hiring", (A,), turns=("/topic hiring page:2",)),
            "next",
            "/topic hiring page:2",
        ),
        (Exchange("/topic hiring", "/topic hiring page:3", (A,)), "go back", "/topic hiring page:2"),
        (Exchange("/topic hiring", "/topic hiring page:2", (A,)), "go back", "/topic hiring"),
        (
            Exchange("/topic hiring", "/topic hiring", (A,)),
            "only lex",
            '/ask what did they say about hiring speaker:"Lex Fridman"',
        ),
        (Exchange("", f"/show {A} context:4", (B,)), "more context", f"/show {A} context:6"),
        (Exchange("", f"/show {A} {B} at:2", (B,), turns=(f"/show {A} {B} at:1",)), "more", f"/detail {B} do:last"),
        (Exchange("", f"/show {A} {B} at:2", (B,), turns=(f"/show {A} {B} at:1",)), "back", f"/show {A} {B} at:1"),
        (Exchange("/ask x", "/ask x", (A,), outcome=Outcome.NEAREST), "are you sure", f"/detail {A} do:unsure"),
        (Exchange("/verify x", "/verify x", (A,), outcome=Outcome.NEAREST), "why?", "/detail do:missed"),
        (Exchange("/quote x", "/quote x", outcome=Outcome.NONE), "really?", "/detail do:missed"),
        (Exchange("/episodes", "/episodes"), "more", "/detail do:last"),
        (
            Exchange("", "/highlight random:yes", (A,), turns=("/highlight random:yes",)),
            "another one",
            "/highlight random:yes",
        ),
        (Exchange("", "/highlight", (A,)), "another one", "/highlight random:yes"),
        (Exchange("", "/highlight speaker:Ada", (A,)), "another one", "/highlight random:yes speaker:Ada"),
        (Exchange("/ask x", "/ask x", (A,), A), "shorter", f"/detail {A} do:shortest"),
    ],
)
def test_what_it_asks_depends_on_the_answer(before: Exchange, text: str, line: str) -> None:
    assert followed(text, before, THAT) == parse_line(line)


@pytest.mark.parametrize("text", ["is this real?", "source?", "did he say this?", "fact check pls", "who said this?"])
def test_under_somebody_elses_message_its_words_are_checked_or_it_says_how(text: str) -> None:
    seen, withheld = Reference("5", text="we keep the bees in town"), Reference("5")

    assert followed(text, None, seen) == Line("verify", seen.text)
    assert followed(text, None, withheld) == Line("detail", "", (("do", "check"),))


def test_whom_a_check_names_is_who_is_to_have_said_it() -> None:
    seen = Reference("5", text="we keep the bees in town")

    line = followed("did lex say this?", None, seen)

    assert line == Line("verify", seen.text, (("speaker", "Lex Fridman"),))


@pytest.mark.parametrize("text", ["more", "source?", "in full", "who said that"])
async def test_with_nothing_to_go_on_one_line_says_how(core: Core, text: str) -> None:
    reply = await core.answer(Request(Channel("test", "nowhere"), Author("nobody"), text=text))

    assert (reply.text, reply.cards, reply.outcome) == (say("detail.lost"), (), Outcome.NONE)


def test_the_lines_of_a_message_say_what_it_shows() -> None:
    lines = (f"/show {A} context:2", f"/show {A} {B} {C} at:2", "/ask something else")

    assert read_buttons(lines, COMMAND_LINES) == Exchange(shown=(A,), turns=lines[:2])
    assert read_buttons(("/ask something else",), COMMAND_LINES) is None


HERE, THERE = Channel("test", "here", "t"), Channel("test", "there", "t")
ANN, BOB = Author("ann"), Author("bob")


async def test_a_follow_up_is_the_askers_own_in_that_channel(core: Core) -> None:
    await core.answer(Request(HERE, ANN, text=LINE))

    assert "Mark Zuckerberg" in (await core.answer(Request(HERE, ANN, text="who said that?"))).text
    assert (await core.answer(Request(HERE, BOB, text="who said that?"))).text == say("detail.lost")
    assert (await core.answer(Request(THERE, ANN, text="who said that?"))).text == say("detail.lost")


async def test_a_reply_goes_on_from_that_answer_and_no_later_one(core: Core) -> None:
    first = await core.answer(Request(HERE, ANN, text=LINE, id="1"))
    await core.answer(Request(HERE, BOB, text="/topic hiring", id="2"))

    told = await core.answer(
        Request(HERE, BOB, text="source?", reference=Reference("m1", own=True, answers="1"), id="3")
    )
    again = await core.answer(
        Request(HERE, ANN, text="when?", reference=Reference("m3", own=True, answers="3"), id="4")
    )

    quote = first.cards[0].quote
    assert quote
    assert (quote.citation.url or "none") in told.text
    assert (quote.citation.url or "none") in again.text


async def test_after_a_restart_the_buttons_of_a_message_say_enough(core: Core) -> None:
    first = await core.answer(Request(THERE, ANN, text=LINE))
    lines = tuple(button.line for button in first.buttons if button.line)

    told = await core.answer(Request(HERE, BOB, text="who said that?", reference=Reference("9", own=True, lines=lines)))

    assert "Mark Zuckerberg" in told.text


async def test_a_thread_goes_on_from_its_last_answer_whoever_asked(core: Core) -> None:
    thread = dataclasses.replace(HERE, thread="7")
    await core.answer(Request(thread, ANN, text=LINE))

    told = await core.answer(Request(thread, BOB, text="who said that?", reference=Reference("7", text="hello")))
    home = await core.answer(Request(HERE, ANN, text="link?"))

    assert "Mark Zuckerberg" in told.text
    assert "https://" in home.text


async def test_one_thing_of_an_answer_leaves_that_answer_to_go_on_from(core: Core) -> None:
    first = await core.answer(Request(HERE, ANN, text="/topic hiring"))
    await core.answer(Request(HERE, ANN, text="source?"))
    following = await core.answer(Request(HERE, ANN, text="more"))

    ids = {card.quote.id for card in first.cards if card.quote}
    assert following.cards
    assert not ids & {card.quote.id for card in following.cards if card.quote}


@pytest.mark.parametrize("between", [(), ("source?",)])
async def test_more_after_an_answer_shows_the_passage_that_its_button_does(
    core: Core, between: tuple[str, ...]
) -> None:
    asked = await core.answer(Request(HERE, ANN, text="why did he wear a mask at the tournament?"))
    for text in between:
        await core.answer(Request(HERE, ANN, text=text))
    more = await core.answer(Request(HERE, ANN, text="more"))

    button = next(each for each in asked.buttons if " at:" in each.line)
    assert more.cards == (await core.answer(Request(HERE, BOB, text=button.line))).cards


async def test_more_shows_each_passage_once_and_then_says_that_is_all(core: Core) -> None:
    shown = [await core.answer(Request(HERE, ANN, text="/quote quote of the day"))]
    while shown[-1].cards and len(shown) < 12:
        shown.append(await core.answer(Request(HERE, ANN, text="more")))

    ids = [card.quote.id for reply in shown for card in reply.cards if card.quote]
    assert len(shown) > 2
    assert len(ids) == len(set(ids))
    assert shown[-1].text == say("list.all")


async def test_an_answer_for_the_asker_alone_is_gone_on_from_for_the_asker_alone(core: Core) -> None:
    await core.answer(Request(HERE, ANN, text=LINE, id="1", private=True))

    mine = await core.answer(Request(HERE, ANN, text="who said that?"))
    yours = await core.answer(
        Request(HERE, BOB, text="who said that?", reference=Reference("m1", own=True, answers="1"))
    )

    assert "Mark Zuckerberg" in mine.text
    assert mine.private
    assert yours.text == say("detail.lost")


async def test_answers_are_forgotten_after_hours_and_when_there_are_too_many() -> None:
    now = [0.0]
    kept = Conversations(clock=lambda: now[0])
    first = Request(Channel("t", "first"), ANN)
    await kept.remember(first, BEFORE)
    assert await kept.recall(first, COMMAND_LINES) == BEFORE
    now[0] = KEPT + 1
    assert await kept.recall(first, COMMAND_LINES) is None

    requests = [Request(Channel("t", str(number)), ANN) for number in range(MOST_KEPT + 1)]
    for request in requests:
        await kept.remember(request, BEFORE)
    assert await kept.recall(requests[0], COMMAND_LINES) is None
    assert await kept.recall(requests[-1], COMMAND_LINES) == BEFORE


async def test_another_process_goes_on_from_what_one_answered(corpus: Corpus, search: Searcher, tmp_path: Path) -> None:
    stores = [open_store(f"sqlite:///{tmp_path}/v.db") for _ in range(2)]
    one, other = (Core(corpus, search, COMMANDS, store=store) for store in stores)
    await one.answer(Request(HERE, ANN, text=LINE, id="1"))

    told = await other.answer(
        Request(HERE, BOB, text="who said that?", reference=Reference("m", own=True, answers="1"))
    )

    assert "Mark Zuckerberg" in told.text
    for store in stores:
        store.close()


def test_an_answer_reads_back_from_json_and_nothing_else_does() -> None:
    assert Exchange.from_json(BEFORE.as_json()) == BEFORE
    assert Exchange.from_json({}) is None
    assert Exchange.from_json(BEFORE.as_json() | {"outcome": "who knows"}) is None


SAYS = ("more", "who said that?", "source?", "in full", "shorter", "more context", "and lex?", "why?", "are you sure?",
        "previous", "what about hiring?", "only mark", "where was that")  # fmt: skip
QUESTIONS = ("why does he train jiu-jitsu", "is he for remote work", "what does he say about layoffs")
ASKED = [
    *(f"/{command.name} {question}" for command in COMMANDS if command.reading for question in QUESTIONS),
    *(f"/{example.removeprefix('/')}" for command in COMMANDS for example in command.examples),
    "/settings preview",
    "/settings queue",
]


class Members(RuleBasedStateMachine):
    """Two members in two channels, who ask in public and in private, and go on from what they see."""

    make: Callable[[], Core]
    passage: Callable[[str], Passage | None]

    def __init__(self) -> None:
        super().__init__()
        self._core = self.make()
        self._loop = asyncio.new_event_loop()
        self._number = 0
        self._messages: list[tuple[Channel, Author, str, Reply, bool]] = []
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._private_words: set[str] = set()

    def teardown(self) -> None:
        self._loop.close()

    def _answer(
        self, channel: Channel, author: Author, text: str, reference: Reference | None, *, alone: bool
    ) -> Reply:
        self._number += 1
        asked = Request(channel, author, text=text, reference=reference, id=str(self._number), private=alone)
        reply = self._loop.run_until_complete(self._core.answer(asked))
        private = alone or reply.private
        self._messages.append((channel, author, asked.id, reply, private))
        names = {card.quote.id for card in reply.cards if card.quote} | _named(reply)
        for member in (ANN, BOB):
            if not private or member.id == author.id:
                self._seen.setdefault((member.id, channel.id), set()).update(names)
        return reply

    @rule(
        channel=st.sampled_from([HERE, THERE]),
        author=st.sampled_from([ANN, BOB]),
        text=st.sampled_from(ASKED),
        alone=st.booleans(),
        admin=st.booleans(),
    )
    def ask(self, channel: Channel, author: Author, text: str, *, alone: bool, admin: bool) -> None:
        marked = f"{text} qzx{author.id}{self._number}" if alone and text.startswith("/ask") else text
        if marked != text:
            self._private_words.add(marked.rpartition(" ")[2])
        self._answer(channel, Author(author.id, admin=admin), marked, None, alone=alone)

    @rule(
        channel=st.sampled_from([HERE, THERE]),
        author=st.sampled_from([ANN, BOB]),
        text=st.sampled_from(SAYS),
        at=st.integers(0, 30),
    )
    def go_on(self, channel: Channel, author: Author, text: str, at: int) -> None:
        """Reply to any message that stands there, also one that this member cannot see, or to none."""
        reference = None
        if at < len(self._messages):
            place, asker, name, reply, private = self._messages[at]
            lines = tuple(button.line for button in reply.buttons if button.line)
            seen = place == channel and (not private or asker.id == author.id)
            reference = Reference(f"m{name}", own=True, lines=lines if seen else (), answers=name)
        before = set(self._seen.get((author.id, channel.id), ()))
        reply = self._answer(channel, author, text, reference, alone=False)
        told = _named(reply)
        if reply.command == "detail":
            assert all(self._stands_in(name, before) for name in told), "a passage that this member never saw"
        if not reply.private:
            assert not any(word in reply.text for word in self._private_words)

    def _stands_in(self, name: str, seen: set[str]) -> bool:
        """Say whether a passage is one of those, or a part of one."""
        told = self.passage(name)
        around = [found for each in seen if (found := self.passage(each))]
        return told is not None and any(
            each.episode.id == told.episode.id and each.begin <= told.begin and told.end <= each.end for each in around
        )

    @invariant()
    def nothing_private_of_one_stands_in_what_others_see(self) -> None:
        for _, author, _, reply, private in self._messages[-1:]:
            shown = " ".join([reply.text, *(button.line for button in reply.buttons)])
            for word in self._private_words:
                assert word not in shown or (private and word.startswith(f"qzx{author.id}"))


def _named(reply: Reply) -> set[str]:
    """Return the passages that a reply names behind its buttons."""
    lines = [parse_line(button.line) for button in reply.buttons if button.line]
    return {each for line in lines if line.name == COMMAND_LINES.line(Use.PASSAGE).name for each in line.words.split()}


def test_nothing_private_of_a_member_surfaces_through_another(corpus: Corpus, search: Searcher) -> None:
    Members.passage = lambda _self, name: corpus.passage(name)  # type: ignore[assignment,misc]
    Members.make = lambda _self: Core(corpus, search, COMMANDS)  # type: ignore[assignment,misc]
    run_state_machine_as_test(
        Members,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
