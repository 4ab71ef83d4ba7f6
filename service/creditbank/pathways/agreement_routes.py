"""HTTP for agreements, intakes and cohorts: proposed, signed, filed; formed, filled, filed; what happens to members."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import BankError, NotFound
from creditbank.http import KeyringDep, LanguageDep, PageDep, answer, problems
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.institutions import equivalence_refusals
from creditbank.once import Answer
from creditbank.pathways import agreement_reading as reading
from creditbank.pathways import agreement_refusals as refusals
from creditbank.pathways import cohorts, ways
from creditbank.pathways.agreement_schemas import (
    CohortIn,
    CohortOut,
    CohortPage,
    EndingIn,
    FilingIn,
    IntakeIn,
    IntakeOut,
    JoinedOut,
    Kind,
    MemberEventIn,
    MemberOut,
    MemberPage,
    MembersIn,
    MembersOut,
    PathwayIn,
    PathwayOut,
    PathwayPage,
)
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["pathways"])

_RULES = (refusals.RulesForbid, refusals.RulesUnsettled)
_PROGRAMMES = (refusals.PathwayRunOut, refusals.ProgrammeNotRun, refusals.ProgrammeOfAnother)
_ENTERED = (
    equivalence_refusals.EquivalenceOfItself,
    equivalence_refusals.TargetInNoPlan,
    equivalence_refusals.SourceUnknown,
    equivalence_refusals.EquivalenceRepeated,
    equivalence_refusals.EquivalencesMultiply,
)

# --- pathways -------------------------------------------------------------------------------------------------------


@router.post(
    "/pathways",
    status_code=201,
    operation_id="propose_pathway",
    response_model=PathwayOut,
    responses=problems(NotFound, *_PROGRAMMES),
    summary="提出贯通培养协议|Propose a pathway",
)
async def propose_pathway(
    payload: PathwayIn, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """由高校提出并签署，学校和企业再签；单方的入学通道无需他人签署。

    |By the college, which signs it in doing so; the school and the enterprise sign next.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        said = payload.model_dump(exclude={"courses", "stages"})
        said["stages"] = [one.model_dump() for one in payload.stages]
        courses = [(one.school_course_code, one.college_course_code) for one in payload.courses]
        made = await ways.propose(session, said, courses, actor=write.actor, tools=tools)
        return answer(201, await reading.one_pathway(session, made.pathway_id))

    return await write.once(act)


@router.get("/pathways", operation_id="list_pathways", summary="通道列表|The pathways there are")
async def list_pathways(
    session: SessionDep,
    page: PageDep,
    institution_id: Annotated[UUID | None, Query(description="涉及某机构的。|Those of an institution.")] = None,
    kind: Annotated[Kind | None, Query(description="某一类型的。|Those of a kind.")] = None,
) -> PathwayPage:
    """已登录者可查；不含任何个人信息。|For anybody who is signed in; nothing of it is about a person."""
    found = await reading.pathways(
        session, institution=institution_id, kind=kind, after=page.after(UUID), limit=page.asked
    )
    items, following = page.cut(found, key=lambda one: one.pathway_id)
    return PathwayPage(items=items, next_cursor=following)


@router.get(
    "/pathways/{pathway_id}",
    operation_id="read_pathway",
    responses=problems(NotFound),
    summary="查询通道|A pathway",
)
async def read_pathway(pathway_id: UUID, session: SessionDep) -> PathwayOut:
    """协议、一体化课程和各年招生计划。|The agreement, its curriculum, and the intakes of each year."""
    return await reading.one_pathway(session, pathway_id)


@router.post(
    "/pathways/{pathway_id}/signature",
    operation_id="sign_pathway",
    response_model=PathwayOut,
    responses=problems(NotFound, refusals.PathwayInAnotherState, refusals.AlreadySigned),
    summary="签署协议|Sign an agreement",
)
async def sign_pathway(
    pathway_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """由协议各方的教务员各签一次。|Once by a registrar of each party."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await ways.sign(session, pathway_id, actor=write.actor, tools=tools)
        return answer(200, await reading.one_pathway(session, pathway_id))

    return await write.once(act)


@router.post(
    "/pathways/{pathway_id}/filing",
    operation_id="file_pathway",
    response_model=PathwayOut,
    responses=problems(
        NotFound, refusals.PathwayInAnotherState, refusals.SignerMayNotFile, *_PROGRAMMES, *_RULES, *_ENTERED
    ),
    summary="协议备案|File an agreement",
)
async def file_pathway(
    pathway_id: UUID,
    payload: FilingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学分银行备案，按规则判定；备案后一体化课程在高校生效。

    |By an officer, as the rules allow; from then on the agreed courses count at the college.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await ways.file(session, pathway_id, filing_no=payload.filing_no, actor=write.actor, tools=tools)
        return answer(200, await reading.one_pathway(session, pathway_id))

    return await write.once(act)


@router.post(
    "/pathways/{pathway_id}/end",
    operation_id="end_pathway",
    response_model=PathwayOut,
    responses=problems(NotFound, refusals.PathwayInAnotherState),
    summary="终止通道|End a pathway",
)
async def end_pathway(
    pathway_id: UUID,
    payload: EndingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """此后不再据此新办；已入班的学员照旧。|Nothing new stands on it; who is in a cohort goes on."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await ways.end(session, pathway_id, because=payload.because, on=payload.on, actor=write.actor, tools=tools)
        return answer(200, await reading.one_pathway(session, pathway_id))

    return await write.once(act)


@router.post(
    "/pathways/{pathway_id}/intakes",
    status_code=201,
    operation_id="post_intake",
    response_model=IntakeOut,
    responses=problems(NotFound, refusals.PathwayInAnotherState, *_PROGRAMMES, *_RULES),
    summary="下达招生计划|Post an intake",
)
async def post_intake(
    pathway_id: UUID,
    payload: IntakeIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学分银行录入；一年可否增补由规则判定。|By an officer; whether a year may have a supplement the rules say."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await ways.post_intake(session, pathway_id, payload.model_dump(), actor=write.actor, tools=tools)
        return answer(201, IntakeOut.model_validate(made.model_dump()))

    return await write.once(act)


# --- cohorts --------------------------------------------------------------------------------------------------------


@router.post(
    "/intakes/{intake_id}/cohorts",
    status_code=201,
    operation_id="form_cohort",
    response_model=CohortOut,
    responses=problems(NotFound, refusals.PathwayInAnotherState, refusals.IntakeForAnotherYear, *_PROGRAMMES, *_RULES),
    summary="组建贯通班|Form a cohort",
)
async def form_cohort(
    intake_id: UUID,
    payload: CohortIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学校或高校按招生计划组建。|By the school or the college, for the places of an intake."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await cohorts.form(session, intake_id, payload.model_dump(), actor=write.actor, tools=tools)
        return answer(201, await reading.one_cohort(session, made.cohort_id, actor=write.actor))

    return await write.once(act)


@router.get("/cohorts", operation_id="list_cohorts", summary="贯通班列表|The cohorts one may see")
async def list_cohorts(session: SessionDep, actor: ActorDep, page: PageDep) -> CohortPage:
    """学校和高校看本校的，学分银行看全部。|A school and a college see their own, the bank all."""
    found = await reading.cohorts(session, actor=actor, after=page.after(UUID), limit=page.asked)
    items, following = page.cut(found, key=lambda one: one.cohort_id)
    return CohortPage(items=items, next_cursor=following)


@router.get(
    "/cohorts/{cohort_id}", operation_id="read_cohort", responses=problems(NotFound), summary="查询贯通班|A cohort"
)
async def read_cohort(cohort_id: UUID, session: SessionDep, actor: ActorDep) -> CohortOut:
    """本班的学校、高校和学分银行可查。|For its school, its college and the bank."""
    return await reading.one_cohort(session, cohort_id, actor=actor)


@router.get(
    "/cohorts/{cohort_id}/members",
    operation_id="list_members",
    responses=problems(NotFound),
    summary="贯通班学员|The members of a cohort",
)
async def list_members(
    cohort_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep, page: PageDep
) -> MemberPage:
    """本班的学校、高校和学分银行可查。|For its school, its college and the bank."""
    found = await reading.members(
        session, cohort_id, actor=actor, after=page.after(int) or 0, limit=page.asked, keyring=keyring
    )
    items, following = page.cut(found, key=lambda one: one.member_no)
    return MemberPage(items=items, next_cursor=following)


@router.post(
    "/cohorts/{cohort_id}/members",
    operation_id="admit_members",
    response_model=MembersOut,
    responses=problems(NotFound, refusals.CohortNotForming, refusals.PathwayInAnotherState, *_PROGRAMMES),
    summary="列入学员|Admit members",
)
async def admit_members(
    cohort_id: UUID,
    payload: MembersIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学校按学号和姓名列入本校学生，逐人答复；班额和计划数以写入时为准。

    |The school's own pupils by student number and name, an outcome for each; the limits hold as they are written.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        rows = [cohorts.Joining(one.name, one.student_no, one.joined_on) for one in payload.rows]
        found = await cohorts.admit(session, cohort_id, rows, actor=write.actor, tools=tools)
        members = [one.member for one in found if not isinstance(one, BankError)]
        shown = iter(await reading.with_names(session, members, keyring=keyring))
        outcomes = [
            JoinedOut(row=row, outcome="refused", problem=one.problem(language))
            if isinstance(one, BankError)
            else JoinedOut.model_validate({"row": row, "outcome": one.outcome, "member": next(shown)})
            for row, one in enumerate(found, start=1)
        ]
        counts = dict(Counter(one.outcome for one in outcomes))
        return answer(200, MembersOut(counts=counts, outcomes=outcomes))

    return await write.once(act)


@router.post(
    "/cohorts/{cohort_id}/filing",
    operation_id="file_cohort",
    response_model=CohortOut,
    responses=problems(NotFound, refusals.CohortNotForming, refusals.CohortEmpty, refusals.AdmitterMayNotFile),
    summary="贯通班备案|File a cohort",
)
async def file_cohort(
    cohort_id: UUID,
    payload: FilingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学分银行备案，只此一次：此后不再列入学员，未列入者不能补报。

    |By an officer, once: nobody is admitted afterwards, and who was not in it cannot be filed later.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await cohorts.file(session, cohort_id, filing_no=payload.filing_no, actor=write.actor, tools=tools)
        return answer(200, await reading.one_cohort(session, cohort_id, actor=write.actor))

    return await write.once(act)


@router.post(
    "/cohorts/{cohort_id}/members/{learner_id}/events",
    operation_id="note_member_event",
    response_model=MemberOut,
    responses=problems(NotFound, refusals.EventOutOfPlace, refusals.EventBeforeTheLast),
    summary="学员变动|Something that happened to a member",
)
async def note_member_event(
    cohort_id: UUID,
    learner_id: UUID,
    payload: MemberEventIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学校或高校登记；退出不可撤销。|By the school or the college; leaving is for good."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        member = await cohorts.happened(
            session, cohort_id, learner_id, event=payload.event, on=payload.occurred_on, reason=payload.reason,
            actor=write.actor, tools=tools,
        )  # fmt: skip
        return answer(200, (await reading.with_names(session, [member], keyring=keyring))[0])

    return await write.once(act)
