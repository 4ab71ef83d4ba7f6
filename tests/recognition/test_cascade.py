"""What follows for conversions when records change: reversed, reduced, kept, or flagged for people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.open_bank import machine
from tests.recognition.college import DEPARTMENT, RELEVANT, College, Learner, clause, name_of, procedure, room
from tests.recognition.test_appeals import NEVER, confirms, override
from tests.recognition.test_hands import claimed
from tests.records.town import resident
from tests.rules.writing import SAYS, named

SCORED = clause(
    "good", require={"any": [{"fact": "record.kind", "is": "certificate"}, {"fact": "record.score", "at_least": 80}]}
)


async def withdraws(college: College, record: Any) -> None:
    """The body takes a certificate back."""
    await college.ask("POST", f"/v1/records/{record}/withdrawal", college.issuer, json={"reason": "发错了"})


async def result(college: College, learner: Learner, score: str, *, status: int | None = None) -> UUID:
    """A course result of the school, sent once or again."""
    row = {
        "kind": "course_result",
        "learner": {
            "name": name_of(learner.serial),
            "document": {"kind": "resident_id", "number": resident(learner.serial)},
        },
        "course_code": "S1", "academic_year": "2024-2025", "term": 2, "occurred_on": "2025-06-20", "score": score,
    }  # fmt: skip
    school = machine("records:write", institution_id=college.school)
    posted = await college.ask("POST", "/v1/records", school, json=row, status=status)
    return UUID(posted["record_id"])


async def test_a_withdrawn_certificate_takes_the_conversion_with_it_and_the_college_is_told(college: College) -> None:
    learner, made = await claimed(college, "M1", "M2")
    await withdraws(college, learner.records[0])
    now = await college.read(made)
    assert [line["state"] for line in now["lines"]] == ["ended", "granted"]
    assert await college.converted(learner) == 300
    assert (await college.inbox(learner))[-1] == "conversion_ended"
    told = await college.sql(
        "SELECT act, summary ->> 'course_code' FROM outbox WHERE institution_id = %s AND claim_id IS NOT NULL "
        "ORDER BY arrival",
        college.college,
    )
    assert told[-1] == ("conversion_ended", "M1")
    decision = await college.ask("GET", f"/v1/decisions/{now['lines'][0]['decision_id']}", learner.actor)
    assert (decision["kind"], decision["credits"]) == ("conversion_ended", "0")
    await college.check()


async def test_the_course_is_free_again_and_so_is_the_room(college: College) -> None:
    college.decide_by(room("3"))
    learner, _ = await claimed(college, "M1")
    another = await college.certificate(learner, 5)
    await withdraws(college, learner.records[0])
    again = await college.claim(learner, ([another], "M1"))
    assert again["lines"][0]["state"] == "granted"
    assert await college.converted(learner) == 300
    await college.check()


async def test_a_corrected_grade_that_no_longer_suffices_ends_the_conversion(college: College) -> None:
    college.decide_by(SCORED)
    learner = await college.enrol(certificates=0)
    record = await result(college, learner, "85", status=201)
    made = await college.claim(learner, ([record], "M1"))
    assert made["lines"][0]["state"] == "granted"
    assert await result(college, learner, "82") == record
    assert (await college.read(made))["lines"][0]["state"] == "granted"
    await result(college, learner, "79")
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["lines"][0]["refusal"]) == ("ended", "good")
    assert await college.converted(learner) == 0
    decision = await college.ask("GET", f"/v1/decisions/{now['lines'][0]['decision_id']}", learner.actor)
    assert any(found["clause"] == "good" and found["verdict"] == "not_met" for found in decision["findings"])
    replayed = await college.ask("POST", f"/v1/decisions/{now['lines'][0]['decision_id']}/replay", college.officer)
    assert replayed["same"] is True
    await college.check()


async def test_what_was_converted_has_the_grade_of_its_record_as_it_is_corrected(college: College) -> None:
    as_it_is = {"credits": {"fact": "course.credits"}, "grade": {"fact": "record.score"}, "in_average": "yes"}
    college.decide_by(clause("x", require={"fact": "record.score", "at_least": "60"}), gives=as_it_is)
    learner = await college.enrol(certificates=0)
    record = await result(college, learner, "85", status=201)
    made = await college.claim(learner, ([record], "M1"))
    worth = await college.converted(learner)
    for score in ("82", "90"):  # a grade takes no room: it goes up as well
        told = len(await college.inbox(learner))
        assert await result(college, learner, score) == record
        (line,) = (await college.read(made))["lines"]
        shown = await college.ask("GET", f"/v1/learners/{learner.learner_id}/transcript", learner.actor)
        assert [each["grade"] for each in shown["conversions"]] == [score]
        assert (line["state"], await college.converted(learner)) == ("granted", worth)
        assert "conversion_changed" in (await college.inbox(learner))[told:]
        replayed = await college.ask("POST", f"/v1/decisions/{line['decision_id']}/replay", college.officer)
        assert replayed["same"] is True
    await college.check()


async def test_a_better_grade_brings_no_more_credits_and_can_be_replayed(college: College) -> None:
    by_score = {"choose": [{"when": {"fact": "record.score", "at_least": "85"}, "take": {"value": "two"}},
                           {"otherwise": {"value": "one"}}]}  # fmt: skip
    college.decide_by(
        clause("x", require={"fact": "record.score", "at_least": "60"}),
        gives={"credits": by_score, "grade": {"fact": "record.score"}},
        values=figures(one="1", two="2"),
    )
    learner = await college.enrol(certificates=0)
    record = await result(college, learner, "80", status=201)
    made = await college.claim(learner, ([record], "M1"))
    await result(college, learner, "90")
    (line,) = (await college.read(made))["lines"]
    assert (line["state"], line["credits"]) == ("granted", "1")
    assert await college.converted(learner) == 100
    shown = await college.ask("GET", f"/v1/learners/{learner.learner_id}/transcript", learner.actor)
    assert [each["grade"] for each in shown["conversions"]] == ["90"]
    replayed = await college.ask("POST", f"/v1/decisions/{line['decision_id']}/replay", college.officer)
    assert replayed["same"] is True, replayed
    await college.check()


async def test_what_gives_less_by_now_is_reduced_and_what_would_give_more_stays_as_it_is(college: College) -> None:
    by_level = clause("x", require={"fact": "record.kind", "is": "certificate"})
    college.decide_by(by_level, gives={"credits": {"value": "two"}}, values=figures(two="2"))
    learner = await college.enrol(certificates=0)
    record = await college.certificate(learner, 0)
    made = await college.claim(learner, ([record], "M1"))
    assert made["lines"][0]["credits"] == "2"
    college.decide_by(by_level, gives={"credits": {"value": "one"}}, values=figures(one="1"))
    assert await college.certificate(learner, 0, level="elementary") == record
    assert await college.converted(learner) == 100
    assert (await college.inbox(learner))[-1] == "conversion_changed"
    college.decide_by(by_level)
    assert await college.certificate(learner, 0) == record
    assert await college.converted(learner) == 100, "for more it is claimed again"
    await college.check()


def figures(**credits: str) -> dict[str, Any]:
    """Named figures of a method."""
    return {
        name: {"says": SAYS, "is": figure, "unit": "credits", "cites": ["source"]} for name, figure in credits.items()
    }


async def test_a_diploma_that_was_issued_is_flagged_for_people_and_not_touched(college: College) -> None:
    learner, made = await claimed(college, "M1")
    await graduates(college, learner)
    await withdraws(college, learner.records[0])
    now = await college.read(made)
    assert now["lines"][0]["state"] == "granted"
    assert now["flagged_at"] is not None
    assert await college.converted(learner) == 300
    for who in (college.officer, college.registrar):
        listed = await college.ask("GET", "/v1/claims?flagged=true", who)
        assert [one["claim_id"] for one in listed["items"]] == [made["claim_id"]]
    path = f"/v1/claims/{made['claim_id']}/flag-clearing"
    await college.ask("POST", path, college.officer, json={"words": "不影响毕业条件"})
    said = await college.ask("POST", path, college.officer, json={"words": "再看一次"}, status=409)
    assert said["code"] == "nothing_flagged"
    assert (await college.ask("GET", "/v1/claims?flagged=true", college.officer))["items"] == []
    await college.check()


async def graduates(college: College, learner: Learner) -> None:
    row = {
        "kind": "enrolment_event",
        "learner": {
            "name": name_of(learner.serial),
            "document": {"kind": "resident_id", "number": resident(learner.serial)},
            "student_no": f"2024{learner.serial:04d}",
        },
        "event": "graduated", "occurred_on": "2026-02-20", "level": "higher_vocational", "programme_code": "460101",
        "year_of_entry": 2024,
    }  # fmt: skip
    client = machine("records:write", institution_id=college.college)
    await college.ask("POST", "/v1/records", client, json=row, status=201)


async def test_a_record_moved_to_somebody_else_ends_what_it_was_converted_into(college: College) -> None:
    learner, made = await claimed(college, "M1")
    other = await college.enrol(certificates=0)
    body = {
        "learner": {
            "name": name_of(other.serial),
            "document": {"kind": "resident_id", "number": resident(other.serial)},
        },
        "reason": "报错了人",
    }
    await college.ask("POST", f"/v1/records/{learner.records[0]}/reassignment", college.issuer, json=body)
    assert (await college.read(made))["lines"][0]["state"] == "ended"
    assert await college.converted() == 0
    theirs = await college.claim(other, (learner.records, "M1"))
    assert theirs["lines"][0]["state"] == "granted"
    await college.check()


async def test_two_accounts_that_prove_to_be_one_person_keep_the_first_of_two_conversions(college: College) -> None:
    first, kept = await claimed(college, "M1")
    college.later(days=1)
    second, gone = await claimed(college, "M1")
    await merges(college, second, first)
    assert (await college.read(kept))["lines"][0]["state"] == "granted"
    now = await college.read(gone)
    assert (now["lines"][0]["state"], now["lines"][0]["refusal"]) == ("ended", "course_already_replaced")
    assert await college.converted() == 300
    await college.check()


async def test_a_merge_that_shows_more_than_the_cap_takes_the_last_one_back(college: College) -> None:
    college.decide_by(room("3"))
    first, kept = await claimed(college, "M1")
    college.later(days=1)
    second, gone = await claimed(college, "M2")
    await merges(college, second, first)
    assert [(await college.read(one))["lines"][0]["state"] for one in (kept, gone)] == ["granted", "ended"]
    await college.check()


async def test_when_accounts_are_parted_what_used_the_others_record_ends(college: College) -> None:
    first, second = await college.enrol(certificates=0), await college.enrol()
    merge = await merges(college, second, first)
    made = await college.claim(first, (second.records, "M1"))
    assert made["lines"][0]["state"] == "granted"
    await college.ask(
        "POST", f"/v1/learner-merges/{merge['alias_id']}/end", college.officer, json={"reason": "不是同一人"}
    )
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["lines"][0]["refusal"]) == ("ended", "record_not_live")
    assert await college.converted() == 0
    again = await college.claim(second, (second.records, "M1"))
    assert again["lines"][0]["state"] == "granted"
    await college.check()


async def merges(college: College, learner: Learner, into: Learner) -> dict[str, Any]:
    body = {"learner_id": str(learner.learner_id), "into_learner_id": str(into.learner_id), "reason": "同一人"}
    return await college.ask("POST", "/v1/learner-merges", college.officer, json=body, status=None)


async def test_an_override_stands_while_its_record_does_and_ends_with_it(college: College) -> None:
    college.decide_by(NEVER)
    learner = await college.enrol(certificates=0)
    record = await result(college, learner, "85", status=201)
    made = await college.claim(learner, ([record], "M1"))
    proposed = await override(college, made, college.officer, credits="3")
    await confirms(college, proposed, college.second_officer)
    await result(college, learner, "60")
    assert (await college.read(made))["lines"][0]["state"] == "granted"
    school = machine("records:write", institution_id=college.school)
    await college.ask("POST", f"/v1/records/{record}/withdrawal", school, json={"reason": "误报"})
    assert (await college.read(made))["lines"][0]["state"] == "ended"
    assert await college.converted() == 0
    await college.check()


async def test_what_becomes_unknown_is_no_refusal_but_looked_at_by_people(college: College) -> None:
    learner = await college.enrol(certificates=0)
    record = await college.certificate(learner, 0)
    made = await college.claim(learner, ([record], "M1"))
    college.decide_by(RELEVANT)
    await college.certificate(learner, 0, level="elementary")
    now = await college.read(made)
    assert now["lines"][0]["state"] == "granted"
    assert now["flagged_at"] is not None
    assert (await college.inbox(learner))[-1] == "conversion_flagged"
    await college.check()


NOT_PASSED = clause(
    "not-passed-yet",
    when={"fact": "course.result", "stated": "yes"},
    require={"fact": "course.result", "in": ["failed", "absent", "deferred"]},
)


async def passes(college: College, learner: Learner, course: str) -> None:
    """The learner passes a course of the plan at the college itself."""
    row = {
        "kind": "course_result",
        "learner": {
            "name": name_of(learner.serial),
            "document": {"kind": "resident_id", "number": resident(learner.serial)},
        },
        "course_code": course, "academic_year": "2025-2026", "term": 2, "occurred_on": "2026-03-01", "score": "90",
    }  # fmt: skip
    await college.ask(
        "POST", "/v1/records", machine("records:write", institution_id=college.college), json=row, status=None
    )


async def test_a_correction_takes_nothing_back_for_what_has_happened_since(college: College) -> None:
    college.decide_by(NOT_PASSED, SCORED)
    learner = await college.enrol(certificates=0)
    record = await result(college, learner, "85", status=201)
    made = await college.claim(learner, ([record], "M1"))
    assert made["lines"][0]["state"] == "granted"
    await passes(college, learner, "M1")
    await result(college, learner, "86")
    assert (await college.read(made))["lines"][0]["state"] == "granted", "the score is as good as it was"
    await result(college, learner, "79")
    now = (await college.read(made))["lines"][0]
    assert (now["state"], now["refusal"]) == ("ended", "good"), "what ends it is the score, not the course passed since"
    assert await college.converted(learner) == 0
    await college.check()


# --- what a line stands on, whatever came between -----------------------------------------------------------------

LISTED = clause("listed", require={"fact": "match.listed", "is": "yes"})
HOURS = {"hours": named("hours", {"sum": {"fact": "record.hours"}, "over": "sources"})}
ENOUGH = clause("enough", require={"named": "hours", "at_least": "64"})


async def training(college: College, learner: Learner, key: str, *, title: str, hours: str = "40") -> UUID:
    """A training of the school under a key of its own, sent once or again."""
    row = {
        "kind": "training", "key": key, "title": title, "hours": hours, "started_on": "2025-03-01",
        "occurred_on": "2025-03-20",
        "learner": {
            "name": name_of(learner.serial),
            "document": {"kind": "resident_id", "number": resident(learner.serial)},
        },
    }  # fmt: skip
    school = machine("records:write", institution_id=college.school)
    posted = await college.ask("POST", "/v1/records", school, json=row, status=None)
    return UUID(posted["record_id"])


async def counts(college: College, source: dict[str, Any]) -> None:
    """The college says that a source counts for M1."""
    body = {"sources": [source], "targets": ["M1"], "valid_from": "2020-01-01", "ground": "内容相同"}
    path = f"/v1/institutions/{college.college}/equivalences"
    await college.ask("POST", path, college.registrar, json=body, status=201)


async def state_of(college: College, made: dict[str, Any]) -> tuple[str, str | None]:
    """How the first line of a claim stands, and what refused it."""
    line = (await college.read(made))["lines"][0]
    return line["state"], line["refusal"]


async def test_corrections_of_two_records_of_a_line_count_together_however_far_apart_they_came(
    college: College,
) -> None:
    college.decide_by(ENOUGH, names=HOURS)
    learner = await college.enrol(certificates=0)
    both = [await training(college, learner, key, title=key) for key in ("钳工", "焊工")]
    made = await college.claim(learner, (both, "M1"))
    assert made["lines"][0]["state"] == "granted"
    college.later(days=1)
    assert await training(college, learner, "钳工", title="钳工", hours="30") == both[0]
    assert await state_of(college, made) == ("granted", None), "30 and 40 hours are enough"
    college.later(days=1)
    assert await training(college, learner, "焊工", title="焊工", hours="30") == both[1]
    assert await state_of(college, made) == ("ended", "enough"), "30 and 30 are not"
    assert await college.converted(learner) == 0
    await college.check()


async def test_a_higher_level_takes_nothing_of_what_the_lower_one_was_converted_into(college: College) -> None:
    college.decide_by(clause("worth", require={"fact": "course.credits", "at_most": {"fact": "record.credits"}}))
    learner = await college.enrol(certificates=0)
    low = await college.certificate(learner, 0, level="elementary")
    made = await college.claim(learner, ([low], "M1"))
    college.later(days=5)
    high = await college.certificate(learner, 7, standard="X0", occurred_on="2026-03-05")
    assert high != low
    found = await college.sql("SELECT credits FROM record_current WHERE record_id = %s", low)
    assert found == [(0,)], "as a deposit the higher one counts alone"
    assert await state_of(college, made) == ("granted", None)
    assert await college.converted(learner) == 300
    await college.ask("POST", f"/v1/records/{high}/withdrawal", college.issuer, json={"reason": "发错了"})
    assert await state_of(college, made) == ("granted", None)
    await withdraws(college, low)
    assert await state_of(college, made) == ("ended", "record_not_live")
    await college.check()


async def test_a_record_corrected_into_something_else_counts_no_more_by_what_was_said_of_the_old(
    college: College,
) -> None:
    college.decide_by(LISTED)
    learner = await college.enrol(certificates=0)
    record = await training(college, learner, "T1", title="叉车安全")
    await counts(college, {"kind": "training", "institution_id": str(college.school), "title": "叉车安全"})
    made = await college.claim(learner, ([record], "M1"))
    assert made["lines"][0]["state"] == "granted"
    college.later(days=1)
    await training(college, learner, "T1", title="叉车安全", hours="41")
    assert await state_of(college, made) == ("granted", None), "it is the same training"
    await college.sql_do("UPDATE equivalence SET state = 'dropped'")
    await training(college, learner, "T1", title="叉车安全", hours="42")
    assert await state_of(college, made) == ("granted", None), "what counts for others from now on is no matter of it"
    await college.sql_do("UPDATE equivalence SET state = 'in_force'")
    await training(college, learner, "T1", title="插花")
    assert await state_of(college, made) == ("ended", "listed")
    decision = (await college.read(made))["lines"][0]["decision_id"]
    assert (await college.ask("POST", f"/v1/decisions/{decision}/replay", college.officer))["same"] is True
    await college.check()


async def test_what_people_said_of_a_record_is_looked_at_again_once_it_is_something_else(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(DEPARTMENT))
    learner = await college.enrol(certificates=0)
    record = await training(college, learner, "T1", title="叉车安全")
    made = await college.claim(learner, ([record], "M1"))
    await college.supply(made, "department", "match.relevance", "85", college.department)
    await college.answer(made, "department", "approved", college.department)
    college.later(days=1)
    await training(college, learner, "T1", title="叉车 安全", hours="41")
    assert (await college.read(made))["flagged_at"] is None, "it is the same training"
    await training(college, learner, "T1", title="插花")
    assert (await college.read(made))["flagged_at"] is not None
    assert await state_of(college, made) == ("granted", None), "what is unknown is no refusal"
    await college.check()


async def test_a_level_corrected_below_what_counts_ends_the_conversion(college: College) -> None:
    college.decide_by(LISTED)
    learner = await college.enrol()
    await counts(college, {"kind": "certificate", "standard": "X0", "from_level": "intermediate"})
    made = await college.claim(learner, (learner.records, "M1"))
    assert made["lines"][0]["state"] == "granted"
    college.later(days=1)
    assert await college.certificate(learner, 0, level="elementary") == learner.records[0]
    assert await state_of(college, made) == ("ended", "listed")
    await college.check()
