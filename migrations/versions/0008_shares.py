"""shares: what a learner lets somebody with a code see, and each time that somebody looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GRANTS = {"SELECT, INSERT": ("share_opening",), "SELECT, INSERT, UPDATE": ("share",)}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "share",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("accounts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("says_who", sa.String(), nullable=False),
        sa.Column("with_marks", sa.Boolean(), nullable=False),
        sa.Column("with_conversions", sa.Boolean(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("openings_allowed", sa.Integer(), nullable=False),
        sa.Column("openings_used", sa.Integer(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("as_guardian", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.CheckConstraint("says_who IN ('nobody', 'name', 'name_and_number')", name=op.f("ck_share_says_who_known")),
        sa.CheckConstraint(
            "ended_because IN ('closed', 'tries', 'account_closed', 'erased', 'merged', 'parted')"
            " OR ended_because IS NULL",
            name=op.f("ck_share_ended_because_known"),
        ),
        sa.CheckConstraint(
            "openings_used BETWEEN 0 AND openings_allowed", name=op.f("ck_share_opened_no_more_than_allowed")
        ),
        sa.CheckConstraint("wrong_pins >= 0", name=op.f("ck_share_wrong_pins_not_negative")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_share_ended_for_a_reason")),
        sa.PrimaryKeyConstraint("learner_id", "share_id", name=op.f("pk_share")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("uq_share_code_index", "share", ["code_index"], unique=True)
    op.create_table(
        "share_opening",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("opening_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.CheckConstraint("channel IN ('page', 'program')", name=op.f("ck_share_opening_channel_known")),
        sa.CheckConstraint("device IN ('phone', 'computer', 'unknown')", name=op.f("ck_share_opening_device_known")),
        sa.CheckConstraint("outcome IN ('shown', 'wrong_pin')", name=op.f("ck_share_opening_outcome_known")),
        sa.ForeignKeyConstraint(
            ["learner_id", "share_id"],
            ["share.learner_id", "share.share_id"],
            name=op.f("fk_share_opening_learner_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "opening_id", name=op.f("pk_share_opening")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_share_opening_share", "share_opening", ["learner_id", "share_id", "opening_id"], unique=False)
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
