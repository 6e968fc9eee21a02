"""What programs double, invent and note beside the words is left out and told of; what people said stays."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.formats import read_transcript
from bot.corpus.formats.programs import program_line
from bot.corpus.formats.stage import is_direction
from bot.corpus.transcript import Transcript
from bot.settings import ROOT

FORMATS = ROOT / "bot/corpus/formats"
STAGE = tomllib.loads((FORMATS / "stage.toml").read_text("utf-8"))
LINES = [
    *("the kettle sings in the morning", "and nobody minds that at all", "it was a gift of my aunt"),
    *("who never drank any tea", "but she liked the sound of it", "so we keep it on the stove"),
]


def read(text: str, name: str = "a") -> Transcript:
    return read_transcript(text.encode(), name)


def told(text: str) -> str:
    return " ".join(read(text).oddities)


def words(transcript: Transcript) -> str:
    return " ".join(" ".join(segment.text for segment in transcript.segments).split())


def captions(cues: list[str], seconds: float = 2.0) -> str:
    """Write cues of so many seconds as SubRip."""

    def stamp(time: float) -> str:
        return f"00:{int(time) // 60:02}:{int(time) % 60:02},{round(time * 1000) % 1000:03}"

    return "\n".join(
        f"{n + 1}\n{stamp(n * seconds)} --> {stamp((n + 1) * seconds)}\n{cue}\n" for n, cue in enumerate(cues)
    )


def whisper(cues: list[str]) -> str:
    return json.dumps({"segments": [{"start": 2 * n, "end": 2 * n + 2, "text": cue} for n, cue in enumerate(cues)]})


def grown(line: str) -> list[str]:
    parts = line.split()
    return [" ".join(parts[: size + 1]) for size in range(len(parts))]


ROLLED = {
    "two lines": [f"{before}\n{line}" for before, line in zip(["", *LINES], LINES, strict=False)],
    "joined to one line": [f"{before} {line}".strip() for before, line in zip(["", *LINES], LINES, strict=False)],
    "three lines": ["\n".join(LINES[max(0, n - 2) : n + 1]) for n in range(len(LINES))],
    "a short clip between": [
        cue for n, line in enumerate(LINES) for cue in (f"{LINES[n - 1]}\n{line}" if n else line, line)
    ],
    "word by word": [cue for line in LINES for cue in grown(line)],
    "word by word to a long one": grown(" ".join(LINES)),
    "signs and capitals that come later": [
        f"{before} {line.capitalize()}." for before, line in zip(["", *LINES], LINES, strict=False)
    ],
    "each cue again": [line for line in LINES for _ in range(3)],
}


@pytest.mark.parametrize("write", [captions, whisper], ids=["SubRip", "JSON"])
@pytest.mark.parametrize("cues", ROLLED.values(), ids=ROLLED)
def test_captions_that_roll_are_read_once_in_every_form(cues: list[str], write: object) -> None:
    text = captions(cues) if write is captions else whisper(cues)
    found = words(read(text)).casefold().replace(".", "")

    assert found == " ".join(LINES)
    assert "repeated words of the one before; I kept them once." in told(text)


def test_captions_that_roll_over_clips_of_ten_milliseconds_are_read_once() -> None:
    assert words(read(captions(ROLLED["a short clip between"], 0.01))) == " ".join(LINES)


@given(
    st.lists(st.sampled_from(["sing", "ring", "kettle", "tea", "stove", "aunt", "gift", "mind"]), min_size=30),
    st.integers(3, 9),
)
def test_a_window_that_moves_over_any_words_shows_each_once(said: list[str], size: int) -> None:
    lines = [" ".join([*said[at : at + size], f"mark{at}"]) for at in range(0, len(said), size)]
    windows = ["\n".join(lines[max(0, n - 1) : n + 1]) for n in range(len(lines))]

    assert words(read(captions(windows))) == " ".join(lines)


@pytest.mark.parametrize(
    "cues",
    [
        [*LINES[:3], "row row row the boat", "row row row the boat", "row row row the boat", *LINES[3:]],
        [*LINES, "No.", "No.", "No.", "No.", "No."],
        [*LINES, "no no no no no no no no", "Yes yes yes."],
        ["Yes.", "Yes. It does.", "Well.", "It sings.", "It sings, you say?", "Good."],
        [*LINES, "Is it? Is it? Is it? Is it?", *LINES[:2]],
    ],
)
def test_what_people_say_again_stays(cues: list[str]) -> None:
    assert words(read(captions(cues))) == " ".join(cues)
    assert "times in a row" not in told(captions(cues))


def test_a_recogniser_that_repeats_itself_is_heard_once_and_told_of_with_times() -> None:
    thanks = "Thank you for watching this."
    cues = [*LINES[:2], *[thanks] * 9, *LINES[2:], *["Bye."] * 12]

    assert words(read(captions(cues))) == " ".join([*LINES[:2], thanks, *LINES[2:], "Bye."])
    assert "From 00:00:04, “Thank you for watching this.” comes 9 times in a row" in told(captions(cues))
    assert "“Bye.” comes 12 times" in told(captions(cues))


def test_a_loop_of_two_cues_and_one_inside_a_cue_are_heard_once() -> None:
    pair = ["I will see you next week.", "Do not forget the tea."]
    inside = f"It sings. {'and so it goes on ' * 8}and so"

    assert words(read(captions([*LINES, *pair * 6]))) == " ".join([*LINES, *pair])
    assert words(read(captions([*LINES, inside]))) == " ".join([*LINES, "It sings. and so it goes on"])
    assert words(read(captions([*LINES, "you " * 40]))) == " ".join([*LINES, "you"])


def test_a_text_without_times_that_says_something_again_and_again_is_told_of_and_stays() -> None:
    text = f"It sings.\n\n{'We keep it on the stove. ' * 7}\n\nGood."

    assert words(read(text)).count("stove") == 7
    assert "“We keep it on the stove.” comes 7 times in a row" in told(text)


@pytest.mark.parametrize("note", STAGE["examples"])
def test_a_stage_direction_inside_a_sentence_is_left_out_and_told_of(note: str) -> None:
    text = f"Ada: The kettle {note} sings, and\n\nBo: {note} Does it? {note}\n\nAda: It does {note}."

    assert words(read(text)) == "The kettle sings, and Does it? It does."
    assert "stage directions such as" in told(text)


@pytest.mark.parametrize("note", STAGE["but"])
def test_brackets_that_people_speak_stay(note: str) -> None:
    text = f"Ada: The kettle {note} sings.\n\nBo: Does it?\n\nAda: It does."
    shown = note.strip("♪ ") if "♪" in note else note

    assert words(read(text)) == f"The kettle {shown} sings. Does it? It does."
    assert not is_direction(note)


def test_places_that_nobody_could_make_out_stay_and_are_told_of() -> None:
    text = "Ada: The [inaudible 00:01:02] sings.\n\nBo: Does it?\n\nAda: It (unintelligible) does."

    assert "2 gaps that nobody could make out" in told(text)
    assert words(read(text)) == "The [inaudible] sings. Does it? It (unintelligible) does."


@pytest.mark.parametrize("row", tomllib.loads((FORMATS / "programs.toml").read_text("utf-8"))["line"])
def test_lines_of_programs_are_known_by_their_examples(row: dict[str, list[str]]) -> None:
    place = [str(row["where"])]

    assert [line for line in row["examples"] if not program_line(line, place)] == []
    assert [line for line in row["but"] if program_line(line, ["head", "foot", "anywhere"])] == []


def test_what_a_program_writes_above_and_below_is_nobodys_word() -> None:
    talk = "Ada: The kettle sings.\nBo: Does it?\nAda: It does.\n"
    meet = "Tea hour (2026-03-02 10:00 GMT) - Transcript\nAttendees\nAda, Bo\nTranscript\n"
    meet += f"00:00:00\n{talk}00:05:00\n{talk}"
    meet += (
        "Transcription ended after 00:45:10\nThis editable transcript was computer generated and might contain errors."
    )
    above = "Tea hour\nMon, Mar 2, 2026 10:00AM • 45:10\n\nSUMMARY KEYWORDS\ntea\n\nSPEAKERS\nAda, Bo\n\n"
    otter = f"{above}{talk}\nTranscribed by https://otter.ai\n"
    amara = captions([*LINES, "Subtitles by the Amara.org community"])

    assert {segment.speaker for segment in read(meet).segments} == {"Ada", "Bo"}
    assert words(read(meet)) == "The kettle sings. Does it? It does. The kettle sings. Does it? It does."
    assert [segment.start for segment in read(meet).segments if segment.start is not None] == [0.0, 300.0]
    assert "I left out 6 lines written by a program, first: “Tea hour" in told(meet)
    assert words(read(otter)) == "The kettle sings. Does it? It does."
    assert words(read(amara)) == " ".join(LINES)


def test_who_speaks_of_a_transcript_is_heard() -> None:
    text = "Ada: Transcript\n\nBo: Attendees, please.\n\nAda: Transcribed by hand, and subtitles by me.\n\nBo: Good."

    assert words(read(text)) == "Transcript Attendees, please. Transcribed by hand, and subtitles by me. Good."


def test_a_cue_in_another_script_is_told_of_and_a_second_language_is_not() -> None:
    strange = [*LINES, *LINES, "Спасибо за внимание", *LINES]
    mixed = [line for pair in zip(LINES, ["Спасибо за чай"] * 6, strict=True) for line in pair]

    assert "1 cue is in another script, at 00:00:24: “Спасибо за внимание”" in told(captions(strange))
    assert "Спасибо" in words(read(captions(strange)))
    assert "another script" not in told(captions(mixed))


def test_what_somebody_does_is_no_word_of_markdown_and_what_they_stress_is() -> None:
    text = b"**Ada:** It **sings** and *really* does. _laughs_\n\n**Bo:** I love *music*. *sighs*\n\n**Ada:** Good.\n"

    assert words(read_transcript(text, "a.md")) == "It sings and really does. I love music. Good."
