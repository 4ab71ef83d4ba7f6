"""HTTP for the records that a claim uses."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, LanguageDep, problems
from creditbank.identity.actor import ActorDep
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep
from creditbank.transcripts.claimed import ClaimedOut, records_of_claim

router = APIRouter(prefix="/v1", tags=["claims"])


@router.get(
    "/claims/{claim_id}/records",
    operation_id="read_records_of_claim",
    responses=problems(NotFound),
    summary="申请所用的学习成果|The records that a claim uses",
)
async def read_records_of_claim(
    claim_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> ClaimedOut:
    """办理申请的人据以审核、核验：是谁、哪项成果、证书编号、成绩。发证机构只看待其核验的。

    |What a hand answers by: who it is, which record, its number and score. A certificate body sees those it verifies.
    """
    return await records_of_claim(session, claim_id, actor=actor, tools=Tools(keyring, rulebook, clock.now(), language))
