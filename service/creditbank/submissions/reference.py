"""What an institution's files may speak of by name: its terms, programmes and courses, and certificate standards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.submissions.sheets.mapping import Reference
from creditbank.submissions.sheets.wordings import fold

_TERMS = "SELECT academic_year, term, starts_on, ends_on FROM term WHERE institution_id = %s"
_STANDARDS = "SELECT DISTINCT code, name FROM certificate_standard"
_PROGRAMMES = "SELECT DISTINCT code, name FROM programme WHERE institution_id = %s"
_COURSES = """
SELECT code, name FROM course WHERE institution_id = %(id)s
UNION SELECT course_code, c.name FROM plan_course c JOIN plan p USING (plan_id) WHERE p.institution_id = %(id)s
"""


async def reference_of(session: AsyncSession, institution_id: UUID, *, today: date) -> Reference:
    """Everything that names in an institution's files can stand for."""
    connection = await driver(session)
    terms = await (await connection.execute(_TERMS, [institution_id])).fetchall()
    standards = await (await connection.execute(_STANDARDS)).fetchall()
    programmes = await (await connection.execute(_PROGRAMMES, [institution_id])).fetchall()
    courses = await (await connection.execute(_COURSES, {"id": institution_id})).fetchall()
    return Reference(
        today=today,
        terms={(year, term): (starts_on, ends_on) for year, term, starts_on, ends_on in terms},
        standards=_by_name(standards),
        programmes=_by_name(programmes),
        courses=_by_name(courses),
    )


def _by_name(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Folded code or name → code. A name that two have stands for neither."""
    codes: dict[str, str] = {}
    named: dict[str, set[str]] = {}
    for code, name in rows:
        codes[fold(code)] = code
        named.setdefault(fold(name), set()).add(code)
    return {name: next(iter(found)) for name, found in named.items() if len(found) == 1} | codes
