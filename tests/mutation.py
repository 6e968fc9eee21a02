"""Payloads of a platform with something wrong in them: fields missing, of another type, huge, deep or repeated.

A payload is real when it comes here, and is changed where an `Edit` says, so that a fuzz run reaches what lies behind
the first check. JSON text is made by `dumps`, which writes what Python itself would not: brackets of any depth.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEEP", "Edit", "change", "dumps", "edits", "times", "values"]

DEEP: Final = "@@deep@@"
"""Stands for a list of lists, `DEPTH` deep, until `dumps` writes it: deeper than Python reads."""

DEPTH: Final = 3_000

Edit = tuple[int, str]
"""Which place of a payload is changed (counted round and round), and the name of the change."""

_MARKS: Final = "e\u0301\u0302\u0323" * 200

CHANGES: Final[dict[str, Callable[[Any], Any]]] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "zero": lambda _: 0,
    "negative": lambda _: -1,
    "fraction": lambda _: 0.5,
    "beyond 64 bits": lambda _: 1 << 80,
    "infinite": lambda _: float("inf"),
    "empty text": lambda _: "",
    "blank": lambda _: " \n\t",
    "a word": lambda _: "word",
    "digits": lambda _: "12345678901234567890123",
    "half a character": lambda _: "\ud800 and \udfff",
    "control characters": lambda _: "\x00\x07\x1b[31m\u202e\u2066",
    "combining marks": lambda _: _MARKS,
    "a long text": lambda _: "ab:x " * 400,
    "a command": lambda _: "/quote " + "!" * 500 + "a",
    "markup": lambda _: "<@U0ADA> <!channel> @everyone [x](https://evil.example) `c`",
    "empty list": lambda _: [],
    "empty object": lambda _: {},
    "list of null": lambda _: [None, None],
    "list of lists": lambda _: [[[[]]]],
    "object of nulls": lambda _: {"id": None, "type": None, "value": None},
    "deep": lambda _: DEEP,
    "half as deep": lambda _: json.loads("[" * 400 + "]" * 400),
    "as text": str,
    "as number": lambda value: len(str(value)),
    "in a list": lambda value: [value],
    "twice": lambda value: [value, value],
    "in an object": lambda value: {"id": value, "value": value},
    "many times": lambda value: [value] * 60,
}
"""What can be done to a value, by name."""

GONE: Final = "gone"

edits: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(st.integers(0, 997), st.sampled_from([GONE, *CHANGES])), min_size=1, max_size=3
)

values: st.SearchStrategy[Any] = st.sampled_from([make(None) for make in CHANGES.values()])
"""JSON that is nobody's payload."""


def change(payload: Any, made: list[Edit]) -> Any:
    """Return a copy of a payload that is changed as these say, one after the other."""
    whole = {"payload": json.loads(json.dumps(payload))}
    for place, name in made:
        places = _places(whole)
        holder, key = places[place % len(places)]
        if name == GONE:
            del holder[key]
            whole.setdefault("payload", None)
        else:
            holder[key] = CHANGES[name](holder[key])
    return whole["payload"]


def dumps(payload: Any) -> str:
    """Return a payload as JSON text."""
    return json.dumps(payload).replace(f'"{DEEP}"', "[" * DEPTH + "]" * DEPTH)


def times(count: int, *, shrinks: bool = True) -> settings:
    """Return the settings of a run of so many examples, or as many times that as the profile asks for.

    Without `shrinks` the first failure is shown as it is: where one waits for an answer that never comes, trying
    smaller ones takes minutes.
    """
    phases = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if shrinks else [])]
    asked = settings.get_profile(settings.get_current_profile_name()).max_examples
    examples = max(1, count * asked // 100)
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck), phases=phases)


def _places(whole: Any) -> list[tuple[Any, Any]]:
    """Return every place that holds a value: what it is in, and its key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [whole]
    while waiting:
        holder = waiting.pop(0)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return found
