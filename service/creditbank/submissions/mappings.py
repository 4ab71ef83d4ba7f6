"""Column mappings of an institution: proposed for a file, confirmed by a person, saved, and used for later files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.records.schemas import Notice
from creditbank.sealing import Keyring, SealingKey, canonical
from creditbank.submissions import refusals
from creditbank.submissions.cells import Cell, Line, Unusable, line_from_json, line_to_json, place_of
from creditbank.submissions.keeping import key_of, open_field, seal_field
from creditbank.submissions.queueing import queue
from creditbank.submissions.receiving import own_file
from creditbank.submissions.reference import reference_of
from creditbank.submissions.rows import RowReader
from creditbank.submissions.schemas import MappingOut, PreviewOut, PreviewRow
from creditbank.submissions.sheets.assembling import Assembler
from creditbank.submissions.sheets.checking import check
from creditbank.submissions.sheets.columns import Act
from creditbank.submissions.sheets.mapping import Mapping, Reference, SheetLayout, SheetSample, lay_out
from creditbank.submissions.sheets.proposing import propose
from creditbank.submissions.sheets.setting_aside import SetAside
from creditbank.submissions.tables import ColumnMapping, SubmissionFile

LARGEST = 64 * 1024
"""Bytes of a mapping in JSON: a sheet of 200 columns needs some 15 KiB."""
SAMPLED = 200
"""Characters of a cell by which a mapping is proposed: a cell may have a million."""
PREVIEWED = 20
"""Lines that a preview reads."""
SAVED = 100
"""Mappings of an institution that a file is compared with, the newest first."""


async def propose_for(
    session: AsyncSession, file: SubmissionFile, samples: Sequence[SheetSample], *, at: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None, bool]:
    """The layout to keep, with proposal and samples; the mapping where nobody need be asked; whether it is so."""
    samples = [_shortened(sample) for sample in samples]
    saved = [Mapping.model_validate(row.mapping) for row in await _saved(session, file.institution_id)]
    reference = await reference_of(session, file.institution_id, today=clock.today(at))
    proposal = await asyncio.to_thread(
        partial(propose, samples, kind=file.kind, act=cast(Act, file.act), saved=saved, reference=reference)
    )
    mapping = proposal.mapping
    layouts = [] if mapping is None else lay_out(mapping, samples)
    kept = {
        "proposal": proposal.model_dump(mode="json"),
        "samples": [_sample_to_json(sample) for sample in samples],
        "layouts": [layout.model_dump(mode="json") for layout in layouts],
    }
    if not proposal.complete or mapping is None:
        return kept, None, False
    return kept, mapping.model_dump(mode="json"), True


def _shortened(sample: SheetSample) -> SheetSample:
    """Without the rest of long cells: one character more than is shown tells that there is more."""
    lines = [Line(line.row_no, tuple(map(_beginning, line.cells)), line.text) for line in sample.lines]
    return replace(sample, lines=lines)


def _beginning(cell: Cell) -> Cell:
    if isinstance(cell, Unusable):
        return replace(cell, text=cell.text[:SAMPLED])
    return cell[: SAMPLED + 1] if isinstance(cell, str) else cell


def _sample_to_json(sample: SheetSample) -> dict[str, Any]:
    return {
        "sheet_no": sample.sheet_no,
        "name": sample.name,
        "lines": [line_to_json(line) for line in sample.lines],
        "unusable": [[column, count] for column, count in sample.unusable.items()],
    }


def _sample_from_json(kept: AnyMapping[str, Any]) -> SheetSample:
    return SheetSample(
        sheet_no=kept["sheet_no"],
        name=kept["name"],
        lines=[line_from_json(line) for line in kept["lines"]],
        unusable=dict(kept["unusable"]),
    )


async def _saved(session: AsyncSession, institution_id: UUID) -> Sequence[ColumnMapping]:
    query = (
        select(ColumnMapping)
        .where(ColumnMapping.institution_id == institution_id, col(ColumnMapping.retired_at).is_(None))
        .order_by(col(ColumnMapping.confirmed_at).desc(), col(ColumnMapping.mapping_id).desc())
        .limit(SAVED)
    )
    return (await session.exec(query)).all()


async def saved_of(session: AsyncSession, institution_id: UUID) -> list[MappingOut]:
    """The mappings that an institution's files are read by, the newest first."""
    return [MappingOut(**row.model_dump()) for row in await _saved(session, institution_id)]


async def retire(session: AsyncSession, mapping_id: UUID, *, institution_id: UUID, at: datetime) -> None:
    """Stop using a mapping. Raises NotFound."""
    row = await session.get(ColumnMapping, mapping_id, with_for_update=True)
    if row is None or row.institution_id != institution_id:
        raise NotFound
    row.retired_at = row.retired_at or at
    session.add(row)
    await session.flush()


async def confirm(
    session: AsyncSession, submission_id: UUID, mapping: Mapping, *, actor: Actor, keyring: Keyring, at: datetime
) -> SubmissionFile:
    """Read the file by this mapping, and later files like it.

    Raises NothingToMap, MappingDoesNotFit for a mapping of which the file lacks a header, or of another act.
    """
    file = await own_file(session, submission_id, actor, lock=True)
    said = mapping.model_dump(mode="json")
    if len(orjson.dumps(said)) > LARGEST:
        raise refusals.MappingDoesNotFit(
            why_zh=f"内容超过 {LARGEST // 1024} KiB。请只列出要读取的列，删去不读取的表头。",
            why_en=f"it is longer than {LARGEST // 1024} KiB. Name the columns that are read; leave out the others.",
        )
    if file.mapping == said and file.status in ("queued", "running", "done"):
        return file
    if file.status != "needs_mapping":
        raise refusals.NothingToMap(status=file.status)
    if mapping.act != file.act:
        raise refusals.MappingDoesNotFit(why_zh="用途（act）与报送不同。", why_en="it is for another act.")
    key = key_of(keyring, submission_id, file.key_wrapped)
    layout = open_field(key, submission_id, "layout", file.layout_sealed or b"")
    samples = [_sample_from_json(sample) for sample in layout["samples"]]
    reference = await reference_of(session, file.institution_id, today=clock.today(at))
    fatal = [
        fault
        for fault in await asyncio.to_thread(check, mapping, samples, reference=reference)
        if fault.code in ("header_missing", "nothing_fits", "sheet_missing")
    ]
    if fatal:
        raise refusals.MappingDoesNotFit(
            why_zh="".join(one.zh for one in fatal[:3]), why_en=" ".join(one.en for one in fatal[:3])
        )
    layout["layouts"] = [one.model_dump(mode="json") for one in lay_out(mapping, samples)]
    file.layout_sealed = seal_field(key, submission_id, "layout", layout)
    file.mapping, file.queued_at = said, at
    await _save(session, file.institution_id, said, by=actor.name, at=at)
    await queue(session, file, at=at)
    session.add(file)
    await session.flush()
    return file


async def _save(session: AsyncSession, institution_id: UUID, mapping: dict[str, Any], *, by: str, at: datetime) -> None:
    digest = hashlib.sha256(canonical(mapping)).digest()
    for row in await _saved(session, institution_id):
        if row.mapping_digest == digest:
            row.confirmed_at, row.confirmed_by = at, by  # the last confirmed is the first tried
            session.add(row)
            return
    session.add(
        ColumnMapping(
            mapping_id=new_id(),
            institution_id=institution_id,
            mapping=mapping,
            mapping_digest=digest,
            confirmed_by=by,
            confirmed_at=at,
        )
    )


async def preview(
    session: AsyncSession, file: SubmissionFile, *, keyring: Keyring, today: date, by: Mapping | None = None
) -> PreviewOut:
    """What would be read of the first lines: by a mapping to try, or the one that was confirmed, or the one proposed.

    Raises NotReadYet, ContentErased.
    """
    key = key_of(keyring, file.submission_id, file.key_wrapped)
    if file.layout_sealed is None:
        raise refusals.NotReadYet(status=file.status)
    reference = await reference_of(session, file.institution_id, today=today)
    return await asyncio.to_thread(
        partial(_first_read, file, file.layout_sealed, key, reference=reference, keyring=keyring, by=by)
    )


def _first_read(
    file: SubmissionFile, sealed: bytes, key: SealingKey, *, reference: Reference, keyring: Keyring, by: Mapping | None
) -> PreviewOut:
    """The first lines as they would be read."""
    layout = open_field(key, file.submission_id, "layout", sealed)
    proposal = layout.get("proposal")
    said = by.model_dump(mode="json") if by is not None else file.mapping or (proposal or {}).get("mapping")
    if said is None:
        return PreviewOut(proposal=proposal, mapping=None, rows=[])
    samples = [_sample_from_json(sample) for sample in layout["samples"]]
    layouts = lay_out(by, samples) if by is not None else [SheetLayout.model_validate(one) for one in layout["layouts"]]
    assembler = Assembler(Mapping.model_validate(said), layouts, reference=reference, reason=file.reason)
    lines = [line for sample in samples for line in sample.lines[:PREVIEWED]]
    if assembler.needs_arranging:
        assembler.arrange(lines)
    reader = RowReader(file.act, assembler, keyring=keyring, today=reference.today)
    return PreviewOut(
        proposal=proposal, mapping=said, rows=[_previewed(line, reader, assembler, samples) for line in lines]
    )


def _previewed(line: Line, reader: RowReader, assembler: Assembler, samples: Iterable[SheetSample]) -> PreviewRow:
    sheet_no, row = place_of(line.row_no)
    sheet = next((sample.name for sample in samples if sample.sheet_no == sheet_no), None)
    read = reader.read(line)
    if read.row is not None:
        payload = read.row.model_dump(mode="json", exclude_none=True)
        return PreviewRow(row=row, sheet=sheet, reads="row", payload=payload)
    if read.change is not None:
        return PreviewRow(row=row, sheet=sheet, reads="row", payload=read.change)
    if read.became is not None:
        problem = read.became.problem or {}
        faults = problem.get("faults") or [{"zh": problem["detail_zh"], "en": problem["detail_en"]}]
        return PreviewRow(row=row, sheet=sheet, reads="fault", faults=faults)
    aside = assembler.row(line)
    why = Notice(code=aside.code, zh=aside.zh, en=aside.en) if isinstance(aside, SetAside) else None
    return PreviewRow(row=row, sheet=sheet, reads="set_aside", why=why)
