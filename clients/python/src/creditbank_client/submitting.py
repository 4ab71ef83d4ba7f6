"""Submitting a file from the first byte to the report, and going on after whatever interrupted it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from creditbank_client import begun
from creditbank_client.begun import Begun, state_file_of
from creditbank_client.errors import Conflict, FileChanged, FileEmpty, NotFound, Refused
from creditbank_client.submission_calls import SubmissionCalls
from creditbank_client.submissions import Preview, Progress, Submission, SubmissionOutcome
from creditbank_client.whole_files import fitting

MIB = 1 << 20
PART = 4 * MIB
LARGEST_PART = 8 * MIB
SHOW_AGAIN = (0.2, 2.0)
"""Seconds between two looks at a submission: at first, and at last while it goes on."""
REPORT, TRIAL = ".报送结果", ".试报结果"
_A_REPORT = re.compile(rf"({re.escape(REPORT)}|{re.escape(TRIAL)})(\.\d+)?$")

Watcher = Callable[[Progress], None]
Chooser = Callable[[Preview], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be submitted."""

    act: str = "report"
    dry_run: bool = False
    kind: str | None = None
    reason: str | None = None
    mapping: Mapping[str, Any] | Chooser | None = None
    watch: Watcher | None = None
    resume: bool = True
    wait: bool = True
    report: bool = True
    folder: Path | None = None
    part_size: int = PART

    @property
    def asked(self) -> dict[str, Any]:
        """What the bank is asked to do with the file."""
        return {"act": self.act, "dry_run": self.dry_run, "kind": self.kind, "reason": self.reason}

    def see(self, stage: str, done: int, total: int | None, submission: Submission) -> None:
        """Show how far it has come."""
        if self.watch is not None:
            self.watch(Progress(stage, done, total, submission))


def submit(
    bank: SubmissionCalls, base_url: str, file: Path, wanted: Wanted, wait: Callable[[float], None]
) -> SubmissionOutcome:
    """Send a file, or what is left of it, and follow it until it needs a person or has ended; see `Client.submit`."""
    if not 1 <= wanted.part_size <= LARGEST_PART:
        raise ValueError(f"a part has 1 to {LARGEST_PART} bytes")
    state_file = state_file_of(file, wanted.folder)
    submission, state = _created(bank, base_url, file, wanted, state_file)
    if submission.status == "receiving":
        submission = _sent(bank, file, submission, state, wanted, state_file)
    if not wanted.wait:
        return SubmissionOutcome(submission, state_file=state_file)
    submission = follow(bank, submission, wanted, wait)
    if not submission.ended:
        return SubmissionOutcome(submission, state_file=state_file)
    report = None
    if wanted.report and submission.status in {"done", "cancelled"}:
        report = _report(bank, submission, report_beside(file, wanted.folder, trial=wanted.dry_run))
    begun.forget(state_file)
    return SubmissionOutcome(submission, report)


def _report(bank: SubmissionCalls, submission: Submission, path: Path) -> Path | None:
    """The annotated workbook; of a file with more rows than a workbook has, those that need attention."""
    try:
        return bank.save_report(submission.submission_id, path)
    except Conflict as too_large:
        if too_large.code != "report_too_large":
            return None
    except (NotFound, Refused):
        return None  # there is none any more: the upload's retention is over
    with suppress(Conflict):
        return bank.save_report(submission.submission_id, path, only="attention")
    return None


def follow(bank: SubmissionCalls, submission: Submission, wanted: Wanted, wait: Callable[[float], None]) -> Submission:
    """Look until it has ended, is paused, or needs a mapping that `wanted` does not give."""
    pause, longest = SHOW_AGAIN
    answered = False
    while True:
        wanted.see(submission.status, submission.done, submission.rows, submission)
        if submission.ended or submission.status == "paused":
            return submission
        if submission.needs_mapping:
            chosen = None if answered else _chosen(bank, submission, wanted)
            if chosen is None:
                return submission
            answered = True
            submission = _mapped(bank, submission, chosen)
            continue
        wait(pause)
        pause = min(pause * 1.5, longest)
        submission = bank.submission(submission.submission_id)


def report_beside(file: Path, folder: Path | None = None, *, trial: bool = False) -> Path:
    """A name for the report of a file that nothing has yet: somebody may be mending the last one."""
    stem = _A_REPORT.sub("", file.stem)
    ending = TRIAL if trial else REPORT
    endings = (ending if number == 1 else f"{ending}.{number}" for number in count(1))
    names = ((folder or file.parent) / fitting(stem, f"{one}.xlsx") for one in endings)
    return next(path for path in names if not path.exists())


def digest_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _created(
    bank: SubmissionCalls, base_url: str, file: Path, wanted: Wanted, state_file: Path
) -> tuple[Submission, Begun]:
    """The submission that was begun with this very file, or a new one: its key is on the disk before it is sent."""
    size = file.stat().st_size
    if size == 0:
        raise FileEmpty(f"{file} is empty; nothing was sent")
    new = Begun.now(
        base_url=base_url,
        sha256=digest_of(file),
        size=size,
        part_size=wanted.part_size,
        asked=wanted.asked,
    )
    kept = begun.load(state_file) if wanted.resume else None
    if kept is not None and kept.is_for(new):
        going_on = _found_again(bank, file, kept, state_file)
        if going_on is not None:
            return going_on
    begun.save(state_file, new)
    return _create(bank, file, new, state_file)


def _create(bank: SubmissionCalls, file: Path, state: Begun, state_file: Path) -> tuple[Submission, Begun]:
    try:
        submission = bank.create_submission(
            file.name, state.size, sha256=state.sha256, idempotency_key=state.key, **state.asked
        )
    except Refused:
        begun.forget(state_file)
        raise
    state = state.created(submission.submission_id)
    begun.save(state_file, state)
    return submission, state


def _found_again(bank: SubmissionCalls, file: Path, kept: Begun, state_file: Path) -> tuple[Submission, Begun] | None:
    """What was begun, if something can still come of it."""
    try:
        if kept.submission_id is None:
            submission, kept = _create(bank, file, kept, state_file)
        else:
            submission = bank.submission(kept.submission_id)
    except NotFound:
        return None  # it was begun as another institution, or is long gone
    except Conflict as reused:
        if reused.code != "idempotency_key_reused":
            raise
        return None
    return None if submission.status in {"failed", "cancelled", "expired"} else (submission, kept)


def _sent(
    bank: SubmissionCalls, file: Path, submission: Submission, state: Begun, wanted: Wanted, state_file: Path
) -> Submission:
    """Every part that the bank does not have, then the word that this was all."""
    try:
        parts = _parts_sent(bank, file, submission, state, wanted)
        return bank.complete_submission(submission.submission_id, parts=parts, sha256=state.sha256)
    except Conflict:
        now = bank.submission(submission.submission_id)
        if now.status != "receiving":
            return now  # another program, with the same state, was quicker
        begun.forget(state_file)
        raise
    except (FileChanged, Refused):
        begun.forget(state_file)  # what the bank has of it can never be whole: the next attempt begins anew
        raise


def _parts_sent(bank: SubmissionCalls, file: Path, submission: Submission, state: Begun, wanted: Wanted) -> int:
    """How many parts the file has, once the bank has them all."""
    parts = -(-state.size // state.part_size)
    have = set(submission.parts)
    sent = sum(_size(number, state) for number in have)
    wanted.see("sending", sent, state.size, submission)
    with file.open("rb") as content:
        for number in range(1, parts + 1):
            if number in have:
                continue
            content.seek((number - 1) * state.part_size)
            bank.send_part(submission.submission_id, number, content.read(_size(number, state)))
            sent += _size(number, state)
            wanted.see("sending", sent, state.size, submission)
    if digest_of(file) != state.sha256:
        raise FileChanged(f"{file} was changed while it was sent; nothing of it was read. Send it again")
    return parts


def _size(number: int, state: Begun) -> int:
    return max(0, min(state.part_size, state.size - (number - 1) * state.part_size))


def _mapped(bank: SubmissionCalls, submission: Submission, chosen: Mapping[str, Any]) -> Submission:
    try:
        return bank.confirm_mapping(submission.submission_id, chosen)
    except Conflict:
        now = bank.submission(submission.submission_id)
        if now.needs_mapping:
            raise
        return now  # somebody else said it meanwhile


def _chosen(bank: SubmissionCalls, submission: Submission, wanted: Wanted) -> Mapping[str, Any] | None:
    if callable(wanted.mapping):
        return wanted.mapping(bank.preview(submission.submission_id))
    return wanted.mapping
