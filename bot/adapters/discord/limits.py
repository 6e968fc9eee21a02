"""What Discord accepts, each with the page of its documentation (docs as of 2026-08-06) that says so."""

from __future__ import annotations

LONGEST_MESSAGE = 4_000
"""Characters in all text displays of a Components V2 message: components/reference, text display."""

MOST_COMPONENTS = 40
"""Components of a V2 message, counting nested ones: components/overview."""

MOST_BUTTONS_IN_ROW = 5
"""Buttons of an action row: components/reference, action row."""

LONGEST_LABEL = 80
"""Characters of a button's label: components/reference, button."""

LONGEST_CUSTOM_ID = 100
"""Characters of a custom_id: components/reference, custom id."""

LONGEST_URL = 512
"""Characters of a link button's address: components/reference, button."""

MOST_OPTIONS = 25
"""Options of a command: interactions/application-commands."""

MOST_CHOICES = 25
"""Choices of an option, given or completed: interactions/application-commands."""

LONGEST_CHOICE = 100
"""Characters of a choice's name and of its text value: interactions/application-commands, option choice."""

LONGEST_OPTION = 6_000
"""Characters of a typed option, the most that `max_length` allows: interactions/application-commands."""

MOST_CHAT_COMMANDS = 100
"""Global slash commands of an application: interactions/application-commands, registering."""

LONGEST_MODAL_TITLE = 45
"""Characters of a modal's title: interactions/receiving-and-responding, modal."""

LONGEST_INPUT_LABEL = 45
"""Characters of a label in a modal: components/reference, label."""

LONGEST_INPUT = 4_000
"""Characters of a text input: components/reference, text input."""

LONGEST_NONCE = 25
"""Characters of a message's nonce: resources/message, create message."""

LONGEST_THREAD_NAME = 100
"""Characters of a thread's name: resources/channel, start thread from message."""

HISTORY_PAGE = 100
"""Messages of one page of a channel's history: resources/message, get channel messages."""

ACKNOWLEDGE_SECONDS = 3.0
"""Seconds for the first response to an interaction: interactions/receiving-and-responding."""

IDENTIFY_RESERVE = 50
"""Session starts kept in reserve; at 0 of 1,000 a day the token is reset: events/gateway, session start limit."""

INVALID_REQUESTS = 500
"""Answers of 401, 403 or 429 in ten minutes at which sending stops; 10,000 mean a ban: topics/rate-limits."""

INVALID_SECONDS = 600.0
"""The window in which invalid requests are counted: topics/rate-limits."""


def units(text: str) -> int:
    """Return a text's length in UTF-16 units, which is never less than any way in which Discord counts characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
