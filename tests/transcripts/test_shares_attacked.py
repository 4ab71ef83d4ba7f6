"""What people try on shares that are not for them: guessing codes and PINs, coming twice, coming all at once."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

from creditbank.identity.actor import Actor
from creditbank.identity.security import Passwords
from creditbank.identity.throttling import Limit
from creditbank.learners.account_numbers import CODE_ALPHABET, CODE_CHARACTERS, grouped, new_code
from creditbank.transcripts import share_opening
from creditbank.transcripts.share_codes import MOST_WRONG_PINS, must_not_be_plain, read_pin, read_share_code
from creditbank.transcripts.share_refusals import ShareCodeImpossible, SharePinTooPlain
from tests.portal.place import Portal, portal
from tests.records.town import town
from tests.transcripts.test_shares import PIN, graduate, made, opened, seen, share

__all__ = ["portal", "town"]

WRONG = "270419"


async def shared(portal: Portal, **asked: Any) -> tuple[UUID, Actor, dict[str, Any]]:
    learner_id, actor = await graduate(portal)
    return learner_id, actor, await made(portal, actor, learner_id, **asked)


def said(answer: httpx.Response) -> dict[str, Any]:
    """All that an answer says, less the number of the request."""
    return {name: value for name, value in answer.json().items() if name != "instance"}


async def from_elsewhere(portal: Portal, address: str, code: str, pin: str | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(portal.bank.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as http:
        return await http.post("/v1/share-openings", json={"code": code, "pin": pin})


# --- guessing codes -------------------------------------------------------------------------------------------------


@given_by(st.integers(0, CODE_CHARACTERS - 1), st.sampled_from(CODE_ALPHABET))
def test_a_code_with_one_sign_wrong_is_no_code(place: int, sign: str) -> None:
    code = new_code()
    slipped = code[:place] + sign + code[place + 1 :]
    if slipped != code:
        with pytest.raises(ShareCodeImpossible):
            read_share_code(slipped)


@given_by(st.data())
def test_a_code_is_read_however_it_was_typed(data: st.DataObject) -> None:
    code = new_code()
    wide = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
    typed = data.draw(
        st.sampled_from([code.lower(), grouped(code), code.translate(wide), f" {code[:6]}-{code[6:]}\u3000"])
    )
    assert read_share_code(typed) == code


def test_codes_are_drawn_from_all_there_are() -> None:
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    for place in range(CODE_CHARACTERS):
        assert {code[place] for code in codes} == set(CODE_ALPHABET)
    assert len(CODE_ALPHABET) ** (CODE_CHARACTERS - 1) > 2**49


async def test_nobody_can_tell_a_wrong_code_from_a_wrong_pin_or_from_what_never_was(portal: Portal) -> None:
    _, _, given = await shared(portal, pin=PIN)
    never = new_code()
    answers = [
        await opened(portal, never),
        await opened(portal, never, PIN),
        await opened(portal, given["code"]),
        await opened(portal, given["code"], WRONG),
        await opened(portal, given["code"], "nonsense"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert all(said(answer) == said(answers[0]) for answer in answers)
    assert {tuple(sorted(set(answer.headers) - {"x-request-id"})) for answer in answers} == {
        tuple(sorted(set(answers[0].headers) - {"x-request-id"}))
    }


async def test_guesses_are_stopped_by_address_and_right_ones_cost_nothing(portal: Portal) -> None:
    _, _, given = await shared(portal, openings=100)
    for _ in range(40):
        await seen(portal, given["code"])
    for _ in range(share_opening.BY_ADDRESS.attempts):
        assert (await opened(portal, new_code())).status_code == 404
    stopped = await opened(portal, new_code())
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    assert (await opened(portal, given["code"])).status_code == 429, "whoever guesses waits, even if they guess right"
    assert (await from_elsewhere(portal, "198.51.100.9", given["code"])).status_code == 200
    portal.at += share_opening.BY_ADDRESS.wait
    assert (await opened(portal, given["code"])).status_code == 200


async def test_guesses_from_everywhere_are_stopped_in_all(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit("share-all", attempts=5, window=timedelta(minutes=15), wait=timedelta(minutes=5))
    monkeypatch.setattr(share_opening, "IN_ALL", few)
    _, _, given = await shared(portal)
    for number in range(5):
        assert (await from_elsewhere(portal, f"198.51.100.{number}", new_code())).status_code == 404
    assert (await from_elsewhere(portal, "198.51.100.77", new_code())).status_code == 429
    portal.at += few.wait
    assert (await from_elsewhere(portal, "198.51.100.78", given["code"])).status_code == 200


async def test_a_slip_of_the_hand_is_no_guess(portal: Portal) -> None:
    for _ in range(share_opening.BY_ADDRESS.attempts + 5):
        code = new_code()
        wrong = code[:-1] + next(sign for sign in CODE_ALPHABET if sign != code[-1])
        answer = await opened(portal, wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "share_code_impossible")


# --- guessing PINs --------------------------------------------------------------------------------------------------


async def test_ten_wrong_pins_lock_a_share_for_good_and_its_learner_is_told(portal: Portal) -> None:
    learner_id, actor, given = await shared(portal, pin=PIN)
    await seen(portal, given["code"], PIN)
    for number in range(MOST_WRONG_PINS):
        answer = await from_elsewhere(portal, f"198.51.100.{number}", given["code"], f"{271000 + number}")
        assert answer.status_code == 404
    assert (await opened(portal, given["code"], PIN)).json()["code"] == "share_not_opened"
    told = await share(portal, actor, given)
    assert (told["state"], told["wrong_pins"], told["openings_used"]) == ("tries", MOST_WRONG_PINS, 1)
    inbox = (await portal.bank.call("GET", f"/v1/learners/{learner_id}/inbox", actor)).json()["messages"]
    assert [message["kind"] for message in inbox].count("share_locked") == 1
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}/openings"
    openings = (await portal.bank.call("GET", path, actor)).json()["openings"]
    assert [one["outcome"] for one in openings].count("wrong_pin") == MOST_WRONG_PINS


async def test_a_hundred_pins_at_once_are_no_more_than_ten(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    _, actor, given = await shared(portal, pin=PIN)
    judged = 0
    holds = Passwords.holds

    async def counted(self: Passwords, password: str, kept: str | None) -> bool:
        nonlocal judged
        judged += kept is not None
        return await holds(self, password, kept)

    monkeypatch.setattr(Passwords, "holds", counted)
    guesses = [f"{271000 + number}" for number in range(100)]
    answers = await asyncio.gather(
        *(from_elsewhere(portal, f"198.51.{number}.1", given["code"], pin) for number, pin in enumerate(guesses))
    )
    assert {answer.status_code for answer in answers} <= {404, 503}
    assert judged <= MOST_WRONG_PINS
    assert (await share(portal, actor, given))["wrong_pins"] == judged


async def test_right_pins_are_not_counted_against_a_share(portal: Portal) -> None:
    _, actor, given = await shared(portal, pin=PIN, openings=40)
    for _ in range(MOST_WRONG_PINS + 5):
        await seen(portal, given["code"], PIN)
    assert (await share(portal, actor, given))["wrong_pins"] == 0


async def test_a_closed_share_is_no_place_to_try_pins_at(portal: Portal) -> None:
    learner_id, actor, given = await shared(portal, pin=PIN)
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}/closing"
    await portal.bank.call("POST", path, actor)
    assert (await opened(portal, given["code"])).json()["code"] == "share_not_opened", "without its PIN nothing is told"
    assert (await opened(portal, given["code"], PIN)).json()["code"] == "share_over"
    for number in range(MOST_WRONG_PINS):
        await opened(portal, given["code"], f"{271000 + number}")
    assert (await opened(portal, given["code"], PIN)).json()["code"] == "share_not_opened"


async def test_a_pin_costs_the_same_work_whatever_the_code(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes time is the slow hash: it runs once for every PIN that is typed, and never without one."""
    learner_id, actor, locked = await shared(portal, pin=PIN)
    plain = await made(portal, actor, learner_id)
    hashed: list[str] = []
    verify = Passwords._verify

    def counted(self: Passwords, password: str, kept: str | None) -> bool:
        hashed.append(password)
        return verify(self, password, kept)

    monkeypatch.setattr(Passwords, "_verify", counted)
    for code in (new_code(), locked["code"], plain["code"]):
        await opened(portal, code, WRONG)
    assert hashed == [WRONG] * 3
    for code in (new_code(), locked["code"], plain["code"]):
        await opened(portal, code)
    assert hashed == [WRONG] * 3


@pytest.mark.parametrize(
    "pin", ["000000", "123456", "987654", "890123", "121212", "123123", "112211", "050101", "010105"]
)
def test_a_pin_that_others_try_first_is_refused(pin: str) -> None:
    with pytest.raises(SharePinTooPlain):
        must_not_be_plain(pin, born=date(2005, 1, 1))


def test_few_pins_are_refused() -> None:
    def plain(pin: str) -> bool:
        try:
            must_not_be_plain(pin, born=date(2005, 1, 1))
        except SharePinTooPlain:
            return True
        return False

    drawn = [f"{secrets.randbelow(10**6):06d}" for _ in range(5000)]
    assert sum(map(plain, drawn)) < 200


async def test_a_plain_pin_is_refused_where_a_share_is_made(portal: Portal) -> None:
    learner_id, actor = await graduate(portal)
    for pin, code in (("111111", "share_pin_too_plain"), ("050101", "share_pin_too_plain"), ("12345", "malformed")):
        assert (await made(portal, actor, learner_id, 422, pin=pin))["code"] == code


def test_a_pin_is_read_in_full_width_digits_too() -> None:
    assert read_pin(" ２７０ ４１８ ") == PIN


# --- all at once, and again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "come"), [(1, 2), (1, 12), (7, 20)])
async def test_of_those_who_come_at_once_no_more_get_in_than_openings_are_left(
    portal: Portal, left: int, come: int
) -> None:
    learner_id, actor, given = await shared(portal, openings=left)
    answers = await asyncio.gather(
        *(from_elsewhere(portal, f"198.51.100.{number}", given["code"]) for number in range(come))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * left + [410] * (come - left)
    told = await share(portal, actor, given)
    assert (told["state"], told["openings_used"]) == ("used_up", left)
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}/openings"
    assert len((await portal.bank.call("GET", path, actor)).json()["openings"]) == left


async def test_the_same_call_again_is_the_same_opening_for_half_an_hour(portal: Portal) -> None:
    _, actor, given = await shared(portal, openings=1, pin=PIN)
    key = {"Idempotency-Key": "look-1"}
    for _ in range(3):
        assert (await opened(portal, given["code"], PIN, **key)).status_code == 200
    assert (await share(portal, actor, given))["openings_used"] == 1
    assert (await opened(portal, given["code"], PIN)).json()["code"] == "share_over"
    assert (await opened(portal, given["code"], None, **key)).status_code == 404, "a key is no PIN"
    assert (await opened(portal, given["code"], WRONG, **key)).status_code == 404
    portal.at += share_opening.LOOKS_FOR + timedelta(minutes=1)
    assert (await opened(portal, given["code"], PIN, **key)).json()["code"] == "share_look_over"


async def test_a_key_of_another_share_opens_nothing(portal: Portal) -> None:
    learner_id, actor, first = await shared(portal)
    second = await made(portal, actor, learner_id, says_who="nobody")
    key = {"Idempotency-Key": "same"}
    shown = [(await opened(portal, one["code"], **key)).json() for one in (first, second)]
    assert [each["holder"] is None for each in shown] == [False, True]


async def test_closing_holds_against_those_who_come_at_the_same_moment(portal: Portal) -> None:
    learner_id, actor, given = await shared(portal, openings=50)
    path = f"/v1/learners/{learner_id}/shares/{given['share_id']}/closing"
    coming = [from_elsewhere(portal, f"198.51.100.{number}", given["code"]) for number in range(10)]
    *answers, closed = await asyncio.gather(*coming, portal.bank.call("POST", path, actor))
    assert closed.status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 410}
    assert (await opened(portal, given["code"])).status_code == 410


async def test_no_more_than_fifty_are_open_at_once(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.transcripts.shares.MOST_OPEN", 2)
    learner_id, actor = await graduate(portal)
    first = await made(portal, actor, learner_id)
    await made(portal, actor, learner_id)
    assert (await made(portal, actor, learner_id, 409))["code"] == "too_many_shares"
    await portal.bank.call("POST", f"/v1/learners/{learner_id}/shares/{first['share_id']}/closing", actor)
    await made(portal, actor, learner_id)
