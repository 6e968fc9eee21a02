"""Finding what people half remember: `Searcher` is the door."""

from bot.search.query import LONGEST_QUERY, named_speaker
from bot.search.rank import FOUND, Hit
from bot.search.scope import EVERYWHERE, Scope, scope_of
from bot.search.searcher import Searcher, load_meaning, open_searcher
from bot.search.verdict import Difference, Judgement, Verdict

__all__ = [
    "EVERYWHERE",
    "FOUND",
    "LONGEST_QUERY",
    "Difference",
    "Hit",
    "Judgement",
    "Scope",
    "Searcher",
    "Verdict",
    "load_meaning",
    "named_speaker",
    "open_searcher",
    "scope_of",
]
