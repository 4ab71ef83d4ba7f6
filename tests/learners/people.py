"""People, schools and officers for the tests of accounts: a real bank on a real database, called over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from creditbank import app as shell
from creditbank import clock
from creditbank.identity.actor import Actor
from creditbank.learners import identity_routes, own_routes, routes
from creditbank.learners.documents import check_character
from creditbank.learners.guardians import sign_in_check
from tests.open_bank import OpenBank, machine, opened, person

PASSWORD = "hai-ou-fei-guo-gang"


def resident(serial: int, born: str = "20050101") -> str:
    """An identity number of the unassigned region 139900."""
    seventeen = f"139900{born}{serial:03d}"
    return seventeen + check_character(seventeen)


def born(city: City, *, years: int, days: int = 0) -> str:
    """The date of birth, as a number says it, of somebody who turns so old in so many of the city's days."""
    birthday = clock.today(city.at) + timedelta(days=days)
    # Who was born on 29 February turns older on 1 March.
    day = birthday.day if (birthday.month, birthday.day) != (2, 29) else 28
    return f"{birthday.year - years}{birthday.month:02d}{day:02d}"


def someone(name: str, serial: int, born: str = "20050101") -> dict[str, Any]:
    """A person as an institution names them."""
    return {"name": name, "document": {"kind": "resident_id", "number": resident(serial, born)}}


@dataclass
class City:
    """An open bank with two schools and an officer, a clock that the test moves, and the verbs of the tests."""

    bank: OpenBank
    school: Actor
    registrar: Actor
    other: Actor
    officer: Actor
    # Tokens are verified by the wall clock, so the tests begin now and go forward only.
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    async def post(self, path: str, actor: Actor | None, json: Any = None, **headers: str) -> httpx.Response:
        """Post as somebody, or as nobody."""
        return await self.bank.call("POST", path, actor, json=json or {}, headers=headers)

    async def get(self, path: str, actor: Actor | None, **asked: Any) -> httpx.Response:
        """Read as somebody."""
        return await self.bank.call("GET", path, actor, params=asked)

    async def open(self, who: dict[str, Any], by: Actor | None = None) -> UUID:
        """An account for a person."""
        answer = await self.post("/v1/learners", by or self.school, who)
        assert answer.status_code in (200, 201), answer.text
        return UUID(answer.json()["learner_id"])

    async def enrol(self, who: dict[str, Any], student_no: str, by: Actor | None = None) -> None:
        """A school reports that somebody entered."""
        row = {
            "kind": "enrolment_event",
            "event": "entered",
            "level": "secondary_vocational",
            "occurred_on": "2025-09-01",
            "learner": {**who, "student_no": student_no},
        }
        answer = await self.post("/v1/records", by or self.school, row)
        assert answer.status_code == 201, answer.text

    async def pupil(self, name: str, serial: int, born: str = "20050101") -> UUID:
        """Somebody with an account who is enrolled at the school."""
        who = someone(name, serial, born)
        learner_id = await self.open(who)
        await self.enrol(who, f"S{serial:03d}")
        return learner_id

    async def code(self, learner_id: UUID, by: Actor | None = None, **said: Any) -> dict[str, Any]:
        """A code handed out."""
        answer = await self.post(f"/v1/learners/{learner_id}/activation-codes", by or self.school, said)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def activate(self, given: dict[str, Any], name: str, login: str, **more: Any) -> httpx.Response:
        """What a person types."""
        typed = {
            "account_no": given["account_no"],
            "name": name,
            "code": given["code"],
            "login_name": login,
            "password": PASSWORD,
        }
        return await self.post("/v1/accounts/activation", None, {**typed, **more})

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """A token for a person, by password."""
        form = {"grant_type": "password", "username": login, "password": password}
        return await self.bank.http.post("/v1/oauth/token", data=form)

    async def guardian(self, learner_id: UUID, name: str = "李桂芳", serial: int = 900, **more: Any) -> httpx.Response:
        """A guardian recorded by the registrar."""
        said = {
            **someone(name, serial, more.pop("born", "19800101")),
            "relation": "mother",
            "evidence": "户口簿",
            **more,
        }
        return await self.post(f"/v1/learners/{learner_id}/guardians", self.registrar, said)

    async def sql(self, query: str, **said: Any) -> list[Any]:
        """Rows of a query, as the application role."""
        async with self.bank.database.session() as session:
            found = await (await session.connection()).execute(text(query), said)
            return list(found.all()) if found.returns_rows else []

    async def inbox(self, learner_id: UUID) -> list[str]:
        """Kinds of the messages served, oldest first."""
        rows = await self.sql(
            "SELECT kind FROM inbox_message WHERE learner_id = :learner ORDER BY message_id", learner=learner_id
        )
        return [row.kind for row in rows]

    async def merge(self, learner_id: UUID, into: UUID) -> None:
        """Two accounts are one person's, said straight in the table."""
        await self.sql(
            "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)"
            " VALUES (:learner, gen_random_uuid(), :into, now(), 'test', 'test')",
            learner=learner_id,
            into=into,
        )

    def learner(self, learner_id: UUID) -> Actor:
        """A learner who signed in."""
        return person("learner", learner_id=learner_id)


async def _institution(bank: OpenBank, name: str) -> UUID:
    institution_id = await bank.institution()
    async with bank.database.session() as session:
        await (await session.connection()).execute(
            text(
                "INSERT INTO institution_profile (institution_id, valid_from, kind, name, demo)"
                " VALUES (:id, :day, 'secondary_vocational', :name, true)"
            ),
            {"id": institution_id, "day": date(2000, 1, 1), "name": name},
        )
    return institution_id


SCOPES = ("learners:write", "learners:read", "records:write", "records:read", "transcripts:read")


@pytest.fixture
async def city(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    """A bank for the tests of learners' accounts."""
    missing = [module.router for module in (routes, own_routes, identity_routes) if module.router not in shell.ROUTERS]
    monkeypatch.setattr(shell, "ROUTERS", (*missing, *shell.ROUTERS))
    async with opened(addresses, tmp_path / "keys") as bank:
        bank.app.state.sign_in_checks = (sign_in_check(bank.keyring),)
        here, there = await _institution(bank, "演示中专"), await _institution(bank, "演示二中")
        found = City(
            bank,
            school=machine(*SCOPES, institution_id=here),
            registrar=person("registrar", institution_id=here),
            other=machine(*SCOPES, institution_id=there),
            officer=person("officer"),
        )
        monkeypatch.setattr(clock, "now", lambda: found.at)
        yield found


def later(city: City, **by: float) -> None:
    """Move the clock."""
    city.at += timedelta(**by)
