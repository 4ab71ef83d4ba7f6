"""The published client against the real bank: what it sends, what it makes of answers, and how it bears bad lines."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest

import creditbank_client
from creditbank_client import (
    Client,
    Conflict,
    Fault,
    NotAllowed,
    NotFound,
    NotReached,
    Refused,
    SignInRefused,
    Throttled,
    Unavailable,
)
from tests.clients.conftest import SINCE, Line, Town, somebody, training

Send = Callable[[httpx.Request], httpx.Response]


def busy(status: int = 503, **headers: str) -> Callable[[httpx.Request, Send], httpx.Response]:
    """Somebody on the way answers in the bank's place."""

    def answer(request: httpx.Request, send: Send) -> httpx.Response:
        return httpx.Response(status, headers={name.replace("_", "-"): said for name, said in headers.items()})

    return answer


def cut_before(request: httpx.Request, send: Send) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def cut_after(request: httpx.Request, send: Send) -> httpx.Response:
    """The bank has done it, and the answer is lost."""
    send(request).read()
    raise httpx.ReadError("cut off", request=request)


def spoilt_token(request: httpx.Request, send: Send) -> httpx.Response:
    request.headers["Authorization"] += "x"
    return send(request)


# --- records --------------------------------------------------------------------------------------------------------


def test_a_posted_row_comes_back_with_its_credits_and_its_whole_way(town: Town) -> None:
    with town.client() as bank:
        outcome = bank.post_record(training(somebody()))
        assert (outcome.outcome, outcome.verdict, outcome.credits, outcome.scheme) == (
            "deposited", "granted", Decimal(2), "training",
        )  # fmt: skip
        record = bank.record(str(outcome.record_id))
        assert bank.decision(str(outcome.decision_id))["verdict"] == "granted"
        transcript = bank.transcript(record["learner_id"])
        assert [line["record_id"] for line in transcript["records"]] == [outcome.record_id]
        posting = bank.posting(transcript["records"][0]["posting_id"])
        assert Decimal(posting["amount"]) == 2
        assert bank.balances(record["learner_id"])[0]["credits"] == "2"
        assert [line["posting_id"] for line in bank.statement(record["learner_id"])] == [posting["posting_id"]]


def test_any_number_of_rows_go_in_batches_and_come_back_in_their_order(town: Town) -> None:
    rows = [training(somebody(), key=f"many-{number}") for number in range(1, 24)]
    line = Line()
    with town.client(transport=line) as bank:
        outcomes = list(bank.post_records((row for row in rows), batch=10))
    assert [outcome.row for outcome in outcomes] == list(range(1, 24))
    assert [outcome.key for outcome in outcomes] == [row["key"] for row in rows]
    assert len(line.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in line.requests}) == 3


def test_rows_are_sent_only_as_their_outcomes_are_asked_for(town: Town) -> None:
    taken = []

    def rows() -> Any:
        for number in range(30):
            taken.append(number)
            yield training(somebody())

    with town.client() as bank:
        outcomes = bank.post_records(rows(), batch=5)
        next(outcomes)
        assert len(taken) == 5


def test_no_rows_are_no_call(town: Town) -> None:
    line = Line()
    with town.client(transport=line) as bank:
        assert list(bank.post_records([])) == []
    assert line.requests == []


def test_a_batch_is_not_larger_than_the_bank_takes(town: Town) -> None:
    with town.client() as bank, pytest.raises(ValueError, match="1 to 1000"):
        list(bank.post_records([training(somebody())], batch=1001))


def test_a_refused_row_raises_alone_and_is_an_outcome_among_others(town: Town) -> None:
    late = training(somebody(), occurred_on=date(2199, 1, 1))
    with town.client() as bank:
        with pytest.raises(Refused) as refused:
            bank.post_record(late)
        assert refused.value.code == "date_in_the_future"
        assert refused.value.field == "/occurred_on"
        assert "2199-01-01" in refused.value.detail_zh
        assert "2199-01-01" in refused.value.detail_en
        first, second = bank.post_records([late, training(somebody())])
    assert first.refused
    assert isinstance(first.problem, Refused)
    assert first.problem.code == "date_in_the_future"
    assert second.outcome == "deposited"


def test_a_row_of_the_wrong_shape_says_every_fault(town: Town) -> None:
    with town.client() as bank, pytest.raises(Refused) as refused:
        bank.post_record({**training(somebody()), "hours": "many", "colour": "red"})
    assert {fault["pointer"].rpartition("/")[2] for fault in refused.value.faults} == {"hours", "colour"}


def test_a_held_row_is_an_outcome_and_no_error(town: Town) -> None:
    known = somebody()
    with town.client() as bank:
        bank.post_record(training(known))
        held = bank.post_record(training({**known, "name": "另一人"}, title="钳工"))
    assert held.held
    assert held.held_row_id is not None
    assert held.problem is not None
    assert held.problem.code == "identity_under_review"


def test_withdrawing_and_reassigning_say_what_became_of_the_record(town: Town) -> None:
    right = somebody()
    with town.client() as bank:
        wrong = bank.post_record(training(somebody()))
        moved = bank.reassign(str(wrong.record_id), to=right, reason="报错人")
        assert (moved.outcome, moved.credits) == ("reassigned", Decimal(2))
        gone = bank.withdraw(str(wrong.record_id), reason="不应报送")
        assert (gone.outcome, gone.version) == ("withdrawn", 4)
        with pytest.raises(Conflict) as again:
            bank.withdraw(str(wrong.record_id), reason="不应报送")
    assert again.value.code == "record_already_withdrawn"


def test_an_amount_and_a_day_go_as_the_contract_has_them_and_not_a_number_does_not_go(town: Town) -> None:
    with town.client() as bank:
        outcome = bank.post_record(training(somebody(), hours=Decimal("24.50")))
        assert outcome.credits == Decimal("1.5")
        with pytest.raises(ValueError, match="JSON"):
            bank.post_record(training(somebody(), hours=float("nan")))
        with pytest.raises(TypeError, match="set cannot be sent"):
            bank.post_record(training(somebody(), hours={32}))


def test_what_another_institution_reported_is_not_found(town: Town) -> None:
    with town.client() as bank, town.client(town.school) as other:
        outcome = bank.post_record(training(somebody()))
        with pytest.raises(NotFound):
            other.record(str(outcome.record_id))
        with pytest.raises(NotFound):
            other.withdraw(str(outcome.record_id), reason="不是我们的")


def test_the_transcript_is_asked_for_on_both_clocks(town: Town) -> None:
    with town.client() as bank:
        outcome = bank.post_record(training(somebody()))
        learner = bank.record(str(outcome.record_id))["learner_id"]
        assert bank.transcript(learner, as_of=date(2025, 3, 5))["records"] == []
        assert len(bank.transcript(learner, as_of=date(2025, 3, 6), lang="en")["records"]) == 1
        before = datetime.now(UTC) - timedelta(days=1)
        assert bank.transcript(learner, known_at=before)["records"] == []
        assert bank.balances(learner, as_of=date(2025, 3, 5)) == []
        assert list(bank.statement(learner, as_of=date(2025, 3, 5))) == []
        assert bank.transcript(learner, records=[uuid4()])["partial"] is True
        with pytest.raises(TypeError, match="time zone"):
            bank.transcript(learner, known_at=before.replace(tzinfo=None))


# --- changes --------------------------------------------------------------------------------------------------------


def test_changes_go_on_from_a_saved_position_and_lose_nothing(town: Town) -> None:
    with town.client(town.school) as bank:
        posted = [bank.post_record(training(somebody())).record_id for _ in range(3)]
        seen = waiting_for(bank, 3)
        assert [change["record_id"] for change in seen] == posted
        changes = bank.changes(after=0)
        handled = iter(changes)
        assert next(handled)["record_id"] == posted[0]
        assert changes.position == 0, "the first is not handled yet"
        next(handled)
        assert changes.position == seen[0]["number"]
        assert [change["record_id"] for change in bank.changes(after=changes.position)] == posted[1:]
        assert list(bank.changes(after=seen[-1]["number"])) == []


def waiting_for(bank: Client, many: int) -> list[dict[str, Any]]:
    """Changes once the numberer has come to them."""
    deadline = time.monotonic() + 20
    while len(found := list(bank.changes())) < many:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


# --- what an institution is, and its learners -----------------------------------------------------------------------


def test_a_catalogue_is_published_and_a_course_result_counts_by_the_plan(town: Town) -> None:
    course = {"name": "机械制图", "category": "专业课", "learning_form": "integrated", "credits": "2.5"}
    with town.client() as bank:
        assert bank.identity["institution_id"] == str(town.college)
        term = {"academic_year": "2024-2025", "term": 1, "starts_on": date(2024, 9, 2), "ends_on": date(2025, 1, 19)}
        assert [one["outcome"] for one in bank.publish_terms([{**term, "weeks": 20}])] == ["created"]
        scale = {"kind": "number", "name": "十分制", "name_en": "ten", "highest": "10", "places": 1, "passes_at": "6"}
        assert bank.publish_scales([{"code": "ten", "valid_from": SINCE, "scale": scale}])[0]["outcome"] == "created"
        catalogue = [{"code": "C1", "valid_from": SINCE, "scale": "ten", **course}]
        assert bank.publish_courses(catalogue)[0]["outcome"] == "created"
        assert bank.publish_courses(catalogue)[0]["outcome"] == "unchanged"
        programme = {"code": "P1", "valid_from": SINCE, "name": "机械", "level": "higher_vocational"}
        programme_id = bank.publish_programmes([programme])[0]["id"]
        plan = {
            "entry_from": 2024, "published_on": date(2024, 6, 30), "total_credits": Decimal("2.5"), "totals": {},
            "courses": [{"course_code": "C1", "compulsory": True, **course}],
        }  # fmt: skip
        made = bank.publish_plan(programme_id, "2024·试行", plan)
        assert (made["outcome"], made["plan"]["version"]) == ("created", "2024·试行")
        with pytest.raises(Conflict) as unseen:
            bank.publish_plan(programme_id, "2024·试行", {**plan, "entry_from": 2023})
        assert unseen.value.code == "version_not_named"
        learner = somebody("20240001")
        entered = {
            "kind": "enrolment_event", "learner": learner, "event": "entered", "occurred_on": date(2024, 9, 1),
            "level": "higher_vocational", "programme_code": "P1", "year_of_entry": 2024,
        }  # fmt: skip
        result = {
            "kind": "course_result", "learner": learner, "course_code": "C1", "academic_year": "2024-2025", "term": 1,
            "occurred_on": date(2025, 1, 10), "score": "8.5",
        }  # fmt: skip
        _, outcome = bank.post_records([entered, result])
    assert (outcome.credits, outcome.scheme, outcome.warnings) == (Decimal("2.5"), "higher_vocational", [])


def test_a_learner_is_opened_given_a_code_and_signs_in_to_their_own(town: Town) -> None:
    learner = somebody("S-1")
    with town.client() as bank:
        (opened,) = bank.open_learners([learner])
        assert opened["outcome"] == "opened"
        (again,) = bank.open_learners([learner])
        assert (again["outcome"], again["learner_id"]) == ("exists", opened["learner_id"])
        bank.post_record(training(learner))
        code = bank.activation_code(opened["learner_id"])
        said = {"name": learner["name"], "login_name": "mou", "password": "hai-ou-fei-guo-gang"}
        bank.post("/v1/accounts/activation", {"account_no": code["account_no"], "code": code["code"], **said})
        assert bank.learner(opened["learner_id"])["seen_by"] == "institution"
    with Client.of_person(town.bank.base_url, "mou", "hai-ou-fei-guo-gang") as person:
        assert person.identity["learner_id"] == opened["learner_id"]
        assert person.identity["roles"] == ["learner"]
        assert len(person.transcript(opened["learner_id"])["records"]) == 1
        with pytest.raises(NotAllowed):
            person.post_record(training(learner))


def test_an_institution_must_be_named_by_who_is_bound_to_none(town: Town) -> None:
    with pytest.raises(ValueError, match="name the institution_id"):
        town.officer.publish_courses([])


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_refused_in_both_languages(town: Town) -> None:
    client_id, _ = town.credentials[town.college]
    with Client(town.bank.base_url, client_id, "no such secret") as bank, pytest.raises(SignInRefused) as refused:
        bank.changes().__iter__().__next__()
    assert refused.value.error == "invalid_client"
    assert refused.value.detail_zh
    assert refused.value.detail_en


def test_a_token_serves_until_shortly_before_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    with town.client(transport=line) as bank:
        for _ in range(2):
            bank.get("/v1/institutions")
        for before_its_end in (40, 29):
            passed = 600 - before_its_end
            later = SimpleNamespace(monotonic=lambda passed=passed: time.monotonic() + passed)
            monkeypatch.setattr("creditbank_client.calling.time", later)
            bank.get("/v1/institutions")
    tokens = [request.headers["Authorization"] for request in line.requests]
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]


def test_a_token_that_the_bank_no_longer_takes_is_replaced_once(town: Town) -> None:
    line = Line(spoilt_token)
    with town.client(transport=line) as bank:
        assert bank.post_record(training(somebody())).outcome == "deposited"
    first, second = line.requests
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    line = Line(spoilt_token, spoilt_token)
    with town.client(transport=line) as bank, pytest.raises(creditbank_client.NotSignedIn):
        bank.post_record(training(somebody()))


# --- bad lines ------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(town: Town) -> None:
    waits: list[float] = []
    line = Line(cut_before, cut_after)
    with town.client(transport=line, sleep=waits.append) as bank:
        outcome = bank.post_record(training(somebody()))
        assert (outcome.outcome, outcome.version) == ("deposited", 1), "the first answer, not `unchanged`"
        assert len(bank.record(str(outcome.record_id))["versions"]) == 1
    assert len({request.headers["Idempotency-Key"] for request in line.requests[:3]}) == 1
    assert len(waits) == 2
    assert all(0 < wait <= 1 for wait in waits)


def test_a_key_of_ones_own_outlives_the_program(town: Town) -> None:
    row = training(somebody())
    with town.client() as bank:
        first = bank.post_record(row, idempotency_key="mine-1")
    with town.client() as bank:
        assert bank.post_record(row, idempotency_key="mine-1") == first
        with pytest.raises(Conflict) as reused:
            bank.post_record({**row, "hours": 48}, idempotency_key="mine-1")
    assert reused.value.code == "idempotency_key_reused"


def test_a_bank_that_asks_to_wait_is_given_that_time(town: Town) -> None:
    waits: list[float] = []
    line = Line(busy(429, retry_after="7"), busy(503, retry_after="2"), busy(502))
    with town.client(transport=line, sleep=waits.append) as bank:
        assert bank.post_record(training(somebody())).outcome == "deposited"
    assert waits[:2] == [7, 2]
    assert 0 < waits[2] <= 2
    assert len({request.headers["Idempotency-Key"] for request in line.requests}) == 1


def test_a_wait_may_be_said_as_a_date(town: Town) -> None:
    waits: list[float] = []
    soon = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with town.client(transport=Line(busy(503, retry_after=soon)), sleep=waits.append) as bank:
        bank.get("/v1/institutions")
    assert 20 < waits[0] <= 30


def test_a_wait_longer_than_ones_patience_is_an_error_that_says_how_long(town: Town) -> None:
    line = Line(busy(429, retry_after="300"))
    never = town.client(transport=line, sleep=lambda _: pytest.fail("it waited"))
    with never as bank, pytest.raises(Throttled) as throttled:
        bank.get("/v1/institutions")
    assert throttled.value.retry_after == 300


def test_patience_ends(town: Town) -> None:
    waits: list[float] = []
    impatient = town.client(transport=Line(*[busy(503)] * 3), attempts=3, sleep=waits.append)
    with impatient as bank, pytest.raises(Unavailable):
        bank.get("/v1/institutions")
    assert len(waits) == 2
    impatient = town.client(transport=Line(*[cut_before] * 3), attempts=3, sleep=waits.append)
    with impatient as bank, pytest.raises(NotReached) as lost:
        bank.post_record(training(somebody()), idempotency_key="mine-2")
    assert lost.value.idempotency_key == "mine-2"


def test_a_refusal_is_not_sent_again(town: Town) -> None:
    line = Line()
    with town.client(transport=line) as bank, pytest.raises(Refused):
        bank.post_record(training(somebody(), occurred_on=date(2199, 1, 1)))
    assert len(line.requests) == 1


def test_an_answer_that_is_not_the_banks_is_a_fault_and_keeps_its_status(town: Town) -> None:
    def page(request: httpx.Request, send: Send) -> httpx.Response:
        return httpx.Response(500, html="<h1>oops</h1>", request=request)

    with town.client(transport=Line(page)) as bank, pytest.raises(Fault) as fault:
        bank.get("/v1/institutions")
    assert (fault.value.status, fault.value.code) == (500, "http_500")


def test_the_language_of_a_detail_is_the_callers(town: Town) -> None:
    for language, word in (("zh", "没有找到"), ("en", "Not found")):
        with town.client(language=language) as bank, pytest.raises(NotFound, match=word):
            bank.record(uuid4())


# --- the distribution -----------------------------------------------------------------------------------------------


def test_the_client_needs_httpx_and_nothing_of_the_service() -> None:
    package = Path(creditbank_client.__file__).parent
    names = set()
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.module is not None
                names.add(node.module.split(".")[0])
    assert "creditbank" not in names
    assert names - set(__import__("sys").stdlib_module_names) == {"httpx", "creditbank_client"}
    assert (package / "py.typed").exists()
