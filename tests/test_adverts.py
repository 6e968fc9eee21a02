"""What sounds like an ad read, or a plea for the show, is told from the conversation where no edition marks it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import Section, open_corpus
from bot.corpus.adverts import Kind, advert_kinds, kinds_in, mark_adverts
from bot.corpus.check import check_episode
from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.library import read_show
from bot.search import Searcher, open_searcher
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Episode

REAL = ROOT.parent / "shared" / "shows"
TALK = (
    "The first thing a keeper learns is to wait.",
    "I waited two years for my first match, and I was terrified.",
    "Nobody tells you how quiet a stadium is when you are alone in it.",
    "My father drove me there every Sunday in a van without a heater.",
    "It rained, and we talked about onions.",
    "He believed that an onion wants as much patience as a striker.",
)
READ = (
    "This episode is brought to you by Pellworth Kettles.",
    "Most kettles shout at you in the morning.",
    "A Pellworth hums, and it hums in tune.",
    "They are made in a shed by two sisters, and mine is green.",
    "Head over to pellworth.example slash throw and use the code KEEPER for twenty percent off your first kettle.",
)
PLEA = (
    "If you like the show, please leave us a review on Apple Podcasts.",
    "You can also support us on Patreon.",
)
SUBJECT = (
    "In those years every shirt was sponsored by a brewery, and the sponsor chose the colour.",
    "I ran a newsletter about goalkeepers, and people subscribe to such a thing for the drawings.",
    "We gave new readers a discount once, and half of them never came back.",
    "Advertising is the art of being remembered by people who were looking for something else.",
    "Go to any small ground and look at the boards, and you know who lives there.",
)


def lay_out(folder: Path, *turns: tuple[str, ...], heading: str = "") -> Episode:
    """Return an episode of an edition in which one person says each turn in a paragraph."""
    show = folder / "show"
    (show / "7-x").mkdir(parents=True)
    (show / "show.toml").write_text('title = "Show"\nrights = "Ours."\n', "utf-8")
    said = "\n\n".join(f"**Tove Lind:** {' '.join(turn)}" for turn in turns)
    (show / "7-x" / "edition.md").write_text(f"---\nspeakers:\n  Tove Lind:\n---\n\n{heading}{said}\n", "utf-8")
    return build_episode(read_show(show), EpisodeFiles.of(show / "7-x"))


def promoted(episode: Episode) -> list[str]:
    """Return the sentences that sound like an ad."""
    numbers = enumerate(episode.sentences)
    return [
        episode.passage(number, number).text
        for number, sentence in numbers
        if episode.paragraphs[sentence.paragraph].section is Section.PROMOTION
    ]


@pytest.mark.parametrize("kind", advert_kinds(), ids=lambda kind: kind.key)
def test_a_kind_of_phrase_is_in_its_examples(kind: Kind) -> None:
    assert [text for text in kind.examples if kind.key not in kinds_in(text)] == []


@pytest.mark.parametrize("kind", advert_kinds(), ids=lambda kind: kind.key)
def test_what_speaks_of_such_things_as_a_subject_is_no_ad(kind: Kind, tmp_path: Path) -> None:
    assert promoted(lay_out(tmp_path, (*TALK, *kind.but, *TALK))) == []


def test_an_ad_read_is_heard_from_the_sponsor_to_the_address_and_no_further(tmp_path: Path) -> None:
    assert promoted(lay_out(tmp_path, TALK, (*TALK, *READ, *TALK), TALK)) == list(READ)


def test_an_ad_that_names_no_sponsor_is_heard_by_its_offer(tmp_path: Path) -> None:
    said = (
        "I was sent a kettle by Pellworth, and I have not been late since.",
        "It hums in tune, and it is green.",
        "If you go to pellworth dot example you can get a second one for half price.",
    )

    assert promoted(lay_out(tmp_path, TALK, (*TALK, *said, *TALK))) == list(said)


def test_a_plea_for_the_show_is_heard(tmp_path: Path) -> None:
    assert promoted(lay_out(tmp_path, TALK, (*TALK, *PLEA))) == list(PLEA)


def test_talk_of_sponsors_newsletters_and_advertising_is_conversation(tmp_path: Path) -> None:
    assert promoted(lay_out(tmp_path, TALK, SUBJECT, TALK)) == []


def test_what_an_edition_marks_is_taken_as_it_is(tmp_path: Path) -> None:
    assert promoted(lay_out(tmp_path, TALK, READ, TALK, heading="### Conversation\n\n")) == []


def test_an_ad_in_the_middle_of_a_paragraph_leaves_its_words_and_its_quotes_as_they_are(tmp_path: Path) -> None:
    marked = lay_out(tmp_path, (*TALK, *READ, *TALK))
    folder = tmp_path / "show" / "7-x"
    plain = build_episode(read_show(tmp_path / "show"), EpisodeFiles.of(folder), as_marked=True)

    assert (marked.text, marked.digest) == (plain.text, plain.digest)
    assert [each.section for each in marked.paragraphs] == [
        Section.CONVERSATION,
        Section.PROMOTION,
        Section.CONVERSATION,
    ]
    for number in range(len(plain.sentences)):
        assert marked.passage(number, number).id == plain.passage(number, number).id
    across = marked.passage(4, 12)
    assert across.turns == ()
    assert across.speaker == "Tove Lind"


def test_a_passage_of_an_ad_is_labelled(tmp_path: Path) -> None:
    episode = lay_out(tmp_path, TALK, READ)

    assert episode.passage(len(TALK), len(TALK)).citation().note == "ad read"
    assert episode.passage(0, 0).citation().note is None


def test_check_says_what_sounds_like_an_ad_and_where(tmp_path: Path) -> None:
    lay_out(tmp_path, TALK, READ)
    found = check_episode(read_show(tmp_path / "show"), tmp_path / "show" / "7-x")

    assert found.problems == ()
    assert any(
        fact.startswith("sounds like an ad but isn't marked: 5 sentences, first in line 8;") for fact in found.facts
    )


def test_an_episode_kept_in_the_data_folder_has_its_promotions(tmp_path: Path) -> None:
    lay_out(tmp_path / "content", TALK, READ)
    first = promoted(open_corpus(tmp_path / "content", tmp_path / "data").episode(0))

    assert first == promoted(open_corpus(tmp_path / "content", tmp_path / "data").episode(0)) == list(READ)


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Searcher]:
    """Search by words in two episodes: one with an ad read, one that says its words of other things."""
    lay_out(tmp_path, TALK, READ, TALK)
    folder = tmp_path / "show" / "8-y"
    folder.mkdir()
    folder.joinpath("source.txt").write_text("My green hat was made in a shed. It hums on Sunday morning.\n", "utf-8")
    searcher = open_searcher(open_corpus(tmp_path), None, pytest.fail)
    yield searcher
    searcher.close()


@pytest.mark.parametrize("question", ["What was made in a shed?", "What is green?", "Who hums in the morning?"])
async def test_an_ad_is_no_answer_to_a_question_that_is_not_about_it(search: Searcher, question: str) -> None:
    found = await search.answer(question, 3)

    assert found.hits
    assert {hit.passage.section for hit in found.hits} == {Section.CONVERSATION}


@pytest.mark.parametrize(
    "question", ["What is a Pellworth?", "What is the code KEEPER for?", "Which sponsor hums in tune?"]
)
async def test_an_ad_is_an_answer_to_a_question_about_it_and_labelled(search: Searcher, question: str) -> None:
    found = (await search.answer(question, 1)).hits

    assert [hit.passage.citation().note for hit in found] == ["ad read"]


async def test_a_line_of_an_ad_is_found(search: Searcher) -> None:
    best = (await search.find(READ[2], 1))[0]

    assert best.passage.text == READ[2]
    assert best.passage.citation().note == "ad read"


@given(st.lists(st.sampled_from([*TALK, *READ, *PLEA, *SUBJECT, "Yes.", ".", "İ ﬁ .com"]), min_size=1, max_size=40))
def test_every_sentence_stays_in_one_paragraph_of_its_speaker(said: list[str]) -> None:
    with TemporaryDirectory() as folder:
        episode = mark_adverts(lay_out(Path(folder), tuple(said)))

    assert episode.paragraphs[0].begin == 0
    assert episode.paragraphs[-1].end == len(episode.text)
    for sentence in episode.sentences:
        paragraph = episode.paragraphs[sentence.paragraph]
        assert paragraph.begin <= sentence.begin < sentence.end <= paragraph.end


@pytest.mark.skipif(not REAL.is_dir(), reason="the real shows lie beside the project, not in it")
def test_real_shows_are_heard_as_a_person_labelled_them(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (ROOT / "tests/sets/adverts.jsonl").read_text("utf-8").splitlines()]
    labels = {row["hash"]: row["advert"] for row in rows}
    heard: dict[bool, list[bool]] = {True: [], False: []}
    others = 0
    for show, episode in sorted({(row["show"], row["episode"]) for row in rows}):
        folder = tmp_path / show / episode
        folder.mkdir(parents=True)
        (folder / "source.md").write_bytes((REAL / show / f"{episode}.md").read_bytes())
        (tmp_path / show / "show.toml").write_text('title = "Show"\nrights = "Theirs."\n', "utf-8")
        read = build_episode(read_show(tmp_path / show), EpisodeFiles.of(folder))
        for number in range(len(read.sentences)):
            sentence = read.passage(number, number)
            digest = hashlib.blake2s(sentence.text.encode()).hexdigest()[:16]
            if digest in labels:
                heard[labels[digest]].append(sentence.section is Section.PROMOTION)
            else:
                others += sentence.section is Section.PROMOTION

    assert len(heard[True]) > 30
    assert sum(heard[True]) >= 0.7 * len(heard[True])
    assert sum(heard[False]) <= 0.05 * len(heard[False])
    assert others <= 5
