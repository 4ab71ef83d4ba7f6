"""What each command does, and what it prints."""

from __future__ import annotations

import getpass
import json
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any, cast

import httpx

from creditbank_client import showing
from creditbank_client.changes import PositionFile
from creditbank_client.client import Client
from creditbank_client.errors import Conflict, Refused
from creditbank_client.progress_bar import ProgressBar
from creditbank_client.run import ALL_TAKEN, FILE_REFUSED, LATER, NEEDS_A_PERSON, SOME_NOT, Command, failed
from creditbank_client.signed_in import BASE_URL, CLIENT_ID, CLIENT_SECRET, SignedIn, keep
from creditbank_client.submissions import ATTENTION, TAKEN, Preview, Submission, SubmissionOutcome
from creditbank_client.submitting import report_beside
from creditbank_client.whole_files import fitting, written_whole

SAVE_EVERY = 100
"""Changes between two savings of a position."""
LOOK_AGAIN = 5.0
"""Seconds until new changes are asked for."""


def _login(command: Command) -> int:
    asked, environ = command.asked, command.environ
    who = SignedIn(
        asked.base_url or environ.get(BASE_URL) or _asked(command.say("学分银行地址：", "address of the bank: ")),
        asked.client_id or environ.get(CLIENT_ID) or _asked(command.say("客户端编号：", "client id: ")),
        _secret(command),
    )
    address = httpx.URL(who.base_url)
    if address.scheme not in {"https", "http"} or not address.host:
        raise ValueError(command.say(f"{who.base_url} 不是 https:// 地址", f"{who.base_url} is no https:// address"))
    if address.scheme == "http" and address.host not in {"localhost", "127.0.0.1", "::1"}:
        command.warn(
            command.say(
                "注意：http 地址不加密，密钥可能被截获。",
                "Mind: http is not encrypted; the secret can be read on the way.",
            )
        )
    with command.bank(who) as bank:
        identity = bank.identity
    path = keep(who, environ)
    command.document({"identity": identity, "saved": str(path), "exit_status": ALL_TAKEN})
    if not command.asked.json:
        scope = identity.get("scope", "")
        command.tell(command.say(f"已登录，权限：{scope}。已保存到 {path}", f"Signed in: {scope}. Saved in {path}"))
    return ALL_TAKEN


def _secret(command: Command) -> str:
    if command.asked.secret_file is not None:
        return str(command.asked.secret_file.read_text("utf-8").strip())
    return command.environ.get(CLIENT_SECRET) or getpass.getpass(
        command.say("密钥（不显示）：", "secret (not shown): "), stream=sys.stderr
    )


def _asked(question: str) -> str:
    """What somebody types. The question goes to standard error: a program may read standard output."""
    print(question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line.strip():
        raise ValueError(question.rstrip("：: "))
    return line.strip()


def _submit(command: Command) -> int:
    asked = command.asked
    given = None if asked.mapping is None else cast(dict[str, Any], json.loads(asked.mapping.read_text("utf-8")))
    bar = ProgressBar(sys.stderr, command.language)
    seen: list[Preview] = []

    def choose(preview: Preview) -> Mapping[str, Any] | None:
        bar.close()
        seen.append(preview)
        return given if given is not None else _confirmed(command, preview)

    with command.bank() as bank:
        try:
            outcome = bank.submit(
                asked.file, dry_run=asked.dry_run, act=asked.act, kind=asked.kind, reason=asked.reason,
                mapping=choose, progress=bar, resume=asked.resume, wait=asked.wait, report=asked.report,
                folder=asked.folder, part_size=asked.part_size,
            )  # fmt: skip
        except (Refused, Conflict) as failure:
            if not seen:
                raise
            bar.close()
            return failed(command, failure, status=NEEDS_A_PERSON)  # it is the mapping that does not fit
        finally:
            bar.close()
        return _told(command, bank, outcome, seen[-1] if seen else None)


def _told(command: Command, bank: Client, outcome: SubmissionOutcome, preview: Preview | None) -> int:
    asked, submission = command.asked, outcome.submission
    status = ALL_TAKEN if not asked.wait and not submission.ended else status_of(submission)
    rows = []
    if submission.ended and submission.attention and asked.show > 0:
        found = bank.submission_rows(submission.submission_id, outcomes=ATTENTION, page=min(asked.show, 1000))
        rows = list(islice(found, asked.show))
    more = submission.attention - len(rows) if submission.ended else 0
    command.document({
        "submission": submission.raw,
        "report": None if outcome.report is None else str(outcome.report),
        "attention": [row.raw for row in rows],
        "attention_more": more,
        "preview": preview.raw if preview is not None and submission.needs_mapping else None,
        "state_file": None if outcome.state_file is None else str(outcome.state_file),
        "exit_status": status,
    })  # fmt: skip
    if not asked.json:
        command.tell(*showing.about(submission, command.language))
        command.tell(*(f"  {showing.about_row(row, command.language)}" for row in rows))
        if more > 0:
            command.tell(command.say(f"  另有 {more} 行", f"  and {more} more"))
        if outcome.report is not None:
            command.tell(command.say(f"报送结果：{outcome.report}", f"report: {outcome.report}"))
    if submission.needs_mapping and preview is not None:
        _ask_for_a_mapping(command, preview)
    elif not submission.ended and asked.wait:
        command.warn(command.say("稍后再运行同一命令即可继续。", "Run the same command later: it goes on."))
    return status


def status_of(submission: Submission) -> int:
    """The exit status that a submission stands for."""
    if submission.needs_mapping:
        return NEEDS_A_PERSON
    if submission.status == "failed":
        return FILE_REFUSED
    if not submission.ended:
        return LATER
    return ALL_TAKEN if submission.all_taken else SOME_NOT


def _confirmed(command: Command, preview: Preview) -> Mapping[str, Any] | None:
    """The proposal, once a person or `--yes` has taken it."""
    asked = command.asked
    if asked.yes:
        return preview.proposed if preview.clear else None
    if asked.json or not sys.stdin.isatty():
        return None
    columns = shutil.get_terminal_size().columns if sys.stderr.isatty() else None
    command.warn(*showing.about_preview(preview, command.language, columns=columns))
    if preview.proposed is None:
        return None
    try:
        said = _asked(command.say("按此对应读取并保存，供以后使用？[y/n] ", "Read it like this, now and later? [y/n] "))
    except ValueError:
        return None
    return preview.proposed if said.lower() in {"y", "yes", "是"} else None


def _ask_for_a_mapping(command: Command, preview: Preview) -> None:
    """Leave the proposal where a person can mend it, and say how to go on."""
    asked = command.asked
    draft = preview.draft
    path = asked.mapping
    if path is None and draft is not None:
        stem = asked.file.stem
        path = (asked.folder or asked.file.parent) / fitting(stem, ".列对应.json")
        if not path.exists():
            with written_whole(path) as file:
                file.write(json.dumps({"act": asked.act, **draft}, ensure_ascii=False, indent=1).encode() + b"\n")
    if not asked.json and not sys.stdin.isatty():
        command.warn(*showing.about_preview(preview, command.language))
    again = shlex.join(["creditbank-client", "submit", str(asked.file), "--mapping", str(path or "FILE.json")])
    command.warn(
        command.say(
            f"须由人确认列对应。请改好后运行：{again}", f"A person has to say which column is what. Then: {again}"
        )
    )


def _status(command: Command) -> int:
    with command.bank() as bank:
        if command.asked.id is not None:
            return _shown(command, bank.submission(command.asked.id))
        found = list(islice(bank.submissions(), max(0, command.asked.limit)))
    command.document({"submissions": [one.raw for one in found], "exit_status": ALL_TAKEN})
    if not command.asked.json:
        command.tell(*showing.submission_table(found, command.language))
    return ALL_TAKEN


def _shown(command: Command, submission: Submission) -> int:
    status = status_of(submission)
    command.document({"submission": submission.raw, "exit_status": status})
    if not command.asked.json:
        command.tell(*showing.about(submission, command.language))
    return status


def _withdraw(command: Command) -> int:
    with command.bank() as bank:
        outcome = bank.withdraw(command.asked.record_id, reason=command.asked.reason)
    status = ALL_TAKEN if outcome.outcome in TAKEN else SOME_NOT
    command.document({"outcome": outcome.raw, "exit_status": status})
    if not command.asked.json:
        command.tell(f"{outcome.record_id}  {showing.outcome_word(outcome.outcome, command.language)}")
    return status


def _changes(command: Command) -> int:
    file = PositionFile(command.asked.position)
    with command.bank() as bank:
        changes = bank.changes(after=file.load())
        saved = changes.position
        try:
            while True:
                for number, change in enumerate(changes):
                    if number % SAVE_EVERY == 0 and changes.position != saved:
                        file.save(changes.position)
                        saved = changes.position
                    print(json.dumps(change, ensure_ascii=False), flush=True)
                if changes.position != saved:
                    file.save(changes.position)
                    saved = changes.position
                if not command.asked.follow:
                    return ALL_TAKEN
                command.sleep(LOOK_AGAIN)
        finally:
            # Also when it is interrupted: what was printed before the last one has been handled.
            if changes.position != saved:
                file.save(changes.position)


def _report(command: Command) -> int:
    asked = command.asked
    with command.bank() as bank:
        path = asked.output
        if path is None:
            submission = bank.submission(asked.id)
            name = Path((submission.file_name or asked.id).replace("\\", "/")).name
            path = report_beside(Path(name), trial=submission.dry_run)
        bank.save_report(asked.id, path, only="attention" if asked.attention else None)
    command.document({"report": str(path), "exit_status": ALL_TAKEN})
    if not asked.json:
        command.tell(command.say(f"报送结果：{path}", f"report: {path}"))
    return ALL_TAKEN


def _cancel(command: Command) -> int:
    with command.bank() as bank:
        # One that runs stops between two chunks: only then it is known where.
        submission = bank.follow(bank.cancel_submission(command.asked.id).submission_id)
    command.document({"submission": submission.raw, "exit_status": ALL_TAKEN})
    if not command.asked.json:
        command.tell(*showing.about(submission, command.language))
    return ALL_TAKEN


def _reconciliation(command: Command) -> int:
    asked = command.asked
    with command.bank() as bank:
        said = bank.reconciliation(asked.year, asked.term)
        path = asked.output
        if path is None and not asked.json:
            path = _free(f"对账.{asked.year}-{asked.term}")
        if path is not None:
            bank.save_reconciliation(asked.year, asked.term, path)
    command.document(said)
    if not asked.json:
        figures = said["records"], said["credits"], said["held"], said["refused"]
        zh = "学习成果 {} 条，学分 {}；待核 {} 行，不予受理而未改正 {} 行"
        en = "{} records of {} credits; {} rows held, {} refused and not mended"
        command.tell(command.say(zh, en).format(*figures))
        command.tell(command.say(f"对账单：{path}", f"reconciliation: {path}"))
    return ALL_TAKEN


def _free(stem: str) -> Path:
    """A name in this folder that nothing has."""
    names = (Path(fitting(stem, ".xlsx" if number == 1 else f".{number}.xlsx")) for number in count(1))
    return next(path for path in names if not path.exists())


COMMANDS: dict[str, Callable[[Command], int]] = {
    "login": _login,
    "submit": _submit,
    "status": _status,
    "withdraw": _withdraw,
    "changes": _changes,
    "report": _report,
    "cancel": _cancel,
    "reconciliation": _reconciliation,
}
