"""What stands beside the words of a text or page is no speech: titles, headings, notes, links."""

from __future__ import annotations

import tomllib

import pytest

from bot.corpus.formats import read_transcript
from bot.corpus.formats.sections import is_section
from bot.corpus.transcript import Transcript
from bot.settings import ROOT

TALK = "**Ada:** We met the bird.\n\n**Bo:** Which bird was it?\n\n**Ada:** A crow.\n\n**Bo:** I see.\n"
NOTES = "## Show notes\n\n- [A book on kilns](https://kiln.example/book)\n- The crow has a page of its own.\n"
WORDS = ["We met the bird.", "Which bird was it?", "A crow.", "I see."]
TABLE = tomllib.loads((ROOT / "bot/corpus/formats/sections.toml").read_text("utf-8"))
HEAD = "<html><head><title>Ash and apples | Kiln Room</title></head><body>"


def read(text: str, name: str = "a.md") -> Transcript:
    return read_transcript(text.encode(), name)


def words(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


def chapters(transcript: Transcript) -> list[tuple[str, int | None]]:
    return [(chapter.title, chapter.segment) for chapter in transcript.chapters]


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_the_examples_of_headings_are_their_test(kind: str) -> None:
    assert [is_section(kind, words) for words in TABLE[kind]["examples"]] == [True] * len(TABLE[kind]["examples"])
    assert not any(is_section(kind, words) for words in TABLE[kind]["but"])


@pytest.mark.parametrize(
    "text",
    [
        f"# Ash\n\n{NOTES}\n## Transcript\n\n{TALK}",
        f"# Ash\n\n## Transcript\n\n{TALK}\n{NOTES}",
        f"# Ash\n\n## Transcript\n\n{TALK}\n{NOTES.replace('Show notes', 'Links')}",
        f"# Ash\n\nA bird sits in the kiln. Nobody knows why.\n\n{NOTES}\n## Full transcript\n\n{TALK}",
        f"# Ash\n\n{TALK}\n{NOTES.replace('Show notes', 'Resources mentioned')}",
        f"# Ash\n\n## Show notes\n\nA bird.\n\n### Links\n\nOne more.\n\n## Transcript\n\n{TALK}",
    ],
)
def test_notes_beside_a_transcript_are_left_out_and_told_of(text: str) -> None:
    found = read(text)

    assert words(found) == WORDS
    assert (found.stated.title, found.chapters) == ("Ash", ())
    assert any("beside the transcript" in oddity for oddity in found.oddities)


def test_chapters_below_the_heading_of_the_transcript_stay() -> None:
    parts = TALK.split("\n\n")
    text = f"## Notes\n\nA bird.\n\n## Transcript\n\n### Birds\n\n{parts[0]}\n\n{parts[1]}\n\n### Crows\n\n"
    text += f"{parts[2]}\n\n{parts[3]}\n\n## Links\n\nhttps://kiln.example\n"
    found = read(text)

    assert words(found) == WORDS
    assert chapters(found) == [("Birds", 0), ("Crows", 2)]


def test_words_below_a_heading_of_notes_are_said_where_somebody_says_them() -> None:
    assert words(read(f"## Show notes\n\n{TALK}")) == WORDS
    assert words(read("## Notes\n\nWe fired the kiln.\n\n## Ash\n\nIt was hot.\n")) == [
        "We fired the kiln.",
        "It was hot.",
    ]


def test_the_title_of_a_page_is_no_word_and_its_headings_are_chapters() -> None:
    page = (
        f"{HEAD}<h1>Ash and apples</h1><h2>Birds</h2><p>We met the bird.</p><p>Which bird was it?</p>"
        "<h2>Crows</h2><p>A crow.</p><p>I see.</p></body></html>"
    )
    found = read(page, "a.html")

    assert words(found) == WORDS
    assert chapters(found) == [("Birds", 0), ("Crows", 2)]
    assert found.stated.title == "Ash and apples"


def test_the_headings_of_a_page_with_voices_and_times_are_chapters() -> None:
    page = (
        f"{HEAD}<h1>Ash</h1><h2>Birds</h2><cite>Ada:</cite><time>0:01</time><p>We met the bird.</p>"
        "<h2>Crows</h2><cite>Bo:</cite><time>0:09</time><p>Which bird was it?</p></body></html>"
    )
    found = read(page, "a.html")

    assert words(found) == WORDS[:2]
    assert [segment.speaker for segment in found.segments] == ["Ada", "Bo"]
    assert chapters(found) == [("Birds", 0), ("Crows", 1)]


def test_headings_of_a_page_that_name_who_speaks_are_labels() -> None:
    turns = [("Ada Ek", WORDS[0]), ("Bo Li", WORDS[1]), ("Ada Ek", WORDS[2]), ("Bo Li", WORDS[3])]
    page = f"{HEAD}<h1>Ash</h1>{''.join(f'<h4>{name}</h4><p>{said}</p>' for name, said in turns)}</body></html>"
    found = read(page, "a.html")

    assert [(segment.speaker, segment.text) for segment in found.segments] == turns
    assert found.chapters == ()


def test_notes_of_a_page_beside_its_transcript_are_left_out() -> None:
    talk = "".join(f"<p><b>{name}:</b> {said}</p>" for name, said in zip("ABAB", WORDS, strict=True))
    talk = talk.replace("A:", "Ada:").replace("B:", "Bo:")
    page = f"{HEAD}<h1>Ash</h1><h2>Links</h2><ul><li>A book on kilns.</li></ul><h2>Transcript</h2>{talk}</body></html>"
    found = read(page, "a.html")

    assert words(found) == WORDS
    assert found.chapters == ()


@pytest.mark.parametrize("joint", [" to ", " - ", " – "])
def test_from_when_to_when_a_break_lasts_is_no_speech(joint: str) -> None:
    break_ = f"**Jingle:** \\[00:01:31.29\\]{joint}\\[00:01:48\\]\n\n"
    found = read(TALK.replace("**Bo:** W", f"{break_}**Bo:** W"))

    assert words(found) == WORDS
    assert found.segments[1].start == 108.0
