"""A file is told by what is in it; it is read whole, in bounded memory, or refused with what to do next."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.errors import BankError, every_error
from creditbank.submissions.cells import Line
from creditbank.submissions.files import refusals as refused
from creditbank.submissions.files.opening import OpenedFile, limits_of, open_file
from creditbank.submissions.files.refusals import LIMITS, MIB, FileRefused, Limits
from tests.submissions import files_made as made

ROW = {"kind": "training", "title": "叉车安全操作"}


def opened(content: bytes, *, name: str = "成绩.xlsx", limits: Limits = LIMITS) -> OpenedFile:
    return open_file(io.BytesIO(content), file_name=name, size=len(content), limits=limits)


def lines(content: bytes, *, name: str = "成绩.xlsx", limits: Limits = LIMITS) -> list[Line]:
    return list(opened(content, name=name, limits=limits).lines())


def cells(content: bytes, **said: str) -> list[tuple[object, ...]]:
    return [line.cells for line in lines(content, **said)]


def is_refused(
    content: bytes, error: type[BankError], *, limits: Limits = LIMITS, name: str = "成绩.xlsx"
) -> BankError:
    with pytest.raises(error) as found:
        lines(content, name=name, limits=limits)
    assert type(found.value) is error
    assert found.value.problem("zh")["code"] == error.code
    return found.value


def peak_of(read: Callable[[], object]) -> int:
    """The most memory that Python held while reading, in bytes."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Endless(io.RawIOBase):
    """A file of any size that is nowhere."""

    def __init__(self, begins: bytes, *, size: int, fill: bytes = b"x") -> None:
        self.begins, self.size, self.fill, self.at, self.most = begins, size, fill, 0, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset if whence == 0 else self.size + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        size = min(self.size - self.at, size if size >= 0 else self.size)
        self.most = max(self.most, size)
        found = self.begins[self.at : self.at + size]
        found += self.fill * (size - len(found))
        self.at += size
        return found


# --- what a file is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", refused.FileEmpty),
        (b"\r\n  \n\t\n", refused.FileBlank),
        (b"\xef\xbb\xbf\n\n", refused.FileBlank),
        ("\n \n".encode("utf-16"), refused.FileBlank),
        (b",,,\n,,,\n", refused.FileBlank),
        (b"[]", refused.FileBlank),
        (made.of_rows("<c/>", '<c t="inlineStr"><is><t> </t></is></c>'), refused.FileBlank),
        (made.photo(), refused.FileIsPicture),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(500), refused.FileIsPicture),
        (b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0" + bytes(99), refused.FileIsPicture),
        (b"\0\0\0\x18ftypheic\0\0\0\0", refused.FileIsPicture),
        (b"%PDF-1.7\n", refused.FileIsPdf),
        (made.compound_file("Workbook"), refused.OldWorkbook),
        (made.compound_file("DataSpaces", "EncryptionInfo", "EncryptedPackage"), refused.WorkbookEncrypted),
        (made.compound_file("WordDocument"), refused.FileIsDocument),
        (made.zipped({"xl/workbook.bin": b"\0"}), refused.BinaryWorkbook),
        (
            made.zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
            refused.OpenDocument,
        ),
        (made.zipped({"word/document.xml": "<x/>"}), refused.FileIsDocument),
        (made.zipped({"成绩.csv": "1,2"}), refused.FileIsArchive),
        (made.zipped({}), refused.FileIsArchive),
        (b"Rar!\x1a\x07\0", refused.FileIsArchive),
        (b"\x1f\x8b\x08\0", refused.FileIsArchive),
        (b"<html><table><tr><td>1</td></tr></table></html>", refused.FileIsWebPage),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', refused.FileIsWebPage),
        (b"\n <!DOCTYPE html>", refused.FileIsWebPage),
        (bytes(range(256)) * 4 + bytes(200), refused.FileNotText),
        (b"PK\x03\x04 and no more", refused.WorkbookBroken),
    ],
)
def test_what_is_no_table_is_refused_for_what_it_is_whatever_its_name(content: bytes, error: type[BankError]) -> None:
    for name in ("成绩.xlsx", "成绩.csv", "photo"):
        is_refused(content, error, name=name)


@pytest.mark.parametrize("name", ["成绩.csv", "rows.json", "成绩.xls", ""])
def test_a_workbook_is_a_workbook_by_any_name(name: str) -> None:
    found = opened(made.written([["学号", "成绩"]]), name=name)
    assert (found.format, found.encoding, found.sheets) == ("xlsx", None, ("成绩",))


def test_every_refusal_of_a_file_says_in_both_languages_what_to_do_next() -> None:
    found = [error for error in every_error(FileRefused) if error.__module__ == refused.__name__]
    assert len(found) > 20
    assert len({error.code for error in found}) == len(found)
    for error in found:
        assert error.status == 422
        assert any(word in error.zh for word in ("请", "请改")), error
        assert any(word in error.en.lower() for word in ("send", "save", "mend", "split")), error
        assert error.en.rstrip(".").count(".") + error.en.count(";") + error.en.count(",") >= 1, error


def test_a_refusal_repeats_nothing_of_the_file_but_the_place() -> None:
    sheet = made.sheet_xml('<row r="3"><c r="B4"><v>1</v></c></row>')
    error = is_refused(made.workbook(sheet, names=["演示某"]), refused.WorkbookBroken)
    assert "第 1 个工作表第 3 行" in error.sentence("zh")
    assert "row 3 of sheet 1" in error.sentence("en")
    assert "演示某" not in str(error.problem("zh"))


# --- how large ----------------------------------------------------------------------------------------------------


def test_a_file_over_the_limit_is_refused_without_being_read() -> None:
    file = Endless(b"", size=2048 * MIB)
    with pytest.raises(refused.KindTooLarge) as found:
        open_file(file, file_name="x", size=file.size)  # type: ignore[arg-type]
    assert file.most == 0
    assert "1024 MiB" in found.value.sentence("zh")
    with pytest.raises(refused.KindTooLarge):
        open_file(file, file_name="x", size=file.size, limits=limits_of(2047))  # type: ignore[arg-type]


@pytest.mark.parametrize(("begins", "name"), [(b"PK\x03\x04", "x.xlsx"), (b'[{"a":1},', "x.json")])
def test_what_has_to_be_held_whole_has_a_limit_of_its_own(begins: bytes, name: str) -> None:
    file = Endless(begins, size=65 * MIB)
    with pytest.raises(refused.KindTooLarge) as found:
        list(open_file(file, file_name=name, size=file.size).lines())  # type: ignore[arg-type]
    assert file.most <= 1 * MIB
    assert "64 MiB" in found.value.sentence("en")
    assert "CSV" in found.value.sentence("en") or "NDJSON" in found.value.sentence("en")


@pytest.mark.parametrize(
    ("begins", "name", "error"),
    [
        (b"a,b\n1,", "x.csv", refused.RowTooLarge),
        (b'a,b\n1,"', "x.csv", refused.RowTooLarge),
        (b'{"a":1}\n{"a":"', "x.ndjson", refused.RowTooLarge),
    ],
)
def test_a_row_of_ten_mib_is_refused_by_its_number_in_bounded_memory(
    begins: bytes, name: str, error: type[BankError]
) -> None:
    file = Endless(begins, size=10 * MIB)

    def read() -> None:
        with pytest.raises(error) as found:
            list(open_file(file, file_name=name, size=file.size).lines())  # type: ignore[arg-type]
        assert found.value.said["row_no"] == 2
        assert "第 2 行" in found.value.sentence("zh")

    assert peak_of(read) < 12 * MIB
    assert file.most <= 1 * MIB


def test_a_record_of_many_short_lines_is_one_row_and_has_its_limit() -> None:
    content = b"a,b\n" + b'"' + b'x\n","' * 400_000
    error = is_refused(content, refused.RowTooLarge)
    assert error.said["row_no"] == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_two_hundred_columns_are_read_and_one_more_refuses_the_file_by_its_row(kind: str) -> None:
    def content(columns: int) -> bytes:
        rows = [["学号"], ["1"] * columns + [""] * 50]
        if kind == "xlsx":
            return made.written(rows)
        return "\n".join(",".join(row) for row in rows).encode()

    assert len(lines(content(200))[1].cells) == 200
    error = is_refused(content(201), refused.TooManyColumns)
    assert error.said["row_no"] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"1,2\n" * 11,
        b'{"a":1}\n' * 11,
        orjson.dumps([ROW] * 11),
        made.written([["1"]] * 11),
    ],
)
def test_as_many_rows_as_are_allowed_and_not_one_more(content: bytes) -> None:
    assert len(lines(content, limits=replace(LIMITS, rows=11, workbook_rows=11))) == 11
    error = is_refused(content, refused.TooManyRows, limits=replace(LIMITS, rows=10, workbook_rows=10))
    assert "10" in error.sentence("en")


# --- CSV ----------------------------------------------------------------------------------------------------------

TABLE = "学号,姓名,成绩\r\n20230001,演示某,85.5\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (TABLE.encode("gb18030"), "gb18030"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.replace(",", "\t").encode("utf-16"), "utf-16"),
        (TABLE.replace(",", ";").encode(), "utf-8"),
        (TABLE.replace("\r\n", "\r").encode(), "utf-8"),
        (TABLE.replace("\r\n", "\n").rstrip().encode("gb18030"), "gb18030"),
    ],
)
def test_a_table_is_the_same_in_every_encoding_and_with_every_separator(content: bytes, encoding: str) -> None:
    found = opened(content)
    assert (found.format, found.encoding, found.sheets) == ("csv", encoding, ())
    assert list(found.lines()) == [Line(1, ("学号", "姓名", "成绩")), Line(2, ("20230001", "演示某", "85.5"))]


def test_names_that_gbk_does_not_know_are_read_in_gb18030() -> None:
    rare = "㛃𠮷𬭊ḿ"
    with pytest.raises(UnicodeEncodeError):
        rare.encode("gbk")
    assert cells(f"姓名,学号\n{rare},1\n".encode("gb18030")) == [("姓名", "学号"), (rare, "1")]


def test_title_rows_do_not_mislead_about_the_separator() -> None:
    content = "某学院 2023-2024 学年，成绩；报送\n\n" + "学号;成绩;备注\n" + "1;85,5;x\n" * 20
    assert cells(content.encode())[2] == ("1", "85,5", "x")


def test_a_quoted_line_break_and_quotes_belong_to_the_cell_and_rows_keep_their_numbers() -> None:
    found = lines('题目,备注\n\n"甲\n乙,丙","他说""好"""\n  ,\n尾,\n'.encode())
    assert found == [Line(1, ("题目", "备注")), Line(3, ("甲\n乙,丙", '他说"好"')), Line(5, ("尾",))]


@pytest.mark.parametrize("tail", ['3,"未完\n4,x\n', '3,"未完\n' + "4,x\n" * 100_000, '3,"甲"乙\n', '3,"未完\n4,"x"\n'])
def test_a_quote_astray_never_swallows_the_rows_after_it(tail: str) -> None:
    error = is_refused(("学号,备注\n2,x\n" + tail).encode(), refused.QuotesAstray)
    assert error.said["row_no"] == 3


def test_a_quote_inside_a_cell_is_a_character() -> None:
    assert cells('尺寸,备注\n5"屏,x\n'.encode())[1] == ('5"屏', "x")


@pytest.mark.parametrize("row", [2, 500, 19_000])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_byte_that_is_no_character_is_named_by_its_row(row: int, encoding: str) -> None:
    rows = [f"20230001,演示某{'甲' * (number % 3)},85.5".encode(encoding) for number in range(20_000)]
    rows[row - 1] = rows[row - 1].replace(b",85", b"\xff,85")
    error = is_refused(b"\n".join(rows), refused.CharactersUnreadable)
    assert error.said["row_no"] == row
    assert error.said["encoding"] == encoding.upper()


def test_a_damaged_utf_8_file_is_never_taken_for_gb18030() -> None:
    """Its characters in pairs would all be Chinese, and all be wrong."""
    content = "姓名,题目\n".encode() + b"\xc4\xe3," + "学习".encode() + b"\n"
    content.decode("gb18030")
    error = is_refused(content, refused.CharactersUnreadable)
    assert (error.said["row_no"], error.said["encoding"]) == (2, "UTF-8")


def test_a_utf_16_file_cut_in_a_character_is_refused_by_its_row() -> None:
    assert is_refused(TABLE.encode("utf-16") + b"\x31", refused.CharactersUnreadable).said["row_no"] == 3


def test_a_nul_is_refused_by_its_row() -> None:
    content = ("学号,成绩\n" + "1,2\n" * 500 + "1,\0\n" + "1,2\n" * 500).encode()
    assert is_refused(content, refused.NulInText).said["row_no"] == 502


def test_full_width_text_stays_as_it_was_written() -> None:
    assert cells("学号,成绩\n２０２３,８５\n".encode())[1] == ("２０２３", "８５")


def test_memory_is_flat_however_many_rows_there_are() -> None:
    def read(name: str, row: bytes, times: int) -> int:
        content = row * times

        def through() -> None:
            for _ in opened(content, name=name).lines():
                pass

        return peak_of(through)

    for name, row in (("x.csv", TABLE.encode("gb18030")), ("x.ndjson", orjson.dumps(ROW) + b"\n")):
        assert read(name, row, 60_000) < read(name, row, 10_000) + 2 * MIB


def test_a_file_can_be_read_again_and_stays_open() -> None:
    file = io.BytesIO(TABLE.encode())
    found = open_file(file, file_name="x.csv", size=len(TABLE.encode()))
    begun = found.lines()
    next(begun)
    begun.close()  # type: ignore[attr-defined]
    assert len(list(found.lines())) == len(list(found.lines())) == 2
    assert not file.closed


# --- NDJSON and JSON ----------------------------------------------------------------------------------------------


def test_each_line_of_ndjson_is_a_row_as_it_was_sent_and_a_bad_one_stops_no_other() -> None:
    content = '\ufeff{"a": 1,  "b": "甲"}\r\n\n{"a": \n  {"a":3}\u2028'.encode()
    found = opened(content, name="rows.NDJSON")
    assert (found.format, found.encoding, found.sheets) == ("ndjson", "utf-8", ())
    assert [(line.row_no, line.cells, line.text) for line in found.lines()] == [
        (1, (), '{"a": 1,  "b": "甲"}'),
        (3, (), '{"a":'),
        (4, (), '{"a":3}'),
    ]


@pytest.mark.parametrize("row", [1, 2, 30_000])
def test_a_line_of_ndjson_that_is_not_utf_8_refuses_the_file_by_its_number(row: int) -> None:
    rows = [orjson.dumps(ROW)] * 30_000
    rows[row - 1] = '{"a":"甲"}'.encode("gb18030")
    error = is_refused(b"\n".join(rows), refused.CharactersUnreadable, name="x.jsonl")
    assert error.said["row_no"] == row


def test_ndjson_in_utf_16_is_refused_as_what_it_is() -> None:
    is_refused('{"a":1}\n{"a":2}\n'.encode("utf-16"), refused.CharactersUnreadable, name="x")


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=30)))
@settings(max_examples=60, deadline=None)
def test_wherever_ndjson_is_cut_its_lines_are_the_same(size: int, texts: list[str]) -> None:
    content = "\n".join(["{}", *texts]).encode()
    expected = [(no, text.strip()) for no, text in enumerate(["{}", *texts], start=1) if text.strip()]
    limits = replace(LIMITS, row=max([size, *(len(text.encode()) for text in texts), 2]))
    assert [(line.row_no, line.text) for line in lines(content, name="x.ndjson", limits=limits)] == expected


@pytest.mark.parametrize("length", [40, 41])
def test_the_limit_of_a_line_is_exact_wherever_the_line_stands(length: int) -> None:
    for place in range(1, 8):
        content = b"{}\n" * (place - 1) + b"1" * length + b"\n{}\n"
        limits = replace(LIMITS, row=40)
        if length > 40:
            error = is_refused(content, refused.RowTooLarge, name="x.ndjson", limits=limits)
            assert error.said["row_no"] == place
        else:
            assert len(lines(content, name="x.ndjson", limits=limits)) == place + 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a":1}\n{"a":2}', "ndjson"),
        ('{"a":1}', "ndjson"),
        ('{"rows":[{"a":1},{"a":2}]}\n', "json"),
        ('{\n "rows": [\n  {"a":1},\n  {"a":2}\n ]\n}', "json"),
        ('[{"a":1},{"a":2}]', "json"),
        ('  [\n{"a":1}\n,{"a":2}]', "json"),
        ("[学号],[成绩]\n1,2\n", "csv"),
    ],
)
def test_rows_of_json_are_told_by_their_content(text: str, kind: str) -> None:
    for content in (text.encode(), text.encode("utf-8-sig")):
        found = opened(content, name="rows")
        assert found.format == kind
        assert len(list(found.lines())) == (1 if text == '{"a":1}' else 2)


def test_each_row_of_a_document_is_a_line_of_its_own() -> None:
    found = lines('[{"学号": "1",\n "number": 139900199001010014}, 7, null]'.encode())
    assert found == [
        Line(1, (), '{"学号":"1","number":139900199001010014}'),
        Line(2, (), "7"),
        Line(3, (), "null"),
    ]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'[{"a":1},', refused.JsonBroken),
        (b'{\n"rows": [1,]}', refused.JsonBroken),
        (b'[{"a":"\xff"}]', refused.JsonBroken),
        (b'[{"a":"\\ud800"}]', refused.JsonBroken),
        (b'[{"a":NaN}]', refused.JsonBroken),
        (b"[" * 100_000 + b"]" * 100_000, refused.JsonBroken),
        (b'{\n"rows": {}}', refused.JsonWithoutRows),
        (b'{\n"rows": [], "act": "withdraw"}', refused.JsonWithoutRows),
    ],
)
def test_a_document_that_is_no_list_of_rows_is_refused(content: bytes, error: type[BankError]) -> None:
    is_refused(content, error, name="x.json")


def test_a_document_of_countless_small_things_is_refused_before_they_are_made() -> None:
    content = b"[" + b"{}," * 3_000_000 + b"{}]"
    assert peak_of(lambda: is_refused(content, refused.TooManyRows, name="x.json")) < 2 * len(content)


def test_a_row_of_a_document_has_the_limit_of_a_row() -> None:
    error = is_refused(orjson.dumps([1, {"a": "x" * 2 * MIB}]), refused.RowTooLarge, name="x.json")
    assert error.said["row_no"] == 2


# --- there and back -----------------------------------------------------------------------------------------------

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
TEXTS = st.lists(st.lists(PRINTABLE | st.sampled_from(["a,b", 'q"q', "x;y", "甲\n乙", " "]), max_size=6), max_size=12)


def as_read(rows: list[list[str]]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        if "".join(row).strip():
            last = max(column for column, cell in enumerate(row) if cell)
            yield Line(number, tuple(cell or None for cell in row[: last + 1]))


@given(TEXTS, st.sampled_from(["utf-8-sig", "gb18030", "utf-16"]))
@settings(max_examples=200, deadline=None)
def test_lines_written_as_csv_come_back(rows: list[list[str]], encoding: str) -> None:
    rows = [["学号", "姓名", "成绩", "备注"]] * 15 + rows
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    content = text.getvalue().encode(encoding)
    assert lines(content, name="x.csv") == list(as_read(rows))
