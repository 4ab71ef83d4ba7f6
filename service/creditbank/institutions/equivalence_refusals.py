"""Why an equivalence is not entered, confirmed or ended."""

from __future__ import annotations

from creditbank.errors import BankError


class EquivalenceOfItself(BankError):
    """A course counts for itself already."""

    status = 422
    code = "equivalence_of_itself"
    zh = "课程 {course} 不能认定为它自己。请核对来源和课程代码。"
    en = "The course {course} cannot count for itself. Check the source and the code."


class TargetInNoPlan(BankError):
    """Records are converted into courses of plans."""

    status = 422
    code = "target_in_no_plan"
    zh = "本校的人才培养方案中没有课程 {course}。请核对代码，或先公布含有该课程的方案。"
    en = "No plan of the institution has the course {course}. Check the code, or publish the plan first."


class SourceUnknown(BankError):
    """A source that nobody published: a course, a level of a certificate, an institution."""

    status = 422
    code = "source_unknown"
    zh = "没有这一来源：{source}。请核对机构、课程代码、证书标准和等级。"
    en = "Nobody has published this source: {source}. Check the institution, the code, the standard and the level."


class EquivalenceRepeated(BankError):
    """The same sources count for the same course already, on some of the same days."""

    status = 409
    code = "equivalence_repeated"
    zh = "来源相同的认定关系 {equivalence} 已含课程 {course}，适用日期重叠。请先终止该条，或更正日期。"
    en = (
        "Equivalence {equivalence} of the same sources has the course {course} already, on some of the same days. "
        "End it first, or correct the dates."
    )


class EquivalencesMultiply(BankError):
    """Going round these equivalences would leave more credits than there were."""

    status = 409
    code = "equivalences_multiply"
    zh = "与 {equivalences} 构成循环，绕行一周学分会增加。请减少所认定的课程，或先终止其中一条。"
    en = (
        "With {equivalences} it makes a circle by which credits would multiply. "
        "Let it count for fewer courses, or end one of those first."
    )


class EquivalenceNotProposed(BankError):
    """Only a proposal is confirmed."""

    status = 409
    code = "equivalence_not_proposed"
    zh = "该认定关系不是待确认的建议。请核对编号。"
    en = "This equivalence is not a proposal that waits to be confirmed. Check the identifier."


class EquivalenceEnded(BankError):
    """It has ended already, or ends earlier."""

    status = 409
    code = "equivalence_ended"
    zh = "该认定关系已终止或已定于更早的日期终止。"
    en = "This equivalence has ended already, or ends earlier than that."


class EndsInThePast(BankError):
    """Claims were decided by it on the days that are past."""

    status = 422
    code = "ends_in_the_past"
    zh = "终止日期 {until} 早于今天。已过去的日期不能改变，请填写今天或以后的日期。"
    en = "It would end on {until}, which is past, and what was is not changed. Give today or a later day."
