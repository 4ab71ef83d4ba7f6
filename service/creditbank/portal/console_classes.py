"""The console's class claims: learners of a college, each with a record and the course it is to count for."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import Malformed, NotAllowed
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import reading
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, answered_once, id_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.recognition.classes import claim_for_class
from creditbank.recognition.schemas import ClassClaimIn, ClassClaimOut
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

MOST_PLANS = 1000
"""Plans to choose from: a college has no more."""
_PARTS = re.compile(r"[\t,，;；]| {2,}")
"""What stands between the parts of a line: a tab where it was copied from a spreadsheet."""


@router.get("/console/class-claims")
async def class_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """A plan of the college's own, and the learners."""
    return await _class(session, visited, actor)


async def _class(
    session: AsyncSession, visited: Visit, actor: Actor, fault: Fault | None = None,
    done: tuple[list[str], ClassClaimOut] | None = None,
) -> Response:  # fmt: skip
    if actor.institution_id is None:
        raise NotAllowed
    plans = await reading.plans_by_name(
        session, institution_id=actor.institution_id, on=today(visited.at), limit=MOST_PLANS
    )
    return console_page(
        visited, "class.html", actor, here="/console/class-claims", fault=fault,
        plans=[(str(plan_id), f"{programme}（{version}）") for plan_id, programme, version in plans],
        outcomes=None if done is None else list(zip(done[0], done[1].outcomes, strict=True)),
    )  # fmt: skip


def _members(posted: Posted) -> list[dict[str, Any]]:
    """A member for each student number, with a line for each line that was typed. Raises Malformed."""
    members: dict[str, list[dict[str, Any]]] = {}
    for number, written in enumerate((posted.one("members") or "").splitlines(), start=1):
        parts = [part.strip() for part in _PARTS.split(written.strip()) if part.strip()]
        if not parts:
            continue
        try:
            student_no, record, course = parts
            line = {"record_ids": [str(UUID(record))], "course_code": course}
        except ValueError:
            raise Malformed(
                field="/members",
                why_zh=f"第 {number} 行应为“学号，学习成果编号，课程代码”三项",
                why_en=f"line {number} should be a student number, a record id and a course code",
            ) from None
        members.setdefault(student_no, []).append(line)
    return [{"student_no": student_no, "lines": lines} for student_no, lines in members.items()]


@router.post("/console/class-claims")
async def claim_by_form(posted: PostedDep) -> Response:
    """A claim for each learner, each with an outcome; what is wrong with one stops no other."""

    async def shown(fault: Fault | None, done: tuple[list[str], ClassClaimOut] | None = None) -> Response:
        async with posted.database.session() as session:
            return await _class(session, posted.visited, posted.actor, fault, done)

    async def act(session: AsyncSession, tools: Tools) -> BaseModel:
        said = ClassClaimIn.model_validate({"learners": _members(posted)})
        plan_id = id_of(posted.one("plan_id") or "")
        outcomes = await claim_for_class(session, plan_id, said.learners, actor=posted.actor, tools=tools)
        return ClassClaimOut(outcomes=outcomes)

    answered = await answered_once(posted, "con_class", act, show=shown)
    if isinstance(answered, Response):
        return answered
    numbers = [one["student_no"] for one in _members(posted)]
    return await shown(None, (numbers, ClassClaimOut.model_validate_json(answered)))
