"""Keyed indexes by which a learner is found without anything being readable: document, name, student number."""

from __future__ import annotations

from uuid import UUID

from creditbank.learners.documents import IdentityDocument
from creditbank.learners.names import normalise_name
from creditbank.sealing import Keyring, blind_index


def document_index(keyring: Keyring, document: IdentityDocument) -> bytes:
    """The keyed index of a document, by its kind and number."""
    return blind_index(keyring, "document", f"{document.kind}:{document.number}")


def name_index(keyring: Keyring, name: str) -> bytes:
    """The keyed index of a name, however it was written."""
    return blind_index(keyring, "name", normalise_name(name))


def student_index(keyring: Keyring, institution_id: UUID, student_no: str | None) -> bytes | None:
    """The keyed index of a student number (学号) at its institution."""
    return None if student_no is None else blind_index(keyring, "student", f"{institution_id}:{student_no}")
