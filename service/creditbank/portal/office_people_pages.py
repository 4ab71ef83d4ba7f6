"""The officer's console: somebody looked up for a stated purpose, two accounts that are one person, and hints."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import BankError
from creditbank.http import KeyringDep, PageDep, cursor_of, instant_and_id, one_page
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners import lookups
from creditbank.learners.schemas import LearnerOut, LookupIn
from creditbank.oversight.hint_schemas import FindingIn, HintOut
from creditbank.oversight.hints import close, hints, one_hint
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of
from creditbank.portal.office import PAGE, called, every_institution, further, office_page
from creditbank.portal.office_looking_up import KINDS, looked_up
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker
from creditbank.records import identity_work
from creditbank.records.acts import Tools
from creditbank.records.merging import AlreadyOnePerson
from creditbank.records.schemas import MergeIn, PartIn
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

PEOPLE, MERGES, HINTS = "/office/people", "/office/merges", "/office/hints"


# --- looking somebody up --------------------------------------------------------------------------------------------


@router.get(PEOPLE)
async def people_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """The three ways to look somebody up."""
    return await _people(session, visited, actor)


async def _people(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    *,
    fault: Fault | None = None,
    found: list[LearnerOut] | None = None,
    purpose: str = "",
) -> Response:
    return office_page(
        visited, "people.html", actor, here=PEOPLE, fault=fault, found=found, purpose=purpose, kinds=KINDS,
        names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.post(PEOPLE)
async def look_up(posted: PostedDep) -> Response:
    """Who that is, and the way to their file."""
    found = await looked_up(posted)
    async with posted.database.session() as session:
        if isinstance(found, Fault):
            return await _people(session, posted.visited, posted.actor, fault=found)
        return await _people(
            session, posted.visited, posted.actor, found=found, purpose=posted.one("purpose") or ""
        )  # fmt: skip


# --- merges ---------------------------------------------------------------------------------------------------------


@router.get(MERGES)
async def merges_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """Merges in force, the newest first, and the form that begins one."""
    return await _merges(session, visited, actor, cursor=page.cursor)


async def _merges(
    session: AsyncSession, visited: Visit, actor: Actor, *, cursor: str | None = None, fault: Fault | None = None
) -> Response:
    every = visited.request.query_params.get("ended") == "yes"
    found = await identity_work.merges(
        session, learner_id=None, ended_too=every, before=instant_and_id(cursor), limit=PAGE + 1
    )
    rows, following = one_page(found, limit=PAGE, key=lambda one: cursor_of(str(one.merged_at), one.alias_id))
    return office_page(
        visited, "merges.html", actor, here=MERGES, fault=fault, merges=rows, ended_too=every,
        following=further(visited.request, following),
    )  # fmt: skip


@router.post(f"{MERGES}/two-accounts")
async def two_accounts(posted: PostedDep) -> Response:
    """The two people whose accounts were named, beside one another, before anything is merged; the looks are logged."""

    async def look(session: AsyncSession) -> list[LearnerOut]:
        found = []
        for name in ("account_no", "other_account_no"):
            asked = LookupIn.model_validate(posted.said("purpose") | {"account_no": posted.one(name) or ""})
            people = await lookups.look_up(
                session, asked, actor=posted.actor, at=posted.visited.at, keyring=posted.state.keyring
            )
            if not people:
                raise _NoSuchAccount(asked.account_no)
            found += people
        if found[0].learner_id == found[1].learner_id:
            raise AlreadyOnePerson
        return found

    try:
        people = await posted.database.write(look)
    except _NoSuchAccount as nobody:
        sentence = speaker(posted.language)("off_no_such_account", number=nobody.number or "—")
        return await _refused_merge(posted, posted.fault("two_accounts", sentence, status=404))
    except (BankError, ValidationError) as refused:
        return await _refused_merge(posted, posted.refused("two_accounts", refused))
    async with posted.database.session() as session:
        return await _two(session, posted.visited, posted.actor, people, purpose=posted.one("purpose") or "")


class _NoSuchAccount(Exception):
    def __init__(self, number: str | None) -> None:
        super().__init__(number)
        self.number = number


async def _refused_merge(posted: Posted, fault: Fault) -> Response:
    async with posted.database.session() as session:
        return await _merges(session, posted.visited, posted.actor, fault=fault)


async def _two(
    session: AsyncSession, visited: Visit, actor: Actor, people: list[LearnerOut], *, purpose: str
) -> Response:
    return office_page(
        visited, "merge_two.html", actor, here=MERGES, people=people, purpose=purpose,
        names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.post(MERGES)
async def merge(posted: PostedDep) -> Response:
    """They are one person: what both hold is decided again, so that nothing counts twice. Raises NotFound."""

    async def act(session: AsyncSession, tools: Tools) -> str:
        into = posted.one("into_learner_id") or ""
        other = next((each for each in posted.many("learner_ids") if each != into), None)
        said = MergeIn.model_validate(
            posted.said("reason") | {"into_learner_id": into, "learner_id": other}
        )  # fmt: skip
        merged = await identity_work.merge_accounts(
            session, said.learner_id, said.into_learner_id, reason=said.reason, actor=posted.actor, tools=tools
        )
        return f"{MERGES}/{merged.alias_id}"

    return await done_once(
        posted, "merge", act, then=None, show=lambda fault: _refused_merge(posted, fault), sure=True
    )  # fmt: skip


@router.get(f"{MERGES}/{{alias_id}}")
async def merge_page(
    alias_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A merge and the person it made; the look is logged. Raises NotFound."""
    async with database.session() as session:
        return await _merge(session, visited, actor, id_of(alias_id), keyring=keyring)


async def _merge(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    alias_id: UUID,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
) -> Response:
    merge, person = await identity_work.look_at_merge(session, alias_id, actor=actor, at=visited.at, keyring=keyring)
    return office_page(
        visited, "merge.html", actor, here=f"{MERGES}/{alias_id}", fault=fault, merge=merge, person=person,
        names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.post(f"{MERGES}/{{alias_id}}/end")
async def end_merge(alias_id: str, posted: PostedDep) -> Response:
    """Each account stands for itself again. Raises NotFound."""
    which = id_of(alias_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = PartIn.model_validate(posted.said("reason"))
        return await identity_work.part_accounts(
            session, which, reason=said.reason, actor=posted.actor, tools=tools
        )  # fmt: skip

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _merge(
                session, posted.visited, posted.actor, which, keyring=posted.state.keyring, fault=fault
            )  # fmt: skip

    return await done_once(posted, "parting", act, then=f"{MERGES}/{which}", show=show, sure=True)


# --- hints ----------------------------------------------------------------------------------------------------------


@router.get(HINTS)
async def hints_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """Signs that something may be wrong, the oldest first; those that are closed if asked."""
    closed = visited.request.query_params.get("status") == "closed"
    found = await hints(session, opened=not closed, after=page.after(UUID), limit=page.asked)
    rows, cursor = page.cut(found, key=lambda hint: hint.hint_id)
    return office_page(
        visited, "hints.html", actor, here=HINTS, hints=[HintOut.of(one) for one in rows], closed=closed,
        following=further(visited.request, cursor), names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.get(f"{HINTS}/{{hint_id}}")
async def hint_page(hint_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """One of them, and what was found if somebody looked. Raises NotFound."""
    return await _hint(session, visited, actor, id_of(hint_id))


async def _hint(
    session: AsyncSession, visited: Visit, actor: Actor, hint_id: UUID, *, fault: Fault | None = None
) -> Response:
    return office_page(
        visited, "hint.html", actor, here=f"{HINTS}/{hint_id}", fault=fault,
        hint=HintOut.of(await one_hint(session, hint_id)), names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.post(f"{HINTS}/{{hint_id}}/closing")
async def close_hint(hint_id: str, posted: PostedDep) -> Response:
    """With what was found. Raises NotFound."""
    which = id_of(hint_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = FindingIn.model_validate(posted.said("finding"))
        return await close(session, which, actor=posted.actor, finding=said.finding, at=tools.at)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _hint(session, posted.visited, posted.actor, which, fault=fault)

    return await done_once(posted, "hint_closing", act, then=f"{HINTS}/{which}", show=show)
