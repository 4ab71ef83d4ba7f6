"""Shares through the client: made by a learner, opened by somebody without an account, against the bank as served."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from creditbank import clock
from creditbank_client import Client, NotFound, Problem, open_share
from tests.clients.conftest import Town, somebody, training

PIN = "270418"


@pytest.fixture
def learner(town: Town) -> Any:
    """Somebody with an account and two trainings, who signs in."""
    who = somebody("S0001")
    with town.client() as college:
        entered = {
            "kind": "enrolment_event", "learner": who, "event": "entered", "occurred_on": date(2024, 9, 1),
            "level": "higher_vocational", "year_of_entry": 2024,
        }  # fmt: skip
        _, *reported = college.post_records([entered, training(who, title="焊接"), training(who, title="钳工")])
        records = [str(one.record_id) for one in reported]
        learner_id = str(college.record(records[0])["learner_id"])
        code = college.activation_code(learner_id)
        login = {"login_name": f"sharer-{code['account_no']}", "password": "hai-ou-fei-guo-gang"}
        said = {"account_no": code["account_no"], "code": code["code"], "name": who["name"], **login}
        college.post("/v1/accounts/activation", said)
    with Client.of_person(town.bank.base_url, login["login_name"], login["password"]) as client:
        yield client, learner_id, records


def test_a_learner_shares_and_whoever_holds_the_code_opens_it(town: Town, learner: Any) -> None:
    client, learner_id, records = learner
    made = client.make_share(
        learner_id, purpose="应聘", records=records[:1], until=clock.today() + timedelta(days=7), openings=2, pin=PIN
    )
    assert made["address"].endswith(f"/verify/{made['code'].replace(' ', '')}")
    with pytest.raises(NotFound):
        open_share(town.bank.base_url, made["code"])
    shown = open_share(town.bank.base_url, made["code"], PIN)
    assert [line["shown"]["title"] for line in shown["lines"]] == ["焊接"]
    assert client.share_contents(learner_id, made["share_id"])["lines"] == shown["lines"]
    assert [one["share_id"] for one in client.shares(learner_id)] == [made["share_id"]]
    assert [one["outcome"] for one in client.share_openings(learner_id, made["share_id"])] == ["shown"]
    assert client.close_share(learner_id, made["share_id"])["state"] == "closed"
    assert client.share(learner_id, made["share_id"])["openings_used"] == 1
    with pytest.raises(Problem) as over:
        open_share(town.bank.base_url, made["code"], PIN, language="en")
    assert (over.value.code, over.value.status) == ("share_over", 410)
