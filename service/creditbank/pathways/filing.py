"""The list as it is filed: a spreadsheet with the columns that the document names, made anew whenever it is read.

Names and document numbers are opened only here, for the registrar who files and the officer who freezes, and the log of
access says so. What was filed is held by its digest: a sheet that would say something else is not frozen.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
import xlsxwriter

from creditbank.clock import CITY, today
from creditbank.db import Transaction
from creditbank.http import as_text
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners.families import families_of
from creditbank.learners.personal import opened
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import Opened, acting, keys_for, open_round, rows_of
from creditbank.pathways.noticing import objections_of, settle_if_over
from creditbank.pathways.round_law import law_of
from creditbank.pathways.round_tables import RoundCandidate
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed

ROUTES: Mapping[str, str] = {
    "examined": "经转段考试",
    "exempt": "免试",
    "direct": "直升",
    "recognised": "认定转入",
}
TAKEN = "录取"
ERASED = "（已删除）"

_NAMES: LiteralString = """
SELECT learner_id, name_sealed FROM learner_name WHERE learner_id = ANY (%s) AND ended_at IS NULL
"""
_DOCUMENTS: LiteralString = """
SELECT learner_id, kind, sealed FROM learner_document WHERE learner_id = ANY (%s) AND ended_at IS NULL
ORDER BY kind <> 'resident_id', recorded_at DESC, document_id DESC
"""
_ACCOUNTS: LiteralString = "SELECT learner_id, account_no FROM learner WHERE learner_id = ANY (%s)"
_MEMBERS: LiteralString = """
SELECT learner_id, student_no_sealed FROM cohort_member WHERE cohort_id = %s AND learner_id = ANY (%s)
"""
_FACTS: LiteralString = """
SELECT d.learner_id, d.facts_sealed FROM decision d
WHERE (d.learner_id, d.decision_id) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A made spreadsheet with what identifies it."""

    content: bytes
    digest: bytes
    name: str


# --- acts -----------------------------------------------------------------------------------------------------------


async def file_list(session: Transaction, round_id: UUID, *, actor: Actor, tools: Tools) -> Opened:
    """File the settled list: what the sheet says from now on is held by its digest.

    Raises NotFound, RoundInAnotherState, RoundAlreadyFrozen, ObjectionsOpen.
    """
    found = await open_round(session, round_id, actor=actor)
    act, round_ = acting(tools, actor=actor), found.round
    await settle_if_over(session, found, act)
    if round_.state == "on_notice" and any(each.state == "open" for each in await objections_of(session, round_id)):
        raise refusals.ObjectionsOpen
    found.must_be("settled", "filed")
    round_.state, round_.filed_at, round_.filed_by = "filed", tools.at, actor.name
    sheet = await make_sheet(session, found, actor=actor, tools=tools, purpose="progression_filed")
    round_.filing_digest = sheet.digest
    act.note(round_, "filed", digest=sheet.digest.hex(), rows=len(found.of("proposed")))
    await act.write(session)
    return found


async def filed_sheet(session: Transaction, found: Opened, *, actor: Actor, tools: Tools) -> Sheet:
    """The sheet of a list that was filed, as it says now. Raises NothingFiled where nothing has been."""
    if found.round.filing_digest is None:
        raise refusals.NothingFiled
    return await make_sheet(session, found, actor=actor, tools=tools, purpose="progression_sheet_read")


# --- the sheet ------------------------------------------------------------------------------------------------------


async def make_sheet(session: Transaction, found: Opened, *, actor: Actor, tools: Tools, purpose: str) -> Sheet:
    """The list as a workbook: those who are taken, by rank and number, in the columns of the document.

    The same people, facts and day of filing give the same bytes.
    """
    round_ = found.round
    columns = law_of(tools.rulebook, round_).filing
    listed = sorted(found.of("proposed", "taken"), key=lambda each: (each.rank or 0, each.member_no))
    people = await _people(session, found, listed, keyring=tools.keyring)
    headers = [zh for zh, _, _ in columns]
    rows = [[people[each.learner_id].cell(what, each) for _, _, what in columns] for each in listed]
    detail = {"round_id": str(round_.round_id), "learners": len(listed)}
    await note(session, actor=actor, act="progression_sheet_made", purpose=purpose, at=tools.at, detail=detail)
    assert round_.filed_at is not None
    content = await asyncio.to_thread(_workbook, headers, rows, made_at=round_.filed_at)
    name = f"{today(round_.filed_at).isoformat()}-{round_.number}.xlsx"
    return Sheet(content, hashlib.sha256(content).digest(), name)


@dataclass(frozen=True, slots=True)
class _Person:
    name: str | None
    document_number: str | None
    student_no: str | None
    account_no: str
    facts: Mapping[str, Any] | None

    def cell(self, what: str, candidate: RoundCandidate) -> str | int:
        """What a column says of somebody; empty where it is not known, and that it was erased where it was."""
        match what:
            case "name" | "document_number":
                found = self.name if what == "name" else self.document_number
                return ERASED if self.facts is None and found is None else found or ""
            case "student_no":
                return self.student_no or ""
            case "account_no":
                return self.account_no
            case "member_no" | "rank":
                number = candidate.member_no if what == "member_no" else candidate.rank
                return "" if number is None else number
            case "route":
                route = candidate.route or ""
                return ROUTES.get(route, route)
            case "outcome":
                return TAKEN  # nobody else is listed
            case "total" | "total_of":
                return (candidate.total if what == "total" else candidate.total_of) or ""
        subject, _, key = what.partition(".")
        value = ((self.facts or {}).get(subject) or {}).get(key)
        return "" if value is None else str(value)


async def _people(
    session: Transaction, found: Opened, listed: Sequence[RoundCandidate], *, keyring: Keyring
) -> dict[UUID, _Person]:
    who = [each.learner_id for each in listed]
    families = await families_of(session, who)
    everybody = sorted({member for family in families.values() for member in family} | set(who))
    keys = await keys_for(session, everybody, keyring=keyring)
    names: dict[UUID, str] = {}
    for row in await rows_of(session, _NAMES, [everybody]):
        name = opened(keys.get(row["learner_id"]), row["name_sealed"], row["learner_id"], "name")
        if name is not None:
            names.setdefault(row["learner_id"], name)
    numbers: dict[UUID, str] = {}
    for row in await rows_of(session, _DOCUMENTS, [everybody]):
        text = opened(keys.get(row["learner_id"]), row["sealed"], row["learner_id"], "document")
        if text is not None:
            numbers.setdefault(row["learner_id"], orjson.loads(text)["number"])
    accounts = {row["learner_id"]: row["account_no"] for row in await rows_of(session, _ACCOUNTS, [who])}
    students = {
        row["learner_id"]: opened(
            keys.get(row["learner_id"]), row["student_no_sealed"], row["learner_id"], "student_no"
        )
        for row in await rows_of(session, _MEMBERS, [found.round.cohort_id, who])
    }
    facts = await _facts(session, listed, keys)
    return {
        one: _Person(
            _first(names, one, families[one]), _first(numbers, one, families[one]), students.get(one),
            accounts.get(one, ""), facts.get(one),
        )
        for one in who
    }  # fmt: skip


def _first(found: Mapping[UUID, str], one: UUID, family: Sequence[UUID]) -> str | None:
    """What is known of an account itself, else of another of the same person."""
    return next((found[each] for each in (one, *family) if each in found), None)


async def _facts(
    session: Transaction, listed: Sequence[RoundCandidate], keys: Mapping[UUID, SealingKey]
) -> dict[UUID, Mapping[str, Any]]:
    decided = [each for each in listed if each.decision_id is not None]
    said = [[each.learner_id for each in decided], [each.decision_id for each in decided]]
    found: dict[UUID, Mapping[str, Any]] = {}
    for row in await rows_of(session, _FACTS, said):
        learner_id, key = row["learner_id"], keys.get(row["learner_id"])
        if key is not None and row["facts_sealed"] is not None:
            found[learner_id] = orjson.loads(open_sealed(key, row["facts_sealed"], field_of(learner_id, "facts")))
    return found


def _workbook(headers: Sequence[str], rows: Sequence[Sequence[str | int]], *, made_at: datetime) -> bytes:
    """Every text as text: an identity number that Excel took for a number has lost digits."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        book.set_properties({"created": made_at.astimezone(CITY).replace(tzinfo=None, microsecond=0)})
        head, text = book.add_format({"bold": True, "num_format": "@"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("名单")
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, head)
            widest = max([len(header) * 2, *(len(str(row[column])) * 1.5 for row in rows)])
            sheet.set_column(column, column, min(60, widest + 2), text)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, as_text(value), text)
    return made.getvalue()
