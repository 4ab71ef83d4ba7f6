"""Reading claims: one with its lines and history, those of a learner, those that wait for a hand, those on notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.credits import format_credits
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import family_of
from creditbank.learners.refusals import AlreadyErased
from creditbank.learners.sight import ALL, sight_of
from creditbank.recognition.inboxes import short
from creditbank.recognition.judging import Judged
from creditbank.recognition.moving import judge_now
from creditbank.recognition.opening import Opened, look_at, whose
from creditbank.recognition.schemas import (
    AppealOut,
    ClaimActOut,
    ClaimOut,
    ClaimShort,
    LineOut,
    NoticeLine,
    ObjectionOut,
    OverrideOut,
    PublicNotice,
    StepOut,
)
from creditbank.recognition.standing import Person
from creditbank.recognition.tables import Appeal, Claim, ClaimAct, ClaimLine, Conversion, Objection, Override
from creditbank.recognition.unknown import missing_out
from creditbank.records.acts import Tools
from creditbank.records.without_others import findings_without_others, rows_of_others

See = Literal["all", "college", "issuer"]

OBJECTOR = "objector"
"""What a history says instead of who objected: that is told to nobody."""


# --- one claim ----------------------------------------------------------------------------------------------------


async def one_claim(session: AsyncSession, claim_id: UUID, *, actor: Actor, tools: Tools) -> ClaimOut:
    """A claim as far as a caller may see it; while lines are open, with what the rules find of them now.

    All of it: the learner, a guardian, the bank. The college whose plan it is or that claimed: all of it. A certificate
    body: the lines that it is to verify. Raises NotFound for everybody else.
    """
    learner_id = await whose(session, claim_id)
    try:
        opened: Opened | None = await look_at(session, claim_id, tools=tools)
    except AlreadyErased:
        opened = None
    claim = opened.claim if opened is not None else await _bare(session, learner_id, claim_id)
    see = await _sight(session, claim, actor=actor, tools=tools)
    judged: Sequence[Judged] = ()
    if opened is not None and opened.open_lines and see != "issuer":
        _, judged = await judge_now(session, opened, tools=tools)
    return await shown(session, claim, opened, judged, see=see, actor=actor, at=tools.at)


async def _bare(session: AsyncSession, learner_id: UUID, claim_id: UUID) -> Claim:
    (row,) = await _rows(session, "SELECT * FROM claim WHERE learner_id = %s AND claim_id = %s", learner_id, claim_id)
    return Claim(**row)


async def _sight(session: AsyncSession, claim: Claim, *, actor: Actor, tools: Tools) -> See:
    own = actor.institution_id
    if own is not None and Reach.INSTITUTION in actor.reach:
        if own in (claim.institution_id, claim.made_for_id):
            return "college"
        if str(own) in {step["institution_id"] for step in claim.steps if _began(claim, step)}:
            return "issuer"
        raise NotFound
    sight = await sight_of(session, actor, claim.learner_id, at=tools.at, keyring=tools.keyring, purpose="claim")
    if sight != ALL:
        raise NotFound
    return "all"


def _began(claim: Claim, step: Mapping[str, Any]) -> bool:
    """Whether a step was served: a body learns of a claim when it is asked, not before."""
    names = [each["id"] for each in claim.steps]
    if claim.step is None:
        return bool(step.get("done") or step.get("failed"))
    return names.index(step["id"]) <= names.index(claim.step)


async def shown(
    session: Transaction,
    claim: Claim,
    opened: Opened | None,
    judged: Sequence[Judged],
    *,
    see: See,
    actor: Actor,
    at: datetime,
    acts: Sequence[ClaimAct] | None = None,
) -> ClaimOut:
    """A claim as it is answered.

    Of one that was made just now the `acts` are given; nobody can have said anything against it yet.
    """
    about = claim.learner_id, claim.claim_id
    lines = (
        list(opened.lines)
        if opened is not None
        else [ClaimLine(**row) for row in await _of_claim(session, "claim_line", "line_no", *about)]
    )
    conversions = (
        dict(opened.conversions)
        if opened is not None
        else {row["conversion_id"]: Conversion(**row) for row in await _of_claim(session, "conversion", "on", *about)}
    )
    if see == "issuer":
        mine = {n for step in claim.steps if step["institution_id"] == str(actor.institution_id) for n in step["lines"]}
        lines = [line for line in lines if line.line_no in mine]
    person = None if opened is None else opened.person
    whole = see != "issuer"
    answered = whole and acts is None
    if acts is None:
        acts = [ClaimAct(**row) for row in (await _of_claim(session, "claim_act", "act_no", *about) if whole else ())]
    by_line = {one.line.line_no: one for one in judged}
    history = [_act(act, person) for act in acts]
    reasons = {act.decision_id: act.words["reason"] for act in history if act.words and "reason" in act.words}
    found = {number: _found(one, person, lines, see=see, own=actor.institution_id) for number, one in by_line.items()}
    return ClaimOut(
        **short(claim, at),
        document=claim.document,
        document_version=claim.document_version,
        lines=[
            line_out(line, conversions, by_line.get(line.line_no), found.get(line.line_no), reasons=reasons)
            for line in lines
        ],
        steps=[_step(step) for step in claim.steps if whole or step["institution_id"] == str(actor.institution_id)],
        history=history,
        objections=[
            objection_out(Objection(**row), person)
            for row in (await _of_claim(session, "objection", "raised_at", *about) if answered else ())
        ],
        appeals=[
            appeal_out(Appeal(**row), person, at=at)
            for row in (await _of_claim(session, "appeal", "raised_at", *about) if answered else ())
        ],
        overrides=[
            override_out(Override(**row))
            for row in (await _of_claim(session, "override", "proposed_at", *about) if answered else ())
        ],
        links={"self": f"/v1/claims/{claim.claim_id}", "plan": f"/v1/plans/{claim.plan_id}"},
    )


def _found(
    judged: Judged, person: Person | None, lines: Sequence[ClaimLine], *, see: See, own: UUID | None
) -> list[dict[str, Any]]:
    """What the rules find of a line, for a college without consent less what others reported of the learner."""
    findings = judged.findings()
    if see == "all" or judged.decided is None or person is None or own in person.consented:
        return findings
    mine = {str(record) for line in lines for record in line.record_ids}
    mine |= {str(one.record_id) for one in person.records.values() if one.institution_id == own}
    return findings_without_others(findings, rows_of_others(judged.decided.facts_used(), mine=mine, own=own))


def line_out(
    line: ClaimLine,
    conversions: Mapping[UUID, Conversion],
    judged: Judged | None,
    findings: Sequence[dict[str, Any]] | None,
    *,
    reasons: Mapping[UUID | None, str],
) -> LineOut:
    """A line as it is answered."""
    conversion = None if line.conversion_id is None else conversions.get(line.conversion_id)
    return LineOut(
        **line.model_dump(include={*LineOut.model_fields} - {"credits", "verdict", "reason"}),
        reason=None if line.decision_id is None else reasons.get(line.decision_id),
        verdict=line.verdict if judged is None else judged.verdict,
        credits=format_credits(line.credits if judged is None or line.state != "open" else judged.credits),
        exemption=None if conversion is None else conversion.exemption,
        findings=None if findings is None else list(findings),
        missing=[] if judged is None else [missing_out(name) for name in judged.missing()],
    )


def _step(step: Mapping[str, Any]) -> StepOut:
    return StepOut(
        id=step["id"],
        hand=step["who"],
        does=step["does"],
        within=step["within"],
        silence=step["silence"],
        says_zh=step["zh"],
        says_en=step["en"],
        lines=step["lines"],
        institution_id=step["institution_id"],
    )


def _opened(person: Person | None, sealed: bytes | None, *, learner_id: UUID, field: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None if person is None else person.open(sealed, learner_id=learner_id, field=field)
    return found


def _words(person: Person | None, sealed: bytes | None, *, learner_id: UUID, field: str) -> str | None:
    found = _opened(person, sealed, learner_id=learner_id, field=field)
    return None if found is None else str(found["words"])


def _act(act: ClaimAct, person: Person | None) -> ClaimActOut:
    words = _opened(person, act.words_sealed, learner_id=act.learner_id, field="act")
    by = OBJECTOR if act.act == "objected" else act.by
    return ClaimActOut(**act.model_dump(include={*ClaimActOut.model_fields} - {"words", "by"}), by=by, words=words)


def objection_out(row: Objection, person: Person | None) -> ObjectionOut:
    """An objection as it is answered: not who raised it."""
    return ObjectionOut(
        **row.model_dump(include={*ObjectionOut.model_fields} - {"words", "answer"}),
        words=_words(person, row.words_sealed, learner_id=row.learner_id, field="objection"),
        answer=_words(person, row.answer_sealed, learner_id=row.learner_id, field="answer"),
    )


def appeal_out(row: Appeal, person: Person | None, *, at: datetime) -> AppealOut:
    """An appeal as it is answered; `overdue` once its last day is over."""
    return AppealOut(
        **row.model_dump(include={*AppealOut.model_fields} - {"words", "answer", "overdue"}),
        overdue=row.state == "open" and row.due_on is not None and row.due_on < clock.today(at),
        words=_words(person, row.words_sealed, learner_id=row.learner_id, field="appeal"),
        answer=_words(person, row.answer_sealed, learner_id=row.learner_id, field="answer"),
    )


def override_out(row: Override) -> OverrideOut:
    """An override as it is answered."""
    return OverrideOut(
        **row.model_dump(include={*OverrideOut.model_fields} - {"credits"}), credits=format_credits(row.credits)
    )


# --- lists --------------------------------------------------------------------------------------------------------

_OF_LEARNER: LiteralString = """
SELECT * FROM claim WHERE learner_id = ANY (%(family)s) AND (%(college)s::uuid IS NULL OR institution_id = %(college)s
      OR made_for_id = %(college)s)
  AND (%(before)s::uuid IS NULL OR claim_id < %(before)s)
  AND (%(only)s::uuid[] IS NULL OR claim_id = ANY (%(only)s)
       OR (%(running)s AND (state = 'open' OR appeal_until_on >= %(today)s)))
ORDER BY claim_id DESC LIMIT %(limit)s
"""


async def claims_of(
    session: AsyncSession,
    learner_id: UUID,
    *,
    actor: Actor,
    tools: Tools,
    before: UUID | None,
    limit: int,
    only: Collection[UUID] | None = None,
    running: bool = False,
) -> list[ClaimShort]:
    """A learner's claims, the newest first; for a college those of its plans. Raises NotFound for a stranger.

    `only` are those that are asked about; `running` adds those that are open, or may still be appealed against.
    """
    college = actor.institution_id if Reach.INSTITUTION in actor.reach else None
    if college is None:
        sight = await sight_of(session, actor, learner_id, at=tools.at, keyring=tools.keyring, purpose="claim")
        if sight != ALL:
            raise NotFound
    family = list(await family_of(session, learner_id))
    said: dict[str, Any] = {"family": family, "college": college, "before": before, "limit": limit, "running": running}
    said |= {"only": None if only is None else list(only), "today": clock.today(tools.at)}
    rows = await _rows(session, _OF_LEARNER, **said)
    if college is not None and not rows and before is None:
        raise NotFound
    return [ClaimShort(**short(Claim(**row), tools.at)) for row in rows]


_NOTICES: LiteralString = """
SELECT c.claim_id, c.institution_id, c.plan_id, c.served_at, c.waits_for,
    CASE WHEN c.waits_for IS DISTINCT FROM 'objection' THEN c.due_on END AS due_on, (
    SELECT json_agg(json_build_object(
        'line_no', l.line_no, 'course_code', l.course_code, 'course_name', v.course ->> 'name', 'credits', v.credits,
        'records', (SELECT json_agg(DISTINCT r.kind) FROM record_version r WHERE r.record_id = ANY (l.record_ids)))
        ORDER BY l.line_no)
    FROM claim_line l JOIN conversion v ON v.learner_id = l.learner_id AND v.conversion_id = l.conversion_id
    WHERE l.learner_id = c.learner_id AND l.claim_id = c.claim_id AND l.state = 'open') AS lines
FROM claim c
WHERE c.state = 'open' AND c.does = 'notice' AND (c.expires_at IS NULL OR c.expires_at > %(at)s)
  AND (c.waits_for = 'objection' OR c.due_on IS NULL OR c.due_on >= %(today)s)
  AND (%(institution)s::uuid IS NULL OR c.institution_id = %(institution)s)
  AND (%(claim)s::uuid IS NULL OR c.claim_id = %(claim)s)
  AND (%(after_at)s::timestamptz IS NULL OR (c.served_at, c.claim_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY c.served_at, c.claim_id LIMIT %(limit)s
"""


async def notices(
    session: AsyncSession,
    *,
    institution_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    at: datetime,
    claim_id: UUID | None = None,
) -> list[PublicNotice]:
    """What is on public notice now: courses, credits and kinds of records, nobody's name; all of it, or one claim."""
    after_at, after_id = after or (None, None)
    rows = await _rows(
        session,
        _NOTICES,
        institution=institution_id,
        claim=claim_id,
        at=at,
        today=clock.today(at),
        after_at=after_at,
        after=after_id,
        limit=limit,
    )
    return [
        PublicNotice(
            claim_id=row["claim_id"],
            institution_id=row["institution_id"],
            plan_id=row["plan_id"],
            since_at=row["served_at"],
            until_on=row["due_on"],
            waits_for=row["waits_for"],
            lines=[NoticeLine(**{**line, "credits": format_credits(line["credits"])}) for line in row["lines"] or ()],
        )
        for row in rows
    ]


_APPEALS: LiteralString = """
SELECT * FROM appeal WHERE state = 'open'
  AND (%(after_at)s::timestamptz IS NULL OR (raised_at, appeal_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY raised_at, appeal_id LIMIT %(limit)s
"""
_OVERRIDES: LiteralString = """
SELECT * FROM override WHERE state = 'proposed'
  AND (%(after_at)s::timestamptz IS NULL OR (proposed_at, override_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY proposed_at, override_id LIMIT %(limit)s
"""


async def open_appeals(
    session: AsyncSession, *, after: tuple[datetime, UUID] | None, limit: int, at: datetime
) -> list[AppealOut]:
    """The appeals that wait for a reviewer, the oldest first; their words are read claim by claim."""
    after_at, after_id = after or (None, None)
    rows = await _rows(session, _APPEALS, after_at=after_at, after=after_id, limit=limit)
    return [appeal_out(Appeal(**row), None, at=at) for row in rows]


async def proposed_overrides(
    session: AsyncSession, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[OverrideOut]:
    """The overrides that wait for a second person, the oldest first."""
    after_at, after_id = after or (None, None)
    rows = await _rows(session, _OVERRIDES, after_at=after_at, after=after_id, limit=limit)
    return [override_out(Override(**row)) for row in rows]


# --- rows ---------------------------------------------------------------------------------------------------------

_TABLES: Mapping[str, type[SQLModel]] = {
    "claim_line": ClaimLine,
    "claim_act": ClaimAct,
    "conversion": Conversion,
    "objection": Objection,
    "appeal": Appeal,
    "override": Override,
}


async def _of_claim(
    session: Transaction, table: str, order: str, learner_id: UUID, claim_id: UUID
) -> list[dict[str, Any]]:
    assert table in _TABLES
    query: Any = f'SELECT * FROM "{table}" WHERE learner_id = %s AND claim_id = %s ORDER BY "{order}"'
    return await _rows(session, query, learner_id, claim_id)


async def _rows(session: Transaction, query: LiteralString, *said: Any, **named: Any) -> list[dict[str, Any]]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(query, named or list(said))
    return list(await cursor.fetchall())
