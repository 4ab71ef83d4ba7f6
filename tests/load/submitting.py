"""A submission as the bank takes it: received in parts, read into chunks, posted by the job that posts every file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.jobs import Work
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import ROW, Row
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring
from creditbank.submissions import posting, receiving, staging
from creditbank.submissions.schemas import CompletionIn, SubmissionIn
from creditbank.submissions.tables import SubmissionFile

CHUNK = 1_000
PART = 4 << 20


def parsed(lines: Sequence[bytes], *, first: int) -> list[tuple[int, Row]]:
    """Lines of NDJSON as rows."""
    return [(number, ROW.validate_json(line)) for number, line in enumerate(lines, start=first)]


async def submit(database: Database, lines: Sequence[bytes], *, sender: Sender, tools: Tools) -> float:
    """Submit all lines as one file; the seconds from its completion to its last outcome."""
    actor = Actor(sender.name, institution_id=sender.institution_id, reach=frozenset({Reach.INSTITUTION}))
    content = b"\n".join(lines)
    parts = [content[at : at + PART] for at in range(0, len(content), PART)]

    async def receive(session: AsyncSession) -> SubmissionFile:
        file = await receiving.begin(
            session, SubmissionIn(file_name="rows.ndjson"), institution_id=sender.institution_id, by=sender.name,
            at=clock.now(), keyring=tools.keyring, limit_mib=1024, retention=timedelta(days=1),
        )  # fmt: skip
        for number, part in enumerate(parts, start=1):
            await receiving.receive_part(
                session, file.submission_id, number, part, actor=actor, keyring=tools.keyring, limit_mib=1024
            )
        return await receiving.complete(
            session, file.submission_id, CompletionIn(parts=len(parts)), actor=actor, at=clock.now()
        )

    file = await database.write(receive)
    things = {
        Settings: Settings(keys_dir=tools.keyring.directory), Keyring: tools.keyring, Rulebook: tools.rulebook,
    }  # fmt: skip

    def job(**about: object) -> Work:
        said = {name: str(value) for name, value in about.items()}
        return Work(database, new_id(), "bench", "bench", said, 1, clock.now(), things)

    began = time.perf_counter()
    await staging.read_submission(job(submission_id=file.submission_id))
    await posting.post_submissions(job(institution_id=sender.institution_id))
    seconds = time.perf_counter() - began
    async with database.session() as session:
        ended = await session.get_one(SubmissionFile, file.submission_id)
    assert ended.counts == {"deposited": len(lines)}, ended.counts
    return seconds
