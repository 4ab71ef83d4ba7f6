"""What is sealed opens in its own place only, is found without being read, and is gone with its key."""

from __future__ import annotations

import json
import secrets
import stat
import threading
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank import sealing
from creditbank.sealing import Keyring, KeyringUnusable, SealBroken, SealingKey

LEARNER = UUID("018f0000-0000-7000-8000-000000000001")
OTHER = UUID("018f0000-0000-7000-8000-000000000002")
CIPHERS = ("aes-256-gcm", "sm4-gcm")
SHA256 = "01565a924995d14ab0c6c7b06a42fee6e994ddd8c9b3f638165febfe709c085cd5"
SM3 = "026911ed3f5830618e2d00253c377c9fc74b99faf97350b7fbef4c3285e2bb8ec3"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path / "keys", create=True)


def numbered(algorithm: int) -> SealingKey:
    return SealingKey(bytes(range(48)), algorithm=algorithm)


@pytest.mark.parametrize("algorithm", [1, 2])
@given(plaintext=st.binary(max_size=400), aad=st.binary(max_size=60))
def test_what_was_sealed_is_opened_as_it_was(algorithm: int, plaintext: bytes, aad: bytes) -> None:
    blob = sealing.seal(numbered(algorithm), plaintext, aad)
    assert blob[0] == algorithm
    assert sealing.open_sealed(numbered(algorithm), blob, aad) == plaintext


def test_sm4_gcm_is_the_one_of_rfc_8998() -> None:
    """Appendix A.1 of the RFC, as a blob of ours."""
    key = SealingKey(bytes(32) + bytes.fromhex("0123456789abcdeffedcba9876543210"), algorithm=1)
    nonce = bytes.fromhex("00001234567800000000abcd")
    ciphertext = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    tag = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plaintext = bytes.fromhex("aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8)
    assert sealing.open_sealed(key, b"\x02" + nonce + ciphertext + tag, aad) == plaintext


def test_aes_256_gcm_is_the_one_of_the_gcm_specification() -> None:
    """Test case 14 of McGrew and Viega's specification: a zero key, nonce and block."""
    blob = b"\x01" + bytes(12) + bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    assert sealing.open_sealed(SealingKey(bytes(48), algorithm=2), blob, b"") == bytes(16)


REPEATED = b"130300" * 400


@pytest.mark.parametrize("algorithm", [1, 2])
def test_what_says_the_same_again_and_again_is_packed_before_it_is_sealed(algorithm: int) -> None:
    blob = sealing.seal(numbered(algorithm), REPEATED, b"place")
    assert blob[0] == 0x10 | algorithm
    assert len(blob) < len(REPEATED) / 10
    assert sealing.open_sealed(numbered(algorithm), blob, b"place") == REPEATED


def test_what_cannot_be_packed_is_sealed_as_it_is() -> None:
    for plaintext in (bytes(range(256)) * 2, secrets.token_bytes(5000), b"0" * (2**20 + 1)):
        blob = sealing.seal(numbered(1), plaintext, b"place")
        assert (blob[0], len(blob)) == (1, len(plaintext) + 29)


@pytest.mark.parametrize("plaintext", [b"130300", REPEATED], ids=["as it is", "packed"])
@pytest.mark.parametrize("algorithm", [1, 2])
def test_a_blob_with_any_bit_turned_does_not_open(algorithm: int, plaintext: bytes) -> None:
    key, aad = numbered(algorithm), b"place"
    blob = sealing.seal(key, plaintext, aad)
    for at in range(len(blob)):
        for bit in range(8):
            turned = bytearray(blob)
            turned[at] ^= 1 << bit
            with pytest.raises(SealBroken):
                sealing.open_sealed(key, bytes(turned), aad)


@pytest.mark.parametrize("algorithm", [1, 2])
def test_a_blob_cut_short_does_not_open(algorithm: int) -> None:
    blob = sealing.seal(numbered(algorithm), b"130300", b"")
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            sealing.open_sealed(numbered(algorithm), blob[:length], b"")


def test_a_blob_opens_only_as_the_field_of_the_learner_it_was_sealed_for() -> None:
    key = numbered(1)
    blob = sealing.seal(key, b"secret", sealing.field_of(LEARNER, "name"))
    for place in (sealing.field_of(OTHER, "name"), sealing.field_of(LEARNER, "number"), b""):
        with pytest.raises(SealBroken):
            sealing.open_sealed(key, blob, place)


def test_sealing_the_same_twice_gives_two_blobs() -> None:
    assert len({sealing.seal(numbered(1), b"same", b"") for _ in range(100)}) == 100


def test_the_cipher_may_change_and_old_blobs_still_open(tmp_path: Path) -> None:
    before = Keyring.open(tmp_path, create=True, cipher="aes-256-gcm")
    key, wrapped = sealing.new_learner_key(before, LEARNER)
    old = sealing.seal(key, b"old", b"")
    after = Keyring.open(tmp_path, cipher="sm4-gcm")
    again = sealing.unwrap(after, LEARNER, wrapped)
    new = sealing.seal(again, b"new", b"")
    assert (old[0], new[0]) == (1, 2)
    assert sealing.open_sealed(again, old, b"") == b"old"
    assert sealing.open_sealed(sealing.unwrap(before, LEARNER, wrapped), new, b"") == b"new"


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_wrapped_key_opens_for_its_own_learner_only(tmp_path: Path, cipher: sealing.CipherName) -> None:
    keyring = Keyring.open(tmp_path, create=True, cipher=cipher)
    key, wrapped = sealing.new_learner_key(keyring, LEARNER)
    blob = sealing.seal(key, b"secret", b"")
    assert sealing.open_sealed(sealing.unwrap(keyring, LEARNER, wrapped), blob, b"") == b"secret"
    with pytest.raises(SealBroken):
        sealing.unwrap(keyring, OTHER, wrapped)


def test_without_the_wrapped_key_the_whole_keyring_does_not_open_a_learners_data(keyring: Keyring) -> None:
    """The wrapped form is the only copy: nothing in the keyring or in the learner's id leads to the key again."""
    key, wrapped = sealing.new_learner_key(keyring, LEARNER)
    blob = sealing.seal(key, b"secret", b"")
    del key, wrapped
    made_again, _ = sealing.new_learner_key(keyring, LEARNER)
    for any_key in (made_again, keyring.wrapping()[1], keyring.bank()[1]):
        with pytest.raises(SealBroken):
            sealing.open_sealed(any_key, blob, b"")


def test_after_a_rotation_new_keys_seal_and_old_blobs_open(keyring: Keyring) -> None:
    key, wrapped = sealing.new_learner_key(keyring, LEARNER)
    blob = sealing.seal(key, b"secret", b"")
    held = sealing.seal_for_bank(keyring, b"row", b"held_row")
    sealing.rotate(keyring.directory)
    rotated = Keyring.open(keyring.directory)
    assert (rotated.wrapping()[0], rotated.bank()[0]) == (2, 2)
    assert sealing.open_for_bank(rotated, held, b"held_row") == b"row"
    moved = sealing.rewrap(rotated, LEARNER, wrapped)
    assert moved is not None
    assert sealing.rewrap(rotated, LEARNER, moved) is None
    for form in (wrapped, moved):
        assert sealing.open_sealed(sealing.unwrap(rotated, LEARNER, form), blob, b"") == b"secret"


def test_a_process_that_ran_through_a_rotation_reads_what_others_seal_with_the_new_keys(keyring: Keyring) -> None:
    sealing.rotate(keyring.directory)
    blob = sealing.seal_for_bank(Keyring.open(keyring.directory), b"row", b"")
    assert sealing.open_for_bank(keyring, blob, b"") == b"row"


def test_a_rotation_moves_no_index(keyring: Keyring) -> None:
    before = sealing.blind_index(keyring, "name", "张三丰")
    sealing.rotate(keyring.directory)
    assert sealing.blind_index(Keyring.open(keyring.directory), "name", "张三丰") == before


def test_the_banks_blobs_open_only_for_what_they_were_sealed_as(keyring: Keyring) -> None:
    blob = sealing.seal_for_bank(keyring, b"row", b"held_row/1")
    with pytest.raises(SealBroken):
        sealing.open_for_bank(keyring, blob, b"held_row/2")
    with pytest.raises(SealBroken):
        sealing.open_for_bank(keyring, blob[:1] + (9).to_bytes(2) + blob[3:], b"held_row/1")


def test_a_new_keyring_is_its_owners_alone(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "keys"
    Keyring.open(directory, create=True)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in directory.iterdir()] == [(sealing.FILE, 0o600)]


def test_a_keyring_is_made_once_and_then_read(tmp_path: Path) -> None:
    first = Keyring.open(tmp_path, create=True)
    second = Keyring.open(tmp_path, create=True)
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != Keyring.open(tmp_path / "other", create=True).fingerprint


def test_processes_that_start_at_once_share_one_keyring(tmp_path: Path) -> None:
    found: list[str] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        found.append(Keyring.open(tmp_path / "keys", create=True).fingerprint)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_without_keys_nothing_opens(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable):
        Keyring.open(tmp_path)


@pytest.mark.parametrize("mode", [0o602, 0o604, 0o620, 0o666])
def test_a_keyring_that_others_can_read_or_change_is_not_used(keyring: Keyring, mode: int) -> None:
    (keyring.directory / sealing.FILE).chmod(mode)
    with pytest.raises(KeyringUnusable):
        Keyring.open(keyring.directory)


@pytest.mark.parametrize("missing", ["wrapping", "bank", "index"])
def test_a_keyring_that_lacks_a_key_is_not_used_and_not_replaced(keyring: Keyring, missing: str) -> None:
    path = keyring.directory / sealing.FILE
    stored = json.loads(path.read_text())
    stored[missing] = {}
    path.write_text(json.dumps(stored))
    with pytest.raises(KeyringUnusable):
        Keyring.open(keyring.directory, create=True)
    assert json.loads(path.read_text()) == stored


@pytest.mark.parametrize("content", ["", "[]", "{", '{"wrapping": {"1": "00"}, "bank": {}, "index": {}}'])
def test_a_file_that_is_no_keyring_is_not_used(keyring: Keyring, content: str) -> None:
    (keyring.directory / sealing.FILE).write_text(content)
    with pytest.raises(KeyringUnusable):
        Keyring.open(keyring.directory, create=True)


def test_keys_do_not_show_in_a_traceback(keyring: Keyring) -> None:
    stored = json.loads((keyring.directory / sealing.FILE).read_text())
    said = repr(keyring) + repr(keyring.bank())
    assert not any(part in said for part in (stored["index"]["key"], stored["bank"]["1"]))


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_an_index_finds_the_same_value_and_differs_by_purpose_and_keyring(
    tmp_path: Path, digest: sealing.DigestName
) -> None:
    keyring = Keyring.open(tmp_path / "one", create=True, digest=digest)
    stranger = Keyring.open(tmp_path / "two", create=True, digest=digest)
    index = sealing.blind_index(keyring, "document", "139900200001011234")
    assert len(index) == 32
    assert index == sealing.blind_index(Keyring.open(tmp_path / "one"), "document", "139900200001011234")
    others = {
        sealing.blind_index(keyring, "certificate", "139900200001011234"),
        sealing.blind_index(keyring, "document", "139900200001011235"),
        sealing.blind_index(stranger, "document", "139900200001011234"),
    }
    assert len(others) == 3
    assert index not in others


def test_a_keyring_keeps_its_index_algorithm_when_the_setting_changes(tmp_path: Path) -> None:
    made = Keyring.open(tmp_path, create=True, digest="sha256")
    later = Keyring.open(tmp_path, create=True, digest="sm3")
    assert sealing.blind_index(made, "name", "x") == sealing.blind_index(later, "name", "x")


def test_purpose_and_text_do_not_run_into_each_other(keyring: Keyring) -> None:
    assert sealing.blind_index(keyring, "ab", "c") != sealing.blind_index(keyring, "a", "bc")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(value=VALUES)
def test_a_value_has_one_canonical_text_whatever_the_order_of_its_keys(value: object) -> None:
    text = sealing.canonical(value)
    assert json.loads(text) == value
    assert sealing.canonical(_turned_round(value)) == text


def _turned_round(value: object) -> object:
    if isinstance(value, dict):
        return {key: _turned_round(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [_turned_round(item) for item in value]
    return value


def test_the_canonical_text_is_written_like_this() -> None:
    value = {"b": [1, True, None], "a": "汉字", "é": {}, "Z": []}
    assert sealing.canonical(value) == '{"Z":[],"a":"汉字","b":[1,true,null],"é":{}}'.encode()


class Verdict(StrEnum):
    GRANTED = "granted"


def test_a_named_value_is_written_as_its_text() -> None:
    assert sealing.canonical({"verdict": Verdict.GRANTED}) == b'{"verdict":"granted"}'


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        {"a": [1.0]},
        (1, 2),
        {"a": (1,)},
        b"x",
        {1: "a"},
        LEARNER,
        {"a": LEARNER},
        2**53,
        "\ud800",
        {1},
    ],
)
def test_what_has_no_one_form_has_no_canonical_text(value: object) -> None:
    with pytest.raises(TypeError):
        sealing.canonical(value)


def test_a_digest_is_that_of_salt_and_text_so_that_anybody_can_compute_it() -> None:
    """`printf '0123456789abcdef{"a":1}' | openssl dgst -sha256` and `-sm3`."""
    salt = b"0123456789abcdef"
    assert sealing.salted_digest(salt, {"a": 1}, "sha256").hex() == SHA256
    assert sealing.salted_digest(salt, {"a": 1}, "sm3").hex() == SM3


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_digest_holds_for_its_value_and_salt_only(algorithm: sealing.DigestName) -> None:
    salt = sealing.new_salt()
    digest = sealing.salted_digest(salt, {"credits": 250}, algorithm)
    assert len(digest) == 33
    assert sealing.digest_holds(digest, salt, {"credits": 250})
    assert not sealing.digest_holds(digest, salt, {"credits": 251})
    assert not sealing.digest_holds(digest, sealing.new_salt(), {"credits": 250})
    assert not sealing.digest_holds(b"\x03" + digest[1:], salt, {"credits": 250})
    assert not sealing.digest_holds(b"", salt, {"credits": 250})


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_of_another_length_is_refused_because_it_could_run_into_the_text(length: int) -> None:
    with pytest.raises(ValueError, match="16"):
        sealing.salted_digest(b"s" * length, {})
