"""Clients, sign-ins, throttles and the log of who looked: rows of the identity domain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets


class Client(SQLModel, table=True):
    """A machine of one institution that calls the API."""

    __table_args__ = ({"info": {"family": "reference", "personal": "none", "app_may": "update"}},)

    client_id: UUID = Field(primary_key=True)
    institution_id: UUID = Field(foreign_key="institution.institution_id", index=True)
    name: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(nullable=True)


class ClientSecret(SQLModel, table=True):
    """A secret of a client; at most two live at a time, so that one can be rotated while the other works."""

    __tablename__ = "client_secret"
    __table_args__ = ({"info": {"family": "reference", "personal": "none", "app_may": "update"}},)

    secret_id: UUID = Field(primary_key=True)
    client_id: UUID = Field(foreign_key="client.client_id", index=True)
    digest: bytes = octets()
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class Login(SQLModel, table=True):
    """A person's way in: a learner, a guardian, or somebody who works at the bank or at an institution."""

    __table_args__ = (
        Index("uq_login_name_index", "name_index", unique=True),
        {"info": {"family": "reference", "personal": "sealed", "app_may": "update"}},
    )

    login_id: UUID = Field(primary_key=True)
    name_index: bytes = octets()
    """Keyed index of the name that is typed, which may be a telephone number or an e-mail address."""
    password_hash: str
    roles: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    institution_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    learner_id: UUID | None = Field(default=None, foreign_key="learner.learner_id", index=True)
    display_name_sealed: bytes | None = octets(nullable=True)
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(nullable=True)


class Throttle(SQLModel, table=True):
    """Failures counted against one keyed subject: a sign-in name, an account to be activated, a client."""

    __table_args__ = ({"info": {"family": "local", "personal": "pseudonymous", "app_may": "delete"}},)

    subject: bytes = Field(sa_column=Column("subject", octets().sa_column.type, primary_key=True))
    failures: int
    since_at: datetime = instant()
    blocked_until: datetime | None = instant(nullable=True)


class AccessEntry(SQLModel, table=True):
    """Who did or looked at what that needs accounting for: identity look-ups, officers' reads, rotations, merges."""

    __tablename__ = "access_entry"
    __table_args__ = (
        Index("ix_access_entry_learner_id_at", "learner_id", "at"),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "append"}},
    )

    entry_id: UUID = Field(primary_key=True)
    at: datetime = instant()
    actor: str
    """`client:…`, `login:…` or `system`."""
    institution_id: UUID | None = None
    act: str
    purpose: str
    learner_id: UUID | None = None
    detail: dict[str, Any] | None = as_json(nullable=True)
