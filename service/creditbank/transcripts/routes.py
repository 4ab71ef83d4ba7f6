"""HTTP for transcripts, balances and statements: whoever may see a learner, as far as they may see."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.changes.numberer import last_number_at
from creditbank.db import SessionDep
from creditbank.errors import Malformed
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    ShortWay,
    cursor_of,
    keys_of,
    language_of,
    link_to,
    one_page,
)
from creditbank.identity.actor import ActorDep, Reach, asking
from creditbank.learners.families import family_of
from creditbank.learners.sight import allowed_to_see
from creditbank.ledger.statement import BalancesOut, StatementOut, balances, lines
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(prefix="/v1/learners/{learner_id}", tags=["transcripts"], route_class=ShortWay)

AsOf = Annotated[date | None, Query(description="截至哪一天发生的成果。|Records that happened by this day.")]
KnownAt = Annotated[
    datetime | None,
    Query(description="学分银行截至何时已知。|As the bank knew it at this instant; a later one than the last numbered "
          "change is answered as of that change, and `known_at` says so."),
]  # fmt: skip


class TranscriptLine(BaseModel):
    """One record, what it counts for, and where that comes from."""

    record_id: UUID
    learner_id: UUID
    kind: str
    institution_id: UUID
    scheme: str | None
    level: str | None
    credits: str
    verdict: Literal["granted", "not_granted", "unknown"]
    clause: str | None
    occurred_on: date
    recorded_at: datetime
    version: int
    decision_id: UUID
    posting_id: UUID | None
    shown: dict[str, Any]
    private: dict[str, Any] | None


class TranscriptOverride(BaseModel):
    """That people decided against the rules: who, why, and until when it holds."""

    by: str | None
    confirmed_by: str | None
    """The second person, where one had to agree."""
    reason: str | None
    expires_on: date | None


class TranscriptConversion(BaseModel):
    """A course of a plan that records were converted for (转换), with the credits of that course."""

    decision_id: UUID
    posting_id: UUID | None
    """None for an exemption without credits."""
    claim_id: UUID
    line_no: int
    learner_id: UUID
    effective_on: date
    decided_at: datetime
    scheme: str | None
    level: str | None
    credits: str
    plan_id: UUID | None
    institution_id: UUID | None
    """The college whose plan it is."""
    institution: str | None
    course: dict[str, Any]
    """As the plan had it: code, name, category, credits."""
    exemption: str
    """none; full (免修免考); attendance (免听，免修不免考)."""
    grade: str | None
    """Percent."""
    grade_text: str | None
    record_ids: list[UUID]
    """The records it uses, all of the same person."""
    document: str | None
    clause: str | None
    override: TranscriptOverride | None


class ConversionTotal(BaseModel):
    """A sum of converted credits over a scheme, or over a level and college within it."""

    scheme: str
    level: str | None
    institution_id: UUID | None
    courses: int
    credits: str


class TranscriptTotal(BaseModel):
    """A sum of deposited credits over a scheme, or over a level and institution within it."""

    scheme: str
    level: str | None
    institution_id: UUID | None
    records: int
    credits: str


class TranscriptLearner(BaseModel):
    """Whose transcript it is; the document number is masked."""

    learner_id: UUID
    account_no: str
    name: str | None
    document: dict[str, str] | None
    erased: bool
    accounts: list[UUID]


class TranscriptOut(BaseModel):
    """A transcript (终身学习档案). `partial` says that records are left out: by choice, or as not to be seen."""

    learner: TranscriptLearner
    made_at: datetime
    as_of: date | None
    known_at: datetime | None
    known_at_asked: datetime | None
    partial: bool
    reported_by: UUID | None
    records_shown: int
    records_in_all: int | None
    labels: dict[str, dict[str, str]]
    links: dict[str, str]
    totals: list[TranscriptTotal]
    conversion_totals: list[ConversionTotal]
    """Never to be added to `totals`: the same achievement would count twice."""
    conversions: list[TranscriptConversion]
    records: list[TranscriptLine]


@router.get("/transcript", response_model=TranscriptOut, summary="终身学习档案|The transcript")
async def read_transcript(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    language: LanguageDep,
    learner_id: UUID,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    record: Annotated[
        list[UUID] | None, Query(max_length=500, description="只含这些成果。|Only these records.")
    ] = None,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="语言。|Language of the labels.")] = None,
) -> Response:
    """By scheme, level and institution, with totals and the way back of every credit."""
    at = clock.now()
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    asked = Asked(as_of, _aware(known_at), record, lang or language)
    body = await transcript(session, learner_id, asked, reported_by=sight.institution_id, keyring=keyring, at=at)
    return Response(body, media_type="application/json")


async def _own_transcript(request: Request) -> Response | None:
    """Today's whole transcript for the learner whose it is: nothing else has to be asked."""
    actor = await asking(request)
    learner_id = request.path_params["learner_id"]
    if actor.learner_id is None or learner_id != str(actor.learner_id) or Reach.OWN not in actor.reach:
        return None
    if request.scope["query_string"]:
        return None
    state, asked = request.app.state, Asked(language=language_of(request))
    async with state.database.bare() as connection:
        body = await transcript(
            connection, actor.learner_id, asked, reported_by=None, keyring=state.keyring, at=clock.now()
        )
    return Response(body, media_type="application/json")


read_transcript.short = _own_transcript  # type: ignore[attr-defined]


@router.get("/balances", response_model=BalancesOut, summary="学分余额|Balances by scheme")
async def read_balances(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    learner_id: UUID,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> BalancesOut:
    """What the person has in each scheme; credits of two schemes are never added together."""
    at = clock.now()
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    day, number, known = await _clocks(session, as_of, known_at, at)
    family = await family_of(session, learner_id)
    found = await balances(session, family, as_of=day, number=number, institution_id=sight.institution_id)
    return BalancesOut(as_of=day, known_at=known, balances=found)


@router.get("/statement", response_model=StatementOut, summary="对账单|Every posting")
async def read_statement(
    request: Request,
    response: Response,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    learner_id: UUID,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    cursor: CursorDep = None,
    limit: LimitDep = 100,
) -> StatementOut:
    """Postings in the order in which they were made: grants, take-backs, reversals."""
    at = clock.now()
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    day, number, known = await _clocks(session, as_of, known_at, at)
    family = await family_of(session, learner_id)
    after = keys_of(cursor, datetime.fromisoformat, UUID)
    found = await lines(
        session, family, as_of=day, number=number, institution_id=sight.institution_id,
        after=None if after is None else (_aware(after[0]) or at, after[1]), limit=limit + 1,
    )  # fmt: skip
    page, following = one_page(found, limit=limit, key=lambda line: cursor_of(str(line.posted_at), line.posting_id))
    response.headers.update(link_to(request, following))
    return StatementOut(as_of=day, known_at=known, lines=page, next=following)


async def _clocks(
    session: AsyncSession, as_of: date | None, known_at: datetime | None, at: datetime
) -> tuple[date, int | None, datetime | None]:
    instant = _aware(known_at)
    if instant is None:
        return as_of or clock.today(at), None, None
    last = await last_number_at(session, instant)
    return as_of or clock.today(at), last.number, last.known_at


def _aware(instant: datetime | None) -> datetime | None:
    """An instant without a zone is one of the city."""
    if instant is None or instant.tzinfo is not None:
        return instant
    try:
        return instant.replace(tzinfo=clock.CITY).astimezone(UTC)
    except OverflowError:
        raise Malformed(
            field="/known_at", why_zh="时刻过早或过晚", why_en="the instant is too early or too late"
        ) from None
