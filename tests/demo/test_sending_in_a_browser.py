"""A registrar's file of thirty thousand rows on a phone whose connection drops: it goes on, and is sent once."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.demo.browsing import PHONE, At, Sitting
from tests.records.town import resident
from tests.submissions.bank import workbook

FOLDER = "sending"
HEADERS = ["姓名", "身份证号", "课程号", "学年", "学期", "成绩", "考核日期"]
ROWS = 30_000
BROKEN = re.compile("连接中断|connection is broken")


def rows() -> list[list[str]]:
    """Results of a whole college, that are only checked."""
    return [
        [f"演示{n % 9000}", resident(n % 9000, "20050101"), "YS6001", "2024-2025", "1", "86", "2025-01-08"]
        for n in range(ROWS)
    ]


def choose(sitting: Sitting, form: str, name: str, content: bytes) -> None:
    """A file chosen."""
    sitting.page.locator(f"#{form}-file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def files_of(sitting: Sitting) -> int:
    """How many files of the institution the list has."""
    sitting.go("/console/files")
    return int(sitting.page.locator("th a[href^='/console/files/0']").count())


@pytest.mark.parametrize(("made", "language"), [("xlsx", "zh"), ("csv", "en")])
def test_a_connection_that_drops_in_the_middle_loses_nothing_and_sends_nothing_twice(
    at: At, made: str, language: str
) -> None:
    content = workbook(("成绩", [HEADERS, *rows()])) if made == "xlsx" else _csv()
    with at("university.registrar", PHONE, language=language, js=True, folder=FOLDER) as phone:
        before = files_of(phone)
        phone.go("/console/files/new")
        phone.page.locator("#con_file-dry_run").check()
        choose(phone, "con_file", f"全校成绩.{made}", content)
        cut, asked = [True], list[str]()

        def line(route: Any) -> None:
            """The second part is lost on its way, and the answer to the third; then the line is back."""
            number = int(re.search(r"/parts/(\d+)$", route.request.url)[1])  # type: ignore[index]
            asked.append(number)
            if cut[0] and number == 2:
                route.abort("connectionfailed")
            elif number == 3 and asked.count(3) == 1:
                route.fetch()
                route.abort("connectionreset")
            else:
                route.continue_()

        phone.page.route("**/parts/*", line)
        phone.page.locator("form#con_file button[type=submit]").click()
        phone.page.locator(".sending p", has_text=BROKEN).wait_for()
        phone.picture(f"01-broken-{made}")
        cut[0] = False
        started = time.perf_counter()
        phone.page.wait_for_url("**/console/files/0*")
        print(f"{made}: {len(content)} bytes, the rest in {time.perf_counter() - started:.1f} s, parts {asked}")
        phone.page.wait_for_load_state()
        phone.picture(f"02-arrived-{made}")
        here = phone.page.url.partition("?")[0]
        phone.until_read()
        phone.page.goto(here)
        phone.picture(f"03-read-{made}")
        assert phone.page.locator("h1 .tag-bad").count() == 0, "it was read whole"
        assert files_of(phone) == before + 1
        phone.page.goto(here)
        phone.form("con_cancel").locator("[name=sure]").check()
        phone.send("con_cancel")


def test_whoever_left_the_page_goes_on_from_the_page_of_the_file(at: At) -> None:
    content = _csv()
    with at("university.registrar", PHONE, js=True, folder=FOLDER) as phone:
        before = files_of(phone)
        phone.go("/console/files/new")
        choose(phone, "con_file", "全校成绩.csv", content)
        phone.page.route("**/parts/2", lambda route: route.abort("connectionfailed"))
        phone.page.locator("form#con_file button[type=submit]").click()
        phone.page.locator(".sending p", has_text=BROKEN).wait_for()
        phone.go("/console/files/new")  # and the page is left
        phone.page.unroute("**/parts/2")
        phone.picture("04-begun-before")
        phone.follow(phone.page.locator("p.note.warn a").first)
        phone.picture("05-to-go-on")
        choose(phone, "con_rest", "另一份.csv", b"another file")
        phone.page.locator("form#con_rest button[type=submit]").click()
        phone.page.wait_for_selector(".sending[role=alert]")
        phone.picture("06-another-file")
        choose(phone, "con_rest", "全校成绩.csv", content)
        phone.page.locator("form#con_rest button[type=submit]").click()
        phone.page.wait_for_url("**done=con_file")
        assert files_of(phone) == before + 1
        phone.follow(phone.page.locator("th a[href^='/console/files/0']").first)
        phone.until_read()
        phone.form("con_cancel").locator("[name=sure]").check()
        phone.send("con_cancel")
    with at("university.registrar", PHONE, folder=FOLDER) as without:
        without.go("/console/files/new")
        without.picture("07-without-scripts")


def _csv() -> bytes:
    return "\r\n".join(",".join(row) for row in [HEADERS, *rows()]).encode()
