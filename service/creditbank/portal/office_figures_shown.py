"""The dashboard as pictures that also read as tables: which figures stand in which, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.errors import Language
from creditbank.oversight.statistics_schemas import (
    CreditsFigure,
    CreditsFigures,
    DaysFigure,
    RecordsFigure,
    RefusalsFigure,
    StatisticsOut,
)
from creditbank.portal.office_charts import Bars, Columns, bars_of, columns_of
from creditbank.portal.words import CHOICES, named, speaker


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: what it shows, its bars or columns, and the table that says the same."""

    id: str
    title: str
    heads: list[str]
    rows: list[list[str]]
    bars: Bars | None = None
    columns: Columns | None = None


class Shown:
    """Says the figures of one time in one language."""

    def __init__(self, found: StatisticsOut, language: Language) -> None:
        self.found, self.language, self.say = found, language, speaker(language)

    def count(self, value: int | None) -> str:
        """A number as it is written; a hidden one as fewer than the fewest."""
        return f"<{self.found.fewest}" if value is None else f"{value:,}"

    def credits(self, value: str | None) -> str:
        """Credits as they are written."""
        if value is None:
            return self.say("off_people_n", n=self.found.fewest)
        whole, dot, rest = value.partition(".")
        return f"{int(whole):,}{dot}{rest}"

    def month(self, value: date | None) -> str:
        """2026年9月; 2026-09."""
        assert value is not None
        return f"{value.year}年{value.month}月" if self.language == "zh" else f"{value:%Y-%m}"

    def tiles(self) -> list[tuple[str, str]]:
        """What stands first: how much of everything."""
        found, say = self.found, self.say
        claims = next((each for each in found.days.total if each.what == "claims"), None)
        return [
            (self.count(found.accounts.people), say("off_tile_people")),
            (self.count(found.accounts.total.opened), say("off_tile_opened")),
            (self.count(found.accounts.total.activated), say("off_tile_activated")),
            (self.count(found.records.total.reported), say("off_tile_reported")),
            (self.count(found.refusals.total.refused), say("off_tile_refused")),
            ("—" if claims is None else self.count(claims.median), say("off_tile_days")),
        ]

    def pictures(self) -> list[tuple[str, list[Picture]]]:
        """Every picture, under the heading it stands under."""
        say = self.say
        return [
            (say("off_accounts"), [self._accounts()]),
            (say("off_records"), self._records()),
            (say("off_deposits"), self._credits("deposits", self.found.deposits)),
            (say("off_conversions"), self._credits("conversions", self.found.conversions)),
            (say("off_refusals"), self._refusals()),
            (say("off_days"), self._days()),
        ]

    def _accounts(self) -> Picture:
        lines, say = self.found.accounts.by_month, self.say
        heads = [say("off_opened"), say("off_activated_n"), say("off_closed_n")]
        values = [[each.opened, each.activated, each.closed] for each in lines]
        months = [self.month(each.month) for each in lines]
        series = [
            (head, [(row[place], self.count(row[place])) for row in values]) for place, head in enumerate(heads)
        ]  # fmt: skip
        return Picture(
            "accounts-month", say("off_by_month"), [say("off_month"), *heads],
            [[month, *map(self.count, row)] for month, row in zip(months, values, strict=True)],
            columns=columns_of(months, series),
        )  # fmt: skip

    def _records(self) -> list[Picture]:
        records, say = self.found.records, self.say
        heads = [say("off_reported"), say("off_corrected"), say("off_withdrawn_n")]

        def values(each: RecordsFigure) -> list[str]:
            return [self.count(each.reported), self.count(each.corrected), self.count(each.withdrawn)]

        return [
            self._bars("records-kind", "off_by_kind", "off_kind", heads, records.by_kind,
                       lambda one: named("kind", one.kind, self.language), lambda one: one.reported, values),
            self._bars("records-institution", "off_by_institution", "institution", heads, records.by_institution,
                       lambda one: one.institution or "—", lambda one: one.reported, values),
            self._over_time("records-year", "off_by_year", "off_year", [str(each.year) for each in records.by_year],
                            {say("off_reported"): [each.reported for each in records.by_year]}),
            self._over_time("records-month", "off_by_month", "off_month",
                            [self.month(each.month) for each in records.by_month],
                            {say("off_reported"): [each.reported for each in records.by_month]}),
        ]  # fmt: skip

    def _credits(self, part: str, found: CreditsFigures) -> list[Picture]:
        heads = [self.say("off_credits")]

        def values(each: CreditsFigure) -> list[str]:
            return [self.credits(each.credits)]

        def scheme(each: CreditsFigure) -> str:
            return named("scheme", each.scheme, self.language)

        def amount(each: CreditsFigure) -> float | None:
            return None if each.credits is None else float(each.credits)

        return [
            self._bars(f"{part}-scheme", "off_by_scheme", "off_scheme", heads, found.total, scheme, amount, values),
            self._bars(f"{part}-institution", "off_by_institution", "off_institution_scheme", heads,
                       found.by_institution, lambda each: f"{each.institution or '—'} · {scheme(each)}", amount,
                       values),
            self._by_scheme(f"{part}-year", "off_by_year", "off_year", found.by_year, lambda each: str(each.year)),
            self._by_scheme(f"{part}-month", "off_by_month", "off_month", found.by_month,
                            lambda each: self.month(each.month)),
        ]  # fmt: skip

    def _refusals(self) -> list[Picture]:
        refusals, heads = self.found.refusals, [self.say("off_refused")]

        def values(each: RefusalsFigure) -> list[str]:
            return [self.count(each.refused)]

        return [
            self._bars("refusals-clause", "off_by_clause_n", "off_clause", heads, refusals.by_clause, self._clause,
                       lambda one: one.refused, values),
            self._bars("refusals-institution", "off_by_institution", "institution", heads, refusals.by_institution,
                       lambda one: one.institution or "—", lambda one: one.refused, values),
            self._over_time("refusals-month", "off_by_month", "off_month",
                            [self.month(each.month) for each in refusals.by_month],
                            {heads[0]: [each.refused for each in refusals.by_month]}),
        ]  # fmt: skip

    def _clause(self, each: RefusalsFigure) -> str:
        says = each.says_zh if self.language == "zh" else each.says_en
        return says or " ".join(filter(None, (each.document, each.clause))) or self.say("off_no_clause")

    def _days(self) -> list[Picture]:
        days, say = self.found.days, self.say
        heads = [say("off_decided"), say("off_median"), say("off_ninth_tenth"), say("off_longest")]

        def values(each: DaysFigure) -> list[str]:
            return [*map(self.count, (each.decided, each.median, each.ninth_tenth, each.longest))]

        def what(each: DaysFigure) -> str:
            return say(f"off_waited_{each.what}")

        return [
            self._bars("days-what", "off_half_within", "off_what", heads, days.total, what,
                       lambda one: one.median, values, said=lambda one: self.count(one.median)),
            self._bars("days-institution", "off_half_within_institution", "off_what", heads, days.by_institution,
                       lambda one: f"{one.institution or '—'} · {what(one)}", lambda one: one.median, values,
                       said=lambda one: self.count(one.median)),
        ]  # fmt: skip

    # --- made of ----------------------------------------------------------------------------------------------------

    def _bars(
        self,
        name: str,
        title: str,
        head: str,
        heads: list[str],
        lines: Sequence[Any],
        label: Callable[[Any], str],
        value: Callable[[Any], float | None],
        values: Callable[[Any], list[str]],
        said: Callable[[Any], str] | None = None,
    ) -> Picture:
        ordered = sorted(lines, key=lambda one: -(value(one) or 0))
        drawn = [(label(each), value(each), said(each) if said else values(each)[0]) for each in ordered]
        rows = [[label(each), *values(each)] for each in ordered]
        return Picture(name, self.say(title), [self.say(head), *heads], rows, bars=bars_of(drawn))

    def _over_time(
        self, name: str, title: str, head: str, places: list[str], series: Mapping[str, Sequence[int | None]]
    ) -> Picture:
        rows = [
            [place, *(self.count(values[at]) for values in series.values())] for at, place in enumerate(places)
        ]  # fmt: skip
        drawn = [(each, [(value, self.count(value)) for value in values]) for each, values in series.items()]
        return Picture(name, self.say(title), [self.say(head), *series], rows, columns=columns_of(places, drawn))

    def _by_scheme(
        self,
        name: str,
        title: str,
        head: str,
        lines: Sequence[CreditsFigure],
        place: Callable[[CreditsFigure], str],
    ) -> Picture:
        """Columns beside one another, one for each scheme: credits of two schemes are never added."""
        where = {(each.year, each.month): place(each) for each in lines}
        order = sorted(where, key=lambda key: (key[0] or 0, key[1] or date.min))
        schemes = [word for word in CHOICES["scheme"] if any(each.scheme == word for each in lines)]
        found = {(each.scheme, (each.year, each.month)): each for each in lines}

        def cell(scheme: str, key: Any) -> tuple[float | None, str]:
            each = found.get((scheme, key))
            if each is None:
                return 0, "0"
            return None if each.credits is None else float(each.credits), self.credits(each.credits)

        names = [named("scheme", scheme, self.language) for scheme in schemes]
        rows = [[where[key], *(cell(scheme, key)[1] for scheme in schemes)] for key in order]
        drawn = [
            (called, [cell(scheme, key) for key in order]) for scheme, called in zip(schemes, names, strict=True)
        ]  # fmt: skip
        return Picture(
            name, self.say(title), [self.say(head), *names], rows,
            columns=columns_of([where[key] for key in order], drawn),
        )  # fmt: skip


def words_of(language: Language) -> dict[tuple[str, str], str]:
    """What a workbook calls kinds and schemes."""
    place = 0 if language == "zh" else 1
    return {
        (choices, word): said[place] for choices in ("kind", "scheme") for word, said in CHOICES[choices].items()
    }  # fmt: skip
