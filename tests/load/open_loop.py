"""Requests that come at their own pace, whether or not the ones before were answered; prints what each took."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _answered(connection: Connection, request: bytes, expected: bytes) -> None:
    reader, writer = connection
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(expected):
        raise SystemExit(f"unexpected answer: {head[:200]!r} {body[:2000]!r}")


async def _main(port: int, requests: list[tuple[str, bytes]], rate: float) -> list[float]:
    """Seconds from when each request was due until it was answered; a free connection is taken, or another opened."""
    free: list[Connection] = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
    took = [0.0] * len(requests)

    async def one(place: int, due: float) -> None:
        status, request = requests[place]
        connection = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
        await _answered(connection, request, f"HTTP/1.1 {status}".encode())
        took[place] = time.perf_counter() - due
        free.append(connection)

    began, waiting = time.perf_counter(), []
    for place in range(len(requests)):
        due = began + place / rate
        # The loop's own clock wakes up to a millisecond late, which is no time of the service: the rest is spun away.
        await asyncio.sleep(max(0.0, due - time.perf_counter() - 0.002))
        while time.perf_counter() < due:
            await asyncio.sleep(0)
        waiting.append(asyncio.create_task(one(place, due)))
    await asyncio.gather(*waiting)
    for _, writer in free:
        writer.close()
    return took


if __name__ == "__main__":
    said = json.loads(sys.argv[1])
    lines = (line.split() for line in Path(said["file"]).read_text().splitlines())
    requests = [(status, bytes.fromhex(request)) for status, request in lines]
    print(json.dumps(asyncio.run(_main(said["port"], requests, said["rate"]))))
