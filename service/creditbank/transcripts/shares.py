"""Shares (授权查询): a learner makes one, reads who looked, closes it; and what ends it without them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Transaction, run
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners import refusals
from creditbank.learners.account_numbers import grouped, new_code
from creditbank.learners.families import family_of, lock_person, person_of
from creditbank.learners.guardians import must_act_for
from creditbank.learners.inbox import serve
from creditbank.learners.leaving import Left
from creditbank.learners.personal import birth_of, keys_of, must_be_readable, opened, sealed
from creditbank.learners.sight import allowed_to_see
from creditbank.records.acts import Tools
from creditbank.records.consequences import Changed
from creditbank.sealing import Keyring, SealingKey
from creditbank.transcripts import share_contents
from creditbank.transcripts.share_codes import code_index, must_not_be_plain
from creditbank.transcripts.share_refusals import (
    ShareOfNothing,
    ShareRecordNotThere,
    ShareTooLong,
    TooManyShares,
)
from creditbank.transcripts.share_schemas import ShareCounts, ShareIn, ShareOut, ShareState
from creditbank.transcripts.share_tables import Share, ShareOpening

LONGEST = timedelta(days=180)
USUAL = timedelta(days=30)
MOST_OPEN = 50


# --- how it stands ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """What every share of a person stands on, as it is now."""

    family: tuple[UUID, ...]
    closed: bool
    """What the account that stands for the person says: one merged into it may have been closed before."""
    readable: frozenset[UUID]
    """The accounts whose key is there."""
    guardians: frozenset[str]
    """Who is recorded as a guardian and was not ended; grown up or not."""


_GROUND = """
SELECT (SELECT closed_at IS NOT NULL FROM learner WHERE learner_id = $2),
       array(SELECT learner_id FROM learner_key WHERE learner_id = ANY ($1)),
       array(SELECT 'login:' || login_id FROM guardianship WHERE learner_id = ANY ($1) AND ended_at IS NULL)
"""


async def ground_of(session: Transaction, learner_id: UUID) -> Ground:
    """What the shares of a person stand on."""
    person = await person_of(session, learner_id)
    found = await (await run(session, _GROUND, list(person.family), person.root)).fetchone()
    assert found is not None
    closed, readable, guardians = found
    return Ground(person.family, bool(closed), frozenset(readable), frozenset(guardians))


def state_of(share: Share, ground: Ground, *, at: datetime) -> ShareState:
    """How a share stands. What was written when it ended comes first, then what ends it by being read."""
    if share.ended_because is not None:
        return share.ended_because  # type: ignore[return-value]
    if share.learner_id not in ground.readable:
        return "erased"
    if ground.closed:
        return "account_closed"
    if {UUID(account) for account in share.accounts} != set(ground.family):
        return "merged"
    if share.as_guardian and share.made_by not in ground.guardians:
        return "guardian_gone"
    if share.until_on < clock.today(at):
        return "run_out"
    return "used_up" if share.openings_used >= share.openings_allowed else "open"


# --- made and closed ----------------------------------------------------------------------------------------------


async def make(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    asked: ShareIn,
    pin_hash: str | None,
    at: datetime,
    keyring: Keyring,
) -> Share:
    """Make a share of what the learner has now, or of some of it: their own act, or that of a child's guardian.

    Raises NotFound, GuardianActs, AccountClosed, AlreadyErased, ShareTooLong, SharePinTooPlain, TooManyShares,
    ShareOfNothing, ShareRecordNotThere.
    """
    person = await lock_person(session, learner_id)
    await must_act_for(session, actor, person.family, at=at, keyring=keyring)
    key = await must_be_readable(session, person.root, keyring=keyring)
    ground = await ground_of(session, person.root)
    if ground.closed:
        raise refusals.AccountClosed
    until_on = _last_day(asked.until_on, on=clock.today(at))
    if asked.pin is not None:
        must_not_be_plain(asked.pin, born=await birth_of(session, person.family, keyring=keyring))
    if await _how_many_open(session, ground, at=at) >= MOST_OPEN:
        raise TooManyShares(most=MOST_OPEN)
    wanted = None if asked.record_ids is None else list(dict.fromkeys(asked.record_ids))
    found = await share_contents.read_whole(session, person.root, wanted, keyring=keyring, at=at)
    if not found["records"] and wanted is None:
        raise ShareOfNothing
    if wanted is not None and len(found["records"]) != len(wanted):
        raise ShareRecordNotThere(field="/record_ids")
    share_id, code = new_id(), new_code()
    share = Share(
        learner_id=person.root,
        share_id=share_id,
        code_index=code_index(keyring, code),
        code_sealed=sealed(key, code, person.root, f"share-code:{share_id}"),
        said_sealed=share_contents.seal_said(
            key, person.root, share_id, purpose=asked.purpose.strip(), found=found, conversions=asked.with_conversions
        ),
        accounts=[str(account) for account in person.family],
        whole=wanted is None,
        lines=len(found["records"]),
        says_who=asked.says_who,
        with_marks=asked.with_marks,
        with_conversions=asked.with_conversions,
        pin_hash=pin_hash,
        openings_allowed=asked.openings,
        until_on=until_on,
        made_at=at,
        made_by=actor.name,
        as_guardian=actor.learner_id not in person.family,
    )
    session.add(share)
    await session.flush()
    await _note(session, share, actor=actor, act="share_made", at=at)
    return share


def _last_day(asked: date | None, *, on: date) -> date:
    last = on + LONGEST
    found = asked or on + USUAL
    if not on <= found <= last:
        raise ShareTooLong(field="/until_on", first=on.isoformat(), last=last.isoformat(), days=LONGEST.days)
    return found


async def _how_many_open(session: AsyncSession, ground: Ground, *, at: datetime) -> int:
    rows = await session.exec(
        select(Share).where(
            col(Share.learner_id).in_(ground.family),
            col(Share.ended_at).is_(None),
            col(Share.until_on) >= clock.today(at),
        )
    )
    return sum(state_of(share, ground, at=at) == "open" for share in rows)


async def close(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, share_id: UUID, at: datetime, keyring: Keyring
) -> Share:
    """Nobody opens it any more, from this instant on; closing twice is closing once. Raises NotFound, GuardianActs."""
    person = await lock_person(session, learner_id)
    await must_act_for(session, actor, person.family, at=at, keyring=keyring)
    share = await _of_family(session, person.family, share_id, lock=True)
    if share.ended_at is None:
        share.ended_at, share.ended_because = at, "closed"
        session.add(share)
        await session.flush()
        await _note(session, share, actor=actor, act="share_closed", at=at)
    return share


async def _note(session: AsyncSession, share: Share, *, actor: Actor, act: str, at: datetime) -> None:
    detail = {"share_id": str(share.share_id)}
    await note(session, actor=actor, act=act, purpose="share", at=at, learner_id=share.learner_id, detail=detail)


async def _of_family(session: AsyncSession, family: Collection[UUID], share_id: UUID, *, lock: bool = False) -> Share:
    query = select(Share).where(col(Share.learner_id).in_(family), Share.share_id == share_id)
    found = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound
    return found


# --- read by its learner ------------------------------------------------------------------------------------------


async def share_seen(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, share_id: UUID, at: datetime, keyring: Keyring
) -> Share:
    """A share, for whoever sees the whole of its learner. Raises NotFound."""
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    return await _of_family(session, await family_of(session, learner_id), share_id)


async def shares_of(
    session: AsyncSession, family: Collection[UUID], *, limit: int, before: UUID | None
) -> Sequence[Share]:
    """A person's shares, newest first, those older than one where it is named."""
    query = select(Share).where(col(Share.learner_id).in_(family)).order_by(col(Share.share_id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Share.share_id) < before)
    return (await session.exec(query)).all()


async def openings_of(
    session: AsyncSession, share: Share, *, limit: int, before: UUID | None
) -> Sequence[ShareOpening]:
    """Who looked, newest first."""
    query = (
        select(ShareOpening)
        .where(ShareOpening.learner_id == share.learner_id, ShareOpening.share_id == share.share_id)
        .order_by(col(ShareOpening.opening_id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(ShareOpening.opening_id) < before)
    return (await session.exec(query)).all()


async def told(
    session: AsyncSession, shares: Sequence[Share], ground: Ground, *, base_url: str, at: datetime, keyring: Keyring
) -> list[ShareOut]:
    """Shares as their learner sees them."""
    keys = await keys_of(session, {share.learner_id for share in shares}, keyring=keyring)
    return [_told(share, ground, keys.get(share.learner_id), base_url=base_url, at=at) for share in shares]


def _told(share: Share, ground: Ground, key: SealingKey | None, *, base_url: str, at: datetime) -> ShareOut:
    state = state_of(share, ground, at=at)
    code = None
    if state == "open":
        code = opened(key, share.code_sealed, share.learner_id, f"share-code:{share.share_id}")
    return ShareOut(
        **share.model_dump(
            include={
                "share_id", "learner_id", "whole", "lines", "says_who", "with_marks", "with_conversions", "wrong_pins",
                "openings_allowed", "openings_used", "until_on", "made_at", "as_guardian", "ended_at",
            }
        ),
        state=state,
        purpose=None if key is None else share_contents.open_said(key, share)["purpose"],
        code=None if code is None else grouped(code),
        address=None if code is None else f"{base_url}/verify/{code}",
        pin=share.pin_hash is not None,
    )  # fmt: skip


_COUNTS = """
SELECT count(*) FILTER (WHERE ended_at IS NULL AND until_on >= $1 AND openings_used < openings_allowed),
       count(*), coalesce(sum(openings_used), 0), coalesce(sum(wrong_pins), 0)
FROM share
"""


async def counts(session: AsyncSession, *, actor: Actor, at: datetime) -> ShareCounts:
    """How many shares there are and how often they were opened. Raises NotFound for whoever may not count."""
    if Reach.ANY not in actor.reach:
        raise NotFound
    found = await (await run(session, _COUNTS, clock.today(at))).fetchone()
    assert found is not None
    live, in_all, openings, wrong = found
    return ShareCounts(open=live, over=in_all - live, openings=int(openings), wrong_pins=int(wrong))


# --- ended without its learner ------------------------------------------------------------------------------------

_END = """
UPDATE share SET ended_at = $2, ended_because = $3 WHERE learner_id = ANY ($1) AND ended_at IS NULL
RETURNING learner_id
"""
# What a code is known again by goes too: its last holder cannot even learn that there was something.
_FORGET = """
UPDATE share SET code_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
WHERE learner_id = ANY ($1)
"""


async def person_left(session: Transaction, family: Collection[UUID], what: Left, at: datetime) -> None:
    """The accounts were closed or erased: nobody opens any share of theirs any more."""
    await run(session, _END, list(family), at, what)
    if what == "erased":
        await run(session, _FORGET, list(family))


async def persons_changed(session: Transaction, changed: Sequence[Changed], tools: Tools) -> None:
    """Accounts became one person's, or no longer are: what was shared as one person's is shared no more."""
    for one in changed:
        what = next((act for act in one.records.values() if act in ("merged", "parted")), None)
        if what is None:
            continue
        ended = await (await run(session, _END, list(one.family), tools.at, what)).fetchall()
        for learner_id in sorted({learner for (learner,) in ended}):
            await serve(session, learner_id=learner_id, kind="shares_ended", about={}, at=tools.at)
