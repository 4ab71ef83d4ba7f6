"""A learner asks what a certificate is worth, claims it, follows the claim and appeals; and asks where they can go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from creditbank import clock
from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.demo.test_pathways import RUN_ON
from tests.records.town import resident

FOLDER = "worth"
LOGIN, PASSWORD = "ouyang.mucheng", "shan-gao-shui-chang-ren-jia"
NAME = "欧阳慕澄"
DOCUMENT = {"kind": "resident_id", "number": resident(778, "20060511")}


@pytest.fixture(scope="module")
def student(city: Opened) -> Iterator[str]:
    """Somebody of this test alone: enrolled, with a certificate that a body issued, who can sign in."""
    clock.set_to(RUN_ON)
    try:
        with city.school("vocational") as school, city.school("yunfan") as body:
            entered = school.post_record({
                "kind": "enrolment_event",
                "learner": {"name": NAME, "document": DOCUMENT, "student_no": "202402987"},
                "event": "entered", "occurred_on": "2024-09-01", "level": "higher_vocational",
                "programme_code": "500211", "year_of_entry": 2024,
            })  # fmt: skip
            body.post_record({
                "kind": "certificate", "learner": {"name": NAME, "document": DOCUMENT}, "standard": "ys-vehicle-care",
                "level": "grade_4", "number": "YS2026000987", "occurred_on": "2026-05-16",
            })  # fmt: skip
            learner_id = str(school.record(str(entered.record_id))["learner_id"])
            given = school.activation_code(learner_id)
        said = {"account_no": given["account_no"], "name": NAME, "code": given["code"], "login_name": LOGIN,
                "password": PASSWORD}  # fmt: skip
        httpx.post(f"{city.bank.base_url}/v1/accounts/activation", json=said).raise_for_status()
        yield learner_id
    finally:
        clock.set_to(None)


def test_from_what_it_is_worth_to_an_appeal(city: Opened, at: At, student: str) -> None:
    with at(None, PHONE, folder=FOLDER) as mine:
        mine.sign_in(LOGIN, PASSWORD)
        mine.go("/my/worth")
        mine.picture("01-choose-a-plan")
        mine.follow(mine.page.locator("ul.cards a").first)
        mine.picture("02-what-it-is-worth")
        plan = mine.page.url.removeprefix(mine.base)
        mine.page.select_option("#certificate-1", index=1)
        mine.follow(mine.page.locator("section[aria-labelledby=what-if] button"))
        mine.picture("03-with-one-more-certificate")
        mine.go(plan)
        mine.send("claiming")
        claim = mine.page.url.removeprefix(mine.base).partition("?")[0]
        assert "申请已提交" in mine.text()
        mine.picture("04-claimed")
        mine.page.go_back()
        mine.page.wait_for_load_state()
        assert mine.page.locator("form#claiming").count() == 0, "the page is read again: what is claimed is taken"
        # A second course by the same certificate: the rules refuse it, and a person is asked to look.
        mine.go(plan)
        form = mine.form("byhand")
        form.locator("#byhand-course").select_option(index=2)
        form.locator("[name=record_ids]").first.check()
        mine.picture("05-a-line-of-ones-own")
        mine.send("byhand")
        mine.picture("06-what-became-of-it")
        mine.follow(mine.page.locator("section[aria-labelledby=lines] li > a").first)
        mine.picture("07-every-reason")
        if mine.page.locator("form#human_review").count():
            mine.form("human_review").locator("textarea").fill("请人工复核这一行：证书内容与课程标准相同")
            mine.picture("08-a-person-is-asked")
            mine.send("human_review")
            assert "已收到复核请求" in mine.text()
            mine.picture("09-review-under-way")
    _hands_agree(city, claim.rpartition("/")[2])
    with at(None, PHONE, folder=FOLDER) as mine:
        mine.sign_in(LOGIN, PASSWORD)
        mine.go(claim)
        assert "正在公示" in mine.text()
        mine.picture("10-on-notice")
        mine.go("/my/notices")
        mine.picture("11-notices")
        mine.follow(mine.page.locator("ul.cards a").first)
        mine.picture("12-a-notice-and-how-to-object")
    with at("demo.officer") as stranger:
        stranger.go(claim)
        assert stranger.page.locator("h1").inner_text() != "", "a page says that it is not theirs"
        assert "正在公示" not in stranger.text()
    with at(None, DESK, language="en", js=True, folder=FOLDER) as mine:
        mine.sign_in(LOGIN, PASSWORD)
        mine.go("/my/claims")
        mine.picture("13-my-claims-at-a-desk")
        mine.go(claim)
        assert "On public notice" in mine.text()
        mine.form("claim_withdrawal").locator("[name=sure]").check()
        mine.picture("14-to-be-taken-back")
        mine.send("claim_withdrawal")
        assert "what it held is free again" in mine.text()
        mine.picture("15-taken-back")


def _hands_agree(city: Opened, claim: str) -> None:
    """Department, registrar and body answer, each when it is theirs; the API is what their own pages call."""
    hands = {
        "department": "vocational.reviewer",
        "registrar": "vocational.registrar",
        "issuer": "yunfan.certificate_body",
    }
    for _ in range(6):
        with city.person("demo.officer") as (officer, _entry):
            found: dict[str, Any] = officer.get(f"/v1/claims/{claim}")
        if found["does"] == "notice" or found["state"] != "open":
            return
        outcome = "verified" if found["does"] == "verify" else "approved"
        with city.person(hands[found["hand"]]) as (hand, _entry):
            hand.post(f"/v1/claims/{claim}/steps/{found['step']}/outcome", {"outcome": outcome})


def test_where_one_can_go_and_what_if(city: Opened, at: At) -> None:
    with at("wu.haoran.b", PHONE, folder=FOLDER) as mine:
        mine.go("/my/pathways")
        mine.picture("20-ways")
        way = str(mine.page.locator("ul.cards a").first.get_attribute("href"))
        mine.go(f"{way}?on={date(2026, 6, 30)}")
        mine.picture("21-gate-by-gate")
        mine.page.locator("details.doing > summary").click()
        mine.page.fill("#points-1", "900")
        mine.page.fill("#full-1", "150")
        mine.page.fill("#subject-1", "文化综合")
        mine.follow(mine.page.locator("details.doing > form button"))
        assert mine.page.locator("p.alert").count() == 1
        assert mine.page.input_value("#points-1") == "900", "what was typed is kept"
        mine.picture("22-cannot-be")
        mine.page.fill("#points-1", "40")
        mine.page.select_option("#result-1", "failed")
        mine.follow(mine.page.locator("details.doing > form button"))
        assert "没有保存任何内容" in mine.text()
        mine.picture("23-what-if")
        mine.go("/my/pathways")
        mine.follow(mine.page.locator("section[aria-labelledby=rounds] a").first)
        mine.picture("24-ones-own-place")
    with at("wu.haoran.b", DESK, language="en", js=True, folder=FOLDER) as mine:
        mine.go(way)
        mine.picture("25-gate-by-gate-in-english")


def test_a_guardian_looks_for_a_child(city: Opened, at: At) -> None:
    login = next(str(one["login"]) for one in city.file.people if one["role"] == "guardian")
    with at(login, PHONE, folder=FOLDER) as mother:
        for number, page in enumerate(("/my/worth", "/my/claims", "/my/pathways", "/my/notices"), start=30):
            mother.go(page)
            _is_a_page(mother)
            mother.picture(f"{number}-guardian{page.replace('/', '-')}")


def _is_a_page(sitting: Sitting) -> None:
    assert sitting.page.locator("h1").count() == 1
    assert sitting.page.locator("p.alert").count() == 0
