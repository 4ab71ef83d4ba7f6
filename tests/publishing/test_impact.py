"""Impact: who would gain, lose or stay by other rules, to the learner and to the hundredth of a credit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank import clock
from creditbank.publishing.impact import kinds_of, measure
from creditbank.publishing.measuring import Outcome, Sums, change_of
from creditbank.publishing.standing import Against
from creditbank.rules import Rulebook, read_document
from tests.open_bank import person
from tests.publishing.place import OLD, STRICT, Place, rule

SCORES = (95, 82, 79, 60, 59, 40)
"""Six learners of the college: four pass at 60, two at 80."""


async def outcome_of(place: Place, text: str, **more: Any) -> Any:
    draft = await place.measured(text, **more)
    assert draft["state"] == "impact"
    return draft["impact"]["outcome"]


async def test_a_stricter_rule_takes_from_those_between_the_marks_and_from_nobody_else(place: Place) -> None:
    for number, score in enumerate(SCORES, start=1):
        await place.result(number, score)
    await place.result(7, 70, on="2023-06-20")
    outcome = await outcome_of(place, rule(OLD, STRICT))
    assert outcome["measured"] is True
    assert outcome["learners"] == {"gain": 0, "lose": 2, "gain_and_lose": 0, "unknown": 0, "stay": 4}
    assert outcome["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "6", "undecided": "0"}]
    assert outcome["decisions"] == {
        "compared": 6, "same": 4, "gain": 0, "lose": 2, "unknown": 0, "reason": 0, "due": 0, "erased": 0,
    }  # fmt: skip
    assert outcome["verdicts"] == [{"stands": "granted", "would_be": "not_granted", "decisions": 2}]
    (institution,) = outcome["by_institution"]
    assert institution["institution_id"] == str(place.college.institution_id)
    assert institution["learners"]["lose"] == 2
    (programme,) = outcome["by_programme"]
    assert (programme["code"], programme["learners"]["lose"]) == ("460101", 2)


async def test_a_milder_rule_gives_to_those_between_the_marks(place: Place) -> None:
    await place.publish(rule(OLD, STRICT), because="试行")
    for number, score in enumerate(SCORES, start=1):
        await place.result(number, score)
    outcome = await outcome_of(place, rule(OLD, (3, "2024-01-01", 60)), supersedes=("2",))
    assert outcome["learners"] == {"gain": 2, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 4}
    assert outcome["credits"] == [{"scheme": "higher_vocational", "gained": "6", "lost": "0", "undecided": "0"}]


async def test_examples_name_no_person_and_say_both_reasons(place: Place) -> None:
    for number, score in enumerate(SCORES, start=1):
        await place.result(number, score)
    draft = await place.measured(rule(OLD, STRICT))
    assert "examples" not in draft["impact"]["outcome"]
    shown = await place.call("GET", place.path(draft, "impact"), place.second)
    examples = shown["examples"]
    assert [each["change"] for each in examples] == ["lose", "lose"]
    for each in examples:
        assert each["stands"]["verdict"] == "granted"
        assert each["would_be"] == {
            "verdict": "not_granted", "scheme": None, "credits": "0", "clause": "enough",
        }  # fmt: skip
        (standing,) = [found for found in each["findings_standing"] if found["clause"] == "enough"]
        (would_be,) = [found for found in each["findings_would_be"] if found["clause"] == "enough"]
        assert (standing["verdict"], would_be["verdict"]) == ("met", "not_met")
        record = await place.call("GET", f"/v1/records/{each['record_id']}", place.client)
        assert each["decision_id"] in {decision["decision_id"] for decision in record["decisions"]}
        assert record["learner_id"] not in str(each)
    kept = await reports(place)
    assert "findings" not in kept
    assert "演示" not in str(shown)


async def reports(place: Place) -> str:
    from creditbank.db import driver

    async with place.open.database.session() as session:
        cursor = await (await driver(session)).execute("SELECT outcome FROM rule_draft_report WHERE report = 'impact'")
        return str(await cursor.fetchall())


async def test_a_registrar_sees_the_sums_of_their_own_institution_only(place: Place) -> None:
    await place.result(1, 70)
    await place.result(2, 70, by=place.school)
    mine = person("registrar", institution_id=place.school.institution_id)
    own = rule((1, "2000-01-01", 90), of=place.school.institution_id, document="deposit.school", kind="training")
    draft = await place.measured(own, actor=mine)
    shown = await place.call("GET", place.path(draft, "impact"), mine)
    assert {each["institution_id"] for each in shown["report"]["outcome"]["by_institution"]} <= {
        str(place.school.institution_id)
    }


async def test_a_new_version_that_says_the_same_changes_nobody(place: Place) -> None:
    for number, score in enumerate(SCORES, start=1):
        await place.result(number, score)
    outcome = await outcome_of(place, rule(OLD, (2, "2024-01-01", 60)))
    assert outcome["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 6}
    assert outcome["credits"] == []


async def test_a_last_day_leaves_later_results_undecided(place: Place) -> None:
    await place.result(1, 70)
    await place.result(2, 50)
    outcome = await outcome_of(place, rule(OLD, until="2024-01-01"))
    assert outcome["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 2, "stay": 0}
    assert outcome["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "0", "undecided": "3"}]


async def test_what_nobody_has_decided_again_yet_is_not_laid_at_the_drafts_door(place: Place) -> None:
    await place.result(1, 70)
    await place.publish(rule(OLD, STRICT), because="原规则有误")
    outcome = await outcome_of(place, rule(OLD, STRICT, (3, "2024-03-01", 80)))
    assert outcome["decisions"]["due"] == 1
    assert outcome["learners"]["stay"] == 1


async def test_accounts_of_one_person_are_one_learner(place: Place) -> None:
    first = await place.result(1, 70)
    second = await place.result(2, 75)
    merged = await place.call(
        "POST", "/v1/learner-merges", place.author,
        json={"learner_id": await learner_of(place, first), "into_learner_id": await learner_of(place, second),
              "reason": "同一人"},
    )  # fmt: skip
    assert isinstance(merged, dict), merged
    outcome = await outcome_of(place, rule(OLD, STRICT))
    assert sum(outcome["learners"].values()) == 1
    assert outcome["learners"]["lose"] == 1


async def learner_of(place: Place, posted: Any) -> str:
    record = await place.call("GET", f"/v1/records/{posted['record_id']}", place.client)
    return str(record["learner_id"])


async def test_what_was_erased_is_counted_and_not_guessed(place: Place) -> None:
    await place.result(1, 70)
    kept = await place.result(2, 95)
    from creditbank.db import driver

    async with place.open.database.session() as session:
        await (await driver(session)).execute(
            "DELETE FROM learner_key WHERE learner_id <> %s", [UUID(await learner_of(place, kept))]
        )
    outcome = await outcome_of(place, rule(OLD, STRICT))
    assert (outcome["decisions"]["erased"], outcome["decisions"]["compared"]) == (1, 1)


async def test_a_question_on_which_nothing_is_kept_says_so(place: Place) -> None:
    book = Rulebook.load([read_document(rule(OLD))])
    against = Against("grade", book, book, clock.today())
    told = await measure(place.open.database, against, keyring=place.open.keyring)
    assert told["measured"] is False
    assert told["why_zh"]
    assert told["why_en"]


async def test_the_rules_in_force_beside_themselves_change_nothing(place: Place) -> None:
    for number, score in enumerate(SCORES, start=1):
        await place.result(number, score)
    document = read_document(rule(OLD))
    book = Rulebook.load([document])
    against = Against("deposit", book, book, clock.today(), kinds_of(document), date.min)
    told = await measure(place.open.database, against, keyring=place.open.keyring)
    assert told["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 6}
    assert told["decisions"]["same"] == told["decisions"]["compared"] == 6


OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(["granted", "not_granted", "unknown"]),
    st.sampled_from(["higher_vocational", "training", None]),
    st.integers(0, 900),
    st.sampled_from(["gives", "passed", "enough"]),
)


@given(OUTCOMES)
def test_an_outcome_beside_itself_is_the_same(outcome: Outcome) -> None:
    assert change_of(outcome, outcome) == "same"


@settings(max_examples=300)
@given(OUTCOMES, OUTCOMES)
def test_who_has_less_of_any_scheme_does_not_merely_gain(stands: Outcome, would_be: Outcome) -> None:
    change = change_of(stands, would_be)
    if would_be.credits < stands.credits:
        assert change == ("unknown" if would_be.verdict == "unknown" else "lose")
    if change == "gain":
        assert would_be.credits > stands.credits
        assert not stands.credits or stands.scheme == would_be.scheme


def test_sums_of_two_schemes_are_never_added_together() -> None:
    class Each:
        def __init__(self, stands: Outcome, would_be: Outcome) -> None:
            self.stands, self.would_be, self.change = stands, would_be, change_of(stands, would_be)

    sums = Sums()
    moved = Each(Outcome("granted", "training", 300, "gives"), Outcome("granted", "higher_vocational", 500, "gives"))
    sums.add([moved])  # type: ignore[list-item]
    told = sums.told()
    assert told["learners"]["gain_and_lose"] == 1
    assert told["credits"] == [
        {"scheme": "higher_vocational", "gained": "5", "lost": "0", "undecided": "0"},
        {"scheme": "training", "gained": "0", "lost": "3", "undecided": "0"},
    ]
