"""Activating (激活) an account: with a one-time code that a school or the bank handed to the person, and nothing less.

Name and account number prove nothing: both are printed on notices. The code is 49 random bits, kept as a keyed digest,
good for thirty days and once; guesses are counted by account number and by address before they are judged. A check of
real names (实名核验) by a service of the state is a seam: `app.state.real_name_check`, none by default.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import driver
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.identity.logins import actor_of, open_login
from creditbank.identity.security import check_password
from creditbank.identity.tables import Login
from creditbank.identity.throttling import Attempt, Limit, network_of
from creditbank.learners import refusals
from creditbank.learners.account_numbers import new_code
from creditbank.learners.documents import under_fourteen
from creditbank.learners.families import lock_person
from creditbank.learners.guardians import has_guardian
from creditbank.learners.inbox import serve
from creditbank.learners.indexes import name_index
from creditbank.learners.personal import birth_of, settle_birth
from creditbank.learners.tables import ActivationCode, Learner
from creditbank.learners.ties import must_vouch_for
from creditbank.sealing import Keyring, blind_index

CODE_LIVES = timedelta(days=30)

BY_ACCOUNT = Limit("activation-account", attempts=10, window=timedelta(hours=1), wait=timedelta(hours=1))
# A school activates from one address: a class at a time, few failures each.
BY_ADDRESS = Limit("activation-address", attempts=100, window=timedelta(minutes=15), wait=timedelta(minutes=5))

RealNameCheck = Callable[[str, str], Awaitable[bool]]
"""Asked with account number and name before an account is activated: whether the person before the screen is that one.

What it asks them (a face, a bank card, the state's network identity) is its own affair; no is final for this attempt.
"""


# --- handing out ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A code as it is shown once, and the number of the account it opens."""

    code_id: UUID
    code: str
    account_no: str
    expires_at: datetime


async def issue_code(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    birth_on: date | None,
    at: datetime,
    keyring: Keyring,
) -> HandedOut:
    """A new one-time code for a learner of the caller's institution; the older ones are withdrawn.

    For an account that is activated already only an officer issues one: it replaces a login that was lost.
    Raises NotFound, NotReportedYet, AnotherSchoolActs, AccountClosed, AccountAlreadyActivated, BirthDateNeeded,
    BirthDateDiffers, GuardianNeeded, AlreadyErased.
    """
    person = await lock_person(session, learner_id)
    await must_vouch_for(session, actor, person.family)
    accounts = await _accounts(session, person.family)
    # What the account that stands for the person says: one merged into it may have been closed before.
    if any(account.closed_at is not None for account in accounts if account.learner_id == person.root):
        raise refusals.AccountClosed
    if Reach.ANY not in actor.reach and any(account.activated_at is not None for account in accounts):
        raise refusals.AccountAlreadyActivated
    today = clock.today(at)
    born = await settle_birth(session, person.family, stated=birth_on, on=today, keyring=keyring)
    if under_fourteen(born, today) and not await has_guardian(session, person.family):
        raise refusals.GuardianNeeded
    await withdraw_codes(session, person.family, at=at)
    code = new_code()
    kept = ActivationCode(
        learner_id=learner_id,
        code_id=new_id(),
        digest=_digest(keyring, learner_id, code),
        issued_at=at,
        issued_by=actor.name,
        expires_at=at + CODE_LIVES,
    )
    session.add(kept)
    await session.flush()
    await note(
        session,
        actor=actor,
        act="activation_code_issued",
        purpose="activation",
        at=at,
        learner_id=learner_id,
        detail={"code_id": str(kept.code_id)},
    )
    number = next(account.account_no for account in accounts if account.learner_id == learner_id)
    return HandedOut(kept.code_id, code, number, kept.expires_at)


async def withdraw_codes(session: AsyncSession, family: Collection[UUID], *, at: datetime) -> None:
    """No code that was handed out for a person opens anything any more; their accounts are locked."""
    for code in await _live_codes(session, family, at=at):
        code.withdrawn_at = at
        session.add(code)
    await session.flush()


# --- activating -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who wants to activate an account: all of it as it was read, nothing of it believed."""

    account_no: str
    name: str
    code: str
    login_name: str
    password: str


@dataclass(frozen=True, slots=True)
class Activated:
    """An account that its learner can now sign in to."""

    learner_id: UUID
    login_id: UUID
    recovered: bool


def attempts_of(asked: Asked, address: str) -> tuple[Attempt, ...]:
    """What an attempt is counted against."""
    return ((BY_ADDRESS, network_of(address)), (BY_ACCOUNT, asked.account_no))


def check_new_password(asked: Asked) -> None:
    """Length, and more than what others know of the person (NIST SP 800-63B §5.1.1.2).

    Raises PasswordTooWeak, PasswordGuessable.
    """
    check_password(asked.password)
    rest = said = _letters(asked.password)
    for known in (asked.login_name, asked.name, asked.account_no):
        rest = rest.replace(_letters(known), "")
    if rest != said and len(rest) < 5:
        raise refusals.PasswordGuessable(field="/password")


def _letters(typed: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", typed).casefold() if c.isalnum())


_CANDIDATE = """
WITH account AS (
    SELECT learner_id FROM learner WHERE account_no = %(account_no)s
), root AS (
    SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a JOIN account USING (learner_id)
                     WHERE a.ended_at IS NULL), (SELECT learner_id FROM account)) AS learner_id
), family AS (
    SELECT learner_id FROM root
    UNION SELECT a.learner_id FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
    WHERE a.ended_at IS NULL
)
SELECT (SELECT account.learner_id FROM account, learner l JOIN root USING (learner_id) WHERE l.closed_at IS NULL),
       EXISTS (SELECT FROM learner_name n JOIN family USING (learner_id) WHERE n.name_index = %(name)s),
       (SELECT json_agg(json_build_array(c.learner_id, encode(c.digest, 'hex')))
        FROM activation_code c JOIN family USING (learner_id)
        WHERE c.used_at IS NULL AND c.withdrawn_at IS NULL AND c.expires_at > %(at)s)
"""


async def find_candidate(session: AsyncSession, asked: Asked, *, at: datetime, keyring: Keyring) -> UUID | None:
    """The account, if number, name and a live code go together; None in every other case, after the same work."""
    connection = await driver(session)
    said = {"account_no": asked.account_no, "name": name_index(keyring, asked.name), "at": at}
    found = await (await connection.execute(_CANDIDATE, said)).fetchone()
    assert found is not None
    learner_id, named, codes = found
    right = [
        hmac.compare_digest(bytes.fromhex(digest), _digest(keyring, UUID(owner), asked.code))
        for owner, digest in codes or ()
    ]
    return learner_id if learner_id is not None and named and any(right) else None


async def activate(
    session: AsyncSession, asked: Asked, *, password_hash: str, at: datetime, keyring: Keyring
) -> Activated:
    """Use the code up and open the learner's way in; a way in that they had before is closed.

    Raises ActivationRefused, GuardianNeeded, LoginNameTaken.
    """
    learner_id = await find_candidate(session, asked, at=at, keyring=keyring)
    if learner_id is None:
        raise refusals.ActivationRefused
    person = await lock_person(session, learner_id)
    codes = await _live_codes(session, person.family, at=at)
    used = [code for code in codes if hmac.compare_digest(code.digest, _digest(keyring, code.learner_id, asked.code))]
    if not used:
        raise refusals.ActivationRefused
    born = await birth_of(session, person.family, keyring=keyring)
    if born is None or (under_fourteen(born, clock.today(at)) and not await has_guardian(session, person.family)):
        raise refusals.GuardianNeeded
    for code in codes:
        code.used_at, code.withdrawn_at = (at, None) if code in used else (None, at)
        session.add(code)
    recovered = await close_logins(session, person.family, at=at)
    login = await open_login(
        session,
        keyring,
        login_name=asked.login_name,
        password_hash=password_hash,
        roles=["learner"],
        learner_id=learner_id,
        at=at,
    )
    await _mark_activated(session, learner_id, at=at)
    await _tell(session, login, learner_id, recovered=recovered, at=at)
    return Activated(learner_id, login.login_id, recovered)


async def close_logins(session: AsyncSession, family: Collection[UUID], *, at: datetime) -> bool:
    """Close every way in that a learner has; whether there was one."""
    logins = (
        await session.exec(
            select(Login).where(col(Login.learner_id).in_(family), col(Login.disabled_at).is_(None)).with_for_update()
        )
    ).all()
    for login in logins:
        login.disabled_at = at
        session.add(login)
    await session.flush()
    return bool(logins)


async def _mark_activated(session: AsyncSession, learner_id: UUID, *, at: datetime) -> None:
    account = await session.get(Learner, learner_id)
    assert account is not None
    if account.activated_at is None:
        account.activated_at = at
        session.add(account)
        await session.flush()


async def _tell(session: AsyncSession, login: Login, learner_id: UUID, *, recovered: bool, at: datetime) -> None:
    what = "account_recovered" if recovered else "account_activated"
    about = {"login_id": str(login.login_id)}
    await serve(session, learner_id=learner_id, kind=what, about=about, at=at)
    await note(
        session, actor=actor_of(login), act=what, purpose="activation", at=at, learner_id=learner_id, detail={**about}
    )


async def _accounts(session: AsyncSession, family: Collection[UUID]) -> Sequence[Learner]:
    return (await session.exec(select(Learner).where(col(Learner.learner_id).in_(family)))).all()


async def _live_codes(session: AsyncSession, family: Collection[UUID], *, at: datetime) -> Sequence[ActivationCode]:
    query = select(ActivationCode).where(
        col(ActivationCode.learner_id).in_(family),
        col(ActivationCode.used_at).is_(None),
        col(ActivationCode.withdrawn_at).is_(None),
        ActivationCode.expires_at > at,
    )
    return (await session.exec(query)).all()


def _digest(keyring: Keyring, learner_id: UUID, code: str) -> bytes:
    return blind_index(keyring, "activation-code", f"{learner_id}:{code}")
