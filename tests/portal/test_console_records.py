"""Records, terms, accounts, equivalences and class claims on the console, each by a form as the page has it."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.learners import probing
from creditbank.portal import console_classes
from tests.open_bank import person
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import text_of
from tests.portal.test_console_claims import at, college
from tests.portal.test_console_files import Console, dropped, line, mapping_form, scores
from tests.recognition.college import DEPARTMENT, College, Learner, procedure, room
from tests.records.town import resident
from tests.submissions.bank import submitting

__all__ = ["college"]


@pytest.fixture
async def console(addresses: Any, tmp_path: Path) -> AsyncIterator[Console]:
    async with submitting(addresses, tmp_path) as place:
        yield Console(place)


async def reported(console: Console, *rows: list[Any]) -> list[str]:
    """Rows sent by a file and written; the pages of their records."""
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, scores(*rows))
        await console.place.work()
        said = mapping_form(await browser.read(f"{file}/mapping"))
        await browser.http.post(f"{file}/mapping", data={**said, "do": "confirm"})
        await console.place.work()
        return re.findall(r"/console/records/[0-9a-f-]{36}", await browser.read(file))


async def test_a_record_is_corrected_withdrawn_and_never_taken_for_another(console: Console) -> None:
    (page,) = await reported(console, line(1))
    async with console.at(console.registrar()) as browser:
        shown = await browser.read(page)
        assert forms_of(shown) == {"con_correct", "con_withdraw", "con_reassign"}
        typed: dict[str, Any] = {
            "name": "演示甲", "document_number": resident(1, "20040101"), "score": "86",
            "occurred_on": "2024-01-12",
        }  # fmt: skip
        wrong = await browser.send(page, "con_correct", status=409, **{**typed, "document_number": resident(2)})
        assert "不是对该成果的更正" in text_of(wrong.text)
        refused = await browser.send(page, "con_correct", status=422, **{**typed, "score": "不知道"})
        assert 'value="不知道"' in refused.text
        await browser.send(page, "con_correct", **{**typed, "score": "91"}, reason="登分有误")
        shown = text_of(await browser.read(page))
        assert "91" in shown
        assert "第 2 版" in shown
        await browser.send(page, "con_withdraw", status=422, reason="课程停开")
        await browser.send(page, "con_withdraw", reason="课程停开", sure="yes")
        assert forms_of(await browser.read(page)) == set()


async def test_a_record_of_the_wrong_person_is_given_to_the_right_one(console: Console) -> None:
    (page,) = await reported(console, line(1))
    async with console.at(console.registrar()) as browser:
        typed: dict[str, Any] = {"name": "演示乙", "document_number": resident(7), "reason": "报错了人", "sure": "yes"}
        await browser.send(page, "con_reassign", **typed)
        assert "转入" in text_of(await browser.read(page))
    async with console.at(console.registrar(console.place.school)) as browser:
        await browser.read(page, status=404)
        answer = await browser.http.post(f"{page}/withdrawal", data={"key": "k", "reason": "x", "sure": "yes"})
        assert answer.status_code == 404


async def test_numbers_are_not_tried_out_by_refusals(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "MISMATCHES", 2)
    page, _ = await reported(console, line(1), line(2, name="演示乙"))
    course = {"score": "91", "occurred_on": "2024-01-12", "reason": "试", "sure": "yes"}
    another = {**course, "name": "演示丙", "document_number": resident(2, "20040101")}
    nobody = {**course, "name": "演示甲", "document_number": resident(9)}
    async with console.at(console.registrar()) as browser:
        for number, (form, status) in enumerate((("con_reassign", 409), ("con_correct", 409), ("con_reassign", 429))):
            answer = await browser.send(page, form, status=status, **another)
            assert ("retry-after" in answer.headers) == (status == 429)
            seen = await console.place.sql("SELECT count(*) FROM access_entry WHERE act = 'record_identities_differ'")
            assert seen == [(min(number + 1, 2),)]
        # Of whoever asked too much it is not even told which number is nobody's.
        await browser.send(page, "con_correct", status=429, **nobody)


async def test_a_term_is_reconciled_on_a_page_and_as_a_workbook(console: Console) -> None:
    await reported(console, line(1), line(2, score="不知道"))
    async with console.at(console.registrar()) as browser:
        nothing = text_of(await browser.read("/console/reconciliation?academic_year=2019-2020&term=1"))
        assert "没有找到该机构的这个学期" in nothing
        assert "请选择学年和学期" in text_of(await browser.read("/console/reconciliation?academic_year=x&term=y"))
        query = "academic_year=2023-2024&term=1"
        page = text_of(await browser.read(f"/console/reconciliation?{query}"))
        assert "1 存有成果" in page
        assert "第 3 行" in page
        book = await browser.http.get(f"/console/reconciliation.xlsx?{query}")
        assert book.content[:2] == b"PK"
    async with console.at(person("officer")) as browser:
        await browser.read(f"/console/reconciliation?{query}&institution_id={console.place.college.institution_id}")


async def test_an_account_is_opened_and_its_code_shown_once(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        typed: dict[str, Any] = {"name": "古丽巴哈尔·阿卜杜热西提", "document_number": resident(40, "20040101")}
        wrong = await browser.send("/console/accounts", "con_open", status=422, **{**typed, "document_number": "123"})
        assert "古丽巴哈尔" in wrong.text
        opened = await browser.send("/console/accounts", "con_open", status=200, key="open-one", **typed)
        assert "账户已开立" in text_of(opened.text)
        again = await browser.http.post(
            "/console/accounts", data={"key": "open-one", "document_kind": "resident_id", "birth_on": "", **typed}
        )
        assert "已开立" in text_of(again.text) or again.status_code == 409
    (page,) = await reported(console, line(41))
    async with console.at(console.registrar()) as browser:
        found = re.search(r"/console/accounts/[0-9a-f-]{36}", await browser.read(page))
        assert found is not None
        account = found[0]
        given = await browser.send(account, "con_code", status=200, key="code-one", birth_on="")
        code = re.search(r'class="code-big">([^<]+)<', given.text)
        assert code is not None
        same = await browser.http.post(f"{account}/codes", data={"key": "code-one", "birth_on": ""})
        assert code[1] in same.text, "a double click shows the same code"
        assert code[1] not in await browser.read(account)
    async with console.at(console.registrar(console.place.school)) as browser:
        await browser.read(account, status=404)


async def test_an_equivalence_is_entered_and_ended(college: College) -> None:
    async with at(college, college.registrar) as browser:
        typed: dict[str, Any] = {
            "source_kind": "certificate", "standard": "X0", "from_level": "intermediate", "targets": "M1，M2",
            "relevance": "85", "ground": "专业建设委员会比对课程标准后认定", "valid_from": "2026-03-02",
        }  # fmt: skip
        wrong = await browser.send("/console/equivalences", "con_enter", status=422, **{**typed, "standard": "NONE"})
        assert 'value="NONE"' in wrong.text
        await browser.send("/console/equivalences", "con_enter", **typed)
        page = await browser.read("/console/equivalences?course=M1")
        assert "证书0 中级及以上 → 机械制图 M1 、 数控编程 M2 有效" in text_of(page)
        assert 'name="course" value="M1"' in page, "what was asked for stays in its field"
        (form,) = [one for one in forms_of(page) if one.startswith("con_ending-")]
        await browser.send("/console/equivalences", form, until="2026-09-01", reason="课程标准修订")
        assert "2026年9月1日" in text_of(await browser.read("/console/equivalences"))


async def consents(college: College, learner: Learner) -> None:
    """Somebody lets the college use what others reported."""
    await college.ask(
        "POST", f"/v1/learners/{learner.learner_id}/consents", learner.actor, status=201,
        json={"purpose": "recognition", "institution_id": str(college.college), "given": True},
    )  # fmt: skip


async def test_a_class_is_chosen_by_what_it_has_looked_at_and_claimed_for(college: College) -> None:
    """Nobody's ids are typed; whoever did not consent is not there; what is shown first is what happens then."""
    college.decide_by(hands=procedure(DEPARTMENT))
    first, second, third = [await college.enrol() for _ in range(3)]
    for one in (first, second):
        await consents(college, one)
    async with at(college, college.registrar) as browser:
        page = await browser.read("/console/class-claims")
        assert f'<option value="{college.plan}">机械设计与制造（' in page
        page = await browser.read(f"/console/class-claims?plan={college.plan}")
        assert re.search(r'<td class="number" data-label="人数">2</td>', page), text_of(page)
        page = await browser.read(f"/console/class-claims?plan={college.plan}&q=没有这样的")
        assert "没有可用的成果" in text_of(page)
        page = await browser.read(f"/console/class-claims?plan={college.plan}&q=x0")
        (way,) = re.findall(r'href="(/console/class-claims\?plan=[^"]*what=X0)"', page)
        way = way.replace("&amp;", "&")
        assert "看谁可以申请" in text_of(await browser.read(way))
        page = await browser.read(f"{way}&course=M1")
        assert [name in text_of(page) for name in ("20240001", "20240002", "20240003")] == [True, True, False]
        hidden = form_of(page, "con_class").hidden
        ticked = re.findall(r'name="member" value="([^"]*)" checked', page)
        assert len(ticked) == 2
        send = {**hidden, "member": ticked}
        looked = await browser.http.post("/console/class-claims", data={**send, "do": "look"})
        assert "送交经办" in text_of(looked.text)
        assert await college.sql("SELECT count(*)::int FROM claim") == [(0,)], "nothing is kept of a look"
        assert (await college.inbox(first)).count("claim_made_for_you") == 0
        done = await browser.http.post("/console/class-claims", data={**send, "do": "send"})
        assert "已为 2 人提出申请" in text_of(done.text)
        again = await browser.http.post("/console/class-claims", data={**send, "do": "send"})
        assert "已为 2 人提出申请" in text_of(again.text)
        assert await college.sql("SELECT count(*)::int FROM claim") == [(2,)], "sent twice, done once"
        assert "都已取得或正在申请" in text_of(await browser.read(f"{way}&course=M1"))
        claim = re.search(r"/console/claims/[0-9a-f-]{36}", done.text)
        assert claim is not None
        await browser.send(claim[0], "con_take_back", sure="yes")
        assert "已撤回" in text_of(await browser.read(claim[0]))
    assert third.learner_id
    (seen,) = set(await college.sql("SELECT actor, detail ->> 'count' FROM access_entry WHERE act = 'class_seen'"))
    assert seen == (college.registrar.name, "2")
    await college.check()


async def test_a_look_at_a_class_says_who_would_be_refused_and_why(college: College) -> None:
    college.decide_by(room("0", "no-room"))
    learner = await college.enrol()
    await consents(college, learner)
    way = f"/console/class-claims?plan={college.plan}&of={college.body}&kind=certificate&what=X0&course=M1"
    async with at(college, college.registrar) as browser:
        page = await browser.read(way)
        ticked = re.findall(r'name="member" value="([^"]*)" checked', page)
        send = {**form_of(page, "con_class").hidden, "member": ticked}
        looked = await browser.http.post("/console/class-claims", data={**send, "do": "look"})
        said = text_of(looked.text)
        assert "不予认定" in said
        assert "checked" not in looked.text
        none = await browser.http.post("/console/class-claims", data={**send, "member": [], "do": "look"})
        assert none.status_code == 422
        assert "con_class-fault" in none.text
        await browser.read(way.replace(str(college.plan), str(college.other_plan)), status=404)
        await browser.read(way.replace("what=X0", "what=NONE"), status=404)


async def test_the_classmates_of_a_plan_go_on_over_the_page(college: College, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_classes, "LEARNERS", 1)
    monkeypatch.setattr(console_classes, "PAGE", 1)
    for _ in range(2):
        await consents(college, await college.enrol(certificates=2))
    plan = f"/console/class-claims?plan={college.plan}"
    way = f"{plan}&of={college.body}&kind=certificate&what=X0&course=M1"
    async with at(college, college.registrar) as browser:
        for start, mark in ((plan, r"what=(X\d)\""), (way, r">(2024000\d)<")):
            page = await browser.read(start)
            first = re.findall(mark, page)
            following = re.search(r'href="([^"]*cursor=[^"]+)"', page)
            assert following is not None
            second = re.findall(mark, await browser.read(html.unescape(following[1])))
            assert len(first) == len(second) == 1
            assert first != second
