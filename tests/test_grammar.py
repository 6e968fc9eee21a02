"""The text grammar reads any text, and reads back what it writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Line, format_line, format_option, likely_options, parse_line, split_unfinished

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


KNOWN = {"quote": ("words", "speaker", "page"), "": ("speaker", "page")}
_ZUCK = ("speaker", "zuck")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/quote speaker:zuck not have pride", Line("quote", "not have pride", (_ZUCK,))),
        ("/quote not speaker:zuck have pride", Line("quote", "not have pride", (_ZUCK,))),
        ("/quote speaker:zuck, not have pride", Line("quote", "not have pride", (_ZUCK,))),
        ("/quote Speaker:zuck not have pride", Line("quote", "not have pride", (_ZUCK,))),
        ("not have pride speaker:zuck?", Line("", "not have pride", (_ZUCK,))),
        ("page:2 speaker:zuck “not have pride”", Line("", "“not have pride”", (("page", "2"), _ZUCK))),
        ("/quote speaker:zuck “not have pride” page:2", Line("quote", "not have pride", (_ZUCK, ("page", "2")))),
        ("/quote pride speaker:Conan O'Brien", Line("quote", "pride O'Brien", (("speaker", "Conan"),))),
        ("/quote pride speaker:'Conan O'Brien'", Line("quote", "pride", (("speaker", "Conan O'Brien"),))),
        ("/quote pride speaker:O’Brien", Line("quote", "pride", (("speaker", "O’Brien"),))),
        # What is no option, or stands in quotes, is words.
        ("/quote note:this he said:look", Line("quote", "note:this he said:look")),
        ("/quote he said: look", Line("quote", "he said: look")),
        ("/quote at 1:32 or 1:32:00", Line("quote", "at 1:32 or 1:32:00")),
        ("what about https://speaker:zuck", Line("", "what about https://speaker:zuck")),
        ("/quote “speaker:zuck” twice", Line("quote", "“speaker:zuck” twice")),
        ("/quote 'no speaker:zuck here'", Line("quote", "no speaker:zuck here")),
        ("/quote don't say 'never speaker:zuck", Line("quote", "don't say 'never", (_ZUCK,))),
        ("/about speaker:zuck", Line("about", "speaker:zuck")),
    ],
)
def test_an_option_is_a_name_that_the_command_knows_wherever_it_stands(text: str, line: Line) -> None:
    assert line == parse_line(text, KNOWN)


@pytest.mark.parametrize(
    "marks",
    [
        '""',
        "“”",
        "““",
        "„“",
        "„”",
        "””",
        "«»",
        "»«",
        "\u2039\u203a",
        "\u203a\u2039",
        "''",
        "‘’",
        "\u201a‘",
        "\u201a’",
        "’’",
    ],
)
def test_quote_marks_of_any_kind_hold_a_value_and_words_together(marks: str) -> None:
    opens, closes = marks[0], marks[1]
    text = f"/quote speaker:{opens}Lex Fridman{closes} {opens}not have speaker:zuck pride{closes} page:2"

    assert parse_line(text, KNOWN) == Line(
        "quote", "not have speaker:zuck pride", (("speaker", "Lex Fridman"), ("page", "2"))
    )


@given(
    st.lists(st.sampled_from(["pride", "isn't", "it", "1:32", "note:this", "“here", "5'"]), max_size=5),
    st.lists(st.tuples(st.sampled_from(["speaker", "page"]), st.text(max_size=8)), max_size=3),
    st.lists(st.integers(0, 5), min_size=3, max_size=3),
)
def test_options_may_stand_before_between_and_after_the_words(
    words: list[str], options: list[tuple[str, str]], places: list[int]
) -> None:
    pieces = [(float(number), word) for number, word in enumerate(words)]
    pieces += [(place - 0.5, format_option(*option)) for place, option in zip(sorted(places), options, strict=False)]
    text = " ".join(piece for _, piece in sorted(pieces, key=lambda each: each[0]))

    assert parse_line(f"/quote {text}", KNOWN) == Line("quote", " ".join(words), tuple(options))


@given(st.text(alphabet=" '\"“”„«»\u2039\u203a‘’\u201a\\:a.\n", max_size=40), st.sampled_from(["speaker", "page"]))
def test_what_is_written_is_read_the_same_by_whoever_knows_its_options(text: str, name: str) -> None:
    line = Line("quote", text, ((name, text),))

    assert parse_line(format_line(line), KNOWN) == parse_line(format_line(line)) == line


@given(st.text(alphabet=" '\"“”„«»\u2039\u203a‘’\u201a\\:ab.\n", max_size=40))
def test_what_is_being_typed_is_the_end_of_the_text(text: str) -> None:
    before, piece = split_unfinished(text, ("ab",))

    assert before + piece == text


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("not have pr", "pr"),
        ("not have ", ""),
        ('pride speaker:"Lex F', 'speaker:"Lex F'),
        ("pride speaker:\u2039Lex F", "speaker:\u2039Lex F"),
        ("speaker:'Lex Fridman' pr", "pr"),
    ],
)
def test_a_value_with_an_open_quote_is_still_being_typed(text: str, piece: str) -> None:
    assert split_unfinished(text, KNOWN["quote"])[1] == piece


def test_what_looks_like_an_option_is_found_outside_quotes_alone() -> None:
    assert likely_options("/quote speeker:zuck “not:this” at 1:32 https://x.org page:2") == (
        ("speeker", "zuck"),
        ("page", "2"),
    )
