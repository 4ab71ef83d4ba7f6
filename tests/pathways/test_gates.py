"""Gates: of sensitive facts and of other institutions' records a stranger to them learns the verdict and no more."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.pathways.gates import EVERYTHING, Sees, changes_of, decide, gates_of
from creditbank.pathways.known import Evidence, Known
from creditbank.records.without_sensitive import SENSITIVE
from creditbank.rules import Decided, Rulebook, read_document, read_path
from creditbank.rules.cases import case_facts
from creditbank.rules.questions import OTHERS
from tests.pathways.cohort_town import law
from tests.rules.writing import SAYS, SOURCE

ON = date(2026, 3, 2)
MINE, THEIRS = str(UUID(int=1)), str(UUID(int=2))
SCHOOL = Sees(institution_id=MINE)
RULEBOOK = Path(__file__).parents[2] / "service" / "creditbank" / "rulebook"
DOCUMENTS = [read_path(path) for path in sorted(RULEBOOK.rglob("progression.*.yaml"))]


def clause(name: str, require: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "says": SAYS, "cites": ["source"], "require": require, **more}


def book(*clauses: dict[str, Any], **parts: Any) -> Rulebook:
    said = json.loads(law(*clauses))
    said["versions"][0] |= parts
    return Rulebook.load([read_document(json.dumps(said, ensure_ascii=False))])


def known(facts: dict[str, Any], **evidence: tuple[Evidence, ...]) -> Known:
    learner = UUID(int=9)
    whole = {
        "pathway": {"kind": "three_two", "step": "progression", "province": "hebei", "on": ON.isoformat()},
        "process": {"score": "90"}, "health": {"fit": True}, "decision": {"on": ON.isoformat()}, **facts,
    }  # fmt: skip
    return Known(learner, (learner,), UUID(int=8), None, ON, whole, evidence)


def told(rules: Rulebook, what: Known, sees: Sees) -> str:
    """Everything that somebody is told, as text."""
    decided = decide(what, rules)
    return json.dumps(
        [[gates_of(decided, what, sees=sees, language=one), changes_of(decided, sees=sees, language=one)]
         for one in ("zh", "en")],
        ensure_ascii=False,
    )  # fmt: skip


def gate(rules: Rulebook, what: Known, sees: Sees, name: str) -> dict[str, Any]:
    found = gates_of(decide(what, rules), what, sees=sees, language="en")
    (one,) = [each for each in found if each["clause"].endswith(name)]
    return one


def sanction(number: str, on: str, lifted: str | None = None, kind: str = "warning") -> dict[str, Any]:
    said = {"kind": kind, "on": on} | ({} if lifted is None else {"lifted_on": lifted})
    return {"id": f"sanction/{number}", "sanction": said}


CLEAN = clause("clean", {"none": [{"exists": "open"}]})
OPEN = {
    "open": {"says": SAYS, "cites": ["source"], "of": "sanctions",
             "where": {"fact": "sanction.kind", "in": ["demerit", "probation"]}},
}  # fmt: skip
ROWS = [
    [sanction("1", "2025-01-01", kind="demerit")],
    [sanction("1", "2025-01-01", kind="demerit"), sanction("2", "2025-02-02", kind="probation")],
    [sanction("3", "2024-09-09", kind="probation"), sanction("4", "2025-02-02")],
]


@pytest.mark.parametrize(
    ("clauses", "parts"),
    [
        ((CLEAN,), {"sets": OPEN}),
        ((clause("clean", {"none": [{"exists": "sanctions"}]}),), {}),
        ((clause("clean", {"every": "sanctions", "has": {"fact": "sanction.kind", "is": "serious_warning"}}),), {}),
    ],
)
def test_of_sanctions_nobody_else_learns_how_many_which_or_when(clauses: Any, parts: Any) -> None:
    rules = book(*clauses, **parts)
    seen = {
        told(
            rules,
            known({"sanctions": rows}, **{
                row["id"]: (Evidence("statement", f"s-{row['id']}", "sanction", MINE, sensitive=True),) for row in rows
            }),
            SCHOOL,
        )
        for rows in ROWS
    }  # fmt: skip
    assert len(seen) == 1
    (text,) = seen
    assert "s-sanction" not in text
    assert "2025" not in text
    everything = {told(rules, known({"sanctions": rows}), EVERYTHING) for rows in ROWS}
    assert len(everything) > 1


def test_an_exemption_or_silence_by_a_sensitive_fact_looks_as_if_the_gate_were_met() -> None:
    exempt = clause("tested", {"fact": "process.score", "at_least": 95}, unless={"fact": "health.fit", "is": "no"})
    silent = clause("tested", {"fact": "process.score", "at_least": 80}, when={"fact": "health.fit", "is": "yes"})
    for one, word in ((exempt, "exempt"), (silent, None)):
        rules = book(one)
        without = known({"health": {"fit": False}})
        found = [each for each in gates_of(decide(without, rules), without, sees=EVERYTHING, language="zh")
                 if each["clause"].endswith("tested")]  # fmt: skip
        assert [each["verdict"] for each in found] == ([] if word is None else [word])
        shown = gate(rules, without, SCHOOL, "tested")
        assert (shown["verdict"], shown["ground"], shown["until"]) == ("met", None, None)
        if word is None:
            assert shown == gate(rules, known({}), SCHOOL, "tested")


def test_what_is_missing_of_a_sensitive_gate_and_who_supplies_it_is_not_told() -> None:
    rules = book()
    nobody_said = known({"health": {}})
    assert gate(rules, nobody_said, EVERYTHING, "fit")["missing"] == ["health.fit"]
    hidden = gate(rules, nobody_said, Sees(), "fit")
    assert (hidden["verdict"], hidden["missing"], hidden["by"], hidden["mendable"]) == ("unknown", [], [], None)
    assert "health" not in json.dumps(hidden)


def test_a_gate_that_speaks_of_a_name_that_speaks_of_something_sensitive_is_one() -> None:
    named = {
        "weight": {"says": SAYS, "cites": ["source"], "gives": "count", "amount": {"count": "open"}},
    }  # fmt: skip
    rules = book(clause("light", {"named": "weight", "at_most": 0}), names=named, sets=OPEN)
    one, other = (known({"sanctions": rows}) for rows in ROWS[:2])
    assert gate(rules, one, EVERYTHING, "light") != gate(rules, other, EVERYTHING, "light")
    assert gate(rules, one, SCHOOL, "light") == gate(rules, other, SCHOOL, "light")
    assert gate(rules, one, SCHOOL, "light")["findings"][0]["masked"] is True


def test_smallest_changes_tell_nothing_where_something_sensitive_refuses() -> None:
    either = {"any": [{"fact": "health.fit", "is": "yes"}, {"fact": "process.score", "at_least": 95}]}
    rules = book(clause("either", either))
    unfit = known({"process": {"score": "50"}, "health": {"fit": False}})
    assert changes_of(decide(unfit, rules), sees=SCHOOL, language="en") == []
    rules = book()
    fit = known({"process": {"score": "50"}})
    ((change,),) = changes_of(decide(fit, rules), sees=SCHOOL, language="en")
    assert (change["fact"], change["then"]) == ("process.score", "60")


# --- records of another institution ---------------------------------------------------------------------------------


def certificate(name: str, level: str) -> dict[str, Any]:
    return {"id": name, "record": {"id": name, "kind": "certificate"}, "certificate": {"level": level}}


def test_of_another_institutions_records_a_school_learns_neither_what_they_are_nor_how_many() -> None:
    rules = book(
        clause("level", {"every": "records", "has": {"fact": "certificate.level", "is": "advanced"}}),
        clause("some", {"exists": "records", "where": {"fact": "certificate.level", "is": "elementary"}}),
    )

    def of(*names: str, by: str) -> Known:
        rows = [certificate(name, "elementary") for name in names]
        return known({"records": rows}, **{name: (Evidence("record", name, institution_id=by),) for name in names})

    for name in ("level", "some"):
        theirs = [gate(rules, of(*names, by=THEIRS), SCHOOL, name) for names in (("r1",), ("r2",), ("r1", "r2", "r3"))]
        assert theirs[0] == theirs[1] == theirs[2]
        assert "r1" not in json.dumps(theirs)
        assert "elementary" not in json.dumps(theirs)
        own = gate(rules, of("r1", by=MINE), SCHOOL, name)
        assert own["evidence"] == [{"kind": "record", "id": "r1", "topic": None}]
        assert own == gate(rules, of("r1", by=MINE), EVERYTHING, name)
    both = known(
        {"records": [certificate("r1", "elementary"), certificate("r2", "elementary")]},
        r1=(Evidence("record", "r1", institution_id=MINE),), r2=(Evidence("record", "r2", institution_id=THEIRS),),
    )  # fmt: skip
    mixed = gate(rules, both, SCHOOL, "level")
    assert "r2" not in json.dumps(mixed)
    assert [each["masked"] for each in mixed["findings"]] == [True]


# --- every document that comes with the bank -----------------------------------------------------------------------


def situations(document: Any) -> Iterator[tuple[dict[str, Any], date]]:
    for version in document.versions:
        for case in version["cases"]:
            facts = case_facts(document, version, case)
            yield facts, date.fromisoformat(str(facts.get("pathway", {}).get("on", ON.isoformat())))


def otherwise(document: Any, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same with other sensitive facts, where the document asks about them."""

    def asked(name: str, *values: Any) -> tuple[Any, ...]:
        return values if name in document.text else (None,)

    for fit in asked("health.fit", True, False, None):
        for sanctions in asked("sanctions", [], None, *ROWS, [*ROWS[-1], OTHERS]):
            for residence in asked("learner.residence", "hebei", "henan", None):
                said = copy.deepcopy(facts)
                for subject, key, value in (("health", "fit", fit), ("learner", "residence", residence)):
                    said.setdefault(subject, {}).pop(key, None)
                    if value is not None:
                        said[subject][key] = value
                said.pop("sanctions", None)
                if sanctions is not None:
                    said["sanctions"] = sanctions
                yield said


@pytest.mark.parametrize("document", DOCUMENTS, ids=[each.document for each in DOCUMENTS])
def test_of_every_document_whoever_may_not_see_is_told_the_same_whenever_the_verdicts_are(document: Any) -> None:
    rules = Rulebook.load([document])
    if not all("gives" in version for version in document.versions):
        pytest.skip("it limits and is never asked alone")
    learner = UUID(int=9)
    for facts, on in situations(document):
        seen: dict[Any, str] = {}
        for said in otherwise(document, facts):
            what = Known(learner, (learner,), UUID(int=8), None, on, said, {})
            decided: Decided = rules.decide(document.question, said)
            gates = gates_of(decided, what, sees=Sees(), language="zh")
            # Verdicts are told: of the same verdicts everything else has to be the same, changes too.
            verdicts = (decided.verdict, tuple((each["clause"], each["verdict"]) for each in gates))
            text = json.dumps([gates, changes_of(decided, sees=Sees(), language="zh")], ensure_ascii=False)
            assert seen.setdefault(verdicts, text) == text, document.document


def test_there_are_sensitive_facts_in_the_documents_that_were_looked_at() -> None:
    texts = [document.text for document in DOCUMENTS]
    assert any(name in text for text in texts for name in SENSITIVE)
    assert any("sanctions" in text for text in texts)
    assert SOURCE  # the documents of these tests cite it
