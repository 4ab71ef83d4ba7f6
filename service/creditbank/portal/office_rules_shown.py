"""Rule documents as the office reads them: versions, clauses, cases, and a difference as lines that went and came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import days_in
from creditbank.publishing.differing import HEAD, SECTIONS, short
from creditbank.rules.facts import FACTS


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that differs: where, what it was, what it becomes; or only a sentence."""

    where: str
    was: str | None
    becomes: str | None
    says: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a document: its name, what is the case in it, and what it is to come to."""

    name: str
    facts: list[tuple[str, str]]
    without: list[str]
    expect: str
    clause: str | None
    holds: bool | None = None
    wrong: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its sentence, what it cites, and how many cases turn on it."""

    id: str
    says: str
    cites: list[int]
    """Where its sources stand in the list of the version."""
    cases: int


def changes_of(changes: Iterable[Mapping[str, Any]], language: Language) -> list[tuple[str | None, list[Changed]]]:
    """What differs, under the version it belongs to; what belongs to none is of the document's head."""
    found: dict[str | None, list[Changed]] = {}
    for each in changes:
        found.setdefault(each["version"], []).append(_changed(each, language))
    return list(found.items())


def _changed(change: Mapping[str, Any], language: Language) -> Changed:
    place = 0 if language == "zh" else 1
    section, path = change["section"], str(change["path"])
    if section == "version":
        return Changed("", None, None, change[f"says_{language}"])
    called = SECTIONS.get(section) or HEAD.get(section) or _OTHER.get(section, (section, section))
    where = f"{called[place]} {path.partition('.')[2]}".strip()
    was, becomes = (
        None if one is None else _case_said(one, language) if section == "cases" else short(one, language)
        for one in (change["was"], change["becomes"])
    )
    return Changed(where, was, becomes)


def _case_said(value: Any, language: Language) -> str:
    """A case in a difference: what is so in it, and what it is to come to; a part of one as it is written."""
    if not isinstance(value, Mapping) or "expect" not in value:
        return short(value, language)
    case = _case({"name": "", **value}, None, {}, language)
    say = speaker(language)
    told = [f"{name}{say('colon')}{said}" for name, said in case.facts]
    if case.without:
        told.append(f"{say('off_without')}{say('colon')}{say('off_listed').join(case.without)}")
    by = f"{say('off_listed')}{say('off_by_clause')} {case.clause}" if case.clause else ""
    return f"{say('semicolon').join(told)} → {case.expect}{by}".strip()


_OTHER = {"until": ("最后一天", "last day"), "changed": ("改动说明", "note of what changed")}


def clauses_of(part: Mapping[str, Any], language: Language) -> list[Clause]:
    """The clauses of a version, in their order."""
    turned: dict[str, int] = {}
    for case in part["cases"]:
        name = str(case.get("expect", {}).get("clause"))
        turned[name] = turned.get(name, 0) + 1
    places = {str(name): place for place, name in enumerate(part["citations"], start=1)}
    return [
        Clause(
            str(clause["id"]),
            str(clause["says"][language]),
            [places[str(name)] for name in clause.get("cites", ()) if str(name) in places],
            turned.get(str(clause["id"]), 0),
        )
        for clause in part["clauses"]
    ]


def cases_of(
    part: Mapping[str, Any], language: Language, checked: Sequence[Mapping[str, Any]] = ()
) -> list[Case]:  # fmt: skip
    """The cases of a version; `checked` is how each came out, where a check has run."""
    came = {str(each["name"]): each for each in checked}
    said = {str(clause["id"]): str(clause["says"][language]) for clause in part["clauses"]}
    said["version"] = speaker(language)("off_no_version")
    return [_case(case, came.get(str(case["name"])), said, language) for case in part["cases"]]


def _case(case: Mapping[str, Any], came: Mapping[str, Any] | None, said: Mapping[str, str], language: Language) -> Case:
    expect = case.get("expect", {})
    return Case(
        name=str(case["name"]),
        facts=[(_fact(str(name), language), _value(str(name), value, language)) for name, value in _facts(case)],
        without=[_fact(str(name), language) for name in case.get("without", ())],
        expect=_expected(expect, language),
        clause=said.get(str(expect["clause"]), str(expect["clause"])) if "clause" in expect else None,
        holds=None if came is None else bool(came["holds"]),
        wrong=() if came is None else came[f"wrong_{language}"],
    )


def _facts(case: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    facts = case.get("facts", {})
    return facts.items() if isinstance(facts, Mapping) else enumerate(facts, start=1)


def _fact(name: str, language: Language) -> str:
    known = FACTS.get(name)
    return name if known is None else known.zh if language == "zh" else known.en


def _value(name: str, value: Any, language: Language) -> str:
    """What a fact is in a case, in words where it is one of a closed list."""
    known = FACTS.get(name)
    if known is not None and isinstance(value, str):
        if known.type.choices is not None:
            return known.type.choices.shown(value, language)
        if known.type.kind == "truth" and value in ("true", "false", "yes", "no"):
            return speaker(language)("yes" if value in ("true", "yes") else "no")
    return days_in(short(value, language), language)


def _expected(expect: Mapping[str, Any], language: Language) -> str:
    """What a case is to come to: the verdict in words, then whatever else it says."""
    say = speaker(language)
    told = []
    if "verdict" in expect:
        told.append(say(f"off_verdict_{expect['verdict']}"))
    for name, value in expect.items():
        if name == "scheme":
            told.append(named("scheme", str(value), language))
        elif name == "credits":
            told.append(say("off_credits_n", n=value))
        elif name not in ("verdict", "clause"):
            told.append(f"{name} {short(value, language)}")
    return say("off_listed").join(told)
