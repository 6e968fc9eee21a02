"""The core: a Request in, a Reply out, the same for every platform."""

from bot.core.answer import SHARE, Answered, Core
from bot.core.library import Library

__all__ = ["SHARE", "Answered", "Core", "Library"]
