"""`setup`: a few questions that put the bot on a platform; each says where in the portal its answer stands."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING, TypeAlias

from bot.adapters import PLATFORMS
from bot.contract import Examined, State, Use
from bot.errors import OperatorError
from bot.operating.credentials import bare, misread
from bot.operating.doctor import shown
from bot.operating.env_file import write_env
from bot.policy.texts import listed, say
from bot.settings import Settings, read_env_file, started_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from bot.contract import Channel, Finding, Lines, Platform

    Bring: TypeAlias = Callable[[str, str], int]
    """Brings a show in: a file, a folder or a feed's address, and the show's folder; raises OperatorError."""

__all__ = ["Dialogue", "run_setup"]

MOST_TRIES = 5
"""Answers to one question that are no use, until it is given up."""


class LeftError(OperatorError):
    """Whoever was asked left, or no answer was any use; nothing more is asked."""


_YES_OR_NO = {"y": True, "yes": True, "n": False, "no": False, "": False}


class Dialogue:
    """Asks in a terminal, where secrets are not shown, or reads an answer a line from a pipe."""

    def __init__(self, stdin: TextIO, write: Callable[[str], object]) -> None:
        self._stdin = stdin
        self._write = write

    def tell(self, sentence: str) -> None:
        """Write a line."""
        self._write(f"{sentence}\n")

    def ask(self, question: str, *, secret: bool = False) -> str:
        """Return an answer without the blanks around it; LeftError when the input ends."""
        hidden = secret and self._stdin.isatty()
        try:
            if hidden:
                return getpass.getpass(f"{question} ").strip()
            self._write(f"{question} ")
            sys.stdout.flush()
            line = self._stdin.readline()
        except EOFError:
            line = ""
        if not line:
            raise LeftError(say("install.left"))
        if not self._stdin.isatty():
            self._write("\n")
        return line.strip()

    def agrees(self, question: str) -> bool:
        """Ask for yes or no until it is one of them; nothing is no."""
        while True:
            answer = self.ask(f"{question} {say('install.yes-no')}").casefold()
            if answer in _YES_OR_NO:
                return _YES_OR_NO[answer]


def run_setup(  # noqa: PLR0913 - what is asked of whom, and what is done with the answers
    name: str | None,
    environ: Mapping[str, str],
    path: Path,
    *,
    dialogue: Dialogue,
    hide: Callable[[tuple[str, ...]], object],
    lines: Lines,
    bring: Bring | None = None,
) -> int:
    """Ask, check live, and write the `.env` file at `path`; return 0 when all is well, 1 when something is to mend.

    `environ` are the process's own variables, which win over the file. `bring` imports a show or follows its feed; None
    where shows cannot be added. OperatorError when nothing could be saved.
    """
    platform = _platform(name, dialogue)
    dialogue.tell(say("install.begin", platform=platform.title, path=path))
    saved = read_env_file(path)
    given: dict[str, str] = {}
    wanted = set(platform.asks)
    for _ in range(MOST_TRIES):
        new: dict[str, str] = {}
        for setting in platform.asks:
            if setting in wanted:
                new |= _ask_setting(platform, setting, dialogue, environ, saved)
        given |= new
        hide(tuple(given.values()))
        examined = _examine(platform, saved | given | dict(environ), dialogue)
        wanted = {setting for setting in platform.asks if _is_refused(setting, examined.findings)}
        given = {setting: value for setting, value in given.items() if setting not in wanted}
        if not wanted or not new:
            break
        dialogue.tell(say("install.try-again"))
    else:
        raise LeftError(say("install.nothing-saved"))
    away = any(finding.part == platform.name and finding.state is State.WRONG for finding in examined.findings)
    if away and given and not dialogue.agrees(say("install.save-unchecked", platform=platform.title)):
        raise LeftError(say("install.nothing-saved"))
    if given:
        write_env(path, given)
        dialogue.tell(say("install.saved", names=listed(sorted(given)), path=path))
    else:
        dialogue.tell(say("install.nothing-new"))
    if examined.invite:
        dialogue.tell(examined.invite)
    brought = _bring_show(dialogue, bring) if bring is not None else 0
    dialogue.tell(say("install.daily", line=lines.to(Use.SETUP)))
    dialogue.tell(say("install.start", command=started_by(), doctor=started_by("doctor")))
    wrong = any(finding.state is State.WRONG for finding in examined.findings)
    return 1 if wrong or brought else 0


def _platform(name: str | None, dialogue: Dialogue) -> Platform:
    """Return the platform that is named, or that whoever is asked names."""
    known = {platform.name: platform for platform in PLATFORMS if platform.asks}
    for _ in range(MOST_TRIES):
        answer = dialogue.ask(say("install.which", known=listed(list(known), "or"))) if name is None else name
        if answer.casefold() in known:
            return known[answer.casefold()]
        dialogue.tell(say("install.no-platform", known=listed(list(known), "or")))
        name = None
    raise LeftError(say("install.nothing-saved"))


def _ask_setting(
    platform: Platform, setting: str, dialogue: Dialogue, environ: Mapping[str, str], saved: Mapping[str, str]
) -> dict[str, str]:
    """Return the setting's new value under its name, nothing where it stays as it is."""
    if environ.get(setting) or environ.get(f"{setting}_FILE") or saved.get(f"{setting}_FILE"):
        dialogue.tell(say("install.set-elsewhere", name=setting))
        return {}
    dialogue.tell("")
    dialogue.tell(say(f"{platform.name}.portal-{setting}", program=started_by()))
    there = saved.get(setting, "")
    question = say("install.keep", name=setting) if there else say("install.paste", name=setting)
    for _ in range(MOST_TRIES):
        value = bare(setting, dialogue.ask(question, secret=True))
        if not value and there:
            return {}
        trouble = misread(setting, value) if value else None
        if not value:
            dialogue.tell(say("install.empty"))
        elif trouble:
            dialogue.tell(f"{trouble.found} {trouble.fix}")
        elif value == there:
            return {}
        elif not there or dialogue.agrees(say("install.replace", name=setting)):
            return {setting: value}
        else:
            return {}
    raise LeftError(say("install.nothing-saved"))


def _examine(platform: Platform, environ: Mapping[str, str], dialogue: Dialogue) -> Examined:
    """Ask the platform about these settings, and show what it says."""
    if platform.examine is None:
        return Examined(())
    dialogue.tell("")
    dialogue.tell(say("install.asking", platform=platform.title))
    examined = asyncio.run(_wait(platform.examine(Settings.read(environ), None)))
    for finding in examined.findings:
        dialogue.tell(shown(finding))
    return examined


async def _wait(ask: Callable[[Sequence[Channel]], Awaitable[Examined]]) -> Examined:
    """Ask about no channel: nobody has set one up."""
    return await ask(())


def _is_refused(setting: str, findings: tuple[Finding, ...]) -> bool:
    part = setting.lower().replace("_", "-")
    return any(finding.part == part and finding.state is State.WRONG for finding in findings)


def _bring_show(dialogue: Dialogue, bring: Bring) -> int:
    """Ask for a show of one's own until it is brought in or left for later; 1 when it could not be."""
    dialogue.tell("")
    failed = 0
    for _ in range(MOST_TRIES):
        try:
            target = dialogue.ask(say("install.show"))
            return bring(target, dialogue.ask(say("install.show-folder"))) if target else failed
        except LeftError:
            break
        except OperatorError as error:
            dialogue.tell(str(error))
            failed = 1
    return failed
