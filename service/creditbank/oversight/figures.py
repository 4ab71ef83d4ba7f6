"""Figures that say nothing of one person: what stands on fewer than five people is not said, nor what would tell it.

Pure. A figure that stands on one to four people is hidden. The total of a breakdown less the lines that are said tells
the sum of those that are hidden, which may be of very few people too, and of the same ones: so the line with the fewest
people among the rest is always hidden with them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

FEWEST = 5
"""How many people a figure stands on at least, if it is said (拟定)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a breakdown: what it is of, and each value with how many people it stands on, which is never shown."""

    of: dict[str, Any]
    values: dict[str, int]
    people: dict[str, int]
    hidden: frozenset[str] = frozenset()
    """The values that are not said."""


def protected(
    figures: Sequence[Figure], *, apart: Callable[[Figure], Hashable] = lambda _: None
) -> list[Figure]:  # fmt: skip
    """The lines of one breakdown as they may be shown, in their order.

    `apart` tells lines that have totals of their own from one another: credits of two schemes are never added.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, each in enumerate(figures):
        groups.setdefault(apart(each), []).append(place)
    hidden: list[set[str]] = [set() for _ in figures]
    for places in groups.values():
        for value in dict.fromkeys(name for place in places for name in figures[place].values):
            for place in _hidden([(place, figures[place].people[value]) for place in places]):
                hidden[place].add(value)
    return [replace(each, hidden=frozenset(names)) for each, names in zip(figures, hidden, strict=True)]


def _hidden(people: Sequence[tuple[int, int]]) -> set[int]:
    """Which lines hide a value, of lines each with how many people it stands on there."""
    few = {place for place, count in people if 0 < count < FEWEST}
    rest = [(count, place) for place, count in people if count >= FEWEST]
    return few | {min(rest)[1]} if few and rest else few
