"""An account activated by a request, of a program or of a page: guesses are counted, and sent twice it is done once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import BankError
from creditbank.http import answer, write_once
from creditbank.identity import throttling
from creditbank.learners import activation, refusals
from creditbank.learners.account_numbers import read_account_no, read_activation_code
from creditbank.learners.names import read_name
from creditbank.learners.schemas import ActivatedOut, ActivationIn
from creditbank.once import Answer
from creditbank.sealing import blind_index


async def activate_account(request: Request, payload: ActivationIn, key: str | None) -> Response:
    """Unknown account, wrong name and wrong code are refused alike, and are the only attempts that stay counted."""
    state, at = request.app.state, clock.now()
    asked = _asked(payload)
    activation.check_new_password(asked)
    attempts = activation.attempts_of(asked, throttling.address_of(request))
    await throttling.take(state.database, state.keyring, attempts=attempts, at=at)
    try:
        response = await _activate(request, asked, key=key, at=at)
    except (refusals.ActivationRefused, refusals.RealNameNotConfirmed):
        raise
    except BankError:
        await _uncount(request, attempts)
        raise
    await _uncount(request, attempts)
    return response


def _asked(payload: ActivationIn) -> activation.Asked:
    return activation.Asked(
        account_no=read_account_no(payload.account_no, at_field="/account_no"),
        name=read_name(payload.name, at_field="/name"),
        code=read_activation_code(payload.code, at_field="/code"),
        login_name=payload.login_name,
        password=payload.password,
    )


async def _activate(request: Request, asked: activation.Asked, *, key: str | None, at: datetime) -> Response:
    """Judge the code, then hash the password outside the transaction, then use the code up inside it."""
    state = request.app.state
    async with state.database.session() as session:
        candidate = await activation.find_candidate(session, asked, at=at, keyring=state.keyring)
    password_hash = None
    if candidate is not None:
        check: activation.RealNameCheck | None = getattr(state, "real_name_check", None)
        if check is not None and not await check(asked.account_no, asked.name):
            raise refusals.RealNameNotConfirmed
        password_hash = await state.passwords.hash(asked.password)

    async def act(session: AsyncSession) -> Answer:
        if password_hash is None:
            raise refusals.ActivationRefused
        done = await activation.activate(session, asked, password_hash=password_hash, at=at, keyring=state.keyring)
        shown = ActivatedOut(
            learner_id=done.learner_id, account_no=asked.account_no, login_id=done.login_id, replaced=done.recovered
        )
        return answer(201, shown)

    caller = f"activation:{blind_index(state.keyring, 'activation-caller', asked.account_no).hex()[:32]}"
    return await write_once(request, state.database, state.keyring, caller=caller, key=key, act=act)


async def _uncount(request: Request, attempts: Sequence[throttling.Attempt]) -> None:
    state = request.app.state

    async def act(session: AsyncSession) -> None:
        await throttling.give_back(session, state.keyring, attempts=attempts)

    await state.database.write(act)
