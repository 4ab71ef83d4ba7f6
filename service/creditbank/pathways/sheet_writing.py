"""What the two kinds of spreadsheets share when they are taken: the file on record, and an outcome for each row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import UUID

from creditbank.errors import BankError
from creditbank.pathways.sheet_schemas import RowOutcome, SheetColumnOut, SheetOut, SheetRowOut
from creditbank.pathways.sheets import Sheet, Table
from creditbank.pathways.tables import StatementSheet
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring, blind_index
from creditbank.submissions.cells import place_of
from creditbank.submissions.rows import CellsUnreadable

Kind = Literal["roster", "scores"]


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A file that was read: its digest, how many rows it has, and which of its columns and sheets were read."""

    kind: Kind
    digest: bytes
    rows: int
    columns: tuple[SheetColumnOut, ...]
    not_read: tuple[str, ...]

    @classmethod
    def of(
        cls,
        content: bytes,
        kind: Kind,
        tables: Sequence[Table],
        others: Sequence[Sheet],
        columns: Sequence[SheetColumnOut],
        *,
        rows: int,
    ) -> Self:
        """What is kept of a file, and told of it."""
        used = {(each.sheet, each.column) for each in columns}
        not_read = [
            f"{column.letter} {column.header[:30]}"
            for table in tables
            for column in table.columns
            if (table.sheet.number, column.letter) not in used
        ]
        not_read += [f"第 {sheet.number} 个工作表" for sheet in others]
        return cls(kind, hashlib.sha256(content).digest(), rows, tuple(columns), tuple(not_read))

    def index(self, keyring: Keyring) -> bytes:
        """The file's digest as it is kept: keyed, since who holds a list of few names could try all of them."""
        return blind_index(keyring, "statement-sheet", self.digest.hex())

    def kept(self, sheet_id: UUID, cohort_id: UUID, *, round_id: UUID | None, by: str, tools: Tools) -> StatementSheet:
        """The file on record, for what was written of it to be followed to its row."""
        return StatementSheet(
            sheet_id=sheet_id, cohort_id=cohort_id, round_id=round_id, digest=self.index(tools.keyring),
            kind=self.kind, rows=self.rows, by=by, at=tools.at,
        )  # fmt: skip


@dataclass(slots=True)
class Outcomes:
    """The outcomes of a file's rows, in the order in which they become known."""

    tools: Tools
    found: dict[int, SheetRowOut] = field(default_factory=dict)

    def refuse(self, row_no: int, refusal: BankError, *, outcome: RowOutcome = "refused") -> None:
        """A row that is not taken, with the reason and the cells at fault."""
        out = self.one(row_no, outcome)
        out.problem = refusal.problem(self.tools.language)
        out.cells = refusal.cells if isinstance(refusal, CellsUnreadable) else []

    def one(self, row_no: int, outcome: RowOutcome, **said: Any) -> SheetRowOut:
        """A row's outcome."""
        sheet, row = place_of(row_no)
        self.found[row_no] = SheetRowOut(sheet=sheet, row=row, outcome=outcome, **said)
        return self.found[row_no]

    def told(self, file: SheetFile, *, tried: bool, sheet_id: UUID | None, round_id: UUID | None = None) -> SheetOut:
        """All of them, in the order of the rows; what was only tried has no identifiers, for nothing of it is there."""
        if tried:
            sheet_id = None
            for one in (each for row in self.found.values() for each in row.statements if not each.unchanged):
                one.statement_id = None
        in_order = [self.found[row_no] for row_no in sorted(self.found)]
        return SheetOut(
            tried=tried,
            sheet_id=sheet_id,
            round_id=round_id,
            rows=file.rows,
            counts=dict(Counter(each.outcome for each in in_order)),
            columns=list(file.columns),
            not_read=list(file.not_read),
            outcomes=in_order,
        )


def place_said(row_no: int) -> dict[str, Any]:
    """Another row, as a refusal names it."""
    sheet, row = place_of(row_no)
    return {"other_zh": f"第 {sheet} 个工作表第 {row} 行", "other_en": f"row {row} of sheet {sheet}"}
