"""What the bot says at its start: what it knows, what one can type, what is off, and how far its reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters import PLATFORMS
from bot.commands import COMMAND_LINES, things_to_say
from bot.contract import Use
from bot.policy.texts import listed, say
from bot.settings import started_by

if TYPE_CHECKING:
    import datetime as dt

    from bot.corpus import Corpus
    from bot.delivery import Daily
    from bot.search import Searcher
    from bot.settings import Settings

__all__ = ["examples", "off", "welcome", "working_out"]

MOST_NAMED = 3
"""Shows and people that are named; of more it says how many."""

TRIED = 2
"""Examples of what one can type."""

_BAR = 20


def welcome(corpus: Corpus) -> str:
    """Return what is known here (shows, episodes, people), and what to do next."""
    shows = [show.title for show in corpus.shows]
    named = listed(shows) if len(shows) <= MOST_NAMED else say("welcome.shows", count=len(shows))
    people = corpus.speakers
    who = listed(people) if len(people) <= MOST_NAMED else say("welcome.people", count=len(people))
    episodes = say("episodes.count", count=len(corpus.entries))
    known = (
        say("welcome.known", shows=named, episodes=episodes, people=who)
        if people
        else say("welcome.known-unnamed", shows=named, episodes=episodes)
    )
    ways = [
        say("welcome.put-me-on", platform=platform.title, program=started_by(), name=platform.name)
        for platform in PLATFORMS
        if platform.asks
    ]
    return "\n".join((known, "", *ways, say("welcome.more", help=COMMAND_LINES.to(Use.HELP), program=started_by())))


async def examples(corpus: Corpus, search: Searcher, daily: Daily, day: dt.date) -> str:
    """Return two things to type, of a show that is loaded, "" where none is found."""
    tried = list(filter(None, await things_to_say(corpus, search, daily, day, waits=False)))[:TRIED]
    return "\n".join((say("welcome.try"), *(f"  {said}" for said in tried))) if tried else ""


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
    return say("welcome.reading", bar="█" * filled + "░" * (_BAR - filled), share=share)


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
    return say("welcome.off", parts=listed(parts), program=started_by()) if parts else ""
