"""Deciding again from what a decision stored: its facts, its versions, and exactly what is said otherwise now."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.learners.keys import key_of
from creditbank.rules import ENGINE_VERSION, Decided, Rulebook
from creditbank.rules.comparing import differences
from creditbank.rules.tables import Decision
from creditbank.sealing import Keyring, field_of, open_sealed


class Difference(BaseModel):
    """Something that is said otherwise when it is decided again."""

    path: str = Field(description="所在之处。|Where, as a JSON pointer.", examples=["/findings/2/observed"])
    then: Any = Field(None, description="当时。|What was said; empty where there was nothing.")
    now: Any = Field(None, description="现在。|What is said now; empty where there is nothing.")


class ReplayOut(BaseModel):
    """Whether deciding again from the stored facts says the same, and if not, exactly what differs."""

    decision_id: UUID
    same: bool | None
    """None when the facts were erased, or when people decided: there is nothing to decide again from."""
    erased: bool
    differences: list[Difference]
    decided: dict[str, Any] | None


async def facts_and_said(
    session: AsyncSession, decision: Decision, keyring: Keyring
) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """The facts a decision used, and all that was decided by them, as it was told, where that is kept.

    None when the learner's key is gone (erased) or people decided.
    """
    if decision.facts_sealed is None:
        return None
    key = await key_of(session, decision.learner_id, keyring=keyring)
    if key is None:
        return None
    facts: dict[str, Any] = orjson.loads(
        open_sealed(key, decision.facts_sealed, field_of(decision.learner_id, "facts"))
    )
    said = facts.pop("decided", None)
    return facts, None if said is None else {"facts": facts, **said}


def replayed(decision: Decision, facts: dict[str, Any], rulebook: Rulebook) -> Decided:
    """Decide again from the stored facts by the stored versions."""
    basis = decision.basis or {}
    asked_on = date.fromisoformat(basis["asked_on"])
    question = "conversion" if decision.claim_id is not None else "progression"
    if decision.claim_id is not None or decision.round_id is not None:
        took_part = [(each["document"], each["version"]) for each in basis.get("documents", ())]
        if not took_part:
            return rulebook.decide(question, facts, on=asked_on)
        return rulebook.replay_together(question, facts, took_part, on=asked_on)
    if decision.document is None or decision.document_version is None:
        return rulebook.decide("deposit", facts, on=asked_on)
    return rulebook.replay(facts, decision.document, decision.document_version, on=asked_on)


def _in_the_row(found: Decision, again: Decided) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the row of a decision says, and what it would say now."""
    basis, credits = found.basis or {}, again.outputs.get("credits") or 0
    now = {
        "verdict": again.verdict,
        "clause": again.clause,
        # The rules may say more than the course is worth, or than had stood before.
        "credits": min([credits, *(basis[name] for name in ("held_to_course", "held_to_before") if name in basis)]),
        "document_digest": again.digest,
        "engine": ENGINE_VERSION,
    }
    if basis.get("kernel"):
        # What no document can lift refused it, whatever the rules said: that stands in the basis, not in the row.
        now = {name: now[name] for name in ("document_digest", "engine")}
    if found.record_id is not None:
        now["scheme"] = again.outputs.get("scheme")  # that of a conversion is the plan's, not the rules' to say
    return {name: getattr(found, name) for name in now}, now


def compared(decision: Decision, said: dict[str, Any] | None, again: Decided) -> list[dict[str, Any]]:
    """What is said otherwise, as {path, then, now}; empty where it is the same.

    Of a line of a claim and of a candidate all that was decided is kept beside its facts, findings and all, and
    compared; of a record, of which there are millions, what its row says.
    """
    differing = differences(*_in_the_row(decision, again))
    if said is not None:
        known = {one["path"] for one in differing}
        whole = differences(said, orjson.loads(again.canonical()))
        differing += [one for one in whole if one["path"] not in known]
    return differing
