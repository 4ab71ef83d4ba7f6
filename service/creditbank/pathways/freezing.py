"""Freezing: the list that was filed becomes a numbered result that nobody changes, held by a salted digest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, LiteralString
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.identity.actor import Actor
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import Acting, Opened, acting, open_round, rows_of
from creditbank.pathways.deciding import seats_for
from creditbank.pathways.filing import make_sheet
from creditbank.pathways.round_tables import PathwayRound, RoundCandidate, RoundResult
from creditbank.records.acts import Tools
from creditbank.sealing import digest_holds, new_salt, salted_digest

ONE_NUMBER = 4_207_007
"""The advisory lock under which results are numbered, held to the end of the transaction."""
PREFIX = "ZD"
"""转段: what the numbers of results begin with."""

_LAST: LiteralString = """
SELECT max(substring(result_no FROM %s)::int) FROM round_result WHERE result_no LIKE %s
"""


async def freeze(session: Transaction, round_id: UUID, *, filing_no: str, actor: Actor, tools: Tools) -> Opened:
    """Make the filed list final, under the number it was filed with: by an officer who had no hand
    in making it.

    Raises NotFound, RoundInAnotherState, RoundAlreadyFrozen, FilerFreezes, FilingSaysOtherwise.
    """
    opened = await open_round(session, round_id, actor=actor)
    opened.must_be("filed")
    round_ = opened.round
    if actor.name in {round_.opened_by, round_.filed_by, *await _ran(session, opened)}:
        raise refusals.FilerFreezes
    sheet = await make_sheet(session, opened, actor=actor, tools=tools, purpose="progression_frozen")
    if sheet.digest != bytes(round_.filing_digest or b""):
        raise refusals.FilingSaysOtherwise
    if len(opened.of("proposed")) > await seats_for(session, round_):
        raise AssertionError("more are proposed than there are seats")
    act = acting(tools, actor=actor)
    for candidate in opened.candidates.values():
        _final(act, candidate)
    round_.state, round_.filing_no = "frozen", filing_no
    round_.frozen_at, round_.frozen_by, round_.look_at = tools.at, actor.name, None
    round_.result_no = await _number(session, today(tools.at).year)
    result = _result(opened, tools)
    round_.result_digest = result.digest
    act.keep(result)
    act.note(
        round_, "frozen", result_no=round_.result_no, filing_no=filing_no, taken=len(opened.of("taken")),
        digest=result.digest.hex(),
    )  # fmt: skip
    await act.write(session)
    return opened


_RAN: LiteralString = "SELECT DISTINCT by FROM round_act WHERE round_id = %s AND act = ANY (%s)"
_RUNNING = ["opened", "sittings_set", "decided", "set_aside", "tie_decided", "published", "filed"]


async def _ran(session: Transaction, opened: Opened) -> set[str]:
    """Everybody who made the list what it is. Who set somebody aside by deciding an objection did, too."""
    rows = await rows_of(session, _RAN, [opened.round.round_id, _RUNNING])
    return {row["by"] for row in rows}


def _final(act: Acting, candidate: RoundCandidate) -> None:
    """Who was proposed is taken, who was ranked or refused is not; who gave up or was set aside stays that."""
    final = {"proposed": "taken", "beyond_quota": "not_taken", "not_eligible": "not_taken"}
    if candidate.outcome in final:
        candidate.outcome, candidate.changed_at = final[candidate.outcome], act.at
        act.keep(candidate)
    if candidate.outcome in ("taken", "not_taken", "set_aside"):
        act.serve(candidate, "progression_result")


async def _number(session: Transaction, year: int) -> str:
    """The next number of the year in the whole city: ZD-2026-0001."""
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_NUMBER])
    begins = f"{PREFIX}-{year}-"
    found = await (await connection.execute(_LAST, [rf"^{begins}(\d+)$", f"{begins}%"])).fetchone()
    last = 0 if found is None or found[0] is None else int(found[0])
    return f"{begins}{last + 1:04d}"


def _result(opened: Opened, tools: Tools) -> RoundResult:
    round_, salt = opened.round, new_salt()
    in_order = sorted(opened.candidates.values(), key=lambda each: (each.member_no, str(each.learner_id)))
    rows: list[dict[str, Any]] = [
        {
            "learner_id": str(each.learner_id),
            "member_no": each.member_no,
            "outcome": each.outcome,
            "rank": each.rank,
            "route": each.route,
            "total": each.total,
            "decision_id": None if each.decision_id is None else str(each.decision_id),
        }
        for each in in_order
    ]
    digest = salted_digest(salt, digested_of(round_, rows), tools.keyring.digest)
    assert round_.result_no is not None
    return RoundResult(
        round_id=round_.round_id, result_no=round_.result_no, rows=rows, digest=digest, salt=salt, frozen_at=tools.at
    )


def digested_of(round_: PathwayRound, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the digest of a result is of: the rows, and which round they are of, by which document."""
    return {
        "round_id": str(round_.round_id),
        "result_no": round_.result_no,
        "filing_no": round_.filing_no,
        "filing_digest": None if round_.filing_digest is None else bytes(round_.filing_digest).hex(),
        "document": round_.document,
        "document_version": round_.document_version,
        "document_digest": round_.digest,
        "rows": rows,
    }


_FROZEN: LiteralString = """
SELECT to_jsonb(f) AS result, r.* FROM pathway_round r LEFT JOIN round_result f USING (round_id)
WHERE r.state = 'frozen' ORDER BY r.round_id
"""


async def altered_results(session: Transaction) -> AsyncIterator[str]:
    """Every frozen round whose result is missing or is not what its digest is of, as `round, number of the result`."""
    for row in await rows_of(session, _FROZEN, []):
        result = row.pop("result")
        round_ = PathwayRound(**row)
        if result is not None:
            digest, salt = (bytes.fromhex(result[name].removeprefix("\\x")) for name in ("digest", "salt"))
            if digest == bytes(round_.result_digest or b"") and digest_holds(
                digest, salt, digested_of(round_, result["rows"])
            ):
                continue
        yield f"{round_.round_id}, {round_.result_no}"
