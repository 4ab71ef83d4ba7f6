"""Everything that was thought up of the city: its history and the people who make a bank hard."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from creditbank.demo.history import SEED, History, ordinary_lives
from creditbank.demo.people import Registry
from creditbank.demo.stories import Stories, tell


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was thought up."""

    history: History
    stories: Stories


def think_up() -> World:
    """The same city every time, up to the same day."""
    dice = Random(SEED)  # noqa: S311
    history, registry = History(), Registry(dice)
    stories = tell(history, registry, dice)
    ordinary_lives(history, registry, dice)
    history.in_order()
    return World(history, stories)
