"""The inbox: every notice and decision is served on the learner here, in the transaction of what it tells of.

What counts as served is the row, from the instant it carries. A text message or WeChat notice on top of it is a seam:
each service asks for a job of kind `deliver_notice`, and the deliverer of this version sends nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import jobs
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.learners.families import family_of
from creditbank.learners.tables import InboxMessage

log = structlog.get_logger(__name__)

DELIVER = "deliver_notice"

KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "record_corrected": (
        "学习成果已更正",
        "A record was corrected",
        "报送机构更正了您的一条学习成果，学分已据此重新认定。如有异议，请先联系报送机构。",
        "The institution that reported it corrected one of your records, and its credits were decided again. "
        "If you disagree, ask that institution first.",
    ),
    "record_withdrawn": (
        "学习成果已撤回",
        "A record was withdrawn",
        "报送机构撤回了您的一条学习成果，由此取得的学分已冲回；原记录仍可查询。如有异议，请先联系报送机构。",
        "The institution that reported it withdrew one of your records; the credits that stood on it were reversed, "
        "the history stays. If you disagree, ask that institution first.",
    ),
    "record_reassigned_away": (
        "误记的学习成果已转出",
        "A record that was not yours was moved",
        "一条学习成果曾误记在您名下，现已转给其所属的学习者，由此取得的学分已冲回。",
        "A record was posted to you by mistake and has been moved to whom it belongs; its credits were reversed.",
    ),
    "record_reassigned_here": (
        "学习成果已转入",
        "A record of yours was moved to you",
        "一条属于您的学习成果曾误记在他人名下，现已转入您的账户。",
        "A record of yours had been posted to somebody else by mistake and is now in your account.",
    ),
    "decision_changed": (
        "认定结果有变化",
        "A decision changed",
        "您的一条学习成果已重新认定，结果与此前不同。理由和依据见该决定。",
        "One of your records was decided again, with another result. The decision says why.",
    ),
    "accounts_merged": (
        "账户已合并",
        "Accounts were merged",
        "经核实，两个账户同属于您，今后合并查询和使用。如其中有不属于您的内容，请联系学分银行。",
        "Two accounts were found to be yours and are now read and used as one. If anything in them is not yours, tell "
        "the bank.",
    ),
    "accounts_parted": (
        "账户已分开",
        "Accounts were parted",
        "此前合并的两个账户经核实不属于同一人，已恢复分开，相关学分已重新认定。",
        "Two accounts that had been merged are not one person's; they were parted, and what used both was decided "
        "again.",
    ),
    "account_activated": (
        "账户已激活",
        "Your account was activated",
        "您的账户已激活。若非本人操作，请立即联系学校或学分银行。",
        "Your account was activated. If that was not you, tell your school or the bank at once.",
    ),
    "account_recovered": (
        "登录方式已更换",
        "Your login was replaced",
        "您的账户已启用新的登录名和密码，原登录方式已停用。若非本人操作，请立即联系学分银行。",
        "Your account has a new login name and password, and the old ones no longer work. If that was not you, tell "
        "the bank at once.",
    ),
    "account_closed": (
        "账户已注销",
        "Your account was closed",
        "您的账户已注销，不再存入新的学习成果；已有的学习成果和学分仍可查询。",
        "Your account was closed: nothing new is deposited, and what is there can still be read.",
    ),
    "account_reopened": (
        "账户已恢复",
        "Your account was opened again",
        "您的账户已恢复，可以继续存入学习成果。",
        "Your account was opened again and takes deposits.",
    ),
    "guardian_recorded": (
        "已登记监护人",
        "A guardian was recorded",
        "已为该账户登记监护人。在您年满十四周岁之前，由监护人代为办理。",
        "A guardian was recorded for this account, who acts for you until you are fourteen.",
    ),
    "guardian_ended": (
        "监护人登记已终止",
        "A guardian is no longer recorded",
        "该账户的一项监护人登记已终止，该监护人不能再查看或代为办理。",
        "A guardian of this account is no longer recorded and can neither see it nor act for you.",
    ),
    "share_locked": (
        "一项授权查询已锁定",
        "A share was locked",
        "有人持您的授权码多次填错口令，该授权查询已自动关闭，没有显示任何内容。如仍需出示，请新建授权查询。",
        "Somebody with the code of one of your shares entered a wrong PIN too often. It is closed now and showed "
        "nothing. Make a new one if you still need it.",
    ),
    "shares_ended": (
        "授权查询已关闭",
        "Your shares were closed",
        "您的账户有合并或分开，此前的授权查询已全部关闭。如仍需出示，请新建授权查询。",
        "Accounts of yours were merged or parted, so every share made before is closed. Make a new one if you still "
        "need it.",
    ),
    "name_changed": (
        "现用名已更新",
        "Your name was changed",
        "您的现用名已更新。曾用名仍保留，用于核对此前的学习成果。",
        "Your present name was changed. Former names are kept, so that older records are still found to be yours.",
    ),
    "document_recorded": (
        "已登记新的证件",
        "A document was recorded",
        "您的账户新登记了一份身份证件。若非本人办理，请联系学分银行。",
        "Another identity document was recorded for your account. If that was not you, tell the bank.",
    ),
    "claim_made_for_you": (
        "学校为您提出了转换申请",
        "Your college made a claim for you",
        "学校为您提出了学分转换申请。您可以查看、撤回未办结的行；结果另行通知。",
        "Your college claimed that records of yours count for courses of your plan. You can read it; you are told what "
        "becomes of it.",
    ),
    "claim_line_refused": (
        "申请中有一行不予认定",
        "A line of your claim was refused",
        "您的转换申请中有一行不予认定，理由和依据见该决定。您可以申诉；仅由规则作出的，可以请求人工复核。",
        "One line of your claim was refused; the decision says why. You may appeal, and where the rules alone refused "
        "it, ask that a person look at it.",
    ),
    "claim_decided": (
        "转换申请已办结",
        "Your claim was decided",
        "您的转换申请已办结，各行结果和理由见该申请。有异议的，请在期限内申诉。",
        "Your claim was decided; it says what became of each line and why. If you disagree, appeal in time.",
    ),
    "claim_lapsed": (
        "转换申请已失效",
        "Your claim lapsed",
        "您的转换申请在预留期限内未能办结，已失效，所占成果和学分余额已释放。您可以重新申请，也可以在期限内申诉。",
        "Your claim was not decided while it could hold what it uses, and has lapsed. You may claim again, or "
        "appeal in time.",
    ),
    "claim_objected": (
        "公示中的申请有异议",
        "Somebody objected to your claim",
        "您公示中的转换申请有人提出异议，公示期限暂停，处理结果另行通知。",
        "Somebody objected to your claim while it was on public notice. Its clock stands still until that is decided.",
    ),
    "verification_failed": (
        "发证机构核验未通过",
        "A certificate could not be verified",
        "发证机构未能核实您申请所用的证书。请在举证期内提交证据，逾期该行不予认定。",
        "The body that issued it could not verify a certificate that your claim uses. Bring evidence in time; "
        "otherwise the line is refused.",
    ),
    "conversion_ended": (
        "一项学分转换已终止",
        "A conversion was ended",
        "所用的学习成果有变化，您的一项学分转换已终止，学分已冲回。理由见该决定，您可以申诉。",
        "Something that one of your conversions stood on has changed: it was ended and its credits were reversed. The "
        "decision says why; you may appeal.",
    ),
    "conversion_changed": (
        "一项学分转换有变化",
        "A conversion changed",
        "所依据的内容有变化，您的一项学分转换已重新认定。理由见该决定，您可以申诉。",
        "Something that one of your conversions stood on has changed, and it was decided again. The decision says why; "
        "you may appeal.",
    ),
    "conversion_gave_way": (
        "一项学分转换已由另一项替代",
        "A conversion gave way to another",
        "您的一项学分转换已由后来的申请替代，按规则只计其一。",
        "One of your conversions gave way to a later claim: by the rules only one of the two counts.",
    ),
    "conversion_flagged": (
        "一项学分转换须人工复查",
        "A conversion is being looked at",
        "您的一项学分转换所依据的内容有变化，正由工作人员复查；复查前结果不变。",
        "Something that one of your conversions stood on has changed. People look at it; until then nothing changes.",
    ),
    "override_in_force": (
        "例外决定已生效",
        "A decision of a person took effect",
        "关于您申请中一行的例外决定已生效，作出人、理由和失效日期见该决定。",
        "A person decided a line of your claim against the rules; the decision names author, reason and expiry.",
    ),
    "appeal_decided": (
        "申诉已有结论",
        "Your appeal was decided",
        "您的申诉或人工复核已有结论，理由见该申请。",
        "Your appeal, or the review by a person, was decided; the claim says how and why.",
    ),
    "progression_unknown": (
        "转段条件尚不明确",
        "Something about your progression is not known",
        "本轮判定中，您的部分条件尚不明确；缺什么、由谁补充见该决定。这不是不予录取，补齐后会重新判定。",
        "In this round something about you is not known yet. The decision says what is missing and who can supply it. "
        "It is no refusal: you are decided again once it is there.",
    ),
    "progression_set_aside": (
        "本轮转段中您已被搁置",
        "You were left out of this round",
        "您在本轮转段中已被搁置，理由见该轮次。如有异议，请联系高校或学分银行。",
        "You were left out of this round; it says why. If you disagree, ask the college or the bank.",
    ),
    "progression_proposed": (
        "您已列入拟录取公示名单",
        "You are proposed and on public notice",
        "您已列入本轮转段的拟录取名单，名单正在公示；公示期满、报备并定案后方为最终结果。您可以在定案前放弃。",
        "You are on the list of this round, which is on public notice. It is final once the notice is over and the "
        "list is filed and frozen. Until then you may give the place up.",
    ),
    "progression_not_proposed": (
        "您未列入拟录取公示名单",
        "You are not on the list on public notice",
        "您未列入本轮转段的拟录取名单，理由见该决定。公示期内可以提出异议。",
        "You are not on the list of this round. The decision says why; you may object while it is on notice.",
    ),
    "progression_objected": (
        "有人对您在本轮转段中的公示提出异议",
        "An objection to your place was raised",
        "公示期内有人就您提出异议，正在核查；有结论前不影响您的名次。",
        "Somebody objected to what the notice says of you. It is being looked into; nothing changes until then.",
    ),
    "progression_result": (
        "转段结果已定案",
        "The result of the round is final",
        "本轮转段已定案，您的结果和理由见该轮次与该决定。",
        "This round is final. The round and the decision say your result and the reasons.",
    ),
    "progression_review_opened": (
        "转段结果正在复查",
        "Your result is being reviewed",
        "定案后到达的一项事实可能影响您的结果，正由工作人员复查；定案的名单不变。",
        "A fact that came after the result was final might have changed it. People review it; the list itself stays.",
    ),
    "progression_review_closed": (
        "转段结果的复查已结束",
        "The review of your result is closed",
        "对您转段结果的复查已有结论，理由由高校或学分银行告知。",
        "The review of your result was closed. The college or the bank can tell you how and why.",
    ),
}
"""What can be served: title in Chinese and English, text in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to be served: on whom, of what kind, about which things (ids only)."""

    learner_id: UUID
    kind: str
    about: Mapping[str, str]


_SERVE = """
INSERT INTO inbox_message (learner_id, message_id, kind, about, served_at)
SELECT learner_id, message_id, kind, about, %(at)s
FROM jsonb_to_recordset(%(messages)s::jsonb) AS m(learner_id uuid, message_id uuid, kind text, about jsonb)
"""


async def serve(
    session: Transaction, *, learner_id: UUID, kind: str, about: Mapping[str, UUID | str], at: datetime
) -> UUID:
    """Serve one message in the caller's transaction; `about` is ids only, never personal data."""
    notice = Notice(learner_id, kind, {name: str(value) for name, value in about.items()})
    return (await serve_all(session, [notice], at=at))[0]


async def serve_all(session: Transaction, notices: Sequence[Notice], *, at: datetime) -> list[UUID]:
    """Serve many messages with one statement, and ask for their delivery once. Raises KeyError for a kind unknown."""
    if not notices:
        return []
    rows = [
        {
            "learner_id": str(notice.learner_id),
            "message_id": str(new_id()),
            "kind": notice.kind,
            "about": dict(notice.about),
        }
        for notice in notices
        if KINDS[notice.kind]
    ]
    connection = await driver(session)
    await connection.execute(_SERVE, {"messages": orjson.dumps(rows).decode(), "at": at})
    served = [{"learner_id": row["learner_id"], "message_id": row["message_id"]} for row in rows]
    first = served[0]["message_id"]
    await jobs.ask(session, kind=DELIVER, name=f"{DELIVER}:{first}", about={"messages": served}, run_at=at)
    return [UUID(message["message_id"]) for message in served]  # type: ignore[arg-type]


@jobs.handler(DELIVER)
async def deliver(work: jobs.Work) -> None:
    """No text message and no WeChat notice is sent by this version: the job is done when it has said so.

    Whoever connects a provider does it here, with the number or the open id that the learner gave it, and repeats
    nothing that the provider confirmed.
    """
    log.debug("notice_not_sent_outside", messages=len(work.about["messages"]), why="no_provider_connected")


async def messages_of(
    session: AsyncSession, family: Collection[UUID], *, limit: int, before: UUID | None = None, unread: bool = False
) -> Sequence[InboxMessage]:
    """A person's messages, the newest first, those older than one where it is named."""
    query = (
        select(InboxMessage)
        .where(col(InboxMessage.learner_id).in_(family))
        .order_by(col(InboxMessage.message_id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(InboxMessage.message_id) < before)
    if unread:
        query = query.where(col(InboxMessage.read_at).is_(None))
    return (await session.exec(query)).all()


async def unread_of(session: AsyncSession, family: Collection[UUID]) -> int:
    """How many messages nobody has opened yet."""
    query = select(func.count()).where(col(InboxMessage.learner_id).in_(family), col(InboxMessage.read_at).is_(None))
    return (await session.exec(query)).one()


async def mark_read(session: AsyncSession, *, learner_id: UUID, message_id: UUID, at: datetime) -> InboxMessage:
    """Somebody opened it; the first time counts. Raises NotFound."""
    family = await family_of(session, learner_id)
    query = select(InboxMessage).where(col(InboxMessage.learner_id).in_(family), InboxMessage.message_id == message_id)
    message = (await session.exec(query.with_for_update())).one_or_none()
    if message is None:
        raise NotFound
    if message.read_at is None:
        message.read_at = at
        session.add(message)
        await session.flush()
    return message


def rendered(message: InboxMessage) -> dict[str, Any]:
    """A message as it is read: title and text in both languages, and where to look."""
    title_zh, title_en, text_zh, text_en = KINDS[message.kind]
    return {
        "message_id": message.message_id,
        "learner_id": message.learner_id,
        "kind": message.kind,
        "title_zh": title_zh,
        "title_en": title_en,
        "text_zh": text_zh,
        "text_en": text_en,
        "about": message.about,
        "links": {name: _LINKS[name].format(value) for name, value in message.about.items() if name in _LINKS},
        "served_at": message.served_at,
        "read_at": message.read_at,
    }


_LINKS = {
    "record_id": "/v1/records/{}",
    "decision_id": "/v1/decisions/{}",
    "posting_id": "/v1/postings/{}",
    "claim_id": "/v1/claims/{}",
    "round_id": "/v1/rounds/{}",
}
