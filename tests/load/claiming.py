"""The line `claim` of `make bench`: one line a claim at twenty a second, each decided at once, beside a bare route.

The method is the bank's own starting one, under the limits of the city, without the hands that would make it wait.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import yaml

from creditbank import clock
from creditbank.db import Database, driver
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions.equivalence_keys import course_key
from creditbank.institutions.tables import Equivalence
from creditbank.rules import Rulebook, packaged_documents, read_document
from creditbank.sealing import Keyring
from tests.load.paced import EACH, ROUNDS, beside_bare
from tests.load.town import LONG_AGO, RECORDS_EACH, LoadTown, another_college

if TYPE_CHECKING:
    from tests.load.bench import Served

COURSES = RECORDS_EACH
"""Courses of the plan that is claimed for, each of which one of everybody's results counts for."""


@dataclass(frozen=True)
class Elsewhere:
    """The second college, and which of its courses each course of the first one counts for."""

    plan_id: UUID
    institution_id: UUID
    counts_for: dict[str, str]


def rulebook(*institutions: UUID) -> Rulebook:
    """The packaged rules, and the bank's method as one of some colleges, by which the rules alone decide."""
    own = resources.files("creditbank") / "rulebook" / "qinhuangdao" / "conversion.qinhuangdao.yaml"
    said: dict[str, Any] = yaml.load(own.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    said["document"] = "conversion.measured"
    said["applies"] = {"plan.level": ["higher_vocational"], "plan.institution": [str(one) for one in institutions]}
    for version in said["versions"]:
        version.pop("procedure", None)
    return Rulebook.load([*packaged_documents(), read_document(json.dumps(said, ensure_ascii=False))])


async def furnish(database: Database, keyring: Keyring, town: LoadTown) -> Elsewhere:
    """A second college with everybody in it, for whose courses the results of the first one count."""
    other, courses = await another_college(database, keyring, range(town.learners), courses=COURSES)
    counts_for = dict(zip((f"C{place:03d}" for place in range(RECORDS_EACH)), courses, strict=True))
    async with database.session() as session:
        session.add_all(
            Equivalence(
                equivalence_id=new_id(), institution_id=other.college,
                sources=[{"kind": "course", "institution_id": str(town.college), "course_code": code}],
                source_keys=[course_key(town.college, code)], targets=[target],
                target_keys=[course_key(other.college, target)], valid_from=LONG_AGO, state="in_force", ground="测量",
                entered_by="bench", entered_at=clock.now(), confirmed_by="bench", confirmed_at=clock.now(),
            )
            for code, target in counts_for.items()
        )  # fmt: skip
        connection = await driver(session)
        cursor = await connection.execute("SELECT plan_id FROM plan WHERE institution_id = %s", [other.college])
        ((plan_id,),) = await cursor.fetchall()
    return Elsewhere(plan_id, other.college, counts_for)


async def claims(served: Served, elsewhere: Elsewhere, count: int) -> list[bytes]:
    """So many claims: everybody's first record, then everybody's second."""
    from tests.load.bench import request

    found: list[tuple[UUID, UUID, str]] = []
    async with served.database.session() as session:
        connection = await driver(session)
        for code, target in elsewhere.counts_for.items():
            cursor = await connection.execute(
                "SELECT learner_id, record_id FROM record_current WHERE shown ->> 'course_code' = %s LIMIT %s",
                [code, count - len(found)],
            )
            found += [(learner, record, target) for learner, record in await cursor.fetchall()]
            if len(found) == count:
                break
    tokens, at = served.app.state.tokens, clock.now()
    return [
        request(
            "POST",
            f"/v1/learners/{learner}/claims",
            tokens.issue(Actor(name=f"login:{learner}", roles=frozenset({"learner"}), learner_id=learner), at=at),
            json.dumps(
                {"plan_id": str(elsewhere.plan_id), "lines": [{"record_ids": [str(record)], "course_code": target}]}
            ).encode(),
        )
        for learner, record, target in found
    ]


async def line(served: Served, elsewhere: Elsewhere, folder: Path) -> dict[str, Any]:
    """What claims take beside the bare route; every line of them is granted."""
    from tests.load.bench import PORT

    claimed = await claims(served, elsewhere, EACH * (ROUNDS + 1))
    found = await beside_bare(PORT, claimed, folder, status="201")
    async with served.database.session() as session:
        cursor = await (await driver(session)).execute("SELECT state, count(*)::int FROM claim_line GROUP BY state")
        states = dict(await cursor.fetchall())
    assert states == {"granted": len(claimed)}, states
    return found
