"""Everything that the bank holds about a person in one file, for the person (个人信息保护法 第四十五条: 查阅、复制).

Numbers of documents are masked in it, as everywhere, for the person too: the file is kept on telephones and on shared
computers, and the whole number stands on the document itself. What is not in it is said in it (`left_out`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners import consents, inbox, lookups
from creditbank.learners.accesses import AccessShown, accesses_of
from creditbank.learners.families import family_of
from creditbank.learners.personal import birth_of
from creditbank.learners.schemas import ConsentWord, GuardianShown, LearnerOut, MessageOut
from creditbank.learners.sight import ALL, sight_of
from creditbank.ledger.statement import StatementLine, lines
from creditbank.pathways.belonging import PathwaysHeld, held_of
from creditbank.recognition.reading import claims_of, one_claim
from creditbank.recognition.schemas import ClaimOut
from creditbank.records.acts import Tools
from creditbank.records.decisions import DecisionOut, one_decision
from creditbank.records.history import RecordOut, record_with_history
from creditbank.records.tables import RecordVersion
from creditbank.rules.tables import Decision
from creditbank.transcripts import shares
from creditbank.transcripts.routes import TranscriptOut
from creditbank.transcripts.service import Asked, transcript
from creditbank.transcripts.share_schemas import ShareOpeningOut, ShareOut

EXPORTED = "personal_data_exported"
MOST = 100_000
"""Of each kind: no person has more, and a page of a list is not asked for twice."""
_CHUNK = 200

LEFT_OUT_ZH = (
    "证件号码部分隐去，完整号码以证件为准；密码和激活码只存摘要，无法读出；机构报送的原始文件在保留期内加密存放，"
    "其中关于您的行已见于各项成果的版本；等待业务员核实、尚未确定属于谁的报送不在其中；他人对您提出的异议不含提出人；"
    "查看记录不含查看人姓名和其说明的目的。"
)
LEFT_OUT_EN = (
    "Numbers of documents are masked; the whole number stands on the document. Passwords and activation codes are kept "
    "as digests only. Files that institutions sent are sealed until their retention date; what they said of you stands "
    "in the versions of your records. Rows that wait for an officer, of whom it is not known yet whose they are, are "
    "left out. Of an objection it is not told who raised it, of a look neither who looked nor the purpose they stated."
)


class ShareHeld(BaseModel):
    """一项授权查询及其每次打开，不含授权码。|A share with every opening, without its code."""

    share: ShareOut
    openings: list[ShareOpeningOut]


class PersonalDataOut(BaseModel):
    """学分银行保存的关于一个人的全部内容。|Everything that the bank holds about a person."""

    made_at: datetime
    left_out_zh: str = Field(description="未包含的内容及原因。|What is not in it, and why.")
    left_out_en: str
    learner: LearnerOut = Field(description="姓名、证件、账户、学籍。|Names, documents, accounts, enrolments.")
    birth_on: date | None
    guardians: list[GuardianShown]
    consents: list[ConsentWord]
    inbox: list[MessageOut]
    transcript: TranscriptOut = Field(description="现在的学习档案。|The transcript as of now.")
    records: list[RecordOut] = Field(
        description="每项成果的全部版本、认定和记账，含已撤回的。|Every record with all versions, decisions and "
        "postings, withdrawn ones too."
    )
    decisions: list[DecisionOut] = Field(
        description="关于申请各行和转段的决定。|Decisions on lines of claims and on progressions."
    )
    postings: list[StatementLine] = Field(description="全部记账。|Every posting.")
    claims: list[ClaimOut]
    pathways: PathwaysHeld
    shares: list[ShareHeld]
    accesses: list[AccessShown] = Field(description="谁查看或办理过。|Who looked, and what was done.")


async def personal_data(
    session: AsyncSession, learner_id: UUID, *, actor: Actor, tools: Tools, base_url: str
) -> PersonalDataOut:
    """All of it, for the learner or a child's guardian; that it was taken out is written into the log of access.

    Raises NotFound for everybody else.
    """
    at, keyring = tools.at, tools.keyring
    if not actor.reach & {Reach.OWN, Reach.CHILD}:
        raise NotFound
    if await sight_of(session, actor, learner_id, at=at, keyring=keyring) != ALL:
        raise NotFound
    family = await family_of(session, learner_id)
    await note(session, actor=actor, act=EXPORTED, purpose="own data", at=at, learner_id=learner_id)
    body = await transcript(
        session, learner_id, Asked(language=tools.language), reported_by=None, keyring=keyring, at=at
    )
    seen_by: lookups.SeenBy = "learner" if actor.learner_id in family else "guardian"
    return PersonalDataOut(
        made_at=at,
        left_out_zh=LEFT_OUT_ZH,
        left_out_en=LEFT_OUT_EN,
        learner=await lookups.show(session, learner_id, seen_by=seen_by, institution_id=None, keyring=keyring),
        birth_on=await birth_of(session, family, keyring=keyring),
        guardians=await lookups.guardians_shown(session, family, whole=False, at=at, keyring=keyring),
        consents=[
            ConsentWord.model_validate(word, from_attributes=True)
            for word in await consents.words_of(session, family, until=at)
        ],
        inbox=[
            MessageOut(**inbox.rendered(message)) for message in await inbox.messages_of(session, family, limit=MOST)
        ],
        transcript=TranscriptOut.model_validate(orjson.loads(body)),
        records=await _records(session, family, actor=actor, tools=tools),
        decisions=await _decisions(session, family, actor=actor, tools=tools),
        postings=await lines(
            session, family, as_of=clock.today(at), number=None, institution_id=None, after=None, limit=MOST
        ),
        claims=[
            await one_claim(session, claim.claim_id, actor=actor, tools=tools)
            for claim in await claims_of(session, learner_id, actor=actor, tools=tools, before=None, limit=MOST)
        ],
        pathways=await held_of(session, family, actor=actor, tools=tools),
        shares=await _shares(session, learner_id, base_url=base_url, tools=tools),
        accesses=await accesses_of(session, family, actor=actor, limit=MOST),
    )


async def _records(session: AsyncSession, family: tuple[UUID, ...], *, actor: Actor, tools: Tools) -> list[RecordOut]:
    query = select(RecordVersion.record_id).where(col(RecordVersion.learner_id).in_(family)).distinct()
    found = []
    for record_id in sorted(await session.exec(query)):
        found.append(
            await record_with_history(
                session, record_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
            )
        )
    return found


async def _decisions(
    session: AsyncSession, family: tuple[UUID, ...], *, actor: Actor, tools: Tools
) -> list[DecisionOut]:
    query = (
        select(Decision.decision_id)
        .where(col(Decision.learner_id).in_(family), col(Decision.record_id).is_(None))
        .order_by(col(Decision.decided_at), col(Decision.decision_id))
    )
    ids: Sequence[UUID] = (await session.exec(query)).all()
    return [
        await one_decision(session, each, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at)
        for each in ids
    ]


async def _shares(session: AsyncSession, learner_id: UUID, *, base_url: str, tools: Tools) -> list[ShareHeld]:
    ground = await shares.ground_of(session, learner_id)
    made = await shares.shares_of(session, ground.family, limit=MOST, before=None)
    told = await shares.told(session, made, ground, base_url=base_url, at=tools.at, keyring=tools.keyring)
    found = []
    for share, shown in zip(made, told, strict=True):
        openings = await shares.openings_of(session, share, limit=MOST, before=None)
        found.append(
            ShareHeld(
                # A code that still opens something has no place in a file.
                share=shown.model_copy(update={"code": None, "address": None}),
                openings=[ShareOpeningOut.model_validate(each, from_attributes=True) for each in openings],
            )
        )
    return found


def as_file(data: PersonalDataOut) -> bytes:
    """The file: indented, so that a person can read it."""
    said: Any = data.model_dump(mode="json")
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)
