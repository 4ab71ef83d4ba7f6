"""Clients: the machines of institutions, their scopes and their secrets."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.identity.bound import must_be_an_institution
from creditbank.identity.tables import Client, ClientSecret

MOST_LIVE_SECRETS = 2


class TwoSecretsAreLive(BankError):
    """Two are enough to rotate; a third would be one that nobody remembers."""

    status = 409
    code = "two_secrets_are_live"
    zh = "该客户端已有两个有效密钥。请先作废一个。"
    en = "This client has two live secrets. Revoke one first."


class ClientDisabled(BankError):
    """A disabled client is given nothing more."""

    status = 409
    code = "client_disabled"
    zh = "该客户端已停用。请新开一个。"
    en = "This client is disabled. Open another one."


@dataclass(frozen=True)
class NewSecret:
    """A secret as it is answered once; only its digest is kept."""

    secret_id: UUID
    secret: str


async def client_holding(session: AsyncSession, *, client_id: UUID, secret: str, at: datetime) -> Client | None:
    """The client whose live secret this is, or nothing: unknown, disabled and wrong look the same."""
    found = await session.exec(select(Client, ClientSecret).where(*_live(client_id, at)))
    digest = digest_of(secret)
    held = [client for client, kept in found if hmac.compare_digest(kept.digest, digest)]
    return held[0] if held else None


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: SHA-256 suffices, for 256 random bits cannot be guessed (decision 0002)."""
    return hashlib.sha256(secret.encode()).digest()


def actor_of(client: Client, *, scopes: Sequence[str] | None = None) -> Actor:
    """The caller that a client stands for, with all of its scopes or those it asked for."""
    return Actor(
        name=f"client:{client.client_id}",
        scopes=frozenset(client.scopes if scopes is None else scopes),
        institution_id=client.institution_id,
    )


async def open_client(
    session: AsyncSession, *, actor: Actor, institution_id: UUID, name: str, scopes: Sequence[str], at: datetime
) -> tuple[Client, NewSecret]:
    """A client of one institution with its first secret. Raises InstitutionNotKnown."""
    await must_be_an_institution(session, institution_id)
    client = Client(
        client_id=new_id(), institution_id=institution_id, name=name, scopes=sorted(set(scopes)), created_at=at
    )
    session.add(client)
    await session.flush()
    detail = {"client_id": str(client.client_id), "institution_id": str(institution_id), "scopes": client.scopes}
    await note(session, actor=actor, act="client_opened", purpose="access", at=at, detail=detail)
    return client, await _give_secret(session, client, at)


async def add_secret(session: AsyncSession, *, actor: Actor, client_id: UUID, at: datetime) -> NewSecret:
    """A second secret, so that the first can be rotated out. Raises NotFound, ClientDisabled, TwoSecretsAreLive."""
    client = await _to_change(session, client_id)
    if client.disabled_at is not None:
        raise ClientDisabled
    live = (await session.exec(select(ClientSecret).where(*_live(client_id, at)))).all()
    if len(live) >= MOST_LIVE_SECRETS:
        raise TwoSecretsAreLive
    given = await _give_secret(session, client, at)
    detail = {"client_id": str(client_id), "secret_id": str(given.secret_id)}
    await note(session, actor=actor, act="client_secret_added", purpose="access", at=at, detail=detail)
    return given


async def revoke_secret(session: AsyncSession, *, actor: Actor, client_id: UUID, secret_id: UUID, at: datetime) -> None:
    """The secret opens nothing from now on; doing it twice is doing it once. Raises NotFound."""
    await _to_change(session, client_id)
    secret = await session.get(ClientSecret, secret_id)
    if secret is None or secret.client_id != client_id:
        raise NotFound
    if secret.revoked_at is None:
        secret.revoked_at = at
        session.add(secret)
        detail = {"client_id": str(client_id), "secret_id": str(secret_id)}
        await note(session, actor=actor, act="client_secret_revoked", purpose="access", at=at, detail=detail)


async def disable_client(session: AsyncSession, *, actor: Actor, client_id: UUID, at: datetime) -> None:
    """No token from now on; one already given lives its minutes. Raises NotFound."""
    client = await _to_change(session, client_id)
    if client.disabled_at is None:
        client.disabled_at = at
        session.add(client)
        detail = {"client_id": str(client_id)}
        await note(session, actor=actor, act="client_disabled", purpose="access", at=at, detail=detail)


async def find_client(session: AsyncSession, client_id: UUID) -> Client:
    """One client. Raises NotFound."""
    client = await session.get(Client, client_id)
    if client is None:
        raise NotFound
    return client


async def list_clients(
    session: AsyncSession, *, limit: int, after: UUID | None = None, institution_id: UUID | None = None
) -> Sequence[Client]:
    """Clients, oldest first; of one institution if asked."""
    query = select(Client).order_by(col(Client.client_id)).limit(limit)
    if after is not None:
        query = query.where(col(Client.client_id) > after)
    if institution_id is not None:
        query = query.where(Client.institution_id == institution_id)
    return (await session.exec(query)).all()


async def secrets_of(session: AsyncSession, client_ids: Sequence[UUID]) -> dict[UUID, list[ClientSecret]]:
    """The secrets of some clients, oldest first, each as its dates and never as itself."""
    query = select(ClientSecret).where(col(ClientSecret.client_id).in_(client_ids))
    found: dict[UUID, list[ClientSecret]] = {client_id: [] for client_id in client_ids}
    for secret in await session.exec(query.order_by(col(ClientSecret.secret_id))):
        found[secret.client_id].append(secret)
    return found


def _live(client_id: UUID, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Client.client_id) == client_id,
        col(ClientSecret.client_id) == Client.client_id,
        col(Client.disabled_at).is_(None),
        col(ClientSecret.revoked_at).is_(None),
        or_(col(ClientSecret.expires_at).is_(None), col(ClientSecret.expires_at) > at),
    )


async def _give_secret(session: AsyncSession, client: Client, at: datetime) -> NewSecret:
    secret = secrets.token_urlsafe(32)
    kept = ClientSecret(secret_id=new_id(), client_id=client.client_id, digest=digest_of(secret), created_at=at)
    session.add(kept)
    await session.flush()
    return NewSecret(secret_id=kept.secret_id, secret=secret)


async def _to_change(session: AsyncSession, client_id: UUID) -> Client:
    """Locked, so that two who add a secret at once do not make three."""
    client = (await session.exec(select(Client).where(Client.client_id == client_id).with_for_update())).one_or_none()
    if client is None:
        raise NotFound
    return client
