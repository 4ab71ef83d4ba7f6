"""Who acts for a child, in the city: recorded at the office and at a school, read by all who may, and ended again."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from creditbank.portal.access_words import ACCESS_WORDS
from tests.demo.browsing import DESK, PHONE, At, Sitting
from tests.demo.opened import Opened
from tests.records.town import resident

FOLDER = "guardians"
BORN, GROWN = "20170305", "19860214"
PATIENCE = 30.0


def training(serial: int, name: str, title: str, *, born: str = BORN) -> dict[str, Any]:
    """A training of somebody whom nobody else in the city is."""
    document = {"kind": "resident_id", "number": resident(serial, born)}
    return {"kind": "training", "learner": {"name": name, "document": document}, "title": title,
            "started_on": "2026-03-01", "occurred_on": "2026-03-20", "hours": "16"}  # fmt: skip


def fill(sitting: Sitting, serial: int, name: str, *, born: str = GROWN) -> None:
    """A guardian typed into the form."""
    typed = {"name": name, "number": resident(serial, born), "evidence": "户口簿原件，当日查验"}
    for field, value in typed.items():
        sitting.page.fill(f"#guardian-{field}", value)
    sitting.page.select_option("#guardian-relation", "mother")


@pytest.mark.parametrize(("size", "language", "serial"), [(PHONE, "zh", 801), (DESK, "en", 805)])
def test_a_guardian_is_recorded_at_the_office_comes_in_and_is_ended(
    city: Opened, at: At, size: dict[str, int], language: str, serial: int
) -> None:
    zh = language == "zh"
    child = training(serial, f"闻人小{'禾' if zh else '麦'}", "少年编程营")
    with city.school("yunfan") as provider:
        assert not provider.post_record(child).held
    with at("demo.officer", size, language=language, folder=FOLDER) as officer:
        officer.go("/office/people")
        officer.page.fill("#look_document-number", child["learner"]["document"]["number"])
        officer.page.fill("#look_document-purpose", "监护人到窗口办理")
        officer.send("look_document")
        officer.follow(officer.page.locator("a[href^='/office/people/']"))
        officer.picture(f"01-file-{language}")
        officer.follow(officer.page.locator("a[href*='/guardians?']"))
        page = officer.page.url.removeprefix(officer.base)
        officer.picture(f"02-none-{language}")
        fill(officer, serial + 1, "闻人母亲", born="20120101")
        officer.send("guardian")
        assert officer.page.locator("#guardian-number-wrong").is_visible(), "a guardian is of age"
        assert officer.page.input_value("#guardian-evidence") == "户口簿原件，当日查验"
        officer.picture(f"03-refused-{language}")
        fill(officer, serial + 1, "闻人母亲")
        officer.send("guardian")
        login, first = officer.page.locator("dd.code").all_inner_texts()
        officer.picture(f"04-way-in-{language}")
        officer.page.reload()
        assert officer.page.locator("dd.code").all_inner_texts() == [login, first], "the same form, the same way in"
        officer.follow(officer.page.locator("main a.button"))
        assert first not in officer.text()
        officer.picture(f"05-recorded-{language}")
        renewal = str(officer.page.locator("form[id^='guardian_password-']").get_attribute("id"))
        officer.form(renewal)
        officer.page.fill(f"#{renewal}-reason", "遗失密码，已核证件")
        officer.page.check(f"#{renewal}-sure")
        officer.picture(f"06-renewing-{language}")
        officer.send(renewal)
        (password,) = officer.page.locator("dd.code").all_inner_texts()
        officer.picture(f"07-renewed-{language}")
    with at(None, size, language=language, folder=FOLDER) as guardian:
        guardian.sign_in(login, password)
        guardian.go("/my/account")
        said = guardian.page.locator("section[aria-labelledby=looked]").inner_text()
        assert ACCESS_WORDS["log_act_guardian_password_renewed"][not zh] in said
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", said), "no word of the log's own"
        guardian.picture(f"08-who-looked-{language}")
    with at("demo.officer", size, language=language, folder=FOLDER) as officer:
        officer.go(page)
        end = str(officer.page.locator("form[id^='guardian_end-']").get_attribute("id"))
        officer.form(end)
        officer.page.fill(f"#{end}-reason", "监护关系变更")
        officer.page.check(f"#{end}-sure")
        officer.picture(f"09-ending-{language}")
        officer.send(end)
        officer.picture(f"10-ended-{language}")
        assert officer.page.locator("form[id^='guardian_end-']").count() == 0
    with at(None, size, language=language, folder=FOLDER) as guardian:
        guardian.sign_in(login, password)
        assert guardian.page.locator("form.fields").count(), "the way in is closed"
    with at("demo.auditor", size, language=language, folder=FOLDER) as auditor:
        auditor.go("/office/access-log")
        said = auditor.page.locator("main").inner_text()
        assert ACCESS_WORDS["log_act_guardian_ended"][not zh] in said
        assert "监护关系变更" in said
        auditor.picture(f"11-log-{language}")


@pytest.mark.parametrize(("size", "language", "serial"), [(PHONE, "zh", 811), (DESK, "en", 815)])
def test_a_guardian_is_recorded_and_ended_at_a_school(
    city: Opened, at: At, size: dict[str, int], language: str, serial: int
) -> None:
    child = training(serial, f"尉迟小{'禾' if language == 'zh' else '麦'}", "职业体验周")
    with city.school("trade") as college:
        assert not college.post_record(child).held
    with at("trade.registrar", size, language=language, folder=FOLDER) as registrar:
        registrar.go("/console/accounts")
        registrar.page.fill("#con_open-name", child["learner"]["name"])
        registrar.page.fill("#con_open-document_number", child["learner"]["document"]["number"])
        registrar.send("con_open")
        registrar.follow(registrar.page.locator("main a[href^='/console/accounts/']").last)
        registrar.picture(f"20-account-{language}")
        registrar.send("con_code")
        assert registrar.page.locator("#con_code-fault").is_visible(), "a guardian comes first"
        registrar.form("guardian")
        fill(registrar, serial + 1, "尉迟母亲")
        registrar.picture(f"21-recording-{language}")
        registrar.send("guardian")
        registrar.picture(f"22-way-in-{language}")
        registrar.follow(registrar.page.locator("main a.button"))
        registrar.form("guardian_end")
        for number, told in ((serial + 2, True), (serial + 1, False)):
            registrar.page.fill("#guardian_end-number", resident(number, GROWN))
            registrar.page.fill("#guardian_end-reason", "监护关系变更")
            registrar.page.check("#guardian_end-sure")
            registrar.send("guardian_end")
            registrar.picture(f"23-{'not-this-one' if told else 'ended'}-{language}")
            assert registrar.page.locator("#guardian_end-number-wrong").count() == int(told)


@pytest.mark.parametrize(("size", "language", "serial"), [(PHONE, "zh", 821), (DESK, "en", 823)])
def test_a_provider_reads_at_home_what_the_bank_moved(
    city: Opened, at: At, size: dict[str, int], language: str, serial: int
) -> None:
    wrong = training(serial, "公孙误记", f"安全生产培训{serial}", born=GROWN)
    right = training(serial + 1, "公孙应得", f"消防培训{serial}", born=GROWN)
    with city.school("enterprise") as provider:
        record, other = provider.post_record(wrong).record_id, provider.post_record(right).record_id
    ((learner_id,),) = city.sql(f"SELECT learner_id FROM record_current WHERE record_id = '{other}'")
    with city.person("demo.officer") as (client, _):
        said = {"learner_id": str(learner_id), "reason": "学员来信，已核结业名册"}
        client.post(f"/v1/records/{record}/officer-reassignment", said)
    with at("enterprise.provider", size, language=language, folder=FOLDER) as provider_at_desk:
        until = time.monotonic() + PATIENCE  # its number comes a moment later
        while True:
            provider_at_desk.go("/console")
            if (told := provider_at_desk.page.locator(f"a[href='/console/records/{record}']")).count():
                break
            assert time.monotonic() < until, provider_at_desk.page.locator("main").inner_text()
        assert told.inner_text() == wrong["title"]
        provider_at_desk.picture(f"30-moved-{language}")
        provider_at_desk.follow(told)
        assert "学员来信，已核结业名册" in provider_at_desk.page.locator("main").inner_text()
