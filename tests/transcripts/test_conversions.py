"""What was converted stands in the transcript beside the records, in sums of its own, today and as it was."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from creditbank.changes.numberer import number_all
from creditbank.identifiers import new_id
from creditbank.transcripts.routes import TranscriptOut
from creditbank.transcripts.service import Asked, transcript
from tests.ledger.converting import Line, end, grant
from tests.records.town import Town, course_row, entered, town

__all__ = ["town"]


async def learner_of(town: Town) -> UUID:
    return UUID(str((await town.sql("SELECT learner_id FROM learner LIMIT 1"))[0][0]))


async def read(town: Town, *, reported_by: UUID | None = None, **asked: Any) -> dict[str, Any]:
    async with town.database.session() as session:
        body = await transcript(
            session, await learner_of(town), Asked(**asked), reported_by=reported_by, keyring=town.keyring, at=town.at
        )
    TranscriptOut.model_validate_json(body)
    return dict(json.loads(body))


async def a_line(town: Town, *, institution: UUID | None = None) -> Line:
    """A line for the college's C102 by the learner's one course result."""
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    college = town.college.institution_id
    return Line(await learner_of(town), [posted.record_id], college, institution or college)


async def test_a_conversion_stands_beside_its_record_and_in_no_sum_of_deposits(town: Town) -> None:
    assert (await a_line_read(town))["conversions"] == []
    line = await a_line(town)
    await grant(town, line, exemption="full")
    body = await read(town)
    (converted,) = body["conversions"]
    assert converted["course"] == {"code": "C102", "name": "高等数学", "category": "公共课", "credits": "4"}
    shown = {name: converted[name] for name in ("credits", "scheme", "exemption", "grade", "grade_text", "override")}
    assert shown == {
        "credits": "4", "scheme": "higher_vocational", "exemption": "full", "grade": "86", "grade_text": None,
        "override": None,
    }  # fmt: skip
    assert converted["record_ids"] == [str(line.records[0])]
    assert converted["decision_id"] == str(line.decision_id)
    assert line.posting is not None
    assert converted["posting_id"] == str(line.posting.posting_id)
    assert (converted["institution_id"], converted["institution"]) == (str(line.institution), "演示职业学院")
    assert converted["plan_id"] == str(line.plan_id)
    assert [each["credits"] for each in body["totals"]] == ["3", "3"], "deposits, as before"
    assert body["conversion_totals"] == [
        {"scheme": "higher_vocational", "level": None, "institution_id": None, "courses": 1, "credits": "4"},
        {"scheme": "higher_vocational", "level": "higher_vocational", "institution_id": str(line.institution),
         "courses": 1, "credits": "4"},
    ]  # fmt: skip
    assert body["labels"]["exemption"]["full"] == "免修免考"


async def a_line_read(town: Town) -> dict[str, Any]:
    """The transcript of somebody who never claimed anything."""
    await town.post(entered())
    return await read(town)


async def test_an_exemption_without_credits_is_shown_and_is_in_no_sum(town: Town) -> None:
    line = await a_line(town)
    await grant(town, line, credits=0, exemption="attendance")
    body = await read(town)
    (converted,) = body["conversions"]
    assert (converted["credits"], converted["exemption"], converted["posting_id"]) == ("0", "attendance", None)
    assert body["conversion_totals"] == []


async def test_what_a_person_decided_against_the_rules_says_who_why_and_until_when(town: Town) -> None:
    line = await a_line(town)
    override = {"by": "login:x", "confirmed_by": "login:y", "reason": "证书等级经省厅确认", "expires_on": "2027-08-31"}
    await grant(town, line, basis={"override": override, "by": "login:x"})
    (converted,) = (await read(town))["conversions"]
    assert converted["override"] == override


async def test_a_conversion_that_ended_is_gone_today_and_still_there_as_it_was_known(town: Town) -> None:
    line = await a_line(town)
    await grant(town, line, on=date(2026, 6, 1))
    town.at += timedelta(minutes=1)
    await number_all(town.database, now=town.at)
    before = town.at
    await end(town, line)
    town.at += timedelta(minutes=1)
    await number_all(town.database, now=town.at)
    assert (await read(town))["conversions"] == []
    assert (await read(town))["conversion_totals"] == []
    known = await read(town, known_at=before)
    assert [one["decision_id"] for one in known["conversions"]] != []
    assert known["conversion_totals"][0]["credits"] == "4"
    assert (await read(town, known_at=town.at))["conversions"] == []
    assert (await read(town, as_of=date(2026, 5, 31), known_at=before))["conversions"] == []
    assert len((await read(town, as_of=date(2026, 6, 1), known_at=before))["conversions"]) == 1


async def test_a_line_granted_again_is_shown_once_as_it_was_decided_last(town: Town) -> None:
    line = await a_line(town)
    await grant(town, line, credits=400)
    await grant(town, line, credits=300)
    body = await read(town)
    assert [(one["credits"], one["decision_id"]) for one in body["conversions"]] == [("3", str(line.decision_id))]
    assert body["conversion_totals"][0]["credits"] == "3"
    assert (await read(town, as_of=date(2030, 1, 1)))["conversions"] == body["conversions"]


async def test_an_institution_sees_the_conversions_of_its_own_plans_only(town: Town) -> None:
    elsewhere = new_id()
    line = await a_line(town, institution=elsewhere)
    await grant(town, line)
    college = town.college.institution_id
    assert (await read(town, reported_by=college))["conversions"] == []
    assert (await read(town, reported_by=college))["conversion_totals"] == []
    assert len((await read(town, reported_by=elsewhere))["conversions"]) == 1


async def test_a_choice_of_records_shows_what_stands_on_them_alone(town: Town) -> None:
    line = await a_line(town)
    (other,) = await town.post(course_row(course_code="C900", score="70"))
    assert other.record_id is not None
    line.records = [line.records[0], other.record_id]
    await grant(town, line)
    assert (await read(town, records=[other.record_id]))["conversions"] == []
    assert len((await read(town, records=list(line.records)))["conversions"]) == 1
