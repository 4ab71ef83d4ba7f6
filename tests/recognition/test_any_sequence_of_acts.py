"""Whatever people do, in whatever order: what stands is rightly there, and books, transcript and decisions agree.

Two people live through some thirty-five acts, drawn by a seed: claims, corrections, withdrawals, moves, merges,
overrides, appeals, objections, clocks. Most acts may be refused. After each the invariants are read from the bare
tables, and at the end every decision is replayed. Two seeds run by default, fifty with `CREDITBANK_TEST_SEEDS=50`. A
failure names its seed and the last acts; the same seed draws the same acts again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from creditbank.clock import CITY
from creditbank.identity.actor import Actor
from tests.open_bank import machine
from tests.recognition.college import COURSES, NOTICE, College, Learner, clause, hand, procedure, room
from tests.recognition.test_attacks_on_claims import who
from tests.recognition.test_cascade import HOURS
from tests.rules.writing import SAYS

SEEDS = range(2, 2 + int(os.environ.get("CREDITBANK_TEST_SEEDS", "2")))
HOW_MANY_ACTS = 35
CODES = [code for code, *_ in COURSES]
TRAINING = {"fact": "record.kind", "is": "training"}

ENOUGH = clause("enough", when={"every": "sources", "has": TRAINING}, require={"named": "hours", "at_least": "30"})
HIGHEST = clause(
    "highest",
    when={"fact": "record.kind", "is": "certificate"},
    replaces={"over": "conversions", "per": [{"fact": "certificate.standard"}]},
)
FEW_HOURS = {"all": [{"fact": "record.hours", "stated": "yes"}, {"fact": "record.hours", "at_most": 45}]}
GIVES = {
    "credits": {"choose": [{"when": FEW_HOURS, "take": {"value": "one"}}, {"otherwise": {"fact": "course.credits"}}]}
}
ONE_CREDIT = {"one": {"says": SAYS, "is": "1", "unit": "credits", "cites": ["source"]}}
PROCEDURES = [
    None,
    procedure(hand("department", "department", "review", silence="approve"), NOTICE),
    procedure(hand("department", "department", "review", when={"exists": "sources", "where": TRAINING})),
    procedure(NOTICE),
]
"""Who acts on a claim: nobody, or the hands of one of these, in turn with the seeds."""


@dataclass
class Life:
    """What has happened so far, and the draw of what happens next."""

    college: College
    random: Random
    people: list[Learner] = field(default_factory=list)
    reporters: dict[UUID, UUID] = field(default_factory=dict)
    claims: list[tuple[Learner, dict[str, Any]]] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    appealed: list[str] = field(default_factory=list)
    merge: str | None = None
    told: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day in the city."""
        return self.college.at.astimezone(CITY).date()

    def somebody(self) -> Learner:
        """One of the people."""
        return self.random.choice(self.people)

    def line(self) -> tuple[Learner, str, int] | None:
        """A line of a claim that was made: whose, and its claim and number; none before the first claim."""
        if not self.claims:
            return None
        learner, made = self.random.choice(self.claims)
        return learner, made["claim_id"], self.random.choice(made["lines"])["line_no"]

    async def waiting(self, hand: str | None = None) -> tuple[Learner, dict[str, Any]] | None:
        """A claim that is open, or that one hand has before it: whose, and how it stands; none where there is none."""
        now = [(learner, await self.college.read(made)) for learner, made in self.claims]
        open_ = [one for one in now if one[1]["state"] == "open" and hand in (None, one[1]["step"])]
        return self.random.choice(open_) if open_ else None

    async def asks(self, path: str, actor: Actor, **body: Any) -> dict[str, Any] | None:
        """What the bank answers to a POST; none where it refuses, and it may never fail."""
        answer = await self.college.bank.call("POST", path, actor, json=body)
        said: dict[str, Any] = answer.json()
        self.told.append(f"    {path} {body} -> {answer.status_code} {said.get('code', '')}")
        assert answer.status_code < 500, answer.text
        return said if answer.status_code < 300 else None

    async def reports(self, learner: Learner, by: UUID, **row: Any) -> None:
        """An institution reports a record of somebody, once or again."""
        said = await self.asks("/v1/records", machine("records:write", institution_id=by), learner=who(learner), **row)
        if said is None or said["record_id"] is None:
            return
        record = UUID(said["record_id"])
        self.reporters[record] = by
        if not any(record in one.records for one in self.people):
            learner.records.append(record)


Act = Callable[[Life], Awaitable[None]]
ACTS: dict[Act, int] = {}
"""What may happen, and how often against the others."""


def happens(weight: int) -> Callable[[Act], Act]:
    """The function is an act of that weight."""

    def register(act: Act) -> Act:
        ACTS[act] = weight
        return act

    return register


# --- records --------------------------------------------------------------------------------------------------------


@happens(6)
async def a_training_is_reported_or_corrected(life: Life) -> None:
    learner, number = life.somebody(), life.random.randint(1, 4)
    await life.reports(
        learner, life.college.school, kind="training", key=f"K{learner.serial}-{number}", title=f"叉车{number}",
        hours=life.random.choice(["10", "20", "40", "50"]), started_on="2025-03-01",
        occurred_on=life.random.choice(["2025-03-20", "2025-04-20"]),
    )  # fmt: skip


@happens(3)
async def a_certificate_is_reported_or_corrected(life: Life) -> None:
    """Numbers 0 and 1 are those that everybody has; 4 and 5 are further ones of the same standards."""
    learner, number = life.somebody(), life.random.choice([0, 1, 4, 5])
    await life.reports(
        learner, life.college.body, kind="certificate", standard=f"X{number % 4}",
        number=f"DEMO{learner.serial:04d}{number:03d}", level=life.random.choice(["elementary", "intermediate"]),
        occurred_on="2025-06-01",
    )  # fmt: skip


@happens(1)
async def a_course_of_the_plan_is_passed_or_failed(life: Life) -> None:
    await life.reports(
        life.somebody(), life.college.college, kind="course_result", course_code=life.random.choice(CODES),
        academic_year="2025-2026", term=2, occurred_on="2026-03-01", score=life.random.choice(["90", "40"]),
    )  # fmt: skip


@happens(2)
async def a_record_is_withdrawn(life: Life) -> None:
    record = life.random.choice(life.somebody().records)
    actor = machine("records:write", institution_id=life.reporters[record])
    await life.asks(f"/v1/records/{record}/withdrawal", actor, reason="误报了")


@happens(1)
async def a_record_proves_to_be_of_somebody_else(life: Life) -> None:
    learner, other = life.random.sample(life.people, 2)
    if len(learner.records) < 2:
        return
    record = life.random.choice(learner.records)
    actor = machine("records:write", institution_id=life.reporters[record])
    path = f"/v1/records/{record}/reassignment"
    if await life.asks(path, actor, learner=who(other), reason="报错了人"):
        learner.records.remove(record)
        other.records.append(record)


@happens(2)
async def two_accounts_prove_to_be_of_one_person_or_not_to_be(life: Life) -> None:
    if life.merge is not None:
        await life.asks(f"/v1/learner-merges/{life.merge}/end", life.college.officer, reason="不是同一人")
        life.merge = None
        return
    one, other = (str(each.learner_id) for each in life.random.sample(life.people, 2))
    body = {"learner_id": one, "into_learner_id": other, "reason": "同一人"}
    if said := await life.asks("/v1/learner-merges", life.college.officer, **body):
        life.merge = said["alias_id"]


# --- claims ---------------------------------------------------------------------------------------------------------


@happens(7)
async def somebody_claims(life: Life) -> None:
    """For up to three courses; by the records of both accounts while they are one person's."""
    learner, lines = life.somebody(), []
    theirs = life.people if life.merge else [learner]
    records = [str(record) for one in theirs for record in one.records]
    for code in life.random.sample(CODES, life.random.choice([1, 1, 2, 3])):
        used = life.random.sample(records, min(len(records), life.random.choice([1, 1, 1, 2])))
        wants = life.random.choice(["credits"] * 4 + ["exemption"])
        lines.append({"record_ids": used, "course_code": code, "wants": wants})
    path = f"/v1/learners/{learner.learner_id}/claims"
    if made := await life.asks(path, learner.actor, plan_id=str(life.college.plan), lines=lines):
        life.claims.append((learner, made))


@happens(3)
async def a_hand_answers(life: Life) -> None:
    if waiting := await life.waiting("department"):
        _, now = waiting
        outcome = life.random.choice(["approved", "approved", "refused"])
        part: dict[str, Any] = life.random.choice([{}, {"lines": [life.random.choice(now["lines"])["line_no"]]}])
        path = f"/v1/claims/{now['claim_id']}/steps/{now['step']}/outcome"
        await life.asks(path, life.college.department, outcome=outcome, reason="不符合", **part)


@happens(2)
async def a_claim_is_taken_back(life: Life) -> None:
    if waiting := await life.waiting():
        learner, now = waiting
        part: dict[str, Any] = life.random.choice([{}, {"lines": [life.random.choice(now["lines"])["line_no"]]}])
        await life.asks(f"/v1/claims/{now['claim_id']}/withdrawal", learner.actor, **part)


@happens(1)
async def a_conversion_is_given_up(life: Life) -> None:
    if line := life.line():
        learner, claim, number = line
        await life.asks(f"/v1/claims/{claim}/lines/{number}/giving-up", learner.actor)


@happens(1)
async def somebody_objects(life: Life) -> None:
    if waiting := await life.waiting("notice"):
        learner, now = waiting
        other = next(one for one in life.people if one is not learner)
        path = f"/v1/claims/{now['claim_id']}/objections"
        raised = await life.asks(path, other.actor, words="有异议")
        if raised and life.random.random() < 0.7:
            path = f"{path}/{raised['objection_id']}/decision"
            await life.asks(path, life.college.officer, upheld=life.random.random() < 0.5, words="已核实")


# --- people decide otherwise, and time passes -----------------------------------------------------------------------


@happens(3)
async def an_override_is_proposed(life: Life) -> None:
    if line := life.line():
        _, claim, number = line
        until = life.today + timedelta(days=life.random.choice([5, 30, 300]))
        said = await life.asks(
            f"/v1/claims/{claim}/lines/{number}/overrides", life.college.officer,
            credits=life.random.choice(["0", "1", "2", "3"]), exemption=life.random.choice(["none", "none", "full"]),
            reason="学校更名", expires_on=until.isoformat(),
        )  # fmt: skip
        if said:
            life.proposed.append(said["override_id"])


@happens(3)
async def an_override_is_confirmed_or_not(life: Life) -> None:
    if life.proposed:
        one = life.proposed.pop(life.random.randrange(len(life.proposed)))
        agreed = life.random.random() < 0.8
        await life.asks(f"/v1/overrides/{one}/confirmation", life.college.second_officer, agreed=agreed)


@happens(2)
async def somebody_appeals(life: Life) -> None:
    if line := life.line():
        learner, claim, number = line
        kind = life.random.choice(["appeal", "human_review"])
        path = f"/v1/claims/{claim}/lines/{number}/appeals"
        if said := await life.asks(path, learner.actor, kind=kind, words="内容相同"):
            life.appealed.append(said["appeal_id"])


@happens(2)
async def an_appeal_is_decided(life: Life) -> None:
    if life.appealed:
        one = life.appealed.pop(life.random.randrange(len(life.appealed)))
        upheld = life.random.random() < 0.6
        until = {"expires_on": (life.today + timedelta(days=40)).isoformat()} if upheld else {}
        body = {"upheld": upheld, "words": "课程标准一致", **until}
        await life.asks(f"/v1/appeals/{one}/decision", life.college.reviewer, **body)


@happens(2)
async def days_pass(life: Life) -> None:
    days = life.random.choice([1, 1, 3, 8, 20])
    life.college.later(days=days)
    life.told.append(f"    {days} days")


@happens(1)
async def a_worker_does_what_is_due(life: Life) -> None:
    life.told.append(f"    {await life.college.work()} jobs")


# --- what holds after each act --------------------------------------------------------------------------------------

FAMILY = """
    WITH family AS (
        SELECT l.learner_id, coalesce(a.into_learner_id, l.learner_id) AS person
        FROM learner l LEFT JOIN learner_alias a ON a.learner_id = l.learner_id AND a.ended_at IS NULL)
"""


async def a_person_has_a_course_replaced_once(life: Life) -> None:
    twice = await life.college.sql(
        f"""{FAMILY} SELECT person, plan_id, course_code FROM conversion JOIN family USING (learner_id)
        WHERE state = 'granted' GROUP BY 1, 2, 3 HAVING count(*) > 1"""
    )
    assert twice == []


async def what_is_granted_stands_on_live_records_of_its_own_person(life: Life) -> None:
    without = await life.college.sql(
        f"""{FAMILY} SELECT v.claim_id, v.line_no, u.record_id
        FROM conversion v JOIN family f USING (learner_id) JOIN record_use u USING (learner_id, conversion_id)
        WHERE v.state = 'granted' AND NOT EXISTS (
            SELECT FROM record_current r JOIN family g USING (learner_id)
            WHERE g.person = f.person AND r.record_id = u.record_id)"""
    )
    assert without == []


async def nothing_gives_more_than_the_course_is_worth(life: Life) -> None:
    beyond = await life.college.sql(
        "SELECT claim_id, line_no FROM conversion WHERE state = 'granted' AND credits > (course ->> 'credits')::int"
    )
    assert beyond == []


async def what_the_rules_granted_for_trainings_has_hours_enough(life: Life) -> None:
    too_few = await life.college.sql(
        """
        SELECT v.claim_id, v.line_no, sum((r.shown ->> 'hours')::numeric)
        FROM conversion v JOIN record_use u USING (learner_id, conversion_id) JOIN record_current r USING (record_id)
        WHERE v.state = 'granted' AND NOT EXISTS (
            SELECT FROM override o WHERE o.state = 'in_force' AND (o.claim_id, o.line_no) = (v.claim_id, v.line_no))
        GROUP BY 1, 2 HAVING every(r.kind = 'training') AND sum((r.shown ->> 'hours')::numeric) < 30
        """
    )
    assert too_few == []


async def an_open_claim_waits_for_something_open(life: Life) -> None:
    """Unless a worker is to look at it by now: it has an open line, and one of its step if it is at one."""
    waiting_for_nothing = await life.college.sql(
        """
        SELECT c.claim_id, c.step FROM claim c
        WHERE c.state = 'open' AND coalesce(c.look_at, 'infinity') > %s AND NOT EXISTS (
            SELECT FROM claim_line l
            WHERE l.learner_id = c.learner_id AND l.claim_id = c.claim_id AND l.state = 'open' AND EXISTS (
                SELECT FROM jsonb_array_elements(c.steps) s
                WHERE s ->> 'id' = c.step AND s -> 'lines' @> to_jsonb(l.line_no)))
        """,
        life.college.at,
    )
    assert waiting_for_nothing == []


async def overrides_in_force_are_what_their_lines_say(life: Life) -> None:
    otherwise = await life.college.sql(
        """
        SELECT o.override_id, l.state, o.credits, l.credits
        FROM override o JOIN claim_line l USING (learner_id, claim_id, line_no)
        WHERE o.state = 'in_force' AND (
            (o.credits > 0 OR o.exemption <> 'none') AND l.state <> 'granted'
            OR l.state = 'granted' AND l.credits <> o.credits)
        """
    )
    assert otherwise == []


async def the_transcript_adds_up_to_the_balances(life: Life) -> None:
    """Today, and on days that have passed."""
    for learner in life.people:
        path = f"/v1/learners/{learner.learner_id}"
        for days in (None, 0, 1, 5, 20, 60):
            day = life.today - timedelta(days=days or 0)
            on = "" if days is None else f"?as_of={day}"
            transcript = await life.college.ask("GET", f"{path}/transcript{on}", learner.actor)
            balances = await life.college.ask("GET", f"{path}/balances?as_of={day}", learner.actor)
            sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for one in balances["balances"]:
                if one["institution_id"] is None:
                    sums[one["scheme"], one["purpose"]] -= Decimal(one["credits"])
            for kind, purpose in (("conversions", "conversion"), ("records", "deposit")):
                for one in transcript[kind]:
                    sums[one["scheme"], purpose] += Decimal(one["credits"])
            assert not any(sums.values()), (learner.serial, on, sums)


AFTER_EACH_ACT = (
    a_person_has_a_course_replaced_once,
    what_is_granted_stands_on_live_records_of_its_own_person,
    nothing_gives_more_than_the_course_is_worth,
    what_the_rules_granted_for_trainings_has_hours_enough,
    an_open_claim_waits_for_something_open,
    overrides_in_force_are_what_their_lines_say,
    the_transcript_adds_up_to_the_balances,
)


async def every_decision_replays_the_same(life: Life) -> None:
    rows = await life.college.sql("SELECT decision_id FROM decision WHERE facts_sealed IS NOT NULL")
    for (decision,) in rows:
        said = await life.college.ask("POST", f"/v1/decisions/{decision}/replay", life.college.officer)
        assert said["same"] is True, said


async def _begins(college: College, seed: int) -> Life:
    life = Life(college, Random(seed))
    clauses = [room("7"), ENOUGH, *life.random.choice([[], [HIGHEST]])]
    college.decide_by(*clauses, gives=GIVES, values=ONE_CREDIT, names=HOURS, hands=PROCEDURES[seed % len(PROCEDURES)])
    for _ in range(2):
        learner = await college.enrol(certificates=2)
        life.people.append(learner)
        life.reporters |= dict.fromkeys(learner.records, college.body)
    return life


async def _something_happens(life: Life) -> None:
    """An act is drawn; another one where it found nothing to be done."""
    told = len(life.told)
    while len(life.told) == told:
        (act,) = life.random.choices(list(ACTS), list(ACTS.values()))
        await act(life)
    life.told.insert(told, f"{life.college.at:%m-%d %H:%M} {act.__name__}")


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_any_sequence_of_acts_what_stands_is_rightly_there(college: College, seed: int) -> None:
    life = await _begins(college, seed)
    try:
        for _ in range(HOW_MANY_ACTS):
            await _something_happens(life)
            await college.check()
            for invariant in AFTER_EACH_ACT:
                await invariant(life)
            college.later(minutes=1)
        await every_decision_replays_the_same(life)
    except Exception as error:
        error.add_note("\n".join([f"seed {seed}, the last of what happened:", *life.told[-30:]]))
        raise
    assert life.claims
