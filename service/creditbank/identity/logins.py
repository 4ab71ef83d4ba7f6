"""Sign-ins of people: opened, used, disabled, and their passwords changed."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database
from creditbank.errors import BankError, NotFound, TemporarilyUnavailable
from creditbank.identifiers import new_id
from creditbank.identity import throttling
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.identity.bound import must_be_an_institution
from creditbank.identity.permit import ROLES_OF_AN_INSTITUTION, ROLES_OF_STAFF
from creditbank.identity.security import Passwords, check_password
from creditbank.identity.tables import Login
from creditbank.identity.throttling import SIGN_IN_ADDRESS, SIGN_IN_NAME, Attempt
from creditbank.sealing import Keyring, blind_index, open_for_bank, seal_for_bank

SignInCheck = Callable[[AsyncSession, Login, datetime], Awaitable[None]]
"""What another domain asks of a person whose password was right; it raises a BankError that says what is missing."""


class LoginNameTaken(BankError):
    """Somebody signs in by this name already."""

    status = 409
    code = "login_name_taken"
    zh = "该登录名已被使用，请换一个。"
    en = "This login name is taken. Choose another."


class RolesDoNotGoTogether(BankError):
    """One sign-in at the bank has one role, so that nobody checks or grants their own work."""

    status = 409
    code = "roles_do_not_go_together"
    zh = "一个登录名要么担任某一机构的角色，要么只担任学分银行的一个角色。"
    en = "A sign-in holds roles of one institution, or exactly one role of the bank."


class LastAdministrator(BankError):
    """Nobody would be left to give access."""

    status = 409
    code = "last_administrator"
    zh = "这是最后一位系统管理员，不能停用。请先开通另一位。"
    en = "This is the last administrator and cannot be disabled. Open another one first."


class SignInRefused(BankError):
    """The name is unknown, disabled, or the password is another: nobody is told which."""

    status = 401
    code = "sign_in_refused"
    zh = "登录名或密码不正确。"
    en = "The login name or the password is not right."


class OldPasswordWrong(BankError):
    """The old password is not the one in use."""

    status = 403
    code = "old_password_wrong"
    zh = "原密码不正确，未作更改。"
    en = "The old password is not right; nothing was changed."


def index_of(keyring: Keyring, login_name: str) -> bytes:
    """The keyed index of a login name, as it is typed on any keyboard: width, case and outer space aside."""
    return blind_index(keyring, "login-name", unicodedata.normalize("NFKC", login_name).strip().casefold())


# --- signing in ---------------------------------------------------------------------------------------------------


async def sign_in(
    database: Database,
    keyring: Keyring,
    passwords: Passwords,
    *,
    login_name: str,
    password: str,
    address: str,
    at: datetime,
    checks: Sequence[SignInCheck] = (),
) -> Actor:
    """The person behind a login name and a password.

    Raises SignInRefused after the same work whether the name is unknown, disabled or the password wrong;
    TooManyRequests for a name or an address that guesses; whatever a check raises.
    """
    by_name: Attempt = (SIGN_IN_NAME, index_of(keyring, login_name).hex())
    by_address: Attempt = (SIGN_IN_ADDRESS, throttling.network_of(address))
    await throttling.take(database, keyring, attempts=(by_address, by_name), at=at)
    async with database.session() as session:
        login = await _named(session, keyring, login_name)
    kept = login.password_hash if login is not None and login.disabled_at is None else None
    try:
        right = await passwords.holds(password, kept)
    except TemporarilyUnavailable:
        await _unjudged(database, keyring, (by_address, by_name))
        raise
    if not right or login is None:
        raise SignInRefused

    async def come_in(session: AsyncSession) -> Actor:
        await throttling.give_back(session, keyring, attempts=(by_address,))
        await throttling.clear(session, keyring, attempts=(by_name,))
        for check in checks:
            await check(session, login, at)
        actor = actor_of(login)
        if actor.roles & ROLES_OF_STAFF:
            await note(session, actor=actor, act="signed_in", purpose="work", at=at)
        return actor

    return await database.write(come_in)


async def knows_password(
    database: Database, keyring: Keyring, passwords: Passwords, *, login_id: UUID, password: str, at: datetime
) -> bool:
    """Whether somebody who is signed in knows their password too. Raises TooManyRequests for who guesses."""
    by_login: Attempt = (SIGN_IN_NAME, str(login_id))
    await throttling.take(database, keyring, attempts=(by_login,), at=at)
    async with database.session() as session:
        login = await session.get(Login, login_id)
    kept = login.password_hash if login is not None and login.disabled_at is None else None
    try:
        right = await passwords.holds(password, kept)
    except TemporarilyUnavailable:
        await _unjudged(database, keyring, (by_login,))
        raise
    if right:

        async def forget(session: AsyncSession) -> None:
            await throttling.clear(session, keyring, attempts=(by_login,))

        await database.write(forget)
    return right


async def still_in(
    session: AsyncSession, *, login_id: UUID, at: datetime, checks: Sequence[SignInCheck] = ()
) -> Actor | None:
    """The same person as they stand now, for a session that is prolonged; nothing once disabled or no longer let in."""
    login = await session.get(Login, login_id)
    if login is None or login.disabled_at is not None:
        return None
    try:
        for check in checks:
            await check(session, login, at)
    except BankError:
        return None
    return actor_of(login)


async def password_in_use(session: AsyncSession, keyring: Keyring, *, login_id: UUID | None) -> str:
    """What tells the password of a sign-in from the one before it, and nothing else of it; empty for who has none."""
    login = None if login_id is None else await session.get(Login, login_id)
    return "" if login is None else blind_index(keyring, "password-in-use", login.password_hash).hex()[:16]


def actor_of(login: Login) -> Actor:
    """The caller that a sign-in stands for."""
    return Actor(
        name=f"login:{login.login_id}",
        roles=frozenset(login.roles),
        institution_id=login.institution_id,
        learner_id=login.learner_id,
    )


async def _named(session: AsyncSession, keyring: Keyring, login_name: str) -> Login | None:
    found = await session.exec(select(Login).where(Login.name_index == index_of(keyring, login_name)))
    return found.one_or_none()


async def _unjudged(database: Database, keyring: Keyring, attempts: Sequence[Attempt]) -> None:
    async def give_back(session: AsyncSession) -> None:
        await throttling.give_back(session, keyring, attempts=attempts)

    await database.write(give_back)


# --- opening and keeping ------------------------------------------------------------------------------------------


async def open_login(
    session: AsyncSession,
    keyring: Keyring,
    *,
    login_name: str,
    password_hash: str,
    roles: Sequence[str],
    at: datetime,
    institution_id: UUID | None = None,
    learner_id: UUID | None = None,
    display_name: str | None = None,
) -> Login:
    """A new way in, for a learner, a guardian or staff; `password_hash` comes from `Passwords.hash`, made before the
    transaction. Raises LoginNameTaken; the transaction goes on after it."""
    login_id = new_id()
    login = Login(
        login_id=login_id,
        name_index=index_of(keyring, login_name),
        password_hash=password_hash,
        roles=sorted(set(roles)),
        institution_id=institution_id,
        learner_id=learner_id,
        display_name_sealed=_sealed(keyring, login_id, display_name),
        created_at=at,
    )
    try:
        async with session.begin_nested():
            session.add(login)
    except IntegrityError as failure:
        if "uq_login_name_index" in str(failure.orig):
            raise LoginNameTaken(field="/login_name") from None
        raise
    return login


async def open_staff_login(
    session: AsyncSession,
    keyring: Keyring,
    *,
    actor: Actor,
    login_name: str,
    password_hash: str,
    roles: Sequence[str],
    display_name: str,
    institution_id: UUID | None,
    at: datetime,
) -> Login:
    """A way in for somebody who works at the bank or at an institution.

    Raises RolesDoNotGoTogether, InstitutionNotKnown, LoginNameTaken.
    """
    await _must_fit(session, roles, institution_id)
    login = await open_login(
        session,
        keyring,
        login_name=login_name,
        password_hash=password_hash,
        roles=roles,
        institution_id=institution_id,
        display_name=display_name,
        at=at,
    )
    detail = {"login_id": str(login.login_id), "roles": login.roles, "institution_id": _text(institution_id)}
    await note(session, actor=actor, act="login_opened", purpose="access", at=at, detail=detail)
    return login


async def _must_fit(session: AsyncSession, roles: Sequence[str], institution_id: UUID | None) -> None:
    wanted = set(roles)
    if not wanted or not wanted <= ROLES_OF_STAFF:
        raise RolesDoNotGoTogether(field="/roles")
    if institution_id is None:
        if len(wanted) > 1 or wanted & ROLES_OF_AN_INSTITUTION:
            raise RolesDoNotGoTogether(field="/roles")
        return
    if not wanted <= ROLES_OF_AN_INSTITUTION:
        raise RolesDoNotGoTogether(field="/roles")
    await must_be_an_institution(session, institution_id)


async def staff_logins(
    session: AsyncSession, *, limit: int, after: UUID | None = None, institution_id: UUID | None = None
) -> Sequence[Login]:
    """Sign-ins of staff, oldest first; never those of learners and guardians, who are nobody's to list."""
    query = (
        select(Login)
        .where(col(Login.roles).op("&&")(sorted(ROLES_OF_STAFF)))
        .order_by(col(Login.login_id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Login.login_id) > after)
    if institution_id is not None:
        query = query.where(Login.institution_id == institution_id)
    return (await session.exec(query)).all()


async def change_password(
    session: AsyncSession, *, actor: Actor, login_id: UUID, password_hash: str, at: datetime
) -> None:
    """Another password for one sign-in of staff, or for one's own. Raises NotFound."""
    login = await _to_change(session, login_id)
    if actor.login_id != login_id and not set(login.roles) & ROLES_OF_STAFF:
        raise NotFound
    login.password_hash = password_hash
    session.add(login)
    # Two words, so that an auditor finds every password that somebody else than its owner has seen.
    act = "password_changed" if actor.login_id == login_id else "password_reset"
    detail = {"login_id": str(login_id), "roles": login.roles, "institution_id": _text(login.institution_id)}
    await note(session, actor=actor, act=act, purpose="access", at=at, detail=detail)


async def own_password_change(
    database: Database, keyring: Keyring, passwords: Passwords, *, actor: Actor, old: str, new: str, at: datetime
) -> Callable[[AsyncSession], Awaitable[None]]:
    """What changes one's own password, to be run in a transaction: the old one is judged, throttled as a sign-in is,
    and the new one hashed before it. The act raises OldPasswordWrong.

    Raises PasswordTooWeak, NotFound for a caller who has none, TooManyRequests.
    """
    check_password(new)
    login_id = actor.login_id
    if login_id is None:
        raise NotFound
    right = await knows_password(database, keyring, passwords, login_id=login_id, password=old, at=at)
    password_hash = await passwords.hash(new) if right else None

    async def act(session: AsyncSession) -> None:
        if password_hash is None:
            raise OldPasswordWrong(field="/old_password")
        await change_password(session, actor=actor, login_id=login_id, password_hash=password_hash, at=at)

    return act


async def disable_login(session: AsyncSession, *, actor: Actor, login_id: UUID, at: datetime) -> Login:
    """No sign-in from now on; a token already given lives its minutes. Raises NotFound, LastAdministrator."""
    login = await _to_change(session, login_id)
    if not set(login.roles) & ROLES_OF_STAFF:
        raise NotFound
    if "administrator" in login.roles and await _other_administrators(session, login_id) == 0:
        raise LastAdministrator
    if login.disabled_at is None:
        login.disabled_at = at
        session.add(login)
        detail = {"login_id": str(login_id)}
        await note(session, actor=actor, act="login_disabled", purpose="access", at=at, detail=detail)
    return login


async def _to_change(session: AsyncSession, login_id: UUID) -> Login:
    login = (await session.exec(select(Login).where(Login.login_id == login_id).with_for_update())).one_or_none()
    if login is None:
        raise NotFound
    return login


async def _other_administrators(session: AsyncSession, login_id: UUID) -> int:
    # Locked, in one order: two administrators who disable each other at once must not both succeed.
    others = (
        select(Login)
        .where(col(Login.roles).op("&&")(["administrator"]), col(Login.disabled_at).is_(None))
        .order_by(col(Login.login_id))
        .with_for_update()
    )
    return sum(1 for login in await session.exec(others) if login.login_id != login_id)


def shown(keyring: Keyring, login: Login) -> dict[str, Any]:
    """What an administrator sees of a sign-in: never its name or its password."""
    return {
        "login_id": login.login_id,
        "display_name": _opened(keyring, login),
        "roles": login.roles,
        "institution_id": login.institution_id,
        "created_at": login.created_at,
        "disabled_at": login.disabled_at,
    }


def new_password() -> str:
    """A first password, to be handed over once: 100 random bits in four groups that can be read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def _sealed(keyring: Keyring, login_id: UUID, display_name: str | None) -> bytes | None:
    if display_name is None:
        return None
    return seal_for_bank(keyring, display_name.encode(), _aad(login_id))


def _opened(keyring: Keyring, login: Login) -> str | None:
    if login.display_name_sealed is None:
        return None
    return open_for_bank(keyring, login.display_name_sealed, _aad(login.login_id)).decode()


def _aad(login_id: UUID) -> bytes:
    return b"login-display-name:" + login_id.bytes


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
