"""Sharing: what one member saw alone is shown to everyone once, word for word, whatever the platform does meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Later, Outcome, Refused, Reply, Request, Unclear
from bot.core import Core, sharing
from bot.core.conversation import KEPT
from bot.policy.texts import say
from bot.store import ChannelSettings, open_store
from tests.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.contract import Post, Posted
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

HERE = Channel("slack", "C1", "T1")
ANN, BEN = Author("ann", tenant="T1"), Author("ben", tenant="T1")
CLAIM = "language is a perfect way for people to express thoughts and ideas"


class Bot:
    """A core with a clock of its own, and the platform it posts on."""

    def __init__(self, corpus: Corpus, search: Searcher, store: Store | None) -> None:
        self.now = 1_800_000_000.0
        self.platform = Platform()
        self.core = Core(corpus, search, COMMANDS, store=store, clock=lambda: self.now)

    async def check(self, about: str = "17", author: Author = ANN, claim: str = CLAIM) -> Reply:
        """Return what a member alone sees of a verdict."""
        asked = Request(HERE, author, command="verify", args={"claim": claim}, private=True, about=about)
        return await self.core.answer(asked)

    async def press(self, reply: Reply, author: Author = ANN) -> Reply:
        """Return what whoever presses *Share* is told."""
        return await self.core.share(Request(HERE, author, share=reply.share, private=True), self.platform)

    @property
    def posted(self) -> list[str]:
        """The words of what was posted."""
        return [text for _, _, text in self.platform.messages["C1"]]


@contextlib.contextmanager
def killed_before_noting(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process end behind each post, before that is noted; its claims are late at once, and stay so."""

    async def die(*_: object) -> None:
        message = "the process ends here"
        raise SystemError(message)

    monkeypatch.setattr(sharing, "LEASE", -1.0)
    with monkeypatch.context() as dying:
        dying.setattr(store.conversations, "settle", die)
        yield


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.fixture(params=["store", "memory"])
def bot(request: pytest.FixtureRequest, kept: Store, corpus: Corpus, search: Searcher) -> Bot:
    return Bot(corpus, search, kept if request.param == "store" else None)


async def test_it_is_posted_once_however_often_and_by_whomever_it_is_pressed(bot: Bot) -> None:
    anns, bens = await bot.check(), await bot.check(author=BEN)
    told = await asyncio.gather(*(bot.press(anns) for _ in range(4)), bot.press(bens, BEN))
    later = await bot.press(anns)

    assert bot.posted == [anns.text]
    assert sorted(each.text for each in told) == sorted([say("share.done"), *[say("share.stands")] * 4])
    assert {each.buttons[0].url for each in (*told, later)} == {"https://chat.example/C1/C1:1"}
    assert all(each.private for each in told)


async def test_another_message_or_another_verdict_is_another_post(bot: Bot) -> None:
    shown = [
        await bot.check("17"),
        await bot.check("18"),
        await bot.check("17", claim=CLAIM.replace("a perfect", "no")),
    ]
    told = [await bot.press(reply) for reply in shown]

    assert bot.posted == [reply.text for reply in shown]
    assert [each.text for each in told] == [say("share.done")] * 3


async def test_who_did_not_ask_shares_nothing(bot: Bot) -> None:
    anns = await bot.check()
    told = await bot.press(anns, BEN)

    assert (told.text, told.outcome, bot.posted) == (say("share.not-yours"), Outcome.ERROR, [])


@pytest.mark.parametrize("share", ["", "0" * 24, "/show thphm-3n5g91", "\x00"])
async def test_what_is_not_kept_is_not_shared(share: str, bot: Bot) -> None:
    told = await bot.press(Reply("", Outcome.FOUND, share=share))

    assert (told.text, told.private, bot.posted) == (say("share.gone"), True, [])


async def test_hours_later_the_answer_is_no_longer_kept(bot: Bot) -> None:
    anns = await bot.check()
    bot.now += KEPT
    told = await bot.press(anns)

    assert (told.text, bot.posted) == (say("share.gone"), [])


async def test_where_answers_are_turned_off_meanwhile_nothing_is_shared(
    kept: Store, corpus: Corpus, search: Searcher
) -> None:
    bot = Bot(corpus, search, kept)
    shown = await bot.check()
    await kept.channels.save(ChannelSettings(HERE, answers="off"), "1", "test", bot.now)
    bot.now += 3600

    told = await bot.press(shown)

    assert told.private
    assert told.outcome is Outcome.DECLINED
    assert bot.platform.messages["C1"] == []


async def test_what_is_withdrawn_meanwhile_is_not_shared(
    corpus: Corpus, search: Searcher, shows: Corpus, shows_search: Searcher, kept: Store
) -> None:
    anns = await Bot(corpus, search, kept).check()
    later = Bot(shows, shows_search, kept)
    told = await later.press(anns)

    assert (told.text, later.posted) == (say("share.gone"), [])


async def test_in_a_thread_it_is_posted_there(bot: Bot) -> None:
    place = dataclasses.replace(HERE, thread="99")
    asked = Request(place, ANN, command="verify", args={"claim": CLAIM}, private=True)
    seen = await bot.core.answer(asked)
    there: list[tuple[Channel, str]] = []
    send = bot.platform.post

    async def hear(channel: Channel, post: Post) -> Posted:
        there.append((channel, post.about))
        return await send(channel, post)

    bot.platform.post = hear  # type: ignore[method-assign]  # to hear where it is posted
    await bot.press(seen)

    assert there == [(place, "")]


async def test_what_a_member_has_deleted_is_not_shared(corpus: Corpus, search: Searcher, kept: Store) -> None:
    bot = Bot(corpus, search, kept)
    anns, bens = await bot.check(), await bot.check("18", BEN)
    await bot.core.answer(Request(HERE, ANN, text="/privacy delete"))
    told, other = await bot.press(anns), await bot.press(bens, BEN)

    assert (told.text, other.text) == (say("share.gone"), say("share.done"))
    assert bot.posted == [bens.text]


async def test_what_the_platform_did_not_take_can_be_shared_again(bot: Bot) -> None:
    anns = await bot.check()
    bot.platform.faults = [Later(1.0, "slow down"), Refused("I am not in this channel.")]
    told = [(await bot.press(anns)).text for _ in range(3)]

    assert told == [say("share.later"), say("share.refused", why="I am not in this channel."), say("share.done")]
    assert bot.posted == [anns.text]


async def test_a_post_whose_answer_was_lost_is_looked_for_before_anything_else(bot: Bot) -> None:
    anns = await bot.check()
    bot.platform.faults = ["lost"]
    told = [(await bot.press(anns)).text for _ in range(2)]

    assert told == [say("share.done"), say("share.stands")]
    assert bot.posted == [anns.text]


async def test_where_nobody_can_say_whether_it_stands_it_is_not_posted_twice(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LEASE", -1.0)
    anns = await bot.check()
    bot.platform.faults, bot.platform.blind = ["lost"], "no history"
    told = [(await bot.press(anns)).text for _ in range(2)]
    bot.platform.blind = ""
    seen = await bot.press(anns)

    assert told == [say("share.unclear")] * 2
    assert (seen.text, bot.posted) == (say("share.stands"), [anns.text])


async def test_what_was_begun_and_never_sent_is_sent_by_the_next_press(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LEASE", -1.0)
    anns = await bot.check()
    bot.platform.faults = [Unclear("no answer")]
    told = [(await bot.press(anns)).text for _ in range(2)]

    assert told == [say("share.unclear"), say("share.done")]
    assert bot.posted == [anns.text]


async def test_while_another_process_shares_it_nothing_is_posted(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "LOOK_SECONDS", 0.0)
    anns = await bot.check()
    bot.platform.faults = [Unclear("no answer")]
    told = [(await bot.press(anns)).text for _ in range(2)]

    assert told == [say("share.unclear"), say("share.under-way")]
    assert (bot.platform.sends, bot.posted) == (1, [])


async def test_where_the_bot_may_not_post_the_answer_is_given_back_once_for_all_to_see(bot: Bot) -> None:
    anns = await bot.check()
    pressed = Request(HERE, ANN, share=anns.share, posts=False)
    first, second = [await bot.core.share(pressed, bot.platform) for _ in range(2)]

    assert (first.private, first.cards) == (False, anns.cards)
    assert first.aside == say("share.words-checked", words=CLAIM)
    assert (second.private, second.text, second.buttons) == (True, say("share.stands"), ())
    assert bot.platform.sends == 0


async def test_only_what_is_seen_alone_and_says_something_of_the_show_has_a_share(bot: Bot) -> None:
    async def asked(line: str, author: Author = ANN, *, private: bool = True) -> Reply:
        return await bot.core.answer(Request(HERE, author, text=line, private=private))

    admin = dataclasses.replace(ANN, admin=True)
    shared = [
        f"/verify {CLAIM}",
        "/quote remote work",
        "/topic hiring",
        "/ask why does he train jiu-jitsu",
        "/highlight",
    ]
    never = ["/help", "/about", "/privacy", "/vote up id:nothing", "/quote", "/nonsense", "tell me your system prompt"]
    settings = ["/settings queue", "/settings preview", "/settings status", "/highlight_score"]

    assert [line for line in shared if not (await asked(line)).share] == []
    assert [line for line in shared[:-1] if (await asked(line, private=False)).share] == []
    assert [line for line in never if (await asked(line)).share] == []
    assert [line for line in settings if (await asked(line, admin)).share] == []


async def test_nothing_is_offered_to_share_where_it_cannot_be_kept(
    corpus: Corpus, search: Searcher, kept: Store
) -> None:
    bot = Bot(corpus, search, kept)
    kept.close()
    reply = await bot.check()

    assert reply.cards
    assert not reply.share
