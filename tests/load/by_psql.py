"""The yardstick of a submission: `psql` writes the finished rows with COPY and SQL, a transaction a chunk."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from creditbank.database_roles import Addresses, connect, libpq_parameters
from creditbank.identifiers import new_id
from creditbank.postgres_programs import client_program
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import Row
from creditbank.records.service import post_rows

FINISHED = """
SELECT v.*, k.key_index,
       d.decision_id, d.revision, d.effective_on, d.verdict, d.scheme, d.level, d.credits, d.document,
       d.document_version, d.document_digest, d.clause, d.basis, d.engine, d.facts_sealed,
       d.salt AS decision_salt, d.digest AS decision_digest,
       p.posting_id, p.amount, p.salt AS posting_salt, p.digest AS posting_digest,
       c.shown, c.line, c.sealed AS shown_sealed, o.item, o.summary
FROM record_version v
JOIN record_key k USING (record_id)
JOIN decision d ON d.learner_id = v.learner_id AND d.record_id = v.record_id
JOIN posting p ON p.learner_id = v.learner_id AND p.record_id = v.record_id
JOIN record_current c ON c.learner_id = v.learner_id AND c.record_id = v.record_id
JOIN outbox o ON o.change_id = v.change_id AND o.record_id = v.record_id
"""
"""Everything the bank wrote about new records, a row a record."""

BEGIN = f"""
CREATE TEMP TABLE finished ON COMMIT DELETE ROWS AS {FINISHED} WITH NO DATA;
"""

CHUNK = """
BEGIN;
SELECT FROM bench_progress WHERE submission_id = '{submission}' FOR UPDATE;
COPY finished FROM STDIN;
{lines}\\.
SELECT FROM learner_head WHERE learner_id IN (SELECT learner_id FROM finished) ORDER BY learner_id FOR UPDATE;
INSERT INTO record_key SELECT institution_id, key_index, learner_id, record_id FROM finished ORDER BY key_index
ON CONFLICT DO NOTHING;
INSERT INTO submission SELECT submission_id, institution_id, 'client:bench', recorded_at, 1000 FROM finished LIMIT 1
ON CONFLICT DO NOTHING;
INSERT INTO record_version (learner_id, record_id, version, change_id, institution_id, kind, act, occurred_on,
    recorded_at, submission_id, row_no, row_index, content, body, derived, sealed, warnings, reason, salt, digest)
SELECT learner_id, record_id, version, change_id, institution_id, kind, act, occurred_on,
    recorded_at, submission_id, row_no, row_index, content, body, derived, sealed, warnings, reason, salt, digest
FROM finished;
INSERT INTO decision (learner_id, decision_id, change_id, kind, record_id, record_version, revision, effective_on,
    verdict, scheme, level, credits, document, document_version, document_digest, clause, basis, engine, decided_at,
    facts_sealed, salt, digest)
SELECT learner_id, decision_id, change_id, 'deposit', record_id, version, revision, effective_on,
    verdict, scheme, level, credits, document, document_version, document_digest, clause, basis, engine, recorded_at,
    facts_sealed, decision_salt, decision_digest
FROM finished;
INSERT INTO posting (learner_id, posting_id, change_id, decision_id, record_id, purpose, kind, scheme, institution_id,
    amount, occurred_on, posted_at, salt, digest)
SELECT learner_id, posting_id, change_id, decision_id, record_id, 'deposit', 'grant', scheme, institution_id, amount,
    occurred_on, recorded_at, posting_salt, posting_digest
FROM finished;
WITH counted AS (
    SELECT f.learner_id, f.posting_id, f.scheme, f.institution_id, f.amount, h.last_entry,
           row_number() OVER mine AS place, sum(f.amount) OVER mine AS sum
    FROM finished f JOIN learner_head h USING (learner_id)
    WINDOW mine AS (PARTITION BY f.learner_id ORDER BY f.row_no)
)
INSERT INTO entry (learner_id, sequence, posting_id, scheme, account, institution_id, amount, balance_after)
SELECT c.learner_id, c.last_entry + 2 * c.place - 1, c.posting_id, c.scheme, 'deposit', NULL, c.amount,
       c.sum + coalesce((SELECT e.balance_after FROM entry e
                         WHERE e.learner_id = c.learner_id AND e.scheme = c.scheme AND e.account = 'deposit'
                           AND e.institution_id IS NULL ORDER BY e.sequence DESC LIMIT 1), 0)
FROM counted c
UNION ALL
SELECT c.learner_id, c.last_entry + 2 * c.place, c.posting_id, c.scheme, 'source', c.institution_id, -c.amount,
       -c.sum + coalesce((SELECT e.balance_after FROM entry e
                          WHERE e.learner_id = c.learner_id AND e.scheme = c.scheme AND e.account = 'source'
                            AND e.institution_id = c.institution_id ORDER BY e.sequence DESC LIMIT 1), 0)
FROM counted c;
UPDATE learner_head h SET last_entry = h.last_entry + 2 * n.count
FROM (SELECT learner_id, count(*) FROM finished GROUP BY learner_id) n WHERE h.learner_id = n.learner_id;
INSERT INTO record_current (learner_id, record_id, version, institution_id, kind, content, occurred_on, recorded_at,
    scheme, level, credits, verdict, clause, decision_id, posting_id, shown, line, sealed)
SELECT learner_id, record_id, version, institution_id, kind, content, occurred_on, recorded_at,
    scheme, level, credits, verdict, clause, decision_id, posting_id, shown, line, shown_sealed
FROM finished;
INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)
SELECT change_id, item, learner_id, institution_id, record_id, version, act, summary FROM finished;
INSERT INTO submission_row (submission_id, row_no, outcome, record_id, version, kind, term, about)
SELECT submission_id, row_no, 'deposited', record_id, version, kind,
       (body ->> 'academic_year') || '/' || (body ->> 'term'), body ->> 'course_code'
FROM finished;
UPDATE bench_progress SET done_rows = done_rows + 1000 WHERE submission_id = '{submission}';
COMMIT;
"""
"""The writes of a chunk, by the same locks and in the order the bank makes them; outcomes and progress with them."""


async def finished(
    addresses: Addresses, chunks: Sequence[Sequence[tuple[int, Row]]], folder: Path, *, sender: Sender, tools: Tools
) -> Path:
    """A script for psql that writes what the bank would: the bank writes it, and the transaction is rolled back."""
    submission, script = new_id(), folder / f"{new_id()}.sql"
    with script.open("wb") as out:
        out.write(BEGIN.encode())
        async with await psycopg.AsyncConnection.connect(make_conninfo(**libpq_parameters(addresses.app))) as bank:
            for chunk in chunks:
                await post_rows(bank, chunk, sender=sender, submission_id=submission, tools=tools)
                first, last = chunk[0][0], chunk[-1][0]
                mine = f"v.submission_id = '{submission}' AND v.row_no BETWEEN {first} AND {last}"
                before, after = CHUNK.format(submission=submission, lines="\0").encode().split(b"\0")
                out.write(before)
                async with bank.cursor().copy(f"COPY ({FINISHED} WHERE {mine} ORDER BY v.row_no) TO STDOUT") as copied:  # type: ignore[arg-type]
                    async for block in copied:
                        out.write(block)
                out.write(after)
            await bank.rollback()
    with connect(addresses.owner) as owner:
        owner.execute("INSERT INTO bench_progress VALUES (%s, 0)", (submission,))
    return script


def prepare(addresses: Addresses) -> None:
    """A row that each chunk locks and counts in, for the bank and for psql alike."""
    with connect(addresses.owner) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS bench_progress (submission_id uuid PRIMARY KEY, done_rows int)")
        owner.execute("GRANT SELECT, INSERT, UPDATE ON bench_progress TO creditbank_app")


async def write(addresses: Addresses, script: Path) -> float:
    """Run the script; seconds it took, those of starting psql left out."""
    said = libpq_parameters(addresses.owner)  # a temporary table is more than the application may have
    with connect(addresses.superuser) as superuser:
        major = superuser.info.server_version // 10_000
    psql = client_program("psql", server_major=major)
    process = await asyncio.create_subprocess_exec(
        psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1", "-o", "/dev/null", "-f", script,
        env={"PGPASSWORD": said.pop("password"), "PGOPTIONS": "-c timezone=UTC"} | _environment(said),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    began = time.perf_counter()
    _, wrong = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"psql failed: {wrong.decode()[:2000]}")
    return time.perf_counter() - began


def _environment(said: dict[str, Any]) -> dict[str, str]:
    names = {"user": "PGUSER", "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}
    return {names[name]: value for name, value in said.items() if name in names and re.fullmatch(r"\S+", value)}
