"""Between which days each version of a document holds. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from creditbank.rules.document import RuleDocument

FOR_EVER = "9999-12-31"


def spans(document: RuleDocument) -> dict[str, tuple[str, str]]:
    """Each version's first and last day, both included, as ISO dates; FOR_EVER where none is said."""
    versions = document.versions
    found = {}
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        if following is not None:
            last = (date.fromisoformat(str(following["from"])) - timedelta(days=1)).isoformat()
        else:
            last = str(version.get("until", FOR_EVER))
        found[str(version["version"])] = (str(version["from"]), last)
    return found
