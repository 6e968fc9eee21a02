"""Finding the line somebody half remembers."""

from bot.search.quote.query import LONGEST_QUERY
from bot.search.quote.rank import FOUND, Hit, rank

__all__ = ["FOUND", "LONGEST_QUERY", "Hit", "rank"]
