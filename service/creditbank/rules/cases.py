"""A document's own cases: situations in the words of the rule and the decision each must get; no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditbank.credits import format_credits
from creditbank.rules.decide import Decided
from creditbank.rules.document import RuleDocument, read_path
from creditbank.rules.explain import finding_lines, told
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items, line_of
from creditbank.rules.mutation import mutants
from creditbank.rules.problems import FactNotReadable, Problem, RulesRefused
from creditbank.rules.questions import check_facts
from creditbank.rules.rulebook import Rulebook
from creditbank.rules.terms import Scope
from creditbank.rules.units import NotOfType, as_json, literal


@dataclass(frozen=True)
class Outcome:
    """How a case came out: `wrong` is empty where it got the decision it must get, else what differs, in zh and en."""

    document: str
    version: str
    name: str
    line: int
    decided: Decided | None
    wrong: tuple[tuple[str, str], ...]


def case_facts(version: Fields, case: Fields, file: str = "") -> dict[str, Any]:
    """The facts of a case as the engine takes them: `given`, then the case's own, then its other records.

    Raises RulesRefused for a fact or a value that does not exist.
    """
    own = _merged(version.get("given", Fields()), case, file)
    facts: dict[str, Any] = {subject: dict(fields) for subject, fields in own.items()}
    rows: list[dict[str, Any]] = [{"id": "this", "this": True, **_of_rows(own)}]
    base = Fields(version.get("given", Fields()))
    base.update(case.get("facts", Fields()))
    for gone in case.get("without", ()):
        base.pop(gone, None)
    for other in case.get("others", ()):
        rows.append({"id": str(other["id"]), "this": False, **_of_rows(_merged(base, other, file))})
    facts["same"] = rows
    return facts


def _of_rows(facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {subject: facts[subject] for subject in ("record", "certificate", "course") if subject in facts}


def _merged(given: Fields, case: Fields, file: str) -> dict[str, dict[str, Any]]:
    written = Fields(given)
    written.update(case.get("facts", Fields()))
    for gone in case.get("without", ()):
        written.pop(gone, None)
    facts: dict[str, dict[str, Any]] = {}
    for name, value in written.items():
        fact = FACTS.get(str(name))
        if fact is None:
            raise RulesRefused([Problem(file, line_of(name), str(name), "没有这个事实", "there is no such fact")])
        try:
            subject, _, key = fact.name.partition(".")
            facts.setdefault(subject, {})[key] = as_json(fact.type, literal(fact.type, value))
        except NotOfType as wrong:
            raise RulesRefused([Problem(file, line_of(value), str(name), wrong.zh, wrong.en)]) from None
    return facts


def run_case(rulebook: Rulebook, document: RuleDocument, version: Fields, case: Fields) -> Outcome:
    """Decide one case by the document and compare it with what it must get."""
    facts = case_facts(version, case, document.file)
    expected: Fields = case["expect"]
    decided: Decided | None = None
    try:
        check_facts(document.question, facts)
        decided = rulebook.decide(document.question, facts)
        wrong = _differences(expected, decided, str(version["version"]))
    except FactNotReadable as error:
        wrong = [(error.sentence("zh"), error.sentence("en"))]
    return Outcome(document.document, str(version["version"]), str(case["name"]), line_of(case), decided, tuple(wrong))


def _differences(expected: Scope, decided: Decided, version: str) -> list[tuple[str, str]]:
    credits_ = decided.outputs.get("credits")
    seen: dict[str, Any] = {
        "verdict": decided.verdict,
        "clause": decided.clause,
        "warns": list(decided.warned),
        "credits": None if credits_ is None else format_credits(credits_),
        "scheme": decided.outputs.get("scheme"),
    }
    wrong = []
    if decided.version not in (None, version):
        wrong.append((f"适用的是第 {decided.version} 版", f"version {decided.version} applied"))
    wanted: dict[str, Any] = {"warns": [], **{str(word): value for word, value in expected.items()}}
    for word, value in wanted.items():
        got = seen[word]
        if word == "credits" and got is not None:
            got, value = _amount(got), _amount(value)  # noqa: PLW2901
        if (list(value) if isinstance(value, Items) else value) != got:
            wrong.append(
                (f"{word} 应为 {_said(value)}，实为 {_said(got)}", f"{word} must be {_said(value)}, it is {_said(got)}")
            )
    if decided.verdict == "granted" and "credits" not in expected:
        wrong.append(("认定的情形须写明 credits", "a granted case must say its credits"))
    if decided.verdict != "granted" and "clause" not in expected:
        wrong.append(("未认定的情形须写明 clause", "a case that is not granted must say its clause"))
    return wrong


def _amount(text: str) -> str:
    whole, _, places = text.partition(".")
    places = places.rstrip("0")
    return f"{whole}.{places}" if places else whole


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "—" if value is None else str(value)


def run_cases(document: RuleDocument, rulebook: Rulebook | None = None) -> list[Outcome]:
    """Every case of every version of a document. Raises RulesRefused where the document does not load."""
    book = rulebook or Rulebook.load([document])
    return [run_case(book, document, version, case) for version in document.versions for case in version["cases"]]


def unheld(document: RuleDocument) -> list[Problem]:
    """What no case holds: changes to the document that all of its cases let pass.

    Each figure is moved to both sides by one step, each table row given another value, each clause, condition and
    step left out in turn, and the cases are run again.
    """
    found: list[Problem] = []
    for mutant in mutants(document):
        try:
            outcomes = run_cases(mutant.document)
        except RulesRefused:
            continue  # a change that would not load needs no case
        if not any(outcome.wrong for outcome in outcomes):
            found.append(Problem(document.file, mutant.line, mutant.word, mutant.zh, mutant.en))
    return found


def check_document(document: RuleDocument) -> tuple[list[str], bool]:
    """One line per case, the findings of each that fails, and every figure that no case holds."""
    try:
        outcomes = run_cases(document)
    except RulesRefused as refused:
        return _problem_lines(refused.problems), False
    lines: list[str] = []
    for outcome in outcomes:
        lines.append(f"{'FAIL' if outcome.wrong else 'ok'}  {outcome.document} v{outcome.version}  {outcome.name}")
        if outcome.wrong:
            lines.extend(f"      {document.file}:{outcome.line}: {zh} / {en}" for zh, en in outcome.wrong)
            lines.extend(f"      {line}" for line in (finding_lines(outcome.decided) if outcome.decided else ()))
    failed = any(outcome.wrong for outcome in outcomes)
    loose = [] if failed else unheld(document)
    lines.extend(_problem_lines(loose))
    return lines, not failed and not loose


def _problem_lines(problems: Iterable[Problem]) -> list[str]:
    return [line for each in problems for line in (f"FAIL  {each.sentence('zh')}", f"      {each.sentence('en')}")]


def check(paths: Sequence[Path | str]) -> tuple[list[str], bool]:
    """Validate documents, run their cases, demand that cases hold every figure, and hold the documents together.

    Folders are searched for *.yaml. Returns the lines to print and whether everything holds; needs no database.
    """
    lines: list[str] = []
    whole: list[RuleDocument] = []
    good = True
    for path in _files(paths):
        try:
            document = read_path(path)
        except RulesRefused as refused:
            lines.extend(_problem_lines(refused.problems))
            good = False
            continue
        said, holds = check_document(document)
        lines.extend(said)
        good = good and holds
        whole.append(document)
    if good:
        try:
            Rulebook.load(whole)
        except RulesRefused as refused:
            return [*lines, *_problem_lines(refused.problems)], False
    return lines, good and bool(whole)


def _files(paths: Sequence[Path | str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        found.extend(sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
    return found


def explain(path: Path | str, case: str) -> str:
    """The whole decision of one case of a document, as text. Raises RulesRefused, or KeyError for a case it has not."""
    document = read_path(Path(path))
    book = Rulebook.load([document])
    for version in document.versions:
        for each in version["cases"]:
            if each["name"] == case:
                outcome = run_case(book, document, version, each)
                if outcome.decided is not None:
                    return told(outcome.decided)
                return "\n".join(f"{zh} / {en}" for zh, en in outcome.wrong)
    raise KeyError(case)
