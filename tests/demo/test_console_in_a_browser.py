"""The consoles of the city in a real browser: a file from its drop to the workbook, claims, a term, accounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from creditbank.demo.city import institution
from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.records.town import resident
from tests.submissions.bank import workbook

FOLDER = "console"
LONG = "演示古丽巴哈尔·阿卜杜热西提"


def sheet(serial: int, *, code: str = "YS6001") -> bytes:
    """A registrar's own sheet, with headers of its own and one row that cannot be taken."""
    who = [LONG, resident(serial, "20040101")]
    return workbook(
        (
            "期末成绩",
            [
                ["2024-2025学年第一学期成绩登记表"],
                ["学员姓名", "身份证号", "课程号", "学年", "学期", "成绩", "考核日期", "任课教师"],
                [*who, code, "2024-2025", "1", "86", "2025-01-08", "演示教师"],
                [*who, "<script>", "2024-2025", "1", "77", "2025-01-08", "演示教师"],
                [*who, code, "2024-2025", "1", "不知道", "2025-01-08", "演示教师"],
            ],
        )
    )


def choose(sitting: Sitting, name: str, content: bytes) -> None:
    sitting.page.locator("#con_file-file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


@pytest.mark.parametrize(("size", "language", "js", "serial"), [(DESK, "zh", False, 981), (PHONE, "en", True, 982)])
def test_a_file_from_its_drop_to_the_annotated_workbook(
    city: Opened,
    at: At,
    size: dict[str, int],
    language: str,
    js: bool,
    serial: int,
) -> None:
    mark = "phone" if size is PHONE else "desk"
    with at("trade.registrar", size, language=language, js=js, folder=FOLDER) as registrar:
        registrar.go("/console")
        registrar.picture(f"{mark}-01-home")
        registrar.go("/console/files/new")
        registrar.picture(f"{mark}-02-new-file")
        choose(registrar, "期末成绩.xlsx", sheet(serial))
        registrar.send("con_file")
        registrar.picture(f"{mark}-03-received")
        registrar.until_read(js=js)
        registrar.picture(f"{mark}-04-at-rest")
        if registrar.page.locator("a[href$='/mapping']").count():
            registrar.follow(registrar.page.locator("a[href$='/mapping']"))
            registrar.picture(f"{mark}-05-mapping")
            registrar.follow(registrar.page.locator("#con_mapping button[value=look]"))
            registrar.picture(f"{mark}-06-tried")
            registrar.follow(registrar.page.locator("#con_mapping button[value=confirm]"))
            registrar.until_read(js=js)
        registrar.picture(f"{mark}-07-done")
        assert ("已完成" if language == "zh" else "done") in registrar.page.inner_text("h1")
        registrar.follow(registrar.page.locator("table a[href*='/rows/']").last)
        registrar.picture(f"{mark}-08-row")
        registrar.page.go_back()
        if not js:
            with registrar.page.expect_download() as coming:
                registrar.page.locator("a[href$='/report.xlsx']").click()
            assert coming.value.suggested_filename.endswith(".xlsx")
        record = registrar.page.locator("a[href^='/console/records/']").first
        registrar.follow(record)
        registrar.form("con_correct")
        registrar.picture(f"{mark}-09-record")
        registrar.go("/console/files")
        registrar.picture(f"{mark}-10-files")
        registrar.go("/console/mappings")
        registrar.picture(f"{mark}-11-mappings")


def test_a_photo_is_told_so_on_a_phone(at: At) -> None:
    with at("enterprise.provider", PHONE, folder=FOLDER) as provider:
        provider.go("/console/files/new")
        choose(provider, "照片.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(4000))
        provider.send("con_file")
        provider.until_read(js=False)
        provider.picture("phone-12-photo")
        assert "不能读取" in provider.text()


def test_claims_and_the_rest_as_each_role_reads_them(city: Opened, at: At) -> None:
    pages: tuple[tuple[str, dict[str, int], str, tuple[str, ...]], ...] = (
        ("vocational.registrar", DESK, "zh", ("/console", "/console/claims", "/console/equivalences",
         "/console/class-claims", "/console/reconciliation?academic_year=2025-2026&term=1", "/console/accounts")),
        ("vocational.reviewer", PHONE, "en", ("/console", "/console/claims")),
        ("beichen.certificate_body", PHONE, "zh", ("/console", "/console/claims", "/console/files")),
        ("demo.appeals", DESK, "zh", ("/console", "/console/appeals")),
        ("demo.officer", DESK, "en", ("/console", "/console/files", "/console/claims", "/console/appeals",
         "/console/reconciliation")),
    )  # fmt: skip
    for login, size, language, addresses in pages:
        with at(login, size, language=language, folder=FOLDER) as person:
            for address in addresses:
                person.go(address)
                name = re.sub(r"\W+", "-", f"{login}{address.partition('?')[0]}")
                person.picture(f"20-{name}")
    found = _sql(city, "SELECT claim_id FROM claim WHERE state = 'open' AND hand = 'department' LIMIT 1")
    decided = _sql(city, "SELECT claim_id FROM claim WHERE state = 'decided' ORDER BY claim_id LIMIT 1")
    school = {one.institution_id: one.key for one in map(institution, ("vocational", "trade"))}
    for claim, form in ((found, True), (decided, False)):
        if not claim:
            continue
        (owner,) = _sql(city, f"SELECT institution_id FROM claim WHERE claim_id = '{claim[0][0]}'")
        for size, language in ((DESK, "zh"), (PHONE, "en")):
            with at(f"{school[owner[0]]}.reviewer", size, language=language, folder=FOLDER) as reviewer:
                reviewer.go(f"/console/claims/{claim[0][0]}")
                reviewer.picture(f"30-claim-{'open' if form else 'decided'}-{language}")
                if form and size is DESK:
                    # A refusal without its reason is not taken: the claim stays as it is for everybody else.
                    reviewer.page.check("input[name=outcome][value=refused]")
                    reviewer.send("con_outcome")
                    reviewer.picture("31-claim-refused-without-a-reason")
                    assert reviewer.page.locator("#con_outcome-fault").count() == 1


def _sql(city: Opened, query: str) -> list[Any]:
    """A question to the city's books, beside the loop that the browser runs in."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(city.sql, query).result()


CLASSMATES = ("公孙若谷", "公孙若水")
TITLE, COURSE = "人工智能训练", "YS5202"


@pytest.fixture(scope="module")
def classmates(city: Opened) -> Sequence[str]:
    """Two of this test alone, enrolled in one plan, each with a certificate that their college reported."""
    with city.school("vocational") as school:
        for serial, name in enumerate(CLASSMATES, start=988):
            who = {"name": name, "document": {"kind": "resident_id", "number": resident(serial, "20060412")}}
            school.post_record({
                "kind": "enrolment_event", "learner": {**who, "student_no": f"202402{serial}"}, "event": "entered",
                "occurred_on": "2024-09-01", "level": "higher_vocational", "programme_code": "510205",
                "year_of_entry": 2024,
            })  # fmt: skip
            school.post_record({
                "kind": "certificate", "learner": who, "standard": "ys-ai-training", "level": "intermediate",
                "number": f"YS2026900{serial}", "occurred_on": "2026-05-16",
            })  # fmt: skip
    return CLASSMATES


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh"), (PHONE, "en")])
def test_a_class_is_chosen_claimed_for_and_taken_back(
    at: At, classmates: Sequence[str], size: dict[str, int], language: str
) -> None:
    """From what a class has to the inbox of whoever decides; taken back, so that the city is as it was."""
    mark = "phone" if size is PHONE else "desk"
    with at("vocational.registrar", size, language=language, folder=FOLDER) as registrar:
        registrar.go("/console/class-claims")
        registrar.page.select_option("#con_class_plan-plan", label="大数据技术（2023）")
        registrar.follow(registrar.page.locator("main form button").first)
        registrar.picture(f"{mark}-50-what-a-class-has")
        registrar.follow(registrar.page.locator("table.listed th a", has_text=TITLE))
        registrar.page.select_option("#course", COURSE)
        registrar.follow(registrar.page.locator("main form button").first)
        for member in registrar.page.locator("input[name=member]").all():
            member.uncheck()
        for name in classmates:
            registrar.page.get_by_label(name).check()
        registrar.picture(f"{mark}-51-who-has-it")
        registrar.send("con_class")
        registrar.picture(f"{mark}-52-what-would-come-of-it")
        assert registrar.page.locator("#con_class input[name=member]:checked").count() == len(classmates)
        registrar.follow(registrar.page.locator("button[value=send]"))
        registrar.picture(f"{mark}-53-claimed-for")
        ways = registrar.page.locator("#con_class a[href^='/console/claims/']").all()
        claims = [str(way.get_attribute("href")) for way in ways]
        assert len(claims) == len(classmates), registrar.page.locator("main").inner_text()
    with at("vocational.reviewer", size, language=language, folder=FOLDER) as reviewer:
        reviewer.go("/console/claims")
        reviewer.picture(f"{mark}-54-in-the-inbox")
        for claim, name in zip(claims, classmates, strict=True):
            assert reviewer.page.locator(f"a[href='{claim}']", has_text=name).count() == 1
        reviewer.follow(reviewer.page.locator(f"a[href='{claims[0]}']"))
        reviewer.picture(f"{mark}-55-to-be-answered")
        assert reviewer.page.locator("form#con_outcome").count() == 1
    with at("vocational.registrar", size, language=language, folder=FOLDER) as registrar:
        for claim in claims:
            registrar.go(claim)
            registrar.form("con_take_back").locator("[name=sure]").check()
            registrar.send("con_take_back")
            assert registrar.page.locator("form#con_take_back").count() == 0
        registrar.picture(f"{mark}-56-taken-back")
    with at("vocational.reviewer", size, language=language, folder=FOLDER) as reviewer:
        reviewer.go("/console/claims")
        assert not {claims[0], claims[1]} & set(re.findall(r'href="([^"]+)"', reviewer.text()))


def test_an_account_and_its_code(at: At) -> None:
    with at("trade.registrar", PHONE, folder=FOLDER) as registrar:
        registrar.go("/console/accounts")
        fields: dict[str, Any] = {"name": LONG, "document_number": resident(983, "20040101")}
        for name, value in fields.items():
            registrar.page.fill(f"#con_open-{name}", value)
        registrar.send("con_open")
        registrar.picture("40-account-opened")
        assert "账户已开立" in registrar.text()
        registrar.follow(registrar.page.locator("main a[href^='/console/accounts/']"))
        registrar.picture("40a-account")


def test_a_deep_link_without_permission(at: At) -> None:
    with at("enterprise.provider", PHONE, folder=FOLDER) as provider:
        provider.go("/console/equivalences")
        provider.picture("41-not-yours")
        provider.go("/console/claims/0195532a-2222-7c11-9a51-0d3d3f5f2a10")
        provider.picture("42-not-there")
