"""Words and phrases that tell a quotable line from small talk, as a person sorted them."""

from __future__ import annotations

import re

from bot.language import stop_words

__all__ = ["KINDS", "LISTS", "PHRASES", "PROMISING", "common_words"]


def common_words() -> frozenset[str]:
    """Return the commonest words of talk."""
    return stop_words("commonest", "function", "contraction", "filler", "sound", "light", "plain", "usual")


_INSIGHT = (
    "ability achieve advice art autonomy balance become beginner believe belief better build building care carry "
    "challenge challenges change changes choice choose civilization cohesive community conviction courage create "
    "creating creation creative culture curiosity decide decision decisions depend discover embarrassed ethos "
    "evolve experience experiences experiment express expressing fact failing failed failure faith feedback focus "
    "freedom future grow growth goal grounding hard harder help helping humble humbled humbling humility idea ideas "
    "impart important improve incredible innovation integrity intelligence intuition journey judgment knowledge "
    "language learn learned learning lesson lessons level life limit limits listen meaning mental mind mission "
    "mistake mistakes moment mortality nature needed nuance open opinion opinions opportunity patience perfect "
    "perspective philosophy power practice principle principles process purpose push quality question reason respect "
    "responsibility risk skill skills smarter society solve soul spirit strategy strong struggle succeed success "
    "teach teaches tension tradition traditions trust truth understand understanding value values virtue vision "
    "willing willingness wisdom wise worth"
)
_FEELING = (
    "admire afraid alive amazing amazed anger angry anxiety awesome badass beautiful beauty camaraderie choke cry "
    "crying crazy curious delight die dream dreams dying embarrassed embarrassing enjoy excited exciting fascinating "
    "fear fears feel feeling feels friend friends fun funny grace grateful grief happier happiest happiness happy "
    "hate heart honest honor hope hurt hurting inspiring jerk joke joy kidding kindness laugh lonely lose loss love "
    "loved magic magical miracle nice nightmare pain painful passion primal pride proud raw sad saddest scared "
    "scary shame silly smile stress stresses stressful stupid suck sucks suffer surprised tears terrified terrifying "
    "tough upset weird wild wonder wonderful worry worse zen zombie zombies"
)
_UNIVERSAL = (
    "always any anyone anything anywhere children dad daughter each earth every everyone everybody everything family "
    "father forever giants god greatest history human humanity humans kid kids life lives man men mom mortal mother "
    "never nobody nothing one's ourselves parents people person planet species together universe woman women world "
    "yourself"
)
_OWN = "i i'd i'll i'm i've me mine my myself our ours ourselves us we we'd we'll we're we've"
_YOURS = "you you'd you'll you're you've your yours yourself"
_FILLER = "uh um er hmm basically literally like actually yeah okay whatever stuff"
_VAGUE = "this that that's it it's its they they're them their those these there he she him her here thing things stuff"
_DEALINGS = (
    "announce announced available api apps benchmark billion cameras code commercial commercially compute connect "
    "dataset deploy developer developers device devices feature features fine-tuning gpt gpu graphics headset headsets "
    "hardware infrastructure instagram launch launched launching license llama llm llms meeting messenger million "
    "model models parameter parameters platform price priced pro product products quest release released releases "
    "releasing rumors screens server servers ship software tracking tuning update users v1 v2 version versions whatsapp"
)

LISTS = {
    name: frozenset(listed.split())
    for name, listed in {
        "insight": _INSIGHT,
        "feeling": _FEELING,
        "universal": _UNIVERSAL,
        "own": _OWN,
        "yours": _YOURS,
        "filler": _FILLER,
        "vague": _VAGUE,
        "dealings": _DEALINGS,
    }.items()
}
"""Kinds of words."""

KINDS = {
    word: tuple(name for name, listed in LISTS.items() if word in listed) for word in frozenset().union(*LISTS.values())
}
"""For a word the kinds it belongs to."""

_PROMISES = (LISTS["insight"], LISTS["feeling"], LISTS["universal"])
PROMISING = {word: tuple(int(word in listed) for listed in _PROMISES) for word in frozenset().union(*_PROMISES)}
"""For a word of insight, of feeling or for everyone, which of these it is: one or nought for each."""

PHRASES = {
    "idle": re.compile(r"\b(?:you know|i mean|kind of|sort of|i don't know|and so on|all that kind of)\b"),
    "talk": re.compile(
        r"\b(?:let me ask|i have to ask|got to ask|i want to ask|you mentioned|you said|like i said|as you say|"
        r"like we|we talked about|we were talking|talking about|you asked|your point|your question|that question|"
        r"this question|your thoughts|what do you think|can you (?:say|tell|comment)|i should (?:say|mention)|"
        r"going back to|get back to|gets back to|to clear up|question from|speaking of|in that sense|that sense)\b"
    ),
    "selling": re.compile(
        r"\b(?:sponsor\w*|sign up|promo|discount|free trial|trial period|checkout|check (?:out|them)|dot com|"
        r"\w+\.(?:com|ai|io|org)|slash|per month|brought to you|subscribe|patreon|merch|podcast|description|"
        r"first month|go to|head over|affordable|licensed|ad reads?|buy)\b"
    ),
    "farewell": re.compile(
        r"\b(?:thank you|thanks for|hope to see you|huge fan of yours|honored to|the following is a conversation|"
        r"dear friends|welcome to|listening to this|talk to you again|leave you with|congratulations|here's \w+ \w+\.)"
    ),
    "aphorism": re.compile(
        r"\b(?:the moment (?:that )?you|one of the|if you (?:don't|can't|want|do)|more \w+ than|the more|the most|"
        r"at the end of the day|doesn't mean|part of the|is willing|willing to|nothing is|there's a|the key|"
        r"what it means|the best way|a lot of (?:us|people)|ends up|not just|no matter|i always|i never|makes? me|"
        r"makes? you|in my life|for the first time|once you|when you|as you|you have to|you just|you can't)\b"
    ),
    "hedge": re.compile(
        r"\b(?:i'm not sure|not exactly|we'll see|i guess|hard to say|some of (?:this|that|these|those)|and so on|"
        r"or whatever|or something|things like that|stuff like that|a bunch of|that kind of|in terms of)\b"
    ),
    "loose": re.compile(
        r"\b(?:(?:that|this|it|them|those|these|there)(?=[.,?!]|$)|(?:on|of|about|for|with|to|in|doing|do|from|around) "
        r"(?:that|this|it|them|those|these)\b(?! \w+ing)|(?:these|those|this|that) (?:kinds? of|things?|stuff|one|ones|"
        r"piece|pieces|sense|case|cases|question|questions)\b|the thing\b|that's why|like that\b)"
    ),
    "broken": re.compile(
        r"\b(?:(?:the|a|an) (?:and|is|are|it's|i|we|they|but|so|that's|that|of|to|in|was|you)|of (?:is|are|and|but)|"
        r"is (?:is|it's|that that)|that (?:that|that's)|it's (?:is|it's)|to (?:is|are|to)|you're,|they're,|it's,|"
        r"i'm,|is,|are,|was,|the,|a,|an,|of,|to,|that's,|for for|but but|and and|or or)\b"
    ),
}
"""Phrases by kind: idle talk, talk of the talk, selling, farewell, aphorism, hedge, loose ends, broken grammar."""
