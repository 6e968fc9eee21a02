"""Finding what people half remember: `Searcher` is the door."""

from bot.search.query import LONGEST_QUERY
from bot.search.rank import FOUND, Hit
from bot.search.searcher import Searcher, open_searcher

__all__ = ["FOUND", "LONGEST_QUERY", "Hit", "Searcher", "open_searcher"]
