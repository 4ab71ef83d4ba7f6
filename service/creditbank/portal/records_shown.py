"""How a record reads: its name, what to say beside it, its score; from what a transcript or a version says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from creditbank.errors import Language
from creditbank.portal.words import Say, named, speaker
from creditbank.portal.writing import day, days_in

Fields = Mapping[str, Any]
Written = Callable[[Fields, Say, Language], list[str]]


def fields_of(line: Fields) -> dict[str, Any]:
    """What a line of a transcript says of its record, with what was sealed and may be seen."""
    return {"level": line["level"], **line["shown"], **(line["private"] or {})}


def sentence(said: str, language: Language) -> str:
    """A clause or a finding as a sentence of its own."""
    said = days_in(said, language)
    if language == "zh":
        return said if said.endswith(("。", "？")) else f"{said}。"
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}"


def name_of(kind: str, fields: Fields, language: Language) -> str:
    """What people call it: the course, the certificate, the contest; what kind it is where nothing else is known."""
    if kind == "enrolment_event":
        event = named("event", fields.get("event"), language)
        return " ".join(filter(None, (event, fields.get("title"))))
    if kind == "award":
        return str(fields.get("event") or named("kind", kind, language))
    for name in ("title", "course_name", "name", "course_code", "standard"):
        if fields.get(name):
            return str(fields[name])
    return named("kind", kind, language)


def beside(kind: str, fields: Fields, language: Language) -> list[str]:
    """The few words beside its name: which term, which level, how long, by which number."""
    writer = _BESIDE.get(kind)
    return [] if writer is None else [text for text in writer(fields, speaker(language), language) if text]


def score_of(fields: Fields, language: Language) -> str:
    """The score as it was reported, with the result where it is not a pass and the score does not say so itself."""
    score, result = str(fields.get("score") or ""), fields.get("result")
    if result is None or result in ("passed", "none"):
        return score
    said = named("result", result, language)
    if not score or score in (named("result", result, "zh"), named("result", result, "en")):
        return said
    return f"{score}（{said}）" if language == "zh" else f"{score} ({said})"


def value_of(kind: str, name: str, value: object, language: Language) -> str:
    """One reported field, in words where it is one of a closed list, as a day where it is one."""
    say = speaker(language)
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if name.endswith("_on") or name == "valid_until":
        return day(str(value), language)
    choices = _LISTED.get((kind, name)) or _LISTED.get(("", name))
    return named(choices, str(value), language) if choices else str(value)


_LISTED = {
    ("", "attempt"): "attempt",
    ("", "form"): "form",
    ("", "rank"): "prize",
    ("enrolment_event", "event"): "event",
    ("enrolment_event", "level"): "level",
    ("certificate", "level"): "certificate_level",
    ("award", "level"): "award_level",
    ("work_achievement", "category"): "achievement",
}


def _course(fields: Fields, say: Say, language: Language) -> list[str]:
    written = [str(fields.get("course_code") or "")]
    if fields.get("academic_year") and fields.get("term"):
        written.append(say("term", year=fields["academic_year"], term=fields["term"]))
    if fields.get("attempt") not in (None, "normal"):
        written.append(named("attempt", fields["attempt"], language))
    if (fields.get("attempt_no") or 1) > 1:
        written.append(say("attempt_n", n=fields["attempt_no"]))
    return written


def _certificate(fields: Fields, say: Say, language: Language) -> list[str]:
    return [
        named("certificate_level", fields.get("level"), language),
        say("number_is", n=fields["number"]) if fields.get("number") else "",
        say("valid_until", day=day(fields["valid_until"], language)) if fields.get("valid_until") else "",
    ]


def _lasting(fields: Fields, say: Say, language: Language) -> list[str]:
    written = [named("form", fields.get("form"), language), str(fields.get("host") or fields.get("platform") or "")]
    if fields.get("hours"):
        written.append(say("in_hours", n=fields["hours"]))
    if fields.get("weeks"):
        written.append(say("in_weeks", n=fields["weeks"]))
    return written


def _award(fields: Fields, say: Say, language: Language) -> list[str]:
    return [
        named("award_level", fields.get("level"), language),
        named("prize", fields.get("rank"), language),
        say("place_n", n=fields["place"]) if fields.get("place") else "",
        say("team_n", n=fields["team_size"]) if (fields.get("team_size") or 1) > 1 else "",
    ]


def _service(fields: Fields, say: Say, language: Language) -> list[str]:
    return [say("enlisted", day=day(fields["enlisted_on"], language)) if fields.get("enlisted_on") else ""]


def _achievement(fields: Fields, say: Say, language: Language) -> list[str]:
    return [named("achievement", fields.get("category"), language)]


def _assessment(fields: Fields, say: Say, language: Language) -> list[str]:
    return [str(fields.get("subject") or "")]


def _enrolment(fields: Fields, say: Say, language: Language) -> list[str]:
    return [
        named("level", fields.get("level"), language),
        say("entry_year", n=fields["year_of_entry"]) if fields.get("year_of_entry") else "",
        str(fields.get("programme_code") or ""),
    ]


_BESIDE: Mapping[str, Written] = {
    "course_result": _course,
    "certificate": _certificate,
    "training": _lasting,
    "practice": _lasting,
    "online_course": _lasting,
    "award": _award,
    "military_service": _service,
    "work_achievement": _achievement,
    "assessment": _assessment,
    "enrolment_event": _enrolment,
}
