"""From what was sent to what can be written: read, look up, match, open accounts; what cannot go on is set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from creditbank import clock
from creditbank.credits import format_credits
from creditbank.db import Transaction, TryAgain
from creditbank.errors import BankError, NotAllowed
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.accounts import Newcomer, open_accounts
from creditbank.learners.matching import Ground, Held, Matched, Unknown, match
from creditbank.records import refusals
from creditbank.records.facts import facts_of, warnings_of
from creditbank.records.lookup import Known, look_up
from creditbank.records.reading import ReadRow, read_row
from creditbank.records.schemas import CourseResultRow, Row
from creditbank.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Ready:
    """A row whose learner is known and whose facts are read: it can be written."""

    row: ReadRow
    known: Known
    facts: dict[str, Any]
    warnings: list[str]
    root: UUID
    """The account that new records of this person go to."""
    family: tuple[UUID, ...]
    learner_id: UUID
    """The account the record is in."""
    record_id: UUID
    opened: bool


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that waits for a person."""

    row: ReadRow
    error: BankError
    hold: str
    ground: str
    candidates: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """A row that says what its record says already."""

    row: ReadRow
    learner_id: UUID
    record_id: UUID
    version: int
    held: bool
    """Whether other content under its key waits for a person."""


@dataclass(slots=True)
class Taken:
    """What became of the rows of one call before anything is written to a learner."""

    ready: list[Ready] = field(default_factory=list)
    held: list[SetAside] = field(default_factory=list)
    same: list[Same] = field(default_factory=list)
    refused: dict[int, BankError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the institution, and the client or person acting for it."""

    institution_id: UUID
    name: str


def sender_of(actor: Actor) -> Sender:
    """The institution a caller reports for. Raises NotAllowed for a caller who is bound to none."""
    if actor.institution_id is None:
        raise NotAllowed
    return Sender(actor.institution_id, actor.name)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an officer decided about a held row: whose it is, a new person's, or that the plan's credits stand."""

    by: str
    learner_id: UUID | None = None
    open_account: bool = False
    at_plan_credits: bool = False


Ahead = Mapping[int, ReadRow | BankError]
"""Rows that were read before their transaction began, by number: each read, or refused."""


def read_ahead(rows: Iterable[tuple[int, Row]], *, sender: Sender, keyring: Keyring, at: datetime) -> Ahead:
    """Read well-formed rows; those that cannot be are refused, each for itself. Pure: a thread may do it."""
    ahead, today = dict[int, ReadRow | BankError](), clock.today(at)
    for row_no, given in rows:
        try:
            ahead[row_no] = read_row(
                given, row_no=row_no, institution_id=sender.institution_id, keyring=keyring, today=today
            )
        except BankError as refusal:
            ahead[row_no] = refusal
    return ahead


def read_rows(
    rows: Iterable[tuple[int, Row]],
    taken: Taken,
    *,
    sender: Sender,
    keyring: Keyring,
    at: datetime,
    ahead: Ahead | None = None,
) -> list[ReadRow]:
    """The rows that can be read; the others are refused."""
    if ahead is None:
        rows = list(rows)
        ahead = read_ahead(rows, sender=sender, keyring=keyring, at=at)
    read = []
    for row_no, _ in rows:
        found = ahead[row_no]
        if isinstance(found, BankError):
            taken.refused[row_no] = found
        else:
            read.append(found)
    return read


async def take_in(
    session: Transaction,
    rows: Sequence[ReadRow],
    taken: Taken,
    *,
    sender: Sender,
    keyring: Keyring,
    at: datetime,
    resolution: Resolution | None = None,
    moving: UUID | None = None,
) -> None:
    """Find out whose each row is and what it speaks of, and open accounts for people nobody knows.

    A record that is `moving` from one learner to another still has its old owner's keys: they contradict nothing.
    """
    if not rows:
        return
    known = await look_up(session, rows, institution_id=sender.institution_id)
    if moving is not None:
        known = {row_no: _let_go(about, moving) for row_no, about in known.items()}
    newcomers: list[tuple[ReadRow, dict[str, Any]]] = []
    keys = _Keys(Counter(row.key_index for row in rows))
    for row in rows:
        about = known[row.row_no]
        whose = _whose(row, about, resolution)
        try:
            if isinstance(whose, Matched) and keys.times[row.key_index] == 1 and _says_the_same(row, about):
                taken.same.append(_same(row, about))
                continue
            facts = facts_of(row, about, institution_id=sender.institution_id)
            if resolution is not None and resolution.at_plan_credits:
                # The officer has looked at the difference: what the row said of credits is settled.
                facts["record"].pop("credits_reported", None)
            if isinstance(whose, Held):
                taken.held.append(_hold_identity(row, whose))
            elif (difference := _credits_differ(row, about, resolution)) is not None:
                candidates = (whose.root,) if isinstance(whose, Matched) else ()
                ground = "credits_differ_from_plan"
                taken.held.append(SetAside(row, difference, ground, ground, candidates))
            elif isinstance(whose, Matched):
                _place(row, about, facts, whose, keys, taken, opened=False)
            elif row.document is None:
                raise refusals.StudentNumberUnknown(field="/learner/student_no")
            else:
                newcomers.append((row, facts))
        except BankError as refusal:
            taken.refused[row.row_no] = refusal
    opened = await _open(session, newcomers, sender=sender, keyring=keyring, at=at)
    for row, facts in newcomers:
        learner_id = opened[row.document_index or b""]
        whose = Matched(learner_id, (learner_id,))
        _place(row, known[row.row_no], facts, whose, keys, taken, opened=True)
    _one_name_each(taken, [row for row, _ in newcomers])


def _let_go(known: Known, moving: UUID) -> Known:
    keyed = None if known.keyed and known.keyed[1] == moving else known.keyed
    certificate_of = None if known.certificate_of and known.certificate_of[1] == moving else known.certificate_of
    return replace(known, keyed=keyed, certificate_of=certificate_of, seen=None if keyed is None else known.seen)


def _whose(row: ReadRow, known: Known, resolution: Resolution | None) -> Matched | Unknown | Held:
    if resolution is not None and resolution.learner_id is not None:
        people = known.people.values()
        person = next((each for each in people if resolution.learner_id in each["family"]), None)
        if person is not None and (known.keyed is None or known.keyed[0] in person["family"]):
            return Matched(person["root"], person["family"])
    if resolution is not None and resolution.open_account and known.by_document is None and known.keyed is None:
        return Unknown()
    return match(
        has_document=row.document is not None,
        by_document=known.by_document,
        by_student_no=known.by_student_no,
        key_owner=known.keyed[0] if known.keyed else None,
        certificate_owner=known.certificate_of[0] if known.certificate_of else None,
        people=known.people,
    )


def _says_the_same(row: ReadRow, known: Known) -> bool:
    seen = known.seen
    return (
        seen is not None
        and seen["act"] not in ("withdrawn", "reassigned_away")
        and seen["row_index"] == row.row_index.hex()
    )


def _same(row: ReadRow, known: Known) -> Same:
    assert known.keyed is not None
    assert known.seen is not None
    return Same(row, known.keyed[0], known.keyed[1], known.seen["version"], known.held)


def _hold_identity(row: ReadRow, held: Held) -> SetAside:
    return SetAside(row, refusals.IdentityUnderReview(), "identity_under_review", held.ground, held.candidates)


def _credits_differ(row: ReadRow, known: Known, resolution: Resolution | None) -> BankError | None:
    given, course = row.given, known.course
    if not isinstance(given, CourseResultRow) or given.credits is None or course is None:
        return None
    if given.credits == course["credits"] or (resolution is not None and resolution.at_plan_credits):
        return None
    zh, en = ("人才培养方案", "plan") if course["source"] == "plan" else ("课程目录", "catalogue")
    return refusals.CreditsDifferFromPlan(
        reported=format_credits(given.credits),
        planned=format_credits(course["credits"]),
        source=zh,
        source_en=en,
        field="/credits",
    )


@dataclass(slots=True)
class _Keys:
    """The keys of one call: how often each comes, and whose record each has become."""

    times: Counter[bytes]
    records: dict[bytes, tuple[UUID, UUID]] = field(default_factory=dict)


def _place(
    row: ReadRow,
    known: Known,
    facts: dict[str, Any],
    whose: Matched,
    keys: _Keys,
    taken: Taken,
    *,
    opened: bool,
) -> None:
    """Make a row ready, unless its key has become somebody else's record in this very call."""
    owner, record_id = keys.records.setdefault(row.key_index, (whose.root, new_id()))
    if owner != whose.root:
        taken.held.append(_hold_identity(row, Held("key_of_another", (whose.root, owner))))
        return
    taken.ready.append(_ready(row, known, facts, whose, record_id, opened=opened))


def _ready(
    row: ReadRow, known: Known, facts: dict[str, Any], whose: Matched, record_id: UUID, *, opened: bool
) -> Ready:
    learner_id = whose.root
    if known.keyed is not None:
        learner_id, record_id = known.keyed
    return Ready(
        row=row,
        known=known,
        facts=facts,
        warnings=[*(row.warnings if opened else ()), *warnings_of(row, known)],
        root=whose.root,
        family=whose.family,
        learner_id=learner_id,
        record_id=record_id,
        opened=opened,
    )


async def _open(
    session: Transaction,
    newcomers: Sequence[tuple[ReadRow, dict[str, Any]]],
    *,
    sender: Sender,
    keyring: Keyring,
    at: datetime,
) -> dict[bytes, UUID]:
    people = [
        Newcomer(row.given.learner.name, row.name_index, row.document, row.document_index)
        for row, _ in newcomers
        if row.document is not None and row.document_index is not None
    ]
    opened = await open_accounts(session, people, keyring=keyring, opened_by=sender.institution_id, at=at)
    if any(person.document_index not in opened for person in people):
        raise TryAgain
    return opened


def _one_name_each(taken: Taken, newcomers: Sequence[ReadRow]) -> None:
    """Rows of one call that open one account under two names: the first opens it, the others are held."""
    first: dict[bytes | None, bytes] = {}
    certificates: dict[bytes | None, bytes | None] = {}
    clashing: dict[int, Ground] = {}
    for row in newcomers:
        if first.setdefault(row.document_index, row.name_index) != row.name_index:
            clashing[row.row_no] = "name_differs"
    for ready in taken.ready:
        number = ready.row.certificate_index
        if number is not None and certificates.setdefault(number, ready.learner_id.bytes) != ready.learner_id.bytes:
            clashing[ready.row.row_no] = "certificate_of_another"
    for ready in [ready for ready in taken.ready if ready.row.row_no in clashing]:
        taken.ready.remove(ready)
        taken.held.append(_hold_identity(ready.row, Held(clashing[ready.row.row_no], (ready.learner_id,))))
