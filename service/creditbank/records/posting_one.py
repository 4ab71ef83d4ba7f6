"""One row posted by itself: as it comes by a call, or from a page to correct the record that it is known by.

What is refused writes nothing, so a doubt about identity that a refusal tells of is counted in a transaction of its
own: else numbers could be tried out by refusals, unseen and without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database, Transaction
from creditbank.errors import BankError, Language
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.probing import must_not_be_probing, note_matches
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.reassigning import ReassignmentNeedsAnOfficer, reassign
from creditbank.records.refusals import IdentityUnderReview
from creditbank.records.schemas import ReassignmentIn, Row, RowOutcome
from creditbank.records.service import post_rows


class RowProblem(BankError):
    """One row was refused: the problem is the row's own."""

    def __init__(self, outcome: RowOutcome) -> None:
        self.outcome = outcome
        super().__init__()
        self.status = (outcome.problem or {}).get("status", 422)  # type: ignore[misc]

    def problem(self, language: Language) -> dict[str, Any]:
        """The problem of the row."""
        return dict(self.outcome.problem or {})

    def sentence(self, language: Language) -> str:
        """What the row's problem says."""
        return str(self.problem(language).get(f"detail_{language}", ""))


class CorrectsAnotherRecord(BankError):
    """A correction that would not be one of the record it was made for."""

    status = 409
    code = "corrects_another_record"
    zh = (
        "按所填的学习者和内容，这不是对该成果的更正（会成为另一项成果，或须先核对身份），未写入。"
        "报错人请改派，课程等有误请撤回后重报。"
    )
    en = (
        "With this learner and content it would not be a correction of this record: it would be another one, or wait "
        "for an identity review. Nothing was written. Reassign a record of the wrong person; withdraw one of the wrong "
        "course and report it anew."
    )
    in_doubt = False
    """Whether it would have waited for an identity review; told to nobody, and counted."""


async def post_one(session: Transaction, row: Row, *, sender: Sender, actor: Actor, tools: Tools) -> RowOutcome:
    """Post a row: deposited, unchanged, corrected or held. Raises RowProblem for one that is refused."""
    (outcome,) = await post_rows(session, [(1, row)], sender=sender, submission_id=new_id(), tools=tools)
    await count_holds(session, actor, [outcome], tools)
    if outcome.outcome == "refused":
        raise RowProblem(outcome)
    return outcome


async def correct_one(
    session: Transaction, record_id: UUID, row: Row, *, sender: Sender, actor: Actor, tools: Tools
) -> RowOutcome:
    """The same, to correct a record: whatever else would come of it is not done.

    Raises RowProblem, CorrectsAnotherRecord, TooManyRequests.
    """
    await must_not_be_probing(session, actor, at=tools.at, keyring=tools.keyring)
    outcome = await post_one(session, row, sender=sender, actor=actor, tools=tools)
    if outcome.record_id != record_id or outcome.outcome not in ("corrected", "unchanged"):
        refusal = CorrectsAnotherRecord()
        refusal.in_doubt = _is_held_for_identity(outcome)
        raise refusal
    return outcome


async def reassign_one(
    session: AsyncSession, record_id: UUID, said: ReassignmentIn, *, sender: Sender, actor: Actor, tools: Tools
) -> RowOutcome:
    """Reassign a record by itself. Raises TooManyRequests, and what `reassign` does."""
    await must_not_be_probing(session, actor, at=tools.at, keyring=tools.keyring)
    return await reassign(session, record_id, said, sender=sender, submission_id=new_id(), tools=tools)


def is_doubt(refusal: BankError) -> bool:
    """Whether a refusal says that a number is known with another name."""
    in_doubt = isinstance(refusal, CorrectsAnotherRecord) and refusal.in_doubt
    return in_doubt or isinstance(refusal, ReassignmentNeedsAnOfficer)


async def note_doubt(database: Database, actor: Actor, tools: Tools) -> None:
    """Count such a refusal against its institution and write it down, after what was refused is undone."""

    async def count(session: AsyncSession) -> None:
        await note_matches(session, actor, rows=1, mismatches=1, at=tools.at, keyring=tools.keyring)

    await database.write(count)


async def count_holds(session: Transaction, actor: Actor, outcomes: Sequence[RowOutcome], tools: Tools) -> None:
    """Rows held for identity are counted and written down: whoever tries out numbers is stopped, and seen."""
    held = sum(_is_held_for_identity(outcome) for outcome in outcomes)
    if held:
        await must_not_be_probing(session, actor, at=tools.at, keyring=tools.keyring)
        await note_matches(session, actor, rows=len(outcomes), mismatches=held, at=tools.at, keyring=tools.keyring)


def _is_held_for_identity(outcome: RowOutcome) -> bool:
    return (outcome.problem or {}).get("code") == IdentityUnderReview.code
