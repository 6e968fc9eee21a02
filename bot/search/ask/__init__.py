"""Answering a question with what was said."""

from bot.search.ask.answers import Answer, Answered, Band, answer
from bot.search.ask.likely import answer_chances
from bot.search.ask.question import LONGEST_QUESTION

__all__ = ["LONGEST_QUESTION", "Answer", "Answered", "Band", "answer", "answer_chances"]
