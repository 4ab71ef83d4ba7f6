"""Opening a share: whoever holds its code, and its PIN where it has one, sees it; nobody else learns anything.

An attempt is counted before it is judged, by the address and in all, and a PIN on its share as well, so that a hundred
at once are no more than a hundred in turn; whoever was right takes theirs back. A code that is wrong, of nothing, of
somebody erased, or over for long, and a PIN that is wrong, missing or locked have one answer, after the same work
wherever a PIN was typed. Whoever holds code and PIN of a share that is over learns that, and not how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

import orjson
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, run
from creditbank.errors import BankError
from creditbank.http import answer
from creditbank.identifiers import new_id
from creditbank.identity import throttling
from creditbank.identity.actor import Actor
from creditbank.identity.security import Passwords
from creditbank.identity.throttling import Attempt, Limit, network_of
from creditbank.learners.inbox import serve
from creditbank.learners.personal import keys_of, must_be_readable
from creditbank.once import Answer, once
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring
from creditbank.transcripts import share_contents
from creditbank.transcripts.share_codes import MOST_WRONG_PINS, code_index
from creditbank.transcripts.share_refusals import ShareLookOver, ShareNotOpened, ShareOver
from creditbank.transcripts.share_schemas import SharedOut
from creditbank.transcripts.share_tables import Share, ShareOpening
from creditbank.transcripts.shares import ground_of, share_seen, state_of

# An office checks from one address: many codes, few slips each.
BY_ADDRESS = Limit("share-address", attempts=30, window=timedelta(minutes=15), wait=timedelta(minutes=15))
IN_ALL = Limit("share-all", attempts=3000, window=timedelta(minutes=15), wait=timedelta(minutes=5))
LOOKS_FOR = timedelta(minutes=30)
"""How long an opening lasts: reading on, going back or turning the page to English is no opening of its own."""
SAID_FOR = timedelta(days=90)
"""How long after its end a share is said to be over; then it is as if it had never been."""


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who wants to see a share: code and PIN as they were read, and by what kind of thing they came."""

    code: str
    pin: str | None
    address: str
    channel: Literal["page", "program"]
    device: Literal["phone", "computer", "unknown"]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What an attempt is counted against."""
        return ((BY_ADDRESS, network_of(self.address)), (IN_ALL, ""))


@dataclass(frozen=True, slots=True)
class Door:
    """What opening needs of the process."""

    database: Database
    passwords: Passwords
    tools: Tools

    @property
    def keyring(self) -> Keyring:
        """The keys."""
        return self.tools.keyring


async def open_share(door: Door, knock: Knock, *, key: str | None) -> UUID:
    """Open a share once under the caller's key, and say by which opening; `look` shows it.

    Raises ShareNotOpened, ShareOver, TooManyRequests, TemporarilyUnavailable.
    """
    attempts, at = knock.attempts, door.tools.at
    await throttling.take(door.database, door.keyring, attempts=attempts, at=at)
    try:
        share = await _right(door, knock)
        opening_id = await _opened(door, knock, share, key=key)
    except ShareNotOpened:
        raise
    except BankError:
        await _uncount(door, attempts)
        raise
    await _uncount(door, attempts)
    return opening_id


async def look(session: AsyncSession, code: str, opening_id: UUID, tools: Tools) -> SharedOut:
    """What an opening shows, for as long as it lasts and the share with it.

    Raises ShareNotOpened, ShareOver, ShareLookOver.
    """
    share = await _by_code(session, tools.keyring, code)
    opening = None if share is None else await session.get(ShareOpening, (share.learner_id, opening_id))
    if share is None or opening is None or opening.share_id != share.share_id or opening.outcome != "shown":
        raise ShareNotOpened
    keys = await keys_of(session, [share.learner_id], keyring=tools.keyring)
    if share.learner_id not in keys:
        raise ShareNotOpened
    state = state_of(share, await ground_of(session, share.learner_id), at=tools.at)
    if state not in ("open", "used_up"):
        raise ShareOver
    if tools.at - opening.at > LOOKS_FOR:
        raise ShareLookOver
    said = share_contents.open_said(keys[share.learner_id], share)
    return await share_contents.shown(
        session, share, said, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at, language=tools.language
    )


async def preview(session: AsyncSession, *, actor: Actor, learner_id: UUID, share_id: UUID, tools: Tools) -> SharedOut:
    """What somebody with the code would see now. Raises NotFound, AlreadyErased."""
    share = await share_seen(
        session, actor=actor, learner_id=learner_id, share_id=share_id, at=tools.at, keyring=tools.keyring
    )
    said = share_contents.open_said(await must_be_readable(session, share.learner_id, keyring=tools.keyring), share)
    return await share_contents.shown(
        session, share, said, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at, language=tools.language
    )


async def _by_code(session: AsyncSession, keyring: Keyring, code: str) -> Share | None:
    return (await session.exec(select(Share).where(Share.code_index == code_index(keyring, code)))).one_or_none()


# --- the PIN ------------------------------------------------------------------------------------------------------

_TRY = """
UPDATE share SET wrong_pins = wrong_pins + 1
WHERE code_index = $1 AND pin_hash IS NOT NULL AND wrong_pins < $2
RETURNING wrong_pins
"""
_TAKE_BACK = "UPDATE share SET wrong_pins = greatest(wrong_pins - 1, 0) WHERE code_index = $1"
_LOCK_UP = """
UPDATE share SET ended_at = $2, ended_because = 'tries' WHERE code_index = $1 AND ended_at IS NULL
RETURNING learner_id, share_id
"""


async def _right(door: Door, knock: Knock) -> Share:
    """The share, if code and PIN are right. A PIN typed for a share that asks for none does no harm."""
    index = code_index(door.keyring, knock.code)
    async with door.database.session() as session:
        share = await _by_code(session, door.keyring, knock.code)
    if not knock.pin:
        if share is None or share.pin_hash is not None:
            raise ShareNotOpened
        return share

    async def count(session: AsyncSession) -> int | None:
        found = await (await run(session, _TRY, index, MOST_WRONG_PINS)).fetchone()
        return None if found is None else int(found[0])

    tries = await door.database.write(count)
    kept = None if share is None or tries is None else share.pin_hash
    try:
        right = await door.passwords.holds(knock.pin, kept)
    except BankError:
        await _take_back(door, index, tries)
        raise
    if share is not None and share.pin_hash is None:
        return share
    if share is None or tries is None:
        raise ShareNotOpened
    if not right:
        await _wrong(door, knock, share, index, tries=tries)
        raise ShareNotOpened
    await _take_back(door, index, tries)
    return share


async def _take_back(door: Door, index: bytes, tries: int | None) -> None:
    async def act(session: AsyncSession) -> None:
        await run(session, _TAKE_BACK, index)

    if tries is not None:
        await door.database.write(act)


async def _wrong(door: Door, knock: Knock, share: Share, index: bytes, *, tries: int) -> None:
    """The learner sees that somebody tried, and that the share is locked once it was too often."""

    async def act(session: AsyncSession) -> None:
        session.add(_opening(share, knock, "wrong_pin", at=door.tools.at))
        if tries >= MOST_WRONG_PINS:
            locked = await (await run(session, _LOCK_UP, index, door.tools.at)).fetchone()
            if locked is not None:
                about = {"share_id": share.share_id}
                await serve(session, learner_id=share.learner_id, kind="share_locked", about=about, at=door.tools.at)

    await door.database.write(act)


def _opening(share: Share, knock: Knock, outcome: str, *, at: datetime) -> ShareOpening:
    return ShareOpening(
        learner_id=share.learner_id,
        opening_id=new_id(),
        share_id=share.share_id,
        at=at,
        channel=knock.channel,
        device=knock.device,
        outcome=outcome,
    )


async def _uncount(door: Door, attempts: Sequence[Attempt]) -> None:
    async def act(session: AsyncSession) -> None:
        await throttling.give_back(session, door.keyring, attempts=attempts)

    await door.database.write(act)


# --- one opening less ---------------------------------------------------------------------------------------------

# One statement judges and counts: of two who come at once with one opening left, the second finds none.
_USE = """
UPDATE share SET openings_used = openings_used + 1
WHERE learner_id = $1 AND share_id = $2 AND ended_at IS NULL AND openings_used < openings_allowed
RETURNING openings_used
"""


async def _opened(door: Door, knock: Knock, share: Share, *, key: str | None) -> UUID:
    """An opening, one and the same for one key. Raises ShareOver, and ShareNotOpened where nothing is said of it."""

    async def act(session: AsyncSession) -> Answer:
        await _must_be_open(session, share, at=door.tools.at)
        if await (await run(session, _USE, share.learner_id, share.share_id)).fetchone() is None:
            raise ShareOver
        opening = _opening(share, knock, "shown", at=door.tools.at)
        session.add(opening)
        await session.flush()
        return answer(200, {"opening_id": str(opening.opening_id)})

    # Only holders of the code share its keys; the PIN was judged already and is no part of what is kept.
    caller = f"share:{share.code_index.hex()[:32]}"
    done = await once(door.database, door.keyring, caller=caller, key=key, payload=b"opening", act=act)
    return UUID(orjson.loads(done.body)["opening_id"])


async def _must_be_open(session: AsyncSession, share: Share, *, at: datetime) -> None:
    ground = await ground_of(session, share.learner_id)
    state = state_of(share, ground, at=at)
    if state in ("erased", "tries"):
        raise ShareNotOpened
    if state != "open":
        last = datetime.combine(share.until_on, time.max, clock.CITY)
        if at - min(share.ended_at or last, last) > SAID_FOR:
            raise ShareNotOpened
        raise ShareOver
