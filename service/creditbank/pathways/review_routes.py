"""HTTP for reviews of frozen results: who waits for one, what would differ, and how people closed it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    answer,
    cursor_of,
    instant_and_id,
    link_to,
    one_page,
    problems,
)
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.once import Answer
from creditbank.pathways import review_reading as reading
from creditbank.pathways import reviews
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.round_schemas import ReviewClosingIn, ReviewOut, ReviewPage
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["rounds"])


@router.get("/progression-reviews", operation_id="list_progression_reviews", summary="复查|Reviews of frozen lists")
async def list_progression_reviews(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    closed: Annotated[bool, Query(description="包括已结束的。|Those that are closed, too.")] = False,  # noqa: FBT002
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> ReviewPage:
    """定案后到达、会使结果不同的事实。高校看本校的，学习者和监护人看本人的；学分银行的查看记入日志。

    |Facts that came after a freeze. A college sees its own, a learner and a guardian their own; a look of the bank's is
    logged.
    """
    tools = Tools(keyring, rulebook, clock.now())
    found = await reading.seen(
        session, actor=actor, closed_too=closed, after=instant_and_id(cursor), limit=limit + 1, tools=tools
    )
    items, following = one_page(
        found, limit=limit, key=lambda one: cursor_of(one.opened_at.isoformat(), one.review_id)
    )  # fmt: skip
    response.headers.update(link_to(request, following))
    return ReviewPage(items=items, next_cursor=following)


@router.get(
    "/progression-reviews/{review_id}",
    operation_id="read_progression_review",
    responses=problems(NotFound),
    summary="查询复查|A review",
)
async def read_progression_review(
    review_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep, rulebook: RulebookDep
) -> ReviewOut:
    """定案的是什么，现在会是什么；结束后有理由。|What was frozen and what would be said now; once closed, why."""
    return await reading.seen_one(session, review_id, actor=actor, tools=Tools(keyring, rulebook, clock.now()))


@router.post(
    "/progression-reviews/{review_id}/closing",
    operation_id="close_progression_review",
    response_model=ReviewOut,
    responses=problems(NotFound, refusals.ReviewAlreadyClosed),
    summary="结束复查|Close a review",
)
async def make_review_closing(
    review_id: UUID,
    payload: ReviewClosingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由高校教务员或学分银行业务员写明理由；定案的名单不变。|With a reason; the frozen list stays."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await reviews.close_review(
            session, review_id, outcome=payload.outcome, words=payload.reason, actor=write.actor, tools=tools
        )
        return answer(200, await reading.seen_one(session, review_id, actor=write.actor, tools=tools))

    return await write.once(act)
