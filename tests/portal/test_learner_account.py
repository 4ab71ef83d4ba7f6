"""A learner's account: personal data, consents, guardians, taking everything out, closing."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from creditbank import clock
from creditbank.identifiers import new_id
from tests.open_bank import machine, person
from tests.portal.place import Portal, certificate, text_of, training
from tests.records.town import course_row, resident


def form_of(page: str, form: str) -> dict[str, str]:
    """The hidden fields of a form, as a browser sends them."""
    found = re.search(rf'<form class="fields act" id="{form}".*?</form>', page, re.S)
    assert found is not None, form
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[0]))


# --- what is kept -----------------------------------------------------------------------------------------------


async def test_the_person_sees_what_is_kept_of_them_with_the_number_masked(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row())
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/account")).text
    said = text_of(page)
    number = resident(1)
    assert number not in page
    assert f"{number[:4]}**********{number[-4:]}" in said
    assert "演示甲" in said
    assert "有信息不对？" in said
    assert "报送您成果的机构：演示职业学院" in said


async def test_who_looked_is_told_but_not_by_name_and_not_what_for(portal: Portal) -> None:
    learner_id = await portal.learner()
    officer = person("officer")
    answer = await portal.bank.call("GET", f"/v1/learners/{learner_id}?purpose=正在核查冒名", officer)
    assert answer.status_code == 200
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/account")).text
    assert "查看了账户或学习档案。" in text_of(page)
    assert "正在核查冒名" not in page
    assert str(officer.login_id) not in page


# --- taking it out ----------------------------------------------------------------------------------------------


async def test_everything_that_is_held_is_in_one_file_and_it_is_logged(portal: Portal) -> None:
    learner_id = await portal.learner()
    (first,) = await portal.town.post(course_row(key="k-1", score="58"))
    await portal.town.post(course_row(key="k-1", score="92", reason="登分错误"))
    await portal.town.post(training())
    (gone,) = await portal.town.post(certificate(), by=portal.town.body)
    body = machine("records:write", institution_id=portal.town.body.institution_id)
    withdrawn = await portal.bank.call(
        "POST", f"/v1/records/{gone.record_id}/withdrawal", body, json={"reason": "考务核查"}
    )
    assert withdrawn.status_code == 200, withdrawn.text
    me = person("learner", learner_id=learner_id)
    await portal.bank.call(
        "POST", f"/v1/learners/{learner_id}/consents", me, json={"purpose": "statistics", "given": True}
    )
    async with portal.signed_in() as browser:
        answer = await browser.get("/my/account/personal-data.json")
    assert answer.status_code == 200
    assert re.fullmatch(
        r'attachment; filename="personal-data-\d{12}-[\d-]{10}\.json"', answer.headers["content-disposition"]
    )
    assert answer.headers["cache-control"] == "no-store"
    held = json.loads(answer.content)
    assert resident(1) not in answer.text
    records = {record["record_id"]: record for record in held["records"]}
    assert [version["reported"]["score"] for version in records[str(first.record_id)]["versions"]] == ["58", "92"]
    assert records[str(gone.record_id)]["live"] is False
    assert records[str(gone.record_id)]["versions"][0]["reported"]["number"] == "X2024000001"
    kept = await portal.town.sql(
        "SELECT count(DISTINCT record_id) FROM record_version WHERE learner_id = %s", learner_id
    )
    assert len(records) == kept[0][0]
    postings = await portal.town.sql("SELECT count(*) FROM posting WHERE learner_id = %s", learner_id)
    assert len(held["postings"]) == postings[0][0]
    decided = sum(len(record["decisions"]) for record in held["records"]) + len(held["decisions"])
    decisions = await portal.town.sql("SELECT count(*) FROM decision WHERE learner_id = %s", learner_id)
    assert decided == decisions[0][0]
    messages = await portal.town.sql("SELECT count(*) FROM inbox_message WHERE learner_id = %s", learner_id)
    assert len(held["inbox"]) == messages[0][0]
    assert held["consents"][0]["purpose"] == "statistics"
    assert held["learner"]["names"][0]["name"] == "演示甲"
    assert held["accesses"][0]["act"] == "personal_data_exported"
    assert held["accesses"][0]["by"] == "self"
    by_api = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/personal-data", me)).json()
    assert by_api["records"] == held["records"]


async def test_nobody_takes_out_anothers_data(portal: Portal) -> None:
    learner_id = await portal.learner()
    child = await portal.child(61, "演示小明")
    async with portal.signed_in() as browser:
        answer = await browser.get(f"/my/account/personal-data.json?learner={child}")
        assert answer.status_code == 404
        nowhere = await browser.get(f"/my/account/personal-data.json?learner={new_id()}")
        assert text_of(nowhere.text).partition("查询编号")[0] == text_of(answer.text).partition("查询编号")[0]
    college = portal.town.college.institution_id
    for actor in (
        person("registrar", institution_id=college), person("officer"), person("auditor"),
        machine("transcripts:read", institution_id=college),
    ):  # fmt: skip
        answer = await portal.bank.call("GET", f"/v1/learners/{learner_id}/personal-data", actor)
        assert answer.status_code == 403, actor
    stranger = person("learner", learner_id=child)
    assert (await portal.bank.call("GET", f"/v1/learners/{learner_id}/personal-data", stranger)).status_code == 404


# --- consents ---------------------------------------------------------------------------------------------------


async def test_consent_is_given_and_taken_back_with_one_button(portal: Portal) -> None:
    await portal.learner()
    college = portal.town.college.institution_id
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/consents")).text
        said = form_of(page, "giving") | {"purpose": "recognition", "institution_id": str(college), "until_on": ""}
        for _ in range(2):
            answer = await browser.post("/my/consents", data=said)
            assert (answer.status_code, answer.headers["location"]) == (303, "/my/consents?done=giving")
        page = (await browser.get("/my/consents?done=giving")).text
        assert "授权已生效。" in text_of(page)
        assert "长期有效，直至撤回" in text_of(page)
        back = re.search(r'<form method="post" action="/my/consents">.*?</form>', page, re.S)
        assert back is not None
        pairs = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', back[0]))
        assert (await browser.post("/my/consents", data=pairs)).headers["location"] == "/my/consents?done=takingback"
        assert "目前没有授权。" in text_of((await browser.get("/my/consents")).text)
    words = await portal.town.sql("SELECT given FROM consent ORDER BY at, consent_id")
    assert words == [(True,), (False,)]


async def test_what_is_wrong_with_a_consent_stands_beside_the_form_with_what_was_typed(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        for said, why in (
            ({"purpose": "transcript"}, "须指明授权给哪个机构"),
            ({"purpose": "statistics", "until_on": "2001-01-01"}, "截止日期已过"),
            ({"purpose": "everything"}, "用途："),
        ):
            page = (await browser.get("/my/consents")).text
            answer = await browser.post("/my/consents", data=form_of(page, "giving") | said)
            assert answer.status_code == 422, said
            assert 'id="giving-fault"' in answer.text
            assert why in text_of(answer.text)
            if "until_on" in said:
                assert 'value="2001-01-01"' in answer.text
                assert '<option value="statistics" selected>' in answer.text
    assert await portal.town.sql("SELECT FROM consent") == []


async def test_an_old_form_used_with_other_content_does_nothing(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        said = form_of((await browser.get("/my/consents")).text, "giving") | {"purpose": "statistics"}
        assert (await browser.post("/my/consents", data=said)).status_code == 303
        answer = await browser.post("/my/consents", data=said | {"purpose": "notices"})
        assert answer.status_code == 409
        assert "这张表单已经提交并办理过" in text_of(answer.text)
    assert len(await portal.town.sql("SELECT FROM consent")) == 1


# --- a child and its guardian -----------------------------------------------------------------------------------


async def test_a_child_looks_and_the_guardian_acts(portal: Portal) -> None:
    child = await portal.child(62, "演示小明")
    given = await portal.guardian(child)
    await portal.login("xiao.ming", roles=["learner"], learner_id=child)
    async with portal.signed_in("xiao.ming") as browser:
        page = (await browser.get("/my/consents")).text
        assert 'id="giving"' not in page
        assert "授权由已登记的监护人办理" in text_of(page)
        assert 'id="closing"' not in (await browser.get("/my/account")).text
        said = {"key": str(new_id()), "given": "yes", "purpose": "statistics"}
        answer = await browser.post("/my/consents", data=said)
        assert answer.status_code == 403
        assert "监护人" in text_of(answer.text)
        guardians = text_of((await browser.get("/my/guardians")).text)
        assert "李*芳" in guardians
        assert "母亲" in guardians
    async with portal.signed_in(given["login_name"], given["password"]) as browser:
        page = (await browser.get("/my/consents")).text
        said = form_of(page, "giving") | {"purpose": "statistics"}
        assert said["learner"] == str(child)
        answer = await browser.post("/my/consents", data=said)
        assert answer.headers["location"] == f"/my/consents?learner={child}&done=giving"
        held = await browser.get("/my/account/personal-data.json")
        assert held.json()["learner"]["name"] == "演示小明"
        assert held.json()["guardians"][0]["in_force"] is True
    (row,) = await portal.town.sql("SELECT learner_id, given FROM consent")
    assert row == (child, True)


# --- closing ----------------------------------------------------------------------------------------------------


async def test_an_account_is_closed_by_its_learner_who_ticked_the_box(portal: Portal) -> None:
    learner_id = await portal.learner()
    await portal.town.post(course_row())
    async with portal.signed_in() as browser:
        said = form_of((await browser.get("/my/account")).text, "closing") | {"reason": "不再使用"}
        unsure = await browser.post("/my/account/closing", data=said)
        assert unsure.status_code == 422
        assert "请先勾选确认" in text_of(unsure.text)
        assert ">不再使用</textarea>" in unsure.text
        assert await closed(portal, learner_id) is None
        forged = await browser.post(
            "/my/account/closing", data=said | {"sure": "yes"}, headers={"Origin": "https://evil.example"}
        )
        assert forged.status_code == 403
        assert await closed(portal, learner_id) is None
        answer = await browser.post("/my/account/closing", data=said | {"sure": "yes"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/my/account?done=closing")
        page = (await browser.get("/my/account?done=closing")).text
        assert "该账户已注销" in text_of(page)
        assert 'id="closing"' not in page
        assert "机械制图" in (await browser.get("/my/transcript")).text
        again = await browser.post("/my/account/closing", data=said | {"sure": "yes"})
        assert again.status_code == 303
    assert await closed(portal, learner_id) is not None
    assert len(await portal.town.sql("SELECT FROM inbox_message WHERE kind = 'account_closed'")) == 1


async def closed(portal: Portal, learner_id: UUID) -> Any:
    """When the account was closed."""
    return (await portal.town.sql("SELECT closed_at FROM learner WHERE learner_id = %s", learner_id))[0][0]


@pytest.mark.parametrize("path", ["/my/consents", "/my/account/closing", "/my/inbox/read"])
async def test_a_session_that_ended_writes_nothing(portal: Portal, path: str) -> None:
    learner_id = await portal.learner()
    async with portal.signed_in() as browser:
        portal.at += timedelta(hours=9)
        said = {"key": str(new_id()), "given": "yes", "purpose": "statistics", "reason": "不再使用", "sure": "yes"}
        answer = await browser.post(path, data=said)
        assert answer.status_code in (303, 401)
    assert clock.now() == portal.at
    assert await portal.town.sql("SELECT FROM consent") == []
    assert await closed(portal, learner_id) is None


# --- lists that go on -------------------------------------------------------------------------------------------


async def test_every_look_and_every_word_of_consent_can_be_read_page_by_page(portal: Portal) -> None:
    learner_id = await portal.learner()
    officer, own = person("officer"), person("learner", learner_id=learner_id)
    for _ in range(23):
        assert (await portal.bank.call("GET", f"/v1/learners/{learner_id}?purpose=核对", officer)).status_code == 200
    for given in [True, False] * 12:
        body = {"purpose": "statistics", "given": given}
        answer = await portal.bank.call("POST", f"/v1/learners/{learner_id}/consents", own, json=body)
        assert answer.status_code == 201, answer.text
    async with portal.signed_in() as browser:
        for page, name, row in (
            ("/my/account", "looked", "查看了账户或学习档案。"),
            ("/my/consents", "words", "<time "),
        ):
            first = (await browser.get(page)).text
            onwards = re.search(rf'href="({page}\?{name}=20[^"#]*)', first)
            assert onwards is not None, page
            following = (await browser.get(onwards[1])).text
            assert 'rel="next"' not in following
            assert f'href="{page}#' in following
            assert (first.count(row), following.count(row)) == (20, 3 if name == "looked" else 4)
            assert (await browser.get(f"{page}?{name}=nonsense")).status_code == 200
