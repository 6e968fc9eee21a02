"""Every pattern of the bot, found in its code and data, and the texts that make a pattern slow, made from it.

`patterns` reads each call of `re` and each file of rows, so that a new pattern is tried without being put on a list.
`slowest` tries one against texts of a length that show how its time grows.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections import deque
from itertools import chain
from re import _constants as codes  # type: ignore[attr-defined]  # the tree of a pattern has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import bot
from bot.language import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import ModuleType

__all__ = ["Found", "Slow", "patterns", "slowest"]

_STATEFUL = "bot.store.migrations"
"""Scripts that Alembic runs; they are no modules to import."""

_MADE_ELSEWHERE = "bot.language.patterns"
"""Compiles rows of data, which are found where they are read."""


class Found(NamedTuple):
    """A pattern, where it stands, and the methods it is used with."""

    where: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


class _Unknown(str):
    """Stands in a pattern for a part that only a run can tell: one letter, whatever is done with it."""

    __slots__ = ()

    def __new__(cls) -> Self:
        return super().__new__(cls, "w")

    def __getattr__(self, _name: str) -> _Unknown:
        return self

    def __call__(self, *_given: object, **_named: object) -> _Unknown:
        return self


class _Names(dict[str, Any]):
    """A module's names; any other is unknown."""

    def __missing__(self, _name: str) -> _Unknown:
        return _Unknown()


def patterns() -> Iterator[Found]:
    """Yield every pattern that the bot's code compiles or uses, and every row of its data."""
    for info in pkgutil.walk_packages(bot.__path__, "bot."):
        if info.name.startswith((_STATEFUL, "bot.__main__")):
            continue
        module = importlib.import_module(info.name)
        source = inspect.getsource(module)
        yield from _held(module, source)
        if info.name != _MADE_ELSEWHERE:
            yield from _called(module, source)


def _held(module: ModuleType, source: str) -> Iterator[Found]:
    """Yield the patterns that a module's names hold, in tables too."""
    for name, value in vars(module).items():
        used = frozenset(re.findall(rf"\b{re.escape(name)}\.(search|match|fullmatch|sub|subn|split|find\w+)\b", source))
        for each in _inside(value):
            yield Found(f"{module.__name__}.{name}", each, used or frozenset({"search"}))


def _inside(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict | MappingProxyType):
        yield from chain.from_iterable(map(_inside, value.values()))
    elif isinstance(value, list | tuple | frozenset | set):
        yield from chain.from_iterable(map(_inside, value))


def _called(module: ModuleType, source: str) -> Iterator[Found]:
    """Yield the patterns of calls such as `re.sub(r"…", …)` and `read_rows("…", "….toml")`, wherever they stand."""
    names = _Names(vars(module) | {"__builtins__": __builtins__})
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args):
        where = f"{module.__name__}:{call.lineno}"
        what = ast.unparse(call.func)
        if what == "read_rows":
            rows: tuple[Row, ...] = eval(ast.unparse(call), names)  # noqa: S307 - the bot's own code
            for row in rows:
                for each in filter(None, (row.pattern, row.unless)):
                    yield Found(f"{where} {row.key}", each, frozenset({"search", "match"}))
        elif what.startswith("re.") and what.removeprefix("re.") in _FUNCTIONS:
            flags = next((keyword.value for keyword in call.keywords if keyword.arg == "flags"), None)
            flags = flags or next((arg for arg in call.args[1:] if ast.unparse(arg).startswith("re.")), None)
            text = eval(ast.unparse(call.args[0]), names)  # noqa: S307 - as above
            given = eval(ast.unparse(flags), names) if flags else re.NOFLAG  # noqa: S307 - as above
            if isinstance(text, _Unknown):
                message = f"{where}: a pattern is compiled where it stands, so that this test can read it"
                raise TypeError(message)
            if isinstance(text, str):
                yield Found(where, re.compile(text, given), _FUNCTIONS[what.removeprefix("re.")])


_FUNCTIONS: Mapping[str, frozenset[str]] = {
    "compile": frozenset(),
    **{name: frozenset({name}) for name in ("search", "match", "fullmatch", "sub", "subn", "split")},
    **{name: frozenset({name}) for name in ("findall", "finditer")},
}

_POOL = [chr(code) for code in range(1, 0x7F)] + list("é’“”„‘—…£中\u0301\u0430\u200b\u202e\U0001f600\xa0\u00ad\ua66e")
"""Characters of every kind, by which the classes of a pattern are told apart."""

_ENDS = ("", "\x00", "!x", "\n")
"""What lets a match fail after all: nothing that most patterns end in."""

_MOST_UNITS, _MOST_KINDS, _MOST_ENDS, _SAMPLES = 90, 7, 7, 3


def attacks(pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (before, unit, after): texts `before + n * unit + after` in which a pattern finds much to try.

    Units are what its repeated parts match: each kind of character, two of them in turn, and samples of each part and
    of the whole; before them stands what leads to the part, after them what may end or spoil a match.
    """
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    kinds = _kinds(tree, pattern.flags)
    singles = kinds[:_MOST_KINDS]
    pairs = [one + other for one in singles for other in singles if one != other]
    samples = [_Sampler(pattern.flags, turn) for turn in range(_SAMPLES)]
    repeated = list(dict.fromkeys(found for sample in samples for found in sample.repeats(tree, "")))
    words = [body for _, body in repeated] + [sample.of(tree) for sample in samples]
    units = list(dict.fromkeys(filter(None, [*singles, *words, *(f"{word} " for word in words), *pairs])))
    ends = list(dict.fromkeys([*_ENDS, *(kind for kind in kinds if not kind.isalnum())]))[:_MOST_ENDS]
    for unit in units[:_MOST_UNITS]:
        for after in ends:
            yield "", unit, after
    for before, body in repeated:
        if before:
            for unit in dict.fromkeys(filter(None, [body, *singles])):
                yield before, unit, "\x00"
                yield before, unit, "!x"
            for after in ends[: len(_ENDS)]:
                yield "", before + body, after
                yield "", f"{before}{body} ", after


def _kinds(tree: Any, flags: int) -> list[str]:
    """Return one character for each set of the pattern's classes that some character is in, and its signs."""
    classes = [node for node in _nodes(tree) if node[0] in _CLASSES]
    found: dict[frozenset[int], str] = {}
    for character in _POOL:
        inside = frozenset(number for number, node in enumerate(classes) if _takes(node, character, flags))
        if inside:
            found.setdefault(inside, character)
    signs = {chr(node[1]) for node in _nodes(tree) if node[0] is codes.LITERAL and not chr(node[1]).isalnum()}
    return list(dict.fromkeys([*(found[key] for key in sorted(found, key=len, reverse=True)), *sorted(signs)]))


_CLASSES = frozenset({codes.IN, codes.NOT_LITERAL, codes.ANY})


def _nodes(tree: Any) -> Iterator[Any]:
    """Yield every node of a pattern's tree."""
    for node in tree:
        yield node
        for part in _parts(node):
            yield from _nodes(part)


def _parts(node: Any) -> list[Any]:
    """Return the trees in a node, the branches of an alternative each."""
    operation, given = node
    if operation is codes.BRANCH:
        return list(given[1])
    if operation in _REPEATS:
        return [given[2]]
    if operation is codes.SUBPATTERN:
        return [given[3]]
    if operation in {codes.ASSERT, codes.ASSERT_NOT}:
        return [given[1]]
    if operation is codes.ATOMIC_GROUP:
        return [given]
    return [] if operation is not codes.GROUPREF_EXISTS else [part for part in given[1:] if part]


def _takes(node: Any, character: str, flags: int) -> bool:
    """Say whether a class has a character."""
    operation, given = node
    if operation is codes.ANY:
        return character != "\n" or bool(flags & re.DOTALL)
    if operation is codes.NOT_LITERAL:
        return bool(ord(character) != given)
    negated = bool(given) and given[0][0] is codes.NEGATE
    return negated is not any(_is_in(item, character) for item in given if item[0] is not codes.NEGATE)


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdecimal,
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_WORD: lambda character: character.isalnum() or character == "_",
}
_NEGATED = {
    codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
    codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
    codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
}


def _is_in(item: Any, character: str) -> bool:
    operation, given = item
    if operation is codes.LITERAL:
        return bool(ord(character) == given)
    if operation is codes.RANGE:
        return bool(given[0] <= ord(character) <= given[1])
    if given in _NEGATED:
        return not _CATEGORIES[_NEGATED[given]](character)
    return _CATEGORIES[given](character)


class _Sampler:
    """Makes short texts that parts of a pattern match, but for what they look around for; each `turn` makes others."""

    def __init__(self, flags: int, turn: int) -> None:
        self._flags = flags
        self._turn = turn

    def of(self, tree: Iterable[Any]) -> str:
        """Return a text that a tree matches."""
        return "".join(map(self._node, tree))

    def repeats(self, tree: Iterable[Any], before: str) -> Iterator[tuple[str, str]]:
        """Yield for each repeated part what leads to it, and a text that it matches."""
        for node in tree:
            operation, given = node
            for part in _parts(node):
                if operation in _REPEATS and given[1] > _BOUNDED:
                    yield before, self.of(part)
                    yield from ((before, self.of(branch)) for branch in _branches(part))
                yield from self.repeats(part, before)
            before += self._node(node)

    def _node(self, node: Any) -> str:
        operation, given = node
        if operation is codes.LITERAL:
            return chr(given)
        if operation in _CLASSES:
            likely = dict.fromkeys([*"a 1-.\"'“„", *_POOL])
            found = [character for character in likely if _takes(node, character, self._flags)]
            return found[self._turn % len(found)] if found else ""
        if operation in _REPEATS:
            return self.of(given[2]) * int(max(given[0], min(self._turn, 1, given[1])))
        parts = _parts(node) if operation not in {codes.ASSERT, codes.ASSERT_NOT} else []
        return self.of(parts[self._turn % len(parts)]) if parts else ""


_REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT})
_BOUNDED = 8


def _branches(tree: Any) -> Iterator[Any]:
    for node in tree:
        if node[0] is codes.BRANCH:
            yield from node[1][1]
        elif node[0] is codes.SUBPATTERN:
            yield from _branches(node[1][3])


class Slow(NamedTuple):
    """A text that a pattern is slow over: its parts, its length, and the time of a character there and in an eighth."""

    method: str
    before: str
    unit: str
    after: str
    length: int
    nanoseconds: float
    nanoseconds_before: float


_SHORTEST = (16, 24)
_LENGTHS = (*_SHORTEST, 128, 512, 2_048)
_ENDLESS = 0.02
"""Seconds of one run."""

_STEEP = 4.0
"""In a text eight times as long a character of a linear pattern costs what it did, of a quadratic one eight times."""

_HARMLESS = 1e-3
"""Seconds for a text of the greatest length below which nothing is measured: noise is of that size."""


def slowest(found: Found) -> Slow | None:
    """Return the first text over which a pattern's time grows faster than the text, or None."""
    for before, unit, after in attacks(found.pattern):
        for method in sorted({_METHODS.get(name, name) for name in found.methods}):
            slow = _grows(_runner(found.pattern, method), (before, unit, after))
            if slow:
                return Slow(method, before, unit, after, *slow)
    return None


_METHODS = {"sub": "finditer", "subn": "finditer", "split": "finditer", "findall": "finditer"}


def _runner(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    if method == "finditer":
        return lambda text: deque(pattern.finditer(text), maxlen=0)
    chosen: Callable[[str], object] = getattr(pattern, method)
    return chosen


def _grows(run: Callable[[str], object], parts: tuple[str, str, str]) -> tuple[int, float, float] | None:
    """Return length and nanoseconds a character, there and in an eighth, where a run's time grows faster than it.

    What is steep in a text of middling length may be bounded, as `{0,40}` is; it counts in the longest, or when a run
    costs so much that a longer one would not end.
    """
    for length in _LENGTHS:
        for tries in (1, 3):
            long = _cost(run, parts, length, tries)
            if long * length <= _HARMLESS:
                break
            short = _cost(run, parts, length // 8, tries)
            if long <= _STEEP * short:
                break
        else:
            if length in {*_SHORTEST, _LENGTHS[-1]} or long * length > _ENDLESS:
                return length, long * 1e9, short * 1e9
    return None


def _cost(run: Callable[[str], object], parts: tuple[str, str, str], length: int, tries: int) -> float:
    """Return the seconds of processor time of a character, the least of some tries; a short text is read often."""
    before, unit, after = parts
    text = before + unit * (length // len(unit) + 1) + after
    times = max(1, _OFTEN // len(text)) if tries > 1 else 1
    least = float("inf")
    for _ in range(tries):
        began = time.thread_time()
        for _ in range(times):
            run(text)
        least = min(least, (time.thread_time() - began) / times)
    return least / len(text)


_OFTEN = 512
"""A shorter text is read so often that as many characters are read."""
