"""Whatever is claimed, in whatever order and however it is split: no cap is passed, no record is used twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Run, copied
from tests.recognition.college import COURSES, DEPARTMENT, College, Learner, a_college, clause, procedure, room

CAP = 8
CREDITS = {code: credits // 100 for code, _, _, credits in COURSES}
PROFESSIONAL = clause(
    "professional",
    cap={
        "sum": {"fact": "conversion.credits"},
        "over": "conversions",
        "where": {"fact": "course.category", "is": "专业课"},
    },
    at_most="6",
)

LINE = st.tuples(st.integers(0, 4), st.sampled_from(sorted(CREDITS)))
CLAIM = st.lists(LINE, min_size=1, max_size=4, unique_by=lambda line: line[1])
ACT = st.one_of(
    st.tuples(st.just("claim"), CLAIM),
    st.tuples(st.just("at once"), st.lists(CLAIM, min_size=2, max_size=4)),
    st.tuples(st.sampled_from(["approve", "refuse", "withdraw claim"]), st.integers(0, 9)),
    st.tuples(st.sampled_from(["withdraw record", "report again"]), st.integers(0, 4)),
)


async def claims(college: College, learner: Learner, lines: list[tuple[int, str]]) -> dict[str, Any] | None:
    """A claim; one for a record that is not there now is none."""
    body = [{"record_ids": [str(learner.records[number])], "course_code": code} for number, code in lines]
    made = await college.claim(learner, *body, status=None)
    return made if "claim_id" in made else None


async def does(college: College, learner: Learner, made: list[dict[str, Any]], act: tuple[str, Any]) -> None:
    """One act, whether or not it is possible now."""
    what, about = act
    if what == "claim":
        made += filter(None, [await claims(college, learner, about)])
    elif what == "at once":
        made += filter(None, await asyncio.gather(*(claims(college, learner, one) for one in about)))
    elif what == "withdraw record":
        path = f"/v1/records/{learner.records[about]}/withdrawal"
        await college.ask("POST", path, college.issuer, json={"reason": "发错了"}, status=None)
    elif what == "report again":
        await college.certificate(learner, about)
    elif made:
        one = made[about % len(made)]
        if what == "withdraw claim":
            await college.ask("POST", f"/v1/claims/{one['claim_id']}/withdrawal", learner.actor, json={}, status=None)
        else:
            outcome = {"approve": "approved", "refuse": "refused"}[what]
            path = f"/v1/claims/{one['claim_id']}/steps/department/outcome"
            body = {"outcome": outcome, "reason": "不符"}
            await college.ask("POST", path, college.department, json=body, status=None)


async def holds(college: College) -> None:
    """What stands, granted or reserved, is within every cap; nothing is used twice; books, claims and audit agree."""
    standing = await college.sql(
        """
        SELECT v.course_code, v.credits, v.course ->> 'category', u.record_id
        FROM conversion v JOIN record_use u USING (learner_id, conversion_id) WHERE v.state <> 'ended'
        """
    )
    records = [record for *_, record in standing]
    courses = [code for code, *_ in standing]
    assert len(set(records)) == len(records)
    assert len(set(courses)) == len(courses)
    assert sum(credits for _, credits, _, _ in standing) <= CAP * 100
    assert sum(credits for _, credits, category, _ in standing if category == "专业课") <= 600
    await college.check()


@pytest.mark.parametrize("with_hands", [False, True])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(ACT, min_size=3, max_size=8))
def test_no_order_splitting_or_interleaving_passes_a_cap_or_uses_a_record_twice(
    with_hands: bool, acts: list[tuple[str, Any]], shared_college: tuple[asyncio.Runner, College]
) -> None:
    runner, college = shared_college

    async def try_them() -> None:
        await college.forget_claims()
        college.decide_by(room(str(CAP)), PROFESSIONAL, **({"hands": procedure(DEPARTMENT)} if with_hands else {}))
        learner = await college.enrol(certificates=5)
        made: list[dict[str, Any]] = []
        for act in acts:
            await does(college, learner, made, act)
            await holds(college)

    runner.run(try_them())


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lines=st.lists(LINE, min_size=2, max_size=5, unique_by=(lambda line: line[1], lambda line: line[0])),
    cuts=st.sets(st.integers(1, 4)),
)
def test_lines_come_to_the_same_in_one_claim_and_in_several_in_the_same_order(
    lines: list[tuple[int, str]], cuts: set[int], shared_college: tuple[asyncio.Runner, College]
) -> None:
    runner, college = shared_college

    async def both() -> None:
        await college.forget_claims()
        college.decide_by(room(str(CAP)), PROFESSIONAL)
        whole, split = [await college.enrol(certificates=5) for _ in range(2)]
        together = await claims(college, whole, lines)
        assert together is not None
        begins = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
        apart = [await claims(college, split, lines[begin:end]) for begin, end in itertools.pairwise(begins)]
        said = [line["state"] for one in apart if one is not None for line in one["lines"]]
        assert [line["state"] for line in together["lines"]] == said
        await college.check()

    runner.run(both())


@pytest.fixture(scope="module")
def shared_college(
    run: Run, superuser: psycopg.Connection[Any], template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[asyncio.Runner, College]]:
    """One college for all examples, in a database of its own: each has a learner of its own."""
    keys: Path = tmp_path_factory.mktemp("recognition") / "keys"
    for addresses in copied(run, superuser, template):
        with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
            opened = a_college(addresses, keys, patch)
            college = runner.run(opened.__aenter__())
            yield runner, college
            runner.run(opened.__aexit__(None, None, None))
