"""What the rules leave to people: a hand that decides settles it by agreeing, and it is written down who did."""

from __future__ import annotations

from typing import Any

from tests.recognition.college import DEPARTMENT, REGISTRAR, College, Learner, clause, hand, procedure, room

FOR_PEOPLE = clause("for-people", require={"fact": "course.category", "is": "选修课"}, otherwise="refer")
BY_RELEVANCE = clause(
    "by-relevance",
    require={
        "any": [
            {"fact": "match.listed", "is": "yes"},
            {"all": [{"fact": "match.relevance", "at_least": 80}, {"fact": "match.not_lower", "is": "yes"}]},
        ]
    },
)
DECIDES = hand("registrar", "registrar", "decide")


async def claimed(college: College) -> tuple[Learner, dict[str, Any]]:
    learner = await college.enrol()
    return learner, await college.claim(learner, (learner.records, "M1"))


async def test_what_is_referred_to_people_is_granted_once_a_hand_that_decides_agrees(college: College) -> None:
    college.decide_by(FOR_PEOPLE, hands=procedure(DEPARTMENT, DECIDES))
    learner, made = await claimed(college)
    assert made["lines"][0]["verdict"] == "unknown"
    now = await college.answer(made, "department", "approved", college.department)
    assert now["lines"][0]["verdict"] == "unknown", "a review settles nothing"
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert (now["state"], now["lines"][0]["state"], now["lines"][0]["credits"]) == ("decided", "granted", "3")
    (agreed,) = [one for one in now["history"] if one["act"] == "approved" and one["step"] == "registrar"]
    assert agreed["about"] == {"judged": ["for-people"]}
    decision = f"/v1/decisions/{now['lines'][0]['decision_id']}"
    told = await college.ask("GET", decision, learner.actor)
    (found,) = [one for one in told["findings"] if one["clause"] == "for-people"]
    assert (found["verdict"], found["judged"]) == ("not_met", True), "what was found stays, and who settled it shows"
    assert told["facts"]["judged"] == ["for-people"]
    assert (await college.ask("POST", f"{decision}/replay", learner.actor))["same"] is True
    await college.check()


async def test_where_nobody_decided_the_bank_is_asked_and_its_word_ends_the_claim(college: College) -> None:
    college.decide_by(FOR_PEOPLE, hands=procedure(DEPARTMENT, REGISTRAR))
    _, made = await claimed(college)
    await college.answer(made, "department", "approved", college.department)
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert (now["state"], now["hand"]) == ("open", "bank")
    now = await college.answer(now, now["step"], "approved", college.officer)
    assert (now["state"], now["lines"][0]["state"]) == ("decided", "granted")
    await college.check()


async def test_a_hand_that_decides_lifts_no_cap_and_no_clause_that_refuses(college: College) -> None:
    college.decide_by(FOR_PEOPLE, room("2"), hands=procedure(DECIDES))
    _, made = await claimed(college)
    assert (made["lines"][0]["state"], made["lines"][0]["refusal"]) == ("refused", "room")


async def test_facts_that_a_choice_of_conditions_asks_for_are_named_and_can_be_supplied(college: College) -> None:
    college.decide_by(BY_RELEVANCE, hands=procedure(DEPARTMENT))
    _, made = await claimed(college)
    assert {one["fact"] for one in made["lines"][0]["missing"]} == {"match.relevance", "match.not_lower"}
    refused = await college.answer(made, "department", "approved", college.department, status=409)
    assert refused["code"] == "facts_still_missing"
    await college.supply(made, "department", "match.relevance", "85", college.department)
    await college.supply(made, "department", "match.not_lower", True, college.department)
    now = await college.answer(made, "department", "approved", college.department)
    assert now["lines"][0]["state"] == "granted"
    await college.check()
