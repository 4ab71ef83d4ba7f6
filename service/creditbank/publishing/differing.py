"""What a text says otherwise than the published one: version by version, clause by clause, value by value. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from creditbank.rules.document import RuleDocument

SECTIONS = {
    "citations": ("依据", "citation"),
    "values": ("数值", "value"),
    "tables": ("表", "table"),
    "names": ("命名的量", "amount"),
    "sets": ("组", "set"),
    "clauses": ("条款", "clause"),
    "gives": ("给出", "output"),
    "procedure": ("程序", "procedure"),
    "given": ("情形共有的事实", "shared fact of cases"),
    "rows": ("情形共有的行", "shared rows of cases"),
    "cases": ("情形", "case"),
}
HEAD = {
    "title": ("名称", "title"),
    "issuer": ("制定机关", "issuer"),
    "applies": ("适用范围", "scope"),
    "version_by": ("选版本的日期", "date that chooses the version"),
}
LONGEST = 400
"""Characters of a value that a difference shows."""

Change = dict[str, Any]


def difference(draft: RuleDocument, published: RuleDocument | None) -> list[Change]:
    """What differs, in the order of the text: of its head, and of each version that is new or whose last day changes.

    A new version is held against the one it takes over from: the one that began on its day, or that came before.
    Each is {version, section, path, was, becomes, says_zh, says_en}; None stands for nothing.
    """
    was = None if published is None else _plain(published.tree)
    now = _plain(draft.tree)
    changes: list[Change] = []
    for word, (zh, en) in HEAD.items():
        before, after = (was or {}).get(word), now.get(word)
        if was is not None and before != after:
            changes.extend(_changes(None, word, zh, en, before, after))
    published_versions = {} if was is None else {each["version"]: each for each in was["versions"]}
    in_order = sorted(now["versions"], key=lambda each: str(each["from"]))
    for place, version in enumerate(in_order):
        number = version["version"]
        if number in published_versions:
            changes.extend(_kept(number, published_versions[number], version))
            continue
        base = next((each for each in published_versions.values() if each["from"] == version["from"]), None)
        if base is None and place:
            base = in_order[place - 1]
        changes.extend(_of_a_version(number, base, version))
    left = {each["version"] for each in now["versions"]}
    for number in published_versions:
        if number not in left:
            changes.append(
                _said(
                    number,
                    "version",
                    number,
                    "不再判定，由同日起的新版本取代",
                    "superseded by the one that begins with it",
                )
            )
    return changes


def between(number: str, before: Any, after: Any) -> list[Change]:
    """What a version says otherwise than the one it takes over from, as their texts have them; None for a first one."""
    return list(_of_a_version(number, None if before is None else _plain(before), _plain(after)))


def _kept(number: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Of a version that was published: its last day, its note and its cases."""
    for word, zh, en in (("until", "最后一天", "last day"), ("changed", "改动说明", "note of what changed")):
        if before.get(word) != after.get(word):
            yield from _changes(number, word, zh, en, before.get(word), after.get(word))
    for word in ("given", "rows", "cases"):
        yield from _section(number, word, before.get(word), after.get(word))


def _of_a_version(number: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[Change]:
    begins = after["from"]
    if before is None:
        yield _said(
            number, "version", number, f"自 {begins} 起的第一版", f"the first version, from {begins}", after=begins
        )
    else:
        zh = f"自 {begins} 起的新版本，以下与第 {before['version']} 版比较"
        en = f"a new version from {begins}; what follows compares it with version {before['version']}"
        yield _said(number, "version", number, zh, en, after=begins)
    for word in SECTIONS:
        yield from _section(number, word, (before or {}).get(word), after.get(word))


def _section(number: str, section: str, before: Any, after: Any) -> Iterator[Change]:
    zh, en = SECTIONS[section]
    was, now = _named(before), _named(after)
    for name in [*now, *(each for each in was if each not in now)]:
        if was.get(name) != now.get(name):
            yield from _changes(
                number, f"{section}.{name}", f"{zh} {name}", f"{en} {name}", was.get(name), now.get(name)
            )


def _changes(version: str | None, path: str, zh: str, en: str, before: Any, after: Any) -> Iterator[Change]:
    """One line for a thing that is new or gone, else one for each value inside it that differs."""
    section = path.partition(".")[0]
    if before is None:
        told_zh, told_en = f"新增{zh}：{short(after, 'zh')}", f"new {en}: {short(after, 'en')}"
        yield _change(version, section, path, before, after, told_zh, told_en)
    elif after is None:
        told_zh, told_en = f"删去{zh}：{short(before, 'zh')}", f"{en} is gone: {short(before, 'en')}"
        yield _change(version, section, path, before, after, told_zh, told_en)
    else:
        for inner, was, now in _inside(before, after, ()):
            where = ".".join((path, *inner))
            word = f" {'.'.join(inner)}" if inner else ""
            told_zh = f"{zh}{word}：由“{short(was, 'zh')}”改为“{short(now, 'zh')}”"
            told_en = f"{en}{word}: from “{short(was, 'en')}” to “{short(now, 'en')}”"
            yield _change(version, section, where, was, now, told_zh, told_en)


def _inside(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*after, *(each for each in before if each not in after)]:
            if before.get(name) != after.get(name):
                yield from _inside(before.get(name), after.get(name), (*path, str(name)))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (was, now) in enumerate(zip(before, after, strict=True), start=1):
            if was != now:
                yield from _inside(was, now, (*path, str(place)))
    else:
        yield path, before, after


def _said(version: str, section: str, path: str, zh: str, en: str, *, after: Any = None) -> Change:
    return _change(version, section, path, None, after, f"第 {version} 版：{zh}", f"version {version}: {en}")


def _change(version: str | None, section: str, path: str, was: Any, now: Any, zh: str, en: str) -> Change:
    return {
        "version": version,
        "section": section,
        "path": path,
        "was": was,
        "becomes": now,
        "says_zh": zh,
        "says_en": en,
    }


def _named(section: Any) -> dict[str, Any]:
    """The parts of a section by their names: clauses by id, cases by name."""
    if isinstance(section, dict):
        return section
    return {
        str(each.get("id") or each.get("name") or place) if isinstance(each, dict) else str(place): each
        for place, each in enumerate(section or (), start=1)
    }


def short(value: Any, language: str) -> str:
    """A value in a few words: the sentence of a clause, the members of a list, at most as many as a line takes."""
    if value is None:
        return "（无）" if language == "zh" else "(nothing)"
    if isinstance(value, dict):
        said = value.get("says")
        if isinstance(said, dict) and language in said:
            return _cut(str(said[language]))
        if language in value and set(value) <= {"zh", "en"}:
            return _cut(str(value[language]))
        return _cut(", ".join(f"{name}: {short(each, language)}" for name, each in value.items()))
    if isinstance(value, list):
        return _cut("、".join(short(each, language) for each in value))
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(each) for each in node]
    return str(node)
