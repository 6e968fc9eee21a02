"""Timed text in any form is read with its words and times, or refused with the line; times never pass as words."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.formats import READERS, read_transcript
from bot.corpus.formats.timelines import time_line
from bot.corpus.formats.transcript_file import decode
from bot.corpus.transcript import Transcript
from bot.errors import TranscriptError
from bot.settings import ROOT

SHAPES = tomllib.loads((ROOT / "bot/corpus/formats/shapes.toml").read_text("utf-8"))["shape"]
LINES = ("The kettle sings.", "It is old.", "Nobody minds that.", "It was a gift.")


def read(text: str, name: str = "a.txt") -> Transcript:
    return read_transcript(text.encode(), name)


def said(text: str, name: str = "a.txt") -> list[tuple[str | None, float | None, str]]:
    return [(each.speaker, each.start, each.text) for each in read(text, name).segments]


def told(text: str) -> str:
    return " ".join(read(text).oddities)


def cues(line: str, between: str = "\n\n", first: str = "") -> str:
    """Write the lines as cues of three seconds, with `line` for a time line."""
    parts = (
        line.format(a=3 * number, b=3 * number + 2, words=words, number=number + 1)
        for number, words in enumerate(LINES)
    )
    return first + between.join(parts) + "\n"


@pytest.mark.parametrize("row", SHAPES, ids=lambda row: row["name"])
def test_each_shape_of_json_reads_its_example(row: dict[str, Any]) -> None:
    source = decode(row["example"].encode(), "a")

    assert next(reader.name for reader in READERS if reader.sniff(source)) == row["name"]
    assert [[who or "", start, text] for who, start, text in said(row["example"])] == row["read"]


@pytest.mark.parametrize(
    "text",
    [
        cues("[00:{a:02}.000 --> 00:{b:02}.000]  {words}", "\n"),
        cues("[{a}.000s -> {b}.000s] {words}", "\n"),
        cues("00:00:{a:02},000 -> 00:00:{b:02},000\n{words}"),
        cues("00:00:{a:02},000 → 00:00:{b:02},000\n{words}"),
        cues("00:00:{a:02},000 –> 00:00:{b:02},000\n{words}"),
        cues("00:00:{a:02},000 --&gt; 00:00:{b:02},000\n{words}"),
        cues("{number}\n00: 00: {a:02}, 000 --> 00: 00: {b:02}, 000\n{words}"),
        cues("{number}\n００：００：{a:02}，000 --> ００：００：{b:02}，000\n{words}"),
        cues("{number}\n00:00:{a:02},000 --> 00:00:{b:02},000\n{words}", "\n"),
        cues("00:00:{a:02},000 --> 00:00:{b:02},000 {words}", "\n"),
        cues("0:0:{a}.0 --> 0:0:{b}.0\n{words}"),
        cues("0:00:{a:02}.000,0:00:{b:02}.000\n{words}"),
        cues("00:00:{a:02}.000 - 00:00:{b:02}.000\n{words}"),
        cues("00:00:{a:02}:00 --> 00:00:{b:02}:00\n{words}"),
        cues("00:00:{a:02};00 - 00:00:{b:02};00\n{words}"),
        cues("{a}000\t{b}000\t{words}", "\n", "start\tend\ttext\n"),
        cues("{words}\t{b}000\t{a}000", "\n", "Text\tEnd (ms)\tStart (ms)\n"),
        cues("{a}.0\t{b}.0\t{words}", "\n"),
        cues('{number},00:00:{a:02},00:00:{b:02},"{words}"', "\n", "#,Start Time,End Time,Transcript\n"),
        cues("{a};{b};{words}", "\n", "Begin;End;Content\n"),
        cues("[00:{a:02}.00]{words}", "\n"),
        cues("[00:{a:02}]{words}", "\n"),
        cues("Transcript: [{a}.0 --> {b}.25] {words}", "\n"),
        cues("{number}\n00:00:{a:02},000 -- 00:00:{b:02},000\n{words}"),
        cues('{a},{b},"{words}"', "\n"),
        "\n".join(json.dumps({"start": 3 * n, "text": words}) for n, words in enumerate(LINES)),
        json.dumps([{"DisplayText": words, "Offset": 30_000_000 * n} for n, words in enumerate(LINES)]),
        cues("[00:{a:02}.00]{words}", "\n", "[ti:Kettles]\n[length: 00:12]\n"),
        json.dumps({"cues": [{"line": words, "begin": f"00:00:{3 * n:02}.0"} for n, words in enumerate(LINES)]}),
        json.dumps({"data": [{"value": words, "time": 3000 * n} for n, words in enumerate(LINES)]}),
    ],
)
def test_times_are_known_in_each_spelling(text: str) -> None:
    assert [(start, words) for _, start, words in said(text)] == [(3.0 * n, words) for n, words in enumerate(LINES)]


@pytest.mark.parametrize(
    "text",
    [
        (
            "00:00:01:12 - 00:00:02:03\nAda Ek\nIt sings.\n\n00:00:03:12 - 00:00:04:03\nBo\nDoes it?\n\n"
            "00:00:05:12 - 00:00:06:03\nAda Ek\nYes.\n\n00:00:07:12 - 00:00:08:03\nBo\nGood.\n"
        ),
        (
            "Ada Ek   0 minutes 1 seconds\nIt sings.\n\nBo   0 minutes 3 seconds\nDoes it?\n\n"
            "Ada Ek   1 hour 0 minutes 5 seconds\nYes.\n\nBo   1 hour 1 minute 1 second\nGood.\n"
        ),
        "[Ada Ek] 10:00:01\nIt sings.\n\n[Bo] 10:00:03\nDoes it?\n\n[Ada Ek] 10:00:05\nYes.\n\n[Bo] 10:00:08\nGood.\n",
        (
            "10:00:01 From Ada Ek to Everyone:\n\tIt sings.\n10:00:03 From Bo : Does it?\n10:00:04 From Ada Ek: Yes.\n"
            "10:00:05 From Bo to Ada Ek: Good.\n"
        ),
        "Ada Ek\n0:01\nIt sings.\n\nBo\n0:03\nDoes it?\n\nAda Ek\n0:05\nYes.\n\nBo\n0:08\nGood.\n",
        "Ada Ek (0:01-0:02): It sings.\nBo (0:03 - 0:04): Does it?\nAda Ek (0:05 - 0:06): Yes.\nBo 0:07 - 0:08\nGood.",
        "speaker,start,text\nAda Ek,1.5,It sings.\nBo,3.25,Does it?\nAda Ek,4.5,Yes.\nBo,5,Good.\n",
    ],
)
def test_programs_of_meetings_and_cutting_rooms_say_who_speaks(text: str) -> None:
    turns = said(text)

    assert [(who, words) for who, _, words in turns] == [
        ("Ada Ek", "It sings."),
        ("Bo", "Does it?"),
        ("Ada Ek", "Yes."),
        ("Bo", "Good."),
    ]
    assert all(start is not None for _, start, _ in turns)


def test_times_of_a_clock_on_the_wall_are_counted_from_the_first() -> None:
    text = "[Ada Ek] 23:59:58\nIt sings.\n\n[Bo] 00:00:03\nDoes it?\n"

    assert [start for _, start, _ in said(text)] == [0.0, 5.0]
    assert "I counted them from the first, 23:59:58" in told(text)


def test_frames_are_counted_at_the_rate_that_the_file_tells_or_at_one_that_is_told_of() -> None:
    text = "00:00:01:12 --> 00:00:02:00\nIt sings.\n"

    assert [said(text)[0][1], said(f"Frame rate: 24 fps\n\n{text}")[0][1]] == [1.48, 1.5]
    assert "I took 25" in told(text)
    assert said("00:00:01:29 --> 00:00:02:00\nIt sings.\n")[0][1] == pytest.approx(1 + 29 / 30)


def test_words_of_lyrics_have_their_own_times_and_a_line_sung_twice_is_there_twice() -> None:
    assert said("[00:01.00]<00:01.00>It <00:01.50>sings. <00:03.00>Yes.\n") == [
        (None, 1.0, "It sings."),
        (None, 3.0, "Yes."),
    ]
    assert [start for _, start, _ in said("[00:09.00][00:01.00]La la\n[00:04.00]Oh\n")] == [1.0, 4.0, 9.0]


def test_speakers_that_are_told_apart_only_in_the_last_result_are_read_once() -> None:
    first = [{"word": word, "startTime": f"{n}s", "endTime": f"{n}.9s"} for n, word in enumerate(["It", "sings."])]
    last = [{**word, "speakerTag": 2} for word in first]
    results = [{"alternatives": [{"words": first}]}, {"alternatives": [{"words": last}]}]
    several = {"results": [*results[:1], {"alternatives": [{"words": []}]}, *results[1:]]}

    assert said(json.dumps(several)) == [("Speaker 2", 0.0, "It"), ("Speaker 2", 1.0, "sings.")]


def test_what_the_recogniser_itself_took_for_silence_is_left_out_and_told() -> None:
    silent = {"no_speech_prob": 0.9, "avg_logprob": -1.4, "compression_ratio": 1.0}
    sure = {**silent, "avg_logprob": -0.2}
    rows = [{}, silent, sure, {"no_speech_prob": 0.8, "compression_ratio": 9.0}]
    segments = [{"start": 9 * n, "text": words, **row} for n, (words, row) in enumerate(zip(LINES, rows, strict=True))]

    assert [words for _, _, words in said(json.dumps({"segments": segments}))] == [LINES[0], LINES[2]]
    assert "I left out 2 entries where the recogniser itself heard no speech, first at 00:00:09" in told(
        json.dumps({"segments": segments})
    )


@pytest.mark.parametrize(
    ("line", "between"),
    [
        ("{{{a}}}{{{b}}}{words}", "\n"),
        ("00.00.{a:02} / 00:00:{b:02}.000 / {words}", "\n"),
        ("at 00:00:{a:02}.000 until 00:00:{b:02}.000\n{words}", "\n\n"),
        ("{words} (00:00:{a:02}.00 : 00:00:{b:02}.00)", "\n"),
        ("<00:00:{a:02}.000> {words}", "\n"),
        ("reel 7, 00:00:{a:02}\n{words}", "\n\n"),
        ("Ada Ek at 00:{a:02}: {words}", "\n"),
        ("{words} [00:{a:02}]", "\n"),
        ("0:{a:02}{words}", "\n"),
        ("{a}.5 {words}", "\n"),
        ("{a}m {b}s: {words}", "\n"),
        ("(00.{a:02}) {words}", "\n\n"),
        ("reel 1 {a}.25 0.75 {words}", "\n"),
        ("<sync start={a}000><p>{words}</sync>", "\n"),
        ("{a:04}.12 {b:04}.25 {words}", "\n"),
        ("#{number} ~ 00:00:{a:02}:12 ~ {words}", "\n"),
    ],
)
def test_times_in_a_form_that_nobody_knows_are_refused_with_the_line(line: str, between: str) -> None:
    with pytest.raises(
        TranscriptError, match=r"^a\.txt(?::\d+)?: .*(?:hold times in a form|isn't a time line|don't know the format)"
    ):
        read(cues(line, between))


def test_a_few_lines_that_look_like_times_are_told_of_and_read() -> None:
    prose = "\n\n".join(
        f"The {n} kettle of many sings." for n in ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
    )
    text = f"{prose}\n\n00:00:12.5 is when it sang.\n\n{prose}"

    assert "1 line looks like a time, and I read it as words on line 15: “00:00:12.5 is when it sang.”" in told(text)
    assert len(read(text).segments) == 15


@pytest.mark.parametrize(
    "prose",
    [
        "At 10:30 we left.\n\nAt 11:45 we came back.\n\nIt was late.",
        "10:30 is when we met.\n\nWe talked.\n\nThen we left.\n\nLater we met again.",
        "The score was 3:2, then 4:2.\n\nIn 1999, 12 of 30 came.\n\n5, 6, 7, 8!",
        "John 3:16 and Mark 1:1 are short.\n\nI read both.",
        "1984.\n\nThat was the year.\n\nIt rained.",
        "It cost 1,200,000 in 2020.\n\nAnd 3.5 or 4.5 more.\n\nWe ran it in 2:59:59.",
        "x -> y is how it maps.\n\nThen y -> z.",
        "We met at 9:30.\n\nIt began at 10:15.\n\nThen we ate.\n\nWe left at 8:45.\n\nThe 10:50 was late.\n\nGood.",
        "\n".join(f"Amon 1:{n:02} And they went up to the hill and built a wall of stone." for n in range(1, 20)),
        "1. Boil it.\n\n2. Pour it.\n\n3. Drink it.\n\n4. Wash up.",
        "1,000 came.\n\n2,500 left.\n\nNobody knows why.\n\nIt was cold.\n\nVery cold.",
    ],
)
def test_numbers_and_hours_of_speech_are_neither_times_of_cues_nor_told_of(prose: str) -> None:
    assert "\n\n".join(words for _, _, words in said(prose)) == prose
    assert told(prose) == ""


def test_marks_of_a_conflict_are_refused_with_the_line() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<<<<<<< HEAD\nIt sings.\n=======\nIt rings.\n>>>>>>> 1a2b3c4 (more)\n"

    with pytest.raises(TranscriptError, match=r"^a\.vtt:4: two versions of the file were merged"):
        read(vtt, "a.vtt")
    assert len(read("A heading\n=======\n\nIt sings.\n").segments) > 0


@given(
    st.lists(st.integers(0, 350_000), min_size=2, max_size=2), st.sampled_from(["-->", "->", "→", "–>"]), st.booleans()
)
def test_a_time_line_tells_its_times_whatever_its_arrow_and_spaces(times: list[int], arrow: str, spaced: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    colon, comma = (": ", ", ") if spaced else (":", ",")
    stamps = [
        f"{t // 3_600_000:02}{colon}{t // 60_000 % 60:02}{colon}{t // 1000 % 60:02}{comma}{t % 1000:03}" for t in times
    ]
    found = time_line(f"{stamps[0]} {arrow} {stamps[1]}")

    assert found is not None
    assert [found.start, found.end] == [pytest.approx(t / 1000) for t in times]
    assert (found.rest, found.arrow) == ("", True)


def test_a_list_of_times_in_one_place_is_told_of_and_not_refused() -> None:
    reels = "\n".join(f"reel {n}, 00:0{n}:00.5" for n in range(6))
    talk = "\n\n".join(f"{name}: {words}" for name in ("Ada", "Bo") * 2 for words in LINES)

    assert len(read(f"{reels}\n\n{talk}").segments) > len(LINES)
    assert "6 lines" in told(f"{reels}\n\n{talk}")


MARKS = st.sampled_from(
    ["", " ", "\t", "[", "(", "<", "{", "#", "*", "|", "@ ", "- ", "> ", "at ", "T=", "1. ", "“", "Ada ", "Ada: "]
)
BETWEEN = st.sampled_from(
    [" ", "\t", " --> ", "->", " → ", " - ", "–", ", ", ";", " / ", " | ", " to ", " until ", "…", " : ", "] [", "\n"]
)
BEHIND = st.sampled_from(
    ["", " ", "\n", "\t", "] ", ") ", "> ", "} ", " | ", ": ", " - ", ", ", ";", "\nAda\n", " Ada: "]
)
STAMP = st.sampled_from(
    [
        "{h:02}:{m:02}:{s:02}",
        "{h:02}:{m:02}:{s:02}.500",
        "{h:02}:{m:02}:{s:02},5",
        "{h:02}:{m:02}:{s:02}:12",
        "{m}:{s:02}.250",
    ]
)


@given(MARKS, STAMP, BETWEEN, BEHIND, st.booleans(), st.sampled_from(["\n", "\n\n"]))
def test_two_times_of_any_spelling_never_pass_as_words_in_silence(  # noqa: PLR0913, PLR0917 - each part of a line is drawn
    mark: str,
    stamp: str,
    between: str,
    behind: str,
    two: bool,  # noqa: FBT001 - Hypothesis gives it
    end: str,
) -> None:
    def at(second: int) -> str:
        return stamp.format(h=second // 3600, m=second // 60 % 60, s=second % 60)

    times = [at(7 * n) + (f"{between}{at(7 * n + 5)}" if two else "") for n in range(len(LINES) * 2)]
    text = end.join(f"{mark}{time}{behind}{words}" for time, words in zip(times, LINES * 2, strict=True))
    try:
        transcript = read(text)
    except TranscriptError:
        return
    left = [time for time in times if time in " ".join(segment.text for segment in transcript.segments)]

    assert not left or "look like" in " ".join(transcript.oddities)


PAGE = """---
title: Salt
guests: [Orla Quist]
transcript:
- header: The oven
- line: The kettle sings.
    It is old.
  sec: 3
  time: 0:03
  who: Orla
- header: A gift
- line: 'Nobody minds: none.'
  sec: 65
  time: '1:05'
  who: Tom
---

Some notes on the show.
"""


def test_a_transcript_in_the_front_matter_of_a_page_is_what_is_said_and_the_page_is_not() -> None:
    transcript = read(PAGE, "a.md")

    assert said(PAGE, "a.md") == [
        ("Orla Quist", 3.0, "The kettle sings. It is old."),
        ("Tom", 65.0, "Nobody minds: none."),
    ]
    assert [(chapter.title, chapter.start) for chapter in transcript.chapters] == [("The oven", 3.0), ("A gift", 65.0)]
    assert (transcript.stated.title, transcript.stated.people[0].name) == ("Salt", "Orla Quist")


def test_a_long_transcript_in_front_matter_is_read_whole() -> None:
    rows = "".join(
        f"- line: The kettle sings for the {n}th time, and nobody minds.\n  sec: {4 * n}\n" for n in range(2000)
    )

    assert len(read(f"---\ntitle: Salt\ntranscript:\n{rows}---\n", "a.md").segments) == 2000


def test_times_that_run_through_the_words_are_refused_and_a_timetable_is_not() -> None:
    running = " ".join(f"{n * 7 // 60}:{n * 7 % 60:02} {LINES[n % 4]} {LINES[(n + 1) % 4]}" for n in range(1, 30))
    timetable = " ".join(f"At {8 + n // 2}:{n % 2 * 3}0 we boil the kettle for those who come late." for n in range(20))

    with pytest.raises(
        TranscriptError, match="29 times stand among the words in a form I don't know, such as “0:07 It is old"
    ):
        read(running)
    assert said(timetable) == [(None, None, timetable)]


def test_a_paragraph_of_links_before_anybody_speaks_is_no_speech() -> None:
    links = "- [Kilns](https://kiln.example/a)\n- [Tom on paper](https://kiln.example/b)\n\nPage: [Salt](../salt.md)"
    talk = "\n\n".join(f"**{('Orla', 'Tom')[n % 2]}:** {line}" for n, line in enumerate(LINES))

    assert [text for _, _, text in said(f"{links}\n\n{talk}", "a.md")] == list(LINES)


def test_headings_of_notes_above_lists_of_links_are_nobody() -> None:
    notes = "".join(
        f"**{head}:**\n\n- [{head} of salt](https://kiln.example/{n}) [0{n}:56]\n- Read [more](https://kiln.example/x)\n\n"
        for n, head in enumerate(("News", "Events", "Resources"), 1)
    )
    talk = "\n\n".join(f"**{('Orla Quist', 'Tom')[n % 2]}:** {line}" for n, line in enumerate(LINES * 3))
    people = "- Orla Quist: [Page](https://kiln.example/o) | [Salt](https://kiln.example/s)\n- Tom: [Page](https://t.example/)\n"
    transcript = read(
        f"Orla meets Tom.\n\n**More about us:**\n{people}**News:**\n- []https://kiln.example/k\n\n{notes}{talk}", "a.md"
    )

    assert {segment.speaker for segment in transcript.segments[1:]} == {"Orla Quist", "Tom"}
    assert [segment.text for segment in transcript.segments][1:] == list(LINES) * 3


def test_what_a_site_is_built_with_is_nobodys_word() -> None:
    talk = "\n\n".join(f"__{('Orla Quist', 'Tom')[n % 2]}__: {line}" for n, line in enumerate(LINES))
    page = f"---\nnumber: 3\n---\n\n{{%- include player.html -%}}\n[episode]: {{{{episode.url}}}}\n\n{talk}"

    assert [text for _, _, text in said(page, "a.md")] == list(LINES)
