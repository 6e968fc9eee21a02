"""Labels are learnt from a file: whoever speaks comes out, in whatever form, and no word is put into a wrong mouth."""

from __future__ import annotations

import tomllib
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus.formats import read_transcript
from bot.corpus.formats.labels import is_name, is_stage_label, key_of
from bot.corpus.transcript import Person, Transcript
from bot.corpus.voices import numbers_voices
from bot.errors import TranscriptError
from bot.settings import ROOT

WORDS = tomllib.loads((ROOT / "bot/corpus/formats/labels.toml").read_text("utf-8"))
SAID = (
    "The kiln was cold when we came.",
    "So who left the door open?",
    "Nobody knows, and nobody asked.",
    "It rained into the glaze for a week.",
    "Then we may as well begin again.",
    "Yes.",
    "That is what my teacher used to say.",
)
ADDRESS = "https://video.example/watch?v=k&t=5"
FORMS = (
    *("{n}: {t}", "{n}\u00a0: {t}", "{n}:\u00a0{t}", "{n}\uff1a{t}", "{n}:\n{t}", "\u200b{n}\u200b: {t}"),
    *("**{n}:** {t}", "**{n}**: {t}", "__{n}:__ {t}", "*{n}:* {t}", "**{n}:**\n\n{t}", "**{n}**\n{t}"),
    *("#### {n}\n\n{t}", "#### {n}:\n\n{t}", "{n}\n{t}", "{n}\n\n{t}"),
    *("[{n}] {t}", "[{n}]\n{t}", "[{n}]: {t}", "({n}) {t}", "({n}): {t}", "[{n}](https://who.example/x): {t}"),
    *(">> {n}: {t}", ">>> {n}: {t}", "- {n}: {t}", "\u2014 {n}: {t}"),
    *("{n} {s}\n{t}", "{n}   {s}\n{t}", "{n} {s}:\n\n{t}", "{n}: {s}\n\n{t}", "{n} ({s}): {t}", "{n} [{s}]\n{t}"),
    *("[{s}] {n}: {t}", "[{s}]{n}: {t}", "({s})**{n}:** {t}", "{s} {n}: {t}", "{s}\n{n}\n{t}", "[{n}] {s}\n{t}"),
    *("**[{s}] {n}:** {t}", "**{n} ({s}):** {t}", "**{n}** [{s}]: {t}", "**{n}** {s}\n\n{t}"),
    *(f"{{n}} [({{s}})]({ADDRESS}) {{t}}", f"{{n}} [{{s}}]({ADDRESS})\n{{t}}", f"[({{s}})]({ADDRESS}) {{n}}\n{{t}}"),
    *(
        "{n}, {s}\n{t}",
        "{n} \u2022 {s}\n{t}",
        "[{s} - {s}] {n}: {t}",
        "{s} - {n}: {t}",
        "{n}\n{s}\n{t}",
        "`{s}` {n}: {t}",
    ),
    *("**{n}** *{s}*\n\n{t}", "**{s}** **{n}:** {t}", "### {n} ({s})\n\n{t}", "### {s} {n}\n\n{t}", "[{n} {s}] {t}"),
    *("> **{n}:** {t}", "* **{n}:** {t}", "1. {n}: {t}", "{n}:{t}", "{n}::  {t}", "\u3010{n}\u3011{t}"),
    *("<{n}> {t}", "{n} | {t}", "{n} - {t}", "{n} \u2014 {t}", "{n}\t{t}"),
)
HARD = {
    *(
        "{n}, {s}\n{t}",
        "{n} \u2022 {s}\n{t}",
        "{n}\n{s}\n{t}",
        "{n}:{t}",
        "> **{n}:** {t}",
        "1. {n}: {t}",
        "* **{n}:** {t}",
    ),
    "<{n}> {t}",
    "{n} | {t}",
    "{n} - {t}",
    "{n} \u2014 {t}",
    "{n}\t{t}",
    "{n}\n{t}",
    "{n}\n\n{t}",
    "{s}\n{n}\n{t}",
}
"""Forms in which a name stands bare; one in small letters is none there."""


def read(text: str, name: str = "a.txt") -> Transcript:
    return read_transcript(text.encode(), name)


def turns(transcript: Transcript) -> list[tuple[str | None, str]]:
    """Return (speaker, words) of each segment."""
    return [(segment.speaker, " ".join(segment.text.split())) for segment in transcript.segments]


def written(form: str, names: list[str], count: int = 8) -> tuple[str, list[tuple[str, str]]]:
    """Return a file of turns in a form, and who says what in it; three people or more do not speak in one order."""
    size = len(names)
    order = (names[(n + (n // size if size > 2 else 0)) % size] for n in range(count))
    said = list(zip(order, cycle(SAID), strict=False))
    parts = [
        form.format(n=name, t=words, s=f"00:{number // 6:02}:{number * 9 % 60:02}")
        for number, (name, words) in enumerate(said)
    ]
    return "\n\n".join(parts) + "\n", said


CAPITALS = st.text("ABDEGKLMNOPRSTV", min_size=1, max_size=1)
SMALL = st.text("abdegiklmnoprstuvéöñ", min_size=2, max_size=7)
WORD = st.builds(lambda head, rest: head + rest, CAPITALS, SMALL)
PLAIN = st.builds(lambda first, last: f"{first} {last}", WORD, WORD)
NAMES = st.one_of(
    PLAIN,
    st.builds(lambda name, word: f"{name} van {word}", WORD, WORD),
    st.builds(lambda name, word: f"{name} d'{word}", WORD, WORD),
    st.builds(lambda name, word: f"{name} O\u2019{word}", WORD, WORD),
    st.builds(lambda name, word: f"{name}-{word} K. {word}", WORD, WORD),
    PLAIN.map(str.upper),
    PLAIN.map(lambda name: f"{name}, Ph.D"),
    PLAIN.map(lambda name: f"{name}, Psy.D"),
    st.integers(1, 9).map("Speaker {}".format),
    st.integers(0, 9).map("SPEAKER_0{}".format),
    st.text("山田中村小林花子", min_size=2, max_size=4),
    st.builds(lambda one, other: f"{one} {other}", *[st.text("абвгдежз", min_size=3, max_size=6).map(str.title)] * 2),
    st.text("ابتثجحدر", min_size=3, max_size=6),
)
LOOSE = st.builds(lambda one, other: f"{one}k {other}k", SMALL, SMALL)


def _apart(names: list[str]) -> bool:
    """Say whether names are of different people, none short for another."""
    parts = [set(key_of(name).split()) for name in names]
    initials = ["".join(part[0] for part in key_of(name).split()) for name in names]
    keys = {key_of(name).replace(" ", "") for name in names}
    return (
        all(not one & other for number, one in enumerate(parts) for other in parts[number + 1 :])
        and not set(initials) & keys
        and len(keys) == len(names)
        and all(is_name(name) or name.islower() for name in names)
        and not any(is_stage_label(name) for name in names)
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.sampled_from(FORMS), st.lists(NAMES, min_size=2, max_size=4).filter(_apart))
def test_whoever_comes_again_in_a_form_speaks_and_no_label_is_left_in_the_words(form: str, names: list[str]) -> None:
    text, said = written(form, names, 4 * len(names))
    transcript = read(text)

    assert turns(transcript) == said


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.sampled_from([form for form in FORMS if form not in HARD]), PLAIN, LOOSE)
def test_a_name_in_small_letters_that_takes_turns_with_another_speaks(form: str, name: str, loose: str) -> None:
    if not _apart([name, loose]) or "[{n}]" in form or "({n})" in form or "####" in form or "**{n}**\n" in form:
        return
    text, said = written(form, [name, loose])

    assert turns(read(text)) == said


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    st.sampled_from(["{n}: {t}", ">> {n}: {t}", ">>> {n}: {t}", "- {n}: {t}", "[{n}] {t}", "[{n}]\n{t}", "({n}): {t}"]),
    st.lists(NAMES, min_size=2, max_size=3).filter(_apart),
)
def test_captions_know_labels_as_text_does(form: str, names: list[str]) -> None:
    _, said = written(form, names)
    cues = [
        f"00:00:{2 * n:02},000 --> 00:00:{2 * n + 1:02},900\n{form.format(n=name, t=words)}\n"
        for n, (name, words) in enumerate(said)
    ]

    assert turns(read("\n".join(cues), "a.srt")) == said


@pytest.mark.parametrize("label", WORDS["examples"]["names"])
def test_a_label_that_can_be_a_name_is_taken_for_one(label: str) -> None:
    assert is_name(label)


@pytest.mark.parametrize("label", WORDS["examples"]["prose"])
def test_a_label_that_begins_a_sentence_is_no_name(label: str) -> None:
    assert not is_name(label)


def test_a_stage_label_and_a_voice_without_a_name_are_told_from_people() -> None:
    assert is_stage_label("Break")
    assert is_stage_label("Intro music")
    assert not is_stage_label("Ada Break-Miller")
    assert numbers_voices("SPEAKER_04")
    assert not numbers_voices("Speaker House")
    assert not numbers_voices("Host")
    assert not numbers_voices("Voice Bo")


PROSE = {
    "colons": "I have one rule: be early.\n\nNote: the kiln is hot.\n\nWe waited.\n\nNote: it cools.\n\nThen we ate.",
    "recipe": "Flour: 200 g\n\nSugar: 100 g\n\nEggs: 3\n\nBeat the eggs.\n\nSift the flour.\n\nBake it.",
    "verses": "\n".join(
        f"Amon {chapter}:{verse:02} And the people of the valley went up to the hill and built there a wall of stone."
        for chapter in (1, 2)
        for verse in range(1, 20)
    ),
    "addresses": "https: is one.\n\nSlides: https://a.example/slides\n\nCode: https://a.example/c\n\nThat is all.",
    "times": "10:30 is when we met.\n\nWe talked.\n\nAt 11:00 we left.\n\nThere was snow.",
    "terms": "**Glaze:** what shines.\n\n**Slip:** what binds.\n\n**Bisque:** what was fired once.\n\nThat is clay.",
    "headings": "# Clay\n\n## Glaze\n\nIt shines.\n\n## Slip\n\nIt binds.\n\n## Bisque\n\nIt was fired.",
    "forms": "".join(f"### Cause\n\nRain {n}.\n\n### Effect\n\nMud {n}.\n\n### Cure\n\nSun {n}.\n\n" for n in range(5)),
    "tips": "\n\n".join(
        [*["We went on along the river and saw nothing at all."] * 20, "**Pro Tip:** rest.", "**Pro Tip:** eat."]
    ),
}


@pytest.mark.parametrize("kind", PROSE)
def test_what_is_no_dialogue_has_no_speakers(kind: str) -> None:
    transcript = read(PROSE[kind], "a.md")

    assert {segment.speaker for segment in transcript.segments} == {None}
    assert transcript.stated.people == ()


def test_a_dialogue_read_out_inside_a_talk_makes_nobody_of_its_parts_speak_the_rest() -> None:
    talk = [f"I walked on for the {n}th mile, and it rained." for n in range(12)]
    scene = ["Judge: Who are you?", "Clerk: The clerk.", "Judge: Sit down.", "Clerk: I stand."]
    transcript = read("\n\n".join([*talk, *scene, *talk]))

    assert {segment.speaker for segment in transcript.segments} == {None}
    assert "4 lines begin with what may be a speaker's name, first line 25: “Judge”" in " ".join(transcript.oddities)


def test_questions_after_a_talk_have_labels_and_the_talk_has_none() -> None:
    talk = [f"I walked on for the {n}th mile, and it rained." for n in range(12)]
    questions = ["Vera Holt: How far was it?", "Jon Pike: Too far.", "Vera Holt: And then?", "Jon Pike: Home."] * 2
    transcript = read("\n\n".join([*talk, *questions]))

    assert [segment.speaker for segment in transcript.segments] == [None] * 12 + ["Vera Holt", "Jon Pike"] * 4


def test_a_role_beside_a_name_becomes_the_persons_and_no_part_of_the_name() -> None:
    transcript = read(
        "Vera Holt (host): Hello.\n\nJon Pike, guest: Hi.\n\nVera Holt (host): So.\n\nJon Pike, guest: Yes."
    )

    assert [segment.speaker for segment in transcript.segments] == ["Vera Holt", "Jon Pike"] * 2
    assert transcript.stated.people == (Person("Vera Holt", "host"), Person("Jon Pike", "guest"))


def test_what_programs_write_beside_a_voice_is_no_part_of_the_name() -> None:
    cues = ("Holt, Vera (Guest)", "Jon Pike [External]", "Holt, Vera (Guest)")
    vtt = "WEBVTT\n\n" + "".join(f"00:0{n}.000 --> 00:0{n}.900\n<v {name}>Yes.</v>\n\n" for n, name in enumerate(cues))
    transcript = read(vtt, "a.vtt")

    assert [segment.speaker for segment in transcript.segments] == ["Holt, Vera", "Jon Pike", "Holt, Vera"]
    assert transcript.stated.people[0] == Person("Holt, Vera", "guest")


def test_spellings_of_one_label_are_one_person() -> None:
    labels = (
        "Vera Holt",
        "JON PIKE",
        "Vera\u00a0Holt",
        "Jon Pike",
        "Vera Holt*",
        "Jon Pike\u274c",
        "vera holt",
        "Jon Pike",
    )
    transcript = read("\n\n".join(f"**{label}:** Yes." for label in labels))

    assert [segment.speaker for segment in transcript.segments] == ["Vera Holt", "Jon Pike"] * 4


def test_first_names_and_initials_are_read_as_the_person_they_are_short_for_and_that_is_told() -> None:
    front = "---\nspeakers:\n  - Vera Holt\n  - Jon Pike\n---\n"
    transcript = read(f"{front}Vera: Hello.\n\nJP: Hi.\n\nVera: So.\n\nJP: Yes.\n\nCy: And me.\n\nCy: Again.")

    assert [segment.speaker for segment in transcript.segments] == ["Vera Holt", "Jon Pike"] * 2 + ["Cy"] * 2
    assert "I read Vera as Vera Holt." in transcript.oddities
    assert transcript.stated.people == (Person("Vera Holt"), Person("Jon Pike"), Person("Cy"))


def test_a_first_name_of_two_people_is_nobodys_other_name() -> None:
    said = ("Vera Holt", "Vera Stone", "Vera", "Vera Holt", "Vera Stone", "Vera")

    assert [each.speaker for each in read("\n\n".join(f"{name}: Yes." for name in said)).segments] == list(said)


def test_two_who_answer_each_other_are_two_people_though_one_name_is_part_of_the_other() -> None:
    said = ("Vera Holt", "Vera") * 4

    assert [each.speaker for each in read("\n\n".join(f"{name}: Yes." for name in said)).segments] == list(said)


def test_brackets_that_tell_two_people_apart_stay() -> None:
    said = ("Vera (Holt)", "Vera (Stone)") * 3

    transcript = read("\n\n".join(f"{name}: Yes." for name in said))

    assert [each.speaker for each in transcript.segments] == list(said)
    assert "read as" not in " ".join(transcript.oddities)


def test_a_label_that_two_stated_people_can_mean_stays_as_it_is() -> None:
    front = "---\nguests: [Vera Holt, Vera Stone]\n---\n"
    transcript = read(f"{front}Vera: Hello.\n\nVera Stone: Hi.\n\nVera: So.\n\nVera Stone: Yes.", "a.md")

    assert [each.speaker for each in transcript.segments] == ["Vera", "Vera Stone"] * 2


def test_a_stage_label_ends_a_turn_and_names_nobody() -> None:
    transcript = read("**Vera Holt:** Now a word.\n\n**Jon Pike:** Yes.\n\n**Jingle:** la la\n\n**Vera Holt:** Back.")

    assert [segment.speaker for segment in transcript.segments] == ["Vera Holt", "Jon Pike", None, "Vera Holt"]


def test_a_label_that_names_nobody_known_is_told_and_gives_its_words_to_nobody() -> None:
    turn = "**Vera Holt:** One.\n\n**Jon Pike:** Two.\n\n"
    transcript = read(f"{turn}{turn}**clip from the old show:** Three.\n\n{turn}")
    told = " ".join(transcript.oddities)

    assert [each.speaker for each in transcript.segments if each.text == "Three."] == [None]
    assert "1 label names somebody I don't know, on line 9: “**clip from the old show:** Three.”" in told


def test_a_voice_that_begins_with_angles_and_no_name_is_not_the_one_before() -> None:
    lines = (
        ">> VERA HOLT: One.",
        ">> JON PIKE: Two.",
        ">> Three.",
        "Four.",
        ">> VERA HOLT: Five.",
        ">> JON PIKE: Six.",
    )
    cues = "\n".join(f"00:00:0{n},000 --> 00:00:0{n},900\n{line}\n" for n, line in enumerate(lines))

    assert [each.speaker for each in read(cues, "a.srt").segments] == [
        *("VERA HOLT", "JON PIKE", None, None, "VERA HOLT", "JON PIKE")
    ]


def test_angles_before_a_rare_label_make_it_sure_as_captions_write_them_for_another_voice() -> None:
    lines = (
        [f"It rained all {day}." for day in range(20)]
        + [">> VERA HOLT: Good evening."]
        + [f"So we stayed in {room}." for room in range(9)]
        + [">> VERA HOLT: Bye."]
    )
    cues = "\n".join(f"00:00:{n:02},000 --> 00:00:{n:02},900\n{line}\n" for n, line in enumerate(lines))

    assert [segment.speaker for segment in read(cues, "a.srt").segments] == [None] * 20 + ["VERA HOLT"] * 11


def test_cues_that_begin_with_what_may_be_a_name_are_told_with_their_time() -> None:
    lines = ["It rained all day."] * 20 + ["Vera Holt: Good evening."] + ["So we stayed in."] * 9 + ["Vera Holt: Bye."]
    cues = "\n".join(f"00:00:{n:02},000 --> 00:00:{n:02},900\n{line}\n" for n, line in enumerate(lines))
    transcript = read(cues, "a.srt")

    assert {segment.speaker for segment in transcript.segments} == {None}
    assert "2 cues begin with what may be a speaker's name, first at 00:00:20: “Vera Holt”" in transcript.oddities[0]


def test_a_table_of_contents_before_the_first_label_is_no_speech_and_is_told() -> None:
    head = "# Kilns\n# Source: https://a.example/kilns\n\n## Contents\n\n  * 0:00 - Fire\n  * 1:30 - Glaze\n\n"
    labelled = "".join(
        f"{name} [(00:0{n}:02)](https://video.example/?t={n}) Fire is old.\n\n## Glaze\n\n" if n == 2 else
        f"{name} [(00:0{n}:02)](https://video.example/?t={n}) Fire is old.\n\n"
        for n, name in enumerate(["Vera Holt", "Jon Pike"] * 2)
    )  # fmt: skip
    transcript = read(head + labelled)

    assert turns(transcript) == [("Vera Holt", "Fire is old."), ("Jon Pike", "Fire is old.")] * 2
    assert [(chapter.title, chapter.start) for chapter in transcript.chapters] == [("Glaze", 182.0)]
    assert "I left out 2 lines of a table of contents." in transcript.oddities


def test_a_known_label_inside_a_paragraph_begins_another_turn() -> None:
    text = "Vera Holt: One. Jon Pike: Two.\n\nJon Pike: Three.\n\nVera Holt: She said: four.\n\nJon Pike: Five."
    cues = "\n".join(f"00:00:0{n},000 --> 00:00:0{n},900\n{part}\n" for n, part in enumerate(text.split("\n\n")))
    said = [("Vera Holt", "One."), ("Jon Pike", "Two."), ("Jon Pike", "Three."), ("Vera Holt", "She said: four.")]

    assert turns(read(text)) == turns(read(cues, "a.srt")) == [*said, ("Jon Pike", "Five.")]


def test_what_was_not_heard_is_no_label_though_a_time_stands_beside_it() -> None:
    turn = "Vera Holt: One.\n\nJon Pike: Two.\n\n"
    transcript = read(f"{turn}[inaudible 00:10]\n\nThree.\n\n{turn}")

    assert ("Jon Pike", "Three.") in turns(transcript)


@pytest.mark.parametrize("form", ["~{n}: {t}", "** {n}:** {t}", '"{n}": {t}', "[[{n}]]: {t}", "\u266a {n}: {t}"])
def test_a_form_that_nobody_foresaw_is_refused_at_its_first_line_where_it_recurs(form: str) -> None:
    text, _ = written(form, ["Vera Holt", "Jon Pike"])

    with pytest.raises(
        TranscriptError, match=r"^a\.txt:1: 8 paragraphs seem to begin with .* such as “Vera Holt” here"
    ):
        read(text)


def test_where_much_looks_like_labels_in_no_known_form_the_file_is_refused_at_the_first() -> None:
    strange = [
        f"{'vera' if n % 2 else 'jon'} ~ It is {n} o'clock." if n % 5 < 2 else "It rained all day." for n in range(20)
    ]

    with pytest.raises(TranscriptError, match=r"^a\.txt:1: 8 paragraphs seem to begin with somebody's name"):
        read("\n\n".join(strange))


def test_captions_whose_labels_are_short_forms_of_names_told_at_the_start_have_speakers() -> None:
    opening = [
        "Orla Quist: Hello,",
        "and welcome.",
        "Tom Ferrer: Today we talk",
        "of kilns.",
        *(f"They glow {n}." for n in "abcdef"),
    ]
    talk = [
        line
        for n in range(8)
        for line in (f"{('Orla', 'Tom')[n % 2]}: So {n}.", *(f"More {n}, {m}." for m in range(4)))
    ]
    text = "\n\n".join(f"00:00:{n:02},000 --> 00:00:{n:02},900\n{line}" for n, line in enumerate([*opening, *talk]))

    assert {segment.speaker for segment in read(text, "a.srt").segments} == {"Orla Quist", "Tom Ferrer"}


@pytest.mark.parametrize("form", ["00:00:{s:02} <v {n}>{t}", "<v {n}>{t}</v>", "00:{s:02} <v.loud {n}>{t}</v>"])
def test_voices_as_captions_write_them_are_voices_in_any_text(form: str) -> None:
    said = [(("Orla Quist", "Tom Ferrer")[n % 2], f"{words}") for n, words in enumerate(SAID)]
    text = "\n\n".join(form.format(s=n, n=name, t=words) for n, (name, words) in enumerate(said))

    assert turns(read(text)) == said


def test_a_time_without_a_voice_among_voices_is_a_time() -> None:
    voices = "\n\n".join(f"00:00:{n:02} <v {('Orla', 'Tom')[n % 2]}>{words}" for n, words in enumerate(SAID))
    last = read(f"{voices}\n\n00:00:50 Thank you.").segments[-1]

    assert (last.start, last.text) == (50.0, "Thank you.")


def test_a_label_right_behind_a_time_speaks_where_others_stand_apart_from_theirs() -> None:
    text = "\n\n".join(f"[00:0{n}:00]{'' if n % 3 else ' '}{('Orla', 'Tom')[n % 2]}: {t}" for n, t in enumerate(SAID))

    assert turns(read(text)) == [(("Orla", "Tom")[n % 2], words) for n, words in enumerate(SAID)]


@pytest.mark.parametrize("form", ["{n}", "[{n}]", "({n})", "<b>{n}</b>"])
def test_the_only_speaker_has_a_label_where_a_program_wrote_it_above_each_cue(form: str) -> None:
    name = form.format(n="Orla Quist")
    text = "\n\n".join(f"00:00:{n:02},000 --> 00:00:{n:02},900\n{name}\n{words}" for n, words in enumerate(SAID))

    assert turns(read(text, "a.srt")) == [("Orla Quist", words) for words in SAID]


@pytest.mark.parametrize("form", ["**{n}.**\n{t}", "**{n}.** {t}", "**{n}** {t}"])
def test_a_name_in_bold_without_a_colon_speaks_where_it_comes_again(form: str) -> None:
    said = [(("Ola", "Ferrer")[n % 2], words) for n, words in enumerate(SAID)]

    assert turns(read("\n\n".join(form.format(n=n, t=t) for n, t in said), "a.md")) == said


def test_bold_names_with_and_without_a_colon_are_turns_of_each() -> None:
    names = ("Orla", "Ferrer", "Ines")
    said = [(names[n % 3], words) for n, words in enumerate(SAID * 2)]
    text = "\n\n".join(f"**{name}:** {words}" if name == "Ines" else f"**{name}** {words}" for name, words in said)

    assert turns(read(text, "a.md")) == said


def test_the_heads_of_paragraphs_in_bold_are_nobody() -> None:
    heads = ("Warm Kilns", "Cold Glaze", "Old Salt", "Wet Clay", "Dry Wood", "Fine Sand", "Good Soil")
    text = "\n\n".join(f"**{head}.** {words}" for head, words in zip(heads, SAID, strict=True))

    assert {speaker for speaker, _ in turns(read(text, "a.md"))} == {None}
