"""pathways: agreements, intakes, cohorts, statements, rounds and their results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

GRANTS = {
    "SELECT, INSERT": (
        "member_event",
        "round_act",
        "round_result",
        "statement",
        "statement_sheet",
    ),
    "SELECT, INSERT, UPDATE": (
        "cohort",
        "cohort_member",
        "intake",
        "pathway",
        "pathway_course",
        "pathway_round",
        "progression_review",
        "round_candidate",
        "round_objection",
    ),
}

DECISION_KINDS = "'deposit', 'withdrawal', 'reassignment', 'conversion', 'conversion_ended', 'progression'"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pathway",
        sa.Column("pathway_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=True),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("school_programme_id", sa.Uuid(), nullable=True),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("college_programme_id", sa.Uuid(), nullable=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("stages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("class_size", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("signatures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filing_no", sa.String(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_because IS NOT NULL)", name=op.f("ck_pathway_ended_for_a_reason")
        ),
        sa.CheckConstraint(
            "kind IN ('three_two', 'three_four', 'five_year', 'two_two_two', 'higher_bachelor', 'top_up', 'general_vocational', 'matched_exam', 'single_exam', 'in_school')",
            name=op.f("ck_pathway_kind_known"),
        ),
        sa.CheckConstraint(
            "state <> 'filed' OR (filed_on IS NOT NULL AND filed_by IS NOT NULL)",
            name=op.f("ck_pathway_filed_by_somebody"),
        ),
        sa.CheckConstraint("state IN ('proposed', 'signed', 'filed', 'ended')", name=op.f("ck_pathway_state_known")),
        sa.CheckConstraint("class_size > 0", name=op.f("ck_pathway_class_size_positive")),
        sa.CheckConstraint(
            "school_programme_id IS NULL OR school_id IS NOT NULL", name=op.f("ck_pathway_programme_of_a_school")
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_pathway_runs_forward")),
        sa.ForeignKeyConstraint(["college_id"], ["institution.institution_id"], name=op.f("fk_pathway_college_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["institution.institution_id"], name=op.f("fk_pathway_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["institution.institution_id"], name=op.f("fk_pathway_school_id")),
        sa.PrimaryKeyConstraint("pathway_id", name=op.f("pk_pathway")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_pathway_college_id", "pathway", ["college_id"], unique=False)
    op.create_index("ix_pathway_school_id", "pathway", ["school_id", "school_programme_id"], unique=False)
    op.create_table(
        "intake",
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("pathway_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("progression_quota", sa.Integer(), nullable=True),
        sa.Column("notice_no", sa.String(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("no >= 1", name=op.f("ck_intake_no_from_one")),
        sa.CheckConstraint("progression_quota >= 0", name=op.f("ck_intake_progression_quota_not_negative")),
        sa.CheckConstraint("quota >= 0", name=op.f("ck_intake_quota_not_negative")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.pathway_id"], name=op.f("fk_intake_pathway_id")),
        sa.PrimaryKeyConstraint("intake_id", name=op.f("pk_intake")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("uq_intake_pathway_id_year_no", "intake", ["pathway_id", "year", "no"], unique=True)
    op.create_table(
        "pathway_course",
        sa.Column("pathway_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("school_course_code", sa.String(), nullable=False),
        sa.Column("college_course_code", sa.String(), nullable=False),
        sa.Column("equivalence_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("no >= 1", name=op.f("ck_pathway_course_no_from_one")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.pathway_id"], name=op.f("fk_pathway_course_pathway_id")),
        sa.PrimaryKeyConstraint("pathway_id", "no", name=op.f("pk_pathway_course")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("pathway_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("year_of_entry", sa.Integer(), nullable=False),
        sa.Column("class_size", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filing_no", sa.String(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'filed' OR (filed_on IS NOT NULL AND filed_by IS NOT NULL)",
            name=op.f("ck_cohort_filed_by_somebody"),
        ),
        sa.CheckConstraint("state IN ('forming', 'filed', 'closed')", name=op.f("ck_cohort_state_known")),
        sa.CheckConstraint("class_size > 0", name=op.f("ck_cohort_class_size_positive")),
        sa.ForeignKeyConstraint(["college_id"], ["institution.institution_id"], name=op.f("fk_cohort_college_id")),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.intake_id"], name=op.f("fk_cohort_intake_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.pathway_id"], name=op.f("fk_cohort_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["institution.institution_id"], name=op.f("fk_cohort_school_id")),
        sa.PrimaryKeyConstraint("cohort_id", name=op.f("pk_cohort")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_cohort_college_id", "cohort", ["college_id", "cohort_id"], unique=False)
    op.create_index("ix_cohort_intake_id", "cohort", ["intake_id"], unique=False)
    op.create_index("ix_cohort_school_id", "cohort", ["school_id", "cohort_id"], unique=False)
    op.create_table(
        "cohort_member",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("member_no", sa.Integer(), nullable=False),
        sa.Column("student_no_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('provisional', 'filed', 'suspended', 'left', 'progressed')",
            name=op.f("ck_cohort_member_status_known"),
        ),
        sa.CheckConstraint("member_no >= 1", name=op.f("ck_cohort_member_member_no_from_one")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.cohort_id"], name=op.f("fk_cohort_member_cohort_id")),
        sa.PrimaryKeyConstraint("learner_id", "cohort_id", name=op.f("pk_cohort_member")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("uq_cohort_member_cohort_id_member_no", "cohort_member", ["cohort_id", "member_no"], unique=True)
    op.create_table(
        "pathway_round",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("document_version", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("collects_until", sa.Date(), nullable=True),
        sa.Column("sittings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_no", sa.Integer(), nullable=False),
        sa.Column("notice_from", sa.Date(), nullable=True),
        sa.Column("notice_until_on", sa.Date(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=True),
        sa.Column("filing_digest", sa.LargeBinary(), nullable=True),
        sa.Column("filing_no", sa.String(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_by", sa.String(), nullable=True),
        sa.Column("result_no", sa.String(), nullable=True),
        sa.Column("result_digest", sa.LargeBinary(), nullable=True),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'frozen') = (result_no IS NOT NULL)", name=op.f("ck_pathway_round_frozen_has_a_number")
        ),
        sa.CheckConstraint(
            "state IN ('collecting', 'decided', 'on_notice', 'settled', 'filed', 'frozen', 'abandoned')",
            name=op.f("ck_pathway_round_state_known"),
        ),
        sa.CheckConstraint("frozen_by IS NULL OR frozen_by <> filed_by", name=op.f("ck_pathway_round_two_people")),
        sa.CheckConstraint("notice_until_on >= notice_from", name=op.f("ck_pathway_round_notice_runs_forward")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_pathway_round_number_from_one")),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_pathway_round_seats_not_negative")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.cohort_id"], name=op.f("fk_pathway_round_cohort_id")),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.intake_id"], name=op.f("fk_pathway_round_intake_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_pathway_round")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_pathway_round_intake_id", "pathway_round", ["intake_id"], unique=False)
    op.create_index(
        "ix_pathway_round_look_at",
        "pathway_round",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("state = 'on_notice'"),
    )
    op.create_index(
        "uq_pathway_round_number",
        "pathway_round",
        ["cohort_id", "number"],
        unique=True,
        postgresql_where=sa.text("state <> 'abandoned'"),
    )
    op.create_index(
        "uq_pathway_round_open",
        "pathway_round",
        ["cohort_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('frozen', 'abandoned')"),
    )
    op.create_index(
        "uq_pathway_round_result_no",
        "pathway_round",
        ["result_no"],
        unique=True,
        postgresql_where=sa.text("result_no IS NOT NULL"),
    )
    op.create_table(
        "statement_sheet",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('roster', 'scores')", name=op.f("ck_statement_sheet_kind_known")),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_statement_sheet_rows_not_negative")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.cohort_id"], name=op.f("fk_statement_sheet_cohort_id")),
        sa.PrimaryKeyConstraint("sheet_id", name=op.f("pk_statement_sheet")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_statement_sheet_cohort_id", "statement_sheet", ["cohort_id", "at"], unique=False)
    op.create_table(
        "member_event",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "event IN ('joined', 'filed', 'suspended', 'returned', 'left', 'given_up', 'progressed')",
            name=op.f("ck_member_event_event_known"),
        ),
        sa.CheckConstraint("event_no >= 1", name=op.f("ck_member_event_event_no_from_one")),
        sa.ForeignKeyConstraint(
            ["learner_id", "cohort_id"],
            ["cohort_member.learner_id", "cohort_member.cohort_id"],
            name=op.f("fk_member_event_learner_id_cohort_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "cohort_id", "event_no", name=op.f("pk_member_event")),
        info={"family": "learner", "personal": "sealed", "app_may": "append"},
    )
    op.create_table(
        "progression_review",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("differs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck_progression_review_closed_at_an_instant")
        ),
        sa.CheckConstraint(
            "outcome IN ('unchanged', 'acted') OR outcome IS NULL", name=op.f("ck_progression_review_outcome_known")
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_progression_review_state_known")),
        sa.ForeignKeyConstraint(["round_id"], ["pathway_round.round_id"], name=op.f("fk_progression_review_round_id")),
        sa.PrimaryKeyConstraint("learner_id", "review_id", name=op.f("pk_progression_review")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index(
        "ix_progression_review_opened_at",
        "progression_review",
        ["opened_at", "review_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_progression_review_review_id", "progression_review", ["review_id"], unique=True)
    op.create_index("ix_progression_review_round_id", "progression_review", ["round_id"], unique=False)
    op.create_table(
        "round_act",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("act_no", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.Column("objection_id", sa.Uuid(), nullable=True),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("act_no >= 1", name=op.f("ck_round_act_act_from_one")),
        sa.ForeignKeyConstraint(["round_id"], ["pathway_round.round_id"], name=op.f("fk_round_act_round_id")),
        sa.PrimaryKeyConstraint("round_id", "act_no", name=op.f("pk_round_act")),
        info={"family": "local", "personal": "sealed", "app_may": "append"},
    )
    op.create_table(
        "round_candidate",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("member_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("clause", sa.String(), nullable=True),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("total", sa.String(), nullable=True),
        sa.Column("total_of", sa.String(), nullable=True),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("set_aside_for", sa.String(), nullable=True),
        sa.Column("set_aside_because_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'eligible', 'proposed', 'beyond_quota', 'tied', 'not_eligible', 'unknown', 'set_aside', 'given_up', 'taken', 'not_taken')",
            name=op.f("ck_round_candidate_outcome_known"),
        ),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_round_candidate_rank_from_one")),
        sa.ForeignKeyConstraint(["round_id"], ["pathway_round.round_id"], name=op.f("fk_round_candidate_round_id")),
        sa.PrimaryKeyConstraint("learner_id", "round_id", name=op.f("pk_round_candidate")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_round_candidate_round_id", "round_candidate", ["round_id", "outcome"], unique=False)
    op.create_table(
        "round_result",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("result_no", sa.String(), nullable=False),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["pathway_round.round_id"], name=op.f("fk_round_result_round_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_result")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("uq_round_result_result_no", "round_result", ["result_no"], unique=True)
    op.create_table(
        "statement",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.CheckConstraint("(sheet_id IS NULL) = (row_no IS NULL)", name=op.f("ck_statement_row_of_a_sheet")),
        sa.CheckConstraint(
            "supersedes IS NULL OR supersedes <> statement_id", name=op.f("ck_statement_supersedes_another")
        ),
        sa.ForeignKeyConstraint(
            ["learner_id", "cohort_id"],
            ["cohort_member.learner_id", "cohort_member.cohort_id"],
            name=op.f("fk_statement_learner_id_cohort_id"),
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["statement_sheet.sheet_id"], name=op.f("fk_statement_sheet_id")),
        sa.PrimaryKeyConstraint("learner_id", "statement_id", name=op.f("pk_statement")),
        info={"family": "learner", "personal": "sealed", "app_may": "append"},
    )
    op.create_index("ix_statement_cohort_id", "statement", ["cohort_id", "learner_id"], unique=False)
    op.create_index(
        "uq_statement_supersedes",
        "statement",
        ["learner_id", "supersedes"],
        unique=True,
        postgresql_where=sa.text("supersedes IS NOT NULL"),
    )
    op.create_table(
        "round_objection",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_round_objection_decided_at_an_instant")
        ),
        sa.CheckConstraint("state IN ('open', 'upheld', 'dismissed')", name=op.f("ck_round_objection_state_known")),
        sa.ForeignKeyConstraint(
            ["learner_id", "round_id"],
            ["round_candidate.learner_id", "round_candidate.round_id"],
            name=op.f("fk_round_objection_learner_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "objection_id", name=op.f("pk_round_objection")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_round_objection_round_id", "round_objection", ["round_id", "state"], unique=False)
    op.add_column("decision", sa.Column("round_id", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_decision_round",
        "decision",
        ["learner_id", "round_id", "revision"],
        unique=True,
        postgresql_where=sa.text("round_id IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_decision_kind_known"), "decision", type_="check")
    op.create_check_constraint(op.f("ck_decision_kind_known"), "decision", f"kind IN ({DECISION_KINDS})")
    op.drop_constraint(op.f("ck_decision_about_a_record_or_a_claim"), "decision", type_="check")
    op.create_check_constraint(
        op.f("ck_decision_about_one_thing"), "decision", "num_nonnulls(record_id, claim_id, round_id) = 1"
    )
    op.create_check_constraint(
        op.f("ck_decision_kind_fits_a_round"), "decision", "(round_id IS NOT NULL) = (kind = 'progression')"
    )
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
