"""The vocabulary of rule documents: every word, what it holds and what it says. `docs/rules.md` shows each in use."""

from __future__ import annotations

from creditbank.rules.facts import FACTS, QUESTIONS
from creditbank.rules.shapes import Block, Either, Later, Many, Named, Part, Schema, Shape, Word
from creditbank.rules.units import NUMBER_UNITS

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
)
BEST_WORDS = ("highest", "lowest")
MARKS = ("V", "V~", "O", "拟定")
STATUSES = ("in_force", "draft", "published", "proposal")

_name = Word("名字", "a name", pattern=r"[a-z0-9][a-z0-9-]*")
_text = Word("文字", "text")
_day = Word("日期，如 2024-07-01", "a date such as 2024-07-01", pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_literal = Word("数、词或日期", "a number, a word or a date", scalar=True)
_fact = Word("事实", "a fact", choices=tuple(FACTS))
_says = Block(
    "says",
    {
        "zh": Part(_text, "中文", "Chinese", required=True),
        "en": Part(_text, "英文", "English", required=True),
    },
)
_cites = Many(_name)
CITES = Part(_cites, "依据：citations 中的名字", "the citations it stands on, by name")
SAYS = Part(_says, "用中英文说清楚", "what it says, in both languages", required=True)


def _amount() -> Shape:
    return AMOUNT


def _condition() -> Shape:
    return CONDITION


AMOUNT_LATER = Later(_amount)
CONDITION_LATER = Later(_condition)
_WHEN = Part(CONDITION_LATER, "只在此时适用", "it applies only then")

STEP = Block(
    "step",
    {
        "plus": Part(AMOUNT_LATER, "加", "add"),
        "minus": Part(AMOUNT_LATER, "减", "take away"),
        "times": Part(AMOUNT_LATER, "乘", "multiply by"),
        "divided_by": Part(AMOUNT_LATER, "除以", "divide by"),
        "not_below": Part(AMOUNT_LATER, "最少为", "at the least"),
        "not_above": Part(AMOUNT_LATER, "最多为", "at the most"),
        "round_down_to": Part(_literal, "向下取到其倍数", "round down to a multiple of"),
        "round_up_to": Part(_literal, "向上取到其倍数", "round up to a multiple of"),
        "round_half_up_to": Part(_literal, "四舍五入到其倍数", "round half up to a multiple of"),
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
AMOUNT = Either(
    "amount",
    (
        Block("of-fact", {"fact": Part(_fact, "取一个事实", "a fact", required=True)}, known_by=("fact",)),
        Block(
            "of-value",
            {"value": Part(_name, "取 values 中的数", "a figure of `values`", required=True)},
            known_by=("value",),
        ),
        Block(
            "of-named",
            {"named": Part(_name, "取 names 中的量", "an amount of `names`", required=True)},
            known_by=("named",),
        ),
        Block(
            "of-table",
            {
                "table": Part(_name, "查 tables 中的表", "look a table up", required=True),
                "column": Part(_name, "取哪一列（只有一列时可不写）", "which column, where there are several"),
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
        _literal,
    ),
    "一个量：数、词，或 fact、value、named、table、start、choose 之一",
    "an amount: a number, a word, or one of fact, value, named, table, start, choose",
)
COMPARISON = Block(
    "comparison",
    {
        "fact": Part(_fact, "比较哪个事实", "the fact to compare"),
        "named": Part(_name, "比较哪个量", "the named amount to compare"),
        "is": Part(AMOUNT_LATER, "等于", "equals"),
        "in": Part(Many(_literal), "为其中之一", "is one of"),
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
            {"this_is_in": Part(_name, "本条在 sets 的这一组里", "this record is in the set", required=True)},
            known_by=("this_is_in",),
        ),
    ),
    "一个条件：all、any、none、this_is_in，或 fact / named 加一个比较词",
    "a condition: all, any, none, this_is_in, or fact / named with one comparison",
)

CITATION = Block(
    "citation",
    {
        "title": Part(_text, "文件名称", "title of the document", required=True),
        "issuer": Part(_text, "发布单位", "who issued it", required=True),
        "number": Part(_text, "文号", "its number"),
        "clause": Part(_text, "条款", "clause"),
        "address": Part(Word("网址", "a web address", pattern=r"https?://\S+"), "网址", "where it was read"),
        "read_on": Part(_day, "阅读日期", "the day it was read"),
        "mark": Part(
            Word("标记", "a mark", choices=MARKS),
            "V 原文；V~ 转载或不完整；O 常识；拟定 本行建议",
            "V read in the source; V~ in a copy; O general knowledge; 拟定 the bank's proposal",
            required=True,
        ),
        "status": Part(
            Word("效力", "a status", choices=STATUSES),
            "效力：施行、征求意见稿、院校公布、本行建议",
            "in force, a draft, published by a college, or the bank's proposal",
            required=True,
        ),
        "copy": Part(
            Word("转载类型", "kind of copy", choices=("mirror", "reprint", "hijacked")),
            "读的是转载",
            "it was read in a copy",
        ),
        "quote": Part(_text, "原文（只引正式文本）", "its words (only from an official text that was read)"),
        "note": Part(_says, "说明", "a note"),
    },
)
VALUE = Block(
    "value",
    {
        "is": Part(_literal, "数值", "the figure", required=True),
        "unit": Part(Word("单位", "a unit", choices=tuple(NUMBER_UNITS)), "单位", "its unit", required=True),
        "says": SAYS,
        "cites": CITES,
    },
)
_cell = Either(
    "cell",
    (
        _literal,
        Many(_literal),
        Block(
            "range",
            {
                "from": Part(_literal, "从（含）", "from, inclusive"),
                "to": Part(_literal, "到（含）", "to, inclusive"),
                "below": Part(_literal, "不到（不含）", "below, exclusive"),
            },
        ),
    ),
    "一格：词、[词, 词]、{from, to}、any",
    "a cell: a word, [words], {from, to}, or any",
)
_by = Either(
    "by",
    (
        Block("by-fact", {"fact": Part(_fact, "按此事实", "by this fact", required=True)}, known_by=("fact",)),
        Block("by-named", {"named": Part(_name, "按此量", "by this amount", required=True)}, known_by=("named",)),
    ),
    "fact 或 named",
    "fact or named",
)
TABLE = Block(
    "table",
    {
        "says": SAYS,
        "by": Part(Many(_by), "按什么查", "what it is looked up by", required=True),
        "gives": Part(
            Named(_text),
            "各列的单位，或与哪个事实同类",
            "its columns: a unit, or the fact of the same type",
            required=True,
        ),
        "rows": Part(
            Many(Many(_cell)), "每行：先是各格条件，后是各列的值", "rows: the cells, then the values", required=True
        ),
        "otherwise": Part(Many(_literal), "其余各行的值", "the values of every other row"),
        "cites": CITES,
    },
)
NAMED_AMOUNT = Block(
    "named-amount",
    {
        "says": SAYS,
        "gives": Part(_text, "单位，或与哪个事实同类", "its unit, or the fact of the same type", required=True),
        "amount": Part(AMOUNT_LATER, "怎么算", "how it comes about", required=True),
        "cites": CITES,
    },
)
BEST_KEY = Block(
    "best-key",
    {
        "highest": Part(AMOUNT_LATER, "此量最高（最晚）者在前", "the highest (latest) first"),
        "lowest": Part(AMOUNT_LATER, "此量最低（最早）者在前", "the lowest (earliest) first"),
        "unstated": Part(
            Word("last 或 unknown", "last or unknown", choices=("last", "unknown")),
            "未报送的：last 排在最后，unknown 则不能定先后",
            "rows that do not state it: last puts them last, unknown leaves the order open",
        ),
    },
    one_of=(BEST_WORDS,),
)
SET = Block(
    "set",
    {
        "says": SAYS,
        "of": Part(_name, "从哪一组", "of which rows", required=True),
        "where": Part(CONDITION_LATER, "只要符合的", "only those for which it holds"),
        "best": Part(Many(BEST_KEY), "只取最好的一条，依次比较", "only the best one, compared in this order"),
        "cites": CITES,
    },
)
CLAUSE = Block(
    "clause",
    {
        "id": Part(_name, "条款名", "its name", required=True),
        "says": SAYS,
        "cites": CITES,
        "when": Part(CONDITION_LATER, "只在此时适用，否则不出现", "the clause speaks only then"),
        "unless": Part(CONDITION_LATER, "此时免除", "whoever meets this is exempt"),
        "require": Part(CONDITION_LATER, "必须成立", "this must hold"),
        "otherwise": Part(
            Word("后果", "a consequence", choices=("refuse", "refer", "warn")),
            "不成立时：refuse 不予认定（默认）、refer 交人判定、warn 仅提示",
            "what failing means: refuse (when not said), refer to a person, warn",
        ),
    },
)
_case_facts = Named(_literal, keys=r"[a-z]+\.[a-z_]+", keys_zh="事实的名字", keys_en="the name of a fact")
_without = Part(Many(_fact), "去掉这些事实", "these facts are not known")
OTHER = Block(
    "other",
    {
        "id": Part(_name, "另一条成果的名字", "its name", required=True),
        "facts": Part(_case_facts, "与本条不同的事实", "what differs from this record"),
        "without": _without,
    },
)
CASE = Block(
    "case",
    {
        "name": Part(_text, "情形", "the situation, in a few words", required=True),
        "facts": Part(_case_facts, "与 given 不同的事实", "what differs from `given`"),
        "without": _without,
        "others": Part(Many(OTHER), "同一内容的其他成果", "other records of the same content"),
        "expect": Part(
            Block(
                "expect",
                {
                    "verdict": Part(
                        Word("判定", "a verdict", choices=("granted", "not_granted", "unknown")),
                        "判定",
                        "verdict",
                        required=True,
                    ),
                    "clause": Part(Word("条款", "a clause"), "由哪一条决定", "the clause that decided"),
                    "warns": Part(Many(_name), "提示的条款", "the clauses that warn"),
                    "credits": Part(_literal, "学分", "credits"),
                    "scheme": Part(_literal, "学分体系", "scheme"),
                },
            ),
            "应得的判定",
            "the decision it must get",
            required=True,
        ),
    },
)
VERSION = Block(
    "version",
    {
        "version": Part(
            Word("版本号", "a number", pattern=r"[1-9][0-9]{0,3}", scalar=True), "版本号", "its number", required=True
        ),
        "from": Part(_day, "自此日起（含）", "its first day", required=True),
        "until": Part(
            _day, "至此日止（含）；不写则到下一版前一天", "its last day; the day before the next version if absent"
        ),
        "changed": Part(_says, "与上一版有何不同", "what changed"),
        "citations": Part(Named(CITATION), "依据", "what it stands on", required=True),
        "values": Part(Named(VALUE), "数值", "figures"),
        "tables": Part(Named(TABLE), "表", "tables"),
        "names": Part(Named(NAMED_AMOUNT), "命名的量", "named amounts"),
        "sets": Part(Named(SET), "命名的组", "named sets of rows"),
        "clauses": Part(Many(CLAUSE), "条款", "clauses", required=True),
        "gives": Part(Named(AMOUNT_LATER), "认定时给出什么", "what is given when it is granted", required=True),
        "given": Part(_case_facts, "所有情形共有的事实", "facts that all cases share"),
        "cases": Part(Many(CASE), "情形", "cases", required=True),
    },
)
DOCUMENT = Block(
    "document",
    {
        "document": Part(Word("文件名", "a name", pattern=r"[a-z0-9][a-z0-9.-]*"), "文件名", "its name", required=True),
        "question": Part(
            Word("问题", "a question", choices=tuple(QUESTIONS)), "回答什么问题", "what it decides", required=True
        ),
        "title": Part(_says, "标题", "its title", required=True),
        "issuer": Part(_says, "制定单位", "who issues it", required=True),
        "applies": Part(
            Named(Many(_literal), keys=r"[a-z]+\.[a-z_]+", keys_zh="事实的名字", keys_en="the name of a fact"),
            "适用于",
            "where it applies",
            required=True,
        ),
        "version_by": Part(
            Block(
                "version-by",
                {
                    "fact": Part(_fact, "按哪个日期选版本", "the date that chooses the version", required=True),
                    "because": Part(_says, "为什么", "why that date", required=True),
                },
            ),
            "选版本的日期",
            "what chooses the version",
            required=True,
        ),
        "versions": Part(Many(VERSION), "各版本，完整且有日期", "complete, dated versions", required=True),
    },
)


def rule_document_schema() -> Schema:
    """The JSON Schema of rule documents, for editors and for other systems; `schemas/` holds a copy."""
    definitions: dict[str, Schema] = {}
    root = DOCUMENT.schema(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "规则文件 / rule document",
        "$ref": root["$ref"],
        "$defs": dict(sorted(definitions.items())),
    }
