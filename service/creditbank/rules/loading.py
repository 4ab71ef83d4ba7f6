"""Strict YAML for registrars: every scalar is text, no repeated key, no anchors, and every node has its line."""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from creditbank.rules.problems import Problem, RulesRefused

LONGEST = 300_000
"""Characters in one document: the bank's own are under 20,000."""
MOST_LINES = 6_000
DEEPEST = 40
_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
"""The same events and marks; the one in C reads the packaged documents ten times as fast."""


class Text(str):
    """A scalar as it was written, with the line it stands on."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, written: str, line: int = 0) -> Text:
        text = super().__new__(cls, written)
        text.line = line
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return (Text, (str(self), self.line))


class Items(list[Any]):
    """A list, with the line it begins on."""

    line: int = 0


class Fields(dict[str, Any]):
    """A block of words, with the line it begins on; the keys are Text and carry their own lines."""

    line: int = 0


Node = Text | Items | Fields


def line_of(node: object) -> int:
    """The line a node begins on, 0 where it was not read from a file."""
    return int(getattr(node, "line", 0))


def key_line(fields: Fields, word: str) -> int:
    """The line on which a word of a block stands."""
    return next((line_of(key) for key in fields if key == word), fields.line)


def read_yaml(text: str, file: str) -> Fields:
    """The one document in a YAML (or JSON) text, every scalar as Text.

    Raises RulesRefused with the line for anything YAML itself refuses, an anchor, alias or tag, a repeated key, an
    empty value, more than one document, nesting deeper than 40, or more than 300,000 characters or 6,000 lines.
    """
    if len(text) > LONGEST or text.count("\n") > MOST_LINES:
        zh = f"文件超过 {LONGEST} 个字符或 {MOST_LINES} 行。请拆分。"
        _refuse(file, 0, "", zh, f"longer than {LONGEST} characters or {MOST_LINES} lines: split it")
    try:
        _refuse_cleverness(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        _refuse(
            file,
            line,
            "",
            f"不是合格的 YAML（{error.problem}）。请检查缩进、冒号后的空格和引号。",
            f"not well-formed YAML ({error.problem}): check the indent, the space after a colon, and the quotes",
        )
    except yaml.YAMLError:
        _refuse(
            file, 0, "", "含有 YAML 不允许的字符。请删除。", "holds a character that YAML does not allow: remove it"
        )
    if not isinstance(root, yaml.MappingNode):
        _refuse(file, 1, "", "规则文件应由“词: 内容”组成。", "a rule document is a block of `word: content` lines")
    built = _build(root, file)
    assert isinstance(built, Fields)
    return built


def _refuse_cleverness(text: str, file: str) -> None:
    """Anchors can be bombs, tags can be code, a second document is a mistake: none is needed to write a rule."""
    documents = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(
                file,
                line,
                "*" if isinstance(event, yaml.AliasEvent) else "&",
                "不能使用锚点和别名（& 和 *）。若是普通文字，请加引号。",
                "anchors and aliases (& and *) are not allowed: quote it if it is plain text",
            )
        if getattr(event, "tag", None):
            _refuse(file, line, "!", "不能使用标签（!）。", "tags (!) are not allowed")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            _refuse(file, line, "---", "一个文件只能有一份规则文件。", "one file holds one rule document")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            _refuse(file, line, "", f"嵌套超过 {DEEPEST} 层。", f"nested deeper than {DEEPEST} levels")


def _build(node: yaml.Node, file: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Text(node.value, line)
    if isinstance(node, yaml.SequenceNode):
        items = Items(_build(child, file) for child in node.value)
        items.line = line
        return items
    fields = Fields()
    fields.line = line
    for key, value in node.value:
        key_at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            _refuse(file, key_at, "", "词必须是一个单词。", "a key must be one word")
        if key.value in fields:
            first = key_line(fields, key.value)
            _refuse(
                file,
                key_at,
                key.value,
                f"重复，第 {first} 行已经写过。请删去一处。",
                f"repeated, it already stands on line {first}: remove one",
            )
        built = _build(value, file)
        if isinstance(built, Text) and not built and not value.style:
            _refuse(file, key_at, key.value, "没有内容。请填写或删去。", "has no content: write it or remove the word")
        fields[Text(key.value, key_at)] = built
    return fields


def _refuse(file: str, line: int, word: str, zh: str, en: str) -> NoReturn:
    raise RulesRefused([Problem(file, line, word, zh, en)])
