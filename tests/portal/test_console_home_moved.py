"""The console's home tells a school which of its records the bank gave to another person, and tells nobody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from creditbank import clock
from creditbank.db import driver
from creditbank.portal import console_home
from creditbank.records.moved_by_bank import LATE, MOVED, SKEW
from tests.open_bank import machine, opened, person
from tests.portal.place import Portal, text_of
from tests.portal.test_office_pages import at
from tests.portal.test_office_reassignment_pages import misplaced
from tests.records.town import course_row, resident

SENTENCE = "业务员把本机构报送的这些成果改派给了正确的人"


async def moved(portal: Portal) -> tuple[UUID, UUID]:
    """A record that an officer gave to another: it, and whose it is now."""
    record, _, right = await misplaced(portal)
    said = {"learner_id": str(right), "reason": "学生来信，已核户口簿"}
    answer = await portal.bank.call("POST", f"/v1/records/{record}/officer-reassignment", person("officer"), json=said)
    assert answer.status_code == 200, answer.text
    await portal.number()
    return record, right


async def home(portal: Portal, role: str, institution_id: UUID | None) -> str:
    async with at(portal, person(role, institution_id=institution_id)) as browser:
        return await browser.read("/console")


async def test_a_school_reads_what_the_bank_moved_and_why_while_it_is_recent(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = await moved(portal)
    college = portal.town.college.institution_id
    page = await home(portal, "registrar", college)
    assert SENTENCE in text_of(page)
    assert f'<a href="/console/records/{record}" lang="zh-CN">机械制图</a>' in page
    assert "学生来信，已核户口簿" in page
    assert "演示甲" not in page
    assert "演示乙" not in page
    monkeypatch.setattr(console_home, "RECENT", timedelta(seconds=10))
    portal.at += timedelta(seconds=11)
    assert SENTENCE not in text_of(await home(portal, "registrar", college))


async def test_nobody_else_is_told(portal: Portal) -> None:
    await moved(portal)
    college = portal.town.college.institution_id
    for role, institution in (
        ("registrar", portal.town.school.institution_id), ("department_reviewer", college), ("officer", None),
        ("auditor", None),
    ):  # fmt: skip
        page = await home(portal, role, institution)
        assert SENTENCE not in text_of(page), role
        assert "学生来信" not in page, role


async def test_what_the_school_moved_itself_is_no_news_to_it(portal: Portal) -> None:
    record, _, _ = await misplaced(portal)
    college = portal.town.college.institution_id
    said = {
        "learner": {"name": "演示乙", "document": {"kind": "resident_id", "number": resident(2)}},
        "reason": "报送时选错学生",
    }
    client = machine("records:write", institution_id=college)
    answer = await portal.bank.call("POST", f"/v1/records/{record}/reassignment", client, json=said)
    assert answer.status_code == 200, answer.text
    await portal.town.post(course_row(term=2))
    await portal.number()
    assert SENTENCE not in text_of(await home(portal, "registrar", college))


async def test_it_is_asked_by_the_indexes_that_are_there(addresses: Any, tmp_path: Path) -> None:
    said = {"institution": uuid4(), "since": clock.now(), "bank": "bank:", "skew": SKEW, "late": LATE, "limit": 5}
    async with opened(addresses, tmp_path / "keys") as bank, bank.database.session() as session:
        connection = await driver(session)
        await connection.execute("SET LOCAL enable_seqscan = off")  # an empty table is walked for choice
        found = await (await connection.execute("EXPLAIN " + MOVED, said)).fetchall()
    plan = "\n".join(line for (line,) in found)
    for index in (
        "ix_submission_institution_id_received_at", "ix_feed_item_institution_id_number", "ix_feed_item_numbered_at",
    ):  # fmt: skip
        assert index in plan, plan
    assert "Seq Scan" not in plan, plan
