"""HTTP for totals: does what somebody earned in a plan meet what it asks for, of one person or of all who follow it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, problems
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.learners.families import family_of, person_of
from creditbank.learners.sight import allowed_to_see
from creditbank.recognition.accumulating import Total, plan_followed, total_of, totals_of_plan
from creditbank.recognition.allocation_asked import enrolled_in
from creditbank.recognition.gathering import plan_on
from creditbank.recognition.progress import ProgressOut, progress_of
from creditbank.records.refusals import LearnerErased
from creditbank.rules import Decided
from creditbank.rules.dependencies import RulebookDep
from creditbank.rules.explain import outputs_of
from creditbank.rules.flips import turning

router = APIRouter(prefix="/v1", tags=["totals"])

Purpose = Literal["graduation", "early_internship", "degree", "average"]
PurposeQuery = Annotated[Purpose, Query(description="为什么计算。|What it is counted for.")]
OnQuery = Annotated[
    date | None, Query(description="哪一天的规则和方案，默认今天。|The day; today where none is named.")
]


class TotalOut(BaseModel):
    """Whether a total is met, with every reason; nothing of it is stored."""

    learner_id: UUID
    plan_id: UUID
    purpose: Purpose
    on: date
    verdict: Literal["granted", "not_granted", "unknown"]
    clause: str
    outputs: dict[str, Any]
    warns: list[str]
    document: str | None
    version: str | None
    findings: list[dict[str, Any]]
    turning: dict[str, Any]


class TotalOfOne(BaseModel):
    """How one person of a plan stands."""

    learner_id: UUID
    verdict: Literal["granted", "not_granted", "unknown"]
    clause: str
    outputs: dict[str, Any]
    warns: list[str]


class TotalsOut(BaseModel):
    """How everybody who follows a plan stands to a total."""

    plan_id: UUID
    purpose: Purpose
    on: date
    document: str | None
    version: str | None
    counts: dict[str, int]
    """How many by verdict."""
    people: list[TotalOfOne]


@router.get(
    "/learners/{learner_id}/totals", response_model=TotalOut, summary="对照方案要求计算已得学分|Totals against a plan"
)
async def read_total(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    learner_id: UUID,
    plan_id: Annotated[
        UUID | None, Query(description="哪一方案，默认最近学籍的方案。|The plan; that of the last enrolment if none.")
    ] = None,
    purpose: PurposeQuery = "graduation",
    on: OnQuery = None,
) -> TotalOut:
    """Every requirement with what was earned and what is missing. A college sees it for those who follow its plans."""
    at, day = clock.now(), on or clock.today()
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    person = await person_of(session, learner_id)
    plan_id = plan_id or await plan_followed(session, person.family)
    plan = await plan_on(session, plan_id, day)
    if sight.institution_id is not None and (
        sight.institution_id != plan.institution_id or not await enrolled_in(session, person.family, plan_id)
    ):
        raise NotFound
    decided = await total_of(
        session,
        family=person.family,
        plan_id=plan_id,
        purpose=purpose,
        rulebook=rulebook,
        keyring=keyring,
        at=at,
        on=day,
    )
    return TotalOut(
        learner_id=learner_id,
        plan_id=plan_id,
        purpose=purpose,
        on=day,
        **_said(decided),
        document=decided.document,
        version=decided.version,
        findings=[_less_rows(each) if sight.institution_id else each for each in decided.findings()],
        turning=_less_changes(turning(decided).as_json()) if sight.institution_id else turning(decided).as_json(),
    )


@router.get(
    "/learners/{learner_id}/progress",
    operation_id="read_progress",
    responses=problems(LearnerErased),
    summary="各学籍的学分进度|How far a learner is in the plans of their enrolments",
)
async def read_progress(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, rulebook: RulebookDep, learner_id: UUID
) -> ProgressOut:
    """本人和监护人查看：每个在读学籍对照其方案，按课程类别，含转换所得。

    |For the learner and a guardian: each enrolment that goes on against its plan, by category, conversions included.
    """
    at = clock.now()
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    family = await family_of(session, learner_id)
    return await progress_of(session, learner_id, family, rulebook=rulebook, keyring=keyring, at=at, on=clock.today(at))


@router.get("/plans/{plan_id}/totals", response_model=TotalsOut, summary="方案全体学习者的学分情况|Totals of a plan")
async def read_totals(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    plan_id: UUID,
    purpose: PurposeQuery = "graduation",
    on: OnQuery = None,
) -> TotalsOut:
    """Everybody enrolled in the plan's programme in its years of entry: who meets the total and who does not."""
    at, day = clock.now(), on or clock.today()
    plan = await plan_on(session, plan_id, day)
    if not _runs(actor, plan.institution_id):
        raise NotFound
    found = await totals_of_plan(
        session, plan_id=plan_id, purpose=purpose, rulebook=rulebook, keyring=keyring, at=at, on=day
    )
    first = found[0].decided if found else None
    verdicts = [each.decided.verdict for each in found]
    return TotalsOut(
        plan_id=plan_id,
        purpose=purpose,
        on=day,
        document=None if first is None else first.document,
        version=None if first is None else first.version,
        counts={verdict: verdicts.count(verdict) for verdict in ("granted", "not_granted", "unknown")},
        people=[_one(each) for each in found],
    )


def _runs(actor: Actor, institution_id: UUID) -> bool:
    return Reach.ANY in actor.reach or actor.institution_id == institution_id


def _said(decided: Decided) -> dict[str, Any]:
    return {
        "verdict": decided.verdict,
        "clause": decided.clause,
        "outputs": outputs_of(decided),
        "warns": list(decided.warned),
    }


def _one(total: Total) -> TotalOfOne:
    return TotalOfOne(learner_id=total.learner_id, **_said(total.decided))


_OF_RECORDS = ("earned", "records")


def _less_rows(finding: dict[str, Any]) -> dict[str, Any]:
    """Which records a sum stands on may be records of other institutions; so may be what is told of one of them."""
    less = {name: value for name, value in finding.items() if name not in ("rows", "row")}
    if "row" in finding or finding["fact"] in _OF_RECORDS:
        less |= {"observed": None, "says_zh": finding["rule_zh"], "says_en": finding["rule_en"]}
    return less


def _less_changes(turning: dict[str, Any]) -> dict[str, Any]:
    changes = [together for together in turning["changes"] if not any("row" in change for change in together)]
    return turning | {"changes": changes}
