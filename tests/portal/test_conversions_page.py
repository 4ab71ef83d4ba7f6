"""What was converted, on the page: which course, by whom, on which records, and never in a sum with deposits."""

from __future__ import annotations

from tests.ledger.converting import Line, grant
from tests.portal.place import Portal, text_of, totals_of
from tests.records.town import course_row


async def test_a_page_without_conversions_says_nothing_of_them(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        assert "转换的课程学分" not in text_of((await browser.get("/my/transcript")).text)


async def test_a_conversion_names_its_course_its_college_and_its_records(portal: Portal) -> None:
    learner = await portal.learner()
    (posted,) = await portal.town.post(course_row())
    assert posted.record_id is not None
    college = portal.town.college.institution_id
    override = {"by": "login:x", "reason": "<b>证书</b>经核实", "expires_on": "2027-08-31"}
    line = Line(learner, [posted.record_id], college, college)
    await grant(portal.town, line, exemption="full", basis={"override": override}, said={"grade_text": "excellent"})
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript")).text
        english = text_of((await browser.get("/my/transcript?lang=en")).text)
        partial = text_of((await browser.get("/my/transcript?as_of=2020-01-01")).text)
    said = text_of(page)
    assert totals_of(page) == ["3 高职学分"], "deposits alone"
    assert "演示职业学院 · 高职学分 小计 4" in said
    assert (
        "高等数学 公共课 · 免修免考 由人员决定，理由：<b>证书</b>经核实（有效至 2027年8月31日） 优秀 4 机械制图" in said
    )
    assert "<b>证书</b>" not in page
    assert page.count(f'href="/my/records/{posted.record_id}"') == 2, "in the list of records, and as what it stands on"
    assert "Courses converted" in english
    assert "Decided by a person: <b>证书</b>经核实 (holds until" in english
    assert "转换的课程学分" not in partial
