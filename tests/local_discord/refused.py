"""The errors Discord answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local_discord.limits import error_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.local_discord.limits import Problem
    from tests.local_discord.world import Json


class Refused(Exception):  # noqa: N818 - it is how Discord answers, not a failure of the server
    """An answer that refuses: an HTTP status and Discord's JSON of it; `sentences` are what the payload broke."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code}
        self.sentences: tuple[str, ...] = ()


def invalid(problems: Sequence[Problem]) -> Refused:
    """Return the 400 for a payload that breaks limits."""
    body = error_body(problems)
    refused = Refused(400, body["code"], body["message"])
    refused.body = body
    refused.sentences = tuple(f"{'.'.join(problem.path) or 'body'}: {problem.sentence}" for problem in problems)
    return refused
