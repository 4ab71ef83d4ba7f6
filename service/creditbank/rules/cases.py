"""A document's own cases: situations in the words of the rule and the decision each must get; no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditbank.rules.decide import Decided
from creditbank.rules.document import RuleDocument, read_path
from creditbank.rules.explain import finding_lines, told
from creditbank.rules.facts import FACTS
from creditbank.rules.flips import turning
from creditbank.rules.loading import Fields, Items, line_of
from creditbank.rules.mutation import mutants
from creditbank.rules.problems import FactNotReadable, Problem, RulesRefused
from creditbank.rules.questions import OTHERS, QUESTIONS, Question, RowSet, check_facts
from creditbank.rules.rulebook import Rulebook
from creditbank.rules.shapes import nearest
from creditbank.rules.terms import Scope
from creditbank.rules.units import NotOfType, Type, as_json, literal, observed, reader


@dataclass(frozen=True)
class Outcome:
    """How a case came out: `wrong` is empty where it got the decision it must get, else what differs, in zh and en."""

    document: str
    version: str
    name: str
    line: int
    decided: Decided | None
    wrong: tuple[tuple[str, str], ...]


def case_facts(document: RuleDocument, version: Fields, case: Fields) -> dict[str, Any]:
    """The facts of a case as the engine takes them: `given` and the case's own, then its rows and other records.

    What a case does not list is not there; what it puts under `without` is not known, and a set of which it lists rows
    as well may have others. Raises RulesRefused for a fact or a value that does not exist.
    """
    question, file = QUESTIONS[document.question], document.file
    own = _merged(version.get("given", Fields()), case, file)
    facts: dict[str, Any] = {subject: dict(fields) for subject, fields in own.items()}
    rows = {**version.get("rows", {}), **case.get("rows", {})}
    gone = {str(name) for name in case.get("without", ())}
    for name, row_set in question.sets.items():
        if name in gone and name not in case.get("rows", ()):
            continue
        if name in rows:
            facts[name] = [_row(row, place, row_set, file) for place, row in enumerate(rows[name], start=1)]
            if name in gone:
                facts[name].append(OTHERS)
        elif name == "same":
            facts[name] = [{"id": "this", "this": True, **_of_rows(own)}, *_others(version, case, file)]
        elif name == "sources":
            facts[name] = [{"id": "this", **_of_rows(own, row_set.own)}]
        else:
            facts[name] = []
    for name in rows:
        if name not in question.sets:
            listed = "、".join(question.sets)
            zh, en = f"没有这一组，可用：{listed}", f"there is no such set: {', '.join(question.sets)}"
            raise RulesRefused([Problem(file, line_of(name), str(name), zh, en)])
    if question.name == "conversion":
        _settle_sources(facts)
    return facts


def _settle_sources(facts: dict[str, Any]) -> None:
    """With several sources what a record is stands in the rows alone; their number is a fact of the claim."""
    sources = facts.get("sources")
    if sources is None:
        return
    facts["claim"] = {**facts.get("claim", {}), "sources": len(sources)}
    for subject in ("record", "certificate", "institution"):
        if len(sources) == 1 and subject in sources[0]:
            facts[subject] = sources[0][subject]
        else:
            facts.pop(subject, None)
    if len(sources) != 1:
        facts.pop("same", None)


def _row(row: Fields, place: int, row_set: RowSet, file: str) -> dict[str, Any]:
    written = Fields({name: value for name, value in row.items() if name != "id"})
    for name in written:
        if str(name).partition(".")[0] not in row_set.own:
            listed = "、".join(row_set.own)
            zh, en = f"这一组的各条只有 {listed}", f"its rows have {', '.join(row_set.own)} only"
            raise RulesRefused([Problem(file, line_of(name), str(name), zh, en)])
    return {"id": str(row.get("id", f"row-{place}")), **_merged(written, Fields(), file)}


def _others(version: Fields, case: Fields, file: str) -> list[dict[str, Any]]:
    for other in case.get("others", ()):
        if "rows" in other:
            zh, en = "同一内容的其他成果没有 rows", "another record of the same content has no `rows`"
            raise RulesRefused([Problem(file, line_of(other), str(other["id"]), zh, en)])
    base = Fields(version.get("given", Fields()))
    base.update(case.get("facts", Fields()))
    for gone in case.get("without", ()):
        base.pop(gone, None)
    return [
        {"id": str(other["id"]), "this": False, **_of_rows(_merged(base, other, file))}
        for other in case.get("others", ())
    ]


_BESIDE = ("record", "certificate", "course")


def _of_rows(facts: dict[str, dict[str, Any]], subjects: tuple[str, ...] = _BESIDE) -> dict[str, Any]:
    return {subject: facts[subject] for subject in subjects if subject in facts}


def _merged(given: Fields, case: Fields, file: str) -> dict[str, dict[str, Any]]:
    written = Fields(given)
    written.update(case.get("facts", Fields()))
    for gone in case.get("without", ()):
        written.pop(gone, None)
    facts: dict[str, dict[str, Any]] = {}
    for name, value in written.items():
        fact = FACTS.get(str(name))
        if fact is None:
            near = nearest(name, tuple(FACTS))
            zh, en = f"没有这个事实{f'，是否应为“{near}”' if near else ''}", "there is no such fact"
            en += f", did you mean {near!r}?" if near else ""
            raise RulesRefused([Problem(file, line_of(name), str(name), zh, en)])
        try:
            subject, _, key = fact.name.partition(".")
            facts.setdefault(subject, {})[key] = as_json(fact.type, literal(fact.type, value))
        except NotOfType as wrong:
            raise RulesRefused([Problem(file, line_of(value), str(name), wrong.zh, wrong.en)]) from None
    return facts


def run_case(rulebook: Rulebook, document: RuleDocument, version: Fields, case: Fields) -> Outcome:
    """Decide one case by the document and compare it with what it must get."""
    facts = case_facts(document, version, case)
    expected: Fields = case["expect"]
    decided: Decided | None = None
    try:
        check_facts(document.question, facts)
        if QUESTIONS[document.question].layered and "gives" not in version:
            decided = rulebook.limit_alone(document.document, facts)
        else:
            decided = rulebook.decide(document.question, facts)
        wrong = _differences(QUESTIONS[document.question], expected, decided, str(version["version"]))
        wrong += _other_words(
            expected,
            {
                "rank": lambda: _rank(rulebook, document, version, case, decided),
                "final": lambda: _final(decided),
            },
        )
    except FactNotReadable as error:
        wrong = [(error.sentence("zh"), error.sentence("en"))]
    return Outcome(document.document, str(version["version"]), str(case["name"]), line_of(case), decided, tuple(wrong))


def _rank(rulebook: Rulebook, document: RuleDocument, version: Fields, case: Fields, decided: Decided) -> str | None:
    """The place among the `others` that are granted too; the same as theirs in a tie. None where nobody is ranked."""
    mine = _keys(decided)
    if decided.verdict != "granted" or mine is None:
        return "unknown" if decided.verdict == "granted" else None
    rivals = [
        _keys(rulebook.decide(document.question, case_facts(document, version, _rival(case, other))))
        for other in case.get("others", ())
    ]
    return str(1 + sum(keys is not None and keys < mine for keys in rivals))


def _keys(decided: Decided) -> tuple[Any, ...] | None:
    round_ = decided.versions[0].round if decided.versions else None
    return None if round_ is None or decided.verdict != "granted" else round_.keys(decided.scope)


def _rival(case: Fields, other: Fields) -> Fields:
    """Another candidate of the round: what the case says, but for what differs."""
    facts, rows = other.get("facts", Fields()), other.get("rows", Fields())
    gone = [name for name in case.get("without", ()) if name not in facts and name not in rows]
    return Fields(
        facts=Fields({**case.get("facts", {}), **facts}),
        rows=Fields({**case.get("rows", {}), **rows}),
        without=Items([*gone, *other.get("without", ())]),
    )


def _differences(question: Question, expected: Scope, decided: Decided, version: str) -> list[tuple[str, str]]:
    seen: dict[str, Any] = {
        "verdict": decided.verdict,
        "clause": decided.clause,
        "warns": list(decided.warned),
        "replaces": list(decided.replaces),
        **{name: _shown(type_, decided.outputs.get(name)) for name, type_ in question.outputs.items()},
    }
    wrong = []
    if decided.version not in (None, version):
        wrong.append((f"适用的是第 {decided.version} 版", f"version {decided.version} applied"))
    said = {str(word): value for word, value in expected.items() if word not in ("rank", "final")}
    wanted: dict[str, Any] = {"warns": [], "replaces": [], **said}
    for word, value in wanted.items():
        got = seen.get(word)
        if word in question.outputs and got is not None:
            value = _written(question.outputs[word], value)  # noqa: PLW2901
        if (list(value) if isinstance(value, Items) else value) != got:
            wrong.append(
                (f"{word} 应为 {_said(value)}，实为 {_said(got)}", f"{word} must be {_said(value)}, it is {_said(got)}")
            )
    for name in decided.outputs:
        # Every output is said, or a mistake in one would be nobody's case.
        if name in question.outputs and name not in expected and (name in _SAID or name not in question.required):
            wrong.append((f"认定的情形须写明 {name}", f"a granted case must say its {name}"))
    if decided.verdict != "granted" and "clause" not in expected:
        wrong.append(("未认定的情形须写明 clause", "a case that is not granted must say its clause"))
    return wrong


_SAID = ("credits", "grade", "route")


def _other_words(expected: Fields, words: Mapping[str, Callable[[], Any]]) -> list[tuple[str, str]]:
    """What differs of the words that a case need not say."""
    wrong = []
    for word, ask in words.items():
        if word in expected and expected[word] != (got := ask()):
            zh = f"{word} 应为 {expected[word]}，实为 {_said(got)}"
            wrong.append((zh, f"{word} must be {expected[word]}, it is {_said(got)}"))
    return wrong


def _final(decided: Decided) -> str:
    """Whether something that refuses can be mended no more."""
    return "yes" if decided.verdict == "not_granted" and turning(decided).final else "no"


def _shown(type_: Type, value: Any) -> str | None:
    """An output as a case writes it."""
    return None if value is None else observed(type_, reader(type_)(value))


def _written(type_: Type, text: Any) -> Any:
    try:
        return observed(type_, literal(type_, text))
    except NotOfType:
        return text


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

    Folders are searched for *.yaml; what lies in one folder applies together, what lies in another does not (a casebook
    of other colleges beside the bank's own rules). Returns the lines to print and whether everything holds; needs no
    database.
    """
    lines: list[str] = []
    whole: dict[Path, list[RuleDocument]] = {}
    good = True
    for path in files_of(paths):
        try:
            document = read_path(path)
        except RulesRefused as refused:
            lines.extend(_problem_lines(refused.problems))
            good = False
            continue
        said, holds = check_document(document)
        lines.extend(said)
        good = good and holds
        whole.setdefault(path.parent, []).append(document)
    if good:
        for together in whole.values():
            try:
                Rulebook.load(together)
            except RulesRefused as refused:
                lines.extend(_problem_lines(refused.problems))
                good = False
    return lines, good and bool(whole)


def files_of(paths: Sequence[Path | str]) -> list[Path]:
    """The files named, and those that lie in the folders named."""
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
