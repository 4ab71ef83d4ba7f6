"""A bank with a small town in it and people who can sign in, for the tests of its pages."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.identity.logins import open_login
from tests.open_bank import OpenBank, opened, person
from tests.records.town import Town, course_row, entered, resident

PASSWORD = "hai-ou-fei-guo-gang"
HERE = "http://127.0.0.1:8000"
SECURE = "https://bank.example"
TITLE_WITH_SCRIPT = '<script>alert("培训")</script>'


def text_of(page: str) -> str:
    """What a person reads, in one line."""
    body = re.split(r'<main id="content"[^>]*>', page, maxsplit=1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def totals_of(page: str) -> list[str]:
    """The totals at the head of the page."""
    return [
        text_of(f'<main id="content">{part}')
        for part in re.findall(r"<li>(<span class=\"amount\">.*?)</li>", page, re.S)
    ]


def training(**changes: Any) -> dict[str, Any]:
    """A non-degree training of the same person."""
    return {
        "kind": "training",
        "learner": course_row()["learner"],
        "title": "电工实训",
        "started_on": "2024-03-01",
        "occurred_on": "2024-03-10",
        "hours": "32",
        **changes,
    }


def certificate(**changes: Any) -> dict[str, Any]:
    """A certificate of the same person."""
    return {
        "kind": "certificate",
        "learner": course_row()["learner"],
        "standard": "X-WEB",
        "level": "intermediate",
        "number": "X2024000001",
        "occurred_on": "2024-05-01",
        **changes,
    }


@dataclass
class Portal:
    """The town, the bank that is open over it, and the clock that the test moves."""

    town: Town
    bank: OpenBank
    # Tokens are verified by the wall clock too, so the tests begin now and go forward only.
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    async def learner(self, login_name: str = "yan.shi", **row: Any) -> UUID:
        """The learner of the town's rows, enrolled, who can sign in."""
        (outcome,) = await self.town.post(entered(**row))
        learner_id = await self.whose(outcome.record_id)
        await self.login(login_name, roles=["learner"], learner_id=learner_id)
        return learner_id

    async def whose(self, record_id: UUID | None) -> UUID:
        """The learner of a record."""
        rows = await self.town.sql("SELECT learner_id FROM record_version WHERE record_id = %s LIMIT 1", record_id)
        found: UUID = rows[0][0]
        return found

    async def whose_now(self, record_id: UUID) -> UUID:
        """Whose a record is that stands."""
        rows = await self.town.sql("SELECT learner_id FROM record_current WHERE record_id = %s", record_id)
        found: UUID = rows[0][0]
        return found

    async def login(self, login_name: str, *, roles: list[str], **bound: Any) -> UUID:
        """A way in."""
        kept = await self.bank.app.state.passwords.hash(PASSWORD)
        async with self.bank.database.session() as session:
            login = await open_login(
                session,
                self.bank.keyring,
                login_name=login_name,
                password_hash=kept,
                roles=roles,
                at=self.at,
                **bound,
            )
            return login.login_id

    async def child(self, serial: int, name: str, *, years: int = 10) -> UUID:
        """A child enrolled at the college (these schools take anybody), with a passed course."""
        born = f"{clock.today(self.at).year - years}0101"
        learner = {"name": name, "document": {"number": resident(serial, born)}, "student_no": f"K{serial:03d}"}
        (first,) = await self.town.post(entered(learner=learner))
        assert first.outcome == "deposited"
        (outcome,) = await self.town.post(course_row(learner=learner))
        assert outcome.outcome == "deposited"
        return await self.whose(outcome.record_id)

    async def guardian(self, learner_id: UUID) -> dict[str, Any]:
        """A guardian recorded by the college's registrar: the answer, with login name and password the first time."""
        answer = await self.bank.call(
            "POST",
            f"/v1/learners/{learner_id}/guardians",
            person("registrar", institution_id=self.town.college.institution_id),
            json={
                "name": "李桂芳",
                "document": {"number": resident(900, "19800101")},
                "relation": "mother",
                "evidence": "户口簿",
            },
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def number(self) -> None:
        """Let the numberer catch up."""
        await number_all(self.bank.database, now=clock.now())

    def browser(self, at: str = HERE) -> httpx.AsyncClient:
        """Somebody's browser: it keeps cookies, and says where its forms come from."""
        transport = httpx.ASGITransport(self.bank.app, client=("203.0.113.7", 4711))
        return httpx.AsyncClient(transport=transport, base_url=at, headers={"Origin": at})

    @asynccontextmanager
    async def signed_in(
        self, login_name: str = "yan.shi", password: str = PASSWORD
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which somebody has signed in."""
        async with self.browser() as browser:
            answer = await sign_in(browser, login_name, password)
            assert answer.status_code == 303, answer.text
            yield browser


async def sign_in(browser: httpx.AsyncClient, login_name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    """Post the form."""
    return await browser.post("/sign-in", data={"login_name": login_name, "password": password}, **more)


@asynccontextmanager
async def opened_portal(
    town: Town, addresses: Any, keys: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> AsyncIterator[Portal]:
    """A bank over the town, at an instant that a test may move."""
    async with opened(addresses, keys, **settings) as bank:
        found = Portal(town, bank)
        monkeypatch.setattr(clock, "now", lambda: found.at)
        yield found


@pytest.fixture
async def portal(town: Town, addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    async with opened_portal(town, addresses, tmp_path / "keys", monkeypatch) as found:
        yield found
