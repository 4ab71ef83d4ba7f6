"""Claims: what records are worth in a plan, claiming it, the hands that decide, objections, appeals and overrides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from creditbank_client.asking import Calls
from creditbank_client.submission_calls import Id

Amount = Decimal | int | str


class ClaimCalls(Calls):
    """What a client can ask and do about allocations and claims (转换申请)."""

    # --- what it is worth -------------------------------------------------------------------------------------------

    def best_allocation(
        self,
        learner_id: Id,
        plan_id: Id,
        *,
        objective: str = "credits",
        records: Iterable[Id] | None = None,
        hypothetical: Iterable[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Which records should replace which courses of a plan so that most counts; nothing of it is stored.

        `objective` is credits or courses, `records` leaves out all others, `hypothetical` are records to be thought of
        besides. `claim` of the answer can be claimed as it is: it leaves out what is only thought of.
        """
        said: dict[str, Any] = {"plan_id": plan_id, "objective": objective, "hypothetical": list(hypothetical)}
        if records is not None:
            said["record_ids"] = list(records)
        return self._write(f"/v1/learners/{learner_id}/allocations", said)

    def totals(
        self, learner_id: Id, *, plan_id: Id | None = None, purpose: str = "graduation", on: date | None = None
    ) -> dict[str, Any]:
        """Whether what somebody earned meets what a plan asks for, requirement by requirement; never stored.

        `purpose` is graduation, early_internship, degree or average; the plan that of the last enrolment if none.
        """
        return self._read(f"/v1/learners/{learner_id}/totals", plan_id=plan_id, purpose=purpose, on=on)

    def plan_totals(self, plan_id: Id, *, purpose: str = "graduation", on: date | None = None) -> dict[str, Any]:
        """The same of everybody who follows a plan, with how many there are of each verdict."""
        return self._read(f"/v1/plans/{plan_id}/totals", purpose=purpose, on=on)

    # --- claiming ---------------------------------------------------------------------------------------------------

    def make_claim(
        self,
        learner_id: Id,
        plan_id: Id,
        lines: Iterable[Mapping[str, Any]],
        *,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Claim: a line for each course (`record_ids`, `course_code`, `wants`), decided in this order."""
        said = {"plan_id": plan_id, "lines": list(lines)}
        return self._write(f"/v1/learners/{learner_id}/claims", said, idempotency_key)

    def claim_for_class(
        self, plan_id: Id, learners: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> list[dict[str, Any]]:
        """A college claims for learners of its own (`learner_id` or `student_no`, and `lines`): an outcome for each.

        At most 200 in a call. Who cannot be claimed for stops no other.
        """
        said = {"learners": list(learners)}
        return list(self._write(f"/v1/plans/{plan_id}/class-claims", said, idempotency_key)["outcomes"])

    def learner_claims(self, learner_id: Id) -> Iterator[dict[str, Any]]:
        """A learner's claims, the newest first, read as they are asked for; a college sees those of its own plans."""
        yield from self._items(f"/v1/learners/{learner_id}/claims", {})

    def claim(self, claim_id: Id) -> dict[str, Any]:
        """One claim: its lines, the steps with their clocks, what happened, objections, appeals and overrides."""
        return self._read(f"/v1/claims/{claim_id}")

    def withdraw_claim(
        self, claim_id: Id, *, lines: Iterable[int] | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Take back all open lines of a claim, or some: what they held is free at once."""
        said = {} if lines is None else {"lines": list(lines)}
        return self._write(f"/v1/claims/{claim_id}/withdrawal", said, idempotency_key)

    def give_up_conversion(self, claim_id: Id, line_no: int, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Give up what a line was granted, from today on: its records may be used for something else."""
        return self._write(f"/v1/claims/{claim_id}/lines/{line_no}/giving-up", None, idempotency_key)

    def contest_verification(
        self, claim_id: Id, line_no: int, *, evidence: str, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Bring evidence against a verification that failed, in the time for it: the bank decides then."""
        path = f"/v1/claims/{claim_id}/lines/{line_no}/evidence"
        return self._write(path, {"evidence": evidence}, idempotency_key)

    def appeal(
        self, claim_id: Id, line_no: int, *, words: str, kind: str = "appeal", idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Appeal against a line that was refused; kind `human_review` asks a person to look at what rules refused."""
        path = f"/v1/claims/{claim_id}/lines/{line_no}/appeals"
        return self._write(path, {"kind": kind, "words": words}, idempotency_key)

    # --- the hands that decide --------------------------------------------------------------------------------------

    def claims(self, *, waiting_for: str | None = None, flagged: bool = False) -> Iterator[dict[str, Any]]:
        """Claims that wait for a hand (department, registrar, issuer, bank), in the order in which they were served.

        All inboxes of the caller's own where no hand is named; `flagged` those that people should look at again.
        """
        asked = {"waiting_for": waiting_for, "flagged": "true" if flagged else None}
        yield from self._items("/v1/claims", asked)

    def answer_step(
        self,
        claim_id: Id,
        step: str,
        outcome: str,
        *,
        lines: Iterable[int] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Say at a step what is to become of its lines, all of them if none are named.

        `outcome` is approved or refused of a review, verified or verification_failed of a verification; a refusal
        needs its `reason`. After the last step the rules decide again, and what is granted is posted.
        """
        said = {"outcome": outcome, "lines": None if lines is None else list(lines), "reason": reason}
        return self._write(f"/v1/claims/{claim_id}/steps/{step}/outcome", said, idempotency_key)

    def supply_facts(
        self, claim_id: Id, step: str, facts: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Say facts (`line_no`, `fact`, `value`) that `missing` of a line names: the rules look again at once."""
        return self._write(f"/v1/claims/{claim_id}/steps/{step}/facts", {"facts": list(facts)}, idempotency_key)

    def clear_flag(self, claim_id: Id, *, words: str, idempotency_key: str | None = None) -> dict[str, Any]:
        """Say what was found about a claim that was flagged."""
        return self._write(f"/v1/claims/{claim_id}/flag-clearing", {"words": words}, idempotency_key)

    # --- public notice, appeals, overrides --------------------------------------------------------------------------

    def public_notices(self, *, institution_id: Id | None = None) -> Iterator[dict[str, Any]]:
        """Claims on public notice, naming nobody, read as they are asked for."""
        yield from self._items("/v1/public-notices", {"institution_id": institution_id})

    def object_to_claim(
        self, claim_id: Id, *, words: str, line_no: int | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Object to a claim on notice, or to one line: anybody who is signed in, once. The clock stops."""
        return self._write(f"/v1/claims/{claim_id}/objections", {"line_no": line_no, "words": words}, idempotency_key)

    def decide_objection(
        self, claim_id: Id, objection_id: Id, *, upheld: bool, words: str, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Uphold an objection, which refuses its lines, or dismiss it; after the last one the clock goes on."""
        path = f"/v1/claims/{claim_id}/objections/{objection_id}/decision"
        return self._write(path, {"upheld": upheld, "words": words}, idempotency_key)

    def appeals(self) -> Iterator[dict[str, Any]]:
        """Appeals that wait for a reviewer, the oldest first, read as they are asked for."""
        yield from self._items("/v1/appeals", {})

    def decide_appeal(
        self,
        appeal_id: Id,
        *,
        upheld: bool,
        words: str,
        credits: Amount | None = None,
        exemption: str | None = None,
        expires_on: date | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Decide an appeal. Upheld, it grants by an override until `expires_on`; the course's own credits if none."""
        said = {
            "upheld": upheld, "words": words, "credits": credits, "exemption": exemption, "expires_on": expires_on,
        }  # fmt: skip
        return self._write(f"/v1/appeals/{appeal_id}/decision", said, idempotency_key)

    def propose_override(
        self,
        claim_id: Id,
        line_no: int,
        *,
        credits: Amount,
        reason: str,
        expires_on: date,
        exemption: str = "none",
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Decide a line against the rules. What gives, keeps or prolongs credits holds once a second person agreed."""
        said = {"credits": credits, "exemption": exemption, "reason": reason, "expires_on": expires_on}
        return self._write(f"/v1/claims/{claim_id}/lines/{line_no}/overrides", said, idempotency_key)

    def overrides(self) -> Iterator[dict[str, Any]]:
        """Overrides that wait for a second person, the oldest first, read as they are asked for."""
        yield from self._items("/v1/overrides", {})

    def confirm_override(self, override_id: Id, *, agreed: bool, idempotency_key: str | None = None) -> dict[str, Any]:
        """Agree to an override, or not: by another officer than the one who proposed it."""
        return self._write(f"/v1/overrides/{override_id}/confirmation", {"agreed": agreed}, idempotency_key)
