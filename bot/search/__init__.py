"""Finding what people half remember: `Searcher` is the door."""

from typing import TYPE_CHECKING

from bot.language.names import named_speaker, with_names_as
from bot.search.ask.answers import Answer, Answered, Band
from bot.search.quote.query import LONGEST_QUERY
from bot.search.quote.rank import FOUND, Hit
from bot.search.scope import EVERYWHERE, Scope, scope_of
from bot.search.searcher import Searcher, load_meaning, open_searcher
from bot.search.verify.verdict import Difference, Judgement, Verdict

if TYPE_CHECKING:
    from bot.search.topic.topics import TopicFound  # noqa: TC004 - a type only: importing it loads NumPy

__all__ = [
    "EVERYWHERE",
    "FOUND",
    "LONGEST_QUERY",
    "Answer",
    "Answered",
    "Band",
    "Difference",
    "Hit",
    "Judgement",
    "Scope",
    "Searcher",
    "TopicFound",
    "Verdict",
    "load_meaning",
    "named_speaker",
    "open_searcher",
    "scope_of",
    "with_names_as",
]
