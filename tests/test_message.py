"""What crosses the boundary holds its promises by construction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Card, Citation, Outcome, Quote, Reply, Role, clock, plain


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INFO])
def test_a_quoting_card_cannot_be_built_without_a_quote(role: Role) -> None:
    with pytest.raises(ValueError, match="needs a quote with its citation"):
        Card(role)


def test_a_quote_cannot_be_built_without_a_citation() -> None:
    with pytest.raises(TypeError, match="citation"):
        Quote(id="x", text="words", source=None)  # type: ignore[call-arg]  # the point of the test


@given(st.text(min_size=1), st.lists(st.integers(0, 50), max_size=6))
def test_marking_words_never_changes_them(text: str, cuts: list[int]) -> None:
    edges = sorted({min(cut, len(text)) for cut in cuts})
    marked = tuple(zip(edges[::2], edges[1::2], strict=False))

    assert text == plain(Quote("x", text, Citation("Show", "Episode", 0.0), None, marked).spans())


def test_the_plain_text_of_a_reply_has_quote_and_source_in_that_order() -> None:
    citation = Citation("Show", "Title", 0.5, number=7, speaker="Ada", chapter="Engines", start=250, approximate=True)
    reply = Reply(
        "Found.", Outcome.FOUND, cards=(Card(Role.MATCH, quote=Quote("a-b", "It computes.", citation, None)),)
    )

    assert reply.text == "Found.\n\n“It computes.”\n— Ada · Engines · ≈ 4:10 · Show #7 · a-b"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (250, "4:10"), (7057.9, "1:57:37"), (3600, "1:00:00")])
def test_times_read_as_on_a_player(seconds: float, shown: str) -> None:
    assert shown == clock(seconds)
