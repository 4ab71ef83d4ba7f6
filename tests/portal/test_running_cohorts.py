"""Agreements, cohorts and spreadsheets run by hand through the pages, and who comes in to them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from creditbank.identity.gate import SESSION_COOKIE
from tests.open_bank import person
from tests.pathways.test_agreements import Ways, ways
from tests.pathways.test_progressing import ENTERS, Frozen, frozen
from tests.pathways.test_sheets import Sheets, pupil, sheets
from tests.portal.desk_place import Desk, form_of, forms_of
from tests.portal.place import Portal, sign_in, text_of
from tests.submissions.files_made import photo, written

__all__ = ["frozen", "sheets", "ways"]


# --- who comes in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["registrar", "officer", "auditor"])
async def test_whoever_runs_pathways_comes_in_with_the_password_they_have_and_finds_the_desk(
    portal: Portal, role: str
) -> None:
    bound = {"institution_id": portal.town.college.institution_id} if role == "registrar" else {}
    await portal.login("jiao.wu", roles=[role], **bound)
    async with portal.browser() as browser:
        answer = await sign_in(browser, "jiao.wu")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console" if bound else "/office")
        page = await browser.get("/desk")
        assert page.status_code == 200
        assert "贯通培养工作台" in text_of(page.text)
        assert 'href="/desk"' in (await browser.get("/")).text
        for path in ("/desk/cohorts", "/desk/pathways", "/desk/notices", "/desk/reviews"):
            assert (await browser.get(path)).status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        assert (await browser.get("/my/transcript")).status_code == 403


async def test_whoever_runs_no_pathways_is_led_to_their_own_pages_and_not_to_the_desk(portal: Portal) -> None:
    await portal.login("shen.su", roles=["appeal_reviewer"])
    async with portal.browser() as browser:
        answer = await sign_in(browser, "shen.su")
        assert answer.headers["location"] == "/console"
        assert 'href="/console"' in (await browser.get("/")).text
        assert (await browser.get("/desk")).status_code == 403


# --- from the agreement to the cohort -------------------------------------------------------------------------------


async def test_an_agreement_is_signed_filed_and_given_places_and_a_cohort_on_the_pages(ways: Ways) -> None:
    desk, made = Desk(ways), await ways.proposed()  # type: ignore[arg-type]
    page = f"/desk/pathways/{made['pathway_id']}"
    async with desk.at(ways.school) as school, desk.at(ways.place.officer) as bank:
        assert forms_of(await bank.read(page)) == set()
        assert "尚未签署" in text_of(await school.read(page))
        refused = await school.send(page, "signature", status=422)
        assert "请先勾选确认" in form_of(refused.text, "signature").source
        await school.send(page, "signature", sure="yes")
        assert "pathway_filing" not in forms_of(await school.read(page))
        await bank.send(page, "pathway_filing", filing_no="冀贯2026-018", sure="yes")
        assert "冀贯2026-018" in text_of(await school.read(page))
        wrong = await bank.send(page, "intake", status=422, year="明年", quota="40", published_on="2026-01-05")
        assert "年份：应为整数" in form_of(wrong.text, "intake").source
        assert 'value="明年"' in form_of(wrong.text, "intake").source
        await bank.send(page, "intake", year="2025", quota="2", published_on="2026-01-05")
        again = await bank.send(page, "intake", status=409, year="2025", quota="2", published_on="2026-01-06")
        assert 'role="alert"' in form_of(again.text, "intake").source
        (form,) = [one for one in forms_of(await school.read(page)) if one.startswith("cohort-")]
        await school.send(page, form, name="2025级机械3+2", year_of_entry="2025")
        assert "2025级机械3+2" in text_of(await school.read("/desk/cohorts"))
        stranger = person("registrar", institution_id=ways.place.body)
        async with desk.at(stranger) as other:
            # An agreement is public to whoever is signed in; what is done with it is its parties'.
            assert forms_of(await other.read(page)) == set()
            answer = await other.http.post(f"{page}/signature", data={"key": "k", "sure": "yes"})
            assert answer.status_code == 404


async def test_a_roster_is_tried_then_sent_and_the_cohort_filed(ways: Ways) -> None:
    desk, cohort = Desk(ways), await ways.cohort()  # type: ignore[arg-type]
    for serial in (1, 2):
        await ways.pupil(serial)
    page = f"/desk/cohorts/{cohort}"
    rows = [["姓名", "学号"], ["演示 一", "S0001"], ["演示二", "S0002"], ["演示九", "S0009"]]
    async with desk.at(ways.school) as school, desk.at(ways.place.officer) as bank:
        none = await school.send(page, "roster", status=422, files={"file": ("", b"")}, joined_on="2025-09-01")
        assert "请选择一个表格文件。" in form_of(none.text, "roster").source
        picture = await school.send(page, "roster", status=422, files={"file": ("x.xlsx", photo())})
        assert 'role="alert"' in form_of(picture.text, "roster").source
        content = written(rows)
        file = {"file": ("名单.xlsx", content)}
        tried = await school.send(page, "roster", status=200, files=file, joined_on="2025-09-01")
        text = text_of(tried.text)
        assert "尚未写入任何内容" in text
        assert "名单.xlsx" in text
        assert "B 学号 → 学号" in text
        assert "student_no" not in text
        assert (text.count("列入"), text.count("不予受理")) == (3, 3)
        assert await ways.place.sql("SELECT count(*) FROM cohort_member") == [(0,)]
        send = form_of(tried.text, "send-roster")
        assert base64.b64decode(send.hidden["carried"]) == content
        assert send.hidden["joined_on"] == "2025-09-01"
        for _ in range(2):
            answer = await school.http.post(send.action, data=send.hidden, files={"nothing": b""})
            assert answer.status_code == 200
            assert "已写入" in text_of(answer.text)
        assert await ways.place.sql("SELECT count(*) FROM cohort_member") == [(2,)]
        assert "演示二" in text_of(await school.read(page))
        await bank.send(page, "cohort_filing", filing_no="演示-2", sure="yes")
        assert "roster" not in forms_of(await school.read(page))
        member = f"{page}/members/1"
        unsure = await school.send(member, "event", status=422, event="left", occurred_on="2026-03-02")
        assert "请先勾选确认" in form_of(unsure.text, "event").source
        assert '<option value="left" selected>' in form_of(unsure.text, "event").source
        await school.send(member, "event", event="left", occurred_on="2026-03-02", sure="yes")
        assert "已退出" in text_of(await school.read(member))


# --- scores ---------------------------------------------------------------------------------------------------------


async def test_scores_are_tried_then_sent_once(sheets: Sheets) -> None:
    desk, (number, name) = Desk(sheets), pupil(1)  # type: ignore[arg-type]
    page = f"/desk/cohorts/{sheets.frozen.cohort}"
    rows = [["学号", "姓名", "语文", "数学"], [number, name, 96, 88.5], ["S9999", "演示无", 90, 90]]
    async with desk.at(sheets.place.registrar) as college:
        file = {"file": ("成绩.xlsx", written(rows))}
        tried = await college.send(page, "score_sheet", status=200, files=file, sitting="1", kind="stage")
        assert "语文；数学" in text_of(tried.text)
        assert await sheets.stated() == []
        send = form_of(tried.text, "send-score_sheet")
        for _ in range(2):
            answer = await college.http.post(send.action, data=send.hidden, files={"nothing": b""})
            assert "已写入" in text_of(answer.text)
        assert len(await sheets.stated()) == 2
        forged = {**send.hidden, "kind": "nothing", "key": "another"}
        answer = await college.http.post(send.action, data=forged, files={"nothing": b""})
        assert answer.status_code == 422
        forged = {**send.hidden, "carried": "%%%", "key": "one more"}
        assert (await college.http.post(send.action, data=forged, files={"nothing": b""})).status_code == 422
    other = person("registrar", institution_id=sheets.place.body)
    async with desk.at(other) as stranger:
        answer = await stranger.http.post(send.action, data={**send.hidden, "key": "k"}, files={"nothing": b""})
        assert answer.status_code == 404
    assert len(await sheets.stated()) == 2


# --- entering the college -------------------------------------------------------------------------------------------


async def test_those_who_were_taken_enter_by_the_page(frozen: Frozen) -> None:
    desk = Desk(frozen)  # type: ignore[arg-type]
    page = f"/desk/rounds/{frozen.round_id}/progressions"
    async with desk.at(frozen.place.registrar) as college, desk.at(frozen.place.officer) as bank:
        assert forms_of(await bank.read(page)) == set()
        none = await college.send(page, "progressions", status=422)
        assert 'role="alert"' in form_of(none.text, "progressions").source
        await frozen.consents(1)
        typed: dict[str, Any] = {"no_1": "20260001", "on": ENTERS}
        await college.send(page, "progressions", **typed)
        assert await frozen.status(1) == "progressed"
        text = text_of(await college.read(f"{page}?done=progressions"))
        assert "转入已办理。" in text
        assert "机械制图 已认定" in text
        # Not consented: enrolled all the same, and told why no course was claimed.
        answer = await college.send(page, "progressions", status=200, no_2="20260002", on=ENTERS)
        assert await frozen.status(2) == "progressed"
        assert "授权" in text_of(answer.text)


async def test_a_session_of_the_desk_opens_nothing_of_the_api(ways: Ways) -> None:
    desk = Desk(ways)  # type: ignore[arg-type]
    async with desk.at(ways.school) as school:
        assert SESSION_COOKIE in school.http.cookies
        assert (await school.http.get("/v1/cohorts")).status_code == 401
