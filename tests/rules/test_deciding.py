"""Deciding: unknown is never a refusal, order never matters, the day picks the version, replays are exact."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.rules import (
    ENGINE_VERSION,
    FactNotReadable,
    Rulebook,
    RuleDocument,
    RulesRefused,
    RuleVersionNotLoaded,
    load_packaged,
    packaged_documents,
)
from creditbank.rules.cases import case_facts
from creditbank.rules.questions import check_facts
from tests.rules.writing import SAYS, clause, document, facts, row, rulebook

EVERY_CASE = [
    (document_, str(case["name"]), case_facts(document_, version, case))
    for document_ in packaged_documents()
    for version in document_.versions
    for case in version["cases"]
]
IDS = [f"{document_.document}-{place}" for place, (document_, _, _) in enumerate(EVERY_CASE)]
DEPOSITS = [each for each in EVERY_CASE if each[0].question == "deposit"]


@pytest.mark.parametrize(("document_", "said", "case"), DEPOSITS, ids=range(len(DEPOSITS)))
def test_taking_a_fact_away_never_turns_a_grant_into_a_refusal(
    document_: RuleDocument, said: str, case: dict[str, Any]
) -> None:
    """What nobody says cannot refuse a record that stands alone; among several, a document says what comes last."""
    book = load_packaged()
    if len(case["same"]) > 1 or book.decide("deposit", case).verdict != "granted":
        return
    for subject in ("record", "course", "enrolment", "certificate"):
        for key in case.get(subject, {}):
            fields = {each: value for each, value in case[subject].items() if each != key}
            alone = {**case["same"][0], **({subject: fields} if subject in case["same"][0] else {})}
            less = {**case, subject: fields, "same": [alone]}
            assert book.decide("deposit", less).verdict != "not_granted", (document_.document, said, subject, key)


@pytest.mark.parametrize(("document_", "said", "case"), EVERY_CASE, ids=IDS)
def test_a_replay_from_the_facts_it_used_gives_the_same_bytes(
    document_: RuleDocument, said: str, case: dict[str, Any]
) -> None:
    book, question = load_packaged(), document_.question
    decided = book.decide(question, case, on=date(2026, 1, 1))
    assert decided.findings(), (document_.document, said)
    stored = json.loads(json.dumps(decided.facts_used()))
    if decided.version is None:
        again = book.decide(question, stored)
    elif len(decided.documents) == 1:
        assert decided.document is not None
        again = book.replay(stored, decided.document, decided.version)
    else:
        again = book.replay_together(question, stored, [(name, number) for name, number, _ in decided.documents])
    assert again.canonical() == decided.canonical()
    assert json.loads(decided.canonical())["engine"] == ENGINE_VERSION


RESULTS = st.sampled_from(["passed", "failed", "exempted", "none", None])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "result": RESULTS,
            "score": st.sampled_from(["60", "75.5", "90", None]),
            "occurred_on": st.sampled_from(["2024-01-10", "2024-06-20"]),
            "attempt_number": st.sampled_from([1, 2, None]),
        }
    ),
    min_size=1,
    max_size=5,
)


def _as_case(rows: list[dict[str, Any]], place: int, order: list[int]) -> dict[str, Any]:
    said = [row(f"r{each}", this=each == place, **rows[each]) for each in range(len(rows))]
    return {**facts(), "record": said[place]["record"], "same": [said[each] for each in order]}


@given(rows=ROWS, data=st.data())
def test_the_order_of_the_same_records_changes_no_byte_of_a_decision(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    order = data.draw(st.permutations(range(len(rows))))
    book = load_packaged()
    plain = book.decide("deposit", _as_case(rows, place, list(range(len(rows)))))
    mixed = book.decide("deposit", _as_case(rows, place, order))
    assert mixed.canonical() == plain.canonical()


@given(rows=ROWS)
def test_no_two_sittings_of_one_course_are_both_given_credits(rows: list[dict[str, Any]]) -> None:
    order = list(range(len(rows)))
    said = [load_packaged().decide("deposit", _as_case(rows, place, order)) for place in order]
    paid = [decided for decided in said if decided.outputs.get("credits")]
    assert len(paid) <= 1
    known = all(each["result"] is not None for each in rows)
    if known and any(each["result"] == "passed" for each in rows):
        assert len(paid) == 1


@given(rows=ROWS, data=st.data())
def test_what_is_known_later_only_confirms_a_decision_that_was_certain(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    """The three-valued answer is sound: every way of filling in an unknown result agrees with a certain verdict."""
    place = data.draw(st.integers(0, len(rows) - 1))
    order = list(range(len(rows)))
    before = load_packaged().decide("deposit", _as_case(rows, place, order))
    gaps = [each for each in order if rows[each]["result"] is None][:3]
    if before.verdict == "unknown":
        return
    for filled in itertools.product(["passed", "failed", "exempted"], repeat=len(gaps)):
        whole = [dict(each) for each in rows]
        for gap, result in zip(gaps, filled, strict=True):
            whole[gap]["result"] = result
        assert load_packaged().decide("deposit", _as_case(whole, place, order)).verdict == before.verdict


TWO = (
    {"version": "1", "from": "2020-01-01"},
    {"version": "2", "from": "2024-07-01", "gives": {"credits": "0", "scheme": "training"}},
)


@pytest.mark.parametrize(
    ("day", "version"), [("2020-01-01", "1"), ("2024-06-30", "1"), ("2024-07-01", "2"), ("2999-01-01", "2")]
)
def test_the_version_is_the_one_of_the_day_both_ends_included(day: str, version: str) -> None:
    decided = rulebook(*TWO).decide("deposit", facts(occurred_on=day))
    assert (decided.version, decided.dated_on, decided.dated_by) == (version, day, "record.occurred_on")
    assert decided.because == SAYS


@pytest.mark.parametrize("day", ["2019-12-31", "2025-01-01"])
def test_a_day_without_a_version_is_unknown_and_says_so(day: str) -> None:
    book = rulebook({"until": "2024-12-31"})
    decided = book.decide("deposit", facts(occurred_on=day))
    assert (decided.verdict, decided.clause, decided.version) == ("unknown", "version", None)
    (finding,) = decided.findings()
    assert finding["verdict"] == "unknown"
    assert day in finding["says_zh"]
    assert day in finding["says_en"]
    assert book.decide("deposit", facts(occurred_on="2024-12-31")).version == "1"


def test_a_kind_that_no_document_covers_is_unknown_and_says_so() -> None:
    decided = rulebook().decide("deposit", facts(kind="training"))
    assert (decided.verdict, decided.document, decided.outputs) == ("unknown", None, {})
    assert "非学历培训" in decided.findings()[0]["says_zh"]


def test_a_missing_date_is_unknown_and_says_who_can_supply_it() -> None:
    decided = rulebook().decide("deposit", facts(occurred_on=None))
    assert decided.verdict == "unknown"
    assert "报送机构" in decided.findings()[0]["says_zh"]


def test_a_replay_uses_the_version_it_names_whatever_the_day() -> None:
    book = rulebook(*TWO)
    assert book.replay(facts(), "deposit.test", "2").outputs["credits"] == 0
    assert book.replay(facts(), "deposit.test", "1").outputs["credits"] == 300
    with pytest.raises(RuleVersionNotLoaded):
        book.replay(facts(), "deposit.test", "3")


def test_a_certain_refusal_outweighs_what_is_unknown() -> None:
    unknown = clause({"fact": "record.hours", "at_least": "8"}, id="hours")
    book = rulebook({"clauses": [unknown, clause({"fact": "record.result", "is": "passed"})]})
    assert book.decide("deposit", facts(result="failed")).verdict == "not_granted"
    assert book.decide("deposit", facts(result="failed")).clause == "c"
    assert book.decide("deposit", facts()).verdict == "unknown"
    assert book.decide("deposit", facts()).clause == "hours"


@pytest.mark.parametrize(
    ("otherwise", "verdict", "warned"),
    [("refuse", "not_granted", ()), ("refer", "unknown", ()), ("warn", "granted", ("c",))],
)
def test_a_clause_says_itself_what_failing_it_means(otherwise: str, verdict: str, warned: tuple[str, ...]) -> None:
    always = clause({"fact": "record.kind", "is": "course_result"}, id="always")
    book = rulebook({"clauses": [always, clause({"fact": "record.result", "is": "passed"}, otherwise=otherwise)]})
    decided = book.decide("deposit", facts(result="failed"))
    assert (decided.verdict, decided.warned) == (verdict, warned)


@pytest.mark.parametrize(
    ("team", "result", "verdict"),
    [
        (True, "passed", "granted"),
        (True, "failed", "not_granted"),
        (True, None, "unknown"),
        (False, "failed", "granted"),
        (None, "passed", "granted"),
        (None, "failed", "unknown"),
    ],
)
def test_a_clause_is_silent_only_when_its_when_is_certainly_not_met(
    team: bool | None, result: str | None, verdict: str
) -> None:
    always = clause({"fact": "record.kind", "is": "course_result"}, id="always")
    asked = clause({"fact": "record.result", "is": "passed"}, when={"fact": "record.team", "is": "yes"})
    decided = rulebook({"clauses": [always, asked]}).decide("deposit", facts(team=team, result=result))
    assert decided.verdict == verdict
    spoke = any(finding["clause"] == "c" for finding in decided.findings())
    assert spoke is (team is not False)


@pytest.mark.parametrize(
    ("team", "result", "verdict", "finding"),
    [
        (True, "failed", "granted", "exempt"),
        (False, "failed", "not_granted", "not_met"),
        (None, "failed", "unknown", "unknown"),
        (None, "passed", "granted", "met"),
    ],
)
def test_an_exemption_needs_its_ground_to_be_known(team: bool | None, result: str, verdict: str, finding: str) -> None:
    asked = clause({"fact": "record.result", "is": "passed"}, unless={"fact": "record.team", "is": "yes"})
    decided = rulebook({"clauses": [asked]}).decide("deposit", facts(team=team, result=result))
    assert decided.verdict == verdict
    assert next(each["verdict"] for each in decided.findings() if each["clause"] == "c") == finding


def test_documents_for_parts_of_one_kind_are_told_apart_by_institution() -> None:
    own = document(
        {"gives": {"credits": "0", "scheme": "training"}},
        document="deposit.enterprise",
        applies={"record.kind": ["course_result"], "institution.kind": ["enterprise"]},
    )
    rest = document(
        applies={"record.kind": ["course_result"], "institution.kind": ["higher_vocational", "technician_college"]}
    )
    book = Rulebook.load([own, rest])
    assert book.decide("deposit", facts()).document == "deposit.test"
    there = {**facts(), "institution": {"id": "firm", "kind": "enterprise"}}
    assert book.decide("deposit", there).document == "deposit.enterprise"
    nowhere = {**facts(), "institution": {"id": "school", "kind": "general_high_school"}}
    assert book.decide("deposit", nowhere).verdict == "unknown"
    with pytest.raises(RulesRefused, match="overlaps"):
        Rulebook.load([own, document()])


def test_documents_that_follow_one_another_leave_no_days_between_them() -> None:
    old = document({"until": "2021-12-31"}, document="deposit.old")
    Rulebook.load([old, document({"from": "2022-01-01"})])
    with pytest.raises(RulesRefused, match="have no rule"):
        Rulebook.load([old, document({"from": "2022-01-02"})])
    with pytest.raises(RulesRefused, match="overlaps"):
        Rulebook.load([old, document({"from": "2021-12-31"})])
    middle = document({"from": "2022-01-01", "until": "2022-12-31"}, document="deposit.middle")
    last = document({"from": "2023-01-01"})
    assert (
        Rulebook.load([last, old, middle]).decide("deposit", facts(occurred_on="2022-06-01")).document
        == "deposit.middle"
    )
    with pytest.raises(RulesRefused, match="have no rule"):
        Rulebook.load([last, old])


def test_versions_of_one_document_may_come_in_several_texts() -> None:
    book = Rulebook.load([document(TWO[1]), document(TWO[0])])
    assert [each.version for each in book.versions()] == ["1", "2"]
    with pytest.raises(RulesRefused, match="twice"):
        Rulebook.load([document(TWO[0]), document(TWO[0] | {"from": "2022-01-01"})])


def test_texts_of_one_document_agree_in_what_they_are_about_and_their_versions_meet() -> None:
    later = {"version": "2", "from": "2022-01-01"}
    Rulebook.load([document(), document(later)])
    for head in ({"applies": {"record.kind": ["award"]}}, {"version_by": {"fact": "decision.on", "because": SAYS}}):
        with pytest.raises(RulesRefused, match="it differs from"):
            Rulebook.load([document(), document(later, **head)])
        with pytest.raises(RulesRefused, match="it differs from"):
            Rulebook.load([document(), document(later), document({"version": "3", "from": "2023-01-01"}, **head)])
    for first, second in (
        ({}, {"version": "2"}),  # both from one day on
        ({"until": "2021-12-30"}, later),  # a day without a version
        ({"until": "2022-01-01"}, later),  # a day with two
    ):
        with pytest.raises(RulesRefused, match="do not meet"):
            Rulebook.load([document(first), document(second)])
    Rulebook.load([document({"until": "2021-12-31"}), document(later)])


def test_of_documents_that_do_not_add_up_a_narrower_one_may_not_overlap_a_wider_one() -> None:
    wide, there = document(), {"record.kind": ["course_result"], "institution.id": ["school"]}
    for narrow in (
        document(document="deposit.there", applies=there),
        document({"from": "2024-01-01"}, document="x", applies=there),
    ):
        with pytest.raises(RulesRefused, match="overlaps"):
            Rulebook.load([wide, narrow])
    Rulebook.load([document({"until": "2023-12-31"}), document({"from": "2024-01-01"}, document="x", applies=there)])


def test_a_record_without_a_version_keeps_only_what_would_have_chosen_one() -> None:
    case = {**facts(occurred_on="2019-12-31"), "institution": {"id": "school", "kind": "higher_vocational"}}
    decided = rulebook().decide("deposit", case)
    assert (decided.verdict, decided.clause) == ("unknown", "version")
    assert decided.facts_used() == {"record": {"kind": "course_result", "occurred_on": "2019-12-31"}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", 58.5),
        ("score", "58,5"),
        ("score", "-1"),
        ("score", True),
        ("result", "Passed"),
        ("result", 3),
        ("occurred_on", "20240620"),
        ("occurred_on", "2024-02-30"),
        ("attempt_number", "2"),
        ("attempt_number", -1),
    ],
)
def test_a_fact_of_another_type_is_refused_and_never_guessed(field: str, value: Any) -> None:
    with pytest.raises(FactNotReadable, match=field):
        load_packaged().decide("deposit", facts(row("other", result="passed"), **{field: value}))


@pytest.mark.parametrize("amount", [2.5, "3", -100, True])
def test_credits_in_facts_are_whole_hundredths(amount: Any) -> None:
    with pytest.raises(FactNotReadable, match=r"course\.credits"):
        load_packaged().decide("deposit", {**facts(), "course": {"credits": amount, "source": "plan"}})


@pytest.mark.parametrize(
    "rows", [[], [row("a")], [row("a", this=True), row("b", this=True)], [row("a", this=True), row("a")]]
)
def test_exactly_one_row_of_the_same_content_is_this_record(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(FactNotReadable, match="same"):
        load_packaged().decide("deposit", {**facts(), "same": rows})


def test_not_knowing_the_other_records_is_unknown() -> None:
    case = facts()
    del case["same"]
    decided = load_packaged().decide("deposit", case)
    assert (decided.verdict, decided.clause) == ("unknown", "counts-once")


@pytest.mark.parametrize(
    "wrong",
    [{"record": {"scoer": "58"}}, {"recrod": {}}, {"record": {"score": 58.5}}, {"same": [{"id": "a", "record": {}}]}],
)
def test_the_check_of_facts_finds_what_no_declaration_knows(wrong: dict[str, Any]) -> None:
    with pytest.raises(FactNotReadable):
        check_facts("deposit", wrong)
    check_facts("deposit", facts())


def test_a_rule_that_gives_less_than_nothing_is_an_error_and_not_a_posting() -> None:
    less = {"start": {"fact": "course.credits"}, "then": [{"minus": "5"}]}
    names = {"less": {"says": SAYS, "cites": ["source"], "gives": "credits", "amount": less}}
    book = rulebook({"names": names, "gives": {"credits": {"named": "less"}, "scheme": "training"}})
    with pytest.raises(FactNotReadable, match="less than 0"):
        book.decide("deposit", facts())


def test_a_decision_keeps_only_the_facts_that_its_document_reads() -> None:
    decided = rulebook().decide("deposit", {**facts(), "certificate": {"standard": "secret"}})
    assert decided.facts_used() == {
        "record": {"kind": "course_result", "occurred_on": "2024-06-20", "result": "passed"},
        "course": {"credits": 300},
    }


def test_the_rulebook_says_exactly_which_facts_a_question_reads() -> None:
    reads = load_packaged().reads("deposit")
    assert {"record.kind", "record.occurred_on", "course.credits", "certificate.recognised_credits"} <= set(
        reads["case"]
    )
    assert {"record.score", "certificate.level_rank", "record.id"} <= set(reads["rows"])
    assert "record.valid_until" not in reads["case"]


def test_the_day_of_the_decision_is_a_fact_only_where_a_document_asks_for_it() -> None:
    asked = clause({"fact": "decision.on", "at_most": {"fact": "record.valid_until"}})
    book = rulebook({"clauses": [asked]})
    case = facts(valid_until="2025-06-30")
    assert book.decide("deposit", case, on=date(2025, 6, 30)).verdict == "granted"
    late = book.decide("deposit", case, on=date(2025, 7, 1))
    assert late.verdict == "not_granted"
    assert book.decide("deposit", facts(), on=date(2999, 1, 1)).verdict == "granted"
    assert book.decide("deposit", case).verdict == "unknown"
    assert book.replay(late.facts_used(), "deposit.test", "1").canonical() == late.canonical()
    another_day = book.replay(late.facts_used(), "deposit.test", "1", on=date(2020, 1, 1))
    assert another_day.canonical() == late.canonical()
    first, second = (rulebook().decide("deposit", facts(), on=date(day, 1, 1)) for day in (2025, 2026))
    assert first.canonical() == second.canonical()


def test_a_decision_names_the_first_clause_that_refuses_and_else_the_first_that_is_open() -> None:
    def named_by(*conditions: dict[str, Any]) -> str:
        clauses = [{**clause(condition), "id": f"c{place}"} for place, condition in enumerate(conditions, start=1)]
        return rulebook({"clauses": clauses}).decide("deposit", facts()).clause

    failed, high = {"fact": "record.result", "is": "failed"}, {"fact": "record.score", "at_least": "90"}
    open_, other = {"fact": "record.place", "at_most": "3"}, {"fact": "record.weeks", "at_least": "2"}
    assert named_by(failed, high) == "c1"
    assert named_by(open_, failed, high, other) == "c2"
    assert named_by(open_, other) == "c1"


def test_a_replay_is_told_the_day_where_the_facts_do_not_say_it_and_a_day_that_they_say_holds() -> None:
    book = rulebook({"clauses": [clause({"fact": "decision.on", "at_most": "2024-12-31"})]})
    day, late = date(2024, 12, 31), date(2025, 1, 1)
    assert book.replay(facts(), "deposit.test", "1", on=day).verdict == "granted"
    assert book.replay(facts(), "deposit.test", "1", on=late).verdict == "not_granted"
    assert book.replay(facts(), "deposit.test", "1").verdict == "unknown"
    said = {**facts(), "decision": {"on": "2024-12-31"}}
    assert book.replay(said, "deposit.test", "1", on=late).verdict == "granted"
    assert book.decide("deposit", said, on=late).verdict == "granted"


def test_a_new_rulebook_replays_what_an_earlier_one_decided_and_decides_nothing_by_it() -> None:
    failed = clause({"fact": "record.result", "is": "failed"})
    old, other = (
        rulebook({"until": "2024-01-01"}),
        rulebook(document="deposit.other", applies={"record.kind": ["award"]}),
    )
    new = rulebook({"version": "2", "clauses": [failed]})
    case = facts(occurred_on="2023-06-20")
    both = new.replaying([old, other])
    assert both.decide("deposit", case).version == "2"
    assert both.replay(case, "deposit.test", "1").canonical() == old.replay(case, "deposit.test", "1").canonical()
    assert both.replay(case, "deposit.other", "1").document == "deposit.other"
    assert both.replay(case, "deposit.test", "2").verdict == "not_granted"
    with pytest.raises(RuleVersionNotLoaded):
        new.replay(case, "deposit.test", "1")
    mended = rulebook({"clauses": [failed]}).replaying([old])
    assert mended.replay(case, "deposit.test", "1").verdict == "not_granted"  # its own goes before an earlier one's
    assert both.kinds("deposit") == {"course_result"}
    assert both.kinds("conversion") == set()


@pytest.mark.parametrize(
    ("changed", "version"),
    [
        ({}, "1"),
        ({"purpose": {}}, None),
        ({"purpose": {"kind": "degree"}}, None),
        ({"plan": {"level": "technician"}}, None),
        ({"plan": {}}, None),
        ({"decision": {"on": "2019-12-31"}}, None),
        ({"decision": {"on": "2025-01-01"}}, "2"),
        ({"decision": {}}, None),
    ],
)
def test_the_version_for_a_total_is_the_one_that_decides_it(changed: dict[str, Any], version: str | None) -> None:
    always = clause({"fact": "purpose.kind", "stated": "yes"})
    head = {
        "document": "accumulation.test",
        "question": "accumulation",
        "applies": {"purpose.kind": ["graduation"], "plan.level": ["higher_vocational"]},
        "version_by": {"fact": "decision.on", "because": SAYS},
    }
    said = {"clauses": [always], "gives": None}
    book = rulebook({**said}, {**said, "version": "2", "from": "2025-01-01"}, **head)
    case = {
        "purpose": {"kind": "graduation"},
        "plan": {"level": "higher_vocational"},
        "decision": {"on": "2024-06-30"},
        **changed,
    }
    found = book.version_for("accumulation", case)
    assert (None if found is None else found.version) == version
    assert book.decide("accumulation", case).version == version
