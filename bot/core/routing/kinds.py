"""Messages that are no question to a transcript: talk, the bot, facts of the library, a quote please, a moment.

Each is recognised by nearness to the examples of `kinds.toml`. A message that says anything else besides that the shows
speak of, is none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.contract import Use
from bot.core.routing.intent import Intent
from bot.core.routing.nearness import BUT, read_nearness
from bot.core.routing.recognition import is_said_to_bots
from bot.core.routing.rows import pattern, wonders
from bot.language import find_moment, stop_words
from bot.policy.refusals import hostile

if TYPE_CHECKING:
    from bot.core.routing.intent import Known
    from bot.core.routing.nearness import Near, Nearness

__all__ = ["fact_of", "intent_of", "kind_of", "read_kind"]

NEAR, MARGIN = 0.72, 0.02
"""How near an example a message must be to be of its kind, and how much nearer than to those of any other."""

CLEARLY_NEAR, CLEAR_MARGIN = 0.6, 0.35
"""The same for one that asks as the example does, and says nothing else."""

MOMENT_NEAR = 0.64
"""How near an example a message with a time must be, to ask what was said then."""

FEWEST, MOST, SHORT = 3, 60, 6
"""Words of a message with which it may name something, those with which it is recognised by what it means at most, and
those of a statement that is too short to be a line."""

LIKELY, CERTAIN = 0.75, 0.99
"""The chance from which a message is of a kind, and that for one which may be a line, has a word of the shows, or asks
about one that few say to bots."""

MUCH_TOLD = 2
"""Words of the shows with which a message is about them, so that its meaning need not be worked out."""

HARDLY = 0.05
"""Share of the examples of a kind that ask something, below which what asks is none of it."""

HELLO, SIGNS = "hello", "signs"
"""What a message without words is: a welcome to a bare mention, a word on emoji."""

_MOMENT, _FACT, _LATEST = "moment", "fact.", "fact.latest"
_AND = re.compile(r"(?:[,;?]\s*|\s)and\s|[?;]\s")
_MOST_FACTS, _MOST_TALK = 4, 6

_TELLING = 2.5
"""Rarity from which a known topic's name is that topic, even where it is something to say to a bot too."""

_ALWAYS = ("talk.hello", "talk.thanks", "bot.help", "fact.")
"""Kinds whose words are never meant as a topic of that name."""

_TALKED_OF = frozenset({"self", "opinion"})
"""Refusals of what is said to a bot, which gets a friendlier line where it is recognised as talk."""

_SAID_TO, _ASKED_OF = ("talk.", "bot."), ("talk.", "bot.", "quote.")
"""Kinds of what is said to the bot itself, and with quotes of what nothing else may be asked beside."""

_GIVEN = ("quote.", "bot.help")
"""Kinds of what a bot can be asked to give, beside facts."""

_ADDRESS = frozenset({
    "you", "your", "yours", "yourself", "u", "ur", "ya", "youre", "bot", "bots", "this", "these", "here", "i", "im",
    "me", "my", "verbatim",
})  # fmt: skip
"""Words by which what somebody asks is asked of the bot."""

_YOU = frozenset({"you", "your", "yours", "yourself", "u", "ur", "bot", "verbatim"})
"""Words of a question to the bot, which may have words that nobody else says."""

_TO_SOMEBODY = frozenset({"talk.hello", "talk.thanks", "talk.goodbye", "talk.sorry"})
"""Kinds beside which a name may stand."""

_PERSONS = frozenset(["he", "she", "they", "him", "her", "them", "his", "hers", "their", "theirs", "we", "us", "our"])
_WORD = re.compile(r"[^\W_]+")
_CLOCK = re.compile(r"\d:[0-5]\d")
"""A time as a player shows it."""

_BESIDE = frozenset(
    {"this", "episode", "moment", "mark", "min", "minute", "at", "around", "about", "the", "in", "of", "on"}
)
"""Words beside a time of an episode that ask nothing else."""


def _examples() -> Nearness:
    return read_nearness("bot.core.routing", "kinds.toml")


@lru_cache(maxsize=1)
def _asking_nothing() -> frozenset[str]:
    """Return the kinds of which hardly an example asks something."""
    examples = _examples().examples
    asking = Counter(key for key, example in examples if wonders(example))
    return frozenset(key for key, count in Counter(key for key, _ in examples).items() if asking[key] < count * HARDLY)


@lru_cache(maxsize=1)
def _kinds() -> frozenset[str]:
    """Return the kinds that have an answer; what else is recognised is read by its words."""
    return frozenset(key for key, _ in _examples().examples) - {_MOMENT}


def kind_of(text: str, known: Known) -> str | None:
    """Return the kind of a message, a key of `kinds.toml`; None for one that asks the transcripts something."""
    return _kind_by_words(text, known) or _kind_by_meaning(text, known)


def _kind_by_words(text: str, known: Known) -> str | None:
    """Return the kind of the example that a message is near to."""
    near = _near(text, known)
    if near is None or near.key == _MOMENT or _asks_what_is_said(text, near, known):
        return None
    if _is_near(near, known, text) and not _is_topic(text, near.key, known):
        return near.key
    # A name behind a greeting or thanks is whoever is greeted.
    name = text.rsplit(maxsplit=1)[-1]
    if near.key not in _TO_SOMEBODY or list(near.strange) != [word.casefold() for word in _WORD.findall(name)]:
        return None
    return near.key if _examples().same(text.removesuffix(name)) == near.key and not known.is_topic(text) else None


def _kind_by_meaning(text: str, known: Known, likely: float = LIKELY) -> str | None:
    """Return the kind of a message by what it means."""
    found = None if known.is_topic(text) else _recognised(text, known, likely)
    return found if found in _kinds() else None


def _recognised(text: str, known: Known, likely: float = LIKELY) -> str | None:
    """Return what a message is recognised as, unless it may be a line, a claim, an order, or about what is said."""
    count = len(_WORD.findall(text))
    if not 0 < count <= MOST or pattern("quoted").search(text):
        return None
    words = _examples().words(text)
    subjects = [word for word in words if not (word in _function() or is_said_to_bots(word))]
    if count < FEWEST:  # it may be a topic, said or not
        likely = CERTAIN
        if subjects:
            return None
    told = [word for word in dict.fromkeys(subjects) if known.tells(word)]
    found = known.recognised(text) if len(told) < MUCH_TOLD else None
    asking = wonders(text)
    if found is None or found.chance < likely or (asking and found.key in _asking_nothing()):
        return None
    may_be_said = bool(told) or (asking and subjects and _YOU.isdisjoint(_words(text)))
    may_be_line = len(words) > SHORT and not asking
    if found.chance < (CERTAIN if may_be_said or may_be_line else likely):
        return None
    refused = hostile(text, known.speakers, known.says)
    return None if known.says(text) or (refused and refused.key not in _TALKED_OF) else found.key


def _near(text: str, known: Known | None) -> Near | None:
    """Return what a message is nearest to, of the examples that ask as it does, and speak to the bot where it does."""
    asked = wonders(text)
    to_bot = _is_to_bot(text)
    exclaims = pattern("exclaims").match(text) is not None

    def fits(key: str, example: str) -> bool:
        if key.startswith(BUT):
            return wonders(example) == asked or not wonders(example)
        if not asked:
            return not (exclaims and wonders(example))
        said = to_bot or not key.startswith(_SAID_TO) or not _is_to_bot(example)
        return said and wonders(example) == asked

    return _examples().near(text, fits, known.tells if known else None)


def _is_to_bot(text: str) -> bool:
    """Say whether a message speaks to the bot, or of whoever wrote it."""
    return text[:7].casefold() == "how to " or not _ADDRESS.isdisjoint(_words(text))


@lru_cache(maxsize=5_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _asks_what_is_said(text: str, near: Near, known: Known) -> bool:
    """Say whether a message asks about a word that the shows say, though something like it is said to a bot too."""
    asks = bool(wonders(text))
    if near.key.startswith(_ALWAYS) and not asks and " " not in near.example:
        return False
    if not near.key.startswith(_ASKED_OF) or not (asks or text.rstrip().endswith("?")):
        return False
    typed = [word for word in _examples().words(text) if word not in _function()]
    beside = near.strange if _is_to_bot(text) else near.rest
    told = beside if asks else typed if len(typed) == 1 and not near.key.startswith("quote.") else ()
    return any(word not in _function() and known.tells(word) for word in told)


@lru_cache(maxsize=1)
def _function() -> frozenset[str]:
    """Return the words that are asked about by nobody."""
    return stop_words("commonest", "function", "contraction", "filler", "sound")


def is_bare_talk(text: str, kinds: frozenset[str]) -> bool:
    """Say whether a text is just what somebody says of one of some kinds, word by word."""
    each = _WORD.findall(text)
    return _examples().same(text) in kinds or (
        1 < len(each) <= _MOST_TALK and all(_examples().same(word) in kinds for word in each)
    )


def is_bare(text: str) -> bool:
    """Say whether a text is just one of the examples, of whatever kind."""
    return _examples().same(text) is not None


def _is_near(near: Near, known: Known, text: str = "") -> bool:
    """Say whether a message is of the kind it is nearest to: near enough, and with nothing else to tell."""
    lacks = {*_examples().words(near.example)} - {*_examples().words(text)}
    alike = not near.rest and lacks <= _function() and wonders(near.example) == wonders(text)
    clear = near.margin >= CLEAR_MARGIN and alike
    enough = MOMENT_NEAR if near.key == _MOMENT else CLEARLY_NEAR if clear else NEAR
    if near.score < enough or near.margin < MARGIN or _PERSONS.intersection(near.strange):
        return False
    strange = near.strange
    if near.key.startswith("talk.") and not wonders(near.example):
        strange = tuple(word for word in strange if not (_examples().same(word) or "").startswith("talk."))
    return not any(word not in _function() and known.tells(word) for word in strange)


def _is_topic(text: str, key: str, known: Known) -> bool:
    """Say whether a message is the very name of a topic, and not always meant as what it is near to."""
    if key.startswith(_ALWAYS):
        return False
    return known.is_topic(text) and (known.weigh(text) or 0.0) >= _TELLING


def read_kind(text: str, raw: str, known: Known) -> Intent | None:
    """Read a message that is no question to a transcript; None for any other.

    `text` are its words alone, `raw` the message with the links and signs that a platform writes.
    """
    found = _read_moment(raw, known) or _read_moment(text, known) or _beside_chapter(text, known)
    if found:
        return found
    if not any(map(str.isalnum, text)):
        return _wordless(raw, known)
    politely = pattern("politely").match(text)
    bare = text[politely.end() :] if politely else text
    asked, episode = _without_episode(bare, known)
    if episode:
        fact = fact_of(asked, known)
        if fact:
            return intent_of(f"fact.{fact}", episode)
        return intent_of(_LATEST) if kind_of(bare, known) == _LATEST else None
    if pattern("exclaims").match(text) and not known.says(text):
        return intent_of(kind_of(text, known) or "talk.ok")
    key = _facts_together(bare, known) or kind_of(text, known) or (_politely(text, bare, known) if politely else None)
    return intent_of(key) if key else _quote_wished(bare, known)


def _quote_wished(text: str, known: Known) -> Intent | None:
    """Read a wish for a quote about something, or by somebody, that is put in other words than those of `quote-of`."""
    about = pattern("subject").search(text)
    if about is None or _recognised(text, known) != "quote.about":
        return None
    return Intent(Use.DAILY, "", options=(("random", "yes"), ("about", about["subject"].strip())))


def _politely(text: str, bare: str, known: Known) -> str | None:
    """Return the kind of what is asked for in many words; what asks nothing is asked for only if it can be given."""
    key = kind_of(bare, known)
    if key is None or wonders(bare) or key.startswith(_FACT):
        return key
    return key if key.startswith(_GIVEN) and wonders(text) != "tell" else None


def _beside_chapter(text: str, known: Known) -> Intent | None:
    """Read a question which chapter comes before or after one."""
    found = pattern("beside-chapter").match(text)
    if found is None or not (found["named"] or known.is_topic(found["chapter"])):
        return None
    side = "before" if found["side"].casefold() == "before" else "after"
    return Intent(Use.LIBRARY, "", options=(("fact", side), ("chapter", found["chapter"])), needs_episode=True)


def _wordless(raw: str, known: Known) -> Intent:
    """Read a message without words: a bare mention is a greeting, a link is about its episode, the rest are signs."""
    if "://" in raw:
        linked = known.episode_at(raw)
        return intent_of("fact.about", linked) if linked else Intent(Use.TALK, "unknown-link")
    signs = pattern("mention").sub("", raw)
    return Intent(Use.TALK, SIGNS if any(sign.isprintable() and not sign.isspace() for sign in signs) else HELLO)


def fact_of(asked: str, known: Known | None = None) -> str | None:
    """Return what of an episode is asked for, where it is called “this episode”."""
    near = _near(asked, known)
    near_enough = near is not None and near.score >= NEAR and near.margin >= MARGIN
    if near and near_enough and near.key.startswith(_FACT) and (known is None or _is_near(near, known)):
        return near.key.removeprefix(_FACT)
    found = _kind_by_meaning(asked, known, CERTAIN) if known else None
    return found.removeprefix(_FACT) if found and found.startswith(_FACT) else None


def _facts_together(text: str, known: Known) -> str | None:
    """Read several facts asked for at once: that is what an episode is about."""
    parts = _AND.split(text)
    if len(parts) < 2:  # noqa: PLR2004 - several
        return None
    kinds = (kind_of(part, known) or "" for part in parts[:_MOST_FACTS])
    return "fact.about" if all(kind.startswith(_FACT) for kind in kinds) else None


def _without_episode(text: str, known: Known) -> tuple[str, str]:
    """Return a message with “this episode” for the one that it names, and what it names, "" where it names none."""
    title = known.title_in(text)
    begin = text.casefold().find(title.casefold()) if title else -1
    if begin >= 0:
        return f"{text[:begin]} this episode {text[begin + len(title) :]}", title
    short, show = _without_show(text, known)
    for found in pattern("names-episode").finditer(short):
        person = found["person"] or found["guest"]
        name = known.speaker_in(person) if person else next(filter(None, found.groups()))
        if name and not set(name.casefold().split()) & _NO_NAMES:
            named = " of ".join(filter(None, (name.strip(), show)))
            return f"{short[: found.start()]} this episode {short[found.end() :]}", named
    return text, ""


_OF = (" of", " from", " on", " in")
"""What stands between an episode and its show."""


def _without_show(text: str, known: Known) -> tuple[str, str]:
    """Return a message with “#12” for “Go Time 12” or “#12 of Go Time”, and the show; "" where it names none."""
    low = text.casefold()
    for name in known.show_names:
        begin = low.find(name)
        end = begin + len(name)
        if begin < 0 or (low[begin - 1 : begin] + low[end : end + 1]).strip(" ,.?!#-"):
            continue
        before, behind = text[:begin].rstrip(), text[end:].lstrip(" #,")
        if behind[:1].isdigit():
            return f"{before} #{behind}", name
        if before.casefold().endswith(_OF):
            return f"{before[: before.rindex(' ')]} {behind}", name
    return text, ""


_NO_NAMES = frozenset({"whole", "full", "entire", "same", "other", "current", "this", "that", "the", "of", "podcast"})
"""Words before “episode” that do not name one."""


def intent_of(key: str, episode: str = "") -> Intent:
    """Return what a kind asks for, of an episode where it is about one."""
    room, _, name = key.partition(".")
    if key in _WHOLE:
        use, options = _WHOLE[key]
        return Intent(use, "", options=options)
    if key == "fact.summary":
        return Intent(Use.TOPIC, "", options=(("episode", episode),) if episode else (), needs_episode=True)
    if room == "fact":
        return Intent(Use.LIBRARY, episode, options=(("fact", name),), needs_episode=not episode)
    return Intent(Use.TALK, name)


_WHOLE: dict[str, tuple[Use, tuple[tuple[str, str], ...]]] = {
    "bot.help": (Use.HELP, ()),
    "bot.privacy": (Use.PRIVACY, ()),
    "fact.episodes": (Use.LIBRARY, ()),
    _LATEST: (Use.LIBRARY, (("fact", "latest"),)),
    "quote.random": (Use.DAILY, (("random", "yes"),)),
    "quote.daily": (Use.DAILY, ()),
}
"""Kinds that a command answers, with its options."""


def _read_moment(text: str, known: Known) -> Intent | None:
    """Read a message that asks what is said at a moment; a link tells the episode."""
    found = find_moment(text)
    if found is None:
        return None
    asked, episode = _without_episode(found[1], known)
    near = _examples().near(asked)
    near_it = near is not None and near.key == _MOMENT and _is_near(near, known)
    alone = episode and _CLOCK.search(text) and not {*_WORD.findall(asked.casefold())} - _BESIDE
    if not (near_it or alone) and _recognised(text, known) != _MOMENT:
        return None
    linked = known.episode_at(text)
    if linked is None and "://" in text:
        return Intent(Use.TALK, "unknown-link")
    seconds = int(found[0])
    time = f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
    episode = linked or episode
    return Intent(Use.MOMENT, time, options=(("episode", episode),) if episode else (), needs_episode=not episode)
