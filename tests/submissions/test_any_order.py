"""However rows are split into files, ordered and repeated, the bank ends with the same records.

Where that is not so by what rows mean, it is said here and tried: of two contents under one key the last that came in
counts; a score by student number alone is refused until somebody has been enrolled under it, and is sent again then.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditbank.database_roles import Addresses
from creditbank.oversight.audit import differences
from tests.conftest import Run, copied
from tests.records.town import course_row, entered
from tests.submissions.bank import SubmittingBank, ndjson, submitting
from tests.submissions.test_bad_files import scored, who

EXAMPLES = 6


def by_number_alone(number: int, **changes: Any) -> dict[str, Any]:
    """A score of somebody who is named and numbered, and shows no document."""
    return {**course_row(**changes), "learner": {name: who(number)[name] for name in ("name", "student_no")}}


# Nothing here has two contents under one key, and nobody is known by a student number alone.
ROWS: list[dict[str, Any]] = [
    *(entered(learner=who(n)) for n in (1, 2, 3)),
    *(scored(n) for n in (1, 2, 4)),
    scored(1, course_code="C102", score="58"),  # not passed …
    scored(1, course_code="C102", score="71", attempt="makeup", occurred_on="2024-03-01"),  # … and then it was
    scored(2, course_code="C900"),
    scored(2, course_code="C900", term=2, occurred_on="2024-06-20", score="93", attempt="retake"),
    scored(3, course_code="C900", score="45"),
    scored(5, course_code="C101"),
    scored(5, course_code="NONE"),  # always refused
    {**scored(6), "term": 9},  # always malformed
    {"kind": "training", "learner": {k: who(4)[k] for k in ("name", "document")}, "title": "叉车安全操作",
     "hours": "32", "started_on": "2024-03-02", "occurred_on": "2024-03-06"},
    {"kind": "training", "learner": {k: who(4)[k] for k in ("name", "document")}, "title": "叉车安全操作",
     "hours": "16", "started_on": "2024-05-02", "occurred_on": "2024-05-06"},
]  # fmt: skip

_RECORDS = """
SELECT encode(k.key_index, 'hex'), encode(v.row_index, 'hex'), v.body, c.credits, c.scheme, c.verdict, c.clause,
       c.occurred_on, encode(d.number_index, 'hex')
FROM record_key k JOIN record_current c USING (learner_id, record_id)
JOIN record_version v ON v.learner_id = c.learner_id AND v.record_id = c.record_id AND v.version = c.version
JOIN learner_document d ON d.learner_id = c.learner_id ORDER BY 1
"""
_BALANCES = """
SELECT encode(d.number_index, 'hex'), e.scheme, e.account, sum(e.amount)
FROM learner_document d JOIN entry e USING (learner_id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


async def standing(bank: SubmittingBank) -> tuple[list[Any], list[Any]]:
    """Records with contents and credits, and balances, by what does not depend on when anything was opened."""
    assert await differences(bank.bank.database) == []
    return await bank.sql(_RECORDS), await bank.sql(_BALANCES)


async def sent(bank: SubmittingBank, files: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Send files one after another."""
    for number, file in enumerate(files):
        if file:
            found = await bank.submitted(ndjson(*file), name=f"{number}.ndjson")
            assert found["status"] == "done"
            assert found["done"] == len(file) == sum(found["counts"].values())


@st.composite
def splits(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """The rows in some order, some of them again, cut into some files."""
    again = draw(st.lists(st.sampled_from(range(len(ROWS))), max_size=6))
    order = draw(st.permutations([*range(len(ROWS)), *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    edges = [0, *cuts, len(order)]
    return [[ROWS[at] for at in order[low:high]] for low, high in pairwise(edges)]


def in_a_bank(run: Run, superuser: Any, template: str, act: Any) -> Any:
    """Run an act in a bank of its own; banks share their keys, so that their indexes can be compared."""
    for addresses in copied(run, superuser, template):
        return asyncio.run(_in(addresses, act))
    raise AssertionError("unreachable")


async def _in(addresses: Addresses, act: Any) -> Any:
    async with submitting(addresses, _KEYS) as bank:
        return await act(bank)


_FOLDER = tempfile.TemporaryDirectory(prefix="cb-order-")
_KEYS = Path(_FOLDER.name)


def test_any_split_order_and_repetition_ends_in_the_same_records(run: Run, superuser: Any, template: str) -> None:
    async def as_it_is(bank: SubmittingBank) -> Any:
        await sent(bank, [ROWS])
        return await standing(bank)

    expected = in_a_bank(run, superuser, template, as_it_is)
    assert len(expected[0]) == len(ROWS) - 2
    assert any(amount > 0 for *_, amount in expected[1])

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(files=splits())
    def all_the_same(files: list[list[dict[str, Any]]]) -> None:
        async def otherwise(bank: SubmittingBank) -> Any:
            await sent(bank, files)
            return await standing(bank)

        assert in_a_bank(run, superuser, template, otherwise) == expected

    all_the_same()


async def test_of_two_contents_under_one_key_the_last_that_came_counts(bank: SubmittingBank) -> None:
    """Within a file and between files; saying the first again later makes it the last."""
    low, high = scored(1, score="62"), scored(1, score="91")
    for files, score in (([[low, high]], "91"), ([[low]], "62"), ([[high], [low, high, low]], "62"), ([[high]], "91")):
        await sent(bank, files)
        (body,) = (row[2] for row in (await standing(bank))[0])
        assert body["score"] == score
    versions = await bank.sql("SELECT count(*) FROM record_version")
    await sent(bank, [[high]])
    assert await bank.sql("SELECT count(*) FROM record_version") == versions, "the last said again is unchanged"


async def test_a_score_by_student_number_alone_waits_for_the_enrolment_and_is_sent_again(bank: SubmittingBank) -> None:
    score, roster = by_number_alone(1), entered(learner=who(1))
    early = await bank.submitted(ndjson(score))
    assert early["counts"] == {"refused": 1}
    assert (await bank.rows(early["submission_id"]))[0]["problem"]["code"] == "student_number_unknown"
    together = await bank.submitted(ndjson(score, roster))
    assert together["counts"] == {"deposited": 2}, "in one file the roster goes first, wherever it stands"
    again = await bank.submitted(ndjson(score))
    assert again["counts"] == {"unchanged": 1}


async def test_files_of_two_institutions_may_come_in_any_order(bank: SubmittingBank) -> None:
    """Each has its own records of the same people; neither order nor company changes what they come to."""
    rng = random.Random(5)
    rows = [scored(n, course_code=code) for n in range(1, 9) for code in ("C101", "C900")]
    mine, theirs = rows[:], rows[:]
    rng.shuffle(mine)
    rng.shuffle(theirs)
    school = bank.client(bank.school)
    ids = [await bank.send(ndjson(*mine[:8])), await bank.send(ndjson(*theirs), actor=school)]
    ids.append(await bank.send(ndjson(*mine[8:])))
    await asyncio.gather(bank.work(), bank.work())
    await bank.work()
    counts = [
        (await bank.read(each, actor=actor))["counts"] for each, actor in zip(ids, (None, school, None), strict=True)
    ]
    assert counts == [{"deposited": 8}, {"deposited": 16}, {"deposited": 8}]
    assert await bank.sql("SELECT count(*) FROM learner") == [(8,)]
    records, _ = await standing(bank)
    assert len(records) == 32
