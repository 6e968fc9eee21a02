"""A reply keeps to the size of a chat: over what is asked of three shows, by kind."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

import pytest

from benchmarks.shows import open_library
from bot.adapters.discord.render import ACTION_ROW, render
from bot.adapters.slack.render import message
from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import (
    ANSWER,
    NO,
    QUOTE,
    UNSURE,
    VERDICT,
    Author,
    Channel,
    Outcome,
    Reply,
    Request,
    Role,
    more_context,
    parse_line,
    plain,
)
from bot.core import Core
from bot.search import Searcher
from bot.search.excerpt import LONGEST_EXCERPT, best_part
from bot.settings import ROOT
from tests.conftest import Ask

if TYPE_CHECKING:
    from bot.contract import Card
    from bot.search import Embeddings

INVENTED = {"salt-and-small-change", "the-long-throw"}
SAMPLE = 14
"""Every how manieth line of a set is asked here; `benchmarks.chat` asks all of them."""

LIMITS = {
    ("ask", Outcome.FOUND): (ANSWER, 2 * ANSWER),
    ("ask", Outcome.NEAREST): (UNSURE, UNSURE),
    ("ask", Outcome.DECLINED): (NO, NO),
    ("quote", Outcome.FOUND): (QUOTE, QUOTE),
    ("quote", Outcome.NEAREST): (UNSURE, UNSURE),
    ("quote", Outcome.NONE): (NO, NO),
    ("verify", Outcome.FOUND): (VERDICT, 2 * VERDICT),
    ("verify", Outcome.NEAREST): (VERDICT, VERDICT),
    ("verify", Outcome.NONE): (NO, NO),
}
"""Characters of a reply by command and outcome: the median and the 95th percentile are at most these."""


def _rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (ROOT / f"tests/sets/{name}.jsonl").read_text("utf-8").splitlines()]


ASKED = [
    (command, argument, row["query"])
    for name, command, argument in (
        ("questions", "ask", "question"),
        ("unanswerable", "ask", "question"),
        ("quotes", "quote", "words"),
        ("quotes", "verify", "claim"),
        ("claims", "verify", "claim"),
        ("claims", "quote", "words"),
    )
    for row in _rows(name)[::SAMPLE]
]
ASKED_INVENTED = [
    (command, argument, row["query"])
    for name, command, argument in (
        ("fresh_questions", "ask", "question"),
        ("fresh_unanswerable", "ask", "question"),
        ("fresh_lines", "quote", "words"),
        ("fresh_lines", "verify", "claim"),
    )
    for row in [row for row in _rows(name) if row["show"] in INVENTED][:: SAMPLE // 4]
]


SHOWS_ASKED = [
    row["show"]
    for name in ("fresh_questions", "fresh_unanswerable", "fresh_lines", "fresh_lines")
    for row in [row for row in _rows(name) if row["show"] in INVENTED][:: SAMPLE // 4]
]
"""The show that each of those is asked of."""


async def _ask(core: Core, asked: list[tuple[str, str, str]]) -> list[Reply]:
    here, somebody = Channel("test", "room"), Author("member")
    return [
        await core.answer(Request(here, somebody, command=command, args={argument: words}))
        for command, argument, words in asked
    ]


@pytest.fixture(scope="module")
def replies(core: Core, shows_core: Core) -> list[Reply]:
    return [*asyncio.run(_ask(core, ASKED)), *asyncio.run(_ask(shows_core, ASKED_INVENTED))]


@pytest.fixture(scope="module")
def by_meaning() -> list[Reply]:
    """Ask three shows by meaning too, where the models and what they make of the shows are at hand."""
    return asyncio.run(_ask_by_meaning())


def _give(embeddings: Embeddings, _: object) -> Embeddings:
    return embeddings


async def _ask_by_meaning() -> list[Reply]:
    found: list[Reply] = []
    for name in ("shipped", *sorted(INVENTED)):
        if not (ROOT / ("data" if name == "shipped" else f"data/measured/{name}/data") / "vectors").is_dir():
            continue
        library = open_library(name)
        embeddings = library.embeddings if library else None
        if library is None or embeddings is None:
            continue
        searcher = Searcher(library.corpus, library.index, partial(_give, embeddings))
        searcher.warm()
        asked = (
            ASKED[::2]
            if name == "shipped"
            else [row for row, show in zip(ASKED_INVENTED, SHOWS_ASKED, strict=True) if show == name]
        )
        found += await _ask(Core(library.corpus, searcher, COMMANDS), asked)
        searcher.close()
    return found


def _shown(card: Card) -> str:
    """Return the words of a card that a member sees."""
    assert card.quote
    if card.line:
        return plain(card.quote.line_spans(*card.line)).strip("…")
    return " ".join(plain(spans).strip("…") for _, spans in card.quote.turns_spans(card.part))


def test_replies_of_a_kind_keep_to_its_length(replies: list[Reply]) -> None:
    lengths = _lengths(replies)

    assert set(LIMITS) <= {*lengths, ("quote", Outcome.NONE)}
    _keep_to_limits(lengths)


def test_so_they_do_where_meaning_counts_too(by_meaning: list[Reply]) -> None:
    if not by_meaning:
        pytest.skip("no models, or no vectors of these shows, on this machine")

    _keep_to_limits(_lengths(by_meaning))


def test_an_answer_shows_whole_sentences_in_the_room_of_one(replies: list[Reply], by_meaning: list[Reply]) -> None:
    for reply in (*replies, *by_meaning):
        if reply.command == "ask" and reply.outcome in {Outcome.FOUND, Outcome.NEAREST}:
            last = [said for _, said in _turns(reply.cards[0])]

            assert sum(map(len, last)) <= LONGEST_EXCERPT + len("……")
            assert not last[-1].rstrip().endswith((",", ";", ":", "\u2014"))


def _turns(card: Card) -> list[tuple[str | None, str]]:
    """Return who says what of a card."""
    assert card.quote
    return [(name, plain(spans)) for name, spans in card.quote.turns_spans(card.part)]


def _lengths(replies: list[Reply]) -> dict[tuple[str, Outcome], list[int]]:
    """Return the characters of replies by their kind."""
    lengths: dict[tuple[str, Outcome], list[int]] = defaultdict(list)
    for reply in replies:
        lengths[reply.command, reply.outcome].append(len(reply.text))
    return lengths


def _keep_to_limits(lengths: dict[tuple[str, Outcome], list[int]]) -> None:
    """Fail where the replies of a kind are longer than they may be."""
    for kind, (median, most) in LIMITS.items():
        found = sorted(lengths[kind]) or [0]
        assert found[len(found) // 2] <= median, kind
        assert found[int(0.95 * (len(found) - 1))] <= most, kind


def test_nothing_stands_twice_in_a_reply(replies: list[Reply]) -> None:
    for reply in replies:
        shown = [_shown(card) for card in reply.cards if card.quote]

        assert not [one for at, one in enumerate(shown) for other in shown[:at] if one in other or other in one]


def test_every_passage_has_its_own_link_where_its_edition_has_one(replies: list[Reply]) -> None:
    for reply in replies:
        for card in reply.cards:
            if card.quote and card.quote.citation.url:
                assert card.quote.citation.url in reply.text
                assert card.quote.id not in reply.text


def test_what_may_not_answer_shows_one_passage_and_a_step_that_is_not_the_same_question(replies: list[Reply]) -> None:
    for reply, (_, _, words) in zip(replies, [*ASKED, *ASKED_INVENTED], strict=True):
        if reply.outcome in {Outcome.NEAREST, Outcome.NONE, Outcome.DECLINED}:
            assert sum(card.quote is not None for card in reply.cards) <= 1
            assert reply.buttons
            assert f"/{reply.command} {words}" not in [button.line for button in reply.buttons]


def test_an_answer_begins_with_its_quote_and_others_take_a_line_each(replies: list[Reply]) -> None:
    for reply in replies:
        if (reply.command, reply.outcome) == ("ask", Outcome.FOUND):
            first, *others = reply.cards
            assert reply.text.startswith("“")
            assert first.role is Role.MATCH
            assert len(others) <= 2
            assert all(card.line and "\n" not in _shown(card) for card in others)
            assert all(
                ((card.quote and card.quote.score) or 0) >= 0.3 * ((first.quote and first.quote.score) or 1)
                for card in others
            )


def test_what_is_on_screen_is_not_behind_next(replies: list[Reply]) -> None:
    for reply in replies:
        following = [int(found[1]) for button in reply.buttons if (found := re.search(r" at:(\d+)$", button.line))]

        assert not following or following == [len(reply.cards) + 1]


def test_a_message_has_one_row_of_at_most_five_buttons(replies: list[Reply]) -> None:
    for reply in replies:
        (container,) = render(reply, share=reply.private)
        rows = [part["components"] for part in container["components"] if part["type"] == ACTION_ROW]
        actions = [
            block["elements"] for block in message(reply, share=reply.private)["blocks"] if block["type"] == "actions"
        ]

        assert [len(row) <= 5 for row in (*rows, *actions)] == [True] * len([*rows, *actions])
        assert len(rows) <= 1 >= len(actions)


def test_a_command_that_found_nothing_sure_is_answered_in_private_with_a_way_to_share_it(replies: list[Reply]) -> None:
    for reply in replies:
        doubtful = reply.outcome in {Outcome.NEAREST, Outcome.NONE, Outcome.DECLINED}

        assert reply.private is (doubtful or reply.outcome is Outcome.ERROR)
        assert bool(reply.share) is (reply.outcome in {Outcome.NEAREST, Outcome.NONE})


async def test_a_no_offers_a_field_to_ask_another_way_in(ask: Ask) -> None:
    reply = await ask("/ask what is the weather in Paris tomorrow")

    assert [(button.label, button.line, button.field) for button in reply.buttons] == [
        ("Ask another way", "/ask", "Your question")
    ]


async def test_the_following_passages_of_an_answer_are_as_short_as_the_first(ask: Ask) -> None:
    reply = await ask("/ask why does he train jiu-jitsu")
    while following := [button.line for button in reply.buttons if button.label.startswith("Next")]:
        reply = await ask(following[0])
        (card,) = reply.cards

        assert len(_shown(card)) <= LONGEST_EXCERPT


async def test_the_last_passage_says_that_it_is_the_last(ask: Ask) -> None:
    found = await ask("/quote people who train need to not have pride")
    ids = next(button.line for button in found.buttons if button.label.startswith("Next")).rpartition(" at:")[0]
    count = len(ids.split()) - 1

    assert (await ask(f"{ids} at:{count}")).aside == "That's all of them."
    assert (await ask(f"{ids} at:{count - 1}")).aside == ""
    assert (await ask(f"{ids} at:{count + 1}")).text == "That's all of them."


def test_more_context_edits_the_message_in_place() -> None:
    by_name = {command.name: command for command in COMMANDS}
    line = parse_line(more_context(COMMAND_LINES, "a-1", 0).line)

    assert by_name[line.name].turns(line)


@pytest.mark.parametrize(
    ("text", "marked", "most", "shown"),
    [
        ("We met in May, and it rained, because it always does.", "rained", 16, "and it rained"),
        ("We met in May, and it rained.", "", 60, "We met in May, and it rained."),
        ("One two three four five six seven eight nine ten", "seven eight", 24, "six seven eight nine ten"),
    ],
)
def test_of_a_long_sentence_the_clauses_with_what_is_marked_are_shown(
    text: str, marked: str, most: int, shown: str
) -> None:
    at = text.index(marked)
    begin, end = best_part(text, 0, len(text), ((at, at + len(marked)),) if marked else (), most)

    assert text[begin:end] == shown
