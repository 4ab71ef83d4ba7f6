"""Starting a bank: its processes start together, on a database that none of them has seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from creditbank.config import Settings
from creditbank.database_roles import Addresses
from creditbank.running import Opened, make_app


async def test_a_service_and_its_workers_may_start_together_on_a_new_database(
    addresses: Addresses, tmp_path: Path
) -> None:
    bank = Opened(Settings(database_url=addresses.app, keys_dir=tmp_path / "keys"), addresses.app)
    apps = await asyncio.gather(*(make_app(bank) for _ in range(4)))
    versions = {len(app.state.rules.book.versions()) for app in apps}
    for app in apps:
        app.state.passwords.close()
        await app.state.database.close()
    assert len(versions) == 1
    assert versions.pop() > 5
