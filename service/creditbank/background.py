"""Everything the bank does between requests: the numberer, what was asked for, and housekeeping."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.changes.numberer import number_forever
from creditbank.config import Settings
from creditbank.db import Database, driver
from creditbank.identity.throttling import forget_old
from creditbank.jobs import Work, give_back_of_the_dead, handler
from creditbank.learners import inbox
from creditbank.once import KEEP_HOURS
from creditbank.oversight.hints import look_for_hints
from creditbank.pathways import consequences as round_consequences
from creditbank.pathways import following
from creditbank.pathways import housekeeping as rounds
from creditbank.publishing import affected, impact
from creditbank.recognition import consequences
from creditbank.recognition import housekeeping as claims
from creditbank.records.consequences import register, register_arrival
from creditbank.rules import Rulebook
from creditbank.rules.in_force import RulesInForce, Things
from creditbank.sealing import Keyring
from creditbank.submissions import housekeeping, posting, staging
from creditbank.working import work_forever

ROWS = 5_000
"""Housekeeping goes in transactions of so many rows, so that nobody waits for it."""


HANDLERS = (
    inbox.deliver,
    staging.read_submission,
    posting.post_submissions,
    posting.look_after,
    housekeeping.expire,
    housekeeping.erase_past_retention,
    housekeeping.empty_rows,
    look_for_hints,
    claims.look_after_claims,
    rounds.look_after_rounds,
    impact.check_draft,
    impact.report_impact,
    affected.look_for_affected,
)
"""Handlers of other domains that a bare `creditbank work` must know."""


async def work(
    database: Database, stop: asyncio.Event, *, settings: Settings, keyring: Keyring, rulebook: Rulebook | RulesInForce
) -> None:
    """What `creditbank work` runs, and `serve` in the demo: until `stop` is set; any number of processes may do it."""
    host = socket.gethostname()
    worker = f"{host}:{os.getpid()}"
    register(consequences.rederive)
    register(round_consequences.records_changed)
    register_arrival(round_consequences.records_arrived)
    following.register(round_consequences.members_changed)
    await database.write(partial(give_back_of_the_dead, host=host, alive=_lives))
    rules = rulebook if isinstance(rulebook, RulesInForce) else RulesInForce(rulebook)
    things = Things({Settings: settings, Keyring: keyring}, rules)
    await work_forever(database, worker=worker, stop=stop, beside=[number_forever, rules.watch], things=things)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@handler("forget stored responses", every=timedelta(minutes=15))
async def forget_stored_responses(work: Work) -> None:
    """Answers kept for callers who ask again, past the hours for which that is promised."""
    await _in_steps(
        work,
        """
        DELETE FROM stored_response WHERE (caller, key) IN (
            SELECT caller, key FROM stored_response WHERE stored_at < %(before)s LIMIT %(rows)s)
        """,
        before=work.now - timedelta(hours=KEEP_HOURS),
    )


@handler("forget throttles", every=timedelta(hours=1))
async def forget_throttles(work: Work) -> None:
    """Counts of failures that hold nobody back any more."""
    await work.database.write(partial(forget_old, at=work.now))


@handler("write down expired activation codes", every=timedelta(hours=1))
async def write_down_expired_codes(work: Work) -> None:
    """One-time codes that nobody used in time: they ended by being read after `expires_at`, here it is written down."""
    await _in_steps(
        work,
        """
        UPDATE activation_code SET withdrawn_at = expires_at WHERE (learner_id, code_id) IN (
            SELECT learner_id, code_id FROM activation_code
            WHERE used_at IS NULL AND withdrawn_at IS NULL AND expires_at < %(before)s
            LIMIT %(rows)s FOR UPDATE SKIP LOCKED)
        """,
        before=work.now,
    )


async def _in_steps(work: Work, statement: LiteralString, **said: Any) -> None:
    done = ROWS
    while done == ROWS:
        done = await work.database.write(partial(_step, statement=statement, said=said))


async def _step(session: AsyncSession, *, statement: LiteralString, said: dict[str, Any]) -> int:
    return (await (await driver(session)).execute(statement, {**said, "rows": ROWS})).rowcount
