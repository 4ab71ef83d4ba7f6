"""What has to be there before anybody can call the API: the packaged reference data and a first administrator.

Everything else of the demo goes over HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.identity.access_log import SYSTEM
from creditbank.identity.first import first_administrator
from creditbank.identity.logins import LoginNameTaken, change_password, index_of, new_password
from creditbank.identity.security import Passwords
from creditbank.identity.tables import Client, Login
from creditbank.institutions.seeds import seed_reference
from creditbank.sealing import Keyring

ADMINISTRATOR = "demo.administrator"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A bank as its own machine reaches it. Its functions run an event loop of their own: call them from a thread."""

    settings: Settings
    database_url: str

    def reference_data(self) -> int:
        """Publish the packaged reference data that are not there; how many were not."""

        async def act(database: Database, keyring: Keyring) -> int:
            return await database.write(seed_reference)

        return self._run(act)

    def knows_client(self, client_id: str) -> bool:
        """Whether this bank opened a client: a file from another bank is of no use here."""

        async def act(database: Database, keyring: Keyring) -> bool:
            async with database.session() as session:
                return await session.get(Client, UUID(client_id)) is not None

        return self._run(act)

    def administrator(self) -> str:
        """A new password for the demo's administrator, who is opened if there is none."""

        async def act(database: Database, keyring: Keyring) -> str:
            passwords = Passwords(1)
            try:
                return await first_administrator(database, keyring, passwords, login=ADMINISTRATOR, at=clock.now())
            except LoginNameTaken:
                return await _another_password(database, keyring, passwords)
            finally:
                passwords.close()

        return self._run(act)

    def _run(self, act: Callable[[Database, Keyring], Awaitable[Found]]) -> Found:
        async def with_database() -> Found:
            database = Database(self.database_url, connections=2)
            said = self.settings
            keyring = Keyring.open(said.keys_dir, create=True, cipher=said.cipher, digest=said.digest)
            try:
                return await act(database, keyring)
            finally:
                await database.close()

        return asyncio.run(with_database())


async def _another_password(database: Database, keyring: Keyring, passwords: Passwords) -> str:
    """The file with the old one is gone, and nobody can read it out of the bank."""
    password = new_password()
    hashed = await passwords.hash(password)

    async def act(session: AsyncSession) -> None:
        found = await session.exec(select(Login).where(Login.name_index == index_of(keyring, ADMINISTRATOR)))
        await change_password(
            session, actor=SYSTEM, login_id=found.one().login_id, password_hash=hashed, at=clock.now()
        )

    await database.write(act)
    return password
