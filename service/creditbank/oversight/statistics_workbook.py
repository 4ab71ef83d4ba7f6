"""Statistics as a workbook: a sheet for each breakdown, with what the dashboard shows and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from pydantic import BaseModel

from creditbank.errors import Language
from creditbank.http import as_text
from creditbank.oversight.statistics_schemas import StatisticsOut

Column = tuple[str, str, str]

_MONTH: Column = ("month", "月份", "Month")
_YEAR: Column = ("year", "取得年份", "Year")
_INSTITUTION: Column = ("institution", "机构", "Institution")
_ACCOUNTS: tuple[Column, ...] = (
    ("opened", "开户", "Opened"),
    ("activated", "激活", "Activated"),
    ("closed", "注销", "Closed"),
)
_RECORDS: tuple[Column, ...] = (
    ("reported", "报送", "Reported"),
    ("corrected", "更正", "Corrected"),
    ("withdrawn", "撤回", "Withdrawn"),
)
_SCHEME: Column = ("scheme", "学分体系", "Scheme")
_CREDITS: tuple[Column, ...] = (("credits", "学分", "Credits"), ("postings", "记账笔数", "Postings"))
_REFUSED: tuple[Column, ...] = (("refused", "不予认定", "Refused"),)
_CLAUSE: tuple[Column, ...] = (
    ("about", "存入或转换", "Deposit or conversion"),
    ("document", "规则文件", "Rule document"),
    ("clause", "条款", "Clause"),
    ("says", "条款内容", "What it says"),
)
_WHAT: Column = ("what", "事项", "What")
_DAYS: tuple[Column, ...] = (
    ("decided", "办结", "Decided"),
    ("median", "半数不超过（天）", "Half within (days)"),
    ("ninth_tenth", "九成不超过（天）", "Nine in ten within (days)"),
    ("longest", "最长（天）", "Longest (days)"),
)

_MEASURED = {name for columns in (_ACCOUNTS, _RECORDS, _CREDITS, _REFUSED, _DAYS) for name, *_ in columns}

_SHEETS: tuple[tuple[str, str, str, str, tuple[Column, ...]], ...] = (
    ("accounts", "by_month", "账户按月", "Accounts by month", (_MONTH, *_ACCOUNTS)),
    ("records", "by_kind", "成果按类别", "Records by kind", (("kind", "类别", "Kind"), *_RECORDS)),
    ("records", "by_institution", "成果按机构", "Records by institution", (_INSTITUTION, *_RECORDS)),
    ("records", "by_month", "成果按月", "Records by month", (_MONTH, *_RECORDS)),
    ("records", "by_year", "成果按取得年份", "Records by year", (_YEAR, *_RECORDS)),
    ("deposits", "total", "存入", "Deposits", (_SCHEME, *_CREDITS)),
    ("deposits", "by_institution", "存入按机构", "Deposits by institution", (_SCHEME, _INSTITUTION, *_CREDITS)),
    ("deposits", "by_month", "存入按月", "Deposits by month", (_SCHEME, _MONTH, *_CREDITS)),
    ("deposits", "by_year", "存入按取得年份", "Deposits by year", (_SCHEME, _YEAR, *_CREDITS)),
    ("conversions", "total", "转换", "Conversions", (_SCHEME, *_CREDITS)),
    ("conversions", "by_institution", "转换按院校", "Conversions by college", (_SCHEME, _INSTITUTION, *_CREDITS)),
    ("conversions", "by_month", "转换按月", "Conversions by month", (_SCHEME, _MONTH, *_CREDITS)),
    ("refusals", "by_clause", "不予认定按条款", "Refusals by clause", (*_CLAUSE, *_REFUSED)),
    ("refusals", "by_institution", "不予认定按机构", "Refusals by institution", (_INSTITUTION, *_REFUSED)),
    ("refusals", "by_month", "不予认定按月", "Refusals by month", (_MONTH, *_REFUSED)),
    ("days", "total", "办理时长", "Days to decide", (_WHAT, *_DAYS)),
    ("days", "by_institution", "办理时长按机构", "Days by institution", (_WHAT, _INSTITUTION, *_DAYS)),
    ("days", "by_month", "办理时长按月", "Days by month", (_WHAT, _MONTH, *_DAYS)),
)


def statistics_workbook(
    found: StatisticsOut, language: Language, *, words: Mapping[tuple[str, str], str] | None = None
) -> IO[bytes]:
    """A sheet for each breakdown; `words` says what a kind or a scheme is called, by column and word."""
    place = 0 if language == "zh" else 1
    made = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book = xlsxwriter.Workbook(made, {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    head = book.add_worksheet(("说明", "About")[place])
    head.set_column(0, 1, 28)
    for at, (title, value) in enumerate(_about(found, place)):
        head.write_string(at, 0, title, bold)
        head.write(at, 1, value)
    for part, breakdown, *titles, columns in _SHEETS:
        sheet = book.add_worksheet(str(titles[place]))
        sheet.set_column(0, len(columns) - 1, 18)
        for column, (_, *said) in enumerate(columns):
            sheet.write_string(0, column, said[place], bold)
        lines: Sequence[BaseModel] = getattr(getattr(found, part), breakdown)
        for at, line in enumerate(lines, start=1):
            row = line.model_dump()
            row["says"] = row.get(f"says_{language}")
            for column, (name, *_) in enumerate(columns):
                _write(sheet, at, column, _cell(name, row, words or {}, found.fewest, place))
    book.close()
    made.seek(0)
    return made


def _about(found: StatisticsOut, place: int) -> list[tuple[str, Any]]:
    fewest = found.fewest
    return [
        (("起始日期", "From")[place], found.since.isoformat()),
        (("截止日期", "To")[place], found.until.isoformat()),
        (("生成时间", "Made")[place], found.made_at.isoformat(timespec="seconds")),
        (("机构", "Institution")[place], "" if found.institution_id is None else str(found.institution_id)),
        (("开户", "Accounts opened")[place], _or_few(found.accounts.total.opened, fewest)),
        (("激活", "Accounts activated")[place], _or_few(found.accounts.total.activated, fewest)),
        (("报送成果", "Records reported")[place], _or_few(found.records.total.reported, fewest)),
        (("不予认定", "Refused")[place], _or_few(found.refusals.total.refused, fewest)),
        (
            ("小数保护", "Small counts")[place],
            (f"“<{fewest}” 表示不足 {fewest} 人，或可据以推算出此类数字", f"“<{fewest}” stands on fewer than {fewest} people, or would tell such a figure")[place],  # noqa: E501
        ),
    ]  # fmt: skip


def _or_few(value: int | None, fewest: int) -> int | str:
    return f"<{fewest}" if value is None else value


def _cell(name: str, row: Mapping[str, Any], words: Mapping[tuple[str, str], str], fewest: int, place: int) -> Any:
    value = row[name]
    if value is None:
        return f"<{fewest}" if name in _MEASURED else ""
    if name == "credits":
        return Decimal(value)
    if name == "about":
        return {"deposit": ("存入", "deposit"), "conversion": ("转换", "conversion")}[value][place]
    if name == "what":
        return {"claims": ("转换申请", "claims"), "appeals": ("申诉", "appeals"), "held_rows": ("待核行", "held rows")}[
            value
        ][place]
    return words.get((name, value), value) if isinstance(value, str) else value


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, date):
        sheet.write_string(row, column, value.isoformat()[:7])
    elif isinstance(value, int | Decimal):
        sheet.write_number(row, column, value)
    elif value:
        sheet.write_string(row, column, as_text(str(value)))
