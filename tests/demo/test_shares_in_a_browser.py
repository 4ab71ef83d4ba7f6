"""A learner shows records to an employer, by hand, on a phone and at a desk: a picture of every step is kept."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.records.town import resident

FOLDER = "shares"
LOGIN, PASSWORD, PIN = "mu.qingyun", "qiu-shui-gong-chang-tian", "270418"
SOMEBODY = {"name": "穆青云", "document": {"kind": "resident_id", "number": resident(777, "19960317")}}


def trained(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "training", "learner": SOMEBODY, "title": "数控车床操作与维护", "hours": "40",
        "started_on": "2026-03-02", "occurred_on": "2026-03-06", **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def worker(city: Opened) -> str:
    """Somebody of this test alone, with two trainings, who can sign in."""
    with city.school("enterprise") as school:
        first = school.post_record(trained())
        school.post_record(trained(title="安全生产培训", hours="32", occurred_on="2026-04-10", started_on="2026-04-06"))
        learner_id = str(school.record(str(first.record_id))["learner_id"])
        given = school.activation_code(learner_id)
    said = {
        "account_no": given["account_no"], "name": SOMEBODY["name"], "code": given["code"], "login_name": LOGIN,
        "password": PASSWORD,
    }  # fmt: skip
    httpx.post(f"{city.bank.base_url}/v1/accounts/activation", json=said).raise_for_status()
    return learner_id


def test_a_share_from_its_making_to_its_end(city: Opened, at: At, worker: str) -> None:
    with at(None, PHONE, folder=FOLDER) as mine:
        mine.sign_in(LOGIN, PASSWORD)
        mine.go("/my/shares")
        mine.picture("01-none-yet")
        mine.go("/my/shares/new")
        form = mine.form("share_make")
        form.locator("[name=purpose]").fill("应聘秦皇岛某机械公司数控车工")
        form.locator("[value=name_and_number]").check()
        mine.picture("02-new")
        mine.send("share_make")  # the PIN was chosen and not entered
        assert "请填写六位数字口令" in mine.page.locator("#share_make-fault").inner_text()
        mine.picture("03-pin-forgotten")
        mine.form("share_make").locator("[name=pin]").fill(PIN)
        mine.form("share_make").locator("[name=openings]").select_option("3")
        mine.send("share_make")
        code = mine.page.locator(".code-big").inner_text().strip()
        mine.picture("04-made")
        address = mine.page.url
    _checked(at, code)
    with city.school("enterprise") as school:
        assert school.post_record(trained(hours="24")).outcome == "corrected"
    with at(None, PHONE, language="en", js=True, folder=FOLDER) as theirs:
        _look(theirs, code)
        assert theirs.page.locator(".verdict-banner.warn").count() == 1
        theirs.picture("09-changed-since")
        with at(None, PHONE, folder=FOLDER) as mine:
            mine.sign_in(LOGIN, PASSWORD)
            mine.page.goto(address)
            assert mine.page.locator("ol.events > li").count() == 3
            mine.form("share_closing").locator("[name=sure]").check()
            mine.picture("10-who-looked")
            mine.send("share_closing")
            mine.picture("11-closed")
            mine.go("/my/shares")
            mine.picture("12-list")
        theirs.page.reload()
        assert "机械公司" not in theirs.text()
        assert "over" in theirs.page.locator("[role=alert]").inner_text()
        theirs.picture("13-over")


def _checked(at: At, code: str) -> None:
    """An employer at a desk, with script and in English; first without the PIN."""
    with at(None, DESK, language="en", js=True, folder=FOLDER) as theirs:
        theirs.go(f"/verify/{code.replace(' ', '')}")
        assert theirs.page.locator("#code").input_value() == code.replace(" ", "")
        theirs.picture("05-check")
        theirs.page.fill("#pin", "270419")
        theirs.follow(theirs.page.locator("#verify button"))
        theirs.picture("06-wrong-pin")
        _look(theirs, code)
        assert theirs.page.locator(".verdict-banner.good").count() == 1
        theirs.picture("07-as-it-was")
        theirs.page.reload()
        assert theirs.page.locator(".verdict-banner.good").count() == 1
        theirs.page.go_back()
        theirs.page.go_forward()
        theirs.page.locator("details.sources > summary").first.click()
        theirs.picture("08-by-which-rule")


def _look(sitting: Sitting, code: str) -> None:
    sitting.go("/verify")
    sitting.page.fill("#code", code.lower())
    sitting.page.fill("#pin", PIN)
    sitting.follow(sitting.page.locator("#verify button"))


@pytest.mark.parametrize(
    ("login", "size", "language", "js"),
    [("shen.zhiyuan", PHONE, "zh", False), ("song.zhilong", DESK, "en", True)],
)
def test_a_long_life_and_courses_converted_are_read_as_well(
    city: Opened, at: At, login: str, size: dict[str, int], language: str, js: bool
) -> None:
    with city.person(login) as (client, entry):
        made = client.make_share(entry["learner_id"], purpose="申请入学", says_who="name_and_number", openings=2)
    with at(None, size, language=language, js=js, folder=FOLDER) as theirs:
        theirs.go(f"/verify/{made['code'].replace(' ', '')}")
        theirs.follow(theirs.page.locator("#verify button"))
        theirs.picture(f"20-{login}-{language}")
        rules = set(re.findall(r'href="(/v1/rules/[^"]*)"', theirs.text()))
    assert rules
    with city.person(login) as (client, _):
        for rule in rules:
            assert client.get(html.unescape(rule))["version"], "what a verifier is referred to is there, and public"
        client.close_share(made["learner_id"], made["share_id"])
