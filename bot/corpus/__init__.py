"""The words that were said: shows, episodes, sentences, passages, and how they are read from files."""

from bot.corpus.curated import CuratedHighlight, curated_highlights
from bot.corpus.library import Corpus, open_corpus
from bot.corpus.model import Episode, Passage, Show
from bot.corpus.transcript import Section
from bot.corpus.words import Word, fold, words

__all__ = [
    "Corpus",
    "CuratedHighlight",
    "Episode",
    "Passage",
    "Section",
    "Show",
    "Word",
    "curated_highlights",
    "fold",
    "open_corpus",
    "words",
]
