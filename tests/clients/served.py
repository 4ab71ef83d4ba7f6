"""A bank that answers on a port of this machine, for tests that come as strangers' programs do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from creditbank import running
from creditbank.config import Settings
from creditbank.database_roles import Addresses

PATIENCE = 30.0


@dataclass(frozen=True)
class Served:
    """Where the bank answers, and what it was opened with."""

    base_url: str
    settings: Settings
    database_url: str
    app: FastAPI


@contextmanager
def served(addresses: Addresses, folder: Path) -> Iterator[Served]:
    """A bank on a port nobody has, in a thread with an event loop of its own; ended with the block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(
            database_url=addresses.app, data_dir=folder, keys_dir=folder / "keys", base_url=base_url
        )
        made: list[FastAPI] = []
        server: list[uvicorn.Server] = []
        thread = threading.Thread(target=_serve, args=(settings, addresses, listening, made, server), daemon=True)
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not (server and server[0].started):
            assert thread.is_alive(), "the bank ended before it answered"
            assert time.monotonic() < deadline, "the bank did not answer in time"
            time.sleep(0.01)
        try:
            yield Served(base_url, settings, addresses.app, made[0])
        finally:
            server[0].should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the bank did not end"


def _serve(
    settings: Settings, addresses: Addresses, listening: socket.socket, made: list[FastAPI], server: list[uvicorn.Server]
) -> None:
    import asyncio

    async def run() -> None:
        app = await running.make_app(running.Opened(settings, addresses.app))
        made.append(app)
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        server.append(uvicorn.Server(config))
        try:
            await server[0].serve(sockets=[listening])
        finally:
            await app.state.database.close()

    asyncio.run(run())
