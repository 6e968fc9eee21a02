from __future__ import annotations

import itertools
import json
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.discord.render import render
from bot.contract import LONGEST_LINE, Author, Channel, Outcome, Reply, Request, Role
from bot.corpus import Corpus, open_corpus
from bot.corpus.aliases import ALIASES, Aliases, aliases_of, read_aliases
from bot.corpus.curated import KEYPASSAGES_HEADER, key_passages, read_key_passages
from bot.errors import TranscriptError
from bot.policy.texts import say
from bot.search import load_embeddings, open_searcher
from bot.search.index.words import open_index
from bot.search.topic import find_topic, near_topics, topic_names
from bot.search.topic.points import LONGEST, MOST, ROOM
from bot.settings import ROOT
from tests.conftest import mended_slice, printed_by

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core import Core
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import WordIndex
    from tests.conftest import Ask

SHOW = 'title = "A Show"\nrights = "Ours."\n'
TALK = (
    "Bees dance to tell each other where flowers are. They count the angle to the sun. A hive decides together. "
    "So honey is stored sunshine. The keeper visits the bees in spring. "
    "Now about boats. A boat needs a keel. The keel keeps the boat from drifting. Sails pull more than they push. "
    "We talked about bread as well. Bread needs time. A sourdough is never in a hurry. Salt slows the dough down. "
)


@pytest.fixture(scope="module")
def index(corpus: Corpus) -> WordIndex:
    return open_index(corpus, None, lambda _: None)


@pytest.fixture(scope="module")
def meaning(corpus: Corpus) -> Embeddings:
    found = load_embeddings(corpus, ROOT / "data" / "vectors", lambda _: None)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two episodes that nobody has edited: no chapters, no speakers."""
    folder: Path = tmp_path_factory.mktemp("plain")
    for name, text in (
        ("1-bees", TALK),
        ("2-clocks", "Clocks tick. A pendulum swings. Noon is when the sun is highest."),
    ):
        (folder / "show" / name).mkdir(parents=True)
        (folder / "show" / name / "source.txt").write_text(text, "utf-8")
    (folder / "show" / "show.toml").write_text(SHOW, "utf-8")
    return open_corpus(folder)


def test_every_key_passage_is_in_the_edition_word_for_word(corpus: Corpus) -> None:
    found = key_passages(corpus.folder, corpus.episode(0))

    assert len(found) == 412
    assert {key.chapter for key in found} == {chapter.title for chapter in corpus.episode(0).chapters[1:]}
    assert [key.passage.first for key in found] == sorted(key.passage.first for key in found)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Faith\tA point\tMark Zuckerberg", "3 columns; there must be 4"),
        ("Faith\t\tMark Zuckerberg\tGod creates", "the point (second column)"),
        ("Hope\tA point\tMark Zuckerberg\tGod creates", "“Hope” isn't a chapter of this episode"),
        (
            "Faith\tA point\tMark Zuckerberg\tnobody says these words here",
            "the edition doesn't say “nobody says these words here”",
        ),
        ("Faith\tA point\tMark Zuckerberg\tpeople who train jiu-jits", "the edition doesn't say"),
        (
            "Hiring\tA point\tLex Fridman\tI wouldn't want to run a fully remote company",
            "is said by Mark Zuckerberg, not by Lex",
        ),
    ],
)
def test_a_key_passage_that_is_wrong_is_told_with_its_line(corpus: Corpus, row: str, told: str) -> None:
    with pytest.raises(TranscriptError, match=r"^keys\.tsv:3: ") as caught:
        read_key_passages(f"{KEYPASSAGES_HEADER}\n\n{row}\n", "keys.tsv", corpus.episode(0))

    assert told in str(caught.value)


def test_a_key_passage_file_begins_with_its_header(corpus: Corpus) -> None:
    with pytest.raises(TranscriptError, match=r"^keys\.tsv:1: the first line must be"):
        read_key_passages("chapter,point\n", "keys.tsv", corpus.episode(0))


def test_an_episode_without_chapters_and_speakers_can_have_key_passages(plain: Corpus) -> None:
    row = "\tA hive agrees\t\tA hive   decides together."

    (key,) = read_key_passages(f"{KEYPASSAGES_HEADER}\n{row}", "keys.tsv", plain.episode(0))

    assert key.passage.text == "A hive decides together."


def test_each_shipped_alias_stands_for_words_of_the_conversation(corpus: Corpus) -> None:
    said = " ".join(corpus.episode(0).text.casefold().split())
    table = aliases_of(corpus).wordings

    assert len(table) > 100
    assert [name for name, wordings in table.items() if not all(words.casefold() in said for words in wordings)] == []


def test_an_alias_is_found_in_any_case_with_a_plural_s_and_the_longest_name_counts() -> None:
    table = Aliases.of({"LLM": ("language model",), "AI": ("machine",), "AI safety": ("alignment",)})

    assert table.within("what about llms?") == {"LLM": ("language model",)}
    assert table.within("is ai safety solved") == {"AI safety": ("alignment",)}
    assert table.within("") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('BJJ = "jiu-jitsu"', "aliases.toml:1: “BJJ” needs the words it stands for"),
        ('\nBJJ = ["jiu-jitsu", 3]', "aliases.toml:2: “BJJ” needs"),
        ("BJJ = []", "“BJJ” needs the words"),
        ('BJJ = ["jiu-jitsu"]\nbjj = ["jujitsu"]', "aliases.toml:2: “bjj” is already there as “BJJ”"),
        ('"…" = ["dots"]', "names and wordings need words"),
        (f'BJJ = ["{"a" * 80}"]', "at most 60 characters"),
        ('free speech = ["expression"]', "aliases.toml:1: this isn't"),
    ],
)
def test_an_alias_file_that_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / ALIASES).write_text(text, "utf-8")

    with pytest.raises(TranscriptError) as caught:
        read_aliases(tmp_path / ALIASES)

    assert told in str(caught.value)


def test_names_of_topics_are_chapters_phrases_aliases_and_points_each_once(corpus: Corpus) -> None:
    names = topic_names(corpus)

    assert {"Censorship", "open source", "BJJ", "Models say convincing things that are wrong"} <= set(names)
    assert len({name.casefold() for name in names}) == len(names)


def test_names_of_topics_come_in_the_same_order_in_every_process() -> None:
    script = (
        "from bot.corpus import open_corpus; from bot.search.topic import topic_names; from bot.settings import ROOT; "
        "print(*topic_names(open_corpus(ROOT / 'content')), sep='|')"
    )

    (names,) = printed_by(script, "12")

    assert names.count("|") > 50


@pytest.mark.parametrize(
    ("name", "chapter"),
    [
        ("Murph challenge", "Murph challenge"),
        ("murph chalenge", "Murph challenge"),
        ("appel vison pro", "Apple Vision Pro"),
        ("remote work", "Hiring"),
        ("BJJ", "Jiu-jitsu competition"),
        ("Eliezer Yudkowsky", "AI existential risk"),
        ("telecommuting", "Hiring"),
        ("BetterHelp", "Introduction"),
    ],
)
def test_a_topic_is_found_by_words_alone_through_slips_and_other_names(
    corpus: Corpus, index: WordIndex, name: str, chapter: str
) -> None:
    found = find_topic(corpus, index, None, name)

    assert found is not None
    assert chapter in {each.title for each in found.chapters}


def test_passages_are_in_order_apart_short_and_at_most_as_many_as_asked(corpus: Corpus, index: WordIndex) -> None:
    for name in ("Censorship", "open source", "kids", "Mark Zuckerberg", "Lex Fridman"):
        found = find_topic(corpus, index, None, name)
        assert found is not None
        places = [(passage.first, passage.last) for passage in found.passages]
        assert 3 <= len(places) <= MOST
        assert all(last - first <= 3 for first, last in places)
        assert all(len(p.text) <= LONGEST for p in found.passages if p.first < p.last)
        assert sum(len(p.text) for p in found.passages) <= ROOM
        assert all(before < after for (_, before), (after, _) in itertools.pairwise(places))


async def test_six_passages_of_a_topic_are_all_shown_where_there_is_least_room(ask: Ask) -> None:
    for name in ("Censorship", "hiring", "open source"):
        reply = await ask(f"/topic {name}")
        shown = json.dumps(render(reply), ensure_ascii=False)
        assert all(card.quote and card.quote.citation.url and card.quote.citation.url in shown for card in reply.cards)
        assert say("discord.left-out") not in shown


def test_the_next_page_shows_other_passages_and_pages_end(corpus: Corpus, index: WordIndex) -> None:
    seen: set[int] = set()
    more, page = True, 0
    while more:
        page += 1
        found = find_topic(corpus, index, None, "open source", page=page)
        assert found is not None
        shown = {sentence for passage in found.passages for sentence in range(passage.first, passage.last + 1)}
        assert not shown & seen
        seen |= shown
        more = found.more

    assert 1 < page < 30


def test_a_speaker_as_a_topic_is_what_that_person_says(corpus: Corpus, index: WordIndex) -> None:
    found = find_topic(corpus, index, None, "zuck")

    assert found is not None
    assert found.title == "Mark Zuckerberg"
    assert all("Mark Zuckerberg" in passage.speakers for passage in found.passages)


@pytest.mark.parametrize("name", ["Neuralink", "climate change", "", "🔥", "the", "?" * 500, "\x00", "a" * 3000])
def test_what_is_not_discussed_has_no_passages_but_near_topics(corpus: Corpus, index: WordIndex, name: str) -> None:
    assert find_topic(corpus, index, None, name) is None
    assert len(near_topics(corpus, index, None, name)) == 3


@pytest.mark.parametrize(
    ("name", "chapter"),
    [("combat sports", "Jiu-jitsu competition"), ("belief in God", "Faith"), ("digital afterlife", "Embodied AGI")],
)
def test_a_subject_under_a_name_that_nobody_says_is_found_by_meaning(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, name: str, chapter: str
) -> None:
    found = find_topic(corpus, index, meaning, name)
    by_words = find_topic(corpus, index, None, name)

    assert by_words is None or not by_words.sure
    assert found is not None
    assert chapter in {each.title for each in found.chapters}


@pytest.mark.parametrize("name", ["Ukraine war", "volcanoes", "ancient Rome", "solar panels"])
def test_of_what_is_not_discussed_nothing_is_said_to_be_it(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, name: str
) -> None:
    found = find_topic(corpus, index, meaning, name)

    assert found is None or (not found.sure and len(found.nearest) >= 2)


@pytest.mark.parametrize("name", ["the cost of training models", "living for ever", "choosing candidates"])
def test_what_is_discussed_in_other_words_is_never_denied(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, name: str
) -> None:
    found = find_topic(corpus, index, meaning, name)

    assert found is not None
    assert 3 <= len(found.passages) <= MOST


def test_meaning_helps_where_there_are_no_chapters_and_no_points(plain: Corpus) -> None:
    meaning = load_embeddings(plain, None, lambda _: None)

    found = find_topic(plain, open_index(plain, None, lambda _: None), meaning, "bees")

    assert found is not None
    assert "Bees" in found.passages[0].text


def test_a_speaker_as_a_topic_is_told_from_several_chapters_and_about_that_person(
    corpus: Corpus, index: WordIndex
) -> None:
    found = find_topic(corpus, index, None, "Lex Fridman")

    assert found is not None
    assert len(found.chapters) >= 4
    assert sum(bool({"I", "I'm", "me", "my"} & set(passage.text.split())) for passage in found.passages) >= 4


@pytest.mark.parametrize("name", ["fishing", "taxes", "poker", "tennis", "heart surgery"])
def test_a_word_of_its_own_is_not_read_as_a_slip_of_one_that_is_said(
    corpus: Corpus, index: WordIndex, name: str
) -> None:
    assert find_topic(corpus, index, None, name) is None


def test_a_misspelled_topic_is_near_the_name_that_was_meant(corpus: Corpus, index: WordIndex) -> None:
    assert near_topics(corpus, index, None, "Censorshop")[0] == "Censorship"


def test_an_episode_without_chapters_and_speakers_has_topics_too(plain: Corpus) -> None:
    words = open_index(plain, None, lambda _: None)

    found = find_topic(plain, words, None, "bees")

    assert found is not None
    assert found.chapters == ()
    assert "bees" in " ".join(passage.text.casefold() for passage in found.passages)
    assert find_topic(plain, words, None, "submarines") is None
    assert near_topics(plain, words, None, "submarines") == ()


def test_a_topic_is_answered_from_the_episode_that_discusses_it(plain: Corpus) -> None:
    found = find_topic(plain, open_index(plain, None, lambda _: None), None, "pendulum")

    assert found is not None
    assert found.passages[0].episode.id == "2-clocks"


async def test_the_command_answers_with_cited_summaries_and_related_topics(ask: Ask) -> None:
    reply = await ask("/topic remote work")

    assert reply.outcome is Outcome.FOUND
    assert reply.lead == "Remote work · Lex Fridman Podcast #383 · ≈ 1:54:30–1:57:40, about 3 minutes"
    assert 3 <= len(reply.cards) <= 6
    assert {card.role for card in reply.cards} == {Role.SUMMARY}
    _shows_the_source(reply)
    assert "/topic Hiring" in {button.line for button in reply.buttons}
    assert all(len(button.line) <= LONGEST_LINE for button in reply.buttons)


async def test_the_command_pages_through_a_topic(ask: Ask) -> None:
    first = await ask("/topic open source")
    line = next(button.line for button in first.buttons if button.label == "More on this")

    second = await ask(line)

    assert line == "/topic open source page:2"
    assert second.outcome is Outcome.FOUND
    assert not {card.quote.id for card in first.cards if card.quote} & {
        card.quote.id for card in second.cards if card.quote
    }


async def test_the_command_says_what_it_cannot_find_and_offers_the_nearest(ask: Ask) -> None:
    reply = await ask("/topic Neuralink")

    assert reply.outcome is Outcome.NONE
    assert reply.lead.startswith("I can't find “Neuralink” in Lex Fridman Podcast #383. They do talk about ")
    assert len(reply.buttons) == 3
    assert reply.cards == ()


@pytest.mark.parametrize("line", ["/topic kids page:0", "/topic kids page:99", "/topic kids episode:12345"])
async def test_the_command_tells_of_options_that_cannot_be(ask: Ask, line: str) -> None:
    assert (await ask(line)).outcome is Outcome.ERROR


async def test_names_of_topics_complete_what_is_typed(ask: Ask) -> None:
    for name in ("Faith", "LLM", "x-risk"):
        assert (await ask(f"/topic {name}")).outcome is Outcome.FOUND


def _shows_the_source(reply: Reply) -> None:
    """Check each quote against the source's characters, without the bot's own map."""
    for card in reply.cards:
        assert card.quote is not None
        assert card.quote.source is not None
        assert card.quote.text.split() == mended_slice(card.quote.source)


async def test_nobody_waits_for_the_names_of_topics_while_they_are_gathered(corpus: Corpus) -> None:
    let_go = threading.Event()

    def load(_stopped: object) -> None:
        let_go.wait(10)

    search = open_searcher(corpus, None, pytest.fail, load)
    assert "Hiring" in search.topic_names()
    search.close()
    search = open_searcher(corpus, None, pytest.fail, load)
    search.prepare()
    assert set(search.topic_names()) in (set(), set(topic_names(corpus)))
    let_go.set()
    search.close()
    assert "Hiring" in search.topic_names()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("/topic jiu ji", "/topic Jiu-jitsu competition"),
        ("/topic jiu-jitsu co", "/topic Jiu-jitsu competition"),
        ("/topic Apple vis", "/topic Apple Vision Pro"),
        ("/topic apple  vision ", "/topic Apple Vision Pro"),
        ("/topic vision pr", "/topic Apple Vision Pro"),
        ("/topic fai", "/topic Faith"),
        ("/topic apple ep", "/topic apple episode:"),
        ("/topic apple episode:3", "/topic apple episode:383"),
    ],
)
def test_a_topic_of_several_words_is_completed_as_a_whole(core: Core, typed: str, line: str) -> None:
    found = core.complete(Request(Channel("test", "room"), Author("member"), text=typed))

    assert line in found
    assert len(found) <= 25
    assert len(set(found)) == len(found)


def test_words_around_an_option_complete_a_topic_together(core: Core) -> None:
    typed = Request(Channel("test", "room"), Author("member"), text="/topic apple page:2 vis")

    assert "/topic Apple Vision Pro page:2" in core.complete(typed)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_whatever_is_typed_after_a_command_completions_are_lines_of_it(core: Core, typed: str) -> None:
    for line in core.complete(Request(Channel("test", "room"), Author("member"), text=f"/topic {typed}")):
        assert line.startswith("/topic ")
