"""The vocabulary of rule documents: every word, what it holds and what it says. `docs/rules.md` shows each in use."""

from __future__ import annotations

from creditbank.rules.facts import FACTS
from creditbank.rules.procedure import PROCEDURE
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.rounds import ROUND
from creditbank.rules.shapes import Block, Either, Many, Named, Part, Schema, Word
from creditbank.rules.units import NUMBER_UNITS
from creditbank.rules.words import (
    AMOUNT_LATER,
    BEST_WORDS,
    CITES,
    CONDITION_LATER,
    DAY,
    FACT,
    LITERAL,
    NAME,
    SAID,
    SAYS,
    TEXT,
)

MARKS = ("V", "V~", "O", "拟定")
STATUSES = ("in_force", "draft", "published", "proposal")
_SETS = tuple(dict.fromkeys(name for question in QUESTIONS.values() for name in question.sets))
_OUTPUTS = tuple(dict.fromkeys(name for question in QUESTIONS.values() for name in question.outputs))

CITATION = Block(
    "citation",
    {
        "title": Part(TEXT, "文件名称", "title of the document", required=True),
        "issuer": Part(TEXT, "发布单位", "who issued it", required=True),
        "number": Part(TEXT, "文号", "its number"),
        "clause": Part(TEXT, "条款", "clause"),
        "address": Part(Word("网址", "a web address", pattern=r"https?://\S+"), "网址", "where it was read"),
        "read_on": Part(DAY, "阅读日期", "the day it was read"),
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
        "quote": Part(TEXT, "原文（只引正式文本）", "its words (only from an official text that was read)"),
        "note": Part(SAID, "说明", "a note"),
    },
)
VALUE = Block(
    "value",
    {
        "is": Part(LITERAL, "数值", "the figure", required=True),
        "unit": Part(Word("单位", "a unit", choices=tuple(NUMBER_UNITS)), "单位", "its unit", required=True),
        "says": SAYS,
        "cites": CITES,
    },
)
_cell = Either(
    "cell",
    (
        LITERAL,
        Many(LITERAL),
        Block(
            "range",
            {
                "from": Part(LITERAL, "从（含）", "from, inclusive"),
                "to": Part(LITERAL, "到（含）", "to, inclusive"),
                "below": Part(LITERAL, "不到（不含）", "below, exclusive"),
            },
        ),
    ),
    "一格：词、[词, 词]、{from, to}、any",
    "a cell: a word, [words], {from, to}, or any",
)
_by = Either(
    "by",
    (
        Block("by-fact", {"fact": Part(FACT, "按此事实", "by this fact", required=True)}, known_by=("fact",)),
        Block("by-named", {"named": Part(NAME, "按此量", "by this amount", required=True)}, known_by=("named",)),
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
            Named(TEXT),
            "各列的单位，或与哪个事实同类",
            "its columns: a unit, or the fact of the same type",
            required=True,
        ),
        "rows": Part(
            Many(Many(_cell)), "每行：先是各格条件，后是各列的值", "rows: the cells, then the values", required=True
        ),
        "otherwise": Part(Many(LITERAL), "其余各行的值", "the values of every other row"),
        "cites": CITES,
    },
)
NAMED_AMOUNT = Block(
    "named-amount",
    {
        "says": SAYS,
        "gives": Part(TEXT, "单位，或与哪个事实同类", "its unit, or the fact of the same type", required=True),
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
_KEY = Block("key", {"fact": Part(FACT, "按此事实分类", "alike in this fact", required=True)})
SET = Block(
    "set",
    {
        "says": SAYS,
        "of": Part(NAME, "从哪一组", "of which rows", required=True),
        "where": Part(CONDITION_LATER, "只要符合的", "only those for which it holds"),
        "best": Part(Many(BEST_KEY), "只取最好的一条，依次比较", "only the best one, compared in this order"),
        "per": Part(Many(_KEY), "best 在每一类中各取一条", "the best one of each group that is alike in this"),
        "cites": CITES,
    },
)
CAP = Block(
    "cap",
    {
        "count": Part(NAME, "数这一组有几条", "count the rows of this set"),
        "sum": Part(AMOUNT_LATER, "把此量逐条相加", "add this up, row by row"),
        "over": Part(NAME, "sum 所用的一组", "the set for `sum`"),
        "where": Part(CONDITION_LATER, "只计符合的", "it counts only those"),
        "per": Part(Many(_KEY), "每一类分别计", "counted for each group that is alike in this"),
    },
    one_of=(("count", "sum"),),
)
REPLACES = Block(
    "replaces",
    {
        "over": Part(NAME, "哪一组", "the set", required=True),
        "per": Part(Many(_KEY), "与本行同类者让位", "those alike in this give way", required=True),
    },
)
CLAUSE = Block(
    "clause",
    {
        "id": Part(NAME, "条款名", "its name", required=True),
        "says": SAYS,
        "cites": CITES,
        "when": Part(CONDITION_LATER, "只在此时适用，否则不出现", "the clause speaks only then"),
        "unless": Part(CONDITION_LATER, "此时免除", "whoever meets this is exempt"),
        "each": Part(NAME, "对这一组的每一条各问一次", "asked once for each row of the set"),
        "require": Part(CONDITION_LATER, "必须成立", "this must hold"),
        "cap": Part(CAP, "上限所计的", "what a cap counts"),
        "at_most": Part(AMOUNT_LATER, "上限", "its limit"),
        "replaces": Part(REPLACES, "此前同类的转换让位", "earlier conversions of the same kind give way"),
        "final": Part(Word("yes", "yes", choices=("yes",)), "不可补救", "nothing repairs this"),
        "until": Part(AMOUNT_LATER, "至此日（含）还能补救，过后不能", "the last day on which it can still be mended"),
        "otherwise": Part(
            Word("后果", "a consequence", choices=("refuse", "refer", "warn")),
            "不成立时：refuse 不予认定（默认）、refer 交人判定、warn 仅提示",
            "what failing means: refuse (when not said), refer to a person, warn",
        ),
    },
)
_case_facts = Named(LITERAL, keys=r"[a-z]+\.[a-z_]+", keys_zh="事实的名字", keys_en="the name of a fact")
_without = Part(
    Many(Word("事实或一组", "a fact or a set", choices=(*FACTS, *_SETS))),
    "去掉这些事实（或不知道这一组）",
    "these facts, or these sets, are not known",
)
_rows = Named(
    Many(
        Named(
            LITERAL,
            keys=r"id|[a-z]+\.[a-z_]+",
            keys_zh="id 或事实的名字",
            keys_en="id or the name of a fact",
        ),
        at_least=0,
    )
)
_ROWS = Part(_rows, "各组的各条", "the rows of the sets")
OTHER = Block(
    "other",
    {
        "id": Part(NAME, "另一条成果的名字", "its name", required=True),
        "facts": Part(_case_facts, "与本条不同的事实", "what differs from this record"),
        "without": _without,
        "rows": _ROWS,
    },
)
CASE = Block(
    "case",
    {
        "name": Part(TEXT, "情形", "the situation, in a few words", required=True),
        "facts": Part(_case_facts, "与 given 不同的事实", "what differs from `given`"),
        "without": _without,
        "rows": _ROWS,
        "others": Part(
            Many(OTHER),
            "同一内容的其他成果；转段中为同轮的其他学员",
            "other records; of a progression other candidates",
        ),
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
                    "warns": Part(Many(NAME), "提示的条款", "the clauses that warn"),
                    "replaces": Part(Many(NAME), "让位的转换", "the conversions that give way"),
                    "rank": Part(
                        Word("名次", "a place", pattern=r"[1-9][0-9]{0,2}|unknown", scalar=True),
                        "本人在 others 中的名次，同分同名次；unknown 为不能排名",
                        "the place among `others`, the same in a tie; unknown where it cannot be ranked",
                    ),
                    "final": Part(
                        Word("yes 或 no", "yes or no", choices=("yes", "no")),
                        "是否已不能补救",
                        "whether nothing mends it any more",
                    ),
                    **{name: Part(LITERAL, name, name.replace("_", " ")) for name in _OUTPUTS},
                },
            ),
            "应得的判定",
            "the decision it must get",
            required=True,
        ),
    },
)
_output = Either(
    "output",
    (
        Block(
            "output-when",
            {
                "when": Part(CONDITION_LATER, "只在此时给出，否则没有这一项", "it is given only then", required=True),
                "take": Part(AMOUNT_LATER, "给出什么", "what is given", required=True),
            },
            known_by=("take",),
        ),
        AMOUNT_LATER,
    ),
    "一个量，或 {when, take}",
    "an amount, or {when, take}",
)
VERSION = Block(
    "version",
    {
        "version": Part(
            Word("版本号", "a number", pattern=r"[1-9][0-9]{0,3}", scalar=True), "版本号", "its number", required=True
        ),
        "from": Part(DAY, "自此日起（含）", "its first day", required=True),
        "until": Part(
            DAY, "至此日止（含）；不写则到下一版前一天", "its last day; the day before the next version if absent"
        ),
        "changed": Part(SAID, "与上一版有何不同", "what changed"),
        "citations": Part(Named(CITATION), "依据", "what it stands on", required=True),
        "values": Part(Named(VALUE), "数值", "figures"),
        "tables": Part(Named(TABLE), "表", "tables"),
        "names": Part(Named(NAMED_AMOUNT), "命名的量", "named amounts"),
        "sets": Part(Named(SET), "命名的组", "named sets of rows"),
        "clauses": Part(Many(CLAUSE), "条款", "clauses", required=True),
        "gives": Part(
            Named(_output, keys=r"[a-z][a-z_]*", keys_zh="要给出的量", keys_en="the name of an output"),
            "认定时给出什么；不写的是只作限制的文件",
            "what is given when it is granted; a document without it only limits",
        ),
        "procedure": Part(PROCEDURE, "经哪些手办理", "the hands it goes through"),
        "round": Part(ROUND, "转段的一轮怎样办", "how a round of a pathway is run"),
        "given": Part(_case_facts, "所有情形共有的事实", "facts that all cases share"),
        "rows": _ROWS,
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
        "title": Part(SAID, "标题", "its title", required=True),
        "issuer": Part(SAID, "制定单位", "who issues it", required=True),
        "applies": Part(
            Named(Many(LITERAL), keys=r"[a-z]+\.[a-z_]+", keys_zh="事实的名字", keys_en="the name of a fact"),
            "适用于",
            "where it applies",
            required=True,
        ),
        "version_by": Part(
            Block(
                "version-by",
                {
                    "fact": Part(FACT, "按哪个日期选版本", "the date that chooses the version", required=True),
                    "because": Part(SAID, "为什么", "why that date", required=True),
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
