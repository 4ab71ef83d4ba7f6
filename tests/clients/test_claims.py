"""Claims through the client, as a learner, a college's people and the bank's use it, against the bank as served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from creditbank import clock
from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from creditbank_client import Client, Conflict, NotAllowed, NotFound, Refused
from tests.clients.conftest import SINCE, Town, somebody, training

NOBODY = "0195532a-2222-7c11-9a51-0d3d3f5f2a10"
COURSES = {"W1": ("焊接工艺", "2"), "W2": ("焊接检验", "2"), "W3": ("焊接结构", "6")}
"""Two that a training of 32 hours is as large as, and one that is larger."""
LISTED = "焊工技能提升"
"""A training that the college lists for the first of them."""
GUIDE = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")


@dataclass
class Claiming:
    """A plan with its people; each learner has trainings of two credits, each of its own content."""

    town: Town
    plan: str
    department: Client
    registrar: Client
    officer: Client
    second: Client
    reviewer: Client
    learners: int = 0

    def learner(self, *titles: str) -> tuple[Client, str, list[str], str]:
        """Somebody who signs in, with an account, records and a student number."""
        self.learners += 1
        number = f"C{self.learners:04d}"
        who = somebody(number)
        entered = {
            "kind": "enrolment_event", "learner": who, "event": "entered", "occurred_on": date(2024, 9, 1),
            "level": "higher_vocational", "programme_code": "W", "year_of_entry": 2024,
        }  # fmt: skip
        with self.town.client() as college:
            _, *reported = college.post_records([entered, *(training(who, title=title) for title in titles)])
            records = [str(one.record_id) for one in reported]
            learner_id = college.record(records[0])["learner_id"]
            code = college.activation_code(learner_id)
            login = {"login_name": f"claimant-{number}", "password": "hai-ou-fei-guo-gang"}
            college.post(
                "/v1/accounts/activation",
                {"account_no": code["account_no"], "code": code["code"], "name": who["name"], **login},
            )
        person = Client.of_person(self.town.bank.base_url, login["login_name"], login["password"])
        return person, learner_id, records, number


def _content(course: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in course.items() if name not in ("course_code", "compulsory")}


def line(record: str, course: str) -> dict[str, Any]:
    return {"record_ids": [record], "course_code": course}


@pytest.fixture(scope="module")
def claiming(town: Town) -> Iterator[Claiming]:
    base = town.bank.base_url
    with ExitStack() as until, town.client() as college:

        def person(name: str, role: str, **more: Any) -> Client:
            login = {"login_name": name, "display_name": "演示", "roles": [role], **more}
            return until.enter_context(
                Client.of_person(base, name, administrator.post("/v1/logins", login)["password"])
            )

        password = Bootstrap(town.bank.settings, town.bank.database_url).administrator()
        administrator = until.enter_context(Client.of_person(base, ADMINISTRATOR, password))
        programme = {"code": "W", "valid_from": SINCE, "name": "焊接", "level": "higher_vocational"}
        programme_id = college.publish_programmes([programme])[0]["id"]
        courses = [
            {"course_code": code, "compulsory": True, "name": name, "category": "专业课", "credits": credits,
             "learning_form": "integrated"}
            for code, (name, credits) in COURSES.items()
        ]  # fmt: skip
        plan = {
            "entry_from": 2024, "published_on": date(2024, 6, 30), "total_credits": Decimal(130), "totals": {},
            "courses": courses,
        }  # fmt: skip
        made = college.publish_plan(programme_id, "2024", plan)
        college.publish_courses([{"code": "W1", "valid_from": SINCE, **_content(courses[0])}])
        here = {"institution_id": str(town.college)}
        registrar = person("w-registrar", "registrar", **here)
        listed = {
            "sources": [{"kind": "training", "institution_id": str(town.college), "title": LISTED}], "targets": ["W1"],
            "relevance": 90, "ground": "课程标准一致", "valid_from": SINCE,
        }  # fmt: skip
        registrar.post(f"/v1/institutions/{town.college}/equivalences", listed)
        yield Claiming(
            town,
            made["plan"]["plan_id"],
            department=person("w-department", "department_reviewer", **here),
            registrar=registrar,
            officer=town.officer,
            second=person("w-second", "officer"),
            reviewer=person("w-reviewer", "appeal_reviewer"),
        )


def test_what_is_best_is_claimed_as_it_is_as_the_guide_says(
    claiming: Claiming, capsys: pytest.CaptureFixture[str]
) -> None:
    person, learner_id, records, _ = claiming.learner(LISTED, "仰焊")
    section = GUIDE.split("\n## 转换申请")[1].split("\n## ")[0]
    (block,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    with person:
        exec(block, {"bank": person, "learner_id": learner_id, "plan_id": claiming.plan})
        assert capsys.readouterr().out == "焊接工艺 2\nopen [('open', None)]\n"
        only = person.best_allocation(learner_id, claiming.plan, records=records[1:], objective="courses")
        assert only["claim"] == []
        (claim,) = person.learner_claims(learner_id)
        assert person.claim(claim["claim_id"])["lines"][0]["record_ids"] == records[:1]


def test_every_hand_has_its_say(claiming: Claiming) -> None:
    person, learner_id, records, _ = claiming.learner("手工焊", "气保焊")
    with person:
        found = person.best_allocation(learner_id, claiming.plan)
        assert found["claim"] == [], "how relevant a training is, is not known yet"
        made = person.make_claim(learner_id, claiming.plan, [line(records[0], "W1"), line(records[1], "W2")])
        assert [one["claim_id"] for one in person.learner_claims(learner_id)] == [made["claim_id"]]
        claim = made["claim_id"]
        assert claim in {one["claim_id"] for one in claiming.department.claims(waiting_for="department")}
        assert {one["fact"] for one in made["lines"][0]["missing"]} == {"match.relevance", "match.not_lower"}
        with pytest.raises(Conflict) as early:
            claiming.department.answer_step(claim, "department", "approved")
        assert early.value.code == "facts_still_missing"
        said = [
            {"line_no": no, "fact": fact, "value": value}
            for no in (1, 2)
            for fact, value in (("match.relevance", "90"), ("match.not_lower", True))
        ]
        claiming.department.supply_facts(claim, "department", said)
        claiming.department.answer_step(claim, "department", "approved")
        with pytest.raises(NotAllowed):
            person.answer_step(claim, "registrar", "approved")
        answered = claiming.registrar.answer_step(claim, "registrar", "refused", lines=[2], reason="内容重复")
        assert (answered["lines"][1]["state"], answered["lines"][1]["refused_by"]) == ("refused", "registrar")
        assert claiming.registrar.answer_step(claim, "registrar", "approved")["step"] == "notice"

        assert claim in {one["claim_id"] for one in person.public_notices(institution_id=claiming.town.college)}
        objection = claiming.second.object_to_claim(claim, words="学时不实", line_no=1)
        assert person.claim(claim)["waits_for"] == "objection"
        with pytest.raises(Conflict) as twice:
            claiming.second.object_to_claim(claim, words="学时不实")
        assert twice.value.code == "objected_already"
        claiming.registrar.decide_objection(claim, objection["objection_id"], upheld=False, words="经查属实")
        withdrawn = person.withdraw_claim(claim)
        assert [one["state"] for one in withdrawn["lines"]] == ["withdrawn", "refused"]
        kinds = [message["kind"] for message in person.inbox(learner_id)]
        assert "claim_objected" in kinds
        newest = next(person.inbox(learner_id, unread=True))
        person.mark_read(learner_id, newest["message_id"])
        assert newest["message_id"] not in {one["message_id"] for one in person.inbox(learner_id, unread=True)}


def test_a_refusal_is_reviewed_by_a_person_and_overridden_by_two(claiming: Claiming) -> None:
    person, learner_id, records, _ = claiming.learner("管焊")
    with person:
        made = person.make_claim(learner_id, claiming.plan, [line(records[0], "W3")])
        (refused,) = made["lines"]
        assert (refused["state"], refused["refusal"]) == ("refused", "not-larger-than-the-records")
        decision = person.decision(refused["decision_id"])
        assert decision["turning"]["caused_by"] == ["not-larger-than-the-records"]
        assert person.replay(refused["decision_id"])["same"] is True
        claim = made["claim_id"]
        appeal = person.appeal(claim, 1, kind="human_review", words="请人工复核")
        with pytest.raises(Conflict):
            person.appeal(claim, 1, kind="human_review", words="请人工复核")
        assert appeal["appeal_id"] in {one["appeal_id"] for one in claiming.reviewer.appeals()}
        answered = claiming.reviewer.decide_appeal(appeal["appeal_id"], upheld=False, words="学分不足")
        assert answered["state"] == "dismissed"

        until = clock.today() + timedelta(days=400)
        proposed = claiming.officer.propose_override(claim, 1, credits=Decimal(2), reason="学校更名", expires_on=until)
        assert proposed["state"] == "proposed"
        override = proposed["override_id"]
        assert override in {one["override_id"] for one in claiming.second.overrides()}
        with pytest.raises(Conflict) as alone:
            claiming.officer.confirm_override(override, agreed=True)
        assert alone.value.code == "second_person_needed"
        assert claiming.second.confirm_override(override, agreed=True)["state"] == "in_force"
        (shown,) = person.transcript(learner_id)["conversions"]
        assert (shown["credits"], shown["override"]["reason"]) == ("2", "学校更名")
        assert {one["scheme"] for one in person.balances(learner_id)} == {"training", "higher_vocational"}
        totals = person.totals(learner_id, plan_id=claiming.plan)
        assert totals["verdict"] == "not_granted"
        given_up = person.give_up_conversion(claim, 1)
        assert given_up["lines"][0]["state"] == "ended"
        assert person.transcript(learner_id)["conversions"] == []


def test_a_college_claims_for_its_class_an_outcome_for_each(claiming: Claiming) -> None:
    person, learner_id, records, number = claiming.learner("钎焊")
    person.close()
    outcomes = claiming.registrar.claim_for_class(
        claiming.plan,
        [{"student_no": number, "lines": [line(records[0], "W1")]}, {"student_no": "9", "lines": [line(NOBODY, "W1")]}],
    )
    assert [one["outcome"] for one in outcomes] == ["claimed", "refused"]
    assert claiming.registrar.claim(outcomes[0]["claim_id"])["learner_id"] == learner_id
    assert learner_id in {one["learner_id"] for one in claiming.registrar.plan_totals(claiming.plan)["people"]}
    assert list(claiming.officer.claims(flagged=True)) == []


def test_a_claim_is_made_once_however_often_it_is_sent(claiming: Claiming) -> None:
    person, learner_id, records, _ = claiming.learner("氩弧焊")
    key = str(uuid4())
    with person:
        first, again = (
            person.make_claim(learner_id, claiming.plan, [line(records[0], "W1")], idempotency_key=key)
            for _ in range(2)
        )
        assert first["claim_id"] == again["claim_id"]
        assert len(list(person.learner_claims(learner_id))) == 1


def test_consent_is_said_and_taken_back(claiming: Claiming) -> None:
    person, learner_id, _, _ = claiming.learner("激光焊")
    with person:
        for given in (True, False):
            person.say_consent(learner_id, purpose="transcript", given=given, institution_id=claiming.town.school)
            held = person.consents(learner_id)
            assert bool(held["in_force"]) is given
        assert [one["given"] for one in held["words"]] == [False, True]


def test_a_stranger_learns_nothing(claiming: Claiming) -> None:
    person, learner_id, records, _ = claiming.learner("埋弧焊")
    other, _, _, _ = claiming.learner("电渣焊")
    with person, other:
        claim = person.make_claim(learner_id, claiming.plan, [line(records[0], "W1")])["claim_id"]
        for nothing in (claim, NOBODY):
            with pytest.raises(NotFound):
                other.claim(nothing)
            with pytest.raises(NotFound):
                other.withdraw_claim(nothing)
        for nobody in (learner_id, NOBODY):
            with pytest.raises(NotFound):
                other.best_allocation(nobody, claiming.plan)
            with pytest.raises(NotFound):
                list(other.inbox(nobody))
        with pytest.raises(Refused):
            person.make_claim(learner_id, claiming.plan, [])


def test_how_far_somebody_is_and_the_bank_in_figures(claiming: Claiming, tmp_path: Path) -> None:
    person, learner_id, _, _ = claiming.learner("等离子焊")
    with person:
        (plan,) = person.progress(learner_id)["plans"]
        assert (plan["plan_id"], plan["planned"], plan["earned"]) == (claiming.plan, "130", "0")
        assert person.learner_rounds(learner_id) == []
        with pytest.raises(NotAllowed):
            person.statistics()
    figures = claiming.officer.statistics(institution_id=claiming.town.college)
    assert figures["institution_id"] == str(claiming.town.college)
    saved = claiming.officer.save_statistics(tmp_path / "figures.xlsx", since=date(2026, 1, 1))
    assert saved.read_bytes().startswith(b"PK")
