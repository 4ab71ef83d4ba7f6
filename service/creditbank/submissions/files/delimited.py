"""CSV and its kin (tab, semicolon), in UTF-8, GB18030 or UTF-16: lines as they are read, in flat memory."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Literal

from creditbank.submissions.cells import SHEET_ROWS, Cell, Line
from creditbank.submissions.files.refusals import (
    CharactersUnreadable,
    FileBlank,
    Limits,
    NulInText,
    QuotesAstray,
    RowTooLarge,
    TooManyColumns,
    TooManyRows,
    at_row,
)

Encoding = Literal["utf-8", "gb18030", "utf-16"]

CHUNK = 1 << 18
SAMPLE_CHARACTERS = 1 << 16
SAMPLE_ROWS = 100
DELIMITERS = ",\t;"
UTF_16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

DAMAGE = "\udfff"
"""Stands for bytes that are no character; no file can say it itself, since it is half of a pair."""
_NOT_TEXT = re.compile(f"[\0{DAMAGE}]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return DAMAGE, error.end


codecs.register_error("creditbank.damage", _mark)


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text file that has been looked through once."""

    file: IO[bytes]
    limits: Limits
    encoding: Encoding
    delimiter: str
    doubtful: bool
    """There are NUL characters or bytes that are no characters: each row is looked at for them."""


def open_delimited(file: IO[bytes], *, limits: Limits) -> Delimited:
    """Finds the encoding by reading the file once (twice if it is not UTF-8), and the delimiter from its beginning."""
    encoding, doubtful = _encoding(file)
    with _Text(file, encoding) as text:
        sample = text.read(SAMPLE_CHARACTERS)
    return Delimited(file, limits, encoding, _delimiter(sample), doubtful)


def lines_of(opened: Delimited) -> Iterator[Line]:
    """Every record with anything in it, numbered as a spreadsheet does: blank ones count, quoted breaks do not."""
    limits = opened.limits
    count = 0
    with _Text(opened.file, opened.encoding) as text:
        feed = _Feed(text, limits=limits)
        records = csv.reader(feed, delimiter=opened.delimiter, strict=True)
        try:
            for record in records:
                feed.row_no += 1
                feed.size = feed.lines = 0
                if opened.doubtful:
                    _refuse_what_is_no_text(record, feed.row_no, opened.encoding)
                if not any(map(str.strip, record)):
                    continue
                cells = _cells(record)
                if len(cells) > limits.columns:
                    raise TooManyColumns(limit=limits.columns, **at_row(feed.row_no))
                count += 1
                if count > limits.rows or feed.row_no > SHEET_ROWS:
                    raise TooManyRows(limit=limits.rows, **at_row(feed.row_no))
                yield Line(feed.row_no, cells)
        except csv.Error as error:
            # The reader says no row; it is the one that had begun.
            if feed.lines == 1 and feed.size > csv.field_size_limit():
                raise RowTooLarge(limit_kib=csv.field_size_limit() // 1024, **at_row(feed.row_no + 1)) from error
            raise QuotesAstray(**at_row(feed.row_no + 1)) from error
    if not count:
        raise FileBlank


def _cells(record: list[str]) -> tuple[Cell, ...]:
    """An empty cell is nothing, and nothing stands behind the last that has something."""
    last = len(record)
    while not record[last - 1]:
        last -= 1
    return tuple([cell or None for cell in record[:last]])


class _Text(io.TextIOWrapper):
    """Text of a file that somebody else closes; line breaks are left to the reader of CSV."""

    def __init__(self, file: IO[bytes], encoding: Encoding) -> None:
        file.seek(0)
        codec = "utf-8-sig" if encoding == "utf-8" else encoding
        super().__init__(_Unowned(file), encoding=codec, errors="creditbank.damage", newline="")


class _Unowned(io.BufferedIOBase):
    """A file that is not closed with the text over it, and that keeps its own place in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.name = ""
        self.position = 0

    def readable(self) -> bool:
        return True

    def read1(self, _: int = -1) -> bytes:
        self.file.seek(self.position)
        found = self.file.read(CHUNK)
        self.position += len(found)
        return found

    read = read1  # type: ignore[assignment]


class _Feed:
    """Lines of text for the reader of CSV, none longer than a row may be, nor many that make one row together."""

    def __init__(self, text: io.TextIOWrapper, *, limits: Limits) -> None:
        self.text = text
        self.most = limits.row
        self.row_no = 0
        self.size = self.lines = 0
        """Of the record that is being read."""

    def __iter__(self) -> Iterator[str]:
        readline, most = self.text.readline, self.most
        while line := readline(most + 1):
            self.size += len(line)
            self.lines += 1
            if self.size > most:
                raise RowTooLarge(limit_kib=most // 1024, **at_row(self.row_no + 1))
            yield line


def _refuse_what_is_no_text(record: list[str], row_no: int, encoding: Encoding) -> None:
    for cell in record:
        found = _NOT_TEXT.search(cell)
        if found is None:
            continue
        if found[0] == DAMAGE:
            raise CharactersUnreadable(encoding=encoding.upper(), **at_row(row_no))
        raise NulInText(**at_row(row_no))


# --- encoding -----------------------------------------------------------------------------------------------------


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(CHUNK):
        yield piece


def _encoding(file: IO[bytes]) -> tuple[Encoding, bool]:
    """The encoding, and whether anything in the file is no text in it."""
    file.seek(0)
    if file.read(2) in UTF_16_BOMS:
        return "utf-16", _is_damaged(file, "utf-16")
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        nul = False
        for piece in _pieces(file):
            decoder.decode(piece)
            nul = nul or b"\0" in piece
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if _is_meant_as_utf_8(file):
            return "utf-8", True
        return "gb18030", _is_damaged(file, "gb18030")
    return "utf-8", nul


def _is_damaged(file: IO[bytes], encoding: Encoding) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("creditbank.damage")
    return any(_NOT_TEXT.search(decoder.decode(piece)) for piece in _pieces(file)) or bool(
        _NOT_TEXT.search(decoder.decode(b"", final=True))
    )


def _is_meant_as_utf_8(file: IO[bytes]) -> bool:
    """Whether a file with bytes that are not UTF-8 is UTF-8 all the same, and damaged.

    Read as UTF-8, nearly every character of a GB18030 text is damage; GB18030 would take most of a damaged UTF-8 text
    for other characters, and nobody would see it.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("creditbank.damage")
    good = bad = 0
    begun = False
    for piece in _pieces(file):
        if not begun and piece.startswith(codecs.BOM_UTF8):
            return True
        begun = True
        text = decoder.decode(piece)
        damaged = text.count(DAMAGE)
        bad += damaged
        good += len(text) - len(text.encode("ascii", "ignore")) - damaged
    return good > bad


# --- delimiter ----------------------------------------------------------------------------------------------------


def _delimiter(sample: str) -> str:
    """The one by which most rows have the same number of columns, more than one; a comma where none does."""

    def rows_alike(delimiter: str) -> tuple[int, int]:
        widths: Counter[int] = Counter()
        try:
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                widths[len(record)] += len(record) > 1
                if widths.total() >= SAMPLE_ROWS:
                    break
        except csv.Error:
            pass  # the sample ends, or breaks, inside a cell: what came before says enough
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return rows, width

    return max(DELIMITERS, key=rows_alike)
