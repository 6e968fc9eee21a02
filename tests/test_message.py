"""What crosses the boundary holds its promises by construction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Card, Citation, Outcome, Quote, Reply, Role, Span, Style, clock, plain


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
    place = "https://a.example/7?t=250"
    citation = Citation("Show", "Title", 0.5, 7, "Engines", "Ada", start=250, approximate=True, url=place)
    reply = Reply(
        "Found.", Outcome.FOUND, cards=(Card(Role.MATCH, quote=Quote("a-b", "It computes.", citation, None)),)
    )

    assert reply.text == f"Found.\n\n“It computes.”\n— Ada · Engines · ≈ 4:10 · Show #7 · {place}"


SAID = "So it computes. It is an engine, and it knows nothing of its own, as I wrote. Yes."


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "It is an engine, and it knows nothing of its own, as I wrote.",
            "“It is an engine, and it knows nothing of its own, as I wrote.”",
        ),
        ("it knows nothing of its own,", "“…it knows nothing of its own,…”"),
        ("So it computes. It is an engine", "“So it computes. It is an engine…”"),
    ],
)
def test_a_quote_on_one_line_has_an_ellipsis_only_where_a_sentence_is_cut(words: str, shown: str) -> None:
    at = SAID.index(words)
    quote = Quote(
        "a-b", SAID, Citation("Show", "Title", 0.5, 7, speaker="Ada", start=250, url="https://a.example/7"), None
    )
    card = Card(Role.RUNNER_UP, title="Also:", quote=quote, line=(at, at + len(words)))

    assert Reply("", Outcome.FOUND, cards=(card,)).text == f"Also: {shown} — Ada · 4:10 · https://a.example/7"


def test_of_a_part_only_those_who_speak_in_it_are_named() -> None:
    quote = Quote(
        "a-b",
        "Is it?\nIt is. It is so.",
        Citation("S", "T", 0.5, 7, speaker="Ada"),
        None,
        turns=((0, "Bo"), (7, "Ada")),
    )

    assert quote.turns_spans((7, 13)) == ((None, (Span("It is."),)),)
    assert [name for name, _ in quote.turns_spans((0, 13))] == ["Bo", "Ada"]


def test_words_that_are_a_link_are_followed_by_it_in_plain_text() -> None:
    body = (
        Span("They do talk about "),
        Span("hiring", Style.STRONG),
        Span(": "),
        Span("4:10", url="https://a.example/7"),
    )

    assert Reply("", Outcome.NONE, cards=(Card(Role.INFO, body=body),)).text == (
        "They do talk about hiring: 4:10 https://a.example/7"
    )


def test_a_long_title_is_shortened_and_a_show_is_not_named_twice() -> None:
    long = Citation("Show", "A title that goes on for longer than anybody would read it in a line, and then some", 0.5)
    named = Citation("Show", "Show: the first", 0.5)

    assert long.label == "Show: A title that goes on for longer than anybody would read it…"
    assert named.label == "Show: the first"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (250, "4:10"), (7057.9, "1:57:37"), (3600, "1:00:00")])
def test_times_read_as_on_a_player(seconds: float, shown: str) -> None:
    assert shown == clock(seconds)
