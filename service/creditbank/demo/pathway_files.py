"""What stands in the rosters and score sheets of the two cohorts, as the school and the college keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from creditbank.demo import shelf
from creditbank.demo.forms import NUMBER, Cell, Row, Sheet, Value, sheet
from creditbank.demo.history import History
from creditbank.demo.pathway_people import (
    CORRECTED,
    CULTURE,
    LATE,
    MENDED,
    RESIT,
    SAT_OF_THREE_FOUR,
    SAT_OF_THREE_TWO,
    SKILL,
    THREE_FOUR,
    THREE_TWO,
    Sat,
    Way,
    name_of,
)
from creditbank.demo.shelf import File

_SIGNED = "制表人：演示某　　审核：演示某　　（盖章）"
_JOINED = "2023-09-01"


def pathway_sheets(history: History) -> dict[File, list[Sheet]]:
    """The sheets of each file of the two cohorts."""
    return {
        shelf.ROSTER_OF_THREE_TWO: [_roster(history, THREE_TWO)],
        shelf.SCORES_OF_THREE_TWO: [_marked(history, THREE_TWO, "转段考试", SAT_OF_THREE_TWO)],
        shelf.RESIT_OF_THREE_TWO: [_resit(history, THREE_TWO, [RESIT])],
        shelf.MENDED_OF_THREE_TWO: [_marked(history, THREE_TWO, "成绩补报", [MENDED])],
        shelf.CORRECTED_OF_THREE_TWO: [_marked(history, THREE_TWO, "成绩更正", [CORRECTED])],
        shelf.LATE_OF_THREE_TWO: [_marked(history, THREE_TWO, "成绩复核", [LATE])],
        shelf.ROSTER_OF_THREE_FOUR: [_roster(history, THREE_FOUR)],
        shelf.SCORES_OF_THREE_FOUR: [_plain(history, THREE_FOUR, SAT_OF_THREE_FOUR)],
    }


def padded(name: str) -> str:
    """A name of two characters as it is written to be as wide as one of three."""
    return "　".join(name) if len(name) == 2 else name


def _roster(history: History, way: Way) -> Sheet:
    rows = [{"name": padded(name_of(history, way, each)), "no": each, "on": _JOINED} for each in way.pupils]
    columns: Mapping[str, Value] = {
        NUMBER: lambda row: None,
        "姓名": lambda row: row["name"],
        "学号": lambda row: row["no"],
        "入班日期": lambda row: row["on"],
    }
    return sheet("名单", f"{way.cohort}学生名单", columns, rows, below=_SIGNED)


def _who(history: History, way: Way, sat: Iterable[Sat]) -> list[Row]:
    return [{"name": name_of(history, way, each.student_no), "no": each.student_no, "sat": each} for each in sat]


_NAMED: Mapping[str, Value] = {
    NUMBER: lambda row: None,
    "姓名": lambda row: row["name"],
    "学号": lambda row: row["no"],
}


def _marked(history: History, way: Way, title: str, sat: Iterable[Sat]) -> Sheet:
    """One column a subject, and one for each of two markers."""
    columns: Mapping[str, Value] = {
        **_NAMED,
        f"{CULTURE}（满分{way.full[0]}）": lambda row: row["sat"].culture,
        f"{CULTURE}结果": lambda row: row["sat"].culture_result,
        f"{SKILL}评卷一": lambda row: row["sat"].skill[0],
        f"{SKILL}评卷二": lambda row: row["sat"].skill[1],
        f"{SKILL}结果": lambda row: row["sat"].skill_result,
        "总分": lambda row: row["sat"].total,
        "场次": lambda row: 1,
    }
    return sheet(title, f"{way.cohort}{title}", columns, _who(history, way, sat), below=_SIGNED)


def _plain(history: History, way: Way, sat: Iterable[Sat]) -> Sheet:
    """One column a subject."""
    columns: Mapping[str, Value] = {
        **_NAMED,
        f"{CULTURE}（满分{way.full[0]}）": lambda row: row["sat"].culture,
        f"{CULTURE}结果": lambda row: row["sat"].culture_result,
        f"{SKILL}（满分{way.full[1]}）": lambda row: row["sat"].skill[0],
        f"{SKILL}结果": lambda row: row["sat"].skill_result,
        "总分": lambda row: row["sat"].total,
    }
    return sheet("成绩", f"{way.cohort}转段考试成绩", columns, _who(history, way, sat), below=_SIGNED)


def _resit(history: History, way: Way, sat: Iterable[Sat]) -> Sheet:
    """One row a subject."""

    def rows() -> Iterable[Row]:
        for row in _who(history, way, sat):
            one: Sat = row["sat"]
            scores: tuple[tuple[str, Cell, str | None], ...] = (
                (CULTURE, one.culture, one.culture_result),
                (SKILL, one.skill[0], one.skill_result),
            )
            for subject, points, result in scores:
                yield {**row, "subject": subject, "points": points, "result": result}

    columns: Mapping[str, Value] = {
        **_NAMED,
        "科目": lambda row: row["subject"],
        "成绩": lambda row: row["points"],
        "结果": lambda row: row["result"],
        "场次": lambda row: 2,
    }
    return sheet("补考", f"{way.cohort}转段补考成绩", columns, rows(), below=_SIGNED)
