"""HTTP for shares: made, read and closed by the learner; opened by whoever holds a code."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import Language, TooManyRequests
from creditbank.http import IdempotencyKeyDep, KeyringDep, LanguageDep, PageDep, answer, problems
from creditbank.identity.actor import ActorDep
from creditbank.identity.throttling import address_of
from creditbank.identity.writing import WriteDep
from creditbank.learners import refusals as account_refusals
from creditbank.learners.sight import allowed_to_see
from creditbank.once import Answer
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep, rulebook_of
from creditbank.transcripts import share_refusals as refusals
from creditbank.transcripts import shares
from creditbank.transcripts.share_codes import read_pin, read_share_code
from creditbank.transcripts.share_opening import Door, Knock, look, open_share, preview
from creditbank.transcripts.share_schemas import (
    ShareAsked,
    ShareCounts,
    SharedOut,
    ShareIn,
    ShareOpeningOut,
    ShareOpeningsOut,
    ShareOut,
    SharesOut,
)

router = APIRouter(prefix="/v1", tags=["shares"])


async def _base_url(request: Request) -> str:
    return str(request.app.state.settings.base_url)


BaseUrlDep = Annotated[str, Depends(_base_url)]


# --- the learner's --------------------------------------------------------------------------------------------------


@router.post(
    "/learners/{learner_id}/shares",
    status_code=201,
    operation_id="make_share",
    response_model=ShareOut,
    responses=problems(
        account_refusals.GuardianActs,
        account_refusals.AccountClosed,
        account_refusals.AlreadyErased,
        refusals.ShareTooLong,
        refusals.SharePinTooPlain,
        refusals.TooManyShares,
        refusals.ShareOfNothing,
        refusals.ShareRecordNotThere,
    ),
    summary="建立授权查询|Make a share",
)
async def make_share(
    learner_id: UUID, payload: ShareIn, write: WriteDep, keyring: KeyringDep, base_url: BaseUrlDep
) -> Response:
    """选择出示哪些成果、用途、期限、次数、是否设口令；得到 12 位授权码。只含此刻已有的成果，以后新增的不会出示。

    |Which records, for what, until when, how often, with a PIN or without: the answer has the code. It holds what is
    there now; what comes later is never shown by it. Under fourteen it is the guardian's to make.
    """
    pin_hash = None if payload.pin is None else await write.request.app.state.passwords.hash(payload.pin)

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        share = await shares.make(
            session,
            actor=write.actor,
            learner_id=learner_id,
            asked=payload,
            pin_hash=pin_hash,
            at=at,
            keyring=keyring,
        )
        ground = await shares.ground_of(session, learner_id)
        told = await shares.told(session, [share], ground, base_url=base_url, at=at, keyring=keyring)
        return answer(201, told[0])

    return await write.once(act)


@router.get("/learners/{learner_id}/shares", operation_id="read_shares", summary="查询授权查询|A learner's shares")
async def read_shares(
    *,
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    page: PageDep,
    base_url: BaseUrlDep,
) -> SharesOut:
    """新的在前；有效的带授权码。|Newest first; those that are open with their code."""
    at = clock.now()
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    ground = await shares.ground_of(session, learner_id)
    rows = await shares.shares_of(session, ground.family, limit=page.asked, before=page.after(UUID))
    found, following = page.cut(rows, key=lambda share: share.share_id)
    told = await shares.told(session, found, ground, base_url=base_url, at=at, keyring=keyring)
    return SharesOut(shares=told, next_cursor=following)


@router.get("/learners/{learner_id}/shares/{share_id}", operation_id="read_share", summary="查询一项授权查询|One share")
async def read_share(
    learner_id: UUID,
    share_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    base_url: BaseUrlDep,
) -> ShareOut:
    """授权查询的内容、期限和已查看次数。|What it allows, and how often it was opened."""
    at = clock.now()
    share = await shares.share_seen(
        session, actor=actor, learner_id=learner_id, share_id=share_id, at=at, keyring=keyring
    )
    ground = await shares.ground_of(session, learner_id)
    return (await shares.told(session, [share], ground, base_url=base_url, at=at, keyring=keyring))[0]


@router.get(
    "/learners/{learner_id}/shares/{share_id}/contents",
    operation_id="read_share_contents",
    responses=problems(account_refusals.AlreadyErased),
    summary="核验方会看到的内容|What a verifier would see",
)
async def read_share_contents(
    learner_id: UUID,
    share_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> SharedOut:
    """给本人预览，不计查看次数。|For its learner to look at; it uses up no opening."""
    tools = Tools(keyring, rulebook, clock.now(), language)
    return await preview(session, actor=actor, learner_id=learner_id, share_id=share_id, tools=tools)


@router.post(
    "/learners/{learner_id}/shares/{share_id}/closing",
    operation_id="close_share",
    response_model=ShareOut,
    responses=problems(account_refusals.GuardianActs),
    summary="关闭授权查询|Close a share",
)
async def close_share(
    learner_id: UUID, share_id: UUID, write: WriteDep, keyring: KeyringDep, base_url: BaseUrlDep
) -> Response:
    """立即生效，正在查看的也不再显示。|At once: whoever has it open sees nothing more."""

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        share = await shares.close(
            session, actor=write.actor, learner_id=learner_id, share_id=share_id, at=at, keyring=keyring
        )
        ground = await shares.ground_of(session, learner_id)
        told = await shares.told(session, [share], ground, base_url=base_url, at=at, keyring=keyring)
        return answer(200, told[0])

    return await write.once(act)


@router.get(
    "/learners/{learner_id}/shares/{share_id}/openings",
    operation_id="read_share_openings",
    summary="谁在何时查看过|When a share was opened",
)
async def read_share_openings(
    *,
    learner_id: UUID,
    share_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    page: PageDep,
) -> ShareOpeningsOut:
    """时间、网页或程序、手机或电脑；口令填错也在内。不记录核验方的其他信息。

    |When, by a page or a program, on a phone or a computer; wrong PINs too. Nothing else of the verifier is kept.
    """
    share = await shares.share_seen(
        session, actor=actor, learner_id=learner_id, share_id=share_id, at=clock.now(), keyring=keyring
    )
    rows = await shares.openings_of(session, share, limit=page.asked, before=page.after(UUID))
    found, following = page.cut(rows, key=lambda opening: opening.opening_id)
    told = [ShareOpeningOut.model_validate(one, from_attributes=True) for one in found]
    return ShareOpeningsOut(openings=told, next_cursor=following)


@router.get("/share-counts", operation_id="count_shares", summary="授权查询的数量|How many shares there are")
async def count_shares(session: SessionDep, actor: ActorDep) -> ShareCounts:
    """只有数量，没有内容，也不分人。|Counts alone: nothing of what they show or whose they are."""
    return await shares.counts(session, actor=actor, at=clock.now())


# --- whoever holds a code -------------------------------------------------------------------------------------------


@router.post(
    "/share-openings",
    operation_id="open_share",
    response_model=SharedOut,
    responses=problems(
        refusals.ShareCodeImpossible,
        refusals.ShareNotOpened,
        refusals.ShareOver,
        refusals.ShareLookOver,
        TooManyRequests,
    ),
    summary="凭授权码核验|Open a share",
)
async def open_by_code(
    request: Request, payload: ShareAsked, language: LanguageDep, key: IdempotencyKeyDep = None
) -> SharedOut:
    """凭授权码和口令（如有）查看学习者出示的内容；每次查看计一次，同一 Idempotency-Key 半小时内不重复计。
    授权码不存在与口令错误，答复相同。授权码在正文中，不会留在访问日志里。

    |With the code, and the PIN if there is one: what the learner chose to show, as it is now. Each call is an opening,
    but the same Idempotency-Key within half an hour is one. A code that never was and a PIN that is wrong are answered
    alike. The code is in the body, so that no log of addresses has it.
    """
    code = read_share_code(payload.code, at_field="/code")
    door = await door_of(request, language)
    knock = Knock(code, read_pin(payload.pin or "") or None, address_of(request), "program", "unknown")
    opening_id = await open_share(door, knock, key=key)
    async with door.database.session() as session:
        return await look(session, code, opening_id, door.tools)


async def door_of(request: Request, language: Language) -> Door:
    """What opening a share needs of the process."""
    state = request.app.state
    return Door(
        state.database, state.passwords, Tools(state.keyring, await rulebook_of(request), clock.now(), language)
    )
