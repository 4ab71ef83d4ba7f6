"""What only a person can do about the hard cases, done through the API: correct, withdraw, reassign, resolve, merge,
record a guardian, and let the people in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date
from functools import partial

from creditbank.demo.bank import Calls, DemoFileLost, Row, person_entry
from creditbank.demo.city import institution
from creditbank.demo.people import Person
from creditbank.demo.shelf import CORRECTION, LATER_RESULTS
from creditbank.demo.stories import Stories, Story
from creditbank.demo.submitting import submit


def steps(calls: Calls, stories: Stories) -> list[tuple[str, Callable[[], object]]]:
    """The acts in their order, each by its name."""
    return [
        ("rows with a story", partial(_remember, calls, stories)),
        ("a certificate withdrawn", partial(_withdraw, calls)),
        ("a grade corrected", partial(submit, calls, CORRECTION)),
        ("a record reassigned", partial(_reassign, calls, stories)),
        ("a changed name resolved", partial(_resolve, calls, stories)),
        ("two accounts merged", partial(_merge, calls, stories)),
        ("a guardian recorded", partial(_guardian, calls, stories)),
        ("people let in", partial(_let_in, calls, stories)),
        ("a consent given", partial(_consent, calls)),
    ]


# --- records ------------------------------------------------------------------------------------------------------


def _remember(calls: Calls, stories: Stories) -> None:
    """Keep the identifiers of the rows with a story, before anything is done to them."""
    first = {name: value for name, value in stories.corrected.items() if name != "reason"} | {"score": "58"}
    for name, school, row in (
        ("withdrawn_certificate", "beichen", stories.withdrawn),
        ("corrected_grade", "vocational", first),
        ("reassigned_award", "yanshan", stories.misplaced),
    ):
        outcome = calls.institution(institution(school)).post_record(row)
        assert outcome.record_id is not None, outcome
        calls.file.look_at[name] = outcome.record_id


def _withdraw(calls: Calls) -> None:
    body = calls.institution(institution("beichen"))
    with calls.unless_done_before("record_already_withdrawn"):
        body.withdraw(calls.file.look_at["withdrawn_certificate"], reason="考务核查：该考次成绩无效")


def _reassign(calls: Calls, stories: Stories) -> None:
    school = calls.institution(institution("yanshan"))
    with calls.unless_done_before("record_already_theirs"):
        school.reassign(
            calls.file.look_at["reassigned_award"], to=stories.belongs_to, reason="姓名相近，报送时选错学生"
        )


def _resolve(calls: Calls, stories: Stories) -> None:
    """The entry in the college's roster waits, for the name is not the account's; an officer has seen the papers.

    Sent once more, a row that is held is the same held row.
    """
    officer, college = calls.person("demo.officer"), calls.institution(institution("trade"))
    learner_id = _learner_id(calls, "bihai", stories.before)
    outcome = college.post_record(stories.held)
    with calls.unless_done_before("name_already_current"):
        said = {"name": stories.renamed.person.name, "evidence": "户口簿更名页，2024-09-02 查验原件（演示）"}
        officer.post(f"/v1/learners/{learner_id}/names", said)
    if outcome.held:
        said = {"decision": "match", "learner_id": learner_id, "reason": "更名，已查验户口簿"}
        with calls.unless_done_before("held_row_already_resolved"):
            officer.post(f"/v1/held-rows/{outcome.held_row_id}/resolution", said)
    submit(calls, LATER_RESULTS)


# --- people -------------------------------------------------------------------------------------------------------


def _merge(calls: Calls, stories: Stories) -> None:
    abroad = _learner_id(calls, "enterprise", stories.abroad)
    at_home = _learner_id(calls, "technician", stories.at_home)
    said = {"learner_id": abroad, "into_learner_id": at_home, "reason": "同一人：护照与居民身份证已当面核对"}
    with calls.unless_done_before("already_one_person"):
        calls.person("demo.officer").post("/v1/learner-merges", said)


def _guardian(calls: Calls, stories: Stories) -> None:
    child, father = stories.child, stories.guardian
    if any(person["role"] == "guardian" for person in calls.file.people):
        return
    account = _account(calls, child.school, child.person)
    said = {
        "name": father.name,
        "document": {"kind": father.document_kind, "number": father.number},
        "relation": "father",
        "evidence": "户口簿与居民身份证，2025-07-14 查验原件（演示）",
    }
    path = f"/v1/learners/{account['learner_id']}/guardians"
    given = calls.person("demo.officer").post(path, said, idempotency_key="demo/guardian")
    story = f"{child.person.name}的父亲：{child.sentence}"
    entry = person_entry(father.name, "guardian", given["login_name"], given["password"], story)
    calls.file.people.append({**entry, **account})


def _let_in(calls: Calls, stories: Stories) -> None:
    for story in (*stories.people, stories.renamed):
        let_in(calls, story)


def let_in(calls: Calls, story: Story) -> None:
    """With a code from the school. Login and password are kept first, so that an interruption loses nobody.

    Who has gone on to another school since then was let in before that.
    """
    entry = calls.file.person(story.login)
    if entry is None:
        password = "-".join(secrets.token_hex(3) for _ in range(3))
        entry = person_entry(story.person.name, "learner", story.login, password, story.sentence)
        calls.file.people.append(entry | _account(calls, story.school, story.person))
        calls.file.save()
        entry = calls.file.people[-1]
    school = calls.institution(institution(story.school))
    born_on: date | None = None if story.person.document_kind == "resident_id" else story.person.born_on
    try:
        code = school.activation_code(entry["learner_id"], birth_on=born_on)
    except calls.library.Conflict as conflict:
        if conflict.code not in ("account_already_activated", "another_school_acts"):
            raise
        if not calls.can_sign_in(story.login):
            raise DemoFileLost from conflict
        return
    said = {"account_no": entry["account_no"], "name": story.person.name, "code": code["code"]}
    school.post("/v1/accounts/activation", {**said, "login_name": story.login, "password": entry["password"]})


def _consent(calls: Calls) -> None:
    """The one who moved lets the university see everything; the other schools still see what they reported."""
    entry = calls.file.person("shen.zhiyuan")
    assert entry is not None
    said = {"purpose": "transcript", "institution_id": institution("university").institution_id, "given": True}
    calls.person(entry["login"]).post(f"/v1/learners/{entry['learner_id']}/consents", said)


def _account(calls: Calls, school: str, person: Person) -> Row:
    """Account number and identifier of a learner, as an institution of theirs is told them."""
    (found,) = calls.institution(institution(school)).open_learners([person.known_by()])
    return {"account_no": found["account_no"], "learner_id": found["learner_id"]}


def _learner_id(calls: Calls, school: str, person: Person) -> str:
    return str(_account(calls, school, person)["learner_id"])
