"""A learner's home as it is read: credits by scheme, what is new, what lapses when, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from creditbank.errors import Language
from creditbank.learners.consents import InForce
from creditbank.pathways.asking_schemas import WayShort
from creditbank.pathways.known import LIVE
from creditbank.pathways.round_schemas import RoundOut
from creditbank.portal.records_shown import fields_of, name_of
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import day
from creditbank.recognition.schemas import ClaimShort
from creditbank.transcripts.share_schemas import ShareOut

NEWEST = 5
LAPSES_SHOWN = 8
SOON = timedelta(days=30)
GONE_FOR = timedelta(days=180)
"""How long after it ran out something is still told as run out."""


@dataclass(frozen=True, slots=True)
class Amount:
    """The credits of one scheme, deposited, and beside them what was converted: never added together."""

    scheme: str
    deposited: str
    converted: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A record that came lately."""

    on: str
    name: str
    place: str
    """Which institution reported it."""
    got: str
    record_id: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """Something that ends on a day: the last day on which it holds."""

    on: date
    what: str
    name: str
    address: str
    left: int
    """Days from today; below nought it is over."""
    state: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next, with the last day for it where there is one."""

    says: str
    address: str
    by: date | None
    left: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a home is told from."""

    transcript: Mapping[str, Any]
    claims: Sequence[ClaimShort]
    ways: Sequence[WayShort]
    rounds: Sequence[RoundOut]
    consents: Sequence[InForce]
    shares: Sequence[ShareOut]
    institutions: Mapping[UUID, str]
    unread: int
    today: date


def amounts(transcript: Mapping[str, Any], language: Language) -> list[Amount]:
    """By scheme, in the order of the transcript."""
    deposited = {each["scheme"]: each["credits"] for each in transcript["totals"] if each["institution_id"] is None}
    converted = {
        each["scheme"]: each["credits"] for each in transcript["conversion_totals"] if each["institution_id"] is None
    }
    return [
        Amount(named("scheme", scheme, language), deposited.get(scheme, "0"), converted.get(scheme, ""))
        for scheme in dict.fromkeys([*deposited, *converted])
    ]


def newest(transcript: Mapping[str, Any], language: Language) -> list[Fresh]:
    """The records that the bank learned last."""
    records = [each for each in transcript["records"] if each["kind"] != "enrolment_event"]
    records.sort(key=lambda each: (each["recorded_at"], each["occurred_on"], each["record_id"]), reverse=True)
    say, found = speaker(language), []
    for each in records[:NEWEST]:
        fields = fields_of(each)
        got = (
            say("home_got", credits=each["credits"])
            if each["verdict"] == "granted" and each["credits"] != "0"
            else say("on_record" if each["verdict"] == "granted" else each["verdict"])
        )
        name, place = name_of(each["kind"], fields, language), str(fields.get("institution") or "")
        found.append(Fresh(day(each["occurred_on"], language), name, place, got, each["record_id"]))
    return found


# --- what lapses when ---------------------------------------------------------------------------------------------


def lapses(known: Known, language: Language) -> list[Lapse]:
    """What holds until a day, the nearest first: certificates, consents, shares, decisions of people, appeals.

    What is over stands last, so that nothing that still comes is left out for it.
    """
    say = speaker(language)
    found: list[tuple[date, str, str, str]] = []
    for record in known.transcript["records"]:
        fields = fields_of(record)
        until = fields.get("valid_until")
        if record["kind"] == "certificate" and until:
            name = name_of("certificate", fields, language)
            on = date.fromisoformat(str(until))
            found.append((on, say("home_lapse_certificate"), name, f"/my/records/{record['record_id']}"))
    for line in known.transcript["conversions"]:
        override = line["override"]
        if override is not None and override["expires_on"]:
            name = str(line["course"].get("name") or line["course"].get("code") or "")
            on = date.fromisoformat(str(override["expires_on"]))
            found.append((on, say("home_lapse_override"), name, f"/my/claims/{line['claim_id']}"))
    for consent in known.consents:
        if consent.until_on is not None:
            name = consent_named(consent.purpose, consent.institution_id, known.institutions, language)
            found.append((consent.until_on, say("home_lapse_consent"), name, "/my/consents"))
    for share in known.shares:
        if share.state == "open":
            found.append((share.until_on, say("home_lapse_share"), share.purpose or "", f"/my/shares/{share.share_id}"))
    for claim in known.claims:
        name = known.institutions.get(claim.institution_id, "")
        if claim.state != "open" and claim.appeal_until_on is not None and claim.appeal_until_on >= known.today:
            found.append((claim.appeal_until_on, say("home_lapse_appeal"), name, f"/my/claims/{claim.claim_id}"))
    near = [each for each in found if each[0] >= known.today - GONE_FOR]
    near.sort(key=lambda each: (each[0] < known.today, abs(each[0] - known.today), each[1:]))
    return [
        Lapse(on, what, name, address, (on - known.today).days, _state(on, known.today))
        for on, what, name, address in near[:LAPSES_SHOWN]
    ]


def consent_named(
    purpose: str, institution_id: UUID | None, institutions: Mapping[UUID, str], language: Language
) -> str:
    """A consent in a few words: what for, to whom."""
    say = speaker(language)
    to = say("con_bank") if institution_id is None else institutions.get(institution_id, "")
    return f"{say(f'con_purpose_{purpose}')} · {to}"


# --- what to do next ----------------------------------------------------------------------------------------------


def steps(known: Known, language: Language) -> list[Step]:
    """What waits for the learner: those with a last day first, the nearest before."""
    say = speaker(language)
    found: list[tuple[date | None, str, str]] = []
    for claim in known.claims:
        name = known.institutions.get(claim.institution_id, "")
        # Once its days are over nothing can be brought any more, whether or not a worker wrote it down.
        over = claim.due_on is not None and claim.due_on < known.today
        if claim.state == "open" and claim.waits_for == "evidence" and not over:
            found.append((claim.due_on, say("home_step_evidence", college=name), f"/my/claims/{claim.claim_id}"))
    for way in known.ways:
        if way.next_deadline is not None and way.attainable and way.status in LIVE:
            name = way.name if language == "zh" or not way.name_en else way.name_en
            found.append((way.next_deadline, say("home_step_way", way=name), f"/my/pathways/{way.pathway_id}"))
    for round_ in known.rounds:
        if round_.state == "on_notice" and round_.notice_until_on is not None:
            says = say("home_step_round", cohort=round_.cohort_name)
            found.append((round_.notice_until_on, says, f"/my/rounds/{round_.round_id}"))
    if known.unread:
        found.append((None, say("home_step_inbox", n=known.unread), "/my/inbox"))
    open_claims = sum(claim.state == "open" for claim in known.claims)
    if open_claims:
        found.append((None, say("home_step_claims", n=open_claims), "/my/claims"))
    found.sort(key=lambda each: (each[0] is None, each[0] or date.max))
    return [
        Step(says, address, by, None if by is None else (by - known.today).days, _state(by, known.today))
        for by, says, address in found
    ]


def _state(on: date | None, today: date) -> str:
    if on is None:
        return ""
    return "late" if on < today else "soon" if on <= today + SOON else ""
