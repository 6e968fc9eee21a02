"""What a rights holder withdraws is gone from everything at the next start, and comes back when the entry goes."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.corpus import Corpus, curated_highlights, key_passages, open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.withdrawn import WITHDRAWN
from bot.errors import TranscriptError
from bot.highlights import Highlights
from bot.search import open_searcher
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import RunBot

SHIPPED = "383-mark-zuckerberg"
TAKEN = "I rolled up with a hat and sunglasses and I was wearing a COVID mask"
"""Words in the middle of a sentence of the shipped episode; a key passage begins with it."""

PICKS = 200


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the shipped content of which one sentence is withdrawn."""
    content: Path = tmp_path_factory.mktemp("shipped") / "content"
    shutil.copytree(ROOT / "content", content)
    _withdraw(content / "lex-fridman", SHIPPED, f'words = "{TAKEN}"\nwhy = "a guest asked"\nsince = 2026-01-02')
    return content


@pytest.fixture(scope="module")
def less(shipped: Path) -> Corpus:
    return open_corpus(shipped)


@pytest.fixture(scope="module")
def less_core(less: Corpus) -> Iterator[Core]:
    with_search = open_searcher(less, None, pytest.fail)
    yield Core(less, with_search, COMMANDS)
    with_search.close()


def _withdraw(show: Path, episode: str, more: str = "") -> None:
    """Add an entry to a show's file."""
    path = show / WITHDRAWN
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f'{before}[[withdrawn]]\nepisode = "{episode}"\n{more}\n', "utf-8")


def _content(folder: Path, episodes: dict[str, str], show: str = "show") -> Path:
    """Make a show of episodes as they came, or with an edition for a text that begins with front matter."""
    for name, text in episodes.items():
        path = folder / show / name / ("edition.md" if text.startswith("---") else "source.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / show / "show.toml").write_text('title = "T"\nrights = "R"\n', "utf-8")
    return folder


async def _say(core: Core, line: str, minute: int = 0) -> Reply:
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
    return await core.answer(Request(Channel("test", "room"), Author("admin", admin=True), text=line, now=now))


def _all(reply: Reply) -> str:
    return f"{reply.text} {reply.cards} {reply.buttons}"


def _taken(corpus: Corpus, less: Corpus) -> list[str]:
    """Return the sentences of the first corpus that the second lacks."""
    kept = {sentence.begin for sentence in less.episode(0).sentences}
    episode = corpus.episode(0)
    return [episode.text[s.begin : s.end] for s in episode.sentences if s.begin not in kept]


def _telltale(corpus: Corpus, less: Corpus) -> Callable[[str, str], list[str]]:
    """Return what lists the runs of three withdrawn words that a text has, although they are said nowhere else."""
    left = _plain(less.episode(0).text)
    runs: set[str] = set()
    for sentence in _taken(corpus, less):
        words = _plain(sentence).split()
        runs.update(" ".join(words[at : at + 3]) for at in range(len(words) - 2))
    rare = {run for run in runs if run not in left}
    assert len(rare) > 20

    def shown(text: str, asked: str) -> list[str]:
        return [run for run in rare if run in _plain(text) and run not in _plain(asked)]

    return shown


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


LINES = (
    "/quote I basically rolled up with sunglasses and a hat",
    "/quote registered first and middle name Mark Elliot covid mask",
    f"/verify {TAKEN}",
    "/verify he wore a hat and a mask to the tournament",
    "/ask what disguise did he wear at the tournament",
    "/ask did he use a false name when he registered",
    "/topic jiu-jitsu",
    "/topic jiu-jitsu page:2",
    "/topic jiu-jitsu page:3",
    "/topic Jiu-jitsu competition",
    "/topic sunglasses",
    "/topic covid mask",
    "/episodes",
    "/episodes 383",
    "/episodes 383 chapter:jiu-jitsu",
    "I rolled up with a hat",
    "“I rolled up with a hat and sunglasses”",
    "did he say he wore sunglasses",
)


async def test_no_command_shows_a_word_of_a_withdrawn_span(corpus: Corpus, less: Corpus, less_core: Core) -> None:
    shown = _telltale(corpus, less)
    for line in LINES:
        reply = await _say(less_core, line)
        assert reply.outcome is not Outcome.ERROR, line
        assert shown(_all(reply), line) == [], line
    ((begin, end),) = less.episode(0).withdrawn
    for start, stop in ((begin, end), (begin - 60, end + 60), (begin + 5, begin + 40)):
        reply = await _say(less_core, f"/highlight-score {SHIPPED} start:{start} end:{stop}")
        assert reply.outcome is Outcome.FOUND
        assert shown(_all(reply), "") == []
    gap = less.episode(0).sentences.gaps[0]
    for number in (gap - 1, gap):
        name = less.episode(0).passage(number, number).id
        for line in (f"/show {name} context:10", f"/proof {name}"):
            reply = await _say(less_core, line)
            assert reply.outcome is Outcome.FOUND
            assert reply.cards[0].quote is not None
            assert shown(_all(reply), "") == []


async def test_a_withdrawn_quote_is_not_found_when_it_is_checked(less_core: Core) -> None:
    reply = await _say(less_core, f"/verify {TAKEN}")

    assert {card.quote.verdict for card in reply.cards if card.quote} <= {None, "not-found"}
    assert reply.outcome in {Outcome.NONE, Outcome.NEAREST}


async def test_no_highlight_has_a_word_of_a_withdrawn_span(
    shipped: Path, corpus: Corpus, tmp_path: Path, less_core: Core, less: Corpus
) -> None:
    picked = curated_highlights(corpus.folder, corpus.episode(0))[0].passage
    content = shutil.copytree(shipped, tmp_path / "content")
    _withdraw(content / "lex-fridman", SHIPPED, f'words = "{" ".join(picked.text.split()[:9])}"')
    fewer = open_corpus(content)
    chosen = Highlights(fewer)
    used: list[str] = []
    for day in range(PICKS):
        found = chosen.next(day=dt.date(2026, 1, 1) + dt.timedelta(days=day), seed="room", used=used)
        if found is None:
            break
        used.append(found.passage.id)
        assert picked.text not in found.passage.text
        assert TAKEN not in found.passage.text
    assert len(used) > PICKS // 2
    assert picked.id not in used
    shown = _telltale(corpus, less)
    for minute in range(20):
        assert shown(_all(await _say(less_core, "/highlight random:yes", minute)), "") == []


def test_key_passages_and_curated_highlights_that_touch_a_withdrawn_span_are_left_out(
    corpus: Corpus, less: Corpus
) -> None:
    before = key_passages(corpus.folder, corpus.episode(0))
    after = key_passages(less.folder, less.episode(0))

    lost = {key.point for key in before} - {key.point for key in after}
    assert lost
    assert all(
        any(sentence in key.passage.text for sentence in _taken(corpus, less)) for key in before if key.point in lost
    )
    assert len(before) - len(after) == len(lost)


def test_everything_that_is_left_keeps_its_id_its_place_and_its_time(corpus: Corpus, less: Corpus) -> None:
    whole, part = corpus.episode(0), less.episode(0)
    numbers = {sentence.begin: number for number, sentence in enumerate(whole.sentences)}
    for number, sentence in enumerate(part.sentences):
        before, after = whole.passage(numbers[sentence.begin], numbers[sentence.begin]), part.passage(number, number)
        assert (before.id, before.text, before.source()) == (after.id, after.text, after.source())
        assert (before.citation(), before.section) == (after.citation(), after.section)
        assert less.passage(after.id) == after
    assert len(whole.text) == len(part.text)


async def test_an_old_id_of_a_withdrawn_passage_is_declined_and_an_unknown_one_is_not_known(
    corpus: Corpus, less: Corpus, less_core: Core
) -> None:
    gap = less.episode(0).sentences.gaps[0]
    gone = corpus.episode(0).passage(gap, gap).id
    across = corpus.episode(0).passage(gap - 1, gap + 1).id
    kept = less.episode(0).passage(0, 0).id
    for name in (gone, across, gone.upper()):
        assert less.passage(name) is None
        assert less.is_withdrawn(name)
        for line in (f"/show {name}", f"/show {name} context:2", f"/show {kept} {name} at:2", f"/proof {name}"):
            reply = await _say(less_core, line)
            assert (reply.outcome, reply.cards) == (Outcome.DECLINED, ())
            assert "withdrawn" in reply.text
            assert reply.buttons
    for name in ("zzzzz-1abc", kept.replace("-", "-!"), f"{gone}wwwwwwwwwwwww", "", "-", kept):
        assert not less.is_withdrawn(name)
    assert (await _say(less_core, "/show zzzzz-1abc")).outcome is Outcome.ERROR
    rest = await _say(less_core, f"/show {gone} {kept}")
    assert [card.quote.id for card in rest.cards if card.quote] == [kept]
    assert "withdrawn" in rest.text


def test_no_passage_goes_across_what_is_withdrawn(less: Corpus) -> None:
    episode = less.episode(0)
    (gap,) = episode.sentences.gaps
    for size in range(1, 12):
        for first in range(gap - size - 1, gap + 2):
            passage = episode.passage(first, first + size)
            assert passage.last < gap or passage.first >= gap
            assert "\n\n" not in passage.text
    assert episode.passage(gap - 1, gap + 1).first == gap
    assert episode.passage(gap - 2, gap).last == gap - 1
    assert (episode.passage(gap, gap).widen(10).first, episode.passage(gap, gap).widen(10).last) == (gap, gap + 10)
    assert episode.passage(gap - 1, gap - 1).widen(10).last == gap - 1


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_withdrawn_the_rest_stays_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sentences = [f"Number {n} says word{n} twice." for n in range(data.draw(st.integers(2, 9)))]
    breaks = [data.draw(st.sampled_from([" ", "\n\n"])) for _ in sentences]
    gone = data.draw(st.sets(st.integers(0, len(sentences) - 1), min_size=1, max_size=len(sentences) - 1))
    content = _content(
        tmp_path_factory.mktemp("any"), {"1-a": "".join(map("".join, zip(sentences, breaks, strict=True)))}
    )
    whole = open_corpus(content).episode(0)
    for number in gone:
        _withdraw(content / "show", "1-a", f'words = "SAYS word{number}"')
    corpus = open_corpus(content, content / "data")
    for part in (corpus.episode(0), open_corpus(content, content / "data").episode(0)):
        assert [part.text[s.begin : s.end] for s in part.sentences] == [
            said for number, said in enumerate(sentences) if number not in gone
        ]
        assert {p.id for n in range(len(part.sentences)) for p in [part.passage(n, n)]} <= {
            whole.passage(n, n).id for n in range(len(whole.sentences))
        }
        for first in range(len(whole.sentences)):
            for last in range(first, len(whole.sentences)):
                passage = whole.passage(first, last)
                touched = not gone.isdisjoint(range(first, last + 1))
                assert corpus.is_withdrawn(passage.id) == touched
                again = corpus.passage(passage.id)
                assert (again is None) if touched else (again is not None and again.text == passage.text)
        for paragraph, after in pairwise(part.paragraphs):
            assert paragraph.end < after.begin
        joined = {part.paragraphs[s.paragraph] for s in part.sentences}
        assert joined == set(part.paragraphs)


def test_a_start_with_everything_kept_from_before_notices_a_withdrawal_and_its_end(tmp_path: Path) -> None:
    content = _content(tmp_path / "content", {"1-a": "Keep this. Drop that secret. Keep more.", "2-b": "Other words."})
    data = tmp_path / "data"

    def found(words: str) -> list[str]:
        corpus = open_corpus(content, data / "episodes")
        search = open_searcher(corpus, data / "index", pytest.fail)
        try:
            return [hit.passage.text for hit in search.find_now(words, 3) if "secret" in hit.passage.text]
        finally:
            search.close()

    assert found("drop that secret") == ["Drop that secret."]
    before = open_corpus(content, data / "episodes")
    _withdraw(content / "show", "1-a", 'words = "that secret"')
    assert found("drop that secret") == []
    assert found("drop that secret") == []
    after = open_corpus(content, data / "episodes")
    assert after.digest != before.digest
    assert after.entries[0].digest != before.entries[0].digest
    assert after.entries[1].digest == before.entries[1].digest
    assert not [path for path in (data / "episodes").rglob("*") if path.is_file() and b"secret" in path.read_bytes()]
    (content / "show" / WITHDRAWN).unlink()
    assert found("drop that secret") == ["Drop that secret."]
    assert open_corpus(content, data / "episodes").digest == before.digest


async def test_a_withdrawn_episode_is_not_there_and_its_ids_are_declined(tmp_path: Path) -> None:
    content = _content(tmp_path, {"1-a": "Gone words here.", "2-b": "Words that stay."})
    name = open_corpus(content).episode(0).passage(0, 0).id
    _withdraw(content / "show", "1-a", 'why = "asked"')
    notices: list[str] = []
    corpus = open_corpus(content, tmp_path / "data", notices.append)
    search = open_searcher(corpus, None, notices.append)
    core = Core(corpus, search, COMMANDS)
    assert [entry.id for entry in corpus.entries] == ["2-b"]
    assert (await _say(core, f"/show {name}")).outcome is Outcome.DECLINED
    assert (await _say(core, f"/proof {name}")).outcome is Outcome.DECLINED
    for line in ("/episodes", "/quote gone words here", "/ask what is gone here", "/episodes 1"):
        assert "Gone" not in _all(await _say(core, line))
    search.close()
    assert notices == []


async def test_a_withdrawn_show_is_not_there_and_its_ids_are_declined(tmp_path: Path) -> None:
    content = _content(tmp_path, {"1-a": "Gone words here."})
    _content(tmp_path, {"1-a": "Words that stay."}, "stays")
    name = open_corpus(content).episode(0).passage(0, 0).id
    path = content / "show" / "show.toml"
    path.write_text('title = "T"\nrights = "R"\nwithdrawn = true\nwhy = "asked"\n', "utf-8")
    corpus = open_corpus(content)
    assert [show.id for show in corpus.shows] == ["stays"]
    assert corpus.passage(name) is None
    assert corpus.is_withdrawn(name)
    assert next(iter(check_corpus(content))).facts == ("withdrawn: the whole episode (asked)",)
    path.write_text('title = "T"\nrights = "R"\nwithdrawn = false\n', "utf-8")
    assert open_corpus(content).passage(name) is not None


TIMED = (
    "---\ntitle: Timed\nduration: 0:40\n---\n\n## 0:00 One\n\n**Ada:** [0:00] First. [0:10] Second. Untimed third.\n\n"
    "## 0:20 Two\n\n**Ada:** [0:20] Fourth here.\n\n## 0:30 Three\n\n**Ada:** [0:30] Fifth.\n"
)


@pytest.mark.parametrize(
    ("begin", "end", "left"),
    [
        ("0:10", "0:20", ["First.", "Fourth here.", "Fifth."]),
        ("0:12", "0:13", ["First.", "Untimed third.", "Fourth here.", "Fifth."]),
        ("0:20", "0:30", ["First.", "Second.", "Untimed third.", "Fifth."]),
        ("0:39", "5:00", ["First.", "Second.", "Untimed third.", "Fourth here."]),
    ],
)
def test_times_withdraw_every_sentence_that_is_partly_said_between_them(
    tmp_path: Path, begin: str, end: str, left: list[str]
) -> None:
    content = _content(tmp_path, {"1-a": TIMED})
    _withdraw(content / "show", "1-a", f'from = "{begin}"\nto = "{end}"')
    episode = open_corpus(content).episode(0)
    assert [episode.text[s.begin : s.end] for s in episode.sentences] == left
    assert len(episode.chapters) == (2 if "Fourth here." not in left or "Fifth." not in left else 3)
    for sentence in episode.sentences:
        chapter = episode.paragraphs[sentence.paragraph].chapter
        assert chapter is not None
        title = {"Fourth here.": "Two", "Fifth.": "Three"}.get(episode.text[sentence.begin : sentence.end], "One")
        assert episode.chapters[chapter].title == title


def test_one_of_several_places_can_be_named(tmp_path: Path) -> None:
    content = _content(tmp_path, {"1-a": "Say it. And again. Say it. The end."})
    _withdraw(content / "show", "1-a", 'words = "say it"\noccurrence = 2')
    assert open_corpus(content).episode(0).text.split() == ["Say", "it.", "And", "again.", "The", "end."]


UNCLEAR = {
    'words = "nowhere at all"': "doesn't say “nowhere at all”",
    'words = "say it"': "in 2 places",
    'words = "say it"\noccurrence = 3': "no occurrence 3",
    "occurrence = 1": "needs the `words`",
    'from = "0:30"\nto = "0:10"': "must come before",
    'from = "0:10"': "both `from` and `to`",
    'from = "0:10"\nto = "0:20"': "has no times",
    'from = "0:10"\nto = "0:20"\nwords = "end"': "both times and words",
    'words = "say it and again say it the end"': "leaves nothing",
}


@pytest.mark.parametrize(("more", "told"), UNCLEAR.items())
def test_a_span_that_is_not_clear_withholds_its_episode_and_says_so_at_every_start(
    tmp_path: Path, more: str, told: str
) -> None:
    content = _content(tmp_path / "content", {"1-a": "Say it. And again. Say it. The end.", "2-b": "Other words."})
    name = open_corpus(content).episode(0).passage(0, 0).id
    _withdraw(content / "show", "2-b")
    _withdraw(content / "show", "1-a", more)
    (content / "show" / "3-c").mkdir()
    (content / "show" / "3-c" / "source.txt").write_text("More words.", "utf-8")
    for _ in range(2):
        notices: list[str] = []
        corpus = open_corpus(content, tmp_path / "data", notices.append)
        assert [entry.id for entry in corpus.entries] == ["3-c"]
        assert corpus.is_withdrawn(name)
        (notice,) = notices
        assert told in notice
        assert notice.startswith(f"{content / 'show' / WITHDRAWN}:4: ")
        assert notice.endswith("Until then show/1-a is hidden.")
    problems = [problem for check in check_corpus(content) for problem in check.problems]
    assert len(problems) == 1
    assert told in problems[0]
    assert not any(check.diff for check in check_corpus(content))


def test_nothing_is_said_beyond_the_end_of_an_episode(tmp_path: Path) -> None:
    content = _content(tmp_path, {"1-a": TIMED})
    _withdraw(content / "show", "1-a", 'from = "1:00"\nto = "2:00"')
    (problem,) = (problem for check in check_corpus(content) for problem in check.problems)
    assert "nobody speaks from 1:00 to 2:00; the episode ends at 0:40" in problem


def test_an_entry_for_an_episode_that_is_not_there_withholds_the_show(tmp_path: Path) -> None:
    content = _content(tmp_path, {"12-first-guest": "Words."})
    _content(tmp_path, {"1-a": "Words that stay."}, "stays")
    _withdraw(content / "show", "12-frist-guest")
    notices: list[str] = []
    corpus = open_corpus(content, None, notices.append)
    assert [show.id for show in corpus.shows] == ["stays"]
    (notice,) = notices
    assert "there's no episode “12-frist-guest” in this show. Did you mean “12-first-guest”?" in notice
    first = next(iter(check_corpus(content)))
    assert "12-frist-guest" in first.problems[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[withdrawn]]\nepisode = 1-a\n", ":2: can't be read"),
        ('[[withdrawn]]\nepisode = "1-a"\nform = "0:10"\n', ":1: I don't know `form` here"),
        ('[[withdrawn]]\nepisode = "1-a"\nfrom = 01:02:03\nto = "2:00"\n', "needs straight quotes"),
        ('[[withdrawn]]\nepisode = "1-a"\nfrom = "0:99"\nto = "2:00"\n', "isn't a time"),
        ('[[withdrawn]]\nepisode = "1-a"\noccurrence = "2"\n', "isn't a number from 1"),
        ('[[withdrawn]]\nepisode = "1-a"\nwords = "…"\n', "`words` is empty"),
        ('[[withdrawn]]\nwhy = "asked"\n', "this entry needs an `episode`"),
        ('[[withdraw]]\nepisode = "1-a"\n', "I don't understand `withdraw` here"),
        ('[withdrawn]\nepisode = "1-a"\n', "I don't understand `withdrawn` here"),
        ('episode = "1-a"\n', "I don't understand `episode` here"),
        ("withdrawn = true\n", "I don't understand `withdrawn` here"),
    ],
)
def test_a_file_that_is_not_understood_stops_the_start(tmp_path: Path, text: str, told: str) -> None:
    content = _content(tmp_path, {"1-a": "Words.", "2-b": "More words."})
    (content / "show" / WITHDRAWN).write_text(text, "utf-8")
    with pytest.raises(TranscriptError, match=re.escape(told)):
        open_corpus(content)
    (found,) = check_corpus(content)
    assert told in found.problems[0]


@pytest.mark.parametrize(
    "path", ["show/Withdrawn.toml", "show/withdrawn.toml.txt", "show/1-a/withdrawn.toml", "withdrawn.toml"]
)
def test_a_file_with_nearly_the_right_name_or_place_stops_the_start(tmp_path: Path, path: str) -> None:
    content = _content(tmp_path, {"1-a": "Words."})
    (content / path).write_text('[[withdrawn]]\nepisode = "1-a"\n', "utf-8")
    with pytest.raises(TranscriptError, match=r"Call the file withdrawn\.toml"):
        open_corpus(content)


@pytest.mark.parametrize("row", ["withdrawed = true", 'withdrawn = "yes"', "[links]\nwithdrawn = true", 'why = ["x"]'])
def test_a_show_of_which_it_is_not_clear_whether_it_is_withdrawn_stops_the_start(tmp_path: Path, row: str) -> None:
    content = _content(tmp_path, {"1-a": "Words."})
    (content / "show" / "show.toml").write_text(f'title = "T"\nrights = "R"\n{row}\n', "utf-8")
    with pytest.raises(TranscriptError):
        open_corpus(content)


def test_a_library_of_which_everything_is_withdrawn_has_nothing_to_show(tmp_path: Path) -> None:
    content = _content(tmp_path, {"1-a": "Words."})
    _withdraw(content / "show", "1-a")
    with pytest.raises(TranscriptError, match="everything here is withdrawn"):
        open_corpus(content, tmp_path / "data")


def test_check_lists_what_is_withdrawn_and_prints_none_of_its_words(
    shipped: Path, tmp_path: Path, command_line: RunBot
) -> None:
    content = shutil.copytree(shipped, tmp_path / "content")
    words = "GPT4All, Alpaca, Colossal-AI"
    _withdraw(content / "lex-fridman", SHIPPED, f'words = "{words}"')
    before = command_line("check", "--diff", VERBATIM_CONTENT_DIR=str(ROOT / "content"))
    after = command_line("check", "--diff", VERBATIM_CONTENT_DIR=str(content))
    assert (before.returncode, after.returncode) == (0, 0)
    assert "GPT4All" in before.stdout
    assert "GPT4All" not in after.stdout
    assert "withdrawn: 1 sentence, edition.md lines" in after.stdout
    assert "(a guest asked, since 2026-01-02)" in after.stdout
    assert "1 of them withdrawn" in after.stdout
    assert before.stdout.count("GPT4All") == 1


async def test_words_on_either_side_of_what_is_withdrawn_are_not_one_quote(tmp_path: Path) -> None:
    text = (
        "We always wanted to build an engine of steam. The secret is that nobody paid. Nobody else in the town "
        "believed in brass wheels. And then the winter came over the valley. Later we sold everything to strangers."
    )
    content = _content(tmp_path, {"1-a": text})
    _withdraw(content / "show", "1-a", 'words = "the secret"')
    corpus = open_corpus(content)
    search = open_searcher(corpus, None, pytest.fail)
    core = Core(corpus, search, COMMANDS)
    joined = "We always wanted to build an engine of steam. Nobody else in the town believed in brass wheels."
    reply = await _say(core, f"/verify {joined}")
    assert {card.quote.verdict for card in reply.cards if card.quote}.isdisjoint({"exact", "close"})
    reply = await _say(core, "/ask what did they want to build")
    assert reply.cards[0].quote is not None
    assert reply.cards[0].quote.text == "We always wanted to build an engine of steam."
    search.close()
