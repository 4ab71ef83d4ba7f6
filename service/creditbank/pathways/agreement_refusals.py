"""What is said no to about agreements, intakes and cohorts, and what to do about it."""

from __future__ import annotations

from creditbank.errors import BankError


class AgreementRefused(BankError):
    """Something that cannot be done with a pathway or a cohort as it stands."""

    status = 409


class RulesForbid(AgreementRefused):
    """A rule document says no; its findings say which clause and what would change it."""

    code = "agreement_rules_forbid"
    zh = "按规则文件 {document} 第 {clause} 条不予办理，理由见 findings。"
    en = "The rule document {document} forbids it, by its clause {clause}; the findings say why."


class RulesUnsettled(AgreementRefused):
    """The rules cannot say yes yet: something is not known."""

    code = "agreement_rules_unsettled"
    zh = "按规则文件尚不能判定（{clause}）：还缺少事实，findings 中写明由谁补充。"
    en = "The rules cannot decide it yet ({clause}): facts are missing, and the findings say who can supply them."


class PathwayInAnotherState(AgreementRefused):
    """The next act of a pathway depends on its state."""

    code = "pathway_in_another_state"
    zh = "该通道目前的状态是“{state}”，不能这样办理。"
    en = "The pathway is {state}; this cannot be done with it now."


class AlreadySigned(AgreementRefused):
    """An institution signs once."""

    code = "agreement_already_signed"
    zh = "贵机构已签署该协议。"
    en = "Your institution signed this agreement already."


class SignerMayNotFile(AgreementRefused):
    """Whoever entered or signed an agreement does not file it."""

    code = "signer_may_not_file"
    zh = "备案须由未参与提出和签署的人办理。"
    en = "An agreement is filed by somebody who neither entered nor signed it."


class PathwayRunOut(AgreementRefused):
    """An agreement that has run out starts nothing new."""

    code = "pathway_run_out"
    zh = "该通道协议已于 {until} 到期，不能据此新办。"
    en = "The agreement ran out on {until}; nothing new can stand on it."


class ProgrammeNotRun(AgreementRefused):
    """A programme that was abolished, or has not begun, starts nothing new."""

    code = "programme_not_run"
    zh = "专业 {programme} 在 {on} 不开办（已撤销或尚未开办），不能据此新办。"
    en = "Programme {programme} is not run on {on}: it was abolished or has not begun. Nothing new can stand on it."


class ProgrammeOfAnother(AgreementRefused):
    """A programme of an agreement is one of the institution's own."""

    status = 422
    code = "programme_of_another_institution"
    zh = "该专业不属于所写的机构。"
    en = "The programme is not one of the institution that is named."


class IntakeForAnotherYear(AgreementRefused):
    """A cohort enters in the year of its intake."""

    code = "intake_for_another_year"
    zh = "该招生计划是 {year} 年的，与所填年级不符。"
    en = "The intake is for {year}, which is not the year of entry given."


class CohortNotForming(AgreementRefused):
    """A cohort that was filed or closed admits nobody any more."""

    code = "cohort_not_forming"
    zh = "该贯通班已备案或已结束，不能再列入学员。备案后不得补报。"
    en = "The cohort was filed or is closed: nobody can be admitted to it any more."


class CohortFull(AgreementRefused):
    """The class limit, or the places of the year, are used up."""

    code = "cohort_full"
    zh = "名额已满：上限 {limit} 人，现有 {size} 人。"
    en = "It is full: at most {limit}, and there are {size}."


class InAnotherCohort(AgreementRefused):
    """One live membership of one kind of pathway for a person."""

    code = "in_another_cohort"
    zh = "该学生已在同类的另一个贯通班中。先在那里办理退出，或核对是否同一人。"
    en = (
        "The learner is in another cohort of this kind. They have to leave it first; or check whether it is one person."
    )


class AdmitterMayNotFile(AgreementRefused):
    """Whoever formed a cohort, or admitted somebody to it, does not file it."""

    code = "admitter_may_not_file"
    zh = "贯通班备案须由未参与组建和列入学员的人办理。"
    en = "A cohort is filed by somebody who neither formed it nor admitted its members."


class CohortEmpty(AgreementRefused):
    """Nobody can be filed of nobody."""

    code = "cohort_empty"
    zh = "该贯通班没有学员，不能备案。"
    en = "The cohort has no members to file."


class EventOutOfPlace(AgreementRefused):
    """What happens to a member comes in an order that can be."""

    code = "member_event_out_of_place"
    zh = "学员目前是“{status}”，不能办理“{event}”。"
    en = "The member is {status}; `{event}` cannot follow that."


class EventBeforeTheLast(AgreementRefused):
    """Events are dated in their order, and never ahead."""

    status = 422
    code = "member_event_before_the_last"
    zh = "日期须不早于上一事项（{last}）且不晚于今天。"
    en = "The day must not be before the last event ({last}), nor in the future."
