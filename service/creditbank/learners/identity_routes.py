"""What officers do about who somebody is, over HTTP: look up, rename, add documents, close, erase.

What an answer here shows is never more than ids and dates, except where nothing of it is kept: the answers that `once`
keeps are sealed under the bank's key, and an erasure must reach every copy.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.http import KeyringDep, answer, problems
from creditbank.identity.writing import WriteDep
from creditbank.learners import lookups, refusals, service
from creditbank.learners.account_numbers import AccountNumberImpossible
from creditbank.learners.documents import IdentityNumberImpossible
from creditbank.learners.erasing import erase
from creditbank.learners.names import NameImpossible
from creditbank.learners.opening import read_person_document
from creditbank.learners.personal import keys_of
from creditbank.learners.schemas import (
    AccountState,
    DocumentAdded,
    LookupIn,
    LookupOut,
    NameGiven,
    NameIn,
    NewDocumentIn,
    ReasonIn,
)
from creditbank.learners.tables import Learner
from creditbank.once import Answer
from creditbank.sealing import Keyring

router = APIRouter(prefix="/v1", tags=["learners"])


@router.post(
    "/learner-lookups",
    operation_id="look_up_learners",
    responses=problems(IdentityNumberImpossible, AccountNumberImpossible, NameImpossible, refusals.BirthDateImpossible),
    summary="查找学习者|Look for a learner",
)
async def look_up(payload: LookupIn, write: WriteDep, keyring: KeyringDep) -> LookupOut:
    """凭证件、账户号码，或姓名加出生日期查找；目的必填，每次查找都记入访问日志。

    |By document, account number, or name with date of birth; every look is logged with its purpose. No answer is kept
    for a repeated Idempotency-Key: what it shows must not outlive an erasure, and looking twice is two looks.
    """

    async def act(session: AsyncSession) -> LookupOut:
        found = await lookups.look_up(session, payload, actor=write.actor, at=clock.now(), keyring=keyring)
        return LookupOut(learners=found)

    found: LookupOut = await write.request.app.state.database.write(act)
    return found


# --- officers' acts ---------------------------------------------------------------------------------------------


@router.post(
    "/learners/{learner_id}/names",
    operation_id="give_name",
    response_model=NameGiven,
    responses=problems(NameImpossible, refusals.NameAlreadyCurrent, refusals.AlreadyErased),
    summary="变更现用名|Give a learner a new name",
)
async def give_name(learner_id: UUID, payload: NameIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """原姓名转为曾用名，继续用于核对。|The name before stays as a former one, by which rows still match."""

    async def act(session: AsyncSession) -> Answer:
        given = await service.give_name(
            session,
            actor=write.actor,
            learner_id=learner_id,
            name=payload.name,
            evidence=payload.evidence,
            at=clock.now(),
            keyring=keyring,
        )
        return answer(200, NameGiven(learner_id=given.learner_id, name_id=given.name_id, given_at=given.given_at))

    return await write.once(act)


@router.post(
    "/learners/{learner_id}/documents",
    operation_id="add_document",
    response_model=DocumentAdded,
    responses=problems(
        IdentityNumberImpossible,
        refusals.BirthDateImpossible,
        refusals.BirthDateDiffers,
        refusals.DocumentAlreadyRecorded,
        refusals.DocumentOfAnother,
        refusals.AlreadyErased,
    ),
    summary="登记另一份证件|Record another document",
)
async def add_document(learner_id: UUID, payload: NewDocumentIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """如换发的护照；旧证件号码仍可核对。|A renewed passport, say; the old number still matches."""

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        row = await service.add_document(
            session,
            actor=write.actor,
            learner_id=learner_id,
            document=read_person_document(payload.document, at=at),
            evidence=payload.evidence,
            replaces=payload.replaces,
            at=at,
            keyring=keyring,
        )
        return answer(
            200, DocumentAdded(learner_id=row.learner_id, document_id=row.document_id, recorded_at=row.recorded_at)
        )

    return await write.once(act)


@router.post(
    "/learners/{learner_id}/closing",
    operation_id="close_account",
    response_model=AccountState,
    responses=problems(refusals.GuardianActs),
    summary="注销账户|Close an account",
)
async def close_account(learner_id: UUID, payload: ReasonIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """不再存入，已有内容仍可查询；由本人、监护人或业务员办理。

    |Nothing more is deposited, what is there can be read; by the learner, a child's guardian, or an officer.
    """

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        account = await service.close_account(
            session, actor=write.actor, learner_id=learner_id, reason=payload.reason, at=at, keyring=keyring
        )
        return await _state(session, account, keyring=keyring)

    return await write.once(act)


@router.post(
    "/learners/{learner_id}/reopening",
    operation_id="reopen_account",
    response_model=AccountState,
    responses=problems(refusals.AlreadyErased),
    summary="恢复已注销的账户|Open a closed account again",
)
async def reopen_account(learner_id: UUID, payload: ReasonIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """由业务员办理。|An officer's act."""

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        account = await service.reopen_account(
            session, actor=write.actor, learner_id=learner_id, reason=payload.reason, at=at, keyring=keyring
        )
        return await _state(session, account, keyring=keyring)

    return await write.once(act)


@router.post(
    "/learners/{learner_id}/erasure",
    operation_id="erase_learner",
    response_model=AccountState,
    responses=problems(refusals.AccountNotClosed, refusals.AlreadyErased),
    summary="删除个人信息|Erase a learner's personal data",
)
async def erase_learner(learner_id: UUID, payload: ReasonIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """销毁密钥，无法恢复；须先注销账户。学分与决定保留，不再指向任何人。

    |Destroys the keys, with no way back; the account is closed first. Credits and decisions stay and name nobody.
    """

    async def act(session: AsyncSession) -> Answer:
        account = await erase(
            session, learner_id, actor=write.actor, reason=payload.reason, at=clock.now(), keyring=keyring
        )
        return await _state(session, account, keyring=keyring)

    return await write.once(act)


async def _state(session: AsyncSession, account: Learner, *, keyring: Keyring) -> Answer:
    erased = account.learner_id not in await keys_of(session, [account.learner_id], keyring=keyring)
    return answer(200, AccountState(learner_id=account.learner_id, closed_at=account.closed_at, erased=erased))
