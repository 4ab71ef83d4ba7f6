"""Lines of claims granted and ended by hand, for tests of what stands below recognition and above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from creditbank.clock import today
from creditbank.db import driver, run
from creditbank.identifiers import new_id
from creditbank.ledger.book import LivePosting
from creditbank.ledger.post import POSTINGS, as_rows
from creditbank.records.acts import new_act
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.standing import Asked
from creditbank.rules import ENGINE_VERSION, Decided
from creditbank.rules.writing import DECISIONS, digested
from creditbank.sealing import canonical, field_of, seal
from tests.records.town import Town

_WRITE = f"""
WITH {DECISIONS}, {POSTINGS}
INSERT INTO outbox (change_id, item, learner_id, institution_id, claim_id, act, summary)
SELECT o.* FROM jsonb_to_recordset($1::jsonb -> 'outbox') AS o(
    change_id uuid, item int, learner_id uuid, institution_id uuid, claim_id uuid, act text, summary jsonb)
"""
_CLAIM = """
WITH claimed AS (
    INSERT INTO claim (learner_id, claim_id, change_id, plan_id, institution_id, made_by, made_at, claimed_on, state,
                       steps, times, acts)
    VALUES (%(learner)s, %(claim)s, %(claim)s, %(plan)s, %(institution)s, 'login:x', %(at)s, %(on)s, 'decided',
            '[]', '{}', 0)
    ON CONFLICT DO NOTHING)
INSERT INTO claim_line (learner_id, claim_id, line_no, record_ids, course_code, wants, state, verdict, revision,
                        credits)
VALUES (%(learner)s, %(claim)s, %(line)s, %(records)s, %(course)s, 'credits', 'granted', 'granted', 0, 0)
ON CONFLICT DO NOTHING
"""
_STANDS = """
INSERT INTO conversion (learner_id, conversion_id, claim_id, line_no, plan_id, institution_id, course_code, course,
                        credits, scheme, state, "on", exemption, decision_id, posting_id, created_at)
VALUES (%(learner)s, %(conversion)s, %(claim)s, %(line)s, %(plan)s, %(institution)s, %(course)s, '{}', %(credits)s,
        'higher_vocational', 'granted', %(on)s, %(exemption)s, %(decision)s, %(posting)s, %(at)s)
"""
_USES = """
INSERT INTO record_use (learner_id, conversion_id, record_id, plan_id)
SELECT %(learner)s, %(conversion)s, unnest(%(records)s::uuid[]), %(plan)s
"""
_ENDS = """
UPDATE conversion SET state = 'ended', ended_at = %(at)s, ended_because = 'test'
WHERE learner_id = %(learner)s AND conversion_id = %(conversion)s
"""


@dataclass
class Line:
    """A line of a claim, and what stands of it."""

    learner_id: UUID
    records: Sequence[UUID]
    source: UUID
    """Who reported the first record."""
    institution: UUID
    """Whose plan it is."""
    course: str = "C102"
    claim_id: UUID = field(default_factory=new_id)
    line_no: int = 1
    plan_id: UUID = field(default_factory=new_id)
    revision: int = 0
    decision_id: UUID | None = None
    conversion_id: UUID | None = None
    posting: LivePosting | None = None


async def grant(
    town: Town,
    line: Line,
    *,
    credits: int = 400,
    on: date | None = None,
    exemption: str = "none",
    decided: Decided | None = None,
    facts: dict[str, Any] | None = None,
    basis: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
) -> Line:
    """Grant a line, or grant it again: what stood is reversed first. `credits` are hundredths; `said` adds to what the
    basis says of the conversion, `basis` to the basis.
    """
    course = {"code": line.course, "name": "高等数学", "category": "公共课", "credits": 400}
    about = {"course": course, "exemption": exemption, "grade": "86", "grade_text": None, **(said or {})}
    await _decide(town, line, "conversion", "granted", credits, on, about, basis or {}, decided, facts)
    return line


async def end(town: Town, line: Line) -> Line:
    """End what stands of a line."""
    await _decide(
        town, line, "conversion_ended", "withdrawn", 0, None, {}, {"by": "rules", "reason": "test"}, None, None
    )
    return line


async def _decide(
    town: Town,
    line: Line,
    kind: str,
    verdict: str,
    credits: int,
    on: date | None,
    about: dict[str, Any],
    basis: dict[str, Any],
    decided: Decided | None,
    facts: dict[str, Any] | None,
) -> None:
    tools = town.tools()
    day = on or today(tools.at)
    decision_id, conversion_id = new_id(), new_id()

    async def act(session: Any) -> LivePosting | None:
        connection = await driver(session)
        (person,) = await lock_claim_and_read(
            session, [Asked((line.learner_id,), frozenset(), frozenset())], claims=(), keyring=town.keyring
        )
        change = new_act(new_id(), tools, [person])
        named = {
            "learner": line.learner_id, "claim": line.claim_id, "line": line.line_no, "plan": line.plan_id,
            "institution": line.institution, "at": tools.at, "on": day, "records": list(line.records),
            "course": line.course, "credits": credits, "exemption": about.get("exemption"), "decision": decision_id,
            "conversion": line.conversion_id,
        }  # fmt: skip
        await connection.execute(_CLAIM, named)
        sealed = None
        if facts is not None and decided is not None:
            told = orjson.loads(decided.canonical())
            kept = told.pop("facts") | {"decided": told}
            sealed = seal(person.keys[line.learner_id], canonical(kept), field_of(line.learner_id, "facts"))
        documents = [] if decided is None else [
            {"document": document, "version": version, "digest": digest}
            for document, version, digest in decided.documents
        ]  # fmt: skip
        row = {
            "learner_id": str(line.learner_id), "decision_id": str(decision_id),
            "change_id": str(change.decisions.change_id), "kind": kind, "record_id": None, "record_version": None,
            "claim_id": str(line.claim_id), "line_no": line.line_no, "revision": line.revision + 1,
            "effective_on": day.isoformat(), "verdict": verdict,
            "scheme": "higher_vocational" if credits else None, "level": "higher_vocational", "credits": credits,
            "document": decided.document if decided else None,
            "document_version": decided.version if decided else None,
            "document_digest": decided.digest if decided else None, "clause": decided.clause if decided else None,
            "basis": {
                "asked_on": day.isoformat(), "documents": documents,
                "conversion": {
                    "plan_id": str(line.plan_id), "institution_id": str(line.institution),
                    "record_ids": [str(record) for record in line.records], **about,
                },
                **basis,
            },
            "engine": ENGINE_VERSION, "decided_at": tools.at.isoformat(),
            "facts_sealed": None if sealed is None else "\\x" + sealed.hex(),
        }  # fmt: skip
        change.decisions.rows.append(digested(row, town.keyring.digest))
        if line.posting is not None:
            change.book.reverse(line.posting, decision_id=decision_id)
        posting = None
        if credits:
            posting_id = change.book.post(
                learner_id=line.learner_id, decision_id=decision_id, scheme="higher_vocational",
                institution_id=line.source, amount=credits, occurred_on=day, purpose="conversion",
                claim_id=line.claim_id, line_no=line.line_no,
            )  # fmt: skip
            posting = LivePosting(
                line.learner_id, posting_id, None, "higher_vocational", line.source, credits, day, "conversion",
                line.claim_id, line.line_no,
            )  # fmt: skip
        outbox = [
            {
                "change_id": change.decisions.change_id, "item": 1, "learner_id": line.learner_id,
                "institution_id": line.institution, "claim_id": line.claim_id,
                "act": "converted" if kind == "conversion" else kind, "summary": {"kind": "conversion"},
            }
        ]  # fmt: skip
        rows = {"decisions": change.decisions.rows, **as_rows(change.book), "outbox": outbox}
        await run(session, _WRITE, orjson.dumps(rows).decode())
        if line.conversion_id is not None:
            await connection.execute(_ENDS, named)
        if kind == "conversion":
            stands = {**named, "conversion": conversion_id, "posting": posting.posting_id if posting else None}
            await connection.execute(_STANDS, stands)
            await connection.execute(_USES, stands)
        return posting

    line.posting = await town.database.write(act)
    line.revision += 1
    line.decision_id = decision_id
    line.conversion_id = conversion_id if kind == "conversion" else None
