"""Answers made smaller for the phone that asked, in a way that their length tells a listener nothing."""

from __future__ import annotations

import gzip
import secrets
import zlib

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

WORTH_IT = 1024
"""Below so many bytes it is not worth the while."""
MOST_PADDING = 96
_HEAD_WITH_NAME = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"


def takes_gzip(headers: Headers) -> bool:
    """Whether whoever asks can read gzip (RFC 9110 §12.5.3); a weight of nought says no."""
    for part in headers.get("accept-encoding", "").split(","):
        coding, _, weight = part.strip().lower().partition(";")
        if coding in ("gzip", "*"):
            return weight.replace(" ", "").removeprefix("q=") not in ("0", "0.0", "0.00", "0.000")
    return False


def padded_gzip(body: bytes) -> bytes:
    """A page as gzip, longer by a random length: the field for a file's name holds so many letters.

    BREACH reads a secret from small differences in length between pages that repeat what the attacker chose. Those
    differences are of a byte or two and drown in this one (the way of Heal-the-BREACH, and of Django).
    """
    name = b"a" * secrets.randbelow(MOST_PADDING + 1) + b"\x00"
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(body) + packer.flush()
    tail = zlib.crc32(body).to_bytes(4, "little") + (len(body) & 0xFFFFFFFF).to_bytes(4, "little")
    return _HEAD_WITH_NAME + name + packed + tail


def packed_file(body: bytes) -> bytes:
    """A file that is the same for everybody, as small as gzip makes it."""
    return gzip.compress(body, 9, mtime=0)


class PackedOnTheWay(Response):
    """An answer that is packed as it leaves, for whoever can unpack it; until then its body is as it was written."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if len(self.body) >= WORTH_IT and takes_gzip(Headers(scope=scope)):
            self.body = padded_gzip(bytes(self.body))
            self.headers["Content-Encoding"] = "gzip"
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)
