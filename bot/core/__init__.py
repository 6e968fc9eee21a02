"""The core: a Request in, a Reply out, the same for every platform."""

from bot.core.answer import SHARE, Answered, Core

__all__ = ["SHARE", "Answered", "Core"]
