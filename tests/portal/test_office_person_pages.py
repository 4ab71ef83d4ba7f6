"""A learner's file at the office: opened for a purpose, and each act about the account done once, with its reason."""

from __future__ import annotations

import re
from uuid import UUID

from creditbank.identifiers import new_id
from tests.open_bank import person
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import Portal, text_of
from tests.portal.test_office_pages import at, entries
from tests.records.town import course_row, entered, resident

OPEN = {"person_name", "person_document", "person_code", "person_closing"}
CLOSED = {"person_name", "person_document", "person_reopening", "person_erasure"}


async def somebody(portal: Portal) -> tuple[UUID, str]:
    """Somebody with one record, and the address of their file."""
    await portal.town.post(entered(), course_row())
    ((learner,),) = await portal.town.sql("SELECT learner_id FROM learner")
    return learner, f"/office/people/{learner}?purpose=%E7%AA%97%E5%8F%A3%E6%9F%A5%E8%AF%A2"


async def test_a_file_is_opened_from_a_look_and_never_without_a_purpose(portal: Portal) -> None:
    learner, file = await somebody(portal)
    async with at(portal) as officer:
        found = await officer.send(
            "/office/people", "look_document", status=200, number=course_row()["learner"]["document"]["number"],
            purpose="窗口查询",
        )  # fmt: skip
        assert f'href="{file}"' in found.text
        asked = await officer.read(f"/office/people/{learner}")
        assert "演示甲" not in asked
        assert "演示甲" not in await officer.read(f"/office/people/{learner}?purpose=%0A")
        assert await entries(portal, "learner_seen") == 0
        page = await officer.read(file)
        assert "演示甲" in text_of(page)
        assert re.search(r'href="/console/records/[0-9a-f-]{36}"', page)
        assert course_row()["learner"]["document"]["number"] not in page, "the number stays masked"
        assert forms_of(page) == OPEN
        await officer.read(f"/office/people/{new_id()}?purpose=x", status=404)
    said = await portal.town.sql("SELECT purpose, learner_id FROM access_entry WHERE act = 'learner_seen'")
    assert said == [("窗口查询", learner)]


async def test_a_name_and_a_document_are_recorded_once_with_what_was_seen(portal: Portal) -> None:
    learner, file = await somebody(portal)
    async with at(portal) as officer:
        same = await officer.send(file, "person_name", status=409, name="演示甲", evidence="户籍更名证明")
        assert "person_name-fault" in same.text
        assert "户籍更名证明" in same.text, "what was typed is kept"
        looks = await entries(portal, "learner_seen")
        unsaid = await officer.send(file, "person_name", status=409, name="演示甲", evidence="户籍更名证明", purpose="")
        assert "演示甲" not in unsaid.text, "nothing is shown before it is said what for"
        assert await entries(portal, "learner_seen") == looks + 1, "one look, at the form itself"
        long = await officer.send(file, "person_name", status=422, name="演" * 300, evidence="户籍更名证明")
        assert "姓名或名称：" in text_of(long.text)
        form = form_of(await officer.read(file), "person_name")
        for _ in range(2):
            answer = await officer.http.post(
                form.action, data={**form.hidden, "name": "演示新", "evidence": "户籍更名证明"}
            )
            assert (answer.status_code, answer.headers["location"]) == (303, f"{file}&done=person_name")
        page = text_of(await officer.read(f"{file}&done=person_name"))
        assert "姓名已变更" in page
        assert "演示甲 （曾用）" in page
        ((old,),) = await portal.town.sql("SELECT document_id FROM learner_document WHERE learner_id = %s", learner)
        wrong = await officer.send(
            file, "person_document", status=422, kind="passport", number="?", evidence="原件"
        )  # fmt: skip
        assert "person_document-fault" in wrong.text
        await officer.send(
            file, "person_document", kind="passport", number="E12345678", birth_on="2005-01-01", evidence="原件",
            replaces=str(old),
        )  # fmt: skip
        page = text_of(await officer.read(f"{file}&done=person_document"))
        assert "证件已登记" in page
        assert "护照 E" in page
        assert "E12345678" not in page
    ended = await portal.town.sql("SELECT ended_at IS NOT NULL FROM learner_document WHERE document_id = %s", old)
    assert ended == [(True,)]
    assert (await entries(portal, "name_changed"), await entries(portal, "document_recorded")) == (1, 1)


async def test_an_account_is_closed_opened_again_closed_and_erased(portal: Portal) -> None:
    learner, file = await somebody(portal)
    async with at(portal) as officer:
        early = await officer.http.post(
            f"/office/people/{learner}/erasure",
            data={"key": str(new_id()), "purpose": "窗口", "reason": "本人要求", "sure": "yes"},
        )
        assert early.status_code == 409, "an account that is open is not erased"
        unsure = await officer.send(file, "person_closing", status=422, reason="本人要求")
        assert "本人要求" in unsure.text
        await officer.send(file, "person_closing", reason="本人要求", sure="yes")
        assert forms_of(await officer.read(file)) == CLOSED
        await officer.send(file, "person_reopening", reason="改了主意")
        assert forms_of(await officer.read(file)) == OPEN
        await officer.send(file, "person_closing", reason="本人要求", sure="yes")
        await officer.send(file, "person_erasure", reason="本人书面申请", sure="yes")
        page = await officer.read(f"{file}&done=person_erasure")
        assert "个人信息已删除" in text_of(page)
        assert "演示甲" not in page
        assert forms_of(page) == set()
    assert await portal.town.sql("SELECT count(*) FROM learner_key WHERE learner_id = %s", learner) == [(0,)]
    reasons = await portal.town.sql("SELECT purpose FROM access_entry WHERE act = 'personal_data_erased'")
    assert reasons == [("本人书面申请",)]
    await portal.town.check_books()


async def test_a_code_is_shown_once(portal: Portal) -> None:
    _, file = await somebody(portal)
    async with at(portal) as officer:
        answer = await officer.send(file, "person_code", status=200)
        _, code = re.findall(r"<dd class=\"code\">(\w{4} \w{4} \w{4})</dd>", answer.text)
        assert code not in await officer.read(file)
    assert await entries(portal, "activation_code_issued") == 1


async def test_the_file_is_for_officers_only_and_its_forms_write_nothing_for_others(portal: Portal) -> None:
    learner, file = await somebody(portal)
    college = portal.town.college.institution_id
    others = (
        person("registrar", institution_id=college), person("auditor"), person("administrator"),
        person("learner", learner_id=learner),
    )  # fmt: skip
    for actor in others:
        async with at(portal, actor) as other:
            await other.read(file, status=403)
            for act in ("names", "documents", "codes", "closing", "reopening", "erasure"):
                answer = await other.http.post(
                    f"/office/people/{learner}/{act}",
                    data={"key": str(new_id()), "purpose": "x", "name": "乙", "evidence": "无", "reason": "无",
                          "number": resident(9), "sure": "yes"},
                )  # fmt: skip
                assert answer.status_code == 403, (actor.roles, act)
    assert await portal.town.sql("SELECT closed_at FROM learner") == [(None,)]
