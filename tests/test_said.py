"""Words that stand in a transcript are found and confirmed, wherever the sentences end and whoever speaks."""

from __future__ import annotations

import itertools
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.corpus import open_corpus, words
from bot.search import FOUND, Verdict, open_searcher, scope_of
from bot.search.index.words import open_index
from bot.search.said import find_run, find_said, known_runs

if TYPE_CHECKING:
    from bot.corpus import Corpus
    from bot.search import Searcher

SHORT = [
    f"{start} {verb}{end}."
    for (start, end), verb in itertools.product(
        (
            ("We do not have to", ""),
            ("As we have", ", do not"),
            ("If we do not have a", " to"),
            ("To", " as we do, not if we have to"),
            ("Have we to", ", and not as if we do"),
        ),
        ("mend", "splice", "caulk", "moor", "haul", "stow"),
    )
]
LONG = (
    "Between the long pier and the lighthouse there is a shoal that no chart has, and as if we do not have to "
    "carry the mail over it twice a week, so it is for you to ask for a second boat."
)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two invented episodes: short sentences of common words with a long one among them, and quick changes of turn."""
    content = tmp_path_factory.mktemp("content")
    show = content / "harbour"
    show.mkdir()
    (show / "show.toml").write_text('title = "Harbour"\nrights = "Invented."\n', "utf-8")
    first = [*SHORT[:15], LONG, *SHORT[15:]]
    second = ["Who keeps the keys?", "Nobody.", "Since when?", "Since spring.", "And the boat?", "Sold to a miller."]
    for number, sentences in ((1, first), (2, second * 3)):
        folder = show / f"{number}-tide"
        folder.mkdir()
        head = f"---\nnumber: {number}\nspeakers:\n  Mira Holt: host\n  Jon Pike: guest\n---\n\n## Tide\n\n"
        turns = [f"**{('Mira Holt', 'Jon Pike')[at % 2]}:** {said}" for at, said in enumerate(sentences)]
        (folder / "edition.md").write_text(head + "\n\n".join(turns) + "\n", "utf-8")
    return open_corpus(content)


@pytest.fixture(scope="module")
def searcher(harbour: Corpus) -> Searcher:
    """Search by words alone."""
    return open_searcher(harbour, None, print)


def test_the_sentence_that_has_all_of_a_line_comes_before_short_ones_that_have_a_part(searcher: Searcher) -> None:
    hits = searcher.find_now("as if we do not have to", 3)

    assert hits[0].passage.text == LONG
    assert hits[0].score >= FOUND
    begin, end = hits[0].marked[0][0], hits[0].marked[-1][1]
    assert LONG[begin:end] == "as if we do not have to"


@pytest.mark.parametrize("letters", [1, 500_000])
@pytest.mark.parametrize(
    "line",
    ["a shoal that no chrt has and as if we do nut have to carry", "as if we du not have to carry the mail ovr it"],
)
def test_in_a_large_library_slips_do_not_put_short_sentences_with_a_part_of_a_line_first(
    harbour: Corpus, monkeypatch: pytest.MonkeyPatch, line: str, letters: int
) -> None:
    monkeypatch.setattr(import_module("bot.search.quote.rank"), "LARGE", 0)
    monkeypatch.setattr("bot.search.index.words.MOST_READ", letters)
    hits = open_searcher(harbour, None, print).find_now(line, 3)

    assert hits[0].passage.text == LONG
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_in_a_large_library_a_line_with_slips_is_found_across_turns(
    harbour: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("bot.search.quote.rank"), "LARGE", 0)

    (hit,) = open_searcher(harbour, None, print).find_now("nobudy. since when? since spring and the bost", 1)

    assert hit.passage.text.split("\n") == ["Since when?", "Since spring.", "And the boat?"]


@pytest.mark.parametrize("most", [0, 3, 30, 10_000])
def test_a_search_by_letters_looks_for_the_rarest_when_there_are_too_many(
    harbour: Corpus, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("bot.search.index.words.MOST_READ", most)
    index = open_index(harbour, None, print)

    ((score, (episode, sentence)),) = index.top("grams", "lighthouse", 1)

    assert harbour.episode(episode).passage(sentence, sentence).text == LONG
    assert 0 < score < 3 * index.self_score("grams", "lighthouse")


def test_a_claim_in_common_words_is_confirmed_in_a_long_sentence(searcher: Searcher) -> None:
    judged = searcher.verify_now("as if we do not have to carry")

    assert judged.verdict is Verdict.EXACT
    assert [passage.text for passage in judged.passages] == [LONG]


def test_a_run_across_turns_is_found_whole(searcher: Searcher) -> None:
    run = "nobody since when since spring and the boat"

    (hit,) = searcher.find_now(run, 1)

    assert [word.form for word in words(hit.passage.text)] == run.split()
    assert searcher.verify_now(run).verdict is Verdict.EXACT


def test_five_words_without_content_are_confirmed_where_they_stand_and_else_too_little(searcher: Searcher) -> None:
    assert searcher.verify_now("so it is for you to").verdict is Verdict.EXACT
    assert searcher.verify_now("to you for is it so").too_little


def test_a_place_in_one_episode_counts_for_that_episode_only(harbour: Corpus, searcher: Searcher) -> None:
    hits = searcher.find_now("nobody since when", 3, scope_of(harbour, episode="1"))

    assert all(hit.passage.episode is harbour.episode(0) for hit in hits)
    assert all(hit.score < 1 for hit in hits)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_run_of_a_transcript_is_found_where_it_stands(harbour: Corpus, data: st.DataObject) -> None:
    index = open_index(harbour, None, print)
    number = data.draw(st.integers(0, 1))
    text = harbour.episode(number).text
    spoken = words(text)
    first = data.draw(st.integers(0, len(spoken) - 4))
    last = data.draw(st.integers(first + 2, min(first + 40, len(spoken) - 1)))
    begin = spoken[first].begin

    places = find_said(harbour, index, text[begin : spoken[last].end], 20)

    assert any(at == number and passage.begin <= begin < passage.end for at, passage in places)


def test_a_line_with_slips_is_looked_for_by_the_runs_of_words_between_them(harbour: Corpus) -> None:
    index = open_index(harbour, None, print)

    runs = known_runs(index, "as if we do not haave to carry the mail ovr it")

    assert [" ".join(run) for run in runs] == ["as if we do not", "to carri the mail"]
    assert LONG in {passage.text for run in runs for _, passage in find_run(harbour, index, run, 8)}
    assert not known_runs(index, "as if we do not have to carry")  # nothing is mistyped
