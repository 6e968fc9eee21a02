"""Answering a question with what was said: up to a few passages, best first, and how sure it is that they answer.

Sentences are weighed by `bot.search.abstain`; here a question is read, passages are cut around the sentences most
likely to answer it, and the answer is put into a band: sure, closest, or declined.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus import fold, words
from bot.search.facts import word_set
from bot.search.query import named_speaker
from bot.search.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus import Corpus, Episode, Passage, Word
    from bot.search.index import WordIndex
    from bot.search.meaning import Meaning
    from bot.search.scope import Scope

__all__ = ["Answer", "Answered", "Asked", "Band", "Cut", "Term", "answer", "passages", "read"]

LONGEST_QUESTION = 600
"""Characters of a question that are looked at."""

MOST_TERMS = 24
MOST_SENTENCES, MOST_CHARACTERS = 6, 700
"""A passage as long as this stands alone and is still read in a chat (with 5 sentences 2 points less at rank 1)."""

FEW_SENTENCES, FEW_CHARACTERS = 3, 1_200
"""So few sentences may be longer; sentences in this show have 85 characters, some have 800."""

ANCHORS = 40
"""How many of the likeliest sentences a passage is cut around."""

SIGNALLED = 3
"""Passages whose chances together say how sure the answer is, however many are shown."""

CLOSE_BY = 2
"""Passages with fewer sentences between them are neighbours; of three neighbours only two are shown."""

MOST_SPELLED_OUT = 50
"""Episodes that are looked through for the words of an abbreviation; takes 10 ms an episode, once."""

Place = tuple[int, int]


class Band(StrEnum):
    """How sure it is that the passages answer: `closest` ones may not, those with `declined` most likely do not."""

    ANSWERS = "answers"
    CLOSEST = "closest"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage, the [begin, end) in its text of the sentence that answers, and a score, 0..1."""

    passage: Passage
    sentence: tuple[int, int]
    score: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Passages for a question, best first; with `declined` they are merely what is nearest."""

    band: Band
    hits: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A word that matters, its stems in the index, and what finding it is worth (its rarity)."""

    form: str
    stems: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as read.

    `text` is what the models see: texting forms spelled out, without speakers' names, abbreviations with their words.
    `speaker` is whose words are wanted by name, `role` is host or guest when only that is known. `wants` holds what
    the answer should contain: number, money, time, name.
    """

    plain: str
    text: str
    terms: tuple[Term, ...]
    speaker: str | None
    role: str | None
    wants: frozenset[str]


class Cut(NamedTuple):
    """A passage of the episode with that number, its likeliest sentence, and the chance in it."""

    number: int
    passage: Passage
    sentence: int
    mass: float


_FORMS = {
    "y": "why", "wat": "what", "wut": "what", "whats": "what is", "whos": "who is", "hows": "how is", "hes": "he is",
    "wheres": "where is", "shes": "she is", "rite": "right", "bout": "about", "b4": "before", "nite": "night",
    "wk": "week", "yr": "year", "insta": "instagram", "ig": "instagram", "fb": "facebook", "yt": "youtube",
    "wfh": "work from home", "kinda": "kind of", "sorta": "sort of", "acc": "according", "wont": "won't",
    "wasnt": "wasn't", "arent": "aren't", "theyre": "they're", "gimme": "give me", "lemme": "let me",
    "cos": "because", "coz": "because", "fav": "favorite", "vid": "video", "govt": "government", "biz": "business",
    "imo": "in my opinion", "dat": "that", "tmrw": "tomorrow", "dev": "developer", "devs": "developers",
    "acct": "account", "accts": "accounts",
    "convo": "conversation", "prob": "probably", "def": "definitely", "bestie": "best friend",
    "besties": "best friends", "info": "information", "mgmt": "management", "u": "you", "ur": "your", "r": "are",
    "n": "and", "w": "with", "abt": "about", "bc": "because", "cuz": "because", "ppl": "people", "rly": "really",
    "tho": "though", "wanna": "want to", "gonna": "going to", "gotta": "got to", "im": "i'm", "dont": "don't",
    "cant": "can't", "thats": "that's", "theres": "there's", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't",
    "youre": "you're", "lol": "", "lmao": "", "omg": "", "btw": "", "tbh": "", "ngl": "", "fr": "", "bro": "",
    "dude": "", "pls": "", "plz": "", "please": "", "idk": "", "smth": "", "haha": "", "tf": "",
}  # fmt: skip
"""Texting forms of questions and what they are said as; nothing for those that say nothing."""

_STOP = word_set(
    "a an the of to in on at for from by with and or but if so as is are was were be been being am do does did doing "
    "done have has had having will would can could should may might must shall not no nor it its this that these those "
    "there here he she they him her his hers their them we us our you your i me my mine what which who whom whose when "
    "where why how than then too very just about into over up down out off again more most some any each all both few "
    "other own same such only s t don now also get got go going goes one ones really kind sort thing things lot "
    "according say says said saying tell tells told think thinks thought talk talks talked talking mention mentions "
    "mentioned ask asks asked discuss discussed view opinion believe feel feels want wants wanted like make makes made "
    "way bring brought stuff mean means consider see mr or's let's i'm it's that's don't he's what's there's"
)
_WANTED = {
    "number": r"\bhow (?:many|much|old|long|often|big|large|far|fast|expensive)\b|\bpercent|\bnumber\b|\bprice\b|\bcost"
    r"|\bshare of\b",
    "money": r"\bprice|\bcost|\bexpensive|\bpay\b|\bpaid\b|\bset me back|how much (?:does|is|did|for)",
    "time": r"\bwhen\b|\b(?:which|what) (?:year|month|week|day|weekday|time)|\bhow (?:long|often|soon|old)|\byear\b",
    "name": r"\bwho\b|\bwhose\b|\bwhom\b|\bwhich (?:person|company|founder|university|country|artist|books?|language"
    r"|networks?|game)|\bname\b|\bcodename",
}
_GUEST = re.compile(r"\b(?:he|his|him|himself|she|her|herself|guest)\b")
_HOST = re.compile(r"\b(?:host|interviewer)\b")
_ASKED_AFTER = r"\b(?:does|did|do|is|was|would|should|could|can|will)\s+"
_TOKEN = re.compile(r"[^\W_]+")
_INSIDE = re.compile(r"[.?!,;:\n]")
_VOWELS = frozenset("aeiouy")
_SHORT, _LONG = 2, 6


def answer(  # noqa: PLR0913, PLR0917 - what to search with, for what, where
    corpus: Corpus,
    index: WordIndex,
    meaning: Meaning | None,
    question: str,
    limit: int,
    scope: Scope = EVERYWHERE,
) -> Answered:
    """Return up to `limit` passages that may answer a question, best first, and how sure that is."""
    from bot.search.abstain import likelihoods  # noqa: PLC0415 - NumPy, which the bot's start never needs

    asked = read(corpus, index, question)
    found = likelihoods(corpus, index, meaning, asked, scope) if asked.plain else None
    if found is None:
        return Answered(Band.DECLINED, ())
    cuts = passages(corpus, found.chances, found.admitted, max(limit, SIGNALLED))
    if not cuts:
        return Answered(Band.DECLINED, ())
    chance = found.sure(cuts)
    best = cuts[0].mass or 1.0
    hits = tuple(Answer(cut.passage, _place(cut), chance * cut.mass / best) for cut in cuts[:limit])
    return Answered(found.band(chance), hits)


def read(corpus: Corpus, index: WordIndex, question: str) -> Asked:
    """Read a question: what it is about, whom it asks about, what its answer should contain."""
    plain = _spelled_out(" ".join(question[:LONGEST_QUESTION].split()))
    speakers = corpus.speakers
    low = fold(plain)
    nameless = " ".join(word for word in plain.split() if not _name(word, speakers)) or plain
    spelled = _abbreviations(corpus, index, plain)
    extra = " ".join(phrase for phrases in spelled.values() for phrase in phrases)
    terms = [*_terms(index, nameless, spelled), *(term for found in spelled.values() for term in _own(index, found[0]))]
    terms.sort(key=lambda term: -term.weight)
    return Asked(
        plain if any(character.isalnum() for character in plain) else "",
        nameless + (f" ({extra})" if extra else ""),
        tuple(terms[:MOST_TERMS]),
        *_whose(low, speakers),
        frozenset(want for want, pattern in _WANTED.items() if re.search(pattern, low)),
    )


def passages(corpus: Corpus, chances: dict[Place, float], admitted: frozenset[Place], limit: int) -> list[Cut]:
    """Cut up to `limit` passages around the likeliest sentences, likeliest first.

    No two share a sentence, no three are neighbours, and each keeps to one chapter and one kind of speech.
    """
    anchors = sorted(admitted, key=lambda place: (-chances[place], place))[:ANCHORS]
    cuts = {place: cut for place in anchors if (cut := _cut(corpus, place, chances, ()))}
    chosen: list[Cut] = []
    while cuts and len(chosen) < limit:
        taken = cuts.pop(min(cuts, key=lambda place: (-cuts[place].mass, place)))
        if any(_close(taken.passage, other.passage, 0) for other in chosen):
            continue
        if _crowds(taken.passage, [cut.passage for cut in chosen]):
            continue
        chosen.append(taken)
        for place in [place for place, cut in cuts.items() if _close(cut.passage, taken.passage, 0)]:
            del cuts[place]
            if again := _cut(corpus, place, chances, [cut.passage for cut in chosen]):
                cuts[place] = again
    return chosen


def _cut(corpus: Corpus, place: Place, chances: dict[Place, float], taken: Sequence[Passage]) -> Cut | None:
    """Return the passage around a sentence that holds the most chance, apart from those taken."""
    number, at = place
    episode = corpus.episode(number)
    first, last = _room(episode, at, [passage for passage in taken if passage.episode is episode])
    if not first <= at <= last:
        return None
    sums = [0.0, *accumulate(chances.get((number, sentence), 0.0) for sentence in range(first, last + 1))]
    _, begin, end = max(
        (
            round(sums[end + 1 - first] - sums[begin - first], 6) + 1e-3 * min(end - begin, FEW_SENTENCES),
            -begin,
            -end,
        )
        for begin, end in _lengths(episode, first, at, last)
    )
    begin, end = -begin, -end
    likeliest = max(range(begin, end + 1), key=lambda sentence: (chances.get((number, sentence), 0.0), -sentence))
    return Cut(number, episode.passage(begin, end), likeliest, sums[end + 1 - first] - sums[begin - first])


def _room(episode: Episode, at: int, taken: Sequence[Passage]) -> tuple[int, int]:
    """Return the first and last sentence a passage around a sentence may reach: one chapter, one kind of speech."""
    numbers, paragraphs = episode.sentences.paragraphs, episode.paragraphs
    here = paragraphs[numbers[at]]

    def free(sentence: int) -> bool:
        there = paragraphs[numbers[sentence]]
        same = there.chapter == here.chapter and there.section == here.section and there.sponsor == here.sponsor
        return same and not any(_holds(passage, sentence) for passage in taken)

    first, last = at, at
    if not free(at):
        return at + 1, at
    while first > max(0, at - MOST_SENTENCES + 1) and free(first - 1):
        first -= 1
    while last < min(len(episode.sentences) - 1, at + MOST_SENTENCES - 1) and free(last + 1):
        last += 1
    return first, last


def _lengths(episode: Episode, first: int, at: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield each run of sentences around one that is not too long."""
    begins, ends = episode.sentences.begins, episode.sentences.ends
    for begin in range(first, at + 1):
        for end in range(at, min(last, begin + MOST_SENTENCES - 1) + 1):
            count, length = end - begin + 1, ends[end] - begins[begin]
            few = count <= FEW_SENTENCES and length <= FEW_CHARACTERS
            if count == 1 or few or length <= MOST_CHARACTERS:
                yield begin, end


def _crowds(passage: Passage, chosen: Sequence[Passage]) -> bool:
    """Say whether a passage would be the third of neighbours."""
    near = [other for other in chosen if _close(passage, other)]
    return len(near) > 1 or any(_close(other, third) for other in near for third in chosen if third is not other)


def _close(one: Passage, other: Passage, apart: int = CLOSE_BY) -> bool:
    """Say whether two passages share a sentence or have fewer than so many between them."""
    return one.episode is other.episode and max(one.first - other.last, other.first - one.last) <= apart


def _holds(passage: Passage, sentence: int) -> bool:
    return passage.first <= sentence <= passage.last


def _place(cut: Cut) -> tuple[int, int]:
    """Return where the likeliest sentence stands in a passage's text."""
    own = cut.passage.episode.passage(cut.sentence, cut.sentence)
    return own.begin - cut.passage.begin, own.end - cut.passage.begin


def _spelled_out(question: str) -> str:
    """Write texting forms as they are said, and leave out those that say nothing."""
    spelled = [_FORMS.get(fold(word.strip("?!.,;:\"'()")), word) for word in question.split()]
    return " ".join(word for word in spelled if word) or question


@lru_cache(maxsize=4096)
def _name(word: str, speakers: tuple[str, ...]) -> str | None:
    """Return the speaker a word names, if it does."""
    return named_speaker(re.sub(r"['’]s$|[^\w'’]", "", fold(word).strip("'’")).removesuffix("'s"), speakers)


def _whose(low: str, speakers: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return whose words are wanted: a speaker by name, or the role of host or guest."""
    named = dict.fromkeys(name for word in _TOKEN.findall(low) if (name := _name(word, speakers)))
    if len(named) == 1:
        return next(iter(named)), None
    for match in re.finditer(_ASKED_AFTER + r"([^\W_]+)", low) if named else ():
        if name := _name(match[1], speakers):
            return name, None
    if named:
        return None, None
    return None, "host" if _HOST.search(low) else "guest" if _GUEST.search(low) else None


def _terms(index: WordIndex, text: str, spelled: dict[str, list[str]]) -> list[Term]:
    """Return the words of a question that matter, without the abbreviations that were spelled out."""
    return [term for term in _own(index, text) if term.form not in spelled]


def _own(index: WordIndex, text: str) -> list[Term]:
    """Return the words of a text that matter, each once."""
    found: dict[str, Term] = {}
    for word in words(text):
        form = word.form.removesuffix("'s")
        stems = tuple(index.stems(form)) if form not in _STOP and len(form) > 1 else ()
        if stems:
            found.setdefault(form, Term(form, stems, sum(map(index.rarity, stems)) / len(stems)))
    return list(found.values())


def _abbreviations(corpus: Corpus, index: WordIndex, question: str) -> dict[str, list[str]]:
    """Return what the abbreviations in a question stand for in the conversation: phrases with those initials.

    RLHF: reinforcement learning with human feedback; E2EE: end-to-end encryption.
    """
    if len(corpus.entries) > MOST_SPELLED_OUT:
        return {}
    found = {}
    for token in dict.fromkeys(_TOKEN.findall(question)):
        form = fold(token)
        if not _SHORT <= len(token) <= _LONG or token.isdigit() or not token.isascii():
            continue
        if not (token.isupper() or (len(token) > _SHORT and not _VOWELS & set(form))):
            continue
        phrases: dict[str, int] = {}
        for number in range(len(corpus.entries)):
            for phrase in _phrases(corpus.episode(number), form):
                phrases[phrase] = phrases.get(phrase, 0) + 1
        stems = index.stems(form)
        spoken = max((index.size / math.expm1(index.rarity(stem)) - 1 for stem in stems), default=0.0) if stems else 0.0
        least = max(spoken, _SHORT if len(token) == _SHORT else 1)
        usual = sorted((p for p, count in phrases.items() if count >= least), key=lambda p: (-phrases[p], p))
        if usual:
            found[form] = usual[:2]
    return found


def _phrases(episode: Episode, form: str) -> Iterator[str]:
    """Yield each phrase of an episode whose words, or whose words that matter, begin with the letters."""
    letters = re.sub(r"\d", lambda match: {"2": "t", "4": "f"}.get(match[0], match[0]), form)
    seen = set()
    for run, initials in _initials(episode):
        at = initials.find(letters)
        while at >= 0:
            first, last = run[at], run[at + len(letters) - 1]
            phrase = episode.text[first.begin : last.end]
            telling = first.form not in _STOP and last.form not in _STOP
            if telling and first.begin not in seen and not _INSIDE.search(phrase) and len(phrase) <= 16 * len(letters):
                seen.add(first.begin)
                yield fold(phrase)
            at = initials.find(letters, at + 1)


@lru_cache(maxsize=MOST_SPELLED_OUT)
def _initials(episode: Episode) -> tuple[tuple[list[Word], str], ...]:
    """Return the words of an episode and of those the ones that matter, each with their first letters as a text."""
    everything = words(episode.text)
    telling = [word for word in everything if word.form not in _STOP]
    return tuple((run, "".join(word.form[0] for word in run)) for run in (everything, telling))
