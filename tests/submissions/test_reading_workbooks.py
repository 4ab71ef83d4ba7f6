"""A workbook is unpacked and read piece by piece: what its cells mean, and what no workbook gets the bank to do."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from creditbank.submissions.cells import Line, Unusable, place_of, row_no_of
from creditbank.submissions.files import refusals as refused
from creditbank.submissions.files.number_formats import day_of, shown_as
from creditbank.submissions.files.refusals import LIMITS, MIB
from creditbank.submissions.files.worksheets import unescaped
from tests.submissions import files_made as made
from tests.submissions.test_reading_files import cells, is_refused, lines, opened, peak_of

STYLES = (
    '<numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="31"/><xf numFmtId="176"/><xf numFmtId="46"/></cellXfs>'
)


def text(said: str) -> str:
    return f'<c t="inlineStr"><is><t>{said}</t></is></c>'


# --- what cells mean ----------------------------------------------------------------------------------------------


def test_numbers_booleans_texts_and_days_are_read_as_what_they_are() -> None:
    row = (
        '<c><v>85.5</v></c><c><v>64</v></c><c><v>4.0</v></c><c><v>-3</v></c><c t="b"><v>1</v></c><c t="s"><v>1</v></c>'
        '<c t="s"><v>0</v></c><c t="str"><v>a</v></c><c t="d"><v>2024-01-05T08:00:00</v></c><c s="1"><v>45296</v></c>'
    )
    texts = ("<t></t>", "<r><t>演</t></r><r><t xml:space='preserve'> 示_x000D_</t></r><rPh><t>yan</t></rPh>")
    found = cells(made.of_rows(row, texts=texts, styles=STYLES))
    day = date(2024, 1, 5)
    assert found == [(85.5, 64, 4, -3, True, "演 示\r", None, "a", day, day)]
    assert [type(cell) for cell in found[0][:5]] == [float, int, int, int, bool]


@pytest.mark.parametrize("style", ["1", "2", "3"])
@pytest.mark.parametrize("serial", ["45296", "45296.5", "45296.9999", "45295.999999999"])
def test_a_moment_keeps_its_day_in_every_format_that_chinese_spreadsheets_use(style: str, serial: str) -> None:
    content = made.of_rows(f'<c s="{style}"><v>{serial}</v></c>', styles=STYLES)
    assert cells(content) == [(date(2024, 1, 5),)]


def test_days_of_a_1904_workbook_are_the_days_that_it_shows() -> None:
    for pr in ('<workbookPr date1904="1"/>', '<workbookPr date1904="true"/>'):
        content = made.of_rows('<c s="1"><v>43834</v></c>', styles=STYLES, pr=pr)
        assert cells(content) == [(date(2024, 1, 5),)]
    rows = [[date(2024, 1, 5), date(1999, 12, 31)]]
    assert cells(made.written(rows, since_1904=True)) == cells(made.written(rows)) == [tuple(rows[0])]


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        (1, date(1900, 1, 1)),
        (59, date(1900, 2, 28)),
        (60, 60),
        (61, date(1900, 3, 1)),
        (2_958_465, date(9999, 12, 31)),
        (2_958_466, 2_958_466),
        (-1, -1),
        (0.354166, "08:30:00"),
        (1.399002e17, 1.399002e17),
    ],
)
def test_the_ends_of_the_calendar(serial: float, day: object) -> None:
    assert day_of(serial, since_1904=False) == day


def test_a_time_and_a_duration_are_text() -> None:
    content = made.of_rows('<c s="1"><v>0.5</v></c><c s="4"><v>1.3541667</v></c>', styles=STYLES)
    assert cells(content) == [("12:00:00", "32:30:00")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", "number"),
        ("0.00", "number"),
        ('0"天"', "number"),
        ('#,##0.00"学时d"', "number"),
        ("[Red]0.0", "number"),
        (r"0\d", "number"),
        ("0_d", "number"),
        ("@", "number"),
        ("0;yyyy", "number"),
        ("yyyy/m/d", "day"),
        ("YYYY-MM-DD", "day"),
        ("[$-804]yyyy年m月d日;@", "day"),
        ("h:mm", "day"),
        ("[h]:mm", "elapsed"),
    ],
)
def test_a_format_shows_days_or_it_does_not(code: str, kind: str) -> None:
    assert shown_as(code) == kind


def test_an_identity_number_that_became_a_number_stays_a_float() -> None:
    content = made.of_rows(
        "<c><v>1.39900199001011E+17</v></c><c><v>139900199001010014</v></c><c><v>999999999999999</v></c>"
    )
    ((ruined, whole, small),) = cells(content)
    assert (type(ruined), type(whole), type(small)) == (float, float, int)
    assert ruined == 1.39900199001011e17


def test_a_formula_and_an_error_are_no_values_and_show_what_they_show() -> None:
    row = (
        '<c t="s"><v>0</v></c><c><f>A1*2</f><v>85.5</v></c><c t="str"><f>A1</f><v>优</v></c><c><f>A1</f></c>'
        '<c t="b"><f>A1</f><v>1</v></c><c t="e"><f>A1/0</f><v>#DIV/0!</v></c><c t="e"><v>#N/A</v></c>'
        '<c s="1"><f>TODAY()</f><v>45296</v></c><c><f t="shared" si="0"/><v>7</v></c>'
    )
    found = cells(made.of_rows(row, texts=["<t>x</t>"], styles=STYLES))[0]
    shown = ["85.5", "优", "", "TRUE"]
    assert found[1:5] == tuple(Unusable("formula", said) for said in shown)
    assert found[5:7] == (Unusable("error", "#DIV/0!"), Unusable("error", "#N/A"))
    assert found[7:] == (Unusable("formula", "2024-01-05"), Unusable("formula", "7"))


def test_a_formula_that_shows_nothing_makes_no_row_and_one_that_nobody_computed_does() -> None:
    shows_nothing = '<c t="str"><f>IF(A1="","",A1)</f><v></v></c>'
    found = lines(made.of_rows(text("x") + shows_nothing, shows_nothing, "<c><f>A1</f></c>"))
    assert [line.row_no for line in found] == [1, 3]


def test_what_is_merged_downwards_stands_in_every_row_and_a_title_only_in_its_first_cell() -> None:
    rows = [
        f'<row r="1">{text("2024 届成绩")}</row>',
        f'<row r="2">{text("甲班")}{text("演示某")}<c r="C2"><v>1</v></c></row>',
        '<row r="3"><c r="A3" s="1"/><c r="B3"/><c r="C3"><v>2</v></c></row>',
        '<row r="4"><c r="C4"><v>3</v></c></row>',
        '<row r="5"><c r="A5"/></row>',
        '<row r="6"><c r="C6"><v>4</v></c></row>',
    ]
    merged = (
        '<mergeCells count="3"><mergeCell ref="A1:C1"/><mergeCell ref="A2:A5"/><mergeCell ref="B2:D3"/></mergeCells>'
    )
    found = lines(made.workbook(made.sheet_xml("".join(rows), after=merged)))
    assert found == [
        Line(1, ("2024 届成绩",)),
        Line(2, ("甲班", "演示某", 1)),
        Line(3, ("甲班", "演示某", 2)),
        Line(4, ("甲班", None, 3)),
        Line(6, (None, None, 4)),
    ]


def test_sheets_follow_one_another_with_numbers_of_their_own_and_hidden_ones_are_read() -> None:
    sheets = [
        made.sheet_xml(f'<row r="7">{text("一")}</row>'),
        made.sheet_xml(""),
        made.sheet_xml(f'<row r="1" hidden="1">{text("三")}</row>'),
    ]
    parts: dict[str, str | bytes] = dict(made.parts_of_a_workbook(*sheets, names=["成绩", "空", "补考"]))
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace('sheetId="3"', 'sheetId="3" state="veryHidden"')
    found = opened(made.zipped(parts))
    assert found.sheets == ("成绩", "空", "补考")
    assert [line.row_no for line in found.lines()] == [7, row_no_of(3, 1)]
    assert place_of(row_no_of(3, 1)) == (3, 1)


def test_prefixes_backslashes_and_cells_without_a_place_are_read_like_others() -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{made.MAIN}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c>'
        '<x:c r="D1"><x:v>4</x:v></x:c><x:c><x:v>5</x:v></x:c></x:row><x:row/><x:row><x:c r="B3"><x:v>2</x:v></x:c>'
        '<x:c r="A3"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    parts = {name.replace("/", "\\"): content for name, content in made.parts_of_a_workbook(sheet).items()}
    assert lines(made.zipped(dict(parts))) == [Line(1, (1, None, None, 4, 5)), Line(3, (1, 2))]


def test_escaped_characters_come_back_and_impossible_ones_stay_as_they_are_written() -> None:
    assert unescaped("a_x000D_b_x005F_x0041__x4E00_") == "a\rb_x0041_一"
    assert unescaped("_x0000__xD800_") == "_x0000__xD800_"


# --- as another reader reads it -----------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=10),
    st.integers(-(10**14), 10**14),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 4)).filter(lambda number: not number.is_integer()),
    st.booleans(),
    st.dates(date(1900, 3, 1), date(2999, 12, 31)),
)


@given(st.lists(st.lists(VALUES, max_size=6), max_size=10), st.booleans())
@settings(max_examples=150, deadline=None)
def test_lines_written_as_a_workbook_come_back(rows: list[list[Any]], since_1904: bool) -> None:
    since_1904 = since_1904 and not any(isinstance(c, date) and c < date(1904, 1, 2) for row in rows for c in row)
    rows = [["学号", "成绩"], *rows]
    found = lines(made.written(rows, since_1904=since_1904))
    assert [line.row_no for line in found] == [number for number, _ in whole(rows)]
    for line, (_, expected) in zip(found, whole(rows), strict=True):
        assert [type(cell) for cell in line.cells] == [type(cell) for cell in expected]
        assert line.cells == expected


def whole(rows: list[list[Any]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for number, row in enumerate(rows, start=1):
        if any(cell is not None and not (isinstance(cell, str) and cell.isspace()) for cell in row):
            last = max(column for column, cell in enumerate(row) if cell is not None)
            yield number, tuple(row[: last + 1])


@given(st.lists(st.lists(VALUES, min_size=1, max_size=6), min_size=1, max_size=10))
@settings(max_examples=100, deadline=None)
def test_another_reader_finds_the_same_in_the_same_workbook(rows: list[list[Any]]) -> None:
    rows = [["学号"] * 6, *rows]
    content = made.written(rows)
    other = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    for line in lines(content):
        theirs = [cell.date() if isinstance(cell, datetime) else cell for cell in other[line.row_no - 1]]
        ours = ["" if cell is None else cell for cell in line.cells]
        assert ours + [""] * (6 - len(ours)) == theirs


# --- what no workbook gets the bank to do -------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_without_being_unpacked() -> None:
    content = made.zip_bomb(mib=200, parts=made.parts_of_a_workbook(made.sheet_xml("")))
    limits = replace(LIMITS, unzipped=100 * MIB)
    assert len(content) < MIB
    began = time.perf_counter()
    assert peak_of(lambda: is_refused(content, refused.WorkbookUnpacksTooLarge, limits=limits)) < 4 * MIB
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
)
@pytest.mark.parametrize("change", [-1, 1, 1000])
def test_a_part_that_unpacks_to_another_size_than_it_says_is_refused(name: str, change: int) -> None:
    parts = made.parts_of_a_workbook(made.sheet_xml("<row><c><v>1</v></c></row>"), texts=["<t>x</t>"])
    content = made.zipped(dict(parts))
    assert lines(content)
    is_refused(made.with_declared_size(content, name, len(parts[name].encode()) + change), refused.WorkbookBroken)


def test_a_sheet_that_says_it_is_small_is_stopped_at_what_it_said() -> None:
    content = made.repeated_rows(b"<row/>", 1_000_000)
    lying = made.with_declared_size(content, "xl/worksheets/sheet1.xml", 5000)
    assert peak_of(lambda: is_refused(lying, refused.WorkbookBroken)) < 4 * MIB


def test_parts_that_overlap_or_share_a_name_are_refused() -> None:
    parts = made.parts_of_a_workbook(made.sheet_xml("<row><c><v>1</v></c></row>"))
    is_refused(made.overlapping_parts(parts), refused.WorkbookBroken)
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = made.zipped([*parts.items(), ("xl/workbook.xml", parts["xl/workbook.xml"])])
    is_refused(twice, refused.WorkbookBroken)
    is_refused(made.zipped([*parts.items(), ("XL\\Workbook.xml", "x")]), refused.WorkbookBroken)


def test_a_directory_of_countless_entries_is_refused_before_it_is_read() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    directory = entry * 200_000
    end = b"PK\x05\x06" + bytes(8) + len(directory).to_bytes(4, "little") + (4).to_bytes(4, "little") + bytes(2)
    content = b"PK\x03\x04" + directory + end
    assert peak_of(lambda: is_refused(content, refused.WorkbookBroken)) < 16 * MIB


def test_a_damaged_byte_in_a_part_is_refused() -> None:
    content = made.written([[f"20230{number}", number] for number in range(500)])
    for at in range(100, len(content), 97):
        damaged = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        try:
            lines(damaged)
        except refused.FileRefused:
            continue
        assert lines(damaged) == lines(content)


def test_one_cell_at_the_far_corner_costs_nothing() -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="C1048576"><v>2</v></c></row>'
    assert lines(made.workbook(made.sheet_xml(far))) == [Line(1, (1,)), Line(1_048_576, (None, None, 2))]
    corner = made.workbook(made.sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    assert peak_of(lambda: is_refused(corner, refused.TooManyColumns)) < 4 * MIB
    styled = made.workbook(made.sheet_xml('<row r="9"><c r="A9"><v>1</v></c><c r="XFD9" s="1"/></row>'))
    assert lines(styled) == [Line(9, (1,))]


def test_ten_million_empty_rows_are_no_rows() -> None:
    is_refused(made.repeated_rows(b"<row/>", 10_000_000), refused.WorkbookBroken)
    sheet = made.sheet_xml(f"<row>{text('学号')}</row>" + '<row><c s="1"/><c s="1"/></row>' * 200_000)
    content = made.workbook(*[sheet] * 3)
    assert len(lines(content)) == 3


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c/></row><row r="2"><c/></row>',
        '<row r="2"/><row r="1"/>',
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="９"/>',
        '<row r="99999999999999999999"/>',
        "<row><row/></row>",
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="a1"><v>1</v></c></row>',
        '<row r="1"><c r="1"><v>1</v></c></row>',
        '<row><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        "<row><c><v>one</v></c></row>",
        "<row><c><v>1_0</v></c></row>",
        "<row><c><v>inf</v></c></row>",
        '<row><c t="s"><v>5</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        "<row><c><v>1</v></row>",
        "<row>&undefined;</row>",
        "<a>" * 100 + "</a>" * 100,
    ],
)
def test_a_sheet_that_breaks_the_format_is_refused_and_never_guessed_at(row: str) -> None:
    is_refused(made.workbook(made.sheet_xml(row), texts=["<t>x</t>"]), refused.WorkbookBroken)


BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


@pytest.mark.parametrize(
    "name",
    [
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
    ],
)
@pytest.mark.parametrize("dtd", [BILLION_LAUGHS, "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>", "<!DOCTYPE x>"])
def test_a_dtd_is_refused_wherever_it_stands(name: str, dtd: str) -> None:
    parts = made.parts_of_a_workbook(made.sheet_xml("<row><c t='inlineStr'><is><t>&j;</t></is></c></row>"))
    error = is_refused(made.zipped({**parts, name: dtd + parts[name]}), refused.WorkbookBroken)
    assert "DTD" in error.sentence("zh")


@pytest.mark.parametrize(
    "inside",
    [
        "<c r='" + "A" * 20 * MIB + "'/>",
        "<!--" + "x" * 20 * MIB + "-->",
        "".join(f"<n{number}/>" for number in range(100_000)),
        "".join(f"<c n{number}=''/>" for number in range(100_000)),
    ],
    ids=["endless-attribute", "endless-comment", "countless-elements", "countless-attributes"],
)
def test_xml_that_would_fill_the_parser_is_refused(inside: str) -> None:
    content = made.workbook(made.sheet_xml(f"<row>{inside}</row>"))
    began = time.perf_counter()
    assert peak_of(lambda: is_refused(content, refused.WorkbookBroken)) < 8 * MIB
    assert time.perf_counter() - began < 2


def test_a_row_of_ten_mib_is_refused_by_its_number() -> None:
    content = made.of_rows(text("学号"), text("x" * 10 * MIB))
    error = is_refused(content, refused.RowTooLarge)
    assert error.said["row_no"] == 2


def test_one_long_text_in_countless_cells_counts_wherever_it_stands() -> None:
    row = "".join('<c t="s"><v>0</v></c>' for _ in range(150))
    error = is_refused(made.of_rows("<c><v>1</v></c>", row, texts=[f"<t>{'x' * 32_767}</t>"]), refused.RowTooLarge)
    assert error.said["row_no"] == 2


def test_texts_that_have_to_be_held_have_a_limit_of_memory() -> None:
    content = made.of_rows("<c><v>1</v></c>", texts=["<t>ab</t>"] * 40_000)
    is_refused(content, refused.WorkbookUnpacksTooLarge, limits=replace(LIMITS, shared_texts=MIB))
    assert lines(content)


def test_merged_cells_and_sheets_have_limits() -> None:
    many = "".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(1, 40, 2))
    content = made.workbook(made.sheet_xml("<row/>", after=f"<mergeCells>{many}</mergeCells>"))
    is_refused(content, refused.WorkbookBroken, limits=replace(LIMITS, merges=19))
    whole_column = made.workbook(made.sheet_xml("<row><c><v>1</v></c></row>", after='<mergeCell ref="A1:A1048576"/>'))
    assert lines(whole_column) == [Line(1, (1,))]
    sheets = [made.sheet_xml("<row><c><v>1</v></c></row>")] * 4
    is_refused(made.workbook(*sheets), refused.TooManySheets, limits=replace(LIMITS, sheets=3))


@pytest.mark.parametrize("missing", ["xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
def test_a_workbook_with_a_part_missing_is_refused(missing: str) -> None:
    parts = made.parts_of_a_workbook(made.sheet_xml(""))
    is_refused(made.zipped({name: part for name, part in parts.items() if name != missing}), refused.WorkbookBroken)


def test_xml_in_another_encoding_hides_nothing() -> None:
    parts: dict[str, str | bytes] = dict(made.parts_of_a_workbook(made.sheet_xml("")))
    for encoding in ("utf-16", "utf-7"):
        xml = f'<?xml version="1.0" encoding="{encoding}"?>' + made.sheet_xml("<row><c><v>一</v></c></row>")
        parts["xl/worksheets/sheet1.xml"] = xml.encode(encoding)
        is_refused(made.zipped(parts), refused.WorkbookBroken)


def test_memory_does_not_grow_with_the_rows_of_a_workbook() -> None:
    def read(times: int) -> int:
        content = made.repeated_rows(b'<row><c t="inlineStr"><is><t>x</t></is></c><c><v>85.5</v></c></row>', times)

        def through() -> None:
            for _ in opened(content).lines():
                pass

        return peak_of(through)

    assert read(40_000) < read(4_000) + MIB
