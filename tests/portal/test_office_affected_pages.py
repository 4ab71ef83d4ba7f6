"""Decisions by a mistaken version in the office: searched, read, and those that are chosen decided again."""

from __future__ import annotations

import re
from typing import Any

from creditbank.identifiers import new_id
from tests.open_bank import person
from tests.portal.desk_place import form_of, forms_of
from tests.portal.place import text_of
from tests.portal.test_office_rule_pages import at, place, town
from tests.publishing.place import Place
from tests.publishing.test_affected import mistaken

__all__ = ["place", "town"]

AFFECTED = "/office/rules/deposit.course/versions/2/affected"


async def searched(place: Place) -> list[Any]:
    """Four results by the mistaken version, two of which would be others, and the search for them."""
    posted = await mistaken(place)
    async with at(place, place.second) as officer:
        assert f'href="{AFFECTED}"' in await officer.read("/office/rules/deposit.course?version=2")
        assert "还没有查找过" in text_of(await officer.read(AFFECTED))
        await officer.send(AFFECTED, "affected_search")
        page = await officer.read(AFFECTED)
        assert "正在进行" in text_of(page)
        assert forms_of(page) == set()
    await place.work()
    return posted


async def test_what_is_chosen_is_decided_again_once_and_is_listed_no_more(place: Place) -> None:
    posted = await searched(place)
    async with at(place, place.second) as officer:
        page = await officer.read(AFFECTED)
        said = text_of(page)
        assert "比较了 4 项决定，2 项应有不同" in said
        assert "演示职业学院 2 项" in said
        assert {f"/console/records/{posted[row]['record_id']}" for row in (1, 2)} == set(
            re.findall(r'href="(/console/records/[^"]+)"', page)
        )
        nothing = await officer.send(AFFECTED, "reissue", status=422, reason="及格线写错", sure="yes")
        assert "及格线写错" in nothing.text, "what was typed is kept"
        first, second = re.findall(r'name="decision_ids" value="([^"]+)"', page)
        unsure = await officer.send(AFFECTED, "reissue", status=422, reason="及格线写错", decision_ids=[first])
        assert re.search(f'value="{first}"[^>]* checked', unsure.text)
        key = str(new_id())
        for _ in range(2):
            done = await officer.send(
                AFFECTED, "reissue", status=200, key=key, reason="及格线写错", sure="yes", decision_ids=[first]
            )
            assert "选定 1 项，重新作出 1 项" in text_of(done.text)
        record = await place.call("GET", f"/v1/records/{posted[1]['record_id']}", place.client)
        other = await place.call("GET", f"/v1/records/{posted[2]['record_id']}", place.client)
        granted = [each["decisions"][-1]["verdict"] for each in (record, other)]
        assert sorted(granted) == ["granted", "not_granted"], "the rest stands"
        again = await officer.send(
            AFFECTED, "reissue", status=200, reason="及格线写错", sure="yes", decision_ids=[first]
        )  # fmt: skip
        assert "已有更新的决定" in text_of(again.text)
        await officer.send(AFFECTED, "affected_search")
        await place.work()
        assert re.findall(r'name="decision_ids" value="([^"]+)"', await officer.read(AFFECTED)) == [second]


async def test_a_whole_page_is_decided_again_and_an_older_search_is_refused(place: Place) -> None:
    await searched(place)
    async with at(place, place.second) as officer:
        stale = form_of(await officer.read(AFFECTED), "reissue")
        listed = re.findall(r'name="listed" value="([^"]+)"', stale.source)
        await officer.send(AFFECTED, "affected_search")
        await place.work()
        sent = {**stale.hidden, "listed": listed, "whole_page": "yes", "reason": "及格线写错", "sure": "yes"}
        late = await officer.http.post(stale.action, data=sent)
        assert late.status_code in (409, 412)
        assert "reissue-fault" in late.text
        done = await officer.send(
            AFFECTED, "reissue", status=200, listed=listed, whole_page="yes", reason="及格线写错", sure="yes"
        )
        assert "选定 2 项，重新作出 2 项" in text_of(done.text)


async def test_an_auditor_reads_it_and_chooses_nothing_and_others_see_nothing(place: Place) -> None:
    await searched(place)
    async with at(place, person("auditor")) as auditor:
        page = await auditor.read(AFFECTED)
        assert "2 项应有不同" in text_of(page)
        assert forms_of(page) == set()
        for act in ("affected", "reissue"):
            answer = await auditor.http.post(AFFECTED.replace("affected", act), data={"key": str(new_id())})
            assert answer.status_code == 403
    async with at(place, person("registrar", institution_id=place.college.institution_id)) as registrar:
        await registrar.read(AFFECTED, status=403)
        assert AFFECTED not in await registrar.read("/office/rules/deposit.course?version=2")
    async with at(place, place.second) as officer:
        await officer.read(AFFECTED.replace("/2/", "/99/"), status=404)
