"""What the containers are told is what the service asks for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from creditbank.config import Settings
from creditbank.database_roles import Addresses, connect, libpq_parameters
from creditbank.embedded import start
from creditbank.postgres_programs import client_program

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
ROLES = """
    SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls
    FROM pg_roles WHERE rolname LIKE 'creditbank%' ORDER BY 1
"""
DATABASE = "SELECT datdba::regrole::text, datacl::text FROM pg_database WHERE datname = 'creditbank'"


def rights(addresses: Addresses) -> tuple[list[Any], list[Any]]:
    with connect(addresses.superuser, dbname="postgres") as superuser:
        return superuser.execute(ROLES).fetchall(), superuser.execute(DATABASE).fetchall()


@pytest.fixture
def addresses(tmp_path: Path) -> Iterator[Addresses]:
    with start(tmp_path, throwaway=True) as server:
        yield server.addresses


def test_the_containers_database_has_the_roles_that_the_bank_makes_itself(addresses: Addresses) -> None:
    made_by_the_bank = rights(addresses)
    assert len(made_by_the_bank[0]) == 2
    with connect(addresses.superuser, dbname="postgres") as superuser:
        major = superuser.info.server_version // 10000
        superuser.execute("DROP DATABASE creditbank WITH (FORCE)")
        superuser.execute("DROP ROLE creditbank_app")
        superuser.execute("DROP ROLE creditbank_owner")
    parameters = libpq_parameters(addresses.superuser)
    done = subprocess.run(
        [client_program("psql", server_major=major), "--no-psqlrc", "--quiet"],
        input=COMPOSE["configs"]["roles"]["content"],
        env={
            "PGHOST": parameters["host"],
            "PGUSER": parameters["user"],
            "PGPASSWORD": parameters["password"],
            "PGDATABASE": "postgres",
            "OWNER_PASSWORD": str(libpq_parameters(addresses.owner)["password"]),
            "APP_PASSWORD": str(libpq_parameters(addresses.app)["password"]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert rights(addresses) == made_by_the_bank
    for address in (addresses.app, addresses.owner):
        connect(address).close()


@pytest.mark.parametrize("name", ["migrate", "service", "worker"])
def test_a_container_is_told_only_settings_that_exist(name: str) -> None:
    known = {f"CREDITBANK_{field.upper()}" for field in Settings.model_fields}
    assert set(COMPOSE["services"][name]["environment"]) <= known


def test_only_the_migration_knows_the_owner() -> None:
    who = {name for name, service in COMPOSE["services"].items() if "OWNER" in str(service) and name != "postgres"}
    assert who == {"migrate"}


def test_the_keys_lie_apart_from_the_data() -> None:
    mounted = {name: service["volumes"] for name, service in COMPOSE["services"].items()}
    assert mounted["postgres"] == ["data:/var/lib/postgresql"]
    assert all(volumes == ["keys:/keys"] for name, volumes in mounted.items() if name != "postgres")
    assert {"data", "keys"} <= set(COMPOSE["volumes"])


def test_make_alone_says_what_there_is_to_make() -> None:
    done = subprocess.run(
        ["/usr/bin/env", "make", "-C", ROOT, "--no-print-directory"], capture_output=True, text=True, check=True
    )
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert listed == ["setup", "demo", "demo-reset", "test", "check", "bench", "storm"]
