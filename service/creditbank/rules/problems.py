"""What is wrong with a rule document or with a fact: file, line, word and remedy, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from creditbank.errors import BankError, Language


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a registrar has to change, and where. `line` counts from 1; 0 means the document as a whole."""

    file: str
    line: int
    word: str
    zh: str
    en: str

    def sentence(self, language: Language) -> str:
        """`file:line: word: what to do`, in one language."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        said = self.zh if language == "zh" else self.en
        return f"{where}: {self.word}: {said}" if self.word else f"{where}: {said}"


class RulesRefused(BankError):
    """A rule document, or the documents together, cannot be used; nothing of them applies."""

    status = 422
    code = "rules_refused"
    zh = "规则文件有 {count} 处需要修改：{list_zh}"
    en = "The rule documents need {count} change(s): {list_en}"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            count=len(self.problems),
            list_zh="；".join(problem.sentence("zh") for problem in self.problems),
            list_en="; ".join(problem.sentence("en") for problem in self.problems),
        )


class FactNotReadable(BankError):
    """A gathered fact is not what its declaration says: the decision is refused rather than guessed."""

    status = 500
    code = "fact_not_readable"
    zh = "判定所需的事实“{fact}”的值 {value} 无法读取：{why_zh}"
    en = "The fact {fact} has the value {value}, which cannot be read: {why_en}"

    def __init__(self, fact: str, value: object, *, why_zh: str, why_en: str) -> None:
        self.fact = fact
        super().__init__(fact=fact, value=repr(value)[:80], why_zh=why_zh, why_en=why_en)


class RuleVersionNotLoaded(BankError):
    """A decision names a document version that this rulebook does not hold."""

    status = 404
    code = "rule_version_not_loaded"
    zh = "规则文件 {document} 的第 {version} 版未载入。"
    en = "Version {version} of the rule document {document} is not loaded."

    def __init__(self, *, document: str, version: str) -> None:
        super().__init__(document=document, version=version)
