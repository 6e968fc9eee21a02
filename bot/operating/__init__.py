"""Looking after the bot: what is wrong with it (`doctor`), setting it up, and what it says at its start."""

from bot.operating.doctor import run_doctor
from bot.operating.progress import Bar
from bot.operating.setup import Dialogue, run_setup
from bot.operating.welcome import examples, off, welcome, working_out

__all__ = ["Bar", "Dialogue", "examples", "off", "run_doctor", "run_setup", "welcome", "working_out"]
