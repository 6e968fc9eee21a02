"""The parts of the adapter that listening and answering share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.adapters.slack.naming import Naming
    from bot.adapters.slack.pending import Kept
    from bot.adapters.slack.people import People
    from bot.adapters.slack.sending import Sending
    from bot.adapters.slack.surfaces import Surfaces
    from bot.adapters.slack.work import Seen, Work
    from bot.adapters.slack.workspaces import Workspaces
    from bot.core import Core
    from bot.store import Store

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """Each made once by the adapter; `store` is None when the database is off, `prefix` stands before commands."""

    core: Core
    workspaces: Workspaces
    sending: Sending
    surfaces: Surfaces
    people: People
    work: Work
    seen: Seen
    kept: Kept
    store: Store | None
    naming: Naming
    prefix: str
