"""Consent by purpose, dated, to an institution or to the bank: each word given or taken back is a row of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import Malformed
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.learners.families import lock_person
from creditbank.learners.guardians import must_act_for
from creditbank.learners.tables import Consent
from creditbank.sealing import Keyring

TO_AN_INSTITUTION = {"transcript", "recognition"}
"""Purposes that somebody in particular is consented to; the others may be the bank's own."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A consent that holds at an instant."""

    purpose: str
    institution_id: UUID | None
    since_at: datetime
    until_on: date | None


async def say(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    purpose: str,
    institution_id: UUID | None,
    given: bool,
    until_on: date | None,
    at: datetime,
    keyring: Keyring,
) -> Consent:
    """Give consent or take it back; the last word on a purpose and an institution holds.

    Raises NotFound for a stranger, GuardianActs for a child under fourteen, InstitutionUnknown, Malformed.
    """
    person = await lock_person(session, learner_id)
    await must_act_for(session, actor, person.family, at=at, keyring=keyring)
    _must_fit(purpose, institution_id, until_on, on=clock.today(at))
    await _must_be_known(session, institution_id)
    word = Consent(
        learner_id=learner_id,
        consent_id=new_id(),
        purpose=purpose,
        institution_id=institution_id,
        given=given,
        at=at,
        until_on=until_on if given else None,
        by=actor.name,
    )
    session.add(word)
    await session.flush()
    return word


def _must_fit(purpose: str, institution_id: UUID | None, until_on: date | None, *, on: date) -> None:
    if purpose in TO_AN_INSTITUTION and institution_id is None:
        raise Malformed(
            field="/institution_id",
            why_zh="该用途须指明授权给哪个机构",
            why_en="consent for this purpose names the institution it is given to",
        )
    if until_on is not None and until_on < on:
        raise Malformed(
            field="/until_on", why_zh="截止日期已过，请填写今天或以后的日期", why_en="the last day is already over"
        )


async def _must_be_known(session: AsyncSession, institution_id: UUID | None) -> None:
    if institution_id is None:
        return
    connection = await session.connection()
    found = await connection.execute(
        text("SELECT 1 FROM institution WHERE institution_id = :id"), {"id": institution_id}
    )
    if found.first() is None:
        raise InstitutionUnknown(field="/institution_id", institution=institution_id)


async def words_of(session: AsyncSession, family: Collection[UUID], *, until: datetime) -> Sequence[Consent]:
    """Every word a person said about consent up to an instant, the last one first."""
    return (
        await session.exec(
            select(Consent)
            .where(col(Consent.learner_id).in_(family), col(Consent.at) <= until)
            .order_by(col(Consent.at).desc(), col(Consent.consent_id).desc())
        )
    ).all()


async def consents_on(session: AsyncSession, family: Collection[UUID], *, at: datetime) -> list[InForce]:
    """What a person consents to at an instant; `until_on` is the last day, in the city."""
    return in_force(await words_of(session, family, until=at), at=at)


def in_force(words: Sequence[Consent], *, at: datetime) -> list[InForce]:
    """Of words with the last one first, those that hold: given, not taken back later, not over."""
    last: dict[tuple[str, UUID | None], Consent] = {}
    for word in words:
        last.setdefault((word.purpose, word.institution_id), word)
    today = clock.today(at)
    return [
        InForce(word.purpose, word.institution_id, word.at, word.until_on)
        for word in last.values()
        if word.given and (word.until_on is None or word.until_on >= today)
    ]


def may_recognise(words: Sequence[Consent], *, at: datetime) -> frozenset[UUID]:
    """Of words with the last one first, the institutions that may use all of somebody's records for recognition; to
    let somebody see a transcript is another word.
    """
    return frozenset(
        one.institution_id
        for one in in_force(words, at=at)
        if one.purpose == "recognition" and one.institution_id is not None
    )
