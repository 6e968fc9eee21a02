"""The text grammar reads any text, and reads back what it writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Line, format_line, parse_line

_names = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
_options = st.from_regex(r"[a-z][a-z_-]{1,31}", fullmatch=True)


@given(st.text())
def test_every_text_has_a_reading(text: str) -> None:
    line = parse_line(text)

    assert line.name or line.words == text.strip()


@given(st.text(alphabet=' /"“”„\\:abc.\n', max_size=40))
def test_every_text_of_the_grammars_own_characters_has_a_reading(text: str) -> None:
    assert isinstance(parse_line(f"/quote {text}"), Line)


@given(_names, st.text(), st.lists(st.tuples(_options, st.text()), max_size=4))
def test_what_is_written_reads_back_the_same(name: str, words: str, options: list[tuple[str, str]]) -> None:
    line = Line(name, words, tuple(options))

    assert line == parse_line(format_line(line))


@given(st.text(alphabet=' /"“”„\\:abc.\n'), st.text(alphabet=' /"“”„\\:abc.\n'))
def test_awkward_words_and_values_read_back_the_same(words: str, value: str) -> None:
    line = Line("quote", words, (("speaker", value),))

    assert line == parse_line(format_line(line))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/quote not have pride", Line("quote", "not have pride")),
        ("/QUOTE not have pride", Line("quote", "not have pride")),
        ("/quote “not have pride”", Line("quote", "not have pride")),
        ('/quote "not have pride"', Line("quote", "not have pride")),
        ("/quote pride speaker:lex", Line("quote", "pride", (("speaker", "lex"),))),
        (
            '/quote pride speaker:"Lex Fridman" page:2',
            Line("quote", "pride", (("speaker", "Lex Fridman"), ("page", "2"))),
        ),
        ("/quote pride speaker:“Lex Fridman”", Line("quote", "pride", (("speaker", "Lex Fridman"),))),
        ("/quote zuck: lol the bit about kimonos", Line("quote", "zuck: lol the bit about kimonos")),
        ("/quote see https://example.com", Line("quote", "see https://example.com")),
        ("/quote at 9:30 or so", Line("quote", "at 9:30 or so")),
        ('/quote he said "no fear" twice', Line("quote", 'he said "no fear" twice')),
        ('/quote "speaker:lex"', Line("quote", "speaker:lex")),
        ("not have pride", Line("", "not have pride")),
        ("/", Line("", "/")),
        ("", Line("", "")),
    ],
)
def test_lines_people_type_are_read_as_they_mean_them(text: str, line: Line) -> None:
    assert line == parse_line(text)
