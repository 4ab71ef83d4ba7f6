"""Asking the rules about an agreement, an intake, a cohort, or joining one: the facts, and refusals with findings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, LiteralString

from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.pathways import agreement_refusals as refusals
from creditbank.pathways.tables import Cohort, Intake, Pathway
from creditbank.rules import Rulebook

Step = Literal["agreement", "intake", "cohort", "joining"]

_KNOWN: LiteralString = """
SELECT (SELECT i.kind FROM institution_profile i
        WHERE i.institution_id = %(school)s AND i.valid_from <= %(on)s
          AND (i.valid_until IS NULL OR %(on)s < i.valid_until)) AS school_kind,
       (SELECT count(*) FROM pathway p
        WHERE p.school_id = %(school)s AND p.kind = %(kind)s AND p.state <> 'ended') AS school_pathways,
       (SELECT count(DISTINCT p.college_id) FROM pathway p
        WHERE p.school_id = %(school)s AND p.kind = %(kind)s AND p.state <> 'ended') AS universities,
       (SELECT count(DISTINCT p.college_id) FROM pathway p
        WHERE p.school_programme_id = %(programme)s AND p.kind = %(kind)s AND p.state <> 'ended')
           AS programme_universities
"""


async def facts_for(
    session: Transaction,
    pathway: Pathway,
    step: Step,
    *,
    on: date,
    intake: Intake | None = None,
    plans: int | None = None,
    cohort: Cohort | None = None,
    size: int | None = None,
) -> dict[str, dict[str, Any]]:
    """What is known for a step: what the bank sees itself comes before what the institutions said of themselves."""
    agreement = {name.partition(".")[2]: value for name, value in pathway.said.items() if name.startswith("agreement.")}
    if pathway.school_id is not None:
        cursor = (await driver(session)).cursor(row_factory=dict_row)
        said = {
            "school": pathway.school_id, "kind": pathway.kind, "on": on, "programme": pathway.school_programme_id,
        }  # fmt: skip
        found = await (await cursor.execute(_KNOWN, said)).fetchone()
        assert found is not None
        if pathway.school_programme_id is None:
            found.pop("programme_universities")
        agreement |= {name: value for name, value in found.items() if value is not None}
    places = [str(each["at"]) for each in sorted(pathway.stages, key=lambda each: int(each["year"]))]
    if places:
        agreement["last_years_at"] = _last_years(places)
    agreement |= {
        "step": step,
        "on": on.isoformat(),
        "signed": pathway.state in ("signed", "filed"),
        "enterprise": pathway.enterprise_id is not None,
    }
    facts: dict[str, dict[str, Any]] = {
        "pathway": {
            "kind": pathway.kind,
            "province": pathway.province,
            "on": on.isoformat(),
            "filed": pathway.state == "filed",
        },
        "agreement": agreement,
    }
    if pathway.track is not None:
        facts["pathway"]["track"] = pathway.track
    if intake is not None:
        facts["intake"] = {"quota": intake.quota, "year": intake.year}
        if plans is not None:
            facts["intake"]["plans"] = plans
    if cohort is not None:
        facts["cohort"] = {"filed": cohort.state == "filed"}
        if size is not None:
            facts["cohort"]["size"] = size
        limit = cohort.class_size if cohort.class_size is not None else pathway.class_size
        if limit is not None:
            facts["cohort"]["class_size"] = limit
    return facts


def _last_years(places: list[str]) -> str:
    """Where the last two years are spent; where they differ, the one that a rule would forbid is what counts."""
    last = places[-2:]
    return "school" if "school" in last else "enterprise" if "enterprise" in last else "college"


def must_hold(rulebook: Rulebook, facts: Mapping[str, Any], *, on: date) -> tuple[str, ...]:
    """Ask the rules; the clauses that warn. Where no document speaks of such a step, nothing forbids it.

    Raises RulesForbid, RulesUnsettled.
    """
    decided = rulebook.decide("agreement", facts, on=on)
    if decided.document is None:
        return ()
    if decided.verdict == "not_granted":
        findings = tuple(one for one in decided.findings() if one["verdict"] == "not_met")
        raise refusals.RulesForbid(document=decided.document, clause=decided.clause, findings=findings)
    if decided.verdict == "unknown":
        findings = tuple(one for one in decided.findings() if one["verdict"] in ("unknown", "not_met"))
        raise refusals.RulesUnsettled(clause=decided.clause, findings=findings)
    return decided.warned
