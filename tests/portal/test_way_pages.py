"""Ways to go on pages: gate by gate, what if, one's place in a round, giving it up, objecting to a list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.identifiers import new_id
from creditbank.pathways import deciding, gathering, reviews
from creditbank.portal import notice_pages
from tests.pathways.cohort_town import CohortTown, a_cohort_town
from tests.pathways.test_asking import CERTIFIED, MATHS, a_member
from tests.portal.desk_place import Desk, forms_of
from tests.portal.place import text_of


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def by_real_facts(town: CohortTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is gathered from the bank, as it is outside tests."""
    for module in (deciding, reviews):
        monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
    town.go_by(MATHS, CERTIFIED)


async def test_a_pathway_is_read_gate_by_gate_and_what_if(town: CohortTown, monkeypatch: pytest.MonkeyPatch) -> None:
    by_real_facts(town, monkeypatch)
    _, who, path = await a_member(town)
    page = f"/my/pathways/{path.rpartition('/')[2]}"
    desk = Desk(town)
    async with desk.at(town.learner(who)) as learner:
        listed = await learner.read("/my/pathways")
        assert page in listed
        assert "有条件未达到" in text_of(listed)
        assert "还可以争取" in text_of(listed)
        text = text_of(await learner.read(page))
        assert "数学不低于90分" in text
        assert "可以补救" in text
        assert "前段学校教务部门" in text
        assert "怎样就能达到" in text
        supposed = (
            "?subject_1=数学&points_1=140&full_1=150&process=90&certificate_kind=other&certificate_level=advanced"
        )
        text = text_of(await learner.read(f"{page}{supposed}"))
        assert "没有保存任何内容" in text
        assert "与现在不同" in text
        assert "条件都已达到" in text
        assert "有条件未达到" in text_of(await learner.read(page)), "nothing was kept"
        english = text_of(await learner.read(f"{page}{supposed}&lang=en"))
        assert "Every gate is met" in english


async def test_a_supposition_that_cannot_be_is_said_beside_what_was_typed(
    town: CohortTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_real_facts(town, monkeypatch)
    _, who, path = await a_member(town)
    page = f"/my/pathways/{path.rpartition('/')[2]}"
    async with Desk(town).at(town.learner(who)) as learner:
        for asked, said in (
            ("subject_1=数学&points_1=160&full_1=150", "数学"),
            ("process=101", "不应超过 100"),
            ("process=abc", "process.score"),
            ("points_1=九十&subject_1=数学", ""),
            ("credits=-3", ""),
            ("on=1850-01-01", "只能查询"),
        ):
            answer = await learner.read(f"{page}?{asked}")
            alert = re.search(r'<p class="alert" role="alert">([^<]+)</p>', answer)
            assert alert is not None, asked
            assert said in alert[1], (asked, alert[1])
            assert "有条件未达到" in text_of(answer), "the page shows how it is"
        assert 'value="160"' in await learner.read(f"{page}?subject_1=数学&points_1=160&full_1=150")
        script = await learner.read(f"{page}?subject_1=<script>x</script>&points_1=1&full_1=2")
        assert "<script>" not in script
        assert "有条件未达到" in text_of(await learner.read(f"{page}?on=nonsense"))


async def test_whoever_has_nothing_to_do_with_it_finds_nothing(
    town: CohortTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_real_facts(town, monkeypatch)
    cohort, who, path = await a_member(town)
    _, other, _ = await a_member(town)
    round_ = await town.open(cohort)
    desk = Desk(town)
    async with desk.at(town.learner(other)) as stranger:
        await stranger.read(f"/my/pathways/{path.rpartition('/')[2]}?learner={who}", status=404)
        await stranger.read(f"/my/pathways?learner={who}", status=404)
        await stranger.read(f"/my/rounds/{round_['round_id']}", status=404)
        await stranger.read(f"/my/notices/rounds/{round_['round_id']}", status=404)
        await stranger.read(f"/my/pathways/{new_id()}", status=404)
    async with desk.at(town.place.registrar) as registrar:
        await registrar.read("/my/pathways", status=403)


async def test_ones_own_place_is_read_with_its_reasons_and_given_up(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 40, quota=1)
    round_ = await town.decided(cohort)
    page, desk = f"/my/rounds/{round_['round_id']}", Desk(town)
    async with desk.at(town.learner(who[0])) as learner:
        text = text_of(await learner.read(page))
        assert "拟录取" in text
        assert "逐条理由" in text
        assert forms_of(await learner.read(page)) == {"place_giving_up"}
        refused = await learner.send(page, "place_giving_up", status=422)
        assert "请先勾选确认" in text_of(refused.text)
        await learner.send(page, "place_giving_up", sure="yes")
        assert "已放弃" in text_of(await learner.read(page))
        assert forms_of(await learner.read(page)) == set()
    async with desk.at(town.learner(who[1])) as next_:
        assert "拟录取" in text_of(await next_.read(page))
    async with desk.at(town.learner(who[2])) as third:
        text = text_of(await third.read(page))
        assert "不符合条件" in text
        assert str(who[0]) not in text


async def test_a_list_on_notice_is_objected_to_by_number(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    page, desk = f"/my/notices/rounds/{round_['round_id']}", Desk(town)
    async with desk.at(town.learner(who[1])) as learner:
        assert page in await learner.read("/my/notices")
        assert "名单正在公示至" in text_of(await learner.read(f"/my/rounds/{round_['round_id']}"))
        assert "请选择" in text_of(await learner.read(page))
        missing = await learner.send(page, "round_objection", status=422, words="成绩有误")
        assert "成绩有误" in missing.text
        child = str(who[1])
        went = await learner.send(page, "round_objection", member_no="1", words="成绩有误", learner=child)
        assert went.headers["location"] == f"/my/notices?learner={child}&done=round_objection"
        again = await learner.send(page, "round_objection", status=409, member_no="1", words="还是有误")
        assert "还是有误" in again.text
    async with desk.at(town.learner(who[0])) as learner:
        text = text_of(await learner.read(f"/my/rounds/{round_['round_id']}"))
        assert "对您的异议" in text
        assert "成绩有误" in text


async def test_notices_of_rounds_go_on_over_the_page(town: CohortTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_pages, "PAGE", 1)
    pages = []
    for _ in range(2):
        cohort, who = await town.cohort(90, quota=1)
        round_ = await town.act(await town.decided(cohort), "notice")
        pages.append(f"/my/notices/rounds/{round_['round_id']}")
    async with Desk(town).at(town.learner(who[0])) as learner:
        first = await learner.read("/my/notices")
        onwards = re.search(r'href="(/my/notices\?rounds=[^"]+)" rel="next"', first)
        assert onwards is not None
        following = await learner.read(onwards[1])
        assert [page in first for page in pages] != [page in following for page in pages]
        assert 'rel="next"' not in following
