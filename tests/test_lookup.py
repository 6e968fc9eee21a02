"""`/quote`, `/verify`, `/show` and `/proof` as a member meets them."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest

from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import LONGEST_LINE, Author, Channel, Outcome, Request, Role, others
from bot.core import Core
from bot.corpus import Corpus
from bot.errors import UserError
from bot.search import load_embeddings, open_searcher, scope_of
from tests.conftest import Ask


async def test_options_narrow_where_to_look(ask: Ask) -> None:
    reply = await ask("/quote jiu jitsu is a martial art speaker:lex")

    assert reply.cards
    assert all(card.quote and card.quote.citation.speaker == "Lex Fridman" for card in reply.cards)


async def test_a_chapter_narrows_where_to_look(ask: Ask) -> None:
    reply = await ask('/quote what do you think speaker:lex chapter:"Apple Vision Pro"')

    assert reply.cards
    assert all(card.quote and card.quote.citation.chapter == "Apple Vision Pro" for card in reply.cards)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/quote not have pride speaker:lexx", "I don't know a speaker called “lexx”. Did you mean Lex Fridman?"),
        ("/quote not have pride chapter:gardening", "I don't know a chapter called “gardening”. Did you mean"),
        ("/quote not have pride episode:12", "I don't know an episode called “12”. Did you mean Mark Zuckerberg"),
        ("/quote not have pride show:serial", "I don't know a show called “serial”. Did you mean"),
        ("/verify one two", "too little to judge"),
        ("/verify it was the", "too little to judge"),
        ("/verify building ai takes ten years speaker:yann", "I don't know a speaker called “yann”"),
        ("/proof nonsense", "I don't have a passage “nonsense”"),
        ("/show thphm-3n5g91 at:-1", "at: is a number from 1 to 1"),
    ],
)
async def test_what_an_option_gets_wrong_is_said_with_the_nearest_that_is_right(
    ask: Ask, line: str, sentence: str
) -> None:
    reply = await ask(line)

    assert (reply.outcome, reply.private) == (Outcome.ERROR, True)
    assert sentence in reply.text


def test_options_that_contradict_each_other_are_explained(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="Leave one of the options out"):
        scope_of(corpus, speaker="zuck", chapter="Introduction")


async def test_next_and_previous_walk_through_the_matches_without_memory(ask: Ask) -> None:
    line = "/quote people who train need to not have pride"
    seen = [(await ask(line)).cards[0].quote]
    for _ in range(2):
        reply = await ask(line)
        (following,) = (button.line for button in reply.buttons if button.label.startswith("Next"))
        line = following
        seen.append((await ask(line)).cards[0].quote)
    (back,) = (button.line for button in (await ask(line)).buttons if button.label.startswith("Previous"))

    assert len({quote.id for quote in seen if quote}) == 3
    assert (await ask(back)).cards[0].quote == (await ask(back)).cards[0].quote


def test_the_line_of_a_button_fits_every_platform(corpus: Corpus) -> None:
    passages = [corpus.episode(0).passage(number, number) for number in range(1000, 1020, 2)]

    for at in range(6):
        for button in others(COMMAND_LINES, [passage.id for passage in passages], at):
            assert len(button.line) <= LONGEST_LINE


async def test_more_context_can_be_asked_for_again_and_marks_the_line(ask: Ask) -> None:
    reply = await ask("/quote people who train need to not have pride")
    (first,) = (button.line for button in reply.buttons if button.label == "More context")
    wide = await ask(first)
    (second,) = (button.line for button in wide.buttons if button.label == "More context")
    wider = await ask(second)

    assert reply.cards[0].quote
    assert wide.cards[0].quote
    assert wider.cards[0].quote
    assert reply.cards[0].quote.text in wide.cards[0].quote.text in wider.cards[0].quote.text
    ((begin, end),) = wide.cards[0].quote.marked
    assert wide.cards[0].quote.text[begin:end] == reply.cards[0].quote.text


async def test_an_ad_read_can_be_found_and_is_labelled(ask: Ask) -> None:
    reply = await ask("/quote a hedge fund that uses AI and machine learning to make investment decisions")

    assert "ad read for Numerai" in reply.text


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("language is an imperfect way for people to express thoughts and ideas", "exact"),
        ("language is an imperfekt way for people to expres thoughts and ideas", "close"),
        ("language is a perfect way for people to express thoughts and ideas", "altered"),
        ("building superintelligence will take exactly ten years", "not-found"),
        ("Lex: language is an imperfect way for people to express thoughts and ideas", "other-speaker"),
    ],
)
async def test_a_claim_gets_a_verdict_and_the_verdict_its_word(ask: Ask, claim: str, verdict: str) -> None:
    reply = await ask(f"/verify {claim}")

    assert [card.quote.verdict for card in reply.cards if card.quote][:1] == [verdict]
    assert re.search(r"Word for word|Close|Not quite|I can't find this|other speaker", reply.text)


async def test_an_altered_claim_is_shown_beside_what_was_said(ask: Ask) -> None:
    reply = await ask("/verify language is a perfect way for people to express thoughts and ideas")

    shown = reply.cards[0].quote
    assert shown
    assert [shown.text[begin:end] for begin, end in shown.marked] == ["an imperfect"]
    assert "claimed: language is a perfect way for people …" in reply.text


async def test_a_claim_not_found_is_never_shown_as_a_match(ask: Ask) -> None:
    reply = await ask("/verify building superintelligence will take exactly ten years")

    assert reply.outcome in {Outcome.NEAREST, Outcome.NONE}
    assert all(card.role is Role.NEAREST for card in reply.cards)


async def test_a_proof_names_edition_hash_source_and_what_was_mended(ask: Ask, corpus: Corpus) -> None:
    episode = corpus.episode(0)
    mended = next(
        episode.passage(n, n) for n in range(len(episode.sentences)) if "Khabib" in episode.passage(n, n).text
    )
    reply = await ask(f"/proof {mended.id}")

    assert f"hash {episode.digest[:12]}" in reply.text
    assert "source.txt, characters" in reply.text
    assert "“Habib Narmangamatov” → “Khabib Nurmagomedov” (fighter's name)" in reply.text


async def test_without_the_models_weights_the_bot_says_so_once_and_answers_from_words(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.search.meaning.weights_folder", lambda: None)
    said: list[str] = []
    search = open_searcher(corpus, None, said.append, lambda _: load_embeddings(corpus, None, said.append))
    core = Core(corpus, search, COMMANDS)
    search.load()
    for _ in range(2):
        request = Request(Channel("t", "t"), Author("t"), text="/quote people who train need to not have pride")
        reply = await core.answer(request)
        assert reply.outcome is Outcome.FOUND
    search.close()

    assert [sentence for sentence in said if "aren't installed" in sentence] == said[-1:]


async def test_the_first_answer_does_not_wait_for_the_models(corpus: Corpus) -> None:
    may_end = threading.Event()

    def slow(_: object) -> None:
        may_end.wait(20)

    search = open_searcher(corpus, None, lambda _: None, slow)
    search.prepare()

    hits = await asyncio.wait_for(search.find("people who train need to not have pride", 1), 20)

    assert not may_end.is_set()
    assert hits[0].score > 0.5
    may_end.set()
    search.close()


@pytest.mark.parametrize("in_time", [True, False])
async def test_a_question_waits_a_moment_for_the_models_and_then_does_without(corpus: Corpus, *, in_time: bool) -> None:
    may_end = threading.Event()

    def slow(_: object) -> None:
        may_end.wait(20)

    search = open_searcher(corpus, None, lambda _: None, slow)
    search.prepare()
    asked = asyncio.create_task(search.answer("what do you think about remote work?", 1))
    await asyncio.sleep(0.1)
    assert not asked.done()
    if in_time:
        may_end.set()

    assert (await asyncio.wait_for(asked, 20)).hits
    assert may_end.is_set() is in_time
    may_end.set()
    search.close()


async def test_models_that_cannot_be_loaded_are_logged_and_words_go_on(
    corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        message = "no such operator"
        raise RuntimeError(message)

    search = open_searcher(corpus, None, lambda _: None, broken)
    search.load()

    assert (await search.find("people who train need to not have pride", 1))[0].score > 0.5
    assert "answers come from words only" in caplog.text
    search.close()


async def test_too_many_waiting_searches_are_refused_in_a_sentence(corpus: Corpus) -> None:
    search = open_searcher(corpus, None, lambda _: None)

    found = await asyncio.gather(*(search.find("not have pride", 1) for _ in range(200)), return_exceptions=True)
    search.close()

    refused = [error for error in found if isinstance(error, UserError)]
    assert refused
    assert len(refused) < 200
    assert "Too many people" in str(refused[0])
