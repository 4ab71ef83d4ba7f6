"""the bank opens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# What the application role may do: "append" is the database's own promise that nothing is edited.
GRANTS = {
    "SELECT, INSERT": (
        "access_entry",
        "consent",
        "decision",
        "entry",
        "feed_item",
        "posting",
        "record_version",
        "rule_document",
        "submission",
    ),
    "SELECT, INSERT, UPDATE": (
        "activation_code",
        "certificate_key",
        "certificate_standard",
        "client",
        "client_secret",
        "course",
        "guardianship",
        "held_row",
        "identity_key",
        "inbox_message",
        "institution",
        "institution_profile",
        "learner",
        "learner_alias",
        "learner_document",
        "learner_head",
        "learner_name",
        "login",
        "plan",
        "programme",
        "record_key",
        "score_scale",
        "term",
        "working_day",
    ),
    "SELECT, INSERT, UPDATE, DELETE": (
        "certificate_level",
        "enrolment",
        "job",
        "learner_key",
        "outbox",
        "plan_course",
        "record_current",
        "stored_response",
        "throttle",
    ),
}


def upgrade() -> None:
    """the bank opens."""
    op.create_table(
        "access_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_access_entry")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_access_entry_learner_id_at", "access_entry", ["learner_id", "at"], unique=False)
    op.create_table(
        "activation_code",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "code_id", name=op.f("pk_activation_code")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_table(
        "certificate_key",
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("number_index", name=op.f("pk_certificate_key")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_certificate_key_record_id", "certificate_key", ["record_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('transcript', 'recognition', 'statistics', 'notices')", name=op.f("ck_consent_purpose_known")
        ),
        sa.PrimaryKeyConstraint("learner_id", "consent_id", name=op.f("pk_consent")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_table(
        "decision",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("document_version", sa.String(), nullable=True),
        sa.Column("document_digest", sa.String(), nullable=True),
        sa.Column("clause", sa.String(), nullable=True),
        sa.Column("basis", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("facts_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('deposit', 'withdrawal', 'reassignment')", name=op.f("ck_decision_kind_known")),
        sa.CheckConstraint(
            "verdict IN ('granted', 'not_granted', 'unknown', 'withdrawn')", name=op.f("ck_decision_verdict_known")
        ),
        sa.PrimaryKeyConstraint("learner_id", "decision_id", name=op.f("pk_decision")),
        info={"family": "learner", "personal": "sealed", "app_may": "append"},
    )
    op.create_index("ix_decision_decision_id", "decision", ["decision_id"], unique=False)
    op.create_index(
        "uq_decision_record", "decision", ["learner_id", "record_id", "revision", "effective_on"], unique=True
    )
    op.create_table(
        "feed_item",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_feed_item")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_feed_item_institution_id_number", "feed_item", ["institution_id", "number"], unique=False)
    op.create_index("ix_feed_item_learner_id_change_id", "feed_item", ["learner_id", "change_id"], unique=False)
    op.create_index("ix_feed_item_numbered_at", "feed_item", ["numbered_at"], unique=False)
    op.create_table(
        "guardianship",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("guardianship_id", sa.Uuid(), nullable=False),
        sa.Column("login_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("guardian_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("guardian_index", sa.LargeBinary(), nullable=False),
        sa.Column("guardian_name_index", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "guardianship_id", name=op.f("pk_guardianship")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_guardianship_guardian_index", "guardianship", ["guardian_index"], unique=False)
    op.create_index("ix_guardianship_login_id", "guardianship", ["login_id"], unique=False)
    op.create_index(
        "uq_guardianship_live",
        "guardianship",
        ["learner_id", "guardian_index"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "held_row",
        sa.Column("held_row_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("hold", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("row_index", sa.LargeBinary(), nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("candidates", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "hold IN ('identity_under_review', 'credits_differ_from_plan')", name=op.f("ck_held_row_hold_known")
        ),
        sa.CheckConstraint("status IN ('open', 'resolved', 'superseded')", name=op.f("ck_held_row_status_known")),
        sa.PrimaryKeyConstraint("held_row_id", name=op.f("pk_held_row")),
        info={"family": "local", "personal": "sealed", "app_may": "update"},
    )
    op.create_index(
        "uq_held_row_open_key",
        "held_row",
        ["institution_id", "key_index"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "identity_key",
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number_index", name=op.f("pk_identity_key")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_table(
        "inbox_message",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "message_id", name=op.f("pk_inbox_message")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_table(
        "institution",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_institution")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "job",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job")),
        info={"family": "local", "personal": "none", "app_may": "delete"},
    )
    op.create_index(
        "ix_job_run_at",
        "job",
        ["run_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index(
        "uq_job_name", "job", ["name"], unique=True, postgresql_where=sa.text("finished_at IS NULL AND dead_at IS NULL")
    )
    op.create_table(
        "learner_alias",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("alias_id", sa.Uuid(), nullable=False),
        sa.Column("into_learner_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=True),
        sa.CheckConstraint("learner_id <> into_learner_id", name=op.f("ck_learner_alias_two_accounts")),
        sa.PrimaryKeyConstraint("learner_id", "alias_id", name=op.f("pk_learner_alias")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_learner_alias_into_learner_id", "learner_alias", ["into_learner_id"], unique=False)
    op.create_index(
        "uq_learner_alias_live",
        "learner_alias",
        ["learner_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "learner_document",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('resident_id', 'hk_macao_permit', 'taiwan_permit', 'hmt_residence', 'foreign_permanent_residence', 'passport')",
            name=op.f("ck_learner_document_kind_known"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "document_id", name=op.f("pk_learner_document")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_table(
        "learner_head",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("last_entry", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_learner_head")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_table(
        "learner_key",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_learner_key")),
        info={"family": "learner", "personal": "sealed", "app_may": "delete"},
    )
    op.create_table(
        "learner_name",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("name_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "name_id", name=op.f("pk_learner_name")),
        info={"family": "learner", "personal": "sealed", "app_may": "update"},
    )
    op.create_index("ix_learner_name_name_index", "learner_name", ["name_index"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "item", name=op.f("pk_outbox")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "delete"},
    )
    op.create_index("uq_outbox_arrival", "outbox", ["arrival"], unique=True)
    op.create_table(
        "record_current",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheme", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "record_id", name=op.f("pk_record_current")),
        info={"family": "learner", "personal": "sealed", "app_may": "delete"},
    )
    op.create_index("ix_record_current_content", "record_current", ["learner_id", "content"], unique=False)
    op.create_index(
        "ix_record_current_institution_id", "record_current", ["institution_id", "learner_id"], unique=False
    )
    op.create_table(
        "record_key",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "key_index", name=op.f("pk_record_key")),
        info={"family": "reference", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("ix_record_key_record_id", "record_key", ["record_id"], unique=False)
    op.create_table(
        "rule_document",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("document", "version", name=op.f("pk_rule_document")),
        info={"family": "reference", "personal": "none", "app_may": "append"},
    )
    op.create_table(
        "stored_response",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("payload_index", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_stored_response")),
        info={"family": "local", "personal": "sealed", "app_may": "delete"},
    )
    op.create_index(op.f("ix_stored_response_stored_at"), "stored_response", ["stored_at"], unique=False)
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index(
        "ix_submission_institution_id_received_at", "submission", ["institution_id", "received_at"], unique=False
    )
    op.create_table(
        "throttle",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_throttle")),
        info={"family": "local", "personal": "pseudonymous", "app_may": "delete"},
    )
    op.create_table(
        "working_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_working_day")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "certificate_standard",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("body_name", sa.String(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("numrange(hashtextextended(code, 0), hashtextextended(code, 0), '[]')"), "="),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_certificate_standard",
        ),
        sa.CheckConstraint(
            "kind IN ('vocational_skill_level', 'occupational_qualification', 'skill_level', 'computer_exam', 'language_exam', 'other')",
            name=op.f("ck_certificate_standard_kind_known"),
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_certificate_standard_runs_forward")),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["institution.institution_id"], name=op.f("fk_certificate_standard_issuer_id")
        ),
        sa.PrimaryKeyConstraint("standard_id", name=op.f("pk_certificate_standard")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(
        "uq_certificate_standard_code_valid_from", "certificate_standard", ["code", "valid_from"], unique=True
    )
    op.create_table(
        "client",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_client_institution_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(op.f("ix_client_institution_id"), "client", ["institution_id"], unique=False)
    op.create_table(
        "course",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("learning_form", sa.String(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("scale", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(institution_id::text || ' ' || code, 0), hashtextextended(institution_id::text || ' ' || code, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_course",
        ),
        sa.CheckConstraint(
            "learning_form IN ('theory', 'integrated', 'practice', 'internship', 'graduation_project', 'military', 'community', 'online', 'training')",
            name=op.f("ck_course_learning_form_known"),
        ),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_course_credits_not_negative")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_course_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_course_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "code", "valid_from", name=op.f("pk_course")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "enrolment",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("student_index", sa.LargeBinary(), nullable=False),
        sa.Column("student_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("year_of_entry", sa.Integer(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.CheckConstraint("ended_on >= entered_on", name=op.f("ck_enrolment_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_enrolment_institution_id")
        ),
        sa.PrimaryKeyConstraint("learner_id", "institution_id", "student_index", name=op.f("pk_enrolment")),
        info={"family": "learner", "personal": "sealed", "app_may": "delete"},
    )
    op.create_index(
        "ix_enrolment_institution_id_student_index", "enrolment", ["institution_id", "student_index"], unique=False
    )
    op.create_table(
        "institution_profile",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("school_code", sa.String(), nullable=True),
        sa.Column("college_code", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(institution_id::text, 0), hashtextextended(institution_id::text, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_institution_profile",
        ),
        sa.CheckConstraint(
            "kind IN ('secondary_vocational', 'technician_college', 'higher_vocational', 'applied_university', 'general_high_school', 'training_provider', 'enterprise', 'certificate_body')",
            name=op.f("ck_institution_profile_kind_known"),
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_institution_profile_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_institution_profile_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "valid_from", name=op.f("pk_institution_profile")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(
        "uq_institution_profile_school_code",
        "institution_profile",
        ["school_code"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_index(
        "uq_institution_profile_uscc",
        "institution_profile",
        ["uscc"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_table(
        "learner",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["opened_by"], ["institution.institution_id"], name=op.f("fk_learner_opened_by")),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_learner")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "update"},
    )
    op.create_index("uq_learner_account_no", "learner", ["account_no"], unique=True)
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("entry_from", sa.Integer(), nullable=False),
        sa.Column("entry_until", sa.Integer(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("total_credits", sa.Integer(), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(programme_id::text || ' ' || (published_on - date '2000-01-01')::text, 0), hashtextextended(programme_id::text || ' ' || (published_on - date '2000-01-01')::text, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("int4range(entry_from, entry_until, '[]')"), "&&"),
            using="gist",
            name="never_twice_plan",
        ),
        sa.CheckConstraint("entry_until >= entry_from", name=op.f("ck_plan_runs_forward")),
        sa.CheckConstraint("total_credits >= 0", name=op.f("ck_plan_total_credits_not_negative")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_plan_institution_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(op.f("ix_plan_institution_id"), "plan", ["institution_id"], unique=False)
    op.create_index("uq_plan_programme_id_version", "plan", ["programme_id", "version"], unique=True)
    op.create_table(
        "posting",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses IS NOT NULL)", name=op.f("ck_posting_reversal_names_what_it_reverses")
        ),
        sa.CheckConstraint("kind <> 'grant' OR amount > 0", name=op.f("ck_posting_grant_gives")),
        sa.CheckConstraint("kind <> 'take_back' OR amount < 0", name=op.f("ck_posting_take_back_takes")),
        sa.CheckConstraint("kind IN ('grant', 'take_back', 'reversal')", name=op.f("ck_posting_kind_known")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["learner_id", "decision_id"],
            ["decision.learner_id", "decision.decision_id"],
            name=op.f("fk_posting_learner_id_decision_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "posting_id", name=op.f("pk_posting")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index("ix_posting_posting_id", "posting", ["posting_id"], unique=False)
    op.create_index("ix_posting_record", "posting", ["learner_id", "record_id"], unique=False)
    op.create_index(
        "uq_posting_reverses",
        "posting",
        ["learner_id", "reverses"],
        unique=True,
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("catalogue", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=True),
        sa.Column("catalogue_code", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(institution_id::text || ' ' || code, 0), hashtextextended(institution_id::text || ' ' || code, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_programme",
        ),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(programme_id::text, 0), hashtextextended(programme_id::text, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_programme_id",
        ),
        sa.CheckConstraint(
            "catalogue IN ('vocational', 'technician', 'bachelor', 'none')", name=op.f("ck_programme_catalogue_known")
        ),
        sa.CheckConstraint(
            "level IN ('secondary_vocational', 'technician', 'higher_vocational', 'vocational_bachelor', 'undergraduate', 'general_high_school')",
            name=op.f("ck_programme_level_known"),
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_programme_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_programme_institution_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", "valid_from", name=op.f("pk_programme")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(
        "uq_programme_institution_id_code_valid_from",
        "programme",
        ["institution_id", "code", "valid_from"],
        unique=True,
    )
    op.create_table(
        "score_scale",
        sa.Column("scale_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("scale", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(coalesce(institution_id::text, 'city') || ' ' || code, 0), hashtextextended(coalesce(institution_id::text, 'city') || ' ' || code, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="never_twice_score_scale",
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_score_scale_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_score_scale_institution_id")
        ),
        sa.PrimaryKeyConstraint("scale_id", name=op.f("pk_score_scale")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(
        "uq_score_scale_owner",
        "score_scale",
        [sa.literal_column("coalesce(institution_id, '00000000-0000-0000-0000-000000000000')"), "code", "valid_from"],
        unique=True,
    )
    op.create_table(
        "term",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year", sa.String(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "numrange(hashtextextended(institution_id::text, 0), hashtextextended(institution_id::text, 0), '[]')"
                ),
                "=",
            ),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name="never_twice_term",
        ),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_term_runs_forward")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_term_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "academic_year", "term", name=op.f("pk_term")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_table(
        "certificate_level",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=True),
        sa.Column("credits_source", sa.String(), nullable=True),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_certificate_level_credits_not_negative")),
        sa.CheckConstraint(
            "credits IS NULL OR credits_source IS NOT NULL", name=op.f("ck_certificate_level_credits_have_a_source")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["certificate_standard.standard_id"], name=op.f("fk_certificate_level_standard_id")
        ),
        sa.PrimaryKeyConstraint("standard_id", "level", name=op.f("pk_certificate_level")),
        info={"family": "reference", "personal": "none", "app_may": "delete"},
    )
    op.create_table(
        "client_secret",
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.client_id"], name=op.f("fk_client_secret_client_id")),
        sa.PrimaryKeyConstraint("secret_id", name=op.f("pk_client_secret")),
        info={"family": "reference", "personal": "none", "app_may": "update"},
    )
    op.create_index(op.f("ix_client_secret_client_id"), "client_secret", ["client_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("balance_after", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(account = 'source') = (institution_id IS NOT NULL)", name=op.f("ck_entry_source_is_an_institution")
        ),
        sa.CheckConstraint("account <> 'deposit' OR balance_after >= 0", name=op.f("ck_entry_deposit_not_below_zero")),
        sa.CheckConstraint("account IN ('deposit', 'source')", name=op.f("ck_entry_account_known")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["learner_id", "posting_id"],
            ["posting.learner_id", "posting.posting_id"],
            name=op.f("fk_entry_learner_id_posting_id"),
        ),
        sa.PrimaryKeyConstraint("learner_id", "sequence", name=op.f("pk_entry")),
        info={"family": "learner", "personal": "pseudonymous", "app_may": "append"},
    )
    op.create_index(
        "ix_entry_account",
        "entry",
        ["learner_id", "scheme", "account", "institution_id", "sequence"],
        unique=False,
        postgresql_include=["balance_after"],
    )
    op.create_table(
        "login",
        sa.Column("login_id", sa.Uuid(), nullable=False),
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.Column("display_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.institution_id"], name=op.f("fk_login_institution_id")
        ),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.learner_id"], name=op.f("fk_login_learner_id")),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_login")),
        info={"family": "reference", "personal": "sealed", "app_may": "update"},
    )
    op.create_index(op.f("ix_login_learner_id"), "login", ["learner_id"], unique=False)
    op.create_index("uq_login_name_index", "login", ["name_index"], unique=True)
    op.create_table(
        "plan_course",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("course_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("compulsory", sa.Boolean(), nullable=False),
        sa.Column("learning_form", sa.String(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("term", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "learning_form IN ('theory', 'integrated', 'practice', 'internship', 'graduation_project', 'military', 'community', 'online', 'training')",
            name=op.f("ck_plan_course_learning_form_known"),
        ),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_plan_course_credits_not_negative")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_plan_course_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "course_code", name=op.f("pk_plan_course")),
        info={"family": "reference", "personal": "none", "app_may": "delete"},
    )
    op.create_table(
        "record_version",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("row_index", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("derived", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("warnings", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "act IN ('reported', 'corrected', 'withdrawn', 'reassigned_away', 'reassigned_here')",
            name=op.f("ck_record_version_act_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('course_result', 'certificate', 'training', 'award', 'practice', 'military_service', 'work_achievement', 'online_course', 'assessment', 'enrolment_event')",
            name=op.f("ck_record_version_kind_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_record_version_version_from_one")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.learner_id"], name=op.f("fk_record_version_learner_id")),
        sa.PrimaryKeyConstraint("learner_id", "record_id", "version", name=op.f("pk_record_version")),
        info={"family": "learner", "personal": "sealed", "app_may": "append"},
    )
    op.create_index("ix_record_version_record_id", "record_version", ["record_id"], unique=False)
    for words, tables in GRANTS.items():
        for table in tables:
            op.execute(f'GRANT {words} ON "{table}" TO creditbank_app')
    # For /readyz, which compares it with what this version of the service expects.
    op.execute("GRANT SELECT ON alembic_version TO creditbank_app")
