"""Running a bank: its database, its keys, its published rules, the web server and the background work beside it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI

from creditbank import background, clock, embedded
from creditbank.app import create_app
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.identity.first import first_administrator
from creditbank.institutions.seeds import seed_reference
from creditbank.institutions.service import lock_reference
from creditbank.migrate import upgrade
from creditbank.oversight.audit import differences
from creditbank.rules import packaged_documents
from creditbank.rules.in_force import RulesInForce
from creditbank.rules.service import published, seed_rules
from creditbank.sealing import Keyring
from creditbank.telemetry import log_as_json


@dataclass(frozen=True)
class Opened:
    """A bank whose database is there and current."""

    settings: Settings
    url: str


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """The database that is set, or the embedded one, started, migrated, and stopped at the end."""
    if settings.database_url is not None:
        if settings.owner_database_url is not None:
            upgrade(settings.owner_database_url)
        yield Opened(settings, settings.database_url)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with embedded.start(settings.data_dir) as server:
        upgrade(server.addresses.owner)
        yield Opened(settings, server.addresses.app)


async def _rules(database: Database) -> RulesInForce:
    async with database.session() as session:
        # A service and its workers start together, and each would publish what none of them found.
        await lock_reference(session)
        await seed_rules(session, packaged_documents(), at=clock.now())
        await seed_reference(session)
    looked_at = time.monotonic()
    async with database.session() as session:
        found = await published(session)
    return RulesInForce(found.book(), number=found.number, looked_at=looked_at)


async def make_app(bank: Opened) -> FastAPI:
    """The application over an opened bank, deciding by the rules that are published in it."""
    log_as_json()
    database = Database.of(bank.settings, bank.url)
    keyring = Keyring.open(
        bank.settings.keys_dir, create=True, cipher=bank.settings.cipher, digest=bank.settings.digest
    )
    return create_app(database, bank.settings, keyring, await _rules(database))


def settle_memory() -> None:
    """What was loaded to begin with stays, and garbage in cycles is looked for after twenty thousand new objects.

    Looking through all that is loaded again and again, and as often as every seven hundred objects through the new, is
    a twentieth of what answering a claim costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


async def work_of(app: FastAPI, stop: asyncio.Event) -> None:
    """The background work of an application's bank, with its keys and its rules."""
    state = app.state
    await background.work(state.database, stop, settings=state.settings, keyring=state.keyring, rulebook=state.rules)


class _Server(uvicorn.Server):
    """uvicorn, with the work that goes on beside it."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, *, with_work: bool) -> None:
        super().__init__(config)
        self.app, self.with_work = app, with_work

    async def run_beside(self) -> None:
        """Serve until told to stop, then let the work in hand finish."""
        stop = asyncio.Event()
        work = asyncio.create_task(work_of(self.app, stop)) if self.with_work else None
        try:
            await self.serve()
        finally:
            stop.set()
            if work is not None:
                await work
            await self.app.state.database.close()


async def _run(bank: Opened, *, host: str, port: int, with_work: bool, ready: threading.Event | None = None) -> None:
    app = await make_app(bank)
    settle_memory()
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    server = _Server(config, app, with_work=with_work)
    if ready is not None:
        ready.set()
    await server.run_beside()


def serve(settings: Settings, *, host: str, port: int, with_work: bool) -> int:
    """Run the service until it is told to stop. With the embedded database the work is always done beside it."""
    with _ending_well(), opened(settings) as bank:
        asyncio.run(_run(bank, host=host, port=port, with_work=with_work or settings.database_url is None))
    return 0


def work(settings: Settings) -> int:
    """Do the background work until told to stop."""

    async def until_stopped(bank: Opened) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, stop.set)
        app = await make_app(bank)
        settle_memory()
        try:
            await work_of(app, stop)
        finally:
            await app.state.database.close()

    with opened(settings) as bank:
        asyncio.run(until_stopped(bank))
    return 0


def demo(settings: Settings, *, port: int) -> int:
    """Serve the demo city: opened on the first start, kept on every other."""
    from creditbank.demo import begin, load_city  # noqa: PLC0415 (a deployment has no demo)

    base_url = f"http://127.0.0.1:{port}"
    ours = settings.model_copy(update={"base_url": base_url})
    with _ending_well(), opened(ours) as bank:
        begin(ours.data_dir / "demo.json", base_url)
        loading = threading.Thread(target=_load_when_ready, args=(bank, load_city), daemon=True)
        loading.start()
        asyncio.run(_run(bank, host="127.0.0.1", port=port, with_work=True))
    return 0


def _load_when_ready(bank: Opened, load_city: object) -> None:
    base_url = bank.settings.base_url
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{base_url}/readyz", timeout=2).status_code == 200:
                break
        time.sleep(0.1)
    load_city(bank.settings, bank.url)  # type: ignore[operator]


def forget_demo(settings: Settings) -> int:
    """Forget the demo's data, keys and addresses."""
    embedded.forget(settings.data_dir)
    shutil.rmtree(settings.keys_dir, ignore_errors=True)
    (settings.data_dir / "demo.json").unlink(missing_ok=True)
    return 0


def make_administrator(settings: Settings, *, login: str) -> str:
    """The first administrator, who makes everybody else: a password that is said once."""

    async def make(bank: Opened) -> str:
        app = await make_app(bank)
        try:
            state = app.state
            return await first_administrator(
                state.database, state.keyring, state.passwords, login=login, at=clock.now()
            )
        finally:
            await app.state.database.close()

    with opened(settings) as bank:
        return asyncio.run(make(bank))


async def audit(settings: Settings) -> list[str]:
    """What the audit finds: today's view and the books against what they are made from."""
    if settings.database_url is not None:
        return await _audited(settings, settings.database_url)
    with embedded.borrowed(settings.data_dir) as addresses:
        return await _audited(settings, addresses.app)


async def _audited(settings: Settings, url: str) -> list[str]:
    database = Database.of(settings, url)
    try:
        return await differences(database)
    finally:
        await database.close()


@contextmanager
def _ending_well() -> Iterator[None]:
    """SIGTERM ends the process as Ctrl-C does: everything that was opened is closed."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.stdout.flush()
