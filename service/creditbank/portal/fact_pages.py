"""The pages of facts about members: what is known of a topic, stated and corrected in a table, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.pathways import agreement_reading as reading
from creditbank.pathways.agreement_schemas import MemberOut
from creditbank.pathways.statement_reading import may_see, standing_of, statements_of, topics_read
from creditbank.pathways.statement_schemas import MemberStatementOut, StatementIn
from creditbank.pathways.statement_topics import CHECKED, TOPICS, Topic, checked_by
from creditbank.pathways.statements import Wanted, cohort_for, state_many
from creditbank.portal.answering import Visit, sent_to
from creditbank.portal.desk import (
    Fault,
    Posted,
    PostedDep,
    answered_once,
    desk_page,
    done_once,
    id_of,
    names_of,
    number_of,
    tools_of,
)
from creditbank.portal.facts_typed import (
    SEVERAL,
    TYPED,
    asked_of_topic,
    fact_said,
    topic_said,
    wrong_said,
)
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

PAGE = 60
"""Members of one page: a class."""
FORMS = ("facts", "facts_one", "facts_checked")


@dataclass(frozen=True, slots=True)
class Row:
    """A member with what stands of the topic."""

    member: MemberOut
    known: Sequence[MemberStatementOut]
    checked: MemberStatementOut | None


@dataclass(frozen=True, slots=True)
class Came:
    """What became of the rows of a form: of each member why it was not taken in."""

    refused: Mapping[int, str] = field(default_factory=dict)
    note: str = ""


# --- the topics -----------------------------------------------------------------------------------------------------


@router.get("/desk/cohorts/{cohort_id}/facts")
async def topics_page(
    cohort_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The topics of which facts are stated, those that the pathway's documents read first. Raises NotFound."""
    which = id_of(cohort_id)
    cohort = await reading.one_cohort(session, which, actor=actor)
    _, speaks = await cohort_for(session, which, actor)
    pathway = await reading.one_pathway(session, cohort.pathway_id)
    tools = await tools_of(visited, keyring)
    read = topics_read(tools.rulebook, pathway.kind)
    seen = [topic for topic in TYPED.values() if may_see(topic, speaks.sides)]
    return desk_page(
        visited,
        "fact_topics.html",
        actor,
        here=f"/desk/cohorts/{which}/facts",
        cohort=cohort,
        topics=sorted(seen, key=lambda each: (each.name not in read, each.stated_by.isdisjoint(speaks.sides))),
        read=read,
        sides=speaks.sides,
        topic_said=lambda topic: topic_said(topic, visited.language),
    )


def _topic(name: str) -> Topic:
    """Raises NotFound."""
    if name not in TYPED:
        raise NotFound
    return TYPED[name]


# --- one topic ------------------------------------------------------------------------------------------------------


@router.get("/desk/cohorts/{cohort_id}/facts/{topic}")
async def topic_page(
    cohort_id: str, topic: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """What is known of the members in a topic, and the form to state it. Raises NotFound."""
    query = visited.request.query_params
    return await _page(
        session, visited, actor, id_of(cohort_id), _topic(topic), tools=await tools_of(visited, keyring),
        after=number_of(query["after"]) if query.get("after") else 0,
        corrects=id_of(query["of"]) if query.get("of") else None,
    )  # fmt: skip


async def _page(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    cohort_id: UUID,
    topic: Topic,
    *,
    tools: Tools,
    after: int,
    corrects: UUID | None = None,
    fault: Fault | None = None,
    came: Came | None = None,
) -> Response:
    language = visited.language
    cohort = await reading.one_cohort(session, cohort_id, actor=actor)
    rows, following = await _rows(session, cohort_id, topic, after=after, actor=actor, tools=tools)
    _, speaks = await cohort_for(session, cohort_id, actor)
    named = [each.institution_id for row in rows for each in row.known]
    corrected = next(((row, each) for row in rows for each in row.known if each.statement_id == corrects), None)
    return desk_page(
        visited,
        "facts.html",
        actor,
        here=f"/desk/cohorts/{cohort_id}/facts/{topic.name}",
        fault=fault,
        cohort=cohort,
        topic=topic,
        title=topic_said(topic.name, language),
        rows=rows,
        following=following,
        after=after,
        names=await names_of(session, visited, *named),
        fields=asked_of_topic(topic.name, language),
        several=topic.name in SEVERAL,
        may_state=not topic.stated_by.isdisjoint(speaks.sides),
        may_check=topic.name in CHECKED and not checked_by(topic.name).isdisjoint(speaks.sides),
        for_rest=all(each.type == "choice" for each in asked_of_topic(topic.name, language)),
        corrected=corrected,
        came=came or Came(),
        said=lambda each: fact_said(each.topic, each.said, language),
        today=today(visited.at).isoformat(),
    )


async def _rows(
    session: AsyncSession, cohort_id: UUID, topic: Topic, *, after: int, actor: Actor, tools: Tools
) -> tuple[list[Row], int | None]:
    """The members of a page who are in the cohort still, and after which number the next page begins."""
    found = await reading.members(
        session, cohort_id, actor=actor, after=after, limit=PAGE + 1, keyring=tools.keyring
    )  # fmt: skip
    members = [each for each in found[:PAGE] if each.status != "left"]
    who = [each.learner_id for each in members]
    standing = await standing_of(session, cohort_id, who, topic, actor=actor, tools=tools)
    rows = []
    for each in members:
        stated = standing.get(each.learner_id, [])
        checked = next((one for one in stated if one.topic == "checked"), None)
        rows.append(Row(each, [one for one in stated if one.topic == topic.name], checked))
    return rows, found[PAGE - 1].member_no if len(found) > PAGE else None


# --- stating --------------------------------------------------------------------------------------------------------


@router.post("/desk/cohorts/{cohort_id}/facts/{topic}")
async def state_facts(cohort_id: str, topic: str, posted: PostedDep) -> Response:
    """State what was typed about members, each for itself; with something unreadable in it nothing is stated."""
    which, of = id_of(cohort_id), _topic(topic)
    after = number_of(posted.one("after")) if posted.one("after") not in (None, "0") else 0
    form = next((each for each in FORMS if each == posted.one("form")), FORMS[0])

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        rows, _ = await _rows(session, which, of, after=after, actor=posted.actor, tools=tools)
        wanted, wrong = _typed(posted, form, of, rows)
        if wrong:
            return {"wrong": wrong, "stated": 0, "refused": {}}
        cohort, speaks = await cohort_for(session, which, posted.actor)
        made = await state_many(session, cohort, [each for _, each in wanted], by=speaks, tools=tools)
        refused = {
            str(no): one.refusal.sentence(posted.language)
            for (no, _), one in zip(wanted, made, strict=True)
            if one.refusal is not None
        }
        return {"wrong": {}, "stated": len(made) - len(refused), "refused": refused}

    async def show(fault: Fault, came: Came | None = None) -> Response:
        async with posted.database.session() as session:
            return await _page(
                session, posted.visited, posted.actor, which, of, tools=await posted.tools(), after=after,
                fault=fault, came=came,
            )  # fmt: skip

    answered = await answered_once(posted, form, act, show=show)
    if isinstance(answered, Response):
        return answered
    return await _told(posted, form, orjson.loads(answered), show, f"/desk/cohorts/{which}/facts/{of.name}", after)


async def _told(posted: Posted, form: str, came: Mapping[str, Any], show: Any, address: str, after: int) -> Response:
    """Go on where everything was taken in; else the page, with what was wrong beside each row and what was typed."""
    say = speaker(posted.language)
    if came["wrong"]:
        sentence = say("facts_wrong", n=len(came["wrong"]))
    elif came["refused"]:
        sentence = say("facts_some_refused", n=came["stated"], bad=len(came["refused"]))
    elif not came["stated"]:
        sentence = say("facts_nothing")
    else:
        return sent_to(posted.visited, f"{address}?{f'after={after}&' if after else ''}done={form}")
    beside = {int(no): why for no, why in (came["wrong"] or came["refused"]).items()}
    fault = posted.fault(form, sentence)
    if came["stated"]:
        # What was taken in stands in the table now: only what was refused is left in the form.
        kept = {name: value for name, value in fault.typed.items() if _number(name) is None or _number(name) in beside}
        fault = Fault(form, sentence, 200, kept, fault.ticked)
    return await show(fault, Came(beside))  # type: ignore[no-any-return]


def _number(name: str) -> int | None:
    tail = name.rpartition("_")[2]
    return int(tail) if tail.isascii() and tail.isdigit() else None


def _typed(
    posted: Posted, form: str, topic: Topic, rows: Sequence[Row]
) -> tuple[list[tuple[int, Wanted]], dict[str, str]]:
    """The rows that were filled in, by the numbers of their members; and what is wrong in which."""
    wanted: list[tuple[int, Wanted]] = []
    wrong: dict[str, str] = {}
    for row in rows:
        said = _said(posted, form, topic, row)
        if said is None:
            continue
        number = row.member.member_no
        on = posted.one("occurred_on")
        if form == "facts" and row.known and posted.one("correct") == "yes":
            on = row.known[-1].occurred_on.isoformat()
        try:
            asked = StatementIn.model_validate(
                {"learner_id": row.member.learner_id, "said": said, **({"occurred_on": on} if on else {})}
            )
        except ValidationError as error:
            wrong[str(number)] = wrong_said(error, str(said["topic"]), posted.language)
        else:
            wanted.append((number, Wanted(asked.learner_id, asked.said, None, asked.occurred_on)))
    return wanted, wrong


def _said(posted: Posted, form: str, topic: Topic, row: Row) -> dict[str, Any] | None:
    """What is stated about a member; None where their row was left empty."""
    number = row.member.member_no
    if form == "facts_checked":
        ticked = posted.one(f"checked_{number}") == "yes"
        return {"topic": "checked", "what": CHECKED[topic.name]} if ticked and topic.name in CHECKED else None
    names = [each.name for each in asked_of_topic(topic.name, posted.language)]
    if form == "facts_one":
        return {"topic": topic.name, **posted.said(*names)} if posted.one("member_no") == str(number) else None
    typed = {name: value for name in names if (value := posted.one(f"{name}_{number}")) is not None}
    if not typed and not row.known:
        typed = {name: value for name in names if (value := posted.one(f"{name}_rest")) is not None}
    return {"topic": topic.name, **typed} if typed else None


# --- one member -----------------------------------------------------------------------------------------------------


@router.get("/desk/cohorts/{cohort_id}/members/{member_no}/facts")
async def member_facts_page(
    cohort_id: str, member_no: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """All that was stated about a member, with what was corrected and taken back. Raises NotFound."""
    tools = await tools_of(visited, keyring)
    return await _member(session, visited, actor, id_of(cohort_id), number_of(member_no), tools=tools)


async def _member(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    cohort_id: UUID,
    number: int,
    *,
    tools: Tools,
    fault: Fault | None = None,
) -> Response:
    language = visited.language
    cohort = await reading.one_cohort(session, cohort_id, actor=actor)
    member = await reading.one_member(session, cohort_id, number, actor=actor, keyring=tools.keyring)
    stated = await statements_of(session, cohort_id, member.learner_id, actor=actor, tools=tools)
    _, speaks = await cohort_for(session, cohort_id, actor)
    taken_back = {each.supersedes for each in stated if each.withdrawn}
    holding = [each for each in stated if not each.withdrawn and each.superseded_by is None and each.said is not None]
    return desk_page(
        visited,
        "member_facts.html",
        actor,
        here=f"/desk/cohorts/{cohort_id}/members/{number}/facts",
        fault=fault,
        cohort=cohort,
        member=member,
        stated=list(reversed(stated)),
        taken_back=taken_back,
        own=[each for each in holding if speaks.side == "bank" or each.institution_id == speaks.institution_id],
        typed=TYPED,
        names=await names_of(session, visited, *(each.institution_id for each in stated)),
        topic_said=lambda each: topic_said(each.topic, language) if each.topic in TOPICS else "",
        said=lambda each: fact_said(each.topic, each.said, language) if each.topic and each.said is not None else "",
    )


@router.post("/desk/cohorts/{cohort_id}/members/{member_no}/facts/withdrawals")
async def take_back(cohort_id: str, member_no: str, posted: PostedDep) -> Response:
    """Take a statement back: it counts as never stated since its day."""
    which, number = id_of(cohort_id), number_of(member_no)

    async def act(session: AsyncSession, tools: Tools) -> object:
        cohort, speaks = await cohort_for(session, which, posted.actor)
        member = await reading.one_member(session, which, number, actor=posted.actor, keyring=tools.keyring)
        asked = StatementIn.model_validate({"learner_id": member.learner_id, "withdraws": posted.one("statement_id")})
        row = Wanted(member.learner_id, None, asked.withdraws, None)
        (made,) = await state_many(session, cohort, [row], by=speaks, tools=tools)
        if made.refusal is not None:
            raise made.refusal
        return made.statement_id

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _member(session, posted.visited, posted.actor, which, number, tools=tools, fault=fault)

    then = f"/desk/cohorts/{which}/members/{number}/facts"
    return await done_once(posted, "facts_withdrawal", act, then=then, show=show)
