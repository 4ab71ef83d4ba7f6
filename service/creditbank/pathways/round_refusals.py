"""What is said no to about rounds, and what to do about it."""

from __future__ import annotations

from creditbank.errors import BankError


class RoundRefused(BankError):
    """Something that cannot be done with a round as it stands."""

    status = 409


# --- opening --------------------------------------------------------------------------------------------------------


class RoundUnderWay(RoundRefused):
    """One round of a cohort at a time."""

    code = "round_under_way"
    zh = "该贯通班的第 {number} 轮尚未结束。请先定案或作废，再开新的轮次。"
    en = "Round {number} of this cohort is under way. Freeze or abandon it before another is opened."


class NoSecondRound(RoundRefused):
    """The document allows no round after the first, or both have been."""

    code = "no_second_round"
    zh = "按该通道的规则不再开新的轮次。"
    en = "By the pathway's rules there is no further round."


class NoRoundInDocument(RoundRefused):
    """No document says how a round of this pathway is run."""

    code = "no_round_in_document"
    zh = "没有适用于该通道、写明轮次办法的规则文件。请先发布规则。"
    en = "No rule document in force says how a round of this pathway is run. Publish one first."


class NobodyToDecide(RoundRefused):
    """The cohort has no live member who can be a candidate."""

    code = "nobody_to_decide"
    zh = "该贯通班没有可以参评的在册学员。"
    en = "This cohort has no live member who could be a candidate."


class CohortClosedForRounds(RoundRefused):
    """A cohort that was closed has no more rounds."""

    code = "cohort_closed_for_rounds"
    zh = "该贯通班已结束，不能再开轮次。"
    en = "This cohort is closed; it has no more rounds."


class CollectingEndsInThePast(RoundRefused):
    """The last day for facts is today or later."""

    status = 422
    code = "collecting_ends_in_the_past"
    zh = "收集材料的截止日期不能早于今天。"
    en = "The last day for facts cannot lie before today."


# --- on its way -----------------------------------------------------------------------------------------------------


class RoundInAnotherState(RoundRefused):
    """The round is not in the state in which that is done."""

    code = "round_in_another_state"
    zh = "该轮次现为“{state_zh}”，不能进行此操作。请重新读取，查看下一步。"
    en = "The round is {state} now, so this cannot be done. Read it again: it says what comes next."


class RoundAlreadyFrozen(RoundRefused):
    """What is frozen does not change."""

    code = "round_already_frozen"
    zh = "该轮次已定案（{result}），结果不再变更；之后到达的事实由人复查。"
    en = "The round is frozen as {result} and does not change; what becomes known later is reviewed by people."


class RoundStillCollects(RoundRefused):
    """Facts may still be stated."""

    code = "round_still_collects"
    zh = "材料收集至 {until}，到该日方可判定。"
    en = "Facts are collected until {until}; it can be decided from that day on."


class NotUnknown(RoundRefused):
    """Only somebody about whom something is not known is set aside."""

    code = "not_unknown"
    zh = "{member} 号学员并非条件不明，不能搁置；不符的按规则自会不予。"
    en = "Nothing is unknown about member {member}, so they cannot be set aside: the rules decide them."


class NobodyTied(RoundRefused):
    """There is nothing to choose."""

    code = "nobody_tied"
    zh = "该轮次没有须由人决定的末位同分。"
    en = "Nobody is tied across the last seats of this round."


class NotTied(RoundRefused):
    """Somebody who is not among the tied."""

    code = "not_tied"
    zh = "{member} 号学员不在末位同分者之中。"
    en = "Member {member} is not among those tied across the last seats."


class TieTakesAllSeats(RoundRefused):
    """Exactly the seats left are given."""

    code = "tie_takes_all_seats"
    zh = "剩余名额为 {seats}，选了 {chosen} 人。请恰好选满。"
    en = "There are {seats} seats left and {chosen} were chosen. Choose exactly as many."


class NothingToGiveUp(RoundRefused):
    """Only a place, or the chance of one, is given up."""

    code = "nothing_to_give_up"
    zh = "您在该轮次没有可以放弃的名额。"
    en = "There is no place of yours in this round to give up."


# --- on notice ------------------------------------------------------------------------------------------------------


class CandidatesUnknown(RoundRefused):
    """Unknown is no refusal: it is settled before anything is published."""

    code = "candidates_unknown"
    zh = "以下学员的条件尚不明确，不能公示：{members}。请补充事实后重新判定，或写明理由搁置。"
    en = (
        "Something is unknown about these members, so the list cannot be published: {members}. Supply the facts, or "
        "set them aside with a reason."
    )


class TieUndecided(RoundRefused):
    """Those tied across the last seats are told apart before anything is published."""

    code = "tie_undecided"
    zh = "以下学员末位同分，尚未决定取舍，不能公示：{members}。"
    en = "These members are tied across the last seats and nobody has chosen among them: {members}."


class NoticeIsOver(RoundRefused):
    """The last minute of the last day is past."""

    code = "notice_is_over"
    zh = "公示已于 {until} 期满，不再受理异议。"
    en = "The notice ended with {until}; no more objections are taken."


class MemberObjectedToAlready(RoundRefused):
    """One person objects to one member once in a notice."""

    code = "member_objected_to_already"
    zh = "您已对该学员提出异议，正在处理或已处理。"
    en = "You have objected to this member already; it is being decided or was."


class UpheldChangesNothing(RoundRefused):
    """An objection is upheld by what follows from it."""

    code = "upheld_changes_nothing"
    zh = "支持异议须有所变更：请先由报送方更正事实，或将该学员搁置；事实无误的，请予驳回。"
    en = (
        "Upholding has to change something: have the fact corrected first, or set the member aside. If the facts are "
        "right, dismiss it."
    )


class ObjectionsOpen(RoundRefused):
    """Every objection is decided first."""

    code = "objections_open"
    zh = "尚有异议未处理，须先处理才能报备或作废。"
    en = "Objections are still open: decide them before the list is filed or the round is abandoned."


# --- filed and frozen -----------------------------------------------------------------------------------------------


class NothingFiled(RoundRefused):
    """There is no sheet before the list is filed."""

    code = "nothing_filed"
    zh = "该轮次的名单尚未报备。"
    en = "The list of this round has not been filed."


class FilerFreezes(RoundRefused):
    """Two people: whoever had a hand in the round does not freeze it."""

    code = "filer_freezes"
    zh = "参与过该轮次办理的人不能定案，须由另一人办理。"
    en = "Whoever had a hand in the round does not freeze it; a second person has to."


class FilingSaysOtherwise(RoundRefused):
    """The sheet made now is not the one that was filed."""

    code = "filing_says_otherwise"
    zh = "报备名单中的内容（如姓名、证件）在报备后有变，摘要不符。请高校重新报备。"
    en = "Something the filed sheet says, a name or a document, has changed since. The college has to file it again."


class ReviewAlreadyClosed(RoundRefused):
    """A review ends once."""

    code = "review_already_closed"
    zh = "该复查已结束。"
    en = "This review is closed."
