"""Ranking: whoever stands higher is never passed over, and the seats are never exceeded."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.pathways.ranking import Ties, places, ranks

KEYS = st.dictionaries(st.integers(0, 40), st.tuples(st.integers(-6, 6), st.integers(0, 2)), max_size=30)
SEATS = st.integers(0, 12)
TIES = st.sampled_from(["refer", "all", "none"])


def test_ranks_are_those_of_a_competition() -> None:
    assert ranks({"a": (-90,), "b": (-80,), "c": (-80,), "d": (-70,)}) == {"a": 1, "b": 2, "c": 2, "d": 4}


def test_a_quota_of_zero_takes_nobody() -> None:
    found = places({"a": (1,), "b": (2,)}, seats=0, ties="refer")
    assert found.places == {"a": "beyond_quota", "b": "beyond_quota"}
    assert (found.left, found.proposed, found.tied) == (0, frozenset(), frozenset())


def test_where_nothing_ranks_everybody_is_taken_who_fits() -> None:
    assert places({"a": (), "b": ()}, seats=2, ties="refer").proposed == {"a", "b"}
    assert places({"a": (), "b": ()}, seats=1, ties="refer").tied == {"a", "b"}


@pytest.mark.parametrize(("ties", "place"), [("refer", "tied"), ("all", "beyond_quota"), ("none", "beyond_quota")])
def test_a_tie_across_the_last_seat_is_what_the_document_says(ties: Ties, place: str) -> None:
    found = places({"a": (1,), "b": (2,), "c": (2,), "d": (3,)}, seats=2, ties=ties)
    assert found.places == {"a": "proposed", "b": place, "c": place, "d": "beyond_quota"}
    assert found.left == 1


def test_ties_that_fit_are_no_tie() -> None:
    found = places({"a": (1,), "b": (2,), "c": (2,), "d": (3,)}, seats=3, ties="none")
    assert found.proposed == {"a", "b", "c"}


def test_people_tell_a_tie_apart_for_exactly_the_seats_left() -> None:
    keys = {"a": (1,), "b": (2,), "c": (2,)}
    found = places(keys, seats=2, ties="refer", chosen={"b": False, "c": True})
    assert found.places == {"a": "proposed", "b": "beyond_quota", "c": "proposed"}
    assert found.left == 0
    assert places(keys, seats=2, ties="refer", chosen={"b": True, "c": True}).tied == {"b", "c"}
    assert places(keys, seats=2, ties="refer", chosen={"b": True}).tied == {"b", "c"}


def test_what_was_said_of_a_tie_does_not_outlive_it() -> None:
    chosen = {"b": False, "c": True}
    assert places({"a": (1,), "b": (1,), "c": (2,)}, seats=2, ties="refer", chosen=chosen).proposed == {"a", "b"}
    assert places({"b": (2,), "c": (2,), "d": (2,)}, seats=1, ties="refer", chosen=chosen).tied == {"b", "c", "d"}


@given(KEYS, SEATS, TIES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    keys: dict[int, tuple[int, int]], seats: int, ties: Ties, chance: random.Random
) -> None:
    shuffled = list(keys.items())
    chance.shuffle(shuffled)
    assert places(dict(shuffled), seats=seats, ties=ties) == places(keys, seats=seats, ties=ties)


@given(KEYS, SEATS, TIES, st.dictionaries(st.integers(0, 40), st.booleans()))
def test_no_more_are_proposed_than_there_are_seats(
    keys: dict[int, tuple[int, int]], seats: int, ties: Ties, chosen: dict[int, bool]
) -> None:
    found = places(keys, seats=seats, ties=ties, chosen=chosen)
    assert len(found.proposed) + found.left == seats
    assert not found.tied or len(found.tied) > found.left > 0
    assert found.places.keys() == keys.keys() == found.ranks.keys()


@given(KEYS, SEATS, TIES, st.dictionaries(st.integers(0, 40), st.booleans()))
def test_who_stands_higher_never_loses_to_who_stands_lower(
    keys: dict[int, tuple[int, int]], seats: int, ties: Ties, chosen: dict[int, bool]
) -> None:
    found = places(keys, seats=seats, ties=ties, chosen=chosen)
    weight = {"proposed": 0, "tied": 1, "beyond_quota": 2}
    for one, key in keys.items():
        for other, against in keys.items():
            if key < against:
                assert found.ranks[one] < found.ranks[other]
                assert weight[found.places[one]] <= weight[found.places[other]]


@given(KEYS, SEATS, TIES)
def test_one_more_seat_takes_nobody_out(keys: dict[int, tuple[int, int]], seats: int, ties: Ties) -> None:
    assert places(keys, seats=seats, ties=ties).proposed <= places(keys, seats=seats + 1, ties=ties).proposed
