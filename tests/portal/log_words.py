"""Every act and every purpose that the code can write into the log of access, read from the source.

A word is followed from the call that writes it to where it was said: through names, through parameters to whoever
calls, through constants of other modules. What ends in a field of a payload or in the parameter of a route is
somebody's own text, unless the field's type is a closed list.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import creditbank

HOUSE = Path(creditbank.__file__).parent
LOG = "creditbank.identity.access_log"
Function = ast.AsyncFunctionDef | ast.FunctionDef
TYPED = {"one", "validate_python"}
"""Methods that give what stood in a form."""


@dataclass
class Source:
    """A module: its tree, what it imports from where, the functions around each node."""

    name: str
    tree: ast.Module
    around: dict[ast.AST, list[Function]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._walk(self.tree, [])

    def _walk(self, node: ast.AST, functions: list[Function]) -> None:
        self.around[node] = functions
        inside = [*functions, node] if isinstance(node, Function) else functions
        for child in ast.iter_child_nodes(node):
            self._walk(child, inside)

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """What a name of another module is there: its module and its name."""
        return {
            one.asname or one.name: (node.module, one.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for one in node.names
        }

    def whose(self, call: ast.Call) -> tuple[str, str] | None:
        """Module and name of the function that a call is of."""
        said = call.func
        if isinstance(said, ast.Name):
            return self.imported.get(said.id, (self.name, said.id))
        if isinstance(said, ast.Attribute) and isinstance(said.value, ast.Name) and said.value.id in self.imported:
            folder, name = self.imported[said.value.id]
            return (f"{folder}.{name}", said.attr)
        return None


@dataclass
class House:
    """The whole service."""

    sources: dict[str, Source]

    @classmethod
    def read(cls) -> House:
        found = {}
        for path in sorted(HOUSE.rglob("*.py")):
            name = ".".join(["creditbank", *path.relative_to(HOUSE).with_suffix("").parts]).removesuffix(".__init__")
            found[name] = Source(name, ast.parse(path.read_text(encoding="utf-8")))
        return cls(found)

    def calls(self, module: str, name: str) -> Iterator[tuple[Source, ast.Call]]:
        """Every call of a function, wherever it is."""
        for source in self.sources.values():
            for node in source.around:
                if isinstance(node, ast.Call) and source.whose(node) == (module, name):
                    yield source, node

    def written(self, what: str) -> tuple[set[str], int]:
        """Every word that the log's `act` or `purpose` can be, and how often that is somebody's own text."""
        words: set[str] = set()
        typed = 0
        for source, call in self.calls(LOG, "note"):
            said = next((one.value for one in call.keywords if one.arg == what), None)
            assert said is not None, f"{source.name}:{call.lineno} says no {what}"
            for word in self._words(source, said, frozenset()):
                typed += word is None
                words |= {word} if word is not None else set()
        return words, typed

    # --- following one expression -----------------------------------------------------------------------------------

    def _words(self, source: Source, said: ast.expr, seen: frozenset[tuple[str, str, str]]) -> Iterator[str | None]:
        """The words that an expression can be; None for text of somebody's own."""
        match said:
            case ast.Constant(value=str() as word):
                yield word
            case ast.Constant(value=None):
                return
            case ast.IfExp(body=one, orelse=other):
                yield from self._words(source, one, seen)
                yield from self._words(source, other, seen)
            case ast.BoolOp(values=values):
                for each in values:
                    yield from self._words(source, each, seen)
            case ast.Name(id=name):
                yield from self._named(source, said, name, seen)
            case ast.Call(func=ast.Attribute(attr=method)) if method in TYPED:
                yield None
            case ast.Call():
                yield from self._answered(source, said, seen)
            case ast.Attribute(value=ast.Name(id=of), attr=name):
                yield from self._field(source, said, of, name)
            case _:
                raise AssertionError(f"{source.name}:{said.lineno}: nobody knows what {ast.unparse(said)} may be")

    def _named(
        self, source: Source, at: ast.expr, name: str, seen: frozenset[tuple[str, str, str]]
    ) -> Iterator[str | None]:
        for function in reversed(source.around[at]):
            if given := list(_assigned(function, name)):
                for each in given:
                    yield from self._words(source, each, seen)
                return
            if name in (one.arg for one in _parameters(function)):
                yield from self._given(source, function, name, seen)
                return
        module, name = source.imported.get(name, (source.name, name))
        constants = [each for node in self.sources[module].tree.body for each in _assigned(node, name)]
        assert constants, f"{module} has no {name}"
        for each in constants:
            yield from self._words(self.sources[module], each, seen)

    def _answered(self, source: Source, call: ast.Call, seen: frozenset[tuple[str, str, str]]) -> Iterator[str | None]:
        """What a function of the house answers."""
        module, name = source.whose(call) or ("", "")
        assert module in self.sources, f"{source.name}:{call.lineno}: nobody knows what {ast.unparse(call)} answers"
        where = self.sources[module]
        function = next(node for node in where.around if isinstance(node, Function) and node.name == name)
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from self._words(where, node.value, seen)

    def _given(
        self, source: Source, function: Function, name: str, seen: frozenset[tuple[str, str, str]]
    ) -> Iterator[str | None]:
        """What callers give as a parameter, and what it is where they give nothing."""
        here = (source.name, function.name, name)
        if here in seen:
            return
        default = _default(function, name)
        if default is not None:
            yield from self._words(source, default, seen | {here})
        calls = list(self.calls(source.name, function.name))
        if not calls:
            assert function.decorator_list or function.name.startswith("_"), f"nobody calls {here}"
            yield None  # a route: the caller's own text
        for caller, call in calls:
            assert all(one.arg is not None for one in call.keywords) or _by_name(call, name) is not None, here
            place = [one.arg for one in function.args.args].index(name) if _by_place(function, name) else None
            said = _by_name(call, name)
            if said is None and place is not None and place < len(call.args):
                said = call.args[place]
            if said is not None:
                yield from self._words(caller, said, seen | {here})
            else:
                assert default is not None, f"{caller.name}:{call.lineno} gives no {name}"

    def _field(self, source: Source, at: ast.expr, of: str, name: str) -> Iterator[str | None]:
        """A field of something that a parameter is: the words of its type where that is a closed list."""
        for function in reversed(source.around[at]):
            for one in _parameters(function):
                if one.arg == of and one.annotation is not None:
                    module = importlib.import_module(source.name)
                    kind: Any = eval(ast.unparse(one.annotation), vars(module))
                    hint = get_type_hints(get_args(kind)[0] if get_origin(kind) is Annotated else kind)[name]
                    yield from get_args(hint) if get_origin(hint) is Literal else (None,)
                    return
        yield None  # what a call or a validated payload of this function said


def _assigned(within: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a name is given, also as one of several."""
    for node in ast.walk(within):
        if isinstance(node, ast.Assign):
            for to in node.targets:
                if isinstance(to, ast.Name) and to.id == name:
                    yield node.value
                elif isinstance(to, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(to.elts, node.value.elts, strict=True)
                    yield from (value for one, value in pairs if isinstance(one, ast.Name) and one.id == name)


def _parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _by_place(function: Function, name: str) -> bool:
    return name in (one.arg for one in function.args.args)


def _by_name(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _default(function: Function, name: str) -> ast.expr | None:
    for one, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if one.arg == name:
            return default
    placed = function.args.args[len(function.args.args) - len(function.args.defaults) :]
    return next((default for one, default in zip(placed, function.args.defaults, strict=True) if one.arg == name), None)
