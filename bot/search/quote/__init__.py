"""Finding the line somebody half remembers."""

from bot.search.quote.rank import FOUND, Hit, rank

__all__ = ["FOUND", "Hit", "rank"]
