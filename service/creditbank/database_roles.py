"""The two roles of the bank's database, what each may do in it, and the addresses they sign in with.

`creditbank_owner` owns the database and runs migrations. `creditbank_app` is the service: it may connect, and beyond
that only what the migrations grant it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url

SUPERUSER = "postgres"
OWNER = "creditbank_owner"
APP = "creditbank_app"
DATABASE = "creditbank"


@dataclass(frozen=True)
class Addresses:
    """SQLAlchemy addresses of one database for the three who sign in; they carry passwords, so no repr shows them."""

    app: str = field(repr=False)
    owner: str = field(repr=False)
    superuser: str = field(repr=False)

    def of_database(self, name: str) -> Addresses:
        """The same server and roles, another database."""
        return Addresses(*(_rendered(make_url(url).set(database=name)) for url in asdict(self).values()))

    def to_json(self) -> str:
        """For handing to another process; `from_json` reads it."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Addresses:
        """The addresses another process wrote."""
        return Addresses(**json.loads(text))


def addresses_on_socket(folder: str, *, port: int, passwords: Mapping[str, str]) -> Addresses:
    """Addresses through a Unix socket in this folder; `passwords` by role name."""

    def address(role: str) -> str:
        query = {"host": folder, "port": str(port)}
        return _rendered(
            URL.create("postgresql+psycopg", username=role, password=passwords[role], database=DATABASE, query=query)
        )

    return Addresses(app=address(APP), owner=address(OWNER), superuser=address(SUPERUSER))


def addresses_beside(superuser_url: str, *, passwords: Mapping[str, str]) -> Addresses:
    """Addresses of the two roles on the server that this superuser address names."""
    url = make_url(superuser_url).set(drivername="postgresql+psycopg", database=DATABASE)

    def address(role: str) -> str:
        return _rendered(url.set(username=role, password=passwords[role]))

    return Addresses(app=address(APP), owner=address(OWNER), superuser=_rendered(url))


def libpq_parameters(address: str) -> dict[str, str]:
    """A SQLAlchemy address as libpq's own parameters: user, password, host, port, dbname, sslmode …"""
    url = make_url(address)
    named = {"user": url.username, "password": url.password, "host": url.host, "port": url.port, "dbname": url.database}
    asked = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return {name: str(value) for name, value in {**named, **asked}.items() if value is not None}


def connect(address: str, **changed: str) -> psycopg.Connection[tuple[Any, ...]]:
    """One blocking connection that commits each statement, for upkeep outside the service."""
    return psycopg.connect(make_conninfo(**{**libpq_parameters(address), **changed}), autocommit=True)


def ensure_roles(connection: psycopg.Connection[Any], *, passwords: Mapping[str, str]) -> None:
    """Create the two roles where they are missing; a superuser's act."""
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for role in (OWNER, APP):
        if role not in known:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
            )


def open_database(connection: psycopg.Connection[Any], name: str, *, template: str | None = None) -> None:
    """Create a database of the owner where it is missing, and let only the two roles in; a superuser's act.

    Rights on the database itself are not copied from a template, so they are given here every time.
    """
    database = sql.Identifier(name)
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if known is None:
        # Its files are copied, and not each page by way of the log: two thirds of the time.
        copied = (
            sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template)) if template else sql.SQL("")
        )
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, sql.Identifier(OWNER)) + copied)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)
