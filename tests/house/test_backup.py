"""A backup comes back as it was, its keys apart from its data, and whoever was erased stays erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from creditbank import backup as backups
from creditbank.backup import backup, restore
from creditbank.database_roles import Addresses, connect
from creditbank.erasures import Erasure, ErasureListUnreadable, note_erasures, read_erasures
from creditbank.identifiers import new_id
from creditbank.sealing import Keyring, KeyringUnusable, field_of, new_learner_key, open_sealed, seal, unwrap

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


class Bank:
    """Two learners with sealed names in a database, and the keys of that bank."""

    def __init__(self, addresses: Addresses, place: Path) -> None:
        self.addresses = addresses
        self.place = place
        self.keys_dir = place / "keys"
        self.keyring = Keyring.open(self.keys_dir, create=True)
        self.anna, self.bao = new_id(), new_id()
        with connect(addresses.app) as app:
            for learner, account, name in ((self.anna, "1", "安娜"), (self.bao, "2", "宝玉")):
                key, wrapped = new_learner_key(self.keyring, learner)
                sealed = seal(key, name.encode(), field_of(learner, "name"))
                app.execute("INSERT INTO learner VALUES (%s, %s, %s)", (learner, account, AT))
                app.execute("INSERT INTO learner_key VALUES (%s, %s)", (learner, wrapped))
                app.execute(
                    "INSERT INTO learner_name (learner_id, name_id, name_sealed, name_index, given_at)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    (learner, new_id(), sealed, account.encode(), AT),
                )

    def back_up(self, name: str = "monday") -> tuple[Path, Path]:
        data, keys = self.place / "data" / name, self.place / "vault" / name
        backup(owner_url=self.addresses.owner, keys_dir=self.keys_dir, data_target=data, keys_target=keys, made_at=AT)
        return data, keys

    def erase(self, learner: UUID) -> None:
        note_erasures(self.keys_dir, [Erasure(learner_id=learner, erased_at=LATER)])
        with connect(self.addresses.app) as app:
            app.execute("DELETE FROM learner_key WHERE learner_id = %s", (learner,))


def names_in(addresses: Addresses, keys_dir: Path) -> set[str]:
    keyring = Keyring.open(keys_dir)
    with connect(addresses.app) as app:
        found = app.execute(
            "SELECT k.learner_id, wrapped, name_sealed FROM learner_key k JOIN learner_name USING (learner_id)"
        )
        return {
            open_sealed(unwrap(keyring, learner, wrapped), sealed, field_of(learner, "name")).decode()
            for learner, wrapped, sealed in found
        }


def everything_in(address: str) -> dict[str, list[str]]:
    with connect(address) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table: [row for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')]
            for (table,) in tables
        }


def drop_everything_in(address: str) -> None:
    with connect(address) as connection:
        for table in everything_in(address):
            connection.execute(f'DROP TABLE IF EXISTS "{table}" CASCADE')


@pytest.fixture
def bank(addresses: Addresses, tmp_path: Path) -> Bank:
    return Bank(addresses, tmp_path)


def test_a_restored_bank_has_every_row_and_reads_its_sealed_fields(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    done = restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    before = everything_in(bank.addresses.owner)
    assert everything_in(empty_database.owner) == before
    assert len(before["learner"]) == 2
    assert (done.tables, done.rows) == (len(before), sum(map(len, before.values())))
    assert names_in(empty_database, bank.keys_dir) == {"安娜", "宝玉"}


def test_in_a_restored_bank_the_application_may_do_what_it_might_before(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    rights = """
        SELECT table_name, privilege_type FROM information_schema.role_table_grants
        WHERE grantee = 'creditbank_app' ORDER BY 1, 2
    """
    with connect(bank.addresses.app) as old, connect(empty_database.app) as new:
        assert new.execute(rights).fetchall() == old.execute(rights).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            new.execute("DELETE FROM posting")


def test_a_restore_says_from_which_change_on_the_feed_is_to_be_read_again(
    bank: Bank, empty_database: Addresses
) -> None:
    with connect(bank.addresses.app) as app:
        for number in (1, 2, 3):
            app.execute(
                "INSERT INTO feed_item (number, numbered_at, change_id, learner_id, institution_id, record_id, version,"
                " act, summary) VALUES (%s, %s, %s, %s, %s, %s, 1, 'reported', '{}')",
                (number, AT, new_id(), bank.anna, new_id(), new_id()),
            )
    data, _ = bank.back_up()
    assert restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data).last_change == 3


def test_who_was_erased_after_the_backup_stays_erased_in_a_restore_of_it(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    bank.erase(bank.anna)
    done = restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    assert done.erased_again == 1
    assert names_in(empty_database, bank.keys_dir) == {"宝玉"}


def test_who_was_erased_before_the_backup_stays_erased_though_the_keys_are_older(
    bank: Bank, empty_database: Addresses, tmp_path: Path
) -> None:
    old_data, old_keys = bank.back_up("monday")
    bank.erase(bank.anna)
    new_data, _ = bank.back_up("tuesday")
    lost = tmp_path / "new machine" / "keys"
    done = restore(owner_url=empty_database.owner, keys_dir=lost, data_source=new_data, keys_source=old_keys)
    assert done.erased_again == 0
    assert names_in(empty_database, lost) == {"宝玉"}
    assert {one.learner_id for one in read_erasures(lost / "erasures.log")} == {bank.anna}
    drop_everything_in(empty_database.owner)
    again = restore(owner_url=empty_database.owner, keys_dir=lost, data_source=old_data)
    assert again.erased_again == 1, "the list that came with the later data counts for the earlier ones"
    assert names_in(empty_database, lost) == {"宝玉"}


def test_a_lost_machine_comes_back_from_the_two_backups(bank: Bank, empty_database: Addresses, tmp_path: Path) -> None:
    (bank.keys_dir / "token.pem").write_text("secret", "ascii")
    data, keys = bank.back_up()
    new = tmp_path / "new machine" / "keys"
    restore(owner_url=empty_database.owner, keys_dir=new, data_source=data, keys_source=keys)
    assert names_in(empty_database, new) == {"安娜", "宝玉"}
    assert {file.name: file.stat().st_mode & 0o777 for file in new.iterdir()}["token.pem"] == 0o600


def test_a_backup_of_data_holds_no_key_and_both_are_for_their_owner_only(bank: Bank) -> None:
    (bank.keys_dir / "token.pem").write_text("secret", "ascii")
    data, keys = bank.back_up()
    assert {file.name for file in data.iterdir()} == {"bank.dump", "erasures.log", "manifest.json"}
    assert {"sealing.json", "token.pem", "erasures.log"} <= {file.name for file in keys.iterdir()}
    for file in (data, keys, *data.iterdir(), *keys.iterdir()):
        assert file.stat().st_mode & 0o077 == 0


def test_the_manifest_says_what_the_backup_holds(bank: Bank) -> None:
    data, _ = bank.back_up()
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    assert manifest["made_at"] == AT.isoformat()
    assert manifest["tables"]["public.learner"]["rows"] == 2
    assert manifest["revisions"]
    assert manifest["keyring"] == bank.keyring.fingerprint


def test_keys_are_not_put_beside_the_data(bank: Bank) -> None:
    for keys in (bank.place / "both", bank.place / "both" / "keys"):
        with pytest.raises(backups.KeysBesideData):
            backup(
                owner_url=bank.addresses.owner,
                keys_dir=bank.keys_dir,
                data_target=bank.place / "both",
                keys_target=keys,
                made_at=AT,
            )


def test_a_backup_overwrites_nothing_and_a_failed_one_leaves_nothing(bank: Bank, server_addresses: Addresses) -> None:
    data, keys = bank.back_up()
    with pytest.raises(backups.BackupPlaceTaken):
        bank.back_up()
    missing = server_addresses.of_database("no_such_database")
    with pytest.raises(psycopg.OperationalError):
        backup(
            owner_url=missing.owner,
            keys_dir=bank.keys_dir,
            data_target=data.with_name("failed"),
            keys_target=keys.with_name("failed"),
            made_at=AT,
        )
    assert [place.name for place in (*data.parent.iterdir(), *keys.parent.iterdir())] == ["monday", "monday"]


def test_a_backup_is_one_moment_while_others_write(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = backups._dump

    def write_meanwhile(*given: object, **named: object) -> None:
        with connect(bank.addresses.app) as app:
            app.execute("INSERT INTO learner VALUES (%s, '3', %s)", (new_id(), AT))
        dump(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "_dump", write_meanwhile)
    data, _ = bank.back_up()
    drop_everything_in(bank.addresses.owner)
    restore(owner_url=bank.addresses.owner, keys_dir=bank.keys_dir, data_source=data)
    assert len(everything_in(bank.addresses.owner)["learner"]) == 2


def test_a_database_with_a_table_is_not_restored_into(bank: Bank, addresses: Addresses) -> None:
    data, _ = bank.back_up()
    with pytest.raises(backups.DatabaseNotEmpty) as refused:
        restore(owner_url=addresses.owner, keys_dir=bank.keys_dir, data_source=data)
    assert "不是空的" in refused.value.sentence("zh")


@pytest.mark.parametrize("name", ["bank.dump", "erasures.log"])
def test_a_damaged_backup_is_not_restored(bank: Bank, empty_database: Addresses, name: str) -> None:
    data, _ = bank.back_up()
    with (data / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(backups.BackupDamaged, match=name):
        restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    assert everything_in(empty_database.owner) == {}


def test_a_restore_that_differs_from_the_manifest_keeps_the_service_out(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    manifest["tables"]["public.learner_name"]["digest"] = "0"
    (data / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(backups.RestoreDiffers, match="learner_name"):
        restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        connect(empty_database.app)


def test_without_the_list_of_erasures_nothing_is_restored(
    bank: Bank, empty_database: Addresses, tmp_path: Path
) -> None:
    data, _ = bank.back_up()
    with pytest.raises(backups.KeysMissing):
        restore(owner_url=empty_database.owner, keys_dir=tmp_path / "nothing", data_source=data)
    assert everything_in(empty_database.owner) == {}


def test_the_keys_of_another_bank_are_refused(bank: Bank, empty_database: Addresses, tmp_path: Path) -> None:
    data, _ = bank.back_up()
    Keyring.open(tmp_path / "other", create=True)
    note_erasures(tmp_path / "other", [])
    with pytest.raises(backups.KeysOfAnotherBank):
        restore(owner_url=empty_database.owner, keys_dir=tmp_path / "other", data_source=data)
    assert everything_in(empty_database.owner) == {}


def test_only_the_owner_of_a_database_restores_into_it(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    with connect(empty_database.superuser) as superuser:
        superuser.execute(f'ALTER DATABASE "{superuser.info.dbname}" OWNER TO postgres')
        superuser.execute(f'GRANT CONNECT ON DATABASE "{superuser.info.dbname}" TO creditbank_owner')
    with pytest.raises(backups.NotTheOwner):
        restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)


def test_keys_that_others_can_read_are_not_backed_up_in_silence(bank: Bank) -> None:
    (bank.keys_dir / "sealing.json").chmod(0o644)
    data, keys = bank.place / "data" / "open", bank.place / "vault" / "open"
    with pytest.raises(KeyringUnusable):
        backup(owner_url=bank.addresses.owner, keys_dir=bank.keys_dir, data_target=data, keys_target=keys, made_at=AT)


def test_a_torn_line_in_the_list_of_erasures_stops_a_restore(bank: Bank, empty_database: Addresses) -> None:
    data, _ = bank.back_up()
    with (bank.keys_dir / "erasures.log").open("a") as log:
        log.write(str(bank.anna)[:20])
    note_erasures(bank.keys_dir, [Erasure(learner_id=bank.bao, erased_at=LATER)])
    with pytest.raises(ErasureListUnreadable, match="Line 1"):
        restore(owner_url=empty_database.owner, keys_dir=bank.keys_dir, data_source=data)
    lines = (bank.keys_dir / "erasures.log").read_text().splitlines()
    assert lines[1] == f"{bank.bao} {LATER.isoformat()}", "the torn line swallowed nobody"
