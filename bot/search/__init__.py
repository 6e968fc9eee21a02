"""Finding what people half remember: `Searcher` is the door."""

from typing import TYPE_CHECKING

from bot.search.alone import stand_alone
from bot.search.ask import Answer, Answered, Band
from bot.search.background import Background
from bot.search.episodes import NamedEpisodes, OnSubject, episodes_named, newest_first, people_of
from bot.search.examples import Subject, remembered_words, subjects
from bot.search.excerpt import (
    LONGEST_EXCERPT,
    best_part,
    cut_line,
    excerpt,
    fit_line,
    fit_part,
    marked_sentence,
    sentences_of,
)
from bot.search.facts import chapter_lines, facts_of, is_host, length_of, people_in_words
from bot.search.index.words import count_indexed
from bot.search.meaning import load_embeddings, open_embeddings
from bot.search.model import LanguageModel, ask_ahead, open_model
from bot.search.quote import FOUND, Hit
from bot.search.remembered import forget
from bot.search.scope import Scope, find_scope, scope_of, shows_named, where
from bot.search.searcher import Searcher, open_searcher
from bot.search.verify import Judgement, Verdict, asks_for_check, read_claim

if TYPE_CHECKING:
    from bot.search.index.embeddings import Embeddings  # noqa: TC004 - types only: importing them loads NumPy
    from bot.search.topic import Choice, InEpisode, Part, Stretch, TopicFound  # noqa: TC004

__all__ = [
    "FOUND",
    "LONGEST_EXCERPT",
    "Answer",
    "Answered",
    "Background",
    "Band",
    "Choice",
    "Embeddings",
    "Hit",
    "InEpisode",
    "Judgement",
    "LanguageModel",
    "NamedEpisodes",
    "OnSubject",
    "Part",
    "Scope",
    "Searcher",
    "Stretch",
    "Subject",
    "TopicFound",
    "Verdict",
    "ask_ahead",
    "asks_for_check",
    "best_part",
    "chapter_lines",
    "count_indexed",
    "cut_line",
    "episodes_named",
    "excerpt",
    "facts_of",
    "find_scope",
    "fit_line",
    "fit_part",
    "forget",
    "is_host",
    "length_of",
    "load_embeddings",
    "marked_sentence",
    "newest_first",
    "open_embeddings",
    "open_model",
    "open_searcher",
    "people_in_words",
    "people_of",
    "read_claim",
    "remembered_words",
    "scope_of",
    "sentences_of",
    "shows_named",
    "stand_alone",
    "subjects",
    "where",
]
