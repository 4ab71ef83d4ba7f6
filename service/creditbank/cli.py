"""The command line: creditbank serve | work | demo | migrate | admin | rules | contract | backup | restore | audit."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from creditbank import clock, running
from creditbank.backup import backup, restore
from creditbank.config import Settings, settings
from creditbank.embedded import borrowed
from creditbank.errors import BankError
from creditbank.migrate import upgrade
from creditbank.postgres_programs import CannotRun
from creditbank.published import contracts, drift, write
from creditbank.rules.cases import check, explain, files_of
from creditbank.rules.document import read_path
from creditbank.rules.listing import listing
from creditbank.sealing import Keyring


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; what it answers is the exit status: 0 well, 1 it found something wrong, 2 it could not run."""
    said = _parser().parse_args(arguments)
    try:
        return int(said.run(said) or 0)
    except (CannotRun, BankError) as failure:
        text = f"{failure.sentence('zh')}\n{failure.sentence('en')}" if isinstance(failure, BankError) else str(failure)
        print(text, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="creditbank", description="终身教育学分银行 · a lifelong-learning credit bank"
    )
    verbs = parser.add_subparsers(required=True, metavar="command")

    def verb(name: str, run: object, help_: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        return made

    serve = verb("serve", _serve, "运行服务 · run the service")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--with-work", action="store_true", help="同时处理后台任务 · do the background work as well")
    verb("work", _work, "处理后台任务 · do the background work")
    demo = verb("demo", _demo, "打开演示城市 · open the small demo city")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--reset", action="store_true", help="删除演示数据 · forget the demo's data")
    verb("migrate", _migrate, "升级数据库结构 · bring the database to this version's schema")
    admin = verb("admin", _admin, "建立首个管理员 · make the first administrator")
    admin.add_argument("login")
    rules = verb("rules", _rules, "检查规则文件 · check rule documents")
    rules.add_argument("act", choices=("check", "explain", "list"))
    rules.add_argument("files", nargs="+", type=Path)
    rules.add_argument("--case")
    contract = verb("contract", _contract, "生成公开契约 · write the published contracts")
    contract.add_argument("--check", action="store_true")
    contract.add_argument("--folder", type=Path, default=Path("schemas"))
    keep = verb("backup", _backup, "备份，密钥与数据分开 · back up, keys apart from data")
    keep.add_argument("data", type=Path)
    keep.add_argument("keys", type=Path)
    bring = verb("restore", _restore, "恢复到空数据库 · restore into an empty database")
    bring.add_argument("data", type=Path)
    bring.add_argument("--keys", type=Path)
    verb("audit", _audit, "重建并比对当前视图与账目 · rebuild today's view and the books, and compare")
    return parser


@contextmanager
def _owner_url(found: Settings) -> Iterator[str]:
    """The owner's address: the one that is set, or that of the embedded server."""
    if found.owner_database_url is not None:
        yield found.owner_database_url
    else:
        with borrowed(found.data_dir) as addresses:
            yield addresses.owner


def _serve(said: argparse.Namespace) -> int:
    return running.serve(settings(), host=said.host, port=said.port, with_work=said.with_work)


def _work(said: argparse.Namespace) -> int:
    return running.work(settings())


def _demo(said: argparse.Namespace) -> int:
    if said.reset:
        return running.forget_demo(settings())
    return running.demo(settings(), port=said.port)


def _migrate(said: argparse.Namespace) -> int:
    with _owner_url(settings()) as url:
        upgrade(url)
    return 0


def _admin(said: argparse.Namespace) -> int:
    password = running.make_administrator(settings(), login=said.login)
    print(f"{said.login}: {password}")
    return 0


def _rules(said: argparse.Namespace) -> int:
    if said.act == "explain":
        print(explain(said.files[0], said.case or ""))
        return 0
    if said.act == "list":
        print(listing(read_path(path) for path in files_of(said.files)))
        return 0
    lines, holds = check(said.files)
    print("\n".join(lines))
    return 0 if holds else 1


def _contract(said: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        # The contract is the same wherever it is made: neither this machine's settings nor its keys are in it.
        fresh = Settings(keys_dir=keys, database_url=None, base_url="http://127.0.0.1:8000")
        found = contracts(Keyring.open(keys, create=True), fresh)
    if not said.check:
        write(said.folder, found)
        return 0
    differing = drift(said.folder, found)
    for name in differing:
        print(f"{said.folder / name}: 与代码不一致，请运行 creditbank contract · not what the code says, run it")
    return 1 if differing else 0


def _backup(said: argparse.Namespace) -> int:
    found = settings()
    with _owner_url(found) as url:
        made = backup(
            owner_url=url, keys_dir=found.keys_dir, data_target=said.data, keys_target=said.keys, made_at=clock.now()
        )
    rows = sum(table.rows for table in made.tables.values())
    print(f"{len(made.tables)} 张表，{rows} 行 · {len(made.tables)} tables, {rows} rows")
    return 0


def _restore(said: argparse.Namespace) -> int:
    found = settings()
    with _owner_url(found) as url:
        done = restore(owner_url=url, keys_dir=found.keys_dir, data_source=said.data, keys_source=said.keys)
    print(f"{done.tables} 张表，{done.rows} 行，再次抹除 {done.erased_again} 人")
    print(f"{done.tables} tables, {done.rows} rows, {done.erased_again} people erased again")
    return 0


def _audit(said: argparse.Namespace) -> int:
    wrong = asyncio.run(running.audit(settings()))
    for line in wrong:
        print(line)
    print(f"{len(wrong)} 处不一致 · {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
