"""Activating an account on a page, and changing one's own password: once, what was typed kept, no password said."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from creditbank.learners.account_numbers import new_account_no, new_code
from tests.open_bank import person
from tests.portal.place import PASSWORD, Portal, sign_in, text_of

OTHER_CODE = new_code()
NEW = "xin-kou-ling-2026"


async def handed_out(portal: Portal, learner_id: UUID) -> dict[str, Any]:
    """What the college's registrar hands to a learner."""
    registrar = person("registrar", institution_id=portal.town.college.institution_id)
    answer = await portal.bank.call("POST", f"/v1/learners/{learner_id}/activation-codes", registrar, json={})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def not_activated(portal: Portal) -> dict[str, Any]:
    """A grown-up learner whose account nobody has signed in to, and what they were given."""
    return await handed_out(portal, await portal.child(41, "演示小华", years=20))


async def form_of(browser: httpx.AsyncClient, path: str = "/activate") -> dict[str, str]:
    """The hidden fields of the form on a page."""
    page = (await browser.get(path)).text
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def filled(given: dict[str, Any], hidden: dict[str, str], **changes: str) -> dict[str, str]:
    return {
        **hidden,
        "account_no": given["account_no"],
        "holder": "演示小华",
        "code": given["code"].lower(),
        "login_name": "xiao.hua",
        "password": NEW,
        "again": NEW,
        **changes,
    }


async def test_whoever_has_a_code_activates_the_account_and_is_in(portal: Portal) -> None:
    given = await not_activated(portal)
    async with portal.browser() as browser:
        answer = await browser.post("/activate", data=filled(given, await form_of(browser)))
        assert answer.status_code == 303, answer.text
        assert (await browser.get(answer.headers["location"])).status_code == 200
        assert "演示小华" in (await browser.get("/my/transcript")).text
    async with portal.browser() as another:
        assert (await sign_in(another, "xiao.hua", NEW)).status_code == 303


async def test_a_double_click_activates_once_and_both_are_in(portal: Portal) -> None:
    given = await not_activated(portal)
    async with portal.browser() as browser:
        form = filled(given, await form_of(browser))
        first, second = [await browser.post("/activate", data=form) for _ in range(2)]
        assert (first.status_code, second.status_code) == (303, 303), second.text
    assert await portal.town.sql("SELECT count(*) FROM login WHERE disabled_at IS NULL AND learner_id IS NOT NULL") == [
        (1,)
    ]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"code": OTHER_CODE}, 403, "不相符"),
        ({"holder": "演示小明"}, 403, "不相符"),
        ({"account_no": "123"}, 422, "账户号码不成立"),
        ({"code": "AAAA"}, 422, "激活码不成立"),
        ({"holder": ""}, 422, "姓名"),
        ({"login_name": "ab"}, 422, "登录名：不应少于 3 个字符"),
        ({"password": "kurz", "again": "kurz"}, 422, "新密码"),
        ({"again": "anders-getippt"}, 422, "两次输入的新密码不一致"),
        ({"password": "xiao.hua1234", "again": "xiao.hua1234"}, 422, "密码不能只由"),
        ({"key": ""}, 409, ""),
    ],
    ids=["code", "name", "number", "no code", "no name", "login", "short", "differs", "guessable", "no key"],
)
async def test_a_refusal_stands_at_the_form_and_keeps_what_was_typed_but_no_password(
    portal: Portal, changes: dict[str, str], status: int, said: str
) -> None:
    given = await not_activated(portal)
    async with portal.browser() as browser:
        form = filled(given, await form_of(browser), **changes)
        answer = await browser.post("/activate", data=form)
        assert answer.status_code == status, answer.text
        assert said in text_of(answer.text)
        for name in ("account_no", "holder", "code", "login_name"):
            assert f'value="{html.escape(form[name])}"' in answer.text
        assert form["password"] not in answer.text.replace(html.escape(form["login_name"]), "")
        # Nothing was used up: the right form is taken now.
        again = await browser.post("/activate", data=filled(given, await form_of(browser)))
        assert again.status_code == 303, again.text


async def test_an_unknown_account_a_wrong_name_and_a_wrong_code_are_told_apart_by_nobody(portal: Portal) -> None:
    given = await not_activated(portal)
    pages = []
    async with portal.browser() as browser:
        for changes in ({"account_no": new_account_no()}, {"holder": "演示小明"}, {"code": OTHER_CODE}):
            answer = await browser.post("/activate", data=filled(given, await form_of(browser), **changes))
            assert answer.status_code == 403, answer.text
            pages.append(re.search(r'id="fault"[^>]*>([^<]+)', answer.text))
    assert all(pages)
    assert len({found[1] for found in pages if found}) == 1


async def test_a_form_of_another_site_activates_nothing(portal: Portal) -> None:
    given = await not_activated(portal)
    async with portal.browser() as browser:
        form = filled(given, await form_of(browser))
        answer = await browser.post("/activate", data=form, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert await portal.town.sql("SELECT count(*) FROM login WHERE learner_id IS NOT NULL") == [(0,)]


async def test_a_name_with_a_script_in_it_is_text(portal: Portal) -> None:
    given = await not_activated(portal)
    async with portal.browser() as browser:
        form = filled(given, await form_of(browser), holder="<script>alert(1)</script>")
        answer = await browser.post("/activate", data=form)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text


# --- one's own password -------------------------------------------------------------------------------------------


async def changed(browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    hidden = await form_of(browser, "/my/password")
    form = {**hidden, "old_password": PASSWORD, "password": NEW, "again": NEW, **changes}
    return await browser.post("/my/password", data=form)


async def test_whoever_knows_the_old_password_chooses_another(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        answer = await changed(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/my/password?done=password")
        assert "密码已修改" in (await browser.get(answer.headers["location"])).text
    async with portal.browser() as browser:
        assert (await sign_in(browser, "yan.shi", PASSWORD)).status_code == 401
        assert (await sign_in(browser, "yan.shi", NEW)).status_code == 303


async def test_a_double_click_changes_it_once_and_says_so_twice(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        hidden = await form_of(browser, "/my/password")
        form = {**hidden, "old_password": PASSWORD, "password": NEW, "again": NEW}
        answers = [await browser.post("/my/password", data=form) for _ in range(2)]
        assert [each.status_code for each in answers] == [303, 303]
    assert await portal.town.sql("SELECT count(*) FROM access_entry WHERE act = 'password_changed'") == [(1,)]


async def test_another_password_ends_every_session_but_the_one_in_which_it_was_chosen(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as mine, portal.signed_in() as thief:
        assert (await changed(mine)).status_code == 303
        portal.at += timedelta(minutes=2)
        assert (await mine.get("/my")).status_code == 200
        assert (await thief.get("/my")).headers["location"] == "/sign-in?then=%2Fmy"
        portal.at += timedelta(minutes=2)
        assert (await mine.get("/my")).status_code == 200


async def test_a_password_that_an_administrator_gives_ends_the_sessions_of_the_one_before(portal: Portal) -> None:
    login_id = await portal.login("office", roles=["officer"])
    async with portal.signed_in("office") as thief:
        assert (await thief.get("/office")).status_code == 200
        answer = await portal.bank.call("POST", f"/v1/logins/{login_id}/password", person("administrator"), json={})
        assert answer.status_code == 200, answer.text
        portal.at += timedelta(minutes=2)
        assert (await thief.get("/office")).status_code == 303


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"old_password": "another-password"}, 403, "原密码不正确"),
        ({"old_password": ""}, 422, "原密码"),
        ({"password": "kurz", "again": "kurz"}, 422, "新密码：不应少于 10 个字符"),
        ({"password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, 422, "密码"),
        ({"again": "anders-getippt"}, 422, "不一致"),
        ({"key": ""}, 409, ""),
    ],
)
async def test_a_password_that_is_not_changed_says_why_and_repeats_none(
    portal: Portal, changes: dict[str, str], status: int, said: str
) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        answer = await changed(browser, **changes)
        assert answer.status_code == status, answer.text
        assert said in text_of(answer.text)
        assert NEW not in answer.text
        assert PASSWORD not in answer.text
    async with portal.browser() as browser:
        assert (await sign_in(browser, "yan.shi", PASSWORD)).status_code == 303


async def test_staff_change_theirs_too(portal: Portal) -> None:
    await portal.login("office", roles=["officer"])
    async with portal.signed_in("office") as browser:
        assert "修改密码" in (await browser.get("/desk")).text
        assert (await changed(browser)).status_code == 303
