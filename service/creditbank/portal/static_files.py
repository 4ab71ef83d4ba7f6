"""The few files that pages are dressed in: read once, named by their content, kept by browsers for a year."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from fastapi import Response

from creditbank.errors import NotFound

_KINDS: Mapping[str, str] = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
PATH = "/static"


@dataclass(frozen=True)
class _File:
    body: bytes
    kind: str
    digest: str


def _read() -> dict[str, _File]:
    folder = files("creditbank.portal") / "static"
    found = {}
    for entry in folder.iterdir():
        kind = _KINDS.get(entry.name.rpartition(".")[2])
        if kind is not None:
            body = entry.read_bytes()
            found[entry.name] = _File(body, kind, hashlib.sha256(body).hexdigest()[:12])
    return found


_FILES = _read()


def address_of(name: str) -> str:
    """Where a file is; another content has another address."""
    return f"{PATH}/{name}?{_FILES[name].digest}"


async def static_file(name: str) -> Response:
    """A file by its name. Raises NotFound."""
    found = _FILES.get(name)
    if found is None:
        raise NotFound
    return Response(
        found.body,
        media_type=found.kind,
        headers={"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{found.digest}"'},
    )
