"""The pages on which a person chooses a password: to activate an account that a school opened, or to change it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError
from creditbank.http import KEY
from creditbank.identifiers import new_id
from creditbank.identity.actor import ActorDep
from creditbank.identity.logins import own_password_change, sign_in
from creditbank.identity.schemas import NewPassword
from creditbank.identity.throttling import address_of
from creditbank.learners.activating import activate_account
from creditbank.learners.schemas import ActivationIn
from creditbank.portal import session as sessions
from creditbank.portal.answering import Visit, home_of, page, sent_to
from creditbank.portal.desk import Fault, PostedDep, desk_page, done_once, faults_said
from creditbank.portal.forms import typed
from creditbank.portal.visiting import OURS, AtHomeDep, VisitDep
from creditbank.portal.words import speaker
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

_KEPT = ("account_no", "holder", "code", "login_name")
"""What is still in the form after a refusal: never a password."""


# --- activating an account ----------------------------------------------------------------------------------------


@router.get("/activate")
async def activation_page(visited: VisitDep) -> Response:
    """The form for somebody whose school handed them a code."""
    return _activation(visited, {})


@router.post("/activate", dependencies=OURS)
async def activate(request: Request, visited: VisitDep) -> Response:
    """The account is activated by what the API's route does, and whoever did it is signed in.

    Sent twice, it is done once: the form has a key, and the second sending is given the first answer.
    """
    form = await typed(request)
    say, key = speaker(visited.language), form.get("key", "")
    if KEY.fullmatch(key) is None:
        return _activation(visited, form, say("form_old"), status=409)
    if form.get("password") != form.get("again"):
        return _activation(visited, form, say("act_again_differs"), status=422)
    try:
        asked = ActivationIn(
            account_no=form.get("account_no", ""),
            name=form.get("holder", ""),
            code=form.get("code", ""),
            login_name=form.get("login_name", "").strip(),
            password=form.get("password", ""),
        )
        await activate_account(request, asked, f"page:{key}")
        state = request.app.state
        actor = await sign_in(
            state.database,
            state.keyring,
            state.passwords,
            login_name=asked.login_name,
            password=asked.password,
            address=address_of(request),
            at=visited.at,
            checks=state.sign_in_checks,
        )
    except ValidationError as refused:
        said = faults_said(refused, visited.language, called={"name": "holder"})
        return _activation(visited, form, said, status=422)
    except BankError as refused:
        headers = refused.headers if refused.status != 401 else {}
        return _activation(visited, form, refused.sentence(visited.language), status=refused.status, headers=headers)
    await sessions.begin(request, visited.cookies, actor, at=visited.at)
    home = home_of(actor)
    return sent_to(visited, "/" if home is None else home[0])


def _activation(
    visited: Visit,
    form: Mapping[str, str],
    refused: str = "",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return page(
        visited,
        "frame/activate.html",
        status=status,
        headers=headers,
        typed={name: form.get(name, "") for name in _KEPT},
        refused=refused,
        key=str(new_id()),
    )


# --- one's own password -------------------------------------------------------------------------------------------


@router.get("/my/password")
async def password_page(actor: ActorDep, visited: AtHomeDep) -> Response:
    """The form for another password of one's own."""
    return desk_page(visited, "frame/password.html", actor, here="/my/password")


@router.post("/my/password")
async def change_password(posted: PostedDep) -> Response:
    """Another password, by what the API's route does; every other session of theirs ends, and this one goes on."""
    changed = False

    async def show(fault: Fault) -> Response:
        # What was typed here is nothing that goes back into a page.
        bare = Fault(fault.form, fault.sentence, fault.status, {}, frozenset(), fault.headers)
        return desk_page(posted.visited, "frame/password.html", posted.actor, here="/my/password", fault=bare)

    # Passwords as they were typed: a space at either end is part of one.
    given = dict(posted.pairs)
    say = speaker(posted.language)
    if given.get("password") != given.get("again"):
        return await show(posted.fault("password", say("act_again_differs")))
    try:
        asked = NewPassword(old_password=given.get("old_password", ""), password=given.get("password", ""))
        change = await own_password_change(
            posted.database,
            posted.state.keyring,
            posted.state.passwords,
            actor=posted.actor,
            old=asked.old_password,
            new=asked.password,
            at=posted.visited.at,
        )
    except (BankError, ValidationError) as refused:
        return await show(posted.refused("password", refused))

    async def act(session: AsyncSession, tools: Tools) -> None:
        nonlocal changed
        await change(session)
        changed = True

    answered = await done_once(posted, "password", act, then="/my/password", show=show)
    if changed:
        await sessions.begin(posted.request, posted.visited.cookies, posted.actor, at=posted.visited.at)
        posted.visited.cookies.set_on(answered)
    return answered
