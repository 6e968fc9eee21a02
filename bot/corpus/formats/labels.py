"""Speaker labels at the beginning of a line or cue, and when a file's labels are to be believed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["NAME", "is_anonymous", "is_name", "is_stage_label", "speaker_labels"]

NAME = r"[^\W\d_][\w.'’&-]{0,40}(?: [\w.'’&-]{1,40}){0,4}"
"""A pattern for up to five words that may be a name."""

_SMALL = "af al and bin da de del den der di do dos du el ibn la le of og the und van von y"
_PARTICLES = frozenset(_SMALL.split())
# What stands before a colon in ordinary prose, though it begins with a capital.
_PROSE = """also and answer before but caution chapter conclusion date definition disclaimer edit episode example
exercise fact figure finally first fourth hint http https i idea important lesson link links note now nb or part please
problem ps question quote reason remember result second so solution source step summary table then therefore third tip
title today tomorrow update verse warning well what why yes yesterday you"""
_NO_NAMES = frozenset(_PROSE.split())
_DIRECTIONS = """ad ads advert advertisement applause break commercial intro jingle laughter music outro silence song
sound sponsor theme transition"""
_STAGE = frozenset(_DIRECTIONS.split())
_ANONYMOUS = re.compile(r"(?:(?:unknown|unidentified) )?(?:speaker|spk|person|voice|participant|unknown)[ _-]?\w{0,3}")


def is_name(label: str) -> bool:
    """Say whether a label can be somebody's name: every word begins with a capital (or its script has none)."""
    parts = label.split()
    if not parts or len(parts) > 5 or label.casefold() in _NO_NAMES or parts[0].casefold() in _NO_NAMES:  # noqa: PLR2004
        return False
    return not parts[0][0].islower() and all(not part[0].islower() or part in _PARTICLES for part in parts[1:])


def is_stage_label(label: str) -> bool:
    """Say whether a label such as `Break:` or `Intro music:` announces no speaker."""
    return not _STAGE.isdisjoint(label.casefold().split()[-1:])


def is_anonymous(name: str) -> bool:
    """Say whether a name such as `Speaker 1` only tells voices apart."""
    return bool(_ANONYMOUS.fullmatch(name.casefold()))


def speaker_labels(
    weak: Iterable[str],
    strong: Iterable[str],
    places: int,
    known: Collection[str] = (),
    *,
    opens: bool = False,
) -> frozenset[str]:
    """Return which labels of a file are speakers.

    `weak` are the labels found as `Name:`, `strong` those with a time or in bold, each as often as it occurs, `places`
    is how many paragraphs or cues could have one, `known` are names that the file declares, `opens` says that the file
    begins with a label. Prose has a `Word:` now and then: labels count only when names recur or cover most of the
    file.
    """
    weak, strong = Counter(weak), Counter(strong)
    stage = {name for name in {*weak, *strong} if is_stage_label(name)}
    bold = {name: count for name, count in strong.items() if is_name(name)}
    plain = {name: count for name, count in weak.items() if is_name(name)}
    heavy, total = sum(bold.values()), sum(plain.values())
    if heavy > 1 or (bold and heavy * 2 >= places):
        return frozenset({*stage, *bold, *(name for name in plain if name in known)})
    recurring = {name: count for name, count in plain.items() if count > 1}
    again = sum(recurring.values())
    covers = total > 1 and total * 2 >= places
    if not covers and not (
        again > 1 and (again * 3 >= places or (len(recurring) > 1 and (opens or again * 10 >= places)))
    ):
        return frozenset()
    return frozenset({*stage, *(name for name in plain if name in recurring or name in known or covers or " " in name)})
