"""The bank as an institution's program sees it: report, correct, withdraw, read, and follow what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from creditbank_client.calling import Caller
from creditbank_client.changes import Changes
from creditbank_client.outcomes import Outcome, outcome_of

Row = Mapping[str, Any]
"""A row as the contract has it; dates, decimals and UUIDs may stand in it as Python has them."""
Id = str | UUID
BATCH = 1000
"""How many rows the bank takes in one call."""


class Client:
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
        if not 1 <= batch <= BATCH:
            raise ValueError(f"a batch has 1 to {BATCH} rows")
        coming, before = iter(rows), 0
        while part := list(islice(coming, batch)):
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

    def record(self, record_id: Id) -> dict[str, Any]:
        """A record with every version, decision and posting."""
        return self.get(f"/v1/records/{record_id}")

    def decision(self, decision_id: Id) -> dict[str, Any]:
        """A decision with its findings, facts and rule version."""
        return self.get(f"/v1/decisions/{decision_id}")

    def posting(self, posting_id: Id) -> dict[str, Any]:
        """A posting with its entries and the decision it was made from."""
        return self.get(f"/v1/postings/{posting_id}")

    def changes(self, after: int = 0) -> Changes:
        """What changed in the institution's own records, from a saved position on; see `Changes`."""
        return Changes(self.get, after)

    # --- learners -------------------------------------------------------------------------------------------------

    def transcript(
        self,
        learner_id: Id,
        *,
        as_of: date | None = None,
        known_at: datetime | None = None,
        records: Sequence[Id] | None = None,
        lang: str | None = None,
    ) -> dict[str, Any]:
        """The transcript: what happened by a day (`as_of`), as the bank knew it at an instant (`known_at`)."""
        asked = {"as_of": as_of, "known_at": known_at, "record": records, "lang": lang}
        return self.get(f"/v1/learners/{learner_id}/transcript", **asked)

    def balances(
        self, learner_id: Id, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> list[dict[str, Any]]:
        """The credits of each scheme; those of two schemes are never added together."""
        found = self.get(f"/v1/learners/{learner_id}/balances", as_of=as_of, known_at=known_at)
        return list(found["balances"])

    def statement(
        self, learner_id: Id, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every posting, the first first, however many pages there are."""
        cursor = None
        while True:
            page = self.get(f"/v1/learners/{learner_id}/statement", as_of=as_of, known_at=known_at, cursor=cursor)
            yield from page["lines"]
            cursor = page["next"]
            if cursor is None:
                return

    # --- everything that has no method of its own -----------------------------------------------------------------

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read any address of the contract; a query that is None is left out."""
        found: dict[str, Any] = self._caller.read(path, query).json()
        return found

    def post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Write to any address of the contract."""
        return self._post(path, body, idempotency_key)

    def _post(self, path: str, body: Any, key: str | None = None) -> dict[str, Any]:
        return _said(self._caller.write("POST", path, body, key=key))


def _said(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json() if response.content else {}
    return found
