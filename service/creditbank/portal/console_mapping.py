"""The console's column mappings: what was proposed for a file, edited and tried on its first rows, then confirmed."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import BankError, Language
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of
from creditbank.portal.records_shown import value_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import PHRASES, named, speaker
from creditbank.records.acts import Tools
from creditbank.records.intake import sender_of
from creditbank.sealing import Keyring
from creditbank.submissions import mappings, receiving, service
from creditbank.submissions.schemas import PreviewOut, PreviewRow
from creditbank.submissions.sheets.columns import KIND_NAMES, Act, field_of, fields_of
from creditbank.submissions.sheets.guessing import LONGEST_HEADER
from creditbank.submissions.sheets.headers import NO_HEADER
from creditbank.submissions.sheets.mapping import (
    FROM_TITLE,
    OF_ONE_PERSON,
    TERM_END,
    Mapping,
    SheetMapping,
    missing_from,
)
from creditbank.submissions.sheets.proposing import told_apart
from creditbank.submissions.sheets.values import masked

router = APIRouter(include_in_schema=False)

MOST_TRIED = 12
"""Rows that the page shows of those a preview reads."""


# --- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Constant:
    """A field that no column gives: where what it says for all rows comes from."""

    name: str
    called: str
    source: str
    value: str
    from_title: bool
    term_end: bool


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet as the form shows it."""

    no: int
    name: str | None
    used: bool
    why_not: str
    kind: str | None
    columns: list[dict[str, Any]]
    fields: dict[str, str]
    constants: list[_Constant]
    questions: list[str]
    missing: list[str] = field(default_factory=list)


@router.get("/console/files/{submission_id}/mapping")
async def mapping_page(
    submission_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The proposed mapping with its questions and the first rows as it reads them. Raises NotFound, NotReadYet."""
    return await _mapping(session, visited, actor, id_of(submission_id), keyring=keyring)


async def _mapping(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    submission_id: UUID,
    *,
    keyring: Keyring,
    typed: Posted | None = None,
    by: Mapping | None = None,
    fault: Fault | None = None,
) -> Response:
    file = await receiving.own_file(session, submission_id, actor)
    seen = await mappings.preview(session, file, keyring=keyring, today=today(visited.at), by=by)
    return console_page(
        visited,
        "mapping.html",
        actor,
        here=f"/console/files/{submission_id}/mapping",
        fault=fault,
        file=await service.shown(session, file, keyring=keyring),
        waits=file.status == "needs_mapping",
        sheets=_sheets(seen, cast(Act, file.act), visited.language, typed),
        kinds={kind: said[visited.language == "en"] for kind, said in KIND_NAMES.items()},
        more=_told(seen, None, visited.language),
        rows=[_row(row, visited.language) for row in seen.rows[:MOST_TRIED]],
        tried=by is not None,
    )


def _told(seen: PreviewOut, sheet_no: int | None, language: Language) -> list[str]:
    """What the bank asks or tells of a sheet, or of the file."""
    proposal = seen.proposal or {}
    every = [*(proposal.get("questions") or ()), *(proposal.get("faults") or ())]
    return list(dict.fromkeys(each[language] for each in every if each.get("sheet_no") == sheet_no))


def _sheets(seen: PreviewOut, act: Act, language: Language, typed: Posted | None) -> list[_Sheet]:
    return [_sheet(one, seen, act, language, typed) for one in (seen.proposal or {}).get("sheets") or ()]


def _sheet(
    proposed: AnyMapping[str, Any], seen: PreviewOut, act: Act, language: Language, typed: Posted | None
) -> _Sheet:
    no, english = proposed["sheet_no"], language == "en"
    used = proposed["used"] if typed is None else typed.one(f"use_{no}") == "yes"
    kind = proposed["kind"] if typed is None else typed.one(f"kind_{no}")
    columns = [
        {**one, "field": one["field"] if typed is None else typed.one(f"col_{no}_{one['letter']}") or ""}
        for one in proposed["columns"]
    ]
    why = proposed["set_aside"]
    known = {one.name: (one.en if english else one.zh) for one in fields_of(kind, act=act)}
    return _Sheet(
        no=no,
        name=proposed["name"],
        used=used,
        why_not="" if why is None else why[language],
        kind=kind,
        columns=columns,
        fields=known,
        constants=[] if not used else _constants(proposed, kind, columns, act, language, typed),
        questions=_told(seen, no, language),
    )


def _constants(
    proposed: AnyMapping[str, Any],
    kind: str | None,
    columns: list[dict[str, Any]],
    act: Act,
    language: Language,
    typed: Posted | None,
) -> list[_Constant]:
    """The fields for which a person may say one value for all rows: those that are said so, and those that lack."""
    no = proposed["sheet_no"]
    drafted: dict[str, str] = (proposed["mapping"] or {}).get("constants") or {}
    given = {one["field"]: one["field"] for one in columns if one["field"]}
    # Not validated: it may lack or repeat anything, and only what it lacks is asked for.
    draft = SheetMapping.model_construct(
        kind=cast(Any, kind), columns={one: one for one in given}, constants={}, ignored=[], sheet=None
    )
    lacking = [name for name, _, _ in missing_from(draft, act=act)] if kind is not None or act != "report" else []
    names = [name for name in dict.fromkeys((*drafted, *lacking)) if name not in OF_ONE_PERSON and name not in given]
    found = []
    for name in names:
        known = field_of(name, kind, act=act)
        if known is None:
            continue
        said = drafted.get(name, "")
        source, value = ("", "") if not said else (said, "") if said in (FROM_TITLE, TERM_END) else ("value", said)
        if typed is not None:
            source, value = typed.one(f"from_{no}_{name}") or "", typed.one(f"const_{no}_{name}") or ""
        found.append(
            _Constant(
                name, known.en if language == "en" else known.zh, source, value,
                from_title=said == FROM_TITLE, term_end=name == "occurred_on" and kind == "course_result",
            )
        )  # fmt: skip
    return found


def _row(row: PreviewRow, language: Language) -> dict[str, Any]:
    """A row as it would be read, in words; identity and certificate numbers are masked."""
    payload = dict(row.payload or {})
    kind = str(payload.pop("kind", "") or "")
    who = payload.pop("learner", None) or {}
    document = (who.get("document") or {}).get("number")
    say = speaker(language)
    fields = [
        (say(f"field_{name}") if f"field_{name}" in PHRASES else _called(name, kind, language),
         masked(str(value)) if name == "number" else value_of(kind, name, value, language))
        for name, value in payload.items() if not isinstance(value, dict | list)
    ]  # fmt: skip
    return {
        "row": row.row,
        "sheet": row.sheet,
        "reads": row.reads,
        "kind": named("kind", kind, language) if kind else "",
        "name": who.get("name", ""),
        "number": who.get("student_no") or (masked(document) if document else ""),
        "fields": fields,
        "why": "" if row.why is None else (row.why.zh if language == "zh" else row.why.en),
        "faults": [str(each.get(language) or each.get(f"detail_{language}") or "") for each in row.faults],
    }


def _called(name: str, kind: str, language: Language) -> str:
    known = field_of(name, kind or None, act="withdraw")
    return name if known is None else known.en if language == "en" else known.zh


# --- what was typed -------------------------------------------------------------------------------------------------


def mapping_typed(posted: Posted, proposal: AnyMapping[str, Any], act: Act) -> Mapping:
    """The mapping that a form says. Raises ValidationError for one that cannot be used."""
    drafts: list[tuple[str | None, SheetMapping]] = []
    not_read: list[str] = []
    for sheet in proposal["sheets"]:
        no = sheet["sheet_no"]
        if posted.one(f"use_{no}") != "yes":
            looked_at = sheet["used"] or (sheet["set_aside"] or {}).get("code") == "explains"
            not_read += [sheet["name"]] if looked_at and sheet["name"] else []
        elif not sheet["columns"] and sheet["mapping"]:
            drafts.append((sheet["name"], SheetMapping.model_validate(sheet["mapping"])))
        else:
            drafts.append((sheet["name"], _sheet_typed(posted, sheet)))
    return Mapping(act=act, sheets=told_apart(drafts), not_read=not_read)


def _sheet_typed(posted: Posted, sheet: AnyMapping[str, Any]) -> SheetMapping:
    no = sheet["sheet_no"]
    columns, ignored = {}, []
    for column in sheet["columns"]:
        chosen = posted.one(f"col_{no}_{column['letter']}")
        if chosen is not None:
            columns[column["header"] or f"{NO_HEADER}{column['letter']}"] = chosen
        elif 0 < len(column["header"]) <= LONGEST_HEADER:
            ignored.append(column["header"])
    constants = {}
    for name, _ in posted.pairs:
        start = f"from_{no}_"
        source = posted.one(name) if name.startswith(start) else None
        if source is not None:
            fixed = posted.one(f"const_{no}_{name.removeprefix(start)}") or ""
            constants[name.removeprefix(start)] = fixed if source == "value" else source
    said = {"kind": posted.one(f"kind_{no}"), "columns": columns, "constants": constants, "ignored": ignored[:500]}
    return SheetMapping.model_validate(said)


@router.post("/console/files/{submission_id}/mapping")
async def confirm_mapping(submission_id: str, posted: PostedDep) -> Response:
    """Try a mapping on the first rows, or confirm it: the file is read by it, and later ones like it."""
    which = id_of(submission_id)
    keyring: Keyring = posted.state.keyring
    async with posted.database.session() as session:
        file = await receiving.own_file(session, which, posted.actor)
        seen = await mappings.preview(session, file, keyring=keyring, today=today(posted.visited.at))
    said_act = cast(Act, file.act)

    async def show(fault: Fault | None, by: Mapping | None = None) -> Response:
        async with posted.database.session() as session:
            return await _mapping(
                session, posted.visited, posted.actor, which, keyring=keyring, typed=posted, by=by, fault=fault
            )  # fmt: skip

    try:
        typed = mapping_typed(posted, seen.proposal or {"sheets": []}, said_act)
    except (ValidationError, BankError) as wrong:
        # To look is no act: what still lacks stands beside the form, with another kind's fields if it was changed.
        return await show(posted.refused("con_mapping", wrong))
    if posted.one("do") != "confirm":
        return await show(None, typed)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await mappings.confirm(session, which, typed, actor=posted.actor, keyring=tools.keyring, at=tools.at)

    return await done_once(posted, "con_mapping", act, then=f"/console/files/{which}", show=show)


# --- saved mappings -------------------------------------------------------------------------------------------------


@router.get("/console/mappings")
async def mappings_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """What an institution's later files are read by."""
    return await _saved(session, visited, actor)


async def _saved(session: AsyncSession, visited: Visit, actor: Actor, fault: Fault | None = None) -> Response:
    english = visited.language == "en"
    shown = []
    for one in await mappings.saved_of(session, sender_of(actor).institution_id):
        sheets = [
            {
                "kind": KIND_NAMES[sheet["kind"]][english] if sheet["kind"] else "",
                "columns": [
                    (header, _called(name, sheet["kind"] or "", visited.language))
                    for header, name in sheet["columns"].items()
                ],
            }
            for sheet in one.mapping["sheets"]
        ]
        shown.append({"id": one.mapping_id, "at": one.confirmed_at, "act": one.mapping["act"], "sheets": sheets})
    return console_page(visited, "mappings.html", actor, here="/console/mappings", fault=fault, saved=shown)


@router.post("/console/mappings/{mapping_id}/retirement")
async def retire_mapping(mapping_id: str, posted: PostedDep) -> Response:
    """Later files with its headers wait for a person again."""
    which, sender = id_of(mapping_id), sender_of(posted.actor)

    async def act(session: AsyncSession, tools: Tools) -> None:
        await mappings.retire(session, which, institution_id=sender.institution_id, at=tools.at)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _saved(session, posted.visited, posted.actor, fault)

    return await done_once(posted, "con_retire", act, then="/console/mappings", show=show)
