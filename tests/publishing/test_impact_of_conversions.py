"""Impact of a conversion method: granted lines decided again by another one, from the facts of their decisions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.publishing import standing
from creditbank.publishing.affected import reissue
from creditbank.publishing.impact import measure
from creditbank.publishing.standing import Against
from creditbank.publishing.tables import AffectedDecision, AffectedReport
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook, packaged_documents, read_document
from tests.recognition.college import RELEVANT, College, a_college, method, room


@pytest.fixture
async def college(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[College]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def book(college: College, *clauses: dict[str, Any]) -> Rulebook:
    deposits = [each for each in packaged_documents() if str(each.tree["question"]) == "deposit"]
    return Rulebook.load([*deposits, read_document(method(college.college, *clauses))])


async def by(college: College, *clauses: dict[str, Any], **more: Any) -> Any:
    against = Against("conversion", book(college, *clauses), college.rulebook, college.at.date(), **more)
    return await measure(college.bank.database, against, keyring=college.bank.keyring)


async def test_a_cap_takes_what_lies_beyond_it_and_leaves_the_rest(college: College) -> None:
    college.decide_by(room("8"))
    first, second = await college.enrol(certificates=2), await college.enrol()
    await college.claim(first, *[([record], code) for record, code in zip(first.records, ("M1", "M2"), strict=True)])
    await college.claim(second, (second.records, "M1"))
    told = await by(college, room("3"))
    assert told["learners"] == {"gain": 0, "lose": 1, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "3", "undecided": "0"}]
    assert told["decisions"]["compared"] == 3
    (example,) = told["examples"]
    assert (example["claim_id"] is None, example["line_no"], example["would_be"]["clause"]) == (False, 2, "room")
    (programme,) = told["by_programme"]
    assert (programme["code"], programme["learners"]["lose"]) == ("460101", 1)


async def test_the_method_in_force_beside_itself_changes_nothing(college: College) -> None:
    college.decide_by(room("8"))
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    told = await by(college, room("8"))
    assert told["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["decisions"]["same"] == 1


async def test_what_the_decision_did_not_ask_is_unknown_and_no_loss(college: College) -> None:
    college.decide_by()
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    told = await by(college, RELEVANT)
    assert told["learners"]["unknown"] == 1
    assert told["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "0", "undecided": "3"}]
    (missing,) = told["missing"]
    assert (missing["fact"], missing["decisions"]) == ("match.relevance", 1), "the report says what was not asked"


async def test_a_relaxed_rule_shows_who_was_refused_and_would_gain(college: College) -> None:
    college.decide_by(room("2"))
    learner, other = await college.enrol(), await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    await college.claim(other, (other.records, "P1"))
    told = await by(college, room("8"))
    assert told["learners"] == {"gain": 1, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["credits"] == [{"scheme": "higher_vocational", "gained": "3", "lost": "0", "undecided": "0"}]
    assert told["verdicts"] == [{"stands": "not_granted", "would_be": "granted", "decisions": 1}]


async def test_a_course_is_gained_once_however_often_it_was_asked_for(college: College) -> None:
    college.decide_by(room("2"))
    twice, since_then = await college.enrol(), await college.enrol()
    for learner in (twice, twice, since_then):
        await college.claim(learner, (learner.records, "M1"))
    college.decide_by(room("3"))
    await college.claim(since_then, (since_then.records, "M1"))
    told = await by(college, room("8"))
    assert told["decisions"]["compared"] == 2, "the last refusal of the one, what stands for the other"
    assert told["learners"]["gain"] == 0, "the rules in force would grant it already"
    assert told["decisions"]["due"] == 1


async def test_whose_record_is_gone_gains_nothing(college: College) -> None:
    college.decide_by(room("2"))
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    await college.ask("POST", f"/v1/records/{learner.records[0]}/withdrawal", college.issuer, json={"reason": "发错了"})
    assert (await by(college, room("8")))["decisions"]["compared"] == 0


async def test_a_method_of_one_college_is_measured_over_its_own_claims_since_its_first_day(college: College) -> None:
    college.decide_by(room("2"))
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    own, other = frozenset({str(college.college)}), frozenset({str(new_id())})
    assert (await by(college, room("8"), institutions=own))["learners"]["gain"] == 1
    assert (await by(college, room("8"), institutions=other))["decisions"]["compared"] == 0
    assert (await by(college, room("8"), since=college.at.date()))["learners"]["gain"] == 1
    tomorrow = college.at.date() + timedelta(days=1)
    assert (await by(college, room("8"), since=tomorrow))["decisions"]["compared"] == 0


async def test_a_person_with_two_accounts_is_counted_once_on_whichever_page_they_lie(
    college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    college.decide_by(room("2"))
    first, between, last = [await college.enrol() for _ in range(3)]
    for learner, code in ((first, "M1"), (between, "M1"), (last, "M2")):
        await college.claim(learner, (learner.records, code))
    await college.sql_do(
        "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)"
        " VALUES (%s, %s, %s, now(), 'login:1', 'test')",
        last.learner_id, new_id(), first.learner_id,
    )  # fmt: skip
    monkeypatch.setattr(standing, "PERSONS", 1)
    for more in ({}, {"institutions": frozenset({str(college.college)})}):
        told = await by(college, room("8"), **more)
        assert told["learners"]["gain"] == 2
        assert told["decisions"]["compared"] == 3


async def test_only_lines_that_a_version_took_part_in_are_asked_for_its_mistakes(college: College) -> None:
    college.decide_by(room("2"))
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    assert (await by(college, room("8"), by=("conversion.test", "1")))["decisions"]["compared"] == 1
    assert (await by(college, room("8"), by=("conversion.test", "2")))["decisions"]["compared"] == 0


async def made_again(college: College, made: dict[str, Any], line_no: int) -> tuple[str, str]:
    """What becomes of the decision about a line that a search listed, when an officer has it made again."""
    line = made["lines"][line_no - 1]
    listed = AffectedDecision(
        report_id=new_id(),
        decision_id=UUID(line["decision_id"]),
        learner_id=UUID(made["learner_id"]),
        institution_id=college.college,
        claim_id=UUID(made["claim_id"]),
        line_no=line_no,
        standing={},
        would_be={},
    )
    report = AffectedReport(
        report_id=listed.report_id,
        document="conversion.test",
        document_version="1",
        asked_by="login:1",
        asked_at=college.at,
    )
    async with college.bank.database.session() as session:
        session.add(report)
        await session.flush()
        session.add(listed)
    tools = Tools(college.bank.keyring, college.rulebook, college.at)
    async with college.bank.database.session() as session:
        (outcome,) = await reissue(
            session, report, [listed.decision_id], actor=college.officer, reason="条款有误", tools=tools
        )
    return outcome.outcome, str(outcome.new_decision_id)


async def test_a_line_granted_by_a_mistaken_version_is_decided_again_as_if_that_had_never_been(
    college: College,
) -> None:
    college.decide_by(room("8"))
    learner = await college.enrol(certificates=2)
    made = await college.claim(
        learner, *[([record], code) for record, code in zip(learner.records, ("M1", "M2"), strict=True)]
    )
    college.decide_by(room("3"))
    outcome, decision = await made_again(college, made, 2)
    assert outcome == "reissued"
    assert await college.converted(learner) == 300
    told = await college.ask("GET", f"/v1/decisions/{decision}", learner.actor)
    assert (told["kind"], told["verdict"], told["clause"]) == ("conversion_ended", "not_granted", "room")
    ((by_whom, about),) = await college.sql("SELECT by, about FROM claim_act WHERE act = 'decided_again'")
    assert by_whom == college.officer.name, "the rules decided, but somebody chose the line"
    assert (about["because"], UUID(about["report_id"]).version) == ("rules_superseded", new_id().version)
    assert (await made_again(college, made, 2))[0] == "superseded"
    assert (await made_again(college, made, 1))[0] == "unchanged"
    await college.check()


async def test_a_line_that_was_refused_is_claimed_again_and_not_made_again(college: College) -> None:
    college.decide_by(room("2"))
    learner = await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    college.decide_by(room("8"))
    assert (await made_again(college, made, 1))[0] == "by_claim"
    assert await college.converted(learner) == 0
