"""The core: a Request in, a Reply out, the same for every platform."""

from bot.core.answer import Core

__all__ = ["Core"]
