"""What stands around every page, in a real browser on the demo city: coming in, going on after a lapse, the pieces."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.records.town import resident

NEW_PASSWORD = "huo-xing-shang-de-mao"
LONG_NAME = "演示阿依古丽买买提吐尔逊江艾合买提"
FOLDER = "frame"


def handed_out(city: Opened) -> dict[str, Any]:
    """An account that a school opens for somebody nobody else uses, and the code it hands to them."""
    person = {"name": LONG_NAME, "document": {"number": resident(977, "20020202")}}
    with city.school("trade") as school:
        (opened,) = school.open_learners([person])
        training = {
            "kind": "training", "learner": person, "title": "电工实训", "started_on": "2026-03-02",
            "occurred_on": "2026-03-06", "hours": "32",
        }  # fmt: skip
        assert school.post_record(training).outcome == "deposited"
        found: dict[str, Any] = school.activation_code(opened["learner_id"])
    return found


def listening(sitting: Sitting) -> list[str]:
    """What the browser complains of: whatever the policy of the page refuses is among it."""
    heard: list[str] = []
    sitting.page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    sitting.page.on("pageerror", lambda failure: heard.append(str(failure)))
    return heard


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), (DESK, "en")], ids=["phone", "desk"])
def test_pages_for_everybody(at: At, size: dict[str, int], language: str) -> None:
    mark = "phone" if size is PHONE else "desk"
    with at(None, size, language=language, js=mark == "desk", folder=FOLDER) as anybody:
        heard = listening(anybody)
        for name, path in (("front", "/"), ("sign-in", "/sign-in"), ("activate", "/activate"), ("design", "/design")):
            anybody.go(path)
            anybody.picture(f"{mark}-{name}")
        anybody.go("/rules")
        anybody.picture(f"{mark}-rules")
        anybody.follow(anybody.page.locator("main a[href='/rules/deposit.training']"))
        assert anybody.page.locator("#cases").is_visible()
        anybody.picture(f"{mark}-rule")
        assert heard == []
        anybody.go("/nowhere")
        anybody.picture(f"{mark}-not-found")


def test_what_is_in_the_way_of_somebody_is_found(at: At) -> None:
    """Of a page with barriers put into it: by the script, with the stylesheet, and in what is said without scripts."""
    with at(None, PHONE, folder=FOLDER) as anybody:
        anybody.go("/sign-in")
        text, found = anybody.text(), anybody.glass.barriers
        assert found(text, PHONE, js=False) == []
        nameless = text.replace('for="login_name"', "").replace(' lang="zh-CN"', "")
        assert {each.partition(":")[0] for each in found(nameless, PHONE, js=False)} == {"label", "html-has-lang"}
        pale = text.replace("</main>", '<noscript><p style="color: #aaa">看不清</p></noscript></main>')
        (said,) = found(pale, PHONE, js=False)
        assert said.startswith("color-contrast: ")
        assert found(pale, PHONE, js=True) == []
        assert found(text, DESK, js=False) == [], "one page does not change how the next is seen"


def test_an_account_is_activated_on_a_phone(city: Opened, at: At) -> None:
    given = handed_out(city)
    with at(None, PHONE, folder=FOLDER) as learner:
        learner.go("/")
        learner.page.click("a[href='/activate']")
        fields = {
            "#account_no": given["account_no"], "#holder": LONG_NAME, "#code": given["code"],
            "#login_name": "a.yi.gu.li", "#password": NEW_PASSWORD, "#again": NEW_PASSWORD + "x",
        }  # fmt: skip
        for field, value in fields.items():
            learner.page.fill(field, value)
        learner.follow(learner.page.locator("form#activation button"))
        assert "两次输入的新密码不一致" in learner.text()
        assert learner.page.input_value("#holder") == LONG_NAME
        learner.picture("activate-refused")
        for field in ("#password", "#again"):
            learner.page.fill(field, NEW_PASSWORD)
        learner.follow(learner.page.locator("form#activation button"))
        assert urlsplit(learner.page.url).path.startswith("/my")
        assert learner.page.locator("nav.main-nav").count() == 1
        learner.picture("activated")
        learner.go("/my/transcript")
        learner.picture("activated-transcript-empty")
        learner.go("/my/password")
        for field, value in (("old_password", NEW_PASSWORD), ("password", "lan-se-de-yue"), ("again", "lan-se-de-yue")):
            learner.page.fill(f"#password-{field}", value)
        learner.picture("password")
        learner.send("password")
        assert "密码已修改" in learner.text()
        learner.picture("password-changed")


def test_a_session_that_ends_while_somebody_types_loses_nothing(city: Opened, at: At) -> None:
    with at("demo.officer", DESK, folder=FOLDER) as officer:
        officer.go("/desk/pathways")
        officer.follow(officer.page.locator("main table a").first)
        stood_at = urlsplit(officer.page.url).path
        officer.form("intake").locator("#intake-year").fill("1999")
        officer.page.fill("#intake-notice_no", "冀招〔1999〕7号")
        officer.page.fill("#intake-quota", "1")
        officer.page.fill("#intake-published_on", "2026-01-05")
        cookies = officer.page.context.cookies()
        (token,) = [each["name"] for each in cookies if "stamp" not in each["name"] and "session" in each["name"]]
        officer.page.context.clear_cookies(name=token)
        officer.send("intake")
        assert "刚才提交的内容尚未办理" in officer.text()
        officer.picture("lapsed-sign-in-again")
        entry = city.file.person("demo.officer")
        assert entry is not None
        officer.page.fill("#login_name", entry["login"])
        officer.page.fill("#password", entry["password"])
        officer.follow(officer.page.locator("form.fields button"))
        assert "冀招〔1999〕7号" in officer.page.locator("dl.panel").inner_text()
        officer.picture("lapsed-send-now")
        officer.follow(officer.page.get_by_role("link", name="不提交"))
        assert urlsplit(officer.page.url).path == stood_at


def test_a_deep_link_is_followed_after_signing_in(city: Opened, at: At) -> None:
    with at(None, PHONE, folder=FOLDER) as somebody:
        somebody.go("/desk/reviews")
        assert parse_qs(urlsplit(somebody.page.url).query) == {"then": ["/desk/reviews"]}
        entry = city.file.person("demo.officer")
        assert entry is not None
        somebody.page.fill("#login_name", entry["login"])
        somebody.page.fill("#password", entry["password"])
        somebody.follow(somebody.page.locator("form.fields button"))
        assert urlsplit(somebody.page.url).path == "/desk/reviews"
        somebody.go("/my/transcript")
        somebody.picture("not-yours")


def test_a_part_of_a_page_renews_itself_under_the_policy_of_the_page(at: At) -> None:
    with at(None, PHONE, js=True, folder=FOLDER) as somebody:
        heard = listening(somebody)
        somebody.go("/design?done=60")
        somebody.page.locator("#live", has_text="已全部处理").wait_for()
        assert somebody.page.locator("#live progress").get_attribute("value") == "100"
        assert urlsplit(somebody.page.url).query == "done=60"
        assert heard == []
        somebody.go("/")
        assert somebody.page.locator("script").count() == 0
    with at(None, PHONE, folder=FOLDER) as without:
        without.go("/design?done=60")
        without.page.get_by_role("link", name="刷新进度").click()
        assert without.page.locator("#live progress").get_attribute("value") == "80"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_desk(at: At, size: dict[str, int]) -> None:
    mark = "phone" if size is PHONE else "desk"
    with at("demo.officer", size, language="en" if size is PHONE else "zh", folder=FOLDER) as officer:
        for name in ("", "/cohorts", "/pathways", "/notices", "/reviews"):
            officer.go(f"/desk{name}")
            officer.picture(f"{mark}-desk{name.replace('/', '-')}")
        for listed in ("/desk/pathways", "/desk/cohorts"):
            officer.go(listed)
            links = officer.page.locator("main table a")
            if links.count():
                links.first.click()
                officer.picture(f"{mark}-one-of{listed.replace('/', '-')}")
