"""The drawings show every word of a payload, load nothing, and are those that the page names."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord.render import render
from bot.adapters.slack.render import message
from bot.contract import Button, Card, Citation, Outcome, Quote, Reply, Role, Span, Style
from bot.settings import ROOT
from tests.pictures import FOLDER, NAMES
from tests.pictures.discord_sheet import draw_discord, inline
from tests.pictures.sheet import Face, Run, Sheet
from tests.pictures.slack_sheet import draw_slack

FACE = Face(16, 22, "#000")
_SPACE = re.compile(r"\s+")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

QUOTE = Quote(
    "a-b", "not have pride & <joy>", Citation("Show", "Title", 0.25, number=1, speaker="Mark"), None, ((4, 8),)
)
REPLY = Reply(
    "✓ Word for word.",
    Outcome.FOUND,
    cards=(Card(Role.MATCH, quote=QUOTE), Card(Role.INFO, body=(Span("old", Style.CLAIM), Span(" more")))),
    buttons=(Button("Listen", url="https://example.org/1"), Button("More context", "/show a-b")),
)


def test_the_folder_has_the_drawings_that_are_made_and_no_others() -> None:
    assert sorted(f"{FOLDER}/{path.name}" for path in (ROOT / FOLDER).iterdir()) == sorted(NAMES)


def test_no_drawing_loads_anything() -> None:
    for name in NAMES:
        names = {element.tag.rpartition("}")[2] for element in ET.parse(ROOT / name).getroot().iter()}  # noqa: S314 - our own

        assert names <= {"svg", "title", "rect", "circle", "text", "tspan"}


def test_both_platforms_drawings_show_every_word_of_a_reply() -> None:
    discord, slack = Sheet(390), Sheet(390)
    draw_discord(discord, "hi", render(REPLY), private=True)
    draw_slack(slack, "hi", message(REPLY)["blocks"], private=True)

    for sheet in (discord, slack):
        said = _words(sheet.svg("A reply"))
        for words in ("Word for word.", "not have pride & <joy>", "Mark", "old more", "Listen", "More context"):
            assert words in said, words


def test_marks_of_discord_are_read_and_what_is_escaped_is_shown() -> None:
    assert inline(r"a \*b\* **c** ~~d~~ [e\] f](https://example.org) `g`") == [
        Run("a "),
        Run("*"),
        Run("b"),
        Run("*"),
        Run(" "),
        Run("c", bold=True),
        Run(" "),
        Run("d", strike=True),
        Run(" "),
        Run("e", link=True),
        Run("]", link=True),
        Run(" f", link=True),
        Run(" "),
        Run("g", code=True),
    ]


@given(st.text(max_size=200), st.integers(40, 400))
def test_any_words_are_drawn_whole(text: str, room: int) -> None:
    sheet = Sheet(500)
    sheet.paragraph([Run(text)], 0, room, FACE)

    drawn = "".join(ET.fromstring(sheet.svg("Words")).itertext()).removeprefix("\nWords\n")  # noqa: S314 - our own
    assert _SPACE.sub("", drawn) == _UNSHOWABLE.sub("\ufffd", _SPACE.sub("", text))


def _words(svg: str) -> str:
    return _SPACE.sub(" ", " ".join("".join(each.itertext()) for each in ET.fromstring(svg).iter() if _is_text(each)))  # noqa: S314 - our own


def _is_text(element: ET.Element) -> bool:
    return element.tag.endswith("}text")
