"""Small changes to a document, one at a time: a case that lets one pass does not hold the figure or word it changes."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from creditbank.rules.document import RuleDocument
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items, Text, key_line, line_of
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.units import NUMBER_UNITS, Type, number
from creditbank.rules.words import MEASURES, ORDER_WORDS, STEP_WORDS

Path = tuple[Any, ...]
Change = Callable[[Any], None]
_WEAKER = {"refuse": "warn", "refer": "refuse", "warn": "refuse"}
_AMONG = re.compile(r"([0-9]+(?:\.[0-9]+)?)(%|/[0-9]+| [a-z]+)")
"""A figure with something behind it: 35%, 1/3, 3 months."""
_ROUNDINGS = ("round_down_to", "round_up_to", "round_half_up_to")


@dataclass(frozen=True)
class Mutant:
    """A changed copy of a document, with the line and the word it was changed at and what no case noticed."""

    document: RuleDocument
    line: int
    word: str
    zh: str
    en: str


@dataclass(frozen=True)
class _Edit:
    """One change to a version: where it is written, and how to make it in a copy."""

    node: object
    word: str
    zh: str
    en: str
    path: Path
    change: Change


def mutants(document: RuleDocument) -> Iterator[Mutant]:
    """Every small change to every version of a document."""
    for place, version in enumerate(document.tree["versions"]):
        for edit in _edits(document, version):
            tree = copy.deepcopy(document.tree)
            target: Any = tree["versions"][place]
            for step in edit.path:
                target = target[step]
            edit.change(target)
            changed = RuleDocument(document.file, document.text, tree)
            zh, en = f"没有情形能察觉：{edit.zh}", f"no case notices: {edit.en}"
            yield Mutant(changed, line_of(edit.node), edit.word, zh, en)


def _edits(document: RuleDocument, version: Fields) -> Iterator[_Edit]:
    yield from _days(version)
    decides = _of_decisions(version)
    for name, value in version.get("values", {}).items():
        if name not in decides:
            continue
        step = Decimal("0.5") if value["unit"] == "credits" else Decimal(1)
        yield from _figure(value, "is", str(name), ("values", name), step)
    for name, table in version.get("tables", {}).items():
        yield from _table(document, version, table, str(name), ("tables", name))
    for name, set_ in version.get("sets", {}).items():
        yield from _set(version, set_, str(name), ("sets", name))
    for name, amount in version.get("names", {}).items():
        yield from _inside(version, amount["amount"], str(name), ("names", name, "amount"))
    for name, amount in version.get("gives", {}).items():
        yield from _output(version, amount, name)
    for place, clause in enumerate(version["clauses"]):
        yield from _clause(document, version, clause, place)
    yield from _round(version)


def _round(version: Fields) -> Iterator[_Edit]:
    """The order of a round: each comparison left out or turned round, and who does not state it."""
    keys = version.get("round", Fields()).get("ranking", Items())
    for place, key in enumerate(keys):
        label, path = "ranking", ("round", "ranking", place)
        word = "highest" if "highest" in key else "lowest"
        other = "lowest" if word == "highest" else "highest"
        yield _Edit(key, label, f"{word} 改为 {other}", f"{other} instead of {word}", path, _renamed(word, other))
        if len(keys) > 1:
            said = f"删去第 {place + 1} 项比较", f"comparison {place + 1} left out"
            yield _Edit(key, label, *said, path[:-1], _drop(place))
        if "unstated" in key:
            turned = Text("unknown" if key["unstated"] == "last" else "last")
            said = f"unstated 改为 {turned}", f"`unstated: {turned}` instead"
            yield _Edit(key, label, *said, path, _set_word("unstated", turned))
        yield from _inside(version, key[word], label, (*path, word))


def _output(version: Fields, node: Any, name: Text) -> Iterator[_Edit]:
    label, path = f"gives.{name}", ("gives", name)
    if isinstance(node, Fields) and "take" in node:
        yield _Edit(node, label, "删去 when", "`when` left out", ("gives",), _set_word(name, node["take"]))
        yield from _inside(version, node["when"], label, (*path, "when"))
        yield from _inside(version, node["take"], label, (*path, "take"))
    else:
        yield from _inside(version, node, label, path)


def _of_decisions(version: Fields) -> set[str]:
    """The figures that decide something: those of a procedure alone are times, and no case tells them apart."""
    decides = [version.get(section, Fields()) for section in ("tables", "names", "sets", "clauses", "gives")]
    decides.append(version.get("round", Fields()).get("ranking", Items()))
    return {name for part in decides for name in _values_in(part)}


def _values_in(node: object) -> Iterator[str]:
    if isinstance(node, Fields):
        if isinstance(node.get("value"), Text):
            yield str(node["value"])
        for child in node.values():
            yield from _values_in(child)
    elif isinstance(node, Items):
        for child in node:
            yield from _values_in(child)


def _days(version: Fields) -> Iterator[_Edit]:
    for word in ("from", "until"):
        if word in version:
            for step, zh, en in ((1, "晚一天", "a day later"), (-1, "早一天", "a day earlier")):
                moved = _set_word(word, _moved_day(version[word], step))
                yield _Edit(version[word], word, f"{word} {zh}", f"`{word}` {en}", (), moved)


def _moved_day(day: Text, step: int) -> Text:
    return Text((date.fromisoformat(day) + timedelta(days=step)).isoformat(), day.line)


def _set_word(word: Any, value: Any) -> Change:
    return lambda target: target.__setitem__(word, value)


def _drop(word: Any) -> Change:
    return lambda target: target.__delitem__(word)


def _figure(holder: Any, word: Any, label: str, path: Path, step: Decimal) -> Iterator[_Edit]:
    """A figure a step higher and a step lower: cases on both sides have to notice."""
    written: Text = holder[word]
    if _is_day(written):
        moves = [
            (_moved_day(written, 1), "晚一天", "a day later"),
            (_moved_day(written, -1), "早一天", "a day earlier"),
        ]
    elif _AMONG.fullmatch(written):
        number_, rest = _AMONG.fullmatch(written).groups()  # type: ignore[union-attr]
        moves = [
            (Text(f"{moved}{rest}", written.line), f"改为 {moved}{rest}", f"{moved}{rest} instead")
            for moved in (_number(Decimal(number_) + 1), _number(Decimal(number_) - 1))
            if Decimal(moved) > 0 and not (rest == "%" and Decimal(moved) > 100)
        ]
    else:
        try:
            value = Decimal(written)
        except ArithmeticError:
            return
        moves = [(_number(value + step), f"改为 {_number(value + step)}", f"{_number(value + step)} instead")]
        if value - step >= 0:
            moves.append((_number(value - step), f"改为 {_number(value - step)}", f"{_number(value - step)} instead"))
    for moved, zh, en in moves:
        yield _Edit(written, label, f"{written} {zh}", f"{written}: {en}", path, _set_word(word, moved))


def _number(value: Decimal) -> Text:
    text = format(value, "f")
    return Text(text.rstrip("0").rstrip(".") if "." in text else text)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text


def _clause(document: RuleDocument, version: Fields, clause: Fields, place: int) -> Iterator[_Edit]:
    label, path = str(clause["id"]), ("clauses", place)
    if "require" in clause or "cap" in clause or "replaces" in clause:
        yield _Edit(clause, label, "删去这一条", "the clause left out", ("clauses",), _drop(place))
    if "require" in clause or "cap" in clause:
        effect = str(clause.get("otherwise", "refuse"))
        weaker = _WEAKER[effect]
        zh, en = f"otherwise 由 {effect} 改为 {weaker}", f"`otherwise` {weaker} instead of {effect}"
        yield _Edit(clause, label, zh, en, path, _set_word(Text("otherwise"), Text(weaker)))
    for word in ("when", "unless"):
        if word in clause and ("require" in clause or "cap" in clause or "replaces" in clause):
            at = Text("", key_line(clause, word))
            yield _Edit(at, label, f"删去 {word}", f"`{word}` left out", path, _drop(word))
    for word in ("when", "unless", "require"):
        if word in clause and ("require" in clause or "cap" in clause or "replaces" in clause):
            yield from _inside(version, clause[word], label, (*path, word))
    if "cap" in clause:
        yield from _cap(version, clause, label, path)
    for word in ("until", "final"):
        # Of a conversion cases do not say whether it can be mended.
        if word in clause and QUESTIONS[document.question].name == "progression":
            at = Text("", key_line(clause, word))
            yield _Edit(at, label, f"删去 {word}", f"`{word}` left out", path, _drop(word))


def _cap(version: Fields, clause: Fields, label: str, path: Path) -> Iterator[_Edit]:
    """The limit a step to each side, what it counts without its condition, and its groups taken together."""
    cap, at = clause["cap"], (*path, "cap")
    if isinstance(clause["at_most"], Text):
        yield from _figure(clause, "at_most", label, path, Decimal("0.5") if "sum" in cap else Decimal(1))
    else:
        yield from _inside(version, clause["at_most"], label, (*path, "at_most"))
    if "where" in cap:
        yield _Edit(cap["where"], label, "删去 where", "`where` left out", at, _drop("where"))
        yield from _inside(version, cap["where"], label, (*at, "where"))
    keys = cap.get("per", Items())
    for place, key in enumerate(keys):
        said = f"per 中删去 {key['fact']}", f"{key['fact']} left out of `per`"
        if len(keys) > 1:
            yield _Edit(key, label, *said, (*at, "per"), _drop(place))
        elif str(key["fact"]) != "record.id":
            yield _Edit(key, label, *said, at, _drop("per"))
    if "sum" in cap:
        yield from _inside(version, cap["sum"], label, (*at, "sum"))


def _set(version: Fields, set_: Fields, label: str, path: Path) -> Iterator[_Edit]:
    if "where" in set_:
        yield _Edit(set_["where"], label, "删去 where", "`where` left out", path, _drop("where"))
        yield from _inside(version, set_["where"], label, (*path, "where"))
    keys = set_.get("best", Items())
    if keys:
        yield _Edit(keys, label, "删去 best", "`best` left out", path, _drop("best"))
    for place, key in enumerate(keys):
        word = "highest" if "highest" in key else "lowest"
        other = "lowest" if word == "highest" else "highest"
        where = (*path, "best", place)
        # Among equals the id decides, so that the order is total; which of them it is, only `this_is_in` can see.
        if set_["of"] == "same" or key[word].get("fact") != "record.id":
            yield _Edit(key, label, f"{word} 改为 {other}", f"{other} instead of {word}", where, _renamed(word, other))
        if place < len(keys) - 1:
            said = f"删去第 {place + 1} 项比较", f"comparison {place + 1} left out"
            yield _Edit(key, label, *said, (*path, "best"), _drop(place))


def _renamed(word: str, other: str) -> Change:
    def change(target: Any) -> None:
        target[Text(other)] = target.pop(word)

    return change


def _inside(version: Fields, node: Any, label: str, path: Path) -> Iterator[_Edit]:
    """Changes within a condition or an amount, however deep."""
    if not isinstance(node, Fields):
        return
    for word in ("all", "any", "none"):
        parts = node.get(word, Items())
        for place, part in enumerate(parts):
            if len(parts) > 1:
                said = f"删去 {word} 的第 {place + 1} 项", f"item {place + 1} of `{word}` left out"
                yield _Edit(part, label, *said, (*path, word), _drop(place))
            yield from _inside(version, part, label, (*path, word, place))
    if any(word in node for word in (*MEASURES, "exists", "every")):
        yield from _measure(version, node, label, path)
    if "share" in node:
        if isinstance(node["share"], Text):
            yield from _figure(node, "share", label, path, Decimal(1))
        yield from _inside(version, node["of"], label, (*path, "of"))
    if "fact" in node or "named" in node:
        yield from _comparison(version, node, label, path)
    if "choose" in node:
        yield from _choose(version, node, label, path)
    if "then" in node:
        yield from _inside(version, node["start"], label, (*path, "start"))
        for place, step in enumerate(node["then"]):
            yield from _step(version, step, place, label, (*path, "then"))


def _measure(version: Fields, node: Fields, label: str, path: Path) -> Iterator[_Edit]:
    for word in ("where", "once_per", "if_none"):
        if word in node:
            at = Text("", key_line(node, word))
            yield _Edit(at, label, f"删去 {word}", f"`{word}` left out", path, _drop(word))
    for word, other in (("highest", "lowest"), ("lowest", "highest")):
        if word in node:
            yield _Edit(node, label, f"{word} 改为 {other}", f"`{other}` instead", path, _renamed(word, other))
    for word in ("where", "has", "sum", "highest", "lowest"):
        if isinstance(node.get(word), Fields):
            yield from _inside(version, node[word], label, (*path, word))
    if isinstance(node.get("if_none"), Text):
        yield from _figure(node, "if_none", label, path, Decimal("0.5"))


def _choose(version: Fields, node: Fields, label: str, path: Path) -> Iterator[_Edit]:
    for place, way in enumerate(node["choose"]):
        if "when" in way:
            said = f"删去 choose 的第 {place + 1} 项", f"item {place + 1} of `choose` left out"
            yield _Edit(way, label, *said, (*path, "choose"), _drop(place))
        for word in ("when", "take", "otherwise"):
            if isinstance(way.get(word), Fields):
                yield from _inside(version, way[word], label, (*path, "choose", place, word))
            elif word in way:
                yield from _figure(way, word, label, (*path, "choose", place), Decimal("0.5"))


def _step(version: Fields, step: Fields, place: int, label: str, path: Path) -> Iterator[_Edit]:
    word = next(word for word in STEP_WORDS if word in step)
    if word == "divided_by" and isinstance(step[word], Fields):
        pass  # without it the units would not agree: the figure itself is changed where it is written
    else:
        yield _Edit(step, label, f"删去 {word} 这一步", f"the step `{word}` left out", path, _drop(place))
    where = (*path, place)
    if word in _ROUNDINGS:
        for other in _ROUNDINGS:
            if other != word:
                yield _Edit(
                    step, label, f"{word} 改为 {other}", f"`{other}` instead of `{word}`", where, _renamed(word, other)
                )
        doubled = _number(Decimal(step[word]) * 2)
        said = f"取整到 {doubled} 的倍数", f"rounded to a multiple of {doubled}"
        yield _Edit(step[word], label, *said, where, _set_word(word, doubled))
    elif isinstance(step[word], Text):
        yield from _figure(step, word, label, where, Decimal("0.5"))
    else:
        yield from _inside(version, step[word], label, (*where, word))
    if "when" in step:
        yield _Edit(step["when"], label, "删去这一步的 when", "`when` of this step left out", where, _drop("when"))
        yield from _inside(version, step["when"], label, (*where, "when"))


def _comparison(version: Fields, node: Fields, label: str, path: Path) -> Iterator[_Edit]:
    type_, step = _typed(version, node)
    for word in ORDER_WORDS:
        if isinstance(node.get(word), Text):
            if type_.choices:
                yield from _other_words(node, word, type_, label, path)
            else:
                yield from _figure(node, word, label, path, step)
    if isinstance(node.get("is"), Text):
        if type_.kind in ("choice", "truth"):
            yield from _other_words(node, "is", type_, label, path)
        else:
            yield from _figure(node, "is", label, path, step)
    listed = node.get("in", Items())
    for place, word in enumerate(listed):
        if len(listed) > 1:
            yield _Edit(word, label, f"in 中删去 {word}", f"{word} left out of `in`", (*path, "in"), _drop(place))
    if "stated" in node:
        turned = Text("no" if node["stated"] == "yes" else "yes")
        yield _Edit(
            node, label, f"stated 改为 {turned}", f"`stated: {turned}` instead", path, _set_word("stated", turned)
        )


def _typed(version: Fields, node: Fields) -> tuple[Type, Decimal]:
    if "fact" in node:
        fact = FACTS[str(node["fact"])]
        return fact.type, Decimal(fact.step)
    gives = str(version["names"][node["named"]]["gives"])
    type_ = number(gives) if gives in NUMBER_UNITS else FACTS[gives].type if gives in FACTS else _OUTPUT_TYPES[gives]
    return type_, Decimal("0.5") if gives == "credits" else Decimal(1)


_OUTPUT_TYPES = {name: type_ for question in QUESTIONS.values() for name, type_ in question.outputs.items()}


def _other_words(holder: Any, word: Any, type_: Type, label: str, path: Path) -> Iterator[_Edit]:
    written: Text = holder[word]
    tokens = type_.choices.tokens() if type_.choices else ("yes", "no")
    place = tokens.index(str(written))
    neighbours = {tokens[(place + 1) % len(tokens)], tokens[place - 1]} - {str(written)}
    for other in sorted(neighbours):
        said = f"{written} 改为 {other}", f"{other} instead of {written}"
        yield _Edit(written, label, *said, path, _set_word(word, Text(other)))


def _table(document: RuleDocument, version: Fields, table: Fields, label: str, path: Path) -> Iterator[_Edit]:
    """Another value in every row, in every word of a list and at both ends of a range: a case has to stand there."""
    by = len(table["by"])
    columns = [_column_type(document, str(unit)) for unit in table["gives"].values()]
    for place, row in enumerate(table["rows"]):
        values = [_changed(value, type_) for value, type_ in zip(row[by:], columns, strict=True)]
        for column, value in enumerate(values):
            at = by + column
            said = f"这一行的 {row[at]} 改为 {value}", f"{value} instead of {row[at]} in this row"
            yield _Edit(row, label, *said, (*path, "rows", place), _set_word(at, value))
        for cell_at, cell in enumerate(row[:by]):
            for part, rest in _parts(cell):
                change = _split(place, cell_at, part=part, rest=rest, by=by, values=values)
                said = f"“{part}”处另取 {values[0]}", f"{values[0]} at {part}"
                yield _Edit(row, label, *said, (*path, "rows"), change)
    for column, value in enumerate(table.get("otherwise", ())):
        other = _changed(value, columns[column])
        said = f"otherwise 改为 {other}", f"`otherwise` {other} instead"
        yield _Edit(value, label, *said, (*path, "otherwise"), _set_word(column, other))


def _column_type(document: RuleDocument, unit: str) -> Type:
    if unit in NUMBER_UNITS:
        return number(unit)
    return (
        QUESTIONS[document.question].outputs[unit] if unit in QUESTIONS[document.question].outputs else FACTS[unit].type
    )


def _changed(value: Text, type_: Type) -> Text:
    if type_.kind == "truth":
        return Text("no" if value == "yes" else "yes")
    if type_.choices:
        tokens = type_.choices.tokens()
        return Text(tokens[(tokens.index(str(value)) + len(tokens) // 2) % len(tokens)])
    return _number(Decimal(value) + 1)


def _parts(cell: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a cell where a case must stand, with the cell less that place."""
    if isinstance(cell, Items) and len(cell) > 1:
        for word in cell:
            yield word, Items(each for each in cell if each != word)
    elif isinstance(cell, Fields) and "from" in cell and not _is_day(cell["from"]):
        low = Decimal(cell["from"])
        high = Decimal(cell["to"]) if "to" in cell else Decimal(cell["below"]) - 1 if "below" in cell else None
        if high is not None and high <= low:
            return
        yield cell["from"], Fields({**cell, Text("from"): _number(low + 1)})
        if high is not None and "to" in cell:
            yield cell["to"], Fields({**cell, Text("to"): _number(high - 1)})


def _split(place: int, cell_at: int, *, part: Any, rest: Any, by: int, values: list[Text]) -> Change:
    def change(rows: Any) -> None:
        row = rows[place]
        apart = Items([*row[:by], *values])
        apart[cell_at] = part
        row[cell_at] = rest
        rows.insert(place, apart)

    return change
