"""Rows that withdraw records or give them to the right person: which record each names, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Transaction, driver
from creditbank.errors import BankError, Malformed, NotFound
from creditbank.records.forming import malformed
from creditbank.records.reading import certificate_index_of, named_key_index, own_key_index
from creditbank.records.reassigning import reassign
from creditbank.records.refusals import RecordAlreadyTheirs
from creditbank.records.schemas import ReassignmentIn
from creditbank.records.withdrawing import Withdrawal, withdraw_rows
from creditbank.sealing import Keyring
from creditbank.submissions import refusals
from creditbank.submissions.outcomes import Became
from creditbank.submissions.rows import problem_of

if TYPE_CHECKING:
    from creditbank.submissions.posting import Chunk, Posting

_KEYED = "SELECT key_index, record_id FROM record_key WHERE institution_id = %s AND key_index = ANY (%s)"
_NUMBERED = "SELECT number_index, record_id FROM certificate_key WHERE number_index = ANY (%s)"
"""A certificate is known by its number, whoever's student number the row names; whose record it is is seen to later."""


async def take_back_rows(session: Transaction, posting: Posting, chunk: Chunk) -> list[Became]:
    """Withdraw what the rows of a chunk name; a record that is withdrawn already is unchanged."""
    became, named = await _named(session, posting, chunk.changes)
    asked: list[Withdrawal] = []
    seen: dict[UUID, int] = {}
    for row_no, (record_id, reason) in named.items():
        if record_id in seen:
            again = refusals.RowComesAgain(row=seen[record_id])
            became.append(Became(row_no, "refused", problem=again.problem("zh")))
        else:
            seen[record_id] = row_no
            asked.append(Withdrawal(row_no, record_id, reason))
    if asked:
        outcomes = await withdraw_rows(
            session, asked, sender=posting.sender, submission_id=posting.file.submission_id, tools=posting.tools(),
            rows=posting.file.rows,
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
            to = ReassignmentIn.model_validate({"learner": said[row_no].get("learner"), "reason": reason})
        except ValidationError as failure:
            became.append(Became(row_no, "refused", problem=problem_of(malformed(failure))))
            continue
        try:
            async with session.begin_nested():
                outcome = await reassign(
                    session, record_id, to, sender=posting.sender, submission_id=posting.file.submission_id,
                    tools=posting.tools(),
                )  # fmt: skip
            became.append(Became(row_no, "reassigned", record_id=record_id, version=outcome.version))
        except RecordAlreadyTheirs:
            became.append(Became(row_no, "unchanged", record_id=record_id))
        except NotFound:
            became.append(Became(row_no, "refused", problem=refusals.RecordToWithdrawUnknown().problem("zh")))
        except BankError as refusal:
            became.append(Became(row_no, "refused", problem=refusal.problem("zh")))
    return became


def try_changes(posting: Posting, chunk: Chunk) -> list[Became]:
    """Whether rows say what such rows have to say; whether there is such a record, and whose, stays unsaid."""
    asked = _asked(posting, chunk.changes)
    became = dict.fromkeys(asked.reasons, "acceptable")
    faults: list[Became] = []
    if posting.file.act == "reassign":
        for row_no, said in chunk.changes:
            if row_no in asked.reasons and (fault := _fault_of_learner(row_no, said, asked.reasons[row_no])):
                faults.append(fault)
                del became[row_no]
    return [*asked.refused, *faults, *(Became(row_no, outcome) for row_no, outcome in became.items())]


def _fault_of_learner(row_no: int, said: dict[str, Any], reason: str) -> Became | None:
    try:
        ReassignmentIn.model_validate({"learner": said.get("learner"), "reason": reason})
    except ValidationError as failure:
        return Became(row_no, "refused", problem=problem_of(malformed(failure)))
    return None


@dataclass(slots=True)
class _Asked:
    """How rows name the records that they are about, and why some do not."""

    reasons: dict[int, str] = field(default_factory=dict)
    by_id: dict[int, UUID] = field(default_factory=dict)
    by_key: dict[int, bytes] = field(default_factory=dict)
    by_number: dict[int, bytes] = field(default_factory=dict)
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
                asked.by_number[row_no] = number
            else:
                asked.by_key[row_no] = named_key_index(keyring, said, today=clock.today(clock.now()))
            asked.reasons[row_no] = reason
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
    records: dict[bytes, UUID] = {}
    for statement, indexes in (
        (_KEYED, [posting.file.institution_id, list(set(asked.by_key.values()))]),
        (_NUMBERED, [list(set(asked.by_number.values()))]),
    ):
        cursor = await connection.execute(statement, indexes)
        records |= {bytes(index): record_id for index, record_id in await cursor.fetchall()}
    for row_no, index in (asked.by_key | asked.by_number).items():
        if index in records:
            named[row_no] = (records[index], asked.reasons[row_no])
        else:
            became.append(Became(row_no, "refused", problem=refusals.RecordToWithdrawUnknown().problem("zh")))
    return became, dict(sorted(named.items()))


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
