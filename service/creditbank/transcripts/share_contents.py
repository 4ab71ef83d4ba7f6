"""What a share shows: the lines that were chosen, as they are now, each beside what it said when the share was made."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from creditbank.credits import format_credits, parse_credits
from creditbank.db import Transaction, run
from creditbank.errors import Language
from creditbank.rules import Rulebook
from creditbank.rules.compiling import CompiledVersion
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, seal
from creditbank.transcripts.service import Asked, transcript
from creditbank.transcripts.share_schemas import (
    SharedChange,
    SharedConversion,
    SharedHolder,
    SharedLine,
    SharedOut,
    SharedRule,
    SharedTotal,
)
from creditbank.transcripts.share_tables import Share

MARKS = frozenset({"score", "attempt", "attempt_no"})
"""What of a line in the open is a mark; what is sealed of it (a certificate's number, its score) goes with them."""
_OWN = ("learner_id", "posting_id", "recorded_at")
"""What a line of a transcript says to its learner and to nobody else."""
_COMPARED = ("scheme", "level", "credits", "verdict", "occurred_on")
_COMPARED_OF_A_COURSE = ("course", "scheme", "level", "credits", "exemption", "effective_on")

State = Literal["current", "changed", "gone"]


# --- kept when it is made -----------------------------------------------------------------------------------------


async def read_whole(
    session: Transaction, learner_id: UUID, records: Sequence[UUID] | None, *, keyring: Keyring, at: datetime
) -> dict[str, Any]:
    """Today's transcript of some records, or of all."""
    asked = Asked(records=records)
    found: dict[str, Any] = orjson.loads(
        await transcript(session, learner_id, asked, reported_by=None, keyring=keyring, at=at)
    )
    return found


def seal_said(
    key: SealingKey, learner_id: UUID, share_id: UUID, *, purpose: str, found: Mapping[str, Any], conversions: bool
) -> bytes:
    """The purpose and the lines as they stand, sealed under the learner's key as this share's."""
    said = {
        "purpose": purpose,
        "records": [_without(line, _OWN) for line in found["records"]],
        "conversions": [_without(line, _OWN) for line in found["conversions"]] if conversions else [],
    }
    return seal(key, zlib.compress(orjson.dumps(said)), field_of(learner_id, f"share:{share_id}"))


def open_said(key: SealingKey, share: Share) -> dict[str, Any]:
    """What was sealed of a share."""
    text = open_sealed(key, share.said_sealed, field_of(share.learner_id, f"share:{share.share_id}"))
    found: dict[str, Any] = orjson.loads(zlib.decompress(text))
    return found


def _without(line: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in names}


# --- shown when it is opened --------------------------------------------------------------------------------------


async def shown(
    session: Transaction,
    share: Share,
    said: Mapping[str, Any],
    *,
    keyring: Keyring,
    rulebook: Rulebook,
    at: datetime,
    language: Language,
) -> SharedOut:
    """What a share shows at an instant: nothing but its own lines, and of them what the learner chose."""
    then = {line["record_id"]: line for line in said["records"]}
    asked = Asked(records=[UUID(record_id) for record_id in then], language=language)
    found = orjson.loads(await transcript(session, share.learner_id, asked, reported_by=None, keyring=keyring, at=at))
    now = {line["record_id"]: line for line in found["records"]}
    courses = {(line["claim_id"], line["line_no"]): line for line in found["conversions"]}
    rules = _Rules(rulebook, await _decided(session, share, [*now.values(), *courses.values()]))
    numbers = {record_id: number for number, record_id in enumerate(then, start=1)}
    lines = [_line(numbers[one], then[one], now.get(one), rules, marks=share.with_marks) for one in then]
    converted = [
        _conversion(
            number, line, courses.get((line["claim_id"], line["line_no"])), numbers, rules, marks=share.with_marks
        )
        for number, line in enumerate(said["conversions"], start=1)
    ]
    return SharedOut(
        purpose=said["purpose"],
        made_at=share.made_at,
        shown_at=at,
        until_on=share.until_on,
        whole=share.whole,
        with_marks=share.with_marks,
        with_conversions=share.with_conversions,
        unchanged={one.state for one in lines} | {one.state for one in converted} <= {"current"},
        holder=_holder(share, found["learner"]),
        totals=_totals(lines),
        conversion_totals=_totals(converted),
        lines=lines,
        conversions=converted,
        rules=rules.told,
        labels=found["labels"],
    )


def _holder(share: Share, learner: Mapping[str, Any]) -> SharedHolder | None:
    if share.says_who == "nobody":
        return None
    document = learner["document"] if share.says_who == "name_and_number" else None
    return SharedHolder(
        name=learner["name"],
        document_kind=None if document is None else document["kind"],
        document_number=None if document is None else document["number"],
    )


def _line(
    number: int, then: Mapping[str, Any], now: Mapping[str, Any] | None, rules: _Rules, *, marks: bool
) -> SharedLine:
    if now is None:
        # Its own words of then, without marks: a record that was never this person's says nothing of anybody.
        line, state, changes = _visible(then, marks=False), "gone", [_change("credits", then["credits"], None)]
    else:
        line = _visible(now, marks=marks)
        changes = _changes(_flat(_visible(then, marks=marks), _COMPARED), _flat(line, _COMPARED))
        state = "changed" if changes else "current"
    return SharedLine(
        no=number,
        state=state,
        kind=line["kind"],
        institution=line["shown"].pop("institution", None),
        scheme=line["scheme"],
        level=line["level"],
        credits="0" if now is None else line["credits"],
        verdict=None if now is None else line["verdict"],
        occurred_on=line["occurred_on"],
        shown=line["shown"],
        private=line["private"],
        rule=None if now is None else rules.number_of(line["decision_id"]),
        changes=changes,
    )


def _visible(line: Mapping[str, Any], *, marks: bool) -> dict[str, Any]:
    """A line as the learner chose to show it."""
    if marks:
        return {**line, "shown": dict(line["shown"])}
    return {**line, "shown": _without(line["shown"], MARKS), "private": None}


def _conversion(
    number: int,
    then: Mapping[str, Any],
    now: Mapping[str, Any] | None,
    numbers: Mapping[str, int],
    rules: _Rules,
    *,
    marks: bool,
) -> SharedConversion:
    line = then if now is None else now
    compared = (*_COMPARED_OF_A_COURSE, *(("grade", "grade_text") if marks else ()))
    if now is None:
        state, changes = "gone", [_change("credits", then["credits"], None)]
    else:
        changes = _changes({name: then[name] for name in compared}, {name: now[name] for name in compared})
        state = "changed" if changes else "current"
    return SharedConversion(
        no=number,
        state=state,
        institution=line["institution"],
        course=line["course"],
        scheme=line["scheme"],
        level=line["level"],
        credits="0" if now is None else line["credits"],
        exemption=line["exemption"],
        grade=line["grade"] if marks and now is not None else None,
        grade_text=line["grade_text"] if marks and now is not None else None,
        effective_on=line["effective_on"],
        lines=sorted(numbers[record] for record in line["record_ids"] if record in numbers),
        by_people=line["override"] is not None,
        rule=None if now is None else rules.number_of(line["decision_id"]),
        changes=changes,
    )


def _flat(line: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What of a line is compared: its own fields, what was reported in the open, and what was sealed."""
    return {**{name: line[name] for name in names}, **line["shown"], **(line["private"] or {})}


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[SharedChange]:
    names = [*then, *(name for name in now if name not in then)]
    return [_change(name, then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)]


def _change(name: str, then: Any, now: Any) -> SharedChange:
    return SharedChange(field=name, then=then, now=now)


def _totals(lines: Sequence[SharedLine] | Sequence[SharedConversion]) -> list[SharedTotal]:
    sums: dict[str, list[int]] = {}
    for line in lines:
        credits = parse_credits(line.credits)
        if line.scheme is not None and credits:
            total = sums.setdefault(line.scheme, [0, 0])
            total[0] += 1
            total[1] += credits
    return [SharedTotal(scheme=one, lines=n, credits=format_credits(sum_)) for one, (n, sum_) in sums.items()]


# --- by which rules -----------------------------------------------------------------------------------------------

_DECIDED = """
SELECT decision_id::text, document, document_version, clause FROM decision
WHERE learner_id = ANY ($1) AND decision_id = ANY ($2)
"""

Decided = tuple[str, str, str | None]
"""Document, version, clause."""


async def _decided(session: Transaction, share: Share, lines: Iterable[Mapping[str, Any]]) -> dict[str, Decided]:
    """By which clause each line was decided; nothing where people decided."""
    family = [UUID(account) for account in share.accounts]
    asked = [UUID(line["decision_id"]) for line in lines]
    rows = await (await run(session, _DECIDED, family, asked)).fetchall()
    return {
        decision_id: (document, version, clause)
        for decision_id, document, version, clause in rows
        if document is not None and version is not None
    }


class _Rules:
    """The clauses that decided the lines, each told once and known by its number."""

    def __init__(self, rulebook: Rulebook, decided: Mapping[str, Decided]) -> None:
        self.told: list[SharedRule] = []
        self._decided = decided
        self._numbers: dict[Decided, int] = {}
        self._versions = {(each.document.document, each.version): each for each in rulebook.versions()}

    def number_of(self, decision_id: str) -> int | None:
        """The number of the rule that decided; it is told from now on."""
        decided = self._decided.get(decision_id)
        if decided is None:
            return None
        if decided not in self._numbers:
            self._numbers[decided] = len(self.told) + 1
            self.told.append(_rule(len(self.told) + 1, decided, self._versions.get(decided[:2])))
        return self._numbers[decided]


def _rule(number: int, decided: Decided, version: CompiledVersion | None) -> SharedRule:
    """A clause with its sources; of a version that was superseded only where it can be read."""
    document, named, clause = decided
    links = {"rule": f"/v1/rules/{document}?version={named}"}
    title: dict[str, str] | None = None
    says: dict[str, str] | None = None
    cites: tuple[str, ...] = ()
    if version is not None:
        title = {language: str(version.document.tree["title"][language]) for language in ("zh", "en")}
        for one in version.clauses:
            if one.id == clause:
                says, cites = {"zh": one.zh, "en": one.en}, one.cites
                links["clause"] = f"/v1/rules/{document}/clauses/{clause}?version={named}"
        if says is None:  # granted: what is given has its own sources
            cites = tuple(dict.fromkeys(name for output in version.outputs for name in output.cites))
    return SharedRule(
        no=number,
        document=document,
        version=named,
        title=title,
        clause=clause,
        says=says,
        citations=[] if version is None else [{"id": name, **version.sources[name]} for name in cites],
        links=links,
    )
