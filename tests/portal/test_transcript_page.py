"""The transcript as a page: what it adds up, what it says of records without credits, as of which day, and to whom."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.identity.gate import SESSION_COOKIE
from creditbank.learners.erasing import erase
from creditbank.learners.service import close_account
from tests.portal.place import TITLE_WITH_SCRIPT, Portal, certificate, sign_in, text_of, totals_of, training
from tests.records.town import course_row, resident


async def test_credits_are_added_within_a_scheme_and_never_across(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row(), course_row(course_code="C900", occurred_on="2024-06-20"), training())
    await portal.town.post(certificate(), by=portal.town.body)
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript")).text
    assert totals_of(page) == ["4.5 高职学分", "7 非学历学分"]
    said = text_of(page)
    assert "不同学分体系的学分性质不同，不能相加。" in said
    assert "11.5" not in said
    assert "演示职业学院 小计 4.5" in said
    assert "演示职业学院 小计 2" in said
    assert "演示发证机构 小计 5" in said
    assert "2024年1月12日 机械制图 C101 · 2023-2024学年第1学期 86 3 予以认定" in said


async def test_the_page_says_whose_it_is_and_shows_no_whole_identity_number(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my/transcript")).text)
    assert "演示甲" in said
    assert "居民身份证 1399**********0016" in said
    assert resident(1) not in said
    assert re.search(r"账户号码 \d{4} \d{4} \d{4} ", said)


async def test_a_record_without_credits_says_why_in_a_sentence(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row(score="45"))
    await portal.town.post(certificate(level="advanced"), by=portal.town.body)
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my/transcript")).text)
        english = text_of((await browser.get("/my/transcript?lang=en")).text)
    assert "还没有存入的学分。" in said
    assert "45（不合格） 不予认定 不合格、缺考、缓考和作弊的成绩不存入学分，待合格后另报。" in said
    assert re.search(r"Web前端开发 演示发证机构 · 高级 · 证书编号 X2024000001 尚不能判定 \S+。", said)
    assert "45 (failed) Not granted A failed, missed, deferred or forfeited sitting deposits no credits" in english


async def test_what_is_kept_on_record_without_credits_is_no_refusal(portal: Portal) -> None:
    await portal.learner()
    served = {"kind": "military_service", "enlisted_on": "2021-09-01", "occurred_on": "2023-09-01"}
    await portal.town.post({**served, "learner": course_row()["learner"]})
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript")).text
    assert totals_of(page) == []
    assert "2021年9月1日入伍 存档 按规则存档，不给学分。" in text_of(page)
    assert "不予认定" not in page


async def test_a_learner_without_records_is_told_who_can_mend_that(portal: Portal) -> None:
    await portal.learner()
    (entry,) = await portal.town.sql("SELECT record_id FROM record_version")
    await portal.town.withdraw(entry[0])
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my/transcript")).text)
    assert "还没有学习成果。" in said
    assert "如有遗漏，请联系报送机构。" in said


async def test_a_script_in_a_title_is_text(portal: Portal) -> None:
    await portal.learner()
    (outcome,) = await portal.town.post(training(title=TITLE_WITH_SCRIPT))
    async with portal.signed_in() as browser:
        for address in (
            "/my/transcript",
            f"/my/records/{outcome.record_id}",
            f"/my/records/{outcome.record_id}?lang=en",
        ):
            page = (await browser.get(address)).text
            assert "<script" not in page
            assert html.escape(TITLE_WITH_SCRIPT).replace("&quot;", "&#34;") in page


# --- language -----------------------------------------------------------------------------------------------------


async def test_the_page_is_chinese_until_somebody_switches_and_then_stays(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row())
    async with portal.signed_in() as browser:
        browser.headers["Accept-Language"] = "en"
        chinese = await browser.get("/my/transcript")
        assert '<html lang="zh-CN">' in chinese.text
        assert chinese.headers["content-language"] == "zh-CN"
        assert 'href="/my/transcript?lang=en"' in chinese.text
        english = await browser.get("/my/transcript?as_of=2024-02-01&lang=en")
        assert '<html lang="en">' in english.text
        assert 'href="/my/transcript?as_of=2024-02-01&amp;lang=zh"' in english.text
        said = text_of(english.text)
        assert "Credits by scheme 3 higher-vocational credits" in said
        assert "12 January 2024" in said
        assert "2023-2024, term 1" in said
        assert '<html lang="en">' in (await browser.get("/my/transcript")).text
        assert '<html lang="en">' in (await browser.get("/my/transcript?lang=other")).text
        assert '<html lang="zh-CN">' in (await browser.get("/?lang=zh")).text
        assert '<html lang="zh-CN">' in (await browser.get("/my/transcript")).text


# --- both clocks --------------------------------------------------------------------------------------------------


async def test_the_transcript_of_a_day_holds_what_had_happened_by_then(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row(), course_row(course_code="C900", occurred_on="2024-06-20"))
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/transcript?as_of=2024-06-19")).text
        assert totals_of(page) == ["3 高职学分"]
        assert "只含 2024年6月19日 及以前取得的成果。" in text_of(page)
        assert 'value="2024-06-19"' in page
        assert totals_of((await browser.get("/my/transcript?as_of=2024-06-20")).text) == ["4.5 高职学分"]
        assert totals_of((await browser.get("/my/transcript?as_of=&known_at=")).text) == ["4.5 高职学分"]


async def test_the_transcript_as_the_bank_knew_it_does_not_know_later_corrections(portal: Portal) -> None:
    await portal.learner()
    await portal.town.post(course_row())
    await portal.number()
    today = clock.today(portal.at)
    portal.at += timedelta(days=2)
    await portal.town.post(course_row(score="45"))
    await portal.number()
    async with portal.signed_in() as browser:
        assert totals_of((await browser.get("/my/transcript")).text) == []
        then = await browser.get(f"/my/transcript?known_at={today}")
        assert totals_of(then.text) == ["3 高职学分"]
        assert "按学分银行在" in text_of(then.text)
        later = text_of((await browser.get("/my/transcript?known_at=2099-01-01")).text)
        assert "您查询的是 2099年1月1日 23:59；此后的变更尚未编号" in later
        before = text_of((await browser.get("/my/transcript?known_at=2001-01-01")).text)
        assert "还没有存入的学分。" in before


async def test_before_anything_is_numbered_the_page_says_that_nothing_is_known(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my/transcript?known_at=2099-01-01")).text)
    assert "到 2099年1月1日 23:59 为止，学分银行还没有任何已编号的记录。" in said


async def test_a_day_that_is_none_is_refused_on_a_page(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        for query in ("as_of=2024-02-30", "known_at=yesterday", "as_of=0001-01-01", "as_of=9999-12-31", "as_of=%00"):
            answer = await browser.get(f"/my/transcript?{query}")
            assert answer.status_code == 422, query
            assert "日期应写作 2024-03-01" in answer.text


async def test_a_selection_says_that_it_is_partial(portal: Portal) -> None:
    await portal.learner()
    (course,) = await portal.town.post(course_row())
    await portal.town.post(training())
    async with portal.signed_in() as browser:
        page = (await browser.get(f"/my/transcript?record={course.record_id}")).text
        assert totals_of(page) == ["3 高职学分"]
        assert "部分档案：本页只含所选的 1 项成果，账户共有 3 项。" in text_of(page)
        assert (await browser.get("/my/transcript?record=1")).status_code == 404


async def test_after_an_erasure_the_page_names_nobody_and_says_so(portal: Portal) -> None:
    learner_id = await portal.learner()
    await portal.town.post(course_row())
    await portal.town.post(certificate(), by=portal.town.body)
    async with portal.signed_in() as browser:
        officer = Actor(f"login:{new_id()}", roles=frozenset({"officer"}), reach=frozenset({Reach.ANY}))
        why: Any = {"actor": officer, "reason": "本人申请", "at": portal.at, "keyring": portal.bank.keyring}
        async with portal.bank.database.session() as session:
            await close_account(session, learner_id=learner_id, **why)
        async with portal.bank.database.session() as session:
            await erase(session, learner_id, **why)
        # The token of a minute ago still holds; what it opens has no name any more.
        page = (await browser.get("/my/transcript")).text
        said = text_of(page)
        assert "该账户的个人信息已依法删除" in said
        assert "演示甲" not in page
        assert "X2024000001" not in page
        assert totals_of(page) == ["3 高职学分", "5 非学历学分"]
        story = re.search(r'href="(/my/records/[^"]+)">机械制图<', page)
        assert story is not None
        told = text_of((await browser.get(story[1])).text)
        assert "加密保存的内容已删除。" in told
        assert "认定所用的事实已随个人信息删除" in told
        assert "20230001" not in told


# --- whose --------------------------------------------------------------------------------------------------------


async def test_nobody_opens_the_transcript_of_somebody_else(portal: Portal) -> None:
    await portal.learner()
    other = {"name": "演示乙", "document": {"number": resident(2)}, "student_no": "20230002"}
    stranger = await portal.learner("somebody.else", learner=other)
    async with portal.signed_in() as browser:
        there = await browser.get(f"/my/transcript?learner={stranger}")
        not_there = await browser.get(f"/my/transcript?learner={new_id()}")
        assert (there.status_code, not_there.status_code) == (404, 404)
        assert "演示乙" not in there.text
        assert text_of(there.text).partition("查询编号")[0] == text_of(not_there.text).partition("查询编号")[0]
        assert (await browser.get("/my/transcript?learner=me")).status_code == 404


async def test_a_guardian_of_one_child_is_led_to_it_and_of_two_may_choose(portal: Portal) -> None:
    first = await portal.child(31, "演示小明")
    given = await portal.guardian(first)
    async with portal.signed_in(given["login_name"], given["password"]) as browser:
        page = await browser.get("/my/transcript")
        assert totals_of(page.text) == ["3 高职学分"]
        assert "演示小明" in page.text
        second = await portal.child(32, "演示小红")
        await portal.guardian(second)
        choice = text_of((await browser.get("/my/transcript")).text)
        assert "请选择要查看的孩子。" in choice
        assert "演示小明" in choice
        assert "演示小红" in choice
        other = await browser.get(f"/my/transcript?learner={second}")
        assert "<dd>演示小红</dd>" in other.text
        record = re.search(r'href="(/my/records/[^"]+)"', other.text)
        assert record is not None
        story = await browser.get(record[1])
        assert f'href="/my/transcript?learner={second}"' in story.text
        stranger = await portal.child(33, "演示小刚")
        assert (await browser.get(f"/my/transcript?learner={stranger}")).status_code == 404


async def test_a_guardian_sees_no_account_of_a_child_that_has_turned_fourteen(portal: Portal) -> None:
    child = await portal.child(31, "演示小明")
    given = await portal.guardian(child)
    async with portal.signed_in(given["login_name"], given["password"]) as browser:
        assert (await browser.get(f"/my/transcript?learner={child}")).status_code == 200
        ((login_id,),) = await portal.town.sql("SELECT login_id FROM guardianship")
        portal.at += timedelta(days=366 * 4)
        assert (await sign_in(browser, given["login_name"], given["password"])).status_code != 303
    # A token that outlived the birthday opens the child's account no more.
    actor = Actor(f"login:{login_id}", roles=frozenset({"guardian"}))
    async with portal.browser() as browser:
        token = portal.bank.token(actor)
        answer = await browser.get(f"/my/transcript?learner={child}", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
        assert answer.status_code == 404


async def test_staff_come_in_to_pages_of_their_own_and_see_nobodys_transcript(portal: Portal) -> None:
    await portal.login("provider", roles=["provider"], institution_id=portal.town.body.institution_id)
    async with portal.browser() as browser:
        answer = await sign_in(browser, "provider")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
        assert (await browser.get("/console")).status_code == 200
        refused = await browser.get("/my/transcript")
        assert refused.status_code == 403
        assert refused.headers["content-type"].startswith("text/html")
        assert "当前身份无权进行此操作。" in refused.text


async def test_merged_accounts_are_one_transcript(portal: Portal) -> None:
    learner_id = await portal.learner()
    other = {"name": "演示甲", "document": {"number": resident(7)}, "student_no": "20230007"}
    (posted,) = await portal.town.post(course_row(learner=other))
    absorbed: UUID = await portal.whose(posted.record_id)
    await portal.town.sql(
        "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)"
        " VALUES (%s, gen_random_uuid(), %s, now(), 'test', 'test') RETURNING 1",
        absorbed,
        learner_id,
    )
    async with portal.signed_in() as browser:
        said = text_of((await browser.get("/my/transcript")).text)
        assert "本档案合并了同一人的 2 个账户。" in said
        assert (await browser.get(f"/my/records/{posted.record_id}")).status_code == 200
