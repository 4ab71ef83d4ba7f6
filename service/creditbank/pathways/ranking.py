"""Pure: who is taken. Keys become ranks, the seats go down the ranks, and a tie across the last seat is nobody's guess.

Ranks are those of a competition: two second places are followed by a fourth. Whoever stands higher is never beyond the
quota while somebody lower is within it, and no more are within it than there are seats.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, Literal, TypeVar

Who = TypeVar("Who", bound=Hashable)
Ties = Literal["refer", "all", "none"]
Key = tuple[Any, ...]
"""What somebody is ranked by: the smaller comes first. An empty key ranks nobody before anybody."""
Place = Literal["proposed", "beyond_quota", "tied"]


@dataclass(frozen=True, slots=True)
class Places(Generic[Who]):
    """Where everybody stands: their ranks, who is within the seats, and who is tied across the last of them."""

    ranks: Mapping[Who, int]
    places: Mapping[Who, Place]
    left: int
    """Seats that nobody has been given: those for which the tied stand, or for which nobody qualified."""

    @property
    def proposed(self) -> frozenset[Who]:
        """Whoever is within the seats."""
        return frozenset(who for who, place in self.places.items() if place == "proposed")

    @property
    def tied(self) -> frozenset[Who]:
        """Whoever is tied across the last seat and has not been told apart."""
        return frozenset(who for who, place in self.places.items() if place == "tied")


def ranks(keys: Mapping[Who, Key]) -> dict[Who, int]:
    """The rank of everybody, from 1: one more than how many stand higher (1, 2, 2, 4)."""
    found: dict[Who, int] = {}
    for group in _groups(keys):
        found |= dict.fromkeys(group, len(found) + 1)
    return found


def places(
    keys: Mapping[Who, Key], *, seats: int, ties: Ties, chosen: Mapping[Who, bool | None] | None = None
) -> Places[Who]:
    """Give the seats down the ranks.

    Of those tied across the last seat: `refer` leaves them tied until `chosen` (what people said of each) names exactly
    as many of them as there are seats left; `all` takes them only if all fit, which across the last seat they do not,
    and `none` takes none of them. Nobody ranked lower is taken past them. What people said of a tie that is no more, or
    of one that others are in now, is as if it had not been said.
    """
    chosen = chosen or {}
    found: dict[Who, Place] = {}
    left = max(0, seats)
    full = False
    for group in _groups(keys):
        if not full and len(group) <= left:
            found |= dict.fromkeys(group, "proposed")
            left -= len(group)
        elif full or left == 0:
            full = True
            found |= dict.fromkeys(group, "beyond_quota")
        else:
            full = True
            said = {who: chosen.get(who) for who in group}
            if ties != "refer":
                found |= dict.fromkeys(group, "beyond_quota")
            elif None not in said.values() and sum(map(bool, said.values())) == left:
                found |= {who: "proposed" if taken else "beyond_quota" for who, taken in said.items()}
                left = 0
            else:
                found |= dict.fromkeys(group, "tied")
    return Places(ranks(keys), found, left)


def _groups(keys: Mapping[Who, Key]) -> Iterator[list[Who]]:
    """Those who share a key together, the highest first."""
    in_order = sorted(keys.items(), key=lambda each: each[1])
    for _, group in groupby(in_order, key=lambda each: each[1]):
        yield [who for who, _ in group]
