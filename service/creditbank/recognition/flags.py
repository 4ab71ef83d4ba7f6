"""Claims that people were asked to look at: what was granted changed after a diploma was issued, or became unknown."""

from __future__ import annotations

from uuid import UUID

from creditbank.db import Transaction
from creditbank.identity.actor import Actor
from creditbank.recognition import refusals
from creditbank.recognition.opening import open_claim
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools


async def clear_flag(session: Transaction, claim_id: UUID, *, words: str, actor: Actor, tools: Tools) -> None:
    """Somebody looked, and says what they found; the outcome itself is changed by an override.

    Raises NotFound, NothingFlagged.
    """
    opened = await open_claim(session, claim_id, tools=tools)
    claim = opened.claim
    if claim.flagged_at is None:
        raise refusals.NothingFlagged
    writing = new_writing(tools, [opened.person], by=actor.name)
    claim.flagged_at = None
    sealed = opened.person.seal({"words": words}, learner_id=claim.learner_id, field="act")
    writing.note(claim, "unflagged", words=sealed)
    await writing.write(session)
