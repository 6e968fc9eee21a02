"""What Slack is shown: snapshots of the main replies, and rules that hold for every reply and every payload."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.adapters.slack import limits
from bot.adapters.slack.inbound import (
    Inquiry,
    inquiry_from,
    read_action,
    read_event,
    read_shortcut,
    read_slash,
    read_text,
    read_view,
)
from bot.adapters.slack.render import escape, message
from bot.adapters.slack.send import Sender
from bot.adapters.slack.views import answer_view, ask_view, home_view, waiting_view
from bot.adapters.slack.web import is_signed
from bot.adapters.slack.workspaces import vault
from bot.commands import COMMAND_LINES, lines_of
from bot.contract import Button, Card, Channel, Citation, Outcome, Quote, Reply, Role, Span, Style, plain
from bot.store import ChannelSettings
from tests.conftest import Ask
from tests.local_slack import block_problems, markup_notes, signature, view_problems
from tests.snapshots import FOLDER, LINES, NAMES, compare, main_reply

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

HOSTILE = [
    "<!channel>", "<!here>", "<!everyone>", "<!subteam^S1|@all>", "<@U0ADA>", "<#C0GENERAL|general>", "@channel",
    "<https://evil.example|a bank>", "https://evil.example", "<mailto:a@b.c|x>", "*b*", "_i_", "~s~", "`c`", "```p```",
    "&lt;!channel&gt;", "&amp;", "&", "<", ">", ":tada:", "\u202e", "\x00", "\x07", "\n", "\n\n", " ", "“so”", "word",
    "😀", "ß", "≠ Altered.", "✓",
]  # fmt: skip
words = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=10)), max_size=8).map("".join)
long_words = st.builds(lambda text, times: text * times, words, st.sampled_from([1, 1, 30, 700]))
spans = st.lists(st.builds(Span, long_words, st.sampled_from(Style)), max_size=4).map(tuple)
addresses = st.one_of(
    st.none(), words, st.sampled_from(["https://a.example/watch?v=1&t=2s", "https://a.example/" + "x" * 3_000])
)
citations = st.builds(
    Citation,
    show=words,
    episode=long_words,
    position=st.floats(0, 1),
    number=st.one_of(st.none(), st.integers(0, 9_999)),
    chapter=st.one_of(st.none(), words),
    speaker=st.one_of(st.none(), words),
    start=st.one_of(st.none(), st.floats(0, 90_000)),
    approximate=st.booleans(),
    url=addresses,
    note=st.one_of(st.none(), words),
)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    text = draw(long_words)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=5)))
    marked = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    turns = tuple((cut, draw(words)) for cut in [0, *cuts]) if draw(st.booleans()) else ()
    return Quote(draw(words), text, draw(citations), None, marked, turns=turns)


fields = st.lists(st.tuples(words, long_words), max_size=5).map(tuple)
cards = st.one_of(
    st.builds(Card, st.just(Role.INFO), words, spans, fields),
    st.builds(Card, st.sampled_from([Role.MATCH, Role.NEAREST, Role.SUMMARY]), words, spans, fields, quotes()),
)
buttons = st.builds(Button, long_words, st.one_of(words, st.just("/quote " + "x" * 2_500)), addresses)
replies = st.builds(
    Reply,
    long_words,
    st.sampled_from(Outcome),
    st.just("quote"),
    st.lists(cards, max_size=8).map(lambda some: tuple(some * 8)),
    st.lists(buttons, max_size=10).map(lambda some: tuple(some * 4)),
    st.booleans(),
    long_words,
)


def walk(part: Any) -> list[dict[str, Any]]:
    """Return every object within blocks."""
    if isinstance(part, list):
        return [found for one in part for found in walk(one)]
    if isinstance(part, dict):
        return [part, *(found for one in part.values() for found in walk(one))]
    return []


def strings(part: Any) -> int:
    """Return how many characters stand in all texts of blocks."""
    if isinstance(part, list):
        return sum(map(strings, part))
    if isinstance(part, dict):
        return sum(map(strings, part.values()))
    return len(part) if isinstance(part, str) else 0


@given(reply=replies, share=st.booleans(), cited=st.booleans())
@example(reply=Reply("", Outcome.NONE), share=True, cited=True)
@example(reply=Reply("\x00", Outcome.NONE, aside=" "), share=False, cited=True)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_reply_can_go_over_a_limit_or_mention_anyone(reply: Reply, *, share: bool, cited: bool) -> None:
    drawn = message(reply, share=share, cited=cited)

    assert block_problems(drawn["blocks"]) == []
    assert 0 < len(drawn["blocks"]) <= limits.BLOCKS
    assert strings(drawn["blocks"]) <= limits.ALL_CHARACTERS
    assert 0 < len(drawn["text"]) <= limits.TEXT
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", drawn["text"])
    assert markup_notes({"blocks": [], "text": drawn["text"]}) == []
    kinds = {str(part.get("type")) for part in walk(drawn["blocks"])}
    assert kinds <= {
        "link",
        "rich_text", "rich_text_section", "rich_text_quote", "text", "citation", "context", "plain_text", "actions",
        "button", "section", "None",
    }  # fmt: skip
    names = [part["action_id"] for part in walk(drawn["blocks"]) if "action_id" in part]
    assert len(names) == len(set(names))
    assert (drawn["unfurl_links"], drawn["unfurl_media"], drawn["mrkdwn"]) == (False, False, False)
    assert view_problems(answer_view(reply, cited=cited)) == []


@given(st.lists(cards, min_size=1, max_size=3).map(tuple))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_quote_of_a_reply_is_shown_word_for_word_and_stands_in_the_text(shown: tuple[Card, ...]) -> None:
    whole = Reply("", Outcome.FOUND, cards=shown)
    drawn = message(whole)
    if any(block["type"] == "context" and "There is more" in str(block) for block in drawn["blocks"]):
        return
    said = [
        "".join(
            element["text"]
            for element in part["elements"]
            if "bold" in element.get("style", {}) or "style" not in element
        )
        for part in walk(drawn["blocks"])
        if part.get("type") == "rich_text_quote"
    ]
    quoted = [card.quote for card in shown if card.quote]
    assert len(said) == len(quoted)
    whole_text = drawn["text"]
    for drawn_words, quote in zip(said, quoted, strict=True):
        assert "".join(drawn_words.replace("…", " ").split()) == "".join(shown_of(quote.text).split())
        for _, spans in quote.turns_spans() if len(whole_text) < limits.TEXT else ():
            assert "".join(escape(shown_of(plain(spans))).split()) in "".join(whole_text.replace("…", " ").split())


def shown_of(text: str) -> str:
    """Return text as it may be shown; the ellipsis that a cut leaves does not count."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069…]", " ", text)


@given(st.text())
def test_escaped_text_reads_back_as_it_was(text: str) -> None:
    assert read_text(escape(text)) == re.sub("[\ud800-\udfff]", "\ufffd", text).strip()


@pytest.mark.parametrize("name", NAMES)
async def test_main_replies_look_as_reviewed(name: str, corpus: Corpus, search: Searcher, tmp_path: Path) -> None:
    reply = await main_reply(name, corpus, search, tmp_path)
    drawn = message(reply, share=reply.private)

    compare(FOLDER / "slack" / f"{name}.json", json.dumps(drawn, indent=1, ensure_ascii=False) + "\n")
    compare(FOLDER / "slack" / f"{name}.txt", as_text(drawn))
    assert block_problems(drawn["blocks"]) == []


def as_text(drawn: dict[str, Any]) -> str:
    """Return a message as a reviewer reads it: what is seen, with marks for looks, and what is read aloud."""
    looks = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}
    lines: list[str] = []
    for block in drawn["blocks"]:
        if block["type"] == "actions":
            lines.append("  ".join(f"[{b['text']['text']}] {b.get('url') or b['value']}" for b in block["elements"]))
        for part in block["elements"] if block["type"] in {"rich_text", "context"} else ():
            shown = part.get("text", "")
            for element in part.get("elements", ()):
                mark = "".join(looks[name] for name in element.get("style", ()))
                words = f"[{element['text']}]({element['url']})" if element["type"] == "citation" else element["text"]
                shown += f"{mark}{words}{mark}"
            lines.append("\n".join(f"> {line}" for line in shown.split("\n")) if "quote" in part["type"] else shown)
    return "\n".join(lines) + "\n\n==== text ====\n" + str(drawn["text"]) + "\n"


def test_a_screen_reader_gets_verdict_speaker_quote_and_source_in_that_order() -> None:
    quote = Quote("id-1", "the words", Citation("Show", "Ep", 0.5, 3, "Chapter", "Mark Zuckerberg", 250.0), None)
    drawn = message(Reply("≠ Altered.", Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote),), aside="And more"))

    assert drawn["text"] == ("≠ Altered.\n\nMark Zuckerberg: “the words”\n— Chapter · 4:10 · Show #3\n\nAnd more")
    assert [part["text"] for part in walk(drawn["blocks"]) if part.get("type") == "text"] == [
        "≠ Altered.", "the words", "Mark Zuckerberg", " · ", "Chapter · ", "4:10", " · Show #3",
    ]  # fmt: skip


async def test_a_changed_word_is_bold_where_it_was_said_and_struck_where_it_was_claimed(ask: Ask) -> None:
    drawn = message(await ask(LINES["verify-altered"]))

    styled = {
        part["text"]: part["style"] for part in walk(drawn["blocks"]) if part.get("type") == "text" and "style" in part
    }
    assert styled["an imperfect"] == {"bold": True}
    assert styled["a perfect"] == {"strike": True}
    assert styled["≠ Not quite."] == {"bold": True}


async def test_share_is_offered_only_where_one_member_sees_the_answer(ask: Ask) -> None:
    reply = await ask(LINES["quote"])
    shared = dataclasses.replace(reply, share="0" * 24)

    assert "Share" not in str(message(shared)["blocks"])
    assert "Share" in str(message(shared, share=True)["blocks"])
    assert "Share" not in str(message(reply, share=True)["blocks"])
    assert "Share" not in str(message(await ask("/help"), share=True)["blocks"])


def test_the_home_tab_and_modals_are_what_slack_takes() -> None:
    kept = [
        ChannelSettings(
            Channel("slack", f"C{number}", "T"), daily=number % 2 == 0, disabled="gone" if number == 3 else ""
        )
        for number in range(40)
    ]
    reply = Reply("x" * 5_000, Outcome.FOUND, aside="y")
    views = [
        ask_view(),
        waiting_view(),
        home_view(COMMAND_LINES, "lex-", {"Quote": reply, "Help": reply}, kept, admin=True),
        home_view(COMMAND_LINES, "", {}, [], admin=False),
        home_view(lines_of(()), "", {"Help": reply}, None, admin=False),
    ]

    assert [view_problems(view) for view in views if view["blocks"]] == [[]] * len(views)
    assert "/lex-settings daily on" in str(views[2])
    assert "settings daily on" not in str(views[3])


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(HOSTILE)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
KEYS = [
    "type", "event", "event_id", "user", "channel", "ts", "text", "actions", "action_id", "value", "view", "state",
    "values", "message", "container", "team", "id", "authorizations", "command", "user_id", "is_ephemeral",
]  # fmt: skip
payloads = st.recursive(
    json_values,
    lambda inner: st.one_of(st.dictionaries(st.sampled_from(KEYS), inner, max_size=6), st.lists(inner, max_size=2)),
    max_leaves=20,
).filter(lambda value: isinstance(value, dict))


@given(payloads)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_any_payload_is_read_or_let_be(body: dict[str, Any]) -> None:
    read = [
        read_event(body),
        read_action(body),
        read_shortcut(body, "verify"),
        read_view(body),
        read_slash(body, ""),
        inquiry_from(body),
    ]

    for asked in read:
        if asked is not None:
            assert inquiry_from(json.loads(json.dumps(asked.as_json()))) == asked


def test_a_question_is_kept_as_json_and_read_back() -> None:
    body = {
        "team_id": "T",
        "event_id": "Ev",
        "authorizations": [{"user_id": "UBOT", "is_bot": True}],
        "event": {
            "type": "message",
            "channel": "C",
            "channel_type": "channel",
            "user": "U",
            "ts": "1.0",
            "text": "hi <@UBOT> &lt;3 <#C1|general> <https://a.example|a> <!here> <@U2|ben>",
        },
    }

    asked = read_event(body)

    assert isinstance(asked, Inquiry)
    assert asked.line.split() == ["hi", "<3", "<#C1|general>", "a", "@here", "@ben"]
    assert asked.marks == ("C:1.0",)
    assert read_event(body | {"authorizations": []}) is None


NOW = 1_800_000_000


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=3))
def test_only_the_signed_bytes_pass(body: bytes, more: bytes) -> None:
    headers = {"X-Slack-Request-Timestamp": str(NOW), "X-Slack-Signature": signature("s", str(NOW), body)}

    assert is_signed("s", headers, body, NOW)
    assert is_signed("s", headers, body, NOW + 299)
    assert not is_signed("s", headers, body, NOW + 301)
    assert not is_signed("s", headers, body, NOW - 301)
    assert not is_signed("s", headers, body + more, NOW)
    assert not is_signed("t", headers, body, NOW)
    assert not is_signed("", headers, body, NOW)


@pytest.mark.parametrize("stamp", ["", "yesterday", "１８", "1" * 400, "-1", "1e9"])
def test_a_timestamp_is_digits(stamp: str) -> None:
    assert not is_signed("s", {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=ærlig"}, b"", NOW)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hooks.slack.com/commands/T/1/x", True),
        ("http://hooks.slack.com/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://user@evil.example/x", False),
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", False),
        ("https://[::bad/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_a_response_url_is_posted_to_only_on_listed_hosts(url: str, *, allowed: bool) -> None:
    assert Sender(None, frozenset({"hooks.slack.com", "127.0.0.1"})).may_answer_at(url) is allowed  # type: ignore[arg-type]


@given(st.text(), st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_what_is_locked_opens_with_its_name_alone(text: str, name: str) -> None:
    cipher = vault("secret")
    locked = cipher.seal(text, name)

    assert cipher.open(locked, name) == text
    assert cipher.open(locked, f"{name}x") is None
