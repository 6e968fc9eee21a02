"""Phrases that speakers use again and again: names of topics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.corpus import Section, words

if TYPE_CHECKING:
    from bot.corpus import Episode

__all__ = ["COMMON", "phrases_of"]

_PHRASE_TIMES = 3
_PHRASE_LENGTHS = (2, 3)
_SHORTEST_END = 3

COMMON = frozenset(
    "a able about actually ago all already also am amount an and any are around as at back basically be "  # noqa: SIM905
    "because been before being best better big bit bunch but by can can't could day days design did didn't "
    "different do does doesn't doing don't down end even every fair feel feels few first for from get getting "
    "give go goes going gonna good got great had happen happened hard has have he he's her here him his how i "
    "i'd i'll i'm i've if important in interesting into is isn't it it's its just keep kind know last less let "
    "let's life like little long look lot lots love made make makes many maybe me mean more most much "
    "my need new next no not now number of off oh okay on one or other our out over own part people person "
    "place point pretty probably problem put question quite really reason rest right said same say see sense "
    "set she she's should side so some something sort start still stuff such sure take talk tell than that "
    "that's the their them then there there's these they they're thing things think thinking this those though "
    "thought through time times to today too try trying two uh um understand up us use used using very want "
    "was wasn't way ways we we'll we're we've well were what what's whatever when where whether which while "
    "who whole why will with without won't work world would yeah year years yes you you'd you're you've your".split()
)
"""Words that begin and end no phrase."""


def phrases_of(episode: Episode) -> dict[str, int]:
    """Return phrases of two or three words said several times in the conversation, each in its most usual spelling."""
    times: Counter[tuple[str, ...]] = Counter()
    spelled: dict[tuple[str, ...], Counter[str]] = {}
    hollow = COMMON | {word.form for name in _names(episode) for word in words(name)}
    for number, paragraph in enumerate(episode.sentences.paragraphs):
        if episode.paragraphs[paragraph].section is not Section.CONVERSATION:
            continue
        text = episode.passage(number, number).text
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
