"""Other spellings of a question's words: what an abbreviation stands for, and what a show's alias file says.

An abbreviation that the conversation spells out is read as those words, and words whose abbreviation it uses as that;
`aliases.toml` adds what nobody can work out. All of it only widens what is searched for.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import NO_ALIASES, Aliases, aliases_of, fold, words
from bot.errors import TranscriptError
from bot.language import stop_words
from bot.search.index.models import weights_folder
from bot.search.index.phrases import hollow_words
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Corpus, Episode, Word
    from bot.search.index.words import WordIndex

__all__ = ["abbreviations", "is_english", "known_aliases", "other_words", "question_words"]

MOST_SPELLED_OUT = 50
"""Episodes that are looked through for abbreviations and their words; takes 10 ms an episode, once."""

_ENDING = re.compile(r"(?:'s|s|es|ed|d|ing|er|ers|ly)$")
_TOKEN = re.compile(r"[^\W_]+")
_INSIDE = re.compile(r"[.?!,;:\n]")
_VOWELS = frozenset("aeiouy")
_SHORT, _LONG = 2, 6
_SHORTEST_KNOWN = 3
_log = logging.getLogger(__name__)


@remembered(4)
def known_aliases(corpus: Corpus) -> Aliases:
    """Return the aliases of a corpus, read once; none, and a line in the log, when a file of them is wrong."""
    try:
        return aliases_of(corpus)
    except TranscriptError as error:
        _log.warning("no aliases are used: %s", error)
        return NO_ALIASES


def question_words() -> frozenset[str]:
    """Return words that a question has whatever it asks."""
    return stop_words("commonest", "function", "contraction", "light", "reporting")


def is_english(form: str) -> bool:
    """Say whether a word, or what it is without its ending, is a common English one: no slip of another.

    The language models' vocabulary knows 20,000; without the models no word is known to be English.
    """
    known = _vocabulary()
    return form in known or _ENDING.sub("", form) in known


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """Return the whole words of four letters or more that the language models know, read once (20 ms)."""
    folder = weights_folder()
    path = folder / "bge_small_en" / "vocab.txt" if folder else None
    if path is None or not path.is_file():
        return frozenset()
    return frozenset(word for word in path.read_text("utf-8").split() if len(word) > _SHORTEST_KNOWN and word.isalpha())


def other_words(corpus: Corpus, index: WordIndex, text: str) -> dict[str, tuple[str, ...]]:
    """Return for words of a text (by their form) what the conversations say for them: wordings that are said there."""
    found: dict[str, dict[str, None]] = {}
    forms = [word.form.removesuffix("'s") for word in words(text)]

    def add(replaced: set[str], wording: str) -> None:
        stems = index.stems(wording)
        if stems and all(map(index.count, stems)):
            for form in replaced & set(forms):
                found.setdefault(form, {})[wording] = None

    for name, wordings in known_aliases(corpus).within(text).items():
        own = {word.form for word in words(name)}
        own |= {form + "s" for form in own} | {form.removesuffix("s") for form in own}
        for wording in wordings:
            add(own, wording)
    for run, capitals in _find_abbreviations(corpus, forms):
        add(set(run), capitals)
    return {form: tuple(wordings) for form, wordings in found.items()}


def _find_abbreviations(corpus: Corpus, forms: list[str]) -> Iterator[tuple[list[str], str]]:
    """Yield each run of words whose first letters are an abbreviation that is said: artificial general …: AGI."""
    if len(corpus.entries) > MOST_SPELLED_OUT:
        return
    said: set[str] = set().union(*(_capitals(corpus.episode(number)) for number in range(len(corpus.entries))))
    stop = question_words()
    for length in range(_SHORT + 1, _LONG + 1):
        for at in range(len(forms) - length + 1):
            run = forms[at : at + length]
            capitals = "".join(form[0] for form in run).upper()
            if capitals in said and not {run[0], run[-1]} & stop:
                yield run, capitals


@lru_cache(maxsize=MOST_SPELLED_OUT)
def _capitals(episode: Episode) -> frozenset[str]:
    """Return the words of an episode that are written in capitals."""
    return frozenset(
        token for token in _TOKEN.findall(episode.text) if token.isupper() and _SHORT < len(token) <= _LONG
    )


def abbreviations(corpus: Corpus, index: WordIndex, question: str) -> dict[str, list[str]]:
    """Return what the abbreviations in a question stand for in the conversation: phrases with those initials.

    RLHF: reinforcement learning with human feedback; E2EE: end-to-end encryption.
    """
    if len(corpus.entries) > MOST_SPELLED_OUT:
        return {}
    found = {}
    for token in dict.fromkeys(_TOKEN.findall(question)):
        form = fold(token)
        if not _SHORT <= len(token) <= _LONG or token.isdigit() or not token.isascii():
            continue
        if not (token.isupper() or (len(token) > _SHORT and not _VOWELS & set(form))):
            continue
        phrases: dict[str, int] = {}
        for number in range(len(corpus.entries)):
            for phrase in _phrases(corpus.episode(number), form):
                phrases[phrase] = phrases.get(phrase, 0) + 1
        # A phrase must be said more often than its letters are, and twice for two letters: any words may begin so.
        spoken = max(map(index.count, index.stems(form)), default=0)
        least = max(spoken + 1, _SHORT if len(token) == _SHORT else 1)
        usual = sorted((p for p, count in phrases.items() if count >= least), key=lambda p: (-phrases[p], p))
        if usual:
            found[form] = usual[:2]
    return found


def _phrases(episode: Episode, form: str) -> Iterator[str]:
    """Yield each phrase of an episode whose words, or whose words that matter, begin with the letters."""
    letters = re.sub(r"\d", lambda match: {"2": "t", "4": "f"}.get(match[0], match[0]), form)
    seen = set()
    hollows = (question_words(), hollow_words() | question_words())
    for (run, initials), hollow in zip(_initials(episode), hollows, strict=True):
        at = initials.find(letters)
        while at >= 0:
            first, last = run[at], run[at + len(letters) - 1]
            phrase = episode.text[first.begin : last.end]
            telling = not {first.form, last.form} & hollow
            if telling and first.begin not in seen and not _INSIDE.search(phrase) and len(phrase) <= 16 * len(letters):
                seen.add(first.begin)
                yield fold(phrase)
            at = initials.find(letters, at + 1)


@lru_cache(maxsize=MOST_SPELLED_OUT)
def _initials(episode: Episode) -> tuple[tuple[list[Word], str], ...]:
    """Return the words of an episode and of those the ones that matter, each with their first letters as a text."""
    everything, stop = words(episode.text), question_words()
    telling = [word for word in everything if word.form not in stop]
    return tuple((run, "".join(word.form[0] for word in run)) for run in (everything, telling))
