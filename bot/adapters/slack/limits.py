"""Slack's limits, each with its source.

Sources: (d) an official page or official types; (s) a page that quotes the documentation; (m) a measurement.
"""

from __future__ import annotations

from typing import Final

BLOCKS: Final = 50
"""Blocks a message (d: chat.postMessage)."""

VIEW_BLOCKS: Final = 100
"""Blocks a modal or Home tab (d: @slack/types)."""

ALL_CHARACTERS: Final = 13_200
"""Characters over all blocks, beyond which Slack says msg_blocks_too_long (m: slackapi/bolt-js#2509)."""

TEXT: Final = 40_000
"""Characters of a message's top-level text; more is cut (s: chat.postMessage)."""

RUN: Final = 3_000
"""Characters of one text object (d: section block); longer rich text is split into runs of that."""

LABEL: Final = 75
"""Characters on a button (d: @slack/types)."""

VALUE: Final = 2_000
"""Characters of a button's value (d: @slack/types)."""

ADDRESS: Final = 3_000
"""Characters of a button's link (d: @slack/types)."""

COMMANDS: Final = 50
"""Slash commands an app (d: manifest schema)."""

COMMAND: Final = 32
"""Characters of a slash command with its slash (d: manifest schema)."""

DESCRIPTION: Final = 2_000
"""Characters of a slash command's description (d: manifest schema)."""

HINT: Final = 1_000
"""Characters of a slash command's usage hint (d: manifest schema)."""

SHORTCUTS: Final = 10
"""Shortcuts an app (d: manifest schema)."""

SHORTCUT: Final = 24
"""Characters of a shortcut's name (d: manifest schema)."""

SHORTCUT_DESCRIPTION: Final = 150
"""Characters of a shortcut's description (d: manifest schema)."""

PROMPTS: Final = 4
"""Suggested prompts of an agent (d: manifest schema)."""

AGENT_DESCRIPTION: Final = 300
"""Characters of an agent's description (d: manifest schema)."""

REPLY_USES: Final = 5
"""Posts to one response_url, within 30 minutes (s: interactivity/handling-user-interaction)."""

REQUEST_BYTES: Final = 1024 * 1024
"""Bytes of a request we read; Slack's own are far smaller."""

REQUEST_AGE: Final = 5 * 60
"""Seconds a signed request stays good (d: authentication/verifying-requests-from-slack)."""

HISTORY_PAGE: Final = 15
"""Messages a history call gives an app sold outside the Marketplace (d: rate-limits, 29 May 2025)."""

ACKNOWLEDGE_SECONDS: Final = 3.0
"""Seconds to acknowledge a delivery (d: tools/bolt-python/concepts/acknowledge)."""
