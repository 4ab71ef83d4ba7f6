"""What holds of every progression document that comes with the bank, whatever it says.

Order of rows changes nothing; more never harms unless the document says so; a decision replays to the same bytes.

A document says that more of a fact may harm where it speaks of it downwards: under `none`, `cap`, `at_most` or
`less_than`, or where a number has to be exactly so much (`is`), in a clause, a set or a named amount; what it names
elsewhere (`named`, a set of its own) is looked up. One more row is a fact of its own, called by the name of its set: a
document speaks against it where a count or a sum over the set is compared downwards.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Decided, Rulebook, RuleDocument, read_path
from creditbank.rules.cases import case_facts
from creditbank.rules.decide import clauses_of
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items
from creditbank.rules.pathway_lists import EXAM_KIND

RULEBOOK = Path(__file__).parents[2] / "service" / "creditbank" / "rulebook"
DOCUMENTS = [document for path in sorted(RULEBOOK.rglob("progression.*.yaml")) for document in (read_path(path),)]
BOOKS = {document.document: Rulebook.load([document]) for document in DOCUMENTS}
IDS = [document.document for document in DOCUMENTS]
_UP = {"exam.points", "process.score", "record.score", "record.points", "earned.credits", "earned.grade"}
_EXAMS = tuple(word for word, _, _ in EXAM_KIND.words)
_WORSE = ("failed", "absent", "deferred", "none")


def decide(document: RuleDocument, facts: dict[str, Any]) -> Decided:
    """By the document alone; a document that only limits has no giver and is asked by itself."""
    book = BOOKS[document.document]
    if all("gives" in version for version in document.versions):
        return book.decide(document.question, facts)
    return book.limit_alone(document.document, facts)


def situations(document: RuleDocument) -> Iterator[dict[str, Any]]:
    """The facts of every case."""
    for version in document.versions:
        for case in version["cases"]:
            yield case_facts(document, version, case)


def standings(decided: Decided) -> dict[str, str]:
    """How each clause stands."""
    return {name: clause.standing(decided.scope) for _, clause, name in clauses_of(decided.versions)}


def keys(decided: Decided) -> Any:
    round_ = decided.versions[0].round if decided.versions else None
    return None if round_ is None or decided.verdict != "granted" else round_.keys(decided.scope)


def shuffled(facts: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same facts with the rows of every set, and the facts themselves, in another order."""
    dice = random.Random(seed)
    names = list(facts)
    dice.shuffle(names)
    return {
        name: dice.sample(facts[name], len(facts[name])) if isinstance(facts[name], list) else facts[name]
        for name in names
    }


def test_there_are_documents_with_ranking_and_rows_to_ask_about() -> None:
    assert len(DOCUMENTS) >= 5
    ranked = [
        document for document in DOCUMENTS if any("ranking" in each.get("round", {}) for each in document.versions)
    ]
    assert len(ranked) >= 3
    rows = [rows for document in DOCUMENTS for facts in situations(document) for rows in (facts.get("exams"),)]
    assert sum(len(each or ()) > 1 for each in rows) >= 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_the_order_of_rows_changes_no_decision_and_no_ranking(document: RuleDocument) -> None:
    for facts in situations(document):
        first = decide(document, facts)
        for seed in range(3):
            again = decide(document, shuffled(facts, seed))
            assert again.canonical() == first.canonical()
            assert keys(again) == keys(first)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_a_decision_replays_to_the_same_bytes_and_the_same_place(document: RuleDocument) -> None:
    for facts in situations(document):
        first = decide(document, facts)
        used = json.loads(json.dumps(first.facts_used()))
        again = decide(document, used)
        assert again.canonical() == first.canonical()
        assert keys(again) == keys(first)


def better(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same learner with one thing more: a higher score, a pass instead of another result, one more passed row."""
    for of, subject in (("exams", "exam"), ("records", "record"), ("awards", "record")):
        for row in facts.get(of) or ():
            if (row.get(subject) or {}).get("result") == "passed" or of == "awards":
                yield of, {**facts, of: [*facts[of], {**copy.deepcopy(row), "id": "one-more"}]}
    for kind, latest in itertools.product(_EXAMS, (True, False)):
        if "exams" in facts:
            passed = {"kind": kind, "latest": latest, "result": "passed", "points": 100, "full": 100}
            yield "exams", {**facts, "exams": [*facts["exams"], {"id": "one-more", "exam": passed}]}
    for subject, fields in facts.items():
        for at in range(len(fields)) if isinstance(fields, list) else (None,):
            place = fields if at is None else fields[at]
            for inner, values in [(subject, place)] if at is None else place.items():
                if not isinstance(values, dict):
                    continue
                for key, value in values.items():
                    name = f"{inner}.{key}"
                    more: Any = None
                    if name in _UP:
                        more = str(int(float(value)) + 1) if isinstance(value, str) else value + 1
                    elif FACTS[name].type.choices is not None and key == "result" and value in _WORSE:
                        more = "passed"
                    elif name == "process.passed" and value is False:
                        more = True
                    if more is not None:
                        changed = copy.deepcopy(facts)
                        held = changed[subject] if at is None else changed[subject][at][inner]
                        held[key] = more
                        yield name, changed


def speaks_against(document: RuleDocument, name: str) -> bool:
    """Whether a document says that more of a fact may harm: it compares it downwards, in a clause, a set or a name."""
    return any(
        name in _named(node, version) and _against(node, version)
        for version in document.versions
        for node in _all_nodes({key: version[key] for key in ("clauses", "sets", "names") if key in version})
        if isinstance(node, Fields)
    )


def _against(node: Fields, version: Fields) -> bool:
    downward = any(word in node for word in ("none", "cap", "at_most", "less_than"))
    named = version.get("names", {}).get(str(node.get("named", "")))
    exact = node.get("fact") in _UP or (named is not None and named["gives"] in ("count", "points", "credits"))
    return downward or ("is" in node and exact)


def _named(node: object, version: Fields) -> set[str]:
    """The facts a node speaks of, in its own words or through what it names, and the sets whose rows it counts."""
    found: set[str] = set()
    for each in _all_nodes(node):
        if not isinstance(each, Fields):
            continue
        if "fact" in each:
            found.add(str(each["fact"]))
        for word, place in (("count", "sets"), ("over", "sets"), ("exists", "sets"), ("every", "sets")):
            of = str(each.get(word, ""))
            if word in ("count", "over") and of:
                found.add(_rows_of(of, version))
            if of in version.get(place, {}):
                found |= _named(version[place][of], version)
        if str(each.get("named", "")) in version.get("names", {}):
            found |= _named(version["names"][str(each["named"])], version)
    return found


def _rows_of(name: str, version: Fields) -> str:
    """The set of rows that a set of the document's own is taken from."""
    while name in version.get("sets", {}):
        name = str(version["sets"][name]["of"])
    return name


def _all_nodes(node: object) -> Iterator[object]:
    yield node
    if isinstance(node, dict):
        for child in node.values():
            yield from _all_nodes(child)
    elif isinstance(node, Items | list):
        for child in node:
            yield from _all_nodes(child)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_a_pass_or_a_higher_score_never_turns_met_into_not_met_unless_the_document_says_so(
    document: RuleDocument,
) -> None:
    tried = 0
    for facts in situations(document):
        before = decide(document, facts)
        for name, more in better(facts):
            after = decide(document, more)
            if after.version != before.version:
                continue
            now, then = standings(before), standings(after)
            for each, stood in now.items():
                if stood in ("met", "exempt") and not speaks_against(document, name):
                    tried += 1
                    assert then[each] in ("met", "exempt"), (each, name)
            if keys(before) is not None and keys(after) is not None:
                assert keys(after) <= keys(before) or speaks_against(document, name), name
    assert tried or not any(True for facts in situations(document) for _ in better(facts))


def test_what_would_harm_is_noticed_where_a_document_does_not_say_so(document_with_a_ceiling: RuleDocument) -> None:
    """The property can fail: a ceiling on the score, hidden from `speaks_against`, is found."""
    book = Rulebook.load([document_with_a_ceiling])
    version = document_with_a_ceiling.versions[0]
    facts = case_facts(document_with_a_ceiling, version, version["cases"][0])
    first = book.decide("progression", facts)
    worse = [
        name
        for name, more in better(facts)
        for after in (book.decide("progression", more),)
        for clause, stood in standings(first).items()
        if stood == "met" and standings(after)[clause] == "not_met"
    ]
    assert worse == ["process.score"]
    assert speaks_against(document_with_a_ceiling, "process.score")
    assert not speaks_against(DOCUMENTS[0], "process.score")


@pytest.fixture
def document_with_a_ceiling() -> RuleDocument:
    document = copy.deepcopy(next(each for each in DOCUMENTS if each.document == "progression.three-two-hebei"))
    version = document.tree["versions"][0]
    clause = copy.deepcopy(version["clauses"][0])
    clause["id"] = type(clause["id"])("ceiling")
    clause.pop("final", None)
    clause["require"] = Fields({"fact": type(clause["id"])("process.score"), "at_most": type(clause["id"])("90")})
    version["clauses"].append(clause)
    version["given"]["process.score"] = type(clause["id"])("90")
    return document


def test_between_two_candidates_exactly_one_order_holds() -> None:
    """Keys are a total preorder: whoever comes before another does not come after them too."""
    for document in DOCUMENTS:
        found = [key for facts in situations(document) for key in (keys(decide(document, facts)),) if key is not None]
        for one, other in itertools.combinations(found, 2):
            assert (one < other) + (other < one) + (one == other) == 1


def test_only_what_counts_rows_exactly_speaks_against_one_more_of_them() -> None:
    """The way out is narrow: elsewhere one more passed row has to leave everything met."""
    against = {document.document for document in DOCUMENTS if speaks_against(document, "exams")}
    assert against <= {"progression.matched-exam-hebei", "progression.single-exam-hebei"}
    points = {document.document for document in DOCUMENTS if speaks_against(document, "exam.points")}
    assert not points & {"progression.three-two-hebei", "progression.three-four-admission-henan"}


def test_a_ceiling_on_a_named_total_is_found_through_its_name(document_with_a_ceiling: RuleDocument) -> None:
    ceiling = document_with_a_ceiling.versions[0]["clauses"][-1]
    word = type(ceiling["id"])
    assert not speaks_against(document_with_a_ceiling, "exam.points")
    ceiling["require"] = Fields({"named": word("total"), "at_most": word("500")})
    assert speaks_against(document_with_a_ceiling, "exam.points")
    assert speaks_against(document_with_a_ceiling, "exams")
