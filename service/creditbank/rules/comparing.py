"""Where two JSON values differ, path by path: what a decision said, and what it says when it is decided again."""

from __future__ import annotations

from typing import Any


def differences(then: Any, now: Any, *, path: str = "") -> list[dict[str, Any]]:
    """Every place in which two JSON values differ, as {path, then, now}; the path is a JSON pointer (RFC 6901).

    In the order of names and places. What only one of them has is None in the other, as in JSON.
    """
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            one
            for name in sorted({*then, *now})
            for one in differences(then.get(name), now.get(name), path=f"{path}/{_escaped(name)}")
        ]
    if isinstance(then, list) and isinstance(now, list):
        return [
            one
            for place in range(max(len(then), len(now)))
            for one in differences(_at(then, place), _at(now, place), path=f"{path}/{place}")
        ]
    if type(then) is type(now) and then == now:
        return []
    return [{"path": path, "then": then, "now": now}]


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
