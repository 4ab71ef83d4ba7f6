"""Rows that withdraw records or give them to the right person: which record each names, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Transaction, driver
from creditbank.errors import BankError, Malformed, NotFound
from creditbank.learners.documents import read_document
from creditbank.learners.indexes import document_index, name_index, student_index
from creditbank.records.forming import malformed
from creditbank.records.reading import certificate_index_of, named_key_index, own_key_index
from creditbank.records.reassigning import reassign
from creditbank.records.refusals import RecordAlreadyTheirs
from creditbank.records.schemas import LearnerIn, ReassignmentIn
from creditbank.records.withdrawing import Withdrawal, withdraw_rows
from creditbank.sealing import Keyring
from creditbank.submissions import refusals
from creditbank.submissions.outcomes import Became
from creditbank.submissions.rows import problem_of

if TYPE_CHECKING:
    from creditbank.submissions.posting import Chunk, Posting

_KEYED = "SELECT key_index, record_id FROM record_key WHERE institution_id = %s AND key_index = ANY (%s)"
_NUMBERED = """
SELECT asked.i, k.record_id
FROM jsonb_to_recordset(%s::jsonb) AS asked(i int, number bytea, document bytea, student bytea, name bytea)
JOIN certificate_key k ON k.number_index = asked.number
CROSS JOIN LATERAL (
    SELECT array(
        SELECT root.learner_id UNION
        SELECT a.learner_id FROM learner_alias a WHERE a.into_learner_id = root.learner_id AND a.ended_at IS NULL)
    FROM (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                           WHERE a.learner_id = k.learner_id AND a.ended_at IS NULL), k.learner_id)) root(learner_id)
) person(family)
WHERE (asked.document IS NULL OR EXISTS (
        SELECT FROM identity_key d WHERE d.number_index = asked.document AND d.learner_id = ANY (person.family)))
  AND (asked.name IS NULL OR EXISTS (
        SELECT FROM learner_name n WHERE n.name_index = asked.name AND n.learner_id = ANY (person.family)))
  AND (asked.student IS NULL OR NOT EXISTS (
        SELECT FROM enrolment e WHERE e.institution_id = %s AND e.student_index = asked.student
          AND e.learner_id <> ALL (person.family)))
"""
"""A certificate is known by its number; whoever the row names has to be the one who holds it: a digit may be wrong."""


async def take_back_rows(session: Transaction, posting: Posting, chunk: Chunk) -> list[Became]:
    """Withdraw what the rows of a chunk name; a record that is withdrawn already is unchanged."""
    became, named = await _named(session, posting, chunk.changes)
    asked = [Withdrawal(row_no, record_id, reason) for row_no, (record_id, reason) in named.items()]
    if asked:
        outcomes = await withdraw_rows(
            session, asked, sender=posting.sender, submission_id=posting.file.submission_id, tools=posting.tools(),
        )  # fmt: skip
        became += [Became.of(_as_unknown(outcome)) for outcome in outcomes]
    return became


def _as_unknown(outcome: Any) -> Any:
    """A stranger's record and none at all look the same, and the row is told so in words for a row."""
    if outcome.outcome == "refused":
        outcome.problem = refusals.RecordToWithdrawUnknown().problem("zh")
    return outcome


async def move_rows(session: Transaction, posting: Posting, chunk: Chunk) -> list[Became]:
    """Give what the rows of a chunk name to the people they name; each row for itself."""
    assert isinstance(session, AsyncSession)
    became, named = await _named(session, posting, chunk.changes)
    said = dict(chunk.changes)
    for row_no, (record_id, reason) in named.items():
        try:
            to = _to_whom(said[row_no], reason)
            async with session.begin_nested():
                outcome = await reassign(
                    session, record_id, to, sender=posting.sender, submission_id=posting.file.submission_id,
                    tools=posting.tools(), row_no=row_no,
                )  # fmt: skip
            became.append(Became(row_no, "reassigned", record_id=record_id, version=outcome.version))
        except RecordAlreadyTheirs:
            became.append(Became(row_no, "unchanged", record_id=record_id))
        except NotFound:
            became.append(Became(row_no, "refused", problem=refusals.RecordToWithdrawUnknown().problem("zh")))
        except BankError as refusal:
            became.append(Became(row_no, "refused", problem=problem_of(refusal)))
    return became


def _to_whom(said: dict[str, Any], reason: str) -> ReassignmentIn:
    """Who is to have a record. Raises Malformed with every fault."""
    try:
        return ReassignmentIn.model_validate({"learner": said.get("learner"), "reason": reason})
    except ValidationError as failure:
        raise malformed(failure) from None


def try_changes(posting: Posting, chunk: Chunk) -> list[Became]:
    """Whether rows say what such rows have to say; whether there is such a record, and whose, stays unsaid."""
    asked = _asked(posting, chunk.changes)
    became, said = asked.refused, dict(chunk.changes)
    for row_no, reason in asked.reasons.items():
        try:
            if posting.file.act == "reassign":
                _to_whom(said[row_no], reason)
            became.append(Became(row_no, "acceptable"))
        except Malformed as refusal:
            became.append(Became(row_no, "refused", problem=problem_of(refusal)))
    return became


@dataclass(slots=True)
class _Asked:
    """How rows name the records that they are about, and why some do not."""

    reasons: dict[int, str] = field(default_factory=dict)
    by_id: dict[int, UUID] = field(default_factory=dict)
    by_key: dict[int, bytes] = field(default_factory=dict)
    by_number: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: list[Became] = field(default_factory=list)


def _asked(posting: Posting, changes: list[tuple[int, dict[str, Any]]]) -> _Asked:
    keyring = posting.work.its(Keyring)
    asked = _Asked()
    for row_no, said in changes:
        try:
            reason = _reason(said, posting.file.reason)
            if not isinstance(said.get("kind", ""), str):
                raise Malformed(why_zh="kind 应为文字", why_en="kind should be text", field="/kind")
            if "record_id" in said:
                asked.by_id[row_no] = _record_id(said["record_id"])
            elif "kind" not in said and isinstance(said.get("key"), str):
                asked.by_key[row_no] = own_key_index(keyring, said["key"])
            elif (number := certificate_index_of(keyring, said)) is not None:
                asked.by_number[row_no] = _holder(posting, said) | {"i": row_no, "number": _hex(number)}
            else:
                asked.by_key[row_no] = named_key_index(keyring, said, today=clock.today(clock.now()))
            asked.reasons[row_no] = reason
        except ValidationError as failure:
            asked.refused.append(Became(row_no, "refused", problem=problem_of(malformed(failure))))
        except BankError as refusal:
            asked.refused.append(Became(row_no, "refused", problem=problem_of(refusal)))
    return asked


async def _named(
    session: Transaction, posting: Posting, changes: list[tuple[int, dict[str, Any]]]
) -> tuple[list[Became], dict[int, tuple[UUID, str]]]:
    """For each row the record it names with the reason, or why it cannot be told."""
    asked = _asked(posting, changes)
    became = asked.refused
    named = {row_no: (record_id, asked.reasons[row_no]) for row_no, record_id in asked.by_id.items()}
    connection = await driver(session)
    institution_id = posting.file.institution_id
    cursor = await connection.execute(_KEYED, [institution_id, list(set(asked.by_key.values()))])
    keyed = {bytes(index): record_id for index, record_id in await cursor.fetchall()}
    records = {row_no: keyed[index] for row_no, index in asked.by_key.items() if index in keyed}
    if asked.by_number:
        numbered = orjson.dumps(list(asked.by_number.values())).decode()
        records |= dict(await (await connection.execute(_NUMBERED, [numbered, institution_id])).fetchall())
    for row_no in (*asked.by_key, *asked.by_number):
        if row_no in records:
            named[row_no] = (records[row_no], asked.reasons[row_no])
        else:
            became.append(Became(row_no, "refused", problem=refusals.RecordToWithdrawUnknown().problem("zh")))
    return became, dict(sorted(named.items()))


def _holder(posting: Posting, said: dict[str, Any]) -> dict[str, Any]:
    """Indexes of whoever a row names. Raises errors of the identity document."""
    keyring, learner = posting.work.its(Keyring), said.get("learner")
    if not isinstance(learner, dict):
        return {}
    given = LearnerIn.model_validate({"name": "-", **learner})
    found: dict[str, Any] = {}
    if given.document is not None:
        today = clock.today(clock.now())
        document = read_document(given.document.kind, given.document.number, on=today)
        found["document"] = _hex(document_index(keyring, document))
    if "name" in learner:
        found["name"] = _hex(name_index(keyring, given.name))
    if given.student_no is not None:
        student = student_index(keyring, posting.file.institution_id, given.student_no)
        found["student"] = None if student is None else _hex(student)
    return found


def _hex(index: bytes) -> str:
    return "\\x" + index.hex()


def _reason(said: dict[str, Any], given: str | None) -> str:
    reason = said.get("reason") or given
    if not isinstance(reason, str) or not reason.strip():
        raise refusals.ReasonMissing(field="/reason")
    return reason.strip()[:200]


def _record_id(said: Any) -> UUID:
    try:
        return UUID(str(said))
    except ValueError:
        raise refusals.RecordToWithdrawUnknown(field="/record_id") from None
