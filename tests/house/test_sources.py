"""The source itself: small files with a purpose, words that mean something, one clock, one lock on each door."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service" / "creditbank"
CLIENT = ROOT / "clients" / "python" / "src" / "creditbank_client"
MODULES = sorted([*SERVICE.rglob("*.py"), *CLIENT.rglob("*.py")])

LONGEST = 450
SAYS_NOTHING = {"common", "helper", "helpers", "manager", "managers", "misc", "models", "util", "utils"}

SHELL_OF_RULES = {"__init__", "dependencies", "in_force", "routes", "service", "tables"}
"""What of `rules` meets the web or the database; all the rest is pure, as `.importlinter` says."""

CLOCK = {
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "time": {"time", "time_ns", "gmtime", "localtime", "ctime", "strftime"},
}
READS_THE_CLOCK = {
    "service/creditbank/clock.py": "the one place of the service",
    "clients/python/src/creditbank_client/calling.py": "Retry-After may name an instant (RFC 9110, 10.2.3)",
}

DATABASE_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|\bCURRENT_(DATE|TIME|TIMESTAMP)\b", re.I
)

NOT_OURS = {
    ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv",
    "__pycache__", "dist", "mutants", "var",
}  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def files() -> Iterator[Path]:
    """Every file of the repository, as a checkout has it."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name in NOT_OURS or path.name.endswith(".egg-info"):
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                yield path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_no_file_of_the_service_is_too_long_to_read() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & SAYS_NOTHING == set()


def test_every_module_says_in_its_first_sentence_what_it_is_for() -> None:
    for path in MODULES:
        said = ast.get_docstring(tree(path))
        if path.name == "__init__.py" and not path.read_text(encoding="utf-8").strip():
            continue
        assert said, name_of(path)
        assert said.split("\n\n")[0].rstrip().endswith((".", "。", ":")), name_of(path)


def readings(path: Path) -> list[int]:
    """Lines that ask what time it is."""
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and node.attr in CLOCK.get(getattr(node.value, "id", getattr(node.value, "attr", "")), ())
    ]


def test_only_the_clock_reads_the_clock() -> None:
    found = {name_of(path) for path in MODULES if readings(path)}
    assert found == set(READS_THE_CLOCK)


def test_no_statement_asks_the_database_for_the_time() -> None:
    """The application says when, so that a test can, and so that two clocks never differ inside one act."""
    for path in SERVICE.rglob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not DATABASE_CLOCK.search(node.value), f"{name_of(path)}:{node.lineno}"


@pytest.mark.parametrize("library", ["jose", "passlib"])
def test_tokens_and_passwords_are_made_and_checked_in_one_place(library: str) -> None:
    found = {name_of(path) for path in MODULES if any(name.split(".")[0] == library for name in imported(path))}
    assert found == {"service/creditbank/identity/security.py"}


def test_the_service_speaks_to_no_other_database() -> None:
    drivers = {"aiosqlite", "asyncpg", "psycopg2", "pymysql", "sqlite3"}
    assert {name_of(path) for path in MODULES if drivers & {name.split(".")[0] for name in imported(path)}} == set()


def test_every_module_of_the_rules_is_pure_or_of_their_shell() -> None:
    said = configparser.ConfigParser()
    said.read(ROOT / ".importlinter", encoding="utf-8")
    pure = set(said["importlinter:contract:pure"]["source_modules"].split())
    rules = {path.stem for path in (SERVICE / "rules").glob("*.py")} - SHELL_OF_RULES
    assert {f"creditbank.rules.{name}" for name in rules} <= pure


def test_nothing_in_the_repository_tells_of_a_machine_or_of_a_private_registry() -> None:
    """Addresses of package indexes and folders of people's machines mean nothing to who reads this elsewhere."""
    registry = re.compile(
        r"https?://[^\s\"'<>]*(pypi|pythonhosted|simple/|artifactory|nexus|npmjs|goproxy|registry)[^\s\"'<>]*"
        r"|^\s*--(extra-)?index-url\s+\S|^\s*--find-links\s+\S",
        re.M | re.I,
    )
    machine = re.compile(r"(?<![\w.])/(?:home|root|Users|work|workspace|mnt)/[\w.-]+")
    for path in files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for pattern in (registry, machine):
            found = pattern.search(text)
            assert found is None, f"{name_of(path)}: {found[0] if found else ''}"


def test_no_tool_keeps_a_lock_of_its_own_with_addresses_in_it() -> None:
    locks = {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
    assert [name_of(path) for path in files() if path.name in locks] == []
