"""What Discord is shown: snapshots of the main replies, and rules that hold for every reply."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.adapters.discord.declare import application_commands
from bot.adapters.discord.inbound import choices, focused_option, message_words, modal_text, options
from bot.adapters.discord.limits import LONGEST_CUSTOM_ID, LONGEST_MESSAGE, MOST_COMPONENTS, units
from bot.adapters.discord.markup import escape, fit, markdown
from bot.adapters.discord.render import ALTERED, FOUND, MOST_BUTTONS, NOT_FOUND, PRESSED, post_key, render
from bot.adapters.discord.views import as_modal, as_view, custom_ids
from bot.commands import COMMANDS, Suggestion
from bot.contract import Button, Card, Citation, Outcome, Quote, Reply, Role, Span, Style, plain
from tests.local_discord.limits import command_problems, message_problems, modal_problems, walk
from tests.local_discord.schema import body_of, schema_problems
from tests.snapshots import DAILY, FOLDER, NAMES, compare, main_reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

KEY = "0123456789abcdef01234567"
V2 = 1 << 15

NASTY = [
    "[a](https://evil.example) [b](https://evil.example)", "# heading", "## h", "- list", "* list", "+ list", "1. one",
    "2) two", "> quote", ">>> all", "-# small", "||spoiler||", "`code`", "```block```", "<t:1:R>", "<@123>", "<@&1>",
    "<#123>", "</help:1>", "<:e:1>", "<a:e:1>", "<id:customize>", "@everyone", "@here", "https://evil.example/x",
    "discord://x", "http://a.b", ":smile:", ":100:", "1:57:37", "**b**", "__u__", "_i_", "~~s~~", "\\", "\\*", "`", "*",
    "\n", "\r\n", "\n\n", " ", "“so”", "don't", "word", "\u202e", "\x00", "\ud800", "😀", "ß", "100 %", "a_b", "::",
    ":",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=12).map("".join)
long_texts = st.one_of(texts, st.builds(lambda text, n: text * n, texts, st.sampled_from([1, 40, 400])))
spans = st.lists(st.builds(Span, long_texts, st.sampled_from(Style)), max_size=4).map(tuple)
maybe = st.one_of(st.none(), texts)
citations = st.builds(
    Citation,
    show=texts,
    episode=long_texts,
    position=st.floats(0, 1),
    number=st.one_of(st.none(), st.integers(0, 9999)),
    chapter=maybe,
    speaker=maybe,
    start=st.one_of(st.none(), st.floats(0, 90_000)),
    approximate=st.booleans(),
    note=maybe,
    url=st.one_of(st.none(), st.just("https://a.example/watch?v=1&t=2s"), texts),
)


@st.composite
def quotes(draw: st.DrawFn, words: st.SearchStrategy[str] = long_texts) -> Quote:
    text = draw(words)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    marked = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    names = draw(st.lists(st.sampled_from(["Lex Fridman", "*Star*", "A\nB", "@everyone"]), max_size=3))
    turns = ((0, "Somebody"), *zip(cuts[1:], names, strict=False)) if names else ()
    return Quote(draw(texts), text, draw(citations), None, marked, turns=turns)


cards = st.one_of(
    st.builds(Card, st.just(Role.INFO), texts, spans, st.lists(st.tuples(texts, long_texts), max_size=8).map(tuple)),
    st.builds(Card, st.sampled_from([Role.MATCH, Role.NEAREST, Role.SUMMARY]), texts, spans, st.just(()), quotes()),
)
urls = st.one_of(
    st.none(), st.just("https://a.example/watch?v=1&t=2s"), texts, st.just("https://a.example/" + "x" * 600)
)
lines = st.one_of(texts, st.sampled_from(["/show a-1 at:2", "/help", "/quote " + "x" * 200, "/topic " + "y" * 80]))
replies = st.builds(
    Reply,
    long_texts,
    st.sampled_from(Outcome),
    st.just("quote"),
    st.lists(cards, max_size=14).map(tuple),
    st.lists(st.builds(Button, long_texts, lines, urls), max_size=14).map(tuple),
    st.booleans(),
    long_texts,
)


def read(markdown: str) -> str:
    """Return what Discord's client shows of text without live markup: backslashes before signs are gone."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


def contents(components: list[dict[str, Any]]) -> list[str]:
    return [part["content"] for _, part in walk(components) if "content" in part]


def as_text(components: list[dict[str, Any]]) -> str:
    """Return a message as a reviewer reads it: its texts, then each row of buttons on a line."""
    drawn: list[str] = []
    for part in components[0]["components"]:
        if "content" in part:
            drawn.append(part["content"])
        elif part["type"] == 1:
            drawn.append("  ".join(f"[{b['label']}] {b.get('custom_id') or b['url']}" for b in part["components"]))
        else:
            drawn.append("---")
    return "\n\n".join(drawn) + "\n"


def body(components: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "components": components,
        "flags": V2,
        "nonce": KEY,
        "enforce_nonce": True,
        "allowed_mentions": {"parse": []},
    }


@pytest.mark.parametrize("name", NAMES)
async def test_main_replies_look_as_reviewed(name: str, corpus: Corpus, search: Searcher, tmp_path: Path) -> None:
    reply = await main_reply(name, corpus, search, tmp_path)
    components = render(reply, share=reply.private, key=KEY if name == DAILY else "")

    compare(FOLDER / "discord" / f"{name}.json", json.dumps(components, indent=2, ensure_ascii=False) + "\n")
    compare(FOLDER / "discord" / f"{name}.txt", as_text(components))
    assert message_problems(body(components)) == []
    pressed = [part["custom_id"] for _, part in walk(components) if "custom_id" in part]
    assert (KEY in map(post_key, pressed)) is (name == DAILY)


@given(replies, st.booleans(), st.sampled_from(["", KEY]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_reply_goes_over_a_limit(reply: Reply, share: bool, key: str) -> None:  # noqa: FBT001 - Hypothesis gives it
    components = render(reply, share=share, key=key)
    parts = [part for _, part in walk(components)]
    pressed = [part["custom_id"] for part in parts if "custom_id" in part]

    assert sum(map(units, contents(components))) <= LONGEST_MESSAGE
    assert all(text.strip() for text in contents(components))
    assert len(parts) <= MOST_COMPONENTS
    assert all(units(custom_id) <= LONGEST_CUSTOM_ID and PRESSED.fullmatch(custom_id) for custom_id in pressed)
    assert len(set(pressed)) == len(pressed)
    assert sum(part["type"] == 2 for part in parts) <= MOST_BUTTONS
    assert not key or key in map(post_key, pressed)
    assert message_problems(body(components)) == []
    assert schema_problems(body_of("post", "/channels/{channel_id}/messages"), body(components)) == []
    json.dumps(components, ensure_ascii=False).encode()


@given(texts)
@example("[a](https://x.example) [b](https://x.example)")
@example("1. one\n 2) two\n  - three\n-# four")
@example("https://x.example :smile: 1:57:37 <t:1:R> @everyone")
@settings(max_examples=400, deadline=None)
def test_escaped_text_shows_character_for_character_and_nothing_in_it_lives(text: str) -> None:
    expected = re.sub(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
        "\ufffd",
        re.sub("\r\n?", "\n", text),
    )
    escaped = escape(text)
    live = re.sub(r"\\[^0-9A-Za-z\s]", "§", escaped)

    assert read(escaped) == expected
    assert not re.search(r"[\\*_~|`\[\]<>@]", live)
    assert not re.search(r":[\w+-]*[A-Za-z_][\w+-]*:|:100:|://", live)
    assert not re.search(r"^[^\S\n]*([-+#]|\d+[.)])", live, re.MULTILINE)


short = texts.filter(lambda text: len(text) < 120)
small_cards = st.builds(
    Card, st.sampled_from([Role.MATCH, Role.NEAREST, Role.SUMMARY]), short, st.just(()), st.just(()), quotes(short)
)
small_replies = st.builds(
    Reply, short, st.just(Outcome.FOUND), st.just("quote"), st.lists(small_cards, max_size=3).map(tuple)
)


@given(small_replies)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_quote_of_a_reply_is_shown_word_for_word(reply: Reply) -> None:
    drawn = contents(render(reply))
    blocks = ["\n".join(line[2:] for line in text.split("\n") if line.startswith("> ")) for text in drawn]
    said = [re.sub(r"\\([^0-9A-Za-z\s])|\*\*", lambda found: found[1] or "", block) for block in blocks if block]
    quoted = [card.quote for card in reply.cards if card.quote]
    spoken = [
        "".join(f"{name}: {plain(spans)}" if name else plain(spans) for name, spans in quote.turns_spans())
        for quote in quoted
    ]

    assert ["".join(words.split()) for words in said if words.strip()] == [
        "".join(read(escape(words)).split()) for words in spoken if words.strip()
    ]


LINKED = re.compile(r"\[((?:\\.|[^\[\]\\\n])*)\]\(<https?://[^\s<>\\]+>\)")
"""A masked link as we draw it."""

HALF_MARKED = Quote(
    "id-1", "see https://x.example, :smile: 1. one", Citation("Show", "Ep", 0.5), None, ((0, 10), (24, 28))
)


@given(replies, st.booleans(), st.sampled_from(["", KEY]))
@example(Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, quote=HALF_MARKED),)), False, "")  # noqa: FBT003 - as given
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_in_a_message_lives_but_what_the_drawing_put_there(
    reply: Reply,
    share: bool,  # noqa: FBT001 - Hypothesis gives it
    key: str,
) -> None:
    for text in contents(render(reply, share=share, key=key)):
        bare = re.sub(r"^(> |-# )", "", text, flags=re.MULTILINE)
        bare = LINKED.sub(r"\1", bare)
        live = re.sub(r"(\\[^0-9A-Za-z\s]|`[^`\n]+`)|\*\*", lambda found: "§" if found[1] else "", bare)

        assert not re.search(r"[\\*_~|`\[\]<>@]", live)
        assert not re.search(r":[\w+-]*[A-Za-z_][\w+-]*:|:100:|://", live)
        assert not re.search(r"^[^\S\n]*([-+#]|\d+[.)])", live, re.MULTILINE)


@given(spans, st.integers(20, 400))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_cut_text_keeps_to_its_room_and_closes_what_it_opened(runs: tuple[Span, ...], most: int) -> None:
    shown = fit(runs, most)

    assert units(shown) <= most
    assert len(re.findall(r"\*\*", re.sub(r"\\.|`[^`\n]*`", "", shown))) % 2 == 0


def test_neighbouring_marks_are_one_run_of_bold() -> None:
    runs = (Span("said: ", Style.STRONG), Span("an", Style.MARK), Span(" imperfect", Style.MARK), Span(" way"))

    assert markdown(runs) == "**said: an imperfect** way"


def test_a_screen_reader_gets_verdict_speaker_quote_and_source_in_that_order() -> None:
    quote = Quote(
        "id-1",
        "the words",
        Citation("Show", "Ep", 0.5, 3, "Chapter", "Mark Zuckerberg", 250.0, url="https://a.example/3?t=250"),
        None,
    )
    card = Card(Role.MATCH, title="≠ Altered.", quote=quote)
    (text,) = contents(render(Reply("", Outcome.FOUND, cards=(card,))))

    assert text.split("\n") == [
        "**≠ Altered.**",
        "**Mark Zuckerberg**",
        "> the words",
        "-# Chapter · [▶ 4:10](<https://a.example/3?t=250>) · Show #3",
    ]


@pytest.mark.parametrize(
    ("outcome", "verdict", "accent"),
    [
        (Outcome.FOUND, None, FOUND),
        (Outcome.FOUND, "exact", FOUND),
        (Outcome.FOUND, "altered", ALTERED),
        (Outcome.FOUND, "other-speaker", ALTERED),
        (Outcome.NEAREST, "not-found", NOT_FOUND),
        (Outcome.DECLINED, None, NOT_FOUND),
    ],
)
def test_the_colour_of_a_message_tells_how_the_answer_ended(outcome: Outcome, verdict: str | None, accent: int) -> None:
    quote = Quote("id-1", "words", Citation("Show", "Ep", 0.5), None, verdict=verdict)
    role = Role.MATCH if outcome is Outcome.FOUND else Role.NEAREST

    assert render(Reply("", outcome, cards=(Card(role, quote=quote),)))[0]["accent_color"] == accent
    assert "accent_color" not in render(Reply("Hello.", Outcome.FOUND))[0]


def test_passages_on_one_line_have_their_own_link_and_no_block() -> None:
    quote = Quote("id-1", "one [two] three", Citation("Show", "Ep", 0.5, start=7.0, url="https://a.example/1"), None)
    card = Card(Role.RUNNER_UP, title="Also:", quote=quote, line=(4, 15))

    assert contents(render(Reply("", Outcome.FOUND, cards=(card,)))) == [
        r"**Also:** “…\[two\] three” — [0:07](<https://a.example/1>)"
    ]


def test_every_view_is_the_drawn_message_and_is_not_kept_by_the_library() -> None:
    reply = Reply(
        "Lead", Outcome.FOUND, buttons=(Button("Go", "/help"), Button("Open", url="https://a.example/x")), aside="Aside"
    )
    components = render(reply)
    to_components: Callable[[], list[dict[str, Any]]] = as_view(components).to_components
    (made,) = to_components()

    assert [part["type"] for _, part in walk([made])] == [part["type"] for _, part in walk(components)]
    assert contents([made]) == contents(components)
    assert [b.get("custom_id") or b.get("url") for b in made["components"][-1]["components"]] == [
        "v:/help",
        "https://a.example/x",
    ]
    assert list(custom_ids(())) == []


async def test_views_and_modals_have_ended_before_they_are_sent() -> None:
    modal = as_modal("m:/ask", "/ask" + "x" * 80, "Your question " * 9)

    assert as_view(render(Reply("Lead", Outcome.FOUND))).is_finished()
    assert modal.is_finished()
    assert modal_problems(modal.to_dict()) == []


def test_a_share_button_sends_the_key_of_what_is_to_be_shared_and_stands_only_where_there_is_one() -> None:
    quote = Quote("id-1", "words", Citation("Show", "Ep", 0.5), None)
    match = render(Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote),), share="0f" * 12), share=True)
    nearest = render(Reply("", Outcome.NEAREST, cards=(Card(Role.NEAREST, quote=quote),)), share=True)

    assert [part["custom_id"] for _, part in walk(match) if "custom_id" in part] == ["s:" + "0f" * 12]
    assert [part for _, part in walk(nearest) if "custom_id" in part] == []


def test_commands_are_what_discord_accepts_and_hidden_ones_are_not_registered() -> None:
    payload = application_commands(COMMANDS)

    assert command_problems(payload) == []
    assert schema_problems(body_of("put", "/applications/{application_id}/commands"), payload) == []
    assert [command["name"] for command in payload if command["type"] == 1] == [
        command.name for command in COMMANDS if not command.hidden
    ]
    assert [command["name"] for command in payload if command["type"] == 3] == [
        "Find in transcripts",
        "Verify this quote",
    ]
    assert [command["name"] for command in payload if command["type"] == 2] == ["Ask the show"]


def test_admin_commands_are_for_servers_and_their_managers() -> None:
    by_name = {command["name"]: command for command in application_commands(COMMANDS)}

    for declared in COMMANDS:
        if declared.name in by_name:
            made = by_name[declared.name]
            assert made["contexts"] == ([0] if declared.admin else [0, 1, 2])
            assert made.get("default_member_permissions") == (1 << 5 if declared.admin else None)


def test_options_become_texts_by_name() -> None:
    given_options = [{"name": "words", "value": "a b"}, {"name": "at", "value": 2}, {"name": "on", "value": True}]

    assert options({"options": given_options}) == (("words", "a b"), ("at", "2"), ("on", "yes"))
    assert options({}) == ()
    assert focused_option({"options": [{"name": "name", "value": "ji", "focused": True}]}) == ("name", "ji")


def test_a_suggestion_is_shown_by_its_label_and_chosen_by_its_value() -> None:
    titled, long = Suggestion("383", "#383 " + "Zuckerberg " * 20), Suggestion("x" * 101)

    made = choices([titled, long, Suggestion(""), *(Suggestion(str(number)) for number in range(30))])

    assert (made[0].value, made[0].name[:15], len(made[0].name)) == ("383", "#383 Zuckerberg", 100)
    assert (made[1].value, made[1].name) == ("0", "0")
    assert len(made) == 25


def test_a_message_of_ours_is_read_back_without_its_markup() -> None:
    quote = Quote("id-1", "a *star* [x](y)", Citation("Show", "Ep", 0.5), None, ((2, 8),))
    components = render(Reply("Lead", Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote),)))

    assert "a *star* [x](y)" in message_words({"content": "", "components": components})
    assert message_words({"content": " hello "}) == "hello"
    assert message_words({"embeds": [{"description": "said"}]}) == "said"
    assert message_words({"embeds": [{"title": "named"}, {"description": "said"}]}) == "said"
    assert message_words({"embeds": [{"title": "named"}]}) == "named"
    assert message_words({"message_snapshots": [{"message": {"content": "passed on"}}]}) == "passed on"
    assert message_words({"message_snapshots": [{}, {"message": None}]}) == ""
    assert message_words({}) == ""


def test_a_modal_is_read_in_both_of_its_forms() -> None:
    assert modal_text({"components": [{"type": 18, "component": {"type": 4, "value": "new"}}]}) == "new"
    assert modal_text({"components": [{"type": 1, "components": [{"type": 4, "value": "old"}]}]}) == "old"
    assert modal_text({}) == ""
