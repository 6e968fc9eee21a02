"""Judging claims: what was said is recognised, what was not is never confirmed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.corpus import Passage, open_corpus, words
from bot.language import is_content, is_negation, is_slip, tokens
from bot.search.index.words import WordIndex, open_index
from bot.search.verify.claim import Quoted, read_claim
from bot.search.verify.speakers import Names
from bot.search.verify.verdict import LONGEST_CLAIM, Judgement, Kind, Verdict, judge
from bot.settings import ROOT
from tests.test_highlights import write_show
from tests.twists import sorts, twists

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus

CONFIRMED = {Verdict.EXACT, Verdict.CLOSE}


@pytest.fixture(scope="session")
def index(corpus: Corpus) -> WordIndex:
    notices: list[str] = []
    opened = open_index(corpus, None, notices.append)
    assert notices == []
    return opened


@pytest.fixture(scope="session")
def near(corpus: Corpus, index: WordIndex) -> Callable[[str], list[Passage]]:
    def find(claim: str) -> list[Passage]:
        found = index.candidates(claim, 6)[:12]
        return [corpus.episodes[number].passage(sentence, sentence) for number, sentence in found]

    return find


@pytest.fixture(scope="session")
def verdict(near: Callable[[str], list[Passage]]) -> Callable[[str], Judgement]:
    def decide(claim: str) -> Judgement:
        (quoted,) = read_claim(claim, Names(["Mark Zuckerberg", "Lex Fridman"]).knows) or (Quoted(""),)
        return judge(quoted.text, near(quoted.text), speaker=quoted.speaker)

    return decide


TABLE = [
    # fragments, whole lines, and what does not count
    ("exact", "people who train jiu-jitsu, it's like you need to not have pride"),
    ("exact", "you need to not have pride because all the stuff that you were talking about"),
    ("exact", "YOU NEED TO NOT HAVE PRIDE!!!"),
    ("exact", "“we have a mini academy in my garage”"),
    ("exact", "We have   a mini — academy in my, garage…"),
    ("exact", "two things that end up being values that we care about deeply"),
    ("exact", "running a company for almost 20 years now"),
    ("exact", "um running a company for, uh, almost 20 years now"),
    ("exact", "they dont just pack up their bags and go home"),
    ("exact", "I'm not gonna shy away from a challenge like that"),
    (
        "exact",
        "But we don't have that yet"
        if False
        else "some of the big things that we're doing"
        if False
        else "all the big things that we're doing",
    ),
    ("exact", "but at least so far, it's been the case"),
    ("exact", "will test those, but at least so far, it's"),
    # over the end of a sentence
    ("exact", "I got a ton of my friends into it. We all trained together."),
    # spelling
    ("close", "we have a mini acadmey in my garage"),
    ("close", "they can cheeer you on they can make fnu of you"),
    ("close", "we've sold tens of milions of Quest devices"),
    ("close", "it is basically a game, a sport of human chess"),
    ("close", "a hundred pullups, 200 push-ups, 300 squats and a mile before"),
    ("close", "Over three billion people use WhatsApp, Facebook, and Instagram"),
    ("close", "so it is priced at four ninety nine"),
    ("close", "so it's priced at 499 dollars"),
    ("close", "a 65B parameter model"),
    ("close", "oh yeah, it's forty percent thinner"),
    # numbers, prices, units
    ("altered", "so it's priced at $4.99"),
    ("altered", "so it's priced at 499 euros"),
    ("altered", "oh yeah, it's 15% thinner"),
    ("altered", "Over 5 billion people use WhatsApp, Facebook, and Instagram"),
    ("altered", "Over 3 million people use WhatsApp, Facebook, and Instagram"),
    ("altered", "running a company for, you know, almost 30 years now"),
    # a word of content, a name, an antonym, a comparative
    ("altered", "we have a mini academy in my basement"),
    ("altered", "I just did a conversation with Larry Sanger, the founder of Wikipedia"),
    ("altered", "chokes are a somewhat less humane way to go than joint locks"),
    ("altered", "joint locks are a somewhat more humane way to go than chokes"),
    # negations, pronouns, tense, modals, quantifiers
    ("altered", "I'm gonna shy away from a challenge like that"),
    ("altered", "you need to have pride because all the stuff that you were talking about"),
    ("altered", "they need to not have pride because all the stuff that you were talking about"),
    ("altered", "all the big things that we did"),
    ("altered", "some of the big things that we're doing"),
    ("altered", "you should need to not have pride because all the stuff"),
    ("altered", "I feel like you think the jiu-jitsu is about a game, a sport of human chess"),
    # a negation cut off
    ("altered", "want to run a fully remote company yet"),
    ("altered", "gonna shy away from a challenge like that"),
    # words put in, left out
    ("altered", "we have a secret mini academy in my garage"),
    ("altered", "we have an academy in my garage"),
    ("altered", "he thinks we have a mini academy in my garage"),
    # two places
    ("stitched", "we have a mini academy in my garage, we've sold tens of millions of Quest devices"),
    # who said it
    ("other-speaker", "Lex: we've sold tens of millions of Quest devices"),
    ("exact", "zuck: we've sold tens of millions of Quest devices"),
    ("exact", "we've sold tens of millions of Quest devices — Mark Zuckerberg"),
    ("other-speaker", "Elon Musk: we've sold tens of millions of Quest devices"),
    # never said, or too little to say
    ("not-found", "ask not what your country can do for you"),
    ("not-found", "the mitochondria is the powerhouse of the cell"),
    ("not-found", "purple giraffes dance upon the frozen cathedral"),
    ("not-found", "mini academy"),
    ("not-found", "it is what it is"),
    ("not-found", ""),
    ("not-found", "🔥🔥🔥"),
    ("not-found", "今天晚上我们吃什么饺子"),
]


@pytest.mark.parametrize(("expected", "claim"), TABLE)
def test_a_claim_gets_the_verdict_it_deserves(verdict: Callable[[str], Judgement], expected: str, claim: str) -> None:
    judged = verdict(claim)
    assert expected == judged.verdict, judged.differences


def test_the_words_that_differ_are_shown_in_reading_order(verdict: Callable[[str], Judgement]) -> None:
    judged = verdict("my youngest daughter wants a weight vest")

    assert [(str(part.kind), part.text) for part in judged.differences] == [
        ("same", "my"),
        ("said", "oldest"),
        ("claimed", "youngest"),
        ("same", "daughter wants a weight vest"),
    ]
    (passage,), (marked,) = judged.passages, judged.marked
    assert [passage.text[begin:end] for begin, end in marked] == ["my", "daughter wants a weight vest"]


def test_a_negation_that_was_cut_off_is_shown(verdict: Callable[[str], Judgement]) -> None:
    judged = verdict("gonna shy away from a challenge like that")

    assert (Kind.SAID, "not") == (judged.differences[0].kind, judged.differences[0].text)


def test_each_piece_of_a_stitched_claim_has_its_place_in_the_order_of_the_claim(
    verdict: Callable[[str], Judgement],
) -> None:
    judged = verdict("we've sold tens of millions of Quest devices, we have a mini academy in my garage")

    assert ["Quest" in passage.text for passage in judged.passages] == [True, False]
    assert len(judged.marked) == len(judged.passages) == 2


@pytest.mark.parametrize("claim", ["", "the", "mini academy", "is it not the", "🔥 😂", "um, you know, I mean, like"])
def test_too_little_is_refused_and_says_so(verdict: Callable[[str], Judgement], claim: str) -> None:
    judged = verdict(claim)

    assert judged.too_little
    assert judged.verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize(
    ("typed", "parted"),
    [
        ("Zuckerberg: we have a mini academy", ("we have a mini academy", "Zuckerberg")),
        ("zuck::: “we have a mini academy”", ("we have a mini academy", "zuck")),
        ("“We have a mini academy” — Mark Zuckerberg", ("We have a mini academy", "Mark Zuckerberg")),
        ('"We have a mini academy" - zuck', ("We have a mini academy", "zuck")),
        ("We have a mini academy\n— Lex Fridman", ("We have a mini academy", "Lex Fridman")),
        ("> We have a mini academy (Mark Zuckerberg)", ("We have a mini academy", "Mark Zuckerberg")),
        ("quote: we have a mini academy", ("we have a mini academy", None)),
        ("he thinks we have a mini academy", ("he thinks we have a mini academy", None)),
        ("the one thing - open source", ("the one thing - open source", None)),
        ("12:30 is when we met", ("12:30 is when we met", None)),
        ("", ("", None)),
    ],
)
def test_a_speaker_is_read_from_beside_the_claim_and_nothing_else_is_taken_off(
    typed: str, parted: tuple[str, str | None]
) -> None:
    quotes = read_claim(typed, Names(["Mark Zuckerberg", "Lex Fridman"]).knows)

    assert [parted] == [(each.text, each.speaker) for each in quotes or (Quoted(""),)]


@pytest.mark.parametrize(
    "speaker", ["Mark", "zuck", "Mark Zuckerberg", "ZUCKERBURG", "@Zuckerberg", "M. Zuckerberg", ""]
)
def test_a_speaker_is_known_by_any_of_his_names(near: Callable[[str], list[Passage]], speaker: str) -> None:
    claim = "we've sold tens of millions of Quest devices"

    assert judge(claim, near(claim), speaker=speaker).verdict is Verdict.EXACT


def test_words_as_the_source_had_them_are_as_good_as_the_mended_ones(near: Callable[[str], list[Passage]]) -> None:
    claim = "We got Numeri for the world's hardest data science tournament"
    source = (ROOT / "content/lex-fridman/383-mark-zuckerberg/source.txt").read_text("utf-8")

    def printed(passage: Passage) -> str:
        place = passage.source()
        assert place is not None
        return " ".join(source[begin:end] for begin, end in place.spans)

    judged = judge(claim, near(claim), printed=printed)
    assert judged.verdict is Verdict.EXACT
    assert (Kind.SAID, "Numerai") in [(part.kind, part.text) for part in judged.differences]
    price = judge("So, it's priced at $4.99", near("So, it's priced at $4.99"), printed=printed)
    assert price.verdict is Verdict.ALTERED


@pytest.mark.parametrize(("name", "verdict"), [("Somebody", Verdict.CLOSE), ("Acadmey", Verdict.ALTERED)])
def test_a_word_of_the_episode_is_never_read_as_misspelt(tmp_path: Path, name: str, verdict: Verdict) -> None:
    write_show(tmp_path, "alpha", {"1-talk": f"We have a mini academy in my garage. {'So it is. ' * 9}{name} said so."})
    near = [open_corpus(tmp_path).episode(0).passage(0, 0)]

    assert judge("we have a mini acadmey in my garage", near).verdict is verdict


@pytest.mark.parametrize(
    ("said", "claimed"),
    [("public", "private"), ("million", "billion"), ("trust", "rust"), ("possible", "impossible"), ("less", "loss"),
     ("builds", "builders"), ("hard", "harder"), ("trauma", "drama"), ("three", "there"), ("affect", "effect"),
     ("internal", "external"), ("trained", "train"), ("trial", "trail"), ("secure", "insecure")],
)  # fmt: skip
def test_another_word_is_not_a_slip_even_when_no_corpus_knows_it(said: str, claimed: str) -> None:
    assert not is_slip(said, claimed, lambda _: False)
    assert not is_slip(claimed, said, lambda _: False)


def test_twists_made_from_the_transcript_are_not_confirmed(
    corpus: Corpus, near: Callable[[str], list[Passage]]
) -> None:
    made = list(islice(twists(corpus.episodes[0], 20), 1000))

    leaked = [(twist.sort, twist.claim) for twist in made if judge(twist.claim, near(twist.claim)).verdict in CONFIRMED]

    assert len(made) == 1000
    assert {twist.sort for twist in made} == set(sorts())
    assert len(leaked) <= 5, leaked


def _negation_is_near(text: str) -> bool:
    return any(is_negation(token.form) for token in tokens(text))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_fragment_of_the_transcript_is_exact(
    corpus: Corpus, near: Callable[[str], list[Passage]], data: st.DataObject
) -> None:
    episode = corpus.episodes[0]
    sentence = data.draw(st.integers(0, len(episode.sentences) - 1))
    text = episode.passage(sentence, sentence + 1).text
    spans = text.split()
    begin = data.draw(st.integers(0, max(0, len(spans) - 4)))
    count = data.draw(st.integers(4, 30))
    claim = " ".join(spans[begin : begin + count])
    places = [*near(claim), episode.passage(sentence, sentence)]
    judged = judge(claim, places, speaker="")
    meant = [token.form for token in tokens(claim) if not token.free]
    edges = [*spans[max(0, begin - 1) : begin + 1], ";", *spans[begin + count - 1 : begin + count + 1]]
    cut_number = any(token.form.startswith("#") for token in tokens(" ".join(edges)))
    if len(words(claim)) < 4 or not any(map(is_content, meant)) or cut_number:
        return
    around = " ".join([*spans[max(0, begin - 7) : begin], "|", *spans[begin + count : begin + count + 2]])

    assert judged.verdict is Verdict.EXACT or (judged.verdict is Verdict.ALTERED and _negation_is_near(around)), claim


@settings(max_examples=150, deadline=None)
@given(claim=st.text(max_size=300))
@example("\x00" * 40)
@example("$" * 50 + "1,1,1 %%% 12th hundred million $ -")
@example("a hundred and a hundred and twenty first second 3rd 4k 5bn $$ €")
@example("'s n't \" don't'nt y'all'd've")
@example("ß ŉ ﬁ İ ΐ ｆｕｌｌ ｗｉｄｔｈ １２３")
def test_judging_never_fails(corpus: Corpus, near: Callable[[str], list[Passage]], claim: str) -> None:
    judged = judge(claim, near(claim))

    assert judge(claim, []).verdict is Verdict.NOT_FOUND
    assert judged.verdict not in CONFIRMED
    assert corpus.episodes


def _plain(text: str) -> list[str]:
    return [word.form.replace("'", "") for word in words(text)]


def test_differences_make_the_claim_and_what_was_said(corpus: Corpus, near: Callable[[str], list[Passage]]) -> None:
    for twist in islice(twists(corpus.episodes[0], 3), 120):
        judged = judge(twist.claim, near(twist.claim))
        if judged.verdict is Verdict.NOT_FOUND:
            continue
        said = " ".join(part.text for part in judged.differences if part.kind is not Kind.CLAIMED)
        claimed = " ".join(part.text for part in judged.differences if part.kind is not Kind.SAID)
        assert _plain(claimed) == _plain(twist.claim)
        assert " ".join(_plain(said)) in " ".join(_plain(" ".join(passage.text for passage in judged.passages)))
        for passage, marked in zip(judged.passages, judged.marked, strict=True):
            edges = [edge for mark in marked for edge in mark]
            assert edges == sorted(edges)
            assert edges[-1] <= len(passage.text)


def test_long_salads_of_the_transcripts_words_are_not_confirmed(
    corpus: Corpus, near: Callable[[str], list[Passage]]
) -> None:
    heard = corpus.episodes[0].text.split()
    for step in range(7, 407, 40):
        salad = " ".join(heard[place * step * 37 % len(heard)] for place in range(500))[:2000]
        assert judge(salad, near(salad)).verdict is Verdict.NOT_FOUND
        assert judge(salad * 3, near(salad)).verdict is Verdict.NOT_FOUND


def test_a_long_claim_that_was_said_is_exact(corpus: Corpus, near: Callable[[str], list[Passage]]) -> None:
    said = corpus.episodes[0].passage(120, 140)

    assert judge(said.text[:2000].rsplit(" ", 1)[0], near(said.text)).verdict is Verdict.EXACT
    assert len(said.text * 9) > LONGEST_CLAIM
    assert judge(said.text * 9, near(said.text)).verdict is Verdict.NOT_FOUND
