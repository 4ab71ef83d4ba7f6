"""The calls of the contract that submissions are made of, one method each; the client has them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from creditbank_client.calling import Caller
from creditbank_client.submissions import (
    Preview,
    Submission,
    SubmissionRow,
    preview_of,
    row_of,
    submission_of,
)
from creditbank_client.whole_files import written_whole

Id = str | UUID
PAGE = 1000
"""How many rows the bank shows in one answer."""


class SubmissionCalls:
    """What a client can ask of submissions."""

    _caller: Caller

    def create_submission(
        self,
        file_name: str,
        size: int,
        *,
        sha256: str | None = None,
        act: str = "report",
        dry_run: bool = False,
        kind: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Announce a file of so many bytes; its parts come next. `act` is report, withdraw or reassign."""
        said = {
            "file_name": file_name, "size": size, "sha256": sha256, "act": act, "dry_run": dry_run,
            "kind": kind, "reason": reason,
        }  # fmt: skip
        return self._one(self._caller.write("POST", "/v1/submissions", said, key=idempotency_key))

    def send_part(self, submission_id: Id, number: int, content: bytes) -> dict[str, Any]:
        """One part, at most 8 MiB, numbered from 1. The same bytes may be sent again."""
        path = f"/v1/submissions/{submission_id}/parts/{number}"
        found: dict[str, Any] = self._caller.send("PUT", path, content).json()
        return found

    def complete_submission(self, submission_id: Id, *, parts: int, sha256: str | None = None) -> Submission:
        """Say that every part is there: the bank begins to read."""
        said = {"parts": parts, "sha256": sha256}
        return self._one(self._caller.write("POST", f"/v1/submissions/{submission_id}/completion", said))

    def submission(self, submission_id: Id) -> Submission:
        """How far it has come."""
        return self._one(self._caller.read(f"/v1/submissions/{submission_id}"))

    def submissions(self, *, status: str | None = None) -> Iterator[Submission]:
        """One's submissions, the newest first, read as they are asked for."""
        for page in self._pages("/v1/submissions", status=status):
            yield from map(submission_of, page["submissions"])

    def submission_rows(
        self, submission_id: Id, *, outcomes: Iterable[str] = (), page: int = PAGE
    ) -> Iterator[SubmissionRow]:
        """What became of its rows, in their order; of some outcomes only, if any are named."""
        asked = list(outcomes) or None
        for found in self._pages(f"/v1/submissions/{submission_id}/rows", outcome=asked, limit=page):
            yield from map(row_of, found["rows"])

    def preview(self, submission_id: Id) -> Preview:
        """What the bank thinks each column is, and the first rows as it would read them."""
        return preview_of(self._caller.read(f"/v1/submissions/{submission_id}/preview").json())

    def confirm_mapping(self, submission_id: Id, mapping: Mapping[str, Any]) -> Submission:
        """Say which column is what. The institution's next file of this form is read without asking."""
        return self._one(self._caller.write("PUT", f"/v1/submissions/{submission_id}/mapping", mapping))

    def cancel_submission(self, submission_id: Id) -> Submission:
        """Stop it between two chunks; what was posted stays, and `cancelled_after_row` says up to where."""
        return self._one(self._caller.write("POST", f"/v1/submissions/{submission_id}/cancellation", {}))

    def continue_submission(self, submission_id: Id) -> Submission:
        """Let a paused one go on. For officers."""
        return self._one(self._caller.write("POST", f"/v1/submissions/{submission_id}/continuation", {}))

    def save_report(self, submission_id: Id, path: str | Path, *, only: str | None = None) -> Path:
        """The annotated workbook, in place of whatever `path` was; `only="attention"` leaves out what is done."""
        return self._saved(f"/v1/submissions/{submission_id}/report.xlsx", {"only": only}, path)

    def reconciliation(self, year: str, term: int, *, institution_id: Id | None = None) -> dict[str, Any]:
        """What was sent for a term such as ("2023-2024", 1), what the bank holds of it, and what it does not.

        Officers name the institution.
        """
        asked = {"academic_year": year, "term": term, "institution_id": institution_id}
        return dict(self._caller.read("/v1/reconciliation", asked).json())

    def save_reconciliation(self, year: str, term: int, path: str | Path, *, institution_id: Id | None = None) -> Path:
        """The same as a workbook, in place of whatever `path` was."""
        asked = {"academic_year": year, "term": term, "institution_id": institution_id}
        return self._saved("/v1/reconciliation.xlsx", asked, path)

    def _one(self, response: httpx.Response) -> Submission:
        return submission_of(response.json())

    def _pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._caller.read(path, {**query, "cursor": cursor}).json()
            yield page
            cursor = page["next"]
            if cursor is None:
                return

    def _saved(self, address: str, query: Mapping[str, Any], path: str | Path) -> Path:
        with written_whole(Path(path)) as file:
            self._caller.save(address, query, file)
        return Path(path)
