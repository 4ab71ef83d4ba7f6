"""A decision about a line of a claim is read as far as one may see it, and decided again to the byte."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from creditbank.database_roles import Addresses, connect
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.records.decisions import DecisionOut, one_decision, one_posting, replay
from creditbank.records.replaying import ReplayOut
from creditbank.rules import Rulebook, read_document
from creditbank.rules.comparing import differences
from tests.ledger.converting import Line, end, grant
from tests.records.town import Town, course_row, entered, town
from tests.rules.writing import SAYS, SOURCE

__all__ = ["town"]

METHOD: dict[str, Any] = {
    "document": "conversion.test",
    "question": "conversion",
    "title": SAYS,
    "issuer": SAYS,
    "applies": {"plan.level": ["higher_vocational"]},
    "version_by": {"fact": "claim.on", "because": SAYS},
    "versions": [
        {
            "version": "1",
            "from": "2020-01-01",
            "citations": {"source": SOURCE},
            "clauses": [
                {"id": "passed", "says": SAYS, "cites": ["source"],
                 "require": {"fact": "record.result", "is": "passed"}},
                {"id": "once", "says": SAYS, "cites": ["source"],
                 "cap": {"count": "uses", "per": [{"fact": "record.id"}]}, "at_most": 1},
            ],
            "gives": {"credits": {"fact": "course.credits"}},
            "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "passed"}}],
        }
    ],
}  # fmt: skip


def method(**changes: Any) -> Rulebook:
    """The small method, or one that says something else under the same number."""
    changed = METHOD | {"versions": [METHOD["versions"][0] | changes]}
    return Rulebook.load([read_document(json.dumps(changed, ensure_ascii=False), file="test.yaml")])


def facts_of(record: str) -> dict[str, Any]:
    use = {"id": "u", "record": {"id": "elsewhere"}, "institution": {"id": "elsewhere"}}
    return {
        "plan": {"level": "higher_vocational"},
        "claim": {"on": "2026-06-01"},
        "course": {"credits": 400, "code": "C102"},
        "record": {"id": record, "result": "passed"},
        "sources": [{"id": record, "record": {"id": record, "result": "passed"}}],
        "uses": [use],
    }


async def decided_line(town: Town, *, plan_of: UUID | None = None) -> Line:
    """A line that the small method granted: a record of the body's, for a plan of the college's."""
    learner_row = course_row()["learner"]
    await town.post(entered())
    certificate = {
        "kind": "certificate", "learner": learner_row, "standard": "X-WEB", "level": "intermediate",
        "number": "CERT-0001", "occurred_on": "2024-05-01",
    }  # fmt: skip
    (posted,) = await town.post(certificate, by=town.body)
    assert posted.record_id is not None, posted
    learner = UUID(str((await town.sql("SELECT learner_id FROM learner LIMIT 1"))[0][0]))
    line = Line(learner, [posted.record_id], town.body.institution_id, plan_of or town.college.institution_id)
    facts = facts_of(str(posted.record_id))
    decided = method().decide("conversion", facts, on=date(2026, 6, 1))
    assert decided.verdict == "granted"
    said = {"by": "login:x", "reason": "看过原件", "expires_on": "2027-01-01"}
    return await grant(town, line, on=date(2026, 6, 1), decided=decided, facts=facts, basis={"override": said})


def learner(line: Line) -> Actor:
    return Actor("login:" + str(new_id()), learner_id=line.learner_id, reach=frozenset({Reach.OWN}))


def institution(identifier: UUID) -> Actor:
    reach = frozenset({Reach.INSTITUTION, Reach.CONSENTED})
    return Actor("client:" + str(new_id()), institution_id=identifier, reach=reach)


def officer() -> Actor:
    return Actor("login:" + str(new_id()), reach=frozenset({Reach.ANY}))


async def read(town: Town, line: Line, actor: Actor, rulebook: Rulebook | None = None) -> DecisionOut:
    assert line.decision_id is not None
    async with town.database.session() as session:
        return await one_decision(
            session, line.decision_id, actor=actor, keyring=town.keyring, rulebook=rulebook or method(), at=town.at
        )


async def again(town: Town, line: Line, actor: Actor, rulebook: Rulebook | None = None) -> ReplayOut:
    assert line.decision_id is not None
    async with town.database.session() as session:
        return await replay(
            session, line.decision_id, actor=actor, keyring=town.keyring, rulebook=rulebook or method(), at=town.at
        )


async def test_the_learner_and_the_bank_read_the_whole_decision_of_a_line(town: Town) -> None:
    line = await decided_line(town)
    for actor in (learner(line), officer()):
        said = await read(town, line, actor)
        assert (said.kind, said.verdict, said.credits, said.live) == ("conversion", "granted", 400, True)
        assert (said.record_id, said.claim_id, said.line_no) == (None, line.claim_id, 1)
        assert [finding["clause"] for finding in said.findings] == ["passed", "once", "gives.credits"]
        assert said.facts is not None
        assert "decided" not in said.facts
        assert [row["record"]["id"] for row in said.facts["uses"]] == ["elsewhere"]
        assert said.links["claim"] == f"/v1/claims/{line.claim_id}"
        assert said.links["rule"] == "/v1/rules/conversion.test?version=1"
        assert said.basis is not None
        assert said.basis["override"]["reason"] == "看过原件"


async def test_the_college_reads_its_decision_without_the_rest_of_a_life(town: Town) -> None:
    line = await decided_line(town)
    said = await read(town, line, institution(town.college.institution_id))
    assert [finding["clause"] for finding in said.findings] == ["passed", "once", "gives.credits"]
    assert said.facts is not None
    assert said.facts["uses"] == []
    assert said.facts["record"]["result"] == "passed"
    told = await again(town, line, institution(town.college.institution_id))
    assert told.same is True
    assert told.decided is not None
    assert "elsewhere" not in json.dumps(told.decided)


async def test_a_college_that_knows_somebody_only_by_their_claim_reads_it(town: Town) -> None:
    line = await decided_line(town, plan_of=town.school.institution_id)
    assert (await read(town, line, institution(town.school.institution_id))).verdict == "granted"


async def test_who_reported_the_record_learns_what_it_was_used_for_and_no_more(town: Town) -> None:
    line = await decided_line(town)
    said = await read(town, line, institution(town.body.institution_id))
    assert (said.verdict, said.credits, said.findings, said.facts) == ("granted", 400, [], None)
    assert said.basis is not None
    assert set(said.basis) == {"asked_on", "documents", "conversion"}
    assert set(said.basis["conversion"]) == {"plan_id", "institution_id", "course", "record_ids"}
    assert said.basis["conversion"]["record_ids"] == [str(line.records[0])]
    told = await again(town, line, institution(town.body.institution_id))
    assert (told.same, told.decided) == (True, None)


async def test_everybody_else_learns_nothing_of_a_line(town: Town) -> None:
    line = await decided_line(town)
    assert line.posting is not None
    nobody = Actor("login:" + str(new_id()), learner_id=new_id(), reach=frozenset({Reach.OWN}))
    for actor in (institution(town.school.institution_id), institution(new_id()), nobody):
        with pytest.raises(NotFound):
            await read(town, line, actor)
        with pytest.raises(NotFound):
            await again(town, line, actor)
        with pytest.raises(NotFound):
            async with town.database.session() as session:
                await one_posting(session, line.posting.posting_id, actor=actor, keyring=town.keyring, at=town.at)


async def test_a_posting_of_a_line_names_its_claim(town: Town) -> None:
    line = await decided_line(town)
    assert line.posting is not None
    posting_id = line.posting.posting_id
    await end(town, line)
    async with town.database.session() as session:
        said = await one_posting(session, posting_id, actor=officer(), keyring=town.keyring, at=town.at)
    assert (said.purpose, said.record_id, said.claim_id, said.line_no) == ("conversion", None, line.claim_id, 1)
    assert {entry.account for entry in said.entries} == {"conversion", "source"}
    assert said.reversed_by is not None
    assert said.links["claim"] == f"/v1/claims/{line.claim_id}"


async def test_a_decision_that_was_followed_by_another_is_no_longer_live(town: Town) -> None:
    line = await decided_line(town)
    first = Line(line.learner_id, line.records, line.source, line.institution, decision_id=line.decision_id)
    await end(town, line)
    assert (await read(town, first, officer())).live is False
    ended = await read(town, line, officer())
    assert (ended.live, ended.kind, ended.findings, ended.facts) == (True, "conversion_ended", [], None)
    told = await again(town, line, officer())
    assert (told.same, told.erased, told.differences) == (None, False, [])


async def test_a_replay_gives_the_same_bytes(town: Town) -> None:
    line = await decided_line(town)
    told = await again(town, line, officer())
    assert (told.same, told.differences) == (True, [])
    assert told.decided is not None
    facts = facts_of(str(line.records[0]))
    assert told.decided == json.loads(method().decide("conversion", facts, on=date(2026, 6, 1)).canonical())


async def test_a_replay_by_something_else_says_exactly_what_differs(town: Town) -> None:
    line = await decided_line(town)
    three = {"is": 3, "unit": "credits", "says": SAYS, "cites": ["source"]}
    other = method(values={"three": three}, gives={"credits": {"value": "three"}})
    told = await again(town, line, officer(), other)
    assert told.same is False
    said = {one.path: (one.then, one.now) for one in told.differences}
    assert said["/credits"] == (400, 300)
    assert said["/outputs/credits"] == (400, 300)
    assert said["/findings/2/observed"] == ("4", "3")
    assert "/verdict" not in said
    assert "/findings/0/observed" not in said
    assert "/document_digest" in said
    source = await again(town, line, institution(town.body.institution_id), other)
    assert source.same is False
    assert {one.path for one in source.differences} == {"/credits", "/document_digest"}


async def test_what_was_served_is_shown_as_it_was_served_whatever_the_rules_would_say_today(town: Town) -> None:
    line = await decided_line(town)
    three = {"is": 3, "unit": "credits", "says": SAYS, "cites": ["source"]}
    other = method(values={"three": three}, gives={"credits": {"value": "three"}})
    served, today = await read(town, line, officer()), await read(town, line, officer(), other)
    assert served.findings[2]["observed"] == "4"
    assert (today.findings, today.facts) == (served.findings, served.facts)


async def test_a_deposit_that_is_decided_otherwise_says_what_differs(town: Town, addresses: Addresses) -> None:
    _, posted = await town.post(entered(), course_row())
    with connect(addresses.owner) as owner:
        owner.execute("UPDATE decision SET credits = 200, clause = 'other' WHERE credits = 300")
    assert posted.decision_id is not None
    async with town.database.session() as session:
        told = await replay(
            session, posted.decision_id, actor=officer(), keyring=town.keyring, rulebook=town.tools().rulebook,
            at=town.at,
        )  # fmt: skip
    assert [(one.path, one.then, one.now) for one in told.differences] == [
        ("/clause", "other", "gives"), ("/credits", 200, 300),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("then", "now", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": "1"}, ["/a"]),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, ["/a/1", "/a/2"]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ["/a/b", "/a/c"]),
        ({"a": {}}, {"a": []}, ["/a"]),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, ["/a~1b/c~0d"]),
        ([], {}, [""]),
    ],
)
def test_differences_are_named_by_their_path(then: Any, now: Any, paths: list[str]) -> None:
    assert [one["path"] for one in differences(then, now)] == paths
