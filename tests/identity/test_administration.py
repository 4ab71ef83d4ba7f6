"""Giving access and taking it away: secrets said once, roles that go together, and an entry for every act."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.identity import logins
from creditbank.identity.access_log import SYSTEM, note
from creditbank.identity.actor import Actor
from tests.open_bank import OpenBank, person

ADMINISTRATOR = person("administrator")
AUDITOR = person("auditor")
LONG = "一个很长很长的新口令，谁也猜不到"


async def entries(bank: OpenBank) -> list[str]:
    answer = await bank.call("GET", "/v1/access-entries?limit=200", AUDITOR)
    return [entry["act"] for entry in answer.json()["entries"]]


async def open_client(bank: OpenBank, **headers: str) -> Any:
    institution_id = bank.institutions[0] if bank.institutions else await bank.institution()
    payload = {"institution_id": str(institution_id), "name": "教务系统", "scopes": ["records:write"]}
    return await bank.call("POST", "/v1/clients", ADMINISTRATOR, json=payload, headers=headers)


async def open_login(bank: OpenBank, **changed: Any) -> Any:
    payload = {"login_name": "li.officer", "display_name": "李业务", "roles": ["officer"], **changed}
    return await bank.call("POST", "/v1/logins", ADMINISTRATOR, json=payload)


async def token_for(bank: OpenBank, given: dict[str, str]) -> int:
    pair = base64.b64encode(f"{given['client_id']}:{given['client_secret']}".encode()).decode()
    answer = await bank.http.post(
        "/v1/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {pair}"}
    )
    return answer.status_code


async def sign_in(bank: OpenBank, name: str, password: str) -> int:
    form = {"grant_type": "password", "username": name, "password": password}
    return (await bank.http.post("/v1/oauth/token", data=form)).status_code


async def test_a_clients_secret_is_said_once_and_only_its_digest_is_kept(bank: OpenBank) -> None:
    opened = await open_client(bank)
    assert opened.status_code == 201
    given = opened.json()
    assert await token_for(bank, given) == 200
    shown = await bank.call("GET", f"/v1/clients/{given['client_id']}", ADMINISTRATOR)
    assert given["client_secret"] not in shown.text
    assert len(shown.json()["secrets"]) == 1
    async with bank.database.session() as session:
        digests = (await (await session.connection()).execute(text("SELECT digest FROM client_secret"))).scalars().all()
    assert [len(digest) for digest in digests] == [32]
    assert await entries(bank) == ["client_opened"]


async def test_asking_again_with_the_same_key_gives_the_same_secret_and_opens_one_client(bank: OpenBank) -> None:
    first = await open_client(bank, **{"Idempotency-Key": "once"})
    again = await open_client(bank, **{"Idempotency-Key": "once"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    listed = await bank.call("GET", "/v1/clients", ADMINISTRATOR)
    assert len(listed.json()["clients"]) == 1
    assert await entries(bank) == ["client_opened"]


async def test_a_secret_is_rotated_by_adding_one_and_revoking_the_other(bank: OpenBank) -> None:
    first = (await open_client(bank)).json()
    address = f"/v1/clients/{first['client_id']}/secrets"
    added = await bank.call("POST", address, ADMINISTRATOR)
    assert added.status_code == 201
    assert [await token_for(bank, given) for given in (first, added.json())] == [200, 200]
    third = await bank.call("POST", address, ADMINISTRATOR)
    assert (third.status_code, third.json()["code"]) == (409, "two_secrets_are_live")
    for _ in range(2):
        revoked = await bank.call("POST", f"{address}/{first['secret_id']}/revocation", ADMINISTRATOR)
        assert revoked.status_code == 200
    assert [await token_for(bank, given) for given in (first, added.json())] == [401, 200]
    assert (await bank.call("POST", address, ADMINISTRATOR)).status_code == 201
    assert await entries(bank) == [
        "client_secret_added",
        "client_secret_revoked",
        "client_secret_added",
        "client_opened",
    ]


async def test_two_who_add_a_secret_at_once_do_not_make_three(bank: OpenBank) -> None:
    given = (await open_client(bank)).json()
    address = f"/v1/clients/{given['client_id']}/secrets"
    answers = await asyncio.gather(*(bank.call("POST", address, ADMINISTRATOR) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_a_disabled_client_gets_no_token_and_no_new_secret(bank: OpenBank) -> None:
    given = (await open_client(bank)).json()
    disabled = await bank.call("POST", f"/v1/clients/{given['client_id']}/disablement", ADMINISTRATOR)
    assert disabled.json()["disabled_at"] is not None
    assert await token_for(bank, given) == 401
    refused = await bank.call("POST", f"/v1/clients/{given['client_id']}/secrets", ADMINISTRATOR)
    assert (refused.status_code, refused.json()["code"]) == (409, "client_disabled")


async def test_another_clients_secret_cannot_be_revoked_through_this_one(bank: OpenBank) -> None:
    one, other = (await open_client(bank)).json(), (await open_client(bank)).json()
    address = f"/v1/clients/{one['client_id']}/secrets/{other['secret_id']}/revocation"
    assert (await bank.call("POST", address, ADMINISTRATOR)).status_code == 404
    assert await token_for(bank, other) == 200


async def test_access_is_given_for_an_institution_that_is_there(bank: OpenBank) -> None:
    payload = {"institution_id": str(new_id()), "name": "x", "scopes": ["records:write"]}
    refused = await bank.call("POST", "/v1/clients", ADMINISTRATOR, json=payload)
    assert (refused.status_code, refused.json()["code"]) == (409, "institution_not_known")
    login = await open_login(bank, roles=["registrar"], institution_id=str(new_id()))
    assert (login.status_code, login.json()["code"]) == (409, "institution_not_known")
    assert await entries(bank) == []


async def test_a_scope_that_the_bank_does_not_know_is_malformed(bank: OpenBank) -> None:
    payload = {"institution_id": str(await bank.institution()), "name": "x", "scopes": ["everything"]}
    assert (await bank.call("POST", "/v1/clients", ADMINISTRATOR, json=payload)).status_code == 422


async def test_clients_are_listed_page_by_page_each_once(bank: OpenBank) -> None:
    opened = [(await open_client(bank)).json()["client_id"] for _ in range(5)]
    seen: list[str] = []
    address: str | None = "/v1/clients?limit=2"
    while address:
        answer = await bank.call("GET", address, ADMINISTRATOR)
        seen += [client["client_id"] for client in answer.json()["clients"]]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen == opened
    elsewhere = await bank.call("GET", f"/v1/clients?institution_id={await bank.institution()}", ADMINISTRATOR)
    assert elsewhere.json() == {"clients": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "WyJhIl0", "e30", "bnVsbA", "%00", "WzFd"])
async def test_a_cursor_that_no_page_gave_is_malformed(bank: OpenBank, cursor: str) -> None:
    answer = await bank.call("GET", f"/v1/clients?cursor={cursor}", ADMINISTRATOR)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_staff_sign_in_with_the_password_that_was_said_once_and_change_it(bank: OpenBank) -> None:
    given = (await open_login(bank)).json()
    assert await sign_in(bank, "li.officer", given["password"]) == 200
    officer = Actor(name=f"login:{given['login_id']}", roles=frozenset({"officer"}))
    wrong = await bank.call("POST", "/v1/own-password", officer, json={"old_password": "not it", "password": LONG})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "old_password_wrong")
    weak = await bank.call(
        "POST", "/v1/own-password", officer, json={"old_password": given["password"], "password": "x" * 12}
    )
    assert (weak.status_code, weak.json()["code"]) == (422, "password_too_weak")
    changed = await bank.call(
        "POST", "/v1/own-password", officer, json={"old_password": given["password"], "password": LONG}
    )
    assert changed.status_code == 204
    assert await sign_in(bank, "li.officer", given["password"]) == 400
    assert await sign_in(bank, "li.officer", LONG) == 200


async def test_guessing_the_old_password_is_throttled(bank: OpenBank) -> None:
    given = (await open_login(bank)).json()
    officer = Actor(name=f"login:{given['login_id']}", roles=frozenset({"officer"}))
    for _ in range(10):
        await bank.call("POST", "/v1/own-password", officer, json={"old_password": "guess", "password": LONG})
    right = {"old_password": given["password"], "password": LONG}
    assert (await bank.call("POST", "/v1/own-password", officer, json=right)).status_code == 429


async def test_an_administrator_resets_a_password_and_disables_a_sign_in(bank: OpenBank) -> None:
    given = (await open_login(bank)).json()
    reset = (await bank.call("POST", f"/v1/logins/{given['login_id']}/password", ADMINISTRATOR)).json()
    assert await sign_in(bank, "li.officer", given["password"]) == 400
    assert await sign_in(bank, "li.officer", reset["password"]) == 200
    disabled = await bank.call("POST", f"/v1/logins/{given['login_id']}/disablement", ADMINISTRATOR)
    assert disabled.json()["disabled_at"] is not None
    assert await sign_in(bank, "li.officer", reset["password"]) == 400
    assert await entries(bank) == ["login_disabled", "signed_in", "password_reset", "login_opened"]


async def test_a_learners_sign_in_is_nobodys_to_list_reset_or_disable(bank: OpenBank) -> None:
    async with bank.database.session() as session:
        learner = await logins.open_login(
            session,
            bank.keyring,
            login_name="13933501234",
            password_hash="x",
            roles=["learner"],
            display_name="陈同学",
            at=clock.now(),
        )
    listed = await bank.call("GET", "/v1/logins", ADMINISTRATOR)
    assert listed.json()["logins"] == []
    for act in ("password", "disablement"):
        assert (await bank.call("POST", f"/v1/logins/{learner.login_id}/{act}", ADMINISTRATOR)).status_code == 404


async def test_a_login_name_is_taken_once_in_whatever_case(bank: OpenBank) -> None:
    await open_login(bank)
    again = await open_login(bank, login_name="LI.Officer")
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (409, "login_name_taken", "/login_name")


@pytest.mark.parametrize(
    ("roles", "bound"),
    [
        (["officer", "auditor"], False),
        (["officer", "administrator"], False),
        (["registrar"], False),
        (["officer"], True),
        (["registrar", "officer"], True),
    ],
)
async def test_roles_that_check_one_another_are_not_held_by_one_sign_in(
    bank: OpenBank, roles: list[str], bound: bool
) -> None:
    institution_id = str(await bank.institution()) if bound else None
    refused = await open_login(bank, roles=roles, institution_id=institution_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "roles_do_not_go_together")


async def test_a_registrar_may_review_for_a_department_too(bank: OpenBank) -> None:
    opened = await open_login(
        bank, roles=["registrar", "department_reviewer"], institution_id=str(await bank.institution())
    )
    assert opened.status_code == 201


@pytest.mark.parametrize("role", ["learner", "guardian", "root"])
async def test_nobody_is_made_a_learner_by_an_administrator(bank: OpenBank, role: str) -> None:
    assert (await open_login(bank, roles=[role])).status_code == 422


async def test_the_last_administrator_cannot_be_disabled_not_even_by_two_at_once(bank: OpenBank) -> None:
    first, second = [
        (await open_login(bank, login_name=name, roles=["administrator"])).json()["login_id"]
        for name in ("first", "second")
    ]
    answers = await asyncio.gather(
        *(bank.call("POST", f"/v1/logins/{login_id}/disablement", ADMINISTRATOR) for login_id in (first, second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_staff_are_listed_by_their_names_and_never_by_what_they_type(bank: OpenBank) -> None:
    await open_login(bank)
    listed = await bank.call("GET", "/v1/logins", AUDITOR)
    (shown,) = listed.json()["logins"]
    assert (shown["display_name"], shown["roles"]) == ("李业务", ["officer"])
    assert "li.officer" not in listed.text
    async with bank.database.session() as session:
        row = (await (await session.connection()).execute(text("SELECT * FROM login"))).one()
    assert "李业务" not in str(row)
    assert "li.officer" not in str(row)


async def test_the_log_is_read_newest_first_by_learner_and_by_actor(bank: OpenBank) -> None:
    learner_id, officer = new_id(), person("officer")
    async with bank.database.session() as session:
        for purpose in ("one", "two", "three"):
            await note(
                session,
                actor=officer,
                act="identity_looked_up",
                purpose=purpose,
                at=clock.now(),
                learner_id=learner_id if purpose != "two" else None,
            )
        await note(session, actor=SYSTEM, act="tidied", purpose="upkeep", at=clock.now(), learner_id=learner_id)
    of_learner = await bank.call("GET", f"/v1/access-entries?learner_id={learner_id}&limit=2", AUDITOR)
    assert [entry["purpose"] for entry in of_learner.json()["entries"]] == ["upkeep", "three"]
    rest = await bank.call("GET", of_learner.links["next"]["url"], AUDITOR)
    assert [entry["purpose"] for entry in rest.json()["entries"]] == ["one"]
    of_officer = await bank.call("GET", f"/v1/access-entries?actor={officer.name}", AUDITOR)
    assert [entry["purpose"] for entry in of_officer.json()["entries"]] == ["three", "two", "one"]


async def test_an_act_that_is_rolled_back_leaves_no_entry(bank: OpenBank) -> None:
    async def fail() -> None:
        async with bank.database.session() as session:
            await note(session, actor=SYSTEM, act="tried", purpose="test", at=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await entries(bank) == []


async def test_the_log_cannot_be_changed_by_the_service(bank: OpenBank) -> None:
    async with bank.database.session() as session:
        await note(session, actor=SYSTEM, act="done", purpose="test", at=clock.now())
    for statement in ("UPDATE access_entry SET act = 'x'", "DELETE FROM access_entry", "TRUNCATE access_entry"):
        with pytest.raises(Exception, match="permission denied"):
            async with bank.database.session() as session:
                await (await session.connection()).execute(text(statement))


async def test_who_was_disabled_is_not_let_on_when_a_session_is_prolonged(bank: OpenBank) -> None:
    given = (await open_login(bank)).json()
    login_id = UUID(given["login_id"])
    async with bank.database.session() as session:
        actor = await logins.still_in(session, login_id=login_id, at=clock.now())
    assert actor is not None
    assert actor.roles == {"officer"}
    await bank.call("POST", f"/v1/logins/{login_id}/disablement", ADMINISTRATOR)
    async with bank.database.session() as session:
        assert await logins.still_in(session, login_id=login_id, at=clock.now()) is None
        assert await logins.still_in(session, login_id=new_id(), at=clock.now()) is None
