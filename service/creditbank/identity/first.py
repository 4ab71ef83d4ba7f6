"""The first administrator, from whom every other way in comes: made from the command line, on the bank's machine."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database
from creditbank.identity.access_log import SYSTEM
from creditbank.identity.logins import new_password, open_staff_login
from creditbank.identity.security import Passwords
from creditbank.sealing import Keyring


async def first_administrator(
    database: Database, keyring: Keyring, passwords: Passwords, *, login: str, at: datetime
) -> str:
    """Open a sign-in with the role of administrator; its password, which nobody can read again.

    Raises LoginNameTaken.
    """
    password = new_password()
    hashed = await passwords.hash(password)

    async def act(session: AsyncSession) -> None:
        await open_staff_login(
            session,
            keyring,
            actor=SYSTEM,
            login_name=login,
            password_hash=hashed,
            roles=["administrator"],
            display_name=login,
            institution_id=None,
            at=at,
        )

    await database.write(act)
    return password
