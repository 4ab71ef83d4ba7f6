"""Agreements and cohorts over HTTP: signed, filed by the rules, filled within their limits, and never by a guess."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.rules import Rulebook, read_document
from creditbank.rules.in_force import RulesInForce
from tests.open_bank import machine, person
from tests.recognition.college import College, a_college, deposits, name_of, problem_of
from tests.records.town import resident
from tests.rules.writing import SAYS, SOURCE

YEAR = 2026
JOINED = "2026-02-20"


def rules(*clauses: dict[str, Any]) -> str:
    """A document about agreements of 3+2."""
    version = {
        "version": "1",
        "from": "2020-01-01",
        "citations": {"source": SOURCE},
        "clauses": list(clauses),
        "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "not-at-the-school"}}],
    }
    whole = {
        "document": "agreement.test",
        "question": "agreement",
        "title": SAYS,
        "issuer": SAYS,
        "applies": {"pathway.kind": ["three_two"]},
        "version_by": {"fact": "agreement.on", "because": SAYS},
        "versions": [version],
    }
    return json.dumps(whole, ensure_ascii=False)


def clause(name: str, **words: Any) -> dict[str, Any]:
    return {"id": name, "says": SAYS, "cites": ["source"], **words}


NOT_AT_SCHOOL = clause(
    "not-at-the-school", require={"fact": "agreement.last_years_at", "in": ["college", "enterprise"]}
)
LARGE = clause(
    "large",
    when={"fact": "agreement.step", "is": "agreement"},
    require={"fact": "agreement.school_students", "at_least": 1500},
)
NO_SUPPLEMENT = clause(
    "no-supplement",
    when={"fact": "agreement.step", "is": "intake"},
    require={"fact": "intake.plans", "at_most": 1},
    final="yes",
)
SMALL_CLASS = clause(
    "small-class", when={"fact": "agreement.step", "is": "joining"}, require={"fact": "cohort.size", "at_most": 3}
)


@dataclass
class Ways:
    """A college and a school that mean to run a pathway."""

    place: College
    serials: int = 0
    pupils: dict[int, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        document = read_document(rules(NOT_AT_SCHOOL, LARGE, NO_SUPPLEMENT, SMALL_CLASS))
        self.place.bank.app.state.rules = RulesInForce(Rulebook.load([*deposits(), document]))

    @property
    def school(self) -> Actor:
        return person("registrar", institution_id=self.place.school)

    async def proposed(self, *, last: str = "college", status: int = 201, **changes: Any) -> dict[str, Any]:
        body = {
            "kind": "three_two", "name": "演示 3+2", "province": "hebei", "school_id": str(self.place.school),
            "college_id": str(self.place.college), "valid_from": "2025-09-01",
            "said": {"agreement.school_students": 1500},
            "stages": [{"year": n, "at": "school" if n < 4 else last} for n in range(1, 6)],
            "courses": [{"school_course_code": "S1", "college_course_code": "M1"}],
            **changes,
        }  # fmt: skip
        return await self.place.ask("POST", "/v1/pathways", self.place.registrar, json=body, status=status)

    async def signed(self, **changes: Any) -> dict[str, Any]:
        made = await self.proposed(**changes)
        return await self.place.ask("POST", f"/v1/pathways/{made['pathway_id']}/signature", self.school)

    async def file(self, pathway: dict[str, Any], *, status: int = 200, actor: Actor | None = None) -> dict[str, Any]:
        path = f"/v1/pathways/{pathway['pathway_id']}/filing"
        return await self.place.ask(
            "POST", path, actor or self.place.officer, json={"filing_no": "演示-1"}, status=status
        )

    async def intake(self, pathway: dict[str, Any], *, quota: int = 10, status: int = 201) -> dict[str, Any]:
        body = {"year": YEAR, "quota": quota, "published_on": "2026-01-05"}
        path = f"/v1/pathways/{pathway['pathway_id']}/intakes"
        return await self.place.ask("POST", path, self.place.officer, json=body, status=status)

    async def cohort(self, *, quota: int = 10, intake: str | None = None, **changes: Any) -> str:
        if intake is None:
            intake = (await self.intake(await self.file(await self.signed()), quota=quota))["intake_id"]
        body = {"name": "演示班", "year_of_entry": YEAR, **changes}
        made = await self.place.ask("POST", f"/v1/intakes/{intake}/cohorts", self.school, json=body, status=201)
        return str(made["cohort_id"])

    async def pupil(self, serial: int) -> None:
        """Somebody whom the school enrolled."""
        school = machine("records:write", "records:read", institution_id=self.place.school)
        who = {
            "name": name_of(serial),
            "document": {"kind": "resident_id", "number": resident(serial)},
            "student_no": f"S{serial:04d}",
        }
        row = {
            "kind": "enrolment_event", "learner": who, "event": "entered", "occurred_on": "2025-09-01",
            "level": "secondary_vocational", "year_of_entry": 2025,
        }  # fmt: skip
        posted = await self.place.ask("POST", "/v1/records", school, json=row, status=201)
        found = await self.place.ask("GET", f"/v1/records/{posted['record_id']}", school)
        self.pupils[serial] = UUID(found["learner_id"])

    async def admit(
        self, cohort: str, *serials: int, actor: Actor | None = None, status: int = 200, name: str | None = None
    ) -> list[tuple[str, str | None]]:
        for serial in serials:
            if serial not in self.pupils:
                await self.pupil(serial)
        rows = [
            {"name": name or name_of(serial), "student_no": f"S{serial:04d}", "joined_on": JOINED} for serial in serials
        ]
        path = f"/v1/cohorts/{cohort}/members"
        said = await self.place.ask("POST", path, actor or self.school, json={"rows": rows}, status=status)
        if status != 200:
            return []
        return [(one["outcome"], (one["problem"] or {}).get("code")) for one in said["outcomes"]]

    async def event(
        self, cohort: str, serial: int, event: str, on: str, *, status: int = 200, actor: Actor | None = None
    ) -> dict[str, Any]:
        path = f"/v1/cohorts/{cohort}/members/{self.pupils[serial]}/events"
        body = {"event": event, "occurred_on": on, "reason": "因病"}
        return await self.place.ask("POST", path, actor or self.school, json=body, status=status)


@pytest.fixture
async def ways(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ways]:
    async with a_college(addresses, tmp_path, monkeypatch) as place:
        yield Ways(place)


# --- agreements -----------------------------------------------------------------------------------------------------


async def test_an_agreement_is_signed_by_both_and_filed_by_a_third_and_its_courses_count_from_then(ways: Ways) -> None:
    made = await ways.proposed()
    assert (made["state"], len(made["signatures"])) == ("proposed", 1)
    assert problem_of(await ways.file(made, status=409)) == "pathway_in_another_state"
    path = f"/v1/pathways/{made['pathway_id']}/signature"
    await ways.place.ask("POST", path, person("registrar", institution_id=ways.place.body), status=404)
    assert (
        problem_of(await ways.place.ask("POST", path, ways.place.registrar, status=409)) == "agreement_already_signed"
    )
    signed = await ways.place.ask("POST", path, ways.school)
    assert signed["state"] == "signed"
    filed = await ways.file(signed)
    assert (filed["state"], filed["filing_no"]) == ("filed", "演示-1")
    (course,) = filed["courses"]
    listed = await ways.place.ask("GET", f"/v1/institutions/{ways.place.college}/equivalences", ways.place.registrar)
    assert course["equivalence_id"] in [one["equivalence_id"] for one in listed["items"]]
    assert problem_of(await ways.file(filed, status=409)) == "pathway_in_another_state"


async def test_an_agreement_that_the_rules_forbid_is_not_filed_and_says_which_clause(ways: Ways) -> None:
    refused = await ways.file(await ways.signed(last="school"), status=409)
    assert refused["code"] == "agreement_rules_forbid"
    assert [one["clause"] for one in refused["findings"]] == ["not-at-the-school"]
    refused = await ways.file(await ways.signed(said={"agreement.school_students": 1499}), status=409)
    assert [one["clause"] for one in refused["findings"]] == ["large"]


async def test_what_is_not_known_keeps_an_agreement_open_and_says_who_can_supply_it(ways: Ways) -> None:
    open_ = await ways.file(await ways.signed(said={}), status=409)
    assert open_["code"] == "agreement_rules_unsettled"
    (finding,) = open_["findings"]
    assert (finding["clause"], finding["verdict"]) == ("large", "unknown")
    assert finding["missing"] == ["agreement.school_students"]


async def test_whoever_signed_does_not_file(ways: Ways) -> None:
    officer = ways.place.officer
    body = {
        "kind": "three_two", "name": "演示", "province": "hebei", "college_id": str(ways.place.college),
        "valid_from": "2025-09-01", "stages": [{"year": 1, "at": "college"}],
        "said": {"agreement.school_students": 1500},
    }  # fmt: skip
    made = await ways.place.ask("POST", "/v1/pathways", officer, json=body, status=201)
    signed = await ways.place.ask("POST", f"/v1/pathways/{made['pathway_id']}/signature", ways.place.registrar)
    assert signed["state"] == "signed"
    assert problem_of(await ways.file(signed, status=409)) == "signer_may_not_file"
    assert (await ways.file(signed, actor=ways.place.second_officer))["state"] == "filed"


async def test_a_programme_that_was_abolished_starts_nothing(ways: Ways) -> None:
    ((programme,),) = await ways.place.sql("SELECT programme_id FROM plan WHERE plan_id = %s", ways.place.plan)
    made = await ways.signed(college_programme_id=str(programme))
    await ways.place.sql_do("UPDATE programme SET valid_until = '2026-01-01' WHERE programme_id = %s", programme)
    assert problem_of(await ways.file(made, status=409)) == "programme_not_run"
    assert problem_of(await ways.proposed(college_programme_id=str(programme), status=409)) == "programme_not_run"


async def test_one_intake_a_year_where_the_rules_allow_no_supplement_and_a_quota_may_be_none(ways: Ways) -> None:
    pathway = await ways.file(await ways.signed())
    intake = await ways.intake(pathway, quota=0)
    refused = await ways.intake(pathway, status=409)
    assert [one["clause"] for one in refused["findings"]] == ["no-supplement"]
    cohort = await ways.cohort(intake=intake["intake_id"])
    assert await ways.admit(cohort, 1) == [("refused", "cohort_full")]


async def test_an_ended_pathway_forms_no_cohort(ways: Ways) -> None:
    pathway = await ways.file(await ways.signed())
    intake = await ways.intake(pathway)
    body = {"on": "2026-03-01", "because": "专业停招"}
    await ways.place.ask("POST", f"/v1/pathways/{pathway['pathway_id']}/end", ways.place.registrar, json=body)
    cohort = {"name": "演示班", "year_of_entry": YEAR}
    said = await ways.place.ask(
        "POST", f"/v1/intakes/{intake['intake_id']}/cohorts", ways.school, json=cohort, status=409
    )
    assert problem_of(said) == "pathway_in_another_state"


async def test_an_end_is_not_put_off_and_admits_nobody_and_what_was_agreed_goes_on_counting(ways: Ways) -> None:
    pathway = await ways.file(await ways.signed(valid_until="2027-09-01"))
    cohort = await ways.cohort(intake=(await ways.intake(pathway))["intake_id"])
    assert await ways.admit(cohort, 1) == [("admitted", None)]
    path, body = f"/v1/pathways/{pathway['pathway_id']}/end", {"on": "2029-03-01", "because": "专业停招"}
    assert (await ways.place.ask("POST", path, ways.place.registrar, json=body))["valid_until"] == "2027-09-01"
    await ways.admit(cohort, 2, status=409)
    filed = await ways.place.ask("POST", f"/v1/cohorts/{cohort}/filing", ways.place.officer, json={"filing_no": "7"})
    assert filed["size"] == 1
    (agreed,) = pathway["courses"]
    listed = await ways.place.ask("GET", f"/v1/institutions/{ways.place.college}/equivalences", ways.place.registrar)
    found = {one["equivalence_id"]: one["valid_until"] for one in listed["items"]}
    assert found[agreed["equivalence_id"]] is None  # the last of its cohorts claims years after the agreement


async def test_an_agreement_that_has_run_out_starts_nothing(ways: Ways) -> None:
    assert problem_of(await ways.proposed(valid_until="2026-03-02", status=409)) == "pathway_run_out"
    pathway = await ways.file(await ways.signed())
    intake = await ways.intake(pathway)
    cohort = await ways.cohort(intake=intake["intake_id"])
    await ways.place.sql_do("UPDATE pathway SET valid_until = '2026-03-01'")
    assert problem_of(await ways.intake(pathway, status=409)) == "pathway_run_out"
    await ways.admit(cohort, 1, status=409)
    assert await ways.place.sql("SELECT count(*) FROM cohort_member") == [(0,)]


async def test_what_cannot_be_an_agreement_is_refused_when_it_is_proposed(ways: Ways) -> None:
    await ways.proposed(school_id=None, status=422)  # it agrees on courses of no school
    await ways.proposed(valid_until="2025-09-01", status=422)
    await ways.proposed(school_id=str(new_id()), status=404)


# --- cohorts --------------------------------------------------------------------------------------------------------


async def test_pupils_are_admitted_by_number_and_name_and_a_space_is_no_difference(ways: Ways) -> None:
    cohort = await ways.cohort()
    assert await ways.admit(cohort, 1) == [("admitted", None)]
    assert await ways.admit(cohort, 1) == [("unchanged", None)]
    assert await ways.admit(cohort, 2, name=" ".join(name_of(2))) == [("admitted", None)]
    assert await ways.admit(cohort, 3, name="演示他人") == [("refused", "name_differs")]
    rows = [{"name": "演示", "student_no": "S9999", "joined_on": JOINED}]
    said = await ways.place.ask("POST", f"/v1/cohorts/{cohort}/members", ways.school, json={"rows": rows})
    assert said["outcomes"][0]["outcome"] == "refused"
    found = await ways.place.ask("GET", f"/v1/cohorts/{cohort}/members", ways.school)
    assert [(one["member_no"], one["name"]) for one in found["items"]] == [(1, name_of(1)), (2, name_of(2))]


async def test_the_class_limit_of_the_rules_holds_for_the_one_too_many(ways: Ways) -> None:
    cohort = await ways.cohort()
    outcomes = await ways.admit(cohort, 1, 2, 3, 4)
    assert outcomes == [("admitted", None)] * 3 + [("refused", "agreement_rules_forbid")]


async def test_the_class_size_and_the_places_of_the_year_hold(ways: Ways) -> None:
    intake = (await ways.intake(await ways.file(await ways.signed()), quota=3))["intake_id"]
    one, other = await ways.cohort(intake=intake, class_size=2), await ways.cohort(intake=intake)
    assert await ways.admit(one, 1, 2, 3) == [("admitted", None)] * 2 + [("refused", "cohort_full")]
    assert await ways.admit(other, 4, 5) == [("admitted", None), ("refused", "cohort_full")]


async def test_of_many_at_once_for_the_last_place_one_is_admitted(ways: Ways) -> None:
    cohort = await ways.cohort(quota=1)
    for serial in range(1, 7):
        await ways.pupil(serial)
    found = await asyncio.gather(*(ways.admit(cohort, serial) for serial in range(1, 7)))
    assert sorted(one for (one,) in found) == [("admitted", None)] + [("refused", "cohort_full")] * 5


async def test_nobody_is_in_two_cohorts_of_a_kind_until_they_have_left_the_first(ways: Ways) -> None:
    intake = (await ways.intake(await ways.file(await ways.signed())))["intake_id"]
    one, other = await ways.cohort(intake=intake), await ways.cohort(intake=intake)
    assert await ways.admit(one, 1) == [("admitted", None)]
    assert await ways.admit(other, 1) == [("refused", "in_another_cohort")]
    await ways.event(one, 1, "left", "2026-03-01")
    assert await ways.admit(other, 1) == [("admitted", None)]
    assert await ways.admit(one, 1) == [("refused", "member_event_out_of_place")]


async def test_of_two_cohorts_that_take_a_pupil_at_once_one_does(ways: Ways) -> None:
    intake = (await ways.intake(await ways.file(await ways.signed())))["intake_id"]
    both = [await ways.cohort(intake=intake) for _ in range(2)]
    for serial in (1, 2, 3):
        await ways.pupil(serial)
    found = await asyncio.gather(*(ways.admit(cohort, serial) for serial in (1, 2, 3) for cohort in both))
    assert sorted(one for (one,) in found) == [("admitted", None)] * 3 + [("refused", "in_another_cohort")] * 3


async def test_whoever_formed_a_cohort_or_admitted_to_it_does_not_file_it(ways: Ways) -> None:
    intake = (await ways.intake(await ways.file(await ways.signed())))["intake_id"]
    officer, body = ways.place.officer, {"name": "演示班", "year_of_entry": YEAR}
    made = await ways.place.ask("POST", f"/v1/intakes/{intake}/cohorts", officer, json=body, status=201)
    await ways.admit(made["cohort_id"], 1)
    path, filing = f"/v1/cohorts/{made['cohort_id']}/filing", {"filing_no": "省考-7"}
    said = await ways.place.ask("POST", path, officer, json=filing, status=409)
    assert problem_of(said) == "admitter_may_not_file"
    await ways.place.sql_do("UPDATE member_event SET by = %s", ways.place.second_officer.name)
    said = await ways.place.ask("POST", path, ways.place.second_officer, json=filing, status=409)
    assert problem_of(said) == "admitter_may_not_file"
    await ways.place.ask("POST", path, person("officer"), json=filing)


async def test_after_the_filing_nobody_is_admitted_and_there_is_no_second_one(ways: Ways) -> None:
    cohort = await ways.cohort()
    path, body = f"/v1/cohorts/{cohort}/filing", {"filing_no": "省考-7"}
    said = await ways.place.ask("POST", path, ways.place.officer, json=body, status=409)
    assert problem_of(said) == "cohort_empty"
    await ways.admit(cohort, 1)
    filed = await ways.place.ask("POST", path, ways.place.officer, json=body)
    assert (filed["state"], filed["filing_no"], filed["size"]) == ("filed", "省考-7", 1)
    assert problem_of(await ways.place.ask("POST", path, ways.place.officer, json=body, status=409)) == (
        "cohort_not_forming"
    )
    await ways.admit(cohort, 2, status=409)
    found = await ways.place.ask("GET", f"/v1/cohorts/{cohort}/members", ways.place.registrar)
    assert [one["status"] for one in found["items"]] == ["filed"]


async def test_what_happens_to_a_member_comes_in_order_and_leaving_is_for_good(ways: Ways) -> None:
    cohort = await ways.cohort()
    await ways.admit(cohort, 1)
    await ways.place.ask("POST", f"/v1/cohorts/{cohort}/filing", ways.place.officer, json={"filing_no": "7"})
    assert problem_of(await ways.event(cohort, 1, "returned", "2026-03-02", status=409)) == "member_event_out_of_place"
    assert problem_of(await ways.event(cohort, 1, "suspended", "2026-03-03", status=422)) == (
        "member_event_before_the_last"
    )
    assert (await ways.event(cohort, 1, "suspended", "2026-03-02"))["status"] == "suspended"
    assert (await ways.event(cohort, 1, "returned", "2026-03-02"))["status"] == "filed"
    assert (await ways.event(cohort, 1, "left", "2026-03-02"))["status"] == "left"
    assert problem_of(await ways.event(cohort, 1, "returned", "2026-03-02", status=409)) == "member_event_out_of_place"


async def test_a_school_that_asks_about_another_s_pupils_hears_that_there_is_nothing(ways: Ways) -> None:
    cohort = await ways.cohort()
    await ways.admit(cohort, 1)
    stranger = person("registrar", institution_id=ways.place.body)
    for path in (f"/v1/cohorts/{cohort}", f"/v1/cohorts/{cohort}/members"):
        await ways.place.ask("GET", path, stranger, status=404)
    assert (await ways.place.ask("GET", "/v1/cohorts", stranger))["items"] == []
    await ways.admit(cohort, 1, actor=stranger, status=404)
    await ways.admit(cohort, 1, actor=ways.place.registrar, status=404)  # the college admits nobody to the school
    await ways.event(cohort, 1, "left", "2026-03-01", status=404, actor=stranger)


async def test_one_key_admits_once(ways: Ways) -> None:
    cohort = await ways.cohort()
    await ways.pupil(1)
    body = {"rows": [{"name": name_of(1), "student_no": "S0001", "joined_on": JOINED}]}
    more: dict[str, Any] = {"json": body, "headers": {"Idempotency-Key": "one"}}
    registrar = ways.school
    first = await ways.place.ask("POST", f"/v1/cohorts/{cohort}/members", registrar, **more)
    again = await ways.place.ask("POST", f"/v1/cohorts/{cohort}/members", registrar, **more)
    assert first == again
    assert first["counts"] == {"admitted": 1}
