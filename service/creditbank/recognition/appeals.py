"""Appeals to a second reviewer, and the review by a person of what the rules alone refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from pydantic import ValidationError

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions import equivalences
from creditbank.institutions.equivalence_schemas import EquivalenceIn
from creditbank.learners.guardians import must_act_for
from creditbank.recognition import refusals
from creditbank.recognition.clocks import ends_on
from creditbank.recognition.gathering import ClaimSaid, gather
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.overrides import may_stand, new_override, put_in_force
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Appeal, ClaimLine
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools

Kind = Literal["appeal", "human_review"]

_OF_A_LINE: LiteralString = """
SELECT * FROM appeal WHERE learner_id = %s AND claim_id = %s AND line_no = %s AND state = 'open'
"""
_BEFORE: LiteralString = """
SELECT EXISTS (SELECT FROM appeal WHERE learner_id = %s AND claim_id = %s AND decision_id = %s AND kind = %s
               AND state <> 'open')
"""
_ONE: LiteralString = "SELECT * FROM appeal WHERE appeal_id = %s"
_WHO_ACTED: LiteralString = """
SELECT "by" FROM claim_act WHERE learner_id = %s AND claim_id = %s
UNION SELECT made_by FROM claim WHERE learner_id = %s AND claim_id = %s
"""


async def appeal(
    session: Transaction, claim_id: UUID, line_no: int, *, kind: Kind, words: str, actor: Actor, tools: Tools
) -> Appeal:
    """Appeal against the decision of a line, within the days of its procedure; or ask that a person look at what the
    rules alone refused, for which there is no time limit (个人信息保护法 第二十四条).

    Raises NotFound, GuardianActs, LineUnknown, NothingToAppeal, AppealTimeIsOver, AppealPending, ReviewedAlready,
    DecidedByPeople.
    """
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda _: False)
    claim, person = opened.claim, opened.person
    await must_act_for(session, actor, person.family, at=tools.at, keyring=tools.keyring)
    line = opened.line(line_no)
    _must_be_appealable(opened, line, kind, at=tools.at)
    if await _open_of(session, line) is not None:
        raise refusals.AppealPending
    if await _decided_before(session, line, kind):
        raise refusals.ReviewedAlready
    assert line.decision_id is not None
    on = today(tools.at)
    days = await working_days_from(session, on)
    raised = Appeal(
        learner_id=claim.learner_id,
        appeal_id=new_id(),
        claim_id=claim_id,
        line_no=line_no,
        kind=kind,
        decision_id=line.decision_id,
        raised_by=actor.name,
        raised_at=tools.at,
        words_sealed=person.seal({"words": words}, learner_id=claim.learner_id, field="appeal"),
        due_on=ends_on(on, claim.times["appeal_decided_within"], days),
        state="open",
    )
    writing = new_writing(tools, [person], by=actor.name)
    writing.keep(raised)
    about = {"appeal_id": str(raised.appeal_id)}
    writing.note(claim, "appealed" if kind == "appeal" else "review_asked", line_no=line_no, about=about)
    await writing.write(session)
    return raised


def _must_be_appealable(opened: Opened, line: ClaimLine, kind: Kind, *, at: datetime) -> None:
    claim, conversion = opened.claim, opened.conversion(line)
    reduced = (
        line.state == "granted" and conversion is not None and conversion.credits < int(conversion.course["credits"])
    )
    if line.decision_id is None or not (line.state in ("refused", "lapsed", "ended") or reduced):
        raise refusals.NothingToAppeal(line=line.line_no)
    if kind == "human_review":
        if line.refused_by not in ("rules", "kernel", "clock"):
            raise refusals.DecidedByPeople
        return
    until: date | None = claim.appeal_until_on
    if until is not None and today(at) > until:
        raise refusals.AppealTimeIsOver(until=until)


async def decide_appeal(
    session: Transaction,
    appeal_id: UUID,
    *,
    upheld: bool,
    words: str,
    credits: int | None,
    exemption: str | None,
    expires_on: date | None,
    actor: Actor,
    tools: Tools,
) -> Appeal:
    """A second reviewer decides: upheld grants by an override, in force at once for it is the second look, and proposes
    an equivalence; dismissed leaves everything as it is. Either is served with its reasons.

    Raises NotFound, AppealAlreadyDecided, ReviewerActedBefore, ExpiryNotAhead, MoreThanTheCourse, RecordNotLive,
    CourseAlreadyReplaced, CourseNotInPlan.
    """
    opened, raised = await _open(session, appeal_id, tools=tools)
    claim, person = opened.claim, opened.person
    if raised.state != "open":
        raise refusals.AppealAlreadyDecided
    if actor.name in await _who_acted(session, opened):
        raise refusals.ReviewerActedBefore
    line = opened.line(raised.line_no)
    writing = new_writing(tools, [person], by=actor.name)
    raised.state = "upheld" if upheld else "dismissed"
    raised.decided_by, raised.decided_at = actor.name, tools.at
    raised.answer_sealed = person.seal({"words": words}, learner_id=claim.learner_id, field="answer")
    if upheld:
        gathered = await gather(
            session, family=person.family, plan_id=claim.plan_id, claim=ClaimSaid(claim.claimed_on),
            keyring=tools.keyring, at=tools.at, without_claim=claim.claim_id,
        )  # fmt: skip
        course = gathered.course(line.course_code)
        gives = credits if credits is not None else 0 if course is None else int(course["credits"])
        exempt = exemption or ("none" if line.wants == "credits" else _EXEMPTS[line.wants])
        if expires_on is None:
            raise refusals.ExpiryNotAhead(field="/expires_on")
        may_stand(opened, line, gathered, credits=gives, exemption=exempt, expires_on=expires_on, tools=tools)
        override = new_override(
            line, credits=gives, exemption=exempt, reason=words, expires_on=expires_on, by=actor.name, tools=tools,
            appeal_id=appeal_id,
        )  # fmt: skip
        await put_in_force(session, writing, opened, line, override, gathered)
        raised.override_id = override.override_id
        raised.equivalence_id = await _propose(session, opened, line, raised, by=actor.name, tools=tools)
    writing.keep(raised)
    about = {"appeal_id": str(appeal_id), "upheld": upheld}
    writing.note(claim, "appeal_decided", line_no=line.line_no, decision_id=line.decision_id, about=about)
    writing.serve(claim, "appeal_decided", line_no=line.line_no, decision_id=line.decision_id)
    await writing.write(session)
    return raised


_EXEMPTS = {"exemption": "full", "attendance": "attendance"}


async def _who_acted(session: Transaction, opened: Opened) -> set[str]:
    claim = opened.claim
    said = [claim.learner_id, claim.claim_id] * 2
    cursor = await (await driver(session)).execute(_WHO_ACTED, said)
    return {name for (name,) in await cursor.fetchall()}


# --- precedents ---------------------------------------------------------------------------------------------------

_SOURCES: LiteralString = """
SELECT c.record_id, c.kind, c.institution_id, v.body
FROM record_current c
JOIN record_version v ON v.learner_id = c.learner_id AND v.record_id = c.record_id AND v.version = c.version
WHERE c.learner_id = ANY (%s) AND c.record_id = ANY (%s)
"""


async def _propose(
    session: Transaction, opened: Opened, line: ClaimLine, raised: Appeal, *, by: str, tools: Tools
) -> UUID | None:
    """Propose to the college that the same sources count for the course in general; it counts once it is confirmed.

    Nothing is proposed for what an equivalence cannot name, such as an award.
    """
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_SOURCES, [list(opened.person.family), line.record_ids])
    sources = []
    for row in await cursor.fetchall():
        body = row["body"]
        if row["kind"] == "course_result":
            named = {"institution_id": row["institution_id"], "course_code": body["course_code"], "kind": "course"}
        elif row["kind"] == "certificate":
            named = {"kind": "certificate", "standard": body["standard"], "from_level": body.get("level")}
        elif row["kind"] == "training":
            named = {"kind": "training", "institution_id": row["institution_id"], "title": body["title"]}
        elif row["kind"] == "online_course":
            named = {"kind": "online_course", "platform": body["platform"], "title": body["title"]}
        else:
            return None
        sources.append(named)
    try:
        given = EquivalenceIn.model_validate(
            {
                "sources": sources,
                "targets": [line.course_code],
                "valid_from": today(tools.at),
                "ground": f"申诉支持：{opened.claim.claim_id} 第 {line.line_no} 行",
            }
        )
        return await equivalences.propose(
            session,
            given,
            institution_id=opened.claim.institution_id,
            precedent_id=raised.appeal_id,
            by=by,
            at=tools.at,
        )
    except (BankError, ValidationError):
        return None


# --- reading ------------------------------------------------------------------------------------------------------


async def _open_of(session: Transaction, line: ClaimLine) -> Appeal | None:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_OF_A_LINE, [line.learner_id, line.claim_id, line.line_no])
    found = await cursor.fetchone()
    return None if found is None else Appeal(**found)


async def _decided_before(session: Transaction, line: ClaimLine, kind: Kind) -> bool:
    """Whether this very decision was reviewed: another decision of the line may be reviewed again."""
    said = [line.learner_id, line.claim_id, line.decision_id, kind]
    found = await (await (await driver(session)).execute(_BEFORE, said)).fetchone()
    return found is not None and bool(found[0])


async def _open(session: Transaction, appeal_id: UUID, *, tools: Tools) -> tuple[Opened, Appeal]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_ONE, [appeal_id])
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    opened = await open_claim(session, found["claim_id"], tools=tools)
    await cursor.execute(_ONE, [appeal_id])
    under_lock = await cursor.fetchone()
    assert under_lock is not None
    return opened, Appeal(**under_lock)
