"""What becomes of the city's two rounds: filed, frozen, entered, converted; and what comes when a list is final."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from functools import partial

from creditbank.demo import days, shelf
from creditbank.demo.bank import Calls, DemoRefused, Row
from creditbank.demo.city import institution
from creditbank.demo.pathway_people import GIVES_UP, THREE_TWO, WAYS, Way, member_no
from creditbank.demo.pathways import act, college, send_scores, the_round

ENTERED_ON = date(2026, 9, 10)
CONSENTS = ("wu.haoran.b",)
"""Whose results of the school the college may use."""
NUMBERS = {"three_two": "202602", "three_four": "202601"}
"""What the student numbers of whoever enters begin with; the member number follows."""
PATIENCE = 60.0
"""Seconds in which the work of the bank has to see that a notice of claims is over."""
LOOK_AGAIN = 0.2


def steps(calls: Calls) -> list[tuple[str, Callable[[], object]]]:
    """What is done once the notices are over, each by its name."""
    found: list[tuple[str, Callable[[], object]]] = []
    for way in WAYS:
        found += [
            (f"filing of {way.key}", partial(_filed, calls, way)),
            (f"result of {way.key}", partial(_frozen, calls, way)),
        ]
    return [
        *found,
        ("a place given up", partial(_given_up, calls)),
        ("a review", partial(_review, calls)),
        ("consents to recognition", partial(_consents, calls)),
        *((f"progressing of {way.key}", partial(_progressed, calls, way)) for way in WAYS),
        ("agreed courses", partial(_agreed_courses, calls)),
        ("agreed courses stand", partial(_stand, calls)),
    ]


def _filed(calls: Calls, way: Way) -> None:
    """Where the days of the city are not lived through the notice is still on, and the round waits for it."""
    if the_round(calls, way)["state"] == "settled":
        act(calls, way, "filing")


def _frozen(calls: Calls, way: Way) -> None:
    """By an officer, who had no hand in it."""
    round_ = the_round(calls, way)
    if round_["state"] == "filed":
        said = {"filing_no": way.round_filing_no}
        calls.person("demo.second").round_act(round_["round_id"], "freezing", said)


def _is_frozen(calls: Calls, way: Way) -> Row | None:
    round_ = the_round(calls, way)
    return round_ if round_["state"] == "frozen" else None


def _given_up(calls: Calls) -> None:
    """The frozen list still names who had the place."""
    way, learner = THREE_TWO, calls.person("liang.ziting")
    round_ = _is_frozen(calls, way)
    entry = calls.file.person("liang.ziting")
    if round_ is None or entry is None:
        return
    with calls.unless_done_before("nothing_to_give_up"):
        learner.post(f"/v1/rounds/{round_['round_id']}/candidates/{entry['learner_id']}/giving-up")


def _review(calls: Calls) -> None:
    """A score is corrected when the list is frozen: nothing of it changes, people look at it."""
    if _is_frozen(calls, THREE_TWO) is not None:
        send_scores(calls, THREE_TWO, shelf.LATE_OF_THREE_TWO)


def _consents(calls: Calls) -> None:
    """The college may use what the school reported, for whoever says so."""
    college_id = institution(THREE_TWO.college).institution_id
    for login in CONSENTS:
        entry = calls.file.person(login)
        assert entry is not None
        said = {"purpose": "recognition", "institution_id": college_id, "given": True}
        calls.person(login).post(f"/v1/learners/{entry['learner_id']}/consents", said)


def _progressed(calls: Calls, way: Way) -> None:
    """Whoever was taken, and did not give the place up, is enrolled at the college."""
    round_ = _is_frozen(calls, way)
    if round_ is None:
        return
    gone = {member_no(way, GIVES_UP)} if way is THREE_TWO else set()
    numbers = [one["member_no"] for one in round_["candidates"] if one["outcome"] == "taken"]
    said = [
        {"member_no": number, "student_no": f"{NUMBERS[way.key]}{700 + number}"}
        for number in sorted(set(numbers) - gone)
    ]
    done = college(calls, way).let_progress(round_["round_id"], said, on=ENTERED_ON, year_of_entry=2026)
    refused = [one for one in done["outcomes"] if one["outcome"] in ("refused", "held")]
    if refused:
        raise DemoRefused(f"{way.cohort}: {refused}")


def _agreed_courses(calls: Calls) -> None:
    """The claim that the college made goes through the hands of everybody's claims."""
    for claim_id in _claims(calls):
        for step, hand in (("department", "reviewer"), ("registrar", "registrar")):
            person = calls.person(f"{THREE_TWO.college}.{hand}")
            if person.get(f"/v1/claims/{claim_id}")["step"] == step:
                person.post(f"/v1/claims/{claim_id}/steps/{step}/outcome", {"outcome": "approved"})


def _stand(calls: Calls) -> None:
    """Five working days later nobody has objected to them."""
    days.go_on(calls.file, days.AFTER_CLAIMS)
    if calls.file.stands_at is None:
        return
    calls.file.save()
    waiting, until = _claims(calls), time.monotonic() + PATIENCE
    officer = calls.person("demo.officer")
    while waiting and time.monotonic() < until:
        waiting = [one for one in waiting if officer.get(f"/v1/claims/{one}")["state"] == "open"]
        time.sleep(LOOK_AGAIN)
    if waiting:
        raise DemoRefused(f"still on notice: {waiting}")


def _claims(calls: Calls) -> list[str]:
    round_ = _is_frozen(calls, THREE_TWO)
    if round_ is None:
        return []
    learners = college(calls, THREE_TWO).progressions(round_["round_id"])["learners"]
    found = {one["claim_id"] for learner in learners for one in learner["courses"] if one["claim_id"] is not None}
    if found:
        calls.file.look_at["claim_of_agreed_courses"] = str(min(found))
    return sorted(map(str, found))
