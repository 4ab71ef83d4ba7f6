"""HTTP for records: post one or up to a thousand, withdraw, reassign, and read one with its whole history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, DatabaseDep, SessionDep, Transaction
from creditbank.errors import Language, Malformed
from creditbank.http import (
    IdempotencyKeyDep,
    KeyringDep,
    LanguageDep,
    ShortWay,
    answer,
    language_of,
    problems,
    write_once,
)
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, ActorDep
from creditbank.identity.writing import short_write
from creditbank.once import Answer
from creditbank.records import refusals
from creditbank.records.acts import Tools
from creditbank.records.decisions import DecisionOut, PostingOut, one_decision, one_posting, replay
from creditbank.records.forming import form_row
from creditbank.records.history import RecordOut, record_with_history
from creditbank.records.intake import sender_of
from creditbank.records.posting_one import count_holds, note_doubt, post_one, reassign_one
from creditbank.records.reassigning import KeyIsAnotherRecord, ReassignmentNeedsAnOfficer
from creditbank.records.replaying import ReplayOut
from creditbank.records.schemas import (
    ROW,
    BatchIn,
    BatchOut,
    ReassignmentIn,
    Row,
    RowOutcome,
    WithdrawalIn,
)
from creditbank.records.service import post_rows, refused
from creditbank.records.withdrawing import withdraw
from creditbank.rules import Rulebook
from creditbank.rules.dependencies import RulebookDep, rulebook_of
from creditbank.sealing import Keyring

router = APIRouter(prefix="/v1", tags=["records"], route_class=ShortWay)

_STATUS = {"deposited": 201, "corrected": 200, "unchanged": 200, "held": 202}


@router.post(
    "/records",
    status_code=201,
    response_model=RowOutcome,
    responses={
        200: {"model": RowOutcome, "description": "Unchanged, or corrected."},
        202: {"model": RowOutcome, "description": "Held for an officer."},
        **problems(refusals.RowRefused, refusals.CertificateOfAnotherBody),
    },
    summary="报送一条学习成果|Post one record",
)
async def post_record(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    row: Annotated[Row, Body()],
    key: IdempotencyKeyDep = None,
) -> Response:
    """Post one row: deposited (201), unchanged or corrected (200), held (202), or refused with the reason."""
    return await _post_one(request, actor, database, keyring, rulebook, language, row, key)


async def _post_one(
    request: Request,
    actor: Actor,
    database: Database,
    keyring: Keyring,
    rulebook: Rulebook,
    language: Language,
    row: Row,
    key: str | None,
) -> Response:
    sender = sender_of(actor)

    async def act(session: Transaction) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        outcome = await post_one(session, row, sender=sender, actor=actor, tools=tools)
        return answer(_STATUS[outcome.outcome], outcome)

    return await write_once(request, database, keyring, caller=actor.name, key=key, bare_act=act)


async def _post_short(request: Request) -> Response | None:
    """A well-formed JSON row without anything unusual about it."""
    write = await short_write(request)
    if write is None:
        return None
    try:
        row = ROW.validate_json(await request.body())
    except ValidationError:
        return None
    state = request.app.state
    rulebook = await rulebook_of(request)
    return await _post_one(
        request, write.actor, state.database, state.keyring, rulebook, language_of(request), row, write.key
    )


post_record.short = _post_short  # type: ignore[attr-defined]


@router.post(
    "/records/batch",
    response_model=BatchOut,
    summary="报送至多一千条|Post up to 1,000 records, an outcome each",
)
async def post_batch(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    batch: Annotated[BatchIn, Body()],
    key: IdempotencyKeyDep = None,
) -> Response:
    """Post rows; one that is refused stops no other. The outcomes come in the order of the rows."""
    sender = sender_of(actor)
    rows, outcomes = _well_formed(batch.rows, language)

    async def act(session: Transaction) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        submission_id = new_id()
        posted = await post_rows(session, rows, sender=sender, submission_id=submission_id, tools=tools)
        await count_holds(session, actor, posted, tools)
        every = sorted([*outcomes, *posted], key=lambda outcome: outcome.row)
        counts = Counter(outcome.outcome for outcome in every)
        return answer(200, BatchOut(submission_id=submission_id, counts=dict(counts), outcomes=every))

    return await write_once(request, database, keyring, caller=actor.name, key=key, bare_act=act)


def _well_formed(rows: Sequence[dict[str, Any]], language: Language) -> tuple[list[tuple[int, Row]], list[RowOutcome]]:
    """The rows that can be read, and the outcomes of those that cannot."""
    read, outcomes = [], []
    for row_no, given in enumerate(rows, start=1):
        try:
            read.append((row_no, form_row(given)))
        except Malformed as malformed:
            key = given.get("key") if malformed.field is not None else None
            outcomes.append(refused(row_no, key if isinstance(key, str) else None, malformed, language))
    return read, outcomes


@router.post(
    "/records/{record_id}/withdrawal",
    response_model=RowOutcome,
    responses=problems(refusals.RecordAlreadyWithdrawn),
    summary="撤回一条学习成果|Withdraw a record",
)
async def withdraw_record(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    record_id: UUID,
    said: WithdrawalIn,
    key: IdempotencyKeyDep = None,
) -> Response:
    """Take a record back: it stays in the history, and what stood on it is reversed."""
    sender = sender_of(actor)

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now())
        outcome = await withdraw(
            session, record_id, sender=sender, reason=said.reason, submission_id=new_id(), tools=tools
        )
        return answer(200, outcome)

    return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)


@router.post(
    "/records/{record_id}/reassignment",
    response_model=RowOutcome,
    responses=problems(
        refusals.RecordAlreadyWithdrawn,
        refusals.RecordAlreadyTheirs,
        refusals.StudentNumberUnknown,
        KeyIsAnotherRecord,
        ReassignmentNeedsAnOfficer,
    ),
    summary="改派一条报错人的学习成果|Reassign a record that was posted to the wrong person",
)
async def reassign_record(
    request: Request,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    record_id: UUID,
    said: ReassignmentIn,
    key: IdempotencyKeyDep = None,
) -> Response:
    """Take a record from one learner to another in one act: reversed here, decided and posted there."""
    sender = sender_of(actor)

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        outcome = await reassign_one(session, record_id, said, sender=sender, actor=actor, tools=tools)
        return answer(200, outcome)

    try:
        return await write_once(request, database, keyring, caller=actor.name, key=key, act=act)
    except ReassignmentNeedsAnOfficer:
        await note_doubt(database, actor, Tools(keyring, rulebook, clock.now(), language))
        raise


@router.get(
    "/records/{record_id}",
    response_model=RecordOut,
    summary="查询一条学习成果及其全部经过|A record with its whole history",
)
async def read_record(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, rulebook: RulebookDep, record_id: UUID
) -> Response:
    """Every version on both clocks, every decision about it, every posting that stood or stands on it."""
    found = await record_with_history(
        session, record_id, actor=actor, keyring=keyring, rulebook=rulebook, at=clock.now()
    )
    return Response(found.model_dump_json(), media_type="application/json")


@router.get("/decisions/{decision_id}", response_model=DecisionOut, summary="查询一项决定|A decision with its reasons")
async def read_decision(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, rulebook: RulebookDep, decision_id: UUID
) -> Response:
    """Verdict, findings, facts used, rule version: everything the decision stood on."""
    found = await one_decision(session, decision_id, actor=actor, keyring=keyring, rulebook=rulebook, at=clock.now())
    return Response(found.model_dump_json(), media_type="application/json")


@router.post("/decisions/{decision_id}/replay", response_model=ReplayOut, summary="重算一项决定|Decide it again")
async def replay_decision(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, rulebook: RulebookDep, decision_id: UUID
) -> ReplayOut:
    """Decide again from the stored facts by the stored version, and say whether anything differs. Writes nothing."""
    return await replay(session, decision_id, actor=actor, keyring=keyring, rulebook=rulebook, at=clock.now())


@router.get("/postings/{posting_id}", response_model=PostingOut, summary="查询一笔记账|A posting with its entries")
async def read_posting(actor: ActorDep, session: SessionDep, keyring: KeyringDep, posting_id: UUID) -> Response:
    """The posting, both entries, what reversed it, and the decision it was made from."""
    found = await one_posting(session, posting_id, actor=actor, keyring=keyring, at=clock.now())
    return Response(found.model_dump_json(), media_type="application/json")
