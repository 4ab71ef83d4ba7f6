"""Pictures of figures as geometry: bars one under the other, and columns over time. Pure; a template draws them.

They are drawn 360 units wide, as wide as a phone shows them, so that letters are read at their own size there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 360
_ROW, _BAR = 36, 12
_LEFT, _TOP, _FLOOR, _HEIGHT = 46, 8, 160, 182
MOST_BARS = 9
MOST_ROOM = 50
"""How wide a label may be; a Chinese character takes two."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is called, what is written at its end, how long it is."""

    label: str
    said: str
    top: float
    middle: float
    length: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars one under the other."""

    height: int
    bars: list[Bar]
    more: int
    """How many lines are in the table only."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one series."""

    left: float
    top: float
    width: float
    height: float
    series: int
    said: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns over time: the columns, what stands under them, the lines across."""

    columns: list[Column]
    under: list[tuple[float, str]]
    across: list[tuple[float, str]]
    series: list[str]
    height: int = _HEIGHT
    floor: int = _FLOOR
    left: int = _LEFT


def bars_of(lines: Sequence[tuple[str, float | None, str]]) -> Bars:
    """Bars of (what it is, how much or None where it is not said, how it is written); the longest is the widest."""
    shown = lines[:MOST_BARS]
    most = max((value for _, value, _ in shown if value is not None), default=0) or 1
    return Bars(
        height=len(shown) * _ROW + 4,
        bars=[
            Bar(
                _cut(label),
                said,
                place * _ROW + 15,
                place * _ROW + 20,
                round(max(0.0, value or 0) / most * WIDTH, 1),
            )
            for place, (label, value, said) in enumerate(shown)
        ],
        more=max(0, len(lines) - MOST_BARS),
    )


def _cut(label: str) -> str:
    """As much of a label as there is room for."""
    room = MOST_ROOM
    for place, letter in enumerate(label):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return f"{label[: place - 1]}…"
    return label


def columns_of(places: Sequence[str], series: Sequence[tuple[str, Sequence[tuple[float | None, str]]]]) -> Columns:
    """Columns at places of time, one for each series beside one another; (value or None, how it is written) each."""
    most = _round(max((value for _, values in series for value, _ in values if value is not None), default=0))
    room = (WIDTH - _LEFT) / max(1, len(places))
    wide = min(40.0, room * 0.8 / max(1, len(series)))
    tall = _FLOOR - _TOP
    columns = []
    for number, (_, values) in enumerate(series):
        for place, (value, said) in enumerate(values):
            if not value or value < 0:
                continue
            height = value / most * tall
            begin = _LEFT + room * place + (room - wide * len(series)) / 2 + wide * number
            columns.append(
                Column(round(begin, 1), round(_FLOOR - height, 1), round(wide, 1), round(height, 1), number + 1, said)
            )
    every = max(1, -(-len(places) // 6))
    under = [
        (round(_LEFT + room * (place + 0.5), 1), said) for place, said in enumerate(places) if place % every == 0
    ]  # fmt: skip
    across = [(round(_FLOOR - tall * part / 2, 1), f"{most * part / 2:g}") for part in range(3)]
    return Columns(columns, under, across, [name for name, _ in series])


def _round(most: float) -> float:
    """The next number that reads well: 1, 2 or 5 and noughts, and never less than 2."""
    step = 1.0
    while True:
        for each in (2, 5, 10):
            if most <= each * step:
                return each * step
        step *= 10
