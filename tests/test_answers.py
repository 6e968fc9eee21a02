"""Answering questions: passages that are slices of the edition, and declining when nothing there answers."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus import key_passages, open_corpus
from bot.search import LONGEST_EXCERPT, Scope, load_embeddings
from bot.search.alone import MOST_AFTER, MOST_BEFORE
from bot.search.ask.answerability import Weights
from bot.search.ask.answers import Answered, Band, answer
from bot.search.ask.extracts import MOST_CHARACTERS, MOST_SENTENCES
from bot.search.ask.features import LEADING, find_candidates
from bot.search.ask.question import read
from bot.search.expansion import abbreviations, known_aliases, other_words
from bot.search.index import labels
from bot.search.index.embeddings import Embeddings, View
from bot.search.index.labels import label_columns
from bot.search.index.models import TOKEN_WIDTH, WIDTH
from bot.search.index.vectors import Shelf
from bot.search.index.words import open_index
from bot.settings import ROOT
from tests.conftest import mended_slice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.corpus import Corpus
    from bot.search.index.models import Dense
    from bot.search.index.words import WordIndex

QUESTIONS = [json.loads(line) for line in (ROOT / "tests/sets/questions.jsonl").read_text("utf-8").splitlines()]
LEX, MARK = "Lex Fridman", "Mark Zuckerberg"


@pytest.fixture(scope="module")
def index(corpus: Corpus) -> WordIndex:
    return open_index(corpus, None, pytest.fail)


@pytest.fixture(scope="module")
def meaning(corpus: Corpus) -> Embeddings:
    found = load_embeddings(corpus, ROOT / "data" / "vectors", lambda _: None)
    assert found is not None
    return found


def _check(answered: Answered, limit: int) -> None:
    """Check what holds of every answer."""
    taken: set[tuple[int, int]] = set()
    assert len(answered.hits) <= limit
    assert [hit.score for hit in answered.hits] == sorted((hit.score for hit in answered.hits), reverse=True)
    for hit in answered.hits:
        passage = hit.passage
        begin, end = hit.sentence
        sentences = {(id(passage.episode), number) for number in range(passage.first, passage.last + 1)}
        assert not taken & sentences
        taken |= sentences
        assert 0 <= hit.score <= 1
        assert passage.text in passage.episode.text
        assert passage.text[begin:end] in {passage.episode.passage(number, number).text for _, number in sentences}
        assert len({paragraph.chapter for paragraph in passage.paragraphs}) == 1
        assert len({paragraph.section for paragraph in passage.paragraphs}) == 1
        assert len(sentences) <= MOST_SENTENCES + MOST_BEFORE + MOST_AFTER
        assert len(sentences) <= 3 or len(passage.text) <= MOST_CHARACTERS + LONGEST_EXCERPT
        assert passage.first <= hit.shown.first <= hit.shown.last <= passage.last


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the codename of the competitor to Twitter?", "P92"),
        ("What did he put on the roof of the building?", "a park on the"),
        ("How much does the Apple Vision Pro cost?", "$3,500"),
        ("Does Lex want a copy of himself?", "creating a copy of myself"),
        ("Why does open source software tend to be more secure?", "more people looking at it"),
        ("is rlhf mentioned", "reinforcement learning with human feedback"),
        ("y did he wear a covid mask lol", "COVID mask"),
    ],
)
def test_a_plain_question_gets_the_words_that_answer_it_among_three_passages(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, question: str, words: str
) -> None:
    answered = answer(corpus, index, meaning, question, 3)

    assert answered.band is not Band.DECLINED
    assert any(words in hit.passage.text for hit in answered.hits)


def test_the_sentence_marked_is_the_one_that_answers(corpus: Corpus, index: WordIndex, meaning: Embeddings) -> None:
    hit = answer(corpus, index, meaning, "Why are chokes more humane than joint locks?", 1).hits[0]
    begin, end = hit.sentence

    assert "more humane way to go than joint locks" in hit.passage.text[begin:end]


@pytest.mark.parametrize(
    "question",
    [
        "What's the weather in Palo Alto today?",
        "Give me a recipe for banana bread",
        "What is 17 times 243?",
        "What does Zuckerberg think of Jack Dorsey?",
        "!!!",
        "",
    ],
)
def test_what_was_not_spoken_of_is_declined(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, question: str
) -> None:
    assert answer(corpus, index, meaning, question, 3).band is Band.DECLINED


def test_a_fact_missing_from_a_subject_spoken_of_is_not_shown_as_an_answer(
    corpus: Corpus, index: WordIndex, meaning: Embeddings
) -> None:
    answered = answer(corpus, index, meaning, "What did Zuckerberg say about Cambridge Analytica?", 3)

    assert answered.band is not Band.ANSWERS


@pytest.mark.parametrize("with_models", [True, False])
def test_next_to_a_question_that_is_said_nowhere_nothing_is_shown(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, *, with_models: bool
) -> None:
    for question in (
        "What's the weather in Palo Alto today?",
        "who won the world cup in 2018",
        "best pizza in Chicago",
    ):
        answered = answer(corpus, index, meaning if with_models else None, question, 3)

        assert (answered.band, answered.hits) == (Band.DECLINED, ())


def test_a_question_without_words_gets_no_passage(corpus: Corpus, index: WordIndex) -> None:
    assert answer(corpus, index, None, " ?! ", 3).hits == ()


@pytest.mark.parametrize("with_models", [True, False])
def test_every_passage_is_a_slice_of_the_edition_with_its_mark_inside_and_none_overlap(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, *, with_models: bool
) -> None:
    for row in QUESTIONS[::7]:
        answered = answer(corpus, index, meaning if with_models else None, row["query"], 5)

        _check(answered, 5)
        assert answered.hits or answered.band is Band.DECLINED
        for hit in answered.hits:
            source = hit.passage.source()
            assert source is not None
            assert mended_slice(source) == hit.passage.text.split()


def test_of_three_neighbouring_passages_at_most_two_are_shown(
    corpus: Corpus, index: WordIndex, meaning: Embeddings
) -> None:
    for row in QUESTIONS[::5]:
        hits = answer(corpus, index, meaning, row["query"], 3).hits
        spans = sorted((hit.passage.first, hit.passage.last) for hit in hits)
        gaps = [later[0] - earlier[1] for earlier, later in pairwise(spans)]

        assert len(gaps) < 2 or max(gaps) > 2


def test_the_same_question_always_gets_the_same_answer(corpus: Corpus, index: WordIndex, meaning: Embeddings) -> None:
    for row in QUESTIONS[::40]:
        first, second = (answer(corpus, index, meaning, row["query"], 3) for _ in range(2))

        assert first == second


def test_a_longer_limit_only_adds_passages(corpus: Corpus, index: WordIndex) -> None:
    one, five = (answer(corpus, index, None, "Why is open source safer?", limit) for limit in (1, 5))

    assert one.band is five.band
    assert five.hits[:1] == one.hits


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.one_of(st.text(max_size=300), st.text("aeinorst @<>`*_\n?'’[]()", max_size=4_000)))
def test_no_text_is_too_strange_to_be_a_question(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, question: str
) -> None:
    _check(answer(corpus, index, None, question, 3), 3)
    _check(answer(corpus, index, meaning, question, 3), 3)


def test_only_places_in_scope_are_answered_from(corpus: Corpus, index: WordIndex, meaning: Embeddings) -> None:
    chapter = corpus.episode(0).chapters[3].title
    of_lex = answer(corpus, index, meaning, "What about love?", 3, Scope(speaker=LEX))
    of_chapter = answer(corpus, index, meaning, "What about open source?", 3, Scope(chapter=chapter))
    nowhere = answer(corpus, index, meaning, "What about love?", 3, Scope(episodes=frozenset()))

    assert of_lex.hits
    assert all(LEX in hit.passage.speakers for hit in of_lex.hits)
    assert {hit.passage.chapter.title for hit in of_chapter.hits if hit.passage.chapter} == {chapter}
    assert nowhere == Answered(Band.DECLINED, ())


@pytest.mark.parametrize(
    ("question", "speaker", "role"),
    [
        ("What does Lex think of Wikipedia?", LEX, None),
        ("what did zuck say about llama", MARK, None),
        ("What does Lex say about Zuckerberg?", LEX, None),
        ("is he cool with remote work", None, "guest"),
        ("Does the host like therapy?", None, "host"),
        ("Which apps does Meta own?", None, None),
    ],
)
def test_a_question_tells_whose_words_are_wanted(
    corpus: Corpus, index: WordIndex, question: str, speaker: str | None, role: str | None
) -> None:
    asked = read(corpus, index, question)

    assert (asked.speaker, asked.role) == (speaker, role)


def test_whose_words_are_wanted_come_first(corpus: Corpus, index: WordIndex, meaning: Embeddings) -> None:
    for name in (LEX, MARK):
        hit = answer(corpus, index, meaning, f"What does {name.split()[0]} think about jiu-jitsu?", 1).hits[0]
        begin = hit.passage.begin + hit.sentence[0]
        said_by = [p.speaker for p in hit.passage.paragraphs if p.begin <= begin < p.end]

        assert said_by == [name]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What is RLHF?", "reinforcement learning with human feedback"),
        ("What does E2EE change?", "end-to-end encryption"),
        ("What does MR mean?", "mixed reality"),
        ("wat abt ppl n ads", "what about people and ads"),
    ],
)
def test_abbreviations_and_texting_forms_are_spelled_out(
    corpus: Corpus, index: WordIndex, question: str, meant: str
) -> None:
    assert meant in read(corpus, index, question).text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("what is his BJJ like", "jiu-jitsu"),
        ("what does he say about artificial general intelligence", "AGI"),
        ("is he for telecommuting", "remote work"),
        ("what about CSAM", "exploitation of children"),
        ("why is he into grappling", "jiu-jitsu"),
    ],
)
def test_a_question_in_the_words_of_the_alias_file_finds_the_words_of_the_conversation(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, question: str, words: str
) -> None:
    for models in (meaning, None):
        answered = answer(corpus, index, models, question, 3)

        assert any(words.casefold() in hit.passage.text.casefold() for hit in answered.hits)


def test_words_whose_initials_are_said_are_read_as_their_abbreviation(corpus: Corpus, index: WordIndex) -> None:
    assert "AGI" in other_words(corpus, index, "how far off is artificial general intelligence?")["general"]
    assert "AGI" not in str(other_words(corpus, index, "how far off is a good idea?"))


def test_what_no_conversation_says_is_no_other_word_for_anything(corpus: Corpus, index: WordIndex) -> None:
    for name, wordings in known_aliases(corpus).wordings.items():
        for others in other_words(corpus, index, f"what about {name}?").values():
            assert set(others) <= {*wordings, *(word for others in wordings for word in others.split())} | {"AGI"}


def _show(folder: Path, said: str, aliases: str) -> Corpus:
    """Write a made-up show of one plain episode with an alias file."""
    (folder / "show" / "1-plain").mkdir(parents=True)
    (folder / "show" / "show.toml").write_text('title = "Plain"\nrights = "test"\n')
    (folder / "show" / "aliases.toml").write_text(aliases)
    (folder / "show" / "1-plain" / "source.txt").write_text(said)
    return open_corpus(folder)


WORKSHOP = (
    "We began in a barn. The head office was moved to Leeds in spring. It was cold there. The rent was nine dollars. "
    "The DIN rail holds the fuses. Nobody else wanted it. A lathe came by train."
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("when did the HQ move", "The head office was moved to Leeds in spring."),
        ("where are hqs", "The head office was moved to Leeds in spring."),
        ("what did the headquarters do", "The head office was moved to Leeds in spring."),
        ("what holds the Deutsche Industrie Norm thing", "The DIN rail holds the fuses."),
    ],
)
def test_a_made_up_shows_aliases_and_abbreviations_work_in_questions(
    tmp_path: Path, question: str, sentence: str
) -> None:
    corpus = _show(tmp_path, WORKSHOP, 'HQ = ["head office"]\nheadquarters = ["head office"]\n')

    hit = answer(corpus, open_index(corpus, None, pytest.fail), None, question, 1).hits[0]

    assert hit.passage.text[slice(*hit.sentence)] == sentence


def test_an_alias_file_that_is_wrong_costs_the_aliases_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = _show(tmp_path, WORKSHOP, 'HQ = "head office"\n')
    index = open_index(corpus, None, pytest.fail)

    for _ in range(2):
        assert answer(corpus, index, None, "How many dollars was the rent?", 1).hits
    assert caplog.text.count("no aliases are used") == 1
    assert "aliases.toml:1" in caplog.text


def test_a_word_of_courtesy_is_no_abbreviation(corpus: Corpus, index: WordIndex) -> None:
    assert all(not term.others for term in read(corpus, index, "what does mr smith say about pools?").terms)


def test_letters_said_as_often_as_a_phrase_that_begins_so_stand_for_themselves(
    corpus: Corpus, index: WordIndex
) -> None:
    assert abbreviations(corpus, index, "When will Meta's AR glasses go on sale?") == {}


def test_a_plain_transcript_without_chapters_and_speakers_is_answered_from(tmp_path: Path) -> None:
    (tmp_path / "show" / "1-plain").mkdir(parents=True)
    (tmp_path / "show" / "show.toml").write_text('title = "Plain"\nrights = "test"\n')
    said = "We began in a barn. It was cold there. Why did you stay? The rent was nine dollars. Nobody else wanted it."
    (tmp_path / "show" / "1-plain" / "source.txt").write_text(said)
    corpus = open_corpus(tmp_path)
    index = open_index(corpus, None, pytest.fail)

    answered = answer(corpus, index, None, "How many dollars was the rent?", 2)

    begin, end = answered.hits[0].sentence
    assert answered.hits[0].passage.text[begin:end] == "The rent was nine dollars."


@pytest.mark.parametrize("question", ["Why can't he train every day?", "what does he think of the twitter files"])
def test_a_sentence_is_led_to_by_the_sentences_before_it_alone(
    corpus: Corpus, index: WordIndex, meaning: Embeddings, question: str
) -> None:
    found = find_candidates(corpus, index, meaning, read(corpus, index, question))
    assert found is not None
    near, led = found.features["meaning near"], found.features["meaning led"]
    row = {place: number for number, place in enumerate(found.places)}
    seen = 0
    for (episode, sentence), number in row.items():
        before = [row[place] for step in range(1, LEADING + 1) if (place := (episode, sentence - step)) in row]
        if len(before) == LEADING:
            seen += 1
            assert led[number] == pytest.approx(near[before].max() - near.max(), abs=1e-6)
    assert seen > LEADING


def test_the_label_of_a_key_passage_tells_of_its_sentences_and_those_beside_it(
    corpus: Corpus, meaning: Embeddings
) -> None:
    keys = key_passages(corpus.folder, corpus.episode(0))
    meant = keys[len(keys) // 2]

    column = label_columns(corpus, meaning.view(meant.point), [0])[0]

    assert set(column[meant.passage.first : meant.passage.last + 1]) == {column.max()}
    assert column.max() > 0
    near = {n for key in keys for n in range(key.passage.first - 2, key.passage.last + 3)}
    assert all(column[number] == 0 for number in range(len(column)) if number not in near)


def test_labels_tell_nothing_in_a_large_library_or_where_nobody_has_picked_any(
    corpus: Corpus, meaning: Embeddings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "show" / "1-plain").mkdir(parents=True)
    (tmp_path / "show" / "show.toml").write_text('title = "Plain"\nrights = "test"\n')
    (tmp_path / "show" / "1-plain" / "source.txt").write_text("We began in a barn. It was cold there.")
    plain = open_corpus(tmp_path)
    understood = load_embeddings(plain, None, lambda _: None)
    assert understood is not None
    assert label_columns(plain, understood.view("barn"), [0]) == {}

    monkeypatch.setattr(labels, "MOST_LABELLED", 0)
    assert label_columns(corpus, meaning.view("barn"), [0]) == {}


class _Drawn:
    """A model that draws a vector for each text, and counts how many texts it reads."""

    name = "drawn"

    def __init__(self) -> None:
        self.read = 0

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += len(texts)
        return np.random.default_rng(len(texts)).standard_normal((len(texts), WIDTH)).astype(np.float32)

    def query(self, text: str) -> NDArray[np.float32]:
        (vector,) = self.passages([text])
        return np.asarray(vector, np.float32)


def test_the_vectors_of_labels_are_kept_whole_and_made_anew_where_they_are_damaged_or_another_models(
    corpus: Corpus, meaning: Embeddings, tmp_path: Path
) -> None:
    drawn = _Drawn()

    def column(folder: Path) -> tuple[list[float], int]:
        before = drawn.read
        embeddings = Embeddings(cast("Dense", drawn), meaning.late, Shelf(folder, corpus.entries))
        seen = View(embeddings, np.ones(WIDTH, np.float32), np.zeros((0, TOKEN_WIDTH), np.float32))
        return label_columns(corpus, seen, [0])[0].tolist(), drawn.read - before

    made, read = column(tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()

    assert read > 0
    assert max(made) > 0
    assert column(tmp_path) == (made, 0)
    for damaged in (whole[:-1], whole + b"x", b"", whole[:3], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damaged)
        assert column(tmp_path) == (made, read)
        assert path.read_bytes() == whole

    drawn.name = "another"
    assert column(tmp_path) == (made, read)
    (other,) = tmp_path.iterdir()
    assert other != path

    assert column(other / "no-folder") == (made, read)


@pytest.mark.parametrize("models", [True, False])
def test_the_weights_are_those_of_the_features_and_the_bands_follow_each_other(*, models: bool) -> None:
    weights = Weights.read(models=models)

    assert 0 < weights.declined_below <= weights.answers_from <= 1
