"""HTTP for institutions, their programmes, plans and courses: published by those they belong to, read by everybody."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import ChangedMeanwhile, LanguageDep, PageDep, VersionNotNamed, answer, must_match, problems
from creditbank.identifiers import new_id
from creditbank.identity.writing import WriteDep
from creditbank.institutions import reading, refusals, service
from creditbank.institutions.answering import DayDep, code_key, one_row, pair_key, rows_answer
from creditbank.institutions.codes import CollegeCodeImpossible, CreditCodeImpossible, SchoolCodeImpossible
from creditbank.institutions.plans import etag_of_plan, plan_by_id, put_plan
from creditbank.institutions.reference_schemas import Courses, Programmes, RowPublished, RowsPublished
from creditbank.institutions.schemas import (
    Code,
    CourseHeldIn,
    CourseIn,
    CourseOut,
    CoursePage,
    InstitutionKind,
    InstitutionOut,
    InstitutionPage,
    InstitutionPublished,
    PlanIn,
    PlanOut,
    PlanPage,
    PlanPublished,
    PlanSummary,
    ProfileIn,
    ProgrammePage,
    Year,
)
from creditbank.institutions.timeline import OverlapsALaterPeriod
from creditbank.once import Answer

router = APIRouter(prefix="/v1", tags=["institutions"])

_IDENTIFIERS = (
    CreditCodeImpossible,
    SchoolCodeImpossible,
    CollegeCodeImpossible,
    refusals.IdentifierOfAnotherInstitution,
    OverlapsALaterPeriod,
)
CodePath = Annotated[Code, Path(description="代码。|The code.")]
VersionPath = Annotated[Code, Path(description="方案版本。|The version of the plan.", examples=["2023"])]


# --- institutions ---------------------------------------------------------------------------------------------------


@router.get("/institutions", operation_id="list_institutions", summary="机构|Institutions")
async def list_institutions(
    session: SessionDep, page: PageDep, on: DayDep = None, kind: InstitutionKind | None = None
) -> InstitutionPage:
    """某日的机构。|Institutions as they were on a day."""
    found = await reading.institutions(
        session, on=on or clock.today(), kind=kind, after=page.after(UUID), limit=page.asked
    )
    items, following = page.cut(found, key=lambda one: one.institution_id)
    return InstitutionPage(items=items, next_cursor=following)


@router.get(
    "/institutions/{institution_id}",
    operation_id="read_institution",
    summary="一个机构|One institution",
    responses=problems(NotFound),
)
async def read_institution(session: SessionDep, institution_id: UUID, on: DayDep = None) -> InstitutionOut:
    """某日的机构。|An institution as it was on a day."""
    return await reading.institution(session, institution_id=institution_id, on=on or clock.today())


@router.post(
    "/institutions",
    operation_id="open_institution",
    summary="登记机构|Enter an institution",
    status_code=201,
    response_model=InstitutionPublished,
    responses={200: {"model": InstitutionPublished, "description": "It was there already."}, **problems(*_IDENTIFIERS)},
)
async def open_institution(write: WriteDep, profile: ProfileIn) -> Response:
    """登记新机构；统一社会信用代码或学校标识码相同的，视为同一机构的新内容。

    |Enter an institution; one that has its official identifier already is the same, and is published anew.
    """

    async def act(session: AsyncSession) -> Answer:
        await service.lock_reference(session)
        known = await service.institution_with(session, profile)
        return await _published(session, profile, known or new_id())

    return await write.once(act)


@router.put(
    "/institutions/{institution_id}",
    operation_id="publish_institution",
    summary="公布机构信息|Publish what an institution is",
    response_model=InstitutionPublished,
    responses={201: {"model": InstitutionPublished, "description": "It is new."}, **problems(*_IDENTIFIERS)},
)
async def publish_institution(write: WriteDep, institution_id: UUID, profile: ProfileIn) -> Response:
    """自某日起的名称与性质；编号未登记过的即为新机构。|From a day on; a new identifier is a new institution."""
    return await write.once(lambda session: _published(session, profile, institution_id))


async def _published(session: AsyncSession, profile: ProfileIn, institution_id: UUID) -> Answer:
    outcome, row = await service.publish_institution(session, profile, institution_id=institution_id, at=clock.now())
    said = InstitutionPublished(outcome=outcome, institution=InstitutionOut.model_validate(row))
    return answer(201 if outcome == "created" else 200, said)


# --- programmes -----------------------------------------------------------------------------------------------------


@router.get(
    "/institutions/{institution_id}/programmes",
    operation_id="list_programmes",
    summary="专业|Programmes",
    responses=problems(NotFound),
)
async def list_programmes(session: SessionDep, page: PageDep, institution_id: UUID, on: DayDep = None) -> ProgrammePage:
    """某日的专业。|An institution's programmes as they were on a day."""
    found = await reading.programmes(
        session, institution_id=institution_id, on=on or clock.today(), after=page.after(code_key), limit=page.asked
    )
    items, following = page.cut(found, key=lambda one: one.code)
    return ProgrammePage(items=items, next_cursor=following)


@router.post(
    "/institutions/{institution_id}/programmes",
    operation_id="publish_programmes",
    summary="公布专业|Publish programmes",
    response_model=RowsPublished,
    responses=problems(NotFound, refusals.ProgrammeLevelIsFixed),
)
async def publish_programmes(
    write: WriteDep, language: LanguageDep, institution_id: UUID, programmes: Programmes
) -> Response:
    """按代码公布，逐行给出结果；内容相同即未变。|By code, an outcome each; the same again is unchanged."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        placed = await service.publish_programmes(session, programmes.rows, institution_id=institution_id)
        return rows_answer(placed, language)

    return await write.once(act)


# --- plans ----------------------------------------------------------------------------------------------------------


@router.get(
    "/institutions/{institution_id}/programmes/{programme_id}/plans",
    operation_id="list_plans",
    summary="人才培养方案|Plans of a programme",
    responses=problems(NotFound),
)
async def list_plans(
    session: SessionDep,
    page: PageDep,
    institution_id: UUID,
    programme_id: UUID,
    year_of_entry: Annotated[
        Year | None,
        Query(description="只看某一入学年级；第一个即现行方案。|Of one year of entry: the first is in force."),
    ] = None,
) -> PlanPage:
    """最后公布的在前。|The plans of a programme, the one published last first."""
    found = await reading.plans(
        session,
        institution_id=institution_id,
        programme_id=programme_id,
        year_of_entry=year_of_entry,
        before=page.after(pair_key(date.fromisoformat, UUID)),
        limit=page.asked,
    )
    items, following = page.cut(found, key=_plan_key)
    return PlanPage(items=items, next_cursor=following)


def _plan_key(plan: PlanSummary) -> str:
    return f"{plan.published_on}/{plan.plan_id}"


@router.put(
    "/institutions/{institution_id}/programmes/{programme_id}/plans/{version}",
    operation_id="publish_plan",
    summary="公布人才培养方案|Publish a version of a plan",
    response_model=PlanPublished,
    responses={
        201: {"model": PlanPublished, "description": "It is new."},
        **problems(
            NotFound,
            refusals.PlanTotalsDiffer,
            refusals.PlanCertificateUnknown,
            refusals.PublishedInTheFuture,
            refusals.PlanPublishedTwice,
            refusals.PlanHasRecords,
            ChangedMeanwhile,
            VersionNotNamed,
        ),
    },
)
async def publish_plan(
    write: WriteDep, institution_id: UUID, programme_id: UUID, version: VersionPath, plan: PlanIn
) -> Response:
    """整体提交一个版本；修改已有版本须带 If-Match；已有成绩据此存入的版本不能修改。

    |A whole version. Editing one needs If-Match; one that results stand on is not edited, publish another version.
    """
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        outcome, published = await put_plan(
            session,
            plan,
            institution_id=institution_id,
            programme_id=programme_id,
            version=version,
            today=clock.today(),
            must_match=lambda current: must_match(write.request, current),
        )
        said = PlanPublished(outcome=outcome, plan=published)
        return answer(201 if outcome == "created" else 200, said, headers={"ETag": etag_of_plan(published)})

    return await write.once(act)


@router.get(
    "/plans/{plan_id}", operation_id="read_plan", summary="一个人才培养方案|One plan", responses=problems(NotFound)
)
async def read_plan(session: SessionDep, response: Response, plan_id: UUID) -> PlanOut:
    """方案全文，ETag 用于修改。|The whole plan; its ETag is needed to edit it."""
    plan = await plan_by_id(session, plan_id)
    response.headers["ETag"] = etag_of_plan(plan)
    return plan


# --- courses --------------------------------------------------------------------------------------------------------


@router.get(
    "/institutions/{institution_id}/courses",
    operation_id="list_courses",
    summary="课程目录|Courses",
    responses=problems(NotFound),
)
async def list_courses(session: SessionDep, page: PageDep, institution_id: UUID, on: DayDep = None) -> CoursePage:
    """某日的课程目录。|An institution's catalogue as it was on a day."""
    found = await reading.courses(
        session, institution_id=institution_id, on=on or clock.today(), after=page.after(code_key), limit=page.asked
    )
    items, following = page.cut(found, key=lambda one: one.code)
    return CoursePage(items=items, next_cursor=following)


@router.post(
    "/institutions/{institution_id}/courses",
    operation_id="publish_courses",
    summary="公布课程，至多一千门|Publish up to 1,000 courses",
    response_model=RowsPublished,
    responses=problems(NotFound, refusals.ResultsStandOnIt, refusals.ScoreScaleUnknown, OverlapsALaterPeriod),
)
async def publish_courses(write: WriteDep, language: LanguageDep, institution_id: UUID, courses: Courses) -> Response:
    """按代码公布，逐行给出结果：内容相同即未变；内容不同则自该日起变更，原内容止于该日。

    |By code, an outcome each: the same again is unchanged; something else begins on its day and ends what held.
    """
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        return rows_answer(
            await service.publish_courses(session, courses.rows, institution_id=institution_id), language
        )

    return await write.once(act)


@router.get(
    "/institutions/{institution_id}/courses/{code}",
    operation_id="read_course",
    summary="一门课程|One course",
    responses=problems(NotFound),
)
async def read_course(
    session: SessionDep, response: Response, institution_id: UUID, code: CodePath, on: DayDep = None
) -> CourseOut:
    """某日的课程，ETag 用于修改。|A course as it was on a day; its ETag is needed to change it."""
    found = await reading.course(session, institution_id=institution_id, code=code, on=on or clock.today())
    response.headers["ETag"] = await _etag(session, institution_id, code) or ""
    return found


@router.put(
    "/institutions/{institution_id}/courses/{code}",
    operation_id="publish_course",
    summary="公布一门课程|Publish one course",
    response_model=RowPublished,
    responses={
        201: {"model": RowPublished, "description": "It is new."},
        **problems(
            NotFound,
            refusals.ResultsStandOnIt,
            refusals.ScoreScaleUnknown,
            OverlapsALaterPeriod,
            ChangedMeanwhile,
            VersionNotNamed,
        ),
    },
)
async def publish_course(
    write: WriteDep, language: LanguageDep, institution_id: UUID, code: CodePath, course: CourseHeldIn
) -> Response:
    """自某日起的内容；改动已有课程须带 If-Match。|From a day on; changing a course that is there needs If-Match."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        await service.lock_institution(session, institution_id)
        before = await _etag(session, institution_id, code)
        named = CourseIn.model_validate({"code": code, **course.model_dump(mode="json")})
        (placed,) = await service.publish_courses(session, [named], institution_id=institution_id)
        if placed.refusal is not None:
            raise placed.refusal
        if placed.outcome != "unchanged":
            must_match(write.request, before)
        etag = await _etag(session, institution_id, code)
        said = one_row(1, placed, language)
        return answer(201 if placed.outcome == "created" else 200, said, headers={"ETag": etag or ""})

    return await write.once(act)


async def _etag(session: AsyncSession, institution_id: UUID, code: str) -> str | None:
    return await reading.etag_of_course(session, institution_id=institution_id, code=code)
