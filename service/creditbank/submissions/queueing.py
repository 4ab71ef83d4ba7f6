"""The line in which an institution's files wait: one after another, in the order in which they were completed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from creditbank.db import Transaction
from creditbank.jobs import ask
from creditbank.submissions.tables import SubmissionFile

POST = "post submissions"


async def queue(session: Transaction, file: SubmissionFile, *, at: datetime) -> None:
    """A file is ready to be posted, in the place that it took when it was complete or its mapping was confirmed."""
    file.status = "queued"
    await ask_to_post(session, file.institution_id, at=at)


async def ask_to_post(session: Transaction, institution_id: UUID, *, at: datetime) -> None:
    """Ask for an institution's files to be posted: one job, so that no two of them run at once."""
    about = {"institution_id": str(institution_id)}
    await ask(session, kind=POST, name=f"{POST} of {institution_id}", about=about, run_at=at)
