"""Findings write themselves: a comparison, its names and its values become one sentence in each language."""

from __future__ import annotations

from typing import Any

from creditbank.errors import Language
from creditbank.rules.declaring import Fact
from creditbank.rules.facts import FACTS
from creditbank.rules.terms import Leaf, Truth
from creditbank.rules.units import Type, observed, shown

OPPOSITE = {
    "at_least": "less_than",
    "less_than": "at_least",
    "at_most": "more_than",
    "more_than": "at_most",
    "is": "is_not",
    "in": "not_in",
}
_ZH = {
    "at_least": "不低于",
    "less_than": "低于",
    "at_most": "不高于",
    "more_than": "高于",
    "is": "为",
    "is_not": "不为",
    "in": "为",
    "not_in": "不为",
}
_ZH_DATE = {**_ZH, "at_least": "不早于", "less_than": "早于", "at_most": "不晚于", "more_than": "晚于"}
_EN = {
    "at_least": "at least",
    "less_than": "less than",
    "at_most": "at most",
    "more_than": "more than",
    "is": "",
    "is_not": "not",
    "in": "",
    "not_in": "not",
}
_EN_DATE = {**_EN, "at_least": "not before", "less_than": "before", "at_most": "not after", "more_than": "after"}


def compared(
    *, name: str, zh: str, en: str, type_: Type, word: str, left: Any, right: Any, truth: Truth, missing: Leaf | None
) -> Leaf:
    """The leaf of a comparison: `right` is the required value, or a tuple of them for in and not_in."""
    values = right if isinstance(right, tuple) else (right,)
    must_zh = _must(type_, word, values, "zh")
    must_en = _must(type_, word, values, "en")
    required = {
        word: [observed(type_, value) for value in values] if isinstance(right, tuple) else _plain(type_, right)
    }
    if truth is None:
        assert missing is not None
        return Leaf(
            name,
            missing.observed,
            required,
            "unknown",
            f"{missing.zh}；应{must_zh}",
            f"{missing.en}; it must be {must_en}",
            missing=missing.lacks(),
        )
    seen_zh, seen_en = seen(name, type_, left, "zh"), seen(name, type_, left, "en")
    if truth:
        said = f"{zh}为 {seen_zh}，符合“{must_zh}”", f"{en}: {seen_en}, as required ({must_en})"
    else:
        said = f"{zh} {seen_zh}，应{must_zh}", f"{en}: {seen_en}; it must be {must_en}"
    return Leaf(name, observed(type_, left), required, "met" if truth else "not_met", *said)


def seen(name: str, type_: Type, value: Any, language: Language) -> str:
    """What a fact is, as people read it: of a day that never comes, what that means."""
    fact = FACTS.get(name)
    if fact is not None and type_.kind == "date" and value == fact.absent:
        return fact.absence_zh if language == "zh" else fact.absence_en
    return shown(type_, value, language)


def _plain(type_: Type, value: Any) -> str | None:
    return None if value is None else observed(type_, value)


def _must(type_: Type, word: str, values: tuple[Any, ...], language: Language) -> str:
    dated = type_.kind == "date"
    if language == "zh":
        listed = "、".join("（未知）" if value is None else shown(type_, value, "zh") for value in values)
        return f"{(_ZH_DATE if dated else _ZH)[word]} {listed}{' 之一' if len(values) > 1 and word == 'in' else ''}"
    listed = " or ".join("(unknown)" if value is None else shown(type_, value, "en") for value in values)
    return f"{(_EN_DATE if dated else _EN)[word]} {listed}".strip()


def lacking(fact: Fact) -> Leaf:
    """What is missing, what that means, and who can supply it."""
    return Leaf(
        fact.name,
        None,
        None,
        "unknown",
        f"缺少{fact.zh}（{fact.absence_zh}），可由{fact.supplier.zh}提供",
        f"{fact.en} is missing ({fact.absence_en}); {fact.supplier.en} can supply it",
    )


def stated(*, name: str, zh: str, en: str, wanted: bool, is_there: bool) -> Leaf:
    """The leaf of a `stated` comparison; where a fact is wanted and missing it says who can supply it."""
    said_zh = f"{zh}{'已报送' if is_there else '未报送'}"
    said_en = f"{en} is {'stated' if is_there else 'not stated'}"
    if wanted and not is_there and name in FACTS:
        gap = lacking(FACTS[name])
        said_zh, said_en = f"{gap.zh}；此项必须有", f"{gap.en}; it must be there"
    elif wanted != is_there:
        said_zh += f"，应{'报送' if wanted else '不报送'}"
        said_en += f"; it must {'be' if wanted else 'not be'} stated"
    verdict: Any = "met" if wanted == is_there else "not_met"
    return Leaf(name, "yes" if is_there else "no", {"stated": "yes" if wanted else "no"}, verdict, said_zh, said_en)
