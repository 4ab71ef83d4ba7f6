"""Held rows, for officers: what waits and why, and the decision that completes a row as if it had matched."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import BankError, NotFound
from creditbank.learners.families import person_of
from creditbank.learners.lookups import show
from creditbank.learners.matching import GROUNDS
from creditbank.learners.schemas import LearnerOut
from creditbank.records.acts import Tools
from creditbank.records.intake import Resolution, Sender
from creditbank.records.refusals import CreditsDifferFromPlan
from creditbank.records.schemas import ROW, RowOutcome
from creditbank.records.service import post_rows
from creditbank.records.tables import HeldRow
from creditbank.sealing import Keyring, open_for_bank


class HeldRowAlreadyResolved(BankError):
    """Somebody decided it, or the institution sent another content under its key."""

    status = 409
    code = "held_row_already_resolved"
    zh = "该待核行已处理，或已被机构重新报送的内容取代。"
    en = "This held row was resolved already, or the institution sent other content in its place."


class ResolutionDoesNotComplete(BankError):
    """The decision leaves the row still held or refused: nothing was written."""

    status = 409
    code = "resolution_does_not_complete"
    zh = "按此处理后该行仍不能存入：{why_zh} 未写入任何内容。"
    en = "With this resolution the row still cannot be deposited: {why_en} Nothing was written."


class ResolutionIn(BaseModel):
    """What an officer decides about a held row."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["match", "open_account", "at_plan_credits", "refuse"] = Field(
        description="match: it is `learner_id`'s, one of the candidates. open_account: a new person's. "
        "at_plan_credits: deposit at the plan's credits. refuse: it stays out."
    )
    learner_id: UUID | None = None
    reason: str = Field(min_length=1, max_length=500)


class HeldRowOut(BaseModel):
    """A row that waits, with all an officer needs to decide."""

    held_row_id: UUID
    institution_id: UUID
    hold: str
    ground: str
    ground_zh: str
    ground_en: str
    status: str
    received_at: datetime
    submission_id: UUID
    row_no: int
    candidates: list[UUID]
    row: dict[str, Any] | None = None
    people: list[LearnerOut] = Field(
        [], description="候选人：姓名与曾用名、遮盖的证件、学籍。|The candidates: names, masked documents, enrolments."
    )
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    record_id: UUID | None


class HeldRowsOut(BaseModel):
    """Held rows, the oldest first."""

    rows: list[HeldRowOut]
    next: str | None


async def held_rows(
    session: AsyncSession,
    *,
    status: str,
    after: tuple[datetime, UUID] | None,
    limit: int,
    institution_id: UUID | None = None,
    submission_id: UUID | None = None,
    hold: str | None = None,
) -> list[HeldRowOut]:
    """Rows of a status, the oldest first, without their content; of one institution, file or kind of hold if asked."""
    statement = (
        select(HeldRow)
        .where(HeldRow.status == status)
        .order_by(col(HeldRow.received_at), col(HeldRow.held_row_id))
        .limit(limit)
    )
    for column, value in (
        (HeldRow.institution_id, institution_id),
        (HeldRow.submission_id, submission_id),
        (HeldRow.hold, hold),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        at, last = after
        statement = statement.where(
            (col(HeldRow.received_at) > at) | ((col(HeldRow.received_at) == at) & (col(HeldRow.held_row_id) > last))
        )
    return [_out(row, None) for row in await session.exec(statement)]


async def held_row(session: AsyncSession, held_row_id: UUID, *, keyring: Keyring) -> HeldRowOut:
    """One row with its content, and its candidates as an officer may see them. Raises NotFound."""
    row = await session.get(HeldRow, held_row_id)
    if row is None:
        raise NotFound
    shown = _out(row, _content(row, keyring))
    roots = dict.fromkeys([(await person_of(session, candidate)).root for candidate in row.candidates])
    shown.people = [
        await show(session, root, seen_by="officer", institution_id=None, keyring=keyring) for root in roots
    ]
    return shown


async def resolve(
    session: AsyncSession, held_row_id: UUID, said: ResolutionIn, *, by: str, tools: Tools
) -> tuple[HeldRowOut, RowOutcome | None]:
    """Decide a held row: it is completed as if it had matched, or stays out for good.

    Raises NotFound, HeldRowAlreadyResolved, ResolutionDoesNotComplete.
    """
    connection = await driver(session)
    await connection.execute("SELECT FROM held_row WHERE held_row_id = %s FOR UPDATE", [held_row_id])
    row = await session.get(HeldRow, held_row_id)
    if row is None:
        raise NotFound
    if row.status != "open":
        raise HeldRowAlreadyResolved
    outcome = None if said.decision == "refuse" else await _complete(session, row, said, by=by, tools=tools)
    row.status, row.resolved_at, row.resolved_by = "resolved", tools.at, by
    row.resolution = f"{said.decision}: {said.reason}"
    row.record_id = outcome.record_id if outcome else None
    row.learner_id = said.learner_id
    session.add(row)
    await session.flush()
    return _out(row, None), outcome


async def _complete(session: AsyncSession, row: HeldRow, said: ResolutionIn, *, by: str, tools: Tools) -> RowOutcome:
    resolution = Resolution(
        by=by,
        learner_id=said.learner_id,
        open_account=said.decision == "open_account",
        at_plan_credits=said.decision == "at_plan_credits",
    )
    given = ROW.validate_python(_content(row, tools.keyring))
    (outcome,) = await post_rows(
        session,
        [(row.row_no, given)],
        sender=Sender(row.institution_id, by),
        submission_id=row.submission_id,
        tools=tools,
        resolution=resolution,
    )
    if outcome.outcome in ("held", "refused"):
        problem = outcome.problem or {}
        raise ResolutionDoesNotComplete(why_zh=problem.get("detail_zh", ""), why_en=problem.get("detail_en", ""))
    return outcome


def _content(row: HeldRow, keyring: Keyring) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(open_for_bank(keyring, row.payload_sealed, row.held_row_id.bytes))
    return content


def _out(row: HeldRow, content: dict[str, Any] | None) -> HeldRowOut:
    zh, en = GROUNDS.get(row.ground, ("报送学分与方案不一致", (CreditsDifferFromPlan.__doc__ or "").strip()))
    return HeldRowOut(
        **row.model_dump(exclude={"key_index", "row_index", "payload_sealed", "learner_id"}),
        ground_zh=zh,
        ground_en=en,
        row=content,
    )
