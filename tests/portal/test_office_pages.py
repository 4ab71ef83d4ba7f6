"""The office over HTTP: each act by its form, once however often it is sent, and nothing for whom it is not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from creditbank.identifiers import new_id
from creditbank.identity import gate
from creditbank.identity.actor import Actor
from tests.open_bank import person
from tests.portal.desk_place import Browser, form_of, forms_of
from tests.portal.place import HERE, Portal, text_of
from tests.records.town import course_row, entered, resident

OFFICER = person("officer")
RARE = "𠀀" * 40
"""A name of forty letters, each of them outside the first plane."""


@asynccontextmanager
async def at(portal: Portal, actor: Actor = OFFICER) -> AsyncIterator[Browser]:
    """A browser that holds the session of somebody."""
    token = portal.bank.app.state.tokens.issue(actor, at=datetime.now(UTC))
    async with portal.browser() as http:
        http.cookies.set(gate.SESSION_COOKIE, token)
        yield Browser(http)


async def a_held_row(portal: Portal, name: str = "演示丙") -> tuple[UUID, UUID]:
    """A row under another name than its student's: the held row, and whose account it is near."""
    await portal.town.post(entered(), course_row())
    (held,) = await portal.town.post(course_row(learner={**course_row()["learner"], "name": name}, course_code="C102"))
    assert held.outcome == "held"
    assert held.held_row_id is not None
    ((learner,),) = await portal.town.sql("SELECT learner_id FROM learner")
    return held.held_row_id, learner


async def entries(portal: Portal, act: str) -> int:
    rows = await portal.town.sql("SELECT count(*) FROM access_entry WHERE act = %s", act)
    return int(rows[0][0])


# --- held rows ------------------------------------------------------------------------------------------------------


async def test_a_held_row_is_read_beside_its_candidate_and_resolved_once(portal: Portal) -> None:
    held, learner = await a_held_row(portal)
    path = f"/office/held-rows/{held}"
    async with at(portal) as officer:
        assert f'href="{path}"' in await officer.read("/office/held-rows")
        page = await officer.read(path)
        assert "演示丙" in text_of(page)
        assert "演示甲" in text_of(page)
        assert await entries(portal, "held_row_read") == 1
        refused = await officer.send(path, "resolution", status=422, decision=f"match:{learner}", reason="改名")
        assert "请先勾选确认" in text_of(refused.text)
        assert "改名" in refused.text, "what was typed is kept"
        key = str(new_id())
        typed = {"decision": f"match:{learner}", "reason": "改名，已核户口簿", "sure": "yes"}
        sent = {**form_of(await officer.read(path), "resolution").hidden, **typed, "key": key}
        for _ in range(2):
            answer = await officer.http.post(f"{path}/resolution", data=sent)
            assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=resolution")
        text = text_of(await officer.read(f"{path}?done=resolution"))
        assert "存入已有账户" in text
        assert "改名，已核户口簿" in text
        assert forms_of(await officer.read(path)) == set()
        late = await officer.http.post(f"{path}/resolution", data={**sent, "key": str(new_id())})
        assert late.status_code == 409, "another tab is told that it was resolved"
        assert "该待核行已处理" in text_of(late.text)
    assert await entries(portal, "held_row_resolved") == 1
    await portal.town.check_books()


async def test_a_resolution_that_does_not_complete_says_why_and_writes_nothing(portal: Portal) -> None:
    held, _ = await a_held_row(portal)
    async with at(portal) as officer:
        answer = await officer.send(
            f"/office/held-rows/{held}", "resolution", status=409, decision="at_plan_credits", reason="试", sure="yes"
        )
        assert "未写入任何内容" in text_of(answer.text)
        assert "resolution" in forms_of(await officer.read(f"/office/held-rows/{held}"))


async def test_script_and_rare_letters_in_a_row_are_shown_as_they_are(portal: Portal) -> None:
    held, _ = await a_held_row(portal, name=RARE)
    async with at(portal) as officer:
        page = await officer.read(f"/office/held-rows/{held}")
        assert RARE in page
    await portal.town.post(course_row(course_code="<b>C9</b>", course_name='<script>alert("x")</script>', credits="9"))
    async with at(portal) as officer:
        for row in re.findall(r'href="(/office/held-rows/[^"?]+)"', await officer.read("/office/held-rows")):
            assert "<script>alert" not in await officer.read(row)


# --- who may --------------------------------------------------------------------------------------------------------


async def test_a_deep_link_without_permission_looks_like_no_permission_and_writes_nothing(portal: Portal) -> None:
    held, learner = await a_held_row(portal)
    college = portal.town.college.institution_id
    for actor in (person("registrar", institution_id=college), person("learner", learner_id=learner)):
        async with at(portal, actor) as other:
            for path in ("", "/held-rows", f"/held-rows/{held}", "/people", "/merges", "/clients", "/access-log"):
                await other.read(f"/office{path}", status=403)
            answer = await other.http.post(
                f"/office/held-rows/{held}/resolution",
                data={"key": str(new_id()), "decision": "refuse", "reason": "x", "sure": "yes"},
            )
            assert answer.status_code == 403
    async with at(portal) as officer:
        await officer.read(f"/office/held-rows/{new_id()}", status=404)
        await officer.read("/office/held-rows/1", status=404)
        forged = await officer.http.post(
            f"/office/held-rows/{held}/resolution",
            data={"key": str(new_id()), "decision": "refuse", "reason": "x", "sure": "yes"},
            headers={"Origin": "https://elsewhere.example"},
        )
        assert forged.status_code == 403
        assert "待处理" in text_of(await officer.read(f"/office/held-rows/{held}"))


async def test_each_role_is_shown_the_pages_that_are_theirs(portal: Portal) -> None:
    shown = {}
    for role in ("officer", "auditor", "administrator"):
        async with at(portal, person(role)) as somebody:
            page = await somebody.read("/office")
            shown[role] = set(re.findall(r'<li><a href="(/office[^"]*)"', page))
            for path in shown[role]:
                await somebody.read(path)
    assert "/office/held-rows" in shown["officer"]
    assert "/office/access-log" not in shown["officer"]
    assert {"/office/access-log", "/office/dashboard", "/office/drafts"} <= shown["auditor"]
    assert "/office/held-rows" not in shown["auditor"]
    assert {"/office/clients", "/office/logins"} <= shown["administrator"]
    assert "/office/dashboard" not in shown["administrator"]


# --- people and merges ----------------------------------------------------------------------------------------------


async def test_somebody_is_looked_up_for_a_purpose_and_never_without_one(portal: Portal) -> None:
    await portal.town.post(entered())
    number = course_row()["learner"]["document"]["number"]
    async with at(portal) as officer:
        nothing = await officer.send("/office/people", "look_document", status=422, number=number)
        assert "look_document-fault" in nothing.text
        assert await entries(portal, "identity_looked_up") == 0
        found = await officer.send(
            "/office/people", "look_document", status=200, number=number, purpose="持证件到窗口查询"
        )
        assert "演示甲" in text_of(found.text)
        assert number not in found.text, "the number stays masked"
        wrong = await officer.send("/office/people", "look_document", status=422, number="1", purpose="窗口")
        assert "look_document-fault" in wrong.text
    assert await entries(portal, "identity_looked_up") == 1


async def test_two_accounts_are_merged_after_both_were_seen_and_parted_again(portal: Portal) -> None:
    for serial, name in ((1, "演示甲"), (2, "演示乙")):
        learner = {"name": name, "document": {"number": resident(serial)}, "student_no": f"S{serial}"}
        await portal.town.post(entered(learner=learner))
        await portal.town.post(course_row(learner=learner))
    before = await portal.town.balance()
    (one, other) = [row[0] for row in await portal.town.sql("SELECT account_no FROM learner ORDER BY account_no")]
    async with at(portal) as officer:
        nobody = await officer.send(
            "/office/merges", "two_accounts", status=422, account_no=one, other_account_no="1", purpose="同一人"
        )
        assert "two_accounts-fault" in nobody.text
        page = (
            await officer.send(
                "/office/merges", "two_accounts", status=200, account_no=one, other_account_no=other, purpose="同一人"
            )
        ).text
        assert "演示甲" in text_of(page)
        assert "演示乙" in text_of(page)
        ids = re.findall(r'name="learner_ids" value="([^"]+)"', page)
        form = form_of(page, "merge")
        typed = {"learner_ids": ids, "into_learner_id": ids[1], "reason": "同一人", "sure": "yes"}
        answer = await officer.http.post(form.action, data={**form.hidden, **typed})
        assert answer.status_code == 303, text_of(answer.text)
        merge = answer.headers["location"].partition("?")[0]
        assert await portal.town.balance() < before
        assert merge in await officer.read("/office/merges")
        await officer.send(merge, "parting", reason="并非同一人", sure="yes")
        assert await portal.town.balance() == before
        assert merge not in await officer.read("/office/merges")
        assert merge in await officer.read("/office/merges?ended=yes")
    assert (await entries(portal, "learners_merged"), await entries(portal, "learners_parted")) == (1, 1)
    await portal.town.check_books()


# --- access ---------------------------------------------------------------------------------------------------------


async def test_a_secret_is_shown_once_and_the_same_when_the_form_is_sent_twice(portal: Portal) -> None:
    administrator = person("administrator")
    async with at(portal, administrator) as browser:
        page = await browser.read("/office/clients")
        sent: dict[str, Any] = {
            **form_of(page, "client").hidden, "institution_id": str(portal.town.college.institution_id),
            "name": "教务系统", "scopes": ["records:read"],
        }  # fmt: skip
        first, second = [await browser.http.post("/office/clients", data=sent) for _ in range(2)]
        secrets = [re.findall(r'<dd class="code">([^<]+)</dd>', answer.text)[1] for answer in (first, second)]
        assert secrets[0] == secrets[1]
        ((client, name),) = await portal.town.sql("SELECT client_id, name FROM client WHERE name = '教务系统'")
        assert name == "教务系统"
        assert secrets[0] not in await browser.read(f"/office/clients/{client}")
        for _ in range(1):
            await browser.send(f"/office/clients/{client}", "client_secret", status=200)
        third = await browser.send(f"/office/clients/{client}", "client_secret", status=409)
        assert "已有两个有效密钥" in text_of(third.text)
        await browser.send(f"/office/clients/{client}", "client_disablement", sure="yes")
        assert "已停用" in text_of(await browser.read(f"/office/clients/{client}"))
    async with at(portal, person("auditor")) as auditor:
        assert forms_of(await auditor.read(f"/office/clients/{client}")) == set(), "an auditor changes nothing"


async def test_a_sign_in_is_opened_with_a_password_that_is_shown_once(portal: Portal) -> None:
    async with at(portal, person("administrator")) as browser:
        wrong = await browser.send(
            "/office/logins", "login", status=409, login_name="li.officer", display_name="李业务", roles=["registrar"]
        )
        assert "李业务" in wrong.text
        made = await browser.send(
            "/office/logins", "login", status=200, login_name="li.officer", display_name="李业务", roles=["officer"]
        )
        assert "li.officer" in made.text
        page = await browser.read("/office/logins")
        assert "李业务" in page
        assert "li.officer" not in page
        ((login,),) = await portal.town.sql("SELECT login_id FROM login WHERE roles = '{officer}'")
        await browser.send("/office/logins", f"login_disablement-{login}", sure="yes")
        assert "已停用" in text_of(await browser.read("/office/logins"))


async def test_an_institution_is_entered_and_changed_from_a_day_on(portal: Portal) -> None:
    async with at(portal) as officer:
        typed = {"kind": "training_provider", "name": "港城示例培训中心", "valid_from": "2024-01-01"}
        wrong = await officer.send("/office/institutions/new", "institution", status=422, **typed, uscc="1")
        assert "港城示例培训中心" in wrong.text
        answer = await officer.send("/office/institutions/new", "institution", **typed)
        path = answer.headers["location"].partition("?")[0]
        await officer.send(path, "institution", **{**typed, "name": "港城培训中心", "valid_from": "2025-01-01"})
        assert "港城培训中心" in text_of(await officer.read(path))
    async with at(portal, replace(person("auditor"))) as auditor:
        assert forms_of(await auditor.read(path)) == set()


async def test_a_session_that_ended_in_the_middle_writes_nothing(portal: Portal) -> None:
    held, _ = await a_held_row(portal)
    async with at(portal) as officer:
        sent = form_of(await officer.read(f"/office/held-rows/{held}"), "resolution").hidden
        officer.http.cookies.clear()
        answer = await officer.http.post(
            f"{HERE}/office/held-rows/{held}/resolution", data={**sent, "decision": "refuse", "reason": "x"}
        )
        assert answer.status_code in (303, 401)
    rows = await portal.town.sql("SELECT status FROM held_row")
    assert rows == [("open",)]
