"""What is sent and answered about clients, sign-ins and the log of access."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal[
    "records:write",
    "records:read",
    "learners:write",
    "learners:read",
    "catalogue:write",
    "transcripts:read",
    "changes:read",
]
StaffRole = Literal[
    "registrar",
    "department_reviewer",
    "provider",
    "certificate_body",
    "officer",
    "appeal_reviewer",
    "auditor",
    "administrator",
]
Line = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
Password = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$")]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewClient(_Payload):
    """A client to open."""

    institution_id: UUID
    name: Line = Field(description="用途，如“教务系统”。|What it is for.")
    scopes: list[Scope] = Field(min_length=1, max_length=7)


class SecretShown(BaseModel):
    """A secret by its dates, never by itself."""

    secret_id: UUID
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class ClientShown(BaseModel):
    """A client of one institution."""

    client_id: UUID
    institution_id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    disabled_at: datetime | None
    secrets: list[SecretShown]


class ClientsPage(BaseModel):
    """A page of clients; `Link` leads to the next."""

    clients: list[ClientShown]
    next_cursor: str | None


class SecretGiven(BaseModel):
    """A secret, answered this once: the bank keeps its digest only."""

    client_id: UUID
    secret_id: UUID
    client_secret: str


class NewLogin(_Payload):
    """A sign-in to open for somebody who works at the bank or at an institution."""

    login_name: Annotated[str, Field(min_length=3, max_length=120, pattern=r"^\S+$")]
    display_name: Line
    roles: list[StaffRole] = Field(min_length=1, max_length=4)
    institution_id: UUID | None = Field(None, description="机构角色必填。|Needed for the roles of an institution.")


class LoginShown(BaseModel):
    """A sign-in of staff, without its name."""

    login_id: UUID
    display_name: str | None
    roles: list[str]
    institution_id: UUID | None
    created_at: datetime
    disabled_at: datetime | None


class LoginsPage(BaseModel):
    """A page of sign-ins; `Link` leads to the next."""

    logins: list[LoginShown]
    next_cursor: str | None


class PasswordGiven(BaseModel):
    """A password, answered this once, to be changed by whoever signs in with it."""

    login_id: UUID
    password: str


class NewPassword(_Payload):
    """One's own password, changed by somebody who knows it."""

    old_password: Password
    password: Annotated[str, Field(min_length=10, max_length=256, pattern=r"^[^\x00]*$")]


class EntryShown(BaseModel):
    """Who did or looked at what."""

    entry_id: UUID
    at: datetime
    actor: str
    institution_id: UUID | None
    act: str
    purpose: str
    learner_id: UUID | None
    detail: dict[str, Any] | None


class EntriesPage(BaseModel):
    """A page of the log, newest first; `Link` leads to the next."""

    entries: list[EntryShown]
    next_cursor: str | None


class TokenGiven(BaseModel):
    """An access token (RFC 6749 §5.1), and who it is for, so that a person finds their own account."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int
    scope: str | None = None
    roles: list[str] | None = None
    institution_id: UUID | None = None
    learner_id: UUID | None = None


class TokenRefused(BaseModel):
    """Why no token is given (RFC 6749 §5.2)."""

    error: Literal["invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unsupported_grant_type"]
    error_description: str
    error_description_zh: str
