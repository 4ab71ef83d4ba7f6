"""The console's files in parts, as the pages' own script sends them: what has arrived stays when a connection drops.

The same functions as the API's routes call, with the session of a page. Each request may come twice: a file is begun
once by the key of its form, a part that is there is the same part, and a file that is complete stays so.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import now
from creditbank.db import DatabaseDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import ActorDep
from creditbank.portal.answering import SAFE
from creditbank.portal.console_files import PART, begin_file, new_file
from creditbank.portal.desk import Fault, PostedDep, answered_once, id_of, number_of_row
from creditbank.portal.forms import must_be_ours, not_readable
from creditbank.records.acts import Tools
from creditbank.submissions import receiving
from creditbank.submissions.schemas import CompletionIn

router = APIRouter(include_in_schema=False)


@router.post("/console/files/parts")
async def begin_in_parts(posted: PostedDep) -> Response:
    """A file is about to come: its id, and how large its parts are."""

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await new_file(session, posted.request, posted.visited, posted.actor, fault)

    async def act(session: AsyncSession, tools: Tools) -> dict[str, Any]:
        file = await begin_file(session, posted, tools, **posted.said("file_name", "size"))
        return {"file": str(file.submission_id), "part": PART}

    answered = await answered_once(posted, "con_file", act, show=show)
    if isinstance(answered, Response):
        return answered
    return Response(answered, media_type="application/json", headers=SAFE)


@router.post("/console/files/{submission_id}/parts/{part_no}")
async def take_part(
    request: Request, submission_id: str, part_no: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep
) -> Response:
    """The bytes of one part. Raises NotFound, and whatever `receive_part` does."""
    await must_be_ours(request)
    which, number, content = id_of(submission_id), number_of_row(part_no), await request.body()
    limit_mib = request.app.state.settings.file_limit_mib

    async def act(session: AsyncSession) -> object:
        return await receiving.receive_part(
            session, which, number, content, actor=actor, keyring=keyring, limit_mib=limit_mib
        )

    await database.write(act)
    return Response(status_code=204, headers=SAFE)


@router.post("/console/files/{submission_id}/completion")
async def complete_parts(submission_id: str, posted: PostedDep) -> Response:
    """Every part is there: the file is read next. Raises NotFound, and whatever `complete` does."""
    which = id_of(submission_id)
    try:
        said = CompletionIn.model_validate(posted.said("parts", "sha256"))
    except ValidationError:
        raise not_readable() from None

    async def act(session: AsyncSession) -> object:
        return await receiving.complete(session, which, said, actor=posted.actor, at=now())

    await posted.database.write(act)
    return Response(status_code=204, headers=SAFE)
