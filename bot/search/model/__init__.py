"""An optional language model, which proposes and writes nothing; it is off unless an address is set."""

from bot.search.model.language_model import LanguageModel, open_model

__all__ = ["LanguageModel", "open_model"]
