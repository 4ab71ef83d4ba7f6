"""Decisions and postings read one by one: what was said, why, as far as the caller may see it, and said again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import Credits, format_credits
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import family_of
from creditbank.learners.sight import ALL, Sight, sight_of
from creditbank.ledger.tables import Entry, Posting
from creditbank.records.replaying import Difference, ReplayOut, compared, facts_and_said, replayed
from creditbank.records.tables import RecordVersion
from creditbank.records.without_others import (
    facts_without_others,
    findings_without_others,
    records_in,
    rows_of_others,
    turning_without_others,
)
from creditbank.records.without_sensitive import facts_without_sensitive, findings_without_sensitive
from creditbank.rules import Rulebook
from creditbank.rules.flips import turning
from creditbank.rules.tables import Decision
from creditbank.sealing import Keyring


class EntryOut(BaseModel):
    """One side of a posting."""

    sequence: int
    account: str
    institution_id: UUID | None
    amount: str
    balance_after: str


class PostingOut(BaseModel):
    """Credits granted or taken back, and why: for a record that was deposited, or a line of a claim."""

    posting_id: UUID
    learner_id: UUID
    record_id: UUID | None
    claim_id: UUID | None
    line_no: int | None
    decision_id: UUID
    purpose: Literal["deposit", "conversion"]
    kind: str
    reverses: UUID | None
    reversed_by: UUID | None
    scheme: str
    amount: str
    occurred_on: date
    posted_at: datetime
    digest: str
    entries: list[EntryOut]
    links: dict[str, str]


class DecisionOut(BaseModel):
    """A decision with its findings and the facts it used: about a record, a line of a claim, or a candidate."""

    decision_id: UUID
    learner_id: UUID
    kind: str
    record_id: UUID | None
    record_version: int | None
    claim_id: UUID | None
    line_no: int | None
    round_id: UUID | None
    revision: int
    live: bool
    effective_on: date
    verdict: str
    scheme: str | None
    credits: Credits
    document: str | None
    document_version: str | None
    document_digest: str | None
    clause: str | None
    basis: dict[str, Any] | None
    engine: str
    decided_at: datetime
    digest: str
    facts: dict[str, Any] | None
    erased: bool
    findings: list[dict[str, Any]]
    turning: dict[str, Any] | None = Field(
        default=None,
        description="不予认定时：由哪些条款造成，最小的哪些改变会使结果不同，余额多少。"
        "|Of a refusal: the clauses that caused it, the smallest changes that would turn it, the room left.",
    )
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far a caller sees a decision: all of it, as the college whose plan it is for, as who reported a source, or
    all but what is sensitive, as the school of a candidate does.
    """

    sight: Sight
    part: Literal["all", "record", "plan", "source", "not_sensitive"]


async def one_decision(
    session: AsyncSession, decision_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> DecisionOut:
    """A decision with its findings, or NotFound."""
    found = await _decision(session, decision_id)
    seen = await _seen(session, actor, found, keyring, at)
    return await _told(session, found, keyring, rulebook, seen=seen)


async def replay(
    session: AsyncSession, decision_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> ReplayOut:
    """Decide again from the stored facts by the stored versions; what differs, if anything. Raises NotFound."""
    found = await _decision(session, decision_id)
    seen = await _seen(session, actor, found, keyring, at)
    stored = await facts_and_said(session, found, keyring)
    if stored is None:
        erased = found.facts_sealed is not None
        return ReplayOut(decision_id=decision_id, same=None, erased=erased, differences=[], decided=None)
    facts, said = stored
    again = replayed(found, facts, rulebook)
    differing = compared(found, said, again)
    hidden = seen.part == "source" or await _others(session, facts, seen)
    told = [one for one in differing if _may_hear(one["path"], seen, hidden=hidden)]
    return ReplayOut(
        decision_id=decision_id,
        same=not differing,
        erased=False,
        differences=[Difference(**one) for one in told],
        decided=None if hidden else await _as_far_as(session, orjson.loads(again.canonical()), found, seen),
    )


async def one_posting(
    session: AsyncSession, posting_id: UUID, *, actor: Actor, keyring: Keyring, at: datetime
) -> PostingOut:
    """A posting with its entries, or NotFound."""
    found = (await session.exec(select(Posting).where(Posting.posting_id == posting_id))).one_or_none()
    if found is None:
        raise NotFound
    await _seen(session, actor, await _decision(session, found.decision_id), keyring, at)
    return await posting_out(session, found)


# --- who sees how much --------------------------------------------------------------------------------------------


async def _decision(session: AsyncSession, decision_id: UUID) -> Decision:
    found = (await session.exec(select(Decision).where(Decision.decision_id == decision_id))).one_or_none()
    if found is None:
        raise NotFound
    return found


async def _seen(session: AsyncSession, actor: Actor, found: Decision, keyring: Keyring, at: datetime) -> _Seen:
    if found.round_id is not None:
        return await _candidate_seen(session, actor, found, keyring, at)
    if found.record_id is None:
        return await _claim_seen(session, actor, found, keyring, at)
    statement = select(RecordVersion).where(
        RecordVersion.record_id == found.record_id, RecordVersion.learner_id == found.learner_id
    )
    sight = (await learners_seen(session, actor, list(await session.exec(statement)), keyring, at))[found.learner_id]
    return _Seen(sight, "all" if sight.institution_id is None else "record")


async def _claim_seen(session: AsyncSession, actor: Actor, found: Decision, keyring: Keyring, at: datetime) -> _Seen:
    """The learner and the bank see all; the college its own decision; who reported a source, that it was used."""
    sight = await sight_of(session, actor, found.learner_id, at=at, keyring=keyring)
    if sight == ALL:
        return _Seen(ALL, "all")
    own, about = actor.institution_id, _about(found)
    if own is None or not actor.reach & {Reach.INSTITUTION, Reach.CONSENTED}:
        raise NotFound
    if str(own) == about.get("institution_id"):
        return _Seen(Sight("reported_by", own), "plan")
    if await _reported(session, found, own):
        return _Seen(Sight("reported_by", own), "source")
    raise NotFound


async def _candidate_seen(
    session: AsyncSession, actor: Actor, found: Decision, keyring: Keyring, at: datetime
) -> _Seen:
    """The learner, an officer and the college, which decides, see all; the school, and whoever only reads, sees nothing
    sensitive. Nobody else sees anything: that an institution reported something of the learner is no ground.
    """
    sight = await sight_of(session, actor, found.learner_id, at=at, keyring=keyring)
    about: dict[str, Any] = (found.basis or {}).get("progression", {})
    own = actor.institution_id
    if own is not None and Reach.INSTITUTION in actor.reach and str(own) == about.get("college_id"):
        return _Seen(ALL, "all")
    if own is not None and Reach.INSTITUTION in actor.reach and str(own) == about.get("school_id"):
        return _Seen(ALL, "not_sensitive")
    if sight != ALL:
        raise NotFound
    decides = own is None and "auditor" not in actor.roles
    return _Seen(ALL, "all" if decides or "officer" in actor.roles else "not_sensitive")


def _about(found: Decision) -> dict[str, Any]:
    about: dict[str, Any] = (found.basis or {}).get("conversion", {})
    return about


async def _reported(session: AsyncSession, found: Decision, institution_id: UUID) -> set[str]:
    """Which of the records that a line uses this institution reported."""
    used = [UUID(record) for record in _about(found).get("record_ids", ())]
    rows = await session.exec(
        select(RecordVersion.record_id).where(
            col(RecordVersion.learner_id).in_(await family_of(session, found.learner_id)),
            col(RecordVersion.record_id).in_(used),
            RecordVersion.institution_id == institution_id,
        )
    )
    return {str(record) for record in rows}


async def learners_seen(
    session: AsyncSession, actor: Actor, versions: list[RecordVersion], keyring: Keyring, at: datetime
) -> dict[UUID, Sight]:
    """Whose parts of a record's history the caller may see, and how much of them. Raises NotFound when none."""
    seen: dict[UUID, Sight] = {}
    for learner_id in {version.learner_id for version in versions}:
        sight = await sight_of(session, actor, learner_id, at=at, keyring=keyring)
        institutions = {version.institution_id for version in versions}
        if sight is not None and (sight.institution_id is None or sight.institution_id in institutions):
            seen[learner_id] = sight
    if not seen:
        raise NotFound
    return seen


async def _others(session: AsyncSession, facts: dict[str, Any], seen: _Seen) -> bool:
    """Whether a decision about a record weighed what another institution reported and this caller may not see."""
    beside = [UUID(each["id"]) for each in facts.get("same", ()) if not each["this"]]
    if seen.part != "record" or not beside:
        return False
    found = await session.exec(
        select(RecordVersion.record_id).where(
            col(RecordVersion.record_id).in_(beside), RecordVersion.institution_id != seen.sight.institution_id
        )
    )
    return found.first() is not None


_OPEN = ("/verdict", "/clause", "/credits", "/scheme", "/document_digest", "/engine")
"""What everybody who sees a decision sees of it."""


def _may_hear(path: str, seen: _Seen, *, hidden: bool) -> bool:
    if hidden:
        return path in _OPEN
    return seen.part not in ("plan", "not_sensitive") or not path.startswith(("/facts/", "/findings/"))


async def _mine(session: AsyncSession, found: Decision, facts: dict[str, Any], seen: _Seen) -> set[str]:
    """The records that a college may see in its decision: those that the line uses, and those it reported itself."""
    rows = await session.exec(
        select(RecordVersion.record_id).where(
            col(RecordVersion.learner_id).in_(await family_of(session, found.learner_id)),
            col(RecordVersion.record_id).in_(records_in(facts)),
            RecordVersion.institution_id == seen.sight.institution_id,
        )
    )
    return {*_about(found).get("record_ids", ()), *(str(record) for record in rows)}


async def _as_far_as(session: AsyncSession, said: dict[str, Any], found: Decision, seen: _Seen) -> dict[str, Any]:
    """What was decided, for the college whose plan it is without the rest of the learner's life, for a school without
    what is sensitive.
    """
    if seen.part == "not_sensitive":
        return said | {
            "facts": facts_without_sensitive(said["facts"]),
            "findings": findings_without_sensitive(said["findings"], said["facts"]),
        }
    if seen.part != "plan":
        return said
    facts, own = said["facts"], seen.sight.institution_id
    mine = await _mine(session, found, facts, seen)
    hidden = rows_of_others(facts, mine=mine, own=own)
    return said | {
        "facts": facts_without_others(facts, mine=mine, own=own),
        "findings": findings_without_others(said["findings"], hidden),
    }


# --- told ---------------------------------------------------------------------------------------------------------


def _compares(finding: dict[str, Any]) -> bool:
    return str(finding.get("fact") or "").startswith("same") or isinstance(finding.get("observed"), dict | list)


def _own_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {"same": [each for each in facts["same"] if each["this"]]} if "same" in facts else facts


async def decision_out(
    session: AsyncSession, decision: Decision, keyring: Keyring, rulebook: Rulebook, *, sight: Sight
) -> DecisionOut:
    """A decision about a record, as a caller with this sight of its learner sees it."""
    seen = _Seen(sight, "all" if sight.institution_id is None else "record")
    return await _told(session, decision, keyring, rulebook, seen=seen)


async def _told(
    session: AsyncSession, decision: Decision, keyring: Keyring, rulebook: Rulebook, *, seen: _Seen
) -> DecisionOut:
    stored = await facts_and_said(session, decision, keyring)
    findings: list[dict[str, Any]] = []
    used: dict[str, Any] | None = None
    turned: dict[str, Any] | None = None
    if stored is not None and seen.part != "source":
        facts, said = stored
        again = replayed(decision, facts, rulebook)
        if said is None:
            findings, used = again.findings(), again.facts_used()
        else:  # what was served is shown as it was served, whatever the engine would say today
            findings, used = said["findings"], said["facts"]
        whole, hidden = findings, frozenset[str]()
        if seen.part == "plan":
            own, mine = seen.sight.institution_id, await _mine(session, decision, used, seen)
            hidden = rows_of_others(used, mine=mine, own=own)
            findings = findings_without_others(findings, hidden)
            used = facts_without_others(used, mine=mine, own=own)
        if seen.part == "not_sensitive":
            findings = findings_without_sensitive(findings, used)
            used = facts_without_sensitive(used)
        elif await _others(session, facts, seen):
            # What compares this record with somebody else's is for the learner and the bank.
            findings, used = [each for each in findings if not _compares(each)], _own_facts(used)
        elif again.verdict == decision.verdict == "not_granted":
            turned = turning_without_others(turning(again).as_json(), whole, hidden)
    if seen.part != "source":  # what no document can lift is no finding of the rules, and comes first
        findings = [*(decision.basis or {}).get("findings", ()), *findings]
    return DecisionOut(
        **decision.model_dump(exclude={"facts_sealed", "salt", "digest", "change_id", "credits", "basis"}),
        basis=await _basis(session, decision, seen),
        credits=format_credits(decision.credits),
        live=await _last_revision(session, decision) == decision.revision,
        digest=decision.digest.hex(),
        facts=used,
        erased=decision.facts_sealed is not None and stored is None,
        findings=findings,
        turning=turned,
        links=_links(decision.record_id, decision.claim_id, decision.round_id)
        | ({} if decision.document is None else {"rule": _rule(decision.document, decision.document_version)}),
    )


_OF_A_USE = ("plan_id", "institution_id", "course")


async def _basis(session: AsyncSession, decision: Decision, seen: _Seen) -> dict[str, Any] | None:
    """Who reported a source learns for which course it was used, not with which others, nor what people wrote."""
    if seen.part != "source" or decision.basis is None:
        return decision.basis
    assert seen.sight.institution_id is not None
    about = _about(decision)
    mine = await _reported(session, decision, seen.sight.institution_id)
    told: dict[str, Any] = {name: about[name] for name in _OF_A_USE if name in about}
    told["record_ids"] = [record for record in about.get("record_ids", ()) if record in mine]
    kept = {name: decision.basis[name] for name in ("asked_on", "documents") if name in decision.basis}
    return kept | {"conversion": told}


async def _last_revision(session: AsyncSession, decision: Decision) -> int:
    about: Sequence[Any] = [Decision.record_id == decision.record_id]
    if decision.claim_id is not None:
        about = [Decision.claim_id == decision.claim_id, Decision.line_no == decision.line_no]
    elif decision.round_id is not None:
        about = [Decision.round_id == decision.round_id]
    last = await session.exec(
        select(Decision.revision)
        .where(Decision.learner_id == decision.learner_id, *about)
        .order_by(Decision.revision.desc())  # type: ignore[attr-defined]
        .limit(1)
    )
    return last.one()


def _rule(document: str, version: str | None) -> str:
    return f"/v1/rules/{document}?version={version}"


def _links(record_id: UUID | None, claim_id: UUID | None, round_id: UUID | None = None) -> dict[str, str]:
    if round_id is not None:
        return {"round": f"/v1/rounds/{round_id}"}
    if record_id is None:
        return {"claim": f"/v1/claims/{claim_id}"}
    return {"record": f"/v1/records/{record_id}"}


async def posting_out(session: AsyncSession, posting: Posting) -> PostingOut:
    """A posting with its two entries and what reversed it."""
    entries = await session.exec(
        select(Entry)
        .where(Entry.learner_id == posting.learner_id, Entry.posting_id == posting.posting_id)
        .order_by(Entry.sequence)  # type: ignore[arg-type]
    )
    undone = await session.exec(
        select(Posting.posting_id).where(
            Posting.learner_id == posting.learner_id, Posting.reverses == posting.posting_id
        )
    )
    return PostingOut(
        **posting.model_dump(exclude={"salt", "digest", "amount", "change_id", "institution_id"}),
        amount=format_credits(posting.amount),
        reversed_by=undone.one_or_none(),
        digest=posting.digest.hex(),
        entries=[
            EntryOut(
                sequence=entry.sequence,
                account=entry.account,
                institution_id=entry.institution_id,
                amount=format_credits(entry.amount),
                balance_after=format_credits(entry.balance_after),
            )
            for entry in entries
        ],
        links=_links(posting.record_id, posting.claim_id) | {"decision": f"/v1/decisions/{posting.decision_id}"},
    )
