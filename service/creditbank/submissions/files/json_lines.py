"""NDJSON, one row in each line, and JSON documents of rows: their text, row by row, not yet looked into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import orjson

from creditbank.submissions.cells import SHEET_ROWS, Line
from creditbank.submissions.files.refusals import (
    MIB,
    CharactersUnreadable,
    FileBlank,
    JsonBroken,
    JsonWithoutRows,
    KindTooLarge,
    Limits,
    RowTooLarge,
    TooManyRows,
    at_row,
)

BOM = b"\xef\xbb\xbf"
CHUNK = 1 << 18
BLANK = b" \t\r\n"


def lines_of_ndjson(file: IO[bytes], *, limits: Limits) -> Iterator[Line]:
    """Every line with anything in it, numbered as it stands in the file.

    Whether it is JSON is for whoever reads the row: one bad row never stops the others. What would lose rows, a line
    without end or bytes that are no UTF-8, refuses the file.
    """
    count = before = 0
    for block in _blocks(file, limits=limits):
        try:
            texts = block.decode().split("\n")
        except UnicodeDecodeError as error:
            bad = before + block.count(b"\n", 0, error.start) + 1
            raise CharactersUnreadable(encoding="UTF-8", **at_row(bad)) from error
        for row_no, text in enumerate(texts, start=before + 1):
            stripped = text.strip()
            if stripped:
                count += 1
                if count > limits.rows or row_no > SHEET_ROWS:
                    raise TooManyRows(limit=limits.rows, **at_row(row_no))
                yield Line(row_no, (), stripped)
        before += len(texts)
    if not count:
        raise FileBlank


def _blocks(file: IO[bytes], *, limits: Limits) -> Iterator[bytes]:
    """Whole lines, many at a time, without the line break of the last."""
    file.seek(0)
    # No line that begins and ends inside a piece can be over the limit; one that comes from before is looked at.
    size = min(CHUNK, limits.row)
    file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
    begun = b""
    row_no = 1
    while piece := file.read(size):
        first, line_break, rest = piece.partition(b"\n")
        if len(begun) + len(first) > limits.row:
            raise RowTooLarge(limit_kib=limits.row // 1024, **at_row(row_no))
        begun += first
        if line_break:
            whole, line_break, open_end = rest.rpartition(b"\n")
            block = begun + b"\n" + whole if line_break else begun
            row_no += block.count(b"\n") + 1
            yield block
            begun = open_end
    if begun:
        yield begun


def lines_of_json(file: IO[bytes], size: int, *, limits: Limits) -> Iterator[Line]:
    """Each row of a document, written anew as one line and numbered by its place."""
    if size > limits.json:
        raise KindTooLarge(
            what_zh="JSON 文件",
            what_en="A JSON document",
            instead_zh="，或改用 NDJSON（每行一个对象）",
            instead_en=", or send NDJSON (one object in each line)",
            limit_mib=limits.json // MIB,
        )
    file.seek(0)
    rows = _rows(file.read().removeprefix(BOM), limits=limits)
    if not rows:
        raise FileBlank
    if len(rows) > limits.rows:
        raise TooManyRows(limit=limits.rows, **at_row(limits.rows))
    for row_no, row in enumerate(rows, start=1):
        written = orjson.dumps(row)
        if len(written) > limits.row:
            raise RowTooLarge(limit_kib=limits.row // 1024, **at_row(row_no))
        yield Line(row_no, (), written.decode())


def _rows(content: bytes, *, limits: Limits) -> list[Any]:
    # Small objects cost thirty times their text in memory, so they are counted before any is made.
    if content.count(b"{") + content.count(b"[") > 2 * limits.rows:
        raise TooManyRows(limit=limits.rows, **at_row(limits.rows))
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise JsonBroken(line=error.lineno, column=error.colno) from error
    if isinstance(found, dict) and found.keys() == {"rows"}:
        found = found["rows"]
    if not isinstance(found, list):
        raise JsonWithoutRows
    return found


def is_ndjson(head: bytes, *, whole: bool) -> bool:
    """Whether what begins with an object is a row in each line, rather than one document; `head` begins with it.

    A document says {"rows": …}, or its first line is not yet an object. A row alone is NDJSON of one line.
    """
    first, line_break, rest = head.partition(b"\n")
    if not line_break and not whole:
        return True
    try:
        found = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    alone = whole and not rest.strip(BLANK)
    return not (alone and isinstance(found, dict) and found.keys() == {"rows"})
