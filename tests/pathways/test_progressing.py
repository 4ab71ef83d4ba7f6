"""After the freeze: those who were taken enter the college, once, and what was agreed is claimed and can be traced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Reach
from creditbank.oversight.audit import differences
from creditbank.pathways import progressing
from creditbank.pathways import round_tables as rt
from creditbank.pathways import tables as pt
from creditbank.pathways.freezing import digested_of
from creditbank.pathways.progressing_schemas import ProgressionIn, ProgressionsIn
from creditbank.sealing import new_salt, salted_digest
from tests.open_bank import machine, person
from tests.recognition.college import College, a_college, name_of, problem_of
from tests.records.town import resident

RESULT = "ZD-2026-0001"
ENTERS = "2026-09-01"


@dataclass
class Frozen:
    """A college, a school with pupils in a cohort, and the result of its round."""

    place: College
    round_id: UUID
    cohort: UUID
    pathway: UUID
    pupils: list[UUID]
    equivalence: UUID

    async def progress(
        self, *people: tuple[int, str], actor: Any = None, status: int = 200, key: str | None = None, **said: Any
    ) -> dict[str, Any]:
        """Some members, by their numbers, enter under these student numbers."""
        body = {"on": ENTERS, "learners": [{"member_no": no, "student_no": number} for no, number in people], **said}
        more = {"headers": {"Idempotency-Key": key}} if key else {}
        path = f"/v1/rounds/{self.round_id}/progressions"
        return await self.place.ask("POST", path, actor or self.place.registrar, json=body, status=status, **more)

    async def read(self, actor: Any = None, status: int = 200) -> dict[str, Any]:
        """What came of the result."""
        path = f"/v1/rounds/{self.round_id}/progressions"
        return await self.place.ask("GET", path, actor or self.place.registrar, status=status)

    async def consents(self, number: int) -> None:
        """A pupil lets the college use what the school reported."""
        learner_id = self.pupils[number - 1]
        body = {"purpose": "recognition", "institution_id": str(self.place.college), "given": True}
        actor = person("learner", learner_id=learner_id)
        await self.place.ask("POST", f"/v1/learners/{learner_id}/consents", actor, json=body, status=201)

    async def status(self, number: int) -> str:
        """What a member is."""
        ((status,),) = await self.place.sql(
            "SELECT status FROM cohort_member WHERE cohort_id = %s AND member_no = %s", self.cohort, number
        )
        return str(status)


async def _pupil(place: College, serial: int, score: str | None) -> UUID:
    """Somebody whom the school enrolled, with a result in its course S1."""
    school = machine("records:write", "records:read", institution_id=place.school)
    who = {
        "name": name_of(serial),
        "document": {"kind": "resident_id", "number": resident(serial)},
        "student_no": f"S{serial:04d}",
    }
    entered = {
        "kind": "enrolment_event", "learner": who, "event": "entered", "occurred_on": "2023-09-01",
        "level": "secondary_vocational", "year_of_entry": 2023,
    }  # fmt: skip
    posted = await place.ask("POST", "/v1/records", school, json=entered, status=201)
    if score is not None:
        result = {
            "kind": "course_result", "learner": who, "course_code": "S1", "academic_year": "2024-2025", "term": 1,
            "occurred_on": "2025-01-10", "score": score,
        }  # fmt: skip
        await place.ask("POST", "/v1/records", school, json=result, status=201)
    found = await place.ask("GET", f"/v1/records/{posted['record_id']}", school)
    return UUID(found["learner_id"])


async def _save(place: College, *rows: Any) -> None:
    for row in rows:
        async with place.bank.database.session() as session:
            session.add(row)


async def _frozen(place: College) -> Frozen:
    """Six members: five taken, the last one not; the third has failed the agreed course, the fourth never sat it."""
    pupils = [await _pupil(place, 50 + n, score) for n, score in enumerate(("88", "75", "40", None, "66", "90"))]
    said = {
        "sources": [{"kind": "course", "institution_id": str(place.school), "course_code": "S1"}],
        "targets": ["M1"], "valid_from": "2024-09-01", "ground": "贯通培养协议 秦教备〔2023〕8号",
    }  # fmt: skip
    path = f"/v1/institutions/{place.college}/equivalences"
    entered = await place.ask("POST", path, place.registrar, json=said, status=201)
    ((programme,),) = await place.sql("SELECT programme_id FROM plan WHERE plan_id = %s", place.plan)
    now, pathway, intake, cohort, round_id = place.at, new_id(), new_id(), new_id(), new_id()
    equivalence = UUID(entered["equivalence_id"])
    rows: list[dict[str, Any]] = [
        {
            "learner_id": str(one), "member_no": number, "outcome": "taken" if number < 6 else "not_taken",
            "rank": number, "route": "examined", "total": None, "decision_id": None,
        }
        for number, one in enumerate(pupils, 1)
    ]  # fmt: skip
    salt = new_salt()
    round_ = rt.PathwayRound(
        round_id=round_id, cohort_id=cohort, intake_id=intake, number=1, state="frozen", seats=5, sittings=[],
        opened_by="login:x", opened_at=now, frozen_at=now, frozen_by="login:y", result_no=RESULT,
    )  # fmt: skip
    round_.result_digest = salted_digest(salt, digested_of(round_, rows))
    await _save(
        place,
        pt.Pathway(
            pathway_id=pathway, kind="three_two", name="演示三二分段", province="hebei", school_id=place.school,
            college_id=place.college, college_programme_id=programme, stages=[], valid_from=date(2020, 1, 1),
            state="filed", signatures=[], said={}, filing_no="秦教备〔2023〕8号", filed_on=date(2023, 5, 1),
            filed_by="login:x", entered_by="login:x", entered_at=now,
        ),
        pt.PathwayCourse(
            pathway_id=pathway, no=1, school_course_code="S1", college_course_code="M1", equivalence_id=equivalence
        ),
        pt.Intake(
            intake_id=intake, pathway_id=pathway, year=2026, no=1, quota=5, published_on=date(2026, 1, 1),
            entered_by="login:x", entered_at=now,
        ),
        pt.Cohort(
            cohort_id=cohort, pathway_id=pathway, intake_id=intake, school_id=place.school, college_id=place.college,
            name="演示班", year_of_entry=2023, state="filed", filed_on=date(2023, 9, 20), filed_by="login:x",
            entered_by="login:x", entered_at=now,
        ),
        *(
            pt.CohortMember(
                learner_id=one, cohort_id=cohort, member_no=number, joined_on=date(2023, 9, 1), status="filed"
            )
            for number, one in enumerate(pupils, 1)
        ),
        round_,
        *(
            rt.RoundCandidate(
                learner_id=one, round_id=round_id, cohort_id=cohort, member_no=number, rank=number,
                outcome="taken" if number < 6 else "not_taken", keys=[], changed_at=now,
            )
            for number, one in enumerate(pupils, 1)
        ),
        rt.RoundResult(
            round_id=round_id, result_no=RESULT, digest=round_.result_digest, salt=salt, frozen_at=now, rows=rows
        ),
    )  # fmt: skip
    place.go_to(date(2026, 9, 2))
    return Frozen(place, round_id, cohort, pathway, pupils, equivalence)


@pytest.fixture
async def frozen(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Frozen]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield await _frozen(place)


def told(said: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Each outcome with the code of its problem."""
    return [(one["outcome"], (one["problem"] or {}).get("code")) for one in said["outcomes"]]


# --- the whole way --------------------------------------------------------------------------------------------------


async def test_whoever_was_taken_is_enrolled_and_what_was_agreed_is_claimed(frozen: Frozen) -> None:
    place = frozen.place
    for number in (1, 3, 4):
        await frozen.consents(number)
    said = await frozen.progress((1, "20260001"), (2, "20260002"), (3, "20260003"), (4, "20260004"))
    assert told(said) == [("progressed", None)] * 4
    assert said["result_no"] == RESULT
    states = [[course["state"] for course in one["courses"]] for one in said["outcomes"]]
    assert states == [["granted"], ["not_consented"], ["not_held"], ["not_held"]]
    assert said["outcomes"][1]["claims_problem"]["code"] == "college_may_not_use_records"
    assert [await frozen.status(number) for number in range(1, 7)] == ["progressed"] * 4 + ["filed", "filed"]

    found = await frozen.read()
    assert (found["result_no"], found["filing_no"]) == (RESULT, "秦教备〔2023〕8号")
    first, second, *_, fifth = found["learners"]
    assert (first["credits"], second["credits"], fifth["credits"]) == ("3", "0", "0")
    assert (fifth["status"], fifth["record_id"]) == ("filed", None)
    assert [one["entered_on"] for one in found["learners"]] == [ENTERS] * 4 + [None]

    # From the enrolment to the result: its key and its reason say the number.
    college = machine("records:read", institution_id=place.college)
    record = await place.ask("GET", f"/v1/records/{first['record_id']}", college)
    (version,) = record["versions"]
    assert (version["reported"]["key"], version["reason"]) == (f"{RESULT}/1", f"转段结果 {RESULT}")
    assert version["reported"]["student_no"] == "20260001"

    # From the credits to the filing: transcript, claim, decision, equivalence, pathway.
    actor = person("learner", learner_id=frozen.pupils[0])
    transcript = await place.ask("GET", f"/v1/learners/{frozen.pupils[0]}/transcript", actor)
    assert str(first["courses"][0]["claim_id"]) in str(transcript["conversions"])
    (course,) = first["courses"]
    claim = await place.ask("GET", f"/v1/claims/{course['claim_id']}", actor)
    assert claim["lines"][0]["decision_id"] == course["decision_id"]
    assert claim["lines"][0]["record_ids"] == course["record_ids"]
    assert course["equivalence_id"] == str(frozen.equivalence)
    decision = await place.ask("GET", f"/v1/decisions/{course['decision_id']}", actor)
    assert decision["verdict"] == "granted"
    equivalences = await place.ask("GET", f"/v1/institutions/{place.college}/equivalences", place.registrar)
    grounds = {one["equivalence_id"]: one["ground"] for one in equivalences["items"]}
    assert found["filing_no"] in grounds[course["equivalence_id"]]
    assert await differences(place.bank.database) == []
    await place.check()


async def test_again_nothing_changes_and_a_consent_that_came_later_is_used(frozen: Frozen) -> None:
    place = frozen.place
    await frozen.progress((1, "20260001"), (2, "20260002"))
    counted = (
        "SELECT (SELECT count(*) FROM record_version), (SELECT count(*) FROM claim), "
        "(SELECT count(*) FROM member_event)"
    )
    before = await place.sql(counted)
    again = await frozen.progress((1, "20260001"), (2, "20260002"))
    assert told(again) == [("unchanged", None)] * 2
    assert await place.sql(counted) == before
    await frozen.consents(1)
    later = await frozen.progress((1, "20260001"), (2, "20260002"))
    assert told(later) == [("progressed", None), ("unchanged", None)]
    assert later["outcomes"][0]["courses"][0]["state"] == "granted"
    last = await frozen.progress((1, "20260001"))
    assert (told(last), last["outcomes"][0]["claim_id"]) == ([("unchanged", None)], None)


async def test_a_kill_in_the_middle_leaves_whole_learners_and_the_rest_go_on(
    frozen: Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, calls = progressing.claim_agreed, []

    async def killed(session: Any, *said: Any, **more: Any) -> Any:
        calls.append(said)
        if len(calls) == 2:
            raise asyncio.CancelledError
        return await claim(session, *said, **more)

    monkeypatch.setattr(progressing, "claim_agreed", killed)
    with pytest.raises(asyncio.CancelledError):
        await progressing.progress(
            frozen.place.bank.database,
            frozen.round_id,
            _said((1, "20260001"), (2, "20260002"), (5, "20260005")),
            actor=_reaching(frozen.place.registrar),
            tools=frozen.place.tools(),
        )
    # The second one was enrolled and marked in the transaction that died: nothing of that stands.
    assert [await frozen.status(number) for number in (1, 2, 5)] == ["progressed", "filed", "filed"]
    enrolled = "SELECT count(*) FROM enrolment WHERE institution_id = %s"
    assert await frozen.place.sql(enrolled, frozen.place.college) == [(1,)]
    monkeypatch.setattr(progressing, "claim_agreed", claim)
    said = await frozen.progress((1, "20260001"), (2, "20260002"), (5, "20260005"))
    assert told(said) == [("unchanged", None), ("progressed", None), ("progressed", None)]


def _said(*people: tuple[int, str]) -> Any:
    return ProgressionsIn(
        on=date.fromisoformat(ENTERS),
        learners=[ProgressionIn(member_no=number, student_no=student_no) for number, student_no in people],
    )


def _reaching(actor: Any) -> Any:
    return replace(actor, reach=frozenset({Reach.INSTITUTION}))


async def test_two_calls_at_once_enrol_once(frozen: Frozen) -> None:
    await frozen.consents(1)
    both = await asyncio.gather(*(frozen.progress((1, "20260001")) for _ in range(2)))
    assert sorted(one["outcomes"][0]["outcome"] for one in both) == ["progressed", "unchanged"]
    assert await frozen.place.sql("SELECT count(*) FROM claim") == [(1,)]
    assert await frozen.place.sql("SELECT count(*) FROM member_event") == [(1,)]


async def test_one_key_is_one_call(frozen: Frozen) -> None:
    first = await frozen.progress((1, "20260001"), key="k")
    assert await frozen.progress((1, "20260001"), key="k") == first
    refused = await frozen.progress((2, "20260002"), key="k", status=409)
    assert problem_of(refused) == "idempotency_key_reused"
    assert await frozen.status(2) == "filed"


# --- what stands against it -----------------------------------------------------------------------------------------


async def test_each_row_says_why_somebody_does_not_progress(frozen: Frozen) -> None:
    place = frozen.place
    await place.sql_do("UPDATE cohort_member SET status = 'left' WHERE learner_id = %s", frozen.pupils[0])
    await place.sql_do("UPDATE cohort_member SET status = 'suspended' WHERE learner_id = %s", frozen.pupils[1])
    await place.sql_do("DELETE FROM learner_key WHERE learner_id = %s", frozen.pupils[2])
    await place.sql_do("UPDATE learner SET closed_at = now() WHERE learner_id = %s", frozen.pupils[3])
    said = await frozen.progress(
        (1, "20260001"), (2, "20260002"), (3, "20260003"), (4, "20260004"), (6, "20260006"), (77, "20260077"),
        (5, "20260005"), (5, "20260055"),
    )  # fmt: skip
    assert told(said) == [
        ("refused", "taken_and_gave_up"),
        ("refused", "taken_and_suspended"),
        ("refused", "already_erased"),
        ("refused", "account_closed"),
        ("refused", "not_taken_in_this_result"),
        ("refused", "not_taken_in_this_result"),
        ("progressed", None),
        ("refused", "named_twice"),
    ]
    assert said["counts"] == {"refused": 7, "progressed": 1}
    ((enrolled,),) = await place.sql("SELECT count(*) FROM enrolment WHERE institution_id = %s", place.college)
    assert enrolled == 1


async def test_accounts_that_were_merged_are_one_person(frozen: Frozen) -> None:
    place = frozen.place
    twin = await place.enrol()
    await place.sql_do(
        "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason) "
        "VALUES (%s, %s, %s, %s, 'login:x', '同一人')",
        frozen.pupils[0], new_id(), twin.learner_id, datetime(2026, 8, 1, tzinfo=UTC),
    )  # fmt: skip
    said = await frozen.progress((1, "20260001"))
    assert told(said) == [("progressed", None)]
    assert (await frozen.read())["learners"][0]["record_id"] == said["outcomes"][0]["record_id"]
    assert await frozen.status(1) == "progressed"


async def test_a_student_number_of_somebody_else_is_held_and_nobody_has_progressed(frozen: Frozen) -> None:
    other = await frozen.place.enrol()
    said = await frozen.progress((1, f"2024{other.serial:04d}"))
    assert told(said) == [("held", "identity_under_review")]
    assert await frozen.status(1) == "filed"
    assert told(await frozen.progress((1, "20260001"))) == [("progressed", None)]


async def test_another_number_for_somebody_who_progressed_changes_nothing(frozen: Frozen) -> None:
    await frozen.progress((1, "20260001"))
    assert told(await frozen.progress((1, "20260009"))) == [("refused", "enrolled_otherwise")]
    assert told(await frozen.progress((1, "20260001"), on="2026-09-02")) == [("refused", "enrolled_otherwise")]
    record = (await frozen.read())["learners"][0]["record_id"]
    college = machine("records:write", institution_id=frozen.place.college)
    await frozen.place.ask("POST", f"/v1/records/{record}/withdrawal", college, json={"reason": "报错"})
    assert told(await frozen.progress((1, "20260001"))) == [("refused", "enrolment_was_taken_back")]


async def test_an_enrolment_that_the_college_reported_itself_is_the_one(frozen: Frozen) -> None:
    place = frozen.place
    row = {
        "kind": "enrolment_event", "event": "entered", "occurred_on": ENTERS, "level": "higher_vocational",
        "programme_code": "460101", "year_of_entry": 2026,
        "learner": {
            "name": name_of(50), "document": {"kind": "resident_id", "number": resident(50)}, "student_no": "20260001",
        },
    }  # fmt: skip
    college = machine("records:write", institution_id=place.college)
    posted = await place.ask("POST", "/v1/records", college, json=row, status=201)
    said = await frozen.progress((1, "20260001"))
    assert [one["record_id"] for one in said["outcomes"]] == [posted["record_id"]]
    assert (await frozen.read())["learners"][0]["record_id"] == posted["record_id"]


async def test_nobody_progresses_by_a_list_that_is_not_frozen_or_is_another_college_s(frozen: Frozen) -> None:
    place = frozen.place
    stranger = person("registrar", institution_id=place.body)
    for actor in (stranger, person("registrar", institution_id=place.school)):
        assert problem_of(await frozen.progress((1, "20260001"), actor=actor, status=404)) == "not_found"
    assert problem_of(await frozen.read(stranger, status=404)) == "not_found"
    assert len((await frozen.read(person("registrar", institution_id=place.school)))["learners"]) == 5
    refused = await frozen.progress((1, "20260001"), plan_id=str(place.other_plan), status=409)
    assert problem_of(refused) == "plan_is_not_theirs"
    refused = await frozen.progress((1, "20260001"), year_of_entry=2020, status=409)
    assert problem_of(refused) == "plan_not_named"
    future = await frozen.progress((1, "20260001"), on="2026-10-01")
    assert told(future) == [("refused", "date_in_the_future")]
    await place.sql_do(
        "UPDATE pathway_round SET state = 'filed', result_no = NULL, result_digest = NULL, frozen_at = NULL, "
        "frozen_by = NULL WHERE round_id = %s",
        frozen.round_id,
    )
    assert problem_of(await frozen.progress((1, "20260001"), status=409)) == "round_not_frozen"
    assert problem_of(await frozen.read(status=409)) == "round_not_frozen"
