"""Opening personal accounts: one or many, each claimed by its document number so that two rows open one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, driver
from creditbank.identifiers import new_id
from creditbank.learners.account_numbers import new_account_no
from creditbank.learners.documents import IdentityDocument
from creditbank.sealing import Keyring, canonical, field_of, new_learner_key, seal


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person nobody has an account for yet."""

    name: str
    name_index: bytes
    document: IdentityDocument
    document_index: bytes


_OPEN = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(people)s::jsonb) AS p(
        learner_id uuid, account_no text, wrapped bytea, name_id uuid, name_sealed bytea, name_index bytea,
        document_id uuid, kind text, sealed bytea, number_index bytea)
), claimed AS (
    INSERT INTO identity_key (number_index, learner_id, claimed_at)
    SELECT number_index, learner_id, %(at)s FROM asked ORDER BY number_index
    ON CONFLICT (number_index) DO NOTHING RETURNING learner_id
), opened AS (
    SELECT asked.* FROM asked JOIN claimed USING (learner_id)
), learners AS (
    INSERT INTO learner (learner_id, account_no, opened_at, opened_by)
    SELECT learner_id, account_no, %(at)s, %(by)s FROM opened
), heads AS (
    INSERT INTO learner_head (learner_id, last_entry) SELECT learner_id, 0 FROM opened
), keys AS (
    INSERT INTO learner_key (learner_id, wrapped) SELECT learner_id, wrapped FROM opened
), names AS (
    INSERT INTO learner_name (learner_id, name_id, name_sealed, name_index, given_at)
    SELECT learner_id, name_id, name_sealed, name_index, %(at)s FROM opened
), documents AS (
    INSERT INTO learner_document (learner_id, document_id, kind, sealed, number_index, recorded_at)
    SELECT learner_id, document_id, kind, sealed, number_index, %(at)s FROM opened
)
SELECT number_index, learner_id FROM opened
"""


async def open_accounts(
    session: Transaction, people: Sequence[Newcomer], *, keyring: Keyring, opened_by: UUID | None, at: datetime
) -> dict[bytes, UUID]:
    """Open an account for each person whose document number nobody else has claimed: learner by document index.

    A number claimed by a transaction that has not ended makes this wait for it; when that one commits, nothing is
    opened here and the caller, looking again, finds the account.
    """
    if not people:
        return {}
    rows = [_sealed(person, keyring) for person in _once_each(people)]
    connection = await driver(session)
    cursor = await connection.execute(_OPEN, {"people": orjson.dumps(rows).decode(), "at": at, "by": opened_by})
    return {bytes(index): learner_id for index, learner_id in await cursor.fetchall()}


def _once_each(people: Iterable[Newcomer]) -> list[Newcomer]:
    return list({person.document_index: person for person in people}.values())


def _sealed(person: Newcomer, keyring: Keyring) -> dict[str, Any]:
    learner_id = new_id()
    key, wrapped = new_learner_key(keyring, learner_id)
    document = person.document
    return {
        "learner_id": str(learner_id),
        "account_no": new_account_no(),
        "wrapped": _hex(wrapped),
        "name_id": str(new_id()),
        "name_sealed": _hex(seal(key, person.name.strip().encode(), field_of(learner_id, "name"))),
        "name_index": _hex(person.name_index),
        "document_id": str(new_id()),
        "kind": document.kind,
        "sealed": _hex(seal(key, canonical(document_fields(document)), field_of(learner_id, "document"))),
        "number_index": _hex(person.document_index),
    }


def document_fields(document: IdentityDocument) -> dict[str, str | None]:
    """What is sealed of a document."""
    return {
        "number": document.number,
        "birth_on": None if document.birth_on is None else document.birth_on.isoformat(),
    }


def _hex(octets: bytes) -> str:
    return "\\x" + octets.hex()
