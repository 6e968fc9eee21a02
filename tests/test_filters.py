"""A filter narrows the search itself: a part of the library is searched as if it were all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import Verdict, open_searcher, scope_of, where
from bot.search.index.words import open_index
from bot.search.scope import Scope, narrow

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Corpus

COMMON = "The tide tables hang beside the door."
RARE = "The tide tables hang beside the old bell, and the bell is what we trust."
EPISODES = 30


def _write(content: Path, show: str, number: int, turns: list[tuple[str, str]]) -> None:
    """Write an edition of two chapters; a turn is a speaker and what they say."""
    folder = content / show / f"{number}-tide"
    folder.mkdir(parents=True)
    (content / show / "show.toml").write_text(f'title = "{show.title()}"\nrights = "Invented."\n', "utf-8")
    names = "".join(f"  {name}: guest\n" for name in dict.fromkeys(name for name, _ in turns))
    said = [f"**{name}:** {words}" for name, words in turns]
    said.insert(len(said) // 2, "## Bells")
    (folder / "edition.md").write_text(
        f"---\nnumber: {number}\nspeakers:\n{names}---\n\n## Tables\n\n" + "\n\n".join(said) + "\n", "utf-8"
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Invented shows: in one everybody says the same common line often, in the other it is said once."""
    content = tmp_path_factory.mktemp("content")
    for number in range(1, EPISODES + 1):
        _write(
            content, "harbour", number, [("Mira Holt", COMMON), ("Jon Pike", "Bells ring at noon, tables or not.")] * 40
        )
    _write(content, "beacon", 1, [("Ada Voss", RARE), ("Jon Pike", COMMON), ("Ada Voss", "Nobody rings here.")] * 2)
    return open_corpus(content)


def _one(corpus: Corpus, show: str, number: int) -> Scope:
    return scope_of(corpus, show=show, episode=str(number))


def test_what_is_common_elsewhere_is_found_in_the_one_episode_asked_for(library: Corpus) -> None:
    search = open_searcher(library, None, print)
    scope = _one(library, "beacon", 1)

    for line in ("tide tables hang beside the door", "tide tbles hang besid the dooor", "the bell is what we trust"):
        hits = search.find_now(line, 3, scope)
        assert hits[0].passage.episode.show.id == "beacon", line
        assert hits[0].score >= 0.5, line
    assert search.verify_now(COMMON, scope=scope).passages[0].episode.show.id == "beacon"


def test_an_episode_is_searched_as_if_it_were_all_there_is(library: Corpus, tmp_path: Path) -> None:
    _write(tmp_path, "beacon", 1, [("Ada Voss", RARE), ("Jon Pike", COMMON), ("Ada Voss", "Nobody rings here.")] * 2)
    alone_corpus = open_corpus(tmp_path)
    alone = open_index(alone_corpus, None, print)
    part = narrow(library, open_index(library, None, print), _one(library, "beacon", 1))

    assert part.size == alone.size
    for stem in ("tide", "bell", "door"):
        assert (part.count(stem), part.rarity(stem)) == (alone.count(stem), alone.rarity(stem))
    assert part.self_score("words", RARE) == pytest.approx(alone.self_score("words", RARE))
    for field in ("words", "grams", "near"):
        texts = []
        for corpus, index in ((library, part), (alone_corpus, alone)):
            found = index.top(field, "the old bell by the door", part.size)
            # Sentences that say the same score the same, and stand in any order.
            told = sorted(
                (-round(score, 4), corpus.episode(number).passage(at, at).text) for score, (number, at) in found
            )
            texts.append([text for _, text in told])
        assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("speaker", "episode", "show", "chapter"),
    [
        ("ada", "", "", ""),
        ("jon", "", "beacon", ""),
        ("", "4", "harbour", ""),
        ("", "", "beacon", "bells"),
        ("jon", "1", "beacon", "tables"),
    ],
)
def test_a_part_has_just_the_sentences_that_its_scope_admits(
    library: Corpus, speaker: str, episode: str, show: str, chapter: str
) -> None:
    scope = scope_of(library, speaker, episode, show, chapter)
    part = narrow(library, open_index(library, None, print), scope)
    admitted = {
        (number, sentence)
        for number in range(len(library.entries))
        for sentence in range(library.entries[number].sentences)
        if scope.admits(number, library.episode(number).passage(sentence, sentence))
    }

    found = {place for _, place in part.top("grams", f"{COMMON} {RARE} Bells ring at noon. Nobody", 100_000)}
    assert found == admitted
    assert part.size == len(admitted)


def test_a_claim_is_confirmed_for_the_one_who_says_it_among_many_who_do(library: Corpus) -> None:
    search = open_searcher(library, None, print)

    judged = search.verify_now(f"{COMMON} — Jon Pike")

    assert judged.verdict is Verdict.EXACT
    assert judged.passages[0].speaker == "Jon Pike"


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"episode": "4", "show": "harbour"}, "Harbour #4"),
        ({"show": "harbour"}, "the show Harbour"),
        ({"show": "harbour,beacon", "speaker": "ada"}, "what Ada Voss says in the 31 episodes I have"),
        ({"speaker": "ada"}, "what Ada Voss says"),
        ({"show": "beacon", "chapter": "bells"}, "the chapter “Bells” of Beacon #1"),
        ({}, "the 31 episodes I have"),
    ],
)
async def test_a_miss_says_where_it_looked(library: Corpus, options: dict[str, str], place: str) -> None:
    core = Core(library, open_searcher(library, None, print), COMMANDS)
    asked = {"words": "quartz zeppelin umbrella xylophone", **options}

    reply = await core.answer(Request(Channel("test", "test"), Author("test"), command="quote", args=asked))

    assert where(library, scope_of(library, **options)) == place
    assert f" in {place}." in reply.text
