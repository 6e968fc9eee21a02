"""The counts as Prometheus reads them; importing this loads its library, 0.1 s that nobody's answer waits for."""

from __future__ import annotations

import functools
import platform
import tomllib
from dataclasses import dataclass
from importlib import metadata
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from bot.contract import Connection
from bot.health.meters import BOUNDS, POLLS
from bot.intake import TURNED_AWAY
from bot.settings import ROOT, is_checkout
from bot.store import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import Metric

    from bot.health.vitals import Vitals

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_PACKAGE: Final = "verbatim-bot"


@dataclass(frozen=True, slots=True, eq=False)
class Exposition:
    """All that one look finds; `database` and `posts` are what `Vitals` said of them."""

    vitals: Vitals
    database: str
    posts: Mapping[str, int] | None

    def collect(self) -> Iterator[Metric]:
        """Yield every family; those of few labels have a sample for each from the start, so that alerts can count."""
        yield from self._requests()
        yield from self._queue()
        yield from self._loop()
        yield self._platforms()
        yield from self._database()
        yield from self._library()

    def _requests(self) -> Iterator[Metric]:
        meters = self.vitals.meters
        answers = CounterMetricFamily(
            "verbatim_requests", "Answers, by command, platform and outcome.", labels=("command", "platform", "outcome")
        )
        for labels, count in sorted(meters.requests.items()):
            answers.add_metric(labels, count)
        yield answers
        seconds = HistogramMetricFamily(
            "verbatim_answer_seconds", "What answers took, from their turn on, by command.", labels=("command",)
        )
        bounds = (*map(str, BOUNDS), "+Inf")
        for command, taken in meters.seconds.items():
            seconds.add_metric((command,), list(zip(bounds, accumulate(taken.counts), strict=True)), taken.total)
        yield seconds
        polls = CounterMetricFamily("verbatim_feed_polls", "Looks at feeds, by how they ended.", labels=("outcome",))
        for outcome in POLLS:
            polls.add_metric((outcome,), meters.polls[outcome])
        yield polls

    def _queue(self) -> Iterator[Metric]:
        turns = self.vitals.turns
        yield GaugeMetricFamily("verbatim_waiting", "Members who wait for their turn.", turns.waiting)
        yield GaugeMetricFamily("verbatim_in_work", "Answers that are being worked on.", turns.in_work)
        away = CounterMetricFamily(
            "verbatim_turned_away", "Requests that got no answer, by the reason why.", labels=("reason",)
        )
        for reason in TURNED_AWAY:
            away.add_metric((reason,), turns.turned_away[reason])
        yield away

    def _loop(self) -> Iterator[Metric]:
        held, lag = self.vitals.watchdog.held, self.vitals.watchdog.lag()
        yield GaugeMetricFamily("verbatim_loop_lag_seconds", "How late the event loop is.", lag)
        yield GaugeMetricFamily("verbatim_loop_longest_lag_seconds", "How late it was at most.", held.longest_lag)
        yield CounterMetricFamily("verbatim_loop_held_steps", "Steps of the loop of more than 50 ms.", held.steps)
        yield GaugeMetricFamily("verbatim_loop_longest_step_seconds", "What the longest of them took.", held.longest)

    def _platforms(self) -> Metric:
        stands = GaugeMetricFamily(
            "verbatim_platform", "1 for how this process stands to each platform.", labels=("platform", "connection")
        )
        for name, adapter in self.vitals.adapters.items():
            now = adapter.connection()
            for each in Connection:
                stands.add_metric((name, each.value), each is now)
        return stands

    def _database(self) -> Iterator[Metric]:
        if self.database == "off":
            return
        answers = self.database == "answers"
        yield GaugeMetricFamily("verbatim_database_answers", "1 where the database can be written.", answers)
        if self.posts is not None:
            posts = GaugeMetricFamily("verbatim_posts", "Posts in the database, by state.", labels=("state",))
            for state in COUNTED:
                posts.add_metric((state,), self.posts.get(state, 0))
            yield posts

    def _library(self) -> Iterator[Metric]:
        episodes, known = len(self.vitals.library.corpus.entries), self.vitals.library.search.known or 0
        yield GaugeMetricFamily("verbatim_episodes", "Episodes that are searched.", episodes)
        yield GaugeMetricFamily("verbatim_episodes_with_meaning", "Those whose meaning is known.", known)
        build = GaugeMetricFamily("verbatim_build_info", "1, with the version that runs.", labels=("version", "python"))
        build.add_metric((_version(), platform.python_version()), 1)
        yield build


def exposition(vitals: Vitals, database: str, posts: Mapping[str, int] | None) -> bytes:
    """Return all that is counted as text; see `Exposition`."""
    registry = CollectorRegistry()
    registry.register(Exposition(vitals, database, posts))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


@functools.cache
def _version() -> str:
    """Return the bot's version, "unknown" where nothing says it."""
    try:
        if is_checkout():
            return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
        return metadata.version(_PACKAGE)
    except (OSError, ValueError, KeyError, metadata.PackageNotFoundError):
        return "unknown"
