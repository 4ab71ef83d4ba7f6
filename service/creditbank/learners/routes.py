"""Learners' accounts over HTTP: opened, activated, looked after, and shown to whom they may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import Language, Malformed, TooManyRequests
from creditbank.faults import faults_of, summary
from creditbank.http import IdempotencyKeyDep, KeyringDep, LanguageDep, answer, problems
from creditbank.identity.actor import ActorDep, Reach
from creditbank.identity.logins import LoginNameTaken
from creditbank.identity.security import PasswordTooWeak
from creditbank.identity.writing import Write, WriteDep
from creditbank.learners import activating, activation, lookups, probing, refusals
from creditbank.learners.account_numbers import (
    AccountNumberImpossible,
    ActivationCodeImpossible,
    grouped,
)
from creditbank.learners.documents import IdentityNumberImpossible
from creditbank.learners.families import family_of
from creditbank.learners.names import NameImpossible, read_name
from creditbank.learners.opening import open_counted, read_person_document, refused
from creditbank.learners.schemas import (
    AccountIn,
    AccountOutcome,
    AccountsIn,
    AccountsOut,
    ActivatedOut,
    ActivationIn,
    CodeAsked,
    CodeGiven,
    LearnerOut,
)
from creditbank.learners.sight import allowed_to_see
from creditbank.learners.ties import must_be_own
from creditbank.once import Answer
from creditbank.sealing import Keyring

router = APIRouter(prefix="/v1", tags=["learners"])

_STATUS = {"opened": 201, "exists": 200, "held": 202}

PurposeDep = Annotated[
    str | None,
    Query(
        min_length=2,
        max_length=120,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="业务员须说明查询目的，记入访问日志。|Officers say what for: it goes into the log of access.",
        examples=["窗口咨询"],
    ),
]


# --- opening ----------------------------------------------------------------------------------------------------


@router.post(
    "/learners",
    status_code=201,
    operation_id="open_account",
    response_model=AccountOutcome,
    responses={
        200: {"model": AccountOutcome, "description": "The person has an account already."},
        202: {"model": AccountOutcome, "description": "Held: an officer looks at the identity; no account was opened."},
        **problems(IdentityNumberImpossible, NameImpossible, refusals.BirthDateImpossible, TooManyRequests),
    },
    summary="开立个人学习账户|Open an account",
)
async def open_account(payload: AccountIn, write: WriteDep, keyring: KeyringDep, language: LanguageDep) -> Response:
    """已开立（201）、已有账户（200）或待核（202）。非本机构的学习者只告知“已有账户”。

    |Opened (201), there already (200) or held (202). Of a learner who is not the institution's own it learns `exists`
    and no more; asking after strangers is written down and limited.
    """
    read_name(payload.name, at_field="/name")
    read_person_document(payload.document, at=clock.now())
    return await _open(write, [(1, payload)], [], keyring=keyring, language=language, one=True)


@router.post(
    "/learners/batch",
    operation_id="open_accounts",
    response_model=AccountsOut,
    responses=problems(TooManyRequests),
    summary="批量开立账户，至多一千人|Open up to 1,000 accounts, an outcome each",
)
async def open_accounts(payload: AccountsIn, write: WriteDep, keyring: KeyringDep, language: LanguageDep) -> Response:
    """每人各有结果，互不影响；结果按提交顺序排列。|Every person has an outcome, in the order of the call."""
    people, malformed = _well_formed(payload.people, language)
    return await _open(write, people, malformed, keyring=keyring, language=language, one=False)


async def _open(
    write: Write,
    people: Sequence[tuple[int, AccountIn]],
    malformed: Sequence[AccountOutcome],
    *,
    keyring: Keyring,
    language: Language,
    one: bool,
) -> Response:
    database, actor = write.request.app.state.database, write.actor
    counted = actor.institution_id if Reach.ANY not in actor.reach else None
    if counted is not None:
        await probing.take(database, keyring, institution_id=counted, rows=len(people), at=clock.now())

    async def act(session: AsyncSession) -> Answer:
        done = await open_counted(session, people, actor=actor, at=clock.now(), keyring=keyring, language=language)
        if one:
            (outcome,) = done.outcomes
            return answer(_STATUS[outcome.outcome], outcome)
        outcomes = sorted([*malformed, *done.outcomes], key=lambda outcome: outcome.row)
        counts = Counter(outcome.outcome for outcome in outcomes)
        return answer(200, AccountsOut(counts=dict(counts), outcomes=outcomes))

    return await write.once(act)


def _well_formed(
    people: Sequence[dict[str, Any]], language: Language
) -> tuple[list[tuple[int, AccountIn]], list[AccountOutcome]]:
    read, malformed = [], []
    for row, given in enumerate(people, start=1):
        try:
            read.append((row, AccountIn.model_validate(given)))
        except ValidationError as failure:
            faults = faults_of({**error, "loc": ("body", *error["loc"])} for error in failure.errors(include_url=False))
            why = Malformed(why_zh=summary(faults, "zh"), why_en=summary(faults, "en"), field=faults[0]["pointer"])
            malformed.append(refused(row, why, language))
    return read, malformed


# --- activating -------------------------------------------------------------------------------------------------


@router.post(
    "/learners/{learner_id}/activation-codes",
    status_code=201,
    operation_id="issue_activation_code",
    response_model=CodeGiven,
    responses=problems(
        refusals.NotReportedYet,
        refusals.AnotherSchoolActs,
        refusals.AccountAlreadyActivated,
        refusals.AccountClosed,
        refusals.BirthDateNeeded,
        refusals.BirthDateDiffers,
        refusals.BirthDateImpossible,
        refusals.GuardianNeeded,
        refusals.AlreadyErased,
    ),
    summary="发放一次性激活码|Hand out a one-time activation code",
)
async def issue_code(learner_id: UUID, payload: CodeAsked, write: WriteDep, keyring: KeyringDep) -> Response:
    """激活码只在此答复中出现一次，三十天内有效；新码发出，旧码作废。请当面交给本人。

    |The code is in this answer and nowhere else, good for thirty days; a new one withdraws the older. Hand it to the
    person. For an account that is activated already only an officer issues one: it replaces a lost login.
    """

    async def act(session: AsyncSession) -> Answer:
        given = await activation.issue_code(
            session,
            actor=write.actor,
            learner_id=learner_id,
            birth_on=payload.birth_on,
            at=clock.now(),
            keyring=keyring,
        )
        shown = CodeGiven(
            code_id=given.code_id,
            learner_id=learner_id,
            account_no=given.account_no,
            code=grouped(given.code),
            expires_at=given.expires_at,
        )
        return answer(201, shown)

    return await write.once(act)


@router.post(
    "/accounts/activation",
    status_code=201,
    operation_id="activate_account",
    response_model=ActivatedOut,
    responses=problems(
        AccountNumberImpossible,
        ActivationCodeImpossible,
        NameImpossible,
        PasswordTooWeak,
        refusals.PasswordGuessable,
        refusals.ActivationRefused,
        refusals.RealNameNotConfirmed,
        refusals.GuardianNeeded,
        LoginNameTaken,
        TooManyRequests,
    ),
    summary="激活账户|Activate an account",
)
async def activate_account(request: Request, payload: ActivationIn, key: IdempotencyKeyDep = None) -> Response:
    """凭账户号码、姓名和一次性激活码，设定登录名与密码。账户不存在、姓名不符、激活码错误，答复相同。

    |With account number, name and one-time code, a login name and a password are chosen. Unknown account, wrong name
    and wrong code are answered alike; attempts are counted by account number and by address.
    """
    return await activating.activate_account(request, payload, key)


# --- finding and showing ----------------------------------------------------------------------------------------


@router.get(
    "/learners/{learner_id}",
    operation_id="read_learner",
    responses=problems(refusals.PurposeMissing, refusals.NotReportedYet),
    summary="查询学习者账户|A learner's account",
)
async def read_learner(
    learner_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep, purpose: PurposeDep = None
) -> LearnerOut:
    """本人看到全部；机构只看到本机构的学籍，不含姓名和证件；业务员须说明目的，查询将被记录。

    |Learners see all of theirs; an institution its own enrolments, no name and no document; an officer says what for,
    and the look is logged.
    """
    if Reach.ANY in actor.reach:
        if purpose is None:
            raise refusals.PurposeMissing
        await allowed_to_see(session, actor, learner_id, at=clock.now(), keyring=keyring, purpose=purpose)
        return await lookups.show(session, learner_id, seen_by="officer", institution_id=None, keyring=keyring)
    if Reach.INSTITUTION in actor.reach:
        await must_be_own(session, actor, await family_of(session, learner_id))
        return await lookups.show(
            session, learner_id, seen_by="institution", institution_id=actor.institution_id, keyring=keyring
        )
    await allowed_to_see(session, actor, learner_id, at=clock.now(), keyring=keyring)
    seen_by: lookups.SeenBy = "guardian" if "guardian" in actor.roles else "learner"
    return await lookups.show(session, learner_id, seen_by=seen_by, institution_id=None, keyring=keyring)
