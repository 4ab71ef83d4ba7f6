"""recognition: claims, conversions, hands, appeals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GRANTS = {
    "SELECT, INSERT": ("claim_act", "record_use"),
    "SELECT, INSERT, UPDATE": ("appeal", "claim", "claim_line", "conversion", "objection", "override"),
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "claim",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_for_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_on", sa.Date(), nullable=False),
        sa.Column("academic_year", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("document_version", sa.String(), nullable=True),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("times", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("hand", sa.String(), nullable=True),
        sa.Column("hand_institution_id", sa.Uuid(), nullable=True),
        sa.Column("does", sa.String(), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("waits_for", sa.String(), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_until_on", sa.Date(), nullable=True),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "does IN ('review', 'verify', 'decide', 'notice') OR does IS NULL", name=op.f("ck_claim_does_known")
        ),
        sa.CheckConstraint(
            "hand IN ('department', 'registrar', 'issuer', 'bank') OR hand IS NULL", name=op.f("ck_claim_hand_known")
        ),
        sa.CheckConstraint("state IN ('open', 'decided', 'withdrawn', 'lapsed')", name=op.f("ck_claim_state_known")),
        sa.CheckConstraint("step IS NULL OR state = 'open'", name=op.f("ck_claim_only_open_claims_wait")),
        sa.CheckConstraint(
            "waits_for IN ('working_days_unknown', 'objection', 'evidence') OR waits_for IS NULL",
            name=op.f("ck_claim_waits_for_known"),
        ),
        sa.CheckConstraint("(step IS NULL) = (hand IS NULL)", name=op.f("ck_claim_step_has_a_hand")),
        sa.PrimaryKeyConstraint("learner_id", "claim_id", name=op.f("pk_claim")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_claim_claim_id", "claim", ["claim_id"], unique=True)
    op.create_index(
        "ix_claim_flagged_at",
        "claim",
        ["flagged_at", "claim_id"],
        unique=False,
        postgresql_where=sa.text("flagged_at IS NOT NULL"),
    )
    op.create_index(
        "ix_claim_hand",
        "claim",
        ["hand", "hand_institution_id", "served_at", "claim_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_claim_institution_id", "claim", ["institution_id", "claim_id"], unique=False)
    op.create_index("ix_claim_look_at", "claim", ["look_at"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index(
        "ix_claim_notice",
        "claim",
        ["served_at", "claim_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND does = 'notice'"),
    )
    op.create_index(
        "ix_claim_objection",
        "claim",
        ["due_on", "claim_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND waits_for = 'objection'"),
    )
    op.create_table(
        "appeal",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("override_id", sa.Uuid(), nullable=True),
        sa.Column("equivalence_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_appeal_decided_at_an_instant")),
        sa.CheckConstraint("kind IN ('appeal', 'human_review')", name=op.f("ck_appeal_kind_known")),
        sa.CheckConstraint("state IN ('open', 'upheld', 'dismissed')", name=op.f("ck_appeal_state_known")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_appeal_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "appeal_id", name=op.f("pk_appeal")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_appeal_appeal_id", "appeal", ["appeal_id"], unique=True)
    op.create_index(
        "ix_appeal_raised_at",
        "appeal",
        ["raised_at", "appeal_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_appeal_open",
        "appeal",
        ["learner_id", "claim_id", "line_no"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "claim_act",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("act_no", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "act IN ('made', 'served', 'waits', 'approved', 'refused', 'supplied', 'verified', 'verification_failed', 'contested', 'silence', 'referred', 'objected', 'objection_decided', 'line_withdrawn', 'given_up', 'withdrawn', 'decided', 'lapsed', 'appealed', 'review_asked', 'appeal_decided', 'override_proposed', 'override_declined', 'overridden', 'override_ended', 'decided_again', 'flagged', 'unflagged')",
            name=op.f("ck_claim_act_act_known"),
        ),
        sa.CheckConstraint("act_no >= 1", name=op.f("ck_claim_act_act_from_one")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_claim_act_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "claim_id", "act_no", name=op.f("pk_claim_act")),
        info={"family": "learner", "personal": "sealed", "app_may": "append"},
    )
    op.create_table(
        "claim_line",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("course_code", sa.String(), nullable=False),
        sa.Column("wants", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("conversion_id", sa.Uuid(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("supplied_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused', 'withdrawn', 'lapsed', 'ended')",
            name=op.f("ck_claim_line_state_known"),
        ),
        sa.CheckConstraint("wants IN ('credits', 'exemption', 'attendance')", name=op.f("ck_claim_line_wants_known")),
        sa.CheckConstraint("cardinality(record_ids) >= 1", name=op.f("ck_claim_line_uses_a_record")),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_claim_line_credits_not_negative")),
        sa.CheckConstraint("line_no >= 1", name=op.f("ck_claim_line_line_from_one")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_claim_line_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "claim_id", "line_no", name=op.f("pk_claim_line")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_table(
        "conversion",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("conversion_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("course_code", sa.String(), nullable=False),
        sa.Column("course", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("academic_year", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("exemption", sa.String(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_conversion_ended_at_an_instant")
        ),
        sa.CheckConstraint("exemption IN ('none', 'full', 'attendance')", name=op.f("ck_conversion_exemption_known")),
        sa.CheckConstraint(
            "state <> 'granted' OR decision_id IS NOT NULL", name=op.f("ck_conversion_granted_by_a_decision")
        ),
        sa.CheckConstraint(
            "state <> 'reserved' OR expires_at IS NOT NULL", name=op.f("ck_conversion_reservations_expire")
        ),
        sa.CheckConstraint("state IN ('reserved', 'granted', 'ended')", name=op.f("ck_conversion_state_known")),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_conversion_credits_not_negative")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_conversion_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "conversion_id", name=op.f("pk_conversion")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_conversion_claim", "conversion", ["learner_id", "claim_id", "line_no"], unique=False)
    op.create_index(
        "uq_conversion_granted",
        "conversion",
        ["learner_id", "plan_id", "course_code"],
        unique=True,
        postgresql_where=sa.text("state = 'granted'"),
    )
    op.create_table(
        "objection",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_objection_decided_at_an_instant")),
        sa.CheckConstraint("state IN ('open', 'upheld', 'dismissed')", name=op.f("ck_objection_state_known")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_objection_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "objection_id", name=op.f("pk_objection")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_objection_claim", "objection", ["learner_id", "claim_id"], unique=False)
    op.create_table(
        "override",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("exemption", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_override_ended_at_an_instant")),
        sa.CheckConstraint("exemption IN ('none', 'full', 'attendance')", name=op.f("ck_override_exemption_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'in_force', 'declined', 'ended')", name=op.f("ck_override_state_known")
        ),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_override_two_people")),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_override_credits_not_negative")),
        sa.ForeignKeyConstraint(
            ["learner_id", "claim_id"],
            ["claim.learner_id", "claim.claim_id"],
            name=op.f("fk_override_learner_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "override_id", name=op.f("pk_override")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index(
        "ix_override_expires_on",
        "override",
        ["expires_on"],
        unique=False,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index("ix_override_override_id", "override", ["override_id"], unique=True)
    op.create_index(
        "ix_override_proposed_at",
        "override",
        ["proposed_at"],
        unique=False,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "record_use",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("conversion_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id", "conversion_id"],
            ["conversion.learner_id", "conversion.conversion_id"],
            name=op.f("fk_record_use_learner_id_conversion_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "conversion_id", "record_id", name=op.f("pk_record_use")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_record_use_record", "record_use", ["learner_id", "record_id"], unique=False)
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
