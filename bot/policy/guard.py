"""What is never answered, as rules over a message read aloud; `bot.policy.refusals` says what is said instead.

Each rule is a list of patterns (joined by “or”), for text that `plain` has made of a message: no invisible characters,
letters that only look Latin made Latin, lower case; and for that text with the speakers' names as `named` puts them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.search import with_names_as

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ABOUT_THE_BOT", "FOR_AN_OPINION", "PATTERNS", "is_beside_the_show", "is_foreign", "is_hidden", "named", "plain",
    "unleet",
]  # fmt: skip

_SPEAKER = "\ua66e"
"""Stands for any speaker's name: a letter that no message has."""

_NAME = rf"(?:{_SPEAKER}|him|her|the (?:host|guest|ceo)|a (?:guest|host))"
_TALK = r"(?:speak|talk|answer|reply|respond|write|tweet|post|chat|act|behave|sound|say (?:it|that|something))"
_ORDER = (
    r"(?:(?:^|[.,:;!?&|)>*_/-]|\b(?:please|now|then|and|just|so|also|now on|let's|lets|(?:can|could|would|will|"
    r"should|must) (?:you|u)|(?:want|need) (?:you|u) to|your task is to|(?:use|using) the \w+ to))[\s*_~`'\"]*)"
)
"""Where an order begins; “do bots pretend to be people?” is a question, “pretend to be Mark” is one."""
_WHOSE = (
    r"(?:your|ur|previous|prior|above|earlier|preceding|all|these|those|any|every|my last|the (?:above|previous|last))"
)
_RULING = (
    r"(?:instructions?|rules?|prompts?|guidelines?|directions?|restrictions?|filters?|programming|guardrails?|"
    r"constraints?|orders|limitations?|training)"
)
_LANGUAGE = r"(?:python|java(?:script)?|typescript|css|html|sql|regex|bash|c\+\+|rust|golang|php|excel|react|docker\w*)"

RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "pings",
        (
            r"@\s?(?:everyone|here|channel)\b|<!(?:channel|here|everyone|subteam)|<@&\d|&lt;!",
            rf"{_ORDER}(?:ping|tag|mention|notify|dm|alert|summon)(?:ing)? (?:\w+ ){{0,2}}(?:everyone|everybody)\b",
            r"\b(?:ping|tag|notify|dm|alert|summon) (?:\w+ ){0,2}(?:members|the (?:whole|entire) \w+|<@)",
            r"\b(?:say|mention|write|reply|ping|answer|tag)\b.{0,60}<@!?\w+>",
            r"\[[^\]]*\]\(\s*\w+:|<\w+://[^>|]*\||\w+://[^/\s]*@|\w+://[^/\s]*\.(?:com|org|net)\.\w",
            r"\bjavascript:|\bdata:text/",
            (
                r"\b(?:post|give|cite|reply|use|link|quote|share|insert)\b.{0,60}\b(?:link|source|url|citation)"
                r"\b.{0,40}https?:"
            ),
            r"https?://\S+ as (?:the|your|a) (?:source|link|citation)",
        ),
    ),
    (
        "orders",
        (
            rf"{_ORDER}(?:kick|ban|mute|purge|timeout)\W{{1,4}}(?:@|<@|\w+ from|(?:all|every)\b)",
            (
                rf"{_ORDER}(?:delete|remove|purge|clear) (?:all|every|the)\b.{{0,20}}\b(?:messages?|members?|"
                r"channels?|history)\b"
            ),
            r"<\s*/?\s*(?:script|system|transcript|instructions?|user|assistant|img|iframe)\b",
            r"\{\{.*\}\}|\$\{.*\}|\bdrop table\b|<\|\w+\|>|\[/?inst\]|\becho this\b|;\s*--",
        ),
    ),
    (
        "secrets",
        (
            (
                r"\b(?:(?:bot|discord|slack|api|access|secret|auth|signing|your|ur)'?s?[ _-]){1,3}(?:tokens?|"
                r"keys?|passwords?)\b"
            ),
            r"\b(?:your|ur|signing|bot'?s?) (?:secrets?|credentials?)\b|[a-z]_(?:token|secret|key)\b|\bprocess\.env",
            r"\benv(?:ironment)? ?(?:variables?|vars?|file)\b|\.env\b",
            r"\b(?:system|hidden|initial|developer|secret) ?(?:prompts?|instructions?)\b|\bhidden text\b",
            (
                r"\b(?:print|output|show|reveal|list|dump|leak|tell|give|paste|display|what(?:'s| is| are|s))"
                r" (?:me )?(?:all )?(?:of )?(?:your|ur|the bot'?s?) (?:\w+ )?(?:config\w*|prompts?|instructions|"
                r"settings|rules|guidelines|logs?|database|code)\b"
            ),
            (
                rf"{_ORDER}(?:repeat|print|output|copy) (?:everything|all|the (?:text|words|lines?))"
                r"\b.{0,20}\b(?:above|before)"
            ),
            r"\b(?:show|list|give|tell|read|leak|see|print)\b.{0,40}\b(?:other|another) (?:users?|members?)\b",
            r"\b(?:show|list|give|leak|read) .{0,30}\bprivate (?:questions|messages|chats|dms)\b",
        ),
    ),
    (
        "orders",
        (
            (
                r"\b(?:ignore|disregard|forget|override|bypass|disobey|circumvent)"
                rf"\b.{{0,20}}\b{_WHOSE}\b.{{0,30}}\b{_RULING}\b"
            ),
            (
                r"\b(?:break|violate|drop|skip|turn off|switch off|disable|lift|remove)\b.{0,10}\b(?:your|ur)"
                rf"\b.{{0,30}}\b{_RULING}\b"
            ),
            (
                rf"{_ORDER}(?:ignore|disregard|forget|override|bypass) (?:the )?(?:\w+ )?(?:transcripts?|{_RULING}|"
                r"safety)\b"
            ),
            rf"{_ORDER}(?:ignore|forget|disregard) (?:everything|all (?:of )?(?:that|this|the above))",
            r"\bjailbr(?:eak|oken)\b.{0,20}\b(?:you|mode|prompt|yourself)|\bdo anything now\b",
            r"\bunrestricted (?:\w+ )?(?:bot|ai|mode)",
            r"\b(?:developer|god|debug|maintenance|admin|sudo|root|dan) ?(?:mode|override)\b|\bsudo \w",
            r"^\W*(?:system|assistant|developer|admin|instruction)s?\s*(?:\w+ )?:",
            r"\bnew (?:rule|instruction|order)s?\W{0,3}:",
            (
                r"\bfrom now on\b.{0,12}\b(?:you|u|talk|speak|answer|act|reply|respond|always|only|ignore|be|call|"
                r"your)\b"
            ),
            r"\bas (?:the|your) (?:server |bot )?(?:owner|admin\w*|developer|creator|operator)\b",
            r"\byour new (?:role|task|job|purpose|name|instructions?)\b",
            (
                r"\b(?:decode|decrypt|execute|follow|run|obey|act on|unscramble|decipher|translate)"
                r"\b.{0,40}\b(?:base ?64|base ?32|rot ?-?13|hex\w*|morse|cipher\w*|binary|encoded)\b"
            ),
            r"\b(?:base ?64|rot ?-?13|morse code)\b|\b(?:[01]{8} ?){3,}|\b(?:[0-9a-f]{2} ?){12,}\b|(?:[.-]{1,5} ){8,}",
            r"\breverse (?:the|this) (?:text|string|words)\b",
            r"\b(?:begin|start|end) your (?:reply|answer|response|message)s? with\b|\band nothing else\b",
            r"\b(?:reply|respond|answer) (?:only|just|always) (?:with|yes|no)\b|\byou always (?:answer|say|reply)\b",
            r"\bwithout (?:any |a |the )?(?:sources?|citations?)\b",
        ),
    ),
    (
        "person",
        (
            rf"{_ORDER}role ?-?play\b|\brole ?-?play\s?:|\bstay in character\b|\bin the first person\b",
            r"\bas if you (?:were|are)\b",
            rf"{_ORDER}(?:impersonate|imitate|channel your inner|become|play the (?:part|role) of) ",
            rf"{_ORDER}pretend(?:ing)?\b.{{0,20}}\b(?:to be|you|ur|u r|u're)\b|{_ORDER}be my \w+|\bplease be my\b",
            (
                rf"{_ORDER}{_TALK}(?: to me| back)? (?:as|like|in the (?:voice|style) of) (?:if )?(?:you (?:were|"
                rf"are) )?{_NAME}\b"
            ),
            (
                rf"{_ORDER}{_TALK}\b.{{0,20}}\b(?:in|with) (?:his|her|their|{_NAME}'?s?) (?:own )?(?:voice|style|"
                r"words as)\b"
            ),
            r"\b(?:write|tell|make|say|rap|sing|give)\b.{0,40}\bin the (?:style|voice) of\b",
            (rf"(?:^|[.:;!?,]\s*)(?:you(?:'re| are)|ur|u r|you r) (?:now )?(?:{_SPEAKER}|dan)\b"),
            (
                r"(?:^|[.:;!?,]\s*)(?:you(?:'re| are)|ur) (?:now )?an? (?:\w+ )?(?:bot|ai|assistant|human|person|"
                r"hacker|pirate)\b"
            ),
            rf"{_ORDER}be {_NAME}\b",
            rf"^\W*(?:hi|hey|hello|yo|dear),? {_SPEAKER}\W.*\b(?:are|do|did|would|will|can) (?:you|u)\b",
        ),
    ),
    (
        "made-up",
        (
            (
                rf"{_ORDER}(?:invent|make up|fabricate|fake|forge|compose|generate|come up with|imagine|write|"
                r"create)\b.{0,25}\b(?:quotes?|timestamps?|statements?|citations?|interview|dialog\w*|"
                r"confession|apology|tweet|press release)\b"
            ),
            (
                rf"\b(?:assume|suppose|pretend|imagine) (?:that )?(?:{_NAME}|he|she|they) (?:said|says|admit\w*|"
                r"confess\w*|hate\w*)"
            ),
            r"\btranscript i(?:'m| am|'ll| will)? (?:now )?(?:paste|post|send|give)",
            rf"\bas something (?:{_NAME}|he|she) said",
            r"\banswer from it only\b|\bonly (?:use|trust) (?:this|my) transcript\b",
            (
                rf"{_ORDER}(?:change|rewrite|edit|reword|alter|doctor|twist)\b.{{0,20}}\b(?:quotes?|words|lines?|"
                r"transcripts?)\b"
            ),
        ),
    ),
    (
        "harm",
        (
            (
                r"\b(?:racist|sexist|antisemitic|homophobic|transphobic|nazi)\b.{0,20}\b(?:jokes?|slurs?|insults?|"
                r"poems?|memes?|rant)\b"
            ),
            rf"{_ORDER}(?:insult|roast|bully|threaten|harass) (?:{_NAME}|<@|@)",
            (
                rf"(?:{_ORDER}(?:explain|show|teach|tell|give|list)\b.{{0,40}}|\bhow (?:do|can|could|would)"
                r" i .{0,10})\b(?:3d ?-?print|make|build|cook|buy|get|synthesi[sz]e|construct)"
                r"\w*\b.{0,15}\b(?:guns?|bombs?|weapons?|meth|drugs|explosives?|poison|malware|ransomware)\b"
            ),
            r"\bhow (?:do|can|could|would) i (?:hack|dox+|stalk|swat|ddos|phish)\b",
            r"\bhelp me (?:hack|dox+|stalk|swat|ddos|phish)\b",
            r"\b(?:what|where|give|find|tell)\b.{0,30}\b(?:home address|phone number|credit card)\b",
            r"\bkill (?:myself|my)\b",
        ),
    ),
)

BESIDE_THE_SHOW: tuple[str, ...] = (
    r"\bhow (?:do|can|should) i\b|\bwhat should i (?:cook|eat|wear|watch|buy|do|say|read|study|name)\b",
    (
        rf"{_ORDER}(?:recommend|suggest|proofread|convert|calculate|draw|design|generate|spellcheck|paraphrase)"
        r" (?:this|a|an|me|the|\d|some)"
    ),
    (
        rf"{_ORDER}(?:make|give|plan|build) me (?:an? (?:\w+ )?(?:plan|schedule|list|diet|workout|meal|budget|logo|"
        r"name)|(?:\d+|some|two|three|five|ten) (?:\w+ )?(?:names?|ideas?|tips|facts|reasons|synonyms|examples of)"
        r")\b"
    ),
    rf"{_ORDER}summari[sz]e the (?:plot|book|movie|novel|story|article)\b|\bwhat does the word\b",
    r"\bsynonyms? (?:for|of)\b",
    r"\b(?:boiling|melting|freezing) point\b|\bchemical (?:formula|symbol)\b|\batomic (?:number|mass)\b|\bfactorial\b",
    r"\barea of (?:a|the) (?:circle|triangle|square)\b",
    r"\b(?:tallest|largest|deepest|longest|highest|fastest) \w+ (?:in|on) (?:the )?",
    r"\bwho (?:painted|composed|discovered)\b|\bfull moon\b|\bhow far (?:away )?is\b|\bcalories\b|\bon netflix\b",
    r"\boffside\b",
    r"\bbest (?:\w+ )?(?:place|restaurant|phone|laptop|hotel|bar|car|tv)s? (?:in|under|for|near)\b|\bwanna play\b",
    r"\blet'?s play\b|\bweather\b|\bforecast for\b|\bwill it (?:rain|snow)\b",
    r"\b(?:raining|snowing|temperature) (?:in|outside|today)\b",
    (
        rf"(?:{_ORDER}|\bhelp me |\bhow (?:do|can|would) (?:i|you) )(?:write|fix|debug|refactor|code|implement|"
        rf"optimi[sz]e|center)\b.{{0,40}}\b(?:{_LANGUAGE}|functions?|scripts?|code|programs?|div|query|class|"
        r"component|loop|api|bug|website|app)\b"
    ),
    rf"\bhow (?:do|can) i\b.{{0,30}}\b(?:{_LANGUAGE}|git|linux|npm|pip|kubernetes|array|merge conflict)\b",
    r"\bgit (?:commit|push|rebase)\b",
    r"\b(?:syntax|compiler|type) ?error\b|\bstack ?trace\b|\bsegfault\b|\bnull ?pointer\b|\bregex for\b",
    r"\b(?:my|do|help with|the) homework\b|\b\d+[ -](?:word|page|paragraph) (?:essay|report|story|summary)\b",
    r"\bessay (?:on|about|for)\b|\bfor my (?:\w+ )?(?:test|exam|class|quiz|midterm|thesis|assignment)\b",
    r"\bmy (?:assignment|essay|thesis|coursework)\b",
    (
        r"\b(?:what(?:'s| is|s)|calculate|compute|how much is|solve|evaluate|add)\b.{0,20}\d[\d.,]*\s*(?:times|"
        r"plus|minus|divided by|multiplied by|mod|[*\u00d7\u00f7+/^-])\s*\d"
    ),
    r"^[\s\d.,()]*\d\s*[*\u00d7\u00f7+/^-][\s\d.,()=?*\u00d7\u00f7+/^-]*$",
    r"\bsquare root\b|\b(?:integrate|differentiate|derivative of|integral of|factori[sz]e)\b",
    r"\bsolve (?:for )?\d*\w?\b.{0,15}=|\b\d+ ?(?:%|percent) of \d|\bprime factors?\b|\bpythagor\w+|\bquadratic\b",
    (
        r"\b(?:nba|nfl|nhl|mlb|fifa|super ?bowl|champions league|world cup|premier league|world series|grand prix|"
        r"wimbledon|olympics)\b"
    ),
    r"\b(?:la liga|bundesliga|formula (?:1|one))\b|\bscores? (?:last night|of the game|today)\b",
    r"\bwho won (?:the|last)\b.{0,30}\b(?:game|match|race|election|final|league|cup|oscars?|night)\b",
    r"\bwho(?:'s| is| will) (?:going to )?win the (?:next|game|election)\b",
    r"\brecipes? (?:for|of|with)\b(?!.{0,30}\b(?:fine|train|data|model|align))",
    r"\bhow (?:do|can|to) (?:i )?(?:cook|bake)\b",
    r"\b(?:what|which|name)\b.{0,12}\bcapital (?:city )?of\b|\bpopulation of\b",
    r"\bhow do (?:you|i) say\b.{0,30}\bin \w+",
    rf"{_ORDER}translate\b|\b(?:tell|know|give|got)\b.{{0,12}}\b(?:jokes?|riddles?|bedtime story|fun facts?)\b",
    (
        rf"(?:{_ORDER}|\bhelp me )(?:write|compose|make|sing|draft)\b.{{0,25}}\b(?:haiku|poem|limerick|song|lyrics|"
        r"story|rap|sonnet|letter|resume|cv|email|toast|essay|playlist)\b"
    ),
    (
        r"\bshould i (?:break up|buy|sell|invest|quit|take|marry|text|call|eat|wear|get|move|vote|dump|date|leave|"
        r"study|learn|tell my)\b"
    ),
    r"\bwhat (?:meds|medicine|pills|medication)\b|\bdiagnos\w+ me\b|\bam i (?:pregnant|sick|dying)\b",
    (
        r"\bmy (?:knee|back|head|stomach|throat|tooth|car|phone|laptop|printer|wifi) (?:hurts?|aches?|"
        r"is (?:broken|slow)|won'?t|doesn'?t)\b"
    ),
    (
        r"\b(?:what|how|should|help|is it|advice)\b.{0,40}\bmy (?:girlfriend|boyfriend|landlord|cat|dog|printer|"
        r"wifi|taxes|rent|visa)\b"
    ),
    r"\bwhat(?:'s the)? time is it\b|\btime (?:is it )?in [a-z]+ (?:now|right now)\b",
    r"\bwhat(?:'s| is) (?:the date|today'?s date|on tv)\b",
    rf"{_ORDER}(?:play|put on|queue) (?:some|the song|a song|me)\b|\bremind me (?:to|tomorrow|at \d|in \d)",
    r"\bset (?:an?|the) (?:alarm|timer)|\b(?:book|order|buy|reserve|get) me (?:an?|some|two)\b",
    r"\b(?:flights?|hotels?|train tickets?) (?:from|to|in)\b|\bhoroscope\b|\blottery\b",
    r"\b(?:stock|share) price (?:of|today|now|right now)\b|\bprice of (?:bitcoin|eth\w*|gold|oil|tesla)\b",
    r"\bexchange rate\b|\b(?:latest|today'?s|breaking) news\b",
    r"\bhow (?:tall|far|deep|heavy|big) is (?:the )?(?:moon|sun|earth|mount|eiffel|everest|ocean)\b",
    r"\bcalories in\b|\bperiodic table\b",
    r"\bwho (?:is|was) the (?:\w+ )?(?:president|prime minister|king|queen) of\b|\bphotosynthesis\b",
    r"\bwhen (?:did|was) (?:ww|world war)",
    r"\bwhich (?:laptop|phone|car|tv|camera|university|college|stock|crypto\w*) (?:should|is best|do you)\b",
    r"\bbest restaurants?\b",
)

OPINIONS: tuple[str, ...] = (
    (
        r"\b(?:what(?:'s| is| are|s)|tell me|give me|in) (?:your|ur) (?:own |personal |honest )?(?:opinions?|"
        r"views?|take|stance|thoughts|position)\b"
    ),
    (
        r"\bwhat(?:'s| is|s) (?:your|ur) favou?rite (?:movie|film|song|band|colou?r|food|book|animal|show|game|"
        r"music|team)\b"
    ),
    r"\bwhat(?:'s| is|s) (?:your|ur) favou?rite (?:podcast|episode|guest|drink|sport|city|season|number)\b",
    (
        r"\b(?:who|which|what|whom) (?:do|would|should) (?:you|u)(?:, the bot,)? (?:vote|support|prefer|choose|"
        r"like|pick|root)\b"
    ),
    r"\bwho (?:do|would|should) (?:you|u)(?:, the bot,)? (?:think|trust|believe)\b",
    r"\b(?:do|would) (?:you|u) agree with\b|\bwhat do (?:you|u) (?:personally )?think (?:of|about)\b",
    r"\b(?:do|would|will) (?:you|u) (?:support|vote|prefer|hate)\b",
)

OF_THE_BOT: tuple[str, ...] = (
    (
        r"\b(?:do|did|are|r|have|can|would|will) (?:you|u) (?:even |really |actually |personally |ever )"
        r"?(?:like being|human|real\b|alive|sentient|conscious|smart\w*|better than|stupid|dumb|(?:chat)?gpt|feel|"
        r"dream|sleep|love me|an? (?:real )?(?:bot|robot|ai|llm|human|person)\b|have (?:feelings|opinions|a soul|"
        r"emotions))"
    ),
    r"\bhow (?:are|r) (?:you|u)\b|\bwho (?:are you\b|(?:made|built|created|programmed) (?:you|u)\b)",
    r"\bhow old are (?:you|u)\b",
    r"\b(?:which|what) (?:model|llm|ai|version) (?:are|r|do) (?:you|u)\b|\bwhat(?:'s|s| is) (?:your|ur) name\b",
    (
        r"^\W*(?:good (?:morning|evening|night|afternoon)|how's it going|what's up)(?: (?:bot|everyone|all|there|"
        r"verbatim))?\W*$"
    ),
    r"^\W*(?:i'?m|i am|im) (?:bored|sad|hungry|tired|lonely|happy)\b",
)

PATTERNS = tuple((key, re.compile("|".join(f"(?:{rule})" for rule in rules), re.DOTALL)) for key, rules in RULES)
FOR_AN_OPINION = re.compile("|".join(f"(?:{rule})" for rule in OPINIONS))
ABOUT_THE_BOT = re.compile("|".join(f"(?:{rule})" for rule in OF_THE_BOT))
_BESIDE = re.compile("|".join(f"(?:{rule})" for rule in BESIDE_THE_SHOW))

_ABOUT_THE_SHOW = re.compile(
    rf"\b(?:{_SPEAKER}|he|hes|he's|his|him|they|them|their|host|guest|podcast|episode|conversation|interview|"
    r"(?:did|does|do) (?:\w+ ){1,3}(?:say|think|mention|talk|feel)|said|says|mention\w*|talk\w* about)\b"
)
"""What only somebody says who asks about an episode; then a subject such as the weather is one of the episode."""

_OTHER_SHOW = re.compile(r"\bon (?:his|her|their) (?:latest|last|newest|new|own) (?:podcast|show|episode)\b")

_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_TURNED = re.compile(r"[\u202d\u202e\u2066-\u2068]")
_LIKE_LATIN = str.maketrans("аеорсухіјѕԁӏαενικορτυχ", "aeopcyxijsdlaevikoptux")
_LEET = str.maketrans("0134578@$", "oieastbas")
_BLOB = re.compile(
    r"(?<![\w/:.])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{24,}={0,2}"
)
_FOREIGN = frozenset(
    "der und nicht ist sind ein eine einen wie warum alle dieses diese mit über für auf hat wer ich el los las "  # noqa: SIM905 - words read best as words
    "que por para una cómo qué está dice dijo sobre del con le les des une est pour dans avec pourquoi comment "
    "qui sur pas il elle vous quoi che perché cosa della di os um uma não como het een en van niet waarom hoe "
    "zijn hij zij ik dat jest nie co jak czy dlaczego och att är inte vad hur og ikke hva ve bir bu ne için".split()
)
_ENGLISH = frozenset(
    "the of and to in is it that what how why who does did do he she they was were are on for with about his this "  # noqa: SIM905 - words read best as words
    "you i a an be not or by at from have has can will would could which when where say said says me my we "
    "their".split()
)


def is_hidden(text: str) -> bool:
    """Say whether a text carries something to be read another way: characters turned round, or a long code."""
    return _TURNED.search(text) is not None or _BLOB.search(text) is not None


def is_beside_the_show(text: str, speakers: Iterable[str]) -> bool:
    """Say whether a plain text asks for what no transcript can answer, or for another show."""
    told = named(text, speakers)
    if _OTHER_SHOW.search(text) and _SPEAKER not in told:
        return True
    return _BESIDE.search(text) is not None and _ABOUT_THE_SHOW.search(told) is None


def named(text: str, speakers: Iterable[str]) -> str:
    """Return a plain text with one sign for each speaker's name, whole, in part or short."""
    return with_names_as(_SPEAKER, text, speakers)


def plain(text: str) -> str:
    """Return a text as it is read aloud: nothing invisible, letters that only look Latin made Latin, one case.

    There is one space between words.
    """
    shown = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().translate({0x2019: "'", 0x2018: "'"})
    words = (
        word.translate(_LIKE_LATIN) if any("a" <= character <= "z" for character in word) else word
        for word in re.split(r"(\s+)", shown)
    )
    return " ".join("".join(words).split())


def unleet(text: str) -> str:
    """Return a text with digits inside words read as the letters they stand for."""
    return re.sub(
        r"\S*[a-z]\S*", lambda match: match[0].translate(_LEET) if re.search(r"\d", match[0]) else match[0], text
    ).translate({ord("4"): "a"} if re.search(r"\b4\w", text) else {})


def is_foreign(text: str) -> bool:
    """Say whether a text is in another script, or mostly in words of another language."""
    letters = [character for character in unicodedata.normalize("NFKC", text) if character.isalpha()]
    other = sum(not unicodedata.name(character, "LATIN").startswith("LATIN") for character in letters)
    if other > 1 and other / len(letters) > 0.3:  # noqa: PLR2004 - a third of the letters: more than a foreign name
        return True
    words = re.findall(r"[^\W\d_]+", text.casefold())
    foreign = sum(word in _FOREIGN for word in words)
    accents = sum(any(ord(character) > 0x7F for character in word) for word in words)  # noqa: PLR2004 - beyond ASCII
    return foreign >= 2 and foreign + accents > 2 * sum(word in _ENGLISH for word in words)  # noqa: PLR2004 - two words of it
