"""The command line: what it prints and where, the status it ends with, and what it keeps."""

from __future__ import annotations

import io
import json
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

import httpx
import pytest

import creditbank_client
from creditbank_client.command import main
from tests.clients.fake_bank import REPORT, FakeBank, Send, problem

SIGNED_IN = {
    "CREDITBANK_BASE_URL": "https://bank.example",
    "CREDITBANK_CLIENT_ID": "college",
    "CREDITBANK_CLIENT_SECRET": "hush",
}
GOOD = "good 1\ngood 2\n"
MIXED = "good 1\nbad 2\nheld 3\nbad 4\n"


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


Run = Callable[..., int]


@pytest.fixture
def bank() -> FakeBank:
    return FakeBank()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**SIGNED_IN, "XDG_CONFIG_HOME": str(tmp_path / "config"), "LANG": "zh_CN.UTF-8"}


@pytest.fixture
def run(bank: FakeBank, environ: dict[str, str]) -> Run:
    def command(*said: str | Path, **more: Any) -> int:
        given = {"environ": environ, "transport": bank.transport, "sleep": lambda _: None, **more}
        return main([str(one) for one in said], **given)

    return command


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheets" / "成绩.csv"
    path.parent.mkdir()
    path.write_text(GOOD)
    return path


def state_of(sheet: Path) -> Path:
    return sheet.with_name(f".{sheet.name}.creditbank.json")


def unreachable(request: httpx.Request, send: Send) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def interrupted(request: httpx.Request, send: Send) -> httpx.Response:
    raise KeyboardInterrupt


def said_no(status: int, code: str) -> Any:
    return lambda request, send: problem(status, code, "不行", "no")


# --- what a status says ---------------------------------------------------------------------------------------------


def test_a_file_that_is_taken_whole_ends_with_0_and_again_with_0(
    run: Run, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("submit", sheet) == 0
    assert capsys.readouterr().out.splitlines() == [
        "成绩.csv：已完成，2 行", "  存入 2", f"报送结果：{sheet.with_name('成绩.报送结果.xlsx')}",
    ]  # fmt: skip
    assert run("submit", sheet) == 0
    assert "  未变 2" in capsys.readouterr().out


def test_refused_and_held_rows_end_with_1_and_are_printed_with_cell_code_and_sentence(
    run: Run, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text(MIXED)
    assert run("submit", sheet, "--show", "2") == 1
    assert capsys.readouterr().out.splitlines()[1:-1] == [
        "  存入 1，待核 1，不予受理 2",
        "  成绩!F2  不予受理  score_out_of_range  成绩超出范围",
        "  成绩!第 3 行  待核",
        "  另有 1 行",
    ]
    assert run("submit", sheet, "--language", "en", "--no-report") == 1
    assert "  成绩!F2  refused  score_out_of_range  The score is too high" in capsys.readouterr().out
    assert [path.name for path in sorted(sheet.parent.iterdir())] == ["成绩.csv", "成绩.报送结果.xlsx"]


@pytest.mark.parametrize(
    "said", [[], ["submit"], ["submit", "x.csv", "--withdraw", "--reassign"], ["submit", "x.csv", "--part-size", "9"],
             ["submit", "no such file.csv"], ["withdraw", "1"], ["lgoin"]],
)  # fmt: skip
def test_what_cannot_be_meant_ends_with_2(run: Run, said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*said) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err


def test_a_file_that_needs_a_mapping_ends_with_3_and_says_how_to_go_on(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text("? 学号\n")
    assert run("submit", sheet) == 3
    mapping = sheet.with_name("成绩.列对应.json")
    assert json.loads(mapping.read_text()) == bank.proposed
    err = capsys.readouterr().err
    assert f"creditbank-client submit {quote(str(sheet))} --mapping {quote(str(mapping))}" in err
    assert "A   学号  学号  20230001" in err
    mapping.write_text('{"sheets": "mended"}')
    assert run("submit", sheet) == 3
    assert mapping.read_text() == '{"sheets": "mended"}', "what a person mended is not written over"
    assert run("submit", sheet, "--mapping", mapping) == 0
    assert list(bank.mappings.values()) == [{"sheets": "mended"}]
    assert len(bank.submissions) == 1


@pytest.mark.parametrize(("status", "code"), [(409, "mapping_does_not_fit"), (422, "malformed")])
def test_a_mapping_that_does_not_fit_ends_with_3_and_may_be_mended(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str], status: int, code: str
) -> None:
    sheet.write_text("? 学号\n")
    mapping = sheet.with_name("mapping.json")
    mapping.write_text('{"sheets": []}')

    def does_not_fit(request: httpx.Request, send: Send) -> httpx.Response:
        return problem(status, code, "缺少学号一列") if request.url.path.endswith("/mapping") else send(request)

    bank.troubles = [does_not_fit] * 20
    assert run("submit", sheet, "--mapping", mapping) == 3
    assert "缺少学号一列" in capsys.readouterr().err
    bank.troubles = []
    assert run("submit", sheet, "--mapping", mapping) == 0
    assert len(bank.submissions) == 1


def test_yes_confirms_a_proposal_without_questions_and_no_other(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text("? 学号\n")
    bank.questions = [{"code": "which", "zh": "哪一列是成绩？", "en": "which is the score?"}]
    assert run("submit", sheet, "--yes") == 3
    assert "? 哪一列是成绩？" in capsys.readouterr().err
    draft = json.loads(sheet.with_name("成绩.列对应.json").read_text())
    assert draft == {"act": "report", "sheets": bank.proposed["sheets"]}, "what a person may complete"
    bank.questions, bank.faults = (
        [],
        [{"code": "moved", "severity": "ask", "zh": "表头有变动", "en": "headers changed"}],
    )
    assert run("submit", sheet, "--yes") == 3
    assert "! 表头有变动" in capsys.readouterr().err
    bank.faults[0]["severity"] = "tell"
    assert run("submit", sheet, "--yes") == 0
    assert list(bank.mappings.values()) == [bank.proposed]


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("是\n", 0), ("n\n", 3), ("", 3)])
def test_at_a_terminal_the_proposal_and_the_first_rows_are_shown_and_asked_about(
    run: Run, bank: FakeBank, sheet: Path, monkeypatch: pytest.MonkeyPatch, typed: str, status: int
) -> None:
    sheet.write_text("? 学号\n")
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run("submit", sheet) == status
    shown = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "[y/n]" in shown
    assert "演示某  1399************14  86" in shown
    assert "139900199001010014" not in shown
    assert len(bank.mappings) == (status == 0)


def test_a_file_refused_as_a_whole_ends_with_4(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text("! photo\n")
    assert run("submit", sheet) == 4
    assert "not_a_spreadsheet: 这不是表格" in capsys.readouterr().out
    bank.troubles = [said_no(413, "file_too_large")]
    assert run("submit", sheet) == 4
    assert "file_too_large: 不行" in capsys.readouterr().err
    sheet.write_bytes(b"")
    assert run("submit", sheet) == 4
    assert not state_of(sheet).exists()


@pytest.mark.parametrize(("status", "code"), [(401, "not_signed_in"), (403, "not_allowed"), (404, "not_found")])
def test_who_may_not_ends_with_5(run: Run, bank: FakeBank, status: int, code: str) -> None:
    bank.troubles = [said_no(status, code)] * 2
    assert run("status") == 5


def test_who_never_signed_in_is_told_to(run: Run, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    del environ["CREDITBANK_CLIENT_SECRET"]
    assert run("status") == 5
    assert "creditbank-client login" in capsys.readouterr().err


def test_a_bank_that_is_not_reached_ends_with_6_and_the_same_command_goes_on(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank.troubles = [None, *[unreachable] * 6]
    assert run("submit", sheet) == 6
    assert "再运行同一命令" in capsys.readouterr().err
    assert state_of(sheet).exists()
    assert run("submit", sheet) == 0
    assert len(bank.submissions) == 1


def test_a_paused_submission_ends_with_6_until_it_goes_on(run: Run, bank: FakeBank, sheet: Path) -> None:
    bank.pause = True
    assert run("submit", sheet) == 6
    assert run("submit", sheet) == 0


def test_an_interruption_ends_with_130_and_says_the_command_that_goes_on(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank.troubles = [None, interrupted]
    assert run("submit", sheet, "--kind", "course_result") == 130
    assert f"creditbank-client submit {quote(str(sheet))} --kind course_result" in capsys.readouterr().err
    assert run("submit", sheet, "--kind", "course_result") == 0
    assert len(bank.submissions) == 1


def test_every_status_is_explained_in_the_help(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    help_text = capsys.readouterr().out
    for status in ("0", "1", "2", "3", "4", "5", "6", "130"):
        assert f"  {status:>3}  " in help_text


# --- for programs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status"), [(GOOD, 0), (MIXED, 1), ("? 学号\n", 3), ("! photo\n", 4)],
)  # fmt: skip
def test_json_stands_alone_on_standard_output(
    run: Run, sheet: Path, capsys: pytest.CaptureFixture[str], content: str, status: int
) -> None:
    sheet.write_text(content)
    assert run("submit", sheet, "--json") == status
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert said["exit_status"] == status
    assert said["submission"]["file_name"] == "成绩.csv"
    assert len(said["attention"]) == (3 if status == 1 else 0)
    assert (said["preview"] is not None) == (status == 3)


def test_an_error_is_a_document_too_with_all_that_the_bank_said(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(request: httpx.Request, send: Send) -> httpx.Response:
        faults = [{"pointer": "/kind", "zh": "没有这种成果", "en": "no such kind"}]
        return problem(422, "malformed", "内容格式不符合要求", faults=faults)

    bank.troubles = [refused]
    assert run("--json", "submit", sheet) == 4
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["error"]["code"], said["error"]["faults"][0]["pointer"]) == ("malformed", "/kind")
    assert "/kind  没有这种成果" in err


def test_the_other_commands_say_json_too(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sheet.parent)
    run("submit", sheet, "--json")
    submission_id = json.loads(capsys.readouterr().out)["submission"]["submission_id"]
    for said in (
        ["status"], ["status", submission_id], ["cancel", submission_id], ["withdraw", "r1", "--reason", "错"],
        ["withdraw", "gone", "--reason", "错"], ["report", submission_id],
        ["reconciliation", "--year", "2023-2024", "--term", "1"], ["login"],
    ):  # fmt: skip
        run(*said, "--json")
        (line,) = capsys.readouterr().out.splitlines()
        assert isinstance(json.loads(line), dict), said


def test_no_bar_is_drawn_where_nobody_sits(run: Run, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("submit", sheet) == 0
    assert capsys.readouterr().err == ""


def test_at_a_terminal_a_bar_shows_bytes_then_rows_and_is_taken_away(
    run: Run, sheet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run("submit", sheet, "--json") == 0
    drawn = sys.stderr.getvalue().split("\r\x1b[K")  # type: ignore[attr-defined]
    assert drawn[1].startswith("上传 ░")
    assert any("MB" in line and "█" * 24 in line for line in drawn)
    assert drawn[-2].endswith("2/2 存入 2")
    assert drawn[-1] == ""
    assert "\r" not in capsys.readouterr().out


def test_nothing_out_of_a_file_moves_the_cursor(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def evil(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send(request).json()
        for submission in answer["submissions"]:
            submission["file_name"] = "\x1b[2J成绩\u202e.csv"
        return httpx.Response(200, json=answer)

    run("submit", sheet)
    bank.troubles = [evil]
    capsys.readouterr()
    assert run("status") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out


# --- signing in -----------------------------------------------------------------------------------------------------


def test_login_keeps_the_secret_for_one_user_and_says_it_nowhere(
    run: Run, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    for name in SIGNED_IN:
        del environ[name]
    asked = ["--base-url", "https://bank.example", "--client-id", "college", "--secret-file", str(secret)]
    assert run("login", *asked) == 0
    kept = tmp_path / "config" / "creditbank" / "client.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert json.loads(kept.read_text())["client_secret"] == "hush"
    assert "hush" not in "".join(capsys.readouterr())
    assert run("status") == 0


def test_login_asks_for_what_it_was_not_told_and_does_not_show_the_secret(
    run: Run, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SIGNED_IN:
        del environ[name]
    monkeypatch.setattr(sys, "stdin", Terminal("https://bank.example\ncollege\n"))
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "hush")
    assert run("login", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["identity"] == {"institution_id": "1", "scope": "all"}
    assert "学分银行地址" in err


def test_a_secret_that_is_refused_is_not_kept(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def no(request: httpx.Request) -> httpx.Response:
        said = {"error": "invalid_client", "error_description": "wrong", "error_description_zh": "密钥不正确"}
        return httpx.Response(401, json=said)

    assert run("login", transport=httpx.MockTransport(no)) == 5
    assert "invalid_client: 密钥不正确" in capsys.readouterr().err
    assert not (tmp_path / "config").exists()


def test_an_address_that_is_not_encrypted_is_remarked_on(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("login", "--base-url", "http://bank.example") == 0
    assert "http" in capsys.readouterr().err
    assert run("login", "--base-url", "http://127.0.0.1:8000") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("address", ["bank.example", "ftp://bank.example", "https://bank.example:no"])
def test_an_address_that_is_none_ends_with_2(run: Run, address: str) -> None:
    assert run("login", "--base-url", address) == 2


def test_the_language_is_english_where_the_machine_is(
    run: Run, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for place, word in (("en_US.UTF-8", "status"), ("C.UTF-8", "状态"), ("", "状态")):
        environ["LANG"] = place
        assert run("status") == 0
        assert word in capsys.readouterr().out
    environ["LC_ALL"] = "en_GB.UTF-8"
    assert run("status", "--language", "zh") == 0
    assert "状态" in capsys.readouterr().out


# --- the other commands ---------------------------------------------------------------------------------------------


def test_status_ends_as_the_submission_did(run: Run, bank: FakeBank, sheet: Path) -> None:
    sheet.write_text(MIXED)
    assert run("submit", sheet, "--no-wait") == 0
    (submission_id,) = bank.submissions
    assert run("status", submission_id) == 6
    assert run("submit", sheet) == 1
    assert run("status", submission_id) == 1
    assert run("status", "no-such-id") == 5


def test_status_shows_the_newest_first_however_many_pages_there_are(
    run: Run, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        sheet.write_text(f"good {number}\n")
        run("submit", sheet, "--no-report")
    capsys.readouterr()
    assert run("status", "--limit", "3", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["submissions"]) == 3
    assert run("status") == 0
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_a_cancelled_submission_says_where_it_stopped(
    run: Run, bank: FakeBank, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("submit", sheet, "--no-wait")
    (submission_id,) = bank.submissions
    assert run("cancel", submission_id) == 0
    assert "  停在第 1 行之后" in capsys.readouterr().out
    assert run("status", submission_id) == 1
    capsys.readouterr()
    bank.submissions[submission_id]["cancelled_after_row"] = (1 << 20) + 5
    run("status", submission_id)
    assert "第 2 张工作表：停在第 5 行之后" in capsys.readouterr().out


def test_a_record_is_withdrawn_once(run: Run, bank: FakeBank, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("withdraw", "r1", "--reason", "报错") == 0
    assert "r1  撤回" in capsys.readouterr().out
    (sent,) = bank.requests
    assert json.loads(sent.content) == {"reason": "报错"}
    assert run("withdraw", "gone", "--reason", "报错") == 1
    assert "record_already_withdrawn: 该成果已撤回" in capsys.readouterr().err


def test_many_records_are_withdrawn_by_a_file(run: Run, bank: FakeBank, sheet: Path) -> None:
    assert run("submit", sheet, "--withdraw", "--reason", "重复报送") == 0
    (submission,) = bank.submissions.values()
    assert (submission["act"], submission["reason"]) == ("withdraw", "重复报送")


def test_changes_go_on_from_the_position_in_the_file(
    run: Run, bank: FakeBank, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    position = tmp_path / "position.json"
    bank.changes = [{"number": number, "what": "存入"} for number in range(1, 251)]
    assert run("changes", "--position", position) == 0
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == list(range(1, 251))
    assert json.loads(position.read_text()) == {"position": 250}
    bank.changes.append({"number": 260})
    assert run("changes", "--position", position, "--json") == 0
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [260]


def test_changes_that_are_followed_keep_their_position_when_interrupted(
    run: Run, bank: FakeBank, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    position = tmp_path / "position.json"
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt
        bank.changes.append({"number": len(slept)})

    assert run("changes", "--position", position, "--follow", sleep=sleep) == 130
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [1, 2]
    assert json.loads(position.read_text()) == {"position": 2}


def test_changes_that_are_interrupted_on_the_way_lose_none_and_repeat_none_that_were_handled(
    run: Run, bank: FakeBank, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    position = tmp_path / "position.json"
    bank.changes = [{"number": number} for number in range(1, 551)]
    bank.troubles = [None, interrupted]
    assert run("changes", "--position", position) == 130
    assert run("changes", "--position", position) == 0
    numbers = [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()]
    assert numbers == list(range(1, 551))


def test_a_report_is_named_by_the_file_and_put_nowhere_else(
    run: Run, bank: FakeBank, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("submit", sheet, "--no-report")
    (submission_id,) = bank.submissions
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    bank.submissions[submission_id]["file_name"] = "../..\\evil/成绩.csv"
    assert run("report", submission_id) == 0
    assert run("report", submission_id, "--attention") == 0
    assert run("report", submission_id, "--output", "mine.xlsx") == 0
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        "成绩.报送结果.xlsx": REPORT,
        "成绩.报送结果.2.xlsx": REPORT + b"only=attention",
        "mine.xlsx": REPORT,
    }


def test_a_term_is_reconciled_as_a_workbook_or_as_json(
    run: Run, sheet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sheet.parent)
    assert run("reconciliation", "--year", "2023-2024", "--term", "1") == 0
    assert Path("对账.2023-2024-1.xlsx").read_bytes() == b"PK reconciliation"
    assert "学习成果 4 条，学分 8；待核 1 行，不予受理而未改正 2 行" in capsys.readouterr().out
    assert run("reconciliation", "--year", "2023-2024", "--term", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["asked"] == {"academic_year": "2023-2024", "term": "1"}


def test_the_command_is_part_of_the_distribution() -> None:
    package = Path(creditbank_client.__file__).parent
    project = tomllib.loads((package.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"creditbank-client": "creditbank_client.command:main"}
