"""A learner of the city at home, at the inbox, with what is kept of them; a guardian with a child: in a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.demo.browsing import DESK, PHONE, At
from tests.demo.opened import Opened

FOLDER = "learner"


@pytest.mark.parametrize(("language", "js"), [("zh", False), ("en", True)])
def test_home_leads_to_the_transcript_and_to_the_story_of_a_credit(at: At, language: str, js: bool) -> None:
    zh = language == "zh"
    with at("sun.lina", PHONE, language=language, js=js, folder=FOLDER) as learner:
        learner.go("/my")
        learner.picture(f"01-home-{language}")
        learner.page.locator("details summary", has_text="看成表格" if zh else "As a table").first.click()
        learner.picture(f"02-home-table-{language}")
        learner.follow(
            learner.page.get_by_role("link", name=re.compile("查看完整学习档案" if zh else "See the whole transcript"))
        )
        learner.picture(f"03-transcript-{language}")
        learner.follow(learner.page.get_by_role("link", name="程序设计基础").first)
        learner.picture(f"04-story-{language}")
        story = learner.page.locator("main").inner_text()
        assert "58" in story
        assert "85" in story
        assert "登分错误，经复核更正" in story


def test_a_message_is_opened_and_marked_on_a_phone_without_scripts(at: At) -> None:
    with at("sun.lina", PHONE, folder=FOLDER) as learner:
        learner.go("/my/inbox")
        learner.picture("05-inbox")
        assert "学习成果已更正" in learner.page.locator("main").inner_text()
        learner.follow(learner.page.get_by_role("button", name=re.compile("标为已读.*学习成果已更正")))
        assert "已标为已读。" in learner.page.locator("main").inner_text()
        learner.picture("06-inbox-read")
        learner.follow(learner.page.get_by_role("link", name="查看学习成果").first)
        assert "程序设计基础" in learner.page.locator("h1").inner_text()
        # The back button shows the page with the form that was sent already: sent again, it does nothing twice.
        learner.page.go_back()
        learner.page.go_back()
        button = learner.page.get_by_role("button", name=re.compile("标为已读.*学习成果已更正"))
        if button.count():
            learner.follow(button.first)
            assert learner.page.locator("h1").inner_text() == "收件箱"


@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (DESK, "desk")])
def test_consent_is_given_and_taken_back(city: Opened, at: At, size: dict[str, int], name: str) -> None:
    with at("zhou.zimo", size, js=True, folder=FOLDER) as learner:
        learner.go("/my/account")
        learner.picture(f"07-account-{name}")
        learner.follow(learner.page.get_by_role("navigation", name="账户").get_by_role("link", name="授权"))
        learner.page.select_option("#giving-purpose", "transcript")
        learner.picture(f"08-consent-to-give-{name}")
        learner.send("giving")
        assert "须指明授权给哪个机构" in learner.page.locator("#giving-fault").inner_text()
        learner.picture(f"09-consent-refused-{name}")
        learner.page.select_option("#giving-institution_id", label="河北科技师范学院")
        learner.send("giving")
        assert "授权已生效。" in learner.page.locator("main").inner_text()
        learner.picture(f"10-consent-given-{name}")
        learner.follow(learner.page.get_by_role("button", name=re.compile("^撤回")))
        assert "目前没有授权。" in learner.page.locator("main").inner_text()
        learner.picture(f"11-consent-taken-back-{name}")


def test_everything_is_taken_out_as_a_file(at: At, tmp_path: Path) -> None:
    with at("zhou.zimo", PHONE, folder=FOLDER) as learner:
        learner.go("/my/account")
        with learner.page.expect_download() as coming:
            learner.page.get_by_role("link", name="下载（JSON）").click()
        file = tmp_path / "held.json"
        coming.value.save_as(file)
        held = json.loads(file.read_text("utf-8"))
        assert held["learner"]["name"] == "周子墨"
        tries = [
            version["reported"]["score"]
            for record in held["records"]
            for version in record["versions"]
            if version["reported"].get("course_code") == "YS6002"
        ]
        assert sorted(tries) == ["47", "66"]


def test_a_guardian_looks_after_a_child(city: Opened, at: At) -> None:
    (guardian,) = [person for person in city.file.people if person["role"] == "guardian"]
    with at(guardian["login"], PHONE, folder=FOLDER) as father:
        father.go("/my")
        assert "朱小朵的主页" in father.page.locator("h1").inner_text()
        father.picture("12-guardian-home")
        for place, picture in (("/my/guardians", "13-guardians"), ("/my/account", "14-childs-account")):
            father.go(place)
            father.picture(picture)
        father.form("closing")
        father.picture("15-closing")
        # Not ticked: nothing is closed, and what was typed stays.
        father.page.fill("#closing-reason", "暂不使用")
        father.send("closing")
        assert "请先勾选确认" in father.page.locator("#closing-fault").inner_text()
        assert father.page.input_value("#closing-reason") == "暂不使用"
        father.picture("16-closing-not-sure")
