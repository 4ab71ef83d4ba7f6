"""Posting rows: lock the learner, gather facts, decide, post."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from creditbank.db import Transaction
from creditbank.errors import BankError, Language, NotFound
from creditbank.identifiers import new_id
from creditbank.records.acts import Tools, as_submission, new_act, redecide
from creditbank.records.apply import Applied, apply_rows
from creditbank.records.consequences import arrived, follow
from creditbank.records.following import enrolled_now, enrolments_changed, follow_enrolments
from creditbank.records.held import hold_rows, supersede
from creditbank.records.intake import Ahead, Ready, Resolution, Sender, Taken, read_rows, take_in
from creditbank.records.locating import Located, locate
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.reading import ReadRow
from creditbank.records.refusals import Warned
from creditbank.records.schemas import Notice, Row, RowOutcome
from creditbank.records.sending import PART
from creditbank.records.standing import Asked, Standing
from creditbank.records.write import Act, write_act, write_part


def turn_of(row: Row) -> int:
    """Who entered goes first (0), then what became of them (1), then the rest (2): a score by student number alone is
    known by the enrolment, wherever that stands.
    """
    return 2 if row.kind != "enrolment_event" else 0 if row.event == "entered" else 1


async def post_rows(
    session: Transaction,
    rows: Sequence[tuple[int, Row]],
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
    resolution: Resolution | None = None,
    ahead: Ahead | None = None,
) -> list[RowOutcome]:
    """Post rows, each with an outcome of its own: deposited, unchanged, corrected, held or refused.

    In the order of `turn_of`: each part of the call is read against what the one before has left. What was read `ahead`
    of the transaction is not read again.
    """
    outcomes: dict[int, RowOutcome] = {}
    parts: tuple[list[tuple[int, Row]], ...] = ([], [], [])
    for row_no, row in rows:
        parts[turn_of(row)].append((row_no, row))
    for part in parts:
        if part:
            outcomes |= await _post_part(
                session,
                part,
                sender=sender,
                submission_id=submission_id,
                tools=tools,
                resolution=resolution,
                ahead=ahead,
            )
    return [outcomes[row_no] for row_no, _ in rows]


async def _post_part(
    session: Transaction,
    rows: Sequence[tuple[int, Row]],
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
    resolution: Resolution | None,
    ahead: Ahead | None,
) -> dict[int, RowOutcome]:
    taken = Taken()
    read = read_rows(rows, taken, sender=sender, keyring=tools.keyring, at=tools.at, ahead=ahead)
    await take_in(session, read, taken, sender=sender, keyring=tools.keyring, at=tools.at, resolution=resolution)
    settled = [*(one.row for one in taken.ready if one.known.held), *(one.row for one in taken.same if one.held)]
    await supersede(session, settled, sender=sender, at=tools.at)
    held = await hold_rows(
        session, taken.held, sender=sender, submission_id=submission_id, keyring=tools.keyring, at=tools.at
    )
    await supersede(session, _after_what_is_held(taken), sender=sender, at=tools.at)
    outcomes = _set_aside(dict(rows), taken, held, language=tools.language)
    if taken.ready:
        outcomes |= await _write_ready(
            session, taken.ready, sender=sender, submission_id=submission_id, rows=len(rows), tools=tools
        )
    return outcomes


def _after_what_is_held(taken: Taken) -> list[ReadRow]:
    """Rows that take the place of one held in the same call: of two contents under one key the later one holds."""
    last_held: dict[bytes, int] = {}
    for aside in taken.held:
        last_held[aside.row.key_index] = max(aside.row.row_no, last_held.get(aside.row.key_index, 0))
    good = [*(one.row for one in taken.ready), *(one.row for one in taken.same)]
    return [row for row in good if last_held.get(row.key_index, row.row_no) < row.row_no]


def _set_aside(
    rows: dict[int, Row], taken: Taken, held: dict[int, UUID], *, language: Language
) -> dict[int, RowOutcome]:
    outcomes = {}
    for row_no, refusal in taken.refused.items():
        outcomes[row_no] = refused(row_no, rows[row_no].key, refusal, language)
    for same in taken.same:
        outcomes[same.row.row_no] = RowOutcome(
            row=same.row.row_no,
            outcome="unchanged",
            key=same.row.given.key,
            record_id=same.record_id,
            version=same.version,
        )
    for aside in taken.held:
        row_no = aside.row.row_no
        outcomes[row_no] = RowOutcome(
            row=row_no,
            outcome="held",
            key=aside.row.given.key,
            held_row_id=held[row_no],
            problem=aside.error.problem(language),
        )
    return outcomes


def refused(row_no: int, key: str | None, refusal: BankError, language: Language) -> RowOutcome:
    """The outcome of a row that was refused."""
    return RowOutcome(row=row_no, outcome="refused", key=key, problem=refusal.problem(language))


async def _write_ready(
    session: Transaction,
    ready: Sequence[Ready],
    *,
    sender: Sender,
    submission_id: UUID,
    rows: int,
    tools: Tools,
) -> dict[int, RowOutcome]:
    """Lock, read, apply, decide, write: rows whose learners are known."""
    by_person: dict[tuple[UUID, ...], list[Ready]] = defaultdict(list)
    for one in ready:
        by_person[one.family].append(one)
    asked = [
        Asked(
            family,
            frozenset(one.row.content for one in theirs),
            frozenset(one.record_id for one in theirs if one.known.keyed is not None),
        )
        for family, theirs in by_person.items()
    ]
    people = await lock_claim_and_read(session, asked, claims=_claims(ready, sender), keyring=tools.keyring)
    applied = Applied(new_id(), tools.at, tools.keyring.digest, submission_id, sender)
    act = new_act(applied.change_id, tools, people)
    act.submission = as_submission(submission_id, sender, tools.at, rows=rows)
    act.versions = applied.versions
    for person, theirs in zip(people, by_person.values(), strict=True):
        applied.contents = set()
        apply_rows(person, theirs, applied)
        redecide(person, applied.contents, act=act, acts=applied.acts, rulebook=tools.rulebook)
        if len(act.versions) >= PART:
            await write_part(session, act)
    if act.versions:
        await write_act(session, act)
    # What follows is asked of how people are enrolled now.
    if applied.enrolled:
        await enrolments_changed(session, learners=applied.enrolled, institution_id=sender.institution_id, tools=tools)
    await follow(session, act, tools)
    # An enrolment may have come between the look-up and the lock; under the lock it is seen.
    waiting = [one.family for one in ready if one.row.given.kind == "course_result" and not one.known.enrolment]
    meanwhile = await enrolled_now(session, waiting, institution_id=sender.institution_id)
    await follow_enrolments(session, learners=meanwhile, institution_id=sender.institution_id, tools=tools)
    await arrived(session, act, tools)
    standing = {record_id: record for person in people for record_id, record in person.standing.items()}
    for one in ready:
        _complete(applied.outcomes[one.row.row_no], one, standing, act)
    return applied.outcomes


def _claims(ready: Sequence[Ready], sender: Sender) -> list[dict[str, str | None]]:
    """Keys and certificate numbers that nobody had when they were looked up, each claimed once."""
    claims: list[dict[str, str | None]] = []
    claimed: set[bytes] = set()
    for one in ready:
        key = None if one.known.keyed is not None else one.row.key_index
        number = None if one.known.certificate_of is not None else one.row.certificate_index
        fresh = [index if index is not None and index not in claimed else None for index in (key, number)]
        claimed |= {index for index in fresh if index is not None}
        if any(fresh):
            key_text, number_text = ("\\x" + index.hex() if index else None for index in fresh)
            claims.append(
                {
                    "institution_id": str(sender.institution_id),
                    "key_index": key_text,
                    "number_index": number_text,
                    "learner_id": str(one.learner_id),
                    "record_id": str(one.record_id),
                }
            )
    return claims


def _complete(outcome: RowOutcome, ready: Ready, standing: dict[UUID, Standing], act: Act) -> None:
    """Add to an outcome what the rules said and what was noticed."""
    record = standing.get(ready.record_id)
    if record is None or not record.steps:
        return
    last = record.steps[-1]
    outcome.verdict = last.verdict  # type: ignore[assignment]
    outcome.credits, outcome.scheme = last.credits, last.scheme
    holding = act.decisions.holding.get(ready.record_id)
    outcome.decision_id = holding[0] if holding else None
    if outcome.outcome in ("deposited", "corrected"):
        outcome.warnings = [
            Notice(code=code, zh=Warned.SENTENCES[code][0], en=Warned.SENTENCES[code][1]) for code in ready.warnings
        ]


async def own_record(session: Transaction, record_id: UUID, sender: Sender) -> Located:
    """Where a record of the sender's is now. Raises NotFound: not there and not yours look the same."""
    located = await locate(session, record_id)
    if located is None or located.institution_id != sender.institution_id:
        raise NotFound
    return located
