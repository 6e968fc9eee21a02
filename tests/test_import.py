"""Importing: whatever transcript there is becomes an edition, whole or not at all, and no correction is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.fetch import Fetched
from bot.corpus.importing import Imported, Importer, slug
from bot.errors import OperatorError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import RunBot

VTT = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Ada Lovelace>It computes. It does

00:00:04.000 --> 00:00:06.000
<v Ada Lovelace>not think.

00:00:06.500 --> 00:00:09.000
<v Grace Hopper>Are you sure of that?
"""

FEED = """<?xml version="1.0"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">
<channel><title>Engines</title>
<item><title>../../etc/passwd</title><guid>g1</guid><podcast:episode>7</podcast:episode>
<podcast:transcript url="https://feed.example/t.vtt" type="text/vtt"/>
<podcast:chapters url="https://feed.example/c.json" type="application/json+chapters"/></item>
<item><title>Silent</title><guid>g2</guid></item>
</channel></rss>
"""

CHAPTERS = '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Start"}, {"startTime": 6, "title": "Doubt"}]}'


def _importer(content: Path, *, force: bool = False, pages: dict[str, str] | None = None) -> tuple[Importer, list[str]]:
    """Return an importer over a content folder, with addresses answered from a mapping, and what it said."""
    said: list[str] = []

    def get(url: str) -> Fetched:
        if url not in (pages or {}):
            sentence = f"{url}: no such page"
            raise OperatorError(sentence)
        return Fetched(url, (pages or {})[url].encode())

    return Importer(content, "engines", force, said.append, get), said


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_transcript_becomes_an_edition_with_speakers_and_times_and_the_file_is_kept(tmp_path: Path) -> None:
    content = tmp_path / "content"
    importer, _ = _importer(content)
    (result,) = importer.run(str(_file(tmp_path, "first.vtt", VTT)), "1-first")
    episode = open_corpus(content).episodes[0]

    assert isinstance(result, Imported)
    assert (content / "engines/1-first/source.vtt").read_text("utf-8") == VTT
    assert [episode.passage(n, n).text for n in range(3)] == [
        "It computes.",
        "It does not think.",
        "Are you sure of that?",
    ]
    assert [episode.passage(n, n).speakers for n in range(3)] == [
        ("Ada Lovelace",),
        ("Ada Lovelace",),
        ("Grace Hopper",),
    ]
    assert episode.sentences[2].start == 6.5
    assert not episode.sentences[2].approximate
    assert [checked.problems for checked in check_corpus(content)] == [()]


def test_what_was_understood_is_told(tmp_path: Path) -> None:
    importer, _ = _importer(tmp_path / "content")
    (result,) = importer.run(str(_file(tmp_path, "first.vtt", VTT)), None)

    assert isinstance(result, Imported)
    told = "\n".join(result.lines)
    assert "11 words in 3 sentences" in told
    assert "times from 0:01 to 0:06" in told
    assert "speakers: Ada Lovelace, Grace Hopper" in told
    assert importer.show in str(result.folder)
    decisions = [decision.line for decision in result.decisions]
    assert len(decisions) == 1
    assert "this show is new" in decisions[0]


def test_a_corrected_edition_is_never_overwritten_without_force(tmp_path: Path) -> None:
    path = str(_file(tmp_path, "first.vtt", VTT))
    content = tmp_path / "content"
    importer, _ = _importer(content)
    list(importer.run(path, None))
    list(importer.run(path, None))
    edition = content / "engines/first/edition.md"
    edition.write_text(edition.read_text("utf-8").replace("sure", "certain"), "utf-8")

    with pytest.raises(OperatorError, match="may have corrections"):
        list(importer.run(path, None))
    assert "certain" in edition.read_text("utf-8")

    list(_importer(content, force=True)[0].run(path, None))
    assert "certain" not in edition.read_text("utf-8")


def test_a_feed_brings_every_episode_that_links_a_transcript_with_its_chapters(tmp_path: Path) -> None:
    content = tmp_path / "content"
    pages = {
        "https://feed.example/f.xml": FEED,
        "https://feed.example/t.vtt": VTT,
        "https://feed.example/c.json": CHAPTERS,
    }
    importer, said = _importer(content, pages=pages)
    (result,) = importer.run("https://feed.example/f.xml", None)
    episode = open_corpus(content).episodes[0]

    assert isinstance(result, Imported)
    assert said == ["[1/1] ../../etc/passwd"]
    assert sorted(path.name for path in (content / "engines").iterdir()) == ["episode-7", "show.toml"]
    assert (episode.title, episode.number) == ("../../etc/passwd", 7)
    assert [chapter.title for chapter in episode.chapters] == ["Start", "Doubt"]
    passage = episode.passage(2, 2)
    assert passage.chapter is not None
    assert passage.chapter.title == "Doubt"


def test_one_bad_file_in_a_folder_is_told_and_the_others_are_imported(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    _file(folder, "a.vtt", VTT)
    (folder / "b.txt").write_bytes(b"\x00\x01\x02" * 50)
    _file(folder, "c.srt", "1\n00:00:01,000 --> 00:00:02,000\nIt computes.\n")
    importer, said = _importer(tmp_path / "content")

    results = list(importer.run(str(folder), None))

    assert [isinstance(result, Imported) for result in results] == [True, False, True]
    assert "b.txt" in str(results[1])
    assert said == ["[1/3] a.vtt", "[2/3] b.txt", "[3/3] c.srt"]


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    content = tmp_path / "content"
    importer, _ = _importer(content)

    with pytest.raises(OperatorError):
        list(importer.run(str(_file(tmp_path, "empty.vtt", "WEBVTT\n")), None))

    assert not content.exists()


@pytest.mark.parametrize("name", ["../out", "/etc", "a/b", "", ".hidden", "UPPER", "x" * 81])
def test_a_name_that_could_leave_the_content_folder_is_refused(tmp_path: Path, name: str) -> None:
    importer, _ = _importer(tmp_path / "content")

    with pytest.raises(OperatorError, match="can't be a folder's name"):
        list(importer.run(str(_file(tmp_path, "first.vtt", VTT)), name))


@pytest.mark.parametrize(("name", "folder"), [("Ep. 12: Ada!", "ep-12-ada"), ("../..", "episode"), ("ä", "episode")])
def test_a_file_name_becomes_a_harmless_folder_name(name: str, folder: str) -> None:
    assert folder == slug(name)


def test_import_from_the_command_line_prints_what_it_understood(command_line: RunBot, tmp_path: Path) -> None:
    path = str(_file(tmp_path, "first.vtt", VTT))
    content = {"VERBATIM_CONTENT_DIR": str(tmp_path / "content")}

    done = command_line("import", path, "--show", "engines", **content)
    missing = command_line("import", str(tmp_path / "nowhere.vtt"), "--show", "engines", **content)
    found = command_line("--once", "/quote are you sure of that", **content)

    assert (done.returncode, missing.returncode, found.returncode) == (0, 2, 0)
    assert "11 words in 3 sentences" in done.stdout
    assert "can't be read (No such file or directory)" in missing.stderr
    assert "Grace Hopper · 0:06" in found.stdout
