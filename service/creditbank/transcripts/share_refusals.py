"""What the bank says when a share cannot be made, found or opened."""

from __future__ import annotations

from creditbank.errors import BankError


class ShareCodeImpossible(BankError):
    """Not the code of a share: the bank never gives out such a one, so it is a slip of the hand and no guess."""

    status = 422
    code = "share_code_impossible"
    zh = "授权码不成立：{why_zh}"
    en = "The code cannot exist: {why_en}"


class ShareNotOpened(BankError):
    """No such code, or not its PIN: whoever does not hold both learns no more."""

    status = 404
    code = "share_not_opened"
    zh = "没有可查看的授权查询：授权码或口令不正确。请向出示人核对授权码；设有口令的，请一并填写。"
    en = "There is nothing to see: the code or the PIN is not right. Check the code with whoever gave it to you, and "
    en += "enter the PIN if you were given one."


class ShareOver(BankError):
    """Whoever holds the code and the PIN learns that it is over, and not in which way."""

    status = 410
    code = "share_over"
    zh = "该授权查询已结束，不再显示任何内容。如仍需核验，请向出示人索取新的授权码。"
    en = "This share is over and shows nothing any more. Ask whoever gave it to you for a new code."


class ShareLookOver(BankError):
    """What was opened can be read for half an hour; then it takes another opening."""

    status = 410
    code = "share_look_over"
    zh = "这次查看已超过 30 分钟。请重新输入授权码查看。"
    en = "This look is more than half an hour old. Enter the code again."


class SharePinTooPlain(BankError):
    """A PIN that others try first."""

    status = 422
    code = "share_pin_too_plain"
    zh = "口令过于简单：请勿使用相同或连续的数字、重复的数字组或出生日期。"
    en = "The PIN is too plain: no single digit over and over, no run, no repeated group and no date of birth."


class ShareTooLong(BankError):
    """Later than a share may last, or over before it begins."""

    status = 422
    code = "share_too_long"
    zh = "截止日期应在 {first} 至 {last} 之间（最长 {days} 天）。"
    en = "The last day lies between {first} and {last} ({days} days at most)."


class ShareOfNothing(BankError):
    """There is nothing to show."""

    status = 409
    code = "share_of_nothing"
    zh = "账户中还没有可以出示的学习成果。"
    en = "There is no record in the account to show yet."


class ShareRecordNotThere(BankError):
    """A chosen record is not among those that the learner has now."""

    status = 409
    code = "share_record_not_there"
    zh = "所选的学习成果中有不在该账户内或已撤回的，未建立授权查询。请刷新后重新选择。"
    en = "Some of the chosen records are not in the account, or no longer; nothing was made. Reload and choose again."


class TooManyShares(BankError):
    """So many stand open already that nobody could keep them in view."""

    status = 409
    code = "too_many_shares"
    zh = "同时有效的授权查询不能超过 {most} 个。请先关闭不再需要的授权查询。"
    en = "No more than {most} shares may be open at once. Close those that are no longer needed first."
