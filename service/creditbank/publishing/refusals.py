"""What the bank says when it says no to a draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditbank.errors import BankError, Language
from creditbank.rules import Problem


class DraftNotReadable(BankError):
    """A text in which not even the document's name, question and scope can be read: nothing was kept."""

    status = 422
    code = "draft_not_readable"
    zh = "规则文件无法读取，未保存：{why_zh}"
    en = "The rule document cannot be read and was not kept: {why_en}"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            field="/text",
            why_zh="；".join(each.sentence("zh") for each in self.problems),
            why_en="; ".join(each.sentence("en") for each in self.problems),
        )

    def problem(self, language: Language) -> dict[str, Any]:
        """With every problem by file and line."""
        listed = [{"file": p.file, "line": p.line, "word": p.word, "zh": p.zh, "en": p.en} for p in self.problems]
        return super().problem(language) | {"problems": listed}


class DraftOfAnotherDocument(BankError):
    """A draft is of one document from its first text to its last."""

    status = 409
    code = "draft_of_another_document"
    zh = "这份草案是规则文件 {document} 的，不能改为另一文件 {other} 的。请另立草案。"
    en = "This draft is of the document {document} and cannot become one of {other}. Begin another draft."


class DraftNotYourInstitutions(BankError):
    """A registrar writes documents of their own institution only."""

    status = 403
    code = "draft_not_your_institutions"
    zh = "教务员只能起草仅适用于本机构的规则：applies 的 plan.institution 或 institution.id 只写 {institution}。"
    en = "A registrar drafts documents that apply to their own institution only: `applies` must name {institution} "
    en += "alone under plan.institution or institution.id."


class DraftNotThere(BankError):
    """A draft in this state cannot take this step."""

    status = 409
    code = "draft_not_there"
    zh = "草案现在的状态是“{state_zh}”，不能{step_zh}。{remedy_zh}"
    en = "The draft is {state_en} now and cannot be {step_en}. {remedy_en}"


class ApproverIsAuthor(BankError):
    """Whoever wrote any text of a draft neither approves nor publishes it."""

    status = 403
    code = "approver_is_author"
    zh = "您写过这份草案的文字，不能由您审定或公布。请由另一位业务员办理。"
    en = "You wrote a text of this draft and can neither approve nor publish it. Another officer does that."


class ReportIsStale(BankError):
    """What was found about a draft was found against another rulebook or by another engine than now."""

    status = 409
    code = "report_is_stale"
    zh = "检查或影响报告所依据的规则已有变动（{made_at} 作出）。请重新检查并重新测算影响。"
    en = "The rules have changed since the check or the impact report of {made_at} was made. Run both again."


class PastDaysNeedAReason(BankError):
    """A text that decides days already past otherwise says why, in public."""

    status = 409
    code = "past_days_need_a_reason"
    zh = "该文件改变 {since} 起已经过去的日子所适用的规则。请在 because 中说明理由，理由将一并公布。"
    en = "This changes the rules of days already past, from {since} on. Say why in `because`; it is published too."


class NothingPublishedUnderThat(BankError):
    """No version of that number was ever published."""

    status = 404
    code = "nothing_published_under_that"
    zh = "没有公布过规则文件 {document} 的第 {version} 版。"
    en = "No version {version} of the rule document {document} was ever published."


class TooManyDrafts(BankError):
    """An institution has so many open drafts that one more would not be read."""

    status = 409
    code = "too_many_drafts"
    zh = "未了结的草案已有 {limit} 份。请先撤回不再需要的。"
    en = "There are {limit} open drafts already. Withdraw those that are not needed."
