"""The office of the city by hand: rows and files of people, records of the wrong person, rules, figures, access."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from creditbank.demo.people import check_character
from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened

FOLDER = "office"
DOCUMENT = "deposit.training"
CITYS_METHOD = "conversion.qinhuangdao"
NEW_CASE = """\
  - name: 恰好 32 学时
    facts: {record.hours: 32}
    expect: {verdict: granted, credits: 2, scheme: training}
"""
PATIENCE = 60.0


def certificate(name: str, day: str, number: str) -> dict[str, Any]:
    """A certificate of somebody whom nobody else in the city is."""
    seventeen = "139900198703030" + day
    document = {"kind": "resident_id", "number": seventeen + check_character(seventeen)}
    return {"kind": "training", "learner": {"name": name, "document": document}, "title": number,
            "started_on": "2026-03-01", "occurred_on": "2026-03-20", "hours": "32"}  # fmt: skip


def test_a_held_row_is_resolved_on_a_phone(city: Opened, at: At) -> None:
    with city.school("yunfan") as provider:
        assert not provider.post_record(certificate("欧阳待核", "91", "待核前")).held
        held = provider.post_record(certificate("欧阳代核", "91", "待核后"))
        assert held.held
    with at("demo.officer", PHONE, folder=FOLDER) as officer:
        officer.go("/office")
        officer.picture("01-home")
        officer.follow(officer.page.get_by_role("link", name="条待核行"))
        officer.picture("02-held-rows")
        officer.go(f"/office/held-rows/{held.held_row_id}")
        text = officer.page.locator("main").inner_text()
        assert "欧阳代核" in text
        assert "欧阳待核" in text
        assert "1399**********" in text
        officer.page.check("input[value^='match:']")
        officer.page.fill("#resolution-reason", "改名，已核户口簿")
        officer.picture("03-held-row")
        officer.page.check("#resolution-sure")
        officer.send("resolution")
        officer.picture("04-resolved")
        assert "已处理" in officer.page.locator("main").inner_text()
        officer.page.go_back()
        officer.page.go_forward()
        assert officer.page.locator("form#resolution").count() == 0


def test_a_rule_is_drafted_checked_measured_and_approved_by_a_second(city: Opened, at: At) -> None:
    with at("demo.officer", language="en", folder=FOLDER) as author:
        author.go(f"/office/rules/{DOCUMENT}")
        author.page.locator("#cases + p + details > summary").click()
        author.picture("05-rule-en")
        author.go(f"/office/drafts/new?document={DOCUMENT}")
        published = author.page.input_value("#draft_begin-text")
        author.page.fill("#draft_begin-text", published.replace("question: deposit\n", ""))
        author.send("draft_begin")
        assert "question" in author.page.locator("#draft_begin-fault").inner_text()
        assert "deposit.training" in author.page.input_value("#draft_begin-text"), "what was typed is kept"
        author.page.fill("#draft_begin-text", f"{published.rstrip()}\n{NEW_CASE}")
        author.picture("06-draft-new")
        author.send("draft_begin")
        address = author.page.url.partition("?")[0].removeprefix(author.base)
        _until(author, address, "Have its impact measured")
        author.picture("07-draft-checked")
        assert "恰好 32 学时" in author.page.locator("main").inner_text()
        author.send("draft_impact")
        _until(author, address, "An officer who wrote none of it approves it")
        author.picture("08-draft-measured")
        assert author.page.locator("form#draft_approval").count() == 0
    with at("demo.second", PHONE, folder=FOLDER) as second:
        second.go(address)
        second.page.check("#draft_approval-sure")
        second.picture("09-second-approves")
        second.send("draft_approval")
        assert "可以公布" in second.page.locator("main").inner_text()
        second.go(f"{address}/impact")
        second.picture("10-impact")
        second.go(address)
        second.form("draft_withdrawal")
        second.page.fill("#draft_withdrawal-reason", "演示结束")
        second.page.check("#draft_withdrawal-sure")
        second.send("draft_withdrawal")
        second.picture("11-withdrawn")


def _until(sitting: Sitting, address: str, said: str) -> None:
    """Look again until the bank has done its work."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        sitting.go(address)
        if said in sitting.page.locator("main").inner_text():
            return
        time.sleep(0.3)
    raise AssertionError(sitting.page.locator("main").inner_text())


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), ({"width": 1200, "height": 900}, "en")])
def test_the_bank_in_figures_reads_as_tables_and_as_a_workbook(at: At, size: Any, language: str) -> None:
    with at("demo.auditor", size, language=language, folder=FOLDER) as auditor:
        auditor.go("/office/dashboard")
        auditor.picture(f"12-dashboard-{language}")
        for summary in auditor.page.locator("figure.chart details > summary").all():
            summary.click()
        auditor.picture(f"13-dashboard-tables-{language}")
        said = auditor.page.locator("#deposits-scheme table").inner_text()
        answer = auditor.page.context.request.get(
            auditor.base + str(auditor.page.get_attribute("a[href*='dashboard.xlsx']", "href"))
        )
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.body()))
        rows = book.get_sheet_by_name("存入" if language == "zh" else "Deposits").to_python()
        assert len(rows) > 3
        for _, credits_, _ in rows[1:]:
            amount = float(str(credits_))
            assert f"{amount:,.0f}" in said or f"{amount:,.1f}" in said, (amount, said)


@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("demo.officer", ("people", "merges", "hints", "rules", "drafts", "notices", "institutions",
                          "institutions/new")),
        ("demo.administrator", ("", "institutions", "clients", "logins")),
        ("demo.auditor", ("access-log", "clients", "drafts", "notices")),
    ],
)  # fmt: skip
def test_every_page_of_the_office_can_be_read_by_whom_it_is_for(at: At, login: str, paths: tuple[str, ...]) -> None:
    with at(login, PHONE, folder=FOLDER) as sitting:
        for path in paths:
            sitting.go(f"/office/{path}".rstrip("/"))
            assert sitting.page.locator("h1").count() == 1, path
            sitting.picture(f"page-{login.partition('.')[2]}-{path.replace('/', '-') or 'home'}")


def test_somebody_is_looked_up_for_a_purpose(city: Opened, at: At) -> None:
    with city.person("shen.zhiyuan") as (client, entry):
        account = client.transcript(entry["learner_id"])["learner"]["account_no"]
    with at("demo.officer", PHONE, folder=FOLDER) as officer:
        officer.go("/office/people")
        officer.page.fill("#look_account-account_no", account)
        officer.page.fill("#look_account-purpose", "持证件到窗口查询")
        officer.send("look_account")
        officer.picture("14-found")
        assert "沈" in officer.page.locator("main").inner_text()
    with at("demo.auditor", PHONE, folder=FOLDER) as auditor:
        auditor.go("/office/access-log")
        assert "持证件到窗口查询" in auditor.page.locator("main").inner_text()
        auditor.picture("15-access-log")


def looked_up(officer: Sitting, row: dict[str, Any], purpose: str) -> None:
    """Somebody looked up by their document, on whatever page asks for it."""
    officer.page.fill("#look_document-number", row["learner"]["document"]["number"])
    officer.page.fill("#look_document-purpose", purpose)
    officer.send("look_document")


def test_a_file_is_opened_and_all_that_an_officer_may_do_is_done(city: Opened, at: At) -> None:
    row = certificate("欧阳档案", "92", "档案")
    with city.school("yunfan") as provider:
        assert not provider.post_record(row).held
    with at("demo.officer", PHONE, folder=FOLDER) as officer:
        officer.go("/office/people")
        looked_up(officer, row, "持证件到窗口办理更名")
        officer.picture("20-found-one")
        officer.follow(officer.page.get_by_role("link", name="打开档案"))
        officer.picture("21-file")
        officer.form("person_name")
        officer.page.fill("#person_name-name", "欧阳更名")
        officer.page.fill("#person_name-evidence", "户籍更名证明，当日查验")
        officer.picture("22-name")
        officer.send("person_name")
        assert "姓名已变更" in officer.page.locator("main").inner_text()
        assert officer.page.locator("h1").inner_text().startswith("欧阳更名")
        officer.form("person_document")
        officer.page.select_option("#person_document-kind", "passport")
        officer.page.fill("#person_document-number", "E00000092")
        officer.page.fill("#person_document-birth_on", "1988-01-01")
        officer.page.fill("#person_document-evidence", "护照原件")
        officer.send("person_document")
        assert officer.page.locator("#person_document-fault").is_visible(), "another date of birth"
        officer.picture("23-document-refused")
        officer.page.fill("#person_document-birth_on", "1987-03-03")
        officer.send("person_document")
        file = officer.page.url.partition("&done")[0].removeprefix(officer.base)
        officer.form("person_code")
        officer.send("person_code")
        officer.picture("24-code")
    with at("demo.officer", language="en", folder=FOLDER) as officer:
        officer.go(file)
        officer.form("person_closing")
        officer.page.fill("#person_closing-reason", "asked at the counter")
        officer.page.check("#person_closing-sure")
        officer.picture("25-closing-en")
        officer.send("person_closing")
        officer.picture("26-closed-en")
        officer.form("person_erasure")
        officer.page.fill("#person_erasure-reason", "asked in writing")
        officer.page.check("#person_erasure-sure")
        officer.picture("27-erasure-en")
        officer.send("person_erasure")
        said = officer.page.locator("main").inner_text()
        assert "The personal data are erased" in said
        assert "欧阳" not in said
        officer.picture("28-erased-en")
        officer.go(file.partition("?")[0])
        officer.picture("29-asked-what-for-en")


@pytest.mark.parametrize(("size", "language", "of"), [(PHONE, "zh", ("93", "94")), (DESK, "en", ("95", "96"))])
def test_a_record_of_the_wrong_person_is_given_to_the_right_one(
    city: Opened, at: At, size: Any, language: str, of: tuple[str, str]
) -> None:
    wrong, right = certificate("上官误记", of[0], f"误记{of[0]}"), certificate("司马应得", of[1], f"应得{of[1]}")
    with city.school("yunfan") as provider:
        record = provider.post_record(wrong).record_id
        assert provider.post_record(right).record_id
    with at("demo.officer", size, language=language, folder=FOLDER) as officer:
        officer.go("/office/people")
        looked_up(officer, wrong, "学生来信")
        officer.follow(officer.page.locator("a[href^='/office/people/']"))
        officer.follow(officer.page.locator(f"a[href='/console/records/{record}']"))
        officer.picture(f"30-record-{language}")
        officer.follow(officer.page.locator(f"a[href='/office/records/{record}/reassignment']"))
        officer.picture(f"31-whose-{language}")
        looked_up(officer, right, "学生来信")
        officer.page.fill("#off_reassign-reason", "学生来信，已核结业名册")
        officer.page.check("#off_reassign-sure")
        officer.picture(f"32-reassignment-{language}")
        officer.send("off_reassign")
        said = officer.page.locator("main").inner_text()
        assert "学生来信，已核结业名册" in said
        officer.picture(f"33-reassigned-{language}")
    with city.school("yunfan") as provider:
        again = provider.post_record({**right, "title": wrong["title"]})
        assert again.record_id == record, "the row of the right person is this very record"


def test_affected_decisions_are_searched_and_one_is_made_again(at: At) -> None:
    """A college's method came into force for days on which claims had been decided by the city's: on a phone, and in
    English at a desk."""
    listed = []
    for size, language, counted in ((PHONE, "zh", "查完"), (DESK, "en", "decisions compared")):
        with at("demo.officer", size, language=language, folder=FOLDER) as officer:
            officer.go(f"/office/rules/{CITYS_METHOD}")
            officer.follow(officer.page.locator("a[href$='/affected']"))
            address = officer.page.url.removeprefix(officer.base)
            officer.form("affected_search")
            officer.send("affected_search")
            officer.picture(f"34-affected-searching-{language}")
            _until(officer, address, counted)
            officer.picture(f"35-affected-{language}")
            listed.append(officer.page.locator("input[name=decision_ids]").count())
            if language == "zh":
                refused = officer.page.locator("fieldset.ticks > .tick", has_text="不予认定")
                refused.locator("input[name=decision_ids]").check()
                officer.page.fill("#reissue-reason", "学院办法已施行，按学院办法重新作出")
                officer.page.check("#reissue-sure")
                officer.picture("36-to-be-made-again")
                officer.send("reissue")
                officer.picture("37-made-again")
                assert "选定 1 项，重新作出 1 项" in officer.page.locator("main").inner_text()
    before, after = listed
    assert after == before - 1
    with at("demo.auditor", PHONE, folder=FOLDER) as auditor:
        auditor.go(address)
        auditor.picture("38-affected-as-an-auditor-reads-it")
        assert auditor.page.locator("form.act").count() == 0


def test_a_client_is_opened_and_its_secret_is_shown_once(at: At) -> None:
    with at("demo.administrator", folder=FOLDER) as administrator:
        administrator.go("/office/clients")
        administrator.form("client")
        administrator.page.fill("#client-name", "浏览器演示")
        administrator.page.check("#client-records-read")
        administrator.picture("16-client")
        administrator.send("client")
        secret = administrator.page.locator("dl.pairs dd").nth(1).inner_text()
        administrator.picture("17-secret")
        administrator.page.reload()
        assert administrator.page.locator("dl.pairs dd").nth(1).inner_text() == secret, "the same form, the same secret"
        administrator.follow(administrator.page.get_by_role("link", name="已抄录，返回"))
        assert secret not in administrator.text()
        administrator.form("client_disablement")
        administrator.page.check("#client_disablement-sure")
        administrator.send("client_disablement")
        administrator.picture("18-client-disabled")
