"""Answering a question with what was said: up to a few passages, best first, and how sure it is that they answer.

Sentences are weighed by `bot.search.abstain`; here a question is read, passages are cut around the sentences most
likely to answer it, and the answer is put into a band: sure, closest, or declined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus import fold, words
from bot.search.query import named_speaker
from bot.search.scope import EVERYWHERE
from bot.search.spellings import STOP, abbreviations, other_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus import Corpus, Episode, Passage
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

MOST_OTHERS = 2
"""Other words for a word nobody says that the models are told."""

CLOSE_BY = 2
"""Passages with fewer sentences between them are neighbours; of three neighbours only two are shown."""

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
    """A word that matters, its stems in the index, and what finding it is worth (its rarity).

    `others` are other words of the conversation for it: their texts and their stems.
    """

    form: str
    stems: tuple[str, ...]
    weight: float
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()


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
    spelled = abbreviations(corpus, index, plain)
    others = other_words(corpus, index, nameless)
    terms = [
        _with(index, term, others.get(term.form, ())) for term in _own(index, nameless) if term.form not in spelled
    ]
    never = index.rarity("\0")
    unheard = [t for t in terms if t.others and all(index.rarity(stem) >= never for stem in t.stems)]
    said = [text for term in unheard for text, _ in term.others[:MOST_OTHERS]]
    extra = " ".join(dict.fromkeys([*(phrase for phrases in spelled.values() for phrase in phrases), *said]))
    terms += [term for found in spelled.values() for term in _own(index, found[0])]
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
        whole = episode.is_whole(min(at, sentence), max(at, sentence))
        return same and whole and not any(_holds(passage, sentence) for passage in taken)

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


def _with(index: WordIndex, term: Term, others: Sequence[str]) -> Term:
    """Return a term with other words for it."""
    return replace(term, others=tuple((text, tuple(index.stems(text))) for text in others))


def _own(index: WordIndex, text: str) -> list[Term]:
    """Return the words of a text that matter, each once."""
    found: dict[str, Term] = {}
    for word in words(text):
        form = word.form.removesuffix("'s")
        stems = tuple(index.stems(form)) if form not in STOP and len(form) > 1 else ()
        if stems:
            found.setdefault(form, Term(form, stems, sum(map(index.rarity, stems)) / len(stems)))
    return list(found.values())
