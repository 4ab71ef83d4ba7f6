"""Backups of a bank: the data in one place, the keys in another, and a way back that keeps the erased erased.

A backup of the data is one consistent snapshot by pg_dump with a manifest: the schema's revision, and for every table
the number of its rows and a digest over them. A restore is checked against it before the service is let in.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from creditbank import clock
from creditbank.database_roles import APP, connect, libpq_parameters
from creditbank.erasures import EMPTY_ROWS, Erasure, note_erasures, read_erasures
from creditbank.erasures import FILE as ERASURES
from creditbank.postgres_programs import CannotRun, client_program
from creditbank.sealing import FILE as KEYRING
from creditbank.sealing import Keyring

FORMAT = 1
DUMP = "bank.dump"
MANIFEST = "manifest.json"
KEY_TABLE = "learner_key"


class BackupPlaceTaken(CannotRun):
    """A backup never writes over anything."""

    zh = "{place} 已存在且不为空。请为备份另选一个目录。"
    en = "{place} exists and is not empty. Choose another folder for this backup."


class KeysBesideData(CannotRun):
    """Who takes the data must not get the keys with them."""

    zh = "密钥备份目录 {keys} 与数据备份目录 {data} 互相包含。请分开存放。"
    en = "The places of the keys ({keys}) and of the data ({data}) lie in one another. Keep them apart."


class BackupDamaged(CannotRun):
    """A file is missing, is not what was written, or is of a format this version does not know."""

    zh = "备份 {place} 不完整或已损坏：{file}。"
    en = "The backup in {place} is incomplete or damaged: {file}."


class DatabaseNotEmpty(CannotRun):
    """A restore goes into a database that has nothing in it."""

    zh = "数据库 {name} 不是空的（已有 {table} 等）。恢复只能写入没有任何表的新数据库。"
    en = "The database {name} is not empty (it has {table} …). Restore into a new one, without any table."


class KeysMissing(CannotRun):
    """Without the current list of erasures a restore could bring an erased person back."""

    zh = "{place} 中没有密钥或销毁名单。请先恢复密钥（--keys），再恢复数据。"
    en = "There are no keys or no list of erasures in {place}. Bring the keys back first (--keys)."


class KeysOfAnotherBank(CannotRun):
    """These keys do not open these data."""

    zh = "{place} 中的密钥（{found}）与备份数据所用的密钥（{expected}）不符。"
    en = "The keys in {place} ({found}) are not those that the data of this backup were sealed with ({expected})."


class RestoreDiffers(CannotRun):
    """What was restored is not what was backed up; the service is not let in."""

    zh = "恢复后的数据与备份清单不一致：{what}。应用角色仍无法连接，请删除该数据库后重试。"
    en = (
        "What was restored differs from the manifest: {what}. The service is kept out; drop the database and try again."
    )


class NotTheOwner(CannotRun):
    """Only the owner of a database can keep the service out while it is being restored."""

    zh = "当前角色不是数据库 {name} 的所有者，恢复期间无法阻止应用连接。请使用 creditbank_owner 的地址。"
    en = "This role does not own the database {name} and cannot keep the service out of it. Use the owner's address."


class ProgramFailed(CannotRun):
    """pg_dump or pg_restore ended with an error; its last words are in the message."""

    zh = "{name} 失败：\n{said}"
    en = "{name} failed:\n{said}"


@dataclass(frozen=True)
class TableContent:
    """What a table held: its rows, and a digest that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What a backup of the data holds; `files` are SHA-256 by name."""

    format: int
    made_at: str
    server_version: int
    revisions: tuple[str, ...]
    keyring: str | None
    tables: Mapping[str, TableContent]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    `last_change` is the number of the last change in the feed: whoever reads the feed goes on from there, for higher
    numbers will be given again.
    """

    tables: int
    rows: int
    erased_again: int
    last_change: int


def backup(*, owner_url: str, keys_dir: Path, data_target: Path, keys_target: Path, made_at: datetime) -> Manifest:
    """Write the data of a running bank to one new folder and its keys to another; nobody has to stop working.

    The keys are copied after the snapshot is taken, so the list of erasures beside them misses none that the data
    have. Both folders appear whole or not at all. Raises `CannotRun`.
    """
    _refuse_neighbours(data_target, keys_target)
    note_erasures(keys_dir, ())
    with _written(keys_target) as keys, _written(data_target) as data:
        with _snapshot(owner_url) as (connection, snapshot):
            tables = _contents(connection)
            revisions = _revisions(connection)
            version = connection.info.server_version
            _dump(owner_url, data / DUMP, snapshot=snapshot, server_major=version // 10000)
        _copy_private(keys_dir, keys)
        _copy_file(keys / ERASURES, data / ERASURES)
        manifest = Manifest(
            format=FORMAT,
            made_at=made_at.isoformat(),
            server_version=version,
            revisions=revisions,
            keyring=_fingerprint(keys_dir),
            tables=tables,
            files=_digests(data),
        )
        _write(data / MANIFEST, asdict(manifest))
        _write(keys / MANIFEST, {"format": FORMAT, "made_at": manifest.made_at, "files": _digests(keys)})
    return manifest


def restore(*, owner_url: str, keys_dir: Path, data_source: Path, keys_source: Path | None = None) -> Restored:
    """Bring a backup back into an empty database, and erase again whoever was erased since it was made.

    `keys_dir` holds the bank's keys as they are now; where they were lost, `keys_source` names a backup of them. The
    application role can connect only once rows and digests agree with the manifest and the erasures are replayed.
    Raises `CannotRun`; until then nothing is changed but the list of erasures, which only grows.
    """
    manifest = _read_manifest(data_source)
    with connect(owner_url) as connection:
        _refuse_content(connection)
        if keys_source is not None:
            _bring_keys(keys_source, keys_dir)
        erasures = _known_erasures(keys_dir, data_source)
        if manifest.keyring is not None and (found := _fingerprint(keys_dir)) != manifest.keyring:
            raise KeysOfAnotherBank(place=keys_dir, found=found or "–", expected=manifest.keyring)
        _keep_service_out(connection)
        try:
            _load(owner_url, data_source / DUMP, server_major=connection.info.server_version // 10000)
        except ProgramFailed:  # it was one transaction: the database is as empty as before
            _let_service_in(connection)
            raise
        _compare(connection, manifest)
        erased = _erase_again(connection, erasures) if f"public.{KEY_TABLE}" in manifest.tables else 0
        last_change = _last_change(connection) if "public.feed_item" in manifest.tables else 0
        connection.execute("ANALYZE")
        _let_service_in(connection)
    rows = sum(table.rows for table in manifest.tables.values())
    return Restored(tables=len(manifest.tables), rows=rows, erased_again=erased, last_change=last_change)


# --- the data -----------------------------------------------------------------------------------------------------


@contextmanager
def _snapshot(owner_url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    with connect(owner_url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        exported = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert exported is not None
        yield connection, exported[0]
        connection.execute("COMMIT")


def _table_names(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    found = connection.execute(
        """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        ORDER BY 1, 2
        """
    )
    return found.fetchall()


def _contents(connection: psycopg.Connection[Any]) -> dict[str, TableContent]:
    # A sum of row digests needs no order and no memory. Text is made the same way on both sides.
    connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1")
    connection.execute("SET bytea_output = 'hex'; SET IntervalStyle = 'iso_8601'")
    contents = {}
    for schema, name in _table_names(connection):
        row = connection.execute(
            sql.SQL(
                """
                SELECT count(*),
                       coalesce(sum(('x' || encode(substring(sha256(convert_to(t::text, 'UTF8')) FOR 8), 'hex'))
                                    ::bit(64)::bigint), 0)::text
                FROM {} t
                """
            ).format(sql.Identifier(schema, name))
        ).fetchone()
        assert row is not None
        contents[f"{schema}.{name}"] = TableContent(rows=row[0], digest=row[1])
    return contents


def _revisions(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    if ("public", "alembic_version") not in _table_names(connection):
        return ()
    return tuple(name for (name,) in connection.execute("SELECT version_num FROM alembic_version ORDER BY 1"))


def _dump(owner_url: str, file: Path, *, snapshot: str, server_major: int) -> None:
    program = client_program("pg_dump", server_major=server_major)
    _run(program, owner_url, "--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=60s", f"--file={file}")


def _load(owner_url: str, file: Path, *, server_major: int) -> None:
    program = client_program("pg_restore", server_major=server_major)
    _run(program, owner_url, "--single-transaction", "--exit-on-error", "--no-owner", str(file))


def _run(program: Path, owner_url: str, *arguments: str) -> None:
    # The password goes by the environment: arguments can be read by every user of the machine.
    parameters = libpq_parameters(owner_url)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["PGPASSWORD"] = parameters.pop("password", "")
    done = subprocess.run(  # noqa: S603
        [program, f"--dbname={make_conninfo(**parameters)}", "--no-password", *arguments],
        env=environment,
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProgramFailed(name=program.name, said=done.stderr[-2000:])


def _refuse_content(connection: psycopg.Connection[Any]) -> None:
    if tables := _table_names(connection):
        raise DatabaseNotEmpty(name=connection.info.dbname, table=".".join(tables[0]))


def _keep_service_out(connection: psycopg.Connection[Any]) -> None:
    database, app = sql.Identifier(connection.info.dbname), sql.Identifier(APP)
    connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC, {}").format(database, app))
    # PostgreSQL only warns when somebody else owns the database.
    asked = "SELECT has_database_privilege(%s, current_database(), 'CONNECT')"
    if connection.execute(asked, (APP,)).fetchone() != (False,):
        raise NotTheOwner(name=connection.info.dbname)


def _let_service_in(connection: psycopg.Connection[Any]) -> None:
    database, app = sql.Identifier(connection.info.dbname), sql.Identifier(APP)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))


def _compare(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    found = _contents(connection)
    differing = [name for name in sorted({*found, *manifest.tables}) if found.get(name) != manifest.tables.get(name)]
    if differing or _revisions(connection) != manifest.revisions:
        raise RestoreDiffers(what=", ".join(differing) or "alembic_version")


def _erase_again(connection: psycopg.Connection[Any], erasures: set[Erasure]) -> int:
    learners = [one.learner_id for one in erasures]
    table = sql.Identifier(KEY_TABLE)
    done = connection.execute(sql.SQL("DELETE FROM {} WHERE learner_id = ANY(%s)").format(table), (learners,))
    if done.rowcount:
        connection.execute(sql.SQL("VACUUM (FULL) {}").format(table))  # a deleted row's bytes go from the file too
        connection.execute(
            """
            INSERT INTO job (job_id, kind, name, about, run_at, attempts)
            VALUES (gen_random_uuid(), %(kind)s::text, %(kind)s::text || ': restored', %(about)s, %(now)s, 0)
            ON CONFLICT DO NOTHING
            """,
            {"kind": EMPTY_ROWS, "now": clock.now(), "about": Jsonb({"learners": list(map(str, learners))})},
        )
    return done.rowcount


def _last_change(connection: psycopg.Connection[Any]) -> int:
    found = connection.execute("SELECT coalesce(max(number), 0) FROM feed_item").fetchone()
    assert found is not None
    return int(found[0])


# --- the keys -----------------------------------------------------------------------------------------------------


def _fingerprint(keys: Path) -> str | None:
    return Keyring.open(keys).fingerprint if (keys / KEYRING).exists() else None


def _bring_keys(source: Path, keys_dir: Path) -> None:
    """The keys of a backup, where there are none; keys that are there stay, and only the erasures are added to."""
    _verify_files(source, _read_json(source / MANIFEST).get("files", {}))
    if not (keys_dir / KEYRING).exists():
        for file in _files(source):
            target = keys_dir / file.relative_to(source)
            if file.name not in (ERASURES, MANIFEST) and not target.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _copy_file(file, target)
    listed = read_erasures(keys_dir / ERASURES) if (keys_dir / ERASURES).exists() else set()
    note_erasures(keys_dir, sorted(read_erasures(source / ERASURES) - listed))


def _known_erasures(keys_dir: Path, data_source: Path) -> set[Erasure]:
    """The erasures of now and of the backup together, which become the list of now."""
    if not (keys_dir / ERASURES).exists():
        raise KeysMissing(place=keys_dir)
    here, there = read_erasures(keys_dir / ERASURES), read_erasures(data_source / ERASURES)
    note_erasures(keys_dir, sorted(there - here))
    return here | there


# --- folders and files --------------------------------------------------------------------------------------------


def _refuse_neighbours(data: Path, keys: Path) -> None:
    a, b = data.resolve(), keys.resolve()
    if a.is_relative_to(b) or b.is_relative_to(a):
        raise KeysBesideData(keys=keys, data=data)


@contextmanager
def _written(target: Path) -> Iterator[Path]:
    """A folder that takes its name only when the block ends well."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupPlaceTaken(place=target)
    scratch = target.with_name(target.name + ".unfinished")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700, parents=True)
    try:
        yield scratch
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    scratch.rename(target)


def _copy_private(source: Path, target: Path) -> None:
    for file in _files(source):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy_file(file, copy)


def _copy_file(source: Path, target: Path) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(source.read_bytes())
        out.flush()
        os.fsync(out.fileno())


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digests(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): _digest(file) for file in _files(folder)}


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write(file: Path, content: Mapping[str, Any]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        raise BackupDamaged(place=file.parent, file=file.name) from None
    if content.get("format") != FORMAT:
        raise BackupDamaged(place=file.parent, file=f"{file.name}: format {content.get('format')}")
    return content


def _read_manifest(source: Path) -> Manifest:
    content = _read_json(source / MANIFEST)
    _verify_files(source, content["files"])
    tables = {name: TableContent(**table) for name, table in content.pop("tables").items()}
    return Manifest(**{**content, "revisions": tuple(content["revisions"]), "tables": tables})


def _verify_files(source: Path, digests: Mapping[str, str]) -> None:
    for name in {*digests, ERASURES}:
        file = source / name
        if not file.is_file() or _digest(file) != digests.get(name):
            raise BackupDamaged(place=source, file=name)
