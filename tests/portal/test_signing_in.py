"""Signing in and out on the pages: who comes in, for how long, and whose forms are taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from creditbank.errors import BankError
from creditbank.identity.gate import SESSION_COOKIE
from creditbank.identity.throttling import SIGN_IN_NAME
from creditbank.portal.session import LONGEST, RENEWED_AFTER
from tests.portal.place import HERE, PASSWORD, SECURE, Portal, opened_portal, sign_in
from tests.records.town import Town

STAMP = f"{SESSION_COOKIE}_stamp"


def later(portal: Portal, by: timedelta) -> None:
    portal.at += by


def set_cookies(answer: Any) -> dict[str, str]:
    """The Set-Cookie lines of an answer, by name."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line for line in lines}


async def test_whoever_knows_the_password_comes_in_and_is_shown_their_home(portal: Portal) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        assert "<form" in (await browser.get("/sign-in")).text
        answer = await sign_in(browser, " YAN.SHI ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/my")
        page = await browser.get("/my")
        assert page.status_code == 200
        assert "演示甲" in page.text
        assert "退出登录" in page.text


@pytest.mark.parametrize(("name", "password"), [("yan.shi", "another-password"), ("nobody", PASSWORD)])
async def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(
    portal: Portal, name: str, password: str
) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        answer = await sign_in(browser, name, password)
        assert answer.status_code == 401
        assert "登录名或密码不正确。" in answer.text
        assert f'value="{name}"' in answer.text
        assert password not in answer.text
        assert SESSION_COOKIE not in set_cookies(answer)
        assert (await browser.get("/my/transcript")).status_code == 303


@pytest.mark.parametrize("form", [{"other": "x"}, {"login_name": "yan.shi"}, {"login_name": " ", "password": PASSWORD}])
async def test_a_form_that_is_not_filled_in_is_asked_for_again(portal: Portal, form: dict[str, str]) -> None:
    async with portal.browser() as browser:
        answer = await browser.post("/sign-in", data=form)
        assert answer.status_code == 422
        assert "请填写登录名和密码。" in answer.text


@pytest.mark.parametrize(
    "body",
    [b"login_name=a&login_name=b&password=c", b"login_name=%00&password=c", b"\xff=1", b"a=" + b"x" * 140_000],
    ids=["twice", "nul", "not ascii", "endless"],
)
async def test_a_form_that_cannot_be_read_is_refused_on_a_page(portal: Portal, body: bytes) -> None:
    async with portal.browser() as browser:
        answer = await browser.post(
            "/sign-in", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 422
        assert "表单无法读取" in answer.text
        assert (await browser.post("/sign-in", json={"login_name": "a", "password": "b"})).status_code == 422


async def test_whoever_guesses_waits_even_with_the_right_password(portal: Portal) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        for _ in range(SIGN_IN_NAME.attempts):
            assert (await sign_in(browser, "yan.shi", "another-password")).status_code == 401
        answer = await sign_in(browser, "yan.shi")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "300"
        assert "请求过于频繁，请在 300 秒后再试。" in answer.text
        later(portal, SIGN_IN_NAME.wait + timedelta(seconds=1))
        assert (await sign_in(browser, "yan.shi")).status_code == 303


async def test_what_a_domain_asks_of_whoever_signs_in_is_said_on_the_form(portal: Portal) -> None:
    class NeedsSomebody(BankError):
        status = 403
        code = "needs_somebody"
        zh = "须由监护人办理。"
        en = "A guardian has to act."

    async def refuse(*_: Any) -> None:
        raise NeedsSomebody

    await portal.learner()
    portal.bank.app.state.sign_in_checks = (refuse,)
    async with portal.browser() as browser:
        answer = await sign_in(browser, "yan.shi")
        assert answer.status_code == 403
        assert "须由监护人办理。" in answer.text
        assert SESSION_COOKIE not in set_cookies(answer)


async def test_a_child_under_fourteen_without_a_guardian_is_not_let_in(portal: Portal) -> None:
    learner_id = await portal.child(31, "演示小明")
    await portal.login("xiao.ming", roles=["learner"], learner_id=learner_id)
    async with portal.browser() as browser:
        answer = await sign_in(browser, "xiao.ming")
        assert answer.status_code != 303
        assert "监护人" in answer.text


# --- the cookie ---------------------------------------------------------------------------------------------------


async def test_no_script_reads_the_session_and_no_other_sites_form_carries_it(portal: Portal) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        cookies = set_cookies(await sign_in(browser, "yan.shi"))
        assert set(cookies) == {SESSION_COOKIE, STAMP}
        for line in cookies.values():
            assert "HttpOnly" in line
            assert "SameSite=lax" in line
            assert "Path=/" in line
            assert "Domain" not in line
            assert "Secure" not in line


async def test_over_https_the_cookie_is_secure_and_of_this_host_alone(
    town: Town, addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_portal(town, addresses, tmp_path / "keys", monkeypatch, base_url=SECURE) as portal:
        await portal.learner()
        async with portal.browser(SECURE) as browser:
            cookies = set_cookies(await sign_in(browser, "yan.shi"))
            assert set(cookies) == {f"__Host-{SESSION_COOKIE}", f"__Host-{STAMP}"}
            assert all("Secure" in line for line in cookies.values())
            assert (await browser.get("/my/transcript")).status_code == 200
            token = browser.cookies[f"__Host-{SESSION_COOKIE}"]
        async with portal.browser(SECURE) as neighbour:
            planted = {"Cookie": f"{SESSION_COOKIE}={token}"}
            assert (await neighbour.get("/my/transcript", headers=planted)).status_code == 303
            plain = {"Origin": SECURE.replace("https", "http")}
            assert (await sign_in(neighbour, "yan.shi", headers=plain)).status_code == 403


async def test_signing_out_takes_the_session_away(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        answer = await browser.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert SESSION_COOKIE not in browser.cookies
        assert STAMP not in browser.cookies
        gone = await browser.get("/my/transcript")
        assert (gone.status_code, gone.headers["location"]) == (303, "/sign-in?then=%2Fmy%2Ftranscript")


# --- how long -----------------------------------------------------------------------------------------------------


async def test_a_session_that_ended_leads_to_the_form_which_says_so(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        later(portal, timedelta(minutes=11))
        answer = await browser.get("/my/transcript")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
        assert "登录已失效" in (await browser.get("/sign-in")).text
        assert (await browser.get("/")).status_code == 200


async def test_a_session_goes_on_while_its_person_reads(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        first = browser.cookies[SESSION_COOKIE]
        assert (await browser.get("/my/transcript")).status_code == 200
        assert browser.cookies[SESSION_COOKIE] == first
        for _ in range(3):
            later(portal, timedelta(minutes=9))
            assert (await browser.get("/my/transcript")).status_code == 200
        assert browser.cookies[SESSION_COOKIE] != first


async def test_no_session_outlives_eight_hours(portal: Portal) -> None:
    await portal.learner()
    began = portal.at
    async with portal.signed_in() as browser:
        while portal.at - began < LONGEST - timedelta(minutes=8):
            later(portal, timedelta(minutes=8))
            assert (await browser.get("/my/transcript")).status_code == 200
        last = browser.cookies[SESSION_COOKIE]
        later(portal, timedelta(minutes=8))
        assert (await browser.get("/my/transcript")).status_code == 200
        assert browser.cookies[SESSION_COOKIE] == last
        later(portal, timedelta(minutes=8))
        assert (await browser.get("/my/transcript")).status_code == 303


@pytest.mark.parametrize("stamp", ["", "1.1", "1.1.00", "9999999999.1.abc", "é.1.é"])
async def test_without_the_banks_own_stamp_nothing_is_renewed(portal: Portal, stamp: str) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        later(portal, RENEWED_AFTER * 2)
        token = browser.cookies[SESSION_COOKIE]
    async with portal.browser() as thief:
        cookies = f"{SESSION_COOKIE}={token}; {STAMP}={stamp}".encode("latin-1")
        answer = await thief.get("/my/transcript", headers=[(b"cookie", cookies)])
        assert answer.status_code == 200
        assert set_cookies(answer) == {}


async def test_a_stamp_of_somebody_else_renews_nothing(portal: Portal) -> None:
    await portal.learner()
    await portal.login("somebody", roles=["guardian"])
    async with portal.signed_in("yan.shi") as mine, portal.browser() as other:
        portal.bank.app.state.sign_in_checks = ()
        await sign_in(other, "somebody")
        later(portal, RENEWED_AFTER * 2)
        both = f"{SESSION_COOKIE}={mine.cookies[SESSION_COOKIE]}; {STAMP}={other.cookies[STAMP]}"
        async with portal.browser() as thief:
            answer = await thief.get("/my/transcript", headers={"Cookie": both})
            assert (answer.status_code, set_cookies(answer)) == (200, {})


async def test_a_sign_in_that_was_closed_is_not_renewed(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        await portal.town.sql("UPDATE login SET disabled_at = now() RETURNING 1")
        later(portal, RENEWED_AFTER)
        assert (await browser.get("/my/transcript")).status_code == 303


# --- forms of other sites -----------------------------------------------------------------------------------------

FORGED = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://[::1"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "", "Sec-Fetch-Site": "same-site"},
    {"Referer": "https://evil.example/?http://127.0.0.1:8000"},
    {"Origin": "https://evil.example", "Referer": f"{HERE}/sign-in"},
    {},
]
OWN = [
    {"Origin": HERE},
    {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Referer": f"{HERE}/sign-in"},
    {"Origin": "http://localhost:8000", "Host": "localhost:8000"},
]


@pytest.mark.parametrize("headers", FORGED)
async def test_a_form_forged_from_another_site_does_nothing(portal: Portal, headers: dict[str, str]) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        del browser.headers["Origin"]
        answer = await sign_in(browser, "yan.shi", headers=headers)
        assert answer.status_code == (403 if headers else 400)
        assert SESSION_COOKIE not in set_cookies(answer)
        assert "登录名" not in answer.text
        assert await portal.town.sql("SELECT count(*) FROM throttle") == [(0,)]
    async with portal.signed_in() as browser:
        del browser.headers["Origin"]
        assert (await browser.post("/sign-out", headers=headers)).status_code == (403 if headers else 400)
        assert (await browser.get("/my/transcript")).status_code == 200


@pytest.mark.parametrize("headers", OWN)
async def test_a_form_of_the_banks_own_page_is_taken(portal: Portal, headers: dict[str, str]) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        del browser.headers["Origin"]
        assert (await sign_in(browser, "yan.shi", headers=headers)).status_code == 303
