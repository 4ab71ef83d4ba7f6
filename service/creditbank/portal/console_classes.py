"""The console's class claims: what a class has achieved, which course it is to count for, who, what would come of it.

Nobody's ids are typed: a registrar chooses a plan, one of the things that its learners have in common and a course,
then sees who has it, and before anything is claimed what would become of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import BankError, Language, NotAllowed, NotFound
from creditbank.http import KeyringDep, cursor_of, keys_of, one_page
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import reading
from creditbank.institutions.plans import plan_by_id
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, answered_once, id_of, names_of
from creditbank.portal.story_shown import finding_told
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import named
from creditbank.recognition.class_schemas import (
    Achievement,
    ClassCandidate,
    ClassClaimIn,
    ClassClaimOut,
    ClassMemberForecast,
)
from creditbank.recognition.classes import claim_for_class, forecast_for_class
from creditbank.recognition.classmates import Shared, achievements, candidates
from creditbank.recognition.schemas import LineOut
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

MOST_PLANS = 1000
"""Plans to choose from: a college has no more."""
PAGE = 50
LEARNERS = 100
"""Of a page: a class, as a rule. More go on over the page, each page a claim of its own."""
LONGEST_SEARCH = 100
HERE = "/console/class-claims"


@dataclass(frozen=True, slots=True)
class Chosen:
    """How far somebody has come in choosing: each step is in the address, so that all of it can be gone back to."""

    plan_id: UUID | None
    search: str
    shared: Shared | None
    course: str
    cursor: str | None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Chosen:
        """From an address or a form. Raises NotFound."""
        kind, what, by = said.get("kind", ""), said.get("what", ""), said.get("of", "")
        return cls(
            plan_id=id_of(said["plan"]) if said.get("plan") else None,
            search=said.get("q", "").strip()[:LONGEST_SEARCH],
            shared=Shared(id_of(by), kind, what) if kind and what and by else None,
            course=said.get("course", ""),
            cursor=said.get("cursor") or None,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one learner, or what would: in a word, how, and where that is to be seen."""

    outcome: str
    words: Sequence[str]
    claim_id: UUID | None = None


# --- choosing -------------------------------------------------------------------------------------------------------


@router.get(HERE)
async def class_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """A plan of the college's own, what its learners have, and who has it. Raises NotFound."""
    chosen = Chosen.of(visited.request.query_params)
    return await _class(session, visited, actor, chosen, keyring=keyring)


async def _class(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    chosen: Chosen,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
    told: Mapping[str, Told] | None = None,
    sent: bool = False,
) -> Response:
    """The page, as far as somebody has chosen; `told` is what would become of those ticked, or did."""
    if actor.institution_id is None:
        raise NotAllowed
    plans = await reading.plans_by_name(
        session, institution_id=actor.institution_id, on=today(visited.at), limit=MOST_PLANS
    )
    plan = None if chosen.plan_id is None else await plan_by_id(session, chosen.plan_id)
    courses = [] if plan is None else sorted(plan.courses, key=lambda one: one.course_code)
    course = next((one for one in courses if one.course_code == chosen.course), None)
    listed, people, following = list[Achievement](), list[ClassCandidate](), None
    if chosen.plan_id is not None and chosen.shared is None:
        after = keys_of(chosen.cursor, int, UUID, str, str)
        found = await achievements(
            session, chosen.plan_id, actor=actor, search=chosen.search, after=after, limit=PAGE + 1, at=visited.at
        )
        listed, following = one_page(
            found, limit=PAGE, key=lambda one: cursor_of(one.learners, one.institution_id, one.kind, one.what)
        )
    elif chosen.plan_id is not None and chosen.shared is not None and course is not None:
        last = keys_of(chosen.cursor, UUID)
        have = await candidates(
            session, chosen.plan_id, chosen.shared, actor=actor, keyring=keyring, at=visited.at, limit=LEARNERS + 1,
            course_code=None if told else course.course_code,
            only=None if told is None else [id_of(one.partition(" ")[0]) for one in told],
            after=last[0] if last else None,
        )  # fmt: skip
        people, following = one_page(have, limit=LEARNERS, key=lambda one: cursor_of(one.learner_id))
        if told is not None:
            people = [one for one in people if f"{one.learner_id} {one.record_id}" in told]
    return console_page(
        visited,
        "class.html",
        actor,
        here=HERE,
        fault=fault,
        chosen=chosen,
        plans=[(str(plan_id), f"{programme}（{version}）") for plan_id, programme, version in plans],
        courses=courses,
        course=course,
        listed=listed,
        names=await names_of(
            session, visited, chosen.shared.institution_id if chosen.shared else None,
            *(one.institution_id for one in listed),
        ),
        title="" if chosen.shared is None else await _title(session, chosen, actor, visited),
        people=sorted(people, key=lambda one: (one.student_no or "", str(one.learner_id))),
        following=following,
        told=told,
        sent=sent,
        kind_named=lambda kind: named("kind", kind, visited.language),
    )  # fmt: skip


async def _title(session: AsyncSession, chosen: Chosen, actor: Actor, visited: Visit) -> str:
    """What the achievement is called by those who have it. Raises NotFound where nobody of the plan has it."""
    assert chosen.plan_id is not None
    assert chosen.shared is not None
    found = await achievements(session, chosen.plan_id, actor=actor, only=chosen.shared, limit=1, at=visited.at)
    if not found:
        raise NotFound
    return found[0].title or chosen.shared.what


# --- claiming -------------------------------------------------------------------------------------------------------


def _members(posted: Posted, course: str) -> ClassClaimIn:
    """Those who are ticked, each with the record that the page named. Raises NotFound, ValidationError."""
    members: list[dict[str, Any]] = []
    for one in posted.many("member"):
        learner, _, record = one.partition(" ")
        line = {"record_ids": [id_of(record)], "course_code": course}
        members.append({"learner_id": id_of(learner), "lines": [line]})
    return ClassClaimIn.model_validate({"learners": members})


@router.post(HERE)
async def claim_by_form(posted: PostedDep) -> Response:
    """What would become of those who are ticked; or a claim for each, with an outcome for each."""
    chosen = Chosen.of(dict(posted.pairs))
    if chosen.plan_id is None:
        raise NotFound
    plan_id, ticked = chosen.plan_id, posted.many("member")

    async def shown(fault: Fault | None, told: Sequence[Told] | None = None, *, sent: bool = False) -> Response:
        async with posted.database.session() as session:
            return await _class(
                session, posted.visited, posted.actor, chosen, keyring=posted.state.keyring, fault=fault,
                told=None if told is None else dict(zip(ticked, told, strict=True)), sent=sent,
            )  # fmt: skip

    if posted.one("do") != "send":
        try:
            said = _members(posted, chosen.course)
            forecast = await forecast_for_class(
                posted.database, plan_id, said.learners, actor=posted.actor, tools=await posted.tools()
            )
        except (BankError, ValueError) as refused:
            return await shown(posted.refused("con_class", refused))
        return await shown(None, [_foretold(one, posted.language) for one in forecast])

    async def act(session: AsyncSession, tools: Tools) -> BaseModel:
        said = _members(posted, chosen.course)
        outcomes = await claim_for_class(session, plan_id, said.learners, actor=posted.actor, tools=tools)
        return ClassClaimOut(outcomes=outcomes)

    answered = await answered_once(posted, "con_class", act, show=shown)
    if isinstance(answered, Response):
        return answered
    outcomes = ClassClaimOut.model_validate_json(answered).outcomes
    return await shown(
        None, [Told(one.outcome, _problem(one.problem, posted.language), one.claim_id) for one in outcomes], sent=True
    )


def _problem(problem: Mapping[str, Any] | None, language: Language) -> list[str]:
    return [] if problem is None else [str(problem[f"detail_{language}"])]


def _foretold(one: ClassMemberForecast, language: Language) -> Told:
    if not one.lines:
        return Told("refused", _problem(one.problem, language))
    (line,) = one.lines
    words = _against(line, language) if line.state == "refused" else []
    if line.state == "open":
        words = [step.says_zh if language == "zh" else step.says_en for step in one.steps[:1]]
        words += [missing.zh if language == "zh" else missing.en for missing in line.missing]
    return Told(line.state, words)


def _against(line: LineOut, language: Language) -> list[str]:
    """What the rules find against a line."""
    found = (finding_told({**one, "citation": []}, {}, language) for one in line.findings or ())
    return [one.says for one in found if one.standing == "not_met"]
