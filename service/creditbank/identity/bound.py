"""Being bound to one institution: it has to be one that the bank knows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError


class InstitutionNotKnown(BankError):
    """Access is given for an institution of this bank."""

    status = 409
    code = "institution_not_known"
    zh = "没有这个机构，请先登记机构。"
    en = "There is no such institution. Register it first."


async def must_be_an_institution(session: AsyncSession, institution_id: UUID) -> None:
    """Raises InstitutionNotKnown. By plain SQL: institutions stand above identity, and their code is not known here."""
    connection = await session.connection()
    found = await connection.execute(
        text("SELECT 1 FROM institution WHERE institution_id = :id"), {"id": institution_id}
    )
    if found.first() is None:
        raise InstitutionNotKnown(field="/institution_id")
