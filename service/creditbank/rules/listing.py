"""A list of rule documents with their sources and every case: what holds each rule, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from creditbank.rules.document import RuleDocument
from creditbank.rules.loading import Fields

_VERDICTS = {"granted": "认定", "not_granted": "不予认定", "unknown": "尚不能判定"}


def listing(documents: Iterable[RuleDocument]) -> str:
    """Markdown: each document with its sources, then its cases with what each must get, in the order of the names."""
    return "\n".join(line for document in sorted(documents, key=lambda each: each.document) for line in _one(document))


def _one(document: RuleDocument) -> Iterator[str]:
    title, issuer = document.tree["title"], document.tree["issuer"]
    yield f"### {document.document}"
    yield ""
    yield f"{title['zh']} · {title['en']} — {issuer['zh']}"
    yield ""
    for version in document.versions:
        sources: Fields = version["citations"]
        for name, source in sources.items():
            yield f"- `{name}` {_source(source)}"
        yield ""
        yield f"第 {version['version']} 版，自 {version['from']} 起，{len(version['cases'])} 个情形："
        yield ""
        for case in version["cases"]:
            yield f"1. {case['name']} → {_expected(case['expect'])}"
        yield ""


def _source(source: Fields) -> str:
    parts: list[Any] = [f"《{source['title']}》", source["issuer"], source.get("number"), source.get("clause")]
    parts += [source.get("address"), f"标记 {source['mark']}"]
    if "copy" in source:
        parts.append(f"读的是 {source['copy']}")
    if "read_on" in source:
        parts.append(f"{source['read_on']} 阅")
    return "，".join(str(part) for part in parts if part)


def _expected(expect: Fields) -> str:
    verdict = _VERDICTS[str(expect["verdict"])]
    more = [f"{word} {_plain(value)}" for word, value in expect.items() if word != "verdict"]
    return "，".join([verdict, *more])


def _plain(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
