"""Every format becomes the same segments, whatever its style; what cannot be read is refused with a reason."""

from __future__ import annotations

import json
import tomllib

import pytest

from bot.corpus.formats import READERS, read_chapters, read_feed, read_transcript
from bot.corpus.formats.transcript_file import decode
from bot.corpus.transcript import Chapter, Person, Segment
from bot.errors import TranscriptError
from bot.settings import ROOT

VTT = """WEBVTT
Language: en

NOTE made by hand

STYLE
::cue { color: red }

REGION
id:fred

first
00:01.000 --> 00:02.500 align:start position:0%
<v.loud Ada>Hello &amp; <i>welcome</i>.</v>

01:00:03,000 --> 01:00:04,000
<v Bo Li>Thank you.
<v Ada>Well.
"""
ROLLING = """WEBVTT

00:00:01.000 --> 00:00:03.000 align:start
 \nso<00:00:01.500><c> here</c><00:00:02.000><c> we</c>

00:00:03.000 --> 00:00:03.010 align:start
so here we
 \n
00:00:03.010 --> 00:00:05.000 align:start
so here we
are<00:00:04.000><c> again</c>
"""
SRT = """1
00:00:01,000 --> 00:00:02,000
Ada: Hello <b>there</b>.

2
00:00:02.000 --> 00:00:03.000
Still {laughing} me.
42

00:00:03,000 --> 00:00:04,000
- Bo: Hi.
- Ada: Hi, Bo.
"""
LABELLED = "Ada: Hello there.\n\nBo: Hi. One thing: it works.\n\nAda: Good.\n"
PODCAST = {"version": "1.0.0", "segments": [{"speaker": "Ada", "startTime": 1, "endTime": 2.5, "body": "Hello."}]}
WORDS = [{"word": "Hel", "start": 1, "end": 2}, {"word": "lo. ", "start": 2, "end": 3}, {"word": "Bye.", "start": 4}]
WORD_LIST = {"segments": [{"speaker_name": "Ada", "lang": "en", "wdlist": WORDS}]}
WHISPER = {"text": " Hi.", "language": "en", "segments": [{"id": 0, "start": 0.0, "end": 1.5, "text": " Hi."}]}
ALIGNED = [
    {"word": "Hi.", "start": 1, "end": 2},
    {"word": "40"},
    {"word": "it", "start": 9, "end": 10, "speaker": "Bo"},
]
WHISPERX = {"segments": [{"start": 1, "end": 9, "text": "Hi. 40 it", "speaker": "Ada", "words": ALIGNED}]}
JSON3 = {
    "events": [{"tStartMs": 1000, "dDurationMs": 900, "segs": [{"utf8": "hi"}, {"utf8": " all"}]}, {"tStartMs": 5}]
}
SHAPES = tomllib.loads((ROOT / "bot/corpus/formats/shapes.toml").read_text("utf-8"))["shape"]
SRV1 = '<transcript><text start="1.5" dur="2">it&amp;#39;s &lt;i&gt;me&lt;/i&gt;</text></transcript>'
SRV3 = '<timedtext format="3"><body><p t="1500" d="2000"><s>it</s><s t="9"> is</s></p></body></timedtext>'
HTML = "<cite>Ada:</cite>\n<time>1:02</time>\n<p>It&#39;s <b>me</b>.</p><cite>Bo:</cite><p>Who?</p>"
FEED = """<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:psc="http://podlove.org/simple-chapters">
<channel><title>Show</title><link>https://a.example</link>
<podcast:liveItem><title>Live</title><link>https://live.example</link></podcast:liveItem>
<item><title>One</title><guid>g1</guid><pubDate>Fri, 09 Oct 2020 04:30:38 GMT</pubDate><link>https://a.example/1</link>
<enclosure url="https://a.example/1.mp3" type="audio/mpeg" length="1"/><itunes:duration>1:00:01</itunes:duration>
<podcast:episode>7</podcast:episode><podcast:soundbite startTime="1.5" duration="9">Nice</podcast:soundbite>
<podcast:transcript url="https://a.example/1.srt" type="application/srt" rel="captions"/>
<podcast:transcript url="https://a.example/1.html" type="text/html" language="es"/>
<podcast:person>Ada</podcast:person><podcast:person role="Guest">Bo</podcast:person>
<podcast:person group="visuals" role="artist">Cy</podcast:person>
<podcast:chapters url="https://a.example/1.json" type="application/json+chapters"/>
<psc:chapters><psc:chapter start="00:01:02.500" title="Start"/></psc:chapters></item></channel></rss>"""
CHAPTERS = {"version": "1.2.0", "chapters": [{"startTime": 9, "title": "B"}, {"startTime": 0, "title": "A"}]}
MARKDOWN = """---
title: 'One: two'
speakers: [Ada Lovelace, Bo]
hosts: Cy
date: 2020-02-26
---
# Ignored

## First *part*

**Ada Lovelace (AL):** \\[0:10\\] See [my page](https://a.example/x_(y)), **now**.

> A *quoted* - thought.

**Break:** \\[1:00\\]

**Bo:** Right \\[unintelligible 00:01:05\\] so. \\[1:10\\] And then?

## Links

Slides: https://a.example/slides

**AL:** Yes.
"""
SBV = "0:00:01.000,0:00:02.500\nIt computes.\nDoes it?\n\n0:00:02.500,0:00:04.000\nIt does.\n"
TSV = "start\tend\ttext\n0\t2500\tIt computes.\n2500\t60000\tDoes it? It does.\n"
MEETING = "[Ada Ek] 10:00:01\nIt computes.\n\n[Bo] 10:00:04\nDoes it?\n"
SAMPLES: dict[str, str] = {
    "WebVTT": VTT,
    **{row["name"]: row["example"] for row in SHAPES},
    "YouTube JSON": json.dumps(JSON3),
    "timed JSON": json.dumps(
        {"cues": [{"content": "It computes.", "begin": "0:01"}, {"content": "Yes.", "begin": "0:02"}]}
    ),
    "front matter": "---\ntitle: Sums\nsaid:\n- text: It computes.\n  time: 0:01\n- text: Yes.\n  time: 0:02\n---\n",
    "YouTube XML": SRV1,
    "HTML": HTML,
    "SubRip": SRT,
    "pairs of times": SBV,
    "table": TSV,
    "LRC": "[ti:On engines]\n[00:01.00] The engine computes.\n[00:04.50] It does not think.\n",
    "turns of a meeting": MEETING,
    "labelled text": LABELLED,
    "plain text": "Just words. And more.\n\nA paragraph.\n",
}
OTHERS = (ROLLING, SRV3, MARKDOWN, FEED, *map(json.dumps, (PODCAST, WORD_LIST, WHISPER, WHISPERX, CHAPTERS)))
BYTES = [text.encode() for text in (*SAMPLES.values(), *OTHERS)]


def said(text: str, name: str = "a") -> list[tuple[str | None, float | None, str]]:
    return [(each.speaker, each.start, each.text) for each in read_transcript(text.encode(), name).segments]


def dumped(value: object) -> list[tuple[str | None, float | None, str]]:
    return said(json.dumps(value))


def oddities(text: str) -> str:
    return " ".join(read_transcript(text.encode(), "a").oddities)


@pytest.mark.parametrize(("name", "text"), SAMPLES.items())
def test_a_format_is_known_by_its_content_whatever_the_file_is_called(name: str, text: str) -> None:
    source = decode(text.encode(), "misleading.xml")

    assert next(reader.name for reader in READERS if reader.sniff(source)) == name


def test_every_reader_has_a_sample_here() -> None:
    assert [reader.name for reader in READERS] == list(SAMPLES)


def test_webvtt_has_voices_and_leaves_out_notes_styles_and_regions() -> None:
    assert said(VTT)[0] == ("Ada", 1.0, "Hello & welcome.")
    assert [(speaker, text) for speaker, _, text in said(VTT)[1:]] == [("Bo Li", "Thank you."), ("Ada", "Well.")]
    assert read_transcript(VTT.encode(), "a").stated.language == "en"
    assert read_transcript(VTT.encode(), "a").segments[0].end == 2.5


def test_lines_that_roll_are_read_once() -> None:
    assert said(ROLLING) == [(None, 1.0, "so here we"), (None, 3.01, "are again")]
    untagged = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\nline {n - 1}\nline {n}\n\n" for n in range(1, 6))
    assert [text for _, _, text in said(untagged)] == ["line 0\nline 1", "line 2", "line 3", "line 4", "line 5"]


def test_what_is_said_twice_is_kept_twice_where_lines_do_not_roll() -> None:
    twice = "WEBVTT\n\n00:01.000 --> 00:02.000\nYes.\n\n00:02.000 --> 00:03.000\nYes.\nNo.\n"

    assert [text for _, _, text in said(twice)] == ["Yes.", "Yes.\nNo."]


def test_subrip_labels_hold_until_the_next_and_no_word_is_taken_for_a_number() -> None:
    segments = said(SRT)

    assert [(speaker, text) for speaker, _, text in segments] == [
        ("Ada", "Hello there."),
        ("Ada", "Still {laughing} me.\n42"),
        ("Bo", "Hi."),
        ("Ada", "Hi, Bo."),
    ]
    assert [start for _, start, _ in segments[:3]] == [1.0, 2.0, 3.0]


def test_subrip_without_blank_lines_or_numbers_is_read() -> None:
    tight = "1\n00:00:01,000 --> 00:00:02,000\nOne.\n2\n00:00:02,000 --> 00:00:03,000\nTwo.\n"
    bare = "00:00:01,000 --> 00:00:02,000\nOne.\n\n00:00:02,000 --> 00:00:03,000\nTwo.\n"

    assert said(tight) == said(bare) == [(None, 1.0, "One."), (None, 2.0, "Two.")]


def test_a_broken_time_line_is_named_by_its_line() -> None:
    broken = b"1\n00:00:01,000 --> 00:00:02,000\nOne.\n\n00:0:02:01 --> 00:00\n"

    with pytest.raises(TranscriptError, match=r"^a\.srt:5: '00:0:02:01 --> 00:00' isn't a time line\. Write it as"):
        read_transcript(broken, "a.srt")


def test_json_of_every_kind_has_speakers_times_and_whole_words() -> None:
    assert dumped(PODCAST) == [("Ada", 1.0, "Hello.")]
    assert dumped(WORD_LIST) == [("Ada", 1.0, "Hello."), ("Ada", 4.0, "Bye.")]
    assert dumped(WHISPER) == [(None, 0.0, "Hi.")] == dumped([{"text": "Hi.", "start": 0, "duration": 2}])
    assert dumped(WHISPERX) == [("Ada", 1.0, "Hi."), ("Ada", None, "40"), ("Bo", 9.0, "it")]
    assert dumped(JSON3) == [(None, 1.0, "hi all")]


def test_words_that_differ_from_their_segments_text_only_lose_their_times() -> None:
    segment = {"start": 1, "end": 9, "text": "Hi, all.", "words": [{"word": "Hi", "start": 1, "end": 2}]}

    assert dumped({"segments": [segment]}) == [(None, 1.0, "Hi, all.")]


def test_youtubes_xml_is_read_in_seconds_and_milliseconds() -> None:
    assert [said(SRV1), said(SRV3)] == [[(None, 1.5, "it's me")], [(None, 1.5, "it is")]]


def test_html_has_cites_and_times_and_any_page_its_paragraphs() -> None:
    assert said(HTML) == [("Ada", 62.0, "It's me."), ("Bo", None, "Who?")]
    page = (
        "<!doctype html><html><head><title>T</title><script>x<y</script></head><body><p>Ada: I read <cite>Emma</cite>."
    )
    page += "<p>Bo: 1 < 2<!-- no --><p>Ada: Good."
    assert said(page) == [("Ada", None, "I read Emma."), ("Bo", None, "1 < 2"), ("Ada", None, "Good.")]
    assert read_transcript(page.encode(), "a").stated.title == "T"


@pytest.mark.parametrize(
    "style",
    [
        "Ada Ek: Hi there.\n\nBo: Hello.\n\nAda Ek: Bye.",
        "Ada Ek: Hi there.\nBo: Hello.\nAda Ek: Bye.",
        "Ada Ek\uff1aHi there.\n\nBo\uff1aHello.\n\nAda Ek\uff1aBye.",
        "ADA EK: Hi there.\n\nBO: Hello.\n\nADA EK: Bye.",
        "Ada Ek:\nHi there.\n\nBo:\nHello.\n\nAda Ek:\nBye.",
        "**Ada Ek:** Hi there.\n\n**Bo:** Hello.\n\n**Ada Ek:** Bye.",
        "**Ada Ek**: Hi there.\n\n**Bo**: Hello.\n\n**Ada Ek**: Bye.",
        "**Ada Ek:**\n\nHi there.\n\n**Bo:**\n\nHello.\n\n**Ada Ek:**\n\nBye.",
        "__Ada Ek:__ Hi there.\n\n__Bo:__ Hello.\n\n__Ada Ek:__ Bye.",
    ],
)
def test_labels_are_known_in_each_style(style: str) -> None:
    turns = [(speaker, text) for speaker, _, text in said(style)]

    assert [text for _, text in turns] == ["Hi there.", "Hello.", "Bye."]
    assert [(speaker or "").title() for speaker, _ in turns] == ["Ada Ek", "Bo", "Ada Ek"]


@pytest.mark.parametrize(
    "style",
    [
        "Ada Ek (00:00:10): Hi\nthere.\n\nBo (00:01:02): Hello.",
        "Ada Ek (00:00:10):\nHi\nthere.\n\nBo (00:01:02):\nHello.",
        "Ada Ek (00:00:10) - Hi\nthere.\n\nBo (00:01:02) - Hello.",
        "Ada Ek [0:10]\nHi\nthere.\n\nBo [1:02]\nHello.",
        "Ada Ek 00:00:10\n\nHi\nthere.\n\nBo 00:01:02\n\nHello.",
        "Ada Ek: 00:00:10\n\nHi\nthere.\n\nBo: 00:01:02\n\nHello.",
        "[00:00:10] Ada Ek: Hi\nthere.\n\n[00:01:02] Bo: Hello.",
        "00:10 Ada Ek: Hi\nthere.\n\n01:02 Bo: Hello.",
        "[00:00:10]\nAda Ek: Hi\nthere.\n\n[00:01:02]\nBo: Hello.\n\nBo: ",
        "**Ada Ek (00:10):** Hi\nthere.\n\n**Bo (01:02):** Hello.",
        "**Ada Ek** [00:10]: Hi\nthere.\n\n**Bo** [01:02]: Hello.",
        "**Ada Ek:** \\[00:10\\] Hi\nthere.\n\n**Bo:** \\[01:02\\] Hello.",
    ],
)
def test_labels_with_times_are_known_in_each_style(style: str) -> None:
    assert said(style) == [("Ada Ek", 10.0, "Hi\nthere."), ("Bo", 62.0, "Hello.")]


def test_whoever_speaks_once_is_known_where_most_paragraphs_have_a_label() -> None:
    turns = said("Host: Hi.\n\nGuest: Hello.\n\nIntro music: la\n\nHost: Well.\n\nStill me, at https://a.b")

    assert [speaker for speaker, _, _ in turns] == ["Host", "Guest", None, "Host", "Host"]


def test_lines_with_times_need_no_speaker() -> None:
    assert said("00:00:01 One and\n\n00:00:05 two.\n") == [(None, 1.0, "One and"), (None, 5.0, "two.")]


def test_markdown_gives_people_chapters_and_the_words_it_shows() -> None:
    transcript = read_transcript(MARKDOWN.encode(), "a.md")

    assert (transcript.stated.title, transcript.stated.published) == ("One: two", "2020-02-26")
    assert transcript.stated.people == (Person("Ada Lovelace"), Person("Bo"), Person("Cy", "host"))
    assert transcript.chapters == (Chapter("First part", 10.0), Chapter("Links"))
    assert said(MARKDOWN) == [
        ("Ada Lovelace", 10.0, "See my page, now."),
        ("Ada Lovelace", None, "A quoted - thought."),
        ("Bo", None, "Right [unintelligible] so."),
        ("Bo", 70.0, "And then?"),
        ("Ada Lovelace", None, "Yes."),
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "He had one rule: never lie.\n\nNote: this is prose.\n\nIt went on.\n\nAnd on.",
        "Warning: one.\n\nNote: two.\n\nThen nothing.\n\nAt 10:30 we left.",
        "So: I came.\n\nWhat happened? This: nothing.\n\nThe end: never.\n\nMore.",
        "10:30 is when we met.\n\nWe talked.\n\nThen we left.\n\nLater we met again.",
        "I said **no:** twice.\n\nAn *other* thing.",
    ],
)
def test_prose_with_colons_is_not_taken_for_labels(prose: str) -> None:
    assert [(None, None, part) for part in prose.split("\n\n")] == said(prose)


def test_the_shipped_source_is_plain_text_with_every_token_in_place() -> None:
    source = (ROOT / "content" / "lex-fridman" / "383-mark-zuckerberg" / "source.txt").read_bytes()
    transcript = read_transcript(source, "source.txt")

    assert {segment.speaker for segment in transcript.segments} == {None}
    assert [token for each in transcript.segments for token in each.text.split()] == source.decode().split()


def test_what_is_odd_is_said() -> None:
    vtt = "WEBVTT\n\n00:05.000 --> 00:09.000\n<v Speaker 1>Hello all of you.\n\n00:08.000 --> 00:12.000\n[music]\n\n"
    vtt += "00:08.500 --> 00:12.000\nHello again.\n\n00:01.000 --> 00:40.000\nBack.\n\n"
    vtt += f"01:05.000 --> 01:30.000\nи {'Би ' * 40}\n"
    told = oddities(vtt)

    assert "[music]" in told
    assert "The cue at 00:01:05 repeats “Би Би” in another script" in told
    assert "1 cue begins before the previous one ends, at 00:00:08." in told
    assert "1 cue begins before the previous one, at 00:00:01." in told
    assert "1 cue lasts far longer than its words" in told
    assert "2 of 3 segments have no speaker." in told
    assert "Speakers without a name: Speaker 1." in told
    assert [text for _, _, text in said(vtt)] == ["Hello all of you.", "Hello again.", "Back."]
    assert len(said(f"WEBVTT\n\n00:05.000 --> 00:09.000\n{'developers, ' * 12}\n")) == 1, "repeated, not foreign"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    transcript = read_transcript("Café “noir”.\r\n\r\nYes.\r\n".encode(encoding), "a")

    assert [segment.text for segment in transcript.segments] == ["Café “noir”.", "Yes."]
    assert bool(transcript.oddities) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"a:1: the transcript is empty"),
        (b"\xef\xbb\xbf \n", r"a:1: the transcript is empty"),
        (b"x\ny\x00z", r"a:2: this isn't text: it has NUL bytes"),
        (b"\x01\x02\x03abc", r"a:1: this isn't text: it has control characters"),
        (b"ok\n\x81\xff", r"a:2: byte 0x81 is neither UTF-8 nor Windows-1252"),
        (b"\xff\xfeab\x00\xd8", r"a:1: the file begins as UTF-16-LE and goes on as something else"),
        (b"%PDF-1.7", r"a: this is a PDF, not a transcript"),
        (b"PK\x03\x04", r"a: this is a Word document"),
        (b"x" * (20 * 1024 * 1024 + 1), r"a: the file has 20\.0 MiB; the limit is 20"),
        (b'{"a":\n[1,}', r"a:2: the JSON is broken at column 4"),
        (b'{"a":' * 100_000, r"a: the JSON is nested too deep"),
        (b'{"a": 1}', r"a:1: I don't know the format of this JSON"),
        (b"<?xml version='1.0'?><a/>", r"a:1: I don't know the format of this XML"),
        (b"<transcript><text>", r"a:1: the XML is broken at column"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><transcript>&a;</transcript>', r"a: the XML declares its own entities"),
        (b"---\ntitle: [\n---\nHi.", r"a:\d: the front matter isn't valid YAML"),
        (b"WEBVTT\n", r"a:1: I read it as WebVTT, and nobody says a word"),
        (b"...", r"a:1: I read it as plain text, and nobody says a word"),
        (FEED.encode(), r"a:1: this is a feed, not a transcript"),
        (json.dumps(CHAPTERS).encode(), r"a:1: this is a chapters file, not a transcript"),
        (b"<tt xmlns='http://www.w3.org/ns/ttml'></tt>", r"a:1: this is TTML"),
        (b"[Script Info]\nTitle: x", r"a:1: this is ASS or SSA"),
    ],
)
def test_what_is_no_transcript_is_refused_with_file_line_and_reason(data: bytes, sentence: str) -> None:
    with pytest.raises(TranscriptError, match=f"^{sentence}"):
        read_transcript(data, "a")


def test_halves_of_characters_and_impossible_times_do_not_get_in() -> None:
    entries = '{"body": "a\\ud800\\u0000b", "startTime": 1e999}, {"body": "c", "startTime": true}, {"body": 3}, 4'
    transcript = read_transcript(f'{{"segments": [{entries}]}}'.encode(), "a")

    assert transcript.segments == (Segment("a\ufffd\ufffdb"), Segment("c"))
    assert transcript.oddities == ("Entries without text, skipped: 1.",)


def test_a_feed_tells_of_episodes_transcripts_chapters_and_people() -> None:
    (item,) = read_feed(FEED.encode(), "feed.xml").items

    assert (item.stated.title, item.stated.number, item.stated.duration) == ("One", 7, 3601.0)
    assert item.stated.published == "2020-10-09T04:30:38+00:00"
    assert [link.url[-5:] for link in item.transcripts] == ["1.srt", ".html"]
    assert [link.language for link in item.transcripts] == [None, "es"]
    assert item.stated.people == (Person("Ada", "host"), Person("Bo", "guest"))
    assert (item.chapters_url, item.chapters) == ("https://a.example/1.json", (Chapter("Start", 62.5),))


def test_a_feed_is_never_opened_as_a_file() -> None:
    with pytest.raises(TranscriptError, match="this isn't a feed"):
        read_feed(str(ROOT / "README.md").encode(), "feed.xml")


def test_chapters_come_in_order_without_those_that_are_not_listed() -> None:
    hidden = {"chapters": [*CHAPTERS["chapters"], {"startTime": 5, "title": "C", "toc": False}, {"startTime": 6}]}

    assert read_chapters(json.dumps(hidden).encode(), "a") == (Chapter("A", 0.0), Chapter("B", 9.0))
    with pytest.raises(TranscriptError, match="this isn't a chapters file"):
        read_chapters(b"words", "a")
