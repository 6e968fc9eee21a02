"""A command is declared once; what a platform would refuse later is refused at once, with the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pytest

from bot.commands import COMMANDS, Command, Context, Param, command
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.corpus import Corpus
from bot.errors import UserError
from bot.search import Searcher
from bot.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


@command("Try every type")
async def sample(
    ctx: Context,
    words: Annotated[str, Param("Words")],
    count: Annotated[int, Param("A number")] = 1,
    loud: Annotated[bool | None, Param("Yes or no")] = None,
    kind: Annotated[str, Param("One of two", choices=("a", "b"))] = "a",
) -> Reply:
    return Reply(f"{words} {count} {loud} {kind} {ctx}", Outcome.FOUND)


def test_a_declaration_knows_its_types_and_which_parameter_takes_free_words() -> None:
    assert [(p.name, p.type, p.required, p.free) for p in sample.parameters] == [
        ("words", str, True, True),
        ("count", int, False, False),
        ("loud", bool, False, False),
        ("kind", str, False, False),
    ]
    assert sample.usage == "/sample words… [count:] [loud:] [kind:]"


def test_typed_texts_become_typed_arguments() -> None:
    given = {"words": "a b", "count": "3", "loud": "Yes", "kind": "b"}

    assert {"words": "a b", "count": 3, "loud": True, "kind": "b"} == sample.arguments(given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "needs words"),
        ({"words": " "}, "needs words"),
        ({"words": "a", "count": "three"}, "takes a whole number, not “three”"),
        ({"words": "a", "loud": "perhaps"}, "can be yes or no"),
        ({"words": "a", "kind": "c"}, "can be a or b, not “c”"),
        ({"words": "a", "knid": "a"}, "has no option “knid:”. It takes count:, loud:, kind:"),
        ({"words": "a" * 2001}, "That's 2,001 characters; I can take 2,000"),
    ],
)
def test_bad_arguments_are_explained_to_the_member(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        sample.arguments(given)


def test_a_parameter_without_a_description_is_a_type_error() -> None:
    async def bare(ctx: Context, words: str) -> Reply:
        return Reply(f"{words}{ctx}", Outcome.FOUND)

    with pytest.raises(TypeError, match="parameter words needs a description"):
        command("Something")(bare)


@pytest.mark.parametrize(
    ("name", "description", "rule"),
    [
        ("Upper", "Fine", "a name is 1-32 of a-z, 0-9 and -"),
        ("x" * 33, "Fine", "a name is 1-32 of a-z, 0-9 and -"),
        ("fine", "", "a description has 1-100 characters"),
        ("fine", "x" * 101, "a description has 1-100 characters"),
    ],
)
def test_a_declaration_some_platform_would_refuse_is_refused_with_the_rule(
    name: str, description: str, rule: str
) -> None:
    async def empty(ctx: Context) -> Reply:
        return Reply(str(ctx), Outcome.FOUND)

    with pytest.raises(ValueError, match=rule):
        command(description, name=name)(empty)


def test_too_many_choices_are_refused() -> None:
    async def chosen(
        ctx: Context, kind: Annotated[str, Param("One of many", choices=(*"abcdefghijklmnopqrstuvwxyz",))]
    ) -> Reply:
        return Reply(f"{kind}{ctx}", Outcome.FOUND)

    with pytest.raises(ValueError, match="kind has at most 25 choices"):
        command("Choose")(chosen)


@pytest.mark.parametrize("known", COMMANDS, ids=lambda known: known.name)
async def test_every_example_of_every_command_is_answered(
    known: Command, corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    assert known.examples
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    core = Core(corpus, search, COMMANDS, store=store)

    for example in known.examples:
        author = Author("member", admin=known.admin)
        reply = await core.answer(Request(Channel("test", "room"), author, text=f"/{example}"))

        assert reply.outcome is Outcome.FOUND, reply.text
    store.close()
