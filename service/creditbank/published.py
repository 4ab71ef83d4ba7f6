"""The published contracts under `schemas/`: made from the code, compared in CI, never imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from creditbank.app import create_app
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.records.schemas import ROW
from creditbank.rules import rule_document_schema
from creditbank.sealing import Keyring
from creditbank.transcripts.routes import TranscriptOut

_NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


def contracts(keyring: Keyring, settings: Settings) -> dict[str, Any]:
    """Each published file with its content. No database is asked."""
    database = Database(_NOWHERE, connections=2)
    openapi = create_app(database, settings, keyring).openapi()
    return {
        "openapi.json": openapi,
        "record-row.schema.json": _schema("record-row", ROW.json_schema()),
        "transcript.schema.json": _schema("transcript", TranscriptOut.model_json_schema(mode="serialization")),
        "rule-document.schema.json": rule_document_schema(),
    }


def _schema(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{name}.schema.json", **body}


def text_of(content: Any) -> str:
    """How a contract is written down: sorted, indented, readable in a difference."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def drift(folder: Path, found: dict[str, Any]) -> list[str]:
    """Names of published files that say something else than the code."""
    return [
        name
        for name, content in found.items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text_of(content)
    ]


def write(folder: Path, found: dict[str, Any]) -> None:
    """Write the contracts down."""
    for name, content in found.items():
        (folder / name).write_text(text_of(content), encoding="utf-8")
