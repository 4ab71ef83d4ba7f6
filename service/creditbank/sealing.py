"""How the bank keeps a secret: sealed fields, keyed indexes to find them by, and digests that prove what was stored.

Every learner has a random key of their own, kept only wrapped by a key of the keyring: delete the wrapped key, and
nothing sealed under it can be read again. A blob's first byte names its form, so that a bank that changes its
cipher still reads what it sealed before. Nonces are 96 random bits: one key must seal fewer than 2**32 blobs (NIST SP
800-38D, 8.3), which is why the bank's own key, which seals every stored response, can be rotated.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

CipherName = Literal["aes-256-gcm", "sm4-gcm"]
DigestName = Literal["sha256", "sm3"]

FILE = "sealing.json"
SALT_BYTES = 16
_AES, _SM4 = 1, 2
_CIPHERS: Mapping[str, int] = {"aes-256-gcm": _AES, "sm4-gcm": _SM4}
_DIGESTS: Mapping[str, int] = {"sha256": 1, "sm3": 2}
_AES_BYTES, _SM4_BYTES = 32, 16
_KEY_BYTES = _AES_BYTES + _SM4_BYTES
_INDEX_BYTES = 32
_NONCE_BYTES, _TAG_BYTES = 12, 16
_NUMBER_BYTES = 2
_PACKED, _PACKED_FROM, _PACKED_UP_TO = 0x10, 1024, 2**20
"""Bytes: below there is nothing to win, and what is larger is a file that somebody packed already."""
_OTHERS_MAY = 0o027


class SealBroken(Exception):
    """A blob that does not open: another key, another learner or field, or altered bytes. Never says what was in it."""


class KeyringUnusable(Exception):
    """The keys are missing, incomplete, or open to other users of the machine: nothing may start without them."""


class SealingKey:
    """One key, ready for use with both ciphers; `algorithm` is the one it seals with."""

    __slots__ = ("_aes", "_material", "_sm4", "algorithm")

    def __init__(self, material: bytes, *, algorithm: int) -> None:
        if len(material) != _KEY_BYTES:
            raise ValueError(f"a sealing key has {_KEY_BYTES} bytes")
        self._material = material
        self._aes = AESGCM(material[:_AES_BYTES])
        self._sm4: algorithms.SM4 | None = None
        self.algorithm = algorithm

    @property
    def sm4(self) -> algorithms.SM4:
        """The SM4 key: bytes of its own, never those of the AES key."""
        if self._sm4 is None:
            self._sm4 = algorithms.SM4(self._material[_AES_BYTES:])
        return self._sm4

    @property
    def aes(self) -> AESGCM:
        """The AES-256-GCM key."""
        return self._aes

    def __repr__(self) -> str:
        return "SealingKey(…)"


class Keyring:
    """The keys of one bank, in one file: wrapping keys and bank keys by number (the highest seals), and one index key.

    The index algorithm is written in the file when it is made and never changes: an index by another algorithm would
    find nobody.
    """

    def __init__(self, directory: Path, *, cipher: CipherName = "aes-256-gcm", digest: DigestName = "sha256") -> None:
        self.directory = directory
        self.digest = digest
        self._algorithm = _CIPHERS[cipher]
        self._subkeys: dict[str, HMAC] = {}
        self._load()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        create: bool = False,
        cipher: CipherName = "aes-256-gcm",
        digest: DigestName = "sha256",
    ) -> Keyring:
        """The keyring of a directory; with `create`, a new one where there is none (modes 0700 and 0600).

        `cipher` is what new blobs are sealed with; `digest` is how new evidence is digested, and the
        index of a new keyring.

        Raises KeyringUnusable if it is missing, unreadable, or other users may read or change it.
        """
        if create and not (directory / FILE).exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(directory):
                if not (directory / FILE).exists():
                    _write(directory, _fresh(digest))
        return cls(directory, cipher=cipher, digest=digest)

    def wrapping(self, number: int | None = None) -> tuple[int, SealingKey]:
        """A key that wraps learners' keys: the newest, or the one of a number."""
        return self._numbered("wrapping", number)

    def bank(self, number: int | None = None) -> tuple[int, SealingKey]:
        """A key of the bank itself, for what belongs to no learner yet: the newest, or the one of a number."""
        return self._numbered("bank", number)

    def learner_key(self, material: bytes) -> SealingKey:
        """A learner's key from its bytes, to seal with this bank's cipher."""
        return SealingKey(material, algorithm=self._algorithm)

    def subkey(self, purpose: str) -> HMAC:
        """The keyed hash of one purpose, to be copied before use."""
        known = self._subkeys.get(purpose)
        if known is None:
            root = HMAC(self._index_key, self._index_hash)
            root.update(b"creditbank/index/" + purpose.encode())
            known = self._subkeys[purpose] = HMAC(root.finalize(), self._index_hash)
        return known

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell this keyring from any other and tell nothing of its keys."""
        return blind_index(self, "keyring-fingerprint", "").hex()[:16]

    def _numbered(self, use: str, number: int | None) -> tuple[int, SealingKey]:
        keys = self._keys[use]
        if number is None:
            number = max(keys)
        elif number not in keys:
            self._load()  # another process may have rotated since this one read the file
            keys = self._keys[use]
        try:
            return number, keys[number]
        except KeyError:
            raise SealBroken(f"{use} key {number} is not in {self.directory / FILE}") from None

    def _load(self) -> None:
        stored = _read(self.directory)
        try:
            self._keys = {
                use: {int(number): self.learner_key(bytes.fromhex(key)) for number, key in stored[use].items()}
                for use in ("wrapping", "bank")
            }
            self._index_key = bytes.fromhex(stored["index"]["key"])
            self._index_hash: hashes.HashAlgorithm = (
                hashes.SM3() if _DIGESTS[stored["index"]["algorithm"]] == _DIGESTS["sm3"] else hashes.SHA256()
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise KeyringUnusable(f"{self.directory / FILE} is not a keyring: restore it from its backup") from None
        if len(self._index_key) != _INDEX_BYTES or not all(self._keys.values()):
            raise KeyringUnusable(f"{self.directory / FILE} lacks a key: restore it from its backup")

    def __repr__(self) -> str:
        return f"Keyring({str(self.directory)!r})"


def rotate(directory: Path) -> None:
    """Add a new wrapping key and a new bank key; the old ones stay, to read what they sealed.

    Processes that run already read the file again when they meet a blob of the new keys; they seal with the new keys
    once restarted. Learners' keys move by `rewrap`.
    """
    with _locked(directory):
        stored = _read(directory)
        for use in ("wrapping", "bank"):
            stored[use][str(max(map(int, stored[use])) + 1)] = secrets.token_hex(_KEY_BYTES)
        _write(directory, stored)


def new_learner_key(keyring: Keyring, learner_id: UUID) -> tuple[SealingKey, bytes]:
    """A random key for one learner, and the same key wrapped: the only form that is ever stored."""
    material = secrets.token_bytes(_KEY_BYTES)
    return keyring.learner_key(material), _seal_numbered(keyring.wrapping(), material, _wrapping_context(learner_id))


def unwrap(keyring: Keyring, learner_id: UUID, wrapped: bytes) -> SealingKey:
    """A learner's key from its wrapped form. Raises SealBroken, also for the wrapped key of another learner."""
    return keyring.learner_key(_unwrapped(keyring, learner_id, wrapped))


def rewrap(keyring: Keyring, learner_id: UUID, wrapped: bytes) -> bytes | None:
    """The same learner's key under the newest wrapping key, or None if that wraps it already."""
    newest = keyring.wrapping()
    if _number_of(wrapped) == newest[0]:
        return None
    return _seal_numbered(newest, _unwrapped(keyring, learner_id, wrapped), _wrapping_context(learner_id))


def field_of(learner_id: UUID, field: str) -> bytes:
    """What binds a blob to its place: it opens as this field of this learner and as nothing else."""
    return learner_id.bytes + field.encode()


def seal(key: SealingKey, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt: one byte for the form, 12 of nonce, the ciphertext, 16 of tag; `aad` as of `field_of`.

    The form is the cipher and whether the text was packed. What a decision was decided by is 60 KB of JSON that says
    the same words again and again, and an eighth of that when packed; nothing can be won once it is sealed.
    """
    form, text = key.algorithm, plaintext
    if _PACKED_FROM <= len(plaintext) <= _PACKED_UP_TO:
        packed = zlib.compress(plaintext, 1)
        if len(packed) < len(plaintext):
            form, text, aad = form | _PACKED, packed, aad + bytes([form | _PACKED])
    nonce = os.urandom(_NONCE_BYTES)
    if key.algorithm == _AES:
        return bytes([form]) + nonce + key.aes.encrypt(nonce, text, aad)
    writer = Cipher(key.sm4, modes.GCM(nonce)).encryptor()
    writer.authenticate_additional_data(aad)
    return bytes([form]) + nonce + writer.update(text) + writer.finalize() + writer.tag


def open_sealed(key: SealingKey, blob: bytes, aad: bytes) -> bytes:
    """Decrypt what `seal` made, in whichever form. Raises SealBroken, and then nothing of it is known."""
    if len(blob) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise SealBroken("too short to be a sealed blob")
    form, nonce = blob[0], blob[1 : 1 + _NONCE_BYTES]
    if form & _PACKED:
        aad += blob[:1]  # what was packed opens as nothing else
    try:
        match form & ~_PACKED:
            case 1:
                text = key.aes.decrypt(nonce, blob[1 + _NONCE_BYTES :], aad)
            case 2:
                reader = Cipher(key.sm4, modes.GCM(nonce, blob[-_TAG_BYTES:])).decryptor()
                reader.authenticate_additional_data(aad)
                text = reader.update(blob[1 + _NONCE_BYTES : -_TAG_BYTES]) + reader.finalize()
            case _:
                raise SealBroken(f"unknown form {form:02x}")
    except InvalidTag:
        raise SealBroken("the blob is not of this key and place, or was altered") from None
    return zlib.decompress(text) if form & _PACKED else text


def seal_for_bank(keyring: Keyring, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt under the bank's newest key: held rows, stored responses; `aad` says what and whose it is."""
    return _seal_numbered(keyring.bank(), plaintext, aad)


def open_for_bank(keyring: Keyring, blob: bytes, aad: bytes) -> bytes:
    """Decrypt what `seal_for_bank` made, by whichever of the bank's keys. Raises SealBroken."""
    _, key = keyring.bank(_number_of(blob))
    return _open_numbered(key, blob, aad)


def blind_index(keyring: Keyring, purpose: str, text: str) -> bytes:
    """32 bytes by which a value is found without being readable; a value has another index for every purpose.

    The text is used as it is: normalise it first (`documents`, `names`).
    """
    keyed = keyring.subkey(purpose).copy()
    keyed.update(text.encode())
    return keyed.finalize()


def canonical(obj: object) -> bytes:
    """One JSON text for one value: UTF-8, no spaces, keys sorted by code point, integers within 53 bits.

    Raises TypeError for anything but str, int, bool, None, list and dict with str keys: a float has no one form.
    """
    text = orjson.dumps(obj, option=_CANONICAL)
    _refuse_inexact(obj)
    return text


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_DATETIME


def new_salt() -> bytes:
    """Sixteen random bytes: enough that nobody tries all names to find the one a digest is of."""
    return os.urandom(SALT_BYTES)


def salted_digest(salt: bytes, obj: object, algorithm: DigestName = "sha256") -> bytes:
    """33 bytes: one that names the algorithm (1 SHA-256, 2 SM3), then the digest of the salt and the canonical JSON."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    content = salt + canonical(obj)
    if algorithm == "sha256":
        return b"\x01" + hashlib.sha256(content).digest()
    hashed = hashes.Hash(hashes.SM3())
    hashed.update(content)
    return b"\x02" + hashed.finalize()


_CAME_LATER = {"claim_id": None, "line_no": None, "round_id": None, "purpose": "deposit"}
"""Columns that decisions and postings had not from the first day, and what a row of that day says in them."""


def as_digested(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row its digest is of: a deposit is digested as on the first day, so that no proof of then breaks."""
    return {name: said for name, said in row.items() if name not in _CAME_LATER or said != _CAME_LATER[name]}


def digest_holds(digest: bytes, salt: bytes, obj: object) -> bool:
    """Whether a digest is that of this value, by the algorithm it names."""
    named = next((name for name, number in _DIGESTS.items() if digest[:1] == bytes([number])), None)
    return named is not None and hmac.compare_digest(digest, salted_digest(salt, obj, cast(DigestName, named)))


def _refuse_inexact(value: Any) -> None:
    """It has been written as JSON already, so it is no deeper than that allows."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        if not isinstance(value, str | int | type(None)):
            raise TypeError(f"a {kind.__name__} has no canonical form")
        return
    for part in value:
        if type(part) not in _EXACT:
            _refuse_inexact(part)


_EXACT = {str, int, bool, type(None)}


def _wrapping_context(learner_id: UUID) -> bytes:
    return field_of(learner_id, "learner-key")


def _unwrapped(keyring: Keyring, learner_id: UUID, wrapped: bytes) -> bytes:
    _, key = keyring.wrapping(_number_of(wrapped))
    return _open_numbered(key, wrapped, _wrapping_context(learner_id))


def _seal_numbered(numbered: tuple[int, SealingKey], plaintext: bytes, aad: bytes) -> bytes:
    number, key = numbered
    blob = seal(key, plaintext, aad)
    return blob[:1] + number.to_bytes(_NUMBER_BYTES) + blob[1:]


def _open_numbered(key: SealingKey, blob: bytes, aad: bytes) -> bytes:
    return open_sealed(key, blob[:1] + blob[1 + _NUMBER_BYTES :], aad)


def _number_of(blob: bytes) -> int:
    return int.from_bytes(blob[1 : 1 + _NUMBER_BYTES])


def _fresh(digest: DigestName) -> dict[str, Any]:
    return {
        "wrapping": {"1": secrets.token_hex(_KEY_BYTES)},
        "bank": {"1": secrets.token_hex(_KEY_BYTES)},
        "index": {"algorithm": digest, "key": secrets.token_hex(_INDEX_BYTES)},
    }


def _read(directory: Path) -> dict[str, Any]:
    path = directory / FILE
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS_MAY:
            raise KeyringUnusable(f"{path} is open to other users: chmod 600 it, and rotate its keys if it was read")
        stored = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise KeyringUnusable(f"{path} cannot be read ({error}): restore it from its backup") from None
    if not isinstance(stored, dict):
        raise KeyringUnusable(f"{path} is not a keyring: restore it from its backup")
    return stored


def _write(directory: Path, stored: Mapping[str, Any]) -> None:
    """Whole or not at all, and on the disk before anything is sealed with it."""
    draft = directory / f".{FILE}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(stored, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(directory / FILE)
    _flush(directory)


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One writer at a time: two processes that start at once must not make two keyrings."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
