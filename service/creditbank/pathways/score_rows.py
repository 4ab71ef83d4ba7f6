"""One line of a score sheet as scores: points, several markers' points, or what happened instead of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from creditbank.pathways.score_columns import (
    FIELDS,
    REMARK,
    Laid,
    Word,
    read_points,
    read_remark,
    read_sitting,
    subjects_of,
)
from creditbank.pathways.sheet_refusals import (
    MarkerMissing,
    MarksDisagree,
    RowNamesNobody,
    RowWithoutScore,
    SittingNotNamed,
    SubjectNotOfRound,
    WordAndPoints,
)
from creditbank.pathways.sheets import Column, Reading, cell_at, is_empty
from creditbank.pathways.statement_topics import WITHOUT_POINTS, Sitting, mean_of
from creditbank.submissions.cells import Line, place_of
from creditbank.submissions.rows import CellsUnreadable
from creditbank.submissions.sheets.cell_faults import CellFault, cell_fault, disagrees, missing
from creditbank.submissions.sheets.wordings import fold

_INSTEAD = (*WITHOUT_POINTS, "exempted")
"""Words that leave no points beside them; many systems write the points 0 there."""
_FIELD = {each.name: each for each in FIELDS}


@dataclass(frozen=True, slots=True)
class Score:
    """What a row says of one subject: points, or the markers' points, and a result where a word says it."""

    subject: str
    sitting: int
    points: Decimal | None
    marks: tuple[Decimal, ...]
    result: Word | None

    @property
    def counted(self) -> Decimal:
        """The points that it comes to; without any, 0."""
        return mean_of(list(self.marks)) if self.marks else self.points or Decimal(0)

    def said(self) -> dict[str, Any]:
        """As a statement says it: one marker's points are the points, those of several are given each."""
        several = len(self.marks) > 1
        none = self.points is None and not self.marks
        return {
            "subject": self.subject,
            "sitting": self.sitting,
            "points": None if several or none else f"{self.counted:f}",
            "marks": [f"{mark:f}" for mark in self.marks] if several else None,
            "result": self.result,
        }


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of a score sheet: whose it is by its own words, and what it says."""

    row_no: int
    name: str
    student_no: str | None
    member_no: str | None
    scores: tuple[Score, ...]


@dataclass(slots=True)
class _Said:
    """The cells of one subject."""

    subject: str
    points: Decimal | None = None
    marks: list[Decimal] = field(default_factory=list)
    markers: int = 0
    words: dict[Word, Column] = field(default_factory=dict)

    def take(self, column: Column, said: Decimal | Word | None, *, mark: bool) -> None:
        """One cell of points."""
        self.markers += mark
        if isinstance(said, str):
            self.words.setdefault(said, column)
        elif said is not None and mark:
            self.marks.append(said)
        elif said is not None:
            self.points = said


def row_of(laid: Laid, line: Line, sittings: Sequence[Sitting], *, sitting: int | None = None) -> ScoreRow:
    """What a line says; `sitting` holds for rows that name none.

    Raises CellsUnreadable, RowNamesNobody, RowWithoutScore, SubjectNotOfRound, SittingNotNamed, MarkerMissing,
    MarksDisagree, WordAndPoints.
    """
    reading = Reading(line, [])
    who = {name: reading.field(laid.fields, _FIELD[name]) for name in ("learner_name", "student_no", "member_no")}
    named = reading.read(laid.fields.get("sitting"), "sitting", read_sitting) or sitting
    said = _wide(laid, reading) if laid.is_wide else _long(laid, reading)
    _one_word_each(reading, said)
    total = reading.read(laid.fields.get("total"), "total", read_points) if _has_total(laid, line) else None
    if reading.faults:
        raise CellsUnreadable(reading.faults, place_of(line.row_no)[1], {})
    if who["learner_name"] is None or (who["student_no"] is None and who["member_no"] is None):
        zh, en = ("姓名", "name") if who["learner_name"] is None else ("学号或学员编号", "student or member number")
        raise RowNamesNobody(wanted_zh=zh, wanted_en=en)
    scores = [score for each in said if (score := _score(each, sittings, named)) is not None]
    if not scores:
        raise RowWithoutScore
    if isinstance(total, Decimal) and laid.is_wide:
        _must_add_up(total, scores)
    return ScoreRow(line.row_no, who["learner_name"], who["student_no"], who["member_no"], tuple(scores))


def _long(laid: Laid, reading: Reading) -> list[_Said]:
    """One row, one subject."""
    subject = reading.field(laid.fields, _FIELD["subject"])
    said = _Said(subject or "")
    _take(said, reading, laid.fields.get("points"), mark=False)
    for column in laid.markers:
        _take(said, reading, column, mark=True)
    _remark(said, reading, laid.fields.get("remark"))
    if subject is None and not reading.faults:
        column = laid.fields["subject"]
        reading.faults.append(_missing(reading, column))
    return [said]


def _wide(laid: Laid, reading: Reading) -> list[_Said]:
    """One row, all subjects that have a column; a remark that has no subject is about all of them."""
    of: dict[str, _Said] = {}
    for part, column in laid.parts:
        said = of.setdefault(part.subject, _Said(part.subject))
        if part.what == "remark":
            _remark(said, reading, column)
        else:
            _take(said, reading, column, mark=part.what == "mark")
    for said in of.values():
        _remark(said, reading, laid.fields.get("remark"))
    return list(of.values())


def _take(said: _Said, reading: Reading, column: Column | None, *, mark: bool) -> None:
    if column is not None:
        said.take(column, reading.read(column, "points", read_points), mark=mark)


def _remark(said: _Said, reading: Reading, column: Column | None) -> None:
    word = reading.read(column, REMARK.name, read_remark)
    if word is not None:
        assert column is not None
        said.words.setdefault(word, column)


def _missing(reading: Reading, column: Column) -> CellFault:
    row = place_of(reading.line.row_no)[1]
    return cell_fault(column.at, column.header, "subject", row, None, missing("科目", "the subject"))


def _one_word_each(reading: Reading, said: Iterable[_Said]) -> None:
    """缺考 in one column and 作弊 in another is a contradiction that a person resolves."""
    row = place_of(reading.line.row_no)[1]
    for each in said:
        for column in list(each.words.values())[1:]:
            cell = cell_at(reading.line, column)
            reading.faults.append(cell_fault(column.at, column.header, "result", row, cell, disagrees()))


def _has_total(laid: Laid, line: Line) -> bool:
    """Whether the total is a number that somebody wrote: a formula adds up by itself and is not looked at."""
    cell = cell_at(line, laid.fields.get("total"))
    return isinstance(cell, str | int | float) and not is_empty(cell)


def _score(said: _Said, sittings: Sequence[Sitting], named: int | None) -> Score | None:
    """What a row says of one subject; None where it says nothing of it."""
    word = next(iter(said.words), None)
    if word is None and said.points is None and not said.marks:
        return None
    place = _place(said.subject, sittings, named)
    if word in _INSTEAD:
        highest = max((mark for mark in (said.points, *said.marks) if mark is not None), default=Decimal(0))
        if highest:
            raise WordAndPoints(subject=said.subject, word=_shown(word), points=f"{highest:f}")
        return Score(place.subject, place.sitting, None, (), word)
    if said.marks and len(said.marks) < said.markers:
        raise MarkerMissing(subject=said.subject, markers=said.markers, given=len(said.marks))
    score = Score(place.subject, place.sitting, said.points, tuple(said.marks), word)
    if said.marks and said.points is not None and said.points != score.counted:
        raise MarksDisagree(
            what_zh=f"科目“{said.subject}”的成绩", what_en=f"the result of {said.subject}", said=f"{said.points:f}",
            counted=f"{score.counted:f}",
        )  # fmt: skip
    return score


def _shown(word: Word | None) -> str:
    return {"absent": "缺考", "cheated": "作弊", "deferred": "缓考", "exempted": "免考"}.get(word or "", "")


def _place(subject: str, sittings: Sequence[Sitting], named: int | None) -> Sitting:
    """The sitting of a subject; of several the row, or the caller, says which."""
    of_subject = [each for each in sittings if fold(each.subject) == fold(subject)]
    found = [each for each in of_subject if named is None or each.sitting == named]
    if not found:
        zh, en = ("", "") if named is None or not of_subject else (f"第 {named} 场", f" in sitting {named}")
        raise SubjectNotOfRound(subject=subject, subjects=subjects_of(sittings), sitting_zh=zh, sitting_en=en)
    if len(found) > 1:
        numbers = [str(each.sitting) for each in found]
        raise SittingNotNamed(subject=subject, sittings="、".join(numbers))
    return found[0]


def _must_add_up(total: Decimal, scores: Sequence[Score]) -> None:
    """A total that is not the sum of its row tells of a shifted column or a mistyped score."""
    counted = sum((score.counted for score in scores), Decimal(0))
    if total != counted:
        raise MarksDisagree(what_zh="总分", what_en="The total", said=f"{total:f}", counted=f"{counted:f}")
