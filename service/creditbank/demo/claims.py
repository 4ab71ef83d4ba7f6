"""What people of the city claim and what becomes of it: learners, hands, reviewers, each through the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from creditbank.demo import days
from creditbank.demo.acts import let_in
from creditbank.demo.bank import Calls, DemoRefused, Row
from creditbank.demo.city import institution
from creditbank.demo.claimants import CLAIMANTS, Claimant, entering, leaving, person_of
from creditbank.demo.history import History
from creditbank.demo.stories import Story

PATIENCE = 60.0
"""Seconds in which the work of the bank has to see that a notice is over."""
LOOK_AGAIN = 0.2
OPEN_UNTIL = "2029-07-31"
"""Until when what the reviewer decided against the rules holds: the longest study of who claims is over by then."""

LET_IN_BY = "vocational"
"""Where all of them are, or have been, enrolled: the one who moves on has had her login from there."""

Line = tuple[Sequence[str], str]
"""Records by what they are called, and the course they are claimed for."""


def steps(calls: Calls, history: History) -> list[tuple[str, Callable[[], object]]]:
    """What is done on the day of the claims, each by its name."""
    return [
        ("new students", partial(_new_students, calls, history)),
        ("claimants let in", partial(_let_in, calls, history)),
        ("a certificate reported", partial(_certificate_reported, calls, history)),
        ("an equivalence of courses", partial(_claimed_by_courses, calls)),
        ("a certificate claimed", partial(_certificate_claimed, calls)),
        ("a cap and a judgement", partial(_cap_and_judgement, calls)),
        ("a refusal", partial(_refused, calls)),
        ("a certificate of workshops", partial(_workshop_certificate, calls)),
        ("the best allocation", partial(_allocated, calls)),
    ]


def steps_afterwards(calls: Calls) -> list[tuple[str, Callable[[], object]]]:
    """What is done on the day after the notices, each by its name."""
    return [
        ("the notices are over", partial(_notices_over, calls)),
        ("an appeal upheld", partial(_appealed, calls)),
        ("a conversion reversed", partial(_reversed, calls)),
    ]


def steps_of_today(calls: Calls) -> list[tuple[str, Callable[[], object]]]:
    """What is left on its way, each by its name."""
    return [
        ("today", partial(_today, calls)),
        ("a claim on notice", partial(_on_notice, calls)),
        ("a claim in an inbox", partial(_in_an_inbox, calls)),
    ]


# --- who they are -------------------------------------------------------------------------------------------------


def _new_students(calls: Calls, history: History) -> None:
    for one in CLAIMANTS.values():
        if one.new_number is not None:
            if one.school != "bihai":
                calls.institution(institution(one.school)).post_record(leaving(history, one))
            calls.institution(institution(one.plan[0])).post_record(entering(history, one))


def _let_in(calls: Calls, history: History) -> None:
    for one in CLAIMANTS.values():
        let_in(calls, Story(person_of(history, one), one.login, LET_IN_BY, one.sentence))


def _certificate_reported(calls: Calls, history: History) -> None:
    """By the college, from before the body was connected: it has not said yet that it is right."""
    who = CLAIMANTS["peng.zhiyou"]
    row = {
        "kind": "certificate",
        "learner": person_of(history, who).known_by(),
        "standard": "ys-ai-training",
        "level": "intermediate",
        "number": "YS2026900101",
        "occurred_on": "2026-05-16",
    }
    calls.file.look_at["reported_certificate"] = str(
        calls.institution(institution(who.school)).post_record(row).record_id
    )


# --- claims -------------------------------------------------------------------------------------------------------


def _certificate_claimed(calls: Calls) -> None:
    """Through every hand of the city's method: department, registrar, the body that issued it, public notice."""
    claim = _claim(calls, "claim_granted", "peng.zhiyou", [(["ys-ai-training"], "YS5202")])
    _agreed(calls, claim)
    body = institution("beichen")
    _answer(calls, claim, f"issuer-{body.institution_id}", "beichen.certificate_body", "verified")


def _claimed_by_courses(calls: Calls) -> None:
    lines: list[Line] = [(["YS1102"], "YS5101"), (["YS1003", "YS1008"], "YS5003")]
    claim = _claim(calls, "claim_by_courses", "zhu.yixi", lines)
    _agreed(calls, claim)


def _cap_and_judgement(calls: Calls) -> None:
    claim = _claim(calls, "claim_partly_granted", "jiang.chen", [(["award"], "YS5202"), (["award"], "YS5201")])
    refused, _ = calls.person("jiang.chen").get(f"/v1/claims/{claim}")["lines"]
    calls.file.look_at["refused_by_a_cap"] = refused["decision_id"]
    facts = {"match.relevance": "85", "match.not_lower": True}
    _say(calls, claim, "department", "vocational.reviewer", 2, facts)
    _agreed(calls, claim)


def _refused(calls: Calls) -> None:
    claim = _claim(calls, "claim_appealed", "song.zhilong", [(["ys-data-annotation"], "YS5201")])
    _say(calls, claim, "department", "vocational.reviewer", 1, {"match.relevance": "70", "match.not_lower": True})


def _workshop_certificate(calls: Calls) -> None:
    _agreed(calls, _claim(calls, "claim_reversed", "cui.yuxin", [(["ys-vehicle-care"], "YS5314")]))


def _allocated(calls: Calls) -> None:
    """What the bank finds best is claimed as it is."""
    one = CLAIMANTS["wu.jingxia"]
    plan_id = _plan_id(calls, one)
    claim = _made_before(calls, "claim_allocated", one, plan_id)
    if claim is None:
        path = f"/v1/learners/{_learner_id(calls, one)}/allocations"
        found = calls.person(one.login).post(path, {"plan_id": plan_id})
        claim = _made(calls, "claim_allocated", one, plan_id, found["claim"])
    _agreed(calls, claim, one.plan[0])


def _on_notice(calls: Calls) -> None:
    _agreed(calls, _claim(calls, "claim_on_notice", "tang.zilin", [(["ys-data-annotation"], "YS5202")]))


def _in_an_inbox(calls: Calls) -> None:
    _claim(calls, "claim_in_inbox", "cui.ruomei", [(["ys-data-annotation"], "YS5202")])


# --- afterwards ---------------------------------------------------------------------------------------------------


def _notices_over(calls: Calls) -> None:
    """Five working days later; the bank sees by itself that nobody objected."""
    days.go_on(calls.file)
    if calls.file.stands_at is None:
        return
    calls.file.save()
    officer = calls.person("demo.officer")
    waiting = ["claim_granted", "claim_by_courses", "claim_partly_granted", "claim_reversed", "claim_allocated"]
    until = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < until:
        waiting = [one for one in waiting if officer.get(f"/v1/claims/{calls.file.look_at[one]}")["state"] == "open"]
        time.sleep(LOOK_AGAIN)
    if waiting:
        raise DemoRefused(f"still on notice: {waiting}")


def _appealed(calls: Calls) -> None:
    """By who was refused, to somebody who had no hand in it."""
    claim_id, learner = calls.file.look_at["claim_appealed"], calls.person("song.zhilong")
    words = "《项目管理》的项目实施与交付，与证书的数据标注项目管理模块相同，请复核课程标准。"
    with calls.unless_done_before("appeal_pending", "reviewed_already", "nothing_to_appeal"):
        learner.post(f"/v1/claims/{claim_id}/lines/1/appeals", {"kind": "appeal", "words": words})
    reviewer = calls.person("demo.appeals")
    for waiting in reviewer.get("/v1/appeals")["items"]:
        if waiting["claim_id"] == claim_id:
            said = {
                "upheld": True,
                "words": "比对课程标准与证书标准：项目实施、交付与验收部分一致，予以认定。",
                "credits": "3",
                "expires_on": OPEN_UNTIL,
            }
            reviewer.post(f"/v1/appeals/{waiting['appeal_id']}/decision", said)


def _reversed(calls: Calls) -> None:
    learner = calls.person("cui.yuxin")
    claim = learner.get(f"/v1/claims/{calls.file.look_at['claim_reversed']}")
    body = calls.institution(institution("yunfan"))
    with calls.unless_done_before("record_already_withdrawn"):
        body.withdraw(claim["lines"][0]["record_ids"][0], reason="考务复核：实操部分成绩登记有误，证书收回")


def _today(calls: Calls) -> None:
    days.go_home(calls.file)


# --- claiming and answering ---------------------------------------------------------------------------------------


def _claim(calls: Calls, name: str, login: str, lines: Sequence[Line]) -> str:
    """Claim as a learner does: look the records up in one's own transcript."""
    one = CLAIMANTS[login]
    plan_id = _plan_id(calls, one)
    made = _made_before(calls, name, one, plan_id)
    if made is not None:
        return made
    records = calls.person(login).transcript(_learner_id(calls, one))["records"]
    asked = [
        {"record_ids": [_record(records, called) for called in names], "course_code": course} for names, course in lines
    ]
    return _made(calls, name, one, plan_id, asked)


def _made(calls: Calls, name: str, one: Claimant, plan_id: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """Claim, and keep which claim it is."""
    said = {"plan_id": plan_id, "lines": lines}
    claim = calls.person(one.login).post(f"/v1/learners/{_learner_id(calls, one)}/claims", said)
    return _kept(calls, name, claim)


def _made_before(calls: Calls, name: str, one: Claimant, plan_id: str) -> str | None:
    """The first claim for the plan, if it was made before an interruption; the answer has the newest first."""
    found = reversed(calls.person(one.login).get(f"/v1/learners/{_learner_id(calls, one)}/claims")["items"])
    return next((_kept(calls, name, claim) for claim in found if claim["plan_id"] == plan_id), None)


def _kept(calls: Calls, name: str, claim: Mapping[str, Any]) -> str:
    calls.file.look_at[name] = str(claim["claim_id"])
    if name == "claim_granted":
        calls.file.look_at["plan"] = str(claim["plan_id"])
    return str(claim["claim_id"])


def _learner_id(calls: Calls, one: Claimant) -> str:
    entry = calls.file.person(one.login)
    assert entry is not None
    return str(entry["learner_id"])


def _record(records: Sequence[Row], called: str) -> str:
    """A granted record by its kind, its course's code or its certificate's standard."""
    for one in records:
        shown = one["shown"]
        if called in (one["kind"], shown.get("course_code"), shown.get("standard")) and one["verdict"] == "granted":
            return str(one["record_id"])
    raise DemoRefused(f"no record {called}")


def _plan_id(calls: Calls, one: Claimant) -> str:
    """The plan in force for a year of entry, as everybody may read it."""
    school, code, year = one.plan
    path = f"/v1/institutions/{institution(school).institution_id}/programmes"
    reader = calls.person(one.login)
    programme = next(found for found in reader.get(path, limit=200)["items"] if found["code"] == code)
    plans = reader.get(f"{path}/{programme['programme_id']}/plans", year_of_entry=year)["items"]
    return str(plans[0]["plan_id"])


def _agreed(calls: Calls, claim_id: str, school: str = "vocational") -> None:
    """Department and registrar of the college of the plan agree."""
    _answer(calls, claim_id, "department", f"{school}.reviewer", "approved")
    _answer(calls, claim_id, "registrar", f"{school}.registrar", "approved")


def _answer(calls: Calls, claim_id: str, step: str, login: str, outcome: str) -> None:
    """A hand answers, unless the claim has gone on from it."""
    hand = calls.person(login)
    if hand.get(f"/v1/claims/{claim_id}")["step"] == step:
        hand.post(f"/v1/claims/{claim_id}/steps/{step}/outcome", {"outcome": outcome})


def _say(calls: Calls, claim_id: str, step: str, login: str, line_no: int, facts: Mapping[str, object]) -> None:
    """A hand says what only it can know of a line."""
    hand = calls.person(login)
    if hand.get(f"/v1/claims/{claim_id}")["step"] == step:
        said = [{"line_no": line_no, "fact": fact, "value": value} for fact, value in facts.items()]
        hand.post(f"/v1/claims/{claim_id}/steps/{step}/facts", {"facts": said})
