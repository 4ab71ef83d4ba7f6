"""submissions: files with many records, their rows and their outcomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GRANTS = {
    "SELECT, INSERT": ("submission_row",),
    "SELECT, INSERT, UPDATE": ("column_mapping", "hint", "looked_through", "submission_file"),
    "SELECT, INSERT, UPDATE, DELETE": ("submission_chunk", "submission_part", "submission_problem"),
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "column_mapping",
        sa.Column("mapping_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mapping_digest", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mapping_id", name=op.f("pk_column_mapping")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index(
        "ix_column_mapping_institution_id", "column_mapping", ["institution_id", "confirmed_at"], unique=False
    )
    op.create_table(
        "hint",
        sa.Column("hint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("held_row_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("finding", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('certificate_of_another', 'impossible_hours', 'impossible_weeks', 'sudden_volume')",
            name=op.f("ck_hint_kind_known"),
        ),
        sa.PrimaryKeyConstraint("hint_id", name=op.f("pk_hint")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index(
        "ix_hint_raised_at", "hint", ["raised_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("uq_hint_subject", "hint", ["kind", "subject"], unique=True)
    op.create_table(
        "looked_through",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_looked_through")),
        info={"family": "local", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "submission_chunk",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "chunk_no", name=op.f("pk_submission_chunk")),
        info={"family": "local", "personal": "sealed", "app_may": "delete"},
    )
    op.create_index("ix_submission_chunk_first_row", "submission_chunk", ["submission_id", "first_row"], unique=False)
    op.create_table(
        "submission_file",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("expected_parts", sa.Integer(), nullable=True),
        sa.Column("announced_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("file_index", sa.LargeBinary(), nullable=True),
        sa.Column("same_file_as_id", sa.Uuid(), nullable=True),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("file_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sheets_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("layout_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("next_chunk", sa.Integer(), nullable=False),
        sa.Column("done_rows", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_after_row", sa.Integer(), nullable=True),
        sa.Column("continue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds_allowed_by", sa.String(), nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('report', 'withdraw', 'reassign')", name=op.f("ck_submission_file_act_known")),
        sa.CheckConstraint(
            "format IN ('xlsx', 'csv', 'ndjson', 'json') OR format IS NULL",
            name=op.f("ck_submission_file_format_known"),
        ),
        sa.CheckConstraint(
            "status IN ('receiving', 'reading', 'needs_mapping', 'queued', 'running', 'paused', 'done', 'cancelled', 'failed', 'expired')",
            name=op.f("ck_submission_file_status_known"),
        ),
        sa.CheckConstraint("done_rows >= 0 AND next_chunk >= 1", name=op.f("ck_submission_file_progress_forward")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission_file")),
        info={"family": "local", "personal": "sealed", "app_may": "update"},
    )
    op.create_index(
        "ix_submission_file_erase_at",
        "submission_file",
        ["erase_at"],
        unique=False,
        postgresql_where=sa.text("key_wrapped IS NOT NULL"),
    )
    op.create_index("ix_submission_file_file_index", "submission_file", ["institution_id", "file_index"], unique=False)
    op.create_index(
        "ix_submission_file_institution_id_created_at",
        "submission_file",
        ["institution_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_submission_file_running",
        "submission_file",
        ["institution_id"],
        unique=True,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "submission_part",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("part_index", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("part_no >= 1", name=op.f("ck_submission_part_part_from_one")),
        sa.PrimaryKeyConstraint("submission_id", "part_no", name=op.f("pk_submission_part")),
        info={"family": "local", "personal": "sealed", "app_may": "delete"},
    )
    op.create_table(
        "submission_problem",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("problem_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "row_no", name=op.f("pk_submission_problem")),
        info={"family": "local", "personal": "sealed", "app_may": "delete"},
    )
    op.create_table(
        "submission_row",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("held_row_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("warnings", postgresql.ARRAY(sa.String()), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("key_index", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("submission_id", "row_no", name=op.f("pk_submission_row")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index(
        "ix_submission_row_held_row_id",
        "submission_row",
        ["held_row_id"],
        unique=False,
        postgresql_where=sa.text("held_row_id IS NOT NULL"),
    )
    op.create_index(
        "ix_submission_row_key_index",
        "submission_row",
        ["key_index"],
        unique=False,
        postgresql_where=sa.text("key_index IS NOT NULL"),
    )
    op.create_index(
        "ix_submission_row_record_id",
        "submission_row",
        ["record_id"],
        unique=False,
        postgresql_where=sa.text("record_id IS NOT NULL"),
    )
    # ### end Alembic commands ###
    for table in ("submission_part", "submission_chunk"):
        # What is sealed cannot be made smaller: PostgreSQL need not try.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN content_sealed SET STORAGE EXTERNAL")
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
