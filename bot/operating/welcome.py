"""What the bot says at its start: what it knows, what one can type, what is off, and how far its reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters import PLATFORMS
from bot.contract import Author, Channel, Request, Use
from bot.policy.texts import listed, say
from bot.settings import program

if TYPE_CHECKING:
    from bot.core import Core
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.settings import Settings

__all__ = ["examples", "off", "welcome", "working_out"]

MOST_NAMED = 3
"""Shows and people that are named; of more it says how many."""

TRIED = 2
"""Examples of what one can type."""

_BAR = 20
_DESK = Channel("console", "welcome")


def welcome(corpus: Corpus) -> str:
    """Return what is known here: shows, episodes, people."""
    shows = [show.title for show in corpus.shows]
    named = listed(shows) if len(shows) <= MOST_NAMED else say("welcome.shows", count=len(shows))
    people = corpus.speakers
    who = listed(people) if len(people) <= MOST_NAMED else say("welcome.people", count=len(people))
    episodes = say("episodes.count", count=len(corpus.entries))
    if not people:
        return say("welcome.known-unnamed", shows=named, episodes=episodes)
    return say("welcome.known", shows=named, episodes=episodes, people=who)


async def examples(core: Core) -> str:
    """Return two things to type, of a show that is loaded, and what to do next."""
    helped = await core.answer(Request(_DESK, Author("welcome"), text=core.lines.to(Use.HELP)))
    tried = [said for card in helped.cards for _, said in card.fields][:TRIED]
    lines = [say("welcome.try"), *(f"  {said.removesuffix(' …')}" for said in tried), ""] if tried else []
    lines += [
        say("welcome.put-me-on", platform=platform.title, program=program(), name=platform.name)
        for platform in PLATFORMS
        if platform.asks
    ]
    return "\n".join((*lines, say("welcome.more", help=core.lines.to(Use.HELP), program=program())))


def working_out(search: Searcher, corpus: Corpus, most: int) -> str:
    """Return how far the bot is with what sentences mean, of the `most` newest episodes (0: all); "" if all."""
    if search.is_loading:
        return say("welcome.loading")
    count = min(most or len(corpus.entries), len(corpus.entries))
    known = search.known
    if known is None or known >= count:
        return ""
    share = search.share_read
    filled = round(share * _BAR)
    return say("welcome.reading", bar="█" * filled + "░" * (_BAR - filled), share=share, known=known, count=count)


def off(settings: Settings, *, has_store: bool) -> str:
    """Return what is switched off or lacks something, and how to look closer; "" when nothing is."""
    parts = []
    if not settings.verbatim_semantic:
        parts.append(say("welcome.off-meaning"))
    if not has_store:
        parts.append(say("welcome.off-store"))
    elif "worker" not in settings.verbatim_roles:
        parts.append(say("welcome.off-posts"))
    parts += [
        say("welcome.off-platform", platform=platform.title)
        for platform in PLATFORMS
        if settings.gives(platform.tokens) and platform.role(settings) not in settings.verbatim_roles
    ]
    return say("welcome.off", parts=listed(parts), program=program()) if parts else ""
