"""From a line of a sheet to the row that `POST /v1/records` takes, or to what is wrong with its cells."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import Any, NamedTuple

from creditbank.records.reading import IDENTIFIES, MAY_LACK
from creditbank.submissions.cells import Cell, Line, column_letters, place_of
from creditbank.submissions.sheets.cell_faults import CellFault, cell_fault, disagrees, missing, not_resident
from creditbank.submissions.sheets.columns import KINDS, PARTS, PERSON, READERS, SPREAD, Act, Field, field_of, fields_of
from creditbank.submissions.sheets.composing import COMPOSE, Parts
from creditbank.submissions.sheets.constants import Constants, last_day_of
from creditbank.submissions.sheets.headers import header_text
from creditbank.submissions.sheets.mapping import TERM_END, Mapping, Reference, SheetLayout, SheetMapping
from creditbank.submissions.sheets.setting_aside import SetAside, closes_table, is_blank, repeats, set_aside
from creditbank.submissions.sheets.teams import Teams
from creditbank.submissions.sheets.values import Reader, Unread

__all__ = ["Assembled", "Assembler", "CellFault", "CellRef", "SetAside", "Unreadable"]

_REMEMBERED = 4_096
"""Cells of a column whose reading is remembered: courses, terms and grades come again and again, people do not."""
_NEVER_REMEMBERED = frozenset({"learner_name", "student_no", "document_number", "number", "key", "record_id"})
_SERIALS = frozenset({"序号", "编号", "行号", "No.", "no.", "NO."})


@dataclass(frozen=True, slots=True)
class Assembled:
    """A line as a row: what is posted, or for another act what that act takes."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is a record and cannot be a row as it stands."""

    faults: tuple[CellFault, ...]
    read: dict[str, Any]
    """What could be read of it: often enough to tell which record it is about."""


class CellRef(NamedTuple):
    """A cell's column, as a report marks it."""

    letter: str
    header: str
    field: str


class _Step(NamedTuple):
    column: int
    name: str
    read: Reader
    into: int


_ROW, _PERSON, _PART, _MANY, _RIVAL = range(5)
_UNSEEN: Any = object()


def _remembering(read: Reader) -> Reader:
    """A reader that knows what it has read: for columns in which the same cells come again and again.

    Only of texts and floats: True, 1 and 1.0 are one key and not one cell.
    """
    seen: dict[str | float, Any] = {}

    def remembered(cell: Cell) -> Any:
        if type(cell) is not str and type(cell) is not float:
            return read(cell)
        value = seen.get(cell, _UNSEEN)
        if value is _UNSEEN:
            value = read(cell)
            if len(seen) >= _REMEMBERED:
                seen.clear()
            seen[cell] = value
        return value

    return remembered


class Assembler:
    """Reads the lines of one file by a mapping and its layout; it keeps nothing of a line but the order of teams."""

    def __init__(
        self,
        mapping: Mapping,
        layouts: abc.Iterable[SheetLayout],
        *,
        reference: Reference,
        reason: str | None = None,
    ) -> None:
        self._sheets = {
            layout.sheet_no: _Sheet(
                mapping.sheets[layout.mapped_by], layout, act=mapping.act, reference=reference, reason=reason
            )
            for layout in layouts
            if layout.mapped_by is not None
        }

    @property
    def needs_arranging(self) -> bool:
        """Whether `arrange` must see every line of the file before the first row is read: there are teams."""
        return any(sheet.teams is not None for sheet in self._sheets.values())

    def arrange(self, lines: abc.Iterable[Line]) -> None:
        """Count the members of teams, in the order of their rows. Lines may come in parts, and again."""
        for line in lines:
            sheet_no, row = place_of(line.row_no)
            sheet = self._sheets.get(sheet_no)
            if sheet is not None and sheet.teams is not None:
                sheet.arrange(line.row_no, row, line.cells)

    def row(self, line: Line) -> Assembled | SetAside | Unreadable:
        """What a line is."""
        sheet_no, row = place_of(line.row_no)
        sheet = self._sheets.get(sheet_no)
        if sheet is None:
            return set_aside("sheet_not_read")
        return sheet.row(line.row_no, row, line.cells)

    def cell_of(self, pointer: str, row_no: int) -> CellRef | None:
        """The column of a row that a fault's JSON pointer (`/learner/document/number`, `/score`) speaks of."""
        sheet = self._sheets.get(place_of(row_no)[0])
        return None if sheet is None else sheet.cell_of(pointer)


class _Sheet:
    """One sheet's mapping, made ready: which column is read how, and where it goes."""

    def __init__(
        self, mapping: SheetMapping, layout: SheetLayout, *, act: Act, reference: Reference, reason: str | None
    ) -> None:
        self.kind, self.act, self.reference, self.reason = mapping.kind, act, reference, reason
        self.header = [[*row] for row in layout.header_cells]
        self.first_row = layout.header_row + len(layout.header_cells) if layout.header_row else 1
        at_key = {key: at for at, key in enumerate(layout.keys) if key}
        self.columns = {
            name: (at_key[key], key, field)
            for key, name in mapping.columns.items()
            if key in at_key and (field := field_of(name, mapping.kind, act=act)) is not None
        }
        self.by_supply: dict[str, list[str]] = {}
        for name in self.columns:  # a field's own column comes first: what it says is looked at before what others add
            self.by_supply[name] = [name]
        for name, (_, _, field) in self.columns.items():
            for supplied in field.supplies:
                if supplied != name:
                    self.by_supply.setdefault(supplied, []).append(name)
        self.base = Constants(mapping, layout)
        self.compose = COMPOSE.get(self.kind or "")
        self.steps = self._steps()
        self.term_end = mapping.constants.get("occurred_on") == TERM_END and "occurred_on" not in self.columns
        self.required = [] if self.kind is None else [one for one in KINDS[self.kind] if one.required]
        self.numbers = [self.columns[n][0] for n in ("student_no", "document_number", "record_id") if n in self.columns]
        self.names = [self.columns[name][0] for name in ("learner_name",) if name in self.columns]
        self.serials = frozenset(
            at
            for key, at in at_key.items()
            if header_text(key) in _SERIALS and at not in {column for column, _, _ in self.columns.values()}
        )
        self.probe = min((column for column, _, _ in self.columns.values()), default=0)
        self.probe_words = frozenset(
            row[self.probe] for row in self.header if self.probe < len(row) and row[self.probe]
        )
        self.teams = Teams() if "team" in self.columns and act == "report" else None
        if {"team_size", "member_no"} <= set(self.columns):
            self.teams = None
        self.remembered_ends: dict[tuple[Any, Any], str | Unread] = {}

    def _steps(self) -> list[_Step]:
        """Columns that say several things come first, so that a column of its own may say it better."""
        wanted = None
        if self.act != "report":
            identifying = IDENTIFIES.get(self.kind or "", ())
            names = {"record_id", "key", "reason", "learner_name", "student_no", "document_number", "document_kind"}
            wanted = names | {one for name in identifying for one in self.by_supply.get(name, ())} | {"course_name"}
        order = {field.name: at for at, field in enumerate(fields_of(self.kind, act=self.act))}
        chosen = [(name, *where) for name, where in self.columns.items() if wanted is None or name in wanted]
        chosen.sort(key=lambda one: (one[3].reads not in SPREAD, order[one[0]]))
        spread = {name for _, _, _, field in chosen if field.reads in SPREAD for name in field.supplies}
        steps = []
        for name, column, _, field in chosen:
            reads = "member" if name == "learner_name" and self.kind == "award" else field.reads
            into = _ROW
            if field.reads in SPREAD:
                into = _MANY
            elif name in PERSON:
                into = _PERSON
            elif name in PARTS:
                into = _PART
            elif name in spread and name != "attempt_no":
                into = _RIVAL
            read = READERS[reads] if name in _NEVER_REMEMBERED else _remembering(READERS[reads])
            steps.append(_Step(column, PERSON.get(name, name), read, into))
        return steps

    def row(self, row_no: int, row: int, cells: tuple[Cell, ...]) -> Assembled | SetAside | Unreadable:
        if row < self.first_row:
            return set_aside("above_header")
        probe = cells[self.probe] if self.probe < len(cells) else None
        if type(probe) is str and header_text(probe) in self.probe_words and repeats(cells, self.header):
            return set_aside("header_again")
        parts = self._read(row, cells)
        payload = self._payload(parts, row_no, row, cells)
        if not parts.faults:
            return Assembled(payload)
        return self._aside(cells) or Unreadable(tuple(parts.faults), payload)

    def _aside(self, cells: tuple[Cell, ...]) -> SetAside | None:
        """A line is looked at for being none only after it could not be read: good rows pay nothing for it."""
        if is_blank(cells, serials=self.serials):
            return set_aside("blank")
        if repeats(cells, self.header):
            return set_aside("header_again")
        if closes_table(cells, numbers=self.numbers, names=self.names):
            return set_aside("signature_total_or_note")
        return None

    def _read(self, row: int, cells: tuple[Cell, ...]) -> Parts:
        base = self.base
        parts = Parts(base.row.copy(), base.learner.copy(), base.aside.copy(), [], self.reference)
        targets = (parts.payload, parts.learner, parts.aside)
        width = len(cells)
        for column, name, read, into in self.steps:
            if column >= width or (cell := cells[column]) is None:
                continue
            try:
                value = read(cell)
                if value is None:
                    continue
                if into < _MANY:
                    targets[into][name] = value
                elif into == _MANY:
                    parts.payload.update(value)
                elif parts.payload.setdefault(name, value) != value:
                    raise disagrees()
            except Unread as unread:
                parts.faults.append(self._fault(column, name, into, row, cell, unread))
        return parts

    def _payload(self, parts: Parts, row_no: int, row: int, cells: tuple[Cell, ...]) -> dict[str, Any]:
        """Put together what was read; what is missing or contradicts is a fault."""
        self._say_who(parts, row, cells)
        if self.compose is not None:
            for name, unread in self.compose(parts):
                self._blame(parts, name, row, cells, unread)
        payload = parts.payload
        if self.act != "report":
            return self._of_act(parts, row, cells)
        if self.term_end:
            self._end_of_term(parts, row, cells)
        if self.teams is not None and "team" in parts.aside:
            payload.update(self.teams.place_of(row_no))
        for field in self.required:
            if field.name not in payload and field.name != "learner_name":
                self._miss(parts, field, row, cells)
        if self.reason is not None:
            payload.setdefault("reason", self.reason)
        payload["kind"] = self.kind
        payload["learner"] = parts.learner
        return payload

    def _say_who(self, parts: Parts, row: int, cells: tuple[Cell, ...]) -> None:
        """The learner: a name and, where it is there, a document; a number without a kind is of a resident."""
        number = parts.aside.get("document_number")
        if number is not None:
            kind = parts.aside.get("document_kind")
            if kind is None and (len(number) not in (15, 18) or not number[:-1].isdigit()):
                self._blame(parts, "document_number", row, cells, not_resident(number))
            parts.learner["document"] = {"kind": kind or "resident_id", "number": number}
        learner = parts.learner
        needs_number = self.kind == "enrolment_event" and self.act == "report"
        if self.act == "report" or (self.act == "reassign" or not parts.payload.keys() & {"record_id", "key"}):
            if "name" not in learner and self.act != "withdraw":
                self._blame(parts, "learner_name", row, cells, missing("姓名", "the name"))
            if "student_no" not in learner and (number is None or needs_number):
                at = "student_no" if "student_no" in self.columns else "document_number"
                self._blame(
                    parts, at, row, cells, missing("学号或证件号码", "the student number or the identity number")
                )

    def _of_act(self, parts: Parts, row: int, cells: tuple[Cell, ...]) -> dict[str, Any]:
        """What a withdrawal or a reassignment says: which record, for reassigning whose it is, and why."""
        payload = parts.payload
        said: dict[str, Any] = {name: payload[name] for name in ("record_id", "key") if name in payload}
        if "record_id" in said:
            said.pop("key", None)
        if self.act == "reassign":
            said["learner"] = parts.learner
            if len(said) == 1:
                self._blame(parts, "record_id", row, cells, missing("学习成果编号", "the record id"))
        elif not said and self.kind is not None:
            payload.setdefault("attempt", "normal")
            payload.setdefault("attempt_no", 1)
            said = {"kind": self.kind, "learner": parts.learner}
            for name in IDENTIFIES[self.kind]:
                field = field_of(name, self.kind)
                if name in payload:
                    said[name] = payload[name]
                elif name not in MAY_LACK and field is not None:
                    self._miss(parts, field, row, cells)
        elif not said:
            self._blame(parts, "record_id", row, cells, missing("学习成果编号", "the record id"))
        reason = payload.get("reason", self.reason)
        if reason is None:
            self._blame(parts, "reason", row, cells, missing("原因", "the reason"))
        return said | {"reason": reason}

    def _end_of_term(self, parts: Parts, row: int, cells: tuple[Cell, ...]) -> None:
        when = (parts.payload.get("academic_year"), parts.payload.get("term"))
        if None in when:
            return
        ends = self.remembered_ends.get(when)
        if ends is None:
            ends = self.remembered_ends[when] = last_day_of(self.reference, when)
        if isinstance(ends, Unread):
            self._blame(parts, "term", row, cells, ends)
        else:
            parts.payload["occurred_on"] = ends

    def arrange(self, row_no: int, row: int, cells: tuple[Cell, ...]) -> None:
        """Count a member if the line is a record, however bad its other cells are."""
        assert self.teams is not None
        if row < self.first_row or repeats(cells, self.header):
            return
        parts = self._read(row, cells)
        payload, team = parts.payload, parts.aside.get("team")
        if team is None or ((parts.faults or "name" not in parts.learner) and self._aside(cells)):
            return
        said = [payload.get(name) for name in ("event", "occurred_on", "rank", "place")]
        number = parts.learner.get("student_no") or parts.aside.get("document_number")
        self.teams.join(row_no, (*said, team), str(number or parts.learner.get("name") or row_no))

    def _miss(self, parts: Parts, field: Field, row: int, cells: tuple[Cell, ...]) -> None:
        """What is missing, unless a cell that should have supplied it is at fault already."""
        name = field.name
        suppliers = {name, *self.by_supply.get(name, ()), *_ELSEWHERE.get(f"/{name}", ())}
        if name == "occurred_on" and self.term_end:
            suppliers |= {"term", *self.by_supply.get("term", ()), *self.by_supply.get("academic_year", ())}
        if not any(fault.field in suppliers for fault in parts.faults):
            self._blame(parts, name, row, cells, missing(field.zh, field.en))

    def _blame(self, parts: Parts, name: str, row: int, cells: tuple[Cell, ...], unread: Unread) -> None:
        """A fault of a field, at the column that supplies it, if there is one; a cell has one fault at a time."""
        columns = [found for one in (name, *_ELSEWHERE.get(f"/{name}", ())) for found in self.by_supply.get(one, ())]
        if not columns:
            parts.faults.append(
                CellFault(None, None, None, name, unread.code, f"第{row}行{unread.zh}", f"Row {row} {unread.en}")
            )
            return
        column, header, field = self.columns[columns[0]]
        if not any(fault.column == column for fault in parts.faults):
            cell = cells[column] if column < len(cells) else None
            parts.faults.append(cell_fault(column, header, field.name, row, cell, unread))

    def _fault(self, column: int, name: str, into: int, row: int, cell: Cell, unread: Unread) -> CellFault:
        field = "learner_name" if into == _PERSON and name == "name" else name
        return cell_fault(column, self.columns[field][1], field, row, cell, unread)

    def cell_of(self, pointer: str) -> CellRef | None:
        name = _POINTERS.get(pointer, pointer.rpartition("/")[2])
        if pointer == "/occurred_on" and self.term_end:
            name = "term"
        for one in (name, *_ELSEWHERE.get(pointer, ())):
            for found in self.by_supply.get(one, ()):
                column, header, field = self.columns[found]
                return CellRef(column_letters(column), header, field.name)
        return None


_POINTERS = {
    "/learner/name": "learner_name",
    "/learner": "document_number",
    "/learner/document": "document_number",
    "/learner/document/number": "document_number",
    "/learner/document/kind": "document_kind",
}
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "/learner": ("student_no", "learner_name"),
    "/learner/document/kind": ("document_number",),
    "/course_code": ("course_name",),
    "/started_on": ("occurred_on",),
}
