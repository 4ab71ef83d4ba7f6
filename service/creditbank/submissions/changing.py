"""Rows that withdraw records or give them to the right person: which record each names, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Transaction, driver
from creditbank.errors import BankError, NotFound
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


async def _named(
    session: Transaction, posting: Posting, changes: list[tuple[int, dict[str, Any]]]
) -> tuple[list[Became], dict[int, tuple[UUID, str]]]:
    """For each row the record it names with the reason, or why it cannot be told."""
    keyring, institution_id = posting.work.its(Keyring), posting.file.institution_id
    became: list[Became] = []
    by_key: dict[int, bytes] = {}
    by_number: dict[int, bytes] = {}
    named: dict[int, tuple[UUID, str]] = {}
    reasons: dict[int, str] = {}
    for row_no, said in changes:
        try:
            reasons[row_no] = _reason(said, posting.file.reason)
            if "record_id" in said:
                named[row_no] = (_record_id(said["record_id"]), reasons[row_no])
            elif "kind" not in said and isinstance(said.get("key"), str):
                by_key[row_no] = own_key_index(keyring, said["key"])
            elif (number := certificate_index_of(keyring, said)) is not None:
                by_number[row_no] = number
            else:
                by_key[row_no] = named_key_index(keyring, said, today=clock.today(clock.now()))
        except BankError as refusal:
            became.append(Became(row_no, "refused", problem=problem_of(refusal)))
    connection = await driver(session)
    records: dict[bytes, UUID] = {}
    for statement, asked in (
        (_KEYED, [institution_id, list(set(by_key.values()))]),
        (_NUMBERED, [list(set(by_number.values()))]),
    ):
        cursor = await connection.execute(statement, asked)
        records |= {bytes(index): record_id for index, record_id in await cursor.fetchall()}
    for row_no, index in (by_key | by_number).items():
        if index in records:
            named[row_no] = (records[index], reasons[row_no])
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
