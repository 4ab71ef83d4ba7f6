"""What a text may do to what is published, and from which day on it changes anything. Pure.

A version that was published stays as it is; only its cases may grow, and the last one may be given a last day. A
mistaken version is superseded by a new one that begins on the same day: the text leaves it out, and names it. From a
later day on, a new version follows as any other does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from creditbank.rules.document import RuleDocument
from creditbank.rules.lasting import FOR_EVER, spans
from creditbank.rules.loading import Fields, key_line, line_of
from creditbank.rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Known:
    """A published version of the document, as far as the law asks."""

    version: str
    digest: str
    begins: str
    ends: str
    superseded: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a text proposes: new versions, what they supersede, and the first day that is decided otherwise."""

    versions: tuple[str, ...]
    superseded: dict[str, str]
    since: str | None
    """None where nothing is decided otherwise: cases were added."""
    problems: tuple[Problem, ...]

    def changes_the_past(self, today: date) -> bool:
        """Whether days before today are decided otherwise."""
        return self.since is not None and self.since < today.isoformat()


def propose(document: RuleDocument, known: Iterable[Known], supersedes: Collection[str] = ()) -> Proposal:
    """Hold a text against the published versions of its document."""
    standing = {each.version: each for each in known if not each.superseded}
    gone = {each.version for each in known if each.superseded}
    digests, days = document.digests(), spans(document)
    problems: list[Problem] = []
    new = [number for number in digests if number not in standing]
    for version in document.versions:
        number = str(version["version"])
        if number in gone:
            zh = f"第 {number} 版曾经公布，已被取代。请为新的内容使用新的版本号。"
            en = f"version {number} was published and superseded: give new content a new number"
            problems.append(_at(document, version, zh, en))
        elif number in standing and digests[number] != standing[number].digest:
            zh = f"第 {number} 版已公布，不得修改（适用范围、依据、条款和数都在内）。请保留原文，另立新版本。"
            en = f"version {number} is published and is never edited, its scope included: keep it, add a new version"
            problems.append(_at(document, version, zh, en))
    superseded: dict[str, str] = {}
    for number, each in standing.items():
        if number in digests:
            if number in supersedes:
                zh = f"第 {number} 版列为被取代，就应从文件中删去。"
                problems.append(_whole(document, zh, f"version {number} is named as superseded: leave it out"))
            continue
        if number not in supersedes:
            zh = f"缺少已公布的第 {number} 版。请保留；若它有误，请在 supersedes 中写明，并以同日起的新版本取代。"
            en = f"the published version {number} is missing: keep it, or name it in `supersedes` if it was mistaken"
            problems.append(_whole(document, zh, en))
            continue
        instead = next((other for other in new if days[other][0] == each.begins), None)
        if instead is None:
            zh = f"取代第 {number} 版的新版本应自同日（{each.begins}）起；自后来之日起的，照常接续，不必取代。"
            en = f"what supersedes version {number} begins on the same day, {each.begins}; from a later day it follows"
            problems.append(_whole(document, zh, en))
            continue
        superseded[number] = instead
    for number in supersedes:
        if number not in standing:
            zh, en = f"没有正在公布的第 {number} 版可取代。", f"there is no published version {number} to supersede"
            problems.append(_whole(document, zh, en))
    since = _since({number: (each.begins, each.ends) for number, each in standing.items()}, days)
    return Proposal(tuple(new), superseded, since, tuple(problems))


def _since(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]) -> str | None:
    """The first day on which another version, or none any more, decides."""
    days: set[str] = set()
    for number in before.keys() | after.keys():
        was, now = before.get(number), after.get(number)
        if was is not None and now is not None:
            # A published version begins on its day for good; its last day may move.
            if was[1] != now[1]:
                days.add(_day_after(min(was[1], now[1])))
        else:
            days.add((was or now or ("",))[0])
    return min(days, default=None)


def _day_after(day: str) -> str:
    return day if day == FOR_EVER else (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _at(document: RuleDocument, version: Fields, zh: str, en: str) -> Problem:
    return Problem(document.file, key_line(version, "version") or line_of(version), "version", zh, en)


def _whole(document: RuleDocument, zh: str, en: str) -> Problem:
    return Problem(document.file, 0, "versions", zh, en)


def own_institution(tree: Any) -> str | None:
    """The one institution whose own document this is: it applies to nothing else. None for any other."""
    applies = tree.get("applies") if isinstance(tree, dict) else None
    if not isinstance(applies, dict):
        return None
    for word in ("plan.institution", "institution.id"):
        named = applies.get(word)
        if isinstance(named, list) and len(named) == 1:
            return str(named[0])
    return None
