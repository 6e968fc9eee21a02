"""Every sentence for people stands in `bot/policy/texts`, is used, and is given exactly its blanks."""

from __future__ import annotations

import ast
import itertools
import re
import string
import tomllib
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from bot.policy.texts import ENGLISH, languages, listed, say
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = ROOT / "bot/policy/texts"
MODULES = [path for path in sorted((ROOT / "bot").rglob("*.py")) if path != TEXTS / "__init__.py"]

EXCEPTIONS = {
    "adapters/console/draw.py": (r"bold yellow", "a style"),
    "commands/declaration.py": (r"[a-z{].*", "rules for those who declare commands, raised at import"),
    "commands/settings.py": (r"daily (on|off)|post now|skip today", "values of do:, which people type as they are"),
    "contract/schedule.py": (r"every day", "what people type for days"),
    "core/conversation.py": (r"what did they say about .*", "the question that a short message stands for"),
    "corpus/formats/": (
        r"[a-z0-9'\s]+|word-level JSON|Whisper JSON|\[Script Info\]",
        "names of formats, which readers declare, and what is looked for in files",
    ),
    "highlights/": (r"[a-z0-9'\s-]+", "words that are looked for"),
    "language/": (r"[a-z'\s]+", "words that are looked for"),
    "search/": (r"[a-z0-9'\s]+", "names of features, words that are looked for"),
    "search/index/models.py": (r"Represent this sentence .*", "what a model is told"),
    "search/reranker.py": (
        r"You choose .*|Bearer .*|[a-z{].*|HTTP .*",
        "what a model is told, and reasons for the log",
    ),
    "search/searcher.py": (r"Callable.*", "a type"),
    "store/database.py": (r"startup parameter|not a database", "what databases say"),
}
"""By module or room, the literals that read like English and are no sentence of the bot, and what they are."""


class Use(NamedTuple):
    """One call of `say`: its keys as a pattern, and the blanks it fills; None for blanks that are passed through."""

    where: str
    keys: re.Pattern[str]
    blanks: set[str] | None


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
                yield Use(where, re.compile(keys), None if passed_on else {str(name) for name in given})


ENGLISH_TEXTS = texts(ENGLISH)
USES = [*uses(), Use("listed", re.compile(r"list\.(and|or)"), {"names", "last"})]


def test_every_text_is_used() -> None:
    assert [key for key in ENGLISH_TEXTS if not any(use.keys.fullmatch(key) for use in USES)] == []


@pytest.mark.parametrize("use", USES, ids=[use.where for use in USES])
def test_what_is_said_has_a_text_and_gives_exactly_its_blanks(use: Use) -> None:
    found = {key: filled(forms) for key, forms in ENGLISH_TEXTS.items() if use.keys.fullmatch(key)}

    assert found, use.keys.pattern
    if use.blanks is not None:
        assert set().union(*found.values()) == use.blanks


def test_no_sentence_stands_twice() -> None:
    said = [text for forms in ENGLISH_TEXTS.values() for text in forms.values() if " " in text]

    assert sorted(text for text in set(said) if said.count(text) > 1) == []


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
        warnings.warn(
            f"{language} lacks {len(lacking)} of {len(ENGLISH_TEXTS)} texts: {', '.join(lacking)}", stacklevel=1
        )

    for key in lacking:
        given: dict[str, Any] = dict.fromkeys(filled(ENGLISH_TEXTS[key]), 7)
        assert say(key, language, **given) == say(key, **given)


@pytest.mark.parametrize(
    "place",
    [
        name_of(path)
        for path in MODULES
        if not name_of(path).startswith(("serve", "adapters/discord", "adapters/slack"))
    ],
)
def test_no_sentence_for_people_stands_in_code(place: str) -> None:
    allowed = "|".join(literals for where, (literals, _) in EXCEPTIONS.items() if place.startswith(where)) or "(?!)"

    found = sentences((ROOT / "bot" / place).read_text("utf-8"))

    assert [line for line in found if not re.fullmatch(rf"\d+: ({allowed})\s*", line)] == []


def test_the_texts_stand_on_nothing_of_the_bot() -> None:
    read = ast.parse((TEXTS / "__init__.py").read_text("utf-8"))
    names = [node.module or "" for node in ast.walk(read) if isinstance(node, ast.ImportFrom)]
    names += [name.name for node in ast.walk(read) if isinstance(node, ast.Import) for name in node.names]

    assert not any(name.startswith("bot") for name in names)
    assert ast.unparse(ast.parse((TEXTS.parent / "__init__.py").read_text("utf-8"))).count("\n") == 0


_WORDS = re.compile(r"(?<![\w/:])[A-Za-z][a-z’']+[,.:;…]? [A-Za-z“({]")
_MACHINES = re.compile(r"\s*(?:/[a-z]|(?:SELECT|PRAGMA|SET|SHOW|BEGIN|REPEATABLE) |[a-z_]+ IN \()")


def sentences(code: str) -> list[str]:
    """Return the literals of a module that read like English for people, as `line: literal`.

    Left out is what people do not read: docstrings, logs, patterns, word lists, SQL and command lines, messages of the
    errors that only a programmer meets; and the declarations of commands and settings, which carry their own words.
    """
    tree = ast.parse(code)
    aside = set(_aside(tree, code))
    found = []
    for node in ast.walk(tree):
        if node in aside:
            continue
        text = _literal(node)
        if isinstance(node, ast.expr) and text and _WORDS.search(text) and not _MACHINES.match(text):
            found.append(f"{node.lineno}: {text}")
        elif isinstance(node, ast.Call):
            found += [f"{shown.lineno}: {text}" for shown, text in _labels(node)]
    return sorted(found)


def _literal(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


_SHOWN = {"Button", "Reply", "Span", "UserError", "OperatorError", "TranscriptError", "StoreError"}


def _labels(call: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    """Yield what a call shows to people even if it is a single word: labels, titles, reasons."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    shown = [*call.args[:1]] if name in _SHOWN else []
    shown += [keyword.value for keyword in call.keywords if keyword.arg in {"title", "lead", "label", "help"}]
    for each in shown:
        text = _literal(each)
        if text and re.search(r"[A-Za-z]{2}", text.replace("{}", "")):
            yield each, text


def _aside(tree: ast.Module, code: str) -> Iterator[ast.AST]:
    """Yield what people do not read, and the parts of f-strings, which are looked at as a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in ast.walk(node) if part is not node and isinstance(part, ast.Constant))
        for each in _unread(node, code):
            yield from ast.walk(each)
        for first, second in itertools.pairwise(getattr(node, "body", ()) if isinstance(node, ast.stmt) else ()):
            if isinstance(second, ast.Raise) and re.match(_FOR_PROGRAMMERS, ast.unparse(second)):
                yield from ast.walk(first)


_FOR_PROGRAMMERS = r"raise (Type|Value|Assertion|Runtime)Error\("
_CALLS = r"_?log(ger)?\.|re\.|say$|Param$|_setting$|cast$|TypeVar$"


def _unread(node: ast.AST, code: str) -> list[ast.AST]:
    """Return the parts of a node that people do not read."""
    match node:
        case ast.Expr(value=ast.Constant() as docstring):
            return [docstring]
        case ast.Call(func=ast.Attribute(attr="split")):
            return [node.func]
        case ast.Call() if re.match(_CALLS, ast.unparse(node.func)):
            return [*node.args, *node.keywords]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [each for each in node.decorator_list if ast.unparse(each).startswith("command(")]
        case ast.Constant(value=str()) | ast.JoinedStr():
            raw = re.match(r"f?rf?['\"]", ast.get_source_segment(code, node) or "", re.IGNORECASE)
            return [node] if raw else []
    return []
