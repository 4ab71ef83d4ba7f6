"""The ring of keys that sign access tokens: files in the keys folder, the newest signs, all of them verify."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048
OTHERS_MAY = 0o027
"""Writing by the group and anything by everybody: what no private key allows."""


class KeyFileOpenToOthers(RuntimeError):
    """A private key that every user of the machine can read signs nothing."""


@dataclass(frozen=True)
class TokenKey:
    """One signing key: its name is the thumbprint of its public half (RFC 7638)."""

    kid: str
    pem: str
    modulus: str
    exponent: str

    def public_jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key (RFC 7517)."""
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": self.modulus,
            "e": self.exponent,
        }


def rotate(folder: Path, *, at: datetime) -> TokenKey:
    """Make a new key, which signs from now on; the ones before it go on verifying until their files are removed.

    The file appears whole or not at all, readable by its owner only; running processes notice it by themselves.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made = _read(pem)
    name = folder / f"{at:%Y%m%dT%H%M%S.%fZ}-{made.kid}.pem"
    unfinished = name.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(name)
    return made


def names(folder: Path) -> tuple[str, ...]:
    """The key files there are, oldest first: cheap enough to ask on every unknown `kid`."""
    try:
        return tuple(sorted(path.name for path in folder.iterdir() if path.suffix == ".pem"))
    except FileNotFoundError:
        return ()


def read_all(folder: Path, listed: tuple[str, ...]) -> tuple[TokenKey, ...]:
    """The keys of those files, oldest first. Raises KeyFileOpenToOthers."""
    keys = []
    for name in listed:
        path = folder / name
        if path.stat().st_mode & OTHERS_MAY:
            raise KeyFileOpenToOthers(f"{path} is open to other users: chmod 600 it, and rotate if it was read")
        keys.append(_read(path.read_bytes()))
    return tuple(keys)


@lru_cache(maxsize=16)
def _read(pem: bytes) -> TokenKey:
    """A key by its file's content; one that was read is not gone through again when another joins it."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < BITS:
        raise ValueError(f"a token key is an RSA key of {BITS} bits or more")
    numbers = key.public_key().public_numbers()
    modulus, exponent = _number(numbers.n), _number(numbers.e)
    # RFC 7638 §3: exactly these members, in this order, without white space.
    canonical = json.dumps({"e": exponent, "kty": "RSA", "n": modulus}, separators=(",", ":"), sort_keys=True)
    return TokenKey(_base64url(hashlib.sha256(canonical.encode()).digest()), pem.decode(), modulus, exponent)


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
