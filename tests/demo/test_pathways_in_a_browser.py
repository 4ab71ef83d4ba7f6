"""A 3+2 round of the city run by hand, by its at, in a real browser: a picture of every step is kept."""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx

from creditbank import clock
from creditbank.demo.city import institution
from tests.demo.browsing import PHONE, At
from tests.demo.opened import Opened
from tests.demo.test_pathways import OVER_ON, PAGE, RUN_ON, programme_of, ran, script, tokens

BEFORE_THE_ROSTER = "名单是学校自己的表"
ROSTER = (
    "姓名,学号,入班日期\n金怡雪,202302005,2023-09-01\n江　艳子,202302006,2023-09-01\n冯家辉,202302007,2023-09-01\n"
    "武静,202302008,2023-09-01\n"
)
SCORES = (
    "姓名,学号,文化综合,文化综合结果,专业综合,专业综合结果\n"
    "金怡雪,202302005,120,合格,170,合格\n江艳子,202302006,104,合格,166,合格\n冯家辉,202302007,104,合格,166,合格\n"
    "武静若,202302008,99,合格,150,\n"
)


def test_a_whole_round_by_hand(city: Opened, at: At, tmp_path: Path) -> None:
    logins = {"SCHOOL": "bihai.registrar", "COLLEGE": "trade.registrar", "OFFICER": "demo.officer",
              "SECOND": "demo.second"}  # fmt: skip
    said = {
        "BANK": city.bank.base_url, "PATH": os.environ["PATH"],
        "SCHOOL_ID": str(institution("bihai").institution_id), "COLLEGE_ID": str(institution("trade").institution_id),
        "SCHOOL_PROGRAMME": programme_of(city, "bihai", "730701"),
        "COLLEGE_PROGRAMME": programme_of(city, "trade", "530701"),
    }  # fmt: skip
    made = script(PAGE.read_text("utf-8").split(BEFORE_THE_ROSTER)[0]).replace("2023级电商3+2班", "2023级电商3+2二班")
    try:
        clock.set_to(RUN_ON)
        bearers = tokens(city, **logins)
        told = ran(f"ROUND=\n{made}\nprintf 'COHORT %s\\n' $COHORT", said | bearers, tmp_path)
        cohort = f"/desk/cohorts/{told.split('COHORT ')[-1].strip()}"
        round_ = _as_far_as_the_notice(city, at, cohort)
        clock.set_to(OVER_ON)
        _to_the_end(at, round_)
    finally:
        clock.set_to(None)


def _as_far_as_the_notice(city: Opened, at: At, cohort: str) -> str:
    with at("bihai.registrar") as school:
        school.go("/desk")
        school.picture("01-school-desk")
        school.go(cohort)
        school.form("roster")
        school.picture("02-school-cohort-empty")
        school.file("roster", "名单.csv", ROSTER)
        school.picture("03-school-roster-tried")
        assert "姓名" in school.text()
        school.go(cohort)
        school.file("roster", "名单.csv", ROSTER.replace("武静,", "武静若,"))
        school.send("send-roster")
        school.picture("04-school-roster-sent")
    with at("demo.officer") as officer:
        officer.go(cohort)
        officer.form("cohort_filing").locator("#cohort_filing-filing_no").fill("演示贯班〔2023〕19号")
        officer.page.check("#cohort_filing-sure")
        officer.picture("05-officer-files-the-cohort")
        officer.send("cohort_filing")
    with at("trade.registrar") as college:
        college.go(cohort)
        college.form("opening").locator("#opening-on_1").fill("2026-06-06")
        college.page.fill("#opening-subjects_1", "文化综合 150，专业综合 200")
        college.page.select_option("#opening-marked_by_1", "college")
        college.picture("06-college-opens-a-round")
        college.send("opening")
        college.go(cohort)
        college.file("score_sheet", "成绩.csv", SCORES)
        college.picture("07-college-scores-tried")
        college.send("send-score_sheet")
        college.picture("08-college-scores-sent")
        college.go(cohort)
        round_ = str(college.page.locator("a[href^='/desk/rounds/']").first.get_attribute("href"))
    _state(at, cohort)
    with at("trade.registrar") as college:
        college.go(round_)
        college.form("deciding")
        college.picture("10-college-round-collecting")
        college.send("deciding")
        college.picture("11-college-round-decided")
        college.follow(college.page.locator("a[href*='/members/']").last)
        college.picture("12-college-candidate-unknown")
        college.go(round_)
        college.form("set_asides").locator("input[type=checkbox]").last.check()
        college.page.fill("#set_asides-reason", "专业综合是否合格，试卷尚在核查")
        college.picture("13-college-sets-aside")
        college.send("set_asides")
        college.form("tie").locator("input[type=checkbox]").first.check()
        college.page.fill("#tie-reason", "专业成绩较高者优先")
        college.picture("14-college-tie")
        college.send("tie")
        college.form("notice")
        college.page.check("#notice-sure")
        college.picture("15-college-publishes")
        college.send("notice")
        college.picture("16-college-on-notice")
    with at("wu.haoran.b", PHONE) as mine:
        mine.go("/my/notices")
        mine.follow(mine.page.locator("a[href^='/my/notices/rounds/']").first)
        mine.picture("16a-the-notice-as-anybody-reads-it")
    learner = tokens(city, L="wu.haoran.b")["L"]
    path = f"{city.bank.base_url}/v1/rounds/{round_.rpartition('/')[2]}/objections"
    for no, words in ((1, "该生的文化综合成绩有误"), (2, "该生不应列入")):
        head = {"Authorization": f"Bearer {learner}"}
        assert httpx.post(path, headers=head, json={"member_no": no, "words": words}).status_code == 201
    with at("demo.officer", PHONE) as officer:
        officer.go("/desk/notices")
        officer.picture("17-officer-notices-on-a-phone")
        officer.go(round_)
        for choice, words in (("dismissed", "经核查试卷，成绩无误"), ("set_aside", "经核查属实，予以搁置")):
            form = str(officer.page.locator("form[id^='objection-']").first.get_attribute("id"))
            officer.form(form).locator(f"#{form}-{choice}").check()
            officer.page.fill(f"#{form}-words", words)
            officer.picture(f"18-officer-objection-{choice}")
            officer.send(form)
        officer.picture("19-officer-after-the-objections")
        assert "已判定" in officer.text()
    with at("trade.registrar") as college:
        college.go(round_)
        college.form("notice")
        college.page.check("#notice-sure")
        college.send("notice")
        college.picture("20-college-second-notice")
    return round_


def _state(at: At, cohort: str) -> None:
    """The school states what the rules read of everybody: on a phone, and in English at a desk."""
    with at("bihai.registrar", PHONE) as school:
        school.go(cohort)
        school.picture("09-school-cohort-on-a-phone")
        school.follow(school.page.locator("a[href$='/facts']"))
        school.picture("09a-topics-on-a-phone")
        school.follow(school.page.locator("a[href$='/facts/process']"))
        for no in range(1, 5):
            school.page.fill(f"#facts-score_{no}", "88" if no < 4 else "八十八")
            school.page.select_option(f"#facts-passed_{no}", "true")
        school.picture("09b-process-typed-on-a-phone")
        school.send("facts")
        assert school.page.input_value("#facts-score_1") == "88"
        school.picture("09c-process-one-row-wrong-on-a-phone")
        school.page.fill("#facts-score_4", "88")
        school.send("facts")
        school.picture("09d-process-stated-on-a-phone")
        assert school.page.locator("tr[id^='no-']").filter(has_text="88").count() == 4
    with at("bihai.registrar", language="en") as school:
        school.go(f"{cohort}/facts")
        school.picture("09e-topics-in-english")
        school.go(f"{cohort}/facts/process")
        school.picture("09f-process-in-english")
        school.go(f"{cohort}/facts/sanction")
        school.page.locator("input[name='checked_1']").check()
        school.picture("09g-sanctions-in-english")
        school.send("facts_checked")
        school.page.select_option("#facts_one-member_no", "2")
        school.page.fill("#facts_one-number", "校处〔2025〕88号")
        school.page.select_option("#facts_one-kind", "warning")
        school.page.fill("#facts_one-on", "2025-03-03")
        school.page.fill("#facts_one-lifted_on", "2025-09-03")
        school.send("facts_one")
        school.picture("09h-a-sanction-stated-in-english")
        school.go(f"{cohort}/members/2/facts")
        school.picture("09i-all-of-a-member-in-english")
    with at("trade.registrar") as college:
        college.go(f"{cohort}/facts/health")
        college.page.select_option("#facts-fit_rest", "true")
        college.picture("09j-health-by-the-college")
        college.send("facts")
        college.picture("09k-health-stated")


def _to_the_end(at: At, round_: str) -> None:
    with at("trade.registrar") as college:
        college.go(round_)
        college.form("filing")
        college.page.check("#filing-sure")
        college.picture("21-college-files")
        college.send("filing")
        college.picture("22-college-filed")
    with at("demo.second") as second:
        second.go("/desk")
        second.picture("23-second-desk")
        second.go(round_)
        second.form("freezing").locator("#freezing-filing_no").fill("演示转段〔2026〕19号")
        second.page.check("#freezing-sure")
        second.picture("24-second-freezes")
        second.send("freezing")
        second.picture("25-frozen")
        assert re.search(r"ZD-2026-\d{4}", second.text())
    with at("trade.registrar", PHONE) as college:
        college.go(round_)
        college.picture("26-frozen-on-a-phone")
        college.go(f"{round_}/progressions")
        college.picture("27-college-progressing-on-a-phone")
    with at("bihai.registrar") as school:
        school.go(f"{round_}?lang=en")
        school.picture("28-frozen-in-english")
