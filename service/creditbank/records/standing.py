"""What stands on some records now: the values that are locked, read, decided about and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.ledger.book import Account, LivePosting
from creditbank.sealing import SealingKey


@dataclass(frozen=True, slots=True)
class Step:
    """What was decided about a record from a day on."""

    effective_on: date
    verdict: str
    scheme: str | None
    credits: int
    document: str | None
    document_version: str | None
    clause: str | None

    @classmethod
    def read(cls, found: dict[str, Any]) -> Step:
        """From the decision's row."""
        return cls(
            date.fromisoformat(found["effective_on"]),
            found["verdict"],
            found["scheme"],
            found["credits"],
            found["document"],
            found["document_version"],
            found["clause"],
        )


@dataclass(slots=True)
class Standing:
    """A live record with the decisions and postings that stand on it."""

    learner_id: UUID
    record_id: UUID
    institution_id: UUID
    version: int
    content: bytes
    occurred_on: date
    recorded_at: str
    kind: str
    level: str | None
    shown: dict[str, Any]
    sealed: str | None
    facts: dict[str, Any]
    revision: int = 0
    steps: list[Step] = field(default_factory=list)
    postings: list[LivePosting] = field(default_factory=list)
    changed: bool = False
    """Whether this act wrote a new version of it."""


@dataclass(slots=True)
class Person:
    """All accounts of one person, locked: their keys, their ledger as it stands, and the records asked for."""

    family: tuple[UUID, ...]
    keys: dict[UUID, SealingKey]
    closed: bool
    last_entry: dict[UUID, int]
    balances: dict[Account, int]
    standing: dict[UUID, Standing]
    versions: dict[UUID, dict[str, Any]]
    """Last version of each record asked for by id, live or not: learner, version, act, row_index, revision."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records of a person are needed: those of some contents, and some by their ids."""

    family: tuple[UUID, ...]
    contents: frozenset[bytes]
    records: frozenset[UUID]
