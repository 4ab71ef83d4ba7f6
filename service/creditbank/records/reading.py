"""Reading a row: what identifies its learner, what its key is, what may be kept in the open and what is sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.errors import BankError, Malformed
from creditbank.learners.documents import IdentityDocument, read_document
from creditbank.learners.indexes import document_index, name_index, student_index
from creditbank.learners.names import read_name
from creditbank.records import refusals
from creditbank.records.schemas import Row
from creditbank.sealing import Keyring, blind_index, canonical

IDENTIFIES: dict[str, tuple[str, ...]] = {
    "course_result": ("course_code", "academic_year", "term", "attempt", "attempt_no"),
    "certificate": ("standard", "number"),
    "training": ("title", "started_on", "occurred_on"),
    "award": ("event", "occurred_on"),
    "practice": ("form", "title", "started_on"),
    "military_service": ("enlisted_on",),
    "work_achievement": ("category", "title"),
    "online_course": ("platform", "title", "occurred_on"),
    "assessment": ("name", "subject", "occurred_on"),
    "enrolment_event": ("event", "occurred_on", "programme_code"),
}
"""Which fields, with the learner, are a row's key when the institution has none of its own."""
MAY_LACK = frozenset({"subject", "programme_code", "attempt", "attempt_no"})
"""Of these, what a row may lack or has by default."""

_SEALED = {"learner", "number", "key"}
"""Fields that never stand in the open."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that is well formed: its keys, its parts, and nothing decided yet."""

    row_no: int
    given: Row
    sent: dict[str, Any]
    """The row as it was sent, but for the reason of sending it: what its digest is of, and what is held."""
    document: IdentityDocument | None
    document_index: bytes | None
    name_index: bytes
    student_index: bytes | None
    key_index: bytes
    row_index: bytes
    """Keyed index of the whole row as it was sent."""
    certificate_index: bytes | None
    content: bytes
    warnings: tuple[str, ...]

    def body(self, *, sensitive: bool) -> dict[str, Any]:
        """What is kept in the open; the score of a `sensitive` record (作弊, a matter of discipline) is not."""
        hidden = _SEALED | {"score"} if sensitive else _SEALED
        return {name: value for name, value in self.sent.items() if name not in hidden}

    def private(self, *, sensitive: bool) -> dict[str, str]:
        """What is sealed under the learner's key."""
        given, said = self.given, vars(self.given)
        kept = {
            "student_no": given.learner.student_no,
            "number": said.get("number"),
            "score": said.get("score") if sensitive else None,
            "key": given.key,
        }
        return {name: value for name, value in kept.items() if value is not None}


def read_row(given: Row, *, row_no: int, institution_id: UUID, keyring: Keyring, today: date) -> ReadRow:
    """Check what can be checked without looking anything up.

    Raises a RowRefused or an error of the identity document; nothing is known about the learner here.
    """
    _check_dates(given, today)
    learner = given.learner
    read_name(learner.name)
    document = None
    if learner.document is not None:
        document = read_document(learner.document.kind, learner.document.number, on=today)
        if document.birth_on is not None and given.occurred_on < document.birth_on:
            raise refusals.BeforeBirth(day=given.occurred_on, field="/occurred_on")
    elif learner.student_no is None:
        raise refusals.LearnerNotIdentified(field="/learner")
    if given.kind == "enrolment_event" and learner.student_no is None:
        raise refusals.StudentNumberMissing(field="/learner/student_no")
    handle = learner.student_no or (f"{document.kind}:{document.number}" if document else "")
    sent = given.model_dump(mode="json", exclude_none=True, exclude={"reason"})
    return ReadRow(
        row_no=row_no,
        given=given,
        sent=sent,
        document=document,
        document_index=None if document is None else document_index(keyring, document),
        name_index=name_index(keyring, learner.name),
        student_index=student_index(keyring, institution_id, learner.student_no),
        key_index=blind_index(keyring, "record-key", _key(given, sent, handle)),
        row_index=blind_index(keyring, "row", canonical(sent).decode()),
        certificate_index=_certificate_index(keyring, given),
        content=_content(given, institution_id),
        warnings=tuple(document.warnings) if document else (),
    )


def own_key_index(keyring: Keyring, key: str) -> bytes:
    """The index of a key of the institution's own."""
    return blind_index(keyring, "record-key", f"own:{key}")


def key_index_of(given: Row, *, keyring: Keyring, today: date) -> bytes | None:
    """The index of the key of a row that was refused for something else; nothing where its document is no document."""
    try:
        return named_key_index(keyring, given.model_dump(mode="json", exclude_none=True), today=today)
    except BankError:
        return None


def named_key_index(keyring: Keyring, said: Mapping[str, Any], *, today: date) -> bytes:
    """The index of the key by which a row's identifying fields name it, whatever else of the row is missing.

    Raises Malformed for a kind that is none, LearnerNotIdentified, and errors of the identity document.
    """
    if isinstance(said.get("key"), str):
        return own_key_index(keyring, said["key"])
    kind, learner = said.get("kind"), said.get("learner")
    if kind not in IDENTIFIES or not isinstance(learner, dict):
        raise Malformed(why_zh="缺少成果类别或学习者", why_en="the kind of record or the learner is missing")
    handle = learner.get("student_no")
    document = learner.get("document")
    if handle is None and isinstance(document, dict):
        read = read_document(document.get("kind", "resident_id"), str(document.get("number", "")), on=today)
        handle = f"{read.kind}:{read.number}"
    if not isinstance(handle, str):
        raise refusals.LearnerNotIdentified(field="/learner")
    defaults = {"attempt": "normal", "attempt_no": 1} if kind == "course_result" else {}
    identifying = [said.get(name, defaults.get(name)) for name in IDENTIFIES[kind]]
    return blind_index(keyring, "record-key", canonical([kind, handle, *identifying]).decode())


def certificate_index_of(keyring: Keyring, said: Mapping[str, Any]) -> bytes | None:
    """The index of the certificate number that a row names, if it is a certificate's."""
    standard, number = said.get("standard"), said.get("number")
    if said.get("kind") != "certificate" or not isinstance(standard, str) or not isinstance(number, str):
        return None
    return _number_index(keyring, standard, number)


def _key(given: Row, sent: dict[str, Any], handle: str) -> str:
    if given.key is not None:
        return f"own:{given.key}"
    identifying = [sent.get(name) for name in IDENTIFIES[given.kind]]
    return canonical([given.kind, handle, *identifying]).decode()


def _certificate_index(keyring: Keyring, given: Row) -> bytes | None:
    if given.kind != "certificate":
        return None
    return _number_index(keyring, given.standard, given.number)


def _number_index(keyring: Keyring, standard: str, number: str) -> bytes:
    return blind_index(keyring, "certificate", f"{standard}:{number.strip().upper()}")


def _content(given: Row, institution_id: UUID) -> bytes:
    """What the record is about: records of one content are attempts, levels or reports of the same thing."""
    said: list[Any]
    match given.kind:
        case "course_result":
            said = [institution_id.hex, given.course_code]
        case "certificate":
            said = [given.standard]
        case "training":
            said = [institution_id.hex, _folded(given.title), given.started_on.isoformat()]
        case "award":
            said = [_folded(given.event), given.occurred_on.year]
        case "practice":
            said = [institution_id.hex, given.form, _folded(given.title), given.started_on.isoformat()]
        case "military_service":
            said = [given.enlisted_on.isoformat()]
        case "work_achievement":
            said = [given.category, _folded(given.title)]
        case "online_course":
            said = [_folded(given.platform), _folded(given.title)]
        case "assessment":
            said = [institution_id.hex, _folded(given.name), _folded(given.subject or "")]
        case "enrolment_event":
            said = [institution_id.hex, given.event, given.occurred_on.isoformat()]
    return hashlib.blake2b(canonical([given.kind, *said]), digest_size=16).digest()


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _check_dates(given: Row, today: date) -> None:
    if given.occurred_on > today:
        raise refusals.DateInTheFuture(day=given.occurred_on, field="/occurred_on")
    said = vars(given)  # asking a payload for a field that its kind does not have is slow
    started = said.get("started_on") or said.get("enlisted_on")
    if started is not None and started > given.occurred_on:
        raise refusals.DatesOutOfOrder(started=started, ended=given.occurred_on, field="/occurred_on")
    ends = said.get("valid_until")
    if ends is not None and ends < given.occurred_on:
        raise refusals.DatesOutOfOrder(started=given.occurred_on, ended=ends, field="/valid_until")
    years = said.get("academic_year")
    if years is not None and int(years[5:]) != int(years[:4]) + 1:
        raise refusals.AcademicYearImpossible(year=years, field="/academic_year")
