"""People as they are, by chance: records of every kind, merged accounts, conversions that stand, lapsed and ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import DateTime, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import SQLModel

from creditbank.identifiers import new_id
from creditbank.institutions.equivalence_keys import certificate_key, course_key, online_course_key, training_key
from creditbank.institutions.tables import (
    CertificateLevel,
    CertificateStandard,
    Equivalence,
    Plan,
    PlanCourse,
    Programme,
    Term,
)
from creditbank.recognition.tables import Claim, Conversion, RecordUse
from creditbank.records.merging import merge
from tests.records.town import LONG_AGO, Town, course_row, entered, resident

SCORES = ("86", "59.5", "60", "100", "缺考", "作弊", "缓考", "免修")
OTHER_PLAN = UUID("0195532a-0000-7c11-9a51-000000000001")


def filled(table: type[SQLModel], **said: Any) -> Any:
    """A row; what is not said and must be there is empty, so that a table may grow without these tests."""
    for column in table.__table__.columns:  # type: ignore[attr-defined]
        if (
            column.name in said
            or column.nullable
            or (column.name in table.model_fields and (not table.model_fields[column.name].is_required()))
        ):
            continue
        empty: Any = ""
        if isinstance(column.type, Uuid):
            empty = new_id()
        elif isinstance(column.type, JSONB):
            empty = {}
        elif isinstance(column.type, ARRAY):
            empty = []
        elif isinstance(column.type, DateTime):
            empty = datetime.now().astimezone()
        said[column.name] = empty
    return table(**said)


async def furnish_more(town: Town, random: Random) -> UUID:
    """The plan lists certificates, the college has a calendar, a longer plan and another programme."""
    ((plan_id, programme_id),) = await town.sql("SELECT plan_id, programme_id FROM plan")
    listed = [{"standard": "X-WEB", "level": random.choice([None, "intermediate"]), "required": False, "source": None}]
    if random.random() < 0.7:
        listed.append({"standard": "S-FIT", "level": "grade_4", "required": True, "source": None})
    standard = new_id()
    rows: list[Any] = [
        CertificateStandard(
            standard_id=standard, code="S-FIT", kind="skill_level", name="钳工", body_name="演示", valid_from=LONG_AGO
        )
    ]
    plans: list[Any] = [
        Term(institution_id=town.college.institution_id, academic_year=year, term=term, starts_on=start,
             ends_on=start + timedelta(days=139), weeks=20)
        for year, starts in (
            ("2022-2023", (date(2022, 9, 1), date(2023, 2, 20))),
            ("2023-2024", (date(2023, 9, 1), date(2024, 2, 26))),
            ("2024-2025", (date(2024, 9, 2), date(2025, 2, 24))),
        )
        for term, start in enumerate(starts, start=1)
    ]  # fmt: skip
    plans += [CertificateLevel(standard_id=standard, level=f"grade_{5 - rank}", rank=rank + 1) for rank in range(5)]
    plans += [
        PlanCourse(plan_id=plan_id, course_code=code, name=name, category="选修课", compulsory=False,
                   learning_form="theory", credits=credits, hours=32, subject=subject)
        for code, name, credits, subject in (("C201", "Web前端开发", 250, "computing"), ("C202", "茶艺", 150, None))
    ]  # fmt: skip
    plans.append(
        Plan(plan_id=OTHER_PLAN, programme_id=programme_id, institution_id=town.college.institution_id,
             version="2024", entry_from=2024, published_on=date(2024, 8, 1), total_credits=13000, totals={})
    )  # fmt: skip
    later = Programme(
        programme_id=programme_id, institution_id=town.college.institution_id, code="460101",
        level="higher_vocational", name="机械", valid_from=date(2024, 3, 1), years="3", discipline="engineering",
    )  # fmt: skip
    async with town.database.session() as session:
        session.add_all(rows)
    async with town.database.session() as session:
        session.add_all(plans)
    await town.sql(
        "UPDATE plan SET certificates = %s WHERE plan_id = %s RETURNING 1",
        orjson.dumps(random.choice([listed, listed, []])).decode(),
        plan_id,
    )
    await town.sql("UPDATE programme SET valid_until = '2024-03-01' WHERE programme_id = %s RETURNING 1", programme_id)
    async with town.database.session() as session:
        session.add(later)
        session.add_all(equivalences(town, random))
    return UUID(str(plan_id))


def equivalences(town: Town, random: Random) -> list[Equivalence]:
    college, school = town.college.institution_id, town.school.institution_id

    def course(code: str) -> tuple[str, Any]:
        return course_key(school, code), {"kind": "course", "institution_id": str(school), "course_code": code}

    def web(level: str | None, rank: int | None) -> tuple[str, Any]:
        said = {"kind": "certificate", "standard": "X-WEB", "from_level": level, "from_rank": rank}
        return certificate_key("X-WEB"), said

    title, platform = "Web 前端 开发", "智慧平台"
    known = [
        [course("C101")],
        [course("C101"), course("C102")],
        [web("intermediate", 2)],
        [web(None, None)],
        [web("elementary", 1), course("C900")],
        [(training_key(school, title), {"kind": "training", "institution_id": str(school), "title": title})],
        [(online_course_key(platform, title), {"kind": "online_course", "platform": platform, "title": title})],
    ]
    found = []
    for sources in known:
        named = sorted(sources)
        for target in random.sample(["C101", "C102", "C201", "C202"], 2):
            state = random.choice(["in_force", "in_force", "in_force", "proposed", "dropped"])
            found.append(
                filled(
                    Equivalence,
                    equivalence_id=new_id(),
                    institution_id=college,
                    sources=[source for _, source in named],
                    source_keys=[key for key, _ in named],
                    targets=[target],
                    target_keys=[course_key(college, target)],
                    relevance=random.choice([None, 70, 85]),
                    valid_from=random.choice([LONG_AGO, date(2024, 4, 1)]),
                    valid_until=random.choice([None, None, date(2024, 5, 1)]),
                    state=state,
                    ground="试",
                    entered_by="login:1",
                    confirmed_at=town.at if state == "in_force" else None,
                )
            )
    return found


def rows_of_somebody(serial: int, random: Random) -> list[tuple[str, dict[str, Any]]]:
    """What institutions report of one person, with who reports it."""
    learner = {
        "name": "演示" + "甲乙丙丁戊己庚辛壬癸"[serial - 1],
        "document": {"kind": "resident_id", "number": resident(serial)},
        "student_no": f"2023{serial:04d}",
    }
    rows: list[tuple[str, dict[str, Any]]] = [("college", entered(learner=learner))]
    if random.random() < 0.5:
        school = {"level": "secondary_vocational", "programme_code": None, "occurred_on": "2020-09-01"}
        rows.append(("school", {**entered(learner=learner), **school, "year_of_entry": 2020}))
    away = random.choice([(), ("suspended",), ("suspended", "resumed"), ("withdrew", "entered"), ("transferred",)])
    for place, event in enumerate(away):
        on = date(2023, 12, 1) + timedelta(days=60 * place)
        rows.append(("college", entered(learner=learner, event=event, occurred_on=str(on))))
    for by in ("college", "school"):
        for code in random.sample(["C101", "C102", "C900"], random.randint(0, 3)):
            for attempt in range(random.randint(1, 2)):
                rows.append(
                    (
                        by,
                        course_row(
                            learner=learner, course_code=code, score=random.choice(SCORES),
                            occurred_on=str(date(2024, 1, 12) + timedelta(days=40 * attempt)),
                            attempt="makeup" if attempt else "normal", term=random.randint(1, 2),
                        ),
                    )
                )  # fmt: skip
    for level in random.sample(["elementary", "intermediate", "advanced"], random.randint(0, 2)):
        rows.append(("body", certificate(learner, "X-WEB", level, f"W{serial:06d}{level[:1]}", random)))
    if random.random() < 0.6:
        number = random.choice(
            [f"06030020014{serial:05d}", f"0300200300{serial:03d}", f"Y{serial:021d}", f"K{serial}ABC"]
        )
        rows.append(("school", certificate(learner, "S-FIT", random.choice(["grade_4", "grade_3"]), number, random)))
    rest: list[tuple[str, dict[str, Any]]] = [
        ("school", {"kind": "training", "title": "Web前端开发", "started_on": "2024-01-02", "hours": "40"}),
        ("school", {"kind": "online_course", "platform": "智慧平台", "title": "ＷＥＢ前端开发", "hours": "16.5"}),
        ("college", {"kind": "award", "event": "技能大赛", "level": "provincial", "rank": "third", "team_size": 3,
                     "member_no": 2}),
        ("school", {"kind": "practice", "form": "internship", "title": "岗位实习", "started_on": "2024-01-02",
                    "weeks": "12"}),
        ("school", {"kind": "military_service", "enlisted_on": "2023-12-15"}),
        ("college", {"kind": "assessment", "name": "转段考试", "score": random.choice(["80", "缺考"])}),
        ("college", {"kind": "work_achievement", "category": "patent", "title": "一种夹具"}),
    ]  # fmt: skip
    for by, row in random.sample(rest, random.randint(0, len(rest))):
        day = random.choice(["2024-01-20", "2024-02-10", "2024-03-15", "2024-08-01"])
        rows.append((by, {"learner": learner, "occurred_on": day, **row}))
    return rows


def certificate(learner: Any, standard: str, level: str, number: str, random: Random) -> dict[str, Any]:
    more = random.choice([{}, {"score": "431"}, {"score": "优秀"}, {"valid_until": "2027-01-01"}])
    return {
        "kind": "certificate", "learner": learner, "standard": standard, "level": level, "number": number,
        "occurred_on": "2024-03-01", **more,
    }  # fmt: skip


async def settle(town: Town, how_many: int, random: Random) -> list[UUID]:
    """That many people; of every four, two accounts turn out to be one person's."""
    learners: list[UUID] = []
    for serial in range(1, how_many + 1):
        found: set[UUID] = set()
        for by, row in rows_of_somebody(serial, random):
            (outcome,) = await town.post(row, by=getattr(town, by))
            assert outcome.record_id is not None, (row, outcome)
            ((learner,),) = await town.sql(
                "SELECT learner_id FROM record_current WHERE record_id = %s", outcome.record_id
            )
            found.add(learner)
        (one,) = found
        learners.append(one)
    for place in range(0, how_many - 1, 4):
        absorbed, into, tools = learners[place], learners[place + 1], town.tools()

        async def act(session: Any, a: UUID = absorbed, b: UUID = into, tools: Any = tools) -> None:
            await merge(session, a, b, by="login:officer", reason="同一人", tools=tools)

        await town.database.write(act)
    return learners


async def convert(town: Town, plan_id: UUID, learner: UUID, family: tuple[UUID, ...], random: Random) -> list[UUID]:
    """Some of a person's records stand for courses already, here and in another plan; the claims that made them."""
    held = await town.sql("SELECT record_id FROM record_current WHERE learner_id = ANY (%s)", list(family))
    records = [record for (record,) in held]
    claims = []
    for place, code in enumerate(random.sample(["C101", "C102", "C201"], random.randint(0, 3))):
        state = random.choice(["granted", "reserved", "reserved", "ended"])
        claim = filled(
            Claim, learner_id=learner, claim_id=new_id(), plan_id=plan_id, made_by="login:1",
            institution_id=town.college.institution_id, claimed_on=date(2024, 3, 1), state="decided", made_at=town.at,
        )  # fmt: skip
        conversion = filled(
            Conversion, learner_id=learner, conversion_id=new_id(), claim_id=claim.claim_id, line_no=1,
            plan_id=random.choice([plan_id, plan_id, OTHER_PLAN]), institution_id=town.college.institution_id,
            course_code=code, credits=300, scheme="higher_vocational", state=state, on=date(2024, 3, 1),
            course={"code": code, "name": "课程", "category": "专业课", "credits": 300, "compulsory": True,
                    "learning_form": "theory", "subject": None, "hours": 48, "weeks": None},
            academic_year=random.choice([None, "2023-2024"]), exemption=random.choice(["none", "full"]),
            decision_id=new_id() if state == "granted" else None,
            expires_at=town.at + timedelta(days=random.choice([-1, 30])) if state == "reserved" else None,
            ended_at=town.at if state == "ended" else None, created_at=town.at + timedelta(seconds=place),
        )  # fmt: skip
        used = random.sample(records, min(len(records), random.randint(1, 2)))
        async with town.database.session() as session:
            session.add(claim)
        async with town.database.session() as session:
            session.add(conversion)
        async with town.database.session() as session:
            session.add_all(
                RecordUse(learner_id=learner, conversion_id=conversion.conversion_id, record_id=record,
                          plan_id=conversion.plan_id)
                for record in used
            )  # fmt: skip
        claims.append(claim.claim_id)
    return claims
