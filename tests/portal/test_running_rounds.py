"""A round run by hand through the pages: every act as a form, what each of them says, and what nobody can do there."""

from __future__ import annotations

import asyncio
import html
import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from creditbank.oversight.audit import differences
from tests.open_bank import person
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes
from tests.portal.desk_place import HERE, Desk, form_of, forms_of
from tests.portal.place import text_of

REASON = "未能提供体检结论"


@pytest.fixture
async def desk(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as town:
        yield Desk(town)


@pytest.fixture
def town(desk: Desk) -> CohortTown:
    return desk.town


async def opened(desk: Desk, cohort: Any) -> str:
    """The college opens a round by its form: the address of its page."""
    async with desk.at(desk.town.place.registrar) as college:
        await college.send(f"/desk/cohorts/{cohort}", "opening")
        page = await college.read(f"/desk/cohorts/{cohort}")
        return next(part for part in page.split('"') if part.startswith("/desk/rounds/"))


async def state_of(desk: Desk, page: str) -> dict[str, Any]:
    return await desk.town.read({"round_id": page.rpartition("/")[2]})


# --- the whole way --------------------------------------------------------------------------------------------------


async def test_a_whole_round_goes_through_the_pages(desk: Desk, town: CohortTown) -> None:
    place = town.place
    cohort, who = await town.cohort(90, 80, 80, 40, None, quota=2)
    async with desk.at(place.registrar) as college, desk.at(place.officer) as bank:
        assert "演示班" in text_of(await college.read("/desk/cohorts"))
        page = await opened(desk, cohort)
        text = text_of(await college.read(page))
        assert "收集材料" in text
        assert text.count("待判定") == 6  # five of them, and once as a count
        typed = {"on_1": "2026-03-21", "subjects_1": "语文 120，数学 120、专业理论 200 抽考", "marked_by_1": "college"}
        await college.send(page, "sittings", **typed)
        said = (await state_of(desk, page))["sittings"]
        assert said[0]["subjects"][2] == {"subject": "专业理论", "full": "200", "drawn": True}

        await college.send(page, "deciding")
        text = text_of(await college.read(f"{page}?done=deciding"))
        assert "已判定全部学员。" in text
        assert "有 1 人的条件尚不明确" in text
        assert "末位同分 2 人" in text
        assert "缺少：过程性考核成绩" in text or "缺少：" in text
        assert forms_of(await college.read(page)) == {"set_asides", "tie", "deciding", "abandonment"}

        await college.send(page, "set_asides", learner_ids=str(who[4]), reason=REASON)
        await college.send(page, "tie", learner_ids=str(who[1]), reason="技能成绩较高")
        assert forms_of(await college.read(page)) == {"notice", "deciding", "abandonment"}
        await college.send(page, "notice", sure="yes")
        assert outcomes(await state_of(desk, page)) == [
            "proposed", "proposed", "beyond_quota", "not_eligible", "set_aside",
        ]  # fmt: skip
        notice = text_of(await college.read("/desk/notices"))
        assert "2026年3月2日 至 2026年3月9日" in notice
        assert "剩 7 天" in notice

        learner = town.learner(who[2])
        said = {"member_no": 2, "words": "其成绩登记有误"}
        await town.act({"round_id": page.rpartition("/")[2]}, "objections", said, by=learner, status=201)
        text = text_of(await college.read(page))
        assert "其成绩登记有误" in text
        (form,) = [one for one in forms_of(await college.read(page)) if one.startswith("objection-")]
        assert form in forms_of(await bank.read(page))
        await bank.send(page, form, decision="dismissed", words="经核查试卷，成绩无误")
        assert "经核查试卷，成绩无误" in text_of(await college.read(page))

        place.go_to(date(2026, 3, 10))
        await college.send(page, "filing", sure="yes")
        sheet = await college.http.get(f"{page}/filing.xlsx")
        rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[1:]] == ["演示一", "演示二"]
        waiting = text_of(await bank.read("/desk"))
        assert "学分银行：定案" in waiting
        await bank.send(page, "freezing", filing_no="冀教转1号", sure="yes")
        text = text_of(await college.read(page))
        assert "ZD-2026-0001" in text
        assert "已定案" in text
        assert forms_of(await college.read(page)) == set()
    assert outcomes(await state_of(desk, page)) == ["taken", "taken", "not_taken", "not_taken", "set_aside"]
    assert await differences(place.bank.database) == []


async def test_a_candidate_opens_to_the_reasons_clause_by_clause(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, 40, quota=1)
    round_ = await town.decided(cohort)
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.place.registrar) as college:
        source = await college.read(page)
        assert f'href="{page}/members/2"' in source
        text = text_of(await college.read(f"{page}/members/2"))
        assert "不符合条件" in text
        assert "40" in text
        assert round_["candidates"][1]["decision_id"] in text
        english = text_of(await college.read(f"{page}/members/2?lang=en"))
        assert "not met" in english
        assert "Clause by clause" in english
        await college.read(f"{page}/members/3", status=404)
        await college.read(f"{page}/members/0", status=404)
        await college.read(f"{page}/members/x", status=404)


async def test_the_pages_are_read_in_english_too(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, None, quota=1)
    round_ = await town.decided(cohort)
    async with desk.at(town.place.registrar) as college:
        for path, words in {
            "/desk": "Rounds under way",
            "/desk/cohorts": "The cohorts that you may see",
            f"/desk/cohorts/{cohort}": "Members",
            f"/desk/rounds/{round_['round_id']}": "1 candidates are unknown",
            "/desk/pathways": "Pathways and agreements",
            "/desk/notices": "There is nothing here",
            "/desk/reviews": "There is nothing here",
        }.items():
            assert words in text_of(await college.read(f"{path}?lang=en")), path
            assert 'lang="en"' in (await college.read(path))[:80]


# --- refused, and nothing lost --------------------------------------------------------------------------------------


async def test_a_refusal_stands_beside_its_form_with_what_was_typed(desk: Desk, town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 80, quota=2)
    round_ = await town.decided(cohort)
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.place.registrar) as college:
        both = [str(who[1]), str(who[2])]
        words = "两人<都>录取"
        answer = await college.send(page, "tie", status=409, learner_ids=both, reason=words)
        form = form_of(answer.text, "tie").source
        assert "剩余名额为 1，选了 2 人。请恰好选满。" in form
        assert html.escape(words) in form
        assert form.count(" checked") == 2
        assert 'role="alert"' in form
        # The other language is asked for at the page itself: what was posted has no address to read.
        assert f'href="{page}?lang=en"' in answer.text
        empty = await college.send(page, "tie", status=422, learner_ids=both[0], reason=" ")
        assert "理由：缺少此项" in form_of(empty.text, "tie").source
        assert form_of(empty.text, "tie").source.count(" checked") == 1
        assert outcomes(await town.read(round_)) == ["proposed", "tied", "tied"]
        # The same form again, mended: its key was not spent by the refusal.
        await college.send(page, "tie", learner_ids=both[0], reason="技能成绩较高")
    assert outcomes(await town.read(round_)) == ["proposed", "proposed", "beyond_quota"]


async def test_what_cannot_be_taken_back_asks_to_be_sure(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    page = f"/desk/rounds/{(await town.decided(cohort))['round_id']}"
    async with desk.at(town.place.registrar) as college:
        answer = await college.send(page, "notice", status=422)
        assert "请先勾选确认" in form_of(answer.text, "notice").source
        assert (await state_of(desk, page))["state"] == "decided"


async def test_a_form_that_is_not_open_any_more_says_so_on_the_page(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.decided(cohort)
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.place.registrar) as college:
        stale = form_of(await college.read(page), "deciding")
        await college.send(page, "notice", sure="yes")
        answer = await college.http.post(stale.action, data=stale.hidden)
        assert answer.status_code == 409
        assert "该轮次现为“公示中”" in text_of(answer.text)


async def test_an_objection_is_not_decided_without_a_choice(desk: Desk, town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    said = {"member_no": 1, "words": "不实"}
    await town.act(round_, "objections", said, by=town.learner(who[1]), status=201)
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.place.registrar) as college:
        (form,) = [one for one in forms_of(await college.read(page)) if one.startswith("objection-")]
        answer = await college.send(page, form, status=422, words="核查过了")
        assert "处理结果：缺少此项" in form_of(answer.text, form).source
        assert "核查过了" in form_of(answer.text, form).source
        answer = await college.send(page, form, status=409, decision="upheld", words="核查过了")
        assert "支持异议须有所变更" in form_of(answer.text, form).source
        await college.send(page, form, decision="set_aside", words="核查属实")
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_)) == ("decided", ["set_aside", "proposed"])


# --- sent twice -----------------------------------------------------------------------------------------------------


async def test_a_form_sent_twice_is_done_once(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    path = f"/desk/cohorts/{cohort}"
    async with desk.at(town.place.registrar) as college:
        form = form_of(await college.read(path), "opening")
        first, second = await asyncio.gather(*(college.http.post(form.action, data=form.hidden) for _ in range(2)))
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["location"] == second.headers["location"] == f"{path}?done=opening"
        assert await town.place.sql("SELECT count(*) FROM pathway_round") == [(1,)]
        # The back button, and something else typed: not taken for the first.
        changed = await college.http.post(form.action, data={**form.hidden, "collects_until": "2026-04-01"})
        assert changed.status_code == 409
        assert "已经提交并办理过" in text_of(changed.text)
        page = await opened_page(college, path)
        deciding = form_of(await college.read(page), "deciding")
        for _ in range(2):
            assert (await college.http.post(deciding.action, data=deciding.hidden)).status_code == 303
    assert await town.place.sql("SELECT count(*) FROM round_act WHERE act = 'decided'") == [(1,)]


async def opened_page(browser: Any, cohort: str) -> str:
    return next(part for part in (await browser.read(cohort)).split('"') if part.startswith("/desk/rounds/"))


async def test_a_form_without_its_key_does_nothing(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    async with desk.at(town.place.registrar) as college:
        for key in ("", "两 把", "x" * 300):
            answer = await college.http.post(f"/desk/cohorts/{cohort}/rounds", data={"key": key})
            assert answer.status_code == 409
            assert "表单已失效" in text_of(answer.text)
    assert await town.place.sql("SELECT count(*) FROM pathway_round") == [(0,)]


# --- who may not ----------------------------------------------------------------------------------------------------


async def test_another_school_is_told_what_one_is_told_who_asks_for_nothing(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.decided(cohort)
    other = person("registrar", institution_id=await town.place.bank.institution())
    nobody = "0195532a-3333-7c11-9a51-0d3d3f5f2a10"
    async with desk.at(other) as stranger:
        assert "演示班" not in await stranger.read("/desk/cohorts")
        assert "演示班" not in await stranger.read("/desk")
        for path in ("/desk/cohorts/{}", "/desk/cohorts/{}/members/1"):
            theirs = text_of(await stranger.read(path.format(cohort), status=404))
            none = text_of(await stranger.read(path.format(nobody), status=404))
            assert theirs.partition("查询编号")[0] == none.partition("查询编号")[0]
        for path in ("", "/members/1", "/filing.xlsx", "/progressions"):
            theirs = text_of(await stranger.read(f"/desk/rounds/{round_['round_id']}{path}", status=404))
            none = text_of(await stranger.read(f"/desk/rounds/{nobody}{path}", status=404))
            assert theirs.partition("查询编号")[0] == none.partition("查询编号")[0]
        for act in ("deciding", "notice", "set-asides", "tie", "filing", "abandonment", "sittings"):
            answer = await stranger.http.post(
                f"/desk/rounds/{round_['round_id']}/{act}", data={"key": f"k-{act}", "sure": "yes", "reason": "x"}
            )
            assert answer.status_code in (404, 422), act
            assert "演示" not in text_of(answer.text), act
    assert (await town.read(round_))["history"] == round_["history"]


async def test_the_school_reads_and_the_college_acts(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, None, quota=1)
    round_ = await town.decided(cohort)
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.school) as school:
        assert forms_of(await school.read(page)) == set()
        answer = await school.http.post(f"{page}/deciding", data={"key": "one"})
        assert answer.status_code == 404
    async with desk.at(person("auditor")) as auditor:
        assert forms_of(await auditor.read(page)) == set()
        assert (await auditor.http.post(f"{page}/deciding", data={"key": "one"})).status_code == 403
    async with desk.at(person("learner", learner_id=None)) as learner:
        assert (await learner.http.get(page)).status_code == 403
    async with desk.browser() as nobody:
        answer = await nobody.get(page)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}])
async def test_a_form_forged_from_another_site_does_nothing(
    desk: Desk, town: CohortTown, headers: dict[str, str]
) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    async with desk.at(town.place.registrar) as college:
        form = form_of(await college.read(f"/desk/cohorts/{cohort}"), "opening")
        del college.http.headers["Origin"]
        for path in (form.action, f"/desk/cohorts/{cohort}/score-sheet"):
            answer = await college.http.post(path, data=form.hidden, headers=headers)
            assert answer.status_code == (403 if headers else 400)
        college.http.headers["Origin"] = HERE
    assert await town.place.sql("SELECT count(*) FROM pathway_round") == [(0,)]


async def test_who_filed_does_not_freeze_on_the_page_either(desk: Desk, town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.settled(cohort), "filing")
    page = f"/desk/rounds/{round_['round_id']}"
    async with desk.at(town.place.registrar) as college:
        assert "freezing" not in forms_of(await college.read(page))
        answer = await college.http.post(f"{page}/freezing", data={"key": "k", "sure": "yes", "filing_no": "1"})
        assert answer.status_code == 403
    await town.place.sql_do("UPDATE pathway_round SET filed_by = %s", town.place.officer.name)
    async with desk.at(town.place.officer) as bank:
        answer = await bank.send(page, "freezing", status=409, filing_no="冀教转1号", sure="yes")
        assert "不能定案，须由另一人办理" in form_of(answer.text, "freezing").source
        assert 'value="冀教转1号"' in form_of(answer.text, "freezing").source
    async with desk.at(town.place.second_officer) as second:
        await second.send(page, "freezing", filing_no="冀教转1号", sure="yes")
    assert (await state_of(desk, page))["state"] == "frozen"


# --- what follows the freeze ----------------------------------------------------------------------------------------


async def test_a_review_is_closed_with_a_reason(desk: Desk, town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    await town.frozen(cohort)
    await town.corrects(who[1], score=95)
    async with desk.at(town.place.officer) as bank:
        assert "有 1 项复查等待结论" in text_of(await bank.read("/desk"))
        source = await bank.read("/desk/reviews")
        (form,) = [one for one in forms_of(source) if one.startswith("review-")]
        answer = await bank.send("/desk/reviews", form, status=422, reason="更正不影响结果")
        assert "结论：缺少此项" in form_of(answer.text, form).source
        assert "更正不影响结果" in form_of(answer.text, form).source
        await bank.send("/desk/reviews", form, outcome="unchanged", reason="更正不影响结果")
        assert forms_of(await bank.read("/desk/reviews")) == set()
        assert "更正不影响结果" in text_of(await bank.read("/desk/reviews?closed=yes"))
