"""Cells that say several things at once: an attempt with its number, a rank with its level, a mark among remarks."""

from __future__ import annotations

import re

from creditbank.institutions.scales import SPECIAL_MARKS
from creditbank.submissions.cells import Cell
from creditbank.submissions.sheets.values import Unread, not_among, plain_of, text_of
from creditbank.submissions.sheets.wordings import CHOICES, fold

_NUMBERED = re.compile("(?:第([0-9一二三四五])次)?(.+?)(?:\\(?第?([0-9一二三四五])次?\\)?)?")
_COUNTED = {c: at for at, c in enumerate("一二三四五六七八九十", start=1)}
_PLACES = {"冠军": 1, "亚军": 2, "季军": 3}
_AWARD_LEVELS = sorted(CHOICES["award_level"], key=len, reverse=True)
_MARKS = frozenset(map(fold, SPECIAL_MARKS))
ZERO_MARKS = frozenset(("缺考", "旷考", "作弊", "违纪", "缓考"))
"""Marks for which many systems write the score 0 beside them."""


def read_attempt(cell: Cell) -> dict[str, str | int] | None:
    """正考, 补考, 重修 or 缓考, with a number where it has one (补考二)."""
    text = fold(plain_of(cell))
    if not text:
        return None
    attempt = CHOICES["attempt"].get(text)
    if attempt is not None:
        return {"attempt": attempt}
    match = _NUMBERED.fullmatch(text)
    attempt = match and CHOICES["attempt"].get(match[2])
    if match is None or attempt is None:
        raise not_among("attempt")
    number = match[1] or match[3]
    return {"attempt": attempt, "attempt_no": int(number) if number.isdigit() else _COUNTED[number]}


def read_exam_attempt(cell: Cell) -> dict[str, str | int] | None:
    """As an attempt; a normal examination says nothing, so that a retake of the course stays one.

    Where 修读性质 and 考试性质 both say something, the examination wins: the makeup of a retake is a makeup.
    """
    said = read_attempt(cell)
    return None if said == {"attempt": "normal"} else said


def read_rank(cell: Cell) -> dict[str, str | int] | None:
    """A prize or a place, with the level of the competition where the cell begins with it (省级一等奖)."""
    text = fold(plain_of(cell))
    if not text:
        return None
    said: dict[str, str | int] = {}
    if text not in CHOICES["rank"]:
        level = next((word for word in _AWARD_LEVELS if text.startswith(word) and text != word), None)
        if level is not None:
            said["level"] = CHOICES["award_level"][level]
            text = text.removeprefix(level)
    text = re.sub(r"\((团体|个人|团队)\)$|^(团体|个人)", "", text)
    place = re.fullmatch("第?([0-9]{1,3}|[一二三四五六七八九十])名?", text)
    if text in CHOICES["rank"]:
        return said | {"rank": CHOICES["rank"][text]}
    if text in _PLACES:
        return said | {"place": _PLACES[text]}
    if place is not None and "名" in text:
        return said | {"place": int(place[1]) if place[1].isdigit() else _COUNTED[place[1]]}
    zh = "应为一等奖、二等奖、三等奖、优秀奖，或“第3名”。没有对应奖项的（如特等奖），请与学分银行商定填法。请改正。"
    en = "should be first, second, third, excellence, or a place. For a prize that is none of these, ask the bank."
    raise Unread("word_not_known", zh, en)


def read_mark(cell: Cell) -> str | None:
    """A mark that stands for a score (缺考, 缓考 …) if the remark is one; any other remark says nothing to the bank."""
    text = fold(text_of(cell))
    return text if text in _MARKS else None
