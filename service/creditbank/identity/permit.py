"""What a route asks of whoever calls: scopes, roles, and how far each of them reaches."""

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


def page_of(permit: Permit) -> Permit:
    """The page of what a route does, for the people among those who may."""
    return Permit({word: reach for word, reach in permit.grants.items() if word in ROLES}, by_cookie=True)


def to(**roles: Reach) -> dict[str, Reach]:
    """Roles, each with its reach."""
    return roles
