"""Shares (授权查询): a learner lets somebody with a code see chosen records, and whoever holds one opens it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import httpx

from creditbank_client.asking import Calls
from creditbank_client.calling import Caller
from creditbank_client.submission_calls import Id


class ShareCalls(Calls):
    """What a learner, or a child's guardian, does with shares."""

    def make_share(
        self,
        learner_id: Id,
        *,
        purpose: str,
        records: Sequence[Id] | None = None,
        until: date | None = None,
        openings: int = 10,
        pin: str | None = None,
        says_who: str = "name",
        with_marks: bool = True,
        with_conversions: bool = True,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """A share of everything there is now, or of some `records`; its `code` and `address` are in the answer.

        `says_who` is `nobody`, `name` or `name_and_number`; a `pin` has six digits. Without `until` it lasts 30 days.
        """
        said: dict[str, Any] = {
            "purpose": purpose,
            "openings": openings,
            "says_who": says_who,
            "with_marks": with_marks,
            "with_conversions": with_conversions,
        }
        if records is not None:
            said["record_ids"] = [str(record) for record in records]
        if until is not None:
            said["until_on"] = until
        if pin is not None:
            said["pin"] = pin
        return self._write(f"/v1/learners/{learner_id}/shares", said, idempotency_key)

    def shares(self, learner_id: Id) -> Iterator[dict[str, Any]]:
        """A learner's shares, newest first, however many pages there are."""
        return self._items(f"/v1/learners/{learner_id}/shares", {}, named="shares")

    def share(self, learner_id: Id, share_id: Id) -> dict[str, Any]:
        """One share, how it stands and how often it was opened."""
        return self._read(f"/v1/learners/{learner_id}/shares/{share_id}")

    def share_contents(self, learner_id: Id, share_id: Id) -> dict[str, Any]:
        """What whoever opens it would see now; it uses up no opening."""
        return self._read(f"/v1/learners/{learner_id}/shares/{share_id}/contents")

    def share_openings(self, learner_id: Id, share_id: Id) -> Iterator[dict[str, Any]]:
        """When it was opened, and when a PIN was wrong, newest first."""
        return self._items(f"/v1/learners/{learner_id}/shares/{share_id}/openings", {}, named="openings")

    def close_share(self, learner_id: Id, share_id: Id, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Nobody opens it any more, at once; closing twice is closing once."""
        return self._write(f"/v1/learners/{learner_id}/shares/{share_id}/closing", None, idempotency_key)

    def share_counts(self) -> dict[str, Any]:
        """How many shares there are in the bank. For officers and auditors."""
        return self._read("/v1/share-counts")


def open_share(
    base_url: str,
    code: str,
    pin: str | None = None,
    *,
    idempotency_key: str | None = None,
    language: str = "zh",
    timeout: float = 60.0,
    attempts: int = 6,
    longest_wait: float = 60.0,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """What somebody shows by a code, for anybody who holds it: no client and no sign-in is needed.

    Each call is an opening, but a call that had to be sent again is one. Raises NotFound where code or PIN are not
    right, `Problem` with the code `share_over` where it is over, and `Throttled`.
    """
    caller = Caller(
        base_url,
        {},
        basic=None,
        language=language,
        timeout=timeout,
        attempts=attempts,
        longest_wait=longest_wait,
        transport=transport,
        sleep=sleep,
    )
    try:
        found: dict[str, Any] = caller.write_as_nobody(
            "/v1/share-openings", {"code": code, "pin": pin}, key=idempotency_key
        ).json()
        return found
    finally:
        caller.close()
