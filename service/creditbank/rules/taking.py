"""What a granted line adds to the sets that caps count in, and what gives way to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.terms import Scope, row_scope


def after(scope: Scope, *, credits_: Any, exemption: Any = None) -> dict[str, list[Scope] | None]:
    """The sets that a granted line adds to, with its own rows: one for the line, one for each record it uses.

    None where what stood before, or what the line uses, is not known. Raises FactNotReadable for a line that uses no
    record: nothing would count it, and silence would grant.
    """
    if scope.get("sources") is not None and not scope["sources"]:
        zh, en = "一行至少使用一项成果", "a line uses at least one record"
        raise FactNotReadable("sources", [], why_zh=zh, why_en=en)
    claim = scope.get("claim") or {}
    said = {
        "credits": credits_,
        "same_plan": True,
        "exemption": exemption,
        **{key: claim.get(key) for key in _OF_CLAIM},
    }
    conversion = {key: value for key, value in said.items() if value is not None}
    line = {"this": True, "conversion": conversion, "course": scope.get("course")}
    single = {name: scope[name] for name in _OF_RECORDS if scope.get(name) is not None}
    before, used, sources = scope.get("conversions"), scope.get("uses"), scope.get("sources")
    uses = None if used is None or sources is None else [*used, *(_use(source, line) for source in sources)]
    conversions = None if before is None else [*before, {"id": "this", **line, **single}]
    return {"conversions": conversions, "uses": uses}


_OF_CLAIM = ("on", "academic_year", "term")
"""What the conversion of a line has from its claim."""


def behind(fact: str) -> tuple[str, ...]:
    """The facts of the case from which this line's own rows have a fact of a conversion."""
    subject, _, key = fact.partition(".")
    return (f"claim.{key}",) if subject == "conversion" and key in _OF_CLAIM else ()


_OF_RECORDS = ("record", "certificate", "institution")


def _use(source: Scope, line: Scope) -> Scope:
    about = {name: source[name] for name in _OF_RECORDS if source.get(name) is not None}
    record = {**(source.get("record") or {}), "id": source["id"]}
    return {"id": f"this:{source['id']}", **line, **about, "record": record}


def give_way(versions: Sequence[CompiledVersion], scope: Scope) -> tuple[Scope, tuple[str, ...]]:
    """The facts without the rows that give way to this line, and their ids; open groups give way to nothing."""
    gone: set[str] = set()
    for version in versions:
        for clause in version.clauses:
            if clause.replaces is None or (clause.when is not None and clause.when.ask(scope) is not True):
                continue
            name, question = clause.replaces.rows_of, version.question
            rows = after(scope, credits_=None)[name] or ()
            keys = {
                str(row["id"]): tuple([each.ask(row_scope(question, name, scope, row)) for each in clause.replaces.per])
                for row in rows
            }
            mine = {keys[str(row["id"])] for row in rows if row.get("this") is True}
            gone |= {
                conversion_of(row)
                for row in rows
                if row.get("this") is not True and None not in keys[str(row["id"])] and keys[str(row["id"])] in mine
            }
    if not gone:
        return scope, ()
    kept = {
        name: [row for row in scope[name] if conversion_of(row) not in gone]
        for name in ("conversions", "uses")
        if scope.get(name) is not None
    }
    return {**scope, **kept}, tuple(sorted(gone))


def conversion_of(row: Scope) -> str:
    """Which conversion a row of `conversions` or `uses` belongs to: a use is named conversion:record."""
    return str(row["id"]).partition(":")[0]
