"""Judging a claimed quote against what was said."""

from bot.search.verify.verdict import Difference, Judgement, Verdict, judge, split_speaker

__all__ = ["Difference", "Judgement", "Verdict", "judge", "split_speaker"]
