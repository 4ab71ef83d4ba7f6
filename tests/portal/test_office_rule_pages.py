"""Rules in the office: a draft from its first text to the day it is in force, by two officers and no one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from creditbank.identity.actor import Actor
from tests.open_bank import opened, person
from tests.portal.desk_place import Browser, form_of, forms_of
from tests.portal.desk_place import at as browsing
from tests.portal.place import text_of
from tests.publishing.place import NEXT, OLD, Place, rule
from tests.records.town import Town, town

__all__ = ["town"]


@pytest.fixture
async def place(town: Town, addresses: Any, tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(addresses, tmp_path / "keys") as bank:
        yield Place(bank, town.college, town.school)


def at(place: Place, actor: Actor) -> AbstractAsyncContextManager[Browser]:
    return browsing(place.open.app, actor)


async def test_a_draft_goes_all_the_way_by_two_officers(place: Place) -> None:
    await place.seed(rule(OLD))
    async with at(place, place.author) as author, at(place, place.second) as second:
        broken = await author.send(
            "/office/drafts/new?document=deposit.course", "draft_begin", status=422, text="document: [" * 3
        )
        assert "document: [" in broken.text, "what was typed is kept"
        assert "60" in await author.read("/office/drafts/new?document=deposit.course")
        text = rule(OLD, NEXT).replace("\n", "\r\n")  # as browsers send it
        begun = await author.send("/office/drafts/new", "draft_begin", text=text)
        path = begun.headers["location"].partition("?")[0]
        assert "正在检查" in text_of(await author.read(path))
        await place.work()
        page = text_of(await author.read(path))
        assert "检查通过" in page
        assert "第 2 版" in page
        assert "70" in page
        await author.send(path, "draft_impact")
        await place.work()
        assert "draft_approval" not in forms_of(await author.read(path)), "nobody approves their own"
        await second.read(f"{path}/impact")
        stale = form_of(await second.read(path), "draft_approval").hidden
        await second.send(path, "draft_approval", sure="yes", reason="已核对")
        assert "draft_publication" not in forms_of(await author.read(path))
        twice = await second.http.post(f"{path}/approval", data={**stale, "sure": "yes"})
        assert twice.status_code in (303, 409)
        await second.send(path, "draft_publication", sure="yes")
        assert "已公布" in text_of(await author.read(path))
        history = text_of(await author.read("/office/rules/deposit.course"))
        assert "第 2 版" in history
        assert "pass-mark" in history
        assert forms_of(await second.read(path)) == set()
    told = await place.call("GET", "/v1/rules/deposit.course/history", place.author)
    assert [one["version"] for one in told["versions"]] == ["2", "1"]
    new = told["versions"][0]
    assert new["compared_with"] == "1"
    changed = [each for each in new["changes"] if each["path"] == "values.pass-mark.is"]
    assert [(each["was"], each["becomes"]) for each in changed] == [("60", "70")]


async def test_anybody_reads_a_rule_in_words(place: Place) -> None:
    await place.seed(rule(OLD))
    async with at(place, place.author) as browser:
        browser.http.cookies.clear()
        every = await browser.read("/rules")
        assert 'href="/rules/deposit.course"' in every
        page = await browser.read("/rules/deposit.course?version=1")
        assert 'action="/sign-out"' not in page, "nobody is signed in"
        assert "第 1 版" in text_of(page)
        assert "60" in page
        assert 'href="/v1/rules/deposit.course?version=1"' in page, "and as data"
        for nothing in ("/rules/deposit.nothing", "/rules/deposit.course?version=9"):
            await browser.read(nothing, status=404)


async def test_a_text_written_on_one_that_changed_meanwhile_is_refused(place: Place) -> None:
    await place.seed(rule(OLD))
    async with at(place, place.author) as author:
        begun = await author.send("/office/drafts/new", "draft_begin", text=rule(OLD, NEXT))
        path = begun.headers["location"].partition("?")[0]
        other_tab = form_of(await author.read(path), "draft_text").hidden
        await author.send(path, "draft_text", text=rule(OLD, NEXT) + "# 第二稿")
        late = await author.http.post(f"{path}/text", data={**other_tab, "text": rule(OLD, NEXT) + "# 迟到的一稿"})
        assert late.status_code == 412
        assert "迟到的一稿" in late.text, "what was typed is kept"
        assert "第二稿" in (await place.call("GET", f"/v1/rule-drafts/{path.rpartition('/')[2]}", place.author))["text"]


async def test_a_registrar_drafts_their_own_and_sees_no_others(place: Place) -> None:
    await place.seed(rule(OLD))
    registrar = person("registrar", institution_id=place.college.institution_id)
    async with at(place, registrar) as college, at(place, place.author) as author:
        refused = await college.send("/office/drafts/new", "draft_begin", status=403, text=rule(OLD, NEXT))
        assert "教务员只能起草" in text_of(refused.text)
        begun = await author.send("/office/drafts/new", "draft_begin", text=rule(OLD, NEXT))
        await college.read(begun.headers["location"].partition("?")[0], status=404)
        await college.read("/office/rules/deposit.course")
        await college.read("/office/rules/nothing", status=404)
