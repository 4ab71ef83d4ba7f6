"""A record of the wrong person, given to the right one at the office: after a look, with a reason, and told to all."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.identifiers import new_id
from creditbank.identity.permit import ROLES, SCOPES
from tests.open_bank import machine, person
from tests.portal.desk_place import Browser, form_of, forms_of
from tests.portal.place import Portal, text_of
from tests.portal.test_console_files import Console, line
from tests.portal.test_console_records import console, reported
from tests.portal.test_office_pages import at, entries
from tests.records.test_people import person as somebody
from tests.records.town import course_row, entered, resident

__all__ = ["console"]


async def misplaced(portal: Portal) -> tuple[UUID, UUID, UUID]:
    """A record of the first of two learners that should be the second's: it, whose it is, whose it should be."""
    for serial, name in ((1, "演示甲"), (2, "演示乙")):
        await portal.town.post(entered(learner=somebody(serial, name)))
    (posted,) = await portal.town.post(course_row(learner=somebody(1)))
    assert posted.record_id is not None
    wrong = await portal.whose(posted.record_id)
    rows = await portal.town.sql("SELECT learner_id FROM learner WHERE learner_id <> %s", wrong)
    return posted.record_id, wrong, rows[0][0]


async def looked(officer: Browser, path: str, *, number: str = resident(2)) -> httpx.Response:
    return await officer.send(path, "look_document", status=200, number=number, purpose="学生来信")


async def test_an_officer_gives_a_record_to_whom_they_looked_up_once(portal: Portal) -> None:
    record, wrong, right = await misplaced(portal)
    path = f"/office/records/{record}/reassignment"
    async with at(portal) as officer:
        assert f'href="{path}"' in await officer.read(f"/console/records/{record}")
        assert "演示甲" in text_of(await officer.read(path))
        unsaid = await officer.send(path, "look_document", status=422, number=resident(2))
        assert "look_document-fault" in unsaid.text
        assert "没有这样的账户" in text_of((await looked(officer, path, number=resident(9))).text)
        page = (await looked(officer, path)).text
        assert {"演示甲", "演示乙"} <= set(re.findall(r"演示[甲乙]", text_of(page)))
        form = form_of(page, "off_reassign")
        typed = {**form.hidden, "learner_id": str(right), "reason": "学生来信，已核户口簿"}
        unsure = await officer.http.post(form.action, data=typed)
        assert unsure.status_code == 422
        assert "学生来信，已核户口簿" in unsure.text, "what was typed is kept"
        assert "演示乙" in text_of(unsure.text), "and who was found"
        form = form_of(unsure.text, "off_reassign")
        for _ in range(2):
            done = await officer.http.post(form.action, data={**form.hidden, **typed, "key": "once", "sure": "yes"})
            assert (done.status_code, done.headers["location"]) == (303, f"/console/records/{record}?done=off_reassign")
        shown = text_of(await officer.read(f"/console/records/{record}?done=off_reassign"))
        assert "已改派" in shown
        assert "由学分银行业务员办理" in shown
        assert "学生来信，已核户口簿" in shown
        assert "演示乙" in text_of(await officer.read(path))
    assert await portal.whose_now(record) == right
    logged = await portal.town.sql(
        "SELECT learner_id, purpose FROM access_entry WHERE act = 'record_reassigned' ORDER BY learner_id"
    )
    assert logged == [(each, "学生来信，已核户口簿") for each in sorted((wrong, right))]
    assert await entries(portal, "identity_looked_up") == 2, "a refused look is none"
    served = await portal.town.sql("SELECT learner_id, kind FROM inbox_message WHERE kind LIKE 'record_reassigned%%'")
    assert set(served) == {(wrong, "record_reassigned_away"), (right, "record_reassigned_here")}
    await portal.town.check_books()


async def test_the_institution_reads_that_the_bank_moved_its_record(portal: Portal) -> None:
    record, _, right = await misplaced(portal)
    said = {"learner_id": str(right), "reason": "机构已停办"}
    address = f"/v1/records/{record}/officer-reassignment"
    answer = await portal.bank.call("POST", address, person("officer"), json=said)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "reassigned")
    await portal.number()
    college = portal.town.college.institution_id
    feed = await portal.bank.call("GET", "/v1/changes", machine("changes:read", institution_id=college))
    moved = [each["act"] for each in feed.json()["items"] if each["record_id"] == str(record)]
    assert moved[-2:] == ["reassigned_away", "reassigned_here"]
    async with at(portal, person("registrar", institution_id=college)) as registrar:
        shown = text_of(await registrar.read(f"/console/records/{record}"))
        assert "由学分银行业务员办理" in shown
        assert "机构已停办" in shown


async def test_what_the_bank_moved_of_a_file_stands_in_its_terms_reconciliation(console: Console) -> None:
    page, other = await reported(console, line(1), line(2, name="演示乙", course="C102"))
    ((right,),) = await console.place.sql(
        "SELECT learner_id FROM record_current WHERE record_id = %s", UUID(other.rpartition("/")[2])
    )
    async with console.at(person("officer")) as officer:
        path = page.replace("/console/", "/office/") + "/reassignment"
        found = form_of((await looked(officer, path, number=resident(2, "20040101"))).text, "off_reassign")
        sent = {**found.hidden, "learner_id": str(right), "reason": "机构已停办", "sure": "yes"}
        assert (await officer.http.post(found.action, data=sent)).status_code == 303
    await number_all(console.place.bank.database, now=clock.now())
    async with console.at(console.registrar()) as registrar:
        term = text_of(await registrar.read("/console/reconciliation?academic_year=2023-2024&term=1"))
        assert "转入（误记更正）" in term
        assert "机构已停办" in term


async def test_nobody_else_gives_a_record_away(portal: Portal) -> None:
    record, wrong, right = await misplaced(portal)
    college, school = portal.town.college.institution_id, portal.town.school.institution_id
    said = {"learner_id": str(right), "reason": "试"}
    address = f"/v1/records/{record}/officer-reassignment"
    others = [
        person(role, institution_id=institution, learner_id=wrong if role == "learner" else None)
        for role in ROLES
        if role != "officer"
        for institution in (college, school)
    ]
    for actor in (*others, machine(*SCOPES, institution_id=college), machine(*SCOPES, institution_id=school), None):
        answer = await portal.bank.call("POST", address, actor, json=said)
        assert answer.status_code in (401, 403), actor
    for actor in others:
        async with at(portal, actor) as other:
            await other.read(f"/office/records/{record}/reassignment", status=403)
            for act in ("reassignment", "right-person"):
                refused = await other.http.post(
                    f"/office/records/{record}/{act}", data={**said, "key": str(new_id()), "sure": "yes"}
                )
                assert refused.status_code == 403, (actor.roles, act)
    officer = person("officer")
    mine = await portal.bank.call("POST", address.replace("officer-", ""), officer, json={
        "learner": somebody(2, "演示乙"), "reason": "试"})  # fmt: skip
    assert mine.status_code == 403, "an officer does not act as the institution"
    gone = await portal.bank.call("POST", address.replace(str(record), str(new_id())), officer, json=said)
    assert gone.status_code == 404
    assert await portal.whose_now(record) == wrong


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_what_cannot_be_moved_is_said_beside_the_form(portal: Portal, *, withdrawn: bool) -> None:
    record, _, right = await misplaced(portal)
    path = f"/office/records/{record}/reassignment"
    if not withdrawn:
        await portal.town.post(course_row(learner=somebody(2, "演示乙")))
    async with at(portal) as officer:
        form = form_of((await looked(officer, path)).text, "off_reassign")
        if withdrawn:
            await portal.town.withdraw(record)
        sent = {**form.hidden, "learner_id": str(right), "reason": "报错了人", "sure": "yes"}
        answer = await officer.http.post(form.action, data=sent)
        assert answer.status_code == 409
        said = text_of(answer.text)
        assert ("已撤回" if withdrawn else "已有同一成果") in said
        if withdrawn:
            assert forms_of(await officer.read(path)) == set()


async def test_a_form_without_a_purpose_looks_nobody_up_again(portal: Portal) -> None:
    record, _, right = await misplaced(portal)
    async with at(portal) as officer:
        form = form_of((await looked(officer, f"/office/records/{record}/reassignment")).text, "off_reassign")
        hidden = {name: value for name, value in form.hidden.items() if name != "purpose"}
        assert hidden != form.hidden
        answer = await officer.http.post(form.action, data={**hidden, "learner_id": str(right), "sure": "yes"})
        assert answer.status_code == 422, answer.text
        assert "演示乙" not in text_of(answer.text)
        assert str(right) not in answer.text
    assert await portal.whose_now(record) != right
