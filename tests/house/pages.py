"""The pages that are written from the code: docs/settings.md, codes.md, casebook.md. `python -m tests.house.pages`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import creditbank
from creditbank.config import Settings
from creditbank.errors import BankError, every_error
from creditbank.records.refusals import Warned
from creditbank.rules.document import read_path
from creditbank.rules.listing import listing

DOCS = Path(__file__).parents[2] / "docs"
RULEBOOK = Path(creditbank.__file__).parent / "rulebook"

_SETTINGS = """# 设置 · Settings

本页由 `creditbank.config` 生成，测试保证二者一致。每项设置是一个环境变量。
This page is written from `creditbank.config`, and a test holds the two equal. A setting is an environment variable,
read once when the process starts; one that cannot be read keeps it from starting. The address and port of the web
server, and whether it does the background work as well, are arguments of `creditbank serve`.
"""

BESIDE: Mapping[str, tuple[str, str]] = {
    "CREDITBANK_PG_BIN": (
        "PostgreSQL 程序所在目录；不设则依次查找内置软件包和 Debian 目录。",
        "Folder of PostgreSQL's programs; without it the embedded package is looked for, then Debian's folders.",
    ),
    "CREDITBANK_END_WITH_PARENT": (
        "父进程编号：该进程结束时本进程随之结束。由 make demo 设置。",
        "Number of a parent process: when it ends, this one does. Set by `make demo`.",
    ),
}
"""What a process reads from its environment before there are settings."""

_BESIDE = """
## 启动时读取 · Read before there are settings
"""

_CODES = """# 代码 · Codes

本页由代码生成，测试保证二者一致。
This page is written from the code, and a test holds the two equal. Whatever is refused is answered with a problem
document (RFC 9457) whose `code` never changes once published; the sentences may, and `{…}` stands for what they say of
the case. `422` is content that is not well formed, and then `faults` lists each place. A row that is held or refused in
a call with many carries the same document as its `problem`.
"""

_CASEBOOK = """# 规则与情形 · Rules and their cases

本页由规则文件生成（`creditbank rules list`），测试保证二者一致；每个情形都由 `creditbank rules check` 运行。
名称中的 T 编号是核对用的情形编号。只有“本行规则”随软件公布；案例从不公布，只说明各地各校的办法都写得出来。
Written from the rule documents, and a test holds the two equal: every document, its sources, and every case with what
it must get. Only the bank's own rules are seeded; the casebook shows that others' methods can be said.
"""

_WARNINGS = """
## 提示 · Warnings

A row that is deposited may carry `warnings`: what the bank noticed and did not refuse.
"""


def every_module() -> None:
    """Import the whole service, so that every error is known."""
    for module in pkgutil.walk_packages(creditbank.__path__, "creditbank."):
        if not module.name.startswith("creditbank.migrations"):
            importlib.import_module(module.name)


def settings_page() -> str:
    """docs/settings.md."""
    rows = []
    for name, field in Settings.model_fields.items():
        zh, _, en = (field.description or "").partition("|")
        rows.append((f"`CREDITBANK_{name.upper()}`", _values(field), _default(field), zh, en))
    settings = _table(("变量 variable", "值 values", "默认 default", "中文", "English"), rows)
    beside = _table(("变量 variable", "中文", "English"), ((f"`{name}`", zh, en) for name, (zh, en) in BESIDE.items()))
    return "".join([_SETTINGS, *settings, _BESIDE, *beside])


def _values(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return " / ".join(f"`{value}`" for value in get_args(kind))
    named = next((part for part in (kind, *get_args(kind)) if part in _KINDS), None)
    bounds = {type(each).__name__: each for each in field.metadata}
    least, most = (getattr(bounds.get(name), name.lower(), None) for name in ("Ge", "Le"))
    return f"{least}–{most}" if least is not None else _KINDS[named]


_KINDS = {str: "文字 text", int: "整数 number", Path: "路径 path", None: "?"}


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "必填 required"
    return "–" if field.default is None else f"`{field.default}`"


def codes_page() -> str:
    """docs/codes.md."""
    every_module()
    found: dict[int, set[tuple[str, str, str]]] = {}
    for error in every_error():
        if error.__module__.startswith("creditbank"):
            found.setdefault(error.status, set()).add((f"`{error.code}`", error.zh, error.en))
    parts = [_CODES]
    for status in sorted(found):
        parts += [f"\n## {status}\n", *_table(("code", "中文", "English"), sorted(found[status]))]
    warnings = ((f"`{code}`", zh, en) for code, (zh, en) in sorted(Warned.SENTENCES.items()))
    return "".join([*parts, _WARNINGS, *_table(("code", "中文", "English"), warnings)])


def casebook_page() -> str:
    """Every document with its sources and all its cases: the bank's own, then the casebook."""
    parts = [_CASEBOOK]
    for folder, heading in (("qinhuangdao", "本行规则 · The bank's own rules"), ("casebook", "案例 · The casebook")):
        documents = [read_path(path) for path in sorted((RULEBOOK / folder).glob("*.yaml"))]
        cases = sum(len(version["cases"]) for document in documents for version in document.versions)
        parts.append(f"\n## {heading}\n\n{len(documents)} 份文件，{cases} 个情形。\n\n{listing(documents)}")
    return "".join(parts)


def errors_without_code() -> Iterator[type[BankError]]:
    """Errors that have no code of their own: those that others are kinds of, and those that carry another's problem."""
    every_module()
    waiting: list[type[BankError]] = [BankError]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            if not child.code and child.__module__.startswith("creditbank"):
                yield child


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "\n| " + " | ".join(head) + " |\n"
    yield "|" + " --- |" * len(head) + "\n"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |\n"


if __name__ == "__main__":
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")
    (DOCS / "codes.md").write_text(codes_page(), encoding="utf-8")
    (DOCS / "casebook.md").write_text(casebook_page(), encoding="utf-8")
