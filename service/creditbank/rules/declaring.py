"""What a fact is: its type and names, what its absence means, who can supply it, and who can change it how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from creditbank.rules.units import Type


@dataclass(frozen=True)
class Supplier:
    """Who can say it when it is not known; `hand` is who that is in the procedure of a claim."""

    zh: str
    en: str
    hand: Literal["department", "registrar", "issuer", "bank", "reporter", "learner", "officer"]


REPORTER = Supplier("报送机构", "the institution that reported it", "reporter")
DEPARTMENT = Supplier("院系", "the department", "department")
REGISTRAR = Supplier("院校教务部门", "the institution's registrar", "registrar")
ISSUER = Supplier("发证机构", "the body that issued it", "issuer")
BANK = Supplier("学分银行", "the credit bank", "bank")
LEARNER = Supplier("学习者", "the learner", "learner")
SCHOOL = Supplier("前段学校教务部门", "the school's registrar", "registrar")
COLLEGE = Supplier("接收院校教务部门", "the college's registrar", "registrar")
EXAM_AUTHORITY = Supplier("教育考试主管部门", "the examination authority, through an officer", "officer")

UNKNOWN = None
"""What most absences mean: nobody has said. A comparison with it is unknown, never met and never refused."""

Way = Literal["", "up", "down", "later", "any"]
"""How the learner can change a fact: not at all, to more, to less, by waiting, or to another value."""


@dataclass(frozen=True)
class Fact:
    """One fact. `step` is the distance at which a case holds a boundary: 59 and 60 hold a pass mark of 60."""

    name: str
    type: Type
    zh: str
    en: str
    supplier: Supplier
    absent: Any = UNKNOWN
    absence_zh: str = "未报送"
    absence_en: str = "not reported"
    step: str = "1"
    always: bool = False
    """It is part of every case; should it be missing all the same, that is unknown too."""
    moves: Way = ""
    """Which way the learner could move it, for the smallest change that would turn a refusal."""
    sensitive: bool = False
    """Only those who decide on it, and the learner, may see it: discipline, health, a person's residence."""
