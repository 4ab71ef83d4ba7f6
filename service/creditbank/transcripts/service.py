"""Putting a transcript together: who it is, what is whole or partial about it, what was sealed and may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from creditbank import clock
from creditbank.changes.numberer import last_number_at
from creditbank.credits import format_credits
from creditbank.db import Transaction
from creditbank.errors import Language, NotFound
from creditbank.learners.documents import mask
from creditbank.records.lines import with_private
from creditbank.rules.lists import EXEMPTION, GRADE_TEXT, KIND, LEVEL, RESULT, SCHEME
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, unwrap
from creditbank.transcripts.conversions import shown, totals
from creditbank.transcripts.current import how_many, read_current
from creditbank.transcripts.past import read_past

_LINKS = {
    "record": "/v1/records/{record_id}",
    "claim": "/v1/claims/{claim_id}",
    "decision": "/v1/decisions/{decision_id}",
    "posting": "/v1/postings/{posting_id}",
}
_SHOWN_WHEN_OPENED = ("number", "score")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which transcript: today's, or that of a day as known at an instant; all of it, or some records."""

    as_of: date | None = None
    known_at: datetime | None = None
    records: Sequence[UUID] | None = None
    language: Language = "zh"


async def transcript(
    session: Transaction,
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
    partial = asked.records is not None or reported_by is not None
    if asked.as_of is None and asked.known_at is None:
        rows = await read_current(session, learner_id, institution_id=reported_by, records=asked.records)
        in_all = await how_many(session, learner_id) if partial else len(rows) - 1
    else:
        number = None
        if asked.known_at is not None:
            last = await last_number_at(session, asked.known_at)
            number = last.number
            known |= {"known_at": last.known_at, "known_at_asked": asked.known_at}
        known["as_of"] = asked.as_of or clock.today(at)
        rows, in_all = await read_past(
            session,
            learner_id,
            as_of=known["as_of"],
            number=number,
            institution_id=reported_by,
            records=asked.records,
        )
    if not rows:
        raise NotFound
    person = orjson.loads(rows[0][0])
    keys = _Keys(keyring, person["keys"] or {})
    converted = shown(person["conversions"], institution_id=reported_by, records=asked.records)
    header = {
        "learner": _learner(person, keys),
        "made_at": at,
        **known,
        "partial": partial,
        "reported_by": reported_by,
        "records_shown": len(rows) - 1,
        # An institution that sees what it reported itself learns nothing of how much else there is.
        "records_in_all": in_all if reported_by is None else None,
        "links": _LINKS,
        "totals": _totals(rows[1:]),
        "conversion_totals": totals(converted),
        "conversions": converted,
    }
    place = "shown" if known["as_of"] is None else "record"
    lines = b",".join(_line(row, keys, place) for row in rows[1:])
    return b"".join((orjson.dumps(header)[:-1], b',"labels":', _LABELS[asked.language], b',"records":[', lines, b"]}"))


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


def _line(row: Sequence[Any], keys: _Keys, place: str) -> bytes:
    """A line with what was sealed in its place: a certificate's number, a mark of discipline."""
    line, sealed = row[0].encode(), row[5]
    if sealed is None:
        return line  # type: ignore[no-any-return]
    said = orjson.loads(line)
    key = keys.of(said["learner_id"])
    if key is None:
        return line  # type: ignore[no-any-return]
    opened = orjson.loads(open_sealed(key, bytes(sealed), field_of(UUID(said["learner_id"]), place)))
    private = {name: opened[name] for name in _SHOWN_WHEN_OPENED if name in opened}
    return with_private(line, said["record_id"], private)


def _totals(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Totals of each scheme (no level, no institution), and within it by level and institution.

    What stands on record without credits, an enrolment say, is in no total.
    """
    sums: dict[tuple[str, str | None, str | None], list[int]] = {}
    for _, scheme, level, institution_id, credits, _, _ in rows:
        if scheme is not None and credits != 0:
            for key in ((scheme, None, None), (scheme, level or "", institution_id)):
                total = sums.setdefault(key, [0, 0])
                total[0] += 1
                total[1] += credits
    return [
        {
            "scheme": scheme,
            "level": level or None,
            "institution_id": institution_id,
            "records": records,
            "credits": format_credits(credits),
        }
        for (scheme, level, institution_id), (records, credits) in sums.items()
    ]


_LABELLED = {
    "scheme": SCHEME,
    "kind": KIND,
    "level": LEVEL,
    "result": RESULT,
    "exemption": EXEMPTION,
    "grade_text": GRADE_TEXT,
}
"""Whose words a transcript explains."""


def _labels(language: Language) -> bytes:
    place = 1 if language == "zh" else 2
    return orjson.dumps({name: {word[0]: word[place] for word in choices.words} for name, choices in _LABELLED.items()})


_LABELS: dict[Language, bytes] = {"zh": _labels("zh"), "en": _labels("en")}
