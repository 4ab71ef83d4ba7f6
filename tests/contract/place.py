"""A little place for the contract's tests: the real application, a college, a school and a certificate body in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from creditbank import clock
from creditbank.identity.actor import Actor
from creditbank.identity.permit import SCOPES
from creditbank.institutions import tables as t
from creditbank.rules import packaged_documents
from creditbank.rules.service import seed_rules
from tests.open_bank import OpenBank, machine, opened, person
from tests.records.town import furnish, resident


@dataclass
class Place:
    """The open bank, its institutions, and who calls for them."""

    bank: OpenBank
    college: UUID
    school: UUID
    body: UUID
    client: Actor
    """The college's, with every scope."""
    known: dict[str, str] = field(default_factory=dict)
    """Identifiers of things that are there, by the name of the path parameter that asks for them."""

    async def post(self, path: str, body: Any, by: Actor | None = None, *, key: str | None = None) -> httpx.Response:
        """Post JSON, under an Idempotency-Key if one is given."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.bank.call("POST", f"/v1{path}", by or self.client, json=body, headers=headers)

    async def get(self, path: str, by: Actor | None = None, **asked: Any) -> httpx.Response:
        """Read."""
        return await self.bank.call("GET", f"/v1{path}", by or self.client, params=asked)

    async def count(self, table: str) -> int:
        """Rows of a table."""
        async with self.bank.database.session() as session:
            found = await (await session.connection()).exec_driver_sql(f'SELECT count(*) FROM "{table}"')
            return int(found.scalar_one())


KINDS = {"college": "higher_vocational", "school": "secondary_vocational", "body": "certificate_body"}
NAMES = {"college": "演示职业学院", "school": "演示中专", "body": "演示发证机构"}


@asynccontextmanager
async def settled(addresses: Any, keys: Path, **settings: Any) -> AsyncIterator[Place]:
    """A place with its rules, courses, plan, scales and certificate, and nobody in it."""
    async with opened(addresses, keys, **settings) as bank:
        ids = {name: await bank.institution() for name in KINDS}
        profiles = [
            t.InstitutionProfile(
                institution_id=ids[name], valid_from=clock.today().replace(year=2000), kind=KINDS[name],
                name=NAMES[name], demo=True,
            )
            for name in KINDS
        ]  # fmt: skip
        furniture = furnish(ids["college"], ids["school"], ids["body"])
        for row in furniture:
            if isinstance(row, t.CertificateLevel) and row.credits is not None:
                row.credits_source = "演示"
        later = (t.Plan, t.CertificateStandard), (t.PlanCourse, t.CertificateLevel)
        first = [row for row in furniture if not isinstance(row, (*later[0], *later[1]))]
        for rows in (profiles + first, *([row for row in furniture if isinstance(row, kinds)] for kinds in later)):
            async with bank.database.session() as session:
                session.add_all(rows)
        async with bank.database.session() as session:
            await seed_rules(session, packaged_documents(), at=clock.now())
        client = machine(*SCOPES, institution_id=ids["college"])
        yield Place(bank, ids["college"], ids["school"], ids["body"], client)


def learner(serial: int = 1, **more: str) -> dict[str, Any]:
    """A learner as a row names them."""
    name = f"演示{'甲乙丙丁戊己庚辛'[(serial - 1) % 8]}"
    return {"name": name, "document": {"kind": "resident_id", "number": resident(serial)}, **more}


def officer() -> Actor:
    """An officer of the bank."""
    return person("officer")
