"""Why a row is refused, held, or deposited with a warning: each a sentence that says what to do next."""

from __future__ import annotations

from typing import ClassVar

from creditbank.errors import BankError


class RowRefused(BankError):
    """A row that cannot become a record as it stands; the others of its call are not touched."""

    status = 422


class DateInTheFuture(RowRefused):
    """Something that has not happened yet cannot be a result."""

    code = "date_in_the_future"
    zh = "日期 {day} 晚于今天，尚未发生的成果不能报送。请核对日期。"
    en = "The date {day} is after today: what has not happened yet cannot be reported. Check the date."


class DatesOutOfOrder(RowRefused):
    """It ended before it began."""

    code = "dates_out_of_order"
    zh = "结束日期 {ended} 早于开始日期 {started}。请核对两个日期。"
    en = "It ends on {ended}, before it starts on {started}. Check both dates."


class BeforeBirth(RowRefused):
    """The learner had not been born."""

    code = "before_birth"
    zh = "日期 {day} 早于该证件所载出生日期。请核对日期与证件号码。"
    en = "The date {day} is before the birth date in the document. Check the date and the number."


class AcademicYearImpossible(RowRefused):
    """An academic year is two years in a row."""

    code = "academic_year_impossible"
    zh = "学年 {year} 应为相邻两年，例如 2023-2024。"
    en = "The academic year {year} should be two years in a row, such as 2023-2024."


class LearnerNotIdentified(RowRefused):
    """Neither a document nor a student number."""

    code = "learner_not_identified"
    zh = "缺少证件号码，也没有学号。请至少提供一项；首次报送的学习者须提供证件。"
    en = "There is neither an identity document nor a student number. Give one; a new learner needs a document."


class StudentNumberUnknown(RowRefused):
    """The institution has enrolled nobody under this number."""

    code = "student_number_unknown"
    zh = "本机构没有该学号的学籍。请先报送入学（enrolment_event），或在本行提供证件号码。"
    en = (
        "Your institution has no enrolment under this student number. Report the enrolment first, or give the document."
    )


class StudentNumberMissing(RowRefused):
    """An enrolment is known by its student number."""

    code = "student_number_missing"
    zh = "学籍异动必须填写学号。"
    en = "An enrolment event needs a student number."


class ProgrammeUnknown(RowRefused):
    """The institution has published no such programme for that day."""

    code = "programme_unknown"
    zh = "本机构在 {day} 没有代码为 {programme} 的专业。请先公布该专业，或更正代码。"
    en = "Your institution has no programme {programme} on {day}. Publish it first, or correct the code."


class CourseUnknown(RowRefused):
    """Neither in the learner's plan nor in the institution's catalogue."""

    code = "course_unknown"
    zh = "课程 {course} 在 {day} 既不在人才培养方案中，也不在本机构课程目录中。请先公布该课程，或更正代码。"
    en = "Course {course} is neither in the plan nor in your catalogue on {day}. Publish it first, or correct the code."


class ScaleUnknown(RowRefused):
    """No such score scale on that day."""

    code = "scale_unknown"
    zh = "没有名为 {scale} 的成绩制。请先公布该成绩制，或更正名称。"
    en = "There is no score scale {scale}. Publish it first, or correct its name."


class CertificateStandardUnknown(RowRefused):
    """No such certificate standard on the day of issue."""

    code = "certificate_standard_unknown"
    zh = "在 {day} 没有代码为 {standard} 的证书标准。请更正代码，或请管理人员登记该标准。"
    en = "There is no certificate standard {standard} on {day}. Correct the code, or ask an officer to register it."


class CertificateLevelUnknown(RowRefused):
    """The standard has other levels."""

    code = "certificate_level_unknown"
    zh = "证书标准 {standard} 没有“{level}”这一等级，可用等级：{levels}。"
    en = "The standard {standard} has no level {level}; it has: {levels}."


class CertificateOfAnotherBody(RowRefused):
    """Only the body that issues a certificate reports it, once it reports here itself."""

    code = "certificate_of_another_body"
    status = 403
    zh = "该证书由{body}发证并自行报送，其他机构不能代报。请联系发证机构。"
    en = "{body} issues this certificate and reports it itself; no other institution can. Ask the issuing body."


class AccountClosed(RowRefused):
    """The learner closed the account; nothing more is deposited."""

    code = "account_closed"
    zh = "该个人学习账户已注销，不能再存入。"
    en = "This personal account is closed; nothing more can be deposited."


class LearnerErased(RowRefused):
    """The learner's personal data were destroyed: nothing can be sealed for them any more."""

    status = 409
    code = "learner_erased"
    zh = "该学习者的个人信息已依法删除，其账户不再变动。"
    en = "The learner's personal data were erased; nothing about their account changes any more."


class RecordAlreadyWithdrawn(BankError):
    """It was withdrawn before; sending the row again reports it anew."""

    status = 409
    code = "record_already_withdrawn"
    zh = "该学习成果已撤回。如需恢复，请重新报送该行。"
    en = "This record is withdrawn already. To restore it, send the row again."


class RecordAlreadyTheirs(BankError):
    """Nothing to reassign: it is this learner's."""

    status = 409
    code = "record_already_theirs"
    zh = "该学习成果已属于这位学习者，无需改派。"
    en = "This record belongs to that learner already; there is nothing to reassign."


class IdentityUnderReview(BankError):
    """The one thing that an institution learns of any doubt about who a row is for."""

    status = 202
    code = "identity_under_review"
    zh = "该行的身份信息须由学分银行人工核对，已妥善保存，无需重复报送；存入后将出现在变更记录中。"
    en = "The bank's officers are checking whose row this is. It is kept safe, do not send it again; once "
    en += "deposited it appears in the change feed."


class CreditsDifferFromPlan(BankError):
    """The row's own credits are not those of the plan: a person looks before anything is deposited."""

    status = 202
    code = "credits_differ_from_plan"
    zh = "该行学分 {reported} 与{source}所载 {planned} 不一致，已暂存待核。请更正该行，"
    zh += "或由管理人员核准后按方案学分存入。"
    en = "The row says {reported} credits, the {source_en} says {planned}; the row is held. Correct it, or an officer "
    en += "will decide whether it is deposited at the plan's credits."


class Warned:
    """Warnings that go with a deposit, by code: what was noticed, and what the institution may want to mend."""

    SENTENCES: ClassVar[dict[str, tuple[str, str]]] = {
        "course_outside_plan": (
            "该课程不在学习者的人才培养方案中，按本机构课程目录的学分存入。",
            "The course is not in the learner's plan; it was deposited at the catalogue's credits.",
        ),
        "enrolment_unknown": (
            "未查到学习者在本机构的学籍，按本机构课程目录的学分存入。请补报入学。",
            "No enrolment at your institution is known; deposited at the catalogue's credits. Report the enrolment.",
        ),
        "course_name_differs": (
            "课程名称与目录不一致，已按课程代码存入。请核对。",
            "The course name differs from the catalogue's; deposited by the code. Check it.",
        ),
        "identity_region_unassigned": (
            "证件号码前六位不是现行行政区划，仅作提示。",
            "The first six digits of the identity number are no present region; this is only a hint.",
        ),
        "issuer_not_connected": (
            "发证机构尚未接入，本行由其他机构代报，未经发证机构核验。",
            "The issuing body does not report here yet; another institution reported this and nobody has verified it.",
        ),
    }
