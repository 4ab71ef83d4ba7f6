"""The public notice of a round: who is proposed, for so many working days, and objections until its last minute.

The notice names nobody in full: a member number and a masked name. The round settles when the days are over and no
objection is open. The days are the city's working days; where they are not known the notice stays and says so.
"""

from __future__ import annotations

from datetime import date
from typing import LiteralString
from uuid import UUID

import orjson

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.families import family_of
from creditbank.learners.guardians import guards
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import (
    Acting,
    Opened,
    acting,
    key_for,
    keys_for,
    lock_rounds,
    open_round,
    rows_of,
    runs,
)
from creditbank.pathways.deciding import decide_again, open_again, put_out, rank, standing
from creditbank.pathways.round_law import law_of
from creditbank.pathways.round_tables import PathwayRound, RoundObjection
from creditbank.recognition.clocks import ASK_AGAIN, end_of, ends_on
from creditbank.recognition.refusals import ObjectionAlreadyDecided, OwnObjection
from creditbank.recognition.standing import working_days_from
from creditbank.records.acts import Tools
from creditbank.sealing import field_of, seal

_OBJECTIONS: LiteralString = """
SELECT * FROM round_objection WHERE round_id = ANY (%s) ORDER BY raised_at, objection_id
"""
_PUBLISHED: LiteralString = "SELECT max(at) AS at FROM round_act WHERE round_id = %s AND act = 'published'"
_SINCE: LiteralString = """
SELECT a.act FROM round_act o JOIN round_act a ON a.round_id = o.round_id AND a.act_no > o.act_no
WHERE o.round_id = %s AND o.objection_id = %s AND o.act = 'objected' AND a.learner_id = %s
  AND a.act IN ('decided_again', 'set_aside', 'given_up')
"""


async def objections_of(session: Transaction, *round_ids: UUID) -> list[RoundObjection]:
    """The objections raised in rounds, the first one first."""
    return [RoundObjection(**row) for row in await rows_of(session, _OBJECTIONS, [list(round_ids)])]


# --- publishing -----------------------------------------------------------------------------------------------------


async def publish(session: Transaction, round_id: UUID, *, actor: Actor, tools: Tools) -> Opened:
    """Put the list on public notice: everybody is decided, nobody unknown, no tie left open.

    Raises NotFound, RoundInAnotherState, RoundAlreadyFrozen, CandidatesUnknown, TieUndecided.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("decided")
    must_be_clear(opened)
    act, round_ = acting(tools, actor=actor), opened.round
    round_.state = "on_notice"
    round_.notice_no += 1
    round_.notice_from = today(tools.at)
    await count_days(session, opened, tools)
    act.note(
        round_, "published", notice_no=round_.notice_no, proposed=len(opened.of("proposed")),
        until_on=None if round_.notice_until_on is None else round_.notice_until_on.isoformat(),
    )  # fmt: skip
    for candidate in opened.of("proposed"):
        act.serve(candidate, "progression_proposed")
    for candidate in opened.of("beyond_quota", "not_eligible"):
        act.serve(candidate, "progression_not_proposed")
    await settle_if_over(session, opened, act)
    await act.write(session)
    return opened


def must_be_clear(opened: Opened) -> None:
    """Raises CandidatesUnknown and TieUndecided: what has to be settled before a list can be shown to anybody."""
    unknown = opened.of("unknown", "waiting", "eligible")
    if unknown:
        raise refusals.CandidatesUnknown(members=_numbers([each.member_no for each in unknown]))
    if opened.of("tied"):
        raise refusals.TieUndecided(members=_numbers([each.member_no for each in opened.of("tied")]))


def _numbers(members: list[int]) -> str:
    shown = ", ".join(map(str, members[:20]))
    return shown if len(members) <= 20 else f"{shown} … ({len(members)})"


async def count_days(session: Transaction, opened: Opened, tools: Tools) -> None:
    """Until when the notice stays, and when to look at it again; a day once published is never brought forward."""
    round_ = opened.round
    until = await last_day(session, round_, days=law_of(tools.rulebook, round_).notice_days)
    round_.notice_until_on = until
    round_.look_at = tools.at + ASK_AGAIN if until is None else end_of(until)


async def last_day(session: Transaction, round_: PathwayRound, *, days: int) -> date | None:
    """The last day of a notice as the working days are known now; None where they are not.

    A holiday that was moved after the publication moves it too, but never to an earlier day than was published.
    """
    assert round_.notice_from is not None
    began = round_.notice_from
    counted = ends_on(began, max(1, days), await working_days_from(session, began))
    if counted is None or round_.notice_until_on is None or round_.notice_until_on < began:
        return counted
    return max(counted, round_.notice_until_on)


async def settle_if_over(
    session: Transaction, opened: Opened, act: Acting, *, objections: list[RoundObjection] | None = None
) -> bool:
    """Settle the round if its notice is over and nothing is open against it; whether it is settled now.

    `objections` are those of the round as the act leaves them, where it has not written them yet.
    """
    round_, tools = opened.round, act.tools
    if round_.state != "on_notice":
        return False
    was = round_.notice_until_on
    await count_days(session, opened, tools)
    if round_.notice_until_on != was:
        until = None if round_.notice_until_on is None else round_.notice_until_on.isoformat()
        act.note(round_, "notice_moved", until_on=until)
    if round_.notice_until_on is None or today(tools.at) <= round_.notice_until_on:
        act.keep(round_)
        return False
    if objections is None:
        objections = await objections_of(session, round_.round_id)
    if any(each.state == "open" for each in objections):
        round_.look_at = tools.at + ASK_AGAIN
        act.keep(round_)
        return False
    round_.state, round_.look_at = "settled", None
    act.note(round_, "settled", notice_no=round_.notice_no)
    return True


# --- objections -----------------------------------------------------------------------------------------------------


async def object_to(
    session: Transaction, round_id: UUID, *, member_no: int, words: str, actor: Actor, tools: Tools
) -> RoundObjection:
    """Object to what the notice says of a member: anybody who is signed in, once for each, until its last minute.

    Raises NotFound where nothing is on notice, or no such number, NoticeIsOver, MemberObjectedToAlready, AlreadyErased.
    """
    opened = next(iter(await lock_rounds(session, [round_id])), None)
    if opened is None or opened.round.state != "on_notice":
        raise NotFound
    act, round_ = acting(tools, actor=actor), opened.round
    await count_days(session, opened, tools)
    on = today(tools.at)
    if round_.notice_until_on is not None and on > round_.notice_until_on:
        raise refusals.NoticeIsOver(until=round_.notice_until_on.isoformat())
    candidate = next((each for each in opened.candidates.values() if each.member_no == member_no), None)
    if candidate is None:
        raise NotFound
    earlier = await objections_of(session, round_id)
    (published,) = await rows_of(session, _PUBLISHED, [round_id])
    if any(
        each.raised_by == actor.name and each.learner_id == candidate.learner_id and each.raised_at >= published["at"]
        for each in earlier
    ):
        raise refusals.MemberObjectedToAlready
    key = await key_for(session, candidate.learner_id, keyring=tools.keyring)
    days = law_of(tools.rulebook, round_).objection_days
    objection = RoundObjection(
        learner_id=candidate.learner_id,
        objection_id=new_id(),
        round_id=round_id,
        raised_by=actor.name,
        raised_at=tools.at,
        words_sealed=seal(key, orjson.dumps({"words": words}), field_of(candidate.learner_id, "round_objection")),
        state="open",
        due_on=ends_on(on, max(1, days), await working_days_from(session, on)),
    )
    act.keep(objection)
    act.note(round_, "objected", learner_id=candidate.learner_id, objection_id=objection.objection_id)
    act.serve(candidate, "progression_objected")
    await act.write(session)
    return objection


async def decide_objection(
    session: Transaction,
    round_id: UUID,
    objection_id: UUID,
    *,
    upheld: bool,
    set_aside: bool,
    words: str,
    actor: Actor,
    tools: Tools,
) -> Opened:
    """Uphold an objection or dismiss it, with an answer that is kept: the college's registrar or an officer, never by
    who objected nor whom it is about, nor a guardian of theirs.

    Upheld, its candidate is decided again by the facts of now, or set aside: something of the list has to change, or
    have been corrected since, else there is nothing to uphold. Raises NotFound, ObjectionAlreadyDecided, OwnObjection,
    UpheldChangesNothing, RoundAlreadyFrozen.
    """
    opened = next(iter(await lock_rounds(session, [round_id])), None)
    if opened is None or not runs(actor, opened.cohort):
        raise NotFound
    round_ = opened.round
    found = {each.objection_id: each for each in await objections_of(session, round_id)}
    objection = found.get(objection_id)
    if objection is None:
        raise NotFound
    if objection.state != "open":
        raise ObjectionAlreadyDecided
    family = await family_of(session, objection.learner_id)
    about_own = actor.learner_id in family or await guards(session, actor, family)
    if objection.raised_by == actor.name or about_own:
        raise OwnObjection
    opened.must_be("decided", "on_notice", "settled", "filed")
    act = acting(tools, actor=actor)
    key = (await keys_for(session, [objection.learner_id], keyring=tools.keyring)).get(objection.learner_id)

    def sealed(said: dict[str, str], name: str) -> bytes | None:
        # Of somebody who was erased no words can be kept; that it was decided is kept, and the round goes on.
        return None if key is None else seal(key, orjson.dumps(said), field_of(objection.learner_id, name))

    objection.state = "upheld" if upheld else "dismissed"
    objection.decided_by, objection.decided_at = actor.name, tools.at
    objection.answer_sealed = sealed({"words": words}, "round_answer")
    act.keep(objection)
    act.note(round_, "objection_decided", learner_id=objection.learner_id, objection_id=objection_id, upheld=upheld)
    candidate = opened.candidate(objection.learner_id)
    if upheld:
        corrected = bool(await rows_of(session, _SINCE, [round_id, objection_id, candidate.learner_id]))
        before = standing(opened)
        gave_up = candidate.outcome == "given_up"  # they have nothing to lose, and stay out of a second round
        if set_aside and not gave_up:
            put_out(candidate, "set_aside", act, aside_for="objection")
            candidate.set_aside_because_sealed = sealed({"reason": words}, "set_aside")
            act.note(round_, "set_aside", learner_id=candidate.learner_id, because="objection")
            act.serve(candidate, "progression_set_aside")
            await rank(session, opened, act, may_grow=False)
            open_again(opened, act, before, because="objection", touched=[candidate.learner_id])
        elif not gave_up:
            await decide_again(session, opened, act, [candidate.learner_id], because="objection")
        if before == standing(opened) and not corrected:
            raise refusals.UpheldChangesNothing
    await settle_if_over(session, opened, act, objections=list(found.values()))
    await act.write(session)
    return opened
