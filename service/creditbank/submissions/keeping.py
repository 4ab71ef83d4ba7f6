"""What is kept of a file, under a key of its own: its parts, its lines in chunks, its layout, its rows' problems."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

import orjson

from creditbank.sealing import Keyring, SealingKey, field_of, new_learner_key, open_sealed, seal, unwrap
from creditbank.submissions.cells import Line, line_from_json, line_to_json
from creditbank.submissions.refusals import ContentErased
from creditbank.submissions.tables import SubmissionFile

LINES = 1000
"""Lines of a chunk: what is posted in one transaction."""

Field = Literal["file_name", "sheets", "layout"]


def new_key(keyring: Keyring, submission_id: UUID) -> tuple[SealingKey, bytes]:
    """A key for one submission, and the same key wrapped, as a learner's own is."""
    return new_learner_key(keyring, submission_id)


def key_of(keyring: Keyring, submission_id: UUID, wrapped: bytes | None) -> SealingKey:
    """The key of a submission. Raises ContentErased past the retention date."""
    if wrapped is None:
        raise ContentErased
    return unwrap(keyring, submission_id, wrapped)


def seal_part(key: SealingKey, submission_id: UUID, part_no: int, content: bytes) -> bytes:
    """A part as it is kept."""
    return seal(key, content, field_of(submission_id, f"part/{part_no}"))


def open_part(key: SealingKey, submission_id: UUID, part_no: int, sealed: bytes) -> bytes:
    """A part as it came."""
    return open_sealed(key, sealed, field_of(submission_id, f"part/{part_no}"))


def seal_lines(key: SealingKey, submission_id: UUID, chunk_no: int, lines: Iterable[Line]) -> bytes:
    """A chunk of lines, compressed and sealed. Compressing first tells an onlooker its size and nothing more."""
    packed = zlib.compress(orjson.dumps([line_to_json(line) for line in lines]), level=1)
    return seal(key, packed, field_of(submission_id, f"lines/{chunk_no}"))


def open_lines(key: SealingKey, submission_id: UUID, chunk_no: int, sealed: bytes) -> list[Line]:
    """A chunk of lines as they came."""
    packed = open_sealed(key, sealed, field_of(submission_id, f"lines/{chunk_no}"))
    return [line_from_json(kept) for kept in orjson.loads(zlib.decompress(packed))]


def seal_field(key: SealingKey, submission_id: UUID, field: Field, said: Any) -> bytes:
    """A field of the submission."""
    return seal(key, orjson.dumps(said), field_of(submission_id, field))


def open_field(key: SealingKey, submission_id: UUID, field: Field, sealed: bytes) -> Any:
    """A field of the submission as it was."""
    return orjson.loads(open_sealed(key, sealed, field_of(submission_id, field)))


def seal_problem(key: SealingKey, submission_id: UUID, row_no: int, said: dict[str, Any]) -> bytes:
    """Why a row was held or refused, with its cells."""
    return seal(key, orjson.dumps(said), field_of(submission_id, f"problem/{row_no}"))


def open_problem(key: SealingKey, submission_id: UUID, row_no: int, sealed: bytes) -> dict[str, Any]:
    """Why a row was held or refused, as it was said."""
    said: dict[str, Any] = orjson.loads(open_sealed(key, sealed, field_of(submission_id, f"problem/{row_no}")))
    return said


def without(lines: Sequence[Line], rows: set[int]) -> list[Line]:
    """The lines, those of some rows emptied: of somebody who was erased nothing is left."""
    return [Line(line.row_no, (), "" if line.text is not None else None) if line.row_no in rows else line
            for line in lines]  # fmt: skip


def name_of(file: SubmissionFile, keyring: Keyring) -> str | None:
    """What the file is called, until the retention date."""
    if file.key_wrapped is None or file.file_name_sealed is None:
        return None
    key = key_of(keyring, file.submission_id, file.key_wrapped)
    name: str = open_field(key, file.submission_id, "file_name", file.file_name_sealed)
    return name
