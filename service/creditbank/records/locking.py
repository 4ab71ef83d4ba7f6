"""Locking people, claiming the keys of new records, and reading what stands now: in this order, nothing between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, TryAgain, driver, run, sent_together
from creditbank.ledger.book import Account, LivePosting
from creditbank.ledger.post import LOCKED
from creditbank.records.refusals import LearnerErased
from creditbank.records.sending import in_parts
from creditbank.records.standing import Asked, Person, Standing, Step
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, unwrap

_LOCK_AND_CLAIM = f"""
WITH {LOCKED}, asked AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS k(
        institution_id uuid, key_index bytea, number_index bytea, learner_id uuid, record_id uuid)
), keyed AS (
    INSERT INTO record_key (institution_id, key_index, learner_id, record_id)
    SELECT institution_id, key_index, learner_id, record_id FROM asked
    WHERE key_index IS NOT NULL ORDER BY key_index
    ON CONFLICT DO NOTHING RETURNING key_index
), numbered AS (
    INSERT INTO certificate_key (number_index, learner_id, record_id)
    SELECT number_index, learner_id, record_id FROM asked WHERE number_index IS NOT NULL ORDER BY number_index
    ON CONFLICT DO NOTHING RETURNING number_index
)
SELECT (SELECT json_object_agg(learner_id, last_entry) FROM locked)::text,
       (SELECT count(*) FROM keyed), (SELECT count(*) FROM numbered)
"""
"""The locks are taken first: the outer query asks for them first, and what it has not asked for runs at the end."""

_STANDING = """
WITH RECURSIVE asked AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS a(i int, family uuid[], contents bytea[], records uuid[])
), balances AS (
    SELECT e.* FROM unnest($2::uuid[]) AS l(learner_id), LATERAL (
        SELECT learner_id, scheme, account, institution_id, balance_after FROM entry
        WHERE learner_id = l.learner_id
        ORDER BY scheme DESC, account DESC, institution_id DESC, sequence DESC LIMIT 1) e
    UNION ALL
    SELECT e.* FROM balances b, LATERAL (
        SELECT learner_id, scheme, account, institution_id, balance_after FROM entry
        WHERE learner_id = b.learner_id
          AND (scheme, account, institution_id) < (b.scheme, b.account, b.institution_id)
        ORDER BY scheme DESC, account DESC, institution_id DESC, sequence DESC LIMIT 1) e
)
SELECT NULL::int, json_agg(json_build_array(learner_id, scheme, account, institution_id, balance_after))::text
FROM balances
UNION ALL
SELECT asked.i, json_build_object(
    'family', (
        SELECT json_agg(m) FROM (
            SELECT r.root AS m UNION SELECT a.learner_id FROM learner_alias a
            WHERE a.into_learner_id = r.root AND a.ended_at IS NULL) x),
    'keys', (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex')) FROM learner_key k
             WHERE k.learner_id = ANY (asked.family)),
    'closed', EXISTS (SELECT FROM learner l WHERE l.learner_id = r.root AND l.closed_at IS NOT NULL),
    'versions', (
        SELECT json_object_agg(v.record_id, json_build_object(
            'learner', v.learner_id, 'version', v.version, 'act', v.act, 'kind', v.kind,
            'institution', v.institution_id, 'occurred_on', v.occurred_on,
            'row_index', encode(v.row_index, 'hex'), 'content', encode(v.content, 'hex'),
            'body', v.body, 'derived', v.derived,
            'sealed', encode(v.sealed, 'hex'), 'warnings', v.warnings,
            'revision', (SELECT coalesce(max(d.revision), 0) FROM decision d
                         WHERE d.learner_id = ANY (asked.family) AND d.record_id = v.record_id)))
        FROM (SELECT DISTINCT ON (v.record_id) v.* FROM record_version v
              WHERE v.record_id = ANY (asked.records) AND v.learner_id = ANY (asked.family)
              ORDER BY v.record_id, v.version DESC) v),
    'standing', (
        SELECT json_agg(json_build_object(
            'learner', c.learner_id, 'record', c.record_id, 'institution', c.institution_id, 'version', c.version,
            'content', encode(c.content, 'hex'), 'occurred_on', c.occurred_on, 'recorded_at', c.recorded_at,
            'kind', c.kind, 'level', c.level, 'shown', c.shown, 'sealed', encode(c.sealed, 'hex'),
            'revision', d.revision, 'steps', d.steps, 'facts', d.facts,
            'postings', (
                SELECT json_agg(json_build_object('posting', p.posting_id, 'scheme', p.scheme,
                       'institution', p.institution_id, 'amount', p.amount, 'occurred_on', p.occurred_on)
                       ORDER BY p.occurred_on, p.posting_id)
                FROM posting p
                WHERE p.learner_id = c.learner_id AND p.record_id = c.record_id AND p.kind <> 'reversal'
                  AND NOT EXISTS (SELECT FROM posting r
                                  WHERE r.learner_id = p.learner_id AND r.reverses = p.posting_id))))
        FROM record_current c
        JOIN LATERAL (
            SELECT d.revision, (array_agg(encode(d.facts_sealed, 'hex') ORDER BY d.effective_on))[1] AS facts,
                   json_agg(json_build_object('effective_on', d.effective_on, 'verdict', d.verdict,
                       'scheme', d.scheme, 'credits', d.credits, 'document', d.document,
                       'document_version', d.document_version, 'clause', d.clause) ORDER BY d.effective_on) AS steps
            FROM decision d WHERE d.learner_id = c.learner_id AND d.record_id = c.record_id
            GROUP BY d.revision ORDER BY d.revision DESC LIMIT 1) d ON true
        WHERE c.learner_id = ANY (asked.family) AND c.content = ANY (asked.contents || array(
              SELECT o.content FROM record_current o
              WHERE o.learner_id = ANY (asked.family) AND o.record_id = ANY (asked.records))))
)::text
FROM asked,
LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
         WHERE a.learner_id = asked.family[1] AND a.ended_at IS NULL), asked.family[1]) AS root) r
"""


async def lock_claim_and_read(
    session: Transaction, people: Sequence[Asked], *, claims: Sequence[dict[str, str | None]], keyring: Keyring
) -> list[Person]:
    """Lock everybody asked for, claim the keys of records that are new, then read what stands.

    Two statements in this order, sent together: the second sees what the winner of a race left. Raises TryAgain when a
    key was claimed by somebody else meanwhile, or when accounts were merged or parted: what was matched before the
    lock no longer holds then.
    """
    everybody = sorted({learner for person in people for learner in person.family})
    read: list[Person] = []
    async with sent_together(await driver(session)):
        locked = await run(session, _LOCK_AND_CLAIM, everybody, orjson.dumps(list(claims)).decode())
        async for part, found in in_parts(session, _STANDING, people, _questions):
            if not read:
                last_entry = _locked(await locked.fetchone(), claims)
            read += _people(part, found, last_entry, keyring)
    return read


def _locked(answer: tuple[Any, ...] | None, claims: Sequence[dict[str, str | None]]) -> dict[str, int]:
    """The number of each one's last entry, if all that was claimed was free."""
    assert answer is not None
    heads, *claimed = answer
    wanted = [sum(claim[index] is not None for claim in claims) for index in ("key_index", "number_index")]
    if claimed != wanted:
        raise TryAgain
    last_entry: dict[str, int] = orjson.loads(heads or "{}")
    return last_entry


def _people(
    people: Sequence[Asked], answers: Sequence[tuple[Any, ...]], last_entry: Mapping[str, int], keyring: Keyring
) -> list[Person]:
    named = {str(learner): learner for person in people for learner in person.family}
    found = {number: orjson.loads(text or "[]") for number, text in answers}
    balances = defaultdict[UUID, dict[Account, int]](dict)
    for learner, scheme, account, institution, balance in found[None]:
        whose = named[learner]
        balances[whose][whose, scheme, account, institution and UUID(institution)] = balance
    heads = {learner: last_entry[name] for name, learner in named.items()}
    return [_person(asked, found[place], named, heads, balances, keyring) for place, asked in enumerate(people)]


def _questions(people: Sequence[Asked]) -> tuple[str, list[UUID]]:
    questions = orjson.dumps(
        [
            {
                "i": place,
                "family": asked.family,
                "contents": ["\\x" + content.hex() for content in asked.contents],
                "records": list(asked.records),
            }
            for place, asked in enumerate(people)
        ]
    )
    return questions.decode(), [learner for asked in people for learner in asked.family]


def _person(
    asked: Asked,
    found: dict[str, Any],
    named: Mapping[str, UUID],
    last_entry: Mapping[UUID, int],
    balances: Mapping[UUID, dict[Account, int]],
    keyring: Keyring,
) -> Person:
    if {named.get(member) for member in found["family"]} != set(asked.family):
        raise TryAgain
    if len(found["keys"] or {}) != len(asked.family):
        raise LearnerErased
    keys = {
        named[learner]: unwrap(keyring, named[learner], bytes.fromhex(wrapped))
        for learner, wrapped in (found["keys"] or {}).items()
    }
    standing = [_standing(row, keys[named[row["learner"]]]) for row in found["standing"] or ()]
    return Person(
        family=asked.family,
        keys=keys,
        closed=found["closed"],
        last_entry={learner: last_entry[learner] for learner in asked.family},
        balances={account: balance for learner in asked.family for account, balance in balances[learner].items()},
        standing={record.record_id: record for record in standing},
        versions={UUID(record): version for record, version in (found["versions"] or {}).items()},
    )


def _standing(row: dict[str, Any], key: SealingKey) -> Standing:
    learner_id, record_id = UUID(row["learner"]), UUID(row["record"])
    return Standing(
        learner_id=learner_id,
        record_id=record_id,
        institution_id=UUID(row["institution"]),
        version=row["version"],
        content=bytes.fromhex(row["content"]),
        occurred_on=date.fromisoformat(row["occurred_on"]),
        recorded_at=row["recorded_at"],
        kind=row["kind"],
        level=row["level"],
        shown=row["shown"],
        sealed=row["sealed"],
        facts=orjson.loads(open_sealed(key, bytes.fromhex(row["facts"]), field_of(learner_id, "facts"))),
        revision=row["revision"],
        steps=[Step.read(step) for step in row["steps"]],
        postings=[
            LivePosting(
                learner_id,
                UUID(posting["posting"]),
                record_id,
                posting["scheme"],
                UUID(posting["institution"]),
                posting["amount"],
                date.fromisoformat(posting["occurred_on"]),
            )
            for posting in row["postings"] or ()
        ],
    )
