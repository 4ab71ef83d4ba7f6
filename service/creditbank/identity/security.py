"""Passwords and access tokens: the only module that knows the libraries that hash the one and sign the other."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from jose import jwk, jws, jwt
from jose.constants import ALGORITHMS
from jose.exceptions import JOSEError
from passlib.hash import argon2

from creditbank import clock
from creditbank.config import Settings
from creditbank.errors import BankError, NotSignedIn, TemporarilyUnavailable
from creditbank.identity import token_keys
from creditbank.identity.actor import Actor
from creditbank.identity.permit import ROLES, SCOPES

Result = TypeVar("Result")

# --- passwords ----------------------------------------------------------------------------------------------------

# Argon2id above the first choice of OWASP's Password Storage Cheat Sheet (46 MiB, one pass): about 80 ms here.
_ARGON2 = argon2.using(type="ID", memory_cost=47104, time_cost=2, parallelism=1)  # type: ignore[no-untyped-call]

WAITING_PER_THREAD = 16
"""How many passwords may wait for each thread, about a second and a half of work, before callers are sent away."""

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256


class PasswordTooWeak(BankError):
    """A password that is short, endless, or one character over and over."""

    status = 422
    code = "password_too_weak"
    zh = "密码应有 {shortest} 至 {longest} 个字符，且不能只重复少数几个字符。"
    en = "A password has {shortest} to {longest} characters, and more than a few different ones."


def check_password(password: str) -> None:
    """Length and variety, and no rules about which characters (NIST SP 800-63B §5.1.1). Raises PasswordTooWeak."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or len(set(password)) < 5:
        raise PasswordTooWeak(field="/password", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


class Passwords:
    """The few threads that hash passwords, and a short queue in front of them that never piles up."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._room = threads * (1 + WAITING_PER_THREAD)
        self._inside = 0
        self._nobodys = self._pool.submit(_ARGON2.hash, str(uuid4()))

    async def hash(self, password: str) -> str:
        """The Argon2id hash to keep. Raises TemporarilyUnavailable when the queue is full."""
        return await self._run(lambda: str(_ARGON2.hash(password)))

    async def holds(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was kept; without one kept, no, after the same work.

        Raises TemporarilyUnavailable when the queue is full.
        """
        return await self._run(lambda: self._verify(password, kept))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, kept: str | None) -> bool:
        if len(password) > LONGEST_PASSWORD:
            password, kept = password[:LONGEST_PASSWORD], None
        same = bool(_ARGON2.verify(password, kept or self._nobodys.result()))
        return same and kept is not None

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._inside >= self._room:
            raise TemporarilyUnavailable(seconds=2)
        self._inside += 1
        future = self._pool.submit(work)
        loop = asyncio.get_running_loop()

        def leave() -> None:
            self._inside -= 1

        def done(_: Future[Result]) -> None:
            # A caller who hung up leaves its place when its turn is over or cancelled, not before.
            if not loop.is_closed():
                loop.call_soon_threadsafe(leave)

        future.add_done_callback(done)
        return await asyncio.wrap_future(future)


# --- tokens -------------------------------------------------------------------------------------------------------

ALGORITHM = ALGORITHMS.RS256
LONGEST_TOKEN = 4096
KEPT_TOKENS = 2048
LOOK_AT_KEYS_SECONDS = 5.0

_REQUIRED = {
    "require_aud": True,
    "require_iss": True,
    "require_sub": True,
    "require_iat": True,
    "leeway": 0,
    "verify_exp": False,
}
"""That a token has expired is looked at on every use, by the bank's clock: the library would ask one of its own."""


class Tokens:
    """Signs and verifies the access tokens of one bank (RS256; the claims of RFC 9068).

    A token holds until it expires, whatever happens to the client or the sign-in meanwhile: minutes, by setting. So a
    token whose signature was checked is remembered by its SHA-256 until then, and a second use of it costs a digest
    instead of a signature. The memory grants nothing that verifying again would not: it is dropped whole whenever the
    key ring changes, and the expiry is looked at on every use.
    """

    def __init__(self, folder: Path, *, base_url: str, minutes: int) -> None:
        self.issuer = base_url
        self.audience = f"{base_url}/v1"
        self.lives = timedelta(minutes=minutes)
        self._folder = folder
        self._listed: tuple[str, ...] = ()
        self._public: dict[str, Any] = {}
        self._jwks: list[dict[str, str]] = []
        self._signing: tuple[str, Any] = ("", None)
        self._remembered: dict[bytes, tuple[float, Actor]] = {}
        self._look_again = 0.0
        if not token_keys.names(folder):
            token_keys.rotate(folder, at=clock.now())
        self._read_keys()

    @classmethod
    def of(cls, settings: Settings) -> Tokens:
        """The tokens that the settings name; makes the first key where there is none."""
        return cls(settings.keys_dir / "tokens", base_url=settings.base_url, minutes=settings.token_minutes)

    def issue(self, actor: Actor, *, at: datetime) -> str:
        """A signed token for a caller, good from an instant for the minutes of the settings."""
        self._look_at_keys()
        kid, key = self._signing
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": actor.name,
            "client_id": actor.name,
            "iat": int(at.timestamp()),
            "exp": int((at + self.lives).timestamp()),
            "jti": uuid4().hex,
        }
        if actor.scopes:
            claims["scope"] = " ".join(sorted(actor.scopes))
        if actor.roles:
            claims["roles"] = sorted(actor.roles)
        if actor.institution_id is not None:
            claims["institution"] = str(actor.institution_id)
        if actor.learner_id is not None:
            claims["learner"] = str(actor.learner_id)
        return str(jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": "at+jwt"}))

    def actor(self, token: str) -> Actor:
        """The caller a token stands for. Raises NotSignedIn, saying whether it expired and nothing else."""
        self._look_at_keys()
        if len(token) > LONGEST_TOKEN:
            raise _does_not_hold()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        remembered = self._remembered.get(digest)
        if remembered is None:
            remembered = self._verify(token)
            if len(self._remembered) >= KEPT_TOKENS:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[digest] = remembered
        expires, actor = remembered
        if expires <= clock.now().timestamp():
            self._remembered.pop(digest, None)
            raise _expired()
        return actor

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as a JSON Web Key Set."""
        self._look_at_keys()
        return {"keys": self._jwks}

    def _verify(self, token: str) -> tuple[float, Actor]:
        try:
            header = jws.get_unverified_header(token)
            key = self._key_of(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                options=_REQUIRED,
            )
            return float(claims["exp"]), _actor_of(claims)
        except (JOSEError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as failure:
            raise _does_not_hold() from failure

    def _key_of(self, header: dict[str, Any]) -> Any:
        if header.get("alg") != ALGORITHM or header.get("typ") != "at+jwt" or "crit" in header:
            raise _does_not_hold()
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise _does_not_hold()
        if kid not in self._public:
            self._look_at_keys(now=True)
        if kid not in self._public:
            raise _does_not_hold()
        return self._public[kid]

    def _look_at_keys(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        if not now and moment < self._look_again:
            return
        self._look_again = moment + LOOK_AT_KEYS_SECONDS
        if token_keys.names(self._folder) != self._listed:
            self._read_keys()

    def _read_keys(self) -> None:
        listed = token_keys.names(self._folder)
        ring = token_keys.read_all(self._folder, listed)
        if not ring:
            return  # an emptied folder is an accident: go on with the keys in hand
        self._public = {key.kid: jwk.construct(key.public_jwk(), ALGORITHM) for key in ring}
        self._jwks = [key.public_jwk() for key in reversed(ring)]
        self._signing = (ring[-1].kid, _signer(ring[-1].pem))
        self._listed = listed
        self._remembered.clear()


@lru_cache(maxsize=4)
def _signer(pem: str) -> Any:
    """What signs with a key: to load it takes as long as a hundred signatures."""
    return jwk.construct(pem, ALGORITHM)


def _actor_of(claims: dict[str, Any]) -> Actor:
    kind, _, identifier = str(claims["sub"]).partition(":")
    if kind not in {"client", "login"} or str(UUID(identifier)) != identifier:
        raise _does_not_hold()
    return Actor(
        name=f"{kind}:{identifier}",
        roles=_known(claims.get("roles", ()), ROLES),
        scopes=_known(str(claims.get("scope", "")).split(), SCOPES),
        institution_id=UUID(claims["institution"]) if "institution" in claims else None,
        learner_id=UUID(claims["learner"]) if "learner" in claims else None,
    )


def _known(words: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    return frozenset(words) & frozenset(known)


def _does_not_hold() -> NotSignedIn:
    return _refused("令牌无效", "the token is not one of this bank's")


def _expired() -> NotSignedIn:
    return _refused("令牌已过期", "the token has expired")


def _refused(why_zh: str, why_en: str) -> NotSignedIn:
    refusal = NotSignedIn(why_zh=why_zh, why_en=why_en)
    refusal.headers["WWW-Authenticate"] = f'Bearer error="invalid_token", error_description="{why_en}"'
    return refusal
