"""Facts about members as people type them on a page: the fields of a topic, what is said of one in words; pure."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from creditbank.errors import Language
from creditbank.faults import faults_of
from creditbank.pathways.statement_bodies import StatementBody
from creditbank.pathways.statement_topics import CHECKED, TOPICS, Topic
from creditbank.portal.words import CHOICES, speaker
from creditbank.portal.writing import day
from creditbank.rules.facts import FACTS
from creditbank.rules.pathway_lists import MERIT

SEVERAL = frozenset({"registration", "admission", "sanction", "event"})
"""Topics of which one person may have several: each is told by itself."""
_BY_SHEET = frozenset({"exam", "checked"})
"""Scores come by score sheets; that something was checked is ticked beside it."""
TYPED: Mapping[str, Topic] = {name: topic for name, topic in TOPICS.items() if name not in _BY_SHEET}
BODIES: Mapping[str, type[BaseModel]] = {
    get_args(body.model_fields["topic"].annotation)[0]: body for body in get_args(get_args(StatementBody)[0])
}
_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "residence.province": CHOICES["province"],
    "merit.merit": {word: (zh, en) for word, zh, en in MERIT.words},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of a topic: what it is called, how it is typed, and among what it is chosen."""

    name: str
    says: str
    type: Literal["choice", "number", "date", "text"]
    options: tuple[tuple[str, str], ...]
    required: bool


def asked_of_topic(topic: str, language: Language) -> list[Asked]:
    """The fields of a topic in the order of what is said of it."""
    return [
        Asked(
            name,
            _called(topic, name, field.description or "", language),
            *_how(topic, name, field.annotation, language),
            field.is_required(),
        )
        for name, field in BODIES[topic].model_fields.items()
        if name != "topic"
    ]


def _called(topic: str, name: str, description: str, language: Language) -> str:
    """What a field is called: as the fact that it becomes, else as the API describes it."""
    makes = TOPICS[topic].makes
    alone = makes[0] if len(makes) == 1 and len(BODIES[topic].model_fields) == 2 else ""
    fact = FACTS.get(f"{topic}.{name}") or FACTS.get(alone)
    zh, _, en = description.partition("|") if fact is None else (fact.zh, "", fact.en)
    return zh.rstrip("。").partition("，")[0] if language == "zh" else en.rstrip(".").partition(":")[0]


def _how(topic: str, name: str, annotation: Any, language: Language) -> tuple[Any, tuple[tuple[str, str], ...]]:
    """How a value of a type is typed."""
    plain = _plain(annotation)
    words = _words(topic, name)
    if plain is bool:
        say = speaker(language)
        return "choice", (("true", say("yes")), ("false", say("no")))
    if get_origin(plain) is Literal:
        return "choice", tuple((word, _said(words, word, language)) for word in get_args(plain))
    if words:
        return "choice", tuple((word, _said(words, word, language)) for word in words)
    if plain is date:
        return "date", ()
    return ("number" if plain in (int, Decimal) else "text"), ()


def _plain(annotation: Any) -> Any:
    """A type without what may be left out, and without what bounds it."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (one for one in get_args(annotation) if one is not type(None))
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _words(topic: str, name: str) -> Mapping[str, tuple[str, str]]:
    known = f"{topic}.{name}"
    if known in _WORDS:
        return _WORDS[known]
    fact = FACTS.get(known)
    return {} if fact is None or fact.type.choices is None else {w: (zh, en) for w, zh, en in fact.type.choices.words}


def _said(words: Mapping[str, tuple[str, str]], word: str, language: Language) -> str:
    return words[word][0 if language == "zh" else 1] if word in words else word


# --- what was said, in words ----------------------------------------------------------------------------------------


def topic_said(topic: str, language: Language) -> str:
    """What a topic is called."""
    return TOPICS[topic].zh if language == "zh" else TOPICS[topic].en


def fact_said(topic: str, said: Mapping[str, Any], language: Language) -> str:
    """What a statement says."""
    say = speaker(language)
    if topic == "checked":
        of = next(name for name, what in CHECKED.items() if what == said["what"])
        return say("facts_checked_of", topic=topic_said(of, language))
    fields = [each for each in asked_of_topic(topic, language) if each.name in said and each.name != "round_id"]
    told = []
    for field in fields:
        value = _value(topic, field, said[field.name], language)
        told.append(value if len(fields) == 1 else f"{field.says}{say('colon')}{value}")
    return say("semicolon").join(told)


def _value(topic: str, field: Asked, value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return speaker(language)("yes" if value else "no")
    if isinstance(value, list):
        return " / ".join(str(one) for one in value)
    if field.type == "date":
        return day(str(value), language)
    return _said(_words(topic, field.name), str(value), language)


def wrong_said(error: ValidationError, topic: str, language: Language) -> str:
    """What is wrong in the fields of a row, each by its name."""
    say = speaker(language)
    called = {each.name: each.says for each in asked_of_topic(topic, language)}
    raised = error.errors(include_url=False)
    told = faults_of([{**each, "loc": ("body", *each["loc"])} for each in raised])
    sentences = []
    for each, one in zip(told, raised, strict=False):
        name = next((called[part] for part in reversed(one["loc"]) if part in called), None)
        sentences.append(each[language] if name is None else f"{name}{say('colon')}{each[language]}")
    return say("semicolon").join(dict.fromkeys(sentences)) + say("stop")
