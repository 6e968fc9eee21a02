"""The commands members can use, in the order `/help` lists them."""

from bot.commands.about import about
from bot.commands.ask import ask
from bot.commands.declaration import (
    Command,
    Context,
    Menu,
    Param,
    Parameter,
    Place,
    Suggestion,
    Use,
    command,
    lines_of,
    public_commands,
)
from bot.commands.detail import detail
from bot.commands.episodes import episodes
from bot.commands.help import help_, things_to_say
from bot.commands.highlight import highlight
from bot.commands.highlight_score import highlight_score
from bot.commands.moment import moment
from bot.commands.privacy import privacy
from bot.commands.proof import proof
from bot.commands.quote import quote
from bot.commands.settings import settings
from bot.commands.setup import setup, setup_step
from bot.commands.show import show
from bot.commands.talk import talk
from bot.commands.topic import topic
from bot.commands.verify import verify
from bot.commands.vote import vote

__all__ = [
    "COMMANDS",
    "COMMAND_LINES",
    "Command",
    "Context",
    "Menu",
    "Param",
    "Parameter",
    "Place",
    "Suggestion",
    "Use",
    "command",
    "lines_of",
    "public_commands",
    "things_to_say",
]

COMMANDS = (
    quote,
    verify,
    ask,
    topic,
    highlight,
    show,
    detail,
    proof,
    episodes,
    moment,
    setup,
    settings,
    highlight_score,
    privacy,
    help_,
    about,
    vote,
    setup_step,
    talk,
)

COMMAND_LINES = lines_of(COMMANDS)
"""How to type what buttons and sentences offer."""
