"""The commands members can use, in the order `/help` lists them."""

from bot.commands.about import about
from bot.commands.episodes import episodes
from bot.commands.help import help_
from bot.commands.proof import proof
from bot.commands.quote import quote
from bot.commands.show import show
from bot.commands.verify import verify

__all__ = ["COMMANDS"]

COMMANDS = (quote, verify, show, proof, episodes, help_, about)
