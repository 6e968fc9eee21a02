"""Judging a claimed quote against what was said."""

from bot.search.verify.claim import Quoted, asks_for_check, read_claim
from bot.search.verify.speakers import Names, bare, is_by
from bot.search.verify.verdict import Judgement, Verdict, join, judge, stands_beside

__all__ = [
    "Judgement",
    "Names",
    "Quoted",
    "Verdict",
    "asks_for_check",
    "bare",
    "is_by",
    "join",
    "judge",
    "read_claim",
    "stands_beside",
]
