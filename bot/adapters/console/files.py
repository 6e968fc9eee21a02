"""Text files as channels: a post is written at the end, under a line with its key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from bot.contract import Blind, Found, Post, Posted, Refused, Seen, Sent, Unclear
from bot.policy.texts import say

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Files"]

LONGEST_READ = 16 * 1024 * 1024
"""Bytes at the end of a file in which a post is looked for."""


class Files:
    """The text files of one folder."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder; None means that there are no such channels."""
        self._folder = folder

    def names(self) -> list[str]:
        """Return the channels' names, in the order of the alphabet."""
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(path.stem for path in self._folder.glob("*.txt"))

    def post(self, name: str, post: Post) -> Posted:
        """Write a post at the end of a file and to the disk."""
        if self._folder is None or name not in self.names():
            return Refused(say("console.no-file", channel=name), channel=True)
        try:
            with (self._folder / f"{name}.txt").open("ab+") as file:
                begins = file.tell() == 0 or _ends_a_line(file)
                text = f"[{post.key}]\n{post.reply.text}\n\n"
                file.write((text if begins else f"\n{text}").encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Unclear(error.strerror or type(error).__name__)
        return Sent(post.key)

    def find(self, name: str, key: str) -> Seen:
        """Return how often a post stands in a file."""
        if self._folder is None or name not in self.names():
            return Blind(say("console.no-file", channel=name))
        path = self._folder / f"{name}.txt"
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - LONGEST_READ))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError as error:
            return Blind(error.strerror or type(error).__name__)
        return Found(tuple(key for line in lines if line == f"[{key}]"))


def _ends_a_line(file: BinaryIO) -> bool:
    """Say whether the last byte of a file ends a line: the key must stand on a line of its own."""
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
