"""Following podcasts' feeds: `Follower` looks at them, `fresh_episodes` says what came new.

The command line has a door of its own, `bot.feeds.command_line`: serving needs no parsers.
"""

from bot.feeds.follower import Follower
from bot.feeds.fresh import Fresh, fresh_episodes
from bot.feeds.status import FeedStatus, feed_statuses, status_lines

__all__ = ["FeedStatus", "Follower", "Fresh", "feed_statuses", "fresh_episodes", "status_lines"]
