"""institutions: equivalences, and what rules ask of plans and programmes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GRANTS = {"SELECT, INSERT, UPDATE": ("equivalence",)}


def upgrade() -> None:
    """Apply."""
    _plans_and_programmes()
    _equivalences()
    # Who follows a plan is asked by its programme.
    op.create_index("ix_enrolment_programme_id", "enrolment", ["programme_id", "year_of_entry"], unique=False)
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')


def _plans_and_programmes() -> None:
    op.add_column("programme", sa.Column("years", sa.String(), nullable=True))
    op.add_column("programme", sa.Column("discipline", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_programme_years_by_halves"), "programme", "years ~ '^[1-9](\\.5)?$'")
    op.create_check_constraint(
        op.f("ck_programme_discipline_known"),
        "programme",
        "discipline IN ('engineering', 'teacher_training', 'arts_management', 'foreign_languages', 'medicine', "
        "'agriculture', 'arts_sports', 'other') OR discipline IS NULL",
    )
    op.add_column("plan_course", sa.Column("subject", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_plan_course_subject_known"),
        "plan_course",
        "subject IN ('politics', 'physical_education', 'foreign_language', 'chinese', 'mathematics', 'computing', "
        "'military', 'labour', 'other') OR subject IS NULL",
    )
    # Plans that were published before list no certificates; a default is not kept.
    op.add_column(
        "plan",
        sa.Column("certificates", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.alter_column("plan", "certificates", server_default=None)


def _equivalences() -> None:
    op.create_table(
        "equivalence",
        sa.Column("equivalence_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_keys", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("targets", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("target_keys", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("relevance", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("precedent_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'in_force', 'dropped')", name=op.f("ck_equivalence_state_known")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_equivalence_runs_forward")),
        sa.CheckConstraint("relevance BETWEEN 1 AND 100", name=op.f("ck_equivalence_relevance_in_percent")),
        sa.CheckConstraint(
            "cardinality(source_keys) > 0 AND cardinality(targets) > 0", name=op.f("ck_equivalence_not_empty")
        ),
        sa.CheckConstraint(
            "cardinality(source_keys) = 1 OR cardinality(targets) = 1", name=op.f("ck_equivalence_one_side_is_one")
        ),
        sa.CheckConstraint(
            "(state = 'in_force') = (confirmed_at IS NOT NULL) OR state = 'dropped'",
            name=op.f("ck_equivalence_confirmed"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_equivalence_institution_id")
        ),
        sa.PrimaryKeyConstraint("equivalence_id", name=op.f("pk_equivalence")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_equivalence_institution_id", "equivalence", ["institution_id", "equivalence_id"], unique=False)
    op.create_index("ix_equivalence_source_keys", "equivalence", ["source_keys"], unique=False, postgresql_using="gin")
    op.create_index("ix_equivalence_target_keys", "equivalence", ["target_keys"], unique=False, postgresql_using="gin")
