"""What makes a good daily highlight, and which one is next: `Highlights` is the door."""

from bot.highlights.choice import Highlight, Highlights
from bot.highlights.score import Judged, judge, read

__all__ = ["Highlight", "Highlights", "Judged", "judge", "read"]
