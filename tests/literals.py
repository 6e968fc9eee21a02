"""Finding the literals in code that read like English for people."""

from __future__ import annotations

import ast
import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["sentences"]

_WORDS = re.compile(r"(?<![\w/:])[A-Za-z][a-z’']+[,.:;…]? [A-Za-z“({]")
_MACHINES = re.compile(r"\s*(?:/[a-z{]|(?:SELECT|PRAGMA|SET|SHOW|BEGIN|REPEATABLE) |[a-z_]+ IN \()")


def sentences(code: str) -> list[str]:
    """Return the literals of a module that read like English for people, as `line: literal`.

    Left out is what people do not read: docstrings, logs, patterns, word lists, SQL and command lines, messages of the
    errors that only a programmer meets; and the declarations of commands, settings and platforms, which carry their own
    words.
    """
    tree = ast.parse(code)
    aside = set(_aside(tree))
    found = []
    for node in ast.walk(tree):
        if node in aside:
            continue
        text = _literal(node)
        if isinstance(node, ast.expr) and text and _WORDS.search(text) and not _MACHINES.match(text):
            if not re.match(r"f?rf?['\"]", ast.get_source_segment(code, node) or "", re.IGNORECASE):  # no pattern
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


def _aside(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what people do not read, and the parts of f-strings, which are looked at as a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            yield from ast.walk(node.format_spec)
        for each in _unread(node):
            yield from ast.walk(each)
        for first, second in itertools.pairwise(
            getattr(node, "body", ()) if isinstance(node, ast.stmt | ast.excepthandler) else ()
        ):
            if isinstance(second, ast.Raise) and re.match(_FOR_PROGRAMMERS, ast.unparse(second)):
                yield from ast.walk(first)


_FOR_PROGRAMMERS = r"raise (Type|Value|Attribute|Assertion|Runtime)Error\("
_CALLS = r"_?log(ger)?\.|re\.|say$|Param$|Lack$|Platform$|BotScope$|_setting$|cast$|TypeVar$"


def _unread(node: ast.AST) -> list[ast.AST]:
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
    return []
