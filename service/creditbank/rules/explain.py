"""A decision as text for people: verdict, outputs, the version and why, every finding and source, the facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from creditbank.credits import format_credits
from creditbank.rules.decide import ENGINE_VERSION, Decided
from creditbank.rules.facts import FACTS
from creditbank.rules.flips import turning
from creditbank.rules.units import NotOfType, reader, shown

VERDICTS = {
    "granted": ("予以认定", "granted"),
    "not_granted": ("不予认定", "not granted"),
    "unknown": ("尚不能判定", "not yet known"),
}
_CREDITS = ("credits", "surplus")
_MARKS = {"met": "✓", "not_met": "✗", "unknown": "?", "exempt": "○"}


def finding_lines(decided: Decided) -> list[str]:
    """One line per finding in each language: ✓ met, ✗ not met, ? unknown, ○ exempt, ! a warning."""
    lines: list[str] = []
    for finding in decided.findings():
        mark = "!" if finding["effect"] == "warn" and finding["verdict"] != "met" else _MARKS[finding["verdict"]]
        lines.append(f"{mark} {finding['clause']}: {finding['says_zh']}")
        lines.append(f"  {' ' * len(finding['clause'])}  {finding['says_en']}")
    return lines


def outputs_of(decided: Decided) -> dict[str, Any]:
    """What a decision gives, as an answer shows it: credits in credits ("2.5"), whole numbers and text as they are."""
    return {name: format_credits(value) if name in _CREDITS else value for name, value in decided.outputs.items()}


def told(decided: Decided) -> str:
    """The whole decision."""
    return "\n".join(_lines(decided))


def _lines(decided: Decided) -> Iterator[str]:
    zh, en = VERDICTS[decided.verdict]
    yield f"{zh} / {en}  ({decided.clause})"
    if decided.outputs:
        yield "  " + "  ".join(f"{name}: {value}" for name, value in outputs_of(decided).items())
    yield f"规则 / rule: {decided.document or '—'}  v{decided.version or '—'}  {decided.digest or ''}".rstrip()
    if decided.because:
        yield f"  {decided.dated_by} = {decided.dated_on}: {decided.because['zh']} / {decided.because['en']}"
    yield f"引擎 / engine: {ENGINE_VERSION}"
    yield "理由 / findings:"
    sources: dict[str, dict[str, Any]] = {}
    for finding, lines in zip(decided.findings(), _pairs(finding_lines(decided)), strict=True):
        yield from (f"  {line}" for line in lines)
        names = [cited["id"] for cited in finding["citation"]]
        sources.update({cited["id"]: cited for cited in finding["citation"]})
        if names:
            yield f"    [{', '.join(names)}]"
    if sources:
        yield "依据 / sources:"
        yield from (f"  [{name}] {_source(cited)}" for name, cited in sources.items())
    turned = turning(decided)
    for together in turned.changes:
        yield "可以改变结果 / what would turn it: " + "；".join(change.zh for change in together)
        yield "    " + "; ".join(change.en for change in together)
    for clause, said_zh, said_en in turned.room:
        yield f"余额 / room ({clause}): {said_zh} / {said_en}"
    yield "事实 / facts:"
    for subject, fields in decided.facts_used().items():
        if isinstance(fields, list):
            yield f"  {subject}: {len(fields)}"
        else:
            yield from (f"  {subject}.{key}: {_fact(f'{subject}.{key}', value)}" for key, value in fields.items())


def _pairs(lines: list[str]) -> Iterator[list[str]]:
    yield from (lines[place : place + 2] for place in range(0, len(lines), 2))


def _source(cited: dict[str, Any]) -> str:
    parts = [f"《{cited['title']}》", cited["issuer"], cited.get("number"), cited.get("clause"), cited.get("address")]
    read = f"{cited['read_on']} 阅" if "read_on" in cited else None
    copied = f"转载 {cited['copy']}" if "copy" in cited else None
    return "，".join(str(part) for part in (*parts, copied, read, f"标记 {cited['mark']}", cited["status"]) if part)


def _fact(name: str, value: Any) -> str:
    fact = FACTS[name]
    try:
        return f"{shown(fact.type, reader(fact.type)(value), 'zh')}  ({fact.zh} / {fact.en})"
    except NotOfType:
        return repr(value)
