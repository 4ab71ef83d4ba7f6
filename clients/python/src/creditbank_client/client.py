"""The bank as an institution's program sees it: report, correct, withdraw, read, and follow what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from creditbank_client.calling import Caller
from creditbank_client.changes import Changes
from creditbank_client.claim_calls import ClaimCalls
from creditbank_client.learner_calls import LearnerCalls
from creditbank_client.outcomes import Outcome, outcome_of
from creditbank_client.pathway_calls import PathwayCalls
from creditbank_client.share_calls import ShareCalls
from creditbank_client.submission_calls import Id, SubmissionCalls
from creditbank_client.submissions import Submission, SubmissionOutcome
from creditbank_client.submitting import PART, Chooser, Wanted, Watcher, follow, submit

Row = Mapping[str, Any]
"""A row as the contract has it; dates, decimals and UUIDs may stand in it as Python has them."""
_OF_THE_TOKEN = frozenset({"access_token", "token_type", "expires_in"})
BATCH = 1000
"""How many rows the bank takes in one call."""


class Client(LearnerCalls, ShareCalls, ClaimCalls, PathwayCalls, SubmissionCalls):
    """One client of one institution. Threads may share it; close it, or use it in a `with`.

    `attempts` and `longest_wait` (seconds) are its patience: a call that was throttled, met a busy bank or lost its
    connection is sent again, a write under the same Idempotency-Key. Every method raises a `Problem`, `NotReached` or
    `SignInRefused`.
    """

    def __init__(
        self,
        base_url: str,
        client_id: Id,
        client_secret: str,
        *,
        language: str = "zh",
        timeout: float = 60.0,
        attempts: int = 6,
        longest_wait: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caller = Caller(
            base_url,
            {"grant_type": "client_credentials"},
            basic=(str(client_id), client_secret),
            language=language,
            timeout=timeout,
            attempts=attempts,
            longest_wait=longest_wait,
            transport=transport,
            sleep=sleep,
        )

    @classmethod
    def of_person(
        cls,
        base_url: str,
        login_name: str,
        password: str,
        *,
        language: str = "zh",
        timeout: float = 60.0,
        attempts: int = 6,
        longest_wait: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """The same for somebody who signs in: what they may do is their role's."""
        person = cls.__new__(cls)
        person._caller = Caller(
            base_url,
            {"grant_type": "password", "username": login_name, "password": password},
            basic=None,
            language=language,
            timeout=timeout,
            attempts=attempts,
            longest_wait=longest_wait,
            transport=transport,
            sleep=sleep,
        )
        return person

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    # --- records --------------------------------------------------------------------------------------------------

    def post_record(self, row: Row, *, idempotency_key: str | None = None) -> Outcome:
        """Report one row. A row that is refused raises `Refused`; one that is held is an outcome."""
        return outcome_of(self._post("/v1/records", row, idempotency_key))

    def post_records(self, rows: Iterable[Row], *, batch: int = BATCH) -> Iterator[Outcome]:
        """Report any number of rows, read and sent as their outcomes are asked for: one outcome for each, in order.

        A row that is refused or held stops no other: look at `outcome.refused` and `outcome.problem`. Sending the same
        rows again after an interruption is safe: those that are there are `unchanged`.
        """
        before = 0
        for part in _parts(rows, batch):
            answer = self._post("/v1/records/batch", {"rows": part})
            yield from (outcome_of(said, before=before) for said in answer["outcomes"])
            before += len(part)

    def withdraw(self, record_id: Id, *, reason: str, idempotency_key: str | None = None) -> Outcome:
        """Take a record back: its history stays, what stood on it is reversed."""
        return outcome_of(self._post(f"/v1/records/{record_id}/withdrawal", {"reason": reason}, idempotency_key))

    def reassign(
        self, record_id: Id, *, to: Mapping[str, Any], reason: str, idempotency_key: str | None = None
    ) -> Outcome:
        """Give a record that was posted to the wrong person to the right one: `to` is a row's `learner`."""
        said = {"learner": to, "reason": reason}
        return outcome_of(self._post(f"/v1/records/{record_id}/reassignment", said, idempotency_key))

    def changes(self, after: int = 0) -> Changes:
        """What changed in the institution's own records, from a saved position on; see `Changes`."""
        return Changes(self.get, after)

    # --- files ----------------------------------------------------------------------------------------------------

    def submit(
        self,
        file: str | Path,
        *,
        dry_run: bool = False,
        act: str = "report",
        kind: str | None = None,
        reason: str | None = None,
        mapping: Mapping[str, Any] | Chooser | None = None,
        progress: Watcher | None = None,
        resume: bool = True,
        wait: bool = True,
        report: bool = True,
        folder: str | Path | None = None,
        part_size: int = PART,
    ) -> SubmissionOutcome:
        """Send a workbook or another file with many rows, follow it to its end and save its report beside it.

        What was begun is kept in a small file beside it before anything is sent: after a kill or a broken line the
        same call goes on with the same submission, and sends only the parts that the bank does not have. A file that
        was changed since begins a new one, as does `resume=False`. It comes back when the submission has ended, is
        paused, or needs a `mapping`: one to be confirmed, or a function that is given the `Preview` and says one or
        None. `act` is report, withdraw or reassign; `folder` is where state and report are put instead of beside the
        file. Rows that were refused stop no others: see `submission_rows`. A file that is refused as a whole while
        it is read is an outcome with status `failed` and a `problem`. Raises FileEmpty, FileChanged and what every
        method raises.
        """
        wanted = Wanted(
            act=act,
            dry_run=dry_run,
            kind=kind,
            reason=reason,
            mapping=mapping,
            watch=progress,
            resume=resume,
            wait=wait,
            report=report,
            folder=None if folder is None else Path(folder),
            part_size=part_size,
        )
        return submit(self, self._caller.base_url, Path(file), wanted, self._caller.wait)

    def follow(self, submission_id: Id, *, progress: Watcher | None = None) -> Submission:
        """Look at a submission until it has ended, is paused, or needs a mapping."""
        return follow(self, self.submission(submission_id), Wanted(watch=progress), self._caller.wait)

    # --- learners -------------------------------------------------------------------------------------------------

    def open_learners(self, people: Iterable[Row], *, batch: int = BATCH) -> Iterator[dict[str, Any]]:
        """Open accounts for any number of people (`name`, `document`): one outcome for each, in order."""
        before = 0
        for part in _parts(people, batch):
            answer = self._post("/v1/learners/batch", {"people": part})
            yield from ({**said, "row": said["row"] + before} for said in answer["outcomes"])
            before += len(part)

    def activation_code(
        self, learner_id: Id, *, birth_on: date | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """A one-time code to hand to a learner of one's own, and to nobody else; codes from before end.

        `birth_on` is needed where the number of the document does not tell it.
        """
        said = {} if birth_on is None else {"birth_on": birth_on}
        return self._post(f"/v1/learners/{learner_id}/activation-codes", said, idempotency_key)

    # --- what an institution is and teaches -----------------------------------------------------------------------

    def put_institution(self, institution_id: Id, profile: Row) -> dict[str, Any]:
        """What an institution is from a day on; an identifier that nobody has yet enters a new one. For officers."""
        return self.put(f"/v1/institutions/{institution_id}", profile)

    def publish_programmes(self, rows: Iterable[Row], *, institution_id: Id | None = None) -> list[dict[str, Any]]:
        """Programmes, each from its day on; `id` in an outcome is what plans are published under."""
        return self._published(f"{self._institution(institution_id)}/programmes", rows)

    def publish_courses(self, rows: Iterable[Row], *, institution_id: Id | None = None) -> list[dict[str, Any]]:
        """Courses of the catalogue, each from its day on: one outcome for each."""
        return self._published(f"{self._institution(institution_id)}/courses", rows)

    def publish_scales(self, rows: Iterable[Row], *, institution_id: Id | None = None) -> list[dict[str, Any]]:
        """Score scales of the institution's own."""
        return self._published(f"{self._institution(institution_id)}/score-scales", rows)

    def publish_terms(self, rows: Iterable[Row], *, institution_id: Id | None = None) -> list[dict[str, Any]]:
        """Terms of the academic calendar."""
        return self._published(f"{self._institution(institution_id)}/terms", rows)

    def publish_plan(
        self,
        programme_id: Id,
        version: str,
        plan: Row,
        *,
        institution_id: Id | None = None,
        etag: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """A whole version of a plan. Editing one that is there needs the ETag that reading it gave."""
        path = f"{self._institution(institution_id)}/programmes/{programme_id}/plans/{quote(version, safe='')}"
        return self.put(path, plan, etag=etag, idempotency_key=idempotency_key)

    def publish_standards(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Certificate standards with their levels. For officers."""
        return self._published("/v1/certificate-standards", rows)

    # --- the bank in figures ----------------------------------------------------------------------------------------

    def statistics(
        self, *, since: date | None = None, until: date | None = None, institution_id: Id | None = None
    ) -> dict[str, Any]:
        """Accounts, records, credits, refusals, days to decide; small counts are not told. For officers, auditors."""
        return self.get("/v1/statistics", since=since, until=until, institution_id=institution_id)

    def save_statistics(
        self,
        path: str | Path,
        *,
        since: date | None = None,
        until: date | None = None,
        institution_id: Id | None = None,
    ) -> Path:
        """The same as a workbook, in place of whatever `path` was."""
        asked = {"since": since, "until": until, "institution_id": institution_id}
        return self._saved("/v1/statistics.xlsx", asked, path)

    # --- everything that has no method of its own -----------------------------------------------------------------

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read any address of the contract; a query that is None is left out."""
        found: dict[str, Any] = self._caller.read(path, query).json()
        return found

    def post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Write to any address of the contract."""
        return self._post(path, body, idempotency_key)

    def put(
        self, path: str, body: Any, *, etag: str | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Publish at any address of the contract; `etag` names the version that is edited."""
        headers = None if etag is None else {"If-Match": etag}
        return _said(self._caller.write("PUT", path, body, key=idempotency_key, headers=headers))

    @property
    def identity(self) -> dict[str, Any]:
        """Who the bank takes the caller for: `institution_id`, `scope`, and of a person `roles` and `learner_id`."""
        return {name: value for name, value in self._caller.given().items() if name not in _OF_THE_TOKEN}

    def _institution(self, named: Id | None) -> str:
        institution_id = named or self.identity.get("institution_id")
        if institution_id is None:
            raise ValueError("name the institution_id: the caller is bound to none")
        return f"/v1/institutions/{institution_id}"

    def _published(self, path: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
        outcomes: list[dict[str, Any]] = []
        for part in _parts(rows, BATCH):
            before = len(outcomes)
            answer = self._post(path, {"rows": part})
            outcomes += ({**said, "row": said["row"] + before} for said in answer["outcomes"])
        return outcomes

    def _post(self, path: str, body: Any, key: str | None = None) -> dict[str, Any]:
        return _said(self._caller.write("POST", path, body, key=key))


def _parts(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    if not 1 <= size <= BATCH:
        raise ValueError(f"a batch has 1 to {BATCH} rows")
    coming = iter(rows)
    while part := list(islice(coming, size)):
        yield part


def _said(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json() if response.content else {}
    return found
