"""What makes a good daily highlight, and which one is next: `Highlights` is the door."""

from bot.highlights.choice import Highlight, Highlights
from bot.highlights.score import Judged, judged, read

__all__ = ["Highlight", "Highlights", "Judged", "judged", "read"]
