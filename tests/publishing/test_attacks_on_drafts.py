"""What was tried with drafts: to rule for others, to be one's own second, to exhaust the bank. None of it works."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import UUID

import pytest

from creditbank.identity.actor import Actor
from tests.open_bank import person
from tests.publishing.place import IN_A_YEAR, NEXT, OLD, Place, rule

SCRIPT = "<script>alert(1)</script>"


def registrar(institution_id: UUID) -> Actor:
    return person("registrar", institution_id=institution_id)


# --- ruling for others --------------------------------------------------------------------------------------------


async def test_a_registrar_supersedes_no_document_of_the_bank_by_one_of_their_own(place: Place) -> None:
    mine = registrar(place.school.institution_id)
    instead = rule((2, OLD[1], 70), of=place.school.institution_id)
    for supersedes in (("1",), ()):
        assert await place.begin(instead, actor=mine, supersedes=supersedes) == (403, "draft_not_your_institutions")


async def test_a_registrar_supersedes_no_document_of_another_college_and_goes_on_with_their_own(place: Place) -> None:
    theirs, mine = place.college.institution_id, place.school.institution_id
    tea = {"document": "deposit.tea", "kind": "training"}
    await place.publish(rule((1, IN_A_YEAR, 70), of=theirs, **tea))
    stolen = rule((2, IN_A_YEAR, 80), of=mine, **tea)
    said = await place.begin(stolen, actor=registrar(mine), supersedes=("1",))
    assert said == (403, "draft_not_your_institutions")
    own = await place.begin(rule((2, IN_A_YEAR, 80), of=theirs, **tea), actor=registrar(theirs), supersedes=("1",))
    assert own["institution_id"] == str(theirs)


@pytest.mark.parametrize(
    "scope",
    [
        "institution.id: ['{mine}', '{theirs}']",
        "institution.id: ['{theirs}']",
        "institution.kind: [higher_vocational]",
        "institution.id: ['']",
    ],
)
async def test_a_scope_that_is_more_than_ones_own_institution_is_none_of_a_registrar(place: Place, scope: str) -> None:
    mine, theirs = place.school.institution_id, place.college.institution_id
    text = rule((1, IN_A_YEAR, 70), document="deposit.tea", kind="training")
    text = text.replace("applies:\n", f"applies:\n  {scope.format(mine=mine, theirs=theirs)}\n")
    assert await place.begin(text, actor=registrar(mine)) == (403, "draft_not_your_institutions")


@pytest.mark.parametrize(
    "scope", ["plan.institution: ['{mine}']", "institution.id: ['urn:uuid:{mine}']", "programme.code: ['{mine}']"]
)
async def test_a_scope_that_the_question_does_not_have_or_cannot_read_passes_no_check(place: Place, scope: str) -> None:
    mine = place.school.institution_id
    text = rule((1, IN_A_YEAR, 70), document="deposit.tea", kind="training")
    text = text.replace("applies:\n", f"applies:\n  {scope.format(mine=mine)}\n")
    draft = await place.begin(text)
    await place.work()
    assert (await place.read(draft))["state"] == "draft"


# --- being one's own second ---------------------------------------------------------------------------------------


async def test_what_is_written_anew_while_it_is_approved_is_not_approved(place: Place) -> None:
    for mark in (71, 72, 73):
        draft = await place.measured(rule(OLD, (2, IN_A_YEAR, mark)))
        tag = (await place.open.call("GET", place.path(draft), place.author)).headers["ETag"]
        body = {"text": rule(OLD, (2, IN_A_YEAR, 99)), "supersedes": []}
        _, written = await asyncio.gather(
            place.step(draft, "approval", place.second, revision=1),
            place.open.call("PUT", place.path(draft), place.author, json=body, headers={"If-Match": tag}),
        )
        assert written.status_code == 200
        now = await place.read(draft)
        assert (now["state"], now["revision"]) == ("draft", 2)
        for step in ("approval", "publication"):
            assert (await place.step(draft, step, place.second, revision=2))[0] == 409


async def test_who_wrote_a_text_that_was_replaced_stays_an_author(place: Place) -> None:
    draft = await place.begin(rule(OLD, (2, IN_A_YEAR, 71)), actor=place.second)
    tag = (await place.open.call("GET", place.path(draft), place.author)).headers["ETag"]
    body = {"text": rule(OLD, NEXT), "supersedes": []}
    await place.open.call("PUT", place.path(draft), place.author, json=body, headers={"If-Match": tag})
    await place.work()
    await place.step(draft, "impact", place.author)
    await place.work()
    for author in (place.author, place.second):
        assert await place.step(draft, "approval", author, revision=2) == (403, "approver_is_author")


async def test_a_key_that_comes_again_with_another_text_keeps_the_first(place: Place) -> None:
    key = {"Idempotency-Key": "draft-1"}
    bodies: list[dict[str, Any]] = [{"text": rule(OLD, (2, IN_A_YEAR, mark)), "supersedes": []} for mark in (70, 75)]
    first, second, again = [
        await place.open.call("POST", "/v1/rule-drafts", place.author, json=body, headers=key)
        for body in (*bodies, bodies[0])
    ]
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_reused")
    assert again.json()["draft_id"] == first.json()["draft_id"]
    assert len((await place.call("GET", "/v1/rule-drafts", place.author))["drafts"]) == 1


# --- exhausting the bank ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "document: " + "[" * 100_000,
        "document: x\n" + "".join(" " * deep + f"a{deep}:\n" for deep in range(700)),
        "document: &a [x, x]\nquestion: [*a, *a]\n",
        "document: x\n" + "a: b\n" * 100_000,
        "document: x\nquestion: !!python/object/apply:os.system [ls]\n",
        "document: x\n---\ndocument: y\n",
        rule(OLD, NEXT).replace("deposit.course", "deposit\x00course"),
        rule(OLD, NEXT).replace("合格的课程", "\ud800"),
    ],
    ids=["deep", "deeper", "aliases", "long", "code", "two", "nothing", "half"],
)
async def test_what_would_exhaust_a_reader_is_refused_at_once_and_not_kept(place: Place, text: str) -> None:
    began = time.monotonic()
    answer = await place.open.call(
        "POST", "/v1/rule-drafts", place.author, content=json.dumps({"text": text, "supersedes": []}).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) in ((422, "draft_not_readable"), (422, "malformed"))
    assert time.monotonic() - began < 5
    assert (await place.call("GET", "/v1/rule-drafts", place.author))["drafts"] == []


async def test_no_more_drafts_are_open_at_once_than_somebody_can_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditbank.publishing.drafts.MOST_OPEN", 2)
    mine = place.school.institution_id
    texts = [rule((1, IN_A_YEAR, 70), of=mine, document=f"deposit.tea-{n}", kind="training") for n in range(3)]
    said = [await place.begin(text, actor=registrar(mine)) for text in texts]
    assert said[2] == (409, "too_many_drafts")
    assert isinstance(await place.begin(texts[2]), tuple), "whoever writes it, it is the institution's"


async def test_a_name_is_a_name_and_a_script_in_a_text_is_text(place: Place) -> None:
    draft = await place.begin(rule((1, IN_A_YEAR, 70), document=f"deposit.{SCRIPT}", kind="training"))
    await place.work()
    assert (await place.read(draft))["state"] == "draft"
    told = rule((1, IN_A_YEAR, 70), document="deposit.tea", kind="training").replace("及格线", SCRIPT)
    answer = await place.open.call("GET", place.path(await place.begin(told)), place.author)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
