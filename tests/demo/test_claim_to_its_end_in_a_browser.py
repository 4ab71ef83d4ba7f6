"""A claim to its end, every act on a page: claimed on a phone, answered at desks, appealed against, decided again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from creditbank import clock
from creditbank.recognition.housekeeping import LOOK_AFTER
from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.demo.test_pathways import RUN_ON
from tests.records.town import resident

FOLDER = "claim-to-its-end"
PASSWORD = "yun-xi-liu-guo-shi-qiao"
GRANTED, APPEALED = "shangguan.yunxi", "duanmu.siyuan"
NAMES = {GRANTED: "上官云溪", APPEALED: "端木思远"}


@pytest.fixture(scope="module", autouse=True)
def students(city: Opened) -> Iterator[None]:
    """Two of this test alone: enrolled, each with a certificate; one college reported its own, which its body has to
    verify, and a body reported the other."""
    clock.set_to(RUN_ON)
    try:
        with city.school("vocational") as school, city.school("yunfan") as body:
            for serial, login, reporter, programme, standard, level in (
                (780, GRANTED, school, "510205", "ys-ai-training", "intermediate"),
                (781, APPEALED, body, "500211", "ys-vehicle-care", "grade_4"),
            ):
                document = {"kind": "resident_id", "number": resident(serial, "20060412")}
                who = {"name": NAMES[login], "document": document}
                entered = school.post_record({
                    "kind": "enrolment_event", "learner": {**who, "student_no": f"202402{serial}"}, "event": "entered",
                    "occurred_on": "2024-09-01", "level": "higher_vocational", "programme_code": programme,
                    "year_of_entry": 2024,
                })  # fmt: skip
                reporter.post_record({
                    "kind": "certificate", "learner": who, "standard": standard, "level": level,
                    "number": f"YS2026900{serial}", "occurred_on": "2026-05-16",
                })  # fmt: skip
                given = school.activation_code(str(school.record(str(entered.record_id))["learner_id"]))
                said = {"account_no": given["account_no"], "name": NAMES[login], "code": given["code"],
                        "login_name": login, "password": PASSWORD}  # fmt: skip
                httpx.post(f"{city.bank.base_url}/v1/accounts/activation", json=said).raise_for_status()
        yield
    finally:
        clock.set_to(None)


def claimed(mine: Sitting, login: str) -> str:
    """The best that the bank finds, claimed as it is; the number of the claim."""
    mine.sign_in(login, PASSWORD)
    mine.go("/my/worth")
    mine.follow(mine.page.locator("ul.cards a").first)
    mine.picture("01-what-it-is-worth")
    mine.send("claiming")
    mine.picture("02-claimed")
    return str(mine.page.url).partition("?")[0].rpartition("/")[2]


def answered(hand: Sitting, claim: str, outcome: str, name: str, reason: str = "") -> None:
    """A hand finds the claim in its inbox, reads it, and says what is to become of it."""
    hand.go("/console/claims")
    hand.picture(f"{name}-inbox")
    hand.follow(hand.page.locator(f"a[href='/console/claims/{claim}']").first)
    form = hand.form("con_outcome")
    form.locator(f"input[name=outcome][value={outcome}]").check()
    form.locator("textarea").fill(reason)
    hand.picture(f"{name}-about-to-say")
    hand.send("con_outcome")
    assert hand.page.locator("#con_outcome-fault").count() == 0, hand.page.locator("#con_outcome-fault").inner_text()
    hand.picture(f"{name}-said")


def test_every_hand_agrees_the_body_verifies_and_nobody_objects(city: Opened, at: At) -> None:
    """In Chinese and without a script: the learner on a phone, the hands at their desks."""
    folder = f"{FOLDER}/granted"
    with at(None, PHONE, folder=folder) as mine:
        claim = claimed(mine, GRANTED)
    for number, (login, size, outcome) in enumerate(
        (
            ("vocational.reviewer", DESK, "approved"),
            ("vocational.registrar", DESK, "approved"),
            ("beichen.certificate_body", PHONE, "verified"),
        ),
        start=3,
    ):
        with at(login, size, folder=folder) as hand:
            answered(hand, claim, outcome, f"{number:02d}-{login.partition('.')[2]}")
    with at(None, PHONE, folder=folder) as mine:
        mine.sign_in(GRANTED, PASSWORD)
        mine.go(f"/my/claims/{claim}")
        assert "正在公示" in mine.text()
        mine.picture("06-on-notice")
    clock.set_to(None)  # weeks after the notice: the work of the bank is due at the present of the other tests
    try:
        with at(None, PHONE, folder=folder) as mine:
            mine.sign_in(GRANTED, PASSWORD)
            city.due_now(LOOK_AFTER)  # the bank sees by itself that the notice is over: it looks every two minutes
            for _ in range(200):
                mine.go(f"/my/claims/{claim}")
                if "正在公示" not in mine.text():
                    break
                mine.page.wait_for_timeout(300)
            mine.picture("07-granted")
            mine.follow(mine.page.locator("section[aria-labelledby=lines] li > a").first)
            assert "予以认定" in mine.text()
            mine.picture("08-every-reason")
            mine.go("/my/transcript")
            mine.picture("09-in-the-transcript")
    finally:
        clock.set_to(RUN_ON)


def test_the_registrar_refuses_with_a_reason_and_a_second_reviewer_grants_it_on_appeal(at: At) -> None:
    """In English and with scripts."""
    more: Mapping[str, Any] = {"language": "en", "js": True, "folder": f"{FOLDER}/appealed"}
    why = "课程标准要求 64 学时实训，证书考核未包含底盘检修"
    with at(None, PHONE, **more) as mine:
        claim = claimed(mine, APPEALED)
    with at("vocational.reviewer", DESK, **more) as hand:
        answered(hand, claim, "approved", "03-reviewer")
    with at("vocational.registrar", DESK, **more) as hand:
        answered(hand, claim, "refused", "04-registrar", why)
    with at(None, PHONE, **more) as mine:
        mine.sign_in(APPEALED, PASSWORD)
        mine.go("/my/inbox")
        mine.picture("05-inbox")
        mine.go(f"/my/claims/{claim}")
        mine.picture("06-refused")
        mine.follow(mine.page.locator("section[aria-labelledby=lines] li > a").first)
        assert why in mine.text(), "the learner reads the reason as it was written"
        mine.form("appeal").locator("textarea").fill("证书大纲第三章即底盘检修，附考核大纲")
        mine.picture("07-every-reason-and-an-appeal")
        mine.send("appeal")
        mine.picture("08-appealed")
    with at("demo.appeals", DESK, **more) as reviewer:
        reviewer.go("/console/appeals")
        reviewer.picture("09-appeals")
        reviewer.follow(reviewer.page.locator(f"a[href^='/console/claims/{claim}']").first)
        form = reviewer.page.locator("form[id^='con_appeal-']")
        form.locator("input[name=upheld][value=true]").check()
        form.locator("textarea[name=words]").fill("比对大纲，底盘检修已包含，内容一致")
        form.locator("input[name=expires_on]").fill("2029-07-31")
        reviewer.picture("10-about-to-uphold")
        reviewer.follow(form.locator("button[type=submit]"))
        reviewer.picture("11-upheld")
    with at(None, PHONE, **more) as mine:
        mine.sign_in(APPEALED, PASSWORD)
        mine.go(f"/my/claims/{claim}")
        mine.picture("12-granted-on-appeal")
        mine.follow(mine.page.locator("section[aria-labelledby=lines] li > a").first)
        assert "比对大纲" in mine.text()
        mine.picture("13-the-answer")
