"""What is remembered of a conversation belongs to a message and to the member who asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table anew: its rows live for hours, and nobody can say whose those are that it has.

    A process of the version before goes on deleting what expires; what it would remember is refused, which costs its
    members a follow-up and no answer.
    """
    op.drop_table("conversations")
    op.create_table(
        "conversations",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "ref", "thread", "name"),
    )
    op.create_index("conversations_expiry", "conversations", ["expires_at"], unique=False)
    op.create_index("conversations_member", "conversations", ["platform", "member"], unique=False)
