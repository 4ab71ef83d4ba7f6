"""What holds for every row of a sheet: constants, the lines above the header, the last day of a term."""

from __future__ import annotations

from collections import abc
from typing import Any

from creditbank.submissions.sheets.columns import ENTERED_BY_DEFAULT, PARTS, PERSON, READERS, SPREAD, Field, field_of
from creditbank.submissions.sheets.mapping import FROM_TITLE, TERM_END, Reference, SheetLayout, SheetMapping
from creditbank.submissions.sheets.values import Unread


class Constants:
    """What every row of a sheet says: constants, and what the lines above the header say."""

    def __init__(self, mapping: SheetMapping, layout: SheetLayout) -> None:
        self.row: dict[str, Any] = dict(ENTERED_BY_DEFAULT.get(mapping.kind or "", {}))
        self.learner: dict[str, Any] = {}
        self.aside: dict[str, Any] = {}
        for name, constant in mapping.constants.items():
            field = field_of(name, mapping.kind, act="withdraw")
            if field is None or constant == TERM_END:
                continue
            value = from_title(layout.titles, name, field) if constant == FROM_TITLE else READERS[field.reads](constant)
            if value is None:
                continue
            if field.reads in SPREAD:
                self.row.update(value)
            elif name in PERSON:
                self.learner[PERSON[name]] = value
            elif name in PARTS:
                self.aside[name] = value
            else:
                self.row[name] = value


def from_title(titles: abc.Mapping[str, str], name: str, field: Field) -> Any:
    """What the lines above a header say of a field, or None: an unreadable title says nothing."""
    for written, reads in ((titles.get("academic_term"), "academic_term"), (titles.get("term"), "academic_term")):
        if written is not None and name in ("academic_year", "term", "academic_term"):
            try:
                said = READERS[reads](written)
            except Unread:
                continue
            if said is not None:
                return said if name == "academic_term" else said[name]
    try:
        return READERS[field.reads](titles.get(name))
    except Unread:
        return None


def last_day_of(reference: Reference, when: tuple[Any, Any]) -> str | Unread:
    days = reference.terms.get(when)
    year, term = when
    if days is None:
        return Unread(
            "term_not_published",
            f"没有日期列，而本机构尚未公布 {year} 学年第 {term} 学期的起止日期，无法确定成绩日期。"
            "请先公布学期，或在表中加“考试日期”一列。",
            f"has no date, and your institution has not published term {term} of {year}, so the day of the result is "
            "not known. Publish the term, or add a column with the date of the examination.",
        )
    if days[1] > reference.today:
        return Unread(
            "term_not_over",
            f"没有日期列，而 {year} 学年第 {term} 学期到 {days[1]} 才结束。"
            "请在表中加“考试日期”一列，或待学期结束后报送。",
            f"has no date, and term {term} of {year} ends only on {days[1]}. Add a column with the date of the "
            "examination, or send the file after the term.",
        )
    return days[1].isoformat()
