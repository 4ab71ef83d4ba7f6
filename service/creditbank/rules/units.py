"""The types that facts and figures have, how each is read from JSON or from a document, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from creditbank.credits import HUNDREDTHS
from creditbank.errors import Language

Exact = int | Fraction
"""A number without rounding. Credits are hundredths."""

NUMBER_UNITS = {
    "credits": ("学分", "credits"),
    "hours": ("学时", "hours"),
    "weeks": ("周", "weeks"),
    "percent": ("", ""),
    "place": ("名", ""),
    "count": ("", ""),
    "year": ("", ""),
    "number": ("", ""),
    "points": ("分", "points"),
    "share": ("", ""),
    "days": ("天", "days"),
    "months": ("个月", "months"),
    "years": ("年", "years"),
    "working days": ("个工作日", "working days"),
    "hours per credit": ("学时/学分", "hours per credit"),
    "weeks per credit": ("周/学分", "weeks per credit"),
}
_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,6}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NotOfType(ValueError):
    """A value that is not of the type: `zh` and `en` say what would be."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True)
class Choices:
    """A closed list of words. In a chain a later word is higher; words of two chains do not compare."""

    name: str
    words: tuple[tuple[str, str, str], ...]
    chains: tuple[tuple[str, ...], ...] = ()

    def shown(self, word: str, language: Language) -> str:
        """The word as people read it."""
        return next((zh if language == "zh" else en for token, zh, en in self.words if token == word), word)

    def tokens(self) -> tuple[str, ...]:
        """The words as documents and JSON write them."""
        return tuple(token for token, _, _ in self.words)

    def rank(self, word: str) -> tuple[int, int] | None:
        """(chain, position) of an ordered word."""
        for number, chain in enumerate(self.chains):
            if word in chain:
                return number, chain.index(word)
        return None


@dataclass(frozen=True)
class Type:
    """What kind of value: a closed choice, a truth, a name, a date, or a number with a unit."""

    kind: Literal["choice", "truth", "name", "date", "number"]
    unit: str = ""
    whole: bool = False
    choices: Choices | None = None

    @property
    def ordered(self) -> bool:
        """Whether values can be more or less than one another."""
        return self.kind in ("number", "date") or bool(self.choices and self.choices.chains)

    def fits(self, other: Type) -> bool:
        """Whether values of the two types can be compared."""
        return (self.kind, self.unit, self.choices) == (other.kind, other.unit, other.choices)

    def named(self, language: Language) -> str:
        """The type, for an error and for the list of facts."""
        if self.kind == "number":
            if language == "en":
                return self.unit
            return {"percent": "百分数", "count": "个数", "year": "年份", "number": "数"}.get(
                self.unit, NUMBER_UNITS[self.unit][0]
            )
        if self.choices:
            return self.choices.name
        zh, en = {"truth": ("是否", "yes or no"), "name": ("编号或名称", "name"), "date": ("日期", "date")}[self.kind]
        return zh if language == "zh" else en


def choice(choices: Choices) -> Type:
    """The type of a closed list."""
    return Type("choice", choices=choices)


def number(unit: str, *, whole: bool = False) -> Type:
    """The type of a number of some unit."""
    return Type("number", unit=unit, whole=whole)


TRUTH = Type("truth")
NAME = Type("name")
DATE = Type("date")


@lru_cache(maxsize=8192)
def _number(text: str) -> Exact:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise NotOfType("应为不小于 0 的数，最多六位小数", "it must be a number of 0 or more with at most six places")
    whole, places = match.groups()
    if places is None or not places.strip("0"):
        return int(whole)
    return Fraction(int(whole + places), 10 ** len(places))


@lru_cache(maxsize=8192)
def _day(text: str) -> str:
    if not _is_day(text):
        raise NotOfType("应为日期，如 2024-07-01", "it must be a date such as 2024-07-01")
    return text


def _is_day(text: str) -> bool:
    """Dates compare as text, so only the one form with ten characters is read."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None


def reader(type_: Type) -> Callable[[Any], Any]:
    """The function that turns a JSON value of a fact into a value of the type; it raises NotOfType.

    Credits are whole hundredths, whole numbers are JSON integers, other numbers are text such as "58.5" or an
    integer (a JSON float is refused: it is not exact), dates are text.
    """
    if type_.kind == "choice":
        return _choice_reader(type_)
    return {"truth": _read_truth, "name": _read_name, "date": _read_day}.get(
        type_.kind, _read_whole if type_.whole or type_.unit == "credits" else _read_number
    )


def _choice_reader(type_: Type) -> Callable[[Any], str]:
    assert type_.choices is not None
    known = {token: token for token in type_.choices.tokens()}
    listed = "、".join(known)

    def read(value: Any) -> str:
        try:
            return known[value]
        except (KeyError, TypeError):
            raise NotOfType(f"应为 {listed} 之一", f"it must be one of {', '.join(known)}") from None

    return read


def _read_truth(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise NotOfType("应为 true 或 false", "it must be true or false")


def _read_name(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise NotOfType("应为非空文字", "it must be text, and not empty")


def _read_day(value: Any) -> str:
    if isinstance(value, str):
        return _day(value)
    raise NotOfType("应为日期文字，如 2024-07-01", "it must be a date as text, such as 2024-07-01")


def _read_whole(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    raise NotOfType("应为不小于 0 的整数", "it must be a whole number of 0 or more")


def _read_number(value: Any) -> Exact:
    if isinstance(value, str):
        return _number(value)
    return _read_whole(value)


def literal(type_: Type, text: str) -> Any:
    """A value as a document writes it: credits in credits ("0.5"), truths as yes or no. Raises NotOfType."""
    if type_.kind == "truth":
        if text in ("yes", "no"):
            return text == "yes"
        raise NotOfType("应为 yes 或 no", "it must be yes or no")
    if type_.kind != "number":
        return reader(type_)(str(text))
    if type_.unit == "share":
        return _share(str(text))
    value = _number(str(text))
    if type_.unit == "credits":
        value = value * HUNDREDTHS
        if Fraction(value).denominator != 1:
            raise NotOfType("学分最多两位小数", "credits have at most two places")
        return int(value)
    if type_.whole and Fraction(value).denominator != 1:
        raise NotOfType("应为整数", "it must be a whole number")
    return value


def _share(text: str) -> Exact:
    """35%, 12.5% or 1/3: a part of something, more than none of it and at most all."""
    per_cent, third = text.endswith("%"), text.partition("/")
    try:
        value = Fraction(_number(text[:-1])) / 100 if per_cent else Fraction(int(third[0]), int(third[2]))
    except (ValueError, ZeroDivisionError):
        raise NotOfType("应为份额，如 35% 或 1/3", "it must be a share such as 35% or 1/3") from None
    if not 0 < value <= 1:
        raise NotOfType("份额应大于 0，不大于 100%", "a share is more than 0 and at most 100%")
    return value


def as_json(type_: Type, value: Any) -> Any:
    """The JSON form of a value in a fact: the inverse of `reader`."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else plain(value)
    return value


def plain(value: Exact) -> str:
    """A number as decimal digits, or as a fraction where it has no end: 1/3."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{exact.numerator}/{exact.denominator}"
    places = 0
    while (exact * 10**places).denominator != 1:
        places += 1
    sign = "-" if exact < 0 else ""
    digits = str(abs(exact.numerator * 10**places // exact.denominator)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def observed(type_: Type, value: Any) -> str:
    """A value without a unit, as findings store it: "58", "yes", "2024-07-01", "passed"; credits in credits."""
    if type_.kind == "truth":
        return "yes" if value else "no"
    if type_.kind != "number":
        return str(value)
    return plain(Fraction(value, HUNDREDTHS) if type_.unit == "credits" else value)


def shown(type_: Type, value: Any, language: Language) -> str:
    """A value as people read it, with its unit."""
    if type_.kind == "truth":
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if type_.choices:
        return type_.choices.shown(value, language)
    if type_.kind != "number":
        return str(value)
    if type_.unit == "share":
        per_cent = Fraction(value) * 100
        return f"{plain(per_cent)}%" if "/" not in plain(per_cent) else plain(value)
    unit = NUMBER_UNITS[type_.unit][0 if language == "zh" else 1]
    return f"{observed(type_, value)} {unit}".rstrip()
