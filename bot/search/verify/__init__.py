"""Judging a claimed quote against what was said."""

from bot.search.verify.speakers import is_by
from bot.search.verify.verdict import Judgement, Verdict, judge, split_speaker

__all__ = ["Judgement", "Verdict", "is_by", "judge", "split_speaker"]
