"""`/help`: three things to say to me, where the rest stands, all commands, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Command, Context, Param, Prompt, Use, command, public_commands
from bot.contract import Button, Card, Outcome, Reply, Role, Span, Style
from bot.errors import UserError
from bot.policy.texts import listed, say
from bot.search import Band, remembered_words, subjects

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from bot.corpus import Corpus
    from bot.delivery import Daily
    from bot.search import Searcher, Subject

__all__ = ["help_", "things_to_say"]

ALL = "all"
"""What lists all commands."""

MOST_TRIED = 4
"""Subjects that are asked about until one has an answer: what I offer as an example has to work."""

MOST_NAMED = 3
"""Shows that the first sentence names; of more it says how many."""


def _commands_for(ctx: Context) -> list[Command]:
    """Return the commands this member is told of."""
    return [known for known in public_commands(ctx.commands) if ctx.request.author.admin or not known.admin]


def _names(ctx: Context, _typed: str) -> Sequence[str]:
    return [ALL, *(known.name for known in _commands_for(ctx))]


@command(
    "What I can do, and how to ask",
    name="help",
    examples=("help", "help all", "help quote"),
    private=True,
    use=Use.HELP,
    always=True,
    prompts=(Prompt("What can you do?", "What can you do?"),),
)
async def help_(
    ctx: Context, name: Annotated[str, Param("A command you want to know more about", complete=_names)] = ""
) -> Reply:
    """Answer with what one can say, with all commands, or with one in detail."""
    wanted = name.strip().removeprefix("/").casefold()
    if not wanted:
        return await _welcome(ctx)
    if wanted == ALL:
        body: list[Span] = []
        for known in _commands_for(ctx):
            body += [Span(f"/{known.name}", Style.CODE), Span(f"  {known.description}\n")]
        card = Card(Role.INFO, body=(*body[:-1], Span(body[-1].text.rstrip())))
        return Reply(say("help.all"), Outcome.FOUND, cards=(card,), aside=say("help.more", help=ctx.lines.to(Use.HELP)))
    found = next((known for known in ctx.commands if known.name == wanted), None)
    if found is None:
        raise UserError(say("help.no-command", name=wanted[:40], help=ctx.lines.to(Use.HELP, ALL)))
    return Reply(found.description + ".", Outcome.FOUND, cards=(_detail(found),))


async def _welcome(ctx: Context) -> Reply:
    """Say what I do, with three things to say that work on a show I know, and where the rest stands."""
    shows = [show.title for show in ctx.corpus.shows]
    named = listed(shows) if len(shows) <= MOST_NAMED else say("help.shows", count=len(shows))
    question, line, topic = await things_to_say(ctx.corpus, ctx.search, ctx.daily, ctx.now.date())
    fields = [
        (say("help.question"), question),
        (say("help.line"), f"{line} …" if line else ""),
        (say("help.topic"), topic),
    ]
    every, library, about = ctx.lines.to(Use.HELP, ALL), ctx.lines.to(Use.LIBRARY), ctx.lines.to(Use.ABOUT)
    mention = say("help.mention") if ctx.request.channel.tenant else ""
    rest = say("help.rest", every=every, library=library, about=about)
    return Reply(
        say("help.lead", shows=named),
        Outcome.FOUND,
        cards=(Card(Role.INFO, fields=tuple((label, said) for label, said in fields if said)),),
        buttons=(
            Button(say("buttons.commands"), every),
            Button(say("buttons.shows"), library),
            Button(say("buttons.about"), about),
        ),
        aside=f"{mention} {rest}".strip(),
    )


async def things_to_say(
    corpus: Corpus, search: Searcher, daily: Daily, day: dt.date, *, waits: bool = True
) -> tuple[str, str, str]:
    """Return a question that has an answer, words of a line, and a subject to open; each "" where nothing is found.

    Without `waits`, models that are being loaded are not waited for.
    """
    known = await search.run(lambda: subjects(corpus, search.topic_names()))
    question, topic = "", known[0].name if known else ""
    for subject in known[:MOST_TRIED]:
        asked = _question(subject)
        if (await search.answer(asked, 1, waits=waits)).band is Band.ANSWERS:
            question, topic = asked, next((other.name for other in known if other != subject), subject.name)
            break
    found = await daily.of_date(day, ())
    line = await search.run(lambda: remembered_words(found.passage, search.weight)) if found else ""
    return question, line, topic


def _question(subject: Subject) -> str:
    if subject.speaker:
        return say("help.what-somebody-says", speaker=subject.speaker, subject=subject.name)
    return say("help.what-they-say", subject=subject.name)


def _detail(known: Command) -> Card:
    """Lay out one command: usage, each parameter, examples."""
    fields = [(parameter.name, parameter.about.description) for parameter in known.parameters]
    fields += [(say("help.example"), f"/{example}") for example in known.examples]
    return Card(Role.INFO, body=(Span(known.usage, Style.CODE),), fields=tuple(fields))
