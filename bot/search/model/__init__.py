"""An optional language model, which proposes and writes nothing; it is off unless an address is set."""

from bot.search.model.language_model import LanguageModel, open_model
from bot.search.model.questions import ask_ahead

__all__ = ["LanguageModel", "ask_ahead", "open_model"]
