"""Help says three things that one can just say, and they work on the show that is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import open_searcher, remembered_words

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Corpus
    from tests.conftest import Ask

LONGEST_HELP = 600


def examples(text: str) -> dict[str, str]:
    """Return what help gives as examples, by what they are."""
    lines = (line.split(": ", 1) for line in text.splitlines() if ": " in line)
    kinds = ("A question", "A line you half remember", "A topic")
    return {line[0]: line[1] for line in lines if line[0] in kinds}


@pytest.mark.parametrize("show", ["ask", "ask_shows"])
async def test_three_things_to_say_are_found_on_the_shows_that_are_loaded(
    show: str, request: pytest.FixtureRequest
) -> None:
    ask: Ask = request.getfixturevalue(show)
    reply = await ask("/help")
    given = examples(reply.text)

    assert len(given) == 3
    assert len(reply.text) <= LONGEST_HELP
    assert (await ask(f"/ask {given['A question']}")).outcome is Outcome.FOUND
    assert (await ask(f"/quote {given['A line you half remember']}")).outcome is Outcome.FOUND
    assert (await ask(f"/topic {given['A topic']}")).outcome is Outcome.FOUND


async def test_the_rest_is_behind_buttons_and_stands_in_the_text(ask: Ask) -> None:
    reply = await ask("/help")

    assert [button.line for button in reply.buttons] == ["/help all", "/episodes", "/about"]
    for button in reply.buttons:
        assert button.line in reply.text
        assert (await ask(button.line)).outcome is Outcome.FOUND


async def test_in_a_server_it_says_that_the_bot_wants_to_be_mentioned(core: Core) -> None:
    there = await core.answer(Request(Channel("test", "room", "tenant"), Author("member"), text="/help"))
    direct = await core.answer(Request(Channel("test", "room"), Author("member"), text="/help"))

    assert "mention me" in there.text
    assert "mention me" not in direct.text


async def test_all_commands_are_listed_and_those_of_admins_to_admins_alone(ask: Ask) -> None:
    member, admin = await ask("/help all"), await ask("/help all", admin=True)

    for known in COMMANDS:
        line = f"/{known.name}  {known.description}"
        assert (line in member.text.splitlines()) == (not known.hidden and not known.admin)
        assert (line in admin.text.splitlines()) == (not known.hidden)


async def test_a_show_without_speakers_or_chapters_has_help_too(tmp_path: Path) -> None:
    folder = tmp_path / "content" / "plain" / "1-first"
    folder.mkdir(parents=True)
    (folder.parent / "show.toml").write_text('title = "Plain"\nrights = "Ours."\n', "utf-8")
    (folder / "source.txt").write_text("We met on the frozen island. Nobody believed it.", "utf-8")
    corpus = open_corpus(tmp_path / "content")
    search = open_searcher(corpus, None, pytest.fail)
    reply = await Core(corpus, search, COMMANDS).answer(
        Request(Channel("test", "room"), Author("member"), text="/help")
    )

    assert reply.outcome is Outcome.FOUND
    assert "what was said on Plain" in reply.text
    assert "/help all" in reply.text
    search.close()


def test_a_remembered_line_begins_the_most_telling_clause(corpus: Corpus) -> None:
    episode = corpus.episode(0)

    for first in range(0, len(episode.sentences), 50):
        passage = episode.passage(first, first)
        words = remembered_words(passage, lambda line: float(len(line)))
        assert " ".join(words.split()) in " ".join(passage.text.split())
        assert len(words.split()) <= 9
