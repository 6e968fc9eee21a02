"""Phrases that speakers use again and again: names of topics."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.corpus import Section, words
from bot.language import stop_words

if TYPE_CHECKING:
    from bot.corpus import Episode

__all__ = ["hollow_words", "phrases_of"]

_PHRASE_TIMES = 3
_PHRASE_LENGTHS = (2, 3)
_SHORTEST_END = 3

# What a transcript marks and nobody says: [laughs], *fail sound*, ♪ … ♪, (applause).
_MARKED = re.compile(r"\[[^\[\]]{0,80}\]|\([^()]{0,80}\)|\*[^*]{0,80}\*|♪[^♪]{0,200}♪")

_HOLLOW = ("commonest", "function", "contraction", "filler", "sound", "light", "plain", "usual", "hollow")


def hollow_words() -> frozenset[str]:
    """Return words that begin and end no phrase."""
    return stop_words(*_HOLLOW)


def phrases_of(episode: Episode) -> dict[str, int]:
    """Return phrases of two or three words said several times in the conversation, each in its most usual spelling."""
    times: Counter[tuple[str, ...]] = Counter()
    spelled: dict[tuple[str, ...], Counter[str]] = {}
    hollow = hollow_words() | {word.form for name in _names(episode) for word in words(name)}
    for number, paragraph in enumerate(episode.sentences.paragraphs):
        if episode.paragraphs[paragraph].section is not Section.CONVERSATION:
            continue
        text = _MARKED.sub(lambda mark: "," * len(mark[0]), episode.passage(number, number).text)
        found = words(text)
        for length in _PHRASE_LENGTHS:
            for run in zip(*(found[step:] for step in range(length)), strict=False):
                forms = tuple(word.form for word in run)
                said = text[run[0].begin : run[-1].end]
                ends = (forms[0], forms[-1])
                if all(
                    len(form) >= _SHORTEST_END and form not in hollow and not form.isdecimal() for form in ends
                ) and _is_apart(text, said, run[0].begin):
                    times[forms] += 1
                    spelled.setdefault(forms, Counter())[said] += 1
    often = {forms: count for forms, count in times.items() if count >= _PHRASE_TIMES}
    whole = [f for f, c in often.items() if not any(_inside_of(f, longer) and often[longer] >= c for longer in often)]
    return {spelled[forms].most_common(1)[0][0]: often[forms] for forms in whole}


def _names(episode: Episode) -> set[str]:
    """Return who speaks or takes part: their names are said all over, and are no topics of two words."""
    spoken = {paragraph.speaker for paragraph in episode.paragraphs if paragraph.speaker}
    return spoken | {person.name for person in episode.meta.people}


def _is_apart(text: str, said: str, begin: int) -> bool:
    """Say whether a run of words is whole: no comma in it, no hyphen at its ends."""
    return "," not in said and "-" not in {text[begin - 1 : begin], text[begin + len(said) : begin + len(said) + 1]}


def _inside_of(short: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    return len(short) < len(longer) and short in {longer[:-1], longer[1:]}
