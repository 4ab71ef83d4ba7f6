"""What is the learner's own, over HTTP: guardians, consents, the inbox."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotAllowed
from creditbank.http import KeyringDep, PageDep, answer, problems
from creditbank.identity.actor import ActorDep, Reach
from creditbank.identity.logins import new_password
from creditbank.identity.writing import WriteDep
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.learners import consents, guardians, inbox, lookups, refusals
from creditbank.learners.documents import IdentityNumberImpossible
from creditbank.learners.families import family_of
from creditbank.learners.names import NameImpossible, read_name
from creditbank.learners.opening import read_person_document
from creditbank.learners.schemas import (
    ConsentHolds,
    ConsentIn,
    ConsentsOut,
    ConsentWord,
    GuardianGiven,
    GuardianIn,
    GuardiansOut,
    InboxOut,
    MessageOut,
    ReasonIn,
)
from creditbank.learners.sight import allowed_to_see
from creditbank.once import Answer

router = APIRouter(prefix="/v1", tags=["learners"])

UnreadDep = Annotated[bool, Query(description="只看未读。|Unread ones only.")]


# --- guardians --------------------------------------------------------------------------------------------------


@router.post(
    "/learners/{learner_id}/guardians",
    status_code=201,
    operation_id="record_guardian",
    response_model=GuardianGiven,
    responses=problems(
        IdentityNumberImpossible,
        NameImpossible,
        refusals.BirthDateImpossible,
        refusals.NotReportedYet,
        refusals.AnotherSchoolActs,
        refusals.GuardianNotNeeded,
        refusals.GuardianTooYoung,
        refusals.GuardianRecordedAlready,
        refusals.GuardianUnderReview,
        refusals.BirthDateNeeded,
        refusals.BirthDateDiffers,
        refusals.AlreadyErased,
    ),
    summary="登记监护人|Record a guardian",
)
async def record_guardian(learner_id: UUID, payload: GuardianIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """不满十四周岁的学习者由监护人办理。登录名与首次密码只在此答复中出现一次；已有登录的监护人不再另开。

    |Under fourteen a guardian acts. Login name and first password are in this answer and nowhere else; a guardian who
    has a way in for another child uses that.
    """
    password = new_password()
    first = guardians.FirstPassword(password, await write.request.app.state.passwords.hash(password))

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        guardian = guardians.NewGuardian(
            name=read_name(payload.name, at_field="/name"),
            document=read_person_document(payload.document, at=at),
            relation=payload.relation,
            evidence=payload.evidence,
        )
        recorded = await guardians.record_guardian(
            session,
            actor=write.actor,
            learner_id=learner_id,
            guardian=guardian,
            child_birth_on=payload.birth_on,
            first=first,
            at=at,
            keyring=keyring,
        )
        shown = GuardianGiven(
            **recorded.guardianship.model_dump(include={"guardianship_id", "learner_id", "relation", "recorded_at"}),
            login_name=recorded.login_name,
            password=recorded.password,
        )
        return answer(201, shown)

    return await write.once(act)


@router.get(
    "/learners/{learner_id}/guardians", operation_id="read_guardians", summary="查询监护人|A learner's guardians"
)
async def read_guardians(learner_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep) -> GuardiansOut:
    """姓名和证件部分隐去。|Names and numbers are masked."""
    at = clock.now()
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring, purpose="guardians")
    family = await family_of(session, learner_id)
    shown = await lookups.guardians_shown(session, family, whole=Reach.ANY in actor.reach, at=at, keyring=keyring)
    return GuardiansOut(guardians=shown)


@router.post(
    "/learners/{learner_id}/guardians/{guardianship_id}/end",
    operation_id="end_guardianship",
    response_model=GuardianGiven,
    responses=problems(refusals.NotReportedYet, refusals.AnotherSchoolActs),
    summary="终止监护人登记|End a guardianship",
)
async def end_guardianship(learner_id: UUID, guardianship_id: UUID, payload: ReasonIn, write: WriteDep) -> Response:
    """此后该监护人不能再查看或代为办理。|The guardian neither sees the child nor acts for it any more."""

    async def act(session: AsyncSession) -> Answer:
        row = await guardians.end_guardianship(
            session,
            actor=write.actor,
            learner_id=learner_id,
            guardianship_id=guardianship_id,
            reason=payload.reason,
            at=clock.now(),
        )
        shown = row.model_dump(include={"guardianship_id", "learner_id", "relation", "recorded_at"})
        return answer(200, GuardianGiven(**shown, login_name=None, password=None))

    return await write.once(act)


@router.post(
    "/learners/{learner_id}/guardians/{guardianship_id}/password",
    operation_id="renew_guardian_password",
    response_model=GuardianGiven,
    responses=problems(NotAllowed),
    summary="重置监护人密码|A new password for a guardian who lost theirs",
)
async def renew_password(learner_id: UUID, guardianship_id: UUID, payload: ReasonIn, write: WriteDep) -> Response:
    """由业务员核对证件后办理；新密码只在此答复中出现一次。|An officer's act; the password is in this answer only."""
    password = new_password()
    password_hash = await write.request.app.state.passwords.hash(password)

    async def act(session: AsyncSession) -> Answer:
        row = await guardians.renew_password(
            session,
            actor=write.actor,
            learner_id=learner_id,
            guardianship_id=guardianship_id,
            password_hash=password_hash,
            reason=payload.reason,
            at=clock.now(),
        )
        shown = row.model_dump(include={"guardianship_id", "learner_id", "relation", "recorded_at"})
        return answer(200, GuardianGiven(**shown, login_name=None, password=password))

    return await write.once(act)


# --- consents ---------------------------------------------------------------------------------------------------


@router.post(
    "/learners/{learner_id}/consents",
    status_code=201,
    operation_id="say_consent",
    response_model=ConsentWord,
    responses=problems(refusals.GuardianActs, InstitutionUnknown),
    summary="授权或撤回授权|Give consent or take it back",
)
async def say_consent(learner_id: UUID, payload: ConsentIn, write: WriteDep, keyring: KeyringDep) -> Response:
    """按用途、对机构、有日期；以最后一次表示为准。不满十四周岁由监护人办理。

    |By purpose, to an institution, dated; the last word holds. Under fourteen it is the guardian's to say.
    """

    async def act(session: AsyncSession) -> Answer:
        word = await consents.say(
            session,
            actor=write.actor,
            learner_id=learner_id,
            purpose=payload.purpose,
            institution_id=payload.institution_id,
            given=payload.given,
            until_on=payload.until_on,
            at=clock.now(),
            keyring=keyring,
        )
        return answer(201, ConsentWord.model_validate(word, from_attributes=True))

    return await write.once(act)


@router.get("/learners/{learner_id}/consents", operation_id="read_consents", summary="查询授权|A learner's consents")
async def read_consents(learner_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep) -> ConsentsOut:
    """现行授权，以及历次授权与撤回。|What is consented to now, and every word that led to it."""
    at = clock.now()
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    words = await consents.words_of(session, await family_of(session, learner_id), until=at)
    return ConsentsOut(
        in_force=[ConsentHolds.model_validate(held, from_attributes=True) for held in consents.in_force(words, at=at)],
        words=[ConsentWord.model_validate(word, from_attributes=True) for word in words],
    )


# --- the inbox --------------------------------------------------------------------------------------------------


@router.get("/learners/{learner_id}/inbox", operation_id="read_inbox", summary="收件箱|The inbox")
async def read_inbox(
    *,
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    page: PageDep,
    unread: UnreadDep = False,
) -> InboxOut:
    """通知与决定在此送达，新的在前。|Where notices and decisions are served, newest first."""
    await allowed_to_see(session, actor, learner_id, at=clock.now(), keyring=keyring)
    family = await family_of(session, learner_id)
    rows = await inbox.messages_of(session, family, limit=page.asked, before=page.after(UUID), unread=unread)
    found, following = page.cut(rows, key=lambda message: message.message_id)
    return InboxOut(
        unread=await inbox.unread_of(session, family),
        messages=[MessageOut(**inbox.rendered(message)) for message in found],
        next_cursor=following,
    )


@router.post(
    "/learners/{learner_id}/inbox/{message_id}/read",
    operation_id="mark_message_read",
    response_model=MessageOut,
    summary="标为已读|Mark a message as read",
)
async def mark_read(learner_id: UUID, message_id: UUID, write: WriteDep, keyring: KeyringDep) -> Response:
    """第一次打开的时间为准。|The first time counts."""

    async def act(session: AsyncSession) -> Answer:
        at = clock.now()
        await allowed_to_see(session, write.actor, learner_id, at=at, keyring=keyring)
        message = await inbox.mark_read(session, learner_id=learner_id, message_id=message_id, at=at)
        return answer(200, MessageOut(**inbox.rendered(message)))

    return await write.once(act)
