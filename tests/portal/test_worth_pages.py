"""What records are worth, claimed and followed on pages: every act as a form, done once, and closed to strangers."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import pytest

from creditbank import background
from creditbank.identifiers import new_id
from creditbank.identity import gate
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition.reading import claims_of
from tests.portal.desk_place import Browser, form_of, forms_of
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
from tests.recognition.test_attacks_on_claims import a_child, guardian_of
from tests.recognition.test_cascade import figures

assert background.HANDLERS, "what a worker knows"

SCRIPT = '<script>alert("证书")</script>'
NEVER = clause("never", require={"fact": "record.kind", "in": ["course_result"]})


@pytest.fixture
async def college(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[College]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def at(college: College, actor: Actor, **headers: str) -> AbstractAsyncContextManager[Browser]:
    """A browser that holds the session of somebody."""
    return browsing(college.bank.app, actor, **headers)


def ticks(page: str, name: str) -> list[str]:
    """What may be ticked of a name, as the page offers it."""
    found = re.findall(rf'<input type="checkbox"[^>]*name="{name}" value="([^"]*)"', page)
    return [html.unescape(value) for value in found]


async def claimed(browser: Browser, college: College, **typed: Any) -> str:
    """Everything that the best allocation proposes is claimed by its form: the address of the claim's page."""
    page = f"/my/worth/{college.plan}"
    lines = [one for one in ticks(await browser.read(page), "line") if one]
    answer = await browser.send(page, "claiming", line=lines, **typed)
    assert answer.headers["location"].endswith("done=claiming")
    return answer.headers["location"].partition("?")[0]


async def by_hand(browser: Browser, college: College, learner: Learner, course: str) -> str:
    """One course is claimed by the first record: the address of the claim's page."""
    answer = await browser.send(
        f"/my/worth/{college.plan}", "byhand", course_code=course, record_ids=str(learner.records[0]), wants="credits"
    )
    return answer.headers["location"].partition("?")[0]


def claim_of(page: str) -> dict[str, Any]:
    return {"claim_id": page.rpartition("/")[2]}


# --- the whole way --------------------------------------------------------------------------------------------------


async def test_from_what_it_is_worth_to_a_claim_that_is_granted_and_given_up(college: College) -> None:
    college.decide_by(room("4"), hands=procedure(REGISTRAR, NOTICE))
    learner = await college.enrol(certificates=2)
    async with at(college, learner.actor) as browser:
        chosen = await browser.read("/my/worth")
        assert f"/my/worth/{college.plan}" in chosen
        assert "机械设计与制造" in chosen
        text = text_of(await browser.read(f"/my/worth/{college.plan}"))
        assert "4 可换的学分" in text
        assert "已证明" in text
        assert "已触及的上限" in text
        page = await claimed(browser, college)
        text = text_of(await browser.read(f"{page}?done=claiming"))
        assert "申请已提交" in text
        assert "演示职业学院教务部门" in text
        assert "5 个工作日" in text
        assert "2026年3月9日" in text, "five working days after the second of March"
        await college.answer(claim_of(page), "registrar", "approved", college.registrar)
        text = text_of(await browser.read(page))
        assert "正在公示" in text
        assert "办理中" in text
        college.go_to(date(2026, 3, 20))
        await college.work()
        text = text_of(await browser.read(page))
        assert "予以认定" in text
        assert "可申诉至" in text
        line = f"{page}/lines/1"
        assert forms_of(await browser.read(line)) == {"conversion_giving_up"}
        refused = await browser.send(line, "conversion_giving_up", status=422)
        assert "请先勾选确认" in text_of(refused.text)
        await browser.send(line, "conversion_giving_up", sure="yes")
        assert "已终止" in text_of(await browser.read(line))
        text = text_of(await browser.read("/my/claims"))
        assert "已办结" in text
    await college.check()


async def test_a_refusal_says_its_reason_and_goes_to_a_person(college: College) -> None:
    college.decide_by(NEVER)
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        worth = text_of(await browser.read(f"/my/worth/{college.plan}"))
        assert "目前没有可以直接换的课程" in worth
        assert "没有课程可以用它转换" in worth
        page = await by_hand(browser, college, learner, "M1")
        text = text_of(await browser.read(page))
        assert "不予认定" in text
        assert "按规则不予认定。" in text
        line = f"{page}/lines/1"
        assert forms_of(await browser.read(line)) == {"human_review", "appeal"}
        assert "逐条理由" in text_of(await browser.read(line))
        empty = await browser.send(line, "human_review", status=422)
        assert "<details" in empty.text
        words = f"请人工复核{SCRIPT}"
        await browser.send(line, "human_review", words=words)
        after = await browser.read(line)
        assert SCRIPT not in after
        assert "请人工复核" in text_of(after)
        assert forms_of(after) == set(), "one of a kind at a time"
        assert "最迟答复" in text_of(after)
    (waiting,) = (await college.ask("GET", "/v1/appeals", college.reviewer))["items"]
    await college.ask(
        "POST", f"/v1/appeals/{waiting['appeal_id']}/decision", college.reviewer,
        json={"upheld": False, "words": "课程内容不符"},
    )  # fmt: skip
    async with at(college, learner.actor) as browser:
        text = text_of(await browser.read(line))
        assert "课程内容不符" in text
        assert forms_of(await browser.read(line)) == {"appeal"}, "reviewed once; an appeal is open still"
        await browser.send(line, "appeal", words="课程标准相同")
        college.go_to(date(2026, 6, 1))
        assert "最迟答复" in text_of(await browser.read(line))


async def test_fewer_credits_than_the_course_has_can_be_appealed(college: College) -> None:
    college.decide_by(clause("any", require={"fact": "record.kind", "is": "certificate"}),
                      gives={"credits": {"value": "one"}}, values=figures(one="1"))  # fmt: skip
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await by_hand(browser, college, learner, "M1")
        text = text_of(await browser.read(page))
        assert "予以认定" in text
        assert "申诉或请人复核" not in text, "people review what was refused; here only an appeal helps"
        line = f"{page}/lines/1"
        assert forms_of(await browser.read(line)) == {"conversion_giving_up", "appeal"}
        await browser.send(line, "appeal", words="该课程应为三学分")
        assert "该课程应为三学分" in text_of(await browser.read(line))


async def test_what_is_too_late_is_refused_beside_what_was_typed(college: College) -> None:
    college.decide_by(NEVER)
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await by_hand(browser, college, learner, "M1")
        line = f"{page}/lines/1"
        found = form_of(await browser.read(line), "appeal")
        college.go_to(date(2026, 6, 1))
        answer = await browser.http.post(found.action, data={**found.hidden, "words": "课程标准相同，请复核"})
        assert answer.status_code == 409
        assert "申诉期限已于" in text_of(answer.text)
        assert forms_of(await browser.read(line)) == {"human_review"}, "a person may be asked at any time"


async def test_evidence_is_brought_in_time_and_what_is_open_is_taken_back(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER))
    learner = await college.enrol(certificates=2)
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
        text = text_of(await browser.read(page))
        assert "演示发证机构" in text
        assert "10 个工作日" in text
        step = (await college.read(claim_of(page)))["step"]
        await college.answer(claim_of(page), step, "verification_failed", college.issuer, lines=[1], reason="查无此证")
        await college.answer(claim_of(page), step, "verified", college.issuer, lines=[2])
        text = text_of(await browser.read(page))
        assert "等您举证" in text
        assert forms_of(await browser.read(f"{page}/lines/1")) == {"evidence"}
        await browser.send(f"{page}/lines/1", "evidence", evidence="证书原件，可在网站查询")
        text = text_of(await browser.read(page))
        assert "由学分银行办理" in text
        assert "您提交了证据" in text
        assert "evidence" not in forms_of(await browser.read(f"{page}/lines/1"))
        await browser.send(page, "claim_withdrawal", sure="yes")
        assert "已撤回" in text_of(await browser.read(page))
        assert "claim_withdrawal" not in forms_of(await browser.read(page))
    await college.check()


async def test_some_lines_are_taken_back_and_the_rest_stays(college: College) -> None:
    college.decide_by(hands=procedure(REGISTRAR))
    learner = await college.enrol(certificates=2)
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
        await browser.send(page, "claim_withdrawal", lines="2", sure="yes")
    states = [one["state"] for one in (await college.read(claim_of(page)))["lines"]]
    assert states == ["open", "withdrawn"]


async def test_what_is_not_known_says_who_can_say_it(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(DEPARTMENT))
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        text = text_of(await browser.read(f"/my/worth/{college.plan}"))
        assert "经人工审核后可能可以" in text
        assert "由院系提供" in text
        page = await by_hand(browser, college, learner, "M1")
        assert "由院系提供" in text_of(await browser.read(page))
        english = await browser.read(f"{page}?lang=en")
        assert "to be supplied by the department" in text_of(english)


async def test_a_certificate_that_is_thought_of_is_counted_and_cannot_be_claimed(college: College) -> None:
    college.decide_by()
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        address = f"/my/worth/{college.plan}?certificate_1=X5|intermediate"
        page = await browser.read(address)
        assert "含 1 本假设的证书" in text_of(page)
        assert len([one for one in ticks(page, "line") if one]) == 1
        assert "取得后才能申请" in text_of(page)
        odd = await browser.read(f"/my/worth/{college.plan}?certificate_1={SCRIPT}")
        assert SCRIPT not in odd


# --- once, and by whom --------------------------------------------------------------------------------------------


async def test_a_claim_sent_twice_is_made_once_and_leads_to_the_same_page(college: College) -> None:
    college.decide_by(hands=procedure(REGISTRAR))
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await browser.read(f"/my/worth/{college.plan}")
        found, lines = form_of(page, "claiming"), [one for one in ticks(page, "line") if one]
        sent = {**found.hidden, "line": lines}
        first, second = await asyncio.gather(*(browser.http.post(found.action, data=sent) for _ in range(2)))
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["location"] == second.headers["location"]
        # The back button, and another choice under the same key: nothing is written, and it is said.
        answer = await browser.http.post(
            found.action, data={**found.hidden, "course_code": "M2", "record_ids": str(learner.records[0])}
        )
        assert answer.status_code == 409
        assert "已经提交并办理过" in text_of(answer.text)
        claims = await college.ask("GET", f"/v1/learners/{learner.learner_id}/claims", learner.actor)
        assert len(claims["items"]) == 1


async def test_two_tabs_that_claim_the_same_are_told_that_it_is_taken(college: College) -> None:
    college.decide_by(hands=procedure(REGISTRAR))
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        pages = [await browser.read(f"/my/worth/{college.plan}") for _ in range(2)]
        forms = [form_of(page, "claiming") for page in pages]
        lines = [one for one in ticks(pages[0], "line") if one]
        answers = [await browser.http.post(form.action, data={**form.hidden, "line": lines}) for form in forms]
        second = answers[1].headers["location"].partition("?")[0]
        text = text_of(await browser.read(second))
        assert "不予认定" in text
        assert "一门课程只置换一次" in text or "按规则不予认定" in text
    await college.check()


async def test_nothing_ticked_is_no_claim(college: College) -> None:
    college.decide_by()
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        answer = await browser.send(f"/my/worth/{college.plan}", "claiming", status=422)
        assert "要申请的课程" in text_of(answer.text)
        answer = await browser.send(
            f"/my/worth/{college.plan}", "byhand", status=422, course_code="M3", wants="credits"
        )
        assert 'value="M3" lang="zh-CN" selected' in answer.text, "what was chosen is kept"


async def test_a_stranger_learns_nothing_and_a_form_from_elsewhere_does_nothing(college: College) -> None:
    college.decide_by(hands=procedure(REGISTRAR))
    learner, other = await college.enrol(), await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
    nothing = f"/my/claims/{new_id()}"
    async with at(college, other.actor) as stranger:
        bare = re.sub(r"[0-9a-f]{16,}|[0-9a-f-]{36}", "", text_of(await stranger.read(nothing, status=404)))
        for path in (page, f"{page}/lines/1", "/my/claims/1", f"/my/worth/{new_id()}"):
            text = text_of(await stranger.read(path, status=404))
            assert re.sub(r"[0-9a-f]{16,}|[0-9a-f-]{36}", "", text) == bare
        for path in ("/my/worth", f"/my/worth/{college.plan}", "/my/claims", "/my/pathways"):
            await stranger.read(f"{path}?learner={learner.learner_id}", status=404)
        found = form_of(await stranger.read(f"/my/worth/{college.plan}"), "claiming")
        for act in ("withdrawal", "lines/1/giving-up", "lines/1/evidence", "lines/1/appeals"):
            sent = {**found.hidden, "sure": "yes", "words": "x", "evidence": "x", "kind": "appeal"}
            answer = await stranger.http.post(f"{page}/{act}", data=sent)
            assert answer.status_code == 404, act
        sent = {**found.hidden, "learner": str(learner.learner_id), "course_code": "M2",
                "record_ids": str(learner.records[0])}  # fmt: skip
        assert (await stranger.http.post(found.action, data=sent)).status_code == 404
    async with at(college, learner.actor, Origin="https://elsewhere.example") as forged:
        answer = await forged.http.post(f"{page}/withdrawal", data={"key": str(new_id()), "sure": "yes"})
        assert answer.status_code == 403
    async with at(college, college.registrar) as registrar:
        await registrar.read("/my/worth", status=403)
    assert (await college.read(claim_of(page)))["state"] == "open"


async def test_a_guardian_claims_for_a_child_who_reads(college: College) -> None:
    college.decide_by(hands=procedure(REGISTRAR))
    child = await a_child(college, born="20150101")
    mother = await guardian_of(college, child)
    async with at(college, child.actor) as browser:
        page = await browser.read(f"/my/worth/{college.plan}")
        assert "由监护人代为申请" in text_of(page)
        assert forms_of(page) == set()
    async with at(college, mother) as browser:
        page = await browser.read(f"/my/worth/{college.plan}?learner={child.learner_id}")
        lines = [one for one in ticks(page, "line") if one]
        answer = await browser.send(
            f"/my/worth/{college.plan}?learner={child.learner_id}", "claiming", line=lines
        )  # fmt: skip
        there = answer.headers["location"]
        assert f"learner={child.learner_id}" in there
        assert "办理中" in text_of(await browser.read(there))
        assert "办理中" in text_of(await browser.read("/my/claims")), "the only child needs no naming"
        await browser.send(there, "claim_withdrawal", sure="yes")
        assert "已撤回" in text_of(await browser.read(there))
    async with at(college, child.actor) as browser:
        assert "已撤回" in text_of(await browser.read("/my/claims"))


async def test_whoever_was_signed_out_meanwhile_loses_no_words_and_nothing_is_done(college: College) -> None:
    college.decide_by(NEVER)
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        line = f"{await by_hand(browser, college, learner, 'M1')}/lines/1"
        found = form_of(await browser.read(line), "appeal")
        ended = college.bank.app.state.tokens.issue(learner.actor, at=college.at - timedelta(hours=2))
        browser.http.cookies.clear()
        browser.http.cookies.set(gate.SESSION_COOKIE, ended)
        answer = await browser.http.post(found.action, data={**found.hidden, "words": "课程标准相同，请复核"})
        assert answer.status_code == 401
        assert quote_plus("课程标准相同，请复核") in answer.text, "it goes through the sign-in page and back"
        assert 'name="password"' in answer.text
    assert (await college.ask("GET", "/v1/appeals", college.reviewer))["items"] == []


async def test_the_clocks_ask_for_the_claims_that_they_are_about_however_many_came_since(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        claim = UUID(claim_of(await claimed(browser, college))["claim_id"])
    async with college.bank.database.session() as session:
        own = replace(learner.actor, reach=frozenset({Reach.OWN}))
        asked = partial(claims_of, session, learner.learner_id, actor=own, tools=college.tools(), before=None, limit=1)
        assert [each.claim_id for each in await asked(only={claim})] == [claim]
        assert await asked(only={new_id()}) == []
        assert [each.claim_id for each in await asked(only={new_id()}, running=True)] == [claim]


async def test_of_a_claim_that_has_just_run_out_the_page_says_what_is_so_and_what_is_to_come(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE, reserves_for=10))
    learner = await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
        college.go_to(college.at.date() + timedelta(days=200))
        text = text_of(await browser.read(page))
        assert ("保留期已过" in text, "已释放。可以申诉" in text) == (True, False)
        await college.work()
        assert "已释放。可以申诉" in text_of(await browser.read(page))


# --- notices ----------------------------------------------------------------------------------------------------------


async def test_a_notice_that_waits_for_holidays_is_not_said_to_be_objected_to(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner = await college.enrol()
    await college.sql_do("DELETE FROM working_day WHERE \"on\" >= '2026-01-02'")
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
        for there in ("/my/notices", f"/my/notices/claims/{claim_of(page)['claim_id']}"):
            text = text_of(await browser.read(there))
            assert "节假日安排尚未公布" in text
            assert "有异议待处理" not in text


async def test_anybody_may_object_to_a_claim_on_notice_once(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner, other = await college.enrol(), await college.enrol()
    async with at(college, learner.actor) as browser:
        page = await claimed(browser, college)
    notice = f"/my/notices/claims/{claim_of(page)['claim_id']}"
    async with at(college, other.actor) as browser:
        listed = await browser.read("/my/notices")
        assert notice in listed
        assert str(learner.learner_id) not in listed
        await browser.send(notice, "claim_objection", words=f"该证书并非本人取得{SCRIPT}")
        again = await browser.send(notice, "claim_objection", words="再提一次", status=409)
        assert "您已对该申请提出异议" in text_of(again.text)
        assert "再提一次" in again.text, "what was typed is kept"
        assert "有异议待处理" in text_of(await browser.read("/my/notices"))
    async with at(college, learner.actor) as browser:
        mine = await browser.read(page)
        assert "有人提出异议" in text_of(mine)
        assert SCRIPT not in mine
        assert str(other.actor.name) not in mine
