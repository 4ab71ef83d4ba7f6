"""A load generator in a process of its own: keeps some connections busy for a while and counts the answers."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path


async def _one(port: int, requests: Iterator[bytes], until: float, expected: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while time.perf_counter() < until:
        request = next(requests, None)
        if request is None:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(expected):
            raise SystemExit(f"unexpected answer: {head[:200]!r} {(await reader.read(2000))!r}")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        answered += 1
    writer.close()
    return answered


async def _main(port: int, file: Path, seconds: float, connections: int, status: str, *, once: bool) -> float:
    """Requests answered in a second; what is read may be read over again, what is written is written once."""
    requests = [bytes.fromhex(line) for line in file.read_text().split()]

    def forever() -> Iterator[bytes]:
        while True:
            yield from requests

    source = forever() if requests[0].startswith(b"GET") and not once else iter(requests)
    began = time.perf_counter()
    counts = await asyncio.gather(
        *(_one(port, source, began + seconds, f"HTTP/1.1 {status}".encode()) for _ in range(connections))
    )
    return sum(counts) / (time.perf_counter() - began)


if __name__ == "__main__":
    said = json.loads(sys.argv[1])
    print(
        asyncio.run(
            _main(
                said["port"],
                Path(said["file"]),
                said["seconds"],
                said["connections"],
                said["status"],
                once=said["once"],
            )
        )
    )
