"""Cohorts with rounds for tests: what is known of members is said by the test, everything else is the bank's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from creditbank.database_roles import connect
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners import tables as lt
from creditbank.pathways import consequences, deciding, reviews
from creditbank.pathways import tables as pt
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook, read_document
from creditbank.rules.in_force import RulesInForce
from creditbank.sealing import canonical, field_of, new_learner_key, seal
from tests.open_bank import person
from tests.recognition.college import College, a_college, name_of
from tests.records.town import resident
from tests.rules.writing import SAYS, SOURCE

ENOUGH = {"id": "enough", "says": SAYS, "cites": ["source"], "require": {"fact": "process.score", "at_least": 60}}
FIT = {"id": "fit", "says": SAYS, "cites": ["source"], "require": {"fact": "health.fit", "is": "yes"}}
COLUMNS = ("name", "document_number", "student_no", "member_no", "rank", "outcome", "process.score")


def law(*clauses: dict[str, Any], version: str = "1", **round_: Any) -> str:
    """A document of progression: whoever has 60 in the process assessment and is fit, ranked by the assessment."""
    said = {
        "says": SAYS,
        "cites": ["source"],
        "ranking": [{"highest": {"fact": "process.score"}, "unstated": "unknown"}],
        "ties": "refer",
        "second": "yes",
        "notice": 5,
        "objection_answered": 15,
        "filing": [{"column": {"zh": what, "en": what}, "is": what} for what in COLUMNS],
        **round_,
    }
    said = {word: value for word, value in said.items() if value is not None}
    whole = {
        "document": "progression.test",
        "question": "progression",
        "title": SAYS,
        "issuer": SAYS,
        "applies": {"pathway.kind": ["three_two"], "pathway.step": ["progression"]},
        "version_by": {"fact": "pathway.on", "because": SAYS},
        "versions": [
            {
                "version": version,
                "from": "2020-01-01",
                "citations": {"source": SOURCE},
                "clauses": [ENOUGH, FIT, *clauses],
                "gives": {"route": "examined"},
                "round": said,
                "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "enough"}}],
            }
        ],
    }
    return json.dumps(whole, ensure_ascii=False)


@dataclass(frozen=True)
class Known:
    """What the gathering says of somebody."""

    learner_id: UUID
    facts: dict[str, Any]


@dataclass
class CohortTown:
    """A college with a school, and cohorts between them."""

    place: College
    facts: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    serials: int = 0
    keys: int = 0

    def go_by(self, *clauses: dict[str, Any], **round_: Any) -> None:
        """From now rounds go by this document."""
        book = Rulebook.load([read_document(law(*clauses, **round_))])
        self.place.bank.app.state.rules = RulesInForce(book)

    def tools(self) -> Tools:
        """For what is done without HTTP."""
        return self.place.tools()

    @property
    def school(self) -> Actor:
        """A registrar of the school."""
        return person("registrar", institution_id=self.place.school)

    async def cohort(self, *scores: int | None, quota: int, intake: UUID | None = None) -> tuple[UUID, list[UUID]]:
        """A cohort of members with these scores; of a new intake, or one that it shares."""
        rows: list[Any] = []
        place, now = self.place, self.place.at
        if intake is None:
            pathway, intake = new_id(), new_id()
            rows += [
                pt.Pathway(
                    pathway_id=pathway, kind="three_two", name="演示三二分段", province="hebei", school_id=place.school,
                    college_id=place.college, stages=[], valid_from=date(2020, 1, 1), state="filed", signatures=[],
                    said={}, filed_on=date(2020, 1, 1), filed_by="login:x", entered_by="login:x", entered_at=now,
                ),
                pt.Intake(
                    intake_id=intake, pathway_id=pathway, year=2026, no=1, quota=quota, published_on=date(2026, 1, 1),
                    entered_by="login:x", entered_at=now,
                ),
            ]  # fmt: skip
        else:
            ((pathway,),) = await place.sql("SELECT pathway_id FROM intake WHERE intake_id = %s", intake)
        cohort = new_id()
        rows.append(
            pt.Cohort(
                cohort_id=cohort, pathway_id=pathway, intake_id=intake, school_id=place.school,
                college_id=place.college, name="演示班", year_of_entry=2024, state="filed", filed_on=date(2024, 9, 1),
                filed_by="login:x", entered_by="login:x", entered_at=now,
            )
        )  # fmt: skip
        who = []
        for number, score in enumerate(scores, 1):
            learner_id, made = self._member(cohort, number)
            rows += made
            who.append(learner_id)
            self.knows(learner_id, score=score)
        for kinds in ((pt.Pathway,), (pt.Intake,), (pt.Cohort,), (lt.Learner,), None):
            async with place.bank.database.session() as session:
                known = (pt.Pathway, pt.Intake, pt.Cohort, lt.Learner)
                session.add_all([row for row in rows if (type(row) in kinds if kinds else type(row) not in known)])
        return cohort, who

    def _member(self, cohort: UUID, number: int) -> tuple[UUID, list[Any]]:
        self.serials += 1
        place, learner_id, serial = self.place, new_id(), self.serials
        key, wrapped = new_learner_key(place.bank.keyring, learner_id)
        document = canonical({"kind": "resident_id", "number": resident(serial)})

        def sealed(what: bytes, name: str) -> bytes:
            return seal(key, what, field_of(learner_id, name))

        return learner_id, [
            lt.Learner(learner_id=learner_id, account_no=f"DEMO{serial:06d}", opened_at=place.at),
            lt.LearnerHead(learner_id=learner_id),
            lt.LearnerKey(learner_id=learner_id, wrapped=wrapped),
            lt.LearnerName(
                learner_id=learner_id, name_id=new_id(), name_sealed=sealed(name_of(serial).encode(), "name"),
                name_index=learner_id.bytes, given_at=place.at,
            ),
            lt.LearnerDocument(
                learner_id=learner_id, document_id=new_id(), kind="resident_id", sealed=sealed(document, "document"),
                number_index=learner_id.bytes, recorded_at=place.at,
            ),
            pt.CohortMember(
                learner_id=learner_id, cohort_id=cohort, member_no=number, joined_on=date(2024, 9, 1), status="filed",
                student_no_sealed=sealed(f"S{serial:05d}".encode(), "student_no"),
            ),
        ]  # fmt: skip

    # --- what is known ----------------------------------------------------------------------------------------------

    def knows(self, learner_id: UUID, *, score: int | None, fit: bool | None = True) -> None:
        """What is known of somebody from now on."""
        said: dict[str, Any] = {
            "pathway": {"kind": "three_two", "step": "progression", "province": "hebei"},
            "member": {"status": "filed", "filed": True},
        }
        if score is not None:
            said["process"] = {"score": str(score)}
        if fit is not None:
            said["health"] = {"fit": fit}
        self.facts[learner_id] = said

    async def gather(
        self, _session: Any, _cohort: UUID, learners: Collection[UUID], *, on: date, **_: Any
    ) -> list[Any]:
        """In the place of the gathering, which has tests of its own."""
        return [
            Known(one, {**self.facts[one], "pathway": {**self.facts[one]["pathway"], "on": on.isoformat()}})
            for one in learners
        ]

    async def corrects(self, learner_id: UUID, **known: Any) -> None:
        """A fact about somebody is another from now on, and what follows follows."""
        self.knows(learner_id, **known)
        tools = self.tools()

        async def act(session: Any) -> None:
            await consequences.members_changed(session, [learner_id], tools, because="statement")

        await self.place.bank.database.write(act)

    # --- asking -----------------------------------------------------------------------------------------------------

    async def post(self, path: str, actor: Actor, body: Any = None, *, status: int = 200) -> dict[str, Any]:
        """A write, under a key of its own."""
        self.keys += 1
        more = {"headers": {"Idempotency-Key": f"k{self.keys}"}} | ({} if body is None else {"json": body})
        return await self.place.ask("POST", path, actor, status=status, **more)

    async def open(self, cohort: UUID, *, status: int = 201, **said: Any) -> dict[str, Any]:
        """The college opens a round."""
        return await self.post(f"/v1/cohorts/{cohort}/rounds", self.place.registrar, said, status=status)

    async def act(
        self, round_: dict[str, Any], what: str, body: Any = None, *, by: Actor | None = None, status: int = 200
    ) -> dict[str, Any]:
        """The college does something with a round, or somebody else."""
        return await self.post(
            f"/v1/rounds/{round_['round_id']}/{what}", by or self.place.registrar, body, status=status
        )

    async def read(self, round_: dict[str, Any], actor: Actor | None = None) -> dict[str, Any]:
        """A round as somebody sees it."""
        return await self.place.ask("GET", f"/v1/rounds/{round_['round_id']}?limit=200", actor or self.place.registrar)

    async def decided(self, cohort: UUID) -> dict[str, Any]:
        """A round of the cohort that was opened and decided."""
        return await self.act(await self.open(cohort), "deciding")

    async def settled(self, cohort: UUID) -> dict[str, Any]:
        """A round of which the notice is over."""
        round_ = await self.act(await self.decided(cohort), "notice")
        self.place.later(days=9)
        await self.place.work()
        return await self.read(round_)

    async def frozen(self, cohort: UUID) -> dict[str, Any]:
        """A round from its opening to its end."""
        round_ = await self.act(await self.settled(cohort), "filing")
        return await self.act(round_, "freezing", {"filing_no": "冀教转1号"}, by=self.place.officer)

    def learner(self, learner_id: UUID) -> Actor:
        """The learner themselves."""
        return person("learner", learner_id=learner_id)

    async def inbox(self, learner_id: UUID) -> list[str]:
        """Kinds of what was served on somebody."""
        rows = await self.place.sql(
            "SELECT kind FROM inbox_message WHERE learner_id = %s ORDER BY message_id", learner_id
        )
        return [kind for (kind,) in rows]

    def as_owner(self, statement: str, *said: Any) -> None:
        """What only the owner of the database may do."""
        with connect(self.place.bank.addresses.owner) as owner:
            owner.execute(statement, said)  # type: ignore[arg-type]


@asynccontextmanager
async def a_cohort_town(addresses: Any, keys: Path, monkeypatch: Any) -> AsyncIterator[CohortTown]:
    """The bank with the college and the school; the test says what is known of members."""
    async with a_college(addresses, keys, monkeypatch) as place:
        town = CohortTown(place)
        monkeypatch.setattr(deciding, "gather_cohort", town.gather)
        monkeypatch.setattr(reviews, "gather_cohort", town.gather)
        town.go_by()
        yield town


def outcomes(round_: dict[str, Any]) -> list[str]:
    """What became of everybody, by their numbers."""
    return [each["outcome"] for each in round_["candidates"]]
