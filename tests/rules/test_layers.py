"""Documents that apply together: limits add up, exactly one gives, and its day decides whether one takes part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from creditbank.rules import Rulebook, RuleDocument, RulesRefused, RuleVersionNotLoaded
from creditbank.rules.cases import run_cases
from tests.rules.converting import ONCE, PASSED, capped, clause, decide, document, line, replayed, source, stood, told
from tests.rules.writing import SAYS

SUM = {"sum": {"fact": "conversion.credits"}, "over": "conversions"}
LEVEL = {"plan.level": ["higher_vocational"]}


def limit(name: str, *clauses: dict[str, Any], applies: dict[str, Any] | None = None, **version: Any) -> RuleDocument:
    """A document that only limits."""
    said = {"gives": None, "clauses": list(clauses) or [capped("ten", "10", **SUM)], **version}
    return document(said, document=name, applies=applies or LEVEL)


def method(
    name: str, grade: str | None = None, *, applies: dict[str, Any] | None = None, **version: Any
) -> RuleDocument:
    """A document that gives."""
    values = {"g": {"is": grade or "90", "unit": "percent", "says": SAYS, "cites": ["source"]}}
    more = {} if grade is None else {"values": values}
    gives = {"credits": {"fact": "course.credits"}, **({} if grade is None else {"grade": {"value": "g"}})}
    return document({"gives": gives, **more, **version}, document=name, applies=applies or LEVEL)


AT = {"plan.institution": ["a-college"]}
THERE = {"plan": {"level": "higher_vocational", "institution": "a-college"}}


def test_limits_add_up_and_each_speaks_by_its_own_name() -> None:
    rules = Rulebook.load([method("m"), limit("province"), limit("city", capped("five", "5", **SUM))])
    decided = decide(rules, line(conversions=[stood("a", credits_=300)]))
    assert (decided.verdict, decided.clause) == ("not_granted", "city/five")
    assert [name for name, _, _ in decided.documents] == ["m", "city", "province"]
    assert {each["clause"] for each in decided.findings()} >= {"passed", "once", "city/five", "province/ten"}
    assert replayed(rules, decided).canonical() == decided.canonical()
    granted = decide(rules, line(conversions=[stood("a", credits_=200)]))
    assert (granted.verdict, granted.document, granted.outputs) == ("granted", "m", {"credits": 300})
    assert replayed(rules, granted).canonical() == granted.canonical()


def test_a_limit_of_another_level_or_institution_takes_no_part() -> None:
    elsewhere = limit("elsewhere", capped("none", "0", **SUM), applies={**LEVEL, "plan.institution": ["b-college"]})
    rules = Rulebook.load([method("m"), elsewhere])
    assert told(rules, line(**THERE)) == ("granted", "gives")
    there = {"plan": {"level": "higher_vocational", "institution": "b-college"}}
    assert told(rules, line(**there)) == ("not_granted", "elsewhere/none")


def test_the_narrowest_document_that_gives_is_the_one_that_holds() -> None:
    wide, college = method("wide", "60"), method("college", "70", applies={**LEVEL, **AT})
    programme = method("programme", "80", applies={**LEVEL, "programme.code": ["460301"]})
    rules = Rulebook.load([wide, college, programme])
    assert decide(rules, line()).document == "wide"
    assert decide(rules, line(**THERE)).document == "college"
    assert decide(rules, line(**THERE, programme={"code": "460301"})).document == "programme"
    assert decide(rules, line(**THERE, programme={"code": "460302"})).outputs["grade"] == 70


def test_two_documents_that_give_and_are_equally_narrow_do_not_load_together() -> None:
    with pytest.raises(RulesRefused, match="overlaps"):
        Rulebook.load([method("m"), method("n")])
    with pytest.raises(RulesRefused, match="overlaps"):
        Rulebook.load([method("m", applies={**LEVEL, **AT}), method("n", applies={**LEVEL, **AT})])
    Rulebook.load([method("m", until="2021-12-31"), method("n", **{"from": "2022-01-01"})])
    Rulebook.load([method("m"), method("n", applies={"plan.level": ["technician"]})])
    with pytest.raises(RulesRefused, match="have no rule"):
        Rulebook.load([method("m", until="2021-12-31"), method("n", **{"from": "2022-01-02"})])


def test_a_limit_that_has_not_begun_limits_nothing_and_one_that_ended_leaves_it_open() -> None:
    none = capped("none", "0", **SUM)
    later = limit("later", none, **{"from": "2024-03-05"})
    assert told(Rulebook.load([method("m"), later]), line()) == ("granted", "gives")
    ended = limit("ended", none, until="2024-03-03")
    decided = decide(Rulebook.load([method("m"), ended]), line())
    assert (decided.verdict, decided.clause, decided.document) == ("unknown", "version", "ended")
    assert (decided.dated_by, decided.dated_on) == ("claim.on", "2024-03-04")
    today = limit("today", none, **{"from": "2024-03-04", "until": "2024-03-04"})
    assert told(Rulebook.load([method("m"), today]), line()) == ("not_granted", "today/none")


def test_a_narrower_method_takes_over_on_its_first_day_and_not_for_what_was_claimed_before() -> None:
    wide, college = method("wide", "60"), method("college", "70", applies={**LEVEL, **AT}, **{"from": "2024-09-01"})
    rules = Rulebook.load([wide, college])
    for day, name in (("2024-08-31", "wide"), ("2024-09-01", "college")):
        assert decide(rules, line(**THERE, claim={"on": day, "sources": 1})).document == name
    ended = method("college", "70", applies={**LEVEL, **AT}, until="2024-08-31")
    decided = decide(Rulebook.load([wide, ended]), line(**THERE, claim={"on": "2024-09-01", "sources": 1}))
    assert (decided.verdict, decided.clause, decided.document) == ("unknown", "version", "college")


def test_before_the_first_day_of_every_method_it_is_open_and_names_the_narrowest() -> None:
    rules = Rulebook.load([method("wide"), method("college", applies={**LEVEL, **AT})])
    decided = decide(rules, line(**THERE, claim={"on": "2019-12-31", "sources": 1}))
    assert (decided.verdict, decided.clause, decided.document) == ("unknown", "version", "college")


@pytest.mark.parametrize("limits", [(), ("ended",), ("province",)])
def test_a_decision_without_a_version_is_replayed_to_the_same_bytes(limits: tuple[str, ...]) -> None:
    more = {"ended": limit("ended", until="2024-01-01"), "province": limit("province")}
    rules = Rulebook.load([method("college", applies={**LEVEL, **AT}), *(more[name] for name in limits)])
    for facts in (
        line(**THERE),
        line(),
        line(**THERE, claim={"on": "2019-12-31", "sources": 1}),
        line(**THERE, claim={"sources": 1}),
        line(plan={"level": "undergraduate"}),
        line(plan={}),
    ):
        decided = decide(rules, facts)
        assert replayed(rules, decided).canonical() == decided.canonical()


def test_limits_alone_give_nothing() -> None:
    decided = decide(Rulebook.load([limit("province")]), line())
    assert (decided.verdict, decided.clause, decided.outputs) == ("unknown", "version", {})


def test_a_document_gives_in_all_of_its_versions_or_in_none() -> None:
    second = {"version": "2", "from": "2022-01-01", "gives": None}
    with pytest.raises(RulesRefused, match="one of its own"):
        Rulebook.load([document({}, second)])
    with pytest.raises(RulesRefused, match="one of its own"):
        Rulebook.load([document({"gives": None}, second | {"gives": {"credits": {"fact": "course.credits"}}})])


def test_a_refusal_outweighs_an_open_clause_of_another_layer() -> None:
    open_ = clause("listed", require={"fact": "match.listed", "is": "yes"})
    rules = Rulebook.load([method("m", clauses=[PASSED, ONCE, open_]), limit("province", capped("none", "0", **SUM))])
    assert told(rules, line()) == ("not_granted", "province/none")
    assert told(Rulebook.load([method("m", clauses=[PASSED, ONCE, open_]), limit("province")]), line()) == (
        "unknown",
        "listed",
    )


def test_a_replay_of_layers_names_versions_that_are_loaded() -> None:
    rules = Rulebook.load([method("m"), limit("province")])
    with pytest.raises(RuleVersionNotLoaded):
        rules.replay_together("conversion", line(), [("m", "1"), ("province", "2")])
    with pytest.raises(RuleVersionNotLoaded):
        rules.replay_together("deposit", line(), [("m", "1")])
    for name in ("m", "province"):
        without = rules.replay_together("conversion", line(claim={"sources": 1}), [(name, "1")])
        assert (without.verdict, without.clause, without.document) == ("unknown", "version", name)
        alone = rules.replay(line(claim={"sources": 1}), name, "1")
        assert alone.canonical() == without.canonical()


def test_the_cases_of_a_document_that_only_limits_say_what_the_line_would_give() -> None:
    given = {"plan.level": "higher_vocational", "claim.on": "2024-03-04", "conversion.credits": "3"}
    rows = {"conversions": [{"conversion.credits": "7.5"}]}
    cases = [
        {"name": "room", "expect": {"verdict": "granted"}},
        {"name": "full", "rows": rows, "expect": {"verdict": "not_granted", "clause": "ten"}},
        {"name": "no", "without": ["conversion.credits"], "expect": {"verdict": "unknown", "clause": "ten"}},
        {"name": "day", "facts": {"claim.on": "2019-12-31"}, "expect": {"verdict": "unknown", "clause": "version"}},
        {"name": "else", "facts": {"plan.level": "technician"}, "expect": {"verdict": "unknown", "clause": "version"}},
    ]
    assert [outcome.wrong for outcome in run_cases(limit("province", given=given, cases=cases))] == [()] * 5


def test_a_limit_may_be_kept_to_some_records_by_its_own_conditions() -> None:
    online = capped("online", "25", **SUM, where={"fact": "record.kind", "is": "online_course"})
    rules = Rulebook.load([method("m"), limit("province", online)])
    full = stood("a", credits_=2_400, record={"kind": "online_course"})
    assert told(rules, line(source(kind="online_course"), conversions=[full])) == ("not_granted", "province/online")
    assert told(rules, line(source(kind="training"), conversions=[full])) == ("granted", "gives")


def test_documents_of_totals_that_give_nothing_still_leave_no_days_between_them_and_do_not_overlap() -> None:
    head = {"question": "accumulation", "applies": {"purpose.kind": ["graduation"]}}
    asked = {"gives": None, "clauses": [clause("level", require={"fact": "plan.level", "stated": "yes"})]}
    first = document(asked | {"until": "2021-12-31"}, document="accumulation.a", **head)
    Rulebook.load([first, document(asked | {"from": "2022-01-01"}, document="accumulation.b", **head)])
    with pytest.raises(RulesRefused, match="have no rule"):
        Rulebook.load([first, document(asked | {"from": "2022-01-02"}, document="accumulation.b", **head)])
    with pytest.raises(RulesRefused, match="overlaps"):
        Rulebook.load([first, document(asked | {"from": "2021-12-31"}, document="accumulation.b", **head)])


def test_the_bytes_of_a_decision_name_the_limits_that_took_part_and_what_gave_way() -> None:
    replaces = clause("instead", replaces={"over": "uses", "per": [{"fact": "record.content"}]})
    giver = method("m", clauses=[PASSED, ONCE, replaces])
    facts = line(
        source("new", content="welding"),
        uses=[{"id": "k1:old", "conversion": {"credits": 100}, "record": {"id": "old", "content": "welding"}}],
    )
    whole = Rulebook.load([giver, limit("city"), limit("province")])
    decided = decide(whole, facts)
    said = json.loads(decided.canonical())
    assert said["limits"] == [[name, "1", limit(name).digests()["1"]] for name in ("city", "province")]
    assert said["replaces"] == ["k1"]
    plain = json.loads(decide(Rulebook.load([method("m")]), line()).canonical())
    assert not {"limits", "replaces"} & set(plain)


def test_limits_may_leave_days_without_a_limit_and_totals_may_give_something_from_some_day_on() -> None:
    first, again = limit("a", until="2021-12-31"), limit("b", **{"from": "2023-01-01"})
    assert told(Rulebook.load([method("m"), first, again]), line()) == ("unknown", "version")
    head = {"question": "accumulation", "applies": {"purpose.kind": ["graduation"]}}
    asked = {"clauses": [clause("level", require={"fact": "plan.level", "stated": "yes"})]}
    later = {"version": "2", "from": "2022-01-01", "gives": {"credits": {"fact": "plan.total_credits"}}}
    Rulebook.load([document(asked | {"gives": None}, asked | later, document="accumulation.a", **head)])
