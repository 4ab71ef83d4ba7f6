"""Cohorts: formed for an intake, members admitted one by one, filed once; what happens to members, dated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.families import families_of, lock_families
from creditbank.learners.personal import keys_of
from creditbank.learners.refusals import AlreadyErased
from creditbank.pathways import agreement_refusals as refusals
from creditbank.pathways.acting import lock_cohort, rows_of
from creditbank.pathways.agreement_facts import facts_for, must_hold
from creditbank.pathways.following import follow
from creditbank.pathways.known import LIVE
from creditbank.pathways.sheet_matching import Somebody, pupil, pupils_of
from creditbank.pathways.tables import Cohort, CohortMember, Intake, MemberEvent, Pathway
from creditbank.pathways.ways import must_run
from creditbank.records.acts import Tools
from creditbank.sealing import SealingKey, field_of, seal

_AFTER: Mapping[str, tuple[str, ...]] = {
    "suspended": ("provisional", "filed"),
    "returned": ("suspended",),
    "left": ("provisional", "filed", "suspended"),
}
"""What may happen to a member, and of which status. Who left, or progressed, is out for good."""

_SCHOOL: LiteralString = "SELECT school_id FROM cohort WHERE cohort_id = %s"
_PATHWAY: LiteralString = "SELECT * FROM pathway WHERE pathway_id = %s"
_INTAKE: LiteralString = "SELECT * FROM intake WHERE intake_id = %s"
_MEMBERS: LiteralString = "SELECT * FROM cohort_member WHERE cohort_id = %s ORDER BY member_no"
_IN_INTAKE: LiteralString = """
SELECT count(*)::int AS size FROM cohort_member m JOIN cohort c USING (cohort_id)
WHERE c.intake_id IN (SELECT i.intake_id FROM intake i JOIN intake mine USING (pathway_id, year)
                      WHERE mine.intake_id = %s) AND m.status <> 'left'
"""
_PLACES: LiteralString = """
SELECT i.quota FROM intake i
WHERE (i.pathway_id, i.year) IN (SELECT m.pathway_id, m.year FROM intake m WHERE m.intake_id = %s)
ORDER BY i.intake_id FOR UPDATE
"""
_ELSEWHERE: LiteralString = """
SELECT DISTINCT m.learner_id FROM cohort_member m JOIN cohort c USING (cohort_id) JOIN pathway p USING (pathway_id)
WHERE m.learner_id = ANY (%(people)s) AND p.kind = %(kind)s AND m.status = ANY (%(live)s)
  AND m.cohort_id <> %(cohort)s
"""


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who is to be admitted, as a list of the school names them."""

    name: str
    student_no: str
    joined_on: date


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of one of them."""

    outcome: str
    """admitted or unchanged."""
    member: CohortMember


async def form(
    session: AsyncSession, intake_id: UUID, said: Mapping[str, Any], *, actor: Actor, tools: Tools
) -> Cohort:
    """Form a cohort for the places of a year, by the college or the school of the pathway.

    Raises NotFound, PathwayInAnotherState, IntakeForAnotherYear, ProgrammeNotRun, RulesForbid, RulesUnsettled.
    """
    intakes = await rows_of(session, _INTAKE, [intake_id])
    if not intakes:
        raise NotFound
    intake = Intake(**intakes[0])
    pathway = await pathway_of(session, intake.pathway_id)
    if not (actor.reaches_institution(pathway.college_id) or actor.reaches_institution(pathway.school_id)):
        raise NotFound
    if pathway.state != "filed":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    if said["year_of_entry"] != intake.year:
        raise refusals.IntakeForAnotherYear(year=intake.year)
    on = today(tools.at)
    await must_run(session, pathway, on=on)
    cohort = Cohort(
        cohort_id=new_id(), pathway_id=pathway.pathway_id, intake_id=intake_id, school_id=pathway.school_id,
        college_id=pathway.college_id, state="forming", entered_by=actor.name, entered_at=tools.at, **said,
    )  # fmt: skip
    facts = await facts_for(session, pathway, "cohort", on=on, intake=intake, cohort=cohort, size=0)
    must_hold(tools.rulebook, facts, on=on)
    session.add(cohort)
    await session.flush()
    return cohort


async def pathway_of(session: AsyncSession, pathway_id: UUID) -> Pathway:
    """A pathway, not locked."""
    return Pathway(**(await rows_of(session, _PATHWAY, [pathway_id]))[0])


async def admit(
    session: AsyncSession, cohort_id: UUID, rows: Sequence[Joining], *, actor: Actor, tools: Tools
) -> list[Joined | BankError]:
    """Admit pupils of the school, an outcome for each; the limits are looked at with the pupils, the cohort and the
    year's places locked: of two who take the last place one is told that it is gone, and of two cohorts that take one
    pupil at once, one is.

    Raises NotFound for a cohort that is not the caller's, CohortNotForming, PathwayInAnotherState, PathwayRunOut, ….
    """
    schools = await rows_of(session, _SCHOOL, [cohort_id])
    school_id = schools[0]["school_id"] if schools else None
    if school_id is None or not actor.reaches_institution(school_id):
        raise NotFound
    found = await pupils_of(session, school_id, [row.student_no for row in rows], keyring=tools.keyring)
    await lock_families(session, {one.learner_id for some in found.values() for one in some})
    cohort = await lock_cohort(session, cohort_id)
    if cohort.state != "forming":
        raise refusals.CohortNotForming
    pathway, on = await pathway_of(session, cohort.pathway_id), today(tools.at)
    if pathway.state != "filed":
        raise refusals.PathwayInAnotherState(state=pathway.state)
    await must_run(session, pathway, on=on)
    filling = await _filling(session, cohort, pathway, found, tools=tools)
    outcomes: list[Joined | BankError] = []
    for row in rows:
        try:
            somebody = pupil(found[row.student_no], row.name, keyring=tools.keyring)
            standing = filling.standing(somebody.learner_id)
            if standing is None:
                await filling.must_have_room_for(session, somebody.learner_id, row, on=on, tools=tools)
                outcomes.append(Joined("admitted", filling.take(somebody.learner_id, row)))
            else:
                outcomes.append(Joined("unchanged", standing))
        except BankError as refusal:
            outcomes.append(refusal)
    made = [one.member for one in outcomes if isinstance(one, Joined) and one.outcome == "admitted"]
    await _join(session, made, actor=actor, tools=tools)
    return outcomes


@dataclass(slots=True)
class _Filling:
    """A cohort that is being filled: who is in it, who is elsewhere, and the room that is left."""

    cohort: Cohort
    pathway: Pathway
    members: list[CohortMember]
    families: Mapping[UUID, tuple[UUID, ...]]
    elsewhere: set[tuple[UUID, ...]]
    keys: Mapping[UUID, SealingKey]
    taken: int
    """Places of the year that are gone, in all of its cohorts."""
    places: int

    def standing(self, learner_id: UUID) -> CohortMember | None:
        """The member whom somebody is already. Raises EventOutOfPlace for one who left: that is for good."""
        family = self.families[learner_id]
        found = next((one for one in self.members if self.families[one.learner_id] == family), None)
        if found is not None and found.status == "left":
            raise refusals.EventOutOfPlace(status="left", event="joined")
        return found

    async def must_have_room_for(
        self, session: AsyncSession, learner_id: UUID, row: Joining, *, on: date, tools: Tools
    ) -> None:
        """Raises InAnotherCohort, EventBeforeTheLast, CohortFull, RulesForbid, RulesUnsettled, AlreadyErased."""
        if self.families[learner_id] in self.elsewhere:
            raise refusals.InAnotherCohort
        if row.joined_on > on:
            raise refusals.EventBeforeTheLast(last=on.isoformat())
        size = sum(one.status != "left" for one in self.members)
        limit = self.cohort.class_size if self.cohort.class_size is not None else self.pathway.class_size
        if limit is not None and size >= limit:
            raise refusals.CohortFull(limit=limit, size=size)
        if self.taken >= self.places:
            raise refusals.CohortFull(limit=self.places, size=self.taken)
        facts = await facts_for(session, self.pathway, "joining", on=on, cohort=self.cohort, size=size + 1)
        must_hold(tools.rulebook, facts, on=on)
        if learner_id not in self.keys:
            raise AlreadyErased

    def take(self, learner_id: UUID, row: Joining) -> CohortMember:
        """Somebody as the next member."""
        sealed = seal(self.keys[learner_id], row.student_no.encode(), field_of(learner_id, "student_no"))
        member = CohortMember(
            learner_id=learner_id, cohort_id=self.cohort.cohort_id, student_no_sealed=sealed, joined_on=row.joined_on,
            member_no=max((one.member_no for one in self.members), default=0) + 1, status="provisional", events=1,
        )  # fmt: skip
        self.members.append(member)
        self.taken += 1
        return member


async def _filling(
    session: AsyncSession, cohort: Cohort, pathway: Pathway, found: Mapping[str, Sequence[Somebody]], *, tools: Tools
) -> _Filling:
    """The cohort, which is locked, and the year's places, locked now, as somebody fills it."""
    places = sum(row["quota"] for row in await rows_of(session, _PLACES, [cohort.intake_id]))
    taken = (await rows_of(session, _IN_INTAKE, [cohort.intake_id]))[0]["size"]
    members = [CohortMember(**row) for row in await rows_of(session, _MEMBERS, [cohort.cohort_id])]
    people = {one.learner_id for some in found.values() for one in some} | {one.learner_id for one in members}
    families = await families_of(session, people)
    elsewhere = await _elsewhere(session, families, pathway.kind, cohort.cohort_id)
    keys = await keys_of(session, people, keyring=tools.keyring)
    return _Filling(cohort, pathway, members, families, elsewhere, keys, taken, places)


async def _join(session: AsyncSession, made: Sequence[CohortMember], *, actor: Actor, tools: Tools) -> None:
    session.add_all(made)
    await session.flush()
    session.add_all(_event(one, "joined", one.joined_on, actor=actor, tools=tools) for one in made)
    await session.flush()


async def _elsewhere(
    session: AsyncSession, families: Mapping[UUID, tuple[UUID, ...]], kind: str, cohort_id: UUID
) -> set[tuple[UUID, ...]]:
    """The people who are in another cohort of the kind, under whichever of their accounts."""
    of_whom = {account: family for family in families.values() for account in family}
    said = {"people": list(of_whom), "kind": kind, "live": list(LIVE), "cohort": cohort_id}
    return {of_whom[row["learner_id"]] for row in await rows_of(session, _ELSEWHERE, said)}


def _event(
    member: CohortMember, event: str, on: date, *, actor: Actor, tools: Tools, reason: bytes | None = None
) -> MemberEvent:
    return MemberEvent(
        learner_id=member.learner_id, cohort_id=member.cohort_id, event_no=member.events, event=event, occurred_on=on,
        at=tools.at, by=actor.name, institution_id=actor.institution_id, reason_sealed=reason,
    )  # fmt: skip


_FILE: LiteralString = """
WITH filed AS (
    UPDATE cohort_member SET status = 'filed', events = events + 1
    WHERE cohort_id = %(cohort)s AND status = 'provisional'
    RETURNING learner_id, cohort_id, events
)
INSERT INTO member_event (learner_id, cohort_id, event_no, event, occurred_on, at, by)
SELECT learner_id, cohort_id, events, 'filed', %(on)s, %(at)s, %(by)s FROM filed
"""


_ADMITTED_BY: LiteralString = """
SELECT DISTINCT by FROM member_event WHERE cohort_id = %s AND event = 'joined'
"""


async def file(session: AsyncSession, cohort_id: UUID, *, filing_no: str, actor: Actor, tools: Tools) -> Cohort:
    """File a cohort with everybody who is in it now; nobody comes to it afterwards. There is no second filing.

    Raises NotFound, CohortNotForming, AdmitterMayNotFile, CohortEmpty.
    """
    cohort = await lock_cohort(session, cohort_id)
    if cohort.state != "forming":
        raise refusals.CohortNotForming
    if actor.name in {cohort.entered_by, *(row["by"] for row in await rows_of(session, _ADMITTED_BY, [cohort_id]))}:
        raise refusals.AdmitterMayNotFile
    said: dict[str, Any] = {"cohort": cohort_id, "on": today(tools.at), "at": tools.at, "by": actor.name}
    if (await (await driver(session)).execute(_FILE, said)).rowcount == 0:
        raise refusals.CohortEmpty
    cohort.state, cohort.filing_no, cohort.filed_on, cohort.filed_by = "filed", filing_no, said["on"], actor.name
    kept: Cohort = await session.merge(cohort)
    await session.flush()
    return kept


_ONE: LiteralString = "SELECT * FROM cohort_member WHERE cohort_id = %s AND learner_id = %s FOR UPDATE"
_LAST: LiteralString = """
SELECT max(occurred_on) AS last FROM member_event WHERE cohort_id = %s AND learner_id = %s
"""
_WAS_FILED: LiteralString = """
SELECT EXISTS (SELECT FROM member_event WHERE cohort_id = %s AND learner_id = %s AND event = 'filed') AS filed
"""


async def happened(
    session: AsyncSession,
    cohort_id: UUID,
    learner_id: UUID,
    *,
    event: str,
    on: date,
    reason: str | None,
    actor: Actor,
    tools: Tools,
) -> CohortMember:
    """A member was suspended, returned or left on a day; whatever stands on it is decided again.

    Raises NotFound, EventOutOfPlace, EventBeforeTheLast, AlreadyErased.
    """
    await lock_families(session, [learner_id])  # learners come before cohorts and rounds
    cohort = await lock_cohort(session, cohort_id)
    if not (actor.reaches_institution(cohort.school_id) or actor.reaches_institution(cohort.college_id)):
        raise NotFound
    rows = await rows_of(session, _ONE, [cohort_id, learner_id])
    if not rows:
        raise NotFound
    member = CohortMember(**rows[0])
    if member.status not in _AFTER.get(event, ()):
        raise refusals.EventOutOfPlace(status=member.status, event=event)
    last = (await rows_of(session, _LAST, [cohort_id, learner_id]))[0]["last"]
    if on < last or on > today(tools.at):
        raise refusals.EventBeforeTheLast(field="/occurred_on", last=last.isoformat())
    was_filed = (await rows_of(session, _WAS_FILED, [cohort_id, learner_id]))[0]["filed"]
    member.status = {"suspended": "suspended", "left": "left"}.get(event, "filed" if was_filed else "provisional")
    member.events += 1
    key = (await keys_of(session, [learner_id], keyring=tools.keyring)).get(learner_id)
    sealed = None
    if reason is not None and key is not None:
        sealed = seal(key, orjson.dumps({"reason": reason}), field_of(learner_id, "member_event"))
    kept: CohortMember = await session.merge(member)
    session.add(_event(member, event, on, actor=actor, tools=tools, reason=sealed))
    await session.flush()
    await follow(session, cohort_id, [learner_id], tools=tools, because="member_event")
    return kept
