"""HTTP for claims of a class: what its learners have, what would become of a claim, the claims themselves."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from creditbank import clock
from creditbank.db import DatabaseDep, SessionDep, Transaction
from creditbank.errors import NotAllowed, NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    PageDep,
    answer,
    cursor_of,
    keys_of,
    one_page,
    problems,
)
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.once import Answer
from creditbank.recognition.class_schemas import (
    AchievementPage,
    ClassCandidatePage,
    ClassClaimIn,
    ClassClaimOut,
    ClassForecast,
)
from creditbank.recognition.classes import claim_for_class, forecast_for_class
from creditbank.recognition.classmates import Shared, achievements, candidates
from creditbank.recognition.schemas import EXAMPLE
from creditbank.records.acts import Tools
from creditbank.records.schemas import Kind
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["claims"])

_Search = Annotated[
    str | None, Query(max_length=100, description="名称或代码中的文字。|Words of the title or code.", examples=["机械"])
]


@router.get(
    "/plans/{plan_id}/achievements",
    operation_id="list_achievements",
    responses=problems(NotFound, NotAllowed),
    summary="方案学习者的成果|What those who follow a plan have achieved",
)
async def list_achievements(
    plan_id: UUID,
    actor: ActorDep,
    session: SessionDep,
    q: _Search = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> AchievementPage:
    """按成果汇总人数；只含本校报送的，和学习者授权本校用于认定的。

    |Counted by what it is; only what the college reported, or learners let it use for recognition.
    """
    found = await achievements(
        session, plan_id, actor=actor, search=q or "", after=keys_of(cursor, int, UUID, str, str), limit=limit + 1,
        at=clock.now(),
    )  # fmt: skip
    items, following = one_page(
        found, limit=limit, key=lambda one: cursor_of(one.learners, one.institution_id, one.kind, one.what)
    )
    return AchievementPage(items=items, next_cursor=following)


@router.get(
    "/plans/{plan_id}/class-candidates",
    operation_id="list_class_candidates",
    responses=problems(NotFound, NotAllowed),
    summary="有某项成果的学习者|Who has an achievement",
)
async def list_class_candidates(
    plan_id: UUID,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    page: PageDep,
    institution_id: Annotated[UUID, Query(description="报送机构。|Who reported it.", examples=[EXAMPLE])],
    kind: Kind,
    what: Annotated[str, Query(max_length=1000, examples=["S101"])],
    course_code: Annotated[
        str | None, Query(max_length=64, description="已有此课程的不列。|Leaves out who has this course.")
    ] = None,
) -> ClassCandidatePage:
    """供班级申请选择，每人一项成果；查阅姓名记入日志。|To choose a class from; that names were seen is logged."""
    found = await candidates(
        session, plan_id, Shared(institution_id, kind, what), actor=actor, course_code=course_code,
        after=page.after(UUID), limit=page.asked, keyring=keyring, at=clock.now(),
    )  # fmt: skip
    items, following = page.cut(found, key=lambda one: one.learner_id)
    return ClassCandidatePage(items=items, next_cursor=following)


@router.post(
    "/plans/{plan_id}/class-claims/preview",
    operation_id="preview_class_claim",
    responses=problems(NotFound, NotAllowed),
    summary="预看班级申请|What would become of claims for a class",
)
async def preview_class_claim(
    plan_id: UUID,
    payload: ClassClaimIn,
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> ClassForecast:
    """与正式申请同样认定，但不保存、不通知任何人。|Decided as the claims would be, but nothing is kept or served."""
    tools = Tools(keyring, rulebook, clock.now(), language)
    return ClassForecast(
        outcomes=await forecast_for_class(database, plan_id, payload.learners, actor=actor, tools=tools)
    )


@router.post(
    "/plans/{plan_id}/class-claims",
    status_code=201,
    operation_id="claim_for_class",
    response_model=ClassClaimOut,
    responses=problems(NotFound, NotAllowed),
    summary="为班级申请|Claim for a class",
)
async def make_class_claim(
    plan_id: UUID,
    payload: ClassClaimIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """院校为本校学生申请，每人一份，各有结果；所用成果须为本校报送，或学习者授权本校用于认定。

    |A college claims for learners of its own, each with an outcome; by records that it reported, or that the learner
    consented to let it use for recognition.
    """

    async def act(session: Transaction) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        outcomes = await claim_for_class(session, plan_id, payload.learners, actor=write.actor, tools=tools)
        return answer(201, ClassClaimOut(outcomes=outcomes))

    return await write.once_bare(act)
