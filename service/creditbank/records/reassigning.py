"""Reassigning a record that was posted to the wrong person: taken from one and given to the other in one act."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import format_credits
from creditbank.db import driver
from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.learners.families import family_of
from creditbank.learners.keys import key_of
from creditbank.records import refusals
from creditbank.records.acts import Tools, as_submission, new_act, redecide, remove
from creditbank.records.apply import NOT_LIVE, Applied, is_sensitive, stand, version_row
from creditbank.records.consequences import follow
from creditbank.records.following import enrolments_changed
from creditbank.records.intake import Ready, Sender, Taken, read_rows, take_in
from creditbank.records.locating import Located
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.schemas import ROW, ReassignmentIn, Row, RowOutcome
from creditbank.records.service import own_record
from creditbank.records.standing import Asked, Person
from creditbank.records.write import write_act
from creditbank.sealing import Keyring, field_of, open_sealed

_LAST = "SELECT body, sealed FROM record_version WHERE learner_id = %s AND record_id = %s ORDER BY version DESC LIMIT 1"

_KEYS = """
WITH moved AS (
    UPDATE record_key SET learner_id = %(learner)s WHERE institution_id = %(institution)s AND record_id = %(record)s
), numbered AS (
    UPDATE certificate_key SET learner_id = %(learner)s WHERE record_id = %(record)s
)
INSERT INTO record_key (institution_id, key_index, learner_id, record_id)
VALUES (%(institution)s, %(key)s, %(learner)s, %(record)s)
ON CONFLICT (institution_id, key_index) DO UPDATE SET learner_id = excluded.learner_id
WHERE record_key.record_id = excluded.record_id
RETURNING record_id
"""


class KeyIsAnotherRecord(BankError):
    """The learner has this very result already, as a record of its own."""

    status = 409
    code = "key_is_another_record"
    zh = "这位学习者已有同一成果的记录。请撤回报错的一条，不必改派。"
    en = "That learner has this very result already, as another record. Withdraw the wrong one instead."


class ReassignmentNeedsAnOfficer(BankError):
    """Whose it is to be cannot be told without an officer; the one thing said of any doubt about identity."""

    status = 409
    code = "identity_under_review_first"
    zh = "改派对象的身份须由学分银行人工核对，本次未改派。请联系学分银行业务员。"
    en = "An officer of the bank has to check whose it is to be first; nothing was moved. Ask the bank's officers."


async def reassign(
    session: AsyncSession,
    record_id: UUID,
    said: ReassignmentIn,
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
    row_no: int = 1,
) -> RowOutcome:
    """Take a record from the learner it was posted to by mistake, and give it to the right one.

    The right learner is matched as for any row, and an account may be opened; where that is in doubt, nothing moves.
    Raises NotFound, RecordAlreadyWithdrawn, RecordAlreadyTheirs, KeyIsAnotherRecord, ReassignmentNeedsAnOfficer,
    RowRefused.
    """
    located = await own_record(session, record_id, sender)
    if located.act in NOT_LIVE:
        raise refusals.RecordAlreadyWithdrawn
    row = await _rewritten(session, located, record_id, said, keyring=tools.keyring)
    taken = Taken()
    read = read_rows([(row_no, row)], taken, sender=sender, keyring=tools.keyring, at=tools.at)
    await take_in(session, read, taken, sender=sender, keyring=tools.keyring, at=tools.at, moving=record_id)
    for refusal in taken.refused.values():
        raise refusal
    if taken.held:
        raise ReassignmentNeedsAnOfficer
    if taken.same:
        raise KeyIsAnotherRecord
    return await _move(
        session, located, taken.ready[0], record_id, said, sender=sender, submission_id=submission_id, tools=tools
    )


async def _rewritten(
    session: AsyncSession, located: Located, record_id: UUID, said: ReassignmentIn, *, keyring: Keyring
) -> Row:
    """The row as it would have come for the right learner."""
    connection = await driver(session)
    found = await (await connection.execute(_LAST, [located.learner_id, record_id])).fetchone()
    key = await key_of(session, located.learner_id, keyring=keyring)
    assert found is not None
    body, sealed = found
    private: dict[str, Any] = {}
    if sealed is not None and key is not None:
        private = orjson.loads(open_sealed(key, sealed, field_of(located.learner_id, "record")))
    kept = {name: private[name] for name in ("number", "score", "key") if name in private}
    return ROW.validate_python({**body, **kept, "learner": said.learner.model_dump(), "reason": said.reason})


async def _move(
    session: AsyncSession,
    located: Located,
    ready: Ready,
    record_id: UUID,
    said: ReassignmentIn,
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
) -> RowOutcome:
    families = [await family_of(session, located.learner_id), ready.family]
    if ready.known.keyed is not None:
        raise KeyIsAnotherRecord
    if located.learner_id in ready.family:
        raise refusals.RecordAlreadyTheirs
    ready = replace(ready, record_id=record_id, learner_id=ready.root)
    asked = [
        Asked(families[0], frozenset(), frozenset({record_id})),
        Asked(families[1], frozenset({ready.row.content}), frozenset({record_id})),
    ]
    loser, gainer = await lock_claim_and_read(session, asked, claims=(), keyring=tools.keyring)
    if gainer.closed:
        raise refusals.AccountClosed
    if record_id not in loser.standing:
        raise refusals.RecordAlreadyWithdrawn
    applied = Applied(new_id(), tools.at, tools.keyring.digest, submission_id, sender)
    act = new_act(applied.change_id, tools, [loser, gainer])
    act.submission = as_submission(submission_id, sender, tools.at, rows=1)
    gone = remove(
        loser, record_id, how="reassigned_away", kind="reassignment", by=sender.name, reason=said.reason, act=act,
        submission_id=submission_id, row_no=ready.row.row_no, tools=tools,
    )  # fmt: skip
    redecide(loser, {gone.content}, act=act, acts={record_id: "reassigned_away"}, rulebook=tools.rulebook, gone=[gone])
    _arrive(gainer, ready, version=gone.version + 1, applied=applied)
    act.versions.extend(applied.versions)
    redecide(gainer, applied.contents, act=act, acts={record_id: "reassigned_here"}, rulebook=tools.rulebook)
    await write_act(session, act)
    await _move_keys(session, ready, sender)
    if gone.kind == "enrolment_event":
        learners = {gone.learner_id, ready.learner_id}
        await enrolments_changed(session, learners=learners, institution_id=sender.institution_id, tools=tools)
    await follow(session, act, tools)
    last = gainer.standing[record_id].steps[-1]
    return RowOutcome(
        row=ready.row.row_no,
        outcome="reassigned",
        record_id=record_id,
        version=gone.version + 1,
        verdict=last.verdict,
        credits=format_credits(last.credits),
        scheme=last.scheme,
        decision_id=act.decisions.holding[record_id][0],
        account="opened" if ready.opened else "matched",
    )


def _arrive(person: Person, ready: Ready, *, version: int, applied: Applied) -> None:
    sensitive = is_sensitive(ready)
    key = person.keys[ready.learner_id]
    made = version_row(ready, version=version, act="reassigned_here", sensitive=sensitive, key=key, applied=applied)
    applied.versions.append(made)
    # It may have been here before: what is decided now comes after what was decided then.
    before = person.versions.get(ready.record_id, {"revision": 0})
    person.versions[ready.record_id] = {**before, "version": version, "act": "reassigned_here"}
    stand(person, ready, made, sensitive=sensitive, applied=applied)


async def _move_keys(session: AsyncSession, ready: Ready, sender: Sender) -> None:
    """The record's keys follow it: the old one, so that the old row sent again is held, and the right learner's own."""
    connection = await driver(session)
    cursor = await connection.execute(
        _KEYS,
        {
            "institution": sender.institution_id,
            "record": ready.record_id,
            "learner": ready.learner_id,
            "key": ready.row.key_index,
        },
    )
    if await cursor.fetchone() is None:
        raise KeyIsAnotherRecord
