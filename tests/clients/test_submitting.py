"""A file on its way to the bank: cut off, killed, throttled, changed; and what is kept until it has arrived."""

from __future__ import annotations

import hashlib
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from creditbank_client import (
    Client,
    Conflict,
    FileChanged,
    FileEmpty,
    NotReached,
    PositionFile,
    Preview,
    Progress,
    Refused,
    Throttled,
)
from tests.clients.fake_bank import REPORT, FakeBank, Killed, Send, problem

GOOD = "good 1\ngood 2\nbad 3\nheld 4\ngood 5\n"


@pytest.fixture
def bank() -> FakeBank:
    return FakeBank()


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "成绩.csv"
    path.write_text(GOOD)
    return path


def state_of(sheet: Path) -> Path:
    return sheet.with_name(f".{sheet.name}.creditbank.json")


def killed(request: httpx.Request, send: Send) -> httpx.Response:
    raise Killed


def killed_after(request: httpx.Request, send: Send) -> httpx.Response:
    send(request)
    raise Killed


def cut_before(request: httpx.Request, send: Send) -> httpx.Response:
    raise httpx.WriteError("broken pipe", request=request)


def cut_after(request: httpx.Request, send: Send) -> httpx.Response:
    send(request)
    raise httpx.ReadError("cut off", request=request)


# --- all goes well --------------------------------------------------------------------------------------------------


def test_a_file_goes_in_parts_and_comes_back_with_counts_and_its_report_beside_it(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client:
        outcome = client.submit(sheet, part_size=10)
    assert bank.parts_sent() == [1, 2, 3, 4]
    assert dict(outcome.submission.counts) == {"deposited": 3, "refused": 1, "held": 1}
    assert not outcome.all_taken
    assert outcome.submission.attention == 2
    assert outcome.report == sheet.with_name("成绩.报送结果.xlsx")
    assert outcome.report.read_bytes() == REPORT
    assert sorted(path.name for path in sheet.parent.iterdir()) == ["成绩.csv", "成绩.报送结果.xlsx"]


def test_the_bank_is_told_what_is_wanted_before_any_of_it_comes(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client:
        client.submit(sheet, act="withdraw", dry_run=True, kind="course_result", reason="重复报送")
    (created,) = bank.asked("POST", "/v1/submissions")
    assert json.loads(created.content) == {
        "file_name": "成绩.csv", "size": len(GOOD), "sha256": hashlib.sha256(GOOD.encode()).hexdigest(),
        "act": "withdraw", "dry_run": True, "kind": "course_result", "reason": "重复报送",
    }  # fmt: skip


def test_the_same_file_again_is_unchanged_and_all_taken_once_nothing_is_refused(bank: FakeBank, sheet: Path) -> None:
    sheet.write_text("good 1\ngood 2\n")
    with bank.client() as client:
        assert client.submit(sheet).all_taken
        again = client.submit(sheet)
    assert dict(again.submission.counts) == {"unchanged": 2}
    assert again.all_taken
    assert len(bank.submissions) == 2


def test_progress_counts_the_bytes_and_then_the_rows(bank: FakeBank, sheet: Path) -> None:
    seen: list[Progress] = []
    with bank.client() as client:
        client.submit(sheet, part_size=10, progress=seen.append)
    sent = [one.done for one in seen if one.stage == "sending"]
    assert sent == [0, 10, 20, 30, len(GOOD)]
    assert [one.stage for one in seen if one.stage != "sending"] == ["reading", "reading", "queued", "running", "done"]
    assert (seen[-1].done, seen[-1].total) == (5, 5)


def test_looking_at_a_submission_slows_down_and_never_hurries(bank: FakeBank, sheet: Path) -> None:
    waits: list[float] = []
    with bank.client(sleep=waits.append) as client:
        submission_id = client.submit(sheet, wait=False).submission.submission_id
        bank.stages[submission_id] = ["running"] * 20 + ["done"]
        client.submit(sheet)
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(0.2)
    assert waits[-1] == pytest.approx(2.0)


def test_a_report_that_somebody_may_be_mending_is_never_written_over(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client:
        first = client.submit(sheet).report
        assert first is not None
        first.write_text("mended by hand\n")
        second = client.submit(first).report
        third = client.submit(sheet).report
        trial = client.submit(sheet, dry_run=True).report
        from_trial = client.submit(trial or "").report
    assert first.read_text() == "mended by hand\n"
    assert [path.name for path in (second, third, trial, from_trial) if path is not None] == [
        "成绩.报送结果.2.xlsx", "成绩.报送结果.3.xlsx", "成绩.试报结果.xlsx", "成绩.报送结果.4.xlsx",
    ]  # fmt: skip


def test_outcomes_are_read_page_after_page_and_carry_cell_faults_and_findings(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client:
        submission_id = client.submit(sheet).submission.submission_id
        assert [row.row for row in client.submission_rows(submission_id)] == [1, 2, 3, 4, 5]
        refused, held = client.submission_rows(submission_id, outcomes=("refused", "held"))
    assert held.held
    assert refused.refused
    assert isinstance(refused.problem, Refused)
    assert refused.problem.faults[0]["zh"] == "过高"
    assert refused.problem.findings == [{"clause": "3.2", "verdict": "not_met"}]
    assert (refused.sheet, refused.cells[0].cell, refused.cells[0].header) == ("成绩", "F3", "总成绩")


def test_a_submission_says_its_instants_with_their_zone(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client:
        outcome = client.submit(sheet)
        (listed,) = client.submissions()
    assert outcome.submission.finished_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert listed == outcome.submission


# --- killed, cut off ------------------------------------------------------------------------------------------------


def test_the_key_is_on_the_disk_before_it_is_sent_and_nothing_secret_with_it(bank: FakeBank, sheet: Path) -> None:
    found: dict[str, Any] = {}

    def look(request: httpx.Request, send: Send) -> httpx.Response:
        assert stat.S_IMODE(state_of(sheet).stat().st_mode) == 0o600
        found.update(json.loads(state_of(sheet).read_text()), sent=request.headers["Idempotency-Key"])
        raise Killed

    bank.troubles = [look]
    with bank.client() as client, pytest.raises(Killed):
        client.submit(sheet)
    assert found["key"] == found["sent"]
    assert (found["base_url"], found["submission_id"]) == ("https://bank.example", None)
    assert found["sha256"] == hashlib.sha256(GOOD.encode()).hexdigest()
    assert "secret" not in state_of(sheet).read_text()


@pytest.mark.parametrize("after", range(11))
@pytest.mark.parametrize("trouble", [killed, killed_after])
def test_whenever_the_program_is_killed_the_next_one_goes_on_with_the_same_submission(
    sheet: Path, after: int, trouble: Any
) -> None:
    bank = FakeBank(*[None] * after, trouble)
    with bank.client() as client, pytest.raises(Killed):
        client.submit(sheet, part_size=10)
    with bank.client() as client:
        outcome = client.submit(sheet, part_size=7)
    assert len(bank.submissions) == 1, "nothing was begun twice"
    assert dict(outcome.submission.counts) == {"deposited": 3, "refused": 1, "held": 1}
    assert outcome.report is not None
    assert not state_of(sheet).exists()
    lost = trouble is killed and 1 <= after <= 4
    assert sorted(set(bank.parts_sent())) == [1, 2, 3, 4]
    assert len(bank.parts_sent()) == (5 if lost else 4), "no part that the bank had was sent again"


def test_a_line_that_breaks_while_a_part_is_sent_sends_that_part_again_under_its_number(
    bank: FakeBank, sheet: Path
) -> None:
    bank.troubles = [None, None, cut_before, cut_after]
    with bank.client() as client:
        outcome = client.submit(sheet, part_size=10)
    assert bank.parts_sent() == [1, 2, 2, 2, 3, 4]
    assert outcome.submission.status == "done"


def test_a_line_that_stays_broken_at_99_percent_costs_the_last_part_only(bank: FakeBank, sheet: Path) -> None:
    bank.troubles = [None, None, None, None, *[cut_before] * 6]
    with bank.client() as client:
        with pytest.raises(NotReached):
            client.submit(sheet, part_size=10)
        assert bank.parts_sent()[3:] == [4] * 6
        outcome = client.submit(sheet, part_size=10)
    assert bank.parts_sent()[9:] == [4]
    assert outcome.submission.status == "done"
    assert len(bank.submissions) == 1


def test_the_creation_whose_answer_was_lost_is_found_again_by_its_key(bank: FakeBank, sheet: Path) -> None:
    bank.troubles = [cut_after]
    with bank.client() as client:
        client.submit(sheet)
    keys = {request.headers["Idempotency-Key"] for request in bank.asked("POST", "/v1/submissions")}
    assert len(keys) == 1
    assert len(bank.submissions) == 1


def test_a_throttled_part_waits_as_long_as_it_is_told(bank: FakeBank, sheet: Path) -> None:
    waits: list[float] = []

    def throttled(request: httpx.Request, send: Send) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "7"}, json={"code": "too_many_requests"})

    bank.troubles = [None, throttled]
    with bank.client(sleep=waits.append) as client:
        client.submit(sheet, part_size=10)
    assert waits[0] == 7
    assert bank.parts_sent() == [1, 1, 2, 3, 4]


def test_a_wait_beyond_ones_patience_keeps_what_was_begun(bank: FakeBank, sheet: Path) -> None:
    def throttled(request: httpx.Request, send: Send) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "3600"}, json={"code": "too_many_requests"})

    bank.troubles = [None, None, throttled]
    with bank.client() as client:
        with pytest.raises(Throttled) as told:
            client.submit(sheet, part_size=10)
        assert told.value.retry_after == 3600
        assert client.submit(sheet, part_size=10).submission.status == "done"
    assert len(bank.submissions) == 1


def test_a_token_that_ends_between_two_parts_is_replaced(bank: FakeBank, sheet: Path) -> None:
    def ended(request: httpx.Request, send: Send) -> httpx.Response:
        bank.forget_tokens()
        return send(request)

    bank.troubles = [None, None, ended]
    with bank.client() as client:
        assert client.submit(sheet, part_size=10).submission.status == "done"
    assert bank.parts_sent() == [1, 2, 2, 3, 4]


def test_a_report_that_breaks_off_is_fetched_again_and_never_left_half(bank: FakeBank, sheet: Path) -> None:
    class Half(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield REPORT + b"and much that is not of it"
            raise httpx.ReadError("cut off")

    def half(request: httpx.Request, send: Send) -> httpx.Response:
        assert request.url.path.endswith("/report.xlsx")
        return httpx.Response(200, stream=Half())

    with bank.client() as client:
        submission_id = client.submit(sheet, report=False).submission.submission_id
        path = sheet.with_name("out.xlsx")
        path.write_text("before")
        bank.troubles = [half, half]
        assert client.save_report(submission_id, path).read_bytes() == REPORT
        bank.troubles = [half] * 6
        with pytest.raises(NotReached):
            client.save_report(submission_id, path, only="attention")
        assert path.read_bytes() == REPORT, "the one from before is still there"
        client.save_report(submission_id, path, only="attention")
        assert path.read_bytes() == REPORT + b"only=attention"
    assert sorted(one.name for one in sheet.parent.iterdir()) == ["out.xlsx", "成绩.csv"]


def test_of_a_file_too_long_for_a_workbook_the_rows_that_need_attention_are_saved(bank: FakeBank, sheet: Path) -> None:
    def too_large(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.endswith("/report.xlsx") and not request.url.query:
            return problem(409, "report_too_large", "超出一份工作簿")
        return send(request)

    bank.troubles = [too_large] * 20
    with bank.client() as client:
        report = client.submit(sheet).report
    assert report is not None
    assert report.read_bytes() == REPORT + b"only=attention"
    assert not state_of(sheet).exists()


# --- what makes it another submission -------------------------------------------------------------------------------


def begun_and_killed(bank: FakeBank, sheet: Path) -> None:
    bank.troubles = [None, None, killed]
    with bank.client() as client, pytest.raises(Killed):
        client.submit(sheet, part_size=10)
    assert state_of(sheet).exists()


def test_a_changed_file_begins_a_new_submission(bank: FakeBank, sheet: Path) -> None:
    begun_and_killed(bank, sheet)
    sheet.write_text("good 1\n")
    with bank.client() as client:
        assert dict(client.submit(sheet).submission.counts) == {"deposited": 1}
    assert len(bank.submissions) == 2


@pytest.mark.parametrize("otherwise", [{"dry_run": True}, {"act": "withdraw"}, {"kind": "award"}, {"resume": False}])
def test_the_same_file_asked_for_otherwise_is_another_submission(
    bank: FakeBank, sheet: Path, otherwise: dict[str, Any]
) -> None:
    begun_and_killed(bank, sheet)
    with bank.client() as client:
        client.submit(sheet, **otherwise)
    assert len(bank.submissions) == 2


def test_another_bank_is_never_sent_what_was_begun_elsewhere(bank: FakeBank, sheet: Path) -> None:
    begun_and_killed(bank, sheet)
    other = FakeBank()
    elsewhere = Client("https://other.example", "a", "b", transport=other.transport, sleep=lambda _: None)
    with elsewhere as client:
        client.submit(sheet)
    (created,) = other.asked("POST", "/v1/submissions")
    assert created.headers["Idempotency-Key"] not in bank.answers
    (submission_id,) = bank.submissions
    assert all(submission_id not in request.url.path for request in other.requests)


@pytest.mark.parametrize("status", ["cancelled", "failed", "expired", None])
def test_what_was_begun_and_can_come_to_nothing_is_begun_anew(bank: FakeBank, sheet: Path, status: str | None) -> None:
    begun_and_killed(bank, sheet)
    (submission_id,) = bank.submissions
    if status is None:
        del bank.submissions[submission_id]
    else:
        bank.submissions[submission_id]["status"] = status
    with bank.client() as client:
        outcome = client.submit(sheet)
    assert outcome.submission.submission_id != submission_id
    assert outcome.submission.status == "done"


def test_a_bank_that_takes_no_new_file_now_keeps_what_was_begun(bank: FakeBank, sheet: Path) -> None:
    bank.troubles = [killed, lambda request, send: problem(409, "too_many_unfinished_submissions", "已有太多")]
    with bank.client() as client, pytest.raises(Killed):
        client.submit(sheet)
    kept = state_of(sheet).read_text()
    with bank.client() as client:
        with pytest.raises(Conflict):
            client.submit(sheet)
        assert state_of(sheet).read_text() == kept
        assert client.submit(sheet).submission.status == "done"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"key": "x"}', "null"])
def test_a_state_file_that_says_nothing_is_as_good_as_none(bank: FakeBank, sheet: Path, kept: str) -> None:
    state_of(sheet).write_text(kept)
    with bank.client() as client:
        assert client.submit(sheet).submission.status == "done"


def test_a_file_that_is_changed_while_it_is_sent_is_never_read(bank: FakeBank, sheet: Path) -> None:
    def saved(request: httpx.Request, send: Send) -> httpx.Response:
        sheet.write_text(GOOD.replace("good 5", "good 6"))
        return send(request)

    bank.troubles = [None, None, saved]
    with bank.client() as client:
        with pytest.raises(FileChanged):
            client.submit(sheet, part_size=10)
        assert bank.asked("POST", ".*/completion") == []
        assert client.submit(sheet, part_size=10).submission.status == "done"
    assert bank.deposited == {"good 1", "good 2", "good 6"}


def test_a_part_that_differs_is_said_once_and_the_next_attempt_begins_anew(bank: FakeBank, sheet: Path) -> None:
    begun_and_killed(bank, sheet)
    (submission_id,) = bank.submissions
    bank.parts[submission_id] = {2: b"something else"}
    bank.submissions[submission_id]["received"] = {"parts": [], "bytes": 0}
    with bank.client() as client:
        with pytest.raises(Conflict) as differs:
            client.submit(sheet)
        assert differs.value.code == "part_differs"
        assert client.submit(sheet).submission.status == "done"


def test_two_programs_with_one_file_come_to_one_end(bank: FakeBank, sheet: Path) -> None:
    def meanwhile(request: httpx.Request, send: Send) -> httpx.Response:
        with bank.client() as other:
            assert other.submit(sheet).submission.status == "done"
        return send(request)

    bank.troubles = [None, None, meanwhile]
    with bank.client() as client:
        assert client.submit(sheet, part_size=10).submission.status == "done"
    assert len(bank.submissions) == 1
    assert bank.deposited == {"good 1", "good 2", "good 5"}


def test_a_file_that_is_refused_before_it_is_sent_leaves_no_state(bank: FakeBank, sheet: Path) -> None:
    def too_large(request: httpx.Request, send: Send) -> httpx.Response:
        return problem(413, "file_too_large", "文件超过上限")

    bank.troubles = [too_large]
    with bank.client() as client, pytest.raises(Refused) as refused:
        client.submit(sheet)
    assert refused.value.code == "file_too_large"
    assert not state_of(sheet).exists()


def test_an_empty_file_is_not_sent(bank: FakeBank, sheet: Path) -> None:
    sheet.write_bytes(b"")
    with bank.client() as client, pytest.raises(FileEmpty):
        client.submit(sheet)
    assert bank.requests == []


def test_state_and_report_go_elsewhere_where_the_files_folder_cannot_be_written(
    bank: FakeBank, sheet: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "else"
    folder.mkdir()
    begun = bank.client()
    bank.troubles = [None, killed]
    with begun as client, pytest.raises(Killed):
        client.submit(sheet, folder=folder)
    assert not state_of(sheet).exists()
    with bank.client() as client:
        outcome = client.submit(sheet, folder=folder)
    assert [path.name for path in folder.iterdir()] == ["成绩.报送结果.xlsx"]
    assert outcome.report == folder / "成绩.报送结果.xlsx"
    assert len(bank.submissions) == 1


def test_a_name_as_long_as_names_can_be_has_state_and_report(bank: FakeBank, tmp_path: Path) -> None:
    sheet = tmp_path / ("绩" * 83 + ".csv")
    sheet.write_text("good 1\n")
    with bank.client() as client:
        report = client.submit(sheet).report
    assert report is not None
    assert report.name.endswith("绩.报送结果.xlsx")


def test_a_part_is_no_larger_than_the_bank_takes(bank: FakeBank, sheet: Path) -> None:
    with bank.client() as client, pytest.raises(ValueError, match="8388608"):
        client.submit(sheet, part_size=(8 << 20) + 1)


# --- where a person is needed ---------------------------------------------------------------------------------------


def test_a_file_that_needs_a_mapping_comes_back_and_goes_on_when_it_is_said(bank: FakeBank, sheet: Path) -> None:
    sheet.write_text("? 学号\ngood 1\n")
    with bank.client() as client:
        waiting = client.submit(sheet)
        assert waiting.submission.needs_mapping
        assert waiting.state_file == state_of(sheet)
        assert state_of(sheet).exists()
        submission_id = waiting.submission.submission_id
        assert client.preview(submission_id).proposed == bank.proposed
        outcome = client.submit(sheet, mapping={"columns": "mine"})
    assert bank.mappings == {submission_id: {"columns": "mine"}}
    assert outcome.submission.submission_id == submission_id
    assert outcome.submission.status == "done"
    assert not state_of(sheet).exists()


def test_a_function_may_look_at_the_preview_and_say_the_mapping(bank: FakeBank, sheet: Path) -> None:
    sheet.write_text("? 学号\n")

    def choose(preview: Preview) -> Any:
        return preview.proposed

    with bank.client() as client:
        bank.questions = ["which is the score?"]
        assert client.submit(sheet, mapping=choose).submission.needs_mapping
        bank.questions = []
        assert client.submit(sheet, mapping=choose).submission.status == "done"


def test_a_mapping_that_does_not_help_is_not_confirmed_for_ever(bank: FakeBank, sheet: Path) -> None:
    sheet.write_text("? 学号\n")

    def again(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send(request)
        if request.url.path.endswith("/mapping"):
            (submission_id,) = bank.submissions
            bank.stages[submission_id] = ["needs_mapping"]
        return answer

    bank.troubles = [again] * 20
    with bank.client() as client:
        assert client.submit(sheet, mapping={"columns": "wrong"}).submission.needs_mapping
    assert len(bank.asked("PUT", ".*/mapping")) == 1


def test_a_paused_submission_comes_back_and_is_followed_again_later(bank: FakeBank, sheet: Path) -> None:
    bank.pause = True
    with bank.client() as client:
        paused = client.submit(sheet)
        assert paused.submission.status == "paused"
        assert not paused.submission.ended
        assert client.submit(sheet).submission.status == "done"
    assert len(bank.submissions) == 1


def test_a_file_refused_as_a_whole_is_an_outcome_with_its_problem(bank: FakeBank, sheet: Path) -> None:
    sheet.write_text("! a photo\n")
    with bank.client() as client:
        outcome = client.submit(sheet)
    assert outcome.submission.status == "failed"
    assert outcome.submission.problem is not None
    assert outcome.submission.problem.detail_zh == "这不是表格"
    assert outcome.report is None
    assert not state_of(sheet).exists()


# --- a saved position -----------------------------------------------------------------------------------------------


def test_a_position_outlives_the_program(tmp_path: Path) -> None:
    position = PositionFile(tmp_path / "position")
    assert position.load() == 0
    position.save(41)
    position.save(42)
    assert PositionFile(str(tmp_path / "position")).load() == 42
    assert [path.name for path in tmp_path.iterdir()] == ["position"]


def test_a_position_that_cannot_be_written_leaves_the_one_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = PositionFile(tmp_path / "position")
    position.save(41)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        position.save(42)
    assert position.load() == 41
    assert [path.name for path in tmp_path.iterdir()] == ["position"]


@pytest.mark.parametrize("said", ["", "42x", "[]", '{"position": true}', '{"position": -1}', '{"position": "7"}'])
def test_a_file_without_a_position_is_an_error_and_not_the_beginning(tmp_path: Path, said: str) -> None:
    (tmp_path / "position").write_text(said)
    with pytest.raises(ValueError, match="holds no position"):
        PositionFile(tmp_path / "position").load()
