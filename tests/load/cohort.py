"""The line `cohort`: everybody against every open pathway, a cohort of 240 decided, and one learner who asks.

By `python -m tests.load.cohort` alone; `make bench` prints it beside the others.

Facts are really gathered in all three: rows are read, what is sealed is opened, the packaged documents decide.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

import httpx

from creditbank import clock
from creditbank.db import Database, driver
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions import tables as t
from creditbank.learners.families import families_of
from creditbank.pathways import tables as pt
from creditbank.pathways.gates import decide
from creditbank.pathways.gathering import asked_of, known_of, open_to, people_of, ways_of
from creditbank.pathways.statement_bodies import ExamSaid, FiledSaid
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook, load_packaged
from creditbank.sealing import Keyring
from tests.load.paced import beside_bare
from tests.load.town import LONG_AGO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.load.bench import Served

LEARNERS = int(os.environ.get("BENCH_COHORT_LEARNERS", "100000"))
"""At most so many are asked about: those that there are."""
MEMBERS, QUOTA, CHUNK, ROUNDS = 240, 120, 500, 3
SUBJECTS = ("语文", "数学", "专业综合")


@dataclass(frozen=True)
class Running:
    """A cohort of members with a college, beside other pathways that are open to everybody of the school."""

    school: UUID
    college: UUID
    cohort: UUID
    pathways: tuple[UUID, ...]
    members: tuple[UUID, ...]


async def furnish(database: Database, *, school: UUID) -> Running:
    """Two filed pathways from the town's college, as a school, one of a kind whose documents ask about records; and a
    cohort of 240 of its learners in the other."""
    college, intake, cohort, pathways = new_id(), new_id(), new_id(), (new_id(), new_id())
    async with database.session() as session:
        session.add(t.Institution(institution_id=college, created_at=clock.now()))
    async with database.session() as session:
        session.add_all(
            pt.Pathway(
                pathway_id=pathway, kind=kind, name="测量", province="hebei", school_id=school, college_id=college,
                stages=[], valid_from=LONG_AGO, state="filed", signatures=[], said={}, filed_on=LONG_AGO,
                filed_by="bench", entered_by="bench", entered_at=clock.now(),
            )
            for pathway, kind in zip(pathways, ("three_two", "two_two_two"), strict=True)
        )  # fmt: skip
    async with database.session() as session:
        session.add(pt.Intake(
            intake_id=intake, pathway_id=pathways[0], year=2022, no=1, quota=QUOTA, published_on=LONG_AGO,
            entered_by="bench", entered_at=clock.now(),
        ))  # fmt: skip
    async with database.session() as session:
        session.add(pt.Cohort(
            cohort_id=cohort, pathway_id=pathways[0], intake_id=intake, school_id=school, college_id=college,
            name="测量班", year_of_entry=2019, state="filed", filed_on=LONG_AGO, filed_by="bench", entered_by="bench",
            entered_at=clock.now(),
        ))  # fmt: skip
        cursor = await (await driver(session)).execute(
            "SELECT learner_id FROM enrolment WHERE institution_id = %s ORDER BY learner_id LIMIT %s", [school, MEMBERS]
        )
        members = tuple(learner for (learner,) in await cursor.fetchall())
    async with database.session() as session:
        for number, learner in enumerate(members, start=1):
            session.add(pt.CohortMember(
                learner_id=learner, cohort_id=cohort, member_no=number, joined_on=date(2019, 9, 1), status="filed",
            ))  # fmt: skip
    return Running(school, college, cohort, pathways, members)


# --- everybody ------------------------------------------------------------------------------------------------------


async def by_bank(database: Database, keyring: Keyring, rulebook: Rulebook, learners: Sequence[UUID]) -> dict[str, Any]:
    """Seconds for everybody against what is open to them, and the membership and records that each was decided by."""
    on, plans = clock.today(), dict[Any, Any]()
    found: dict[tuple[UUID, UUID], tuple[str | None, int]] = {}
    verdicts: dict[str, int] = {}
    began = time.perf_counter()
    async with database.session() as session:
        for start in range(0, len(learners), CHUNK):
            chunk = learners[start : start + CHUNK]
            families = await families_of(session, chunk)
            asked = [families[one] for one in chunk]
            open_ = await open_to(session, asked, on=on)
            found_ways = await ways_of(session, sorted({each for ways in open_ for each, _ in ways}), on=on)
            reads = asked_of(rulebook, found_ways)
            people = await people_of(session, asked, on=on, keyring=keyring, reads=reads, plans=plans)
            people.ways = found_ways
            for place, (learner, ways) in enumerate(zip(chunk, open_, strict=True)):
                for pathway, _ in ways:
                    known = known_of(people, place, learner, pathway, round_=None)
                    decided = decide(known, rulebook)
                    verdicts[decided.verdict] = verdicts.get(decided.verdict, 0) + 1
                    cohort = None if known.cohort_id is None else str(known.cohort_id)
                    found[learner, pathway] = (cohort, len(known.facts["records"]))
    return {"seconds": time.perf_counter() - began, "found": found, "verdicts": verdicts}


_BY_HAND: LiteralString = """
SELECT e.learner_id, p.pathway_id, m.cohort_id::text, m.status, m.joined_on, i.year, i.quota, e.entered_on, e.level,
       e.year_of_entry,
       (SELECT json_agg(json_build_object('topic', s.topic, 'key', s.key, 'body', s.body_sealed, 'on', s.occurred_on))
        FROM statement s WHERE s.learner_id = e.learner_id),
       (SELECT json_agg(json_build_object(
            'id', c.record_id, 'kind', c.kind, 'on', c.occurred_on, 'credits', c.credits, 'verdict', c.verdict,
            'institution', c.institution_id, 'shown', c.shown, 'facts', d.facts_sealed, 'body', v.body)
            ORDER BY c.occurred_on, c.record_id)
        FROM record_current c
        JOIN record_version v
          ON v.learner_id = c.learner_id AND v.record_id = c.record_id AND v.version = c.version
        JOIN decision d ON d.learner_id = c.learner_id AND d.decision_id = c.decision_id
        WHERE c.learner_id = e.learner_id AND c.occurred_on <= %(on)s)
FROM enrolment e
JOIN pathway p ON p.school_id = e.institution_id AND p.state = 'filed' AND p.valid_from <= %(on)s
LEFT JOIN (cohort_member m JOIN cohort k USING (cohort_id) JOIN intake i USING (intake_id))
       ON m.learner_id = e.learner_id AND k.pathway_id = p.pathway_id
WHERE e.learner_id = ANY (%(learners)s)
"""


async def by_hand(database: Database, learners: Sequence[UUID]) -> dict[str, Any]:
    """The same rows by SQL written for them; nothing that is sealed is opened and nothing is decided."""
    found: dict[tuple[UUID, UUID], tuple[str | None, int]] = {}
    began = time.perf_counter()
    async with database.session() as session:
        connection = await driver(session)
        for start in range(0, len(learners), CHUNK):
            said = {"learners": list(learners[start : start + CHUNK]), "on": clock.today()}
            for row in await (await connection.execute(_BY_HAND, said)).fetchall():
                found[row[0], row[1]] = (row[2], len([each for each in row[-1] or () if each["verdict"]]))
    return {"seconds": time.perf_counter() - began, "found": found}


async def everybody(database: Database, keyring: Keyring, *, school: UUID) -> dict[str, Any]:
    """Learners a second against all that is open to them, and the ratio to gathering by hand in the same round."""
    rulebook = load_packaged()
    async with database.session() as session:
        cursor = await (await driver(session)).execute(
            "SELECT learner_id FROM enrolment WHERE institution_id = %s ORDER BY learner_id LIMIT %s",
            [school, LEARNERS],
        )
        learners = [learner for (learner,) in await cursor.fetchall()]
    rates, ratios, verdicts = list[float](), list[float](), dict[str, int]()
    for _ in range(ROUNDS):
        bank, hand = await by_bank(database, keyring, rulebook, learners), await by_hand(database, learners)
        assert {name: cohort for name, (cohort, _) in bank["found"].items()} == {
            name: cohort for name, (cohort, _) in hand["found"].items()
        }
        verdicts = bank["verdicts"]
        rates.append(len(learners) / bank["seconds"])
        ratios.append(hand["seconds"] / bank["seconds"])
    ratios.sort()
    return {
        "learners": len(learners),
        "asked": sum(verdicts.values()),
        "verdicts": verdicts,
        "per_second": round(statistics.median(rates)),
        "vs_sql": {
            "median": round(statistics.median(ratios), 3), "least": round(ratios[0], 3), "most": round(ratios[-1], 3),
        },
    }  # fmt: skip


# --- a cohort, and one learner ----------------------------------------------------------------------------------------


async def a_round(served: Served, running: Running) -> dict[str, Any]:
    """A round of 240 opened, its scores stated, then decided, ranked and written over HTTP: the seconds of that."""
    from tests.load.bench import PORT

    registrar = Actor(
        name=f"login:{new_id()}", roles=frozenset({"registrar"}), institution_id=running.college
    )  # fmt: skip
    token = served.app.state.tokens.issue(registrar, at=clock.now())
    sitting = {
        "no": 1, "on": "2024-03-20", "marked_by": "college",
        "subjects": [{"subject": each, "full": "100"} for each in SUBJECTS],
    }  # fmt: skip
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=120) as http:

        async def post(path: str, body: Any) -> Any:
            head = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
            answer = await http.post(path, json=body, headers=head)
            assert answer.status_code in (200, 201), answer.text[:500]
            return answer.json()

        round_ = await post(f"/v1/cohorts/{running.cohort}/rounds", {"sittings": [sitting]})
        await _state(served, running, UUID(round_["round_id"]))
        took: list[float] = []
        counts: dict[str, int] = {}
        for _ in range(ROUNDS):
            began = time.perf_counter()
            decided = await post(f"/v1/rounds/{round_['round_id']}/deciding", {})
            took.append(time.perf_counter() - began)
            counts = decided["counts"]
    assert counts.get("proposed", 0) == QUOTA, counts
    return {"members": len(running.members), "seconds": round(statistics.median(took), 2), "counts": counts}


async def _state(served: Served, running: Running, round_id: UUID) -> None:
    """The college states three scores of everybody, the bank who is on the filed list."""
    of, tools = (
        OfCohort(running.cohort, running.school, running.college),
        Tools(served.keyring, load_packaged(), clock.now()),
    )
    scores = [
        Wanted(learner, ExamSaid(
            topic="exam", kind="stage", subject=each, round_id=round_id, sitting=1, result="passed",
            points=str(60 + (place * 7 + at) % 40),  # type: ignore[arg-type]
        ))
        for place, learner in enumerate(running.members) for at, each in enumerate(SUBJECTS)
    ]  # fmt: skip
    filed = [Wanted(learner, FiledSaid(topic="filed", filed=True)) for learner in running.members]
    for rows, by in (
        (scores, Speaker("college", "login:college", running.college)),
        (filed, Speaker("bank", "login:officer", None)),
    ):

        async def act(session: Any, rows: Any = rows, by: Any = by) -> Any:
            return await state_many(session, of, rows, by=by, tools=tools)

        outcomes = await served.database.write(act)
        assert all(each.refusal is None for each in outcomes), outcomes[0]


async def one_learner(served: Served, running: Running, folder: Path) -> dict[str, Any]:
    """Members who ask gate by gate at twenty a second, each their own, beside the bare route."""
    from tests.load.bench import PORT, request

    tokens, at = served.app.state.tokens, clock.now()
    asked = [
        request(
            "GET",
            f"/v1/learners/{learner}/pathways/{running.pathways[0]}",
            tokens.issue(Actor(name=f"login:{learner}", roles=frozenset({"learner"}), learner_id=learner), at=at),
        )
        for learner in running.members
    ]
    return await beside_bare(PORT, asked, folder, status="200")


async def line(served: Served, folder: Path) -> dict[str, Any]:
    """The three figures, and how busy the machine was when they were measured."""
    running = await furnish(served.database, school=served.town.college)
    return {
        "round": await a_round(served, running),
        "one": await one_learner(served, running, folder),
        "everybody": await everybody(served.database, served.keyring, school=running.school),
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def shown(found: dict[str, Any]) -> str:
    """The line as it is printed."""
    all_, round_, one = found["everybody"], found["round"], found["one"]

    def spread(each: dict[str, float]) -> str:
        return f"{each['median']} ({each['least']}–{each['most']})"

    return (
        f"{'cohort':<12}{'vs_sql ' + spread(all_['vs_sql']):<38}"
        f"{'p95 times static ' + spread(one['p95_times_static']):<38}{all_['per_second']:>8}/s  "
        f"({all_['learners']} learners; {round_['members']} decided in {round_['seconds']} s; load {found['load'][0]})"
    )


def main() -> None:
    """Only this line, over a smaller town."""
    import asyncio
    import tempfile
    from pathlib import Path

    from creditbank import embedded
    from creditbank.migrate import upgrade
    from tests.load import bench

    async def measured(folder: Path, addresses: Any) -> dict[str, Any]:
        town, _ = await bench.loaded_town(folder, addresses, records=bench.RECORDS)
        bench.settle(addresses)
        async with bench.serving(folder, addresses.app, town=town, fresh=bench.Fresh(town)) as served:
            return await line(served, folder)

    with tempfile.TemporaryDirectory(prefix="cb-cohort-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        with embedded.start(folder / "data") as server:
            upgrade(server.addresses.owner)
            found = asyncio.run(measured(folder, server.addresses))
    print(shown(found))
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
