"""The log of access on pages: every word that the code writes has its sentence, for the learner and for the auditor."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import creditbank
from creditbank.portal.access_words import ACCESS_WORDS
from tests.open_bank import person
from tests.portal.log_words import House
from tests.portal.place import Portal, text_of
from tests.portal.test_office_pages import at
from tests.records.town import course_row

HOUSE = House.read()


def phrases(prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in ACCESS_WORDS if name.startswith(prefix)}


def test_every_act_that_the_code_writes_has_its_sentence_and_no_other_has_one() -> None:
    acts, typed = HOUSE.written("act")
    assert typed == 0, "an act is a word of the bank, never somebody's own text"
    assert acts == phrases("log_act_")


def test_every_purpose_that_the_code_writes_has_its_sentence_and_no_other_has_one() -> None:
    purposes, typed = HOUSE.written("purpose")
    assert typed, "most purposes are people's own"
    assert purposes - {""} == phrases("log_for_"), "what a form left out is refused before it is written"


def test_nothing_but_the_logs_own_function_writes_into_it() -> None:
    for path in Path(creditbank.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        writes = re.search(r"INSERT INTO access_entry|(?<!class )\bAccessEntry\(", text)
        assert not writes or path.name == "access_log.py", path


@pytest.mark.parametrize(
    ("language", "seen", "bank"),
    [("zh", "查看了账户或学习档案。", "学分银行"), ("en", "Looked at the account or the transcript.", "The bank")],
)
async def test_the_learner_reads_sentences(portal: Portal, language: str, seen: str, bank: str) -> None:
    learner = await portal.learner()
    await portal.bank.call("GET", f"/v1/learners/{learner}?purpose=核查", person("officer"))
    await portal.town.sql(
        "INSERT INTO access_entry (entry_id, at, actor, act, purpose, learner_id)"
        " SELECT gen_random_uuid(), at, actor, 'word_of_another_year', purpose, learner_id FROM access_entry"
        " WHERE learner_id = %s RETURNING 1", learner,
    )  # fmt: skip
    async with portal.signed_in() as browser:
        page = (await browser.get(f"/my/account?lang={language}")).text
    assert f"{seen} {bank}" in text_of(page)
    assert ("办理了其他事项。" if language == "zh" else "Did something else.") in text_of(page)
    assert "learner_seen" not in page
    assert "word_of_another_year" not in page
    assert "核查" not in page, "what an officer stated is the auditor's to read"


@pytest.mark.parametrize(
    ("language", "seen", "unstated"),
    [
        ("zh", "查看了账户或学习档案。 learner_seen", "未说明目的。 unstated"),
        ("en", "Looked at the account or the transcript. learner_seen", "No purpose was stated. unstated"),
    ],
)
async def test_the_auditor_reads_sentences_with_the_word_beneath_and_what_was_typed_as_it_is(
    portal: Portal, language: str, seen: str, unstated: str
) -> None:
    learner = await portal.learner()
    await portal.town.post(course_row())
    await portal.bank.call("GET", f"/v1/learners/{learner}?purpose=核查冒名", person("officer"))
    await portal.bank.call("GET", f"/v1/learners/{learner}/transcript", person("officer"))
    async with at(portal, person("auditor")) as auditor:
        said = text_of(await auditor.read(f"/office/access-log?lang={language}"))
    assert f"{seen} 核查冒名 login:" in said
    assert f"{seen} {unstated} login:" in said
