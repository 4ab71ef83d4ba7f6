"""The tables are what the models say, say what they hold, and let the application do no more than they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Date, DateTime, LargeBinary, Table, UniqueConstraint, create_engine
from sqlalchemy.engine import Engine

from creditbank.database_roles import APP, OWNER, Addresses, connect
from creditbank.tables import metadata

TABLES = metadata.sorted_tables
OF_LEARNERS = [table for table in TABLES if table.info.get("family") == "learner"]

FAMILIES = {"learner", "local", "reference"}
PERSONAL = {"none", "pseudonymous", "sealed"}
MAY = {
    "append": {"SELECT", "INSERT"},
    "update": {"SELECT", "INSERT", "UPDATE"},
    "delete": {"SELECT", "INSERT", "UPDATE", "DELETE"},
}
EVERY_RIGHT = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

LEAD_TO_A_LEARNER = {
    "uq_learner_account_no": "an account number that somebody reads aloud",
    "ix_learner_name_name_index": "a name, for officers who look for namesakes",
    "ix_enrolment_institution_id_student_index": "a student number of an institution",
    "ix_enrolment_programme_id": "who follows a plan",
    "ix_guardianship_login_id": "the children of a guardian who signs in",
    "ix_guardianship_guardian_index": "a guardian of several children is one person",
    "ix_learner_alias_into_learner_id": "all accounts of one person",
    "ix_record_version_record_id": "whose record it is, by its number alone",
    "ix_decision_decision_id": "whose decision it is, by its number alone",
    "ix_posting_posting_id": "whose posting it is, by its number alone",
    "ix_record_current_institution_id": "what an institution reported, whoever it is about",
    "ix_claim_claim_id": "whose claim it is, by its number alone",
    "ix_claim_hand": "what waits for a hand, whoever claims",
    "ix_claim_look_at": "whose clock has run out",
    "ix_claim_notice": "what is on public notice",
    "ix_claim_objection": "objections that nobody decided in time",
    "ix_claim_institution_id": "what was claimed of a college",
    "ix_claim_flagged_at": "claims that people should look at",
    "ix_appeal_appeal_id": "whose appeal it is, by its number alone",
    "ix_appeal_raised_at": "the appeals that wait for a reviewer",
    "ix_override_override_id": "whose override it is, by its number alone",
    "ix_override_expires_on": "overrides that have come to their end",
    "ix_override_proposed_at": "overrides that wait for a second person",
    "uq_cohort_member_cohort_id_member_no": "who is in a cohort, by the number they have there",
    "ix_statement_cohort_id": "what was stated about a cohort",
    "ix_round_candidate_round_id": "who is a candidate in a round",
    "ix_round_objection_round_id": "what was objected to a round",
    "ix_progression_review_review_id": "whose review it is, by its number alone",
    "ix_progression_review_opened_at": "the reviews that wait for a person",
    "ix_progression_review_round_id": "the reviews of a round",
    "uq_share_code_index": "a share, by the code that somebody holds",
}
"""Indexes of learners' tables that find out whose rows they are, and why each is needed."""

NAMES_OF_THINGS = {
    ("certificate_standard", "name"),
    ("claim", "document"),
    ("claim", "document_version"),
    ("certificate_standard", "name_en"),
    ("certificate_standard", "body_name"),
    ("client", "name"),
    ("course", "name"),
    ("course", "name_en"),
    ("institution_profile", "name"),
    ("institution_profile", "name_en"),
    ("job", "name"),
    ("cohort", "name"),
    ("pathway", "name"),
    ("pathway", "name_en"),
    ("pathway_round", "document"),
    ("pathway_round", "document_version"),
    ("plan_course", "name"),
    ("programme", "name"),
    ("programme", "name_en"),
    ("rule_document", "document"),
    ("working_day", "name"),
}
"""Columns that sound like a person's and are an institution's, a course's, a machine's or a document's."""

PERSONS = (
    "account_no", "address", "birth", "born", "certificate_no", "document", "email", "gender", "guardian", "learner",
    "mobile", "name", "number", "person", "phone", "sealed", "sex", "student", "wrapped",
)  # fmt: skip
"""Parts of a column's name by which it tells that it is about a person."""

PEOPLE_WHO_ACTED = ("actor", "by", "caller", "sent_by")
"""Columns that hold `login:…` where a person acted: a pseudonym. Others end in `_by`, less those of machines."""
MACHINES = {("job", "leased_by")}

DATES = {"on", "valid_from", "valid_until", "collects_until", "notice_from"}
INSTANTS = {"at", "blocked_until", "leased_until"}


@pytest.fixture(scope="module")
def owner(shared_addresses: Addresses) -> Iterator[Engine]:
    engine = create_engine(shared_addresses.owner)
    yield engine
    engine.dispose()


# --- migrations ---------------------------------------------------------------------------------------------------


def test_the_migrations_build_what_the_models_say(owner: Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relname <> 'alembic_version'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
          AND conrelid::regclass::text <> 'alembic_version'
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND tablename <> 'alembic_version'",
    "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


@pytest.mark.parametrize("what", CATALOGUE)
def test_the_migrations_and_the_models_build_the_same_database(
    owner: Engine, empty_database: Addresses, what: str
) -> None:
    """Alembic does not compare CHECK and exclusion constraints, so the two databases are."""
    from_models = create_engine(empty_database.owner)
    metadata.create_all(from_models)
    found = []
    for engine in (owner, from_models):
        with engine.connect() as connection:
            found.append({tuple(row) for row in connection.exec_driver_sql(CATALOGUE[what])})
    from_models.dispose()
    migrated, said = found
    assert migrated == said
    if what in {"triggers", "functions"}:
        assert migrated == set(), "no trigger carries meaning"


# --- what the application may do ----------------------------------------------------------------------------------


def test_a_table_says_its_family_whether_it_is_about_people_and_what_the_application_may_do() -> None:
    words = {"family": FAMILIES, "personal": PERSONAL, "app_may": set(MAY)}
    unsaid = [
        (table.name, word) for word, known in words.items() for table in TABLES if table.info.get(word) not in known
    ]
    assert unsaid == []


@pytest.fixture(scope="module")
def app_rights(shared_addresses: Addresses) -> dict[str, set[str]]:
    """What the application role may do with every table of the migrated database."""
    with connect(shared_addresses.superuser) as superuser:
        asked = superuser.execute(
            """
            SELECT c.relname, r.word FROM pg_class c, unnest(%s::text[]) AS r(word)
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND (has_table_privilege(%s, c.oid, r.word) OR CASE
                   WHEN r.word IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                   THEN has_any_column_privilege(%s, c.oid, r.word) ELSE false END)
            """,
            [list(EVERY_RIGHT), APP, APP],
        )
        rights: dict[str, set[str]] = {}
        for table, word in asked.fetchall():
            rights.setdefault(table, set()).add(word)
        return rights


def test_the_application_may_do_what_the_tables_say_and_nothing_else(app_rights: dict[str, set[str]]) -> None:
    assert app_rights == {table.name: MAY[table.info["app_may"]] for table in TABLES} | {"alembic_version": {"SELECT"}}


def test_the_application_hands_none_of_its_rights_on(shared_addresses: Addresses) -> None:
    with connect(shared_addresses.superuser) as superuser:
        asked = superuser.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(%s, oid, 'SELECT WITH GRANT OPTION, INSERT WITH GRANT OPTION')",
            [APP],
        )
        assert asked.fetchall() == []


def test_the_application_is_nobody_else_and_can_become_nobody_else(shared_addresses: Addresses) -> None:
    with connect(shared_addresses.superuser) as superuser:
        powers = superuser.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = %s",
            [APP],
        ).fetchone()
        assert powers == (False,) * 5
        memberships = superuser.execute(
            "SELECT rolname FROM pg_roles WHERE rolname <> %s AND pg_has_role(%s, oid, 'MEMBER')", [APP, APP]
        )
        assert memberships.fetchall() == []
        for word in ("CREATE", "TEMPORARY"):
            assert superuser.execute(
                "SELECT has_database_privilege(%s, current_database(), %s)", [APP, word]
            ).fetchone() == (False,)


def first_column(table: Table) -> sql.Identifier:
    return sql.Identifier(next(iter(table.primary_key.columns)).name)


def acts(table: Table) -> dict[str, sql.Composed]:
    """Statements that would change or remove what a table holds."""
    name, column = sql.Identifier(table.name), first_column(table)
    return {
        "UPDATE": sql.SQL("UPDATE {} SET {} = {}").format(name, column, column),
        "DELETE": sql.SQL("DELETE FROM {}").format(name),
        "TRUNCATE": sql.SQL("TRUNCATE {} CASCADE").format(name),
    }


@pytest.fixture
def application(shared_addresses: Addresses) -> Iterator[psycopg.Connection[Any]]:
    with connect(shared_addresses.app) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_is_appended_stays_as_it_is(application: psycopg.Connection[Any], table: Table) -> None:
    may = MAY[table.info["app_may"]]
    for word, statement in acts(table).items():
        if word in may:
            with application.transaction(force_rollback=True):
                application.execute(statement)
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.info["app_may"] == "append"], ids=lambda t: t.name
)
def test_no_way_around_append_only_is_open(application: psycopg.Connection[Any], table: Table) -> None:
    name, column = sql.Identifier(table.name), first_column(table)
    keys = sql.SQL(", ").join(sql.Identifier(key.name) for key in table.primary_key.columns)
    ways = [
        "ALTER TABLE {table} DROP COLUMN {column}",
        "ALTER TABLE {table} OWNER TO {app}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table} CASCADE",
        "CREATE RULE never AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "CREATE TRIGGER never BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE INDEX never ON {table} ({column})",
        "INSERT INTO {table} DEFAULT VALUES ON CONFLICT ({keys}) DO UPDATE SET {column} = excluded.{column}",
        "MERGE INTO {table} t USING {table} s ON false WHEN MATCHED THEN DELETE",
        "SELECT 1 FROM {table} FOR UPDATE",
    ]
    opened = []
    for way in ways:
        statement = sql.SQL(way).format(table=name, column=column, app=sql.Identifier(APP), keys=keys)
        try:
            application.execute(statement)
            opened.append(way)
        except psycopg.errors.InsufficientPrivilege:
            pass
    assert opened == []


@pytest.mark.parametrize(
    "way",
    [
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION postgres_fdw",
        f"SET ROLE {OWNER}",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0'",
        "COPY learner TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
    ],
)
def test_the_application_makes_and_becomes_nothing_in_the_database(
    application: psycopg.Connection[Any], way: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(way)


# --- the learner leads --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", OF_LEARNERS, ids=lambda table: table.name)
def test_the_learner_leads_every_key_of_their_tables(table: Table) -> None:
    assert next(iter(table.primary_key.columns)).name == "learner_id"
    for index in table.indexes:
        first = next(iter(index.columns)).name
        assert (first == "learner_id") != (index.name in LEAD_TO_A_LEARNER), index.name
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(iter(constraint.columns)).name == "learner_id", constraint.name


def test_every_index_that_leads_to_a_learner_is_there() -> None:
    there = {index.name for table in OF_LEARNERS for index in table.indexes}
    assert set(LEAD_TO_A_LEARNER) <= there


def test_rows_of_one_learner_refer_to_rows_of_the_same_learner_only() -> None:
    for table in OF_LEARNERS:
        for key in table.foreign_key_constraints:
            if key.referred_table in OF_LEARNERS:
                pairs = {(element.parent.name, element.column.name) for element in key.elements}
                assert ("learner_id", "learner_id") in pairs, key.name


def test_every_table_that_names_a_learner_is_of_a_family_that_says_so() -> None:
    """One that is led by the learner belongs to the learner's family; any other says that it is about people."""
    for table in TABLES:
        if "learner_id" in table.columns:
            assert table.info["personal"] != "none", table.name
        if next(iter(table.primary_key.columns)).name == "learner_id":
            assert table in OF_LEARNERS, table.name


# --- personal data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_without_personal_data_has_no_column_that_sounds_like_a_person(table: Table) -> None:
    if table.info["personal"] != "none":
        return
    for column in table.columns:
        if (table.name, column.name) in NAMES_OF_THINGS:
            continue
        assert not [word for word in PERSONS if word in column.name], column.name
        assert column.name not in PEOPLE_WHO_ACTED, column.name
        assert not column.name.endswith("_by") or (table.name, column.name) in MACHINES, column.name


def test_every_name_of_a_thing_is_still_there() -> None:
    assert {(table.name, column.name) for table in TABLES for column in table.columns} >= NAMES_OF_THINGS


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_sealed_is_what_holds_something_sealed(table: Table) -> None:
    holds = [c.name for c in table.columns if c.name.endswith("sealed") or c.name in {"wrapped", "password_hash"}]
    assert bool(holds) == (table.info["personal"] == "sealed"), holds


def test_names_numbers_and_evidence_are_bytes_that_were_sealed_or_indexed() -> None:
    """In a table about people a word for a person stands before `_sealed` or `_index`, or for an identifier."""
    for table in TABLES:
        if table.info["personal"] == "none":
            continue
        for column in table.columns:
            if any(word in column.name for word in ("name", "birth", "number", "student", "phone", "evidence")):
                thing = (table.name, column.name) in NAMES_OF_THINGS | {
                    ("feed_item", "number"),
                    ("feed_item", "numbered_at"),
                    ("pathway_round", "number"),
                }
                plain_id = column.name.endswith("_id")
                sealed = isinstance(column.type, LargeBinary) and column.name.endswith(("_sealed", "_index"))
                assert thing or plain_id or sealed, (table.name, column.name)


# --- words --------------------------------------------------------------------------------------------------------


def test_dates_end_in_on_and_instants_in_at_and_know_their_zone() -> None:
    for table in TABLES:
        for column in table.columns:
            where = (table.name, column.name)
            if isinstance(column.type, DateTime):
                assert column.type.timezone, where
                assert column.name.endswith("_at") or column.name in INSTANTS, where
            elif isinstance(column.type, Date):
                assert column.name.endswith("_on") or column.name in DATES, where
            else:
                assert not column.name.endswith(("_at", "_on")), where
