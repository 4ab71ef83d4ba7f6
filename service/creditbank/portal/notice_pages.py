"""Public notices as learners read them: what is to be converted and who is to progress, and objecting to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.credits import format_credits
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, cursor_of, day_and_id, one_page
from creditbank.identity.actor import Actor, ActorDep
from creditbank.pathways import noticing
from creditbank.pathways.public_notices import notices as round_notices
from creditbank.pathways.round_schemas import RoundObjectionIn
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, PostedDep, desk_page, done_once, id_of, names_of, tools_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, back_to, whose_of_form
from creditbank.portal.words import named
from creditbank.recognition.objections import object_to
from creditbank.recognition.reading import notices as claim_notices
from creditbank.recognition.schemas import ObjectionIn
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

PAGE = 30
_APART = "~"


@router.get("/my/notices")
async def notices_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The claims and the rounds that may be objected to now; nobody is named whom the notice does not name."""
    tools = await tools_of(visited, keyring)
    after = _after(visited.request.query_params.get("after"))
    claims = await claim_notices(session, institution_id=None, after=after, limit=PAGE + 1, at=visited.at)
    begun = day_and_id(visited.request.query_params.get("rounds"))
    listed, more = one_page(
        await round_notices(session, after=begun, limit=PAGE + 1, tools=tools) if after is None else [],
        limit=PAGE, key=lambda one: cursor_of(one.since_on.isoformat(), one.round_id),
    )  # fmt: skip
    shown = claims[:PAGE]
    parties = [each.institution_id for each in shown] + [one for each in listed for one in _parties(each)]
    last = shown[-1] if len(claims) > PAGE else None
    return desk_page(
        visited,
        "worth/notices.html",
        actor,
        here=whose.at("/my/notices"),
        whose=whose,
        claims=shown,
        rounds=listed,
        more_rounds=more,
        names=await names_of(session, visited, *parties),
        kind=lambda word: named("kind", word, visited.language),
        one_credits=format_credits,
        following=None if last is None else f"{last.since_at.isoformat()}{_APART}{last.claim_id}",
        today=today(visited.at),
    )


def _parties(notice: object) -> list[UUID]:
    return [one for name in ("school_id", "college_id") if (one := getattr(notice, name)) is not None]


def _after(written: str | None) -> tuple[datetime, UUID] | None:
    """Behind which notice the page begins. Raises NotFound for what no page wrote."""
    if not written:
        return None
    at, _, claim = written.partition(_APART)
    try:
        return datetime.fromisoformat(at), UUID(claim)
    except ValueError:
        raise NotFound from None


# --- of a claim -------------------------------------------------------------------------------------------------------


@router.get("/my/notices/claims/{claim_id}")
async def claim_notice_page(
    claim_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One claim on notice, with the form of an objection. Raises NotFound once it is over."""
    return await _claim(session, visited, actor, whose, id_of(claim_id))


async def _claim(
    session: AsyncSession, visited: Visit, actor: Actor, whose: Whose, claim_id: UUID, fault: Fault | None = None
) -> Response:
    found = await claim_notices(session, institution_id=None, after=None, limit=1, at=visited.at, claim_id=claim_id)
    if not found:
        raise NotFound
    return desk_page(
        visited,
        "worth/claim_notice.html",
        actor,
        here=whose.at(f"/my/notices/claims/{claim_id}"),
        fault=fault,
        whose=whose,
        notice=found[0],
        names=await names_of(session, visited, found[0].institution_id),
        kind=lambda word: named("kind", word, visited.language),
        one_credits=format_credits,
        today=today(visited.at),
    )


@router.post("/my/notices/claims/{claim_id}/objections")
async def object_to_claim(claim_id: str, posted: PostedDep) -> Response:
    """Object to a claim on notice."""
    claim = id_of(claim_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ObjectionIn.model_validate({**_number(posted.one("line_no"), "line_no"), **posted.said("words")})
        return await object_to(session, claim, line_no=said.line_no, words=said.words, actor=posted.actor, tools=tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            whose = await whose_of_form(session, posted)
            return await _claim(session, posted.visited, posted.actor, whose, claim, fault)

    return await done_once(posted, "claim_objection", act, then=back_to(posted, "/my/notices"), show=show)


def _number(written: str | None, name: str) -> dict[str, object]:
    """A number of a list of choices; what is none is told as it was written, and refused as the API refuses it."""
    if written is None:
        return {}
    return {name: int(written) if written.isascii() and written.isdigit() else written}


# --- of a round -------------------------------------------------------------------------------------------------------


@router.get("/my/notices/rounds/{round_id}")
async def round_notice_page(
    round_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One round on notice: numbers and masked names, with the form of an objection. Raises NotFound once it is over."""
    return await _round(session, visited, actor, whose, id_of(round_id), tools=await tools_of(visited, keyring))


async def _round(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    round_id: UUID,
    *,
    tools: Tools,
    fault: Fault | None = None,
) -> Response:
    found = await round_notices(session, round_id=round_id, limit=1, tools=tools)
    if not found:
        raise NotFound
    return desk_page(
        visited,
        "worth/round_notice.html",
        actor,
        here=whose.at(f"/my/notices/rounds/{round_id}"),
        fault=fault,
        whose=whose,
        notice=found[0],
        names=await names_of(session, visited, *_parties(found[0])),
        today=today(visited.at),
    )


@router.post("/my/notices/rounds/{round_id}/objections")
async def object_to_round(round_id: str, posted: PostedDep) -> Response:
    """Object to what a notice says of a member."""
    round_ = id_of(round_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = RoundObjectionIn.model_validate(
            {**_number(posted.one("member_no"), "member_no"), **posted.said("words")}
        )
        return await noticing.object_to(
            session, round_, member_no=said.member_no, words=said.words, actor=posted.actor, tools=tools
        )

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools, whose = await posted.tools(), await whose_of_form(session, posted)
            return await _round(session, posted.visited, posted.actor, whose, round_, tools=tools, fault=fault)

    return await done_once(posted, "round_objection", act, then=back_to(posted, "/my/notices"), show=show)
