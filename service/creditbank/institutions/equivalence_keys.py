"""Each thing that may count for a course as one text, so that records and equivalences find one another; pure."""

from __future__ import annotations

import unicodedata
from uuid import UUID


def course_key(institution_id: UUID | str, course_code: str) -> str:
    """A course of an institution."""
    return f"course/{institution_id}/{course_code}"


def certificate_key(standard: str) -> str:
    """A certificate of a standard, at whatever level: from which one on it counts, the equivalence says."""
    return f"certificate/{standard}"


def training_key(institution_id: UUID | str, title: str) -> str:
    """A training of an institution, by its title: it has no code."""
    return f"training/{institution_id}/{same_name(title)}"


def online_course_key(platform: str, title: str) -> str:
    """An online course of a platform."""
    return f"online_course/{same_name(platform)}/{same_name(title)}"


def same_name(title: str) -> str:
    """A title as it is compared, whatever its spaces, width and case: 数学（一） is 数学 (一), and not 数学（二）."""
    return "".join(unicodedata.normalize("NFKC", title).split()).casefold()
