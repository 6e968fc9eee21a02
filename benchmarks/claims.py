"""How claims are judged, by kind and at sizes of library: `python -m benchmarks.claims [--misses] [--sizes 1 20 200]`.

Lines that were said, and what is made of them, are drawn from each show by a seed: stretches as they stand, with slips
of the fingers, with talk around them, with one fact changed, joined, shortened, given to somebody else. Short claims
that nobody made are written down in `tests/sets/short_claims.jsonl`, longer ones in `claims.jsonl`; a third of both is
kept aside. `--misses` names what is not judged as it should be, but for that third. From words alone; three minutes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quote import machine, percentile
from benchmarks.reading import write_episodes
from benchmarks.sets import is_kept_aside, load_set
from benchmarks.shows import INVENTED, REAL, open_library
from bot.corpus import names_somebody, open_corpus, words
from bot.language import is_content, is_negation, tokens
from bot.search import Searcher, Verdict
from bot.search.index.words import open_index
from bot.settings import ROOT
from tests.twists import twists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.corpus import Corpus, Episode
    from bot.search import Judgement

__all__ = ["FRAMES", "Claim", "made_of", "slipped"]

DRAWN = {"shipped": 240}
DRAWN_ELSEWHERE = 40
"""Lines that each kind is made of, of a show."""

TWISTED = {"shipped": 400}
TWISTED_ELSEWHERE = 120
"""Claims with one fact changed, of a show."""

SHORTEST, LONGEST = 5, 12
SIZES = (1, 20, 200)
TIMED = 200
"""Claims that are timed at each size of library."""

FRAMES = (
    "“{0}”",
    '"{0}" real?',
    "source? “{0}”",
    "fact check please: {0}",
    "> {0}\ndid they really say this?",
    "> {0}\nlol this is so true",
    "is this line legit: {0}",
    'lol look at this: "{0}"',
    "“{0}” — {1}",
    "“{0}” - {1}, on the show",
    "{0} ({1})",
    "{1}: {0}",
    '{1} said "{0}"',
    "did {1} really say “{0}”?",
    "my mate swears {1} said '{0}'. real?",
    "“{0}” :fire: :100:",
    "“{0}” https://example.org/clip?t=75",
    "{0} [laughs]",
    "“{0}” #podcast #quotes",
    "According to {1}, “{0}”",
)
"""What people put around a quote; `{0}` is the quote, `{1}` who says it (left out where nobody is named)."""

STRANGER = "Nadia Verholt"
"""Somebody who speaks nowhere."""

STRETCHES, SLIPS = "5 to 12 words as they stand", "two slips in twelve words"
"""The kinds that are judged at each size of library."""

_CONFIRMED = frozenset({Verdict.EXACT, Verdict.CLOSE})
_NEARBY = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "t": "ry", "n": "bm", "s": "ad", "r": "et", "h": "gj", "l": "k"}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a kind, the verdicts that are right, and who is said to have said it.

    Without verdicts it is judged rightly when it is judged as `bare` is, the quote without what stands around it.
    """

    kind: str
    text: str
    right: frozenset[Verdict] = frozenset()
    speaker: str | None = None
    bare: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Words of an episode as they stand, and who says them: one name, or None."""

    words: tuple[str, ...]
    speaker: str | None

    @property
    def text(self) -> str:
        return " ".join(self.words)


def slipped(line: Sequence[str], draw: random.Random, count: int = 2) -> str:
    """Return words with slips of the fingers in some of the longer ones: swapped, dropped, doubled, a key beside."""
    typed = list(line)
    long = [number for number, word in enumerate(typed) if word.isalpha() and len(word) > 4]  # noqa: PLR2004 - a slip shows
    for number in draw.sample(long, min(count, len(long))):
        word = typed[number]
        at = draw.randrange(1, len(word) - 1)
        beside = draw.choice(_NEARBY.get(word[at].casefold(), word[at]))
        typed[number] = draw.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + beside + word[at + 1 :],
            )
        )
    return " ".join(typed)


def made_of(corpus: Corpus, count: int, twisted: int) -> Iterator[Claim]:
    """Yield the claims of every kind that are made of what a show says."""
    draw = random.Random(18)  # noqa: S311 - a seed asks the same every time
    exact, close = frozenset({Verdict.EXACT}), frozenset({Verdict.CLOSE})
    for stretch in _drawn(corpus, draw, count, lambda _: True):
        yield Claim(STRETCHES, stretch.text, exact)
        other = Verdict.OTHER_SPEAKER if stretch.speaker else Verdict.UNATTRIBUTED
        yield Claim("… given to somebody else", stretch.text, frozenset({other}), speaker=STRANGER)
    for stretch in _drawn(corpus, draw, count, lambda own: any(word[-1] in ".?!" for word in own.words[1:-1])):
        yield Claim("… over the end of a sentence", stretch.text, exact)
    for stretch in _drawn(corpus, draw, count, lambda own: sum(map(is_content, _forms(own.text))) == 1):
        yield Claim("… of common words but one", stretch.text, exact)
    for stretch in _drawn(corpus, draw, count, lambda own: len(own.words) == LONGEST and _is_plain(own)):
        typed = slipped(stretch.words, draw)
        if typed != stretch.text:
            yield Claim(SLIPS, typed, close)
    for stretch in _drawn(corpus, draw, count, _is_plain):
        frame = draw.choice([frame for frame in FRAMES if stretch.speaker or "{1}" not in frame])
        yield Claim(
            "with talk around it: as the bare quote", frame.format(stretch.text, stretch.speaker), bare=stretch.text
        )
        at, filler = len(stretch.words) // 2, draw.choice((", you know,", ", I mean,", ", um,"))
        filled = f"{' '.join(stretch.words[:at])}{filler} {' '.join(stretch.words[at:])}"
        yield Claim("with a filler put in", filled, exact | close)
    halves = list(_drawn(corpus, draw, 2 * count, _is_telling))
    for one, two in zip(halves[::2], halves[1::2], strict=False):
        yield Claim("two lines joined", f"{one.text.rstrip('.,')}, {two.text}", frozenset({Verdict.STITCHED}))
    yield from _changed(corpus, twisted)


def _changed(corpus: Corpus, count: int) -> Iterator[Claim]:
    """Yield so many claims with one fact changed, from each episode as many."""
    least = -(-count // len(corpus.entries))
    made = [
        twist.claim
        for number in range(len(corpus.entries))
        for twist in islice(twists(corpus.episode(number), 18), least)
    ]
    for claim in made if count else ():
        yield Claim("one fact changed: never exact or close", claim, frozenset(Verdict) - _CONFIRMED)
        yield Claim("… and called altered", claim, frozenset({Verdict.ALTERED, Verdict.STITCHED}))


def _drawn(corpus: Corpus, draw: random.Random, count: int, fits: Callable[[_Stretch], bool]) -> Iterator[_Stretch]:
    """Yield so many different stretches of 5 to 12 words with one telling word at least, by one voice, that fit."""
    seen: set[str] = set()
    for _ in range(400 * count):
        if len(seen) >= count:
            return
        episode = corpus.episode(draw.randrange(len(corpus.entries)))
        stretch = _stretch(episode, draw)
        if stretch is not None and stretch.text not in seen and fits(stretch):
            seen.add(stretch.text)
            yield stretch


def _stretch(episode: Episode, draw: random.Random) -> _Stretch | None:
    """Return a stretch of an episode by one voice, None when what was drawn is none."""
    number = draw.randrange(len(episode.sentences))
    last = min(number + 2, len(episode.sentences) - 1)
    passage = episode.passage(number, last if episode.is_whole(number, last) else number)
    said, length = passage.text.split(), draw.randint(SHORTEST, LONGEST)
    if len(said) < length or len(set(passage.voices)) != 1:
        return None
    begin = draw.randrange(len(said) - length + 1)
    own = tuple(said[begin : begin + length])
    around = _forms(" ".join(said[max(0, begin - 1) : begin + length + 1]))
    cut = sum(form.startswith("#") for form in around) != sum(form.startswith("#") for form in _forms(" ".join(own)))
    voice = passage.voices[0]
    if cut or len(words(" ".join(own))) < SHORTEST or not any(map(is_content, _forms(" ".join(own)))):
        return None
    return _Stretch(own, voice if voice and names_somebody(voice) else None)


def _forms(text: str) -> list[str]:
    return [token.form for token in tokens(text) if not token.free]


def _is_plain(stretch: _Stretch) -> bool:
    """Say whether a stretch can be changed without being another: no negation, no number, no mark inside."""
    forms = _forms(stretch.text)
    return not any(is_negation(form) or form.startswith("#") for form in forms) and not set('“”"()[]…—:') & set(
        stretch.text
    )


def _is_telling(stretch: _Stretch) -> bool:
    """Say whether a stretch is plain and has three words at least that mean something."""
    return _is_plain(stretch) and sum(map(is_content, _forms(stretch.text))) >= 3  # noqa: PLR2004 - as a piece has


def written(show: str) -> Iterator[Claim]:
    """Yield the claims on a show that nobody made."""
    rows = [row for row in load_set("short_claims.jsonl") if row["show"] == show]
    rows += [row for row in load_set("claims.jsonl") if show == "shipped" and row["kind"] in _NEVER]
    for row in rows:
        aside = is_kept_aside(row)
        kind = f"{_NEVER.get(row['kind'], 'short, with a name, phrase or number of the show')}{', aside' * aside}"
        yield Claim(f"never made: {kind}", row["query"], frozenset({Verdict.NOT_FOUND}), aside=aside)


_NEVER = {"fabricated": "sentences", "elsewhere": "said elsewhere", "offtopic": "off topic"}


def _is_of_the_edition(judged: Judgement) -> bool:
    """Say whether all that is shown as said is a slice of what is shown."""
    texts = [passage.text for passage in judged.passages]
    told = [part.text for part in judged.differences if part.kind != "claimed"]
    return all(any(part in passage.episode.text for passage in judged.passages) for part in told) and (
        len(judged.marked) == len(texts)
    )


def judge_shows(*, misses: bool) -> str:
    """Return the table of all kinds over the shipped show and over the others, as Markdown."""
    rows: dict[str, dict[bool, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for show in ("shipped", *INVENTED, *REAL):
        library = open_library(show, models=False)
        if library is None:
            continue
        search = Searcher(library.corpus, library.index)
        made = made_of(library.corpus, DRAWN.get(show, DRAWN_ELSEWHERE), TWISTED.get(show, TWISTED_ELSEWHERE))
        for claim in (*made, *written(show)):
            judged = search.verify_now(claim.text, claim.speaker)
            right = judged.verdict in (claim.right or {search.verify_now(claim.bare).verdict})
            rows[claim.kind][show == "shipped"].append(right)
            rows["words shown as said are the edition's"][show == "shipped"].append(_is_of_the_edition(judged))
            if misses and not right and not claim.aside:
                print(f"{show} · {claim.kind} · {judged.verdict}: {claim.text!r}")
        search.close()
    lines = ["| Claims | n | shipped show | other shows |", "|---|---|---|---|"]
    for kind, found in rows.items():
        cells = [f"{sum(found[own]) / len(found[own]):.3f}" if found[own] else "" for own in (True, False)]
        lines.append(f"| {kind} | {len(found[True])} + {len(found[False])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def judge_sizes(sizes: Sequence[int]) -> str:
    """Return the table of stretches and of times at sizes of library, as Markdown."""
    lines = [
        "| Episodes | as they stand: exact | two slips: close | `/verify` p50 | p99 | bare tantivy p50 | p99 | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            if size > 1:
                write_episodes(Path(folder) / "content", size)
                corpus = open_corpus(Path(folder) / "content", Path(folder) / "data", lambda _: None)
                index = open_index(corpus, Path(folder) / "data/index", lambda _: None)
            else:
                corpus = open_corpus(ROOT / "content", ROOT / "data", lambda _: None)
                index = open_index(corpus, ROOT / "data/index", lambda _: None)
            search = Searcher(corpus, index)
            claims = [claim for claim in made_of(corpus, TIMED // 2, 0) if claim.kind in {STRETCHES, SLIPS}]
            for claim in claims[:5]:
                search.verify_now(claim.text)
            taken: dict[str, list[float]] = defaultdict(list)
            right: dict[str, list[bool]] = defaultdict(list)
            for claim in claims:
                begun = time.perf_counter()
                index.top("words", claim.text, 20)
                between = time.perf_counter()
                judged = search.verify_now(claim.text)
                taken["bare"].append(1000 * (between - begun))
                taken["verify"].append(1000 * (time.perf_counter() - between))
                right[claim.kind].append(judged.verdict in claim.right)
            search.close()
        shares = " | ".join(f"{sum(right[kind]) / len(right[kind]):.3f}" for kind in (STRETCHES, SLIPS))
        times = [percentile(taken[way], part) for way in ("verify", "bare") for part in (0.5, 0.99)]
        lines.append(
            f"| {size} | {shares} | {' | '.join(f'{each:.1f} ms' for each in times)} | {times[0] / times[2]:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true", help="name what is not judged as it should be")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="episodes of the libraries to time")
    given = parser.parse_args()
    print(judge_shows(misses=given.misses))
    print(f"\n{judge_sizes(given.sizes)}\n\n{machine()}; generated episodes but for the one.")


if __name__ == "__main__":
    main()
