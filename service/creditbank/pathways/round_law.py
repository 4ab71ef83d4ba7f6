"""What the document of a round says of it, and the keys by which its candidates are ranked, as they are kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.known import RoundSaid
from creditbank.pathways.ranking import Key
from creditbank.pathways.round_tables import PathwayRound
from creditbank.rules import Rulebook
from creditbank.rules.rounds import Round


def law_of(rulebook: Rulebook, round_: PathwayRound) -> Round:
    """What the version by which a round goes says of rounds. Raises NoRoundInDocument."""
    for version in rulebook.versions():
        if (version.document.document, version.version) == (round_.document, round_.document_version):
            if version.round is None:
                break
            return version.round
    raise refusals.NoRoundInDocument


def round_of(round_: PathwayRound) -> RoundSaid:
    """What a round says of itself to whoever gathers for it."""
    return RoundSaid(round_.round_id, round_.number, round_.collects_until, tuple(round_.sittings))


# --- keys, kept as JSON ---------------------------------------------------------------------------------------------


def stored_key(key: Key | None) -> list[Any]:
    """A key as JSON; exact, so that who was tied before is tied when it is read again."""
    return [] if key is None else [_stored(part) for part in key]


def read_key(stored: list[Any]) -> Key:
    """The same key again."""
    return tuple(_read(part) for part in stored)


def _stored(part: Any) -> Any:
    if isinstance(part, tuple | list):
        return [_stored(each) for each in part]
    if isinstance(part, Decimal | Fraction):
        exact = Fraction(part)
        return {"n": str(exact.numerator), "d": str(exact.denominator)}
    return {"on": part.isoformat()} if isinstance(part, date) else part


def _read(part: Any) -> Any:
    if isinstance(part, list):
        return tuple(_read(each) for each in part)
    if isinstance(part, dict):
        return date.fromisoformat(part["on"]) if "on" in part else Fraction(int(part["n"]), int(part["d"]))
    return part
