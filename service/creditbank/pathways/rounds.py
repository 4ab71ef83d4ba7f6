"""A round of a cohort, from its opening to the day its list can be published, and what its candidates do themselves.

collecting → decided → on_notice → settled → filed → frozen; abandoned from the first two. One round of a cohort at a
time, a second only where the document allows one and after the first is frozen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.families import family_of
from creditbank.learners.guardians import must_act_for
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import (
    BEFORE_FREEZE,
    Acting,
    Opened,
    acting,
    keys_for,
    lock_cohort,
    lock_rounds,
    open_round,
    rows_of,
    runs,
    sealed_words,
)
from creditbank.pathways.deciding import (
    ask,
    bring_in,
    decide_everybody,
    open_again,
    put_out,
    rank,
    standing,
)
from creditbank.pathways.leaving import note_given_up
from creditbank.pathways.noticing import objections_of
from creditbank.pathways.round_law import law_of
from creditbank.pathways.round_tables import PathwayRound, RoundCandidate
from creditbank.records.acts import Tools
from creditbank.sealing import field_of, seal

MOST_ROUNDS = 2
"""A round and, where the document allows it, a second one for the seats that are left."""

_CAN_GIVE_UP = ("waiting", "eligible", "proposed", "beyond_quota", "tied", "unknown")

_ROUNDS: LiteralString = """
SELECT round_id, number, state FROM pathway_round WHERE cohort_id = %s AND state <> 'abandoned' ORDER BY number
"""


async def open_new(
    session: Transaction,
    cohort_id: UUID,
    *,
    collects_until: date | None,
    sittings: Sequence[dict[str, Any]],
    actor: Actor,
    tools: Tools,
) -> Opened:
    """Open the next round of a cohort, with everybody who can be in it. Of two at once one is opened.

    Raises NotFound, RoundUnderWay, NoSecondRound, NobodyToDecide, NoRoundInDocument, CollectingEndsInThePast.
    """
    cohort = await lock_cohort(session, cohort_id)
    if not runs(actor, cohort):
        raise NotFound
    if cohort.state == "closed":
        raise refusals.CohortClosedForRounds
    if collects_until is not None and collects_until < today(tools.at):
        raise refusals.CollectingEndsInThePast(field="/collects_until")
    earlier = await rows_of(session, _ROUNDS, [cohort_id])
    for each in earlier:
        if each["state"] != "frozen":
            raise refusals.RoundUnderWay(number=each["number"])
    act = acting(tools, actor=actor)
    round_ = PathwayRound(
        round_id=new_id(), cohort_id=cohort_id, intake_id=cohort.intake_id, number=len(earlier) + 1,
        state="collecting", collects_until=collects_until, sittings=list(sittings), opened_by=actor.name,
        opened_at=tools.at, notice_no=0, acts=0,
    )  # fmt: skip
    opened = Opened(round_, cohort, {})
    await bring_in(session, opened, act, newcomers=True)
    if not opened.candidates:
        raise refusals.NobodyToDecide
    # The document is found by deciding one of them for today; which version decides is said when the round is decided.
    readable = await keys_for(session, list(opened.candidates), keyring=tools.keyring)
    first = [learner_id for learner_id in opened.candidates if learner_id in readable][:1]
    await ask(session, opened, first, on=today(tools.at), tools=tools)
    if round_.document is None:
        raise refusals.NoRoundInDocument
    if earlier and (len(earlier) >= MOST_ROUNDS or not law_of(tools.rulebook, round_).second):
        raise refusals.NoSecondRound
    act.note(
        round_, "opened", number=round_.number, candidates=len(opened.candidates),
        collects_until=None if collects_until is None else collects_until.isoformat(),
    )  # fmt: skip
    await act.write(session)
    return opened


async def set_sittings(
    session: Transaction, round_id: UUID, *, sittings: Sequence[dict[str, Any]], actor: Actor, tools: Tools
) -> Opened:
    """Say which sittings and subjects the examination of the round has, while it collects.

    Scores that were stated already keep what their sitting said then. Raises NotFound, RoundInAnotherState.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("collecting")
    act = acting(tools, actor=actor)
    opened.round.sittings = list(sittings)
    act.note(opened.round, "sittings_set", sittings=len(sittings))
    await act.write(session)
    return opened


async def decide(session: Transaction, round_id: UUID, *, actor: Actor, tools: Tools) -> Opened:
    """Decide everybody and rank them within the seats; again as often as is wanted before the list is published.

    Raises NotFound, RoundInAnotherState, RoundAlreadyFrozen, RoundStillCollects, NobodyToDecide, NoRoundInDocument.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("collecting", "decided")
    until = opened.round.collects_until
    if until is not None and today(tools.at) < until:
        raise refusals.RoundStillCollects(until=until.isoformat())
    act = acting(tools, actor=actor)
    await decide_everybody(session, opened, act)
    await act.write(session)
    return opened


async def abandon(session: Transaction, round_id: UUID, *, words: str, actor: Actor, tools: Tools) -> Opened:
    """End a round that is not published: it takes no seats, and the next one has its number. One that was published
    and is decided anew owes an answer to whoever objected, first.

    Raises NotFound, RoundInAnotherState, RoundAlreadyFrozen, ObjectionsOpen.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("collecting", "decided")
    if any(each.state == "open" for each in await objections_of(session, round_id)):
        raise refusals.ObjectionsOpen
    act = acting(tools, actor=actor)
    opened.round.state, opened.round.look_at = "abandoned", None
    act.note(opened.round, "abandoned", words=sealed_words(opened, words, tools))
    await act.write(session)
    return opened


async def set_aside(
    session: Transaction, round_id: UUID, learner_ids: Collection[UUID], *, words: str, actor: Actor, tools: Tools
) -> Opened:
    """Leave candidates out who are unknown, with a reason that they read; once the fact is known they stand again.

    Raises NotFound, RoundInAnotherState, NotUnknown.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("decided")
    act = acting(tools, actor=actor)
    keys = await keys_for(session, learner_ids, keyring=tools.keyring)
    for learner_id in dict.fromkeys(learner_ids):
        candidate = opened.candidate(learner_id)
        if candidate.outcome != "unknown":
            raise refusals.NotUnknown(member=candidate.member_no)
        put_out(candidate, "set_aside", act, aside_for="unknown")
        why = None
        if learner_id in keys:
            why = seal(keys[learner_id], orjson.dumps({"reason": words}), field_of(learner_id, "set_aside"))
        candidate.set_aside_because_sealed = why
        act.note(opened.round, "set_aside", learner_id=learner_id, because="unknown")
        act.serve(candidate, "progression_set_aside")
    await act.write(session)
    return opened


async def tell_apart(
    session: Transaction, round_id: UUID, learner_ids: Collection[UUID], *, words: str, actor: Actor, tools: Tools
) -> Opened:
    """Choose among those tied across the last seats: exactly as many as there are seats left, with a reason.

    Raises NotFound, RoundInAnotherState, NobodyTied, NotTied, TieTakesAllSeats.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("decided")
    tied = {each.learner_id: each for each in opened.of("tied")}
    if not tied:
        raise refusals.NobodyTied
    act, chosen = acting(tools, actor=actor), set(learner_ids)
    if not chosen <= tied.keys():
        raise refusals.NotTied(member=opened.candidate(min(chosen - tied.keys())).member_no)
    for learner_id, candidate in tied.items():
        candidate.chosen = learner_id in chosen
        act.keep(candidate)
    await rank(session, opened, act, may_grow=False)
    if opened.of("tied"):
        left = (opened.round.seats or 0) - len(opened.of("proposed"))
        raise refusals.TieTakesAllSeats(seats=left, chosen=len(chosen))
    act.note(
        opened.round, "tie_decided", words=sealed_words(opened, words, tools), chosen=sorted(map(str, chosen)),
        others=sorted(map(str, tied.keys() - chosen)),
    )  # fmt: skip
    await act.write(session)
    return opened


# --- what a candidate does ------------------------------------------------------------------------------------------


async def give_up(session: Transaction, round_id: UUID, learner_id: UUID, *, actor: Actor, tools: Tools) -> Opened:
    """A learner, or a guardian, gives the place up: before the freeze the next one moves up, and the list is published
    anew. After it the list stays, and the cohort notes it: the seat is free for a second round.

    Raises NotFound, GuardianActs, NothingToGiveUp, RoundInAnotherState.
    """
    family = await family_of(session, learner_id)
    await must_act_for(session, actor, family, at=tools.at, keyring=tools.keyring)
    cohort_id = await _cohort_of(session, round_id)
    cohort = await lock_cohort(session, cohort_id)
    opened = (await lock_rounds(session, [round_id]))[0]
    mine = [opened.candidates[one] for one in family if one in opened.candidates]
    if not mine:
        raise NotFound
    act = acting(tools, actor=actor)
    if opened.round.state == "frozen":
        if not any(each.outcome == "taken" for each in mine):
            raise refusals.NothingToGiveUp
        for each in mine:
            if each.outcome == "taken":
                await note_given_up(session, cohort, each.learner_id, actor=actor, tools=tools)
                act.note(opened.round, "given_up_after_freeze", learner_id=each.learner_id)
    else:
        opened.must_be(*BEFORE_FREEZE)
        if not any(each.outcome in _CAN_GIVE_UP for each in mine):
            raise refusals.NothingToGiveUp
        await _out_before_freeze(session, opened, act, mine)
    await act.write(session)
    return opened


async def _out_before_freeze(session: Transaction, opened: Opened, act: Acting, mine: list[RoundCandidate]) -> None:
    """The person is out, under whichever of their accounts: no other one of them steps into the place."""
    before = standing(opened)
    for each in mine:
        if each.outcome != "given_up":
            put_out(each, "given_up", act)
            act.note(opened.round, "given_up", learner_id=each.learner_id, because="own_wish")
    if opened.round.state != "collecting":
        await rank(session, opened, act, may_grow=False)
        open_again(opened, act, before, because="given_up", touched=[each.learner_id for each in mine])


async def _cohort_of(session: Transaction, round_id: UUID) -> UUID:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute("SELECT cohort_id FROM pathway_round WHERE round_id = %s", [round_id])
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    cohort_id: UUID = found["cohort_id"]
    return cohort_id
