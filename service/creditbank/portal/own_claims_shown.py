"""A claim as its learner reads it: where it is and until when, what became of each line and why, what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from creditbank.credits import format_credits
from creditbank.errors import Language
from creditbank.institutions.schemas import PlanCourse, PlanOut
from creditbank.portal.records_shown import sentence
from creditbank.portal.rounds_shown import clauses_said
from creditbank.portal.story_shown import Finding, Source, finding_told, sources_told
from creditbank.portal.words import PHRASES, Say, named, speaker
from creditbank.portal.worth_shown import Named, Records, courses_in
from creditbank.recognition.kernel import said_of
from creditbank.recognition.schemas import AppealOut, ClaimActOut, ClaimOut, ClaimShort, LineOut, StepOut
from creditbank.records.decisions import DecisionOut
from creditbank.rules import Rulebook
from creditbank.rules.facts import FACTS

Names = Mapping[UUID, str]
"""What institutions are called."""


@dataclass(frozen=True, slots=True)
class Step:
    """One hand of the claim: done, now or later; who it is, what it does, by when, and what silence means."""

    standing: str
    says: str
    who: str
    within: int
    silence: str
    served_at: datetime | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line: some records for a course, what became of it and why, and what its learner can do about it."""

    no: int
    course: str
    code: str
    wants: str
    records: list[Named]
    state: str
    credits: str
    exemption: str
    because: list[str]
    missing: list[str]
    findings: list[Finding]
    sources: list[Source]
    decision_id: UUID | None
    appeals: list[AppealOut]
    can: frozenset[str]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened to the claim."""

    at: datetime
    said: str
    about: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole claim."""

    state: str
    where: str
    due_on: date | None
    overdue: bool
    steps: list[Step]
    lines: list[Line]
    history: list[Act]
    can_withdraw: list[int]


def claim_shown(
    claim: ClaimOut,
    plan: PlanOut | None,
    records: Records,
    names: Names,
    rulebook: Rulebook,
    language: Language,
    *,
    on: date,
) -> Shown:
    """The view of a claim; `on` is today."""
    courses = {} if plan is None else {each.course_code: each for each in plan.courses}
    clauses = clauses_said(rulebook, claim.document, claim.document_version, language)
    return Shown(
        state=state_of(claim),
        where=where_it_is(claim, names, language),
        due_on=claim.objection_due_on or claim.due_on,
        overdue=claim.overdue,
        steps=_steps(claim, names, language),
        lines=[_line(each, claim, courses, records, clauses, rulebook, language, on=on) for each in claim.lines],
        history=[_act(each, language) for each in reversed(claim.history)],
        can_withdraw=[each.line_no for each in claim.lines if each.state == "open"] if claim.state == "open" else [],
    )


def state_of(claim: ClaimShort) -> str:
    """The state in a word: of an open claim that it is on notice, or waits for what its learner may bring."""
    if claim.state != "open":
        return claim.state
    if claim.waits_for == "evidence":
        return "evidence"
    return "notice" if claim.does == "notice" else "open"


def where_it_is(claim: ClaimShort, names: Names, language: Language) -> str:
    """In whose hand the claim lies and what it waits for, in a sentence; nothing once it is decided."""
    say = speaker(language)
    if claim.state != "open":
        return ""
    if claim.waits_for is not None:
        return say(f"claim_waits_{claim.waits_for}")
    if claim.does == "notice":
        return say("claim_on_notice")
    return say("claim_in_hand", who=_who(claim.hand or "bank", names.get(claim.institution_id, ""), say))


def _who(hand: str, institution: str, say: Say) -> str:
    said = say(f"hand_{hand}")
    if not institution or hand not in ("department", "registrar"):
        return said
    return say("claim_who", institution=institution, hand=said)


def _steps(claim: ClaimOut, names: Names, language: Language) -> list[Step]:
    say = speaker(language)
    served = {each.step: each.at for each in claim.history if each.act == "served"}
    return [
        Step(
            standing=standing,
            says=sentence(each.says_zh if language == "zh" else each.says_en, language),
            who=_named(each, claim, names, say),
            within=each.within,
            silence=say(f"silence_{each.silence}"),
            served_at=served.get(each.id),
            due_on=claim.due_on if each.id == claim.step else None,
        )
        for each, standing in zip(claim.steps, standings_of(claim), strict=True)
    ]


def standings_of(claim: ClaimOut) -> list[str]:
    """Of each step whether it is done, now, late, or never began: a claim may end before its last step.

    Whoever reads no history, a certificate body, reads only of steps that were its own.
    """
    served = {each.step for each in claim.history if each.act == "served"} or {each.id for each in claim.steps}
    found = [each.id for each in claim.steps]
    now = found.index(claim.step) if claim.step in found else len(found)
    return [
        ("late" if claim.overdue else "now")
        if place == now
        else "done"
        if place < now and each.id in served
        else "later"
        for place, each in enumerate(claim.steps)
    ]


def _named(step: StepOut, claim: ClaimOut, names: Names, say: Say) -> str:
    if step.hand == "issuer" and step.institution_id is not None:
        return names.get(step.institution_id) or say("hand_issuer")
    return _who(step.hand, names.get(claim.institution_id, ""), say)


# --- lines ------------------------------------------------------------------------------------------------------------


def _line(
    line: LineOut,
    claim: ClaimOut,
    courses: Mapping[str, PlanCourse],
    records: Records,
    clauses: Mapping[str, str],
    rulebook: Rulebook,
    language: Language,
    *,
    on: date,
) -> Line:
    say = speaker(language)
    sources, numbers = sources_told(line.findings or [], language)
    appeals = [each for each in claim.appeals if each.line_no == line.line_no]
    course = courses.get(line.course_code)
    return Line(
        no=line.line_no,
        course=line.course_code if course is None else course.name,
        code=line.course_code,
        wants=say(f"wants_{line.wants}"),
        records=[records.get(str(one)) or Named(say("record_not_shown"), "", None) for one in line.record_ids],
        state=line.state,
        credits=format_credits(line.credits),
        exemption=_exemption(line, language),
        because=_because(line, clauses, rulebook, say, language),
        missing=[
            say("worth_missing", fact=each.zh if language == "zh" else each.en, who=say(f"hand_{each.hand}"))
            for each in line.missing
        ],
        findings=[finding_told(each, numbers, language) for each in line.findings or []],
        sources=sources,
        decision_id=line.decision_id,
        appeals=appeals,
        can=_can(line, claim, course, appeals, on=on),
    )


def _exemption(line: LineOut, language: Language) -> str:
    """What a line exempts from, or would: one that came to nothing keeps what was claimed and exempts from nothing."""
    if line.state not in ("open", "granted") or line.exemption in (None, "none"):
        return ""
    return named("exemption", line.exemption, language)


def _because(line: LineOut, clauses: Mapping[str, str], rulebook: Rulebook, say: Say, language: Language) -> list[str]:
    """Why a line was refused or ended: by whom, the clause in the words of its document, what a hand wrote."""
    if line.state not in ("refused", "lapsed", "ended"):
        return []
    found = [say(f"refused_by_{line.refused_by}")] if f"refused_by_{line.refused_by}" in PHRASES else []
    rule = said_of(line.refusal or "")
    if rule is not None:
        found.append(sentence(rule[0 if language == "zh" else 1], language))
    elif line.refusal is not None and line.refusal in clauses:
        found.append(sentence(clauses[line.refusal], language))
    elif line.refusal is not None and "/" in line.refusal:
        found += _of_another(line.refusal, rulebook, language)
    if line.reason:
        found.append(say("claim_words", words=line.reason))
    return found


def _of_another(name: str, rulebook: Rulebook, language: Language) -> list[str]:
    """A clause of a document that applies beside the one of the claim, where all of its versions say the same."""
    document, _, clause = name.partition("/")
    said = {
        each.zh if language == "zh" else each.en
        for version in rulebook.versions()
        if version.document.document == document
        for each in version.clauses
        if each.id == clause
    }
    return [sentence(said.pop(), language)] if len(said) == 1 else []


def _can(
    line: LineOut, claim: ClaimOut, course: PlanCourse | None, appeals: Sequence[AppealOut], *, on: date
) -> frozenset[str]:
    """What a learner may try with a line: the bank says in the end whether it is so."""
    found = set[str]()
    if line.state == "granted":
        found.add("giving_up")
    if line.state == claim.state == "open" and claim.waits_for == "evidence" and _may_contest(line, claim):
        found.add("evidence")
    pending = any(each.state == "open" for each in appeals)
    against = line.state in ("refused", "lapsed", "ended") or _gives_less(line, course)
    if against and line.decision_id is not None and not pending:
        decided = {each.kind for each in appeals if _about_now(each, line, claim)}
        if (claim.appeal_until_on is None or on <= claim.appeal_until_on) and "appeal" not in decided:
            found.add("appeal")
        if line.refused_by in ("rules", "kernel", "clock") and "human_review" not in decided:
            found.add("human_review")
    return frozenset(found)


def _gives_less(line: LineOut, course: PlanCourse | None) -> bool:
    """Whether a line that claimed credits was granted fewer than its course has."""
    return line.state == "granted" and line.wants == "credits" and course is not None and line.credits < course.credits


def _about_now(appeal: AppealOut, line: LineOut, claim: ClaimOut) -> bool:
    """Whether an appeal was against the decision that the line has now, not against one before it."""
    made = [each.at for each in claim.history if each.decision_id == line.decision_id and each.act != "appeal_decided"]
    return not made or appeal.raised_at >= max(made)


def _may_contest(line: LineOut, claim: ClaimOut) -> bool:
    step = next((each for each in claim.steps if each.id == claim.step), None)
    done = any(each.act == "contested" and each.line_no == line.line_no for each in claim.history)
    return step is not None and line.line_no in step.lines and not done


# --- what happened ----------------------------------------------------------------------------------------------------


def _act(act: ClaimActOut, language: Language) -> Act:
    say = speaker(language)
    about = [] if act.line_no is None else [say("claim_line_n", n=act.line_no)]
    if act.act == "served" and f"hand_{act.about.get('hand')}" in PHRASES:
        about.append(say(f"hand_{act.about['hand']}"))
    fact = FACTS.get(str(act.about.get("fact")))
    if fact is not None:
        about.append(fact.zh if language == "zh" else fact.en)
    words = [str(each) for each in (act.words or {}).values() if isinstance(each, str)]
    return Act(act.at, say(f"claim_act_{act.act}"), say("semicolon").join(about), " ".join(words))


def turning_shown(
    decision: DecisionOut, language: Language, courses: Mapping[str, str]
) -> tuple[list[list[str]], list[str]]:
    """Of a refusal the smallest changes that would turn it, and how much room a cap still has.

    `courses` is what the plan calls its courses, by their codes.
    """
    turning: Mapping[str, Any] = decision.turning or {}
    changes = [
        [courses_in(str(one[language]), courses, language) for one in together]
        for together in turning.get("changes", ())
    ]
    rules = {each["clause"]: each[f"rule_{language}"] for each in decision.findings}
    say = speaker(language)
    room = (f"{rules[each['clause']]}{say('colon')}{_room(each, language)}" for each in turning.get("room", ()))
    return changes, list(dict.fromkeys(room))


def _room(each: Mapping[str, Any], language: Language) -> str:
    """How much a cap still takes; of one that takes nothing, that it is full."""
    full = str(each["en"]).rpartition("; ")[2].startswith("0 ")
    return speaker(language)("claim_room_none") if full else str(each[language])
