"""The command line: what the process is asked to do, and the parts it needs for that."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters import PLATFORMS
from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import read_moment
from bot.corpus import open_corpus
from bot.errors import OperatorError
from bot.logs import set_up
from bot.operating import Bar
from bot.policy.texts import listed, say
from bot.renewal import Opener
from bot.search import ask_ahead, load_embeddings, open_embeddings, open_model, open_searcher
from bot.serve import Parts, Server
from bot.settings import SHIPPED, Settings, home, program, read_env_file, secrets_of
from bot.store import AwayError, open_store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.logs import Discreet
    from bot.search import Embeddings, LanguageModel
    from bot.store import Store

__all__ = ["main"]

_PUBLIC_ADDRESS = re.compile(r"https://[\w.-]+(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)
"""An address that Slack can reach, with nothing after its path."""

WAITED = 20_000
"""Sentences whose meaning a script waits for, some two minutes; `index` works out all."""

PATIENCE = 60.0
"""Seconds to wait for a database server that is starting too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 found or done, 1 nothing found, 2 a mistake to mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _refuse_what_has_no_use(parser, options)
    # Before NumPy is loaded: its threads hinder the models'; with one, answers cost 40 % less processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    log = set_up(shape for platform in PLATFORMS for shape in platform.secret_shapes)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Any bytes may be piped in, and a terminal may lack a letter of a transcript: neither ends the process.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # replaced streams lack it
    try:
        environ = read_env_file(home() / ".env") | dict(os.environ)
        log.hide(secrets_of(environ))
        if options.work in {"doctor", "setup"}:
            return _look_after(options, environ, log)
        settings = Settings.read(environ)
        log.hide((*secrets_of(environ), *settings.secrets))
        log.as_json = settings.verbatim_log == "json"
        works = {"check": _check, "import": _import, "follow": _follow, "manifest": _manifest}
        works |= {"backup": _keep, "restore": _keep}
        return works.get(options.work, _serve)(options, settings)
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program(), description=say("cli.description"))
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--once", metavar="LINE", help=say("cli.once"))
    way.add_argument("--jsonl", action="store_true", help=say("cli.jsonl"))
    parser.add_argument("--now", metavar="TIME", type=_moment, help=say("cli.now"))
    parser.add_argument("--channels", metavar="FOLDER", type=Path, help=say("cli.channels"))
    works = parser.add_subparsers(dest="work", metavar="WORK")
    check = works.add_parser("check", help=say("cli.check"))
    check.add_argument("--diff", action="store_true", help=say("cli.diff"))
    doctor = works.add_parser("doctor", help=say("cli.doctor"))
    doctor.add_argument("--json", action="store_true", help=say("cli.json"))
    put_on = works.add_parser("setup", help=say("cli.setup"))
    names = [platform.name for platform in PLATFORMS if platform.asks]
    put_on.add_argument("platform", nargs="?", choices=names, help=say("cli.platform"))
    works.add_parser("index", help=say("cli.index"))
    works.add_parser("deliver", help=say("cli.deliver"))
    saved = works.add_parser("backup", help=say("cli.backup"))
    saved.add_argument("file", type=Path, help=say("cli.backup-file"))
    restored = works.add_parser("restore", help=say("cli.restore"))
    restored.add_argument("file", type=Path, help=say("cli.restore-file"))
    manifest = works.add_parser("manifest", help=say("cli.manifest"))
    manifest.add_argument("--url", default="", help=say("cli.url"))
    manifest.add_argument("--org", action="store_true", help=say("cli.org"))
    read_in = works.add_parser("import", help=say("cli.import"))
    read_in.add_argument("target", metavar="FILE|FOLDER|ADDRESS", help=say("cli.target"))
    read_in.add_argument("--show", required=True, help=say("cli.show"))
    read_in.add_argument("--episode", help=say("cli.episode"))
    read_in.add_argument("--force", action="store_true", help=say("cli.force"))
    follow = works.add_parser("follow", help=say("cli.follow"))
    follow.add_argument("feed", nargs="?", metavar="FEED", help=say("cli.feed"))
    follow.add_argument("--show", help=say("cli.follow-show"))
    follow.add_argument("--once", dest="look", action="store_true", help=say("cli.look"))
    follow.add_argument("--stop", action="store_true", help=say("cli.stop"))
    return parser


def _refuse_what_has_no_use(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with a sentence for options that the work named beside them has no use for."""
    if options.channels is not None and not options.channels.is_dir():
        parser.error(say("cli.no-folder", path=options.channels))
    if options.work is None:
        return
    if options.once is not None or options.jsonl:
        parser.error(say("cli.no-answers", work=options.work, option="--jsonl" if options.jsonl else "--once"))
    given = [f"--{name}" for name in ("now", "channels") if getattr(options, name) is not None]
    if given and options.work != "deliver":
        parser.error(say("cli.no-posts", work=options.work, options=listed(given)))


def _moment(text: str) -> dt.datetime:
    """Read a moment for the argument parser, which says what is wrong."""
    try:
        return read_moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("cli.no-moment", text=text)) from None


def _look_after(options: argparse.Namespace, environ: Mapping[str, str], log: Discreet) -> int:
    """Say what is wrong with the bot, or set it up; whatever is written has no secret in it."""

    def write(text: str) -> None:
        sys.stdout.write(log.clean(text))
        sys.stdout.flush()

    def hide(secrets: Iterable[str]) -> None:
        log.hide((*secrets_of(environ), *secrets))

    if options.work == "doctor":
        from bot.operating.doctor import run_doctor  # noqa: PLC0415 - serving needs neither

        return run_doctor(environ, write, hide, as_json=options.json)

    from bot.operating.setup import Dialogue, run_setup  # noqa: PLC0415

    def bring(target: str, show: str) -> int:
        settings = Settings.read(environ)
        if target.startswith(("https://", "http://")):
            return _follow(argparse.Namespace(feed=target, show=show, look=False, stop=False), settings)
        return _import(argparse.Namespace(target=target, show=show, episode=None, force=False), settings)

    dialogue = Dialogue(sys.stdin, write)
    path = home() / ".env"
    return run_setup(options.platform, os.environ, path, dialogue=dialogue, hide=hide, lines=COMMAND_LINES, bring=bring)


def _check(options: argparse.Namespace, settings: Settings) -> int:
    """Print what is known and what is wrong of each episode; 1 when anything is wrong."""
    from bot.corpus.check import check_corpus  # noqa: PLC0415 - serving never needs it

    wrong = count = 0
    for checked in check_corpus(settings.content_dir):
        sys.stdout.write("\n".join((checked.name, *(f"  {fact}" for fact in checked.facts))) + "\n")
        if options.diff:
            sys.stdout.writelines(f"  {line}\n" for line in checked.diff)
        sys.stdout.writelines(f"{problem}\n" for problem in checked.problems)
        wrong += bool(checked.problems)
        count += 1
    if not count:
        raise OperatorError(say("cli.no-episodes", path=settings.content_dir))
    outcome = say("cli.to-mend", count=wrong) if wrong else say("cli.all-well")
    sys.stdout.write(f"{outcome}\n")
    return 1 if wrong else 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    """Import transcripts and print what was understood of each; 1 when any was refused."""
    from bot.corpus.importing import Imported, Importer, Kept, told_of  # noqa: PLC0415 - serving needs no parsers

    if not options.target:
        raise OperatorError(say("cli.empty-name"))
    if settings.content_dir == SHIPPED:
        raise OperatorError(say("cli.shipped"))
    results: list[Imported | Kept | OperatorError] = []
    importer = Importer(settings.content_dir, options.show, options.force, _notice)
    for result in importer.run(options.target, options.episode):
        results.append(result)
        if isinstance(result, OperatorError):
            _notice(str(result))
        else:
            sys.stdout.write(f"{told_of(result)}\n")
    sys.stdout.writelines(f"{line}\n" for line in ("", *importer.summary(results)))
    return 1 if any(isinstance(result, OperatorError) for result in results) else 0


def _follow(options: argparse.Namespace, settings: Settings) -> int:
    """Begin to follow a feed, look at feeds, stop, or list them; 1 when not all could be read."""
    from bot.feeds.command_line import CommandLine  # noqa: PLC0415 - serving needs no parsers

    if settings.content_dir == SHIPPED:
        raise OperatorError(say("cli.shipped"))
    following = CommandLine(settings.content_dir, settings.verbatim_feed_hosts, time.time(), _notice)
    write = sys.stdout.write
    return following.run(options.feed, options.show, once=options.look, stop=options.stop, write=write)


def _keep(options: argparse.Namespace, settings: Settings) -> int:
    """Write a backup or read one in, and say how much it was."""
    from bot.store import backup, restore  # noqa: PLC0415 - serving opens the store by itself

    url = settings.database_url
    if options.work == "backup":
        _notice(say("cli.saved", rows=backup(url, options.file), path=options.file))
    else:
        _notice(say("cli.restored", rows=restore(options.file, url), path=options.file))
    return 0


def _manifest(options: argparse.Namespace, settings: Settings) -> int:
    """Print the manifest that a Slack app is made from."""
    from bot.adapters.slack import manifest_text  # noqa: PLC0415 - serving never needs it

    if options.url and not _PUBLIC_ADDRESS.fullmatch(options.url):
        raise OperatorError(say("cli.no-url", url=options.url))
    sys.stdout.write(manifest_text(COMMANDS, settings.slack_command_prefix, options.url, org=options.org))
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    """Put the parts together and serve; Ctrl-C ends what takes long here at once, so no event loop runs yet."""
    folder = _writable(settings.data_dir, needed=options.work == "index")
    scripted = options.jsonl or options.once is not None or options.work in {"index", "deliver"}
    platforms = not scripted and any(settings.gives(platform.tokens) for platform in PLATFORMS)
    alone = scripted or not (platforms or sys.stdin.isatty())
    waiting = Bar() if sys.stderr.isatty() and not scripted else None
    # At a prompt a person is typing: nothing is said.
    notice: Callable[[str], None] = _notice if alone or platforms else lambda _: None
    opener = Opener(settings.content_dir, folder, notice, settings.verbatim_semantic_episodes, _open_model(settings))
    parts, loaded = _open(options, settings, opener, waiting, alone=alone)
    renewal = None
    try:
        # Whoever waits is answered from words at once; a script gets the same answer every time.
        if options.work != "deliver":
            parts.search.load() if alone else parts.search.prepare()
        if options.work == "index":
            if settings.verbatim_semantic and not any(found and found.known for found in loaded):
                raise OperatorError(say("search.not-worked-out"))
            ask_ahead(parts.corpus, opener.model, loaded[-1] if loaded else None, _notice, most=opener.most)
            return 0
        parts.store = _open_store(settings, folder, patient=bool(platforms), needed=options.work == "deliver")
        parts.ahead = options.now.timestamp() - time.time() if options.now else 0.0
        server = Server(parts)
        renewal = server.renewal
        if platforms:
            return asyncio.run(server.platforms())
        if options.jsonl:
            return asyncio.run(server.json_lines())
        if options.work == "deliver":
            return asyncio.run(server.deliver(options.channels))
        if options.once is not None:
            return asyncio.run(server.once(options.once, options.channels))
        return asyncio.run(server.console(folder / "history" if folder else None, options.channels))
    finally:
        if renewal is not None:
            renewal.close()
        parts.search.close()
        if parts.store is not None:
            parts.store.close()


def _open(
    options: argparse.Namespace, settings: Settings, opener: Opener, waiting: Bar | None, *, alone: bool
) -> tuple[Parts, list[Embeddings | None]]:
    """Open the library as it is served; the models are in the list once they are loaded.

    One that somebody waits for `alone`, such as a script, stays as it was opened. `waiting` shows how far that is.
    """
    with waiting or nullcontext():
        corpus = open_corpus(opener.content, opener.data, _notice, waiting)
    loaded: list[Embeddings | None] = []

    def load(stopped: Callable[[], bool]) -> Embeddings | None:
        place = opener.data / "vectors" if opener.data else None
        if not alone:
            return open_embeddings(corpus, place, opener.notice)
        build, waited = options.once is None, 0 if options.work == "index" else WAITED
        found = load_embeddings(
            corpus, place, opener.notice, build=build, stopped=stopped, most=opener.most, sentences=waited
        )
        loaded.append(found)
        return found

    meaning = load if settings.verbatim_semantic else None
    background = None if alone else opener.background(corpus)
    index = opener.data / "index" if opener.data else None
    with waiting or nullcontext():
        search = open_searcher(corpus, index, _notice, meaning, opener.model, background, waiting)
    return Parts(settings, corpus, search, None, opener=None if alone else opener), loaded


def _open_model(settings: Settings) -> LanguageModel | None:
    """Return the language model that is set, None for none; OperatorError when its settings do not fit together."""
    model = open_model(
        settings.verbatim_lm_url, settings.verbatim_lm_model, settings.verbatim_lm_key, settings.verbatim_lm_uses
    )
    if model and "questions" in model.uses and not settings.verbatim_semantic:
        raise OperatorError(say("environment.lm-questions"))
    return model


def _open_store(settings: Settings, folder: Path | None, *, patient: bool, needed: bool) -> Store | None:
    """Open the database, or say what is off without one: quotes are found all the same, where that is all.

    A `patient` process waits a while for a database that is away, and then gives up for good: a replica that went on
    without the others' database would answer what they answer. Where one is `needed`, any trouble is an OperatorError.
    """
    if folder is None and not settings.verbatim_database_url:
        if needed:
            raise OperatorError(say("environment.no-database"))
        return None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return open_store(settings.database_url)
        except OperatorError as error:
            if needed:
                raise
            if patient and settings.verbatim_database_url:
                if time.monotonic() > deadline or not isinstance(error, AwayError):
                    raise
                _notice(say("cli.trying-again", error=error))
                time.sleep(5)
                continue
            _notice(say("cli.off-until", error=error))
            return None


def _writable(folder: Path, *, needed: bool) -> Path | None:
    """Return the data folder, made if need be, or None (and say so) when nothing can be written there.

    OperatorError when it is `needed`: there is nothing to do without it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        if needed:
            raise OperatorError(say("cli.nothing-kept", path=folder, error=error.strerror)) from None
        _notice(say("cli.in-memory", path=folder, error=error.strerror))
        return None
    return folder


def _notice(sentence: str) -> None:
    """Tell the operator something that is not an error."""
    sys.stderr.write(f"{sentence}\n")
