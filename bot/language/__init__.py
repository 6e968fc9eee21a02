"""English as it is typed and spoken: tokens, stop words, shorthand, spelling, likeness, names of people, moments."""

from bot.language.likeness import (
    edits,
    join_marks,
    letters_alike,
    nearest,
    pair_words,
    place_letters,
    ratio,
    same_words,
    words_begun,
)
from bot.language.moments import MOMENT, find_moment, read_moment
from bot.language.names import named_speaker, speaker_in, ways_to_name, with_names_as
from bot.language.patterns import Row, read_rows, read_table, read_words
from bot.language.shorthand import shorthand
from bot.language.spelling import is_slip, look_alike, real_words, respell
from bot.language.stop import stop_words
from bot.language.tokens import Gap, Token, is_content, is_negation, plain_letters, tokens, weight, word_set
from bot.language.tongues import OTHER, foreign_language
from bot.language.unsaid import only_words

__all__ = [
    "MOMENT",
    "OTHER",
    "Gap",
    "Row",
    "Token",
    "edits",
    "find_moment",
    "foreign_language",
    "is_content",
    "is_negation",
    "is_slip",
    "join_marks",
    "letters_alike",
    "look_alike",
    "named_speaker",
    "nearest",
    "only_words",
    "pair_words",
    "place_letters",
    "plain_letters",
    "ratio",
    "read_moment",
    "read_rows",
    "read_table",
    "read_words",
    "real_words",
    "respell",
    "same_words",
    "shorthand",
    "speaker_in",
    "stop_words",
    "tokens",
    "ways_to_name",
    "weight",
    "with_names_as",
    "word_set",
    "words_begun",
]
