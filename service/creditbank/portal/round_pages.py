"""The pages of a round: its candidates and their reasons, and every act from deciding to freezing as a plain form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import get_args
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.pathways import agreement_reading, filing, freezing, noticing, rounds
from creditbank.pathways.acting import runs
from creditbank.pathways.round_reading import one_round, read
from creditbank.pathways.round_schemas import (
    FreezingIn,
    Outcome,
    RoundAnswerIn,
    RoundOut,
    RoundReasonIn,
    SetAsideIn,
    SittingsIn,
    TieIn,
)
from creditbank.portal import rounds_shown as shown
from creditbank.portal.answering import SAFE, Visit
from creditbank.portal.desk import (
    Fault,
    Posted,
    PostedDep,
    desk_page,
    done_once,
    id_of,
    names_of,
    number_of,
    tools_of,
)
from creditbank.portal.sittings_typed import MOST, sittings_of, typed_of
from creditbank.portal.story_shown import Source, document_said
from creditbank.portal.visiting import AtHomeDep
from creditbank.records.acts import Tools
from creditbank.records.decisions import one_decision

router = APIRouter(include_in_schema=False)

PAGE = 200
"""Candidates of one page."""


# --- one round ------------------------------------------------------------------------------------------------------


@router.get("/desk/rounds/{round_id}")
async def round_page(
    round_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Who stands where and why, what blocks the next step, and the forms of whoever asks. Raises NotFound."""
    return await _round(session, visited, actor, id_of(round_id), tools=await tools_of(visited, keyring))


async def _round(
    session: AsyncSession, visited: Visit, actor: Actor, round_id: UUID, *, tools: Tools, fault: Fault | None = None
) -> Response:
    query = visited.request.query_params
    after = number_of(query["after"]) if query.get("after") else None
    round_ = await one_round(session, round_id, actor=actor, tools=tools, after=after, limit=PAGE)
    cohort = await agreement_reading.one_cohort(session, round_.cohort_id, actor=actor)
    side = shown.side_of(actor, cohort)
    tied, unknown = [await _of_outcome(session, round_, one, actor, tools) for one in ("tied", "unknown")]
    return desk_page(
        visited,
        "round.html",
        actor,
        here=f"/desk/rounds/{round_id}",
        fault=fault,
        round=round_,
        cohort=cohort,
        names=await names_of(session, visited, cohort.school_id, cohort.college_id),
        side=side,
        may=shown.may_now(round_, side),
        candidates=shown.candidates_shown(round_, tools.rulebook, tools.language),
        tied=shown.candidates_shown(tied, tools.rulebook, tools.language),
        unknown=shown.candidates_shown(unknown, tools.rulebook, tools.language),
        law=document_said(tools.rulebook, round_.document, round_.document_version, tools.language),
        history=shown.history_shown(round_, tools.language),
        sittings={each["no"]: {**each, "typed": typed_of(each)} for each in round_.sittings},
        most_sittings=MOST,
        outcomes=get_args(Outcome),
    )


async def _of_outcome(session: AsyncSession, round_: RoundOut, outcome: str, actor: Actor, tools: Tools) -> RoundOut:
    """The round with the candidates of one outcome: all of them, wherever the page is."""
    if not round_.counts.get(outcome):
        return round_.model_copy(update={"candidates": []})
    return await one_round(session, round_.round_id, actor=actor, tools=tools, outcome=outcome, limit=1000)


@router.get("/desk/rounds/{round_id}/members/{member_no}")
async def candidate_page(
    round_id: str, member_no: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """One candidate's reasons, clause by clause, as far as whoever asks may see them. Raises NotFound."""
    number, tools = number_of(member_no), await tools_of(visited, keyring)
    round_ = await one_round(session, id_of(round_id), actor=actor, tools=tools, after=number - 1, limit=1)
    if not round_.candidates or round_.candidates[0].member_no != number:
        raise NotFound
    (one,) = shown.candidates_shown(round_, tools.rulebook, tools.language)
    decision, gates, sources = None, list[shown.Gate](), list[Source]()
    if round_.candidates[0].decision_id is not None:
        decision = await one_decision(
            session, round_.candidates[0].decision_id, actor=actor, keyring=keyring, rulebook=tools.rulebook,
            at=tools.at,
        )  # fmt: skip
        gates, sources = shown.gates_shown(decision, tools.rulebook, tools.language)
    return desk_page(
        visited, "candidate.html", actor, here=visited.request.url.path, round=round_, one=one, decision=decision,
        gates=gates, sources=sources,
        law=document_said(tools.rulebook, round_.document, round_.document_version, tools.language),
        objections=[each for each in round_.objections if each.member_no == number],
    )  # fmt: skip


@router.get("/desk/rounds/{round_id}/filing.xlsx")
async def filing_sheet(
    round_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The sheet that was filed, for the college and the bank; that it was read is logged. Raises NotFound."""
    found = await read(session, id_of(round_id))
    if not runs(actor, found.cohort):
        raise NotFound
    sheet = await filing.filed_sheet(session, found, actor=actor, tools=await tools_of(visited, keyring))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(
        sheet.content, media_type=kind, headers={**SAFE, "Content-Disposition": f"attachment; filename={sheet.name}"}
    )


# --- acts -----------------------------------------------------------------------------------------------------------

Acting = Callable[[AsyncSession, UUID, Actor, Tools], Awaitable[object]]


async def _act(posted: Posted, round_id: str, form: str, act: Acting, *, sure: bool = False) -> Response:
    """An act on a round by its form; the page of the round again, with the refusal, if it was refused."""
    round_ = id_of(round_id)

    async def acted(session: AsyncSession, tools: Tools) -> object:
        return await act(session, round_, posted.actor, tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _round(session, posted.visited, posted.actor, round_, tools=tools, fault=fault)

    return await done_once(posted, form, acted, then=f"/desk/rounds/{round_}", show=show, sure=sure)


@router.post("/desk/rounds/{round_id}/sittings")
async def set_sittings(round_id: str, posted: PostedDep) -> Response:
    """The sittings of the examination, while the round collects."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        said = SittingsIn.model_validate({"sittings": sittings_of(posted.one)})
        stored = [each.stored() for each in said.sittings]
        return await rounds.set_sittings(session, round_, sittings=stored, actor=actor, tools=tools)

    return await _act(posted, round_id, "sittings", act)


@router.post("/desk/rounds/{round_id}/deciding")
async def decide(round_id: str, posted: PostedDep) -> Response:
    """Decide everybody, and rank them."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        return await rounds.decide(session, round_, actor=actor, tools=tools)

    return await _act(posted, round_id, "deciding", act)


@router.post("/desk/rounds/{round_id}/set-asides")
async def set_aside(round_id: str, posted: PostedDep) -> Response:
    """Leave out those of whom something is unknown, with a reason."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        said = SetAsideIn.model_validate({"learner_ids": posted.many("learner_ids"), **posted.said("reason")})
        return await rounds.set_aside(
            session, round_, said.learner_ids, words=said.reason, actor=actor, tools=tools
        )  # fmt: skip

    return await _act(posted, round_id, "set_asides", act)


@router.post("/desk/rounds/{round_id}/tie")
async def settle_tie(round_id: str, posted: PostedDep) -> Response:
    """Choose among those tied across the last seats."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        said = TieIn.model_validate({"learner_ids": posted.many("learner_ids"), **posted.said("reason")})
        return await rounds.tell_apart(session, round_, said.learner_ids, words=said.reason, actor=actor, tools=tools)

    return await _act(posted, round_id, "tie", act)


@router.post("/desk/rounds/{round_id}/notice")
async def publish(round_id: str, posted: PostedDep) -> Response:
    """Put the list on public notice."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        return await noticing.publish(session, round_, actor=actor, tools=tools)

    return await _act(posted, round_id, "notice", act, sure=True)


@router.post("/desk/rounds/{round_id}/objections/{objection_id}/decision")
async def decide_objection(round_id: str, objection_id: str, posted: PostedDep) -> Response:
    """Uphold an objection, with or without leaving its member out, or dismiss it."""
    objection, chosen = id_of(objection_id), posted.one("decision")

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        # Nothing chosen is no decision: the payload is told without one and refused as the API refuses it.
        decided = {} if chosen is None else {"upheld": chosen != "dismissed", "set_aside": chosen == "set_aside"}
        said = RoundAnswerIn.model_validate({**decided, **posted.said("words")})
        return await noticing.decide_objection(
            session, round_, objection, upheld=said.upheld, set_aside=said.set_aside, words=said.words,
            actor=actor, tools=tools,
        )  # fmt: skip

    return await _act(posted, round_id, f"objection-{objection}", act)


@router.post("/desk/rounds/{round_id}/filing")
async def file_list(round_id: str, posted: PostedDep) -> Response:
    """File the list."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        return await filing.file_list(session, round_, actor=actor, tools=tools)

    return await _act(posted, round_id, "filing", act, sure=True)


@router.post("/desk/rounds/{round_id}/freezing")
async def freeze(round_id: str, posted: PostedDep) -> Response:
    """Make the list final, by an officer who neither opened nor filed it."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        said = FreezingIn.model_validate(posted.said("filing_no"))
        return await freezing.freeze(session, round_, filing_no=said.filing_no, actor=actor, tools=tools)

    return await _act(posted, round_id, "freezing", act, sure=True)


@router.post("/desk/rounds/{round_id}/abandonment")
async def abandon(round_id: str, posted: PostedDep) -> Response:
    """End a round that was not published."""

    async def act(session: AsyncSession, round_: UUID, actor: Actor, tools: Tools) -> object:
        said = RoundReasonIn.model_validate(posted.said("reason"))
        return await rounds.abandon(session, round_, words=said.reason, actor=actor, tools=tools)

    return await _act(posted, round_id, "abandonment", act, sure=True)
