"""What a file may be at most, and why one is refused as a whole, before any of its rows becomes a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.errors import BankError
from creditbank.submissions.cells import place_of

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What the bank reads of one file; sizes in bytes unless they say otherwise."""

    file: int = 1024 * MIB
    workbook: int = 64 * MIB
    json: int = 64 * MIB
    """A JSON document is parsed whole; NDJSON is read line by line and may be as large as a file."""
    unzipped: int = 512 * MIB
    """All parts of a workbook together. Worksheets are read as they are unzipped, never held."""
    shared_texts: int = 256 * MIB
    """Memory for the one part of a workbook that has to be held, the table of its texts."""
    workbook_rows: int = 100_000
    """Rows with anything in them, all sheets together."""
    rows: int = 1_000_000
    """Rows of CSV, NDJSON or JSON."""
    columns: int = 200
    row: int = 1 * MIB
    """One row: bytes in NDJSON and JSON, characters elsewhere."""
    sheets: int = 100
    merges: int = 200_000
    """Vertically merged ranges of one sheet."""


LIMITS = Limits()


def at_row(row_no: int) -> dict[str, Any]:
    """Which row it is, as a refusal says it; the number is kept beside the words, for programs."""
    return {"row_no": row_no, "place_zh": f"第 {row_no} 行", "place_en": f"row {row_no}"}


def at_sheet_row(row_no: int) -> dict[str, Any]:
    """The same in a workbook. A sheet is named by its number: its name may be somebody's, refusals lie in the open."""
    sheet_no, row = place_of(row_no)
    return {
        "row_no": row_no,
        "place_zh": f"第 {sheet_no} 个工作表第 {row} 行",
        "place_en": f"row {row} of sheet {sheet_no}",
    }


class FileRefused(BankError):
    """A file that cannot be read as rows; nothing of it has been written."""

    status = 422


class FileEmpty(FileRefused):
    """Not one byte."""

    code = "file_empty"
    zh = "文件是空的（0 字节）。请确认文件已保存完整，再重新报送。"
    en = "The file is empty (0 bytes). Check that it was saved completely, then send it again."


class FileBlank(FileRefused):
    """Bytes, and nothing written in any row."""

    code = "file_blank"
    zh = "文件中没有任何内容，只有空行或空单元格。请确认数据所在的文件，再重新报送。"
    en = "The file holds nothing but blank rows or cells. Check which file has the data, then send that one."


class KindTooLarge(FileRefused):
    """More bytes than the bank reads of a file of this kind."""

    code = "kind_too_large"
    zh = "{what_zh}最大 {limit_mib} MiB，本文件超出。请拆成几个文件分别报送{instead_zh}。"
    en = "{what_en} may have {limit_mib} MiB and this one has more. Split it and send the pieces{instead_en}."


class OldWorkbook(FileRefused):
    """Excel 97-2003 (.xls)."""

    code = "old_workbook"
    zh = "这是旧版 Excel 文件（.xls）。请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后报送。"
    en = "This is an old Excel file (.xls). Open it, save it as an Excel workbook (.xlsx), and send that."


class WorkbookEncrypted(FileRefused):
    """A password is needed to open it."""

    code = "workbook_encrypted"
    zh = "工作簿设有打开密码，无法读取。请取消密码保护，另存为 .xlsx 后报送。"
    en = "The workbook needs a password to be opened. Take the password off, save it as .xlsx, and send that."


class BinaryWorkbook(FileRefused):
    """Excel's binary format (.xlsb)."""

    code = "binary_workbook"
    zh = "这是 Excel 二进制工作簿（.xlsb）。请打开后另存为“Excel 工作簿（.xlsx）”再报送。"
    en = "This is a binary Excel workbook (.xlsb). Open it, save it as an Excel workbook (.xlsx), and send that."


class OpenDocument(FileRefused):
    """LibreOffice's format (.ods, .odt)."""

    code = "open_document"
    zh = "这是 OpenDocument 文件（如 .ods）。请打开后另存为 .xlsx 或 CSV 再报送。"
    en = "This is an OpenDocument file (such as .ods). Open it, save it as .xlsx or CSV, and send that."


class FileIsPicture(FileRefused):
    """A photo or a scan, whatever its name says."""

    code = "file_is_picture"
    zh = "这是图片，不是表格，改了扩展名也无法读取。请报送含有数据的 .xlsx、CSV 或 NDJSON 文件。"
    en = "This is a picture, not a table, whatever its name says. Send the .xlsx, CSV or NDJSON file that has the data."


class FileIsPdf(FileRefused):
    """A printed document."""

    code = "file_is_pdf"
    zh = "这是 PDF 文件，无法可靠读出表格。请报送生成它的 .xlsx 或 CSV 文件。"
    en = "This is a PDF, from which a table cannot be read reliably. Send the .xlsx or CSV file it was made from."


class FileIsWebPage(FileRefused):
    """HTML or XML, which some systems export under the name .xls."""

    code = "file_is_web_page"
    zh = "这是网页或 XML 文件（有些系统导出的 .xls 其实如此）。请用 Excel 或 WPS 打开，另存为 .xlsx 后报送。"
    en = "This is a web page or XML (some systems export that as .xls). Open it in Excel, save as .xlsx, and send that."


class FileIsArchive(FileRefused):
    """A zip, rar, 7z or gz that is no workbook."""

    code = "file_is_archive"
    zh = "这是压缩包，不是工作簿。请解压后逐个报送其中的 .xlsx、CSV 或 NDJSON 文件。"
    en = "This is an archive, not a workbook. Unpack it and send the .xlsx, CSV or NDJSON files in it one by one."


class FileIsDocument(FileRefused):
    """A text document, slides, or something else of an office suite."""

    code = "file_is_document"
    zh = "这是文档或演示文稿，不是表格。请把数据整理成 .xlsx 或 CSV 文件后报送。"
    en = "This is a document or slides, not a table. Put the data into an .xlsx or CSV file and send that."


class FileNotText(FileRefused):
    """Neither a workbook nor text."""

    code = "file_not_text"
    zh = "无法识别该文件：既不是 .xlsx 工作簿，也不是文本（CSV 请存为 UTF-8 或 GB18030）。请另存为 .xlsx 后报送。"
    en = "Neither an .xlsx workbook nor text (save CSV as UTF-8 or GB18030). Save it as .xlsx and send that."


class WorkbookBroken(FileRefused):
    """A workbook that is damaged, or written against its own format."""

    code = "workbook_broken"
    zh = "工作簿已损坏或不合规范：{why_zh}。请用 Excel 或 WPS 打开，另存为新的 .xlsx 文件后报送。"
    en = "The workbook is damaged or breaks its own format: {why_en}. Open it, save it as a new .xlsx, and send that."

    def __init__(self, *, why_zh: str, why_en: str) -> None:
        super().__init__(why_zh=why_zh, why_en=why_en)


class WorkbookUnpacksTooLarge(FileRefused):
    """A small file with far too much in it."""

    code = "workbook_unpacks_too_large"
    zh = "工作簿解压后超过 {limit_mib} MiB，不予读取。请删去空白的行、列和图片，或拆成几个文件后报送。"
    en = (
        "Unpacked, the workbook is over {limit_mib} MiB. Delete blank rows, columns, pictures, or split it; send again."
    )


class TooManySheets(FileRefused):
    """More worksheets than the bank reads."""

    code = "too_many_sheets"
    zh = "工作簿有 {sheets} 个工作表，最多读取 {limit} 个。请拆成几个文件后报送。"
    en = "The workbook has {sheets} sheets; at most {limit} are read. Split it into several files and send those."


class TooManyRows(FileRefused):
    """More rows than the bank reads of one file of this kind."""

    code = "too_many_rows"
    zh = "文件超过 {limit} 行（到{place_zh}为止已达上限）。请拆成几个文件，或改用 CSV、NDJSON（至多 1000000 行）报送。"
    en = "The file has over {limit} rows (reached at {place_en}). Split it, or send CSV or NDJSON (1,000,000 rows)."


class TooManyColumns(FileRefused):
    """A row with more columns than any table of the bank has."""

    code = "too_many_columns"
    zh = "{place_zh}超过 {limit} 列。请删去多余的列（常见原因是分隔符或引号有误），再重新报送。"
    en = "There are over {limit} columns in {place_en}. Delete what is too much (often a wrong separator), send again."


class RowTooLarge(FileRefused):
    """One row of a size that no row has."""

    code = "row_too_large"
    zh = "{place_zh}的内容过长（一行最多 {limit_kib} KiB）。请检查该行是否缺少换行或引号未闭合，改正后重新报送。"
    en = "Too much stands in {place_en} (a row has at most {limit_kib} KiB). Mend it (a quote missing?), send again."


class CharactersUnreadable(FileRefused):
    """Bytes that are no characters in the encoding of the rest."""

    code = "characters_unreadable"
    zh = "{place_zh}含有无法按 {encoding} 解读的字节。请改正该行，或把文件另存为 UTF-8 后重新报送。"
    en = "There are bytes in {place_en} that are not {encoding}. Mend that row, or save it all as UTF-8; send it again."


class NulInText(FileRefused):
    """A NUL byte, which no text has."""

    code = "nul_in_text"
    zh = "{place_zh}含有空字符（NUL），文件可能已损坏。请从原系统重新导出，或删去该字符后报送。"
    en = (
        "There is a NUL character in {place_en}; the file may be damaged. Export it again, or delete it, and send that."
    )


class QuotesAstray(FileRefused):
    """A quotation mark that opens a cell and does not close it, so that rows would run into one another."""

    code = "quotes_astray"
    zh = "{place_zh}的引号未闭合或位置有误，后面的行会被并入。请改正该行的引号，再重新报送。"
    en = "A quotation mark is not closed, or astray, in {place_en}: rows would run together. Mend it and send it again."


class JsonBroken(FileRefused):
    """Not JSON, and so no list of rows."""

    code = "json_broken"
    zh = "文件不是有效的 JSON（第 {line} 行第 {column} 个字符）。请改正；若每行是一个对象，请以 .ndjson 为扩展名报送。"
    en = "Not valid JSON (line {line}, character {column}). Mend it; if each line is an object, name the file .ndjson."


class JsonWithoutRows(FileRefused):
    """JSON of another shape."""

    code = "json_without_rows"
    zh = '顶层应为数组，或仅含 rows 数组的对象（{{"rows": […]}}）。请按此格式整理后重新报送。'
    en = 'The top should be an array, or an object with nothing but `rows` ({{"rows": […]}}). Send it in that form.'
