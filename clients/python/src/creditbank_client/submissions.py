"""A submission, its rows and its preview as the bank says them, and what became of a file that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from creditbank_client.errors import Problem, problem_of

ENDED = frozenset({"done", "cancelled", "failed", "expired"})
"""Statuses after which nothing more happens to a submission."""
TAKEN = frozenset({"deposited", "unchanged", "corrected", "withdrawn", "reassigned", "acceptable"})
"""Outcomes of rows that need nobody."""
ATTENTION = ("refused", "held")
"""Outcomes of rows that somebody has to look at: the institution at the refused, an officer at the held."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A file that was sent, and how far the bank has come with it."""

    submission_id: str
    institution_id: str | None
    file_name: str | None
    """None past the retention date."""
    format: str | None
    act: str
    dry_run: bool
    kind: str | None
    status: str
    """receiving, reading, needs_mapping, queued, running, paused; then done, cancelled, failed or expired."""
    size: int
    sha256: str | None
    parts: tuple[int, ...]
    """Numbers of the parts that the bank has, while they come."""
    rows: int | None
    """Lines that are records; None until it has been read."""
    done: int
    set_aside: int
    """Lines that are none: titles, headers, signatures."""
    counts: Mapping[str, int]
    """How many rows came to each outcome."""
    warnings: Mapping[str, int]
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    continue_at: datetime | None
    """When one that is paused goes on."""
    retain_until: datetime | None
    """Until when the bank keeps the upload, and with it the report."""
    same_file_as: str | None
    mapping: Mapping[str, Any] | None
    cancelled_after_row: int | None
    problem: Problem | None = None
    """Why the file as a whole was refused."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED

    @property
    def needs_mapping(self) -> bool:
        """Whether a person has to say which column is what."""
        return self.status == "needs_mapping"

    @property
    def attention(self) -> int:
        """How many rows were refused or are held."""
        return sum(self.counts.get(outcome, 0) for outcome in ATTENTION)

    @property
    def all_taken(self) -> bool:
        """Whether it is done and every row is in the bank as it stands in the file (in a dry run: could be)."""
        return self.status == "done" and all(outcome in TAKEN for outcome, many in self.counts.items() if many)


@dataclass(frozen=True, slots=True)
class CellAt:
    """A cell that a problem is about."""

    cell: str | None
    header: str | None
    field: str | None


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """What became of one row of a file."""

    row: int
    """As people count in its sheet, from 1."""
    sheet: str | None
    row_no: int
    """One number over all sheets."""
    outcome: str
    record_id: str | None
    version: int | None
    held_row_id: str | None
    since: str | None
    """Of a row that was held: open, resolved or superseded."""
    cells: tuple[CellAt, ...]
    """Where in the row the problem is."""
    warnings: list[dict[str, str]] = field(default_factory=list)
    problem: Problem | None = None
    """Why it was held or refused, with `faults` and `findings`."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def refused(self) -> bool:
        """Whether nothing of the row was kept."""
        return self.outcome == "refused"

    @property
    def held(self) -> bool:
        """Whether the row waits for an officer: do not send it again."""
        return self.outcome == "held"


@dataclass(frozen=True, slots=True)
class Preview:
    """What the bank thinks each column is, and the first rows as it would read them."""

    proposal: Mapping[str, Any]
    """`sheets` with their columns, `mapping` if it can be confirmed as it is, `questions` for a person, `faults`."""
    mapping: Mapping[str, Any] | None
    """What was confirmed, if it was."""
    rows: list[dict[str, Any]]
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def proposed(self) -> Mapping[str, Any] | None:
        """A mapping that can be confirmed as it is, or None while a question is open."""
        return None if self.questions else self.proposal.get("mapping")

    @property
    def clear(self) -> bool:
        """Whether nobody has to look before the proposed mapping is confirmed."""
        return self.proposed is not None and all(fault.get("severity") != "ask" for fault in self.faults)

    @property
    def draft(self) -> Mapping[str, Any] | None:
        """What a person may complete: the proposed mapping, or as much of one as there is."""
        whole: Mapping[str, Any] | None = self.proposal.get("mapping")
        sheets = [sheet["mapping"] for sheet in self.sheets if sheet.get("mapping")]
        return whole or ({"sheets": sheets} if sheets else None)

    @property
    def sheets(self) -> list[dict[str, Any]]:
        """Each sheet as it would be read, or why it would not be."""
        return list(self.proposal.get("sheets") or ())

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What only a person can say, in both languages."""
        return list(self.proposal.get("questions") or ())

    @property
    def faults(self) -> list[dict[str, Any]]:
        """Where the proposed or saved mapping does not fit the file."""
        return list(self.proposal.get("faults") or ())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come: bytes while it is `sending`, then rows."""

    stage: str
    """sending, or the status of the submission."""
    done: int
    total: int | None
    submission: Submission


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of a file. Look at `submission.status`: done, or why it is not."""

    submission: Submission
    report: Path | None = None
    """The annotated workbook, if it was saved."""
    state_file: Path | None = None
    """Kept while something is left to do: submitting the same file again goes on with this submission."""

    @property
    def all_taken(self) -> bool:
        """Whether it is done and no row needs anybody."""
        return self.submission.all_taken


def submission_of(said: Mapping[str, Any]) -> Submission:
    """The submission in an answer."""
    problem = said.get("problem")
    return Submission(
        submission_id=said["submission_id"],
        institution_id=said.get("institution_id"),
        file_name=said.get("file_name"),
        format=said.get("format"),
        act=said.get("act", "report"),
        dry_run=bool(said.get("dry_run")),
        kind=said.get("kind"),
        status=said["status"],
        size=said.get("size") or 0,
        sha256=said.get("sha256"),
        parts=tuple((said.get("received") or {}).get("parts") or ()),
        rows=said.get("rows"),
        done=said.get("done") or 0,
        set_aside=said.get("set_aside") or 0,
        counts=dict(said.get("counts") or {}),
        warnings=dict(said.get("warnings") or {}),
        created_at=_instant(said.get("created_at")),
        started_at=_instant(said.get("started_at")),
        finished_at=_instant(said.get("finished_at")),
        continue_at=_instant(said.get("continue_at")),
        retain_until=_instant(said.get("retain_until")),
        same_file_as=said.get("same_file_as"),
        mapping=said.get("mapping"),
        cancelled_after_row=said.get("cancelled_after_row"),
        problem=None if problem is None else problem_of(problem.get("status", 422), problem),
        raw=said,
    )


def row_of(said: Mapping[str, Any]) -> SubmissionRow:
    """The row in an answer."""
    problem = said.get("problem")
    return SubmissionRow(
        row=said["row"],
        sheet=said.get("sheet"),
        row_no=said.get("row_no") or said["row"],
        outcome=said["outcome"],
        record_id=said.get("record_id"),
        version=said.get("version"),
        held_row_id=said.get("held_row_id"),
        since=said.get("since"),
        cells=tuple(CellAt(one.get("cell"), one.get("header"), one.get("field")) for one in said.get("cells") or ()),
        warnings=list(said.get("warnings") or ()),
        problem=None if problem is None else problem_of(problem.get("status", 422), problem),
        raw=said,
    )


def preview_of(said: Mapping[str, Any]) -> Preview:
    """The preview in an answer."""
    return Preview(
        proposal=said.get("proposal") or {}, mapping=said.get("mapping"), rows=list(said.get("rows") or ()), raw=said
    )


def _instant(said: str | None) -> datetime | None:
    # Python 3.11 reads the Z of RFC 3339.
    return None if said is None else datetime.fromisoformat(said)
