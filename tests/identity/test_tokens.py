"""How a client and a person get a token, what they are told when they do not, and who is made to wait."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from jose import jwt
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.identity import clients, logins
from creditbank.identity.access_log import SYSTEM
from creditbank.identity.tables import Login
from creditbank.identity.throttling import SIGN_IN_ADDRESS, SIGN_IN_NAME, network_of
from tests.open_bank import OpenBank

PASSWORD = "我每天七点坐三路公交去上班"
EVERY_SCOPE = ["records:write", "records:read", "changes:read"]


def basic(client_id: object, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def a_client(bank: OpenBank) -> tuple[UUID, str]:
    institution_id = await bank.institution()
    async with bank.database.session() as session:
        client, given = await clients.open_client(
            session, actor=SYSTEM, institution_id=institution_id, name="教务系统", scopes=EVERY_SCOPE, at=clock.now()
        )
    return client.client_id, given.secret


async def a_person(bank: OpenBank, name: str = "wang.registrar", **more: Any) -> Login:
    password_hash = await bank.app.state.passwords.hash(PASSWORD)
    async with bank.database.session() as session:
        return await logins.open_login(
            session,
            bank.keyring,
            login_name=name,
            password_hash=password_hash,
            roles=["registrar"],
            institution_id=await bank.institution(),
            at=clock.now(),
            **more,
        )


async def ask(bank: OpenBank, headers: dict[str, str] | None = None, /, **form: str) -> httpx.Response:
    return await bank.http.post("/v1/oauth/token", data=form, headers=headers)


async def sign_in(bank: OpenBank, name: str = "wang.registrar", password: str = PASSWORD) -> httpx.Response:
    return await ask(bank, grant_type="password", username=name, password=password)


async def test_a_client_gets_a_token_with_all_its_scopes_for_its_one_institution(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    answer = await ask(bank, basic(client_id, secret), grant_type="client_credentials")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 600)
    assert said["scope"].split() == sorted(EVERY_SCOPE)
    actor = bank.app.state.tokens.actor(said["access_token"])
    assert actor.name == f"client:{client_id}"
    assert actor.institution_id == bank.institutions[0]
    assert not actor.roles


async def test_what_the_bank_publishes_is_enough_to_verify_its_tokens(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    token = (await ask(bank, basic(client_id, secret), grant_type="client_credentials")).json()["access_token"]
    metadata = (await bank.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["token_endpoint"].endswith("/v1/oauth/token")
    jwks = (await bank.http.get("/.well-known/jwks.json")).json()
    assert metadata["jwks_uri"].endswith("/.well-known/jwks.json")
    claims = jwt.decode(
        token, jwks, algorithms=["RS256"], audience=f"{metadata['issuer']}/v1", issuer=metadata["issuer"]
    )
    assert claims["sub"] == f"client:{client_id}"


async def test_a_client_may_ask_for_fewer_scopes_and_not_for_more(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    narrow = await ask(bank, basic(client_id, secret), grant_type="client_credentials", scope="records:read")
    assert narrow.json()["scope"] == "records:read"
    assert bank.app.state.tokens.actor(narrow.json()["access_token"]).scopes == {"records:read"}
    wide = await ask(
        bank, basic(client_id, secret), grant_type="client_credentials", scope="records:read learners:read"
    )
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")


async def test_no_client_no_secret_and_a_wrong_secret_look_the_same(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    refusals = [
        await ask(bank, headers, grant_type="client_credentials")
        for headers in (
            None,
            basic(client_id, "wrong"),
            basic(client_id, secret + "x"),
            basic(new_id(), secret),
            basic("no-uuid", secret),
            {"Authorization": "Basic ???"},
            {"Authorization": f"Bearer {secret}"},
        )
    ]
    assert {answer.status_code for answer in refusals} == {401}
    assert all(answer.headers["www-authenticate"].startswith("Basic realm=") for answer in refusals)
    assert len({answer.text for answer in refusals}) == 1
    assert refusals[0].json()["error"] == "invalid_client"


async def test_a_secret_with_characters_that_forms_encode_is_read_as_rfc_6749_says(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    quoted = "".join(f"%{ord(letter):02X}" for letter in secret)
    answer = await ask(bank, basic(client_id, quoted), grant_type="client_credentials")
    assert answer.status_code == 200


async def test_a_revoked_secret_an_expired_one_and_a_disabled_client_get_no_token(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    async with bank.database.session() as session:
        second = await clients.add_secret(session, actor=SYSTEM, client_id=client_id, at=clock.now())
        third = await clients.client_holding(session, client_id=client_id, secret=second.secret, at=clock.now())
        assert third is not None
    assert (await ask(bank, basic(client_id, second.secret), grant_type="client_credentials")).status_code == 200

    async with bank.database.session() as session:
        await clients.revoke_secret(
            session, actor=SYSTEM, client_id=client_id, secret_id=second.secret_id, at=clock.now()
        )
    assert (await ask(bank, basic(client_id, second.secret), grant_type="client_credentials")).status_code == 401
    assert (await ask(bank, basic(client_id, secret), grant_type="client_credentials")).status_code == 200

    async with bank.database.session() as session:
        await clients.disable_client(session, actor=SYSTEM, client_id=client_id, at=clock.now())
    assert (await ask(bank, basic(client_id, secret), grant_type="client_credentials")).status_code == 401


async def test_an_expired_secret_opens_nothing(bank: OpenBank) -> None:
    client_id, secret = await a_client(bank)
    async with bank.database.session() as session:
        await (await session.connection()).execute(text("UPDATE client_secret SET expires_at = now()"))
    assert (await ask(bank, basic(client_id, secret), grant_type="client_credentials")).status_code == 401


async def test_a_person_signs_in_and_learns_who_they_are(bank: OpenBank) -> None:
    login = await a_person(bank)
    answer = await sign_in(bank)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["roles"], said["institution_id"]) == (["registrar"], str(login.institution_id))
    assert "scope" not in said
    actor = bank.app.state.tokens.actor(said["access_token"])
    assert (actor.name, actor.roles) == (f"login:{login.login_id}", {"registrar"})


@pytest.mark.parametrize("typed", [" WANG.registrar ", "ｗａｎｇ．ｒｅｇｉｓｔｒａｒ"])
async def test_a_login_name_is_the_same_in_any_case_and_width(bank: OpenBank, typed: str) -> None:
    await a_person(bank)
    assert (await sign_in(bank, typed)).status_code == 200


async def test_an_unknown_name_a_wrong_password_and_a_disabled_login_look_the_same(bank: OpenBank) -> None:
    await a_person(bank)
    disabled = await a_person(bank, "gone")
    async with bank.database.session() as session:
        await logins.disable_login(session, actor=SYSTEM, login_id=disabled.login_id, at=clock.now())
    refusals = [
        await sign_in(bank, password="wrong"),
        await sign_in(bank, "nobody"),
        await sign_in(bank, "gone"),
        await sign_in(bank, password="x" * 2000),
    ]
    assert {(answer.status_code, answer.text) for answer in refusals} == {(400, refusals[0].text)}
    assert refusals[0].json()["error"] == "invalid_grant"


async def test_a_check_of_another_domain_may_keep_somebody_out_and_say_why(bank: OpenBank) -> None:
    class GuardianNeeded(BankError):
        status = 403
        code = "guardian_needed"
        zh = "需要监护人"
        en = "A guardian is needed"

    async def no_children(session: AsyncSession, login: Login, at: object) -> None:
        raise GuardianNeeded

    await a_person(bank)
    bank.app.state.sign_in_checks = (no_children,)
    answer = await sign_in(bank)
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "A guardian is needed",
        "error_description_zh": "需要监护人",
    }
    # Only who knows the password learns that much.
    assert "guardian" not in (await sign_in(bank, password="wrong")).text


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "a"}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b", "scope": "records:read"}, "invalid_scope"),
        ({"grant_type": "password", "username": "a\x00", "password": "b"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "a", "password": "b" * 9000}, "invalid_request"),
    ],
)
async def test_a_form_that_is_not_well_made_is_told_so_in_the_words_of_oauth(
    bank: OpenBank, form: dict[str, str], error: str
) -> None:
    answer = await ask(bank, None, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description_zh"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type": "password"}', "application/json"),
        (b"grant_type=password&grant_type=password", "application/x-www-form-urlencoded"),
        (b"grant_type=%ff%fe", "application/x-www-form-urlencoded"),
        ("grant_type=口令".encode(), "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_form_or_says_a_thing_twice_is_refused(bank: OpenBank, content: bytes, kind: str) -> None:
    answer = await bank.http.post("/v1/oauth/token", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


# --- making who guesses wait --------------------------------------------------------------------------------------


async def test_after_ten_wrong_passwords_even_the_right_one_waits(bank: OpenBank) -> None:
    await a_person(bank)
    for _ in range(SIGN_IN_NAME.attempts):
        assert (await sign_in(bank, password="wrong")).status_code == 400
    blocked = await sign_in(bank)
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["retry-after"]) <= SIGN_IN_NAME.wait.total_seconds()
    assert blocked.headers["content-type"] == "application/problem+json"


async def test_a_hundred_guesses_at_once_are_still_ten(bank: OpenBank) -> None:
    await a_person(bank)
    answers = await asyncio.gather(*(sign_in(bank, password=f"guess {n}") for n in range(60)))
    judged = [answer for answer in answers if answer.status_code == 400]
    assert len(judged) <= SIGN_IN_NAME.attempts
    assert {answer.status_code for answer in answers} <= {400, 429, 503}


async def test_an_unknown_name_is_made_to_wait_like_a_known_one(bank: OpenBank) -> None:
    for _ in range(SIGN_IN_NAME.attempts):
        await sign_in(bank, "nobody", "wrong")
    assert (await sign_in(bank, "nobody", "wrong")).status_code == 429


async def test_the_wait_ends_and_trying_does_not_prolong_it(bank: OpenBank, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_person(bank)
    for _ in range(SIGN_IN_NAME.attempts + 1):
        await sign_in(bank, password="wrong")
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_NAME.wait - timedelta(seconds=30))
    assert (await sign_in(bank)).status_code == 429
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_NAME.wait + timedelta(seconds=1))
    assert (await sign_in(bank, password="wrong")).status_code == 400
    assert (await sign_in(bank)).status_code == 200


async def test_signing_in_forgets_the_failures_before_it(bank: OpenBank) -> None:
    await a_person(bank)
    for _ in range(3):
        for _ in range(SIGN_IN_NAME.attempts - 1):
            assert (await sign_in(bank, password="wrong")).status_code == 400
        assert (await sign_in(bank)).status_code == 200


async def test_failures_long_ago_do_not_count(bank: OpenBank, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_person(bank)
    for _ in range(SIGN_IN_NAME.attempts):
        await sign_in(bank, password="wrong")
    later = clock.now() + SIGN_IN_NAME.window + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await sign_in(bank)).status_code == 200


async def test_an_address_that_tries_many_names_waits_and_who_is_right_does_not_count_against_it(
    bank: OpenBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "creditbank.identity.logins.SIGN_IN_ADDRESS",
        type(SIGN_IN_ADDRESS)("sign-in-address", 3, SIGN_IN_ADDRESS.window, SIGN_IN_ADDRESS.wait),
    )
    await a_person(bank)
    for _ in range(5):
        assert (await sign_in(bank)).status_code == 200
    for n in range(3):
        assert (await sign_in(bank, f"nobody-{n}", "wrong")).status_code == 400
    assert (await sign_in(bank)).status_code == 429


async def test_a_failure_is_counted_although_the_request_is_refused(bank: OpenBank) -> None:
    await sign_in(bank, "nobody", "wrong")
    async with bank.database.session() as session:
        counted = (await (await session.connection()).execute(text("SELECT sum(failures) FROM throttle"))).scalar_one()
    assert counted == 2


async def test_nobody_can_be_recognised_in_the_throttle(bank: OpenBank) -> None:
    await sign_in(bank, "13933501234", "wrong")
    async with bank.database.session() as session:
        rows = (await (await session.connection()).execute(text("SELECT subject FROM throttle"))).scalars().all()
    assert all(len(subject) == 32 and b"139" not in subject for subject in rows)


def test_an_ipv6_caller_is_counted_by_the_network_they_can_roam() -> None:
    assert network_of("2001:db8:1:2:3::1") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("unix") == "unix"


async def test_a_busy_password_queue_is_said_so_and_counts_against_nobody(
    bank: OpenBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank.app.state.passwords, "_room", 0)
    answer = await sign_in(bank)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    async with bank.database.session() as session:
        counted = (await (await session.connection()).execute(text("SELECT sum(failures) FROM throttle"))).scalar_one()
    assert counted == 0
