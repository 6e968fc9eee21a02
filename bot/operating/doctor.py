"""`doctor`: what is right and wrong with the bot on this machine, a line each, with what mends it.

It changes nothing, asks each platform for a few seconds, and goes on whatever fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from bot.adapters import PLATFORMS
from bot.contract import Channel, Examined, Finding, State
from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.errors import OperatorError, StoreError
from bot.feeds import feed_statuses, status_lines
from bot.logs import without_login
from bot.operating.credentials import misread
from bot.operating.env_file import lines_unread
from bot.policy.texts import listed, say
from bot.search import count_indexed, open_embeddings
from bot.settings import ROOT, Settings, home, setting_rows, started_by
from bot.store import HEAD, find_schema, open_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from bot.contract import Platform
    from bot.corpus import Corpus
    from bot.store import ChannelSettings, Store

    Ask: TypeAlias = Callable[[Sequence[Channel]], Awaitable[Examined]]

__all__ = ["look", "run_doctor", "shown"]

OLDEST, NEWEST = (3, 11), (3, 13)
"""The Pythons that the lock is made for."""

CHECK_SECONDS = 10.0
"""How long the proof of editions may take; `check` takes all the time it needs."""

REACH_SECONDS = 3.0
"""How long an address has to take a connection."""

SKEW_SECONDS = 60.0
"""Between this machine's clock and another; more is told. Posts wait from twice that on, Slack refuses five minutes."""

LITTLE_ROOM = 200 * 1024 * 1024
"""Free bytes at the data folder below which it is about to fill up."""

MOST_TOLD = 5
"""Findings of one kind; more are counted."""

MOST_CHANNELS = 50
"""Channels of a platform whose permissions are looked at."""

MARKS = {State.WELL: "✓", State.NOTE: "·", State.WRONG: "✗"}

_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)( ;)?")
"""A line of the lock: name, version, and whether it is for some systems only."""


def run_doctor(
    environ: Mapping[str, str],
    write: Callable[[str], object],
    hide: Callable[[tuple[str, ...]], object],
    *,
    as_json: bool,
) -> int:
    """Write what is found; return 0 when all is well, 1 when something is to be mended.

    Settings that cannot be read are 2. `write` gets text that has no secrets in it once `hide` was told of them.
    """
    found: list[Finding] = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            write(f"{shown(finding)}\n")

    settings = None
    try:
        settings = Settings.read(environ)
    except OperatorError as error:
        tell(Finding("settings", State.WRONG, say("doctor.settings-wrong"), str(error)))
    else:
        hide(settings.secrets)
    for finding in look(settings):
        tell(finding)
    wrong = sum(finding.state is State.WRONG for finding in found)
    if as_json:
        rows = [{"part": each.part, "state": each.state.value, "found": each.found, "fix": each.fix} for each in found]
        write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        write(f"{say('doctor.wrong', count=wrong) if wrong else say('doctor.all-well')}\n")
    return 2 if settings is None else 1 if wrong else 0


def shown(finding: Finding) -> str:
    """Return a finding as a line: a mark, what was found, what mends it."""
    return f"{MARKS[finding.state]} {finding.found}{f' → {finding.fix}' if finding.fix else ''}"


def look(settings: Settings | None) -> Iterator[Finding]:
    """Yield what is found; without settings only what needs none."""
    yield _python()
    yield _packages()
    if settings is None:
        return
    yield from _env_file()
    yield _disk(settings)
    corpus = None
    try:
        corpus = open_corpus(settings.content_dir, settings.data_dir if settings.data_dir.is_dir() else None)
    except OperatorError as error:
        yield Finding("content", State.WRONG, say("doctor.content-closed"), str(error))
    if corpus is not None:
        yield from _content(corpus, settings)
        yield _index(corpus, settings)
        yield _models(corpus, settings)
    store, found = _database(settings)
    try:
        yield from found
        yield from _platforms(settings, store)
    finally:
        if store is not None:
            store.close()
    yield from _feeds(settings)
    yield from _addresses(settings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return Finding("python", State.WRONG, say("doctor.python-old", version=version), say("doctor.python-new"))
    if sys.version_info[:2] > NEWEST:
        return Finding("python", State.NOTE, say("doctor.python-untried", version=version), say("doctor.python-new"))
    return Finding("python", State.WELL, say("doctor.python-well", version=version))


def _packages() -> Finding:
    """Compare the installed packages with the lock, where there is one: an installed bot has none."""
    lock = ROOT / "requirements.txt"
    if not lock.is_file():
        return Finding("packages", State.NOTE, say("doctor.no-lock"))
    pinned: dict[str, set[str]] = {}
    some_only: set[str] = set()
    for line in lock.read_text("utf-8").splitlines():
        if pin := _PIN.match(line):
            pinned.setdefault(pin[1], set()).add(pin[2])
            some_only |= {pin[1]} if pin[3] else set()
    odd = []
    for name, versions in pinned.items():
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            odd += [] if name in some_only else [say("doctor.package-missing", name=name)]
        else:
            if there not in versions:
                odd.append(say("doctor.package-other", name=name, there=there, pinned=listed(sorted(versions), "or")))
    if not odd:
        return Finding("packages", State.WELL, say("doctor.packages-well", count=len(pinned)))
    more = [say("doctor.packages-more", count=len(odd) - MOST_TOLD)] if len(odd) > MOST_TOLD else []
    return Finding(
        "packages",
        State.WRONG,
        say("doctor.packages-odd", packages=listed([*odd[:MOST_TOLD], *more])),
        say("doctor.packages-install", python=sys.executable, lock=lock),
    )


def _env_file() -> Iterator[Finding]:
    """Yield which lines of the file with the secrets cannot be read, and whether others on this machine can."""
    path = home() / ".env"
    if not path.is_file():
        return
    for number in lines_unread(path)[:MOST_TOLD]:
        found = say("doctor.env-line", path=path, number=number)
        yield Finding("env-file", State.WRONG, found, say("doctor.env-mend"))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        yield Finding("env-file", State.NOTE, say("doctor.env-open", path=path), f"chmod 600 {path}")
    else:
        yield Finding("env-file", State.WELL, say("doctor.env-well", path=path))


def _disk(settings: Settings) -> Finding:
    """Say whether the data folder can be written, and how much room is left there."""
    folder = settings.data_dir
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        if not there.is_dir():
            raise NotADirectoryError(None, say("doctor.not-a-folder"))
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"\0" * 4096)
        free = shutil.disk_usage(there).free
    except OSError as error:
        found = say("doctor.disk-closed", path=folder, error=error.strerror or error)
        return Finding("disk", State.WRONG, found, say("doctor.disk-open", path=there))
    room = f"{free / 1e9:,.1f} GB"
    if free < LITTLE_ROOM:
        return Finding("disk", State.WRONG, say("doctor.disk-full", path=folder, room=room), say("doctor.disk-free"))
    return Finding("disk", State.WELL, say("doctor.disk-well", path=folder, room=room))


def _content(corpus: Corpus, settings: Settings) -> Iterator[Finding]:
    """Yield what can be quoted, and which editions do not say what their sources say."""
    if not corpus.entries:
        found = say("doctor.content-empty", path=settings.content_dir)
        yield Finding("content", State.WRONG, found, say("doctor.content-import", program=started_by()))
        return
    shows = say("welcome.shows", count=len(corpus.shows))
    episodes = say("episodes.count", count=len(corpus.entries))
    until = time.monotonic() + CHECK_SECONDS
    looked = wrong = 0
    for checked in check_corpus(settings.content_dir):
        looked += 1
        if checked.problems:
            wrong += 1
            if wrong <= MOST_TOLD:
                found = say("doctor.edition-wrong", name=checked.name)
                yield Finding("content", State.WRONG, found, checked.problems[0])
        if time.monotonic() > until:
            break
    every = say("doctor.checked", looked=looked, program=started_by()) if looked < len(corpus.entries) else ""
    if wrong > MOST_TOLD:
        more = say("doctor.editions-more", count=wrong - MOST_TOLD)
        yield Finding("content", State.WRONG, more, say("doctor.editions-check", program=started_by()))
    yield Finding("content", State.WELL, f"{say('doctor.content', shows=shows, episodes=episodes)} {every}".strip())


def _index(corpus: Corpus, settings: Settings) -> Finding:
    folder = settings.data_dir / "index"
    held, count = count_indexed(corpus, folder), len(corpus.entries)
    if held is None:
        return Finding(
            "index", State.NOTE, say("doctor.index-damaged"), say("doctor.index-start", program=started_by())
        )
    if held < count:
        found = say("doctor.index-short", held=held, count=count)
        return Finding("index", State.NOTE, found, say("doctor.index-start", program=started_by()))
    return Finding("index", State.WELL, say("doctor.index-well", count=count))


def _models(corpus: Corpus, settings: Settings) -> Finding:
    """Load the models, and say for how much they are in use."""
    if not settings.verbatim_semantic:
        return Finding("models", State.NOTE, say("doctor.models-off"))
    missing: list[str] = []
    try:
        embeddings = open_embeddings(corpus, settings.data_dir / "vectors", missing.append)
    except Exception as error:  # whatever a runtime says of weights that it cannot read
        found = say("doctor.models-broken", error=f"{type(error).__name__}: {error}"[:200])
        return Finding("models", State.WRONG, found, say("doctor.models-install", python=sys.executable))
    if embeddings is None:
        install = say("doctor.models-install", python=sys.executable)
        return Finding("models", State.WRONG, say("doctor.models-missing"), install)
    known, count = len(embeddings.known), len(corpus.entries)
    wanted = min(settings.verbatim_semantic_episodes or count, count)
    said = say("doctor.models-well", known=known, count=count)
    if known < wanted:
        return Finding("models", State.NOTE, said, say("doctor.models-ahead", program=started_by()))
    return Finding("models", State.WELL, said)


def _database(settings: Settings) -> tuple[Store | None, list[Finding]]:
    """Return the store where it stands at this version's schema, and what is found of it."""
    url = settings.database_url
    try:
        schema = find_schema(url)
        if schema is None:
            return None, [Finding("store", State.WELL, say("doctor.store-none"))]
        if schema < HEAD:
            found = say("doctor.store-older", schema=schema, known=HEAD)
            return None, [Finding("store", State.NOTE, found, say("doctor.store-upgrade", program=started_by()))]
        return open_store(url), [Finding("store", State.WELL, say("doctor.store-well", schema=schema))]
    except OperatorError as error:
        return None, [Finding("store", State.WRONG, say("doctor.store-closed"), str(error))]


def _platforms(settings: Settings, store: Store | None) -> Iterator[Finding]:
    """Yield what the platforms say, asked all at once, and how this machine's clock stands to theirs.

    Nothing goes out with a token of another kind.
    """
    asked: list[tuple[Platform, Ask]] = []
    served = [platform for platform in PLATFORMS if settings.gives(platform.tokens)]
    if not served:
        yield Finding("platforms", State.NOTE, say("doctor.no-token"), say("doctor.set-up", program=started_by()))
    for platform in served:
        wrong = list(_misread(platform, settings))
        yield from wrong
        if platform.examine is not None and not wrong:
            asked.append((platform, platform.examine(settings, store)))
    clocks: dict[str, float | None] = {}
    for (platform, _), examined in zip(asked, asyncio.run(_ask_all(asked, store, clocks)), strict=True):
        yield from examined.findings
        clocks[platform.title] = examined.ahead
    yield from _clock(clocks)


def _misread(platform: Platform, settings: Settings) -> Iterator[Finding]:
    """Yield what the shape of a platform's credentials tells."""
    for name in dict.fromkeys(name for kind in platform.credentials for name in kind.settings):
        value = str(getattr(settings, name.lower()))
        if value and (trouble := misread(name, value)):
            yield Finding(name.lower().replace("_", "-"), State.WRONG, *trouble)


async def _ask_all(
    asked: list[tuple[Platform, Ask]], store: Store | None, clocks: dict[str, float | None]
) -> list[Examined]:
    """Ask the platforms, and the database for its clock where others share it."""
    if store is not None and store.shared:
        with contextlib.suppress(StoreError):
            clocks[say("doctor.the-database")] = await store.now() - time.time()
    return await asyncio.gather(*(_ask(platform, ask, store) for platform, ask in asked))


async def _ask(platform: Platform, ask: Ask, store: Store | None) -> Examined:
    """Return what one platform says; what nobody foresaw is a finding too, and the other parts are looked at."""
    try:
        return await ask(await _channels(platform, store) if store is not None else [])
    except Exception as error:
        found = say("doctor.platform-broke", platform=platform.title, error=type(error).__name__)
        return Examined((Finding(platform.name, State.WRONG, found, say("doctor.again")),))


async def _channels(platform: Platform, store: Store) -> list[Channel]:
    """Return the channels that the bot is to post in, without those of servers that it left."""
    found: list[Channel] = []
    with contextlib.suppress(StoreError):  # the store's own finding says it
        left = await store.kv.containing(f"{platform.name}-gone:")
        gone = {name.partition("-gone:")[2] for name, since in left.items() if since}
        for tenant in sorted(await store.tenants(platform.name) - gone):
            known = await store.channels.of_tenant(Channel(platform.name, "", tenant))
            found += [settings.channel for settings in known if _posts_to(settings)]
    return found[:MOST_CHANNELS]


def _posts_to(settings: ChannelSettings) -> bool:
    """Say whether anything is posted to a channel by itself."""
    return (settings.daily or settings.episodes_since is not None) and not settings.disabled


def _clock(clocks: Mapping[str, float | None]) -> Iterator[Finding]:
    heard = {name: ahead for name, ahead in clocks.items() if ahead is not None}
    for name, ahead in heard.items():
        if abs(ahead) > SKEW_SECONDS:
            side = "behind" if ahead > 0 else "ahead"
            found = say(f"doctor.clock-is-{side}", seconds=abs(ahead), whose=name)
            yield Finding("clock", State.WRONG, found, say("doctor.clock-set"))
    if heard and all(abs(ahead) <= SKEW_SECONDS for ahead in heard.values()):
        yield Finding("clock", State.WELL, say("doctor.clock-well", names=listed(list(heard))))


def _feeds(settings: Settings) -> Iterator[Finding]:
    """Yield how it stands with the followed feeds."""
    now = time.time()
    statuses = sorted(feed_statuses(settings.content_dir), key=lambda each: not (each.gone or each.error))
    for status in statuses[:MOST_TOLD]:
        found = f"{status.show}: {'; '.join(status_lines(status, now))}."
        if status.gone:
            yield Finding("feeds", State.WRONG, found, say("doctor.feed-gone", program=started_by(), show=status.show))
        elif status.error:
            yield Finding("feeds", State.WRONG, found, say("doctor.feed-again", program=started_by(), show=status.show))
        else:
            yield Finding("feeds", State.WELL, found)
    if len(statuses) > MOST_TOLD:
        wrong = any(each.gone or each.error for each in statuses[MOST_TOLD:])
        more = say("doctor.feeds-more", count=len(statuses) - MOST_TOLD)
        yield Finding(
            "feeds", State.WRONG if wrong else State.NOTE, more, say("doctor.feeds-list", program=started_by())
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    """Yield addresses that are not the platforms' own, what answers elsewhere, and where the bot is to listen."""
    for row in setting_rows():
        given = str(getattr(settings, row.name.lower()))
        if row.default and row.name.endswith("_URL") and given != row.default:
            found = say("doctor.address-set", name=row.name, address=without_login(given), default=row.default)
            yield Finding("addresses", State.NOTE, found, say("doctor.address-unset", name=row.name))
    if settings.verbatim_lm_url:
        yield _reach("VERBATIM_LM_URL", settings.verbatim_lm_url)
    for platform in PLATFORMS:
        if settings.gives(platform.tokens) and (place := platform.listens_at(settings)):
            yield _can_listen(*place)
    if settings.verbatim_health and any(settings.gives(platform.tokens) for platform in PLATFORMS):
        yield _can_listen(*settings.verbatim_health)


def _reach(name: str, address: str) -> Finding:
    """Say whether anything takes a connection at an address."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), REACH_SECONDS).close()
    except OSError as error:
        found = say("doctor.address-silent", name=name, error=error.strerror or error)
        return Finding("addresses", State.WRONG, found, say("doctor.address-check", name=name))
    return Finding("addresses", State.WELL, say("doctor.address-well", name=name))


def _can_listen(host: str, port: int) -> Finding:
    """Say whether a port is free; a bot that runs has it already."""
    where = f"{host}:{port}"
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        found = say("doctor.port-taken", where=where, error=error.strerror or error)
        return Finding("addresses", State.NOTE, found, say("doctor.port-free"))
    return Finding("addresses", State.WELL, say("doctor.port-well", where=where))
