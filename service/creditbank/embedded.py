"""A real PostgreSQL that lives and dies with the process that started it: for the demo and the tests.

The server listens on a Unix socket in its own data folder only. It is a child that the kernel interrupts when its
parent dies, however it dies, and it then shuts down as PostgreSQL does on Ctrl-C: nothing committed is lost.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from creditbank.database_roles import (
    APP,
    DATABASE,
    OWNER,
    SUPERUSER,
    Addresses,
    addresses_on_socket,
    connect,
    ensure_roles,
    open_database,
)
from creditbank.lifelines import end_with_parent, interrupted_when_this_process_dies
from creditbank.postgres_programs import CannotRun, ServerPrograms, server_programs

__all__ = ["Addresses", "CannotRun", "Server", "borrowed", "forget", "running", "start"]

PORT = 5432
LONGEST_SOCKET_PATH = 107  # bytes: sun_path less its closing zero

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "cluster_name": "creditbank",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class AlreadyServed(CannotRun):
    """Another process holds the same data folder."""

    zh = (
        "数据目录 {folder} 正被另一个 creditbank 进程（{pid}）使用。"
        "请先停止该进程，或用 CREDITBANK_DATA_DIR 指定其他目录。"
    )
    en = (
        "The data folder {folder} is in use by another creditbank process ({pid}). Stop it first, or name another "
        "folder in CREDITBANK_DATA_DIR."
    )


class EarlierServerStillRunning(CannotRun):
    """A PostgreSQL without a parent of ours works on the cluster and did not end."""

    zh = "数据目录 {folder} 上仍有 PostgreSQL 进程 {pid} 在运行，等待 {seconds} 秒后仍未停止。请停止它后重试。"
    en = "PostgreSQL process {pid} still runs on {folder} after waiting {seconds} seconds. Stop it and try again."


class ClusterOfAnotherVersion(CannotRun):
    """The data were written by another major version."""

    zh = (
        "数据目录 {folder} 由 PostgreSQL {found} 建立，而现在的程序是 {major}。"
        "请用 CREDITBANK_PG_BIN 指明版本 {found} 的程序目录，或备份后重建。"
    )
    en = (
        "The data in {folder} belong to PostgreSQL {found}, the programs here are {major}. Name version {found} in "
        "CREDITBANK_PG_BIN, or back up and start over."
    )


class PasswordsLost(CannotRun):
    """The cluster is there and the file with its passwords is not."""

    zh = "{file} 不存在，无法登录已有的数据库。请恢复该文件。"
    en = "{file} is missing, so nobody can sign in to the existing database. Bring the file back."


class PostgresDidNotStart(CannotRun):
    """initdb or the server ended; its last words are in the message."""

    zh = "PostgreSQL 未能启动（日志：{log}）：\n{said}"
    en = "PostgreSQL did not start (log: {log}):\n{said}"


class StartFromTheMainThread(CannotRun):
    """The kernel ties the server's life to the thread that started it."""

    zh = "内置 PostgreSQL 必须由主线程启动：启动它的线程一结束，内核就会停止数据库。"
    en = "Start the embedded PostgreSQL from the main thread: the kernel stops it when the starting thread ends."


@dataclass
class Server:
    """A running server; `with` or `stop()` ends it, and so does the end of this process."""

    addresses: Addresses
    folder: Path
    process: subprocess.Popen[bytes]
    held: list[int] = field(repr=False)
    throwaway: bool = False

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and wait for it: connections are cut, what was committed is on disk. Safe to call twice."""
        (self.folder / "addresses.json").unlink(missing_ok=True)
        _end(self.process, first=signal.SIGQUIT if self.throwaway else signal.SIGINT)
        while self.held:
            os.close(self.held.pop())


def start(data_dir: Path, *, throwaway: bool = False) -> Server:
    """Start the server of a data folder, creating its cluster, roles and database where they are missing.

    Call it from the main thread. `throwaway` trades durability for speed: for tests only. With
    CREDITBANK_END_WITH_PARENT set to the parent's process id, this process is asked to end when that parent dies.
    Raises `CannotRun`: no programs, folder in use, an earlier server that does not end, another major version.
    """
    if threading.current_thread() is not threading.main_thread():
        raise StartFromTheMainThread
    end_with_parent()
    folder = _folder_of(data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = [_lock(folder)]
    try:
        cluster = folder / "cluster"
        uid, gid = _server_user(cluster)
        programs = server_programs(uid=uid, gid=gid)
        passwords = _passwords(folder, cluster)
        _wait_for_earlier_server(cluster)
        if not cluster.exists():
            _create_cluster(programs, cluster, passwords[SUPERUSER], uid=uid, gid=gid, throwaway=throwaway)
        _check_version(programs, cluster)
        held.append(os.open(cluster, os.O_PATH | os.O_DIRECTORY))
        process = _spawn(programs, folder, held[-1], uid=uid, gid=gid, throwaway=throwaway)
        try:
            _wait_until_ready(process, folder)
            addresses = addresses_on_socket(_socket_folder(cluster, held[-1]), port=PORT, passwords=passwords)
            _prepare(addresses, passwords)
            _write_private(folder / "addresses.json", addresses.to_json())
        except BaseException:
            _end(process, first=signal.SIGINT)
            raise
    except BaseException:
        for descriptor in held:
            os.close(descriptor)
        raise
    return Server(addresses=addresses, folder=folder, process=process, held=held, throwaway=throwaway)


def running(data_dir: Path) -> Addresses | None:
    """The addresses of the server that another process runs on this folder, or None."""
    folder = _folder_of(data_dir)
    if not (folder / "lock").exists():
        return None
    try:
        os.close(_lock(folder))
    except AlreadyServed:
        return _published_addresses(folder)
    return None


@contextmanager
def borrowed(data_dir: Path) -> Iterator[Addresses]:
    """The running server of this folder if there is one, else one that runs for this block.

    For commands such as `backup` and `audit` that must work beside a running `serve`.
    """
    if (addresses := running(data_dir)) is not None:
        yield addresses
    else:
        with start(data_dir) as server:
            yield server.addresses


def forget(data_dir: Path) -> None:
    """Remove the database of a folder for good, with its passwords; nothing happens where there is none.

    Raises `AlreadyServed` and `EarlierServerStillRunning`: a database in use stays.
    """
    folder = _folder_of(data_dir)
    if not folder.exists():
        return
    lock = _lock(folder)
    try:
        _wait_for_earlier_server(folder / "cluster")
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _folder_of(data_dir: Path) -> Path:
    return data_dir.absolute() / "postgres"


def _published_addresses(folder: Path, *, seconds: float = 15) -> Addresses:
    # The other process may be between taking the lock and having a server.
    until = time.monotonic() + seconds
    while True:
        with suppress(FileNotFoundError):
            return Addresses.from_json((folder / "addresses.json").read_text("utf-8"))
        if time.monotonic() > until:
            raise AlreadyServed(folder=folder, pid=_holder(folder))
        time.sleep(0.05)


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyServed(folder=folder, pid=_holder(folder)) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _holder(folder: Path) -> str:
    return (folder / "lock").read_text("ascii").strip() or "?"


def _server_user(cluster: Path) -> tuple[int, int]:
    """PostgreSQL refuses to be root: the owner of existing data, else `postgres`, else `nobody`."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    return 65534, 65534


def _passwords(folder: Path, cluster: Path) -> dict[str, str]:
    file = folder / "passwords.json"
    if not file.exists():
        if cluster.exists():
            raise PasswordsLost(file=file)
        _write_private(file, json.dumps({name: secrets.token_urlsafe(24) for name in (SUPERUSER, OWNER, APP)}))
    known: dict[str, str] = json.loads(file.read_text("utf-8"))
    return known


def _write_private(file: Path, text: str) -> None:
    scratch = file.with_name(file.name + ".new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(file)


def _wait_for_earlier_server(cluster: Path, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while (pid := _postmaster(cluster)) is not None:
        if time.monotonic() > until:
            raise EarlierServerStillRunning(folder=cluster, pid=pid, seconds=round(seconds))
        time.sleep(0.05)


def _postmaster(cluster: Path) -> int | None:
    """The process that serves this cluster now; a process number that was given to somebody else is forgotten."""
    file = cluster / "postmaster.pid"
    try:
        pid = int(file.read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    with suppress(OSError):
        if Path(f"/proc/{pid}/cwd").samefile(cluster):
            return pid
    # PostgreSQL would take any living process of that number for a server. Its own check of the shared memory, which
    # goes by the folder and not by this file, still keeps two servers apart.
    file.unlink(missing_ok=True)
    return None


def _create_cluster(
    programs: ServerPrograms, cluster: Path, password: str, *, uid: int, gid: int, throwaway: bool
) -> None:
    fresh = cluster.with_name("cluster.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(fresh, uid, gid)
    modern = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = modern if programs.major >= 17 else ["--locale=C.UTF-8"]
    descriptor = os.open(fresh, os.O_PATH | os.O_DIRECTORY)
    reading, writing = os.pipe()
    try:
        os.fchown(reading, uid, gid)
        os.write(writing, password.encode())
        os.close(writing)
        done = subprocess.run(  # noqa: S603
            [
                programs.folder / "initdb",
                f"--pgdata=/proc/self/fd/{descriptor}",
                f"--username={SUPERUSER}",
                "--auth=scram-sha-256",
                "--pwfile=/dev/stdin",
                "--encoding=UTF8",
                *locale,
                *(["--no-sync"] if throwaway else []),
            ],
            stdin=reading,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **_as_server_user(uid, gid, descriptor),
        )
    finally:
        os.close(reading)
        os.close(descriptor)
    if done.returncode != 0:
        raise PostgresDidNotStart(log="initdb", said=done.stdout.decode(errors="replace")[-2000:])
    fresh.rename(cluster)


def _as_server_user(uid: int, gid: int, descriptor: int) -> dict[str, Any]:
    # The data folder is handed over open: its parents may be closed to the server's user (/root, a private temporary
    # folder) and stay so. Dropping to that user comes before preexec_fn, which matters for PR_SET_PDEATHSIG.
    drop: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {
        **drop,
        "pass_fds": [descriptor],
        "cwd": "/",
        "env": environment,
        "start_new_session": True,  # Ctrl-C is for the bank, which then stops the server
        "preexec_fn": interrupted_when_this_process_dies(),
    }


def _check_version(programs: ServerPrograms, cluster: Path) -> None:
    found = int((cluster / "PG_VERSION").read_text("ascii"))
    if found != programs.major:
        raise ClusterOfAnotherVersion(folder=cluster, found=found, major=programs.major)


def _spawn(
    programs: ServerPrograms, folder: Path, descriptor: int, *, uid: int, gid: int, throwaway: bool
) -> subprocess.Popen[bytes]:
    settings = {**SETTINGS, **(THROWAWAY if throwaway else {})}
    (folder / "addresses.json").unlink(missing_ok=True)
    with _log_file(folder).open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [
                programs.folder / "postgres",
                "-D",
                f"/proc/self/fd/{descriptor}",
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_as_server_user(uid, gid, descriptor),
        )


def _log_file(folder: Path) -> Path:
    log = folder / "postgres.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(folder / "postgres.log.1")
    return log


def _socket_folder(cluster: Path, descriptor: int) -> str:
    plain = str(cluster)
    if len(os.fsencode(f"{plain}/.s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return plain
    return f"/proc/{os.getpid()}/fd/{descriptor}"  # the same folder by a short name, for as long as we hold it open


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    # No time limit: recovery after a kill takes as long as it takes, and the server either gets there or ends.
    status = folder / "cluster" / "postmaster.pid"
    while True:
        with suppress(FileNotFoundError):
            if status.read_text("utf-8").splitlines()[7:8] == ["ready   "]:
                return
        if process.poll() is not None:
            said = (folder / "postgres.log").read_text("utf-8", errors="replace")[-2000:]
            raise PostgresDidNotStart(log=folder / "postgres.log", said=said)
        time.sleep(0.01)


def _prepare(addresses: Addresses, passwords: dict[str, str]) -> None:
    with connect(addresses.superuser, dbname="postgres") as connection:
        ensure_roles(connection, passwords=passwords)
        open_database(connection, DATABASE)


def _end(process: subprocess.Popen[bytes], *, first: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)  # as after a power cut: the next start recovers from the log
        process.wait()
