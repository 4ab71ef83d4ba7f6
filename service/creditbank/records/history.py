"""The whole way of one credit: a record's versions, the decisions about it with their findings, its postings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import Credits, format_credits
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.keys import key_of
from creditbank.learners.sight import Sight, sight_of
from creditbank.ledger.tables import Entry, Posting
from creditbank.records.tables import RecordVersion, Submission
from creditbank.rules import ENGINE_VERSION, Rulebook
from creditbank.rules.tables import Decision
from creditbank.sealing import Keyring, field_of, open_sealed


class VersionOut(BaseModel):
    """A version of a record, and the row it came in."""

    version: int
    act: str
    occurred_on: date
    recorded_at: datetime
    learner_id: UUID
    reported: dict[str, Any]
    warnings: list[str]
    reason: str | None
    submission_id: UUID
    row_no: int
    sent_by: str | None
    digest: str


class EntryOut(BaseModel):
    """One side of a posting."""

    sequence: int
    account: str
    institution_id: UUID | None
    amount: str
    balance_after: str


class PostingOut(BaseModel):
    """Credits granted or taken back, and why."""

    posting_id: UUID
    learner_id: UUID
    record_id: UUID
    decision_id: UUID
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
    """A decision with its findings and the facts it used."""

    decision_id: UUID
    learner_id: UUID
    kind: str
    record_id: UUID
    record_version: int
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
    links: dict[str, str]


class ReplayOut(BaseModel):
    """Whether deciding again from the stored facts says the same."""

    decision_id: UUID
    same: bool | None
    """None when the facts were erased, or when people decided: there is nothing to decide again from."""
    erased: bool
    differences: dict[str, Any]
    decided: dict[str, Any] | None


class RecordOut(BaseModel):
    """A record with everything that happened to it."""

    record_id: UUID
    learner_id: UUID
    institution_id: UUID
    kind: str
    live: bool
    versions: list[VersionOut]
    decisions: list[DecisionOut]
    postings: list[PostingOut]


async def record_with_history(
    session: AsyncSession, record_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> RecordOut:
    """A record as its institution, its learner or the bank may see it. Raises NotFound for everybody else."""
    statement = (
        select(RecordVersion, Submission.sent_by)
        .join(Submission, RecordVersion.submission_id == Submission.submission_id, isouter=True)  # type: ignore[arg-type]
        .where(RecordVersion.record_id == record_id)
        .order_by(RecordVersion.version)  # type: ignore[arg-type]
    )
    versions = list(await session.exec(statement))
    if not versions:
        raise NotFound
    last = versions[-1][0]
    seen = await _learners_seen(session, actor, [version for version, _ in versions], keyring, at)
    decisions = list(
        await session.exec(
            select(Decision)
            .where(Decision.record_id == record_id, Decision.learner_id.in_(list(seen)))  # type: ignore[attr-defined]
            .order_by(Decision.decided_at, Decision.effective_on)  # type: ignore[arg-type]
        )
    )
    postings = list(
        await session.exec(
            select(Posting)
            .where(Posting.record_id == record_id, Posting.learner_id.in_(list(seen)))  # type: ignore[attr-defined]
            .order_by(Posting.posted_at, Posting.posting_id)  # type: ignore[arg-type]
        )
    )
    told = [version for version in versions if version[0].learner_id in seen]
    return RecordOut(
        record_id=record_id,
        learner_id=told[-1][0].learner_id,
        institution_id=last.institution_id,
        kind=last.kind,
        live=last.act not in ("withdrawn", "reassigned_away") and last.learner_id in seen,
        versions=[await _version(session, version, sent_by, keyring) for version, sent_by in told],
        decisions=[
            await _decision(session, decision, keyring, rulebook, sight=seen[decision.learner_id])
            for decision in decisions
        ],
        postings=[await _posting(session, posting) for posting in postings],
    )


async def one_decision(
    session: AsyncSession, decision_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> DecisionOut:
    """A decision with its findings, or NotFound."""
    found = (await session.exec(select(Decision).where(Decision.decision_id == decision_id))).one_or_none()
    if found is None:
        raise NotFound
    sight = await _must_see(session, actor, found.learner_id, found.record_id, keyring, at)
    return await _decision(session, found, keyring, rulebook, sight=sight)


async def replay(
    session: AsyncSession, decision_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> ReplayOut:
    """Decide again from the stored facts by the stored version; what differs, if anything. Raises NotFound."""
    found = (await session.exec(select(Decision).where(Decision.decision_id == decision_id))).one_or_none()
    if found is None:
        raise NotFound
    sight = await _must_see(session, actor, found.learner_id, found.record_id, keyring, at)
    facts = await facts_of_decision(session, found, keyring)
    if facts is None:
        erased = found.facts_sealed is not None
        return ReplayOut(decision_id=decision_id, same=None, erased=erased, differences={}, decided=None)
    again = replayed(found, facts, rulebook)
    now = {
        "verdict": again.verdict,
        "clause": again.clause,
        "credits": again.outputs.get("credits") or 0,
        "scheme": again.outputs.get("scheme"),
        "document_digest": again.digest,
        "engine": ENGINE_VERSION,
    }
    then = {name: getattr(found, name) for name in now}
    differences = {name: {"then": then[name], "now": now[name]} for name in now if then[name] != now[name]}
    return ReplayOut(
        decision_id=decision_id,
        same=not differences,
        erased=False,
        differences=differences,
        decided=None if await _others(session, facts, sight) else orjson.loads(again.canonical()),
    )


async def one_posting(
    session: AsyncSession, posting_id: UUID, *, actor: Actor, keyring: Keyring, at: datetime
) -> PostingOut:
    """A posting with its entries, or NotFound."""
    found = (await session.exec(select(Posting).where(Posting.posting_id == posting_id))).one_or_none()
    if found is None:
        raise NotFound
    await _must_see(session, actor, found.learner_id, found.record_id, keyring, at)
    return await _posting(session, found)


async def _must_see(
    session: AsyncSession, actor: Actor, learner_id: UUID, record_id: UUID, keyring: Keyring, at: datetime
) -> Sight:
    statement = select(RecordVersion).where(
        RecordVersion.record_id == record_id, RecordVersion.learner_id == learner_id
    )
    versions = list(await session.exec(statement))
    return (await _learners_seen(session, actor, versions, keyring, at))[learner_id]


async def _learners_seen(
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


async def _version(session: AsyncSession, version: RecordVersion, sent_by: str | None, keyring: Keyring) -> VersionOut:
    reported = dict(version.body)
    key = await key_of(session, version.learner_id, keyring=keyring)
    if version.sealed is not None and key is not None:
        reported |= orjson.loads(open_sealed(key, version.sealed, field_of(version.learner_id, "record")))
    return VersionOut(
        version=version.version,
        act=version.act,
        occurred_on=version.occurred_on,
        recorded_at=version.recorded_at,
        learner_id=version.learner_id,
        reported=reported,
        warnings=version.warnings,
        reason=version.reason,
        submission_id=version.submission_id,
        row_no=version.row_no,
        sent_by=sent_by,
        digest=version.digest.hex(),
    )


async def facts_of_decision(session: AsyncSession, decision: Decision, keyring: Keyring) -> dict[str, Any] | None:
    """The facts a decision used, or None when the learner's key is gone (erased) or people decided."""
    if decision.facts_sealed is None:
        return None
    key = await key_of(session, decision.learner_id, keyring=keyring)
    if key is None:
        return None
    facts: dict[str, Any] = orjson.loads(
        open_sealed(key, decision.facts_sealed, field_of(decision.learner_id, "facts"))
    )
    return facts


def replayed(decision: Decision, facts: dict[str, Any], rulebook: Rulebook) -> Any:
    """Decide again from the stored facts by the stored version."""
    asked_on = date.fromisoformat((decision.basis or {})["asked_on"])
    if decision.document is None or decision.document_version is None:
        return rulebook.decide("deposit", facts, on=asked_on)
    return rulebook.replay(facts, decision.document, decision.document_version, on=asked_on)


async def _others(session: AsyncSession, facts: dict[str, Any], sight: Sight) -> bool:
    """Whether a decision weighed records that another institution reported and this caller may not see."""
    beside = [UUID(each["id"]) for each in facts.get("same", ()) if not each["this"]]
    if sight.institution_id is None or not beside:
        return False
    found = await session.exec(
        select(RecordVersion.record_id).where(
            col(RecordVersion.record_id).in_(beside), RecordVersion.institution_id != sight.institution_id
        )
    )
    return found.first() is not None


def _compares(finding: dict[str, Any]) -> bool:
    return str(finding.get("fact") or "").startswith("same") or isinstance(finding.get("observed"), dict | list)


def _own_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {"same": [each for each in facts["same"] if each["this"]]} if "same" in facts else facts


async def _decision(
    session: AsyncSession, decision: Decision, keyring: Keyring, rulebook: Rulebook, *, sight: Sight
) -> DecisionOut:
    facts = await facts_of_decision(session, decision, keyring)
    again = None if facts is None else replayed(decision, facts, rulebook)
    hidden = facts is not None and await _others(session, facts, sight)
    last = await session.exec(
        select(Decision.revision)
        .where(Decision.learner_id == decision.learner_id, Decision.record_id == decision.record_id)
        .order_by(Decision.revision.desc())  # type: ignore[attr-defined]
        .limit(1)
    )
    return DecisionOut(
        **decision.model_dump(exclude={"facts_sealed", "salt", "digest", "change_id", "credits"}),
        credits=format_credits(decision.credits),
        live=last.one() == decision.revision,
        digest=decision.digest.hex(),
        facts=None if again is None else _own_facts(again.facts_used()) if hidden else again.facts_used(),
        erased=decision.facts_sealed is not None and facts is None,
        # What compares this record with somebody else's is for the learner and the bank.
        findings=[] if again is None else [f for f in again.findings() if not (hidden and _compares(f))],
        links=_links(decision.record_id)
        | ({} if decision.document is None else {"rule": _rule(decision.document, decision.document_version)}),
    )


def _rule(document: str, version: str | None) -> str:
    return f"/v1/rules/{document}?version={version}"


def _links(record_id: UUID) -> dict[str, str]:
    return {"record": f"/v1/records/{record_id}"}


async def _posting(session: AsyncSession, posting: Posting) -> PostingOut:
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
        links=_links(posting.record_id) | {"decision": f"/v1/decisions/{posting.decision_id}"},
    )
