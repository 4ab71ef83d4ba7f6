"""What is known of a learner for a pathway on a day, and the facts of the question `progression` from it; pure.

Every value is as the rules read it: amounts in hundredths, points and percents as text, days as text. What nobody has
said is not there. Rows are named by what they are about and not by when they came, so that the order of arrival shows
nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.pathways.known_exams import declared, exam_rows, still_sat
from creditbank.pathways.statement_topics import CHECKED, TOPICS, WITHOUT_POINTS, key_of, of_the_member
from creditbank.recognition.known import Facts
from creditbank.rules.questions import OTHERS

LIVE = ("provisional", "filed", "suspended")
"""In the cohort: whoever left or progressed is not."""
_STATUS_AFTER = {"filed": "filed", "suspended": "suspended", "left": "left", "given_up": "left",
                 "progressed": "progressed"}  # fmt: skip
_SCALARS = {
    "process": ("process", {"score": "score", "passed": "passed"}),
    "health": ("health", {"fit": "fit"}),
    "language": ("language", {"kind": "kind"}),
    "residence": ("learner", {"province": "residence"}),
    "informed": ("member", {"informed": "informed"}),
    "recommended": ("member", {"recommended": "recommended"}),
    "agreed": ("member", {"agreed": "agreed"}),
    "filed": ("member", {"filed": "filed"}),
    "changes": ("member", {"times": "changes"}),
    "graduating": ("member", {"graduating": "graduating"}),
    "exam_category": ("programme", {"category": "exam_category"}),
    "merit": ("learner", {"merit": "merit"}),
    "model_worker": ("learner", {"model_worker": "model_worker"}),
}
"""Topics that become facts of the case: their subject, and what each part of the statement is called there."""

_OF_THE_DAY = ("term", "week_of_term")
"""What a plan and the calendar say of the day that is asked about: facts of the member and of the pathway."""


@dataclass(frozen=True, slots=True)
class RoundSaid:
    """What a round says of itself to whoever gathers for it."""

    round_id: UUID
    number: int
    collects_until: date | None = None
    sittings: tuple[Mapping[str, Any], ...] = ()
    """[{no, on, subjects: [{subject, full, drawn}], marked_by}], as the round declares them."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, opened."""

    statement_id: str
    learner_id: str
    cohort_id: str
    topic: str
    key: str
    body: Mapping[str, Any]
    occurred_on: str
    at: str
    institution_id: str | None
    supersedes: str | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fact or a row stands on: a record, a statement, a membership or a round's result, by its id."""

    kind: str
    id: str
    topic: str | None = None
    institution_id: str | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Imagined:
    """What somebody thinks of besides what is known: a certificate, a score, credits."""

    exams: tuple[Facts, ...] = ()
    """Rows of `exam`, as a statement would make them."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """Facts of the case that would be otherwise, by subject."""
    earned: tuple[Facts, ...] = ()
    """Rows {earned: {credits}, course: {category}}."""
    records: tuple[Facts, ...] = ()
    """Rows {record, certificate, institution}."""


NOTHING_IMAGINED = Imagined()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one learner for one pathway on a day."""

    learner_id: UUID
    family: tuple[UUID, ...]
    pathway_id: UUID
    cohort_id: UUID | None
    on: date
    facts: Facts
    evidence: Mapping[str, tuple[Evidence, ...]]
    """By the id of a row, and by the name of a fact of the case."""


# --- statements -----------------------------------------------------------------------------------------------------


def live(statements: Iterable[Stated], on: date) -> list[Stated]:
    """What holds on a day: of each chain of one key the last statement of something that had happened by then.

    A correction names what it supersedes, so that the order of clocks decides nothing; of two chains of one key (two
    accounts of one person) the one that was stated last.
    """
    day = on.isoformat()
    chains: dict[tuple[str, str], list[Stated]] = defaultdict(list)
    for one in statements:
        # Not by the key that is kept: of something sensitive each account of a person has another one.
        chains[key_of(one.topic, one.body), one.cohort_id if of_the_member(one.topic, one.body) else ""].append(one)
    found = []
    for _, chain in sorted(chains.items()):
        ends = [one for one in _ends(chain, day) if not one.withdrawn]
        if ends:
            found.append(max(ends, key=lambda one: (one.at, one.statement_id)))
    return found


def _ends(chain: Sequence[Stated], day: str) -> list[Stated]:
    """The statements that nothing supersedes of what had happened by a day."""
    before = {one.statement_id: one.supersedes for one in chain}
    seen = [one for one in chain if one.occurred_on <= day]
    # What was corrected by something that happened later is not replaced yet, but by whatever came after that.
    replaced: set[str] = set()
    for one in seen:
        earlier = one.supersedes
        while earlier is not None and earlier not in replaced:
            replaced.add(earlier)
            earlier = before.get(earlier)
    return [one for one in seen if one.statement_id not in replaced]


# --- the facts ------------------------------------------------------------------------------------------------------


def facts_of(
    person: Mapping[str, Any],
    way: Mapping[str, Any],
    *,
    on: date,
    round_: RoundSaid | None,
    studied: Mapping[str, Any],
    imagined: Imagined = NOTHING_IMAGINED,
) -> tuple[Facts, dict[str, tuple[Evidence, ...]], str | None]:
    """The facts, what they stand on, and the cohort.

    `person` is {members, rounds, results, stated} of all accounts, `way` the row of the pathway with its intakes,
    `studied` what is known through records: {enrolment, programme, plan, courses, earned, records, awards, events,
    term, week_of_term}.
    """
    member = member_of(person["members"], way["id"], on)
    cohort = None if member is None else member["cohort"]
    held = live(person["stated"], on)
    sat = declared(person["rounds"])
    mine = [
        one for one in held
        if (one.cohort_id == cohort or not of_the_member(one.topic, one.body))
        and (one.topic != "exam" or still_sat(one.body, sat))
    ]  # fmt: skip
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    facts: Facts = {
        "pathway": _pathway(way, member, on),
        "member": _member(person, member, on),
        "intake": _intake(way, member, on),
        "target": {name: way[f"target_{name}"] for name in ("level", "discipline", "programme")
                   if way.get(f"target_{name}") is not None},
        "decision": {"on": on.isoformat()},
    }  # fmt: skip
    facts |= {name: value for name, value in studied.items() if name not in _OF_THE_DAY and value is not None}
    if studied.get("week_of_term") is not None:
        facts["pathway"]["week_of_term"] = studied["week_of_term"]
    if studied.get("term") is not None:
        facts["member"]["term_of_study"] = studied["term"]
    if member is not None:
        facts["cohort"] = _cohort(member, way, on)
        evidence["member.status"].append(Evidence("membership", member["cohort"]))
    if round_ is not None:
        facts["round"] = _round(round_)
    _from_statements(facts, mine, evidence)
    # That nobody said anything is not that there is nothing: such a set is not known, and left out. Nor is what was
    # said all there is, before somebody says so.
    sets = {name: [_row(topic, one, evidence) for one in mine if one.topic == topic]
            for topic, name in CHECKED.items()}  # fmt: skip
    sets["exams"] = _exams(mine, evidence)
    sets["admissions"] += _results(person["results"], way["id"], on, evidence)
    checked = {one.body["what"]: one for one in mine if one.topic == "checked"}
    for name, one in checked.items():
        evidence[name] = [_evidence(one)]
    for name in CHECKED.values():
        if sets[name] and name not in checked:
            sets[name].append(dict(OTHERS))
    facts |= {name: rows for name, rows in sets.items() if rows or name in checked}
    changes = [one for one in mine if one.topic == "event"]
    facts["events"] = [*(facts.get("events") or []), *(_row("event", one, evidence) for one in changes)]
    many = sum(1 for one in changes if one.body["kind"] == "type_changed")
    if "changes" in facts["member"] and many > facts["member"]["changes"]:
        facts["member"]["changes"] = many  # how many there are in all nobody knows who did not count them
    _imagine(facts, imagined, on)
    for row in (*(facts.get("records") or ()), *(facts.get("awards") or ())):
        institution = (row.get("institution") or {}).get("id")
        evidence[row["id"]] = [Evidence("record", row["id"], institution_id=institution)]
    return facts, {name: tuple(found) for name, found in evidence.items()}, cohort


def member_of(members: Sequence[Mapping[str, Any]], pathway_id: str, on: date) -> Mapping[str, Any] | None:
    """The membership of a pathway on a day: the one that lives, else the last one."""
    mine = [one for one in members if one["pathway"] == pathway_id and one["joined_on"] <= on.isoformat()]
    if not mine:
        return None
    return max(mine, key=lambda one: (status_on(one, on) in LIVE, one["joined_on"], one["cohort"]))


def status_on(member: Mapping[str, Any], on: date) -> str:
    """The status as the events by a day leave it."""
    status, filed = "provisional", False
    events = sorted(member["events"] or (), key=lambda one: (one["on"], one["no"]))
    for each in events:
        if each["on"] > on.isoformat():
            break
        filed = filed or each["event"] == "filed"
        if each["event"] == "returned":
            status = "filed" if filed else "provisional"
        elif each["event"] == "filed" and status == "suspended":
            continue
        else:
            status = _STATUS_AFTER.get(each["event"], status)
    return status


def _pathway(way: Mapping[str, Any], member: Mapping[str, Any] | None, on: date) -> Facts:
    day = on.isoformat()
    holds = way["from"] <= day and (way["until"] is None or day < way["until"])
    # What was ended holds until the day on which it was; without one it never began.
    ended = way["state"] == "ended" and way["until"] is None
    filed = way["filed_on"] is not None and way["filed_on"] <= day
    said = {
        "kind": way["kind"],
        "step": "progression",
        "province": way["province"],
        "track": way["track"],
        "college": way["college"],
        "school": way["school"],
        "school_kind": way.get("school_kind"),
        "year": _year(way, member, on),
        "on": day,
        "in_force": holds and not ended,
        "filed": filed,
    }
    return {name: value for name, value in said.items() if value is not None}


def _year(way: Mapping[str, Any], member: Mapping[str, Any] | None, on: date) -> int | None:
    """The year of the progression: that of entry and the years before the college; of an entrance, its intake."""
    if member is not None:
        years = [one for one in way["stages"] or () if one.get("at") != "college"]
        return int(member["year_of_entry"]) + len(years)
    posted = [one["year"] for one in way["intakes"] or () if one["on"] <= on.isoformat()]
    return max(posted, default=None)


def _member(person: Mapping[str, Any], member: Mapping[str, Any] | None, on: date) -> Facts:
    living = [one for one in person["members"] if one["joined_on"] <= on.isoformat() and status_on(one, on) in LIVE]
    others = {one["cohort"] for one in living} - ({member["cohort"]} if member is not None else set())
    said: Facts = {"other_cohorts": len(others)}
    if member is None:
        return said
    events = [one for one in member["events"] or () if one["on"] <= on.isoformat()]
    said |= {"status": status_on(member, on), "joined_on": member["joined_on"]}
    if any(one["event"] == "filed" for one in events):
        said["filed"] = True
    elif member["cohort_filed_on"] is not None and member["cohort_filed_on"] <= on.isoformat():
        said["filed"] = False  # the list was filed without them
    return said


def _intake(way: Mapping[str, Any], member: Mapping[str, Any] | None, on: date) -> Facts:
    posted = [one for one in way["intakes"] or () if one["on"] <= on.isoformat()]
    year = member["intake_year"] if member is not None else max((one["year"] for one in posted), default=None)
    mine = [one for one in posted if one["year"] == year]
    if year is None or not mine:
        return {}
    return {"year": year, "quota": sum(one["quota"] for one in mine), "plans": len(mine)}


def _cohort(member: Mapping[str, Any], way: Mapping[str, Any], on: date) -> Facts:
    size = member["class_size"] if member["class_size"] is not None else way["class_size"]
    filed = member["cohort_filed_on"] is not None and member["cohort_filed_on"] <= on.isoformat()
    said = {"size": member["size"], "class_size": size, "filed": filed}
    return {name: value for name, value in said.items() if value is not None}


def _round(round_: RoundSaid) -> Facts:
    days = [str(each["on"]) for each in round_.sittings if each.get("on")]
    said = {
        "number": round_.number,
        "collects_until": None if round_.collects_until is None else round_.collects_until.isoformat(),
        "exam_on": max(days, default=None),
    }
    return {name: value for name, value in said.items() if value is not None}


def _from_statements(facts: Facts, stated: Sequence[Stated], evidence: dict[str, list[Evidence]]) -> None:
    for one in stated:
        if one.topic not in _SCALARS:
            continue
        subject, names = _SCALARS[one.topic]
        for part, name in names.items():
            if part in one.body:
                facts[subject] = {**facts.get(subject, {}), name: one.body[part]}
                evidence[f"{subject}.{name}"] = [_evidence(one)]


def _evidence(one: Stated) -> Evidence:
    return Evidence("statement", one.statement_id, one.topic, one.institution_id, TOPICS[one.topic].sensitive)


def _row(topic: str, one: Stated, evidence: dict[str, list[Evidence]]) -> Facts:
    evidence[one.key] = [_evidence(one)]
    return {"id": one.key, topic: {name: value for name, value in one.body.items() if name != "number"}}


# --- examinations ---------------------------------------------------------------------------------------------------


def _exams(stated: Sequence[Stated], evidence: dict[str, list[Evidence]]) -> list[Facts]:
    """Each subject that was sat; which sitting of its kind is the last follows from the days."""
    sat = [one for one in stated if one.topic == "exam"]
    for one in sat:
        evidence[one.key] = [_evidence(one)]
    return exam_rows([(one.key, one.body) for one in sat])


def _results(
    results: Sequence[Mapping[str, Any]], pathway_id: str, on: date, evidence: dict[str, list[Evidence]]
) -> list[Facts]:
    """What the frozen rounds of other pathways made of the same person."""
    rows = []
    for one in results:
        if one["pathway"] != pathway_id and one["on"] <= on.isoformat():
            name = f"round/{one['round']}"
            evidence[name] = [Evidence("round", one["round"])]
            said = {"kind": one["kind"], "outcome": one["outcome"], "on": one["on"], "year": int(one["on"][:4])}
            rows.append({"id": name, "admission": said})
    return sorted(rows, key=lambda row: str(row["id"]))


# --- what if --------------------------------------------------------------------------------------------------------


def _imagine(facts: Facts, imagined: Imagined, on: date) -> None:
    """Add what somebody thinks of; a subject of the last sitting takes the place of its score."""
    for subject, said in imagined.facts.items():
        facts[subject] = {**facts.get(subject, {}), **said}
    if imagined.exams:
        rows = list(facts.get("exams") or [])
        for place, body in enumerate(imagined.exams, start=1):
            new = {"on": on.isoformat(), "year": on.year, **body}
            same = [
                row for row in rows
                if (row["exam"]["kind"], row["exam"].get("subject")) == (new["kind"], new.get("subject"))
                and row["exam"].get("latest")
            ]  # fmt: skip
            if same:
                rows[rows.index(same[0])] = {**same[0], "exam": _instead(same[0]["exam"], body)}
            else:
                rows.append({"id": f"hypothetical-exam-{place}", "exam": {"latest": True, **new}})
        facts["exams"] = rows
    for name, more in (("earned", imagined.earned), ("records", imagined.records)):
        if more:
            facts[name] = [*(facts.get(name) or []), *more]
    awards = [row for row in imagined.records if row.get("record", {}).get("kind") == "award"]
    if awards:
        facts["awards"] = [*(facts.get("awards") or []), *awards]


def _instead(exam: Facts, body: Mapping[str, Any]) -> Facts:
    """A score with what is imagined of it: who has points was not absent, and who was absent has none."""
    gone = set()
    if "points" in body and exam.get("result") in WITHOUT_POINTS:
        gone = {"result"}
    if body.get("result") in WITHOUT_POINTS:
        gone = {"points", "markers"}
    return {**{name: value for name, value in exam.items() if name not in gone}, **body}
