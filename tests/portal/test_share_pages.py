"""The pages of shares: made, handed over, looked at, closed; and where anybody checks one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from creditbank.identifiers import new_id
from tests.portal.place import PASSWORD, SECURE, TITLE_WITH_SCRIPT, Portal, opened_portal, sign_in, text_of, training
from tests.records.town import Town, course_row

NAME_OF_FORTY = "买买提" * 13 + "𠮷"
CODE = re.compile(r'<p class="code-big">([^<]*)</p>')


async def graduate(portal: Portal, **row: Any) -> UUID:
    learner_id = await portal.learner()
    await portal.town.post(course_row(), training(**row))
    return learner_id


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "key": str(new_id()), "purpose": "应聘数控车工", "which": "all", "says_who": "name", "with_marks": "yes",
        "with_conversions": "yes", "openings": "5", "guard": "none", "pin": "", **changes,
    }  # fmt: skip


async def made(browser: httpx.AsyncClient, **changes: Any) -> tuple[str, str]:
    """A share, by the form: where its page is, and its code."""
    answer = await browser.post("/my/shares", data=typed(**changes))
    assert answer.status_code == 303, text_of(answer.text)
    address = answer.headers["location"]
    page = (await browser.get(address)).text
    found = CODE.search(page)
    assert found is not None
    return address.partition("?")[0], found[1].replace(" ", "")


async def check(browser: httpx.AsyncClient, code: str, pin: str = "", **more: Any) -> httpx.Response:
    return await browser.post("/verify", data={"key": str(new_id()), "code": code, "pin": pin} | more)


async def test_a_learner_makes_a_share_and_somebody_without_an_account_reads_it(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        assert "/my/shares/new" in (await mine.get("/my/shares")).text
        assert (await mine.get("/my/shares/new")).status_code == 200
        address, code = await made(mine)
        assert f"{code[:4]} {code[4:8]} {code[8:]}" in (await mine.get(address)).text
        form = await theirs.get(f"/verify/{code}")
        assert f'value="{code}"' in form.text
        assert "机械制图" not in form.text, "to open the address opens nothing"
        answer = await check(theirs, code.lower())
        assert (answer.status_code, answer.headers["location"]) == (303, f"/verify/{code}")
        page = await theirs.get(f"/verify/{code}")
        text = text_of(page.text)
        for said in ("演示甲", "应聘数控车工", "机械制图", "电工实训", "演示职业学院", "与授权时一致"):
            assert said in text, said
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["cache-control"] == "no-store"
        english = text_of((await theirs.get(f"/verify/{code}?lang=en")).text)
        assert "Unchanged since it was shared" in english
        seen = text_of((await mine.get(address)).text)
        assert "已查看 1 次，共可查看 5 次" in seen, "going back and English are no openings of their own"
        assert "核验页 · 设备不详" in seen


async def test_a_look_is_one_browsers_and_lasts_half_an_hour(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs, portal.browser() as others:
        _, code = await made(mine)
        await check(theirs, code)
        assert "演示甲" in (await theirs.get(f"/verify/{code}")).text
        assert "演示甲" not in (await others.get(f"/verify/{code}")).text
        held = theirs.cookies["creditbank_looks"]
        for forged in (held[:-1] + ("0" if held[-1] != "0" else "1"), f"{new_id()}.{held.partition('.')[2]}", "x", "~"):
            others.cookies.set("creditbank_looks", forged)
            assert "演示甲" not in (await others.get(f"/verify/{code}")).text
        _, other = await made(mine)
        assert "演示甲" not in (await theirs.get(f"/verify/{other}")).text, "an opening is of one share"
        await check(theirs, other)
        assert "演示甲" in (await theirs.get(f"/verify/{code}")).text, "two windows"
        portal.at += timedelta(minutes=31)
        late = await theirs.get(f"/verify/{code}")
        assert "演示甲" not in late.text
        assert "30 分钟" in text_of(late.text)


async def test_closing_takes_it_from_whoever_has_it_open(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        address, code = await made(mine)
        await check(theirs, code)
        data = {"key": str(new_id())}
        unsure = await mine.post(f"{address}/closing", data=data)
        assert unsure.status_code == 422
        closed = await mine.post(f"{address}/closing", data=data | {"sure": "yes"})
        assert closed.status_code == 303
        gone = await theirs.get(f"/verify/{code}")
        assert gone.status_code == 410
        assert "演示甲" not in gone.text
        page = await mine.get(address)
        assert CODE.search(page.text) is None
        assert (await mine.get(f"{address}/code.svg")).status_code == 404


async def test_a_double_click_makes_one_share_and_uses_one_opening(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        form = typed()
        first, second = [await mine.post("/my/shares", data=form) for _ in range(2)]
        assert first.headers["location"] == second.headers["location"]
        used = await mine.post("/my/shares", data=form | {"purpose": "另一用途"})
        assert used.status_code == 409
        _, code = await made(mine, openings="1")
        look = {"key": str(new_id()), "code": code}
        for _ in range(2):
            assert (await theirs.post("/verify", data=look)).status_code == 303
        assert (await check(theirs, code)).status_code == 410


async def test_a_pin_that_was_typed_is_never_lost_in_silence(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        for changes in (
            {"guard": "pin", "pin": ""}, {"guard": "none", "pin": "270418"}, {"guard": ""},
            {"guard": "pin", "pin": "123456"}, {"guard": "pin", "pin": "27041"}, {"which": "some"}, {"which": ""},
            {"purpose": ""}, {"until_on": "1999-01-01"}, {"openings": "1000"}, {"says_who": "everybody"},
        ):  # fmt: skip
            answer = await mine.post("/my/shares", data=typed(**changes))
            assert answer.status_code == 422, changes
            assert 'id="share_make-fault"' in answer.text
            if "purpose" not in changes:
                assert 'value="应聘数控车工"' in answer.text, "what was typed is kept"
            assert "270418" not in answer.text, "but no PIN"
        _, code = await made(mine, guard="pin", pin="２７０４１８")
        assert (await check(theirs, code)).status_code == 404
        assert (await check(theirs, code, "270419")).status_code == 404
        assert (await check(theirs, code, "270418")).status_code == 303


async def test_some_records_are_chosen_by_ticks(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        page = (await mine.get("/my/shares/new")).text
        label = re.search(r'name="record_ids" value="([^"]*)"[^>]*><label[^>]*>电工实训', page)
        assert label is not None
        asked = (await mine.get(f"/my/shares/new?record={label[1]}")).text
        assert re.search(rf'value="{label[1]}" checked', asked)
        _, code = await made(mine, which="some", record_ids=[label[1]], says_who="nobody")
        await check(theirs, code)
        text = text_of((await theirs.get(f"/verify/{code}")).text)
        assert "电工实训" in text
        assert "出示人选择的部分成果" in text
        for rest in ("演示甲", "机械制图"):
            assert rest not in text


async def test_what_changed_since_is_told_line_by_line(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        _, code = await made(mine)
        await check(theirs, code)
        (outcome,) = await portal.town.post(course_row(score="52"))
        assert outcome.outcome == "corrected"
        rows = await portal.town.sql("SELECT record_id FROM record_current WHERE kind = 'training'")
        await portal.town.withdraw(rows[0][0])
        text = text_of((await theirs.get(f"/verify/{code}")).text)
        for said in ("授权后有 2 项发生变化", "成绩：86 → 52", "学分：3 → 0", "已不在档案中"):
            assert said in text, said


async def test_a_wrong_code_is_answered_beside_the_form_and_alike(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        _, code = await made(mine, guard="pin", pin="270418")
        slip = await check(theirs, "2222")
        assert (slip.status_code, 'value="2222"' in slip.text) == (422, True)
        answers = [await check(theirs, "222222222222"), await check(theirs, code, "999990"), await check(theirs, code)]
        texts = {text_of(answer.text) for answer in answers if answer.status_code == 404}
        assert len(texts) == 1
        for path in ("/verify/nonsense", "/verify/222222222222", f"/verify/{'9' * 300}", "/verify/%3Cscript%3E"):
            page = await theirs.get(path)
            assert page.status_code in (200, 422), path
            assert "<script>" not in page.text


async def test_a_form_from_elsewhere_opens_and_makes_nothing(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine:
        address, code = await made(mine)
        for path, form in (
            ("/my/shares", typed()), (f"{address}/closing", {"key": str(new_id()), "sure": "yes"}),
            ("/verify", {"key": str(new_id()), "code": code}),
        ):  # fmt: skip
            forged = await mine.post(path, data=form, headers={"Origin": "https://elsewhere.example"})
            assert forged.status_code == 403, path
        assert "已查看 0 次" in text_of((await mine.get(address)).text)


async def test_anothers_share_looks_like_none(portal: Portal) -> None:
    await graduate(portal)
    other = await portal.child(41, "演示小红", years=20)
    await portal.login("xiao.hong", roles=["learner"], learner_id=other)
    async with portal.signed_in() as mine, portal.signed_in("xiao.hong") as theirs:
        address, _ = await made(mine)
        nothing = f"/my/shares/{new_id()}"
        for path in ("", "/code.svg", "/code.png"):
            there, not_there = await theirs.get(address + path), await theirs.get(nothing + path)
            assert (there.status_code, not_there.status_code) == (404, 404)
        form = {"key": str(new_id()), "sure": "yes"}
        assert (await theirs.post(f"{address}/closing", data=form)).status_code == 404
        assert "应聘数控车工" not in (await theirs.get("/my/shares")).text
        assert (await mine.get(address)).status_code == 200


async def test_a_guardian_shares_for_the_child_and_the_child_looks(portal: Portal) -> None:
    child = await portal.child(42, "演示小明")
    await portal.login("xiao.ming", roles=["learner"], learner_id=child)
    guardian = await portal.guardian(child)
    async with portal.signed_in(guardian["login_name"], guardian["password"]) as browser, portal.browser() as theirs:
        assert (await browser.get(f"/my/shares/new?learner={child}")).status_code == 200
        answer = await browser.post("/my/shares", data=typed(learner=str(child)))
        assert answer.status_code == 303, text_of(answer.text)
        page = await browser.get(answer.headers["location"])
        assert page.status_code == 200
        code = CODE.search(page.text)
        assert code is not None
        await check(theirs, code[1])
        assert "演示小明" in (await theirs.get(f"/verify/{code[1].replace(' ', '')}")).text
    async with portal.signed_in("xiao.ming") as own:
        address = answer.headers["location"].partition("?")[0]
        assert "share_closing" not in (await own.get(address)).text
        assert (await own.post("/my/shares", data=typed())).status_code == 403


async def test_the_qr_code_is_a_picture_of_our_own(portal: Portal) -> None:
    await graduate(portal)
    async with portal.signed_in() as mine:
        address, _ = await made(mine)
        svg, png = await mine.get(f"{address}/code.svg"), await mine.get(f"{address}/code.png")
        assert (svg.headers["content-type"], png.headers["content-type"]) == ("image/svg+xml", "image/png")
        assert png.content.startswith(b"\x89PNG")
        assert (await mine.get(f"{address}/code.gif")).status_code == 404


async def test_script_in_a_title_and_rare_characters_are_text(portal: Portal) -> None:
    await graduate(portal, title=TITLE_WITH_SCRIPT)
    async with portal.signed_in() as mine, portal.browser() as theirs:
        address, code = await made(mine, purpose=f"<b>𠮷</b>{NAME_OF_FORTY}")
        await check(theirs, code)
        for page in (await theirs.get(f"/verify/{code}"), await mine.get(address), await mine.get("/my/shares/new")):
            assert "<script>" not in page.text
            assert "<b>𠮷" not in page.text
            assert "&lt;script&gt;" in page.text
        assert NAME_OF_FORTY in (await theirs.get(f"/verify/{code}")).text


async def test_guesses_wait_on_the_page_as_well(portal: Portal) -> None:
    async with portal.browser() as theirs:
        for _ in range(30):
            await check(theirs, "222222222222")
        answer = await check(theirs, "222222222222")
        assert answer.status_code == 429
        assert "retry-after" in answer.headers


async def test_over_https_the_look_is_a_cookie_of_this_host_alone(
    town: Town, addresses: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_portal(town, addresses, tmp_path / "keys", monkeypatch, base_url=SECURE) as portal:
        await graduate(portal)
        async with portal.browser(SECURE) as mine:
            await sign_in(mine, "yan.shi", PASSWORD)
            _, code = await made(mine)
            answer = await check(mine, code)
            (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "_looks" in each]
            assert cookie.startswith("__Host-creditbank_looks=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
