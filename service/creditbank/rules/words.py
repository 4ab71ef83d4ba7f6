"""The words for amounts and conditions: what each holds and what it says."""

from __future__ import annotations

from creditbank.rules.facts import FACTS
from creditbank.rules.shapes import Block, Either, Later, Many, Part, Shape, Word

ORDER_WORDS = ("at_least", "at_most", "more_than", "less_than")
COMPARISONS = ("is", "in", *ORDER_WORDS, "stated")
STEP_WORDS = (
    "plus",
    "minus",
    "times",
    "divided_by",
    "not_below",
    "not_above",
    "round_down_to",
    "round_up_to",
    "round_half_up_to",
    "later_by",
    "earlier_by",
)
BEST_WORDS = ("highest", "lowest")
MEASURES = ("count", "sum", "highest", "lowest")
DATE_STEPS = ("later_by", "earlier_by")

NAME = Word("名字", "a name", pattern=r"[a-z0-9][a-z0-9-]*")
TEXT = Word("文字", "text")
DAY = Word("日期，如 2024-07-01", "a date such as 2024-07-01", pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LITERAL = Word("数、词或日期", "a number, a word or a date", scalar=True)
FACT = Word("事实", "a fact", choices=tuple(FACTS))
SAID = Block(
    "says",
    {
        "zh": Part(TEXT, "中文", "Chinese", required=True),
        "en": Part(TEXT, "英文", "English", required=True),
    },
)
CITED = Many(NAME)
CITES = Part(CITED, "依据：citations 中的名字", "the citations it stands on, by name")
SAYS = Part(SAID, "用中英文说清楚", "what it says, in both languages", required=True)


def _amount() -> Shape:
    return AMOUNT


def _condition() -> Shape:
    return CONDITION


AMOUNT_LATER = Later(_amount)
CONDITION_LATER = Later(_condition)
_WHEN = Part(CONDITION_LATER, "只在此时适用", "it applies only then")

_DURATION = Either(
    "duration",
    (
        Block(
            "duration-of-value",
            {"value": Part(NAME, "values 中的期限", "a period of `values`", required=True)},
            known_by=("value",),
        ),
        Word("期限，如 3 months", "a period such as 3 months", pattern=r"[0-9]{1,4} (?:days?|weeks?|months?|years?)"),
    ),
    "期限：如 3 months、2 weeks、6 years，或 {value: 名字}",
    "a period such as 3 months, 2 weeks, 6 years, or {value: name}",
)
STEP = Block(
    "step",
    {
        "plus": Part(AMOUNT_LATER, "加", "add"),
        "minus": Part(AMOUNT_LATER, "减", "take away"),
        "times": Part(AMOUNT_LATER, "乘", "multiply by"),
        "divided_by": Part(AMOUNT_LATER, "除以", "divide by"),
        "not_below": Part(AMOUNT_LATER, "最少为", "at the least"),
        "not_above": Part(AMOUNT_LATER, "最多为", "at the most"),
        "round_down_to": Part(LITERAL, "向下取到其倍数", "round down to a multiple of"),
        "round_up_to": Part(LITERAL, "向上取到其倍数", "round up to a multiple of"),
        "round_half_up_to": Part(LITERAL, "四舍五入到其倍数", "round half up to a multiple of"),
        "later_by": Part(_DURATION, "推后，如 3 months", "later by, such as 3 months"),
        "earlier_by": Part(_DURATION, "提前，如 6 years", "earlier by, such as 6 years"),
        "when": _WHEN,
    },
    one_of=(STEP_WORDS,),
)
CHOICE = Block(
    "choice",
    {
        "when": Part(CONDITION_LATER, "在此情形", "in this case"),
        "take": Part(AMOUNT_LATER, "取", "take this"),
        "otherwise": Part(AMOUNT_LATER, "其余情形取", "in every other case take this"),
    },
    one_of=(("take", "otherwise"),),
)
_SHARE = Either(
    "share",
    (
        Block(
            "share-of-value",
            {"value": Part(NAME, "values 中的份额", "a share of `values`", required=True)},
            known_by=("value",),
        ),
        Word(
            "份额，如 35% 或 1/3",
            "a share such as 35% or 1/3",
            pattern=r"[0-9]{1,3}(?:\.[0-9]{1,4})?%|[1-9][0-9]?/[1-9][0-9]?",
        ),
    ),
    "份额：35%、1/3，或 {value: 名字}",
    "a share: 35%, 1/3, or {value: name}",
)
_OVER = Part(
    NAME,
    "哪一组：事实所说的一组，或 sets 中的一组",
    "which rows: a set of the question, or one of `sets`",
    required=True,
)
_WHERE = Part(CONDITION_LATER, "只要符合的", "only those for which it holds")
_MEASURES = (
    Block(
        "count",
        {
            "count": Part(NAME, "数一组有几条", "how many rows of a set", required=True),
            "where": _WHERE,
            "once_per": Part(AMOUNT_LATER, "此量相同的只数一次", "rows that are alike in this count once"),
        },
        known_by=("count",),
    ),
    Block(
        "sum",
        {
            "sum": Part(AMOUNT_LATER, "逐条相加", "add this up, row by row", required=True),
            "over": _OVER,
            "where": _WHERE,
        },
        known_by=("sum",),
    ),
    *(
        Block(
            word,
            {
                word: Part(AMOUNT_LATER, zh, en, required=True),
                "over": _OVER,
                "where": _WHERE,
                "if_none": Part(AMOUNT_LATER, "一条也没有时取", "what to take where there is no row"),
            },
            known_by=(word,),
        )
        for word, zh, en in (
            ("highest", "各条中最高的", "the highest of the rows"),
            ("lowest", "各条中最低的", "the lowest of the rows"),
        )
    ),
)
AMOUNT = Either(
    "amount",
    (
        Block("of-fact", {"fact": Part(FACT, "取一个事实", "a fact", required=True)}, known_by=("fact",)),
        Block(
            "of-value",
            {"value": Part(NAME, "取 values 中的数", "a figure of `values`", required=True)},
            known_by=("value",),
        ),
        Block(
            "of-named",
            {"named": Part(NAME, "取 names 中的量", "an amount of `names`", required=True)},
            known_by=("named",),
        ),
        Block(
            "of-table",
            {
                "table": Part(NAME, "查 tables 中的表", "look a table up", required=True),
                "column": Part(NAME, "取哪一列（只有一列时可不写）", "which column, where there are several"),
            },
            known_by=("table",),
        ),
        Block(
            "calculation",
            {
                "start": Part(AMOUNT_LATER, "从此数算起", "begin with", required=True),
                "then": Part(Many(STEP), "依次", "and then, in this order", required=True),
            },
            known_by=("start", "then"),
        ),
        Block(
            "choosing",
            {"choose": Part(Many(CHOICE), "按情形取，取第一个成立的", "the first that holds", required=True)},
            known_by=("choose",),
        ),
        Block(
            "share-of",
            {
                "share": Part(_SHARE, "份额：35%、1/3，或 {value: 名字}", "35%, 1/3, or {value: name}", required=True),
                "of": Part(AMOUNT_LATER, "什么的份额", "a share of what", required=True),
            },
            known_by=("share", "of"),
        ),
        *_MEASURES,
        LITERAL,
    ),
    "一个量：数、词，或 fact、value、named、table、start、choose、share、count、sum、highest、lowest 之一",
    "an amount: a number, a word, or one of fact, value, named, table, start, choose, share, count, sum, highest or "
    "lowest",
)
COMPARISON = Block(
    "comparison",
    {
        "fact": Part(FACT, "比较哪个事实", "the fact to compare"),
        "named": Part(NAME, "比较哪个量", "the named amount to compare"),
        "is": Part(AMOUNT_LATER, "等于", "equals"),
        "in": Part(Many(LITERAL), "为其中之一", "is one of"),
        "at_least": Part(AMOUNT_LATER, "不低于（不早于）", "at least (not before)"),
        "at_most": Part(AMOUNT_LATER, "不高于（不晚于）", "at most (not after)"),
        "more_than": Part(AMOUNT_LATER, "高于（晚于）", "more than (after)"),
        "less_than": Part(AMOUNT_LATER, "低于（早于）", "less than (before)"),
        "stated": Part(Word("yes 或 no", "yes or no", choices=("yes", "no")), "是否报送", "whether it is known at all"),
    },
    one_of=(("fact", "named"), COMPARISONS),
    known_by=("fact", "named"),
)
CONDITION = Either(
    "condition",
    (
        COMPARISON,
        Block(
            "all-of",
            {"all": Part(Many(CONDITION_LATER), "全部成立", "every one holds", required=True)},
            known_by=("all",),
        ),
        Block(
            "any-of",
            {"any": Part(Many(CONDITION_LATER), "至少一个成立", "at least one holds", required=True)},
            known_by=("any",),
        ),
        Block(
            "none-of",
            {"none": Part(Many(CONDITION_LATER), "都不成立", "none holds", required=True)},
            known_by=("none",),
        ),
        Block(
            "counted-in",
            {"this_is_in": Part(NAME, "本条在 sets 的这一组里", "this record is in the set", required=True)},
            known_by=("this_is_in",),
        ),
        Block(
            "exists",
            {
                "exists": Part(NAME, "这一组里有一条", "there is a row in the set", required=True),
                "where": Part(CONDITION_LATER, "而且符合", "for which this holds"),
            },
            known_by=("exists",),
        ),
        Block(
            "every",
            {
                "every": Part(NAME, "这一组里的每一条", "each row of the set", required=True),
                "has": Part(CONDITION_LATER, "都符合", "for which this must hold", required=True),
            },
            known_by=("every",),
        ),
    ),
    "一个条件：all、any、none、this_is_in、exists、every，或 fact / named 加一个比较词",
    "a condition: all, any, none, this_is_in, exists, every, or fact / named with one comparison",
)
