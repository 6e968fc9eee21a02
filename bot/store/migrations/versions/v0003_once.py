"""What keeps an answer single after a kill, and the threads that are owed under daily posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns that may be empty; a process of the version before goes on writing both tables meanwhile."""
    op.add_column("inbox", sa.Column("shown_at", sa.Double(), nullable=True))
    op.add_column("posts", sa.Column("thread_at", sa.Double(), nullable=True))
    op.create_index("posts_thread", "posts", ["thread_at"], unique=False)
