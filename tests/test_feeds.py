"""A followed feed: its new episodes come by themselves, politely, once, and nothing that a person did is lost."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.errors import OperatorError
from bot.feeds import Follower, Fresh, feed_statuses, fresh_episodes
from bot.feeds.command_line import CommandLine
from bot.feeds.follower import LOCK
from bot.feeds.look import DAY, INTERVAL, JITTER, MOST_LATEST, PATIENCE, getting
from bot.feeds.page import feed_of_page
from bot.feeds.shows import write_feed
from bot.feeds.state import STATE, FeedState
from bot.file_lock import lock_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.corpus.fetch import Fetched
    from tests.conftest import RunBot

START = 1_795_000_000.0
"""When a show begins to follow, UTC seconds; all tests go on from there, and none looks at the clock."""

AUDIO = "https://cdn.example/{}.mp3"


def words(*sentences: str) -> str:
    """Return captions, a cue a sentence."""
    cues = (f"00:{n:02}:00.000 --> 00:{n:02}:05.000\n<v Ada Lovelace>{each}\n" for n, each in enumerate(sentences))
    return "WEBVTT\n\n" + "\n".join(cues)


@dataclass(frozen=True)
class Episode:
    """An item of the feed; `after` is when it came out, seconds from the start."""

    number: int
    transcript: str = ""
    after: float = -10 * DAY
    guid: str = ""
    audio: bool = True

    def xml(self, root: str) -> str:
        day = format_datetime(dt.datetime.fromtimestamp(START + self.after, dt.UTC))
        audio = f'<enclosure url="{AUDIO.format(self.number)}" type="audio/mpeg" length="1"/>' if self.audio else ""
        link = f'<podcast:transcript url="{root}/{self.transcript}" type="text/vtt"/>' if self.transcript else ""
        return (
            f"<item><title>Talk number {self.number}</title><guid>{self.guid or f'g{self.number}'}</guid>"
            f"<itunes:episode>{self.number}</itunes:episode><pubDate>{day}</pubDate>{audio}{link}</item>"
        )


@dataclass
class Answer:
    """What the publisher's server says to a request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Publisher(ThreadingHTTPServer):
    """A web server on this machine that keeps entity tags, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        """The path of each request; those for what may be unchanged have a ? at the end."""
        self.heard = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def root(self) -> str:
        return f"http://{self.host}"

    @property
    def feed(self) -> str:
        return f"{self.root}/feed.xml"

    def publish(self, *episodes: Episode, path: str = "/feed.xml", **transcripts: str) -> None:
        """Put a feed in its place, the newest episode first, and transcripts beside it."""
        items = "".join(episode.xml(self.root) for episode in episodes)
        self.answers[path] = Answer(
            f'<?xml version="1.0"?><rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
            f'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Engines</title>'
            f"<language>en</language>{items}</channel></rss>".encode()
        )
        self.put(**transcripts)

    def put(self, **transcripts: str) -> None:
        for name, text in transcripts.items():
            self.answers[f"/{name}"] = Answer(text.encode())

    def heard_since(self) -> list[str]:
        """Return what was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path, Answer(b"nothing here", 404))
        tag = f'"{hashlib.blake2s(answer.body).hexdigest()[:8]}"'
        before = self.headers.get("If-None-Match", "")
        self.server.asked.append(self.path + ("?" if before else ""))
        unchanged = answer.status == 200 and before == tag
        self.send_response(304 if unchanged else answer.status)
        for name, value in ({"ETag": tag} | answer.headers).items():
            self.send_header(name, value)
        body = b"" if unchanged else answer.body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.heard.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


FIRST, SECOND, THIRD = (
    words("The engine computes.", f"It weaves pattern number {n}.", "It does not think.") for n in range(3)
)


def chance(seed: int) -> Random:
    """Return chance that is the same in every run."""
    return Random(seed)  # noqa: S311 - it spreads requests and keeps no secret


@dataclass
class Library:
    """A content folder whose show `engines` follows the publisher's feed, and a clock."""

    content: Path
    publisher: Publisher
    now: float = START
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts = frozenset({self.publisher.host})
        self.follower = Follower(self.content, self.hosts, chance(1), tell=self.told.append)

    @property
    def folder(self) -> Path:
        return self.content / "engines"

    @property
    def toml(self) -> str:
        return (self.folder / "show.toml").read_text("utf-8")

    def command(self) -> CommandLine:
        return CommandLine(self.content, self.hosts, self.now, self.told.append)

    def follow(self, feed: str = "", show: str = "engines") -> None:
        looked = self.command().begin(feed or self.publisher.feed, show)
        assert not looked.failed, looked
        self.told.clear()
        self.publisher.heard_since()

    def later(self, seconds: float = 1.2 * INTERVAL) -> bool:
        """Let time pass, tick, and say whether the content changed."""
        self.told.clear()
        self.now += seconds
        return self.follower.tick(self.now)

    def fresh(self) -> list[str]:
        return [each.episode for each in fresh_episodes(self.content)]

    def pause(self) -> float:
        """Return how long it is to the next look."""
        (status,) = feed_statuses(self.content)
        return status.following - self.now

    @property
    def said(self) -> str:
        return "\n".join(self.told)


@pytest.fixture
def library(tmp_path: Path, publisher: Publisher) -> Library:
    """Follow a feed that has one episode with a transcript and one without."""
    publisher.publish(Episode(2), Episode(1, "1.vtt"), **{"1.vtt": FIRST})
    made = Library(tmp_path / "content", publisher)
    made.follow()
    return made


def test_a_show_that_begins_to_follow_gets_the_back_catalogue_and_announces_none_of_it(library: Library) -> None:
    assert f'feed = "{library.publisher.feed}"' in library.toml
    assert 'title = "Engines"' in library.toml
    assert [episode.title for episode in open_corpus(library.content).episodes] == ["Talk number 1"]
    assert [checked.problems for checked in check_corpus(library.content)] == [()]
    assert fresh_episodes(library.content) == ()
    (status,) = feed_statuses(library.content)
    assert (status.episodes, status.waiting, status.error) == (1, (), "")


def test_a_new_episode_comes_once_and_is_new_from_the_moment_it_came(library: Library) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(2), Episode(1, "1.vtt"), **{"3.vtt": SECOND})

    changed = library.later()
    again = library.later()

    assert (changed, again) == (True, False)
    moment = library.now - 1.2 * INTERVAL
    assert fresh_episodes(library.content) == (Fresh("engines", "episode-3", moment),)
    assert len(open_corpus(library.content).entries) == 2


def test_an_unchanged_feed_costs_one_conditional_request_a_quarter_of_an_hour(library: Library) -> None:
    library.later(INTERVAL / 2)
    assert library.publisher.heard_since() == []

    library.later(INTERVAL)
    assert library.publisher.heard_since() == ["/feed.xml?"]
    assert INTERVAL <= library.pause() <= INTERVAL * (1 + JITTER)


def test_an_episode_without_a_transcript_is_waited_for_and_comes_with_its_link(library: Library) -> None:
    rest = (Episode(2), Episode(1, "1.vtt"))
    library.publisher.publish(Episode(3, after=60), *rest)
    library.later()
    (status,) = feed_statuses(library.content)
    assert status.waiting == ("Talk number 3",)
    assert "“Talk number 3” is out, so far as audio only" in library.said
    assert "docs/adding-a-show.md" in library.said

    library.publisher.publish(Episode(3, "3.vtt", 60), *rest, **{"3.vtt": SECOND})
    library.later()

    assert library.fresh() == ["episode-3"]
    assert feed_statuses(library.content)[0].waiting == ()


def test_a_transcript_that_is_late_at_its_address_comes_though_the_feed_says_nothing_new(library: Library) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(2), Episode(1, "1.vtt"))
    library.later()
    assert "“Talk number 3” isn't imported yet: 127.0.0.1: it answers 404" in library.said
    library.publisher.heard_since()

    library.later()
    assert library.publisher.heard_since() == ["/feed.xml?", "/3.vtt"]
    assert library.told == []
    library.publisher.put(**{"3.vtt": SECOND})
    assert library.later()

    assert library.fresh() == ["episode-3"]


def test_a_transcript_is_given_up_after_thirty_days_and_one_that_comes_later_is_no_news(library: Library) -> None:
    rest = (Episode(2), Episode(1, "1.vtt"))
    library.publisher.publish(Episode(3, after=60), *rest)
    library.later()
    for _ in range(31):
        library.later(DAY)
    assert (
        "“Talk number 3” still has no transcript after 30 days" in library.said
        or not feed_statuses(library.content)[0].waiting
    )

    library.publisher.publish(Episode(3, "3.vtt", 60), *rest, **{"3.vtt": SECOND})
    assert library.later()

    assert library.fresh() == []
    assert len(open_corpus(library.content).entries) == 2


def test_an_episode_is_new_for_thirty_days(library: Library) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), **{"3.vtt": SECOND})
    library.later()
    assert library.fresh() == ["episode-3"]

    library.later(PATIENCE + DAY)

    assert library.fresh() == []


def test_what_came_out_before_the_show_was_followed_is_imported_and_is_no_news(library: Library) -> None:
    library.publisher.publish(Episode(2), Episode(1, "1.vtt"), Episode(0, "0.vtt", -90 * DAY), **{"0.vtt": SECOND})

    assert library.later()
    assert library.fresh() == []


def test_a_transcript_that_comes_late_for_the_back_catalogue_is_imported_and_is_no_news(library: Library) -> None:
    library.publisher.publish(Episode(2, "2.vtt"), Episode(1, "1.vtt"), **{"2.vtt": SECOND})

    assert library.later()
    assert library.fresh() == []
    assert len(open_corpus(library.content).entries) == 2


def test_news_stand_in_the_order_in_which_they_came_out(library: Library) -> None:
    library.publisher.publish(
        Episode(4, "4.vtt", 120), Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), **{"3.vtt": SECOND, "4.vtt": THIRD}
    )
    library.later()

    assert library.fresh() == ["episode-3", "episode-4"]


# Where the feed is


@pytest.mark.parametrize(("status", "follows"), [(301, True), (308, True), (302, False), (307, False)])
def test_a_feed_that_moved_for_good_is_followed_at_its_new_address(
    library: Library, status: int, *, follows: bool
) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), path="/new.xml", **{"3.vtt": SECOND})
    library.publisher.answers["/feed.xml"] = Answer(status=status, headers={"Location": "/new.xml"})

    library.later()

    assert (f'feed = "{library.publisher.root}/new.xml"' in library.toml) == follows
    assert ("has moved to 127.0.0.1" in library.said) == follows
    assert library.fresh() == ["episode-3"]
    library.publisher.heard_since()
    library.later()
    assert library.publisher.heard_since()[0] == ("/new.xml?" if follows else "/feed.xml?")


def test_a_feed_that_moves_and_gives_every_item_a_new_id_brings_nothing_twice(library: Library) -> None:
    library.publisher.publish(Episode(2, guid="x2"), Episode(1, "1.vtt", guid="x1"))

    assert not library.later()
    assert library.fresh() == []
    assert len(FeedState.of(library.folder, library.publisher.feed).items) == 2


def test_a_feed_that_is_gone_is_asked_for_no_more_and_that_is_said(library: Library) -> None:
    library.publisher.answers["/feed.xml"] = Answer(status=410)
    library.later()
    assert "says this feed is gone for good" in library.said
    library.publisher.heard_since()

    library.later(10 * DAY)

    assert library.publisher.heard_since() == []
    assert "gone for good" in "\n".join(library.command().status())


def test_a_line_written_by_hand_is_followed_as_if_asked_for(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(Episode(1, "1.vtt"), **{"1.vtt": FIRST})
    library = Library(tmp_path / "content", publisher)
    library.folder.mkdir(parents=True)
    text = f'title = "Engines"\nrights = "Ours."\nfeed = "{publisher.feed}"\n'
    (library.folder / "show.toml").write_text(text, "utf-8")

    assert library.later()
    assert library.fresh() == []
    assert library.toml == text


# Politeness


def test_failures_put_the_next_look_off_twice_as_far_each_time_up_to_a_day(library: Library) -> None:
    library.publisher.answers["/feed.xml"] = Answer(status=500)
    pauses: list[float] = []
    for _ in range(9):
        library.later(library.pause() if pauses else 1.2 * INTERVAL)
        pauses.append(library.pause())

    for number, pause in enumerate(pauses, 1):
        wanted = min(INTERVAL * 2**number, DAY)
        assert wanted <= pause <= wanted * (1 + JITTER)
    assert "engines: 127.0.0.1: it answers 500" in library.said
    assert "last error: 127.0.0.1: it answers 500" in "\n".join(library.command().status())

    library.publisher.publish(Episode(1, "1.vtt"))
    library.later(2 * DAY)
    assert library.pause() <= INTERVAL * (1 + JITTER)
    assert feed_statuses(library.content)[0].error == ""


@pytest.mark.parametrize("retry", ["7200", "date"])
def test_a_server_that_asks_to_wait_is_not_asked_before(library: Library, retry: str) -> None:
    asked = START + 1.2 * INTERVAL + 7200
    told = format_datetime(dt.datetime.fromtimestamp(asked, dt.UTC), usegmt=True) if retry == "date" else retry
    library.publisher.answers["/feed.xml"] = Answer(status=429, headers={"Retry-After": told})
    library.later()
    assert 7200 <= library.pause() <= 7200 * (1 + JITTER)
    library.publisher.heard_since()

    library.later(7000)

    assert library.publisher.heard_since() == []


@pytest.mark.parametrize(("age", "least"), [(3600, 3600.0), (10, INTERVAL), (10**8, DAY)])
def test_a_feed_is_looked_at_no_sooner_than_its_server_says_and_once_a_day_at_least(
    library: Library, age: int, least: float
) -> None:
    library.publisher.answers["/feed.xml"].headers["Cache-Control"] = f"public, max-age={age}"

    library.later()

    assert least <= library.pause() <= least * (1 + JITTER)


def test_transcripts_are_asked_after_once_a_day_and_only_those_of_the_newest_episodes(library: Library) -> None:
    count = MOST_LATEST + 5
    texts = {f"{n}.vtt": words(f"This is talk number {n}.") for n in range(10, 10 + count)}
    episodes = [Episode(n, f"{n}.vtt") for n in reversed(range(10, 10 + count))]
    library.publisher.publish(*episodes, **texts)
    library.later()
    library.publisher.heard_since()

    library.later()
    assert library.publisher.heard_since() == ["/feed.xml?"]
    library.later(DAY)
    heard = library.publisher.heard_since()

    newest = {f"/{n}.vtt?" for n in range(10 + count - MOST_LATEST, 10 + count)}
    assert heard[0] == "/feed.xml"
    assert set(heard[1:]) == newest
    library.later()
    assert library.publisher.heard_since() == ["/feed.xml?"]


def test_processes_that_share_a_content_folder_look_once(library: Library) -> None:
    other = Follower(library.content, library.hosts, chance(2), tell=library.told.append)

    library.now += 1.2 * INTERVAL
    with lock_now(library.folder / LOCK) as held:
        assert held
        library.follower.tick(library.now)
        assert library.publisher.heard_since() == []
    library.follower.tick(library.now)
    other.tick(library.now)

    assert library.publisher.heard_since() == ["/feed.xml?"]


def test_many_processes_at_once_look_once(library: Library) -> None:
    library.now += 1.2 * INTERVAL
    begin = threading.Barrier(6)

    def tick() -> None:
        follower = Follower(library.content, library.hosts, tell=library.told.append)
        begin.wait(20)
        follower.tick(library.now)

    threads = [threading.Thread(target=tick) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert library.publisher.heard_since() == ["/feed.xml?"]


def test_an_episode_that_came_just_before_a_process_was_killed_is_new_all_the_same_and_comes_once(
    library: Library,
) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), **{"3.vtt": SECOND})
    before = (library.folder / STATE).read_bytes()
    library.later()
    (library.folder / STATE).write_bytes(before)  # it was killed before it could write down what came

    assert not library.later()

    assert library.fresh() == ["episode-3"]
    assert len(open_corpus(library.content).entries) == 2


def test_whatever_goes_wrong_in_the_thread_it_goes_on(library: Library) -> None:
    moments = iter([None, library.now + 1.2 * INTERVAL])

    def clock() -> float:
        moment = next(moments, library.now)
        if moment is None:
            raise RuntimeError
        return moment

    library.publisher.heard.clear()
    with library.follower.running(clock, period=0.001):
        assert library.publisher.heard.wait(20)


def test_one_feed_that_fails_as_nobody_foresaw_keeps_no_other_from_being_looked_at(library: Library) -> None:
    (library.content / "broken").mkdir()
    text = 'title = "Broken"\nrights = "Ours."\nfeed = "https://broken.example/feed"\n'
    (library.content / "broken" / "show.toml").write_text(text, "utf-8")

    def get(feed: str) -> Callable[..., Fetched]:
        if "broken" in feed:
            raise RuntimeError
        return getting(feed, library.hosts)

    library.follower = Follower(library.content, get=get, tell=library.told.append)
    library.later()
    assert library.publisher.heard_since() == ["/feed.xml?"]
    assert "broken: looking at this feed failed in a way that's new to us (RuntimeError)" in library.said
    library.later(20)
    assert library.told == []


# What a person did


def _ids(library: Library) -> dict[str, str]:
    """Return the id of each sentence of the first episode."""
    episode = open_corpus(library.content).episode(0)
    return {episode.passage(n, n).text: episode.passage(n, n).id for n in range(len(episode.sentences))}


def test_a_changed_transcript_is_imported_anew_and_what_stands_before_the_change_keeps_its_id(
    library: Library,
) -> None:
    before = _ids(library)
    library.publisher.put(**{"1.vtt": words("The engine computes.", "It weaves patterns.", "It does not think.")})

    assert library.later(DAY + INTERVAL)

    corpus = open_corpus(library.content)
    passage = corpus.passage(before["The engine computes."])
    assert passage is not None
    assert passage.text == "The engine computes."
    assert corpus.episode(0).text.split("\n")[0].startswith("The engine computes. It weaves patterns.")
    assert "the transcript of “Talk number 1” has changed; episode-1 is imported anew" in library.said
    assert library.fresh() == []
    assert [checked.problems for checked in check_corpus(library.content)] == [()]


def test_an_edition_that_somebody_corrected_is_not_overwritten_and_that_is_said_once(library: Library) -> None:
    edition = library.folder / "episode-1" / "edition.md"
    edition.write_text(edition.read_text("utf-8").replace("weaves", "wove"), "utf-8")
    library.publisher.put(**{"1.vtt": SECOND})

    assert not library.later(DAY + INTERVAL)
    assert "may have changes of yours, so it stays" in library.said
    assert not library.later(DAY + INTERVAL)

    assert library.told == []
    assert "wove" in edition.read_text("utf-8")


@pytest.mark.parametrize("name", ["errata.tsv", "highlights.tsv", "keypassages.tsv"])
def test_an_episode_to_which_somebody_added_a_file_is_not_replaced(library: Library, name: str) -> None:
    added = library.folder / "episode-1" / name
    added.write_text("of a person", "utf-8")
    library.publisher.put(**{"1.vtt": SECOND})

    assert not library.later(DAY + INTERVAL)
    assert added.read_text("utf-8") == "of a person"


def test_an_episode_that_was_there_before_the_feed_was_followed_stays_as_it_is(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.publish(Episode(1, "1.vtt"), **{"1.vtt": FIRST})
    library = Library(tmp_path / "content", publisher)
    (library.folder / "episode-1").mkdir(parents=True)
    (library.folder / "episode-1" / "source.txt").write_text("Of a person.", "utf-8")

    library.follow()
    library.later(DAY + INTERVAL)

    assert open_corpus(library.content).episode(0).text == "Of a person."
    assert library.fresh() == []


def _withdraw(library: Library, episode: str, rest: str = "") -> None:
    (library.folder / "withdrawn.toml").write_text(f'[[withdrawn]]\nepisode = "{episode}"\n{rest}', "utf-8")


def test_what_is_withdrawn_is_neither_announced_nor_imported_again(library: Library) -> None:
    episodes = (Episode(3, "3.vtt", 60), Episode(1, "1.vtt"))
    library.publisher.publish(*episodes, **{"3.vtt": SECOND})
    library.later()
    assert library.fresh() == ["episode-3"]
    _withdraw(library, "episode-3")
    assert library.fresh() == []
    library.publisher.publish(*episodes, **{"3.vtt": THIRD})

    assert not library.later(DAY + INTERVAL)

    assert library.fresh() == []
    (library.folder / "withdrawn.toml").unlink()
    assert not library.later()
    assert library.fresh() == []


def test_an_episode_of_which_a_part_is_withdrawn_is_not_replaced_by_words_in_which_it_may_stand_elsewhere(
    library: Library,
) -> None:
    _withdraw(library, "episode-1", 'from = "0:01:00"\nto = "0:01:05"\n')
    library.publisher.put(**{"1.vtt": words("It weaves pattern number 0.", "The engine computes.")})

    assert not library.later(DAY + INTERVAL)


def test_a_withdrawn_show_is_not_looked_at(library: Library) -> None:
    path = library.folder / "show.toml"
    path.write_text(f"withdrawn = true\n{library.toml}", "utf-8")

    library.later(DAY)

    assert library.publisher.heard_since() == []


def test_an_episode_whose_folder_somebody_took_away_does_not_come_back(library: Library) -> None:
    for path in (library.folder / "episode-1").iterdir():
        path.unlink()
    (library.folder / "episode-1").rmdir()
    library.publisher.publish(Episode(2), Episode(1, "1.vtt"), Episode(0))

    assert not library.later()
    assert not library.later(DAY + INTERVAL)


def test_the_same_words_under_a_second_name_are_refused_and_the_first_is_named(library: Library) -> None:
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), **{"3.vtt": FIRST})

    assert not library.later()

    assert "“Talk number 3” isn't imported yet" in library.said
    assert "word for word the words of episode-1" in library.said
    library.publisher.put(**{"3.vtt": SECOND})
    assert library.later(DAY + INTERVAL)
    assert library.fresh() == ["episode-3"]


def test_items_that_share_an_id_are_told_apart(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(
        Episode(2, "2.vtt", guid="same"), Episode(1, "1.vtt", guid="same"), **{"1.vtt": FIRST, "2.vtt": SECOND}
    )
    library = Library(tmp_path / "content", publisher)
    library.follow()

    assert len(open_corpus(library.content).entries) == 2


# What cannot be followed


def refusal(library: Library, feed: str, show: str = "engines") -> str:
    with pytest.raises(OperatorError) as caught:
        library.command().begin(feed, show)
    return str(caught.value)


@pytest.fixture
def empty(tmp_path: Path, publisher: Publisher) -> Library:
    return Library(tmp_path / "content", publisher)


def test_a_web_page_is_told_from_a_feed_and_the_feed_that_it_names_is_suggested(empty: Library) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    empty.publisher.answers["/page"] = Answer(f"<!DOCTYPE html><html><head>{link}</head>Hi.</html>".encode())
    empty.publisher.answers["/bare"] = Answer(b"<html><body>Hi.</body></html>")

    named = refusal(empty, f"{empty.publisher.root}/page")
    bare = refusal(empty, f"{empty.publisher.root}/bare")

    assert f"this is a web page. Its feed is {empty.publisher.feed}" in named
    assert f"follow {empty.publisher.feed} --show engines" in named
    assert "this is a web page, not a feed, and it names none" in bare
    assert not empty.content.exists()


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_page_can_be_looked_at_for_a_feed(data: bytes) -> None:
    found = feed_of_page(b'<link rel="alternate" type="application/rss+xml" href="' + data, "https://a.example/")

    assert found == "" or found.startswith(("https://", "http://"))


def test_only_hosts_that_the_operator_named_may_be_private_and_the_refusal_says_how_to_name_one(
    empty: Library,
) -> None:
    empty.publisher.publish(Episode(1, "1.vtt"), **{"1.vtt": FIRST})
    empty.hosts = frozenset()
    http = refusal(empty, empty.publisher.feed)
    https = refusal(empty, "https://127.0.0.1/feed.xml?key=hunter2")

    assert "the address has 'http:'; only 'https:' is fetched" in http
    assert f"VERBATIM_FEED_HOSTS={empty.publisher.host}" in http
    assert "its address 127.0.0.1 isn't on the public internet" in https
    assert "VERBATIM_FEED_HOSTS=127.0.0.1" in https
    assert "hunter2" not in https
    assert empty.publisher.heard_since() == []


def test_a_named_host_that_sends_to_one_that_is_not_named_is_not_followed_there(empty: Library) -> None:
    with Publisher() as inside:
        empty.publisher.answers["/feed.xml"] = Answer(status=302, headers={"Location": inside.feed})

        sentence = refusal(empty, empty.publisher.feed)

    assert "redirects to" in sentence
    assert "only 'https:' is fetched" in sentence


@pytest.mark.parametrize(
    ("feed", "sentence"),
    [
        ("ftp://a.example/feed.xml", "the address has 'ftp:'"),
        ("feed.xml", "no scheme"),
        ("https://nobody.invalid/feed.xml", "nobody.invalid: "),
    ],
)
def test_an_address_that_leads_nowhere_is_said(empty: Library, feed: str, sentence: str) -> None:
    assert sentence in refusal(empty, feed)
    assert not empty.content.exists()


def test_a_show_follows_one_feed_and_a_feed_has_one_show(library: Library) -> None:
    assert "engines follows another feed, at 127.0.0.1" in refusal(library, f"{library.publisher.root}/other.xml")
    assert "engines follows this feed already" in refusal(library, library.publisher.feed, "other")


def test_a_feed_of_audio_alone_is_followed_and_it_is_said_where_transcripts_come_from(empty: Library) -> None:
    empty.publisher.publish(Episode(2), Episode(1))

    looked = empty.command().begin(empty.publisher.feed, "engines")

    assert not looked.failed
    assert "This feed has 2 episodes, and not one transcript." in empty.said
    assert "Audio without a transcript" in empty.said
    empty.publisher.publish(Episode(3, "3.vtt", 60), Episode(2), Episode(1), **{"3.vtt": FIRST})
    assert empty.later()
    assert empty.fresh() == ["episode-3"]


def test_a_feed_that_becomes_a_web_page_later_costs_nothing_but_a_line(library: Library) -> None:
    library.publisher.answers["/feed.xml"] = Answer(b"<html>We are closed.</html>")

    assert not library.later()

    assert "this is a web page" in library.said
    assert len(open_corpus(library.content).entries) == 1


def test_where_nothing_can_be_written_it_is_said_and_the_feed_is_left_alone_for_a_while(library: Library) -> None:
    (library.folder / f"{STATE}.new").mkdir()

    library.later()
    assert "I can't write here" in library.said
    library.publisher.heard_since()
    library.later(30)
    assert library.publisher.heard_since() == []
    (library.folder / f"{STATE}.new").rmdir()
    library.later()
    assert library.publisher.heard_since() == ["/feed.xml?"]


def test_an_episode_that_cannot_be_written_comes_as_soon_as_it_can(library: Library) -> None:
    (library.folder / "episode-3").symlink_to(library.folder / "nowhere")  # a name that no folder can take
    library.publisher.publish(Episode(3, "3.vtt", 60), Episode(1, "1.vtt"), **{"3.vtt": SECOND})
    assert not library.later()
    (library.folder / "episode-3").unlink()

    library.later(DAY + INTERVAL)

    assert (library.folder / "episode-3" / "edition.md").is_file()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(("feed", "followed", "following", "failures", "gone", "items", "etag", "state", "new", "came"))


@given(st.dictionaries(names, json_values | st.dictionaries(st.text(max_size=3), st.dictionaries(names, json_values))))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_state_file_with_anything_in_it_is_read(tmp_path: Path, table: Any) -> None:
    folder = tmp_path
    (folder / STATE).write_text(json.dumps(table), "utf-8")

    state = FeedState.of(folder, "https://a.example/feed")
    state.save(folder)

    assert FeedState.of(folder, "https://a.example/feed") == state


# The line in show.toml


@pytest.mark.parametrize(
    "before",
    [
        'title = "T"\nrights = "R"\n',
        'title = "T"\nrights = "R"',
        '# mine\ntitle = "T" # too\nrights = "R"\n\n[links]\nvideo = "https://v.example/{id}"\n',
        'title = "T"\nrights = "R"\n[people]\nfeed = "Feed Me"\n',
        'title = "T"\r\nrights = "R"\r\n\r\n[people]\r\nAda = "Ada L"\r\n',
    ],
)
def test_the_line_of_a_feed_is_written_changed_and_taken_out_and_all_else_stays(tmp_path: Path, before: str) -> None:
    path = tmp_path / "show.toml"
    path.write_bytes(before.encode())

    write_feed(tmp_path, "https://a.example/feed?a=\\b")
    one = path.read_bytes().decode()
    write_feed(tmp_path, "https://b.example/")
    two = path.read_bytes().decode()
    write_feed(tmp_path, "")

    assert 'feed = "https://a.example/feed?a=\\\\b"' in one
    assert two == one.replace("https://a.example/feed?a=\\\\b", "https://b.example/")
    assert path.read_bytes().decode().rstrip() == before.rstrip()


def test_a_file_in_which_the_line_has_no_clear_place_stays_as_it_is(tmp_path: Path) -> None:
    before = 'title = "T"\nrights = """\nfeed = none of ours\n"""\n'
    (tmp_path / "show.toml").write_text(before, "utf-8")

    with pytest.raises(OperatorError, match="Write it yourself"):
        write_feed(tmp_path, "https://a.example/feed")
    assert (tmp_path / "show.toml").read_text("utf-8") == before


@pytest.mark.parametrize("value", ["1", '"gopher://a.example"', '["https://a.example"]'])
def test_a_feed_that_is_no_address_is_refused_with_the_file(tmp_path: Path, value: str) -> None:
    (tmp_path / "show" / "one").mkdir(parents=True)
    (tmp_path / "show" / "one" / "source.txt").write_text("Hi.", "utf-8")
    (tmp_path / "show" / "show.toml").write_text(f'title = "T"\nrights = "R"\nfeed = {value}\n', "utf-8")

    with pytest.raises(OperatorError, match=r"show\.toml: `feed` is the address of a feed"):
        open_corpus(tmp_path)


# The command line


def test_follow_looks_lists_and_stops_from_the_command_line(
    command_line: RunBot, tmp_path: Path, publisher: Publisher
) -> None:
    publisher.publish(Episode(2), Episode(1, "1.vtt"), **{"1.vtt": FIRST})
    bot = partial(command_line, VERBATIM_CONTENT_DIR=str(tmp_path / "content"), VERBATIM_FEED_HOSTS=publisher.host)

    nothing = bot("follow")
    begun = bot("follow", publisher.feed, "--show", "engines")
    listed = bot("follow")
    publisher.publish(Episode(3, after=60 + 10 * 366 * DAY), Episode(1, "1.vtt"))
    looked = bot("follow", "--once")
    publisher.answers["/feed.xml"] = Answer(status=500)
    failed = bot("follow", "--once", "--show", "engines")
    unnamed = bot("follow", publisher.feed)
    stopped = bot("follow", "--stop", "--show", "engines")
    none = bot("follow", "--once")

    assert (nothing.returncode, nothing.stdout) == (0, "No show follows a feed. To begin: follow FEED --show NAME\n")
    assert begun.returncode == 0, begun.stderr
    assert "12 words" in begun.stdout or "words in 3 sentences" in begun.stdout
    assert "engines now follows 127.0.0.1" in begun.stdout
    assert "1 episode" in listed.stdout
    assert "looked at " in listed.stdout
    assert looked.returncode == 0
    assert "engines: “Talk number 3” is out, so far as audio only." in looked.stdout
    assert (failed.returncode, "it answers 500" in failed.stderr) == (1, True)
    assert (unnamed.returncode, unnamed.stderr) == (2, "Say which show: --show NAME\n")
    assert (stopped.returncode, "engines no longer follows 127.0.0.1" in stopped.stdout) == (0, True)
    assert (none.returncode, "No show follows a feed" in none.stderr) == (2, True)
    assert "feed" not in (tmp_path / "content" / "engines" / "show.toml").read_text("utf-8")
