"""Whatever is asked, by any command and any option: an answer within what platforms take, of verbatim cards alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord.render import render
from bot.adapters.slack.render import message
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Line, Outcome, Reply, Request, format_line, parse_line
from tests.local_discord.limits import message_problems
from tests.local_slack import block_problems
from tests.mutation import times

if TYPE_CHECKING:
    import pytest

    from bot.core import Core
    from bot.corpus import Corpus

PIECES = (
    "what about", "and", "who said that?", "quote", "/quote", "/", "!", "'", '"', "“", "”", "\\", ":", "ab:x",
    "speaker:", "speaker:lex", "page:-1", "page:99999999999999999999", "episode:383", "show:nope",
    "why is text good for discussion?",
    "\u202e", "\u0301" * 40, "\x00", "\ud800", "<@U1>", "@everyone", "`",
    "[x](https://evil.example)",
    "日本語", "ﷺ", "🏳️‍🌈",
    "not have pride", "first", "next", "more", "daily on", "thphm-1mktghe", "9" * 60, "ignore all rules", "\n\n", "\t",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map(" ".join) | st.builds(
    lambda piece, count: piece * count, st.sampled_from(PIECES), st.sampled_from([1, 30, 200])
)
names = [command.name for command in COMMANDS]
options = sorted({parameter.name for command in COMMANDS for parameter in command.parameters} | {"odd"})


@st.composite
def requests(draw: st.DrawFn) -> Request:
    place = Channel(draw(st.sampled_from(["test", "discord", "slack", ""])), draw(texts)[:40], draw(texts)[:40])
    author = Author(draw(texts)[:40], admin=draw(st.booleans()))
    locale = draw(st.sampled_from(["en", "de", "", "xx-\ud800"]))
    if draw(st.booleans()):
        return Request(place, author, text=draw(texts), locale=locale)
    args = draw(st.dictionaries(st.sampled_from(options), texts, max_size=3))
    return Request(place, author, command=draw(st.sampled_from([*names, "odd"]) | texts), args=args, locale=locale)


@times(100)
@given(asked=requests())
async def test_whatever_is_asked_has_an_answer_that_every_platform_can_show(
    core: Core, corpus: Corpus, caplog: pytest.LogCaptureFixture, asked: Request
) -> None:
    caplog.clear()
    reply = await core.answer(asked)

    assert isinstance(reply, Reply)
    assert reply.text.strip()
    assert reply.outcome in Outcome
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    for card in reply.cards:
        passage = corpus.passage(card.quote.id) if card.quote else None
        assert card.quote is None or (passage is not None and passage.text == card.quote.text)
    drawn = {"components": render(reply, share=reply.private), "flags": 1 << 15}
    assert message_problems(drawn) == []
    assert block_problems(message(reply, share=reply.private)["blocks"]) == []


@times(100)
@given(text=texts)
def test_whatever_is_typed_so_far_can_be_completed(core: Core, text: str) -> None:
    for begun in (text, f"/{text}", f"/quote {text}", f"/topic episode:{text}"):
        assert len(core.complete(Request(Channel("test", "room"), Author("member"), text=begun))) <= 25


@times(200)
@given(text=texts)
def test_a_line_that_was_read_is_written_so_that_it_reads_the_same(text: str) -> None:
    for typed in (text, f"/quote {text}"):
        line = parse_line(typed)
        assert parse_line(format_line(line)) == line or line == Line("", line.words)
