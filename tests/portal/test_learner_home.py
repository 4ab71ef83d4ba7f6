"""A learner's home: credits by scheme, progress in the plans of their enrolments, what is new, what ends when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.learners.consents import InForce
from creditbank.pathways.asking_schemas import GateCounts, WayShort
from creditbank.portal.home_shown import Known, lapses, steps
from creditbank.recognition.schemas import ClaimShort
from tests.open_bank import person
from tests.portal.place import TITLE_WITH_SCRIPT, Portal, certificate, text_of, training
from tests.portal.test_pages import Structure
from tests.records.town import course_row


async def test_somebody_without_records_is_told_where_they_come_from(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        answer = await browser.get("/my")
        assert answer.status_code == 200
        said = text_of(answer.text)
        assert "演示甲，您好" in said
        assert "还没有存入的学分。" in said
        assert "目前没有需要您办理的事项。" in said
        assert "目前没有临近到期的证书、授权或期限。" in said


async def test_credits_and_progress_say_the_same_in_the_picture_and_in_the_table(portal: Portal) -> None:
    learner_id = await portal.learner()
    await portal.town.post(course_row(), training())
    async with portal.signed_in() as browser:
        page = (await browser.get("/my")).text
    progress = await portal.bank.call("GET", f"/v1/learners/{learner_id}/progress", learner_of(learner_id))
    (plan,) = progress.json()["plans"]
    said = text_of(page)
    assert f"已得 {plan['earned']} / {plan['planned']} 学分" in said
    svg = re.search(r"<svg viewBox.*?</svg>", page, re.S)
    assert svg is not None
    assert f"{plan['earned']} / {plan['planned']}" in svg[0]
    for category in plan["categories"]:
        if category["planned"] is not None:
            assert f"{category['earned']} / {category['planned']}" in svg[0]
            assert f'<th scope="row">{category["category"]}</th>' in page
    earned = sum(float(each["earned"]) for each in plan["categories"])
    assert earned == float(plan["earned"])
    transcript = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/transcript", learner_of(learner_id))).json()
    for total in transcript["totals"]:
        if total["institution_id"] is None:
            assert f'<span class="amount">{total["credits"]}</span>' in page


def learner_of(learner_id: Any) -> Any:
    """The learner, who asks for themselves."""
    return person("learner", learner_id=learner_id)


async def test_progress_agrees_with_the_total_that_the_rules_count(portal: Portal) -> None:
    learner_id = await portal.learner()
    await portal.town.post(course_row(), course_row(course_code="C102", score="45"))
    actor = learner_of(learner_id)
    (plan,) = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/progress", actor)).json()["plans"]
    total = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/totals", actor)).json()
    assert total["plan_id"] == plan["plan_id"]
    assert total["verdict"] == plan["verdict"]
    of_plan = next(each for each in total["findings"] if each["clause"] == "the-plan")
    assert plan["earned"] in of_plan["says_zh"]


async def test_a_certificate_that_runs_out_and_what_waits_stand_with_their_days(portal: Portal) -> None:
    learner_id = await portal.learner()
    until = clock.today(portal.at) + timedelta(days=12)
    await portal.town.post(certificate(valid_until=until.isoformat()), by=portal.town.body)
    await portal.bank.call(
        "POST", f"/v1/learners/{learner_id}/consents", learner_of(learner_id),
        json={"purpose": "statistics", "given": True, "until_on": (until - timedelta(days=2)).isoformat()},
    )  # fmt: skip
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my")).text)
    assert "证书有效期：" in said
    assert "剩 12 天" in said
    assert said.index("剩 10 天") < said.index("剩 12 天")
    assert "授权：用于统计研究 · 学分银行" in said


@pytest.mark.parametrize(
    ("status", "waits"), [("filed", True), ("provisional", True), ("left", False), ("progressed", False), (None, False)]
)
def test_a_pathway_waits_for_those_who_are_in_its_cohort(status: str | None, waits: bool) -> None:
    on = date(2026, 9, 1)
    way = WayShort(
        pathway_id=new_id(), kind="3+2", name="贯通一", name_en=None, school_id=None, college_id=new_id(),
        cohort_id=None if status is None else new_id(), status=status, verdict="not_granted", clause=None,
        gates=GateCounts(met=0, not_met=1, unknown=0, exempt=0), attainable=True,
        next_deadline=on + timedelta(days=9), document=None, version=None, links={},
    )  # fmt: skip
    known = Known(
        transcript={}, claims=(), ways=(way,), rounds=(), consents=(), shares=(), institutions={}, unread=0, today=on
    )
    assert ["贯通一" in each.says for each in steps(known, "zh")] == [True] * waits


@pytest.mark.parametrize(("left", "asked"), [(3, True), (0, True), (-1, False)])
def test_evidence_is_asked_for_as_long_as_it_can_be_brought(left: int, asked: bool) -> None:
    on = date(2026, 9, 1)
    claim = ClaimShort.model_construct(
        claim_id=new_id(), institution_id=new_id(), state="open", waits_for="evidence",
        due_on=on + timedelta(days=left), appeal_until_on=None,
    )  # fmt: skip
    known = Known(
        transcript={}, claims=(claim,), ways=(), rounds=(), consents=(), shares=(), institutions={}, unread=0, today=on
    )
    assert [each.by for each in steps(known, "zh")] == [claim.due_on] * asked + [None]


def test_what_is_over_stands_behind_what_ends_soon() -> None:
    on = date(2026, 9, 1)
    days = [-40, 30, -2, *range(3, 10)]
    consents = [InForce("statistics", None, datetime(2026, 1, 1, tzinfo=UTC), on + timedelta(days=n)) for n in days]
    known = Known(
        transcript={"records": [], "conversions": []}, claims=(), ways=(), rounds=(), consents=consents, shares=(),
        institutions={}, unread=0, today=on,
    )  # fmt: skip
    assert [each.left for each in lapses(known, "zh")] == [3, 4, 5, 6, 7, 8, 9, 30]
    few = replace(known, consents=consents[:3])
    assert [each.left for each in lapses(few, "zh")] == [30, -2, -40]


async def test_a_script_in_a_title_is_read_and_not_run(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(training(title=TITLE_WITH_SCRIPT))
    async with portal.signed_in() as browser:
        page = (await browser.get("/my")).text
    assert TITLE_WITH_SCRIPT not in page
    assert TITLE_WITH_SCRIPT in text_of(page)


async def test_a_guardian_chooses_a_child_and_stays_with_it(portal: Portal) -> None:
    first, second = await portal.child(41, "演示小明"), await portal.child(42, "演示小红")
    given = await portal.guardian(first)
    await portal.guardian(second)
    async with portal.signed_in(given["login_name"], given["password"]) as browser:
        both = text_of((await browser.get("/my")).text)
        assert "演示小明" in both
        assert "演示小红" in both
        page = (await browser.get(f"/my?learner={second}")).text
        assert "演示小红的主页" in text_of(page)
        links = [str(each["href"]) for each in Structure(page).all("a") if str(each["href"]).startswith("/my")]
        about_the_child = [link for link in links if link != "/my/password"]
        others = {f"/my?learner={first}"}
        assert all(link in others or f"learner={second}" in link for link in about_the_child), links
        assert (await browser.get(f"/my?learner={await portal.learner()}")).status_code == 404


async def test_a_child_that_looks_is_told_that_the_guardian_acts(portal: Portal) -> None:
    child = await portal.child(43, "演示小明")
    await portal.guardian(child)
    await portal.login("xiao.ming", roles=["learner"], learner_id=child)
    async with portal.signed_in("xiao.ming") as browser:
        assert "由已登记的监护人办理" in text_of((await browser.get("/my")).text)


async def test_nobody_else_comes_to_it(portal: Portal) -> None:
    learner_id = await portal.learner()
    await portal.login("an.officer", roles=["officer"])
    async with portal.signed_in("an.officer") as browser:
        assert (await browser.get("/my")).status_code == 403
    for path in ("/progress", "/personal-data"):
        answer = await portal.bank.call("GET", f"/v1/learners/{learner_id}{path}", person("officer"))
        assert answer.status_code == 403
