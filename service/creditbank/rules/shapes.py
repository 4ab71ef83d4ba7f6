"""What a word of a rule document may hold: shapes that read strictly and write their JSON Schema."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditbank.rules.loading import Fields, Items, Text, key_line, line_of
from creditbank.rules.problems import Problem

Schema = dict[str, Any]
MOST_PROBLEMS = 100
"""Said about one file: a document that is wrong throughout is not read to its end a word at a time."""
MOST_LISTED = 40
"""Words that a sentence lists; of more it says where they stand."""


@dataclass
class Report:
    """Collects what is wrong in one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether so much is wrong that more would help nobody."""
        return len(self.problems) >= MOST_PROBLEMS

    def add(self, node: object, word: str, zh: str, en: str) -> None:
        """Something to change at the line of a node."""
        if not self.full:
            self.problems.append(Problem(self.file, line_of(node), word, zh, en))


class Shape:
    """What may stand at a place of a document."""

    def check(self, node: object, report: Report, word: str) -> None:
        """Report everything about the node that does not fit; `word` is what it stands under."""
        raise NotImplementedError

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Its JSON Schema; shared parts go into `definitions`."""
        raise NotImplementedError

    def takes(self, node: object) -> bool:
        """Whether a node looks like this shape, before it is checked."""
        raise NotImplementedError


@dataclass(frozen=True)
class Word(Shape):
    """A scalar: one of some words, or text of a pattern. `scalar` says that YAML tools may see a number or a truth."""

    zh: str
    en: str
    choices: tuple[str, ...] = ()
    pattern: str = ""
    scalar: bool = False

    def takes(self, node: object) -> bool:
        return isinstance(node, str)

    def check(self, node: object, report: Report, word: str) -> None:
        if not isinstance(node, str):
            report.add(node, word, f"应为{self.zh}", f"it must be {self.en}")
        elif self.choices and node not in self.choices:
            near = nearest(node, self.choices)
            few = len(self.choices) <= MOST_LISTED
            listed = (
                (f"可用：{'、'.join(self.choices)}", f"it may be {', '.join(self.choices)}")
                if few
                else (f"可用的 {len(self.choices)} 个见 docs/rules.md", f"docs/rules.md lists all {len(self.choices)}")
            )
            zh = f"“{node}”不在可用的词之列{f'，是否应为“{near}”' if near else ''}；{listed[0]}"
            en = f"{node!r} is not one of its words{f', did you mean {near!r}?' if near else ''}; {listed[1]}"
            report.add(node, word, zh, en)
        elif self.pattern and not re.fullmatch(self.pattern, node):
            report.add(node, word, f"“{node}”应为{self.zh}", f"{node!r} must be {self.en}")
        elif not node.strip():
            report.add(node, word, "不能为空", "it must not be empty")

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        said: Schema = {"description": f"{self.zh} / {self.en}"}
        if self.choices:
            return {**said, "type": "string", "enum": list(self.choices)}
        type_: Schema = {"type": ["string", "number", "boolean"] if self.scalar else "string"}
        return {**said, **type_, **({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})}


@dataclass(frozen=True)
class Many(Shape):
    """A list of one shape."""

    of: Shape
    at_least: int = 1

    def takes(self, node: object) -> bool:
        return isinstance(node, list)

    def check(self, node: object, report: Report, word: str) -> None:
        if not isinstance(node, Items):
            report.add(
                node, word, "应为列表（每行以“- ”开头，或写在 [ ] 里）", "it must be a list (`- ` lines, or [ ])"
            )
            return
        if len(node) < self.at_least:
            report.add(node, word, f"至少要有 {self.at_least} 项", f"it needs at least {self.at_least} item(s)")
        for item in node:
            self.of.check(item, report, word)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        return {"type": "array", "items": self.of.schema(definitions), "minItems": self.at_least}


@dataclass(frozen=True)
class Named(Shape):
    """A block whose keys are names that the document gives."""

    of: Shape
    keys: str = r"[a-z0-9][a-z0-9-]*"
    keys_zh: str = "小写字母、数字和连字符组成的名字"
    keys_en: str = "a name of small letters, digits and hyphens"

    def takes(self, node: object) -> bool:
        return isinstance(node, dict)

    def check(self, node: object, report: Report, word: str) -> None:
        if not isinstance(node, Fields):
            report.add(node, word, "应为“名字: 内容”", "it must be `name: content` lines")
            return
        for key, value in node.items():
            if not re.fullmatch(self.keys, key):
                report.add(key, key, f"应为{self.keys_zh}", f"it must be {self.keys_en}")
            self.of.check(value, report, key)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        return {
            "type": "object",
            "patternProperties": {f"^(?:{self.keys})$": self.of.schema(definitions)},
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class Part:
    """One word of a block: its shape, whether it must stand there, and what it says."""

    shape: Shape
    zh: str
    en: str
    required: bool = False


@dataclass(frozen=True)
class Block(Shape):
    """A block of words, exactly one of each group in `one_of`; the words in `known_by` tell it from other blocks."""

    name: str
    words: Mapping[str, Part]
    one_of: tuple[tuple[str, ...], ...] = ()
    known_by: tuple[str, ...] = ()

    def takes(self, node: object) -> bool:
        return isinstance(node, dict) and (not self.known_by or any(word in node for word in self.known_by))

    def check(self, node: object, report: Report, word: str) -> None:
        if not isinstance(node, Fields):
            listed = "、".join(self.words)
            report.add(node, word, f"应由这些词组成：{listed}", f"it must be made of: {', '.join(self.words)}")
            return
        for key, value in node.items():
            if key in self.words:
                self.words[key].shape.check(value, report, key)
            else:
                self._unknown(key, report)
        for key, part in self.words.items():
            if part.required and key not in node:
                report.add(node, word, f"缺少“{key}”：{part.zh}", f"{key!r} is missing: {part.en}")
        for group in self.one_of:
            standing = [key for key in node if key in group]
            if len(standing) != 1:
                at = Text("", key_line(node, standing[-1])) if standing else node
                zh = f"须有且只有其中一个：{'、'.join(group)}"
                report.add(at, word, zh, f"exactly one of these must stand here: {', '.join(group)}")

    def _unknown(self, key: str, report: Report) -> None:
        if report.full:
            return
        near = nearest(key, tuple(self.words))
        zh = f"不认识这个词{f'，是否应为“{near}”' if near else ''}；此处可用：{'、'.join(self.words)}"
        en = f"unknown word{f', did you mean {near!r}?' if near else ''}; here it may be {', '.join(self.words)}"
        report.add(key, key, zh, en)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}  # holds the place while the words refer back to this block
            definitions[self.name] = self._written(definitions)
        return {"$ref": f"#/$defs/{self.name}"}

    def _written(self, definitions: dict[str, Schema]) -> Schema:
        properties = {
            word: {"description": f"{part.zh} / {part.en}", "allOf": [part.shape.schema(definitions)]}
            for word, part in self.words.items()
        }
        written: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        required = [word for word, part in self.words.items() if part.required]
        if required:
            written["required"] = required
        groups = [{"oneOf": [{"required": [word]} for word in group]} for group in self.one_of]
        if groups:
            written["allOf"] = groups
        return written


@dataclass(frozen=True)
class Either(Shape):
    """One of several shapes, told apart by how a node looks."""

    name: str
    shapes: tuple[Shape, ...]
    zh: str
    en: str

    def takes(self, node: object) -> bool:
        return any(shape.takes(node) for shape in self.shapes)

    def check(self, node: object, report: Report, word: str) -> None:
        for shape in self.shapes:
            if shape.takes(node):
                shape.check(node, report, word)
                return
        report.add(node, word, f"应为{self.zh}", f"it must be {self.en}")

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}
            definitions[self.name] = {"anyOf": [shape.schema(definitions) for shape in self.shapes]}
        return {"$ref": f"#/$defs/{self.name}"}


@dataclass(frozen=True)
class Later(Shape):
    """A shape that refers to itself further down."""

    get: Callable[[], Shape]

    def takes(self, node: object) -> bool:
        return self.get().takes(node)

    def check(self, node: object, report: Report, word: str) -> None:
        self.get().check(node, report, word)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        return self.get().schema(definitions)


def nearest(word: str, words: tuple[str, ...]) -> str:
    """The word that was probably meant, or nothing."""
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.7)
    return found[0] if found else ""
