"""The records that a claim uses, for the hands that answer it: whose they are, and what each of them says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition.reading import one_claim
from creditbank.recognition.schemas import ClaimOut
from creditbank.records.acts import Tools
from creditbank.transcripts.service import Asked, transcript


class ClaimedRecord(BaseModel):
    """所用的一项学习成果，按今日档案。|A record that a claim uses, as today's transcript says it."""

    record_id: UUID
    kind: str
    institution_id: UUID
    occurred_on: str
    scheme: str | None
    level: str | None
    credits: str
    verdict: str
    shown: dict[str, Any] = Field(description="档案所载各项。|What the transcript says of it.")
    private: dict[str, Any] | None = Field(description="证书编号、成绩等。|Certificate number, score and the like.")


class ClaimedOut(BaseModel):
    """一份申请所用的学习成果。|Whose claim it is, and the records that it uses."""

    claim_id: UUID
    learner_id: UUID
    learner_name: str | None
    account_no: str
    records: list[ClaimedRecord] = Field(
        description="已撤回或改派的不在其中。|One that was withdrawn or reassigned is not among them."
    )


async def records_claimed(session: AsyncSession, claim: ClaimOut, *, actor: Actor, tools: Tools) -> ClaimedOut:
    """The records of the lines that a caller was shown: a claim that was read for them says which these are.

    Whoever is neither the learner nor their guardian learns a name here, so it is accounted for.
    """
    if Reach.OWN not in actor.reach and Reach.CHILD not in actor.reach:
        detail = {"claim_id": str(claim.claim_id)}
        await note(
            session, actor=actor, act="claim_records_seen", purpose="claim", at=tools.at, learner_id=claim.learner_id,
            detail=detail,
        )  # fmt: skip
    wanted = tuple(dict.fromkeys(record for line in claim.lines for record in line.record_ids))
    body = await transcript(
        session, claim.learner_id, Asked(records=wanted, language=tools.language), reported_by=None,
        keyring=tools.keyring, at=tools.at,
    )  # fmt: skip
    found = orjson.loads(body)
    learner = found["learner"]
    return ClaimedOut(
        claim_id=claim.claim_id,
        learner_id=claim.learner_id,
        learner_name=learner["name"],
        account_no=learner["account_no"],
        records=[
            ClaimedRecord(**{name: line.get(name) for name in ClaimedRecord.model_fields}) for line in found["records"]
        ],
    )


async def records_of_claim(session: AsyncSession, claim_id: UUID, *, actor: Actor, tools: Tools) -> ClaimedOut:
    """The same for a caller who names the claim: of a certificate body, the records it verifies. Raises NotFound."""
    claim = await one_claim(session, claim_id, actor=actor, tools=tools)
    return await records_claimed(session, claim, actor=actor, tools=tools)
