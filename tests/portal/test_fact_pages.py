"""Facts about members stated on the pages: by whom, in the topic's own words, corrected, checked, and nothing lost."""

from __future__ import annotations

from typing import Any

from creditbank.pathways.statement_topics import TOPICS
from creditbank.portal.facts_typed import BODIES, TYPED, asked_of_topic, fact_said
from tests.open_bank import person
from tests.pathways import test_statements as stating
from tests.pathways.test_statements import desk
from tests.portal import desk_place
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import text_of

__all__ = ["desk"]


def at(desk: stating.Desk, actor: Any) -> Any:
    return desk_place.Desk(desk.town).at(actor)


async def test_a_class_is_stated_about_in_one_table_and_a_doubled_send_states_nothing_twice(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts"
    async with at(desk, desk.town.school) as school:
        listed = await school.read(page)
        assert f'href="{page}/process"' in listed
        assert "规则要用" in text_of(listed)
        form = form_of(await school.read(f"{page}/process"), "facts")
        data = {**form.hidden, "score_1": "88", "passed_1": "true", "score_2": "59.5", "passed_2": "false"}
        for _ in range(2):
            answer = await school.http.post(form.action, data=data)
            assert answer.status_code == 303, text_of(answer.text)
        assert answer.headers["location"].endswith("/process?done=facts")
        text = text_of(await school.read(answer.headers["location"]))
        assert "已报送。" in text
        assert "过程考核成绩：88；过程考核合格：是" in text
        assert "过程考核成绩：59.5；过程考核合格：否" in text
        assert await desk.town.place.sql("SELECT count(*) FROM statement") == [(2,)]
        nothing = await school.send(f"{page}/process", "facts", status=422)
        assert "没有填写任何内容" in form_of(nothing.text, "facts").source


async def test_what_is_wrong_is_said_beside_the_row_and_everything_typed_is_kept(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts/process"
    async with at(desk, desk.town.school) as school:
        answer = await school.send(page, "facts", status=422, score_1="88", score_2="一百", occurred_on="2026-02-01")
        source = form_of(answer.text, "facts").source
        assert "有 1 行填写有误，全部未报送" in source
        assert "过程考核成绩：" in source.partition('id="no-2"')[2]
        assert 'class="alert"' not in source.partition('id="no-1"')[2].partition('id="no-2"')[0]
        assert all(f'value="{typed}"' in source for typed in ("88", "一百", "2026-02-01"))
        assert await desk.town.place.sql("SELECT count(*) FROM statement") == [(0,)]
        late = await school.send(page, "facts", status=422, score_1="88", occurred_on="2199-01-01")
        assert "2199-01-01 在今天之后" in form_of(late.text, "facts").source


async def test_a_row_that_is_refused_stops_no_other_and_stays_in_the_form(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts/process"
    assert await desk.state(desk.officer, {"topic": "process", "score": "60"}) == "not_yours_to_state"
    await desk.state(desk.town.school, {"topic": "process", "score": "60"})
    await desk.town.place.sql_do("UPDATE statement SET institution_id = %s", desk.town.place.college)
    async with at(desk, desk.town.school) as school:
        answer = await school.send(page, "facts", status=200, score_1="77", score_2="66")
        source = form_of(answer.text, "facts").source
        assert "已报送 1 行，1 行不予受理" in source
        assert "由另一方报送" in source
        assert 'value="77"' in source
        assert 'value="66"' not in source


async def test_a_mistake_is_corrected_since_its_own_day_and_taken_back(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts"
    school_ = desk.town.school
    await desk.state(school_, {"topic": "process", "score": "58"}, occurred_on="2026-01-20")
    async with at(desk, school_) as school:
        await school.send(f"{page}/process", "facts", score_1="85", correct="yes")
        first, second = await desk.read(school_)
        assert (second["supersedes"], second["occurred_on"]) == (first["statement_id"], "2026-01-20")
        history = f"/desk/cohorts/{desk.cohort}/members/1/facts"
        text = text_of(await school.read(history))
        assert ("已更正" in text, "有效" in text) == (True, True)
        await school.send(history, "facts_withdrawal", statement_id=second["statement_id"])
        assert "已撤回" in text_of(await school.read(history))
        assert "facts_withdrawal" not in forms_of(await school.read(history))
        assert "尚未报送" in text_of(await school.read(f"{page}/process"))


async def test_the_rest_of_a_class_is_told_the_same_and_who_was_stated_about_is_left_alone(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts/language"
    async with at(desk, desk.town.school) as school:
        await school.send(page, "facts", kind_1="japanese")
        await school.send(page, "facts", kind_rest="english")
    said = [(await desk.read(desk.town.school, of=of))[-1]["said"]["kind"] for of in (0, 1)]
    assert said == ["japanese", "english"]


async def test_sanctions_are_stated_one_by_one_lifted_and_checked_and_seen_by_those_who_decide(
    desk: stating.Desk,
) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts/sanction"
    async with at(desk, desk.town.school) as school, at(desk, desk.college) as college, at(desk, desk.officer) as bank:
        typed = {"member_no": "1", "number": "校处〔2025〕3号", "kind": "demerit", "on": "2025-10-08"}
        wrong = await school.send(page, "facts_one", status=422, **{**typed, "kind": "nothing"})
        assert 'value="校处〔2025〕3号"' in form_of(wrong.text, "facts_one").source
        await school.send(page, "facts_one", **typed)
        text = text_of(await college.read(page))
        assert "记过" in text
        (stated,) = await desk.read(desk.town.school)
        form = form_of(await school.read(f"{page}?of={stated['statement_id']}"), "facts_one")
        assert 'value="校处〔2025〕3号"' in form.source
        assert '<option value="demerit" selected>' in form.source
        lifted = {**form.hidden, **typed, "lifted_on": "2026-01-08"}
        assert (await school.http.post(form.action, data=lifted)).status_code == 303
        assert "处分解除日期：2026年1月8日" in text_of(await school.read(page))
        await school.send(page, "facts_checked", checked_2="yes")
        assert "纪律处分：核对完毕，没有其他" in text_of(await college.read(page))
        for path in (page, page.replace("sanction", "health"), page.replace("sanction", "exam"), f"{page}s"):
            await bank.read(path, status=404)
        answer = await bank.http.post(page, data={**form.hidden, **typed, "key": "one-of-the-bank-0001"})
        assert answer.status_code == 404
        assert "纪律处分" not in text_of(await bank.read(page.rpartition("/")[0]))
        assert "校处" not in await bank.read(f"/desk/cohorts/{desk.cohort}/members/1/facts")
        ((seen,),) = await desk.town.place.sql(
            "SELECT count(*) FROM access_entry WHERE act = 'statements_seen' AND learner_id = %s", desk.who[0]
        )
        assert seen > 0


async def test_each_states_what_they_know_and_strangers_find_nothing(desk: stating.Desk) -> None:
    page = f"/desk/cohorts/{desk.cohort}/facts"
    stranger, auditor = person("registrar", institution_id=desk.town.place.body), person("auditor")
    async with at(desk, desk.officer) as bank, at(desk, desk.town.school) as school, at(desk, stranger) as other:
        typed = {"member_no": "1", "entrance": "matched_exam", "status": "registered", "year": "2026"}
        form = form_of(await bank.read(f"{page}/registration"), "facts_one")
        assert (await bank.http.post(form.action, data={**form.hidden, **typed})).status_code == 303
        text = text_of(await school.read(f"{page}/registration"))
        assert "对口升学考试" in text
        assert "由学分银行报送" in text
        assert forms_of(await school.read(f"{page}/registration")) == set()
        form = form_of(await bank.read(f"{page}/registration"), "facts_one")
        forged = await school.http.post(form.action, data={**form.hidden, **typed, "year": "2025"})
        assert "由学分银行报送" in text_of(forged.text)
        for path in (page, f"{page}/process", f"/desk/cohorts/{desk.cohort}/members/1/facts"):
            await other.read(path, status=404)
    async with at(desk, auditor) as reads:
        await reads.read(page, status=403)
        assert "/facts" not in await reads.read(f"/desk/cohorts/{desk.cohort}")


async def test_who_left_is_not_in_the_table(desk: stating.Desk) -> None:
    await desk.town.place.sql_do("UPDATE cohort_member SET status = 'left' WHERE member_no = 2")
    async with at(desk, desk.town.school) as school:
        page = await school.read(f"/desk/cohorts/{desk.cohort}/facts/health")
        assert ('id="no-1"' in page, 'id="no-2"' in page) == (True, False)


def test_every_topic_is_asked_for_and_told_in_words() -> None:
    assert set(TYPED) == set(TOPICS) - {"exam", "checked"}
    for topic in TYPED:
        for language in ("zh", "en"):
            fields = asked_of_topic(topic, language)  # type: ignore[arg-type]
            assert fields
            for each in fields:
                assert language == "en" or all(word != said for word, said in each.options), (topic, each)
    said = BODIES["residence"].model_validate({"topic": "residence", "province": "hebei"}).model_dump()
    assert fact_said("residence", said, "zh") == "河北"
    assert fact_said("informed", {"informed": True}, "en") == "yes"
