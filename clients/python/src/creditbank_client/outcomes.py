"""What became of one row, as the bank said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from creditbank_client.errors import Problem, problem_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row's outcome: deposited, unchanged, corrected, withdrawn, reassigned, held or refused."""

    row: int
    """Place in what was sent, from 1; over all batches."""
    outcome: str
    key: str | None
    record_id: str | None
    version: int | None
    verdict: str | None
    credits: Decimal | None
    """What the record counts for now; with `verdict` unknown or not_granted it is 0."""
    scheme: str | None
    decision_id: str | None
    held_row_id: str | None
    account: str | None
    warnings: list[dict[str, str]] = field(default_factory=list)
    problem: Problem | None = None
    """Why it was held or refused."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def refused(self) -> bool:
        """Whether nothing of the row was kept."""
        return self.outcome == "refused"

    @property
    def held(self) -> bool:
        """Whether the row waits for an officer: do not send it again, its result comes with the changes."""
        return self.outcome == "held"


def outcome_of(said: Mapping[str, Any], *, before: int = 0) -> Outcome:
    """The outcome in an answer; `before` is how many rows went in earlier batches."""
    amount, problem = said.get("credits"), said.get("problem")
    return Outcome(
        row=said["row"] + before,
        outcome=said["outcome"],
        key=said.get("key"),
        record_id=said.get("record_id"),
        version=said.get("version"),
        verdict=said.get("verdict"),
        credits=None if amount is None else Decimal(amount),
        scheme=said.get("scheme"),
        decision_id=said.get("decision_id"),
        held_row_id=said.get("held_row_id"),
        account=said.get("account"),
        warnings=list(said.get("warnings") or ()),
        problem=None if problem is None else problem_of(problem.get("status", 422), problem),
        raw=said,
    )
