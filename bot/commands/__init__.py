"""The commands members can use, in the order `/help` lists them."""

from bot.commands.about import about
from bot.commands.ask import ask
from bot.commands.episodes import episodes
from bot.commands.help import help_
from bot.commands.proof import proof
from bot.commands.quote import quote
from bot.commands.show import show
from bot.commands.topic import topic
from bot.commands.verify import verify

__all__ = ["COMMANDS"]

COMMANDS = (quote, verify, ask, topic, show, proof, episodes, help_, about)
