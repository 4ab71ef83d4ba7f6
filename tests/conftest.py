"""A real PostgreSQL for the tests, built by the real migrations: each test gets a copy of its own.

Without CREDITBANK_TEST_DATABASE_URL (a superuser's address of a server to be used) one embedded server is started for
the whole run, by the process that the user started, and shared by all its workers.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

from creditbank.database_roles import (
    APP,
    OWNER,
    Addresses,
    addresses_beside,
    connect,
    ensure_roles,
    open_database,
)
from creditbank.embedded import AlreadyServed, Server, running, start
from creditbank.identity import security
from creditbank.migrate import upgrade

HANDED_OVER = "CREDITBANK_TEST_RUN"
run_key = pytest.StashKey["Run"]()


@dataclass
class Run:
    """One run of the tests: its folder, its server and the databases that it leaves nothing of."""

    folder: Path
    addresses: Addresses
    server: Server | None

    @property
    def name(self) -> str:
        """Names this run's databases, for several runs may share a server."""
        return "test_" + "".join(filter(str.isalnum, self.folder.name.removeprefix("cb-test-"))).lower()

    def end(self) -> None:
        """Leave nothing behind."""
        if self.server is not None:
            self.server.stop()
        else:
            with connect(self.addresses.superuser, dbname="postgres") as superuser:
                left = superuser.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (self.name,))
                for (name,) in left.fetchall():
                    superuser.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
                    drop(superuser, name)
        shutil.rmtree(self.folder, ignore_errors=True)


def quick_place() -> Path:
    """A folder in memory where there is room (copying a database takes 15 ms there, up to 500 ms on some disks)."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if roomy else Path(tempfile.gettempdir())


def sweep(place: Path) -> None:
    """Free the memory of runs that were killed: folders a minute old whose lock nobody holds."""
    for left in place.glob("cb-test-*/postgres/lock"):
        with suppress(FileNotFoundError, AlreadyServed):
            if left.stat().st_mtime < time.time() - 60 and running(left.parents[1]) is None:
                shutil.rmtree(left.parents[1], ignore_errors=True)


def open_run() -> Run:
    sweep(quick_place())
    folder = Path(tempfile.mkdtemp(prefix="cb-test-", dir=quick_place()))
    given = os.environ.get("CREDITBANK_TEST_DATABASE_URL")
    if given is None:
        server = start(folder, throwaway=True)
        return Run(folder=folder, addresses=server.addresses, server=server)
    return Run(folder=folder, addresses=roles_on(given), server=None)


def roles_on(superuser_url: str) -> Addresses:
    # A server that outlives the run keeps the roles: one password for all runs, so that two of them can share it.
    passwords = dict.fromkeys((OWNER, APP), os.environ.get("CREDITBANK_TEST_PASSWORD", "creditbank-test"))
    with connect(superuser_url) as superuser:
        superuser.execute("SELECT pg_advisory_lock(20190122)")
        ensure_roles(superuser, passwords=passwords)
    return addresses_beside(superuser_url, passwords=passwords)


TOGETHER = "tests/demo/"
"""The city takes long to open: one worker does all of its tests."""
LONG = (TOGETHER, "tests/contract/test_schemathesis.py", "tests/submissions/test_storm.py")
"""What takes minutes, in the order in which it is begun."""


def _place(nodeid: str) -> str:
    return TOGETHER if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]


class _ByPlace(LoadScopeScheduling):
    """A file's tests go to one worker, so that what they share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return _place(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # they come in the order of the next hook
    return _ByPlace(config, log)


@pytest.hookimpl(trylast=True)  # after whatever shuffles
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is begun first, so that no worker waits for another at the end."""
    items.sort(key=lambda item: LONG.index(place) if (place := _place(item.nodeid)) in LONG else len(LONG))


def pytest_configure(config: pytest.Config) -> None:
    # Only with workers: a run in one process starts the server when the first test asks for it.
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        run = config.stash[run_key] = open_run()
        os.environ[HANDED_OVER] = f"{run.folder}\n{run.addresses.to_json()}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if (run := config.stash.get(run_key, None)) is not None:
        os.environ.pop(HANDED_OVER, None)
        del config.stash[run_key]
        run.end()


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """This run's server, ended with the session."""
    if HANDED_OVER in os.environ:
        folder, addresses = os.environ[HANDED_OVER].split("\n")
        return Run(folder=Path(folder), addresses=Addresses.from_json(addresses), server=None)
    if run_key not in pytestconfig.stash:
        pytestconfig.stash[run_key] = open_run()
    return pytestconfig.stash[run_key]


@pytest.fixture(scope="session", autouse=True)
def strong_hash() -> Iterator[Any]:
    """Passwords are cheap to check in these tests; what they cost in earnest is for the tests about that."""
    strong = security._ARGON2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "_ARGON2", strong.using(memory_cost=64, time_cost=1))
        yield strong


@pytest.fixture(scope="session")
def quick_folder() -> Path:
    """Where a test may put a database folder of its own."""
    return quick_place()


@pytest.fixture(scope="session")
def server_addresses(run: Run) -> Addresses:
    """The server itself; its database `creditbank` is empty or somebody else's, so take `addresses` for a test."""
    return run.addresses


@pytest.fixture(scope="session")
def superuser(run: Run) -> Iterator[psycopg.Connection[Any]]:
    with connect(run.addresses.superuser, dbname="postgres") as connection:
        yield connection


@pytest.fixture(scope="session")
def template(run: Run, superuser: psycopg.Connection[Any]) -> str:
    """A database that the migrations built, made by the first worker that needs it."""
    name = f"{run.name}_template"
    with (run.folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = superuser.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known != (True,):
            drop(superuser, name)
            open_database(superuser, name)
            upgrade(run.addresses.of_database(name).owner)
            superuser.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false IS_TEMPLATE true").format(sql.Identifier(name))
            )
    return name


def copied(run: Run, superuser: psycopg.Connection[Any], template: str) -> Iterator[Addresses]:
    name = f"{run.name}_{secrets.token_hex(6)}"
    open_database(superuser, name, template=template)
    yield run.addresses.of_database(name)
    drop(superuser, name)


def drop(superuser: psycopg.Connection[Any], name: str) -> None:
    superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def addresses(run: Run, superuser: psycopg.Connection[Any], template: str) -> Iterator[Addresses]:
    """A migrated, empty database of this test alone."""
    yield from copied(run, superuser, template)


@pytest.fixture(scope="session")
def shared_addresses(run: Run, superuser: psycopg.Connection[Any], template: str) -> Iterator[Addresses]:
    """A migrated database that the tests of one worker share: for those that only read, or bear what others wrote."""
    yield from copied(run, superuser, template)


@pytest.fixture
def empty_database(run: Run, superuser: psycopg.Connection[Any]) -> Iterator[Addresses]:
    """A database of this test alone that no migration has seen."""
    name = f"{run.name}_{secrets.token_hex(6)}"
    open_database(superuser, name)
    yield run.addresses.of_database(name)
    drop(superuser, name)
