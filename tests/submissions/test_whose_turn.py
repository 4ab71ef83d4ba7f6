"""Which file and which row comes after which, and whose record a row names."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank import clock
from creditbank.config import Settings
from creditbank.identifiers import new_id
from creditbank.jobs import Work
from creditbank.learners import probing
from creditbank.rules import Rulebook, load_packaged
from creditbank.sealing import Keyring
from creditbank.submissions import posting, staging
from tests.open_bank import person
from tests.records.town import course_row, entered, resident
from tests.submissions.bank import SubmittingBank, ndjson


def learner(number: int, **changes: Any) -> dict[str, Any]:
    name = f"演示{'甲乙丙丁戊己庚辛壬癸'[number % 10]}"
    document = {"kind": "resident_id", "number": resident(number)}
    return {"name": name, "document": document, "student_no": f"2023{number:04d}", **changes}


def job(bank: SubmittingBank, **about: Any) -> Work:
    things = {Settings: bank.settings, Keyring: bank.bank.keyring, Rulebook: load_packaged()}
    said = {name: str(value) for name, value in about.items()}
    return Work(bank.bank.database, new_id(), "test", "test", said, 1, clock.now(), things)


async def post(bank: SubmittingBank) -> None:
    await posting.post_submissions(job(bank, institution_id=bank.college.institution_id))


async def test_a_correction_waits_for_the_file_before_it_to_be_read(bank: SubmittingBank) -> None:
    first = await bank.send(ndjson(course_row(learner=learner(1), score="60")))
    second = await bank.send(ndjson(course_row(learner=learner(1), score="90")))
    await staging.read_submission(job(bank, submission_id=second))
    await post(bank)
    assert (await bank.read(second))["status"] == "queued", "the file that was completed before it comes first"
    await staging.read_submission(job(bank, submission_id=first))
    await post(bank)
    assert [(await bank.read(one))["counts"] for one in (first, second)] == [{"deposited": 1}, {"corrected": 1}]


async def test_a_file_that_is_refused_keeps_nobody_waiting(bank: SubmittingBank) -> None:
    first = await bank.send(b"\x89PNG\r\n\x1a\n" + bytes(100), name="成绩.xlsx")
    second = await bank.send(ndjson(course_row(learner=learner(1))))
    await staging.read_submission(job(bank, submission_id=second))
    await post(bank)
    await bank.work()
    assert (await bank.read(first))["status"] == "failed"
    assert (await bank.read(second))["status"] == "done"


async def test_what_waits_behind_a_paused_file_goes_on_when_that_is_cancelled(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "MISMATCHES", 1)
    await bank.submitted(ndjson(course_row(learner=learner(1))))
    for course in ("C101", "C102"):
        strange = course_row(learner=learner(1, name="演示别人"), course_code=course, term=2)
        held = await bank.submitted(ndjson(strange))
    assert held["status"] == "paused"
    behind = await bank.send(ndjson(course_row(learner=learner(2))))
    await bank.work()
    assert (await bank.read(behind))["status"] == "queued"
    path = f"/v1/submissions/{held['submission_id']}/cancellation"
    cancelled = (await bank.bank.call("POST", path, bank.client())).json()
    assert (cancelled["status"], cancelled["continue_at"], cancelled["problem"]) == ("cancelled", None, None)
    await bank.work()
    assert (await bank.read(behind))["counts"] == {"deposited": 1}


async def test_a_file_that_was_let_go_on_is_written_down_all_the_same(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "MISMATCHES", 1)
    await bank.submitted(ndjson(course_row(learner=learner(1))))
    await bank.submitted(ndjson(course_row(learner=learner(1, name="演示别人"), term=2)))
    held = await bank.submitted(ndjson(course_row(learner=learner(1, name="演示他人"), course_code="C102")))
    before = await bank.sql("SELECT count(*) FROM access_entry WHERE act = 'record_identities_differ'")
    path = f"/v1/submissions/{held['submission_id']}/continuation"
    assert (await bank.bank.call("POST", path, person("officer"))).status_code == 200
    await bank.work()
    assert (await bank.read(held["submission_id"]))["counts"] == {"held": 1}
    after = await bank.sql("SELECT count(*) FROM access_entry WHERE act = 'record_identities_differ'")
    assert after[0][0] == before[0][0] + 1


@pytest.mark.parametrize("apart", [False, True], ids=["in one chunk", "in two files"])
async def test_of_two_contents_under_one_key_the_later_holds_and_the_earlier_no_longer_waits(
    bank: SubmittingBank, apart: bool
) -> None:
    await bank.submitted(ndjson(entered(learner=learner(1))))
    wrong = course_row(learner=learner(1), credits="9")
    right = course_row(learner=learner(1), credits="3")
    for content in [ndjson(wrong), ndjson(right)] if apart else [ndjson(wrong, right)]:
        await bank.submitted(content)
    assert await bank.sql("SELECT status FROM held_row") == [("superseded",)]
    # The other way round: what was deposited stays, and what came after it waits for an officer.
    wrong_again = course_row(learner=learner(1), credits="8")
    for content in [ndjson(right), ndjson(wrong_again)] if apart else [ndjson(right, wrong_again)]:
        await bank.submitted(content)
    assert await bank.sql("SELECT status FROM held_row ORDER BY received_at") == [("superseded",), ("open",)]
    assert await bank.sql("SELECT count(*) FROM record_current WHERE kind = 'course_result'") == [(1,)]


def certificate(who: int, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "certificate", "learner": {**learner(who), "student_no": None}, "standard": "X-WEB",
        "level": "elementary", "number": f"13000000000000{who:02d}", "occurred_on": "2025-06-01", **changes,
    }  # fmt: skip


async def test_a_certificate_is_withdrawn_only_from_whom_the_row_names(bank: SubmittingBank) -> None:
    by = bank.client(bank.body)
    await bank.submitted(ndjson(certificate(1), certificate(2)), actor=by)
    one_digit_wrong = certificate(1, number=certificate(2)["number"], reason="误报")
    sent = await bank.submitted(ndjson(one_digit_wrong), actor=by, act="withdraw")
    assert sent["counts"] == {"refused": 1}
    (row,) = await bank.rows(sent["submission_id"], actor=by)
    assert row["problem"]["code"] == "record_to_withdraw_unknown"
    assert await bank.sql("SELECT count(*) FROM record_current") == [(2,)]
    sent = await bank.submitted(ndjson(certificate(2, reason="误报")), actor=by, act="withdraw")
    assert sent["counts"] == {"withdrawn": 1}
    assert await bank.sql("SELECT count(*) FROM record_current") == [(1,)]


async def test_a_reassigned_record_names_the_row_that_moved_it(bank: SubmittingBank) -> None:
    posted = await bank.submitted(ndjson(course_row(learner=learner(1)), course_row(learner=learner(2))))
    rows = await bank.rows(posted["submission_id"])
    moves = [{"record_id": new_id().hex, "learner": learner(3), "reason": "报错"},
             {"record_id": rows[1]["record_id"], "learner": learner(3), "reason": "报错"}]  # fmt: skip
    sent = await bank.submitted(ndjson(*moves), act="reassign")
    assert sent["counts"] == {"refused": 1, "reassigned": 1}
    found = await bank.sql("SELECT DISTINCT row_no FROM record_version WHERE submission_id = %s", sent["submission_id"])
    assert found == [(2,)]


async def test_a_record_that_its_new_owner_has_already_stays_where_it_is_and_the_row_says_so(
    bank: SubmittingBank,
) -> None:
    posted = await bank.submitted(ndjson(course_row(learner=learner(1)), course_row(learner=learner(2))))
    rows = await bank.rows(posted["submission_id"])
    move = {"record_id": rows[1]["record_id"], "learner": learner(1), "reason": "报错"}
    sent = await bank.submitted(ndjson(move), act="reassign")
    (row,) = await bank.rows(sent["submission_id"])
    assert (row["outcome"], row["problem"]["code"]) == ("refused", "key_is_another_record")


async def test_a_dry_run_knows_courses_that_only_a_plan_has(bank: SubmittingBank) -> None:
    async with bank.bank.database.session() as session:
        from creditbank.db import driver

        await (await driver(session)).execute("UPDATE course SET valid_until = '2001-01-01' WHERE code = 'C101'")
    await bank.submitted(ndjson(entered(learner=learner(1))))
    row = course_row(learner=learner(1))
    tried = await bank.submitted(ndjson(row, {**row, "course_code": "NONE"}), dry_run=True)
    assert tried["counts"] == {"acceptable": 1, "refused": 1}
    assert (await bank.submitted(ndjson(row)))["counts"] == {"deposited": 1}


async def test_what_is_held_or_tried_out_says_in_the_open_only_a_code(bank: SubmittingBank) -> None:
    shifted = {
        "kind": "training", "learner": learner(1), "title": "演示张三丰", "hours": "8", "started_on": "2026-03-02",
        "occurred_on": "2026-03-02",
    }  # fmt: skip
    await bank.submitted(ndjson(shifted), dry_run=True)
    await bank.submitted(ndjson(course_row(learner=learner(1))))
    await bank.submitted(ndjson({**shifted, "learner": learner(1, name="演示别人")}))
    assert await bank.sql("SELECT about FROM submission_row WHERE outcome <> 'deposited'") == [(None,), (None,)]
