"""ledger: conversions beside deposits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: what is there is all about records, and every posting so far is a deposit. Rights stay as they are."""
    _decisions()
    _postings()
    _entries()
    for table in ("outbox", "feed_item"):
        op.add_column(table, sa.Column("claim_id", sa.Uuid(), nullable=True))
        op.alter_column(table, "record_id", nullable=True)
        op.alter_column(table, "version", nullable=True)
        _must(table, "record_has_a_version", "(record_id IS NULL) = (version IS NULL)")
        _must(table, "about_something", "record_id IS NOT NULL OR claim_id IS NOT NULL")


def _decisions() -> None:
    op.add_column("decision", sa.Column("claim_id", sa.Uuid(), nullable=True))
    op.add_column("decision", sa.Column("line_no", sa.Integer(), nullable=True))
    op.alter_column("decision", "record_id", nullable=True)
    op.alter_column("decision", "record_version", nullable=True)
    op.drop_constraint(op.f("ck_decision_kind_known"), "decision", type_="check")
    _must(
        "decision",
        "kind_known",
        "kind IN ('deposit', 'withdrawal', 'reassignment', 'conversion', 'conversion_ended')",
    )
    _must("decision", "about_a_record_or_a_claim", "(record_id IS NULL) = (claim_id IS NOT NULL)")
    _must("decision", "record_has_a_version", "(record_id IS NULL) = (record_version IS NULL)")
    _must("decision", "claim_has_a_line", "(claim_id IS NULL) = (line_no IS NULL)")
    _must(
        "decision",
        "kind_fits_what_it_is_about",
        "(claim_id IS NOT NULL) = (kind IN ('conversion', 'conversion_ended'))",
    )
    op.create_index(
        "uq_decision_claim",
        "decision",
        ["learner_id", "claim_id", "line_no", "revision"],
        unique=True,
        postgresql_where=sa.text("claim_id IS NOT NULL"),
    )


def _postings() -> None:
    op.add_column("posting", sa.Column("claim_id", sa.Uuid(), nullable=True))
    op.add_column("posting", sa.Column("line_no", sa.Integer(), nullable=True))
    # The default writes no row anew; it goes at once, so that whoever posts says what for.
    op.add_column("posting", sa.Column("purpose", sa.String(), nullable=False, server_default="deposit"))
    op.alter_column("posting", "purpose", server_default=None)
    op.alter_column("posting", "record_id", nullable=True)
    _must("posting", "purpose_known", "purpose IN ('deposit', 'conversion')")
    _must("posting", "deposit_is_of_a_record", "(purpose = 'deposit') = (record_id IS NOT NULL)")
    _must("posting", "conversion_is_of_a_claim", "(purpose = 'conversion') = (claim_id IS NOT NULL)")
    _must("posting", "claim_has_a_line", "(claim_id IS NULL) = (line_no IS NULL)")
    op.create_index(
        "ix_posting_claim",
        "posting",
        ["learner_id", "claim_id", "line_no"],
        unique=False,
        postgresql_where=sa.text("claim_id IS NOT NULL"),
    )


def _entries() -> None:
    op.drop_constraint(op.f("ck_entry_account_known"), "entry", type_="check")
    _must("entry", "account_known", "account IN ('deposit', 'conversion', 'source')")
    op.drop_constraint(op.f("ck_entry_deposit_not_below_zero"), "entry", type_="check")
    _must("entry", "own_account_not_below_zero", "account = 'source' OR balance_after >= 0")


def _must(table: str, name: str, holds: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, holds)
