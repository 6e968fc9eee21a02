"""What every platform needs between an event and its answer.

An adapter takes what arrived with `Intake.inbox`, asks `Intake.refusal` whether its member may ask now, lets
`Intake.answer` bound the answer, and gives `Intake.leftovers` what finishes a question that some process left. The
store's own values are handed on from here: an adapter is given a `Store` for its intake, and touches it nowhere else.
"""

from bot.intake.admission import Admission
from bot.intake.cipher import Cipher
from bot.intake.clock import PlatformClock, read_http_date
from bot.intake.inbox import KEPT_SECONDS, Inbox, Pending, Taken
from bot.intake.intake import ANSWER_SECONDS, EARLY_SECONDS, LOOK_SECONDS, SHOW_SECONDS, Intake, make_turns
from bot.intake.lease import Lease
from bot.intake.memory import Bounded
from bot.intake.sentences import busy, overlong, slow_down, stopping, to_member, too_long
from bot.intake.turns import TURNED_AWAY, Turns
from bot.store import ChannelSettings, Inbound, Store

__all__ = [
    "ANSWER_SECONDS",
    "EARLY_SECONDS",
    "KEPT_SECONDS",
    "LOOK_SECONDS",
    "SHOW_SECONDS",
    "TURNED_AWAY",
    "Admission",
    "Bounded",
    "ChannelSettings",
    "Cipher",
    "Inbound",
    "Inbox",
    "Intake",
    "Lease",
    "Pending",
    "PlatformClock",
    "Store",
    "Taken",
    "Turns",
    "busy",
    "make_turns",
    "overlong",
    "read_http_date",
    "slow_down",
    "stopping",
    "to_member",
    "too_long",
]
