"""Posting records: what a row becomes, and that it becomes it once."""

from __future__ import annotations

import pytest

from tests.records.town import Town, course_row, entered, resident


async def test_a_passed_course_of_the_plan_deposits_the_plans_credits(town: Town) -> None:
    (enrolled,) = await town.post(entered())
    assert enrolled.outcome == "deposited"
    assert enrolled.account == "opened"
    (outcome,) = await town.post(course_row())
    assert (outcome.outcome, outcome.verdict, outcome.credits, outcome.scheme) == (
        "deposited", "granted", 300, "higher_vocational",
    )  # fmt: skip
    assert outcome.warnings == []
    assert await town.balance() == 300
    await town.check_books()


async def test_the_same_row_twice_changes_nothing(town: Town) -> None:
    await town.post(entered())
    (first,) = await town.post(course_row())
    (second,) = await town.post(course_row())
    assert second.outcome == "unchanged"
    assert (second.record_id, second.version) == (first.record_id, 1)
    assert await town.balance() == 300


async def test_a_corrected_score_reverses_and_posts_again(town: Town) -> None:
    await town.post(entered())
    await town.post(course_row())
    (failed,) = await town.post(course_row(score="40"))
    assert (failed.outcome, failed.version, failed.verdict, failed.credits) == ("corrected", 2, "not_granted", 0)
    assert await town.balance() == 0
    (passed,) = await town.post(course_row(score="61"))
    assert (passed.version, passed.credits) == (3, 300)
    kinds = await town.sql("SELECT kind, amount FROM posting ORDER BY posted_at, kind")
    assert kinds == [("grant", 300), ("reversal", -300), ("grant", 300)]
    await town.check_books()


async def test_of_a_resit_the_attempt_that_counts_is_the_rules_word_and_credits_stand_once(town: Town) -> None:
    await town.post(entered())
    await town.post(course_row(score="50"))
    (resit,) = await town.post(course_row(attempt="makeup", occurred_on="2024-03-01", score="70"))
    assert resit.credits == 300
    (retake,) = await town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="90"))
    assert await town.balance() == 300
    await town.check_books()
    (gone,) = [await town.withdraw(retake.record_id)]
    assert gone.outcome == "withdrawn"
    assert await town.balance() == 300
    await town.withdraw(resit.record_id)
    assert await town.balance() == 0
    await town.check_books()


async def test_a_withdrawn_record_sent_again_lives_again(town: Town) -> None:
    await town.post(entered())
    (posted,) = await town.post(course_row())
    await town.withdraw(posted.record_id)
    assert await town.balance() == 0
    (again,) = await town.post(course_row())
    assert (again.outcome, again.record_id, again.version) == ("deposited", posted.record_id, 3)
    assert await town.balance() == 300
    await town.check_books()


async def test_a_course_outside_the_plan_deposits_at_the_catalogue_with_a_warning(town: Town) -> None:
    await town.post(entered())
    (outcome,) = await town.post(course_row(course_code="C900"))
    assert outcome.credits == 150
    assert [warning.code for warning in outcome.warnings] == ["course_outside_plan"]


async def test_credits_that_differ_from_the_plan_are_held(town: Town) -> None:
    await town.post(entered())
    (outcome,) = await town.post(course_row(credits="3.5"))
    assert outcome.outcome == "held"
    assert outcome.problem is not None
    assert outcome.problem["code"] == "credits_differ_from_plan"
    assert await town.balance() == 0
    (same,) = await town.post(course_row(credits="3.5"))
    assert same.held_row_id == outcome.held_row_id
    (right,) = await town.post(course_row(credits="3"))
    assert right.outcome == "deposited"
    assert await town.sql("SELECT status FROM held_row") == [("superseded",)]


async def test_another_name_for_a_known_document_is_held_without_a_ground(town: Town) -> None:
    await town.post(course_row())
    other = {**course_row()["learner"], "name": "演示乙"}
    (outcome,) = await town.post(course_row(learner=other, course_code="C102"))
    assert outcome.outcome == "held"
    assert outcome.problem is not None
    assert outcome.problem["code"] == "identity_under_review"
    assert "name" not in str(outcome.problem)
    assert await town.sql("SELECT ground FROM held_row") == [("name_differs",)]


async def test_two_people_with_one_name_are_two_accounts(town: Town) -> None:
    for serial in (1, 2):
        learner = {"name": "演示同名", "document": {"number": resident(serial)}, "student_no": f"2023{serial:04d}"}
        (outcome,) = await town.post(course_row(learner=learner))
        assert outcome.account == "opened"
    assert await town.sql("SELECT count(*) FROM learner") == [(2,)]


async def test_one_batch_opens_one_account_for_one_person(town: Town) -> None:
    rows = [course_row(course_code=code) for code in ("C101", "C102", "C900")]
    outcomes = (await town.post(*rows, entered()))[:3]
    assert [outcome.outcome for outcome in outcomes] == ["deposited"] * 3
    assert await town.sql("SELECT count(*) FROM learner") == [(1,)]
    assert await town.balance() == 850
    await town.check_books()


async def test_one_bad_row_stops_no_other(town: Town) -> None:
    outcomes = await town.post(
        course_row(), course_row(course_code="C102", score="101"), course_row(course_code="C900", score="缺考")
    )
    assert [outcome.outcome for outcome in outcomes] == ["deposited", "refused", "deposited"]
    assert outcomes[1].problem is not None
    assert outcomes[1].problem["code"] == "score_outside_scale"
    assert outcomes[2].verdict == "not_granted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"occurred_on": "2030-01-01"}, "date_in_the_future"),
        ({"occurred_on": "2004-12-31"}, "before_birth"),
        ({"academic_year": "2023-2025"}, "academic_year_impossible"),
        ({"course_code": "NONE"}, "course_unknown"),
        ({"scale": "none"}, "scale_unknown"),
        ({"learner": {"name": "演示甲"}}, "learner_not_identified"),
        ({"learner": {"name": "演示甲", "student_no": "404"}}, "student_number_unknown"),
        ({"learner": {"name": "演示甲", "document": {"number": "139900200501010011"}}}, "identity_number_impossible"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_reason(town: Town, changes: dict[str, object], code: str) -> None:
    (outcome,) = await town.post(course_row(**changes))
    assert outcome.outcome == "refused"
    assert outcome.problem is not None
    assert outcome.problem["code"] == code
    assert await town.sql("SELECT count(*) FROM record_version") == [(0,)]


async def test_a_certificate_number_belongs_to_one_person(town: Town) -> None:
    def certificate(serial: int) -> dict[str, object]:
        return {
            "kind": "certificate",
            "learner": {"name": "演示甲乙"[: 2 + serial], "document": {"number": resident(serial)}},
            "standard": "X-WEB",
            "level": "intermediate",
            "number": "X2024000001",
            "occurred_on": "2024-05-01",
        }

    (first,) = await town.post(certificate(1), by=town.body)
    assert first.outcome == "deposited"
    (second,) = await town.post(certificate(2), by=town.body)
    assert second.outcome == "held"
    (stranger,) = await town.post({**certificate(1), "number": "X2024000002"}, by=town.college)
    assert stranger.problem is not None
    assert stranger.problem["code"] == "certificate_of_another_body"


async def test_without_an_enrolment_nobody_knows_the_scheme_and_nothing_is_refused(town: Town) -> None:
    (outcome,) = await town.post(course_row())
    assert (outcome.outcome, outcome.verdict, outcome.credits) == ("deposited", "unknown", 0)
    assert [warning.code for warning in outcome.warnings][-1] == "enrolment_unknown"


async def test_a_course_that_waited_for_an_enrolment_is_decided_when_it_comes(town: Town) -> None:
    (waiting,) = await town.post(course_row())
    assert waiting.verdict == "unknown"
    await town.post(entered())
    assert await town.balance() == 300
    versions = await town.sql("SELECT version FROM record_version WHERE record_id = %s", waiting.record_id)
    assert versions == [(1,)]
    await town.check_books()
