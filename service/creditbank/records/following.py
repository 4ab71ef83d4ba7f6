"""What follows from an enrolment: course results that waited for it are read and decided again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, run
from creditbank.identifiers import new_id
from creditbank.learners.families import family_of
from creditbank.records.acts import Tools, new_act, redecide
from creditbank.records.facts import facts_of
from creditbank.records.intake import Sender
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
WHERE c.learner_id = ANY ($1) AND c.institution_id = $2 AND c.kind = 'course_result' AND c.verdict = 'unknown'
"""


async def follow_enrolments(session: Transaction, *, learners: Iterable[UUID], sender: Sender, tools: Tools) -> None:
    """Decide again the course results at an institution that nobody could decide for want of an enrolment.

    The version of the record stays: what it says has not changed, only what the bank knows. Learners are locked.
    """
    waiting = await (await run(session, _WAITING, sorted(learners), sender.institution_id)).fetchall()
    by_learner: dict[UUID, list[tuple[UUID, bytes, ReadRow]]] = defaultdict(list)
    for number, (learner_id, record_id, content, *parts) in enumerate(waiting, start=1):
        row = _row_again(number, learner_id, parts, sender=sender, tools=tools)
        by_learner[learner_id].append((record_id, bytes(content), row))
    for learner_id, theirs in by_learner.items():
        known = await look_up(session, [row for _, _, row in theirs], institution_id=sender.institution_id)
        if all(about.enrolment is None for about in known.values()):
            continue
        family = await family_of(session, learner_id)
        asked = Asked(family, frozenset(content for _, content, _ in theirs), frozenset())
        (person,) = await lock_claim_and_read(session, [asked], claims=(), keyring=tools.keyring)
        for record_id, _, row in theirs:
            record = person.standing[record_id]
            facts = facts_of(row, known[row.row_no], institution_id=sender.institution_id)
            record.facts = facts | {"record": {**facts["record"], "id": str(record_id)}}
            record.level = facts.get("enrolment", {}).get("level")
        act = new_act(new_id(), tools, [person])
        redecide(person, asked.contents, act=act, acts={}, rulebook=tools.rulebook)
        if act.current:
            await write_act(session, act)


def _row_again(number: int, learner_id: UUID, parts: list[Any], *, sender: Sender, tools: Tools) -> ReadRow:
    body, sealed, wrapped, name, kind, document = parts
    key = unwrap(tools.keyring, learner_id, bytes(wrapped))
    private = orjson.loads(open_sealed(key, bytes(sealed), field_of(learner_id, "record")))
    said = orjson.loads(open_sealed(key, bytes(document), field_of(learner_id, "document")))
    learner = {
        "name": open_sealed(key, bytes(name), field_of(learner_id, "name")).decode(),
        "document": {"kind": kind, "number": said["number"]},
        "student_no": private.get("student_no"),
    }
    given = ROW.validate_python(
        {**body, **({"score": private["score"]} if "score" in private else {}), "learner": learner}
    )
    return read_row(
        given,
        row_no=number,
        institution_id=sender.institution_id,
        keyring=tools.keyring,
        today=given.occurred_on,
    )
