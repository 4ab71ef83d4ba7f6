"""The facts of a line as one would gather them by hand: every row of every table, one learner after another.

Slow and plain on purpose, and written apart from the service: `gathering.py` must find the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank.db import driver
from creditbank.sealing import SealingKey, field_of, open_sealed, unwrap
from tests.records.town import Town

TABLES = (
    "plan", "plan_course", "programme", "term", "equivalence", "certificate_standard", "certificate_level",
    "record_current", "record_version", "decision", "enrolment", "conversion", "record_use", "learner_alias",
    "learner_key", "institution_profile",
)  # fmt: skip
RANKS = {
    "secondary_vocational": 1, "technician": 1, "general_high_school": 1, "higher_vocational": 2,
    "vocational_bachelor": 3, "undergraduate": 3,
}  # fmt: skip
Row = dict[str, Any]


@dataclass
class Everything:
    """Every row of every table."""

    keys: dict[UUID, SealingKey] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def of(self, table: str, **said: Any) -> list[Row]:
        return [row for row in self.rows[table] if all(row[name] == value for name, value in said.items())]

    def family(self, learner: UUID) -> tuple[UUID, ...]:
        live = [row for row in self.rows["learner_alias"] if row["ended_at"] is None]
        root = next((row["into_learner_id"] for row in live if row["learner_id"] == learner), learner)
        return tuple(sorted({root, *(row["learner_id"] for row in live if row["into_learner_id"] == root)}))


async def everything(town: Town) -> Everything:
    found = Everything()
    async with town.database.session() as session:
        cursor = (await driver(session)).cursor(row_factory=dict_row)
        for table in TABLES:
            await cursor.execute(f"SELECT * FROM {table}")
            found.rows[table] = list(await cursor.fetchall())
    for row in found.rows["learner_key"]:
        found.keys[row["learner_id"]] = unwrap(town.keyring, row["learner_id"], row["wrapped"])
    return found


@dataclass
class ByHand:
    """One person and one plan on a day."""

    all: Everything
    family: tuple[UUID, ...]
    plan: Row
    on: date
    at: datetime
    without_claim: UUID | None = None

    # --- the plan -----------------------------------------------------------------------------------------------------

    def programme(self) -> Row:
        periods = sorted(
            self.all.of("programme", programme_id=self.plan["programme_id"]), key=lambda row: row["valid_from"]
        )
        best = periods[0]
        for period in periods:
            if period["valid_from"] <= self.on:
                best = period
        return best

    def subjects_of_the_plan(self) -> Row:
        programme = self.programme()
        said = {"code": programme["code"]}
        for name in ("years", "discipline"):
            if programme[name]:
                said[name] = programme[name]
        return {
            "plan": {
                "level": programme["level"],
                "institution": str(self.plan["institution_id"]),
                "total_credits": self.plan["total_credits"],
                "education_rank": RANKS[programme["level"]],
            },
            "programme": said,
        }

    def plan_courses(self) -> list[Row]:
        return self.all.of("plan_course", plan_id=self.plan["plan_id"])

    def course(self, code: str) -> Row:
        (course,) = [row for row in self.plan_courses() if row["course_code"] == code]
        said = {"code": code, "in_plan": True, "source": "plan"}
        for name in ("name", "category", "credits", "compulsory", "learning_form", "subject", "hours", "weeks"):
            if course[name] is not None:
                said[name] = course[name]
        results = []
        for record in self.records():
            row = self.row(record)
            if (row["institution_id"], self.body(record).get("course_code")) == (self.plan["institution_id"], code):
                results.append((row["occurred_on"], record, self.used(record)["record"]["result"]))
        if results:
            said["registered"] = True
            words = [result for _, _, result in results]
            said["result"] = next(
                (word for word in ("passed", "exempted", "cheated") if word in words), sorted(results)[-1][2]
            )
            if said["result"] == "cheated":
                said["failed_by"] = "discipline"
        return said

    def term_on(self, day: date) -> Row | None:
        for row in self.all.of("term", institution_id=self.plan["institution_id"]):
            if row["starts_on"] <= day <= row["ends_on"]:
                return row
        return None

    def year_on(self, day: date) -> str | None:
        found = []
        terms = self.all.of("term", institution_id=self.plan["institution_id"])
        for year in {row["academic_year"] for row in terms}:
            days = [row for row in terms if row["academic_year"] == year]
            if min(row["starts_on"] for row in days) <= day <= max(row["ends_on"] for row in days):
                found.append(year)
        return found[0] if len(found) == 1 else None

    # --- records ------------------------------------------------------------------------------------------------------

    def records(self) -> list[str]:
        mine = [row for row in self.all.rows["record_current"] if row["learner_id"] in self.family]
        return [str(row["record_id"]) for row in sorted(mine, key=lambda row: (row["occurred_on"], row["record_id"]))]

    def row(self, record: str) -> Row:
        (found,) = self.all.of("record_current", record_id=UUID(record))
        return found

    def body(self, record: str) -> Row:
        row = self.row(record)
        (version,) = self.all.of("record_version", record_id=UUID(record), version=row["version"])
        said: Row = version["body"]
        return said

    def used(self, record: str) -> Row:
        """What the deposit's decision used: of the last revision, the latest of its days."""
        row = self.row(record)
        decisions = [one for one in self.all.of("decision", record_id=UUID(record)) if one["facts_sealed"]]
        last = max(decisions, key=lambda one: (one["revision"], one["effective_on"]))
        key = self.all.keys[row["learner_id"]]
        said: Row = orjson.loads(open_sealed(key, last["facts_sealed"], field_of(row["learner_id"], "facts")))
        return said

    def rank(self, standard: str, level: str) -> int | None:
        for row in sorted(
            self.all.of("certificate_standard", code=standard), key=lambda row: row["valid_from"], reverse=True
        ):
            for one in self.all.of("certificate_level", standard_id=row["standard_id"], level=level):
                rank: int = one["rank"]
                return rank
        return None

    def facts(self, record: str) -> Row:
        row, body, used = self.row(record), self.body(record), self.used(record)
        said = dict(used["record"]) | {"id": record, "content": row["content"].hex()}
        if row["verdict"] != "unknown":
            said["credits"] = row["credits"]
        if row["kind"] == "course_result" and row["level"]:
            said["education_rank"] = RANKS[row["level"]]
        for name in ("member_no", "team_size"):
            if name in body:
                said[name] = body[name]
        if row["kind"] in ("certificate", "assessment") and body.get("score", "").replace(".", "", 1).isdigit():
            said["points"] = body["score"]
        kind = next(one["kind"] for one in self.all.of("institution_profile", institution_id=row["institution_id"]))
        if row["institution_id"] == self.plan["institution_id"]:
            said["origin"] = "own"
        elif row["kind"] == "online_course":
            said["origin"] = "online_platform"
        elif kind in ("training_provider", "enterprise", "certificate_body"):
            said["origin"] = "other"
        if row["kind"] == "course_result":
            said["academic_year"] = body["academic_year"]
            said["term"] = f"{body['academic_year']}-{body['term']}"
        else:
            term, year = self.term_on(row["occurred_on"]), self.year_on(row["occurred_on"])
            if year:
                said["academic_year"] = year
            if term:
                said["term"] = f"{term['academic_year']}-{term['term']}"
        found = {"record": said, "institution": used["institution"]}
        if row["kind"] == "certificate":
            found["certificate"] = self.certificate(record)
            (standard,) = self.all.of("certificate_standard", code=body["standard"])
            if standard["issuer_id"] == row["institution_id"]:
                said["verified"] = True
        return found

    def certificate(self, record: str) -> Row:
        row, said = self.row(record), dict(self.used(record)["certificate"])
        listed = self.plan["certificates"]
        if listed:
            counting = []
            for one in listed:
                if one["standard"] == said["standard"]:
                    rank = None if one["level"] is None else self.rank(one["standard"], one["level"])
                    if one["level"] is None or (rank is not None and said["level_rank"] >= rank):
                        counting.append(one)
            said["for_programme"] = len(counting) > 0
            said["required_by_plan"] = len([one for one in counting if one["required"]]) > 0
        private = orjson.loads(
            open_sealed(self.all.keys[row["learner_id"]], row["sealed"], field_of(row["learner_id"], "shown"))
        )
        number = private["number"]
        if len(number) == 13:
            number = "000" + number
        if said["kind"] == "skill_level" and len(number) == 16 and number.isdigit() and number[10] in "12345":
            said["level_in_number"] = f"grade_{number[10]}"
        return said

    # --- what was converted -------------------------------------------------------------------------------------------

    def conversions(self) -> list[Row]:
        found = []
        for row in self.all.rows["conversion"]:
            live = row["state"] == "granted" or (row["state"] == "reserved" and row["expires_at"] > self.at)
            if row["learner_id"] in self.family and live and row["claim_id"] != self.without_claim:
                found.append(row)
        return sorted(found, key=lambda row: (row["created_at"], row["conversion_id"]))

    def uses(self, conversion: Row) -> list[str]:
        rows = self.all.of("record_use", conversion_id=conversion["conversion_id"])
        return sorted(str(row["record_id"]) for row in rows)

    def of_conversion(self, row: Row) -> tuple[Row, Row]:
        said = {
            "credits": row["credits"],
            "on": row["on"].isoformat(),
            "same_plan": row["plan_id"] == self.plan["plan_id"],
            "exemption": row["exemption"],
        }
        for name in ("academic_year", "term"):
            if row[name]:
                said[name] = row[name]
        return said, {name: value for name, value in row["course"].items() if value is not None}

    def converted_rows(self) -> tuple[list[Row], list[Row]]:
        mine = set(self.records())
        conversions, uses = [], []
        for row in self.conversions():
            conversion, course = self.of_conversion(row)
            of = [
                {"id": f"{row['conversion_id']}:{record}", "conversion": conversion, "course": course}
                | (self.facts(record) if record in mine else {"record": {"id": record}})
                for record in self.uses(row)
            ]
            uses += of
            if row["plan_id"] == self.plan["plan_id"]:
                said = {"id": str(row["conversion_id"]), "conversion": conversion, "course": course}
                if len(of) == 1:
                    said |= {name: value for name, value in of[0].items() if name not in said}
                conversions.append(said)
        return conversions, uses

    # --- the person ---------------------------------------------------------------------------------------------------

    def enrolment(self) -> Row:
        rows = [
            row
            for row in self.all.rows["enrolment"]
            if row["learner_id"] in self.family
            and row["institution_id"] == self.plan["institution_id"]
            and row["entered_on"] <= self.on
        ]
        own = [row for row in rows if row["programme_id"] == self.plan["programme_id"]] or rows
        going = [row for row in own if row["ended_on"] is None or row["ended_on"] >= self.on] or own
        if not going:
            return {}
        latest = max(one["entered_on"] for one in going)
        row = min((one for one in going if one["entered_on"] == latest), key=lambda one: one["student_index"].hex())
        said = {"level": row["level"], "entered_on": row["entered_on"].isoformat()}
        if row["year_of_entry"]:
            said["year_of_entry"] = row["year_of_entry"]
        word = {
            "entered": "enrolled", "resumed": "enrolled", "suspended": "suspended", "graduated": "graduated",
            "completed": "completed", "withdrew": "withdrawn",
        }.get(row["status"])  # fmt: skip
        return said | ({"status": word} if word else {})

    def interruptions(self) -> list[Row]:
        days = []
        for record in self.records():
            row = self.row(record)
            here = row["kind"] == "enrolment_event" and row["institution_id"] == self.plan["institution_id"]
            if here and row["occurred_on"] <= self.on:
                days.append((row["occurred_on"], self.body(record)["event"], record))
        found = []
        away: tuple[date, str, str] | None = None
        for day, event, record in sorted(days):
            if away is None:
                away = (day, event, record) if event in ("suspended", "withdrew") else None
            elif event in ("resumed", "entered"):
                found.append((away, day))
                away = None
            elif event in ("graduated", "completed"):
                away = None
        if away is not None and away[1] == "suspended":
            found.append((away, self.on))
        return [self.interruption(away, until) for away, until in found]

    def interruption(self, away: tuple[date, str, str], until: date) -> Row:
        said: Row = {"from": away[0].isoformat(), "days": (until - away[0]) // timedelta(days=1)}
        for record in self.records():
            row = self.row(record)
            served = row["kind"] == "military_service" and row["occurred_on"] >= away[0]
            if served and date.fromisoformat(self.body(record)["enlisted_on"]) <= until:
                said["ground"] = "military"
        return {"id": away[2], "interruption": said}

    # --- the line -----------------------------------------------------------------------------------------------------

    def meets(self, source: Row, record: str) -> bool:
        row, body = self.row(record), self.body(record)
        if source["kind"] != row["kind"] and not (source["kind"] == "course" and row["kind"] == "course_result"):
            return False
        match source["kind"]:
            case "course":
                return (str(row["institution_id"]), body["course_code"]) == (
                    source["institution_id"], source["course_code"]
                )  # fmt: skip
            case "certificate":
                least = 0 if source["from_level"] is None else self.rank(source["standard"], source["from_level"]) or 99
                return bool(
                    body["standard"] == source["standard"] and self.facts(record)["certificate"]["level_rank"] >= least
                )
            case "training":
                return (str(row["institution_id"]), plain(body["title"])) == (
                    source["institution_id"], plain(source["title"])
                )  # fmt: skip
        return (plain(body["platform"]), plain(body["title"])) == (plain(source["platform"]), plain(source["title"]))

    def match(self, records: list[str], code: str) -> Row:
        fitting = []
        for row in self.all.of("equivalence", institution_id=self.plan["institution_id"], state="in_force"):
            holds = row["valid_from"] <= self.on and (row["valid_until"] is None or self.on < row["valid_until"])
            there = all(any(self.meets(source, record) for record in records) for source in row["sources"])
            if holds and there and code in row["targets"]:
                fitting.append(row)
        covered = {
            record for record in records for row in fitting for source in row["sources"] if self.meets(source, record)
        }
        said: Row = {"listed": covered == set(records)}
        judged = [row["relevance"] for row in fitting if row["relevance"]]
        if said["listed"] and judged:
            said["relevance"] = str(max(judged))
        (course,) = [row for row in self.plan_courses() if row["course_code"] == code]
        titles = [self.row(record)["shown"].get("title") or self.row(record)["shown"].get("name") for record in records]
        if all(titles):
            said["same_name"] = {plain(title) for title in titles} == {plain(course["name"])}
        return said

    def line(self, records: list[str], code: str, wants: str | None) -> Row:
        conversions, uses = self.converted_rows()
        claim: Row = {"on": self.on.isoformat(), "sources": len(records)}
        term = self.term_on(self.on)
        if term:
            claim["week_of_term"] = 1 + (self.on - term["starts_on"]).days // 7
            claim["academic_year"] = term["academic_year"]
            claim["term"] = f"{term['academic_year']}-{term['term']}"
        if wants:
            claim["wants"] = wants
        sources = [{"id": record, **self.facts(record)} for record in records]
        said = {
            **self.subjects_of_the_plan(),
            "enrolment": self.enrolment(),
            "course": self.course(code),
            "claim": claim,
            "match": self.match(records, code),
            "sources": sources,
            "same": [],
            "conversions": conversions,
            "uses": uses,
            "courses": [
                {"id": row["course_code"], "course": self.course(row["course_code"])} for row in self.plan_courses()
            ],
            "records": [{"id": record, **self.facts(record)} for record in self.records()],
            "interruptions": self.interruptions(),
        }
        if len(records) == 1:
            said |= {name: value for name, value in sources[0].items() if name != "id"}
            said["same"] = [
                {"id": record, "this": record == records[0]}
                | {name: value for name, value in self.facts(record).items() if name != "institution"}
                for record in self.records()
                if self.row(record)["content"] == self.row(records[0])["content"]
            ]
        return said


def plain(title: str) -> str:
    """A title without width, spaces and case."""
    return unicodedata.normalize("NFKC", title).replace(" ", "").lower()
