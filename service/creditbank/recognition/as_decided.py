"""A line that stands, judged by the facts of its own decision: with the records that changed as they are now, or by the
rules that took the place of a mistaken version. Whatever else has become of the learner since is no matter of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, run
from creditbank.recognition.gathered import Gathered
from creditbank.recognition.judging import Judged, judge, judged_by
from creditbank.recognition.known import AskedLine
from creditbank.recognition.standing import Person
from creditbank.rules import Rulebook
from creditbank.sealing import field_of, open_sealed

_STORED = """
SELECT learner_id, facts_sealed, basis FROM decision
WHERE learner_id = ANY ($1) AND decision_id = $2 AND facts_sealed IS NOT NULL
"""
_OF_RECORDS = ("record", "certificate", "institution")


async def judge_as_decided(
    session: Transaction,
    person: Person,
    gathered: Gathered,
    line: AskedLine,
    decision_id: UUID | None,
    *,
    changed: Collection[UUID] | None,
    rulebook: Rulebook,
) -> tuple[Judged, date] | None:
    """The judgement and the day as of which it was asked; None where people decided, or the facts are erased.

    `changed` are the records that are to be taken as they are now, by the versions that decided; none at all means the
    same facts by the rules in force now. A record that is gone refuses, whatever was decided.
    """
    found = await (await run(session, _STORED, list(person.family), decision_id)).fetchone()
    if found is None:
        return None
    learner_id, sealed, basis = found
    if "asked_on" not in (basis or {}):
        return None
    stored = orjson.loads(open_sealed(person.keys[learner_id], bytes(sealed), field_of(learner_id, "facts")))
    stored.pop("decided", None)
    on = date.fromisoformat(basis["asked_on"])
    if not {str(record) for record in line.records} <= set(gathered.held):
        return judge(gathered, line, rulebook=rulebook, on=on), on
    documents = [(each["document"], each["version"]) for each in basis.get("documents", ())]
    if changed is None or not documents:
        decided = rulebook.decide("conversion", stored, on=on)
    else:
        facts = _with_records(stored, gathered.facts(line), {str(record) for record in changed})
        decided = rulebook.replay_together("conversion", facts, documents, on=on)
    course = gathered.course(line.course_code)
    return judged_by(line, decided, most=0 if course is None else course["credits"]), on


def _with_records(stored: Mapping[str, Any], now: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    """The stored facts with what is said of some records as it is said now, wherever the line speaks of them."""
    rows = {str(row["id"]): row for row in now.get("sources", ())}
    facts = dict(stored)
    for name in ("sources", "same"):
        if name in stored:
            facts[name] = [_as_now(row, rows, changed) for row in stored[name]]
    sources = [str(row["id"]) for row in now.get("sources", ())]
    if len(sources) == 1 and sources[0] in changed:
        facts |= {subject: rows[sources[0]][subject] for subject in _OF_RECORDS if subject in rows[sources[0]]}
    return facts


def _as_now(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], changed: Collection[str]) -> dict[str, Any]:
    of = str(row["id"])
    if of not in changed or of not in rows:
        return dict(row)
    return {**row, **{subject: rows[of][subject] for subject in _OF_RECORDS if subject in rows[of]}}
