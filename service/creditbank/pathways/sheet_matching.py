"""Whose row of a spreadsheet it is: by student number or member number and by name together, never by a guess."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from creditbank.db import Transaction, driver
from creditbank.learners.indexes import name_index, student_index
from creditbank.pathways.sheet_refusals import MemberNotFound, NameDiffers, NumberOfSeveral, PupilNotFound
from creditbank.sealing import Keyring

_STUDENT_NO: dict[str, Any] = {"number_zh": "学号", "number_en": "student number"}
_MEMBER_NO: dict[str, Any] = {"number_zh": "学员编号", "number_en": "member number"}

_PERSON: LiteralString = """
LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
         WHERE a.learner_id = x.learner_id AND a.ended_at IS NULL), x.learner_id) AS root) r,
LATERAL (SELECT array(SELECT r.root UNION SELECT a.learner_id FROM learner_alias a
         WHERE a.into_learner_id = r.root AND a.ended_at IS NULL) AS family) f
"""

_PUPILS: LiteralString = (
    """
SELECT DISTINCT x.student_index, r.root, array(
    SELECT n.name_index FROM learner_name n WHERE n.learner_id = ANY (f.family))
FROM enrolment x, """
    + _PERSON
    + "WHERE x.institution_id = %s AND x.student_index = ANY (%s)"
)

_MEMBERS: LiteralString = (
    """
SELECT x.learner_id, x.member_no,
       array(SELECT n.name_index FROM learner_name n WHERE n.learner_id = ANY (f.family)),
       array(SELECT e.student_index FROM enrolment e
             WHERE e.learner_id = ANY (f.family) AND e.institution_id = c.school_id)
FROM cohort_member x JOIN cohort c USING (cohort_id), """
    + _PERSON
    + "WHERE x.cohort_id = %s"
)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person whom a number may lead to, by the account to be written to."""

    learner_id: UUID
    names: frozenset[bytes]
    """Keyed indexes of the names that they have or had."""
    member_no: int | None = None
    students: frozenset[bytes] = frozenset()
    """Keyed indexes of their student numbers at the school."""


def _indexes(found: Iterable[bytes | memoryview]) -> frozenset[bytes]:
    return frozenset(map(bytes, found))


# --- pupils of a school ---------------------------------------------------------------------------------------------


async def pupils_of(
    session: Transaction, school_id: UUID, numbers: Collection[str], *, keyring: Keyring
) -> dict[str, list[Somebody]]:
    """Whom student numbers of a school lead to; accounts that were merged are one person."""
    indexes = {student_index(keyring, school_id, number): number for number in set(numbers)}
    found: dict[str, list[Somebody]] = {number: [] for number in numbers}
    cursor = await (await driver(session)).execute(_PUPILS, [school_id, list(indexes)])
    for index, root, names in await cursor.fetchall():
        found[indexes[bytes(index)]].append(Somebody(root, _indexes(names)))
    return found


def pupil(candidates: Sequence[Somebody], name: str, *, keyring: Keyring) -> Somebody:
    """The one pupil of a number, if the name is theirs. Raises PupilNotFound, NumberOfSeveral, NameDiffers."""
    if not candidates:
        raise PupilNotFound
    return _named(candidates, name, _STUDENT_NO, keyring=keyring)


def _named(candidates: Sequence[Somebody], name: str, number: dict[str, Any], *, keyring: Keyring) -> Somebody:
    if len(candidates) > 1:
        raise NumberOfSeveral
    if name_index(keyring, name) not in candidates[0].names:
        raise NameDiffers(**number)
    return candidates[0]


# --- members of a cohort --------------------------------------------------------------------------------------------


class Members:
    """The members of a cohort, to be found by their numbers."""

    def __init__(self, school_id: UUID | None, members: Sequence[Somebody], *, keyring: Keyring) -> None:
        self._school_id, self._keyring = school_id, keyring
        self._by_number: dict[int, list[Somebody]] = {}
        self._by_student: dict[bytes, list[Somebody]] = {}
        for member in members:
            if member.member_no is not None:
                self._by_number.setdefault(member.member_no, []).append(member)
            for index in member.students:
                self._by_student.setdefault(index, []).append(member)

    def one(self, name: str, *, student_no: str | None, member_no: str | None) -> Somebody:
        """The member that a row names; where it has both numbers, both are theirs.

        Raises MemberNotFound, NumberOfSeveral, NameDiffers.
        """
        found: list[Somebody] = []
        number = _STUDENT_NO
        if student_no is not None:
            index = None
            if self._school_id is not None:
                index = student_index(self._keyring, self._school_id, student_no)
            found = self._by_student.get(index or b"", [])
            if not found:
                raise MemberNotFound(**_STUDENT_NO)
        if member_no is not None:
            by_number = self._by_number.get(_number(member_no), [])
            if not by_number:
                raise MemberNotFound(**_MEMBER_NO)
            if student_no is None:
                found, number = by_number, _MEMBER_NO
            elif found != by_number:
                raise NumberOfSeveral
        return _named(found, name, number, keyring=self._keyring)


def _number(written: str) -> int:
    """A member number as it was written: 7, 007; of what is no number nobody is found."""
    return int(written) if written.isascii() and written.isdigit() else -1


async def members_of(session: Transaction, cohort_id: UUID, school_id: UUID | None, *, keyring: Keyring) -> Members:
    """Everybody who is or was a member of a cohort."""
    cursor = await (await driver(session)).execute(_MEMBERS, [cohort_id])
    found = [
        Somebody(learner_id, _indexes(names), member_no, _indexes(students))
        for learner_id, member_no, names, students in await cursor.fetchall()
    ]
    return Members(school_id, found, keyring=keyring)
