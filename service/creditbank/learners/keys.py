"""A learner's own key, as long as it has not been destroyed."""

from __future__ import annotations

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.learners.tables import LearnerKey
from creditbank.sealing import Keyring, SealingKey, unwrap


async def key_of(session: AsyncSession, learner_id: UUID, *, keyring: Keyring) -> SealingKey | None:
    """The key, or None after an erasure: what was sealed under it is gone then. Read once per session."""
    row = await session.get(LearnerKey, learner_id)
    return None if row is None else unwrap(keyring, learner_id, row.wrapped)
