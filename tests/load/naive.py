"""What a reader of the SQLModel tutorial would write: the same rows in the same tables, one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import FastAPI, Request
from pydantic import BaseModel
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.changes.tables import Outbox
from creditbank.credits import Credits
from creditbank.db import Database
from creditbank.identifiers import new_id
from creditbank.identity.security import Tokens
from creditbank.institutions import tables as institutions
from creditbank.learners import tables as learners
from creditbank.learners.documents import mask
from creditbank.learners.indexes import document_index, name_index, student_index
from creditbank.ledger.tables import Entry, Posting
from creditbank.once import StoredResponse
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.reading import read_row
from creditbank.records.schemas import ROW, CourseResultRow
from creditbank.records.tables import RecordCurrent, RecordKey, RecordVersion, Submission
from creditbank.rules import ENGINE_VERSION, Rulebook
from creditbank.rules.tables import Decision
from creditbank.sealing import (
    Keyring,
    blind_index,
    canonical,
    field_of,
    new_salt,
    open_sealed,
    salted_digest,
    seal,
    seal_for_bank,
    unwrap,
)
from creditbank.submissions.tables import SubmissionRow

_IDS = {"decision_id": "0" * 36, "posting_id": "0" * 36, "learner_id": "0" * 36, "recorded_at": "0" * 32}
"""As many bytes as the bank's own line has."""


class NaiveLine(BaseModel):
    """One record."""

    record_id: UUID
    kind: str
    institution_id: UUID
    scheme: str | None
    level: str | None
    credits: Credits
    verdict: str
    clause: str | None
    occurred_on: date
    recorded_at: datetime
    version: int
    decision_id: UUID
    posting_id: UUID | None
    shown: dict[str, Any]


class NaiveTranscript(BaseModel):
    """The transcript as objects."""

    account_no: str
    name: str
    document: str
    totals: dict[str, Credits]
    records: list[NaiveLine]


def naive_app(database: Database, keyring: Keyring, rulebook: Rulebook, tokens: Tokens) -> FastAPI:
    """The two lines of work as a plain application."""
    app = FastAPI()

    def asking(request: Request) -> Any:
        return tokens.actor(request.headers["authorization"].removeprefix("Bearer "))

    @app.get("/naive/learners/{learner_id}/transcript", response_model=NaiveTranscript)
    async def transcript(learner_id: UUID, request: Request) -> Any:
        assert asking(request).learner_id == learner_id
        async with AsyncSession(database.engine) as session:
            return await _transcript(session, learner_id, keyring)

    @app.post("/naive/records", status_code=201)
    async def record(row: CourseResultRow, request: Request) -> Any:
        actor = asking(request)
        async with AsyncSession(database.engine) as session:
            said = await _post(session, row, Sender(actor.institution_id, actor.name), keyring, rulebook)
            key = request.headers["idempotency-key"]
            session.add(
                StoredResponse(
                    caller=actor.name, key=key, payload_index=blind_index(keyring, "payload", key), status=201,
                    body_sealed=seal_for_bank(keyring, orjson.dumps(said), b"naive"), stored_at=clock.now(),
                )
            )  # fmt: skip
            await session.commit()
            return said

    return app


async def naive_submission(
    database: Database, lines: Sequence[bytes], *, sender: Sender, tools: Tools, commit_every: int
) -> float:
    """A file as the same reader would take it in: row by row through the ORM; the seconds that took."""
    submission, began = new_id(), time.perf_counter()
    for start in range(0, len(lines), commit_every):
        async with AsyncSession(database.engine) as session:
            for row_no, line in enumerate(lines[start : start + commit_every], start=start + 1):
                row = ROW.validate_json(line)
                assert isinstance(row, CourseResultRow)
                said = await _post(session, row, sender, tools.keyring, tools.rulebook)
                session.add(
                    SubmissionRow(
                        submission_id=submission, row_no=row_no, outcome="deposited",
                        record_id=UUID(said["record_id"]), version=1, kind=row.kind,
                        term=f"{row.academic_year}/{row.term}", about=row.course_code,
                    )
                )  # fmt: skip
                await session.flush()
            await session.commit()
    return time.perf_counter() - began


async def _transcript(session: AsyncSession, learner_id: UUID, keyring: Keyring) -> NaiveTranscript:
    learner = (await session.exec(select(learners.Learner).where(learners.Learner.learner_id == learner_id))).one()
    key = unwrap(keyring, learner_id, (await session.get_one(learners.LearnerKey, learner_id)).wrapped)
    name = (await session.exec(select(learners.LearnerName).where(learners.LearnerName.learner_id == learner_id))).one()
    document = (
        await session.exec(select(learners.LearnerDocument).where(learners.LearnerDocument.learner_id == learner_id))
    ).one()
    versions = (await session.exec(select(RecordVersion).where(RecordVersion.learner_id == learner_id))).all()
    decisions = (await session.exec(select(Decision).where(Decision.learner_id == learner_id))).all()
    postings = (await session.exec(select(Posting).where(Posting.learner_id == learner_id))).all()
    latest = {version.record_id: version for version in sorted(versions, key=lambda version: version.version)}
    decided = {each.record_id: each for each in sorted(decisions, key=lambda each: (each.revision, each.effective_on))}
    posted = {posting.record_id: posting for posting in postings}
    lines, totals = [], dict[str, int]()
    for record_id, version in latest.items():
        decision, posting = decided[record_id], posted.get(record_id)
        lines.append(
            NaiveLine(
                record_id=record_id, kind=version.kind, institution_id=version.institution_id,
                scheme=decision.scheme, level=decision.level, credits=str(decision.credits / 100),  # type: ignore[arg-type]
                verdict=decision.verdict, clause=decision.clause, occurred_on=version.occurred_on,
                recorded_at=version.recorded_at, version=version.version, decision_id=decision.decision_id,
                posting_id=posting.posting_id if posting else None, shown=version.body | version.derived,
            )
        )  # fmt: skip
        if decision.scheme is not None:
            totals[decision.scheme] = totals.get(decision.scheme, 0) + decision.credits
    number = orjson.loads(open_sealed(key, document.sealed, field_of(learner_id, "document")))["number"]
    return NaiveTranscript(
        account_no=learner.account_no,
        name=open_sealed(key, name.name_sealed, field_of(learner_id, "name")).decode(),
        document=mask(document.kind, number),
        totals={scheme: str(credits / 100) for scheme, credits in totals.items()},  # type: ignore[misc]
        records=sorted(lines, key=lambda line: (line.scheme or "", line.occurred_on)),
    )


async def _post(
    session: AsyncSession, given: CourseResultRow, sender: Sender, keyring: Keyring, rulebook: Rulebook
) -> dict[str, Any]:
    at = clock.now()
    row = read_row(given, row_no=1, institution_id=sender.institution_id, keyring=keyring, today=clock.today(at))
    assert row.document is not None
    found = (
        await session.exec(
            select(learners.IdentityKey).where(
                learners.IdentityKey.number_index == document_index(keyring, row.document)
            )
        )
    ).one()
    learner_id = found.learner_id
    (
        await session.exec(
            select(learners.LearnerName).where(
                learners.LearnerName.learner_id == learner_id,
                learners.LearnerName.name_index == name_index(keyring, given.learner.name),
            )
        )
    ).one()
    await session.exec(select(learners.LearnerAlias).where(learners.LearnerAlias.learner_id == learner_id))
    enrolment = (
        await session.exec(
            select(learners.Enrolment).where(
                learners.Enrolment.institution_id == sender.institution_id,
                learners.Enrolment.student_index
                == student_index(keyring, sender.institution_id, given.learner.student_no),
            )
        )
    ).one()
    plan = (
        await session.exec(select(institutions.Plan).where(institutions.Plan.programme_id == enrolment.programme_id))
    ).one()
    course = await session.get_one(institutions.PlanCourse, (plan.plan_id, given.course_code))
    (await session.exec(select(institutions.ScoreScale).where(institutions.ScoreScale.code == "percentage"))).one()
    profile = (
        await session.exec(
            select(institutions.InstitutionProfile).where(
                institutions.InstitutionProfile.institution_id == sender.institution_id
            )
        )
    ).one()
    assert (await session.exec(select(RecordKey).where(RecordKey.key_index == row.key_index))).one_or_none() is None
    head = (
        await session.exec(
            select(learners.LearnerHead).where(learners.LearnerHead.learner_id == learner_id).with_for_update()
        )
    ).one()
    key = unwrap(keyring, learner_id, (await session.get_one(learners.LearnerKey, learner_id)).wrapped)
    same = (
        await session.exec(
            select(RecordCurrent).where(RecordCurrent.learner_id == learner_id, RecordCurrent.content == row.content)
        )
    ).all()
    assert not same
    balances: dict[str, int] = {}
    for account in ("deposit", "source"):
        entry = (
            await session.exec(
                select(Entry)
                .where(Entry.learner_id == learner_id, Entry.account == account)
                .order_by(Entry.sequence.desc())  # type: ignore[attr-defined]
                .limit(1)
            )
        ).one_or_none()
        balances[account] = entry.balance_after if entry else 0
    record_id, decision_id, posting_id, change_id, submission_id = (new_id() for _ in range(5))
    facts: dict[str, Any] = {
        "record": {
            "kind": "course_result", "occurred_on": given.occurred_on.isoformat(), "attempt_kind": given.attempt,
            "attempt_number": given.attempt_no, "result": "passed", "score": given.score, "id": str(record_id),
        },
        "course": {
            "credits": course.credits, "in_plan": True, "source": "plan", "category": course.category,
            "learning_form": course.learning_form,
        },
        "enrolment": {"level": enrolment.level, "year_of_entry": enrolment.year_of_entry},
        "institution": {"id": str(sender.institution_id), "kind": profile.kind},
    }  # fmt: skip
    facts["same"] = [{"id": str(record_id), "this": True, "record": facts["record"]}]
    decided = rulebook.decide("deposit", facts, on=clock.today(at))
    credits, scheme = decided.outputs["credits"], decided.outputs["scheme"]
    salt = new_salt()
    session.add(
        Submission(
            submission_id=submission_id, institution_id=sender.institution_id, sent_by=sender.name, received_at=at,
            rows=1,
        )
    )  # fmt: skip
    session.add(
        RecordKey(
            institution_id=sender.institution_id, key_index=row.key_index, learner_id=learner_id, record_id=record_id
        )
    )
    shown = {
        "institution": profile.name,
        "title": course.name,
        "category": course.category,
        "in_plan": True,
        "result": "passed",
    }
    session.add(
        RecordVersion(
            learner_id=learner_id, record_id=record_id, version=1, change_id=change_id,
            institution_id=sender.institution_id, kind="course_result", act="reported", occurred_on=given.occurred_on,
            recorded_at=at, submission_id=submission_id, row_no=1, row_index=row.row_index, content=row.content,
            body=row.body(sensitive=False), derived=shown,
            sealed=seal(key, canonical(row.private(sensitive=False)), field_of(learner_id, "record")), warnings=[],
            salt=salt, digest=salted_digest(salt, row.sent),
        )
    )  # fmt: skip
    session.add(
        Decision(
            learner_id=learner_id, decision_id=decision_id, change_id=change_id, kind="deposit", record_id=record_id,
            record_version=1, revision=1, effective_on=given.occurred_on, verdict=decided.verdict, scheme=scheme,
            level=enrolment.level,
            credits=credits, document=decided.document, document_version=decided.version,
            document_digest=decided.digest, clause=decided.clause, basis={"dated_by": decided.dated_by},
            facts_sealed=seal(key, canonical(facts), field_of(learner_id, "facts")), engine=ENGINE_VERSION,
            decided_at=at, salt=salt, digest=salted_digest(salt, facts),
        )
    )  # fmt: skip
    await session.flush()
    session.add(
        Posting(
            learner_id=learner_id, posting_id=posting_id, change_id=change_id, decision_id=decision_id,
            record_id=record_id, kind="grant", scheme=scheme, institution_id=sender.institution_id, amount=credits,
            occurred_on=given.occurred_on, posted_at=at, salt=salt, digest=salted_digest(salt, str(posting_id)),
        )
    )  # fmt: skip
    await session.flush()
    for account, amount in (("deposit", credits), ("source", -credits)):
        head.last_entry += 1
        session.add(
            Entry(
                learner_id=learner_id, sequence=head.last_entry, posting_id=posting_id, scheme=scheme, account=account,
                institution_id=sender.institution_id if account == "source" else None, amount=amount,
                balance_after=balances[account] + amount,
            )
        )  # fmt: skip
    session.add(head)
    session.add(
        RecordCurrent(
            learner_id=learner_id, record_id=record_id, version=1, institution_id=sender.institution_id,
            kind="course_result", content=row.content, occurred_on=given.occurred_on, recorded_at=at, scheme=scheme,
            level=enrolment.level, credits=credits, verdict=decided.verdict, clause=decided.clause,
            decision_id=decision_id, posting_id=posting_id, shown=row.body(sensitive=False) | shown,
            line=orjson.dumps(row.body(sensitive=False) | shown | {"credits": credits, "id": str(record_id)} | _IDS)
            .decode(),
        )
    )  # fmt: skip
    session.add(
        Outbox(
            change_id=change_id, item=1, learner_id=learner_id, institution_id=sender.institution_id,
            record_id=record_id, version=1, act="reported", summary={"kind": "course_result"},
        )
    )  # fmt: skip
    await session.flush()
    return {"record_id": str(record_id), "credits": credits}
