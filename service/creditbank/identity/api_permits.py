"""Who may use each route of the API."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import ANY, CHILD, CONSENTED, INSTITUTION, OWN, ROLES, Permit, to

SUBMITTERS = to(registrar=INSTITUTION, provider=INSTITUTION, certificate_body=INSTITUTION)
BANK_READERS = to(officer=ANY, auditor=ANY)

REPORT = Permit({"records:write": INSTITUTION, **SUBMITTERS})
READ_RECORD = Permit({"records:read": CONSENTED, "learner": OWN, "guardian": CHILD, **SUBMITTERS, **BANK_READERS})
READ_TRANSCRIPT = Permit(
    {"transcripts:read": CONSENTED, "learner": OWN, "guardian": CHILD, "registrar": CONSENTED, "officer": ANY}
)
READ_TOTALS = Permit({"transcripts:read": INSTITUTION, "registrar": INSTITUTION, "officer": ANY})
SEE_SUBMISSION = Permit({"records:write": INSTITUTION, "records:read": INSTITUTION, **SUBMITTERS, **BANK_READERS})
RECONCILE = Permit({"records:read": INSTITUTION, **SUBMITTERS, **BANK_READERS})
OPEN_ACCOUNT = Permit({"learners:write": INSTITUTION, "registrar": INSTITUTION, "officer": ANY})
READ_ACCOUNT = Permit(
    {"learners:read": INSTITUTION, "registrar": INSTITUTION, "officer": ANY, "learner": OWN, "guardian": CHILD}
)
ALLOCATE = Permit({"transcripts:read": CONSENTED, "registrar": CONSENTED, "learner": OWN, "guardian": CHILD})
KEEP_IDENTITY = Permit({"officer": ANY})
OF_THE_LEARNER = Permit({"learner": OWN, "guardian": CHILD})
KEEP_GUARDIANS = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_GUARDIANS = Permit({"officer": ANY, "learner": OWN, "guardian": CHILD})
KEEP_CATALOGUE = Permit({"catalogue:write": INSTITUTION, "registrar": INSTITUTION, "officer": ANY})
KEEP_EQUIVALENCES = Permit({"catalogue:write": INSTITUTION, "registrar": INSTITUTION})
KEEP_REFERENCE = Permit({"officer": ANY})
WRITE_RULES = Permit({"officer": ANY, "registrar": INSTITUTION})
READ_DRAFTS = Permit({"officer": ANY, "auditor": ANY, "registrar": INSTITUTION})
PUBLISH_RULES = Permit({"officer": ANY})
READ_AFFECTED = Permit(BANK_READERS)
CLAIM_FOR_CLASS = Permit({"claims:write": INSTITUTION, "registrar": INSTITUTION})
WITHDRAW_CLAIM = Permit({"claims:write": INSTITUTION, "registrar": INSTITUTION, "learner": OWN, "guardian": CHILD})
HANDS = to(registrar=INSTITUTION, department_reviewer=INSTITUTION, certificate_body=INSTITUTION)
ANSWER_CLAIM = Permit({"claims:write": INSTITUTION, **HANDS, "officer": ANY})
SEE_CLAIMS = Permit(
    {"claims:read": INSTITUTION, "claims:write": INSTITUTION, **HANDS, **BANK_READERS, "appeal_reviewer": ANY}
)
READ_CLAIM = Permit({**SEE_CLAIMS.grants, "learner": OWN, "guardian": CHILD})
READ_OWN_CLAIMS = Permit(
    {"claims:read": INSTITUTION, "registrar": INSTITUTION, **BANK_READERS, "learner": OWN, "guardian": CHILD}
)
DECIDE_OBJECTION = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_APPEALS = Permit({"appeal_reviewer": ANY, **BANK_READERS})
DECIDE_APPEAL = Permit({"appeal_reviewer": ANY})
SEND_ROSTER = Permit({"registrar": INSTITUTION})
SEND_SHEET = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_STATEMENTS = Permit({**SEND_SHEET.grants, "learner": OWN, "guardian": CHILD})
LET_PROGRESS = Permit({"registrar": INSTITUTION})
READ_PROGRESSIONS = Permit({"registrar": INSTITUTION, **BANK_READERS})
SIGN_AGREEMENT = Permit({"registrar": INSTITUTION})
SEE_COHORT = Permit({"records:read": INSTITUTION, "registrar": INSTITUTION, **BANK_READERS})
ADMIT_MEMBERS = Permit({"records:write": INSTITUTION, "registrar": INSTITUTION})
RUN_ROUND = Permit({"registrar": INSTITUTION})
FREEZE_ROUND = Permit({"officer": ANY})
READ_ROUNDS = Permit({"registrar": INSTITUTION, **BANK_READERS})
READ_ROUND = Permit({**READ_ROUNDS.grants, "learner": OWN, "guardian": CHILD})
ASK_PATHWAYS = Permit({**READ_ROUNDS.grants, "records:read": INSTITUTION, "learner": OWN, "guardian": CHILD})
SUPPOSE = Permit({"registrar": INSTITUTION, "learner": OWN, "guardian": CHILD})
READ_FILING = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_STATISTICS = Permit(BANK_READERS)
SIGNED_IN = Permit(everybody=True)
KEEP_ACCESS = Permit({"administrator": ANY})
READ_ACCESS = Permit({"administrator": ANY, "auditor": ANY})
READ_LOG = Permit({"auditor": ANY})
OWN_SIGN_IN = Permit(dict.fromkeys(ROLES, OWN))

API: Mapping[tuple[str, str], Permit] = {
    # what institutions report, and what came of it
    ("POST", "/v1/records"): REPORT,
    ("POST", "/v1/records/batch"): REPORT,
    ("POST", "/v1/records/{record_id}/withdrawal"): REPORT,
    ("POST", "/v1/records/{record_id}/reassignment"): REPORT,
    ("GET", "/v1/records/{record_id}"): READ_RECORD,
    ("GET", "/v1/decisions/{decision_id}"): READ_RECORD,
    ("POST", "/v1/decisions/{decision_id}/replay"): READ_RECORD,
    ("GET", "/v1/postings/{posting_id}"): READ_RECORD,
    ("GET", "/v1/changes"): Permit({"changes:read": INSTITUTION, **SUBMITTERS, **BANK_READERS}),
    ("POST", "/v1/submissions"): REPORT,
    ("GET", "/v1/submissions"): SEE_SUBMISSION,
    ("GET", "/v1/submissions/{submission_id}"): SEE_SUBMISSION,
    ("PUT", "/v1/submissions/{submission_id}/parts/{part_no}"): REPORT,
    ("POST", "/v1/submissions/{submission_id}/completion"): REPORT,
    ("GET", "/v1/submissions/{submission_id}/preview"): REPORT,
    ("POST", "/v1/submissions/{submission_id}/preview"): REPORT,
    ("PUT", "/v1/submissions/{submission_id}/mapping"): REPORT,
    ("GET", "/v1/submissions/{submission_id}/rows"): SEE_SUBMISSION,
    ("GET", "/v1/submissions/{submission_id}/rows/{row_no}"): REPORT,
    ("POST", "/v1/submissions/{submission_id}/cancellation"): REPORT,
    ("POST", "/v1/submissions/{submission_id}/continuation"): KEEP_IDENTITY,
    ("GET", "/v1/submissions/{submission_id}/report.xlsx"): REPORT,
    ("GET", "/v1/column-mappings"): REPORT,
    ("POST", "/v1/column-mappings/{mapping_id}/retirement"): REPORT,
    ("GET", "/v1/reconciliation"): RECONCILE,
    ("GET", "/v1/reconciliation.xlsx"): RECONCILE,
    ("GET", "/v1/statistics"): READ_STATISTICS,
    ("GET", "/v1/statistics.xlsx"): READ_STATISTICS,
    ("GET", "/v1/hints"): KEEP_IDENTITY,
    ("POST", "/v1/hints/{hint_id}/closing"): KEEP_IDENTITY,
    ("GET", "/v1/held-rows"): KEEP_IDENTITY,
    ("GET", "/v1/held-rows/{held_row_id}"): KEEP_IDENTITY,
    ("POST", "/v1/held-rows/{held_row_id}/resolution"): KEEP_IDENTITY,
    ("POST", "/v1/records/{record_id}/officer-reassignment"): KEEP_IDENTITY,
    # a learner's account and what it holds
    ("GET", "/v1/learners/{learner_id}/transcript"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/statement"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/balances"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/totals"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/progress"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/personal-data"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/allocations"): ALLOCATE,
    ("GET", "/v1/plans/{plan_id}/totals"): READ_TOTALS,
    ("POST", "/v1/learners"): OPEN_ACCOUNT,
    ("POST", "/v1/learners/batch"): OPEN_ACCOUNT,
    ("GET", "/v1/learners/{learner_id}"): READ_ACCOUNT,
    ("POST", "/v1/learners/{learner_id}/activation-codes"): OPEN_ACCOUNT,
    ("POST", "/v1/learners/{learner_id}/guardians"): KEEP_GUARDIANS,
    ("GET", "/v1/learners/{learner_id}/guardians"): READ_GUARDIANS,
    ("POST", "/v1/learners/{learner_id}/guardians/{guardianship_id}/end"): KEEP_GUARDIANS,
    ("POST", "/v1/learners/{learner_id}/guardians/{guardianship_id}/password"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/consents"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/consents"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/shares"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/shares"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/shares/{share_id}"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/shares/{share_id}/contents"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/shares/{share_id}/closing"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/shares/{share_id}/openings"): OF_THE_LEARNER,
    ("GET", "/v1/share-counts"): Permit(BANK_READERS),
    ("GET", "/v1/learners/{learner_id}/inbox"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/inbox/{message_id}/read"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/names"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/documents"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/closing"): Permit({"officer": ANY, "learner": OWN, "guardian": CHILD}),
    ("POST", "/v1/learners/{learner_id}/reopening"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/erasure"): KEEP_IDENTITY,
    ("POST", "/v1/learner-lookups"): KEEP_IDENTITY,
    ("GET", "/v1/learner-merges"): KEEP_IDENTITY,
    ("POST", "/v1/learner-merges"): KEEP_IDENTITY,
    ("POST", "/v1/learner-merges/{alias_id}/end"): KEEP_IDENTITY,
    # claims that records count for courses, and what becomes of them
    ("POST", "/v1/learners/{learner_id}/claims"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/claims"): READ_OWN_CLAIMS,
    ("GET", "/v1/plans/{plan_id}/achievements"): CLAIM_FOR_CLASS,
    ("GET", "/v1/plans/{plan_id}/class-candidates"): CLAIM_FOR_CLASS,
    ("POST", "/v1/plans/{plan_id}/class-claims"): CLAIM_FOR_CLASS,
    ("POST", "/v1/plans/{plan_id}/class-claims/preview"): CLAIM_FOR_CLASS,
    ("GET", "/v1/claims"): SEE_CLAIMS,
    ("GET", "/v1/claims/{claim_id}"): READ_CLAIM,
    ("GET", "/v1/claims/{claim_id}/records"): READ_CLAIM,
    ("POST", "/v1/claims/{claim_id}/withdrawal"): WITHDRAW_CLAIM,
    ("POST", "/v1/claims/{claim_id}/steps/{step}/outcome"): ANSWER_CLAIM,
    ("POST", "/v1/claims/{claim_id}/steps/{step}/facts"): ANSWER_CLAIM,
    ("POST", "/v1/claims/{claim_id}/lines/{line_no}/evidence"): WITHDRAW_CLAIM,
    ("POST", "/v1/claims/{claim_id}/lines/{line_no}/giving-up"): OF_THE_LEARNER,
    ("POST", "/v1/claims/{claim_id}/lines/{line_no}/appeals"): OF_THE_LEARNER,
    ("POST", "/v1/claims/{claim_id}/lines/{line_no}/overrides"): KEEP_IDENTITY,
    ("POST", "/v1/claims/{claim_id}/objections"): SIGNED_IN,
    ("POST", "/v1/claims/{claim_id}/objections/{objection_id}/decision"): DECIDE_OBJECTION,
    ("POST", "/v1/claims/{claim_id}/flag-clearing"): KEEP_IDENTITY,
    ("GET", "/v1/public-notices"): SIGNED_IN,
    ("GET", "/v1/appeals"): READ_APPEALS,
    ("POST", "/v1/appeals/{appeal_id}/decision"): DECIDE_APPEAL,
    ("GET", "/v1/overrides"): READ_APPEALS,
    ("POST", "/v1/overrides/{override_id}/confirmation"): KEEP_IDENTITY,
    # ways from a school to a college: agreements, intakes, cohorts
    ("POST", "/v1/pathways"): KEEP_CATALOGUE,
    ("GET", "/v1/pathways"): SIGNED_IN,
    ("GET", "/v1/pathways/{pathway_id}"): SIGNED_IN,
    ("POST", "/v1/pathways/{pathway_id}/signature"): SIGN_AGREEMENT,
    ("POST", "/v1/pathways/{pathway_id}/filing"): KEEP_REFERENCE,
    ("POST", "/v1/pathways/{pathway_id}/end"): KEEP_CATALOGUE,
    ("POST", "/v1/pathways/{pathway_id}/intakes"): KEEP_REFERENCE,
    ("POST", "/v1/intakes/{intake_id}/cohorts"): KEEP_CATALOGUE,
    ("GET", "/v1/cohorts"): SEE_COHORT,
    ("GET", "/v1/cohorts/{cohort_id}"): SEE_COHORT,
    ("GET", "/v1/cohorts/{cohort_id}/members"): SEE_COHORT,
    ("POST", "/v1/cohorts/{cohort_id}/members"): ADMIT_MEMBERS,
    ("POST", "/v1/cohorts/{cohort_id}/filing"): KEEP_REFERENCE,
    ("POST", "/v1/cohorts/{cohort_id}/members/{learner_id}/events"): ADMIT_MEMBERS,
    ("GET", "/v1/learners/{learner_id}/pathways"): ASK_PATHWAYS,
    ("GET", "/v1/learners/{learner_id}/pathways/{pathway_id}"): ASK_PATHWAYS,
    ("POST", "/v1/learners/{learner_id}/pathways/{pathway_id}/what-if"): SUPPOSE,
    # rosters and score sheets of cohorts, and those whom a frozen result took
    ("POST", "/v1/cohorts/{cohort_id}/roster"): SEND_ROSTER,
    ("POST", "/v1/cohorts/{cohort_id}/score-sheet"): SEND_SHEET,
    ("POST", "/v1/cohorts/{cohort_id}/statements"): SEND_SHEET,
    ("GET", "/v1/cohorts/{cohort_id}/members/{learner_id}/statements"): READ_STATEMENTS,
    ("POST", "/v1/rounds/{round_id}/progressions"): LET_PROGRESS,
    ("GET", "/v1/rounds/{round_id}/progressions"): READ_PROGRESSIONS,
    # rounds of cohorts: decided, published, filed, frozen, and reviewed
    ("POST", "/v1/cohorts/{cohort_id}/rounds"): RUN_ROUND,
    ("GET", "/v1/cohorts/{cohort_id}/rounds"): READ_ROUNDS,
    ("GET", "/v1/learners/{learner_id}/rounds"): OF_THE_LEARNER,
    ("GET", "/v1/rounds/{round_id}"): READ_ROUND,
    ("PUT", "/v1/rounds/{round_id}/sittings"): RUN_ROUND,
    ("POST", "/v1/rounds/{round_id}/deciding"): RUN_ROUND,
    ("POST", "/v1/rounds/{round_id}/set-asides"): RUN_ROUND,
    ("POST", "/v1/rounds/{round_id}/tie"): RUN_ROUND,
    ("POST", "/v1/rounds/{round_id}/abandonment"): RUN_ROUND,
    ("POST", "/v1/rounds/{round_id}/candidates/{learner_id}/giving-up"): OF_THE_LEARNER,
    ("POST", "/v1/rounds/{round_id}/notice"): RUN_ROUND,
    ("GET", "/v1/rounds/{round_id}/notice"): SIGNED_IN,
    ("GET", "/v1/round-notices"): SIGNED_IN,
    ("POST", "/v1/rounds/{round_id}/objections"): SIGNED_IN,
    ("POST", "/v1/rounds/{round_id}/objections/{objection_id}/decision"): DECIDE_OBJECTION,
    ("POST", "/v1/rounds/{round_id}/filing"): RUN_ROUND,
    ("GET", "/v1/rounds/{round_id}/filing.xlsx"): READ_FILING,
    ("POST", "/v1/rounds/{round_id}/freezing"): FREEZE_ROUND,
    ("GET", "/v1/progression-reviews"): READ_ROUND,
    ("GET", "/v1/progression-reviews/{review_id}"): READ_ROUND,
    ("POST", "/v1/progression-reviews/{review_id}/closing"): DECIDE_OBJECTION,
    # institutions and what they teach and certify
    ("GET", "/v1/institutions"): SIGNED_IN,
    ("POST", "/v1/institutions"): KEEP_REFERENCE,
    ("GET", "/v1/institutions/{institution_id}"): SIGNED_IN,
    ("PUT", "/v1/institutions/{institution_id}"): KEEP_REFERENCE,
    ("GET", "/v1/institutions/{institution_id}/programmes"): SIGNED_IN,
    ("POST", "/v1/institutions/{institution_id}/programmes"): KEEP_CATALOGUE,
    ("GET", "/v1/institutions/{institution_id}/programmes/{programme_id}/plans"): SIGNED_IN,
    ("PUT", "/v1/institutions/{institution_id}/programmes/{programme_id}/plans/{version}"): KEEP_CATALOGUE,
    ("GET", "/v1/plans/{plan_id}"): SIGNED_IN,
    ("GET", "/v1/institutions/{institution_id}/courses"): SIGNED_IN,
    ("POST", "/v1/institutions/{institution_id}/courses"): KEEP_CATALOGUE,
    ("GET", "/v1/institutions/{institution_id}/courses/{code}"): SIGNED_IN,
    ("PUT", "/v1/institutions/{institution_id}/courses/{code}"): KEEP_CATALOGUE,
    ("GET", "/v1/institutions/{institution_id}/score-scales"): SIGNED_IN,
    ("POST", "/v1/institutions/{institution_id}/score-scales"): KEEP_CATALOGUE,
    ("GET", "/v1/institutions/{institution_id}/terms"): SIGNED_IN,
    ("POST", "/v1/institutions/{institution_id}/terms"): KEEP_CATALOGUE,
    ("GET", "/v1/institutions/{institution_id}/equivalences"): SIGNED_IN,
    ("POST", "/v1/institutions/{institution_id}/equivalences"): KEEP_EQUIVALENCES,
    ("POST", "/v1/institutions/{institution_id}/equivalences/{equivalence_id}/end"): KEEP_EQUIVALENCES,
    ("POST", "/v1/institutions/{institution_id}/equivalences/{equivalence_id}/confirmation"): KEEP_EQUIVALENCES,
    ("GET", "/v1/certificate-standards"): SIGNED_IN,
    ("POST", "/v1/certificate-standards"): KEEP_REFERENCE,
    ("GET", "/v1/working-days"): SIGNED_IN,
    ("POST", "/v1/working-days"): KEEP_REFERENCE,
    # rules: written, looked at, published
    ("POST", "/v1/rule-drafts"): WRITE_RULES,
    ("GET", "/v1/rule-drafts"): READ_DRAFTS,
    ("GET", "/v1/rule-drafts/{draft_id}"): READ_DRAFTS,
    ("PUT", "/v1/rule-drafts/{draft_id}"): WRITE_RULES,
    ("POST", "/v1/rule-drafts/{draft_id}/check"): WRITE_RULES,
    ("POST", "/v1/rule-drafts/{draft_id}/impact"): WRITE_RULES,
    ("GET", "/v1/rule-drafts/{draft_id}/impact"): READ_DRAFTS,
    ("POST", "/v1/rule-drafts/{draft_id}/approval"): PUBLISH_RULES,
    ("POST", "/v1/rule-drafts/{draft_id}/publication"): PUBLISH_RULES,
    ("POST", "/v1/rule-drafts/{draft_id}/withdrawal"): WRITE_RULES,
    ("POST", "/v1/rule-versions/{document}/{version}/affected"): PUBLISH_RULES,
    ("GET", "/v1/rule-versions/{document}/{version}/affected"): READ_AFFECTED,
    ("POST", "/v1/rule-versions/{document}/{version}/reissue"): PUBLISH_RULES,
    # who may come in, and who looked
    ("POST", "/v1/clients"): KEEP_ACCESS,
    ("GET", "/v1/clients"): READ_ACCESS,
    ("GET", "/v1/clients/{client_id}"): READ_ACCESS,
    ("POST", "/v1/clients/{client_id}/secrets"): KEEP_ACCESS,
    ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/revocation"): KEEP_ACCESS,
    ("POST", "/v1/clients/{client_id}/disablement"): KEEP_ACCESS,
    ("POST", "/v1/logins"): KEEP_ACCESS,
    ("GET", "/v1/logins"): READ_ACCESS,
    ("POST", "/v1/logins/{login_id}/password"): KEEP_ACCESS,
    ("POST", "/v1/logins/{login_id}/disablement"): KEEP_ACCESS,
    ("POST", "/v1/own-password"): OWN_SIGN_IN,
    ("GET", "/v1/access-entries"): READ_LOG,
}
