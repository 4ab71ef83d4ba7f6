"""Files as nobody should send them, and some as people do: workbooks written part by part, zips that lie."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
ROOT_RELATIONS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def sheet_xml(rows: str, *, after: str = "", before: str = "") -> str:
    """A worksheet around the XML of its rows."""
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def parts_of_a_workbook(
    *sheets: str, texts: Sequence[str] = (), styles: str = "", pr: str = "", names: Sequence[str] = ()
) -> dict[str, str]:
    """The parts of a workbook of these worksheets, by name."""
    numbered = list(enumerate(sheets, start=1))
    names = names or [f"表{number}" for number, _ in numbered]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for (number, _), name in zip(numbered, names, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATED}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    relations += f'<Relationship Id="rIdS" Type="{RELATED}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    relations += f'<Relationship Id="rIdY" Type="{RELATED}/styles" Target="styles.xml"/>'
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT_RELATIONS,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">{pr}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">' + "".join(f"<si>{text}</si>" for text in texts) + "</sst>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        **{f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in numbered},
    }


def zipped(parts: dict[str, str | bytes] | Iterable[tuple[str, str | bytes]]) -> bytes:
    """A zip of these parts; given as pairs, a name may come twice."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, content)
    return made.getvalue()


def workbook(*sheets: str, **said: Any) -> bytes:
    """A workbook whose worksheets are written out."""
    return zipped(dict(parts_of_a_workbook(*sheets, **said)))


def of_rows(*rows: str, **said: Any) -> bytes:
    """A workbook with one sheet; each row is the XML of its cells."""
    return workbook(sheet_xml("".join(f'<row r="{n}">{cells}</row>' for n, cells in enumerate(rows, start=1))), **said)


def with_declared_size(content: bytes, name: str, size: int) -> bytes:
    """The same zip, whose directory says another unpacked size of one part."""
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def zip_bomb(*, mib: int, parts: dict[str, str]) -> bytes:
    """A workbook with a part of so many MiB of noughts, made without ever holding them."""
    made = io.BytesIO(zipped(dict(parts)))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/image1.png", "w") as part:
        for _ in range(mib):
            part.write(bytes(1 << 20))
    return made.getvalue()


def repeated_rows(row: bytes, times: int) -> bytes:
    """A workbook whose one sheet repeats a row, deflated a piece at a time."""
    before, _, after = sheet_xml("|").encode().partition(b"|")
    made = io.BytesIO(zipped({n: t for n, t in parts_of_a_workbook("").items() if "sheet1" not in n}))
    with (
        zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        part.write(before)
        for _ in range(times // 1000):
            part.write(row * 1000)
        part.write(after)
    return made.getvalue()


def overlapping_parts(parts: dict[str, str]) -> bytes:
    """A zip in which one entry of the directory begins inside another part."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        one = archive.infolist()[-1]
        other = zipfile.ZipInfo("xl/other.xml")
        other.header_offset, other.compress_size, other.file_size = one.header_offset, one.compress_size, one.file_size
        other.CRC, other.compress_type = one.CRC, one.compress_type
        archive.filelist.append(other)
        archive.NameToInfo[other.filename] = other
        archive._didModify = True  # type: ignore[attr-defined]
    return made.getvalue()


def compound_file(*streams: str) -> bytes:
    """What begins like an Office 97-2003 file and names these streams."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(s.encode("utf-16-le") + bytes(64) for s in streams)
    )


def photo() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def written(rows: Iterable[Sequence[Any]], *, since_1904: bool = False) -> bytes:
    """A workbook as a well-behaved program writes it."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "date_1904": since_1904}
    )
    sheet, day = book.add_worksheet("成绩"), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif isinstance(cell, date | datetime):
                sheet.write_datetime(row, column, cell, day)
            elif cell is not None:
                sheet.write(row, column, cell)
    book.close()
    return made.getvalue()
