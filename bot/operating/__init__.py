"""Looking after the bot: what is wrong with it (`doctor`), setting it up (`setup`), and what it says at its start."""

from bot.operating.progress import Bar
from bot.operating.welcome import examples, off, welcome, working_out

__all__ = ["Bar", "examples", "off", "welcome", "working_out"]
