"""`/topic` at the size of a chat: short points, a choice, an episode in short, and nothing that fills a channel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.contract import LONGEST_LINE, Outcome, Role
from bot.search.alone import asks, leans
from bot.search.topic.points import MOST

if TYPE_CHECKING:
    from bot.contract import Reply
    from bot.corpus import Corpus, Passage
    from tests.conftest import Ask

MOST_SHOWN, MOST_DOUBTFUL, MOST_ASKED = 1_500, 400, 300
NAMES = (
    "hiring", "faith", "open source", "remote work", "kids", "Elon Musk", "zuck", "Lex Fridman", "mental health",
    "Meta page:1", "AI page:1", "censorship", "virtual reality", "Murph challenge",
)  # fmt: skip
OTHERS = ("world cup", "weather", "the exchange rate", "offside", "eggs", "stock", "rice", "concussion", "Bram")


def _passages(corpus: Corpus, reply: Reply) -> list[Passage]:
    found = [corpus.passage(card.quote.id) for card in reply.cards if card.quote]
    return [passage for passage in found if passage is not None]


@pytest.mark.parametrize("name", NAMES)
async def test_a_topic_takes_no_more_room_than_a_chat_has(ask: Ask, corpus: Corpus, name: str) -> None:
    reply = await ask(f"/topic {name}")
    passages = _passages(corpus, reply)

    assert reply.outcome is Outcome.FOUND
    assert len(reply.text) <= MOST_SHOWN
    assert 2 <= len(passages) <= MOST
    assert all(passage.last - passage.first <= 3 for passage in passages)
    assert [passage.first for passage in passages] == sorted(passage.first for passage in passages)


@pytest.mark.parametrize("name", OTHERS)
async def test_so_it_is_on_shows_that_nobody_edited(ask_shows: Ask, name: str) -> None:
    reply = await ask_shows(f"/topic {name}")

    assert len(reply.text) <= (MOST_SHOWN if reply.outcome is Outcome.FOUND else MOST_DOUBTFUL)


@pytest.mark.parametrize("name", NAMES)
async def test_who_speaks_is_named_where_it_is_somebody_else(ask: Ask, name: str) -> None:
    reply = await ask(f"/topic {name}")
    who = [(card.named, card.line and card.quote and card.quote.citation.speaker) for card in reply.cards]

    assert all(
        named is not bool(own and own == before) for (named, own), (_, before) in zip(who[1:], who, strict=False)
    )
    assert who[0][0]


async def test_most_points_stand_alone_and_no_question_is_left_open(ask: Ask, corpus: Corpus) -> None:
    points = [passage for name in NAMES for passage in _passages(corpus, await ask(f"/topic {name}"))]

    assert sum(leans(each.episode, each.first) for each in points) <= len(points) / 8
    assert sum(asks(each.episode, each.last) for each in points) <= len(points) / 8


async def test_the_first_line_says_where_when_and_how_long(ask: Ask) -> None:
    reply = await ask("/topic hiring")

    assert reply.lead == "Hiring · Lex Fridman Podcast #383 · ≈ 1:51:40–1:57:40, about 6 minutes"
    assert all(card.quote and card.quote.citation.url for card in reply.cards)


async def test_a_name_that_several_chapters_have_is_asked_about(ask: Ask) -> None:
    reply = await ask("/topic AI")

    assert reply.cards == ()
    assert len(reply.text) <= MOST_ASKED
    chapters = ["AI and open source movement", "Future of AI at Meta", "AI existential risk"]
    assert all(chapter in reply.text for chapter in chapters)
    assert {f"/topic {chapter}" for chapter in chapters} <= {button.line for button in reply.buttons}
    everything = next(button for button in reply.buttons if button.label == "All on AI")
    assert everything.line == "/topic AI page:1"
    assert (await ask(everything.line)).cards


async def test_a_chapter_by_its_own_name_is_not_asked_about(ask: Ask) -> None:
    assert (await ask("/topic Future of AI at Meta")).cards


async def test_the_pages_end_with_a_word_that_there_is_no_more(ask: Ask) -> None:
    reply, pages = await ask("/topic Elon Musk"), 1
    assert not reply.aside
    seen = {card.quote.id for card in reply.cards if card.quote}
    while following := [button.line for button in reply.buttons if button.label == "More on this"]:
        reply, pages = await ask(following[0]), pages + 1
        shown = {card.quote.id for card in reply.cards if card.quote}
        assert not shown & seen
        seen |= shown

    assert reply.aside == "That's all of them."
    beyond = await ask(f"/topic Elon Musk page:{pages + 1}")
    assert beyond.text == f"There are only {pages} pages on Elon Musk."


async def test_what_may_be_about_something_else_is_one_short_passage_and_the_rest_is_a_press_away(
    ask_shows: Ask,
) -> None:
    reply = await ask_shows("/topic grandfather clock")
    if reply.outcome is Outcome.NONE:
        assert len(reply.text) <= MOST_ASKED
        return
    assert [card.role for card in reply.cards] == [Role.NEAREST]


async def test_what_is_not_there_is_told_in_one_sentence_with_topics_to_open(ask: Ask) -> None:
    reply = await ask("/topic Neuralink")

    assert reply.outcome is Outcome.NONE
    assert len(reply.text) <= MOST_ASKED
    assert re.fullmatch(r"I can't find “Neuralink” in Lex Fridman Podcast #383\. They do talk about .+\.", reply.text)
    assert all(button.line.startswith("/topic ") for button in reply.buttons)


@pytest.mark.parametrize(
    "line",
    [
        "/topic episode:383", "/topic 383", "/topic #383", "/topic episode 383", "/topic",
        "/topic Mark Zuckerberg: Future of AI at Meta, Facebook, Instagram, and WhatsApp",
    ],
)  # fmt: skip
async def test_an_episode_in_short_is_people_length_date_and_its_chapters(ask: Ask, line: str) -> None:
    reply = await ask(line)

    facts = "Lex Fridman and Mark Zuckerberg · 2:41:00 · 8 June 2023"
    assert reply.lead.endswith(facts)
    assert reply.cards[1].title == "0:28 Jiu-jitsu competition:"
    assert len(reply.text) <= MOST_SHOWN


async def test_all_chapters_come_by_and_are_opened_by_buttons(ask: Ask, corpus: Corpus) -> None:
    reply = await ask("/topic episode:383")
    told = [reply]
    while following := [button.line for button in reply.buttons if button.label == "Next page"]:
        reply = await ask(following[0])
        told.append(reply)

    text = " ".join(each.text for each in told)
    assert all(chapter.title in text for chapter in corpus.episode(0).chapters)
    assert told[-1].aside == "That's all of them."
    assert all(len(each.text) <= MOST_SHOWN for each in told)
    buttons = [button for each in told for button in each.buttons if button.line]
    assert "/topic Hiring" in {button.line for button in buttons}
    assert all(len(button.line) <= LONGEST_LINE for button in buttons)


async def test_an_episode_without_chapters_is_told_in_parts(ask_shows: Ask) -> None:
    reply = await ask_shows("/topic episode:44 show:the-long-throw")

    assert reply.outcome is Outcome.FOUND
    assert len(reply.cards) >= 3


async def test_without_a_topic_and_with_several_episodes_it_asks_for_one(ask_shows: Ask) -> None:
    reply = await ask_shows("/topic")

    assert reply.outcome is Outcome.ERROR
    assert reply.text.startswith("Which topic? For example: /topic ")


async def test_a_word_of_an_episodes_title_is_a_topic_and_no_episode(ask: Ask) -> None:
    assert (await ask("/topic facebook")).lead.startswith("Facebook · ")
