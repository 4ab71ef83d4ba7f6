"""Putting a transcript together: who it is, what is whole or partial about it, what was sealed and may be seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.changes.numberer import last_number_at
from creditbank.errors import Language, NotFound
from creditbank.learners.documents import mask
from creditbank.rules.facts import KIND, LEVEL, RESULT, SCHEME
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, unwrap
from creditbank.transcripts.current import read_current
from creditbank.transcripts.past import read_past

_SEALED = re.compile(rb'"learner_id" : "([0-9a-f-]{36})", "sealed" : (null|"([0-9a-f]+)")')
"""Inside a JSON string a quote is escaped, so nothing that was reported can look like this."""
_LINKS = {
    "record": "/v1/records/{record_id}",
    "decision": "/v1/decisions/{decision_id}",
    "posting": "/v1/postings/{posting_id}",
}
_SHOWN_IN_THE_OPEN = ("number", "score")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which transcript: today's, or that of a day as known at an instant; all of it, or some records."""

    as_of: date | None = None
    known_at: datetime | None = None
    records: Sequence[UUID] | None = None
    language: Language = "zh"


async def transcript(
    session: AsyncSession,
    learner_id: UUID,
    asked: Asked,
    *,
    reported_by: UUID | None,
    keyring: Keyring,
    at: datetime,
) -> bytes:
    """A transcript as JSON. `reported_by` narrows it to what one institution reported, and it says so.

    Raises NotFound when there is no such account.
    """
    known: dict[str, Any] = {"as_of": None, "known_at": None, "known_at_asked": None}
    if asked.as_of is None and asked.known_at is None:
        found = await read_current(session, learner_id, institution_id=reported_by, records=asked.records)
    else:
        as_of = asked.as_of or clock.today(at)
        number: int | None = None
        if asked.known_at is not None:
            last = await last_number_at(session, asked.known_at)
            number = last.number
            known |= {"known_at": last.known_at, "known_at_asked": asked.known_at}
        known["as_of"] = as_of
        found = await read_past(
            session, learner_id, as_of=as_of, number=number, institution_id=reported_by, records=asked.records
        )
    wrapped, person_text, totals, lines, in_all = found
    if person_text is None:
        raise NotFound
    keys = _Keys(keyring, orjson.loads(wrapped) if wrapped else {})
    body, shown = _opened(lines, keys, field="shown" if known["as_of"] is None else "record")
    header = {
        "learner": _learner(orjson.loads(person_text), keys),
        "made_at": at,
        **known,
        "partial": asked.records is not None or reported_by is not None,
        "reported_by": reported_by,
        "records_shown": shown,
        "records_in_all": in_all if reported_by is None else None,
        "labels": _LABELS[asked.language],
        "links": _LINKS,
    }
    return b"".join((orjson.dumps(header)[:-1], b',"totals":', totals.encode(), b',"records":', body, b"}"))


class _Keys:
    """The keys of a person's accounts, each unwrapped when it is first needed."""

    def __init__(self, keyring: Keyring, wrapped: dict[str, str]) -> None:
        self._keyring, self._wrapped = keyring, wrapped
        self._open: dict[str, SealingKey] = {}

    def of(self, learner_id: str) -> SealingKey | None:
        """The key of an account, or None after an erasure."""
        if learner_id not in self._open and learner_id in self._wrapped:
            wrapped = bytes.fromhex(self._wrapped[learner_id])
            self._open[learner_id] = unwrap(self._keyring, UUID(learner_id), wrapped)
        return self._open.get(learner_id)


def _learner(person: dict[str, Any], keys: _Keys) -> dict[str, Any]:
    """Who it is, as far as the key still opens it."""
    learner_id, key = UUID(person["learner_id"]), keys.of(person["learner_id"])
    name, document = None, None
    if key is not None:
        if person["name"] is not None:
            name = open_sealed(key, bytes.fromhex(person["name"]), field_of(learner_id, "name")).decode()
        if person["document"] is not None:
            sealed = bytes.fromhex(person["document"]["sealed"])
            number = orjson.loads(open_sealed(key, sealed, field_of(learner_id, "document")))["number"]
            kind = person["document"]["kind"]
            document = {"kind": kind, "number": mask(kind, number)}
    return {
        "learner_id": person["learner_id"],
        "account_no": person["account_no"],
        "name": name,
        "document": document,
        "erased": key is None,
        "accounts": person["accounts"],
    }


def _opened(lines: str, keys: _Keys, *, field: str) -> tuple[bytes, int]:
    """The lines with what was sealed in its place: a certificate's number, a mark of discipline."""
    shown = 0

    def put(found: re.Match[bytes]) -> bytes:
        nonlocal shown
        shown += 1
        private: dict[str, Any] | None = None
        if found[3] is not None and (key := keys.of(found[1].decode())) is not None:
            learner_id = UUID(found[1].decode())
            private = _private(bytes.fromhex(found[3].decode()), key, field_of(learner_id, field))
        return b'"learner_id": "' + found[1] + b'", "private": ' + orjson.dumps(private)

    return _SEALED.sub(put, lines.encode()), shown


def _private(sealed: bytes, key: SealingKey, place: bytes) -> dict[str, Any] | None:
    opened = orjson.loads(open_sealed(key, sealed, place))
    kept = {name: opened[name] for name in _SHOWN_IN_THE_OPEN if name in opened}
    return kept or None


def _labels(language: Language) -> dict[str, dict[str, str]]:
    place = 1 if language == "zh" else 2
    return {
        name: {word[0]: word[place] for word in choices.words}
        for name, choices in (("scheme", SCHEME), ("kind", KIND), ("level", LEVEL), ("result", RESULT))
    }


_LABELS: dict[Language, dict[str, dict[str, str]]] = {"zh": _labels("zh"), "en": _labels("en")}
