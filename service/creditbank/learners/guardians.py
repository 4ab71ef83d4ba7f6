"""Guardians: recorded for a child by a school or the bank, with a way in of their own, and acting until fourteen.

Under fourteen the guardian's consent is needed for a child's personal data, which are sensitive (个人信息保护法
第二十八条、第三十一条). On the fourteenth birthday, by the city's calendar, the guardian's sight and acts end by
themselves: the guardianship stays as a row, nothing has to run at midnight.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from creditbank import clock
from creditbank.db import Transaction, driver, run
from creditbank.errors import NotAllowed, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.identity.logins import SignInCheck, open_login
from creditbank.identity.tables import Login
from creditbank.learners import refusals
from creditbank.learners.account_numbers import new_account_no
from creditbank.learners.documents import IdentityDocument, age_on, mask, under_fourteen
from creditbank.learners.families import family_of, lock_person
from creditbank.learners.inbox import serve
from creditbank.learners.indexes import document_index, name_index
from creditbank.learners.names import mask_name
from creditbank.learners.personal import is_child, keys_of, must_be_readable, opened, sealed, settle_birth
from creditbank.learners.schemas import Relation
from creditbank.learners.tables import Guardianship
from creditbank.learners.ties import must_vouch_for
from creditbank.sealing import Keyring, canonical

OF_AGE = 18


# --- who acts ---------------------------------------------------------------------------------------------------


async def may_act_for(session: Transaction, actor: Actor, learner_id: UUID, *, on: date, keyring: Keyring) -> bool:
    """Whether the caller may do what binds a learner on the city's day: claim, share, consent.

    The learner, merged accounts included, from the fourteenth birthday on; before it a recorded guardian.
    """
    family = await family_of(session, learner_id)
    own, guards = await _stands(session, actor, family)
    if not own and not guards:
        return False
    child = await is_child(session, family, on=on, keyring=keyring)
    return (own and not child) or (guards and child is True)


async def must_act_for(
    session: Transaction, actor: Actor, family: Collection[UUID], *, at: datetime, keyring: Keyring
) -> None:
    """Raises NotFound for a stranger and for a guardian whose time is over, GuardianActs for the child itself."""
    own, guards = await _stands(session, actor, family)
    if not own and not guards:
        raise NotFound
    child = await is_child(session, family, on=clock.today(at), keyring=keyring)
    if own and child:
        raise refusals.GuardianActs
    if not own and child is not True:
        raise NotFound


_GUARDS = """
SELECT FROM guardianship WHERE learner_id = ANY ($1) AND login_id = $2 AND ended_at IS NULL LIMIT 1
"""


async def _stands(session: Transaction, actor: Actor, family: Collection[UUID]) -> tuple[bool, bool]:
    """Whether the account is the caller's own, and whether the caller is recorded as a guardian of it."""
    own = "learner" in actor.roles and actor.learner_id in family
    if own or "guardian" not in actor.roles or actor.login_id is None:
        return own, False
    return own, await guards(session, actor, family)


async def guards(session: Transaction, actor: Actor, family: Collection[UUID]) -> bool:
    """Whether somebody, in whichever role they come, is recorded as a guardian of these accounts now."""
    if actor.login_id is None:
        return False
    return await (await run(session, _GUARDS, list(family), actor.login_id)).fetchone() is not None


async def has_guardian(session: AsyncSession, family: Collection[UUID]) -> bool:
    """Whether a guardian is recorded now."""
    return (await session.exec(_live(family).limit(1))).first() is not None


def sign_in_check(keyring: Keyring) -> SignInCheck:
    """What this domain asks of whoever signs in: a recorded guardian of a child, a child under fourteen of a guardian.

    A child with a recorded guardian may come in and look; what binds is the guardian's (`may_act_for`).
    """

    async def check(session: AsyncSession, login: Login, at: datetime) -> None:
        on = clock.today(at)
        if "learner" in login.roles and login.learner_id is not None:
            family = await family_of(session, login.learner_id)
            if await is_child(session, family, on=on, keyring=keyring) and not await has_guardian(session, family):
                raise refusals.GuardianNeeded
        if login.roles == ["guardian"] and not await _any_child(session, login.login_id, on=on, keyring=keyring):
            raise refusals.NoChildToActFor

    return check


async def _any_child(session: AsyncSession, login_id: UUID, *, on: date, keyring: Keyring) -> bool:
    return bool(await children_of(session, login_id, on=on, keyring=keyring))


async def children_of(session: AsyncSession, login_id: UUID, *, on: date, keyring: Keyring) -> list[UUID]:
    """The children under fourteen whose recorded guardian somebody is."""
    rows = await session.exec(
        select(Guardianship.learner_id).where(Guardianship.login_id == login_id, col(Guardianship.ended_at).is_(None))
    )
    children = []
    for learner_id in sorted(set(rows)):
        family = await family_of(session, learner_id)
        if await is_child(session, family, on=on, keyring=keyring):
            children.append(learner_id)
    return children


# --- recording and ending ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewGuardian:
    """A guardian as a school or the bank saw them: who, in what relation, and what shows it."""

    name: str
    document: IdentityDocument
    relation: Relation
    evidence: str


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """The password that a new guardian is handed, and its hash; made before the transaction."""

    password: str
    hash: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A guardianship; name and password of the way in only where one was opened or given a new password."""

    guardianship: Guardianship
    login_name: str | None
    password: str | None


async def record_guardian(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    guardian: NewGuardian,
    child_birth_on: date | None,
    first: FirstPassword,
    at: datetime,
    keyring: Keyring,
) -> Recorded:
    """Record a guardian of a child under fourteen, with a way in, or the one they have for another child.

    Raises NotFound, NotReportedYet and AnotherSchoolActs for another's learner, GuardianNotNeeded, GuardianTooYoung,
    GuardianRecordedAlready, IdentityUnderReview where the document is known with another name; BirthDateNeeded and
    BirthDateDiffers about the child.
    """
    person = await lock_person(session, learner_id)
    await must_vouch_for(session, actor, person.family)
    today = clock.today(at)
    born = await settle_birth(session, person.family, stated=child_birth_on, on=today, keyring=keyring)
    if not under_fourteen(born, today):
        raise refusals.GuardianNotNeeded
    if guardian.document.birth_on is not None and age_on(guardian.document.birth_on, today) < OF_AGE:
        raise refusals.GuardianTooYoung(field="/document/number")
    index, named = document_index(keyring, guardian.document), name_index(keyring, guardian.name)
    known = await _known_login(session, person.family, index=index, named=named, actor=actor)
    login_name = None
    if known is None:
        login_name = f"g{new_account_no()}"
        login = await open_login(
            session, keyring, login_name=login_name, password_hash=first.hash, roles=["guardian"], at=at
        )
        known = login.login_id
    row = await _keep(
        session,
        actor=actor,
        learner_id=learner_id,
        guardian=guardian,
        login_id=known,
        indexes=(index, named),
        at=at,
        keyring=keyring,
    )
    await _tell(session, row, actor=actor, what="guardian_recorded", purpose=guardian.relation, at=at)
    return Recorded(row, login_name, first.password if login_name else None)


async def _known_login(
    session: AsyncSession, family: Collection[UUID], *, index: bytes, named: bytes, actor: Actor
) -> UUID | None:
    """The way in that this guardian has for another child, if one is recorded now; two who record it at once wait.

    A guardianship that was ended lends its way in to nobody: it may have been ended because it was false.
    """
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"guardian:{index.hex()}"])
    rows = (
        await session.exec(
            select(Guardianship)
            .where(Guardianship.guardian_index == index, col(Guardianship.ended_at).is_(None))
            .order_by(col(Guardianship.recorded_at).desc())
        )
    ).all()
    if any(row.learner_id in family for row in rows):
        raise refusals.GuardianRecordedAlready
    if any(row.guardian_name_index != named for row in rows) and Reach.ANY not in actor.reach:
        raise refusals.GuardianUnderReview(field="/name")
    for row in rows:
        login = await session.get(Login, row.login_id)
        if login is not None and login.disabled_at is None:
            return row.login_id
    return None


async def _keep(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    guardian: NewGuardian,
    login_id: UUID,
    indexes: tuple[bytes, bytes],
    at: datetime,
    keyring: Keyring,
) -> Guardianship:
    key = await must_be_readable(session, learner_id, keyring=keyring)
    fields = {
        "name": guardian.name,
        "kind": guardian.document.kind,
        "number": guardian.document.number,
        "evidence": guardian.evidence,
    }
    row = Guardianship(
        learner_id=learner_id,
        guardianship_id=new_id(),
        login_id=login_id,
        relation=guardian.relation,
        guardian_sealed=sealed(key, canonical(fields).decode(), learner_id, "guardian"),
        guardian_index=indexes[0],
        guardian_name_index=indexes[1],
        recorded_at=at,
        recorded_by=actor.name,
    )
    session.add(row)
    await session.flush()
    return row


async def end_guardianship(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, guardianship_id: UUID, reason: str, at: datetime
) -> Guardianship:
    """The guardian no longer sees the child or acts for it; ending twice is ending once. Raises NotFound."""
    person = await lock_person(session, learner_id)
    await must_vouch_for(session, actor, person.family)
    rows = await session.exec(
        select(Guardianship).where(
            col(Guardianship.learner_id).in_(person.family), Guardianship.guardianship_id == guardianship_id
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        session.add(row)
        await session.flush()
        await _tell(session, row, actor=actor, what="guardian_ended", purpose=reason, at=at)
    return row


async def renew_password(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    guardianship_id: UUID,
    password_hash: str,
    reason: str,
    at: datetime,
) -> Guardianship:
    """Another password for a guardian who lost theirs: an officer's act. Raises NotFound, NotAllowed."""
    if Reach.ANY not in actor.reach:
        raise NotAllowed
    family = await family_of(session, learner_id)
    row = (await session.exec(_live(family).where(Guardianship.guardianship_id == guardianship_id))).one_or_none()
    login = None if row is None else await session.get(Login, row.login_id)
    if row is None or login is None:
        raise NotFound
    login.password_hash = password_hash
    session.add(login)
    detail = {"login_id": str(login.login_id)}
    await note(
        session,
        actor=actor,
        act="guardian_password_renewed",
        purpose=reason,
        at=at,
        learner_id=learner_id,
        detail=detail,
    )
    return row


async def _tell(
    session: AsyncSession, row: Guardianship, *, actor: Actor, what: str, purpose: str, at: datetime
) -> None:
    about = {"guardianship_id": str(row.guardianship_id)}
    await serve(session, learner_id=row.learner_id, kind=what, about=about, at=at)
    await note(session, actor=actor, act=what, purpose=purpose, at=at, learner_id=row.learner_id, detail={**about})


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownGuardian:
    """A guardianship as it is shown: name and number masked, evidence for officers only."""

    guardianship: Guardianship
    name: str | None
    kind: str | None
    number: str | None
    evidence: str | None


async def guardians_of(
    session: AsyncSession, family: Collection[UUID], *, whole: bool, keyring: Keyring
) -> Sequence[KnownGuardian]:
    """Every guardian a person has or had, oldest first; `whole` shows the name in full and the evidence."""
    keys = await keys_of(session, family, keyring=keyring)
    rows = await session.exec(
        select(Guardianship)
        .where(col(Guardianship.learner_id).in_(family))
        .order_by(col(Guardianship.recorded_at), col(Guardianship.guardianship_id))
    )
    found = []
    for row in rows:
        text = opened(keys.get(row.learner_id), row.guardian_sealed, row.learner_id, "guardian")
        fields = {} if text is None else orjson.loads(text)
        name, number = fields.get("name"), fields.get("number")
        found.append(
            KnownGuardian(
                row,
                name if whole or name is None else mask_name(name),
                fields.get("kind"),
                None if number is None else mask(fields["kind"], number),
                fields.get("evidence") if whole else None,
            )
        )
    return found


def _live(family: Collection[UUID]) -> SelectOfScalar[Guardianship]:
    return select(Guardianship).where(col(Guardianship.learner_id).in_(family), col(Guardianship.ended_at).is_(None))
