"""The bank in figures: counted from what the ledger is made of, a statement for each question, small counts protected.

A month is the city's, of when the bank did it (posted, decided, recorded), not of when it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.credits import format_credits
from creditbank.db import driver
from creditbank.errors import Malformed
from creditbank.institutions import reading
from creditbank.oversight.figures import FEWEST, Figure, protected
from creditbank.oversight.statistics_schemas import (
    AccountsFigure,
    AccountsFigures,
    CreditsFigure,
    CreditsFigures,
    DaysFigure,
    DaysFigures,
    RecordsFigure,
    RecordsFigures,
    RefusalsFigure,
    RefusalsFigures,
    StatisticsOut,
)
from creditbank.rules.service import published, read_text

MOST_INSTITUTIONS = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """Of which months, and of which institution if of one."""

    since: date
    until: date
    """The last day, included."""
    institution_id: UUID | None = None


def whole_months(since: date | None, until: date | None, *, at: datetime) -> tuple[date, date]:
    """From the first day of a month to the last day of one: of the last twelve where nothing is asked for.

    Whole months, so that nobody is told apart by asking for two times that differ by a day.
    """
    last = until or clock.today(at)
    end = (last.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if since is not None:
        return since.replace(day=1), end
    following = end + timedelta(days=1)
    return following.replace(year=following.year - 1), end


def span_of(since: date | None, until: date | None, institution_id: UUID | None, *, at: datetime) -> Span:
    """Which months are asked for. Raises Malformed where they end before they begin, or are out of all time."""
    for name, said in (("since", since), ("until", until)):
        if said is not None and not 1900 <= said.year <= 2100:
            raise Malformed(
                field=f"query:/{name}", why_zh="年份应在 1900 至 2100 之间", why_en="the year is 1900 to 2100"
            )
    first, last = whole_months(since, until, at=at)
    if last < first:
        raise Malformed(field="query:/until", why_zh="截止月份早于起始月份", why_en="it ends before it begins")
    return Span(first, last, institution_id)


_OF_WHOM = """
  AND (%(institution)s::uuid IS NULL OR EXISTS (
      SELECT FROM record_current r WHERE r.learner_id = a.learner_id AND r.institution_id = %(institution)s))
"""
_ACCOUNTS: LiteralString = f"""
SELECT (date_trunc('month', x.at AT TIME ZONE 'Asia/Shanghai'))::date AS month,
       count(*) FILTER (WHERE x.what = 'opened') AS opened, count(*) FILTER (WHERE x.what = 'activated') AS activated,
       count(*) FILTER (WHERE x.what = 'closed') AS closed
FROM learner a
CROSS JOIN LATERAL (VALUES ('opened', a.opened_at), ('activated', a.activated_at), ('closed', a.closed_at)) x(what, at)
WHERE x.at >= %(since)s AND x.at < %(until)s {_OF_WHOM}
GROUP BY GROUPING SETS ((), (1)) ORDER BY 1 NULLS FIRST
"""
_PEOPLE: LiteralString = f"""
SELECT count(*) AS people FROM learner a WHERE NOT EXISTS (
    SELECT FROM learner_alias l WHERE l.learner_id = a.learner_id AND l.ended_at IS NULL) {_OF_WHOM}
"""
_RECORDS: LiteralString = """
SELECT (date_trunc('month', v.recorded_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, v.institution_id, v.kind,
       extract(year FROM v.occurred_on)::int AS year,
       count(*) FILTER (WHERE v.act = 'reported' AND v.version = 1) AS reported,
       count(*) FILTER (WHERE v.act = 'corrected') AS corrected,
       count(*) FILTER (WHERE v.act = 'withdrawn') AS withdrawn,
       count(DISTINCT v.learner_id) FILTER (WHERE v.act = 'reported' AND v.version = 1) AS people_reported,
       count(DISTINCT v.learner_id) FILTER (WHERE v.act = 'corrected') AS people_corrected,
       count(DISTINCT v.learner_id) FILTER (WHERE v.act = 'withdrawn') AS people_withdrawn
FROM record_version v
WHERE v.recorded_at >= %(since)s AND v.recorded_at < %(until)s
  AND (%(institution)s::uuid IS NULL OR v.institution_id = %(institution)s)
GROUP BY GROUPING SETS ((), (v.kind), (v.institution_id), (1), (4))
ORDER BY 1 NULLS FIRST, 4, reported DESC, v.kind, v.institution_id
"""
_CREDITS: LiteralString = """
SELECT p.scheme, (date_trunc('month', p.posted_at AT TIME ZONE 'Asia/Shanghai'))::date AS month,
       coalesce(c.institution_id, p.institution_id) AS institution_id, extract(year FROM p.occurred_on)::int AS year,
       count(DISTINCT p.learner_id) AS people,
       count(*) AS postings, sum(p.amount)::bigint AS credits
FROM posting p LEFT JOIN claim c ON c.learner_id = p.learner_id AND c.claim_id = p.claim_id
WHERE p.purpose = %(purpose)s AND p.posted_at >= %(since)s AND p.posted_at < %(until)s
  AND (%(institution)s::uuid IS NULL OR coalesce(c.institution_id, p.institution_id) = %(institution)s)
GROUP BY GROUPING SETS ((p.scheme), (p.scheme, 3), (p.scheme, 2), (p.scheme, 4))
ORDER BY p.scheme, 2 NULLS FIRST, 4, credits DESC, 3
"""
_REFUSALS: LiteralString = """
WITH refused AS (
    SELECT 'deposit' AS about, r.learner_id, r.institution_id, d.document, r.clause, d.decided_at
    FROM record_current r JOIN decision d USING (learner_id, decision_id) WHERE r.verdict = 'not_granted'
    UNION ALL
    SELECT 'conversion', l.learner_id, c.institution_id, d.document,
           CASE WHEN l.refused_by IN ('rules', 'kernel') THEN coalesce(l.refusal, d.clause) ELSE l.refused_by END,
           d.decided_at
    FROM claim_line l JOIN claim c USING (learner_id, claim_id) JOIN decision d USING (learner_id, decision_id)
    WHERE l.state = 'refused'
)
SELECT (date_trunc('month', decided_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, institution_id, about, document,
       clause, count(DISTINCT learner_id) AS people, count(*) AS refused, grouping(about) = 0 AS by_clause
FROM refused
WHERE decided_at >= %(since)s AND decided_at < %(until)s
  AND (%(institution)s::uuid IS NULL OR institution_id = %(institution)s)
GROUP BY GROUPING SETS ((), (about, document, clause), (institution_id), (1))
ORDER BY 1 NULLS FIRST, refused DESC, about, document, clause, institution_id
"""
_DAYS: LiteralString = """
WITH waited AS (
    SELECT 'claims' AS what, learner_id, institution_id, made_at AS since_at, decided_at FROM claim
    WHERE state = 'decided'
    UNION ALL
    SELECT 'appeals', a.learner_id, c.institution_id, a.raised_at, a.decided_at
    FROM appeal a JOIN claim c USING (learner_id, claim_id) WHERE a.state <> 'open'
    UNION ALL
    -- A row has no learner before it is resolved: each is counted as somebody.
    SELECT 'held_rows', held_row_id, institution_id, received_at, resolved_at FROM held_row WHERE status = 'resolved'
), counted AS (
    SELECT *, (decided_at AT TIME ZONE 'Asia/Shanghai')::date - (since_at AT TIME ZONE 'Asia/Shanghai')::date AS days
    FROM waited
    WHERE decided_at >= %(since)s AND decided_at < %(until)s
      AND (%(institution)s::uuid IS NULL OR institution_id = %(institution)s)
)
SELECT what, (date_trunc('month', decided_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, institution_id,
       count(DISTINCT learner_id) AS people, count(*) AS decided,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days) AS median,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days) AS ninth_tenth, max(days) AS longest
FROM counted
GROUP BY GROUPING SETS ((what), (what, institution_id), (what, 2))
ORDER BY what, 2 NULLS FIRST, decided DESC, institution_id
"""

Rows = list[dict[str, Any]]


async def statistics(session: AsyncSession, span: Span, *, at: datetime) -> StatisticsOut:
    """Everything that the dashboard shows. Raises NotFound for an institution that is not there."""
    if span.institution_id is not None:
        await reading.exists(session, span.institution_id)
    names = await _names(session, at)
    accounts = await _rows(session, _ACCOUNTS, span)
    (people,) = await _rows(session, _PEOPLE, span)
    records = _named(await _rows(session, _RECORDS, span), names)
    deposits = _named(await _rows(session, _CREDITS, span, purpose="deposit"), names)
    conversions = _named(await _rows(session, _CREDITS, span, purpose="conversion"), names)
    refusals = _named(await _rows(session, _REFUSALS, span), names)
    days = _named(await _rows(session, _DAYS, span), names)
    sentences = await _sentences(session)
    return StatisticsOut(
        since=span.since,
        until=span.until,
        institution_id=span.institution_id,
        made_at=at,
        fewest=FEWEST,
        accounts=_accounts(accounts, people["people"]),
        records=_records(records),
        deposits=_credits(deposits),
        conversions=_credits(conversions),
        refusals=_refusals(refusals, sentences),
        days=_days(days),
    )


async def _rows(session: AsyncSession, question: LiteralString, span: Span, **more: object) -> Rows:
    said = {
        "since": datetime.combine(span.since, time(), clock.CITY),
        "until": datetime.combine(span.until + timedelta(days=1), time(), clock.CITY),
        "institution": span.institution_id,
        **more,
    }
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(question, said)
    return await cursor.fetchall()


async def _names(session: AsyncSession, at: datetime) -> dict[UUID, str]:
    found = await reading.institutions(session, on=clock.today(at), kind=None, after=None, limit=MOST_INSTITUTIONS)
    return {one.institution_id: one.name for one in found}


def _named(rows: Rows, names: Mapping[UUID, str]) -> Rows:
    return [{**row, "institution": names.get(row["institution_id"])} for row in rows]


# --- as they may be shown -----------------------------------------------------------------------------------------

_OF = ("month", "year", "institution_id", "institution", "kind", "scheme", "about", "document", "clause", "what")
_BY = ("month", "year", "institution_id", "kind")


def _figures(rows: Rows, *values: str) -> list[Figure]:
    """Lines of some values; of how many people each is, where that is not the same for all, its own column says."""
    return [
        Figure(
            {name: row[name] for name in _OF if name in row},
            {name: row[name] for name in values},
            {name: row[f"people_{name}"] if f"people_{name}" in row else row["people"] for name in values},
        )
        for row in rows
    ]


def _shown(figure: Figure) -> dict[str, Any]:
    values = {name: None if name in figure.hidden else value for name, value in figure.values.items()}
    return {**figure.of, **values, "hidden": bool(figure.hidden)}


def _only(rows: Rows, *names: str) -> Rows:
    """The rows of the grouping by these; by nothing where none is named."""
    return [row for row in rows if all((row.get(key) is not None) == (key in names) for key in _BY)]


def _accounts(rows: Rows, people: int) -> AccountsFigures:
    values = ("opened", "activated", "closed")
    # An account is somebody's: how many accounts is of how many people.
    total, *by_month = _figures([{**row, **{f"people_{name}": row[name] for name in values}} for row in rows], *values)
    return AccountsFigures(
        people=people if people == 0 or people >= FEWEST else None,
        total=AccountsFigure(**_shown(protected([total])[0])),
        by_month=[AccountsFigure(**_shown(each)) for each in protected(by_month)],
    )


def _records(rows: Rows) -> RecordsFigures:
    def lines(*names: str) -> list[RecordsFigure]:
        figures = _figures(_only(rows, *names), "reported", "corrected", "withdrawn")
        return [RecordsFigure(**_shown(each)) for each in protected(figures)]

    return RecordsFigures(
        total=lines()[0],
        by_kind=lines("kind"),
        by_institution=lines("institution_id"),
        by_month=lines("month"),
        by_year=lines("year"),
    )


def _credits(rows: Rows) -> CreditsFigures:
    def lines(*names: str) -> list[CreditsFigure]:
        figures = protected(_figures(_only(rows, *names), "postings", "credits"), apart=lambda each: each.of["scheme"])
        return [_of_credits(_shown(each)) for each in figures]

    return CreditsFigures(
        total=lines(), by_institution=lines("institution_id"), by_month=lines("month"), by_year=lines("year")
    )


def _of_credits(shown: dict[str, Any]) -> CreditsFigure:
    written = None if shown["credits"] is None else format_credits(shown["credits"])
    return CreditsFigure(**{**shown, "credits": written})


def _refusals(rows: Rows, sentences: Mapping[tuple[str, str], tuple[str, str]]) -> RefusalsFigures:
    def lines(*names: str, by_clause: bool = False) -> list[RefusalsFigure]:
        figures = _figures([row for row in _only(rows, *names) if row["by_clause"] == by_clause], "refused")
        return [RefusalsFigure(**_said(_shown(each), sentences)) for each in protected(figures)]

    return RefusalsFigures(
        total=lines()[0],
        by_clause=lines(by_clause=True),
        by_institution=lines("institution_id"),
        by_month=lines("month"),
    )


def _said(shown: dict[str, Any], sentences: Mapping[tuple[str, str], tuple[str, str]]) -> dict[str, Any]:
    zh, en = sentences.get((shown["document"] or "", shown["clause"] or ""), (None, None))
    return {**shown, "says_zh": zh, "says_en": en}


def _days(rows: Rows) -> DaysFigures:
    def lines(*names: str) -> list[DaysFigure]:
        figures = _figures(_only(rows, *names), "decided", "median", "ninth_tenth", "longest")
        return [DaysFigure(**_shown(each)) for each in protected(figures, apart=lambda each: each.of["what"])]

    return DaysFigures(total=lines(), by_institution=lines("institution_id"), by_month=lines("month"))


async def _sentences(session: AsyncSession) -> dict[tuple[str, str], tuple[str, str]]:
    """What each published clause says, in both languages, by document and clause: as the last version says it."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for document, text in (await published(session)).texts.items():
        versions: Sequence[Mapping[str, Any]] = sorted(read_text(text).tree["versions"], key=lambda v: str(v["from"]))
        for version in versions:
            for clause in version["clauses"]:
                says = clause["says"]
                found[document, str(clause["id"])] = (str(says["zh"]), str(says["en"]))
    return found
