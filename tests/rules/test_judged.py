"""What is referred to people: open until they have said that it is as it should be; nothing else gives way to that."""

from __future__ import annotations

from tests.rules.converting import ONCE, book, clause, decide, finding, line, replayed, told

FOR_PEOPLE = clause("for-people", require={"fact": "course.category", "is": "选修课"}, otherwise="refer")
REFUSES = clause("refuses", require={"fact": "course.category", "is": "选修课"})
OTHER = {"category": "专业课"}


def test_what_people_judged_no_longer_leaves_it_open_and_the_finding_says_so() -> None:
    rules = book({"clauses": [ONCE, FOR_PEOPLE]})
    assert told(rules, line(course=OTHER)) == ("unknown", "for-people")
    decided = decide(rules, line(course=OTHER, judged=["for-people"]))
    assert decided.verdict == "granted"
    found = finding(decided, "for-people")
    assert (found["verdict"], found["judged"]) == ("not_met", True)
    assert "judged" not in finding(decide(rules, line(course=OTHER)), "for-people")
    assert replayed(rules, decided).canonical() == decided.canonical()


def test_people_judge_neither_what_refuses_nor_what_is_not_known_nor_another_clause() -> None:
    judged = ["for-people", "refuses"]
    assert told(book({"clauses": [ONCE, REFUSES]}), line(course=OTHER, judged=judged)) == ("not_granted", "refuses")
    assert told(book({"clauses": [ONCE, FOR_PEOPLE]}), line(judged=judged)) == ("unknown", "for-people")
    assert told(book({"clauses": [ONCE, FOR_PEOPLE]}), line(course=OTHER, judged=["other"])) == (
        "unknown",
        "for-people",
    )
