"""Who said it: a name is confirmed where the transcript names that person, and nowhere else."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.console.draw import in_plain
from bot.adapters.console.jsonl import reply_object
from bot.adapters.discord.render import render as on_discord
from bot.adapters.slack.render import message as on_slack
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.corpus import Corpus, Episode, names_somebody, open_corpus
from bot.corpus.importing import Importer
from bot.errors import OperatorError
from bot.highlights import Highlights
from bot.search import Searcher, Verdict, open_searcher
from bot.settings import ROOT
from tests.test_highlights import write_show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOWS = ROOT.parent / "shared" / "shows"

UNNAMED = "a speaker the transcript doesn't name"
CONFIRMED = {Verdict.EXACT, Verdict.CLOSE}
STRANGERS = ("Nadia Verholt", "Tom Kreel", "Ines Pardo-Ruiz", "Bartholomew Achterberg", "Yuki Omada", "Prof. Delacroix")

NAMED = """**Ada Quill:** A lighthouse keeper counts the ships that never come. That is the whole of the work.

**Ben Marsh:** Every harbour smells of somebody's breakfast. I could find mine with my eyes shut.

**Ada Quill:** Never trust a calm sea before breakfast.

**Ben Marsh:** Never trust a calm sea before breakfast.

Somebody on the boat shouted that the rope was frayed. Nobody there remembers who it was.
"""
BARE = """The tide table is the only honest newspaper. A lighthouse keeper counts the ships that never come.

Was it cold? Yes, it was the coldest water that I have ever put a hand into, and it made me laugh out loud.
"""
TOLD_APART = """**Speaker 1:** Salt gets into the locks and the letters and the bread. We never got it out.

**SPEAKER_02:** My grandmother could hear the weather turning in the walls of the house before anybody else did.

**Unknown:** The foghorn was sold to a museum for less than a bicycle.
"""


def write_library(folder: Path, shows: dict[str, str]) -> Corpus:
    """Write shows of one episode each, as editions, and open them."""
    for name, text in shows.items():
        (folder / name / "1-harbour").mkdir(parents=True)
        (folder / name / "show.toml").write_text(f'title = "{name.title()}"\nrights = "Invented."\n', "utf-8")
        (folder / name / "1-harbour" / "edition.md").write_text(f"---\ntitle: The harbour\n---\n\n{text}", "utf-8")
    return open_corpus(folder)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Make a library of a show that names people, one without labels, one whose labels name nobody."""
    return write_library(tmp_path_factory.mktemp("mixed"), {"named": NAMED, "bare": BARE, "told-apart": TOLD_APART})


@pytest.fixture(scope="module")
def searcher(mixed: Corpus) -> Iterator[Searcher]:
    opened = open_searcher(mixed, None, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def core(mixed: Corpus, searcher: Searcher) -> Core:
    return Core(mixed, searcher, COMMANDS)


async def ask(core: Core, line: str) -> Reply:
    return await core.answer(Request(Channel("test", "room"), Author("member"), text=line))


# Labels that name nobody

LABELS = tomllib.loads((ROOT / "bot/corpus/unnamed.toml").read_text("utf-8"))


@pytest.mark.parametrize("label", LABELS["examples"])
def test_a_label_that_only_tells_voices_apart_names_nobody(label: str) -> None:
    assert not names_somebody(label)


@pytest.mark.parametrize("label", LABELS["but"])
def test_a_name_that_only_looks_like_such_a_label_is_a_name(label: str) -> None:
    assert names_somebody(label)


@given(
    st.sampled_from(("Speaker", "SPEAKER", "Voice", "Guest", "spk", "S")), st.sampled_from(" _-#."), st.integers(0, 99)
)
def test_a_numbered_voice_is_nobodys_name_however_it_is_written(noun: str, between: str, number: int) -> None:
    assert not names_somebody(f"{noun}{between}{number:02}")


def test_labels_that_name_nobody_are_no_speakers(mixed: Corpus) -> None:
    assert mixed.speakers == ("Ada Quill", "Ben Marsh")


# Verdicts


@pytest.mark.parametrize(
    ("claim", "verdict", "beside"),
    [
        ("Ada: A lighthouse keeper counts the ships that never come", "exact", None),
        ("Nadia Verholt: The tide table is the only honest newspaper", "unattributed", None),
        ("“The tide table is the only honest newspaper” — Ada Quill", "unattributed", None),
        ("Nadia Verholt: salt gets into the locks and the letters and the bread", "unattributed", None),
        ("Nadia Verholt: the foghorn was sold to a musuem for less than a bicycle", "unattributed", None),
        ("Ben Marsh: Somebody on the boat shouted that the rope was frayed", "unattributed", None),
        # said by a named person and, elsewhere, by one who is not named
        ("Ben: A lighthouse keeper counts the ships that never come", "unattributed", "Ada Quill"),
        # said by two who are named: each said it, and nobody else did
        ("Ada Quill: Never trust a calm sea before breakfast", "exact", None),
        ("Ben Marsh: Never trust a calm sea before breakfast", "exact", None),
        ("Tom Kreel: Never trust a calm sea before breakfast", "other-speaker", None),
        # over the end of what a named person says
        ("Ben: Never trust a calm sea before breakfast. Somebody on the boat shouted that", "unattributed", None),
        ("Ada: Never trust a calm sea before breakfast. Somebody on the boat shouted that", "other-speaker", None),
        # a label that names nobody is no name that is claimed
        ("Speaker 1: Salt gets into the locks and the letters and the bread", "exact", None),
        ("SPEAKER_07: Salt gets into the locks and the letters and the bread", "exact", None),
        ("Unknown: A lighthouse keeper counts the ships that never come", "exact", None),
        ("Nadia Verholt: The tide table is the only honest almanac", "altered", None),
        ("Nadia Verholt: Porridge is a kind of furniture in the north", "not-found", None),
    ],
)
def test_a_name_is_confirmed_only_where_the_transcript_has_it(
    searcher: Searcher, claim: str, verdict: str, beside: str | None
) -> None:
    judged = searcher.verify_now(claim)

    assert judged.verdict == verdict
    assert (judged.beside.passages[0].speaker if judged.beside else None) == beside


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_stretch_of_unnamed_speech_is_ever_confirmed_as_somebodys(
    searcher: Searcher, mixed: Corpus, data: st.DataObject
) -> None:
    episode = mixed.episode(data.draw(st.sampled_from([0, 2])))
    spans = data.draw(st.sampled_from(episode.sentences)).begin, len(episode.text)
    words = episode.text[slice(*spans)].split()
    length = data.draw(st.integers(3, min(14, len(words))))
    who = data.draw(st.sampled_from((*STRANGERS, "Ada Quill", "Ben Marsh")))
    claim = " ".join(words[:length])
    judged = searcher.verify_now(claim, who)

    named = any(claim.strip(".,?") in text for text in (NAMED,)) and who == "Ada Quill"
    assert named or judged.verdict not in CONFIRMED


def test_a_line_that_hundreds_say_is_each_ones_who_says_it(tmp_path: Path) -> None:
    many = "\n\n".join(
        f"**Caller Nr{chr(65 + n // 26)}{chr(65 + n % 26)}:** Thank you so much for having me." for n in range(260)
    )
    corpus = write_library(tmp_path, {"phone-in": f"{many}\n\n**Odette Brill:** Thank you so much for having me."})
    searcher = open_searcher(corpus, None, lambda _: None)

    assert searcher.verify_now("Odette Brill: thank you so much for having me").verdict == "exact"
    assert searcher.verify_now("Lionel Crabb: thank you so much for having me").verdict == "other-speaker"
    searcher.close()


async def test_both_are_said_where_a_named_and_an_unnamed_person_say_the_words(core: Core) -> None:
    reply = await ask(core, "/verify Ben: A lighthouse keeper counts the ships that never come")

    first, second = reply.cards
    assert first.title == "◐ Right words, speaker unknown. The transcript doesn't say who says them."
    assert second.title == "The same words, by Ada Quill:"
    assert [card.quote and card.quote.verdict for card in reply.cards] == ["unattributed", "other-speaker"]
    assert [card["verdict"] for card in reply_object(reply, 0.0)["cards"]] == ["unattributed", "other-speaker"]
    for shown in (in_plain(reply), str(on_discord(reply)), str(on_slack(reply))):
        assert "Right words, speaker unknown." in shown
        assert "The same words, by Ada Quill:" in shown


async def test_somebody_the_library_does_not_know_is_not_confirmed_when_given_as_an_option(core: Core) -> None:
    unnamed = await ask(core, '/verify the tide table is the only honest newspaper speaker:"Nadia Verholt"')
    named = await ask(core, '/verify every harbour smells of somebody\'s breakfast speaker:"Nadia Verholt"')

    assert unnamed.cards[0].title.startswith("◐ Right words, speaker unknown.")
    assert (named.outcome, named.text) == (
        Outcome.ERROR,
        "I don't know a speaker called “Nadia Verholt”. I know Ada Quill, Ben Marsh.",
    )


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("did Ben Marsh say every harbour smells of somebody's breakfast?", "exact"),
        ("did ben say every harbour smells of somebody's breakfast?", "exact"),
        ("did Ada say every harbour smells of somebody's breakfast?", "other-speaker"),
        ("did Nadia Verholt say every harbour smells of somebody's breakfast?", "other-speaker"),
        ("did Nadia really say “the tide table is the only honest newspaper”?", "unattributed"),
        ("did ben say that salt gets into the locks and the letters and the bread", "unattributed"),
        ("did he say every harbour smells of somebody's breakfast?", "exact"),
        ("did the cook say every harbour smells of somebody's breakfast?", "exact"),
    ],
)
async def test_whom_a_message_names_is_part_of_the_claim(core: Core, message: str, verdict: str) -> None:
    (card, *_) = (await ask(core, message)).cards

    assert card.quote
    assert card.quote.verdict == verdict


# Where to look


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/quote the tide table speaker:Ada show:bare",
         "The transcript of Bare #1 doesn't say who is speaking. Leave out speaker: to search it."),
        ("/quote salt in the bread speaker:Nadia show:told-apart",
         "The transcript of Told-Apart #1 doesn't say who is speaking. Leave out speaker: to search it."),
        ("/ask who smells breakfast speaker:Zacharias",
         "I don't know a speaker called “Zacharias”. Did you mean Ada Quill"),
    ],
)  # fmt: skip
async def test_a_speaker_where_nobody_is_named_is_told_in_one_line(core: Core, line: str, sentence: str) -> None:
    reply = await ask(core, line)

    assert reply.outcome is Outcome.ERROR
    assert reply.text.startswith(sentence)
    assert "\n" not in reply.text


async def test_a_speaker_of_another_show_is_told_that_it_is_another(tmp_path: Path) -> None:
    other = "**Cleo Varn:** The quay is made of old bridges and older promises.\n"
    corpus = write_library(tmp_path, {"named": NAMED, "other": other})
    searcher = open_searcher(corpus, None, lambda _: None)
    reply = await ask(Core(corpus, searcher, COMMANDS), "/quote the quay speaker:Ada show:other")

    assert reply.text == "Ada Quill doesn't speak in Other #1. Leave one of the options out."
    searcher.close()


# How it looks


async def test_a_voice_without_a_name_is_shown_as_one_on_every_platform(core: Core) -> None:
    reply = await ask(core, "/quote salt gets into the locks and the letters")

    for shown in (
        reply.text,
        in_plain(reply),
        str(on_discord(reply)),
        str(on_slack(reply)),
        str(reply_object(reply, 0.0)),
    ):
        assert UNNAMED.replace("'", "") in shown.replace("\\'", "").replace("'", "").replace("’", "")
        assert "Speaker 1" not in shown


def test_words_of_an_unnamed_voice_beside_a_named_one_are_not_given_to_that_one(mixed: Corpus) -> None:
    episode = mixed.episode(1)
    passage = episode.passage(len(episode.sentences) - 3, len(episode.sentences) - 1)

    assert passage.speakers == ("Ben Marsh",)
    assert passage.speaker == f"Ben Marsh and {UNNAMED}"
    assert [who for _, who in passage.turns] == ["Ben Marsh", UNNAMED]


def test_where_nothing_is_labelled_nobody_is_shown(mixed: Corpus) -> None:
    passage = mixed.episode(0).passage(0, 3)

    assert (passage.speaker, passage.turns, passage.citation().speaker) == ("", (), None)


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("/quote x speaker:qu", ['/quote x speaker:"Ada Quill"']),
        ("/quote x speaker:ben", ['/quote x speaker:"Ben Marsh"']),
        ("/quote x speaker:sp", []),
        ("/quote x speaker:unk", []),
        ("/quote x episode:harb", ['/quote x episode:"The harbour"']),
        ("/quote x show:apart", ["/quote x show:told-apart"]),
    ],
)
def test_completion_matches_any_word_of_a_name_and_offers_no_voice_without_one(
    core: Core, typed: str, lines: list[str]
) -> None:
    assert core.complete(Request(Channel("test", "room"), Author("member"), text=typed)) == lines


# The quote of the day


def picks(corpus: Corpus, days: int = 20) -> list[tuple[Episode, tuple[str | None, ...], int]]:
    """Return episode, voices and number of sentences of what a channel gets on so many days."""
    highlights, used = Highlights(corpus), list[str]()
    found = []
    for day in range(days):
        date = dt.date(2026, 3, 1) + dt.timedelta(days=day)
        chosen = highlights.next(day=date, seed="a channel", used=used, recent=used[-7:])
        if chosen is None:
            break
        used.append(chosen.id)
        passage = chosen.passage
        found.append((passage.episode, passage.voices, passage.last - passage.first + 1))
    return found


WISE = (
    "Courage is the willingness to learn something new and to feel stupid, although everybody can see it.",
    "The best way to understand people is to listen to what makes them proud and what makes them afraid of change.",
    "My grandmother taught me that kindness is a decision for every morning, and I believe in my heart she was right.",
    "Every family has one funny story that everybody loves to tell, and nobody believes it happened otherwise.",
)


@pytest.mark.parametrize("label", ["Speaker 2", "Unknown", "SPEAKER_04", "Voice 3"])
def test_a_voice_without_a_name_signs_no_quote_of_the_day(tmp_path: Path, label: str) -> None:
    text = "\n\n".join(f"**{label}:** {line}\n\n**Ada Quill:** Go on, I am still listening." for line in WISE)

    assert picks(write_library(tmp_path, {"quay": text})) == []


def test_where_a_show_names_people_what_nobody_is_named_for_is_no_quote_of_the_day(tmp_path: Path) -> None:
    text = "\n\n".join(f"{line}\n\n**Ada Quill:** Go on, I am still listening." for line in WISE)

    assert picks(write_library(tmp_path, {"quay": text})) == []


def test_a_quote_of_the_day_joins_no_two_voices(tmp_path: Path) -> None:
    corpus = write_library(
        tmp_path, {"bare": "\n\n".join(WISE), "named": "\n\n".join(f"**Ada Quill:** {line}" for line in WISE)}
    )
    found = picks(corpus)

    assert {episode.show.id for episode, _, _ in found} == {"bare", "named"}
    assert all(voices == ("Ada Quill",) or sentences == 1 for _, voices, sentences in found)


CAPTIONS = """WEBVTT

00:00.000 --> 00:04.000
- Is it cold, the sea in March
- No, I swim before breakfast

00:04.000 --> 00:08.000
and I have never been ill since
- You are braver than I am
"""


def test_voices_that_captions_part_with_a_dash_are_never_one_sentence_nor_one_paragraph(tmp_path: Path) -> None:
    write_show(tmp_path, "quay", {"1-cold": CAPTIONS}, "vtt")
    episode = open_corpus(tmp_path).episode(0)

    assert [episode.text[each.begin : each.end] for each in episode.paragraphs] == [
        "- Is it cold, the sea in March",
        "- No, I swim before breakfast and I have never been ill since",
        "- You are braver than I am",
    ]
    assert [round(each.start or 0.0, 1) for each in episode.sentences] == [0.0, 2.1, 6.2]


# Real shows, one of them without its labels


@pytest.mark.skipif(not SHOWS.is_dir(), reason="the real shows are not here")
def test_no_claim_of_a_real_library_is_confirmed_for_somebody_who_is_not_named(tmp_path: Path) -> None:
    import_show(SHOWS / "founderstalk", tmp_path, "named", labels=True)
    import_show(SHOWS / "brainscience", tmp_path, "stripped", labels=False)
    corpus = open_corpus(tmp_path)
    searcher = open_searcher(corpus, None, lambda _: None)
    names = (*corpus.speakers[:3], *STRANGERS[:2])
    wrong, count = [], 0
    for episode in corpus.episodes:
        step = len(episode.sentences) // 12
        for number in range(0, len(episode.sentences), step):
            passage = episode.passage(number, number)
            for name in names:
                judged = searcher.verify_now(passage.text, name)
                count += not judged.too_little
                if judged.verdict in CONFIRMED and name not in judged.passages[0].speakers:
                    wrong.append((passage.id, name))
    searcher.close()

    assert wrong == []
    assert count >= 200
    assert all(
        corpus.entries[n].speakers == () for n in range(len(corpus.entries)) if corpus.entries[n].show.id == "stripped"
    )


def import_show(folder: Path, content: Path, show: str, *, labels: bool) -> None:
    """Import two transcripts of a real show, as an admin does; without labels if asked."""
    (content / show).mkdir()
    (content / show / "show.toml").write_text(f'title = "{show.title()}"\nrights = "A test."\n', "utf-8")
    importer = Importer(content, show, force=False, say=lambda _: None)
    for path in sorted(folder.glob("*.md"))[:2]:
        for found in importer.run(str(path), None):
            assert not isinstance(found, OperatorError)
    if not labels:
        for edition in (content / show).glob("*/edition.md"):
            lines = edition.read_text("utf-8").splitlines()
            head = next(number for number, line in enumerate(lines) if line == "---" and number)
            bare = [line.partition(":** ")[2] if line.startswith("**") else line for line in lines[head:]]
            edition.write_text("\n".join(["---", f"title: {edition.parent.name}", *bare]) + "\n", "utf-8")
            for source in edition.parent.glob("source.*"):
                source.unlink()
