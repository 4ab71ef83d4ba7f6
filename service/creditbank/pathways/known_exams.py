"""Scores of examinations as rows of the question `progression`: which count, and which sitting is the last; pure.

Sittings of a cohort's rounds follow one another by round and number, whatever is known of their days. A score whose
sitting, or its subject there, the round does not declare any more does not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from creditbank.recognition.known import Facts


def declared(rounds: Sequence[Mapping[str, Any]]) -> set[tuple[str, int, str]]:
    """Every subject of every sitting of rounds that were not abandoned."""
    return {
        (str(one["id"]), int(sitting["no"]), str(subject["subject"]))
        for one in rounds if one["state"] != "abandoned"
        for sitting in one["sittings"] or () for subject in sitting.get("subjects") or ()
    }  # fmt: skip


def still_sat(body: Mapping[str, Any], sat: Collection[tuple[str, int, str]]) -> bool:
    """Whether a score is of a sitting that there still is: the round after one that was abandoned has its number."""
    if "round_id" not in body:
        return True
    return (body["round_id"], body.get("sitting", 1), body["subject"]) in sat


def exam_rows(sat: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Facts]:
    """Rows of `exam` by their keys, each with whether it belongs to the last sitting of its kind."""
    latest = _latest(sat)
    rows = []
    for key, body in sorted(sat, key=lambda pair: pair[0]):
        said = {name: body[name] for name in ("kind", "subject", "sitting", "on", "year", "points", "full", "result",
                                              "drawn") if name in body}  # fmt: skip
        said["latest"] = key in latest
        if "marks" in body:
            said["markers"] = len(body["marks"])
        rows.append({"id": key, "exam": said})
    return rows


def _latest(sat: Sequence[tuple[str, Mapping[str, Any]]]) -> set[str]:
    """The keys of the last sitting of each kind: by year, by round, by number. Whoever makes up in a sitting has its
    number. Outside rounds sittings may have none: then of a subject that was sat twice the later day.
    """
    found: set[str] = set()
    for kind in {body["kind"] for _, body in sat}:
        mine = [(key, body) for key, body in sat if body["kind"] == kind]
        years = _years(body for _, body in mine)
        whens = {key: _when(body, years) for key, body in mine}
        last: dict[str, tuple[str, str]] = {}
        for key, body in mine:
            if whens[key] == max(whens.values()):
                last[body["subject"]] = max(last.get(body["subject"], ("", "")), (str(body.get("on", "")), key))
        found |= {key for _, key in last.values()}
    return found


def _years(bodies: Iterable[Mapping[str, Any]]) -> dict[tuple[int, int], int]:
    """The year of each sitting in rounds. Sittings and rounds follow one another: one of which no day is known, or
    which was moved after its first scores came, is not before an earlier one.
    """
    said: dict[tuple[int, int], int] = {}
    for body in bodies:
        if "round" in body:
            place = (body["round"], body.get("sitting", 1))
            said[place] = max(said.get(place, 0), body.get("year", 0))
    years, year = {}, 0
    for place in sorted(said):
        year = years[place] = max(year, said[place])
    return years


def _when(body: Mapping[str, Any], years: Mapping[tuple[int, int], int]) -> tuple[int, int, int]:
    sitting = body.get("sitting", 1)
    if "round" in body:
        return years[body["round"], sitting], body["round"], sitting
    return int(body.get("year") or str(body.get("on", "0"))[:4]), 0, sitting
