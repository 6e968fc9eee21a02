"""Reading 2,000 Markdown editions (20 million words, generated): `python -m benchmarks.reading`."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.quote import machine
from bot.corpus import open_corpus
from bot.corpus.episode import EpisodeFiles, build_episode
from bot.corpus.library import episode_folders
from bot.settings import ROOT

__all__ = ["write_episodes"]

EPISODES = 2_000
SENTENCES = 520
"""Sentences in an episode: 10,000 words at the shipped episode's average of 19."""


def write_episodes(content: Path, episodes: int) -> int:
    """Write generated editions of one show; return the bytes of the largest.

    Each sentence is one of the shipped episode's with two thirds of its words drawn from all of that episode's.
    """
    shipped = open_corpus(ROOT / "content").episodes[0]
    sentences = [shipped.passage(number, number).text.split() for number in range(len(shipped.sentences))]
    vocabulary = shipped.text.split()
    show = content / "generated"
    show.mkdir(parents=True)
    (show / "show.toml").write_text('title = "Generated"\nrights = "Generated for a benchmark."\n', "utf-8")
    largest = 0
    for number in range(episodes):
        draw = random.Random(number)  # noqa: S311 - a seed makes the same episodes every time
        parts = [
            f"---\nnumber: {number + 1}\nduration: 1:00:00\nspeakers:\n  Ada: host\n  Bob: guest\n---\n\n## 0:00 Start"
        ]
        for paragraph in range(SENTENCES // 5):
            words = []
            for _ in range(5):
                drawn = [word if draw.random() < 1 / 3 else draw.choice(vocabulary) for word in draw.choice(sentences)]
                words.append(" ".join(drawn).rstrip(".,?") + ".")
            parts.append(f"**{'Ada' if paragraph % 2 else 'Bob'}:** {' '.join(words)}")
        folder = show / f"{number + 1}-generated"
        folder.mkdir()
        text = "\n\n".join(parts) + "\n"
        (folder / "edition.md").write_text(text, "utf-8")
        largest = max(largest, len(text))
    return largest


def main() -> None:
    """Generate, read one after the other, print."""
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        largest = write_episodes(content, EPISODES)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.perf_counter()
        words = sum(
            len(build_episode(show, EpisodeFiles.of(path)).tokens.begins) for show, path in episode_folders(content)
        )
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| Measure | Value |")
    print("|---|---|")
    print(f"| {EPISODES:,} editions, {words / 1e6:.1f} million words, read in | {seconds:.0f} s |")
    print(f"| memory above the start, largest file {largest / 1024:.0f} kB | {after - before:.0f} MB |")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
