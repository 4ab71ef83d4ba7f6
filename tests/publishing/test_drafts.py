"""Drafts: what each step asks for, who may take it, and that nothing moves backwards or twice."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from creditbank.publishing.tables import ACTS
from tests.open_bank import person
from tests.publishing.place import IN_A_YEAR, NEXT, OLD, STRICT, Place, rule


async def test_a_draft_goes_all_the_way_and_every_act_is_written_down(place: Place) -> None:
    draft = await place.begin(rule(OLD, NEXT))
    assert (draft["state"], draft["revision"], draft["check"]) == ("draft", 1, None)
    await place.work()
    draft = await place.read(draft)
    assert draft["state"] == "checked"
    assert draft["check"]["outcome"]["versions"] == ["2"]
    assert draft["check"]["outcome"]["since"] == IN_A_YEAR
    assert all(case["holds"] for case in draft["check"]["outcome"]["cases"])
    assert (await place.step(draft, "impact", place.author))["state"] == "checked"
    await place.work()
    assert (await place.read(draft))["state"] == "impact"
    assert (await place.step(draft, "approval", place.second, revision=1, reason="合理"))["state"] == "approved"
    published = await place.step(draft, "publication", place.second, revision=1)
    assert (published["document"], published["versions"], published["publication_no"]) == ("deposit.course", ["2"], 1)
    draft = await place.read(draft)
    assert draft["state"] == "published"
    assert [(act["act"], act["by"]) for act in draft["acts"]] == [
        ("written", place.author.name),
        ("check_held", "rules"),
        ("impact_reported", "rules"),
        ("approved", place.second.name),
        ("published", place.second.name),
    ]
    assert draft["acts"][3]["reason"] == "合理"
    shown = await place.call("GET", f"/v1/rules/deposit.course?on={IN_A_YEAR}", place.author)
    assert (shown["version"], shown["seeded"]) == ("2", False)


@pytest.mark.parametrize(
    ("step", "body"), [("impact", {}), ("approval", {"revision": 1}), ("publication", {"revision": 1})]
)
async def test_a_step_before_its_turn_is_refused(place: Place, step: str, body: dict[str, Any]) -> None:
    draft = await place.begin(rule(OLD, NEXT))
    assert await place.step(draft, step, place.second, **body) == (409, "draft_not_there")


async def test_an_approved_draft_is_published_once(place: Place) -> None:
    await place.publish(rule(OLD, NEXT))
    (draft,) = (await place.call("GET", "/v1/rule-drafts?state=published", place.author))["drafts"]
    for step in ("publication", "approval"):
        assert await place.step(draft, step, place.second, revision=1) == (409, "draft_not_there")
    assert await place.step(draft, "withdrawal", place.author, reason="不要了") == (409, "draft_not_there")


async def test_two_publications_at_once_publish_once(place: Place) -> None:
    draft = await place.measured(rule(OLD, NEXT))
    await place.step(draft, "approval", place.second, revision=1)
    said = await asyncio.gather(*(place.step(draft, "publication", person("officer"), revision=1) for _ in range(3)))
    assert sorted(str(each) for each in said if isinstance(each, tuple)) == ["(409, 'draft_not_there')"] * 2
    assert len([each for each in said if isinstance(each, dict)]) == 1


async def test_two_approvals_at_once_are_one(place: Place) -> None:
    draft = await place.measured(rule(OLD, NEXT))
    said = await asyncio.gather(*(place.step(draft, "approval", person("officer"), revision=1) for _ in range(3)))
    assert [each for each in said if isinstance(each, tuple)] == [(409, "draft_not_there")] * 2
    assert [act["act"] for act in (await place.read(draft))["acts"]].count("approved") == 1


async def test_who_wrote_any_text_of_a_draft_neither_approves_nor_publishes_it(place: Place) -> None:
    draft = await place.begin(rule(OLD, NEXT))
    third = person("officer")
    answer = await place.open.call("GET", place.path(draft), third)
    again = await place.call(
        "PUT", place.path(draft), third, json={"text": rule(OLD, (2, IN_A_YEAR, 75))},
        headers={"If-Match": answer.headers["etag"]},
    )  # fmt: skip
    assert [text["written_by"] for text in again["texts"]] == [place.author.name, third.name]
    await place.work()
    await place.step(draft, "impact", place.author)
    await place.work()
    for author in (place.author, third):
        assert await place.step(draft, "approval", author, revision=2) == (403, "approver_is_author")
    assert (await place.step(draft, "approval", place.second, revision=2))["state"] == "approved"
    for author in (place.author, third):
        assert await place.step(draft, "publication", author, revision=2) == (403, "approver_is_author")


async def test_a_second_sign_in_of_the_same_person_passes_for_another(place: Place) -> None:
    """The bank knows sign-ins, not people: that nobody has two is for administrators to see to."""
    draft = await place.measured(rule(OLD, NEXT))
    assert (await place.step(draft, "approval", person("officer"), revision=1))["state"] == "approved"


async def test_another_text_makes_it_a_draft_again(place: Place) -> None:
    draft = await place.measured(rule(OLD, NEXT))
    await place.step(draft, "approval", place.second, revision=1)
    tag = (await place.open.call("GET", place.path(draft), place.author)).headers["etag"]
    body = {"text": rule(OLD, (2, IN_A_YEAR, 75))}
    assert await place.call("PUT", place.path(draft), place.author, json=body) == (428, "version_not_named")
    draft = await place.call("PUT", place.path(draft), place.author, json=body, headers={"If-Match": tag})
    assert (draft["state"], draft["revision"], draft["check"], draft["impact"]) == ("draft", 2, None, None)
    late = await place.call("PUT", place.path(draft), place.author, json=body, headers={"If-Match": tag})
    assert late == (412, "changed_meanwhile")
    await place.work()
    assert await place.step(draft, "publication", place.second, revision=2) == (409, "draft_not_there")


async def test_what_is_approved_is_the_text_that_was_read(place: Place) -> None:
    draft = await place.measured(rule(OLD, NEXT))
    assert await place.step(draft, "approval", place.second, revision=2) == (412, "changed_meanwhile")


async def test_a_draft_stays_the_draft_of_one_document(place: Place) -> None:
    draft = await place.begin(rule(OLD, NEXT))
    tag = (await place.open.call("GET", place.path(draft), place.author)).headers["etag"]
    body = {"text": rule(NEXT, document="deposit.other")}
    said = await place.call("PUT", place.path(draft), place.author, json=body, headers={"If-Match": tag})
    assert said == (409, "draft_of_another_document")


async def test_a_withdrawn_draft_goes_no_further(place: Place) -> None:
    draft = await place.measured(rule(OLD, NEXT))
    assert (await place.step(draft, "withdrawal", place.second, reason="另拟"))["state"] == "withdrawn"
    for step in ("check", "impact"):
        assert await place.step(draft, step, place.author) == (409, "draft_not_there")
    assert await place.step(draft, "approval", place.second, revision=1) == (409, "draft_not_there")
    assert (await place.read(draft))["acts"][-1]["reason"] == "另拟"


async def test_every_act_has_a_word_that_the_database_knows() -> None:
    assert {"written", "approved", "published", "withdrawn"} < set(ACTS)


# --- checks -------------------------------------------------------------------------------------------------------


async def problems_of(place: Place, text: str, supersedes: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    draft = await place.begin(text, supersedes=supersedes)
    await place.work()
    draft = await place.read(draft)
    assert draft["state"] == "draft"
    assert draft["check"]["outcome"]["holds"] is False
    assert [act["act"] for act in draft["acts"]] == ["written", "check_failed"]
    found: list[dict[str, Any]] = draft["check"]["outcome"]["problems"]
    assert all(each["zh"] and each["en"] for each in found)
    return found


async def test_a_case_that_comes_out_otherwise_fails_the_check_at_its_line(place: Place) -> None:
    text = rule(OLD, NEXT).replace("{record.score: 69}", "{record.score: 70}")
    (problem,) = await problems_of(place, text)
    assert text.splitlines()[problem["line"] - 1].strip() == "- name: 差一分"
    assert "not_granted" in problem["en"]


async def test_a_figure_without_a_case_on_one_side_fails_the_check(place: Place) -> None:
    text = rule(OLD, NEXT).replace("{record.score: 69}", "{record.score: 50}")
    assert any("no case notices" in each["en"] for each in await problems_of(place, text))


async def test_a_text_that_is_no_rule_document_is_told_what_it_lacks(place: Place) -> None:
    text = rule(OLD, NEXT).replace("  fact: record.occurred_on\n", "", 1)
    problems = await problems_of(place, text)
    assert any("fact" in each["word"] or "fact" in each["en"] for each in problems)


async def test_a_draft_that_overlaps_a_published_document_fails_the_check(place: Place) -> None:
    problems = await problems_of(place, rule((1, IN_A_YEAR, 70), document="deposit.another"))
    assert any("overlap" in each["en"] for each in problems)


async def test_a_published_version_is_never_edited(place: Place) -> None:
    problems = await problems_of(place, rule((1, "2000-01-01", 61), NEXT))
    assert any("never edited" in each["en"] for each in problems)


async def test_a_published_version_is_not_left_out_unless_it_is_superseded(place: Place) -> None:
    problems = await problems_of(place, rule((2, "2000-01-01", 61)))
    assert any("is missing" in each["en"] for each in problems)


async def test_what_supersedes_a_version_begins_on_its_day(place: Place) -> None:
    problems = await problems_of(place, rule((2, "2001-01-01", 61)), supersedes=("1",))
    assert any("begins on the same day, 2000-01-01" in each["en"] for each in problems)


async def test_the_published_text_again_is_nothing_to_publish(place: Place) -> None:
    problems = await problems_of(place, rule(OLD))
    assert any("word for word" in each["en"] for each in problems)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &x [1]\nb: *x\n", 1),
        ("a: 1\na: 2\n", 2),
        ("document: [\n", 2),
        ("- no\n- document\n", 1),
        ("document: d\n" + "x: y\n" * 100_000, 0),
        ("a: " + "[" * 5_000, 1),
        ("title: only\n", 1),
        ("document: !!python/object:os.system x\n", 1),
    ],
)
async def test_what_cannot_be_read_at_all_is_refused_at_once_with_its_line(place: Place, text: str, line: int) -> None:
    began = time.monotonic()
    answer = await place.open.call("POST", "/v1/rule-drafts", place.author, json={"text": text})
    assert time.monotonic() - began < 2
    assert (answer.status_code, answer.json()["code"]) == (422, "draft_not_readable")
    first = answer.json()["problems"][0]
    assert first["line"] == line
    assert first["zh"]
    assert first["en"]


# --- what is past, and what is stale ------------------------------------------------------------------------------


async def test_days_that_have_passed_are_changed_only_for_a_reason_that_is_published(place: Place) -> None:
    draft = await place.measured(rule(OLD, STRICT))
    await place.step(draft, "approval", place.second, revision=1)
    assert await place.step(draft, "publication", place.second, revision=1) == (409, "past_days_need_a_reason")
    done = await place.step(draft, "publication", place.second, revision=1, because="原规则有误")
    assert done["because"] == "原规则有误"


async def test_a_report_made_beside_other_rules_is_stale(place: Place) -> None:
    first = await place.measured(rule(OLD, NEXT))
    other = await place.measured(rule(OLD, (2, IN_A_YEAR, 75)))
    assert first["impact"]["fresh"] is True
    await place.step(first, "approval", place.second, revision=1)
    await place.step(other, "approval", place.second, revision=1)
    assert isinstance(await place.step(first, "publication", place.second, revision=1), dict)
    assert (await place.read(other))["impact"]["fresh"] is False
    assert await place.step(other, "publication", place.second, revision=1) == (409, "report_is_stale")
    await place.step(other, "check", place.author)
    await place.work()
    other = await place.read(other)
    assert other["state"] == "draft", "its version 2 is not the one that was published"
    assert any("never edited" in each["en"] for each in other["check"]["outcome"]["problems"])


async def test_an_approval_of_a_stale_report_is_refused_and_holds_after_it_is_made_again(place: Place) -> None:
    draft = await place.measured(rule((1, IN_A_YEAR, 70), document="deposit.tea", kind="training"))
    await place.publish(rule(OLD, NEXT))
    assert await place.step(draft, "approval", place.second, revision=1) == (409, "report_is_stale")
    await place.step(draft, "check", place.author)
    await place.step(draft, "impact", place.author)
    await place.work()
    assert (await place.step(draft, "approval", place.second, revision=1))["state"] == "approved"


# --- a registrar's own --------------------------------------------------------------------------------------------


async def test_a_registrar_drafts_rules_of_their_own_institution_only(place: Place) -> None:
    mine = person("registrar", institution_id=place.school.institution_id)
    own = rule((1, IN_A_YEAR, 70), of=place.school.institution_id, document="deposit.school", kind="training")
    draft = await place.begin(own, actor=mine)
    assert draft["institution_id"] == str(place.school.institution_id)
    other = rule((1, IN_A_YEAR, 70), of=place.college.institution_id, document="deposit.college", kind="training")
    for text in (other, rule(OLD, NEXT)):
        assert await place.begin(text, actor=mine) == (403, "draft_not_your_institutions")
    stranger = person("registrar", institution_id=place.college.institution_id)
    assert await place.read(draft, stranger) == (404, "not_found")
    assert (await place.call("GET", "/v1/rule-drafts", stranger))["drafts"] == []
    assert len((await place.call("GET", "/v1/rule-drafts", mine))["drafts"]) == 1


async def test_a_registrars_draft_needs_an_officer(place: Place) -> None:
    mine = person("registrar", institution_id=place.school.institution_id)
    own = rule((1, IN_A_YEAR, 70), of=place.school.institution_id, document="deposit.school", kind="training")
    draft = await place.measured(own, actor=mine)
    colleague = person("registrar", institution_id=place.school.institution_id)
    for step in ("approval", "publication"):
        assert await place.step(draft, step, colleague, revision=1) == (403, "not_allowed")
    assert (await place.step(draft, "approval", place.second, revision=1))["state"] == "approved"
    assert isinstance(await place.step(draft, "publication", place.second, revision=1), dict)
    found = await place.call("GET", f"/v1/rules?institution={place.college.institution_id}", place.author)
    assert "deposit.school" not in {each["document"] for each in found["versions"]}
    found = await place.call("GET", f"/v1/rules?institution={place.school.institution_id}", place.author)
    assert {"deposit.school", "deposit.course"} <= {each["document"] for each in found["versions"]}
