"""Records, terms, accounts, equivalences and class claims on the console, each by a form as the page has it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.learners import probing
from tests.open_bank import person
from tests.portal.desk_place import forms_of
from tests.portal.place import text_of
from tests.portal.test_console_claims import at, college
from tests.portal.test_console_files import Console, dropped, line, mapping_form, scores
from tests.recognition.college import DEPARTMENT, College, procedure
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
        assert "M1、M2" in text_of(page)
        (form,) = [one for one in forms_of(page) if one.startswith("con_ending-")]
        await browser.send("/console/equivalences", form, until="2026-09-01", reason="课程标准修订")
        assert "2026年9月1日" in text_of(await browser.read("/console/equivalences"))


async def test_a_class_is_claimed_for_with_an_outcome_for_each(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner = await college.enrol()
    await college.ask(
        "POST", f"/v1/learners/{learner.learner_id}/consents", learner.actor, status=201,
        json={"purpose": "recognition", "institution_id": str(college.college), "given": True},
    )  # fmt: skip
    members = f"20240001\t{learner.records[0]}\tM1\n29990000，{learner.records[0]}，M2\n"
    async with at(college, college.registrar) as browser:
        assert f'<option value="{college.plan}">机械设计与制造（' in await browser.read("/console/class-claims")
        wrong = await browser.send(
            "/console/class-claims", "con_class", status=422, plan_id=str(college.plan), members="20240001 M1"
        )
        assert "第 1 行" in text_of(wrong.text)
        done = await browser.send(
            "/console/class-claims", "con_class", status=200, plan_id=str(college.plan), members=members
        )
        said = text_of(done.text)
        assert "20240001 已受理" in said
        assert "29990000 未受理" in said
        claim = re.search(r"/console/claims/[0-9a-f-]{36}", done.text)
        assert claim is not None
        await browser.send(claim[0], "con_take_back", sure="yes")
        assert "已撤回" in text_of(await browser.read(claim[0]))
