"""Why a question about pathways is refused."""

from __future__ import annotations

from creditbank.errors import BankError


class DayOutOfReach(BankError):
    """A day for which nothing sensible can be said."""

    status = 422
    code = "day_out_of_reach"
    zh = "只能查询 {first} 至 {last} 之间的日期。"
    en = "Ask about a day from {first} to {last}."


class FactNotKnown(BankError):
    """No fact of this name is declared."""

    status = 422
    code = "supposed_fact_not_known"
    zh = "没有名为“{fact}”的事实。可以设想的：{known}。"
    en = "There is no fact {fact}. What may be supposed: {known}."


class FactNotToSuppose(BankError):
    """The fact is declared, but it is not one that could be otherwise for this learner."""

    status = 422
    code = "supposed_fact_not_open"
    zh = "“{fact}”不能设想。可以设想的：{known}。"
    en = "{fact} cannot be supposed. What may be: {known}."


class SupposedImpossible(BankError):
    """The value is not of the fact's type, or no such value can be."""

    status = 422
    code = "supposed_value_impossible"
    zh = "“{fact}”不可能是这个值：{why_zh}"
    en = "{fact} cannot have this value: {why_en}"


class NotYoursToSuppose(BankError):
    """By trying suppositions one would learn what one may not see."""

    status = 403
    code = "not_yours_to_suppose"
    zh = "只有学习者本人、其监护人和本班高校可以设想：逐一试探会透露不应看到的个人信息。"
    en = "The learner, a guardian and the cohort's college may suppose: others would learn by trying what they may not."
