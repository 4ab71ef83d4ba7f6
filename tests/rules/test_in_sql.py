"""A measure in SQL comes to what it comes to in Python, whatever the rows and whatever is not known of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditbank.database_roles import Addresses, connect
from creditbank.rules import Rulebook, read_document
from creditbank.rules.in_sql import Aggregate, aggregates, value_of
from creditbank.rules.terms import READY
from tests.rules.writing import SAYS, SOURCE

COLUMNS = {
    "earned.credits": "(row -> 'earned' ->> 'credits')::bigint",
    "earned.grade": "(row -> 'earned' ->> 'grade')::numeric",
    "earned.in_average": "(row -> 'earned' ->> 'in_average')::boolean",
    "course.category": "row -> 'course' ->> 'category'",
    "course.compulsory": "(row -> 'course' ->> 'compulsory')::boolean",
    "record.kind": "row -> 'record' ->> 'kind'",
    "record.award_level": "row -> 'record' ->> 'award_level'",
    "record.occurred_on": "row -> 'record' ->> 'occurred_on'",
}

DAYS = st.sampled_from(["2023-08-31", "2023-09-01", "2024-02-29", "2024-06-20"])
LEVELS = st.sampled_from(["institution", "municipal", "provincial", "national"])
VALUES: dict[str, Any] = {
    "earned.credits": st.integers(0, 800),
    "earned.grade": st.sampled_from(["59", "59.5", "60", "75", "85.5", "100"]),
    "earned.in_average": st.booleans(),
    "course.category": st.sampled_from(["公共课", "专业课", "it's"]),
    "course.compulsory": st.booleans(),
    "record.kind": st.sampled_from(["course_result", "certificate", "award"]),
    "record.award_level": LEVELS,
    "record.occurred_on": DAYS,
}


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of which anything may be missing."""
    made = []
    for number in range(draw(st.integers(0, 6))):
        row: dict[str, Any] = {"id": f"r{number}", "earned": {}, "course": {}, "record": {}}
        for name, values in VALUES.items():
            value = draw(st.one_of(values, values, values, st.none()))
            if value is not None:
                subject, _, key = name.partition(".")
                row[subject][key] = value
        made.append(row)
    return made


COMPARED = st.one_of(
    st.builds(
        lambda word, value: {"fact": "earned.credits", word: value},
        st.sampled_from(["is", "at_least", "at_most", "more_than", "less_than"]),
        st.sampled_from(["0", "2", "2.5", "4"]),
    ),
    st.builds(
        lambda word, value: {"fact": "earned.grade", word: value},
        st.sampled_from(["at_least", "less_than", "is"]),
        st.sampled_from(["60", "59.5", "85.5"]),
    ),
    st.builds(lambda value: {"fact": "earned.in_average", "is": value}, st.sampled_from(["yes", "no"])),
    st.builds(lambda value: {"fact": "course.compulsory", "is": value}, st.sampled_from(["yes", "no"])),
    st.just({"fact": "course.category", "in": ["专业课", "it's"]}),
    st.just({"fact": "course.category", "is": "公共课"}),
    st.just({"fact": "record.kind", "in": ["award", "certificate"]}),
    st.builds(
        lambda word, value: {"fact": "record.award_level", word: value},
        st.sampled_from(["at_least", "at_most", "more_than", "less_than", "is"]),
        LEVELS,
    ),
    st.builds(
        lambda word, value: {"fact": "record.occurred_on", word: value},
        st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
        DAYS,
    ),
    st.builds(
        lambda name, value: {"fact": name, "stated": value},
        st.sampled_from(["earned.grade", "course.category", "record.kind"]),
        st.sampled_from(["yes", "no"]),
    ),
    st.just({"named": "twice", "at_least": "5"}),
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
WHAT = st.sampled_from(
    [
        {"fact": "earned.credits"},
        {"named": "twice"},
        {"start": {"fact": "earned.credits"}, "then": [{"minus": "1"}, {"not_below": "0"}]},
        {"start": {"fact": "earned.credits"}, "then": [{"times": "3"}, {"not_above": "7.5"}]},
    ]
)
MEASURES = st.one_of(
    st.builds(
        lambda where: {"count": "earned", **where},
        st.one_of(st.just({}), st.builds(lambda c: {"where": c}, CONDITIONS)),
    ),
    st.builds(lambda c: {"count": "earned", "where": c, "once_per": {"fact": "course.category"}}, CONDITIONS),
    st.builds(lambda what, c: {"sum": what, "over": "earned", "where": c}, WHAT, CONDITIONS),
    st.builds(
        lambda word, what, c: {word: what, "over": "earned", "where": c},
        st.sampled_from(["highest", "lowest"]),
        WHAT,
        CONDITIONS,
    ),
    st.builds(lambda c: {"sum": {"fact": "earned.credits"}, "over": "counted", "where": c}, CONDITIONS),
)


def book_of(measure: dict[str, Any], counted: dict[str, Any]) -> Rulebook:
    """A document that gives one measure."""
    counts = "count" in measure
    named = {
        "measure": {"says": SAYS, "cites": ["source"], "gives": "count" if counts else "credits", "amount": measure},
        "twice": {
            "says": SAYS,
            "cites": ["source"],
            "gives": "credits",
            "amount": {
                "choose": [
                    {
                        "when": {"fact": "earned.in_average", "is": "yes"},
                        "take": {"start": {"fact": "earned.credits"}, "then": [{"plus": {"fact": "earned.credits"}}]},
                    },
                    {"otherwise": {"fact": "earned.credits"}},
                ]
            },
        },
    }
    version: dict[str, Any] = {
        "version": "1",
        "from": "2020-01-01",
        "citations": {"source": SOURCE},
        "names": named,
        "sets": {"counted": {"says": SAYS, "cites": ["source"], "of": "earned", "where": counted}},
        "clauses": [
            {"id": "c", "says": SAYS, "cites": ["source"], "require": {"named": "measure", "at_least": "0"}},
            {
                "id": "used",
                "says": SAYS,
                "cites": ["source"],
                "require": {"exists": "counted", "where": {"named": "twice", "at_least": "0"}},
            },
        ],
        "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "c"}}],
    }
    text = {
        "document": "accumulation.test",
        "question": "accumulation",
        "title": SAYS,
        "issuer": SAYS,
        "applies": {"purpose.kind": ["graduation"]},
        "version_by": {"fact": "decision.on", "because": SAYS},
        "versions": [version],
    }
    return Rulebook.load([read_document(json.dumps(text, ensure_ascii=False), file="test.yaml")])


def in_postgres(addresses: Addresses, aggregate: Aggregate, found: list[dict[str, Any]]) -> Any:
    """What PostgreSQL makes of the rows."""
    with connect(addresses.superuser, dbname="postgres") as connection:
        query = f"SELECT {aggregate.sql} FROM jsonb_array_elements(%s::jsonb) AS r(row)".replace("%", "%%").replace(
            "%%s", "%s"
        )
        cursor = connection.execute(query, [json.dumps(found, ensure_ascii=False)])  # type: ignore[arg-type]
        answer = cursor.fetchone()
    assert answer is not None
    return value_of(aggregate, answer[0])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(measure=MEASURES, counted=CONDITIONS, found=rows())
def test_sql_and_python_come_to_the_same(
    server_addresses: Addresses, measure: dict[str, Any], counted: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    version = book_of(measure, counted).versions()[0]
    (aggregate,) = (each for each in aggregates(version, {"earned": COLUMNS}) if each.place.startswith("names.measure"))
    taken, _ = version.measures[aggregate.place]
    assert in_postgres(server_addresses, aggregate, found) == taken.value({"earned": found})


def test_a_measure_that_was_computed_beforehand_is_not_taken_again() -> None:
    book = book_of({"sum": {"fact": "earned.credits"}, "over": "earned"}, {"fact": "earned.credits", "at_least": "0"})
    facts = {
        "purpose": {"kind": "graduation"},
        "decision": {"on": "2024-01-01"},
        "earned": [{"id": "a", "earned": {"credits": 100}}],
    }
    assert book.decide("accumulation", facts).verdict == "granted"
    assert book.decide("accumulation", {**facts, READY: {"names.measure.0": None}}).verdict == "unknown"
