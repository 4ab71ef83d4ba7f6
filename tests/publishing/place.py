"""A bank with one short rule, and drafts of it: a course counts from a pass mark on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from creditbank import background, clock
from creditbank.config import Settings
from creditbank.identity.actor import Actor
from creditbank.identity.permit import SCOPES
from creditbank.jobs import run_due
from creditbank.records.intake import Sender
from creditbank.rules import Rulebook, load_packaged, packaged_documents, read_document
from creditbank.rules.service import seed_rules
from creditbank.sealing import Keyring
from tests.open_bank import OpenBank, machine, person
from tests.records.town import course_row, entered, resident

assert background.HANDLERS, "what a worker knows"

HEAD = """\
document: {document}
question: deposit
title: {{zh: 课程成绩的存入, en: Depositing a course result}}
issuer: {{zh: 示例学分银行, en: Example credit bank}}
applies:
  record.kind: [{kind}]{narrowed}
version_by:
  fact: record.occurred_on
  because: {{zh: 按取得之日的规则, en: by the rules of the day}}
versions:
"""

VERSION = """\
- version: {number}
  from: {begins}
{until}  citations:
    rule-9:
      title: 示例学院学分制管理办法
      issuer: 示例学院
      clause: 第九条
      address: https://college.example/rules
      read_on: 2026-11-24
      mark: V
      status: published
  values:
    pass-mark:
      is: {mark}
      unit: percent
      says: {{zh: 及格线, en: the pass mark}}
      cites: [rule-9]
  clauses:
  - id: passed
    says: {{zh: 合格的课程才存入学分, en: only a passed course deposits credits}}
    cites: [rule-9]
    require: {{fact: record.result, is: passed}}
  - id: enough
    says: {{zh: 成绩不低于及格线, en: the score reaches the pass mark}}
    cites: [rule-9]
    require: {{fact: record.score, at_least: {{value: pass-mark}}}}
  gives:
    credits: {{fact: course.credits}}
    scheme: higher_vocational
  given:
    record.kind: {kind}
    record.occurred_on: {begins}
    record.result: passed
    record.score: 95
    course.credits: 3{given}
  cases:
  - name: 合格
    expect: {{verdict: granted, credits: 3}}
  - name: 恰好及格
    facts: {{record.score: {mark}}}
    expect: {{verdict: granted, credits: 3}}
  - name: 差一分
    facts: {{record.score: {below}}}
    expect: {{verdict: not_granted, clause: enough}}
  - name: 不合格
    facts: {{record.result: failed}}
    expect: {{verdict: not_granted, clause: passed}}
  - name: 没有报分数
    without: [record.score]
    expect: {{verdict: unknown, clause: enough}}
{edges}"""

EDGE = """\
  - name: {name}
    facts: {{record.occurred_on: {day}}}
    expect: {{{expect}}}
"""


def rule(*versions: tuple[int, str, int], until: str | None = None, of: UUID | None = None, **head: str) -> str:
    """A document with versions (number, first day, pass mark) in their order; `of` narrows it to an institution."""
    kind = head.get("kind", "course_result")
    document = head.get("document", "deposit.course")
    narrowed = "" if of is None else f"\n  institution.id: [{of}]"
    text = HEAD.format(document=document, kind=kind, narrowed=narrowed)
    for place, (number, begins, mark) in enumerate(versions):
        following = versions[place + 1][1] if place + 1 < len(versions) else None
        edges = ""
        if place == 0:
            edges += EDGE.format(name="规则之前", day=day_before(begins), expect="verdict: unknown, clause: version")
        last = day_before(following) if following else until
        if last:
            edges += EDGE.format(name="最后一天", day=last, expect="verdict: granted, credits: 3")
        if not following and until:
            expect = "verdict: unknown, clause: version"
            edges += EDGE.format(name="此后没有规则", day=day_after(until), expect=expect)
        text += VERSION.format(
            number=number, begins=begins, mark=mark, below=mark - 1, edges=edges, kind=kind,
            until=f"  until: {until}\n" if not following and until else "",
            given="" if of is None else f"\n    institution.id: {of}",
        )  # fmt: skip
    return text


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


OLD = (1, "2000-01-01", 60)
IN_A_YEAR = (clock.today() + timedelta(days=365)).isoformat()
NEXT = (2, IN_A_YEAR, 70)
"""A version that begins in a year."""
STRICT = (2, "2024-01-01", 80)
"""A version for days that have passed."""


@dataclass
class Place:
    """The bank, its people, and the verbs of the tests."""

    open: OpenBank
    college: Sender
    school: Sender
    author: Actor = field(default_factory=lambda: person("officer"))
    second: Actor = field(default_factory=lambda: person("officer"))

    @property
    def client(self) -> Actor:
        """The college's machine."""
        return machine(*SCOPES, institution_id=self.college.institution_id)

    async def seed(self, *texts: str) -> None:
        """Publish texts as if they had come with the software, and the packaged rule of enrolments."""
        documents = [read_document(text) for text in texts]
        documents += [each for each in packaged_documents() if each.document == "deposit.enrolment-event"]
        async with self.open.database.session() as session:
            await seed_rules(session, documents, at=clock.now())

    async def call(self, method: str, path: str, actor: Actor, **more: Any) -> Any:
        """What is answered: the body where it is well, else the status and the code."""
        answer = await self.open.call(method, path, actor, **more)
        body = answer.json()
        return body if answer.status_code < 300 else (answer.status_code, body["code"])

    async def work(self) -> None:
        """Do the jobs that are due."""
        things = {Settings: Settings(), Keyring: self.open.keyring, Rulebook: load_packaged()}
        await run_due(
            self.open.database, worker="test", now=clock.now() + timedelta(seconds=1), limit=20, things=things,
            lane="publishing",
        )  # fmt: skip

    async def begin(self, text: str, *, actor: Actor | None = None, supersedes: tuple[str, ...] = ()) -> Any:
        """A draft, just written."""
        body = {"text": text, "supersedes": list(supersedes)}
        return await self.call("POST", "/v1/rule-drafts", actor or self.author, json=body)

    async def read(self, draft: Any, actor: Actor | None = None) -> Any:
        """A draft as it is now."""
        return await self.call("GET", self.path(draft), actor or self.author)

    def path(self, draft: Any, step: str = "") -> str:
        """Its address."""
        return f"/v1/rule-drafts/{draft['draft_id']}" + (f"/{step}" if step else "")

    async def step(self, draft: Any, step: str, actor: Actor, **body: Any) -> Any:
        """One step of a draft."""
        given = {"json": body} if body or step in ("approval", "publication", "withdrawal") else {}
        return await self.call("POST", self.path(draft, step), actor, **given)

    async def measured(self, text: str, *, supersedes: tuple[str, ...] = (), actor: Actor | None = None) -> Any:
        """A draft that was checked and measured."""
        draft = await self.begin(text, supersedes=supersedes, actor=actor)
        await self.work()
        checked = await self.read(draft)
        assert checked["state"] == "checked", checked["check"]
        await self.step(draft, "impact", self.author)
        await self.work()
        return await self.read(draft)

    async def publish(self, text: str, *, supersedes: tuple[str, ...] = (), because: str | None = None) -> Any:
        """A text all the way."""
        draft = await self.measured(text, supersedes=supersedes)
        approved = await self.step(draft, "approval", self.second, revision=1)
        assert approved["state"] == "approved", approved
        return await self.step(draft, "publication", self.second, revision=1, because=because)

    async def result(self, number: int, score: int, *, on: str = "2024-06-20", by: Sender | None = None) -> Any:
        """A course result of the learner of that number."""
        who = {
            "name": "演示" + "甲乙丙丁戊己庚辛壬癸"[number],
            "document": {"kind": "resident_id", "number": resident(number)},
            "student_no": f"2023{number:04d}",
        }
        sender = self.client if by is None else machine(*SCOPES, institution_id=by.institution_id)
        await self.open.call("POST", "/v1/records", sender, json=entered(learner=who))
        posted = await self.open.call(
            "POST", "/v1/records", sender, json=course_row(learner=who, score=str(score), occurred_on=on)
        )
        assert posted.status_code == 201, posted.text
        return posted.json()
