"""HTTP for officers: rows that wait for a person, accounts that are one person and accounts that are not."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import DatabaseDep, SessionDep
from creditbank.http import (
    CursorDep,
    IdempotencyKeyDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    answer,
    cursor_of,
    instant_and_id,
    link_to,
    one_page,
    problems,
    write_once,
)
from creditbank.identity.actor import ActorDep
from creditbank.learners.refusals import AlreadyErased
from creditbank.once import Answer
from creditbank.records import identity_work, refusals
from creditbank.records.acts import Tools
from creditbank.records.identity_work import MergesOut
from creditbank.records.merging import AlreadyOnePerson, MergeAlreadyEnded, Merged
from creditbank.records.reassigning import KeyIsAnotherRecord, ReassignmentDoesNotComplete
from creditbank.records.resolving import (
    HeldRowAlreadyResolved,
    HeldRowOut,
    HeldRowsOut,
    ResolutionDoesNotComplete,
    ResolutionIn,
    held_rows,
)
from creditbank.records.schemas import MergeIn, OfficerReassignmentIn, PartIn, RowOutcome
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["identity work"])


class MergeOut(BaseModel):
    """A merge, or its end, and how many records were decided again because of it."""

    alias_id: UUID
    learner_id: UUID
    into_learner_id: UUID
    redecided: int

    @classmethod
    def of(cls, merged: Merged) -> MergeOut:
        """From what the act came to."""
        return cls(
            alias_id=merged.alias_id,
            learner_id=merged.learner_id,
            into_learner_id=merged.into_learner_id,
            redecided=merged.redecided,
        )


class ResolvedOut(BaseModel):
    """A resolved row, and what became of it."""

    held_row: HeldRowOut
    outcome: RowOutcome | None


@router.get("/held-rows", response_model=HeldRowsOut, summary="待核行|Rows that wait for an officer")
async def list_held_rows(
    request: Request,
    response: Response,
    actor: ActorDep,
    session: SessionDep,
    status: Annotated[Literal["open", "resolved", "superseded"], Query()] = "open",
    institution_id: Annotated[UUID | None, Query()] = None,
    submission_id: Annotated[UUID | None, Query()] = None,
    hold: Annotated[Literal["identity_under_review", "credits_differ_from_plan"] | None, Query()] = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> HeldRowsOut:
    """The oldest first; one row's content is read by its own address, and that is logged."""
    found = await held_rows(
        session, status=status, after=instant_and_id(cursor), limit=limit + 1,
        institution_id=institution_id, submission_id=submission_id, hold=hold,
    )  # fmt: skip
    page, following = one_page(found, limit=limit, key=lambda row: cursor_of(str(row.received_at), row.held_row_id))
    response.headers.update(link_to(request, following))
    return HeldRowsOut(rows=page, next=following)


@router.get("/held-rows/{held_row_id}", response_model=HeldRowOut, summary="一条待核行|One held row")
async def read_held_row(actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, held_row_id: UUID) -> HeldRowOut:
    """The row as it was sent, its ground and its candidates. Reading it is logged."""
    async with database.session() as session:
        return await identity_work.look_at_held_row(
            session, held_row_id, actor=actor, at=clock.now(), keyring=keyring
        )  # fmt: skip


@router.post(
    "/held-rows/{held_row_id}/resolution",
    response_model=ResolvedOut,
    responses=problems(HeldRowAlreadyResolved, ResolutionDoesNotComplete),
    summary="处理一条待核行|Resolve a held row",
)
async def resolve_held_row(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    held_row_id: UUID,
    said: Annotated[ResolutionIn, Body()],
    key: IdempotencyKeyDep = None,
) -> Response:
    """It is completed as if it had matched, or stays out for good."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        row, outcome = await identity_work.resolve_held_row(session, held_row_id, said, actor=actor, tools=tools)
        return answer(200, ResolvedOut(held_row=row, outcome=outcome))

    return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)


@router.post(
    "/records/{record_id}/officer-reassignment",
    operation_id="reassign_record_by_officer",
    response_model=RowOutcome,
    responses=problems(
        refusals.RecordAlreadyWithdrawn,
        refusals.RecordAlreadyTheirs,
        refusals.AccountClosed,
        AlreadyErased,
        KeyIsAnotherRecord,
        ReassignmentDoesNotComplete,
    ),
    summary="业务员改派一条报错人的学习成果|An officer gives a record to the right person",
)
async def reassign_record(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    record_id: UUID,
    said: OfficerReassignmentIn,
    key: IdempotencyKeyDep = None,
) -> Response:
    """机构不能自行改派（身份有疑、机构已停办）时，由业务员查明后指定账户；报送机构会在变更记录中看到。

    |Where the institution cannot: an identity in doubt, an institution that has closed. The officer names the account,
    found by a look with its purpose; the record stays the institution's, and its change feed tells of it.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        return answer(200, await identity_work.reassign_record(session, record_id, said, actor=actor, tools=tools))

    return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)


@router.post(
    "/learner-merges",
    status_code=201,
    response_model=MergeOut,
    responses=problems(AlreadyOnePerson),
    summary="合并两个账户|Merge two accounts of one person",
)
async def merge_learners(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    said: Annotated[MergeIn, Body()],
    key: IdempotencyKeyDep = None,
) -> Response:
    """No row moves; what both accounts hold is decided again, so that nothing counts twice."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now())
        merged = await identity_work.merge_accounts(
            session, said.learner_id, said.into_learner_id, reason=said.reason, actor=actor, tools=tools
        )
        return answer(201, MergeOut.of(merged))

    return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)


@router.get("/learner-merges", response_model=MergesOut, summary="已合并的账户|Merges of accounts")
async def list_merges(
    request: Request,
    response: Response,
    actor: ActorDep,
    session: SessionDep,
    learner_id: Annotated[UUID | None, Query(description="只看涉及该账户的。|Those of one account.")] = None,
    status: Annotated[
        Literal["in_force", "all"], Query(description="all 也列已解除的。|all: those that ended, too.")
    ] = "in_force",
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> MergesOut:
    """The newest first: which accounts, by whom, and why; an officer ends one that proved wrong by its number."""
    found = await identity_work.merges(
        session, learner_id=learner_id, ended_too=status == "all", before=instant_and_id(cursor), limit=limit + 1
    )
    page, following = one_page(found, limit=limit, key=lambda one: cursor_of(str(one.merged_at), one.alias_id))
    response.headers.update(link_to(request, following))
    return MergesOut(merges=page, next=following)


@router.post(
    "/learner-merges/{alias_id}/end",
    response_model=MergeOut,
    responses=problems(MergeAlreadyEnded),
    summary="解除合并|End a merge that proved wrong",
)
async def end_merge(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    alias_id: UUID,
    said: Annotated[PartIn, Body()],
    key: IdempotencyKeyDep = None,
) -> Response:
    """Each account stands for itself again; what used both is decided again."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now())
        parted = await identity_work.part_accounts(session, alias_id, reason=said.reason, actor=actor, tools=tools)
        return answer(200, MergeOut.of(parted))

    return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)
