"""What a row becomes of cells that must be looked at together, for the kinds of record that need it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.submissions.sheets.mapping import Reference
from creditbank.submissions.sheets.special_cells import ZERO_MARKS
from creditbank.submissions.sheets.values import Unread
from creditbank.submissions.sheets.wordings import CHOICES, fold


@dataclass(slots=True)
class Parts:
    """A row while it is put together: what is posted, who it is about, and what is still looked up."""

    payload: dict[str, Any]
    learner: dict[str, Any]
    aside: dict[str, Any]
    faults: list[Any]
    reference: Reference


Faults = Iterator[tuple[str, Unread]]

_CODED = re.compile(r"[\[【(（]([A-Za-z0-9.\-]{3,40})[\]】)）]\s*(.+)")
"""A course with its code before its name, as some systems export it: [B0101]高等数学."""
_LEVEL_BEHIND = re.compile("(.+?)[(（·\\-—\\s]*(初级|中级|高级|[一二三四五]级)[)）]?$")
_NAME_ENDINGS = ("职业技能等级证书", "职业技能等级标准", "职业资格证书", "技能等级证书", "等级证书", "证书", "标准")


def course_result(parts: Parts) -> Faults:
    """A course by its name where its code is not said; a mark among the remarks where no score is."""
    payload, aside = parts.payload, parts.aside
    name = aside.get("course_name")
    if name is not None:
        coded = None if "course_code" in payload else _CODED.fullmatch(name)
        if coded is not None:
            payload["course_code"], name = coded.groups()
        payload["course_name"] = name
        if "course_code" not in payload:
            code = parts.reference.courses.get(fold(name))
            if code is None:
                yield (
                    "course_name",
                    Unread(
                        "course_name_unknown",
                        f"没有课程代码，本机构课程目录中也没有唯一名为“{name[:40]}”的课程。请填写课程代码，或先公布该课程。",
                        f'says no course code, and your catalogue has no single course named "{name[:40]}". Write the '
                        "code, or publish the course first.",
                    ),
                )
            else:
                payload["course_code"] = code
    mark = aside.get("remark")
    if mark is not None:
        score = payload.get("score")
        if score is None or (score == "0" and mark in ZERO_MARKS):
            payload["score"] = mark


def certificate(parts: Parts) -> Faults:
    """A standard by its code or its name; a level that stands in the name, where no column has it."""
    written = parts.aside.get("standard")
    if written is None:
        return
    known = parts.reference.standards
    code = _standard(known, written)
    if code is None:
        inside = _LEVEL_BEHIND.fullmatch(written)
        if inside is not None:
            code = _standard(known, inside[1])
            if code is not None:
                parts.payload.setdefault("level", CHOICES["certificate_level"][inside[2]])
    if code is None:
        yield (
            "standard",
            Unread(
                "certificate_name_unknown",
                "不是学分银行登记的证书标准名称或代码（或有重名）。请按登记名称或代码填写，或请管理人员登记该标准。",
                "is no name or code of one certificate standard that the bank has registered. Write it as registered, "
                "or ask an officer to register the standard.",
            ),
        )
    else:
        parts.payload["standard"] = code


def _standard(known: Mapping[str, str], written: str) -> str | None:
    """By the whole name, or by the name without the words that say that it is a certificate."""
    folded = fold(written)
    code = known.get(folded)
    if code is not None:
        return code
    bare = re.sub("^(1\\+x)?", "", folded)
    for ending in _NAME_ENDINGS:
        if bare.endswith(ending):
            bare = bare.removesuffix(ending)
            break
    found = {known[one] for one in (bare, *(bare + ending for ending in _NAME_ENDINGS)) if one in known}
    return found.pop() if len(found) == 1 else None


def enrolment_event(parts: Parts) -> Faults:
    """A programme by its name where its code is not said."""
    name = parts.aside.get("programme_name")
    if name is None or "programme_code" in parts.payload:
        return
    code = parts.reference.programmes.get(fold(name))
    if code is None:
        yield (
            "programme_name",
            Unread(
                "programme_name_unknown",
                "不是本机构公布的唯一专业名称。请填写专业代码，或先公布该专业。",
                "is no name of one programme of your institution. Write its code, or publish the programme first.",
            ),
        )
    else:
        parts.payload["programme_code"] = code


COMPOSE: Mapping[str, Callable[[Parts], Faults]] = {
    "certificate": certificate,
    "course_result": course_result,
    "enrolment_event": enrolment_event,
}
"""By kind; the others need nothing."""
