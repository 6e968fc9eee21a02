"""The words that were said: shows, episodes, sentences, passages, and how they are read from files.

Checking and importing have doors of their own, `bot.corpus.check` and `bot.corpus.importing`: serving needs neither.
"""

from bot.corpus.adverts import advert_words
from bot.corpus.aliases import NO_ALIASES, Aliases, aliases_of
from bot.corpus.changes import state_of
from bot.corpus.curated import (
    HIGHLIGHTS,
    LONGEST_HIGHLIGHT,
    SHORTEST_HIGHLIGHT,
    CuratedHighlight,
    KeyPassage,
    curated_highlights,
    key_passages,
)
from bot.corpus.formats.stage import is_direction
from bot.corpus.library import Corpus, EpisodeEntry, open_corpus, read_show, without_withdrawn
from bot.corpus.model import Episode, Passage, Show
from bot.corpus.naming import read_number
from bot.corpus.transcript import Chapter, Person, Section
from bot.corpus.voices import names_somebody
from bot.corpus.withdrawn import WITHDRAWN, AllWithdrawnError, withdrawn_of
from bot.corpus.words import Word, fold, word_forms, words

__all__ = [
    "HIGHLIGHTS",
    "LONGEST_HIGHLIGHT",
    "NO_ALIASES",
    "SHORTEST_HIGHLIGHT",
    "WITHDRAWN",
    "Aliases",
    "AllWithdrawnError",
    "Chapter",
    "Corpus",
    "CuratedHighlight",
    "Episode",
    "EpisodeEntry",
    "KeyPassage",
    "Passage",
    "Person",
    "Section",
    "Show",
    "Word",
    "advert_words",
    "aliases_of",
    "curated_highlights",
    "fold",
    "is_direction",
    "key_passages",
    "names_somebody",
    "open_corpus",
    "read_number",
    "read_show",
    "state_of",
    "withdrawn_of",
    "without_withdrawn",
    "word_forms",
    "words",
]
