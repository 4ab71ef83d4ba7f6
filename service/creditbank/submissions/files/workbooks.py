"""Workbooks (.xlsx): which sheets there are, the texts and styles they share, and their lines one after another."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from creditbank.submissions.cells import Line
from creditbank.submissions.files.number_formats import BUILT_IN, Shown, shown_as
from creditbank.submissions.files.refusals import (
    MIB,
    FileBlank,
    Limits,
    TooManyRows,
    TooManySheets,
    WorkbookBroken,
    WorkbookUnpacksTooLarge,
    at_sheet_row,
)
from creditbank.submissions.files.worksheets import Merges, Shared, merges_of, rows_of, unescaped
from creditbank.submissions.files.xml_parts import read_through
from creditbank.submissions.files.zipped import Part, refuse_what_unpacks_too_large, unpacked

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
MERGED = b"mergeCell"
MOST_STYLES = 1 << 16
"""Excel allows 65,490."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook that has been looked at and not yet read."""

    file: IO[bytes]
    limits: Limits
    names: tuple[str, ...]
    sheets: tuple[Part, ...]
    texts: Part | None
    styles: Part | None
    since_1904: bool


def open_workbook(file: IO[bytes], parts: dict[str, Part], *, limits: Limits) -> Workbook:
    """The sheets of a workbook in their order, hidden ones too; charts and dialogs are none."""
    refuse_what_unpacks_too_large(parts, limits)
    listed: list[tuple[str, str]] = []
    since_1904 = False

    def in_workbook(name: str, attributes: dict[str, str]) -> None:
        nonlocal since_1904
        if name == "workbookPr":
            since_1904 = attributes.get("date1904") in ("1", "true", "on")
        elif name == "sheet":
            related = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            listed.append((attributes.get("name", ""), related))

    read_through(unpacked(file, _needed(parts, WORKBOOK)), start=in_workbook)
    kinds = _relations(file, parts)
    sheets = [(name, kinds[related][1]) for name, related in listed if kinds.get(related, ("", ""))[0] == "worksheet"]
    if not sheets:
        raise WorkbookBroken(why_zh="没有工作表", why_en="there is no worksheet in it")
    if len(sheets) > limits.sheets:
        raise TooManySheets(sheets=len(sheets), limit=limits.sheets)
    others = dict(kinds.values())
    return Workbook(
        file=file,
        limits=limits,
        names=tuple(name for name, _ in sheets),
        sheets=tuple(_needed(parts, target) for _, target in sheets),
        texts=parts.get(others.get("sharedStrings", "xl/sharedstrings.xml")),
        styles=parts.get(others.get("styles", "xl/styles.xml")),
        since_1904=since_1904,
    )


def _needed(parts: dict[str, Part], name: str) -> Part:
    if name not in parts:
        raise WorkbookBroken(why_zh="缺少必要的部分", why_en="a part that it needs is missing")
    return parts[name]


def _relations(file: IO[bytes], parts: dict[str, Part]) -> dict[str, tuple[str, str]]:
    """What each identifier stands for: its kind and the name of the part."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "").replace("\\", "/")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, target.lstrip("/").lower())

    read_through(unpacked(file, _needed(parts, RELATIONS)), start=start)
    return found


def lines_of(workbook: Workbook) -> Iterator[Line]:
    """Every line of every sheet, in order."""
    shared = Shared(
        texts=_texts(workbook),
        shown=_shown(workbook),
        since_1904=workbook.since_1904,
        limits=workbook.limits,
    )
    count = 0
    for sheet_no, part in enumerate(workbook.sheets, start=1):
        merges = _merges(workbook, part)
        for row_no, cells in rows_of(unpacked(workbook.file, part), sheet_no=sheet_no, shared=shared, merges=merges):
            count += 1
            if count > workbook.limits.workbook_rows:
                raise TooManyRows(limit=workbook.limits.workbook_rows, **at_sheet_row(row_no))
            yield Line(row_no, cells)
    if not count:
        raise FileBlank


def _merges(workbook: Workbook, part: Part) -> Merges:
    """Merged ranges stand behind the rows in the XML: a sheet that has some is read twice, any other only unpacked."""
    tail = b""
    for piece in unpacked(workbook.file, part):
        if MERGED in tail + piece:
            return merges_of(unpacked(workbook.file, part), limits=workbook.limits)
        tail = piece[-len(MERGED) :]
    return {}


def _texts(workbook: Workbook) -> list[str]:
    """The table of texts, without their formatting and without readings (phonetic runs)."""
    texts: list[str] = []
    if workbook.texts is None:
        return texts
    most = workbook.limits.shared_texts
    parts: list[str] = []
    listening = phonetic = False
    held = growing = 0

    def hold(size: int) -> None:
        nonlocal held
        held += size
        if held + growing > most:
            raise WorkbookUnpacksTooLarge(limit_mib=most // MIB)

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal listening, phonetic, growing
        if name == "t":
            listening = not phonetic
        elif name == "si":
            parts.clear()
            growing = 0
        elif name == "rPh":
            phonetic = True

    def text(piece: str) -> None:
        nonlocal growing
        if listening:
            parts.append(piece)
            growing += len(piece)
            hold(0)

    def end(name: str) -> None:
        nonlocal listening, phonetic
        if name == "t":
            listening = False
        elif name == "rPh":
            phonetic = False
        elif name == "si":
            texts.append(unescaped("".join(parts)))
            hold(sys.getsizeof(texts[-1]))

    read_through(unpacked(workbook.file, workbook.texts), start=start, end=end, text=text)
    return texts


def _shown(workbook: Workbook) -> list[Shown]:
    """How each style shows a number."""
    shown: list[Shown] = []
    if workbook.styles is None:
        return shown
    codes: dict[str, str] = {}
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name in ("numFmts", "cellXfs"):
            inside = name
        elif name == "numFmt" and inside == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and inside == "cellXfs":
            shown.append(_shown_by(attributes.get("numFmtId", "0"), codes))
        if len(shown) > MOST_STYLES or len(codes) > MOST_STYLES:
            raise WorkbookBroken(why_zh="样式过多", why_en="there are too many styles")

    def end(name: str) -> None:
        nonlocal inside
        if name == inside:
            inside = ""

    read_through(unpacked(workbook.file, workbook.styles), start=start, end=end)
    return shown


def _shown_by(identifier: str, codes: dict[str, str]) -> Shown:
    if identifier in codes:
        return shown_as(codes[identifier])
    return BUILT_IN.get(int(identifier), "number") if identifier.isascii() and identifier.isdigit() else "number"
