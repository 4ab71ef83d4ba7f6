"""What a text may do to what is published, and how its difference reads. Pure."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.publishing.checking import check, check_apart
from creditbank.publishing.differing import difference
from creditbank.publishing.law import Known, own_institution, propose
from creditbank.rules import packaged_documents, read_document
from creditbank.rules.lasting import spans
from tests.publishing.place import IN_A_YEAR, NEXT, OLD, STRICT, rule


def known(*versions: tuple[int, str, int], gone: tuple[str, ...] = (), until: str | None = None) -> list[Known]:
    document = read_document(rule(*versions, until=until))
    days, digests = spans(document), document.digests()
    return [Known(number, digests[number], *days[number], number in gone) for number in digests]


def test_a_version_that_follows_changes_what_is_decided_from_its_day_on() -> None:
    proposal = propose(read_document(rule(OLD, NEXT)), known(OLD))
    assert (proposal.versions, proposal.since, proposal.problems) == (("2",), IN_A_YEAR, ())
    assert not proposal.changes_the_past(date.fromisoformat(IN_A_YEAR))
    assert proposal.changes_the_past(date.fromisoformat(IN_A_YEAR).replace(year=2099))


def test_a_new_document_changes_what_is_decided_from_its_first_day_on() -> None:
    assert propose(read_document(rule(OLD)), []).since == "2000-01-01"


def test_a_last_day_changes_what_is_decided_from_the_next_day_on() -> None:
    proposal = propose(read_document(rule(OLD, until="2027-06-30")), known(OLD))
    assert (proposal.versions, proposal.since, proposal.problems) == ((), "2027-07-01", ())
    taken_back = propose(read_document(rule(OLD)), known(OLD, until="2027-06-30"))
    assert taken_back.since == "2027-07-01"


def test_more_cases_change_nothing_that_is_decided() -> None:
    case = "  - name: 又一个情形\n    facts: {record.score: 61}\n    expect: {verdict: granted, credits: 3}\n"
    proposal = propose(read_document(rule(OLD) + case), known(OLD))
    assert (proposal.versions, proposal.since, proposal.problems) == ((), None, ())


def test_what_supersedes_takes_over_the_days_of_the_mistaken_version() -> None:
    proposal = propose(read_document(rule(OLD, (3, STRICT[1], 60))), known(OLD, STRICT), ("2",))
    assert (proposal.superseded, proposal.since, proposal.problems) == ({"2": "3"}, "2024-01-01", ())


@pytest.mark.parametrize("supersedes", [("2",), ("9",)])
def test_only_what_is_published_and_left_out_is_superseded(supersedes: tuple[str, ...]) -> None:
    assert propose(read_document(rule(OLD, STRICT)), known(OLD, STRICT), supersedes).problems


def test_a_document_of_one_institution_is_its_own_and_one_of_two_is_nobodys() -> None:
    assert own_institution({"applies": {"plan.institution": ["a"]}}) == "a"
    assert own_institution({"applies": {"institution.id": ["a"], "record.kind": ["x", "y"]}}) == "a"
    for applies in ({"plan.institution": ["a", "b"]}, {"record.kind": ["x"]}, {}, None, ["plan.institution"]):
        assert own_institution({"applies": applies}) is None


def test_a_document_beside_itself_differs_in_nothing() -> None:
    for document in packaged_documents():
        assert difference(document, document) == []


def test_a_new_version_is_told_value_by_value_in_both_languages() -> None:
    changes = difference(read_document(rule(OLD, NEXT)), read_document(rule(OLD)))
    edge, begun, figure = changes[:3]
    assert (edge["version"], edge["path"]) == ("1", "cases.最后一天")
    assert begun["says_en"] == f"version 2: a new version from {IN_A_YEAR}; what follows compares it with version 1"
    assert (figure["path"], figure["was"], figure["becomes"]) == ("values.pass-mark.is", "60", "70")
    assert figure["says_zh"] == "数值 pass-mark is：由“60”改为“70”"
    assert figure["says_en"] == "value pass-mark is: from “60” to “70”"
    assert {each["version"] for each in changes} <= {"1", "2"}


def test_clauses_that_come_and_go_are_told_by_what_they_say() -> None:
    text = rule(OLD, NEXT)
    place = text.rindex("  - id: enough")
    end = text.index("  gives:", place)
    clause = "  - id: new\n    says: {zh: 新条款, en: a new clause}\n    cites: [rule-9]\n"
    text = text[:place] + clause + text[end:]
    changes = difference(read_document(text), read_document(rule(OLD)))
    said = {each["path"]: each["says_en"] for each in changes}
    assert said["clauses.new"] == "new clause new: a new clause"
    assert said["clauses.enough"] == "clause enough is gone: the score reaches the pass mark"


def test_a_superseded_version_is_told() -> None:
    changes = difference(read_document(rule(OLD, (3, STRICT[1], 60))), read_document(rule(OLD, STRICT)))
    assert any(each["version"] == "2" and "superseded" in each["says_en"] for each in changes)
    assert any(each["path"] == "values.pass-mark.is" and each["was"] == "80" for each in changes)


@given(st.integers(1, 94), st.integers(1, 94))
def test_every_figure_that_differs_is_in_the_difference(was: int, becomes: int) -> None:
    changes = difference(read_document(rule(OLD, (2, IN_A_YEAR, becomes))), read_document(rule((1, "2000-01-01", was))))
    figures = [(each["was"], each["becomes"]) for each in changes if each["path"] == "values.pass-mark.is"]
    before = OLD[2]  # the version that comes before in the text
    assert figures == ([] if before == becomes else [(str(before), str(becomes))])


# --- a check ------------------------------------------------------------------------------------------------------


def test_a_check_says_the_same_in_a_process_of_its_own_as_here() -> None:
    asked = {"file": "draft.yaml", "known": known(OLD), "supersedes": [], "others": [], "current": rule(OLD)}
    here = check(rule(OLD, NEXT), **asked)  # type: ignore[arg-type]
    assert here["holds"] is True
    assert here["problems"] == []


async def test_a_check_that_takes_too_long_is_ended_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.publishing.checking.SECONDS", 0.01)
    began = time.monotonic()
    report = await check_apart(rule(OLD, NEXT), file="draft.yaml", known=known(OLD), supersedes=[], others=[])
    assert time.monotonic() - began < 5
    assert report["holds"] is False
    (problem,) = report["problems"]
    assert "took more than" in problem["en"]


async def test_a_check_apart_finds_what_a_check_here_finds() -> None:
    text = rule(OLD, NEXT).replace("{record.score: 69}", "{record.score: 50}")
    asked = {"file": "draft.yaml", "known": known(OLD), "supersedes": [], "others": []}
    apart = await check_apart(text, **asked)  # type: ignore[arg-type]
    assert apart.pop("took_ms") > 0
    assert apart == check(text, **asked)  # type: ignore[arg-type]
    assert apart["problems"]
