"""A round as its page reads it: who stands where and why, what can be done now and by whom, what was done before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.identity.actor import Actor, Reach
from creditbank.pathways.agreement_schemas import CohortOut
from creditbank.pathways.round_schemas import CandidateOut, RoundOut
from creditbank.portal.desk_words import DESK
from creditbank.portal.records_shown import sentence
from creditbank.portal.story_shown import Finding, Source, finding_told, sources_told
from creditbank.portal.words import Say, speaker
from creditbank.portal.writing import day
from creditbank.records.decisions import DecisionOut
from creditbank.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line of the table."""

    member_no: int
    learner_id: str
    name: str
    outcome: str
    outcome_said: str
    rank: str
    total: str
    gates: list[str]
    """The gate that was not met, or what is not known and who can supply it; the reason why somebody was left out."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A clause of the document with what was found of it."""

    says: str
    standing: str
    standing_said: str
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened to the round."""

    at: Any
    said: str
    by: str
    about: str
    words: str


def side_of(actor: Actor, cohort: CohortOut) -> str:
    """For whom somebody is at the desk: the bank, the cohort's college, or its school."""
    if Reach.ANY in actor.reach:
        return "officer" if "officer" in actor.roles else "auditor"
    return "college" if actor.institution_id == cohort.college_id else "school"


def may_now(round_: RoundOut, side: str) -> set[str]:
    """The acts that this side can do now with the round, by the names that the round itself gives them."""
    acts = {each.act for each in round_.next if each.who == side}
    if side == "college" and round_.state == "collecting":
        acts.add("sittings")
    if side == "officer" and any(each.state == "open" for each in round_.objections):
        acts.add("objections/decision")
    return acts


def candidates_shown(round_: RoundOut, rulebook: Rulebook, language: Language) -> list[Candidate]:
    """The candidates of a page: those with a rank first, then by number."""
    say = speaker(language)
    clauses = clauses_said(rulebook, round_.document, round_.document_version, language)
    rows = [
        Candidate(
            member_no=each.member_no,
            learner_id=str(each.learner_id),
            name=each.name or say("nameless"),
            outcome=each.outcome,
            outcome_said=say(f"outcome_{each.outcome}"),
            rank="" if each.rank is None else str(each.rank),
            total=each.total or "",
            gates=_gates(each, clauses, say, language),
        )
        for each in round_.candidates
    ]
    return sorted(rows, key=lambda one: (not one.rank, int(one.rank or 0), one.member_no))


def _gates(each: CandidateOut, clauses: Mapping[str, str], say: Say, language: Language) -> list[str]:
    told = []
    if each.outcome == "not_eligible" or each.verdict == "not_granted":
        told.append(sentence(clauses.get(each.clause or "", say("gate_see_reasons")), language))
    for one in each.missing:
        fact, who = (one.zh, one.supplied_by_zh) if language == "zh" else (one.en, one.supplied_by_en)
        told.append(say("missing_from", fact=fact, who=who) if who else say("missing", fact=fact))
    if each.verdict == "unknown" and not each.missing:
        told.append(say("gate_see_reasons"))
    if each.set_aside_because:
        told.append(say("set_aside_because", why=each.set_aside_because))
    return told


def clauses_said(rulebook: Rulebook, document: str | None, number: str | None, language: Language) -> Mapping[str, str]:
    """What each clause of a version says, by its id."""
    for version in rulebook.versions():
        if (version.document.document, version.version) == (document, number):
            return {each.id: each.zh if language == "zh" else each.en for each in version.clauses}
    return {}


# --- reasons, clause by clause --------------------------------------------------------------------------------------

_GRAVEST = ("not_met", "refer", "unknown", "warn", "met", "give", "exempt")


def gates_shown(decision: DecisionOut, rulebook: Rulebook, language: Language) -> tuple[list[Gate], list[Source]]:
    """Every clause of the decision with its findings, in the order of the document, and the sources that they cite."""
    say = speaker(language)
    sources, numbers = sources_told(decision.findings, language)
    clauses = clauses_said(rulebook, decision.document, decision.document_version, language)
    by_clause: dict[str, list[Finding]] = {}
    for each in decision.findings:
        by_clause.setdefault(str(each["clause"]), []).append(finding_told(each, numbers, language))
    gates = []
    for name, found in by_clause.items():
        standing = min((each.standing for each in found), key=_gravity)
        says = clauses.get(name) or found[0].rule
        gates.append(Gate(sentence(says, language), standing, say(f"finding_{standing}"), found))
    return gates, sources


def _gravity(standing: str) -> int:
    return _GRAVEST.index(standing) if standing in _GRAVEST else len(_GRAVEST)


# --- what was done --------------------------------------------------------------------------------------------------


def history_shown(round_: RoundOut, language: Language) -> list[Act]:
    """What happened to the round, the last first."""
    say = speaker(language)
    numbers = {each.learner_id: each.member_no for each in round_.candidates}
    numbers |= {each.learner_id: each.member_no for each in round_.objections}
    shown = []
    for each in reversed(round_.history):
        phrase, about = f"act_of_round_{each.act}", []
        if each.learner_id in numbers:
            about.append(say("member_n", n=numbers[each.learner_id]))
        for name in ("candidates", "proposed", "until_on", "notice_no", "because", "result_no", "upheld"):
            said = _about(name, each.about.get(name), say, language)
            if said:
                about.append(said)
        by = each.by.partition(":")[0]
        shown.append(
            Act(
                each.at, say(phrase) if phrase in DESK else each.act, say(f"by_{by}") if f"by_{by}" in DESK else "",
                say("semicolon").join(about), each.words or "",
            )
        )  # fmt: skip
    return shown


def _about(name: str, value: Any, say: Say, language: Language) -> str:
    if value is None:
        return ""
    if name == "because":
        return say(f"because_{value}") if f"because_{value}" in DESK else ""
    if name == "upheld":
        return say("state_upheld" if value else "state_dismissed")
    return say(f"about_{name}", n=day(value, language) if name == "until_on" else value)
