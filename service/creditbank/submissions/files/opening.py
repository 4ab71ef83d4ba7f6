"""Files with rows in them, of whatever kind: told by their content, opened by one function, read line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Literal

from creditbank.submissions.cells import Line
from creditbank.submissions.files import delimited, json_lines, workbooks
from creditbank.submissions.files.refusals import (
    LIMITS,
    MIB,
    BinaryWorkbook,
    CharactersUnreadable,
    FileBlank,
    FileEmpty,
    FileIsArchive,
    FileIsDocument,
    FileIsPdf,
    FileIsPicture,
    FileIsWebPage,
    FileNotText,
    FileRefused,
    KindTooLarge,
    Limits,
    OldWorkbook,
    OpenDocument,
    WorkbookEncrypted,
    at_row,
)
from creditbank.submissions.files.zipped import Part, parts_of

Format = Literal["xlsx", "csv", "ndjson", "json"]

HEAD = 1 << 16
BLANK = b" \t\r\n\v\f"
LINES_OF_OBJECTS = (".ndjson", ".jsonl")
DOCUMENT = ".json"

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Compound File Binary: Office 97-2003, and anything of Office that is encrypted."""
BEGINNINGS: tuple[tuple[bytes, type[FileRefused]], ...] = (
    (b"%PDF", FileIsPdf),
    (b"\x89PNG", FileIsPicture),
    (b"\xff\xd8\xff", FileIsPicture),
    (b"GIF8", FileIsPicture),
    (b"II*\0", FileIsPicture),
    (b"MM\0*", FileIsPicture),
    (b"Rar!", FileIsArchive),
    (b"7z\xbc\xaf\x27\x1c", FileIsArchive),
    (b"\x1f\x8b", FileIsArchive),
)
LATER: tuple[tuple[int, bytes, type[FileRefused]], ...] = (
    (4, b"ftyphei", FileIsPicture),
    (4, b"ftypmif", FileIsPicture),
    (8, b"WEBP", FileIsPicture),
    (6, b"\0\0\0\0", FileIsPicture),  # BM…: two of its fields are always nought
    (257, b"ustar", FileIsArchive),
)
BITMAP = b"BM"
WEB_PAGE = re.compile(rb"<(!doctype|!--|\?xml|html|head|body|meta|style|script|table|workbook)\b|<!--", re.I)
JSON_DOCUMENT = re.compile(rb'\[\s*[\[\]{"]')


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file whose kind is known and whose rows can be read, as often as one likes and by one reader at a time."""

    format: Format
    encoding: str | None
    sheets: tuple[str, ...]
    """Names of the sheets of a workbook, in order; `place_of` gives the number of one."""
    lines: Callable[[], Iterator[Line]]
    """Every line in order, those without anything left out; refuses the file (FileRefused) where it has to."""


def limits_of(file_mib: int) -> Limits:
    """The limits of a bank that takes files of so many MiB at most."""
    return replace(LIMITS, file=file_mib * MIB)


def open_file(file: IO[bytes], *, file_name: str, size: int, limits: Limits = LIMITS) -> OpenedFile:
    """Looks at a file and says what it is, or refuses it (FileRefused) with what to do instead.

    It has to be seekable, of `size` bytes, and to stay open for as long as lines are read.
    """
    if size == 0:
        raise FileEmpty
    if size > limits.file:
        raise _too_large("文件", "A file", limits.file)
    file.seek(0)
    head = file.read(HEAD)
    _refuse_what_has_no_rows(file, head, limits=limits)
    if head.startswith(ZIP):
        return _workbook(file, size, limits=limits)
    return _text(file, head, file_name=file_name, size=size, limits=limits)


def _too_large(what_zh: str, what_en: str, most: int, *, instead_zh: str = "", instead_en: str = "") -> KindTooLarge:
    return KindTooLarge(
        what_zh=what_zh, what_en=what_en, limit_mib=most // MIB, instead_zh=instead_zh, instead_en=instead_en
    )


def _refuse_what_has_no_rows(file: IO[bytes], head: bytes, *, limits: Limits) -> None:
    if head.startswith(OLE):
        raise _of_office(file, limits=limits)
    for beginning, refusal in BEGINNINGS:
        if head.startswith(beginning):
            raise refusal
    for offset, found, refusal in LATER:
        if head.startswith(found, offset) and (found.strip(b"\0") or head.startswith(BITMAP)):
            raise refusal


def _of_office(file: IO[bytes], *, limits: Limits) -> FileRefused:
    """What a compound file is, by the names of the streams in it, which are written in UTF-16."""
    names: tuple[tuple[str, type[FileRefused]], ...] = (
        ("EncryptedPackage", WorkbookEncrypted),
        ("Workbook", OldWorkbook),
        ("Book", OldWorkbook),
    )
    found: set[str] = set()
    tail = b""
    file.seek(0)
    for _ in range(limits.workbook // HEAD):
        piece = file.read(HEAD)
        if not piece:
            break
        window = tail + piece
        found.update(name for name, _ in names if name.encode("utf-16-le") in window)
        tail = window[-64:]
    return next((refusal() for name, refusal in names if name in found), FileIsDocument())


# --- workbooks ----------------------------------------------------------------------------------------------------


def _workbook(file: IO[bytes], size: int, *, limits: Limits) -> OpenedFile:
    if size > limits.workbook:
        raise _too_large("工作簿", "A workbook", limits.workbook, instead_zh="，或改用 CSV", instead_en=", or send CSV")
    parts = parts_of(file)
    _refuse_another_archive(parts)
    found = workbooks.open_workbook(file, parts, limits=limits)
    return OpenedFile("xlsx", None, found.names, lambda: workbooks.lines_of(found))


def _refuse_another_archive(parts: dict[str, Part]) -> None:
    if workbooks.WORKBOOK in parts:
        return
    if "xl/workbook.bin" in parts:
        raise BinaryWorkbook
    if "mimetype" in parts and "content.xml" in parts:
        raise OpenDocument
    if "word/document.xml" in parts or "ppt/presentation.xml" in parts:
        raise FileIsDocument
    raise FileIsArchive


# --- text ---------------------------------------------------------------------------------------------------------


def _text(file: IO[bytes], head: bytes, *, file_name: str, size: int, limits: Limits) -> OpenedFile:
    utf_16 = head.startswith(delimited.UTF_16_BOMS)
    # Only the beginning is looked at; a character cut in two at its end is of no account.
    seen = head.decode("utf-16", "ignore").encode() if utf_16 else head.removeprefix(json_lines.BOM)
    seen = seen.lstrip(BLANK)
    whole = size <= HEAD
    if WEB_PAGE.match(seen):
        raise FileIsWebPage
    named_as_lines = file_name.lower().endswith(LINES_OF_OBJECTS)
    if not seen and _is_blank(file, utf_16=utf_16):
        raise FileBlank
    named_as_document = file_name.lower().endswith(DOCUMENT) and seen.startswith(b"[")
    if named_as_lines or named_as_document or seen.startswith(b"{") or JSON_DOCUMENT.match(seen):
        if utf_16:
            raise CharactersUnreadable(encoding="UTF-8", **at_row(1))
        if named_as_lines or (seen.startswith(b"{") and json_lines.is_ndjson(seen, whole=whole)):
            return OpenedFile("ndjson", "utf-8", (), lambda: json_lines.lines_of_ndjson(file, limits=limits))
        return OpenedFile("json", "utf-8", (), lambda: json_lines.lines_of_json(file, size, limits=limits))
    if not utf_16 and head.count(0) > len(head) // 16:
        raise FileNotText
    found = delimited.open_delimited(file, limits=limits)
    return OpenedFile("csv", found.encoding, (), lambda: delimited.lines_of(found))


def _is_blank(file: IO[bytes], *, utf_16: bool) -> bool:
    """Whether there is nothing but blanks in all of it."""
    file.seek(0)
    blank = BLANK + (b"\0" + b"".join(delimited.UTF_16_BOMS) if utf_16 else json_lines.BOM)
    while piece := file.read(HEAD):
        if piece.strip(blank):
            return False
    return True
