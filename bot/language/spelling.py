"""Misspelt words of a claim: which word was meant, and what is a word of its own."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language.likeness import same_words
from bot.language.tokens import Token, is_negation, word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["is_slip", "look_alike", "respell"]

_SHORTEST, _SHORT, _LONG_STEM, _LONG = 3, 4, 6, 8
_ENDINGS = word_set(
    "s es d ed r er ers rs ing ings st est ly y n en ns ies ied ier al or ors e ity ful less ness able ible "
    "ion ions t th ts nt nts nce nces ment ments ance ence ee ees ive ic ist ism"
) | {""}
_STEM_END = re.compile(r"(?:ings?|ers?|e?d|e?s|ly|ions?|men|man)$")
_SOUND = str.maketrans({"c": "k", "q": "k", "z": "s", "y": "i"})

REAL_WORDS = word_set(
    # Common English words that are one slip away from another one: never read as misspelt. Made by applying `_alike`
    # to the 20,000 most frequent words of pyspellchecker 0.9.1.
    "able accents access accused accusing aces acne acre acres act activates activities acts add addition "
    "adds advantageous advantages adventures adventurous aesthetic aft ain alma alter altitude amid amp ample "
    "amy anesthetic angel angels angle angles anomalies anomalous ante appalled appalling appealed appealing "
    "applied applying apt archaeological archeological arise arises arm armor arose arrest art arts asses "
    "assess astray babble bacon bale ballet ballot bandage bar barbecue barbeque barely barking barley barn "
    "bars battered battle beaches beast beasts beat beats became become befriend beloved beside best beta "
    "bets bidding biding billions bled bleed blocks blot boast boats bobby bolt bondage bonny bono bony boon "
    "boost booth boots borrow both bottle bought boyfriend bra brain braking bran branch bras brass breath "
    "bred breed brian brunch brunt bubble bugle bulge bullet bundles burnt burrow businessman businessmen "
    "busy buttered buys cackling calibrated calm calms campsite canceled canceling cancelled cancelling cane "
    "cannon canon canvas canvass canyon capital capitol captions captors care cares caress carp carry carte "
    "carter carton cartons cartoon cartoons carve carved carving cary cast cat catherine cats celebrated "
    "celebrates celebrities cellar certain cheery cherry chili chilli choose chose christen christian "
    "chucking clam clams clarence cleaned cleaning clearance cleared climate clones closest closets clot "
    "coarse coast coats collar collared colleagues college colleges collision collusion colonel colored "
    "coloured colt combing command commandeer commander commandos commands commend compares compelled "
    "compelling compete competed competing compiled compiling complement complete completed completing "
    "compliment composite compress compressed comprised compute computing concealed concealing concede "
    "conceited concession concocted concussion condos confess confessed confesses confessing confession "
    "confirm conform confused confuses confusing confusion congressman congressmen connected consolation "
    "consultation contact contacted contacting contacts contained containing content contents continent "
    "continents contingent continued continues continuing continuous contract contracted contracting "
    "contracts convey convoy cooped cooper coping copped copper copping coral corps corral cortical "
    "counsellor counselor counteract countess counties countless countries counts county course covert "
    "cracking crap crate crater crave craved craving create created creation creators creatures critical "
    "crops crossed crosses crossing crotch crutch cures curse curtain cuter cutter dad dads dairy damnation "
    "dangers daylights decade deceased decent decide decode decreased dedicated dedication deduced deducted "
    "deduction defect defined defines deleted delight delights denies denise dense depart departed deport "
    "deported depraved deprived derive derived desert deserts despised dessert desserts destruct destruction "
    "detention detonation deuce devoted devotion diary diner diners dinner dinners disapprove disposed "
    "disprove distract distraction distracts district districts ditched does domination door dose dost dots "
    "drive ear east eat eats embarked embraced end enduring era erupted eta eternal evaluation ever evil "
    "evolution excited exciting exercise exist exits exorcise expanse expense expert explosion export "
    "expulsion external facilities faculties faculty farewell farming fart farthest fat fathered fatten "
    "fattest faulty favors feast feathered feats feds feeds feel fell fellow fellows field fiend fiends "
    "fights filed files filet filing filled fillet filling fined finish finnish fired fires firewall "
    "fisherman fishermen fist fits fittest flashy flattering fleshy flies flowed flower flowers flowing "
    "fluttering follow follows for forgave forget forgive forgo forgot form forth framing frances francs frat "
    "fred freed freight freshmen fried fries fright fro from fueled fuelled fulfil fulfill furry furthest "
    "fury futures galley gaps garage gary gasp gentleman gentlemen glories gnome godly gods goodly goods "
    "gorge gorilla grander gravel gray grieves grinding groove grove grovel guerilla guerrilla gust guts "
    "hanger hast hats haven hazards heel heels hell hells historical holly holy hoops hoped hoping hopped "
    "hopping hops host hots hysterical ian imaging immoral immortal impart impatient implies import impotent "
    "ina incest incurred indicated indication indicted induction inhabit inhibit inquired insect install "
    "installed instill instilled insulated insulted jest jets jiggle jingle judgement judgment juggle jungle "
    "katherine labeled labelled lair lama late later lateral latitude latte latter lesions lessen lesson lest "
    "lets liar licenses lightening lighter lighting lightning likeness liner lions lira listing liter literal "
    "litter loins loose lose loses losses lost lots louse lumber lunch lunches mai maid maintain maintains "
    "mama mamma manic map maple marian marina marital marry marshal marshall martial martian martians martin "
    "martinis mary massage massages mast mastery mats matters matured may meddle memoirs message messages mia "
    "middle misled modeling modelling momentary moments monetary mono monster monsters moon moping mopping "
    "morality morals mortality mountain mountains mouse mousse moustache muddle murderers murderous murders "
    "mustache mysteries mysterious mystery nate ned needles needless nest nets neural nicest noose nose "
    "nuclear odor opt option options orb ordinance ordnance overcame overcome overhead overheard owe owes own "
    "packet packets paddle pairs parental paris parish pastries pasture pastures pat patent patents patient "
    "patients patrol payoff peasant peddle perched perfect perils perish persecute persecuted persecution "
    "persian personal personnel persons perspective pest petrol pets pheasant phony picket pining pinning "
    "place plant plants plate pleasant pocket pockets poisons policeman policemen poll polls polo pool pools "
    "pooped pooping popped popping pose poses posse possess post posture pot potent potion potions pots "
    "powered preceded precedes preceding prediction predictions predicts prefect premise premises prenatal "
    "pressed priests princes princess printing proceed proceeded proceeding proceeds production productions "
    "products promise promises proposes prosecute prosecuted prosecution prospective protons proved psychos "
    "puddle purposes purse pus quiet quite rabble racket rackets radial raged ragged raise raises ram raping "
    "rapper rapping rapture rarest rat rated rating rats ratted ratting ravens reaper reassemble reassigned "
    "recalled recalling recital recon recover recreated recreating recruited recruiting rectal recurring "
    "recycled recycling refuge refugee reigned reigning relies relieve relive reliving remainder remained "
    "remand remanded remind reminded reminder render rented repetition reply reputation reputed requiring "
    "resemble reside residue resign resigned rested resting retinal retired retiring revel revelation "
    "revelations revere revered revolution revolutions rewrite rewrote rob rocket rockets rogue rooster "
    "rooted rooting roots roster rots rotted rotting rouge routed routing rubble run runaway runway rupture "
    "sacred salon saloon sample sandals sang sap satin savage savior saviour savor scandalous scandals scared "
    "scaring scarred scarring scoot scott scrabble scribble seattle senor sentient sentiment settle shacked "
    "shedding shoot shoots shot shots shredded shrink shrouded shrunk sickens sign signing signs silver "
    "simmons simple simulate simulated simulation sing singing sings sizable sizeable slashed slashing "
    "sleight slight sliver smoother smother snag snatch snatched sniffing snitch snitched snug spa sparing "
    "sparring spatter sped speed spending spilt spitting split sporting sports sprang spring sprung square "
    "squash squire squish stable stain stained stains stands stared staring starling starred starring started "
    "starting state stated station stationary stationery stations statue statute steaks steaming steep "
    "steeped step stepped sticker stimulate stimulated stimulation stinging stoop stop strained strand "
    "stranded strange strangely stranger strangest strangle strapped strapping strike string striped stripped "
    "stripping stroke strong stronger strongest strongly strung studies sturdy subtle sue sued suing summat "
    "summit summons sung super supper tackle tailor tampered tangle taped taping tapped tapping tarp taylor "
    "tea teens tempered tens theater theatre there thirty thorough though threat threats three throat throats "
    "through tickle tide tied tier tilted tingle tinkle tire tired tires titled toll tolls tones tonnes tool "
    "tools topics tow trail trails traitorous traitors transit transmit trap trashed trashing traveled "
    "traveler travelers traveling travelled traveller travellers travelling treads treats trial trials tried "
    "tries trough two unarmed unclear unite united unstable unsuitable untie untied ups urn use used using "
    "vantage vector vectors veer veil vest vets victor victories victorious victors vintage violets violins "
    "virtues wagging waging waist waiters waits waken wallow wandered wandering warp warship warships weakens "
    "weathered weekend weighed west wets whines whiskey whisky whoever whooping whopping widows wiggle willow "
    "willy wily withdraw withdrew withered withheld withhold woe woes won wondered wondering worship "
    "worshiped worshipped worships wrap wrath"
)


def is_slip(said: str, claimed: str, known: Callable[[str], bool]) -> bool:
    """Say whether `claimed` is a misspelling of the word `said`, and not a word of its own."""
    return _alike(said, claimed) and claimed not in REAL_WORDS and not known(claimed)


@lru_cache(maxsize=4096)
def _alike(said: str, claimed: str) -> bool:
    """Say whether two words differ as a typist's slips do: swapped, doubled or dropped letters, another vowel."""
    if not (said.isalpha() and claimed.isalpha()) or min(len(said), len(claimed)) < _SHORTEST or said == claimed:
        return False
    swaps = _swaps(said, claimed)
    if swaps:
        return swaps <= (1 if len(said) <= _LONG_STEM else 2)
    if min(len(said), len(claimed)) < _SHORT or said[0].translate(_SOUND) != claimed[0].translate(_SOUND):
        return False
    return _undoubled(said) == _undoubled(claimed) or _misheard_vowel(said, claimed)


def _misheard_vowel(said: str, claimed: str) -> bool:
    """Say whether two long words differ inside by a vowel, or a letter too many or too few."""
    if said[-1] != claimed[-1] or _inflected(said, claimed) or len(_STEM_END.sub("", said)) < _LONG_STEM:
        return False
    edits = _edits(said, claimed)
    if _skeleton(said) == _skeleton(claimed):
        return edits <= (1 if len(said) < _LONG else 2)
    return edits == 1 and len(said) > _LONG_STEM and len(said) != len(claimed)


def look_alike(one: str, other: str) -> bool:
    """Say whether two words are as near as those that autocorrection or the ear takes for one another."""
    if one[:1] == "#" == other[:1]:
        return True
    longer = max(len(one), len(other))
    return longer >= _SHORTEST and abs(len(one) - len(other)) <= longer // 3 and _edits(one, other) <= longer // 3


def _swaps(one: str, other: str) -> int:
    """Return how many pairs of neighbouring letters are swapped, 0 when that is not the only difference."""
    if len(one) != len(other):
        return 0
    count = at = 0
    while at < len(one):
        if one[at] == other[at]:
            at += 1
        elif one[at : at + 2] == other[at : at + 2][::-1]:
            count, at = count + 1, at + 2
        else:
            return 0
    return count


def _inflected(one: str, other: str) -> bool:
    """Say whether the words are forms of one stem: builds, builders."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return any({one[cut:], other[cut:]} <= _ENDINGS for cut in range(same, max(1, same - 3), -1))


def _undoubled(word: str) -> str:
    """Write doubled letters once."""
    return re.sub(r"(.)\1+", r"\1", word)


def _skeleton(word: str) -> str:
    """Return the consonants as they sound."""
    return _undoubled(re.sub("[aeiou]", "", word.replace("ph", "f").replace("ck", "k").translate(_SOUND)))


def _edits(one: str, other: str) -> int:
    """Return how many letters are added, dropped, replaced or swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before, row = before, row, [at]
        for place, wanted in enumerate(other, 1):
            cost = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != wanted))
            if older and place > 1 and letter == other[place - 2] and one[at - 2] == wanted:
                cost = min(cost, older[place - 2] + 1)
            row.append(cost)
    return row[-1]


_SOUND_ALIKE = {
    "your": ("you", "are"),
    "its": ("it", "is"),
    "were": ("we", "are"),
    "whose": ("who", "is"),
    "their": ("they", "are"),
    "theirs": ("there", "is"),
    "well": ("we", "will"),
    "ill": ("i", "will"),
    "id": ("i", "would"),
    "lets": ("let", "us"),
}
_READINGS = {"is": "has", "has": "is", "would": "had", "had": "would"}
_PARTICIPLES = frozenset({"been", "better", "had", "got"})
_NEVER_JOINED = frozenset({"a", "in", "un", "no", "be", "i", "al", "any", "every", "may", "on", "over", "under", "out"})


class _Heard:
    """The words that were said near a claim: which there are, and which stand side by side."""

    def __init__(self, rows: Sequence[Sequence[Token]]) -> None:
        """Take rows of neighbouring tokens."""
        self._rows = rows
        self.forms: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        for row in rows:
            forms = [token.form for token in row]
            self.forms.update(forms)
            self.pairs.update(pairwise(forms))

    @cached_property
    def joined(self) -> dict[str, tuple[str, str]]:
        """Two neighbouring words by what they make when they are written as one."""
        return {
            one.surface + other.surface: (one.form, other.form)
            for row in self._rows
            for one, other in pairwise(row)
            if "#" not in one.form + other.form
        }

    def beside(self, before: str, form: str, after: str) -> int:
        """Return how many of its neighbours a word was said beside."""
        return ((before, form) in self.pairs) + ((form, after) in self.pairs)


def respell(asked: Sequence[Token], rows: Sequence[Sequence[Token]], known: Callable[[str], bool]) -> tuple[Token, ...]:
    """Return a claim's tokens with the forms of the said words that misspelt, joined and split ones stand for.

    `surface` stays as it was claimed, so that a respelt word never counts as written alike.
    """
    heard = _Heard(rows)
    meant = _meant(asked, heard, known)
    spelt: list[Token] = []
    at = 0
    while at < len(asked):
        token = asked[at]
        before = spelt[-1].form if spelt else ""
        after = asked[at + 1].form if at + 1 < len(asked) else ""
        two = _two(token, before, after, heard, known)
        one = _one(asked, at, heard)
        if two:
            spelt.append(token._replace(form=two[0]))
            spelt.append(Token(token.end, token.end, two[1], "", word=token.word))
        elif one:
            spelt.append(Token(token.begin, asked[at + 1].end, one, token.surface + " ", word=token.word))
            at += 1
        elif reading := _other_reading(before, token, after, heard):
            spelt.append(token._replace(form=reading))
        elif f"{token.form}_dollar" in heard.forms and token.form not in heard.forms:
            spelt.append(token._replace(form=f"{token.form}_dollar"))
        elif token.form in meant:
            best = max(meant[token.form], key=lambda option: (heard.beside(before, option, after), option))
            spelt.append(token._replace(form=best))
        else:
            spelt.append(token)
        at += 1
    return tuple(spelt)


def _other_reading(before: str, token: Token, after: str, heard: _Heard) -> str:
    """Return what an opened 's or 'd stands for when it was said otherwise before been, got and the like, or ''."""
    other = _READINGS.get(token.form, "")
    return (
        other
        if after in _PARTICIPLES and heard.beside(before, token.form, after) < heard.beside(before, other, after)
        else ""
    )


def _meant(asked: Sequence[Token], heard: _Heard, known: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return for each misspelt word what it may stand for."""
    strange = sorted({token.form for token in asked if token.form not in heard.forms and token.form.isalpha()})
    if not strange:
        return {}
    vocabulary = sorted(heard.forms)
    meant: dict[str, list[str]] = {}
    for word, options in zip(strange, same_words(strange, vocabulary), strict=True):
        if len(word) == _SHORTEST:
            options = {form: 1.0 for form in vocabulary if len(form) == _SHORTEST}  # noqa: PLW2901
        fitting = [form for form in options if is_slip(form, word, known)]
        if fitting:
            meant[word] = fitting
    return meant


def _two(token: Token, before: str, after: str, heard: _Heard, known: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return the two said words that were claimed as one, if any: your for you're, pullups for pull ups."""
    alike = _SOUND_ALIKE.get(token.form)
    if alike and token.surface == token.form and not heard.beside(before, token.form, after):
        fits = (alike[1], after) in heard.pairs or (not after and (before, alike[0]) in heard.pairs)
        return alike if fits and alike in heard.pairs else None
    if token.form in heard.forms or token.form != token.surface:
        return None
    parts = heard.joined.get(token.surface)
    if parts and parts[0] not in _NEVER_JOINED and not is_negation(parts[1]):
        return parts
    if len(token.form) > _LONG_STEM and token.form.endswith("s"):
        for form in heard.forms:
            if form[:1] == token.form[:1] and (form, "is") in heard.pairs and is_slip(form + "s", token.form, known):
                return form, "is"
    return None


def _one(asked: Sequence[Token], at: int, heard: _Heard) -> str | None:
    """Return the said word that was claimed as two from a place on, if any: data sets for datasets, you're for your."""
    if at + 1 == len(asked):
        return None
    one, other = asked[at], asked[at + 1]
    if (one.form, other.form) in heard.pairs or "#" in one.form + other.form or is_negation(other.form):
        return None
    if one.word == other.word:
        before = asked[at - 1].form if at else ""
        after = asked[at + 2].form if at + 2 < len(asked) else ""
        for word, alike in _SOUND_ALIKE.items():
            if alike == (one.form, other.form) and heard.beside(before, word, after):
                return word
        return None
    joined = one.form + other.form
    return joined if joined in heard.forms and one.form not in _NEVER_JOINED else None
