"""What is said no to when those who were taken progress, and what to do about it."""

from __future__ import annotations

from creditbank.errors import BankError


class RoundNotFrozen(BankError):
    """Nobody progresses by a list that may still change."""

    status = 409
    code = "round_not_frozen"
    zh = "该轮次尚未定案，名单仍可能变动，不能办理转入。请待业务员定案后再办。"
    en = "The round is not frozen and its list may still change. Let them progress once an officer has frozen it."


class PathwayWithoutProgramme(BankError):
    """The pathway names a college and no programme of it."""

    status = 409
    code = "pathway_without_programme"
    zh = "该通道没有写明院校的专业，无法建立学籍。请先补充协议。"
    en = "The pathway names no programme of the college, so nobody can be enrolled. Complete the agreement first."


class ProgrammeNotTaught(BankError):
    """The college's programme is not published for that day."""

    status = 409
    code = "programme_not_taught"
    zh = "院校在 {day} 没有开设通道所写的专业。请核对日期，或请院校公布该专业。"
    en = "The college does not teach the pathway's programme on {day}. Check the day, or publish the programme."


class PlanIsNotTheirs(BankError):
    """The plan is another programme's, or for other years of entry."""

    status = 409
    code = "plan_is_not_theirs"
    zh = "该人才培养方案不适用于本通道专业 {year} 年入学的学生。请核对方案或入学年份。"
    en = "That plan is not for students of the pathway's programme who enter in {year}. Check the plan or the year."


class PlanNotNamed(BankError):
    """No plan of the programme is for that year of entry, or several are."""

    status = 409
    code = "plan_not_named"
    zh = "本通道专业 {year} 年入学适用的人才培养方案有 {plans} 个。请先公布方案，或用 plan_id 指明一个。"
    en = "For those who enter the pathway's programme in {year} there are {plans} plans. Publish one, or name it."


class NotTakenInThisResult(BankError):
    """The frozen result does not take this learner."""

    status = 409
    code = "not_taken_in_this_result"
    zh = "定案结果的录取名单中没有这名学员，未办理。请核对学员编号。"
    en = "The frozen result takes no such learner; nothing was done. Check the member number."


class NamedTwice(BankError):
    """One learner stands twice in a call."""

    status = 409
    code = "named_twice"
    zh = "该学员在本次请求中出现了两次，只按第一次办理。"
    en = "This learner is named twice in the call; only the first was looked at."


class TakenAndGaveUp(BankError):
    """Taken, and gone since."""

    status = 409
    code = "taken_and_gave_up"
    zh = "该学员在定案后已放弃或退出贯通班，不再办理转入。定案结果不变。"
    en = "The learner gave up or left the cohort after the result; they do not progress. The result stays as it is."


class TakenAndSuspended(BankError):
    """Taken, and suspended: they come back first."""

    status = 409
    code = "taken_and_suspended"
    zh = "该学员现为休学，复学后再办理转入。"
    en = "The learner is suspended now. Let them progress once they have returned."


class EnrolledOtherwise(BankError):
    """They are enrolled by this result already, under another number or from another day."""

    status = 409
    code = "enrolled_otherwise"
    zh = "该学员已于 {day} 建立院校学籍，与本次所报的学号或日期不同，未作改动。需更正的，请更正该学籍记录。"
    en = (
        "The learner was enrolled at the college on {day} already, and the number or the day differs; nothing was "
        "changed. To correct it, correct the enrolment record."
    )


class EnrolmentWasTakenBack(BankError):
    """They progressed, and the record by which they were enrolled was withdrawn."""

    status = 409
    code = "enrolment_was_taken_back"
    zh = "该学员已办理转入，但其院校学籍记录后来被撤回。请由院校重新报送入学，再办理课程转换。"
    en = "They progressed, and their enrolment record was withdrawn since. Report it again, then claim the courses."


class CollegeMayNotUseRecords(BankError):
    """The learner has not consented that the college uses the school's records for recognition."""

    status = 409
    code = "college_may_not_use_records"
    zh = "学员尚未授权院校使用其他机构的学习成果，约定课程未代为申请。请由学员授权后再次办理，或由学员本人申请。"
    en = (
        "The learner has not consented that the college uses what others reported, so the agreed courses were not "
        "claimed. Call again once they have, or let them claim."
    )


class EnrolmentFoundNobody(BankError):
    """The bank's own records of the person do not lead back to them: an officer looks before anybody is enrolled."""

    status = 409
    code = "enrolment_found_nobody"
    zh = "按该学员在学分银行的姓名和证件未能找到其本人账户，未办理。请学分银行业务员核对其证件后再办。"
    en = (
        "By the name and document that the bank has of the learner their own account is not found; nothing was done. "
        "An officer has to look at the document first."
    )
