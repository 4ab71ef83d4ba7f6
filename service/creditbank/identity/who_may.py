"""Who may: the one table that says, for every route, which scope or role opens it and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from creditbank.identity.actor import Actor, Reach

ANY, INSTITUTION, CONSENTED, CHILD, OWN = Reach.ANY, Reach.INSTITUTION, Reach.CONSENTED, Reach.CHILD, Reach.OWN

SCOPES: Mapping[str, tuple[str, str]] = {
    "records:write": ("报送、更正、撤回本机构的学习成果", "report, correct and withdraw the institution's own records"),
    "records:read": (
        "查询本机构报送的学习成果及其认定",
        "read what the institution reported and what was decided on it",
    ),
    "learners:write": ("为本机构的学习者开立账户、发放激活码", "open accounts and hand out activation codes"),
    "learners:read": ("查询本机构学习者的账户", "read the accounts of the institution's own learners"),
    "catalogue:write": (
        "维护本机构的专业、方案、课程、校历",
        "keep the institution's programmes, plans, courses and terms",
    ),
    "transcripts:read": (
        "查询学习档案（本机构所报或经授权）",
        "read transcripts: what it reported, or what was consented to",
    ),
    "changes:read": ("接收本机构记录的变更", "receive the changes of the institution's own records"),
    "claims:write": (
        "为本校学生申请转换，办理待本机构处理的申请",
        "claim for the college's own learners, and answer claims that wait for the institution",
    ),
    "claims:read": (
        "查询本机构方案的和待本机构处理的申请",
        "read claims by the institution's plans, and those that wait for it",
    ),
}
"""What a client of an institution may be given: Chinese and English, as the documents say it."""

ROLES: Mapping[str, tuple[str, str]] = {
    "learner": ("学习者", "the learner, for their own account"),
    "guardian": ("监护人", "a recorded guardian, for a child's account"),
    "registrar": ("教务员", "a registrar of one institution"),
    "department_reviewer": ("院系审核人", "a reviewer in a department of one institution"),
    "provider": ("培训机构经办人", "who reports for one training provider or enterprise"),
    "certificate_body": ("发证机构经办人", "who reports for one certificate body"),
    "officer": ("学分银行业务员", "an officer of the bank: identities, merges, held rows, reference data"),
    "appeal_reviewer": ("申诉复核人", "a reviewer of appeals"),
    "auditor": ("审计员", "an auditor: reads decisions and the log of access, changes nothing"),
    "administrator": ("系统管理员", "a system administrator: clients and sign-ins, no learner's data"),
}
"""What a person may be: Chinese and English, as the documents say it."""

ROLES_OF_AN_INSTITUTION = frozenset({"registrar", "department_reviewer", "provider", "certificate_body"})
"""Roles that are held for exactly one institution."""

ROLES_OF_STAFF = frozenset(ROLES) - {"learner", "guardian"}
"""Roles that an administrator gives out; a learner and a guardian come by theirs through an account."""


@dataclass(frozen=True)
class Permit:
    """Who may use one route: each scope or role with its reach, or anybody who is signed in.

    `by_cookie` is for the pages of the portal: the caller is read from the session cookie, never from a header.
    """

    grants: Mapping[str, Reach] = field(default_factory=dict)
    everybody: bool = False
    by_cookie: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that open the route to a client."""
        return frozenset(self.grants) & frozenset(SCOPES)

    @property
    def roles(self) -> frozenset[str]:
        """The roles that open the route to a person."""
        return frozenset(self.grants) & frozenset(ROLES)

    def reach_of(self, actor: Actor) -> frozenset[Reach] | None:
        """How far the route lets this caller reach; nothing means that it is not theirs to use."""
        reach = _reach(self, actor.roles | actor.scopes)
        return reach if reach or self.everybody else None

    def __hash__(self) -> int:
        return id(self)


@lru_cache(maxsize=4096)
def _reach(permit: Permit, held: frozenset[str]) -> frozenset[Reach]:
    return frozenset(reach for word, reach in permit.grants.items() if word in held)


def _to(**roles: Reach) -> dict[str, Reach]:
    return roles


_SUBMITTERS = _to(registrar=INSTITUTION, provider=INSTITUTION, certificate_body=INSTITUTION)
_BANK_READERS = _to(officer=ANY, auditor=ANY)

REPORT = Permit({"records:write": INSTITUTION, **_SUBMITTERS})
READ_RECORD = Permit({"records:read": CONSENTED, "learner": OWN, "guardian": CHILD, **_SUBMITTERS, **_BANK_READERS})
READ_TRANSCRIPT = Permit(
    {"transcripts:read": CONSENTED, "learner": OWN, "guardian": CHILD, "registrar": CONSENTED, "officer": ANY}
)
READ_TOTALS = Permit({"transcripts:read": INSTITUTION, "registrar": INSTITUTION, "officer": ANY})
SEE_SUBMISSION = Permit({"records:write": INSTITUTION, "records:read": INSTITUTION, **_SUBMITTERS, **_BANK_READERS})
RECONCILE = Permit({"records:read": INSTITUTION, **_SUBMITTERS, **_BANK_READERS})
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
CLAIM_FOR_CLASS = Permit({"claims:write": INSTITUTION, "registrar": INSTITUTION})
WITHDRAW_CLAIM = Permit({"claims:write": INSTITUTION, "registrar": INSTITUTION, "learner": OWN, "guardian": CHILD})
_HANDS = _to(registrar=INSTITUTION, department_reviewer=INSTITUTION, certificate_body=INSTITUTION)
ANSWER_CLAIM = Permit({"claims:write": INSTITUTION, **_HANDS, "officer": ANY})
SEE_CLAIMS = Permit(
    {"claims:read": INSTITUTION, "claims:write": INSTITUTION, **_HANDS, **_BANK_READERS, "appeal_reviewer": ANY}
)
READ_CLAIM = Permit({**SEE_CLAIMS.grants, "learner": OWN, "guardian": CHILD})
READ_OWN_CLAIMS = Permit(
    {"claims:read": INSTITUTION, "registrar": INSTITUTION, **_BANK_READERS, "learner": OWN, "guardian": CHILD}
)
DECIDE_OBJECTION = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_APPEALS = Permit({"appeal_reviewer": ANY, **_BANK_READERS})
DECIDE_APPEAL = Permit({"appeal_reviewer": ANY})
SEND_ROSTER = Permit({"registrar": INSTITUTION})
SEND_SHEET = Permit({"registrar": INSTITUTION, "officer": ANY})
READ_STATEMENTS = Permit({**SEND_SHEET.grants, "learner": OWN, "guardian": CHILD})
LET_PROGRESS = Permit({"registrar": INSTITUTION})
READ_PROGRESSIONS = Permit({"registrar": INSTITUTION, **_BANK_READERS})
SIGN_AGREEMENT = Permit({"registrar": INSTITUTION})
SEE_COHORT = Permit({"records:read": INSTITUTION, "registrar": INSTITUTION, **_BANK_READERS})
ADMIT_MEMBERS = Permit({"records:write": INSTITUTION, "registrar": INSTITUTION})
RUN_ROUND = Permit({"registrar": INSTITUTION})
FREEZE_ROUND = Permit({"officer": ANY})
READ_ROUNDS = Permit({"registrar": INSTITUTION, **_BANK_READERS})
READ_ROUND = Permit({**READ_ROUNDS.grants, "learner": OWN, "guardian": CHILD})
ASK_PATHWAYS = Permit({**READ_ROUNDS.grants, "records:read": INSTITUTION, "learner": OWN, "guardian": CHILD})
SUPPOSE = Permit({"registrar": INSTITUTION, "learner": OWN, "guardian": CHILD})
READ_FILING = Permit({"registrar": INSTITUTION, "officer": ANY})
SIGNED_IN = Permit(everybody=True)
KEEP_ACCESS = Permit({"administrator": ANY})
READ_ACCESS = Permit({"administrator": ANY, "auditor": ANY})
READ_LOG = Permit({"auditor": ANY})
OWN_SIGN_IN = Permit(dict.fromkeys(ROLES, OWN))
OWN_PAGES = Permit({"learner": OWN, "guardian": CHILD}, by_cookie=True)
ANY_PAGE = Permit(everybody=True, by_cookie=True)


def _page_of(permit: Permit) -> Permit:
    """The page of what a route does, for the people among those who may."""
    return Permit({word: reach for word, reach in permit.grants.items() if word in ROLES}, by_cookie=True)


DESK = _page_of(READ_ROUNDS)
DESK_ROUND = _page_of(RUN_ROUND)
DESK_SIGNER = _page_of(SIGN_AGREEMENT)
DESK_CATALOGUE = _page_of(KEEP_CATALOGUE)
DESK_OFFICER = _page_of(KEEP_REFERENCE)
DESK_EITHER = _page_of(DECIDE_OBJECTION)

PERMITS: Mapping[tuple[str, str], Permit] = {
    # what institutions report, and what came of it
    ("POST", "/v1/records"): REPORT,
    ("POST", "/v1/records/batch"): REPORT,
    ("POST", "/v1/records/{record_id}/withdrawal"): REPORT,
    ("POST", "/v1/records/{record_id}/reassignment"): REPORT,
    ("GET", "/v1/records/{record_id}"): READ_RECORD,
    ("GET", "/v1/decisions/{decision_id}"): READ_RECORD,
    ("POST", "/v1/decisions/{decision_id}/replay"): READ_RECORD,
    ("GET", "/v1/postings/{posting_id}"): READ_RECORD,
    ("GET", "/v1/changes"): Permit({"changes:read": INSTITUTION, **_SUBMITTERS, **_BANK_READERS}),
    ("POST", "/v1/submissions"): REPORT,
    ("GET", "/v1/submissions"): SEE_SUBMISSION,
    ("GET", "/v1/submissions/{submission_id}"): SEE_SUBMISSION,
    ("PUT", "/v1/submissions/{submission_id}/parts/{part_no}"): REPORT,
    ("POST", "/v1/submissions/{submission_id}/completion"): REPORT,
    ("GET", "/v1/submissions/{submission_id}/preview"): REPORT,
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
    ("GET", "/v1/hints"): KEEP_IDENTITY,
    ("POST", "/v1/hints/{hint_id}/closing"): KEEP_IDENTITY,
    ("GET", "/v1/held-rows"): KEEP_IDENTITY,
    ("GET", "/v1/held-rows/{held_row_id}"): KEEP_IDENTITY,
    ("POST", "/v1/held-rows/{held_row_id}/resolution"): KEEP_IDENTITY,
    # a learner's account and what it holds
    ("GET", "/v1/learners/{learner_id}/transcript"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/statement"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/balances"): READ_TRANSCRIPT,
    ("GET", "/v1/learners/{learner_id}/totals"): READ_TRANSCRIPT,
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
    ("GET", "/v1/learners/{learner_id}/inbox"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/inbox/{message_id}/read"): OF_THE_LEARNER,
    ("POST", "/v1/learners/{learner_id}/names"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/documents"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/closing"): Permit({"officer": ANY, "learner": OWN, "guardian": CHILD}),
    ("POST", "/v1/learners/{learner_id}/reopening"): KEEP_IDENTITY,
    ("POST", "/v1/learners/{learner_id}/erasure"): KEEP_IDENTITY,
    ("POST", "/v1/learner-lookups"): KEEP_IDENTITY,
    ("POST", "/v1/learner-merges"): KEEP_IDENTITY,
    ("POST", "/v1/learner-merges/{alias_id}/end"): KEEP_IDENTITY,
    # claims that records count for courses, and what becomes of them
    ("POST", "/v1/learners/{learner_id}/claims"): OF_THE_LEARNER,
    ("GET", "/v1/learners/{learner_id}/claims"): READ_OWN_CLAIMS,
    ("POST", "/v1/plans/{plan_id}/class-claims"): CLAIM_FOR_CLASS,
    ("GET", "/v1/claims"): SEE_CLAIMS,
    ("GET", "/v1/claims/{claim_id}"): READ_CLAIM,
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
    ("GET", "/v1/rule-versions/{document}/{version}/affected"): Permit(_BANK_READERS),
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
    # the portal
    ("GET", "/my/transcript"): OWN_PAGES,
    ("GET", "/my/records/{record_id}"): OWN_PAGES,
    ("POST", "/sign-out"): ANY_PAGE,
    # the desk of those who run pathways: each page by whom its route of the API is for
    ("GET", "/desk"): DESK,
    ("GET", "/desk/notices"): DESK,
    ("GET", "/desk/reviews"): DESK,
    ("POST", "/desk/reviews/{review_id}/closing"): DESK_EITHER,
    ("GET", "/desk/pathways"): DESK,
    ("GET", "/desk/pathways/{pathway_id}"): DESK,
    ("POST", "/desk/pathways/{pathway_id}/signature"): DESK_SIGNER,
    ("POST", "/desk/pathways/{pathway_id}/filing"): DESK_OFFICER,
    ("POST", "/desk/pathways/{pathway_id}/end"): DESK_CATALOGUE,
    ("POST", "/desk/pathways/{pathway_id}/intakes"): DESK_OFFICER,
    ("POST", "/desk/pathways/{pathway_id}/intakes/{intake_id}/cohorts"): DESK_CATALOGUE,
    ("GET", "/desk/cohorts"): DESK,
    ("GET", "/desk/cohorts/{cohort_id}"): DESK,
    ("POST", "/desk/cohorts/{cohort_id}/rounds"): DESK_ROUND,
    ("POST", "/desk/cohorts/{cohort_id}/filing"): DESK_OFFICER,
    ("POST", "/desk/cohorts/{cohort_id}/roster"): _page_of(SEND_ROSTER),
    ("POST", "/desk/cohorts/{cohort_id}/score-sheet"): _page_of(SEND_SHEET),
    ("GET", "/desk/cohorts/{cohort_id}/members/{member_no}"): DESK,
    ("POST", "/desk/cohorts/{cohort_id}/members/{member_no}/events"): _page_of(ADMIT_MEMBERS),
    ("GET", "/desk/rounds/{round_id}"): DESK,
    ("GET", "/desk/rounds/{round_id}/members/{member_no}"): DESK,
    ("GET", "/desk/rounds/{round_id}/filing.xlsx"): _page_of(READ_FILING),
    ("POST", "/desk/rounds/{round_id}/sittings"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/deciding"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/set-asides"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/tie"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/notice"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/objections/{objection_id}/decision"): DESK_EITHER,
    ("POST", "/desk/rounds/{round_id}/filing"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/freezing"): _page_of(FREEZE_ROUND),
    ("POST", "/desk/rounds/{round_id}/abandonment"): DESK_ROUND,
    ("GET", "/desk/rounds/{round_id}/progressions"): _page_of(READ_PROGRESSIONS),
    ("POST", "/desk/rounds/{round_id}/progressions"): _page_of(LET_PROGRESS),
}

PUBLIC: Mapping[tuple[str, str], tuple[str, str]] = {
    ("POST", "/v1/oauth/token"): ("凭密钥或口令换取令牌", "where a secret or a password becomes a token; throttled"),
    ("POST", "/v1/accounts/activation"): ("凭一次性激活码激活账户", "asks for a one-time code; throttled"),
    ("GET", "/.well-known/jwks.json"): ("验证令牌的公钥", "the public keys that verify tokens (RFC 7517)"),
    ("GET", "/.well-known/oauth-authorization-server"): ("授权服务器说明", "where tokens are had (RFC 8414)"),
    ("GET", "/v1/rules"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/v1/rules/{document}"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/v1/rules/{document}/clauses/{clause}"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/openapi.json"): ("接口说明", "the contract of this API"),
    ("GET", "/livez"): ("存活检查", "answers when the process runs"),
    ("GET", "/readyz"): ("就绪检查", "answers when the database does; says nothing else"),
    ("GET", "/metrics"): (
        "按路由统计的请求数与时长，不含任何人和机构；反向代理不应对外转发",
        "counts and times by route, no person or institution in them; a proxy should not pass it on",
    ),
    ("GET", "/"): ("首页", "the front page"),
    ("GET", "/sign-in"): ("登录页", "the sign-in page"),
    ("GET", "/static/{name}"): ("页面样式与图标", "the stylesheet and the pictures of the pages"),
    ("POST", "/sign-in"): ("登录", "where a password becomes a session; throttled"),
}
"""The short list of routes that ask for nobody, each with the reason in Chinese and English."""


class RouteWithoutPermit(RuntimeError):
    """A route that the table does not know: the bank does not open with it."""


def permit_for(method: str, path: str) -> Permit | None:
    """The permit of a route, or nothing for a public one. Raises RouteWithoutPermit for one nobody thought about."""
    key = ("GET" if method == "HEAD" else method, path)
    if key in PERMITS:
        return PERMITS[key]
    if key in PUBLIC:
        return None
    raise RouteWithoutPermit(f"{method} {path} is not in creditbank.identity.who_may: say who may use it")
