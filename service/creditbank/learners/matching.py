"""Whose row is it: matched, new, or held for an officer; never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

Ground = Literal[
    "name_differs",
    "two_candidates",
    "student_number_of_another",
    "key_of_another",
    "certificate_of_another",
]
GROUNDS: dict[str, tuple[str, str]] = {
    "name_differs": (
        "证件号码或学号已有账户，但姓名与现用名、曾用名都不一致",
        "the document or student number has an account, but the name is none that its learner has or had",
    ),
    "two_candidates": (
        "证件号码与学号分别指向两个账户",
        "the document and the student number lead to two different accounts",
    ),
    "student_number_of_another": (
        "学号已属于另一证件的学习者",
        "the student number belongs to a learner with another document",
    ),
    "key_of_another": (
        "该行的业务主键已用于另一位学习者的学习成果",
        "the row's key names a record of another learner already",
    ),
    "certificate_of_another": (
        "该证书编号已属于另一位学习者",
        "the certificate number belongs to another learner already",
    ),
}
"""Why a row is held, for officers only: an institution learns that identity is under review, and no more."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The row is this person's: all their accounts, and the one that new records go to."""

    root: UUID
    family: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody is known by what the row says: an account may be opened if it carries a document."""


@dataclass(frozen=True, slots=True)
class Held:
    """A person must look."""

    ground: Ground
    candidates: tuple[UUID, ...]


def match(
    *,
    has_document: bool,
    by_document: UUID | None,
    by_student_no: Sequence[UUID],
    key_owner: UUID | None,
    certificate_owner: UUID | None,
    people: Mapping[UUID, Mapping[str, Any]],
) -> Matched | Unknown | Held:
    """Decide whose row it is from what the look-up found.

    `people` tells for each learner found their `root`, their `family` and whether the row's name is or was theirs.
    Accounts that were merged are one person, so two learners of one family are no contradiction.
    """
    pointed = [learner for learner in (by_document, *by_student_no) if learner is not None]
    roots = sorted({people[learner]["root"] for learner in pointed})
    if len(roots) > 1:
        return Held("two_candidates", tuple(roots))
    owners: tuple[tuple[UUID | None, Ground], ...] = (
        (key_owner, "key_of_another"),
        (certificate_owner, "certificate_of_another"),
    )
    for owner, ground in owners:
        if owner is not None and (not roots or people[owner]["root"] != roots[0]):
            return Held(ground, (*roots, people[owner]["root"]))
    if not roots:
        return Unknown()
    if has_document and by_document is None:
        return Held("student_number_of_another", tuple(roots))
    person = people[pointed[0]]
    if not person["named"]:
        return Held("name_differs", tuple(roots))
    return Matched(person["root"], tuple(person["family"]))
