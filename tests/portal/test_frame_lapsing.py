"""A session that ends while somebody reads or types: nothing is done without one, nothing that was typed is lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import httpx
import pytest

from creditbank.identity.gate import SESSION_COOKIE
from creditbank.portal.lapsing import LONGEST_CARRIED
from tests.pathways.test_agreements import Ways, ways
from tests.portal.desk_place import PASSWORD as DESK_PASSWORD
from tests.portal.desk_place import Desk, form_of
from tests.portal.place import PASSWORD, Portal, sign_in, text_of
from tests.submissions.files_made import photo

__all__ = ["ways"]


def hidden_of(page: str, form: str = "") -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def signed_in_again(
    browser: httpx.AsyncClient, page: str, login: str = "yan.shi", password: str = PASSWORD
) -> httpx.Response:
    """The sign-in form of a page sent as it stands there."""
    return await browser.post("/sign-in", data={**hidden_of(page), "login_name": login, "password": password})


# --- pages --------------------------------------------------------------------------------------------------------


async def test_whoever_signs_in_goes_on_at_the_page_they_asked_for(portal: Portal) -> None:
    await portal.learner()
    deep = "/my/transcript?as_of=2024-02-01&known_at=2024-02-01"
    async with portal.browser() as browser:
        turned = await browser.get(deep)
        form = await browser.get(turned.headers["location"])
        wrong = await signed_in_again(browser, form.text, password="another-password")
        assert wrong.status_code == 401
        answer = await signed_in_again(browser, wrong.text)
        assert (answer.status_code, answer.headers["location"]) == (303, deep)


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example/", "//evil.example/my/transcript", "/\\evil.example", "/v1/learners", "/nowhere",
        "/my/transcript\r\nX-A: b", "/desk", "javascript:alert(1)", "/sign-out", "/my/transcript" + "a" * 5000,
    ],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere_or_where_they_may_not_go(portal: Portal, then: str) -> None:
    await portal.learner()
    async with portal.browser() as browser:
        answer = await browser.post("/sign-in", data={"login_name": "yan.shi", "password": PASSWORD, "then": then})
        assert answer.status_code == 303
        assert answer.headers["location"] in ("/my", "/my/transcript")


async def test_a_part_of_a_page_sends_the_whole_page_to_the_form(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        portal.at += timedelta(minutes=11)
        headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/my/transcript?as_of=2024-02-01"}
        answer = await browser.get("/my/transcript", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["hx-redirect"] == "/sign-in?then=%2Fmy%2Ftranscript%3Fas_of%3D2024-02-01"
        for address in ("https://evil.example/x", "http://[", "javascript:alert(1)"):
            elsewhere = await browser.get("/my/transcript", headers={**headers, "HX-Current-URL": address})
            assert elsewhere.headers["hx-redirect"] == "/sign-in"
        answer = await browser.post("/my/consents", data={"purpose": "x"}, headers={"Referer": "http://["})
        assert answer.status_code == 401


# --- forms --------------------------------------------------------------------------------------------------------


async def test_what_was_typed_is_sent_after_signing_in_again_and_once(ways: Ways) -> None:
    desk, made = Desk(ways), await ways.proposed()  # type: ignore[arg-type]
    page = f"/desk/pathways/{made['pathway_id']}"
    await desk.login("jiao.wu", roles=["registrar"], institution_id=ways.school.institution_id)
    async with desk.browser() as browser:
        await sign_in(browser, "jiao.wu", DESK_PASSWORD)
        form = form_of((await browser.get(page)).text, "signature")
        del browser.cookies[SESSION_COOKIE]
        typed = {**form.hidden, "sure": "yes", "reason": "<b>同意</b> 转段"}
        refused = await browser.post(form.action, data=typed, headers={"Referer": f"http://127.0.0.1:8000{page}"})
        assert refused.status_code == 401
        assert "刚才提交的内容尚未办理" in text_of(refused.text)
        assert "没有丢失" in text_of(refused.text)
        wrong = await signed_in_again(browser, refused.text, "jiao.wu", "another-password")
        assert wrong.status_code == 401
        asked = await signed_in_again(browser, wrong.text, "jiao.wu", DESK_PASSWORD)
        assert asked.status_code == 200
        assert "理由 <b>同意</b> 转段" in text_of(asked.text)
        assert "<b>同意" not in asked.text
        assert f'href="{page}"' in asked.text
        carried = hidden_of(asked.text)
        assert carried == typed
        assert "尚未签署" in text_of((await browser.get(page)).text)
        for _ in range(2):
            sent = await browser.post(form.action, data=carried)
            assert (sent.status_code, sent.headers["location"]) == (303, f"{page}?done=signature")
        assert "form-action 'self'" in asked.headers["content-security-policy"]


async def test_what_somebody_else_typed_is_not_sent_in_the_name_of_who_signs_in(ways: Ways) -> None:
    desk, made = Desk(ways), await ways.proposed()  # type: ignore[arg-type]
    page = f"/desk/pathways/{made['pathway_id']}"
    for name in ("jiao.wu", "ling.wai"):
        await desk.login(name, roles=["registrar"], institution_id=ways.school.institution_id)
    async with desk.browser() as browser:
        await sign_in(browser, "jiao.wu", DESK_PASSWORD)
        form = form_of((await browser.get(page)).text, "signature")
        del browser.cookies[SESSION_COOKIE]
        refused = await browser.post(form.action, data={**form.hidden, "sure": "yes", "reason": "机密理由"})
        asked = await signed_in_again(browser, refused.text, "ling.wai", DESK_PASSWORD)
        assert asked.status_code == 200
        assert "以另一个身份填写" in text_of(asked.text)
        assert "机密理由" not in asked.text
        assert form.action not in asked.text


async def test_a_password_does_not_travel_with_what_was_typed(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/password")).text
        portal.at += timedelta(minutes=11)
        typed = {**hidden_of(page), "old_password": PASSWORD, "password": "xin-kou-ling", "again": "xin-kou-ling"}
        refused = await browser.post("/my/password", data=typed)
        assert refused.status_code == 401
        assert PASSWORD not in refused.text
        assert "xin-kou-ling" not in refused.text


async def test_far_too_much_is_asked_for_again(portal: Portal) -> None:
    await portal.login("jiao.wu", roles=["registrar"], institution_id=portal.town.college.institution_id)
    async with portal.signed_in("jiao.wu") as browser:
        portal.at += timedelta(minutes=11)
        for refused in (
            await browser.post("/desk/cohorts/1/rounds", data={"reason": "长" * LONGEST_CARRIED}),
            await browser.post("/desk/cohorts/1/rounds", content=b"\xff=1", headers={"Content-Type": "text/plain"}),
        ):
            assert refused.status_code == 401
            assert "请重新登录后再次填写" in text_of(refused.text)
            assert 'name="typed"' not in refused.text


async def test_a_file_is_chosen_again_and_the_rest_of_its_form_is_kept(portal: Portal) -> None:
    await portal.login("jiao.wu", roles=["registrar"], institution_id=portal.town.college.institution_id)
    typed = {"act": "withdraw", "reason": "课程停开，撤回成绩", "kind": "course_result", "dry_run": "yes"}
    async with portal.signed_in("jiao.wu") as browser:
        form = form_of((await browser.get("/console/files/new")).text, "con_file")
        portal.at += timedelta(minutes=11)
        file = {"file": ("成绩.xlsx", photo())}
        refused = await browser.post("/console/files/new", data={**form.hidden, **typed}, files=file)
        assert refused.status_code == 401
        assert "再选择一次文件" in text_of(refused.text)
        again = await signed_in_again(browser, refused.text, "jiao.wu")
        assert "所选的文件没有收到" in text_of(again.text)
        carried = hidden_of(again.text)
        assert typed.items() <= carried.items()
        page = await browser.post("/console/files/new", data=carried)
        assert page.status_code == 422
        assert "没有收到文件" in text_of(page.text)
        assert 'value="课程停开，撤回成绩"' in page.text
        assert '<option value="withdraw" selected>' in page.text
        assert '<option value="course_result" selected>' in page.text
        assert 'name="dry_run" value="yes" checked' in page.text
        sent = await browser.post(
            "/console/files/new", data={**form_of(page.text, "con_file").hidden, **typed}, files=file
        )
        assert sent.status_code == 303


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_a_forged_form_is_not_carried_either(portal: Portal, headers: dict[str, str]) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        portal.at += timedelta(minutes=11)
        answer = await browser.post("/my/password", data={"reason": "gefälscht"}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("action", ["https://evil.example/", "//evil.example", "/v1/records", "/my/transcript", "/x"])
async def test_what_travels_goes_to_a_form_of_ours_or_nowhere(portal: Portal, action: str) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        form = {"login_name": "yan.shi", "password": PASSWORD, "action": action, "typed": "key=1&reason=2"}
        assert (await browser.post("/sign-in", data=form)).status_code == 303


async def test_signing_out_of_a_session_that_ended_is_no_form_that_is_lost(portal: Portal) -> None:
    await portal.learner()
    async with portal.signed_in() as browser:
        portal.at += timedelta(minutes=11)
        answer = await browser.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
