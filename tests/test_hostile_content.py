"""Hostile content is refused with a sentence or works in bounds, when it is imported and when it is served."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.discord.render import render
from bot.adapters.slack.render import message
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.edition import read_edition
from bot.corpus.fetch import Fetched, fetch
from bot.corpus.files import LONGEST_FILE, read_bytes
from bot.corpus.importing import Imported, Importer, slug
from bot.corpus.names import LONGEST_PERSON, LONGEST_TITLE, MOST_CHAPTERS
from bot.errors import OperatorError, TranscriptError
from bot.search import open_searcher
from tests.local_discord.limits import message_problems
from tests.local_slack import block_problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.contract import Reply
    from bot.corpus import Corpus
    from tests.conftest import RunBot

RSS = '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
DEEP = f"{RSS}<item><title>a</title>{'<a>' * 1_500}{'</a>' * 1_500}</item></channel></rss>"
GOOD = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ada>It computes.\n"
TURNED = "\u202egnp.exe\u202c\u2066 \u0301\u0323\u0301 \x1b[31m*red* <!channel> @everyone [a](https://evil.example) `"
TAGS = ("!!bool x", "!!timestamp x", "!!int ''", "!!float ''", ".inf", ".nan", f"0x{'f' * 9_000}", f"{'1:' * 3_000}1")


def importer(content: Path, pages: dict[str, bytes] | None = None) -> Importer:
    def get(url: str) -> Fetched:
        return Fetched(url, (pages or {})[url])

    return Importer(content, "engines", force=False, say=lambda _: None, get=get)


def written(folder: Path, **files: str | bytes) -> Path:
    """Make a show of one episode with these files (`_` for the dot in their names); return the content folder."""
    place = folder / "show" / "1-a"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in {"show_toml": 'title = "T"\nrights = "R"\n', **files}.items():
        where = place.parent if name in {"show_toml", "withdrawn_toml", "aliases_toml"} else place
        (where / name.replace("_", ".")).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.mkdir()


def as_lost_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def as_loop(path: Path) -> None:
    path.symlink_to(path)


def as_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def as_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LONGEST_FILE + 1)


def as_secret(path: Path) -> None:
    secret = path.parent.parent / "secret.txt"
    secret.write_text("The password is swordfish.", "utf-8")
    path.symlink_to(secret)


STRANGE: list[Callable[[Path], None]] = [as_pipe, as_folder, as_lost_link, as_loop, as_endless, as_huge]
strange = pytest.mark.parametrize("put", STRANGE)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("b.xml", DEEP.encode()),
        ("b.json", b'{"segments": [{"body": ' + b"[" * 100_000),
        ("b.json", b'{"segments": [{"body": "a", "startTime": ' + b"1" * 9_000 + b"}]}"),
        ("b.ytt", b"<timedtext>" + b"<p>a" * 5_000 + b"</p>" * 5_000 + b"</timedtext>"),
        ("b.md", b"---\ntitle: " + b"[" * 5_000 + b"\n---\n\nHi."),
        ("b.md", b"---\ntitle: &a [*a]\n---\n\nHi."),
        ("b.txt", b"\xff\xfe\x00\xd8"),
        ("b.txt", b"a\x00b"),
    ],
)
def test_one_bad_file_is_told_in_a_line_and_the_others_are_imported(
    command_line: RunBot, tmp_path: Path, name: str, holds: bytes
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for good in ("a.vtt", "c.vtt"):
        (folder / good).write_text(GOOD, "utf-8")
    (folder / name).write_bytes(holds)

    done = command_line("import", str(folder), "--show", "engines", VERBATIM_CONTENT_DIR=str(tmp_path / "content"))

    told = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert done.returncode == 1
    assert len(told) == 1
    assert told[0].startswith(name)
    assert "foresaw" not in told[0]
    assert [entry.id for entry in open_corpus(tmp_path / "content").entries] == ["a", "c"]


def test_a_feed_with_a_link_that_is_none_brings_its_other_episodes(tmp_path: Path) -> None:
    items = "".join(f'<item><podcast:transcript url="{url}"/></item>' for url in ("https://[x", "https://a/t.vtt"))
    (tmp_path / "a.xml").write_text(f"{RSS}{items}</channel></rss>", "utf-8")

    def get(url: str) -> Fetched:
        return Fetched(url, GOOD.encode()) if url.endswith(".vtt") else fetch(url)

    importing = Importer(tmp_path / "content", "engines", force=False, say=lambda _: None, get=get)
    refused, imported = importing.run(str(tmp_path / "a.xml"), None)

    assert "isn't a web address" in str(refused)
    assert isinstance(imported, Imported)


@strange
def test_what_is_no_file_in_a_folder_is_told_and_the_others_are_imported(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.vtt").write_text(GOOD, "utf-8")
    put(folder / "b.md")
    (folder / "c.vtt").write_text(GOOD, "utf-8")

    results = list(importer(tmp_path / "content").run(str(folder), None))

    told = [] if (folder / "b.md").is_dir() else [False]  # a folder below is looked into, and this one is empty
    assert [isinstance(result, Imported) for result in results] == [True, *told, True]
    with pytest.raises(OperatorError):
        list(importer(tmp_path / "content").run(str(folder / "b.md"), None))


def test_a_link_out_of_the_folder_is_not_imported_and_one_inside_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.vtt").write_text(GOOD, "utf-8")
    (folder / "b.vtt").symlink_to("a.vtt")
    as_secret(folder / "c.txt")

    results = list(importer(tmp_path / "content").run(str(folder), None))

    assert [isinstance(result, Imported) for result in results] == [True, True, False]
    assert "leads out of the folder" in str(results[2])
    assert not any("swordfish" in path.read_text("utf-8") for path in (tmp_path / "content").rglob("*.*"))


@pytest.mark.parametrize("target", ["x" * 5_000, "a\x00b", "a/" * 3_000, "\udcff", "https://[", "file:///etc/passwd"])
def test_a_target_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, target: str) -> None:
    with pytest.raises(OperatorError):
        list(Importer(tmp_path / "content", "engines", force=False, say=print).run(target, None))


@pytest.mark.parametrize("name", ["con", "nul.x", "com1", "lpt9.txt", "prn", "aux", "a.", "c:", "a\\b", "..", "a\x00"])
def test_a_name_that_some_system_takes_for_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.vtt").write_text(GOOD, "utf-8")

    with pytest.raises(OperatorError, match="can't be a folder's name"):
        list(importer(tmp_path / "content").run(str(tmp_path / "a.vtt"), name))


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "../../etc/passwd", "C:\\x", "\x00", "\u202egnp", "a" * 300])
def test_a_file_name_never_becomes_a_path_or_a_device(name: str) -> None:
    found = slug(name)

    assert found.replace("-", "").isalnum()
    assert found.isascii()
    assert len(found) <= 90
    assert found not in {"con", "nul", "com1"}


@strange
@pytest.mark.parametrize(
    "name", ["edition.md", "source.txt", "source.vtt", "errata.tsv", "show.toml", "withdrawn.toml"]
)
def test_what_is_no_file_in_the_content_folder_is_named_at_the_start(
    tmp_path: Path, put: Callable[[Path], None], name: str
) -> None:
    content = written(tmp_path, edition_md="Words.")
    place = content / "show" / ("" if name.endswith("toml") else "1-a") / name
    place.unlink(missing_ok=True)
    put(place)

    if name in {"errata.tsv", "source.vtt"}:  # read by `check` alone where there is an edition
        assert any(checked.problems for checked in check_corpus(content))
    else:
        with pytest.raises(TranscriptError, match=name):
            open_corpus(content)


def test_links_to_files_are_followed_as_containers_mount_them(tmp_path: Path) -> None:
    content = written(tmp_path, real_md="Words.")
    (content / "show" / "1-a" / "edition.md").symlink_to("real.md")

    assert open_corpus(content).episode(0).text == "Words."


@pytest.mark.parametrize("name", [b"\xff", b"a\nb", b"a\x1b[31m", "a\u202eb".encode()])
@pytest.mark.parametrize("kind", ["show", "episode"])
def test_a_folder_whose_name_cannot_be_shown_is_named_at_the_start(tmp_path: Path, name: bytes, kind: str) -> None:
    content = written(tmp_path, edition_md="Words.")
    here = content / "show" if kind == "show" else content / "show" / "1-a"
    here.rename(here.with_name(os.fsdecode(name)))

    with pytest.raises(TranscriptError, match="a folder can't have this name") as refused:
        open_corpus(content, tmp_path / "data")
    assert str(refused.value).isprintable()


def test_a_file_that_grows_while_it_is_read_is_read_no_further_than_a_file_may_go(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * LONGEST_FILE)
    assert len(read_bytes(path)) == LONGEST_FILE
    path.write_bytes(b"x" * (LONGEST_FILE + 1))

    with pytest.raises(TranscriptError, match="Split it"):
        read_bytes(path)


@pytest.mark.parametrize("field", ["title", "number", "published", "language", "duration", "speakers", "cuts"])
@pytest.mark.parametrize("value", [*TAGS, "[[[[]]]]", "{a: {b: {c: d}}}", "&a [*a, *a]", "{<<: {a: b}}", "x" * 10_000])
def test_any_value_of_a_front_matter_is_read_or_refused_as_foreseen(field: str, value: str) -> None:
    try:
        read_edition(f"---\n{field}: {value}\n---\n\nWords.", "edition.md")
    except TranscriptError as error:
        refused = str(error)
        assert refused.startswith("edition.md:")
        assert len(refused) < 1_000
        assert "foresaw" not in refused


def test_a_few_lines_that_refer_to_each_other_are_refused_before_they_are_billions() -> None:
    lines = ["  - &a0 [x, x]", *(f"  - &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    merged = ["  a0: &a0 {x: 1}", *(f"  a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60))]

    for rows in (lines, merged):
        with pytest.raises(TranscriptError, match="refers to parts of itself"):
            read_edition("---\nspeakers:\n" + "\n".join(rows) + "\n---\n\nWords.", "edition.md")


def test_a_moment_for_a_day_is_read_at_the_second_start_as_at_the_first(tmp_path: Path) -> None:
    content = written(tmp_path / "content", edition_md="---\npublished: 2023-06-08 10:00:00\n---\n\nWords.")
    os.utime(content / "show" / "1-a" / "edition.md", (0, 0))

    for _ in range(2):
        published = open_corpus(content, tmp_path / "data").episode(0).meta.published
        assert str(published) == "2023-06-08"


@pytest.mark.parametrize(
    "toml",
    ["a = " + "[" * 5_000, "a = " + "1" * 9_000, "a" + ".a" * 5_000 + " = 1", 'title = "a"\nrights = "b"\nurl = 5'],
)
@pytest.mark.parametrize("name", ["show_toml", "withdrawn_toml", "aliases_toml"])
def test_any_table_is_read_or_refused(tmp_path: Path, name: str, toml: str) -> None:
    content = written(tmp_path, edition_md="Words.", **{name: toml})
    problems: list[str] = []
    try:
        for checked in check_corpus(content):
            problems += checked.problems
    except TranscriptError as error:
        problems.append(str(error))

    assert problems
    assert not any("foresaw" in problem or "\n" in problem for problem in problems)


def test_a_million_chapters_are_refused_and_the_most_are_worked_through(tmp_path: Path) -> None:
    began = time.thread_time()
    with pytest.raises(TranscriptError, match="more than 5,000 chapters"):
        read_edition("## 0:10 a\n\nb\n\n" * 1_000_000, "edition.md")
    million = time.thread_time() - began

    most = "".join(f"## 0:{n // 100:02} Title {n}\n\nSome words {n}.\n\n" for n in range(MOST_CHAPTERS))
    content = written(tmp_path, edition_md=most)
    began = time.thread_time()
    assert len(open_corpus(content).episode(0).chapters) == MOST_CHAPTERS
    assert [checked.problems for checked in check_corpus(content)] == [()]
    assert million < 15
    assert time.thread_time() - began < 15


async def answers(corpus: Corpus) -> list[Reply]:
    """Return what a core answers to a line of every kind over a corpus, and each of what it suggests."""
    notices: list[str] = []
    search = open_searcher(corpus, None, notices.append)
    core = Core(corpus, search, COMMANDS)
    passage = corpus.episode(0).passage(0, 0)
    lines = ["/help", "/about", "/episodes", "/quote computes", "/verify it computes", "/ask who computes"]
    lines += [
        "/topic computes",
        f"/show {passage.id}",
        f"/proof {passage.id}",
        "/highlight",
        "/highlight-score computes",
    ]
    lines += [f"/topic {title}" for title in dict.fromkeys(c.title for c in corpus.episode(0).chapters[:2])]
    found = []
    try:
        for line in lines:
            request = Request(Channel("test", "room"), Author("member", admin=True), text=line)
            found.append(await core.answer(request))
        for line in ("/quote speaker:", "/quote chapter:", "/quote show:", "/quote episode:", "/topic "):
            suggested = core.complete(Request(Channel("test", "room"), Author("member"), text=line))
            assert len(suggested) <= 25, line
    finally:
        search.close()
    return found


def shown(replies: list[Reply]) -> str:
    """Return all that both platforms are sent of replies, within the limits of both."""
    sent: list[Any] = []
    for reply in replies:
        components, blocks = render(reply), message(reply)
        assert message_problems({"components": components, "flags": 1 << 15}) == []
        assert block_problems(blocks["blocks"]) == []
        sent += [components, blocks]
    return json.dumps(sent, ensure_ascii=False)


@pytest.mark.parametrize(
    "words", ["name " * 60, TURNED, "a" + "\u0301\u0323" * 30, "👩‍👩‍👧 " * 20, "../../etc/passwd", "|" * 70]
)
async def test_any_name_that_can_be_has_its_place_on_every_platform(tmp_path: Path, words: str) -> None:
    title, name = words[:LONGEST_TITLE], words[:LONGEST_PERSON].replace("*", "").strip()
    front = json.dumps(
        {"title": title, "number": 1, "duration": "1:00:00", "speakers": {name: name}}, ensure_ascii=False
    )
    said = f"**{name}:** It computes, and it does not think. {words}\n"
    edition = f"---\n{front}\n---\n\n## 0:00 {' '.join(title.split())}\n\n{said}"
    written_out = {"title": title, "rights": words, "url": "https://" + "a" * 480}
    show = "".join(f"{key} = {json.dumps(text, ensure_ascii=False)}\n" for key, text in written_out.items())
    content = written(tmp_path, edition_md=edition.replace("\x1b", ""), show_toml=show)

    corpus = open_corpus(content)
    sent = shown(await answers(corpus))

    assert not set("\u202e\u202c\u2066\x1b") & set(sent)


async def test_names_of_ten_thousand_characters_are_cut_when_imported_and_refused_when_served(tmp_path: Path) -> None:
    long = "Ada " * 2_500
    segments = [{"body": "It computes. It does not think.", "startTime": 1, "speaker": long}]
    (tmp_path / "a.json").write_text(json.dumps({"segments": segments}), "utf-8")
    chapters = json.dumps({"chapters": [{"startTime": 0, "title": long}]}).encode()
    item = f'<item><title>{long}</title><podcast:person>{long}</podcast:person><podcast:transcript url="https://a/t.json"/>'
    item += '<podcast:chapters url="https://a/c.json"/></item>'
    (tmp_path / "b.xml").write_text(f"{RSS}{item}</channel></rss>", "utf-8")
    pages = {"https://a/t.json": (tmp_path / "a.json").read_bytes(), "https://a/c.json": chapters}

    for file in ("a.json", "b.xml"):
        (result,) = importer(tmp_path / "content", pages).run(str(tmp_path / file), None)
        assert isinstance(result, Imported), result
        assert max(map(len, result.lines)) < 1_000
    corpus = open_corpus(tmp_path / "content")
    for number in range(2):
        episode = corpus.episode(number)
        assert episode.text == "It computes. It does not think."
        assert 0 < len(episode.passage(0, 0).speaker) <= LONGEST_PERSON
        assert len(episode.title) <= LONGEST_TITLE
    assert shown(await answers(corpus))

    for text in (f"---\ntitle: {long}\n---\n\nHi.", f"## {long}\n\nHi.", f"### Ad: {long}\n\nHi."):
        with pytest.raises(TranscriptError):
            read_edition(text, "edition.md")
    with pytest.raises(TranscriptError, match="`title` has"):
        open_corpus(written(tmp_path / "other", edition_md="Hi.", show_toml=f'title = "{long}"\nrights = "R"\n'))


@pytest.mark.parametrize(
    "segment",
    [
        {"body": "One.", "startTime": 1e308, "endTime": 1e308},
        {"body": "One.", "startTime": 359_999.99},
        {"body": "One.", "startTime": 400_000, "endTime": 500_000},
        {"body": "One.", "startTime": float("nan"), "endTime": float("inf")},
        {"body": "One.", "startTime": 5, "speaker": "A\nB: **c:** \x00\ud800*"},
        {"body": "One.", "speaker": "*"},
        {"body": "One.\n\n## 1:00 Two\n\n**A:** b [0:10] \\[0:10] # d\n---\n", "startTime": 1},
        {"body": "\u2028# One.\x85[99:99] \x0c", "startTime": 1},
    ],
)
def test_what_is_imported_can_be_opened_and_says_the_same_words(tmp_path: Path, segment: dict[str, Any]) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"segments": [segment]}), "utf-8")

    (result,) = importer(tmp_path / "content").run(str(tmp_path / "a.json"), None)
    episode = open_corpus(tmp_path / "content").episode(0)

    assert isinstance(result, Imported)
    assert episode.text.split() == segment["body"].split()
    assert [checked.problems for checked in check_corpus(tmp_path / "content")] == [()]


def test_headings_whose_times_go_back_or_begin_with_a_time_are_imported_as_they_can_be_opened(tmp_path: Path) -> None:
    text = (
        "# T\n\n## 10:30 News\n\n[9:00] Ada: One.\n\n## Second\n\n[5:00] Bo: Two.\n\n[6:00] Ada: Three.\n\nBo: Four.\n"
    )
    (tmp_path / "a.md").write_text(text, "utf-8")

    list(importer(tmp_path / "content").run(str(tmp_path / "a.md"), None))

    assert [chapter.title for chapter in open_corpus(tmp_path / "content").episode(0).chapters] == [
        "10:30 News",
        "Second",
    ]


def test_words_without_end_are_served_and_drawn_in_bounds(tmp_path: Path) -> None:
    content = written(
        tmp_path, edition_md="It computes. " + "a" * 200_000 + " " + "e\u0301\u0323" * 20_000 + ". It computes."
    )

    began = time.thread_time()
    corpus = open_corpus(content)
    episode = corpus.episode(0)
    for number in range(len(episode.sentences)):
        assert corpus.passage(episode.passage(number, number).id)

    assert time.thread_time() - began < 5


async def test_a_sentence_without_end_is_answered_within_the_limits(tmp_path: Path) -> None:
    content = written(tmp_path, edition_md="It computes " + "and computes " * 20_000 + "e\u0301\u0323" * 10_000 + ".")

    assert shown(await answers(open_corpus(content)))


def test_an_error_is_one_line_whatever_a_file_is_called_and_says() -> None:
    error = TranscriptError("a\nb\x1b]0;x\x07" + "c" * 10_000, "“\u202e\n\n" + "d" * 10_000 + "” is no time.")

    assert str(error).isprintable()
    assert len(str(error)) < 1_500
    assert str(error).endswith("” is no time.")
