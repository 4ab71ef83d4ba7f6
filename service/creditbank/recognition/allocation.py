"""The best allocation for one person and plan: chosen, then decided line after line by the engine; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from creditbank.recognition.candidates import Found, Possible, find
from creditbank.recognition.gathered import Gathered
from creditbank.recognition.judging import Judged, judge, standing
from creditbank.rules import Rulebook
from creditbank.rules.allocating import Allocation, Cap, Objective, allocate

MOST_LOOKS = 12
"""How often a choice is made again after the engine refused lines together: by clauses that look at other lines and are
no caps, or caps whose limit moves with what is converted."""
MOST_ORDERED = 7
"""Of so many lines every order is tried where none of the likely ones does."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """The choice, its lines in an order in which every one of them is granted, and what it was made from.

    `credits` are hundredths, as decided, less what gives way. `proved` is that nothing better exists among lines that
    are possible today. `looks` counts how often the engine was asked about a whole choice: once where all that lines do
    to one another is said by caps.
    """

    found: Found
    allocation: Allocation
    granted: tuple[tuple[Possible, Judged], ...]
    credits: int
    proved: bool
    looks: int


def allocation_of(
    gathered: Gathered,
    *,
    rulebook: Rulebook,
    on: date,
    objective: Objective = "credits",
    records: Sequence[str] | None = None,
    costs: bool = True,
) -> Allocated:
    """The best choice of a person's records for a plan's courses, as the rules of a day decide it."""
    found = find(gathered, rulebook=rulebook, on=on, objective=objective, records=records)
    problem, bounds = found.problem, list[int]()
    for look in range(1, MOST_LOOKS + 1):
        chosen = allocate(problem, costs=costs)
        bounds.append(chosen.bound)
        granted, refused = _decided(gathered, [found.possible[each.id] for each in chosen.chosen], rulebook, on)
        if not refused or look == MOST_LOOKS:
            break
        together = [each.candidate.id for each, _ in granted] + [each.candidate.id for each in refused]
        never = Cap(f"together-{look}", len(together) - 1, dict.fromkeys(together, 1), exclusive=True)
        problem = replace(problem, caps=(*problem.caps, never))
    got = sum(judged.credits - each.lost for each, judged in granted)
    # Only a choice that was granted as it stands is the one that was proved to be best.
    proved = chosen.proved and look == 1 and not refused and all(each.credits == one.credits for each, one in granted)
    return Allocated(found, replace(chosen, bound=bounds[0]), tuple(granted), got, proved, look)


def _decided(
    gathered: Gathered, lines: Sequence[Possible], rulebook: Rulebook, on: date
) -> tuple[list[tuple[Possible, Judged]], list[Possible]]:
    """The lines in an order in which each is granted, seeing those before it; and those for which there is none.

    The order of the plan, if it does; otherwise those that came too late, with less room than others, go first.
    """
    order = list(lines)
    for _ in range(len(order)):
        granted, left = _one_after_another(gathered, order, rulebook, on)
        if not left:
            break
        order = [*left, *(each for each, _ in granted)]
    else:
        found = _in_some_order(gathered, lines, rulebook, on, set()) if len(lines) <= MOST_ORDERED else None
        if found is not None:
            return found, []
    return (granted, left) if order else ([], [])


def _in_some_order(
    now: Gathered, left: Sequence[Possible], rulebook: Rulebook, on: date, dead: set[frozenset[str]]
) -> list[tuple[Possible, Judged]] | None:
    """All of the lines in an order in which each is granted; None where there is none. `dead` are sets of lines that
    cannot be finished, whatever came before them.
    """
    if not left:
        return []
    rest = frozenset(each.candidate.id for each in left)
    if rest in dead:
        return None
    for each in left:
        judged = judge(now, each.line, rulebook=rulebook, on=on)
        if judged.verdict == "granted":
            others = [other for other in left if other is not each]
            found = _in_some_order(standing(now, judged), others, rulebook, on, dead)
            if found is not None:
                return [(each, judged), *found]
    dead.add(rest)
    return None


def _one_after_another(
    gathered: Gathered, lines: Sequence[Possible], rulebook: Rulebook, on: date
) -> tuple[list[tuple[Possible, Judged]], list[Possible]]:
    """Each line once it is granted after those before it; and those that never are."""
    now, left = gathered, list(lines)
    granted: list[tuple[Possible, Judged]] = []
    while left:
        for each in left:
            judged = judge(now, each.line, rulebook=rulebook, on=on)
            if judged.verdict == "granted":
                break
        else:
            break
        now = standing(now, judged)
        granted.append((each, judged))
        left.remove(each)
    return granted, left


def promised(allocated: Allocated) -> Mapping[str, int]:
    """What each course gets, in hundredths."""
    return {each.line.course_code: judged.credits for each, judged in allocated.granted}
