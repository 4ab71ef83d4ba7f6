"""Filling the bank to millions of records by SQL, as its owner: real learners' rows once more under other names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

from creditbank.database_roles import Addresses, connect

RECORD_TABLES = ("record_version", "record_key", "decision", "posting", "entry", "record_current", "feed_item")
TABLES = (
    "learner", "learner_head", "learner_key", "learner_name", "learner_document", "identity_key", "enrolment",
    *RECORD_TABLES,
)  # fmt: skip
TEMPLATES = 1_000
"""So many learners are written again and again."""

_UPKEEP = {
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "1GB",
    "full_page_writes": "off",
    "work_mem": "256MB",
}
"""While nobody is served."""

_AGAIN = {
    "learner_id": "c.learner_id",
    "account_no": "c.account_no",
    "opened_by": "NULL",
    "number": "last.number + row_number() OVER ()",
    **dict.fromkeys(("number_index", "key_index", "student_index"), "sha256({column} || c.salt)"),
    **dict.fromkeys(
        ("record_id", "decision_id", "posting_id", "change_id", "name_id", "document_id", "reverses"),
        "overlay({column}::text PLACING substr(md5({column}::text || c.place), 1, 12) FROM 25)::uuid",
    ),
    **dict.fromkeys(("body", "derived", "basis"), "'{{}}'::jsonb"),
    "shown": "jsonb_build_object('course_code', {column} -> 'course_code')",
    **dict.fromkeys(("facts_sealed", "sealed"), "substr({column}, 1, 29)"),
    "line": "''",
}
"""What a column of a copied row says. Nobody reads the wide ones: empty, they leave room for more rows on a disk.
Totals ask which course a result is of."""


def fill(addresses: Addresses, *, records: int, each: int) -> None:
    """Add learners until the bank has so many records, `each` of them to a learner, then make the indexes anew."""
    with connect(addresses.owner) as owner:
        _number(owner)
        (there,) = owner.execute("SELECT count(*) FROM record_current WHERE kind = 'course_result'").fetchone() or (0,)
        clones = max(0, records - there) // each
        owner.execute(f"""
            CREATE UNLOGGED TABLE IF NOT EXISTS clone AS
            WITH template AS (
                SELECT learner_id, row_number() OVER () - 1 AS turn
                FROM (SELECT DISTINCT learner_id FROM record_current ORDER BY learner_id LIMIT {TEMPLATES}) chosen
            )
            SELECT n AS place, t.learner_id AS template, int8send(n) AS salt, lpad((10^11 + n)::bigint::text, 12, '0')
                   AS account_no,
                   overlay(t.learner_id::text PLACING substr(md5(t.learner_id::text || n), 1, 12) FROM 25)::uuid
                   AS learner_id
            FROM generate_series(1, {clones}) n JOIN template t ON t.turn = n % (SELECT count(*) FROM template)
        """)
        owner.execute("ANALYZE clone")
    with _upkeep(addresses), _without_indexes(addresses), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda table: _copy(addresses, table), sorted(TABLES, key=RECORD_TABLES.__contains__)))
    with connect(addresses.owner) as owner:
        owner.execute("DROP TABLE clone")
        owner.execute("VACUUM (ANALYZE, PARALLEL 0)")


def _number(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """What the numberer would do."""
    owner.execute("""
        WITH arrived AS (DELETE FROM outbox RETURNING *)
        INSERT INTO feed_item (number, numbered_at, change_id, learner_id, institution_id, record_id, version, act,
                               summary)
        SELECT (SELECT coalesce(max(number), 0) FROM feed_item) + row_number() OVER (ORDER BY arrival), now(),
               change_id, learner_id, institution_id, record_id, version, act, summary
        FROM arrived
    """)


def _copy(addresses: Addresses, table: str) -> None:
    with connect(addresses.owner) as owner:
        columns = [
            name
            for (name,) in owner.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                (table,),
            )
        ]
        said = ", ".join(_AGAIN.get(name, "{column}").format(column=f"t.{name}") for name in columns)
        owner.execute(f"""
            INSERT INTO {table} ({", ".join(columns)})
            SELECT {said}
            FROM (SELECT * FROM {table} WHERE learner_id IN (SELECT template FROM clone)) t
            JOIN clone c ON c.template = t.learner_id
            {"CROSS JOIN (SELECT max(number) AS number FROM feed_item) last" if table == "feed_item" else ""}
        """)  # type: ignore[arg-type]


@contextmanager
def _upkeep(addresses: Addresses) -> Iterator[None]:
    with connect(addresses.superuser) as superuser:
        for name, value in _UPKEEP.items():
            superuser.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[arg-type]
        superuser.execute("SELECT pg_reload_conf()")
        yield
        for name in _UPKEEP:
            superuser.execute(f"ALTER SYSTEM RESET {name}")  # type: ignore[arg-type]
        superuser.execute("SELECT pg_reload_conf()")
        superuser.execute("CHECKPOINT")


@contextmanager
def _without_indexes(addresses: Addresses) -> Iterator[None]:
    """Keys, foreign keys and indexes of the tables go, and come back as they were, two at a time."""
    listed = "ARRAY[" + ", ".join(f"'{table}'::regclass" for table in TABLES) + "]"
    with connect(addresses.owner) as owner:
        constraints = owner.execute(f"""
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint
            WHERE (conrelid = ANY ({listed}) AND contype IN ('f', 'p', 'u'))
               OR (confrelid = ANY ({listed}) AND contype = 'f')
        """).fetchall()  # type: ignore[arg-type]
        indexes = owner.execute(f"""
            SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
            FROM pg_index i
            WHERE i.indrelid = ANY ({listed})
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
        """).fetchall()  # type: ignore[arg-type]
        foreign = [one for one in constraints if one[3] == "f"]
        keys = [one for one in constraints if one[3] != "f"]
        for table, name, _, _ in [*foreign, *keys]:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for _, name, _ in indexes:
            owner.execute(f"DROP INDEX {name}")
    yield
    by_table: dict[str, list[str]] = {}
    for table, name, definition, _ in keys:
        by_table.setdefault(table, []).append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for table, _, definition in indexes:
        by_table.setdefault(table, []).append(definition)

    def run_all(statements: list[str]) -> None:
        with connect(addresses.owner) as owner:
            for statement in statements:
                owner.execute(statement)  # type: ignore[arg-type]

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        largest_first = sorted(by_table, key=RECORD_TABLES.__contains__, reverse=True)
        list(threads.map(lambda table: run_all(by_table[table]), largest_first))
    run_all([f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition, _ in foreign])


def disk(addresses: Addresses) -> int:
    """Bytes of everything that belongs to learners, with its indexes."""
    with connect(addresses.owner) as owner:
        query = "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t"
        sizes = owner.execute(query, ([*TABLES, "outbox"],))
        (total,) = sizes.fetchone() or (0,)
    return int(total)
