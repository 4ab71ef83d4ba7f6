"""Mutation testing of the decider: each small change to its code must make a test of the rules fail.

`python -m tests.rules.mutants [MODULE[:LINE]…]` prints every change that no test notices, of a module from a line on
(tens of minutes; not part of `make test`). What only words a finding is left alone: its sentences are held by examples;
and what is given back beside a reported problem, for no document with one is ever asked.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
RULES = ROOT / "service" / "creditbank" / "rules"
MODULES = (
    "caps",
    "taking",
    "measures",
    "choosing",
    "conditions",
    "compiling",
    "decide",
    "amounts",
    "durations",
    "lookup",
    "rulebook",
    "procedure",
    "clauses",
    "findings",
    "flips",
)
FILES = "caps measures replacing layers procedures periods_and_shares rule_amounts rule_conditions"
REST = (
    "rule_loading conversion_loading row_by_row row_cases which_counts deciding judged lines findings turning "
    "smallest_changes rounds bad_documents told_about_rows"
)
FIRST = {
    "taking": "replacing caps lines",
    "choosing": "measures rule_conditions deciding",
    "conditions": "rule_conditions measures",
    "compiling": "caps deciding conversion_loading",
    "decide": "deciding judged layers replacing",
    "amounts": "rule_amounts periods_and_shares rule_loading",
    "durations": "periods_and_shares",
    "lookup": "rule_amounts rule_loading",
    "rulebook": "layers deciding",
    "procedure": "procedures",
    "clauses": "row_by_row findings deciding",
    "findings": "findings rounds",
    "flips": "turning smallest_changes",
}
"""Which tests most probably notice, for each module: the first that does ends a trial."""
WORDING = {"tell", "told", "seen", "_sentence", "_told", "_row_seen", "_leaf", "_missing", "_because", "_ways"}
WORDING |= {"_output_finding", "_finding", "_doubts", "_left_out", "_beaten", "_said", "finding", "shown", "_turned"}
SLOWEST = 150
"""Seconds of work after which a mutant counts as noticed: it does not come to an end."""
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def mutated(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, what was changed, and the changed source, one small change at a time."""
    tree = ast.parse(source)
    nodes = list(_decisive(tree))
    for place, node in enumerate(nodes):
        for many, (said, _) in enumerate(_changes(node)):
            fresh = copy.deepcopy(tree)
            target = list(_decisive(fresh))[place]
            list(_changes(target))[many][1]()
            yield getattr(node, "lineno", 0), said, ast.unparse(ast.fix_missing_locations(fresh))


def _decisive(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that decides something: not what words a finding, what is said of types, or a problem's text."""
    if isinstance(node, ast.FunctionDef) and node.name in WORDING:
        return
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    yield node
    for field, child in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        before: object = None
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST) and not (isinstance(each, ast.Return) and _reports(before)):
                yield from _decisive(each)
            before = each


def _reports(node: object) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith(("ctx.report.add(", "report.add("))


def _changes(node: ast.AST) -> list[tuple[str, object]]:
    """What can be changed at a node, and how; applied to a copy."""
    found: list[tuple[str, object]] = []

    def add(said: str, change: object) -> None:
        found.append((said, change))

    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            other = _OPPOSITE[type(op)]
            add(
                f"{ast.unparse(node)}: {type(op).__name__} → {other.__name__}",
                lambda place=place, other=other: node.ops.__setitem__(place, other()),
            )
    elif isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            add(f"{ast.unparse(node)}: without part {place + 1}", lambda place=place: _without(node, place))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        add(f"{ast.unparse(node)}: without not", lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand)))
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        add(f"{ast.unparse(node)}: other operator", lambda: setattr(node, "op", _ARITHMETIC[type(node.op)]()))
    elif (
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Constant)
        and node.value.value in (True, False, None)
    ):
        for other in (True, False, None):
            if other is not node.value.value:
                add(
                    f"return {node.value.value}: {other} instead",
                    lambda other=other: setattr(node, "value", ast.Constant(other)),
                )
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        add(f"{node.value}: {node.value + 1} instead", lambda: setattr(node, "value", node.value + 1))
    elif (
        isinstance(node, ast.Assign | ast.AugAssign)
        and isinstance(node.value, ast.Constant)
        and node.value.value in (True, False, None)
    ):
        other_ = node.value.value is not True
        add(f"{ast.unparse(node)}: {other_} instead", lambda: setattr(node, "value", ast.Constant(other_)))
    elif isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        for truth in (True, False):
            add(
                f"if {ast.unparse(node.test)}: always {truth}",
                lambda truth=truth: setattr(node, "test", ast.Constant(truth)),
            )
    return found


def _without(node: ast.BoolOp, place: int) -> None:
    del node.values[place]
    if len(node.values) == 1:
        node.values.append(node.values[0])


class _Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of the rules from changed source."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


def _survives(name: str, source: str, files: Sequence[str]) -> bool:
    """Whether all tests pass with the changed module, in a process of their own."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SLOWEST, SLOWEST))
        sys.meta_path.insert(0, _Mutant(f"creditbank.rules.{name}", source))
        import pytest

        options = [
            "-x",
            "-q",
            "--noconftest",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-W",
            "ignore",
        ]
        for file in files:  # one after another: what the first notices spares collecting the others
            code = int(pytest.main([*options, "-o", "addopts=", file]))
            if code:
                os._exit(code)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def main(modules: Sequence[str]) -> None:
    """Print each change that no test notices, and how many there were."""
    import hypothesis
    import pytest
    import yaml

    assert pytest.main, yaml.compose  # loaded once, before anything of the rules is
    hypothesis.settings.register_profile("mutants", max_examples=6, deadline=None, database=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    for named in modules:
        module, _, first = named.partition(":")
        source = (RULES / f"{module}.py").read_text(encoding="utf-8")
        names = list(dict.fromkeys(f"{FIRST.get(module, '')} {FILES} {REST}".split()))
        files = [str(ROOT / "tests" / "rules" / f"test_{each}.py") for each in names]
        if not _survives(module, source, files):
            print(f"{module}: the tests fail without any change", flush=True)
            continue
        count = survivors = 0
        for line, said, changed in mutated(source):
            if line < int(first or 0):
                continue
            count += 1
            if _survives(module, changed, files):
                survivors += 1
                print(f"{module}:{line}: {said}", flush=True)
        print(f"{module}: {count} changes, {survivors} survive", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES)
