"""What is said no to about statements, and what to do about it."""

from __future__ import annotations

from creditbank.errors import BankError


class ScoreWithoutSitting(BankError):
    """A score belongs to a sitting: one of a round, or a day or year of an examination outside rounds."""

    status = 409
    code = "score_without_sitting"
    zh = "{subject} 的成绩没有对应的考试场次。转段考试请填写轮次和该轮次已登记的场次；其他考试请填写考试日期或年份。"
    en = (
        "The score of {subject} has no sitting. Of a stage examination name the round and a sitting that it declares; "
        "of another examination say its day or year."
    )


class SubjectNotOfSitting(BankError):
    """The sitting has other subjects."""

    status = 409
    code = "subject_not_of_sitting"
    zh = "第 {sitting} 场没有科目 {subject}。请核对科目名称，或先在轮次中登记该科目。"
    en = "Sitting {sitting} has no subject {subject}. Check its name, or add it to the sitting of the round first."


class PointsAboveFull(BankError):
    """More points than there are."""

    status = 409
    code = "points_above_full"
    zh = "{subject} 得分 {points} 高于满分 {full}。请核对得分，或在轮次中更正满分。"
    en = "{subject}: {points} points are more than the full marks, {full}. Check them, or correct the full marks."


class NoPointsForResult(BankError):
    """Whoever was absent, deferred or cheated has no points."""

    status = 409
    code = "no_points_for_result"
    zh = "{subject} 的结果为缺考、缓考或作弊，不能同时有得分。请删去得分，或更正结果。"
    en = "{subject}: whoever was absent, deferred or cheated has no points. Leave them out, or correct the result."


class NotYoursToState(BankError):
    """Each topic is stated by those who know it."""

    status = 403
    code = "not_yours_to_state"
    zh = "“{topic_zh}”由{who_zh}报送。请联系对方报送。"
    en = "This ({topic_en}) is stated by {who_en}. Ask them to state it."


class StatementOfAnother(BankError):
    """Whoever stated something corrects it, or an officer does."""

    status = 409
    code = "statement_of_another"
    zh = "该情况由另一方报送。请联系报送方更正，或请学分银行办理。"
    en = "Somebody else stated this. Ask them to correct it, or the credit bank."


class StatementNotLive(BankError):
    """A statement that was superseded or withdrawn is not withdrawn again."""

    status = 409
    code = "statement_not_live"
    zh = "该情况陈述已被更正或撤回。请读取最新的一条。"
    en = "This statement was corrected or withdrawn already. Read the one that holds now."


class StatementOfTheFuture(BankError):
    """Only what has happened is stated."""

    status = 409
    code = "statement_of_the_future"
    zh = "日期 {on} 在今天之后。请在发生之后报送。"
    en = "{on} is after today. State it once it has happened."


class StatedTwiceInOneBatch(BankError):
    """Two rows of one batch say different things of the same matter."""

    status = 409
    code = "stated_twice_in_one_batch"
    zh = "同一批中另一行对同一事项另有说法。请只保留一行。"
    en = "Another row of this batch says something else of the same matter. Keep one of them."
