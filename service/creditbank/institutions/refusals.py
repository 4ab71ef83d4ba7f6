"""Why something is not published: each a sentence that says what to do next."""

from __future__ import annotations

from creditbank.errors import BankError


class ResultsStandOnIt(BankError):
    """Something that credits already stand on is not changed behind them."""

    status = 409
    code = "results_stand_on_it"
    zh = "{code} 自 {since} 起已有成果据此存入（最近 {last}）。请将变更的起始日改为 {last} 之后，或先撤回这些成果。"
    en = (
        "Credits stand on {code} as it was from {since} on, the latest of {last}. "
        "Let the change begin after {last}, or withdraw those records first."
    )


class PlanHasRecords(BankError):
    """A plan that records stand on is not edited; another version follows it."""

    status = 409
    code = "plan_has_records"
    zh = "方案 {version} 已有成绩据此存入，不能修改。请另存为新的版本。"
    en = "Results have been deposited by plan {version}: it is not edited any more. Publish another version."


class PlanCertificateUnknown(BankError):
    """A plan lists a certificate, or a level of one, that the bank has no standard of."""

    status = 422
    code = "plan_certificate_unknown"
    zh = "没有代码为 {standard} 的证书标准，或其中没有 {level} 等级。请核对，或先登记该证书标准。"
    en = "There is no certificate standard {standard}, or not at {level}. Check it, or enter the standard first."


class PlanTotalsDiffer(BankError):
    """The credits of the categories do not add up to the plan's total."""

    status = 422
    code = "plan_totals_differ"
    zh = "各类别学分合计 {sum}，与总学分 {total} 不符。请核对方案。"
    en = "The credits of the categories come to {sum}, not to the total of {total}. Check the plan."


class PlanPublishedTwice(BankError):
    """Two versions for one year of entry, published on one day: nobody could say which is in force."""

    status = 409
    code = "plan_published_twice"
    zh = "版本 {other} 已于同日（{day}）公布且适用年级重叠。请填写本版本实际公布的日期。"
    en = (
        "Version {other} was published on the same day ({day}) for some of the same years of entry. "
        "Give the day on which this version was published."
    )


class PublishedInTheFuture(BankError):
    """A plan is published when it has been."""

    status = 422
    code = "published_in_the_future"
    zh = "公布日期 {day} 晚于今天。请在公布之日起报送。"
    en = "It is said to be published on {day}, which is after today. Send it from that day on."


class ProgrammeLevelIsFixed(BankError):
    """A programme code stands for one level of education for good: learners are enrolled under it."""

    status = 409
    code = "programme_level_is_fixed"
    zh = "专业代码 {code} 的层次为 {level}，不能改为其他层次。请使用新的代码。"
    en = "The programme code {code} is of level {level} and cannot become another. Use a new code."


class ScoreScaleUnknown(BankError):
    """A course names a score scale that neither the institution nor the city has."""

    status = 422
    code = "course_scale_unknown"
    zh = "没有代码为 {scale} 的成绩制。请先公布该成绩制，或更正代码。"
    en = "There is no score scale {scale}. Publish it first, or correct the code."


class IdentifierOfAnotherInstitution(BankError):
    """An official identifier belongs to one institution."""

    status = 409
    code = "identifier_of_another_institution"
    zh = "{identifier} 已属于另一机构。请核对。"
    en = "{identifier} belongs to another institution already. Check it."


class InstitutionUnknown(BankError):
    """An issuer that the bank does not know."""

    status = 422
    code = "institution_unknown"
    zh = "没有编号为 {institution} 的机构。请核对。"
    en = "There is no institution {institution}. Check it."


class TermsOverlap(BankError):
    """Two terms of one institution on the same day."""

    status = 409
    code = "terms_overlap"
    zh = "与 {other} 学期重叠。请核对起止日期。"
    en = "It overlaps the term {other}. Check the dates."
