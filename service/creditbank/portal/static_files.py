"""The few files that pages are dressed in: read once, named by their content, kept by browsers for a year."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from fastapi import Request, Response

from creditbank.errors import NotFound
from creditbank.portal.compressing import WORTH_IT, packed_file, takes_gzip

_KINDS: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "js": "text/javascript; charset=utf-8",
}
PATH = "/static"


@dataclass(frozen=True)
class _File:
    body: bytes
    kind: str
    digest: str
    packed: bytes | None


def _read() -> dict[str, _File]:
    folder = files("creditbank.portal") / "static"
    found = {}
    for entry in folder.iterdir():
        kind = _KINDS.get(entry.name.rpartition(".")[2])
        if kind is not None:
            body = entry.read_bytes()
            packed = packed_file(body) if len(body) >= WORTH_IT else None
            found[entry.name] = _File(body, kind, hashlib.sha256(body).hexdigest()[:12], packed)
    return found


_FILES = _read()


def address_of(name: str) -> str:
    """Where a file is; another content has another address."""
    return f"{PATH}/{name}?{_FILES[name].digest}"


async def static_file(name: str, request: Request) -> Response:
    """A file by its name. Raises NotFound."""
    found = _FILES.get(name)
    if found is None:
        raise NotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if found.packed is not None and takes_gzip(request.headers):
        # Another sequence of bytes, so another strong tag (RFC 9110 §8.8.3.3).
        headers |= {"Content-Encoding": "gzip", "ETag": f'"{found.digest}-gz"'}
        return Response(found.packed, media_type=found.kind, headers=headers)
    return Response(found.body, media_type=found.kind, headers={**headers, "ETag": f'"{found.digest}"'})
