"""What files, folders and feeds state reaches the edition, and `check` agrees with whatever was imported."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.fetch import Fetched, Seen
from bot.corpus.importing import Imported, Importer, Kept
from bot.corpus.transcript import Person
from bot.errors import OperatorError
from bot.search.episodes import episodes_named
from bot.search.scope import find_scope
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.corpus import Corpus, Episode

SHARED = ROOT.parent / "shared"
CUES = "WEBVTT\n\n00:01.000 --> 00:04.000\nIt computes what we order.\n\n00:05.000 --> 00:08.000\nIt does not think.\n"
SRT = "1\n00:00:01,000 --> 00:00:04,000\nIt computes what we order.\n"
VOICES = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ada Ek>It computes.\n\n00:05.000 --> 00:08.000\n<v Bo Li>Does it?\n"
PAGE = "<html><body><p>It computes what we order.</p></body></html>"

STATED = """---
title: "Engine Hour #7: 7: Why they stop"
episode: 7
season: 2
date: 2024-05-01
language: en
speakers:
  - Ada Lovelace
guests: [Grace Hopper]
youtube_id: Ab3-_9xYz01
url: https://engines.example/7
---

## Transcript

Ada: It computes what we order.

Bo: Does it think?

Grace: It does not.

Ada: Well.
"""

FEED = """<?xml version="1.0"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Engine Hour</title><language>en-GB</language>
<link>https://engines.example</link>{items}</channel></rss>"""


def item(title: str, *links: str, inside: str = "") -> str:
    """Return an item of a feed with links to transcripts, each `type|address` and perhaps `|more attributes`."""
    parts = [link.split("|") for link in links]
    linked = "".join(f'<podcast:transcript type="{kind}" url="{url}" {" ".join(more)}/>' for kind, url, *more in parts)
    return f"<item><title>{title}</title><guid>{title}</guid>{inside}{linked}</item>"


class Site:
    """Answers addresses from a mapping, and writes down what it was asked for."""

    def __init__(self, pages: dict[str, str], tags: dict[str, str] | None = None) -> None:
        self.pages = pages
        self.tags = tags or {}
        self.asked: list[str] = []

    def __call__(self, url: str, seen: Seen | None = None) -> Fetched:
        self.asked.append(url)
        if url not in self.pages:
            sentence = f"{url}: no such page"
            raise OperatorError(sentence)
        tag = self.tags.get(url, "")
        if seen and seen.etag == tag:
            return Fetched(url, b"", etag=tag, unchanged=True)
        return Fetched(url, self.pages[url].encode(), etag=tag)


def imported(
    content: Path, target: str, site: Callable[..., Fetched] | None = None, show: str = "engine-hour"
) -> tuple[list[Imported | Kept | OperatorError], list[str]]:
    """Import a target; return what became of it, and the last lines that are told."""
    importer = Importer(content, show, force=False, say=lambda _: None, get=site or Site({}))
    results = list(importer.run(target, None))
    return results, list(importer.summary(results))


def of_feed(content: Path, items: Sequence[str], **pages: str) -> tuple[list[Imported | Kept | OperatorError], Site]:
    """Import a feed of some items; pages are named by their paths, with `_` for the dot."""
    addresses = {f"https://engines.example/{name.replace('_', '.')}": text for name, text in pages.items()}
    site = Site({"https://engines.example/feed.xml": FEED.format(items="".join(items)), **addresses})
    results, _ = imported(content, "https://engines.example/feed.xml", site)
    return results, site


def only(content: Path) -> Episode:
    (episode,) = open_corpus(content).episodes
    return episode


def clean(content: Path) -> bool:
    return all(not checked.problems for checked in check_corpus(content))


def put(folder: Path, **files: str) -> Path:
    """Write files into a folder: `__` in a name parts folders, `_` stands for the dot."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


# What a file states


def test_what_front_matter_states_stands_in_the_edition_and_opens_the_video(tmp_path: Path) -> None:
    imported(tmp_path / "content", str(put(tmp_path / "in", first_md=STATED)))
    episode = only(tmp_path / "content")

    assert (episode.title, episode.number, episode.meta.season) == ("Why they stop", 7, 2)
    assert (episode.meta.published, episode.meta.language) == (dt.date(2024, 5, 1), "en")
    assert episode.meta.people == (Person("Ada Lovelace"), Person("Grace Hopper", "guest"), Person("Bo"))
    assert [episode.passage(n, n).speaker for n in range(3)] == ["Ada Lovelace", "Bo", "Grace Hopper"]
    assert episode.link(61.5) == "https://www.youtube.com/watch?v=Ab3-_9xYz01&t=61s"
    assert episode.chapters == ()
    assert clean(tmp_path / "content")


def test_an_episode_with_only_a_page_is_linked_to(tmp_path: Path) -> None:
    text = STATED.replace("youtube_id: Ab3-_9xYz01\n", "")
    imported(tmp_path / "content", str(put(tmp_path / "in", first_md=text)))

    assert only(tmp_path / "content").passage(0, 0).citation().url == "https://engines.example/7"


def test_a_transcript_without_an_edition_states_the_same(tmp_path: Path) -> None:
    put(tmp_path, engines__7__source_md=STATED, engines__show_toml='title = "Engine Hour"\nrights = "ours"\n')
    episode = only(tmp_path)

    assert (episode.number, episode.meta.season, episode.link(5)) == (
        7,
        2,
        "https://www.youtube.com/watch?v=Ab3-_9xYz01&t=5s",
    )


@pytest.mark.parametrize("heading", ["## Transcript", "# Full transcript", "### Show notes"])
def test_a_heading_that_only_names_the_document_is_no_chapter(tmp_path: Path, heading: str) -> None:
    text = f"{heading}\n\nAda: It computes.\n\nBo: Does it?\n\n#### Doubt\n\nAda: It does.\n\n#### End\n\nBo: Well.\n"
    imported(tmp_path / "content", str(put(tmp_path / "in", a_md=text)))

    assert [chapter.title for chapter in only(tmp_path / "content").chapters] == ["Doubt", "End"]


def test_headings_stay_where_they_are_when_lines_before_them_are_no_speech(tmp_path: Path) -> None:
    text = "## One\n\nAda: [music]\n\nAda: It computes.\n\nBo: Does it?\n\n## Two\n\nAda: It does.\n\nBo: Well.\n"
    imported(tmp_path / "content", str(put(tmp_path / "in", a_md=text)))
    episode = only(tmp_path / "content")

    chapters = [
        (passage.text, passage.chapter and passage.chapter.title)
        for n in range(4)
        if (passage := episode.passage(n, n))
    ]
    assert chapters == [("It computes.", "One"), ("Does it?", "One"), ("It does.", "Two"), ("Well.", "Two")]


def test_one_line_in_the_shows_file_makes_two_names_one_person(tmp_path: Path) -> None:
    imported(tmp_path / "content", str(put(tmp_path / "in", a_vtt=VOICES, b_vtt=VOICES.replace("Ada Ek", "Ada"))))
    toml = tmp_path / "content/engine-hour/show.toml"
    assert open_corpus(tmp_path / "content").speakers == ("Ada Ek", "Bo Li", "Ada")

    toml.write_text(toml.read_text("utf-8") + '\n[people]\n"Ada" = "Ada Ek"\n', "utf-8")

    assert open_corpus(tmp_path / "content").speakers == ("Ada Ek", "Bo Li")
    assert clean(tmp_path / "content")


def test_the_head_of_a_page_states_its_title_language_address_and_date(tmp_path: Path) -> None:
    head = """<html lang="en-GB"><head><title>Why they stop | Engine Hour</title>
    <link rel="canonical" href="https://engines.example/7">
    <meta property="article:published_time" content="2024-05-01T08:00:00Z"></head>"""
    imported(tmp_path / "content", str(put(tmp_path / "in", a_html=f"{head}<body><p>It computes.</p></body></html>")))
    episode = only(tmp_path / "content")

    assert (episode.title, episode.meta.language) == ("Why they stop", "en-GB")
    assert (episode.meta.published, episode.link(None)) == (dt.date(2024, 5, 1), "https://engines.example/7")


def test_captions_named_by_their_video_open_it(tmp_path: Path) -> None:
    put(
        tmp_path / "in", **{"7: Why they stop [Ab3-x9xYz01].en_vtt": CUES, "7: Why they stop [Ab3-x9xYz01].en_srt": SRT}
    )
    imported(tmp_path / "content", str(tmp_path / "in"))
    episode = only(tmp_path / "content")

    assert (episode.title, episode.number) == ("Why they stop", 7)
    assert episode.link(5) == "https://www.youtube.com/watch?v=Ab3-x9xYz01&t=5s"


# Folders


def test_a_transcript_in_a_folder_below_is_an_episode_named_by_its_folder(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "in",
        **{"ada-lovelace__transcript_md": "Ada: It computes.\n\nBo: Does it?\n", "s02__e03__en_vtt": CUES},
    )
    imported(tmp_path / "content", str(folder))

    entries = open_corpus(tmp_path / "content").entries
    assert [(entry.id, entry.title, entry.number) for entry in entries] == [
        ("ada-lovelace", "Ada Lovelace", None),
        ("s02-e03", "S02 E03", 3),
    ]


def test_the_same_name_in_two_folders_is_two_episodes(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", one__talk_vtt=CUES, two__talk_vtt=CUES, one__extra_vtt=CUES)
    results, _ = imported(tmp_path / "content", str(folder))

    assert [result.folder.name for result in results if isinstance(result, Imported)] == ["extra", "one-talk", "two"]


def test_of_several_transcripts_of_an_episode_the_best_is_taken_and_told(tmp_path: Path) -> None:
    chapters = json.dumps({"version": "1.2.0", "chapters": [{"startTime": 5, "title": "Doubt"}]})
    files = {"7_txt": "It computes what we order.", "7_vtt": VOICES, "7_srt": SRT, "7_chapters_json": chapters}
    (result,), _ = imported(tmp_path / "content", str(put(tmp_path / "in", **files)))

    assert isinstance(result, Imported)
    assert any("I took 7.vtt" in line for line in result.lines)
    episode = only(tmp_path / "content")
    assert (episode.id, [chapter.title for chapter in episode.chapters]) == ("7", ["Doubt"])


def test_files_that_lie_beside_transcripts_are_no_episodes(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", README_md="Read me.", LICENSE_txt="All yours.", a_VTT=CUES)
    results, _ = imported(tmp_path / "content", str(folder))

    assert [result.folder.name for result in results if isinstance(result, Imported)] == ["a"]


def test_numbers_of_a_folders_files_are_the_episodes(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", **{f"eh-talk-{number}_vtt": CUES for number in (7, 12, 130)})
    imported(tmp_path / "content", str(folder))

    assert sorted(entry.number or 0 for entry in open_corpus(tmp_path / "content").entries) == [7, 12, 130]


def test_what_was_imported_and_corrected_is_left_as_it_is_when_the_folder_is_imported_again(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", a_vtt=CUES)
    imported(tmp_path / "content", str(folder))
    edition = tmp_path / "content/engine-hour/a/edition.md"
    edition.write_text(edition.read_text("utf-8").replace("think", "reckon"), "utf-8")
    results, told = imported(tmp_path / "content", str(put(folder, b_vtt=CUES)))

    assert [type(result) for result in results] == [Kept, Imported]
    assert "reckon" in edition.read_text("utf-8")
    assert "1 episode was already here and stays as it is." in told


def test_a_title_is_told_once_whether_or_not_there_is_a_number(tmp_path: Path) -> None:
    files = {"a_md": "---\ntitle: Why they stop\n---\n\nAda: It computes.\n\nBo: Does it?\n", "b_md": STATED}
    imported(tmp_path / "content", str(put(tmp_path / "in", **files)))

    names = [episode.name for episode in open_corpus(tmp_path / "content").episodes]
    assert names == ["Engine Hour: Why they stop", "Engine Hour S2 #7: Why they stop"]


def test_a_date_that_may_mean_two_days_is_asked_about(tmp_path: Path) -> None:
    text = STATED.replace("2024-05-01", "05/04/2024")
    _, told = imported(tmp_path / "content", str(put(tmp_path / "in", a_md=text)))

    assert only(tmp_path / "content").meta.published is None
    assert any("edition.md:1: which day is “05/04/2024”?" in line for line in told)


@pytest.mark.parametrize("written", ["May 1, 2024", "1 May 2024", "2024/05/01", "Wed, 01 May 2024 23:30:00 -0500"])
def test_a_date_is_read_as_people_write_it(tmp_path: Path, written: str) -> None:
    text = STATED.replace("date: 2024-05-01", f'date: "{written}"')
    imported(tmp_path / "content", str(put(tmp_path / "in", a_md=text)))

    assert only(tmp_path / "content").meta.published == dt.date(2024, 5, 1)


# What is told at the end


def test_the_end_tells_what_was_found_and_each_thing_to_decide_with_its_line(tmp_path: Path) -> None:
    anonymous = VOICES.replace("Ada Ek", "Speaker 1")
    _, told = imported(tmp_path / "content", str(put(tmp_path / "in", a_vtt=VOICES, b_md=STATED, c_vtt=anonymous)))

    assert told[0] == "3 episodes: titles found; names in 2, times in 2, numbers in 1, dates in 1 and links in 1."
    assert told[1] == "3 things to decide:"
    assert any("show.toml:1: this show is new" in line for line in told)
    (who,) = (line for line in told if "who is Speaker 1" in line)
    path, number = who.removeprefix("- ").split(":")[:2]
    assert Path(path).read_text("utf-8").split("\n")[int(number) - 1].startswith("**Speaker 1:**")


def test_of_many_things_of_one_kind_the_first_few_are_told(tmp_path: Path) -> None:
    anonymous = VOICES.replace("Ada Ek", "Speaker 1")
    _, told = imported(tmp_path / "content", str(put(tmp_path / "in", **{f"e{n}_vtt": anonymous for n in range(9)})))

    assert len([line for line in told if "who is" in line]) == 5
    assert "  … and 4 more like these." in told


# Feeds


def test_of_a_page_and_captions_without_an_ending_the_captions_are_taken(tmp_path: Path) -> None:
    links = ["text/html|https://engines.example/page", "application/x-subrip|https://engines.example/subs"]
    of_feed(tmp_path, [item("one", *links)], page=PAGE, subs=SRT)

    assert only(tmp_path).sentences[0].start == 1.0


def test_where_the_type_says_nothing_the_content_decides(tmp_path: Path) -> None:
    links = ["|https://engines.example/a", "|https://engines.example/b", "|https://engines.example/c"]
    of_feed(tmp_path, [item("one", *links)], a=PAGE, b=SRT, c=VOICES)

    assert only(tmp_path).passage(0, 0).speaker == "Ada Ek"


@pytest.mark.parametrize("wanted", ["en", "en-US", "EN"])
def test_the_transcript_in_the_shows_language_is_taken(tmp_path: Path, wanted: str) -> None:
    links = [
        'text/vtt|https://engines.example/fr.vtt|language="fr"',
        f'text/vtt|https://engines.example/en.vtt|language="{wanted}"',
    ]
    _, site = of_feed(tmp_path, [item("one", *links)], fr_vtt=VOICES.replace("computes", "calcule"), en_vtt=CUES)

    assert "computes" in only(tmp_path).text
    assert "https://engines.example/fr.vtt" not in site.asked


def test_a_dead_first_link_is_told_and_the_next_one_taken(tmp_path: Path) -> None:
    links = ["text/vtt|https://engines.example/gone.vtt", "application/srt|https://engines.example/there.srt"]
    (result,), _ = of_feed(tmp_path, [item("one", *links)], there_srt=SRT)

    assert isinstance(result, Imported)
    assert any("gone.vtt" in line for line in result.lines)


def test_nothing_without_times_is_asked_for_after_a_transcript_with_times(tmp_path: Path) -> None:
    links = [
        "text/html|https://engines.example/page",
        "text/vtt|https://engines.example/a.vtt",
        "text/plain|https://engines.example/a.txt",
    ]
    _, site = of_feed(tmp_path, [item("one", *links)], page=PAGE, a_vtt=CUES, a_txt="It computes.")

    assert site.asked == ["https://engines.example/feed.xml", "https://engines.example/a.vtt"]


@pytest.mark.parametrize(
    ("link", "base", "wanted"),
    [
        ("/7/a.vtt", "", "https://engines.example/7/a.vtt"),
        ("a.vtt", "", "https://engines.example/a.vtt"),
        ("a.vtt", ' xml:base="https://other.example/x/"', "https://other.example/x/a.vtt"),
        ("//other.example/a.vtt", "", "https://other.example/a.vtt"),
    ],
)
def test_a_relative_address_is_seen_from_the_feed(tmp_path: Path, link: str, base: str, wanted: str) -> None:
    feed = FEED.format(items=item("one", f"text/vtt|{link}").replace("<item>", f"<item{base}>"))
    site = Site({"https://engines.example/feed.xml": feed, wanted: CUES})
    imported(tmp_path, "https://engines.example/feed.xml", site)

    assert site.asked[-1] == wanted


def test_a_relative_address_in_a_feed_on_disk_is_told_plainly(tmp_path: Path) -> None:
    feed = put(tmp_path / "in", feed_xml=FEED.format(items=item("one", "text/vtt|/a.vtt")))
    (refused,), _ = imported(tmp_path / "content", str(feed / "feed.xml"))

    assert "this address is relative" in str(refused)


def test_the_first_episode_of_two_seasons_is_two_episodes(tmp_path: Path) -> None:
    items = [
        item(
            f"s{season}",
            f"text/vtt|https://engines.example/{season}.vtt",
            inside=f"<itunes:season>{season}</itunes:season><itunes:episode>1</itunes:episode>",
        )
        for season in (2, 1)
    ]
    of_feed(tmp_path, items, **{"1_vtt": CUES, "2_vtt": VOICES})

    episodes = list(open_corpus(tmp_path).episodes)
    assert [(each.id, each.meta.season, each.number) for each in episodes] == [
        ("season-1-episode-1", 1, 1),
        ("season-2-episode-1", 2, 1),
    ]


def test_two_episodes_with_one_number_are_both_imported_and_keep_their_folders_when_a_third_comes(
    tmp_path: Path,
) -> None:
    inside = "<itunes:episode>1</itunes:episode>"
    items = [item(name, f"text/vtt|https://engines.example/{name}.vtt", inside=inside) for name in ("c", "b", "a")]
    pages = {f"{name}_vtt": CUES.replace("computes", name) for name in "abc"}
    of_feed(tmp_path, items[1:], **pages)
    results, _ = of_feed(tmp_path, items, **pages)

    assert [type(result) for result in results] == [Imported, Kept, Kept]
    assert [(each.id, each.title) for each in open_corpus(tmp_path).episodes] == [
        ("episode-1", "a"),
        ("episode-1-2", "b"),
        ("episode-1-3", "c"),
    ]


def test_a_feed_states_title_page_recording_and_the_new_show(tmp_path: Path) -> None:
    recording = '<enclosure url="https://cdn.example/7?x=1" type="audio/mpeg" length="1"/>'
    inside = f"<link>https://engines.example/7</link>{recording}"
    of_feed(
        tmp_path,
        [item("Engine Hour 7: Why they stop", "text/vtt|https://engines.example/a.vtt", inside=inside)],
        a_vtt=CUES,
    )
    episode = only(tmp_path)

    assert (episode.title, episode.number, episode.show.title) == ("Why they stop", 7, "Engine Hour")
    assert episode.link(61.0) == "https://cdn.example/7?x=1#t=61"
    assert episode.link(None) == "https://cdn.example/7?x=1"
    assert episode.show.url == "https://engines.example"


def test_the_people_of_a_show_are_those_of_an_episode_that_names_none(tmp_path: Path) -> None:
    feed = FEED.format(items=item("one", "text/vtt|https://engines.example/a.vtt"))
    host = '<podcast:person role="Host">Ada Ek</podcast:person>'
    site = Site(
        {"https://engines.example/f": feed.replace("<item>", f"{host}<item>"), "https://engines.example/a.vtt": VOICES}
    )
    imported(tmp_path, "https://engines.example/f", site)

    assert only(tmp_path).meta.people == (Person("Ada Ek", "host"), Person("Bo Li"))


def test_nothing_that_has_not_changed_comes_twice(tmp_path: Path) -> None:
    feed, first, second = (f"https://engines.example/{name}" for name in ("feed.xml", "a.vtt", "b.vtt"))
    site = Site({feed: FEED.format(items=item("a", f"text/vtt|{first}")), first: CUES}, {feed: "1", first: "1"})
    imported(tmp_path, feed, site)
    again, told = imported(tmp_path, feed, site)
    items = item("b", f"text/vtt|{second}") + item("a", f"text/vtt|{first}")
    newer = Site({feed: FEED.format(items=items), first: CUES, second: VOICES}, {feed: "2", first: "1"})
    more, _ = imported(tmp_path, feed, newer)

    assert [type(result) for result in again] == [Kept]
    assert told == ["1 episode was already here and stays as it is."]
    assert [type(result) for result in more] == [Imported, Kept]


def test_an_episode_that_was_removed_comes_again(tmp_path: Path) -> None:
    feed, first = "https://engines.example/feed.xml", "https://engines.example/a.vtt"
    site = Site({feed: FEED.format(items=item("a", f"text/vtt|{first}")), first: CUES}, {feed: "1", first: "1"})
    imported(tmp_path, feed, site)
    (tmp_path / "engine-hour/a/edition.md").unlink()
    (tmp_path / "engine-hour/a/source.vtt").unlink()
    (tmp_path / "engine-hour/a").rmdir()
    results, _ = imported(tmp_path, feed, site)

    assert [type(result) for result in results] == [Imported]


# Import and check agree


def _real() -> list[Path]:
    folders = ("transcripts", "faults", "shows")
    found = [path for name in folders if (SHARED / name).is_dir() for path in sorted((SHARED / name).rglob("*"))]
    return [
        path for path in found if path.is_file() and "qmsum" not in path.parts and path.suffix not in {".py", ".xml"}
    ]


@pytest.mark.parametrize("path", _real(), ids=lambda path: path.name)
def test_what_import_made_of_a_real_file_passes_check_untouched(tmp_path: Path, path: Path) -> None:
    try:
        imported(tmp_path, str(path))
    except OperatorError:
        return
    assert [checked.problems for checked in check_corpus(tmp_path)] == [()]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
@pytest.mark.parametrize("text", ["It computes – “so”.\n\nIt stops.\n", "Ada: Caf\u00e9.\n\nBo: So?\n\nAda: Yes.\n"])
def test_a_text_in_another_encoding_is_imported_opened_and_checked(tmp_path: Path, encoding: str, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    imported(tmp_path / "content", str(tmp_path / "a.txt"))

    assert open_corpus(tmp_path / "content").entries
    assert clean(tmp_path / "content")


def test_a_full_stop_inside_a_word_parts_no_word(tmp_path: Path) -> None:
    imported(tmp_path / "content", str(put(tmp_path / "in", a_md="Ada: It\u3002stops here.\n\nBo: So?\n\nAda: Yes.\n")))

    assert "It\u3002stops" in only(tmp_path / "content").text
    assert clean(tmp_path / "content")


PIECES = st.sampled_from(
    [
        "Ada: It computes.",
        "**Bo:** [0:07] Does it?",
        "## Doubt",
        "### Notes",
        "# Engines",
        "It stops. It goes.",
        "[music]",
        "Ada: [0:03] So \\[it\\] said.",
        "- one",
        "> two",
        "12:30",
        "1. first",
        "Speaker 2: Yes.",
        "---",
        "title: x",
        "",
    ]
)
CUE = st.tuples(
    st.integers(0, 90), st.integers(0, 9), st.sampled_from(["Ada: it goes.", "it stops", "<v Bo>no.", "*a* [b] #c"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, min_size=1, max_size=14), st.lists(CUE, min_size=1, max_size=8), st.sampled_from(["md", "txt"]))
def test_whatever_can_be_imported_passes_check(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], cues: list[tuple[int, int, str]], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    timed = "".join(
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{(at + long) // 60:02}:{(at + long) % 60:02}.000\n{text}\n\n"
        for at, long, text in cues
    )
    for target in (
        put(folder / "a", **{f"a_{kind}": "\n\n".join(pieces)}),
        put(folder / "b", b_vtt=f"WEBVTT\n\n{timed}"),
    ):
        imported(folder / "content", str(target))
    if (folder / "content").is_dir():
        assert [checked.problems for checked in check_corpus(folder / "content") if checked.problems] == []


# What titles have in common

TITLES = ("Kiln Room #1: Ash and apples", "Kiln Room #2: Clay", "Kiln Room #3: Fire")


def test_what_the_titles_of_a_folder_have_in_common_is_no_part_of_them(tmp_path: Path) -> None:
    forms = (
        '---\ntitle: "{}"\n---\n\nIt computes.\n',
        "# {}\n\nIt computes.\n",
        "Title: {}\nDate: 2024-05-01\n\nIt computes.\n",
    )
    files = {f"{letter}_md": form.format(title) for letter, form, title in zip("abc", forms, TITLES, strict=True)}
    imported(tmp_path / "content", str(put(tmp_path / "in", **files)), show="ovens")

    found = [(episode.title, episode.number) for episode in open_corpus(tmp_path / "content").episodes]
    assert found == [("Ash and apples", 1), ("Clay", 2), ("Fire", 3)]
    assert clean(tmp_path / "content")


def test_what_the_titles_of_a_feed_have_in_common_is_no_part_of_them(tmp_path: Path) -> None:
    items = [item(title, f"text/vtt|https://engines.example/{n}.vtt") for n, title in enumerate(TITLES)]
    of_feed(tmp_path, items, **{f"{n}_vtt": CUES for n in range(len(TITLES))})

    assert {episode.title for episode in open_corpus(tmp_path).episodes} == {"Ash and apples", "Clay", "Fire"}


@pytest.mark.parametrize(
    ("files", "show", "title"),
    [
        ({f"kiln-room-{n}_vtt": CUES for n in range(3)}, "kilnroom", "Kiln Room"),
        ({"a_txt": "Show: The KILN room\nDate: 2024-05-01\n\nIt computes.\n"}, "ovens", "The KILN room"),
        ({"a_vtt": CUES}, "two-ovens", "Two Ovens"),
    ],
)
def test_a_new_show_is_called_what_its_files_call_it(
    tmp_path: Path, files: dict[str, str], show: str, title: str
) -> None:
    imported(tmp_path / "content", str(put(tmp_path / "in", **files)), show=show)

    assert [found.title for found in open_corpus(tmp_path / "content").shows] == [title]


# What an episode is called


def seasons(folder: Path) -> Corpus:
    """Return a show whose episodes have the same number in two seasons, and one episode without a title."""
    for season, title in ((1, "Ash"), (2, "Clay")):
        top = f"---\ntitle: {title}\nnumber: 1\nseason: {season}\n---\n\nThe kiln of season {season} is hot.\n"
        put(folder, **{f"ovens__{title.casefold()}__edition_md": top})
    put(folder, **{"ovens__ovens-9__source_txt": "A crow sits here."})
    put(folder, ovens__show_toml='title = "Ovens"\nrights = "ours"\n')
    return open_corpus(folder)


def test_the_same_number_in_two_seasons_is_told_apart_wherever_an_episode_is_named(tmp_path: Path) -> None:
    corpus = seasons(tmp_path)

    assert [entry.name for entry in corpus.entries] == ["Ovens #1: Ash", "Ovens S2 #1: Clay", "Ovens #9"]
    assert corpus.episode(1).label == "Ovens S2 #1"
    assert "Ovens S2 #1" in corpus.episode(1).passage(0, 0).citation().line()
    assert [entry.short for entry in corpus.entries] == ["1", "S2 #1", "9"]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [("S2 #1", {1}), ("s2e1", {1}), ("season 1 episode 1", {0}), ("1", {0, 1}), ("S3 #1", set()), ("9", {2})],
)
async def test_an_episode_is_found_by_its_season_and_number(tmp_path: Path, words: str, numbers: set[int]) -> None:
    corpus = seasons(tmp_path)

    assert set(episodes_named(corpus, words, range(3)).numbers) == numbers
    if numbers:
        assert (await find_scope(corpus, episode=words)).episodes == frozenset(numbers)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere paths end, and are called too long, in other ways")
def test_a_folder_that_cannot_be_read_is_told_of_and_the_rest_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest, name = os.pathconf(tmp_path, "PC_PATH_MAX"), "n" * 200
    folder = tmp_path
    while len(str(folder)) + 6 * len(name) < longest:  # so long that folders below it have no path any more
        folder /= name
    monkeypatch.chdir(put(folder, a_vtt=CUES))
    for _ in range(7):
        Path(name).mkdir()
        os.chdir(name)
    monkeypatch.chdir(tmp_path)

    refused, done = imported(tmp_path / "content", str(folder))[0]

    assert isinstance(refused, OperatorError)
    assert "can't be read (File name too long)" in str(refused)
    assert isinstance(done, Imported)
