"""`check`: proof that an edition says what its source says, and a report a person can read.

The source's words with the declared errata applied are the edition's words, in order, nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING

from bot.contract import clock
from bot.corpus.adverts import sounds_like_advert
from bot.corpus.aliases import ALIASES, read_aliases
from bot.corpus.curated import curated_highlights, key_passages
from bot.corpus.episode import EpisodeFiles, build_episode, edition_of, mend_source, source_words
from bot.corpus.files import is_there, reading
from bot.corpus.library import episode_folders
from bot.corpus.transcript import Section
from bot.corpus.voices import names_somebody
from bot.corpus.withdrawn import SpanError, withdrawn_of, withdrawn_sentences, withhold
from bot.corpus.words import TOKEN
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.corpus.edition import Edition
    from bot.corpus.errata import Mended
    from bot.corpus.model import Episode, Show
    from bot.corpus.withdrawn import Withdrawal

__all__ = ["EpisodeCheck", "check_corpus", "check_episode"]

AROUND = 40
"""Characters on either side of a mending in the word diff."""

_AHEAD = 400
"""Words from the first difference on that are compared; of words all alike the time grows with the cube of it."""

MOST_PROBLEMS = 20
"""Problems told for one episode; the first ones usually explain the rest."""


@dataclass(frozen=True, slots=True)
class EpisodeCheck:
    """What was found in one episode: problems as `path:line: what, and what to do`, facts for a report, a word diff."""

    name: str
    problems: tuple[str, ...]
    facts: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


def check_corpus(folder: Path) -> Iterator[EpisodeCheck]:
    """Check every episode of a content folder, one after the other; raises TranscriptError for a bad `show.toml`.

    Of what is withdrawn it says only that it is, and where it stands.
    """
    for show, found in groupby(episode_folders(folder), key=lambda each: each[0]):
        episodes = [path for _, path in found]
        try:
            withdrawn = withdrawn_of(show, folder / show.id, [path.name for path in episodes])
        except TranscriptError as error:
            yield EpisodeCheck(show.id, (say("check.no-start", error=error),))
            continue
        if withdrawn.problems:
            problems = tuple(say("check.show-hidden", problem=problem) for problem in withdrawn.problems)
            yield EpisodeCheck(show.id, problems)
        for path in episodes:
            if path.name in withdrawn.whole:
                told = say("check.whole-withdrawn", told=withdrawn.whole[path.name])
                yield EpisodeCheck(f"{show.id}/{path.name}", (), (told,))
            else:
                yield check_episode(show, path, withdrawn.spans.get(path.name, ()))


def check_episode(show: Show, folder: Path, withdrawn: Sequence[Withdrawal] = ()) -> EpisodeCheck:
    """Check one episode's folder, of which some spans may be withdrawn."""
    name = f"{show.id}/{folder.name}"
    try:
        with reading(str(folder)):
            return _check(show, folder, withdrawn)
    except SpanError as error:
        return EpisodeCheck(name, (say("check.episode-hidden", error=error),))
    except TranscriptError as error:
        return EpisodeCheck(name, (str(error),))


def _check(show: Show, folder: Path, withdrawn: Sequence[Withdrawal]) -> EpisodeCheck:
    files = EpisodeFiles.of(folder)
    whole = build_episode(show, files, as_marked=True)
    episode = withhold(whole, withdrawn) if withdrawn else whole
    edition = edition_of(files)
    problems = list(_form_problems(files, edition))
    facts = [*_facts(episode), *(_withdrawal_fact(whole, edition, files, each) for each in withdrawn)]
    if not edition.sectioned:
        facts += _promotion_facts(whole, edition)
    content = folder.parent.parent
    points, shown = len(key_passages(content, whole)), len(key_passages(content, episode))
    if points:
        facts.append(_curated_fact("points", points, points - shown))
    picked, shown = len(curated_highlights(content, whole)), len(curated_highlights(content, episode))
    if picked:
        facts.append(_curated_fact("highlights", picked, picked - shown))
    if is_there(folder.parent / ALIASES):
        read_aliases(folder.parent / ALIASES)
    diff: tuple[str, ...] = ()
    if files.source and files.edition:
        source = source_words(files)
        mended = mend_source(files, source)
        undeclared = list(_undeclared_differences(files, edition, source, mended))
        problems += undeclared
        # Where the edition does not follow from the source, nobody can say which mendings are withdrawn.
        diff = (
            () if undeclared and withdrawn else tuple(_diff(source, mended, _withdrawn_offsets(whole, episode, mended)))
        )
        proof = "unproven" if undeclared else "proven"
        facts.append(say(f"check.errata-{proof}", count=len(mended.errata)))
    elif files.errata:
        problems.append(say("check.lone-errata", path=files.errata))
    return EpisodeCheck(f"{show.id}/{folder.name}", tuple(problems[:MOST_PROBLEMS]), tuple(facts), diff)


def _form_problems(files: EpisodeFiles, edition: Edition) -> Iterator[str]:
    """Yield what is wrong with speakers, chapters and times."""
    if not files.edition:
        return
    people = {person.name for person in edition.meta.people}
    said: set[str | None] = set()
    duration = edition.meta.duration
    latest = 0.0
    for block, line in zip(edition.blocks, edition.lines, strict=True):
        unknown = people and block.speaker and block.speaker not in said and block.speaker not in people
        if unknown and names_somebody(block.speaker or ""):
            yield say("check.speaker-unknown", place=f"{files.edition}:{line}", speaker=block.speaker)
        said.add(block.speaker)
        for sentence in block.said:
            if sentence.start is not None and sentence.start < latest:
                now, before = clock(sentence.start), clock(latest)
                yield say("check.times-order", place=files.edition, line=line, now=now, before=before)
            latest = max(latest, sentence.start or 0.0)
    used = {block.chapter for block in edition.blocks}
    for number, chapter in enumerate(edition.chapters):
        if number not in used:
            yield say("check.no-words", place=files.edition, chapter=chapter.title)
        latest = max(latest, chapter.start or 0.0)
    if duration is not None and latest > duration:
        late, end = clock(latest), clock(duration)
        yield say("check.time-late", place=files.edition, late=late, end=end)


def _undeclared_differences(files: EpisodeFiles, edition: Edition, source: str, mended: Mended) -> Iterator[str]:
    """Yield each place where the edition's words are not the source's words with the errata applied."""
    there = [(token.group(), token.start()) for token in TOKEN.finditer(mended.text)]
    here = [
        (token, line)
        for block, line in zip(edition.blocks, edition.lines, strict=True)
        for said in block.said
        for token in said.text.split()
    ]
    for found, wanted, line, begin in _differences(there, here):
        place = mended.source_begin(begin) if begin < len(mended.text) else len(source)
        row = source.count("\n", 0, place) + 1
        where = f"{row}:{place - (source.rfind(chr(10), 0, place) + 1) + 1}"
        yield say(
            "check.differs",
            place=f"{files.edition}:{line}",
            now=" ".join(found) or say("check.nothing"),
            was=" ".join(wanted) or say("check.nothing"),
            where=where,
            folder=files.folder.name,
        )


def _differences(
    there: Sequence[tuple[str, int]], here: Sequence[tuple[str, int]]
) -> Iterator[tuple[list[str], list[str], int, int]]:
    """Yield (edition's tokens, source's tokens, edition line, source offset) for each difference."""
    first = [token for token, _ in there]
    second = [token for token, _ in here]
    if first == second:
        return
    same = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    matcher = SequenceMatcher(None, first[same : same + _AHEAD], second[same : same + _AHEAD], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            line = here[min(same + k, len(here) - 1)][1]
            begin = there[min(same + i, len(there) - 1)][1]
            yield second[same + k : same + m][:12], first[same + i : same + j][:12], line, begin


def _facts(episode: Episode) -> Iterator[str]:
    """Yield the report's lines: size, speakers, chapters with their speed of speech."""
    words = len(episode.tokens.begins)
    yield say("check.size", words=words, sentences=len(episode.sentences), paragraphs=len(episode.paragraphs))
    said = Counter(
        episode.paragraphs[sentence.paragraph].speaker or say("check.unnamed") for sentence in episode.sentences
    )
    yield say("check.speakers", speakers=", ".join(_sentences(name, count) for name, count in said.most_common()))
    kinds = Counter(episode.paragraphs[sentence.paragraph].section for sentence in episode.sentences)
    listed = ", ".join(_sentences(section, kinds[section]) for section in Section if kinds[section])
    yield say("check.sections", sections=listed)
    counts: Counter[int | None] = Counter()
    for paragraph in episode.paragraphs:
        if paragraph.section is not Section.AD:
            counts[paragraph.chapter] += len(episode.text[paragraph.begin : paragraph.end].split())
    ends = [episode.meta.duration]
    for chapter in reversed(episode.chapters[1:]):
        ends.append(ends[-1] if chapter.start is None else chapter.start)
    for number, (chapter, end) in enumerate(zip(episode.chapters, reversed(ends), strict=False)):
        count = counts[number]
        if chapter.start is None or end is None or end <= chapter.start:
            yield say("check.chapter", chapter=chapter.title, words=count)
        else:
            pace = count / (end - chapter.start) * 60
            yield say("check.chapter-pace", start=clock(chapter.start), chapter=chapter.title, words=count, pace=pace)


def _promotion_facts(episode: Episode, edition: Edition) -> Iterator[str]:
    """Yield how much of an edition that marks no ads sounds like one, and in which line the first stands."""
    heard = sounds_like_advert(episode)
    if any(heard):
        first = episode.sentences.paragraphs[heard.index(True)]
        place = say("check.promotion-line", line=edition.lines[first]) if edition.lines else ""
        yield say("check.promotion", count=sum(heard)) + place


def _sentences(of: str, count: int) -> str:
    return say("check.sentences", name=of, count=count)


def _curated_fact(kind: str, count: int, left_out: int) -> str:
    """Say how many curated rows there are, and how many a withdrawal takes."""
    fact = say(f"check.kept-{kind}", count=count)
    return say("check.left-out", fact=fact, count=left_out) if left_out else fact


def _withdrawal_fact(episode: Episode, edition: Edition, files: EpisodeFiles, withdrawal: Withdrawal) -> str:
    """Return what a withdrawal takes, without its words: how much, where, when."""
    numbers = withdrawn_sentences(episode, withdrawal)
    first, last = (episode.sentences[number] for number in (numbers[0], numbers[-1]))
    parts = [say("check.withdrawn", count=len(numbers))]
    if files.edition:
        begin, end = edition.lines[first.paragraph], edition.lines[last.paragraph]
        parts.append(say("check.withdrawn-lines", file=files.edition.name, first=begin, last=end))
    if first.start is not None:
        start = f"≈ {clock(first.start)}" if first.approximate else clock(first.start)
        parts.append(say("check.withdrawn-from", start=start))
    return ", ".join(parts) + withdrawal.why_and_since


def _withdrawn_offsets(whole: Episode, episode: Episode, mended: Mended) -> list[tuple[int, int]]:
    """Return the [begin, end) offsets in the source's words of what is withdrawn; the edition follows from them."""
    if not episode.withdrawn:
        return []
    kept = set(episode.tokens.begins)
    tokens = zip(whole.tokens.begins, TOKEN.finditer(mended.text), strict=True)
    gone = [token.span() for begin, token in tokens if begin not in kept]
    return [(mended.source_begin(begin), mended.source_end(end)) for begin, end in gone]


def _diff(source: str, mended: Mended, hidden: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield each declared mending with the characters around it, as far as none of them is hidden."""
    for erratum in mended.errata:
        if any(begin < erratum.end and erratum.begin < end for begin, end in hidden):
            continue
        start = max([0, erratum.begin - AROUND, *(end for _, end in hidden if end <= erratum.begin)])
        stop = min([len(source), erratum.end + AROUND, *(begin for begin, _ in hidden if begin >= erratum.end)])
        before, after = source[start : erratum.begin].replace("\n", " "), source[erratum.end : stop].replace("\n", " ")
        yield f"…{before}[-{erratum.wrong}-]{{+{erratum.right}+}}{after}… ({erratum.why})"
