"""The learner's own shares: a list, the form that makes one, and each with its code, who looked, and its end."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import segno
from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import BankError, NotFound
from creditbank.http import KeyringDep, cursor_of, keys_of, one_page
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners.guardians import may_act_for
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import SAFE, Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, desk_page, done_once, id_of, tools_of
from creditbank.portal.records_shown import beside, fields_of, name_of
from creditbank.portal.share_shown import shown
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, whose_of_form, whose_page
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import day
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring
from creditbank.transcripts import shares
from creditbank.transcripts.share_codes import MOST_WRONG_PINS, read_pin
from creditbank.transcripts.share_contents import read_whole
from creditbank.transcripts.share_opening import preview
from creditbank.transcripts.share_schemas import MOST_OPENINGS, ShareIn, ShareOut

router = APIRouter(include_in_schema=False)

A_PAGE = 20
OPENINGS = (1, 3, 5, 10, 20, 50, MOST_OPENINGS)
_LIST = "/my/shares"
_PICTURES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "code.svg": ("svg", "image/svg+xml", {"scale": 8, "border": 4, "light": "#fff"}),
    "code.png": ("png", "image/png", {"scale": 12, "border": 4}),
}


# --- the list -------------------------------------------------------------------------------------------------------


@router.get(_LIST)
async def shares_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Every share, newest first."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    at = visited.at
    await allowed_to_see(session, actor, whose.certain, at=at, keyring=keyring)
    ground = await shares.ground_of(session, whose.certain)
    before = keys_of(visited.request.query_params.get("cursor"), UUID)
    rows = await shares.shares_of(
        session, ground.family, limit=A_PAGE + 1, before=None if before is None else before[0]
    )
    found, following = one_page(rows, limit=A_PAGE, key=lambda share: cursor_of(share.share_id))
    told = await shares.told(session, found, ground, base_url=_base_url(visited), at=at, keyring=keyring)
    return desk_page(
        visited,
        "shares/list.html",
        actor,
        here=whose.at(_LIST),
        whose=whose,
        shares=told,
        may_act=await _may_act(session, actor, whose, keyring, visited),
        following=following,
    )


async def _may_act(session: AsyncSession, actor: Actor, whose: Whose, keyring: Keyring, visited: Visit) -> bool:
    return await may_act_for(session, actor, whose.certain, on=clock.today(visited.at), keyring=keyring)


def _base_url(visited: Visit) -> str:
    return str(visited.request.app.state.settings.base_url)


# --- making one -----------------------------------------------------------------------------------------------------


@router.get(f"{_LIST}/new")
async def new_share_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The form."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    return await _form(session, visited, actor, whose, keyring=keyring)


async def _form(
    session: AsyncSession, visited: Visit, actor: Actor, whose: Whose, *, keyring: Keyring, fault: Fault | None = None
) -> Response:
    at, language = visited.at, visited.language
    await allowed_to_see(session, actor, whose.certain, at=at, keyring=keyring)
    found = await read_whole(session, whose.certain, None, keyring=keyring, at=at)
    today = clock.today(at)
    wanted = set(visited.request.query_params.getlist("record"))
    return desk_page(
        visited,
        "shares/new.html",
        actor,
        here=whose.at(f"{_LIST}/new"),
        fault=fault,
        whose=whose,
        may_act=await _may_act(session, actor, whose, keyring, visited),
        records=[_choice(line, language) for line in reversed(found["records"])],
        wanted=wanted,
        usual=(today + shares.USUAL).isoformat(),
        first=today.isoformat(),
        last=today + shares.LONGEST,
        longest=shares.LONGEST.days,
        openings=OPENINGS,
    )


def _choice(line: dict[str, Any], language: Any) -> dict[str, str]:
    """A record to tick: its name, what tells it from its like, and from whom."""
    fields = fields_of(line)
    kind = named("kind", line["kind"], language)
    words = [kind, *beside(line["kind"], fields, language), str(fields.get("institution") or "")]
    return {
        "record_id": line["record_id"],
        "name": name_of(line["kind"], fields, language),
        "beside": " · ".join(filter(None, (*words, day(line["occurred_on"], language)))),
    }


@router.post(_LIST)
async def make_share_by_form(posted: PostedDep) -> Response:
    """The share is made by what the API's route does; sent twice, it is one share."""
    whose = await _whose_of(posted)
    form = "share_make"

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _form(session, posted.visited, posted.actor, whose, keyring=posted.state.keyring, fault=fault)

    unsaid = _unsaid(posted)
    if unsaid is not None:
        return await show(posted.fault(form, speaker(posted.language)(unsaid)))
    try:
        asked = _asked(posted)
        pin_hash = None if asked.pin is None else await posted.state.passwords.hash(asked.pin)
    except (BankError, ValidationError) as refused:
        return await show(posted.refused(form, refused))

    async def act(session: AsyncSession, tools: Tools) -> str:
        share = await shares.make(
            session,
            actor=posted.actor,
            learner_id=whose.certain,
            asked=asked,
            pin_hash=pin_hash,
            at=tools.at,
            keyring=tools.keyring,
        )
        return whose.at(f"{_LIST}/{share.share_id}")

    return await done_once(posted, form, act, then=None, show=show)


def _unsaid(posted: Posted) -> str | None:
    """What has to be said for certain: a PIN that got lost on the way, as PINs do, must not mean that there is none."""
    guard, pin = posted.one("guard"), posted.one("pin")
    if guard not in ("pin", "none"):
        return "share_guard_unsaid"
    if guard == "pin" and pin is None:
        return "share_pin_forgotten"
    if guard == "none" and pin is not None:
        return "share_pin_unwanted"
    if posted.one("which") not in ("all", "some") or (posted.one("which") == "some" and not posted.many("record_ids")):
        return "share_which_unsaid"
    return None


def _asked(posted: Posted) -> ShareIn:
    said: dict[str, Any] = {
        **posted.said("purpose", "until_on", "openings", "says_who"),
        "with_marks": posted.one("with_marks") == "yes",
        "with_conversions": posted.one("with_conversions") == "yes",
    }
    if posted.one("which") == "some":
        said["record_ids"] = posted.many("record_ids")
    if posted.one("guard") == "pin":
        said["pin"] = read_pin(posted.one("pin") or "")
    return ShareIn.model_validate({"purpose": "", **said})


async def _whose_of(posted: Posted) -> Whose:
    async with posted.database.session() as session:
        return await whose_of_form(session, posted)


# --- one of them ----------------------------------------------------------------------------------------------------


@router.get(f"{_LIST}/{{share_id}}")
async def share_page(
    share_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The code, the QR code, what it shows, who looked. Raises NotFound."""
    return await _share(session, visited, actor, whose, id_of(share_id), keyring=keyring)


async def _share(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    share_id: UUID,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
) -> Response:
    at, learner_id = visited.at, whose.certain
    share = await shares.share_seen(
        session, actor=actor, learner_id=learner_id, share_id=share_id, at=at, keyring=keyring
    )
    ground = await shares.ground_of(session, learner_id)
    told = (await shares.told(session, [share], ground, base_url=_base_url(visited), at=at, keyring=keyring))[0]
    before = keys_of(visited.request.query_params.get("cursor"), UUID)
    rows = await shares.openings_of(session, share, limit=A_PAGE + 1, before=None if before is None else before[0])
    openings, following = one_page(rows, limit=A_PAGE, key=lambda one: cursor_of(one.opening_id))
    tools = await tools_of(visited, keyring)
    contents = None
    if told.state == "open":
        found = await preview(session, actor=actor, learner_id=learner_id, share_id=share_id, tools=tools)
        contents = {"found": found, "shown": shown(found, visited.language)}
    return desk_page(
        visited,
        "shares/share.html",
        actor,
        here=whose.at(f"{_LIST}/{share_id}"),
        fault=fault,
        whose=whose,
        may_act=await _may_act(session, actor, whose, keyring, visited),
        share=told,
        openings=openings,
        following=following,
        contents=contents,
        most_wrong=MOST_WRONG_PINS,
    )


@router.get(f"{_LIST}/{{share_id}}/{{picture}}")
async def share_picture(
    share_id: str,
    picture: str,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    visited: AtHomeDep,
    whose: WhoseDep,
) -> Response:
    """The QR code of an open share. Raises NotFound, also where it is over."""
    if picture not in _PICTURES:
        raise NotFound
    told = await _told(session, visited, actor, whose, id_of(share_id), keyring=keyring)
    if told.address is None:
        raise NotFound
    kind, media_type, drawn = _PICTURES[picture]
    made = io.BytesIO()
    segno.make(told.address, micro=False, error="m").save(made, kind=kind, **drawn)
    saved = {} if picture == "code.svg" else {"Content-Disposition": 'attachment; filename="share.png"'}
    return Response(made.getvalue(), media_type=media_type, headers={**SAFE, **saved})


async def _told(
    session: AsyncSession, visited: Visit, actor: Actor, whose: Whose, share_id: UUID, *, keyring: Keyring
) -> ShareOut:
    at = visited.at
    share = await shares.share_seen(
        session, actor=actor, learner_id=whose.certain, share_id=share_id, at=at, keyring=keyring
    )
    ground = await shares.ground_of(session, whose.certain)
    return (await shares.told(session, [share], ground, base_url=_base_url(visited), at=at, keyring=keyring))[0]


@router.post(f"{_LIST}/{{share_id}}/closing")
async def close_share_by_form(share_id: str, posted: PostedDep) -> Response:
    """Closed by what the API's route does."""
    whose, which = await _whose_of(posted), id_of(share_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await shares.close(
            session,
            actor=posted.actor,
            learner_id=whose.certain,
            share_id=which,
            at=tools.at,
            keyring=tools.keyring,
        )

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _share(
                session, posted.visited, posted.actor, whose, which, keyring=posted.state.keyring, fault=fault
            )

    return await done_once(posted, "share_closing", act, then=whose.at(f"{_LIST}/{which}"), show=show, sure=True)
