"""Rows held for identity: counted for each institution, written down for the auditor, and too many in a day stop it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creditbank.errors import TooManyRequests
from creditbank.identity.actor import Actor
from creditbank.learners import probing
from tests.learners.people import City, later


async def matched(city: City, actor: Actor, *, rows: int, mismatches: int) -> None:
    async with city.bank.database.session() as session:
        await probing.note_matches(
            session, actor, rows=rows, mismatches=mismatches, at=city.at, keyring=city.bank.keyring
        )


async def asks(city: City, actor: Actor) -> None:
    async with city.bank.database.session() as session:
        await probing.must_not_be_probing(session, actor, at=city.at, keyring=city.bank.keyring)


async def test_whoever_had_too_many_rows_held_for_identity_waits_until_a_day_after_the_first(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "MISMATCHES", 5)
    await matched(city, city.school, rows=10, mismatches=3)
    later(city, hours=6)
    await asks(city, city.school)
    await matched(city, city.school, rows=10, mismatches=2)
    with pytest.raises(TooManyRequests) as refused:
        await asks(city, city.school)
    assert refused.value.headers["Retry-After"] == str(int(timedelta(hours=18).total_seconds()))
    await asks(city, city.other)
    await asks(city, city.officer)
    later(city, hours=18)
    await asks(city, city.school)
    await matched(city, city.school, rows=10, mismatches=1)
    await asks(city, city.school)


async def test_each_call_with_mismatches_is_one_entry_and_one_without_is_none(city: City) -> None:
    await matched(city, city.school, rows=10, mismatches=0)
    await matched(city, city.school, rows=10, mismatches=4)
    await matched(city, city.school, rows=7, mismatches=1)
    logged = await city.sql("SELECT actor, detail FROM access_entry WHERE act = 'record_identities_differ' ORDER BY 1")
    assert [(row.actor, row.detail) for row in logged] == [
        (city.school.name, {"rows": 10, "mismatches": 4}),
        (city.school.name, {"rows": 7, "mismatches": 1}),
    ]
