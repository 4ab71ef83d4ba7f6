"""publishing: drafts of rule documents, their checks, impact and approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GRANTS = {
    "SELECT, INSERT": (
        "affected_decision",
        "rule_draft_act",
        "rule_draft_report",
        "rule_draft_text",
        "rule_publication",
    ),
    "SELECT, INSERT, UPDATE": ("affected_report", "rule_draft"),
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rule_publication",
        sa.Column("publication_no", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("superseded", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("publication_no", name=op.f("pk_rule_publication")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_table(
        "rule_draft",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("act_no", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'checked', 'impact', 'approved', 'published', 'withdrawn')",
            name=op.f("ck_rule_draft_state_known"),
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_rule_draft_revision_from_one")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_rule_draft")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_rule_draft_document", "rule_draft", ["document", "draft_id"], unique=False)
    op.create_index("ix_rule_draft_institution_id", "rule_draft", ["institution_id", "draft_id"], unique=False)
    op.create_table(
        "rule_draft_text",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("supersedes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["rule_draft.draft_id"], name=op.f("fk_rule_draft_text_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "revision", name=op.f("pk_rule_draft_text")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_table(
        "rule_draft_act",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("act_no", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "act IN ('written', 'check_held', 'check_failed', 'impact_reported', 'approved', 'published', 'withdrawn')",
            name=op.f("ck_rule_draft_act_act_known"),
        ),
        sa.ForeignKeyConstraint(["draft_id"], ["rule_draft.draft_id"], name=op.f("fk_rule_draft_act_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "act_no", name=op.f("pk_rule_draft_act")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_table(
        "rule_draft_report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("book_digest", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("report IN ('check', 'impact')", name=op.f("ck_rule_draft_report_report_known")),
        sa.ForeignKeyConstraint(["draft_id"], ["rule_draft.draft_id"], name=op.f("fk_rule_draft_report_draft_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_rule_draft_report")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index(
        "ix_rule_draft_report_draft_id",
        "rule_draft_report",
        ["draft_id", "revision", "report", "made_at"],
        unique=False,
    )
    op.create_table(
        "affected_report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("document_version", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("book_digest", sa.String(), nullable=True),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("affected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_affected_report")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index(
        "ix_affected_report_document", "affected_report", ["document", "document_version", "report_id"], unique=False
    )
    op.create_table(
        "affected_decision",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("standing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("would_be", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(record_id IS NULL) = (claim_id IS NOT NULL)",
            name=op.f("ck_affected_decision_about_a_record_or_a_claim"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["affected_report.report_id"], name=op.f("fk_affected_decision_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "decision_id", name=op.f("pk_affected_decision")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "append"},
    )
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
