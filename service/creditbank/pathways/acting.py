"""A round under lock, what one act on it writes, and the one statement that writes it.

Locked are the cohort where it matters, then rounds, then intakes, each in the order of ids; learners come before all of
them where an act locks learners too, so nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import orjson
from psycopg.rows import dict_row
from sqlmodel import SQLModel

from creditbank.db import Transaction, driver, run
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.inbox import Notice, serve_all
from creditbank.learners.refusals import AlreadyErased
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.round_tables import (
    PathwayRound,
    ProgressionReview,
    RoundAct,
    RoundCandidate,
    RoundObjection,
    RoundResult,
)
from creditbank.pathways.tables import Cohort
from creditbank.recognition.writing import as_json_row, upsert
from creditbank.records.acts import Tools
from creditbank.rules.writing import DECISIONS
from creditbank.sealing import Keyring, SealingKey, open_for_bank, seal_for_bank, unwrap

Row = TypeVar("Row", bound=SQLModel)

BEFORE_FREEZE = ("collecting", "decided", "on_notice", "settled", "filed")
"""States in which what becomes known may still change the list."""
RANKED = ("decided", "on_notice", "settled", "filed")
"""States in which there is a list."""
HOLDS_A_SEAT = ("proposed", "taken")

_CHANGING: dict[type[SQLModel], tuple[str, ...]] = {
    PathwayRound: (
        "state", "document", "document_version", "digest", "seats", "collects_until", "sittings", "decided_at",
        "notice_no", "notice_from", "notice_until_on", "filed_at", "filed_by", "filing_digest", "filing_no",
        "frozen_at", "frozen_by", "result_no", "result_digest", "acts", "look_at",
    ),
    RoundCandidate: (
        "outcome", "verdict", "clause", "route", "total", "total_of", "keys", "rank", "chosen", "decision_id",
        "revision", "set_aside_for", "set_aside_because_sealed", "changed_at",
    ),
    RoundObjection: ("state", "due_on", "decided_by", "decided_at", "answer_sealed"),
    ProgressionReview: ("state", "closed_by", "closed_at", "outcome", "words_sealed"),
    RoundAct: (),
    RoundResult: (),
}  # fmt: skip

_PARTS = ", ".join(
    f'"_{table.__name__.lower()}" AS ({upsert(table, changing=changing)})' for table, changing in _CHANGING.items()
)
_WRITE: Any = f"WITH {DECISIONS}, {_PARTS} SELECT 1"


@dataclass(slots=True)
class Acting:
    """Everything that one act on rounds writes. Rows are the objects themselves, as they are when it is written."""

    tools: Tools
    by: str
    """Who acts: `login:…`, `client:…`, `rules` where a fact changed, or `clock`."""
    institution_id: UUID | None = None
    change_id: UUID = field(default_factory=new_id)
    rows: dict[str, dict[tuple[Any, ...], SQLModel]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """The instant of the act."""
        return self.tools.at

    def keep(self, *rows: SQLModel) -> None:
        """Write these rows, each once and as it is at the end."""
        for row in rows:
            table = row.__table__  # type: ignore[attr-defined]
            key = tuple(getattr(row, column.name) for column in table.primary_key)
            self.rows.setdefault(str(table.name), {})[key] = row

    def note(
        self,
        round_: PathwayRound,
        act: str,
        *,
        learner_id: UUID | None = None,
        objection_id: UUID | None = None,
        words: bytes | None = None,
        **about: Any,
    ) -> None:
        """Write down in the round that something happened to it; `about` is ids, days, counts and codes."""
        round_.acts += 1
        row = RoundAct(
            round_id=round_.round_id,
            act_no=round_.acts,
            act=act,
            at=self.at,
            by=self.by,
            institution_id=self.institution_id,
            learner_id=learner_id,
            objection_id=objection_id,
            about={name: value for name, value in about.items() if value is not None},
            words_sealed=words,
        )
        self.keep(round_, row)

    def serve(self, candidate: RoundCandidate, kind: str) -> None:
        """Serve a notice on a candidate: of which round, and by which decision."""
        about = {"round_id": str(candidate.round_id)}
        if candidate.decision_id is not None:
            about["decision_id"] = str(candidate.decision_id)
        self.notices.append(Notice(candidate.learner_id, kind, about))

    async def write(self, session: Transaction) -> None:
        """Write everything in one statement, then serve the notices."""
        rows: dict[str, Any] = {name: [as_json_row(row) for row in found.values()] for name, found in self.rows.items()}
        await run(session, _WRITE, orjson.dumps({**rows, "decisions": self.decisions}).decode())
        await serve_all(session, self.notices, at=self.at)


def acting(tools: Tools, *, actor: Actor | None = None, by: str | None = None) -> Acting:
    """An empty act of somebody, or of the clock or the rules."""
    if actor is None:
        assert by is not None
        return Acting(tools, by)
    return Acting(tools, actor.name, actor.institution_id)


# --- a round that is locked -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Opened:
    """A round whose row is locked, with its cohort and everybody who is a candidate in it."""

    round: PathwayRound
    cohort: Cohort
    candidates: dict[UUID, RoundCandidate]

    def of(self, *outcomes: str) -> list[RoundCandidate]:
        """Candidates of these outcomes, in the order of their numbers."""
        found = (each for each in self.candidates.values() if each.outcome in outcomes)
        return sorted(found, key=lambda each: (each.member_no, each.learner_id))

    def candidate(self, learner_id: UUID) -> RoundCandidate:
        """One of them. Raises NotFound."""
        found = self.candidates.get(learner_id)
        if found is None:
            raise NotFound
        return found

    def must_be(self, *states: str) -> None:
        """Raises a refusal that says in which state the round is, unless it is in one of these."""
        state = self.round.state
        if state in states:
            return
        if state == "frozen":
            raise refusals.RoundAlreadyFrozen(result=self.round.result_no)
        raise refusals.RoundInAnotherState(state=state, state_zh=STATES_ZH[state])


STATES_ZH: Mapping[str, str] = {
    "collecting": "收集材料",
    "decided": "已判定",
    "on_notice": "公示中",
    "settled": "公示期满",
    "filed": "已报备",
    "frozen": "已定案",
    "abandoned": "已作废",
}

_LOCK: LiteralString = "SELECT * FROM pathway_round WHERE round_id = ANY (%s) ORDER BY round_id FOR UPDATE"
_CANDIDATES: LiteralString = "SELECT * FROM round_candidate WHERE round_id = ANY (%s)"
_LOCK_COHORT: LiteralString = "SELECT * FROM cohort WHERE cohort_id = %s FOR UPDATE"
_COHORTS: LiteralString = "SELECT * FROM cohort WHERE cohort_id = ANY (%s)"


async def lock_cohort(session: Transaction, cohort_id: UUID) -> Cohort:
    """Lock a cohort: no round of it is opened, and none of its members comes or goes. Raises NotFound."""
    rows = await rows_of(session, _LOCK_COHORT, [cohort_id])
    if not rows:
        raise NotFound
    return Cohort(**rows[0])


async def lock_rounds(session: Transaction, round_ids: Collection[UUID]) -> list[Opened]:
    """Lock rounds in the order of their ids, then read who is in them as the winner of a race left them."""
    if not round_ids:
        return []
    rounds = [PathwayRound(**row) for row in await rows_of(session, _LOCK, [list(round_ids)])]
    candidates: dict[UUID, dict[UUID, RoundCandidate]] = {each.round_id: {} for each in rounds}
    for row in await rows_of(session, _CANDIDATES, [list(candidates)]):
        candidates[row["round_id"]][row["learner_id"]] = RoundCandidate(**row)
    cohorts = {
        row["cohort_id"]: Cohort(**row)
        for row in await rows_of(session, _COHORTS, [[each.cohort_id for each in rounds]])
    }
    return [Opened(each, cohorts[each.cohort_id], candidates[each.round_id]) for each in rounds]


async def open_round(session: Transaction, round_id: UUID, *, actor: Actor) -> Opened:
    """Lock one round for who runs it: the college of its cohort, or the bank. Raises NotFound for anybody else."""
    opened = next(iter(await lock_rounds(session, [round_id])), None)
    if opened is None or not runs(actor, opened.cohort):
        raise NotFound
    return opened


def runs(actor: Actor, cohort: Cohort) -> bool:
    """Whether a caller runs the rounds of a cohort: a registrar of its college, or an officer of the bank."""
    if Reach.ANY in actor.reach:
        return True
    return Reach.INSTITUTION in actor.reach and actor.institution_id == cohort.college_id


def runs_or_sends(actor: Actor, cohort: Cohort) -> bool:
    """Whether a caller runs the rounds of a cohort or speaks for the school that its members come from."""
    sends = Reach.INSTITUTION in actor.reach and actor.institution_id in {cohort.school_id} - {None}
    return sends or runs(actor, cohort)


def sealed_words(opened: Opened, words: str, tools: Tools) -> bytes:
    """What was written of several candidates at once, or of the round: under the bank's own key, as nobody's alone."""
    return seal_for_bank(tools.keyring, words.encode(), _place_of(opened.round.round_id))


def opened_words(round_id: UUID, sealed: bytes | None, keyring: Keyring) -> str | None:
    """The same, read again; None where nothing was written."""
    return None if sealed is None else open_for_bank(keyring, bytes(sealed), _place_of(round_id)).decode()


def _place_of(round_id: UUID) -> bytes:
    return b"round_act/" + round_id.bytes


async def rows_of(
    session: Transaction, query: LiteralString, said: Sequence[Any] | Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a query, each by the names of its columns."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(query, said)
    return list(await cursor.fetchall())


_KEYS: LiteralString = "SELECT learner_id, wrapped FROM learner_key WHERE learner_id = ANY (%s)"


async def keys_for(session: Transaction, who: Collection[UUID], *, keyring: Keyring) -> dict[UUID, SealingKey]:
    """The keys of some learners, also where a correction runs on a bare connection; one who was erased has none."""
    rows = await rows_of(session, _KEYS, [list(who)])
    return {row["learner_id"]: unwrap(keyring, row["learner_id"], bytes(row["wrapped"])) for row in rows}


async def key_for(session: Transaction, learner_id: UUID, *, keyring: Keyring) -> SealingKey:
    """The key of one learner, to seal something new with. Raises AlreadyErased."""
    found = await keys_for(session, [learner_id], keyring=keyring)
    if learner_id not in found:
        raise AlreadyErased
    return found[learner_id]
