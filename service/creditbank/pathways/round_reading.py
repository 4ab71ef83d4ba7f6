"""Reading rounds: what state one is in now, who stands where in it, what blocks its next step, and who can do that.

Time takes effect by being read: a notice whose days are over and against which nothing is open is told as settled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import families_of
from creditbank.learners.names import mask_name
from creditbank.learners.personal import opened
from creditbank.learners.sight import ALL, sight_of
from creditbank.pathways.acting import Opened, keys_for, opened_words, rows_of, runs_or_sends
from creditbank.pathways.noticing import last_day, objections_of
from creditbank.pathways.round_law import law_of
from creditbank.pathways.round_schemas import (
    BlockOut,
    CandidateOut,
    MissingOut,
    NextOut,
    RoundActOut,
    RoundObjectionOut,
    RoundOut,
    RoundShort,
)
from creditbank.pathways.round_tables import PathwayRound, RoundAct, RoundCandidate, RoundObjection
from creditbank.pathways.tables import Cohort
from creditbank.records.acts import Tools
from creditbank.rules.facts import FACTS
from creditbank.rules.questions import QUESTIONS
from creditbank.sealing import SealingKey, field_of, open_sealed

_ROUND: LiteralString = "SELECT * FROM pathway_round WHERE round_id = %s"
_COHORT: LiteralString = "SELECT * FROM cohort WHERE cohort_id = %s"
_CANDIDATES: LiteralString = "SELECT * FROM round_candidate WHERE round_id = %s"
_ACTS: LiteralString = "SELECT * FROM round_act WHERE round_id = %s ORDER BY act_no"
_NAMES: LiteralString = """
SELECT DISTINCT ON (learner_id) learner_id, name_sealed FROM learner_name
WHERE learner_id = ANY (%s) AND ended_at IS NULL ORDER BY learner_id, given_at DESC
"""
_FACTS: LiteralString = """
SELECT learner_id, facts_sealed FROM decision
WHERE (learner_id, decision_id) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))
"""
_OF_COHORT: LiteralString = "SELECT * FROM pathway_round WHERE cohort_id = %s ORDER BY number, opened_at"


# --- who sees a round -------------------------------------------------------------------------------------------------


async def read(session: Transaction, round_id: UUID) -> Opened:
    """A round as it stands, nobody locked. Raises NotFound."""
    rows = await rows_of(session, _ROUND, [round_id])
    if not rows:
        raise NotFound
    round_ = PathwayRound(**rows[0])
    cohort = Cohort(**(await rows_of(session, _COHORT, [round_.cohort_id]))[0])
    candidates = [RoundCandidate(**row) for row in await rows_of(session, _CANDIDATES, [round_id])]
    return Opened(round_, cohort, {each.learner_id: each for each in candidates})


async def _mine(session: AsyncSession, found: Opened, actor: Actor, tools: Tools) -> set[UUID] | None:
    """The candidates that a caller may see: all (None) for the cohort's institutions and the bank, else their own.

    Raises NotFound for somebody who has nothing to do with the round.
    """
    if runs_or_sends(actor, found.cohort):
        return None
    own: set[UUID] = set()
    if actor.reach & {Reach.OWN, Reach.CHILD}:
        for learner_id in await _candidates_of(session, found, actor):
            if await sight_of(session, actor, learner_id, at=tools.at, keyring=tools.keyring, purpose="round") == ALL:
                own.add(learner_id)
    if not own:
        raise NotFound
    return own


_GUARDED: LiteralString = """
SELECT learner_id FROM guardianship WHERE login_id = %s AND ended_at IS NULL AND login_id IS NOT NULL
"""


async def _candidates_of(session: AsyncSession, found: Opened, actor: Actor) -> list[UUID]:
    """Candidates that could be the caller's own or their child's: the rest need not be asked about."""
    asked = [] if actor.learner_id is None else [actor.learner_id]
    if actor.login_id is not None and Reach.CHILD in actor.reach:
        asked += [row["learner_id"] for row in await rows_of(session, _GUARDED, [actor.login_id])]
    families = await families_of(session, asked)
    return [one for family in families.values() for one in family if one in found.candidates]


# --- one round --------------------------------------------------------------------------------------------------------


async def one_round(
    session: AsyncSession,
    round_id: UUID,
    *,
    actor: Actor,
    tools: Tools,
    outcome: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> RoundOut:
    """A round with a page of its candidates; a learner sees their own place in it, and how many stand where.

    Raises NotFound.
    """
    found = await read(session, round_id)
    mine = await _mine(session, found, actor, tools)
    if mine is None and Reach.ANY in actor.reach:
        detail = {"round_id": str(round_id)}
        await note(session, actor=actor, act="round_seen", purpose="round", at=tools.at, detail=detail)
    objections = await objections_of(session, round_id)
    state = await _state_now(session, found, objections, tools)
    listed = [
        each
        for each in sorted(found.candidates.values(), key=lambda one: (one.member_no, str(one.learner_id)))
        if (mine is None or each.learner_id in mine) and (outcome is None or each.outcome == outcome)
        and (after is None or each.member_no > after)
    ]  # fmt: skip
    page = listed[:limit]
    shown = [each for each in objections if mine is None or each.learner_id in mine]
    who = {each.learner_id for each in page} | {each.learner_id for each in shown}
    keys = await keys_for(session, who, keyring=tools.keyring)
    acts = [RoundAct(**row) for row in await rows_of(session, _ACTS, [round_id])]
    blocks = blocks_of(found, state, objections, tools.at)
    return RoundOut(
        **_short(found.round, state),
        **found.round.model_dump(
            include={
                "document", "document_version", "digest", "sittings", "decided_at", "notice_from", "filed_at",
                "filing_no", "frozen_at",
            }
        ),
        cohort_name=found.cohort.name,
        filing_digest=_hex(found.round.filing_digest),
        result_digest=_hex(found.round.result_digest),
        counts=_counts(found),
        blocks=blocks,
        next=next_of(state, blocks),
        candidates=await _candidates_out(session, page, keys, tools),
        next_cursor=None if len(listed) <= limit else str(page[-1].member_no),
        objections=[_objection_out(found, each, keys, tools.at) for each in shown],
        history=[_act_out(each, mine, tools) for each in acts if mine is None or each.learner_id in (None, *mine)],
    )  # fmt: skip


async def _state_now(session: Transaction, found: Opened, objections: Collection[RoundObjection], tools: Tools) -> str:
    round_ = found.round
    if round_.state != "on_notice":
        return round_.state
    until = await last_day(session, round_, days=law_of(tools.rulebook, round_).notice_days)
    round_.notice_until_on = until
    over = until is not None and today(tools.at) > until
    return "settled" if over and all(each.state != "open" for each in objections) else "on_notice"


def _counts(found: Opened) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found.candidates.values():
        counts[each.outcome] = counts.get(each.outcome, 0) + 1
    return dict(sorted(counts.items()))


def _short(round_: PathwayRound, state: str) -> dict[str, Any]:
    links = {"self": f"/v1/rounds/{round_.round_id}", "cohort": f"/v1/cohorts/{round_.cohort_id}"}
    if state == "on_notice":
        links["notice"] = f"/v1/rounds/{round_.round_id}/notice"
    if round_.filing_digest is not None:
        links["filing"] = f"/v1/rounds/{round_.round_id}/filing.xlsx"
    kept = {*RoundShort.model_fields} - {"state", "links"}
    return {**round_.model_dump(include=kept), "state": state, "links": links}


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else bytes(digest).hex()


# --- what blocks it ---------------------------------------------------------------------------------------------------


def blocks_of(found: Opened, state: str, objections: Collection[RoundObjection], at: datetime) -> list[BlockOut]:
    """What keeps the round from its next step, and whose it is to do something about it."""
    round_ = found.round
    blocks: list[BlockOut] = []

    def block(code: str, zh: str, en: str, *who: Any, count: int | None = None) -> None:
        blocks.append(BlockOut(code=code, zh=zh, en=en, count=count, who=list(who)))

    if state == "collecting" and round_.collects_until is not None and today(at) < round_.collects_until:
        day = round_.collects_until.isoformat()
        block("collecting", f"收集材料至 {day}。", f"Facts are collected until {day}.", "school", "college")
    if state == "decided":
        unknown, tied = len(found.of("unknown", "waiting")), len(found.of("tied"))
        if unknown:
            block(
                "candidates_unknown", f"有 {unknown} 人的条件尚不明确：请补充事实后重新判定，或写明理由搁置。",
                f"{unknown} candidates are unknown: supply the facts, or set them aside with a reason.",
                "school", "college", "officer", count=unknown,
            )  # fmt: skip
        if tied:
            block(
                "tie_undecided", f"末位同分 {tied} 人，须由人决定录取其中哪些人。",
                f"{tied} are tied across the last seats: somebody has to choose among them.", "college", count=tied,
            )  # fmt: skip
    open_ = sum(each.state == "open" for each in objections)
    if state in ("decided", "on_notice") and open_:
        block(
            "objections_open", f"有 {open_} 项异议尚未处理。", f"{open_} objections are not decided.", "college",
            "officer", count=open_,
        )  # fmt: skip
    if state == "on_notice" and round_.notice_until_on is None:
        block(
            "working_days_unknown", "公示期内的节假日安排尚未导入，公示暂不计满。",
            "The holidays on the way are not imported, so the notice cannot come to its end.", "officer",
        )  # fmt: skip
    elif state == "on_notice":
        day = str(round_.notice_until_on)
        block("on_notice", f"公示至 {day} 止。", f"On notice until the end of {day}.", "nobody")
    return blocks


_NEXT: Mapping[str, list[tuple[str, str]]] = {
    "collecting": [("deciding", "college"), ("abandonment", "college")],
    "decided": [("notice", "college"), ("deciding", "college"), ("abandonment", "college")],
    "on_notice": [("objections", "anybody")],
    "settled": [("filing", "college")],
    "filed": [("freezing", "officer")],
    "frozen": [("progressions", "college")],
}
_BLOCKED_BY: Mapping[str, set[str]] = {
    "notice": {"candidates_unknown", "tie_undecided"},
    "deciding": {"collecting"},
}
_OPENED_BY = {"candidates_unknown": "set-asides", "tie_undecided": "tie", "objections_open": "objections/decision"}


def next_of(state: str, blocks: Collection[BlockOut]) -> list[NextOut]:
    """What can be done now: the next step where nothing blocks it, and what would take a block away."""
    codes = {each.code for each in blocks}
    acts = [(act, who) for act, who in _NEXT.get(state, []) if not codes & _BLOCKED_BY.get(act, set())]
    acts += [(act, "college") for code, act in _OPENED_BY.items() if code in codes]
    if state in ("collecting", "decided", "on_notice", "settled", "filed"):
        acts.append(("giving-up", "learner"))
    return [NextOut(act=act, who=who) for act, who in acts]


# --- its people -------------------------------------------------------------------------------------------------------


async def masked_names(session: Transaction, who: Collection[UUID], keys: Mapping[UUID, SealingKey]) -> dict[UUID, str]:
    """The names of some learners as others may see them; an erased one has none."""
    found: dict[UUID, str] = {}
    for row in await rows_of(session, _NAMES, [list(who)]):
        name = opened(keys.get(row["learner_id"]), row["name_sealed"], row["learner_id"], "name")
        if name is not None:
            found[row["learner_id"]] = mask_name(name)
    return found


async def _candidates_out(
    session: Transaction, page: Collection[RoundCandidate], keys: Mapping[UUID, SealingKey], tools: Tools
) -> list[CandidateOut]:
    names = await masked_names(session, [each.learner_id for each in page], keys)
    missing = await _missing(session, [each for each in page if each.verdict == "unknown"], keys)
    kept = {*CandidateOut.model_fields} - {"name", "set_aside_because", "missing", "links"}
    shown = []
    for each in page:
        links = {} if each.decision_id is None else {"decision": f"/v1/decisions/{each.decision_id}"}
        why = _opened(keys.get(each.learner_id), each.set_aside_because_sealed, each.learner_id, "set_aside")
        shown.append(
            CandidateOut(
                **each.model_dump(include=kept),
                name=names.get(each.learner_id),
                set_aside_because=why.get("reason"),
                missing=missing.get(each.learner_id, []),
                links=links,
            )
        )
    return shown


async def _missing(
    session: Transaction, unknown: Collection[RoundCandidate], keys: Mapping[UUID, SealingKey]
) -> dict[UUID, list[MissingOut]]:
    """Of candidates who are unknown the facts that would have to be known, and who can say them."""
    decided = [each for each in unknown if each.decision_id is not None]
    said = [[each.learner_id for each in decided], [each.decision_id for each in decided]]
    found: dict[UUID, list[MissingOut]] = {}
    for row in await rows_of(session, _FACTS, said) if decided else []:
        told = _opened(keys.get(row["learner_id"]), row["facts_sealed"], row["learner_id"], "facts")
        findings = (told.get("decided") or {}).get("findings", ())
        names = {
            name
            for finding in findings
            if finding["verdict"] == "unknown"
            for name in (finding.get("missing") or ([finding["fact"]] if finding.get("fact") else []))
        }
        found[row["learner_id"]] = [_missing_out(name) for name in sorted(names)]
    return found


def _missing_out(name: str) -> MissingOut:
    rows = QUESTIONS["progression"].sets.get(name)
    # Of a set of rows that is not known: who says the facts of its rows.
    fact = FACTS.get(name) if rows is None else next(
        (each for each in FACTS.values() if each.name.partition(".")[0] == rows.own[0]), None
    )  # fmt: skip
    named = rows or fact
    if named is None or fact is None:
        return MissingOut(fact=name, zh=name, en=name)
    supplier = fact.supplier
    return MissingOut(fact=name, zh=named.zh, en=named.en, supplied_by_zh=supplier.zh, supplied_by_en=supplier.en)


def _opened(key: SealingKey | None, sealed: bytes | None, learner_id: UUID, field: str) -> dict[str, Any]:
    if key is None or sealed is None:
        return {}
    found: dict[str, Any] = orjson.loads(open_sealed(key, bytes(sealed), field_of(learner_id, field)))
    return found


def _objection_out(
    found: Opened, each: RoundObjection, keys: Mapping[UUID, SealingKey], at: datetime
) -> RoundObjectionOut:
    key = keys.get(each.learner_id)
    kept = {*RoundObjectionOut.model_fields} - {"member_no", "overdue", "words", "answer"}
    return RoundObjectionOut(
        **each.model_dump(include=kept),
        member_no=found.candidates[each.learner_id].member_no,
        overdue=each.state == "open" and each.due_on is not None and each.due_on < today(at),
        words=_opened(key, each.words_sealed, each.learner_id, "round_objection").get("words"),
        answer=_opened(key, each.answer_sealed, each.learner_id, "round_answer").get("words"),
    )


_KNOWN_BY = ("rules", "clock")


def _act_out(each: RoundAct, mine: set[UUID] | None, tools: Tools) -> RoundActOut:
    """An act as it is told: who objected is nobody's to read, and a candidate reads nobody else's id."""
    hidden = each.act == "objected" or (mine is not None and each.by not in _KNOWN_BY)
    about = each.about if mine is None else {name: one for name, one in each.about.items() if not _names(one)}
    words = None if mine is not None else opened_words(each.round_id, each.words_sealed, tools.keyring)
    return RoundActOut(
        **each.model_dump(include={"act_no", "act", "at", "learner_id", "objection_id"}),
        by="somebody" if hidden else each.by,
        about=about,
        words=words,
    )


def _names(said: Any) -> bool:
    return isinstance(said, list)


# --- lists ------------------------------------------------------------------------------------------------------------


async def rounds_of(session: AsyncSession, cohort_id: UUID, *, actor: Actor, tools: Tools) -> list[RoundShort]:
    """The rounds of a cohort for its school, its college and the bank. Raises NotFound for others."""
    rows = await rows_of(session, _COHORT, [cohort_id])
    if not rows:
        raise NotFound
    cohort = Cohort(**rows[0])
    if not runs_or_sends(actor, cohort):
        raise NotFound
    rounds = [PathwayRound(**row) for row in await rows_of(session, _OF_COHORT, [cohort_id])]
    found = []
    for each in rounds:
        objections = await objections_of(session, each.round_id) if each.state == "on_notice" else []
        state = await _state_now(session, Opened(each, cohort, {}), objections, tools)
        found.append(RoundShort(**_short(each, state)))
    return found
