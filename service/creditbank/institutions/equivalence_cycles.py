"""Equivalences that lead back to where they began, and those among them by which credits would multiply; pure.

Two colleges that recognise each other's course make a circle that harms nobody: going round it one has what one began
with. Where a row of the circle gives more than one course for one, going round leaves more than there was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Leads:
    """An equivalence as a way from courses to courses; whatever else it asks for is no part of a circle."""

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def gives(self, credits: Mapping[str, int]) -> Fraction:
        """How many credits come out for each that goes in."""
        taken = sum(credits.get(source, 0) for source in self.sources)
        return Fraction(sum(credits.get(target, 0) for target in self.targets), max(taken, 1))


def multiplied(new: Leads, others: Sequence[Leads], credits: Mapping[str, int]) -> tuple[str, ...] | None:
    """The names of a circle through a new row in which more comes out than went in; None where there is none.

    `credits` are those of each course, in hundredths. Without the new row there is no such circle among the others.
    """
    most = dict.fromkeys(new.targets, new.gives(credits))
    ways: dict[str, tuple[str, ...]] = dict.fromkeys(new.targets, (new.name,))
    for _ in range(len(others) + 1):
        changed = False
        for other in others:
            for source in other.sources:
                if source not in most or other.name in ways[source]:
                    continue
                reached = most[source] * other.gives(credits)
                for target in other.targets:
                    if reached > most.get(target, Fraction(0)):
                        most[target], ways[target], changed = reached, (*ways[source], other.name), True
        if not changed:
            break
    return next((ways[source] for source in new.sources if most.get(source, 0) > 1), None)
