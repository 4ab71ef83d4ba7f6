"""The story of a record as a page reads it: what was reported, what was decided and why, what was posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.credits import format_credits
from creditbank.errors import Language
from creditbank.portal.records_shown import beside, fields_of, name_of, sentence, value_of
from creditbank.portal.words import WORDS, Say, named, speaker
from creditbank.portal.writing import day, days_in, instant
from creditbank.records.decisions import DecisionOut, PostingOut
from creditbank.records.history import RecordOut, VersionOut
from creditbank.records.refusals import Warned
from creditbank.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the record and the row it came in."""

    number: int
    act: str
    recorded_at: str
    fields: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]
    """What it says otherwise than the version before it: the field, what stood there, what stands there now."""
    why: str
    warnings: list[str]
    row: str
    sent_by: str
    numbers: list[tuple[str, str]]
    """By which systems know it: the institution's own key, the submission it came in."""
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: how it stands, the sentence, the rule it comes from and its sources by number."""

    standing: str
    standing_said: str
    says: str
    rule: str
    sources: list[int]


@dataclass(frozen=True, slots=True)
class Source:
    """A document that a rule cites."""

    title: str
    beside: str
    status: str
    quote: str
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with everything it rests on."""

    decision_id: str
    verdict: str
    verdict_said: str
    outcome: str
    since: str
    decided_at: str
    rule: str
    rule_address: str
    rule_why: str
    main: str
    by_people: str
    why: str
    erased: bool
    findings: list[Finding]
    sources: list[Source]
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting."""

    account: str
    amount: str
    balance_after: str


@dataclass(frozen=True, slots=True)
class Posting:
    """Credits that came or went."""

    posting_id: str
    kind: str
    said: str
    amount: str
    scheme: str
    counts_from: str
    posted_at: str
    undone: bool
    entries: list[Entry]
    digest: str


@dataclass(frozen=True, slots=True)
class Story:
    """The whole way of one record."""

    record_id: str
    name: str
    kind: str
    beside: list[str]
    institution: str
    now: list[str]
    state: str
    erased: bool
    versions: list[Version]
    live: list[Decision]
    past: list[Decision]
    postings: list[Posting]


def told(
    record: RecordOut,
    line: Mapping[str, Any] | None,
    *,
    called: str | None,
    institution: str,
    rulebook: Rulebook,
    language: Language,
) -> Story:
    """The view of a record's history; `line` is its line in today's transcript, none once it was withdrawn.

    `called` is what the thing is called where there is no line to say it.
    """
    last = record.versions[-1]
    fields = {**last.reported, **({"title": called} if called else {}), **(fields_of(line) if line else {})}
    decisions = [_decision(decision, rulebook, language) for decision in record.decisions]
    live = [said for said, decision in zip(decisions, record.decisions, strict=True) if decision.live]
    return Story(
        record_id=str(record.record_id),
        name=name_of(record.kind, fields, language),
        kind=named("kind", record.kind, language),
        beside=beside(record.kind, fields, language),
        institution=institution,
        now=_now(record, last, live, language),
        state="gone" if not record.live else live[-1].verdict if live else "unknown",
        erased=any(decision.erased for decision in record.decisions),
        versions=[
            _version(record.kind, version, before, language)
            for before, version in zip([None, *record.versions], record.versions, strict=False)
        ],
        live=live,
        past=[said for said, decision in zip(decisions, record.decisions, strict=True) if not decision.live],
        postings=[_posting(posting, institution, language) for posting in record.postings],
    )


def _now(record: RecordOut, last: VersionOut, live: list[Decision], language: Language) -> list[str]:
    say = speaker(language)
    if not record.live:
        return [say("now_reassigned" if last.act == "reassigned_away" else "now_withdrawn")]
    told: dict[str, str] = {}
    for decision in live:
        # Of a record that was moved, what one learner had is taken back from the day on which the other has it.
        if decision.outcome or decision.since not in told:
            told[decision.since] = decision.outcome or sentence(decision.verdict_said, language)
    return [f"{since if len(told) > 1 else ''}{said}" for since, said in told.items()]


# --- what was reported --------------------------------------------------------------------------------------------


def _fields(kind: str, version: VersionOut | None, language: Language) -> dict[str, str]:
    """What was reported, by the name of the field, in the order in which people say it; the key is for systems."""
    say, reported = speaker(language), {} if version is None else version.reported
    return {
        say(phrase): value_of(kind, name, reported[name], language)
        for phrase in WORDS
        if (name := phrase.removeprefix("field_")) != phrase and name in reported and name != "key"
    }


def _version(kind: str, version: VersionOut, before: VersionOut | None, language: Language) -> Version:
    say, fields = speaker(language), _fields(kind, version, language)
    earlier = fields if before is None else _fields(kind, before, language)
    place, key = 0 if language == "zh" else 1, version.reported.get("key")
    sender = (version.sent_by or "").partition(":")[0]
    return Version(
        number=version.version,
        act=say(f"act_{version.act}"),
        recorded_at=instant(version.recorded_at, language),
        fields=list(fields.items()),
        changes=[
            (label, earlier.get(label, ""), fields.get(label, ""))
            for label in {**fields, **earlier}
            if earlier.get(label) != fields.get(label)
        ],
        why=say("why_sent_again") if version.reason == "sent_again" else version.reason or "",
        warnings=[Warned.SENTENCES[code][place] for code in version.warnings if code in Warned.SENTENCES],
        row=say("con_row_n", n=version.row_no),
        sent_by=say(f"sent_by_{sender}") if sender in ("bank", "client", "login") else "",
        numbers=[
            *([] if key is None else [(say("field_key"), str(key))]),
            (say("submission_no"), str(version.submission_id)),
        ],
        digest=version.digest,
    )


# --- what was decided ---------------------------------------------------------------------------------------------


def _decision(decision: DecisionOut, rulebook: Rulebook, language: Language) -> Decision:
    say = speaker(language)
    sources, numbers = sources_told(decision.findings, language)
    basis = decision.basis or {}
    people = decision.kind != "deposit"
    title, address = _rule(decision, rulebook, language)
    return Decision(
        decision_id=str(decision.decision_id),
        verdict=decision.verdict,
        verdict_said=say(decision.verdict),
        outcome=_outcome(decision, say, language),
        since=say("since", day=day(decision.effective_on, language)),
        decided_at=instant(decision.decided_at, language),
        rule=title,
        rule_address=address,
        rule_why=_why_this_version(basis, say, language),
        main=_main_reason(decision, language),
        by_people=say(f"decided_{decision.kind}") if people else "",
        why=str(basis.get("reason") or "") if people else "",
        erased=decision.erased,
        findings=[finding_told(finding, numbers, language) for finding in decision.findings],
        sources=sources,
        digest=decision.digest,
    )


def _outcome(decision: DecisionOut, say: Say, language: Language) -> str:
    if decision.verdict == "granted":
        if decision.credits == 0:
            return say("now_nothing_due")
        scheme = named("scheme", decision.scheme, language)
        return say("now_granted", credits=format_credits(decision.credits), scheme=scheme)
    return say(f"now_{decision.verdict}") if decision.verdict in ("not_granted", "unknown") else ""


def _rule(decision: DecisionOut, rulebook: Rulebook, language: Language) -> tuple[str, str]:
    """The title of the rule document and where its text is; nothing where people decided or no version applied."""
    if decision.document is None or decision.document_version is None:
        return "", ""
    said = document_said(rulebook, decision.document, decision.document_version, language)
    return said, decision.links.get("rule", "").removeprefix("/v1")


def document_said(rulebook: Rulebook, document: str | None, number: str | None, language: Language) -> str:
    """A version of a rule document by its title; by the name of the document where no such version is known."""
    if document is None or number is None:
        return document or ""
    title = document
    for version in rulebook.versions():
        if (version.document.document, version.version) == (document, number):
            title = str(version.document.tree["title"][language])
    return speaker(language)("rule_version", title=title, version=number)


def _why_this_version(basis: Mapping[str, Any], say: Say, language: Language) -> str:
    because = (basis.get("because") or {}).get(language)
    if not because or not basis.get("dated_on"):
        return ""
    return say("rule_day", because=because, day=day(str(basis["dated_on"]), language))


def _main_reason(decision: DecisionOut, language: Language) -> str:
    """What stood in the way: the rule of the clause that decided, and what was found."""
    if decision.verdict not in ("not_granted", "unknown"):
        return ""
    for finding in decision.findings:
        if finding["clause"] == decision.clause and finding["verdict"] in ("not_met", "unknown"):
            rule, says = (sentence(finding[f"{part}_{language}"], language) for part in ("rule", "says"))
            return rule if rule == says else f"{rule}{'' if language == 'zh' else ' '}{says}"
    return ""


def finding_told(finding: Mapping[str, Any], numbers: Mapping[str, int], language: Language) -> Finding:
    """A finding as it is shown, its sources by number."""
    standing = _standing(finding["verdict"], finding["effect"])
    return Finding(
        standing=standing,
        standing_said=speaker(language)(f"finding_{standing}"),
        says=days_in(finding[f"says_{language}"], language),
        rule=days_in(finding[f"rule_{language}"], language),
        sources=[numbers[cited["id"]] for cited in finding["citation"]],
    )


def _standing(verdict: str, effect: str) -> str:
    if effect == "give" and verdict == "met":
        return "give"
    if verdict != "met" and effect == "warn":
        return "warn"
    if verdict == "not_met" and effect == "refer":
        return "refer"
    return verdict


def sources_told(findings: list[dict[str, Any]], language: Language) -> tuple[list[Source], dict[str, int]]:
    """Every source that the findings cite, once, and the number of each."""
    cited = {each["id"]: each for finding in findings for each in finding["citation"]}
    return [_source(each, language) for each in cited.values()], {name: n for n, name in enumerate(cited, start=1)}


def _source(cited: Mapping[str, Any], language: Language) -> Source:
    say = speaker(language)
    parts = (cited.get("issuer"), cited.get("number"), cited.get("clause"))
    address = str(cited.get("address") or "")
    note = cited.get("note")
    return Source(
        title=str(cited["title"]),
        beside="，".join(str(part) for part in parts if part),
        status=say(f"status_{cited['status']}"),
        quote=str(cited.get("quote") or ""),
        note=str(note[language]) if isinstance(note, dict) and language in note else "",
        address=address if address.startswith(("https://", "http://")) else "",
    )


# --- what was posted ----------------------------------------------------------------------------------------------


def _posting(posting: PostingOut, institution: str, language: Language) -> Posting:
    say = speaker(language)
    scheme = named("scheme", posting.scheme, language)
    return Posting(
        posting_id=str(posting.posting_id),
        kind=posting.kind,
        said=say(f"posting_{posting.kind}"),
        amount=_signed(posting.amount),
        scheme=scheme,
        counts_from=day(posting.occurred_on, language),
        posted_at=instant(posting.posted_at, language),
        undone=posting.reversed_by is not None,
        entries=[
            Entry(
                say("account_deposit", scheme=scheme)
                if entry.account == "deposit"
                else say("account_source", institution=institution),
                _signed(entry.amount),
                entry.balance_after.replace("-", "−"),
            )
            for entry in posting.entries
        ],
        digest=posting.digest,
    )


def _signed(amount: str) -> str:
    return amount.replace("-", "−") if amount.startswith("-") else f"+{amount}"
