"""A bank that held deposits before conversions came keeps every one of them, and every digest of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from alembic import command

from creditbank.database_roles import Addresses, connect
from creditbank.db import Database
from creditbank.identifiers import new_id
from creditbank.ledger.statement import balances
from creditbank.migrate import alembic_config, upgrade
from creditbank.oversight.digests import altered
from creditbank.sealing import new_salt, salted_digest

AT = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
INSERT = """
INSERT INTO {table} ({columns}, salt, digest)
SELECT {columns}, %(salt)s, %(digest)s FROM jsonb_populate_record(NULL::{table}, %(row)s::jsonb)
"""


def as_then(table: str, row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A row written and digested as it was before there were conversions: what is in it now was not in the digest."""
    salt = new_salt()
    said = {"salt": salt, "digest": salted_digest(salt, row), "row": orjson.dumps(row).decode()}
    return INSERT.format(table=table, columns=", ".join(row)), said


def rows_of(learner: UUID) -> list[tuple[str, dict[str, Any]]]:
    decision, change, record, institution = (str(new_id()) for _ in range(4))
    decided: dict[str, Any] = {
        "learner_id": str(learner), "decision_id": decision, "change_id": change, "kind": "deposit",
        "record_id": record, "record_version": 1, "revision": 1, "effective_on": "2026-05-01", "verdict": "granted",
        "scheme": "training", "level": None, "credits": 200, "document": "deposit.training", "document_version": "1",
        "document_digest": "00", "clause": "gives", "basis": {"asked_on": "2026-05-01"}, "engine": "1",
        "decided_at": AT.isoformat(), "facts_sealed": None,
    }  # fmt: skip
    posted: dict[str, Any] = {
        "learner_id": str(learner), "posting_id": str(new_id()), "change_id": change, "decision_id": decision,
        "record_id": record, "kind": "grant", "reverses": None, "scheme": "training", "institution_id": institution,
        "amount": 200, "occurred_on": "2026-05-01", "posted_at": AT.isoformat(),
    }  # fmt: skip
    return [as_then("decision", decided), as_then("posting", posted)]


async def test_what_was_deposited_before_is_a_deposit_and_its_digests_hold(empty_database: Addresses) -> None:
    command.upgrade(alembic_config(empty_database.owner), "0002")
    learner = new_id()
    with connect(empty_database.owner) as owner:
        for statement, said in rows_of(learner):
            owner.execute(statement.encode(), said)
        owner.execute(
            "INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)"
            " SELECT change_id, 1, learner_id, institution_id, record_id, 1, 'reported', '{}' FROM posting"
        )
    upgrade(empty_database.owner)
    with connect(empty_database.owner) as owner:
        assert owner.execute("SELECT purpose, claim_id, line_no FROM posting").fetchall() == [("deposit", None, None)]
        assert owner.execute("SELECT claim_id, line_no FROM decision").fetchall() == [(None, None)]
        assert owner.execute("SELECT claim_id, version FROM outbox").fetchall() == [(None, 1)]
    database = Database(empty_database.app, connections=2)
    async with database.session() as session:
        assert [line async for line in altered(session)] == []
        found = await balances(session, [learner], as_of=date(2026, 6, 1), number=None, institution_id=None)
    assert {(one.scheme, one.purpose, one.credits) for one in found} == {("training", "deposit", "2")}
    with connect(empty_database.owner) as owner:
        owner.execute("UPDATE posting SET purpose = 'conversion', claim_id = record_id, line_no = 1, record_id = NULL")
        owner.execute("UPDATE decision SET effective_on = effective_on + 1")
    async with database.session() as session:
        assert {line.partition(":")[0] for line in [line async for line in altered(session)]} == {"decision", "posting"}
    await database.close()
