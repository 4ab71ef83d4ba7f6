"""Who claims in the city: ordinary learners of the files, each for one thing that a claim can come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.demo.history import History, Row
from creditbank.demo.people import Person

ENTERED_ON = date(2026, 9, 1)
"""The autumn after the history ends: three enter another school with what they have."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Somebody of the files, known by school and student number."""

    login: str
    school: str
    student_no: str
    plan: tuple[str, str, int]
    """Institution, programme and year of entry of the plan for which they claim."""
    sentence: str
    new_number: str | None = None
    """Their student number at the school they enter."""


CLAIMANTS: Mapping[str, Claimant] = {
    one.login: one
    for one in (
        Claimant(
            "peng.zhiyou", "vocational", "202401009", ("vocational", "510205", 2024),
            "1+X 证书换一门选修课：院系、教务、发证机构核验、公示，逐步办完，已授予。",
        ),
        Claimant(
            "zhu.yixi", "bihai", "202301002", ("vocational", "510205", 2026),
            "中职毕业升高职，用中职课程换高职课程：清单已列，层次衔接由人判定。", "202601001",
        ),
        Claimant(
            "jiang.chen", "bihai", "202301001", ("vocational", "510205", 2026),
            "用国赛一等奖换选修课：一行超过选修学分的一半不予，另一行经院系评定相关度后授予。", "202601002",
        ),
        Claimant(
            "song.zhilong", "vocational", "202401001", ("vocational", "510205", 2024),
            "院系评定相关度不足，按规则不予；申诉由第二人复核后支持，并向学院建议一条认定关系。",
        ),
        Claimant(
            "cui.yuxin", "vocational", "202402005", ("vocational", "500211", 2024),
            "证书换课程已授予，其后证书被发证机构撤回，转换随之冲回，学院收到通知。",
        ),
        Claimant(
            "wu.jingxia", "vocational", "202501010", ("trade", "530701", 2025),
            "转学到另一所学院：先算最优组合，再照组合逐行申请。", "202501950",
        ),
        Claimant(
            "cui.ruomei", "vocational", "202401005", ("vocational", "510205", 2024),
            "刚提出的申请，在院系待办。",
        ),
        Claimant(
            "tang.zilin", "vocational", "202401007", ("vocational", "510205", 2024),
            "院系和教务已同意，正在公示。",
        ),
        Claimant(
            "yi.qiang", "vocational", "202401010", ("vocational", "510205", 2024),
            "有证书，还没有申请：docs/claims.md 的命令可以用此人来试。",
        ),
    )
}  # fmt: skip


def person_of(history: History, one: Claimant) -> Person:
    """Who a claimant is."""
    return next(
        known for known in history.people if known.number == entry_of(history, one)["learner"]["document"]["number"]
    )


def entry_of(history: History, one: Claimant) -> Row:
    """The row of the roster with which a claimant entered the school of the files."""
    return next(
        row
        for row in history.enrolments[one.school]
        if row["event"] == "entered" and row["learner"]["student_no"] == one.student_no
    )


def entering(history: History, one: Claimant) -> dict[str, Any]:
    """The row with which the school of the plan reports somebody new."""
    _, programme, year = one.plan
    return {
        "kind": "enrolment_event",
        "learner": person_of(history, one).known_by(one.new_number),
        "event": "entered",
        "occurred_on": ENTERED_ON,
        "level": "higher_vocational",
        "programme_code": programme,
        "year_of_entry": year,
    }


def leaving(history: History, one: Claimant) -> dict[str, Any]:
    """The row with which the school before reports that somebody went to another."""
    return {**entry_of(history, one), "event": "transferred", "occurred_on": ENTERED_ON}
