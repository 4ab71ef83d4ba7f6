"""From what is known to the facts of a progression, without a database: what counts, what is last, what is unknown."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from creditbank.pathways.known import Imagined, Stated, facts_of, live
from creditbank.pathways.known_exams import exam_rows
from creditbank.pathways.statement_topics import TOPICS
from creditbank.rules.questions import OTHERS, check_facts

ON = date(2026, 5, 20)
ROUND = "00000000-0000-7000-8000-000000000001"
WAY: dict[str, Any] = {
    "id": "w", "kind": "three_four", "province": "hebei", "track": None, "college": "c", "school": "s",
    "from": "2020-01-01", "until": None, "state": "filed", "filed_on": "2020-01-01", "stages": [], "class_size": 50,
    "intakes": [{"year": 2026, "no": 1, "quota": 5, "on": "2026-01-01"}], "target_level": "undergraduate",
}  # fmt: skip
MEMBER: dict[str, Any] = {
    "cohort": "k", "pathway": "w", "joined_on": "2023-09-01", "year_of_entry": 2023, "intake_year": 2026,
    "class_size": None, "cohort_filed_on": "2023-10-01", "size": 30,
    "events": [{"no": 1, "event": "joined", "on": "2023-09-01"}, {"no": 2, "event": "filed", "on": "2023-10-01"}],
}  # fmt: skip
ROUNDS = [
    {"id": ROUND, "state": "collecting", "sittings": [
        {"no": no, "subjects": [{"subject": name} for name in ("数学", "语文")]} for no in (1, 2)]}
]  # fmt: skip


def stated(topic: str, body: dict[str, Any], *, no: int = 1, on: str = "2026-03-01", **more: Any) -> Stated:
    said: dict[str, Any] = {
        "statement_id": f"s{no}", "learner_id": "a", "cohort_id": "k", "topic": topic, "key": f"{topic}/{no}",
        "body": body, "occurred_on": on, "at": f"2026-03-01T00:00:{no:02d}", "institution_id": "s", "supersedes": None,
        "withdrawn": False, **more,
    }  # fmt: skip
    return Stated(**said)


def facts(*said: Stated, on: date = ON, way: dict[str, Any] = WAY, **changes: Any) -> dict[str, Any]:
    person = {"members": [MEMBER], "rounds": ROUNDS, "results": [], "stated": list(said), **changes}
    imagined = person.pop("imagined", Imagined())
    found, _, _ = facts_of(person, way, on=on, round_=None, studied={}, imagined=imagined)
    return found


def exam(subject: str, points: str, **more: Any) -> dict[str, Any]:
    return {"kind": "stage", "subject": subject, "points": points, **more}


def in_round(subject: str, points: str, *, sitting: int = 1, **more: Any) -> dict[str, Any]:
    return exam(subject, points, round_id=ROUND, round=1, sitting=sitting, **more)


EVERYTHING = {
    "process": {"score": "85", "passed": True},
    "exam": {**in_round("数学", "80"), "on": "2026-02-20", "year": 2026, "marks": ["79", "81"], "full": "120",
             "result": "passed", "drawn": True},
    "registration": {"entrance": "matched_exam", "status": "registered", "year": 2026, "category": "机械",
                     "on": "2026-01-05"},
    "admission": {"kind": "single_exam", "outcome": "taken", "year": 2026, "on": "2026-04-01"},
    "sanction": {"number": "3", "kind": "demerit", "on": "2025-10-08", "lifted_on": "2026-01-08"},
    "event": {"kind": "type_changed", "on": "2025-01-08"},
    "changes": {"times": 0},
    "health": {"fit": True},
    "language": {"kind": "english"},
    "residence": {"province": "hebei"},
    "informed": {"informed": True},
    "recommended": {"recommended": True},
    "agreed": {"agreed": True},
    "filed": {"filed": False},
    "graduating": {"graduating": True},
    "exam_category": {"category": "机械"},
    "merit": {"merit": "third"},
    "model_worker": {"model_worker": False},
    "checked": {"what": "sanctions"},
}  # fmt: skip


def test_every_topic_makes_facts_that_are_declared_and_each_is_there() -> None:
    assert set(EVERYTHING) == set(TOPICS)
    everything = facts(*(stated(topic, body, no=no) for no, (topic, body) in enumerate(EVERYTHING.items())))
    check_facts("progression", everything)
    bare = facts()
    check_facts("progression", bare)
    for no, (topic, body) in enumerate(EVERYTHING.items()):
        assert facts(stated(topic, body, no=no)) != bare, topic


def test_what_nobody_stated_is_not_known_and_not_read_as_nothing() -> None:
    bare = facts()
    assert not {"exams", "sanctions", "registrations", "admissions"} & set(bare)
    assert "changes" not in bare["member"]
    assert "changes" not in facts(stated("event", EVERYTHING["event"]))["member"]


@pytest.mark.parametrize("what", ["sanctions", "registrations", "admissions"])
def test_that_there_are_none_is_known_where_somebody_checked(what: str) -> None:
    found = facts(stated("checked", {"what": what}))
    assert found[what] == []
    assert {"sanctions", "registrations", "admissions"} & set(found) == {what}
    assert what not in facts(stated("checked", {"what": what}, on="2026-05-21"))  # checked after the day
    assert what not in facts(stated("checked", {"what": what}, cohort_id="another"))


def test_a_sanction_is_lifted_by_what_is_stated_of_it_later_also_in_another_account() -> None:
    given = {"number": "3", "kind": "demerit", "on": "2025-10-08"}
    lifted = {**given, "lifted_on": "2026-04-08"}
    first = stated("sanction", given, key="sealed/a")
    row, rest = facts(first, stated("sanction", lifted, no=2, key="sealed/b", learner_id="b"))["sanctions"]
    assert rest == OTHERS
    assert row["sanction"] == {"kind": "demerit", "on": "2025-10-08", "lifted_on": "2026-04-08"}
    other = {**given, "number": "4"}
    assert len(facts(first, stated("sanction", other, no=2, key="sealed/c"))["sanctions"]) == 2 + 1


@pytest.mark.parametrize(
    ("what", "topic", "body"),
    [
        ("sanctions", "sanction", {"number": "3", "kind": "demerit", "on": "2025-10-08"}),
        ("registrations", "registration", EVERYTHING["registration"]),
        ("admissions", "admission", EVERYTHING["admission"]),
    ],
)
def test_what_is_stated_is_not_all_before_somebody_says_so(what: str, topic: str, body: dict[str, Any]) -> None:
    one, all_ = stated(topic, body), stated("checked", {"what": what}, no=2)
    assert [row["id"] for row in facts(one)[what]][1:] == [OTHERS["id"]]
    check_facts("progression", facts(one))
    assert len(facts(one, all_)[what]) == 1
    assert facts(all_, one)[what] == facts(one, all_)[what]


# --- the last sitting ----------------------------------------------------------------------------------------------


def latest(*bodies: dict[str, Any]) -> set[tuple[str, str]]:
    rows = exam_rows([(f"e{no}", body) for no, body in enumerate(bodies)])
    return {(row["exam"]["subject"], row["exam"]["points"]) for row in rows if row["exam"]["latest"]}


def test_a_retake_repeats_everything() -> None:
    first = [in_round("数学", "80", on="2026-03-01", year=2026), in_round("语文", "70", on="2026-03-01", year=2026)]
    assert latest(*first) == {("数学", "80"), ("语文", "70")}
    assert latest(*first, in_round("数学", "90", sitting=2, on="2026-04-01", year=2026)) == {("数学", "90")}


@pytest.mark.parametrize("seed", range(5))
def test_the_last_is_by_year_then_round_then_sitting_in_whatever_order_it_was_stated(seed: int) -> None:
    def one(points: str, round_: int, sitting: int, year: int | None) -> dict[str, Any]:
        body = {**in_round("数学", points), "round": round_, "sitting": sitting}
        return body if year is None else {**body, "year": year}

    ordered = [one("1", 1, 1, 2025), one("2", 1, 2, 2025), one("3", 2, 1, 2026), one("4", 2, 10, 2026)]
    for end in range(1, 5):
        some = ordered[:end]
        random.Random(seed).shuffle(some)
        assert latest(*some) == {("数学", str(end))}
    # Ten comes after nine, and a sitting of which no day is known after the one before it.
    assert latest(one("9", 1, 9, 2026), one("10", 1, 10, None)) == {("数学", "10")}
    # One sitting, moved over the turn of the year between two scores, is one sitting.
    moved = [one("5", 1, 1, 2025), {**one("6", 1, 1, 2026), "subject": "语文"}]
    assert latest(*moved) == {("数学", "5"), ("语文", "6")}


def test_outside_rounds_the_year_decides_and_of_one_subject_the_later_day() -> None:
    first = {"kind": "academic_level", "subject": "数学", "points": "60", "on": "2025-01-10", "year": 2025}
    second = {**first, "points": "61", "on": "2025-06-10"}
    other = {**first, "subject": "语文", "points": "70"}
    assert latest(first, second, other) == {("数学", "61"), ("语文", "70")}
    assert latest(first, second, other, {**other, "points": "71", "on": "2026-01-10", "year": 2026}) == {("语文", "71")}
    assert latest(first, exam("数学", "80", round=1, round_id=ROUND)) == {("数学", "60"), ("数学", "80")}  # two kinds


def test_a_score_of_a_sitting_that_the_round_does_not_have_any_more_does_not_count() -> None:
    said = [stated("exam", in_round("数学", "80")), stated("exam", in_round("语文", "70", sitting=3), no=2)]
    assert [row["exam"]["subject"] for row in facts(*said)["exams"]] == ["数学"]
    assert "exams" not in facts(*said, rounds=[{**ROUNDS[0], "state": "abandoned"}])
    assert "exams" not in facts(*said, rounds=[])


# --- which statement holds -----------------------------------------------------------------------------------------


def held(*said: Stated, on: date = ON) -> list[Any]:
    return [one.body["score"] for one in live(said, on)]


def test_of_one_key_the_last_of_its_chain_holds_whatever_the_clocks_say() -> None:
    first = stated("process", {"score": "1"}, at="2026-03-09")
    second = stated("process", {"score": "2"}, no=2, supersedes="s1", at="2026-03-01")
    third = stated("process", {"score": "3"}, no=3, supersedes="s2", at="2026-02-01")
    for said in ((first, second, third), (third, first, second), (second, third, first)):
        assert held(*said) == ["3"]


def test_what_happened_after_the_day_does_not_count_and_what_it_corrected_still_does() -> None:
    first = stated("process", {"score": "1"}, on="2026-03-01")
    later = stated("process", {"score": "2"}, no=2, on="2026-05-21", supersedes="s1")
    back = stated("process", {"score": "3"}, no=3, on="2026-04-01", supersedes="s2", at="2026-01-01")
    assert held(first, on=date(2026, 2, 28)) == []
    assert held(first, later) == ["1"]
    assert held(first, later, on=date(2026, 5, 21)) == ["2"]
    assert held(first, later, back) == ["3"]  # not the first, though its clock was later


def test_what_was_withdrawn_does_not_come_back_as_what_it_had_corrected() -> None:
    first = stated("process", {"score": "1"})
    second = stated("process", {"score": "2"}, no=2, supersedes="s1")
    assert held(first, second, stated("process", {"score": "2"}, no=3, supersedes="s2", withdrawn=True)) == []


def test_what_belongs_to_another_cohort_is_not_of_this_one_but_what_is_the_person_s_is() -> None:
    found = facts(
        stated("process", {"score": "1"}, cohort_id="another"),
        stated("health", {"fit": True}, no=2, cohort_id="another"),
        stated("exam", {**exam("数学", "80", year=2025), "kind": "culture"}, no=3, cohort_id="another"),
        stated("exam", {**exam("面试", "80", year=2025), "kind": "school_test"}, no=4, cohort_id="another"),
    )
    assert "process" not in found
    assert found["health"] == {"fit": True}
    assert [row["exam"]["kind"] for row in found["exams"]] == ["culture"]


# --- as of the day ---------------------------------------------------------------------------------------------------


def test_an_agreement_that_was_ended_was_in_force_until_the_day_on_which_it_was() -> None:
    ended = {**WAY, "state": "ended", "until": "2026-06-01"}
    assert facts(way=ended)["pathway"]["in_force"] is True
    assert facts(way=ended, on=date(2026, 6, 1))["pathway"]["in_force"] is False
    assert facts(way={**WAY, "state": "ended"})["pathway"]["in_force"] is False  # it never began


def test_a_cohort_is_filed_from_the_day_on_which_it_was() -> None:
    assert facts(on=date(2023, 10, 1))["cohort"]["filed"] is True
    assert facts(on=date(2023, 9, 30))["cohort"]["filed"] is False


# --- what if ---------------------------------------------------------------------------------------------------------


def test_an_imagined_score_takes_the_place_of_an_absence() -> None:
    absent = {"kind": "stage", "subject": "数学", "round_id": ROUND, "round": 1, "sitting": 1, "result": "absent"}
    score = Imagined(exams=({"kind": "stage", "subject": "数学", "points": "90"},))
    (row,) = facts(stated("exam", absent), imagined=score)["exams"]
    assert row["exam"]["points"] == "90"
    assert "result" not in row["exam"]
    gone = Imagined(exams=({"kind": "stage", "subject": "数学", "result": "absent"},))
    (row,) = facts(stated("exam", in_round("数学", "90", result="passed")), imagined=gone)["exams"]
    assert row["exam"]["result"] == "absent"
    assert "points" not in row["exam"]
