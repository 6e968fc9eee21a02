"""Read aloud, a verdict has one order on every platform: the verdict, who speaks, the line, how the claim differs."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from bot.adapters.discord.render import ALTERED, FOUND, NOT_FOUND, render
from bot.adapters.slack.render import message
from tests.local_discord.limits import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.contract import Reply
    from tests.conftest import Ask

SAID = "language is an imperfect way for people to express thoughts and ideas"
FALSE = SAID.replace("an imperfect", "a perfect")
WISH = "I wish there was more both way camaraderie and kindness"
LEX, MARK = "Lex Fridman", "Mark Zuckerberg"


def on_discord(reply: Reply) -> str:
    """Return what a screen reader gets on Discord: the texts in their order."""
    texts = [part["content"] for _, part in walk(render(reply)) if "content" in part]
    return "\n".join(texts).replace("*", "").replace("> ", "")


def on_slack(reply: Reply) -> str:
    """Return what a screen reader gets on Slack: the text beside the blocks."""
    return html.unescape(message(reply)["text"])


@pytest.mark.parametrize("read", [on_discord, on_slack])
@pytest.mark.parametrize(
    ("claim", "colour", "parts"),
    [
        (SAID, FOUND, ["✓ Word for word.", MARK, "language is an imperfect way"]),
        (
            SAID.replace("people", "poeple"),
            FOUND,
            ["✓ Close.", MARK, "language is an imperfect way", "claimed:", "poeple"],
        ),
        (FALSE, ALTERED, ["≠ Not quite.", MARK, "an imperfect", "claimed:", "a perfect"]),
        (f"{LEX}: {SAID}", ALTERED, ["⇄ Right words, other speaker.", MARK, "language is an imperfect way"]),
        (
            SAID.replace("for people", "..."),
            FOUND,
            ["… Said with a part left out.", MARK, "language is an imperfect way", "said:", "for people"],
        ),
        (f"{SAID}. {WISH}", ALTERED, ["⧉ Stitched.", MARK, "an imperfect way", LEX, WISH]),
        (
            "building superintelligence will take exactly ten years of work",
            NOT_FOUND,
            ["✗ I can't find this", LEX, "building superintelligence systems"],
        ),
    ],
)
async def test_a_verdict_says_who_speaks_before_the_line_and_how_a_claim_differs_after_it(
    claim: str, colour: int, parts: list[str], read: Callable[[Reply], str], ask: Ask
) -> None:
    reply = await ask(f"/verify {claim}")
    words = read(reply)
    places: list[int] = []
    for part in parts:
        places.append(words.find(part, places[-1] if places else 0))

    assert [part for part, place in zip(parts, places, strict=True) if place < 0] == []
    assert render(reply)[0]["accent_color"] == colour
