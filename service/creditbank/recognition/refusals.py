"""What is said no to about claims, and what to do about it."""

from __future__ import annotations

from creditbank.errors import BankError

# --- making a claim -----------------------------------------------------------------------------------------------


class PlanNotOfTheLearner(BankError):
    """No enrolment of the learner has this plan."""

    status = 409
    code = "plan_not_of_the_learner"
    zh = "学习者没有适用该人才培养方案的学籍。请核对方案，或请院校补报入学。"
    en = "No enrolment of this learner has that plan. Check the plan, or ask the college to report the enrolment."


class CourseNotInPlan(BankError):
    """Only courses of the plan are replaced."""

    status = 409
    code = "course_not_in_plan"
    zh = "人才培养方案中没有课程 {course}。请按方案中的课程代码申请。"
    en = "The plan has no course {course}. Claim a course by its code in the plan."


class CourseClaimedTwice(BankError):
    """Two lines of one claim name the same course."""

    status = 409
    code = "course_claimed_twice"
    zh = "同一申请中课程 {course} 出现了两次。请合并为一行，所用成果写在一起。"
    en = "The claim names course {course} twice. Make it one line with all the records it uses."


class CourseAlreadyReplaced(BankError):
    """A course of a plan is replaced once: what stands, or is being decided, comes first."""

    status = 409
    code = "course_already_replaced"
    zh = "课程 {course} 已由另一申请转换，或正在办理。一门课程只转换一次。"
    en = "Course {course} is replaced by another claim already, or is being decided. A course is replaced once."


class RecordNotLive(BankError):
    """A record that was withdrawn or moved away meanwhile stands for nothing."""

    status = 409
    code = "record_not_live"
    zh = "所用的学习成果已撤回或不再属于学习者，不能用于转换。"
    en = "A record that the line uses was withdrawn or is no longer the learner's; it cannot be converted."


class LearnerClaimedTwice(BankError):
    """One learner stands twice in a class claim."""

    status = 409
    code = "learner_claimed_twice"
    zh = "该学习者在本次班级申请中出现了两次。请合并为一份申请。"
    en = "This learner stands twice in the class claim. Put all of their lines into one."


# --- a claim on its way -------------------------------------------------------------------------------------------


class ClaimAlreadyDecided(BankError):
    """Nothing is open in it any more."""

    status = 409
    code = "claim_already_decided"
    zh = "该申请已办结。对结果有异议的，可在期限内申诉。"
    en = "This claim has been decided. Whoever disagrees may appeal in time."


class ClaimLapsed(BankError):
    """It held uses and room for as long as the rules say, and was not decided by then."""

    status = 409
    code = "claim_lapsed"
    zh = "该申请在预留期限内未能办结，已失效，所占成果和学分余额已释放。请重新申请。"
    en = "This claim was not decided while it could hold what it uses, and has lapsed. Claim again."


class LineNotOpen(BankError):
    """That line is decided or withdrawn."""

    status = 409
    code = "line_not_open"
    zh = "第 {line} 行已办结或已撤回。"
    en = "Line {line} is decided or withdrawn already."


class LineUnknown(BankError):
    """The claim has no such line."""

    status = 409
    code = "line_unknown"
    zh = "该申请没有第 {line} 行。"
    en = "The claim has no line {line}."


class NotThisHandsTurn(BankError):
    """The claim lies in another hand, or at another step."""

    status = 409
    code = "not_this_hands_turn"
    zh = "该申请现不在步骤“{step}”。请重新读取后再办理。"
    en = "The claim is not at step {step} now. Read it again."


class StepTimeIsOver(BankError):
    """The last day of the step is past: what silence means has happened, or is about to be written down."""

    status = 409
    code = "step_time_is_over"
    zh = "该步骤已于 {due_on} 到期，按规则视同已有结果。"
    en = "The time of this step ended on {due_on}; what silence means holds."


class StepIsStopped(BankError):
    """An objection, or the learner's time to contest, comes first."""

    status = 409
    code = "step_is_stopped"
    zh = "该步骤暂停中：有异议待处理，或学习者尚在举证期内。"
    en = "This step is stopped: an objection is to be decided first, or the learner may still bring evidence."


class NotForThisStep(BankError):
    """A review is approved or refused, a verification holds or fails, a notice runs by itself."""

    status = 409
    code = "not_for_this_step"
    zh = "步骤“{step}”不能作此处理。"
    en = "Step {step} does not end like that."


class RefusalNeedsReason(BankError):
    """Whoever refuses says why."""

    status = 422
    code = "refusal_needs_reason"
    zh = "不同意的，请写明理由。"
    en = "Say why it is refused."


class FactNotOfThisHand(BankError):
    """A hand supplies the facts that are its own to know, and no others."""

    status = 409
    code = "fact_not_of_this_hand"
    zh = "“{fact}”不由本步骤的经办者提供。"
    en = "{fact} is not for this hand to say."


class FactNotMissing(BankError):
    """What is known is corrected where it was reported, not in a claim."""

    status = 409
    code = "fact_not_missing"
    zh = "“{fact}”已知，或该行不需要。需更正的，请由报送机构更正学习成果。"
    en = "{fact} is known, or the line does not need it. To correct it, correct the record where it was reported."


class FactUnreadable(BankError):
    """The value is not of the fact's type."""

    status = 422
    code = "fact_unreadable"
    zh = "“{fact}”的取值不符合要求：{why_zh}"
    en = "The value of {fact} cannot be read: {why_en}"


class FactsStillMissing(BankError):
    """What the rules must know, and this hand could say, has not been said."""

    status = 409
    code = "facts_still_missing"
    zh = "尚缺本步骤应提供的事实：{facts}。请先补充，或写明理由不予同意。"
    en = "Facts that are for this hand to say are missing: {facts}. Supply them, or refuse with the reason."


class NothingToContest(BankError):
    """No verification of that line failed, or the time to bring evidence is over."""

    status = 409
    code = "nothing_to_contest"
    zh = "第 {line} 行没有可提出异议的核验结果，或举证期限已过。"
    en = "No verification of line {line} can be contested, or the time to bring evidence is over."


# --- objections ---------------------------------------------------------------------------------------------------


class ObjectionAlreadyDecided(BankError):
    """It was upheld or dismissed before."""

    status = 409
    code = "objection_already_decided"
    zh = "该异议已处理。"
    en = "This objection has been decided."


class OwnObjection(BankError):
    """Who objected does not decide the objection."""

    status = 409
    code = "own_objection"
    zh = "不能处理自己提出的异议，请由他人办理。"
    en = "Nobody decides their own objection; somebody else has to."


class ObjectedAlready(BankError):
    """One person objects to a claim once."""

    status = 409
    code = "objected_already"
    zh = "您已对该申请提出异议，正在处理或已处理。"
    en = "You have objected to this claim already."


# --- appeals and reviews ------------------------------------------------------------------------------------------


class NothingToAppeal(BankError):
    """Only what was refused, reduced or ended can be appealed against."""

    status = 409
    code = "nothing_to_appeal"
    zh = "第 {line} 行没有可申诉的决定。"
    en = "Line {line} has no decision to appeal against."


class AppealTimeIsOver(BankError):
    """The days in which it could be appealed have passed."""

    status = 409
    code = "appeal_time_is_over"
    zh = "申诉期限已于 {until} 届满。"
    en = "The time to appeal ended on {until}."


class ReviewedAlready(BankError):
    """Each decision is appealed against once, and reviewed by a person once: whoever decided does not decide again."""

    status = 409
    code = "reviewed_already"
    zh = "对该行的这项决定已经复核过，结论和理由见申请。"
    en = "This decision of the line was reviewed before: the claim says how that was decided, and why."


class AppealPending(BankError):
    """One at a time."""

    status = 409
    code = "appeal_pending"
    zh = "该行已有申诉或人工复核在办理中。"
    en = "An appeal or review of this line is under way."


class DecidedByPeople(BankError):
    """A review by a person is for what the rules alone refused; the rest is appealed against."""

    status = 409
    code = "decided_by_people"
    zh = "该决定由人作出，请提出申诉。"
    en = "People took this decision: appeal against it."


class AppealAlreadyDecided(BankError):
    """It was upheld or dismissed before."""

    status = 409
    code = "appeal_already_decided"
    zh = "该申诉已有结论。"
    en = "This appeal has been decided."


class ReviewerActedBefore(BankError):
    """The second reviewer is nobody who acted on the claim."""

    status = 409
    code = "reviewer_acted_before"
    zh = "您此前办理过该申请，不能复核。请由其他复核人办理。"
    en = "You acted on this claim before; another reviewer has to decide."


# --- overrides ----------------------------------------------------------------------------------------------------


class MoreThanTheCourse(BankError):
    """No decision makes more of a course than the plan gives it."""

    status = 409
    code = "more_than_the_course"
    zh = "课程 {course} 在方案中为 {credits} 学分，不能授予更多。"
    en = "Course {course} has {credits} credits in the plan; nobody can grant more."


class ExpiryNotAhead(BankError):
    """An override ends on a day to come."""

    status = 422
    code = "expiry_not_ahead"
    zh = "失效日期须在今天之后，且不超过十年。"
    en = "It has to expire after today and within ten years."


class OverrideNotProposed(BankError):
    """It was agreed to or declined before."""

    status = 409
    code = "override_not_proposed"
    zh = "该例外决定已有结论，无需再次确认。"
    en = "This override has been agreed to or declined already."


class SecondPersonNeeded(BankError):
    """Whoever proposed it cannot agree to it."""

    status = 409
    code = "second_person_needed"
    zh = "增加学分的例外决定须由另一人确认。"
    en = "An override that raises credits is agreed to by a second person."


class LineStillOpen(BankError):
    """An override follows a decision; an open line is decided first."""

    status = 409
    code = "line_still_open"
    zh = "第 {line} 行尚未办结，请先办结。"
    en = "Line {line} is still open; have it decided first."


class OverridePending(BankError):
    """One at a time."""

    status = 409
    code = "override_pending"
    zh = "该行已有待确认的例外决定。"
    en = "An override of this line waits for a second person already."


class NothingFlagged(BankError):
    """Nobody was asked to look at it."""

    status = 409
    code = "nothing_flagged"
    zh = "该申请没有待复查的事项。"
    en = "Nothing in this claim waits to be looked at."


# --- giving up ----------------------------------------------------------------------------------------------------


class ConversionDoesNotStand(BankError):
    """Only a line that was granted, and still stands, can be given up."""

    status = 409
    code = "conversion_does_not_stand"
    zh = "第 {line} 行没有有效的转换，无从放弃；尚未办结的行请用撤回。"
    en = "Line {line} has no conversion that stands: there is nothing to give up. Take back a line that is still open."


class DiplomaStandsOnConversion(BankError):
    """What somebody graduated on is not given up."""

    status = 409
    code = "diploma_stands_on_conversion"
    zh = "学习者已凭该方案毕业，其中的转换不能放弃。"
    en = "The learner graduated on this plan; a conversion in it cannot be given up."
