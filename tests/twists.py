"""Claims that were never made: sentences of an episode with one fact changed, from a seed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus import words
from bot.language import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.corpus import Episode, Passage

AROUND = 9
"""Words on either side of the change that a twisted claim keeps at most."""

SHORTEST = 5

_TABLES: dict[str, str] = {
    "number": "one>two two>three three>seven four>nine five>six ten>twelve hundred>thousand million>billion "
    "billion>million first>second second>third third>fourth last>first half>quarter twice>once",
    "negation deleted": "not> never>always isn't>is aren't>are wasn't>was don't>do doesn't>does didn't>did can't>can "
    "won't>will wouldn't>would couldn't>could shouldn't>should haven't>have hasn't>has no>a nothing>everything "
    "nobody>everybody without>with",
    "negation added": "is>isn't are>aren't was>wasn't do>don't does>doesn't did>didn't can>can't will>won't "
    "would>wouldn't could>couldn't should>shouldn't have>haven't has>hasn't always>never think>don't_think",
    "pronoun": "i>you you>i he>she she>he we>they they>we my>your your>my his>her our>their their>our me>you us>them "
    "him>her them>us i'm>he's we're>they're they're>we're you're>I'm it's>he's",
    "tense": "is>was was>is are>were were>are has>had had>has have>had do>did did>do will>would think>thought "
    "thought>think want>wanted wanted>want need>needed get>got got>get make>made made>make work>worked said>say "
    "going>gone building>built know>knew use>used used>use feel>felt see>saw",
    "comparative": "more>less less>more better>worse worse>better bigger>smaller smaller>bigger most>least least>most "
    "best>worst worst>best higher>lower easier>harder harder>easier faster>slower fewer>more good>better great>greater",
    "quantifier": "all>some some>all most>some many>few few>many every>no always>sometimes often>rarely "
    "everyone>someone someone>everyone everything>something something>everything any>all both>neither never>sometimes "
    "each>some lot>bit only>even almost>exactly",
    "antonym": "good>bad bad>good hard>easy easy>hard open>closed closed>open new>old old>new big>small small>big "
    "public>private private>public important>unimportant true>false right>wrong safe>unsafe possible>impossible "
    "love>hate hate>love start>stop before>after after>before up>down in>out happy>sad agree>disagree able>unable "
    "increase>decrease internal>external inside>outside early>late long>short fast>slow win>lose build>destroy "
    "positive>negative physical>virtual virtual>physical strong>weak rich>poor young>old",
    "modal": "can>must could>should should>could will>might would>could may>must might>will must>might "
    "maybe>definitely definitely>maybe certainly>probably need_to>want_to going_to>able_to",
    "preposition": "to>from from>to for>against before>after after>before over>under under>over with>without "
    "above>below into>out_of",
    "near in spelling": "form>from trial>trail three>there quite>quiet own>won than>then affect>effect lose>loose "
    "learning>leaning training>trading fun>gun work>word world>word games>names build>guild power>tower things>thinks "
    "think>thing friends>trends people>purple company>county different>difficult social>special model>motel "
    "started>stared best>beast hope>rope part>past content>contest person>prison making>faking able>cable "
    "most>must live>love whole>while experience>experiment product>produce design>resign using>losing year>ear",
    "joint": "and>or or>and but>so because>although if>unless so>but while>because",
}
_NAMES = ("Google", "Apple", "Microsoft", "Amazon", "Netflix", "Tolstoy", "Obama", "London", "Chinese", "Jeff Bezos")
_NOT_NAMES = word_set("i i'm i've i'd i'll the and but so you it's it yeah no well if what like mr ok okay oh ad")
_WORD = re.compile(r"[$]?\w+(?:[.,]\d+)*(?:['’]\w+)*%?")


@dataclass(frozen=True, slots=True)
class Twist:
    """A claim that was not made, the sort of change in it, and the sentence it was made from."""

    sort: str
    claim: str
    said: Passage


def sorts() -> list[str]:
    """Return every sort of twist there is."""
    return sorted([*_TABLES, *_SPECIAL])


def twists(episode: Episode, seed: int) -> Iterator[Twist]:
    """Yield each sentence's possible twists in a random order, the sorts in turn while they last."""
    chance = random.Random(seed)  # noqa: S311 - nobody must guess it
    heard = _joined(episode.text)
    by_sort: dict[str, list[Twist]] = {sort: [] for sort in sorts()}
    for number in range(len(episode.sentences)):
        said = episode.passage(number, number)
        for sort, claim in _changed(said.text, chance):
            if len(words(claim)) >= SHORTEST and (sort == "negation cut off" or _joined(claim) not in heard):
                by_sort[sort].append(Twist(sort, claim, said))
    for made in by_sort.values():
        chance.shuffle(made)
    while any(by_sort.values()):
        for made in by_sort.values():
            if made:
                yield made.pop()


def _joined(text: str) -> str:
    """Return the words of a text with single spaces, fillers left out, so that a changed text can be looked up."""
    plain = " ".join(word.form for word in words(text))
    return f" {re.sub(r' (?:um|uh|you know|i mean|like)(?= )', '', f' {plain} ').strip()} "


def _changed(text: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (sort, claim) for each change that a sentence allows, at most one a sort and table entry."""
    places = list(_WORD.finditer(text))
    for sort, table in _TABLES.items():
        entries = [entry.partition(">") for entry in table.split()]
        options = {wrong.replace("_", " "): right.replace("_", " ") for wrong, _, right in entries}
        fitting = [place for place in places if place.group().casefold().replace("’", "'") in options]
        if fitting:
            place = chance.choice(fitting)
            yield sort, _cut(text, place, options[place.group().casefold().replace("’", "'")])
    for sort, change in _SPECIAL.items():
        claim = change(text, places, chance)
        if claim:
            yield sort, claim


def _cut(text: str, place: re.Match[str], right: str) -> str:
    """Return the words around a place with another word in it."""
    before = text[: place.start()].split(" ")
    after = text[place.end() :].split(" ")
    return " ".join(f"{' '.join(before[-AROUND:])}{right}{' '.join(after[:AROUND])}".split())


def _digits(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Change a number that is written in digits."""
    fitting = [place for place in places if re.fullmatch(r"\d[\d,]*%?", place.group())]
    if not fitting:
        return None
    place = chance.choice(fitting)
    value = int(re.sub(r"\D", "", place.group()))
    other = chance.choice([value + 1, value * 2 + 1, value * 10 or 7, value + 10])
    return _cut(text, place, f"{other:,}{'%' if '%' in place.group() else ''}")


def _price(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Change a price, or take a number for one."""
    fitting = [place for place in places if re.fullmatch(r"\$\d[\d,.]*", place.group())]
    if not fitting:
        return None
    place = chance.choice(fitting)
    value = int(float(place.group()[1:].replace(",", "").rstrip(".")))
    return _cut(
        text, place, chance.choice([f"${value + 100:,}", f"${value / 100:.2f}", f"€{value}", f"{value + 1} dollars"])
    )


def _name(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Put another name in the place of one."""
    fitting = [
        place
        for place in places[1:]
        if place.group()[:1].isupper()
        and place.group().casefold() not in _NOT_NAMES
        and text[place.start() - 2] not in ".?!"
    ]
    return _cut(text, chance.choice(fitting), chance.choice(_NAMES)) if fitting else None


def _roles(text: str, _: list[re.Match[str]], chance: random.Random) -> str | None:
    """Swap who does it and to whom, or which is compared with which."""
    found = list(
        re.finditer(
            r"\b(\w{4,}) (than|over|from|to|for|with|of|and then|versus|is|are|was|help|helps|need|like) (\w{4,})\b",
            text,
        )
    )
    found = [match for match in found if match[1].casefold() != match[3].casefold()]
    if not found:
        return None
    match = chance.choice(found)
    return _cut(text, match, f"{match[3]} {match[2]} {match[1]}")


def _dropped(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Leave out a word in the middle that is no filler."""
    fitting = [
        (before, place)
        for before, place, after in zip(places, places[1:], places[2:], strict=False)
        if len(place.group()) > 5  # long words have content
        and place.group().casefold() not in {before.group().casefold(), after.group().casefold()}
    ]
    return _cut(text, chance.choice(fitting)[1], "") if fitting else None


def _inserted(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Put in a word that changes what is said."""
    if len(places) < SHORTEST:
        return None
    place = chance.choice(places[1:-1])
    return _cut(
        text, place, f"{chance.choice(['not', 'never', 'always', 'secretly', 'only', 'not like'])} {place.group()}"
    )


def _inflected(text: str, places: list[re.Match[str]], chance: random.Random) -> str | None:
    """Change the ending of a word."""
    fitting = [place for place in places if re.fullmatch(r"[a-z]{4,}(?:ing|ed|s)", place.group())]
    if not fitting:
        return None
    place = chance.choice(fitting)
    stem = re.sub(r"(?:ing|ed|s)$", "", place.group())
    return _cut(
        text, place, chance.choice([end for end in (stem + "s", stem + "ed", stem + "ing") if end != place.group()])
    )


def _cut_negation(text: str, _: list[re.Match[str]], __: random.Random) -> str | None:
    """Begin just after a negation, so that the opposite seems to be said."""
    match = re.search(
        r"\b(?:don't|didn't|doesn't|never|not) (?:think|believe|want|know|say|going to|really)(?: that)? ", text
    )
    return " ".join(text[match.end() :].split(" ")[: 2 * AROUND]) if match else None


_SPECIAL: dict[str, Callable[[str, list[re.Match[str]], random.Random], str | None]] = {
    "digits": _digits,
    "price": _price,
    "name": _name,
    "roles": _roles,
    "word dropped": _dropped,
    "word put in": _inserted,
    "ending": _inflected,
    "negation cut off": _cut_negation,
}
