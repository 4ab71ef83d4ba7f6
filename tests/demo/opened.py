"""The city as tests find it: opened once in a served bank, and asked as the people and programs of its file ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from creditbank.database_roles import connect
from creditbank.demo import Bootstrap, DemoFile
from creditbank.demo.city import institution
from creditbank.demo.shelf import PAST_RESULTS
from creditbank_client import Client
from tests.clients.served import Served

CUT_OFF = PAST_RESULTS[4]
"""The college's results of four years."""


class Interrupted(Exception):
    pass


@dataclass
class Opened:
    """A bank with the city in it, and the file that says how to get in."""

    bank: Served
    bootstrap: Bootstrap
    file: DemoFile
    steps: list[str]
    """What the second start still did."""

    @contextmanager
    def person(self, login: str) -> Iterator[tuple[Client, dict[str, Any]]]:
        entry = self.file.person(login)
        assert entry is not None, login
        with Client.of_person(self.bank.base_url, entry["login"], entry["password"]) as client:
            yield client, entry

    @contextmanager
    def school(self, key: str) -> Iterator[Client]:
        entry = self.file.client(institution(key).name)
        assert entry is not None, key
        with Client(self.bank.base_url, entry["client_id"], entry["client_secret"]) as client:
            yield client

    def totals(self, login: str) -> dict[str, Decimal]:
        """The credits of somebody by scheme, as their own transcript says."""
        with self.person(login) as (client, entry):
            found = client.transcript(entry["learner_id"])["totals"]
        by_scheme = {one["scheme"]: Decimal(one["credits"]) for one in found if one["level"] is None}
        return {scheme: amount for scheme, amount in by_scheme.items() if amount}

    def lines(self, login: str, kind: str) -> list[dict[str, Any]]:
        """Somebody's records of a kind."""
        with self.person(login) as (client, entry):
            return [line for line in client.transcript(entry["learner_id"])["records"] if line["kind"] == kind]

    def due_now(self, work: str) -> None:
        """What the bank does every so often is due at once, this time."""
        self.sql(f"UPDATE job SET run_at = now() WHERE name = '{work}' AND finished_at IS NULL RETURNING job_id")

    def sql(self, query: str) -> list[Any]:
        with connect(self.bank.database_url) as connection:
            return connection.execute(query).fetchall()
