"""What a learner is told of pathways: how far they are on each, gate by gate, and what if; nothing of it is stored.

A learner, and a guardian of a child, is told everything that was used about them. The college of a cohort decides by
sensitive facts, and its registrar is told those; a cohort's school, an officer, an auditor and machines are told the
rule and its verdict only. Of these only the school, whose statements they are, asks for other days than today.
Whoever has no cohort with the learner, is told that there is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import family_of
from creditbank.learners.sight import ALL, sight_of
from creditbank.pathways import asking_refusals as refusals
from creditbank.pathways.acting import rows_of
from creditbank.pathways.asking_schemas import GateCounts, SupposedIn, WayList, WayOut, WayShort
from creditbank.pathways.gates import EVERYTHING, Sees, changes_of, decide, gates_of, is_masked, untold
from creditbank.pathways.gathering import People, asked_of, known_of, open_to, people_of, ways_of
from creditbank.pathways.known import NOTHING_IMAGINED, Imagined, Known, RoundSaid, member_of, status_on
from creditbank.pathways.round_law import round_of
from creditbank.pathways.round_tables import PathwayRound
from creditbank.pathways.supposing import imagined_of
from creditbank.records.acts import Tools
from creditbank.rules import Decided

PURPOSE = "pathways"
"""What the log of access says somebody of the bank looked for."""
FIRST_DAY = date(2000, 1, 1)
AHEAD = timedelta(days=3660)
"""So far ahead one may ask: the longest way, from a first school year to a bachelor's degree, and some years."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Whose pathways somebody looks at, and how much of each they see; `own` where everything is theirs."""

    learner_id: UUID
    family: tuple[UUID, ...]
    own: bool
    pathways: Mapping[UUID, Sees] | None
    """The pathways of the caller's cohorts; None for all of them."""
    any_day: bool = True
    """Whether other days may be asked for: a verdict day by day tells when a sanction was given and lifted."""

    def sees(self, pathway_id: UUID) -> Sees | None:
        """How much of one pathway; None is nothing of it."""
        if self.pathways is None:
            return EVERYTHING if self.own else Sees()
        return self.pathways.get(pathway_id)


_OF_INSTITUTION: LiteralString = """
SELECT c.pathway_id, bool_or(c.college_id = %(institution)s) AS decides
FROM cohort_member m JOIN cohort c USING (cohort_id)
WHERE m.learner_id = ANY (%(family)s) AND m.status <> 'left' AND %(institution)s IN (c.school_id, c.college_id)
GROUP BY c.pathway_id
"""


async def looks(session: AsyncSession, learner_id: UUID, *, actor: Actor, tools: Tools) -> Looks:
    """How much of a learner's pathways a caller sees. Raises NotFound for a stranger, and where there is nobody.

    Somebody of the bank is written into the log of access.
    """
    seen = await sight_of(session, actor, learner_id, at=tools.at, keyring=tools.keyring, purpose=PURPOSE)
    family = await family_of(session, learner_id)
    if seen == ALL:
        own = Reach.ANY not in actor.reach or actor.learner_id in family
        return Looks(learner_id, family, own, None, any_day=own)
    if Reach.INSTITUTION not in actor.reach or actor.institution_id is None:
        raise NotFound
    said = {"family": list(family), "institution": actor.institution_id}
    decides = "registrar" in actor.roles
    found = {
        row["pathway_id"]: Sees(sensitive=decides and row["decides"], institution_id=str(actor.institution_id))
        for row in await rows_of(session, _OF_INSTITUTION, said)
    }
    if not found:
        raise NotFound
    return Looks(learner_id, family, own=False, pathways=found, any_day=decides)


def must_be_in_reach(on: date | None, tools: Tools) -> date:
    """The day asked about, today where none is named. Raises DayOutOfReach."""
    now = today(tools.at)
    if on is None:
        return now
    if not FIRST_DAY <= on <= now + AHEAD:
        raise refusals.DayOutOfReach(field="/on", first=FIRST_DAY.isoformat(), last=(now + AHEAD).isoformat())
    return on


def _must_be_theirs_to_ask(day: date, looks_: Looks, tools: Tools) -> None:
    """Raises DayOutOfReach for a day other than today, where that is all somebody may ask for."""
    now = today(tools.at)
    if day != now and not looks_.any_day:
        raise refusals.DayOutOfReach(field="/on", first=now.isoformat(), last=now.isoformat())


# --- gathering ------------------------------------------------------------------------------------------------------

_ROUNDS: LiteralString = """
SELECT * FROM pathway_round r WHERE r.state NOT IN ('frozen', 'abandoned') AND r.cohort_id IN (
    SELECT m.cohort_id FROM cohort_member m WHERE m.learner_id = ANY (%s))
"""


@dataclass(slots=True)
class Gathered:
    """What is known of somebody, with the rounds that are under way in their cohorts."""

    people: People
    rounds: Mapping[UUID, PathwayRound]

    def known(self, looks_: Looks, pathway_id: UUID, imagined: Imagined = NOTHING_IMAGINED) -> Known:
        """What is known for one pathway, as the round that is under way would see it."""
        round_ = self.round(pathway_id)
        said: RoundSaid | None = None if round_ is None else round_of(round_)
        return known_of(self.people, 0, looks_.learner_id, pathway_id, round_=said, imagined=imagined)

    def member(self, pathway_id: UUID) -> Mapping[str, Any] | None:
        """The membership in a cohort of a pathway."""
        return member_of(self.people.said[0]["members"], str(pathway_id), self.people.on)

    def round(self, pathway_id: UUID) -> PathwayRound | None:
        """The round that is under way in the cohort."""
        member = self.member(pathway_id)
        return None if member is None else self.rounds.get(UUID(member["cohort"]))


async def _gather(session: Transaction, looks_: Looks, pathways: Sequence[UUID], *, on: date, tools: Tools) -> Gathered:
    """Raises LearnerErased."""
    ways = await ways_of(session, pathways, on=on)
    reads = asked_of(tools.rulebook, ways)
    people = await people_of(session, [looks_.family], on=on, keyring=tools.keyring, reads=reads)
    people.ways = ways
    rounds: dict[UUID, PathwayRound] = {}
    if people.said[0]["members"]:
        rows = await rows_of(session, _ROUNDS, [list(looks_.family)])
        rounds = {row["cohort_id"]: PathwayRound(**row) for row in rows}
    return Gathered(people, rounds)


# --- telling --------------------------------------------------------------------------------------------------------


async def all_open(session: AsyncSession, learner_id: UUID, *, on: date | None, actor: Actor, tools: Tools) -> WayList:
    """All pathways that are open to a learner on a day, those of their cohorts first.

    Raises NotFound, DayOutOfReach, LearnerErased.
    """
    day = must_be_in_reach(on, tools)
    looks_ = await looks(session, learner_id, actor=actor, tools=tools)
    _must_be_theirs_to_ask(day, looks_, tools)
    (found,) = await open_to(session, [looks_.family], on=day)
    shown = [each for each, _ in found if looks_.sees(each) is not None]
    items = []
    if shown:
        gathered = await _gather(session, looks_, shown, on=day, tools=tools)
        for each in shown:
            sees = looks_.sees(each)
            assert sees is not None
            known = gathered.known(looks_, each)
            decided = decide(known, tools.rulebook)
            gates = gates_of(decided, known, sees=sees, language=tools.language)
            items.append(WayShort(**_short(gathered, looks_, known, decided, gates)))
    return WayList(learner_id=learner_id, on=day, items=items)


async def one(
    session: AsyncSession,
    learner_id: UUID,
    pathway_id: UUID,
    *,
    on: date | None,
    actor: Actor,
    tools: Tools,
    supposed: SupposedIn | None = None,
) -> WayOut:
    """One pathway gate by gate on a day, as it is or as it would be if something were so.

    Raises NotFound, DayOutOfReach, LearnerErased, NotYoursToSuppose and what `imagined_of` does.
    """
    day = must_be_in_reach(on, tools)
    looks_ = await looks(session, learner_id, actor=actor, tools=tools)
    _must_be_theirs_to_ask(day, looks_, tools)
    return await _one(session, looks_, pathway_id, day=day, tools=tools, supposed=supposed)


async def own(session: Transaction, learner_id: UUID, pathway_id: UUID, *, tools: Tools) -> WayOut:
    """The same for the learner who asks how far they are today. Raises NotFound, LearnerErased."""
    looks_ = Looks(learner_id, await family_of(session, learner_id), own=True, pathways=None)
    return await _one(session, looks_, pathway_id, day=today(tools.at), tools=tools)


async def _one(
    session: Transaction,
    looks_: Looks,
    pathway_id: UUID,
    *,
    day: date,
    tools: Tools,
    supposed: SupposedIn | None = None,
) -> WayOut:
    sees = looks_.sees(pathway_id)
    if sees is None:
        raise NotFound
    if supposed is not None and not sees.sensitive:
        raise refusals.NotYoursToSuppose
    gathered = await _gather(session, looks_, [pathway_id], on=day, tools=tools)
    if pathway_id not in gathered.people.ways:
        raise NotFound
    known = gathered.known(looks_, pathway_id)
    turned: list[str] = []
    before: dict[str, dict[str, Any]] = {}
    if supposed is not None:
        as_it_is = gates_of(decide(known, tools.rulebook), known, sees=sees, language=tools.language)
        before = {each["clause"]: each for each in as_it_is}
        known = gathered.known(looks_, pathway_id, imagined_of(supposed, day, known.facts))
    decided = decide(known, tools.rulebook)
    gates = gates_of(decided, known, sees=sees, language=tools.language)
    masked = [each["clause"] for each in (*before.values(), *gates) if is_masked(each)] if before else []
    if masked:
        gates = [untold(each) if each["clause"] in masked else each for each in gates]
    if supposed is not None:
        turned = [
            each["clause"] for each in gates
            if each["clause"] not in masked and each["verdict"] != before.get(each["clause"], {}).get("verdict")
        ]  # fmt: skip
    granted = decided.verdict == "granted" and not masked
    return WayOut(
        **_short(gathered, looks_, known, decided, gates) | (_without(masked, gates) if masked else {}),
        learner_id=looks_.learner_id,
        on=day,
        outputs={name: _plain(value) for name, value in decided.outputs.items()} if granted else {},
        gates_told=gates,
        changes=[] if masked else changes_of(decided, sees=sees, language=tools.language),
        turned=turned,
    )


def _without(masked: Sequence[str], gates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a supposition comes to without the gates of which nothing is told: a refusal that is seen, or unknown."""
    seen = next((each for each in gates if each["verdict"] == "not_met" and each["effect"] == "refuse"), None)
    return (
        {"verdict": "unknown", "clause": masked[0]}
        if seen is None
        else {"verdict": "not_granted", "clause": seen["clause"]}
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int) else str(value)


def _short(
    gathered: Gathered, looks_: Looks, known: Known, decided: Decided, gates: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    way, member = gathered.people.ways[known.pathway_id], gathered.member(known.pathway_id)
    round_ = gathered.round(known.pathway_id)
    here = f"/v1/learners/{looks_.learner_id}/pathways/{known.pathway_id}"
    links = {"self": here, "pathway": f"/v1/pathways/{known.pathway_id}"}
    if round_ is not None:
        links["round"] = f"/v1/rounds/{round_.round_id}"
    counts = {verdict: sum(each["verdict"] == verdict for each in gates) for verdict in GateCounts.model_fields}
    refusing = [each for each in gates if each["verdict"] == "not_met" and each["effect"] == "refuse"]
    return {
        "pathway_id": known.pathway_id,
        "kind": way["kind"],
        "name": way["name"],
        "name_en": way["name_en"],
        "school_id": way["school"],
        "college_id": way["college"],
        "cohort_id": known.cohort_id,
        "status": None if member is None else status_on(member, known.on),
        "verdict": decided.verdict,
        "clause": decided.clause,
        "gates": counts,
        "attainable": all(each["mendable"] is not False for each in refusing),
        "next_deadline": _deadline(gates, round_, known.on),
        "document": decided.document,
        "version": decided.version,
        "links": links,
    }


def _deadline(gates: Sequence[Mapping[str, Any]], round_: PathwayRound | None, on: date) -> date | None:
    """The first day, from the day on, by which something open has to be there: of a gate, or of the round."""
    open_ = [each for each in gates if each["verdict"] in ("not_met", "unknown")]
    days = [date.fromisoformat(str(each["until"])) for each in open_ if each["until"]]
    if open_ and round_ is not None and round_.state == "collecting" and round_.collects_until is not None:
        days.append(round_.collects_until)
    return min((each for each in days if each >= on), default=None)
