"""What other rules would make of what stands: each record or line decided again beside its decision, and sums. Pure.

What already differs from the rules in force (a decision that nobody has made again since they changed) is not laid at
a draft's door: it is counted as due, and compared with nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from creditbank.credits import format_credits
from creditbank.records.deposit import day_by_day
from creditbank.records.standing import Standing
from creditbank.rules import Decided, Rulebook
from creditbank.rules.facts import FACTS

EXAMPLES = 3
"""How many examples of each change a report names."""
MOST_GROUPS = 1_000
"""Institutions and programmes that a report lists, those with the most changes first."""


class Outcome(NamedTuple):
    """What is decided: the same outcome for another reason is told apart by its clause."""

    verdict: str
    scheme: str | None
    credits: int
    """Hundredths."""
    clause: str | None

    def told(self) -> dict[str, Any]:
        """As reports show it."""
        return {**self._asdict(), "credits": format_credits(self.credits)}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose it is and where: `person` stands for all accounts of one person."""

    person: UUID
    learner_id: UUID
    institution_id: UUID
    programme_id: UUID | None
    decision_id: UUID | None = None
    record_id: UUID | None = None
    claim_id: UUID | None = None
    line_no: int | None = None
    by: frozenset[tuple[str, str]] = frozenset()
    """The documents that decided, each with its version."""


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """A live record, with what stands on it."""

    place: Place
    record: Standing
    stands: Outcome


@dataclass(frozen=True, slots=True)
class LiveLine:
    """A line of a claim that was decided, with the facts it was decided by."""

    place: Place
    facts: dict[str, Any]
    asked_on: date
    stands: Outcome
    most: int
    """Hundredths: no rule makes more of a course than it has."""
    outputs: dict[str, Any] | None = None
    """All that was given, where that is kept: a grade may change where credits do not."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Something decided again, beside what stands."""

    place: Place
    stands: Outcome
    would_be: Outcome
    change: str
    """same, due, gain, lose, unknown where the other rules could not decide it, or reason for another reason alone."""
    decided: Decided


def change_of(stands: Outcome, would_be: Outcome) -> str:
    """What becomes of one who has the first and would have the second."""
    if stands == would_be:
        return "same"
    if would_be.verdict == "unknown":
        return "unknown"  # which is neither a refusal nor a grant
    if stands.scheme == would_be.scheme or not stands.credits or not would_be.credits:
        if would_be.credits != stands.credits:
            return "gain" if would_be.credits > stands.credits else "lose"
    else:
        return "lose"  # credits of one scheme are not made up for by those of another
    return "reason"


def compare_totals(place: Place, stands: Decided, would_be: Decided) -> Compared:
    """How one learner stands to a total by the rules in force, and by others; no credits are posted because of it."""
    one, other = (Outcome(each.verdict, None, 0, each.clause) for each in (stands, would_be))
    if one == other:
        change = "same"
    elif other.verdict == "unknown":
        change = "unknown"
    elif one.verdict == other.verdict:
        change = "reason"
    else:
        change = "gain" if other.verdict == "granted" else "lose" if one.verdict == "granted" else "reason"
    return Compared(place, one, other, change, would_be)


def compare_records(group: Sequence[LiveRecord], *, rules: Rulebook, present: Rulebook, today: date) -> list[Compared]:
    """The records of one content, decided again by other rules."""
    records = [each.record for each in group]
    by_id = {each.record.record_id: each for each in group}
    now = {record.record_id: said[-1] for record, said in day_by_day(records, rules, today)}
    changed = any(_step_outcome(now[key][0]) != each.stands for key, each in by_id.items())
    due: dict[UUID, Outcome] = {}
    if changed:
        due = {record.record_id: _step_outcome(said[-1][0]) for record, said in day_by_day(records, present, today)}
    compared = []
    for key, each in by_id.items():
        step, decided, _ = now[key]
        would_be = _step_outcome(step)
        change = change_of(each.stands, would_be)
        if change != "same" and due[key] == would_be:
            change = "due"
        compared.append(Compared(each.place, each.stands, would_be, change, decided))
    return compared


def compare_line(line: LiveLine, *, rules: Rulebook, present: Rulebook) -> Compared:
    """A line of a claim, decided again by other rules from the facts of its decision."""
    decided = rules.decide("conversion", line.facts, on=line.asked_on)
    would_be = _line_outcome(decided, line)
    change = change_of(line.stands, would_be)
    if change == "same" and line.outputs is not None and line.outputs != dict(decided.outputs):
        change = "reason"
    if change != "same":
        by_present = present.decide("conversion", line.facts, on=line.asked_on)
        if (_line_outcome(by_present, line), by_present.outputs) == (would_be, decided.outputs):
            change = "due"
    return Compared(line.place, line.stands, would_be, change, decided)


def _step_outcome(step: Any) -> Outcome:
    return Outcome(step.verdict, step.scheme, step.credits, step.clause)


def _line_outcome(decided: Decided, line: LiveLine) -> Outcome:
    """A line's scheme is that of the plan, whatever the rules say."""
    amount = min(decided.outputs.get("credits") or 0, line.most)
    return Outcome(decided.verdict, line.stands.scheme, amount, decided.clause)


# --- sums ---------------------------------------------------------------------------------------------------------


@dataclass
class Sums:
    """Learners by what becomes of them, and credits by scheme."""

    learners: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    """Credits that stand and would wait for somebody to say what is not known."""

    def add(self, one: Iterable[Compared]) -> None:
        """Add one person's comparisons."""
        by_scheme: dict[str, int] = defaultdict(int)
        changes = set()
        for each in one:
            changes.add(each.change)
            if each.change == "unknown" and each.stands.credits:
                self.undecided[each.stands.scheme or ""] += each.stands.credits
            if each.change in ("gain", "lose"):
                if each.stands.credits:
                    by_scheme[each.stands.scheme or ""] -= each.stands.credits
                if each.would_be.credits:
                    by_scheme[each.would_be.scheme or ""] += each.would_be.credits
        rises = [scheme for scheme, amount in by_scheme.items() if amount > 0]
        falls = [scheme for scheme, amount in by_scheme.items() if amount < 0]
        for scheme in rises:
            self.gained[scheme] += by_scheme[scheme]
        for scheme in falls:
            self.lost[scheme] -= by_scheme[scheme]
        if rises and falls:
            kind = "gain_and_lose"
        elif rises:
            kind = "gain"
        elif falls:
            kind = "lose"
        elif not by_scheme and changes & {"gain", "lose"}:
            kind = "gain" if "lose" not in changes else "lose" if "gain" not in changes else "gain_and_lose"
        else:
            kind = "unknown" if "unknown" in changes else "stay"
        self.learners[kind] += 1

    def told(self) -> dict[str, Any]:
        """As reports show them."""
        kinds = ("gain", "lose", "gain_and_lose", "unknown", "stay")
        return {
            "learners": {kind: self.learners[kind] for kind in kinds},
            "credits": [
                {
                    "scheme": scheme,
                    "gained": format_credits(self.gained[scheme]),
                    "lost": format_credits(self.lost[scheme]),
                    "undecided": format_credits(self.undecided[scheme]),
                }
                for scheme in sorted({*self.gained, *self.lost, *self.undecided})
            ],
        }

    @property
    def changed(self) -> int:
        """How many learners do not stay as they are."""
        return self.learners.total() - self.learners["stay"]


@dataclass
class Tally:
    """The whole of an impact run: sums of the bank, of each institution and of each programme."""

    whole: Sums = field(default_factory=Sums)
    institutions: dict[UUID, Sums] = field(default_factory=lambda: defaultdict(Sums))
    programmes: dict[tuple[UUID, UUID], Sums] = field(default_factory=lambda: defaultdict(Sums))
    changes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, list[Compared]] = field(default_factory=lambda: defaultdict(list))
    erased: int = 0
    """Records of learners whose key is destroyed: nothing can be decided again."""
    missing: Counter[str] = field(default_factory=Counter)
    """Of lines that are unknown: which facts their decisions had not asked for."""

    def add(self, compared: Sequence[Compared]) -> None:
        """Add what was compared of some whole persons."""
        persons = defaultdict[UUID, list[Compared]](list)
        here = defaultdict[tuple[UUID, UUID], list[Compared]](list)
        there = defaultdict[tuple[UUID, UUID, UUID], list[Compared]](list)
        for each in compared:
            place = each.place
            persons[place.person].append(each)
            here[place.person, place.institution_id].append(each)
            if place.programme_id is not None:
                there[place.person, place.institution_id, place.programme_id].append(each)
            self.changes[each.change] += 1
            if each.change not in ("same", "due") and each.stands.verdict != each.would_be.verdict:
                self.verdicts[each.stands.verdict, each.would_be.verdict] += 1
            if each.change == "unknown" and place.claim_id is not None:
                self.missing.update(missing_of(each.decided))
            named = place.decision_id is not None and each.change not in ("same", "due")
            if named and len(self.examples[each.change]) < EXAMPLES:
                self.examples[each.change].append(each)
        for theirs in persons.values():
            self.whole.add(theirs)
        for (_, institution_id), theirs in here.items():
            self.institutions[institution_id].add(theirs)
        for (_, institution_id, programme_id), theirs in there.items():
            self.programmes[institution_id, programme_id].add(theirs)

    def told(self) -> dict[str, Any]:
        """The report: counts and sums, and the ids of a few examples."""
        changed = {kind: self.changes[kind] for kind in ("gain", "lose", "unknown", "reason")}
        return {
            **self.whole.told(),
            "decisions": {
                "compared": self.changes.total(),
                "same": self.changes["same"],
                **changed,
                "due": self.changes["due"],
                "erased": self.erased,
            },
            "verdicts": [
                {"stands": stands, "would_be": would_be, "decisions": count}
                for (stands, would_be), count in sorted(self.verdicts.items())
            ],
            "by_institution": [
                {"institution_id": str(institution_id), **sums.told()}
                for institution_id, sums in _most(self.institutions)
            ],
            "by_programme": [
                {"institution_id": str(institution_id), "programme_id": str(programme_id), **sums.told()}
                for (institution_id, programme_id), sums in _most(self.programmes)
            ],
            "missing": [
                {"fact": name, "zh": FACTS[name].zh, "en": FACTS[name].en, "decisions": count}
                for name, count in sorted(self.missing.items())
            ],
            "examples": [_example(each) for kind in sorted(self.examples) for each in self.examples[kind]],
        }


def missing_of(decided: Decided) -> set[str]:
    """The facts that a decision lacked: it was made by rules that did not ask for them, or nobody knew them."""
    return {
        name
        for found in decided.findings()
        if found["verdict"] == "unknown"
        for name in found.get("missing", [found["fact"]])
        if name in FACTS
    }


def _most(groups: dict[Any, Sums]) -> list[tuple[Any, Sums]]:
    return sorted(groups.items(), key=lambda each: (-each[1].changed, str(each[0])))[:MOST_GROUPS]


def _example(each: Compared) -> dict[str, Any]:
    place = each.place
    named = {"record_id": place.record_id, "claim_id": place.claim_id, "line_no": place.line_no}
    return {
        "change": each.change,
        "decision_id": str(place.decision_id),
        "institution_id": str(place.institution_id),
        **{name: str(value) if isinstance(value, UUID) else value for name, value in named.items()},
        "stands": each.stands.told(),
        "would_be": each.would_be.told(),
    }
