"""Certificate numbers: which of the known forms one has, and the level that can be read in it; pure.

Old occupational qualifications (职业资格证书) have sixteen digits, of which the eleventh is the level, 5 (初级工) to 1
(高级技师); Shanghai wrote thirteen, which three zeros in front make sixteen. Newer skill levels (技能等级) have a
capital letter and twenty-one digits, in which no published rule says where a level stands: none is read there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Form = Literal["sixteen_digits", "thirteen_digits", "letter_and_twenty_one_digits"]

LEVELLED_KINDS = frozenset({"occupational_qualification", "skill_level"})
"""Kinds of certificates whose numbers have these forms; a 1+X certificate's is written otherwise."""

_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("sixteen_digits", re.compile(r"[0-9]{16}")),
    ("thirteen_digits", re.compile(r"[0-9]{13}")),
    ("letter_and_twenty_one_digits", re.compile(r"[A-Z][0-9]{21}")),
)
_PADDING = "000"
_LEVEL_AT = 10
_LEVELS = {"5": "grade_5", "4": "grade_4", "3": "grade_3", "2": "grade_2", "1": "grade_1"}


def written_plainly(number: str) -> str:
    """A number without the width, spaces and hyphens in which it was typed."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", number)).upper()


def form_of(number: str) -> Form | None:
    """Which form a number has; none where it is of no known one."""
    plain = written_plainly(number)
    return next((name for name, pattern in _FORMS if pattern.fullmatch(plain)), None)


def level_in(number: str, *, kind: str) -> str | None:
    """The level that a number of a kind of certificate says; none where it says none that exists."""
    form = form_of(number)
    if kind not in LEVELLED_KINDS or form not in ("sixteen_digits", "thirteen_digits"):
        return None
    plain = written_plainly(number)
    sixteen = _PADDING + plain if form == "thirteen_digits" else plain
    return _LEVELS.get(sixteen[_LEVEL_AT])
