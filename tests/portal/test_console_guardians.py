"""A school's registrar records a guardian of its own pupil, and ends one whose document they have seen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from creditbank.identity.actor import Actor
from tests.open_bank import person
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import Portal, certificate, sign_in, text_of
from tests.portal.test_office_guardian_pages import SAID, SECRETS, guardian_rows
from tests.portal.test_office_pages import at
from tests.records.town import resident

BY_DOCUMENT = {"kind": "resident_id", "number": SAID["number"], "reason": "监护关系变更", "sure": "yes"}


def registrar(portal: Portal) -> Actor:
    return person("registrar", institution_id=portal.town.college.institution_id)


async def test_a_guardian_is_recorded_at_the_school_and_the_way_in_is_shown_once(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    page = f"/console/accounts/{child}"
    async with at(portal, registrar(portal)) as school:
        shown = await school.read(page)
        assert forms_of(shown) == {"con_code", "guardian", "guardian_end"}
        sent = {**form_of(shown, "guardian").hidden, **SAID}
        first, second = [await school.http.post(f"{page}/guardians", data=sent) for _ in range(2)]
        secrets = [SECRETS.findall(answer.text)[-2:] for answer in (first, second)]
        assert secrets[0] == secrets[1]
        shown = await school.read(page)
        assert secrets[0][1] not in shown
        assert "李桂芳" not in shown, "a school is not shown who the guardians are"
        other = await portal.child(62, "演示小红")
        answer = await school.send(f"/console/accounts/{other}", "guardian", **SAID)
        assert "此人已有登录" in text_of(await school.read(answer.headers["location"]))
        await school.send(page, "con_code", status=200)
    async with portal.browser() as browser:
        assert (await sign_in(browser, *secrets[0])).status_code == 303
    assert await guardian_rows(portal) == [("mother", False)] * 2


async def test_a_school_ends_the_guardianship_of_whoever_has_the_document_and_of_nobody_else(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    given = await portal.guardian(child)
    page = f"/console/accounts/{child}"
    async with at(portal, registrar(portal)) as school:
        for changed, field, why, status in (
            ({"number": resident(901, "19800101")}, "number", "没有登记持此证件的监护人", 409),
            ({"number": "1"}, "number", "", 422),
            ({"number": ""}, "number", "不应少于 1 个字符", 422),
            ({"reason": ""}, "reason", "缺少此项", 422),
        ):
            refused = (await school.send(page, "guardian_end", status=status, **{**BY_DOCUMENT, **changed})).text
            beside = re.search(rf'id="guardian_end-{field}-wrong">([^<]*)</p>', refused)
            assert beside is not None, (changed, text_of(refused))
            assert why in beside[1]
            assert "没有终止" in text_of(refused)
        unsure = await school.send(page, "guardian_end", status=422, **{**BY_DOCUMENT, "sure": ""})
        assert "请先勾选确认" in text_of(unsure.text)
        assert await guardian_rows(portal) == [("mother", False)]
        answer = await school.send(page, "guardian_end", **BY_DOCUMENT)
        assert "监护人登记已终止" in text_of(await school.read(answer.headers["location"]))
        again = await school.send(page, "guardian_end", status=409, **BY_DOCUMENT)
        assert "没有登记持此证件的监护人" in text_of(again.text)
    assert await guardian_rows(portal) == [("mother", True)]
    async with portal.browser() as browser:
        assert (await sign_in(browser, given["login_name"], given["password"])).status_code != 303
    said = await portal.town.sql("SELECT purpose FROM access_entry WHERE act = 'guardian_ended'")
    assert said == [("监护关系变更",)]


async def test_one_guardian_of_a_merged_person_is_ended_in_both_accounts(portal: Portal) -> None:
    children = [await portal.child(serial, name) for serial, name in ((61, "演示小明"), (62, "演示明"))]
    for child in children:
        await portal.guardian(child)
    said = {"learner_id": str(children[0]), "into_learner_id": str(children[1]), "reason": "同一人"}
    merged = await portal.bank.call("POST", "/v1/learner-merges", person("officer"), json=said)
    assert merged.status_code == 201, merged.text
    async with at(portal, registrar(portal)) as school:
        await school.send(f"/console/accounts/{children[1]}", "guardian_end", **BY_DOCUMENT)
    assert await guardian_rows(portal) == [("mother", True)] * 2


async def test_another_school_is_told_that_it_is_not_theirs_before_anything_of_who_is_recorded(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    await portal.guardian(child)
    body = portal.town.body
    elsewhere = replace(registrar(portal), institution_id=body.institution_id)
    page = f"/console/accounts/{child}"
    typed: dict[str, Any] = {"key": "k" * 16, **SAID, **BY_DOCUMENT}
    async with at(portal, elsewhere) as other:
        await other.read(page, status=404)
        for way in ("guardians", "guardian-end"):
            assert (await other.http.post(f"{page}/{way}", data=typed)).status_code == 404
    born = f"{portal.at.year - 10}0101"
    learner = {"name": "演示小明", "document": {"number": resident(61, born)}}
    (reported,) = await portal.town.post(certificate(learner=learner), by=body)
    assert reported.outcome == "deposited"
    async with at(portal, elsewhere) as other:
        for number in (SAID["number"], resident(901, "19800101")):
            refused = await other.send(page, "guardian_end", status=409, **{**BY_DOCUMENT, "number": number})
            assert "其他机构已为该学习者报送或开户" in text_of(refused.text)
            assert "没有登记" not in text_of(refused.text), "nor whether that one is recorded"
    assert await guardian_rows(portal) == [("mother", False)]
