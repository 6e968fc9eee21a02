"""The terminal shows a transcript's words and obeys none of its characters."""

from __future__ import annotations

import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.adapters.console.draw import escape, in_colour, in_plain
from bot.contract import Card, Citation, Outcome, Quote, Reply, Role, Span, Style

_spans = st.lists(st.builds(Span, st.text(), st.sampled_from(Style)), max_size=5)


@given(_spans)
def test_no_styled_text_can_drive_a_terminal(spans: list[Span]) -> None:
    drawn = in_plain(Reply("", Outcome.FOUND, cards=(Card(Role.INFO, body=tuple(spans)),)))

    assert not [character for character in drawn if unicodedata.category(character) == "Cc" and character != "\n"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs"])))
def test_harmless_text_is_drawn_as_it_is(text: str) -> None:
    assert text == escape(text)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_in_colour_the_only_control_characters_are_those_of_the_looks(text: str) -> None:
    out = io.StringIO()
    quote = Quote("a-b", text, Citation("Show", "Title", 0.0), None, ((0, len(text)),))
    console = Console(file=out, force_terminal=True, color_system="standard", width=80, highlight=False, _environ={})

    console.print(in_colour(Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote),))))

    assert out.getvalue().count("\x1b") == out.getvalue().count("\x1b[")
    assert not set(out.getvalue()) & {"\x07", "\x08", "\r", "\x9b", "\u202e"}


def test_marks_stand_between_asterisks_and_actions_are_numbered() -> None:
    quote = Quote("a-b", "not have pride", Citation("Show", "Title", 0.25, number=1), None, ((4, 8),))
    drawn = in_plain(Reply("Here.", Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote),)))

    assert drawn == "Here.\n\n  not *have* pride\n  — 25% in · Show #1"
