"""The procedure of a claim: the hands that act on it, in which order, with which clocks and what silence means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from creditbank.rules.loading import Fields, Text
from creditbank.rules.shapes import Block, Either, Many, Part, Word
from creditbank.rules.terms import Condition, Context, Scope, Truth, literal_of
from creditbank.rules.units import number
from creditbank.rules.words import CITES, CONDITION_LATER, NAME, SAYS

Hand = Literal["department", "registrar", "issuer", "bank"]
Does = Literal["review", "verify", "decide", "notice"]
Silence = Literal["approve", "refuse", "refer"]
WORKING_DAYS_TYPE = number("working days", whole=True)

WORKING_DAYS_SHAPE = Either(
    "working-days",
    (
        Block(
            "working-days-of-value",
            {"value": Part(NAME, "values 中的工作日数", "a number of `values`", required=True)},
            known_by=("value",),
        ),
        Word("工作日数", "a number of working days", pattern=r"[1-9][0-9]{0,2}", scalar=True),
    ),
    "工作日数，或 {value: 名字}",
    "a number of working days, or {value: name}",
)
HAND = Block(
    "hand",
    {
        "id": Part(NAME, "这一步的名字", "its name", required=True),
        "says": SAYS,
        "who": Part(
            Word("经办者", "a hand", choices=get_args(Hand)),
            "谁办：院系、教务、发证机构、学分银行",
            "who acts: department, registrar, the issuing body, the bank",
            required=True,
        ),
        "does": Part(
            Word("办什么", "an act", choices=get_args(Does)),
            "办什么：审核、核验、决定、公示",
            "what is done: review, verify, decide, public notice",
            required=True,
        ),
        "within": Part(
            WORKING_DAYS_SHAPE, "几个工作日内（公示为公示几日）", "within so many working days", required=True
        ),
        "silence": Part(
            Word("逾期的后果", "what silence means", choices=get_args(Silence)),
            "逾期未办：approve 视为同意、refuse 视为不同意、refer 转学分银行",
            "when the time runs out: approve, refuse, or refer to the bank",
            required=True,
        ),
        "when": Part(CONDITION_LATER, "只在此时需要这一步", "the step is needed only then"),
        "cites": CITES,
    },
)
APPEAL = Block(
    "appeal",
    {
        "within": Part(WORKING_DAYS_SHAPE, "几个工作日内可申诉", "working days to appeal", required=True),
        "decided_within": Part(WORKING_DAYS_SHAPE, "几个工作日内复核", "working days to decide it", required=True),
    },
)
PROCEDURE = Block(
    "procedure",
    {
        "says": SAYS,
        "cites": CITES,
        "hands": Part(Many(HAND), "依次经过的各步", "the steps, in this order"),
        "appeal": Part(APPEAL, "申诉期限", "the time limits of an appeal", required=True),
        "reserves_for": Part(
            WORKING_DAYS_SHAPE,
            "预留成果和余额几个工作日",
            "working days for which an open claim holds what it uses",
            required=True,
        ),
    },
)


@dataclass(frozen=True)
class Step:
    """One hand: who does what within so many working days, what silence means, and whether it is needed."""

    id: str
    who: Hand
    does: Does
    within: int
    silence: Silence
    zh: str
    en: str
    cites: tuple[str, ...]
    when: Condition | None

    def needed(self, facts: Scope) -> Truth:
        """Whether this claim goes through the step; unknown counts as needed."""
        return True if self.when is None else self.when.ask(facts)


@dataclass(frozen=True)
class Procedure:
    """Times are working days."""

    zh: str
    en: str
    cites: tuple[str, ...]
    steps: tuple[Step, ...]
    appeal_within: int
    appeal_decided_within: int
    reserves_for: int


def compile_procedure(ctx: Context, node: Fields) -> Procedure | None:
    """The procedure of a version, or None after reporting what is wrong with it."""
    steps = [_step(ctx, each) for each in node.get("hands", ())]
    ids = [str(each["id"]) for each in node.get("hands", ())]
    for each in node.get("hands", ()):
        if ids.count(str(each["id"])) > 1:
            ctx.report.add(each["id"], str(each["id"]), "这一步的名字重复", "two steps have this name")
            return None
    appeal = node["appeal"]
    within, decided = working_days(ctx, appeal["within"]), working_days(ctx, appeal["decided_within"])
    held = working_days(ctx, node["reserves_for"])
    if None in steps or within is None or decided is None or held is None:
        return None
    return Procedure(
        str(node["says"]["zh"]),
        str(node["says"]["en"]),
        tuple(str(name) for name in node.get("cites", ())),
        tuple(step for step in steps if step is not None),
        within,
        decided,
        held,
    )


def _step(ctx: Context, node: Fields) -> Step | None:
    when = ctx.condition(ctx, node["when"], False) if "when" in node else None  # noqa: FBT003
    within = working_days(ctx, node["within"])
    if within is None or ("when" in node and when is None):
        return None
    if (str(node["does"]), str(node["silence"])) == ("verify", "approve"):
        zh, en = "核验逾期不得视为通过：没有人说过证书属实", "silence cannot verify: nobody has said that it is genuine"
        ctx.report.add(node["silence"], str(node["silence"]), zh, en)
        return None
    said: Mapping[str, Any] = {str(word): str(node[word]) for word in ("id", "who", "does", "silence")}
    return Step(
        **said,
        within=within,
        zh=str(node["says"]["zh"]),
        en=str(node["says"]["en"]),
        cites=tuple(str(name) for name in node.get("cites", ())),
        when=when,
    )


def working_days(ctx: Context, node: object) -> int | None:
    """A number of working days, or one of `values`; None after reporting what is wrong with it."""
    written = node
    if isinstance(node, Fields):
        entry = ctx.entry("values", node["value"])
        if entry is None:
            return None
        if entry["unit"] != WORKING_DAYS_TYPE.unit:
            zh, en = "单位应为 working days", "its unit must be working days"
            ctx.report.add(node["value"], str(node["value"]), zh, en)
            return None
        written = entry["is"]
    assert isinstance(written, Text)
    value = literal_of(ctx, written, WORKING_DAYS_TYPE)
    if value is not None and value < 1:
        ctx.report.add(written, str(written), "至少 1 个工作日", "it must be at least one working day")
        return None
    return value  # type: ignore[no-any-return]
