"""Pathways: proposed by the college, signed by both sides, filed by an officer, ended; and the intakes of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions import equivalences
from creditbank.institutions.equivalence_schemas import CourseSource, EquivalenceIn
from creditbank.pathways import agreement_refusals as refusals
from creditbank.pathways.acting import rows_of
from creditbank.pathways.agreement_facts import facts_for, must_hold
from creditbank.pathways.tables import Intake, Pathway, PathwayCourse
from creditbank.records.acts import Tools

_LOCK: LiteralString = "SELECT * FROM pathway WHERE pathway_id = %s FOR UPDATE"
_INSTITUTIONS: LiteralString = "SELECT institution_id FROM institution WHERE institution_id = ANY (%s)"
_PROGRAMME: LiteralString = """
SELECT institution_id, code, bool_or(valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)) AS runs
FROM programme WHERE programme_id = %(programme)s GROUP BY institution_id, code
"""


async def lock_pathway(session: AsyncSession, pathway_id: UUID) -> Pathway:
    """A pathway, its row locked. Raises NotFound."""
    rows = await rows_of(session, _LOCK, [pathway_id])
    if not rows:
        raise NotFound
    return Pathway(**rows[0])


async def must_run(session: AsyncSession, pathway: Pathway, *, on: date) -> None:
    """The agreement has not run out by a day, and both programmes are run on it.

    Raises PathwayRunOut, ProgrammeNotRun, ProgrammeOfAnother.
    """
    if pathway.valid_until is not None and pathway.valid_until <= on:
        raise refusals.PathwayRunOut(until=pathway.valid_until.isoformat())
    for institution, programme in (
        (pathway.school_id, pathway.school_programme_id),
        (pathway.college_id, pathway.college_programme_id),
    ):
        if programme is None:
            continue
        rows = await rows_of(session, _PROGRAMME, {"programme": programme, "on": on})
        if not rows or rows[0]["institution_id"] != institution:
            raise refusals.ProgrammeOfAnother
        if not rows[0]["runs"]:
            raise refusals.ProgrammeNotRun(programme=rows[0]["code"], on=on.isoformat())


async def propose(
    session: AsyncSession, said: Mapping[str, Any], courses: Sequence[tuple[str, str]], *, actor: Actor, tools: Tools
) -> Pathway:
    """Enter an agreement, signed for the college where a person of it enters it: a machine signs nothing.

    Raises NotFound, ProgrammeNotRun, …
    """
    college = said["college_id"]
    if not actor.reaches_institution(college):
        raise NotFound
    named = {one for one in (college, said["school_id"], said["enterprise_id"]) if one is not None}
    if len(await rows_of(session, _INSTITUTIONS, [list(named)])) != len(named):
        raise NotFound
    on = today(tools.at)
    signatures = (
        [{"institution_id": str(college), "by": actor.name, "at": tools.at.isoformat()}]
        if actor.institution_id == college and actor.login_id is not None
        else []
    )
    pathway = Pathway(
        pathway_id=new_id(), state="proposed", signatures=signatures, entered_by=actor.name, entered_at=tools.at, **said
    )
    await must_run(session, pathway, on=on)
    if _all_signed(pathway):
        pathway.state = "signed"
    session.add(pathway)
    await session.flush()
    session.add_all(
        PathwayCourse(pathway_id=pathway.pathway_id, no=no, school_course_code=one, college_course_code=other)
        for no, (one, other) in enumerate(courses, start=1)
    )
    await session.flush()
    return pathway


def parties(pathway: Pathway) -> set[UUID]:
    """Who has to sign: the college, and the school and the enterprise where there are some."""
    return {each for each in (pathway.college_id, pathway.school_id, pathway.enterprise_id) if each is not None}


def _all_signed(pathway: Pathway) -> bool:
    return {UUID(each["institution_id"]) for each in pathway.signatures} >= parties(pathway)


async def sign(session: AsyncSession, pathway_id: UUID, *, actor: Actor, tools: Tools) -> Pathway:
    """Sign for one's institution. Raises NotFound, PathwayInAnotherState, AlreadySigned."""
    pathway = await lock_pathway(session, pathway_id)
    if actor.institution_id not in parties(pathway):
        raise NotFound
    if pathway.state != "proposed":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    if any(each["institution_id"] == str(actor.institution_id) for each in pathway.signatures):
        raise refusals.AlreadySigned
    signature = {"institution_id": str(actor.institution_id), "by": actor.name, "at": tools.at.isoformat()}
    pathway.signatures = [*pathway.signatures, signature]
    if _all_signed(pathway):
        pathway.state = "signed"
    return await _keep(session, pathway)


async def file(session: AsyncSession, pathway_id: UUID, *, filing_no: str, actor: Actor, tools: Tools) -> Pathway:
    """File a signed agreement: the rules are asked, and the agreed courses count at the college from now on.

    Raises NotFound, PathwayInAnotherState, SignerMayNotFile, ProgrammeNotRun, RulesForbid, RulesUnsettled.
    """
    pathway = await lock_pathway(session, pathway_id)
    if pathway.state != "signed":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    if actor.name in {pathway.entered_by, *(each["by"] for each in pathway.signatures)}:
        raise refusals.SignerMayNotFile
    on = today(tools.at)
    await must_run(session, pathway, on=on)
    must_hold(tools.rulebook, await facts_for(session, pathway, "agreement", on=on), on=on)
    pathway.state, pathway.filing_no, pathway.filed_on, pathway.filed_by = "filed", filing_no, on, actor.name
    await _count_courses(session, pathway, on=on, by=actor.name, tools=tools)
    return await _keep(session, pathway)


_COURSES: LiteralString = "SELECT * FROM pathway_course WHERE pathway_id = %s ORDER BY no"
_SAME: LiteralString = """
SELECT equivalence_id FROM equivalence
WHERE institution_id = %(college)s AND state = 'in_force' AND source_keys = ARRAY[%(source)s]::varchar[]
  AND targets = ARRAY[%(target)s]::varchar[] AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
"""


async def _count_courses(session: AsyncSession, pathway: Pathway, *, on: date, by: str, tools: Tools) -> None:
    """Each agreed course is an equivalence of the college, so that a claim finds it; one that stands already is it.

    It does not end with the agreement: who was admitted under it progresses, and claims, years after. The college ends
    it once nobody needs it.
    """
    connection = await driver(session)
    for row in await rows_of(session, _COURSES, [pathway.pathway_id]):
        assert pathway.school_id is not None
        source = CourseSource(kind="course", institution_id=pathway.school_id, course_code=row["school_course_code"])
        target = row["college_course_code"]
        said = {"college": pathway.college_id, "source": source.key, "target": target, "on": on}
        standing = await rows_of(session, _SAME, said)
        if standing:
            equivalence_id = standing[0]["equivalence_id"]
        else:
            entered = await equivalences.enter(
                session,
                EquivalenceIn(
                    sources=[source], targets=[target], valid_from=on, ground=f"贯通培养协议 {pathway.filing_no}"
                ),
                institution_id=pathway.college_id,
                by=by,
                at=tools.at,
            )
            equivalence_id = entered.equivalence_id
        await connection.execute(
            "UPDATE pathway_course SET equivalence_id = %s WHERE pathway_id = %s AND no = %s",
            [equivalence_id, pathway.pathway_id, row["no"]],
        )


async def end(
    session: AsyncSession, pathway_id: UUID, *, because: str, on: date, actor: Actor, tools: Tools
) -> Pathway:
    """End a pathway: nothing new stands on it; cohorts that were admitted go their way, and what was agreed to count
    for them counts. An end that the agreement had already is not put off. Raises NotFound, PathwayInAnotherState.
    """
    pathway = await lock_pathway(session, pathway_id)
    if not any(actor.reaches_institution(each) for each in parties(pathway)):
        raise NotFound
    if pathway.state == "ended":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    pathway.state, pathway.ended_because = "ended", because
    if pathway.valid_from < on and (pathway.valid_until is None or on < pathway.valid_until):
        pathway.valid_until = on
    return await _keep(session, pathway)


async def _keep(session: AsyncSession, pathway: Pathway) -> Pathway:
    kept: Pathway = await session.merge(pathway)
    await session.flush()
    return kept


# --- intakes --------------------------------------------------------------------------------------------------------

_OF_YEAR: LiteralString = "SELECT no FROM intake WHERE pathway_id = %s AND year = %s ORDER BY no"


async def post_intake(
    session: AsyncSession, pathway_id: UUID, said: Mapping[str, Any], *, actor: Actor, tools: Tools
) -> Intake:
    """Post a year's places, or a supplement where the rules allow one. A quota of none is a quota.

    Raises NotFound, PathwayInAnotherState, ProgrammeNotRun, RulesForbid, RulesUnsettled.
    """
    pathway = await lock_pathway(session, pathway_id)
    if pathway.state != "filed":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    on = today(tools.at)
    await must_run(session, pathway, on=on)
    before = await rows_of(session, _OF_YEAR, [pathway_id, said["year"]])
    intake = Intake(
        intake_id=new_id(), pathway_id=pathway_id, no=len(before) + 1, entered_by=actor.name, entered_at=tools.at,
        **said,
    )  # fmt: skip
    facts = await facts_for(session, pathway, "intake", on=on, intake=intake, plans=intake.no)
    must_hold(tools.rulebook, facts, on=on)
    session.add(intake)
    await session.flush()
    return intake
