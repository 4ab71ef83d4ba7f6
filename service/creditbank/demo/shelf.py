"""The files of the city as institutions have them, and in which rounds they are submitted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class File:
    """A file of an institution."""

    institution: str
    """Its key in `city.yaml`."""
    name: str
    """No two files have one name: a submission that was begun is found again by it."""

    @property
    def path(self) -> Path:
        """Where it lies in the package."""
        return FOLDER / self.institution / self.name


SCHOOL_ROSTERS = (
    File("bihai", "碧海中专学籍.xlsx"),
    File("yanshan", "燕山中职学籍.xlsx"),
    File("lianfeng", "联峰高中学籍.xlsx"),
    File("technician", "技师学院学籍.xlsx"),
)
COLLEGE_ROSTERS = (
    File("vocational", "秦职院学籍.xlsx"),
    File("trade", "外经贸学籍.xlsx"),
    File("university", "科师学籍.xlsx"),
)
PAST_RESULTS = (
    File("bihai", "碧海中专2021至2025年成绩.xlsx"),
    File("yanshan", "燕山中职2021至2025年成绩.csv"),
    File("lianfeng", "联峰高中2022至2025年成绩.xlsx"),
    File("technician", "技师学院2021至2025年成绩.xlsx"),
    File("vocational", "秦职院2021至2025年成绩.xlsx"),
    File("trade", "外经贸2021至2025年学习成果.ndjson"),
    File("university", "科师2021至2025年成绩.xlsx"),
)
LAST_RESULTS = (
    File("bihai", "碧海中专2025-2026学年成绩.xlsx"),
    File("yanshan", "燕山中职2025-2026学年成绩.csv"),
    File("lianfeng", "联峰高中2025-2026学年成绩.xlsx"),
    File("technician", "技师学院2025-2026学年成绩.xlsx"),
    File("vocational", "秦职院2025-2026学年成绩.xlsx"),
    File("trade", "外经贸2025-2026学年学习成果.ndjson"),
    File("university", "科师2025-2026学年成绩.xlsx"),
)
BESIDES = (
    File("bihai", "碧海中专实践与获奖.xlsx"),
    File("yanshan", "燕山中职实践与获奖.xlsx"),
    File("lianfeng", "联峰高中实践与获奖.xlsx"),
    File("technician", "技师学院实践与获奖.xlsx"),
    File("vocational", "秦职院实践与获奖.xlsx"),
    File("university", "科师实践与获奖.xlsx"),
)
CERTIFICATES = (File("beichen", "北辰证书名单.xlsx"), File("yunfan", "云帆证书名单.xlsx"))
TRAININGS = File("enterprise", "港城装备培训班学员.csv")
PRACTICE = File("enterprise", "港城装备实习鉴定.xlsx")
CORRECTION = File("vocational", "秦职院成绩更正表.xlsx")
LATER_RESULTS = File("trade", "外经贸补报.ndjson")

ROSTER_OF_THREE_TWO = File("yanshan", "汽修3+2贯通班名单.xlsx")
SCORES_OF_THREE_TWO = File("vocational", "汽修3+2转段考试成绩.xlsx")
RESIT_OF_THREE_TWO = File("vocational", "汽修3+2转段补考成绩.xlsx")
MENDED_OF_THREE_TWO = File("vocational", "汽修3+2转段成绩补报.xlsx")
CORRECTED_OF_THREE_TWO = File("vocational", "汽修3+2转段成绩更正.xlsx")
LATE_OF_THREE_TWO = File("vocational", "汽修3+2转段成绩复核.xlsx")
ROSTER_OF_THREE_FOUR = File("bihai", "计应3+4贯通班名单.xlsx")
SCORES_OF_THREE_FOUR = File("university", "计应3+4转段考试成绩.xlsx")

ROUNDS: tuple[tuple[str, tuple[File, ...]], ...] = (
    ("rosters of schools", SCHOOL_ROSTERS),
    ("rosters of colleges", COLLEGE_ROSTERS),
    ("what was and what else", (*PAST_RESULTS, *CERTIFICATES, TRAININGS, PRACTICE, *BESIDES)),
    ("results of the last year", LAST_RESULTS),
)
"""Files of one round may come at once. The last one finds its columns known from the one before."""
TO_LOOK_AT = LAST_RESULTS[4]
"""A workbook of two terms with a row that is refused and one that waits."""
EVERY_FILE = (*(file for _, files in ROUNDS for file in files), CORRECTION, LATER_RESULTS)
OF_PATHWAYS = (
    ROSTER_OF_THREE_TWO,
    SCORES_OF_THREE_TWO,
    RESIT_OF_THREE_TWO,
    MENDED_OF_THREE_TWO,
    CORRECTED_OF_THREE_TWO,
    LATE_OF_THREE_TWO,
    ROSTER_OF_THREE_FOUR,
    SCORES_OF_THREE_FOUR,
)
"""Rosters and score sheets of cohorts: they go to their cohort and round, and are no submissions."""
