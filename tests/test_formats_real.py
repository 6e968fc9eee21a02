"""The whole way from bytes to paragraphs: real files, damaged files, and cues of every shape."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus.formats import READERS, read_chapters, read_feed, read_transcript
from bot.corpus.formats.transcript_file import decode
from bot.corpus.join import blocks
from bot.corpus.transcript import Chapter, Person, Segment, Transcript
from bot.errors import TranscriptError
from bot.settings import ROOT
from tests.test_formats import BYTES

REAL = ROOT.parent / "shared" / "transcripts"
NOT_TRANSCRIPTS = {"GPL-3.0.txt", "SOURCES.md", "p20-feed.xml", "p20-chapters.json"}
NAMES = sorted({path.name for path in REAL.glob("*")} - NOT_TRANSCRIPTS)


def real(name: str) -> Transcript:
    return read_transcript(raw(name), name)


def raw(name: str) -> bytes:
    if not (REAL / name).is_file():
        pytest.skip("the real files lie beside the project, not in it")
    return (REAL / name).read_bytes()


def speakers(transcript: Transcript) -> dict[str | None, int]:
    return dict(Counter(segment.speaker for segment in transcript.segments))


def tokens(transcript: Transcript) -> list[str]:
    return [token for segment in transcript.segments for token in segment.text.split()]


def edges(transcript: Transcript) -> tuple[str, str]:
    words = tokens(transcript)
    return " ".join(words[:3]), " ".join(words[-3:])


@pytest.mark.parametrize(
    ("name", "kind", "cues", "first", "last"),
    [
        ("bom.vtt", "WebVTT", 4, "Caption text #1", "Caption text #4"),
        ("p20-cite.html", "HTML", 10, "When you first", "batch your episodes."),
        ("p20-speaker.srt", "SubRip", 222, "When you first", "batch your episodes."),
        ("p20-transcript.json", "Podcasting 2.0 JSON", 5, "I am your", "your father. Nooooo"),
        ("p20-voice.vtt", "WebVTT", 7, "In today's episode,", "a podcast trailer?"),
        ("changelog-news-99.md", "labelled text", 38, "What up, nerds?", "again real soon."),
        ("changelog-practicalai-77.md", "labelled text", 117, "Welcome to another", "really enjoyed it."),
        ("rev-export-crlf.txt", "labelled text", 65, "What are those", "next time. Bye."),
        ("metamuse-wrapped-66.txt", "labelled text", 117, "I remember the", "of your listeners."),
        ("reduct-words-66-oneline.json", "word-level JSON", 729, "I remember the", "of your listeners."),
        ("talkpython-voice-overlap.vtt", "WebVTT", 644, "Alex, welcome to", "see you later"),
        ("talkpython-545-hallucinated-cyrillic.vtt", "WebVTT", 1144, "The OWASP Top", "time. Thank you."),
        ("talkpython-000-stamps.txt", "labelled text", 52, "Talk Python To", "developers, developers, developers."),
        ("syntax-299-missing-speaker.srt", "SubRip", 48, "Oh, come to", "like this show."),
        ("chaincode-utxos.md", "labelled text", 37, "If we go", "you. Thanks. Bye"),
        ("bitcoin-explained-speedy-trial.es.md", "labelled text", 118, "En directo desde", "Ahí lo tienes."),
        ("youtube-auto-rolling.vtt", "WebVTT", 3, "yeah what this", "is I'm telling"),
        ("youtube-srv1.xml", "YouTube XML", 3, "Hey, this is", "up for testing"),
        (
            "youtube-srv3-bom.ytt",
            "YouTube XML",
            5,
            "No [ru/ル][by/ビ] Ru(ル)by(ビ)",
            "\\ytruby2(ルビ) \\ytruby8(ルビ) [\\r/ルビ]",
        ),
        ("whisper-openai.json", "Whisper JSON", 2, "And so my", "for your country."),
        ("whisperx-words.json", "Whisper JSON", 3, "Okay, got it.", "I don't know."),
    ],
)
def test_a_real_file_is_known_and_read_from_its_first_words_to_its_last(
    name: str, kind: str, cues: int, first: str, last: str
) -> None:
    source = decode(raw(name), name)

    assert next(reader.name for reader in READERS if reader.sniff(source)) == kind
    assert (len(real(name).segments), edges(real(name))) == (cues, (first, last))


@pytest.mark.parametrize("name", NAMES)
def test_a_real_files_paragraphs_have_all_its_words_in_order_and_times_that_never_fall(name: str) -> None:
    transcript = real(name)
    laid_out = [said for block in blocks(transcript.segments) for said in block.said]
    times = [said.start for said in laid_out if said.start is not None]

    assert [token for said in laid_out for token in said.text.split()] == tokens(transcript)
    assert all(before <= after for before, after in pairwise(times))


def test_two_exports_of_one_episode_have_the_same_words_and_speakers() -> None:
    wrapped, words = real("metamuse-wrapped-66.txt"), real("reduct-words-66-oneline.json")

    assert tokens(wrapped) == tokens(words)
    assert set(speakers(wrapped)) == set(speakers(words)) == {"Adam Wiggins", "Adam Wolf", "Markus Müller-Simhofer"}
    assert [words.segments[0].start, words.segments[-1].end] == [0.03, 3887.02]


def test_the_captions_and_the_page_of_one_episode_agree_on_who_speaks() -> None:
    captions, page = real("p20-speaker.srt"), real("p20-cite.html")

    assert set(speakers(captions)) == set(speakers(page)) == {"Travis", "Sarah", "Gilon"}
    assert tokens(captions) == tokens(page)
    assert [segment.start for segment in page.segments[:3]] == [0, 53, 102]


def test_speakers_of_real_files_are_whole_names() -> None:
    assert speakers(real("p20-voice.vtt")) == {"Sarah": 5, "Gillian": 2}
    assert speakers(real("p20-transcript.json")) == {"Darth Vader": 4, "Luke": 1}
    assert speakers(real("talkpython-voice-overlap.vtt")) == {"Michael Kennedy": 221, "Alex Kretzschmar": 423}
    assert speakers(real("changelog-news-99.md")) == {"Jerod Santo": 38}
    assert set(speakers(real("changelog-practicalai-77.md"))) == {"Daniel Whitenack", "Chris Benson", "Mike McCourt"}
    assert set(speakers(real("chaincode-utxos.md"))) == {"John Newbery", "Adam Jonas"}
    assert set(speakers(real("bitcoin-explained-speedy-trial.es.md"))) == {"Aaron van Wirdum", "Sjors Provoost"}
    assert speakers(real("syntax-299-missing-speaker.srt")) == {"Scott Tolinski": 28, "Wes Bos": 20}
    assert speakers(real("rev-export-crlf.txt")) == {"Speaker 1": 37, "Speaker 2": 28}


def test_what_is_odd_in_real_files_is_said() -> None:
    told = {name: " ".join(real(name).oddities) for name in NAMES} or pytest.skip("no real files")

    assert "5 cues begin before the previous one ends" in told["talkpython-voice-overlap.vtt"]
    assert "cue at 01:05:33 repeats “Би Би”" in told["talkpython-545-hallucinated-cyrillic.vtt"]
    assert "11 of 48 cues name no speaker" in told["syntax-299-missing-speaker.srt"]
    assert "1 cue begins before the previous one ends" in told["syntax-299-missing-speaker.srt"]
    assert "Speaker 1, Speaker 2" in told["rev-export-crlf.txt"]
    assert "1 cue lasts far longer" in told["whisper-openai.json"]
    assert "I read AvW as Aaron van Wirdum." in told["bitcoin-explained-speedy-trial.es.md"]
    assert not told["metamuse-wrapped-66.txt"]


def test_markdown_of_real_shows_is_reduced_to_words_times_and_chapters() -> None:
    news, talk, coins = (
        real(name) for name in ("changelog-news-99.md", "changelog-practicalai-77.md", "chaincode-utxos.md")
    )

    assert not re.search(r"\*\*|\]\(|(?<!\S)>", " ".join(tokens(news)))
    assert [segment.start for segment in talk.segments if segment.start is not None][:3] == [241, 485, 737]
    assert "\\" not in " ".join(tokens(talk))
    assert (coins.stated.title, coins.stated.published) == ("Chaincode Decoded: UTXOs", "2020-02-26")
    assert coins.stated.people == (Person("Adam Jonas"), Person("John Newbery"))
    assert coins.chapters[:2] == (Chapter("Introduction", 0), Chapter("Ultraprune and AssumeUTXO", 73))


def test_a_real_feed_and_its_chapters_are_read_and_are_no_transcripts() -> None:
    items, chapters = read_feed(raw("p20-feed.xml"), "f").items, read_chapters(raw("p20-chapters.json"), "c")

    assert [(item.stated.number, len(item.transcripts), len(item.stated.people)) for item in items] == [
        (3, 2, 2),
        (2, 1, 2),
        (1, 1, 2),
    ]
    assert items[0].transcripts[1].url == "https://example.com/episode1/transcript.vtt"
    assert items[0].stated.people == (Person("Adam Curry", "host"), Person("Dave Jones", "guest"))
    assert (len(chapters), chapters[-1]) == (10, Chapter("Outro", 6089))
    for name in ("p20-feed.xml", "p20-chapters.json"):
        with pytest.raises(TranscriptError, match="not a transcript"):
            real(name)


SEEDS = [*BYTES, *(data for name in NAMES if len(data := (REAL / name).read_bytes()) < 40_000)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(data)))
        junk = draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b"\n\n", b"[", b'"', b"00:00", b"-->", b"**", b"<"]))
        )
        data = data[:begin] + junk + data[begin + draw(st.integers(0, 9)) :]
    return data


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode), damaged()), st.sampled_from(["a", "a.json"])
)
def test_any_bytes_become_segments_or_one_transcript_error(data: bytes, name: str) -> None:
    for reader in (read_transcript, read_feed, read_chapters):
        with suppress(TranscriptError):
            read = reader(data, name)
            assert not isinstance(read, Transcript) or any(each.text.strip() for each in read.segments)


@settings(deadline=None)
@given(damaged())
def test_each_reader_copes_with_files_that_are_not_its_own(data: bytes) -> None:
    for reader in READERS:
        with suppress(TranscriptError):
            transcript = reader.read(decode(data, "a"))
            assert all(each.start is None or each.start >= 0 for each in transcript.segments)


TIMES = st.none() | st.floats(0, 1e6)
WORDY = st.text(st.sampled_from("ab. ?,\n。"), max_size=40)
SEGMENTS = st.lists(st.builds(Segment, WORDY, TIMES, TIMES, st.sampled_from([None, "A", "B"])), max_size=12)


@given(SEGMENTS)
def test_blocks_have_every_token_in_order_and_times_that_never_fall(segments: list[Segment]) -> None:
    made = blocks(segments)
    times = [said.start for block in made for said in block.said if said.start is not None]

    assert [token for block in made for said in block.said for token in said.text.split()] == [
        token for segment in segments for token in segment.text.split()
    ]
    assert all(before <= after for before, after in pairwise(times))
    assert all(block.said and all(said.text for said in block.said) for block in made)


def laid(*segments: Segment) -> list[tuple[str | None, list[tuple[str, float | None]]]]:
    return [(block.speaker, [(said.text, said.start) for said in block.said]) for block in blocks(segments)]


def test_cues_become_sentences_that_begin_inside_cues() -> None:
    cues = [Segment("One two. Six", 0, 12, "A"), Segment("ten.", 12, 14, "A"), Segment("Yes.", 14, 15, "B")]

    assert laid(*cues) == [("A", [("One two.", 0), ("Six ten.", 9)]), ("B", [("Yes.", 14)])]


def test_a_paragraph_without_times_ends_a_block_where_it_ends_a_sentence() -> None:
    paragraphs = [Segment("Headline"), Segment("One and"), Segment("two."), Segment("Three.")]

    assert [said for _, said in laid(*paragraphs)] == [
        [(text, None)] for text in ("Headline", "One and two.", "Three.")
    ]


def test_words_without_punctuation_end_at_a_pause_or_after_thirty_words() -> None:
    cues = [Segment("so here", 0, 1), Segment("we are", 1, 2), Segment("again " * 60, 4, 64)]

    assert [len(text.split()) for text, _ in laid(*cues)[0][1]] == [4, 30, 30]
    assert [start for _, start in laid(*cues)[0][1]][:2] == [0, 4]


def test_a_long_speech_is_parted_about_every_120_words_at_the_end_of_a_sentence() -> None:
    (first, second) = blocks([Segment("One two three four five. " * 50, 0, 100)])

    assert [len(first.said), len(second.said)] == [24, 26]


def test_one_time_that_goes_back_does_not_hold_back_the_others() -> None:
    starts = (1, 2, 900, 3, 4)
    (block,) = blocks([Segment("Hi.", start, start) for start in starts])

    assert [said.start for said in block.said] == [1, 2, 2, 3, 4]
