"""Why a registrar's spreadsheet is refused as a whole, or one of its rows: what is wrong, where, and what to do."""

from __future__ import annotations

from typing import Any

from creditbank.errors import BankError


def at_sheet(sheet_no: int) -> dict[str, Any]:
    """Which sheet it is, as a refusal says it. It goes by its number: its name may be somebody's."""
    return {"sheet": sheet_no, "place_zh": f"第 {sheet_no} 个工作表", "place_en": f"sheet {sheet_no}"}


def at_column(sheet_no: int, row: int, letter: str) -> dict[str, Any]:
    """A column of a sheet, by its letter and the row of its header."""
    place = at_sheet(sheet_no)
    return {
        **place,
        "place_zh": f"{place['place_zh']}第 {row} 行 {letter} 列",
        "place_en": f"column {letter} (row {row}) of {place['place_en']}",
    }


class SheetRefused(BankError):
    """A file of which nothing was written, because it cannot be read as the list that it should be."""

    status = 422


class SheetIsNoTable(SheetRefused):
    """JSON, where a table is asked for."""

    code = "sheet_is_no_table"
    zh = "此处应上传表格（.xlsx 或 CSV），而文件是 JSON。请上传表格，或改用相应的 JSON 接口。"
    en = "A table (.xlsx or CSV) is asked for here and the file is JSON. Send a table, or use the address for JSON."


class SheetTooLong(SheetRefused):
    """More rows than are taken in one call."""

    code = "sheet_too_long"
    zh = "一份表格至多 {limit} 行，本文件超出（到{place_zh}为止已达上限），未写入任何内容。请拆成几份上传。"
    en = "A list may have {limit} rows and this one has more (reached at {place_en}); nothing was written. Split it."


class SheetWithoutHeader(SheetRefused):
    """No line names the columns that are needed."""

    code = "sheet_without_header"
    zh = "没有找到表头：{place_zh}中没有一行同时写有{wanted_zh}等列名。请补上列名后重新上传。"
    en = "No header was found: no line of {place_en} names columns such as {wanted_en}. Add it and send the file again."


class ColumnIsMissing(SheetRefused):
    """The header is there and lacks a column."""

    code = "column_is_missing"
    zh = "{place_zh}第 {row} 行是表头，其中缺少{column_zh}一列。请补上后重新上传。"
    en = "Row {row} of {place_en} is the header and lacks a column: {column_en}. Add it and send the file again."


class ColumnIsThereTwice(SheetRefused):
    """Two columns claim to be the same, and nothing tells which is right."""

    code = "column_is_there_twice"
    zh = "{place_zh}与 {other} 列都是{column_zh}，无法判断以哪一列为准。请只保留一列后重新上传。"
    en = "{place_en} and column {other} are both {column_en}, and nothing says which holds. Keep one and send it again."


class SheetWithoutRows(SheetRefused):
    """A header and nobody under it."""

    code = "sheet_without_rows"
    zh = "{place_zh}的表头下面没有任何人。请确认文件后重新上传。"
    en = "There is nobody under the header of {place_en}. Check which file has the rows and send that one."


class ColumnIsNoSubject(SheetRefused):
    """A column of scores whose subject the round's sittings do not declare."""

    code = "column_is_no_subject"
    zh = (
        "{place_zh}“{header}”像是成绩，但本轮次的场次没有声明这一科目（已声明：{subjects}）。"
        "请更正列名、先在轮次中声明该科目，或删去该列后重新上传。"
    )
    en = (
        "{place_en} ({header}) looks like scores, and no sitting of the round declares that subject (it declares: "
        "{subjects}). Correct the header, declare the subject, or delete the column, then send the file again."
    )


class FullMarksDiffer(SheetRefused):
    """The header says other full marks than the sitting."""

    code = "full_marks_differ"
    zh = "{place_zh}写明满分 {said}，而场次声明的满分是 {full}。请核对后重新上传，或先更正轮次的场次。"
    en = "{place_en} says full marks of {said}, the sitting says {full}. Check which is right and send the file again."


class RoundNotNamed(SheetRefused):
    """Scores belong to a round, and the cohort has none that collects, or several."""

    status = 409
    code = "round_not_named"
    zh = (
        "成绩须归入一个正在收集材料的轮次，而该贯通班现有 {rounds} 个。请先开立轮次并声明场次，或用 round_id 指明轮次。"
    )
    en = (
        "Scores belong to a round that collects, and this cohort has {rounds}. Open one and declare its sittings, or "
        "name it by round_id."
    )


class RoundHasNoSittings(SheetRefused):
    """Nothing was declared that could be scored."""

    status = 409
    code = "round_has_no_sittings"
    zh = "该轮次没有声明考试场次，成绩无处归入。请先在轮次中声明场次、科目和满分。"
    en = "The round declares no sitting, so no score has a place. Declare the sittings with their subjects and marks."


# --- one row --------------------------------------------------------------------------------------------------------


class SheetRowRefused(BankError):
    """A row that cannot be taken as it stands; the others of its file are not touched."""

    status = 409


class RowNamesNobody(SheetRowRefused):
    """Neither a student number nor a member number."""

    status = 422
    code = "row_names_nobody"
    zh = "该行没有{wanted_zh}，无法确定是谁；银行不按姓名猜测。请补填后重新上传该行。"
    en = "The row has no {wanted_en}, so it could be anybody's: nobody is found by a name alone. Fill it in."


class MemberNotFound(SheetRowRefused):
    """The number is no member's of this cohort."""

    code = "member_not_found"
    zh = "该{number_zh}不是本贯通班学员的。请核对，或先将其列入贯通班。"
    en = "No member of this cohort has this {number_en}. Check it, or admit them to the cohort first."


class PupilNotFound(SheetRowRefused):
    """The school has enrolled nobody under this number."""

    code = "pupil_not_found"
    zh = "本校没有该学号的学籍。请核对学号，或先报送其入学。"
    en = "The school has no enrolment under this student number. Check it, or report the enrolment first."


class NumberOfSeveral(SheetRowRefused):
    """A number that leads to two accounts, or two numbers that lead to different people."""

    code = "number_of_several"
    zh = "该行的编号对应多个账户，须由学分银行业务员核对后再上传。"
    en = "The numbers of the row lead to several accounts. An officer of the bank has to look before it is sent again."


class NameDiffers(SheetRowRefused):
    """The number is known and the name is none that its owner has or had."""

    code = "name_differs"
    zh = "该{number_zh}有对应的人，但姓名与其现用名、曾用名都不一致。请核对该行的姓名和编号。"
    en = "This {number_en} is somebody's, and the name is none that they have or had. Check both."


class RowComesTwice(SheetRowRefused):
    """Two rows of one file speak of the same person and thing, and say different things."""

    code = "row_comes_twice"
    zh = "本文件中另有一行（{other_zh}）写的是同一人{about_zh}，两行都未采用。请只保留正确的一行。"
    en = "Another row of this file ({other_en}) speaks of the same person{about_en}; neither was taken. Keep one."


class DayOfJoiningMissing(SheetRowRefused):
    """Nobody joins a cohort on an unknown day."""

    status = 422
    code = "day_of_joining_missing"
    zh = "该行没有入班日期。请在表中加“入班日期”一列，或上传时用 joined_on 指明全表的日期。"
    en = "The row has no day of joining. Add a column for it, or name one day for all rows by joined_on."


class SubjectNotOfRound(SheetRowRefused):
    """No sitting of the round declares this subject."""

    code = "subject_not_of_round"
    zh = "“{subject}”不是本轮次{sitting_zh}声明的科目（已声明：{subjects}）。请更正科目，或先在轮次中声明。"
    en = "{subject} is no subject of this round{sitting_en}; it declares: {subjects}. Correct it, or declare it first."


class SittingNotNamed(SheetRowRefused):
    """A subject of several sittings: which one was it?"""

    code = "sitting_not_named"
    zh = "科目“{subject}”在第 {sittings} 场都有。请在表中加“场次”一列，或上传时用 sitting 指明。"
    en = "{subject} is a subject of sittings {sittings}. Add a column that says which, or name it by sitting."


class RowWithoutScore(SheetRowRefused):
    """Neither points nor a word such as 缺考."""

    status = 422
    code = "row_without_score"
    zh = "该行没有任何成绩。请填写成绩；未参加的写“缺考”，缓考的写“缓考”。"
    en = "The row has no score. Fill it in; of somebody who was not there, or is examined later, say so in words."


class MarkerMissing(SheetRowRefused):
    """Several people mark, and one of them has said nothing."""

    status = 422
    code = "marker_missing"
    zh = "科目“{subject}”有 {markers} 人评卷，该行只有 {given} 人的分数。请补齐，或写明缺考、缓考。"
    en = "{subject} has {markers} markers, the row the points of {given}. Complete it, or say that they were absent."


class MarksDisagree(SheetRowRefused):
    """What the row gives as the result is not the mean of the markers, or the total not the sum."""

    code = "marks_disagree"
    zh = "{what_zh}：写明 {said}，按各列计算应为 {counted}。请核对该行各列。"
    en = "{what_en} is {said} in the row, and {counted} by its other columns. Check the columns of the row."


class WordAndPoints(SheetRowRefused):
    """A word such as 缺考 beside points that are not 0."""

    code = "word_and_points"
    zh = "科目“{subject}”既写了“{word}”又有 {points} 分。请核对，只保留一项。"
    en = "{subject} says {word} and has {points} points as well. Check which holds and keep that one."
