"""Channels in which new episodes are announced, and the announcements in the ledger of posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns that may be empty or have a default; a process of the version before goes on writing both tables."""
    op.add_column("channels", sa.Column("episodes_since", sa.Double(), nullable=True))
    op.add_column("channels", sa.Column("approve", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("posts", sa.Column("episode", sa.Text(), nullable=True))
