"""Pure: which hands a claim goes through, and in which order, by the procedure of the document that decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from creditbank.recognition.judging import Judged

BANK_STEP = "bank"
CONTEST = "contest"

DEFAULT_TIMES: Mapping[str, int] = {"appeal_within": 15, "appeal_decided_within": 30, "reserves_for": 60}
"""Working days where a document has no procedure of its own: the bank's own figures (拟定), see docs/decisions."""
BANK_WITHIN = 20
"""Working days in which the bank answers what was referred to it (拟定)."""

Step = dict[str, Any]
"""id, who, does, within, silence, zh, en; `lines` that need it; `institution_id` where it is one institution's."""


def bank_step(lines: Sequence[int], *, within: int = BANK_WITHIN, name: str = BANK_STEP) -> Step:
    """What nobody before could settle lies with the bank, until it is settled or the claim lapses."""
    return {
        "id": name,
        "who": "bank",
        "does": "decide",
        "within": within,
        "silence": "refer",
        "zh": "学分银行处理",
        "en": "the bank settles what is open",
        "lines": list(lines),
        "institution_id": None,
    }


def contest_step(step: Step, failed: Sequence[int]) -> Step:
    """After a failed verification: the learner may bring evidence, the bank decides then; silence refuses the lines."""
    return {
        **bank_step(failed, within=step["within"], name=f"{step['id']}-{CONTEST}"),
        "silence": "refuse",
        "zh": "核验未通过，学习者可举证",
        "en": "the verification failed; the learner may bring evidence",
        "contest": True,
    }


def times_of(judged: Sequence[Judged]) -> dict[str, int]:
    """The working days of the procedure."""
    for one in judged:
        procedure = None if one.decided is None else one.decided.procedure
        if procedure is not None:
            return {
                "appeal_within": procedure.appeal_within,
                "appeal_decided_within": procedure.appeal_decided_within,
                "reserves_for": procedure.reserves_for,
            }
    return dict(DEFAULT_TIMES)


def steps_of(judged: Sequence[Judged], *, institution_id: UUID, issuers: Mapping[str, UUID | None]) -> list[Step]:
    """The hands that the lines which stand need, in order; each with the lines that need it.

    What the body that issued a certificate is to verify is a step for each body; what nobody connected can verify
    goes to the bank. A line that is unknown where no hand is named goes to the bank.
    """
    open_lines = [one for one in judged if one.stands]
    steps: list[Step] = []
    for one in open_lines:
        for number, step in _needed(one):
            for who, institution in _hands(step.who, one, institution_id, issuers):
                name = step.id if step.who != "issuer" else f"{step.id}-{institution or 'bank'}"
                known = next((each for each in steps if each["id"] == name), None)
                if known is None:
                    known = {
                        "id": name, "who": who, "does": step.does, "within": step.within, "silence": step.silence,
                        "zh": step.zh, "en": step.en, "lines": [], "order": number,
                        "institution_id": None if institution is None else str(institution),
                    }  # fmt: skip
                    steps.append(known)
                known["lines"].append(one.line.line_no)
    if not steps and any(one.verdict == "unknown" for one in open_lines):
        return [bank_step([one.line.line_no for one in open_lines if one.verdict == "unknown"])]
    return sorted(steps, key=lambda step: step["order"])


def _needed(one: Judged) -> list[tuple[int, Any]]:
    """The steps of the procedure that a line goes through; what is not known calls for the step."""
    procedure = None if one.decided is None else one.decided.procedure
    if one.decided is None or procedure is None:
        return []
    scope = one.decided.scope
    return [(number, step) for number, step in enumerate(procedure.steps) if step.needed(scope) is not False]


def _hands(
    who: str, one: Judged, institution_id: UUID, issuers: Mapping[str, UUID | None]
) -> list[tuple[str, UUID | None]]:
    if who == "bank":
        return [("bank", None)]
    if who != "issuer":
        return [(who, institution_id)]
    bodies = dict.fromkeys(issuers.get(str(record)) for record in one.line.records)
    return [("issuer", body) if body is not None else ("bank", None) for body in bodies]
