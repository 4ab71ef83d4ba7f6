"""The round of a pathway: how those who qualify are ranked, what a tie means, its notice, and the columns filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items
from creditbank.rules.procedure import WORKING_DAYS_SHAPE, working_days
from creditbank.rules.shapes import Block, Many, Part, Word
from creditbank.rules.terms import Amount, Context, Scope
from creditbank.rules.words import AMOUNT_LATER, BEST_WORDS, CITES, SAID, SAYS

Ties = Literal["refer", "all", "none"]
Key = tuple[int, Any]
"""One comparison of a ranking, as it sorts: the smaller comes first, whoever does not state it comes last."""
COLUMNS = (
    "name",
    "document_number",
    "student_no",
    "member_no",
    "account_no",
    "rank",
    "outcome",
    "route",
    "total",
    "total_of",
)

RANKING_KEY = Block(
    "ranking-key",
    {
        "highest": Part(AMOUNT_LATER, "此量最高（最晚）者在前", "the highest (latest) first"),
        "lowest": Part(AMOUNT_LATER, "此量最低（最早）者在前", "the lowest (earliest) first"),
        "unstated": Part(
            Word("last 或 unknown", "last or unknown", choices=("last", "unknown")),
            "未报送的：last 排在最后，unknown 则不能排名",
            "who does not state it: last comes last, unknown cannot be ranked",
        ),
    },
    one_of=(BEST_WORDS,),
)
COLUMN = Block(
    "column",
    {
        "column": Part(SAID, "列名", "its name", required=True),
        "is": Part(
            Word("列的内容或事实", "what it holds, or a fact", choices=(*COLUMNS, *FACTS)),
            "填什么",
            "what it holds",
            required=True,
        ),
    },
)
ROUND = Block(
    "round",
    {
        "says": SAYS,
        "cites": CITES,
        "ranking": Part(Many(RANKING_KEY), "依次按此排名；不写则不排名", "the order; without it nobody is ranked"),
        "ties": Part(
            Word("同分的处理", "what a tie means", choices=("refer", "all", "none")),
            "最后一个名额同分：refer 由人决定、all 计划够才都取、none 都不取",
            "a tie for the last place: people decide, all if all fit, none of them",
            required=True,
        ),
        "second": Part(
            Word("yes 或 no", "yes or no", choices=("yes", "no")),
            "可否再办一轮",
            "whether there may be a second round",
            required=True,
        ),
        "notice": Part(WORKING_DAYS_SHAPE, "公示几个工作日", "working days of public notice", required=True),
        "objection_answered": Part(
            WORKING_DAYS_SHAPE, "异议几个工作日内答复", "working days to answer an objection", required=True
        ),
        "filing": Part(Many(COLUMN), "备案表各列", "the columns that are filed", required=True),
    },
)


@dataclass(frozen=True, slots=True)
class _Ranked:
    amount: Amount
    highest: bool
    last: bool

    def key(self, scope: Scope) -> Key | None:
        value = self.amount.ask(scope)
        if value is None:
            return (1, 0) if self.last else None
        exact = _comparable(self.amount, value)
        return (0, -exact if self.highest else exact)


def _comparable(amount: Amount, value: Any) -> Any:
    if amount.type.choices is not None:
        place = amount.type.choices.rank(value)
        assert place is not None
        return place[1]
    return date.fromisoformat(value).toordinal() if amount.type.kind == "date" else value


@dataclass(frozen=True, slots=True)
class Round:
    """What a version says of rounds. Times are working days; `filing` is (zh, en, what) for each column."""

    zh: str
    en: str
    cites: tuple[str, ...]
    ranking: tuple[_Ranked, ...]
    ties: Ties
    second: bool
    notice_days: int
    objection_days: int
    filing: tuple[tuple[str, str, str], ...]

    def keys(self, scope: Scope) -> tuple[Key, ...] | None:
        """What somebody is ranked by: smaller comes first, equal is a tie. None where it cannot be known yet."""
        found = tuple(each.key(scope) for each in self.ranking)
        return None if None in found else tuple(key for key in found if key is not None)


def compile_round(ctx: Context, node: Fields) -> Round | None:
    """The round of a version, or None after reporting what is wrong with it."""
    ranking = [_ranked(ctx, each) for each in node.get("ranking", ())]
    notice, answered = working_days(ctx, node["notice"]), working_days(ctx, node["objection_answered"])
    if not _columns_fit(ctx, node["filing"]) or None in ranking or notice is None or answered is None:
        return None
    ties: Any = str(node["ties"])
    return Round(
        zh=str(node["says"]["zh"]),
        en=str(node["says"]["en"]),
        cites=tuple(str(name) for name in node.get("cites", ())),
        ranking=tuple(each for each in ranking if each is not None),
        ties=ties,
        second=node["second"] == "yes",
        notice_days=notice,
        objection_days=answered,
        filing=tuple(
            (str(each["column"]["zh"]), str(each["column"]["en"]), str(each["is"])) for each in node["filing"]
        ),
    )


def _ranked(ctx: Context, node: Fields) -> _Ranked | None:
    word = "highest" if "highest" in node else "lowest"
    amount = ctx.amount(ctx, node[word], None)
    if amount is None:
        return None
    choices = amount.type.choices
    if not amount.type.ordered or (choices is not None and len(choices.chains) > 1):
        ctx.report.add(node, word, f"{amount.zh}没有一个高低次序", f"{amount.en} has no single order")
        return None
    if amount.may_lack and "unstated" not in node:
        zh = f"{amount.zh}可能未报送，请写 unstated: last 或 unknown"
        ctx.report.add(node, word, zh, f"{amount.en} may be missing: write `unstated: last` or `unstated: unknown`")
        return None
    return _Ranked(amount, word == "highest", node.get("unstated") == "last")


def _columns_fit(ctx: Context, columns: Items) -> bool:
    """A column is one value of a learner: of the rows of a set there may be several. What it holds is read."""
    in_rows = {subject for row_set in ctx.question.sets.values() for subject in row_set.own}
    fits = True
    for each in columns:
        what = str(each["is"])
        if what in COLUMNS:
            continue
        if what.partition(".")[0] in in_rows:
            ctx.report.add(each["is"], what, "一人可能有几条，不能作一列", "a learner may have several: no column")
            fits = False
        elif what in FACTS and FACTS[what].sensitive:
            zh, en = "涉及敏感个人信息，不能列入备案名单", "a sensitive fact is not filed: the list goes to others"
            ctx.report.add(each["is"], what, zh, en)
            fits = False
        else:
            ctx.read(what)
    return fits
