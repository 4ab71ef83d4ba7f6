"""Deciding a round: the facts of everybody at once, each by the rules, then the seats down the ranks.

A round goes by one version of one document, that of the day on which it was decided. A fact that comes later decides
its learner again by that version and nobody else; then the list is ranked again, within the seats that the other rounds
of the year leave. Unknown is no refusal: whoever is unknown keeps the round from being published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.identifiers import new_id
from creditbank.learners.families import families_of
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import Acting, Opened, keys_for, rows_of
from creditbank.pathways.gathering import gather_cohort
from creditbank.pathways.ranking import Key, places
from creditbank.pathways.round_law import law_of, read_key, round_of, stored_key
from creditbank.pathways.round_tables import PathwayRound, RoundCandidate
from creditbank.records.acts import Tools
from creditbank.rules import ENGINE_VERSION, Decided, Rulebook
from creditbank.rules.writing import digested
from creditbank.sealing import SealingKey, canonical, field_of, seal

IN_THE_RUNNING = ("eligible", "proposed", "beyond_quota", "tied")
"""Outcomes of those who qualify: they are ranked."""

Standing = tuple[str, int | None, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules say of one candidate, with the key that ranks them; none where it is not known."""

    decided: Decided
    key: Key | None

    @property
    def verdict(self) -> str:
        """Granted, not granted, or unknown: also where somebody qualifies and their place does not follow."""
        if self.decided.verdict == "granted" and self.key is None:
            return "unknown"
        return self.decided.verdict


# --- who is in it ---------------------------------------------------------------------------------------------------

_MEMBERS: LiteralString = """
SELECT m.learner_id, m.member_no FROM cohort_member m
WHERE m.cohort_id = %(cohort)s AND m.status IN ('provisional', 'filed', 'suspended')
  AND NOT EXISTS (
      SELECT FROM round_candidate c JOIN pathway_round r USING (round_id)
      WHERE c.learner_id = m.learner_id AND r.cohort_id = m.cohort_id AND r.round_id <> %(round)s
        AND r.state = 'frozen' AND c.outcome IN ('taken', 'given_up'))
  AND NOT EXISTS (
      SELECT FROM member_event e
      WHERE e.learner_id = m.learner_id AND e.cohort_id = m.cohort_id AND e.event = 'given_up')
ORDER BY m.member_no, m.learner_id
"""


async def live_members(session: Transaction, round_: PathwayRound) -> dict[UUID, int]:
    """Whoever can be a candidate: live members who were not taken in an earlier round, nor gave that up."""
    said = {"cohort": round_.cohort_id, "round": round_.round_id}
    return {row["learner_id"]: row["member_no"] for row in await rows_of(session, _MEMBERS, said)}


async def bring_in(session: Transaction, opened: Opened, acting: Acting, *, newcomers: bool) -> Collection[UUID]:
    """Whoever has left is no candidate any more; where the whole round is decided, whoever came is one.

    Answers who are live members.
    """
    round_ = opened.round
    members = await live_members(session, round_)
    for learner_id, member_no in members.items() if newcomers else ():
        if learner_id not in opened.candidates:
            candidate = RoundCandidate(
                learner_id=learner_id, round_id=round_.round_id, cohort_id=round_.cohort_id, member_no=member_no,
                outcome="waiting", keys=[], revision=0, changed_at=acting.at,
            )  # fmt: skip
            opened.candidates[learner_id] = candidate
            acting.keep(candidate)
    for learner_id, candidate in opened.candidates.items():
        if learner_id not in members and candidate.outcome != "given_up":
            put_out(candidate, "given_up", acting)
            acting.note(round_, "given_up", learner_id=learner_id, because="no_live_member")
    return members


def put_out(candidate: RoundCandidate, outcome: str, acting: Acting, *, aside_for: str | None = None) -> None:
    """Take somebody out of the running: set aside, and for what, or given up."""
    candidate.outcome, candidate.set_aside_for = outcome, aside_for
    candidate.rank, candidate.changed_at = None, acting.at
    acting.keep(candidate)


# --- what the rules say ---------------------------------------------------------------------------------------------


async def decide_everybody(session: Transaction, opened: Opened, acting: Acting) -> None:
    """Decide all candidates by the version of today, and rank them within the seats of today."""
    live = await bring_in(session, opened, acting, newcomers=True)
    round_ = opened.round
    round_.document = None
    who = [each.learner_id for each in opened.candidates.values() if each.outcome != "given_up"]
    await _decide(session, opened, acting, who, live=live)
    if round_.document is None:
        raise refusals.NobodyToDecide
    await rank(session, opened, acting, may_grow=True)
    round_.state, round_.decided_at = "decided", acting.at
    counts: dict[str, int] = {}
    for candidate in opened.candidates.values():
        counts[candidate.outcome] = counts.get(candidate.outcome, 0) + 1
    acting.note(round_, "decided", seats=round_.seats, counts=counts)


async def decide_again(
    session: Transaction, opened: Opened, acting: Acting, learners: Collection[UUID], *, because: str
) -> bool:
    """Decide these candidates again by the facts of now, and rank the list again; whether anything differs.

    If who is taken changes, or somebody is unknown or tied now, the round is open again and needs a new full notice.
    A list that was filed and says something else of somebody is to be filed again.
    """
    before = standing(opened)
    live = await bring_in(session, opened, acting, newcomers=False)
    who = [one for one in learners if one in opened.candidates and opened.candidates[one].outcome != "given_up"]
    await _decide(session, opened, acting, who, live=live)
    for learner_id in who:
        decision_id = opened.candidates[learner_id].decision_id
        named = None if decision_id is None else str(decision_id)
        acting.note(opened.round, "decided_again", learner_id=learner_id, because=because, decision_id=named)
    await rank(session, opened, acting, may_grow=False)
    open_again(opened, acting, before, because=because, touched=who)
    return standing(opened) != before


async def _decide(
    session: Transaction, opened: Opened, acting: Acting, who: Collection[UUID], *, live: Collection[UUID]
) -> None:
    """Decide some candidates and write what was said of each, with the facts it was said by."""
    if not who:
        return
    on, tools = today(acting.at), acting.tools
    keys = await keys_for(session, who, keyring=tools.keyring)
    readable = [one for one in who if one in keys]
    for learner_id in who:
        if learner_id not in keys:  # erased: there is nothing to decide by, and nothing could be kept of it
            put_out(opened.candidates[learner_id], "set_aside", acting, aside_for="erased")
            acting.note(opened.round, "set_aside", learner_id=learner_id, because="erased")
    twice = await _same_person(session, opened, readable, live=live)
    for learner_id in twice:
        put_out(opened.candidates[learner_id], "set_aside", acting, aside_for="same_person")
        acting.note(opened.round, "set_aside", learner_id=learner_id, because="same_person")
    deciding = [one for one in readable if one not in twice]
    for learner_id, said in (await ask(session, opened, deciding, on=on, tools=tools)).items():
        write(opened, acting, opened.candidates[learner_id], said, key=keys[learner_id], on=on)


_HAS_A_PLACE: LiteralString = """
SELECT c.learner_id FROM round_candidate c JOIN pathway_round r USING (round_id) JOIN intake i USING (intake_id)
WHERE c.learner_id = ANY (%(accounts)s) AND r.round_id <> %(round)s AND r.state <> 'abandoned'
  AND (i.pathway_id, i.year) IN (SELECT m.pathway_id, m.year FROM intake m WHERE m.intake_id = %(intake)s)
  AND (c.outcome IN ('proposed', 'taken')
       OR (c.outcome = 'given_up' AND r.state = 'frozen' AND r.cohort_id = %(cohort)s))
"""


async def _same_person(
    session: Transaction, opened: Opened, who: Collection[UUID], *, live: Collection[UUID]
) -> set[UUID]:
    """Those whose person has the place, or gave it up, under another account: one person has one place.

    In the round that is the live member of the lowest number, whatever became of it: whom an objection left out does
    not come back as another account. Beside it a place in another round of the year counts.
    """
    round_ = opened.round
    members = [each for each in opened.candidates.values() if each.learner_id in live]
    families = await families_of(session, {*who, *(each.learner_id for each in members)})
    others = {member: one for one in who for member in families[one] if member != one}
    said = {
        "accounts": list(others), "round": round_.round_id, "intake": round_.intake_id, "cohort": round_.cohort_id,
    }  # fmt: skip
    out = {
        families[others[row["learner_id"]]] for row in (await rows_of(session, _HAS_A_PLACE, said) if others else ())
    }
    out |= {families[each.learner_id] for each in members if each.outcome == "given_up"}
    first: dict[tuple[UUID, ...], UUID] = {}
    for candidate in sorted(members, key=lambda each: (each.member_no, each.learner_id)):
        first.setdefault(families[candidate.learner_id], candidate.learner_id)
    return {one for one in who if families[one] in out or first[families[one]] != one}


async def ask(
    session: Transaction, opened: Opened, who: Collection[UUID], *, on: date, tools: Tools
) -> dict[UUID, Said]:
    """What the rules say of some candidates by the facts of now, for a day; nothing is written.

    The first answer of a round fixes its document and version. Raises NoRoundInDocument.
    """
    round_ = opened.round
    known = await gather_cohort(
        session, round_.cohort_id, list(who), on=on, round=round_of(round_), keyring=tools.keyring, at=tools.at,
        rulebook=tools.rulebook,
    )  # fmt: skip
    return {each.learner_id: say(tools.rulebook, round_, each.facts, on=on) for each in known}


def say(rulebook: Rulebook, round_: PathwayRound, facts: Mapping[str, Any], *, on: date) -> Said:
    """What the rules say of a candidate by the version of their round. Raises NoRoundInDocument."""
    decided = rulebook.decide("progression", facts, on=on)
    if round_.document is None and decided.version is not None:
        round_.document, round_.document_version, round_.digest = decided.document, decided.version, decided.digest
    pinned = (round_.document, round_.document_version)
    if round_.document is not None and (decided.document, decided.version) != pinned:
        limits = [(name, number) for name, number, _ in decided.documents[1:]]
        decided = rulebook.replay_together("progression", facts, [pinned, *limits], on=on)  # type: ignore[list-item]
    if decided.version is None:
        return Said(decided, None)
    law = law_of(rulebook, round_)
    return Said(decided, law.keys(decided.scope) if decided.verdict == "granted" else None)


def write(opened: Opened, acting: Acting, candidate: RoundCandidate, said: Said, *, key: SealingKey, on: date) -> None:
    """Write a decision about a candidate and what it makes of them, before they are ranked.

    Who was set aside while unknown stands again once the answer is known; whom an objection set aside does not.
    """
    decided, verdict, was = said.decided, said.verdict, candidate.outcome
    because = candidate.set_aside_for if was == "set_aside" else None
    aside = because == "objection" or (because == "unknown" and verdict == "unknown")
    candidate.revision += 1
    candidate.decision_id = new_id()
    candidate.verdict = verdict
    candidate.clause = "ranking" if verdict != decided.verdict else decided.clause
    outputs = decided.outputs
    candidate.route = outputs.get("route")
    candidate.total = _text(outputs.get("total"))
    candidate.total_of = _text(outputs.get("total_of"))
    ranked_by = stored_key(said.key) if verdict == "granted" else []
    if ranked_by != candidate.keys:
        candidate.chosen = None  # what people said of a tie was said of another place
    candidate.keys = ranked_by
    candidate.rank = None
    candidate.changed_at = acting.at
    if not aside:
        candidate.outcome = {"granted": "eligible", "not_granted": "not_eligible"}.get(verdict, "unknown")
        candidate.set_aside_for = candidate.set_aside_because_sealed = None
    acting.keep(candidate)
    acting.decisions.append(_row(opened, acting, candidate, decided, key=key, on=on))
    if candidate.outcome == "unknown" and was != "unknown":
        acting.serve(candidate, "progression_unknown")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _row(
    opened: Opened, acting: Acting, candidate: RoundCandidate, decided: Decided, *, key: SealingKey, on: date
) -> dict[str, Any]:
    """A decision as it is written: all findings and the facts they used sealed, and beside them what names nobody."""
    told = decided.told()
    facts = told.pop("facts")
    sealed = seal(key, canonical({**facts, "decided": told}), field_of(candidate.learner_id, "facts"))
    round_, cohort = opened.round, opened.cohort
    basis: dict[str, Any] = {
        "asked_on": on.isoformat(),
        "by": acting.by,
        "dated_by": decided.dated_by,
        "dated_on": decided.dated_on,
        "because": decided.because,
        "documents": [
            {"document": document, "version": version, "digest": digest}
            for document, version, digest in decided.documents
        ],
        "progression": {
            "cohort_id": str(cohort.cohort_id),
            "college_id": str(cohort.college_id),
            "school_id": None if cohort.school_id is None else str(cohort.school_id),
            "round": round_.number,
            "member_no": candidate.member_no,
        },
    }
    if decided.verdict == "granted":
        basis["outputs"] = dict(decided.outputs)
    said = {
        "learner_id": str(candidate.learner_id),
        "decision_id": str(candidate.decision_id),
        "change_id": str(acting.change_id),
        "kind": "progression",
        "record_id": None,
        "record_version": None,
        "claim_id": None,
        "line_no": None,
        "round_id": str(round_.round_id),
        "revision": candidate.revision,
        "effective_on": on.isoformat(),
        "verdict": decided.verdict,
        "scheme": None,
        "level": None,
        "credits": 0,
        "document": decided.document,
        "document_version": decided.version,
        "document_digest": decided.digest,
        "clause": decided.clause,
        "basis": basis,
        "engine": ENGINE_VERSION,
        "decided_at": acting.at.isoformat(),
        "facts_sealed": "\\x" + sealed.hex(),
    }
    return digested(said, acting.tools.keyring.digest)


# --- the seats ------------------------------------------------------------------------------------------------------

_INTAKES: LiteralString = """
SELECT i.intake_id, coalesce(i.progression_quota, i.quota) FROM intake i
WHERE (i.pathway_id, i.year) IN (SELECT m.pathway_id, m.year FROM intake m WHERE m.intake_id = %s)
ORDER BY i.intake_id FOR UPDATE
"""
_TAKEN: LiteralString = """
SELECT coalesce(sum(greatest(x.held, least(x.held + x.tied, coalesce(x.seats, 0)))), 0) FROM (
    SELECT r.round_id, r.seats, count(*) FILTER (WHERE c.outcome IN ('proposed', 'taken')) AS held,
           count(*) FILTER (WHERE c.outcome = 'tied') AS tied
    FROM pathway_round r JOIN round_candidate c USING (round_id)
    WHERE r.intake_id = ANY (%(intakes)s) AND r.round_id <> %(round)s AND r.state <> 'abandoned'
      AND NOT (r.state = 'frozen' AND EXISTS (
          SELECT FROM member_event e
          WHERE e.learner_id = c.learner_id AND e.cohort_id = c.cohort_id AND e.event = 'given_up'))
    GROUP BY r.round_id, r.seats) x
"""


async def seats_for(session: Transaction, round_: PathwayRound) -> int:
    """How many seats the year's intake leaves this round, its rows locked: the other rounds' places are gone.

    Of those who are tied in another round as many seats are kept as are left for them. A place that was given up after
    the freeze is free again; the frozen list still names who had it.
    """
    connection = await driver(session)
    intakes = await (await connection.execute(_INTAKES, [round_.intake_id])).fetchall()
    # A second statement, so that it sees what whoever held the lock has written.
    said = {"intakes": [intake for intake, _ in intakes], "round": round_.round_id}
    taken = await (await connection.execute(_TAKEN, said)).fetchone()
    assert taken is not None
    places = sum(int(quota) for _, quota in intakes)
    return max(0, places - int(taken[0]))


async def rank(session: Transaction, opened: Opened, acting: Acting, *, may_grow: bool) -> None:
    """Rank those who qualify, and give the seats. Only deciding the whole round takes up seats that became free
    elsewhere: a correction moves nobody whom it does not concern.
    """
    round_ = opened.round
    seats = await seats_for(session, round_)
    if not may_grow and round_.seats is not None:
        seats = min(seats, round_.seats)
    running = {each.learner_id: each for each in opened.candidates.values() if each.outcome in IN_THE_RUNNING}
    round_.seats = seats
    acting.keep(round_)
    if not running:
        return
    law = law_of(acting.tools.rulebook, round_)
    found = places(
        {learner_id: read_key(each.keys) for learner_id, each in running.items()},
        seats=seats,
        ties=law.ties,
        chosen={learner_id: each.chosen for learner_id, each in running.items()},
    )
    for learner_id, each in running.items():
        place, place_no = found.places[learner_id], found.ranks[learner_id]
        if (each.outcome, each.rank) != (place, place_no):
            each.outcome, each.rank, each.changed_at = place, place_no, acting.at
            acting.keep(each)


# --- what a change of the list means --------------------------------------------------------------------------------


def standing(opened: Opened) -> dict[UUID, Standing]:
    """Where everybody stands: outcome, rank, route and total, to see what an act changed."""
    return {
        each.learner_id: (each.outcome, each.rank, each.route, each.total, each.total_of)
        for each in opened.candidates.values()
    }


def open_again(
    opened: Opened, acting: Acting, before: Mapping[UUID, Standing], *, because: str, touched: Collection[UUID]
) -> None:
    """After a change of a published list: a new full notice if others are taken, a new filing if it says otherwise."""
    round_, now = opened.round, standing(opened)
    if round_.state not in ("on_notice", "settled", "filed"):
        return
    was, is_ = _taken(before), _taken(now)
    if was != is_ or opened.of("unknown", "tied"):
        acting.note(
            round_, "opened_again", because=because, notice_no=round_.notice_no, was=round_.state,
            out=sorted(map(str, was - is_)), taken_in=sorted(map(str, is_ - was)),
        )  # fmt: skip
        round_.state = "decided"
        round_.notice_from = round_.notice_until_on = round_.look_at = None
        _unfile(round_)
    elif round_.state == "filed" and (before != now or is_ & set(touched)):
        acting.note(round_, "filing_withdrawn", because=because)
        round_.state = "settled"
        _unfile(round_)


def _unfile(round_: PathwayRound) -> None:
    round_.filed_at = round_.filed_by = round_.filing_digest = None


def _taken(found: Mapping[UUID, Standing]) -> set[UUID]:
    return {learner_id for learner_id, (outcome, *_) in found.items() if outcome == "proposed"}
