"""Messages as they are read: in one language, with the clock of what each is about and where to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from creditbank.errors import Language
from creditbank.identity.page_permits import PAGES
from creditbank.learners.inbox import rendered
from creditbank.learners.tables import InboxMessage
from creditbank.pathways.round_schemas import RoundOut
from creditbank.portal.whose import Whose
from creditbank.portal.words import speaker
from creditbank.recognition.schemas import ClaimShort

_PLACES: Sequence[tuple[str, str, str]] = (
    ("claim_id", "/my/claims/{claim_id}", "inbox_to_claim"),
    ("round_id", "/my/rounds/{round_id}", "inbox_to_round"),
    ("share_id", "/my/shares/{share_id}", "inbox_to_share"),
    ("record_id", "/my/records/{record_id}", "inbox_to_record"),
    ("guardianship_id", "/my/guardians", "inbox_to_guardians"),
    ("name_id", "/my/account", "inbox_to_account"),
    ("document_id", "/my/account", "inbox_to_account"),
)
"""Where a message leads: the id in it, the page, and what the way there is called."""

_TO_ACCOUNT = frozenset({"account_activated", "account_recovered", "account_closed", "account_reopened"})
_APPEALABLE = frozenset(
    {"claim_decided", "claim_line_refused", "claim_lapsed", "conversion_ended", "conversion_changed"}
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A day by which something has to be done, or on which something ends."""

    says: str
    on: date
    acts: bool = True
    """Whether somebody is late once it is over; what only ends is over then."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    message_id: UUID
    title: str
    text: str
    served_at: datetime
    read_at: datetime | None
    ways: Sequence[tuple[str, str]]
    """Address and name."""
    clocks: Sequence[Clock]


def messages_shown(
    rows: Sequence[InboxMessage],
    claims: Sequence[ClaimShort],
    rounds: Mapping[UUID, RoundOut],
    whose: Whose,
    language: Language,
) -> list[Message]:
    """The messages, each with the clocks that run now of the claim or the round that it is about."""
    by_id = {claim.claim_id: claim for claim in claims}
    shown = []
    for row in rows:
        said, about = rendered(row), row.about
        clocks = _of_claim(row.kind, by_id.get(_id(about, "claim_id")), language)
        clocks += _of_round(row.kind, rounds.get(_id(about, "round_id")), language)
        title, text = said[f"title_{language}"], said[f"text_{language}"]
        ways = _ways(row.kind, about, whose, language)
        shown.append(Message(row.message_id, title, text, row.served_at, row.read_at, ways, clocks))
    return shown


def claims_about(rows: Sequence[InboxMessage]) -> set[UUID]:
    """The claims that messages are about."""
    return {UUID(row.about["claim_id"]) for row in rows if "claim_id" in row.about}


def _id(about: Mapping[str, str], name: str) -> UUID:
    return UUID(about[name]) if name in about else UUID(int=0)


def _ways(kind: str, about: Mapping[str, str], whose: Whose, language: Language) -> list[tuple[str, str]]:
    """Where it leads; the last steps of a way that no page answers are left out."""
    say = speaker(language)
    found = [
        (whose.at(address.format(**about)), say(called))
        for name, address, called in _PLACES
        if name in about and ("GET", address) in PAGES
    ]
    if kind in _TO_ACCOUNT:
        found.append((whose.at("/my/account"), say("inbox_to_account")))
    return found


def _of_claim(kind: str, claim: ClaimShort | None, language: Language) -> list[Clock]:
    if claim is None:
        return []
    say = speaker(language)
    if claim.state == "open" and claim.due_on is not None:
        waits = "inbox_clock_evidence" if claim.waits_for == "evidence" else "inbox_clock_step"
        return [Clock(say(waits), claim.due_on)]
    if claim.state != "open" and claim.appeal_until_on is not None and kind in _APPEALABLE:
        return [Clock(say("inbox_clock_appeal"), claim.appeal_until_on, acts=False)]
    return []


def _of_round(kind: str, round_: RoundOut | None, language: Language) -> list[Clock]:
    if round_ is None or round_.state != "on_notice" or round_.notice_until_on is None:
        return []
    return [Clock(speaker(language)("inbox_clock_notice"), round_.notice_until_on, acts=False)]
