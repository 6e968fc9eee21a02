"""The core: a Request in, a Reply out, the same for every platform."""

from bot.core.answer import Core
from bot.core.library import Library

__all__ = ["Core", "Library"]
