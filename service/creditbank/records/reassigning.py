"""Reassigning a record that was posted to the wrong person: taken from one and given to the other in one act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import format_credits
from creditbank.db import TryAgain, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.learners.families import family_of, person_of
from creditbank.learners.keys import key_of
from creditbank.learners.matching import GROUNDS
from creditbank.learners.naming import named_by
from creditbank.learners.refusals import AlreadyErased
from creditbank.learners.service import account_of
from creditbank.records import refusals
from creditbank.records.acts import Tools, as_submission, new_act, redecide, remove
from creditbank.records.apply import NOT_LIVE, Applied, is_sensitive, stand, version_row
from creditbank.records.consequences import follow
from creditbank.records.following import enrolments_changed
from creditbank.records.intake import Ready, Resolution, Sender, SetAside, Taken, read_rows, take_in
from creditbank.records.locating import Located, locate
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.schemas import ROW, LearnerIn, OfficerReassignmentIn, ReassignmentIn, Row, RowOutcome
from creditbank.records.service import own_record
from creditbank.records.standing import Asked, Person
from creditbank.records.write import write_act
from creditbank.sealing import Keyring, field_of, open_sealed

BANK = "bank:"
"""How the sender of a submission begins that an officer made in an institution's place."""

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


class ReassignmentDoesNotComplete(BankError):
    """What an officer decided leaves the row in doubt: nothing was moved."""

    status = 409
    code = "reassignment_does_not_complete"
    zh = "仍不能改派给这位学习者：{why_zh} 未写入任何内容。"
    en = "It still cannot be given to that learner: {why_en} Nothing was written."

    @classmethod
    def of(cls, aside: SetAside) -> ReassignmentDoesNotComplete:
        """Why the row would wait; an officer may know the ground of a doubt about identity."""
        zh, en = GROUNDS.get(aside.ground, (aside.error.sentence("zh"), aside.error.sentence("en")))
        return cls(why_zh=f"{zh.rstrip('。')}。", why_en=f"{en.rstrip('.')}.")


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
    last = await _last(session, located, record_id, keyring=tools.keyring)
    row = last.rewritten(said.learner, said.reason)
    ready = await _read(session, row, record_id, sender=sender, tools=tools, row_no=row_no)
    return await _move(
        session, located, ready, record_id, said.reason, sender=sender, submission_id=submission_id, tools=tools
    )


async def reassign_to(
    session: AsyncSession, record_id: UUID, said: OfficerReassignmentIn, *, by: str, submission_id: UUID, tools: Tools
) -> RowOutcome:
    """The same by an officer, who says whose account it is and so settles what a match would have left in doubt.

    It stays its institution's record, which is told of it as of every change; the row names the right learner in the
    way in which it named the wrong one. Raises NotFound, RecordAlreadyWithdrawn, RecordAlreadyTheirs, AccountClosed,
    AlreadyErased, KeyIsAnotherRecord, ReassignmentDoesNotComplete, RowRefused.
    """
    located = await locate(session, record_id)
    if located is None:
        raise NotFound
    if await key_of(session, located.learner_id, keyring=tools.keyring) is None:
        raise AlreadyErased  # what the row said of its number or score is gone with the rest
    sender = Sender(located.institution_id, by)
    last = await _last(session, located, record_id, keyring=tools.keyring)
    person = await person_of(session, (await account_of(session, said.learner_id)).learner_id)
    if located.learner_id in person.family:
        raise refusals.RecordAlreadyTheirs
    named = await named_by(session, person, institution_id=located.institution_id, keyring=tools.keyring)
    row = last.rewritten(
        LearnerIn.model_validate(
            {
                "name": named.name,
                "document": {"kind": named.kind, "number": named.number},
                "student_no": last.student_no_for(named.student_no),
            }
        ),
        said.reason,
    )
    resolution = Resolution(by=by, learner_id=person.root, at_plan_credits=said.at_plan_credits)
    ready = await _read(session, row, record_id, sender=sender, tools=tools, resolution=resolution)
    return await _move(
        session, located, ready, record_id, said.reason, sender=sender, submission_id=submission_id, tools=tools,
        by_the_bank=True,
    )  # fmt: skip


async def _read(
    session: AsyncSession,
    row: Row,
    record_id: UUID,
    *,
    sender: Sender,
    tools: Tools,
    row_no: int = 1,
    resolution: Resolution | None = None,
) -> Ready:
    """The row of the right learner, ready to be written."""
    taken = Taken()
    read = read_rows([(row_no, row)], taken, sender=sender, keyring=tools.keyring, at=tools.at)
    await take_in(
        session, read, taken, sender=sender, keyring=tools.keyring, at=tools.at, resolution=resolution,
        moving=record_id,
    )  # fmt: skip
    for refusal in taken.refused.values():
        raise refusal
    for aside in taken.held:
        raise ReassignmentNeedsAnOfficer if resolution is None else ReassignmentDoesNotComplete.of(aside)
    if taken.same:
        raise KeyIsAnotherRecord
    return taken.ready[0]


@dataclass(frozen=True, slots=True)
class _Last:
    """The last version of a record: what it said, and what of that is sealed."""

    kind: str
    body: dict[str, Any]
    private: dict[str, Any]

    def rewritten(self, learner: LearnerIn, reason: str) -> Row:
        """The row as it would have come for the right learner."""
        kept = {name: self.private[name] for name in ("number", "score", "key") if name in self.private}
        return ROW.validate_python({**self.body, **kept, "learner": learner.model_dump(), "reason": reason})

    def student_no_for(self, known: str | None) -> str | None:
        """By which student number the row names somebody whom the institution knows by one, if it did so at all.

        An enrolment is what gives the number: it takes its own with it.
        """
        said = self.private.get("student_no")
        return said if self.kind == "enrolment_event" or said is None else known


async def _last(session: AsyncSession, located: Located, record_id: UUID, *, keyring: Keyring) -> _Last:
    """Raises RecordAlreadyWithdrawn where it does not stand any more."""
    if located.act in NOT_LIVE:
        raise refusals.RecordAlreadyWithdrawn
    connection = await driver(session)
    found = await (await connection.execute(_LAST, [located.learner_id, record_id])).fetchone()
    key = await key_of(session, located.learner_id, keyring=keyring)
    assert found is not None
    body, sealed = found
    private: dict[str, Any] = {}
    if sealed is not None and key is not None:
        private = orjson.loads(open_sealed(key, sealed, field_of(located.learner_id, "record")))
    return _Last(located.kind, body, private)


async def _move(
    session: AsyncSession,
    located: Located,
    ready: Ready,
    record_id: UUID,
    reason: str,
    *,
    sender: Sender,
    submission_id: UUID,
    tools: Tools,
    by_the_bank: bool = False,
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
    if loser.versions[record_id]["version"] != located.version:
        raise TryAgain  # corrected, withdrawn or moved since it was read: what moves is the last that was said
    applied = Applied(new_id(), tools.at, tools.keyring.digest, submission_id, sender)
    act = new_act(applied.change_id, tools, [loser, gainer])
    sent_by = replace(sender, name=f"{BANK}{sender.name}") if by_the_bank else sender
    act.submission = as_submission(submission_id, sent_by, tools.at, rows=1)
    gone = remove(
        loser, record_id, how="reassigned_away", kind="reassignment", by=sender.name, reason=reason, act=act,
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
