"""Submitting files as institutions do: through the published client, several at once, each followed to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from creditbank.demo.bank import Calls, DemoRefused
from creditbank.demo.city import institution
from creditbank.demo.shelf import File

if TYPE_CHECKING:
    from creditbank_client import Preview, Submission

AT_ONCE = 24
"""How many files are on their way together: a round and more. The bank posts two at a time, and small files are read
while large ones are posted."""


def submit_all(calls: Calls, files: Sequence[File]) -> Iterator[tuple[File, Submission]]:
    """Submit files together; each with what became of it, in their order. Raises DemoRefused."""
    for file in files:
        calls.institution(institution(file.institution))  # signed in here: threads share what is open, and open nothing
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            yield from zip(files, pool.map(lambda file: submit(calls, file), files), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)


def submit(calls: Calls, file: File) -> Submission:
    """Submit one file, or go on with it where a start before this one was cut off. Raises DemoRefused."""
    client = calls.institution(institution(file.institution))
    outcome = client.submit(file.path, mapping=_confirmed, report=False, folder=calls.file.path.parent)
    submission: Submission = outcome.submission
    if submission.status != "done":
        raise DemoRefused(f"{file.name}: {submission.status}: {submission.problem or submission.raw}")
    return submission


def _confirmed(preview: Preview) -> Mapping[str, Any]:
    """What a registrar does with the columns that the bank proposes: look, and confirm."""
    if preview.proposed is None or not preview.clear:
        raise DemoRefused(f"columns are not clear: {preview.questions} {preview.faults}")
    return preview.proposed
