"""What became of a registrar's spreadsheet, row by row, and of those who progressed."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from creditbank.recognition.schemas import EXAMPLE

RowOutcome = Literal["admitted", "stated", "unchanged", "held", "refused"]


class SheetColumnOut(BaseModel):
    """一列被读作什么。|What a column was read as."""

    sheet: int = Field(description="第几个工作表。|Which sheet, from 1.", examples=[1])
    column: str = Field(description="列号。|Its letter.", examples=["C"])
    header: str = Field(description="列名。|Its header.", examples=["数学（满分120）"])
    read_as: str = Field(description="读作的字段；科目写作科目名。|The field, or the subject.", examples=["数学"])


class SheetStatementOut(BaseModel):
    """由一行形成的一项情况陈述。|A statement that a row became."""

    subject: str = Field(description="科目。|The subject.", examples=["数学"])
    sitting: int = Field(description="场次。|The sitting.", examples=[1])
    statement_id: UUID | None = Field(None, description="情况陈述；试传时为空。|The statement; none when only tried.")
    unchanged: bool = Field(description="此前已如此陈述。|Whether it was stated like that before.", examples=[False])


class SheetRowOut(BaseModel):
    """一行的结果。|What became of one row."""

    sheet: int = Field(description="第几个工作表；CSV 为 1。|Which sheet; 1 of a CSV file.", examples=[1])
    row: int = Field(description="表中的行号。|The row in the sheet.", examples=[5])
    outcome: RowOutcome = Field(
        description="admitted 列入、stated 记入成绩、unchanged 已有、held 待核、refused 不予受理。"
        "|Admitted, stated, there already, held, or refused.",
        examples=["admitted"],
    )
    learner_id: UUID | None = Field(None, description="学员账户。|The learner.", examples=[EXAMPLE])
    member_no: int | None = Field(None, description="学员编号。|The member number.", examples=[7])
    statements: list[SheetStatementOut] = Field(default_factory=list)
    problem: dict[str, Any] | None = Field(None, description="原因和处理办法。|Why, and what to do.")
    cells: list[dict[str, Any]] = Field(
        default_factory=list, description="有问题的单元格。|The cells at fault: cell, header, field."
    )


class SheetOut(BaseModel):
    """一份表格的结果；试传与正式上传的形式相同。|What became of a file; trying it answers in the same form."""

    tried: bool = Field(description="仅试传，未写入任何内容。|Only tried: nothing was written.", examples=[False])
    sheet_id: UUID | None = Field(
        None,
        description="存档编号，情况陈述据此可追溯到行；没有写入任何内容时为空。"
        "|Under which the file is kept on record; a statement names it with its row. None where nothing was written.",
        examples=[EXAMPLE],
    )
    round_id: UUID | None = Field(None, description="成绩所属的轮次。|The round of the scores.", examples=[EXAMPLE])
    rows: int = Field(description="行数。|How many rows.", examples=[240])
    counts: dict[str, int] = Field(description="各种结果的行数。|How many of each outcome.")
    columns: list[SheetColumnOut]
    not_read: list[str] = Field(
        description="未读取的列和工作表。|Columns and sheets that were not read.",
        examples=[["B 性别", "第 2 个工作表"]],
    )
    outcomes: list[SheetRowOut]
