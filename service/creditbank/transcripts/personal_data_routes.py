"""HTTP for taking out all personal data: by the learner, or a child's guardian, and by nobody else."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.http import KeyringDep, LanguageDep
from creditbank.identity.actor import ActorDep
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep
from creditbank.transcripts.personal_data import PersonalDataOut, as_file, personal_data

router = APIRouter(prefix="/v1/learners/{learner_id}", tags=["learners"])


@router.get(
    "/personal-data",
    operation_id="read_personal_data",
    response_model=PersonalDataOut,
    summary="导出全部个人信息|All personal data in one file",
)
async def read_personal_data(
    request: Request,
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """本人或监护人取得学分银行保存的全部内容；证件号码部分隐去；每次导出都记入访问日志。

    |Everything that the bank holds, for the learner or a child's guardian; numbers of documents masked. That it was
    taken out is logged.
    """
    tools = Tools(keyring, rulebook, clock.now(), language)
    found = await personal_data(
        session, learner_id, actor=actor, tools=tools, base_url=request.app.state.settings.base_url
    )
    return Response(as_file(found), media_type="application/json", headers={"Cache-Control": "no-store"})
