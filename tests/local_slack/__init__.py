"""A small local Slack for tests: the Web API, Socket Mode and a signed-request sender on one loopback port."""

from tests.local_slack.exchange import Ack, Delivery, Exchange
from tests.local_slack.faults import Fault, Faults
from tests.local_slack.limits import block_problems, markup_notes, view_problems
from tests.local_slack.members import LocalSlack
from tests.local_slack.signing import WRONG, Answer, encoded, signature
from tests.local_slack.world import BOT_SCOPES, Channel, Message, Sent, Team, User, View, Violation

__all__ = [
    "BOT_SCOPES",
    "WRONG",
    "Ack",
    "Answer",
    "Channel",
    "Delivery",
    "Exchange",
    "Fault",
    "Faults",
    "LocalSlack",
    "Message",
    "Sent",
    "Team",
    "User",
    "View",
    "Violation",
    "block_problems",
    "encoded",
    "markup_notes",
    "signature",
    "view_problems",
]
