"""The embedded PostgreSQL ends with its parent, however that ends, and loses nothing that was committed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest

import creditbank
from creditbank import postgres_programs
from creditbank.database_roles import connect
from creditbank.embedded import (
    AlreadyServed,
    ClusterOfAnotherVersion,
    StartFromTheMainThread,
    borrowed,
    forget,
    running,
    start,
)
from creditbank.postgres_programs import PostgresNotFound, ProgramNotFound, client_program, server_programs, version_of

PARENT = """
    import sys, time
    from pathlib import Path
    from creditbank.database_roles import connect
    from creditbank.embedded import start

    with start(Path(sys.argv[1])) as server:
        app = connect(server.addresses.superuser)
        app.execute("CREATE TABLE IF NOT EXISTS deposited (number int)")
        for number in range(100_000):
            app.execute("INSERT INTO deposited VALUES (%s)", (number,))
            print(number, flush=True)
            time.sleep(0.002)
"""

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(Path(creditbank.__file__).parents[1]), *filter(None, sys.path)]),
}

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can drop to another user")


@pytest.fixture
def empty(quick_folder: Path) -> Iterator[Path]:
    """A private folder with a short path: nobody but its owner may look inside."""
    with tempfile.TemporaryDirectory(prefix="cb-", dir=quick_folder) as made:
        yield Path(made)
        for pid in servers_of(Path(made)):
            os.kill(pid, signal.SIGQUIT)


@pytest.fixture(scope="module")
def made_once(quick_folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cb-", dir=quick_folder) as made:
        start(Path(made), throwaway=True).stop()
        yield Path(made)


@pytest.fixture
def folder(made_once: Path, empty: Path) -> Path:
    """A data folder that has served before: a copy, which is quicker than another initdb."""
    subprocess.run(["/bin/cp", "-a", made_once / "postgres", empty], check=True)
    return empty


def parent_on(folder: Path, *, python: str = sys.executable, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-c", textwrap.dedent(PARENT), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **{"env": ENVIRONMENT, **how},
    )


def committed(out: IO[str] | None, *, at_least: int) -> int:
    assert out is not None
    for line in out:
        if int(line) >= at_least:
            return int(line)
    raise AssertionError("the parent ended early")


def servers_of(folder: Path) -> list[int]:
    cluster = folder / "postgres" / "cluster"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == cluster:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def users_of_servers(folder: Path) -> set[int]:
    return {Path(f"/proc/{pid}").stat().st_uid for pid in servers_of(folder)}


def none_left(folder: Path, *, within: float) -> bool:
    until = time.monotonic() + within
    while servers_of(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def rows(folder: Path) -> list[int]:
    with start(folder) as server, connect(server.addresses.superuser) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM deposited ORDER BY number")]


def test_killing_the_parent_leaves_no_server_and_loses_no_committed_row(empty: Path) -> None:
    parent = parent_on(empty)
    last = committed(parent.stdout, at_least=20)
    assert servers_of(empty)
    parent.kill()
    parent.wait()
    assert none_left(empty, within=10)
    assert rows(empty)[: last + 1] == list(range(last + 1))


def test_a_start_right_after_a_kill_waits_for_the_server_that_is_still_stopping(folder: Path) -> None:
    parent = parent_on(folder)
    last = committed(parent.stdout, at_least=20)
    parent.kill()
    parent.wait()
    assert rows(folder)[: last + 1] == list(range(last + 1))


def test_ctrl_c_ends_the_parent_and_its_server(folder: Path) -> None:
    parent = parent_on(folder, stderr=subprocess.DEVNULL)
    last = committed(parent.stdout, at_least=20)
    os.killpg(parent.pid, signal.SIGINT)
    parent.communicate(timeout=20)
    assert none_left(folder, within=0)
    assert len(rows(folder)) > last


def test_ctrl_c_reaches_the_bank_and_not_the_server(folder: Path) -> None:
    parent = parent_on(folder)
    committed(parent.stdout, at_least=1)
    assert {os.getpgid(pid) for pid in servers_of(folder)}.isdisjoint({os.getpgid(parent.pid)})
    parent.kill()
    parent.communicate()
    assert none_left(folder, within=10)


def test_a_process_that_ends_with_its_parent_takes_its_server_along(folder: Path) -> None:
    command = 'CREDITBANK_END_WITH_PARENT=$$ "$0" -c "$1" "$2"; true'
    shell = subprocess.Popen(
        ["/bin/sh", "-c", command, sys.executable, textwrap.dedent(PARENT), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    committed(shell.stdout, at_least=5)
    shell.kill()
    shell.wait()
    assert none_left(folder, within=10)
    assert shell.stdout is not None
    shell.stdout.close()


def test_a_server_that_was_cut_down_recovers_every_committed_row(folder: Path) -> None:
    with start(folder) as server:
        with connect(server.addresses.superuser) as connection:
            connection.execute("CREATE TABLE deposited (number int)")
            connection.execute("INSERT INTO deposited SELECT generate_series(1, 1000)")
        server.process.kill()
        server.process.wait()
    assert none_left(folder, within=10)
    assert rows(folder) == list(range(1, 1001))


def test_a_second_start_is_quick_and_keeps_the_data_and_the_passwords(folder: Path) -> None:
    with start(folder) as server:
        first = server.addresses
        with connect(first.superuser) as connection:
            connection.execute("CREATE TABLE deposited (number int)")
    began = time.monotonic()
    with start(folder) as server:
        assert time.monotonic() - began < 1
        assert server.addresses == first
        with connect(server.addresses.superuser) as connection:
            assert connection.execute("SELECT count(*) FROM deposited").fetchone() == (0,)


def test_a_process_number_given_to_somebody_else_does_not_stop_a_start(folder: Path) -> None:
    start(folder, throwaway=True).stop()
    (folder / "postgres" / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n", "utf-8")
    start(folder, throwaway=True).stop()


def test_a_half_made_cluster_is_made_again(empty: Path) -> None:
    (empty / "postgres" / "cluster.new" / "base").mkdir(parents=True)
    start(empty, throwaway=True).stop()


def test_a_second_bank_on_the_same_folder_is_told_who_holds_it(folder: Path) -> None:
    with start(folder, throwaway=True):
        with pytest.raises(AlreadyServed) as refused:
            start(folder, throwaway=True)
        assert str(os.getpid()) in refused.value.sentence("en")
        assert "正被另一个" in refused.value.sentence("zh")


def test_a_database_is_forgotten_unless_it_is_in_use(folder: Path) -> None:
    (folder / "demo.json").touch()
    with start(folder, throwaway=True), pytest.raises(AlreadyServed):
        forget(folder)
    forget(folder)
    forget(folder)
    assert [left.name for left in folder.iterdir()] == ["demo.json"]


def test_a_command_beside_a_running_bank_borrows_its_server(folder: Path) -> None:
    assert running(folder) is None
    with start(folder, throwaway=True) as server:
        with borrowed(folder) as addresses:
            assert addresses == server.addresses
        assert server.process.poll() is None
    with borrowed(folder) as addresses, connect(addresses.app) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("creditbank_app",)
    assert none_left(folder, within=0)


def test_the_application_role_may_connect_and_nothing_more(folder: Path) -> None:
    with start(folder, throwaway=True) as server:
        with connect(server.addresses.owner) as owner:
            owner.execute("CREATE TABLE posting (amount int)")
        with connect(server.addresses.app) as app:
            for refused in (
                "SELECT * FROM posting",
                "INSERT INTO posting VALUES (1)",
                "CREATE TABLE mine (amount int)",
                "CREATE TEMP TABLE mine (amount int)",
                "CREATE ROLE another",
                "CREATE DATABASE another",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(refused)
            roles = (
                "SELECT bool_or(rolsuper OR rolcreaterole OR rolcreatedb) FROM pg_roles WHERE rolname LIKE 'credit%'"
            )
            assert app.execute(roles).fetchone() == (False,)


def test_every_commit_is_made_durable_unless_the_server_is_thrown_away(folder: Path) -> None:
    question = "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
    for throwaway, expected in ((False, ("on", "on")), (True, ("off", "off"))):
        with start(folder, throwaway=throwaway) as server, connect(server.addresses.app) as connection:
            assert connection.execute(question).fetchone() == expected


def test_the_server_listens_on_no_network_address(folder: Path) -> None:
    with start(folder, throwaway=True) as server, connect(server.addresses.superuser) as connection:
        assert connection.execute("SELECT current_setting('listen_addresses')").fetchone() == ("",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            connect(server.addresses.superuser, password="guessed")


def test_passwords_are_for_their_owner_only_and_shown_nowhere(folder: Path) -> None:
    with start(folder, throwaway=True) as server:
        assert (folder / "postgres").stat().st_mode & 0o077 == 0
        for name in ("passwords.json", "addresses.json"):
            assert (folder / "postgres" / name).stat().st_mode & 0o777 == 0o600
        password = psycopg.conninfo.conninfo_to_dict(server.addresses.app.replace("+psycopg", ""))["password"]
        assert str(password) not in repr(server)


def test_a_folder_whose_path_is_too_long_for_a_socket_serves_all_the_same(empty: Path) -> None:
    far = empty / ("档案 " * 20) / ("x" * 100)
    with start(far, throwaway=True) as server, connect(server.addresses.app) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_of_another_major_version_is_left_alone(folder: Path) -> None:
    start(folder, throwaway=True).stop()
    (folder / "postgres" / "cluster" / "PG_VERSION").write_text("14\n", "ascii")
    with pytest.raises(ClusterOfAnotherVersion, match="14"):
        start(folder)


def test_a_start_from_another_thread_is_refused(folder: Path) -> None:
    raised: list[BaseException] = []

    def attempt() -> None:
        try:
            start(folder)
        except StartFromTheMainThread as refusal:
            raised.append(refusal)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert raised


def test_a_folder_without_programs_is_a_clear_answer(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setenv("CREDITBANK_PG_BIN", str(empty))
    with pytest.raises(PostgresNotFound, match="CREDITBANK_PG_BIN") as refused:
        start(empty)
    assert str(empty) in refused.value.sentence("zh")


def test_a_dump_is_made_by_the_program_of_the_servers_own_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDITBANK_PG_BIN", raising=False)
    assert version_of(client_program("pg_dump", server_major=18)) == 18
    with pytest.raises(ProgramNotFound, match="postgresql-client-9"):
        client_program("pg_dump", server_major=9)


@as_root
def test_as_root_the_server_runs_as_somebody_without_rights(folder: Path) -> None:
    folder.chmod(0o700)
    with start(folder, throwaway=True):
        users = users_of_servers(folder)
        assert users
        assert 0 not in users
    assert folder.stat().st_mode & 0o777 == 0o700


@as_root
def test_as_root_programs_out_of_reach_are_copied_within_reach(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.delenv("CREDITBANK_PG_BIN", raising=False)
    (wheel,) = postgres_programs._wheel()
    hidden = empty / "site-packages" / wheel.parents[1].name
    shutil.copytree(wheel.parent, hidden / "pginstall")
    libraries = wheel.parents[1].name + ".libs"
    shutil.copytree(wheel.parents[2] / libraries, hidden.parent / libraries)
    monkeypatch.setattr(postgres_programs, "_wheel", lambda: iter([hidden / "pginstall" / "bin"]))
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="cb-") as copies:
        Path(copies).chmod(0o755)
        monkeypatch.setattr(postgres_programs, "COPIES", Path(copies))
        found = server_programs(uid=nobody.pw_uid, gid=nobody.pw_gid)
        assert found.folder.is_relative_to(copies)
        assert found == server_programs(uid=nobody.pw_uid, gid=nobody.pw_gid)
        start(empty, throwaway=True).stop()
        assert len(list(Path(copies).iterdir())) == 1


@as_root
def test_programs_within_reach_are_not_copied(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    programs = server_programs(uid=nobody.pw_uid, gid=nobody.pw_gid)
    monkeypatch.setattr(postgres_programs, "COPIES", empty / "copies")
    monkeypatch.setattr(postgres_programs, "_wheel", lambda: iter([programs.folder]))
    assert server_programs(uid=nobody.pw_uid, gid=nobody.pw_gid) == programs
    assert not (empty / "copies").exists()


@as_root
def test_somebody_who_is_not_root_runs_it_too(empty: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    drop: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    python = python_for(drop)
    if python is None:
        pytest.skip("no Python of this version that another user may run")
    os.chown(empty, nobody.pw_uid, nobody.pw_gid)
    parent = parent_on(empty, python=python, **drop)
    committed(parent.stdout, at_least=5)
    assert users_of_servers(empty) == {nobody.pw_uid}
    parent.kill()
    parent.communicate()
    assert none_left(empty, within=10)
    assert len(rows(empty)) > 5, "root continues what somebody else began"


def python_for(drop: dict[str, Any]) -> str | None:
    ask = f"import sys, psycopg, creditbank.embedded; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run(
                [python, "-c", ask], env=ENVIRONMENT, cwd="/", capture_output=True, check=False, **drop
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None
