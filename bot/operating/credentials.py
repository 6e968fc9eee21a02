"""Reading what was pasted for a token or a secret: whether its shape is that of something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.adapters import PLATFORMS
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from bot.contract import Credential

__all__ = ["Misread", "bare", "misread", "wanted"]

_BLANK = re.compile(r"\s")
_AROUND = " \t\r\n\"'“”‘’`"
_BEFORE = ("Bot ", "Bearer ")
"""What a header has before a token, and people copy with it."""


class Misread(NamedTuple):
    """What is wrong with a value, without repeating it, and what to do."""

    found: str
    fix: str


def bare(name: str, given: str) -> str:
    """Return what somebody pasted for a setting without what is around it: blanks, quotes, `NAME=`, `Bot `."""
    value = given.strip(_AROUND).removeprefix(f"{name}=").strip(_AROUND)
    for word in _BEFORE:
        value = value.removeprefix(word)
    return value.strip(_AROUND)


def misread(name: str, value: str) -> Misread | None:
    """Return what is wrong with a setting's value as far as its shape tells; an unknown shape only its platform judges.

    A value that only needs what is around it taken away is told so.
    """
    if value != bare(name, value):
        return Misread(say("doctor.wrapped", name=name), say("doctor.unwrap", name=name))
    if _BLANK.search(value) or not value.isascii() or not value.isprintable():
        return Misread(say("doctor.torn", name=name), say("doctor.copy-again", wanted=wanted(name)))
    alike = [kind for kind in _kinds() if kind.shape.fullmatch(value)]
    if not alike or any(name in kind.settings for kind in alike):
        return None
    looks = listed([say(f"credential.{kind.key}") for kind in alike], "or")
    belongs = [setting for kind in alike for setting in kind.settings]
    elsewhere = say("doctor.belongs", settings=listed(belongs, "or")) if belongs else ""
    fix = say("doctor.set-to", name=name, wanted=wanted(name))
    return Misread(say("doctor.other-kind", name=name, looks=looks), f"{fix} {elsewhere}".strip())


def wanted(name: str) -> str:
    """Return what a setting is to hold, in the words of its portal."""
    kind = next((kind for kind in _kinds() if name in kind.settings), None)
    return say(f"credential.{kind.key}") if kind else name


def _kinds() -> list[Credential]:
    return [kind for platform in PLATFORMS for kind in platform.credentials]
