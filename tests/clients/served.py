"""A bank that answers on a port of this machine, for tests that come as strangers' programs do."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from creditbank import running
from creditbank.config import Settings
from creditbank.database_roles import Addresses

PATIENCE = 30.0


@dataclass
class Served:
    """Where the bank answers, and what it was opened with."""

    base_url: str
    settings: Settings
    database_url: str
    server: list[uvicorn.Server] = field(default_factory=list)


@contextmanager
def served(addresses: Addresses, folder: Path) -> Iterator[Served]:
    """A bank with its background work on a port nobody has, in a thread of its own; ended with the block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(database_url=addresses.app, data_dir=folder, keys_dir=folder / "keys", base_url=base_url)
        bank = Served(base_url, settings, addresses.app)
        thread = threading.Thread(target=asyncio.run, args=(_serve(bank, listening),), daemon=True)
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not (bank.server and bank.server[0].started):
            assert thread.is_alive(), "the bank ended before it answered"
            assert time.monotonic() < deadline, "the bank did not answer in time"
            time.sleep(0.01)
        try:
            yield bank
        finally:
            bank.server[0].should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the bank did not end"


async def _serve(bank: Served, listening: socket.socket) -> None:
    app = await running.make_app(running.Opened(bank.settings, bank.database_url))
    stop = asyncio.Event()
    work = asyncio.create_task(running.work_of(app, stop))
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    bank.server.append(uvicorn.Server(config))
    try:
        await bank.server[0].serve(sockets=[listening])
    finally:
        stop.set()
        await work
        await app.state.database.close()
