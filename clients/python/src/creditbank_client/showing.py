"""What the command line says to people, in Chinese or in English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from creditbank_client.errors import Problem
from creditbank_client.submissions import Preview, Submission, SubmissionRow

SHEET_ROWS = 1 << 20
"""Rows of a worksheet: the one number of a row goes on behind them on the next sheet."""
Language = Literal["zh", "en"]

_OUTCOMES = {
    "deposited": ("存入", "deposited"),
    "unchanged": ("未变", "unchanged"),
    "corrected": ("更正", "corrected"),
    "withdrawn": ("撤回", "withdrawn"),
    "reassigned": ("改派", "reassigned"),
    "acceptable": ("可受理", "acceptable"),
    "held": ("待核", "held"),
    "refused": ("不予受理", "refused"),
}
_STATUSES = {
    "sending": ("上传", "sending"),
    "receiving": ("接收中", "receiving"),
    "reading": ("读取中", "reading"),
    "needs_mapping": ("待确认列对应", "needs a column mapping"),
    "queued": ("排队中", "queued"),
    "running": ("办理中", "running"),
    "paused": ("已暂停", "paused"),
    "done": ("已完成", "done"),
    "cancelled": ("已取消", "cancelled"),
    "failed": ("未受理", "refused as a whole"),
    "expired": ("已过期", "expired"),
}


def status_word(status: str, language: Language) -> str:
    """A status as people call it."""
    return _said(_STATUSES.get(status, (status, status)), language)


def outcome_word(outcome: str, language: Language) -> str:
    """An outcome as people call it."""
    return _said(_OUTCOMES.get(outcome, (outcome, outcome)), language)


def counts(counted: Mapping[str, int], language: Language) -> str:
    """How many rows came to what: 存入 19700，不予受理 300."""
    order = {outcome: place for place, outcome in enumerate(_OUTCOMES)}
    several = sorted(((o, n) for o, n in counted.items() if n), key=lambda one: order.get(one[0], len(order)))
    return _said(("，", ", "), language).join(f"{outcome_word(o, language)} {n}" for o, n in several)


def sentence(problem: Problem, language: Language) -> str:
    """What a problem says to people."""
    return problem.detail_zh if language == "zh" else problem.detail_en


def about(submission: Submission, language: Language) -> list[str]:
    """A submission in a few lines."""
    name = submission.file_name or submission.submission_id
    trial = _said(("（试报）", " (dry run)"), language) if submission.dry_run else ""
    records = (submission.rows or 0) - submission.set_aside
    many = _said((f"，{records} 行", f", {records} rows"), language) if records > 0 else ""
    lines = [f"{plain(name)}{trial}{_said(('：', ': '), language)}{status_word(submission.status, language)}{many}"]
    if any(submission.counts.values()):
        lines.append("  " + counts(submission.counts, language))
    if any(submission.warnings.values()):
        warned = ", ".join(f"{code} {many}" for code, many in sorted(submission.warnings.items()) if many)
        lines.append(f"  {_said(('提醒', 'warnings'), language)}: {warned}")
    if submission.problem is not None:
        lines.append(f"  {submission.problem.code}: {plain(sentence(submission.problem, language))}")
    if submission.status == "paused" and submission.continue_at is not None:
        lines.append("  " + _said(("将于 {} 继续", "goes on at {}"), language).format(instant(submission.continue_at)))
    if submission.status == "cancelled" and submission.cancelled_after_row is not None:
        sheet, row = divmod(submission.cancelled_after_row - 1, SHEET_ROWS)
        stopped = ("停在第 {} 行之后；之前的行已办理", "stopped after row {}; the rows before it are done")
        where = _said(("第 {} 张工作表：", "sheet {}: "), language).format(sheet + 1) if sheet > 0 else ""
        lines.append(f"  {where}{_said(stopped, language).format(row + 1)}")
    if submission.same_file_as is not None:
        same = ("与之前的报送 {} 是同一份文件", "the same file as submission {}")
        lines.append("  " + _said(same, language).format(submission.same_file_as))
    return lines


def about_row(row: SubmissionRow, language: Language) -> str:
    """A row that somebody has to look at: its cells, the code and the sentence."""
    cells = "、".join(one.cell for one in row.cells if one.cell) or _said(("第 {} 行", "row {}"), language).format(
        row.row
    )
    where = f"{row.sheet}!{cells}" if row.sheet else cells
    why = "" if row.problem is None else f"{row.problem.code}  {sentence(row.problem, language)}"
    return plain(f"{where}  {outcome_word(row.outcome, language)}  {why}".rstrip())


def about_preview(preview: Preview, language: Language, *, columns: int | None = None) -> list[str]:
    """What each column would be, what only a person can say, and the first rows as they would be read.

    `columns` is how wide the terminal is: a wide table is cut there.
    """
    heads = [
        _said(head, language) for head in (("列", "at"), ("表头", "header"), ("读作", "read as"), ("内容", "content"))
    ]
    lines = []
    for sheet in preview.sheets:
        what = sheet.get(f"kind_{language}") if sheet.get("used") else _sentence_in(sheet.get("set_aside"), language)
        lines.append(plain(f"{sheet.get('name') or ''}  {what or ''}".strip()))
        if sheet.get("used") and sheet.get("columns"):
            lines += table(heads, [_column(column, language) for column in sheet["columns"]], widest=30)
    lines += _rows_read(preview.rows, language)
    lines = lines if columns is None else [cut_to(line, columns) for line in lines]
    lines += [f"! {plain(_sentence_in(fault, language))}" for fault in preview.faults]
    lines += [f"? {plain(_sentence_in(question, language))}" for question in preview.questions]
    return lines


def _column(column: Mapping[str, Any], language: Language) -> list[str]:
    read_as = column.get(f"field_{language}") or column.get("field") or "—"
    return [column["letter"], column["header"], read_as, "、".join(map(str, column.get("samples") or ()))]


def _rows_read(rows: Sequence[Mapping[str, Any]], language: Language) -> list[str]:
    """The first rows, a column for each field that any of them has."""
    read = [(row, flat) for row in rows if (flat := _flat(row.get("payload") or {}))]
    names = list(dict.fromkeys(name for _, flat in read for name in flat))
    lines = []
    if read:
        heads = [_said(("行", "row"), language), *names]
        lines += table(heads, [[row["row"], *(flat.get(name, "") for name in names)] for row, flat in read], widest=18)
    for row in rows:
        faults = list(row.get("faults") or ()) or [row["why"]] if row.get("why") else row.get("faults") or ()
        lines += [plain(f"! {row['row']}  {_sentence_in(fault, language)}") for fault in faults]
    return lines


def _flat(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row without nesting, its kind and the number of anybody's document: what is printed ends up in logs."""
    flat: dict[str, Any] = {}
    for name, value in payload.items():
        if name == "document" and isinstance(value, Mapping):
            number = str(value.get("number") or "")
            flat["document"] = f"{number[:4]}{'*' * max(0, len(number) - 6)}{number[-2:]}" if len(number) > 6 else "*"
        elif isinstance(value, Mapping):
            flat |= _flat(value)
        elif name != "kind":
            flat[name] = value
    return flat


def _sentence_in(said: Any, language: Language) -> str:
    """The sentence of a question or a fault."""
    if not isinstance(said, Mapping):
        return str(said)
    return str(said.get(language) or said.get(f"detail_{language}") or said.get("detail") or said.get("code") or "")


def submission_table(submissions: Iterable[Submission], language: Language) -> list[str]:
    """Submissions, one a line."""
    heads = (("编号", "id"), ("文件", "file"), ("状态", "status"), ("时间", "at"), ("结果", "outcomes"))
    rows = [
        [
            one.submission_id,
            (one.file_name or "") + (_said(("（试报）", " (dry run)"), language) if one.dry_run else ""),
            status_word(one.status, language),
            "" if one.created_at is None else instant(one.created_at),
            counts(one.counts, language),
        ]
        for one in submissions
    ]
    return table([_said(head, language) for head in heads], rows)


def instant(at: datetime) -> str:
    """An instant as clocks here show it."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, widest: int = 40) -> list[str]:
    """Columns under their heads; a Chinese character takes the room of two letters."""
    lines = [[cut_to(plain("" if cell is None else str(cell)), widest) for cell in line] for line in (heads, *rows)]
    widths = [max(width_of(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    first, *others = padded
    return [first, "─" * min(sum(widths) + 2 * len(widths) - 2, 120), *others]


def plain(text: str) -> str:
    """Text without what would move the cursor or colour the terminal: it came out of somebody's file."""
    return "".join(" " if unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} else sign for sign in text)


def width_of(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)


def cut_to(text: str, columns: int) -> str:
    """As much of a text as there is room for."""
    if width_of(text) <= columns:
        return text
    kept = ""
    for sign in text:
        if width_of(kept + sign) > columns - 1:
            break
        kept += sign
    return kept + "…"


def _said(sentences: tuple[str, str], language: Language) -> str:
    return sentences[0 if language == "zh" else 1]
