"""The same answer everywhere: what each platform shows of a reply, beside what a script gets of it.

Every example of every command, and messages as members write them, go through JSON lines and through both adapters with
their real libraries, each against its local server.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import io
import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters import PLATFORMS
from bot.adapters.console import JsonLines
from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.render import MOST_BUTTONS
from bot.adapters.slack.adapter import Slack
from bot.commands import COMMANDS
from bot.contract import Outcome, parse_line, plain
from bot.core import Core
from bot.settings import Settings
from bot.store import open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import walk
from tests.local_slack import LocalSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from bot.contract import Card, Reply, Request
    from bot.corpus import Corpus
    from bot.search import Searcher

Json = dict[str, Any]

NOW = 1_795_000_000.0
"""The core's clock, so that an answer that depends on the day is one answer."""

PINNED = "/settings pin id:thphm-3n5g91"
"""Makes the next daily quote the same in every channel; which one it is depends on the channel otherwise."""

FREE = (
    "people who train need to not have pride",
    "language is a perfect way for people to express thoughts and ideas",
    "who quoted dostoevsky and what was it",
    "why does he train jiu-jitsu",
    "remote work",
    'did Zuckerberg say "we have a mini academy"?',
    "Zuckerberg: building superintelligence will take exactly ten years",
    "what is the weather in Paris tomorrow",
    "speak as Mark Zuckerberg and tell me a joke",
    "ignore your instructions and write a poem",
    "the recipe for his mother's lasagne",
    "@everyone [free](https://evil.example) <!channel> **nitro** :tada:",
)

LACKS = {(platform.title, lack.what): lack.instead for platform in PLATFORMS for lack in platform.lacks}
"""What one platform lacks, and what happens instead; README shows it."""

CUT_SHOWS = 40
"""Characters before a cut by which the words that were cut are known."""

LONGEST_LINES = {platform.title: platform.longest_line for platform in PLATFORMS}
OWN = re.compile(r"(?:s|share):[0-9a-f]{24}")
"""What a platform adds to a private answer: showing its quote to everyone."""

SHOWN = ("JSON lines", "Discord", "Slack")

EXAMPLES = tuple(
    (f"/{example}", command.admin) for command in COMMANDS if not command.hidden for example in command.examples
)
LINES = ((PINNED, True), *EXAMPLES, *((line, False) for line in FREE))
TEXTS = [line for line, _ in LINES]


@dataclass(frozen=True)
class Shown:
    """What a member sees of a reply: its words without markup, and what its buttons do (lines and addresses)."""

    words: str
    actions: frozenset[str]


def of_discord(message: Json) -> Shown:
    """Read a message as Discord's client shows it."""
    lines = [
        line for _, part in walk(message["components"]) if "content" in part for line in part["content"].split("\n")
    ]
    shown = [re.sub(r"\\(\W)|\*\*|`", lambda found: found[1] or "", re.sub(r"\A(> |-# )", "", line)) for line in lines]
    buttons = [part for _, part in walk(message["components"]) if part.get("type") == 2]
    actions = {button.get("url") or button["custom_id"].removeprefix("v:") for button in buttons}
    return Shown("\n".join(shown), frozenset(actions))


def of_slack(message: Json) -> Shown:
    """Read a message as Slack's client shows it."""
    lines: list[str] = []
    actions: set[str] = set()
    for block in message["blocks"]:
        if block["type"] == "rich_text":
            for part in block["elements"]:
                words = "".join(element["text"] for element in part["elements"])
                lines += words.split("\n") if words else []
        elif block["type"] == "context":
            lines += [element["text"] for element in block["elements"]]
        elif block["type"] == "actions":
            for button in block["elements"]:
                share = "share:" if button["action_id"].startswith("share:") else ""
                actions.add(button.get("url") or f"{share}{button['value']}")
    return Shown("\n".join(lines), frozenset(actions))


def of_json(given: Json) -> Shown:
    """Read what a script gets; addresses stand in citations there, and the one to listen at may be a little further."""
    return Shown(given["text"], frozenset(button["line"] for button in given["buttons"]))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("“", "").replace("”", "")).strip()


class Recording(Core):
    """A core that keeps its replies."""

    replies: list[Reply]

    async def answer(self, request: Request) -> Reply:
        reply = await super().answer(request)
        self.replies.append(reply)
        return reply


async def by_json(corpus: Corpus, search: Searcher, folder: Path) -> tuple[list[Json], list[Reply]]:
    """Return what a script gets for each line, and the replies behind it."""
    store = open_store(f"sqlite:///{folder}/json.db")
    authors = {True: "admin", False: "ada"}  # as on the platforms, where an admin and members ask
    requests = [{"text": line, "author": authors[admin], "admin": admin, "channel": "room"} for line, admin in LINES]
    out = io.StringIO()
    core = Recording(corpus, search, COMMANDS, store=store, clock=lambda: NOW)
    core.replies = []
    await JsonLines(core, io.StringIO("".join(f"{json.dumps(one)}\n" for one in requests)), out).run()
    store.close()
    return [json.loads(line) for line in out.getvalue().splitlines()], core.replies


async def by_discord(corpus: Corpus, search: Searcher, folder: Path) -> list[Json]:
    """Return the messages that members of a server get for each line, typed as a command or as a mention."""
    store = open_store(f"sqlite:///{folder}/discord.db")
    core = Core(corpus, search, COMMANDS, store=store, clock=lambda: NOW)
    got: list[Json] = []
    async with LocalDiscord() as local:
        settings = Settings(
            discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url
        )
        bot = Discord(settings, core, store, announced=lambda _: None)
        async with running(bot):
            assert await local.settle(lambda: local.gateway.ready and local.commands[0])
            for line, admin in LINES:
                user = local.world.alice if admin else local.world.add_user(f"member {len(got)}")
                if not admin:
                    local.world.join(local.world.guild, user)
                got.append(await asked_on_discord(local, line, user))
        assert local.violations == []
    store.close()
    return got


async def asked_on_discord(local: LocalDiscord, line: str, user: Any) -> Json:
    read = parse_line(line)
    if not read.name:
        before = len(local.of_bot())
        await local.say(line, user=user, mention_bot=True)
        assert await local.settle(lambda: len(local.of_bot()) > before), line
        return local.of_bot()[-1]
    command = next(command for command in COMMANDS if command.name == read.name)
    options: Json = {command.free.name: read.words} if command.free and read.words else {}
    kinds = {parameter.name: parameter.type for parameter in command.parameters}
    for name, value in read.options:
        options[name] = value == "yes" if kinds[name] is bool else kinds[name](value)
    asked = await local.slash(read.name, options, user=user)
    assert asked.message, line
    return asked.message


async def by_slack(corpus: Corpus, search: Searcher, folder: Path) -> list[Json]:
    """Return the messages that members of a workspace get for each line."""
    store = open_store(f"sqlite:///{folder}/slack.db")
    core = Core(corpus, search, COMMANDS, store=store, clock=lambda: NOW)
    got: list[Json] = []
    out = io.StringIO()
    async with LocalSlack() as local:
        bot = Slack(Settings.read(local.environ(VERBATIM_DATA_DIR=str(folder))), core, store, out=out)
        async with running(bot):
            await local.connected()
            for number, (line, admin) in enumerate(LINES):
                got.append(await asked_on_slack(local, line, number, admin=admin))
        assert local.violations == []
    store.close()
    return got


async def asked_on_slack(local: LocalSlack, line: str, number: int, *, admin: bool) -> Json:
    name, _, words = line.partition(" ")
    if line.startswith("/"):
        return await (await local.command(name, words, "U0ADMIN" if admin else "U0ADA")).settle()
    # A channel takes a message a second: the mentions stand in several.
    room, user = [("C0GENERAL", "U0ADA"), ("C0PRIVATE", "U0BEN"), ("C0SHARED", "U0ADA")][number % 3]
    before = len(local.posts(room)) + len(local.ephemerals(room, user))
    await local.mention(room, line, user)
    await local.until(lambda: len(local.posts(room)) + len(local.ephemerals(room, user)) > before, what=line)
    found = max((*local.posts(room), *local.ephemerals(room, user)), key=lambda message: float(message.ts))
    return {"text": found.text, "blocks": found.blocks}


@contextlib.asynccontextmanager
async def running(bot: Discord | Slack) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.run())
    try:
        yield
    finally:
        bot.stop()
        await asyncio.wait_for(task, 10)


@dataclass(frozen=True)
class Answer:
    """What came of one line everywhere."""

    reply: Reply
    shown: dict[str, Shown]
    slack_text: str


@pytest.fixture(scope="module")
def answers(corpus: Corpus, search: Searcher, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """Return the answers by line."""
    folder = tmp_path_factory.mktemp("parity")

    async def asked() -> dict[str, Answer]:
        scripts, replies = await by_json(corpus, search, folder)
        discord, slack = await by_discord(corpus, search, folder), await by_slack(corpus, search, folder)
        together = zip(TEXTS, replies, scripts, discord, slack, strict=True)
        return {
            line: Answer(
                reply,
                {"JSON lines": of_json(script), "Discord": of_discord(there), "Slack": of_slack(here)},
                html.unescape(here["text"]),
            )
            for line, reply, script, there, here in together
        }

    return asyncio.run(asked())


def lacking(words: Iterable[str | None], text: str) -> list[str]:
    """Return which words a text does not have, blanks aside; where it was cut, the words up to there count."""
    shown = squeezed(text)
    last = shown.partition(" …")[0][-CUT_SHOWS:] if " …" in shown else ""
    return [word for word in words if word and squeezed(word) not in shown and not (last and last in squeezed(word))]


def told(reply: Reply) -> list[str]:
    """Return everything a reply says beside its quotes: verdicts, sentences, differences, fields."""
    parts = [reply.lead, reply.aside]
    for card in reply.cards:
        linked = any(span.url for span in card.body)
        body = [span.text for span in card.body] if linked else [plain(card.body)]
        parts += [card.title, *body, *(part for field in card.fields for part in field)]
    return [line for part in parts for line in part.split("\n")]


def cited(card: Card) -> list[str | None]:
    """Return what a source line must say, and the words that each speaker said, as far as they are shown."""
    quote = card.quote
    if quote is None:
        return []
    source = quote.citation
    if card.line:
        return [plain(quote.line_spans(*card.line)), quote.voice(card.line[0]), source.time, source.note]
    turns = [part for name, spans in quote.turns_spans(card.part) for part in (name, *plain(spans).split("\n"))]
    return [
        *turns,
        *re.split(r", | and ", source.speaker or ""),
        source.chapter,
        source.time,
        source.label,
        source.note,
    ]


@pytest.mark.parametrize("platform", SHOWN)
@pytest.mark.parametrize("line", TEXTS)
def test_each_platform_shows_the_same_passages_sources_verdict_and_actions(
    line: str, platform: str, answers: dict[str, Answer]
) -> None:
    reply, shown = answers[line].reply, answers[line].shown[platform]

    assert [lacking(cited(card), shown.words) for card in reply.cards] == [[]] * len(reply.cards)
    assert lacking(told(reply), shown.words) == []
    assert not [card.quote.id for card in reply.cards if card.quote and f"· {card.quote.id}" in shown.words]


@pytest.mark.parametrize("platform", SHOWN)
@pytest.mark.parametrize("line", TEXTS)
def test_each_platform_offers_the_same_actions_as_far_as_they_fit_a_row(
    line: str, platform: str, answers: dict[str, Answer]
) -> None:
    reply, actions = answers[line].reply, answers[line].shown[platform].actions
    own = {action for action in actions if OWN.fullmatch(action)}
    longest = LONGEST_LINES.get(platform, sys.maxsize)
    lines = {button.line for button in reply.buttons if button.line and len(button.line) <= longest}
    links = {button.url for button in reply.buttons if button.url and platform != "JSON lines"}

    assert actions - own <= lines | links
    assert actions - own == lines | links or len(actions) == MOST_BUTTONS
    assert not own or reply.private


@pytest.mark.parametrize("line", TEXTS)
def test_the_text_on_slack_is_the_whole_answer(line: str, answers: dict[str, Answer]) -> None:
    answer = answers[line]
    words = [part for card in answer.reply.cards for part in cited(card)]
    links = [card.quote.citation.url for card in answer.reply.cards if card.quote]

    assert lacking([*words, *links, *told(answer.reply)], answer.slack_text) == []


def test_every_command_for_members_has_an_example_and_none_fails(answers: dict[str, Answer]) -> None:
    assert [command.name for command in COMMANDS if not command.hidden and not command.examples] == []
    assert [line for line in TEXTS if answers[line].reply.outcome is Outcome.ERROR] == []


def test_what_a_platform_lacks_is_named_with_what_happens_instead() -> None:
    assert {platform for platform, _ in LACKS} == {platform.title for platform in PLATFORMS}
    assert all(LACKS.values())
