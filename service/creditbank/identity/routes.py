"""Giving access and taking it away, and reading who looked: for administrators and auditors."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import TooManyRequests
from creditbank.http import KeyringDep, PageDep, answer, problems
from creditbank.identity import access_log, clients, logins
from creditbank.identity.bound import InstitutionNotKnown
from creditbank.identity.schemas import (
    ClientShown,
    ClientsPage,
    EntriesPage,
    EntryShown,
    LoginShown,
    LoginsPage,
    NewClient,
    NewLogin,
    NewPassword,
    PasswordGiven,
    SecretGiven,
    SecretShown,
)
from creditbank.identity.security import Passwords, PasswordTooWeak
from creditbank.identity.tables import Client, ClientSecret
from creditbank.identity.writing import Write, WriteDep
from creditbank.once import Answer
from creditbank.sealing import Keyring

router = APIRouter(prefix="/v1", tags=["access"])


def _passwords(write: Write) -> Passwords:
    found: Passwords = write.request.app.state.passwords
    return found


def _keyring(write: Write) -> Keyring:
    found: Keyring = write.request.app.state.keyring
    return found


# --- clients ------------------------------------------------------------------------------------------------------


@router.post(
    "/clients",
    status_code=201,
    response_model=SecretGiven,
    summary="为机构开通客户端 | Open a client for an institution",
    responses=problems(InstitutionNotKnown),
)
async def open_client(
    payload: NewClient,
    write: WriteDep,
) -> Response:
    """The secret is in this answer and nowhere else."""

    async def act(session: AsyncSession) -> Answer:
        client, given = await clients.open_client(
            session,
            actor=write.actor,
            institution_id=payload.institution_id,
            name=payload.name,
            scopes=payload.scopes,
            at=clock.now(),
        )
        return _secret(client.client_id, given)

    return await write.once(act)


@router.get("/clients", summary="列出客户端 | List clients")
async def list_clients(
    session: SessionDep,
    page: PageDep,
    institution_id: UUID | None = None,
) -> ClientsPage:
    """Oldest first, with the dates of their secrets."""
    rows = await clients.list_clients(session, limit=page.asked, after=page.after(UUID), institution_id=institution_id)
    found, following = page.cut(rows, key=lambda client: client.client_id)
    held = await clients.secrets_of(session, [client.client_id for client in found])
    return ClientsPage(clients=[_client(client, held[client.client_id]) for client in found], next_cursor=following)


@router.get("/clients/{client_id}", summary="查看客户端 | One client")
async def show_client(client_id: UUID, session: SessionDep) -> ClientShown:
    """The client with the dates of its secrets."""
    client = await clients.find_client(session, client_id)
    held = await clients.secrets_of(session, [client_id])
    return _client(client, held[client_id])


@router.post(
    "/clients/{client_id}/secrets",
    status_code=201,
    response_model=SecretGiven,
    summary="增发密钥以便轮换 | Add a second secret, for rotation",
    responses=problems(clients.TwoSecretsAreLive, clients.ClientDisabled),
)
async def add_secret(
    client_id: UUID,
    write: WriteDep,
) -> Response:
    """The secret is in this answer and nowhere else; a third live one is refused."""

    async def act(session: AsyncSession) -> Answer:
        given = await clients.add_secret(session, actor=write.actor, client_id=client_id, at=clock.now())
        return _secret(client_id, given)

    return await write.once(act)


@router.post(
    "/clients/{client_id}/secrets/{secret_id}/revocation",
    response_model=ClientShown,
    summary="作废密钥 | Revoke a secret",
)
async def revoke_secret(
    client_id: UUID,
    secret_id: UUID,
    write: WriteDep,
) -> Response:
    """It opens nothing from now on; a token already given lives its minutes."""

    async def act(session: AsyncSession) -> Answer:
        await clients.revoke_secret(
            session, actor=write.actor, client_id=client_id, secret_id=secret_id, at=clock.now()
        )
        return await _client_now(session, client_id)

    return await write.once(act)


@router.post("/clients/{client_id}/disablement", response_model=ClientShown, summary="停用客户端 | Disable a client")
async def disable_client(
    client_id: UUID,
    write: WriteDep,
) -> Response:
    """No token from now on; one already given lives its minutes."""

    async def act(session: AsyncSession) -> Answer:
        await clients.disable_client(session, actor=write.actor, client_id=client_id, at=clock.now())
        return await _client_now(session, client_id)

    return await write.once(act)


def _secret(client_id: UUID, given: clients.NewSecret) -> Answer:
    return answer(201, SecretGiven(client_id=client_id, secret_id=given.secret_id, client_secret=given.secret))


async def _client_now(session: AsyncSession, client_id: UUID) -> Answer:
    held = await clients.secrets_of(session, [client_id])
    return answer(200, _client(await clients.find_client(session, client_id), held[client_id]))


def _client(client: Client, held: list[ClientSecret]) -> ClientShown:
    return ClientShown(
        **client.model_dump(),
        secrets=[SecretShown.model_validate(secret, from_attributes=True) for secret in held],
    )


# --- sign-ins -----------------------------------------------------------------------------------------------------


@router.post(
    "/logins",
    status_code=201,
    response_model=PasswordGiven,
    summary="为工作人员开通登录 | Open a sign-in for staff",
    responses=problems(logins.LoginNameTaken, logins.RolesDoNotGoTogether, InstitutionNotKnown),
)
async def open_login(
    payload: NewLogin,
    write: WriteDep,
) -> Response:
    """The first password is in this answer and nowhere else."""
    password = logins.new_password()
    password_hash = await _passwords(write).hash(password)

    async def act(session: AsyncSession) -> Answer:
        login = await logins.open_staff_login(
            session,
            _keyring(write),
            actor=write.actor,
            login_name=payload.login_name,
            password_hash=password_hash,
            roles=payload.roles,
            display_name=payload.display_name,
            institution_id=payload.institution_id,
            at=clock.now(),
        )
        return answer(201, PasswordGiven(login_id=login.login_id, password=password))

    return await write.once(act)


@router.get("/logins", summary="列出工作人员登录 | List the sign-ins of staff")
async def list_logins(
    session: SessionDep,
    page: PageDep,
    keyring: KeyringDep,
    institution_id: UUID | None = None,
) -> LoginsPage:
    """Oldest first; learners and guardians are nobody's to list."""
    rows = await logins.staff_logins(session, limit=page.asked, after=page.after(UUID), institution_id=institution_id)
    found, following = page.cut(rows, key=lambda login: login.login_id)
    shown = [LoginShown.model_validate(logins.shown(keyring, login)) for login in found]
    return LoginsPage(logins=shown, next_cursor=following)


@router.post("/logins/{login_id}/password", response_model=PasswordGiven, summary="重置密码 | Reset a password")
async def reset_password(
    login_id: UUID,
    write: WriteDep,
) -> Response:
    """Another password for somebody of the staff, in this answer and nowhere else."""
    password = logins.new_password()
    password_hash = await _passwords(write).hash(password)

    async def act(session: AsyncSession) -> Answer:
        await logins.change_password(
            session, actor=write.actor, login_id=login_id, password_hash=password_hash, at=clock.now()
        )
        return answer(200, PasswordGiven(login_id=login_id, password=password))

    return await write.once(act)


@router.post(
    "/logins/{login_id}/disablement",
    response_model=LoginShown,
    summary="停用登录 | Disable a sign-in",
    responses=problems(logins.LastAdministrator),
)
async def disable_login(
    login_id: UUID,
    write: WriteDep,
) -> Response:
    """No sign-in from now on; a token already given lives its minutes."""

    async def act(session: AsyncSession) -> Answer:
        login = await logins.disable_login(session, actor=write.actor, login_id=login_id, at=clock.now())
        return answer(200, LoginShown.model_validate(logins.shown(_keyring(write), login)))

    return await write.once(act)


@router.post(
    "/own-password",
    status_code=204,
    response_class=Response,
    summary="修改自己的密码 | Change one's own password",
    responses=problems(logins.OldPasswordWrong, PasswordTooWeak, TooManyRequests),
)
async def change_own_password(payload: NewPassword, write: WriteDep) -> Response:
    """With the old one, which is throttled as a sign-in is."""
    state = write.request.app.state
    act = await logins.own_password_change(
        state.database,
        state.keyring,
        state.passwords,
        actor=write.actor,
        old=payload.old_password,
        new=payload.password,
        at=clock.now(),
    )
    await state.database.write(act)
    return Response(status_code=204)


# --- the log of access --------------------------------------------------------------------------------------------


@router.get("/access-entries", summary="访问日志 | The log of access")
async def list_entries(
    session: SessionDep,
    page: PageDep,
    learner_id: UUID | None = None,
    actor: Annotated[str | None, Query(pattern=r"^(client|login):[0-9a-f-]{36}$|^system$")] = None,
) -> EntriesPage:
    """Newest first; of one learner or one actor if asked."""
    rows = await access_log.entries(
        session, limit=page.asked, before=page.after(UUID), learner_id=learner_id, actor=actor
    )
    found, following = page.cut(rows, key=lambda entry: entry.entry_id)
    shown = [EntryShown.model_validate(entry, from_attributes=True) for entry in found]
    return EntriesPage(entries=shown, next_cursor=following)
