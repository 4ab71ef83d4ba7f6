"""A rule document as it was read: its name, its dated versions, their digests; and how one is read from text."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items, Text, read_yaml
from creditbank.rules.problems import Problem, RulesRefused
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.shapes import Report
from creditbank.rules.vocabulary import DOCUMENT

DECIDES = ("citations", "values", "tables", "names", "sets", "clauses", "gives", "procedure", "round")
"""What a version's digest covers besides its name and first day: all that decides or is said in a finding.

Its cases, its note of changes and its last day are outside: more cases may be added to a published version, and it is
closed by publishing the next one."""


@dataclass(frozen=True)
class RuleDocument:
    """One rule document, well formed; `Rulebook.load` says whether what it says makes sense."""

    file: str
    text: str
    tree: Fields

    @property
    def document(self) -> str:
        """Its name, such as deposit.course."""
        return str(self.tree["document"])

    @property
    def question(self) -> str:
        """What it decides, such as deposit."""
        return str(self.tree["question"])

    @property
    def versions(self) -> list[Fields]:
        """Its versions, the earliest first."""
        return sorted(self.tree["versions"], key=lambda version: str(version["from"]))

    def digest(self, version: Fields) -> str:
        """SHA-256 over the canonical JSON of everything in a version that decides."""
        head = {key: self.tree[key] for key in ("document", "question", "applies")}
        head["version_by"] = self.tree["version_by"]["fact"]
        body = {key: version[key] for key in ("version", "from", *DECIDES) if key in version}
        return hashlib.sha256(canonical({"document": head, "version": body})).hexdigest()

    def digests(self) -> dict[str, str]:
        """The digest of each version, by its number."""
        return {str(version["version"]): self.digest(version) for version in self.versions}


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8. Floats never occur in it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read_document(text: str, *, file: str = "document.yaml") -> RuleDocument:
    """A rule document from YAML (or JSON) text. Raises RulesRefused with every problem of form that it has."""
    tree = read_yaml(text, file)
    report = Report(file)
    DOCUMENT.check(tree, report, "")
    if not report.problems:
        _check_sources(tree, report)
        _check_dates(tree, report)
    if report.problems:
        raise RulesRefused(report.problems)
    return RuleDocument(file, text, tree)


def read_path(path: Path) -> RuleDocument:
    """A rule document from a file in UTF-8. Raises RulesRefused, also where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problem = Problem(path.name, 0, "", "不是 UTF-8 编码。请另存为 UTF-8。", "it is not UTF-8: save it as UTF-8")
        raise RulesRefused([problem]) from None
    except OSError:
        problem = Problem(str(path), 0, "", "没有这个文件，或无法读取。", "there is no such file, or it cannot be read")
        raise RulesRefused([problem]) from None
    return read_document(text, file=path.name)


@cache
def packaged_documents() -> tuple[RuleDocument, ...]:
    """The bank's own documents, as they come with the software: seeds, published once. Read once per process."""
    folder = files("creditbank") / "rulebook" / "qinhuangdao"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple([read_document(each.read_text(encoding="utf-8"), file=each.name) for each in found])


def _check_sources(tree: Fields, report: Report) -> None:
    for version in tree["versions"]:
        citations = version["citations"]
        if not citations:
            report.add(version, "citations", "至少引用一个依据", "cite at least one source")
        for name, citation in citations.items():
            _check_citation(name, citation, report)
        cited: set[str] = set()
        procedure = version.get("procedure")
        hands = () if procedure is None else (procedure, *procedure.get("hands", ()))
        rounds = (version["round"],) if "round" in version else ()
        for thing in (*version["clauses"], *_things(version), *hands, *rounds):
            for name in thing.get("cites", ()):
                cited.add(str(name))
                if name not in citations:
                    report.add(name, "cites", f"citations 中没有“{name}”", f"citations has no {name!r}")
        for name in citations:
            if name not in cited:
                report.add(name, name, "没有任何条款引用它。请引用或删去。", "nothing cites it: cite it or remove it")
        for clause in version["clauses"]:
            if "cites" not in clause:
                report.add(clause, str(clause["id"]), "条款须写 cites", "a clause must say what it cites")


def _things(version: Fields) -> list[Fields]:
    return [thing for section in ("values", "tables", "names", "sets") for thing in version.get(section, {}).values()]


def _check_citation(name: Text, citation: Fields, report: Report) -> None:
    mark, status = citation["mark"], citation["status"]
    if (mark == "拟定") != (status == "proposal"):
        report.add(name, name, "标记“拟定”与效力 proposal 应一起使用", "the mark 拟定 goes with the status proposal")
    if mark in ("V", "V~") and "read_on" not in citation:
        report.add(name, name, "读过的依据须写 read_on", "a source that was read needs read_on")
    if mark == "V~" and "copy" not in citation:
        report.add(
            name, name, "标记 V~ 须写 copy：读的是哪种转载", "the mark V~ needs copy: what kind of copy was read"
        )
    if "quote" in citation and (mark != "V" or status not in ("in_force", "draft")):
        zh = "只能引用读过的正式文本的原文；其他依据请转述"
        report.add(name, "quote", zh, "only an official text that was read may be quoted: put it in your own words")
    if mark == "拟定" and "note" not in citation:
        zh = "拟定的须写 note：为何如此，各校有何不同"
        report.add(name, name, zh, "a proposal needs a note: why, and how colleges differ")


def _check_dates(tree: Fields, report: Report) -> None:
    """Versions follow one another: each ends on the day before the next begins, and only the last may be open."""
    numbers: set[str] = set()
    days: list[tuple[date, Fields]] = []
    for version in tree["versions"]:
        if version["version"] in numbers:
            report.add(version["version"], "version", "版本号重复", "the same version number twice")
        numbers.add(str(version["version"]))
        begins = _day(version["from"], report)
        ends = _day(version["until"], report) if "until" in version else None
        if begins and ends and ends < begins:
            report.add(version["until"], "until", "早于 from", "it is before `from`")
        if begins:
            days.append((begins, version))
    days.sort(key=lambda each: each[0])
    for (begins, version), (next_begins, following) in itertools.pairwise(days):
        if begins == next_begins:
            report.add(following["from"], "from", "两个版本自同一天起", "two versions begin on the same day")
        elif "until" in version:
            ends = _day(version["until"], report)
            if ends and ends != next_begins - timedelta(days=1):
                zh, en = ("重叠", "overlap") if ends >= next_begins else ("中断", "leave a gap")
                told = f"第 {version['version']} 版与第 {following['version']} 版之间{zh}"
                report.add(
                    version["until"], "until", told, f"versions {version['version']} and {following['version']} {en}"
                )
    _check_applies(tree, report)


def _day(node: Text, report: Report) -> date | None:
    try:
        return date.fromisoformat(node)
    except ValueError:
        report.add(node, str(node), "没有这一天", "there is no such day")
        return None


def _check_applies(tree: Fields, report: Report) -> None:
    question = QUESTIONS[str(tree["question"])]
    applies: Mapping[Text, Items] = tree["applies"]
    allowed = (question.chosen_by, *question.narrowed_by)
    if question.chosen_by not in applies:
        zh, en = f"须写明 {question.chosen_by}", f"it must say {question.chosen_by}"
        report.add(tree["applies"], "applies", zh, en)
    for name, values in applies.items():
        if name not in allowed:
            report.add(
                name, name, f"不能用来划定范围，可用：{'、'.join(allowed)}", f"it may be one of {', '.join(allowed)}"
            )
            continue
        choices = FACTS[str(name)].type.choices
        for value in values:
            if choices and value not in choices.tokens():
                listed = choices.tokens()
                report.add(
                    value, name, f"“{value}”不在 {'、'.join(listed)} 之列", f"{value!r} is none of {', '.join(listed)}"
                )
    if FACTS[str(tree["version_by"]["fact"])].type.kind != "date":
        report.add(tree["version_by"]["fact"], "fact", "应为一个日期", "it must be a date")
