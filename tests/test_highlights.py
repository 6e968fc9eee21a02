from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.highlights import judgements
from bot.adapters.console.jsonl import reply_object
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.corpus import Corpus, Section, curated_highlights, open_corpus
from bot.corpus.check import check_episode
from bot.corpus.curated import HIGHLIGHTS, HIGHLIGHTS_HEADER, LONGEST_HIGHLIGHT, SHORTEST_HIGHLIGHT, read_highlights
from bot.corpus.errata import HEADER
from bot.corpus.library import read_show
from bot.errors import OperatorError, TranscriptError
from bot.highlights import Highlight, Highlights, Judged, judge, read, score
from bot.language import Row, read_rows
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from bot.core import Core
    from bot.highlights.features import EpisodeReading

START = dt.date(2026, 1, 1)
LINES = (
    "Courage is the willingness to learn something new and to feel stupid, although everybody can see it.",
    "I was terrified the first time I spoke in public, and it made me happier and more alive than anything in my life.",
    "Every family has one funny story that everybody loves to tell, and nobody believes it happened otherwise.",
    "The best way to understand people is to listen to what makes them proud and what makes them afraid of change.",
    "Patience is the hard skill that every beginner has to learn alone, and no teacher can give you as a present.",
    "My grandmother taught me that kindness is a decision for every morning, and I believe in my heart she was right.",
)


@pytest.fixture(scope="module")
def highlights(corpus: Corpus) -> Highlights:
    return Highlights(corpus)


@pytest.fixture(scope="module")
def reading(corpus: Corpus) -> EpisodeReading:
    return read(corpus, 0)


@pytest.fixture(scope="module")
def source(corpus: Corpus) -> str:
    return (ROOT / str(corpus.episode(0).tokens.path)).read_text("utf-8")


def year(highlights: Highlights, seed: str, days: int = 365, shows: Collection[str] = ()) -> list[Highlight]:
    """Return what a channel gets on so many days, until the pool is spent."""
    found: list[Highlight] = []
    for day in range(days):
        used = [each.id for each in found]
        date = START + dt.timedelta(days=day)
        following = highlights.next(day=date, seed=seed, used=used, recent=used[-7:], shows=shows)
        if following is None:
            break
        found.append(following)
    return found


def write_show(folder: Path, name: str, episodes: dict[str, str], suffix: str = "txt") -> None:
    """Write a show of unedited transcripts."""
    (folder / name).mkdir(parents=True)
    (folder / name / "show.toml").write_text(f'title = "{name.title()}"\nrights = "Ours."\n', "utf-8")
    for episode, text in episodes.items():
        (folder / name / episode).mkdir()
        (folder / name / episode / f"source.{suffix}").write_text(text, "utf-8")


def judge_first(reading: EpisodeReading, source: str, words: str) -> Judged:
    """Judge the first place in the source that has these words."""
    start = source.index(words)
    return judge(reading, start, start + len(words))


@pytest.mark.parametrize("row", read_rows("bot.highlights", "phrases.toml"), ids=lambda row: row.key)
def test_a_phrase_is_found_in_its_examples_and_not_in_what_only_looks_like_them(row: Row) -> None:
    assert [text for text in row.examples if not row.pattern.search(text)] == []
    assert [text for text in row.but if row.pattern.search(text)] == []


# The curated list


def test_the_curated_list_is_word_for_word_unique_and_within_bounds(corpus: Corpus) -> None:
    listed = curated_highlights(corpus.folder, corpus.episode(0))
    rows = (corpus.folder / "lex-fridman/383-mark-zuckerberg" / HIGHLIGHTS).read_text("utf-8").splitlines()[1:]
    taken = [number for each in listed for number in range(each.passage.first, each.passage.last + 1)]

    assert len(listed) >= 80
    assert [each.passage.text.replace("\n", " ") for each in listed] == [row.split("\t")[2] for row in rows]
    assert len(taken) == len(set(taken))
    for each in listed:
        assert SHORTEST_HIGHLIGHT <= len(each.passage.text) <= LONGEST_HIGHLIGHT
        assert {paragraph.section for paragraph in each.passage.paragraphs} == {Section.CONVERSATION}
        assert len(each.passage.speakers) == 1
        assert each.prompt.endswith("?")
        assert each.prompt.count("?") == 1
        assert "!" not in each.prompt
        assert len(each.prompt) <= 100


def test_check_counts_the_curated_list(corpus: Corpus) -> None:
    show = corpus.folder / "lex-fridman"
    found = check_episode(read_show(show), show / "383-mark-zuckerberg")

    assert found.problems == ()
    assert any(fact.startswith("highlights: 1") for fact in found.facts)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Mark Zuckerberg\tWhy?", "2 columns"),
        (f"Mark Zuckerberg\t{'w' * 101}\tIt was just a lot of fun.", "101 characters"),
        ("Mark Zuckerberg\tWhy?\tI never said any such thing in the whole conversation, not once at all.", "no whole"),
        ("Mark Zuckerberg\tWhy?\tDoing sports that basically require your full attention, I think", "no whole"),
        ("Mark Zuckerberg\tWhy?\tIt was just a lot of fun.", "25 characters"),
        ("Lex Fridman\tWhy?\tThe thing that stresses me out the most is always the people challenges.", "said by Mark"),
        ("Lex Fridman\tWhy?\tSuper easy to sign up, super easy to find, a licensed therapist, all of that.", "the ad"),
        ("Mark Zuckerberg\tWhy?\tI just think part of learning is failing. So, I mean, the main thing", "no whole"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_a_curated_list_is_named(corpus: Corpus, row: str, says: str) -> None:
    with pytest.raises(TranscriptError, match=re.escape(says)) as refused:
        read_highlights(f"{HIGHLIGHTS_HEADER}\n{row}\n", "highlights.tsv", corpus.episode(0))

    assert refused.value.line == 2


def test_two_lines_that_share_words_are_refused(corpus: Corpus) -> None:
    first = curated_highlights(ROOT / "content", corpus.episode(0))[0].passage
    row = f"{first.speaker}\tWhy?\t{first.text}"

    with pytest.raises(TranscriptError, match="shares words with line 2"):
        read_highlights(f"{HIGHLIGHTS_HEADER}\n{row}\n\n{row}\n", "highlights.tsv", corpus.episode(0))


# The score


def test_whole_words_of_wisdom_score_high_and_their_halves_low(reading: EpisodeReading, source: str) -> None:
    words = "But I actually think part of the art of running a company is trying to constantly re-engineer it so that "
    whole = judge_first(reading, source, words + "your feedback loops get shorter so you can learn faster.")
    half = judge_first(reading, source, "trying to constantly re-engineer it so that your feedback loops get shorter")

    assert whole.score > 0.5
    assert half.score < 0.1
    assert {"whole sentences", "a good length", "one speaker"} <= set(whole.reasons)
    assert {"begins in the middle of a sentence", "ends in the middle of a sentence"} <= set(half.reasons)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("This is not an artificial toy data set for the development of toy systems that illustrate toy concepts.",
         "a sponsor's message"),
        ("The following is a conversation with Mark Zuckerberg, his second time in this podcast.",
         "introduction or outro, not the conversation"),
        ("It is change, continuing change, inevitable change that is the dominant factor in society today.",
         "introduction or outro, not the conversation"),
        ("Pajamas. That you could choke people with, yes. Well, it's got the lapels.", "more than one speaker"),
    ],
)  # fmt: skip
def test_what_is_not_the_conversation_of_one_person_scores_next_to_nothing(
    reading: EpisodeReading, source: str, words: str, reason: str
) -> None:
    found = judge_first(reading, source, words)

    assert found.score < 0.05
    assert reason in found.reasons


@given(st.integers(0, 152_578), st.integers(1, 1_500))
@settings(max_examples=150, deadline=None)
def test_any_span_of_the_source_gets_a_score(reading: EpisodeReading, start: int, length: int) -> None:
    found = judge(reading, start, min(start + length, 152_579))

    assert 0 <= found.score <= 1
    assert found.reasons


def test_a_limit_of_what_is_no_feature_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    table = score.highlight_weights.__wrapped__() | {"barred-over": {"boredom": 0}}
    monkeypatch.setattr(score, "read_weights", lambda _: table)

    with pytest.raises(OperatorError, match="The limits of bot/highlights name what is no feature: boredom"):
        score.highlight_weights.__wrapped__()


def test_the_score_does_not_know_the_curated_list(corpus: Corpus, reading: EpisodeReading, tmp_path: Path) -> None:
    (tmp_path / "lex-fridman").mkdir()
    (tmp_path / "lex-fridman/show.toml").write_bytes((corpus.folder / "lex-fridman/show.toml").read_bytes())
    there, here = corpus.folder / "lex-fridman/383-mark-zuckerberg", tmp_path / "lex-fridman/383-mark-zuckerberg"
    here.mkdir()
    for name in ("edition.md", "errata.tsv", "source.txt"):
        (here / name).write_bytes((there / name).read_bytes())
    without = read(open_corpus(tmp_path), 0)

    for picked in curated_highlights(corpus.folder, corpus.episode(0))[:20]:
        ((start, end),) = picked.passage.source().spans  # type: ignore[union-attr]
        assert judge(without, start, end) == judge(reading, start, end)


# What stands alone


@pytest.mark.parametrize(("heard", "lower"), [("my grand mother,", False), ("My grand mutter", True)])
def test_a_word_that_was_misheard_speaks_against_a_span_and_one_that_was_misspelt_does_not(
    tmp_path: Path, heard: str, *, lower: bool
) -> None:
    said = LINES[-1]
    write_show(tmp_path, "clean", {"1-talk": said})
    write_show(tmp_path, "mended", {"1-talk": said.replace("My grandmother", heard)})
    (tmp_path / "mended/1-talk/edition.md").write_text(said, "utf-8")
    errata = f"{HEADER}\n1:1\t{heard}\tMy grandmother\theard wrong\n"
    (tmp_path / "mended/1-talk/errata.tsv").write_text(errata, "utf-8")
    corpus = open_corpus(tmp_path)
    clean, mended = (score.score_of(read(corpus, number), 0, len(said)) for number in (0, 1))

    assert mended < clean if lower else mended == clean


def offered(folder: Path, *episodes: str) -> list[str]:
    """Return the words of all quotes that a show offers in which Ada says these, one an episode, between Bob's."""
    cold = "Bob: The pan is cold.\n"
    write_show(folder, "show", {f"{n}-x": f"{cold}Ada: {said}\n{cold}" for n, said in enumerate(episodes, 1)})
    return [each.passage.text for each in year(Highlights(open_corpus(folder)), "x")]


@pytest.mark.parametrize(
    "words",
    [
        'And my grandmother said, "Kindness is a decision for every morning, and in my heart I believe she was right.',
        'What made everybody happy was her answer, "Do you believe in kindness and in learning every morning?"',
        'Nobody wants to learn," she said, "and everybody wants to have learned," which made me feel stupid and alive.',
        "Not just because everybody loves to learn something new, but because kindness makes people feel alive.",
        "Which is why everybody who loves learning has to believe in kindness and in the courage to feel stupid.",
        "A present for children who have the courage to learn, to feel stupid and to believe in other people.",
        "That takes the courage to learn, to feel stupid and to believe in other people every morning of your life.",
        "[laughs] Everybody who loves learning has to believe in kindness and in the courage to feel stupid.",
        "On this show everybody who loves learning has to believe in kindness and in the courage to feel stupid.",
        "I'm curious how you learned to believe in kindness and in the courage to feel stupid among people.",
        "We'll be right back with more courage, more kindness and more of what makes people feel alive.",
        "Today we will talk about kindness and learning, and about the courage that makes people feel alive.",
        "Everybody who loves learning has to believe in kindness and in the courage to feel stupid, just like me and.",
    ],
)
def test_what_does_not_stand_alone_is_never_offered(tmp_path: Path, words: str) -> None:
    assert offered(tmp_path, words) == []


def test_what_is_said_of_sponsors_and_newsletters_as_a_subject_is_offered(tmp_path: Path) -> None:
    words = "A sponsor never taught anybody courage, and no newsletter makes people feel less lonely than a friend."

    assert offered(tmp_path, words) == [words]


def test_what_a_show_says_in_the_same_words_every_time_is_never_offered(tmp_path: Path) -> None:
    stock = "Courage and kindness are what everybody here believes in, and learning is what makes us feel alive."

    assert offered(tmp_path / "once", stock) == [stock]
    assert offered(tmp_path / "always", stock, stock, stock) == []


def test_an_ad_read_and_what_leads_to_it_is_never_offered(tmp_path: Path) -> None:
    ad = "This episode is brought to you by Pell Kettles. Head over to pell.example slash x and use the code PELL."
    leads = "Everybody I love feels happier and more alive since I learned the courage to buy them a good kettle."

    assert offered(tmp_path / "without", leads) == [leads]
    assert offered(tmp_path / "with", f"{leads} {ad}") == []


def test_the_first_and_the_last_sentences_of_an_episode_are_never_offered(tmp_path: Path) -> None:
    plain = " ".join(f"The pan number {number} is cold." for number in range(60))

    assert offered(tmp_path / "middle", f"{plain}\nAda: {LINES[1]}\nAda: {plain}") == [LINES[1]]
    assert offered(tmp_path / "edges", f"{LINES[1]}\nAda: {plain}\nAda: {LINES[2]}") == []


# The choice


@pytest.mark.parametrize("seed", ["guild/general", "workspace/random", "x"])
def test_a_year_of_posts_repeats_nothing_and_posts_nothing_bad(
    corpus: Corpus, highlights: Highlights, seed: str
) -> None:
    found = year(highlights, seed)
    taken = [number for each in found for number in range(each.passage.first, each.passage.last + 1)]
    bad = [row for row in judgements(corpus) if row["label"] == "bad"]
    spans = [each.passage.source().spans[0] for each in found]  # type: ignore[union-attr]

    assert len(found) >= 100
    assert len(taken) == len(set(taken))
    assert not {(row["start"], row["end"]) for row in bad} & set(spans)
    for each in found:
        assert SHORTEST_HIGHLIGHT <= len(each.passage.text) <= LONGEST_HIGHLIGHT
        assert each.passage.section is Section.CONVERSATION
        assert len(each.passage.speakers) == 1
    curated = [each.curated for each in found]
    assert curated == sorted(curated, reverse=True)


def test_a_year_varies_over_chapters_and_speakers(highlights: Highlights) -> None:
    found = year(highlights, "guild/general", 60)
    chapters = [each.passage.chapter.title for each in found if each.passage.chapter]
    speakers = Counter(each.passage.speakers[0] for each in found)

    assert sum(one == other for one, other in pairwise(chapters)) <= 1
    assert len(set(chapters[:14])) >= 8
    assert min(speakers.values()) >= 12


def test_the_same_channel_and_day_get_the_same_and_other_channels_another_order(
    corpus: Corpus, highlights: Highlights
) -> None:
    first, again = year(highlights, "a", 20), year(Highlights(corpus), "a", 20)
    other = year(highlights, "b", 20)

    assert [each.id for each in first] == [each.id for each in again]
    assert [each.id for each in first] != [each.id for each in other]
    assert min(each.score for each in first) > 0.9


def test_dropped_and_disliked_passages_never_come(highlights: Highlights) -> None:
    first, second = year(highlights, "a", 2)
    third = highlights.next(day=START, seed="a", used=(), dropped=[first.id], votes={second.id: -3})

    assert third is not None
    assert third.id not in {first.id, second.id}


def test_votes_move_the_choice_towards_what_is_liked(highlights: Highlights) -> None:
    everything = year(highlights, "a", 60)
    by_lex = [each.id for each in everything if each.passage.speakers == ("Lex Fridman",)][:8]

    def share(votes: dict[str, int]) -> int:
        used: list[str] = list(by_lex)
        for day in range(15):
            date = START + dt.timedelta(days=day)
            found = highlights.next(day=date, seed="a", used=used, recent=used[-7:], votes=votes)
            assert found is not None
            used.append(found.id)
        return sum(highlights_speaker(highlights, each) == "Lex Fridman" for each in used[len(by_lex) :])

    assert share(dict.fromkeys(by_lex, 5)) >= share(dict.fromkeys(by_lex, -2))


def highlights_speaker(highlights: Highlights, quote_id: str) -> str:
    """Return who says a passage of the shipped episode."""
    passage = highlights._corpus.passage(quote_id)  # noqa: SLF001 - the test's way from an id to a name
    assert passage is not None
    return passage.speakers[0]


def test_a_passage_is_found_again_with_its_question(corpus: Corpus, highlights: Highlights) -> None:
    (first,) = year(highlights, "a", 1)

    assert highlights.of(first.passage) == first
    other = highlights.of(corpus.episode(0).passage(0, 0))
    assert (other.prompt, other.curated) == ("", False)


def test_a_highlight_by_chance_is_the_same_for_the_same_seed(highlights: Highlights) -> None:
    found = [highlights.random(f"seed {number}") for number in range(20)]

    assert [highlights.random(f"seed {number}") for number in range(20)] == found
    assert len({each.id for each in found if each}) > 10
    assert highlights.random("seed", shows=["no-such-show"]) is None


@pytest.fixture
def small(tmp_path: Path) -> Corpus:
    """Two shows of plain text without speakers or chapters, one of them with nothing good."""
    filler = "Yeah. Okay. So that is it. And then they did this. Right. Is it? I do not know. It was there. "
    write_show(tmp_path, "alpha", {f"{n}-talk": f"{filler}{LINES[n - 1]} {filler}{LINES[n]} {filler}" for n in (1, 3)})
    write_show(tmp_path, "beta", {"1-talk": f"{filler}{LINES[0]} {filler}{LINES[4]}", "2-dull": filler * 5})
    return open_corpus(tmp_path)


def test_shows_without_speakers_or_chapters_take_turns(small: Corpus) -> None:
    found = year(Highlights(small), "a")
    shows = [each.passage.episode.show.id for each in found]

    assert {each.passage.text for each in found} <= set(LINES)
    assert len(found) >= 4
    assert set(shows[:2]) == {"alpha", "beta"}
    assert not any(each.curated for each in found)
    assert "2-dull" not in {each.passage.episode.id for each in found}


def test_an_unnamed_speaker_scores_lower(small: Corpus, tmp_path: Path) -> None:
    named = tmp_path / "named"
    write_show(named, "alpha", {"1-talk": f"Ada: {LINES[0]}\n\nBob: That is so.\n\nAda: {LINES[1]}\n\nBob: It is.\n"})
    known = read(open_corpus(named), 0)
    unknown = read(small, 0)

    def score(reading: EpisodeReading, line: str) -> float:
        begin = reading.episode.text.index(line)
        return judge(reading, begin, begin + len(line)).score

    assert known.episode.paragraphs.names
    assert score(unknown, LINES[1]) < score(known, LINES[1])


def test_only_the_shows_served_in_a_channel_are_chosen_from(small: Corpus) -> None:
    highlights = Highlights(small)
    found = year(highlights, "a", 9, ["beta"])

    assert {each.passage.episode.show.id for each in found} == {"beta"}
    spent = [each.id for each in found]
    assert highlights.next(day=START, seed="a", used=spent, shows=["beta"]) is None
    assert highlights.next(day=START, seed="a", used=spent) is not None


def test_a_broken_curated_list_is_left_out_with_a_warning(small: Corpus, caplog: pytest.LogCaptureFixture) -> None:
    (small.folder / "alpha/1-talk" / HIGHLIGHTS).write_text("no header\n", "utf-8")

    assert year(Highlights(small), "a")
    assert "curated highlights are left out" in caplog.text


# The operator's command


def ask_score(core: Core) -> Callable[..., object]:
    """Return a way to send the command as a script does."""

    async def asked(*, admin: bool = True, **args: object) -> Reply:
        texts = {name: str(value) for name, value in args.items()}
        channel, author = Channel("jsonl", "jsonl"), Author("script", admin=admin)
        return await core.answer(Request(channel, author, command="highlight-score", args=texts))

    return asked


async def test_an_operator_sees_a_score_and_why(core: Core, source: str) -> None:
    words = "I've just failed and been embarrassed so many times in my life that it's a core competence of this."
    start = source.index(words)
    reply = await ask_score(core)(episode="383", start=start, end=start + len(words))  # type: ignore[misc]
    (card,) = reply_object(reply, 1.0)["cards"]

    assert (reply.outcome, reply.private) == (Outcome.FOUND, True)
    assert 0.5 < card["score"] <= 1
    assert "whole sentences" in reply.text
    assert words in reply.text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"start": -1, "end": 20}, "start before end"),
        ({"start": 20, "end": 20}, "start before end"),
        ({"start": 30, "end": 20}, "start before end"),
        ({"start": 152_600, "end": 152_700}, "ends at character 152,579"),
        ({"start": 152_000, "end": 152_700}, "ends at character 152,579"),
        ({"start": 0, "end": 9_000}, "9,000 characters"),
        ({"start": "x", "end": 9}, "whole number"),
        ({"start": 1}, "needs end"),
        ({"start": 1, "end": 9, "episode": "no such episode"}, "I know no episode"),
    ],
)
async def test_offsets_that_cannot_be_are_told_of(core: Core, args: dict[str, object], says: str) -> None:
    reply = await ask_score(core)(**({"episode": "383"} | args))  # type: ignore[misc]

    assert reply.outcome is Outcome.ERROR
    assert says in reply.text


async def test_members_cannot_ask_for_scores(core: Core) -> None:
    reply = await ask_score(core)(admin=False, episode="383", start=1, end=99)  # type: ignore[misc]

    assert reply.outcome is Outcome.ERROR
    assert "is for the people who run a server" in reply.text


def test_the_highlight_of_a_date_is_one_for_everyone_and_another_every_day(highlights: Highlights) -> None:
    dates = [START + dt.timedelta(days=day) for day in range(10)]
    found = [highlights.of_date(date) for date in dates]

    assert found == [highlights.of_date(date) for date in dates]
    assert len({each.id for each in found if each}) == len(dates)
    assert all(each and each.curated for each in found)
    assert highlights.of_date(START, shows=["no-such-show"]) is None


def test_highlights_by_date_take_turns_between_shows_and_keep_to_those_asked_for(shows: Corpus) -> None:
    highlights = Highlights(shows)
    folders = [show.id for show in shows.shows]

    def served(day: int, among: tuple[str, ...] = ()) -> str:
        found = highlights.of_date(START + dt.timedelta(days=day), among)
        return found.passage.episode.show.id if found else ""

    assert len({served(day) for day in range(30)}) > 1
    assert {served(day, (folders[0],)) for day in range(5)} <= {folders[0], ""}
