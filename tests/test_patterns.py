"""Every pattern of the bot reads any text in time that grows as the text does."""

from __future__ import annotations

import re

import pytest

from tests.patterns import Found, patterns, slowest


def _each_once() -> dict[tuple[str, int], Found]:
    """Return the bot's patterns, each with all methods it is used with."""
    found: dict[tuple[str, int], Found] = {}
    for one in patterns():
        key = one.pattern.pattern, one.pattern.flags
        before = found.get(key)
        found[key] = one._replace(methods=one.methods | before.methods) if before else one
    return found


PATTERNS = [one if one.methods else one._replace(methods=frozenset({"search"})) for one in _each_once().values()]


@pytest.mark.parametrize("found", PATTERNS, ids=[found.where for found in PATTERNS])
def test_a_pattern_takes_no_longer_for_a_character_of_a_long_text_than_of_a_short_one(found: Found) -> None:
    assert slowest(found) is None, found.pattern.pattern


def test_the_patterns_of_every_room_and_of_all_data_are_found() -> None:
    rooms = {found.where.split(".")[1].split(":")[0] for found in PATTERNS}

    assert rooms >= {"adapters", "contract", "core", "corpus", "highlights", "language", "policy", "search"}
    keys = {found.where.split(" ")[1] for found in PATTERNS if " " in found.where}
    assert keys >= {"pings", "orders", "did-say", "scene", "idle", "selling"}


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\s*x", "search"),
        (r"(?:and|but)\s+(?P<who>[\w' ]+?)(?:\s+say)?\W*", "fullmatch"),
        (r"what about (?P<what>.+?)\W*", "fullmatch"),
        (r'([a-z]*:["“][^"”]*)$', "search"),
        (r"<(?:https?://)[^|>]*(?:\|[^>]*)?>", "sub"),
        (r":(?=[\w+-]*[^\W\d][\w+-]*:)", "finditer"),
        (r"(?:a|aa)+b", "match"),
        (r"(?:\w+ ?)+!", "match"),
        (r"\S*[a-z]\S*", "sub"),
    ],
)
def test_a_pattern_that_goes_over_a_text_again_and_again_is_caught(pattern: str, method: str) -> None:
    assert slowest(Found("here", re.compile(pattern), frozenset({method})))


@pytest.mark.parametrize(
    ("pattern", "method"),
    [(r"\bx+\b", "search"), (r"[^\W_]+(?:'[^\W_]+)*", "sub"), (r"(?:a|b)++c", "match"), (r"\s++x", "match")],
)
def test_a_linear_pattern_is_none(pattern: str, method: str) -> None:
    assert slowest(Found("here", re.compile(pattern), frozenset({method}))) is None
