"""Reviews (复查): a fact that arrives after the freeze changes nothing frozen; what would differ goes before people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.families import families_of
from creditbank.learners.inbox import Notice
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import Acting, Opened, acting, keys_for, lock_rounds, rows_of, runs
from creditbank.pathways.deciding import Said, say
from creditbank.pathways.gathering import gather_cohort
from creditbank.pathways.round_law import round_of, stored_key
from creditbank.pathways.round_tables import ProgressionReview, RoundCandidate
from creditbank.records.acts import Tools
from creditbank.sealing import field_of, open_sealed, seal

REVIEWED = ("taken", "not_taken", "set_aside")
"""Outcomes of which somebody could say that they should have been another."""

_AS_DECIDED: LiteralString = """
SELECT d.learner_id, d.effective_on, d.facts_sealed FROM decision d
WHERE (d.learner_id, d.decision_id) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))
"""
_OPEN: LiteralString = """
SELECT learner_id, differs FROM progression_review WHERE round_id = %s AND learner_id = ANY (%s) AND state = 'open'
"""


async def look_at_frozen(
    session: Transaction, opened: Opened, act: Acting, learners: Collection[UUID], *, because: str
) -> list[ProgressionReview]:
    """Open a review of each of these candidates of a frozen round of whom the rules would now say something else.

    They are asked about the day of the decision that was frozen, by its version, with what is known now. What is under
    review already is not opened a second time for the same.
    """
    tools, round_ = act.tools, opened.round
    candidates = [
        opened.candidates[one]
        for one in learners
        if one in opened.candidates and opened.candidates[one].outcome in REVIEWED
        and opened.candidates[one].decision_id is not None
    ]  # fmt: skip
    keys = await keys_for(session, [each.learner_id for each in candidates], keyring=tools.keyring)
    candidates = [each for each in candidates if each.learner_id in keys]
    if not candidates:
        return []
    who = [each.learner_id for each in candidates]
    decided = await rows_of(session, _AS_DECIDED, [who, [each.decision_id for each in candidates]])
    open_ = [(row["learner_id"], row["differs"]) for row in await rows_of(session, _OPEN, [round_.round_id, who])]
    made: list[ProgressionReview] = []
    twice = await _second_places(session, opened, who) if because == "record_merged" else set()
    gone = await _gone(session, opened, who) if because == "member_event" else set()
    for row in decided:
        learner_id, on = row["learner_id"], row["effective_on"]
        stored = orjson.loads(open_sealed(keys[learner_id], row["facts_sealed"], field_of(learner_id, "facts")))
        # What happened to records is dated by itself; what is stated is known from the day it is stated on.
        known_on = on if because.startswith("record_") else today(tools.at)
        (known,) = await gather_cohort(
            session, round_.cohort_id, [learner_id], on=known_on, round=round_of(round_), keyring=tools.keyring,
            at=tools.at,
        )  # fmt: skip
        said = say(tools.rulebook, round_, _as_then(known.facts, stored, on), on=on)
        differs = _differs(opened.candidates[learner_id], said)
        if learner_id in twice:
            differs["outcome"] = ["taken", "same_person"]
        elif learner_id in gone:
            differs["outcome"] = ["taken", "left"]
        if differs and (learner_id, differs) not in open_:
            review = ProgressionReview(
                learner_id=learner_id, review_id=new_id(), round_id=round_.round_id, because=because, differs=differs,
                opened_at=tools.at, state="open",
            )  # fmt: skip
            act.keep(review)
            act.note(round_, "review_opened", learner_id=learner_id, review_id=str(review.review_id), because=because)
            act.notices.append(Notice(learner_id, "progression_review_opened", {"round_id": str(round_.round_id)}))
            made.append(review)
    return made


_PLACES: LiteralString = """
SELECT c.learner_id, r.round_id, c.member_no
FROM round_candidate c JOIN pathway_round r USING (round_id) JOIN intake i USING (intake_id)
WHERE c.learner_id = ANY (%(accounts)s) AND r.state = 'frozen' AND c.outcome = 'taken'
  AND (i.pathway_id, i.year) IN (SELECT m.pathway_id, m.year FROM intake m WHERE m.intake_id = %(intake)s)
"""


async def _second_places(session: Transaction, opened: Opened, who: Collection[UUID]) -> set[UUID]:
    """Those whom frozen rounds of the year took twice, under accounts that turned out to be one person's: in this
    round all but the lowest number, and whoever has a place in another round.
    """
    round_ = opened.round
    families = await families_of(session, who)
    accounts = {member for family in families.values() for member in family}
    said = {"accounts": list(accounts), "intake": round_.intake_id}
    places = await rows_of(session, _PLACES, said)
    found = set()
    for one in who:
        mine = [row for row in places if row["learner_id"] in families[one] and row["learner_id"] != one]
        number = opened.candidates[one].member_no
        if opened.candidates[one].outcome == "taken" and any(
            row["round_id"] != round_.round_id or row["member_no"] < number for row in mine
        ):
            found.add(one)
    return found


_LEFT: LiteralString = """
SELECT learner_id FROM cohort_member WHERE cohort_id = %s AND learner_id = ANY (%s) AND status = 'left'
"""


async def _gone(session: Transaction, opened: Opened, who: Collection[UUID]) -> set[UUID]:
    """Those whom the round took and who left the cohort since: the place is theirs until they give it up themselves."""
    rows = await rows_of(session, _LEFT, [opened.round.cohort_id, list(who)])
    return {row["learner_id"] for row in rows if opened.candidates[row["learner_id"]].outcome == "taken"}


def _as_then(facts: Mapping[str, Any], stored: Mapping[str, Any], on: date) -> dict[str, Any]:
    """The facts of now about the day of the decision, and of somebody who is what they were then: that they progressed
    since is no reason against it.
    """
    then = {**facts, "pathway": {**(facts.get("pathway") or {}), "on": on.isoformat()}}
    status = (stored.get("member") or {}).get("status")
    if status is not None:
        then["member"] = {**(facts.get("member") or {}), "status": status}
    return then


def _differs(candidate: RoundCandidate, said: Said) -> dict[str, list[Any]]:
    """What the rules would say now beside what was frozen; empty where it is the same."""
    outputs = said.decided.outputs
    now = {
        "verdict": said.verdict,
        "clause": "ranking" if said.verdict != said.decided.verdict else said.decided.clause,
        "route": outputs.get("route"),
        "total": None if outputs.get("total") is None else str(outputs["total"]),
        "keys": stored_key(said.key) if said.verdict == "granted" else [],
    }
    return {name: [getattr(candidate, name), value] for name, value in now.items() if getattr(candidate, name) != value}


# --- closed ---------------------------------------------------------------------------------------------------------

_ONE: LiteralString = "SELECT learner_id, round_id FROM progression_review WHERE review_id = %s"
_LOCKED: LiteralString = """
SELECT * FROM progression_review WHERE learner_id = %s AND review_id = %s FOR UPDATE
"""


async def close_review(
    session: Transaction, review_id: UUID, *, outcome: str, words: str, actor: Actor, tools: Tools
) -> ProgressionReview:
    """Close a review with a reason: nothing is to be done, or people acted outside the frozen list.

    By the college's registrar or an officer. Raises NotFound, ReviewAlreadyClosed.
    """
    named = await rows_of(session, _ONE, [review_id])
    if not named:
        raise NotFound
    learner_id, round_id = named[0]["learner_id"], named[0]["round_id"]
    (opened,) = await lock_rounds(session, [round_id])
    if not runs(actor, opened.cohort):
        raise NotFound
    review = ProgressionReview(**(await rows_of(session, _LOCKED, [learner_id, review_id]))[0])
    if review.state != "open":
        raise refusals.ReviewAlreadyClosed
    act = acting(tools, actor=actor)
    review.state, review.outcome = "closed", outcome
    review.closed_by, review.closed_at = actor.name, tools.at
    key = (await keys_for(session, [learner_id], keyring=tools.keyring)).get(learner_id)
    if key is not None:  # nothing can be kept under a key that was destroyed; that it was closed is kept
        review.words_sealed = seal(key, orjson.dumps({"reason": words}), field_of(learner_id, "progression_review"))
    act.keep(review)
    act.note(opened.round, "review_closed", learner_id=learner_id, review_id=str(review_id), outcome=outcome)
    act.notices.append(Notice(learner_id, "progression_review_closed", {"round_id": str(round_id)}))
    await act.write(session)
    return review
