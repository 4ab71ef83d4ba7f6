"""The story of a record: from a credit on the transcript all the way back to the row it came in."""

from __future__ import annotations

import re

import pytest

from creditbank.identifiers import new_id
from creditbank.portal.writing import cited
from tests.portal.place import Portal, certificate, text_of, training
from tests.records.town import course_row, resident


async def test_a_credit_is_followed_to_the_row_it_came_in(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row())
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript")).text
        found = re.search(r'href="(/my/records/[^"]+)">机械制图<', page)
        assert found is not None
        said = text_of((await browser.get(found[1])).text)
    assert said.startswith("← 返回学习档案 机械制图")
    assert "报送机构：演示职业学院 现在的结果 存入 3 高职学分。" in said
    assert "第 1 版 · 报送 课程代码 C101 学年 2023-2024 学期 1 取得日期 2024年1月12日 考试类别 正考" in said
    assert "学号 20230001" in said
    assert re.search(r"报送中的位置 第 1 行 编号与校验值 成果编号 \S+ 报送批次 \S+", said)
    assert "由报送机构的系统发送" in said
    assert "自 2024年1月12日 起： 予以认定" in said
    assert "《课程成绩的存入》第 1 版" in said
    assert "成绩按取得之日的规则存入（2024年1月12日）" in said
    assert "符合 成绩为 86，符合“不低于 60”" in said
    assert "存入 +3 高职学分" in said
    assert "您的高职学分账户 +3 3 来源：演示职业学院 −3 −3" in said


def numbers_of(cited: str) -> set[int]:
    """The numbers of a citation such as 1–3, 7."""
    runs = [[int(each) for each in run.split("–")] for run in cited.split(", ")]
    return {number for run in runs for number in range(run[0], run[-1] + 1)}


def test_neighbours_are_cited_together() -> None:
    assert cited([]) == ""
    assert cited([4]) == "[4]"
    assert cited([3, 1, 2, 1]) == "[1–3]"
    assert cited([1, 2, 9, 5, 6, 7]) == "[1, 2, 5–7, 9]"


async def test_the_sources_of_a_rule_are_named_once_and_numbered(portal: Portal) -> None:
    await portal.learner()
    (outcome,) = await portal.town.post(course_row())
    async with portal.signed_in() as browser:
        page = (await browser.get(f"/my/records/{outcome.record_id}")).text
        rule = re.search(r'href="(/rules/[^"]+)"', page)
        assert rule is not None
        assert rule[1] == "/rules/deposit.course?version=1"
    said = text_of(page)
    count = re.search(r"依据 \((\d+)\)", said)
    assert count is not None
    titles = re.findall(r"<cite", page)
    assert len(titles) == int(count[1])
    named = {number for found in re.findall(r"\[([\d, –]+)\]", said) for number in numbers_of(found)}
    assert named == set(range(1, int(count[1]) + 1))
    assert "本行拟定" in said
    assert "征求意见稿" in said


async def test_a_correction_shows_what_was_before_and_reverses_it_in_sight(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row())
    (outcome,) = await portal.town.post(course_row(score="45"))
    async with portal.signed_in() as browser:
        said = text_of((await browser.get(f"/my/records/{outcome.record_id}")).text)
        english = text_of((await browser.get(f"/my/records/{outcome.record_id}?lang=en")).text)
    assert "现在的结果 未存入学分。 不合格、缺考、缓考和作弊的成绩不存入学分，待合格后另报。" in said
    assert said.index("第 2 版 · 更正") < said.index("第 1 版 · 报送")
    assert "重新报送，内容有变化" in said
    assert "以前的认定（已被后来的认定取代） (1)" in said
    assert said.index("冲回 −3 高职学分") < said.index("存入 +3 高职学分 这笔已被冲回")
    assert "What holds now No credits deposited. A failed, missed, deferred or forfeited sitting" in english
    assert "reversed −3 higher-vocational credits" in english
    assert not re.search(r"[\u4e00-\u9fff]{2}", english.partition("2. What was decided")[2].partition("Sources")[0])


async def test_a_withdrawn_record_keeps_its_story_and_its_name(portal: Portal) -> None:
    await portal.learner()
    (outcome,) = await portal.town.post(course_row())
    await portal.town.withdraw(outcome.record_id)
    async with portal.signed_in() as browser:
        assert "机械制图" not in (await browser.get("/my/transcript")).text
        said = text_of((await browser.get(f"/my/records/{outcome.record_id}")).text)
    assert "机械制图 课程成绩 · C101" in said
    assert "报送机构：演示职业学院" in said
    assert "报送机构已撤回该成果，由此存入的学分已冲回" in said
    assert "第 2 版 · 撤回" in said
    assert "自 2024年1月12日 起： 不再计入" in said


async def test_a_later_attempt_that_counts_instead_tells_from_which_day(portal: Portal) -> None:
    await portal.learner()
    (first,) = await portal.town.post(course_row(score="70"))
    await portal.town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="90"))
    async with portal.signed_in() as browser:
        said = text_of((await browser.get(f"/my/records/{first.record_id}")).text)
    assert "自 2024年1月12日 起：存入 3 高职学分。" in said
    assert "自 2024年7月1日 起：未存入学分。" in said
    assert "收回 −3 高职学分" in said


async def test_a_mark_of_cheating_is_shown_to_its_learner(portal: Portal) -> None:
    await portal.learner()
    (outcome,) = await portal.town.post(course_row(score="作弊"))
    async with portal.signed_in() as browser:
        assert "作弊 不予认定" in text_of((await browser.get("/my/transcript")).text)
        assert "成绩 作弊" in text_of((await browser.get(f"/my/records/{outcome.record_id}")).text)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (training(), "电工实训 非学历培训 · 32 学时"),
        (training(passed=False), "合格 否"),
        (certificate(), "Web前端开发 证书 · 中级 · 证书编号 X2024000001"),
        ({"kind": "award", "event": "技能大赛", "occurred_on": "2024-05-20", "level": "provincial", "rank": "second",
          "team_size": 3}, "技能大赛 竞赛获奖 · 省级 · 二等奖 · 3 人团队"),
        ({"kind": "practice", "form": "internship", "title": "汽修实习", "host": "演示汽修厂", "weeks": "8",
          "started_on": "2024-03-01", "occurred_on": "2024-04-30"},
         "汽修实习 实践或实习 · 岗位实习 · 演示汽修厂 · 8 周"),
        ({"kind": "military_service", "enlisted_on": "2021-09-01", "occurred_on": "2023-09-01"},
         "服兵役 服兵役 · 2021年9月1日入伍"),
        ({"kind": "work_achievement", "category": "patent", "title": "一种夹具", "occurred_on": "2024-02-02"},
         "一种夹具 工作业绩 · 专利"),
        ({"kind": "online_course", "platform": "演示平台", "title": "茶文化", "occurred_on": "2024-02-02",
          "hours": "16"}, "茶文化 在线课程 · 演示平台 · 16 学时"),
        ({"kind": "assessment", "name": "高职单招", "subject": "职业技能", "occurred_on": "2023-04-01", "score": "86"},
         "高职单招 考试或测评 · 职业技能"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)  # fmt: skip
async def test_every_kind_of_record_has_a_story_in_words(portal: Portal, row: dict[str, object], expected: str) -> None:
    await portal.learner()
    by = portal.town.body if row["kind"] == "certificate" else portal.town.college
    (outcome,) = await portal.town.post({"learner": course_row()["learner"], **row}, by=by)
    assert outcome.record_id is not None, outcome
    async with portal.signed_in() as browser:
        said = text_of((await browser.get(f"/my/records/{outcome.record_id}")).text)
        assert expected in said
        english = await browser.get(f"/my/records/{outcome.record_id}?lang=en")
        assert english.status_code == 200
        assert (await browser.get("/my/transcript")).status_code == 200


async def test_an_enrolment_has_its_story_too(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript")).text
        assert "学籍经历 2023年9月1日 入学 机械设计与制造 演示职业学院 · 高职专科 · 2023级 · 460101" in text_of(page)
        found = re.search(r'href="(/my/records/[^"]+)"', page)
        assert found is not None
        assert "按规则存档，不给学分。" in text_of((await browser.get(found[1])).text)


async def test_somebody_elses_record_looks_like_one_that_is_not_there(portal: Portal) -> None:
    await portal.learner()
    other = {"name": "演示乙", "document": {"number": resident(2)}, "student_no": "20230002"}
    (stranger,) = await portal.town.post(course_row(learner=other))
    async with portal.signed_in() as browser:
        there = await browser.get(f"/my/records/{stranger.record_id}")
        for address in (new_id(), "1", "...", "%00"):
            not_there = await browser.get(f"/my/records/{address}")
            assert (there.status_code, not_there.status_code) == (404, 404)
        assert "没有找到，或您无权查看。" in there.text
        assert "机械制图" not in there.text
    async with portal.browser() as nobody:
        answer = await nobody.get(f"/my/records/{stranger.record_id}")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


async def test_a_correction_says_what_changed_and_the_version_before_is_still_there(portal: Portal) -> None:
    await portal.learner()
    (first,) = await portal.town.post(course_row(key="k-1", score="58"))
    await portal.town.post(course_row(key="k-1", score="85", reason="登分错误"))
    async with portal.signed_in() as browser:
        page = (await browser.get(f"/my/records/{first.record_id}")).text
    assert "<del>58</del> → <ins>85</ins>" in page
    assert page.count("<del>") == 1
    assert "以前的版本 (1)" in text_of(page)
