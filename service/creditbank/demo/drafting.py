"""A college's own method on its way into force: drafted by one officer, checked, measured, published by another."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from creditbank.demo.bank import Calls, DemoRefused

METHOD = Path(__file__).parent / "rules" / "conversion.trade.yaml"
DOCUMENT = "conversion.trade-demo"
BECAUSE = "学院办法自 2026 年 9 月 1 日起施行，文本迟报；此前已作出的决定不变（演示）"
PATIENCE = 60.0
"""Seconds in which the work of the bank has to check a draft, and to measure it."""
LOOK_AGAIN = 0.2


def steps(calls: Calls) -> list[tuple[str, Callable[[], object]]]:
    """From draft to in force, each by its name."""
    return [
        ("a method drafted", partial(_drafted, calls)),
        ("its check", partial(_checked, calls)),
        ("its impact", partial(_measured, calls)),
        ("published by a second", partial(_published, calls)),
    ]


def _drafted(calls: Calls) -> None:
    officer = calls.person("demo.officer")
    begun = officer.get("/v1/rule-drafts", document=DOCUMENT)["drafts"]
    draft = begun[0] if begun else officer.post("/v1/rule-drafts", {"text": METHOD.read_text("utf-8")})
    calls.file.look_at["rule_draft"] = draft["draft_id"]


def _checked(calls: Calls) -> None:
    """A check that had neither time nor memory is asked for again, by the start that comes after."""
    officer = calls.person("demo.officer")
    draft = officer.get(_path(calls))
    if draft["state"] == "draft" and draft["check"] is not None:
        officer.post(f"{_path(calls)}/check")
    _until_it_is(calls, "checked", "impact", "approved", "published", failed=draft["check"])


def _measured(calls: Calls) -> None:
    officer = calls.person("demo.officer")
    if officer.get(_path(calls))["state"] == "checked":
        officer.post(f"{_path(calls)}/impact")
    _until_it_is(calls, "impact", "approved", "published")


def _published(calls: Calls) -> None:
    """By somebody who wrote none of it; both say which text they read."""
    second, draft = calls.person("demo.second"), _until_it_is(calls, "impact", "approved", "published")
    said = {"revision": draft["revision"]}
    if draft["state"] == "impact":
        second.post(f"{_path(calls)}/approval", {**said, "reason": "条款、情形与影响均已核对（演示）"})
    if draft["state"] != "published":
        second.post(f"{_path(calls)}/publication", {**said, "because": BECAUSE})


def _path(calls: Calls) -> str:
    return f"/v1/rule-drafts/{calls.file.look_at['rule_draft']}"


def _until_it_is(calls: Calls, *states: str, failed: Any = None) -> dict[str, Any]:
    """The draft, once it has come to one of these states; `failed` is a check from before. Raises DemoRefused for one
    that does not hold."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        draft = calls.person("demo.officer").get(_path(calls))
        if draft["state"] in states:
            return draft
        if draft["check"] not in (None, failed) and not draft["check"]["outcome"]["holds"]:
            raise DemoRefused(f"{DOCUMENT}: {draft['check']['outcome']}")
        time.sleep(LOOK_AGAIN)
    raise DemoRefused(f"{DOCUMENT} did not come to be {states[0]}")
