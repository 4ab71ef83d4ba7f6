"""Tokens that hold and tokens that do not; passwords, and a queue for them that never piles up."""

from __future__ import annotations

import ast
import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from creditbank import clock
from creditbank.errors import NotSignedIn, TemporarilyUnavailable
from creditbank.identifiers import new_id
from creditbank.identity import security, token_keys
from creditbank.identity.actor import Actor
from creditbank.identity.security import (
    LONGEST_TOKEN,
    WAITING_PER_THREAD,
    Passwords,
    PasswordTooWeak,
    Tokens,
    check_password,
)

SOMEBODY = Actor(name=f"login:{new_id()}", roles=frozenset({"learner"}), institution_id=new_id(), learner_id=new_id())
SOURCE = Path(__file__).parents[2] / "service" / "creditbank"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ring") / "tokens"
    token_keys.rotate(folder, at=clock.now())
    return folder


@pytest.fixture
def tokens(folder: Path) -> Tokens:
    return Tokens(folder, base_url="http://bank", minutes=10)


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": "http://bank",
        "aud": "http://bank/v1",
        "sub": SOMEBODY.name,
        "iat": now,
        "exp": now + 600,
        "roles": ["learner"],
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(folder: Path, said: dict[str, Any], **header: Any) -> str:
    """A token signed by the bank's own key with whatever header and claims: what only these can be wrong with."""
    pem = (folder / token_keys.names(folder)[-1]).read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    (ring,) = token_keys.read_all(folder, token_keys.names(folder)[-1:])
    full = {"alg": "RS256", "typ": "at+jwt", "kid": ring.kid, **header}
    content = f"{encoded({k: v for k, v in full.items() if v is not None})}.{encoded(said)}"
    return f"{content}.{encoded(key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def test_a_token_stands_for_whom_it_was_given_to(tokens: Tokens) -> None:
    assert tokens.actor(tokens.issue(SOMEBODY, at=clock.now())) == SOMEBODY


def test_a_token_signed_by_hand_holds_so_that_the_refusals_below_mean_something(tokens: Tokens, folder: Path) -> None:
    assert tokens.actor(signed(folder, claims())).name == SOMEBODY.name


@pytest.mark.parametrize("claim", ["exp", "aud", "iss", "sub", "iat"])
def test_a_token_that_leaves_out_a_claim_does_not_hold(tokens: Tokens, folder: Path, claim: str) -> None:
    with pytest.raises(NotSignedIn):
        tokens.actor(signed(folder, claims(**{claim: None})))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "http://other/v1"},
        {"iss": "http://other"},
        {"sub": "nobody"},
        {"sub": "system"},
        {"sub": "login:not-a-uuid"},
        {"sub": "admin:01a20b96-32b2-71f7-9caa-b68ddc6acea4"},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"institution": "not-a-uuid"},
        {"roles": 7},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_does_not_hold(tokens: Tokens, folder: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        tokens.actor(signed(folder, claims(**wrong)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kid": "unknown"},
        {"kid": None},
        {"kid": 7},
        {"kid": ["a"]},
        {"typ": "JWT"},
        {"typ": None},
        {"alg": "RS512"},
        {"crit": ["b64"]},
        {"alg": None},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_header_does_not_hold(tokens: Tokens, folder: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        tokens.actor(signed(folder, claims(), **wrong))


def test_an_expired_token_does_not_hold_whether_it_was_seen_before_or_not(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = tokens.issue(SOMEBODY, at=clock.now() - timedelta(minutes=10, seconds=1))
    with pytest.raises(NotSignedIn, match="expired"):
        tokens.actor(unseen)
    seen = tokens.issue(SOMEBODY, at=clock.now())
    tokens.actor(seen)
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(NotSignedIn, match="expired"):
        tokens.actor(seen)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_that_is_not_signed_does_not_hold(tokens: Tokens, folder: Path, algorithm: str) -> None:
    kid = tokens.jwks()["keys"][0]["kid"]
    content = f"{encoded({'alg': algorithm, 'typ': 'at+jwt', 'kid': kid})}.{encoded(claims())}"
    for signature in ("", "AA"):
        with pytest.raises(NotSignedIn):
            tokens.actor(f"{content}.{signature}")


def test_a_token_signed_with_the_public_key_as_a_shared_secret_does_not_hold(tokens: Tokens, folder: Path) -> None:
    (ring,) = token_keys.read_all(folder, token_keys.names(folder)[-1:])
    private = serialization.load_pem_private_key(ring.pem.encode(), password=None)
    public = private.public_key()
    forms = [
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps(ring.public_jwk()).encode(),
    ]
    for form in forms:
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512), ("RS256", hashlib.sha256)):
            content = f"{encoded({'alg': algorithm, 'typ': 'at+jwt', 'kid': ring.kid})}.{encoded(claims())}"
            forged = f"{content}.{encoded(hmac.new(form, content.encode(), digest).digest())}"
            with pytest.raises(NotSignedIn):
                tokens.actor(forged)


def test_a_token_of_another_bank_with_our_kid_does_not_hold(tokens: Tokens, tmp_path: Path) -> None:
    token_keys.rotate(tmp_path / "other", at=clock.now())
    kid = tokens.jwks()["keys"][0]["kid"]
    with pytest.raises(NotSignedIn):
        tokens.actor(signed(tmp_path / "other", claims(), kid=kid))


def test_changing_a_claim_breaks_a_token(tokens: Tokens) -> None:
    head, _, signature = tokens.issue(SOMEBODY, at=clock.now()).split(".")
    with pytest.raises(NotSignedIn):
        tokens.actor(f"{head}.{encoded(claims(roles=['administrator']))}.{signature}")


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "€.€.€",
        "\ud800",
        "{}",
        "." * 500,
        "A" * 500,
        encoded(b"[" * 3000),
        "a b c",
        f"{encoded([])}.{encoded([])}.x",
        f"{encoded('x')}.{encoded({})}.x",
        f"{encoded(b'[' * 2000)}.e30.x",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_garbage_is_no_token(tokens: Tokens, garbage: str) -> None:
    with pytest.raises(NotSignedIn):
        tokens.actor(garbage)


def test_a_token_of_a_megabyte_is_not_even_read(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_verify", lambda token: pytest.fail("read"))
    with pytest.raises(NotSignedIn):
        tokens.actor("A" * (LONGEST_TOKEN + 1))


def test_a_role_or_scope_that_the_bank_does_not_know_opens_nothing(tokens: Tokens, folder: Path) -> None:
    actor = tokens.actor(signed(folder, claims(roles=["root", "learner"], scope="everything records:read")))
    assert actor.roles == {"learner"}
    assert actor.scopes == {"records:read"}


# --- the ring of keys ---------------------------------------------------------------------------------------------


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    Tokens(tmp_path / "tokens", base_url="http://bank", minutes=10)
    (file,) = (tmp_path / "tokens").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o700


def test_a_second_start_takes_the_same_key(tmp_path: Path) -> None:
    first = Tokens(tmp_path / "tokens", base_url="http://bank", minutes=10)
    token = first.issue(SOMEBODY, at=clock.now())
    second = Tokens(tmp_path / "tokens", base_url="http://bank", minutes=10)
    assert second.actor(token) == SOMEBODY


def test_a_key_that_everybody_can_read_signs_nothing(tmp_path: Path) -> None:
    token_keys.rotate(tmp_path / "tokens", at=clock.now())
    (file,) = (tmp_path / "tokens").iterdir()
    file.chmod(0o644)
    with pytest.raises(token_keys.KeyFileOpenToOthers):
        Tokens(tmp_path / "tokens", base_url="http://bank", minutes=10)


def test_after_a_rotation_the_newest_key_signs_and_both_verify_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    running, other = (Tokens(folder, base_url="http://bank", minutes=10) for _ in range(2))
    old = running.issue(SOMEBODY, at=clock.now())
    made = token_keys.rotate(folder, at=clock.now())
    running._look_again = 0.0
    new = running.issue(SOMEBODY, at=clock.now())
    header = json.loads(base64.urlsafe_b64decode(new.split(".")[0] + "=="))
    assert header["kid"] == made.kid
    # The other process has not looked yet: a kid it does not know makes it look at once.
    assert other.actor(new) == other.actor(old) == SOMEBODY
    assert running.jwks()["keys"][0]["kid"] == made.kid
    assert len(running.jwks()["keys"]) == 2


def test_a_key_that_is_removed_verifies_nothing_any_more_not_even_what_was_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    tokens = Tokens(folder, base_url="http://bank", minutes=10)
    old = tokens.issue(SOMEBODY, at=clock.now())
    tokens.actor(old)
    token_keys.rotate(folder, at=clock.now())
    (folder / token_keys.names(folder)[0]).unlink()
    tokens._look_again = 0.0
    with pytest.raises(NotSignedIn):
        tokens.actor(old)


def test_the_name_of_a_key_is_the_thumbprint_that_anybody_can_compute(tokens: Tokens) -> None:
    (key,) = tokens.jwks()["keys"]
    canonical = f'{{"e":"{key["e"]}","kty":"RSA","n":"{key["n"]}"}}'
    assert key["kid"] == base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
    assert not {"d", "p", "q"} & set(key)


def test_the_memory_of_tokens_stays_small(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.identity.security.KEPT_TOKENS", 3)
    for _ in range(5):
        tokens.actor(tokens.issue(SOMEBODY, at=clock.now()))
    assert len(tokens._remembered) == 3


def test_only_one_module_knows_the_libraries_that_hash_and_sign() -> None:
    for path in SOURCE.rglob("*.py"):
        imported = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names])
        }
        if path != SOURCE / "identity" / "security.py":
            assert not imported & {"jose", "passlib", "argon2"}, path


# --- passwords ----------------------------------------------------------------------------------------------------


@pytest.fixture
def in_earnest(strong_hash: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes as the bank makes them."""
    monkeypatch.setattr(security, "_ARGON2", strong_hash)


@pytest.mark.usefixtures("in_earnest")
async def test_a_password_holds_against_its_own_hash_and_no_other() -> None:
    passwords = Passwords(1)
    kept = await passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert await passwords.holds("correct horse battery", kept)
    assert not await passwords.holds("correct horse batter", kept)
    assert not await passwords.holds("correct horse battery", None)
    assert not await passwords.holds("x" * 100_000, kept)
    passwords.close()


@pytest.mark.usefixtures("in_earnest")
async def test_nobodys_password_costs_as_much_as_a_wrong_one() -> None:
    passwords = Passwords(1)
    kept = await passwords.hash("correct horse battery")

    async def seconds(against: str | None) -> float:
        began = time.perf_counter()
        assert not await passwords.holds("a wrong one", against)
        return time.perf_counter() - began

    await seconds(None)
    known = min([await seconds(kept) for _ in range(5)])
    unknown = min([await seconds(None) for _ in range(5)])
    assert 0.5 < known / unknown < 2
    passwords.close()


async def test_a_full_queue_sends_callers_away_at_once_and_has_room_again_afterwards() -> None:
    passwords = Passwords(1)
    room = 1 + WAITING_PER_THREAD
    outcomes = await asyncio.gather(
        *(passwords.holds("whatever it is", None) for _ in range(room + 5)), return_exceptions=True
    )
    turned_away = [outcome for outcome in outcomes if isinstance(outcome, TemporarilyUnavailable)]
    assert len(turned_away) == 5
    assert all(int(refusal.headers["Retry-After"]) > 0 for refusal in turned_away)
    await asyncio.sleep(0.01)
    assert await passwords.holds("whatever it is", None) is False
    assert passwords._inside <= 1
    passwords.close()


async def test_a_caller_who_hangs_up_gives_the_place_back() -> None:
    passwords = Passwords(1)
    waiting = [asyncio.ensure_future(passwords.holds("whatever it is", None)) for _ in range(8)]
    await asyncio.sleep(0)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for _ in range(200):
        if passwords._inside == 0:
            break
        await asyncio.sleep(0.01)
    assert passwords._inside == 0
    passwords.close()


@pytest.mark.parametrize("weak", ["", "short", "x" * 11, "ababababababab", "p" * 300, "123456789"])
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(PasswordTooWeak):
        check_password(weak)


def test_a_long_sentence_is_a_good_password() -> None:
    check_password("我每天七点坐三路公交去上班")
