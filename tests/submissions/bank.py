"""An opened bank with a small town in it, its work done step by step, and files sent as a client sends them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from creditbank import background, clock
from creditbank.config import Settings
from creditbank.database_roles import Addresses
from creditbank.db import driver
from creditbank.identity.actor import Actor
from creditbank.jobs import run_due
from creditbank.records.intake import Sender
from creditbank.rules import Rulebook, load_packaged
from creditbank.sealing import Keyring
from tests.open_bank import OpenBank, machine, opened
from tests.records.town import founded

assert background.HANDLERS


@dataclass
class SubmittingBank:
    """The application, the town's institutions and a client of each."""

    bank: OpenBank
    college: Sender
    school: Sender
    body: Sender
    settings: Settings

    def client(self, sender: Sender | None = None) -> Actor:
        """A client that reports for an institution."""
        return machine("records:write", "records:read", institution_id=(sender or self.college).institution_id)

    async def work(self, *, limit: int = 50) -> int:
        """Do what is due, as a worker would."""
        things = {Settings: self.settings, Keyring: self.bank.keyring, Rulebook: load_packaged()}
        return await run_due(self.bank.database, worker="test", now=clock.now(), limit=limit, things=things)

    async def send(
        self, content: bytes, *, name: str = "rows.ndjson", actor: Actor | None = None, part: int = 1 << 20, **said: Any
    ) -> str:
        """Begin, send in parts, complete; the submission's id."""
        by = actor or self.client()
        begun = await self.bank.call("POST", "/v1/submissions", by, json={"file_name": name, **said})
        assert begun.status_code == 201, begun.text
        submission_id = str(begun.json()["submission_id"])
        pieces = [content[at : at + part] for at in range(0, len(content), part)] or [b""]
        for number, piece in enumerate(pieces, start=1):
            sent = await self.bank.call(
                "PUT", f"/v1/submissions/{submission_id}/parts/{number}", by, content=piece,
                headers={"Content-Type": "application/octet-stream"},
            )  # fmt: skip
            assert sent.status_code == 200, sent.text
            assert sent.json()["sha256"] == hashlib.sha256(piece).hexdigest()
        done = await self.bank.call(
            "POST", f"/v1/submissions/{submission_id}/completion", by, json={"parts": len(pieces)}
        )
        assert done.status_code == 202, done.text
        return submission_id

    async def submitted(self, content: bytes, *, actor: Actor | None = None, confirm: bool = True, **said: Any) -> Any:
        """Send a file, do the work, confirm a mapping if one is proposed; the submission at its end."""
        by = actor or self.client()
        submission_id = await self.send(content, actor=by, **said)
        await self.work()
        found = await self.read(submission_id, actor=by)
        if found["status"] == "needs_mapping" and confirm:
            preview = await self.bank.call("GET", f"/v1/submissions/{submission_id}/preview", by)
            assert preview.json()["mapping"] is not None, preview.json()["proposal"]["questions"]
            put = await self.bank.call(
                "PUT", f"/v1/submissions/{submission_id}/mapping", by, json=preview.json()["mapping"]
            )
            assert put.status_code == 200, put.text
            await self.work()
            found = await self.read(submission_id, actor=by)
        return found

    async def read(self, submission_id: str, *, actor: Actor | None = None) -> Any:
        """A submission as it stands."""
        found = await self.bank.call("GET", f"/v1/submissions/{submission_id}", actor or self.client())
        assert found.status_code == 200, found.text
        return found.json()

    async def rows(self, submission_id: str, *outcomes: str, actor: Actor | None = None) -> list[Any]:
        """Rows with what became of them."""
        query = {"outcome": list(outcomes)} if outcomes else {}
        found = await self.bank.call(
            "GET", f"/v1/submissions/{submission_id}/rows", actor or self.client(), params={**query, "limit": 1000}
        )
        assert found.status_code == 200, found.text
        return list(found.json()["rows"])

    async def sql(self, query: str, *arguments: Any) -> list[Any]:
        """Rows of a query."""
        async with self.bank.database.session() as session:
            connection = await driver(session)
            return await (await connection.execute(query, arguments)).fetchall()


@asynccontextmanager
async def submitting(addresses: Addresses, tmp_path: Path, **settings: Any) -> AsyncIterator[SubmittingBank]:
    """A bank with the town in it."""
    async with opened(addresses, tmp_path / "keys", **settings) as bank:
        college, school, body = await founded(bank.database)
        yield SubmittingBank(bank, college, school, body, Settings(keys_dir=tmp_path / "keys", **settings))


def ndjson(*rows: Any) -> bytes:
    """Rows as a file of lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook with these cells."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"strings_to_formulas": False, "strings_to_numbers": False})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, column, cell)
    book.close()
    return into.getvalue()
