"""A line that stands, judged by the facts of its own decision: with its records as they are now, by the rules that took
the place of a mistaken version, or beside what another account of the same person holds. Whatever else has become of
the learner since is no matter of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import orjson

from creditbank.db import Transaction, run
from creditbank.institutions.equivalence_keys import same_name
from creditbank.recognition.gathered import Gathered
from creditbank.recognition.gathered_people import key_of
from creditbank.recognition.judging import Judged, judge, judged_by, placed
from creditbank.recognition.known import AskedLine, Held
from creditbank.recognition.standing import Person
from creditbank.recognition.tables import ClaimLine
from creditbank.records.lines import shown_of
from creditbank.rules import Decided, Rulebook
from creditbank.rules.terms import JUDGED
from creditbank.sealing import field_of, open_sealed

_STORED = """
SELECT learner_id, facts_sealed, basis, decided_at FROM decision
WHERE learner_id = ANY ($1) AND decision_id = $2 AND facts_sealed IS NOT NULL
"""
_AS_THEY_WERE = """
SELECT DISTINCT ON (v.record_id)
       v.learner_id, v.record_id::text, v.institution_id::text, v.kind, v.body, v.derived, d.facts_sealed
FROM record_version v
JOIN decision d ON d.learner_id = v.learner_id AND d.record_id = v.record_id AND d.record_version = v.version
WHERE v.learner_id = ANY ($1) AND v.record_id = ANY ($2) AND d.decided_at <= $3 AND d.facts_sealed IS NOT NULL
ORDER BY v.record_id, v.version DESC, d.revision DESC, d.effective_on DESC
"""
_OF_RECORDS = ("record", "certificate", "institution")


@dataclass(frozen=True, slots=True)
class AsDecided:
    """By what a line was decided: the facts, the day as of which the rules were asked, the versions, and when; and what
    the rules gave, where they granted it."""

    facts: dict[str, Any]
    on: date
    documents: tuple[tuple[str, str], ...]
    at: datetime
    outputs: Mapping[str, Any] | None

    def marked_alike(self, decided: Decided) -> bool:
        """Whether the rules give the same besides credits and exemption: the grade, its place in the average, what is
        left over."""
        return self.outputs is None or _marks(self.outputs) == _marks(decided.outputs)

    def again(self, rulebook: Rulebook, facts: Mapping[str, Any]) -> Decided:
        """Decide other facts as it was decided; by the rules of now where no version did."""
        if not self.documents:
            return rulebook.decide("conversion", facts, on=self.on)
        return rulebook.replay_together("conversion", facts, self.documents, on=self.on)


async def as_decided(session: Transaction, person: Person, line: ClaimLine) -> AsDecided | None:
    """By what a line stands; None where people decided it, or its facts are erased."""
    found = await (await run(session, _STORED, list(person.family), line.decision_id)).fetchone()
    if found is None:
        return None
    learner_id, sealed, basis, decided_at = found
    if "asked_on" not in (basis or {}):
        return None
    facts = orjson.loads(open_sealed(person.keys[learner_id], bytes(sealed), field_of(learner_id, "facts")))
    facts.pop("decided", None)
    documents = tuple((each["document"], each["version"]) for each in basis.get("documents", ()))
    return AsDecided(facts, date.fromisoformat(basis["asked_on"]), documents, decided_at, basis.get("outputs"))


def _marks(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in outputs.items() if said is not None and name not in ("credits", "exemption")}


def by_the_rules_of_now(then: AsDecided, gathered: Gathered, line: AskedLine, *, rulebook: Rulebook) -> Judged:
    """The same facts by the rules in force now."""
    if not _all_held(gathered, line):
        return judge(gathered, line, rulebook=rulebook, on=then.on)
    return judged_by(line, rulebook.decide("conversion", then.facts, on=then.on), most=_most(gathered, line))


async def with_its_records_as_they_are(
    session: Transaction, person: Person, then: AsDecided, gathered: Gathered, line: AskedLine, *, rulebook: Rulebook
) -> Judged:
    """The same facts with all that is said of the line's records said as now, by the versions that decided.

    All of them, not the one alone that changed last: what was corrected before and was good enough then counts too. A
    record that is gone refuses, whatever was decided.
    """
    if not _all_held(gathered, line):
        return judge(gathered, line, rulebook=rulebook, on=then.on)
    before = await _as_they_were(session, person, then, gathered, line)
    facts, of_something_else = dict(then.facts), _judged_by_people(line) and _named_otherwise(before, gathered, line)
    if of_something_else:
        # What people said of how it fits the course, they said of something else: that is not known any more.
        line = replace(line, supplied={name: each for name, each in line.supplied.items() if not _of_the_fit(name)})
        facts.pop(JUDGED, None)
    now = gathered.facts(line)
    if "match" in facts and (of_something_else or before.facts(line)["match"] != now["match"]):
        facts["match"] = now["match"]
    facts = _with_records(facts, now, {str(record) for record in line.records})
    return judged_by(line, then.again(rulebook, facts), most=_most(gathered, line))


def beside_another_account(
    then: AsDecided,
    gathered: Gathered,
    theirs: Gathered,
    line: AskedLine,
    *,
    standing: Collection[str],
    rulebook: Rulebook,
) -> Judged:
    """The same facts with what another account of the same person holds, by the versions that decided.

    `gathered` is all that is known of the person, `theirs` what the other account brings: its conversions and uses, its
    reports of the same content, its results in the course. `standing` names the conversions that stand; of those that
    the line was decided beside the others leave room by now.
    """
    if not _all_held(gathered, line):
        return judge(gathered, line, rulebook=rulebook, on=then.on)
    facts = dict(then.facts)
    for name, rows in theirs.standing_rows().items():
        mine = [row for row in facts.get(name, ()) if str(row["id"]).partition(":")[0] in standing]
        facts[name] = [*mine, *rows]
    if "same" in facts:
        known = {str(row["id"]) for row in facts["same"]}
        more = [row for row in gathered.facts(line)["same"] if str(row["id"]) in theirs.held.keys() - known]
        facts["same"] = [*facts["same"], *more]
    if "records" in facts:
        facts["records"] = [*facts["records"], *theirs.rows.records]
    if "result" in theirs.rows.courses.of(line.course_code):
        facts["course"] = {**facts.get("course", {}), **gathered.rows.courses.of(line.course_code)}
    return placed(gathered, line, then.again(rulebook, facts), most=_most(gathered, line))


def _all_held(gathered: Gathered, line: AskedLine) -> bool:
    return line.course_code in gathered.plan.courses and {str(one) for one in line.records} <= gathered.held.keys()


def _most(gathered: Gathered, line: AskedLine) -> int:
    most: int = gathered.plan.courses[line.course_code]["credits"]
    return most


def _with_records(stored: Mapping[str, Any], now: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    """The stored facts with what is said of some records as it is said now, wherever the line speaks of them."""
    rows = {str(row["id"]): row for row in now.get("sources", ())}
    facts = dict(stored)
    for name in ("sources", "same"):
        if name in stored:
            facts[name] = [_as_now(row, rows, changed) for row in stored[name]]
    sources: Sequence[str] = [str(row["id"]) for row in now.get("sources", ())]
    if len(sources) == 1 and sources[0] in changed:
        facts |= {subject: rows[sources[0]][subject] for subject in _OF_RECORDS if subject in rows[sources[0]]}
    return facts


def _as_now(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], changed: Collection[str]) -> dict[str, Any]:
    of = str(row["id"])
    if of not in changed or of not in rows:
        return dict(row)
    return {**row, **{subject: rows[of][subject] for subject in _OF_RECORDS if subject in rows[of]}}


def _of_the_fit(name: str) -> bool:
    """Whether a fact that people supplied says how the records fit the course."""
    return name == JUDGED or name.startswith("match.")


def _judged_by_people(line: AskedLine) -> bool:
    return any(map(_of_the_fit, line.supplied))


def _named_otherwise(before: Gathered, now: Gathered, line: AskedLine) -> bool:
    """Whether one of the records is called something else, or is of something else, than when the line was decided."""
    pairs = ((before.held[str(record)], now.held[str(record)]) for record in line.records)
    return any(_name(then) != _name(held) for then, held in pairs)


def _name(held: Held) -> tuple[str | None, str]:
    return held.key, same_name(held.title or "")


async def _as_they_were(
    session: Transaction, person: Person, then: AsDecided, gathered: Gathered, line: AskedLine
) -> Gathered:
    """The same with the line's records named and levelled as they were when it was decided."""
    records = [str(record) for record in line.records]
    cursor = await run(session, _AS_THEY_WERE, list(person.family), records, then.at)
    held = dict(gathered.held)
    for learner_id, record, institution, kind, body, derived, sealed in await cursor.fetchall():
        facts = orjson.loads(open_sealed(person.keys[learner_id], bytes(sealed), field_of(learner_id, "facts")))
        shown = shown_of(body, derived)
        held[record] = replace(
            held[record],
            key=key_of({"institution": institution, "kind": kind, "body": body}),
            title=shown.get("title", shown.get("name")),
            opened=partial(dict, facts),
        )
    return replace(gathered, held=held)
