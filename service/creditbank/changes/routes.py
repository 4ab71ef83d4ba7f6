"""The change feed over HTTP: an institution asks what changed in its own records after a number."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from creditbank.changes.feed import ReaderIsAheadOfTheFeed, changes_after
from creditbank.changes.schemas import Change, ChangePage
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import problems
from creditbank.identity.actor import Actor, ActorDep, Reach

router = APIRouter(prefix="/v1", tags=["changes"])

AfterDep = Annotated[
    int,
    Query(
        ge=0,
        le=2**63 - 1,
        description="已处理的最后一个编号（上一页的 next）；从头读取用 0。"
        "|The last number that was handled (`next` of the page before); 0 reads from the beginning.",
        examples=[0],
    ),
]
LimitDep = Annotated[int, Query(ge=1, le=1000, description="每页条数。|How many to a page.", examples=[200])]
InstitutionDep = Annotated[
    UUID | None,
    Query(
        alias="institution",
        description="业务员、审计员：只看某一机构；机构只能是自己。"
        "|For officers and auditors: of one institution only; an institution can only name itself.",
    ),
]


@router.get(
    "/changes",
    operation_id="read_changes",
    summary="接收变更|Receive what changed",
    responses=problems(NotFound, ReaderIsAheadOfTheFeed),
)
async def read_changes(
    *,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    after: AfterDep = 0,
    limit: LimitDep = 200,
    institution: InstitutionDep = None,
) -> ChangePage:
    """本机构记录的全部变更：报送、更正、撤回、转入转出、合并与重新认定。|All that changed in the caller's own records.

    处理完一页后保存 next 再继续，不会遗漏；若在保存前中断，同一页会再次给出，按 number 去重即可。
    |Save `next` once a page has been handled and go on from it: nothing is lost. Who stops before saving is given the
    page again; `number` tells what was seen already.
    """
    of = _whose(actor, institution)
    found = await changes_after(session, after=after, limit=limit + 1, institution_id=of)
    page = [Change.of(row) for row in found[:limit]]
    onwards = page[-1].number if page else after
    named = "" if institution is None else f"&institution={institution}"
    response.headers["Link"] = f'</v1/changes?after={onwards}&limit={limit}{named}>; rel="next"'
    return ChangePage(items=page, next=onwards, more=len(found) > limit)


def _whose(actor: Actor, asked: UUID | None) -> UUID | None:
    """Whose changes the caller gets: one institution's, or everybody's where the table lets them."""
    if Reach.ANY in actor.reach:
        return asked
    if actor.institution_id is None:
        raise NotFound
    actor.must_reach_institution(asked or actor.institution_id)
    return actor.institution_id
