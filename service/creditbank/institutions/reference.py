"""The reference data that come with the bank, each with its source: seeds for tables, never read at request time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from creditbank.errors import BankError
from creditbank.institutions.codes import read_college_code, read_credit_code, read_school_code
from creditbank.institutions.tables import CERTIFICATE_KINDS, INSTITUTION_KINDS, LEVELS

FOLDER = Path(__file__).parent / "reference"

_YES_NO = {"yes": True, "no": False}
YesNo = Annotated[bool, BeforeValidator(lambda written: _YES_NO.get(written, written))]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[
    date, BeforeValidator(lambda written: date.fromisoformat(written) if isinstance(written, str) else written)
]


class ReferenceUnreadable(Exception):
    """A file of reference data that is not what it should be: the package is broken, not the caller."""


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(_Fact):
    """Where a fact stands. `address` is the official one, `read_at` the copy that was read where they differ."""

    title: Text
    issuer: Text
    number: Text | None = None
    issued_on: Day | None = None
    address: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    read_at: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    read_on: Day
    note: Text | None = None

    def in_words(self) -> str:
        """One line for a `source` column."""
        number = f"（{self.number}）" if self.number else ""
        return f"{self.issuer}《{self.title}》{number}"


class Festival(_Fact):
    """One festival of a notice: the days off, both ends included, and the weekends worked for it."""

    name: Text
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="until")]
    worked: tuple[Day, ...]

    @model_validator(mode="after")
    def _runs_forward(self) -> Festival:
        if not timedelta(0) <= self.last - self.first <= timedelta(days=9):
            raise ValueError("a festival has one to ten days")
        return self

    def days_off(self) -> list[date]:
        """Every day of it, weekends included."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class HolidayNotice(_Fact):
    """The State Council's arrangement for one year."""

    citation: Citation
    festivals: Annotated[tuple[Festival, ...], Field(min_length=6)]


class Programme(_Fact):
    """An entry of a national catalogue."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}(K|T|TK)?$")]
    name: Text
    name_en: Text


class Catalogue(_Fact):
    """Entries of one catalogue, edition and level."""

    catalogue: Literal["vocational", "technician", "bachelor"]
    edition: Annotated[str, Field(pattern=r"^20[0-9]{2}$")]
    level: Literal[LEVELS]  # type: ignore[valid-type]
    verified: YesNo
    citation: Citation
    programmes: Annotated[tuple[Programme, ...], Field(min_length=1)]


class NamedInstitution(_Fact):
    """A real institution with only those identifiers that a source gives."""

    name: Text
    name_en: Text | None = None
    kind: Literal[INSTITUTION_KINDS]  # type: ignore[valid-type]
    uscc: str | None = None
    school_code: str | None = None
    college_code: str | None = None
    named_by_policy: YesNo
    verified: YesNo
    citation: Citation

    @model_validator(mode="after")
    def _codes_can_be(self) -> NamedInstitution:
        if self.uscc is not None:
            read_credit_code(self.uscc)
        if self.school_code is not None:
            read_school_code(self.school_code)
        if self.college_code is not None:
            read_college_code(self.college_code, school_code=self.school_code)
        if not self.verified and any((self.uscc, self.school_code, self.college_code)):
            raise ValueError("an identifier that was not verified stays absent")
        return self


class CertificateLevel(_Fact):
    """A level of a certificate; credits only where a source gives what the national bank recognises."""

    level: Text
    rank: Annotated[int, BeforeValidator(int), Field(ge=1, le=9)]
    credits: Text | None = None
    credits_source: Text | None = None

    @model_validator(mode="after")
    def _credits_have_a_source(self) -> CertificateLevel:
        if (self.credits is None) != (self.credits_source is None):
            raise ValueError("credits stand with their source or not at all")
        return self


class Certificate(_Fact):
    """A certificate standard; `code` is the bank's own."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    kind: Literal[CERTIFICATE_KINDS]  # type: ignore[valid-type]
    name: Text
    name_en: Text
    body_name: Text
    batch: Annotated[int, BeforeValidator(int), Field(ge=1, le=4)]
    year: Annotated[int, BeforeValidator(int), Field(ge=2019, le=2030)]
    levels: Annotated[tuple[CertificateLevel, ...], Field(min_length=1)]
    verified: YesNo
    citation: Citation


@cache
def holiday_notices() -> Mapping[int, HolidayNotice]:
    """The holiday notices by year."""
    return {int(year): notice for year, notice in _validated(dict[str, HolidayNotice], "working_days").items()}


@cache
def departures() -> Mapping[date, bool]:
    """The packaged notices as `working_days` reads them."""
    found: dict[date, bool] = {}
    for notice in holiday_notices().values():
        for festival in notice.festivals:
            found |= dict.fromkeys(festival.days_off(), False) | dict.fromkeys(festival.worked, True)
    return found


def working_day_rows() -> list[dict[str, Any]]:
    """Rows of the table `working_day`, in the order of the days."""
    rows = [
        {"on": on, "working": working, "name": festival.name, "source": notice.citation.in_words()}
        for notice in holiday_notices().values()
        for festival in notice.festivals
        for working, days in ((False, festival.days_off()), (True, list(festival.worked)))
        for on in days
    ]
    return sorted(rows, key=lambda row: row["on"])


@cache
def catalogues() -> tuple[Catalogue, ...]:
    """The catalogue entries, by catalogue, edition and level."""
    return tuple(_validated(list[Catalogue], "programmes"))


@cache
def institutions() -> tuple[NamedInstitution, ...]:
    """The real institutions that the city's policy names, and their neighbours."""
    return tuple(_validated(list[NamedInstitution], "institutions"))


@cache
def certificates() -> tuple[Certificate, ...]:
    """The 1+X certificate standards."""
    return tuple(_validated(list[Certificate], "certificates"))


def _validated(shape: Any, name: str) -> Any:
    path = FOLDER / f"{name}.yaml"
    try:
        return TypeAdapter(shape).validate_python(yaml.load(path.read_text("utf-8"), Loader=_Strict))  # noqa: S506
    except (yaml.YAMLError, ValueError, BankError) as error:
        raise ReferenceUnreadable(f"{path.name}: {error}") from error


class _Strict(yaml.BaseLoader):
    """Every scalar is text, for plain YAML reads code 0730 as 472; a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is repeated", node.start_mark)
        return super().construct_mapping(node, deep=deep)
