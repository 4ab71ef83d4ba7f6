"""Withdrawing records, one or a thousand in one act: what stood on them is reversed, what was behind them decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from creditbank.db import Transaction, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.learners.families import families_of
from creditbank.records import refusals
from creditbank.records.acts import Tools, as_submission, new_act, redecide, remove
from creditbank.records.apply import NOT_LIVE
from creditbank.records.consequences import follow
from creditbank.records.following import enrolments_changed
from creditbank.records.held import supersede_all
from creditbank.records.intake import Sender
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.refusals import LearnerErased
from creditbank.records.schemas import RowOutcome
from creditbank.records.standing import Asked
from creditbank.records.write import Act, write_act

_LAST = """
SELECT DISTINCT ON (v.record_id) v.record_id, v.learner_id, v.institution_id, v.act, v.version, k.learner_id IS NULL
FROM record_version v LEFT JOIN learner_key k USING (learner_id)
WHERE v.record_id = ANY (%s) ORDER BY v.record_id, v.version DESC
"""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A record to be taken back, and why."""

    row_no: int
    record_id: UUID
    reason: str


async def withdraw_rows(
    session: Transaction,
    asked: Sequence[Withdrawal],
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
) -> list[RowOutcome]:
    """Take records back: `withdrawn`, `unchanged` for one withdrawn before, `refused` for one not the sender's or of
    somebody who was erased.

    In the order of what was asked; a record that is asked for twice is `unchanged` the second time.
    """
    outcomes: dict[int, RowOutcome] = {}
    found = await _last_versions(session, [one.record_id for one in asked])
    mine: dict[UUID, Withdrawal] = {}
    for one in asked:
        learner_id, institution_id, act, version, erased = found.get(one.record_id, (None, None, None, None, None))
        if learner_id is None or institution_id != sender.institution_id:
            outcomes[one.row_no] = _refused(one, NotFound(), tools)
        elif act in NOT_LIVE or one.record_id in mine:
            outcomes[one.row_no] = _unchanged(one, version)
        elif erased:
            outcomes[one.row_no] = _refused(one, LearnerErased(), tools)  # and of the others it keeps none
        else:
            mine[one.record_id] = one
    if mine:
        outcomes |= await _withdraw(
            session, mine, {record_id: found[record_id][0] for record_id in mine}, sender=sender,
            submission_id=submission_id, tools=tools, rows=len(asked),
        )  # fmt: skip
    return [outcomes[one.row_no] for one in asked]


async def _last_versions(
    session: Transaction, records: Iterable[UUID]
) -> dict[UUID, tuple[UUID, UUID, str, int, bool]]:
    """Of each record: whose, of which institution, its last act and version, and whether the person is erased."""
    connection = await driver(session)
    cursor = await connection.execute(_LAST, [list(set(records))])
    return {record_id: tuple(rest) for record_id, *rest in await cursor.fetchall()}


async def _withdraw(
    session: Transaction,
    mine: dict[UUID, Withdrawal],
    owners: dict[UUID, UUID],
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
    rows: int,
) -> dict[int, RowOutcome]:
    by_family: dict[tuple[UUID, ...], set[UUID]] = defaultdict(set)
    families = await families_of(session, set(owners.values()))
    for record_id, learner_id in owners.items():
        by_family[families[learner_id]].add(record_id)
    questions = [Asked(family, frozenset(), frozenset(records)) for family, records in by_family.items()]
    people = await lock_claim_and_read(session, questions, claims=(), keyring=tools.keyring)
    act = new_act(new_id(), tools, people)
    act.submission = as_submission(submission_id, sender, tools.at, rows=rows)
    outcomes: dict[int, RowOutcome] = {}
    enrolled: set[UUID] = set()
    for person, records in zip(people, by_family.values(), strict=True):
        gone = []
        for record_id in sorted(records):
            one = mine[record_id]
            before = person.versions[record_id]
            if before["act"] in NOT_LIVE:
                outcomes[one.row_no] = _unchanged(one, before["version"])
                continue
            record = remove(
                person, record_id, how="withdrawn", kind="withdrawal", by=sender.name, reason=one.reason, act=act,
                submission_id=submission_id, row_no=one.row_no, tools=tools,
            )  # fmt: skip
            gone.append(record)
            if record.kind == "enrolment_event":
                enrolled.add(record.learner_id)
            outcomes[one.row_no] = RowOutcome(
                row=one.row_no, outcome="withdrawn", record_id=record_id, version=record.version, verdict="withdrawn",
                credits=0,
            )  # fmt: skip
        acts = {record.record_id: "withdrawn" for record in gone}
        contents = {record.content for record in gone}
        redecide(person, contents, act=act, acts=acts, rulebook=tools.rulebook, gone=gone)
    await _finish(session, act, enrolled, sender=sender, tools=tools)
    return outcomes


async def _finish(session: Transaction, act: Act, enrolled: set[UUID], *, sender: Sender, tools: Tools) -> None:
    if not act.versions:
        return
    await write_act(session, act)
    if enrolled:
        await enrolments_changed(session, learners=enrolled, institution_id=sender.institution_id, tools=tools)
    await follow(session, act, tools)
    withdrawn = [UUID(version["record_id"]) for version in act.versions]
    await supersede_all(session, withdrawn, institution_id=sender.institution_id, at=tools.at)


async def withdraw(
    session: Transaction, record_id: UUID, *, sender: Sender, reason: str, submission_id: UUID, tools: Tools
) -> RowOutcome:
    """Take one record back. Raises NotFound for a record that is not the sender's, RecordAlreadyWithdrawn,
    LearnerErased."""
    (outcome,) = await withdraw_rows(
        session, [Withdrawal(1, record_id, reason)], sender=sender, submission_id=submission_id, tools=tools
    )
    if outcome.outcome == "refused":
        raise LearnerErased if (outcome.problem or {}).get("code") == LearnerErased.code else NotFound
    if outcome.outcome == "unchanged":
        raise refusals.RecordAlreadyWithdrawn
    return outcome


def _refused(one: Withdrawal, refusal: BankError, tools: Tools) -> RowOutcome:
    return RowOutcome(row=one.row_no, outcome="refused", problem=refusal.problem(tools.language))


def _unchanged(one: Withdrawal, version: int | None) -> RowOutcome:
    return RowOutcome(row=one.row_no, outcome="unchanged", record_id=one.record_id, version=version)
