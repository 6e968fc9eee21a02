"""Messages in other languages are known by their words; English ones that only look foreign are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMAND_LINES
from bot.contract import Use
from bot.language import OTHER, foreign_language, read_table
from bot.policy.texts import say
from tests.conftest import Ask

TABLE = read_table("bot.language", "tongues.toml")
EXAMPLES = [(language, text) for language, texts in TABLE["examples"].items() for text in texts]


@pytest.mark.parametrize(("language", "text"), EXAMPLES)
def test_a_message_is_known_by_its_words(language: str, text: str) -> None:
    assert foreign_language(text) == language


@pytest.mark.parametrize("text", TABLE["but"]["english"])
def test_english_with_foreign_names_and_quotes_is_english(text: str) -> None:
    assert foreign_language(text) is None


@pytest.mark.parametrize("text", ["привет, о чём это?", "これは何ですか", "ما هذا"])
def test_another_script_is_another_language(text: str) -> None:
    assert foreign_language(text) == OTHER


@given(st.text(max_size=4_000))
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert foreign_language(text) in {None, OTHER, *TABLE["words"]}


@pytest.mark.parametrize("language", TABLE["examples"])
async def test_a_message_in_another_language_gets_one_line_in_it(ask: Ask, language: str) -> None:
    reply = await ask(TABLE["examples"][language][0])

    assert reply.command == COMMAND_LINES.line(Use.TALK).name
    assert reply.text == say("talk.language-1", language)
    assert reply.text != say("talk.language-1")
