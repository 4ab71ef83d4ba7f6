"""The guide to the client says what works: its blocks are run, its tables name what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import creditbank_client
from creditbank_client.arguments import STATUSES
from creditbank_client.command import main
from tests.clients.fake_bank import FakeBank

GUIDE = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")


def blocks(language: str, *, under: str) -> list[str]:
    """The blocks of a section."""
    section = next(part for part in GUIDE.split("\n## ") if under in part.splitlines()[0])
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def bank() -> FakeBank:
    bank = FakeBank()
    bank.changes = [{"number": 1}, {"number": 2}]
    return bank


def test_the_blocks_about_files_run(
    bank: FakeBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with bank.client() as client:
        for content, block in zip(("good 1\nbad 2\n", "? 学号\n"), blocks("python", under="报送文件"), strict=True):
            Path("成绩.xlsx").write_text(content)
            exec(block, {"bank": client})
    out = capsys.readouterr().out
    assert "done {'deposited': 1, 'refused': 1}" in out.replace(
        "{'refused': 1, 'deposited': 1}", "{'deposited': 1, 'refused': 1}"
    )
    assert "成绩 2 [('F2', '总成绩')] 成绩超出范围" in out
    assert list(bank.mappings.values()) == [bank.proposed]


def test_the_block_about_changes_runs_and_keeps_its_position(
    bank: FakeBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    handled: list[Any] = []
    (block,) = blocks("python", under="接收变更")
    with bank.client() as client:
        for _ in range(2):
            exec(block, {"bank": client, "handle": handled.append, "PositionFile": creditbank_client.PositionFile})
    assert [change["number"] for change in handled] == [1, 2]


def test_the_commands_run(bank: FakeBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "hush")
    (block,) = blocks("sh", under="命令行")
    for name in ("成绩.xlsx", "误报.xlsx"):
        Path(name).write_text("good 1\n")
    for line in block.splitlines():
        program, *said = shlex.split(line.replace("$CLIENT_ID", "college").replace("$RECORD_ID", "r1"))
        assert program == "creditbank-client"
        if said[1:2] == ["成绩.报送结果.xlsx"]:
            Path(said[1]).write_text("good 1\ngood 2\n")
        assert main(said, environ=environ, transport=bank.transport, sleep=lambda _: None) == 0, line


def test_every_exit_status_is_in_the_guide() -> None:
    section = next(part for part in GUIDE.split("\n## ") if part.startswith("命令行"))
    assert [int(status) for status in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == list(STATUSES)


def test_every_method_and_every_error_that_the_guide_names_is_there() -> None:
    for name in re.findall(r"`(\w+)\(", GUIDE):
        assert hasattr(creditbank_client.Client, name) or name == "Client", name
    table = next(part for part in GUIDE.split("\n## ") if part.startswith("出错时"))
    named = {
        name for line in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    }
    public = {name: getattr(creditbank_client, name) for name in creditbank_client.__all__}
    errors = {name for name, one in public.items() if isinstance(one, type) and issubclass(one, Exception)}
    assert named == errors - {"CreditBankError", "Problem"}
