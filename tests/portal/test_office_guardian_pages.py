"""Guardians of a child at the office: recorded, ended, let in again, each once, and only by whom the API lets."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.page_permits import PAGES
from creditbank.identity.permit import ROLES
from creditbank.identity.who_may import PERMITS
from creditbank.learners import documents
from tests.open_bank import person
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import Portal, sign_in, text_of
from tests.portal.test_office_pages import at, entries
from tests.records.town import entered, resident

SAID: dict[str, Any] = {
    "name": "李桂芳", "kind": "resident_id", "number": resident(900, "19800101"), "relation": "mother",
    "evidence": "户口簿，当日查验",
}  # fmt: skip
SECRETS = re.compile(r'<dd class="code">([^<]+)</dd>')


def page_of(learner: UUID, purpose: str = "窗口办理") -> str:
    return f"/office/people/{learner}/guardians?purpose={purpose}"


async def guardian_rows(portal: Portal) -> list[Any]:
    return list(await portal.town.sql("SELECT relation, ended_at IS NOT NULL FROM guardianship ORDER BY recorded_at"))


async def test_a_guardian_is_recorded_once_and_the_way_in_is_shown_once(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    async with at(portal) as officer:
        file = await officer.read(f"/office/people/{child}?purpose=窗口办理")
        assert "尚未登记监护人" in text_of(file)
        assert f'href="/office/people/{child}/guardians?purpose=' in file
        page = await officer.read(page_of(child))
        assert "演示小明的监护人" in text_of(page)
        assert forms_of(page) == {"guardian"}
        sent = {**form_of(page, "guardian").hidden, **SAID}
        assert 'name="birth_on"' not in form_of(page, "guardian").source, "the child's document tells it"
        first, second = [await officer.http.post(f"/office/people/{child}/guardians", data=sent) for _ in range(2)]
        assert first.status_code == second.status_code == 200
        login, password = SECRETS.findall(first.text)
        assert SECRETS.findall(second.text) == [login, password], "the same form again, the same answer"
        page = await officer.read(page_of(child))
        assert password not in page
        assert "李桂芳" in page
        assert "户口簿，当日查验" in page, "an officer reads what was seen"
        assert SAID["number"] not in page, "the number stays masked"
    assert await guardian_rows(portal) == [("mother", False)]
    async with portal.browser() as browser:
        assert (await sign_in(browser, login, password)).status_code == 303
    said = await portal.town.sql("SELECT purpose, learner_id FROM access_entry WHERE act = 'guardian_recorded'")
    assert said == [("mother", child)]


async def test_a_guardian_of_another_child_keeps_the_sign_in_they_have(portal: Portal) -> None:
    await portal.guardian(await portal.child(61, "演示小明"))
    child = await portal.child(62, "演示小红")
    async with at(portal) as officer:
        answer = await officer.send(page_of(child), "guardian", **SAID)
        there = answer.headers["location"]
        assert there.startswith(f"/office/people/{child}/guardians?purpose=")
        assert "此人已有登录" in text_of(await officer.read(there))
    assert await portal.town.sql("SELECT count(DISTINCT login_id) FROM guardianship") == [(1,)]


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    passport = {"kind": "passport", "number": "E00000001"}
    async with at(portal) as officer:
        for changed, field, why, status in (
            ({"name": ""}, "name", "不应少于 1 个字符", 422),
            ({"name": "演" * 300}, "name", "不应多于", 422),
            ({"number": "139900198001019999"}, "number", "校验码", 422),
            ({"number": resident(901, "20150101")}, "number", "监护人应年满十八周岁", 409),
            ({**passport, "guardian_birth_on": "2199-01-01"}, "guardian_birth_on", "不可能成立", 422),
            ({"relation": ""}, "relation", "缺少此项", 422),
            ({"evidence": ""}, "evidence", "缺少此项", 422),
        ):
            refused = (await officer.send(page_of(child), "guardian", status=status, **{**SAID, **changed})).text
            form = form_of(refused, "guardian").source
            beside = re.search(rf'id="guardian-{field}-wrong">([^<]*)</p>', form)
            assert beside is not None, (field, text_of(refused))
            assert why in beside[1], field
            assert re.search(rf'id="guardian-{field}"[^>]*aria-invalid="true"', form), field
            assert form.count("aria-invalid") == 1, field
            assert "请更正标出的栏目" in text_of(form.partition(">")[2])
            for name in {"name", "evidence"} - changed.keys():
                assert SAID[name] in form, "what was typed is kept"
        both = (await officer.send(page_of(child), "guardian", status=422, **{**SAID, "name": "", "evidence": ""})).text
        assert form_of(both, "guardian").source.count('aria-invalid="true"') == 2
        await officer.send(page_of(child), "guardian", status=200, **SAID)
        again = (await officer.send(page_of(child), "guardian", status=409, **SAID)).text
        assert "这位监护人已登记" in text_of(again)
    assert len(await guardian_rows(portal)) == 1


async def test_a_child_whose_birth_no_document_tells_is_asked_about_and_told_apart_from_the_guardian(
    portal: Portal,
) -> None:
    learner = {"name": "ANNA", "document": {"kind": "passport", "number": "P7654321"}, "student_no": "S77"}
    await portal.town.post(entered(learner=learner))
    ((child,),) = await portal.town.sql("SELECT learner_id FROM learner")
    async with at(portal) as officer:
        asked = await officer.read(page_of(child))
        assert "证件未载明出生日期" in text_of(asked)
        unsaid = (await officer.send(page_of(child), "guardian", status=409, **SAID)).text
        assert 'id="guardian-birth_on-wrong"' in unsaid
        assert 'id="guardian-guardian_birth_on-wrong"' not in unsaid
        old = (await officer.send(page_of(child), "guardian", status=409, **SAID, birth_on="2001-01-01")).text
        assert "该学习者已满十四周岁" in text_of(old)
        born = f"{portal.at.year - 9}-01-01"
        await officer.send(page_of(child), "guardian", status=200, **SAID, birth_on=born)
    assert await guardian_rows(portal) == [("mother", False)]


async def test_somebody_of_age_has_no_guardian_recorded(portal: Portal) -> None:
    learner = await portal.learner()
    async with at(portal) as officer:
        file = await officer.read(f"/office/people/{learner}?purpose=x")
        assert "/guardians?" not in file, "nothing of it on the file of an adult"
        page = await officer.read(page_of(learner))
        assert "已满十四周岁" in text_of(page)
        assert forms_of(page) == set()
        forced = await officer.http.post(
            f"/office/people/{learner}/guardians", data={"key": str(new_id()), "purpose": "x", **SAID}
        )
        assert forced.status_code == 409
        assert "该学习者已满十四周岁" in text_of(forced.text)
    assert await guardian_rows(portal) == []


async def test_a_guardianship_is_ended_and_a_lost_password_renewed_with_a_reason(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    given = await portal.guardian(child)
    renew, end = (f"guardian_{act}-{given['guardianship_id']}" for act in ("password", "end"))
    async with at(portal) as officer:
        page = page_of(child)
        assert forms_of(await officer.read(page)) == {"guardian", renew, end}
        unsure = await officer.send(page, renew, status=422, reason="遗失密码，已核证件")
        assert "遗失密码，已核证件" in unsure.text
        answer = await officer.send(page, renew, status=200, reason="遗失密码，已核证件", sure="yes")
        (password,) = SECRETS.findall(answer.text)
        async with portal.browser() as browser:
            assert (await sign_in(browser, given["login_name"], given["password"])).status_code != 303
            assert (await sign_in(browser, given["login_name"], password)).status_code == 303
        assert password not in await officer.read(page)
        answer = await officer.send(page, end, reason="监护关系变更", sure="yes")
        shown = await officer.read(answer.headers["location"])
        assert "监护人登记已终止" in text_of(shown)
        assert "已结束" in text_of(shown)
        assert forms_of(shown) == {"guardian"}
        async with portal.browser() as browser:
            assert (await sign_in(browser, given["login_name"], password)).status_code != 303
    said = await portal.town.sql(
        "SELECT act, purpose FROM access_entry WHERE act LIKE 'guardian%%' AND learner_id = %s ORDER BY at, act", child
    )
    assert set(said) >= {("guardian_password_renewed", "遗失密码，已核证件"), ("guardian_ended", "监护关系变更")}
    assert [kind for (kind,) in await portal.town.sql("SELECT kind FROM inbox_message WHERE learner_id = %s", child)]


async def test_a_guardianship_that_age_has_ended_can_be_ended_and_nothing_else(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = await portal.child(61, "演示小明")
    given = await portal.guardian(grown)
    monkeypatch.setattr(documents, "CHILD_YEARS", 9)
    async with at(portal) as officer:
        assert "现在没有监护人代为办理" in text_of(await officer.read(f"/office/people/{grown}?purpose=x"))
        page = await officer.read(page_of(grown))
        assert "李桂芳 已满十四周岁" in text_of(page)
        assert forms_of(page) == {f"guardian_end-{given['guardianship_id']}"}
        await officer.send(page_of(grown), f"guardian_end-{given['guardianship_id']}", reason="登记有误", sure="yes")
    assert await guardian_rows(portal) == [("mother", True)]


async def test_of_somebody_erased_only_that_there_was_a_guardian_is_left(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    await portal.guardian(child)
    file = f"/office/people/{child}?purpose=x"
    async with at(portal) as officer:
        await officer.send(file, "person_closing", reason="监护人要求", sure="yes")
        await officer.send(file, "person_erasure", reason="监护人书面申请", sure="yes")
        page = await officer.read(page_of(child))
        assert forms_of(page) == set()
        assert "李桂芳" not in page
        assert "户口簿" not in page
        assert "母亲" in page


async def test_the_page_is_opened_for_a_purpose_and_each_look_is_logged(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    await portal.guardian(child)
    path = f"/office/people/{child}/guardians"
    async with at(portal) as officer:
        asked = await officer.read(path)
        assert "李桂芳" not in asked
        assert f'action="{path}"' in asked, "and on to the same page"
        assert await entries(portal, "learner_seen") == 0
        assert "李桂芳" in await officer.read(page_of(child))
        refused = await officer.http.post(path, data={"key": str(new_id()), "purpose": "", **SAID})
        assert "李桂芳" not in refused.text
        await officer.read(page_of(new_id()), status=404)
    said = await portal.town.sql("SELECT purpose, learner_id FROM access_entry WHERE act = 'learner_seen'")
    assert said == [("窗口办理", child)]


async def test_who_may_on_the_pages_is_who_may_by_the_api_and_others_write_nothing(portal: Portal) -> None:
    child = await portal.child(61, "演示小明")
    given = await portal.guardian(child)
    college = portal.town.college.institution_id
    api = "/v1/learners/{learner_id}/guardians"
    pages: dict[str, tuple[str, ...]] = {
        api: ("/office/people/{learner_id}/guardians", "/console/accounts/{learner_id}/guardians"),
        f"{api}/{{guardianship_id}}/end": (
            "/office/people/{learner_id}/guardians/{guardianship_id}/end",
            "/console/accounts/{learner_id}/guardian-end",
        ),
        f"{api}/{{guardianship_id}}/password": (
            "/office/people/{learner_id}/guardians/{guardianship_id}/password",
        ),
    }  # fmt: skip
    for route, ways in pages.items():
        by_page: set[str] = set().union(*(PAGES["POST", way].roles for way in ways))
        assert by_page == PERMITS["POST", route].roles, route
        for role in ROLES:
            whose = person(role, institution_id=college, learner_id=child if role == "learner" else None)
            for way in ways:
                if PAGES["POST", way].reach_of(whose) is not None:
                    continue
                address = way.format(learner_id=child, guardianship_id=given["guardianship_id"])
                async with at(portal, whose) as other:
                    answer = await other.http.post(
                        address, data={"key": str(new_id()), "purpose": "x", "reason": "无", "sure": "yes", **SAID}
                    )
                    assert answer.status_code == 403, (role, way)
    assert await guardian_rows(portal) == [("mother", False)]
    async with portal.browser() as browser:
        assert (await sign_in(browser, given["login_name"], given["password"])).status_code == 303
