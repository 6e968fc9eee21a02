"""A channel's language: the words that the bot puts around the daily quote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; its default lets a process of the version before go on writing channels meanwhile."""
    op.add_column("channels", sa.Column("language", sa.String(length=8), nullable=False, server_default="en"))
