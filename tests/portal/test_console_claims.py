"""Claims on the console: the inbox of each hand, a claim on one screen, what hands, the bank and reviewers do."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.portal import console_claims
from creditbank.portal.console_claims_shown import value_typed
from tests.open_bank import person
from tests.portal.desk_place import Browser, forms_of
from tests.portal.desk_place import at as browsing
from tests.portal.place import text_of
from tests.recognition.college import (
    DEPARTMENT,
    ISSUER,
    NOTICE,
    REGISTRAR,
    RELEVANT,
    College,
    Learner,
    a_college,
    clause,
    procedure,
    room,
)


@pytest.fixture
async def college(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[College]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def at(college: College, actor: Actor) -> AbstractAsyncContextManager[Browser]:
    """A browser that holds somebody's session."""
    return browsing(college.bank.app, actor)


def said(relevance: str) -> dict[str, Any]:
    """What a department types of the first line."""
    return {"fact_1_match.relevance": relevance}


async def claimed(college: College, *codes: str) -> tuple[Learner, dict[str, Any], str]:
    """Somebody with as many certificates as courses that they claim, and the claim's page."""
    learner = await college.enrol(certificates=len(codes))
    lines = [([record], code) for record, code in zip(learner.records, codes, strict=True)]
    made = await college.claim(learner, *lines)
    return learner, made, f"/console/claims/{made['claim_id']}"


async def test_each_hand_finds_the_claim_in_its_inbox_and_answers_it_on_one_screen(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(DEPARTMENT, REGISTRAR))
    learner, made, page = await claimed(college, "M1")
    async with at(college, college.department) as browser:
        inbox = text_of(await browser.read("/console/claims"))
        assert "演示一" in inbox
        looks = "SELECT actor, detail FROM access_entry WHERE act = 'claims_seen'"
        assert await college.sql(looks) == [(college.department.name, {"count": 1})]
        assert re.search(r"演示职业学院 \d+版", inbox), "which version of the plan"
        assert "审核" in inbox
        shown = text_of(await browser.read(page))
        assert "DEMO0001000" in shown, "the number of the certificate"
        assert "机械制图" in shown
        assert "课程 3 学分" in shown
        assert "尚不能判定 3 学分" in shown
        refused = await browser.send(page, "con_outcome", status=409, outcome="approved", lines="1")
        assert "con_facts" in forms_of(refused.text)
        wrong = await browser.send(page, "con_facts", status=422, **said("很像"))
        assert 'value="很像"' in wrong.text
        await browser.send(page, "con_facts", **said("85"))
        none = await browser.send(page, "con_outcome", status=422, outcome="refused", lines="1")
        assert "理由" in text_of(none.text)
        await browser.send(page, "con_outcome", outcome="approved", lines="1")
        assert "con_outcome" not in forms_of(await browser.read(page))
        assert "没有待办的申请" in text_of(await browser.read("/console/claims"))
    async with at(college, college.registrar) as browser:
        assert "演示一" in text_of(await browser.read("/console/claims?hand=registrar"))
        await browser.send(page, "con_outcome", outcome="approved", lines="1")
        assert "予以认定" in text_of(await browser.read(page))
    assert await college.converted(learner) == 300
    assert (await college.read(made))["state"] == "decided"
    await college.check()


@pytest.mark.parametrize(
    ("fact", "typed", "value"),
    [
        ("record.credits", "2.5", 250),
        ("record.credits", "两分", "两分"),
        ("claim.week_of_term", "3", 3),
        ("match.relevance", "85", "85"),
    ],
)
def test_a_fact_is_typed_as_people_write_it(fact: str, typed: str, value: object) -> None:
    assert value_typed(fact, typed) == value


async def test_a_double_click_answers_once_and_another_tab_is_told(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner, _, page = await claimed(college, "M1")
    async with at(college, college.department) as browser:
        sent = await browser.send(page, "con_outcome", key="tab-one", outcome="approved", lines="1")
        again = await browser.http.post(
            f"{page}/outcome", data={"key": "tab-one", "step": "department", "outcome": "approved", "lines": "1"}
        )
        assert again.headers["location"] == sent.headers["location"]
        late = await browser.http.post(
            f"{page}/outcome", data={"key": "tab-two", "step": "department", "outcome": "refused", "lines": "1",
                                     "reason": "不同意"},
        )  # fmt: skip
        assert late.status_code == 409
        assert "已办结" in text_of(late.text)
    assert await college.converted(learner) == 300


async def test_a_body_sees_what_it_verifies_and_no_more(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER, REGISTRAR))
    learner = await college.enrol()
    school = person("registrar", institution_id=college.college)
    made = await college.claim(learner, ([learner.records[0]], "M1"))
    page = f"/console/claims/{made['claim_id']}"
    api = f"/v1/claims/{made['claim_id']}/records"
    if made["hand"] == "issuer":
        async with at(college, college.issuer) as browser:
            assert "DEMO0001000" in text_of(await browser.read(page))
            assert "核验属实" in text_of(await browser.read(page))
            await browser.send(page, "con_outcome", outcome="verified", lines="1")
    found = await college.ask("GET", api, school)
    assert found["learner_name"] == "演示一"
    assert [one["private"]["number"] for one in found["records"]] == ["DEMO0001000"]
    looks = "SELECT actor, learner_id, detail FROM access_entry WHERE act = 'claim_records_seen' ORDER BY entry_id"
    seen = await college.sql(looks)
    assert seen[-1] == (school.name, learner.learner_id, {"claim_id": made["claim_id"]})
    await college.ask("GET", api, person("learner", learner_id=learner.learner_id))
    stranger = person("certificate_body", institution_id=college.school)
    await college.ask("GET", api, stranger, status=404)
    assert await college.sql(looks) == seen, "one's own look needs no account, and a stranger's shows nothing"
    async with at(college, stranger) as browser:
        await browser.read(page, status=404)
        await browser.read(f"/console/claims/{new_id()}", status=404)


async def test_a_step_that_a_claim_never_came_to_is_not_shown_as_done(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT, REGISTRAR))
    _, _, page = await claimed(college, "M1")

    def standings(shown: str) -> list[str]:
        return re.findall(r'<li class="(\w+)"><b>', shown.partition('id="lines"')[0])

    async with at(college, college.department) as browser:
        assert standings(await browser.read(page)) == ["now", "later"]
        await browser.send(page, "con_outcome", outcome="refused", reason="课程内容不同", lines="1")
        assert standings(await browser.read(page)) == ["done", "later"]


async def test_an_objection_is_decided_beside_the_claim(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    _, made, page = await claimed(college, "M1")
    await college.ask(
        "POST", f"/v1/claims/{made['claim_id']}/objections", person("learner", learner_id=new_id()), status=201,
        json={"words": "<script>alert(1)</script> 该证书并非本人取得"},
    )  # fmt: skip
    async with at(college, college.registrar) as browser:
        shown = await browser.read(page)
        assert "<script>alert(1)" not in shown
        assert "并非本人取得" in shown
        (form,) = [one for one in forms_of(shown) if one.startswith("con_objection-")]
        missing = await browser.send(page, form, status=422, upheld="false")
        assert f'id="{form}-fault"' in missing.text
        await browser.send(page, form, upheld="false", words="经核实，证书属实")
        assert "经核实，证书属实" in text_of(await browser.read(page))


async def test_an_appeal_is_decided_by_a_reviewer_and_an_override_by_two_officers(college: College) -> None:
    college.decide_by(room("3"), hands=procedure(DEPARTMENT))
    learner, made, page = await claimed(college, "M1", "M2")
    path = f"/v1/claims/{made['claim_id']}/lines/2/appeals"
    asked = {"kind": "human_review", "words": "请复核上限"}
    await college.ask("POST", path, learner.actor, json=asked, status=201)
    async with at(college, college.reviewer) as browser:
        assert "人工复核" in text_of(await browser.read("/console/appeals"))
        shown = await browser.read(page)
        assert "con_outcome" not in forms_of(shown)
        (form,) = [one for one in forms_of(shown) if one.startswith("con_appeal-")]
        await browser.send(page, form, status=422, upheld="true", words="课程标准一致")
        await browser.send(page, form, upheld="false", words="上限确已用完")
        assert "上限确已用完" in text_of(await browser.read(page))
        assert "没有待复核的申诉" in text_of(await browser.read("/console/appeals"))
    typed: dict[str, Any] = {
        "credits": "3",
        "exemption": "none",
        "expires_on": "2030-07-31",
        "reason": "学校更名",
        "sure": "yes",
    }
    async with at(college, college.officer) as browser:
        await browser.send(page, "con_override-2", **typed)
        own = await browser.read("/console/appeals")
        assert "须由另一人确认" in text_of(own)
        assert not [one for one in forms_of(own) if one.startswith("con_agree-")]
    async with at(college, college.second_officer) as browser:
        (form,) = [one for one in forms_of(await browser.read("/console/appeals")) if one.startswith("con_agree-")]
        await browser.send("/console/appeals", form, agreed="true")
        assert "有效" in text_of(await browser.read(page))
    await college.check()


async def test_appeals_go_on_over_the_page(college: College, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_claims, "PAGE", 1)
    college.decide_by(clause("never", require={"fact": "record.kind", "in": ["course_result"]}))
    pages = []
    for _ in range(2):
        learner, made, page = await claimed(college, "M1")
        path = f"/v1/claims/{made['claim_id']}/lines/1/appeals"
        await college.ask("POST", path, learner.actor, json={"kind": "appeal", "words": "请复核"}, status=201)
        pages.append(page)
    async with at(college, college.reviewer) as browser:
        listed = await browser.read("/console/appeals")
        assert [page in listed for page in pages] == [True, False]
        following = re.search(r'href="(/console/appeals\?cursor=[^"]+)"', listed)
        assert following is not None
        listed = await browser.read(html.unescape(following[1]))
        assert [page in listed for page in pages] == [False, True]
        assert 'href="/console/appeals"' in listed


async def test_an_appeal_for_an_exemption_is_upheld_with_the_exemption_that_was_claimed(college: College) -> None:
    college.decide_by(clause("never", require={"fact": "record.kind", "in": ["course_result"]}))
    learner = await college.enrol()
    line = {"record_ids": [str(learner.records[0])], "course_code": "M1", "wants": "exemption"}
    made = await college.claim(learner, line)
    path = f"/v1/claims/{made['claim_id']}/lines/1/appeals"
    await college.ask("POST", path, learner.actor, json={"kind": "appeal", "words": "已掌握"}, status=201)
    page = f"/console/claims/{made['claim_id']}"
    async with at(college, college.reviewer) as browser:
        shown = await browser.read(page)
        (form,) = [one for one in forms_of(shown) if one.startswith("con_appeal-")]
        offered = re.search(rf'<select id="{form}-exemption".*?</select>', shown, re.S)
        assert offered is not None
        first, *_ = re.findall(r'<option value="([^"]*)"', offered[0])
        await browser.send(
            page, form, upheld="true", words="内容一致", exemption=first, credits="0", expires_on="2030-07-31"
        )
    (line_now,) = (await college.read(made))["lines"]
    assert (line_now["state"], line_now["exemption"]) == ("granted", "full")
    await college.check()


async def test_the_console_begins_with_what_waits_for_each_role(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    await claimed(college, "M1")
    for actor in (college.department, college.registrar, college.issuer, college.officer, college.reviewer,
                  person("auditor"), person("provider", institution_id=college.body)):  # fmt: skip
        async with at(college, actor) as browser:
            for language in ("zh", "en"):
                page = await browser.read(f"/console?lang={language}")
                assert "<h1>" in page
    async with at(college, college.department) as browser:
        assert "1 待办的申请" in text_of(await browser.read("/console?lang=zh"))
    async with at(college, replace(college.registrar, roles=frozenset({"learner"}))) as browser:
        await browser.read("/console", status=403)
