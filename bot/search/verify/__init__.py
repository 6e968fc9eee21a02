"""Judging a claimed quote against what was said."""

from bot.search.verify.verdict import Judgement, Verdict, judge, split_speaker

__all__ = ["Judgement", "Verdict", "judge", "split_speaker"]
