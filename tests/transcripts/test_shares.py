"""A learner shows what they choose to whoever holds a code, for as long as they choose, and sees who looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from creditbank import clock
from creditbank.identity.actor import Actor
from tests.open_bank import person
from tests.portal.place import Portal, certificate, portal, training
from tests.records.town import course_row, town

__all__ = ["portal", "town"]

PIN = "270418"


async def graduate(portal: Portal) -> tuple[UUID, Actor]:
    """A learner with a course, a training and a certificate, and their token."""
    learner_id = await portal.learner()
    for row in (course_row(), training()):
        (outcome,) = await portal.town.post(row)
        assert outcome.outcome == "deposited", outcome
    (outcome,) = await portal.town.post(certificate(), by=portal.town.body)
    assert outcome.outcome == "deposited", outcome
    return learner_id, person("learner", learner_id=learner_id)


async def made(portal: Portal, actor: Actor, learner_id: UUID, status: int = 201, **asked: Any) -> dict[str, Any]:
    answer = await portal.bank.call(
        "POST", f"/v1/learners/{learner_id}/shares", actor, json={"purpose": "应聘数控车工", **asked}
    )
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def opened(portal: Portal, code: str, pin: str | None = None, **headers: str) -> httpx.Response:
    return await portal.bank.call("POST", "/v1/share-openings", json={"code": code, "pin": pin}, headers=headers)


async def seen(portal: Portal, code: str, pin: str | None = None) -> dict[str, Any]:
    answer = await opened(portal, code, pin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def records_of(portal: Portal, actor: Actor, learner_id: UUID) -> list[dict[str, Any]]:
    answer = await portal.bank.call("GET", f"/v1/learners/{learner_id}/transcript", actor)
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


async def share(portal: Portal, actor: Actor, made_: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/learners/{made_['learner_id']}/shares/{made_['share_id']}"
    found: dict[str, Any] = (await portal.bank.call("GET", path, actor)).json()
    return found


# --- what is shown --------------------------------------------------------------------------------------------------


async def test_whoever_holds_the_code_sees_what_was_chosen_from_whom_and_by_which_rule(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    assert (given["state"], given["whole"], given["lines"], given["pin"]) == ("open", True, 4, False)
    shown = await seen(portal, given["code"])
    assert (shown["purpose"], shown["whole"], shown["unchanged"]) == ("应聘数控车工", True, True)
    assert shown["holder"] == {"name": "演示甲", "document_kind": None, "document_number": None}
    assert {line["state"] for line in shown["lines"]} == {"current"}
    course = next(line for line in shown["lines"] if line["kind"] == "course_result")
    assert (course["institution"], course["credits"], course["shown"]["score"]) == ("演示职业学院", "3", "86")
    rule = shown["rules"][course["rule"] - 1]
    assert rule["document"] == "deposit.course"
    assert rule["citations"]
    assert rule["links"]["rule"] == f"/v1/rules/deposit.course?version={rule['version']}", "which is public"


async def test_a_share_names_no_account_and_no_number_of_the_bank(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id, says_who="name_and_number")
    answer = await opened(portal, given["code"])
    shown = answer.json()
    assert shown["holder"]["document_number"] == "1399**********0016"
    transcript = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/transcript", actor)).json()
    lines = await records_of(portal, actor, learner_id)
    secret = [transcript["learner"]["account_no"], str(learner_id), given["share_id"], "139900200501010016"]
    secret += [line[name] for line in lines for name in ("record_id", "decision_id")]
    secret += [line["posting_id"] for line in lines if line["posting_id"]]
    assert [one for one in secret if one in answer.text] == []


async def test_a_choice_shows_nothing_of_the_rest_not_even_how_much_it_is(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    lines = await records_of(portal, actor, learner_id)
    training_id = next(line["record_id"] for line in lines if line["kind"] == "training")
    given = await made(portal, actor, learner_id, record_ids=[training_id], says_who="nobody", with_marks=False)
    answer = await opened(portal, given["code"])
    shown = answer.json()
    assert [line["kind"] for line in shown["lines"]] == ["training"]
    assert (shown["whole"], shown["holder"]) == (False, None)
    assert [total["scheme"] for total in shown["totals"]] == ["training"]
    for rest in ("演示甲", "C101", "机械制图", "Web前端", "in_all", "86"):
        assert rest not in answer.text, rest


async def test_marks_and_numbers_stay_hidden_where_the_learner_hides_them(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id, with_marks=False)
    shown = await seen(portal, given["code"])
    for line in shown["lines"]:
        assert line["private"] is None
        assert not {"score", "attempt", "attempt_no"} & set(line["shown"])
    assert "X2024000001" not in str(shown)


async def test_what_comes_later_is_never_shown(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    await portal.town.post(training(title="后来的培训", started_on="2024-04-01", occurred_on="2024-04-10"))
    shown = await seen(portal, given["code"])
    assert len(shown["lines"]) == 4
    assert "后来的培训" not in str(shown)
    assert shown["unchanged"]


async def test_a_line_that_was_corrected_or_withdrawn_since_says_so_and_in_which_way(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    lines = await records_of(portal, actor, learner_id)
    given = await made(portal, actor, learner_id)
    await portal.town.post(training(hours="16"))
    assert (await portal.town.post(course_row(score="52")))[0].outcome == "corrected"
    certificate_id = next(line["record_id"] for line in lines if line["kind"] == "certificate")
    assert (await portal.town.withdraw(UUID(certificate_id), by=portal.town.body)).outcome == "withdrawn"
    shown = await seen(portal, given["code"])
    by_kind = {line["kind"]: line for line in shown["lines"]}
    assert not shown["unchanged"]
    changes = {change["field"]: (change["then"], change["now"]) for change in by_kind["course_result"]["changes"]}
    assert changes["score"] == ("86", "52")
    assert (changes["credits"][0], changes["credits"][1]) == ("3", "0")
    assert by_kind["training"]["state"] == "changed"
    gone = by_kind["certificate"]
    assert (gone["state"], gone["credits"], gone["verdict"], gone["private"]) == ("gone", "0", None, None)
    assert "X2024000001" not in str(shown), "the number of a certificate that does not stand is nobody's to read"
    assert by_kind["enrolment_event"]["state"] == "current"
    assert all(total["credits"] != "0" for total in shown["totals"])


async def test_a_hidden_mark_that_changed_is_not_told_by_the_way(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id, with_marks=False)
    assert (await portal.town.post(course_row(score="87")))[0].outcome == "corrected"
    assert (await seen(portal, given["code"]))["unchanged"]


# --- the learner's hand on it ---------------------------------------------------------------------------------------


async def test_the_learner_sees_each_opening_and_closes_it_at_any_time(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    await seen(portal, given["code"])
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}"
    (opening,) = (await portal.bank.call("GET", f"{path}/openings", actor)).json()["openings"]
    assert set(opening) == {"opening_id", "at", "channel", "device", "outcome"}
    assert (opening["channel"], opening["outcome"]) == ("program", "shown")
    closed = (await portal.bank.call("POST", f"{path}/closing", actor)).json()
    assert (closed["state"], closed["code"], closed["address"]) == ("closed", None, None)
    again = (await portal.bank.call("POST", f"{path}/closing", actor)).json()
    assert again["ended_at"] == closed["ended_at"]
    answer = await opened(portal, given["code"])
    assert (answer.status_code, answer.json()["code"]) == (410, "share_over")
    assert "演示" not in answer.text


async def test_a_share_lasts_until_its_last_day_in_the_city_and_no_longer_than_is_stated(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    today = clock.today(portal.at)
    given = await made(portal, actor, learner_id, until_on=today.isoformat())
    await seen(portal, given["code"])
    portal.at += timedelta(days=1)
    answer = await opened(portal, given["code"])
    assert answer.json()["code"] == "share_over"
    for wrong in (today - timedelta(days=9), today + timedelta(days=182)):
        refused = await made(portal, actor, learner_id, 422, until_on=wrong.isoformat())
        assert refused["code"] == "share_too_long"


async def test_what_was_over_for_long_is_as_if_it_had_never_been(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}/closing"
    await portal.bank.call("POST", path, actor)
    portal.at += timedelta(days=91)
    never = await opened(portal, "2222 2222 2222")
    assert never.status_code == 422 or never.json()["code"] == "share_not_opened"
    assert (await opened(portal, given["code"])).json()["code"] == "share_not_opened"


async def test_a_guardian_shares_for_a_child_and_the_child_does_not(portal: Portal) -> None:
    child = await portal.child(31, "演示小明")
    guardian = await portal.guardian(child)
    rows = await portal.town.sql(
        "SELECT login_id FROM guardianship WHERE guardianship_id = %s", UUID(guardian["guardianship_id"])
    )
    acting = Actor(name=f"login:{rows[0][0]}", roles=frozenset({"guardian"}))
    refused = await made(portal, person("learner", learner_id=child), child, 403)
    assert refused["code"] == "guardian_acts"
    given = await made(portal, acting, child)
    assert given["as_guardian"]
    await seen(portal, given["code"])
    # A guardianship that was ended may have been false: what it let others see is over with it.
    registrar = person("registrar", institution_id=portal.town.college.institution_id)
    ended = await portal.bank.call(
        "POST", f"/v1/learners/{child}/guardians/{guardian['guardianship_id']}/end", registrar, json={"reason": "误登"}
    )
    assert ended.status_code == 200
    assert (await opened(portal, given["code"])).json()["code"] == "share_over"
    own = await share(portal, person("learner", learner_id=child), given)
    assert own["state"] == "guardian_gone"


async def test_closing_the_account_ends_every_share_and_opening_it_again_revives_none(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    officer = person("officer")
    for act in ("closing", "reopening"):
        answer = await portal.bank.call("POST", f"/v1/learners/{learner_id}/{act}", officer, json={"reason": "试验"})
        assert answer.status_code == 200, answer.text
        assert (await opened(portal, given["code"])).json()["code"] == "share_over", act
    assert (await share(portal, actor, given))["state"] == "account_closed"
    await portal.bank.call("POST", f"/v1/learners/{learner_id}/closing", officer, json={"reason": "试验"})
    assert (await made(portal, actor, learner_id, 409))["code"] == "learner_account_closed"


async def test_an_erasure_leaves_a_code_that_is_known_to_nobody(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    officer = person("officer")
    for act in ("closing", "erasure"):
        answer = await portal.bank.call("POST", f"/v1/learners/{learner_id}/{act}", officer, json={"reason": "试验"})
        assert answer.status_code == 200, answer.text
    assert (await opened(portal, given["code"])).json()["code"] == "share_not_opened"
    told = await share(portal, actor, given)
    assert (told["state"], told["purpose"], told["code"]) == ("account_closed", None, None)


async def test_accounts_that_are_merged_or_parted_end_what_was_shared_as_one_persons(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    other = await portal.child(32, "演示小红", years=20)
    given = await made(portal, actor, learner_id)
    officer = person("officer")
    body = {"learner_id": str(other), "into_learner_id": str(learner_id), "reason": "同一人"}
    merged = await portal.bank.call("POST", "/v1/learner-merges", officer, json=body)
    assert merged.status_code in (200, 201), merged.text
    assert (await opened(portal, given["code"])).json()["code"] == "share_over"
    assert (await share(portal, actor, given))["state"] == "merged"
    of_both = await made(portal, actor, learner_id)
    assert of_both["lines"] == 6
    await portal.bank.call(
        "POST", f"/v1/learner-merges/{merged.json()['alias_id']}/end", officer, json={"reason": "不是同一人"}
    )
    assert (await opened(portal, of_both["code"])).json()["code"] == "share_over"
    inbox = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/inbox", actor)).json()["messages"]
    assert [message["kind"] for message in inbox].count("shares_ended") == 2


async def test_only_records_of_ones_own_can_be_chosen(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    other = await portal.child(33, "演示小红", years=20)
    theirs = (await records_of(portal, person("learner", learner_id=other), other))[0]["record_id"]
    mine = (await records_of(portal, actor, learner_id))[0]["record_id"]
    refused = await made(portal, actor, learner_id, 409, record_ids=[mine, theirs])
    assert refused["code"] == "share_record_not_there"


async def test_officers_and_auditors_see_counts_and_nobody_else_does(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id)
    await seen(portal, given["code"])
    path = f"/v1/learners/{learner_id}/shares"
    for role in ("officer", "auditor"):
        counted = await portal.bank.call("GET", "/v1/share-counts", person(role))
        assert counted.json() == {"open": 1, "over": 0, "openings": 1, "wrong_pins": 0}
        for each in ("", f"/{given['share_id']}", f"/{given['share_id']}/contents"):
            assert (await portal.bank.call("GET", path + each, person(role))).status_code == 403
    assert (await portal.bank.call("GET", "/v1/share-counts", actor)).status_code == 403


async def test_the_code_the_purpose_and_the_lines_are_in_no_table_in_the_open(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    given = await made(portal, actor, learner_id, pin=PIN)
    code = given["code"].replace(" ", "")
    rows = await portal.town.sql("SELECT row_to_json(s)::text FROM share s")
    logged = await portal.town.sql("SELECT row_to_json(a)::text FROM access_entry a WHERE act = 'share_made'")
    assert len(logged) == 1
    for (text,) in [*rows, *logged]:
        for secret in (code, code.encode().hex(), "应聘", PIN, "机械制图", "演示甲"):
            assert secret not in text
