"""The two pathways of the city and who is in their cohorts: ordinary learners of the files, each for one thing that a
round can come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.demo import shelf
from creditbank.demo.history import History
from creditbank.demo.shelf import File

CULTURE, SKILL = "文化综合", "专业综合"
"""The subjects of the stage examinations."""


@dataclass(frozen=True, slots=True)
class Sat:
    """What the score sheet of a sitting says of somebody; None where it says nothing, a word where nobody marked."""

    student_no: str
    culture: int | str
    skill: tuple[int | str, ...]
    """Each marker's points."""
    culture_result: str | None = "合格"
    skill_result: str | None = "合格"

    @property
    def total(self) -> int | None:
        """As the college adds it up: the markers' mean counts."""
        if isinstance(self.culture, str) or any(isinstance(mark, str) for mark in self.skill):
            return None
        return self.culture + sum(int(mark) for mark in self.skill) // len(self.skill)


@dataclass(frozen=True, slots=True)
class Way:
    """A pathway of the city with its one cohort and round."""

    key: str
    kind: str
    name: str
    name_en: str
    track: str
    school: str
    school_programme: str
    college: str
    college_programme: str
    years_at_school: int
    years: int
    courses: tuple[tuple[str, str], ...]
    """Which course of the school counts for which of the college."""
    said: Mapping[str, Any]
    filing_no: str
    quota: int
    seats: int
    cohort: str
    cohort_filing_no: str
    pupils: tuple[str, ...]
    """Student numbers in the order of the roster."""
    roster: File
    full: tuple[int, int]
    """Full marks of the two subjects."""
    sittings: tuple[str, ...]
    """The day of each."""
    round_filing_no: str

    def declared(self) -> list[dict[str, Any]]:
        """The sittings as a round declares them: a resit repeats every subject."""
        subjects = [
            {"subject": CULTURE, "full": str(self.full[0])},
            {"subject": SKILL, "full": str(self.full[1]), "drawn": True},
        ]
        return [
            {"no": no, "on": on, "subjects": subjects, "set_by": "college", "marked_by": "college"}
            for no, on in enumerate(self.sittings, start=1)
        ]


_SAID = {
    "agreement.school_students": 1860,
    "agreement.school_clean_years": 3,
    "agreement.programme_age": 12,
    "agreement.programme_yearly": 120,
    "agreement.graduated_cohorts": 9,
}
"""What the schools say of themselves for the filing; invented."""

THREE_TWO = Way(
    key="three_two",
    kind="three_two",
    name="汽车运用与维修—汽车检测与维修技术 三二分段（演示）",
    name_en="Vehicle maintenance 3+2 (demo)",
    track="汽车",
    school="yanshan",
    school_programme="700206",
    college="vocational",
    college_programme="500211",
    years_at_school=3,
    years=5,
    courses=(("YS2102", "YS5301"), ("YS2103", "YS5304"), ("YS2107", "YS5308")),
    said=_SAID,
    filing_no="演示贯备〔2023〕1号",
    quota=40,
    seats=6,
    cohort="2023级汽修3+2班（演示）",
    cohort_filing_no="演示贯班〔2023〕1号",
    pupils=(
        "202301902", "202301001", "202301002", "202301003", "202301004", "202301005", "202301006", "202301007",
        "202301008", "202301009", "202301010", "202301901",
    ),
    roster=shelf.ROSTER_OF_THREE_TWO,
    full=(150, 200),
    sittings=("2026-05-23", "2026-06-20"),
    round_filing_no="演示转段〔2026〕1号",
)  # fmt: skip

THREE_FOUR = Way(
    key="three_four",
    kind="three_four",
    name="计算机应用—计算机科学与技术 中本贯通（演示）",
    name_en="Computing 3+4 (demo)",
    track="计算机",
    school="bihai",
    school_programme="710201",
    college="university",
    college_programme="080901",
    years_at_school=3,
    years=7,
    courses=(("YS1102", "YS7101"),),
    said=_SAID,
    filing_no="演示贯备〔2023〕2号",
    quota=20,
    seats=2,
    cohort="2023级计应3+4班（演示）",
    cohort_filing_no="演示贯班〔2023〕2号",
    pupils=("202301003", "202301004", "202301005", "202301006", "202301008", "202301007"),
    roster=shelf.ROSTER_OF_THREE_FOUR,
    full=(300, 200),
    sittings=("2026-06-06",),
    round_filing_no="演示转段〔2026〕2号",
)
WAYS = (THREE_TWO, THREE_FOUR)

# --- what the college states: first the sitting, then what came later ------------------------------------------------

_ABSENT = "缺考"
SAT_OF_THREE_TWO = (
    Sat("202301902", 121, (188, 190)),
    Sat("202301001", 112, (183, 185)),
    Sat("202301002", 104, (176, 176)),
    Sat("202301004", 141, (130, 130)),  # the college mistyped 114
    Sat("202301005", 103, (151, 153)),  # 255 each: a tie for the last place, once there is one
    Sat("202301006", 97, (157, 159)),
    Sat("202301007", 98, (150, 152)),
    Sat("202301008", 95, (_ABSENT, _ABSENT), skill_result=None),
    Sat("202301009", _ABSENT, (_ABSENT, _ABSENT), culture_result=None, skill_result=None),
    Sat("202301010", 111, (149, 149), skill_result=None),  # whether that is a pass stays open: left out
    Sat("202301901", 106, (181, 183), skill_result=None),  # reported later
)
"""Of the one who is suspended there is no row."""
RESIT = Sat("202301008", 118, (163,))
"""Whoever missed one subject repeats both."""
MENDED = Sat("202301901", 106, (181, 183))
CORRECTED = Sat("202301004", 114, (130, 130))
"""What the answer sheet says, after an objection."""
LATE = Sat("202301002", 101, (176, 176))
"""Found when the list was frozen: a review."""
SAT_OF_THREE_FOUR = (
    Sat("202301003", 240, (168,)),
    Sat("202301004", 228, (160,)),
    Sat("202301005", 219, (150,)),
    Sat("202301006", 222, (155,)),
    Sat("202301008", 210, (148,)),
    Sat("202301007", 236, (162,)),
)

CORRECTED_PUPIL, MENDED_PUPIL, LEFT_OUT, SUSPENDED = "202301004", "202301901", "202301010", "202301003"
TIED = ("202301005", "202301006")
TAKEN_OF_THE_TIED = TIED[1]
RESAT, GIVES_UP, CORRECTED_LATE = "202301008", "202301001", "202301002"
SANCTIONED, UNFIT, BELOW, OBJECTED_OUT, FIRST = "202301004", "202301006", "202301008", "202301007", "202301003"
"""Of the cohort of 3+4: a demerit, a medical finding, a process assessment that was not passed, left out by an
objection, and the first of the list."""


def name_of(history: History, way: Way, student_no: str) -> str:
    """A pupil's name as the school knows it."""
    return next(
        str(row["learner"]["name"])
        for row in history.enrolments[way.school]
        if row["learner"].get("student_no") == student_no
    )


def member_no(way: Way, student_no: str) -> int:
    """A pupil's number in the cohort: the order of the roster."""
    return way.pupils.index(student_no) + 1
