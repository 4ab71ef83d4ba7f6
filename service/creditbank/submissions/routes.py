"""HTTP for submissions: a file comes in parts, is mapped once, posted row by row, given back with its outcomes."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    a_workbook,
    answer,
    cursor_of,
    instant_and_id,
    keys_of,
    link_to,
    one_page,
    problems,
    workbook_response,
)
from creditbank.identity.actor import ActorDep, Reach
from creditbank.identity.writing import WriteDep
from creditbank.once import Answer
from creditbank.records.intake import sender_of
from creditbank.sealing import Keyring
from creditbank.submissions import mappings, receiving, refusals, service
from creditbank.submissions.keeping import name_of
from creditbank.submissions.outcomes import rows_of
from creditbank.submissions.report import ReportTooLarge, make_report
from creditbank.submissions.schemas import (
    CompletionIn,
    MappingsOut,
    PartOut,
    PreviewOut,
    RowResult,
    RowsOut,
    SentRowOut,
    Status,
    SubmissionIn,
    SubmissionOut,
    SubmissionsOut,
)
from creditbank.submissions.sheets.mapping import Mapping
from creditbank.submissions.tables import SubmissionFile

router = APIRouter(prefix="/v1", tags=["submissions"])

PartNo = Annotated[int, Path(ge=1, le=1_000_000)]
RowNo = Annotated[int, Path(ge=1, le=2**31 - 1)]


async def _answered(session: AsyncSession, file: SubmissionFile, keyring: Keyring, status: int = 200) -> Answer:
    return answer(status, await service.shown(session, file, keyring=keyring))


@router.post(
    "/submissions",
    status_code=201,
    response_model=SubmissionOut,
    responses=problems(refusals.FileTooLarge, receiving.TooManyUnfinished),
    summary="新建报送|Begin a submission",
)
async def begin_submission(
    request: Request, write: WriteDep, keyring: KeyringDep, said: Annotated[SubmissionIn, Body()]
) -> Response:
    """A file is about to come: send it in parts, then complete it. Nothing is written of it before it is whole."""
    sender = sender_of(write.actor)
    settings = request.app.state.settings

    async def act(session: AsyncSession) -> Answer:
        file = await receiving.begin(
            session, said, institution_id=sender.institution_id, by=sender.name, at=clock.now(), keyring=keyring,
            limit_mib=settings.file_limit_mib, retention=timedelta(days=settings.retention_days),
        )  # fmt: skip
        return await _answered(session, file, keyring, 201)

    return await write.once(act)


@router.put(
    "/submissions/{submission_id}/parts/{part_no}",
    response_model=PartOut,
    responses=problems(
        refusals.NoLongerReceiving,
        refusals.PartDiffers,
        refusals.PartEmpty,
        receiving.TooManyParts,
        refusals.FileTooLarge,
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    summary="上传一个部分|Send a part",
)
async def send_part(
    request: Request, write: WriteDep, keyring: KeyringDep, submission_id: UUID, part_no: PartNo
) -> Response:
    """The bytes of one part, in any order and again after a broken connection: the same part is the same."""
    content = await request.body()
    limit_mib = request.app.state.settings.file_limit_mib

    async def act(session: AsyncSession) -> Answer:
        part = await receiving.receive_part(
            session, submission_id, part_no, content, actor=write.actor, keyring=keyring, limit_mib=limit_mib
        )
        return answer(200, part)

    return await write.once(act)


@router.post(
    "/submissions/{submission_id}/completion",
    status_code=202,
    response_model=SubmissionOut,
    responses=problems(refusals.NoLongerReceiving, refusals.PartsMissing, refusals.SizeDiffers),
    summary="上传完成|Complete the file",
)
async def complete_submission(
    write: WriteDep, keyring: KeyringDep, submission_id: UUID, said: Annotated[CompletionIn, Body()]
) -> Response:
    """Every part is there: the file is read, and goes on by itself where its columns are known."""

    async def act(session: AsyncSession) -> Answer:
        file = await receiving.complete(session, submission_id, said, actor=write.actor, at=clock.now())
        return await _answered(session, file, keyring, 202)

    return await write.once(act)


@router.get("/submissions", response_model=SubmissionsOut, summary="报送列表|Submissions, the newest first")
async def list_submissions(
    request: Request,
    response: Response,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    status: Annotated[list[Status] | None, Query()] = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> SubmissionsOut:
    """An institution's own; an officer sees all."""
    found = await service.files_of(
        session,
        institution_id=None if Reach.ANY in actor.reach else sender_of(actor).institution_id,
        statuses=status or (),
        before=instant_and_id(cursor),
        limit=limit + 1,
    )
    page, following = one_page(found, limit=limit, key=lambda file: cursor_of(str(file.created_at), file.submission_id))
    response.headers.update(link_to(request, following))
    shown = [await service.shown(session, file, keyring=keyring, listed=True) for file in page]
    return SubmissionsOut(submissions=shown, next=following)


@router.get("/submissions/{submission_id}", response_model=SubmissionOut, summary="一次报送|One submission")
async def read_submission(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, submission_id: UUID
) -> SubmissionOut:
    """How far it is, how many rows of each outcome, and what it waits for."""
    file = await receiving.own_file(session, submission_id, actor)
    return await service.shown(session, file, keyring=keyring)


@router.get(
    "/submissions/{submission_id}/preview",
    response_model=PreviewOut,
    responses=problems(refusals.NotReadYet, refusals.ContentErased),
    summary="读取预览|How the file would be read",
)
async def preview_submission(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, submission_id: UUID
) -> PreviewOut:
    """The proposed column mapping with the reasons for it, and the first rows as they would be read by it."""
    file = await receiving.own_file(session, submission_id, actor)
    return await mappings.preview(session, file, keyring=keyring, today=clock.today(clock.now()))


@router.post(
    "/submissions/{submission_id}/preview",
    response_model=PreviewOut,
    responses=problems(refusals.NotReadYet, refusals.ContentErased),
    summary="按拟用的表头对应预览|How the file would be read by a mapping",
)
async def try_mapping(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, submission_id: UUID, said: Annotated[Mapping, Body()]
) -> PreviewOut:
    """The first rows as this mapping would read them, before it is confirmed. Nothing is written."""
    file = await receiving.own_file(session, submission_id, actor)
    return await mappings.preview(session, file, keyring=keyring, today=clock.today(clock.now()), by=said)


@router.put(
    "/submissions/{submission_id}/mapping",
    response_model=SubmissionOut,
    responses=problems(refusals.NothingToMap, refusals.MappingDoesNotFit, refusals.ContentErased),
    summary="确认表头对应|Confirm the column mapping",
)
async def confirm_mapping(
    write: WriteDep, keyring: KeyringDep, submission_id: UUID, said: Annotated[Mapping, Body()]
) -> Response:
    """It is saved for the institution: the next file with these headers goes on by itself."""

    async def act(session: AsyncSession) -> Answer:
        file = await mappings.confirm(session, submission_id, said, actor=write.actor, keyring=keyring, at=clock.now())
        return await _answered(session, file, keyring)

    return await write.once(act)


@router.get("/column-mappings", response_model=MappingsOut, summary="已保存的表头对应|Saved column mappings")
async def list_mappings(actor: ActorDep, session: SessionDep) -> MappingsOut:
    """Those that later files are read by, the newest first."""
    return MappingsOut(mappings=await mappings.saved_of(session, sender_of(actor).institution_id))


@router.post(
    "/column-mappings/{mapping_id}/retirement",
    response_model=MappingsOut,
    summary="停用表头对应|Stop using a saved mapping",
)
async def retire_mapping(write: WriteDep, mapping_id: UUID) -> Response:
    """Later files with its headers wait for a person again; files that were read by it stay as they are."""
    sender = sender_of(write.actor)

    async def act(session: AsyncSession) -> Answer:
        await mappings.retire(session, mapping_id, institution_id=sender.institution_id, at=clock.now())
        return answer(200, MappingsOut(mappings=await mappings.saved_of(session, sender.institution_id)))

    return await write.once(act)


RowLimit = Annotated[int, Query(ge=1, le=1000, description="每页条数。|How many to a page.", alias="limit")]


@router.get("/submissions/{submission_id}/rows", response_model=RowsOut, summary="逐行结果|What became of the rows")
async def list_rows(
    request: Request,
    response: Response,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    submission_id: UUID,
    outcome: Annotated[list[RowResult] | None, Query()] = None,
    cursor: CursorDep = None,
    limit: RowLimit = 200,
) -> RowsOut:
    """In the order of the file; with `outcome` only those. A hold for identity never says its ground."""
    file = await receiving.own_file(session, submission_id, actor)
    keys = keys_of(cursor, int)
    found = await rows_of(
        session, file, keyring=keyring, outcomes=outcome, after=keys[0] if keys else 0, limit=limit + 1
    )
    page, following = one_page(found, limit=limit, key=lambda row: cursor_of(row.row_no))
    response.headers.update(link_to(request, following))
    return RowsOut(rows=page, next=following)


@router.get(
    "/submissions/{submission_id}/rows/{row_no}",
    response_model=SentRowOut,
    responses=problems(refusals.ContentErased),
    summary="报送的一行原文|A row as it was sent",
)
async def read_row(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, submission_id: UUID, row_no: RowNo
) -> SentRowOut:
    """From a record back to its row: what stood in each cell, until the retention date."""
    file = await receiving.own_file(session, submission_id, actor)
    found = await service.sent_row(session, file, row_no, keyring=keyring)
    if found is None:
        raise NotFound
    return found


@router.post(
    "/submissions/{submission_id}/cancellation",
    response_model=SubmissionOut,
    responses=problems(refusals.SubmissionEnded),
    summary="取消报送|Cancel a submission",
)
async def cancel_submission(write: WriteDep, keyring: KeyringDep, submission_id: UUID) -> Response:
    """It stops between two chunks and says after which row; what was posted stays and can be withdrawn."""

    async def act(session: AsyncSession) -> Answer:
        file = await service.cancel(session, submission_id, actor=write.actor, at=clock.now())
        return await _answered(session, file, keyring)

    return await write.once(act)


@router.post(
    "/submissions/{submission_id}/continuation",
    response_model=SubmissionOut,
    responses=problems(refusals.NotPaused),
    summary="放行暂停的报送|Let a paused submission go on",
)
async def continue_submission(write: WriteDep, keyring: KeyringDep, submission_id: UUID) -> Response:
    """An officer has looked at the rows that are held for identity; it is logged."""

    async def act(session: AsyncSession) -> Answer:
        file = await service.let_go_on(session, submission_id, actor=write.actor, at=clock.now())
        return await _answered(session, file, keyring)

    return await write.once(act)


@router.get(
    "/submissions/{submission_id}/report.xlsx",
    responses={
        **a_workbook("The file."),
        **problems(refusals.NotReadYet, refusals.ContentErased, ReportTooLarge),
    },
    response_class=Response,
    summary="带结果的原表|The file given back with its outcomes",
)
async def report(
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    language: LanguageDep,
    submission_id: UUID,
    only: Annotated[Literal["attention"] | None, Query()] = None,
) -> Response:
    """Every sheet, column and value in order, with what became of each row; mend it and send it again as it is."""
    async with database.session() as session:
        file = await receiving.own_file(session, submission_id, actor)
    if file.format is None:
        raise refusals.NotReadYet(status=file.status)
    made = await make_report(database, file, keyring=keyring, language=language, only_attention=only == "attention")
    name = (name_of(file, keyring) or "submission").rsplit(".", 1)[0]
    called = quote(name + (".报送结果.xlsx" if language == "zh" else ".report.xlsx"))
    return workbook_response(made, disposition=f"attachment; filename=report.xlsx; filename*=UTF-8''{called}")
