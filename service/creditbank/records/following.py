"""What follows from an enrolment: course results that waited for it are read and decided again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from creditbank import clock
from creditbank.db import Transaction, run
from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.learners.enrolments import derive_enrolments
from creditbank.learners.families import family_of
from creditbank.records.acts import Tools, new_act, redecide
from creditbank.records.apply import level_of
from creditbank.records.consequences import follow
from creditbank.records.facts import facts_of
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.lookup import look_up
from creditbank.records.reading import ReadRow, read_row
from creditbank.records.schemas import ROW
from creditbank.records.standing import Asked
from creditbank.records.write import write_act
from creditbank.sealing import field_of, open_sealed, unwrap

_WAITING = """
SELECT c.learner_id, c.record_id, c.content, v.body, v.sealed, k.wrapped,
       (SELECT n.name_sealed FROM learner_name n WHERE n.learner_id = c.learner_id AND n.ended_at IS NULL
        ORDER BY n.given_at DESC LIMIT 1),
       (SELECT d.kind FROM learner_document d WHERE d.learner_id = c.learner_id ORDER BY d.recorded_at DESC LIMIT 1),
       (SELECT d.sealed FROM learner_document d WHERE d.learner_id = c.learner_id ORDER BY d.recorded_at DESC LIMIT 1)
FROM record_current c
JOIN record_version v USING (learner_id, record_id, version)
JOIN learner_key k USING (learner_id)
WHERE c.learner_id = ANY ($1) AND c.institution_id = $2 AND c.kind = 'course_result'
"""


_ENROLLED = "SELECT DISTINCT learner_id FROM enrolment WHERE learner_id = ANY ($1) AND institution_id = $2"


async def enrolments_changed(
    session: Transaction, *, learners: Iterable[UUID], institution_id: UUID, tools: Tools
) -> None:
    """Derive enrolments again from their events, and decide again what stood on those that changed."""
    changed = await derive_enrolments(session, learners=learners, institution_id=institution_id)
    await follow_enrolments(session, learners=changed, institution_id=institution_id, tools=tools)


async def enrolled_now(
    session: Transaction, families: Iterable[tuple[UUID, ...]], *, institution_id: UUID
) -> set[UUID]:
    """Of people without an enrolment when they were looked up, an account of each who has one now.

    Without asking, the course results of everybody who is not enrolled would be read again with every row of theirs.
    """
    members = {member for family in families for member in family}
    if not members:
        return set()
    cursor = await run(session, _ENROLLED, list(members), institution_id)
    return {learner_id for (learner_id,) in await cursor.fetchall()}


async def follow_enrolments(
    session: Transaction, *, learners: Iterable[UUID], institution_id: UUID, tools: Tools
) -> None:
    """Read the course results of some people at an institution against their enrolments as they are now.

    Those for which that changes a fact are decided again. The version of the record stays: what it says has not
    changed, only what the bank knows. The learners are locked.
    """
    families = {await family_of(session, learner_id) for learner_id in set(learners)}
    for family in sorted(families):
        await _follow_one(session, family, institution_id=institution_id, tools=tools)


async def _follow_one(session: Transaction, family: tuple[UUID, ...], *, institution_id: UUID, tools: Tools) -> None:
    found = await (await run(session, _WAITING, list(family), institution_id)).fetchall()
    theirs: dict[UUID, ReadRow] = {}
    contents: set[bytes] = set()
    for number, (learner_id, record_id, content, *parts) in enumerate(found, start=1):
        row = _row_again(number, learner_id, parts, institution_id=institution_id, tools=tools)
        if row is not None:
            theirs[record_id] = row
            contents.add(bytes(content))
    if not theirs:
        return
    known = await look_up(session, list(theirs.values()), institution_id=institution_id)
    asked = Asked(family, frozenset(contents), frozenset())
    (person,) = await lock_claim_and_read(session, [asked], claims=(), keyring=tools.keyring)
    changed = set()
    for record_id, row in theirs.items():
        record, about = person.standing[record_id], known[row.row_no]
        if about.course is None:
            continue
        try:
            facts = facts_of(row, about, institution_id=institution_id)
        except BankError:
            continue  # it could not be sent today, and stays as it was decided
        if any(facts.get(part) != record.facts.get(part) for part in ("enrolment", "course")):
            record.facts = facts | {"record": {"id": str(record_id), **facts["record"]}}
            record.level = level_of(row.given, facts)
            record.changed = True
            changed.add(record.content)
    if changed:
        act = new_act(new_id(), tools, [person])
        redecide(person, changed, act=act, acts={}, rulebook=tools.rulebook)
        await write_act(session, act)
        await follow(session, act, tools)


def _row_again(
    number: int, learner_id: UUID, parts: list[Any], *, institution_id: UUID, tools: Tools
) -> ReadRow | None:
    """The row of a record again; None for one that could not be sent today, which stays as it was decided."""
    body, sealed, wrapped, name, kind, document = parts
    key = unwrap(tools.keyring, learner_id, bytes(wrapped))
    private = orjson.loads(open_sealed(key, bytes(sealed), field_of(learner_id, "record")))
    said = orjson.loads(open_sealed(key, bytes(document), field_of(learner_id, "document")))
    learner = {
        "name": open_sealed(key, bytes(name), field_of(learner_id, "name")).decode(),
        "document": {"kind": kind, "number": said["number"]},
        "student_no": private.get("student_no"),
    }
    score = {"score": private["score"]} if "score" in private else {}
    try:
        given = ROW.validate_python({**body, **score, "learner": learner})
        today = clock.today(tools.at)
        return read_row(given, row_no=number, institution_id=institution_id, keyring=tools.keyring, today=today)
    except (BankError, ValidationError):
        return None
