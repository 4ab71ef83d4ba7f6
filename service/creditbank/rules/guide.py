"""The generated parts of `docs/rules.md`: questions, facts, closed lists and units; and the words that it must show."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.rules.facts import FACTS
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.shapes import Block, Either, Later, Many, Named, Shape
from creditbank.rules.units import NUMBER_UNITS, Choices, Type
from creditbank.rules.vocabulary import DOCUMENT

BEGIN = "<!-- generated: {name} -->"
END = "<!-- end of {name} -->"


def facts_table() -> str:
    """Every fact: its names, its type or unit, what absence means and who can supply it."""
    head = (
        "| 事实 fact | 名称 name | 类型 type | 没有时 when absent | 由谁提供 who supplies it |\n|---|---|---|---|---|\n"
    )
    rows = []
    for fact in FACTS.values():
        kind = f"`{fact.type.choices.name}`" if fact.type.choices else fact.type.named("en")
        absent = f"{fact.absence_zh} {fact.absence_en}" if not fact.always else "总有 always there"
        meaning = "" if fact.absent is None or fact.always else f"（= `{fact.absent}`）"
        who = f"{fact.supplier.zh} {fact.supplier.en}"
        rows.append(f"| `{fact.name}` | {fact.zh} {fact.en} | {kind} | {absent}{meaning} | {who} |")
    return head + "\n".join(rows)


def lists_table() -> str:
    """Every closed list with its words; `<` stands between words that are ordered."""
    found: dict[str, Choices] = {}
    types = [fact.type for fact in FACTS.values()]
    types += [type_ for question in QUESTIONS.values() for type_ in question.outputs.values()]
    for type_ in types:
        if type_.choices:
            found[type_.choices.name] = type_.choices
    rows = []
    for name, choices in found.items():
        runs = choices.chains or tuple((token,) for token in choices.tokens())
        said = "；".join(
            " < ".join(f"`{token}` {choices.shown(token, 'zh')} {choices.shown(token, 'en')}" for token in run)
            for run in runs
        )
        rows.append(f"| `{name}` | {said} |")
    return "| 词表 list | 词 words |\n|---|---|\n" + "\n".join(rows)


def units_table() -> str:
    """Every unit that a figure may have."""
    rows = [f"| `{unit}` | {zh} |" for unit, (zh, _) in NUMBER_UNITS.items()]
    return "| 单位 unit | 中文 |\n|---|---|\n" + "\n".join(rows)


def questions_table() -> str:
    """Every question: what chooses and narrows its documents, what they give, and the sets of rows they may ask."""
    rows = []
    for question in QUESTIONS.values():
        outputs = "、".join(
            f"`{name}`{'' if name in question.required else '?'} {_type(type_)}"
            for name, type_ in question.outputs.items()
        )
        sets = "；".join(
            f"`{name}` {each.zh} {each.en}（{'、'.join(each.own)}）" for name, each in question.sets.items()
        )
        narrowed = "、".join(f"`{name}`" for name in question.narrowed_by)
        rows.append(f"| `{question.name}` | `{question.chosen_by}` | {narrowed} | {outputs} | {sets} |")
    head = "| 问题 question | 选定 chosen by | 收窄 narrowed by | 给出 gives（? 可不写 optional） | 各组 sets of rows |"
    return f"{head}\n|---|---|---|---|---|\n" + "\n".join(rows)


def _type(type_: Type) -> str:
    return f"（`{type_.choices.name}`）" if type_.choices else f"（{type_.named('en')}）"


def refreshed(text: str) -> str:
    """The guide with its generated parts written anew between their marks."""
    parts = (("questions", questions_table), ("facts", facts_table), ("lists", lists_table), ("units", units_table))
    for name, write in parts:
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the guide has no part {name}")
        text = f"{before}{begin}\n\n{write()}\n\n{end}{after}"
    return text


def every_word(shape: Shape = DOCUMENT, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Every word of the vocabulary with the block it belongs to."""
    if isinstance(shape, Later):
        yield from every_word(shape.get(), seen)
    elif isinstance(shape, Many | Named):
        yield from every_word(shape.of, seen)
    elif isinstance(shape, Either):
        if shape.name not in seen:
            for each in shape.shapes:
                yield from every_word(each, seen | {shape.name})
    elif isinstance(shape, Block) and shape.name not in seen:
        for word, part in shape.words.items():
            yield shape.name, word
            yield from every_word(part.shape, seen | {shape.name})
