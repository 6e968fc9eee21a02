"""Every sentence for people stands in `bot/policy/texts`, is used, and is given exactly its blanks."""

from __future__ import annotations

import ast
import re
import string
import tomllib
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from bot.policy.texts import ENGLISH, languages, listed, say
from bot.settings import ROOT
from tests.literals import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = ROOT / "bot/policy/texts"
MODULES = [path for path in sorted((ROOT / "bot").rglob("*.py")) if path != TEXTS / "__init__.py"]

EXCEPTIONS = {
    "adapters/discord/acknowledge.py": (r"it came too late", "a reason for the log"),
    "adapters/discord/events.py": (r"Attempting .*|Failed to", "what discord.py logs"),
    "adapters/discord/ready.py": (r"to .*", "declared permissions, and why each is asked for"),
    "adapters/slack/answer.py": (r"not installed|it broke", "reasons for the log"),
    "adapters/slack/(dispatch|socket_mode).py": (
        r"(a payload|an e|what|no type|nothing of).*",
        "parts of lines for the log",
    ),
    "adapters/slack/(inbound|views).py": (r"daily (on|off)", "values of do:"),
    "adapters/slack/manifest.py": (r"(?s:# Generated.*)", "a comment in a file"),
    "intake/inbox.py": (r"record an? \w+", "parts of lines for the log"),
    "adapters/console/draw.py": (r"bold yellow", "a style"),
    "commands/declaration.py": (r"[a-z{].*", "rules for those who declare commands, raised at import"),
    "commands/privacy.py": (r"delete server( now)?", "values of do:, which people type as they are"),
    "commands/settings.py": (
        r"(daily|episodes) (on|off)|post now|skip today",
        "values of do:, which people type as they are",
    ),
    "contract/schedule.py": (r"every day", "what people type for days"),
    "core/routing/(kinds|reading).py": (
        r"(\{\})? ?this episode ?(\{\})?|how to ",
        "what stands for the episode that a message names, and how a message begins",
    ),
    "core/follow_up.py": (r"what did they say about .*", "the question that a short message stands for"),
    "corpus/formats/": (
        r"[a-z0-9'\s]+|timed JSON|Extra data|Transcript: |\[Script Info\]",
        "names of formats, which readers declare, and what is looked for in files",
    ),
    "health/exposition.py": (r"[A-Z1].*\.", "what Prometheus is told of each metric"),
    "health/server.py": (r"health port", "a part of lines for the log"),
    "highlights/features.py": (r"few words", "the name of a count"),
    "language/": (r"[a-z'\s]+", "words that are looked for"),
    "search/": (r"[a-z0-9'\s]+", "names of features, words that are looked for"),
    "search/index/models.py": (r"Represent this sentence .*", "what a model is told"),
    "search/model/": (
        r"(You|The next|Reply) .*|Bearer .*|[a-z{].*|HTTP .*",
        "what a model is told, and reasons for the log",
    ),
    "store/database.py": (r"startup parameter|not a database", "what databases say"),
}
"""By module or room, the literals that read like English and are no sentence of the bot, and what they are."""


class Use(NamedTuple):
    """One call of `say`: its keys as a pattern, and the blanks it fills; None for blanks that are passed through."""

    where: str
    keys: re.Pattern[str]
    blanks: frozenset[str] | None


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "bot").as_posix()


def texts(language: str) -> dict[str, dict[str, str]]:
    """Return each text of a language as its forms; one that does not count has a single form."""
    found = {}
    for path in sorted((TEXTS / language).glob("*.toml")):
        for name, text in tomllib.loads(path.read_text("utf-8")).items():
            found[f"{path.stem}.{name}"] = text if isinstance(text, dict) else {"": text}
    return found


def blanks(text: str) -> set[str]:
    """Return the names in braces."""
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def filled(forms: dict[str, str]) -> set[str]:
    """Return what must be given for a text: the blanks of all its forms, and the count that chooses one."""
    return set().union(*map(blanks, forms.values())) | ({"count"} if "other" in forms else set())


def uses() -> Iterator[Use]:
    for path in MODULES:
        code = path.read_text("utf-8")
        for node in ast.walk(ast.parse(code)) if "from bot.policy.texts import" in code else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                given = {keyword.arg for keyword in node.keywords if keyword.arg not in {None, "language"}}
                passed_on = any(keyword.arg is None for keyword in node.keywords)
                keys = "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w-]+"
                    for part in (node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]])
                )
                where = f"{name_of(path)}:{node.lineno}"
                yield Use(where, re.compile(keys), None if passed_on else frozenset(map(str, given)))


ENGLISH_TEXTS = texts(ENGLISH)
USES = [*uses(), Use("listed", re.compile(r"list\.(and|or)"), frozenset({"names", "last"}))]


def test_every_text_is_used() -> None:
    assert [key for key in ENGLISH_TEXTS if not any(use.keys.fullmatch(key) for use in USES)] == []


def test_what_is_said_has_a_text_and_gives_exactly_its_blanks() -> None:
    for use in USES:
        found = [filled(forms) for key, forms in ENGLISH_TEXTS.items() if use.keys.fullmatch(key)]

        assert found, f"{use.where} says {use.keys.pattern}, which has no text"
        assert use.blanks in {None, frozenset().union(*found)}, f"{use.where} does not fill {use.keys.pattern}"


def test_no_sentence_stands_in_two_rooms() -> None:
    rooms: dict[str, set[str]] = {}
    for key, forms in ENGLISH_TEXTS.items():
        for text in forms.values():
            rooms.setdefault(text, set()).add(key.partition(".")[0])

    assert {text: where for text, where in rooms.items() if " " in text and len(where) > 1} == {}


def test_a_text_that_counts_has_a_form_for_one_and_for_others() -> None:
    for key, forms in ENGLISH_TEXTS.items():
        assert set(forms) == {""} or {"one", "other"} <= set(forms) <= {"none", "one", "other"}, key


@pytest.mark.parametrize(
    ("count", "sentence"),
    [(0, "no votes"), (1, "1 vote"), (2, "2 votes"), (1200, "1,200 votes")],
)
def test_a_number_chooses_the_form_of_a_text(count: int, sentence: str) -> None:
    assert say("privacy.votes", count=count) == sentence


def test_where_zero_has_no_form_of_its_own_it_reads_as_many() -> None:
    assert say("episodes.count", count=0) == "0 episodes"


@pytest.mark.parametrize(
    ("names", "sentence"), [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")]
)
def test_names_are_listed_in_words(names: tuple[str, ...], sentence: str) -> None:
    assert listed(names) == sentence


@pytest.mark.parametrize("language", languages())
def test_a_language_has_no_text_or_blank_that_english_lacks(language: str) -> None:
    for key, forms in texts(language).items():
        assert key in ENGLISH_TEXTS, key
        assert filled(forms) <= filled(ENGLISH_TEXTS[key]), key


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("language", languages())
def test_a_text_that_a_language_lacks_is_said_in_english(language: str) -> None:
    lacking = sorted(set(ENGLISH_TEXTS) - set(texts(language)))
    if lacking:
        some = ", ".join(lacking[:5])
        warnings.warn(f"{language} lacks {len(lacking)} of {len(ENGLISH_TEXTS)} texts: {some} …", stacklevel=1)

    for key in lacking:
        given: dict[str, Any] = dict.fromkeys(filled(ENGLISH_TEXTS[key]), 7)
        assert say(key, language, **given) == say(key, **given)


def test_no_sentence_for_people_stands_in_code() -> None:
    found = [f"{name_of(path)}:{line}" for path in MODULES for line in sentences(path.read_text("utf-8"))]
    known = [rf"{where}.*:\d+: ({literals})\s*" for where, (literals, _) in EXCEPTIONS.items()]

    assert [each for each in found if not any(re.fullmatch(row, each) for row in known)] == []


@pytest.mark.parametrize(
    "code",
    [
        'raise UserError("Nothing here")',
        'reply = Reply("Nothing")',
        'card = Card(Role.INFO, title="Also")',
        'Button(f"Open {name}", line)',
        'lead = f"{place} has no chapters"',
        "lead = f\"{name or 'not a name'}: {count}\"",
        'STATES = {"held": "being looked for"}',
    ],
)
def test_a_sentence_in_code_is_found(code: str) -> None:
    assert len(sentences(code)) >= 1


@pytest.mark.parametrize(
    "code",
    [
        '"""What a module is for."""',
        '_log.warning("the database failed: %s", error)',
        'PATTERN = r"who said (?:that|this)"',
        'WORDS = "the and or but".split()',
        'db.execute("SELECT name FROM sqlite_master")',
        'line = f"/show {passage} context:2"',
        'def f():\n    message = f"a name is {longest} long"\n    raise TypeError(message)',
        'lead = say("quote.none", where="over there")',
        '@command("Find who said a line", examples=("quote not have pride",))\ndef quote(): ...',
    ],
)
def test_what_people_do_not_read_is_no_sentence(code: str) -> None:
    assert sentences(code) == []


def test_an_exception_is_one_of_a_literal_that_is_there() -> None:
    found = [f"{name_of(path)}:{line}" for path in MODULES for line in sentences(path.read_text("utf-8"))]

    for where, (literals, _) in EXCEPTIONS.items():
        assert any(re.fullmatch(rf"{where}.*:\d+: ({literals})\s*", each) for each in found), where


def test_the_texts_stand_on_nothing_of_the_bot() -> None:
    read = ast.parse((TEXTS / "__init__.py").read_text("utf-8"))
    names = [node.module or "" for node in ast.walk(read) if isinstance(node, ast.ImportFrom)]
    names += [name.name for node in ast.walk(read) if isinstance(node, ast.Import) for name in node.names]

    assert not any(name.startswith("bot") for name in names)
    assert ast.unparse(ast.parse((TEXTS.parent / "__init__.py").read_text("utf-8"))).count("\n") == 0
