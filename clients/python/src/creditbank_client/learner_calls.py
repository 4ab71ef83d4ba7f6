"""A learner: the account, the transcript and what stands behind it, the inbox, and what they consent to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from creditbank_client.asking import Calls
from creditbank_client.submission_calls import Id


class LearnerCalls(Calls):
    """What a client can ask about one learner, as far as the caller may see it."""

    def learner(self, learner_id: Id, *, purpose: str | None = None) -> dict[str, Any]:
        """An account as far as the caller may see it; an officer says for what `purpose`, which is written down."""
        return self._read(f"/v1/learners/{learner_id}", purpose=purpose)

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
        return self._read(
            f"/v1/learners/{learner_id}/transcript", as_of=as_of, known_at=known_at, record=records, lang=lang
        )

    def balances(
        self, learner_id: Id, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> list[dict[str, Any]]:
        """The credits of each scheme; those of two schemes are never added together."""
        found = self._read(f"/v1/learners/{learner_id}/balances", as_of=as_of, known_at=known_at)
        return list(found["balances"])

    def statement(
        self, learner_id: Id, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every posting, the first first, however many pages there are."""
        cursor = None
        while True:
            page = self._read(f"/v1/learners/{learner_id}/statement", as_of=as_of, known_at=known_at, cursor=cursor)
            yield from page["lines"]
            cursor = page["next"]
            if cursor is None:
                return

    def progress(self, learner_id: Id) -> dict[str, Any]:
        """How far a learner is in the plans of their enrolments, by category of course."""
        return self._read(f"/v1/learners/{learner_id}/progress")

    # --- the story of a credit --------------------------------------------------------------------------------------

    def record(self, record_id: Id) -> dict[str, Any]:
        """A record with every version, decision and posting."""
        return self._read(f"/v1/records/{record_id}")

    def decision(self, decision_id: Id) -> dict[str, Any]:
        """A decision with its findings, facts and rule version."""
        return self._read(f"/v1/decisions/{decision_id}")

    def replay(self, decision_id: Id) -> dict[str, Any]:
        """A decision made again from the facts and the rule of then: the same, or what exactly differs."""
        return self._write(f"/v1/decisions/{decision_id}/replay")

    def posting(self, posting_id: Id) -> dict[str, Any]:
        """A posting with its entries and the decision it was made from."""
        return self._read(f"/v1/postings/{posting_id}")

    # --- what the bank says to a learner, and a learner to the bank ---------------------------------------------------

    def inbox(self, learner_id: Id, *, unread: bool = False) -> Iterator[dict[str, Any]]:
        """What was served on a learner, the newest first, read as it is asked for."""
        asked = {"unread": "true" if unread else None}
        yield from self._items(f"/v1/learners/{learner_id}/inbox", asked, named="messages")

    def mark_read(self, learner_id: Id, message_id: Id, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Say that a message was read. No clock depends on it: they run from when it was served."""
        return self._write(f"/v1/learners/{learner_id}/inbox/{message_id}/read", None, idempotency_key)

    def consents(self, learner_id: Id) -> dict[str, Any]:
        """What a learner consents to now (`in_force`), and every word that led to it."""
        return self._read(f"/v1/learners/{learner_id}/consents")

    def say_consent(
        self,
        learner_id: Id,
        *,
        purpose: str,
        given: bool,
        institution_id: Id | None = None,
        until_on: date | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Give a consent for one purpose (`transcript`, `recognition`, …), or take it back: by the learner only."""
        said = {"purpose": purpose, "given": given, "institution_id": institution_id, "until_on": until_on}
        return self._write(f"/v1/learners/{learner_id}/consents", said, idempotency_key)
