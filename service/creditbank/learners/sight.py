"""Who may see a learner: everything, what one institution reported itself, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.personal import is_child
from creditbank.sealing import Keyring

UNSTATED = "unstated"
"""What the log says where somebody of the bank looked and the route did not ask what for."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a learner a caller sees; `institution_id` is set exactly when it is what that one reported."""

    kind: Literal["all", "reported_by"]
    institution_id: UUID | None = None


ALL = Sight("all")

_SIGHT = """
WITH root AS (
    SELECT coalesce((SELECT into_learner_id FROM learner_alias WHERE learner_id = %(learner)s AND ended_at IS NULL),
                    %(learner)s::uuid) AS learner_id
), family AS (
    SELECT learner_id FROM root
    UNION SELECT a.learner_id FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
    WHERE a.ended_at IS NULL
)
SELECT EXISTS (SELECT FROM learner WHERE learner_id = %(learner)s),
       EXISTS (SELECT FROM family WHERE learner_id = %(own)s),
       EXISTS (SELECT FROM guardianship g JOIN family USING (learner_id)
               WHERE g.login_id = %(login)s AND g.recorded_at <= %(at)s
                 AND (g.ended_at IS NULL OR g.ended_at > %(at)s)),
       EXISTS (SELECT FROM record_current c JOIN family USING (learner_id) WHERE c.institution_id = %(institution)s)
       OR EXISTS (SELECT FROM enrolment e JOIN family USING (learner_id) WHERE e.institution_id = %(institution)s)
       OR (%(withdrawn)s AND EXISTS (SELECT FROM record_version v JOIN family USING (learner_id)
                                     WHERE v.institution_id = %(institution)s)),
       coalesce((
           SELECT c.given AND (c.until_on IS NULL OR c.until_on >= %(today)s)
           FROM consent c JOIN family USING (learner_id)
           WHERE c.purpose = 'transcript' AND c.institution_id = %(institution)s AND c.at <= %(at)s
           ORDER BY c.at DESC, c.consent_id DESC LIMIT 1), false),
       array(SELECT learner_id FROM family)
"""


async def sight_of(
    session: AsyncSession,
    actor: Actor,
    learner_id: UUID,
    *,
    at: datetime,
    keyring: Keyring,
    purpose: str | None = None,
) -> Sight | None:
    """What a caller sees of what is asked for by its own id, on a route that grants their `reach`; None is nothing.

    All: the learner, merged accounts included; a recorded guardian until the child is fourteen; an institution with the
    learner's consent for `transcript` in force; an officer or auditor, which is logged with the purpose. What it
    reported itself: an institution that ever did, so that it can read by its id what it withdrew. Whoever is asked
    after as a learner is for `allowed_to_see`. Learners who ask for the account of their token cost no statement.
    """
    return await _sight(session, actor, learner_id, at=at, keyring=keyring, purpose=purpose, withdrawn=True)


async def _sight(
    session: AsyncSession,
    actor: Actor,
    learner_id: UUID,
    *,
    at: datetime,
    keyring: Keyring,
    purpose: str | None,
    withdrawn: bool,
) -> Sight | None:
    reach = actor.reach
    if Reach.OWN in reach and actor.learner_id == learner_id:
        return ALL
    today = clock.today(at)
    asked = {
        "learner": learner_id,
        "own": actor.learner_id if Reach.OWN in reach else None,
        "login": actor.login_id if Reach.CHILD in reach else None,
        "institution": actor.institution_id if reach & {Reach.INSTITUTION, Reach.CONSENTED} else None,
        "at": at,
        "today": today,
        "withdrawn": withdrawn,
    }
    found = await (await (await driver(session)).execute(_SIGHT, asked)).fetchone()
    assert found is not None
    there, own, guarded, reported, consented, family = found
    if not there:
        return None
    if Reach.ANY in reach:
        await note(session, actor=actor, act="learner_seen", purpose=purpose or UNSTATED, at=at, learner_id=learner_id)
        return ALL
    if own or (consented and Reach.CONSENTED in reach):
        return ALL
    if guarded and await is_child(session, family, on=today, keyring=keyring):
        return ALL
    return Sight("reported_by", actor.institution_id) if reported else None


async def allowed_to_see(
    session: AsyncSession,
    actor: Actor,
    learner_id: UUID,
    *,
    at: datetime,
    keyring: Keyring,
    purpose: str | None = None,
) -> Sight:
    """What a caller sees of a learner, as `sight_of`, but that an institution needs a record that stands there now.

    A record that was reported to see somebody and then withdrawn shows nothing. Raises NotFound for whoever sees
    nothing.
    """
    sight = await _sight(session, actor, learner_id, at=at, keyring=keyring, purpose=purpose, withdrawn=False)
    if sight is None:
        raise NotFound
    return sight
